"""Images on the device: the same images as `data.batches` to the bit, the same training, and nothing left behind.

`test_on_jax` runs this file on the JAX backend too, where several steps are one call.
"""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from workbook import data
from workbook.data import augment
from workbook.data.augment import Augmentation
from workbook.data.batching import Batches
from workbook.training import ExponentialAverage, fit, predict_averaged, resident, run
from workbook.training.freezing import FreezeAfter
from workbook.training.recipes import Examples, Recipe, Target

COUNT, BATCH = 43, 5  # eight whole batches and three examples
IS_JAX = keras.backend.backend() == "jax"
CHANGES = {
    "reflected": [augment.shift((2, 3))],
    "edges": [augment.shift(2, fill="edge")],
    "black": [augment.shift((0, 4), fill="constant")],
    "flip": [augment.flip()],
    "alternating": [augment.alternating_flip()],
    "cut-out": [augment.cutout(3)],
    "all": [
        augment.alternating_flip(),
        augment.shift(2),
        augment.cutout(4),
        augment.shift(1, fill="constant"),
    ],
    "none": [],
}


@pytest.fixture
def examples() -> tuple[np.ndarray, np.ndarray]:
    """Return images (43, 8, 10, 3) of uint8 and one-hot labels (43, 4)."""
    rng = np.random.default_rng(2)
    images = rng.integers(0, 256, (COUNT, 8, 10, 3)).astype(np.uint8)
    return images, np.eye(4, dtype=np.float32)[rng.integers(0, 4, COUNT)]


def network() -> keras.Model:
    """Build a network with normalisation and dropout, compiled with a schedule and label smoothing."""
    keras.utils.set_random_seed(6)
    layers = keras.layers
    inputs = keras.Input((8, 10, 3))
    x = layers.Conv2D(4, 3, use_bias=False, name="first")(layers.Rescaling(1 / 255)(inputs))
    x = layers.Dropout(0.2)(layers.Flatten()(layers.ReLU()(layers.BatchNormalization()(x))))
    model = keras.Model(inputs, layers.Dense(4)(x))
    rate = keras.optimizers.schedules.CosineDecay(0.05, 27)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)
    model.compile(keras.optimizers.SGD(rate, momentum=0.9), loss, metrics=["accuracy"])
    return model


def trained(x: Any, y: Any, **options: Any) -> tuple[dict[str, Any], list[np.ndarray], int]:
    """Train three epochs; return the history, the weights and the batches' next epoch."""
    model = network()
    batches = data.batches(x, y, batch_size=BATCH, seed=3, augment=CHANGES["all"])
    history = fit(model, batches, epochs=3, **options).history
    return history, model.get_weights(), batches.epoch


# ---------------------------------------------------------------- images


@pytest.mark.parametrize("name", [*CHANGES, "all, in grey"])
def test_the_images_are_the_same_to_the_bit(examples: Any, name: str) -> None:
    images, labels = examples
    images = images[..., 0] if "grey" in name else images
    changes = CHANGES[name.removesuffix(", in grey")]
    batches = Batches(images, labels, batch_size=BATCH, seed=1, augment=changes, start_epoch=1)
    rows = resident.Rows(batches, 1)
    assert len(rows) == len(batches)
    x, y = ops.convert_to_tensor(images), ops.convert_to_tensor(labels)
    for number in (0, 5, 8):  # the last is smaller
        drawn = rows[number][0]
        assert drawn.dtype == np.int32
        made = rows.examples(x, y, ops.convert_to_tensor(drawn[:, 0]))
        for ours, expected in zip(made, batches[number], strict=True):
            array = ops.convert_to_numpy(ours)
            assert array.dtype == expected.dtype
            np.testing.assert_array_equal(array, expected)


def test_the_rows_of_calls_are_the_steps_in_order(examples: Any) -> None:
    batches = Batches(*examples, batch_size=BATCH, seed=1, augment=CHANGES["all"])
    one, three = resident.Rows(batches, 1), resident.Rows(batches, 3)
    assert [three[call][0].shape[:2] for call in range(len(three))] == [(5, 3), (5, 3), (5, 2), (3, 1)]
    assert [three.steps_until(call) for call in range(len(three))] == [3, 6, 8, 9]
    by_step = [
        rows[:, step] for call in range(len(three)) for rows in three[call] for step in range(rows.shape[1])
    ]
    for number, rows in enumerate(by_step):
        np.testing.assert_array_equal(rows, one[number][0][:, 0])


