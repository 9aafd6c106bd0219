"""A pad to draw a digit on, and a button to upload one: a learner's network reads a learner's handwriting."""

import html
import io
from collections.abc import Callable
from typing import Any

import numpy as np

from workbook.colours import GREY, VERMILION
from workbook.data import DataError
from workbook.data.pictures import to_digit

SIDE = 28  # the pad sends its drawing in 28 x 28 cells, each 0 (blank) to 255 (ink)
Predict = Callable[[np.ndarray], Any]

PAD_SCRIPT = """
function render({ model, el }) {
  const side = model.get("side"), size = 224;
  const canvas = document.createElement("canvas"), clear = document.createElement("button");
  const result = document.createElement("div");
  canvas.width = canvas.height = size;
  canvas.style.cssText = "border:1px solid #888;background:#fff;touch-action:none;cursor:crosshair";
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", "Draw a digit here with the mouse or a finger");
  clear.textContent = "clear";
  clear.style.cssText = "display:block;margin:4px 0";
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const wipe = () => { pen.fillStyle = "#fff"; pen.fillRect(0, 0, size, size); };
  const send = () => {
    const small = document.createElement("canvas");
    small.width = small.height = side;
    const shrink = small.getContext("2d");
    shrink.drawImage(canvas, 0, 0, side, side);
    const rgba = shrink.getImageData(0, 0, side, side).data;
    model.set("pixels", Array.from({ length: side * side }, (_, i) => 255 - rgba[4 * i]));
    model.save_changes();
  };
  let drawing = false;
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) * size / box.width, (event.clientY - box.top) * size / box.height];
  };
  canvas.onpointerdown = (event) => {
    drawing = true; canvas.setPointerCapture(event.pointerId);
    pen.lineWidth = 16; pen.lineCap = pen.lineJoin = "round"; pen.strokeStyle = "#000";
    pen.beginPath(); pen.moveTo(...place(event)); pen.lineTo(...place(event)); pen.stroke();
  };
  canvas.onpointermove = (event) => { if (drawing) { pen.lineTo(...place(event)); pen.stroke(); } };
  canvas.onpointerup = canvas.onpointercancel = () => { if (drawing) { drawing = false; send(); } };
  clear.onclick = () => { wipe(); send(); };
  const show = () => { result.innerHTML = model.get("answer"); };
  model.on("change:answer", show);
  wipe(); show();
  el.append(canvas, clear, result);
}
export default { render };
"""


def bars(probabilities: np.ndarray) -> str:
    """Return class probabilities (classes,) as an HTML table of bars, the largest in colour."""
    best = int(np.argmax(probabilities))
    rows = []
    for digit, share in enumerate(probabilities):
        colour = VERMILION if digit == best else GREY
        bar = (
            f'<div style="background:{colour};height:10px;width:{max(1, round(150 * float(share)))}px"></div>'
        )
        rows.append(f"<tr><td>{digit}</td><td>{bar}</td><td>{100 * float(share):.1f} %</td></tr>")
    return f"<table>{''.join(rows)}</table>"


def read(picture: Any, predict: Predict) -> tuple[np.ndarray, np.ndarray]:
    """Return a picture as an MNIST-like digit, uint8 (28, 28, 1), and its class probabilities (classes,).

    `predict` takes a batch (1, 28, 28, 1) and returns (1, classes), as `model.predict` does.
    """
    digit = to_digit(picture)
    return digit, np.asarray(predict(digit[np.newaxis])).reshape(-1)


def answer(picture: Any, predict: Predict) -> str:
    """Return the answer for a picture as HTML: bars, or one line that says why there are none."""
    try:
        return bars(read(picture, predict)[1])
    except (DataError, ValueError) as error:
        return f"<p>{html.escape(str(error))}</p>"


def pad(predict: Predict) -> Any:
    """Return a pad to draw on; each time the pen is lifted, the prediction appears below it."""
    import anywidget
    import traitlets

    class Pad(anywidget.AnyWidget):
        """A canvas that sends its pixels as a list of SIDE * SIDE numbers, row by row."""

        _esm = PAD_SCRIPT
        side = traitlets.Int(SIDE).tag(sync=True)
        pixels = traitlets.List(traitlets.Int()).tag(sync=True)
        answer = traitlets.Unicode("<p>Draw a digit, large and in the middle.</p>").tag(sync=True)

        def __repr__(self) -> str:
            return "Pad()"

    def redraw(change: Any) -> None:
        ink = np.array(change["new"], dtype=np.uint8).reshape(SIDE, SIDE)
        widget.answer = answer(ink, predict) if ink.any() else "<p>Draw a digit, large and in the middle.</p>"

    widget = Pad()
    widget.observe(redraw, names="pixels")
    return widget


def upload(predict: Predict) -> Any:
    """Return a button that takes a picture file (PNG, JPEG) and shows the network's prediction for it."""
    import ipywidgets as widgets

    button = widgets.FileUpload(accept="image/*", description="your digit")
    result = widgets.HTML()

    def read_file(change: Any) -> None:
        uploaded = change["new"]
        for file in uploaded.values() if isinstance(uploaded, dict) else uploaded:  # ipywidgets 7, 8
            result.value = answer_file(bytes(file["content"]), predict)

    button.observe(read_file, names="value")
    return widgets.VBox([button, result])


def answer_file(content: bytes, predict: Predict) -> str:
    """Return the answer for a picture file as HTML: bars, or one line for a file that is not a picture."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content)) as file:
            picture = np.asarray(ImageOps.exif_transpose(file).convert("RGBA"))
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return "<p>This file is not a picture that can be read. Upload a PNG or a JPEG.</p>"
    return answer(picture, predict)
