"""Recipes run, save, resume to the same bits, and report errors in one line; the benchmark adds up its runs."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from tests import ROOT
from workbook import data
from workbook.course.benches import bench_train, bench_train_table
from workbook.course.cli.app import app
from workbook.data import bundled
from workbook.data.bundled import Dataset
from workbook.training import checkpoint, recipes, run
from workbook.training.recipes import Examples, Recipe, Target, cifar10, mnist, movie_reviews, spoken_digit

EXAMPLES, STEPS = 64, 7  # a ragged last batch


def tiny_examples(seed: int) -> Examples:
    """Return images (64, 8, 8, 1) with a bright upper or lower half."""
    rng = np.random.default_rng(5)
    labels = np.arange(EXAMPLES) % 2
    images = rng.integers(0, 120, (EXAMPLES, 8, 8, 1), dtype=np.uint8)
    images[labels == 0, :4] += 120
    images[labels == 1, 4:] += 120
    return Examples(images, labels, images[:20], labels[:20], ("up", "down"), "made here")


def tiny_network() -> Any:
    """Build a network with all layers that have a state: normalisation, dropout."""
    import keras
    from keras import layers

    inputs = keras.Input((8, 8, 1))
    x = layers.Rescaling(1 / 255)(inputs)
    x = layers.Conv2D(3, 3, use_bias=False, name="conv")(x)
    x = layers.ReLU()(layers.BatchNormalization(momentum=0.5)(x))
    x = layers.Dropout(0.3)(layers.Flatten()(x))
    return keras.Model(inputs, layers.Dense(2, name="scores")(x))


TINY = Recipe(
    data="mnist",
    name="tiny",
    summary="for tests",
    load=tiny_examples,
    build=tiny_network,
    optimizer=mnist.adam,
    epochs=3,
    batch_size=10,
    label_smoothing=0.1,
    augment=mnist.shift,
    target=Target(0.9),
)


def _weights(folder: Path) -> list[np.ndarray]:
    import keras

    return [np.asarray(weights) for weights in keras.models.load_model(folder / run.MODEL).weights]


def _same(first: list[np.ndarray], second: list[np.ndarray]) -> bool:
    return all(np.array_equal(left, right) for left, right in zip(first, second, strict=True))


# A run ------------------------------------------------------------------------------------------------------


def test_a_run_learns_and_saves_what_it_says(tmp_path: Path) -> None:
    import keras

    reports: list[run.Progress] = []
    result = run.train(TINY, seed=1, out=tmp_path, epochs=8, progress=reports.append)
    assert result.accuracy == 1.0
    model = keras.models.load_model(tmp_path / run.MODEL)
    examples = tiny_examples(1)
    predicted = model.predict(examples.x_test, verbose=0).argmax(axis=1)
    assert np.mean(predicted == examples.y_test) == result.accuracy
    assert json.loads((tmp_path / run.RECORD).read_text()) == asdict(result)
    with (tmp_path / run.HISTORY).open() as file:
        rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
    assert rows == result.history
    assert [row["epoch"] for row in rows] == list(range(1, 9))
    assert rows[-1]["loss"] < rows[0]["loss"]
    assert (tmp_path / run.CURVE).read_bytes().startswith(b"\x89PNG")
    assert [report.step for report in reports if report.step % STEPS][:6] == [1, 2, 3, 4, 5, 6]
    assert reports[-1].step == reports[-1].steps == 8 * STEPS
    assert (result.n, result.parameters) == (20, model.count_params())
    assert 2**28 < result.peak_bytes < 2**36


def test_several_steps_in_a_call_are_the_same_training(tmp_path: Path) -> None:
    reports: list[run.Progress] = []
    single = run.train(TINY, seed=1, out=tmp_path / "single")
    several = run.train(
        replace(TINY, steps_per_execution=3), seed=1, out=tmp_path / "several", progress=reports.append
    )
    assert [report.step for report in reports[:4]] == [3, 6, STEPS, STEPS]
    assert reports[-1].step == reports[-1].steps == 3 * STEPS
    for one, other in zip(single.history, several.history, strict=True):
        assert one == pytest.approx(other, rel=1e-5)
    for left, right in zip(_weights(tmp_path / "single"), _weights(tmp_path / "several"), strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-4, atol=1e-5)


def test_the_seed_decides(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        run.train(TINY, seed=seed, out=tmp_path / name, epochs=1)
    first = _weights(tmp_path / "a")
    assert _same(first, _weights(tmp_path / "b"))
    assert not _same(first, _weights(tmp_path / "c"))


CHILD = """
import os, signal, sys
from pathlib import Path
from tests.unit.training.test_run import TINY, STEPS
from workbook.training import run

