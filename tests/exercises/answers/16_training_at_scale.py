# %% 16.1 right · if and else
def throughput(batch_size, load, step, workers):
    if workers == 0:
        period = load + step
    else:
        period = max(load / workers, step)
    return batch_size / period, 1 - step / period

# %% 16.1 right · early return, the wait
def throughput(batch_size, load, step, workers):
    if not workers:
        return batch_size / (load + step), load / (load + step)
    wait = max(0.0, load / workers - step)
    return batch_size / (step + wait), wait / (step + wait)

# %% 16.1 right · rates instead of times
def throughput(batch_size, load, step, workers):
    possible = batch_size / step
    if workers > 0:
        rate = min(workers * batch_size / load, possible)
    else:
        rate = batch_size / (load + step)
    return (rate, 1 - rate / possible)

# %% 16.1 right · conditional expression, NumPy
def throughput(batch_size, load, step, workers):
    period = np.maximum(load / workers, step) if workers else np.add(load, step)
    return float(batch_size / period), float((period - step) / period)

# %% 16.1 right · who is slower, three cases
def throughput(batch_size, load, step, workers):
    if workers == 0:
        seconds, idle = load + step, load
    elif load > step * workers:
        seconds, idle = load / workers, load / workers - step
    else:
        seconds, idle = step, 0
    return batch_size / seconds, idle / seconds

# %% 16.1 right · helper and sorted
def throughput(batch_size, load, step, workers):
    def between_steps():
        if workers < 1:
            return step + load
        return sorted([step, load / workers])[-1]

    seconds = between_steps()
    busy = step / seconds
    return batch_size * (1 / seconds), 1.0 - busy

# %% 16.1 right · a thousand batches
def throughput(batch_size, load, step, workers):
    count = 1000
    busy, total = count * step, count * (load + step)
    if workers >= 1:
        total = max(count * load / workers, busy)
    return count * batch_size / total, (total - busy) / total

# %% 16.1 wrong · no case for 0 workers
def throughput(batch_size, load, step, workers):
    period = max(load / workers, step)
    return batch_size / period, 1 - step / period

# %% 16.1 wrong · 0 workers taken for one
def throughput(batch_size, load, step, workers):
    period = max(load / max(workers, 1), step)
    return batch_size / period, 1 - step / period

# %% 16.1 wrong · always in turn
def throughput(batch_size, load, step, workers):
    period = load / max(workers, 1) + step
    return batch_size / period, 1 - step / period

# %% 16.1 wrong · the shorter time counts
def throughput(batch_size, load, step, workers):
    period = load + step if workers == 0 else min(load / workers, step)
    return batch_size / period, 1 - step / period

# %% 16.1 wrong · number of workers ignored
def throughput(batch_size, load, step, workers):
    period = load + step if workers == 0 else max(load, step)
    return batch_size / period, 1 - step / period

# %% 16.1 wrong · workers divide the step too
def throughput(batch_size, load, step, workers):
    period = load + step if workers == 0 else max(load, step) / workers
    return batch_size / period, 1 - step / period

# %% 16.1 wrong · more workers take longer
def throughput(batch_size, load, step, workers):
    period = load + step if workers == 0 else max(load * workers, step)
    return batch_size / period, 1 - step / period

# %% 16.1 wrong · the training prepares as well
def throughput(batch_size, load, step, workers):
    period = load + step if workers == 0 else max(load / (workers + 1), step)
    return batch_size / period, 1 - step / period

# %% 16.1 wrong · share of the time at work
def throughput(batch_size, load, step, workers):
    period = load + step if workers == 0 else max(load / workers, step)
    return batch_size / period, step / period

# %% 16.1 wrong · per cent
def throughput(batch_size, load, step, workers):
    period = load + step if workers == 0 else max(load / workers, step)
    return batch_size / period, 100 * (1 - step / period)

# %% 16.1 wrong · share of the time that loading takes
def throughput(batch_size, load, step, workers):
    if workers == 0:
        return batch_size / (load + step), load / (load + step)
    period = max(load / workers, step)
    return batch_size / period, load / workers / period

# %% 16.1 wrong · idle below 0
def throughput(batch_size, load, step, workers):
    if workers == 0:
        return batch_size / (load + step), load / (load + step)
    period = max(load / workers, step)
    return batch_size / period, (load / workers - step) / period

# %% 16.1 wrong · seconds of waiting, not a share
def throughput(batch_size, load, step, workers):
    period = load + step if workers == 0 else max(load / workers, step)
    return batch_size / period, period - step

# %% 16.1 wrong · batches per second
def throughput(batch_size, load, step, workers):
    period = load + step if workers == 0 else max(load / workers, step)
    return 1 / period, 1 - step / period

# %% 16.1 wrong · seconds per image
def throughput(batch_size, load, step, workers):
    period = load + step if workers == 0 else max(load / workers, step)
    return period / batch_size, 1 - step / period

