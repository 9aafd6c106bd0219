"""A pad to draw a digit on, and a button to upload one: a learner's network reads a learner's handwriting."""

import html
from collections.abc import Callable
from typing import Any

import numpy as np

from workbook.colours import GREY, VERMILION
from workbook.data import DataError
from workbook.data.handwriting import Handwriting
from workbook.data.picture_files import encode_png, read_picture
from workbook.data.pictures import read_digits
from workbook.interactive.document import asset
from workbook.picture_upload import picture_upload

SIDE = 28  # the pad sends its drawing in 28 x 28 cells, each 0 (blank) to 255 (ink)
Predict = Callable[[np.ndarray], Any]  # (1, 28, 28, 1) → (1, classes), as `model.predict` does

PAD_SCRIPT = (
    asset("pad.js")
    + """
function render({ model, el }) {
  const add = (tag, properties, style = "") => {
    const made = Object.assign(document.createElement(tag), properties);
    made.style.cssText = style;
    return made;
  };
  const side = model.get("side");
  const canvas = add("canvas", {}, "border:1px solid #767676;display:block;max-width:100%");
  const help = add("div", { id: `pad-help-${Math.random().toString(36).slice(2)}` }, "font-size:13px;max-width:420px");
  const state = add("span"), result = add("div");
  help.textContent = "Draw with the mouse or a finger. With the keyboard: arrow keys move the pen, "
    + "Space lowers and lifts it, Delete clears. ";
  state.setAttribute("role", "status");
  help.append(state);
  result.setAttribute("aria-live", "polite");
  canvas.setAttribute("aria-label", "Pad to draw a digit on");
  canvas.setAttribute("aria-describedby", help.id);
  const send = () => {
    model.set("pixels", Array.from(pad.reduced(board.ink(), side), (ink) => Math.round(255 * ink)));
    model.save_changes();
  };
  const said = (text) => { state.textContent = text; };
  const board = pad.attach(canvas, { onWhite: true, lifted: send, cleared: send, said });
  const clear = add("button", { type: "button", textContent: "clear", onclick: board.clear }, "margin:4px 0");
  const show = () => { result.innerHTML = model.get("answer"); };
  model.on("change:answer", show);
  show();
  el.append(canvas, help, clear, result);
}
export default { render };
"""
)


def bars(probabilities: np.ndarray) -> str:
    """Return class probabilities (classes,) as an HTML table of bars, the largest in colour."""
    best = int(np.argmax(probabilities))
    rows = []
    for digit, share in enumerate(probabilities):
        colour = VERMILION if digit == best else GREY
        bar = (
            f'<div style="background:{colour};height:10px;width:{max(1, round(150 * float(share)))}px"></div>'
        )
        rows.append(f'<tr><th scope="row">{digit}</th><td>{bar}</td><td>{100 * float(share):.1f} %</td></tr>')
    return f'<table style="line-height:normal">{"".join(rows)}</table>'


def seen(digit: np.ndarray) -> str:
    """Return a digit, uint8 (28, 28, 1), as an HTML picture with large pixels."""
    alt = f"your drawing as {SIDE} by {SIDE} pixels, white on black, its ink in the middle"
    return _figure(digit[..., 0], "what the network sees", alt, 4 * SIDE)


def _figure(values: np.ndarray, caption: str, alt: str, height: int) -> str:
    """Return grey values, uint8 (height, width), as an HTML figure of a height in pixels."""
    width = round(height * values.shape[1] / values.shape[0])
    style = f"width:{width}px;height:{height}px;image-rendering:pixelated;border:1px solid {GREY}"
    return (
        f'<figure style="margin:0"><img alt="{alt}" style="{style}" src="{encode_png(values)}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def steps(handwriting: Handwriting) -> str:
    """Return the steps from the photograph to what the network sees, as HTML pictures."""
    figures = []
    for name, values in handwriting.steps.items():
        shown = 1 - values if name == "ink" else values
        grey = np.rint(255 * shown[::2, ::2]).astype(np.uint8)
        figures.append(_figure(grey, name, f"the picture, step: {name}", 4 * SIDE))
    return "".join([*figures, seen(handwriting.digit)])


def _probabilities(digit: np.ndarray, predict: Predict) -> np.ndarray:
    """Return the class probabilities (classes,) of a digit, uint8 (28, 28, 1)."""
    return np.asarray(predict(digit[np.newaxis])).reshape(-1)


def answer(picture: Any, predict: Predict) -> str:
    """Return the answer for a picture as HTML: what the network sees and bars, or the reason why there are none.

    For a photograph it also has the steps to what the network sees, and why the reading may be wrong. Several digits
    are read from left to right.
    """
    try:
        handwriting = read_digits(picture)
        probabilities = [_probabilities(digit, predict) for digit in handwriting.digits]
    except (DataError, ValueError) as error:
        return f"<p>{html.escape(str(error))}</p>"
    notes = [f"{note[0].upper()}{note[1:]}." for note in handwriting.notes]
    if len(probabilities) > 1:
        notes.append(
            f"From left to right: {' '.join(str(int(shares.argmax())) for shares in probabilities)}."
        )
    is_drawing = max(handwriting.steps["grey"].shape) <= SIDE
    pictures = seen(handwriting.digit) if is_drawing else steps(handwriting)
    parts = f"{pictures}{bars(probabilities[handwriting.largest])}"
    lines = f"<p>{html.escape(' '.join(notes))}</p>" if notes else ""
    return f'{lines}<div style="display:flex;flex-wrap:wrap;gap:16px;align-items:start">{parts}</div>'


def pad(predict: Predict) -> Any:
    """Return a pad to draw on with mouse, finger or keys; each time the pen is lifted, the prediction appears."""
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
    """Return a button that takes a picture file, a photograph too, and shows the network's prediction for it."""
    import ipywidgets as widgets

    result = widgets.HTML()

    def read_file(content: bytes) -> None:
        result.value = answer_file(content, predict)

    return widgets.VBox([picture_upload("your digit", read_file), result])


def answer_file(content: bytes, predict: Predict) -> str:
    """Return the answer for a picture file as HTML, or one line for a file that is not a picture."""
    try:
        picture = read_picture(content)
        if not np.ptp(picture):  # white ink on a transparent ground
            picture = read_picture(content, ground="black")
    except ValueError as error:
        return f"<p>{html.escape(str(error))}</p>"
    return answer(picture, predict)
