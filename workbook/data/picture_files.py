"""Read a learner's own picture, from a phone, a scanner or a drawing program; encode a picture for a page.

Every part of the course that takes pictures reads them here. The size is read before the pixels, large JPEGs are
decoded at a reduced size, and a picture that would need more than `MOST_BYTES` of memory is refused.
"""

import base64
import contextlib
import io
import math
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbook.arithmetic import integer
from workbook.data.own_files import opened

MOST_BYTES = 180_000_000  # of the decoded pixels, all copies that a decoder makes included
STRIP_BYTES = 8_000_000  # converted at a time
WAY_OUT = "Save it as PNG or JPEG and use that file."
ORIENTATION = 0x0112  # Exif's tag
# Bytes per pixel in Pillow's memory, by mode; all others have 4.
BYTES = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16L": 2, "I;16B": 2, "I;16N": 2}
COPIES = {"WEBP": 2, "AVIF": 2, "HEIF": 2, "GIF": 2, "TIFF": 2, "JPEG2000": 2}
# The first bytes of files that learners take for pictures, and what they are.
NOT_PICTURES = (
    (b"%PDF", "a PDF document"),
    (b"<svg", "an SVG drawing"),
    (b"<?xml", "an SVG drawing"),
    (b"<!DOCTYPE", "a web page"),
    (b"<html", "a web page"),
    (b"PK\x03\x04", "a zip file or an Office document"),
    (b"\x1aE\xdf\xa3", "a video"),
    (b"RIFF", "a sound or a video"),
    (b"{", "a text file"),
)
HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


def read_picture(source: Any, *, longest: int = 1024, ground: str = "white") -> NDArray[np.uint8]:
    """Return a picture file as colours, uint8 (height, width, 3), its longer side at most `longest` pixels.

    `source` is a path (`~` is the home folder), the bytes of a file, an open file, or a Pillow image. The picture is
    rotated upright by its Exif data. Transparent parts become `ground`, the name of a colour. An animation is its first
    frame. CMYK, Lab, palettes, 16 bits and floats become 8-bit RGB. A smaller picture keeps its size.

    Raises `ValueError`, which says what to do, for anything that is not a picture, is incomplete, or is too large.
    """
    integer("longest", longest, 1)
    from PIL import Image

    if isinstance(source, Image.Image):
        return _decoded(source, longest, "The image", ground)
    with opened(source, what="A picture") as (name, file), _open(file, name) as image:
        return _decoded(image, longest, name, ground)


def _decoded(image: Any, longest: int, name: str, ground: str) -> NDArray[np.uint8]:
    """Return an opened picture's pixels. Raises `ValueError` for one that is cut off."""
    try:
        return _small(image, longest, name, ground)
    except (OSError, SyntaxError, EOFError, MemoryError) as error:
        raise ValueError(
            f"{name} is damaged or cut off ({error}). Copy or save the picture again."
        ) from error


@contextlib.contextmanager
def _open(file: Any, name: str) -> Iterator[Any]:
    """Yield the opened picture: its size is read, its pixels are not. ValueError if it is not a picture."""
    from PIL import Image, UnidentifiedImageError

    with contextlib.suppress(ImportError):
        import pillow_heif

        pillow_heif.register_heif_opener()
    most, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None  # `_check_size` has its own limit, in bytes
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(file)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        file.seek(0)
        raise ValueError(_not_a_picture(file.read(64), name)) from error
    finally:
        Image.MAX_IMAGE_PIXELS = most
    with image:
        yield image


def _not_a_picture(head: bytes, name: str) -> str:
    """Return a message about a file that Pillow cannot open: what it is, by its first bytes, and what to do."""
    if not head:
        return f"{name} is empty. Copy or save the picture again."
    if head[4:8] == b"ftyp" and head[8:12] in HEIF_BRANDS:
        return (
            f"{name} is a HEIC photograph, which needs one more package: pip install pillow-heif. Or export it as "
            "JPEG; an iPhone takes JPEGs with Settings > Camera > Formats > Most Compatible."
        )
    if head[4:8] == b"ftyp":
        return f"{name} is a video, not a picture. Take a screenshot of one frame."
    for start, kind in NOT_PICTURES:
        if head.lstrip().startswith(start):
            return f"{name} is {kind}, not a picture. {WAY_OUT}"
    return f"{name} is not a picture that can be read. {WAY_OUT}"