def test_processes_get_their_parts(examples: Any) -> None:
    options: dict[str, Any] = {"batch_size": 4, "seed": 1, "augment": CHANGES["all"], "multiple_of": 2}
    whole = resident.Rows(Batches(*examples, **options), 3)
    parts = [resident.Rows(Batches(*examples, **options, share=(index, 2)), 3) for index in (0, 1)]
    for call in range(len(whole)):
        np.testing.assert_array_equal(whole[call][0], np.concatenate([part[call][0] for part in parts]))


def test_a_reflection_larger_than_the_image_is_refused(examples: Any) -> None:
    with pytest.raises(ValueError, match="must be larger than a shift"):
        fit(network(), data.batches(*examples, batch_size=5, augment=augment.shift(8)), on_device=True)
    with pytest.raises(ValueError, match="pixels must be at most the image's size"):
        fit(network(), data.batches(*examples, batch_size=5, augment=augment.cutout(9)), on_device=True)


# ---------------------------------------------------------------- training


def test_the_training_is_the_same(examples: Any) -> None:
    history, weights, epoch = trained(*examples, on_device=False)
    for steps in (1, 3):
        ours, our_weights, our_epoch = trained(*examples, on_device=True, steps_per_call=steps)
        assert our_epoch == epoch == 3
        assert ours.keys() == history.keys()
        for name, values in history.items():
            np.testing.assert_allclose(ours[name], values, rtol=1e-5)
        for left, right in zip(our_weights, weights, strict=True):
            np.testing.assert_allclose(left, right, rtol=1e-4, atol=1e-5)


def test_frozen_layers_stay_frozen_within_a_call(examples: Any) -> None:
    def after(epochs: int, steps: int) -> list[np.ndarray]:
        model = network()
        batches = data.batches(*examples, batch_size=BATCH, seed=3)
        fit(
            model, batches, epochs=epochs, callbacks=[FreezeAfter(["first"], 1)], on_device=True,
            steps_per_call=steps,
        )  # fmt: skip
        return model.get_weights()

    frozen, first = after(3, 8), after(1, 8)
    np.testing.assert_array_equal(frozen[0], first[0])
    assert np.any(frozen[-1] != first[-1])
    for left, right in zip(frozen, after(3, 1), strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-4, atol=1e-5)


def test_an_average_over_steps_is_called_after_each(examples: Any) -> None:
    average = ExponentialAverage(0.5)
    trained(*examples, on_device=True, steps_per_call=8, callbacks=[average])
    assert average.step == 27


def test_validation_epochs_and_a_later_start(examples: Any) -> None:
    x, y = examples
    whole = trained(x, y, on_device=True, validation_data=(x, y))[0]
    assert len(whole["val_loss"]) == 3
    model, batches = network(), data.batches(x, y, batch_size=BATCH, seed=3, augment=CHANGES["all"])
    fit(model, batches, epochs=1, on_device=True)
    later = fit(model, batches, epochs=3, initial_epoch=1, on_device=True).history
    np.testing.assert_allclose(later["loss"], whole["loss"][1:], rtol=1e-5)


def test_the_model_is_as_before_afterwards(examples: Any, tmp_path: Path) -> None:
    x, y = examples
    model = network()
    fit(model, data.batches(x, y, batch_size=BATCH), on_device=True)
    model.save(tmp_path / "model.keras")
    assert (tmp_path / "model.keras").stat().st_size < 2 * x.nbytes + 100_000
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))
    before = model.get_weights()
    model.fit(x, y, batch_size=BATCH, verbose=0)
    assert any(np.any(left != right) for left, right in zip(before, model.get_weights(), strict=True))


def test_another_optimizer_is_not_mistaken_for_the_first(examples: Any) -> None:
    model, batches = network(), data.batches(*examples, batch_size=BATCH)
    fit(model, batches, on_device=True)
    model.compile(keras.optimizers.SGD(0.0), "mse")
    before = model.get_weights()[0]
    fit(model, batches, on_device=True)
    np.testing.assert_array_equal(model.get_weights()[0], before)


# ---------------------------------------------------------------- choices


def test_without_an_accelerator_auto_leaves_images_where_they_are(examples: Any) -> None:
    assert resident.is_resident(data.batches(*examples, batch_size=5)) is resident.has_accelerator()


