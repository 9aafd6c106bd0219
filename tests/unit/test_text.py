"""Words, ids, n-grams and the text CNN, checked against Keras's own `TextVectorization` and by hand."""

import itertools

import keras
import numpy as np
import pytest
from keras import layers

from workbook import data, text

SENTENCES = ["The cat sat; the DOG didn't.", "A dog -- a good dog!", "the end"]


def test_tokens_are_in_lower_case_and_without_punctuation() -> None:
    assert text.tokens("It's co-writer/director\tJackson's  BEST.") == [
        "its",
        "cowriterdirector",
        "jacksons",
        "best",
    ]
    assert text.tokens("  ... !? ") == []
    assert text.tokens("Café ÉTÉ") == ["café", "ÉtÉ"]  # only ASCII letters, as in Keras


def test_vocabulary_counts_and_orders_as_keras_does() -> None:
    words = text.vocabulary(SENTENCES)
    assert words[:5] == ["", "[UNK]", "the", "dog", "a"]
    assert text.vocabulary(SENTENCES, size=4) == words[:4]
    with pytest.raises(ValueError, match="size=1"):
        text.vocabulary(SENTENCES, size=1)


@pytest.mark.parametrize("size", [None, 500])
def test_words_and_ids_are_those_of_text_vectorization(size: int | None) -> None:
    sentences = data.load("movie_reviews", samples=400, test_samples=60)
    layer = layers.TextVectorization(max_tokens=size, output_sequence_length=20)
    layer.adapt(sentences.x_train)
    words = text.vocabulary(sentences.x_train, size=size)
    assert layer.get_vocabulary() == words
    theirs = np.asarray(layer(sentences.x_test))
    assert np.array_equal(text.encode(sentences.x_test, words, length=20), theirs)
    assert (theirs == 1).any()


def test_every_review_is_split_as_keras_splits_it() -> None:
    reviews = data.load("movie_reviews").x_train
    layer = layers.TextVectorization()
    layer.adapt(reviews)
    assert layer.get_vocabulary() == text.vocabulary(reviews)


def test_vectorization_is_kerass_layer_or_does_the_same(monkeypatch, capsys) -> None:
    sentences = data.load("movie_reviews").x_train[:500]
    options = {"max_tokens": 300, "output_sequence_length": 12}
    layer = text.vectorization(**options)
    assert isinstance(layer, layers.TextVectorization)
    assert capsys.readouterr().out == ""

    def missing(**arguments: object) -> None:
        raise ImportError("Layer TextVectorization requires TensorFlow.")

    monkeypatch.setattr(layers, "TextVectorization", missing)
    own = text.vectorization(**options)
    assert "needs TensorFlow" in capsys.readouterr().out
    with pytest.raises(ValueError, match=r"call adapt\(sentences\) first"):
        own(sentences)
    for each in (layer, own):
        each.adapt(sentences)
    assert own.get_vocabulary() == [str(word) for word in layer.get_vocabulary()]
    np.testing.assert_array_equal(own(sentences), np.array(layer(sentences)))


def test_encode_cuts_pads_and_marks_the_unknown() -> None:
    words = ["", "[UNK]", "good", "film"]
    ids = text.encode(["A good film", "", "film film film film film"], words, length=4)
    assert ids.tolist() == [[1, 2, 3, 0], [0, 0, 0, 0], [3, 3, 3, 3]]
    assert text.decode(ids[0], words) == ["[UNK]", "good", "film", ""]
    assert text.unknown_share(ids) == pytest.approx(1 / 7)
    assert np.isnan(text.unknown_share(ids[1:2]))
    with pytest.raises(ValueError, match="length=0"):
        text.encode(SENTENCES, words, length=0)


def test_shuffling_keeps_words_and_padding_in_their_place() -> None:
    ids = np.array([[2, 3, 4, 5, 6, 7, 0, 0], [2, 0, 0, 0, 0, 0, 0, 0], [9, 9, 1, 2, 3, 4, 5, 6]])
    before = ids.copy()
    mixed = text.shuffle_time(ids, np.random.default_rng(2))
    assert np.array_equal(ids, before)
    assert np.array_equal(np.sort(mixed, axis=1), np.sort(ids, axis=1))
    assert np.array_equal(mixed == 0, ids == 0)
    assert not np.array_equal(mixed[0], ids[0])


def test_word_weights_are_logarithms_of_ratios() -> None:
    ids = np.array([[2, 2, 3], [2, 0, 0], [3, 4, 1], [4, 0, 0]])
    weights = text.word_weights(ids, np.array([1, 1, 0, 0]), 5)
    # Sentences with the word, plus one: class 1 has (3, 2, 1), class 0 has (1, 2, 3), 6 each.
    assert weights == pytest.approx([0, 0, np.log(3), 0, -np.log(3)])
    assert text.bag_scores(ids, weights) == pytest.approx([np.log(3), np.log(3), -np.log(3), -np.log(3)])


