"""Errors of an answer: their words, their signatures, and what they usually mean."""

import keras
import numpy as np
import pytest

from tests import harness
from workbook.exercises.error_advice import explain
from workbook.exercises.errors import describe, signature


def _error(source: str) -> Exception:
    names = {"np": np, "keras": keras}
    with pytest.raises(Exception) as caught:  # noqa: PT011 - the test is about any error
        harness.run(source, names)
    return caught.value


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("np.ones((2, 3)) * np.ones((3, 2))", "do not fit together"),
        ("np.ones((2, 3)) @ np.ones((2, 3))", "inner sizes must agree"),
        ("nothing", "Nothing has this name"),
        ("np.ones(3)[7]", "An index is too large"),
        ("np.ones(3)[1, 2]", "more indices than axes"),
        ("None.shape", "is None"),
        ("[1, 2].shape", "has no such attribute"),
        ("np.ones(3)(1)", "try to call it"),
        ("range(5 / 2)", "use `//`"),
        ("1 / 0", "divided by 0"),
        ("(lambda x: x)(1, 2)", "too many or too few arguments"),
        ("np.zeros(3, tpye=int)", "no parameter of this name"),
        ("bool(np.ones(3))", "many truth values"),
        ("np.ones(6).reshape(4, 2)", "as many values as the old one"),
        ("np.array([[1], [1, 2]])", "unequal lengths"),
        ("np.concatenate([np.ones((2, 3)), np.ones((2, 4))])", "agree in all axes"),
        ("a, b = 1, 2, 3", "more or fewer values than names"),
        ("'a' + 1", "cannot be combined"),
        ("np.ones(3).sum(axis=4)", "no such axis"),
        ("x = np.zeros(3); x[0] = [1, 2]", "Several values are being put"),
        ("np.zeros(3, 4)", "one pair of brackets"),
        ("len(5)", "a single number"),
        ("int(np.ones(3))", "take one number"),
        ("range([1])", "not a list"),
        ("[1, 2]['a']", "one whole number"),
        ("max(3)", "a single number"),
        ("'-'.join([1, 2])", "needs texts"),
        ("[1].index(3)", "not there"),
        ("{}['a']", "no such key"),
        ("x = np.arange(3); x += 0.5", "whole numbers cannot take fractions"),
        ("max([])", "An input is empty"),
        ("import math; math.sqrt(-1)", "of a negative number"),
        ("keras.layers.Conv2D(4, 3)(np.ones((2, 8, 8), 'float32'))", "Here an axis is missing"),
        (
            "x = keras.Input((8, 8, 3)); y = keras.Input((4, 4, 3)); keras.layers.Concatenate()([x, y])",
            "must agree in all axes",
        ),
        ("x = keras.Input((8, 8, 3)); y = keras.Input((4, 4, 3)); keras.layers.Add()([x, y])", "same shape"),
        ("keras.layers.Conv2D(4, 9)(keras.Input((5, 5, 1)))", "window is larger than the map"),
        ("np.sum(keras.Input((5, 5, 1)))", "A KerasTensor has no values yet"),
    ],
)
def test_an_error_is_explained(source: str, words: str) -> None:
    assert words in explain(describe(_error(source)))


def test_an_unknown_error_is_not_explained() -> None:
    assert explain("OddError: no idea") == ""


def test_an_error_is_one_paragraph_without_escape_codes() -> None:
    described = describe(
        _error("raise ValueError('\\x1b[1mwrong shape\\x1b[0m\\nof x\\n\\nArguments received: much')")
    )
    assert described.startswith("ValueError: wrong shape of x (line 1")


def test_the_line_is_the_learners_own() -> None:
    source = "def half(x):\n    return x.nothing\n\nhalf(np.ones(3))"
    assert describe(_error(source)).endswith("(line 2: return x.nothing)")


def test_signatures_agree_if_type_words_and_operation_do() -> None:
    small, large = "np.ones(3) * np.ones(4)", "np.ones((7, 9)) * np.ones((8, 2))"
    assert "in Mult" in signature(_error(small))
    assert signature(_error(small)).replace("(,)", "") == signature(_error(large)).replace("(,)", "")
    assert signature(_error(small)) != signature(_error(small.replace("*", "+")))
    assert signature(_error("np.multiply(np.ones(3), np.ones(4))")) == signature(_error(small))
    assert signature(_error("x = 1\nx = np.ones(3) * np.ones(4)")) == signature(_error(small))
