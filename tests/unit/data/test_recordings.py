"""Recordings of any kind: the same sound at 8,000 samples per second, or one line of advice."""

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests import ROOT
from workbook import audio, data
from workbook.data.recordings import Recording, read_recording, resampled, trimmed

FAILING = ROOT.parent / "shared/failing/sounds"
PITCH = 220.0


def _voice(rate: int, seconds: float = 0.6) -> np.ndarray:
    """Return a tone of 220 Hz with two overtones, float64 (samples,), between stretches of silence."""
    time = np.arange(round(rate * seconds)) / rate
    tone = sum(np.sin(2 * np.pi * PITCH * order * time) / order for order in (1, 2, 3))
    return np.concatenate([np.zeros(rate // 3), 0.3 * tone, np.zeros(rate // 4)])


def _file(samples: np.ndarray, rate: int, kind: str, subtype: str | None = None) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=kind, subtype=subtype)
    return file.getvalue()


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 48000, 96000])
def test_any_rate_keeps_the_pitch_and_the_length(rate) -> None:
    recording = read_recording(_file(_voice(rate), rate, "WAV", "PCM_16"))
    assert recording.rate == 8000
    assert recording.waveform.dtype == np.float32
    assert recording.seconds == pytest.approx(0.7, abs=0.05)  # the tone, and a margin on both sides
    assert audio.pitch(recording.waveform) == pytest.approx(PITCH, rel=0.02)


@pytest.mark.parametrize(
    ("kind", "subtype"),
    [
        ("WAV", "PCM_U8"),
        ("WAV", "PCM_24"),
        ("WAV", "PCM_32"),
        ("WAV", "FLOAT"),
        ("WAV", "DOUBLE"),
        ("WAV", "ULAW"),
        ("WAVEX", "PCM_16"),
        ("AIFF", "PCM_16"),
        ("FLAC", "PCM_16"),
        ("OGG", "VORBIS"),
        ("OGG", "OPUS"),
        ("MP3", "MPEG_LAYER_III"),
    ],
)
def test_each_format_gives_the_same_sound(kind, subtype) -> None:
    rate = 48000 if subtype == "OPUS" else 16000
    recording = read_recording(_file(_voice(rate), rate, kind, subtype))
    assert audio.pitch(recording.waveform) == pytest.approx(PITCH, rel=0.02)
    assert recording.seconds == pytest.approx(0.7, abs=0.1)


def test_channels_are_averaged() -> None:
    voice = _voice(8000)
    stereo = np.stack([voice, 0.5 * voice, 0 * voice], axis=1)
    both = read_recording(_file(stereo, 8000, "WAV", "FLOAT")).waveform
    alone = read_recording(_file(voice, 8000, "WAV", "FLOAT")).waveform
    assert both == pytest.approx(0.5 * alone, abs=1e-3)


def test_what_is_too_high_for_the_rate_is_filtered_out() -> None:
    time = np.arange(48000) / 48000
    low, high = np.sin(2 * np.pi * 1000 * time), np.sin(2 * np.pi * 9000 * time)
    kept = resampled((low + high).astype(np.float32), 48000, 8000)
    spectrum = np.abs(np.fft.rfft(kept)) / len(kept)  # bins of 1 Hz
    assert spectrum[1000] == pytest.approx(0.5, rel=0.02)
    assert np.delete(spectrum, range(990, 1011)).max() < 0.01


def test_a_constant_and_silence_at_the_ends_go() -> None:
    voice = _voice(8000) + 0.2
    recording = read_recording(_file(voice, 8000, "WAV", "FLOAT"))
    assert abs(recording.waveform.mean()) < 0.02
    assert len(recording.waveform) < 0.75 * len(voice)
    whole = np.ones(100, np.float32)
    assert len(trimmed(whole, 8000)) == 100


def test_a_clip_is_like_those_of_the_data_set() -> None:
    clip = read_recording(_file(0.01 * _voice(44100), 44100, "WAV", "FLOAT")).clip()
    assert clip.shape == (8000,)
    assert clip.dtype == np.int16
    assert np.abs(clip).max() == 32767
    assert not clip[-1000:].any()
    assert Recording(np.ones(50000, np.float32), 16000).clip().shape == (8000,)
    assert audio.log_mel(clip).shape == audio.log_mel(np.zeros(8000)).shape


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (_file(np.zeros(0), 8000, "WAV", "PCM_16"), "holds no sound"),
        (_file(np.zeros(8000), 8000, "WAV", "PCM_16"), "is silent. Check the microphone"),
        (_file(np.full(8000, 0.5), 8000, "WAV", "PCM_16"), "is silent"),
        (_file(np.ones(40 * 8000) * 0.1, 8000, "WAV", "PCM_16"), "40 seconds long, and at most 30"),
        (b"\0\0\0\x20ftypM4A \0\0\0\0", "is an AAC recording"),
        (b"\x1aE\xdf\xa3" + bytes(60), "is a WebM file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(60), "is a picture"),
        (b"hello, this is a text", "is not a sound that can be read. Save it as WAV"),
        (_file(_voice(8000), 8000, "WAV", "PCM_16")[:30], "damaged or cut off"),
    ],
    ids=range(10),
)
def test_what_is_no_recording_gets_one_line(content, words) -> None:
    with pytest.raises(ValueError, match=words) as raised:
        read_recording(content)
    assert "\n" not in str(raised.value)


def test_a_header_that_promises_too_much_is_harmless() -> None:
    """A recorder that was switched off leaves a length of 4 GB."""
    whole = bytearray(_file(_voice(8000), 8000, "WAV", "PCM_16"))
    place = whole.index(b"data") + 4
    whole[place : place + 4] = struct.pack("<I", 0xFFFFFFFF)
    assert audio.pitch(read_recording(bytes(whole)).waveform) == pytest.approx(PITCH, rel=0.02)


def test_paths_the_home_folder_and_open_files(tmp_path, monkeypatch) -> None:
    path = tmp_path / "seven.wav"
    path.write_bytes(_file(_voice(8000), 8000, "WAV", "PCM_16"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    sources: list[Any] = [path, str(path), "~/seven.wav", path.read_bytes()]
    with path.open("rb") as file:
        lengths = {len(read_recording(source).waveform) for source in [*sources, file]}
        assert not file.closed
    assert len(lengths) == 1
    with pytest.raises(ValueError, match=r"There is no file .*eight\.wav"):
        data.read_recording(tmp_path / "eight.wav")
    with pytest.raises(ValueError, match=r"A recording must be a path.*Received: ndarray"):
        data.read_recording(np.zeros(8000))


@pytest.mark.skipif(not FAILING.is_dir(), reason="needs ../shared/failing")
def test_the_sounds_that_failed() -> None:
    with pytest.raises(ValueError, match=r"empty\.wav holds no sound"):
        read_recording(Path(FAILING / "empty.wav"))
    for name, seconds in (("stereo44k_int16.wav", 1.0), ("uint8_8k.wav", 1.0)):
        recording = read_recording(FAILING / name)
        assert recording.rate == 8000
        assert 0.1 < recording.seconds <= seconds + 0.01