def test_a_bag_does_not_see_the_order() -> None:
    rng = np.random.default_rng(0)
    ids, weights = rng.integers(0, 30, (20, 12)), rng.normal(size=30)
    assert text.bag_scores(ids[:, ::-1], weights) == pytest.approx(text.bag_scores(ids, weights))


def _model(**options: object) -> keras.Model:
    keras.utils.set_random_seed(3)
    return text.text_cnn(50, dimensions=6, filters=4, length=12, **options)  # type: ignore[arg-type]


IDS = np.random.default_rng(1).integers(0, 50, (7, 12))


def test_the_network_has_the_parameters_of_its_table() -> None:
    model = _model()
    assert model.count_params() == 50 * 6 + sum(width * 6 * 4 + 4 for width in (3, 4, 5)) + 12 + 1
    assert model.output_shape == (None, 1)
    with pytest.raises(ValueError, match="widths"):
        _model(widths=(3, 13))
    with pytest.raises(ValueError, match="widths"):
        _model(widths=())


def test_the_network_computes_windows_and_their_maximum() -> None:
    model = _model()
    table = np.asarray(model.get_layer("embedding").embeddings)
    features = []
    for width in (3, 4, 5):
        kernel, bias = (np.asarray(weight) for weight in model.get_layer(f"width{width}").weights)
        vectors = table[IDS]  # (7, 12, 6)
        maps = [
            np.tensordot(vectors[:, start : start + width], kernel, ((1, 2), (0, 1)))
            for start in range(13 - width)
        ]
        features.append(np.maximum(np.stack(maps, axis=1) + bias, 0).max(axis=1))
    kernel, bias = (np.asarray(weight) for weight in model.get_layer("positive").weights)
    expected = 1 / (1 + np.exp(-(np.concatenate(features, axis=1) @ kernel + bias)))
    assert np.asarray(model(IDS)) == pytest.approx(expected, abs=1e-6)


def test_reordered_dimensions_compute_the_same() -> None:
    model, order = _model(), np.array([3, 0, 5, 1, 4, 2])
    before = np.asarray(model(IDS))
    assert np.asarray(text.permuted(model, order)(IDS)) == pytest.approx(before, abs=1e-6)
    assert np.abs(np.asarray(text.permuted(model, order, kernels=False)(IDS)) - before).max() > 1e-4
    assert np.array_equal(np.asarray(model(IDS)), before)  # the model itself is left alone
    with pytest.raises(ValueError, match="permutation"):
        text.permuted(model, [0, 0, 1, 2, 3, 4])


def test_a_width_of_one_is_a_bag_and_three_is_not() -> None:
    for widths, is_bag in (((1,), True), ((3,), False)):
        model = _model(widths=widths)
        turned = np.abs(np.asarray(model(IDS[:, ::-1])) - np.asarray(model(IDS))).max()
        assert (turned < 1e-7) == is_bag


def test_peaks_and_their_ngrams_are_traced_to_the_words() -> None:
    model = _model()
    words = ["", "[UNK]", *(f"w{index}" for index in range(2, 50))]
    layer = model.get_layer("width3")
    layer.bias.assign(np.ones(4))
    heights, places = text.peaks(model, IDS, 3)
    assert heights.shape == places.shape == (7, 4)
    table, (kernel, bias) = np.asarray(model.get_layer("embedding").embeddings), layer.get_weights()
    row, index = 5, 2  # a sentence, a filter
    start = places[row, index]
    window = table[IDS[row, start : start + 3]]  # (3, 6)
    assert np.sum(window * kernel[..., index]) + bias[index] == pytest.approx(heights[row, index], abs=1e-6)
    ngrams = text.ngrams(IDS, words, places[:, index], 3)
    assert ngrams[row].split() == [words[i] or "·" for i in IDS[row, start : start + 3]]
    strongest = text.strongest_ngrams(model, IDS, words, width=3, count=3)
    assert [len(best) for best in strongest] == [3, 3, 3, 3]
    best = strongest[index]
    assert best[0] == (ngrams[int(np.argmax(heights[:, index]))], pytest.approx(heights[:, index].max()))
    assert all(before[1] >= after[1] for before, after in itertools.pairwise(best))


def test_strongest_ngrams_are_all_different() -> None:
    words = ["", "[UNK]", *(f"w{index}" for index in range(2, 50))]
    strongest = text.strongest_ngrams(_model(), np.repeat(IDS[:2], 3, axis=0), words, width=4, count=5)
    assert all(len(best) == len({ngram for ngram, _ in best}) <= 2 for best in strongest)


