"""The stored runs of chapter 08 (degradation) and chapter 05 (cures) agree with what the chapters say."""

import datetime
import json
import re

import numpy as np
import pytest

from tests import harness
from workbook.architectures import build
from workbook.course.makers import experiments
from workbook.data.bundled import bundled_file
from workbook.exercises.chapters.c08_resnet_densenet import diagnose

CHAPTER = "08_resnet_densenet"
ERRORS = ("training_error", "validation_error")
MARGIN = 1.5  # points, as in the chapter
NUMBERS = {"training_loss", "training_error", "validation_loss", "validation_error", "cpu_seconds"}
CIRCUMSTANCES = {"data", "recipe", "hardware", "software", "seeds", "date", "cpu_seconds"}


@pytest.fixture(scope="module")
def stored() -> dict:
    return json.loads(bundled_file("results/degradation.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def results(stored) -> dict[tuple[str, int, str], np.ndarray]:
    """Return each number by kind, depth and name, in the order of the seeds; errors in per cent."""
    numbers: dict = {}
    for run in stored["runs"]:
        for name in NUMBERS:
            scale = 100 if name in ERRORS else 1
            numbers.setdefault((run["kind"], run["depth"], name), []).append(scale * run[name])
    return {key: np.array(values) for key, values in numbers.items()}


@pytest.mark.parametrize(
    ("name", "about", "seeds"),
    [
        ("degradation", experiments.DEGRADATION, experiments.SEEDS),
        ("cures", experiments.OVERFITTING, experiments.CURE_SEEDS),
    ],
)
def test_the_runs_say_how_they_were_made(name, about, seeds):
    stored = json.loads(bundled_file(f"results/{name}.json").read_text(encoding="utf-8"))
    assert set(stored) == CIRCUMSTANCES | {"runs"}
    assert tuple(stored["seeds"]) == seeds
    assert {key: stored[key] for key in about} == about
    assert datetime.date.fromisoformat(stored["date"]) >= datetime.date(2026, 1, 1)
    assert "one thread" in stored["hardware"]
    assert re.search(r"Python 3\.\d+.*Keras 3\.\d+", stored["software"])
    assert stored["cpu_seconds"] >= int(sum(run["cpu_seconds"] for run in stored["runs"]))


def test_every_kind_depth_and_seed_is_complete_and_appears_once(stored):
    expected = [
        (kind, depth, seed)
        for depth in experiments.DEPTHS
        for kind in experiments.KINDS
        for seed in experiments.SEEDS
    ]
    assert [(run["kind"], run["depth"], run["seed"]) for run in stored["runs"]] == expected
    for run in stored["runs"]:
        assert set(run) == {"kind", "depth", "seed", "parameters", "epoch_losses"} | NUMBERS
        assert len(run["epoch_losses"]) == experiments.EPOCHS
        assert all(0 <= run[error] <= 1 for error in ERRORS)


@pytest.mark.parametrize("depth", experiments.DEPTHS)
def test_shortcuts_add_no_parameter(stored, depth):
    counts = {run["parameters"] for run in stored["runs"] if run["depth"] == depth}
    model = experiments.network("plain", depth)
    assert counts == {sum(weight.shape.num_elements() for weight in model.trainable_weights)}


@pytest.mark.parametrize("error", ERRORS)
def test_the_deep_plain_networks_are_worse_and_the_deep_residual_ones_are_not(results, error):
    for shallow in (8, 20):
        assert (results["plain", 56, error] > results["plain", shallow, error] + 50).all()
    assert (results["residual", 56, error] < results["residual", 8, error]).all()
    assert (results["residual", 56, error] < 5).all()


def test_what_the_chapter_notices(results):
    assert (results["plain", 20, "training_error"] < results["plain", 8, "training_error"]).all()
    assert (results["plain", 56, "training_error"] > 70).all()
    assert (results["residual", 20, "training_error"] < results["residual", 56, "training_error"]).all()
    assert (results["residual", 20, "validation_error"] < results["residual", 56, "validation_error"]).all()
    assert (results["plain", 8, "training_error"] < results["residual", 8, "training_error"]).all()
    assert results["plain", 56, "training_loss"].max() < 2.303  # about that of guessing
    for depth in (20, 56):
        losses = (results[kind, depth, "training_loss"] for kind in ("plain", "residual"))
        assert np.greater(*losses).all()


@pytest.mark.parametrize(
    ("kind", "shallow", "deep", "verdicts"),
    [
        ("plain", 8, 20, ["none", "over-fitting", "none"]),
        ("plain", 20, 56, ["degradation"] * 3),
        ("residual", 8, 20, ["none", "none", "too small"]),
        ("residual", 20, 56, ["none"] * 3),
    ],
)
def test_the_verdicts_are_those_of_the_text(results, kind, shallow, deep, verdicts):
    pairs = [np.stack([results[kind, depth, error] for error in ERRORS], axis=1) for depth in (shallow, deep)]
    assert [diagnose(before, after, MARGIN) for before, after in zip(*pairs, strict=True)] == verdicts
    for change in np.ravel(pairs[1] - pairs[0]):
        assert abs(abs(change) - MARGIN) > 0.03  # no verdict depends on rounding


def test_the_chapter_uses_this_margin_and_a_network_of_the_same_size():
    assert f"by more than {MARGIN} points" in harness.prose(CHAPTER)
    names = harness.run_chapter(CHAPTER, harness.named(starts=("def conv_norm", "def network")))
    shown, trained = names["network"](20, shortcuts=False), experiments.network("plain", 20)
    assert [tuple(w.shape) for w in shown.weights] == [tuple(w.shape) for w in trained.weights]


def test_the_family_is_the_papers_at_half_its_width():
    """Halve the plain network of 20 layers: 16, 32, 64 filters become 8, 16, 32."""
    whole = build("plain20", num_classes=10)
    half = experiments.network("plain", 20)
    filters = [
        {layer.filters for layer in model.layers if hasattr(layer, "filters")} for model in (whole, half)
    ]
    assert filters == [{16, 32, 64}, {8, 16, 32}]
