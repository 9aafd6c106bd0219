"""What chapters 03 and 04 say about their interactive pictures, computed from the chapters' own inputs."""

import numpy as np
import pytest

from workbook import arithmetic, data, reference
from workbook.interactive.pooling import frame
from workbook.interactive.receptive_field import STACKS


@pytest.fixture(scope="module")
def digit() -> np.ndarray:
    return np.pad(data.load("mnist", samples=1, test_samples=1).x_train[0, ..., 0], 4).astype(int)


def _first(view: np.ndarray, size: int) -> np.ndarray:
    return view[::size, ::size]


def _largest(view: np.ndarray, size: int) -> np.ndarray:
    return reference.pool2d(view, size)


def _change(digit: np.ndarray, operation, size: int) -> float:
    before, after = (operation(frame(digit, 0, right), size) for right in (0, 1))
    return round(100 * np.abs(after - before).mean() / before.mean(), 1)


def test_max_pooling_changes_least_when_the_digit_moves_by_one(digit):
    assert _change(digit, _largest, 2) == 27.1
    assert _change(digit, _first, 2) == 42.3
    assert _change(digit, lambda view, size: reference.pool2d(view, size, kind="mean"), 2) == 37.3
    assert _change(digit, _largest, 8) == 5.1
    assert _change(digit, _largest, 28) == 0


def test_after_two_steps_the_outputs_move_along(digit):
    for operation in (_first, _largest):
        before, after = (operation(frame(digit, 0, right), 2) for right in (0, 2))
        assert np.array_equal(before[:, :-1], after[:, 1:])


def test_half_of_the_stripes_maxima_change():
    stripes = np.tile([0, 0, 255, 255], (36, 9))
    before, after = (_largest(frame(stripes, 0, right), 2) for right in (0, 1))
    assert np.count_nonzero(before != after) == before.size / 2


def test_the_head_takes_75_convolutions_or_11_layers_with_pooling():
    alone, in_turn = [(3, 1)] * 75, [(3, 1), (2, 2)] * 6
    assert arithmetic.receptive_field(alone[:-1]) < 150 <= arithmetic.receptive_field(alone)
    assert arithmetic.receptive_field(in_turn[:10]) < 150 <= arithmetic.receptive_field(in_turn[:11])


def test_four_dilated_layers_reach_31_pixels():
    widths = [layer[3] * (layer[1] - 1) + 1 for layer in STACKS["dilated 1, 2, 4, 8"]]
    assert arithmetic.receptive_field((width, 1) for width in widths) == 31


def test_grouped_is_cheaper_than_separable_with_32_groups():
    separable = arithmetic.separable_parameters(5, 96, 256, bias=False)
    counts = [groups for groups in range(1, 97) if 96 % groups == 0 and 256 % groups == 0]
    cheaper = [
        groups
        for groups in counts
        if arithmetic.conv_parameters(5, 96, 256, groups=groups, bias=False) < separable
    ]
    assert cheaper == [32]
