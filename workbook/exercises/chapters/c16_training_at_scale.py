"""The exercises of chapter 16: what a training waits for, fewer bits, larger batches, several devices."""

import math

import numpy as np

from workbook.exercises import Exercise, Inputs, Mistake
from workbook.exercises.compare import close

Speed = tuple[float, str]  # FLOP/s, and what binds them


Arrived = tuple[np.ndarray, bool]  # gradients, and whether the step is skipped


def _pipeline_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw a loader that is faster and one that is slower than the step, without and with workers."""
    cases: list[Inputs] = [(100, 0.05, 0.02, 0), (100, 0.05, 0.02, 1), (100, 0.02, 0.05, 1)]
    for slower in (0.4, 2.5, 7.5):
        step = float(rng.uniform(0.01, 0.2))
        load = step * slower * float(rng.uniform(0.9, 1.1))
        cases += [(int(rng.integers(32, 600)), load, step, workers) for workers in (0, 1, 2, 5)]
    return cases


def throughput(batch_size: int, load: float, step: float, workers: int) -> tuple[float, float]:
    """Give images per second, and the share of the time in which the accelerator idles."""
    if workers == 0:
        period = load + step
    else:
        period = max(load / workers, step)
    return batch_size / period, 1 - step / period


def _of_period(batch_size: int, period: float, step: float) -> tuple[float, float]:
    return batch_size / period, 1 - step / period


PIPELINE = Exercise(
    id="16.1",
    title="Who waits for whom?",
    answer_name="throughput",
    section="What the accelerator waits for",
    minutes=8,
    points=2,
    cases=_pipeline_cases,
    reference=throughput,
    mistakes=(
        Mistake(
            "adds the two although they overlap",
            lambda batch_size, load, step, workers: _of_period(batch_size, load + step, step),
            "This adds loading and step in every case. With a worker they happen at the same time: the slower one "
            "sets the pace, `max(load / workers, step)`.",
        ),
        Mistake(
            "lets the faster one set the pace",
            lambda batch_size, load, step, workers: _of_period(
                batch_size, min(load / workers, step) if workers else load + step, step
            ),
            "This takes the shorter of the two times. A chain is as fast as its slowest part: `max`, not `min`.",
        ),
        Mistake(
            "forgets that workers share the loading",
            lambda batch_size, load, step, workers: _of_period(
                batch_size, max(load, step) if workers else load + step, step
            ),
            "Several workers make several batches at a time, so that one is ready every load / workers seconds.",
        ),
        Mistake(
            "divides the step among the workers as well",
            lambda batch_size, load, step, workers: _of_period(
                batch_size, max(load, step) / workers if workers else load + step, step
            ),
            "Workers only load. The accelerator takes its whole `step` for a batch, however many workers there are.",
        ),
        Mistake(
            "overlaps without a worker",
            lambda batch_size, load, step, workers: _of_period(
                batch_size, max(load / max(workers, 1), step), step
            ),
            "With 0 workers nobody loads while the accelerator computes: one after the other, load + step.",
        ),
        Mistake(
            "counts batches",
            lambda batch_size, load, step, workers: (
                throughput(1, load, step, workers)[0],
                throughput(1, load, step, workers)[1],
            ),
            "These are batches per second. Each holds `batch_size` images.",
        ),
        Mistake(
            "gives the share in which it works",
            lambda batch_size, load, step, workers: (
                throughput(batch_size, load, step, workers)[0],
                1 - throughput(batch_size, load, step, workers)[1],
            ),
            "step / period is the share of the time in which the accelerator *works*. It idles for the rest.",
        ),
    ),
    hints=(
        "Find the period first: the seconds from one finished batch to the next.",
        "Without workers the period is load + step. With workers it is the larger of load / workers and step.",
        "Then `batch_size / period` images per second; the accelerator works for `step` of each `period` and idles for "
        "the rest: `1 - step / period`.",
    ),
)


def _roof_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw layers on both sides of the ridge of a made-up machine."""
    cases: list[Inputs] = []
    for height in (0.02, 0.3, 0.7, 1.5, 4.0, 60.0):  # intensity, as a multiple of the ridge's
        peak, bandwidth = float(rng.uniform(2e10, 2e13)), float(rng.uniform(5e9, 9e11))
        intensity = peak / bandwidth * height * float(rng.uniform(0.9, 1.1))
        values = int(rng.integers(10**5, 10**7))
        cases.append((round(intensity * 4 * values / 2), values, peak, bandwidth))
    return cases


