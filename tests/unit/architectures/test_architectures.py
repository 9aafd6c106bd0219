"""The architectures against the papers' figures, `keras.applications`, and NumPy."""

import ast
from pathlib import Path

import keras
import numpy as np
import pytest

from tests.outline import outline
from workbook import architectures
from workbook.architectures import blocks, build, copy_weights, names
from workbook.ledger import quoted_networks
from workbook.reference import conv2d, pool2d

FOLDER = Path(architectures.__file__).parent


def first_of_each_family(names):
    """Return all names as parameters: the first of each family for every run, the others for `make claims`."""
    firsts = {next(name for name in names if name in family.ARCHITECTURES) for family in architectures.FAMILIES
              if set(names) & set(family.ARCHITECTURES)}  # fmt: skip
    return [pytest.param(name, marks=() if name in firsts else pytest.mark.claims) for name in names]


def trainable(model):
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


def randomise(model, seed=0):
    """Set every weight to a random value that keeps activations near 1, statistics of normalisation too."""
    rng = np.random.default_rng(seed)
    for layer in model.layers:
        for weight in layer.weights:
            shape, name = tuple(weight.shape), weight.name
            if name in ("moving_variance", "gamma"):
                value = rng.uniform(0.5, 1.5, shape)
            elif len(shape) == 1:
                value = rng.normal(0, 0.1, shape)
            else:
                alone = "depthwise" in name or isinstance(layer, keras.layers.DepthwiseConv2D)
                fan = np.prod(shape[:2] if alone else shape[:-1])
                value = rng.standard_normal(shape, np.float32) * np.float32(np.sqrt(2 / fan))
            weight.assign(value)


# --- parameters -------------------------------------------------------------------------------------------------------

# Trainable parameters at paper size. Those that `quoted_networks` counts come from arithmetic; the others are stated.
COUNTED = {
    "lenet5": quoted_networks.count(32, 1, quoted_networks.LENET5).parameters,
    "alexnet": quoted_networks.count(227, 3, quoted_networks.alexnet(2)).parameters,
    "alexnet_ungrouped": quoted_networks.count(227, 3, quoted_networks.alexnet(1)).parameters,
    **{
        name: quoted_networks.count(224, 3, quoted_networks.VGG[row]).parameters
        for name, row in zip(
            ("vgg11", "vgg11_lrn", "vgg13", "vgg16_1x1", "vgg16", "vgg19"), "AABCDE", strict=True
        )
    },
    "googlenet": quoted_networks.googlenet_parameters(auxiliary=False),
    "resnet18": quoted_networks.resnet_parameters((2, 2, 2, 2)),
    "resnet34": quoted_networks.resnet_parameters((3, 4, 6, 3)),
    "resnet50": quoted_networks.resnet_parameters((3, 4, 6, 3), bottleneck=True),
    "resnet101": quoted_networks.resnet_parameters((3, 4, 23, 3), bottleneck=True),
    "resnet152": quoted_networks.resnet_parameters((3, 8, 36, 3), bottleneck=True),
}
STATED = {
    "lenet5": 61_706,
    "alexnet": 60_965_224,
    "alexnet_ungrouped": 62_378_344,
    "zfnet": 62_357_608,
    "vgg16": 138_357_544,
    "vgg19": 143_667_240,
    "nin": 966_986,  # the authors' CIFAR-10 model
    "googlenet": 6_998_552,
    "inception_v3": 23_834_568,  # torchvision, without its auxiliary head
    "inception_v4": 42_679_816,  # timm
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnet101": 44_549_160,  # torchvision
    "resnet152": 60_192_808,
    "densenet121": 7_978_856,
    "densenet169": 14_149_480,
    "densenet201": 20_013_928,
    "xception": 22_855_952,  # the paper's table 3
}
# What the papers print, in millions, and to how many digits
PRINTED = {
    "vgg11": (133, 0), "vgg11_lrn": (133, 0), "vgg13": (133, 0), "vgg16_1x1": (134, 0), "vgg16": (138, 0),
    "vgg19": (144, 0),  # VGG, table 2
    "resnet20": (0.27, 2), "resnet32": (0.46, 2), "resnet44": (0.66, 2), "resnet56": (0.85, 2),
    "resnet110": (1.7, 1),  # ResNet, table 6
    "densenet40": (1.0, 1), "densenet100": (7.0, 1), "densenet_bc100": (0.8, 1),  # DenseNet, table 2
    "mobilenet": (4.2, 1),  # MobileNet, table 4
}  # fmt: skip


