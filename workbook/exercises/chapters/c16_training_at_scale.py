"""The exercises of chapter 16: what a training waits for, fewer bits, larger batches, several devices."""

import math

import numpy as np

from workbook.exercises import Exercise, Inputs, Mistake
from workbook.exercises.compare import close

Speed = tuple[float, str]  # FLOP/s, and what binds them
Arrived = tuple[np.ndarray, bool]  # gradients, and whether the step is skipped
Plan = tuple[int, float]  # steps, and the rate at one of them

# 16.1 Who waits for whom?


def _pipeline_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw a loader that is faster and one that is slower than the step, without and with workers."""
    cases: list[Inputs] = [(100, 0.05, 0.02, 0), (100, 0.05, 0.02, 1), (100, 0.02, 0.05, 1)]
    for ratio in (0.4, 2.5, 7.5):
        step = float(rng.uniform(0.01, 0.2))
        load = step * ratio * float(rng.uniform(0.9, 1.1))
        cases += [(int(rng.integers(32, 600)), load, step, workers) for workers in (0, 1, 2, 5)]
    return cases


def throughput(batch_size: int, load: float, step: float, workers: int) -> tuple[float, float]:
    """Return images per second, and the share of the time in which the accelerator idles."""
    if workers == 0:
        period = load + step
    else:
        period = max(load / workers, step)
    return batch_size / period, 1 - step / period


def _batches(batch_size: int, load: float, step: float, workers: int) -> tuple[float, float]:
    return throughput(1, load, step, workers)


def _busy(batch_size: int, load: float, step: float, workers: int) -> tuple[float, float]:
    images, idle = throughput(batch_size, load, step, workers)
    return images, 1 - idle


def _from_period(batch_size: int, period: float, step: float) -> tuple[float, float]:
    return batch_size / period, 1 - step / period


def _idle_per_cent(batch_size: int, load: float, step: float, workers: int) -> tuple[float, float]:
    images, idle = throughput(batch_size, load, step, workers)
    return images, 100 * idle


def _worker_group(batch_size: int, load: float, step: float, workers: int) -> str:
    return {0: "no worker", 1: "one worker"}.get(workers, "several workers")


PIPELINE = Exercise(
    id="16.1",
    title="Who waits for whom?",
    answer_name="throughput",
    section="What the accelerator waits for",
    minutes=8,
    points=2,
    cases=_pipeline_cases,
    groups=_worker_group,
    reference=throughput,
    mistakes=(
        Mistake(
            "adds the two although they overlap",
            lambda batch_size, load, step, workers: _from_period(batch_size, load + step, step),
            "This adds loading and step in every case. With a worker they overlap, and the slower one sets the pace: "
            "`max(load / workers, step)`.",
        ),
        Mistake(
            "lets the faster one set the pace",
            lambda batch_size, load, step, workers: _from_period(
                batch_size, min(load / workers, step) if workers else load + step, step
            ),
            "This takes the shorter of the two times. A chain is as fast as its slowest part: use `max`, not `min`.",
        ),
        Mistake(
            "forgets that workers share the loading",
            lambda batch_size, load, step, workers: _from_period(
                batch_size, max(load, step) if workers else load + step, step
            ),
            "This takes the loading time of a single worker. Several workers load several batches at a time, so one "
            "is ready every load / workers seconds.",
        ),
        Mistake(
            "divides the step among the workers as well",
            lambda batch_size, load, step, workers: _from_period(
                batch_size, max(load, step) / workers if workers else load + step, step
            ),
            "This divides the step by the number of workers as well. Workers only load: the accelerator needs its "
            "whole `step` for each batch.",
        ),
        Mistake(
            "overlaps without a worker",
            lambda batch_size, load, step, workers: _from_period(
                batch_size, max(load / max(workers, 1), step), step
            ),
            "Loading and step overlap here even with 0 workers. Then nothing loads while the accelerator computes: "
            "use load + step.",
        ),
        Mistake(
            "counts batches",
            _batches,
            "These are batches per second. Multiply by `batch_size` to get images.",
        ),
        Mistake(
            "gives the share in which it works",
            _busy,
            "step / period is the share of the time in which the accelerator *works*. Return the rest, in which it "
            "idles.",
        ),
        Mistake(
            "gives per cent",
            _idle_per_cent,
            "The second number is in per cent. A share is between 0 and 1: do not multiply by 100.",
        ),
    ),
    hints=(
        "Find the period first: the seconds from one finished batch to the next.",
        "Without workers the period is load + step. With workers it is the larger of load / workers and step.",
        "The result is `batch_size / period` images per second. The accelerator works for `step` of each `period` and "
        "idles for the rest: `1 - step / period`.",
    ),
)


# 16.2 Under the roof


def _roof_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw layers on both sides of the ridge of an invented machine."""
    cases: list[Inputs] = []
    for height in (0.02, 0.3, 0.7, 1.5, 4.0, 60.0):  # intensity, as a multiple of the ridge's
        peak, bandwidth = float(rng.uniform(2e10, 2e13)), float(rng.uniform(5e9, 9e11))
        intensity = peak / bandwidth * height * float(rng.uniform(0.9, 1.1))
        values = int(rng.integers(10**5, 10**7))
        cases.append((round(intensity * 4 * values / 2), values, peak, bandwidth))
    return cases


