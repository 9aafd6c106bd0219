"""Sound as arrays: frames, the short-time Fourier transform and its inverse, mel bands, decibels, players.

NumPy only, written to be read. A waveform is an array (..., samples); its spectrum is (..., frames, bins), as in
`keras.ops.stft`; an image for a CNN is (..., bands, frames), with low notes in row 0. `sound_of` turns such an image
back into sound.
"""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from workbook.arithmetic import integer
from workbook.calls import note_call
from workbook.data.bundled import SAMPLE_RATE

FRAME_LENGTH, HOP, BANDS = 256, 128, 40  # 32 ms, 16 ms at 8 kHz
RANGE = 60.0  # decibels: an image keeps what is at most this far below the loudest place
LOWEST_PITCH, HIGHEST_PITCH = 60.0, 400.0  # hertz


# ---------------------------------------------------------------- from a waveform to a spectrum and back


def frames(waveform: np.ndarray, frame_length: int = FRAME_LENGTH, hop: int = HOP) -> np.ndarray:
    """Cut a waveform into frames that start every `hop` samples: (..., samples) → (..., frames, frame_length).

    There are (samples − frame_length) // hop + 1 of them; the rest at the end is dropped. The result is a
    read-only view. Raises `ValueError` for a waveform shorter than one frame.
    """
    note_call("audio.frames")
    waveform = np.asarray(waveform)
    frame_length, hop = integer("frame_length", frame_length, 1), integer("hop", hop, 1)
    if waveform.shape[-1] < frame_length:
        raise ValueError(
            f"waveform must have at least frame_length={frame_length} samples. Received: shape {waveform.shape}"
        )
    return sliding_window_view(waveform, frame_length, axis=-1)[..., ::hop, :]


def hann(length: int) -> np.ndarray:
    """Return the periodic Hann window, sin²(πn / length) for n = 0 … length − 1: (length,)."""
    length = integer("length", length, 1)
    return np.sin(np.pi * np.arange(length) / length) ** 2


def stft(waveform: np.ndarray, frame_length: int = FRAME_LENGTH, hop: int = HOP) -> np.ndarray:
    """Return the spectrum of each windowed frame, complex: (..., samples) → (..., frames, frame_length // 2 + 1).

    Equal to `keras.ops.stft(waveform, frame_length, hop, frame_length, center=False)`, real and imaginary part.
    """
    return np.fft.rfft(frames(waveform, frame_length, hop) * hann(frame_length))


def istft(spectrum: np.ndarray, frame_length: int = FRAME_LENGTH, hop: int = HOP) -> np.ndarray:
    """Return the waveform (samples,) of a spectrum (frames, bins): overlap, add, divide by the windows.

    This is the inverse of `stft`, except for samples that no window covers, or only its very edge. For a spectrum that
    belongs to no waveform, the result is the waveform with the nearest spectrum in squared distance (Griffin and Lim
    1984).
    """
    if spectrum.ndim != 2 or spectrum.shape[1] != frame_length // 2 + 1:
        raise ValueError(
            f"spectrum must be (frames, {frame_length // 2 + 1}). Received: shape {spectrum.shape}"
        )
    window = hann(frame_length)
    pieces = np.fft.irfft(spectrum, frame_length) * window  # (frames, frame_length)
    total = np.zeros(hop * (len(pieces) - 1) + frame_length)
    weight = np.zeros_like(total)
    for number, piece in enumerate(pieces):
        start = number * hop
        total[start : start + frame_length] += piece
        weight[start : start + frame_length] += window**2
    return total / np.maximum(weight, 1e-3)


def griffin_lim(
    magnitude: np.ndarray, frame_length: int = FRAME_LENGTH, hop: int = HOP, *, steps: int = 30
) -> np.ndarray:
    """Return a waveform whose STFT has nearly these magnitudes (frames, bins): phases are guessed and improved.

    Griffin and Lim 1984: convert to a waveform and back, keep the phases, put the magnitudes in again.
    """
    phase = np.exp(2j * np.pi * np.random.default_rng(0).random(magnitude.shape))
    for _ in range(steps):
        phase = np.exp(1j * np.angle(stft(istft(magnitude * phase, frame_length, hop), frame_length, hop)))
    return istft(magnitude * phase, frame_length, hop)


# ---------------------------------------------------------------- mel bands and decibels


def hertz_to_mel(hertz: Any) -> np.ndarray:
    """Return the pitch in mel, 2595 · log₁₀(1 + f / 700) (O'Shaughnessy 1987): equal steps sound equal."""
    return 2595 * np.log10(1 + np.asarray(hertz, float) / 700)


def mel_to_hertz(mel: Any) -> np.ndarray:
    """Return the frequency in hertz: the inverse of `hertz_to_mel`."""
    return 700 * (10 ** (np.asarray(mel, float) / 2595) - 1)


def band_edges(bands: int = BANDS, low: float = 0.0, high: float = SAMPLE_RATE / 2) -> np.ndarray:
    """Return bands + 2 frequencies in hertz, equally spaced in mel: the bands' centres between two edges."""
    bands = integer("bands", bands, 1)
    if not 0 <= low < high:
        raise ValueError(
            f"low and high must satisfy 0 <= low < high, in hertz. Received: low={low}, high={high}"
        )
    return mel_to_hertz(np.linspace(hertz_to_mel(low), hertz_to_mel(high), bands + 2))


