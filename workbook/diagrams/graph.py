"""The operations of a network, from a Keras model or by hand: what a diagram shows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from workbook.accountant.walk import calls_needed, functional
from workbook.colours import BLUE, VERMILION

# The fill and the edge of each kind's box. The edges have a contrast of at least 3:1 with white.
COLOURS = {
    "conv": ("#d9eaf6", BLUE),
    "pool": ("#fbe5d6", VERMILION),
    "dense": ("#d6f0e6", "#00805d"),
    "light": ("#eeeeee", "#767676"),
    "module": ("#f4e3ee", "#a8558a"),
    "join": ("#fff6cc", "#8a6d00"),
    "add": ("#fff6cc", "#8a6d00"),
    "data": ("#ffffff", "#333333"),
    "caption": ("none", "none"),
}


@dataclass(frozen=True)
class Operation:
    """A box of a diagram.

    `name` is unique, and `inputs` are the names of the operations that it reads. `kind` is a key of `COLOURS`. The box
    shows, from top to bottom, what comes `before` the operation ("BN", "ReLU"), `text` and `filters`, what comes after
    it (`then`: "strides 2", "BN", "ReLU"), and `size`, the shape of its output, (H, W, C). `groups` is that of a
    convolution. Operations with the same `row` are drawn side by side.
    """

    name: str
    kind: str
    text: str
    inputs: tuple[str, ...] = ()
    size: tuple[int, ...] = ()
    filters: int = 0
    before: tuple[str, ...] = ()
    then: tuple[str, ...] = ()
    groups: int = 1
    row: str = ""

    def lines(self, *, details: bool = True, sizes: bool = True) -> list[str]:
        """Return the lines of text in the box; without `details` those before and after the operation are left out."""
        lines = [f"{self.text}, {self.filters}" if self.filters else self.text]
        if details:
            lines = [line for line in (", ".join(self.before), *lines, ", ".join(self.then)) if line]
        has_size = sizes and len(self.size) > 1 and self.kind not in ("add", "light")
        return [*lines, _times(self.size)] if has_size else lines


def _times(sizes: Sequence[int | None]) -> str:
    return "×".join("?" if size is None else str(size) for size in sizes)


def _square(size: Any) -> str:
    return _times(size) if isinstance(size, Sequence) else f"{size}×{size}"


# What a box says for a layer, by the layer's class.
LIGHT = {
    "BatchNormalization": "BN", "LayerNormalization": "LN", "LocalResponseNormalization": "LRN", "ReLU": "ReLU",
    "Softmax": "softmax", "Dropout": "dropout", "ZeroPadding2D": "zero padding", "Flatten": "flatten",
    "Rescaling": "rescale", "PaddedShortcut": "zeros for new channels",
}  # fmt: skip
CONVOLUTIONS = {
    "Conv1D": "conv", "Conv2D": "conv", "Conv3D": "conv", "DepthwiseConv2D": "depthwise",
    "SeparableConv2D": "separable", "Conv2DTranspose": "transposed conv",
}  # fmt: skip
# Light operations that are written in the box of the layer after them.
WITH_NEXT = ("flatten", "zero padding")
JOINS = {"Concatenate": "concatenate", "Multiply": "multiply", "Average": "average", "Maximum": "maximum"}


def operations(model: Any, *, merge: bool = True) -> list[Operation]:
    """Return the operations of a functional Keras model, each after those that it reads.

    With `merge`, normalisation, activation, dropout and padding are written in the box of the convolution or dense
    layer next to them, unless another operation reads the tensor in between. A nested model is one box.

    Raises ValueError for a model that is not functional.
    """
    graph = functional(model)
    if graph is None:
        raise ValueError(
            "model must be functional, or a Sequential model with an input shape. "
            f"Received: {type(model).__name__}"
        )
    diagram: list[Operation] = []
    name_of: dict[int, str] = {}
    for symbol in graph.inputs:
        name = symbol._keras_history.operation.name
        name_of[id(symbol)] = name
        diagram.append(Operation(name, "data", "input", size=tuple(symbol.shape[1:])))
    for node in _in_branches(list(calls_needed(graph, graph.outputs)), graph.outputs):
        layer = node.operation
        earlier_calls = sum(operation.name.split(" call ")[0] == layer.name for operation in diagram)
        name = f"{layer.name} call {earlier_calls + 1}" if earlier_calls else layer.name
        inputs = tuple(dict.fromkeys(name_of[id(symbol)] for symbol in node.input_tensors))
        for symbol in node.output_tensors:
            name_of[id(symbol)] = name
        diagram.append(replace(_operation(layer, node.output_tensors[0]), name=name, inputs=inputs))
    return _merged(diagram) if merge else diagram


def _in_branches(calls: Sequence[Any], outputs: Sequence[Any]) -> list[Any]:
    """Return the calls of a model branch by branch, in the order in which a concatenation joins the branches."""
    writer = {id(symbol): call for call in calls for symbol in call.output_tensors}
    ordered: dict[int, Any] = {}
    waiting = [writer[id(symbol)] for symbol in reversed(outputs) if id(symbol) in writer]
    while waiting:
        call = waiting[-1]
        sources = [writer[id(symbol)] for symbol in call.input_tensors if id(symbol) in writer]
        missing = [source for source in sources if id(source) not in ordered]
        if missing:
            waiting.append(missing[0])
        else:
            ordered[id(waiting.pop())] = call
    return list(ordered.values())


def _operation(layer: Any, output: Any) -> Operation:
    """Return a layer's box, without its inputs."""
    kind, size = type(layer).__name__, tuple(output.shape[1:])
    box = Operation(layer.name, "light", LIGHT.get(kind, kind), size=size)
    after = _activation(layer)
    if kind in CONVOLUTIONS:
        return _convolution(layer, box, after)
    if kind == "Embedding":
        return replace(box, kind="dense", text="embedding", filters=size[-1])
    if kind == "Dense":
        return replace(box, kind="dense", text="dense", filters=size[-1], then=after)
    if "Pooling" in kind:
        return _pooling(layer, box)
    if kind == "UpSampling2D":
        return replace(box, kind="pool", text=f"enlarge {_square(layer.size)}")
    if kind == "Add":
        return replace(box, kind="add", text="+")
    if kind in JOINS:
        return replace(box, kind="join", text=JOINS[kind])
    if functional(layer) is not None:
        return replace(box, kind="module", text=layer.name)
    if kind == "Activation":
        return replace(box, text=after[0] if after else "linear")
    if kind == "Rescaling" and np.ndim(layer.scale) == 0:
        is_small = layer.scale < 0.05  # 1/255 reads better as a division
        return replace(box, text=f"÷ {1 / layer.scale:.3g}" if is_small else f"× {layer.scale:.3g}")
    if kind == "Dropout":
        return replace(box, text=f"dropout {layer.rate:g}")
    return box


