"""The exercises of chapter 13: sentences as numbers, and the network that reads them."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from workbook import text
from workbook.exercises import Exercise, Inputs, Mistake
from workbook.exercises.models import observe_model, same_model

LEXICON = text.tokens(
    "a bad but cast dull ends film fine good great in is it long not of plot short slow so the too"
)


# 13.1 A vocabulary that has not seen the test


def _vocabulary_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw sentences in which ties matter, and test sentences with new words, one of them often."""
    cases: list[Inputs] = [
        (["so good it is so good", "the cast is good"], ["the plot is dull dull dull", "a plot"], 4),
    ]
    while len(cases) < 5:
        words = rng.permutation(LEXICON)
        shares = rng.dirichlet(np.ones(12))
        training = [" ".join(rng.choice(words[:12], rng.integers(3, 8), p=shares)) for _ in range(6)]
        new = words[12:15]
        test = [" ".join([*rng.choice(words[:12], 3), new[0], new[0], *rng.choice(new, 2)]) for _ in range(4)]
        size = int(rng.integers(4, 7))
        counts = Counter(_all_words(training))
        by_frequency, _ = known_words(training, test, len(counts))
        last_and_next = by_frequency[size - 1 : size + 1]
        tied = len({counts[word] for word in last_and_next}) == 1
        if tied and known_words(training, test, size)[0] != _by_appearance(training, test, size)[0]:
            cases.append((training, test, size))
    return cases


def known_words(training: list[str], test: list[str], size: int) -> tuple[list[str], int]:
    """List the `size` most frequent training words, and count the words of the test sentences that are not listed."""
    counts = Counter(word for sentence in training for word in sentence.split())
    words = sorted(counts, key=lambda word: (-counts[word], word))[:size]
    unknown = sum(word not in words for sentence in test for word in sentence.split())
    return words, unknown


def _all_words(sentences: list[str]) -> list[str]:
    return " ".join(sentences).split()


def _outside(words: list[str], sentence_words: Iterable[str]) -> int:
    return sum(word not in words for word in sentence_words)


def _leaks(training: list[str], test: list[str], size: int) -> tuple[list[str], int]:
    return known_words([*training, *test], test, size)


def _distinct_unknown(training: list[str], test: list[str], size: int) -> tuple[list[str], int]:
    words, _ = known_words(training, test, size)
    return words, _outside(words, set(_all_words(test)))


def _never_seen(training: list[str], test: list[str], size: int) -> tuple[list[str], int]:
    words, _ = known_words(training, test, size)
    return words, _outside(_all_words(training), _all_words(test))


def _unknown_share(training: list[str], test: list[str], size: int) -> tuple[list[str], float]:
    words, unknown = known_words(training, test, size)
    return words, unknown / len(_all_words(test))


def _by_appearance(training: list[str], test: list[str], size: int) -> tuple[list[str], int]:
    words = [word for word, _ in Counter(_all_words(training)).most_common(size)]
    return words, _outside(words, _all_words(test))


def _alphabet(training: list[str], test: list[str], size: int) -> tuple[list[str], int]:
    words = sorted(set(_all_words(training)))[:size]
    return words, _outside(words, _all_words(test))


def _rarest(training: list[str], test: list[str], size: int) -> tuple[list[str], int]:
    counts = Counter(_all_words(training))
    words = sorted(counts, key=lambda word: (counts[word], word))[:size]
    return words, _outside(words, _all_words(test))


def _ties_in_reverse(training: list[str], test: list[str], size: int) -> tuple[list[str], int]:
    counts = Counter(_all_words(training))
    words = sorted(counts, key=lambda word: (counts[word], word), reverse=True)[:size]
    return words, _outside(words, _all_words(test))


def _chosen_then_sorted(training: list[str], test: list[str], size: int) -> tuple[list[str], int]:
    words, unknown = known_words(training, test, size)
    return sorted(words), unknown


