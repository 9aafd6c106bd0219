"""The account of a model as values, text, a pandas frame, and blocks for a picture."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbook.accountant.fields import Fields, square
from workbook.accountant.rules import Shape, spatial
from workbook.arithmetic import mebibytes, megabytes

UNITS = {"MB": megabytes, "MiB": mebibytes}


@dataclass(frozen=True)
class LayerCost:
    """One call of one layer, on one example.

    `parameters` are those that no earlier row owns. `activations` is the number of values that the call puts
    out, `memory` what they take in bytes. `inputs` are the numbers of the rows that it reads.
    """

    name: str
    kind: str
    shape: Shape
    parameters: int
    macs: int
    memory: int
    inputs: tuple[int, ...]
    call: int
    fields: Fields
    size: Shape

    @property
    def activations(self) -> int:
        return math.prod(self.shape)

    @property
    def channels(self) -> int:
        """The number of feature maps, or of units."""
        places = math.prod(spatial(self.shape)) if len(self.shape) > 1 else 1
        return self.activations // places if places else 0

    @property
    def field(self) -> tuple[int, ...] | None:
        """The receptive field in pixels along each axis of the first input, by the formula.

        It may be larger than the image. () where the layer does not see the first input, None where the
        positions cannot be followed, as after a reshape.
        """
        return None if self.fields is None else tuple(axis.size for axis in self.fields)

    @property
    def step(self) -> tuple[float, ...] | None:
        """How many pixels the field moves from one output to its neighbour; 0 where all see the same."""
        return None if self.fields is None else tuple(float(axis.step) for axis in self.fields)

    def box(self, *place: int) -> tuple[int, ...]:
        """Return what the output at `place` sees of the image, by default the middle one: starts, then lengths.

        For maps that is (top, left, height, width), as `receptive.field_box` measures it. Near the
        edges it may be too large by what lies under the padding of a layer in between. ValueError where the
        field is not known.
        """
        if not self.fields:
            raise ValueError(f"This row has no field of which to give a box. Received: {self.name}")
        shape = spatial(self.shape) if len(self.shape) > 1 else (1,) * len(self.fields)
        places = place or tuple(count // 2 for count in shape)
        if len(places) != len(self.fields):
            raise ValueError(f"place must have {len(self.fields)} numbers. Received: {place}")
        ends = [axis.seen(*both) for axis, *both in zip(self.fields, places, self.size, strict=True)]
        return (*(start for start, _ in ends), *(length for _, length in ends))


@dataclass(frozen=True)
class Account:
    """The rows of a model, and their sums. `memory` adds up every row, the input's too."""

    name: str
    rows: tuple[LayerCost, ...]

    @property
    def parameters(self) -> int:
        return sum(row.parameters for row in self.rows)

    @property
    def macs(self) -> int:
        return sum(row.macs for row in self.rows)

    @property
    def memory(self) -> int:
        return sum(row.memory for row in self.rows)

    def __getitem__(self, name: str) -> LayerCost:
        """Return the first row of this name; ValueError if there is none."""
        for row in self.rows:
            if row.name == name:
                return row
        raise ValueError(f"{self.name} has no layer of this name. Received: {name!r}")

    def columns(self, *, unit: str = "MB", measured: Mapping[str, tuple[int, int]] | None = None) -> dict:
        """Return the table as columns: name → list, one entry a row. `measured` adds `measured_fields`' result."""
        if unit not in UNITS:
            raise ValueError(f'unit must be "MB" (10⁶ bytes) or "MiB" (2²⁰ bytes). Received: {unit!r}')
        table: dict[str, list[Any]] = {
            "layer": [row.name if row.call == 1 else f"{row.name} (call {row.call})" for row in self.rows],
            "kind": [row.kind for row in self.rows],
            "output shape": [row.shape for row in self.rows],
            "parameters": [row.parameters for row in self.rows],
            "MACs": [row.macs for row in self.rows],
            unit: [UNITS[unit](row.memory) for row in self.rows],
            "field": [square(row.field) if row.field else None for row in self.rows],
            "step": [square(row.step) if row.step else None for row in self.rows],
        }
        if measured is not None:
            seen = [measured.get(row.name) if row.call == 1 else None for row in self.rows]
            table["measured"] = [square(one) if one else None for one in seen]
        return table

    def text(self, *, unit: str = "MB", measured: Mapping[str, tuple[int, int]] | None = None) -> str:
        """Return the table as text, with the sums below it; – stands for a field that does not apply."""
        table = self.columns(unit=unit, measured=measured)
        sums = {
            "layer": "sum",
            "parameters": self.parameters,
            "MACs": self.macs,
            unit: UNITS[unit](self.memory),
        }
        lines = [list(table)]
        lines += [[_cell(entry) for entry in entries] for entries in zip(*table.values(), strict=True)]
        lines.append([_cell(sums.get(name, "")) for name in table])
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        rule = "  ".join("─" * width for width in widths)
        laid = [
            "  ".join(
                text.ljust(width) if column < 3 else text.rjust(width)
                for column, (text, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        ]
        return "\n".join([laid[0], rule, *laid[1:-1], rule, laid[-1]])

    def __str__(self) -> str:
        return self.text()

    def frame(self, *, unit: str = "MB", measured: Mapping[str, tuple[int, int]] | None = None) -> Any:
        """Return the table as a `pandas.DataFrame`; ImportError, with the mend, without pandas."""
        try:
            import pandas
        except ImportError:
            raise ImportError("A frame needs pandas: pip install pandas. text() works without it.") from None
        return pandas.DataFrame(self.columns(unit=unit, measured=measured))

    def blocks(self) -> list[dict[str, Any]]:
        """Return a plain dict for each row with MACs, and each where branches join, for `plots.show_architecture`.

        `inputs` are the numbers of the blocks it reads from, directly or through rows that are left out.
        """
        found: list[dict[str, Any]] = []
        sources: list[tuple[int, ...]] = []  # of each row: the blocks that its output comes from
        for row in self.rows:
            reads = tuple(dict.fromkeys(block for number in row.inputs for block in sources[number]))
            kept = row.macs > 0 or len(reads) > 1
            sources.append((len(found),) if kept else reads)
            if kept:
                block = {"name": row.name, "kind": row.kind, "channels": row.channels, "macs": row.macs}
                found.append({**block, "inputs": reads})
        return found


def _cell(entry: Any) -> str:
    if entry is None:
        return "–"
    if isinstance(entry, float):
        return f"{entry:.3f}".rstrip("0").rstrip(".") if entry >= 0.001 or not entry else f"{entry:.1e}"
    if isinstance(entry, tuple):
        return " × ".join(map(str, entry))
    return f"{entry:,}" if isinstance(entry, int) else str(entry)
