"""Chapter 16's claims: what its pipelines yield, what its networks reach, and that two devices learn what one does."""

import json
import subprocess
import sys

import numpy as np
import pytest

from tests import ROOT, harness
from workbook import roofline, training
from workbook.exercises import find

CHAPTER = "16_training_at_scale"
NAMED = (
    "pipelines",
    "images-a-second",
    "policies",
    "batch-sizes",
    "batch-runs",
    "digits-network",
    "digits-run",
    "rehearsal",
    "devices",
)
BEGINNINGS = ("crops = ", "def network", "def compiled", "def crop_and_flip", "def gradient")
SEEDS = (1, 2, 3)


@pytest.fixture(scope="module")
def names() -> dict:
    """Run the chapter's own cells: the set-up, the data, the networks and the functions that train them."""
    return harness.run_chapter(CHAPTER, harness.named(*NAMED, starts=BEGINNINGS))


@pytest.fixture(scope="module")
def prose() -> str:
    return harness.prose(CHAPTER)


def test_the_chapter_shows_the_network_of_the_recipe(names: dict) -> None:
    from workbook.training.recipes import mnist

    shown, trained = names["digits_network"](), mnist.network()
    for layer, trained_layer in zip(shown.layers, trained.layers, strict=True):
        assert type(layer) is type(trained_layer)
        assert {**layer.get_config(), "name": ""} == {**trained_layer.get_config(), "name": ""}


def _is_a_crop(crop: np.ndarray, image: np.ndarray) -> bool:
    """Return whether a crop, or its mirror image, is a window of the image padded by two mirrored pixels."""
    padded = np.pad(image, ((2, 2), (2, 2), (0, 0)), mode="reflect")
    windows = (padded[y : y + 32, x : x + 32] for y in range(5) for x in range(5))
    return any(np.array_equal(view, window) for window in windows for view in (crop, crop[:, ::-1]))


def test_all_pipelines_yield_the_same_kind_of_crop(names: dict) -> None:
    images = names["images"][:12]
    one_by_one = [names["crop_and_flip"](image, 0)[0] for image in images]
    together = names["crop_and_flip_all"](images, np.zeros(12))[0]
    course = names["data"].batches(
        images, batch_size=12, shuffle=False, augment=[names["augment"].shift(2), names["augment"].flip()]
    )[0][0]
    for crops in (one_by_one, together, course):
        stacked = np.asarray(crops)
        assert stacked.dtype == np.uint8
        assert all(_is_a_crop(crop, image) for crop, image in zip(stacked, images, strict=True))
        assert not np.array_equal(stacked, images)


def test_every_pipeline_yields_every_image_once(names: dict) -> None:
    pipelines = names["pipelines"]()
    assert len(pipelines) == 3
    for batches in pipelines.values():
        labels = np.concatenate([np.asarray(batch_labels) for _, batch_labels in batches])
        assert np.array_equal(np.bincount(labels), np.bincount(names["labels"]))


def test_whole_batches_are_loaded_faster_than_single_images(names: dict) -> None:
    rates = {name: names["images_a_second"](batches) for name, batches in names["pipelines"]().items()}
    assert rates["one map per batch"] > 1.5 * rates["one map per image"]
    assert rates["data.batches"] > 5 * rates["one map per image"]


def test_the_solution_to_16_4_is_the_packages_own_schedule() -> None:
    larger_batch = harness.answer(find("16.4"), harness.solution_source(find("16.4")))
    for step in range(0, 125, 3):
        steps, rate = larger_batch(step, 50_000, 100, 0.1, 4)
        assert steps == 125
        assert rate == pytest.approx(float(training.Triangular(0.4, 125)(step)), abs=1e-7)


def test_the_solution_to_16_2_is_the_packages_own_roofline(names: dict) -> None:
    attainable = harness.answer(find("16.2"), harness.solution_source(find("16.2")))
    machine = roofline.Machine(70e9, 15e9)
    for work in roofline.works(names["network"](), batch_size=200):
        speed, bound = attainable(work.operations / 2, work.moved / 4, machine.peak, machine.bandwidth)
        assert speed == pytest.approx(machine.attainable(work.intensity))
        assert bound == ("memory" if work.intensity < machine.ridge else "compute")