def attainable(macs: int, values: int, peak: float, bandwidth: float) -> Speed:
    """Give the FLOP/s that a layer can reach at most, and what binds it: "compute" or "memory"."""
    intensity = 2 * macs / (4 * values)
    bound = "memory" if intensity * bandwidth < peak else "compute"
    return min(peak, intensity * bandwidth), bound


def _roof(intensity: float, peak: float, bandwidth: float) -> Speed:
    bound = "memory" if intensity * bandwidth < peak else "compute"
    return min(peak, intensity * bandwidth), bound


def _harmonic(macs: int, values: int, peak: float, bandwidth: float) -> Speed:
    reach = macs / (2 * values) * bandwidth
    return peak * reach / (peak + reach), attainable(macs, values, peak, bandwidth)[1]


ROOFLINE = Exercise(
    id="16.2",
    title="Under the roof",
    answer_name="attainable",
    section="Two limits: the roofline",
    minutes=8,
    points=2,
    cases=_roof_cases,
    reference=attainable,
    mistakes=(
        Mistake(
            "takes a MAC for one operation",
            lambda macs, values, peak, bandwidth: _roof(macs / (4 * values), peak, bandwidth),
            "A MAC is a multiplication and an addition: two floating-point operations.",
        ),
        Mistake(
            "takes a value for a byte",
            lambda macs, values, peak, bandwidth: _roof(2 * macs / values, peak, bandwidth),
            "Bandwidth counts bytes. A float32 value has 4 of them.",
        ),
        Mistake(
            "turns the intensity upside down",
            lambda macs, values, peak, bandwidth: _roof(4 * values / (2 * macs), peak, bandwidth),
            "This is bytes per operation. Intensity is operations per byte: 2 · MACs over 4 · values.",
        ),
        Mistake(
            "takes the higher of the two limits",
            lambda macs, values, peak, bandwidth: (
                max(peak, macs / (2 * values) * bandwidth),
                attainable(macs, values, peak, bandwidth)[1],
            ),
            "Both limits hold at once, so the lower one counts: `min(peak, intensity * bandwidth)`.",
        ),
        Mistake(
            "swaps the two names",
            lambda macs, values, peak, bandwidth: (
                attainable(macs, values, peak, bandwidth)[0],
                "compute" if attainable(macs, values, peak, bandwidth)[1] == "memory" else "memory",
            ),
            'The number is right, the name is not. If the memory cannot feed the peak, the layer is "memory" bound.',
        ),
        Mistake(
            "always promises the peak",
            lambda macs, values, peak, bandwidth: (peak, "compute"),
            "The peak is reached only if the values arrive fast enough: compare it with intensity · bandwidth.",
        ),
        Mistake(
            "adds the two times",
            _harmonic,
            "This lets the layer compute and then move its values. The roofline is an upper limit, in which both "
            "happen at the same time: `min(peak, intensity * bandwidth)`.",
        ),
    ),
    hints=(
        "Operations: 2 a MAC. Bytes: 4 a value. Their quotient is the intensity, in FLOP per byte.",
        "The memory can feed intensity · bandwidth FLOP/s; the processor can do `peak`. The lower one counts.",
        'It is "memory" bound if `intensity * bandwidth < peak`, else "compute" bound.',
    ),
)


