"""Draw the README's picture from the course's own code: a kernel at work, and a check that names a mistake."""

import textwrap
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from workbook import data, plots, reference, stepper
from workbook.exercises import Exercise, as_text, find, judge


def draw(target: Path, *, width: int = 100) -> None:
    """Write the picture to `target` (PNG)."""
    photo = data.photograph("chelsea").mean(axis=-1)[40:240, 120:320] / 255  # (200, 200)
    kernel = stepper.KERNELS["vertical edge"]
    feature_map = reference.conv2d(photo, kernel)  # (198, 198)
    pooled = reference.pool2d(np.abs(feature_map), 6)  # (33, 33)
    figure = plt.figure(figsize=(10, 4.1), layout="constrained")
    panels: Any = figure.subfigures(2, 1, height_ratios=[2.6, 1.25])
    above, below = panels
    axes = above.subplots(1, 4)
    plots.show_image(photo, axes[0], title="an image", scale=(0, 1))
    plots.show_numbers(kernel, axes[1], title="a kernel: nine numbers")
    plots.show_image(feature_map, axes[2], title="its feature map", scale=(-1, 1))
    plots.show_image(pooled, axes[3], title="pooled", scale=(0, 1))
    below.text(0.02, 0.97, _verdict(width), family="monospace", fontsize=10, va="top", linespacing=1.35)
    below.set_facecolor("#eef3f8")
    figure.savefig(target, dpi=110)
    plt.close(figure)


def _verdict(width: int) -> str:
    """Return what the check says about an answer that pads one side only."""
    exercise = find("2.4")
    assert isinstance(exercise, Exercise)
    verdict = judge(exercise, lambda w, f, s, p: (w - f + p) // s + 1, seed=3)
    lines = [line for part in as_text(verdict).split("\n") for line in textwrap.wrap(part, width) or [""]]
    return "\n".join(['check("2.4", output_size);', "", *lines])


if __name__ == "__main__":
    draw(Path(__file__).parents[3] / "docs" / "course.png")
