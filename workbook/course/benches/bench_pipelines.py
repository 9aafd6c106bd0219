"""Compare ways of feeding CIFAR-10 into `fit`, in images per CPU second: `workbook bench pipelines`.

Every pipeline yields shuffled batches of images, moved by up to 2 pixels with the edge reflected, half of them
mirrored. The consumer is always the same: a network that only takes them. The speed is the number of images of one
epoch over the processor time of this process with all its threads: the median of several epochs after one that is not
counted.
`data.batches` is also measured alone, without `fit`. TensorFlow backend only: five of the pipelines are TensorFlow's.
"""

import datetime
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

REACH, BATCH, SEED = 2, 500, 1
ANCHOR = "tf.data, map per image"


@dataclass(frozen=True)
class PipelineSpeed:
    """One pipeline: images per CPU second, epoch by epoch."""

    name: str
    images_per_cpu_second: list[float]

    @property
    def middle(self) -> float:
        """The median over the epochs."""
        return median(self.images_per_cpu_second)

    def line(self, anchor: float) -> str:
        """Return the row as text: images per CPU second, and the ratio to the anchor's."""
        low, high = min(self.images_per_cpu_second), max(self.images_per_cpu_second)
        return f"{self.name:34} {self.middle:9,.0f} ({low:,.0f} to {high:,.0f}), {self.middle / anchor:5.1f} times"


def measure_pipelines(
    images: NDArray[np.uint8], labels: NDArray[Any], *, batch_size: int = BATCH, epochs: int = 3
) -> Iterator[PipelineSpeed]:
    """Yield a row per pipeline, the anchor first. Images are uint8 (N, 32, 32, 3), labels (N,).

    ValueError for fewer images than a batch, for fewer than 1 epoch, or on another backend.
    """
    import keras

    if keras.backend.backend() != "tensorflow":
        raise ValueError(f"the backend must be tensorflow. Received: backend={keras.backend.backend()!r}")
    if len(images) < batch_size or epochs < 1:
        raise ValueError(
            f"there must be at least one batch of images and one epoch. Received: {len(images)} images, {epochs} epochs"
        )
    model = _consumer()
    with tempfile.TemporaryDirectory() as folder:
        for name, make in PIPELINES.items():
            pipeline = make(images, labels, batch_size, Path(folder))
            clock = _EpochClock()
            model.fit(pipeline, epochs=epochs + 1, callbacks=[clock.callback()], shuffle=False, verbose=0)
            yield PipelineSpeed(name, clock.speeds(len(images)))
    yield PipelineSpeed(
        "data.batches, without fit",
        _alone(_ours(images, labels, batch_size, Path()), epochs).speeds(len(images)),
    )


class _EpochClock:
    """The processor's time at the end of each epoch."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def callback(self) -> Any:
        from keras.callbacks import LambdaCallback

        return LambdaCallback(on_epoch_end=lambda epoch, logs: self.ends.append(time.process_time()))

    def speeds(self, count: int) -> list[float]:
        """Return the images per CPU second of every epoch but the first, whose end starts the clock."""
        return [float(round(count / (end - start))) for start, end in pairwise(self.ends)]


def _alone(batches: Any, epochs: int) -> _EpochClock:
    """Make all batches of `epochs` + 1 epochs without using them."""
    clock = _EpochClock()
    for number in range(epochs + 1):
        batches.epoch = number
        for _ in batches:
            pass
        clock.ends.append(time.process_time())
    return clock


def _consumer() -> Any:
    """Return a model whose training step takes a batch and reads one number of it."""
    import keras
    from keras import ops

    class Consumer(keras.Model):
        def train_step(self, batch: Any) -> dict[str, Any]:
            x, y = batch
            return {"seen": ops.cast(x[0, 0, 0, 0], "float32") + ops.cast(y[0], "float32")}

    model = Consumer()
    model.built = True
    model.compile(jit_compile=False)
    return model


# ---------------------------------------------------------------- (images, labels, batch size, folder) → pipeline


def _cut_and_flip(image: Any, label: Any) -> tuple[Any, Any]:
    """Augment a single image, as most tutorials do: (32, 32, 3)."""
    import tensorflow as tf

    shape = tf.shape(image)
    padded = tf.pad(image, [[REACH, REACH], [REACH, REACH], [0, 0]], "REFLECT")
    return tf.image.random_flip_left_right(tf.image.random_crop(padded, shape)), label


def _image_map(images: Any, labels: Any, batch_size: int, folder: Path) -> Any:
    import tensorflow as tf

    stored = tf.data.Dataset.from_tensor_slices((images, labels)).shuffle(len(images), SEED)
    mapped = stored.map(_cut_and_flip, num_parallel_calls=tf.data.AUTOTUNE)
    return mapped.batch(batch_size).prefetch(tf.data.AUTOTUNE)


def _records(images: Any, labels: Any, batch_size: int, folder: Path) -> Any:
    """Write TFRecords like those of a prepared data set, then cache, shuffle and map single images."""
    import tensorflow as tf

    path = str(folder / "images.tfrecord")
    with tf.io.TFRecordWriter(path) as writer:
        for image, label in zip(images, labels, strict=True):
            values = {
                "image": tf.train.Feature(bytes_list=tf.train.BytesList(value=[image.tobytes()])),
                "label": tf.train.Feature(int64_list=tf.train.Int64List(value=[int(label)])),
            }
            writer.write(tf.train.Example(features=tf.train.Features(feature=values)).SerializeToString())
    spec = {"image": tf.io.FixedLenFeature([], tf.string), "label": tf.io.FixedLenFeature([], tf.int64)}

    def parse(record: Any) -> tuple[Any, Any]:
        example = tf.io.parse_single_example(record, spec)
        return tf.reshape(tf.io.decode_raw(example["image"], tf.uint8), images.shape[1:]), example["label"]

    stored = tf.data.TFRecordDataset(path).map(parse, num_parallel_calls=tf.data.AUTOTUNE).cache()
    mapped = stored.shuffle(len(images), SEED).map(_cut_and_flip, num_parallel_calls=tf.data.AUTOTUNE)
    # A record file does not know its number of records.
    length = tf.data.experimental.assert_cardinality(-(-len(images) // batch_size))
    return mapped.batch(batch_size).apply(length).prefetch(tf.data.AUTOTUNE)


def _layers(images: Any, labels: Any, batch_size: int, folder: Path) -> Any:
    """Batch first, then apply Keras's preprocessing layers, which move images by bilinear interpolation."""
    import keras
    import tensorflow as tf

    move = keras.layers.RandomTranslation(
        REACH / images.shape[1], REACH / images.shape[2], "reflect", seed=SEED
    )
    mirror = keras.layers.RandomFlip("horizontal", seed=SEED)
    stored = tf.data.Dataset.from_tensor_slices((images, labels)).shuffle(len(images), SEED).batch(batch_size)
    mapped = stored.map(
        lambda x, y: (mirror(move(x, training=True), training=True), y), num_parallel_calls=tf.data.AUTOTUNE
    )
    return mapped.prefetch(tf.data.AUTOTUNE)


