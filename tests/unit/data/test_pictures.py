"""Photographs, and a learner's own drawing as an MNIST digit."""

import hashlib
import re
import shutil

import numpy as np
import pytest
from PIL import Image

from tests import ROOT
from workbook import data
from workbook.data import bundled, pictures
from workbook.data.bundled import DataError

# What `skimage.data` of scikit-image 0.26.0 returns: the shape, and the sha256 of the pixels, its first 16 digits.
SCIKIT_IMAGES_PIXELS = {
    "astronaut": ((512, 512, 3), "a8c429c18afa7b0f"),
    "brick": ((512, 512), "664a145c5253f0d6"),
    "camera": ((512, 512), "5cb24482a53416f9"),
    "cell": ((660, 550), "dc464a59c68346fb"),
    "chelsea": ((300, 451, 3), "416b729128bfb2c3"),
    "clock": ((300, 400), "ad313afa739ea86c"),
    "coffee": ((400, 600, 3), "0ce2b51640b9c95f"),
    "coins": ((303, 384), "e080cc03805f1fa7"),
    "grass": ((512, 512), "b18dae4c68bf850a"),
    "gravel": ((512, 512), "3d51ad45f789cd8b"),
    "hubble_deep_field": ((872, 1000, 3), "9a3ea9548188f81e"),
    "ihc": ((512, 512, 3), "c5b3ef509a92f16d"),
    "moon": ((512, 512), "a20362266d5b0102"),
    "motorcycle": ((500, 741, 3), "ca829467c1d4f427"),
    "page": ((191, 384), "667bfd85aab58052"),
    "retina": ((1411, 1411, 3), "3670e389d0dae9f7"),
    "rocket": ((427, 640, 3), "3d4435cc745752b7"),
    "text": ((172, 448), "6705caed21e62817"),
}


@pytest.mark.parametrize("name", sorted(data.PHOTOGRAPHS))
def test_every_photograph_is_there_without_a_network(name):
    image = data.photograph(name)
    assert image.dtype == np.uint8
    assert image.ndim == 2 or image.shape[2] == 3
    assert min(image.shape[:2]) > 100
    assert image.std() > 5


@pytest.mark.parametrize("name", sorted(data.PHOTOGRAPHS))
def test_the_pixels_are_those_that_scikit_image_reads(name):
    shape, digest = SCIKIT_IMAGES_PIXELS[name]
    image = data.photograph(name)
    assert image.shape == shape
    assert hashlib.sha256(image.tobytes()).hexdigest().startswith(digest)


def test_unknown_photograph_lists_the_names():
    with pytest.raises(ValueError, match=r"must be one of astronaut, .*text. Received: name='lena'"):
        data.photograph("lena")


def bundle_with(tmp_path, monkeypatch, *, content):
    """Make a bundle that holds one photograph, coins.png, with this content."""
    shutil.copy(bundled.bundle_folder() / "checksums.txt", tmp_path)
    (tmp_path / "photographs").mkdir()
    if content is not None:
        (tmp_path / "photographs" / "coins.png").write_bytes(content)
    monkeypatch.setattr(bundled, "bundle_folder", lambda: tmp_path)


@pytest.mark.parametrize(
    ("content", "problem"), [(None, "cannot be read"), (b"not a picture", "does not match its checksum")]
)
def test_missing_or_altered_photograph_says_how_to_restore_it(tmp_path, monkeypatch, content, problem):
    bundle_with(tmp_path, monkeypatch, content=content)
    with pytest.raises(DataError, match=rf"{problem}.*git checkout data/photographs/coins.png"):
        data.photograph("coins")


def test_the_readme_names_each_photograph():
    readme = (ROOT / "data" / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| `photographs/(\S+)` \|", readme, re.MULTILINE)
    assert sorted(named) == sorted(pictures.PHOTOGRAPHS.values())


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