def test_the_gradient_by_hand_is_the_slope_of_the_loss(names: dict) -> None:
    rng = np.random.default_rng(3)
    weights, pixels, truth = rng.normal(size=(7, 10)), rng.random((5, 7)), rng.integers(0, 10, 5)

    def loss(weights: np.ndarray) -> float:
        scores = pixels @ weights
        return float(np.mean(np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(5), truth]))

    gradient = names["gradient"](weights, pixels, truth)
    for place in ((0, 0), (3, int(truth[0])), (6, 9)):
        nudge = np.zeros((7, 10))
        nudge[place] = 1e-6
        assert gradient[place] == pytest.approx(
            (loss(weights + nudge) - loss(weights - nudge)) / 2e-6, abs=1e-7
        )


def test_keras_scales_the_loss_as_the_text_says(names: dict, prose: str) -> None:
    optimizer = names["with_policy"]("mixed_float16").optimizer
    assert type(optimizer).__name__ == "LossScaleOptimizer"
    assert "it starts at 32,768" in prose
    assert optimizer.initial_scale == 32_768
    assert "after 2,000 good steps" in prose
    assert optimizer.dynamic_growth_steps == 2_000
    assert type(names["with_policy"]("mixed_bfloat16").optimizer).__name__ == "SGD"
    assert names["keras"].config.dtype_policy().name == "float32"


def test_without_a_gpu_keras_leaves_xla_off(names: dict) -> None:
    if not roofline.on_gpu():
        assert names["compiled"](names["network"]()).jit_compile is False


def test_the_summary_names_every_exercises_formula(prose: str) -> None:
    table = prose.split("## Formulae")[1]
    for text in (
        r"\max(\text{load} / \text{workers},\; \text{step})",
        r"\min(\text{peak},\; I",
        r"\text{float16}(s",
        r"\text{steps} / k",
        r"\sum_d n_d",
        r"\bigl(\mathrm{mean}_d \mu_d\bigr)^2",
    ):
        assert text in table


@pytest.mark.claims
@pytest.mark.parametrize("seed", SEEDS)
def test_a_larger_batch_needs_a_larger_rate(names: dict, seed: int) -> None:
    reached = []
    for batch_size, rate in names["runs"].values():
        names["keras"].utils.set_random_seed(seed)
        reached.append(names["accuracy_with"](batch_size, rate))
    print(f"seed {seed}:", [f"{100 * accuracy:.1f} %" for accuracy in reached])
    base, same, linear, warm, huge = reached
    assert base - same >= 0.10
    assert base - linear <= 0.05
    assert base - warm <= 0.02
    assert huge < 0.5


@pytest.mark.claims
@pytest.mark.parametrize("seed", SEEDS)
def test_a_quarter_of_an_epoch_classifies_96_5_percent(names: dict, seed: int) -> None:
    model, mnist = names["train_digits"](15_000, seed=seed), names["mnist"]
    predicted = model.predict(mnist.x_test, batch_size=500, verbose=0).argmax(axis=1)
    accuracy = float(np.mean(predicted == mnist.y_test))
    print(f"seed {seed}: {100 * accuracy:.2f} %")
    assert accuracy >= 0.965


@pytest.mark.claims
@pytest.mark.parametrize("seed", SEEDS)
def test_the_rehearsal_learns(names: dict, seed: int) -> None:
    losses, seconds = names["rehearse"](seed=seed)
    print(f"seed {seed}: {losses}")
    assert losses[1] < min(losses[0], np.log(10))
    assert seconds > 0


TWO_DEVICES = """
import json, numpy as np
from tests import harness
from tests.chapters.test_16_training_at_scale import BEGINNINGS, CHAPTER, NAMED
names = harness.run_chapter(CHAPTER, harness.named(*NAMED, "two-devices", starts=BEGINNINGS))
print("LOSSES" + json.dumps({name: list(map(float, losses)) for name, losses in names["found"].items()}))
"""


@pytest.mark.claims
def test_two_devices_learn_the_same_as_one() -> None:
    """Run the chapter's own cell in a fresh process: devices can be split only before anything is computed."""
    done = subprocess.run(
        [sys.executable, "-c", TWO_DEVICES], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    losses = {name: np.array(values) for name, values in json.loads(done.stdout.split("LOSSES")[1]).items()}
    assert len(losses["one device"]) == 5
    assert np.abs(losses["two, exchanged"] - losses["one device"]).max() < 1e-3
    alone = np.abs(losses["two, statistics of each"] - losses["one device"])
    assert 1e-3 < alone.max() < 0.1
