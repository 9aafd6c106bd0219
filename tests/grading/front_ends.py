"""Save a notebook as the tools save it in which learners work: what each changes besides the answers."""

import copy
import json
import random
import uuid
from typing import Any

from nbformat import NotebookNode

Notebook = dict[str, Any]


def _lines(source: str | list[str]) -> list[str]:
    return "".join(source).splitlines(keepends=True)


def _ran(cell: dict[str, Any], number: int) -> None:
    """Put an output below a code cell, as running it does."""
    if cell["cell_type"] == "code":
        cell["execution_count"] = number
        cell["outputs"] = [{"name": "stdout", "output_type": "stream", "text": ["(4, 4)\n"]}]


def jupyterlab(notebook: Notebook) -> bytes:
    """Save as JupyterLab 4: ids stay, one space of indentation, what the editor notes in cells' metadata."""
    saved = copy.deepcopy(notebook)
    for number, cell in enumerate(saved["cells"], 1):
        cell["source"] = _lines(cell["source"])
        cell["metadata"] |= {"editable": True, "slideshow": {"slide_type": ""}}
        if cell["cell_type"] == "code":
            cell["metadata"] |= {
                "scrolled": True,
                "execution": {"iopub.execute_input": "2026-08-01T10:00:00Z"},
            }
        _ran(cell, number)
    saved["metadata"]["language_info"] = {
        "codemirror_mode": {"name": "ipython", "version": 3}, "file_extension": ".py", "mimetype": "text/x-python",
        "name": "python", "nbconvert_exporter": "python", "pygments_lexer": "ipython3", "version": "3.13.5",
    }  # fmt: skip
    saved["metadata"]["widgets"] = {
        "application/vnd.jupyter.widget-state+json": {"state": {}, "version_major": 2}
    }
    return (json.dumps(saved, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()


def colab(notebook: Notebook, *, ids: str = "own", keeps_metadata: bool = True) -> bytes:
    """Save as Colab: nbformat 4.0, the id in the metadata, outputs' ids, who ran a cell, a badge on top.

    `ids` is "kept" where Colab carries a cell's id over into the metadata, "own" where it makes one. Without
    `keeps_metadata` nothing of the course's metadata is left, as after copying cells into a new notebook.
    """
    rng = random.Random(1)
    saved = copy.deepcopy(notebook)
    for number, cell in enumerate(saved["cells"], 1):
        old = cell.pop("id")
        cell["source"] = _lines(cell["source"])
        if not keeps_metadata:
            cell["metadata"] = {}
        cell["metadata"]["id"] = old if ids == "kept" else "".join(rng.choices("abcdefXYZ0123456789_-", k=12))
        if cell["cell_type"] == "code":
            user = {"displayName": "A Learner", "userId": "01234567890123456789"}
            info = {"status": "ok", "timestamp": 1653739128995, "user_tz": -60, "elapsed": 1153, "user": user}
            cell["metadata"] |= {"colab": {"base_uri": "https://localhost:8080/"}, "executionInfo": info}
            cell["metadata"]["outputId"] = str(uuid.UUID(int=rng.getrandbits(128)))
        _ran(cell, number)
    badge = '<a href="https://colab.research.google.com/github/x" target="_parent"><img src="x.svg"/></a>'
    top = {
        "cell_type": "markdown",
        "metadata": {"id": "view-in-github", "colab_type": "text"},
        "source": [badge],
    }
    meta = {"colab": {"provenance": [], "gpuType": "T4"}, "accelerator": "GPU"}
    kernel = {
        "kernelspec": {"name": "python3", "display_name": "Python 3"},
        "language_info": {"name": "python"},
    }
    whole = {"nbformat": 4, "nbformat_minor": 0, "metadata": meta | kernel, "cells": [top, *saved["cells"]]}
    return json.dumps(whole, indent=2, ensure_ascii=True).encode()


def vs_code(notebook: Notebook) -> bytes:
    """Save as VS Code (extensions/ipynb/src/serializers.ts): ids stay, new cells may have none, its own metadata."""
    saved = copy.deepcopy(notebook)
    for number, cell in enumerate(saved["cells"], 1):
        cell["source"] = _lines(cell["source"])
        if cell["cell_type"] == "code":
            cell["metadata"] |= {"vscode": {"languageId": "python"}}
        _ran(cell, number)
    saved["metadata"] |= {
        "orig_nbformat": 4,
        "vscode": {"interpreter": {"hash": "31f2aee4e71d21fbe5cf8b01ff0e069b"}},
    }
    return json.dumps(saved, indent=1, ensure_ascii=False).replace("\n", "\r\n").encode()


def classic(notebook: Notebook) -> bytes:
    """Save as the classic notebook and other tools of nbformat 4.4 and before: no ids at all, a byte order mark."""
    saved = copy.deepcopy(notebook)
    saved["nbformat_minor"] = 2
    for number, cell in enumerate(saved["cells"], 1):
        del cell["id"]
        cell["metadata"] |= {"collapsed": False, "trusted": True}
        _ran(cell, number)
    return b"\xef\xbb\xbf" + json.dumps(saved, indent=1).encode()


def nbgrader_release(complete: NotebookNode, notebook: Notebook) -> bytes:
    """Release the complete notebook with nbgrader, put the learner's answers in by grade_id, save as JupyterLab."""
    import nbgrader.preprocessors as steps

    released = copy.deepcopy(complete)
    for name in ("LockCells", "ClearSolutions", "ClearOutput", "CheckCellMetadata", "ComputeChecksums"):
        released, _ = getattr(steps, name)().preprocess(released, {})
    answers = {cell["id"]: cell["source"] for cell in notebook["cells"] if cell["id"].startswith("exercise-")}
    for cell in released.cells:
        number = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        cell.source = answers.get(number, cell.source)
    return jupyterlab(json.loads(json.dumps(released)))
