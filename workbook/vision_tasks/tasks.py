"""Train the network of each task and measure it with the metric of the task."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from workbook import data, live
from workbook.vision_tasks import arrows, metrics, networks, scenes, targets
from workbook.vision_tasks.metrics import Detection, Truth

if TYPE_CHECKING:
    import keras

# Numbers of training pictures: for the classifier, for detector and offsets, for the U-Net, for keypoints.
WINDOWS, SCENES, MANY, ARROWS = 15000, 1500, 9000, 2500
TEST, TEST_SEED, VALIDATION_SEED = 400, 1414, 50


@dataclass(frozen=True)
class TaskTraining:
    """How a task's network is trained. `peak` is the highest learning rate."""

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
    """Return the focal loss of centre heat-maps per centre (Zhou, Wang and Krähenbühl 2019, equation 1).

    The loss pushes cells with a true value of 1 up and all others down; cells near a centre have less weight. Cells
    that are already correct hardly count.
    """
    from keras import ops

    p = ops.clip(y_pred, 1e-5, 1 - 1e-5)
    is_centre = ops.cast(y_true >= 1.0, p.dtype)
    high = is_centre * (1 - p) ** 2 * ops.log(p)
    low = (1 - is_centre) * (1 - y_true) ** 4 * p**2 * ops.log(1 - p)
    return -ops.sum(high + low) / ops.maximum(ops.sum(is_centre), 1.0)


def pixel_loss(y_true: Any, y_pred: Any) -> Any:
    """Return the mean cross-entropy of the pixels' classes; pixels that are not background weigh 1.5 times as much."""
    from keras import losses, ops

    weights = ops.where(y_true > 0, 1.5, 1.0)
    return ops.sum(weights * losses.sparse_categorical_crossentropy(y_true, y_pred)) / ops.sum(weights)


def where_marked(y_true: Any, y_pred: Any) -> Any:
    """Return the absolute error, summed over the channels and averaged over the marked positions.

    A position is marked if the last channel of `y_true` is 1; `y_pred` lacks this channel. Returns 0 if none is marked.
    """
    from keras import ops

    marked = y_true[..., -1:]
    error = ops.sum(marked * ops.abs(y_true[..., :-1] - y_pred))
    return error / ops.maximum(ops.sum(marked), 1.0)


def train(model: "keras.Model", x: Any, y: Any, loss: Any, recipe: TaskTraining) -> "keras.Model":
    """Train with Adam; the rate rises to its peak in a fifth of the steps, then falls to 0 along a cosine."""
    import keras

    steps = recipe.epochs * math.ceil(len(x) / recipe.batch_size)
    rising = steps // 5
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, steps - rising, warmup_steps=rising, warmup_target=recipe.peak
    )
    optimizer = keras.optimizers.Adam(rate)
    optimizer.build(model.trainable_variables)  # built now, which saves one trace of the training step
    model.compile(optimizer, loss)
    callbacks = [live.progress(model.name)]
    model.fit(x, y, batch_size=recipe.batch_size, epochs=recipe.epochs, verbose=0, callbacks=callbacks)
    return model


def predict(model: "keras.Model", images: np.ndarray) -> Any:
    """Return a model's outputs for images, computed in batches of 100."""
    return model.predict(images, batch_size=100, verbose=0)


def training_scenes(count: int = SCENES, *, seed: int = 0) -> scenes.Scenes:
    """Return scenes of MNIST's training digits, without the last 5,000."""
    mnist = data.load("mnist")
    return scenes.make_scenes(mnist.x_train[:-5000], mnist.y_train[:-5000], count, seed=seed)


def validation_scenes(count: int = TEST) -> scenes.Scenes:
    """Return scenes of the last 5,000 MNIST training digits, always the same: for choosing settings."""
    mnist = data.load("mnist")
    return scenes.make_scenes(mnist.x_train[-5000:], mnist.y_train[-5000:], count, seed=VALIDATION_SEED)


def unseen_scenes(count: int = TEST) -> scenes.Scenes:
    """Return scenes of MNIST's test digits, always the same: for the final score, not for choosing settings."""
    mnist = data.load("mnist")
    return scenes.make_scenes(mnist.x_test, mnist.y_test, count, seed=TEST_SEED)


# Train and predict, task by task -------------------------------------------------------------------------------


def train_classifier(examples: scenes.Scenes, recipe: TaskTraining) -> "keras.Model":
    """Train a classifier on windows around the digits of scenes, moved by up to two pixels."""
    windows, labels = scenes.windows(examples, jitter=2)
    return train(networks.classifier(), windows, labels, "sparse_categorical_crossentropy", recipe)


def train_detector(
    examples: scenes.Scenes, recipe: TaskTraining, start: "keras.Model | None" = None
) -> "keras.Model":
    """Train a detector on scenes; start with the encoder of `start`, if given."""
    heat, boxes = targets.centre_targets(examples.boxes, examples.labels)
    loss = {"centres": centre_loss, "boxes": where_marked}
    model = networks.detector()
    if start is not None:
        networks.copy_encoder(start, model)
    return train(model, examples.images, {"centres": heat, "boxes": boxes}, loss, recipe)


def find_boxes(model: "keras.Model", images: np.ndarray) -> list[Detection]:
    """Return the digits that a detector finds in each image, with their boxes."""
    outputs = predict(model, images)
    pairs = zip(outputs["centres"], outputs["boxes"], strict=True)
    return [targets.decode_boxes(heat, regression) for heat, regression in pairs]


