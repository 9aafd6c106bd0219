"""The cost picture: its JavaScript counts what the course's Python counts, and explains what cannot be built."""

import itertools

import pytest

from workbook.arithmetic import conv_macs, conv_parameters, separable_macs, separable_parameters
from workbook.interactive.cost import LAYERS, LIMITS, cost

NAMES = ("kernel_size", "in_channels", "filters", "size", "groups")
GRID = list(itertools.product((1, 3, 11), (1, 12, 1024), (1, 18, 1024), (1, 224), (1, 2, 6)))


def _layers(rows):
    return [dict(zip(NAMES, row, strict=True)) for row in rows]


@pytest.fixture(scope="module")
def counted(node):
    return node("cost", "layers.map(asset.costs)", layers=_layers(GRID))


def test_weights_are_those_of_arithmetic(counted):
    for (kernel_size, channels, filters, _, groups), result in zip(GRID, counted, strict=True):
        count = conv_parameters(kernel_size, channels, filters, bias=False)
        assert result["ordinary"]["weights"] == count
        assert result["separable"]["weights"] == separable_parameters(
            kernel_size, channels, filters, bias=False
        )
        assert result["pointwise"]["weights"] == conv_parameters(1, channels, filters, bias=False)
        if channels % groups or filters % groups:
            assert result["grouped"] is None
        else:
            weights = conv_parameters(kernel_size, channels, filters, groups=groups, bias=False)
            assert result["grouped"]["weights"] == weights


def test_macs_are_those_of_arithmetic(counted):
    for (kernel_size, channels, filters, size, groups), result in zip(GRID, counted, strict=True):
        shape = (size, size)
        assert result["ordinary"]["macs"] == conv_macs(shape, kernel_size, channels, filters)
        assert result["separable"]["macs"] == separable_macs(shape, kernel_size, channels, filters)
        assert result["pointwise"]["macs"] == conv_macs(shape, 1, channels, filters)
        if result["grouped"]:
            macs = conv_macs(shape, kernel_size, channels, filters, groups=groups)
            assert result["grouped"]["macs"] == macs


def test_the_share_of_a_separable_layer_is_the_rule(counted):
    for (kernel_size, _, filters, _, _), result in zip(GRID, counted, strict=True):
        share = result["separable"]["weights"] / result["ordinary"]["weights"]
        assert share == pytest.approx(1 / filters + 1 / kernel_size**2)


def test_groups_that_do_not_divide_are_explained(node):
    rows = [(3, 96, 256, 1, 5), (3, 96, 256, 1, 32), (3, 96, 255, 1, 2), (3, 6, 9, 1, 100)]
    both, fits, filters, too_many = node("cost", "layers.map(asset.groupProblem)", layers=_layers(rows))
    assert "96 input channels cannot be cut into 5 equal groups" in both
    assert "256 filters cannot" in both
    assert both.endswith("try 4 or 8.")
    assert fits == ""
    assert "input channels" not in filters
    assert filters.endswith("try 1 or 3.")
    assert too_many.endswith("try 3.")


def test_a_slider_has_a_stop_at_the_layers_own_number(node):
    assert node("cost", "asset.stops([1, 2, 4, 9], 8, 3)") == [1, 2, 3, 4]
    assert node("cost", "asset.stops([1, 2, 4], 8, 2)") == [1, 2, 4]


def test_layers_at_the_edge_are_remarked(node):
    rows = [(1, 8, 8, 9, 2), (3, 8, 1, 9, 1), (3, 8, 8, 9, 8), (3, 8, 16, 9, 1), (3, 8, 16, 9, 4)]
    texts = node("cost", "layers.map(asset.remark)", layers=_layers(rows))
    words = ("is the 1×1 layer", "single filter", "depthwise", "ordinary one", "")
    assert all(word in text for word, text in zip(words, texts, strict=True))
    assert texts[-1] == ""


@pytest.mark.parametrize("numbers", [{"kernel_size": 0}, {"filters": 1025}, {"groups": 2.0}, {"size": 225}])
def test_numbers_out_of_range_are_refused(numbers):
    with pytest.raises(ValueError, match=next(iter(numbers))):
        cost(**numbers)


def test_every_layer_to_begin_with_is_within_the_sliders():
    for layer in _layers(LAYERS.values()):
        assert cost(**layer).data["layer"] == layer
        assert all(1 <= number <= LIMITS[name] for name, number in layer.items())


def test_the_alternative_text_tells_the_weights():
    assert "ordinary 73,728; 4 groups 18,432; separable 8,768; 1×1 8,192" in cost().alt
    assert "groups" not in cost(groups=5).alt


@pytest.mark.claims
def test_the_cost_picture_keeps_the_rules(keeps_the_rules):
    keeps_the_rules(cost())


@pytest.mark.claims
def test_sliders_change_bars_and_rule(show):
    frame = show(cost())
    assert "1/128 + 1/9 = 0.0078 + 0.1111 = 0.1189: 8.4 times fewer" in frame.locator(".formula").inner_text()
    frame.get_by_label("filters C_out").press("ArrowRight")
    bars = frame.locator(".bars").first.inner_text().split()
    assert bars[bars.index("ordinary") + 1] == f"{conv_parameters(3, 64, 192, bias=False):,}"
    frame.get_by_label("groups G").press("ArrowRight")  # 5 groups
    assert "64 input channels cannot be cut into 5 equal groups" in frame.locator("#note.warn").inner_text()
    assert "not possible" in frame.locator(".bars").first.inner_text()


@pytest.mark.claims
def test_a_layer_to_begin_with_sets_the_sliders(show):
    frame = show(cost(), width=390, dark=True)
    frame.get_by_label("begin with").select_option("AlexNet's second, in 2 groups")
    assert frame.get_by_label("channels C_in").locator("..").locator("output").inner_text() == "96"
    assert "2 groups\n307,200" in frame.locator(".bars").first.inner_text()
