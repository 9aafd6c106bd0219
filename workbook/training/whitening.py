"""Good first weights: a first layer that whitens small patches, and later ones that begin by passing images through."""

import numbers
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike, NDArray

IMAGES_AT_A_TIME = 250  # all patches of a few thousand images together would fill a gigabyte


def patches(images: ArrayLike, size: int) -> NDArray[np.float32]:
    """Cut all size × size patches out of images (N, H, W, C), one a row: (patches, size·size·C), as float32.

    A row has the order of a kernel's first three axes: down, right, channel. ValueError for a size that does not fit.
    """
    array = _checked(images, size).astype(np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(
        array, (size, size), (1, 2)
    )  # (N, rows, columns, C, k, k)
    return windows.transpose(0, 1, 2, 4, 5, 3).reshape(-1, size * size * array.shape[3])


def _checked(images: ArrayLike, size: int) -> NDArray[Any]:
    array = np.asarray(images)
    if array.ndim != 4 or not len(array):
        raise ValueError(f"Images are (N, H, W, C), at least one. Received: shape {array.shape}")
    is_whole = isinstance(size, numbers.Integral) and not isinstance(size, bool)
    if not (is_whole and 1 <= size <= min(array.shape[1:3])):
        raise ValueError(
            f"A patch has from 1 pixel to the image's side. Received: size={size!r}, {array.shape}"
        )
    return array


def whitening_kernel(images: ArrayLike, size: int = 2, *, epsilon: float = 5e-4) -> NDArray[np.float32]:
    """Return a convolution kernel (size, size, C, 2·size·size·C) whose outputs are uncorrelated and of variance 1.

    Filter k is eigenvector k of the patches' second moments over √(eigenvalue + epsilon), the smallest eigenvalue
    first; the second half of the filters is the first with the sign turned, so that an activation that cuts off one
    side loses nothing. Give normalised images (channel mean 0), a few thousand of them. Page, "How to train your
    ResNet", part 8, 2019; Jordan 2024. ValueError for images that do not fit or an epsilon not above 0.
    """
    if not epsilon > 0:
        raise ValueError(f"epsilon is above 0. Received: epsilon={epsilon!r}")
    values, vectors = np.linalg.eigh(_second_moments(_checked(images, size), size))
    filters = vectors / np.sqrt(np.maximum(values, 0) + epsilon)  # a filter a column
    kernel = filters.reshape(size, size, -1, len(values))
    return np.concatenate([kernel, -kernel], axis=-1).astype(np.float32)


def _second_moments(images: NDArray[Any], size: int) -> NDArray[np.float64]:
    """Return the mean over all patches of patch × patch, (k·k·C, k·k·C); a part of the images at a time."""
    total: Any = 0.0
    count = 0
    for start in range(0, len(images), IMAGES_AT_A_TIME):
        rows = patches(images[start : start + IMAGES_AT_A_TIME], size).astype(np.float64)
        total, count = total + rows.T @ rows, count + len(rows)
    return np.asarray(total / count)


@keras.saving.register_keras_serializable("workbook")
class Dirac(keras.initializers.Initializer):
    """Let the first filters of a convolution hand their input channels on: 1 at the centre, 0 elsewhere.

    Filter k < min(in, filters) copies channel k, with padding "same" and stride 1 exactly; the other filters get
    uniform numbers within ±1/√(k·k·in). A deep stack then begins as something that lets the image through. For kernels
    of any rank, (k, ..., in, filters), with odd sides; ValueError for others. Jordan 2024, section 3.3.
    """

    def __init__(self, seed: int | None = None) -> None:
        self.seed = seed
        self._rest = keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform", seed=seed)

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """Return a kernel of this shape."""
        sides, depth, filters = tuple(shape[:-2]), shape[-2], shape[-1]
        if not sides or any(side % 2 == 0 for side in sides):
            raise ValueError(f"A kernel with a centre has odd sides. Received: shape {tuple(shape)}")
        copied = min(depth, filters)
        kernel = np.array(ops.convert_to_numpy(self._rest(tuple(shape), "float32")))
        kernel[..., :copied] = 0
        centre = tuple(side // 2 for side in sides)
        kernel[(*centre, np.arange(copied), np.arange(copied))] = 1
        return ops.convert_to_tensor(kernel, dtype=dtype or keras.config.floatx())

    def get_config(self) -> dict[str, Any]:
        """Return the argument."""
        return {"seed": self.seed}
