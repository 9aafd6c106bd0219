"""The exercises of chapter 13: sentences as numbers, and the network that reads them."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np

from workbook import text
from workbook.exercises import Exercise, Inputs, Mistake
from workbook.exercises.models import observe_model, same_model

LEXICON = text.tokens(
    "a bad but cast dull ends film fine good great in is it long not of plot short slow so the too"
)


def _vocabulary_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw sentences in which ties matter, and one word that only the test sentences have, often."""
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
        ordered = Counter(" ".join(training).split())
        tied = (
            len({ordered[one] for one in known_words(training, test, len(ordered))[0][size - 1 : size + 1]})
            == 1
        )
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


def _outside(words: list[str], found: Iterable[str]) -> int:
    return sum(word not in words for word in found)


def _leaks(training: list[str], test: list[str], size: int) -> tuple[list[str], int]:
    return known_words([*training, *test], test, size)


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
            "The list was made from the test sentences as well. That is a leak: words that only they have get an "
            "entry, and fewer words seem unknown than will be in a new sentence. Count the training sentences only.",
        ),
        Mistake(
            "leaves ties in order of appearance",
            _by_appearance,
            "Words that are equally frequent stand in the order in which they appeared (`most_common` does that). The "
            "order of the alphabet is wanted: sort by (−count, word).",
        ),
        Mistake(
            "sorts by the alphabet alone",
            _alphabet,
            "These are the first words of the alphabet. The *most frequent* ones are wanted; the alphabet only decides "
            "between equals.",
        ),
        Mistake(
            "takes the rarest",
            _rarest,
            "These are the rarest words. The sort goes the wrong way: the largest count comes first.",
        ),
        Mistake(
            "counts each unknown word once",
            lambda training, test, size: (
                known_words(training, test, size)[0],
                _outside(known_words(training, test, size)[0], set(_all_words(test))),
            ),
            "Each unknown word is counted once. Count how often one occurs: a word that stands there four times is "
            "missed four times.",
        ),
        Mistake(
            "compares with all training words",
            lambda training, test, size: (
                known_words(training, test, size)[0],
                _outside(_all_words(training), _all_words(test)),
            ),
            "A word is counted as unknown only if no training sentence has it. But the list was cut after `size` "
            "words, and what is not in the list is unknown too.",
        ),
        Mistake(
            "gives a share",
            lambda training, test, size: (
                known_words(training, test, size)[0],
                known_words(training, test, size)[1] / len(_all_words(test)),
            ),
            "The second value is a share. Asked for is the number of unknown words, a whole number.",
        ),
    ),
    hints=(
        "Two steps: count the words of the training sentences; then go through those of the test sentences.",
        "`Counter(word for sentence in training for word in sentence.split())` counts them.",
        "`sorted(counts, key=lambda word: (-counts[word], word))[:size]`",
    ),
)


