# %% 9.1 right · two ifs with round
def unit_of(parameters, stated):
    size = parameters * 4
    if round(size / 10**6) == stated:
        return "MB"
    if round(size / 2**20) == stated:
        return "MiB"
    return "neither"

# %% 9.1 right · the package's arithmetic, elif
def unit_of(parameters, stated):
    size = arithmetic.memory_bytes(parameters)
    if round(arithmetic.megabytes(size)) == stated:
        answer = "MB"
    elif round(arithmetic.mebibytes(size)) == stated:
        answer = "MiB"
    else:
        answer = "neither"
    return answer

# %% 9.1 right · table of units and a loop
def unit_of(parameters, stated):
    for unit, size in {"MB": 1e6, "MiB": 1024 * 1024}.items():
        if np.round(4 * parameters / size) == stated:
            return unit
    return "neither"

# %% 9.1 right · next with a default
def unit_of(parameters, stated):
    units = (("MB", 1_000_000), ("MiB", 1_048_576))
    return next((name for name, size in units if round(parameters * 4 / size) == stated), "neither")

# %% 9.1 right · formatted as text
def unit_of(parameters, stated):
    if f"{4 * parameters / 1e6:.0f}" == str(stated):
        return "MB"
    return "MiB" if f"{4 * parameters / 2**20:.0f}" == str(stated) else "neither"

# %% 9.1 right · distance to the stated size
def unit_of(parameters, stated):
    mega, mebi = parameters / 250_000, parameters / 262_144
    if abs(mega - stated) <= 0.5:
        return "MB"
    elif abs(mebi - stated) <= 0.5:
        return "MiB"
    return "neither"

# %% 9.1 right · match
def unit_of(parameters, stated):
    size = 4 * parameters
    match bool(round(size / 1000 / 1000) == stated), bool(round(size / 1024 / 1024) == stated):
        case (True, _):
            return "MB"
        case (False, True):
            return "MiB"
    return "neither"

# %% 9.1 right · int of size plus a half
def unit_of(parameters, stated):
    rounded = [int(parameters * np.dtype("float32").itemsize / size + 0.5) for size in (1e6, 2**20)]
    return ["MB", "MiB"][rounded.index(stated)] if stated in rounded else "neither"

# %% 9.1 wrong · cut off, not rounded
def unit_of(parameters, stated):
    if 4 * parameters // 10**6 == stated:
        return "MB"
    if 4 * parameters // 2**20 == stated:
        return "MiB"
    return "neither"

# %% 9.1 wrong · rounded up
def unit_of(parameters, stated):
    if np.ceil(4 * parameters / 10**6) == stated:
        return "MB"
    if np.ceil(4 * parameters / 2**20) == stated:
        return "MiB"
    return "neither"

# %% 9.1 wrong · not rounded at all
def unit_of(parameters, stated):
    if parameters * 4 / 10**6 == stated:
        return "MB"
    if parameters * 4 / 2**20 == stated:
        return "MiB"
    return "neither"

# %% 9.1 wrong · the four bytes forgotten
def unit_of(parameters, stated):
    if round(parameters / 10**6) == stated:
        return "MB"
    if round(parameters / 2**20) == stated:
        return "MiB"
    return "neither"

# %% 9.1 wrong · eight bytes per number
def unit_of(parameters, stated):
    if round(parameters * 8 / 10**6) == stated:
        return "MB"
    if round(parameters * 8 / 2**20) == stated:
        return "MiB"
    return "neither"

# %% 9.1 wrong · MB and MiB mixed up
def unit_of(parameters, stated):
    if round(parameters * 4 / 10**6) == stated:
        return "MiB"
    if round(parameters * 4 / 2**20) == stated:
        return "MB"
    return "neither"

# %% 9.1 wrong · 1024 × 1000
def unit_of(parameters, stated):
    if round(parameters * 4 / 10**6) == stated:
        return "MB"
    if round(parameters * 4 / (1024 * 1000)) == stated:
        return "MiB"
    return "neither"

# %% 9.1 wrong · kilobytes
def unit_of(parameters, stated):
    if round(parameters * 4 / 10**3) == stated:
        return "MB"
    if round(parameters * 4 / 2**10) == stated:
        return "MiB"
    return "neither"

# %% 9.1 wrong · neither forgotten
def unit_of(parameters, stated):
    if round(parameters * 4 / 10**6) == stated:
        return "MB"
    if round(parameters * 4 / 2**20) == stated:
        return "MiB"

# %% 9.1 wrong · everything else is MiB
def unit_of(parameters, stated):
    return "MB" if round(parameters * 4 / 10**6) == stated else "MiB"

# %% 9.1 wrong · whichever is nearer
def unit_of(parameters, stated):
    megabytes, mebibytes = parameters * 4 / 10**6, parameters * 4 / 2**20
    return "MB" if abs(megabytes - stated) < abs(mebibytes - stated) else "MiB"

# %% 9.1 wrong · five per cent off is right
def unit_of(parameters, stated):
    if abs(parameters * 4 / 10**6 - stated) <= 0.05 * stated:
        return "MB"
    if abs(parameters * 4 / 2**20 - stated) <= 0.05 * stated:
        return "MiB"
    return "neither"

