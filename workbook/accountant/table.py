"""The account of a model: values, text, a pandas frame, and blocks for a picture."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbook.accountant.fields import Fields, square
from workbook.accountant.rules import Shape, spatial
from workbook.arithmetic import mebibytes, megabytes
from workbook.tables import Table

UNITS = {"MB": megabytes, "MiB": mebibytes}


@dataclass(frozen=True)
class LayerCost:
    """One call of one layer, on one example.

    `parameters` are those that no earlier row owns. `activations` is the number of output values, `memory` their
    size in bytes. `inputs` are the numbers of the rows that it reads.
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

        It may be larger than the image. () if the layer does not see the first input, None if the positions
        cannot be followed, as after a reshape.
        """
        return None if self.fields is None else tuple(axis.size for axis in self.fields)

    @property
    def step(self) -> tuple[float, ...] | None:
        """The pixels by which the field moves from one output to the next; 0 where all outputs see the same."""
        return None if self.fields is None else tuple(float(axis.step) for axis in self.fields)

    def box(self, *place: int) -> tuple[int, ...]:
        """Return the part of the image that the output at `place` (the middle one) sees: starts, then lengths.

        For maps that is (top, left, height, width), as `receptive.field_box` measures it. Near the edges it may be
        too large, because a layer in between has padding there. ValueError if the field is not tracked.
        """
        if not self.fields:
            raise ValueError(f"The row must have a field. Received: {self.name}")
        shape = spatial(self.shape) if len(self.shape) > 1 else (1,) * len(self.fields)
        places = place or tuple(count // 2 for count in shape)
        if len(places) != len(self.fields):
            raise ValueError(f"place must have {len(self.fields)} numbers. Received: place={place}")
        seen = [axis.seen(at, size) for axis, at, size in zip(self.fields, places, self.size, strict=True)]
        return (*(start for start, _ in seen), *(length for _, length in seen))


@dataclass(frozen=True)
class Account:
    """The rows of a model, and their sums. `memory` is the sum over all rows, including the input."""

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
        raise ValueError(f"name must be a layer of {self.name}. Received: name={name!r}")

    def columns(self, *, unit: str = "MB", measured: Mapping[str, tuple[int, int]] | None = None) -> dict:
        """Return the table as columns: name → list, one entry per row. `measured` is a result of `measured_fields`."""
        if unit not in UNITS:
            raise ValueError(f'unit must be "MB" (10⁶ bytes) or "MiB" (2²⁰ bytes). Received: unit={unit!r}')
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
            table["measured"] = [square(field) if field else None for field in seen]
        return table

    def table(self, *, unit: str = "MB", measured: Mapping[str, tuple[int, int]] | None = None) -> Table:
        """Return the table that a notebook shows, with the sums below it; – means that a field does not apply."""
        columns = self.columns(unit=unit, measured=measured)
        sums = {
            "layer": "sum",
            "parameters": self.parameters,
            "MACs": self.macs,
            unit: UNITS[unit](self.memory),
        }
        foot = [sums.get(name, "") for name in columns]
        return Table(list(columns), zip(*columns.values(), strict=True), foot)

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()

    def frame(self, *, unit: str = "MB", measured: Mapping[str, tuple[int, int]] | None = None) -> Any:
        """Return the table as a `pandas.DataFrame`; ImportError, which says what to install, without pandas."""
        try:
            import pandas
        except ImportError:
            raise ImportError("A frame needs pandas: pip install pandas. text() works without it.") from None
        return pandas.DataFrame(self.columns(unit=unit, measured=measured))

    def blocks(self) -> list[dict[str, Any]]:
        """Return a dict for each row with MACs, and for each where branches join, for `plots.show_architecture`.

        `inputs` are the numbers of the blocks that it reads, directly or through rows that are left out.
        """
        blocks: list[dict[str, Any]] = []
        sources: list[tuple[int, ...]] = []  # for each row: the blocks that its output comes from
        for row in self.rows:
            reads = tuple(dict.fromkeys(block for number in row.inputs for block in sources[number]))
            kept = row.macs > 0 or len(reads) > 1
            sources.append((len(blocks),) if kept else reads)
            if kept:
                block = {"name": row.name, "kind": row.kind, "channels": row.channels, "macs": row.macs}
                blocks.append({**block, "inputs": reads})
        return blocks
