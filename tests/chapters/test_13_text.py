"""Chapter 13's claims: the small ones at once, the trained ones as bands over seeds that the chapter does not use."""

import keras
import numpy as np
import pytest

from tests import harness
from workbook import text
from workbook.exercises import find
from workbook.exercises.models import observe_model, same_model

CHAPTER = "13_text"
SEEDS = 4, 5, 6


def _names(*, trained: bool) -> dict:
    """Run the chapter's own code cells, without exercises and checks; cells that train only if `trained`."""
    after = {"train": {"SEEDS": SEEDS}}
    return harness.run_chapter(CHAPTER, harness.demonstrations(trained=trained), after=after)


@pytest.fixture(scope="module")
def names() -> dict:
    return _names(trained=False)


def test_the_file_is_sorted_so_its_end_is_not_a_random_sample(names: dict) -> None:
    stored = names["reviews"].y_train
    assert stored.mean() == pytest.approx(0.5, abs=0.01)
    assert stored[-1500:].mean() < 0.2
    assert names["y_val"].mean() == pytest.approx(0.5, abs=0.03)
    assert not set(names["x_train"]) & set(names["reviews"].x_test)


def test_a_vocabulary_of_all_sentences_hides_unknown_words(names: dict) -> None:
    shares = []
    for source in (names["x_train"], names["x_train"] + names["x_val"]):
        ids = text.encode(names["x_val"], text.vocabulary(source), length=60)
        shares.append(text.unknown_share(ids))
    assert shares[0] == pytest.approx(0.052, abs=0.001)
    assert shares[1] == 0


def test_counting_words_is_the_number_to_beat(names: dict) -> None:
    ids, y, weights = names["val_ids"], names["y_val"], names["weights"]
    honest = names["bag_accuracy"](ids, y, weights)
    assert honest == pytest.approx(0.785, abs=0.005)
    assert names["bag_accuracy"](ids, y, names["leaked"]) > honest + 0.08
    mixed = text.shuffle_time(ids, np.random.default_rng(1))
    assert np.array_equal(text.bag_scores(mixed, weights) > 0, text.bag_scores(ids, weights) > 0)


def test_exercises_and_package_do_the_same(names: dict) -> None:
    words, sentence = names["words"], "a gripping film quxly told"
    assert find("13.2").reference(sentence, words, 8) == text.encode([sentence], words, length=8)[0].tolist()
    keras.utils.set_random_seed(1)
    model = text.text_cnn(50, dimensions=6, filters=4, length=20)
    ids = np.random.default_rng(2).integers(0, 50, (3, 20))
    table = np.asarray(model.get_layer("embedding").embeddings)
    assert find("13.3").reference(ids[0], table)[1] == pytest.approx(table[ids[0]])
    layer = model.get_layer("width4")
    maps = find("13.4").reference(table[ids[0]], *layer.get_weights())
    assert maps == pytest.approx(np.asarray(layer(table[ids[:1]]))[0], abs=1e-6)
    heights, places = text.peaks(model, ids[:1], 4)
    fired = find("13.5").reference(maps, [f"w{word_id}" for word_id in ids[0]], 4)
    assert [height for _, height in fired] == pytest.approx(heights[0], abs=1e-6)
    assert [ngram.split()[0] for ngram, _ in fired] == [f"w{ids[0, place]}" for place in places[0]]


def test_the_exercises_network_is_the_packages() -> None:
    packaged = observe_model(lambda: text.text_cnn(50, dimensions=6, filters=4, length=20))
    reference = observe_model(find("13.6").reference, 50, 6, 4, (3, 4, 5))
    assert same_model()(packaged, reference, ()) is None


def test_the_formula_counts_the_parameters(names: dict) -> None:
    counted = 8000 * 16 + sum((width * 16 + 1) * 24 for width in (3, 4, 5)) + 3 * 24 + 1
    assert names["build"]().count_params() == counted


def test_a_softmax_of_two_scores_is_a_sigmoid(names: dict) -> None:
    assert names["softmax"](np.array([0.4, 1.9]))[1] == pytest.approx(names["sigmoid"](1.5))


@pytest.fixture(scope="module")
def trained() -> dict:
    return _names(trained=True)


@pytest.mark.claims
def test_the_networks_stay_in_their_band_and_behind_the_bag(trained: dict) -> None:
    results = trained["results"]
    print({name: np.round(values, 3).tolist() for name, values in results.items()})
    assert all(0.72 < value < 0.79 for value in results["widths 3, 4, 5"] + results["width 1"])
    assert np.mean(results["bag of words"]) > max(
        np.mean(results["width 1"]), np.mean(results["widths 3, 4, 5"])
    )


@pytest.mark.claims
def test_permuted_dimensions_change_nothing(trained: dict) -> None:
    assert max(trained["changes"][True]) == 0
    print("table alone:", trained["changes"][False])
    assert min(trained["changes"][False]) > 0.15
    answers = trained["answers"]
    differ = [np.mean(renamed != answer) for renamed, answer in zip(trained["renamed"], answers, strict=True)]
    other_seeds = [np.mean(answers[0] != answer) for answer in answers[1:]]
    print("trained from permuted numbers, answers that differ:", differ, "other seeds:", other_seeds)
    assert max(differ) < 0.6 * min(other_seeds)  # only rounding, which training may amplify


@pytest.mark.claims
def test_permuted_time_changes_answers_and_costs_little(trained: dict) -> None:
    changed, results = trained["changed"], trained["results"]
    assert max(changed["bag of words"] + changed["width 1"]) == 0
    assert all(0.05 < value < 0.2 for value in changed["widths 3, 4, 5"])
    lost = np.mean(results["widths 3, 4, 5"]) - np.mean(results["read in shuffled order"])
    print(f"lost by shuffling: {100 * lost:.1f} points")
    assert 0 < lost < 0.04


@pytest.mark.claims
def test_order_is_learned_where_the_task_needs_it(trained: dict) -> None:
    told = trained["told"]
    print(told)
    assert told[(1,)] == 0.5
    assert told[3, 4, 5] > 0.8
