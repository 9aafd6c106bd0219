"""A button that records a word in the notebook, for a network that has learned to hear.

The browser records, decodes its own format and sends 16-bit WAV, one channel, to the notebook's own kernel and nowhere
else; it plays the recording itself. The voice is not stored in the notebook: it comes as a message, not as the widget's
state. Where a page may not use the microphone the widget says so, and a file does the same: `data.read_recording`.
"""

import html
from collections.abc import Callable
from typing import Any

import numpy as np

from workbook import audio
from workbook.data import read_recording
from workbook.data.picture_files import encode_png
from workbook.drawing import bars

SECONDS = 3  # a recording ends after this time
Hear = Callable[[np.ndarray], Any]  # a clip, int16 (8000,) → (classes,)
INVITATION = "<p>Press record, say one digit, and press again.</p>"

SCRIPT = """
const wav = (samples, rate) => {  // Float32Array, -1 to 1 → the bytes of a WAV file of 16 bits, one channel
  const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const text = (at, word) => [...word].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  text(0, "RIFF"); view.setUint32(4, 36 + 2 * samples.length, true); text(8, "WAVEfmt ");
  view.setUint32(16, 16, true); view.setUint16(20, 1, true); view.setUint16(22, 1, true);
  view.setUint32(24, rate, true); view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true); view.setUint16(34, 16, true);
  text(36, "data"); view.setUint32(40, 2 * samples.length, true);
  samples.forEach((value, i) => view.setInt16(44 + 2 * i, Math.round(32767 * Math.max(-1, Math.min(1, value))), true));
  return view;
};
const decode = async (blob) => {  // a recording → the mean of its channels, and its rate
  const context = new AudioContext();
  try {
    const sound = await context.decodeAudioData(await blob.arrayBuffer());
    const mean = new Float32Array(sound.length);
    for (let channel = 0; channel < sound.numberOfChannels; channel++)
      sound.getChannelData(channel).forEach((value, i) => { mean[i] += value / sound.numberOfChannels; });
    return [mean, sound.sampleRate];
  } finally { context.close(); }
};
const reasons = {
  NotAllowedError: "The browser did not allow the microphone. Allow it for this page, or use a file.",
  NotFoundError: "There is no microphone. Use a file.",
};
function render({ model, el }) {
  const button = document.createElement("button"), state = document.createElement("span");
  const player = document.createElement("audio"), result = document.createElement("div");
  button.type = "button";
  button.textContent = "record";
  button.setAttribute("aria-pressed", "false");
  button.style.cssText = "margin:4px 8px 4px 0;padding:4px 12px";
  state.setAttribute("role", "status");
  player.controls = true;
  player.hidden = true;
  player.setAttribute("aria-label", "your recording");
  result.setAttribute("aria-live", "polite");
  const forget = () => { if (player.src) URL.revokeObjectURL(player.src); };
  const hand = (bytes) => {
    forget();
    player.src = URL.createObjectURL(new Blob([bytes], { type: "audio/wav" }));
    player.hidden = false;
    model.send({}, undefined, [bytes]);
  };
  let recorder = null, timer = null, busy = false;
  const idle = () => { button.textContent = "record"; button.setAttribute("aria-pressed", "false"); recorder = null; };
  const fail = (error) => { idle(); state.textContent = reasons[error.name] || `No recording: ${error.message}`; };
  const stop = () => { clearTimeout(timer); if (recorder && recorder.state === "recording") recorder.stop(); };
  const start = async () => {
    if (!navigator.mediaDevices || !window.MediaRecorder) {
      state.textContent = "This page may not use a microphone here. Use a file.";
      return;
    }
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    const parts = [];
    recorder = new MediaRecorder(stream);
    recorder.ondataavailable = (event) => parts.push(event.data);
    recorder.onstop = async () => {
      stream.getTracks().forEach((track) => track.stop());
      idle();
      state.textContent = "listening to it …";
      try {
        hand(wav(...await decode(new Blob(parts, { type: parts[0].type }))).buffer);
        state.textContent = "";
      } catch (error) { fail(error); }
    };
    recorder.start();
    timer = setTimeout(stop, 1000 * model.get("seconds"));
    button.textContent = "stop";
    button.setAttribute("aria-pressed", "true");
    state.textContent = "recording …";
  };
  button.onclick = async () => {
    if (recorder) { stop(); return; }
    if (busy) return;
    busy = true;
    try { await start(); } catch (error) { fail(error); } finally { busy = false; }
  };
  const show = () => { result.innerHTML = model.get("answer"); };
  model.on("change:answer", show);
  show();
  const line = document.createElement("div");  // of its own for the player
  line.append(player);
  el.append(button, state, line, result);
  return () => { stop(); forget(); };  // when the output is cleared
}
export default { render };
"""


def answer(content: bytes, hear: Hear) -> str:
    """Return what a network hears in the bytes of a sound file, as HTML: log-mel image, bars of probabilities.

    It is one line if the file is no sound, or silent.
    """
    try:
        recording = read_recording(content)
    except ValueError as error:
        return f"<p>{html.escape(str(error))}</p>"
    clip = recording.clip()
    image = audio.log_mel(clip)[::-1]  # low notes at the bottom
    picture = encode_png(np.rint(255 * image).astype(np.uint8))
    alt = "log-mel image of the recording, low notes at the bottom"
    style = "width:244px;height:160px;image-rendering:pixelated"
    note = "" if recording.seconds <= 1 else "<p>Only the first second is heard.</p>"
    return (
        f'{note}<div style="display:flex;flex-wrap:wrap;gap:16px;align-items:start"><figure style="margin:0">'
        f'<img alt="{alt}" style="{style}" src="{picture}"><figcaption>what the network gets</figcaption></figure>'
        f"{bars(np.asarray(hear(clip)).reshape(-1))}</div>"
    )


def recorder(hear: Hear) -> Any:
    """Return a button that records up to three seconds; afterwards the network's answer appears below it.

    `hear` takes a clip, int16 (8000,) at 8 kHz, and returns the probability of each class.
    """
    import anywidget
    import traitlets

    class Recorder(anywidget.AnyWidget):
        """A button that sends a recording as the bytes of a WAV file."""

        _esm = SCRIPT
        seconds = traitlets.Float(float(SECONDS)).tag(sync=True)
        answer = traitlets.Unicode(INVITATION).tag(sync=True)

        def __repr__(self) -> str:
            return "Recorder()"

    def listen(widget: Any, message: Any, buffers: Any) -> None:
        for buffer in buffers:
            widget.answer = answer(bytes(buffer), hear)

    widget = Recorder()
    widget.on_msg(listen)
    return widget
