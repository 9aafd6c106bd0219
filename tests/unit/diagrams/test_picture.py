"""What is drawn: boxes that hold their labels, an arrow for each line, colours that can be told from white."""

from collections.abc import Iterator
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest

from tests.unit.diagrams.models import dense_block, every_diagram, residual
from workbook.diagrams import layout, operations, show, show_model, side_by_side, spread
from workbook.diagrams.graph import COLOURS
from workbook.diagrams.picture import LINE, SKIP_LINES


@pytest.fixture(autouse=True)
def _no_window() -> Iterator[None]:
    mpl.use("Agg")
    yield
    import matplotlib.pyplot as plt

    plt.close("all")


def _labels(ax: Any) -> list[Any]:
    return [text for text in ax.texts if text.get_gid()]


@pytest.mark.parametrize(
    ("name", "direction"), [("alexnet", "down"), ("inception resnet", "down"), ("googlenet", "right")]
)
def test_labels_fit_into_their_boxes(name: str, direction: str) -> None:
    diagram = every_diagram()[name]
    ax = show(diagram, direction=direction)
    figure = ax.figure
    figure.canvas.draw()
    boxes = layout(diagram, direction=direction).boxes
    for text in _labels(ax):
        box = boxes[text.get_gid().removeprefix("label ")]
        (left, bottom), (right, top) = ax.transData.inverted().transform(text.get_window_extent())
        assert box.left <= left
        assert right <= box.left + box.width
        assert box.bottom <= bottom
        assert top <= box.bottom + box.height


def test_every_line_has_an_arrow_at_its_end() -> None:
    diagram = spread(operations(dense_block(4)))
    ax = show(diagram)
    tips = {
        patch.get_gid(): patch.get_xy()[0]
        for patch in ax.patches
        if (patch.get_gid() or "").startswith("arrow")
    }
    edges = layout(diagram).edges
    assert len(tips) == len(edges) == 1 + 2 + 3 + 4 + 5
    for edge in edges:
        assert np.allclose(tips[f"arrow {edge.source} → {edge.target}"], edge.points[-1])


def test_tensors_that_skip_have_colours_of_their_own() -> None:
    ax = show(spread(operations(dense_block(3))))
    colours = _arrow_colours(ax)
    assert len({colours[f"arrow {name} → layer3"] for name in ("image", "layer1_b", "layer2_b")}) == 3
    assert colours["arrow layer3_b → layer3"] == LINE


def _arrow_colours(ax) -> dict[str, str]:
    return {
        patch.get_gid(): mpl.colors.to_hex(patch.get_facecolor()) for patch in ax.patches if patch.get_gid()
    }


def test_only_the_shortcut_is_coloured() -> None:
    diagram = operations(residual(64, 64))
    colours = _arrow_colours(show(diagram))
    (add,) = [operation for operation in diagram if operation.kind == "add"]
    readers = [operation for operation in diagram if "image" in operation.inputs]
    assert len(readers) == 2
    for reader in readers:
        expected = SKIP_LINES[0] if reader is add else LINE
        assert colours[f"arrow image → {reader.name}"] == mpl.colors.to_hex(expected)


def test_each_column_begins_with_the_first_colour() -> None:
    beside = side_by_side({"one": operations(residual(64, 64)), "two": operations(residual(64, 64))})
    coloured = {colour for colour in _arrow_colours(show(beside)).values() if colour != LINE}
    assert coloured == {mpl.colors.to_hex(SKIP_LINES[0])}


def test_a_fork_is_marked_and_a_crossing_is_not() -> None:
    ax = show(operations(residual(64, 64)))
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    assert len(dots) == 1


def _contrast(colour: str) -> float:
    channels = np.array(mpl.colors.to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return 1.05 / (float(linear @ [0.2126, 0.7152, 0.0722]) + 0.05)


def test_every_edge_and_line_has_a_contrast_of_three_to_one() -> None:
    edges = [edge for _, edge in COLOURS.values() if edge != "none"]
    assert min(map(_contrast, [*edges, LINE, *SKIP_LINES])) >= 3


def test_text_on_a_fill_has_a_contrast_of_four_and_a_half_to_one() -> None:
    fills = [fill for fill, _ in COLOURS.values() if fill != "none"]
    assert min(_contrast("#333333") / _contrast(fill) for fill in fills) >= 4.5


def test_the_ground_is_white_in_a_dark_theme_too() -> None:
    with mpl.style.context("dark_background"):
        ax = show_model(residual(64, 64), title="basic block")
    assert mpl.colors.to_hex(ax.figure.get_facecolor()) == "#ffffff"
    assert mpl.colors.to_hex(ax.title.get_color()) == "#000000"


def test_a_smaller_axes_makes_everything_smaller() -> None:
    import matplotlib.pyplot as plt

    ax = plt.subplots(figsize=(1.5, 1.5))[1]
    assert show_model(residual(64, 64), ax) is ax
    assert max(text.get_fontsize() for text in _labels(ax)) < 6
