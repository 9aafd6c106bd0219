"""Read the JSON of an untrusted notebook, whatever tool wrote it, and keep what grading looks at.

The format is nbformat 4 (nbformat's "The notebook file format"). Jupyter and VS Code write a cell's `id` (4.5); Colab
writes 4.0 with `metadata.id`, and keeps the ids of a notebook that had them; older tools write none. Outputs, widgets,
kernels and attachments are not looked at. Of a key that appears twice the last counts, as for Jupyter and browsers.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workbook.course.grading.untrusted_json import nesting_depth

MOST_BYTES = 50_000_000  # of the file; pictures in outputs take most of an honest one
MOST_CELLS = 5_000
DEEPEST = 500  # lists and objects within each other; the outputs of honest notebooks stay far below
LONGEST_SOURCE = 1_000_000  # characters of one cell
MOST_SOURCE = 5_000_000  # characters of all cells together
LONGEST_NAME = 200  # characters of an id, a tag
LONGEST_NUMBER = 20  # digits of an integer
LONE_SURROGATES = re.compile("[\ud800-\udfff]")


class MalformedError(ValueError):
    """The file is not a notebook that can be graded; the message is one sentence that may be shown."""


@dataclass(frozen=True)
class SubmittedCell:
    """A cell of a submission, as far as grading looks at it. What is missing, or is not a text, is ""."""

    is_code: bool
    id: str
    metadata_id: str
    grade_id: str
    exercise: str
    tags: frozenset[str]
    source: str


def read_cells(data: bytes) -> tuple[list[SubmittedCell], int]:
    """Return a notebook's cells, and the number of entries that are not cells. MalformedError says what is wrong."""
    notebook = _parsed(data)
    entries = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(entries, list):
        raise MalformedError(_why_no_cells(notebook))
    if len(entries) > MOST_CELLS:
        raise MalformedError(f"The notebook has {len(entries):,} cells, and at most {MOST_CELLS:,} are read.")
    cells = [_cell(number, entry) for number, entry in enumerate(entries, 1) if isinstance(entry, dict)]
    if sum(len(cell.source) for cell in cells) > MOST_SOURCE:
        raise MalformedError(f"The notebook holds more than {MOST_SOURCE:,} characters of code and text.")
    return cells, len(entries) - len(cells)


def _parsed(data: bytes) -> Any:
    if len(data) > MOST_BYTES:
        raise MalformedError(
            f"The file is larger than {MOST_BYTES // 1_000_000} MB: clear the outputs and save it."
        )
    text = _decoded(data)
    if not text.strip():
        raise MalformedError("The file is empty.")
    if nesting_depth(text) > DEEPEST:
        raise MalformedError("The file is nested too deeply for a notebook.")
    try:
        return json.loads(text, parse_int=_integer)
    except json.JSONDecodeError as error:
        is_cut_off = text.lstrip().startswith("{") and not text.rstrip().endswith("}")
        advice = " It seems to be cut off: download it again and hand it in again." if is_cut_off else ""
        raise MalformedError(
            f"The file is not a notebook: from line {error.lineno} on, it is not JSON.{advice}"
        ) from None
    except MemoryError:
        raise MalformedError("The file takes too much memory.") from None


def _decoded(data: bytes) -> str:
    """Return the text of a file in UTF-8, or in the UTF-16 or UTF-32 in which an editor may have stored a notebook."""
    encoding = json.detect_encoding(data)
    text: str | None
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        is_cut_off = encoding.startswith("utf-8") and error.reason == "unexpected end of data"
        text = data[: error.start].decode(encoding) if is_cut_off else None
    if text is None or not (encoding.startswith("utf-8") or '"cells"' in text):
        raise MalformedError("The file is not a text in UTF-8, as a notebook is.")
    return text


def _integer(digits: str) -> int | None:
    """Return an integer; None for a long one, which no notebook needs and Python may refuse to read."""
    return int(digits) if len(digits) <= LONGEST_NUMBER else None


def _why_no_cells(notebook: Any) -> str:
    if isinstance(notebook, dict) and "worksheets" in notebook:
        return "The notebook is in the old format 3: open it in JupyterLab and save it."
    return "The file is JSON but not a notebook: it has no list of cells."


def _cell(number: int, cell: dict[str, Any]) -> SubmittedCell:
    metadata = _mapping(cell.get("metadata"))
    tags = metadata.get("tags")
    return SubmittedCell(
        is_code=cell.get("cell_type") == "code",
        id=_name(cell.get("id")),
        metadata_id=_name(metadata.get("id")),
        grade_id=_name(_mapping(metadata.get("nbgrader")).get("grade_id")),
        exercise=_name(metadata.get("exercise")),
        tags=frozenset(_names(tags)) if isinstance(tags, list) else frozenset(),
        source=_source(number, cell.get("source", "")),
    )


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _name(value: Any) -> str:
    return value if isinstance(value, str) and len(value) <= LONGEST_NAME else ""


def _names(values: list[Any]) -> Iterator[str]:
    return (name for value in values[:100] if (name := _name(value)))


def _source(number: int, source: Any) -> str:
    """Return a cell's source, given as a text or a list of texts. Line ends become "\\n", lone surrogates U+FFFD."""
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise MalformedError(f"The source of cell {number} is neither a text nor a list of lines.")
    if len(source) > LONGEST_SOURCE:
        raise MalformedError(f"Cell {number} has more than {LONGEST_SOURCE:,} characters.")
    return LONE_SURROGATES.sub("\ufffd", source.replace("\r\n", "\n").replace("\r", "\n"))
