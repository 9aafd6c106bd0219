"""Lay out a diagram: rows and columns of boxes, and lines that no box hides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from matplotlib.textpath import TextPath

from workbook.diagrams.graph import COLOURS, Operation, readers

SIZES = (9.0, 8.0)  # points: of the line with the operation, and of a box's other lines
# inches: between boxes, the width of a lane, between lines that go across in one gap, around the diagram
GAP, LANE, TRACK, MARGIN = 0.22, 0.1, 0.11, 0.06


class Box(NamedTuple):
    """A rectangle, in inches."""

    left: float
    bottom: float
    width: float
    height: float


class Edge(NamedTuple):
    """A line from one operation to another: its corners (x, y), in inches."""

    source: str
    target: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Layout:
    """The boxes, by operation, and the lines of a diagram, in inches from its lower left corner."""

    boxes: Mapping[str, Box]
    edges: tuple[Edge, ...]
    width: float
    height: float


@lru_cache(maxsize=4096)
def _text_width(text: str, points: float) -> float:
    """Return the width of a text in inches."""
    return float(TextPath((0, 0), text, size=points).get_extents().width) / 72 if text.strip() else 0.0


def _box_size(operation: Operation, lines: Sequence[str]) -> tuple[float, float]:
    """Return the width and height of an operation's box in inches."""
    if operation.kind == "add":
        return 0.26, 0.26
    strong = lines.index(operation.lines(details=False, sizes=False)[0])
    widths = [_text_width(line, SIZES[number != strong]) for number, line in enumerate(lines)]
    return max(widths) + 0.16, 0.155 * len(lines) + 0.11


class _Item(NamedTuple):
    """What takes room in a row: an operation's box, or a line that passes; `half` is half of its width."""

    column: str
    half: float


