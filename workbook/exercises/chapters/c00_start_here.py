"""The exercises of chapter 00: images are arrays."""

from collections.abc import Callable
from typing import Any

import numpy as np

from workbook.exercises import Exercise, FreeText, Inputs, Mistake, close, value_exercise

BYTE = 255
LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601


def _close_in_dtype(observed: Any, expected: np.ndarray, inputs: Inputs) -> str | None:
    """Compare shape, numbers and dtype, for exercises about the dtype."""
    difference = close()(observed, expected, inputs)
    dtype = np.asarray(observed).dtype
    if difference or dtype == expected.dtype:
        return difference
    return f"got the right numbers as {dtype}, expected {expected.dtype}"


def _mistake_in_any_dtype(name: str, answer: Callable[..., Any], message: str) -> Mistake:
    """Return a mistake that is recognised by its numbers, whatever their dtype."""

    def looks_like(observed: Any, expected: Any, inputs: Inputs) -> bool:
        return close()(observed, np.asarray(answer(*inputs)), inputs) is None

    return Mistake(name, answer, message, looks_like)


# 0.1 Read a shape

BATCH_SHAPE = value_exercise(
    id="0.1",
    title="Read a shape",
    answer_name="batch_shape",
    section="An image is an array",
    minutes=3,
    reference=(16, 320, 480, 3),
    mistakes=(
        Mistake(
            "puts the width first",
            (16, 480, 320, 3),
            "This puts the width before the height. Photographers say width × height, but an array counts rows "
            "first, and the number of rows is the height.",
        ),
        Mistake(
            "puts the channels first",
            (16, 3, 320, 480),
            "This puts the channels before height and width, as some other frameworks do. Keras puts the channels "
            "last.",
        ),
        Mistake(
            "forgets the batch",
            (320, 480, 3),
            "This is the shape of one photograph. A batch has one more axis, in front: the number of images.",
        ),
        Mistake(
            "puts the batch last",
            (320, 480, 3, 16),
            "The four numbers are right, but the number of images must come first: `batch[0]` is the first image.",
        ),
        Mistake(
            "forgets the channels",
            (16, 320, 480),
            "This has one number per pixel. A colour pixel has three: red, green and blue. Add the channels as the "
            "last axis.",
        ),
        Mistake(
            "takes colour for grey",
            (16, 320, 480, 1),
            "This has one channel, so it is a batch of grey images. A colour photograph has three channels.",
        ),
    ),
    hints=(
        "You need four numbers: how many images, rows, columns and channels there are. In which order?",
        "The order is (N, H, W, C): images, height, width, channels. What are these four numbers here?",
    ),
)


# 0.2 Cut a patch out


def _crop_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw grey and colour images and windows that are not square; one window ends at the border."""
    cases: list[Inputs] = []
    for shape in ((9, 12), (11, 8, 3), (10, 13, 3), (7, 10)):
        height, width = int(rng.integers(2, 4)), int(rng.integers(4, 6))
        top, left = int(rng.integers(1, shape[0] - height)), int(rng.integers(1, shape[1] - width))
        cases.append((rng.integers(0, 256, shape, dtype=np.uint8), top, left, height, width))
    cases.append((rng.integers(0, 256, (6, 9, 3), dtype=np.uint8), 3, 5, 3, 4))
    return cases


CROP = Exercise(
    id="0.2",
    title="Cut a patch out",
    answer_name="crop",
    section="An image is an array",
    cases=_crop_cases,
    groups=lambda image, *box: "grey pictures" if image.ndim == 2 else "colour pictures",
    reference=lambda image, top, left, height, width: image[top : top + height, left : left + width],
    mistakes=(
        Mistake(
            "swaps rows and columns",
            lambda image, top, left, height, width: image[left : left + width, top : top + height],
            "This uses the column numbers for the rows. The first index counts rows, downwards; the second counts "
            "columns, to the right: `image[rows, columns]`.",
        ),
        Mistake(
            "takes sizes for ends",
            lambda image, top, left, height, width: image[top:height, left:width],
            "This uses the height and the width as the ends of the slices. A slice is `start:end`, not "
            "`start:length`: the patch ends at `top + height`.",
        ),
        Mistake(
            "takes one pixel too many",
            lambda image, top, left, height, width: image[top : top + height + 1, left : left + width + 1],
            "This patch has one row and one column too many. Python's slices exclude the end, so do not add 1.",
        ),
        Mistake(
            "stops one pixel early",
            lambda image, top, left, height, width: image[top : top + height - 1, left : left + width - 1],
            "This patch lacks its last row and column. Python's slices already exclude the end, so do not subtract "
            "1.",
        ),
        Mistake(
            "cuts the rows only",
            lambda image, top, left, height, width: image[top : top + height],
            "This cuts the rows but keeps all columns. Add a second slice after a comma.",
        ),
        Mistake(
            "always cuts the corner",
            lambda image, top, left, height, width: image[:height, :width],
            "The size is right, but this is always the top left corner. Start at `top` and `left`.",
        ),
    ),
    hints=(
        "`image[a:b, c:d]` takes the rows a to b − 1 and the columns c to d − 1, with all channels.",
        "The first row is `top`. Which is the first row that no longer belongs to the patch?",
        "`image[top : top + height, left : left + width]`",
    ),
)


# 0.3 From colour to grey


def _colour_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw colour images as bytes and as fractions, none of them square."""
    drawn: list[Inputs] = [(rng.integers(0, 256, shape, dtype=np.uint8),) for shape in ((4, 6, 3), (5, 2, 3))]
    return [
        *drawn,
        (rng.random((2, 5, 3)),),
        (np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8),),
    ]