def _batch_cut_and_flip(images: Any, labels: Any) -> tuple[Any, Any]:
    """Augment a batch (N, 32, 32, 3) with TensorFlow's operations: gather rows, then columns in either order."""
    import tensorflow as tf

    count, height, width = (tf.shape(images)[axis] for axis in range(3))
    padded = tf.pad(images, [[0, 0], [REACH, REACH], [REACH, REACH], [0, 0]], "REFLECT")
    top, left = (tf.random.uniform([count, 1], 0, 2 * REACH + 1, tf.int32) for _ in range(2))
    mirrored = tf.random.uniform([count, 1]) < 0.5
    rows, columns = tf.range(height)[None], tf.range(width)[None]
    columns = left + tf.where(mirrored, width - 1 - columns, columns)  # (N, W)
    cut = tf.gather(padded, top + rows, axis=1, batch_dims=1)  # (N, H, W + 4, 3)
    return tf.gather(cut, columns, axis=2, batch_dims=1), labels


def _batch_map(images: Any, labels: Any, batch_size: int, folder: Path) -> Any:
    import tensorflow as tf

    stored = tf.data.Dataset.from_tensor_slices((images, labels)).shuffle(len(images), SEED).batch(batch_size)
    return stored.map(_batch_cut_and_flip, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


def _indices(images: Any, labels: Any, batch_size: int, folder: Path) -> Any:
    """Shuffle and batch indices, gather their images, then augment the batch."""
    import tensorflow as tf

    x, y = tf.constant(images), tf.constant(labels)

    def gather(chosen: Any) -> tuple[Any, Any]:
        return _batch_cut_and_flip(tf.gather(x, chosen), tf.gather(y, chosen))

    numbers = tf.data.Dataset.range(len(images)).shuffle(len(images), SEED).batch(batch_size)
    return numbers.map(gather, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


def _ours(images: Any, labels: Any, batch_size: int, folder: Path) -> Any:
    from workbook import data
    from workbook.data import augment

    changes = [augment.shift(REACH), augment.flip()]
    return data.batches(images, labels, batch_size=batch_size, seed=SEED, augment=changes)


PIPELINES: dict[str, Callable[[Any, Any, int, Path], Any]] = {
    ANCHOR: _image_map,
    "TFRecord, cache, map per image": _records,
    "tf.data, batch, Keras layers": _layers,
    "tf.data, batch, map per batch": _batch_map,
    "tf.data on indices, gather, map": _indices,
    "data.batches": _ours,
}


def register(bench: typer.Typer) -> None:
    """Add the command to `workbook bench`."""
    bench.command("pipelines")(bench_pipelines)


def bench_pipelines(
    *,
    samples: Annotated[
        int | None, typer.Option(min=BATCH, help="Use only this many images.", show_default="50,000")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Also write the rows to this file, as JSON.")] = None,
) -> None:
    """Compare six ways of feeding CIFAR-10 into `fit`, in images per CPU second (TensorFlow backend)."""
    from workbook import data
    from workbook.training import hardware

    cifar = data.load("cifar10", samples=samples)
    rows: list[PipelineSpeed] = []
    try:
        for row in measure_pipelines(cifar.x_train, cifar.y_train):
            rows.append(row)
            typer.echo(row.line(anchor=rows[0].middle))
        if out is not None:
            about = {
                "data": f"{len(cifar.x_train)} images of {cifar.source}",
                "hardware": hardware(),
                "batch": BATCH,
                "date": datetime.date.today().isoformat(),
            }
            text = json.dumps(about | {"rows": [asdict(row) for row in rows]}, indent=1, ensure_ascii=False)
            out.write_text(text + "\n", encoding="utf-8")
    except (ValueError, OSError) as error:
        typer.echo(str(error))
        raise typer.Exit(2) from None