def _activation(layer: Any) -> tuple[str, ...]:
    """Return what a box says of a layer's activation function; nothing for a linear one."""
    name = getattr(getattr(layer, "activation", None), "__name__", "linear")
    return () if name == "linear" else ("ReLU" if name == "relu" else name,)


def _convolution(layer: Any, box: Operation, after: tuple[str, ...]) -> Operation:
    kind, groups = type(layer).__name__, getattr(layer, "groups", 1)
    width = "width " if kind == "Conv1D" else ""
    text = f"{CONVOLUTIONS[kind]} {width}{_square(layer.kernel_size)}"
    grouped = (f"{groups} groups",) if groups > 1 else ()
    then = (*_strides(layer.strides), *grouped, *after)
    return replace(box, kind="conv", text=text, filters=box.size[-1], then=then, groups=groups)


def _pooling(layer: Any, box: Operation) -> Operation:
    kind = type(layer).__name__
    name = "max" if "Max" in kind else "mean"
    if kind.startswith("Global"):
        return replace(box, kind="pool", text=f"global {name} pool", filters=box.size[-1])
    return replace(
        box, kind="pool", text=f"{name} pool {_square(layer.pool_size)}", then=_strides(layer.strides)
    )


def _strides(strides: Any) -> tuple[str, ...]:
    """Return what a box says of a layer's strides; nothing where all are 1."""
    along = (strides,) if isinstance(strides, int) else tuple(strides)
    if max(along) == 1:
        return ()
    return (f"strides {along[0] if len(set(along)) == 1 else _times(along)}",)


def readers(diagram: Iterable[Operation]) -> dict[str, list[Operation]]:
    """Return for each name the operations that read it."""
    readers: dict[str, list[Operation]] = {}
    for operation in diagram:
        readers.setdefault(operation.name, [])
        for name in operation.inputs:
            readers[name].append(operation)
    return readers


def _merged(diagram: Sequence[Operation]) -> list[Operation]:
    """Write each light operation in the box before it, or else in the box after it."""
    readers_of = readers(diagram)
    merged: dict[str, Operation] = {}
    home: dict[str, str] = {}  # the box that writes a tensor
    for operation in diagram:
        inputs = tuple(dict.fromkeys(home[name] for name in operation.inputs))
        box = replace(operation, inputs=inputs)
        if len(operation.inputs) == 1 and len(readers_of[operation.inputs[0]]) == 1:
            source = merged[inputs[0]]
            if (
                box.kind == "light"
                and box.text not in WITH_NEXT
                and source.kind in ("conv", "dense", "pool", "light")
            ):
                box = replace(source, then=(*source.then, box.text), size=box.size)
            elif box.kind in ("conv", "dense") and source.kind == "light":
                del merged[source.name]
                box = replace(box, inputs=source.inputs, before=(source.text, *source.then))
        merged[box.name] = box
        home[operation.name] = box.name
    return list(merged.values())
