"""Pictures from anywhere: each kind of file comes out as the same eight-bit colours, or as one line of advice."""

import io
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests import ROOT
from workbook.data import picture_files
from workbook.data.picture_files import read_picture

FAILING = ROOT.parent / "shared/failing/pictures"
# 40 × 60, in four colours: a turned or mirrored copy differs
COLOURS = np.zeros((40, 60, 3), np.uint8)
COLOURS[:20, :30], COLOURS[:20, 30:], COLOURS[20:, :30] = (200, 30, 30), (30, 200, 30), (30, 30, 200)
PICTURE = Image.fromarray(COLOURS)


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _near(picture: np.ndarray, expected: np.ndarray, most: float = 12) -> bool:
    """Compare the middles of the four quarters, which no compression and no filter blurs."""
    assert picture.dtype == np.uint8
    assert picture.shape == expected.shape
    height, width = expected.shape[:2]
    rows, columns = [height // 4, 3 * height // 4], [width // 4, 3 * width // 4]
    difference = picture[np.ix_(rows, columns)].astype(int) - expected[np.ix_(rows, columns)]
    return bool(np.abs(difference).max() <= most)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "AVIF", "PPM", "JPEG2000"])
def test_each_format_is_read(kind) -> None:
    assert _near(read_picture(_saved(PICTURE, kind)), COLOURS)


def test_heic_is_read_or_its_way_out_is_told(monkeypatch) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    pillow_heif.register_heif_opener()
    assert _near(read_picture(_saved(PICTURE, "HEIF", quality=90)), COLOURS, 25)
    head = b"\0\0\0\x1cftypheic\0\0\0\0mif1heic"
    with pytest.raises(ValueError, match=r"^The file is a HEIC photograph, .*JPEG"):
        raise ValueError(picture_files._not_a_picture(head, "The file"))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photograph_is_turned_upright(orientation) -> None:
    turned = {1: 0, 2: 1, 3: 2, 4: 3, 5: 4, 6: 5, 7: 6, 8: 7}[orientation]
    # what the camera stores so that Exif's instruction leads back to the picture
    stored = [
        COLOURS,
        COLOURS[:, ::-1],
        COLOURS[::-1, ::-1],
        COLOURS[::-1],
        COLOURS.transpose(1, 0, 2),
        np.rot90(COLOURS, 1),
        np.rot90(COLOURS, 2).transpose(1, 0, 2),
        np.rot90(COLOURS, -1),
    ][turned]
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = _saved(Image.fromarray(np.ascontiguousarray(stored)), "JPEG", exif=exif, quality=95)
    assert _near(read_picture(file), COLOURS)


def test_colour_spaces_become_rgb() -> None:
    assert _near(read_picture(_saved(PICTURE.convert("CMYK"), "JPEG", quality=95)), COLOURS)
    assert _near(read_picture(_saved(PICTURE.quantize(8), "PNG")), COLOURS)
    assert _near(read_picture(PICTURE.convert("YCbCr")), COLOURS)
    from PIL import ImageCms

    profiles = [ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")]
    lab = ImageCms.profileToProfile(PICTURE, profiles[0], profiles[1], outputMode="LAB")
    assert lab is not None
    assert _near(
        read_picture(_saved(lab, "TIFF")), COLOURS, 15
    )  # eight bits of Lab are coarse in strong colours


GREY = COLOURS[..., 0].astype(float)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ((GREY * 257).astype(np.uint16), "PNG"),
        ((GREY * 257).astype(np.uint16), "TIFF"),
        ((GREY / 255).astype(np.float32), "TIFF"),
        (GREY.astype(np.float32), "TIFF"),
        ((GREY * 4095 / 255).astype(np.uint16), "PNG"),  # a 12-bit camera
        ((GREY * 257).astype(np.int32), "TIFF"),
    ],
)
def test_more_than_eight_bits_are_scaled_by_their_range(values, kind) -> None:
    expected = np.repeat(GREY.astype(np.uint8)[..., None], 3, axis=2)
    if values.dtype == np.uint16 and values.max() < 4096:
        expected = np.rint(values * (255 / 4095)).astype(np.uint8)[..., None].repeat(3, axis=2)
    picture = read_picture(_saved(Image.fromarray(values), kind))
    assert _near(picture, expected, 2)


def test_floats_of_any_range_and_without_one() -> None:
    values = np.linspace(-3, 5, 100, dtype=np.float32).reshape(10, 10)
    values[0, 0] = np.nan
    picture = read_picture(_saved(Image.fromarray(values), "TIFF"))
    assert picture[0, 0].tolist() == [0, 0, 0]
    assert picture[-1, -1].tolist() == [255, 255, 255]
    assert not read_picture(Image.fromarray(np.full((4, 4), np.nan, np.float32))).any()


@pytest.mark.parametrize("mode", ["LA", "RGBA", "P", "L"])
def test_transparency_is_seen_on_white(mode) -> None:
    ink = np.full((20, 20), 255, np.uint8)
    ink[5:15, 5:15] = 0
    alpha = 255 - ink
    if mode == "P":
        image = Image.fromarray((ink == 0).astype(np.uint8), "P")
        image.putpalette([0, 0, 0, 0, 0, 0])  # both black
        file = _saved(image, "PNG", transparency=0)
    elif mode == "L":
        file = _saved(Image.fromarray(np.where(ink == 0, 10, 0).astype(np.uint8)), "PNG", transparency=0)
    else:
        black = Image.new("L" if mode == "LA" else "RGB", (20, 20))
        black.putalpha(Image.fromarray(alpha))
        file = _saved(black, "PNG")
    picture = read_picture(file)
    assert picture[0, 0].tolist() == [255, 255, 255]
    assert picture[10, 10].max() <= 10