@pytest.mark.parametrize("name", first_of_each_family(sorted(COUNTED | STATED | PRINTED)))
def test_parameters_are_the_papers(name):
    count = trainable(outline(build, name))
    assert count == COUNTED.get(name, count)
    assert count == STATED.get(name, count)
    millions, digits = PRINTED.get(name, (count / 1e6, 9))
    assert round(count / 1e6, digits) == pytest.approx(millions)


def test_auxiliary_heads_bring_their_parameters():
    model = outline(build, "googlenet", auxiliary=True)
    assert trainable(model) == 13_378_280 == quoted_networks.googlenet_parameters(auxiliary=True)
    assert [output.shape for output in model.outputs] == [(None, 1000)] * 3
    assert trainable(outline(build, "inception_v3", auxiliary=True)) == 27_161_264  # torchvision


def test_densenet_with_its_statistics_has_what_the_lectures_count():
    expected = quoted_networks.densenet_parameters((6, 12, 24, 16))
    assert outline(build, "densenet121").count_params() == 8_062_504 == expected


def test_inception_v2_has_bn_inceptions_parameters():
    """The published BN-Inception has 11,295,240: biases too, and an ordinary first convolution."""
    model = outline(build, "inception_v2")
    biases = sum(layer.beta.shape[0] for layer in model.layers if hasattr(layer, "beta"))
    first = 49 * 3 * 64 - (49 * 3 * 8 + 3 * 8 * 64)
    assert trainable(model) + biases + first == 11_295_240


def test_projections_cost_what_padding_saves():
    padded, projected = (outline(build, "resnet20", shortcut=option) for option in "AB")
    assert trainable(projected) - trainable(padded) == 16 * 32 + 2 * 32 + 32 * 64 + 2 * 64
    everywhere = outline(build, "resnet20", shortcut="C")
    identity = 3 * (16 * 16 + 32) + 2 * (32 * 32 + 64) + 2 * (64 * 64 + 128)
    assert trainable(everywhere) - trainable(projected) == identity


def test_a_plain_net_is_a_residual_one_without_additions():
    plain, residual = outline(build, "plain20"), outline(build, "resnet20")
    assert trainable(plain) == trainable(residual)
    kinds = [type(layer).__name__ for layer in plain.layers]
    assert "Add" not in kinds
    assert sum(isinstance(layer, keras.layers.Add) for layer in residual.layers) == 9


# --- shapes that the papers print -------------------------------------------------------------------------------------

SHAPES = {
    "lenet5": {"c1": (28, 28, 6), "s2": (14, 14, 6), "c3": (10, 10, 16), "s4": (5, 5, 16)},
    "alexnet": {"conv1": (55, 55, 96), "pool1": (27, 27, 96), "conv2": (27, 27, 256), "pool5": (6, 6, 256)},
    "zfnet": {"conv1": (110, 110, 96), "pool1": (55, 55, 96), "conv2": (26, 26, 256), "pool2": (13, 13, 256),
              "pool5": (6, 6, 256)},
    "vgg16": {"block1_pool": (112, 112, 64), "block5_pool": (7, 7, 512)},
    "nin": {"pool1": (16, 16, 96), "pool2": (8, 8, 192), "mlpconv3_3": (8, 8, 10)},
    "googlenet": {
        "conv1": (112, 112, 64), "pool1": (56, 56, 64), "pool2": (28, 28, 192), "inception_3a": (28, 28, 256),
        "inception_3b": (28, 28, 480), "inception_4a": (14, 14, 512), "inception_4d": (14, 14, 528),
        "inception_4e": (14, 14, 832), "inception_5b": (7, 7, 1024),
    },
    "googlenet_naive": {"inception_3a": (28, 28, 64 + 128 + 32 + 192)},
    "inception_v2": {
        "inception_3a": (28, 28, 256), "inception_3b": (28, 28, 320), "inception_3c": (14, 14, 576),
        "inception_4b": (14, 14, 576), "inception_4c": (14, 14, 608), "inception_4e": (7, 7, 1056),
        "inception_5b": (7, 7, 1024),
    },
    "inception_v3": {"mixed2": (35, 35, 288), "mixed3": (17, 17, 768), "mixed8": (8, 8, 1280), "mixed10": (8, 8, 2048)},
    "inception_v4": {"block_a4": (35, 35, 384), "reduction_a": (17, 17, 1024), "reduction_b": (8, 8, 1536)},
    "inception_resnet_v1": {"block_a5": (35, 35, 256), "reduction_a": (17, 17, 896), "reduction_b": (8, 8, 1792)},
    "inception_resnet_v2": {"block_a5": (35, 35, 384), "reduction_a": (17, 17, 1152), "block_c5": (8, 8, 2144)},
    "resnet34": {"conv1": (112, 112, 64), "conv2_3": (56, 56, 64), "conv5_3": (7, 7, 512)},
    "resnet50": {"conv2_3": (56, 56, 256), "conv5_3": (7, 7, 2048)},
    "resnet110": {"conv2_18": (32, 32, 16), "conv3_18": (16, 16, 32), "conv4_18": (8, 8, 64)},
    "densenet121": {"pool1": (56, 56, 64), "transition1_pool": (28, 28, 128), "dense4_16": (7, 7, 1024)},
    "densenet_bc100": {"transition2_pool": (8, 8, 150)},
    "xception": {"block4": (19, 19, 728), "block12": (19, 19, 728), "block13": (10, 10, 1024)},
    "mobilenet": {"conv1": (112, 112, 32), "pointwise13": (7, 7, 1024)},
}  # fmt: skip


