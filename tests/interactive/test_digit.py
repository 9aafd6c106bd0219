"""A drawing becomes the same digit in the browser as in Python."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from workbook.data.pictures import _as_mnist, _cropped, _ink

DIGITS = """drawings.map(({ grey, height, width }) => {
    const field = asset.toDigit(Float64Array.from(grey), height, width);
    return field && Array.from(field);
})"""
Node = Callable[..., Any]


def drawings() -> list[np.ndarray]:
    """Return strokes of many sizes and places, grey values 0-1: on dark, light and uneven paper, edge to edge."""
    rng = np.random.default_rng(0)
    pictures = []
    for side, thick, count in ((224, 16, 6), (112, 9, 6), (28, 2, 6), (20, 1, 4), (9, 1, 4)):
        for _ in range(count):
            ink = np.zeros((side, side + int(rng.integers(0, 9))))
            ends = rng.uniform(0.15 * side, 0.8 * side, (4, 2))
            for start, end in pairwise(ends):
                for share in np.linspace(0, 1, 4 * side):
                    row, column = (start + share * (end - start)).astype(int)
                    ink[row : row + thick, column : column + thick] = 0.5 + 0.5 * share
            pictures.append(ink)
    pictures += [1 - 0.8 * ink for ink in pictures[:3]]
    pictures += [0.9 * ink + 0.05 * rng.random(ink.shape) for ink in pictures[:3]]
    bar = np.zeros((224, 224))
    bar[:, 100:120] = 1
    return [*pictures, bar, bar.T[:, :150]]


def in_python(drawing: np.ndarray) -> np.ndarray:
    """Return a drawing as a digit. `data.to_digit` would treat a large picture as a photograph."""
    return _as_mnist(_cropped(_ink(drawing)))


def test_every_drawing_becomes_the_same_digit(node: Node) -> None:
    pictures = drawings()
    given = [
        {"grey": image.ravel().round(6), "height": len(image), "width": image.shape[1]} for image in pictures
    ]
    for number, (picture, result) in enumerate(
        zip(pictures, node("digit", DIGITS, drawings=given), strict=True)
    ):
        expected = in_python(picture.round(6))[..., 0]
        difference = np.abs(np.reshape(result, (28, 28)) - expected.astype(int))
        assert difference.max() <= 1, f"drawing {number}: {difference.max()} of 255"  # Pillow adds in float32


def test_a_blank_drawing_is_no_digit(node: Node) -> None:
    assert node("digit", DIGITS, drawings=[{"grey": [0.5] * 900, "height": 30, "width": 30}]) == [None]


def test_rounding_is_that_of_python(node: Node) -> None:
    values = [-1.5, -0.5, 0.5, 1.5, 2.5, 2.4, 2.6, 7]
    assert node("digit", "values.map(asset.rounded)", values=values) == [round(value) for value in values]