GREY = Exercise(
    id="0.3",
    title="From colour to grey",
    answer_name="grey",
    section="Channels",
    cases=_colour_cases,
    reference=lambda image: image @ LUMA,
    mistakes=(
        Mistake(
            "averages the channels",
            lambda image: image.mean(axis=-1),
            "This gives all three channels the same weight. To the eye green is brighter than red and much brighter "
            "than blue: use the weights 0.299, 0.587 and 0.114.",
        ),
        Mistake(
            "weighs them in the wrong order",
            lambda image: image @ LUMA[::-1],
            "This exchanges the weights of red and blue. The channels are red, green and blue, in this order. (Some "
            "libraries, OpenCV among them, store blue first.)",
        ),
        Mistake(
            "adds without weights",
            lambda image: image.sum(axis=-1),
            "This adds the channels without weights, so white becomes 765. Multiply each channel by its weight "
            "first.",
        ),
        Mistake(
            "keeps the green channel",
            lambda image: image[..., 1],
            "This is the green channel alone. It is close to grey, but a red ball and a black ball look the same in "
            "it. Use all three channels.",
        ),
        Mistake(
            "keeps the channel axis",
            lambda image: (image @ LUMA)[..., None],
            "The numbers are right, but the result still has a channel axis, (H, W, 1). Return the shape (H, W).",
        ),
        Mistake(
            "multiplies without adding",
            lambda image: image * LUMA,
            "This weights the three channels but does not add them up. Sum over the last axis: `.sum(axis=-1)`.",
        ),
        Mistake(
            "cuts the fractions off",
            lambda image: (image @ LUMA).astype(np.uint8),
            "This converts the result to whole numbers, which cuts the fractions off. Leave the result as floats.",
        ),
    ),
    hints=(
        "`image[..., 0]` is the red channel, `image[..., 1]` the green one, `image[..., 2]` the blue one.",
        "`0.299 * red + 0.587 * green + 0.114 * blue`. Or shorter: `image @ [0.299, 0.587, 0.114]`.",
    ),
)


# 0.4 Brighter, without wrapping around


def _bright_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw byte images that exceed 255 in places when brightened, and one that does not change."""
    drawn: list[Inputs] = [
        (rng.integers(0, 256, shape, dtype=np.uint8), int(rng.integers(60, 200)))
        for shape in ((4, 5), (3, 6, 3), (5, 2), (2, 7, 3))
    ]
    return [
        *drawn,
        (np.array([[0, 154, 155, 156, 255]], np.uint8), 100),
        (np.array([[0, 9, 255]], np.uint8), 0),
    ]


def _sum(image: np.ndarray, amount: int) -> np.ndarray:
    return image.astype(int) + amount


def _squeezed(image: np.ndarray, amount: int) -> np.ndarray:
    brighter = _sum(image, amount)
    return (brighter * BYTE / brighter.max()).astype(np.uint8)


BRIGHTEN = Exercise(
    id="0.4",
    title="Brighter, without wrapping around",
    answer_name="brighten",
    section="Two hundred plus one hundred",
    points=2,
    cases=_bright_cases,
    groups=lambda image, amount: "grey pictures" if image.ndim == 2 else "colour pictures",
    compare=_close_in_dtype,
    reference=lambda image, amount: np.minimum(_sum(image, amount), BYTE).astype(np.uint8),
    mistakes=(
        _mistake_in_any_dtype(
            "wraps around",
            lambda image, amount: _sum(image, amount).astype(np.uint8),
            "The brightest pixels became dark: a value above 255 wraps around in uint8, and clipping afterwards is "
            "too late. Convert to a wider type first, then add, clip, and convert back to uint8.",
        ),
        _mistake_in_any_dtype(
            "goes beyond 255",
            _sum,
            "Nothing wraps around, but some values are above 255, which a byte cannot hold. Clip them to 255, then "
            "convert back to uint8.",
        ),
        _mistake_in_any_dtype(
            "does not go back to bytes",
            lambda image, amount: np.minimum(_sum(image, amount), BYTE),
            "The numbers are right, but the dtype has changed. The image was uint8 and must be uint8 again: end "
            "with `.astype(np.uint8)`.",
        ),
        _mistake_in_any_dtype(
            "squeezes the whole image",
            _squeezed,
            "This scales every pixel so that the brightest becomes 255. Clip instead: change only the sums above "
            "255.",
        ),
        Mistake(
            "clips from the wrong side",
            lambda image, amount: np.maximum(_sum(image, amount), BYTE).astype(np.uint8),
            "`np.maximum(x, 255)` takes the larger of the two, so nothing is below 255. Take the smaller of the two.",
        ),
    ),
    hints=(
        "A uint8 cannot hold 300. Convert the image to a wider type before you add: `image.astype(int)`.",
        "Then `np.minimum(..., 255)` (or `np.clip(..., 0, 255)`) stops the sum at white.",
        "`np.minimum(image.astype(int) + amount, 255).astype(np.uint8)`",
    ),
)


# 0.5 Ready for a network


def _network_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw grey byte images that are not square and whose brightest pixel is below 255."""
    return [
        (rng.integers(1, high, shape, dtype=np.uint8),)
        for high, shape in ((250, (4, 6)), (200, (7, 3)), (120, (5, 8)))
    ]