KNOWN_WORDS = Exercise(
    id="13.1",
    title="A vocabulary that has not seen the test",
    answer_name="known_words",
    section="Words, and a list of them",
    minutes=8,
    points=2,
    cases=_vocabulary_cases,
    reference=known_words,
    mistakes=(
        Mistake(
            "counts the test sentences too",
            _leaks,
            "This counts the words of the test sentences too. That is a leak: their words get an entry, so fewer "
            "words seem unknown than will be in a new sentence. Count the training sentences only.",
        ),
        Mistake(
            "leaves ties in order of appearance",
            _by_appearance,
            "Equally frequent words are in order of appearance, as `most_common` returns them. Put them in "
            "alphabetical order: sort by (−count, word).",
        ),
        Mistake(
            "sorts by the alphabet alone",
            _alphabet,
            "These are the first words of the alphabet. List the *most frequent* ones; the alphabet only decides "
            "between equals.",
        ),
        Mistake(
            "takes the rarest",
            _rarest,
            "These are the rarest words. Sort the other way, so that the largest count comes first.",
        ),
        Mistake(
            "counts each unknown word once",
            _distinct_unknown,
            "Each unknown word is counted once. Count every occurrence: a word that occurs four times counts four "
            "times.",
        ),
        Mistake(
            "compares with all training words",
            _never_seen,
            "A word counts as unknown only if no training sentence has it. The list ends after `size` words: count "
            "every word that is not in the list.",
        ),
        Mistake(
            "gives a share",
            _unknown_share,
            "The second value is a share. Return the number of unknown words, an integer.",
        ),
        Mistake(
            "lists ties in reverse order",
            _ties_in_reverse,
            "Equally frequent words are in reverse alphabetical order, because `reverse=True` turns both parts of the "
            "key round. Sort by (−count, word) instead.",
        ),
        Mistake(
            "sorts the chosen words by the alphabet",
            _chosen_then_sorted,
            "The words are the right ones, but in alphabetical order. List the most frequent first; the alphabet only "
            "decides between equals.",
        ),
    ),
    hints=(
        "There are two steps: count the words of the training sentences, then go through those of the test sentences.",
        "`Counter(word for sentence in training for word in sentence.split())` counts them.",
        "`sorted(counts, key=lambda word: (-counts[word], word))[:size]`",
    ),
)


# 13.2 A sentence as numbers


def _sentence_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw sentences shorter than, longer than and as long as the length, with unknown words in them."""
    cases: list[Inputs] = []
    for count, length in ((3, 6), (9, 5), (4, 4), (7, 10)):
        words = ["", "[UNK]", *(str(word) for word in rng.permutation(LEXICON)[:14])]
        sentence = [str(word) for word in rng.choice(words[2:], count)]
        sentence[int(rng.integers(1, min(count, length) - 1))] = "zebra"
        sentence[0] = words[2]
        sentence[-1] = words[3]
        cases.append((" ".join(sentence), words, length))
    repeated = " ".join([words[4], "zebra", words[2], words[4], "zebra", words[2]])
    return [*cases, (repeated, words, 8)]


def encode(sentence: str, words: list[str], length: int) -> list[int]:
    """Return `length` ids: 1 for a word that is not in the list, 0 after the end of the sentence."""
    ids = [words.index(word) if word in words else 1 for word in sentence.split()[:length]]
    return ids + [0] * (length - len(ids))


def _every_id(sentence: str, words: list[str]) -> list[int]:
    return encode(sentence, words, len(sentence.split()))


def _known_only(sentence: str, words: list[str], length: int) -> list[int]:
    return encode(" ".join(word for word in sentence.split() if word in words), words, length)


def _length_group(sentence: str, words: list[str], length: int) -> str:
    return "sentences to pad" if len(sentence.split()) < length else "sentences that fill the length"


ENCODE = Exercise(
    id="13.2",
    title="A sentence as numbers",
    answer_name="encode",
    section="Padding, and words that nobody knows",
    minutes=6,
    points=2,
    cases=_sentence_cases,
    groups=_length_group,
    reference=encode,
    solved_by=("text.encode",),
    mistakes=(
        Mistake(
            "pads in front",
            lambda sentence, words, length: (
                [0] * max(length - len(sentence.split()), 0) + _every_id(sentence, words)[:length]
            ),
            "The zeros come before the words. Put them after the words, as `TextVectorization` does.",
        ),
        Mistake(
            "leaves unknown words out",
            _known_only,
            "Unknown words are left out, so words that are not neighbours in the sentence become neighbours. Write 1 "
            "in the place of each unknown word.",
        ),
        Mistake(
            "takes unknown words for padding",
            lambda sentence, words, length: [
                0 if word_id == 1 else word_id for word_id in encode(sentence, words, length)
            ],
            "An unknown word becomes 0, which means that there is no word. Write 1, the id of unknown words.",
        ),
        Mistake(
            "does not cut",
            lambda sentence, words, length: (
                _every_id(sentence, words) + [0] * (length - len(sentence.split()))
            ),
            "A sentence longer than `length` is not cut. All sentences must have the same number of ids to form an "
            "array: keep the first `length`.",
        ),
        Mistake(
            "keeps the end of a long sentence",
            lambda sentence, words, length: encode(" ".join(sentence.split()[-length:]), words, length),
            "A long sentence keeps its last words. Keep the first `length` words.",
        ),
        Mistake(
            "begins to count at the first word",
            lambda sentence, words, length: [
                word_id - 2 if word_id > 1 else word_id for word_id in encode(sentence, words, length)
            ],
            "The ids are 2 too small. An id is the position in the list, whose first two entries are padding and the "
            "unknown word.",
        ),
        Mistake(
            "does not pad",
            lambda sentence, words, length: _every_id(sentence, words)[:length],
            "A short sentence stays short. Append zeros until it has `length` ids.",
        ),
        Mistake(
            "writes repeated words once",
            lambda sentence, words, length: encode(" ".join(dict.fromkeys(sentence.split())), words, length),
            "A word that comes again later is lost. Write an id for every word of the sentence, however often it "
            "occurs.",
        ),
    ),
    hints=(
        "Cut first: `sentence.split()[:length]`. Then look up an id for each word. Then append zeros.",
        "`words.index(word) if word in words else 1`",
        "`ids + [0] * (length - len(ids))`",
    ),
)


# 13.3 An embedding is a product


def _table_cases(rng: np.random.Generator) -> list[Inputs]:
    cases: list[Inputs] = []
    for time, words, dimensions in ((5, 7, 3), (6, 4, 5), (3, 9, 2)):
        ids = rng.integers(0, words, time)
        ids[:3] = words - 1, 0, words - 1  # a word twice, and padding
        cases.append((ids, rng.normal(0, 1, (words, dimensions))))
    return [*cases, (np.array([2, 0, 3, 2]), rng.normal(0, 1, (6, 4)))]  # the last words do not occur


def embed(ids: np.ndarray, table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return ids as one-hot rows (time, words), and their product with the table (time, dimensions)."""
    one_hot = np.zeros((len(ids), len(table)))
    one_hot[np.arange(len(ids)), ids] = 1
    return one_hot, one_hot @ table


