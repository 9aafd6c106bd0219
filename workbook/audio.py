"""Sound as arrays: frames, the short-time Fourier transform and its inverse, mel bands, decibels, players.

NumPy only, written to be read. A waveform is an array (..., samples); a spectrum of one is (..., frames, bins), as in
`keras.ops.stft`; an image for a CNN is (..., bands, frames), low notes in row 0. The sound that a mel image stands for
can be heard again: `sound_of`.
"""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from workbook.data.bundled import SAMPLE_RATE

FRAME_LENGTH, HOP, BANDS = 256, 128, 40  # 32 ms, 16 ms at 8 kHz
RANGE = 60.0  # decibels below the loudest that an image keeps
LOWEST_PITCH, HIGHEST_PITCH = 60.0, 400.0  # hertz


# ---------------------------------------------------------------- from a waveform to a spectrum and back


def frames(waveform: np.ndarray, frame_length: int = FRAME_LENGTH, hop: int = HOP) -> np.ndarray:
    """Cut a waveform into frames that start every `hop` samples: (..., samples) → (..., frames, frame_length).

    There are (samples − frame_length) // hop + 1 of them; what is left at the end is dropped. The result is a
    read-only view. Raises `ValueError` for a waveform shorter than one frame.
    """
    waveform = np.asarray(waveform)
    _positive(frame_length=frame_length, hop=hop)
    if waveform.shape[-1] < frame_length:
        raise ValueError(
            f"A waveform has at least frame_length={frame_length} samples. Received: {waveform.shape}"
        )
    return sliding_window_view(waveform, frame_length, axis=-1)[..., ::hop, :]


def hann(length: int) -> np.ndarray:
    """Give the periodic Hann window, sin²(πn / length) for n = 0 … length − 1: (length,)."""
    _positive(length=length)
    return np.sin(np.pi * np.arange(length) / length) ** 2


def stft(waveform: np.ndarray, frame_length: int = FRAME_LENGTH, hop: int = HOP) -> np.ndarray:
    """Give the spectrum of each windowed frame, complex: (..., samples) → (..., frames, frame_length // 2 + 1).

    Equal to `keras.ops.stft(waveform, frame_length, hop, frame_length, center=False)`, real and imaginary part.
    """
    return np.fft.rfft(frames(waveform, frame_length, hop) * hann(frame_length))


def istft(spectrum: np.ndarray, frame_length: int = FRAME_LENGTH, hop: int = HOP) -> np.ndarray:
    """Turn a spectrum (frames, bins) back into a waveform (samples,): overlap, add, divide by the windows.

    It undoes `stft` but for the samples that no window, or only its very edge, has seen. A spectrum that belongs to no
    waveform gives the waveform whose spectrum is nearest in squared distance (Griffin and Lim 1984).
    """
    if spectrum.ndim != 2 or spectrum.shape[1] != frame_length // 2 + 1:
        raise ValueError(f"A spectrum is (frames, {frame_length // 2 + 1}). Received: shape {spectrum.shape}")
    window = hann(frame_length)
    pieces = np.fft.irfft(spectrum, frame_length) * window  # (frames, frame_length)
    total = np.zeros(hop * (len(pieces) - 1) + frame_length)
    weight = np.zeros_like(total)
    for number, piece in enumerate(pieces):
        place = slice(number * hop, number * hop + frame_length)
        total[place] += piece
        weight[place] += window**2
    return total / np.maximum(weight, 1e-3)


def griffin_lim(
    magnitude: np.ndarray, frame_length: int = FRAME_LENGTH, hop: int = HOP, *, steps: int = 30, seed: int = 0
) -> np.ndarray:
    """Find a waveform whose STFT has nearly these magnitudes (frames, bins): phases are guessed and improved.

    Griffin and Lim 1984: go to a waveform and back, keep the phases, put the magnitudes in again.
    """
    phase = np.exp(2j * np.pi * np.random.default_rng(seed).random(magnitude.shape))
    for _ in range(steps):
        phase = np.exp(1j * np.angle(stft(istft(magnitude * phase, frame_length, hop), frame_length, hop)))
    return istft(magnitude * phase, frame_length, hop)


# ---------------------------------------------------------------- mel bands and decibels


def hertz_to_mel(hertz: Any) -> np.ndarray:
    """Give the pitch in mel, 2595 · log₁₀(1 + f / 700) (O'Shaughnessy 1987): equal steps sound equally far apart."""
    return 2595 * np.log10(1 + np.asarray(hertz, float) / 700)


def mel_to_hertz(mel: Any) -> np.ndarray:
    """Undo `hertz_to_mel`."""
    return 700 * (10 ** (np.asarray(mel, float) / 2595) - 1)


def band_edges(bands: int = BANDS, low: float = 0.0, high: float = SAMPLE_RATE / 2) -> np.ndarray:
    """Give bands + 2 frequencies in hertz, equally far apart in mel: each band's centre, and its neighbours'."""
    _positive(bands=bands)
    if not 0 <= low < high:
        raise ValueError(f"Bands need 0 <= low < high, in hertz. Received: low={low}, high={high}")
    return mel_to_hertz(np.linspace(hertz_to_mel(low), hertz_to_mel(high), bands + 2))


