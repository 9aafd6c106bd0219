"""Classifiers trained on ImageNet: `pretrained.classify(image)` and `pretrained.load("efficientnet_lite0")`.

EfficientNet-Lite0 is bundled and needs no network. The others are those of `keras.applications`, which
downloads their weights once. Without a network they fail within seconds, with a message of one line.
"""

import contextlib
import functools
import os
import socket
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbook.data import tfds
from workbook.data.bundled import DataError, bundled_file, first_line
from workbook.data.pictures import check_picture

if TYPE_CHECKING:
    import keras

BUNDLED = "efficientnet_lite0"
WEIGHTS_FILE = "efficientnet_lite0.npz"
LABELS_FILE = "imagenet_classes.tsv"
CROP_SHARE = 224 / 256  # the part of a picture's shorter side that is kept
PATIENCE = 15.0  # seconds that a download may wait for data
# One of the files: it shows whether Keras's weights can be reached.
KERAS_WEIGHTS = (
    "https://storage.googleapis.com/tensorflow/keras-applications/"
    "vgg16/vgg16_weights_tf_dim_ordering_tf_kernels.h5"
)


class _KerasModel(NamedTuple):
    """A model of `keras.applications`: its module, its function, its input size, the start of its files' names."""

    module: str
    function: str
    size: int
    stem: str


KERAS_MODELS = {
    "vgg16": _KerasModel("vgg16", "VGG16", 224, "vgg16"),
    "vgg19": _KerasModel("vgg19", "VGG19", 224, "vgg19"),
    "resnet50": _KerasModel("resnet", "ResNet50", 224, "resnet50"),
    "resnet101": _KerasModel("resnet", "ResNet101", 224, "resnet101"),
    "resnet152": _KerasModel("resnet", "ResNet152", 224, "resnet152"),
    "inception_v3": _KerasModel("inception_v3", "InceptionV3", 299, "inception_v3"),
    "inception_resnet_v2": _KerasModel(
        "inception_resnet_v2", "InceptionResNetV2", 299, "inception_resnet_v2"
    ),
    "densenet121": _KerasModel("densenet", "DenseNet121", 224, "densenet121"),
    "densenet169": _KerasModel("densenet", "DenseNet169", 224, "densenet169"),
    "densenet201": _KerasModel("densenet", "DenseNet201", 224, "densenet201"),
    "xception": _KerasModel("xception", "Xception", 299, "xception"),
    "mobilenet": _KerasModel("mobilenet", "MobileNet", 224, "mobilenet_1_0_224"),
}


@dataclass(frozen=True, eq=False, repr=False)
class Pretrained:
    """A classifier with its preprocessing and its labels: pictures in, labels out.

    `model` is a functional Keras model from `preprocess(images)` to probabilities of the 1,000 `labels`; its
    layers can be taken as features or trained further. `normalise` maps pixels 0-255 to the model's input.
    """

    name: str
    model: "keras.Model"
    labels: tuple[str, ...]
    size: int
    normalise: Callable[[NDArray[Any]], NDArray[Any]]
    source: str

    def preprocess(self, images: ArrayLike | Sequence[ArrayLike]) -> NDArray[np.float32]:
        """Return a picture, a batch of pictures or a list of pictures of any sizes as the model's input.

        As the models were tested: the shorter side is resized to 256 (for 224), the centre of 224×224 is cut out,
        and pixels are normalised. The result is (N, size, size, 3). `centre_crop` says which pictures it takes.
        """
        crops = np.stack([centre_crop(image, size=self.size) for image in _pictures(images)])
        return np.asarray(self.normalise(crops.astype(np.float32)), np.float32)

    def classify(self, image: ArrayLike, *, top: int = 5) -> list[tuple[str, float]]:
        """Return the `top` likeliest labels of one picture with their probabilities, likeliest first."""
        if not (isinstance(top, int) and 1 <= top <= len(self.labels)):
            raise ValueError(f"top must be an integer from 1 to {len(self.labels)}. Received: top={top!r}")
        import keras

        inputs = self.preprocess([np.asarray(image)])
        probabilities = keras.ops.convert_to_numpy(self.model(inputs, training=False))[0]  # (1000,)
        likeliest = np.argsort(-probabilities, kind="stable")[:top]
        return [(self.labels[index], float(probabilities[index])) for index in likeliest]

    def __repr__(self) -> str:
        return (
            f"Pretrained {self.name!r}: {self.size}×{self.size} pixels, {len(self.labels)} classes, "
            f"{self.model.count_params():,} weights; {self.source}"
        )


def names() -> tuple[str, ...]:
    """Return the names of the classifiers, the bundled one first."""
    return (BUNDLED, *KERAS_MODELS)


def load(name: str = BUNDLED, *, otherwise: str | None = None) -> Pretrained:
    """Load a trained classifier: "efficientnet_lite0" from the bundled files, others from `keras.applications`.

    Every call builds a new model, which may be trained further. If the weights are not on this machine and cannot be
    downloaded, `otherwise` names the classifier to use instead; one printed line says so.

    Raises `ValueError` for an unknown name and `DataError` if the weights are not available.
    """
    for option in (name,) if otherwise is None else (name, otherwise):
        if option not in names():
            raise ValueError(f"A classifier must be one of {', '.join(names())}. Received: {option!r}")
    if name == BUNDLED:
        return _load_bundled()
    if otherwise == name:
        otherwise = None
    try:
        return _load_from_keras(name)
    except DataError as error:
        if otherwise is None:
            raise DataError(f"{error} Without a network, use {BUNDLED!r}.") from error
        print(f"{error} {otherwise} IS USED INSTEAD.")
        return load(otherwise)


