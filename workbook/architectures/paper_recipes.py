"""How the classic networks were trained: rows from which Keras optimizers, callbacks and augmentation are made.

`recipes.names()` lists them, `recipes.recipe("vgg")` returns one, and `compile_with(model, recipe, ...)` compiles a
model by it. Papers add the weight decay to the gradient, so the momentum includes it. Keras's `weight_decay=` is
another rule, which bypasses the momentum. Here the decay is an L2 penalty of half the paper's factor, whose gradient is
the paper's term.
"""

from dataclasses import dataclass
from typing import Any

import keras
from keras import layers


@dataclass(frozen=True)
class PaperRecipe:
    """A training recipe. None, 0 and () mean that the paper does not use or state a value.

    `learning_rate` is the first one. There is at most one schedule: `plateau` is the factor when the validation loss
    stalls, `every` (epochs, factor), `steps` the pairs (first step, learning rate). `augmentation` names layers:
    "crop", "flip", "brightness", "contrast"; the papers' colour noise and random scales are left out.
    """

    name: str
    source: str
    batch_size: int
    learning_rate: float
    optimizer: str = "sgd"
    momentum: float = 0.9
    epsilon: float | None = None
    weight_decay: float = 0.0
    dropout: float = 0.0
    plateau: float | None = None
    every: tuple[int, float] | None = None
    steps: tuple[tuple[int, float], ...] = ()
    clip: float | None = None
    label_smoothing: float = 0.0
    augmentation: tuple[str, ...] = ()


RECIPES = {
    row.name: row
    for row in (
        PaperRecipe(
            "alexnet", "Krizhevsky et al. 2012, sections 4 and 5", 128, 0.01, weight_decay=5e-4, dropout=0.5,
            plateau=0.1, augmentation=("crop", "flip"),
        ),
        PaperRecipe(
            "vgg", "Simonyan & Zisserman 2015, section 3.1", 256, 0.01, weight_decay=5e-4, dropout=0.5,
            plateau=0.1, augmentation=("crop", "flip"),
        ),
        PaperRecipe(  # the paper states neither batch nor first rate: these are the usual ones
            "googlenet", "Szegedy et al. 2015, sections 5 and 6", 256, 0.01, dropout=0.4, every=(8, 0.96),
            augmentation=("crop", "flip", "brightness", "contrast"),
        ),
        PaperRecipe(
            "inception_v3", "Szegedy et al. 2016, sections 7 and 8", 32, 0.045, optimizer="rmsprop", epsilon=1.0,
            every=(2, 0.94), clip=2.0, label_smoothing=0.1,
        ),
        PaperRecipe(
            "resnet", "He et al. 2016, section 3.4", 256, 0.1, weight_decay=1e-4, plateau=0.1,
            augmentation=("crop", "flip"),
        ),
        PaperRecipe(
            "resnet_cifar", "He et al. 2016, section 4.2", 128, 0.1, weight_decay=1e-4,
            steps=((32_000, 0.01), (48_000, 0.001)), augmentation=("crop", "flip"),
        ),
        PaperRecipe(
            "resnet110_cifar", "He et al. 2016, section 4.2", 128, 0.01, weight_decay=1e-4,
            steps=((400, 0.1), (32_000, 0.01), (48_000, 0.001)), augmentation=("crop", "flip"),
        ),
    )
}  # fmt: skip


def names() -> tuple[str, ...]:
    """Return the names of the recipes, in the order of their years."""
    return tuple(RECIPES)


def recipe(name: str) -> PaperRecipe:
    """Return a recipe; ValueError for an unknown name. `dataclasses.replace` makes a variant."""
    if name not in RECIPES:
        raise ValueError(f"name must be one of {', '.join(RECIPES)}. Received: name={name!r}")
    return RECIPES[name]


def learning_rate(row: PaperRecipe, *, steps_per_epoch: int) -> Any:
    """Return the rate, or the Keras schedule over steps; a plateau's drops come from `callbacks`."""
    if steps_per_epoch < 1:
        raise ValueError(f"steps_per_epoch must be at least 1. Received: steps_per_epoch={steps_per_epoch}")
    schedules = keras.optimizers.schedules
    if row.every:
        epochs, factor = row.every
        return schedules.ExponentialDecay(row.learning_rate, epochs * steps_per_epoch, factor, staircase=True)
    if row.steps:
        starts, rates = zip(*row.steps, strict=True)
        # Keras keeps a rate up to and including its boundary.
        return schedules.PiecewiseConstantDecay([start - 1 for start in starts], [row.learning_rate, *rates])
    return row.learning_rate


def optimizer(row: PaperRecipe, *, steps_per_epoch: int = 1) -> Any:
    """Return the Keras optimizer, without weight decay: see `decay_weights`."""
    rate = learning_rate(row, steps_per_epoch=steps_per_epoch)
    if row.optimizer == "rmsprop":
        epsilon = 1e-7 if row.epsilon is None else row.epsilon
        return keras.optimizers.RMSprop(rate, rho=row.momentum, epsilon=epsilon, global_clipnorm=row.clip)
    return keras.optimizers.SGD(rate, momentum=row.momentum, global_clipnorm=row.clip)


def callbacks(row: PaperRecipe, *, patience: int = 10) -> list[Any]:
    """Return one callback that lowers the rate when the validation loss stalls for `patience` epochs, or none."""
    if row.plateau is None:
        return []
    return [keras.callbacks.ReduceLROnPlateau("val_loss", factor=row.plateau, patience=patience)]


def augmentation(row: PaperRecipe, *, image_size: tuple[int, int], seed: int | None = None) -> list[Any]:
    """Return the layers to put before a network: cut out `image_size` at random, mirror, change the brightness.

    Pixels must be 0-255. The layers act in training only; at test the centre is cut out.
    """
    makers = {
        # RandomCrop does nothing at test; the second layer cuts out the centre.
        "crop": lambda: [layers.RandomCrop(*image_size, seed=seed), layers.CenterCrop(*image_size)],
        "flip": lambda: [layers.RandomFlip("horizontal", seed=seed)],
        "brightness": lambda: [layers.RandomBrightness(0.2, seed=seed)],
        "contrast": lambda: [layers.RandomContrast(0.2, seed=seed)],
    }
    return [layer for name in row.augmentation for layer in makers[name]()]


def decay_weights(model: Any, factor: float) -> Any:
    """Set an L2 penalty on every trainable kernel, with gradient factor · weight; return the model."""
    if factor < 0:
        raise ValueError(f"factor must not be negative. Received: factor={factor}")
    for weight in model.trainable_weights:
        if weight.name.endswith("kernel"):
            weight.regularizer = keras.regularizers.L2(factor / 2) if factor else None
    return model


def compile_with(model: Any, row: PaperRecipe, *, classes: int, steps_per_epoch: int) -> Any:
    """Compile a classifier with probabilities by a recipe; its labels must be one-hot (batch, classes)."""
    if model.output_shape[-1] != classes:
        raise ValueError(
            f"classes must be the model's outputs, {model.output_shape[-1]}. Received: classes={classes}"
        )
    decay_weights(model, row.weight_decay)
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=row.label_smoothing)
    model.compile(optimizer(row, steps_per_epoch=steps_per_epoch), loss, metrics=["accuracy"])
    return model
