"""Kernels made by hand, by name."""

import numpy as np

KERNELS = {
    "vertical edge": np.array([[1, 0, -1]] * 3),
    "horizontal edge": np.array([[1, 0, -1]] * 3).T,
    "emboss": np.array([[-1, -1, 0], [-1, 0, 1], [0, 1, 1]]),
    "all edges": np.array([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]]),
    "identity": np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]]),
    "2×2 ones": np.ones((2, 2), int),
    "5×5 ones": np.ones((5, 5), int),
}

# The presets of the kernel editor: 3×3 weights, and the number by which all of them are divided.
PRESETS: dict[str, tuple[np.ndarray, int]] = {
    "identity": (KERNELS["identity"], 1),
    "blur (mean of nine)": (np.ones((3, 3), int), 9),
    "softer blur (Gauss)": (np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]), 16),
    "sharpen": (np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]), 1),
    "vertical edge": (KERNELS["vertical edge"], 1),
    "horizontal edge": (KERNELS["horizontal edge"], 1),
    "Sobel, vertical": (np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]]), 1),
    "all edges": (KERNELS["all edges"], 1),
    "edges, and keep": (np.array([[1, 1, 1], [1, -7, 1], [1, 1, 1]]), 1),
    "emboss": (KERNELS["emboss"], 1),
    "shift by one pixel": (np.array([[0, 0, 0], [1, 0, 0], [0, 0, 0]]), 1),
}