def kill(now):
    if now.step == STEPS + 3:
        os.kill(os.getpid(), signal.SIGKILL)

folder = Path(sys.argv[2])
if sys.argv[1] == "begin":
    run.train(TINY, seed=3, out=folder / "whole")
    run.train(TINY, seed=3, out=folder / "killed", progress=kill)
else:
    run.train(TINY, seed=3, out=folder / "killed", resume=True)
"""


@pytest.mark.claims
def test_a_killed_run_ends_with_the_same_bits(tmp_path: Path) -> None:
    """Killed in the middle of the second epoch of three, with a signal that no process can catch."""

    def child(word: str) -> int:
        command = [sys.executable, "-c", CHILD, word, str(tmp_path)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode

    assert child("begin") == -9
    left = checkpoint.read(tmp_path / "killed")
    assert left is not None
    assert [row["epoch"] for row in left[0]["history"]] == [1]
    assert not (tmp_path / "killed" / run.RECORD).exists()
    assert child("resume") == 0
    assert _same(_weights(tmp_path / "whole"), _weights(tmp_path / "killed"))
    whole, killed = (tmp_path / name / run.HISTORY for name in ("whole", "killed"))
    assert whole.read_bytes() == killed.read_bytes()
    states = [checkpoint.read(tmp_path / name) for name in ("whole", "killed")]
    assert all(state is not None for state in states)
    first, second = (state[1] for state in states if state is not None)
    assert first.keys() == second.keys()
    assert all(np.array_equal(first[name], second[name]) for name in first), "optimizer and dropout included"


def test_a_finished_run_is_resumed_without_training(tmp_path: Path) -> None:
    before = run.train(TINY, seed=1, out=tmp_path, epochs=1)
    weights = _weights(tmp_path)
    reports: list[run.Progress] = []
    after = run.train(TINY, seed=1, out=tmp_path, epochs=1, resume=True, progress=reports.append)
    assert reports == []
    assert _same(weights, _weights(tmp_path))
    assert after.history == before.history
    assert after.accuracy == before.accuracy


def test_resume_begins_where_there_is_nothing(tmp_path: Path) -> None:
    assert len(run.train(TINY, seed=1, out=tmp_path / "new", epochs=1, resume=True).history) == 1


def _unfinished(folder: Path) -> None:
    run.train(TINY, seed=1, out=folder, epochs=1)
    (folder / run.RECORD).unlink()


def test_an_unfinished_run_is_not_overwritten(tmp_path: Path) -> None:
    _unfinished(tmp_path)
    stored = (tmp_path / checkpoint.NAME).read_bytes()
    with pytest.raises(ValueError, match="holds an unfinished run"):
        run.train(TINY, seed=1, out=tmp_path)
    assert (tmp_path / checkpoint.NAME).read_bytes() == stored


def test_a_run_of_other_settings_is_not_resumed(tmp_path: Path) -> None:
    _unfinished(tmp_path)
    with pytest.raises(ValueError, match=r"holds a run with seed=1. Received: seed=2"):
        run.train(TINY, seed=2, out=tmp_path, epochs=1, resume=True)
    with pytest.raises(ValueError, match=r"holds a run with epochs=1. Received: epochs=3"):
        run.train(TINY, seed=1, out=tmp_path, resume=True)
    other = replace(TINY, load=lambda seed: replace(tiny_examples(seed), source="elsewhere"))
    with pytest.raises(ValueError, match=r"data from made here. Received: elsewhere"):
        run.train(other, seed=1, out=tmp_path, epochs=1, resume=True)
    small = replace(TINY, build=lambda: mnist_like(2))
    with pytest.raises(ValueError, match="do not fit"):
        run.train(small, seed=1, out=tmp_path, epochs=1, resume=True)


def mnist_like(classes: int) -> Any:
    """Build a network with other variables."""
    import keras

    inputs = keras.Input((8, 8, 1))
    return keras.Model(inputs, keras.layers.Dense(classes)(keras.layers.Flatten()(inputs)))


def test_a_broken_checkpoint_is_named(tmp_path: Path) -> None:
    _unfinished(tmp_path)
    path = tmp_path / checkpoint.NAME
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ValueError, match=r"checkpoint\.npz cannot be read .*Delete it") as caught:
        run.train(TINY, seed=1, out=tmp_path, epochs=1, resume=True)
    assert "\n" not in str(caught.value)


def test_a_half_written_checkpoint_does_not_count(tmp_path: Path) -> None:
    (tmp_path / f"{checkpoint.NAME}.part").write_bytes(b"half")
    assert checkpoint.read(tmp_path) is None


def test_the_hooks_of_a_recipe_are_used(tmp_path: Path) -> None:
    def prepare(model: Any, x_train: np.ndarray) -> None:
        assert x_train.dtype == np.uint8
        model.get_layer("conv").set_weights([np.full((3, 3, 1, 3), 0.25, np.float32)])
        model.get_layer("conv").trainable = False

    def predict(model: Any, x: np.ndarray) -> np.ndarray:
        return np.tile([1.0, 0.0], (len(x), 1))

    result = run.train(replace(TINY, prepare=prepare, predict=predict), seed=1, out=tmp_path, epochs=1)
    assert result.accuracy == 0.5
    assert np.all(_weights(tmp_path)[0] == 0.25)


def test_layers_are_frozen_in_the_middle(tmp_path: Path) -> None:
    from workbook.training.freezing import FreezeAfter

    kernels: list[np.ndarray] = []
    heads: list[np.ndarray] = []

    def callbacks(steps: int, epochs: int) -> list[Any]:
        import keras

        assert (steps, epochs) == (STEPS, 3)

        class Look(keras.callbacks.Callback):
            def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
                kernels.append(np.array(self.model.get_layer("conv").kernel))
                heads.append(np.array(self.model.get_layer("scores").kernel))

        return [FreezeAfter(["conv"], 1), Look()]

    run.train(replace(TINY, callbacks=callbacks), seed=1, out=tmp_path)
    assert np.array_equal(kernels[0], kernels[1])
    assert np.array_equal(kernels[0], kernels[2])
    assert not np.array_equal(heads[1], heads[2])
    with pytest.raises(ValueError, match="epochs=-1"):
        FreezeAfter(["conv"], -1)


# The recipes ------------------------------------------------------------------------------------------------


def test_recipes_are_found_by_name_and_budget() -> None:
    assert recipes.recipe("mnist").name == "quick"
    assert recipes.recipe("mnist", budget="full").name == "accurate"
    assert recipes.recipe("mnist", "small", budget="full").name == "small"
    assert recipes.recipe("movie_reviews", budget="full").name == "quick"
    assert set(recipes.names()) <= set(data.NAMES)
    for wrong, message in (
        (("imagenet",), "data must be one of mnist"),
        (("mnist", "huge"), "one of quick, accurate, small for mnist"),
    ):
        with pytest.raises(ValueError, match=message):
            recipes.recipe(*wrong)
    with pytest.raises(ValueError, match="budget must be"):
        recipes.recipe("mnist", budget="large")


@pytest.mark.parametrize("key", recipes.RECIPES, ids=" ".join)
def test_a_recipe_is_whole(key: tuple[str, str]) -> None:
    recipe = recipes.RECIPES[key]
    model = recipe.build()
    assert model.output_shape[-1] in (2, 10)
    assert "workbook" not in model.to_json(), "Keras alone must be able to load what a run saves"
    assert recipe.optimizer(10, recipe.epochs).learning_rate is not None
    if recipe.target.parameters is not None:
        assert model.count_params() <= recipe.target.parameters


def test_folds_are_disjoint_and_cover_all() -> None:
    parts = [movie_reviews.folds(105, fold) for fold in range(10)]
    assert sorted(np.concatenate([test for _, test in parts])) == list(range(105))
    for train, test in parts:
        assert not set(train) & set(test)
        assert len(train) + len(test) == 105


def test_the_vocabulary_is_blind_to_the_fold_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    sentences = [f"film word{'abcdefghijklmnopqrstuvwxyz'[i % 26]}{'abcd'[i // 26]}" for i in range(100)]
    labels = np.arange(100) % 2
    dataset = Dataset(
        "r", sentences[:80], labels[:80], sentences[80:], labels[80:], ("no", "yes"), "here", ""
    )
    monkeypatch.setattr(data, "load", lambda name: dataset)
    examples = movie_reviews.load(13)
    assert examples.x_train.shape == (90, movie_reviews.LENGTH)
    assert np.all(examples.x_test[:, :3] == [2, 1, 0]), "film is in the vocabulary, each test word is not"
    assert np.all(examples.x_train[:, 1] > 1)
    assert np.array_equal(examples.y_test, labels[movie_reviews.folds(100, 3)[1]])


def test_clips_become_small_images(monkeypatch: pytest.MonkeyPatch) -> None:
    clips = np.random.default_rng(0).integers(-3000, 3000, (55, 8000)).astype(np.int16)
    labels = np.zeros(55, np.int64)
    dataset = Dataset("s", clips, labels, clips[:3], labels[:3], ("zero",), "here", "", is_standin=True)
    monkeypatch.setattr(data, "load", lambda name: dataset)
    examples = spoken_digit.load(1)
    assert examples.x_train.shape == (55, spoken_digit.BANDS, spoken_digit.FRAMES, 1)
    assert examples.x_train.dtype == np.uint8
    assert examples.x_train.max() == 255
    assert np.array_equal(examples.x_test, examples.x_train[:3])
    assert examples.is_standin


def test_accurate_looks_five_times() -> None:
    model = mnist.network()
    images = np.random.default_rng(0).integers(0, 256, (3, 28, 28, 1), dtype=np.uint8)
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), "reflect")
    corners = ((1, 1), (0, 1), (2, 1), (1, 0), (1, 2))
    views = [np.asarray(model(padded[:, top : top + 28, left : left + 28])) for top, left in corners]
    expected = 0.5 * views[0] + 0.125 * np.sum(views[1:], axis=0)
    assert np.allclose(mnist.moved_views(model, images), expected, atol=1e-4)


# The commands -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["train", "imagenet"], "there is no data set 'imagenet'; choose one of mnist"),
        (["train", "mnist", "--recipe", "huge"], "one of quick, accurate, small for mnist"),
        (["train", "mnist", "--budget", "large"], 'budget must be "quick" or "full"'),
        (["train", "mnist", "--epochs", "0"], "epochs must be an integer, at least 1. Received: epochs=0"),
        (["train", "mnist", "--seed", "-1"], "seed must be an integer, from 0 to"),
        (["train", "mnist", "--out", "FILE"], "which is a file"),
        (["bench", "train", "--only", "imagenet"], "there is no data set 'imagenet'"),
    ],
)
def test_bad_input_is_one_line(arguments: list[str], line: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    places = {"FILE": str(tmp_path / "file")}
    extra = [] if "--out" in arguments or arguments[0] == "bench" else ["--out", str(tmp_path / "run")]
    ended = CliRunner().invoke(app, [places.get(one, one) for one in arguments] + extra)
    assert ended.exit_code == 2
    last = ended.stdout.strip().splitlines()
    assert line in last[-1]
    assert len(last) <= 2, "the run's title may come before"


def test_the_command_trains_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(recipes.RECIPES, ("mnist", "tiny"), TINY)
    monkeypatch.chdir(tmp_path)
    ended = CliRunner().invoke(app, ["train", "mnist", "--recipe", "tiny", "--epochs", "2"])
    assert ended.exit_code == 0
    assert "epoch 2/2: loss" in ended.stdout
    assert "20 test examples classified correctly (seed 1, n = 1)" in ended.stdout
    assert (tmp_path / "runs" / "mnist-tiny-1" / run.MODEL).is_file()


def test_an_interrupted_run_says_how_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: Any, **options: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "train", interrupted)
    ended = CliRunner().invoke(app, ["train", "mnist", "--out", str(tmp_path)])
    assert ended.exit_code == 130
    assert "add --resume" in ended.stdout


# The benchmark ----------------------------------------------------------------------------------------------


def _run(
    seed: int, accuracy: float, cpu_seconds: float, *, peak: float = 9e8, standin: bool = False
) -> bench_train_table.RecipeRun:
    return bench_train_table.RecipeRun(
        seed, accuracy, 1, 4999, cpu_seconds, cpu_seconds + 6, int(peak), 10_000, standin, 2.5e12, 21.0
    )


def test_a_row_is_held_against_its_targets() -> None:
    target: dict[str, float | None] = {
        "accuracy": 0.99,
        "cpu_seconds": 10.0,
        "parameters": 4999,
        "peak_bytes": 1e9,
    }
    good = bench_train_table.RecipeScore("mnist quick", "on", [_run(1, 0.992, 9), _run(2, 0.989, 10)], target)
    assert good.misses() == []
    assert bench_train_table.cells(good)[3] == "99.05 ± 0.21 (98.90)"
    assert bench_train_table.cells(good)[-1] == "reached"
    bad = replace(good, runs=[_run(1, 0.985, 12, peak=1.1e9, standin=True)])
    assert bad.misses() == [
        "0.50 points short", "2 CPU-s over", "too much memory", "a stand-in, not the real data"
    ]  # fmt: skip
    assert replace(good, target={"parameters": 4998}).misses() == ["too many parameters"]


def test_the_anchor_is_compared_with_one_setting_and_both() -> None:
    quick = bench_train_table.RecipeScore("mnist quick", "on", [_run(1, 0.991, 20)], {"anchor_share": 1 / 12})
    default = bench_train_table.RecipeScore("anchor", bench_train_table.DEFAULT, [_run(1, 0.991, 300)])
    both = bench_train_table.RecipeScore("anchor", "on", [_run(1, 0.989, 250)])
    told = bench_train_table.ratios([default, both, quick])
    assert told[0].endswith("as users run both: the anchor's are 15.0 times those of mnist quick")
    assert told[1].endswith(
        "oneDNN on for both: the anchor's are 12.5 times those of mnist quick, target 12 times: reached"
    )
    assert "did not reach" in told[2]
    assert not bench_train_table.is_missed([default, both, quick])
    slow = replace(quick, runs=[_run(1, 0.991, 21)])
    assert bench_train_table.is_missed([default, both, slow])
    assert bench_train_table.ratios([quick]) == []


def test_the_table_is_written_with_its_circumstances() -> None:
    row = bench_train_table.RecipeScore("mnist quick", "on", [_run(1, 0.992, 9.04)], {"accuracy": 0.99})
    described = bench_train.about(5)
    assert {"hardware", "software", "seeds", "date"} <= set(described)
    table = bench_train_table.as_markdown([row], described)
    assert (
        "| mnist quick | on | 1 | 99.20 (99.20) | ≥ 99.0 | 9.0 | 15.0 | 21 | 900 | 4,999 | 2.5e+12 | reached |"
        in table
    )
    stored = json.loads(bench_train_table.as_json([row], described))
    assert stored["rows"][0]["runs"][0]["cpu_seconds"] == 9.04
    assert stored["about"]["seeds"] == [1, 2, 3, 4, 5]
    assert bench_train_table.from_json(bench_train_table.as_json([row], described)) == [row]


def test_the_circumstances_are_those_of_the_runs() -> None:
    rows = [
        bench_train_table.RecipeScore(name, "on", [replace(_run(1, 0.9, 9), hardware=hardware, date=date)])
        for name, hardware, date in (
            ("a", "one", "2026-01-01"), ("b", "one", "2026-01-02"), ("c", "two", "2026-01-01")
        )
    ]  # fmt: skip
    told = {"hardware": "one; c: two", "date": "2026-01-01; b: 2026-01-02"}
    assert bench_train_table.circumstances(rows) == told
    text = bench_train_table.as_markdown(rows, {"hardware": "of the last sitting"})
    assert "- hardware: one; c: two\n" in text
    assert json.loads(bench_train_table.as_json(rows, {}))["about"] == told
    assert bench_train_table.circumstances([replace(rows[0], runs=[_run(1, 0.9, 9)])]) == {}


def test_rows_are_picked() -> None:
    assert bench_train.plan(["spoken_digit"], cifar=False) == [("spoken_digit quick", "on")]
    everything = bench_train.plan([], cifar=False)
    assert everything[:3] == [("anchor", bench_train_table.DEFAULT), ("anchor", "on"), ("mnist quick", "off")]
    with_cifar = bench_train.plan(["spoken_digit"], cifar=True)
    assert [name for name, _ in with_cifar if name.startswith("cifar10")] == [
        "cifar10 quick",
        "cifar10 half",
        "cifar10 full",
    ]
    assert bench_train.plan(["cifar10"], cifar=False) == [("cifar10 quick", "on")]
    assert {name.split()[0] for name, _ in everything} == {"anchor", *recipes.names()}
    with pytest.raises(ValueError, match="imagenet has no recipes"):
        bench_train.plan(["imagenet"], cifar=False)


def test_the_curve_stands_beside_the_published_one() -> None:
    rows = [
        bench_train_table.RecipeScore("cifar10 half", "on", [_run(1, 0.88, 900)]),
        bench_train_table.RecipeScore("anchor", "on", []),
    ]
    points = bench_train_table.curve(rows)
    assert points[0] == ("cifar10 half", 2.5e12, 0.88)
    assert [flops for _, flops, _ in points] == sorted(flops for _, flops, _ in points)
    assert (
        "cifar10 half 88.00 % at 2.5e+12; airbench94_muon (published) 94.01 %"
        in bench_train_table.remarks(rows[:1])[0]
    )
    assert (
        bench_train_table.curve([bench_train_table.RecipeScore("mnist quick", "on", [_run(1, 0.99, 9)])])
        == []
    )


def test_a_stopped_benchmark_goes_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    kept, started = tmp_path / "kept", []

    def measure_one(name: str, seed: int, onednn: str) -> bench_train_table.RecipeRun:
        if seed == 2 and len(started) == 1:
            raise RuntimeError("stopped")
        started.append(seed)
        return _run(seed, 0.99 + seed / 1000, 5)

    monkeypatch.setattr(bench_train, "measure_one", measure_one)
    plan = [("mnist quick", "on")]
    with pytest.raises(RuntimeError, match="stopped"):
        list(bench_train.measure(plan, 2, kept=kept))
    started.append(0)  # the second session
    assert [run.accuracy for run in next(bench_train.measure(plan, 2, kept=kept)).runs] == [0.991, 0.992]
    assert started == [1, 0, 2]
    (kept / "mnist-quick-on-1.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ValueError, match="delete it to run the training again"):
        list(bench_train.measure(plan, 2, kept=kept))


def test_a_process_for_each_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[tuple[list[str], str]] = []

    def ended(command: list[str], *, env: dict[str, str], **options: Any) -> Any:
        started.append((command[3:], env[bench_train.VARIABLE]))
        took = asdict(_run(int(command[4]), 0.99, 5.0))
        return subprocess.CompletedProcess(command, 0, f"a line\n{json.dumps(took)}\n", "")

    monkeypatch.setattr(subprocess, "run", ended)
    rows = [
        ("anchor", bench_train_table.DEFAULT),
        ("mnist quick", "off"),
        ("movie_reviews quick", "on"),
        ("cifar10 full", "on"),
    ]
    measured = list(bench_train.measure(rows, 2))
    assert [len(row.runs) for row in measured] == [2, 2, 10, 2]
    assert started[0] == (["anchor", "1", "--default"], "1")
    assert started[2] == (["mnist quick", "1"], "0")
    assert started[4] == (["movie_reviews quick", "0"], "1")
    assert measured[1].target == {}
    assert measured[2].target["accuracy"] == 0.761


def test_a_process_that_fails_is_told_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = subprocess.CompletedProcess([], 1, "", "Traceback\nValueError: no such thing\n")
    monkeypatch.setattr(subprocess, "run", lambda *arguments, **options: failed)
    with pytest.raises(RuntimeError, match="anchor, seed 1, ended with code 1: ValueError: no such thing"):
        bench_train.measure_one("anchor", 1, "on")
    ended = CliRunner().invoke(app, ["bench", "train", "--only", "mnist"])
    assert ended.exit_code == 2
    assert len(ended.stdout.strip().splitlines()) == 1


def test_the_page_shows_what_is_stored() -> None:
    stored = bundled.bundled_file("results/training.json").read_text(encoding="utf-8")
    rows = bench_train_table.from_json(stored)
    page = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    about = [f"- {name}: {value}" for name, value in bench_train_table.circumstances(rows).items()]
    for line in [*bench_train_table.table_lines(rows), *bench_train_table.remarks(rows), *about]:
        assert line in page
    assert {row.name for row in rows} == {"anchor", *(recipe.title for recipe in recipes.RECIPES.values())}
    assert not bench_train_table.is_missed(rows)
    assert all(run.hardware and run.date for row in rows for run in row.runs)
    for row in rows:
        if row.name != "anchor":
            assert row.runs[0].parameters == recipes.recipe(*row.name.split()).build().count_params()


def test_a_deep_block_leads_past_its_last_two_convolutions() -> None:
    """If the last convolution says nothing, what went past is all that is left."""
    import keras
    from keras import layers, ops

    model = cifar10.network((4, 6, 6), is_deep=True)
    sums = [layer for layer in model.layers if isinstance(layer, layers.Add)]
    images = np.random.default_rng(0).integers(0, 256, (5, 32, 32, 3)).astype("float32")
    for number, added in enumerate(sums, start=1):
        kernel = model.get_layer(f"conv{number}c").kernel
        assert tuple(kernel.shape) == (3, 3, *[(4, 6, 6)[number - 1]] * 2)
        kernel.assign(ops.zeros(kernel.shape))
        ends = keras.Model(model.input, [model.get_layer(f"conv{number}a").output, added.output])
        first, both = ends.predict(images, verbose=0)
        normed = ops.max_pool(first, 2) / 1.001**0.5  # fresh statistics: mean 0, variance 1
        np.testing.assert_allclose(both, ops.gelu(normed, approximate=False), rtol=1e-4, atol=1e-5)
    assert len(sums) == 3
    assert not any(isinstance(layer, layers.Add) for layer in cifar10.network((4, 6, 6)).layers)


@pytest.fixture
def few_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    load: Callable[..., Any] = data.load
    monkeypatch.setattr(data, "load", lambda name: load(name, samples=300, test_samples=200))


@pytest.mark.usefixtures("few_digits")
def test_the_anchor_is_the_published_network() -> None:
    took = bench_train.run_anchor(1, epochs=1)
    assert took["parameters"] == 34_826  # keras.io prints it
    assert (took["epochs"], took["n"]) == (1, 200)
    assert 0 < took["cpu_seconds"] < 60


@pytest.mark.usefixtures("few_digits")
def test_one_training_prints_what_it_took(capsys: pytest.CaptureFixture[str]) -> None:
    bench_train.main(["mnist quick", "1"])
    took = bench_train_table.RecipeRun(**json.loads(capsys.readouterr().out.splitlines()[-1]))
    assert took.process_seconds >= took.cpu_seconds > 0
    assert took.n == 200
    from workbook.accountant import account

    recipe = recipes.recipe("mnist", "quick")
    assert took.flops == 6 * account(recipe.build()).macs * 300 * recipe.epochs


@pytest.mark.claims
def test_one_epoch_reads_the_digits(tmp_path: Path) -> None:
    """One seed of the five that the benchmark averages: the band is wider than its target."""
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    assert run.train(recipes.recipe("mnist"), seed=1, out=tmp_path).accuracy > 0.988


def test_a_small_network_asks_for_one_thread_unless_the_environment_says_otherwise(monkeypatch) -> None:
    names = "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"
    environment = {names[0]: "4"}
    monkeypatch.setattr(os, "environ", environment)
    recipes.recipe("cifar10", "quick").limit_threads()
    assert environment == {names[0]: "4"}
    recipes.recipe("mnist", "small").limit_threads()
    assert environment == {names[0]: "4", names[1]: "1"}