def mel_filters(
    frame_length: int = FRAME_LENGTH, bands: int = BANDS, *, low: float = 0.0, high: float = SAMPLE_RATE / 2,
    rate: int = SAMPLE_RATE,
) -> np.ndarray:  # fmt: skip
    """Give the weight of each bin in each band: (frame_length // 2 + 1, bands), 0 to 1.

    A band is a triangle over the mel scale: 1 at its centre, 0 at the centres of its neighbours. Raises `ValueError`
    if `high` is above half the sampling rate, where there are no bins.
    """
    if high > rate / 2:
        raise ValueError(f"high is at most half the sampling rate, {rate / 2:g}. Received: high={high}")
    mel = hertz_to_mel(np.fft.rfftfreq(frame_length, 1 / rate))  # (bins,)
    edges = hertz_to_mel(band_edges(bands, low, high))
    return np.maximum(0, 1 - np.abs(mel[:, np.newaxis] - edges[1:-1]) / (edges[1] - edges[0]))


def decibel(power: np.ndarray, *, reference: Any = 1.0, floor: float = -RANGE) -> np.ndarray:
    """Give 10 · log₁₀(power / reference), and `floor` for all that is fainter, silence too."""
    smallest = np.asarray(reference, float) * 10 ** (floor / 10)
    return 10 * np.log10(np.maximum(power, smallest) / reference)


def log_mel(
    waveform: np.ndarray, frame_length: int = FRAME_LENGTH, hop: int = HOP, bands: int = BANDS
) -> np.ndarray:
    """Turn waveforms into images for a CNN: (..., samples) → float32 (..., bands, frames), 0 to 1.

    1 is the loudest place of each waveform, 0 is `RANGE` decibels below it and all that is fainter: how loud the
    recording is as a whole does not matter. Silence is 0.
    """
    power = np.abs(stft(np.asarray(waveform, np.float32), frame_length, hop)) ** 2  # (..., frames, bins)
    energy = power @ mel_filters(frame_length, bands)  # (..., frames, bands)
    loudest = np.maximum(energy.max(axis=(-2, -1), keepdims=True), 1e-10)
    return np.swapaxes(1 + decibel(energy, reference=loudest) / RANGE, -2, -1).astype(np.float32)


def sound_of(
    image: np.ndarray, frame_length: int = FRAME_LENGTH, hop: int = HOP, *, steps: int = 30
) -> np.ndarray:
    """Make a sound with nearly this log-mel image (bands, frames): the waveform (samples,), its phases guessed.

    Each band's energy is shared out over its bins by the filters' weights.
    """
    filters = mel_filters(frame_length, len(image))  # (bins, bands)
    energy = np.where(image > 0, 10 ** (RANGE * (image - 1) / 10), 0).T  # (frames, bands)
    power = energy @ (filters / np.maximum((filters**2).sum(axis=0), 1e-10)).T  # (frames, bins)
    return griffin_lim(np.sqrt(power), frame_length, hop, steps=steps)


# ---------------------------------------------------------------- voices


def shifted(images: np.ndarray, *, bands: int = 0, frames: int = 0) -> np.ndarray:
    """Move images (..., bands, frames) up by `bands` and later by `frames`, or down and earlier; fill with 0."""
    moved = np.zeros_like(images)
    height, width = images.shape[-2:]
    if abs(bands) < height and abs(frames) < width:
        to = slice(max(bands, 0), height + min(bands, 0)), slice(max(frames, 0), width + min(frames, 0))
        back = slice(max(-bands, 0), height - max(bands, 0)), slice(max(-frames, 0), width - max(frames, 0))
        moved[(..., *to)] = images[(..., *back)]
    return moved


def pitch(waveform: np.ndarray, rate: int = SAMPLE_RATE) -> float:
    """Give the fundamental frequency of a voice in hertz, the median over the voiced frames; NaN if there are none.

    A frame of 64 ms is voiced if it is loud and resembles itself one period later: the lag at which its
    autocorrelation (of windowed samples, divided by the window's own: Boersma 1993) is largest gives the period.
    """
    length = round(0.064 * rate)
    window = hann(length)
    pieces = frames(np.asarray(waveform, float), length, length // 4)
    pieces = (pieces - pieces.mean(axis=-1, keepdims=True)) * window
    both = np.fft.rfft(np.vstack([pieces, window]), 2 * length)
    correlation = np.fft.irfft(np.abs(both) ** 2)[:, :length]
    likeness = (
        correlation[:-1] / np.maximum(correlation[:-1, :1], 1e-9) / (correlation[-1] / correlation[-1, 0])
    )
    shortest, longest = round(rate / HIGHEST_PITCH), round(rate / LOWEST_PITCH)
    part = likeness[:, shortest : longest + 1]
    loud = correlation[:-1, 0] > 0.05 * correlation[:-1, 0].max()
    voiced = loud & (part.max(axis=1) > 0.5)
    first = np.argmax(part >= 0.9 * part.max(axis=1, keepdims=True), axis=1)  # not twice the period
    peaks = [_next_peak(row, start) for row, start in zip(part[voiced], first[voiced], strict=True)]
    return float(np.median(rate / (shortest + np.array(peaks)))) if peaks else float("nan")


def _next_peak(row: np.ndarray, start: int) -> int:
    """Climb from `start` to the next local maximum."""
    place = int(start)
    while place + 1 < len(row) and row[place + 1] > row[place]:
        place += 1
    return place


def player(waveform: np.ndarray, rate: int = SAMPLE_RATE) -> Any:
    """Give a player to show in a notebook. Silence at the end is cut off, to keep the notebook small."""
    from IPython.display import Audio

    waveform = np.asarray(waveform, float)
    heard = np.flatnonzero(np.abs(waveform) > 0.01 * np.abs(waveform).max(initial=0))
    if not len(heard):
        return Audio(np.zeros(rate // 10), rate=rate, normalize=False)
    return Audio(waveform[: heard[-1] + 1], rate=rate)


def _positive(**numbers: int) -> None:
    for name, number in numbers.items():
        if number < 1:
            raise ValueError(f"{name} is a whole number above 0. Received: {name}={number}")
