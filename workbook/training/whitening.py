"""Good initial weights: a first layer that whitens small patches, and later layers that pass their input on."""

from functools import cache
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike, NDArray

from workbook.training.devices import has_accelerator
from workbook.training.seeds import checked_integer

IMAGES_PER_PART = 250  # all patches of a few thousand images together would need a gigabyte


def patches(images: ArrayLike, size: int) -> NDArray[np.float32]:
    """Return all size × size patches of images (N, H, W, C) as rows, float32 (patches, size·size·C).

    A row is ordered as a kernel's first three axes: down, right, channel. ValueError for a size that does not fit.
    """
    return _moved(_checked(images, size).astype(np.float32), size, np.concatenate)


def _moved(images: Any, size: int, concatenate: Any) -> Any:
    """Return all patches of an array of NumPy or JAX: one moved copy of the images per place in the window."""
    height, width = (length - size + 1 for length in images.shape[1:3])
    moved = [
        images[:, down : down + height, right : right + width]
        for down in range(size)
        for right in range(size)
    ]
    return concatenate(moved, axis=-1).reshape(-1, size * size * images.shape[3])


def _checked(images: ArrayLike, size: int) -> NDArray[Any]:
    array = np.asarray(images)
    if array.ndim != 4 or not len(array):
        raise ValueError(f"images must be (N, H, W, C) with N at least 1. Received: shape {array.shape}")
    checked_integer("size", size, most=min(array.shape[1:3]))
    return array


def whitening_kernel(images: ArrayLike, size: int = 2, *, epsilon: float = 5e-4) -> NDArray[np.float32]:
    """Return a convolution kernel (size, size, C, 2·size·size·C) whose outputs are uncorrelated and of variance 1.

    Filter k is eigenvector k of the patches' second moments, divided by √(eigenvalue + epsilon), in the order of
    increasing eigenvalues. The second half of the filters is the negative of the first, so that an activation that cuts
    off negative values loses nothing. `images` should be a few thousand normalised images (channel mean 0). Page, "How
    to train your ResNet", part 8, 2019; Jordan 2024. ValueError for images that do not fit, or unless epsilon > 0.
    """
    if not epsilon > 0:
        raise ValueError(f"epsilon must be above 0. Received: epsilon={epsilon!r}")
    values, vectors = np.linalg.eigh(_second_moments(_checked(images, size), size))
    filters = vectors / np.sqrt(np.maximum(values, 0) + epsilon)  # one filter per column
    kernel = filters.reshape(size, size, -1, len(values))
    return np.concatenate([kernel, -kernel], axis=-1).astype(np.float32)


def _second_moments(images: NDArray[Any], size: int) -> NDArray[np.float64]:
    """Return the mean over all patches of the outer product patch × patch, (k·k·C, k·k·C)."""
    sum_of_part = _sum_on_device if has_accelerator() else _sum
    parts = [images[start : start + IMAGES_PER_PART] for start in range(0, len(images), IMAGES_PER_PART)]
    sums = [sum_of_part(part, size) for part in parts]
    count = len(images) * (images.shape[1] - size + 1) * (images.shape[2] - size + 1)
    return np.sum([np.asarray(one, np.float64) for one in sums], axis=0) / count


def _sum(images: NDArray[Any], size: int) -> NDArray[np.float64]:
    """Return the sum over all patches of the outer product patch × patch."""
    rows = patches(images, size).astype(np.float64)
    return rows.T @ rows


def _sum_on_device(images: NDArray[Any], size: int) -> Any:
    """Return what `_sum` returns, as a JAX array in float32; it need not be ready yet."""
    return _device_sum(size)(images.astype(np.float32))


@cache
def _device_sum(size: int) -> Any:
    import jax
    from jax import numpy as jnp

    def sum_of(images: Any) -> Any:
        rows = _moved(images, size, jnp.concatenate)
        return jnp.matmul(rows.T, rows, precision="highest")  # not the shorter numbers of tensor cores

    return jax.jit(sum_of)


@keras.saving.register_keras_serializable("workbook")
class Dirac(keras.initializers.Initializer):
    """Let the first filters of a convolution copy their input channels: 1 at the centre, 0 elsewhere.

    Filter k < min(in, filters) copies channel k, exactly so with padding "same" and stride 1; the other filters get
    uniform numbers within ±1/√(k·k·in). At first, a deep stack of such layers passes the image on. For kernels of any
    rank, (k, ..., in, filters), with odd sides; ValueError for others. Jordan 2024, section 3.3.
    """

    def __init__(self, seed: int | None = None) -> None:
        self.seed = seed
        self._rest = keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform", seed=seed)

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """Return a kernel of this shape."""
        sides, depth, filters = tuple(shape[:-2]), shape[-2], shape[-1]
        if not sides or any(side % 2 == 0 for side in sides):
            raise ValueError(
                f"A kernel must have odd sides, so that it has a centre. Received: shape {tuple(shape)}"
            )
        copied = min(depth, filters)
        kernel = np.array(ops.convert_to_numpy(self._rest(tuple(shape), "float32")))
        kernel[..., :copied] = 0
        centre = tuple(side // 2 for side in sides)
        kernel[(*centre, np.arange(copied), np.arange(copied))] = 1
        return ops.convert_to_tensor(kernel, dtype=dtype or keras.config.floatx())

    def get_config(self) -> dict[str, Any]:
        """Return the argument."""
        return {"seed": self.seed}
