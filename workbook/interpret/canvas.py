"""From a photograph to a model's input and back; a learner's own photograph, by path or by a button."""

import html
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbook import pretrained
from workbook.data import read_picture
from workbook.data.bundled import first_line
from workbook.picture_upload import picture_upload

Array = NDArray[Any]
Paint = Callable[[NDArray[np.uint8]], ArrayLike]


class Canvas:
    """The conversion between pictures and a classifier's input: `prepare`, and back `picture`; `bounds` of the input.

    `normalise` maps pixels 0-255 (..., 3) to the model's input, as `Pretrained.normalise` does. It may shift and scale
    the channels and change their order (VGG: blue, green, red, each minus its mean). The inverse is computed from its
    values for black, red, green and blue. ValueError if `normalise` has no inverse.
    """

    def __init__(self, normalise: Callable[[Array], Array]) -> None:
        self._normalise = normalise
        colours = np.concatenate([np.zeros((1, 3)), 255 * np.eye(3)]).reshape(4, 1, 1, 3)
        inputs = np.array(normalise(colours.astype(np.float32)), float).reshape(4, 3)
        self._black = inputs[0]
        axes = inputs[1:] - inputs[0]
        if np.linalg.matrix_rank(axes) < 3:
            raise ValueError(f"normalise must keep the three channels distinct. Received: {axes.tolist()}")
        self._inverse = np.linalg.inv(axes)
        white = self._black + axes.sum(axis=0)
        extremes = np.concatenate([self._black, white])
        self.bounds = float(extremes.min()), float(extremes.max())

    def prepare(self, image: ArrayLike, side: int) -> NDArray[np.float32]:
        """Return the middle of a picture, cropped by `centre_crop`, as the model's input: float32 (side, side, 3)."""
        square = pretrained.centre_crop(image, size=side).astype(np.float32)
        return np.asarray(self._normalise(square), np.float32)

    def picture(self, inputs: ArrayLike) -> NDArray[np.uint8]:
        """Return a model's input (..., 3) as a picture of bytes of the same shape; values out of range are clipped."""
        colours = (np.asarray(inputs, float) - self._black) @ self._inverse
        return np.round(255 * np.clip(colours, 0, 1)).astype(np.uint8)


def open_picture(source: str | Path | bytes) -> NDArray[np.uint8]:
    """Read a picture file, or its bytes, as uint8 (H, W, 3), upright, its longer side at most 2,048 pixels.

    Raises `ValueError`, in one line, if there is no such file or it is not a picture.
    """
    return read_picture(source, longest=2048)


def upload(paint: Paint) -> Any:
    """Return a button that asks for a picture file and shows the result of `paint` below it.

    `paint` takes a picture, uint8 (H, W, 3), and returns one. If it fails, a line says why.
    """
    import ipywidgets as widgets

    note, result = widgets.HTML(), widgets.Image(format="png", layout={"display": "none"})

    def show(content: bytes) -> None:
        note.value = "painting …"
        result.value, note.value = painted(content, paint)
        result.layout.display = "block" if result.value else "none"

    return widgets.VBox([picture_upload("your photograph", show), note, result])


def painted(content: bytes, paint: Paint) -> tuple[bytes, str]:
    """Return the result of `paint` for a picture file as a PNG, and a note: empty, or a line on what went wrong."""
    from PIL import Image

    try:
        picture = np.asarray(paint(open_picture(content)), np.uint8)
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "png")
    except (ValueError, TypeError, MemoryError) as error:
        return b"", f"<p>{html.escape(first_line(error))}</p>"
    return file.getvalue(), ""
