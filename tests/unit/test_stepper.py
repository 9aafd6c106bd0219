"""The stepper: a pure function, its pictures, and the widget."""

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


def test_the_widget_draws_and_explains() -> None:
    box = stepper.interactive(np.zeros((4, 4), int))
    kernel, position = box.children[0].children
    strides, padding = box.children[1].children
    note, picture = box.children[2:]
    assert bytes(picture.value).startswith(b"\x89PNG")
    assert position.max == 3
    kernel.value = "5×5 ones"
    assert "does not fit" in note.value
    assert picture.layout.display == "none"
    padding.value = 1
    assert picture.layout.display == ""
    assert position.max == 3
    strides.value = 2
    assert "never read" in note.value
    strides.value, padding.value, position.value = 1, 2, 11
    assert position.max == 15
    kernel.value = "vertical edge"
    padding.value = 0
    assert position.value <= position.max
