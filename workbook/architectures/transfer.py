"""Copy weights from one model to another that has the same layers under other names."""

import math
from typing import Any

import keras


def weighted_layers(model: keras.Model) -> list[keras.layers.Layer]:
    """Return a model's layers that have weights, each after those that it depends on.

    The walk goes back from the outputs, and takes a join's inputs in their order. So two models with the same graph
    have the same list, whatever the names of their layers. Each layer must be called once.
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
    """Copy the weights of `source` to `target`, layer by layer along the graph.

    A 1×1 convolution fits a dense layer with the same number of weights. Raises ValueError if layers do not correspond.
    """
    sources, targets = weighted_layers(source), weighted_layers(target)
    if len(sources) != len(targets):
        raise ValueError(
            "The models must have the same number of layers with weights. "
            f"Received: {source.name} with {len(sources)}, {target.name} with {len(targets)}"
        )
    for old, new in zip(sources, targets, strict=True):
        weights, shapes = old.get_weights(), [tuple(weight.shape) for weight in new.weights]
        if [weight.size for weight in weights] != [math.prod(shape) for shape in shapes]:
            raise ValueError(
                f"A layer's weights must fit. Received: {old.name} with shapes {[w.shape for w in weights]}, "
                f"{new.name} with shapes {shapes}"
            )
        new.set_weights([weight.reshape(shape) for weight, shape in zip(weights, shapes, strict=True)])
