"""Sound as arrays, against Keras, TensorFlow, SciPy, and the formulas written out."""

import wave
from io import BytesIO

import numpy as np
import pytest

from workbook import audio
from workbook.data import standins


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(12)


@pytest.fixture(scope="module")
def voices() -> np.ndarray:
    return standins.synthetic_speech().x_test


@pytest.mark.parametrize(
    ("samples", "length", "hop"), [(8000, 256, 128), (100, 30, 7), (64, 64, 1), (65, 64, 100)]
)
def test_frames_are_slices_of_the_waveform(rng, samples, length, hop):
    waveform = rng.normal(size=samples)
    expected = [waveform[start : start + length] for start in range(0, samples - length + 1, hop)]
    np.testing.assert_array_equal(audio.frames(waveform, length, hop), expected)
    assert len(expected) == (samples - length) // hop + 1


def test_frames_of_many_waveforms(rng):
    waveforms = rng.normal(size=(2, 3, 50))
    assert audio.frames(waveforms, 10, 4).shape == (2, 3, 11, 10)
    np.testing.assert_array_equal(audio.frames(waveforms, 10, 4)[1, 2, 3], waveforms[1, 2, 12:22])


@pytest.mark.parametrize(
    ("length", "hop", "words"),
    [
        (9, 2, "at least frame_length=9"),
        (4, 0, "hop=0"),
        (0, 2, "frame_length=0"),
        (-3, 2, "frame_length=-3"),
    ],
)
def test_impossible_frames_raise_an_error(length, hop, words):
    with pytest.raises(ValueError, match=words):
        audio.frames(np.zeros(8), length, hop)


def test_the_window_is_scipys():
    signal = pytest.importorskip("scipy.signal")
    for length in (2, 7, 256):
        np.testing.assert_allclose(audio.hann(length), signal.get_window("hann", length), atol=1e-12)


@pytest.mark.parametrize(("length", "hop"), [(256, 128), (200, 50), (64, 100)])
def test_the_stft_is_kerass(rng, length, hop):
    keras = pytest.importorskip("keras")
    waveforms = rng.normal(size=(2, 1000)).astype("float32")
    real, imaginary = keras.ops.stft(waveforms, length, hop, length, center=False)
    ours = audio.stft(waveforms, length, hop)
    np.testing.assert_allclose(ours.real, real, atol=2e-4)
    np.testing.assert_allclose(ours.imag, imaginary, atol=2e-4)


def test_the_stft_is_scipys(rng):
    signal = pytest.importorskip("scipy.signal")
    waveform = rng.normal(size=2000)
    window = signal.get_window("hann", 128)
    _, _, theirs = signal.stft(waveform, window=window, nperseg=128, noverlap=96, boundary=None, padded=False)
    np.testing.assert_allclose(audio.stft(waveform, 128, 32).T / window.sum(), theirs, atol=1e-10)


def test_a_tone_is_in_its_bin():
    tone = np.cos(2 * np.pi * 1000 * np.arange(8000) / 8000)
    magnitude = np.abs(audio.stft(tone))  # (frames, 129)
    assert set(magnitude.argmax(axis=-1)) == {32}  # 1000 Hz · 256 / 8000 Hz
    np.testing.assert_allclose(magnitude.max(axis=-1), audio.hann(256).sum() / 2)


def test_the_inverse_undoes_the_stft(rng):
    waveform = rng.normal(size=1100)
    for length, hop in ((128, 32), (200, 100), (64, 16)):
        back = audio.istft(audio.stft(waveform, length, hop), length, hop)
        inside = slice(length, len(back) - length)
        np.testing.assert_allclose(back[inside], waveform[inside], atol=1e-9)


def test_the_inverse_refuses_another_shape(rng):
    with pytest.raises(ValueError, match=r"\(frames, 129\). Received: shape \(61, 128\)"):
        audio.istft(np.zeros((61, 128)))
    with pytest.raises(ValueError, match="Received: shape"):
        audio.istft(np.zeros((2, 61, 129)))


