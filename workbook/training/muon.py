"""Muon for convolution networks: momentum, made orthogonal before it is taken as a step."""

import re
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from workbook.training.schedules import Schedule, deserialised, rate_at, serialised

Tensor = Any

QUINTIC = (3.4445, -4.7750, 2.0315)  # a·s + b·s³ + c·s⁵: steep at 0, and near 1 wherever s has come near it
TINY = 1e-7

KERNEL, BIAS, OTHER = "kernel", "bias", "other"


def orthogonalised(matrix: Tensor, steps: int = 3) -> Tensor:
    """Push all singular values of a matrix (M, N) towards 1 and keep its singular vectors; float32.

    The polar factor UVᵀ of UΣVᵀ, roughly: three Newton-Schulz steps leave singular values of about 0.3 to 1.2 unless
    they were tiny, and no decomposition is needed. A matrix of zeros stays one. Jordan et al., "Muon", 2024.
    """
    wide = matrix.shape[0] <= matrix.shape[1]
    x = ops.cast(matrix if wide else ops.transpose(matrix), "float32")
    x = x / (ops.sqrt(ops.sum(ops.square(x))) + TINY)  # the Frobenius norm bounds the largest singular value
    a, b, c = QUINTIC
    for _ in range(steps):
        gram = ops.matmul(x, ops.transpose(x))  # the shorter side, squared
        x = a * x + ops.matmul(b * gram + c * ops.matmul(gram, gram), x)
    return x if wide else ops.transpose(x)