def attainable(macs: int, values: int, peak: float, bandwidth: float) -> Speed:
    """Return the FLOP/s that a layer can reach at most, and what binds it: "compute" or "memory"."""
    intensity = 2 * macs / (4 * values)
    bound = "memory" if intensity * bandwidth < peak else "compute"
    return min(peak, intensity * bandwidth), bound


def _roof(intensity: float, peak: float, bandwidth: float) -> Speed:
    bound = "memory" if intensity * bandwidth < peak else "compute"
    return min(peak, intensity * bandwidth), bound


def _times_added(macs: int, values: int, peak: float, bandwidth: float) -> Speed:
    limit = macs / (2 * values) * bandwidth
    return peak * limit / (peak + limit), attainable(macs, values, peak, bandwidth)[1]


def _higher_limit(macs: int, values: int, peak: float, bandwidth: float) -> Speed:
    limit = macs / (2 * values) * bandwidth
    return max(peak, limit), attainable(macs, values, peak, bandwidth)[1]


def _names_swapped(macs: int, values: int, peak: float, bandwidth: float) -> Speed:
    speed, bound = attainable(macs, values, peak, bandwidth)
    return speed, "compute" if bound == "memory" else "memory"


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
            "The intensity is half of the right one. Count 2 operations per MAC, a multiplication and an addition, and "
            "4 bytes per value.",
        ),
        Mistake(
            "takes a value for a byte",
            lambda macs, values, peak, bandwidth: _roof(2 * macs / values, peak, bandwidth),
            "This counts a value as one byte. A float32 value has 4 bytes: multiply by 4.",
        ),
        Mistake(
            "turns the intensity upside down",
            lambda macs, values, peak, bandwidth: _roof(4 * values / (2 * macs), peak, bandwidth),
            "This is bytes per operation. Intensity is operations per byte: divide 2 · MACs by 4 · values.",
        ),
        Mistake(
            "takes the higher of the two limits",
            _higher_limit,
            "This takes the higher of the two limits. Both hold at once, so the lower one counts: `min(peak, "
            "intensity * bandwidth)`.",
        ),
        Mistake(
            "swaps the two names",
            _names_swapped,
            "The number is right, but the names are swapped. Where the memory cannot feed the peak, the layer is "
            '"memory" bound.',
        ),
        Mistake(
            "always promises the peak",
            lambda macs, values, peak, bandwidth: (peak, "compute"),
            "This always returns the peak. A layer reaches it only if the values arrive fast enough: compare it with "
            "intensity · bandwidth.",
        ),
        Mistake(
            "adds the two times",
            _times_added,
            "This adds the time to compute and the time to move the values. In the roofline, an upper limit, both "
            "happen at the same time: `min(peak, intensity * bandwidth)`.",
        ),
    ),
    hints=(
        "Count 2 operations per MAC and 4 bytes per value. Their quotient is the intensity, in FLOP per byte.",
        "The memory can feed intensity · bandwidth FLOP/s; the processor can do `peak`. The lower one counts.",
        'The layer is "memory" bound if `intensity * bandwidth < peak`, otherwise "compute" bound.',
    ),
)


# 16.3 Through sixteen bits


