"""The exercises of chapter 00: images are arrays."""

from collections.abc import Callable
from typing import Any

import numpy as np

from workbook.exercises import Exercise, FreeText, Inputs, Mistake, close, value_exercise

BYTE = 255
LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601


def close_in_dtype(observed: Any, expected: np.ndarray, inputs: Inputs) -> str | None:
    """Compare arrays in shape, numbers and dtype: for exercises where the dtype is the point."""
    difference = close()(observed, expected, inputs)
    dtype = np.asarray(observed).dtype
    if difference or dtype == expected.dtype:
        return difference
    return f"gave the right numbers as {dtype}, expected {expected.dtype}"


def _same_numbers(answer: Callable[..., Any]) -> Callable[[Any, Any, Inputs], bool]:
    """Recognise a mistake by its numbers, whatever their dtype."""
    return lambda observed, expected, inputs: close()(observed, np.asarray(answer(*inputs)), inputs) is None


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
            "Width and height are exchanged. Photographers say width × height; an array counts rows first, "
            "and the number of rows is the height.",
        ),
        Mistake(
            "puts the channels first",
            (16, 3, 320, 480),
            "The channels stand in front of height and width. Other frameworks do that; Keras keeps "
            "channels last.",
        ),
        Mistake(
            "forgets the batch",
            (320, 480, 3),
            "This is one photograph. A batch of them has one axis more, in front: which image.",
        ),
        Mistake(
            "puts the batch last",
            (320, 480, 3, 16),
            "The four numbers are right, but the number of images comes first: `batch[0]` is the first "
            "image.",
        ),
        Mistake(
            "forgets the channels",
            (16, 320, 480),
            "There is one number for each pixel here. Colour needs three: red, green and blue, as a last "
            "axis.",
        ),
        Mistake(
            "takes colour for grey",
            (16, 320, 480, 1),
            "One channel is a grey image. Colour photographs have three.",
        ),
    ),
    hints=(
        "Four numbers: how many images, how many rows, how many columns, how many channels. In which order?",
        "The order is (N, H, W, C): images, height, width, channels. What are the four here?",
    ),
)


def _crop_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw grey and colour images with windows of unequal sides, some at the border."""
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
    reference=lambda image, top, left, height, width: image[top : top + height, left : left + width],
    mistakes=(
        Mistake(
            "swaps rows and columns",
            lambda image, top, left, height, width: image[left : left + width, top : top + height],
            "The columns stand where the rows belong. The first index goes down, the second to the right: "
            "`image[rows, columns]`.",
        ),
        Mistake(
            "takes sizes for ends",
            lambda image, top, left, height, width: image[top:height, left:width],
            "A slice is `start : end`, not `start : length`. The patch ends at `top + height`.",
        ),
        Mistake(
            "takes one pixel too many",
            lambda image, top, left, height, width: image[top : top + height + 1, left : left + width + 1],
            "One row and one column too many. Python's slices leave the end out, so nothing needs to be "
            "added.",
        ),
        Mistake(
            "stops one pixel early",
            lambda image, top, left, height, width: image[top : top + height - 1, left : left + width - 1],
            "One row and one column are missing. The slice leaves its end out by itself: do not subtract 1.",
        ),
        Mistake(
            "cuts the rows only",
            lambda image, top, left, height, width: image[top : top + height],
            "The rows are right, and all columns are still there. Give a second slice after a comma.",
        ),
        Mistake(
            "always cuts the corner",
            lambda image, top, left, height, width: image[:height, :width],
            "The size is right and the place is not: this is the top left corner. Start at `top` and `left`.",
        ),
    ),
    hints=(
        "`image[a:b, c:d]` takes the rows a to b − 1 and the columns c to d − 1, with all channels.",
        "The first row is `top`. Which is the first row that does *not* belong to the patch any more?",
        "`image[top : top + height, left : left + width]`",
    ),
)


def _colour_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw colour images as bytes and as fractions, none of them square."""
    whole: list[Inputs] = [(rng.integers(0, 256, shape, dtype=np.uint8),) for shape in ((4, 6, 3), (5, 2, 3))]
    return [
        *whole,
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
            "All three channels count alike here. To the eye green is brighter than red and much brighter "
            "than blue: use the weights 0.299, 0.587 and 0.114.",
        ),
        Mistake(
            "weighs them in the wrong order",
            lambda image: image @ LUMA[::-1],
            "Red and blue are exchanged. The channels are red, green, blue in this order. (Some libraries, "
            "OpenCV among them, store blue first.)",
        ),
        Mistake(
            "adds without weights",
            lambda image: image.sum(axis=-1),
            "The channels are added as they are, so white becomes 765. Multiply each by its weight first.",
        ),
        Mistake(
            "keeps the green channel",
            lambda image: image[..., 1],
            "This is the green channel alone. It is close to grey, but a red ball and a black one look the "
            "same.",
        ),
        Mistake(
            "keeps the channel axis",
            lambda image: (image @ LUMA)[..., None],
            "The numbers are right; the result still has a channel axis, (H, W, 1). Asked for was (H, W).",
        ),
        Mistake(
            "multiplies without adding",
            lambda image: image * LUMA,
            "Each channel is weighted, but there are still three of them. Add them up: `.sum(axis=-1)`.",
        ),
        Mistake(
            "cuts the fractions off",
            lambda image: (image @ LUMA).astype(np.uint8),
            "The result was turned into whole numbers, which cuts the fractions off. Leave it as floats.",
        ),
    ),
    hints=(
        "`image[..., 0]` is the red channel, `image[..., 1]` the green one, `image[..., 2]` the blue one.",
        "`0.299 * red + 0.587 * green + 0.114 * blue`. Or shorter: `image @ [0.299, 0.587, 0.114]`.",
    ),
)


