"""The exercises of chapter 16: what a training waits for, fewer bits, larger batches, several devices."""

import numpy as np

from workbook.exercises import Exercise, Mistake
from workbook.exercises.compare import close
from workbook.exercises.parallel import LARGER_BATCH, NORM_STATISTICS, WHOLE_GRADIENT

Inputs = tuple
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


EXERCISES = (PIPELINE, ROOFLINE, LOSS_SCALING, LARGER_BATCH, WHOLE_GRADIENT, NORM_STATISTICS)