def test_guessed_phases_fit_better_with_every_round(voices):
    wanted = np.abs(audio.stft(voices[0].astype(float)))
    misses = []
    for steps in (0, 3, 30):
        got = np.abs(audio.stft(audio.griffin_lim(wanted, steps=steps)))
        misses.append(np.linalg.norm(got - wanted) / np.linalg.norm(wanted))
    assert misses[0] > misses[1] > misses[2]
    assert misses[2] < 0.25


def test_mel_is_the_formula_and_its_inverse():
    assert audio.hertz_to_mel(0) == 0
    assert audio.hertz_to_mel(700) == pytest.approx(2595 * np.log10(2))
    assert audio.hertz_to_mel(1000) == pytest.approx(1000, abs=0.1)  # how the scale is anchored
    hertz = np.linspace(0, 8000, 50)
    np.testing.assert_allclose(audio.mel_to_hertz(audio.hertz_to_mel(hertz)), hertz, atol=1e-9)


@pytest.mark.parametrize(
    ("length", "bands", "low", "high", "rate"), [(256, 40, 0, 4000, 8000), (512, 23, 60, 7600, 16000)]
)
def test_the_filters_are_tensorflows(length, bands, low, high, rate):
    tf = pytest.importorskip("tensorflow")
    theirs = tf.signal.linear_to_mel_weight_matrix(bands, length // 2 + 1, rate, low, high, dtype=tf.float64)
    ours = audio.mel_filters(length, bands, low=low, high=high, rate=rate)
    # TensorFlow leaves the bin at 0 Hz out of every band; here it is in the first if the band reaches it.
    np.testing.assert_allclose(ours[1:], np.asarray(theirs)[1:], atol=1e-6)


def test_the_filters_are_triangles_that_add_up_to_one():
    filters = audio.mel_filters(1024, 10, low=100, high=3900)
    edges = audio.band_edges(10, 100, 3900)
    hertz = np.fft.rfftfreq(1024, 1 / 8000)
    for band in range(10):
        inside = (hertz > edges[band]) & (hertz < edges[band + 2])
        assert np.array_equal(filters[:, band] > 0, inside)
        mel = [
            2595 * np.log10(1 + frequency / 700) for frequency in (hertz[inside][0], *edges[band : band + 2])
        ]
        assert filters[inside, band][0] == pytest.approx((mel[0] - mel[1]) / (mel[2] - mel[1]))
    between = (hertz > edges[1]) & (hertz < edges[10])
    np.testing.assert_allclose(filters[between].sum(axis=1), 1)


def test_every_band_of_the_chapter_hears_something():
    assert (audio.mel_filters().max(axis=0) > 0.5).all()


def test_edges_are_equally_far_apart_in_mel():
    steps = np.diff(audio.hertz_to_mel(audio.band_edges(7, 50, 3000)))
    np.testing.assert_allclose(steps, steps[0])
    np.testing.assert_allclose(audio.band_edges(7, 50, 3000)[[0, -1]], [50, 3000])


@pytest.mark.parametrize(("low", "high"), [(-1, 4000), (500, 500), (3000, 100)])
def test_impossible_bands_raise_an_error(low, high):
    with pytest.raises(ValueError, match="0 <= low < high"):
        audio.band_edges(5, low, high)


def test_no_band_above_half_the_rate():
    with pytest.raises(ValueError, match=r"4000. Received: high=5000"):
        audio.mel_filters(high=5000)
    with pytest.raises(ValueError, match="Received: bands=0"):
        audio.mel_filters(bands=0)


def test_decibels():
    power = np.array([100.0, 10, 1, 0.5, 1e-9, 0])
    np.testing.assert_allclose(audio.decibel(power), [20, 10, 0, -3.0103, -60, -60], atol=1e-4)
    np.testing.assert_allclose(
        audio.decibel(power, reference=100, floor=-15), [0, -10, -15, -15, -15, -15], atol=1e-9
    )


def test_an_image_is_kerass_mel_spectrogram(voices):
    keras = pytest.importorskip("keras")
    waveform = voices[:3].astype("float32")
    layer = keras.layers.MelSpectrogram(
        fft_length=256, sequence_length=256, sequence_stride=128, sampling_rate=8000, num_mel_bins=40, min_freq=0,
        max_freq=4000, power_to_db=False,
    )  # fmt: skip
    theirs = np.asarray(layer(waveform))  # (3, 40, frames), centred frames: the padding adds one at each end
    energy = (
        np.abs(audio.stft(np.pad(waveform, ((0, 0), (128, 128)), mode="reflect"))) ** 2 @ audio.mel_filters()
    )
    ours = np.swapaxes(energy, 1, 2)
    assert theirs.shape == ours.shape
    np.testing.assert_allclose(ours[:, 1:], theirs[:, 1:], rtol=1e-3, atol=1e-3 * theirs.max())


def test_images_are_zero_to_one_whatever_the_loudness(voices):
    images = audio.log_mel(voices)
    assert images.shape == (len(voices), 40, 61)
    assert images.dtype == np.float32
    np.testing.assert_allclose(images.max(axis=(1, 2)), 1)
    assert images.min() == 0
    np.testing.assert_allclose(audio.log_mel(voices[0] * 0.01), images[0], atol=1e-5)


def test_one_waveform_and_other_sizes(voices):
    assert audio.log_mel(voices[0], 200, 80, 20).shape == (20, 98)


def test_silence_is_black():
    assert not audio.log_mel(np.zeros(8000)).any()


def test_a_higher_tone_is_higher_in_the_image_and_a_later_one_later():
    time = np.arange(8000) / 8000
    low, high = (audio.log_mel(np.sin(2 * np.pi * hertz * time)) for hertz in (400, 1600))
    assert high.sum(axis=1).argmax() > low.sum(axis=1).argmax()
    late = np.where(time > 0.5, np.sin(2 * np.pi * 400 * time), 0)
    assert not audio.log_mel(late)[:, :30].any()
    assert audio.log_mel(late)[:, 33:].any()


def test_the_sound_of_an_image_has_that_image(voices):
    image = audio.log_mel(voices[5])
    again = audio.log_mel(np.pad(audio.sound_of(image), (0, 64)))
    loud = image > 0.6  # the upper 24 decibels
    assert np.abs(again - image)[loud].mean() < 0.06
    assert np.abs(audio.log_mel(voices[6]) - image)[loud].mean() > 0.12  # another clip is further away


def test_shifting_moves_and_fills_with_silence(rng):
    images = rng.random((2, 5, 7))
    moved = audio.shifted(images, bands=2, frames=-3)
    np.testing.assert_array_equal(moved[:, 2:, :4], images[:, :3, 3:])
    assert not moved[:, :2].any()
    assert not moved[:, :, 4:].any()
    np.testing.assert_array_equal(audio.shifted(images), images)
    np.testing.assert_array_equal(audio.shifted(images, bands=-1)[:, :4], images[:, 1:])
    np.testing.assert_array_equal(audio.shifted(images, frames=2)[:, :, 2:], images[:, :, :5])


@pytest.mark.parametrize(("bands", "frames"), [(5, 0), (-9, 1), (0, 7), (0, -8)])
def test_shifting_out_of_the_picture_leaves_silence(rng, bands, frames):
    assert not audio.shifted(rng.random((5, 7)) + 1, bands=bands, frames=frames).any()


@pytest.mark.parametrize("hertz", [80, 101, 150, 220, 333])
def test_the_pitch_of_harmonics_is_the_fundamental(rng, hertz):
    time = np.arange(6000) / 8000
    sound = sum(np.sin(2 * np.pi * hertz * k * time + k) / k for k in range(1, 9))
    assert audio.pitch(1000 * sound + rng.normal(0, 20, 6000)) == pytest.approx(hertz, rel=0.03)


def test_noise_and_silence_have_no_pitch(rng):
    assert np.isnan(audio.pitch(np.zeros(8000)))
    assert np.isnan(audio.pitch(rng.normal(size=8000)))


def test_a_player_holds_the_sound_without_the_silence_after_it():
    sound = np.zeros(8000)
    sound[:400] = np.sin(np.arange(400))
    with wave.open(BytesIO(audio.player(sound).data)) as file:
        assert file.getframerate() == 8000
        assert 390 <= file.getnframes() <= 400
    with wave.open(BytesIO(audio.player(np.zeros(5)).data)) as file:
        assert file.getnframes() == 800