class _Graph:
    """Rows, columns and lanes of a diagram whose rows run downwards; x is across, in inches."""

    def __init__(self, diagram: Sequence[Operation], sizes: Mapping[str, tuple[float, float]]):
        self.operations = {operation.name: operation for operation in diagram}
        self.sizes = sizes
        self.readers = readers(diagram)
        self.row = rows_of(diagram)
        self.side = self._side_branches()
        self.above = self._straight()
        self.column = self._columns()
        self.order = self._column_order()
        self.beside = self._beside()
        self.rows = self._items()
        self.x = self._places()

    def direct(self, name: str) -> list[str]:
        """Return the inputs that are in the row above."""
        return [source for source in self.operations[name].inputs if self.row[source] == self.row[name] - 1]

    def last_row(self, name: str) -> int:
        """Return the last row that the operation's tensor passes, or the operation's own row."""
        rows = [self.row[name]]
        for reader in self.readers[name]:
            enters_beside = (name, reader.name) in self.beside
            rows.append(self.row[reader.name] - (0 if enters_beside else 1))
        return max(rows)

    def is_branch(self, name: str) -> bool:
        """Return whether the tensor has one reader: its lane is then in the column of its box."""
        return len(self.readers[name]) == 1

    def _straight(self) -> dict[str, str]:
        """Return for each operation the input that it is drawn straight below, or "" if there is none."""
        above: dict[str, str] = {}
        for name in self.operations:
            source = self._main_input(name)
            above[name] = "" if source in above.values() else source
        return above

    def _beside(self) -> set[tuple[str, str]]:
        """Return the (source, target) of lines into the sides of additions: one from the left, one from the right."""
        beside: set[tuple[str, str]] = set()
        for name, operation in self.operations.items():
            if operation.kind != "add":
                continue
            here = self.order[self.column[name]]
            level = [
                other for other in self.operations if self.row[other] == self.row[name] and other != name
            ]
            for is_left in (True, False):
                places = [
                    (abs(self.order[self.lane(source)] - here), source)
                    for source in operation.inputs
                    if source != self.above[name] and (self.order[self.lane(source)] < here) == is_left
                ]
                distance, source = min(places, default=(0, ""))
                boxes = [self.order[self.column[other]] - here for other in level]
                is_free = not any(0 < abs(box) < distance and (box < 0) == is_left for box in boxes)
                if source and distance and is_free:
                    beside.add((source, name))
        return beside

    def _main_input(self, name: str) -> str:
        """Return the input that an operation should be straight below, or "" if there is none."""
        operation = self.operations[name]
        direct = self.direct(name)
        branches = [source for source in operation.inputs if source in direct or self.is_branch(source)]
        main = [source for source in direct if source not in self.side]
        peers = [reader.name for reader in self.readers[direct[0]]] if direct else []
        readers = [[reader.name for reader in self.readers[source]] for source in direct]
        if len(direct) == len(peers) > 1 and all(names == peers for names in readers):
            return direct[peers.index(name)]  # towers, each of which reads all
        if operation.kind == "add":
            return (main or direct or [""])[-1]
        if len(branches) != 1 or name in self.side:
            return ""
        source = branches[0]
        below = [
            reader.name for reader in self.readers[source] if self.row[reader.name] == self.row[source] + 1
        ]
        rivals = [reader for reader in below if reader != name and reader not in self.side]
        return "" if rivals else source

    def _side_branches(self) -> set[str]:
        """Return the operations that begin a side branch: a shortcut's projection, or a branch to another output."""
        depth = max(self.row.values())
        main = {name for name, row in self.row.items() if row == depth}
        for operation in reversed(list(self.operations.values())):
            if operation.name in main:
                main |= set(operation.inputs)
        side = {
            name for name in self.operations if name not in main and set(self.operations[name].inputs) & main
        }
        for branches in self.readers.values():
            short = {reader.name for reader in branches if self._is_short(reader)}
            if len(short) < len(branches):
                side |= short
        return side

    def _is_short(self, operation: Operation) -> bool:
        """Return whether the operation alone leads to an addition that another, longer branch also reaches."""
        readers = self.readers[operation.name]
        return (
            len(readers) == 1
            and readers[0].kind == "add"
            and self.row[readers[0].name] > self.row[operation.name] + 1
        )

    def _columns(self) -> dict[str, str]:
        """Return for each operation its column, named after the operation at the top of it."""
        column: dict[str, str] = {}
        for name in self.operations:
            above = self.above[name]
            column[name] = column[above] if above else name
        return column

    def lane(self, name: str) -> str:
        """Return the column of the lane in which a tensor passes rows."""
        return self.column[name] if self.is_branch(name) else f"{name}|"

    def _column_order(self) -> dict[str, int]:
        """Return each column's place from the left: branches in the diagram's order, side branches and lanes last."""
        order: dict[str, int] = {}
        seen: set[str] = set()
        waiting = [name for name in reversed(self.operations) if not self.operations[name].inputs]
        while waiting:
            name = waiting.pop()
            if name.endswith("|"):
                order.setdefault(name, len(order))
            if name.endswith("|") or name in seen:
                continue
            seen.add(name)
            order.setdefault(self.column[name], len(order))
            readers = [reader.name for reader in self.readers[name]]
            waiting.append(f"{name}|")
            side = [reader for reader in readers if reader in self.side]
            main = [reader for reader in readers if reader not in self.side]
            waiting += [*reversed(side), *reversed(main)]  # the last is taken first
        return order

    def _items(self) -> list[list[_Item]]:
        """Return what takes room in each row, from left to right."""
        rows: list[list[_Item]] = [[] for _ in range(max(self.row.values()) + 1)]
        for name in self.operations:
            rows[self.row[name]].append(_Item(self.column[name], self.sizes[name][0] / 2))
            for row in range(self.row[name] + 1, self.last_row(name) + 1):
                rows[row].append(_Item(self.lane(name), LANE / 2))
        return [sorted(row, key=lambda item: self.order[item.column]) for row in rows]

    def _distances(self) -> dict[tuple[str, str], float]:
        """Return the least distance of each two columns that are neighbours in a row."""
        apart: dict[tuple[str, str], float] = {}
        for row in self.rows:
            for left, right in pairwise(row):
                pair = (left.column, right.column)
                if left.column != right.column:
                    apart[pair] = max(apart.get(pair, 0.0), left.half + right.half + GAP)
        return apart

    def _links(self, columns: Sequence[str]) -> dict[str, set[str]]:
        """Return for each column those that it should be near: a fork or a join, and its branches."""
        links: dict[str, set[str]] = {name: set() for name in columns}
        for operation in self.operations.values():
            for source in operation.inputs:
                if self.is_branch(source) or source in self.direct(operation.name):
                    ends = {self.column[source], self.column[operation.name]}
                    for name in ends:
                        links[name] |= ends - {name}
        return links

    def _places(self) -> dict[str, float]:
        """Return each column's x: apart from its neighbours, and in the middle of the columns that it is linked to."""
        used = {item.column for row in self.rows for item in row}
        columns = [name for name in sorted(self.order, key=self.order.__getitem__) if name in used]
        apart, links = self._distances(), self._links(columns)
        lefts = {name: [(a, d) for (a, b), d in apart.items() if b == name] for name in columns}
        rights = {name: [(b, d) for (a, b), d in apart.items() if a == name] for name in columns}
        x: dict[str, float] = {}
        for name in columns:
            x[name] = max((x[a] + d for a, d in lefts[name]), default=0.0)
        for sweep in range(60):  # lanes move away at first, and close up in the last sweeps
            for name in columns if sweep % 2 or sweep > 50 else reversed(columns):
                low = max((x[a] + d for a, d in lefts[name]), default=-1e9)
                high = min((x[b] - d for b, d in rights[name]), default=1e9)
                if name.endswith("|"):
                    wanted = low if sweep > 50 else x[name] + 1
                else:
                    wanted = _middle([x[other] for other in links[name]] or [x[name]])
                x[name] = min(max(wanted, low), high)
        return x