# %% 9.1 wrong · other spelling
def unit_of(parameters, stated):
    if round(parameters * 4 / 10**6) == stated:
        return "mb"
    if round(parameters * 4 / 2**20) == stated:
        return "mib"
    return "neither"

# %% 9.1 wrong · rounded to a decimal
def unit_of(parameters, stated):
    if round(parameters * 4 / 10**6, 1) == stated:
        return "MB"
    if round(parameters * 4 / 2**20, 1) == stated:
        return "MiB"
    return "neither"

# %% 9.1 wrong · bits, not bytes
def unit_of(parameters, stated):
    if round(parameters * 32 / 10**6) == stated:
        return "MB"
    if round(parameters * 32 / 2**20) == stated:
        return "MiB"
    return "neither"

# %% 9.1 wrong · a function without its module
def unit_of(parameters, stated):
    if round(megabytes(memory_bytes(parameters))) == stated:
        return "MB"
    return "MiB" if round(mebibytes(memory_bytes(parameters))) == stated else "neither"

# %% 9.1 wrong · looked up, no key for neither
def unit_of(parameters, stated):
    units = {round(parameters * 4 / 10**6): "MB", round(parameters * 4 / 2**20): "MiB"}
    return units[stated]

# %% 9.2 right · the stub filled in
places = 28 * 28
bottlenecks = 3 * places * 256 * 64
slip = {
    "term": "3x3",
    "macs": places * 9 * 64 * 192,
    "total": bottlenecks + places * (256 * 128 + 9 * 64 * 192 + 25 * 64 * 96),
}

# %% 9.2 right · only the numbers
slip = {"term": "3x3", "macs": 86_704_128, "total": 271_351_808}

# %% 9.2 right · search for the term that explains 358 M
places = 28**2
bottlenecks = places * 256 * (64 + 64 + 64)
terms = {"1x1": places * 256 * 128, "3x3": places * 9 * 64 * 192, "5x5": places * 25 * 64 * 96}
total = bottlenecks + sum(terms.values())
term = min(terms, key=lambda name: abs(total + terms[name] - 358e6))
slip = {"term": term, "macs": terms[term], "total": total}

# %% 9.2 right · the package's arithmetic
size = (28, 28)
three = arithmetic.conv_macs(size, 3, 64, 192)
total = 3 * arithmetic.conv_macs(size, 1, 256, 64) + arithmetic.conv_macs(size, 1, 256, 128)
total += three + arithmetic.conv_macs(size, 5, 64, 96)
slip = dict(term="3x3", macs=three, total=total)

# %% 9.2 right · a loop over the six layers
places = 28 * 28
rows = [(1, 256, 64)] * 3 + [(1, 256, 128), (3, 64, 192), (5, 64, 96)]
slip = {"total": 0}
for kernel, before, after in rows:
    macs = places * kernel * kernel * before * after
    slip["total"] += macs
    if kernel == 3:
        slip["term"], slip["macs"] = "3x3", macs

# %% 9.2 right · NumPy whole numbers
k, c, f = np.array([[1, 256, 192], [1, 256, 128], [3, 64, 192], [5, 64, 96]], dtype=np.int64).T
macs = 784 * k**2 * c * f
guess = int(np.argmin(np.abs(macs.sum() + macs[1:] - 358_000_000)))
slip = {"term": ("1x1", "3x3", "5x5")[guess], "macs": macs[1 + guess], "total": macs.sum()}

# %% 9.2 right · a function for one convolution
def conv(kernel, before, after):
    return 28 * 28 * kernel**2 * before * after

places = 28 * 28
bottlenecks = sum(conv(1, 256, 64) for _ in range(3))
others = conv(1, 256, 128), conv(3, 64, 192), conv(5, 64, 96)
slip = {"total": bottlenecks + sum(others), "macs": others[1], "term": "3x3"}

# %% 9.2 right · the module in Keras, counted
with keras.StatelessScope(initialize_variables=False):
    inputs = keras.Input((28, 28, 256))
    thin = [layers.Conv2D(64, 1)(inputs) for _ in range(2)]
    pooled = layers.MaxPooling2D(3, strides=1, padding="same")(inputs)
    maps = [
        layers.Conv2D(128, 1)(inputs),
        layers.Conv2D(192, 3, padding="same")(thin[0]),
        layers.Conv2D(96, 5, padding="same")(thin[1]),
        layers.Conv2D(64, 1)(pooled),
    ]
    module = keras.Model(inputs, layers.Concatenate()(maps))
total = accountant.account(module).macs
slip = {"term": "3x3", "macs": 28 * 28 * 3 * 3 * 64 * 192, "total": total}

# %% 9.2 wrong · the 5x5
places = 28 * 28
bottlenecks = 3 * places * 256 * 64
five = places * 25 * 64 * 96
slip = {"term": "5x5", "macs": five, "total": 358_055_936 - five}

# %% 9.2 wrong · the 1x1
places = 28 * 28
bottlenecks = 3 * places * 256 * 64
one = places * 256 * 128
slip = {"term": "1x1", "macs": one, "total": 358_055_936 - one}

