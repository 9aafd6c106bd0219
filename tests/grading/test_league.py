"""`workbook league`: entries that learn, entries that cheat, and what is written."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from workbook.course.cli.app import app
from workbook.course.grading.jail import Jail
from workbook.course.league import collecting, held_out, league_pages, season
from workbook.course.league.collecting import HandedInEntry, collect
from workbook.course.league.season import EntryResult, LapResult
from workbook.league.course_entries import COURSE_ENTRIES
from workbook.league.practice import described
from workbook.league.standings import LEAGUES

SMALL = """
LEAGUE = "speech"
import keras
from keras import layers

def build():
    inputs = keras.Input((40, 61, 1))
    x = layers.Conv2D(4, 5, strides=4, use_bias=False)(layers.Rescaling(1 / 255)(inputs))
    x = layers.ReLU()(layers.BatchNormalization(momentum=0.5)(x))
    return keras.Model(inputs, layers.Dense(10)(layers.Flatten()(x)))

def recipe():
    return {"epochs": 3, "learning_rate": 0.003}
"""
TEST_DATA = """
from workbook import data
X = data.load("mnist").x_test

def recipe():
    return {{"weights": X[:{count}].tolist()}}
"""
# What a file does in the jail, and the sentence about it.
CHEATS = {
    "lambda": (
        SMALL.replace("layers.Flatten()(x)", "layers.Flatten()(layers.Lambda(lambda x: x)(x))"),
        "does not take 'Lambda'",
    ),
    "constants": (
        SMALL.replace("Dense(10)", "Dense(10, bias_initializer=keras.initializers.Constant([1.0] * 10))"),
        "Constant whose value is a number",
    ),
    "recipe with code": (SMALL.replace("0.003", "lambda step: 0.003"), "no code"),
    "recipe with an array": (
        SMALL.replace('"learning_rate": 0.003', '"initial": __import__("numpy").ones(3)'),
        "no code, and no arrays",
    ),
    "recipe with weights": (SMALL.replace('"epochs": 3', '"weights": [0.1] * 5'), "no code, and no arrays"),
    "no league": (SMALL.replace('LEAGUE = "speech"', ""), "must define LEAGUE"),
    "another league": (SMALL.replace("speech", "football"), "league must be one of"),
    "another shape": (SMALL.replace("(40, 61, 1)", "(28, 28, 1)"), "The input must be"),
    "an error": ("raise KeyError('ann')\n" + SMALL, "KeyError"),
    "an end": ("import os\nos._exit(0)\n" + SMALL, "ends its process"),
    "a model of one's own": (
        SMALL + "\nclass Own(keras.Model):\n    pass\n\ndef build():\n    return Own()\n",
        "build() must return keras.Model",
    ),
    # In the jail are bundled files alone, and what is read there cannot leave it.
    "some test data": (
        SMALL + TEST_DATA.format(count=20),
        "no code, and no arrays",
    ),
    "all test data": (SMALL + TEST_DATA.format(count=10_000), "recipe"),
    "a forged report": (
        "import os, json\nfor number in range(3, 30):\n    try:\n"
        "        os.write(number, json.dumps({'report': 'build', 'state': 'observed'}).encode() + b'\\n')\n"
        "    except OSError:\n        pass\n" + SMALL.replace("return keras.Model", "return 0 * keras.Model"),
        "build",
    ),
}


@pytest.fixture(scope="module")
def jail(jailed: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jail]:
    folder = tmp_path_factory.mktemp("jail")
    with Jail(memory=8 * 2**30, seconds=season.longest_run(["speech"]), folder=folder) as cage:
        yield cage


def _entries(tmp_path: Path, jail: Jail, **files: str | bytes) -> dict[str, HandedInEntry]:
    for name, content in files.items():
        path = tmp_path / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return {entry.origin: entry for entry in collect(tmp_path, jail)}


def _as_json(name: str = "speech", entry: str = "strides", **changes: Any) -> str:
    build, recipe = COURSE_ENTRIES[name][entry]
    return json.dumps({"league": name, "model": described(build()), "recipe": recipe, **changes})


def test_a_python_file_becomes_plain_values(tmp_path: Path, jail: Jail) -> None:
    entry = _entries(tmp_path, jail, ann_dot_py=SMALL)["ann.py"]
    assert entry.problem == ""
    assert (entry.learner, entry.league) == ("ann", "speech")
    assert entry.recipe == {"epochs": 3, "learning_rate": 0.003}
    assert json.loads(json.dumps(entry.model)) == entry.model


@pytest.mark.parametrize("name", CHEATS)
def test_a_file_that_cheats_ends_in_one_sentence(name: str, tmp_path: Path, jail: Jail) -> None:
    source, words = CHEATS[name]
    entry = _entries(tmp_path, jail, bob_dot_py=source)["bob.py"]
    assert words in entry.problem
    assert "\n" not in entry.problem
    assert entry.model is None


def test_files_are_read_strictly(tmp_path: Path, jail: Jail) -> None:
    good = _as_json()
    (tmp_path / "link.json").symlink_to("/etc/passwd")
    entries = _entries(
        tmp_path,
        jail,
        ann_dot_json=good,
        bob__one_dot_json=good,
        bob__two_dot_json=good,
        cut_dot_json=good[: len(good) // 2],
        deep_dot_json="[" * 100 + "]" * 100,
        large_dot_json=" " * 1_000_001,
        latin_dot_json=b"\xff\xfe",
        more_dot_json=_as_json(seed=7),
        text_dot_txt="hello",
        unknown_dot_json=_as_json(league="chess"),
        dan_dot_ipynb="{}",
    )
    assert entries["ann.json"].problem == ""
    assert entries["bob/one.json"].problem == ""
    assert "another entry of this learner" in entries["bob/two.json"].problem
    for origin in ("cut.json", "deep.json", "more.json"):
        assert entries[origin].problem == collecting.NOT_AN_ENTRY
    assert entries["large.json"].problem == collecting.TOO_LARGE
    assert "UTF-8" in entries["latin.json"].problem
    assert entries["text.txt"].problem == entries["dan.ipynb"].problem == collecting.OTHER_KIND
    assert "league must be one of" in entries["unknown.json"].problem
    assert "link" in entries["link.json"].problem


def test_an_entry_is_trained_in_the_jail_and_marked_outside(tmp_path: Path, jail: Jail) -> None:
    entry = _entries(tmp_path, jail, ann_dot_py=SMALL)["ann.py"]
    own = held_out.drawn(LEAGUES["speech"], 5)
    journal = tmp_path / "laps.jsonl"
    shown: list[LapResult] = []
    results = season.race_all(
        [entry], {"speech": own}, jail, journal, seeds=(1, 2), on_lap=lambda _, lap: shown.append(lap)
    )
    assert [lap.seed for lap in results[0].laps] == [1, 2]
    assert all(lap.problem == "" and 0.05 < lap.accuracy < 1 for lap in results[0].laps)
    assert results[0].laps[0].accuracy != results[0].laps[1].accuracy
    assert results[0].score is not None
    # what the journal holds is not run again; other examples are
    again = season.race_all([entry], {"speech": own}, None, journal, seeds=(1, 2))  # type: ignore[arg-type]
    assert again == results
    with pytest.raises(AttributeError):
        season.race_all([entry], {"speech": held_out.drawn(LEAGUES["speech"], 6)}, None, journal)  # type: ignore[arg-type]


def test_an_entry_that_cannot_be_built_ends_in_one_sentence(jail: Jail) -> None:
    values = json.loads(_as_json())
    layer = next(layer for layer in values["model"]["config"]["layers"] if layer["class_name"] == "Conv2D")
    layer["config"].update(filters=4096, kernel_size=[40, 61])
    entry = HandedInEntry("ann", "ann.json", "speech", values["model"], values["recipe"])
    lap = season.run_lap(entry, held_out.drawn(LEAGUES["speech"], 5), 1, jail)
    assert "parameters" in lap.problem
    assert "\n" not in lap.problem


def _result(learner: str, *accuracies: float, league: str = "speech", parameters: int = 1000) -> EntryResult:
    laps = tuple(
        LapResult(seed, accuracy, parameters, 3.0, ((1.0, 0.5),))
        for seed, accuracy in enumerate(accuracies, 1)
    )
    return EntryResult(HandedInEntry(learner, f"{learner}.json", league), laps)


def test_page_and_table_name_everybody(tmp_path: Path) -> None:
    script = "<script>alert(1)</script>"
    results = [
        _result("ann", 0.91, 0.93),
        _result(script, 0.95, 0.96),
        _result("=1+1", 0.92, 0.94),
        EntryResult(HandedInEntry("bob", "bob.py", problem="No."), (), "No."),
    ]
    own = {"speech": held_out.HeldOut("speech", np.zeros(0, np.uint8), np.zeros(0, int), 5, "600 examples")}
    about = league_pages.Circumstances((1, 2, 3), "a machine", "Keras", "2026-11-27")
    league_pages.write_page(tmp_path / "league.html", results, own, about)
    league_pages.write_csv(tmp_path / "league.csv", results)
    page = (tmp_path / "league.html").read_text(encoding="utf-8")
    assert script not in page
    assert "&lt;script&gt;" in page
    assert page.index("alert(1)") < page.index("=1+1") < page.index("ann") < page.index("bob.py")
    assert "not told apart from the entry above" in page
    rows = list(csv.DictReader((tmp_path / "league.csv").open(encoding="utf-8")))
    assert [row["place"] for row in rows] == ["1", "2", "3", ""]
    assert not rows[1]["entry"].startswith("=")
    assert rows[3]["problem"] == "No."


def test_examples_of_ones_own_tell_their_league(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    y = rng.integers(0, 10, 30)
    for name, shape in (("mnist", (28, 28, 1)), ("speech", (40, 61, 1)), ("crops", (32, 32, 3))):
        np.savez(tmp_path / name, x=rng.integers(0, 256, (30, *shape)).astype(np.uint8), y=y)
    np.savez(tmp_path / "clips", x=rng.integers(-9, 9, (30, 8000)).astype(np.int16), y=y)
    found = held_out.read_files([tmp_path / f"{name}.npz" for name in LEAGUES])
    assert list(found) == list(LEAGUES)
    assert all(own.draw is None for own in found.values())
    assert held_out.read_file(tmp_path / "clips.npz").x.shape == (30, 40, 61, 1)
    with pytest.raises(ValueError, match="two for speech"):
        held_out.read_files([tmp_path / "speech.npz", tmp_path / "clips.npz"])


@pytest.mark.parametrize("content", [b"", b"no zip", None])
def test_a_file_of_examples_that_is_none_is_one_line(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "own.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=r"must be an \.npz file with the arrays x and y"):
        held_out.read_file(path)


def test_objects_in_a_file_of_examples_are_not_unpickled(tmp_path: Path) -> None:
    np.savez(tmp_path / "own", x=np.array([{}], object), y=np.zeros(1, int))
    with pytest.raises(ValueError, match=r"must be an \.npz file"):
        held_out.read_file(tmp_path / "own.npz")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "does not exist"),
        (["FILE"], "neither a folder nor a zip file"),
        (["FOLDER", "--mem", "1G"], "--mem must be at least 2G"),
        (["FOLDER", "--held-out", "FILE"], "must be an .npz file"),
    ],
)
def test_a_wrong_command_is_one_line(arguments: list[str], words: str, tmp_path: Path, jailed: None) -> None:
    (tmp_path / "file.txt").write_text("hello")
    places = {"FILE": str(tmp_path / "file.txt"), "FOLDER": str(tmp_path)}
    filled = [places.get(argument, argument) for argument in arguments]
    result = CliRunner().invoke(app, ["league", *filled, "--out", str(tmp_path / "out")])
    assert result.exit_code == 2
    assert words in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert "Traceback" not in result.output


def test_the_command_ranks_a_folder(tmp_path: Path, jailed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "entries"
    folder.mkdir()
    (folder / "ann.py").write_text(SMALL)
    (folder / "bob.py").write_text(CHEATS["lambda"][0])
    out = tmp_path / "out"
    result = CliRunner().invoke(app, ["league", str(folder), "--out", str(out), "--seed", "5"])
    assert result.exit_code == 0, result.output
    assert "Held-out examples are drawn with --seed 5" in result.output
    assert "bob.py: The league does not take 'Lambda'" in result.output
    assert "Ranked: 1 of 2 entries." in result.output
    rows = list(csv.DictReader((out / "league.csv").open(encoding="utf-8")))
    assert [(row["entry"], row["place"]) for row in rows] == [("ann", "1"), ("bob", "")]
    assert "ann" in (out / "league.html").read_text(encoding="utf-8")
