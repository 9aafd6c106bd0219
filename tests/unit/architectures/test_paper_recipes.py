"""The recipes are what the papers say, and Keras does with them what the papers' formulas do."""

import dataclasses

import numpy as np
import pytest

from workbook.architectures import paper_recipes
from workbook.ledger import figures


def test_resnets_decay_is_the_ledgers():
    stated = next(fact.value for fact in figures.facts() if fact.id == "A16.resnet_weight_decay")
    assert {
        paper_recipes.recipe(name).weight_decay for name in paper_recipes.names() if "resnet" in name
    } == {stated}


@pytest.mark.parametrize("name", paper_recipes.names())
def test_a_recipe_has_one_schedule_at_most_and_makes_an_optimizer(name):
    recipe = paper_recipes.recipe(name)
    assert sum(map(bool, (recipe.plateau, recipe.every, recipe.steps))) == 1
    optimizer = paper_recipes.optimizer(recipe, steps_per_epoch=10)
    assert float(optimizer.learning_rate) == pytest.approx(recipe.learning_rate)
    assert len(paper_recipes.callbacks(recipe)) == (recipe.plateau is not None)


def test_an_unknown_recipe_is_refused_with_the_names():
    with pytest.raises(ValueError, match=r"alexnet, vgg.*Received: name='lenet'"):
        paper_recipes.recipe("lenet")


def test_googlenets_rate_falls_by_four_percent_every_eight_epochs():
    rate = paper_recipes.learning_rate(paper_recipes.recipe("googlenet"), steps_per_epoch=100)
    seen = [float(rate(step)) for step in (0, 799, 800, 1599, 1600)]
    np.testing.assert_allclose(seen, [0.01, 0.01, 0.0096, 0.0096, 0.01 * 0.96**2], rtol=1e-6)


def test_resnet110_warms_up_for_400_steps_and_drops_twice():
    rate = paper_recipes.learning_rate(paper_recipes.recipe("resnet110_cifar"), steps_per_epoch=391)
    seen = [float(rate(step)) for step in (0, 399, 400, 31_999, 32_000, 47_999, 48_000)]
    np.testing.assert_allclose(seen, [0.01, 0.01, 0.1, 0.1, 0.01, 0.01, 0.001], rtol=1e-6)


def test_steps_per_epoch_must_be_positive():
    with pytest.raises(ValueError, match="Received: steps_per_epoch=0"):
        paper_recipes.learning_rate(paper_recipes.recipe("vgg"), steps_per_epoch=0)


def test_decay_pulls_kernels_as_the_paper_does_and_leaves_biases_alone():
    import keras

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="softmax")])
    recipe = dataclasses.replace(paper_recipes.recipe("alexnet"), momentum=0.9, weight_decay=0.5)
    paper_recipes.compile_with(model, recipe, classes=2, steps_per_epoch=1)
    kernel, bias = (np.array(weight) for weight in model.get_weights())
    x, labels = np.zeros((4, 3), np.float32), np.full((4, 2), 0.5, np.float32)  # zero gradient from the data
    velocity = np.zeros_like(kernel)
    for _ in range(3):
        model.train_on_batch(x, labels)
        velocity = 0.9 * velocity - 0.01 * 0.5 * kernel
        kernel = kernel + velocity
    np.testing.assert_allclose(model.get_weights()[0], kernel, rtol=1e-5)
    np.testing.assert_allclose(model.get_weights()[1], bias, atol=1e-6)


def test_no_decay_clears_an_earlier_one_and_a_negative_one_is_refused():
    import keras

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    assert len(paper_recipes.decay_weights(model, 0.1).losses) == 1
    assert paper_recipes.decay_weights(model, 0.0).losses == []
    with pytest.raises(ValueError, match="Received: factor=-1"):
        paper_recipes.decay_weights(model, -1)


def test_compiling_for_other_classes_is_refused():
    import keras

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    with pytest.raises(ValueError, match=r"outputs, 2.*Received: classes=10"):
        paper_recipes.compile_with(model, paper_recipes.recipe("vgg"), classes=10, steps_per_epoch=1)


def test_augmentation_cuts_a_window_and_only_in_training_moves_it():
    import keras

    layers = paper_recipes.augmentation(paper_recipes.recipe("alexnet"), image_size=(5, 7), seed=1)
    images = np.arange(2 * 8 * 10 * 3, dtype=np.float32).reshape(2, 8, 10, 3)
    pipeline = keras.Sequential(layers)
    assert pipeline(images, training=True).shape == (2, 5, 7, 3)
    centre = np.asarray(pipeline(images, training=False))
    np.testing.assert_array_equal(centre, images[:, 1:6, 1:8])


def test_inception_v3_clips_and_smooths():
    recipe = paper_recipes.recipe("inception_v3")
    optimizer = paper_recipes.optimizer(recipe)
    assert (optimizer.rho, optimizer.epsilon, optimizer.global_clipnorm) == (0.9, 1.0, 2.0)
    assert recipe.label_smoothing == 0.1
