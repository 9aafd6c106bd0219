"""Train the generators of digits, `vae` and `diffusion`, and measure what they draw."""

import time
from types import ModuleType
from typing import TYPE_CHECKING, Any

from workbook.vision_tasks import diffusion, generation, vae

if TYPE_CHECKING:
    import keras


def run(generator: ModuleType, judge: "keras.Model", seed: int) -> tuple[Any, dict[str, Any]]:
    """Train a generator, the module `vae` or `diffusion`; measure 50 samples of each digit with a judge.

    Return the trained generator and a row: task, parameters, CPU seconds of the training, and the measures.
    """
    start = time.process_time()
    trained = generator.train(generation.digits("generator"), seed=seed)
    seconds = time.process_time() - start
    wanted = generation.all_digits(generation.A_DIGIT)
    samples = generation.Digits(generator.sample(trained, wanted, seed=seed), wanted)
    about = {"task": f"generation, {generator.NAME}", "parameters": generator.parameters(trained)}
    return trained, about | {"cpu_seconds": seconds} | generation.figures(judge, samples)


def measure(seed: int, judge: "keras.Model | None" = None) -> list[dict[str, Any]]:
    """Train and measure both generators as `run` does; the score is the share classified as the wanted digit.

    If no judge is given, train one first.
    """
    judge = generation.train_judge() if judge is None else judge
    return [run(generator, judge, seed)[1] for generator in (vae, diffusion)]