def _scaled(image: np.ndarray) -> np.ndarray:
    return image.astype(np.float32) / BYTE


NETWORK_INPUT = Exercise(
    id="0.5",
    title="Ready for a network",
    answer_name="to_batch",
    section="What a network wants",
    points=2,
    cases=_network_cases,
    compare=_close_in_dtype,
    reference=lambda image: _scaled(image)[np.newaxis, :, :, np.newaxis],
    mistakes=(
        Mistake(
            "stays in float64",
            lambda image: (image / BYTE)[np.newaxis, :, :, np.newaxis],
            "Shape and numbers are right, but the dtype is float64. Networks use float32, which needs half the "
            'memory: `.astype("float32")`.',
        ),
        _mistake_in_any_dtype(
            "does not scale",
            lambda image: image.astype(np.float32)[np.newaxis, :, :, np.newaxis],
            "The values still go up to 255. Divide by 255, so that black is 0 and white is 1.",
        ),
        _mistake_in_any_dtype(
            "divides by the brightest pixel",
            lambda image: (image.astype(np.float32) / image.max())[np.newaxis, :, :, np.newaxis],
            "This divides each image by its own brightest pixel, so that a dark photograph and a bright one look "
            "alike. Divide by 255, the largest value of a byte.",
        ),
        _mistake_in_any_dtype(
            "divides by 256",
            lambda image: (image.astype(np.float32) / 256)[np.newaxis, :, :, np.newaxis],
            "This divides by 256, so white is not quite 1. A byte has 256 values, but the largest of them is 255: "
            "divide by 255.",
        ),
        _mistake_in_any_dtype(
            "cuts the fractions off",
            lambda image: (image // BYTE).astype(np.float32)[np.newaxis, :, :, np.newaxis],
            "The fractions are cut off, by `//` or by a conversion to whole numbers, so every value below 255 becomes "
            "0. Divide with `/`, and stay with floats.",
        ),
        _mistake_in_any_dtype(
            "puts the channel first",
            lambda image: _scaled(image)[np.newaxis, np.newaxis],
            "This puts both new axes in front, (1, 1, H, W). The batch axis comes first and the channel axis last: "
            "(1, H, W, 1).",
        ),
        _mistake_in_any_dtype(
            "forgets the batch axis",
            lambda image: _scaled(image)[:, :, np.newaxis],
            "This is one image, (H, W, 1). A network expects a batch, even if it holds a single image: (1, H, W, 1).",
        ),
        _mistake_in_any_dtype(
            "forgets the channel axis",
            lambda image: _scaled(image)[np.newaxis],
            "The batch axis is there, but the channel axis is missing. A grey image has one channel: (1, H, W, 1).",
        ),
    ),
    hints=(
        'There are two steps. First the numbers: `image.astype("float32") / 255`.',
        "Then the axes: `np.newaxis` inside the brackets inserts a new axis of length 1 at that place.",
        "`scaled[np.newaxis, :, :, np.newaxis]`; `scaled.reshape(1, *scaled.shape, 1)` does the same.",
    ),
)

# 0.6 Two slips, one picture

TWO_SLIPS = FreeText("0.6", "Two slips, one picture", minutes=4, points=1, section="Channels")

EXERCISES = (BATCH_SHAPE, CROP, GREY, BRIGHTEN, NETWORK_INPUT, TWO_SLIPS)