# %% 16.1 wrong · idle share first
def throughput(batch_size, load, step, workers):
    period = load + step if workers == 0 else max(load / workers, step)
    return 1 - step / period, batch_size / period

# %% 16.1 wrong · never idle without workers
def throughput(batch_size, load, step, workers):
    if workers == 0:
        return batch_size / (load + step), 0.0
    period = max(load / workers, step)
    return batch_size / period, 1 - step / period

# %% 16.1 wrong · period known in one branch only
def throughput(batch_size, load, step, workers):
    if workers > 0:
        period = max(load / workers, step)
    return batch_size / period, 1 - step / period

# %% 16.2 right · intensity and the two limits
def attainable(macs, values, peak, bandwidth):
    intensity = 2 * macs / (4 * values)
    slope = intensity * bandwidth
    if slope < peak:
        return slope, "memory"
    return peak, "compute"

# %% 16.2 right · compared with the ridge
def attainable(macs, values, peak, bandwidth):
    operations, moved = macs * 2, values * 4
    ridge = peak / bandwidth
    bound = "compute" if operations / moved >= ridge else "memory"
    return min(peak, operations / moved * bandwidth), bound

# %% 16.2 right · the two times
def attainable(macs, values, peak, bandwidth):
    flop = 2 * macs
    computing, moving = flop / peak, 4 * values / bandwidth
    return flop / max(computing, moving), "compute" if computing >= moving else "memory"

# %% 16.2 right · minimum of pairs
def attainable(macs, values, peak, bandwidth):
    return min((peak, "compute"), (macs / (2 * values) * bandwidth, "memory"))

# %% 16.2 right · a dictionary of limits
def attainable(macs, values, peak, bandwidth):
    size = np.dtype("float32").itemsize
    limits = {"compute": float(peak), "memory": bandwidth * (2 * macs) / (values * size)}
    lowest = min(limits, key=limits.get)
    return limits[lowest], lowest

# %% 16.2 right · NumPy, argmin
def attainable(macs, values, peak, bandwidth):
    speeds = np.array([peak, 0.5 * macs * bandwidth / values])
    which = int(np.argmin(speeds))
    return speeds[which], ["compute", "memory"][which]

# %% 16.2 right · floats per second
def attainable(macs, values, peak, bandwidth):
    floats_per_second = bandwidth / 4
    speed = floats_per_second * (2 * macs / values)
    answer = (speed, "memory") if speed < peak else (peak, "compute")
    return answer

# %% 16.2 wrong · a MAC as one operation
def attainable(macs, values, peak, bandwidth):
    slope = macs / (4 * values) * bandwidth
    return min(peak, slope), "memory" if slope < peak else "compute"

# %% 16.2 wrong · values taken for bytes
def attainable(macs, values, peak, bandwidth):
    slope = 2 * macs / values * bandwidth
    return min(peak, slope), "memory" if slope < peak else "compute"

# %% 16.2 wrong · bits instead of bytes
def attainable(macs, values, peak, bandwidth):
    slope = 2 * macs / (32 * values) * bandwidth
    return min(peak, slope), "memory" if slope < peak else "compute"

# %% 16.2 wrong · eight bytes per value
def attainable(macs, values, peak, bandwidth):
    slope = 2 * macs / (8 * values) * bandwidth
    return min(peak, slope), "memory" if slope < peak else "compute"

# %% 16.2 wrong · macs halved
def attainable(macs, values, peak, bandwidth):
    slope = macs / 2 / (4 * values) * bandwidth
    return min(peak, slope), "memory" if slope < peak else "compute"

# %% 16.2 wrong · the higher limit
def attainable(macs, values, peak, bandwidth):
    slope = 2 * macs / (4 * values) * bandwidth
    return max(peak, slope), "memory" if slope < peak else "compute"

# %% 16.2 wrong · names exchanged
def attainable(macs, values, peak, bandwidth):
    slope = 2 * macs / (4 * values) * bandwidth
    return min(peak, slope), "compute" if slope < peak else "memory"

# %% 16.2 wrong · bytes over operations
def attainable(macs, values, peak, bandwidth):
    slope = 4 * values / (2 * macs) * bandwidth
    return min(peak, slope), "memory" if slope < peak else "compute"

# %% 16.2 wrong · bandwidth over intensity
def attainable(macs, values, peak, bandwidth):
    slope = bandwidth / (2 * macs / (4 * values))
    return min(peak, slope), "memory" if slope < peak else "compute"

# %% 16.2 wrong · intensity compared with the peak
def attainable(macs, values, peak, bandwidth):
    intensity = 2 * macs / (4 * values)
    return min(peak, intensity * bandwidth), "compute" if intensity > peak else "memory"

