"""The exercises of chapter 13: sentences as numbers (the network's own stand in `ngrams`)."""

from collections import Counter
from collections.abc import Iterable

import numpy as np

from workbook import text
from workbook.exercises import Exercise, Mistake
from workbook.exercises.ngrams import CONV_TIME, TEXT_CNN, WHAT_FIRES

Inputs = tuple
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

EXERCISES = (KNOWN_WORDS, ENCODE, EMBED, CONV_TIME, WHAT_FIRES, TEXT_CNN)
