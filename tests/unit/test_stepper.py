"""The stepper: a pure function and its pictures."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from workbook import reference, stepper

IMAGE = np.arange(42).reshape(6, 7)
EDGE = stepper.KERNELS["vertical edge"]


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def test_the_last_step_holds_the_whole_output() -> None:
    first = stepper.convolution_step(IMAGE, EDGE, strides=2, padding=1)
    last = stepper.convolution_step(IMAGE, EDGE, strides=2, padding=1, position=first.steps - 1)
    assert np.array_equal(last.output, reference.conv2d(IMAGE, EDGE, strides=2, padding=1))
    assert np.count_nonzero(~np.isnan(first.output)) == 1
    assert first.steps == 3 * 4


@pytest.mark.parametrize("position", range(12))
def test_the_window_total_is_the_output_there(position: int) -> None:
    step = stepper.convolution_step(IMAGE, EDGE, strides=2, padding=1, position=position)
    row, column, height, width = step.window
    window = step.padded[row : row + height, column : column + width]
    assert step.total == np.sum(window * EDGE) == step.output.ravel()[position]


def test_positions_beyond_the_output_raise_an_error() -> None:
    with pytest.raises(ValueError, match="position must be in 0 to 19"):
        stepper.convolution_step(IMAGE, EDGE, position=20)


def test_a_kernel_that_does_not_fit_is_explained() -> None:
    fits, text = stepper.explain((4, 6), (5, 5), strides=1, padding=0)
    assert not fits
    assert "only 4 rows" in text
    with pytest.raises(ValueError, match="does not fit"):
        stepper.convolution_step(np.zeros((4, 6)), np.ones((5, 5)))


def test_unread_pixels_are_explained() -> None:
    assert stepper.explain((7, 7), (3, 3), strides=2, padding=0) == (True, "")
    fits, text = stepper.explain((6, 7), (3, 3), strides=2, padding=0)
    assert fits
    assert "1 of the rows" in text
    assert "columns" not in text


def test_the_filmstrip_has_a_row_for_each_position() -> None:
    axes = stepper.filmstrip(IMAGE, EDGE, positions=(0, 3))
    assert axes.shape == (2, 3)


def test_notebooks_of_the_first_edition_get_the_picture_that_moves() -> None:
    document = stepper.interactive(np.zeros((4, 4), int))
    assert document.title == "Convolution, step by step"
    assert list(document.data["kernels"]) == list(stepper.KERNELS)


def test_strides_draw_a_dot_for_every_window() -> None:
    axes = stepper.show_strides(7, 3, (1, 2))
    dots = [len(axes[0, column].collections[0].get_offsets()) for column in (0, 2)]
    assert dots == [25, 9]
    assert axes[0, 3].get_title() == "output 3×3"


def test_padding_draws_the_three_maps_of_the_chapter() -> None:
    image = np.array([[10, 10, 10, 0, 0]] * 5)
    axes = stepper.show_padding(image, EDGE)
    maps = [[text.get_text() for text in ax.texts][:5] for ax in axes[1]]
    assert maps == [["0", "30", "30", "0", "30"], ["-20", "0", "20", "20", "0"], ["0", "0", "30", "30", "0"]]
    hatched = [sum(bool(patch.get_hatch()) for patch in ax.patches) for ax in axes[0]]
    assert hatched == [0, 24, 24]


def test_moves_draw_a_window_that_does_not_fit_as_dashed() -> None:
    cases = [(7, 3, 2, 0), (6, 3, 2, 0), (2, 3, 1, 0)]
    axes = stepper.show_moves(cases)
    bars = [[patch for patch in ax.patches if patch.get_height() < 0.5] for ax in axes]
    assert [len(row) for row in bars] == [3, 3, 1]
    assert [sum(bar.get_linestyle() == "--" for bar in row) for row in bars] == [0, 1, 1]
    assert "= 2" in axes[1].get_title()


def test_filters_draw_a_map_for_each_filter() -> None:
    ax = stepper.show_filters(5, 3, 4)
    assert any("4 filters make 4 maps" in text.get_text() for text in ax.texts)
    assert any("27 weights" in text.get_text() for text in ax.texts)