# %% 16.2 wrong · ridge upside down
def attainable(macs, values, peak, bandwidth):
    intensity = 2 * macs / (4 * values)
    return min(peak, intensity * bandwidth), "compute" if intensity >= bandwidth / peak else "memory"

# %% 16.2 wrong · the peak for every layer
def attainable(macs, values, peak, bandwidth):
    slope = 2 * macs / (4 * values) * bandwidth
    return peak, "memory" if slope < peak else "compute"

# %% 16.2 wrong · the intensity instead of the speed
def attainable(macs, values, peak, bandwidth):
    intensity = 2 * macs / (4 * values)
    return min(intensity, peak / bandwidth), "memory" if intensity < peak / bandwidth else "compute"

# %% 16.2 wrong · seconds
def attainable(macs, values, peak, bandwidth):
    computing, moving = 2 * macs / peak, 4 * values / bandwidth
    return max(computing, moving), "compute" if computing >= moving else "memory"

# %% 16.2 wrong · other words
def attainable(macs, values, peak, bandwidth):
    slope = 2 * macs / (4 * values) * bandwidth
    return min(peak, slope), "bandwidth" if slope < peak else "peak"

# %% 16.2 wrong · name first
def attainable(macs, values, peak, bandwidth):
    slope = 2 * macs / (4 * values) * bandwidth
    return "memory" if slope < peak else "compute", min(peak, slope)

# %% 16.2 wrong · whole division
def attainable(macs, values, peak, bandwidth):
    slope = 2 * macs // (4 * values) * bandwidth
    return min(peak, slope), "memory" if slope < peak else "compute"

# %% 16.2 wrong · speed only
def attainable(macs, values, peak, bandwidth):
    return min(peak, 2 * macs / (4 * values) * bandwidth)

# %% 16.2 wrong · intensity never defined
def attainable(macs, values, peak, bandwidth):
    speed = min(peak, intensity * bandwidth)
    return speed, "compute" if speed == peak else "memory"

# %% 16.2 wrong · nothing for the flat part
def attainable(macs, values, peak, bandwidth):
    speed = 2 * macs / (4 * values) * bandwidth
    if speed < peak:
        return speed, "memory"

# %% 16.3 right · astype and isfinite
def through_float16(gradients, scale):
    with np.errstate(over="ignore"):
        small = (gradients * np.float32(scale)).astype(np.float16)
    if not np.isfinite(small).all():
        return np.zeros_like(gradients), True
    return small.astype(np.float32) / np.float32(scale), False

# %% 16.3 right · no errstate, any
def through_float16(gradients, scale):
    back = (scale * gradients).astype("float16").astype("float32")
    skipped = bool(np.any(~np.isfinite(back)))
    arrived = np.zeros(len(gradients), "float32") if skipped else back / scale
    return arrived, skipped

# %% 16.3 right · one by one
def through_float16(gradients, scale):
    arrived = []
    with np.errstate(over="ignore"):
        for gradient in gradients:
            half = np.float16(np.float32(gradient) * np.float32(scale))
            if not np.isfinite(half):
                return np.zeros(len(gradients)), True
            arrived.append(np.float32(half) / np.float32(scale))
    return np.array(arrived), False

# %% 16.3 right · isinf and isnan, zero times
def through_float16(gradients, scale):
    with np.errstate(over="ignore", invalid="ignore"):
        halves = np.array(np.multiply(gradients, np.float32(scale)), dtype=np.half)
        overflow = (np.isinf(halves) | np.isnan(halves)).any()
        arrived = np.divide(np.array(halves, dtype=np.single), np.float32(scale))
    return np.where(overflow, np.float32(0), arrived), overflow

# %% 16.3 right · buffer of float16, math
def through_float16(gradients, scale):
    import math

    buffer = np.empty(gradients.shape, np.float16)
    with np.errstate(all="ignore"):
        buffer[:] = gradients * scale
    values = [float(value) for value in buffer]
    if all(map(math.isfinite, values)):
        return np.array(values, np.float32) / scale, False
    return np.array([0.0] * len(values), np.float32), True

# %% 16.3 right · helper functions, loop with a flag
def through_float16(gradients, scale):
    def halve(array):
        with np.errstate(over="ignore"):
            return array.astype("f2")

    received = halve(gradients * scale).astype("f4")
    skip = False
    for value in received:
        if np.isnan(value) or abs(value) == np.inf:
            skip = True
    if skip:
        received[:] = 0
    else:
        received = received / scale
    return received, skip

# %% 16.3 wrong · not divided again
def through_float16(gradients, scale):
    with np.errstate(over="ignore"):
        small = (gradients * scale).astype(np.float16)
    if not np.isfinite(small).all():
        return np.zeros_like(gradients), True
    return small.astype(np.float32), False