def _sentence_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw sentences shorter than, longer than and as long as the length, with unknown words among them."""
    cases: list[Inputs] = []
    for count, length in ((3, 6), (9, 5), (4, 4), (7, 10)):
        words = ["", "[UNK]", *(str(one) for one in rng.permutation(LEXICON)[:14])]
        sentence = [str(one) for one in rng.choice(words[2:], count)]
        sentence[int(rng.integers(1, min(count, length) - 1))] = "zebra"
        sentence[0] = words[2]
        sentence[-1] = words[3]
        cases.append((" ".join(sentence), words, length))
    return cases


def encode(sentence: str, words: list[str], length: int) -> list[int]:
    """Turn a sentence into `length` ids: 1 for a word that is not in the list, 0 after the end."""
    ids = [words.index(word) if word in words else 1 for word in sentence.split()[:length]]
    return ids + [0] * (length - len(ids))


def _every_id(sentence: str, words: list[str]) -> list[int]:
    return encode(sentence, words, len(sentence.split()))


def _known_only(sentence: str, words: list[str], length: int) -> list[int]:
    return encode(" ".join(word for word in sentence.split() if word in words), words, length)


ENCODE = Exercise(
    id="13.2",
    title="A sentence as numbers",
    answer_name="encode",
    section="Padding, and words that nobody knows",
    minutes=6,
    points=2,
    cases=_sentence_cases,
    reference=encode,
    mistakes=(
        Mistake(
            "pads in front",
            lambda sentence, words, length: (
                [0] * max(length - len(sentence.split()), 0) + _every_id(sentence, words)[:length]
            ),
            "The zeros stand before the words. Here they come after them, as in `TextVectorization`.",
        ),
        Mistake(
            "leaves unknown words out",
            _known_only,
            "Unknown words are left out, and what follows moves up: two words become neighbours that are not. Write a "
            "1 in their place.",
        ),
        Mistake(
            "takes unknown words for padding",
            lambda sentence, words, length: [
                0 if one == 1 else one for one in encode(sentence, words, length)
            ],
            "An unknown word became 0, which means that nothing is there. Its id is 1.",
        ),
        Mistake(
            "does not cut",
            lambda sentence, words, length: (
                _every_id(sentence, words) + [0] * (length - len(sentence.split()))
            ),
            "A sentence longer than `length` is not cut. Every sentence must give equally many ids, or they make no "
            "array.",
        ),
        Mistake(
            "keeps the end of a long sentence",
            lambda sentence, words, length: encode(" ".join(sentence.split()[-length:]), words, length),
            "A long sentence keeps its last words. Keep the first `length` words.",
        ),
        Mistake(
            "begins to count at the first word",
            lambda sentence, words, length: [
                one - 2 if one > 1 else one for one in encode(sentence, words, length)
            ],
            "The ids are two too small. An id is the place in the list, and its first two places are taken by padding "
            "and the unknown word.",
        ),
        Mistake(
            "does not pad",
            lambda sentence, words, length: _every_id(sentence, words)[:length],
            "A short sentence stays short. Fill it up with zeros to `length` ids.",
        ),
    ),
    hints=(
        "Cut first: `sentence.split()[:length]`. Then a number for each word. Then zeros.",
        "`words.index(word) if word in words else 1`",
        "`ids + [0] * (length - len(ids))`",
    ),
)


def _table_cases(rng: np.random.Generator) -> list[Inputs]:
    cases = []
    for time, words, dimensions in ((5, 7, 3), (6, 4, 5), (3, 9, 2)):
        ids = rng.integers(0, words, time)
        ids[:3] = words - 1, 0, words - 1  # a word twice, and padding
        cases.append((ids, rng.normal(0, 1, (words, dimensions))))
    return cases


def embed(ids: np.ndarray, table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Write ids as one-hot rows (time, words), and multiply them by the table: (time, dimensions)."""
    one_hot = np.zeros((len(ids), len(table)))
    one_hot[np.arange(len(ids)), ids] = 1
    return one_hot, one_hot @ table


def _empty_padding(ids: np.ndarray, table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    one_hot = embed(ids, table)[0]
    one_hot[ids == 0] = 0
    return one_hot, one_hot @ table


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
            lambda ids, table: (embed(ids, table)[0].T, embed(ids, table)[1]),
            "Rows and columns of the one-hot matrix are exchanged. A row stands for a place in the sentence, a column "
            "for a word of the list.",
        ),
        Mistake(
            "leaves padding empty",
            _empty_padding,
            "The row of id 0 is all zeros. For the embedding padding is an entry like any other, with a vector of its "
            "own: its 1 stands in column 0.",
        ),
        Mistake(
            "counts the words",
            lambda ids, table: (embed(ids, table)[0].sum(axis=0), embed(ids, table)[0].sum(axis=0) @ table),
            "All rows are added up: a bag of words. Which word stands where is lost. Keep a row for each place.",
        ),
        Mistake(
            "sets whole columns",
            lambda ids, table: (
                np.isin(np.arange(len(table)), ids) * np.ones((len(ids), 1)),
                np.isin(np.arange(len(table)), ids) * np.ones((len(ids), 1)) @ table,
            ),
            "`one_hot[:, ids] = 1` sets whole columns: each row now holds every word of the sentence. Pair each row "
            "with its own id: `one_hot[np.arange(len(ids)), ids] = 1`.",
        ),
        Mistake(
            "gives the vectors alone",
            lambda ids, table: table[ids],
            "The vectors are right, and this is how Keras finds them. Asked for are both: the one-hot matrix, and its "
            "product with the table.",
        ),
    ),
    hints=(
        "One row for each place in the sentence, one column for each word of the list, a single 1 in each row.",
        "`one_hot[np.arange(len(ids)), ids] = 1` on a matrix of zeros.",
        "`return one_hot, one_hot @ table`",
    ),
)


WORDS = text.tokens(
    "a bad but cast dull ends film fine good great in is it long not of plot short slow so the too"
)


def _window_cases(rng: np.random.Generator) -> list[Inputs]:
    cases = []
    for time, dimensions, width, filters in ((7, 4, 3, 2), (5, 3, 2, 4), (6, 2, 1, 3), (4, 5, 4, 3)):
        shapes = (time, dimensions), (width, dimensions, filters), (filters,)
        cases.append(tuple(rng.normal(0, 1, shape) for shape in shapes))
    return cases


