"""Add the cells' alternative texts to the pictures of an exported notebook, because nbconvert's template has none.

`etc/jupyter/jupyter_config.json`, installed with the package, names this preprocessor, so that `jupyter nbconvert` and
JupyterLab's export to HTML use it.
"""

import html
from typing import Any

from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode


class AlternativeTexts(Preprocessor):
    """A preprocessor that turns each PNG of a cell with `alt` in its metadata into an HTML picture with this text."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"enabled": True, **options})

    def preprocess_cell(
        self, cell: NotebookNode, resources: dict[str, Any], index: int
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Return the cell with alternative texts on its pictures."""
        alt = cell.metadata.get("alt")
        for output in cell.get("outputs", []) if alt else []:
            data = output.get("data", {})
            if "image/png" in data and "text/html" not in data:
                source = "".join(data["image/png"].split())
                data["text/html"] = f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{source}">'
        return cell, resources
