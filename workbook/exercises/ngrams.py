"""Three exercises of chapter 13: a convolution along time, what fires a filter, and the network of Kim 2014."""

from typing import Any

import numpy as np

from workbook import text
from workbook.exercises import Exercise, Mistake
from workbook.exercises.models import observe_model, same_model

Inputs = tuple
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