# %% 16.3 wrong · not scaled
def through_float16(gradients, scale):
    with np.errstate(over="ignore"):
        small = gradients.astype(np.float16)
    if not np.isfinite(small).all():
        return np.zeros_like(gradients), True
    return small.astype(np.float32), False

# %% 16.3 wrong · converted before it is scaled
def through_float16(gradients, scale):
    with np.errstate(over="ignore"):
        small = (gradients.astype(np.float16).astype(np.float32) * scale).astype(np.float16)
    if not np.isfinite(small).all():
        return np.zeros_like(gradients), True
    return small.astype(np.float32) / scale, False

# %% 16.3 wrong · divided in float16
def through_float16(gradients, scale):
    with np.errstate(over="ignore", invalid="ignore"):
        small = (gradients * scale).astype(np.float16)
        if not np.isfinite(small).all():
            return np.zeros_like(gradients), True
        return (small / np.float16(scale)).astype(np.float32), False

# %% 16.3 wrong · divided, then multiplied
def through_float16(gradients, scale):
    with np.errstate(over="ignore"):
        small = (gradients / scale).astype(np.float16)
    if not np.isfinite(small).all():
        return np.zeros_like(gradients), True
    return small.astype(np.float32) * scale, False

# %% 16.3 wrong · skipped only if all overflow
def through_float16(gradients, scale):
    with np.errstate(over="ignore"):
        small = (gradients * scale).astype(np.float16)
    if not np.isfinite(small).any():
        return np.zeros_like(gradients), True
    return small.astype(np.float32) / scale, False

# %% 16.3 wrong · only the infinite ones become 0
def through_float16(gradients, scale):
    with np.errstate(over="ignore"):
        small = (gradients * scale).astype(np.float16).astype(np.float32)
    bad = ~np.isfinite(small)
    return np.where(bad, 0, small / scale), bool(bad.any())

# %% 16.3 wrong · flag upside down
def through_float16(gradients, scale):
    with np.errstate(over="ignore"):
        small = (gradients * scale).astype(np.float16)
    if not np.isfinite(small).all():
        return np.zeros_like(gradients), False
    return small.astype(np.float32) / scale, True

# %% 16.3 wrong · nan looked for, not infinity
def through_float16(gradients, scale):
    with np.errstate(over="ignore"):
        small = (gradients * scale).astype(np.float16)
    if np.isnan(small).any():
        return np.zeros_like(gradients), True
    return small.astype(np.float32) / scale, False

# %% 16.3 wrong · checked before the conversion
def through_float16(gradients, scale):
    scaled = gradients * scale
    if not np.isfinite(scaled).all():
        return np.zeros_like(gradients), True
    with np.errstate(over="ignore"):
        return scaled.astype(np.float16).astype(np.float32) / scale, False

# %% 16.3 wrong · infinity of one sign
def through_float16(gradients, scale):
    with np.errstate(over="ignore"):
        small = (gradients * scale).astype(np.float16)
    if small.max() == np.inf:
        return np.zeros_like(gradients), True
    return small.astype(np.float32) / scale, False

# %% 16.3 wrong · skipped where one becomes 0
def through_float16(gradients, scale):
    with np.errstate(over="ignore"):
        small = (gradients * scale).astype(np.float16)
    if not np.isfinite(small).all() or (small == 0).any():
        return np.zeros_like(gradients), True
    return small.astype(np.float32) / scale, False

# %% 16.3 wrong · bfloat16
def through_float16(gradients, scale):
    small = (gradients * scale).astype(ml_dtypes.bfloat16)
    if not np.isfinite(small.astype(np.float32)).all():
        return np.zeros_like(gradients), True
    return small.astype(np.float32) / scale, False

# %% 16.3 wrong · never through float16
def through_float16(gradients, scale):
    scaled = gradients * scale
    if np.abs(scaled).max(initial=0) > 65504:
        return np.zeros_like(gradients), True
    return scaled / scale, False

# %% 16.3 wrong · one zero instead of n
def through_float16(gradients, scale):
    with np.errstate(over="ignore"):
        small = (gradients * scale).astype(np.float16)
    if not np.isfinite(small).all():
        return 0.0, True
    return small.astype(np.float32) / scale, False

# %% 16.3 wrong · the gradients themselves arrive when skipped
def through_float16(gradients, scale):
    with np.errstate(over="ignore"):
        small = (gradients * scale).astype(np.float16)
    if not np.isfinite(small).all():
        return gradients, True
    return small.astype(np.float32) / scale, False

# %% 16.3 wrong · no word about skipping
def through_float16(gradients, scale):
    with np.errstate(over="ignore"):
        small = (gradients * scale).astype(np.float16)
    if not np.isfinite(small).all():
        return np.zeros_like(gradients)
    return small.astype(np.float32) / scale

# %% 16.3 wrong · clipped to the largest
def through_float16(gradients, scale):
    small = np.clip(gradients * scale, -65504, 65504).astype(np.float16)
    return small.astype(np.float32) / scale, False