# %% 9.2 wrong · the slide's total kept
places = 28 * 28
slip = {"term": "3x3", "macs": places * 9 * 64 * 192, "total": 358_055_936}

# %% 9.2 wrong · subtracted from the rounded 358 M
three = 28 * 28 * 9 * 64 * 192
slip = {"term": "3x3", "macs": three, "total": 358_000_000 - three}

# %% 9.2 wrong · subtracted twice
three = 28 * 28 * 9 * 64 * 192
slip = {"term": "3x3", "macs": three, "total": 358_055_936 - 2 * three}

# %% 9.2 wrong · millions
slip = {"term": "3x3", "macs": 86.7, "total": 271.4}

# %% 9.2 wrong · two bottlenecks only
places = 28 * 28
bottlenecks = 2 * places * 256 * 64
total = bottlenecks + places * (256 * 128 + 9 * 64 * 192 + 25 * 64 * 96)
slip = {"term": "3x3", "macs": places * 9 * 64 * 192, "total": total}

# %% 9.2 wrong · bottlenecks left out
places = 28 * 28
total = places * (256 * 128 + 9 * 64 * 192 + 25 * 64 * 96)
slip = {"term": "3x3", "macs": places * 9 * 64 * 192, "total": total}

# %% 9.2 wrong · kernel sizes not squared
places = 28 * 28
bottlenecks = 3 * places * 256 * 64
three = places * 3 * 64 * 192
slip = {"term": "3x3", "macs": three, "total": bottlenecks + places * (256 * 128 + 5 * 64 * 96) + three}

# %% 9.2 wrong · all layers read 256 channels
places = 28 * 28
bottlenecks = 3 * places * 256 * 64
three = places * 9 * 256 * 192
slip = {"term": "3x3", "macs": three, "total": bottlenecks + places * 256 * (128 + 25 * 96) + three}

# %% 9.2 wrong · no padding
bottlenecks = 3 * 28 * 28 * 256 * 64
three = 26 * 26 * 9 * 64 * 192
total = bottlenecks + 28 * 28 * 256 * 128 + three + 24 * 24 * 25 * 64 * 96
slip = {"term": "3x3", "macs": three, "total": total}

# %% 9.2 wrong · the 1x1 read the thin maps
places = 28 * 28
bottlenecks = 3 * places * 256 * 64
total = bottlenecks + places * 64 * (128 + 9 * 192 + 25 * 96)
slip = {"term": "3x3", "macs": places * 9 * 64 * 192, "total": total}

# %% 9.2 wrong · MACs of both copies
three = 28 * 28 * 9 * 64 * 192
slip = {"term": "3x3", "macs": 2 * three, "total": 271_351_808}

# %% 9.2 wrong · weights, not MACs
slip = {"term": "3x3", "macs": 9 * 64 * 192, "total": 3 * 256 * 64 + 256 * 128 + 9 * 64 * 192 + 25 * 64 * 96}

# %% 9.2 wrong · total forgotten
slip = {"term": "3x3", "macs": 28 * 28 * 9 * 64 * 192}

# %% 9.2 wrong · a tuple
slip = "3x3", 86_704_128, 271_351_808

# %% 9.2 wrong · numbers as text
slip = {"term": "3x3", "macs": "86,704,128", "total": "271,351,808"}

# %% 9.2 wrong · the size as a number
slip = {"term": 3, "macs": 86_704_128, "total": 271_351_808}

# %% 9.2 wrong · a name that is not there
places = 28 * 28
slip = {"term": "3x3", "macs": places * 9 * 64 * 192, "total": bottleneck + places * 9 * 64 * 192}

# %% 9.3 right · the formulas
def momentum_step(weights, velocity, gradient, rate, momentum, decay):
    velocity = momentum * velocity - rate * (gradient + decay * weights)
    return weights + velocity, velocity

# %% 9.3 right · new names
def momentum_step(weights, velocity, gradient, rate, momentum, decay):
    pull = gradient + decay * weights
    new_velocity = momentum * velocity - rate * pull
    new_weights = weights + new_velocity
    return (new_weights, new_velocity)

# %% 9.3 right · brackets multiplied out
def momentum_step(weights, velocity, gradient, rate, momentum, decay):
    v = momentum * velocity - rate * gradient - rate * decay * weights
    w = (1 - rate * decay) * weights + momentum * velocity - rate * gradient
    return w, v

# %% 9.3 right · loop over flat arrays
def momentum_step(weights, velocity, gradient, rate, momentum, decay):
    new = []
    for w, v, g in zip(np.ravel(weights), np.ravel(velocity), np.ravel(gradient)):
        v = momentum * v - rate * (g + decay * w)
        new.append((w + v, v))
    w, v = np.array(new).T
    return w.reshape(np.shape(weights)), v.reshape(np.shape(weights))

# %% 9.3 right · NumPy functions
def momentum_step(weights, velocity, gradient, rate, momentum, decay):
    scaled = np.multiply(rate, np.add(gradient, np.multiply(decay, weights)))
    velocity = np.subtract(np.multiply(momentum, velocity), scaled)
    return np.add(weights, velocity), velocity

# %% 9.3 right · step downhill turned round
def momentum_step(weights, velocity, gradient, rate, momentum, decay):
    down = rate * (gradient + decay * weights) - momentum * velocity
    return weights - down, -down