def _middle(places: Sequence[float]) -> float:
    """Return the middle of places on a line, or the place nearest to it if that is closer than 0.15 inches."""
    middle = (min(places) + max(places)) / 2
    nearest = min(places, key=lambda place: abs(place - middle))
    return nearest if abs(nearest - middle) < 0.15 else middle


def rows_of(diagram: Sequence[Operation]) -> dict[str, int]:
    """Return each operation's row: one below the lowest of its inputs; operations with the same `row` share one."""
    key = {operation.name: operation.row or operation.name for operation in diagram}
    row = dict.fromkeys(key.values(), 0)
    for _ in range(len(row) + 1):
        before = dict(row)
        for operation in diagram:
            for source in operation.inputs:
                row[key[operation.name]] = max(row[key[operation.name]], row[key[source]] + 1)
        if row == before:
            return {name: row[key[name]] for name in key}
    raise ValueError("Operations with the same `row` must not depend on each other. Received: rows that do")


def _check(diagram: Sequence[Operation]) -> None:
    """Raise ValueError unless each operation has its own name, and reads only operations before it."""
    if not diagram:
        raise ValueError("A diagram must have at least one operation. Received: none")
    names: set[str] = set()
    for operation in diagram:
        if operation.name in names:
            raise ValueError(f"Every operation must have a name of its own. Received: two {operation.name!r}")
        if missing := [name for name in operation.inputs if name not in names]:
            raise ValueError(
                f"inputs must be names of operations that come before. Received: {missing[0]!r}, "
                f"an input of {operation.name!r}"
            )
        if operation.kind not in COLOURS:
            raise ValueError(f"kind must be one of {', '.join(COLOURS)}. Received: kind={operation.kind!r}")
        names.add(operation.name)


def layout(
    diagram: Sequence[Operation], *, direction: str = "down", details: bool = True, sizes: bool = True
) -> Layout:
    """Return where the boxes and lines of a diagram are; `direction` is "down" or "right".

    ValueError for another direction, an empty diagram, a name or kind that `Operation` does not allow, or rows that
    depend on each other.
    """
    if direction not in ("down", "right"):
        raise ValueError(f'direction must be "down" or "right". Received: direction={direction!r}')
    _check(diagram)
    box_size = {
        operation.name: _box_size(operation, operation.lines(details=details, sizes=sizes))
        for operation in diagram
    }
    if direction == "right":
        box_size = {name: (height, width) for name, (width, height) in box_size.items()}
    boxes, edges = _Routes(_Graph(diagram, box_size)).placed()
    return _turned(boxes, edges, direction)


