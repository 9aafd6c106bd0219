"""Sentences as numbers, and a convolutional network for them: tokens, ids, n-grams, a text CNN, learned vectors.

Arrays and lists in, arrays and lists out; only `text_cnn`, `permuted` and `peaks` need Keras. A vocabulary is a list
of words, and a word's id is its index: 0 is padding, 1 is every word that is not in the list, as in
`keras.layers.TextVectorization`.

Source of the network: Kim 2014, "Convolutional Neural Networks for Sentence Classification", section 2.
"""

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from workbook.calls import note_call

if TYPE_CHECKING:
    import keras

PADDING, UNKNOWN = "", "[UNK]"
_PLAIN = str.maketrans(string.ascii_uppercase, string.ascii_lowercase, string.punctuation)
_BLANKS = re.compile(f"[{string.whitespace}]+")  # ASCII's, as in TextVectorization: no no-break space
_TYPED = str.maketrans(
    {"‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "…": " ", "–": " ", "—": " "}
)


# From sentences to ids --------------------------------------------------------------------------------------


def tokens(sentence: str) -> list[str]:
    """Return the words of a sentence as `TextVectorization` splits it: lower case, no punctuation.

    Only ASCII letters are converted to lower case. ASCII punctuation is deleted, not replaced: "don't" becomes "dont".
    Only ASCII white space separates words: a no-break space and a curly quote stay inside a word, see `plain`.
    """
    return [word for word in _BLANKS.split(sentence.translate(_PLAIN)) if word]


def plain(sentence: str) -> str:
    """Return a sentence as typed on a plain keyboard, so that `tokens` and `TextVectorization` know its words.

    Curly quotes become straight ones, dashes, no-break and other wide spaces become blanks, and accents that are
    characters of their own are joined to their letters.
    """
    joined = unicodedata.normalize("NFC", sentence).translate(_TYPED)
    return "".join(" " if unicodedata.category(letter) == "Zs" else letter for letter in joined)


def vocabulary(sentences: Iterable[str], *, size: int | None = None) -> list[str]:
    """Return the words of `sentences`, the most frequent first, after two entries for padding and unknown words.

    `size` includes these two. Equally frequent words are in reverse alphabetical order, as in Keras.
    ValueError for a size below 2.
    """
    if size is not None and size < 2:
        raise ValueError(
            f"size must be at least 2: padding and unknown words are entries. Received: size={size}"
        )
    counts = Counter(word for sentence in sentences for word in tokens(sentence))
    ordered = sorted(counts, key=lambda word: (counts[word], word), reverse=True)
    return [PADDING, UNKNOWN, *ordered][:size]


def encode(sentences: Iterable[str], words: Sequence[str], *, length: int) -> np.ndarray:
    """Return sentences as ids (sentences, length): cut after `length` words, or followed by zeros."""
    note_call("text.encode")
    if length < 1:
        raise ValueError(f"length must be at least 1. Received: length={length}")
    number = {word: index for index, word in enumerate(words)}
    numbers = [[number.get(word, 1) for word in tokens(sentence)[:length]] for sentence in sentences]
    ids = np.zeros((len(numbers), length), dtype=np.int64)
    for row, encoded in zip(ids, numbers, strict=True):
        row[: len(encoded)] = encoded
    return ids


def decode(ids: Sequence[int] | np.ndarray, words: Sequence[str]) -> list[str]:
    """Return the words of ids (time,); padding becomes the empty string."""
    return [words[index] for index in ids]


def unknown_share(ids: np.ndarray) -> float:
    """Return the share of unknown words among all words of encoded sentences; NaN if there are no words."""
    count = np.count_nonzero(ids)
    return float(np.count_nonzero(ids == 1) / count) if count else float("nan")


def shuffle_time(ids: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a copy with the words of each sentence (sentences, length) shuffled, and the padding left at the end."""
    keys = rng.random(ids.shape) + (ids == 0)  # padding sorts last
    return np.take_along_axis(ids, np.argsort(keys, axis=1), axis=1)


class Vectorization:
    """Keras's `TextVectorization` without TensorFlow, which that layer needs: `adapt` to sentences, then call it.

    The arguments are the layer's, and so are the results: a call returns ids, int64 (sentences, length).
    """

    def __init__(self, *, max_tokens: int, output_sequence_length: int) -> None:
        self._size, self._length = max_tokens, output_sequence_length
        self._words: list[str] = []

    def adapt(self, sentences: Iterable[str]) -> None:
        """Learn the vocabulary: the most frequent words of `sentences`."""
        self._words = vocabulary(sentences, size=self._size)

    def get_vocabulary(self) -> list[str]:
        """Return the words in the order of their ids, padding and unknown words first."""
        return list(self._words)

    def __call__(self, sentences: Iterable[str]) -> np.ndarray:
        """Return the ids of sentences. ValueError before `adapt`."""
        if not self._words:
            raise ValueError("there is no vocabulary yet: call adapt(sentences) first")
        return encode(sentences, self._words, length=self._length)


def vectorization(
    *, max_tokens: int, output_sequence_length: int
) -> "keras.layers.TextVectorization | Vectorization":
    """Return `keras.layers.TextVectorization` with these arguments, or what does the same without TensorFlow."""
    import keras

    options: dict[str, Any] = {"max_tokens": max_tokens, "output_sequence_length": output_sequence_length}
    try:
        return keras.layers.TextVectorization(**options)
    except ImportError:
        print(
            "Keras's TextVectorization needs TensorFlow. The course's own text.Vectorization does the same."
        )
        return Vectorization(**options)


# A sentence of the learner's own ------------------------------------------------------------------------------


@dataclass(frozen=True)
class OwnSentence:
    """A sentence as a network reads it: the `plain` text, its `words`, and which of them are `known`."""

    plain: str
    words: tuple[str, ...]
    known: tuple[bool, ...]
    note: str

    @property
    def can_be_rated(self) -> bool:
        """Whether the network knows any of the words."""
        return any(self.known)

    @property
    def marked(self) -> str:
        """The words, with [brackets] around those that the network does not know."""
        return " ".join(
            word if known else f"[{word}]" for word, known in zip(self.words, self.known, strict=True)
        )


def own_sentence(sentence: Any, words: Sequence[str], *, length: int) -> OwnSentence:
    """Return what a network with this vocabulary reads of a learner's sentence, at most `length` words.

    Nothing is refused: `note` says in one line what is wrong, and is empty if all is well.
    """
    if not isinstance(sentence, str):
        return OwnSentence("", (), (), f"a sentence must be a text in quotes; this is {sentence!r}")
    text = plain(sentence)
    read = tokens(text)
    vocabulary_words = set(words[2:])
    known = [word in vocabulary_words for word in read[:length]]
    return OwnSentence(text, tuple(read[:length]), tuple(known), _note(read, known, length))


def _note(read: list[str], known: list[bool], length: int) -> str:
    if not read:
        return "no words: nothing to rate"
    if not any(known):
        foreign = any(
            not unicodedata.name(letter, "").startswith("LATIN")
            for letter in "".join(read)
            if letter.isalpha()
        )
        reason = "the network has learned English" if foreign else "a score would say nothing"
        return f"no word is known: {reason}"
    if sum(known) < len(known) / 2:
        return f"only {sum(known)} of {len(known)} words are known: do not trust the score"
    return f"only the first {length} of {len(read)} words are read" if len(read) > length else ""


# The learned vectors -----------------------------------------------------------------------------------------


def neighbours(
    vectors: np.ndarray, words: Sequence[str], word: str, *, count: int = 5, among: int = 2000
) -> list[tuple[str, float]]:
    """Return the `count` words whose vectors point most nearly the same way as that of `word`, with the cosines.

    Only the `among` most frequent words are looked at. `vectors` (words, dimensions) is an embedding's table.
    ValueError for a word that is not in the vocabulary.
    """
    if word not in words[2:]:
        raise ValueError(f"word must be in the vocabulary. Received: word={word!r}")
    lengths = np.linalg.norm(vectors, axis=1)
    place = list(words).index(word)
    cosines = vectors[2:among] @ vectors[place] / np.maximum(lengths[2:among] * lengths[place], 1e-9)
    order = [2 + int(row) for row in np.argsort(-cosines, kind="stable") if 2 + row != place]
    return [(words[row], float(cosines[row - 2])) for row in order[:count]]


def plane(vectors: np.ndarray) -> np.ndarray:
    """Return vectors (n, dimensions) as points (n, 2): the plane in which they vary most (principal components).

    The sign of each axis is chosen so that its largest entry is positive.
    """
    centred = vectors - vectors.mean(axis=0)
    axes = np.linalg.svd(centred, full_matrices=False)[2][:2]  # (2, dimensions)
    points = centred @ axes.T
    largest = points[np.abs(points).argmax(axis=0), np.arange(2)]
    return points * np.sign(largest)


# The baseline: a bag of words -------------------------------------------------------------------------------


def word_weights(ids: np.ndarray, labels: np.ndarray, size: int) -> np.ndarray:
    """Return the weight of each of `size` words, (size,): how much more frequent it is in class 1 than in class 0.

    The logarithm of the ratio of two shares, with 1 added to each count (naive Bayes, each word counted once per
    sentence). Padding and unknown words have weight 0. Labels are 0 and 1. Source: Wang & Manning 2012, section 2.1.
    """
    sentences, words = _once_each(ids, size)
    counts = np.ones((2, size))
    for label in (0, 1):
        counts[label] += np.bincount(words[labels[sentences] == label], minlength=size)
    shares = counts[:, 2:] / counts[:, 2:].sum(axis=1, keepdims=True)
    return np.concatenate([np.zeros(2), np.log(shares[1]) - np.log(shares[0])])


def bag_scores(ids: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the sum of the weights of each sentence's words, each word once: (sentences,). Above 0 means class 1."""
    sentences, words = _once_each(ids, len(weights))
    return np.bincount(sentences, weights[words], minlength=len(ids))


def _once_each(ids: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of the sentence and the id of the word, for each different word of each sentence."""
    pairs = np.unique(np.arange(len(ids))[:, None] * size + ids)
    return pairs // size, pairs % size


# The network ------------------------------------------------------------------------------------------------


def text_cnn(
    size: int,
    *,
    dimensions: int = 32,
    widths: Sequence[int] = (3, 4, 5),
    filters: int = 32,
    length: int = 40,
    dropout: float = 0.5,
) -> "keras.Model":
    """Build Kim's text CNN with one sigmoid output: embedding, a convolution for each width, maximum over time.

    `size` counts the vocabulary. Inputs are ids (batch, length); layers are named "embedding", "width3", "max3" and
    so on. The paper has 300 dimensions, 100 filters per width, and two softmax outputs. ValueError for a width that is
    longer than a sentence.
    """
    import keras
    from keras import layers

    if not widths or max(widths) > length or min(widths) < 1:
        raise ValueError(f"widths must be between 1 and length. Received: widths={widths}, length={length}")
    inputs = keras.Input((length,), dtype="int32")
    x = layers.Embedding(size, dimensions, name="embedding")(inputs)  # (batch, length, dimensions)
    strongest = []
    for width in widths:
        maps = layers.Conv1D(filters, width, activation="relu", name=f"width{width}")(x)
        strongest.append(layers.GlobalMaxPooling1D(name=f"max{width}")(maps))  # (batch, filters)
    x = layers.Concatenate()(strongest) if len(strongest) > 1 else strongest[0]
    x = layers.Dropout(dropout)(x)
    name = "_".join(["text_cnn", *map(str, widths)])
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid", name="positive")(x), name=name)


def permuted(model: "keras.Model", order: Sequence[int], *, kernels: bool = True) -> "keras.Model":
    """Return a copy of a text CNN with its embedding dimensions reordered, and the filters' weights if `kernels`.

    With `kernels` the copy computes the same as the model. Without, each filter reads the wrong dimensions.
    ValueError if `order` is not a permutation of the dimensions.
    """
    import keras

    dimensions = model.get_layer("embedding").output_dim
    if sorted(order) != list(range(dimensions)):
        raise ValueError(f"order must be a permutation of range({dimensions}). Received: order={list(order)}")
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    table = copy.get_layer("embedding").embeddings
    table.assign(np.asarray(table)[:, list(order)])
    for layer in copy.layers:
        if kernels and isinstance(layer, keras.layers.Conv1D):
            layer.kernel.assign(np.asarray(layer.kernel)[:, list(order)])
    return copy


# What activates a filter ------------------------------------------------------------------------------------


def peaks(model: "keras.Model", ids: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the maximum over time of each filter of a width, and its position: two arrays (sentences, filters)."""
    import keras

    layer: Any = model.get_layer(f"width{width}")
    below = keras.Model(model.input, layer.output)  # called, not traced: `predict` would compile it
    parts = [np.asarray(below(ids[start : start + 500])) for start in range(0, len(ids), 500)]
    maps = np.concatenate(parts)  # (sentences, places, filters)
    return maps.max(axis=1), maps.argmax(axis=1)


def ngrams(ids: np.ndarray, words: Sequence[str], places: np.ndarray, width: int) -> list[str]:
    """Return the `width` words that start at each of `places` (sentences,), as text; padding is "·"."""
    rows = [row[place : place + width] for row, place in zip(ids, places, strict=True)]
    return [" ".join(word or "·" for word in decode(row, words)) for row in rows]


def strongest_ngrams(
    model: "keras.Model", ids: np.ndarray, words: Sequence[str], *, width: int, count: int = 5
) -> list[list[tuple[str, float]]]:
    """Return for each filter of a width the `count` different n-grams that activate it most, with the activations."""
    all_heights, all_places = peaks(model, ids, width)  # (sentences, filters)
    strongest = []
    for heights, places in zip(all_heights.T, all_places.T, strict=True):
        best: dict[str, float] = {}
        order = np.argsort(-heights, kind="stable")
        for ngram, height in zip(
            ngrams(ids[order], words, places[order], width), heights[order], strict=True
        ):
            best.setdefault(ngram, float(height))
            if len(best) == count:
                break
        strongest.append(list(best.items()))
    return strongest