@pytest.mark.parametrize("name", first_of_each_family(list(SHAPES)))
def test_shapes_are_the_papers(name):
    model = outline(build, name)
    assert {layer: tuple(model.get_layer(layer).output.shape[1:]) for layer in SHAPES[name]} == SHAPES[name]


@pytest.mark.parametrize("depth", [18, 34, 50, 101, 152, 20, 110, 121, 169, 201])
def test_the_name_counts_the_layers(depth):
    name = f"densenet{depth}" if depth in (121, 169, 201) else f"resnet{depth}"
    model = outline(build, name, input_shape=(32, 32, 3), num_classes=2)
    counted = [
        layer
        for layer in model.layers
        if isinstance(layer, keras.layers.Conv2D | keras.layers.Dense) and "shortcut" not in layer.name
    ]
    assert len(counted) == depth


# --- the same output as keras.applications ----------------------------------------------------------------------------

TWINS = {  # name: keras.applications' class, a small input, options
    "vgg16": ("VGG16", (32, 37, 3), {}),
    "vgg19": ("VGG19", (37, 32, 3), {}),
    "resnet50": ("ResNet50", (45, 33, 3), {"convention": "keras"}),
    "resnet101": ("ResNet101", (32, 41, 3), {"convention": "keras"}),
    "resnet152": ("ResNet152", (33, 32, 3), {"convention": "keras"}),
    "inception_v3": ("InceptionV3", (76, 83, 3), {"convention": "keras"}),
    "inception_resnet_v2": ("InceptionResNetV2", (80, 75, 3), {"convention": "keras"}),
    "densenet121": ("DenseNet121", (37, 44, 3), {}),
    "densenet169": ("DenseNet169", (32, 45, 3), {}),
    "densenet201": ("DenseNet201", (41, 32, 3), {}),
    "xception": ("Xception", (71, 84, 3), {}),
    "mobilenet": ("MobileNet", (45, 50, 3), {"convention": "keras"}),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        name if name in ("vgg16", "resnet50") else pytest.param(name, marks=pytest.mark.claims)
        for name in TWINS
    ],
)
def test_the_same_weights_give_the_output_of_keras_applications(name):
    twin, shape, options = TWINS[name]
    theirs = getattr(keras.applications, twin)(
        weights=None, input_shape=shape, classes=7, classifier_activation=None
    )
    ours = build(name, input_shape=shape, num_classes=7, activation=None, **options)
    assert ours.count_params() == theirs.count_params()
    randomise(theirs)
    copy_weights(theirs, ours)
    images = np.random.default_rng(1).normal(size=(2, *shape)).astype(np.float32)
    expected, output = np.asarray(theirs(images)), np.asarray(ours(images))
    scale = np.abs(expected).max()
    assert np.isfinite(scale)
    assert np.abs(expected[0] - expected[1]).max() > 1e-3 * scale  # the images matter
    np.testing.assert_allclose(output, expected, rtol=0, atol=1e-5 * scale)


