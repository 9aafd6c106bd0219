"""Follow a Keras model call by call, and add a row to its account for each."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbook.accountant.fields import PIXEL
from workbook.accountant.rules import Rule, Shape, Tensor, rule_for, spatial
from workbook.accountant.table import Account, LayerCost
from workbook.arithmetic import memory_bytes

STATISTICS = {"moving_mean", "moving_variance", "mean", "variance", "count"}


@dataclass
class _Walk:
    """The rows so far, and the conventions by which they are counted."""

    bias: bool
    statistics: bool
    groups: bool
    counted_as: Mapping[str, str | Rule]
    size: Shape = ()
    rows: list[LayerCost] = field(default_factory=list)
    unknown: dict[str, list[str]] = field(default_factory=dict)
    owned: set[int] = field(default_factory=set)
    calls: dict[int, int] = field(default_factory=dict)

    def follow(
        self, model: Any, tensors: Sequence[Tensor], wanted: Iterable[Any], prefix: str
    ) -> list[Tensor]:
        """Follow a functional model from these inputs; return its `wanted` outputs."""
        wanted = list(wanted)
        tensor_of = {id(symbol): tensor for symbol, tensor in zip(model.inputs, tensors, strict=True)}
        for node in calls_needed(model, wanted):
            inputs = [tensor_of[id(symbol)] for symbol in node.input_tensors]
            outputs = self._call(node, inputs, prefix)
            for symbol, tensor in zip(node.output_tensors, outputs, strict=True):
                tensor_of[id(symbol)] = tensor
        return [tensor_of[id(symbol)] for symbol in wanted]

    def _call(self, node: Any, inputs: list[Tensor], prefix: str) -> list[Tensor]:
        """Follow a call: go into a nested model, or add a row for a layer. Return the call's outputs."""
        layer, rule = node.operation, rule_for(node.operation, self.counted_as)
        inner = None if rule else functional(layer)
        if inner is not None:
            return self.follow(inner, inputs, inner.outputs, f"{prefix}{layer.name}/")
        outputs = _outputs(node, inputs)
        if rule is None:
            self.unknown.setdefault(type(layer).__name__, []).append(prefix + layer.name)
            return [Tensor(shape, dtype, None, 0) for shape, dtype in outputs]
        groups = _kernel_groups(layer) if not self.groups else 1
        macs = rule.macs(layer, inputs, outputs[0][0]) * groups
        fields = [rule.field(layer, inputs, shape, self.size) for shape, _ in outputs]
        self.calls[id(layer)] = self.calls.get(id(layer), 0) + 1
        self.rows.append(
            LayerCost(
                name=prefix + layer.name, kind=type(layer).__name__, shape=outputs[0][0],
                parameters=self._parameters(layer, groups), macs=macs,
                memory=sum(memory_bytes(math.prod(shape), dtype) for shape, dtype in outputs),
                inputs=tuple(dict.fromkeys(tensor.source for tensor in inputs)),
                call=self.calls[id(layer)], fields=fields[0], size=self.size,
            )
        )  # fmt: skip
        source = len(self.rows) - 1
        return [
            Tensor(shape, dtype, axis_fields, source)
            for (shape, dtype), axis_fields in zip(outputs, fields, strict=True)
        ]

    def _parameters(self, layer: Any, groups: int) -> int:
        """Return the number of parameters that no earlier row has counted, by this walk's conventions."""
        total = 0
        for weight in getattr(layer, "weights", ()):
            if id(weight) in self.owned:
                continue
            self.owned.add(id(weight))
            count, name = math.prod(weight.shape), weight.name
            if (name != "bias" or self.bias) and (name not in STATISTICS or self.statistics):
                total += count * (groups if name == "kernel" else 1)
        return total


def functional(layer: Any) -> Any:
    """Return the layer itself if it is a functional model, or the one that it holds; None for other layers."""
    layer = getattr(layer, "_functional", None) or layer
    return layer if hasattr(layer, "_nodes_by_depth") else None


def calls_needed(model: Any, wanted: Iterable[Any]) -> Iterator[Any]:
    """Return the calls that the wanted tensors depend on, each after the calls whose outputs it reads."""
    nodes = [
        node for depth in sorted(model._nodes_by_depth) for node in reversed(model._nodes_by_depth[depth])
    ]
    inputs = {id(symbol) for symbol in model.inputs}
    needed = {id(symbol) for symbol in wanted}
    chosen: list[Any] = []
    for node in nodes:  # from the outputs back
        outputs = {id(symbol) for symbol in node.output_tensors}
        if not node.is_input and outputs & needed and not outputs & inputs:
            needed |= {id(symbol) for symbol in node.input_tensors}
            chosen.append(node)
    return reversed(chosen)