def _gradient_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw gradients that float16 loses, and scales that do nothing, help and are too large."""
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
    """Return the gradients that arrive through float16 with loss scaling, and whether the step is skipped."""
    with np.errstate(over="ignore"):
        scaled = (gradients * scale).astype(np.float16)
    if not np.isfinite(scaled).all():
        return np.zeros(len(gradients)), True
    return scaled.astype(np.float32) / scale, False


def _half(values: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        return np.asarray(values).astype(np.float16)


def _scaled_late(gradients: np.ndarray, scale: int) -> Arrived:
    _, skipped = through_float16(gradients, scale)
    if skipped:
        return np.zeros(len(gradients)), True
    return _half(gradients).astype(np.float32) * scale / scale, False


def _never_skips(gradients: np.ndarray, scale: int) -> Arrived:
    return _half(gradients * scale).astype(np.float32) / scale, False


def _drops_the_infinite(gradients: np.ndarray, scale: int) -> Arrived:
    arrived = _half(gradients * scale).astype(np.float32) / scale
    finite = np.isfinite(arrived)
    return np.where(finite, arrived, 0), not finite.all()


def _not_unscaled(gradients: np.ndarray, scale: int) -> Arrived:
    arrived, skipped = through_float16(gradients, scale)
    return arrived * scale, skipped


LOSS_SCALING = Exercise(
    id="16.3",
    title="Through sixteen bits",
    answer_name="through_float16",
    section="Why the loss is scaled",
    minutes=10,
    points=3,
    cases=_gradient_cases,
    groups=lambda gradients, scale: "not scaled" if scale == 1 else "scaled",
    reference=through_float16,
    compare=close(rtol=1e-7, atol=1e-14),  # all steps are exact: scales are powers of two
    mistakes=(
        Mistake(
            "holds them in float16 without the scale",
            _scaled_late,
            "The gradients pass through float16 without their scale, and what became 0 there stays 0. Scale *before* "
            "`.astype(np.float16)`, and divide only after converting back to float32.",
        ),
        Mistake(
            "forgets to take the scale off",
            _not_unscaled,
            "These gradients are still `scale` times too large, so the step would be too. Divide by the scale.",
        ),
        Mistake(
            "does not scale at all",
            lambda gradients, scale: (_half(gradients).astype(np.float32), False),
            "The scale is not used. Multiply by it before the conversion to float16, and divide after converting back.",
        ),
        Mistake(
            "steps on infinity",
            _never_skips,
            "A scaled gradient beyond 65,504 becomes infinite, and one such step destroys the weights. Test with "
            "`np.isfinite` *after* the conversion to float16, and skip the step.",
        ),
        Mistake(
            "skips only the infinite ones",
            _drops_the_infinite,
            "Only the infinite gradients are set to 0. Skip the whole step: if any gradient overflows, set all of "
            "them to 0.",
        ),
        Mistake(
            "stays in float32",
            lambda gradients, scale: (gradients * scale / scale, False),
            "Nothing is lost here, because nothing passes through float16. Convert with `.astype(np.float16)`.",
        ),
    ),
    hints=(
        "There are three steps: multiply by the scale and convert to float16; test whether all values are finite; "
        "convert back to float32 and divide.",
        "`scaled = (gradients * scale).astype(np.float16)`. A value beyond 65,504 becomes infinite: test with "
        "`np.isfinite(scaled).all()`.",
        "If not all are finite: `return np.zeros(len(gradients)), True`. Otherwise: `return scaled.astype(np.float32) "
        "/ scale, False`.",
    ),
)


# 16.4 k times the batch


def _batch_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw steps before, at and after the top of the schedule, and images that do not divide by the batch."""
    cases: list[Inputs] = [(10, 50_000, 100, 0.1, 1), (40, 50_000, 100, 0.1, 4)]
    for k, least, most in ((2, 1, 2), (3, 0, 1), (8, 0, 8)):  # the last batch, in batches of the old size
        batch_size, rate = int(rng.integers(20, 60)), float(rng.uniform(0.01, 0.2))
        rest = int(rng.integers(least * batch_size + 1, most * batch_size))
        images = k * batch_size * int(rng.integers(40, 90)) + rest
        steps = math.ceil(images / (k * batch_size))
        places = (0, 1, steps // 10, steps // 5 + 1, steps // 2, steps - 1)
        cases += [(step, images, batch_size, rate, k) for step in places]
    return cases


def larger_batch(step: int, images: int, batch_size: int, rate: float, k: int) -> Plan:
    """Return the steps of one epoch with batches k times as large, and the one-cycle rate at a step."""
    steps = int(np.ceil(images / (k * batch_size)))
    peak, top = k * rate, steps / 5
    if step < top:
        return steps, peak * step / top
    return steps, peak * (steps - step) / (steps - top)


def _one_cycle(step: int, steps: int, peak: float) -> float:
    top = steps / 5
    if step < top:
        return peak * step / top
    return peak * (steps - step) / (steps - top)


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


def _one_step_on(step: int, images: int, batch_size: int, rate: float, k: int) -> Plan:
    steps = math.ceil(images / (k * batch_size))
    return steps, _one_cycle(step + 1, steps, k * rate)


def _fall_from_the_start(step: int, images: int, batch_size: int, rate: float, k: int) -> Plan:
    steps = math.ceil(images / (k * batch_size))
    is_falling = step >= steps / 5
    return steps, k * rate * (1 - step / steps) if is_falling else _one_cycle(step, steps, k * rate)


def _part_of_schedule(step: int, images: int, batch_size: int, rate: float, k: int) -> str:
    is_rising = step < math.ceil(images / (k * batch_size)) / 5
    return "while the rate rises" if is_rising else "while the rate falls"


LARGER_BATCH = Exercise(
    id="16.4",
    title="k times the batch",
    answer_name="larger_batch",
    section="Batch size and learning rate",
    minutes=10,
    points=3,
    cases=_batch_cases,
    groups=_part_of_schedule,
    reference=larger_batch,
    compare=close(rtol=1e-6, atol=1e-12),
    mistakes=(
        Mistake(
            "leaves the rate as it was",
            lambda step, images, batch_size, rate, k: larger_batch(step, images, batch_size, rate / k, k),
            "The peak is the old rate. There are k times fewer steps, so each must go k times as far: use k · rate.",
        ),
        Mistake(
            "scales with the root of k",
            lambda step, images, batch_size, rate, k: larger_batch(
                step, images, batch_size, rate / k**0.5, k
            ),
            "This scales the rate by √k, a rule for other optimisers. The exercise asks for linear scaling: k · rate.",
        ),
        Mistake(
            "divides the rate by k",
            lambda step, images, batch_size, rate, k: larger_batch(step, images, batch_size, rate / k**2, k),
            "This divides the rate by k. Fewer steps need a larger rate: multiply by k.",
        ),
        Mistake(
            "keeps the number of steps",
            _same_steps,
            "This is the number of steps for the old batch. A batch k times as large needs k times fewer steps: "
            "divide by k · batch_size.",
        ),
        Mistake(
            "multiplies the steps by k",
            _more_steps,
            "This multiplies the number of steps by k. A larger batch needs fewer steps per epoch: divide by k · "
            "batch_size.",
        ),
        Mistake(
            "drops the last batch",
            _floored,
            "The last, smaller batch is left out. It is a step too: round up with `math.ceil` or `np.ceil`.",
        ),
        Mistake(
            "starts at the peak",
            _no_warm_up,
            "There is no warm-up. In the first fifth of the steps the rate must *rise* from 0 to the peak.",
        ),
        Mistake(
            "stays at the peak",
            _constant,
            "The rate stays at its peak after the warm-up. It must fall in a straight line, to 0 at the end.",
        ),
        Mistake(
            "counts the steps from 1",
            _one_step_on,
            "The rate is that of the next step. Steps count from 0, and step 0 has the rate 0: use `step`, not "
            "`step + 1`.",
        ),
        Mistake(
            "begins the fall at step 0",
            _fall_from_the_start,
            "The line of the fall begins at step 0, so the rate jumps down where the warm-up ends. It begins at the "
            "peak: peak · (steps − step) / (steps − top).",
        ),
    ),
    hints=(
        "The number of steps: `int(np.ceil(images / (k * batch_size)))`. The peak: `k * rate`, reached at `steps / 5`.",
        "On the way up, for `step < top`, the rate is step / top of the peak.",
        "On the way down, (steps − step) of (steps − top) are left: `peak * (steps - step) / (steps - top)`.",
    ),
)


# 16.5 One gradient from many


def _device_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw gradients of two to five devices, with shares that are equal, unequal, and in one case empty."""
    cases: list[Inputs] = [(np.array([[1.0, 2.0], [4.0, -1.0]]), np.array([3, 1]))]
    for devices in (2, 3, 5):
        shares = rng.integers(5, 40, devices) * np.arange(1, devices + 1)
        cases.append((rng.normal(size=(devices, 4)), shares))
    with_idle = rng.normal(size=(3, 4)) * np.array([[1], [1], [0]])
    return [*cases, (with_idle, np.array([16, 7, 0])), (rng.normal(size=(4, 3)), np.full(4, 32))]


def whole_gradient(gradients: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the mean gradient of the whole batch from the means (devices, weights) and image counts (devices,)."""
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
            "This is right only if all devices hold the same number of images. Weight each device's mean by its "
            "number of images.",
        ),
        Mistake(
            "adds the devices up",
            lambda gradients, counts: gradients.sum(axis=0),
            "This adds up the means, so the result grows with the number of devices. Weight each mean by its count, "
            "and divide by the number of all images.",
        ),
        Mistake(
            "weighs and does not divide",
            lambda gradients, counts: counts @ gradients,
            "This is the *sum* of the gradients of all images. Divide by the number of all images.",
        ),
        Mistake(
            "divides by the number of devices",
            lambda gradients, counts: counts @ gradients / len(counts),
            "This divides by the number of devices. The means are weighted by numbers of images: divide by their sum, "
            "`counts.sum()`.",
        ),
        Mistake(
            "averages over the weights instead of the devices",
            lambda gradients, counts: gradients.mean(axis=1),
            "This averages over the weights, which gives one number per device. Average over axis 0, the devices, to "
            "get one number per weight.",
        ),
        Mistake(
            "takes the fullest device",
            lambda gradients, counts: gradients[counts.argmax()],
            "This uses one device and ignores the others. All images count equally: average over all devices.",
        ),
    ),
    hints=(
        "A device's mean times its count is the sum over its images. You may add these sums.",
        "Then divide by the number of all images, `counts.sum()`.",
        "With matrices: `counts @ gradients` is the sum, (weights,).",
    ),
)