def test_calls_divide_an_epoch_where_they_can(examples: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resident, "has_accelerator", lambda: True)
    for whole, expected in ((25, 25), (600, 200), (500, 250), (251, 125), (1, 1)):
        batches = data.batches(np.zeros((whole, 1)), batch_size=1)
        assert resident._steps_per_call(batches, (), None) == (expected if IS_JAX else 1)


def test_an_augmentation_of_ones_own_needs_the_other_path(examples: Any) -> None:
    own = Augmentation("own", lambda count, seed, epoch: np.zeros(count), lambda images, rows: images.copy())
    batches = data.batches(*examples, batch_size=5, augment=own)
    assert not resident.is_resident(batches)
    with pytest.raises(ValueError, match=r"^on_device must be False [^\n]*Received: own$"):
        fit(network(), batches, on_device=True)
    with pytest.raises(ValueError, match=r"on_device must be True, False or .*Received: on_device='gpu'"):
        fit(network(), batches, on_device="gpu")
    with pytest.raises(ValueError, match="steps_per_call=0"):
        fit(network(), data.batches(*examples, batch_size=5), on_device=True, steps_per_call=0)


# ---------------------------------------------------------------- runs


def recipe(examples: Any) -> Recipe:
    """Return a recipe of three epochs, tested with six views."""
    x, y = examples
    classes = y.argmax(axis=1)
    return Recipe(
        data="mnist",
        name="tiny",
        summary="for tests",
        load=lambda seed: Examples(x, classes, x, classes, ("a", "b", "c", "d"), "made here"),
        build=network,
        optimizer=lambda steps, epochs: keras.optimizers.SGD(0.05, momentum=0.9),
        epochs=3,
        batch_size=BATCH,
        target=Target(0.5),
        augment=lambda: tuple(CHANGES["all"]),
        callbacks=lambda steps, epochs: [FreezeAfter(["first"], 2)],
        predict=lambda model, images: predict_averaged(model, images, views="flip and shift"),
    )


class _StoppedError(Exception):
    pass


def test_a_stopped_run_ends_with_the_same_bits(examples: Any, tmp_path: Path) -> None:
    def stop(now: run.Progress) -> None:
        if now.epoch == 1 and now.step > 10:
            raise _StoppedError

    tiny = recipe(examples)
    whole = run.train(tiny, seed=3, out=tmp_path / "whole", on_device=True)
    with pytest.raises(_StoppedError):
        run.train(tiny, seed=3, out=tmp_path / "stopped", on_device=True, progress=stop)
    resumed = run.train(tiny, seed=3, out=tmp_path / "stopped", on_device=True, resume=True)
    assert whole.history == resumed.history
    assert whole.accuracy == resumed.accuracy
    weights = [
        keras.models.load_model(tmp_path / name / run.MODEL).get_weights() for name in ("whole", "stopped")
    ]
    for left, right in zip(*weights, strict=True):
        np.testing.assert_array_equal(left, right)


def test_a_run_in_bfloat16_keeps_weights_scores_and_statistics_in_float32(
    examples: Any, tmp_path: Path
) -> None:
    before = keras.config.dtype_policy().name
    result = run.train(recipe(examples), seed=3, out=tmp_path, epochs=1, precision="bfloat16")
    assert keras.config.dtype_policy().name == before
    assert result.precision == "bfloat16"
    model = keras.models.load_model(tmp_path / run.MODEL)
    assert {layer.compute_dtype for layer in model.layers if layer.weights} == {"bfloat16"}
    assert {weight.dtype for weight in model.weights} == {"float32"}
    with pytest.raises(ValueError, match=r"precision='bfloat16'\. Received: precision='float32'"):
        run.train(recipe(examples), seed=3, out=tmp_path, epochs=1, resume=True)


def test_every_recipe_scores_in_float32() -> None:
    from workbook.training import recipes

    with run.computing_in("bfloat16"):
        for each in (recipe for (_, name), recipe in recipes.RECIPES.items() if name in ("quick", "small")):
            assert each.build().layers[-1].compute_dtype == "float32", each.title


def test_auto_is_float32_without_an_accelerator() -> None:
    if not resident.has_accelerator():
        assert run.resolved_precision("auto") == "float32"
    with pytest.raises(ValueError, match="precision must be one of"):
        run.resolved_precision("float8")
