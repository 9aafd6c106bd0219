"""Muon for convolutional networks: the momentum is made orthogonal before it becomes a step."""

import re
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from workbook.training.schedules import Schedule, deserialised, rate_at, serialised

Tensor = Any

QUINTIC = (3.4445, -4.7750, 2.0315)  # a·s + b·s³ + c·s⁵: steep at 0, and stays near 1 once s is near 1
TINY = 1e-7

KERNEL, BIAS, OTHER = "kernel", "bias", "other"


def orthogonalised(matrix: Tensor, steps: int = 3) -> Tensor:
    """Return a matrix (M, N), float32, with the same singular vectors and all singular values pushed towards 1.

    It is roughly the polar factor UVᵀ of UΣVᵀ, without a decomposition: three Newton-Schulz steps lead to singular
    values of about 0.3 to 1.2, unless they were tiny. A matrix of zeros stays zero. Jordan et al., "Muon", 2024.
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

    A kernel (kh, kw, in, filters) is treated as a matrix (kh·kw·in, filters) whose Nesterov momentum is orthogonalised:
    each step changes all filters by about the same amount, whatever the size of the gradient. With `normalise`, the
    kernel's norm is set to √filters before each step. Batch normalisation after the layer makes the output independent
    of that norm, so `learning_rate` means the same for every kernel and throughout the training. Set `normalise` to
    False for layers without batch normalisation.

    Biases, scales and shifts (rank 0 and 1) use `bias_learning_rate`; other variables, such as dense kernels,
    embeddings and kernels with a single filter, use `head_learning_rate`. Their gradient is proportional to the loss:
    the rates of airbench94 are for a loss that is summed over the batch. Each rate is a number or a schedule.

    Weight decay is decoupled and applies to the SGD part only, because normalised kernels would lose its effect:
    before a step a variable shrinks by weight_decay · rate, relative to its size. Keras's own `keras.optimizers.Muon`
    orthogonalises only matrices and trains convolution kernels with AdamW. Jordan et al., "airbench94_muon" and "Muon:
    An optimizer for hidden layers in neural networks", 2024; there the decay goes through the momentum.
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
        """Set the rates; `dense` and `exclude` are regular expressions for variable paths such as "hidden/kernel".

        `dense` matches rank-2 kernels that are orthogonalised too; `exclude` matches kernels that are not. ValueError
        for a momentum outside 0 to 1, fewer than 1 step, or a negative decay.
        """
        for option, value in (("momentum", momentum), ("other_momentum", other_momentum)):
            if not 0 <= value < 1:
                raise ValueError(f"{option} must be at least 0 and below 1. Received: {option}={value!r}")
        if not steps >= 1:
            raise ValueError(f"steps must be at least 1. Received: steps={steps!r}")
        for option, value in (("weight_decay", weight_decay), ("bias_weight_decay", bias_weight_decay)):
            if not value >= 0:
                raise ValueError(f"{option} must be at least 0. Received: {option}={value!r}")
        super().__init__(learning_rate=learning_rate, weight_decay=weight_decay, name=name)
        self.bias_learning_rate, self.head_learning_rate = bias_learning_rate, head_learning_rate
        self.momentum, self.other_momentum = float(momentum), float(other_momentum)
        self.steps, self.normalise = int(steps), bool(normalise)
        self.bias_weight_decay = float(bias_weight_decay)
        self.dense, self.exclude = tuple(dense), tuple(exclude)

    def build(self, variables: list[Any]) -> None:
        """Create a momentum for each variable, and store which rule the variable follows."""
        if self.built:
            return
        super().build(variables)
        self.kinds = [self.kind(variable.path, tuple(variable.shape)) for variable in variables]
        self.momentums = self.add_optimizer_variables(variables, "momentum")

    def kind(self, path: str, shape: tuple[int, ...]) -> str:
        """Return which rule a variable follows: "kernel", "bias" or "other"."""
        if len(shape) < 2:
            return BIAS
        if not path.endswith("kernel") or shape[-1] == 1:
            return OTHER
        if len(shape) == 2:
            is_orthogonalised = any(re.search(pattern, path) for pattern in self.dense)
        else:
            is_orthogonalised = not any(re.search(pattern, path) for pattern in self.exclude)
        return KERNEL if is_orthogonalised else OTHER

    def update_step(self, gradient: Tensor, variable: Any, learning_rate: Tensor) -> None:
        """Update one variable and its momentum."""
        index = self._get_variable_index(variable)
        kind, velocity = self.kinds[index], self.momentums[index]
        gradient = ops.cast(gradient, variable.dtype)
        momentum = self.momentum if kind == KERNEL else self.other_momentum
        new = momentum * velocity + gradient
        self.assign(velocity, new)
        direction = gradient + momentum * new  # Nesterov: look ahead along the momentum
        if kind == KERNEL:
            self.assign(variable, self._stepped_kernel(variable, direction, learning_rate))
            return
        is_bias = kind == BIAS
        rate = rate_at(self.bias_learning_rate if is_bias else self.head_learning_rate, self.iterations)
        rate = ops.cast(rate, variable.dtype)
        decay = self.bias_weight_decay if is_bias else self.weight_decay
        self.assign(variable, variable * (1.0 - rate * decay) - rate * direction)

    def _stepped_kernel(self, kernel: Any, direction: Tensor, learning_rate: Tensor) -> Tensor:
        """Return the kernel after its norm is reset and an orthogonal step is taken."""
        shape = tuple(kernel.shape)
        matrix = ops.reshape(direction, (-1, shape[-1]))  # (kh·kw·in, filters)
        step = ops.cast(ops.reshape(orthogonalised(matrix, self.steps), shape), kernel.dtype)
        old = ops.convert_to_tensor(kernel)
        if self.normalise:
            old = old * (shape[-1] ** 0.5 / (ops.sqrt(ops.sum(ops.square(old))) + TINY))
        return old - ops.cast(learning_rate, kernel.dtype) * step

    def _apply_weight_decay(self, variables: list[Any]) -> None:
        """Do nothing: `update_step` applies the decay with each variable's own rate."""

    def get_config(self) -> dict[str, Any]:
        """Return the arguments, with schedules in serialised form."""
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
        """Return the optimizer that `get_config` describes."""
        rates = ("learning_rate", "bias_learning_rate", "head_learning_rate")
        return cls(
            **{name: deserialised(value) if name in rates else value for name, value in config.items()}
        )