def test_an_animation_shows_its_first_frame() -> None:
    others = [Image.new("RGB", (60, 40), colour) for colour in ("white", "black")]
    for kind in ("GIF", "PNG", "WEBP"):
        assert _near(read_picture(_saved(PICTURE, kind, save_all=True, append_images=others)), COLOURS)


def test_a_large_picture_becomes_smaller_and_a_small_one_stays() -> None:
    large = PICTURE.resize((3000, 2000), Image.Resampling.NEAREST)
    for kind in ("JPEG", "PNG"):
        picture = read_picture(_saved(large, kind), longest=300)
        assert _near(picture, np.asarray(PICTURE.resize((300, 200), Image.Resampling.NEAREST)))
    assert read_picture(_saved(Image.new("RGB", (5000, 2), "red"), "PNG"), longest=100).shape == (1, 100, 3)
    assert read_picture(_saved(Image.new("RGB", (1, 1), "red"), "PNG")).tolist() == [[[255, 0, 0]]]


def test_paths_files_and_the_home_folder(tmp_path, monkeypatch) -> None:
    path = tmp_path / "photo.png"
    PICTURE.save(path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    with path.open("rb") as file:
        for source in (path, str(path), "~/photo.png", path.read_bytes(), bytearray(path.read_bytes()), file):
            assert _near(read_picture(source), COLOURS)
        assert not file.closed


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"%PDF-1.7", "is a PDF document, not a picture. Save it as PNG or JPEG"),
        (b"<svg xmlns=", "is an SVG drawing"),
        (b"\0\0\0\x1cftypisom\0\0\0\0", "is a video"),
        (b"PK\x03\x04abc", "is a zip file"),
        (b"hello", "is not a picture that can be read"),
        (_saved(PICTURE, "PNG")[:90], "damaged or cut off"),
        (_saved(PICTURE.resize((600, 400)), "JPEG")[:1500], "damaged or cut off"),
    ],
    ids=range(8),
)
def test_what_is_no_picture_gets_one_line(content, words) -> None:
    with pytest.raises(ValueError, match=words) as raised:
        read_picture(content)
    assert "\n" not in str(raised.value)


def test_a_missing_file_a_folder_and_a_number(tmp_path) -> None:
    with pytest.raises(ValueError, match=r"There is no file .*nothing\.png\. Check the name"):
        read_picture(tmp_path / "nothing.png")
    with pytest.raises(ValueError, match="cannot be opened"):
        read_picture(tmp_path)
    with pytest.raises(ValueError, match="Received: int"):
        read_picture(7)
    with pytest.raises(ValueError, match="longest"):
        read_picture(_saved(PICTURE, "PNG"), longest=0)


def _png_of_bits(width: int, height: int) -> bytes:
    """Return a black-and-white PNG of any size without making its pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    packer = zlib.compressobj(9)
    row = b"\0" + bytes((width + 7) // 8)
    packed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


MEMORY = """
import resource, sys
from workbook.data.picture_files import read_picture
import PIL.PngImagePlugin, PIL.JpegImagePlugin, numpy
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(read_picture(sys.argv[1]).shape)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in kilobytes on Linux alone")
@pytest.mark.parametrize("kind", ["png of 170 megapixels", "jpeg of 50 megapixels"])
def test_no_picture_takes_more_than_200_megabytes(tmp_path, kind) -> None:
    path = tmp_path / "large"
    if kind.startswith("png"):
        path.write_bytes(_png_of_bits(13040, 13040))
    else:
        Image.new("L", (8600, 5800), 200).save(path, "JPEG")
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", MEMORY, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    shape, megabytes = done.stdout.splitlines()
    assert shape in ("(1024, 1024, 3)", "(691, 1024, 3)")
    assert int(megabytes) <= 200


@pytest.mark.parametrize("size", [(20_000, 10_000), (60_000, 60_000)])
def test_what_cannot_be_decoded_in_200_megabytes_is_refused(size) -> None:
    with pytest.raises(ValueError, match=rf"too large to open here: {size[0]:,} × {size[1]:,} pixels"):
        read_picture(_png_of_bits(size[0], 1)[:16] + struct.pack(">II", *size) + _header_rest(size))


def _header_rest(size: tuple[int, int]) -> bytes:
    """Return the rest of a PNG's header with a right checksum: the size alone is read."""
    rest = struct.pack(">BBBBB", 8, 2, 0, 0, 0)
    checked = b"IHDR" + struct.pack(">II", *size) + rest
    return (
        rest + struct.pack(">I", zlib.crc32(checked)) + struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", 0)
    )


@pytest.mark.skipif(not FAILING.is_dir(), reason="needs ../shared/failing")
def test_the_pictures_that_failed(tmp_path: Path) -> None:
    for path in sorted(FAILING.iterdir()):
        if path.suffix != ".heic":
            assert read_picture(path).ndim == 3
    assert read_picture(FAILING / "grey16.png").max() == 250
    assert read_picture(FAILING / "transparent_black_ink.png")[0, 0].tolist() == [255, 255, 255]
