"""Chapter 12: its networks are those of the stored runs, the matcher works, and the stored figures support the text."""

import ast
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import harness
from workbook import audio
from workbook.course.makers import speech_experiments
from workbook.data import bundled, standins
from workbook.exercises.models import observe_model, same_model

CHAPTER = "12_speech"
SLIDING = ("frequency", "time", "both")


def stored(name: str) -> dict[str, Any]:
    return json.loads(bundled.bundled_file(f"results/speech_{name}.json").read_text(encoding="utf-8"))


def shares(name: str, what: str, **wanted: Any) -> np.ndarray:
    runs = stored(name)["runs"]
    return np.array(
        [run[what] for run in runs if all(run.get(key) == value for key, value in wanted.items())]
    )


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    """Run the chapter's own cells: the set-up, the networks and the training."""
    return harness.run_chapter(CHAPTER, harness.named("network", "train"))


@pytest.mark.parametrize("kind", SLIDING)
def test_the_chapters_network_is_that_of_the_stored_runs(names: dict[str, Any], kind: str) -> None:
    trained = observe_model(speech_experiments.network, kind)
    assert same_model()(observe_model(names["network"], kind), trained, ()) is None
    assert set(shares("kernels", "parameters", kind=kind)) == {names["network"](kind).count_params()}


def test_the_four_networks_have_about_the_same_size() -> None:
    counts = [speech_experiments.network(kind).count_params() for kind in speech_experiments.KINDS]
    assert max(counts) < 1.12 * min(counts)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match=r"frequency, time, both, neither. Received: kind='sideways'"):
        speech_experiments.network("sideways")


# The matcher ------------------------------------------------------------------------------------------------


@pytest.fixture
def patterns() -> np.ndarray:
    """Return three unlike images with a margin of silence."""
    images = np.zeros((3, 24, 26))
    images[:, 8:16, 8:18] = np.random.default_rng(3).random((3, 8, 10))
    return images


@pytest.mark.parametrize(("axis", "other_axis"), [("frequency", "time"), ("time", "frequency")])
def test_a_moved_image_is_matched_along_its_axis_and_no_other(
    patterns: np.ndarray, axis: str, other_axis: str
) -> None:
    moved = audio.shifted(patterns, **{"bands" if axis == "frequency" else "frames": 5})
    labels = np.arange(3)
    rows = speech_experiments.matching(moved, labels, patterns, labels, axis)
    assert len(rows) == speech_experiments.LARGEST + 1
    assert rows[0]["same"] == rows[0]["different"] == 1
    assert rows[5]["accuracy"] == 1
    assert rows[5]["same"] == 0
    assert rows[5]["shift"] == 5
    assert rows[4]["same"] > 0.2
    assert speech_experiments.matching(moved, labels, patterns, labels, other_axis)[6]["same"] > 0.5


def test_distances_are_squared_and_never_negative(patterns: np.ndarray) -> None:
    shifted = patterns[:2] + 0.5
    distances = speech_experiments._distances(patterns.reshape(3, -1), shifted)
    expected = [[((a - b) ** 2).sum() for b in shifted] for a in patterns]
    np.testing.assert_allclose(distances, expected)
    assert (speech_experiments._distances(patterns.reshape(3, -1), patterns) > 0).all()


def test_pitches_are_sorted_and_separate_low_voices_from_high_ones() -> None:
    pitches = speech_experiments.pitches(standins.synthetic_speech())
    assert list(pitches.values()) == sorted(pitches.values())
    assert pitches == stored("voices")["pitch"]
    assert sum(hertz > speech_experiments.HIGH_VOICE for hertz in pitches.values()) == 4
    assert not any(105 < hertz < 160 for hertz in pitches.values())  # the border is in a gap


def test_speakers_must_be_known() -> None:
    nobody = replace(standins.synthetic_speech(), speakers_train=None)
    with pytest.raises(ValueError, match="must name its speakers"):
        speech_experiments.pitches(nobody)


def test_the_recordings_are_not_replaced_by_the_synthesiser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech_experiments.data, "load", lambda *a, **k: standins.synthetic_speech())
    with pytest.raises(bundled.DataError, match="set WORKBOOK_DATA_DIR"):
        speech_experiments._recorded()