# %% 9.3 right · keras.ops, float32 tensors
def momentum_step(weights, velocity, gradient, rate, momentum, decay):
    w, v, g = (keras.ops.convert_to_tensor(one, "float32") for one in (weights, velocity, gradient))
    v = keras.ops.subtract(v * float(momentum), (g + w * float(decay)) * float(rate))
    return keras.ops.add(w, v), v

# %% 9.3 right · Keras's optimizer for the new weights
def momentum_step(weights, velocity, gradient, rate, momentum, decay):
    variable = keras.Variable(np.asarray(weights, "float32"))
    pull = np.asarray(gradient + decay * weights, "float32")
    keras.optimizers.SGD(rate).apply([keras.ops.convert_to_tensor(pull)], [variable])
    new = np.asarray(variable) + momentum * velocity
    return new, momentum * velocity - rate * pull

# %% 9.3 wrong · plus for minus
def momentum_step(weights, velocity, gradient, rate, momentum, decay):
    velocity = momentum * velocity + rate * (gradient + decay * weights)
    return weights + velocity, velocity

# %% 9.3 wrong · velocity subtracted
def momentum_step(weights, velocity, gradient, rate, momentum, decay):
    velocity = momentum * velocity - rate * (gradient + decay * weights)
    return weights - velocity, velocity

# %% 9.3 wrong · decay forgotten
def momentum_step(weights, velocity, gradient, rate, momentum, decay):
    velocity = momentum * velocity - rate * gradient
    return weights + velocity, velocity

# %% 9.3 wrong · brackets forgotten
def momentum_step(weights, velocity, gradient, rate, momentum, decay):
    velocity = momentum * velocity - rate * gradient + decay * weights
    return weights + velocity, velocity

# %% 9.3 wrong · decay past the velocity
def momentum_step(weights, velocity, gradient, rate, momentum, decay):
    velocity = momentum * velocity - rate * gradient
    return weights + velocity - rate * decay * weights, velocity

# %% 9.3 wrong · decay without the rate
def momentum_step(weights, velocity, gradient, rate, momentum, decay):
    velocity = momentum * velocity - rate * gradient - decay * weights
    return weights + velocity, velocity

# %% 9.3 wrong · old velocity moves the weights
def momentum_step(weights, velocity, gradient, rate, momentum, decay):
    new_velocity = momentum * velocity - rate * (gradient + decay * weights)
    return weights + velocity, new_velocity

# %% 9.3 wrong · velocity first
def momentum_step(weights, velocity, gradient, rate, momentum, decay):
    velocity = momentum * velocity - rate * (gradient + decay * weights)
    return velocity, weights + velocity

# %% 9.3 wrong · only the weights
def momentum_step(weights, velocity, gradient, rate, momentum, decay):
    velocity = momentum * velocity - rate * (gradient + decay * weights)
    return weights + velocity

# %% 9.3 wrong · rate kept out of the velocity
def momentum_step(weights, velocity, gradient, rate, momentum, decay):
    velocity = momentum * velocity - (gradient + decay * weights)
    return weights + rate * velocity, velocity

# %% 9.3 wrong · running mean
def momentum_step(weights, velocity, gradient, rate, momentum, decay):
    velocity = momentum * velocity - (1 - momentum) * rate * (gradient + decay * weights)
    return weights + velocity, velocity

# %% 9.3 wrong · Nesterov
def momentum_step(weights, velocity, gradient, rate, momentum, decay):
    pull = rate * (gradient + decay * weights)
    velocity = momentum * velocity - pull
    return weights + momentum * velocity - pull, velocity

# %% 9.3 wrong · momentum forgotten
def momentum_step(weights, velocity, gradient, rate, momentum, decay):
    velocity = velocity - rate * (gradient + decay * weights)
    return weights + velocity, velocity

# %% 9.3 wrong · decay halved
def momentum_step(weights, velocity, gradient, rate, momentum, decay):
    velocity = momentum * velocity - rate * (gradient + decay / 2 * weights)
    return weights + velocity, velocity

# %% 9.3 wrong · decay of the velocity
def momentum_step(weights, velocity, gradient, rate, momentum, decay):
    velocity = momentum * velocity - rate * (gradient + decay * velocity)
    return weights + velocity, velocity

# %% 9.3 wrong · matrix product
def momentum_step(weights, velocity, gradient, rate, momentum, decay):
    velocity = momentum @ velocity - rate @ (gradient + decay @ weights)
    return weights + velocity, velocity

# %% 9.3 wrong · Greek names
def momentum_step(weights, velocity, gradient, rate, momentum, decay):
    velocity = μ * velocity - α * (gradient + λ * weights)
    return weights + velocity, velocity

# %% 9.3 wrong · sums over all weights
def momentum_step(weights, velocity, gradient, rate, momentum, decay):
    velocity = momentum * velocity - rate * np.sum(gradient + decay * weights)
    return weights + velocity, velocity

# %% 9.4 right · early return, then a loop
def learning_rate(step, peak, warmup, drops):
    if step < warmup:
        return peak * (step + 1) / warmup
    rate = peak
    for drop in drops:
        if step >= drop:
            rate = rate / 10
    return rate

