"""Layers that the classic architectures need and Keras lacks."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="workbook")
class LocalResponseNormalization(keras.layers.Layer):
    """Divide each activation by the energy of its neighbouring channels at the same place.

    With a_i the activation of channel i, and N channels:

        b_i = a_i / (k + α Σ_j a_j²)^β,   j from max(0, i − n // 2) to min(N − 1, i + n // 2)

    So n = 5 spans five channels, and n = 2 spans three: i − 1, i and i + 1. The layer has no parameters.

    Source: Krizhevsky, Sutskever & Hinton 2012, section 3.3. Some frameworks divide α by n; the paper does not.
    """

    counted_as = "Activation"  # for the accountant: no MACs, the field does not change

    def __init__(self, *, k: float = 2.0, n: int = 5, alpha: float = 1e-4, beta: float = 0.75, **kwargs: Any):
        if not isinstance(n, int) or n < 1:
            raise ValueError(f"n must be an integer, at least 1. Received: n={n!r}")
        if k < 0 or alpha < 0:
            raise ValueError(f"k and alpha must not be negative. Received: k={k}, alpha={alpha}")
        super().__init__(**kwargs)
        self.k, self.n, self.alpha, self.beta = k, n, alpha, beta

    def call(self, inputs: Any) -> Any:
        """Return activations of the same shape, (…, channels)."""
        channels, half = inputs.shape[-1], self.n // 2
        around = [(0, 0)] * (len(inputs.shape) - 1)
        squares = ops.pad(ops.square(inputs), [*around, (half, half)])  # (…, channels + 2 half)
        energy = sum(squares[..., i : i + channels] for i in range(2 * half + 1))
        return inputs / ops.power(self.k + self.alpha * energy, self.beta)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the input's shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {**super().get_config(), "k": self.k, "n": self.n, "alpha": self.alpha, "beta": self.beta}


@keras.saving.register_keras_serializable(package="workbook")
class PaddedShortcut(keras.layers.Layer):
    """Fit an identity shortcut to a smaller output with more channels, without a parameter.

    Keep every `strides`-th row and column, and append channels of zeros up to `filters`.

    Source: He et al. 2016, section 3.3, option A.
    """

    # For the accountant: a window of one pixel.
    counted_as = "MaxPooling2D"
    pool_size = 1
    padding = "valid"

    def __init__(self, filters: int, *, strides: int = 1, **kwargs: Any):
        if filters < 1 or strides < 1:
            raise ValueError(
                f"filters and strides must be at least 1. Received: filters={filters}, strides={strides}"
            )
        super().__init__(**kwargs)
        self.filters, self.strides = filters, strides

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Raise ValueError if there are more channels than filters: padding cannot remove any."""
        channels = input_shape[-1]
        if channels is None or channels > self.filters:
            raise ValueError(
                f"filters must be at least the input's channels. Received: {channels} channels, filters={self.filters}"
            )

    def call(self, inputs: Any) -> Any:
        """Map (batch, H, W, C) to (batch, ⌈H / strides⌉, ⌈W / strides⌉, filters)."""
        kept = inputs[:, :: self.strides, :: self.strides, :]
        return ops.pad(kept, [(0, 0), (0, 0), (0, 0), (0, self.filters - inputs.shape[-1])])

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the output."""
        batch, height, width, _ = input_shape
        sides = (None if side is None else -(-side // self.strides) for side in (height, width))
        return (batch, *sides, self.filters)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {**super().get_config(), "filters": self.filters, "strides": self.strides}
