"""Clips of moving digits: drawn from one seed, true to their labels; what each kind of network can see."""

from collections.abc import Iterator

import numpy as np
import pytest

from workbook import data
from workbook.vision_tasks import video

SPATIAL = ("each frame", "mean frame")


def dots() -> tuple[np.ndarray, np.ndarray]:
    """A bright square in the middle of a digit's frame, as a digit whose centre is known."""
    picture = np.zeros((1, 28, 28), np.uint8)
    picture[0, 10:18, 10:18] = 255
    return picture, np.array([7])


def centres(frames: np.ndarray) -> np.ndarray:
    """Return the centre of mass of each frame: (N, time, 2), y and x."""
    grey = frames[..., 0].astype(float)
    places = np.arange(grey.shape[2])
    total = grey.sum(axis=(2, 3))
    y = (grey.sum(axis=3) * places).sum(axis=2) / total
    return np.stack([y, (grey.sum(axis=2) * places).sum(axis=2) / total], axis=2)


@pytest.fixture(scope="module")
def clips() -> video.Clips:
    return video.unseen_clips(60)


@pytest.fixture(scope="module")
def silent() -> video.Clips:
    return video.make_clips(*dots(), 400, seed=4, noise=0.0)


@pytest.fixture
def fresh() -> Iterator[None]:
    import keras

    keras.backend.clear_session()
    keras.utils.set_random_seed(3)
    yield
    keras.backend.clear_session()


def test_the_same_seed_gives_the_same_clips(clips: video.Clips) -> None:
    mnist = data.load("mnist")
    again = video.unseen_clips(60)
    other = video.make_clips(mnist.x_test, mnist.y_test, 60, seed=video.TEST_SEED + 1)
    assert np.array_equal(clips.frames, again.frames)
    assert np.array_equal(clips.motions, again.motions)
    assert not np.array_equal(clips.frames, other.frames)


def test_shapes_and_kinds(clips: video.Clips) -> None:
    assert clips.frames.shape == (60, 6, 24, 24, 1)
    assert clips.frames.dtype == np.uint8
    assert len(clips) == len(clips.digits) == len(clips.motions) == 60
    assert set(clips.motions) == {0, 1, 2, 3}
    assert set(clips.digits) == set(range(10))


def test_digits_move_as_their_label_says(silent: video.Clips) -> None:
    path = centres(silent.frames)
    travelled = path[:, -1] - path[:, 0]  # (N, 2)
    along = (travelled * video.STEPS[silent.motions]).sum(axis=1)
    across = np.abs(travelled * video.STEPS[silent.motions][:, ::-1]).sum(axis=1)
    assert along.min() >= 4  # .9 pixels per frame, five times, rounded
    assert along.max() <= 8
    assert across.max() < 1e-6


def test_digits_stay_inside_and_keep_their_brightness(silent: video.Clips) -> None:
    ink = silent.frames.sum(axis=(2, 3, 4), dtype=np.int64)  # (N, time): cut-off digits would have less
    assert np.array_equal(ink, np.repeat(ink[:, :1], 6, axis=1))


def test_a_clip_and_its_reverse_are_equally_likely(silent: video.Clips) -> None:
    starts, ends = (centres(silent.frames)[:, frame] for frame in (0, -1))
    for motion in range(4):
        forth, back = silent.motions == motion, silent.motions == (motion + 2) % 4
        assert np.abs(starts[forth].mean(axis=0) - ends[back].mean(axis=0)).max() < 0.6
        assert np.abs(ends[forth].mean(axis=0) - starts[back].mean(axis=0)).max() < 0.6


def test_backwards_is_the_opposite_motion(clips: video.Clips, silent: video.Clips) -> None:
    turned = silent.backwards()
    assert [video.MOTIONS[m] for m in video.reverse(np.arange(4))] == ["left", "up", "right", "down"]
    travelled = centres(turned.frames)[:, -1] - centres(turned.frames)[:, 0]
    assert ((travelled * video.STEPS[turned.motions]).sum(axis=1) > 0).all()
    assert np.array_equal(clips.backwards().backwards().frames, clips.frames)


def test_a_clip_and_its_reverse_have_the_same_mean_frame(clips: video.Clips) -> None:
    """Whatever reads the mean frame gives both the same motion: it is right on at most one of the two."""
    forth, back = video.mean_frames(clips.frames), video.mean_frames(clips.backwards().frames)
    assert np.array_equal(forth, back)
    assert np.allclose(forth, clips.frames.astype(float).mean(axis=1), atol=1e-4)
    assert (clips.motions != clips.backwards().motions).all()


