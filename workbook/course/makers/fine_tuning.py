"""Compare three ways to a small task and store the errors: `python -m workbook.course.makers.fine_tuning`.

The task is chapter 09's: ten spoken words, as spectrograms, from voices that were not trained on. A small CNN from
nothing, a new head on the bundled network's frozen features, and the same after fine-tuning learn from two to twelve
voices, drawn by the seed; each way takes the same number of steps, however many voices there are. The results go to
`data/results/fine_tuning.json`, with hardware, seeds and date; the checksums are updated. TensorFlow gets one thread.
"""

import argparse
import json
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from workbook import audio
from workbook.course.makers.make_data import write_checksums
from workbook.course.record import circumstances, one_thread
from workbook.data import standins
from workbook.data.bundled import Dataset, bundle_folder

if TYPE_CHECKING:
    import keras

WAYS = ("from nothing", "features, new head", "fine-tuned")
VOICES = (2, 4, 6, 9, 12)
SEEDS = (1, 2, 3)
BATCH_SIZE, SIDE, CUT = 24, 96, "block5c_add"
RATES = {"from nothing": 0.003, "features, new head": 0.003, "fine-tuned": 0.001}
STEPS = {"from nothing": 450, "features, new head": 600, "fine-tuned": 90}


def small_network(shape: tuple[int, ...], classes: int) -> "keras.Model":
    """Build the CNN that learns from nothing: three convolutions with stride 2, then the average of each map."""
    import keras
    from keras import layers

    inputs = keras.Input(shape)
    h = layers.Rescaling(1 / 128, -1)(inputs)
    for filters in (16, 32, 64):
        h = layers.Conv2D(filters, 3, strides=2, padding="same", use_bias=False)(h)
        h = layers.ReLU()(layers.BatchNormalization(momentum=0.8)(h))
    scores = layers.Dense(classes, activation="softmax")
    return keras.Model(inputs, scores(layers.GlobalAveragePooling2D()(h)))


def learn(model: "keras.Model", way: str, x: np.ndarray, y: np.ndarray) -> None:
    """Train a model for the way's number of steps, to the nearest epoch."""
    import keras

    model.compile(keras.optimizers.Adam(RATES[way]), "sparse_categorical_crossentropy", metrics=["accuracy"])
    epochs = round(STEPS[way] / np.ceil(len(x) / BATCH_SIZE))
    model.fit(x, y, batch_size=BATCH_SIZE, epochs=epochs, verbose=0)


class Comparison:
    """The spoken words as inputs of the three networks, and the bundled network cut in two."""

    def __init__(self, words: Dataset) -> None:
        import keras

        from workbook import interpret, pretrained

        self.words = words
        self.images, self.test_images = (
            255 * audio.log_mel(waves)[:, ::-1, :, np.newaxis] for waves in (words.x_train, words.x_test)
        )
        bundled = pretrained.load()
        whole = interpret.any_size(bundled.model, [CUT, "avg_pool"])
        below = keras.Model(whole.input, whole.outputs[0])
        self.above = keras.Model(whole.outputs[0], whole.outputs[1])
        self.trained = self.above.get_weights()

        def lower_maps(images: np.ndarray) -> np.ndarray:
            grey = keras.ops.convert_to_numpy(keras.ops.image.resize(images, (SIDE, SIDE)))
            return below.predict(bundled.normalise(np.repeat(grey, 3, axis=-1)), verbose=0)

        self.maps, self.test_maps = lower_maps(self.images), lower_maps(self.test_images)
        self.means, self.test_means = (
            self.above.predict(maps, verbose=0) for maps in (self.maps, self.test_maps)
        )

    def errors(self, voices: int, seed: int) -> dict[str, float]:
        """Train the three networks on some voices, drawn by the seed; return their errors on the test voices, in %."""
        import keras
        from keras import layers

        assert self.words.speakers_train is not None
        speakers = np.unique(self.words.speakers_train)
        heard = np.random.default_rng(seed).permutation(speakers)[:voices]
        known = np.isin(self.words.speakers_train, heard)
        y = self.words.y_train[known]
        errors = {}

        def measured(way: str, model: "keras.Model", x: np.ndarray, test: np.ndarray) -> None:
            keras.utils.set_random_seed(seed)
            learn(model, way, x[known], y)
            accuracy = model.evaluate(test, self.words.y_test, verbose=0)[1]
            errors[way] = round(100 - 100 * accuracy, 2)

        keras.utils.set_random_seed(seed)
        measured(WAYS[0], small_network(self.images.shape[1:], 10), self.images, self.test_images)
        keras.utils.set_random_seed(seed)
        head = keras.Sequential([keras.Input(self.means.shape[1:]), layers.Dense(10, activation="softmax")])
        measured(WAYS[1], head, self.means, self.test_means)
        self.above.set_weights(self.trained)
        inputs = keras.Input(self.maps.shape[1:])
        tuned = keras.Model(inputs, head(self.above(inputs, training=False)))
        measured(WAYS[2], tuned, self.maps, self.test_maps)
        return errors


def run() -> dict[str, Any]:
    """Run all numbers of voices with all seeds; return what is stored."""
    import keras  # noqa: F401  # loaded before the clock starts

    start = time.process_time()
    words = standins.synthetic_speech()
    comparison = Comparison(words)
    runs = []
    for voices in VOICES:
        for seed in SEEDS:
            runs.append({"voices": voices, "seed": seed, "errors": comparison.errors(voices, seed)})
            print(json.dumps(runs[-1]), flush=True)
    return {
        "data": words.source,
        "recipe": f"Adam, batch {BATCH_SIZE}; "
        + "; ".join(f"{way}: rate {RATES[way]}, {STEPS[way]} steps" for way in WAYS),
        **circumstances(time.process_time() - start, SEEDS),
        "runs": runs,
    }


def main(arguments: list[str] | None = None) -> None:
    """Run the comparison, write it, and update the checksums."""
    parser = argparse.ArgumentParser(prog="python -m workbook.course.makers.fine_tuning", description=__doc__)
    parser.parse_args(arguments)
    one_thread()
    text = json.dumps(run(), ensure_ascii=False).replace('{"voices"', '\n{"voices"')
    (bundle_folder() / "results" / "fine_tuning.json").write_text(text + "\n", encoding="utf-8")
    write_checksums(bundle_folder())


if __name__ == "__main__":
    main()
