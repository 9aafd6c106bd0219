"""Photographs of digits on paper: what comes out is the digit that was drawn, whatever light, paper, pen and camera."""

import numpy as np
import pytest
from PIL import Image

from tests import ROOT
from workbook import data
from workbook.course.benches.bench_handwriting import ROWS, Scene, photograph
from workbook.data.handwriting import pieces

FAILING = ROOT.parent / "shared/failing/pictures"
LARGE = {"12 megapixels"}


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    return data.load("mnist", test_samples=60).x_test


def likeness(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.corrcoef(first.ravel(), second.ravel())[0, 1])


def _read(digit: np.ndarray, scene: Scene, seed: int) -> data.Handwriting:
    return data.read_digits(data.read_picture(photograph(digit, scene, np.random.default_rng(seed))))


@pytest.mark.parametrize("row", [row for row in ROWS if row not in LARGE])
def test_a_photographed_digit_looks_like_the_drawn_one(digits, row) -> None:
    for number in (3, 17):
        digit = _read(digits[number], ROWS[row], seed=number).digit
        wanted = data.to_digit(digits[number])
        assert likeness(digit, wanted) > 0.7, number
        assert likeness(digit, data.to_digit(digits[number + 1])) < 0.6


@pytest.mark.claims
@pytest.mark.parametrize("row", ROWS)
def test_nineteen_of_twenty_photographs_look_like_their_digit(digits, row) -> None:
    count = 6 if row in LARGE else 20
    alike = [
        likeness(_read(digits[number], ROWS[row], seed=100 + number).digit, data.to_digit(digits[number]))
        > 0.6
        for number in range(count)
    ]
    assert sum(alike) >= 0.95 * count


def test_the_steps_and_what_was_unsure_are_kept(digits) -> None:
    plain = _read(digits[0], Scene(), seed=1)
    assert plain.notes == ()
    assert list(plain.steps) == ["grey", "light evened out", "ink"]
    for step in plain.steps.values():
        assert step.shape == (384, 288)
        assert step.min() >= 0
        assert step.max() <= 1
    assert _read(digits[0], Scene(light=0.4), seed=1).notes[0].startswith("uneven light")
    assert "printed lines were taken out" in _read(digits[0], Scene(squares=30), seed=1).notes
    shaded = _read(digits[0], Scene(light=0.4), seed=1).steps
    assert np.ptp(np.percentile(shaded["grey"], [10, 90])) > 0.15
    assert np.ptp(np.percentile(shaded["light evened out"], [10, 90])) < 0.05


def _page(digits: np.ndarray, corners: list[tuple[int, int, int]]) -> np.ndarray:
    """Return a white page with digits, each in a square at (top, left) of a side."""
    page = np.full((400, 700), 245, np.uint8)
    for digit, (top, left, side) in zip(digits, corners, strict=False):
        large = np.asarray(Image.fromarray(digit[..., 0]).resize((side, side), Image.Resampling.BICUBIC))
        page[top : top + side, left : left + side] -= np.clip(large, 0, 220)
    return page


def test_several_digits_are_read_from_left_to_right(digits) -> None:
    page = _page(digits, [(90, 480, 150), (40, 40, 150), (120, 250, 220)])
    found = data.read_digits(page)
    assert len(found.digits) == 3
    assert found.notes == ("3 digits: the largest is read",)
    for digit, number in zip(found.digits, (1, 2, 0), strict=True):
        assert likeness(digit, data.to_digit(digits[number])) > 0.8
    assert found.largest == 1
    assert np.array_equal(data.to_digit(page), found.digits[1])


def test_specks_and_a_bar_apart_do_not_make_more_digits() -> None:
    page = np.full((300, 300), 250, np.uint8)
    page[60:70, 110:200] = 20  # the bar of a 5, a gap, and the rest
    page[78:150, 110:120] = 20
    page[140:150, 110:190] = 20
    page[140:230, 180:190] = 20
    page[220:230, 105:190] = 20
    page[20:23, 20:23] = 20
    page[250:252, 280:283] = 20
    found = data.read_digits(page)
    assert len(found.digits) == 1
    assert found.notes == ()
    rows = np.flatnonzero(found.digit[..., 0].max(axis=1))
    assert len(rows) == 20


@pytest.mark.parametrize("angle", [0, 90])
def test_a_long_straight_stroke_is_no_printed_line(angle) -> None:
    page = np.full((300, 300), 250, np.uint8)
    page[15:285, 140:152] = 20
    digit = data.read_digits(np.rot90(page, angle // 90)).digit[..., 0]
    assert np.count_nonzero(digit.max(axis=0 if angle else 1)) == 20


@pytest.mark.parametrize("ground", [0, 255])
def test_chalk_on_a_board_is_read_as_ink_on_paper(digits, ground) -> None:
    page = _page(digits[:1], [(60, 200, 250)])
    picture = page if ground else 255 - page
    assert likeness(data.to_digit(picture), data.to_digit(digits[0])) > 0.8


@pytest.mark.parametrize("kind", ["white", "noisy", "shaded", "all table"])
def test_a_picture_without_writing_gets_one_line(kind) -> None:
    rng = np.random.default_rng(1)
    page = np.full((500, 400), 230.0)
    if kind == "noisy":
        page += rng.normal(0, 8, page.shape)
    if kind == "shaded":
        page *= np.linspace(1, 0.5, 400)
    if kind == "all table":
        page[:, :] = 60
    with pytest.raises(ValueError, match=r"No digit found") as raised:
        data.to_digit(np.clip(page, 0, 255).astype(np.uint8))
    assert "\n" not in str(raised.value)


def test_pieces_are_connected_at_corners_too() -> None:
    mask = np.array(
        [
            [1, 0, 0, 0, 1, 1],
            [0, 1, 0, 0, 0, 1],
            [0, 0, 0, 1, 0, 0],
            [1, 1, 0, 0, 1, 1],
        ],
        bool,
    )
    found = sorted((piece.area, piece.box) for piece in pieces(mask))
    assert found == [(2, (0, 0, 2, 2)), (2, (3, 0, 4, 2)), (3, (0, 4, 2, 6)), (3, (2, 3, 4, 6))]
    assert not pieces(np.zeros((3, 3), bool))


@pytest.mark.skipif(not FAILING.is_dir(), reason="needs ../shared/failing")
@pytest.mark.parametrize(
    "name",
    ["grey16.png", "squared_paper.png", "table_edge.jpg", "transparent_black_ink.png", "iphone_like.heic"],
)
def test_the_sevens_that_failed_look_alike(name) -> None:
    seven = data.to_digit(data.read_picture(FAILING / "squared_paper.png"))
    assert likeness(data.to_digit(data.read_picture(FAILING / name)), seven) > 0.5  # one is a thin line
