"""Generating digits: each measure on cases whose answer is known, each generator's parts against what they claim."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.spatial.distance import cdist, pdist

from workbook import data
from workbook.data import bundled
from workbook.vision_tasks import diffusion, generation, generators, vae
from workbook.vision_tasks.generation import Digits


@pytest.fixture(scope="module")
def known() -> Digits:
    """The first 40 of each digit that the generators learn from."""
    return generation.first_of_each(generation.digits("generator"), 40)


@pytest.fixture(scope="module")
def unseen() -> Digits:
    return generation.first_of_each(generation.digits("unseen"), 20)


@pytest.fixture
def fresh() -> Iterator[None]:
    import keras

    keras.backend.clear_session()
    keras.utils.set_random_seed(3)
    yield
    keras.backend.clear_session()


# Data -----------------------------------------------------------------------------------------------------------


def test_the_parts_of_mnist_have_nothing_in_common() -> None:
    rows = np.concatenate([np.arange(60_000)[part] for part in generation.PARTS.values()])
    assert np.array_equal(np.sort(rows), np.arange(60_000))
    mnist = data.load("mnist")
    assert np.array_equal(generation.digits("judge").images[0], mnist.x_train[30_000])
    assert len(generation.digits("generator").labels) == 30_000
    assert np.array_equal(generation.digits("test").images, mnist.x_test)
    with pytest.raises(ValueError, match="Received: part='all'"):
        generation.digits("all")


def test_labels_and_bytes() -> None:
    assert generation.all_digits(2).tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9]
    assert generation.one_hot(np.array([2, 0])).tolist() == [[0, 0, 1] + 7 * [0], [1] + 9 * [0]]
    assert generation.as_images(np.array([-0.5, 0, 0.5, 1, 7])).tolist() == [0, 0, 128, 255, 255]


def test_first_of_each_is_sorted_and_keeps_pairs(known: Digits) -> None:
    everything = generation.digits("generator")
    assert np.array_equal(known.labels, generation.all_digits(40))
    fours = everything.images[everything.labels == 4]
    assert np.array_equal(known.images[known.labels == 4], fours[:40])


# Measures -------------------------------------------------------------------------------------------------------


def test_distances_are_scipys(known: Digits, unseen: Digits) -> None:
    one, other = (some.images[:30].reshape(30, -1) / 255 for some in (known, unseen))
    assert np.allclose(
        generation.distances(known.images[:30], unseen.images[:30]), cdist(one, other), atol=1e-3
    )


def test_spread_is_the_mean_over_pairs_of_the_same_digit(known: Digits) -> None:
    flat = known.images.reshape(10, 40, -1) / 255
    assert generation.spread(known) == pytest.approx(
        np.mean([pdist(digit).mean() for digit in flat]), rel=1e-4
    )
    with pytest.raises(ValueError, match="Received: 1 of digit 0"):
        generation.spread(Digits(known.images[:1], known.labels[:1]))


def test_diversity_of_known_cases(known: Digits, unseen: Digits) -> None:
    same = Digits(np.repeat(known.images[::40], 40, axis=0), known.labels)
    faint = Digits(known.images // 2, known.labels)
    noise = np.random.default_rng(0).integers(0, 256, known.images.shape).astype(np.uint8)
    assert generation.diversity(same, known) == pytest.approx(0, abs=1e-3)
    assert generation.diversity(known, known) == 1
    assert generation.diversity(unseen, known) == pytest.approx(1, abs=0.05)
    assert generation.diversity(faint, known) == pytest.approx(0.5, abs=0.01)
    assert generation.diversity(Digits(noise, known.labels), known) > 1  # noise differs, too


def test_nearest_finds_what_was_hidden(known: Digits) -> None:
    rows = np.random.default_rng(1).permutation(400)[:300]  # more than are compared at once
    found, away = generation.nearest(known.images[rows], known.images)
    assert np.array_equal(found, rows)
    assert away.max() < 0.02


def test_distinct_share_of_known_cases(known: Digits) -> None:
    def share(images: np.ndarray) -> float:
        return generation.distinct_share(generation.nearest(images, known.images)[0])

    assert share(known.images) == 1
    assert share(np.repeat(known.images[:1], 50, axis=0)) == 1 / 50
    assert share(known.images[[3, 7] * 25]) == 2 / 50


def test_novelty_of_known_cases(known: Digits, unseen: Digits) -> None:
    copies, real = (
        generation.nearest(images, known.images)[1] for images in (known.images[:50], unseen.images)
    )
    assert generation.novelty(copies, real) < 0.005
    assert generation.novelty(real, real) == 1


def test_the_share_that_is_read_as_wanted() -> None:
    wanted = np.array([3, 3, 8, 1])
    answers = generation.one_hot(np.array([3, 8, 8, 1]))
    judge: Any = SimpleNamespace(predict=lambda images, **_: answers)
    assert generation.read_share(judge, np.zeros((4, 28, 28, 1), np.uint8), wanted) == 0.75


def test_all_figures_of_real_digits_and_of_copies(unseen: Digits) -> None:
    judge: Any = SimpleNamespace(predict=lambda images, **_: generation.one_hot(unseen.labels))
    real = generation.figures(judge, unseen)
    assert real["score"] == real["diversity"] == real["novelty"] == 1
    assert 0.8 < real["distinct"] <= 1
    copies = generation.figures(judge, generation.first_of_each(generation.digits("generator"), 20))
    assert copies["novelty"] < 0.005
    assert copies["distinct"] == 1


# The autoencoder ------------------------------------------------------------------------------------------------


def test_the_cloud_loss_is_the_divergence_from_the_normal_distribution() -> None:
    from scipy.integrate import quad
    from scipy.stats import norm

    mean, deviation = 0.7, 0.4
    p = norm(mean, deviation)
    expected = quad(lambda z: p.pdf(z) * (p.logpdf(z) - norm.logpdf(z)), -4, 4)[0]
    # The second code is normal already.
    cloud = np.array([[[mean, 0.0], [2 * np.log(deviation), 0.0]]], np.float32)
    assert float(vae.cloud_loss(None, cloud)[0]) == pytest.approx(expected, rel=1e-4)


def test_the_picture_loss_is_a_sum_over_pixels() -> None:
    true, answer = np.full((2, 28, 28, 1), 0.25, np.float32), np.full((2, 28, 28, 1), 0.5, np.float32)
    assert np.allclose(vae.picture_loss(true, answer), 784 * np.log(2), rtol=1e-5)


@pytest.mark.usefixtures("fresh")
def test_the_two_halves_join() -> None:
    pair = vae.Vae(vae.encoder(6), vae.decoder(6))
    model = vae.autoencoder(pair.encoder, pair.decoder)
    some = Digits(np.zeros((3, 28, 28, 1), np.uint8), np.array([1, 2, 3]))
    inputs, asked = next(vae.batches(some, vae.VaeTraining(batch_size=4, codes=6), 0))
    found = model.predict(inputs, verbose=0)
    assert {name: value.shape for name, value in found.items()} == {k: v.shape for k, v in asked.items()}
    assert vae.parameters(pair) == model.count_params() < 700_000
    mean, log_variance = found["cloud"][:, 0], found["cloud"][:, 1]
    code = mean + np.exp(log_variance / 2) * inputs["noise"]
    again = pair.decoder.predict([code, inputs["digit"]], verbose=0)
    assert np.allclose(again, found["image"], atol=1e-5)


@pytest.mark.usefixtures("fresh")
def test_samples_depend_on_seed_and_width() -> None:
    pair, wanted = vae.Vae(vae.encoder(4), vae.decoder(4)), np.arange(10)
    first, again, other = (vae.sample(pair, wanted, seed=seed) for seed in (1, 1, 2))
    assert first.shape == (10, 28, 28, 1)
    assert first.dtype == np.uint8
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    middle = vae.decode(pair, np.zeros((10, 4), np.float32), wanted)
    assert np.array_equal(vae.sample(pair, wanted, seed=1, width=0.0), middle)


# Diffusion ------------------------------------------------------------------------------------------------------


class Sure:
    """A denoiser that knows the one picture there is."""

    def __init__(self, picture: np.ndarray) -> None:
        self.picture = picture

    def predict(self, inputs: dict[str, np.ndarray], **_: Any) -> np.ndarray:
        return np.repeat(self.picture, len(inputs["noisy"]), axis=0)


def test_mixing_begins_at_the_picture_and_ends_at_the_noise() -> None:
    pictures, noise = np.ones((3, 28, 28, 1)), np.full((3, 28, 28, 1), -3.0)
    found = diffusion.mix(pictures, noise, np.array([[0.0], [0.25], [1.0]]))
    assert [float(one.mean()) for one in found] == [1, 0, -3]


@pytest.mark.parametrize("steps", [1, 7, 20])
def test_a_sure_guess_is_walked_to_in_a_straight_line(known: Digits, steps: int) -> None:
    picture = known.images[:1].astype(np.float32) / 127.5 - 1
    model: Any = Sure(picture)
    places = [place for place, _ in diffusion.walk(model, np.zeros(4, int), seed=5, steps=steps)]
    noise = np.random.default_rng(5).standard_normal((4, 28, 28, 1), dtype=np.float32)
    for number, place in enumerate(places, 1):
        assert np.allclose(
            place, diffusion.mix(picture, noise, np.full((4, 1), 1 - number / steps)), atol=1e-4
        )
    drawn = diffusion.sample(model, np.zeros(4, int), seed=5, steps=steps)
    assert np.array_equal(drawn, np.repeat(known.images[:1], 4, axis=0))


def test_batches_ask_for_the_clean_pictures(known: Digits) -> None:
    recipe = diffusion.DiffusionTraining(batch_size=200, blind=0.25)
    inputs, pictures = next(diffusion.batches(known, recipe, 3))
    share = inputs["time"][:, :, None, None]
    late = inputs["time"][:, 0] > 0.1
    noise = (inputs["noisy"] - diffusion.mix(pictures, np.zeros(1), inputs["time"]))[late] / share[late]
    assert abs(noise.mean()) < 0.02
    assert noise.std() == pytest.approx(1, abs=0.02)
    found, away = generation.nearest(generation.as_images((pictures + 1) / 2), known.images)
    assert away.max() < 0.02
    told = inputs["digit"].sum(axis=1) == 1
    assert 0.15 < 1 - told.mean() < 0.35
    assert np.array_equal(inputs["digit"][told], generation.one_hot(known.labels[found])[told])
    again, _ = next(diffusion.batches(known, recipe, 3))
    assert np.array_equal(again["noisy"], inputs["noisy"])


def test_guidance_goes_beyond_what_the_digit_adds() -> None:
    class Told:
        def predict(self, inputs: dict[str, np.ndarray], **_: Any) -> np.ndarray:
            return (
                np.where(inputs["digit"].sum(axis=1)[:, None, None, None] > 0, 3.0, 1.0) + 0 * inputs["noisy"]
            )

    model: Any = Told()
    x, time = np.zeros((2, 28, 28, 1), np.float32), np.ones((2, 1), np.float32)
    for guidance, expected in ((0.0, 1.0), (1.0, 3.0), (2.5, 6.0)):
        assert np.all(diffusion.guess(model, x, time, np.array([1, 2]), guidance=guidance) == expected)


@pytest.mark.usefixtures("fresh")
def test_the_denoiser_heeds_time_and_digit(known: Digits) -> None:
    model = diffusion.denoiser()
    inputs, asked = next(diffusion.batches(known, diffusion.DiffusionTraining(batch_size=8), 0))
    found = model.predict(inputs, verbose=0)
    assert found.shape == asked.shape
    assert diffusion.parameters(model) < 1_100_000
    for name, other in (("time", 1 - inputs["time"]), ("digit", inputs["digit"][:, ::-1])):
        assert np.abs(model.predict(inputs | {name: other}, verbose=0) - found).max() > 1e-3


# What is stored -------------------------------------------------------------------------------------------------


@pytest.mark.claims
@pytest.mark.usefixtures("fresh")
def test_the_script_stores_figures_and_pictures(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from workbook.course.makers import generation_runs

    monkeypatch.setattr(generation, "A_DIGIT", 2)
    monkeypatch.setattr(generation, "train_judge", generation.judge)
    monkeypatch.setattr(vae, "train", lambda examples, *, seed: vae.Vae(vae.encoder(3), vae.decoder(3)))
    monkeypatch.setattr(diffusion, "train", lambda examples, *, seed: diffusion.denoiser())
    monkeypatch.setattr(generation_runs, "SEEDS", (1,))
    generation_runs.write(tmp_path)
    with np.load(tmp_path / "generation.npz") as stored:
        shapes = {name: (stored[name].shape, stored[name].dtype) for name in stored.files}
    assert shapes.pop("times") == ((6,), np.float64)
    grids = ("vae", "diffusion", "neighbours")
    assert shapes == dict.fromkeys(grids, ((10, 10, 28, 28), np.uint8)) | dict.fromkeys(
        ("places", "guesses"), ((10, 6, 28, 28), np.uint8)
    )
    figures = json.loads((tmp_path / "generation.json").read_text(encoding="utf-8"))
    assert [row["task"] for row in figures["runs"]] == ["generation, VAE", "generation, diffusion"]
    assert {"score", "diversity", "distinct", "novelty"} < set(figures["runs"][0])
    assert len(figures["dials"]) == len(generation_runs.WIDTHS) + len(generation_runs.GUIDANCES)
    assert figures["compared"][1]["novelty"] < 0.02
    assert figures["hardware"]
    assert figures["date"]


def test_the_stored_figures_reach_what_the_chapter_says() -> None:
    stored = json.loads(bundled.bundled_file("results/generation.json").read_text(encoding="utf-8"))
    assert stored["seeds"] == [1, 2, 3]
    assert stored["judge_test_accuracy"] > 0.975
    for task in ("generation, VAE", "generation, diffusion"):
        rows = [row for row in stored["runs"] if row["task"] == task]
        assert [row["seed"] for row in rows] == [1, 2, 3]
        assert np.mean([row["score"] for row in rows]) >= 0.85
        assert all(row["diversity"] > 0.4 and row["novelty"] > 0.9 for row in rows)
    real, copies = stored["compared"]
    assert real["score"] > 0.97
    assert real["diversity"] == real["novelty"] == 1
    assert copies["novelty"] < 0.01


def test_the_stored_dials_trade_quality_for_diversity() -> None:
    stored = json.loads(bundled.bundled_file("results/generation.json").read_text(encoding="utf-8"))
    for generator, dial, sign in (("VAE", "width", 1), ("diffusion", "guidance", -1)):
        rows = sorted(
            (row for row in stored["dials"] if row["generator"] == generator), key=lambda r: sign * r[dial]
        )
        diversity = [row["diversity"] for row in rows]
        assert diversity == sorted(diversity)
        assert rows[0]["score"] > rows[-1]["score"]


def test_the_stored_samples_are_no_copies() -> None:
    with np.load(bundled.bundled_file("results/generation.npz")) as stored:
        drawn, neighbours = stored["diffusion"], stored["neighbours"]
        assert np.array_equal(stored["places"][:, -1], stored["guesses"][:, -1])  # the walk ends at its guess
    away = np.diag(generation.distances(drawn.reshape(100, -1), neighbours.reshape(100, -1)))
    assert away.min() > 1.5


@pytest.fixture(scope="module")
def judge() -> Any:
    return generation.train_judge()


@pytest.mark.claims
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("generator", [vae, diffusion], ids=["vae", "diffusion"])
def test_generators_draw_what_is_wanted(generator: ModuleType, seed: int, judge: Any) -> None:
    _, row = generators.run(generator, judge, seed)
    assert row["score"] > 0.83
    assert row["diversity"] > 0.45
    assert row["distinct"] > 0.65
    assert row["novelty"] > 0.9
