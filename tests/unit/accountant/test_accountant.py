"""The accountant against counted multiplications, published totals, and gradients."""

import re
import sys
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest

from tests.outline import outline
from workbook.accountant import account, measured_fields
from workbook.accountant.fields import PIXEL, interpolate, slide, spread, union
from workbook.arithmetic import receptive_field, same_padding
from workbook.ledger import quoted_networks


@pytest.fixture(scope="module")
def keras() -> Any:
    import keras

    return keras


def _model(layers: list[Any], shape: tuple[int, ...]) -> Any:
    import keras

    return keras.Sequential([keras.Input(shape), *layers])


# MACs, by doing the multiplications -------------------------------------------------------------------------


class Multiplier:
    """Layers written as loops, which count the multiplications that they do."""

    count = 0

    def dot(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        products = first * second
        self.count += products.size
        return products

    def conv(self, image: np.ndarray, kernel: np.ndarray, layer: Any, groups: int = 1) -> np.ndarray:
        high, wide, depth, filters = kernel.shape
        rate, step = layer.dilation_rate, layer.strides
        covered = [rate[axis] * (kernel.shape[axis] - 1) + 1 for axis in (0, 1)]
        if layer.padding == "same":
            edges = [same_padding(image.shape[axis], covered[axis], step[axis]) for axis in (0, 1)]
            image = np.pad(image, [*edges, (0, 0)])
        shape = [(image.shape[axis] - covered[axis]) // step[axis] + 1 for axis in (0, 1)]
        output = np.zeros((*shape, filters))
        for row, column, index in product(*map(range, output.shape)):
            low = index // (filters // groups) * depth
            top, left = row * step[0], column * step[1]
            part = image[
                top : top + covered[0] : rate[0], left : left + covered[1] : rate[1], low : low + depth
            ]
            assert part.shape[:2] == (high, wide)
            output[row, column, index] = self.dot(part, kernel[..., index]).sum()
        return output

    def transposed(self, image: np.ndarray, kernel: np.ndarray, layer: Any, shape: Any) -> np.ndarray:
        high, wide, filters, _ = kernel.shape
        step = layer.strides
        canvas = np.zeros((image.shape[0] * step[0] + high, image.shape[1] * step[1] + wide, filters))
        for row, column in np.ndindex(image.shape[:2]):
            written = self.dot(image[row, column], kernel).sum(axis=-1)
            canvas[row * step[0] : row * step[0] + high, column * step[1] : column * step[1] + wide] += (
                written
            )
        cut = [0, 0]
        if layer.padding == "same":
            sizes = zip(image.shape, step, kernel.shape, shape, strict=False)
            cut = [max((size - 1) * s + width - out, 0) // 2 for size, s, width, out in sizes][:2]
        return canvas[cut[0] : cut[0] + shape[0], cut[1] : cut[1] + shape[1]]


CONVOLUTIONS = [
    {},
    {"strides": 2},
    {"padding": "same", "strides": (2, 3)},
    {"groups": 2},
    {"groups": 4, "padding": "same"},
    {"dilation_rate": 2},
    {"dilation_rate": (1, 3), "padding": "same"},
    {"kernel_size": (1, 4)},
    {"kernel_size": 1},
]


@pytest.mark.parametrize("options", CONVOLUTIONS, ids=str)
def test_a_convolutions_macs_are_the_multiplications_that_give_its_output(keras: Any, options: dict) -> None:
    layer = keras.layers.Conv2D(8, **{"kernel_size": (3, 2), "use_bias": False, **options})
    model, image = _model([layer], (9, 7, 4)), np.random.default_rng(0).normal(size=(9, 7, 4))
    counter = Multiplier()
    output = counter.conv(image, np.asarray(layer.kernel), layer, layer.groups)
    np.testing.assert_allclose(model(image[None])[0], output, atol=1e-4)
    assert account(model).macs == counter.count


@pytest.mark.parametrize("options", [{}, {"strides": 2, "padding": "same"}, {"depth_multiplier": 3}], ids=str)
def test_depthwise_and_separable_macs_are_the_multiplications(keras: Any, options: dict) -> None:
    image = np.random.default_rng(0).normal(size=(8, 9, 4))
    depthwise = keras.layers.DepthwiseConv2D((3, 2), **options)
    separable = keras.layers.SeparableConv2D(5, (3, 2), **options)
    for layer in (depthwise, separable):
        model, counter = _model([layer], (8, 9, 4)), Multiplier()
        first = np.asarray(layer.kernel if layer is depthwise else layer.depthwise_kernel)
        output = counter.conv(image, first.reshape(3, 2, 1, -1), layer, groups=4)
        if layer is separable:
            output = np.stack(
                [
                    counter.dot(output, weights).sum(-1)
                    for weights in np.asarray(layer.pointwise_kernel)[0, 0].T
                ],
                -1,
            )
        np.testing.assert_allclose(model(image[None])[0], output, atol=1e-4)
        assert account(model).macs == counter.count


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("width", "strides"), [(3, 1), (3, 2), (4, 2), (2, 2), (5, 3)])
def test_a_transposed_convolutions_macs_are_its_multiplications(
    keras: Any, padding: str, width: int, strides: int
) -> None:
    layer = keras.layers.Conv2DTranspose(3, width, strides=strides, padding=padding)
    model, image = _model([layer], (4, 5, 2)), np.random.default_rng(0).normal(size=(4, 5, 2))
    counter, shape = Multiplier(), model.output_shape[1:]
    np.testing.assert_allclose(
        model(image[None])[0], counter.transposed(image, np.asarray(layer.kernel), layer, shape), atol=1e-4
    )
    assert account(model).macs == counter.count


def test_dense_layers_work_at_every_position_of_a_map(keras: Any) -> None:
    model = _model([keras.layers.Dense(5), keras.layers.Flatten(), keras.layers.Dense(2)], (3, 4, 6))
    assert [row.macs for row in account(model).rows] == [0, 12 * 6 * 5, 0, 60 * 2]


def test_one_and_three_dimensions(keras: Any) -> None:
    line = account(_model([keras.layers.Conv1D(6, 5, padding="causal", groups=2)], (20, 4)))
    assert (line.macs, line.rows[1].field, line.rows[1].channels) == (20 * 5 * 2 * 6, (5,), 6)
    assert line.rows[1].box(2) == (0, 3)
    solid = account(_model([keras.layers.Conv3D(6, (2, 3, 3), strides=(1, 2, 2))], (4, 9, 9, 2)))
    assert (solid.macs, solid.rows[1].field) == (3 * 4 * 4 * 18 * 2 * 6, (2, 3, 3))


def test_text_and_recurrence(keras: Any) -> None:
    layers = keras.layers
    model = _model([layers.Embedding(50, 8), layers.Conv1D(4, 3), layers.LSTM(5), layers.Dense(2)], (10,))
    done = account(model)
    assert [row.macs for row in done.rows[1:]] == [0, 8 * 24 * 4, 8 * 4 * 5 * (4 + 5), 10]
    assert [row.field for row in done.rows] == [(1,), (1,), (3,), (10,), (10,)]
    assert done.parameters == model.count_params()


def test_einsum_dense_sums_over_what_the_output_lacks(keras: Any) -> None:
    model = _model([keras.layers.EinsumDense("abc,cde->abde", output_shape=(7, 4, 5))], (7, 6))
    assert account(model).macs == 7 * 6 * 4 * 5
    model = _model([keras.layers.EinsumDense("abc,cd->abd", output_shape=(None, 4), name="open")], (7, 6))
    with pytest.raises(ValueError, match="Received: open"):
        account(model)


# Whole networks ---------------------------------------------------------------------------------------------


def _chain(layers: list[Any], shape: tuple[int, int, int]) -> Any:
    """Build the network that a list of `workbook.ledger.quoted_networks` describes."""
    import keras

    built: list[Any] = []
    for layer in layers:
        if isinstance(layer, quoted_networks.QuotedConv):
            built.append(
                keras.layers.Conv2D(
                    layer.filters, layer.kernel_size, layer.strides, layer.padding, groups=layer.groups
                )
            )
        elif isinstance(layer, quoted_networks.QuotedPool):
            built.append(keras.layers.MaxPooling2D(layer.pool_size, layer.strides))
        else:
            if not any(isinstance(layer, keras.layers.Flatten) for layer in built):
                built.append(keras.layers.Flatten())
            built.append(keras.layers.Dense(layer.units))
    return outline(_model, built, shape)


@pytest.mark.parametrize(
    ("layers", "shape"),
    [
        (quoted_networks.alexnet(1), (227, 227, 3)),
        (quoted_networks.alexnet(2), (227, 227, 3)),
        (quoted_networks.LENET5, (32, 32, 1)),
        (quoted_networks.CAFFE_LENET, (28, 28, 1)),
        (quoted_networks.VGG["D"], (224, 224, 3)),
    ],
    ids=["alexnet", "alexnet grouped", "lenet5", "caffe lenet", "vgg16"],
)
def test_chains_cost_what_arithmetic_says(layers: list[Any], shape: tuple[int, int, int]) -> None:
    done, counted = account(_chain(layers, shape)), quoted_networks.count(shape[0], shape[2], layers)
    assert (done.parameters, done.macs) == (counted.parameters, counted.conv_macs + counted.dense_macs)


def test_alexnets_published_figures_and_the_switch_for_groups() -> None:
    model = _chain(quoted_networks.alexnet(2), (227, 227, 3))
    grouped, single = account(model), account(model, groups=False)
    assert (grouped.parameters, single.parameters) == (60_965_224, 62_378_344)
    assert (round(grouped.macs / 1e6, 1), round(single.macs / 1e9, 3)) == (724.4, 1.135)
    first = grouped.rows[1]
    assert (first.shape, first.macs, first.parameters) == ((55, 55, 96), 105_415_200, 34_944)
    assert account(model, bias=False).rows[1].parameters == 34_848
    convolutions = [row.field for row in grouped.rows if row.kind == "Conv2D"]
    assert convolutions == [(11, 11), (51, 51), (99, 99), (131, 131), (163, 163)]


def _inception(*, bottleneck: bool) -> Any:
    """GoogLeNet's example module: 28×28×256 to 128 + 192 + 96 filters, and pooling."""
    import keras
    from keras import layers

    image = keras.Input((28, 28, 256))

    def conv(filters: int, width: int, source: Any = image) -> Any:
        return layers.Conv2D(filters, width, padding="same")(source)

    pool = layers.MaxPooling2D(3, 1, "same")(image)
    three, five = (conv(64, 1), conv(64, 1)) if bottleneck else (image, image)
    branches = [
        conv(128, 1),
        conv(192, 3, three),
        conv(96, 5, five),
        conv(64, 1, pool) if bottleneck else pool,
    ]
    return keras.Model(image, layers.Concatenate(name="join")(branches))


def test_the_inception_module_with_and_without_bottlenecks() -> None:
    naive, narrow = (account(_inception(bottleneck=flag)) for flag in (False, True))
    assert (naive.macs, narrow.macs) == (854_196_224, 271_351_808)
    assert naive["join"].field == narrow["join"].field == (5, 5)
    assert narrow.blocks()[-1]["inputs"] == (2, 3, 4, 5)


def test_published_receptive_fields_of_deep_networks(keras: Any) -> None:
    """Araujo, Norris and Sim, *Computing receptive fields of convolutional neural networks*, 2019, Table 1."""
    cases = {"VGG16": (212, 16, 3), "ResNet50": (483, 32, None), "MobileNet": (315, 32, None)}
    for name, (field, step, _) in cases.items():
        model = outline(
            getattr(keras.applications, name), weights=None, include_top=False, input_shape=(224, 224, 3)
        )
        done = account(model)
        assert done.parameters == model.count_params()
        assert done.rows[-1].field == (field, field)
        assert done.rows[-1].step == ((2 * step,) * 2 if name == "VGG16" else (step,) * 2)


# Graphs -----------------------------------------------------------------------------------------------------


def test_a_shared_layer_works_twice_and_owns_its_parameters_once(keras: Any) -> None:
    image = keras.Input((8, 8, 4))
    shared = keras.layers.Conv2D(4, 3, padding="same", name="shared")
    model = keras.Model(image, keras.layers.Add()([image, shared(shared(image))]))
    done = account(model)
    assert [(row.call, row.macs, row.parameters) for row in done.rows if row.name == "shared"] == [
        (1, 64 * 144, 148),
        (2, 64 * 144, 0),
    ]
    assert (done.rows[-1].field, done.parameters) == ((5, 5), model.count_params())
    assert "shared (call 2)" in str(done)


def test_nested_models_are_walked_through_at_the_size_they_are_called_with(keras: Any) -> None:
    layers = keras.layers
    body = keras.Sequential([keras.Input((None, None, 3)), layers.Conv2D(4, 3, strides=2)], name="body")
    inner = keras.Input((None, None, 3))
    tower = keras.Model(inner, layers.BatchNormalization(name="norm")(body(inner)), name="tower")
    small, large = keras.Input((9, 9, 3)), keras.Input((17, 17, 3))
    model = keras.Model([small, large], [tower(small), tower(large)])
    done = account(model)
    calls = {row.shape: row for row in done.rows if row.kind == "Conv2D"}
    assert {shape: row.macs for shape, row in calls.items()} == {(4, 4, 4): 16 * 108, (8, 8, 4): 64 * 108}
    assert {row.name for row in calls.values()} == {f"tower/body/{body.layers[0].name}"}
    norms = {row.shape: row.field for row in done.rows if row.name == "tower/norm"}
    assert norms == {(4, 4, 4): (3, 3), (8, 8, 4): ()}  # the field counts in the first input
    assert done.parameters == model.count_params() == 112 + 16
    assert account(model, statistics=False).parameters == 112 + 8


def test_auxiliary_heads_are_left_out_with_all_that_only_they_need(keras: Any) -> None:
    layers = keras.layers
    image = keras.Input((8, 8, 3))
    trunk = layers.Conv2D(4, 3, name="trunk")(image)
    side = layers.Dense(9, name="aux_dense")(layers.Flatten(name="side")(trunk))
    main = layers.Dense(2, name="main")(layers.GlobalAveragePooling2D()(trunk))
    model = keras.Model(image, [main, layers.Dense(2, name="aux_output")(side)])
    whole, alone = account(model), account(model, auxiliary=False)
    kept = {row.name for row in alone.rows}
    assert [row.name for row in whole.rows if row.name not in kept] == ["side", "aux_dense", "aux_output"]
    assert whole.macs - alone.macs == 144 * 9 + 9 * 2
    only = keras.Model(image, layers.Dense(2, name="aux_only")(side))
    with pytest.raises(ValueError, match=r"auxiliary.*Received: outputs \['aux_only'\]"):
        account(only, auxiliary=False)


def test_operations_without_layers_are_followed(keras: Any) -> None:
    image = keras.Input((6, 6, 4))
    maps = keras.ops.relu(keras.layers.Conv2D(4, 3, padding="same")(image) + image) * 2
    gate = keras.layers.Dense(4)(keras.ops.mean(maps, axis=(1, 2), keepdims=True))
    done = account(keras.Model(image, [maps * gate, keras.ops.mean(maps, axis=-1)]))
    fields = {row.kind: row.field for row in done.rows}
    assert done.macs == 36 * 144 + 16
    assert (fields["Relu"], fields["Dense"]) == ((3, 3), (6, 6))
    assert [row.field for row in done.rows if row.kind == "Multiply"] == [(3, 3), (6, 6)]
    assert sorted(row.field for row in done.rows if row.kind == "Mean") == [(3, 3), (6, 6)]


# Receptive fields against gradients -------------------------------------------------------------------------


def _branches() -> Any:
    import keras
    from keras import layers

    image = keras.Input((40, 37, 2))
    trunk = layers.Conv2D(4, 3, strides=2, padding="same", activation="relu")(image)
    wide = layers.Conv2D(4, 3, dilation_rate=3, padding="same")(trunk)
    tall = layers.Conv2D(4, (7, 1), padding="same")(trunk)
    joined = layers.Concatenate()([trunk, wide, tall])
    pooled = layers.MaxPooling2D(3, 2)(layers.BatchNormalization()(joined))
    return keras.Model(image, layers.Add()([pooled, layers.SeparableConv2D(12, 3, padding="same")(pooled)]))


def _hourglass(up: str) -> Any:
    import keras
    from keras import layers

    image = keras.Input((36, 36, 2))
    high = layers.Conv2D(4, 3, padding="same")(image)
    low = layers.Conv2D(4, 3, padding="same")(layers.MaxPooling2D(2)(high))
    deep = layers.MaxPooling2D(2)(low)
    if up == "transposed":
        risen = layers.Conv2DTranspose(4, 3, strides=2, padding="same")(deep)
        risen = layers.Conv2DTranspose(4, 4, strides=2, padding="same")(risen)
    else:
        risen = layers.UpSampling2D(2, interpolation=up)(layers.UpSampling2D(2, interpolation=up)(deep))
    return keras.Model(image, layers.Conv2D(2, 3, padding="same")(layers.Concatenate()([high, risen])))


def _edges() -> Any:
    import keras
    from keras import layers

    return keras.Sequential(
        [
            keras.Input((30, 33, 2)),
            layers.ZeroPadding2D(((2, 1), (0, 3))),
            layers.Conv2D(3, 4, strides=3),
            layers.Cropping2D(((1, 0), (0, 1))),
            layers.DepthwiseConv2D(2, padding="same"),
            layers.Conv2DTranspose(3, 5, strides=3),
            layers.AveragePooling2D(2, strides=1, padding="same"),
        ]
    )


NETWORKS = {
    "branches": _branches,
    "transposed": lambda: _hourglass("transposed"),
    "nearest": lambda: _hourglass("nearest"),
    "bilinear": lambda: _hourglass("bilinear"),
    "edges": _edges,
}


@pytest.mark.parametrize("name", NETWORKS)
def test_the_formulas_field_is_the_gradients_at_every_layer(name: str) -> None:
    model = NETWORKS[name]()
    done, measured = account(model), measured_fields(model)
    boxes = {row.name: row.box()[2:] for row in done.rows[1:]}
    assert measured == boxes


@pytest.mark.parametrize("name", NETWORKS)
def test_the_formulas_box_is_the_gradients_at_every_place(name: str) -> None:
    """Positive weights and images, so that no gradient is lost: the whole box, not its size alone."""
    import keras

    from workbook.accountant.receptive import field_box, gradient_map

    model = keras.models.clone_model(NETWORKS[name]())
    for weight in model.weights:
        weight.assign(np.full(weight.shape, 0.0 if weight.name in ("bias", "beta", "moving_mean") else 0.1))
    last = account(model).rows[-1]
    images = np.random.default_rng(1).uniform(1, 2, size=(40, *model.input_shape[1:]))
    rows, columns = last.shape[:2]
    for place in ((rows // 2, columns // 2), (rows // 2 + 1, columns // 2 - 1)):
        assert last.box(*place) == field_box(gradient_map(model, images, place=place))
    for place in ((0, columns - 1), (rows - 1, 0)):  # padding on the way may hide a part
        top, left, height, width = last.box(*place)
        seen = field_box(gradient_map(model, images, place=place))
        assert top <= seen[0] < seen[0] + seen[2] <= top + height
        assert left <= seen[1] < seen[1] + seen[3] <= left + width


def test_axes_agree_with_the_formula_and_with_enumeration() -> None:
    layers = [(11, 4), (3, 2), (5, 1), (3, 2), (3, 1)]
    axis = PIXEL
    for width, strides in layers:
        axis = slide(axis, width, strides)
    assert (axis.size, axis.step) == (receptive_field(layers), 16)
    doubled = spread(slide(PIXEL, 2, 2), 2, 2)  # pooled and spread again: each output sees its own pair
    assert [doubled.window(place) for place in range(-2, 3)] == [(-2, -1), (-2, -1), (0, 1), (0, 1), (2, 3)]
    assert interpolate(PIXEL, 3).window(4) == (1, 1)
    assert union([slide(PIXEL, 3, 2), PIXEL], 9, 9) is None


# Tables and errors ------------------------------------------------------------------------------------------


def test_memory_units_and_dtypes(keras: Any) -> None:
    model = _model([keras.layers.Conv2D(8, 1, dtype="float16")], (125, 100, 4))
    row = account(model).rows[1]
    assert (row.activations, row.memory) == (100_000, 200_000)
    assert account(model).columns()["MB"][1] == 0.2
    assert account(model).columns(unit="MiB")["MiB"][1] == 200_000 / 2**20
    with pytest.raises(ValueError, match="Received: unit='GB'"):
        account(model).table(unit="GB")


def test_the_text_is_a_table_with_sums(keras: Any) -> None:
    model = _model([keras.layers.Conv2D(8, (3, 1), name="conv")], (9, 9, 1))
    lines = str(account(model).table(measured=measured_fields(model))).splitlines()
    assert lines[0].split() == [
        "layer",
        "kind",
        "output",
        "shape",
        "parameters",
        "MACs",
        "MB",
        "field",
        "step",
        "measured",
    ]
    assert lines[3].split("  ")[0] == "conv"
    assert re.split(" {2,}", lines[3])[-3:] == ["3 × 1", "1", "3 × 1"]
    assert lines[-1].split() == ["sum", "32", "1,512", "0.002"]
    assert len({len(line) for line in lines[1:2]} | {max(map(len, lines))}) == 1


def test_the_frame_has_the_columns(keras: Any) -> None:
    pandas = pytest.importorskip("pandas")
    done = account(_model([keras.layers.Conv2D(8, 3)], (9, 9, 1)))
    frame = done.frame()
    assert isinstance(frame, pandas.DataFrame)
    assert list(frame.columns) == list(done.columns())
    assert frame["MACs"].sum() == done.macs


def test_without_pandas_the_package_to_install_is_named(keras: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="pip install pandas"):
        account(_model([keras.layers.Conv2D(8, 3)], (9, 9, 1))).frame()


def _doubling(keras: Any, **attributes: Any) -> Any:
    def call(self: Any, images: Any) -> Any:
        return 2 * images

    return type("Doubling", (keras.layers.Layer,), {"call": call, **attributes})()


def test_unknown_layers_are_named_never_zero(keras: Any) -> None:
    attention = keras.layers.MultiHeadAttention(2, 4, name="attention")
    image = keras.Input((9, 4))
    model = keras.Model(image, _doubling(keras)(attention(image, image)))
    with pytest.raises(ValueError, match=r"MultiHeadAttention \(attention\), Doubling \(doubling") as caught:
        account(model)
    assert "\n" not in str(caught.value)
    for operation in (
        lambda x: x @ keras.ops.transpose(x, (0, 2, 1)),
        lambda x: keras.ops.einsum("abc->acb", x),
    ):
        with pytest.raises(ValueError, match=r"Received: (Matmul|Einsum)"):
            account(keras.Model(image, operation(image)))


def test_a_layer_of_ones_own_says_what_it_is_counted_as(keras: Any) -> None:
    model = _model([_doubling(keras), keras.layers.Conv2D(2, 3)], (9, 9, 1))
    assert account(model, counted_as={"Doubling": "Activation"}).rows[-1].field == (3, 3)
    assert account(_model([_doubling(keras, counted_as="ReLU")], (9, 9, 1))).macs == 0
    with pytest.raises(ValueError, match="Received: counted_as='Relux'"):
        account(model, counted_as={"Doubling": "Relux"})


def test_a_subclass_of_a_keras_layer_is_unknown_too(keras: Any) -> None:
    scaled = type("ScaledPooling", (keras.layers.AveragePooling2D,), {})
    with pytest.raises(ValueError, match="ScaledPooling"):
        account(_model([scaled(2)], (8, 8, 1)))


def test_sizes_left_open_must_be_given_and_fit(keras: Any) -> None:
    model = _model([keras.layers.Conv2D(4, 3, strides=2)], (None, None, 3))
    assert account(model, input_shape=(9, 11, 3)).rows[1].shape == (4, 5, 4)
    assert measured_fields(model, image_size=(9, 11)) == {model.layers[0].name: (3, 3)}
    for wrong in (None, (9, 11, 4), (9, 11), (9, None, 3), [(9, 9, 3), (9, 9, 3)]):
        with pytest.raises(ValueError, match=r"input_shape.*Received"):
            account(model, input_shape=wrong)


def test_a_model_without_a_graph_is_named(keras: Any) -> None:
    with pytest.raises(ValueError, match="Received: Sequential"):
        account(keras.Sequential([keras.layers.Dense(2)]))


def test_rows_are_found_by_name_and_boxes_need_a_field(keras: Any) -> None:
    done = account(_model([keras.layers.Reshape((4, 4, 1), name="fold")], (16,)))
    assert done["fold"].field is None
    with pytest.raises(ValueError, match="Received: fold"):
        done["fold"].box()
    with pytest.raises(ValueError, match="Received: name='conv'"):
        done["conv"]


def test_the_picture_has_areas_that_are_macs() -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib.patches import Rectangle

    from workbook import plots

    blocks = account(_inception(bottleneck=True)).blocks()
    ax = plots.show_architecture(blocks)
    drawn = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    working = [block for block in blocks if block["macs"]]
    assert [round(patch.get_width() * patch.get_height()) for patch in drawn] == [
        block["macs"] for block in working
    ]
    assert [patch.get_width() for patch in drawn] == [block["channels"] for block in working]
    for first, second in product(drawn, drawn):
        apart = first is second or first.get_bbox().count_overlaps([second.get_bbox()]) == 0
        assert apart


def test_no_line_of_the_picture_goes_behind_a_block(keras: Any) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from workbook import plots

    inputs = keras.Input((8, 8, 4))
    x = keras.layers.Conv2D(4, 1)(inputs)
    inner = keras.layers.Conv2D(4, 3, padding="same")(keras.layers.Conv2D(4, 3, padding="same")(x))
    model = keras.Model(inputs, keras.layers.Add()([x, inner]))
    ax = plots.show_architecture(account(model).blocks())
    for line in ax.lines:
        points = np.concatenate([np.linspace(a, b, 50) for a, b in pairwise(line.get_xydata())])
        for patch in ax.patches:
            box = patch.get_bbox()
            inside = (points > box.min + 1e-9).all(axis=1) & (points < box.max - 1e-9).all(axis=1)
            assert not inside.any()
    assert len(ax.lines) == 4
