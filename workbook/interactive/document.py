"""A picture that a reader can move without a kernel: one HTML document with its scripts and data in it."""

import base64
import html
import io
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

ASSETS = Path(__file__).parent / "assets"
# A comment on lines of its own.
COMMENT = re.compile(r"^ *(?:/\*(?:(?!\*/).)*\*/|//[^\n]*)\n", re.MULTILINE | re.DOTALL)

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>{style}</style></head>
<body><main>{body}</main><div id="said" class="sr-only" aria-live="polite"></div>
<script type="application/json" id="data">{data}</script>
{scripts}
<script>draw.ready();</script></body></html>"""

# The frame lies on the static picture, and its script removes the picture. Where frames or scripts are stripped
# (GitHub, a notebook that is not trusted), the picture is what remains.
OUTPUT = """<div style="display:grid"><figure style="grid-area:1/1;margin:0">
<img src="data:image/png;base64,{picture}" alt="{alt}" style="max-width:100%">
<figcaption>A static picture. Run this cell to move it.</figcaption></figure>
<iframe srcdoc="{page}" title="{title}" style="grid-area:1/1;width:100%;height:{height}px;border:0"></iframe></div>"""


@dataclass(frozen=True)
class Document:
    """An interactive picture; a notebook shows it as the value of a cell.

    title: what the picture is, for screen readers too. body: HTML, filled by the scripts. scripts, styles: names of
    assets that are loaded after draw.js and base.css: ("pooling",) is pooling.js. data: what the scripts read as
    `draw.data`: numbers, texts, lists, dicts and NumPy arrays. picture: the static picture for places that strip
    scripts, a Matplotlib figure, which is closed, or the bytes of a PNG. alt: what that picture shows. height: in
    pixels, for places where the page cannot measure itself.
    """

    title: str
    body: str
    scripts: tuple[str, ...]
    data: Any
    picture: Figure | bytes
    alt: str
    height: int = 480
    styles: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.picture, Figure):
            object.__setattr__(self, "picture", _reduced_png(self.picture))

    def page(self) -> str:
        """Return the document: HTML with everything in it."""
        style = "\n".join(asset(f"{name}.css") for name in ("base", *self.styles))
        scripts = (f"<script>\n{asset(f'{name}.js')}</script>" for name in ("draw", *self.scripts))
        return PAGE.format(
            title=html.escape(self.title),
            style=style,
            body=self.body,
            data=_json(self.data),
            scripts="\n".join(scripts),
        )

    def _repr_html_(self) -> str:
        assert isinstance(self.picture, bytes)
        return OUTPUT.format(
            picture=base64.b64encode(self.picture).decode(),
            alt=html.escape(self.alt),
            page=html.escape(self.page()),
            title=html.escape(self.title),
            height=self.height,
        )

    def __repr__(self) -> str:
        return f"Interactive picture: {self.title}"


def encode(array: np.ndarray) -> dict[str, Any]:
    """Return an array of uint8, int32 or float32 as base64 for JSON, with its shape and type: shorter than a list."""
    if array.dtype.name not in ("uint8", "int32", "float32"):
        raise ValueError(f"array must be uint8, int32 or float32. Received: array.dtype={array.dtype}")
    content = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()
    return {
        "shape": list(array.shape),
        "dtype": array.dtype.name,
        "base64": base64.b64encode(content).decode(),
    }


def asset(name: str) -> str:
    """Return a script or a style of `assets/` without indentation and comments, which are a quarter of the file."""
    text = (ASSETS / name).read_text(encoding="utf-8")
    return re.sub(r"^ +", "", COMMENT.sub("", text), flags=re.MULTILINE)


def _json(data: Any) -> str:
    """Return JSON without "<", so that no text in it can end the script element that holds it."""
    text = json.dumps(data, default=_plain, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.replace("<", "\\u003c")


def _plain(value: Any) -> Any:
    """Return a NumPy array or number as lists and numbers."""
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    raise TypeError(
        f"data must be numbers, texts, lists, dicts and arrays. Received: a {type(value).__name__}"
    )


def _reduced_png(figure: Figure) -> bytes:
    """Return a figure as a PNG with at most 128 colours, which has a third of the bytes, and close the figure."""
    import matplotlib.pyplot as plt
    from PIL import Image

    full, reduced = io.BytesIO(), io.BytesIO()
    figure.savefig(full, format="png", dpi=80, facecolor="white")
    plt.close(figure)
    with Image.open(full) as picture:
        rgb = picture.convert("RGB")
    keeps_rare_colours = Image.Quantize.MAXCOVERAGE
    rgb.quantize(128, keeps_rare_colours, dither=Image.Dither.NONE).save(reduced, "PNG", optimize=True)
    return reduced.getvalue()
