"""Sentences as numbers, and the convolutional network that reads them: tokens, ids, n-grams, a text CNN.

Arrays and lists in, arrays and lists out; only `text_cnn`, `permuted` and `peaks` need Keras. A vocabulary is a list
of words, and a word's id is its place: 0 is padding, 1 stands for every word that is not in the list, as in
`keras.layers.TextVectorization`.

Source of the network: Kim 2014, "Convolutional Neural Networks for Sentence Classification", section 2.
"""

import string
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras

PADDING, UNKNOWN = "", "[UNK]"
_PLAIN = str.maketrans(string.ascii_uppercase, string.ascii_lowercase, string.punctuation)


# From sentences to ids --------------------------------------------------------------------------------------


def tokens(sentence: str) -> list[str]:
    """Split a sentence into words as `TextVectorization` does: small letters, no punctuation.

    ASCII letters only are made small, and ASCII punctuation is deleted, not replaced: "don't" gives "dont".
    """
    return sentence.translate(_PLAIN).split()


def vocabulary(sentences: Iterable[str], *, size: int | None = None) -> list[str]:
    """List the words of `sentences`, the most frequent first, after the two entries for padding and unknown words.

    `size` counts these two as well. Words that are equally frequent stand in reverse alphabetical order, as in Keras.
    ValueError for a size below 2.
    """
    if size is not None and size < 2:
        raise ValueError(f"A vocabulary has two entries before its words. Received: size={size}")
    counts = Counter(word for sentence in sentences for word in tokens(sentence))
    ordered = sorted(counts, key=lambda word: (counts[word], word), reverse=True)
    return [PADDING, UNKNOWN, *ordered][:size]


def encode(sentences: Iterable[str], words: Sequence[str], *, length: int) -> np.ndarray:
    """Turn sentences into ids (sentences, length): cut after `length` words, or followed by zeros."""
    if length < 1:
        raise ValueError(f"length must be at least 1. Received: length={length}")
    number = {word: index for index, word in enumerate(words)}
    rows = [[number.get(word, 1) for word in tokens(sentence)[:length]] for sentence in sentences]
    ids = np.zeros((len(rows), length), dtype=np.int64)
    for row, found in zip(ids, rows, strict=True):
        row[: len(found)] = found
    return ids


def decode(ids: Sequence[int] | np.ndarray, words: Sequence[str]) -> list[str]:
    """Turn ids (time,) back into words; padding gives the empty string."""
    return [words[index] for index in ids]


def unknown_share(ids: np.ndarray) -> float:
    """Give the share of unknown words among all words of encoded sentences; NaN where there is no word."""
    count = np.count_nonzero(ids)
    return float(np.count_nonzero(ids == 1) / count) if count else float("nan")


def shuffle_time(ids: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Shuffle the words of each sentence (sentences, length), and leave the padding at its end; give a copy."""
    keys = rng.random(ids.shape) + (ids == 0)  # padding sorts last
    return np.take_along_axis(ids, np.argsort(keys, axis=1), axis=1)


# The yardstick: a bag of words ------------------------------------------------------------------------------


def word_weights(ids: np.ndarray, labels: np.ndarray, size: int) -> np.ndarray:
    """Weigh each of `size` words by how much oftener it stands in sentences of class 1 than of class 0: (size,).

    The logarithm of the ratio of two shares, with one added to each count (naive Bayes, a word counted once a
    sentence). Padding and unknown words weigh 0. Labels are 0 and 1. Source: Wang & Manning 2012, section 2.1.
    """
    rows, found = _once_each(ids, size)
    counts = (
        np.stack([np.bincount(found[labels[rows] == one], minlength=size) for one in (0, 1)]) + 1.0
    )  # (2, size)
    shares = counts[:, 2:] / counts[:, 2:].sum(axis=1, keepdims=True)
    return np.concatenate([np.zeros(2), np.log(shares[1]) - np.log(shares[0])])


def bag_scores(ids: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Add up the weights of each sentence's words, each word once: (sentences,). Above 0 means class 1."""
    rows, found = _once_each(ids, len(weights))
    return np.bincount(rows, weights[found], minlength=len(ids))


def _once_each(ids: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """List the different words of all sentences: the sentence's number and the word's id, for each."""
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
    so on. The paper has 300 dimensions, 100 filters a width, and two softmax outputs. ValueError for a width that is
    longer than a sentence.
    """
    import keras
    from keras import layers

    if not widths or max(widths) > length or min(widths) < 1:
        raise ValueError(f"widths lie between 1 and length. Received: widths={widths}, length={length}")
    inputs = keras.Input((length,), dtype="int32")
    x = layers.Embedding(size, dimensions, name="embedding")(inputs)  # (batch, length, dimensions)
    strongest = []
    for width in widths:
        maps = layers.Conv1D(filters, width, activation="relu", name=f"width{width}")(x)
        strongest.append(layers.GlobalMaxPooling1D(name=f"max{width}")(maps))  # (batch, filters)
    x = layers.Concatenate()(strongest) if len(strongest) > 1 else strongest[0]
    x = layers.Dropout(dropout)(x)
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid", name="positive")(x), name="text_cnn")


def permuted(model: "keras.Model", order: Sequence[int], *, kernels: bool = True) -> "keras.Model":
    """Copy a text CNN with its embedding dimensions in another order, in the filters' weights too if `kernels`.

    With `kernels` the copy computes what the model does. Without, each filter reads the wrong dimensions.
    ValueError if `order` is not a permutation of the dimensions.
    """
    import keras

    dimensions = model.get_layer("embedding").output_dim
    if sorted(order) != list(range(dimensions)):
        raise ValueError(f"order is a permutation of range({dimensions}). Received: {list(order)}")
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    table = copy.get_layer("embedding").embeddings
    table.assign(np.asarray(table)[:, list(order)])
    for layer in copy.layers:
        if kernels and isinstance(layer, keras.layers.Conv1D):
            layer.kernel.assign(np.asarray(layer.kernel)[:, list(order)])
    return copy


# What fires a filter ----------------------------------------------------------------------------------------


def peaks(model: "keras.Model", ids: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Give the maximum over time of each filter of one width and where it is: two arrays (sentences, filters)."""
    import keras

    layer: Any = model.get_layer(f"width{width}")
    below = keras.Model(model.input, layer.output)  # called, not traced: `predict` would compile it
    parts = [np.asarray(below(ids[start : start + 500])) for start in range(0, len(ids), 500)]
    maps = np.concatenate(parts)  # (sentences, places, filters)
    return maps.max(axis=1), maps.argmax(axis=1)


def ngrams(ids: np.ndarray, words: Sequence[str], places: np.ndarray, width: int) -> list[str]:
    """Write out the `width` words from each of `places` (sentences,) on; padding is written as "·"."""
    rows = [row[place : place + width] for row, place in zip(ids, places, strict=True)]
    return [" ".join(word or "·" for word in decode(row, words)) for row in rows]


def strongest_ngrams(
    model: "keras.Model", ids: np.ndarray, words: Sequence[str], *, width: int, count: int = 5
) -> list[list[tuple[str, float]]]:
    """List for each filter of one width the `count` different n-grams that fire it most, with what it answers."""
    heights, places = peaks(model, ids, width)
    found = []
    for one in range(heights.shape[1]):
        best: dict[str, float] = {}
        order = np.argsort(-heights[:, one], kind="stable")
        for text, height in zip(
            ngrams(ids[order], words, places[order, one], width), heights[order, one], strict=True
        ):
            best.setdefault(text, float(height))
            if len(best) == count:
                break
        found.append(list(best.items()))
    return found