def _turned(boxes: Mapping[str, Box], edges: Sequence[Edge], direction: str) -> Layout:
    """Return a layout whose rows run downwards, y too, from its lower left corner and in the direction."""
    corners = [(box.left + box.width, box.bottom + box.height) for box in boxes.values()]
    points = [point for edge in edges for point in edge.points] + corners
    low_x = min([box.left for box in boxes.values()] + [x for x, _ in points]) - MARGIN
    low_y = min(box.bottom for box in boxes.values()) - MARGIN
    across, along = max(x for x, _ in points) + MARGIN - low_x, max(y for _, y in points) + MARGIN - low_y
    width, height = (across, along) if direction == "down" else (along, across)

    def turned(x: float, y: float) -> tuple[float, float]:
        x, y = x - low_x, y - low_y
        return (x, height - y) if direction == "down" else (y, height - x)

    def turned_box(box: Box) -> Box:
        first = turned(box.left, box.bottom)
        last = turned(box.left + box.width, box.bottom + box.height)
        left, bottom = min(first[0], last[0]), min(first[1], last[1])
        return Box(left, bottom, abs(last[0] - first[0]), abs(last[1] - first[1]))

    return Layout(
        {name: turned_box(box) for name, box in boxes.items()},
        tuple(edge._replace(points=tuple(turned(*point) for point in edge.points)) for edge in edges),
        width,
        height,
    )


