"""No line behind a box, no box on another, whatever the network."""

import random
from collections.abc import Sequence
from itertools import combinations, pairwise
from typing import Any

import pytest

from tests.unit.diagrams.models import every_diagram
from workbook.diagrams import Operation, layout
from workbook.diagrams.layout import Box, Edge, Layout

NAMES = (
    "lenet5", "alexnet", "vgg", "blocks", "inception v1", "inception v3", "crosses", "stem of v4",
    "inception resnet", "googlenet", "dense block", "u-net", "resnet34",
)  # fmt: skip


@pytest.fixture(scope="module")
def diagrams() -> dict[str, list[Operation]]:
    made = every_diagram()
    assert tuple(made) == NAMES
    return made


def _touches(start: tuple[float, float], end: tuple[float, float], box: Box) -> bool:
    """Return whether a line along an axis goes through the inside of a box."""
    (x0, x1), (y0, y1) = sorted((start[0], end[0])), sorted((start[1], end[1]))
    inside = 1e-6
    return (
        x0 < box.left + box.width - inside and x1 > box.left + inside
        and y0 < box.bottom + box.height - inside and y1 > box.bottom + inside
    )  # fmt: skip


def _overlap(first: Box, second: Box) -> bool:
    across = min(first.left + first.width, second.left + second.width) - max(first.left, second.left)
    along = min(first.bottom + first.height, second.bottom + second.height) - max(first.bottom, second.bottom)
    return min(across, along) > 1e-6


def _hidden(placed: Layout) -> list[tuple[Edge, str]]:
    return [
        (edge, name)
        for edge in placed.edges
        for start, end in pairwise(edge.points)
        for name, box in placed.boxes.items()
        if _touches(start, end, box)
    ]


@pytest.mark.parametrize("direction", ["down", "right"])
@pytest.mark.parametrize("name", NAMES)
def test_geometry(diagrams: dict[str, list[Operation]], name: str, direction: str) -> None:
    diagram = diagrams[name]
    placed = layout(diagram, direction=direction)
    for first, second in combinations(placed.boxes.values(), 2):
        assert not _overlap(first, second)
    assert not _hidden(placed)
    assert [(edge.source, edge.target) for edge in placed.edges] == [
        (source, operation.name) for operation in diagram for source in operation.inputs
    ]
    for edge in placed.edges:
        for (x0, y0), (x1, y1) in pairwise(edge.points):
            assert abs(x0 - x1) < 1e-6 or abs(y0 - y1) < 1e-6, "a line runs along an axis"
    for x, y in (point for edge in placed.edges for point in edge.points):
        assert 0 <= x <= placed.width
        assert 0 <= y <= placed.height
    for box in placed.boxes.values():
        assert min(box.left, box.bottom) >= 0
        assert box.left + box.width <= placed.width
        assert box.bottom + box.height <= placed.height


def _on_edge(point: tuple[float, float], box: Box) -> bool:
    x, y = point[0] - box.left, point[1] - box.bottom
    inside = -1e-6 <= x <= box.width + 1e-6 and -1e-6 <= y <= box.height + 1e-6
    return inside and min(abs(x), abs(y), abs(x - box.width), abs(y - box.height)) < 1e-6


@pytest.mark.parametrize("name", NAMES)
def test_lines_begin_and_end_at_their_boxes(diagrams: dict[str, list[Operation]], name: str) -> None:
    placed = layout(diagrams[name])
    for edge in placed.edges:
        assert _on_edge(edge.points[0], placed.boxes[edge.source])
        assert _on_edge(edge.points[-1], placed.boxes[edge.target])
        before, end = edge.points[-2:]
        assert abs(before[0] - end[0]) + abs(before[1] - end[1]) > 0.1, "room for an arrow"


