"""Chapter 09's claims about fine-tuning: the stored runs say what the chapter says, and other seeds agree."""

import ast
import json
from statistics import mean
from typing import Any

import keras
import pytest

from tests import harness
from workbook.course.makers import fine_tuning
from workbook.course.makers.fine_tuning import SEEDS, VOICES, WAYS
from workbook.data import standins
from workbook.data.bundled import bundled_file

CHAPTER = "09_comparing_architectures"
NOTHING, HEAD, TUNED = WAYS


@pytest.fixture(scope="module")
def runs() -> list[dict[str, Any]]:
    return json.loads(bundled_file("results/fine_tuning.json").read_text(encoding="utf-8"))["runs"]


def _errors(runs: list[dict[str, Any]], way: str, voices: int) -> list[float]:
    return [run["errors"][way] for run in runs if run["voices"] == voices]


def test_every_number_of_voices_has_every_seed(runs: list[dict[str, Any]]) -> None:
    assert [(run["voices"], run["seed"]) for run in runs] == [
        (voices, seed) for voices in VOICES for seed in SEEDS
    ]
    assert all(tuple(run["errors"]) == WAYS for run in runs)


def test_the_chapter_trains_as_the_stored_runs_were_trained() -> None:
    names: dict[str, Any] = {"keras": keras, "layers": keras.layers}
    source = "\n".join(cell.source for cell in harness.cells(CHAPTER) if "def from_nothing" in cell.source)
    tree = ast.parse(source)
    function = next(node for node in tree.body if getattr(node, "name", "") == "from_nothing")
    exec(ast.unparse(function), names)
    shown, trained = names["from_nothing"]((40, 61, 1), 10), fine_tuning.small_network((40, 61, 1), 10)
    for layer, other in zip(shown.layers, trained.layers, strict=True):
        assert type(layer) is type(other)
        assert {**layer.get_config(), "name": ""} == {**other.get_config(), "name": ""}


def test_the_text_says_how_the_stored_runs_were_made() -> None:
    prose = harness.prose(CHAPTER)
    assert (
        f"fine-tuned from block 6 on, four fifths of its weights, at a rate of {fine_tuning.RATES[TUNED]}"
        in prose
    )
    assert f"spectrograms of {fine_tuning.SIDE} × {fine_tuning.SIDE} pixels" in prose
    assert f"The {len(WAYS) * len(VOICES) * len(SEEDS)} runs" in prose
    assert fine_tuning.CUT == "block5c_add"


def test_features_help_most_with_few_words_and_fine_tuning_with_more(runs: list[dict[str, Any]]) -> None:
    means = {voices: {way: mean(_errors(runs, way, voices)) for way in WAYS} for voices in VOICES}
    print(means)
    assert max(means[2], key=lambda way: means[2][way]) == NOTHING
    for voices in VOICES[1:]:
        assert means[voices][NOTHING] < means[voices][TUNED] < means[voices][HEAD]


@pytest.mark.claims
def test_other_seeds_agree_on_twelve_voices() -> None:
    """On average, as the chapter says: a single seed may give the new head and the fine-tuned network equal errors."""
    comparison = fine_tuning.Comparison(standins.synthetic_speech())
    runs = [{"voices": 12, "seed": seed, "errors": comparison.errors(12, seed)} for seed in (4, 5)]
    print(runs)
    nothing, head, tuned = (mean(_errors(runs, way, 12)) for way in WAYS)
    assert nothing < tuned < head