# %% 9.4 right · min and a count
def learning_rate(step, peak, warmup, drops):
    return peak * min(1, (step + 1) / warmup) / 10 ** sum(step >= drop for drop in drops)

# %% 9.4 right · bisect
def learning_rate(step, peak, warmup, drops):
    from bisect import bisect_right

    if step + 1 < warmup:
        return (step + 1) * (peak / warmup)
    return peak * 0.1 ** bisect_right(drops, step)

# %% 9.4 right · recursion over the drops
def learning_rate(step, peak, warmup, drops):
    if drops:
        before = learning_rate(step, peak, warmup, drops[:-1])
        return before / 10 if step >= drops[-1] else before
    return peak if step >= warmup else peak / warmup * (step + 1)

# %% 9.4 right · NumPy, interp
def learning_rate(step, peak, warmup, drops):
    ramp = np.interp(step + 1, [0, warmup], [0, peak])
    return float(ramp * 0.1 ** np.count_nonzero(np.array(drops) <= step))

# %% 9.4 right · run through all the steps
def learning_rate(step, peak, warmup, drops):
    rate = 0.0
    for now in range(step + 1):
        if now < warmup:
            rate += peak / warmup
        if now in drops:
            rate /= 10
    return rate

# %% 9.4 right · list of factors, float32
def learning_rate(step, peak, warmup, drops):
    factors = [1.0 if step >= warmup else (step + 1) / warmup]
    factors += [0.1 for drop in drops if drop <= step]
    return np.float32(peak * np.prod(factors))

# %% 9.4 right · searchsorted, conditional expression
def learning_rate(step, peak, warmup, drops):
    stage = int(np.searchsorted(drops, step, side="right"))
    return peak * (step + 1) / warmup if step <= warmup - 1 else peak / 10**stage

# %% 9.4 wrong · warm-up starts at 0
def learning_rate(step, peak, warmup, drops):
    if step < warmup:
        return peak * step / warmup
    return peak / 10 ** sum(step >= drop for drop in drops)

# %% 9.4 wrong · peak reached a step late
def learning_rate(step, peak, warmup, drops):
    if step < warmup:
        return peak * (step + 1) / (warmup + 1)
    return peak / 10 ** sum(step >= drop for drop in drops)

# %% 9.4 wrong · a step above the peak
def learning_rate(step, peak, warmup, drops):
    if step <= warmup:
        return peak * (step + 1) / warmup
    return peak / 10 ** sum(step >= drop for drop in drops)

# %% 9.4 wrong · drops a step late
def learning_rate(step, peak, warmup, drops):
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak / 10 ** sum(step > drop for drop in drops)

# %% 9.4 wrong · only one drop
def learning_rate(step, peak, warmup, drops):
    if step < warmup:
        return peak * (step + 1) / warmup
    for drop in drops:
        if step >= drop:
            return peak / 10
    return peak

# %% 9.4 wrong · ten times the number of drops
def learning_rate(step, peak, warmup, drops):
    if step < warmup:
        return peak * (step + 1) / warmup
    count = sum(step >= drop for drop in drops)
    return peak / (10 * count) if count else peak

# %% 9.4 wrong · low at the drop itself only
def learning_rate(step, peak, warmup, drops):
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak / 10 if step in drops else peak

# %% 9.4 wrong · no warm-up
def learning_rate(step, peak, warmup, drops):
    return peak / 10 ** sum(step >= drop for drop in drops)

# %% 9.4 wrong · no drops
def learning_rate(step, peak, warmup, drops):
    return peak * min(1, (step + 1) / warmup)

# %% 9.4 wrong · drops counted from the end of the warm-up
def learning_rate(step, peak, warmup, drops):
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak / 10 ** sum(step - warmup >= drop for drop in drops)

# %% 9.4 wrong · halved, not divided by ten
def learning_rate(step, peak, warmup, drops):
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak / 2 ** sum(step >= drop for drop in drops)

# %% 9.4 wrong · max for min
def learning_rate(step, peak, warmup, drops):
    return peak * max(1, (step + 1) / warmup) / 10 ** sum(step >= drop for drop in drops)

# %% 9.4 wrong · all the drops at once
def learning_rate(step, peak, warmup, drops):
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak / 10 ** len(drops)

# %% 9.4 wrong · a tenth of the peak taken off
def learning_rate(step, peak, warmup, drops):
    if step < warmup:
        return peak * (step + 1) / warmup
    rate = peak
    for drop in drops:
        if step >= drop:
            rate -= peak / 10
    return rate

# %% 9.4 wrong · warm-up at a constant rate
def learning_rate(step, peak, warmup, drops):
    if step < warmup:
        return peak / warmup
    return peak / 10 ** sum(step >= drop for drop in drops)

# %% 9.4 wrong · always two drops
def learning_rate(step, peak, warmup, drops):
    if step < warmup:
        return peak * (step + 1) / warmup
    if step < drops[0]:
        return peak
    return peak / 10 if step < drops[1] else peak / 100

# %% 9.4 wrong · compares with the tuple
def learning_rate(step, peak, warmup, drops):
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak / 10 if step >= drops else peak

