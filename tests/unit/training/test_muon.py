"""Muon against an oracle that decomposes matrices, in NumPy; its rules for every kind of variable; saved and loaded."""

import json
import os
import subprocess
import sys
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from workbook.training import Muon, Triangular, orthogonalised

A, B, C = 3.4445, -4.7750, 2.0315


def oracle_orthogonalised(matrix: np.ndarray, steps: int) -> np.ndarray:
    """Apply the quintic to the singular values of the normalised matrix, which is what the iteration does."""
    left, values, right = np.linalg.svd(matrix.astype(np.float64), full_matrices=False)
    values = values / (np.linalg.norm(values) + 1e-7)
    for _ in range(steps):
        values = A * values + B * values**3 + C * values**5
    return left @ np.diag(values) @ right


class Oracle:
    """Muon in float64, one variable at a time."""

    def __init__(self, kinds: list[str], weights: list[np.ndarray], **options: Any) -> None:
        self.kinds, self.options = kinds, options
        self.weights = [one.astype(np.float64) for one in weights]
        self.velocities = [np.zeros_like(one) for one in self.weights]

    def step(self, gradients: list[np.ndarray], rates: dict[str, float]) -> None:
        for place, (kind, gradient) in enumerate(zip(self.kinds, gradients, strict=True)):
            momentum = self.options["momentum" if kind == "kernel" else "other_momentum"]
            self.velocities[place] = momentum * self.velocities[place] + gradient
            direction = gradient + momentum * self.velocities[place]
            old = self.weights[place]
            if kind == "kernel":
                filters = old.shape[-1]
                direction = oracle_orthogonalised(direction.reshape(-1, filters), self.options["steps"])
                direction = direction.reshape(old.shape)
                if self.options["normalise"]:
                    old = old * np.sqrt(filters) / np.linalg.norm(old)
            else:
                old = old * (1 - rates[kind] * self.options["decay"][kind])
            self.weights[place] = old - rates[kind] * direction


def a_network() -> keras.Model:
    keras.utils.set_random_seed(3)
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((9, 9, 2)),
            layers.Conv2D(40, 3, name="wide"),  # 18 × 40
            layers.BatchNormalization(name="norm"),
            layers.Conv2D(6, 3, use_bias=False, name="tall"),  # 360 × 6
            layers.DepthwiseConv2D(3, name="depthwise"),
            layers.Flatten(),
            layers.Dense(7, name="hidden"),
            layers.Dense(4, name="head"),
        ]
    )


KINDS = ["kernel", "bias", "bias", "bias", "kernel", "other", "bias", "other", "bias", "other", "bias"]


def gradients_of(model: keras.Model, rng: np.random.Generator) -> list[np.ndarray]:
    return [rng.normal(size=tuple(one.shape)).astype(np.float32) for one in model.trainable_variables]


@pytest.mark.parametrize("shape", [(18, 40), (360, 6), (5, 5), (1, 4)])
@pytest.mark.parametrize("steps", [1, 3, 5])
def test_orthogonalising_is_the_quintic_on_the_singular_values(shape: tuple[int, int], steps: int) -> None:
    matrix = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    ours = ops.convert_to_numpy(orthogonalised(ops.convert_to_tensor(matrix), steps))
    np.testing.assert_allclose(ours, oracle_orthogonalised(matrix, steps), atol=2e-5)


def test_singular_values_come_near_one_and_size_does_not_matter() -> None:
    matrix = np.random.default_rng(2).normal(size=(90, 30)).astype(np.float32)
    ours = ops.convert_to_numpy(orthogonalised(ops.convert_to_tensor(matrix), 3))
    values = np.linalg.svd(ours, compute_uv=False)
    assert 0.3 < values.min() < values.max() < 1.25
    scaled = ops.convert_to_numpy(orthogonalised(ops.convert_to_tensor(1e-3 * matrix), 3))
    np.testing.assert_allclose(scaled, ours, atol=1e-4)


def test_a_matrix_of_zeros_stays_one() -> None:
    assert not np.any(ops.convert_to_numpy(orthogonalised(ops.zeros((3, 5)))))


@pytest.mark.parametrize("normalise", [True, False])
@pytest.mark.parametrize("steps", [2, 3])
def test_six_steps_are_the_oracles(normalise: bool, steps: int) -> None:
    model, rng = a_network(), np.random.default_rng(4)
    peaks = {"kernel": 0.24, "bias": 0.05, "other": 0.3}
    schedules = {kind: Triangular(peak, 6, warm_up=0) for kind, peak in peaks.items()}
    optimizer = Muon(
        schedules["kernel"],
        bias_learning_rate=schedules["bias"],
        head_learning_rate=schedules["other"],
        weight_decay=0.1,
        bias_weight_decay=0.5,
        steps=steps,
        normalise=normalise,
    )
    variables = model.trainable_variables
    optimizer.build(variables)
    assert optimizer.kinds == KINDS
    oracle = Oracle(
        KINDS,
        [ops.convert_to_numpy(one) for one in variables],
        momentum=0.6,
        other_momentum=0.85,
        steps=steps,
        normalise=normalise,
        decay={"bias": 0.5, "other": 0.1},
    )
    for step in range(6):
        gradients = gradients_of(model, rng)
        optimizer.apply([ops.convert_to_tensor(one) for one in gradients], variables)
        oracle.step(gradients, {kind: peak * (1 - step / 6) for kind, peak in peaks.items()})
        for ours, theirs in zip(variables, oracle.weights, strict=True):
            np.testing.assert_allclose(ops.convert_to_numpy(ours), theirs, atol=3e-5, err_msg=ours.path)


