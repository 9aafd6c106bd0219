"""From a photograph to a model's input and back; and a learner's own photograph, by path or by a button."""

import html
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbook import pretrained
from workbook.data.bundled import first_line

Array = NDArray[Any]
Paint = Callable[[NDArray[np.uint8]], ArrayLike]


class Canvas:
    """Pictures as one classifier takes them: `prepare` there, `picture` back, `bounds` of its pixels.

    `normalise` maps pixels 0-255 (..., 3) to the model's input, as `Pretrained.normalise` does. It may shift and scale
    the channels and change their order (VGG: blue, green, red, each less its mean); the way back is computed from what
    it makes of black, red, green and blue. ValueError if one of these colours gets lost.
    """

    def __init__(self, normalise: Callable[[Array], Array]) -> None:
        self._normalise = normalise
        colours = np.concatenate([np.zeros((1, 3)), 255 * np.eye(3)]).reshape(4, 1, 1, 3)
        given = np.array(normalise(colours.astype(np.float32)), float).reshape(4, 3)
        self._black, axes = given[0], given[1:] - given[0]
        if np.linalg.matrix_rank(axes) < 3:
            raise ValueError(f"normalise must keep three channels apart. Received: {axes.tolist()}")
        self._back = np.linalg.inv(axes)
        white = given[0] + axes.sum(axis=0)
        self.bounds = float(min(given[0].min(), white.min())), float(max(given[0].max(), white.max()))

    def prepare(self, image: ArrayLike, side: int) -> NDArray[np.float32]:
        """Return the middle of a picture as the model takes it: float32 (side, side, 3); as `centre_crop`."""
        square = pretrained.centre_crop(image, size=side).astype(np.float32)
        return np.asarray(self._normalise(square), np.float32)

    def picture(self, inputs: ArrayLike) -> NDArray[np.uint8]:
        """Return a model's input (..., 3) as a picture of bytes of the same shape; what is out of range is clipped."""
        colours = (np.asarray(inputs, float) - self._black) @ self._back
        return np.round(255 * np.clip(colours, 0, 1)).astype(np.uint8)


def open_picture(source: str | Path | bytes) -> NDArray[np.uint8]:
    """Read a picture file, or its bytes, as uint8 (H, W, 3), turned as the camera was held.

    ValueError in one line if there is no such file, or it is not a picture.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    what = f"{len(source)} bytes" if isinstance(source, bytes) else str(source)
    try:
        with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as file:
            return np.array(ImageOps.exif_transpose(file).convert("RGB"))
    except FileNotFoundError:
        raise ValueError(f"There is no such file. Received: {what}") from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise ValueError(f"Not a picture that can be read; take a PNG or a JPEG. Received: {what}") from None


def upload(paint: Paint, *, description: str = "your photograph") -> Any:
    """Make a button that takes a picture file and shows below it what `paint` makes of it.

    `paint` takes the picture, uint8 (H, W, 3), and gives one of the same kind. What fails is said in one line.
    """
    import ipywidgets as widgets

    button = widgets.FileUpload(accept="image/*", description=description)
    note, result = widgets.HTML(), widgets.Image(format="png", layout={"display": "none"})

    def show(change: Any) -> None:
        files = (
            change["new"].values() if isinstance(change["new"], dict) else change["new"]
        )  # ipywidgets 7, 8
        for file in files:
            note.value = "painting …"
            result.value, note.value = painted(bytes(file["content"]), paint)
            result.layout.display = "block" if result.value else "none"

    button.observe(show, names="value")
    return widgets.VBox([button, note, result])


def painted(content: bytes, paint: Paint) -> tuple[bytes, str]:
    """Return what `paint` makes of a picture file as a PNG, and a note: nothing, or what went wrong, in one line."""
    from PIL import Image

    try:
        picture = np.asarray(paint(open_picture(content)), np.uint8)
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "png")
    except (ValueError, TypeError, MemoryError) as error:
        return b"", f"<p>{html.escape(first_line(error))}</p>"
    return file.getvalue(), ""
