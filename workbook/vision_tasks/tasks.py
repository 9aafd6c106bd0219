"""Train each task's network and measure it with the task's own metric."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from workbook import data
from workbook.vision_tasks import arrows, metrics, networks, scenes, targets
from workbook.vision_tasks.metrics import Detection, Truth

if TYPE_CHECKING:
    import keras

# Pictures to train on: for the classifier, detector and offsets, the U-Net, keypoints.
WINDOWS, SCENES, MANY, ARROWS = 15000, 1500, 9000, 2500
TEST, TEST_SEED, VALIDATION_SEED = 400, 1414, 50


@dataclass(frozen=True)
class TaskTraining:
    """How a task's network is trained. `peak` is the highest learning rate of a cycle up and down."""

    epochs: int
    peak: float
    batch_size: int = 16


Recipe = TaskTraining  # its name in notebooks of 2026 and before

RECIPES = {
    "image classification": TaskTraining(3, 0.01, 100),
    "object detection": TaskTraining(3, 0.01),
    "semantic segmentation": TaskTraining(2, 0.01),
    "instance segmentation": TaskTraining(2, 0.01),
    "keypoints": TaskTraining(2, 0.01),
}


def centre_loss(y_true: Any, y_pred: Any) -> Any:
    """Give the focal loss of centre heat-maps, per centre (Zhou, Wang and Krähenbühl 2019, equation 1).

    Cells with a 1 must be high, all others low, those near a centre with less weight; cells that are right
    already hardly count.
    """
    from keras import ops

    p = ops.clip(y_pred, 1e-5, 1 - 1e-5)
    is_centre = ops.cast(y_true >= 1.0, p.dtype)
    high = is_centre * (1 - p) ** 2 * ops.log(p)
    low = (1 - is_centre) * (1 - y_true) ** 4 * p**2 * ops.log(1 - p)
    return -ops.sum(high + low) / ops.maximum(ops.sum(is_centre), 1.0)


def pixel_loss(y_true: Any, y_pred: Any) -> Any:
    """Give the cross-entropy of the pixels' classes, half as heavy again on digits."""
    from keras import losses, ops

    weights = ops.where(y_true > 0, 1.5, 1.0)
    return ops.sum(weights * losses.sparse_categorical_crossentropy(y_true, y_pred)) / ops.sum(weights)


def where_marked(y_true: Any, y_pred: Any) -> Any:
    """Give the mean absolute error where the last channel of `y_true` is 1; nothing is asked elsewhere."""
    from keras import ops

    marked = y_true[..., -1:]
    error = ops.sum(marked * ops.abs(y_true[..., :-1] - y_pred))
    return error / ops.maximum(ops.sum(marked), 1.0)


def train(model: "keras.Model", x: Any, y: Any, loss: Any, recipe: TaskTraining) -> "keras.Model":
    """Train with Adam; the rate rises for a fifth of the steps to its peak and falls to 0 as a cosine."""
    import keras

    steps = recipe.epochs * -(-len(x) // recipe.batch_size)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, warmup_steps=int(0.2 * steps), warmup_target=recipe.peak, decay_steps=steps - int(0.2 * steps)
    )
    optimizer = keras.optimizers.Adam(rate)
    optimizer.build(model.trainable_variables)  # now, so that the training step is traced once less
    model.compile(optimizer, loss)
    model.fit(x, y, batch_size=recipe.batch_size, epochs=recipe.epochs, verbose=0)
    return model


def predict(model: "keras.Model", images: np.ndarray) -> Any:
    """Run a model on images, 100 at a time."""
    return model.predict(images, batch_size=100, verbose=0)


def training_scenes(count: int = SCENES, *, seed: int = 0) -> scenes.Scenes:
    """Compose scenes from MNIST's training digits, without the last 5,000."""
    mnist = data.load("mnist")
    return scenes.make_scenes(mnist.x_train[:-5000], mnist.y_train[:-5000], count, seed=seed)


def validation_scenes(count: int = TEST) -> scenes.Scenes:
    """Compose scenes from the last 5,000 of MNIST's training digits, always the same: to choose settings by."""
    mnist = data.load("mnist")
    return scenes.make_scenes(mnist.x_train[-5000:], mnist.y_train[-5000:], count, seed=VALIDATION_SEED)


def unseen_scenes(count: int = TEST) -> scenes.Scenes:
    """Compose scenes from MNIST's test digits, always the same: for the score at the end, never to choose by."""
    mnist = data.load("mnist")
    return scenes.make_scenes(mnist.x_test, mnist.y_test, count, seed=TEST_SEED)


# One task after the other: train on scenes, then find and measure ------------------------------------------------


def _begin(model: "keras.Model", start: "keras.Model | None") -> "keras.Model":
    if start is not None:
        networks.copy_encoder(start, model)
    return model


def train_classifier(some: scenes.Scenes, recipe: TaskTraining) -> "keras.Model":
    """Train a classifier on windows around the digits of scenes, moved by up to two pixels."""
    windows, labels = scenes.windows(some, jitter=2)
    return train(networks.classifier(), windows, labels, "sparse_categorical_crossentropy", recipe)


