"""A button that takes a picture file, shrinks it in the browser, and hands its bytes to Python.

A photograph of 50 megapixels would break the notebook's connection to its kernel, which carries about 10 MB in one
message, and would need hundreds of megabytes here. The browser sends at most 2,048 pixels a side and 2 MB. The file
itself is sent if it is that small, or if the browser cannot decode it (HEIC, TIFF) and it is not too large for the
connection. Nothing of it is stored in the notebook: it comes as a message, not as the widget's state.
"""

from collections.abc import Callable
from typing import Any

LONGEST = 2048  # pixels of the longest side
MOST_BYTES = 2_000_000  # of what is sent
MOST_RAW_BYTES = 8_000_000  # of a file that the browser cannot decode

SCRIPT = """
const reread = (canvas, type, quality) => new Promise((done) => canvas.toBlob(done, type, quality));

/* Return a canvas with the picture at most `longest` pixels wide and high; on white, if it has no transparency left. */
function drawn(bitmap, longest, onWhite) {
  const scale = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const pen = canvas.getContext("2d");
  pen.imageSmoothingQuality = "high";
  if (onWhite) { pen.fillStyle = "#fff"; pen.fillRect(0, 0, canvas.width, canvas.height); }
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/* Return a Blob of the picture that is small enough to send, or null if the browser cannot decode the file. */
async function shrunk(file, longest, most) {
  let bitmap;
  try { bitmap = await createImageBitmap(file); } catch { return null; }
  try {
    if (file.size <= most && Math.max(bitmap.width, bitmap.height) <= longest) return file;
    if (file.type === "image/png" || file.type === "image/webp") {  // they may be transparent
      const blob = await reread(drawn(bitmap, longest, false), "image/png");
      if (blob && blob.size <= most) return blob;
    }
    for (let side = longest; side >= 256; side /= 2) {
      for (const quality of [0.92, 0.8, 0.6]) {
        const blob = await reread(drawn(bitmap, side, true), "image/jpeg", quality);
        if (blob && blob.size <= most) return blob;
      }
    }
    return null;
  } finally { bitmap.close(); }
}

function render({ model, el }) {
  const label = document.createElement("label"), input = document.createElement("input");
  const state = document.createElement("span");
  input.type = "file";
  input.accept = "image/*,.heic,.heif";
  input.style.cssText = "margin:0 8px";
  label.append(model.get("description"), input);
  state.setAttribute("role", "status");
  input.onclick = () => { input.value = ""; };  // the same file may be chosen again
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
  input.onchange = async () => {
    const file = input.files[0];
    if (!file) return;
    state.textContent = "reading …";
    try {
      const small = await shrunk(file, model.get("longest"), model.get("most"));
      const blob = small ?? file;
      if (!small && file.size > model.get("most_raw")) {
        state.textContent = `This browser cannot open ${file.name}, and it is too large to send `
          + `(${megabytes(file.size)}). Save it as JPEG first.`;
        return;
      }
      model.send({ name: file.name }, undefined, [await blob.arrayBuffer()]);
      state.textContent = small && small !== file
        ? `shrunk from ${megabytes(file.size)} to ${megabytes(blob.size)}` : "read";
    } catch (error) {
      state.textContent = `${file.name} cannot be read (${error.message}).`;
    }
  };
  el.append(label, state);
}
export default { render };
"""


def picture_upload(description: str, received: Callable[[bytes], object]) -> Any:
    """Return a widget with a file button; `received` is called with the bytes of each picture that is chosen.

    The bytes are a file's: JPEG, PNG, or what the browser could not decode.
    """
    import anywidget
    import traitlets

    class PictureUpload(anywidget.AnyWidget):
        """A file button that shrinks the picture before it is sent."""

        _esm = SCRIPT
        description = traitlets.Unicode().tag(sync=True)
        longest = traitlets.Int(LONGEST).tag(sync=True)
        most = traitlets.Int(MOST_BYTES).tag(sync=True)
        most_raw = traitlets.Int(MOST_RAW_BYTES).tag(sync=True)

        def __repr__(self) -> str:
            return "PictureUpload()"

    def read(widget: Any, message: Any, buffers: Any) -> None:
        for buffer in buffers:
            received(bytes(buffer))

    widget = PictureUpload(description=description)
    widget.on_msg(read)
    return widget