@keras.saving.register_keras_serializable("workbook")
class Muon(keras.optimizers.Optimizer):
    """Orthogonal steps for convolution kernels, SGD with Nesterov momentum for everything else.

    A kernel (kh, kw, in, filters) is taken as a matrix (kh·kw·in, filters), whose Nesterov momentum is orthogonalised:
    each step changes all filters by about as much, whatever the size of the gradient. With `normalise`, the kernel's
    norm is set to √filters before each step; batch normalisation behind the layer makes the function blind to that
    norm, and `learning_rate` then means the same for every kernel and at any time of the training. Without
    normalisation behind it, set it to False.

    Biases, scales and shifts (rank 0 and 1) take `bias_learning_rate`; other variables, as dense kernels, embeddings
    and kernels with a single filter, take `head_learning_rate`. Their gradient grows with the loss: the rates of
    airbench94 are for a loss that is summed over the batch. Each rate is a number or a schedule.

    Weight decay is decoupled, and is for the SGD part only: a variable loses weight_decay · its rate of itself before
    a step (normalised kernels would forget it). Keras's `keras.optimizers.Muon` orthogonalises matrices alone, so that
    convolution kernels fall to AdamW. Jordan et al., "airbench94_muon" and "Muon: An optimizer for hidden layers in
    neural networks", 2024; there the decay goes through the momentum.
    """

    def __init__(
        self,
        learning_rate: float | Schedule = 0.24,
        *,
        bias_learning_rate: float | Schedule = 0.053,
        head_learning_rate: float | Schedule = 0.67,
        momentum: float = 0.6,
        other_momentum: float = 0.85,
        steps: int = 3,
        normalise: bool = True,
        weight_decay: float = 0.0,
        bias_weight_decay: float = 0.0,
        dense: Sequence[str] = (),
        exclude: Sequence[str] = (),
        name: str = "muon",
    ) -> None:
        """Set the rates; `dense` and `exclude` are regular expressions for variable paths, as "hidden/kernel".

        `dense` names rank-2 kernels that are to be orthogonalised, too; `exclude` names kernels that are not.
        ValueError for a momentum outside 0 to 1, for fewer than 1 step and for a negative decay.
        """
        _check(momentum=momentum, other_momentum=other_momentum, steps=steps)
        for option, decay in (("weight_decay", weight_decay), ("bias_weight_decay", bias_weight_decay)):
            if not decay >= 0:
                raise ValueError(f"A decay is 0 or more. Received: {option}={decay!r}")
        super().__init__(learning_rate=learning_rate, weight_decay=weight_decay, name=name)
        self.bias_learning_rate, self.head_learning_rate = bias_learning_rate, head_learning_rate
        self.momentum, self.other_momentum = float(momentum), float(other_momentum)
        self.steps, self.normalise = int(steps), bool(normalise)
        self.bias_weight_decay = float(bias_weight_decay)
        self.dense, self.exclude = tuple(dense), tuple(exclude)

    def build(self, variables: list[Any]) -> None:
        """Make a momentum for each variable, and note which rule it follows."""
        if self.built:
            return
        super().build(variables)
        self.kinds = [self.kind(one.path, tuple(one.shape)) for one in variables]
        self.momentums = self.add_optimizer_variables(variables, "momentum")

    def kind(self, path: str, shape: tuple[int, ...]) -> str:
        """Return which rule a variable follows: "kernel", "bias" or "other"."""
        if len(shape) < 2:
            return BIAS
        named = self.exclude if len(shape) > 2 else self.dense
        is_named = any(re.search(pattern, path) for pattern in named)
        is_kernel = path.endswith("kernel") and shape[-1] > 1
        return KERNEL if is_kernel and is_named == (len(shape) == 2) else OTHER

    def update_step(self, gradient: Tensor, variable: Any, learning_rate: Tensor) -> None:
        """Change one variable and its momentum."""
        index = self._get_variable_index(variable)
        kind, velocity = self.kinds[index], self.momentums[index]
        gradient = ops.cast(gradient, variable.dtype)
        momentum = self.momentum if kind == KERNEL else self.other_momentum
        new = momentum * velocity + gradient
        self.assign(velocity, new)
        direction = gradient + momentum * new  # Nesterov: look where the momentum will lead
        if kind == KERNEL:
            self.assign(variable, self._stepped_kernel(variable, direction, learning_rate))
            return
        is_bias = kind == BIAS
        rate = rate_at(self.bias_learning_rate if is_bias else self.head_learning_rate, self.iterations)
        rate = ops.cast(rate, variable.dtype)
        decay = self.bias_weight_decay if is_bias else self.weight_decay
        self.assign(variable, variable * (1.0 - rate * decay) - rate * direction)

    def _stepped_kernel(self, kernel: Any, direction: Tensor, learning_rate: Tensor) -> Tensor:
        """Return the kernel after an orthogonal step, its norm reset before it."""
        shape = tuple(kernel.shape)
        matrix = ops.reshape(direction, (-1, shape[-1]))  # (kh·kw·in, filters)
        step = ops.cast(ops.reshape(orthogonalised(matrix, self.steps), shape), kernel.dtype)
        old = ops.convert_to_tensor(kernel)
        if self.normalise:
            old = old * (shape[-1] ** 0.5 / (ops.sqrt(ops.sum(ops.square(old))) + TINY))
        return old - ops.cast(learning_rate, kernel.dtype) * step

    def _apply_weight_decay(self, variables: list[Any]) -> None:
        """Do nothing: `update_step` decays with each variable's own rate."""

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, schedules in serialised form."""
        base = super().get_config()
        return {name: base[name] for name in ("learning_rate", "weight_decay", "name")} | {
            "bias_learning_rate": serialised(self.bias_learning_rate),
            "head_learning_rate": serialised(self.head_learning_rate),
            "momentum": self.momentum,
            "other_momentum": self.other_momentum,
            "steps": self.steps,
            "normalise": self.normalise,
            "bias_weight_decay": self.bias_weight_decay,
            "dense": list(self.dense),
            "exclude": list(self.exclude),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "Muon":
        """Make it again from `get_config`."""
        rates = ("learning_rate", "bias_learning_rate", "head_learning_rate")
        return cls(
            **{name: deserialised(value) if name in rates else value for name, value in config.items()}
        )


def _check(*, momentum: float, other_momentum: float, steps: int) -> None:
    for option, value in (("momentum", momentum), ("other_momentum", other_momentum)):
        if not 0 <= value < 1:
            raise ValueError(f"A momentum is 0 or more and below 1. Received: {option}={value!r}")
    if not steps >= 1:
        raise ValueError(f"steps is at least 1. Received: steps={steps!r}")
