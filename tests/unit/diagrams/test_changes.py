"""Diagrams made of diagrams."""

import pytest

from tests.unit.diagrams.models import MODULES, dense_block, planned
from workbook.diagrams import between, collapse, operations, side_by_side, spread, towers


def test_a_block_is_cut_out_of_a_network() -> None:
    diagram = operations(planned("resnet34"))
    block = between(diagram, "conv2_1", "conv2_2")
    assert [operation.name for operation in block] == [
        "conv2_1",
        "conv2_2_conv1",
        "conv2_2_conv2",
        "conv2_2_add",
        "conv2_2",
    ]
    assert block[0].inputs == ()
    with pytest.raises(ValueError, match="Received: 'conv9'"):
        between(diagram, "conv9", "conv2_2")
    with pytest.raises(ValueError, match="end must depend on start"):
        between(diagram, "conv2_2", "conv2_1")


def test_modules_become_boxes_and_keep_their_connections() -> None:
    diagram = collapse(
        operations(planned("googlenet", auxiliary=True)), {name: name[10:] for name in MODULES}
    )
    inputs = {operation.name: operation.inputs for operation in diagram}
    assert inputs["4b"] == inputs["auxiliary1_pool"] == ("4a",)
    assert inputs["4e"] == inputs["auxiliary2_pool"] == ("4d",)
    assert next(operation for operation in diagram if operation.name == "3b").size == (28, 28, 480)


def test_beginnings_with_one_text_share_a_box() -> None:
    diagram = operations(planned("lenet5"))
    stem = collapse(diagram, {"c1": "stem", "s2": "stem"})
    assert [operation.name for operation in stem][:3] == ["image", "stem", "c3"]
    assert stem[1].size == (14, 14, 6)


def test_in_a_dense_block_each_layer_reads_all_layers_before_it() -> None:
    diagram = spread(operations(dense_block(3)))
    inputs = {operation.name: set(operation.inputs) for operation in diagram}
    before = ["image", "layer1_b", "layer2_b", "layer3_b"]
    for number, name in enumerate(["layer1_b", "layer2_b", "layer3_b", "layer3"], 1):
        assert inputs[name] == set(before[:number])
    assert len(inputs) == 5


def test_two_towers_have_half_the_filters_and_meet_where_layers_are_not_grouped() -> None:
    diagram = {operation.name: operation for operation in towers(operations(planned("alexnet")))}
    assert diagram["conv1, tower 1"].inputs == ("image",)
    assert diagram["conv1, tower 2"].lines()[0] == "conv 11×11, 48"
    assert diagram["conv1, tower 2"].size == (55, 55, 48)
    assert diagram["conv2, tower 2"].inputs == ("pool1, tower 2",)
    assert diagram["conv3, tower 1"].inputs == ("pool2, tower 1", "pool2, tower 2")
    assert "2 groups" not in diagram["conv2, tower 1"].then
    assert diagram["predictions"].inputs == ("fc2, tower 1", "fc2, tower 2")
    with pytest.raises(ValueError, match="multiple of 5"):
        towers(operations(planned("lenet5")), 5)


def test_side_by_side_each_diagram_has_its_caption_and_names_of_its_own() -> None:
    lenet = operations(planned("lenet5"))
    both = side_by_side({"left": lenet, "right": lenet[:3]})
    assert len({operation.name for operation in both}) == len(lenet) + 3 + 2
    assert [operation.text for operation in both if operation.kind == "caption"] == ["left", "right"]
    assert {operation.row for operation in both if operation.name.endswith("/c1")} == {"c1"}