def test_a_narrow_mobilenet_is_keras_applications_too():
    theirs = keras.applications.MobileNet(weights=None, input_shape=(32, 32, 3), alpha=0.25, classes=3)
    ours = build("mobilenet", input_shape=(32, 32, 3), num_classes=3, width=0.25, convention="keras")
    randomise(theirs)
    copy_weights(theirs, ours)
    images = np.random.default_rng(2).normal(size=(2, 32, 32, 3)).astype(np.float32)
    np.testing.assert_allclose(ours(images), theirs(images), atol=1e-5)


def test_conventions_differ_where_the_papers_do():
    paper, theirs = (
        outline(build, "resnet50", input_shape=(32, 32, 3), convention=which) for which in ("paper", "keras")
    )
    assert theirs.count_params() - paper.count_params() == 26_560  # the biases before normalisation
    released = outline(build, "inception_resnet_v2", input_shape=(75, 75, 3), convention="keras")
    assert released.count_params() == 55_873_736


def test_weights_that_do_not_fit_are_refused():
    small, deeper = build("resnet20", width=0.25), build("resnet32", width=0.25)
    with pytest.raises(
        ValueError, match=r"same number of layers .* Received: resnet20 with 39, resnet32 with 63"
    ):
        copy_weights(small, deeper)
    with pytest.raises(ValueError, match=r"weights must fit\. Received: conv1"):
        copy_weights(small, build("resnet20", width=0.5))


# --- the same output as NumPy -----------------------------------------------------------------------------------------


class ByHand:
    """A forward pass in float64 NumPy with a model's weights, layer by layer by name."""

    def __init__(self, model):
        self.weights = {
            layer.name: [np.asarray(weight, np.float64) for weight in layer.weights] for layer in model.layers
        }

    def conv(self, x, name, **options):
        kernel, *bias = self.weights[name]
        return conv2d(x, kernel, **options) + (bias[0] if bias else 0)

    def norm(self, x, name, epsilon):
        gamma, beta, mean, variance = self.weights[f"{name}_norm"]
        return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta

    def dense(self, x, name):
        kernel, bias = self.weights[name]
        return x.reshape(len(x), -1) @ kernel + bias


def relu(x):
    return np.maximum(x, 0)


def both(name, by_hand, **options):
    """Return Keras's output and NumPy's on the same images, with random weights."""
    model = build(name, activation=None, num_classes=4, **options)
    randomise(model)
    images = np.random.default_rng(3).normal(size=(2, *model.input_shape[1:]))
    return np.asarray(model(images.astype(np.float32))), by_hand(ByHand(model), images)


def test_lenet_by_hand():
    def forward(net, x):
        for conv in ("c1", "c3"):
            x = pool2d(np.tanh(net.conv(x, conv)), 2, kind="mean")
        return net.dense(np.tanh(net.dense(np.tanh(net.dense(x, "c5")), "f6")), "predictions")

    ours, by_hand = both("lenet5", forward)
    np.testing.assert_allclose(ours, by_hand, rtol=1e-4, atol=1e-5)


