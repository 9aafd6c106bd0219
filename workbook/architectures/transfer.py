"""Carry weights from one model to another that has the same layers under other names."""

from typing import Any

import keras


def weighted_layers(model: keras.Model) -> list[keras.layers.Layer]:
    """List a model's layers that hold weights, each after those it depends on.

    Walk back from the outputs, taking a join's inputs in their order, so that two models with the same graph give
    the same list, whatever their layers are called. Each layer must be called once.
    """
    source = {id(tensor): layer for layer in model.layers for tensor in keras.tree.flatten(layer.output)}
    listed: dict[int, keras.layers.Layer] = {}
    waiting: list[tuple[Any, bool]] = [(tensor, False) for tensor in reversed(model.outputs)]
    while waiting:
        tensor, reached = waiting.pop()
        layer = source[id(tensor)]
        if reached:
            listed.setdefault(id(layer), layer)
        elif id(layer) not in listed:
            waiting.append((tensor, True))
            if not isinstance(layer, keras.layers.InputLayer):
                waiting += [(before, False) for before in reversed(keras.tree.flatten(layer.input))]
    return [layer for layer in listed.values() if layer.weights]


def copy_weights(source: keras.Model, target: keras.Model) -> None:
    """Give `target` the weights of `source`, layer by layer along the graph.

    A 1×1 convolution fits a dense layer of as many weights. Raises ValueError where the layers don't correspond.
    """
    givers, takers = weighted_layers(source), weighted_layers(target)
    if len(givers) != len(takers):
        raise ValueError(
            f"The models must have as many layers with weights. Received: {source.name} with {len(givers)}, "
            f"{target.name} with {len(takers)}"
        )
    for giver, taker in zip(givers, takers, strict=True):
        given, shapes = giver.get_weights(), [tuple(weight.shape) for weight in taker.weights]
        if [weight.size for weight in given] != [weight.size for weight in taker.get_weights()]:
            raise ValueError(
                f"A layer's weights must fit. Received: {giver.name} with shapes {[w.shape for w in given]}, "
                f"{taker.name} with shapes {shapes}"
            )
        taker.set_weights([weight.reshape(shape) for weight, shape in zip(given, shapes, strict=True)])
