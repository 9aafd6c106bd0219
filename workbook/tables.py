"""Tables that are HTML with wrapping cells in a notebook, and aligned text everywhere else."""

import html
import numbers
import re
from collections.abc import Iterable, Sequence
from typing import Any


class Table:
    """A table of texts and numbers: `str` returns aligned text, a notebook shows HTML.

    A column is flush right if all of its cells are numbers. `foot` is a last row below a rule, for sums.
    """

    def __init__(self, heads: Sequence[str], rows: Iterable[Sequence[Any]], foot: Sequence[Any] = ()) -> None:
        """Keep the cells as texts. ValueError if a row has more or fewer cells than there are heads."""
        entries = [tuple(row) for row in rows]
        for row in [*entries, *([tuple(foot)] if foot else [])]:
            if len(row) != len(heads):
                raise ValueError(f"A row must have {len(heads)} cells, as heads has. Received: row={row!r}")
        self.heads = tuple(heads)
        self.rows = [tuple(map(cell, row)) for row in entries]
        self.foot = tuple(map(cell, foot))
        self.flush_right = [_are_numbers([row[column] for row in entries]) for column in range(len(heads))]

    def __str__(self) -> str:
        lines = [self.heads, *self.rows, *([self.foot] if self.foot else [])]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        rule = "  ".join("─" * width for width in widths)
        head, *body = [self._line(line, widths) for line in lines]
        if self.foot:
            body.insert(-1, rule)
        return "\n".join([head, rule, *body])

    __repr__ = __str__

    def _line(self, cells: Sequence[str], widths: Sequence[int]) -> str:
        aligned = [
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(cells, widths, self.flush_right, strict=True)
        ]
        return "  ".join(aligned).rstrip()

    def _repr_html_(self) -> str:
        heads = "".join(
            self._html(text, right, "th") for text, right in zip(self.heads, self.flush_right, strict=True)
        )
        foot = f'<tfoot style="border-top:1px solid">{self._row(self.foot)}</tfoot>' if self.foot else ""
        body = "\n".join(map(self._row, self.rows))
        return f"<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}\n</tbody>{foot}\n</table>"

    def _row(self, cells: Sequence[str]) -> str:
        return f"<tr>{''.join(self._html(*pair) for pair in zip(cells, self.flush_right, strict=True))}</tr>"

    def _html(self, text: str, right: bool, tag: str = "td") -> str:
        style = "text-align:right;white-space:nowrap" if right else "text-align:left;overflow-wrap:anywhere"
        scope = ' scope="col"' if tag == "th" else ""
        return f'<{tag}{scope} style="{style}">{breakable(text)}</{tag}>'


def breakable(text: str) -> str:
    """Return a text as HTML in which long words may wrap: after `_`, `.`, `/`, `=`, or else after 12 characters."""
    pieces = re.split(r"(?<=[_./=])(?=[A-Za-z])", text)
    pieces = [
        part
        for piece in pieces
        for part in re.findall(r"(?s)[^\W_]{12}(?=[^\W_]{8})|.+?(?=[^\W_]{20}|$)", piece)
    ]
    return "<wbr>".join(map(html.escape, pieces))


def cell(entry: Any) -> str:
    """Return the text of a cell for a number or a text; None is a dash, a tuple is a shape: "3 × 3"."""
    if entry is None:
        return "–"
    if isinstance(entry, tuple):
        return " × ".join(map(str, entry))
    if isinstance(entry, bool) or not isinstance(entry, numbers.Real):
        return str(entry)
    if isinstance(entry, numbers.Integral):
        return f"{int(entry):,}"
    number = float(entry)
    return f"{number:.3f}".rstrip("0").rstrip(".") if abs(number) >= 0.001 or not number else f"{number:.2g}"


def _are_numbers(entries: Sequence[Any]) -> bool:
    filled = [entry for entry in entries if entry is not None and entry != ""]
    return bool(filled) and all(
        isinstance(entry, numbers.Real) and not isinstance(entry, bool) for entry in filled
    )