# %% 16.3 wrong · method of another library
def through_float16(gradients, scale):
    small = (gradients * scale).half()
    if not np.isfinite(small).all():
        return np.zeros_like(gradients), True
    return small.float() / scale, False

# %% 16.3 wrong · an array in an if
def through_float16(gradients, scale):
    with np.errstate(over="ignore"):
        small = (gradients * scale).astype(np.float16)
    if np.isinf(small):
        return np.zeros_like(gradients), True
    return small.astype(np.float32) / scale, False

# %% 16.4 right · math.ceil, if
def larger_batch(step, images, batch_size, rate, k):
    import math

    steps = math.ceil(images / (k * batch_size))
    peak, top = k * rate, steps / 5
    if step <= top:
        return steps, peak * step / top
    return steps, peak * (steps - step) / (steps - top)

# %% 16.4 right · np.interp
def larger_batch(step, images, batch_size, rate, k):
    steps = int(np.ceil(images / (batch_size * k)))
    return steps, float(np.interp(step, [0, steps / 5, steps], [0, k * rate, 0]))

# %% 16.4 right · lower of two lines
def larger_batch(step, images, batch_size, rate, k):
    steps = -(-images // (batch_size * k))
    up, down = 5 * step / steps, 1.25 * (1 - step / steps)
    return (steps, k * rate * min(up, down))

# %% 16.4 right · divmod and conditional expression
def larger_batch(step, images, batch_size, rate, k):
    whole, rest = divmod(images, batch_size * k)
    steps = whole + 1 if rest else whole
    warm_up = steps * 0.2
    factor = step / warm_up if step < warm_up else 1 - (step - warm_up) / (steps - warm_up)
    return steps, rate * k * factor

# %% 16.4 right · starts of the batches counted
def larger_batch(step, images, batch_size, rate, k):
    steps = len(range(0, images, k * batch_size))
    peak = rate * k
    place = step / steps
    if place < 0.2:
        now = peak * (place / 0.2)
    else:
        now = peak * ((1 - place) / 0.8)
    return steps, now

# %% 16.4 right · images counted down in a loop
def larger_batch(step, images, batch_size, rate, k):
    steps, left = 0, images
    while left > 0:
        left -= k * batch_size
        steps += 1
    highest = k * rate
    rise = highest / (steps / 5)
    fall = highest / (steps - steps / 5)
    return steps, step * rise if 5 * step < steps else highest - fall * (step - steps / 5)

# %% 16.4 right · rounded up by adding, np.where
def larger_batch(step, images, batch_size, rate, k):
    large = k * batch_size
    steps = (images + large - 1) // large
    rates = np.where(step < steps / 5, 5 * step / steps, (steps - step) / (0.8 * steps))
    return steps, float(k * rate * rates)

# %% 16.4 wrong · last, smaller batch dropped
def larger_batch(step, images, batch_size, rate, k):
    steps = max(images // (k * batch_size), 1)
    peak, top = k * rate, steps / 5
    return steps, peak * step / top if step < top else peak * (steps - step) / (steps - top)

# %% 16.4 wrong · always one more
def larger_batch(step, images, batch_size, rate, k):
    steps = images // (k * batch_size) + 1
    peak, top = k * rate, steps / 5
    return steps, peak * step / top if step < top else peak * (steps - step) / (steps - top)

# %% 16.4 wrong · not rounded up
def larger_batch(step, images, batch_size, rate, k):
    steps = images / (k * batch_size)
    peak, top = k * rate, steps / 5
    return steps, peak * step / top if step < top else peak * (steps - step) / (steps - top)

# %% 16.4 wrong · rounded to the nearest
def larger_batch(step, images, batch_size, rate, k):
    steps = max(round(images / (k * batch_size)), 1)
    peak, top = k * rate, steps / 5
    return steps, peak * step / top if step < top else peak * (steps - step) / (steps - top)

# %% 16.4 wrong · steps of the old batch
def larger_batch(step, images, batch_size, rate, k):
    steps = -(-images // batch_size)
    peak, top = k * rate, steps / 5
    return steps, peak * step / top if step < top else peak * (steps - step) / (steps - top)

# %% 16.4 wrong · steps of the old batch, divided
def larger_batch(step, images, batch_size, rate, k):
    steps = -(-images // batch_size) // k
    steps = max(steps, 1)
    peak, top = k * rate, steps / 5
    return steps, peak * step / top if step < top else peak * (steps - step) / (steps - top)

# %% 16.4 wrong · old rate as the peak
def larger_batch(step, images, batch_size, rate, k):
    steps = -(-images // (k * batch_size))
    top = steps / 5
    return steps, rate * step / top if step < top else rate * (steps - step) / (steps - top)

# %% 16.4 wrong · root of k
def larger_batch(step, images, batch_size, rate, k):
    steps = -(-images // (k * batch_size))
    peak, top = k**0.5 * rate, steps / 5
    return steps, peak * step / top if step < top else peak * (steps - step) / (steps - top)

# %% 16.4 wrong · rate divided
def larger_batch(step, images, batch_size, rate, k):
    steps = -(-images // (k * batch_size))
    peak, top = rate / k, steps / 5
    return steps, peak * step / top if step < top else peak * (steps - step) / (steps - top)

# %% 16.4 wrong · constant after the warm-up
def larger_batch(step, images, batch_size, rate, k):
    steps = -(-images // (k * batch_size))
    return steps, k * rate * min(1, step / (steps / 5))

# %% 16.4 wrong · no warm-up
def larger_batch(step, images, batch_size, rate, k):
    steps = -(-images // (k * batch_size))
    return steps, k * rate * (1 - step / steps)

# %% 16.4 wrong · fall reckoned from step 0
def larger_batch(step, images, batch_size, rate, k):
    steps = -(-images // (k * batch_size))
    peak, top = k * rate, steps / 5
    return steps, peak * step / top if step < top else peak * (1 - step / steps)

# %% 16.4 wrong · fall as steep as the rise
def larger_batch(step, images, batch_size, rate, k):
    steps = -(-images // (k * batch_size))
    peak, top = k * rate, steps / 5
    return steps, peak * step / top if step < top else max(0, peak * (2 - step / top))

# %% 16.4 wrong · 0 at the last step
def larger_batch(step, images, batch_size, rate, k):
    steps = -(-images // (k * batch_size))
    return steps, float(np.interp(step, [0, steps / 5, max(steps - 1, steps / 5 + 0.1)], [0, k * rate, 0]))

# %% 16.4 wrong · steps from 1
def larger_batch(step, images, batch_size, rate, k):
    steps = -(-images // (k * batch_size))
    return steps, float(np.interp(step + 1, [0, steps / 5, steps], [0, k * rate, 0]))

# %% 16.4 wrong · warm-up for five steps
def larger_batch(step, images, batch_size, rate, k):
    steps = -(-images // (k * batch_size))
    peak = k * rate
    return steps, peak * step / 5 if step < 5 else peak * (steps - step) / (steps - 5)

# %% 16.4 wrong · begins at the old rate
def larger_batch(step, images, batch_size, rate, k):
    steps = -(-images // (k * batch_size))
    return steps, float(np.interp(step, [0, steps / 5, steps], [rate, k * rate, 0]))

# %% 16.4 wrong · half a cosine down
def larger_batch(step, images, batch_size, rate, k):
    steps = -(-images // (k * batch_size))
    peak, top = k * rate, steps / 5
    if step < top:
        return steps, peak * step / top
    return steps, peak * (1 + np.cos(np.pi * (step - top) / (steps - top))) / 2

# %% 16.4 wrong · the rate only
def larger_batch(step, images, batch_size, rate, k):
    steps = -(-images // (k * batch_size))
    return float(np.interp(step, [0, steps / 5, steps], [0, k * rate, 0]))

# %% 16.4 wrong · whole steps of warm-up, division by zero
def larger_batch(step, images, batch_size, rate, k):
    steps = -(-images // (k * batch_size))
    peak, top = k * rate, steps // 5
    if step <= top:
        return steps, peak * step / top
    return steps, peak * (steps - step) / (steps - top)

# %% 16.4 wrong · ceil never imported
def larger_batch(step, images, batch_size, rate, k):
    steps = ceil(images / (k * batch_size))
    return steps, float(np.interp(step, [0, steps / 5, steps], [0, k * rate, 0]))

# %% 16.5 right · np.average
def whole_gradient(gradients, counts):
    return np.average(gradients, axis=0, weights=counts)

# %% 16.5 right · vector times matrix
def whole_gradient(gradients, counts):
    return counts @ gradients / counts.sum()

# %% 16.5 right · loop over the devices
def whole_gradient(gradients, counts):
    total = np.zeros(gradients.shape[1])
    images = 0
    for gradient, count in zip(gradients, counts):
        total += gradient * count
        images += count
    return total / images

# %% 16.5 right · new axis and sum
def whole_gradient(gradients, counts):
    return (gradients * counts[:, np.newaxis]).sum(axis=0) / np.sum(counts)

# %% 16.5 right · shares first, transposed
def whole_gradient(gradients, counts):
    shares = counts / counts.sum()
    return (gradients.T * shares).sum(axis=1)

# %% 16.5 right · each row once for each image
def whole_gradient(gradients, counts):
    return np.repeat(gradients, counts, axis=0).mean(axis=0)

# %% 16.5 right · einsum, float32
def whole_gradient(gradients, counts):
    weights = np.asarray(counts, "float32")
    return np.einsum("d,dw->w", weights, np.asarray(gradients, "float32")) / weights.sum()

# %% 16.5 right · a mean that grows
def whole_gradient(gradients, counts):
    mean, seen = np.zeros(len(gradients[0])), 0
    for gradient, count in zip(gradients, counts):
        if count:
            seen += count
            mean += (gradient - mean) * count / seen
    return mean

# %% 16.5 right · comprehension over the weights
def whole_gradient(gradients, counts):
    images = sum(counts)
    return np.array([sum(n * g for n, g in zip(counts, column)) / images for column in zip(*gradients)])

# %% 16.5 right · keras.ops
def whole_gradient(gradients, counts):
    g = keras.ops.convert_to_tensor(gradients, "float32")
    n = keras.ops.convert_to_tensor(counts, "float32")
    return keras.ops.convert_to_numpy(keras.ops.matmul(n, g) / keras.ops.sum(n))

# %% 16.5 wrong · plain mean
def whole_gradient(gradients, counts):
    return gradients.mean(axis=0)

# %% 16.5 wrong · sum of the gradients
def whole_gradient(gradients, counts):
    return gradients.sum(axis=0)

# %% 16.5 wrong · not divided
def whole_gradient(gradients, counts):
    return counts @ gradients

# %% 16.5 wrong · divided by the devices
def whole_gradient(gradients, counts):
    return counts @ gradients / len(counts)

# %% 16.5 wrong · gradients taken for sums
def whole_gradient(gradients, counts):
    return gradients.sum(axis=0) / counts.sum()

# %% 16.5 wrong · each divided by its count
def whole_gradient(gradients, counts):
    return (gradients / np.maximum(counts, 1)[:, None]).mean(axis=0)

# %% 16.5 wrong · sum over the weights
def whole_gradient(gradients, counts):
    return (gradients * counts[:, None]).sum(axis=1) / counts.sum()

# %% 16.5 wrong · sum over everything
def whole_gradient(gradients, counts):
    return (gradients * counts[:, None]).sum() / counts.sum()

# %% 16.5 wrong · shares of the largest count
def whole_gradient(gradients, counts):
    return (gradients * (counts / counts.max())[:, None]).mean(axis=0)

# %% 16.5 wrong · whole shares
def whole_gradient(gradients, counts):
    return (counts // counts.sum()) @ gradients

# %% 16.5 wrong · uneven last device dropped
def whole_gradient(gradients, counts):
    return counts[:-1] @ gradients[:-1] / counts[:-1].sum() if len(counts) > 1 else gradients[0]

# %% 16.5 wrong · divided by the count of the last device
def whole_gradient(gradients, counts):
    total = np.zeros(gradients.shape[1])
    for gradient, count in zip(gradients, counts):
        total += gradient * count
    return total / count

# %% 16.5 wrong · return in the loop
def whole_gradient(gradients, counts):
    total = np.zeros(gradients.shape[1])
    for gradient, count in zip(gradients, counts):
        total += gradient * count / counts.sum()
        return total

# %% 16.5 wrong · median
def whole_gradient(gradients, counts):
    return np.median(np.repeat(gradients, counts, axis=0), axis=0)

# %% 16.5 wrong · roots of the counts
def whole_gradient(gradients, counts):
    weights = np.sqrt(counts)
    return weights @ gradients / weights.sum()

# %% 16.5 wrong · counts not laid along the devices
def whole_gradient(gradients, counts):
    return (gradients * counts).sum(axis=0) / counts.sum()

# %% 16.5 wrong · matrix times vector
def whole_gradient(gradients, counts):
    return gradients @ counts / counts.sum()

# %% 16.5 wrong · np.average without an axis
def whole_gradient(gradients, counts):
    return np.average(gradients, weights=counts)

# %% 16.6 right · mean of squares
def global_statistics(means, variances):
    mean = means.mean(axis=0)
    return mean, (variances + means**2).mean(axis=0) - mean**2

# %% 16.6 right · variance of the means added
def global_statistics(means, variances):
    return np.mean(means, axis=0), np.mean(variances, axis=0) + np.var(means, axis=0)

# %% 16.6 right · loops
def global_statistics(means, variances):
    devices, channels = means.shape
    mean, variance = np.zeros(channels), np.zeros(channels)
    for c in range(channels):
        mean[c] = sum(means[d, c] for d in range(devices)) / devices
        for d in range(devices):
            variance[c] += (variances[d, c] + (means[d, c] - mean[c]) ** 2) / devices
    return mean, variance

# %% 16.6 right · devices merged one by one
def global_statistics(means, variances):
    mean, variance = means[0] * 1.0, variances[0] * 1.0
    for seen in range(1, len(means)):
        apart = means[seen] - mean
        mean = mean + apart / (seen + 1)
        variance = (seen * variance + variances[seen]) / (seen + 1) + apart**2 * seen / (seen + 1) ** 2
    return mean, variance

# %% 16.6 right · two made-up images for each device
def global_statistics(means, variances):
    deviations = np.sqrt(variances)
    images = np.concatenate([means - deviations, means + deviations])
    return images.mean(axis=0), images.var(axis=0)

# %% 16.6 right · channel by channel, comprehension
def global_statistics(means, variances):
    found = [(m.mean(), v.mean() + ((m - m.mean()) ** 2).mean()) for m, v in zip(means.T, variances.T)]
    centres, spreads = zip(*found)
    return np.array(centres), np.array(spreads)

# %% 16.6 right · einsum and float32
def global_statistics(means, variances):
    m, v = np.float32(means), np.float32(variances)
    n = len(m)
    centre = np.einsum("dc->c", m) / n
    away = m - centre
    return centre, (np.einsum("dc->c", v) + np.einsum("dc,dc->c", away, away)) / n

# %% 16.6 right · keras.ops
def global_statistics(means, variances):
    m, v = keras.ops.convert_to_tensor(means, "float32"), keras.ops.convert_to_tensor(variances, "float32")
    whole = keras.ops.mean(v, axis=0) + keras.ops.var(m, axis=0)
    return keras.ops.convert_to_numpy(keras.ops.mean(m, axis=0)), keras.ops.convert_to_numpy(whole)

# %% 16.6 wrong · mean of the variances
def global_statistics(means, variances):
    return means.mean(axis=0), variances.mean(axis=0)

# %% 16.6 wrong · sample variance of the means
def global_statistics(means, variances):
    devices = len(means)
    away = means - means.mean(axis=0)
    return means.mean(axis=0), variances.mean(axis=0) + (away**2).sum(axis=0) / max(1, devices - 1)

# %% 16.6 wrong · variance of the means only
def global_statistics(means, variances):
    return means.mean(axis=0), means.var(axis=0)

# %% 16.6 wrong · variances added up
def global_statistics(means, variances):
    return means.mean(axis=0), variances.sum(axis=0) + means.var(axis=0)

# %% 16.6 wrong · everything added up
def global_statistics(means, variances):
    mean = means.sum(axis=0)
    return mean, (variances + means**2).sum(axis=0) - mean**2

# %% 16.6 wrong · square of the mean not subtracted
def global_statistics(means, variances):
    return means.mean(axis=0), (variances + means**2).mean(axis=0)

# %% 16.6 wrong · square of the mean added
def global_statistics(means, variances):
    mean = means.mean(axis=0)
    return mean, (variances + means**2).mean(axis=0) + mean**2

# %% 16.6 wrong · sign of the means' variance
def global_statistics(means, variances):
    return means.mean(axis=0), variances.mean(axis=0) - means.var(axis=0)

# %% 16.6 wrong · means not squared
def global_statistics(means, variances):
    mean = means.mean(axis=0)
    return mean, (variances + means).mean(axis=0) - mean

# %% 16.6 wrong · standard deviation of the means added
def global_statistics(means, variances):
    return means.mean(axis=0), variances.mean(axis=0) + means.std(axis=0)

# %% 16.6 wrong · standard deviation returned
def global_statistics(means, variances):
    return means.mean(axis=0), np.sqrt(variances.mean(axis=0) + means.var(axis=0))

# %% 16.6 wrong · mean standard deviation squared
def global_statistics(means, variances):
    return means.mean(axis=0), np.sqrt(variances).mean(axis=0) ** 2 + means.var(axis=0)

# %% 16.6 wrong · over the channels
def global_statistics(means, variances):
    return means.mean(axis=1), variances.mean(axis=1) + means.var(axis=1)

# %% 16.6 wrong · over everything
def global_statistics(means, variances):
    return means.mean(), variances.mean() + means.var()

# %% 16.6 wrong · variances divided by the devices once more
def global_statistics(means, variances):
    return means.mean(axis=0), variances.mean(axis=0) / len(means) + means.var(axis=0)

# %% 16.6 wrong · variances first
def global_statistics(means, variances):
    return variances.mean(axis=0) + means.var(axis=0), means.mean(axis=0)

# %% 16.6 wrong · the variance only
def global_statistics(means, variances):
    return variances.mean(axis=0) + means.var(axis=0)

# %% 16.6 wrong · product of the axes mixed up
def global_statistics(means, variances):
    mean = means.mean(axis=0)
    return mean, (variances + means @ means).mean(axis=0) - mean**2

# %% 16.6 wrong · mean of the channels taken off the devices
def global_statistics(means, variances):
    away = means - means.mean(axis=1)
    return means.mean(axis=0), variances.mean(axis=0) + (away**2).mean(axis=0)

# %% 16.6 wrong · method that arrays lack
def global_statistics(means, variances):
    return means.mean(axis=0), variances.mean(axis=0) + means.variance(axis=0)
