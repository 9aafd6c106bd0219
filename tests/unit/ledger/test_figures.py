"""The ledger: every figure agrees, none is typed in as its own result, and a wrong helper is noticed."""

import ast
import dataclasses
import inspect

import numpy as np
import pytest

from workbook.ledger import figures, quoted_networks

WITHOUT_ARITHMETIC = {"F2", "F10", "F14", "F17"}  # rows of the foundations that state no figure
FOUNDATIONS = {f"F{row}" for row in range(1, 20)} - WITHOUT_ARITHMETIC
ARCHITECTURES = {"A1", "A2", "A3", "A5", "A7", "A9", "A11", "A14", "A15"}
STATED = {name: entry["expected"] for name, entry in figures._stated()["figure"].items()}


@pytest.mark.parametrize("name", STATED)
def test_the_computed_figure_is_the_expected_one(name):
    row = figures.figure(name)
    assert row.agrees, f"{row.id}: expected {row.expected}, computed {row.computed}"


def test_stated_and_computed_figures_are_the_same_set():
    assert set(figures.COMPUTED) == set(STATED)
    assert [row.id for row in figures.ledger()] == list(STATED)


def test_every_row_with_a_figure_is_covered():
    rows = {name.split(".")[0] for name in STATED}
    assert rows == FOUNDATIONS | ARCHITECTURES | {"T11"}


def test_ids_are_unique_over_figures_and_facts():
    ids = [row.id for row in [*figures.ledger(), *figures.facts()]]
    assert len(ids) == len(set(ids))


def test_every_row_says_what_by_which_convention_and_from_where():
    for row in figures.ledger():
        assert row.what, row.id
        assert row.convention, row.id
        assert row.source, row.id
    assert all(fact.what and fact.source for fact in figures.facts())


@pytest.mark.parametrize(
    "name",
    ["A7.direct_macs", "A7.module_bottleneck", "A9.label_smoothing", "A15.mebibytes", "A1.survey_weights",
     "F4.convolution", "F12.mean_as_convolution", "A2.output_of_224", "A3.example"],
)  # fmt: skip
def test_slips_that_arithmetic_shows_are_explained(name):
    slip = figures.figure(name).slip
    assert slip is not None
    assert slip.endswith(".")


def nudged(value, by):
    """Add `by` to the last number of a value."""
    if isinstance(value, tuple):
        return (*value[:-1], nudged(value[-1], by))
    return value + by


@pytest.mark.parametrize("name", STATED)
def test_a_figure_that_is_off_by_a_little_does_not_agree(name):
    row = figures.figure(name)
    whole = np.asarray(row.computed).dtype.kind == "i" and not row.tolerance
    step = 1 if whole else max(2 * row.tolerance, 1e-6 * float(np.max(np.abs(row.computed))))
    assert not dataclasses.replace(row, computed=nudged(row.computed, step)).agrees


def test_a_figure_of_another_shape_does_not_agree():
    row = figures.figure("F4.edges")
    assert not dataclasses.replace(row, computed=row.computed[0]).agrees


@pytest.mark.parametrize(
    ("module", "helper", "wrong", "name"),
    [
        (figures, "output_size", lambda size, kernel, strides=1, padding=0: size // strides, "A2.output"),
        (figures, "conv2d", lambda image, kernel, **options: np.zeros((4, 4), int), "F4.edges"),
        (figures, "flip", lambda kernel: kernel, "F4.convolution"),
        (
            figures,
            "conv_parameters",
            lambda kernel, depth, filters, **options: kernel**2 * filters,
            "F8.parameters",
        ),
        (figures, "FILTERS_5X5", 64, "A7.module_bottleneck"),
        (figures, "FILTERS_REDUCED", 32, "A7.module_saving"),
        (figures, "receptive_field", lambda layers: sum(f for f, _ in layers), "F11.three_3x3"),
        (figures, "same_padding", lambda size, kernel, strides: (1, 1), "F7.asymmetric"),
        (
            quoted_networks,
            "output_size",
            lambda size, kernel, strides=1, padding=0: size // strides,
            "A2.grouped_parameters",
        ),
        (quoted_networks, "conv_macs", lambda *shape, groups=1: 0, "A2.macs"),
    ],
)
def test_a_wrong_helper_breaks_its_figure(monkeypatch, module, helper, wrong, name):
    assert figures.figure(name).agrees
    monkeypatch.setattr(module, helper, wrong)
    assert not figures.figure(name).agrees


def entries():
    """Yield (id, syntax tree) of every computation in the module's source."""
    for node in ast.walk(ast.parse(inspect.getsource(figures))):
        if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "COMPUTED":
            assert isinstance(node.value, ast.Dict)
            for key, value in zip(node.value.keys, node.value.values, strict=True):
                yield key.value, value


def test_no_result_is_typed_in():
    computations = dict(entries())
    assert set(computations) == set(STATED)
    for name, tree in computations.items():
        if isinstance(tree, ast.Name):  # a named function
            continue
        nodes = list(ast.walk(tree))
        assert any(isinstance(node, ast.Call | ast.BinOp) for node in nodes), name
        typed = {node.value for node in nodes if isinstance(node, ast.Constant)}
        large = {number for number in np.ravel(STATED[name]).tolist() if abs(number) >= 1000}
        assert not typed & large, f"{name} has its own result among its inputs"


def test_an_unknown_figure_is_named():
    with pytest.raises(ValueError, match=r"id of a figure.*Received: name='F99.nothing'"):
        figures.figure("F99.nothing")


def test_the_table_shows_each_row_and_marks_the_one_that_disagrees():
    good = figures.figure("F8.parameters")
    bad = dataclasses.replace(good, id="F8.broken", computed=759)
    lines = figures.as_text([good, bad, *figures.facts()[:1]]).splitlines()
    assert len(lines) == 5
    assert lines[0].split() == ["id", "recomputed", "stated", "what"]
    assert lines[2].split()[:4] == ["F8.parameters", "760", "the", "same"]
    assert lines[3].split()[:4] == ["F8.broken", "759", "NOT:", "760"]
    assert figures.facts()[0].id in lines[4]


def test_long_values_are_truncated_in_the_table():
    lines = figures.as_text([figures.figure("F7.same")]).splitlines()
    assert "-20 0 20 20 0; -30 0 30 30 0; " in lines[2]
    assert "…" in lines[2]
    assert max(map(len, lines)) < 160


def test_facts_hold_the_data_sets_files():
    values = {fact.id: fact.value for fact in figures.facts()}
    assert values["F19.mnist.gzip_bytes"] == (9_912_422, 28_881, 1_648_877, 4_542)
    assert values["F19.cifar.md5"] == "c58f30108f718f92721af3b95e74349a"