# 16.6 One batch norm from many


def _norm_cases(rng: np.random.Generator) -> list[Inputs]:
    """Draw the statistics of equal shares of a batch, far enough apart to matter."""
    cases: list[Inputs] = [(np.array([[0.0], [4.0]]), np.array([[1.0], [1.0]]))]
    for devices in (2, 3, 8):
        shares = rng.normal(rng.normal(0, 2, (devices, 1, 3)), rng.uniform(0.5, 2), (devices, 20, 3))
        cases.append((shares.mean(axis=1), shares.var(axis=1)))
    return cases


def global_statistics(means: np.ndarray, variances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and variance (channels,) of the whole batch from those of equal shares (devices, channels)."""
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
            "This equals the mean of the variances, which leaves out how far apart the devices' means are. Add the "
            "variance of the means.",
        ),
        Mistake(
            "takes the spread of the means alone",
            lambda means, variances: (means.mean(axis=0), means.var(axis=0)),
            "This is only how the devices differ from each other. The images differ within each device too: add the "
            "mean of the variances.",
        ),
        Mistake(
            "forgets to take the mean's square off",
            lambda means, variances: (means.mean(axis=0), (variances + means**2).mean(axis=0)),
            "This is the mean of the squares, E[x²]. The variance is E[x²] − E[x]²: subtract the square of the mean.",
        ),
        Mistake(
            "averages the standard deviations",
            lambda means, variances: (means.mean(axis=0), np.sqrt(variances).mean(axis=0) ** 2),
            "This averages the standard deviations. Average the squares instead, E[x²] = variance + mean², then "
            "subtract the square of the mean.",
        ),
        Mistake(
            "adds the variances up",
            lambda means, variances: (means.mean(axis=0), variances.sum(axis=0)),
            "This adds up the variances, so the result grows with the number of devices. Average the squares instead, "
            "variance + mean², then subtract the square of the mean.",
        ),
        Mistake(
            "counts the devices as a sample",
            lambda means, variances: (
                means.mean(axis=0),
                variances.mean(axis=0) + means.var(axis=0, ddof=1),
            ),
            "The spread of the means is divided by devices − 1 here. Batch normalisation divides by the number of "
            "devices: `ddof=0`.",
        ),
    ),
    hints=(
        "The mean is easy: the shares are equal, so it is the mean of the means.",
        "Squares can be averaged, variances cannot: on each device, the mean of the squares is variance + mean².",
        "Average these over the devices, and subtract the square of the global mean.",
    ),
)

EXERCISES = (PIPELINE, ROOFLINE, LOSS_SCALING, LARGER_BATCH, WHOLE_GRADIENT, NORM_STATISTICS)
