"""Train the generators of digits, `vae` and `diffusion`, and measure what they draw."""

import time
from types import ModuleType
from typing import TYPE_CHECKING, Any

from workbook.vision_tasks import diffusion, generation, vae

if TYPE_CHECKING:
    import keras


def run(generator: ModuleType, model: "keras.Model", seed: int) -> tuple[Any, dict[str, Any]]:
    """Train a generator, the module `vae` or `diffusion`, with a seed; measure 50 samples of each digit with a judge.

    Give what was trained, and a row: task, parameters, CPU seconds of the training, and the figures.
    """
    start = time.process_time()
    trained = generator.train(generation.digits("generator"), seed=seed)
    seconds = time.process_time() - start
    wanted = generation.all_digits(generation.A_DIGIT)
    samples = generation.Digits(generator.sample(trained, wanted, seed=seed), wanted)
    about = {"task": f"generation, {generator.NAME}", "parameters": generator.parameters(trained)}
    return trained, about | {"cpu_seconds": seconds} | generation.figures(model, samples)


def measure(seed: int, model: "keras.Model | None" = None) -> list[dict[str, Any]]:
    """Train and measure both generators with a seed, as `run` does; the score is the share read as wanted.

    Without a judge, one is trained first.
    """
    model = generation.train_judge() if model is None else model
    return [run(generator, model, seed)[1] for generator in (vae, diffusion)]