# The experiments --------------------------------------------------------------------------------------------


@pytest.mark.claims
@pytest.mark.parametrize("name", ["kernels", "unseen", "late", "voices"])
def test_an_experiment_writes_what_the_chapter_reads(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    voices = standins.synthetic_speech()
    if name != "voices":
        voices = replace(voices, **{
            field: getattr(voices, field)[:60]
            for field in ("x_train", "y_train", "speakers_train", "x_test", "y_test", "speakers_test")
        })  # fmt: skip
    experiment, size = speech_experiments.EXPERIMENTS[name][1:]
    monkeypatch.setitem(speech_experiments.EXPERIMENTS, name, (lambda: voices, experiment, size))
    for constant, value in (
        ("SEEDS", (0,)),
        ("KINDS", ("time",)),
        ("RECORDED", (1, 30)),
        ("BUNDLED", (1, 90)),
    ):
        monkeypatch.setattr(speech_experiments, constant, value)
    speech_experiments.main([name, "--target", str(tmp_path)])
    written = json.loads((tmp_path / f"speech_{name}.json").read_text(encoding="utf-8"))
    kept = stored(name)
    assert written.keys() == kept.keys()
    assert {frozenset(run) for run in written["runs"]} == {frozenset(run) for run in kept["runs"]}
    assert [path.name for path in tmp_path.iterdir()] == [f"speech_{name}.json"]


def test_results_are_written_to_the_project_and_change_the_checksums(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "README.md").write_text("not counted")
    monkeypatch.setattr(speech_experiments, "bundle_folder", lambda: tmp_path)
    monkeypatch.setattr(
        speech_experiments, "run", lambda name, folder: (folder / f"{name}.json").write_text("{}")
    )
    speech_experiments.main(["voices"])
    assert (tmp_path / "checksums.txt").read_text().split()[1] == "results/voices.json"


# What the text says -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["kernels", "unseen", "late", "voices"])
def test_every_stored_run_is_there_and_names_its_origin(name: str) -> None:
    experiment = stored(name)
    assert all(
        experiment[key] for key in ("data", "recipe", "hardware", "software", "date", "cpu_seconds", "pitch")
    )
    groups = {"kernels": 1, "unseen": 6, "late": 1, "voices": 3}[name]
    trained = [run for run in experiment["runs"] if run["kind"] != "matching"]
    assert len(trained) == groups * len(speech_experiments.SEEDS) * len(speech_experiments.KINDS)
    assert "/" not in experiment["data"]  # no folder of the machine that ran it


def test_on_familiar_voices_sliding_matters_and_its_axis_does_not() -> None:
    means = {kind: shares("kernels", "test", kind=kind).mean() for kind in (*SLIDING, "neither")}
    sliding = [means[kind] for kind in SLIDING]
    assert min(sliding) > means["neither"] + 0.1
    assert max(sliding) - min(sliding) < 0.01


def test_a_network_tolerates_shifts_along_its_own_axis_best() -> None:
    def at(kind: str, what: str, place: int) -> float:
        return float(shares("kernels", what, kind=kind)[:, place].mean())

    two_up, six_later = ("moved_bands", 6), ("moved_frames", 7)
    assert 1 - at("time", *two_up) > 1.8 * (1 - at("frequency", *two_up))
    assert 1 - at("frequency", *six_later) > 1.8 * (1 - at("time", *six_later))


def _folds(kind: str) -> dict[str, float]:
    """Return the mean accuracy on each speaker left out."""
    speakers = stored("unseen")["pitch"]
    return {name: float(shares("unseen", "test", kind=kind, speaker=name).mean()) for name in speakers}


def test_on_unseen_men_kernels_along_frequency_lead_except_for_lucas() -> None:
    folds = {kind: _folds(kind) for kind in (*SLIDING, "neither")}
    best = {name: max(folds, key=lambda kind: folds[kind][name]) for name in folds["time"]}
    assert best.pop("lucas") == "time"
    assert set(best.values()) == {"frequency"}
    means = {kind: np.mean(list(fold.values())) for kind, fold in folds.items()}
    assert 0.07 < means["frequency"] - means["time"] < 0.08
    assert means["time"] < means["both"] < means["frequency"]
    assert all(folds["time"][name] > folds["neither"][name] for name in folds["time"])


def test_lucas_begins_late() -> None:
    onset = stored("unseen")["onset"]
    assert onset.pop("lucas") > 100
    assert max(onset.values()) < 10


def test_moving_lucas_to_the_start_helps_along_time_least() -> None:
    gain = {
        kind: (shares("late", "moved", kind=kind) - shares("late", "test", kind=kind)).mean()
        for kind in SLIDING
    }
    assert 0.175 < gain["both"] < 0.185
    assert 0.155 < gain["frequency"] < 0.165
    assert 0.095 < gain["time"] < 0.105
    assert shares("late", "moved", kind="time").mean() > shares("late", "moved", kind="frequency").mean()
    again = shares("unseen", "test", kind="time", speaker="lucas")  # the same training, run twice
    assert np.array_equal(again, shares("late", "test", kind="time"))


def test_among_the_men_shifts_along_time_help_the_matcher() -> None:
    rows_by_axis = {axis: shares("unseen", "rows", axis=axis) for axis in ("frequency", "time")}
    table = {
        axis: {
            what: np.mean([[row[what] for row in rows] for rows in tables], axis=0) for what in tables[0][0]
        }
        for axis, tables in rows_by_axis.items()
    }
    assert np.ptp(table["frequency"]["accuracy"]) < 0.005
    assert 0.08 < table["time"]["accuracy"][-1] - table["time"]["accuracy"][0] < 0.1
    assert table["frequency"]["same"][-1] >= table["frequency"]["different"][-1]
    assert table["time"]["same"][-1] < table["time"]["different"][-1] - 0.03


def test_high_voices_are_a_shift_along_frequency_for_one_trained_on_low_ones() -> None:
    drop = {
        kind: shares("voices", "low", kind=kind).mean() - shares("voices", "high", kind=kind).mean()
        for kind in SLIDING
    }
    assert drop["frequency"] < 0.01
    assert 0.02 < drop["both"] < 0.05
    assert 0.07 < drop["time"] < 0.09
    assert shares("voices", "high", kind="frequency").min() > shares("voices", "high", kind="time").max()
    tables = {tested: shares("voices", "rows", axis="frequency", tested=tested) for tested in ("low", "high")}
    moved = {tested: np.mean([rows[-1]["shift"] for rows in table]) for tested, table in tables.items()}
    assert abs(moved["low"]) < 0.3
    assert 1.5 < moved["high"] < 2


def test_words_survive_the_way_to_an_image_and_back() -> None:
    voices = standins.synthetic_speech()
    reference, images = audio.log_mel(voices.x_train), audio.log_mel(voices.x_test)
    resynthesised = np.array([audio.log_mel(np.pad(audio.sound_of(image), (0, 64))) for image in images])
    right = []
    for heard in (images, resynthesised):
        nearest = speech_experiments._distances(heard.reshape(len(heard), -1), reference).argmin(axis=1)
        right.append(int((voices.y_train[nearest] == voices.y_test).sum()))
    assert right[0] == 119
    assert right[1] >= 118


@pytest.mark.claims
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("kind", SLIDING)
def test_each_network_of_the_live_run_classifies_90_percent(
    names: dict[str, Any], kind: str, seed: int
) -> None:
    voices = standins.synthetic_speech()
    names["keras"].utils.set_random_seed(seed)
    model = names["train"](names["network"](kind), audio.log_mel(voices.x_train), voices.y_train)
    share = speech_experiments.accuracy(model, audio.log_mel(voices.x_test), voices.y_test)
    print(f"{kind}, seed {seed}: {100 * share:.1f} %")
    assert share >= 0.9


def test_players_hold_bundled_voices_only_and_the_notebook_stays_small() -> None:
    """A player's sound is stored in the notebook: no recording that the project may not distribute."""
    played = [
        ast.unparse(node)
        for cell in harness.cells(CHAPTER)
        if "audio.player(" in cell.source and cell.cell_type == "code"
        for node in ast.walk(ast.parse(cell.source))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "audio.player"
    ]
    assert len(played) >= 4
    assert not any("digits" in call for call in played)
    assert (harness.ROOT / "solutions" / f"{CHAPTER}.ipynb").stat().st_size < 1_400_000