@pytest.mark.parametrize(
    "wrong", [{"count": 0}, {"frames": 1}, {"speeds": (2.0, 1.0)}, {"speeds": (0.9, 3.0)}, {"side": 20}]
)
def test_settings_that_cannot_be_are_refused(wrong: dict) -> None:
    settings = {"count": 2, "seed": 0} | wrong
    with pytest.raises(ValueError, match="Received"):
        video.make_clips(*dots(), **settings)


@pytest.mark.parametrize("kind", video.KINDS)
@pytest.mark.usefixtures("fresh")
def test_networks_give_what_they_promise(kind: str, clips: video.Clips) -> None:
    model = video.network(kind)
    assert {name: tuple(one.shape[1:]) for name, one in model.output.items()} == {
        "digit": (10,),
        "motion": (4,),
    }
    assert model.count_params() < 80_000
    digits, motions = video.read(model, clips.frames[:5])
    assert digits.shape == motions.shape == (5,)


@pytest.mark.usefixtures("fresh")
def test_separable_kernels_need_fewer_parameters_than_joint_ones() -> None:
    def kernels(kind: str) -> int:
        return sum(int(np.prod(w.shape)) for w in video.network(kind).weights if len(w.shape) == 5)

    assert kernels("separable") == 25 * 16 + 9 * 16 * 32 + 9 * 32 * 48 + 3 * (16**2 + 32**2 + 48**2)
    assert kernels("joint") == 3 * (25 * 16 + 9 * 16 * 32 + 9 * 32 * 48)
    assert kernels("each frame") == 25 * 16 + 9 * 16 * 32 + 9 * 32 * 48


@pytest.mark.parametrize("kind", video.KINDS)
@pytest.mark.usefixtures("fresh")
def test_only_kernels_along_time_feel_the_order(kind: str, clips: video.Clips) -> None:
    model = video.network(kind)
    forth, back = (
        model.predict(video.model_inputs(model, frames), verbose=0)["motion"]
        for frames in (clips.frames, clips.backwards().frames)
    )
    assert (np.abs(forth - back).max() < 1e-5) == (kind in SPATIAL)


@pytest.mark.parametrize("kind", SPATIAL)
@pytest.mark.usefixtures("fresh")
def test_without_order_a_clip_or_its_reverse_is_read_wrong(kind: str, clips: video.Clips) -> None:
    """Both get the same answer, and it is right on one of them at most: never above one half over both."""
    model = video.network(kind)
    (_, forth), (_, back) = (video.read(model, way.frames) for way in (clips, clips.backwards()))
    assert np.array_equal(forth, back)
    rights = [video.accuracies(model, way)["motion"] for way in (clips, clips.backwards())]
    assert sum(rights) <= 1
    assert sum(rights) == pytest.approx(video.accuracies(model, clips)["axis"])


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="Received: kind='3-D'"):
        video.network("3-D")


@pytest.mark.claims
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_time_is_needed_for_the_motion_and_not_for_the_digit(seed: int) -> None:
    clips, unseen = video.training_clips(video.QUICK.clips, seed=seed), video.unseen_clips()
    scores = video.accuracies(video.train("separable", clips, seed=seed), unseen)
    assert scores["digit"] > 0.93
    assert scores["motion"] > 0.99
    still = video.train("mean frame", clips, seed=seed)
    scores = video.accuracies(still, unseen)
    assert scores["digit"] > 0.8
    assert scores["axis"] > 0.95
    assert 0.4 < scores["motion"] < 0.6
    assert scores["motion"] + video.accuracies(still, unseen.backwards())["motion"] == pytest.approx(
        scores["axis"]
    )


@pytest.mark.slow
def test_the_rows_for_the_bench_have_all_that_is_asked() -> None:
    rows = video.measure(1, recipe=video.ClipTraining(clips=200, epochs=1))
    assert [row["task"] for row in rows] == ["video, digit", "video, motion"]
    assert all(set(row) == {"task", "score", "parameters", "cpu_seconds"} for row in rows)
    assert all(0 <= row["score"] <= 1 and row["cpu_seconds"] > 0 for row in rows)