def _bright_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw byte images that brightening takes over 255 in places, and one that it leaves alone."""
    drawn: list[Inputs] = [
        (rng.integers(0, 256, shape, dtype=np.uint8), int(rng.integers(60, 200)))
        for shape in ((4, 5), (3, 6, 3), (5, 2), (2, 7, 3))
    ]
    return [
        *drawn,
        (np.array([[0, 154, 155, 156, 255]], np.uint8), 100),
        (np.array([[0, 9, 255]], np.uint8), 0),
    ]


def _wider(image: np.ndarray, amount: int) -> np.ndarray:
    return image.astype(int) + amount


BRIGHTEN = Exercise(
    id="0.4",
    title="Brighter, without wrapping around",
    answer_name="brighten",
    section="Two hundred plus one hundred",
    points=2,
    cases=_bright_cases,
    compare=close_in_dtype,
    reference=lambda image, amount: np.minimum(_wider(image, amount), BYTE).astype(np.uint8),
    mistakes=(
        Mistake(
            "wraps around",
            lambda image, amount: _wider(image, amount).astype(np.uint8),
            "The brightest pixels became dark: the sum was made in uint8, or put into it, without stopping "
            "at 255. Clipping after a sum of bytes is too late. Widen first, add, clip, and only then go "
            "back to uint8.",
            _same_numbers(lambda image, amount: _wider(image, amount).astype(np.uint8)),
        ),
        Mistake(
            "goes beyond 255",
            _wider,
            "Nothing wraps around any more, but there are values above 255, which no byte can hold. Clip "
            "them to 255, then go back to uint8.",
            _same_numbers(_wider),
        ),
        Mistake(
            "does not go back to bytes",
            lambda image, amount: np.minimum(_wider(image, amount), BYTE),
            "The numbers are right. The image was uint8 and should be so again: end with "
            "`.astype(np.uint8)`.",
            _same_numbers(lambda image, amount: np.minimum(_wider(image, amount), BYTE)),
        ),
        Mistake(
            "squeezes the whole image",
            lambda image, amount: (_wider(image, amount) * BYTE / _wider(image, amount).max()).astype(
                np.uint8
            ),
            "Every pixel was scaled so that the brightest becomes 255. Only the values above 255 should "
            "change.",
            _same_numbers(
                lambda image, amount: (_wider(image, amount) * BYTE / _wider(image, amount).max()).astype(
                    np.uint8
                )
            ),
        ),
        Mistake(
            "clips from the wrong side",
            lambda image, amount: np.maximum(_wider(image, amount), BYTE).astype(np.uint8),
            "`np.maximum(x, 255)` takes the larger of the two, so nothing is below 255. You want the "
            "smaller.",
        ),
    ),
    hints=(
        "A uint8 has no room for 300. Give the image more room before you add: `image.astype(int)`.",
        "Then `np.minimum(..., 255)` (or `np.clip(..., 0, 255)`) stops the sum at white.",
        "`np.minimum(image.astype(int) + amount, 255).astype(np.uint8)`",
    ),
)


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
    compare=close_in_dtype,
    reference=lambda image: _scaled(image)[np.newaxis, :, :, np.newaxis],
    mistakes=(
        Mistake(
            "stays in float64",
            lambda image: (image / BYTE)[np.newaxis, :, :, np.newaxis],
            "Shape and numbers are right. NumPy divides into float64; networks use float32, half the memory: "
            '`.astype("float32")`.',
        ),
        Mistake(
            "does not scale",
            lambda image: image.astype(np.float32)[np.newaxis, :, :, np.newaxis],
            "The values still go up to 255. Divide by 255, so that black is 0 and white is 1.",
            _same_numbers(lambda image: image[np.newaxis, :, :, np.newaxis]),
        ),
        Mistake(
            "divides by the brightest pixel",
            lambda image: (image.astype(np.float32) / image.max())[np.newaxis, :, :, np.newaxis],
            "Each image was divided by its own brightest pixel, so a dark photograph and a bright one "
            "become alike. Divide by 255, the largest value that a byte can have.",
            _same_numbers(
                lambda image: (image.astype(np.float32) / image.max())[np.newaxis, :, :, np.newaxis]
            ),
        ),
        Mistake(
            "divides by 256",
            lambda image: (image.astype(np.float32) / 256)[np.newaxis, :, :, np.newaxis],
            "A byte has 256 values, but the largest of them is 255: divided by 256 white is not quite 1.",
            _same_numbers(lambda image: (image.astype(np.float32) / 256)[np.newaxis, :, :, np.newaxis]),
        ),
        Mistake(
            "divides whole numbers",
            lambda image: (image // BYTE).astype(np.float32)[np.newaxis, :, :, np.newaxis],
            "`//` throws the fraction away, so all but white becomes 0. Divide with `/`.",
            _same_numbers(lambda image: (image // BYTE)[np.newaxis, :, :, np.newaxis]),
        ),
        Mistake(
            "puts the channel first",
            lambda image: _scaled(image)[np.newaxis, np.newaxis],
            "Both new axes stand in front, (1, 1, H, W). The batch axis comes first, the channel axis last.",
            _same_numbers(lambda image: _scaled(image)[np.newaxis, np.newaxis]),
        ),
        Mistake(
            "forgets the batch axis",
            lambda image: _scaled(image)[:, :, np.newaxis],
            "This is one image, (H, W, 1). A network expects a batch, even if it holds a single image: (1, "
            "H, W, 1).",
            _same_numbers(lambda image: _scaled(image)[:, :, np.newaxis]),
        ),
        Mistake(
            "forgets the channel axis",
            lambda image: _scaled(image)[np.newaxis],
            "The batch axis is there, the channel axis is not: a grey image has one channel, (1, H, W, 1).",
            _same_numbers(lambda image: _scaled(image)[np.newaxis]),
        ),
    ),
    hints=(
        'Two steps. First the numbers: `image.astype("float32") / 255`.',
        "Then the axes: `np.newaxis` inside the brackets makes a new axis of length 1 at that place.",
        "`scaled[np.newaxis, :, :, np.newaxis]`; `scaled.reshape(1, *scaled.shape, 1)` does the same.",
    ),
)

TWO_SLIPS = FreeText("0.6", "Two slips, one picture", minutes=4, points=1, section="Channels")

EXERCISES = (BATCH_SHAPE, CROP, GREY, BRIGHTEN, NETWORK_INPUT, TWO_SLIPS)