def conv_time(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Slide each filter along time (no padding), add its bias, and cut below 0: (time − width + 1, filters)."""
    width = len(kernel)
    windows = [x[start : start + width] for start in range(len(x) - width + 1)]
    maps = np.array([np.tensordot(window, kernel, 2) for window in windows])
    return np.maximum(maps + bias, 0)


def _linear(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    return conv_time(x, kernel, bias + 1000) - 1000


def _flat(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Keep the dimensions apart, as a depthwise convolution would, with the first filter's weights only."""
    width = len(kernel)
    return np.array(
        [(x[start : start + width] * kernel[..., 0]).sum(axis=0) for start in range(len(x) - width + 1)]
    )


def _same(x: np.ndarray, kernel: np.ndarray, bias: np.ndarray) -> np.ndarray:
    before = (len(kernel) - 1) // 2
    return conv_time(np.pad(x, [(before, len(kernel) - 1 - before), (0, 0)]), kernel, bias)


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
            "Negative values are left. After the bias comes the ReLU: `np.maximum(maps, 0)`.",
        ),
        Mistake(
            "forgets the bias",
            lambda x, kernel, bias: conv_time(x, kernel, 0 * bias),
            "The bias is missing. Each filter adds its own number before the ReLU.",
        ),
        Mistake(
            "adds the bias last",
            lambda x, kernel, bias: conv_time(x, kernel, 0 * bias) + bias,
            "The bias is added after the ReLU, so a value may still be negative. Add it first, then cut below 0.",
        ),
        Mistake(
            "turns the filter round",
            lambda x, kernel, bias: conv_time(x, kernel[::-1], bias),
            "The filter is turned round: its last row meets the first word. Keras lays the filter on as it is.",
        ),
        Mistake(
            "stops one window early",
            lambda x, kernel, bias: conv_time(x[:-1], kernel, bias),
            "The last window is missing: with T words and a width of F there are T − F + 1 places.",
        ),
        Mistake(
            "pads the sentence",
            _same,
            "There are as many places as words: the sentence was padded. Here the filter stays within it, and a width "
            "of F leaves T − F + 1 places.",
        ),
        Mistake(
            "keeps the dimensions apart",
            _flat,
            "The products are added up along time only. A filter spans *all* dimensions: the sum over a window and its "
            "filter is one number.",
        ),
    ),
    hints=(
        "A window is `x[start : start + width]`, (width, dimensions), as large as one filter.",
        "One number for each window and filter: multiply element by element, and add everything up. "
        "`np.tensordot(window, kernel, 2)` does it for all filters at once.",
        "`np.maximum(maps + bias, 0)`",
    ),
)