# %% 9.4 wrong · return forgotten after the warm-up
def learning_rate(step, peak, warmup, drops):
    if step < warmup:
        return peak * (step + 1) / warmup
    for drop in drops:
        if step >= drop:
            peak = peak / 10

# %% 9.5 right · slices, then the formula
def prepare(image, size, mean, deviation):
    top, left = (image.shape[0] - size) // 2, (image.shape[1] - size) // 2
    crop = image[top : top + size, left : left + size] / 255
    return (crop - np.array(mean)) / np.array(deviation)

# %% 9.5 right · float32 from the start
def prepare(image, size, mean, deviation):
    height, width = image.shape[:2]
    y, x = int((height - size) / 2), int((width - size) / 2)
    pixels = np.asarray(image, "float32")[y : y + size, x : x + size, :] / np.float32(255)
    return (pixels - np.float32(mean)) / np.float32(deviation)

# %% 9.5 right · one channel after another
def prepare(image, size, mean, deviation):
    H, W, _ = image.shape
    i, j = (H - size) // 2, (W - size) // 2
    channels = []
    for c in range(3):
        one = image[i : i + size, j : j + size, c].astype(float) / 255.0
        channels.append((one - mean[c]) / deviation[c])
    return np.stack(channels, axis=-1)

# %% 9.5 right · mean and deviation brought to 0-255
def prepare(image, size, mean, deviation):
    top, left = np.subtract(image.shape[:2], size) // 2
    crop = image[top : top + size, left : left + size].astype(np.float64)
    return (crop - 255 * np.asarray(mean)) / (255 * np.asarray(deviation))

# %% 9.5 right · pixel loops
def prepare(image, size, mean, deviation):
    top, left = (len(image) - size) // 2, (len(image[0]) - size) // 2
    out = np.zeros((size, size, 3))
    for i in range(size):
        for j in range(size):
            for c in range(3):
                out[i, j, c] = (int(image[top + i, left + j, c]) / 255 - mean[c]) / deviation[c]
    return out

