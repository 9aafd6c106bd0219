"""What crosses the wall of the jail: plain values, whole and exact, and nothing else."""

import base64
import json
from typing import Any

import numpy as np
import pytest

from workbook.course.jailed import transport
from workbook.exercises import all_exercises
from workbook.exercises.compare import Opaque

VALUES = [
    None, True, False, 0, -7, 2**63, 1.5, -0.0, "text", "", ..., [], (), {}, [1, (2, "x")], {"a": [1.0], 3: (None,)},
    1 + 2j, (..., ...), {("a", 1): 2},
]  # fmt: skip
ARRAYS = [
    np.arange(12, dtype=np.int64).reshape(3, 4), np.float32(1) * np.ones((2, 0, 3), np.float32), np.array(3.5),
    np.array([True, False]), np.array([1 + 2j]), np.arange(6.0).reshape(2, 3).T, np.zeros((2, 2), ">f4"),
    np.array([np.nan, np.inf]), np.array(["a", "bc"]), np.zeros(0), np.array([1, 2], np.uint8), np.float16([1, 2]),
]  # fmt: skip


def _through(value: Any) -> Any:
    return transport.decode(json.loads(json.dumps(transport.encode(value))))


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_plain_values_come_back_as_they_were(value: Any) -> None:
    back = _through(value)
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize("array", ARRAYS, ids=lambda one: f"{one.dtype}{one.shape}")
def test_arrays_come_back_to_the_last_bit(array: np.ndarray) -> None:
    back = _through(array)
    assert back.shape == array.shape
    assert back.dtype == array.dtype.newbyteorder("=")
    np.testing.assert_array_equal(back, array)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_numbers_that_are_none_come_back(number: float) -> None:
    assert repr(_through(number)) == repr(number)


def test_numpy_scalars_become_numbers() -> None:
    assert _through(np.int32(4)) == 4
    assert type(_through(np.float32(0.5))) is float


@pytest.mark.parametrize("exercise", all_exercises(), ids=lambda one: one.id)
def test_the_cases_of_every_exercise_cross_unchanged(exercise: Any) -> None:
    for inputs in exercise.cases(np.random.default_rng(4)):
        back = _through(tuple(inputs))
        assert repr(back) == repr(tuple(inputs))


class _Lies:
    """Claims to be whatever it is asked about, and equal to everything."""

    @property
    def __class__(self) -> type:  # type: ignore[override]
        return np.ndarray

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1

    def __repr__(self) -> str:
        raise RuntimeError("no")


class _Number(int):
    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1


class _Array(np.ndarray):
    def __eq__(self, other: object) -> Any:
        return np.ones(self.shape, bool)


def test_subclasses_lose_what_they_add() -> None:
    assert type(_through(_Number(3))) is int
    back = _through(np.arange(3).view(_Array))
    assert type(back) is np.ndarray
    assert not (back == 7).any()


ODD = [object(), len, {1, 2}, b"bytes", np.array([object()]), range(3), iter([])]


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: type(odd).__name__)
def test_other_kinds_become_words(odd: Any) -> None:
    back = _through(odd)
    assert isinstance(back, Opaque)
    assert back.words


def test_an_object_that_lies_about_everything_becomes_words() -> None:
    assert isinstance(_through(_Lies()), Opaque)
    assert isinstance(_through([_Lies()]), (Opaque, list))


def test_what_holds_itself_becomes_words() -> None:
    loop: list[Any] = []
    loop.append(loop)
    assert "too deeply" in json.dumps(transport.encode(loop))


def _array(dtype: Any, shape: Any, data: Any) -> dict[str, Any]:
    return {"array": [dtype, shape, data]}


EIGHT = base64.b64encode(bytes(8)).decode()
FORGED = [
    {}, {"a": 1, "b": 2}, {"unknown": 1}, {"tuple": 3}, {"pairs": [[1]]}, {"pairs": [[{"pairs": []}, 1]]},
    {"float": "1"}, {"complex": [1]}, {"complex": ["a", "b"]}, {"other": 3},
    {"texts": [[2], ["a"]]}, {"texts": [[1], [2]]},
    _array("<f8", [2], EIGHT), _array("<f8", [-1], EIGHT), _array("|O", [1], EIGHT), _array("<f8", "1", EIGHT),
    _array("|V8", [1], EIGHT), _array("<M8", [1], EIGHT), _array("f8,f8", [1], EIGHT), _array(3, [1], EIGHT),
    _array("<f8", [1], "%%%"), _array("<f8", [1], 3), _array("<f8", [True], EIGHT), _array("<f8", [2**40, 0], ""),
    _array("<f8", [1] * 33, EIGHT), {"texts": [[2**26], ["a"]]}, {"array": [1, 2]},
]  # fmt: skip


@pytest.mark.parametrize("forged", FORGED, ids=lambda one: json.dumps(one)[:50])
def test_what_is_no_value_is_refused_in_words(forged: Any) -> None:
    with pytest.raises(transport.TransportError, match=r"holds|is "):
        transport.decode(forged)


def test_a_small_text_does_not_become_a_huge_value() -> None:
    wide = {"texts": [[1000, 1000], ["x" * 1000] + [""] * 999_999]}
    with pytest.raises(transport.TransportError):
        transport.decode(wide)
    nested: Any = 1
    for _ in range(100):
        nested = [nested]
    with pytest.raises(transport.TransportError, match="too deeply"):
        transport.decode(nested)
    with pytest.raises(transport.TransportError, match="too many"):
        transport.decode([0] * (transport.MOST_VALUES + 1))