def _outputs(node: Any, inputs: list[Tensor]) -> list[tuple[Shape, str]]:
    """Return shape and dtype of a call's outputs, computed again if its inputs' sizes differ from the model's."""
    import keras

    symbols = node.output_tensors
    is_same = all(
        tuple(symbol.shape[1:]) == tensor.shape
        for symbol, tensor in zip(node.input_tensors, inputs, strict=True)
    )
    if not is_same or any(None in symbol.shape[1:] for symbol in symbols):
        specs = {
            id(symbol): keras.KerasTensor((None, *tensor.shape), symbol.dtype)
            for symbol, tensor in zip(node.input_tensors, inputs, strict=True)
        }
        args, kwargs = node.arguments.fill_in(specs)
        symbols = keras.tree.flatten(node.operation.compute_output_spec(*args, **kwargs))
    shapes = [tuple(symbol.shape[1:]) for symbol in symbols]
    if any(None in shape for shape in shapes):
        raise ValueError(f"Every output must have a fixed size. Received: {node.operation.name}, {shapes}")
    return [(shape, str(symbol.dtype)) for shape, symbol in zip(shapes, symbols, strict=True)]


def _kernel_groups(layer: Any) -> int:
    return layer.groups if type(layer).__name__ in ("Conv1D", "Conv2D", "Conv3D") else 1


def input_shapes(model: Any, input_shape: Shape | Sequence[Shape] | None) -> list[Shape]:
    """Return the inputs' shapes without the batch; ValueError if a size is open, or differs from the model's."""
    model_shapes = [tuple(symbol.shape[1:]) for symbol in model.inputs]
    if input_shape is None:
        shapes = model_shapes
    else:
        listed: list[Any] = list(input_shape)
        has_several = bool(listed) and all(isinstance(shape, tuple | list) for shape in listed)
        shapes = [tuple(shape) for shape in listed] if has_several else [tuple(listed)]
    is_fitting = len(shapes) == len(model_shapes) and all(
        len(shape) == len(model_shape)
        and all(model_size in (size, None) for size, model_size in zip(shape, model_shape, strict=True))
        for shape, model_shape in zip(shapes, model_shapes, strict=True)
    )
    if not is_fitting:
        raise ValueError(
            f"input_shape must fit the model's input, {model_shapes}. Received: input_shape={input_shape}"
        )
    if any(None in shape for shape in shapes):
        raise ValueError(
            f"input_shape=(H, W, C) must be given: the model takes any size. Received: a model for {model_shapes}"
        )
    return shapes


def _main_outputs(model: Any) -> list[Any]:
    """Return the outputs whose layers are not named as auxiliary ("aux…"); ValueError if all are."""
    main = [symbol for symbol in model.outputs if "aux" not in symbol._keras_history.operation.name]
    if not main:
        names = [symbol._keras_history.operation.name for symbol in model.outputs]
        raise ValueError(f'At least one output must not be auxiliary ("aux…"). Received: outputs {names}')
    return main


def account(
    model: Any,
    *,
    input_shape: Shape | Sequence[Shape] | None = None,
    bias: bool = True,
    statistics: bool = True,
    groups: bool = True,
    auxiliary: bool = True,
    counted_as: Mapping[str, str | Rule] | None = None,
) -> Account:
    """Return the cost of a built Sequential or functional Keras model for one example, layer by layer.

    `input_shape` (H, W, C), or a list of shapes for several inputs, sets the sizes that the model leaves open.
    `bias` and `statistics` (the moving mean and variance of batch normalisation) say whether these count as parameters.
    `groups=False` counts grouped convolutions as if each filter read all channels. `auxiliary=False` leaves out layers
    that only outputs with "aux" in their names need. `counted_as` has rules for your own layers (see `rule_for`). With
    the defaults, the parameters are `model.count_params()`. MACs are defined in `workbook.accountant.rules`.

    Raises `ValueError` if the model is not functional, an input size is missing, or a layer has no rule.
    """
    graph = functional(model)
    if graph is None:
        raise ValueError(
            "model must be functional, or a Sequential model with an input shape. "
            f"Received: {type(model).__name__}"
        )
    shapes = input_shapes(graph, input_shape)
    first = spatial(shapes[0])
    walk = _Walk(bias, statistics, groups, counted_as or {}, first)
    tensors = []
    for number, (symbol, shape) in enumerate(zip(graph.inputs, shapes, strict=True)):
        fields = (PIXEL,) * len(first) if number == 0 else ()
        memory = memory_bytes(math.prod(shape), str(symbol.dtype))
        walk.rows.append(
            LayerCost(
                symbol._keras_history.operation.name, "InputLayer", shape, 0, 0, memory, (), 1, fields, first
            )
        )
        tensors.append(Tensor(shape, str(symbol.dtype), fields, number))
    walk.follow(graph, tensors, graph.outputs if auxiliary else _main_outputs(graph), "")
    if walk.unknown:
        kinds = [
            f"{kind} ({', '.join(names[:3])}{', …' * (len(names) > 3)})"
            for kind, names in walk.unknown.items()
        ]
        raise ValueError(
            'Every layer must have a rule: say what to count it as, counted_as={"ClassName": "Activation"}. '
            f"Received: {', '.join(kinds)}"
        )
    return Account(model.name, tuple(walk.rows))