def _map_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw maps as after a ReLU: many zeros, no two heights the same in a filter."""
    cases = []
    for places, filters, width in ((6, 3, 3), (8, 2, 4), (5, 6, 2), (7, 4, 5)):
        maps = np.maximum(rng.normal(0.2, 1, (places, filters)), 0)
        maps[rng.integers(1, places - 1, filters), np.arange(filters)] += 3  # a maximum that is clear
        words = [str(one) for one in rng.choice(WORDS, places + width - 1, replace=False)]
        cases.append((maps, words, width))
    return cases


def what_fires(maps: np.ndarray, words: list[str], width: int) -> list:
    """Give for each filter the words under its highest window, and that height."""
    found = []
    for one in range(maps.shape[1]):
        start = int(maps[:, one].argmax())
        found.append((" ".join(words[start : start + width]), float(maps[start, one])))
    return found


def _changed(maps: np.ndarray, words: list[str], width: int, start: Any, end: Any, height: Any) -> list:
    """Make a mistake: where the n-gram begins and ends, from its place, and what is told of the map."""
    found = []
    for one in maps.T:
        place = int(one.argmax())
        found.append((" ".join(words[max(start(place), 0) : end(place)]), float(height(one))))
    return found


def _lowest(maps: np.ndarray, words: list[str], width: int) -> list:
    return [(ngram, -height) for ngram, height in what_fires(-maps, words, width)]


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
            lambda maps, words, width: _changed(
                maps, words, width, lambda place: place, lambda place: place + 1, np.max
            ),
            "This is the first word of the window only. A filter of width F reads F words, from its place on.",
        ),
        Mistake(
            "centres the window",
            lambda maps, words, width: _changed(
                maps,
                words,
                width,
                lambda place: place - width // 2,
                lambda place: place - width // 2 + width,
                np.max,
            ),
            "The n-gram is laid around the place. Without padding the window *begins* there: words[t], words[t + 1], …",
        ),
        Mistake(
            "takes one word too many",
            lambda maps, words, width: _changed(
                maps, words, width, lambda place: place, lambda place: place + width + 1, np.max
            ),
            "One word too many: the slice ends before `start + width`.",
        ),
        Mistake(
            "takes the lowest place",
            _lowest,
            "This is where the filter answers least. The pooling keeps the largest value: `argmax`.",
        ),
        Mistake(
            "averages over time",
            lambda maps, words, width: [
                (ngram, float(one.mean()))
                for (ngram, _), one in zip(what_fires(maps, words, width), maps.T, strict=True)
            ],
            "The words are right, but the number is the mean over time. The network gets the maximum.",
        ),
        Mistake(
            "gives the place instead of the height",
            lambda maps, words, width: _changed(
                maps, words, width, lambda place: place, lambda place: place + width, np.argmax
            ),
            "The number is the place of the maximum. Asked for is how high it is.",
        ),
        Mistake(
            "goes along the filters",
            lambda maps, words, width: [
                (" ".join(words[place : place + width]), float(row.max())) for place, row in enumerate(maps)
            ],
            "There is an answer for each place: the maximum was taken over the filters. Go along *time*, and give one "
            "answer for each filter.",
        ),
    ),
    hints=(
        "Go through the filters: `maps[:, one]` is the map of one filter, (time,).",
        "`start = int(maps[:, one].argmax())` is where its window begins.",
        '`(" ".join(words[start : start + width]), float(maps[start, one]))`',
    ),
)


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


def _network(size: int, dimensions: int, filters: int, widths: tuple[int, ...], **changes: Any) -> Any:
    """Build the network of exercise 13.6; `changes` turn it into one of the mistakes."""
    import keras
    from keras import layers

    inputs = keras.Input((20,))
    x = embedded = layers.Embedding(size, dimensions)(inputs)
    pool = getattr(layers, changes.get("pool", "GlobalMaxPooling1D"))
    settings = {"padding": changes.get("padding", "valid"), "activation": changes.get("activation", "relu")}
    strongest = []
    for width in widths:
        x = layers.Conv1D(filters, width, **settings)(x if changes.get("chain") else embedded)
        strongest.append(pool()(x))
    if changes.get("chain"):
        x = strongest[-1]
    else:
        x = getattr(layers, changes.get("join", "Concatenate"))()(strongest)
    x = layers.Dropout(0.5)(x) if changes.get("dropout", True) else x
    units, end = changes.get("end", (1, "sigmoid"))
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
            lambda *inputs: _network(*inputs, chain=True),
            "The convolutions stand one after the other. Here they stand side by side: each reads the embedding, and "
            "their maxima are concatenated.",
        ),
        Mistake(
            "averages over time",
            lambda *inputs: _network(*inputs, pool="GlobalAveragePooling1D"),
            "The maps are averaged. The table asks for the maximum over time: does the n-gram occur at all, wherever?",
        ),
        Mistake(
            "adds the branches",
            lambda *inputs: _network(*inputs, join="Add"),
            "The branches are added: filter 1 of one width and filter 1 of another have nothing in common. Put them "
            "side by side with `layers.Concatenate()`.",
        ),
        Mistake(
            "pads the convolutions",
            lambda *inputs: _network(*inputs, padding="same"),
            "The convolutions are padded. The table says valid, Keras's default: a window lies within the sentence.",
        ),
        Mistake(
            "leaves the activation out",
            lambda *inputs: _network(*inputs, activation=None),
            'The convolutions have no activation. The table says ReLU: `activation="relu"`.',
        ),
        Mistake(
            "ends in a softmax over one unit",
            lambda *inputs: _network(*inputs, end=(1, "softmax")),
            "A softmax over a single score is always 1. One unit needs a sigmoid.",
        ),
        Mistake(
            "ends in two units",
            lambda *inputs: _network(*inputs, end=(2, "softmax")),
            "Two units with a softmax, as in the paper, would do; the table asks for one unit with a sigmoid.",
        ),
        Mistake(
            "leaves the dropout out",
            lambda *inputs: _network(*inputs, dropout=False),
            "The dropout before the last layer is missing.",
        ),
    ),
    hints=(
        "Keep the embedding in a name of its own, `x`, and let each convolution of a loop over `widths` read it.",
        "`strongest.append(layers.GlobalMaxPooling1D()(maps))`, and after the loop `layers.Concatenate()(strongest)`.",
        'The end: `layers.Dropout(0.5)`, then `layers.Dense(1, activation="sigmoid")`.',
    ),
)

EXERCISES = (
    KNOWN_WORDS,
    ENCODE,
    EMBED,
    CONV_TIME,
    WHAT_FIRES,
    TEXT_CNN,
)
