"""How the classic networks were trained, as rows that make Keras optimizers, callbacks and augmentation.

`recipes.names()` lists them, `recipes.recipe("vgg")` gives one; `compile_with(model, one, ...)` compiles a model by it.
Papers decay weights inside the gradient, so that momentum carries the decay along. Keras's `weight_decay=` is another
rule, which takes the decay past the momentum; here it is an L2 penalty of half the paper's factor, whose gradient is
the paper's term.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class PaperRecipe:
    """A training recipe. `learning_rate` is the first one; None, 0 and () stand for what the paper does not use or say.

    At most one schedule: `plateau` is the factor when the validation loss stalls, `every` (epochs, factor), `steps` the
    (step, learning rate) pairs from which a rate holds. `augmentation` names layers: "crop", "flip", "brightness",
    "contrast"; colour noise and random scales of the papers are left out.
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
        PaperRecipe(  # the paper gives neither batch nor first rate: these are the usual ones
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
    """List the recipes in the order of their years."""
    return tuple(RECIPES)


def recipe(name: str) -> PaperRecipe:
    """Return a recipe; ValueError for an unknown name. `dataclasses.replace` makes a variant of it."""
    if name not in RECIPES:
        raise ValueError(f"name must be one of {', '.join(RECIPES)}. Received: name={name!r}")
    return RECIPES[name]


def learning_rate(one: PaperRecipe, *, steps_per_epoch: int) -> Any:
    """Return the rate, or the Keras schedule over steps; a plateau's drops come from `callbacks`."""
    if steps_per_epoch < 1:
        raise ValueError(f"steps_per_epoch must be at least 1. Received: steps_per_epoch={steps_per_epoch}")
    from keras.optimizers import schedules

    if one.every:
        epochs, factor = one.every
        return schedules.ExponentialDecay(one.learning_rate, epochs * steps_per_epoch, factor, staircase=True)
    if one.steps:
        starts, rates = zip(*one.steps, strict=True)
        # Keras keeps a rate up to and including its boundary.
        return schedules.PiecewiseConstantDecay([start - 1 for start in starts], [one.learning_rate, *rates])
    return one.learning_rate


def optimizer(one: PaperRecipe, *, steps_per_epoch: int = 1) -> Any:
    """Return the Keras optimizer; weight decay is not in it, see `decay_weights`."""
    from keras import optimizers

    rate = learning_rate(one, steps_per_epoch=steps_per_epoch)
    if one.optimizer == "rmsprop":
        epsilon = 1e-7 if one.epsilon is None else one.epsilon
        return optimizers.RMSprop(rate, rho=one.momentum, epsilon=epsilon, global_clipnorm=one.clip)
    return optimizers.SGD(rate, momentum=one.momentum, global_clipnorm=one.clip)


def callbacks(one: PaperRecipe, *, patience: int = 10) -> list[Any]:
    """Return the callbacks: one that lowers the rate when the validation loss stalls for `patience` epochs, or none."""
    if one.plateau is None:
        return []
    from keras.callbacks import ReduceLROnPlateau

    return [ReduceLROnPlateau("val_loss", factor=one.plateau, patience=patience)]


def augmentation(one: PaperRecipe, *, image_size: tuple[int, int], seed: int | None = None) -> list[Any]:
    """Return the layers, to put before a network: cut `image_size` out at random, mirror, change the light.

    The pixels are taken to be 0-255. They act in training only; at test the centre is cut out.
    """
    from keras import layers

    known = {
        # RandomCrop lets test pictures pass; the second layer cuts their centre out.
        "crop": lambda: [layers.RandomCrop(*image_size, seed=seed), layers.CenterCrop(*image_size)],
        "flip": lambda: [layers.RandomFlip("horizontal", seed=seed)],
        "brightness": lambda: [layers.RandomBrightness(0.2, seed=seed)],
        "contrast": lambda: [layers.RandomContrast(0.2, seed=seed)],
    }
    return [layer for name in one.augmentation for layer in known[name]()]


def decay_weights(model: Any, factor: float) -> Any:
    """Give every trainable kernel an L2 penalty whose gradient is factor · weight; return the model."""
    if factor < 0:
        raise ValueError(f"factor must not be negative. Received: factor={factor}")
    from keras import regularizers

    for weight in model.trainable_weights:
        if weight.name.endswith("kernel"):
            weight.regularizer = regularizers.L2(factor / 2) if factor else None
    return model


def compile_with(model: Any, one: PaperRecipe, *, classes: int, steps_per_epoch: int) -> Any:
    """Compile a classifier with probabilities by a recipe; its labels must be one-hot (batch, classes)."""
    if model.output_shape[-1] != classes:
        raise ValueError(f"The model gives {model.output_shape[-1]} classes. Received: classes={classes}")
    from keras import losses

    decay_weights(model, one.weight_decay)
    loss = losses.CategoricalCrossentropy(label_smoothing=one.label_smoothing)
    model.compile(optimizer(one, steps_per_epoch=steps_per_epoch), loss, metrics=["accuracy"])
    return model