def mel_filters(
    frame_length: int = FRAME_LENGTH, bands: int = BANDS, *, low: float = 0.0, high: float = SAMPLE_RATE / 2,
    rate: int = SAMPLE_RATE,
) -> np.ndarray:  # fmt: skip
    """Return the weight of each bin in each band: (frame_length // 2 + 1, bands), 0 to 1.

    A band is a triangle over the mel scale: 1 at its centre, 0 at the centres of its neighbours. Raises `ValueError`
    if `high` is above half the sampling rate, where there are no bins.
    """
    if high > rate / 2:
        raise ValueError(f"high must be at most half the sampling rate, {rate / 2:g}. Received: high={high}")
    mel = hertz_to_mel(np.fft.rfftfreq(frame_length, 1 / rate))  # (bins,)
    edges = hertz_to_mel(band_edges(bands, low, high))
    return np.maximum(0, 1 - np.abs(mel[:, np.newaxis] - edges[1:-1]) / (edges[1] - edges[0]))


def decibel(power: np.ndarray, *, reference: Any = 1.0, floor: float = -RANGE) -> np.ndarray:
    """Return 10 · log₁₀(power / reference), and `floor` for everything fainter, including silence."""
    note_call("audio.decibel")
    smallest = np.asarray(reference, float) * 10 ** (floor / 10)
    return 10 * np.log10(np.maximum(power, smallest) / reference)


def log_mel(
    waveform: np.ndarray, frame_length: int = FRAME_LENGTH, hop: int = HOP, bands: int = BANDS
) -> np.ndarray:
    """Return waveforms as images for a CNN: (..., samples) → float32 (..., bands, frames), 0 to 1.

    1 is the loudest place of each waveform; 0 is `RANGE` decibels below it, and everything fainter. The loudness of the
    whole recording does not matter. Silence is 0.
    """
    power = np.abs(stft(np.asarray(waveform, np.float32), frame_length, hop)) ** 2  # (..., frames, bins)
    energy = power @ mel_filters(frame_length, bands)  # (..., frames, bands)
    loudest = np.maximum(energy.max(axis=(-2, -1), keepdims=True), 1e-10)
    return np.swapaxes(1 + decibel(energy, reference=loudest) / RANGE, -2, -1).astype(np.float32)


def sound_of(image: np.ndarray, frame_length: int = FRAME_LENGTH, hop: int = HOP) -> np.ndarray:
    """Return a waveform (samples,) with nearly this log-mel image (bands, frames); its phases are guessed.

    Each band's energy is distributed over its bins by the filters' weights.
    """
    filters = mel_filters(frame_length, len(image))  # (bins, bands)
    energy = np.where(image > 0, 10 ** (RANGE * (image - 1) / 10), 0).T  # (frames, bands)
    power = energy @ (filters / np.maximum((filters**2).sum(axis=0), 1e-10)).T  # (frames, bins)
    return griffin_lim(np.sqrt(power), frame_length, hop)


# ---------------------------------------------------------------- voices


def shifted(images: np.ndarray, *, bands: int = 0, frames: int = 0) -> np.ndarray:
    """Return images (..., bands, frames) moved up by `bands` and later by `frames`; the rest is 0.

    Negative numbers move them down and earlier.
    """
    moved = np.zeros_like(images)
    height, width = images.shape[-2:]
    if abs(bands) < height and abs(frames) < width:
        rows, columns = slice(max(bands, 0), height + bands), slice(max(frames, 0), width + frames)
        old_rows, old_columns = slice(max(-bands, 0), height - bands), slice(max(-frames, 0), width - frames)
        moved[..., rows, columns] = images[..., old_rows, old_columns]
    return moved


def pitch(waveform: np.ndarray) -> float:
    """Return the fundamental frequency of a voice in hertz, the median over the voiced frames; NaN without any.

    A frame of 64 ms is voiced if it is loud and resembles itself one period later: the lag at which its
    autocorrelation (of windowed samples, divided by the window's own: Boersma 1993) is largest is the period.
    """
    length = round(0.064 * SAMPLE_RATE)
    window = hann(length)
    pieces = frames(np.asarray(waveform, float), length, length // 4)
    pieces = (pieces - pieces.mean(axis=-1, keepdims=True)) * window
    both = np.fft.rfft(np.vstack([pieces, window]), 2 * length)
    correlation = np.fft.irfft(np.abs(both) ** 2)[:, :length]
    of_window = correlation[-1] / correlation[-1, 0]
    correlation = correlation[:-1]  # (frames, length)
    likeness = correlation / np.maximum(correlation[:, :1], 1e-9) / of_window
    shortest, longest = round(SAMPLE_RATE / HIGHEST_PITCH), round(SAMPLE_RATE / LOWEST_PITCH)
    part = likeness[:, shortest : longest + 1]
    loud = correlation[:, 0] > 0.05 * correlation[:, 0].max()
    voiced = loud & (part.max(axis=1) > 0.5)
    first = np.argmax(part >= 0.9 * part.max(axis=1, keepdims=True), axis=1)  # not twice the period
    peaks = [_next_peak(row, start) for row, start in zip(part[voiced], first[voiced], strict=True)]
    return float(np.median(SAMPLE_RATE / (shortest + np.array(peaks)))) if peaks else float("nan")


def _next_peak(row: np.ndarray, start: int) -> int:
    """Return the next local maximum from `start` on."""
    place = int(start)
    while place + 1 < len(row) and row[place + 1] > row[place]:
        place += 1
    return place


def player(waveform: np.ndarray, rate: int = SAMPLE_RATE) -> Any:
    """Return a player for a notebook. Silence at the end is cut off, to keep the notebook small."""
    from IPython.display import Audio

    waveform = np.asarray(waveform, float)
    loud = np.flatnonzero(np.abs(waveform) > 0.01 * np.abs(waveform).max(initial=0))
    if not len(loud):
        return Audio(np.zeros(rate // 10), rate=rate, normalize=False)
    return Audio(waveform[: loud[-1] + 1], rate=rate)
