"""Three exercises of chapter 15: a cloud of codes, a walk out of noise, and kernels in space and time."""

import numpy as np

from workbook.exercises import Exercise, Mistake

Inputs = tuple
Arrays = tuple[np.ndarray, np.ndarray]


def _clouds(rng: np.random.Generator) -> list[Inputs]:
    return [
        (rng.normal(0, 1, shape), rng.normal(-1, 0.8, shape), rng.normal(0, 1, shape))
        for shape in ((3, 4), (5, 2), (2, 6))
    ]


def cloud(mean: np.ndarray, log_variance: np.ndarray, noise: np.ndarray) -> Arrays:
    """Draw a code from each cloud, (n, codes), and give each cloud's divergence from the normal one, (n,)."""
    codes = mean + np.exp(log_variance / 2) * noise
    divergence = (mean**2 + np.exp(log_variance) - 1 - log_variance).sum(axis=1) / 2
    return codes, divergence


CLOUD = Exercise(
    id="15.3",
    title="A cloud of codes",
    answer_name="cloud",
    section="A code for every picture",
    minutes=8,
    points=2,
    cases=_clouds,
    reference=cloud,
    mistakes=(
        Mistake(
            "takes the log-variance for the width",
            lambda mean, log_variance, noise: (
                mean + log_variance * noise,
                cloud(mean, log_variance, noise)[1],
            ),
            "The noise is multiplied by the log-variance, which may be negative. The standard deviation is "
            "e^(log-variance / 2).",
        ),
        Mistake(
            "takes the variance for the width",
            lambda mean, log_variance, noise: (
                mean + np.exp(log_variance) * noise,
                cloud(mean, log_variance, noise)[1],
            ),
            "The noise is multiplied by the variance. Its root, the standard deviation, is wanted: halve the "
            "log-variance before the exponential.",
        ),
        Mistake(
            "gives the middle",
            lambda mean, log_variance, noise: (mean, cloud(mean, log_variance, noise)[1]),
            "The codes are the means: nothing is drawn. Add the standard deviation times the noise.",
        ),
        Mistake(
            "forgets the half",
            lambda mean, log_variance, noise: (
                cloud(mean, log_variance, noise)[0],
                2 * cloud(mean, log_variance, noise)[1],
            ),
            "The divergence is twice too large: the sum is halved.",
        ),
        Mistake(
            "turns the sign",
            lambda mean, log_variance, noise: (
                cloud(mean, log_variance, noise)[0],
                -cloud(mean, log_variance, noise)[1],
            ),
            "The divergence is negative. It is 0 for the normal cloud and positive for every other.",
        ),
        Mistake(
            "averages over the codes",
            lambda mean, log_variance, noise: (
                cloud(mean, log_variance, noise)[0],
                cloud(mean, log_variance, noise)[1] / mean.shape[1],
            ),
            "The divergence is a mean over the code's numbers. It is their sum.",
        ),
        Mistake(
            "adds up the pictures",
            lambda mean, log_variance, noise: (
                cloud(mean, log_variance, noise)[0],
                float(cloud(mean, log_variance, noise)[1].sum()),
            ),
            "The divergences of all pictures are added up. Each picture has its own: sum over the last axis only.",
        ),
    ),
    hints=(
        "Variance = e^(log-variance); standard deviation = its root = e^(log-variance / 2).",
        "`mean + np.exp(log_variance / 2) * noise` are the codes.",
        "`(mean**2 + np.exp(log_variance) - 1 - log_variance).sum(axis=1) / 2`",
    ),
)


def _noisy_pictures(rng: np.random.Generator) -> list[Inputs]:
    cases = []
    for shape, left in (((3, 4, 5), 4), ((2, 3, 3), 7), ((4, 2, 6), 3)):
        pictures, guess = rng.uniform(-1, 1, shape), rng.uniform(-1, 1, shape)
        cases.append((pictures, rng.normal(0, 1, shape), rng.uniform(0.1, 0.9, len(pictures)), guess, left))
    return cases


def noise_and_step(
    pictures: np.ndarray, noise: np.ndarray, time: np.ndarray, guess: np.ndarray, left: int
) -> Arrays:
    """Mix pictures with noise, each at its time; then walk one of `left` steps from there to the guess."""
    share = time[:, None, None]
    noisy = (1 - share) * pictures + share * noise
    return noisy, noisy + (guess - noisy) / left


def _step(noisy: np.ndarray, guess: np.ndarray, left: int) -> Arrays:
    return noisy, noisy + (guess - noisy) / left


def _mean_time(
    pictures: np.ndarray, noise: np.ndarray, time: np.ndarray, guess: np.ndarray, left: int
) -> Arrays:
    return noise_and_step(pictures, noise, np.full_like(time, time.mean()), guess, left)