def _on_each_other(edges: Sequence[Edge]) -> tuple[str, str] | None:
    """Return two tensors of which one's line lies on the other's, if there are two."""
    ways = [(edge.source, *ends) for edge in edges for ends in pairwise(edge.points)]
    for (source, *first), (other, *second) in combinations(ways, 2):
        (start, end), (begin, stop) = sorted(first), sorted(second)
        for axis in (0, 1):
            is_same_line = max(abs(point[axis] - start[axis]) for point in (end, begin, stop)) < 0.02
            shared = min(end[1 - axis], stop[1 - axis]) - max(start[1 - axis], begin[1 - axis])
            if source != other and is_same_line and shared > 0.02:
                return source, other
    return None


@pytest.mark.parametrize("name", NAMES)
def test_no_line_lies_on_one_of_another_tensor(diagrams: dict[str, list[Operation]], name: str) -> None:
    assert _on_each_other(layout(diagrams[name]).edges) is None


def test_straight_on_comes_first_and_the_shortcut_stands_beside(diagrams: dict[str, list[Operation]]) -> None:
    placed = layout(diagrams["blocks"])
    middle = {name: box.left + box.width / 2 for name, box in placed.boxes.items()}
    main = [middle[f"basic/{name}"] for name in ("image", "block_conv1", "block_conv2", "block_add", "block")]
    assert max(main) - min(main) < 1e-6
    shortcut = next(e for e in placed.edges if (e.source, e.target) == ("basic/image", "basic/block_add"))
    assert max(x for x, _ in shortcut.points) > max(
        placed.boxes[f"basic/{name}"].left + placed.boxes[f"basic/{name}"].width
        for name in ("block_conv1", "block_conv2")
    )
    assert middle["projection/block_shortcut"] > middle["projection/block_conv1"]


def test_levels_of_columns(diagrams: dict[str, list[Operation]]) -> None:
    boxes = layout(diagrams["vgg"]).boxes
    for number in range(1, 6):
        assert boxes[f"A/block{number}_pool"].bottom == boxes[f"E/block{number}_pool"].bottom


def _random_diagram(seed: int) -> list[Operation]:
    """Return up to 14 operations that read one to three of the five before them."""
    draw = random.Random(seed)
    diagram = [Operation("0", "data", "input")]
    for number in range(1, draw.randint(3, 14)):
        kind = draw.choice(["conv", "conv", "pool", "join", "add"])
        before = range(max(0, number - 5), number)
        count = min(len(before), 1 if kind in ("conv", "pool") else draw.randint(2, 3))
        inputs = tuple(str(source) for source in draw.sample(before, count))
        text = "x" * draw.randint(1, 14)
        diagram.append(Operation(str(number), kind if count > 1 else "conv", text, inputs))
    return diagram


def test_geometry_of_networks_that_nobody_would_build() -> None:
    for seed in range(60):
        diagram = _random_diagram(seed)
        placed = layout(diagram)
        assert not _hidden(placed), seed
        assert _on_each_other(placed.edges) is None, seed
        for edge in placed.edges:
            assert _on_edge(edge.points[0], placed.boxes[edge.source]), seed
            assert _on_edge(edge.points[-1], placed.boxes[edge.target]), seed
        for first, second in combinations(placed.boxes.values(), 2):
            assert not _overlap(first, second), seed


A = Operation("a", "data", "a")


@pytest.mark.parametrize(
    ("diagram", "message"),
    [
        ([], "at least one"),
        ([A, A], "two 'a'"),
        ([A, Operation("b", "conv", "b", ("c",))], "Received: 'c'"),
        ([Operation("b", "shape", "b")], "kind='shape'"),
        ([A, Operation("b", "conv", "b", ("a",), row="a")], "same `row`"),
    ],
)
def test_what_is_not_a_diagram_is_named(diagram: list[Operation], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        layout(diagram)


def test_directions_are_two(diagrams: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="direction='up'"):
        layout(diagrams["lenet5"], direction="up")
    down, right = (layout(diagrams["lenet5"], direction=direction) for direction in ("down", "right"))
    assert down.height > down.width
    assert right.width > right.height