def dimmest_centres(centres: np.ndarray, examples: scenes.Scenes) -> np.ndarray:
    """Return the score of the least certain digit of each scene: (N,), 0 to 1.

    A digit's score is the highest value of its class's map in `centres` (N, g, g, classes), at most one cell from its
    true centre.
    """
    peaks = np.ones(len(examples))
    for number, (boxes, labels) in enumerate(zip(examples.boxes, examples.labels, strict=True)):
        for box, label in zip(boxes, labels, strict=True):
            y, x = ((box[:2] + box[2:]) / 2 / targets.CELL).astype(int)
            near = centres[number, max(y - 1, 0) : y + 2, max(x - 1, 0) : x + 2, label]
            peaks[number] = min(peaks[number], near.max())
    return peaks


def train_segmenter(
    examples: scenes.Scenes, recipe: TaskTraining, start: "keras.Model | None" = None
) -> "keras.Model":
    """Train a U-Net on scenes; start with the encoder of `start`, if given."""
    model = networks.segmenter()
    if start is not None:
        networks.copy_encoder(start, model)
    return train(model, examples.images, examples.class_maps, pixel_loss, recipe)


def name_pixels(model: "keras.Model", images: np.ndarray) -> np.ndarray:
    """Return the class of each pixel: (N, size, size), 0 for the background, else 1 + digit."""
    return predict(model, images).argmax(axis=-1)


def train_offsets(segmenter: "keras.Model", examples: scenes.Scenes, recipe: TaskTraining) -> "keras.Model":
    """Train the head that predicts the offset of each pixel to its centre, on the maps of a fixed segmenter.

    The maps (24, 24, 32) are computed batch by batch: those of all scenes would take 110 MB, and `fit` copies its data.
    """
    import keras

    maps, head = networks.features(segmenter), networks.offset_head()
    images = keras.Input(segmenter.input.shape[1:])
    joined = keras.Model(images, head(maps(images, training=False)), name="offset_head_on_maps")
    maps.trainable = False
    offsets = targets.offset_targets(examples.instance_maps, examples.boxes)
    train(joined, examples.images, offsets, where_marked, recipe)
    maps.trainable = True
    return head


def find_masks(model: "keras.Model", images: np.ndarray) -> list[Detection]:
    """Return the digits that an instance segmenter finds in each image, with their masks."""
    outputs = predict(model, images)
    parts = zip(outputs["centres"], outputs["offsets"], outputs["ink"][..., 0], strict=True)
    return [targets.decode_masks(heat, offsets, ink) for heat, offsets, ink in parts]


def train_landmark_finder(examples: arrows.Arrows, recipe: TaskTraining) -> "keras.Model":
    """Train a network that finds the landmarks of arrows."""
    import keras

    y = targets.landmark_targets(examples.points)
    loss = keras.losses.CategoricalCrossentropy(axis=1)
    return train(networks.landmark_finder(), examples.images, y, loss, recipe)


def find_landmarks(model: "keras.Model", images: np.ndarray) -> np.ndarray:
    """Return the landmarks in images: (N, points, 2)."""
    return targets.decode_landmarks(predict(model, images))


# Measure --------------------------------------------------------------------------------------------------------


def class_score(model: "keras.Model", examples: scenes.Scenes, k: int = 1) -> float:
    """Return a classifier's top-k accuracy on the windows around the digits of scenes."""
    windows, labels = scenes.windows(examples)
    return metrics.top_k_accuracy(predict(model, windows), labels, k)


def presence(model: "keras.Model", images: np.ndarray) -> np.ndarray:
    """Return a detector's score for the presence of each digit in each picture: (N, 10), 0 to 1."""
    return predict(model, images)["centres"].max(axis=(1, 2))


def presence_truth(examples: scenes.Scenes) -> np.ndarray:
    """Return which digits are anywhere in each scene: (N, 10) bool."""
    return np.stack([np.isin(np.arange(10), labels) for labels in examples.labels])


def presence_score(model: "keras.Model", examples: scenes.Scenes) -> float:
    """Return the mean, over the digits, of the average precision of ranking the pictures that contain the digit."""
    return metrics.multi_label_precision(presence(model, examples.images), presence_truth(examples))


def box_truth(examples: scenes.Scenes) -> list[Truth]:
    """Return the true boxes of scenes, as the metrics expect them."""
    pairs = zip(examples.boxes, examples.labels, strict=True)
    return [Truth(boxes.astype(float), labels) for boxes, labels in pairs]


def mask_truth(examples: scenes.Scenes) -> list[Truth]:
    """Return the true masks of scenes, as the metrics expect them."""
    return [Truth(examples.masks(number), labels) for number, labels in enumerate(examples.labels)]


def box_score(model: "keras.Model", examples: scenes.Scenes) -> float:
    """Return a detector's mAP@.5 on scenes."""
    return metrics.mean_average_precision(find_boxes(model, examples.images), box_truth(examples))


def pixel_score(model: "keras.Model", examples: scenes.Scenes) -> float:
    """Return a segmenter's mean IoU over the background and ten digits."""
    predicted = name_pixels(model, examples.images)
    return metrics.mean_iou(metrics.confusion(examples.class_maps, predicted, 11))


def mask_score(model: "keras.Model", examples: scenes.Scenes) -> float:
    """Return an instance segmenter's mean AP@.5 of masks."""
    return metrics.mean_average_precision(find_masks(model, examples.images), mask_truth(examples))


def landmark_score(model: "keras.Model", examples: arrows.Arrows) -> float:
    """Return a landmark finder's PCK@.1."""
    return metrics.pck(find_landmarks(model, examples.images), examples.points)
