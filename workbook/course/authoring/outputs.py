"""Store a notebook's outputs so that only a change of code changes them.

Two rules keep the stored notebooks still:

- A notebook whose code is that of the stored one, but for docstrings and comments, takes the stored outputs and is not
  executed.
- In an executed notebook, a cell tagged `nbval-ignore-output` (printed times, trained decimals) or `timed` (a picture
  of measured times) keeps its stored outputs if its own code and all code before it are those of the stored notebook.
"""

import ast
import re

from nbformat import NotebookNode

KEPT = {"nbval-ignore-output", "timed"}
WIDGET = "application/vnd.jupyter.widget-view+json"
# Of an object in memory; tests/nbval_sanitize.cfg has the same words. The lookarounds skip base64-encoded pictures.
ADDRESS = re.compile(r"(?<![\w+/])0x[0-9a-f]{6,}(?![\w+/=])")


def take_stored(notebook: NotebookNode, stored: NotebookNode) -> bool:
    """Copy the stored outputs into a notebook if all its code is unchanged; return whether it is."""
    cells, stored_cells = _code_cells(notebook), _code_cells(stored)
    same = _count_same(cells, stored_cells)
    if same < max(len(cells), len(stored_cells)):
        return False
    for cell, stored_cell in zip(cells, stored_cells, strict=True):
        cell.outputs = stored_cell.outputs
        cell.execution_count = stored_cell.execution_count
    return True


def keep_measured(notebook: NotebookNode, stored: NotebookNode) -> None:
    """Copy the stored outputs into cells with a tag of `KEPT`, up to the first cell whose code has changed."""
    cells, stored_cells = _code_cells(notebook), _code_cells(stored)
    for index in range(_count_same(cells, stored_cells)):
        if KEPT & set(_tags(cells[index])) and stored_cells[index].execution_count is not None:
            cells[index].outputs = stored_cells[index].outputs


def clean(notebook: NotebookNode) -> None:
    """Remove what differs from run to run; set each picture's alternative text to that of its cell."""
    notebook.metadata.pop("widgets", None)
    notebook.metadata["language_info"] = {"name": "python"}
    for cell in _code_cells(notebook):
        cell.metadata.pop("execution", None)
        cell.outputs = _merge_streams(cell.outputs)
        for number, output in enumerate(cell.outputs):
            _clean_output(output, f"{cell.id}-{number}", cell.metadata.get("alt"))


def _code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _tags(cell: NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def _count_same(cells: list[NotebookNode], stored_cells: list[NotebookNode]) -> int:
    """Count the code cells before the first one that differs. Colab's cell does nothing here, so it never differs."""
    count = 0
    for cell, stored_cell in zip(cells, stored_cells, strict=False):
        is_colab = "colab" in _tags(cell) and "colab" in _tags(stored_cell)
        if not (is_colab or _does_the_same(cell.source, stored_cell.source)):
            break
        count += 1
    return count


def _does_the_same(source: str, stored: str) -> bool:
    """Return whether two cells are the same but for docstrings, comments and layout, none of which change an output."""
    if source == stored:
        return True
    try:
        return ast.dump(_Undocumented().visit(ast.parse(source))) == ast.dump(
            _Undocumented().visit(ast.parse(stored))
        )
    except SyntaxError:  # magics
        return False


class _Undocumented(ast.NodeTransformer):
    """Leave out the docstrings of functions and classes."""

    def visit(self, node: ast.AST) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and ast.get_docstring(
            node
        ):
            node.body = node.body[1:]
        return node


def _merge_streams(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Join neighbouring pieces of one stream: where the kernel splits it is chance."""
    merged: list[NotebookNode] = []
    for output in outputs:
        last = merged[-1] if merged else None
        is_stream = output.output_type == "stream"
        if is_stream and last is not None and last.output_type == "stream" and last.name == output.name:
            last.text += output.text
        else:
            merged.append(output)
    return merged


def _clean_output(output: NotebookNode, name: str, alt: str | None) -> None:
    if output.output_type == "stream":
        output.text = ADDRESS.sub("0xADDRESS", output.text)
    data = output.get("data", {})
    for kind in ("text/plain", "text/html"):
        if kind in data:
            data[kind] = ADDRESS.sub("0xADDRESS", data[kind])
    if WIDGET in data:
        data[WIDGET]["model_id"] = name  # the model itself is not stored
    if "image/png" in data:
        output.metadata["image/png"] = {"alt": alt} if alt else {}