def train_detector(
    some: scenes.Scenes, recipe: TaskTraining, start: "keras.Model | None" = None
) -> "keras.Model":
    """Train a detector on scenes, from the encoder of `start` if there is one."""
    heat, boxes = targets.centre_targets(some.boxes, some.labels)
    loss = {"centres": centre_loss, "boxes": where_marked}
    model = _begin(networks.detector(), start)
    return train(model, some.images, {"centres": heat, "boxes": boxes}, loss, recipe)


def find_boxes(model: "keras.Model", images: np.ndarray) -> list[Detection]:
    """Detect digits in images."""
    out = predict(model, images)
    return [targets.decode_boxes(*pair) for pair in zip(out["centres"], out["boxes"], strict=True)]


def train_segmenter(
    some: scenes.Scenes, recipe: TaskTraining, start: "keras.Model | None" = None
) -> "keras.Model":
    """Train a U-Net on scenes, from the encoder of `start` if there is one."""
    model = _begin(networks.segmenter(), start)
    return train(model, some.images, some.class_maps, pixel_loss, recipe)


def name_pixels(model: "keras.Model", images: np.ndarray) -> np.ndarray:
    """Give each pixel its class: (N, size, size), 0 for the background, 1 + digit."""
    return predict(model, images).argmax(axis=-1)


def train_offsets(segmenter: "keras.Model", some: scenes.Scenes, recipe: TaskTraining) -> "keras.Model":
    """Train the head that says where each pixel's centre lies, on a segmenter's maps, which stay as they are."""
    maps = predict(networks.features(segmenter), some.images)  # (N, 24, 24, 32)
    offsets = targets.offset_targets(some.instance_maps, some.boxes)
    return train(networks.offset_head(), maps, offsets, where_marked, recipe)


def find_masks(model: "keras.Model", images: np.ndarray) -> list[Detection]:
    """Find digits in images, each with its mask."""
    out = predict(model, images)
    parts = zip(out["centres"], out["offsets"], out["ink"][..., 0], strict=True)
    return [targets.decode_masks(*part) for part in parts]


def train_landmark_finder(some: arrows.Arrows, recipe: TaskTraining) -> "keras.Model":
    """Train a network that finds the landmarks of arrows."""
    import keras

    y = targets.landmark_targets(some.points)
    loss = keras.losses.CategoricalCrossentropy(axis=1)
    return train(networks.landmark_finder(), some.images, y, loss, recipe)


def find_landmarks(model: "keras.Model", images: np.ndarray) -> np.ndarray:
    """Find the landmarks in images: (N, points, 2)."""
    return targets.decode_landmarks(predict(model, images))


# Measure --------------------------------------------------------------------------------------------------------


def class_score(model: "keras.Model", some: scenes.Scenes, k: int = 1) -> float:
    """Give a classifier's top-k accuracy on the windows around the digits of scenes."""
    windows, labels = scenes.windows(some)
    return metrics.top_k_accuracy(predict(model, windows), labels, k)


def presence(model: "keras.Model", images: np.ndarray) -> np.ndarray:
    """Give for each digit how sure a detector is that it is somewhere in the picture: (N, 10), 0 to 1."""
    return predict(model, images)["centres"].max(axis=(1, 2))


def presence_truth(some: scenes.Scenes, classes: int = 10) -> np.ndarray:
    """Say which digits are somewhere in each scene: (N, 10) bool."""
    return np.stack([np.isin(np.arange(classes), labels) for labels in some.labels])


def presence_score(model: "keras.Model", some: scenes.Scenes) -> float:
    """Give the mean over the digits of the average precision of "it is in the picture"."""
    return metrics.multi_label_precision(presence(model, some.images), presence_truth(some))


def box_truth(some: scenes.Scenes) -> list[Truth]:
    """Give the true boxes of scenes, as the metrics want them."""
    return [Truth(boxes.astype(float), labels) for boxes, labels in zip(some.boxes, some.labels, strict=True)]


def mask_truth(some: scenes.Scenes) -> list[Truth]:
    """Give the true masks of scenes, as the metrics want them."""
    return [Truth(some.masks(number), labels) for number, labels in enumerate(some.labels)]


def box_score(model: "keras.Model", some: scenes.Scenes) -> float:
    """Give a detector's mAP@.5 on scenes."""
    return metrics.mean_average_precision(find_boxes(model, some.images), box_truth(some))


def pixel_score(model: "keras.Model", some: scenes.Scenes) -> float:
    """Give a segmenter's mean IoU over the background and ten digits."""
    return metrics.mean_iou(metrics.confusion(some.class_maps, name_pixels(model, some.images), 11))


def mask_score(model: "keras.Model", some: scenes.Scenes) -> float:
    """Give an instance segmenter's mean AP@.5 of masks."""
    return metrics.mean_average_precision(find_masks(model, some.images), mask_truth(some))


def landmark_score(model: "keras.Model", some: arrows.Arrows) -> float:
    """Give a landmark finder's PCK@.1."""
    return metrics.pck(find_landmarks(model, some.images), some.points)