def _small(image: Any, longest: int, name: str, ground: str) -> NDArray[np.uint8]:
    """Return an opened picture as RGB of at most `longest` pixels a side."""
    from PIL import Image

    _check_size(image, longest, name)
    image.load()
    turn = _turns().get(image.getexif().get(ORIENTATION))  # known after `load`: a PNG has it at its end
    factor = max(1, max(image.size) // longest)  # strip by strip; a filter does the rest
    rows = max(factor, STRIP_BYTES // (4 * image.width) // factor * factor)
    low, high = _range(image)
    strips = []
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(top + rows, image.height)))
        if "transparency" in image.info:
            strip.info["transparency"] = image.info["transparency"]
        strips.append(np.asarray(_rgb(strip, low, high, ground).reduce(factor)))
    small = Image.fromarray(np.concatenate(strips))
    scale = longest / max(small.size)
    if scale < 1:
        size = [max(1, round(side * scale)) for side in small.size]
        small = small.resize((size[0], size[1]), Image.Resampling.LANCZOS)
    return np.array(small if turn is None else small.transpose(turn))


def _turns() -> dict[int, Any]:
    """Return the rotations and reflections that turn pictures upright, by Exif's number of the orientation."""
    from PIL.Image import Transpose

    return {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }


def _check_size(image: Any, longest: int, name: str) -> None:
    """Make a JPEG's decoder reduce the picture. Raise `ValueError` if its pixels will need too much memory."""
    width, height = image.size
    needed = width * height * BYTES.get(image.mode, 4) * COPIES.get(image.format, 1)
    if image.format == "JPEG":
        is_progressive = image.info.get("progressive") or image.info.get("progression")
        coefficients = 6 * width * height if is_progressive else 0  # the decoder keeps them all
        image.draft(None, (longest, longest))
        needed = coefficients + image.width * image.height * 4
    if needed > MOST_BYTES:
        raise ValueError(
            f"{name} is too large to open here: {width:,} × {height:,} pixels. Make it smaller, or save it as an "
            f"ordinary JPEG; {longest:,} pixels a side are enough."
        )


def _range(image: Any) -> tuple[float, float]:
    """Return the values that become 0 and 255, for pixels of more than 8 bits."""
    if image.mode.startswith("I"):
        low, high = image.getextrema()
        if low >= 0:
            return 0.0, float(next((most for most in (255, 1023, 4095, 16383, 65535) if high <= most), high))
        return float(low), float(high)
    if image.mode == "F":
        values = np.asarray(image)
        finite = values[np.isfinite(values)]
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
        if low >= 0 and high <= 1:
            return 0.0, 1.0
        return (0.0, 255.0) if low >= 0 and 1 < high <= 255 else (low, high)
    return 0.0, 255.0


def _rgb(image: Any, low: float, high: float, ground: str) -> Any:
    """Return an image of any mode as 8-bit RGB on `ground`; for over 8 bits, `low` and `high` become 0 and 255."""
    from PIL import Image

    if image.mode == "F" or image.mode.startswith("I"):
        values = np.nan_to_num(np.asarray(image, np.float32), nan=low, posinf=high, neginf=low)
        scaled = np.clip((values - low) * (255 / max(high - low, math.ulp(1.0))), 0, 255)
        return Image.fromarray(np.rint(scaled).astype(np.uint8)).convert("RGB")
    if image.mode == "LAB":
        from PIL import ImageCms

        profiles = [ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")]
        return ImageCms.profileToProfile(image, profiles[0], profiles[1], outputMode="RGB")
    if image.mode in ("LA", "PA", "RGBA", "RGBa", "La") or "transparency" in image.info:
        transparent = image.convert("RGBA")
        background = Image.new("RGBA", transparent.size, ground)
        return Image.alpha_composite(background, transparent).convert("RGB")
    return image.convert("RGB")


def encode_png(image: NDArray[np.uint8]) -> str:
    """Return a grey image (H, W) of uint8 as a data address, which `<img src>` takes."""
    from PIL import Image

    if image.ndim != 2 or image.dtype != np.uint8:
        raise ValueError(
            f"image must be uint8 of shape (H, W). Received: image of {image.dtype}, shape {image.shape}"
        )
    file = io.BytesIO()
    Image.fromarray(image).save(file, format="PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