def test_alexnet_by_hand_groups_and_all():
    def lrn(x):
        y = np.empty_like(x)
        for i in range(x.shape[-1]):
            y[..., i] = x[..., i] / (2 + 1e-4 * (x[..., max(0, i - 2) : i + 3] ** 2).sum(-1)) ** 0.75
        return y

    def forward(net, x):
        x = pool2d(lrn(relu(net.conv(x, "conv1", strides=4))), 3, strides=2)
        x = pool2d(lrn(relu(net.conv(x, "conv2", padding="same", groups=2))), 3, strides=2)
        x = relu(net.conv(x, "conv3", padding="same"))
        x = relu(net.conv(x, "conv4", padding="same", groups=2))
        x = pool2d(relu(net.conv(x, "conv5", padding="same", groups=2)), 3, strides=2)
        return net.dense(relu(net.dense(relu(net.dense(x, "fc1")), "fc2")), "predictions")

    ours, by_hand = both("alexnet", forward, input_shape=(67, 75, 3), width=0.125)
    np.testing.assert_allclose(ours, by_hand, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("option", ["A", "B"])
def test_resnet_by_hand(option):
    def norm(net, x, name, strides=1):
        kernel = net.weights[name][0]
        edge = kernel.shape[0] // 2
        x = np.pad(x, ((0, 0), (edge, edge), (edge, edge), (0, 0)))
        return net.norm(net.conv(x, name, strides=strides), name, 1.001e-5)

    def block(net, x, name, strides):
        y = norm(net, relu(norm(net, x, f"{name}_conv1", strides)), f"{name}_conv2")
        if option == "B" and strides == 2:
            return relu(y + norm(net, x, f"{name}_shortcut", 2))
        kept = x[:, ::strides, ::strides]
        return relu(y + np.pad(kept, ((0, 0),) * 3 + ((0, y.shape[-1] - kept.shape[-1]),)))

    def forward(net, x):
        x = relu(norm(net, x, "conv1"))
        for stage in (2, 3, 4):
            for i in (1, 2, 3):
                x = block(net, x, f"conv{stage}_{i}", 2 if stage > 2 and i == 1 else 1)
        return net.dense(x.mean((1, 2)), "predictions")

    ours, by_hand = both("resnet20", forward, input_shape=(11, 8, 3), width=0.5, shortcut=option)
    np.testing.assert_allclose(ours, by_hand, rtol=1e-4, atol=1e-4)


def test_a_dense_block_by_hand():
    def norm_conv(net, x, name):
        return net.conv(relu(net.norm(x, name, 1.001e-5)), name, padding="same")

    def forward(net, x):
        x = net.conv(x, "conv1", padding="same")
        for i in (1, 2, 3):
            for j in range(1, 17):
                new = norm_conv(net, norm_conv(net, x, f"dense{i}_{j}_a"), f"dense{i}_{j}_b")
                x = np.concatenate([x, new], -1)
            if i < 3:
                x = pool2d(norm_conv(net, x, f"transition{i}"), 2, kind="mean")
        return net.dense(relu(net.norm(x, "last", 1.001e-5)).mean((1, 2)), "predictions")

    ours, by_hand = both("densenet_bc100", forward, input_shape=(8, 5, 3))
    np.testing.assert_allclose(ours, by_hand, rtol=1e-3, atol=1e-3)


# --- every name -------------------------------------------------------------------------------------------------------


def course_size(name):
    """Return options that make a network small: what a laptop trains, or less."""
    row = architectures.REGISTRY[name]
    side = max(row.smallest, 32 if row.num_classes == 1000 else 16)
    width = {"width": 0.25} if "width" in row.options else {}
    return {"input_shape": (side, side + 1, row.input_shape[2]), "num_classes": 5, **width}


@pytest.mark.slow
@pytest.mark.parametrize("name", first_of_each_family(names()))
def test_every_name_builds_saves_loads_and_runs_at_course_size(name, tmp_path):
    options = course_size(name)
    model = build(name, **options)
    assert model.name == name
    assert model.layers[-1].name == "predictions"
    images = np.random.default_rng(4).normal(size=(2, *options["input_shape"])).astype(np.float32)
    output = np.asarray(model(images))
    assert output.shape == (2, 5)
    np.testing.assert_allclose(output.sum(-1), 1, rtol=1e-5)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    (tmp_path / "model.keras").unlink()
    np.testing.assert_array_equal(np.asarray(loaded(images)), output)
    assert [layer.name for layer in loaded.layers] == [layer.name for layer in model.layers]


@pytest.mark.parametrize(
    "name",
    [
        "lenet5",
        "nin",
        *(
            pytest.param(name, marks=pytest.mark.claims)
            for name in ("alexnet", "vgg11_lrn", "googlenet", "resnet20", "plain20", "mobilenet")
        ),
    ],
)
def test_training_moves_every_weight(name):
    model = build(name, **course_size(name))
    before = [np.array(weight) for weight in model.trainable_weights]
    rng = np.random.default_rng(5)
    model.compile("adam", "sparse_categorical_crossentropy")
    model.train_on_batch(rng.normal(size=(8, *model.input_shape[1:])), rng.integers(0, 5, 8))
    moved = [not np.array_equal(b, a) for b, a in zip(before, model.trainable_weights, strict=True)]
    assert all(moved)


@pytest.mark.parametrize("name", ["googlenet", "googlenet_naive"])
def test_auxiliary_heads_run_at_course_size(name):
    model = build(name, input_shape=(65, 70, 1), num_classes=3, width=0.25, auxiliary=True)
    outputs = model(np.zeros((1, 65, 70, 1), np.float32))
    assert [tuple(output.shape) for output in outputs] == [(1, 3)] * 3
    assert model.output_names == ["predictions", "auxiliary1", "auxiliary2"]


@pytest.mark.slow
@pytest.mark.parametrize("name", first_of_each_family(names()))
def test_an_image_too_small_is_refused_and_the_smallest_fits(name):
    row = architectures.REGISTRY[name]
    least, channels = row.smallest, row.input_shape[2]
    received = (
        rf"{name} needs images of at least {least}×{least} pixels\. Received: input_shape=\({least - 1}, "
    )
    if least > 1:
        with pytest.raises(ValueError, match=received):
            build(name, input_shape=(least - 1, least, channels))
        with pytest.raises(ValueError):  # noqa: PT011 - and it would indeed not fit: Keras says so
            unchecked(row, least - 1, auxiliary=False)
    if row.smallest_auxiliary:
        with pytest.raises(ValueError, match=f"{name} with auxiliary heads needs"):
            build(name, input_shape=(row.smallest_auxiliary - 1,) * 2 + (channels,), auxiliary=True)
        with pytest.raises(ValueError):  # noqa: PT011
            unchecked(row, row.smallest_auxiliary - 1, auxiliary=True)
        outline(build, name, input_shape=(row.smallest_auxiliary,) * 2 + (channels,), auxiliary=True)


def unchecked(row, side, *, auxiliary):
    inputs = keras.Input((side, side, row.input_shape[2]))
    with keras.StatelessScope(initialize_variables=False):
        return row.layers(inputs, row.row, blocks.BuildOptions(3, auxiliary=auxiliary))


@pytest.mark.parametrize(
    ("name", "wrong", "message"),
    [
        ("resnet19", {}, r"name must be one of lenet5, .*Received: name='resnet19'"),
        (
            "vgg16",
            {"input_shape": (224, 224)},
            r"three positive integers .*Received: input_shape=\(224, 224\)",
        ),
        ("vgg16", {"input_shape": (224, 224, 0)}, r"Received: input_shape=\(224, 224, 0\)"),
        ("vgg16", {"num_classes": 0}, r"num_classes must be at least 1\. Received: num_classes=0"),
        ("vgg16", {"width": 0}, r"width must be positive\. Received: width=0"),
        ("vgg16", {"shortcut": "A"}, r"vgg16 does not have the option shortcut\. Received: shortcut='A'"),
        ("plain20", {"shortcut": "A"}, r"plain20 does not have the option shortcut"),
        ("lenet5", {"width": 2.0}, r"lenet5 does not have the option width\. Received: width=2\.0"),
        ("resnet18", {"convention": "keras"}, r"resnet18 does not have the option convention"),
        ("resnet20", {"shortcut": "D"}, r"shortcut must be one of .*Received: shortcut='D'"),
        ("resnet50", {"convention": "torch"}, r"convention must be one of .*Received: convention='torch'"),
        ("alexnet", {"auxiliary": True}, r"alexnet does not have the option auxiliary"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_in_one_line(name, wrong, message):
    with pytest.raises(ValueError, match=message) as caught:
        build(name, **wrong)
    assert "\n" not in str(caught.value)


def test_names_are_all_there_once():
    families = {
        "": "lenet5 alexnet alexnet_ungrouped zfnet nin googlenet googlenet_naive xception mobilenet",
        "vgg": "11 11_lrn 13 16 16_1x1 19",
        "inception_": "v2 v3 v4 resnet_v1 resnet_v2",
        "resnet": "18 34 50 101 152 20 32 44 56 110",
        "plain": "20 32 44 56 110",
        "densenet": "121 169 201 264",
    }
    asked = [family + member for family, members in families.items() for member in members.split()]
    assert set(asked) <= set(names())
    assert len(names()) == sum(len(family.ARCHITECTURES) for family in architectures.FAMILIES)


# --- the code itself --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_modules_and_builders_stay_short(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 200
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno - node.lineno < 30, node.name
            assert node.name.startswith("_") or ast.get_docstring(node), node.name
