"""Operations read off a Keras model."""

from typing import Any

import pytest

from tests.unit.diagrams.models import assembled, dense_block, planned, residual
from workbook.diagrams import Operation, operations


@pytest.fixture(scope="module")
def keras() -> Any:
    import keras

    return keras


def _lines(model: Any) -> dict[str, list[str]]:
    return {operation.name: operation.lines() for operation in operations(model)}


def test_a_residual_block_is_read_off_the_model() -> None:
    diagram = operations(residual(64, 128, 2))
    lines = {operation.name: operation.lines() for operation in diagram}
    assert lines["block_conv1"] == ["zero padding", "conv 3×3, 128", "strides 2, BN, ReLU", "14×14×128"]
    assert lines["block_conv2"] == ["conv 3×3, 128", "BN", "14×14×128"]
    assert lines["block_shortcut"] == ["conv 1×1, 128", "strides 2, BN", "14×14×128"]
    assert lines["block_add"] == ["+"]
    assert lines["block"] == ["ReLU"]
    assert {operation.name: set(operation.inputs) for operation in diagram}["block_add"] == {
        "block_conv2",
        "block_shortcut",
    }


def test_normalisation_before_a_convolution_is_written_above_it() -> None:
    diagram = operations(dense_block(2))
    assert [operation.name for operation in diagram] == ["image", "layer1_b", "layer1", "layer2_b", "layer2"]
    assert diagram[3].lines() == ["BN, ReLU", "conv 3×3, 32", "28×28×32"]
    assert diagram[4].inputs == ("layer1", "layer2_b")


def test_without_merging_every_layer_is_a_box() -> None:
    model = residual(64, 64)
    assert len(operations(model, merge=False)) == len(model.layers)


def test_sizes_and_inputs_are_those_of_the_model() -> None:
    model = planned("googlenet")
    for operation in operations(model, merge=False):
        assert operation.size == tuple(model.get_layer(operation.name).output.shape[1:])


def test_branches_come_in_the_order_in_which_they_are_joined() -> None:
    from workbook.architectures import inception

    diagram = operations(assembled((28, 28, 192), inception.module_v1(64, 96, 128, 16, 32, 48)))
    first = [operation.lines()[0] for operation in diagram if operation.inputs == ("image",)]
    assert first == ["conv 1×1, 64", "conv 1×1, 96", "conv 1×1, 16", "max pool 3×3"]


def test_labels_of_many_kinds_of_layers(keras: Any) -> None:
    layers = keras.layers
    inputs = keras.Input((16, 16, 8), name="image")
    x = layers.Rescaling(1 / 255, name="scale")(inputs)
    x = layers.SeparableConv2D(12, 5, strides=2, padding="same", name="separable")(x)
    x = layers.Conv2D(12, (1, 7), groups=3, padding="same", activation="tanh", name="grouped")(x)
    x = layers.AveragePooling2D(3, strides=2, name="mean")(x)
    x = layers.Multiply(name="gate")([x, layers.Activation("sigmoid", name="sigmoid")(x)])
    x = layers.GlobalMaxPooling2D(name="global")(x)
    model = keras.Model(inputs, layers.Dense(5, activation="softmax", name="scores")(layers.Dropout(0.4)(x)))
    lines = _lines(model)
    assert lines["separable"] == ["÷ 255", "separable 5×5, 12", "strides 2", "8×8×12"]
    assert lines["grouped"] == ["conv 1×7, 12", "3 groups, tanh", "8×8×12"]
    assert lines["mean"] == ["mean pool 3×3", "strides 2", "3×3×12"]
    assert lines["sigmoid"] == ["sigmoid"]
    assert lines["gate"] == ["multiply", "3×3×12"]
    assert lines["global"] == ["global max pool, 12", "dropout 0.4"]
    assert lines["scores"] == ["dense, 5", "softmax"]


def test_shared_layers_and_nested_models(keras: Any) -> None:
    layers = keras.layers
    inner = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(3, 3, padding="same")], name="inner")
    shared = layers.Conv2D(3, 1, name="shared")
    inputs = keras.Input((8, 8, 3), name="image")
    model = keras.Model(inputs, layers.Concatenate(name="join")([shared(inputs), shared(inner(inputs))]))
    diagram = {operation.name: operation for operation in operations(model)}
    assert diagram["join"].inputs == ("shared", "shared call 2")
    assert diagram["shared call 2"].inputs == ("inner",)
    assert (diagram["inner"].kind, diagram["inner"].text) == ("module", "inner")


def test_a_model_without_a_graph_is_named(keras: Any) -> None:
    with pytest.raises(ValueError, match="Received: Sequential"):
        operations(keras.Sequential([keras.layers.Dense(2)]))


def test_lines_can_be_left_out() -> None:
    box = Operation("a", "conv", "conv 3×3", (), (8, 8, 4), 4, before=("BN",), then=("strides 2",))
    assert box.lines() == ["BN", "conv 3×3, 4", "strides 2", "8×8×4"]
    assert box.lines(details=False, sizes=False) == ["conv 3×3, 4"]
