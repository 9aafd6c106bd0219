"""Chapter 05's claims: the small network classifies 99 % of MNIST's test digits correctly, and what the cures gain."""

import json
from typing import Any

import numpy as np
import pytest

from tests import harness
from workbook.course.makers import experiments
from workbook.data.bundled import bundled_file

CHAPTER = "05_first_cnn"


@pytest.fixture(scope="module")
def names() -> dict:
    """Run the chapter's own cells: the set-up, the networks, the training recipe and the data."""
    starts = ("mnist = ", "def large_network", "def with_cure", "def photographed")
    choice = harness.named("separable-network", "train-fast", starts=starts)
    return harness.run_chapter(CHAPTER, choice)


@pytest.fixture(scope="module")
def runs() -> dict[str, list[dict]]:
    """Return the stored runs of each cure, in the order of the seeds."""
    stored = json.loads(bundled_file("results/cures.json").read_text(encoding="utf-8"))
    return {cure: [run for run in stored["runs"] if run["cure"] == cure] for cure in experiments.CURES}


def _stopped(losses: list[float], patience: int = 3) -> int:
    """Return the epoch that early stopping keeps."""
    best = 0
    for epoch, loss in enumerate(losses):
        best = epoch if loss < losses[best] else best
        if epoch - best == patience:
            break
    return best


def test_the_network_has_the_parameters_that_the_text_says(names: dict) -> None:
    assert f"{names['separable_network']().count_params():,} parameters classifies" in harness.prose(CHAPTER)


@pytest.mark.parametrize("options", [{}, {"dropout": 0.5}, {"shift": 0.1}])
def test_the_chapter_shows_the_network_that_the_experiment_trains(names: dict, options: dict) -> None:
    shown, trained = names["large_network"](**options), experiments.large_network(**options)
    for layer, trained_layer in zip(shown.layers, trained.layers, strict=True):
        assert type(layer) is type(trained_layer)
        assert {**layer.get_config(), "name": ""} == {**trained_layer.get_config(), "name": ""}


def test_the_chapter_gives_each_cure_the_settings_of_the_experiment(names: dict) -> None:
    for cure, options in experiments.CURES.items():
        model = names["with_cure"](cure)
        assert model.optimizer.weight_decay == options.get("decay", 0)
        assert float(model.optimizer.learning_rate) == pytest.approx(experiments.CURE_RATE)
        dropouts = [layer.rate for layer in model.layers if isinstance(layer, names["layers"].Dropout)]
        assert set(dropouts) == {options.get("dropout", 0)}
        shifts = [type(layer).__name__ == "RandomTranslation" for layer in model.layers]
        assert any(shifts) == ("shift" in options)


def test_every_cure_has_three_seeds_and_all_epochs(runs: dict) -> None:
    for cure in experiments.CURES:
        assert tuple(run["seed"] for run in runs[cure]) == experiments.CURE_SEEDS
        assert {len(run["val_loss"]) for run in runs[cure]} == {experiments.CURE_EPOCHS}


def test_the_untouched_network_overfits_and_every_cure_lowers_the_loss(runs: dict) -> None:
    for untouched in runs["untouched"]:
        assert untouched["accuracy"][-1] == 1
        assert untouched["val_loss"][-1] > 1.5 * min(untouched["val_loss"])
    for cure in ("dropout", "weight decay", "augmentation"):
        for run, untouched in zip(runs[cure], runs["untouched"], strict=True):
            assert run["val_loss"][-1] < 0.8 * untouched["val_loss"][-1]


def test_what_each_cure_does_to_the_accuracy(runs: dict) -> None:
    ends = {cure: np.array([run["val_accuracy"][-1] for run in runs[cure]]) for cure in runs}
    gains = {cure: ends[cure] - ends["untouched"] for cure in runs}
    bands = {"augmentation": (0.015, 0.045), "dropout": (0, 0.01), "weight decay": (-0.011, 0)}
    for cure, (least, most) in bands.items():
        assert least < gains[cure].min()
        assert gains[cure].max() < most
    assert (gains["augmentation"] > gains["dropout"]).all()


def test_early_stopping_keeps_a_lower_loss_and_a_lower_accuracy(runs: dict) -> None:
    for run in runs["untouched"]:
        epoch = _stopped(run["val_loss"])
        assert run["val_loss"][epoch] < 0.8 * run["val_loss"][-1]
        assert run["val_accuracy"][epoch] < run["val_accuracy"][-1] - 0.01


@pytest.mark.claims
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_separable_network_classifies_99_percent(names: dict, seed: int) -> None:
    names["keras"].utils.set_random_seed(seed)
    model, _ = names["train_fast"](names["separable_network"]())
    predicted = model.predict(names["x_test"], batch_size=500, verbose=0).argmax(axis=1)
    accuracy = float(np.mean(predicted == names["y_test"]))
    print(f"seed {seed}: {100 * accuracy:.2f} %")
    assert accuracy >= 0.99
    kernels = np.asarray(model.get_layer(index=2).kernel)[:, :, 0]  # (5, 5, 24)
    assert _likeness(kernels) > 0.3, "neighbouring weights of the first layer are alike"
    for fall in (0, 0.3, 0.6):
        plain, _, clean = _read_in_light(names, model, fall)
        print(f"light falls by {fall}: {plain:.3f} merely inverted, {clean:.3f} without light and weak ink")
        assert plain < 0.5
        assert clean >= 0.95


def _read_in_light(names: dict, model: Any, fall: float) -> list[float]:
    """Return the share of 500 validation digits that are read in uneven light, in each of the chapter's three ways."""
    ways = names["three_ways"](names["photographed"](names["x_val"][:500], fall))
    answers = [model.predict(digits, batch_size=500, verbose=0).argmax(axis=1) for digits in ways]
    return [float(np.mean(answer == names["y_val"][:500])) for answer in answers]


def _likeness(kernels: np.ndarray) -> float:
    """Return the correlation of neighbouring weights in kernels (height, width, filters); near 0 for random ones."""
    centred = kernels - kernels.mean(axis=(0, 1))
    beside = [np.mean(centred[1:] * centred[:-1]), np.mean(centred[:, 1:] * centred[:, :-1])]
    return float(np.mean(beside) / np.mean(centred**2))


def test_neighbouring_weights_are_not_alike_at_the_start(names: dict) -> None:
    names["keras"].utils.set_random_seed(1)
    kernels = np.asarray(names["separable_network"]().get_layer(index=2).kernel)[:, :, 0]
    assert abs(_likeness(kernels)) < 0.15