# A sentence of the learner's own --------------------------------------------------------------------------------

ODD = ["a\u00a0b", "don’t “x”", "a\u2003b", "a\x1cb\x85c", "a\tb\nc\x0bd\x0ce", "a—b", "\u3000x", "这部 电影"]


@pytest.mark.parametrize("sentence", ODD, ids=[f"odd{number}" for number in range(len(ODD))])
def test_odd_blanks_and_quotes_are_treated_as_keras_treats_them(sentence: str) -> None:
    layer = layers.TextVectorization()
    layer.adapt([sentence])
    assert layer.get_vocabulary() == text.vocabulary([sentence])


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("It’s “good” – not bad…", 'It\'s "good"   not bad '),
        ("a\u00a0good\u202ffilm\u3000!", "a good film !"),
        ("cafe\u0301", "café"),
        ("plain.", "plain."),
    ],
    ids=["quotes", "blanks", "accent", "plain"],
)
def test_a_plain_sentence_has_words_that_keras_knows(typed: str, expected: str) -> None:
    assert text.plain(typed) == expected


WORDS = ["", "[UNK]", "its", "good", "not", "a", "film"]


@pytest.mark.parametrize(
    ("sentence", "marked", "note"),
    [
        ("It’s a good\u00a0film!", "its a good film", ""),
        ("A quuxly film, good.", "a [quuxly] film good", ""),
        ("Quuxly frobnicated film", "[quuxly] [frobnicated] film", "only 1 of 3 words are known"),
        ("Frobnicating quuxes.", "[frobnicating] [quuxes]", "no word is known: a score would say nothing"),
        ("这部电影很好看。", "[这部电影很好看。]", "no word is known: the network has learned English"),
        ("Отличный фильм", "[Отличный] [фильм]", "no word is known: the network has learned English"),
        ("", "", "no words: nothing to rate"),
        (" \u00a0… ", "", "no words: nothing to rate"),
        ("[UNK]", "[unk]", "no word is known: a score would say nothing"),
        (42, "", "a sentence must be a text in quotes; this is 42"),
        (None, "", "a sentence must be a text in quotes; this is None"),
        ("a a a a a film film", "a a a a a film", "only the first 6 of 7 words are read"),
    ],
    ids=[
        "curly",
        "one",
        "most",
        "all",
        "chinese",
        "russian",
        "empty",
        "blank",
        "mark",
        "int",
        "none",
        "long",
    ],
)
def test_the_sentence_shows_what_the_network_reads(sentence: object, marked: str, note: str) -> None:
    own = text.own_sentence(sentence, WORDS, length=6)
    assert own.marked == marked
    assert own.note.startswith(note)
    assert bool(own.note) == bool(note)
    assert "\n" not in own.note
    assert own.can_be_rated == any(own.known)


def test_known_words_are_those_with_an_id_of_their_own() -> None:
    own = text.own_sentence("A quuxly film, it’s [UNK] good.", WORDS, length=20)
    ids = text.encode([own.plain], WORDS, length=20)[0]
    assert list(own.known) == [word_id > 1 for word_id in ids[: len(own.words)]]


# The learned vectors --------------------------------------------------------------------------------------------


def test_neighbours_point_the_same_way() -> None:
    vectors = np.array([[9, 9], [9, 9], [1, 0], [5, 1], [0, 2], [-1, 0], [1, 0.0]])
    words = ["", "[UNK]", "east", "nearly", "north", "west", "far"]
    near = text.neighbours(vectors, words, "east", count=2, among=6)
    assert [word for word, _ in near] == ["nearly", "north"]
    assert near[0][1] == pytest.approx(5 / np.sqrt(26))
    assert text.neighbours(vectors, words, "east", count=9)[-1] == ("west", pytest.approx(-1))
    for word in ("south", "[UNK]", ""):
        with pytest.raises(ValueError, match="word must be in the vocabulary"):
            text.neighbours(vectors, words, word)


def test_the_plane_keeps_distances_if_the_points_lie_in_one() -> None:
    rng = np.random.default_rng(0)
    flat = rng.normal(size=(9, 2)) @ np.linalg.qr(rng.normal(size=(5, 2)))[0].T + 3
    points = text.plane(flat)
    assert points.shape == (9, 2)
    apart, kept = (np.linalg.norm(values[:, None] - values[None], axis=2) for values in (flat, points))
    assert kept == pytest.approx(apart)
    assert points.std(axis=0)[0] >= points.std(axis=0)[1]
    assert text.plane(-flat) == pytest.approx(
        -points * np.sign(-points[np.abs(points).argmax(axis=0), [0, 1]])
    )
