"""Photographs, and a learner's own drawing as an MNIST digit."""

import numpy as np
import pytest
from PIL import Image

from workbook import data
from workbook.data import pictures
from workbook.data.bundled import DataError


@pytest.mark.parametrize("name", sorted(data.PHOTOGRAPHS))
def test_every_photograph_is_there_without_a_network(name):
    image = data.photograph(name)
    assert image.dtype == np.uint8
    assert image.ndim == 2 or image.shape[2] == 3
    assert min(image.shape[:2]) > 100
    assert image.std() > 5


def test_photographs_are_scikit_images_own():
    from skimage import data as skimage_data

    assert np.array_equal(data.photograph("chelsea"), skimage_data.chelsea())
    assert np.array_equal(data.photograph("camera"), skimage_data.camera())
    assert data.photograph("coffee").shape == (400, 600, 3)


def test_unknown_photograph_lists_the_names():
    with pytest.raises(ValueError, match=r"astronaut, .*text. Received: name='lena'"):
        data.photograph("lena")


def test_missing_photograph_says_the_mend(monkeypatch):
    monkeypatch.setitem(pictures.PHOTOGRAPHS, "ghost", "ghost.png")
    with pytest.raises(DataError, match="pip install --force-reinstall scikit-image"):
        data.photograph("ghost")


@pytest.fixture(scope="module")
def digits():
    return data.load("mnist", test_samples=60).x_test


def drawn(digit, *, side=224, canvas=(400, 500), corner=(30, 200)):
    """The digit scaled up and put somewhere on a light canvas, dark on light, as floats 0-1."""
    large = np.array(Image.fromarray(digit[..., 0]).resize((side, side), Image.Resampling.BICUBIC)) / 255
    picture = np.ones(canvas)
    top, left = corner
    picture[top : top + side, left : left + side] -= large
    return picture.clip(0, 1)


def likeness(first, second):
    return np.corrcoef(first.ravel(), second.ravel())[0, 1]


def test_mnist_digit_stays_itself(digits):
    likenesses = [likeness(data.to_digit(digit), digit) for digit in digits]
    assert np.median(likenesses) > 0.99


def test_rescaled_inverted_shifted_digit_comes_back(digits):
    backs = [data.to_digit(drawn(digit)) for digit in digits]
    likenesses = [likeness(back, digit) for back, digit in zip(backs, digits, strict=True)]
    assert np.mean(likenesses) > 0.9
    strangers = [likeness(back, digit) for back, digit in zip(backs, np.roll(digits, 1, axis=0), strict=True)]
    assert np.mean(strangers) < 0.5
    for back in backs:
        assert back.shape == (28, 28, 1)
        assert back.dtype == np.uint8
        assert back.max() == 255
        assert np.median(back[0]) == 0


def test_digit_is_centred_by_its_mass(digits):
    for digit in digits:
        back = data.to_digit(digit)[..., 0].astype(float)
        rows, columns = back.sum(axis=1), back.sum(axis=0)
        assert abs(rows @ np.arange(28) / rows.sum() - 14) <= 0.51
        assert abs(columns @ np.arange(28) / columns.sum() - 14) <= 0.51


def test_all_kinds_of_picture_give_the_same_digit(digits):
    grey = np.round(255 * drawn(digits[0])).astype(np.uint8)
    wanted = data.to_digit(grey)
    rgb = np.repeat(grey[..., None], 3, axis=2)
    opaque = np.full((*grey.shape, 1), 255, np.uint8)
    black_ink = np.concatenate([np.zeros_like(rgb), 255 - grey[..., None]], axis=2)
    white_ink = np.concatenate([np.full_like(rgb, 255), 255 - grey[..., None]], axis=2)
    for picture in (
        255 - grey,
        grey[..., None],
        rgb,
        np.concatenate([rgb, opaque], axis=2),
        grey / 255,
        grey.tolist(),
    ):
        assert np.abs(data.to_digit(picture).astype(int) - wanted).max() <= 2
    for picture in (black_ink, white_ink):  # drawn on a transparent ground
        assert np.abs(data.to_digit(picture).astype(int) - wanted).max() <= 2


def test_thin_line_on_a_large_canvas_stays_visible():
    canvas = np.zeros((600, 600), bool)
    canvas[50:550, 300] = True
    digit = data.to_digit(canvas)[..., 0]
    assert digit.max() == 255
    assert np.count_nonzero(digit.max(axis=1)) == 20


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((28, 28)),
        np.full((50, 50, 3), 200, np.uint8),
        np.zeros((4, 28, 28, 1)),
        np.zeros((28, 28, 2)),
        np.zeros(784),
        np.zeros((0, 0)),
        np.full((9, 9), np.nan),
        np.full((9, 9), -1.0),
        np.full((9, 9), 300),
        np.full((9, 9), "ink"),
    ],
)
def test_what_is_no_drawing_is_refused(image):
    with pytest.raises(ValueError, match="Received: ") as caught:
        data.to_digit(image)
    assert "\n" not in str(caught.value)
