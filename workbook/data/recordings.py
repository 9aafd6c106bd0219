"""Read a learner's own recording: any rate, width and number of channels, in the formats that libsndfile knows.

The course's sounds are one channel at 8,000 samples per second. Taking 44,100 samples for 8,000 makes a voice five
times slower and lower, so a recording carries its rate, and a file is always resampled.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbook.data.bundled import SAMPLE_RATE, first_line, one_second
from workbook.data.own_files import opened

LONGEST = 30.0  # seconds
SILENT = 1e-3  # of the largest value that a file can hold
TRIM = 0.03  # of the loudest place: what is fainter at both ends is cut off
FRAME = 0.02  # seconds, over which loudness is measured
MARGIN = 0.05  # seconds kept before and after the sound
WAY_OUT = "Save it as WAV, FLAC, OGG or MP3."
# The first bytes of files that libsndfile does not read, and what they are.
OTHERS = (
    (b"\x1aE\xdf\xa3", "a WebM file, as browsers record it"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"PK\x03\x04", "a zip file"),
)


@dataclass(frozen=True, eq=False)
class Recording:
    """One channel of sound: `waveform` float32 (samples,), -1 to 1, and `rate`, its samples per second."""

    waveform: NDArray[np.float32]
    rate: int

    @property
    def seconds(self) -> float:
        return len(self.waveform) / self.rate

    def clip(self) -> NDArray[np.int16]:
        """Return one second at 8 kHz like those of the spoken digits: int16 (8000,), cut or followed by zeros.

        The loudest place is at the largest value that 16 bits hold.
        """
        waveform = resampled(self.waveform, self.rate, SAMPLE_RATE)
        loudest = max(float(np.abs(waveform).max(initial=0)), 1e-9)
        return one_second(np.rint(waveform * (32767 / loudest)))


def read_recording(source: Any, *, rate: int = SAMPLE_RATE) -> Recording:
    """Return a sound file as one channel at `rate` samples per second, silence at both ends cut off.

    `source` is a path (`~` is the home folder), the bytes of a file, or an open file: WAV, FLAC, OGG, MP3, AIFF.
    Several channels are averaged. Raises `ValueError`, with the way out, for what is no sound, is empty, silent, cut
    off, or longer than 30 seconds.
    """
    import soundfile

    with opened(source, what="A recording") as (name, file):
        head = file.read(64)
        file.seek(0)
        if not head:
            raise ValueError(f"{name} is empty. Record again.")
        try:
            with soundfile.SoundFile(file) as sound:
                seconds = sound.frames / sound.samplerate
                if seconds > LONGEST:
                    raise ValueError(
                        f"{name} is {seconds:,.0f} seconds long, and at most {LONGEST:.0f} are read. Cut out the word."
                    )
                samples = sound.read(dtype="float32", always_2d=True)  # (samples, channels)
                found = sound.samplerate
        except soundfile.LibsndfileError as error:
            raise ValueError(_not_a_sound(head, name, first_line(error))) from error
    return _cleaned(samples, found, rate, name)


def _cleaned(samples: NDArray[np.float32], found: int, rate: int, name: str) -> Recording:
    """Return one channel, resampled and trimmed. Raises `ValueError` for nothing and for silence."""
    if not len(samples):
        raise ValueError(f"{name} holds no sound: its length is 0. Record again.")
    waveform = np.nan_to_num(samples.mean(axis=1, dtype=np.float32), posinf=0.0, neginf=0.0)
    waveform -= waveform.mean()  # a cheap microphone adds a constant
    if np.abs(waveform).max() < SILENT:
        raise ValueError(f"{name} is silent. Check the microphone, and record again.")
    return Recording(trimmed(resampled(waveform, found, rate), rate), rate)


def resampled(waveform: NDArray[np.float32], rate: int, wanted: int) -> NDArray[np.float32]:
    """Return a waveform (samples,) of `rate` samples per second with `wanted`.

    What is too high for the new rate is filtered out first.
    """
    if rate == wanted:
        return waveform
    import soxr

    return np.asarray(soxr.resample(waveform, rate, wanted), np.float32)


def trimmed(waveform: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    """Return a waveform (samples,) without the silence at both ends."""
    length = max(1, round(FRAME * rate))
    count = -(-len(waveform) // length)
    padded = np.zeros(count * length, np.float32)
    padded[: len(waveform)] = waveform
    loudness = np.sqrt((padded.reshape(count, length) ** 2).mean(axis=1))
    loud = np.flatnonzero(loudness > TRIM * loudness.max())
    margin = round(MARGIN * rate)
    return waveform[max(0, loud[0] * length - margin) : (loud[-1] + 1) * length + margin]


def _not_a_sound(head: bytes, name: str, reason: str) -> str:
    """Return what a file is that libsndfile does not read, by its first bytes, and what to do."""
    if head[4:8] == b"ftyp":
        return f"{name} is an AAC recording (M4A, MP4), which cannot be read here. {WAY_OUT}"
    for start, kind in OTHERS:
        if head.startswith(start):
            return f"{name} is {kind}, which cannot be read here. {WAY_OUT}"
    if head[:4] in (b"RIFF", b"fLaC", b"OggS", b"FORM") or head[:3] == b"ID3":
        return f"{name} is damaged or cut off ({reason}). Copy or record it again."
    return f"{name} is not a sound that can be read. {WAY_OUT}"