# %% 9.5 right · normalised first, cut out last
def prepare(image, size, mean, deviation):
    normal = (image / 255 - np.reshape(mean, (1, 1, 3))) / np.reshape(deviation, (1, 1, 3))
    before = [(n - size) // 2 for n in normal.shape[:2]]
    rows, columns = (slice(start, start + size) for start in before)
    return normal[rows, columns]

# %% 9.5 right · keras.ops, a tensor
def prepare(image, size, mean, deviation):
    x = keras.ops.cast(keras.ops.convert_to_tensor(image), "float32")
    start = ((image.shape[0] - size) // 2, (image.shape[1] - size) // 2, 0)
    x = keras.ops.slice(x, start, (size, size, 3)) / 255.0
    x = x - keras.ops.convert_to_tensor(np.float32(mean))
    return x / keras.ops.convert_to_tensor(np.float32(deviation))

# %% 9.5 right · margins cut off, np.take
def prepare(image, size, mean, deviation):
    rows = (image.shape[0] - size) // 2 + np.arange(size)
    columns = (image.shape[1] - size) // 2 + np.arange(size)
    crop = np.take(np.take(image, rows, axis=0), columns, axis=1)
    return np.divide(np.true_divide(crop, 255) - mean, deviation)

# %% 9.5 wrong · not brought to 0-1
def prepare(image, size, mean, deviation):
    top, left = (image.shape[0] - size) // 2, (image.shape[1] - size) // 2
    return (image[top : top + size, left : left + size] - np.array(mean)) / np.array(deviation)

# %% 9.5 wrong · whole division
def prepare(image, size, mean, deviation):
    top, left = (image.shape[0] - size) // 2, (image.shape[1] - size) // 2
    return (image[top : top + size, left : left + size] // 255 - np.array(mean)) / np.array(deviation)

# %% 9.5 wrong · divided by 256
def prepare(image, size, mean, deviation):
    top, left = (image.shape[0] - size) // 2, (image.shape[1] - size) // 2
    return (image[top : top + size, left : left + size] / 256 - np.array(mean)) / np.array(deviation)

# %% 9.5 wrong · offsets rounded up
def prepare(image, size, mean, deviation):
    top, left = (image.shape[0] - size + 1) // 2, (image.shape[1] - size + 1) // 2
    return (image[top : top + size, left : left + size] / 255 - np.array(mean)) / np.array(deviation)

# %% 9.5 wrong · from the middle down and right
def prepare(image, size, mean, deviation):
    top, left = image.shape[0] // 2, image.shape[1] // 2
    return (image[top : top + size, left : left + size] / 255 - np.array(mean)) / np.array(deviation)

# %% 9.5 wrong · top left corner
def prepare(image, size, mean, deviation):
    return (image[:size, :size] / 255 - np.array(mean)) / np.array(deviation)

# %% 9.5 wrong · offsets swapped
def prepare(image, size, mean, deviation):
    left, top = (image.shape[0] - size) // 2, (image.shape[1] - size) // 2
    return (image[top : top + size, left : left + size] / 255 - np.array(mean)) / np.array(deviation)

# %% 9.5 wrong · not cut out
def prepare(image, size, mean, deviation):
    return (image / 255 - np.array(mean)) / np.array(deviation)

# %% 9.5 wrong · blue, green, red
def prepare(image, size, mean, deviation):
    top, left = (image.shape[0] - size) // 2, (image.shape[1] - size) // 2
    crop = image[top : top + size, left : left + size, ::-1] / 255
    return (crop - np.array(mean)) / np.array(deviation)

# %% 9.5 wrong · mean subtracted last
def prepare(image, size, mean, deviation):
    top, left = (image.shape[0] - size) // 2, (image.shape[1] - size) // 2
    return image[top : top + size, left : left + size] / 255 / np.array(deviation) - np.array(mean)

# %% 9.5 wrong · mean and deviation of the picture
def prepare(image, size, mean, deviation):
    top, left = (image.shape[0] - size) // 2, (image.shape[1] - size) // 2
    crop = image[top : top + size, left : left + size] / 255
    return (crop - crop.mean(axis=(0, 1))) / crop.std(axis=(0, 1))

# %% 9.5 wrong · multiplied by the deviation
def prepare(image, size, mean, deviation):
    top, left = (image.shape[0] - size) // 2, (image.shape[1] - size) // 2
    return (image[top : top + size, left : left + size] / 255 - np.array(mean)) * np.array(deviation)

# %% 9.5 wrong · deviation taken for the variance
def prepare(image, size, mean, deviation):
    top, left = (image.shape[0] - size) // 2, (image.shape[1] - size) // 2
    return (image[top : top + size, left : left + size] / 255 - np.array(mean)) / np.sqrt(deviation)

# %% 9.5 wrong · one mean for all three channels
def prepare(image, size, mean, deviation):
    top, left = (image.shape[0] - size) // 2, (image.shape[1] - size) // 2
    return (image[top : top + size, left : left + size] / 255 - np.mean(mean)) / np.mean(deviation)

# %% 9.5 wrong · a batch of one
def prepare(image, size, mean, deviation):
    top, left = (image.shape[0] - size) // 2, (image.shape[1] - size) // 2
    return ((image[top : top + size, left : left + size] / 255 - np.array(mean)) / np.array(deviation))[None]

# %% 9.5 wrong · channels first, as in Torch
def prepare(image, size, mean, deviation):
    top, left = (image.shape[0] - size) // 2, (image.shape[1] - size) // 2
    crop = (image[top : top + size, left : left + size] / 255 - np.array(mean)) / np.array(deviation)
    return crop.transpose(2, 0, 1)

# %% 9.5 wrong · offsets are floats
def prepare(image, size, mean, deviation):
    top, left = (image.shape[0] - size) / 2, (image.shape[1] - size) / 2
    return (image[top : top + size, left : left + size] / 255 - np.array(mean)) / np.array(deviation)

# %% 9.5 wrong · divided in place, in bytes
def prepare(image, size, mean, deviation):
    top, left = (image.shape[0] - size) // 2, (image.shape[1] - size) // 2
    crop = image[top : top + size, left : left + size].copy()
    crop /= 255
    return (crop - np.array(mean)) / np.array(deviation)

# %% 9.5 wrong · equal margins on both sides
def prepare(image, size, mean, deviation):
    margin_y, margin_x = (image.shape[0] - size) // 2, (image.shape[1] - size) // 2
    return (image[margin_y:-margin_y, margin_x:-margin_x] / 255 - np.array(mean)) / np.array(deviation)

# %% 9.6 right · argsort, last k
def top_k_accuracy(probabilities, labels, k):
    best = np.argsort(probabilities, axis=1)[:, -k:]
    return np.mean((best == labels[:, None]).any(axis=1))

# %% 9.6 right · argsort of the negatives, loop with in
def top_k_accuracy(probabilities, labels, k):
    hits = 0
    for row, label in zip(probabilities, labels):
        if label in np.argsort(-row)[:k]:
            hits += 1
    return hits / len(labels)

# %% 9.6 right · count the likelier classes
def top_k_accuracy(probabilities, labels, k):
    own = np.take_along_axis(probabilities, np.asarray(labels)[:, None], axis=1)
    return float(((probabilities > own).sum(axis=1) < k).mean())

# %% 9.6 right · sorted lists
def top_k_accuracy(probabilities, labels, k):
    def best(row):
        return sorted(range(len(row)), key=lambda c: row[c], reverse=True)[:k]

    return sum(int(label) in best(row) for row, label in zip(probabilities, labels)) / len(probabilities)

# %% 9.6 right · argpartition
def top_k_accuracy(probabilities, labels, k):
    best = np.argpartition(-probabilities, k - 1, axis=-1)[:, :k]
    return np.isin(best - np.reshape(labels, (-1, 1)), 0).sum() / len(probabilities)

# %% 9.6 right · keras.ops.in_top_k
def top_k_accuracy(probabilities, labels, k):
    hits = keras.ops.in_top_k(np.asarray(labels, "int32"), np.asarray(probabilities, "float32"), k)
    return float(keras.ops.mean(keras.ops.cast(hits, "float32")))

# %% 9.6 right · keras.ops.top_k
def top_k_accuracy(probabilities, labels, k):
    _, classes = keras.ops.top_k(keras.ops.convert_to_tensor(probabilities), k)
    classes = keras.ops.convert_to_numpy(classes)
    return np.mean([labels[i] in classes[i].tolist() for i in range(len(labels))])

# %% 9.6 right · rank of the true class
def top_k_accuracy(probabilities, labels, k):
    ranks = np.argsort(np.argsort(-probabilities, axis=1), axis=1)  # 0 for the likeliest
    return np.count_nonzero(ranks[np.arange(len(labels)), labels] < k) / len(labels)

# %% 9.6 right · likeliest taken out k times
def top_k_accuracy(probabilities, labels, k):
    left, rows = np.array(probabilities, dtype=float), np.arange(len(labels))
    found = np.zeros(len(labels), bool)
    for _ in range(k):
        guess = left.argmax(axis=1)
        found |= guess == labels
        left[rows, guess] = -np.inf
    return found.mean()

# %% 9.6 wrong · the k least likely
def top_k_accuracy(probabilities, labels, k):
    best = np.argsort(probabilities, axis=1)[:, :k]
    return np.mean((best == labels[:, None]).any(axis=1))

# %% 9.6 wrong · only the likeliest
def top_k_accuracy(probabilities, labels, k):
    return np.mean(probabilities.argmax(axis=1) == labels)

# %% 9.6 wrong · always five
def top_k_accuracy(probabilities, labels, k):
    best = np.argsort(probabilities, axis=1)[:, -5:]
    return np.mean((best == labels[:, None]).any(axis=1))

# %% 9.6 wrong · only the k-th
def top_k_accuracy(probabilities, labels, k):
    best = np.argsort(-probabilities, axis=1)[:, k - 1]
    return np.mean(best == labels)

# %% 9.6 wrong · the likeliest left out
def top_k_accuracy(probabilities, labels, k):
    best = np.argsort(probabilities, axis=1)[:, -k:-1]
    return np.mean((best == labels[:, None]).any(axis=1))

# %% 9.6 wrong · one guess too many
def top_k_accuracy(probabilities, labels, k):
    best = np.argsort(-probabilities, axis=1)[:, : k + 1]
    return np.mean((best == labels[:, None]).any(axis=1))

# %% 9.6 wrong · sorted along the batch
def top_k_accuracy(probabilities, labels, k):
    best = np.argsort(probabilities, axis=0)[:, -k:]
    return np.mean((best == labels[:, None]).any(axis=1))

# %% 9.6 wrong · count for the share
def top_k_accuracy(probabilities, labels, k):
    best = np.argsort(probabilities, axis=1)[:, -k:]
    return (best == labels[:, None]).sum()

# %% 9.6 wrong · per cent
def top_k_accuracy(probabilities, labels, k):
    best = np.argsort(probabilities, axis=1)[:, -k:]
    return 100 * np.mean((best == labels[:, None]).any(axis=1))

# %% 9.6 wrong · the error
def top_k_accuracy(probabilities, labels, k):
    best = np.argsort(probabilities, axis=1)[:, -k:]
    return 1 - np.mean((best == labels[:, None]).any(axis=1))

# %% 9.6 wrong · mean over the guesses too
def top_k_accuracy(probabilities, labels, k):
    best = np.argsort(probabilities, axis=1)[:, -k:]
    return np.mean(best == labels[:, None])

# %% 9.6 wrong · all for any
def top_k_accuracy(probabilities, labels, k):
    best = np.argsort(probabilities, axis=1)[:, -k:]
    return np.mean((best == labels[:, None]).all(axis=1))

# %% 9.6 wrong · probabilities in place of classes
def top_k_accuracy(probabilities, labels, k):
    best = np.sort(probabilities, axis=1)[:, -k:]
    return np.mean([label in row for row, label in zip(best, labels)])

# %% 9.6 wrong · classes of all rows together
def top_k_accuracy(probabilities, labels, k):
    best = np.argsort(probabilities, axis=1)[:, -k:]
    return np.mean(np.isin(labels, best))

# %% 9.6 wrong · returns after the first row
def top_k_accuracy(probabilities, labels, k):
    hits = 0
    for row, label in zip(probabilities, labels):
        hits += label in np.argsort(row)[-k:]
        return hits / len(labels)

# %% 9.6 wrong · more than one k-th of the probability
def top_k_accuracy(probabilities, labels, k):
    own = probabilities[np.arange(len(labels)), labels]
    return np.mean(own > 1 / k)

# %% 9.6 wrong · labels not stood up
def top_k_accuracy(probabilities, labels, k):
    best = np.argsort(probabilities, axis=1)[:, -k:]
    return np.mean((best == labels).any(axis=1))

# %% 9.6 wrong · labels taken for one-hot
def top_k_accuracy(probabilities, labels, k):
    best = np.argsort(probabilities, axis=1)[:, -k:]
    return np.mean((best == labels.argmax(axis=1)[:, None]).any(axis=1))

# %% 9.6 wrong · argument of sort that is not there
def top_k_accuracy(probabilities, labels, k):
    best = np.argsort(probabilities, axis=1, reverse=True)[:, :k]
    return np.mean((best == labels[:, None]).any(axis=1))