def _gradient_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw gradients that float16 loses, and scales that are none, helpful and too large."""
    cases: list[Inputs] = [
        (np.array([1e-8, 1e-3], np.float32), 1),
        (np.array([1e-8, 1e-3], np.float32), 2**15),
    ]
    for _ in range(2):
        gradients = (rng.choice([-1, 1], 6) * 10 ** rng.uniform(-8.5, -1.2, 6)).astype(np.float32)
        gradients[0] = np.float32(rng.uniform(2e-9, 9e-9))
        gradients[-1] = np.float32(rng.uniform(0.3, 0.6))
        cases += [(gradients, scale) for scale in (1, 2**10, 2**15, 2**18)]
    gradients = np.array([rng.uniform(1e-8, 2e-8), -rng.uniform(2, 3), 1e-3], np.float32)
    return [*cases, (gradients, 2**15), (gradients, 2**13)]


def through_float16(gradients: np.ndarray, scale: int) -> Arrived:
    """Give the gradients that arrive through float16 with loss scaling, and whether the step is skipped."""
    with np.errstate(over="ignore"):
        scaled = (gradients * scale).astype(np.float16)
    if not np.isfinite(scaled).all():
        return np.zeros(len(gradients)), True
    return scaled.astype(np.float32) / scale, False


def _half(values: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        return np.asarray(values).astype(np.float16)


def _scaled_late(gradients: np.ndarray, scale: int) -> Arrived:
    kept, skip = _half(gradients).astype(np.float32), through_float16(gradients, scale)[1]
    return (np.zeros(len(gradients)), True) if skip else (kept * scale / scale, False)


def _never_skips(gradients: np.ndarray, scale: int) -> Arrived:
    return _half(gradients * scale).astype(np.float32) / scale, False


def _drops_the_infinite(gradients: np.ndarray, scale: int) -> Arrived:
    kept = _half(gradients * scale).astype(np.float32) / scale
    finite = np.isfinite(kept)
    return np.where(finite, kept, 0), not finite.all()


def _not_unscaled(gradients: np.ndarray, scale: int) -> Arrived:
    kept, skip = through_float16(gradients, scale)
    return kept * scale, skip


LOSS_SCALING = Exercise(
    id="16.3",
    title="Through sixteen bits",
    answer_name="through_float16",
    section="Why the loss is scaled",
    minutes=10,
    points=3,
    cases=_gradient_cases,
    reference=through_float16,
    compare=close(rtol=1e-6, atol=1e-14),
    mistakes=(
        Mistake(
            "holds them in float16 without the scale",
            _scaled_late,
            "Somewhere float16 holds the gradients without their scale, and what became 0 there stays 0. Scale "
            "*before* `.astype(np.float16)`, and divide only after the way back to float32.",
        ),
        Mistake(
            "forgets to take the scale off",
            _not_unscaled,
            "These gradients are still `scale` times too large: the step would be, too. Divide by the scale.",
        ),
        Mistake(
            "does not scale at all",
            lambda gradients, scale: (_half(gradients).astype(np.float32), False),
            "The scale is not used. Multiply by it before the conversion, and divide after the way back.",
        ),
        Mistake(
            "steps on infinity",
            _never_skips,
            "A scaled gradient beyond 65,504 becomes infinite, and one such step destroys the weights. Look for it "
            "with `np.isfinite`, and skip the step.",
        ),
        Mistake(
            "skips only the infinite ones",
            _drops_the_infinite,
            "The whole step is skipped, not one weight of it: if anything overflowed, all gradients are 0.",
        ),
        Mistake(
            "stays in float32",
            lambda gradients, scale: (gradients * scale / scale, False),
            "Nothing was lost because nothing went through float16: `.astype(np.float16)` is missing.",
        ),
    ),
    hints=(
        "Three stations: times the scale and into float16; is all of it finite?; back to float32 and divided.",
        "`scaled = (gradients * scale).astype(np.float16)`. A value beyond 65,504 has become infinite: "
        "`np.isfinite(scaled).all()` tells.",
        "If not all are finite: `return np.zeros(len(gradients)), True`. Else "
        "`return scaled.astype(np.float32) / scale, False`.",
    ),
)


Plan = tuple[int, float]  # steps, and the rate at one of them


def _batch_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw steps before, at and after the top of the schedule, and images that do not divide by the batch."""
    cases: list[Inputs] = [(10, 50_000, 100, 0.1, 1), (40, 50_000, 100, 0.1, 4)]
    for k in (2, 3, 8):
        batch_size, rate = int(rng.integers(20, 60)), float(rng.uniform(0.01, 0.2))
        images = k * batch_size * int(rng.integers(40, 90)) + int(rng.integers(1, k * batch_size))
        steps = math.ceil(images / (k * batch_size))
        places = (0, 1, steps // 10, steps // 5 + 1, steps // 2, steps - 1)
        cases += [(step, images, batch_size, rate, k) for step in places]
    return cases


def larger_batch(step: int, images: int, batch_size: int, rate: float, k: int) -> Plan:
    """Give the steps of one epoch with batches k times as large, and the one-cycle rate at a step."""
    steps = int(np.ceil(images / (k * batch_size)))
    peak, top = k * rate, steps / 5
    if step < top:
        return steps, peak * step / top
    return steps, peak * (steps - step) / (steps - top)


def _one_cycle(step: int, steps: int, peak: float) -> float:
    top = steps / 5
    return peak * step / top if step < top else peak * (steps - step) / (steps - top)


def _floored(step: int, images: int, batch_size: int, rate: float, k: int) -> Plan:
    steps = images // (k * batch_size)
    return steps, _one_cycle(step, steps, k * rate)


def _more_steps(step: int, images: int, batch_size: int, rate: float, k: int) -> Plan:
    steps = math.ceil(images / batch_size) * k
    return steps, _one_cycle(step, steps, k * rate)


def _same_steps(step: int, images: int, batch_size: int, rate: float, k: int) -> Plan:
    steps = math.ceil(images / batch_size)
    return steps, _one_cycle(step, steps, k * rate)


def _no_warm_up(step: int, images: int, batch_size: int, rate: float, k: int) -> Plan:
    steps = math.ceil(images / (k * batch_size))
    return steps, k * rate * (steps - step) / steps


def _constant(step: int, images: int, batch_size: int, rate: float, k: int) -> Plan:
    steps = math.ceil(images / (k * batch_size))
    return steps, k * rate * min(1, step / (steps / 5))


LARGER_BATCH = Exercise(
    id="16.4",
    title="k times the batch",
    answer_name="larger_batch",
    section="Batch size and learning rate",
    minutes=10,
    points=3,
    cases=_batch_cases,
    reference=larger_batch,
    compare=close(rtol=1e-6, atol=1e-12),
    mistakes=(
        Mistake(
            "leaves the rate as it was",
            lambda step, images, batch_size, rate, k: larger_batch(step, images, batch_size, rate / k, k),
            "The peak is the old rate. There are k times fewer steps, so each has to go k times as far: k · rate.",
        ),
        Mistake(
            "scales with the root of k",
            lambda step, images, batch_size, rate, k: larger_batch(
                step, images, batch_size, rate / k**0.5, k
            ),
            "This scales the rate with √k, a rule for other optimisers. Linear scaling is asked for: k · rate.",
        ),
        Mistake(
            "divides the rate by k",
            lambda step, images, batch_size, rate, k: larger_batch(step, images, batch_size, rate / k**2, k),
            "The rate is divided by k. Fewer steps need a larger rate: multiply.",
        ),
        Mistake(
            "keeps the number of steps",
            _same_steps,
            "These are the steps of the old batch. A batch k times as large uses the epoch up in a k-th of the steps.",
        ),
        Mistake(
            "multiplies the steps by k",
            _more_steps,
            "A larger batch needs fewer steps for an epoch, not more: images / (k · batch_size).",
        ),
        Mistake(
            "drops the last batch",
            _floored,
            "The last, smaller batch is a step too: round up, as `math.ceil` or `np.ceil` do.",
        ),
        Mistake(
            "starts at the peak",
            _no_warm_up,
            "There is no warm-up: in the first fifth of the steps the rate *rises* from 0 to the peak.",
        ),
        Mistake(
            "stays at the peak",
            _constant,
            "After the warm-up the rate stays at its peak. It should fall on a straight line, to 0 at the end.",
        ),
    ),
    hints=(
        "The number of steps: `int(np.ceil(images / (k * batch_size)))`. The peak: `k * rate`, reached at `steps / 5`.",
        "Going up, for `step < top`: a share step / top of the peak.",
        "Coming down: (steps − step) of (steps − top) are left, so `peak * (steps - step) / (steps - top)`.",
    ),
)


def _device_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw gradients of two to five devices, with shares that are equal, ragged, and in one case empty."""
    cases: list[Inputs] = [(np.array([[1.0, 2.0], [4.0, -1.0]]), np.array([3, 1]))]
    for devices in (2, 3, 5):
        shares = rng.integers(5, 40, devices) * np.arange(1, devices + 1)
        cases.append((rng.normal(size=(devices, 4)), shares))
    idle = rng.normal(size=(3, 4)) * np.array([[1], [1], [0]])
    return [*cases, (idle, np.array([16, 7, 0])), (rng.normal(size=(4, 3)), np.full(4, 32))]


def whole_gradient(gradients: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Give the whole batch's mean gradient from the means (devices, weights) and the images of each device."""
    return counts @ gradients / counts.sum()


WHOLE_GRADIENT = Exercise(
    id="16.5",
    title="One gradient from many",
    answer_name="whole_gradient",
    section="Data parallelism by hand",
    minutes=6,
    points=2,
    cases=_device_cases,
    reference=whole_gradient,
    mistakes=(
        Mistake(
            "takes the plain mean",
            lambda gradients, counts: gradients.mean(axis=0),
            "This is right only if all devices hold equally many images. A device's mean speaks for its images: weigh "
            "it by their number.",
        ),
        Mistake(
            "adds the devices up",
            lambda gradients, counts: gradients.sum(axis=0),
            "A sum of means grows with the number of devices. The gradient of a mean is a mean: weigh, and divide.",
        ),
        Mistake(
            "weighs and does not divide",
            lambda gradients, counts: counts @ gradients,
            "This is the *sum* of the gradients of all images. Divide by the number of all images.",
        ),
        Mistake(
            "divides by the number of devices",
            lambda gradients, counts: counts @ gradients / len(counts),
            "The weights are numbers of images, so they add up to all images: divide by `counts.sum()`.",
        ),
        Mistake(
            "averages over the weights instead of the devices",
            lambda gradients, counts: gradients.mean(axis=1),
            "The result has one number a device. It should have one number a weight: average over axis 0, the devices.",
        ),
        Mistake(
            "takes the fullest device",
            lambda gradients, counts: gradients[counts.argmax()],
            "This uses one device and throws the others' work away. All images count alike.",
        ),
    ),
    hints=(
        "A device's mean times its count is the sum over its images. Those sums may be added.",
        "Then divide by the number of all images, `counts.sum()`.",
        "With matrices: `counts @ gradients` is the sum, (weights,).",
    ),
)


def _norm_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw the statistics of equal shares of a batch, far apart enough to matter."""
    cases: list[Inputs] = [(np.array([[0.0], [4.0]]), np.array([[1.0], [1.0]]))]
    for devices in (2, 3, 8):
        shares = rng.normal(rng.normal(0, 2, (devices, 1, 3)), rng.uniform(0.5, 2), (devices, 20, 3))
        cases.append((shares.mean(axis=1), shares.var(axis=1)))
    return cases


def global_statistics(means: np.ndarray, variances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give mean and variance (channels,) of the whole batch from those of equal shares (devices, channels)."""
    mean = means.mean(axis=0)
    variance = (variances + means**2).mean(axis=0) - mean**2
    return mean, variance


NORM_STATISTICS = Exercise(
    id="16.6",
    title="One batch norm from many",
    answer_name="global_statistics",
    section="Batch normalisation across devices",
    minutes=8,
    points=2,
    cases=_norm_cases,
    reference=global_statistics,
    compare=close(rtol=1e-5, atol=1e-9),
    mistakes=(
        Mistake(
            "averages the variances",
            lambda means, variances: (means.mean(axis=0), variances.mean(axis=0)),
            "The mean of the variances leaves out how far the devices' means lie apart. Add that spread.",
        ),
        Mistake(
            "takes the spread of the means alone",
            lambda means, variances: (means.mean(axis=0), means.var(axis=0)),
            "This is how the devices differ from each other. The images differ within each device, too.",
        ),
        Mistake(
            "forgets to take the mean's square off",
            lambda means, variances: (means.mean(axis=0), (variances + means**2).mean(axis=0)),
            "This is the mean of the squares, E[x²]. The variance is E[x²] − E[x]².",
        ),
        Mistake(
            "averages the standard deviations",
            lambda means, variances: (means.mean(axis=0), np.sqrt(variances).mean(axis=0) ** 2),
            "Standard deviations cannot be averaged. Average the squares, E[x²] = variance + mean², then take the "
            "mean's square off.",
        ),
        Mistake(
            "adds the variances up",
            lambda means, variances: (means.mean(axis=0), variances.sum(axis=0)),
            "The sum of the variances grows with the number of devices. Average the squares instead.",
        ),
        Mistake(
            "counts the devices as a sample",
            lambda means, variances: (
                means.mean(axis=0),
                variances.mean(axis=0) + means.var(axis=0, ddof=1),
            ),
            "The spread of the means is divided by devices − 1 here. Batch normalisation divides by the number itself: "
            "`ddof=0`.",
        ),
    ),
    hints=(
        "The mean is easy: the shares are equal, so it is the mean of the means.",
        "Squares may be averaged, variances may not: on each device the mean of the squares is variance + mean².",
        "Average those over the devices, and take the square of the global mean off.",
    ),
)

EXERCISES = (
    PIPELINE,
    ROOFLINE,
    LOSS_SCALING,
    LARGER_BATCH,
    WHOLE_GRADIENT,
    NORM_STATISTICS,
)
