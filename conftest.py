"""How pytest runs here: notebooks under nbval as in JupyterLab, and the longest groups of tests first."""

from pathlib import Path

import pytest
from nbval.kernel import RunningKernel
from nbval.plugin import IPyNbCell

ROOT = Path(__file__).parent
# Groups that take longest, longest first, as measured on two cores; all others follow in their usual order.
LONGEST: tuple[str, ...] = ()


def _execute_with_history(self: RunningKernel, cell_input: str, allow_stdin: bool | None = None) -> str:
    """Ask for a cell with history, which nbval does not.

    Without it IPython ignores the `;` that hides a cell's value, and a cell such as `check("2.1", slide);` would show
    one output more than it does for a learner.
    """
    return self.kc.execute(cell_input, store_history=True, allow_stdin=allow_stdin, stop_on_error=False)


RunningKernel.execute_cell_input = _execute_with_history


def group_of(item: pytest.Item) -> str:
    """Return the name of the tests that one worker must run together, as they share something that is dear to make.

    That is the kernel of a notebook, the answers to an exercise, or the fixtures of a file.
    """
    place = item.path.relative_to(ROOT).as_posix()
    if isinstance(item, IPyNbCell):
        return place
    exercise = getattr(item, "callspec", None) and item.callspec.params.get("exercise")  # type: ignore[attr-defined]
    if exercise is not None:
        return f"{place} {exercise.id}"
    return f"{place} {item.name}" if item.get_closest_marker("apart") else place


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Group the tests for the workers, and put the longest groups first."""
    rank = {group: number for number, group in enumerate(LONGEST)}
    groups = {item: group_of(item) for item in items}
    for item, group in groups.items():
        item.add_marker(pytest.mark.xdist_group(group))
        rank.setdefault(group, len(rank))
    items.sort(key=lambda item: rank[groups[item]])
