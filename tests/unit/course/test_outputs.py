"""Stored outputs hold nothing that differs from run to run, and change only with the code."""

import copy

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from workbook.course.authoring import outputs

MODEL = "application/vnd.jupyter.widget-view+json"


def noisy(run: int) -> NotebookNode:
    """Return a notebook as the kernel leaves it: the same work, other chances."""
    printed = [
        new_output("stream", name="stdout", text=text) for text in (["ab", "c\n"] if run else ["a", "bc\n"])
    ]
    address = f"0x7f{run}bc0ffee10"
    shown = {"text/plain": f"<object at {address}>", "text/html": f"<p>{address}</p>"}
    widget = {
        "text/plain": "Box()",
        MODEL: {"model_id": f"{run:032x}", "version_major": 2, "version_minor": 0},
    }
    picture = new_output("display_data", data={"image/png": "iVBOR"})
    cell = new_code_cell(
        "x", outputs=[*printed, picture, *copy.deepcopy(printed)], metadata={"alt": "A line."}, id="one"
    )
    cell.metadata["execution"] = {"iopub.execute_input": f"2026-01-01T00:00:{run:02}"}
    other = new_code_cell(
        "y", id="two", outputs=[new_output("execute_result", data=data) for data in (shown, widget)]
    )
    return new_notebook(
        cells=[cell, other],
        metadata={"widgets": {"state": run}, "language_info": {"name": "python", "version": f"3.1{run}"}},
    )


def test_two_runs_are_cleaned_to_the_same() -> None:
    first, second = noisy(0), noisy(1)
    assert first != second
    for notebook in (first, second):
        outputs.clean(notebook)
    assert first == second
    again = copy.deepcopy(first)
    outputs.clean(again)
    assert again == first
    texts = [output.get("text") for output in first.cells[0].outputs]
    assert texts == ["abc\n", None, "abc\n"], "streams are joined, and stay where they were printed"
    assert first.cells[0].outputs[1].metadata == {"image/png": {"alt": "A line."}}
    assert first.cells[1].outputs[0].data["text/plain"] == "<object at 0xADDRESS>"


def test_streams_of_different_names_stay_apart() -> None:
    written = [new_output("stream", name=name, text="a") for name in ("stdout", "stderr", "stdout")]
    notebook = new_notebook(cells=[new_code_cell("x", outputs=written)])
    outputs.clean(notebook)
    assert [output.name for output in notebook.cells[0].outputs] == ["stdout", "stderr", "stdout"]


def executed(*sources: str, text: str, tags: tuple[str, ...] = ("timed",)) -> NotebookNode:
    cells = [
        new_code_cell(
            source,
            metadata={"tags": list(tags)},
            execution_count=number,
            outputs=[new_output("stream", name="stdout", text=f"{text} {source}")],
        )
        for number, source in enumerate(sources, 1)
    ]
    return new_notebook(cells=[new_markdown_cell("# Title"), *cells])


def printed(notebook: NotebookNode) -> list[str]:
    return [cell.outputs[0].text for cell in notebook.cells[1:]]


@pytest.mark.parametrize("tag", ["timed", "nbval-ignore-output"])
def test_measured_outputs_are_kept_up_to_the_first_change(tag: str) -> None:
    notebook = executed("a", "b", "new", "d", text="now", tags=("slow", tag))
    outputs.keep_measured(notebook, executed("a", "b", "c", "d", text="then"))
    assert printed(notebook) == ["then a", "then b", "now new", "now d"]


def test_outputs_that_are_compared_are_not_kept() -> None:
    notebook = executed("a", "b", text="now", tags=())
    outputs.keep_measured(notebook, executed("a", "b", text="then", tags=()))
    assert printed(notebook) == ["now a", "now b"]


@pytest.mark.parametrize("sources", [("a",), ("a", "b", "c"), ("a", "c"), ("b", "a")])
def test_stored_outputs_are_taken_only_for_the_same_code(sources: tuple[str, ...]) -> None:
    stored = executed("a", "b", text="then")
    same = executed("a", "b", text="now")
    assert outputs.take_stored(same, stored)
    assert printed(same) == ["then a", "then b"]
    changed = executed(*sources, text="now")
    assert not outputs.take_stored(changed, stored)
    assert all(text.startswith("now") for text in printed(changed))


def test_a_docstring_or_a_comment_changes_no_output() -> None:
    stored = executed('def f(x):\n    """Give x."""\n    return x', "f(1)  # once", text="then")
    reworded = executed('def f(x):\n    """Return x."""\n    return x', "f(1)", text="now")
    assert outputs.take_stored(reworded, stored)
    assert printed(reworded)[0].startswith("then")
    changed = executed('def f(x):\n    """Return x."""\n    return -x', "f(1)", text="now")
    assert not outputs.take_stored(changed, stored)
    assert not outputs.take_stored(executed("%time f(1)", text="now"), executed("%time f(2)", text="then"))


def test_an_encoded_picture_is_never_taken_for_an_address() -> None:
    picture = "data:image/png;base64,iVBORw0xabcdef0123/0xabcdef+"
    output = new_output("display_data", data={"text/html": f"<img src='{picture}'> at 0xabcdef0123>"})
    notebook = new_notebook(cells=[new_code_cell("picture", outputs=[output])])
    outputs.clean(notebook)
    assert notebook.cells[0].outputs[0].data["text/html"] == f"<img src='{picture}'> at 0xADDRESS>"