def _empty_padding(ids: np.ndarray, table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    one_hot, _ = embed(ids, table)
    one_hot[ids == 0] = 0
    return one_hot, one_hot @ table


def _transposed(ids: np.ndarray, table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    one_hot, vectors = embed(ids, table)
    return one_hot.T, vectors


def _bag_of_words(ids: np.ndarray, table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    one_hot, _ = embed(ids, table)
    counts = one_hot.sum(axis=0)
    return counts, counts @ table


def _whole_columns(ids: np.ndarray, table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    one_hot = np.zeros((len(ids), len(table)))
    one_hot[:, ids] = 1
    return one_hot, one_hot @ table


def _as_wide_as_needed(ids: np.ndarray, table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return embed(ids, table[: ids.max() + 1])


EMBED = Exercise(
    id="13.3",
    title="An embedding is a product",
    answer_name="embed",
    section="From ids to vectors",
    minutes=6,
    points=2,
    cases=_table_cases,
    reference=embed,
    mistakes=(
        Mistake(
            "turns the matrix over",
            _transposed,
            "Rows and columns of the one-hot matrix are swapped. Use a row for each place in the sentence, and a "
            "column for each word of the list.",
        ),
        Mistake(
            "leaves padding empty",
            _empty_padding,
            "The row of id 0 is all zeros. For the embedding, padding is an entry like any other, with a vector of "
            "its own: set a 1 in column 0.",
        ),
        Mistake(
            "counts the words",
            _bag_of_words,
            "This adds up all rows, which makes a bag of words and loses their order. Keep one row for each place.",
        ),
        Mistake(
            "sets whole columns",
            _whole_columns,
            "`one_hot[:, ids] = 1` sets whole columns, so each row holds every word of the sentence. Pair each row "
            "with its own id: `one_hot[np.arange(len(ids)), ids] = 1`.",
        ),
        Mistake(
            "gives the vectors alone",
            lambda ids, table: table[ids],
            "The vectors are right, and this is how Keras looks them up. Return both the one-hot matrix and its "
            "product with the table.",
        ),
        Mistake(
            "is as wide as the largest id",
            _as_wide_as_needed,
            "The one-hot matrix has only as many columns as the largest id needs. Every word of the list has a column, "
            "whether it occurs or not: `len(table)` columns.",
        ),
    ),
    hints=(
        "Use one row for each place in the sentence, one column for each word of the list, and a single 1 in each row.",
        "Set `one_hot[np.arange(len(ids)), ids] = 1` on a matrix of zeros.",
        "`return one_hot, one_hot @ table`",
    ),
)


# 13.4 A convolution along time


def _window_cases(rng: np.random.Generator) -> list[Inputs]:
    cases = []
    for time, dimensions, width, filters in ((7, 4, 3, 2), (5, 3, 2, 4), (6, 2, 1, 3), (4, 5, 4, 3)):
        shapes = (time, dimensions), (width, dimensions, filters), (filters,)
        cases.append(tuple(rng.normal(0, 1, shape) for shape in shapes))
    return cases


def conv_time(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Slide each filter along time without padding, add its bias and apply ReLU: (time − width + 1, filters)."""
    width = len(kernel)
    windows = [x[start : start + width] for start in range(len(x) - width + 1)]
    maps = np.array([np.tensordot(window, kernel, 2) for window in windows])
    return np.maximum(maps + bias, 0)


def _windows(x: np.ndarray, width: int) -> np.ndarray:
    """Return every window of `width` words: (places, width, dimensions)."""
    return np.array([x[start : start + width] for start in range(len(x) - width + 1)])


def _linear(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    return np.tensordot(_windows(x, len(kernel)), kernel, 2) + bias


def _by_dimension(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Keep the dimensions apart, as a depthwise convolution does, with the first filter's weights only."""
    return (_windows(x, len(kernel)) * kernel[..., 0]).sum(axis=1)


def _padded(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    before = (len(kernel) - 1) // 2
    after = len(kernel) - 1 - before
    return conv_time(np.pad(x, [(before, after), (0, 0)]), kernel, bias)


CONV_TIME = Exercise(
    id="13.4",
    title="A convolution along time",
    answer_name="conv_time",
    section="Filters that slide along time",
    minutes=10,
    points=3,
    cases=_window_cases,
    reference=conv_time,
    mistakes=(
        Mistake(
            "forgets the ReLU",
            _linear,
            "Negative values remain. Apply the ReLU after the bias: `np.maximum(maps + bias, 0)`.",
        ),
        Mistake(
            "forgets the bias",
            lambda x, kernel, bias: conv_time(x, kernel, 0 * bias),
            "The bias is missing. Add each filter's own bias before the ReLU.",
        ),
        Mistake(
            "adds the bias last",
            lambda x, kernel, bias: conv_time(x, kernel, 0 * bias) + bias,
            "The bias is added after the ReLU, so a value may still be negative. Add it first, then apply the ReLU.",
        ),
        Mistake(
            "turns the filter round",
            lambda x, kernel, bias: conv_time(x, kernel[::-1], bias),
            "The filter is flipped: its last row meets the first word. Keras does not flip it: use the kernel as it "
            "is.",
        ),
        Mistake(
            "stops one window early",
            lambda x, kernel, bias: conv_time(x[:-1], kernel, bias),
            "The last window is missing. With T words and a width of F, there are T − F + 1 places.",
        ),
        Mistake(
            "pads the sentence",
            _padded,
            "There is one place per word, because the sentence is padded. Do not pad: a width of F leaves T − F "
            "+ 1 places.",
        ),
        Mistake(
            "keeps the dimensions apart",
            _by_dimension,
            "The products are added up along time only. A filter spans *all* dimensions: add up the products of a "
            "whole window, which gives one number per filter.",
        ),
    ),
    hints=(
        "A window is `x[start : start + width]`, (width, dimensions), the same size as one filter.",
        "For each window and filter, multiply element by element, and add everything up. `np.tensordot(window, "
        "kernel, 2)` does it for all filters at once.",
        "`np.maximum(maps + bias, 0)`",
    ),
)


# 13.5 What fires a filter


def _map_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw maps as after a ReLU: many zeros, and a clear maximum for each filter, which the last one has twice."""
    cases = []
    for places, filters, width in ((6, 3, 3), (8, 2, 4), (5, 6, 2), (7, 4, 5)):
        maps = np.maximum(rng.normal(0.2, 1, (places, filters)), 0)
        maps[rng.integers(1, places - 1, filters), np.arange(filters)] += 3  # a maximum that is clear
        maps[[1, places - 2], -1] = maps.max() + 1
        words = [str(word) for word in rng.choice(LEXICON, places + width - 1, replace=False)]
        cases.append((maps, words, width))
    return cases


def what_fires(maps: np.ndarray, words: list[str], width: int) -> list:
    """List for each filter the words under its highest window, and that height."""
    fired = []
    for k in range(maps.shape[1]):
        start = int(maps[:, k].argmax())
        fired.append((" ".join(words[start : start + width]), float(maps[start, k])))
    return fired


def _fired(
    maps: np.ndarray, words: list[str], *, first: int = 0, end: int, number: Callable[..., float] = np.max
) -> list:
    """List for each filter the words from `first` to before `end`, counted from its place, and a number of its map."""
    fired = []
    for column in maps.T:
        place = int(column.argmax())
        start = max(place + first, 0)
        fired.append((" ".join(words[start : place + end]), float(number(column))))
    return fired


def _centred(maps: np.ndarray, words: list[str], width: int) -> list:
    first = -(width // 2)
    return _fired(maps, words, first=first, end=first + width)


def _by_place(maps: np.ndarray, words: list[str], width: int) -> list:
    return [(" ".join(words[place : place + width]), float(row.max())) for place, row in enumerate(maps)]


def _lowest(maps: np.ndarray, words: list[str], width: int) -> list:
    return [(ngram, -height) for ngram, height in what_fires(-maps, words, width)]


def _last_of_equals(maps: np.ndarray, words: list[str], width: int) -> list:
    fired = []
    for column in maps.T:
        start = int(np.flatnonzero(column == column.max())[-1])
        fired.append((" ".join(words[start : start + width]), float(column[start])))
    return fired


WHAT_FIRES = Exercise(
    id="13.5",
    title="What fires a filter",
    answer_name="what_fires",
    section="The maximum over time",
    minutes=8,
    points=2,
    cases=_map_cases,
    reference=what_fires,
    mistakes=(
        Mistake(
            "gives one word",
            lambda maps, words, width: _fired(maps, words, end=1),
            "This is only the first word of the window. A filter of width F reads F words: take all of them, from its "
            "place on.",
        ),
        Mistake(
            "centres the window",
            _centred,
            "The n-gram is centred on the place. Without padding, the window *begins* there: words[t], words[t + 1], …",
        ),
        Mistake(
            "takes one word too many",
            lambda maps, words, width: _fired(maps, words, end=width + 1),
            "There is one word too many. The slice ends at `start + width`, which it does not include.",
        ),
        Mistake(
            "takes the lowest place",
            _lowest,
            "This is where the filter responds least. The pooling keeps the largest value: use `argmax`.",
        ),
        Mistake(
            "averages over time",
            lambda maps, words, width: _fired(maps, words, end=width, number=np.mean),
            "The words are right, but the number is the mean over time. Return the maximum, which is what the network "
            "reads.",
        ),
        Mistake(
            "gives the place instead of the height",
            lambda maps, words, width: _fired(maps, words, end=width, number=np.argmax),
            "The number is the place of the maximum. Return the value of the map at that place.",
        ),
        Mistake(
            "takes the maximum over the filters",
            _by_place,
            "There is one answer for each place here, because the maximum is taken over the filters. Take it over "
            "*time*, and return one answer for each filter.",
        ),
        Mistake(
            "takes the last of equals",
            _last_of_equals,
            "Of two equally high answers the last one counts here. Take the first: replace the best only by a *higher* "
            "one, or use `argmax`.",
        ),
        Mistake(
            "takes one word too few",
            lambda maps, words, width: _fired(maps, words, end=width - 1),
            "The last word of the window is missing. A slice stops before its end: `words[start : start + width]`.",
        ),
    ),
    hints=(
        "Loop over the filters: `maps[:, k]` is the map of filter k, (time,).",
        "`start = int(maps[:, k].argmax())` is where its window begins.",
        '`(" ".join(words[start : start + width]), float(maps[start, k]))`',
    ),
)


# 13.6 The text CNN from its table


def _network_cases(rng: np.random.Generator) -> list[Inputs]:
    drawn = int(rng.integers(20, 90)), int(rng.integers(3, 9)), int(rng.integers(2, 9)), (2, 5)
    return [(50, 8, 6, (3, 4, 5)), drawn]


def text_cnn(size: int, dimensions: int, filters: int, widths: tuple[int, ...]) -> Any:
    """Build the network of the table."""
    import keras
    from keras import layers

    inputs = keras.Input((20,))
    x = layers.Embedding(size, dimensions)(inputs)
    strongest = []
    for width in widths:
        maps = layers.Conv1D(filters, width, activation="relu")(x)
        strongest.append(layers.GlobalMaxPooling1D()(maps))
    x = layers.Dropout(0.5)(layers.Concatenate()(strongest))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))


def _text_cnn_variant(
    size: int,
    dimensions: int,
    filters: int,
    widths: tuple[int, ...],
    *,
    stacked: bool = False,
    padding: str = "valid",
    activation: str | None = "relu",
    pool: str = "GlobalMaxPooling1D",
    merge: str = "Concatenate",
    dropout: bool = True,
    units: int = 1,
    end: str = "sigmoid",
) -> Any:
    """Build the network of exercise 13.6 with one of the mistakes."""
    import keras
    from keras import layers

    inputs = keras.Input((20,))
    x = embedded = layers.Embedding(size, dimensions)(inputs)
    strongest = []
    for width in widths:
        conv = layers.Conv1D(filters, width, padding=padding, activation=activation)
        x = conv(x if stacked else embedded)
        strongest.append(getattr(layers, pool)()(x))
    x = strongest[-1] if stacked else getattr(layers, merge)()(strongest)
    if dropout:
        x = layers.Dropout(0.5)(x)
    return keras.Model(inputs, layers.Dense(units, activation=end)(x))


TEXT_CNN = Exercise(
    id="13.6",
    title="The text CNN from its table",
    answer_name="text_cnn",
    section="The network",
    minutes=12,
    points=3,
    cases=_network_cases,
    reference=text_cnn,
    observe=observe_model,
    compare=same_model(),
    time_limit=60,
    mistakes=(
        Mistake(
            "stacks the widths",
            lambda *inputs: _text_cnn_variant(*inputs, stacked=True),
            "The convolutions follow one another. Put them side by side: each reads the embedding, and their maxima "
            "are concatenated.",
        ),
        Mistake(
            "averages over time",
            lambda *inputs: _text_cnn_variant(*inputs, pool="GlobalAveragePooling1D"),
            "The maps are averaged. Take the maximum over time, as in the table: it tells whether the n-gram occurs "
            "anywhere.",
        ),
        Mistake(
            "adds the branches",
            lambda *inputs: _text_cnn_variant(*inputs, merge="Add"),
            "The branches are added, but filter 1 of one width has nothing in common with filter 1 of another. Put "
            "them side by side with `layers.Concatenate()`.",
        ),
        Mistake(
            "pads the convolutions",
            lambda *inputs: _text_cnn_variant(*inputs, padding="same"),
            'The convolutions are padded. The table says "valid", Keras\'s default: every window is inside the '
            "sentence.",
        ),
        Mistake(
            "leaves the activation out",
            lambda *inputs: _text_cnn_variant(*inputs, activation=None),
            'The convolutions have no activation. The table says ReLU: `activation="relu"`.',
        ),
        Mistake(
            "ends in a softmax over one unit",
            lambda *inputs: _text_cnn_variant(*inputs, end="softmax"),
            "A softmax over a single score is always 1. Use a sigmoid for one unit.",
        ),
        Mistake(
            "ends in two units",
            lambda *inputs: _text_cnn_variant(*inputs, units=2, end="softmax"),
            "Two units with a softmax, as in the paper, would work as well. The table asks for one unit with a "
            "sigmoid.",
        ),
        Mistake(
            "leaves the dropout out",
            lambda *inputs: _text_cnn_variant(*inputs, dropout=False),
            "The dropout is missing. Add it before the last layer.",
        ),
    ),
    hints=(
        "Keep the embedding in a variable of its own, `x`, and let each convolution of a loop over `widths` read it.",
        "`strongest.append(layers.GlobalMaxPooling1D()(maps))`, and after the loop `layers.Concatenate()(strongest)`.",
        'At the end: `layers.Dropout(0.5)`, then `layers.Dense(1, activation="sigmoid")`.',
    ),
)

EXERCISES = (KNOWN_WORDS, ENCODE, EMBED, CONV_TIME, WHAT_FIRES, TEXT_CNN)