def test_a_kernels_step_does_not_depend_on_its_size_nor_its_gradients() -> None:
    results = []
    for size in (1.0, 50.0):
        model, rng = a_network(), np.random.default_rng(4)
        optimizer = Muon(0.1)
        kernel = model.get_layer("wide").kernel
        kernel.assign(kernel * size)
        optimizer.build(model.trainable_variables)
        for _ in range(3):
            gradients = [ops.convert_to_tensor(one / size) for one in gradients_of(model, rng)]
            optimizer.apply(gradients, model.trainable_variables)
        results.append(ops.convert_to_numpy(kernel))
    np.testing.assert_allclose(*results, atol=1e-4)


def test_names_choose_dense_kernels_and_spare_others() -> None:
    optimizer = Muon(dense=["^hidden/"], exclude=["first"])
    assert optimizer.kind("net/conv/kernel", (3, 3, 8, 16)) == "kernel"
    assert optimizer.kind("net/conv1d/kernel", (5, 8, 16)) == "kernel"
    assert optimizer.kind("first/kernel", (3, 3, 8, 16)) == "other"
    assert optimizer.kind("hidden/kernel", (64, 16)) == "kernel"
    assert optimizer.kind("head/kernel", (64, 16)) == "other"
    assert optimizer.kind("words/embeddings", (1000, 16)) == "other"
    assert optimizer.kind("depthwise/kernel", (3, 3, 8, 1)) == "other"
    assert optimizer.kind("norm/gamma", (8,)) == "bias"
    assert optimizer.kind("scale", ()) == "bias"


def examples() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    y = rng.integers(0, 4, 64)
    return rng.normal(size=(64, 9, 9, 2)).astype(np.float32) + y[:, None, None, None], y


def compiled(model: keras.Model) -> keras.Model:
    slow = Triangular(0.02, 32)
    optimizer = Muon(Triangular(0.1, 32), bias_learning_rate=0.02, head_learning_rate=slow, weight_decay=0.01)
    model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def test_it_learns_and_a_loaded_training_goes_on_as_the_one_that_was_saved(tmp_path: Any) -> None:
    x, y = examples()
    model = compiled(a_network())
    losses = model.fit(x, y, batch_size=16, epochs=4, shuffle=False, verbose=0).history["loss"]
    assert losses[-1] < 0.6 * losses[0]
    model.save(tmp_path / "half.keras")
    loaded = keras.models.load_model(tmp_path / "half.keras")
    assert isinstance(loaded.optimizer, Muon)
    for one in (model, loaded):
        one.fit(x, y, batch_size=16, initial_epoch=4, epochs=6, shuffle=False, verbose=0)
    for ours, theirs in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-7)


def test_the_config_makes_it_again() -> None:
    one = Muon(
        Triangular(0.2, 9),
        bias_learning_rate=0.01,
        head_learning_rate=Triangular(0.3, 9, warm_up=0.1),
        momentum=0.5,
        other_momentum=0.7,
        steps=4,
        normalise=False,
        weight_decay=0.1,
        bias_weight_decay=0.2,
        dense=["hidden"],
        exclude=["first"],
    )
    again = Muon.from_config(one.get_config())
    assert again.get_config() == one.get_config()
    assert float(again.head_learning_rate(0)) == float(one.head_learning_rate(0))


@pytest.mark.parametrize(
    "options",
    [
        {"momentum": 1.0},
        {"other_momentum": -0.1},
        {"steps": 0},
        {"weight_decay": -1.0},
        {"bias_weight_decay": float("nan")},
    ],
)
def test_bad_input_gets_one_clear_error(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]*Received: [^\n]+$"):
        Muon(**options)


TWO_DEVICES = """
import contextlib, json
import workbook
import keras, numpy as np, tensorflow as tf
from workbook import augment, data
from workbook.training import Muon, Triangular

card = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(card, [tf.config.LogicalDeviceConfiguration()] * 2)
rng = np.random.default_rng(0)
x, y, layers = rng.integers(0, 255, (64, 8, 8, 3), dtype=np.uint8), rng.integers(0, 4, 64), keras.layers

def losses(strategy):
    keras.utils.set_random_seed(1)
    with strategy.scope() if strategy else contextlib.nullcontext():
        model = keras.Sequential([
            keras.Input((8, 8, 3)), layers.Rescaling(1 / 255), layers.Conv2D(6, 3, use_bias=False),
            layers.BatchNormalization(synchronized=bool(strategy)), layers.ReLU(), layers.Flatten(), layers.Dense(4),
        ])
        optimizer = Muon(
            Triangular(0.1, 16), bias_learning_rate=Triangular(0.02, 16), head_learning_rate=0.02, weight_decay=0.01
        )
        model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    batches = data.batches(x, y, batch_size=16, seed=1, augment=[augment.shift(1)])
    begin = keras.callbacks.LambdaCallback(on_epoch_begin=batches.begin)
    return model.fit(batches, epochs=4, callbacks=[begin], verbose=0).history["loss"]

print(json.dumps([losses(None), losses(tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]))]))
"""


@pytest.mark.slow
def test_two_devices_take_the_steps_of_one() -> None:
    environment = os.environ | {"KERAS_BACKEND": "tensorflow", "CUDA_VISIBLE_DEVICES": ""}
    result = subprocess.run(
        [sys.executable, "-c", TWO_DEVICES], capture_output=True, text=True, env=environment, check=False
    )
    assert result.returncode == 0, result.stderr[-3000:]
    one, two = json.loads(result.stdout.splitlines()[-1])
    np.testing.assert_allclose(two, one, rtol=1e-5)