class _Routes:
    """The boxes and lines of a graph; y goes downwards from the first row, in inches."""

    def __init__(self, graph: _Graph):
        self.graph = graph
        self.half = {name: graph.sizes[name][0] / 2 for name in graph.operations}
        self.heights = [0.0] * len(graph.rows)
        for name, (_, height) in graph.sizes.items():
            self.heights[graph.row[name]] = max(self.heights[graph.row[name]], height)
        self.centre = {name: graph.x[graph.column[name]] for name in graph.operations}
        for name, operation in graph.operations.items():
            if operation.kind == "join":
                self._widen(name)
        self.nets = [self._nets(gap) for gap in range(len(graph.rows) - 1)]
        self.levels = [_levels(nets) for nets in self.nets]
        self.top = self._tops()

    def _widen(self, name: str) -> None:
        """Make a concatenation as wide as all branches above it, if nothing is in the way."""
        graph = self.graph
        above = [
            graph.x[graph.lane(source)] for source in graph.operations[name].inputs if graph.is_branch(source)
        ]
        if len(above) < 2:
            return
        left = min(min(above) - 0.2, self.centre[name] - self.half[name])
        right = max(max(above) + 0.2, self.centre[name] + self.half[name])
        beside = [item for item in graph.rows[graph.row[name]] if item.column != graph.column[name]]
        ends = [graph.x[item.column] + side for item in beside for side in (-item.half, item.half)]
        if not any(left - GAP / 2 < end < right + GAP / 2 for end in ends):
            self.centre[name], self.half[name] = (left + right) / 2, (right - left) / 2

    def entry(self, source: str, gap: int) -> float:
        """Return the x at which a tensor comes into the gap below row `gap`."""
        graph = self.graph
        return self.centre[source] if graph.row[source] == gap else graph.x[graph.lane(source)]

    def port(self, source: str, target: str) -> float:
        """Return the x at which a line ends on the upper side of a box."""
        return self.ports(target)[source]

    def ports(self, target: str) -> dict[str, float]:
        """Return the x at which each line ends on the upper side of a box, below its lane if possible."""
        gap, centre, half = self.graph.row[target] - 1, self.centre[target], self.half[target] - 0.06
        inputs = [
            name for name in self.graph.operations[target].inputs if (name, target) not in self.graph.beside
        ]
        entries = {name: self.entry(name, gap) for name in inputs}
        if len(inputs) < 2:
            return dict.fromkeys(inputs, centre)
        inputs.sort(key=lambda name: entries[name])
        places = [entries[name] - centre for name in inputs]
        straight = next((i for i, place in enumerate(places) if abs(place) < 1e-3), None)
        if sum(abs(place) < half for place in places) > 1:  # a bar below its branches
            step = min(0.16, 2 * half / (len(inputs) - 1))
            wanted = [centre + min(max(place, -half), half) for place in places]
        else:  # beside the one that comes straight down
            first = (len(inputs) - 1) / 2 if straight is None else straight
            step = min(0.16, half / max(first, len(inputs) - 1 - first))
            wanted = [centre + step * (i - first) for i in range(len(inputs))]
        for i in range(1, len(wanted)):
            wanted[i] = max(wanted[i], wanted[i - 1] + step)
        limit = centre + half
        for i in reversed(range(len(wanted))):
            wanted[i] = min(wanted[i], limit)
            limit = wanted[i] - step
        return dict(zip(inputs, wanted, strict=True))

    def _nets(self, gap: int) -> dict[str, list[float]]:
        """Return for each tensor in the gap below a row the x at which it enters, then all x at which it leaves."""
        graph = self.graph
        nets: dict[str, list[float]] = {}
        for name in graph.operations:
            rows = [graph.row[reader.name] for reader in graph.readers[name]]
            if not graph.row[name] <= gap < max(rows, default=0):
                continue
            below = [reader.name for reader in graph.readers[name] if graph.row[reader.name] == gap + 1]
            ends = [self.port(name, target) for target in below if (name, target) not in graph.beside]
            if graph.last_row(name) > gap:
                ends.append(graph.x[graph.lane(name)])
            nets[name] = [self.entry(name, gap), *ends]
        return nets

    def _tops(self) -> list[float]:
        """Return the y at which each row begins."""
        tops = [0.0]
        for row, levels in enumerate(self.levels):
            count = 1 + max(levels.values(), default=-1)
            tops.append(tops[-1] + self.heights[row] + (0.2 if count == 0 else 0.26) + count * TRACK)
        return tops

    def track(self, name: str, gap: int) -> float:
        """Return the y at which a tensor goes across in the gap below a row."""
        return self.top[gap] + self.heights[gap] + 0.1 + TRACK * self.levels[gap].get(name, 0)

    def placed(self) -> tuple[dict[str, Box], list[Edge]]:
        """Return all boxes and all lines; a box's `bottom` is its smaller y."""
        graph, boxes = self.graph, {}
        for name in graph.operations:
            height, row = graph.sizes[name][1], graph.row[name]
            top = self.top[row] + (self.heights[row] - height) / 2
            boxes[name] = Box(self.centre[name] - self.half[name], top, 2 * self.half[name], height)
        edges = [
            Edge(source, target, self._line(source, target, boxes))
            for target, operation in graph.operations.items()
            for source in operation.inputs
        ]
        return boxes, edges

    def _line(self, source: str, target: str, boxes: Mapping[str, Box]) -> tuple[tuple[float, float], ...]:
        graph, x = self.graph, self.centre[source]
        points = [(x, boxes[source].bottom + boxes[source].height)]
        beside = (source, target) in graph.beside
        for gap in range(graph.row[source], graph.row[target]):
            is_last = gap == graph.row[target] - 1 and not beside
            goal = self.port(source, target) if is_last else graph.x[graph.lane(source)]
            if abs(goal - x) > 1e-6:
                points += [(x, self.track(source, gap)), (goal, self.track(source, gap))]
            x = goal
        box = boxes[target]
        if not beside:
            return (*points, (x, box.bottom))
        middle = box.bottom + box.height / 2
        return (*points, (x, middle), (box.left if x < box.left else box.left + box.width, middle))


def _levels(nets: Mapping[str, list[float]]) -> dict[str, int]:
    """Return the level at which each tensor goes across a gap: short distances first, without overlaps.

    If one tensor enters where another one leaves, the first has the upper level.
    """
    waiting = sorted((max(ends) - min(ends), name) for name, ends in nets.items())
    names = [name for span, name in waiting if span > 1e-6]
    upper = {
        name: {
            other
            for other in names
            if other != name and any(abs(nets[other][0] - end) < 0.03 for end in nets[name][1:])
        }
        for name in names
    }
    levels: dict[str, int] = {}
    taken: list[list[tuple[float, float]]] = []
    while names:
        name = next((name for name in names if upper[name] <= levels.keys()), names[0])
        names.remove(name)
        low, high = min(nets[name]) - 0.06, max(nets[name]) + 0.06
        number = max((levels[other] + 1 for other in upper[name] if other in levels), default=0)
        while number < len(taken) and any(high > a and low < b for a, b in taken[number]):
            number += 1
        taken += [[] for _ in range(number + 1 - len(taken))]
        taken[number].append((low, high))
        levels[name] = number
    return levels