def classify(image: ArrayLike, *, model: str | Pretrained = BUNDLED, top: int = 5) -> list[tuple[str, float]]:
    """Return the `top` likeliest ImageNet labels of a picture with their probabilities, likeliest first.

    `model` is a name or the result of `load`; named models are kept for the next call. Raises as `load` and
    `centre_crop` do.
    """
    classifier = model if isinstance(model, Pretrained) else _kept(model)
    return classifier.classify(image, top=top)


@functools.lru_cache(maxsize=2)
def _kept(name: str) -> Pretrained:
    return load(name)


# ---------------------------------------------------------------- pictures


def centre_crop(image: ArrayLike, *, size: int = 224) -> NDArray[np.uint8]:
    """Return the centre of a picture, 224/256 of the shorter side, resized: uint8 (size, size, 3).

    One bicubic step does what "resize to 256, cut out 224" does in two. Takes (H, W), (H, W, 1), RGB (H, W, 3) or
    RGBA (H, W, 4, alpha ignored), 0-255 or floats 0-1. Raises `ValueError` for anything else.
    """
    from PIL import Image

    picture = _rgb(np.asarray(image))
    height, width = picture.shape[:2]
    side = min(height, width) * CROP_SHARE
    left, top = (width - side) / 2, (height - side) / 2
    box = (left, top, left + side, top + side)
    return np.asarray(Image.fromarray(picture).resize((size, size), Image.Resampling.BICUBIC, box=box))


def _pictures(images: Any) -> list[NDArray[Any]]:
    """Return one picture, a batch or a list of pictures as a list."""
    if isinstance(images, (list, tuple)):
        pictures = [np.asarray(image) for image in images]
    else:
        array = np.asarray(images)
        pictures = list(array) if array.ndim == 4 else [array]
    if not pictures:
        raise ValueError("There must be at least one picture. Received: none")
    return pictures


def _rgb(image: NDArray[Any]) -> NDArray[np.uint8]:
    """Return a picture as uint8 (H, W, 3)."""
    check_picture(image)
    if image.dtype.kind == "f":
        image = np.round(image * 255 if image.max() <= 1 else image)
    channels = image[..., np.newaxis] if image.ndim == 2 else image[..., :3]
    return np.ascontiguousarray(np.broadcast_to(channels, (*channels.shape[:2], 3)), np.uint8)


# ---------------------------------------------------------------- the bundled classifier


def _load_bundled() -> Pretrained:
    from workbook.architectures import efficientnet_lite

    labels = read_labels()
    weights = _read_weights()
    model = efficientnet_lite.build(BUNDLED)
    try:
        for name, variable in _variables(model):
            variable.assign(weights[name].astype(np.float32))
    except (KeyError, ValueError) as error:
        raise DataError(f"{WEIGHTS_FILE} does not fit the model ({first_line(error)}).") from error
    return Pretrained(
        name=BUNDLED,
        model=model,
        labels=labels,
        size=efficientnet_lite.VARIANTS[BUNDLED].resolution,
        normalise=lambda pixels: (pixels - 127) / 128,  # as the reference model was trained
        source="trained by the TensorFlow authors (Apache-2.0), bundled",
    )


def read_labels() -> tuple[str, ...]:
    """Return the labels of ImageNet's 1,000 classes, in the order of the model's outputs."""
    lines = bundled_file(LABELS_FILE).read_text(encoding="utf-8").splitlines()
    return tuple(line.split("\t")[1] for line in lines if not line.startswith("#"))


def _read_weights() -> dict[str, NDArray[Any]]:
    try:
        with np.load(bundled_file(WEIGHTS_FILE), allow_pickle=False) as stored:
            return dict(stored)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise DataError(f"{WEIGHTS_FILE} cannot be read ({first_line(error)}).") from error


def weight_names(model: "keras.Model") -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield name and shape of every weight, as the bundled file names them: "stem_conv/kernel"."""
    for name, variable in _variables(model):
        yield name, tuple(variable.shape)


def _variables(model: "keras.Model") -> Iterator[tuple[str, Any]]:
    for layer in model.layers:
        for variable in layer.weights:
            yield f"{layer.name}/{variable.name}", variable


# ---------------------------------------------------------------- the classifiers of Keras


def _load_from_keras(name: str) -> Pretrained:
    place = KERAS_MODELS[name]
    labels = read_labels()
    try:
        if not _is_downloaded(place):
            tfds.reach(KERAS_WEIGHTS)
        import keras

        with _patience(PATIENCE):
            model = getattr(keras.applications, place.function)(weights="imagenet")
    except Exception as error:
        reason = first_line(error).rstrip(".")
        raise DataError(f"{name}: its weights are not available: {reason}.") from error
    return Pretrained(
        name=name,
        model=model,
        labels=labels,
        size=place.size,
        normalise=getattr(keras.applications, place.module).preprocess_input,
        source=f"keras.applications.{place.function}, weights downloaded",
    )


def _is_downloaded(place: _KerasModel) -> bool:
    """Return whether Keras has downloaded the model's weights before; Keras itself verifies their checksum."""
    chosen = os.environ.get("KERAS_HOME")
    homes = [Path(chosen)] if chosen else [Path.home() / ".keras", Path("/tmp/.keras")]
    files = [file for home in homes for file in (home / "models").glob(f"{place.stem}_*tf*.h5")]
    return any("notop" not in file.name and "no_top" not in file.name for file in files)


@contextlib.contextmanager
def _patience(seconds: float) -> Iterator[None]:
    """Let every new connection give up after this many seconds without a byte."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
