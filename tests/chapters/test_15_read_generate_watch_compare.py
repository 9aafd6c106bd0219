"""Chapter 15's claims: the small ones at once, the trained ones as bands over seeds that the chapter does not use."""

from statistics import mean

import keras
import numpy as np
import pytest

from tests import harness
from workbook.exercises import all_exercises
from workbook.vision_tasks import embedding, reading, video

CHAPTER = "15_read_generate_watch_compare"
SEEDS = 4, 5, 6
REFERENCES = {exercise.id: exercise.reference for exercise in all_exercises()}


def _names(seed: int = 1, *, trained: bool = False) -> dict:
    """Run the chapter's own code cells, without exercises and checks; cells that train only if `trained`."""
    after = {"setup": {"SEED": seed}}
    return harness.run_chapter(CHAPTER, harness.demonstrations(trained=trained), after=after)


@pytest.fixture(scope="module")
def names() -> dict:
    return _names()


def test_exercises_and_package_do_the_same() -> None:
    rng = np.random.default_rng(1)
    for path in rng.integers(0, 4, (20, 8)):
        assert REFERENCES["15.1"](path.tolist()) == reading.collapse(path)
    grid = rng.dirichlet(np.ones(4), 5)
    for text in ("", "1", "00", "201"):
        expected = reading.string_probability(grid, text)
        assert REFERENCES["15.2"](grid, text) == pytest.approx(expected)
    vectors, labels = rng.normal(0, 1, (30, 3)), rng.integers(0, 3, 30)
    assert REFERENCES["15.6"](vectors, labels) == embedding.recall_at(vectors, labels)


def test_exercise_and_package_draw_the_same_cloud() -> None:
    from workbook.vision_tasks import vae

    means, log_variance, noise = np.random.default_rng(2).normal(0, 1, (3, 5, 4)).astype(np.float32)
    clouds = np.stack([means, log_variance], axis=1)
    _, divergence = REFERENCES["15.3"](means, log_variance, noise)
    assert np.asarray(vae.cloud_loss(None, clouds)) == pytest.approx(divergence, rel=1e-5)


def test_exercise_and_package_add_the_same_noise() -> None:
    from workbook.vision_tasks import diffusion

    pictures, noise, guess = np.random.default_rng(3).normal(0, 1, (3, 4, 28, 28))
    time = np.array([0.0, 0.3, 0.6, 1.0])
    noisy, _ = REFERENCES["15.4"](pictures, noise, time, guess, 4)
    mixed = diffusion.mix(pictures[..., None], noise[..., None], time[:, None])
    assert noisy == pytest.approx(mixed[..., 0])
    assert noisy[0] == pytest.approx(pictures[0])
    assert noisy[3] == pytest.approx(noise[3])


@pytest.mark.parametrize(("channels", "filters", "side", "span"), [(1, 16, 5, 3), (8, 6, 3, 5)])
def test_keras_counts_the_same_parameters(channels: int, filters: int, side: int, span: int) -> None:
    inputs = keras.Input((6, 12, 12, channels))
    joint = keras.layers.Conv3D(filters, (span, side, side))
    space, time = keras.layers.Conv3D(filters, (1, side, side)), keras.layers.Conv3D(filters, (span, 1, 1))
    joint(inputs)
    time(space(inputs))
    counts = joint.count_params(), space.count_params() + time.count_params()
    assert REFERENCES["15.5"](channels, filters, side, span) == counts


def test_a_clip_and_its_reverse_have_the_same_mean(names: dict) -> None:
    clips = names["unseen_clips"]
    assert np.array_equal(video.mean_frames(clips.frames), video.mean_frames(clips.backwards().frames))
    assert np.all(clips.motions != clips.backwards().motions)


def test_pixels_are_a_poor_distance(names: dict) -> None:
    assert embedding.recall_at(names["pixels"], names["views"].labels) < 0.75


def test_training_and_search_share_no_class() -> None:
    assert not set(embedding.KNOWN) & set(embedding.NEW)
    assert set(embedding.unseen_views(200).labels.tolist()) <= set(embedding.NEW)


@pytest.fixture(scope="module")
def trained() -> list[dict]:
    return [_names(seed, trained=True) for seed in SEEDS]


@pytest.mark.claims
def test_strings_are_read(trained: list[dict]) -> None:
    scores = [reading.sequence_accuracy(names["texts"], names["unseen"].texts) for names in trained]
    print("sequence accuracy:", np.round(scores, 3))
    assert min(scores) > 0.65


@pytest.mark.claims
def test_only_kernels_in_time_know_the_direction(trained: list[dict]) -> None:
    for names in trained:
        clips, forwards, backwards = names["unseen_clips"], names["found"], names["backwards"]
        reversed_motions = clips.backwards().motions
        right = {
            kind: np.mean(np.r_[forwards[kind][1] == clips.motions, backwards[kind][1] == reversed_motions])
            for kind in forwards
        }
        print("motion:", right)
        assert np.array_equal(forwards["mean frame"][1], backwards["mean frame"][1])
        assert right["mean frame"] <= 0.5
        assert right["separable"] > 0.9


@pytest.mark.claims
def test_neighbours_of_new_classes_are_found(trained: list[dict]) -> None:
    views = trained[0]["views"]
    scores = [embedding.recall_at(names["vectors"], views.labels) for names in trained]
    pixels = embedding.recall_at(trained[0]["pixels"], views.labels)
    print("recall at 1:", np.round(scores, 3), "pixels:", round(pixels, 3))
    assert min(scores) > 0.75
    assert mean(scores) > pixels + 0.1