NOISE = Exercise(
    id="15.4",
    title="Into the noise, and a step back",
    answer_name="noise_and_step",
    section="From noise, step by step",
    minutes=10,
    points=3,
    cases=_noisy_pictures,
    reference=noise_and_step,
    mistakes=(
        Mistake(
            "turns time round",
            lambda pictures, noise, time, guess, left: noise_and_step(pictures, noise, 1 - time, guess, left),
            "Time runs the other way: at time 0 there should be the picture alone, at time 1 the noise alone.",
        ),
        Mistake(
            "does not fade the picture",
            lambda pictures, noise, time, guess, left: _step(
                pictures + time[:, None, None] * noise, guess, left
            ),
            "Noise is added to the whole picture. The picture fades as the noise grows: its share is 1 − time.",
        ),
        Mistake(
            "takes one time for all",
            _mean_time,
            "All pictures got the same time. Each has its own: `time[:, None, None]` lines times up with pictures.",
        ),
        Mistake(
            "walks the whole way",
            lambda pictures, noise, time, guess, left: (
                noise_and_step(pictures, noise, time, guess, left)[0],
                guess,
            ),
            "The step goes all the way to the guess. With `left` steps to go, one of them is 1 / left of the way.",
        ),
        Mistake(
            "walks away",
            lambda pictures, noise, time, guess, left: (
                noise_and_step(pictures, noise, time, guess, left)[0],
                noise_and_step(pictures, noise, time, guess, -left)[1],
            ),
            "The step leads away from the guess. The way from a to b is b − a.",
        ),
        Mistake(
            "walks to the picture",
            lambda pictures, noise, time, guess, left: noise_and_step(pictures, noise, time, pictures, left),
            "The step leads to the true picture, which nobody knows when a new one is drawn. Walk to the guess.",
        ),
    ),
    hints=(
        "A mix of two things: share · one + (1 − share) · other.",
        "`share = time[:, None, None]` has the shape (n, 1, 1): one time for each picture.",
        "`noisy + (guess - noisy) / left` is the end of the step.",
    ),
)


def _kernels(rng: np.random.Generator) -> list[Inputs]:
    """Draw channels, filters, side and span, all different."""
    cases: list[Inputs] = [(1, 16, 5, 3)]
    while len(cases) < 5:
        channels, filters = (int(one) for one in rng.choice(np.arange(8, 64), 2, replace=False))
        side, span = (int(one) for one in rng.choice([2, 3, 5, 7], 2, replace=False))
        cases.append((channels, filters, side, span))
    return cases


def space_time_parameters(channels: int, filters: int, side: int, span: int) -> tuple[int, int]:
    """Count the parameters, biases included, of a joint space-time convolution and of a separable one."""
    joint = (span * side * side * channels + 1) * filters
    space = (side * side * channels + 1) * filters
    time = (span * filters + 1) * filters
    return joint, space + time


SPACE_TIME = Exercise(
    id="15.5",
    title="Space and time, together or apart",
    answer_name="space_time_parameters",
    section="Kernels that span time",
    minutes=6,
    points=2,
    cases=_kernels,
    reference=space_time_parameters,
    mistakes=(
        Mistake(
            "forgets the biases",
            lambda channels, filters, side, span: (
                span * side**2 * channels * filters,
                side**2 * channels * filters + span * filters**2,
            ),
            "The biases are missing: each filter of each layer has one.",
        ),
        Mistake(
            "gives time the input's channels",
            lambda channels, filters, side, span: (
                (span * side**2 * channels + 1) * filters,
                (side**2 * channels + 1) * filters + (span * channels + 1) * filters,
            ),
            "The convolution over time reads the clip's own channels. It comes after the one over space, so it reads "
            "that one's filters.",
        ),
        Mistake(
            "keeps the channels apart in time",
            lambda channels, filters, side, span: (
                (span * side**2 * channels + 1) * filters,
                (side**2 * channels + 1) * filters + (span + 1) * filters,
            ),
            "The convolution over time reads one channel a filter, as a depthwise one would. An ordinary convolution "
            "reads all of them: span · filters weights a filter.",
        ),
        Mistake(
            "forgets a side",
            lambda channels, filters, side, span: (
                (span * side * channels + 1) * filters,
                (side * channels + 1) * filters + (span * filters + 1) * filters,
            ),
            "A kernel over space is side · side large; one side is missing.",
        ),
        Mistake(
            "gives both in the other order",
            lambda channels, filters, side, span: space_time_parameters(channels, filters, side, span)[::-1],
            "Both numbers are right, but in the other order: joint first, then separable.",
        ),
    ),
    hints=(
        "A filter has a weight for each place of its kernel and each channel that it reads, and one bias.",
        "The joint kernel is span · side · side large. The separable one is two layers: side · side, then span.",
        "The second layer reads `filters` channels: `(span * filters + 1) * filters`.",
    ),
)
