"""Diagrams of networks: each operation a labelled box, each tensor a line that no box hides.

`diagrams.show_model(model)` draws a Keras model, so that the picture cannot disagree with the code. `operations(model)`
is the same graph as a list, which `between`, `collapse`, `spread`, `towers` and `side_by_side` change before `show`
draws it. The layout is automatic: operations stand in rows by their distance from the input, branches beside each
other, and a tensor that skips rows has a free lane of its own.
"""

from workbook.diagrams.changes import between, collapse, side_by_side, spread, towers
from workbook.diagrams.graph import Operation, operations
from workbook.diagrams.layout import layout
from workbook.diagrams.picture import show, show_model

__all__ = [
    "Operation", "between", "collapse", "layout", "operations", "show", "show_model", "side_by_side", "spread",
    "towers",
]  # fmt: skip
