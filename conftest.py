"""Run notebooks under nbval as JupyterLab does.

nbval asks the kernel for cells without history; IPython then ignores the `;` that hides a cell's value, and a cell
such as `check("2.1", slide);` would show one output more than it does for a learner.
"""

from nbval.kernel import RunningKernel


def _execute_with_history(self: RunningKernel, cell_input: str, allow_stdin: bool | None = None) -> str:
    return self.kc.execute(cell_input, store_history=True, allow_stdin=allow_stdin, stop_on_error=False)


RunningKernel.execute_cell_input = _execute_with_history
