"""Train the generators of chapter 15 and store their samples: `python -m workbook.course.makers.generation_runs`.

`data/results/generation.json` gets the scores of both generators for three seeds, those for several settings (the width
of the codes' distribution, the strength of the guidance) and those of real digits, with recipes, hardware, seeds, date.
`data/results/generation.npz` gets small pictures of the first seed, as bytes: `vae` and `diffusion` (10, 10, 28, 28),
ten samples of each digit; `neighbours` of the same shape, the training digits nearest to the samples of `diffusion`;
`places` and `guesses` (10, 6, 28, 28), six moments of each digit's walk from noise, and their `times`.
TensorFlow gets one thread.
"""

import argparse
import json
import time
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from workbook.course.makers.make_data import write_checksums
from workbook.course.record import circumstances, one_thread
from workbook.data.bundled import bundle_folder
from workbook.vision_tasks import diffusion, generation, generators, vae
from workbook.vision_tasks.generation import Digits

SEEDS = (1, 2, 3)
WIDTHS, GUIDANCES = (0.5, 0.75, 1.0, 1.25), (1.0, 2.0, 4.0)
EACH = 10  # stored samples per digit
MOMENTS = (0, 4, 8, 12, 16, 19)  # stored steps of the walk


def dials(judge: Any, pair: vae.Vae, denoiser: Any, seed: int) -> list[dict[str, Any]]:
    """Measure samples for several widths of codes and strengths of guidance."""
    wanted = generation.all_digits(generation.A_DIGIT)
    rows = []
    for width in WIDTHS:
        drawn = Digits(vae.sample(pair, wanted, seed=seed, width=width), wanted)
        rows.append({"generator": "VAE", "width": width} | rounded(generation.figures(judge, drawn)))
    for guidance in GUIDANCES:
        drawn = Digits(diffusion.sample(denoiser, wanted, seed=seed, guidance=guidance), wanted)
        rows.append(
            {"generator": "diffusion", "guidance": guidance} | rounded(generation.figures(judge, drawn))
        )
    return rows


def compared(judge: Any) -> list[dict[str, Any]]:
    """Measure real digits for comparison: unseen ones, and copies of training digits."""
    parts = {"unseen digits": "unseen", "copies of training digits": "generator"}
    chosen = {
        name: generation.first_of_each(generation.digits(part), generation.A_DIGIT)
        for name, part in parts.items()
    }
    return [{"generator": name} | rounded(generation.figures(judge, real)) for name, real in chosen.items()]


def rounded(row: dict[str, Any]) -> dict[str, Any]:
    """Round the numbers of a row to four decimals."""
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in row.items()}


def pictures(pair: vae.Vae, denoiser: Any, seed: int) -> dict[str, np.ndarray]:
    """Return the pictures that the chapter shows."""
    wanted = generation.all_digits(EACH)
    training_images = generation.digits("generator").images
    drawn = {
        "vae": vae.sample(pair, wanted, seed=seed),
        "diffusion": diffusion.sample(denoiser, wanted, seed=seed),
    }
    drawn["neighbours"] = training_images[generation.nearest(drawn["diffusion"], training_images)[0]]
    walk = list(diffusion.walk(denoiser, np.arange(10), seed=seed))
    for name, column in (("places", 0), ("guesses", 1)):
        moments = np.stack([walk[step][column] for step in MOMENTS], axis=1)  # (10, 6, 28, 28, 1)
        drawn[name] = generation.as_images((moments + 1) / 2)
    shaped = {name: images.reshape(10, -1, 28, 28) for name, images in drawn.items()}
    return shaped | {"times": 1 - (np.array(MOMENTS) + 1) / diffusion.STEPS}


def experiment(seeds: Iterable[int]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Train and measure everything; return the scores, and pictures of the first seed."""
    judge = generation.train_judge()
    runs = []
    first: dict[str, tuple[Any, int]] = {}
    for seed in seeds:
        for generator in (vae, diffusion):
            trained, row = generators.run(generator, judge, seed)
            first.setdefault(generator.NAME, (trained, seed))
            runs.append({"seed": seed} | rounded(row))
            print(json.dumps(runs[-1]), flush=True)
    (pair, seed), (denoiser, _) = first.values()
    accuracy = generation.read_share(judge, *generation.digits("test"))
    figures = {
        "judge_test_accuracy": round(accuracy, 4),
        "compared": compared(judge),
        "dials": dials(judge, pair, denoiser, seed),
        "runs": runs,
    }
    return figures, pictures(pair, denoiser, seed)


def write(folder: Path) -> None:
    """Run the experiment; write generation.json and generation.npz."""
    import keras  # noqa: F401  # loaded before the clock starts

    start = time.process_time()
    figures, drawn = experiment(SEEDS)
    about = {
        "data": "MNIST: the generators learn from the first 30,000 training digits, the judge from the next 25,000; "
        f"scores are of {10 * generation.A_DIGIT} samples, compared with as many of the last 5,000",
        "vae": asdict(vae.VaeTraining()),
        "diffusion": asdict(diffusion.DiffusionTraining())
        | {"walk": diffusion.STEPS, "guidance": diffusion.GUIDANCE},
        **circumstances(time.process_time() - start, SEEDS),
    }
    text = json.dumps(about | figures, indent=1, ensure_ascii=False)
    (folder / "generation.json").write_text(text + "\n", encoding="utf-8")
    with (folder / "generation.npz").open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **drawn)


def main(arguments: list[str] | None = None) -> None:
    """Run the experiment, then update the checksums."""
    parser = argparse.ArgumentParser(
        prog="python -m workbook.course.makers.generation_runs", description=__doc__
    )
    parser.add_argument(
        "--target", type=Path, help="write to this folder, without checksums; default: data/results/"
    )
    options = parser.parse_args(arguments)
    one_thread()
    folder = options.target or bundle_folder() / "results"
    folder.mkdir(parents=True, exist_ok=True)
    write(folder)
    if options.target is None:
        write_checksums(bundle_folder())


if __name__ == "__main__":
    main()
