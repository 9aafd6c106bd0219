# %% 15.1 right · groupby
from itertools import groupby

def collapse(path):
    return "".join(str(number - 1) for number, _ in groupby(path) if number != 0)

# %% 15.1 right · loop with the one before
def collapse(path):
    text = ""
    before = None
    for number in path:
        if number != before and number > 0:
            text += str(number - 1)
        before = number
    return text

# %% 15.1 right · zip with a blank in front
def collapse(path):
    return "".join("0123456789"[now - 1] for last, now in zip([0] + list(path), path) if now and now != last)

# %% 15.1 right · regular expressions
def collapse(path):
    import re

    written = "".join("-0123456789"[number] for number in path)
    return re.sub(r"(.)\1+", r"\1", written).replace("-", "")

# %% 15.1 right · recursion
def collapse(path):
    if len(path) == 0:
        return ""
    head, rest = path[0], path[1:]
    if head == 0 or (len(rest) > 0 and rest[0] == head):
        return collapse(rest)
    return str(head - 1) + collapse(rest)

# %% 15.1 right · NumPy mask
def collapse(path):
    path = np.array(path, dtype=int)
    keep = path > 0
    keep[1:] &= path[1:] != path[:-1]
    return "".join(map(str, path[keep] - 1))

# %% 15.1 right · while with two indices
def collapse(path):
    digits, i = [], 0
    while i < len(path):
        j = i
        while j < len(path) and path[j] == path[i]:
            j += 1
        if path[i] != 0:
            digits.append(str(path[i] - 1))
        i = j
    return "".join(digits)

# %% 15.1 right · merged list first, then two more passes
from itertools import groupby

def collapse(path):
    merged = [key for key, run in groupby(path)]
    digits = list(filter(None, merged))
    return "".join([f"{number - 1}" for number in digits])

# %% 15.1 wrong · blanks dropped before merging
from itertools import groupby

def collapse(path):
    return "".join(str(number - 1) for number, _ in groupby(number for number in path if number != 0))

# %% 15.1 wrong · classes written as they are
from itertools import groupby

def collapse(path):
    return "".join(str(number) for number, _ in groupby(path) if number != 0)

# %% 15.1 wrong · blanks not dropped
from itertools import groupby

def collapse(path):
    return "".join(str(number - 1) for number, _ in groupby(path))

# %% 15.1 wrong · nothing merged
def collapse(path):
    return "".join(str(number - 1) for number in path if number != 0)

# %% 15.1 wrong · each digit once
def collapse(path):
    seen = []
    for number in path:
        if number != 0 and number not in seen:
            seen.append(number)
    return "".join(str(number - 1) for number in seen)

# %% 15.1 wrong · a set
def collapse(path):
    return "".join(str(number - 1) for number in sorted(set(path)) if number != 0)

# %% 15.1 wrong · a list of digits
from itertools import groupby

def collapse(path):
    return [number - 1 for number, _ in groupby(path) if number != 0]

# %% 15.1 wrong · begins with the second column
def collapse(path):
    text = ""
    for i in range(1, len(path)):
        if path[i] != path[i - 1] and path[i] != 0:
            text += str(path[i] - 1)
    return text

# %% 15.1 wrong · last column lost
def collapse(path):
    text = ""
    for i in range(len(path) - 1):
        if path[i] != path[i + 1] and path[i] != 0:
            text += str(path[i] - 1)
    return text

# %% 15.1 wrong · the one before forgotten at blanks
def collapse(path):
    text, before = "", None
    for number in path:
        if number == 0:
            continue
        if number != before:
            text += str(number - 1)
        before = number
    return text

# %% 15.1 wrong · stops at the first blank
def collapse(path):
    text, before = "", None
    for number in path:
        if number == 0:
            break
        if number != before:
            text += str(number - 1)
        before = number
    return text

# %% 15.1 wrong · blanks written as spaces
from itertools import groupby

def collapse(path):
    return "".join(str(number - 1) if number else " " for number, _ in groupby(path))

# %% 15.1 wrong · a whole number
from itertools import groupby

def collapse(path):
    text = "".join(str(number - 1) for number, _ in groupby(path) if number != 0)
    return int(text) if text else ""

# %% 15.1 wrong · the length of the run subtracted
from itertools import groupby

def collapse(path):
    return "".join(str(number - len(list(run))) for number, run in groupby(path) if number != 0)

# %% 15.1 wrong · one past the end
def collapse(path):
    text = ""
    for i in range(len(path)):
        if path[i] != 0 and path[i] != path[i + 1]:
            text += str(path[i] - 1)
    return text

# %% 15.1 wrong · numbers joined
from itertools import groupby

def collapse(path):
    return "".join(number - 1 for number, _ in groupby(path) if number != 0)

# %% 15.1 wrong · pairs of groupby taken for numbers
from itertools import groupby

def collapse(path):
    return "".join(str(number - 1) for number in groupby(path) if number != 0)

# %% 15.2 right · product and loops
from itertools import product

def string_probability(probabilities, text):
    columns, classes = probabilities.shape
    total = 0.0
    for path in product(range(classes), repeat=columns):
        if reading.collapse(path) == text:
            p = 1.0
            for column, number in enumerate(path):
                p *= probabilities[column, number]
            total += p
    return total

# %% 15.2 right · one generator, fancy index
from itertools import product

def string_probability(probabilities, text):
    columns, classes = probabilities.shape
    return float(sum(
        probabilities[np.arange(columns), list(path)].prod()
        for path in product(range(classes), repeat=columns)
        if reading.collapse(path) == text
    ))

# %% 15.2 right · places of the path with ndindex
def string_probability(probabilities, text):
    columns, classes = probabilities.shape
    joint = probabilities[0]
    for row in probabilities[1:]:
        joint = np.multiply.outer(joint, row)
    return float(sum(joint[path] for path in np.ndindex(joint.shape) if reading.collapse(path) == text))

# %% 15.2 right · a dictionary of all texts
from collections import defaultdict
from itertools import product

def string_probability(probabilities, text):
    found = defaultdict(float)
    for path in product(range(len(probabilities[0])), repeat=len(probabilities)):
        found[reading.collapse(path)] += np.prod([row[number] for row, number in zip(probabilities, path)])
    return float(found[text])

# %% 15.2 right · from column to column, last class and text so far
def string_probability(probabilities, text):
    states = {(0, ""): 1.0}
    for row in probabilities:
        later = {}
        for (last, read), p in states.items():
            for number, q in enumerate(row):
                more = read if number in (0, last) else read + str(number - 1)
                later[number, more] = later.get((number, more), 0.0) + p * float(q)
        states = later
    return sum(p for (_, read), p in states.items() if read == text)

# %% 15.2 right · recursion over the columns
def string_probability(probabilities, text):
    def rest(path, p):
        if len(path) == len(probabilities):
            return p if reading.collapse(path) == text else 0.0
        return sum(rest(path + [number], p * value) for number, value in enumerate(probabilities[len(path)]))

    return float(rest([], 1.0))

# %% 15.2 right · forward sums with blanks between
def string_probability(probabilities, text):
    wanted = [0]
    for digit in text:
        wanted += [int(digit) + 1, 0]
    if max(wanted) >= probabilities.shape[1]:
        return 0.0
    at = np.zeros(len(wanted))
    at[:2] = probabilities[0, wanted[:2]]
    for row in probabilities[1:]:
        new = at.copy()
        new[1:] += at[:-1]
        for s in range(2, len(wanted)):
            if wanted[s] != 0 and wanted[s] != wanted[s - 2]:
                new[s] += at[s - 2]
        at = new * row[wanted]
    return float(at[-2:].sum())

# %% 15.2 right · pairs from enumerate, zip and math.prod
from itertools import product
import math

def string_probability(probabilities, text):
    total = 0
    for choice in product(*(enumerate(row) for row in probabilities)):
        path, values = zip(*choice)
        total += math.prod(values) * (reading.collapse(path) == text)
    return float(total)

# %% 15.2 wrong · columns and classes exchanged
from itertools import product

def string_probability(probabilities, text):
    columns, classes = probabilities.shape
    total = 0.0
    for path in product(range(columns), repeat=classes):
        if reading.collapse(path) == text:
            total += np.prod([row[number] for row, number in zip(probabilities, path)])
    return float(total)

# %% 15.2 wrong · the most probable path only
from itertools import product

def string_probability(probabilities, text):
    columns, classes = probabilities.shape
    best = 0.0
    for path in product(range(classes), repeat=columns):
        if reading.collapse(path) == text:
            best = max(best, np.prod(probabilities[np.arange(columns), path]))
    return float(best)

# %% 15.2 wrong · sum over the columns
from itertools import product

def string_probability(probabilities, text):
    columns, classes = probabilities.shape
    total = 0.0
    for path in product(range(classes), repeat=columns):
        if reading.collapse(path) == text:
            total += probabilities[np.arange(columns), path].sum()
    return float(total)

# %% 15.2 wrong · mean of the paths
from itertools import product

def string_probability(probabilities, text):
    columns, classes = probabilities.shape
    found = [
        np.prod(probabilities[np.arange(columns), path])
        for path in product(range(classes), repeat=columns)
        if reading.collapse(path) == text
    ]
    return float(np.mean(found)) if found else 0.0

# %% 15.2 wrong · share of the paths
from itertools import product

def string_probability(probabilities, text):
    columns, classes = probabilities.shape
    paths = list(product(range(classes), repeat=columns))
    return sum(reading.collapse(path) == text for path in paths) / len(paths)

# %% 15.2 wrong · the loss
from itertools import product

def string_probability(probabilities, text):
    columns, classes = probabilities.shape
    total = 0.0
    for path in product(range(classes), repeat=columns):
        if reading.collapse(path) == text:
            total += np.prod(probabilities[np.arange(columns), path])
    return float(-np.log(total)) if total else np.inf

# %% 15.2 wrong · paths without blanks
from itertools import product

def string_probability(probabilities, text):
    columns, classes = probabilities.shape
    total = 0.0
    for path in product(range(1, classes), repeat=columns):
        if reading.collapse(path) == text:
            total += np.prod(probabilities[np.arange(columns), path])
    return float(total)

# %% 15.2 wrong · last class left out
from itertools import product

def string_probability(probabilities, text):
    columns, classes = probabilities.shape
    total = 0.0
    for path in product(range(classes - 1), repeat=columns):
        if reading.collapse(path) == text:
            total += np.prod(probabilities[np.arange(columns), path])
    return float(total)

# %% 15.2 wrong · the text somewhere in what is read
from itertools import product

def string_probability(probabilities, text):
    columns, classes = probabilities.shape
    total = 0.0
    for path in product(range(classes), repeat=columns):
        if text in reading.collapse(path):
            total += np.prod(probabilities[np.arange(columns), path])
    return float(total)

# %% 15.2 wrong · compared with a list
from itertools import product

def string_probability(probabilities, text):
    columns, classes = probabilities.shape
    total = 0.0
    for path in product(range(classes), repeat=columns):
        if reading.collapse(path) == list(text):
            total += np.prod(probabilities[np.arange(columns), path])
    return float(total)

# %% 15.2 wrong · p not set back
from itertools import product

def string_probability(probabilities, text):
    columns, classes = probabilities.shape
    total, p = 0.0, 1.0
    for path in product(range(classes), repeat=columns):
        if reading.collapse(path) == text:
            for column in range(columns):
                p *= probabilities[column, path[column]]
            total += p
    return float(total)

# %% 15.2 wrong · product begins with 0
from itertools import product

def string_probability(probabilities, text):
    columns, classes = probabilities.shape
    total = 0.0
    for path in product(range(classes), repeat=columns):
        if reading.collapse(path) == text:
            p = 0.0
            for column in range(columns):
                p *= probabilities[column, path[column]]
            total += p
    return total

# %% 15.2 wrong · blanks dropped before merging
from itertools import groupby, product

def string_probability(probabilities, text):
    columns, classes = probabilities.shape
    total = 0.0
    for path in product(range(classes), repeat=columns):
        read = "".join(str(n - 1) for n, _ in groupby(n for n in path if n))
        if read == text:
            total += np.prod(probabilities[np.arange(columns), path])
    return float(total)

# %% 15.2 wrong · return at the first path that fits
from itertools import product

def string_probability(probabilities, text):
    columns, classes = probabilities.shape
    for path in product(range(classes), repeat=columns):
        if reading.collapse(path) == text:
            return float(np.prod(probabilities[np.arange(columns), path]))
    return 0.0

# %% 15.2 wrong · forward sums that must end on a digit
def string_probability(probabilities, text):
    wanted = [0]
    for digit in text:
        wanted += [int(digit) + 1, 0]
    at = np.zeros(len(wanted))
    at[:2] = probabilities[0, wanted[:2]]
    for row in probabilities[1:]:
        new = at.copy()
        new[1:] += at[:-1]
        for s in range(2, len(wanted)):
            if wanted[s] != 0 and wanted[s] != wanted[s - 2]:
                new[s] += at[s - 2]
        at = new * row[wanted]
    return float(at[-2]) if text else float(at[-1])

# %% 15.2 wrong · no two classes alike
from itertools import permutations

def string_probability(probabilities, text):
    columns, classes = probabilities.shape
    total = 0.0
    for path in permutations(range(classes), columns):
        if reading.collapse(path) == text:
            total += np.prod(probabilities[np.arange(columns), path])
    return float(total)

# %% 15.2 wrong · the path as an index
from itertools import product

def string_probability(probabilities, text):
    columns, classes = probabilities.shape
    total = 0.0
    for path in product(range(classes), repeat=columns):
        if reading.collapse(path) == text:
            total += np.prod(probabilities[path])
    return float(total)

# %% 15.2 wrong · product of a number
from itertools import product

def string_probability(probabilities, text):
    columns, classes = probabilities.shape
    total = 0.0
    for path in product(classes, repeat=columns):
        if reading.collapse(path) == text:
            total += np.prod(probabilities[np.arange(columns), path])
    return float(total)

# %% 15.3 right · with the variance
def cloud(mean, log_variance, noise):
    variance = np.exp(log_variance)
    codes = mean + np.sqrt(variance) * noise
    divergence = 0.5 * np.sum(mean**2 + variance - 1 - log_variance, axis=1)
    return codes, divergence

# %% 15.3 right · half the exponent
def cloud(mean, log_variance, noise):
    deviation = np.exp(log_variance / 2)
    return mean + deviation * noise, (mean**2 + deviation**2 - 1 - log_variance).sum(axis=-1) / 2

# %% 15.3 right · loops and math
def cloud(mean, log_variance, noise):
    import math

    n, size = mean.shape
    codes, divergence = np.zeros((n, size)), np.zeros(n)
    for i in range(n):
        for j in range(size):
            variance = math.exp(log_variance[i, j])
            codes[i, j] = mean[i, j] + math.sqrt(variance) * noise[i, j]
            divergence[i] += (mean[i, j] ** 2 + variance - 1 - log_variance[i, j]) / 2
    return codes, divergence

# %% 15.3 right · float32, power of a half
def cloud(mean, log_variance, noise):
    mean, log_variance, noise = (np.float32(array) for array in (mean, log_variance, noise))
    variance = np.exp(log_variance)
    codes = variance**0.5 * noise + mean
    return codes, np.einsum("nc->n", np.square(mean) + variance - log_variance - 1) * np.float32(0.5)

# %% 15.3 right · one picture at a time
def cloud(mean, log_variance, noise):
    codes, divergences = [], []
    for m, logs, e in zip(mean, log_variance, noise):
        v = np.exp(logs)
        codes.append(m + v**0.5 * e)
        divergences.append((m @ m + v.sum() - len(m) - logs.sum()) / 2)
    return np.array(codes), np.array(divergences)

# %% 15.3 right · keras.ops, back to NumPy
def cloud(mean, log_variance, noise):
    ops = keras.ops
    variance = ops.exp(ops.convert_to_tensor(log_variance, "float32"))
    mean_ = ops.convert_to_tensor(mean, "float32")
    codes = mean_ + ops.sqrt(variance) * ops.convert_to_tensor(noise, "float32")
    divergence = ops.sum(ops.square(mean_) + variance - 1 - ops.log(variance), axis=1) / 2
    return ops.convert_to_numpy(codes), ops.convert_to_numpy(divergence)

# %% 15.3 right · divergence with a minus in front
def cloud(mean, log_variance, noise):
    inner = 1 + log_variance - np.power(mean, 2) - np.exp(log_variance)
    z = mean + np.exp(0.5 * log_variance) * noise
    return (z, -0.5 * inner.sum(1))

# %% 15.3 wrong · variance instead of standard deviation
def cloud(mean, log_variance, noise):
    variance = np.exp(log_variance)
    return mean + variance * noise, 0.5 * np.sum(mean**2 + variance - 1 - log_variance, axis=1)

# %% 15.3 wrong · log-variance taken for the variance
def cloud(mean, log_variance, noise):
    codes = mean + np.sqrt(np.abs(log_variance)) * noise
    return codes, 0.5 * np.sum(mean**2 + log_variance - 1 - np.log(np.abs(log_variance)), axis=1)

# %% 15.3 wrong · log of the log-variance
def cloud(mean, log_variance, noise):
    variance = np.exp(log_variance)
    with np.errstate(invalid="ignore", divide="ignore"):
        divergence = 0.5 * np.sum(mean**2 + variance - 1 - np.log(log_variance), axis=1)
    return mean + np.sqrt(variance) * noise, divergence

# %% 15.3 wrong · not halved
def cloud(mean, log_variance, noise):
    variance = np.exp(log_variance)
    return mean + np.sqrt(variance) * noise, np.sum(mean**2 + variance - 1 - log_variance, axis=1)

# %% 15.3 wrong · sum over everything
def cloud(mean, log_variance, noise):
    variance = np.exp(log_variance)
    return mean + np.sqrt(variance) * noise, 0.5 * np.sum(mean**2 + variance - 1 - log_variance)

# %% 15.3 wrong · sum over the pictures
def cloud(mean, log_variance, noise):
    variance = np.exp(log_variance)
    return mean + np.sqrt(variance) * noise, 0.5 * np.sum(mean**2 + variance - 1 - log_variance, axis=0)

# %% 15.3 wrong · mean over the codes
def cloud(mean, log_variance, noise):
    variance = np.exp(log_variance)
    return mean + np.sqrt(variance) * noise, 0.5 * np.mean(mean**2 + variance - 1 - log_variance, axis=1)

# %% 15.3 wrong · not summed at all
def cloud(mean, log_variance, noise):
    variance = np.exp(log_variance)
    return mean + np.sqrt(variance) * noise, 0.5 * (mean**2 + variance - 1 - log_variance)

# %% 15.3 wrong · log-variance added
def cloud(mean, log_variance, noise):
    variance = np.exp(log_variance)
    return mean + np.sqrt(variance) * noise, 0.5 * np.sum(mean**2 + variance - 1 + log_variance, axis=1)

# %% 15.3 wrong · 1 forgotten
def cloud(mean, log_variance, noise):
    variance = np.exp(log_variance)
    return mean + np.sqrt(variance) * noise, 0.5 * np.sum(mean**2 + variance - log_variance, axis=1)

# %% 15.3 wrong · 1 subtracted once for each picture
def cloud(mean, log_variance, noise):
    variance = np.exp(log_variance)
    return mean + np.sqrt(variance) * noise, 0.5 * (np.sum(mean**2 + variance - log_variance, axis=1) - 1)

# %% 15.3 wrong · mean not squared
def cloud(mean, log_variance, noise):
    variance = np.exp(log_variance)
    return mean + np.sqrt(variance) * noise, 0.5 * np.sum(mean + variance - 1 - log_variance, axis=1)

# %% 15.3 wrong · standard deviation in the divergence
def cloud(mean, log_variance, noise):
    deviation = np.exp(log_variance / 2)
    return mean + deviation * noise, 0.5 * np.sum(mean**2 + deviation - 1 - log_variance, axis=1)

# %% 15.3 wrong · noise of its own
def cloud(mean, log_variance, noise):
    variance = np.exp(log_variance)
    codes = mean + np.sqrt(variance) * np.random.default_rng(0).normal(size=mean.shape)
    return codes, 0.5 * np.sum(mean**2 + variance - 1 - log_variance, axis=1)

# %% 15.3 wrong · tuple the other way round
def cloud(mean, log_variance, noise):
    variance = np.exp(log_variance)
    divergence = 0.5 * np.sum(mean**2 + variance - 1 - log_variance, axis=1)
    return divergence, mean + np.sqrt(variance) * noise

# %% 15.3 wrong · codes only
def cloud(mean, log_variance, noise):
    return mean + np.exp(log_variance / 2) * noise

# %% 15.3 wrong · sign of the divergence
def cloud(mean, log_variance, noise):
    variance = np.exp(log_variance)
    return mean + np.sqrt(variance) * noise, -0.5 * np.sum(mean**2 + variance - 1 - log_variance, axis=1)

# %% 15.3 wrong · power of ten
def cloud(mean, log_variance, noise):
    variance = 10.0**log_variance
    return mean + np.sqrt(variance) * noise, 0.5 * np.sum(mean**2 + variance - 1 - log_variance, axis=1)

# %% 15.3 wrong · matrix product with the noise
def cloud(mean, log_variance, noise):
    variance = np.exp(log_variance)
    return mean + np.sqrt(variance) @ noise, 0.5 * np.sum(mean**2 + variance - 1 - log_variance, axis=1)

# %% 15.3 wrong · method that arrays lack
def cloud(mean, log_variance, noise):
    variance = log_variance.exp()
    return mean + variance.sqrt() * noise, 0.5 * (mean**2 + variance - 1 - log_variance).sum(1)

# %% 15.3 wrong · math.exp of an array
def cloud(mean, log_variance, noise):
    import math

    variance = math.exp(log_variance)
    return mean + math.sqrt(variance) * noise, 0.5 * np.sum(mean**2 + variance - 1 - log_variance, axis=1)

# %% 15.4 right · new axes
def noise_and_step(pictures, noise, time, guess, left):
    t = time[:, np.newaxis, np.newaxis]
    noisy = (1 - t) * pictures + t * noise
    return noisy, noisy + (guess - noisy) / left

# %% 15.4 right · loop over the pictures
def noise_and_step(pictures, noise, time, guess, left):
    noisy, after = [], []
    for picture, grain, t, goal in zip(pictures, noise, time, guess):
        here = (1 - t) * picture + t * grain
        noisy.append(here)
        after.append(here + (goal - here) / left)
    return np.stack(noisy), np.stack(after)

# %% 15.4 right · reshape, weighted mean of place and guess
def noise_and_step(pictures, noise, time, guess, left):
    t = np.reshape(time, (-1, 1, 1))
    noisy = pictures + t * (noise - pictures)
    share = 1 / left
    return noisy, (1 - share) * noisy + share * guess

# %% 15.4 right · einsum
def noise_and_step(pictures, noise, time, guess, left):
    noisy = np.einsum("n,nhw->nhw", 1 - time, pictures) + np.einsum("n,nhw->nhw", time, noise)
    return (noisy, ((left - 1) * noisy + guess) / left)

# %% 15.4 right · turned so that pictures come last
def noise_and_step(pictures, noise, time, guess, left):
    noisy = ((1 - time) * pictures.T + time * noise.T).T
    onwards = np.subtract(guess, noisy) / left
    return noisy, np.add(noisy, onwards)

# %% 15.4 right · buffers and float32
def noise_and_step(pictures, noise, time, guess, left):
    noisy = np.empty(pictures.shape, "float32")
    following = np.empty(pictures.shape, "float32")
    for n in range(len(pictures)):
        noisy[n] = (1 - time[n]) * pictures[n] + time[n] * noise[n]
        following[n] = noisy[n] - (noisy[n] - guess[n]) / left
    return noisy, following

# %% 15.4 right · keras.ops tensors
def noise_and_step(pictures, noise, time, guess, left):
    pictures, noise, time, guess = (
        keras.ops.convert_to_tensor(array, "float32") for array in (pictures, noise, time, guess)
    )
    t = keras.ops.reshape(time, (-1, 1, 1))
    noisy = (1 - t) * pictures + t * noise
    return keras.ops.convert_to_numpy(noisy), keras.ops.convert_to_numpy(noisy + (guess - noisy) / left)

# %% 15.4 right · expand_dims and a helper
def noise_and_step(pictures, noise, time, guess, left):
    def between(start, end, share):
        return start + share * (end - start)

    noisy = between(pictures, noise, np.expand_dims(time, (1, 2)))
    return noisy, between(noisy, guess, 1.0 / left)

# %% 15.4 wrong · picture and noise exchanged
def noise_and_step(pictures, noise, time, guess, left):
    t = time[:, None, None]
    noisy = t * pictures + (1 - t) * noise
    return noisy, noisy + (guess - noisy) / left

# %% 15.4 wrong · step from the picture
def noise_and_step(pictures, noise, time, guess, left):
    t = time[:, None, None]
    noisy = (1 - t) * pictures + t * noise
    return noisy, pictures + (guess - pictures) / left

# %% 15.4 wrong · all the way at once
def noise_and_step(pictures, noise, time, guess, left):
    t = time[:, None, None]
    noisy = (1 - t) * pictures + t * noise
    return noisy, noisy + (guess - noisy)

# %% 15.4 wrong · one step too many
def noise_and_step(pictures, noise, time, guess, left):
    t = time[:, None, None]
    noisy = (1 - t) * pictures + t * noise
    return noisy, noisy + (guess - noisy) / (left + 1)

# %% 15.4 wrong · away from the guess
def noise_and_step(pictures, noise, time, guess, left):
    t = time[:, None, None]
    noisy = (1 - t) * pictures + t * noise
    return noisy, noisy + (noisy - guess) / left

# %% 15.4 wrong · a part of the guess added
def noise_and_step(pictures, noise, time, guess, left):
    t = time[:, None, None]
    noisy = (1 - t) * pictures + t * noise
    return noisy, noisy + guess / left

# %% 15.4 wrong · the step only
def noise_and_step(pictures, noise, time, guess, left):
    t = time[:, None, None]
    noisy = (1 - t) * pictures + t * noise
    return noisy, (guess - noisy) / left

# %% 15.4 wrong · towards the true picture
def noise_and_step(pictures, noise, time, guess, left):
    t = time[:, None, None]
    noisy = (1 - t) * pictures + t * noise
    return noisy, noisy + (pictures - noisy) / left

# %% 15.4 wrong · one time for all
def noise_and_step(pictures, noise, time, guess, left):
    t = time.mean()
    noisy = (1 - t) * pictures + t * noise
    return noisy, noisy + (guess - noisy) / left

# %% 15.4 wrong · the first picture's time
def noise_and_step(pictures, noise, time, guess, left):
    noisy = (1 - time[0]) * pictures + time[0] * noise
    return noisy, noisy + (guess - noisy) / left

# %% 15.4 wrong · step in proportion to the time
def noise_and_step(pictures, noise, time, guess, left):
    t = time[:, None, None]
    noisy = (1 - t) * pictures + t * noise
    return noisy, noisy + (guess - noisy) * t / left

# %% 15.4 wrong · noisy changed in place
def noise_and_step(pictures, noise, time, guess, left):
    t = time[:, None, None]
    noisy = (1 - t) * pictures + t * noise
    after = noisy
    after += (guess - noisy) / left
    return noisy, after

# %% 15.4 wrong · noise added without fading the picture
def noise_and_step(pictures, noise, time, guess, left):
    noisy = pictures + time[:, None, None] * noise
    return noisy, noisy + (guess - noisy) / left

# %% 15.4 wrong · times left instead of divided
def noise_and_step(pictures, noise, time, guess, left):
    t = time[:, None, None]
    noisy = (1 - t) * pictures + t * noise
    return noisy, noisy + (guess - noisy) * left

# %% 15.4 wrong · whole division
def noise_and_step(pictures, noise, time, guess, left):
    t = time[:, None, None]
    noisy = (1 - t) * pictures + t * noise
    return noisy, noisy + (guess - noisy) // left

# %% 15.4 wrong · the end only
def noise_and_step(pictures, noise, time, guess, left):
    t = time[:, None, None]
    noisy = (1 - t) * pictures + t * noise
    return noisy + (guess - noisy) / left

# %% 15.4 wrong · end first
def noise_and_step(pictures, noise, time, guess, left):
    t = time[:, None, None]
    noisy = (1 - t) * pictures + t * noise
    return noisy + (guess - noisy) / left, noisy

# %% 15.4 wrong · time laid along the columns
def noise_and_step(pictures, noise, time, guess, left):
    noisy = (1 - time) * pictures + time * noise
    return noisy, noisy + (guess - noisy) / left

# %% 15.4 wrong · time laid along the rows
def noise_and_step(pictures, noise, time, guess, left):
    t = time[:, None]
    noisy = (1 - t) * pictures + t * noise
    return noisy, noisy + (guess - noisy) / left

# %% 15.4 wrong · one step fewer, division by zero
def noise_and_step(pictures, noise, time, guess, left):
    t = time[:, None, None]
    noisy = (1 - t) * pictures + t * noise
    return noisy, noisy + (guess - noisy) * (1 / (left - 1))

# %% 15.5 right · formula
def space_time_parameters(channels, filters, side, span):
    joint = (span * side**2 * channels + 1) * filters
    space = (side**2 * channels + 1) * filters
    time = (span * filters + 1) * filters
    return joint, space + time

# %% 15.5 right · helper for any convolution
def space_time_parameters(channels, filters, side, span):
    def convolution(inputs, *kernel):
        return int(np.prod(kernel)) * inputs * filters + filters

    return (
        convolution(channels, span, side, side),
        convolution(channels, 1, side, side) + convolution(filters, span, 1, 1),
    )

# %% 15.5 right · Keras counts Conv3D layers
def space_time_parameters(channels, filters, side, span):
    def count(*kernels):
        x = inputs = keras.Input((span, side, side, channels))
        for kernel in kernels:
            x = layers.Conv3D(filters, kernel, padding="same")(x)
        return keras.Model(inputs, x).count_params()

    return count((span, side, side)), count((1, side, side), (span, 1, 1))

# %% 15.5 right · Keras counts a Conv2D and a Conv1D
def space_time_parameters(channels, filters, side, span):
    joint = layers.Conv3D(filters, (span, side, side))
    joint(keras.Input((span, side, side, channels)))
    space, time = layers.Conv2D(filters, side), layers.Conv1D(filters, span)
    space(keras.Input((side, side, channels)))
    time(keras.Input((span, filters)))
    return joint.count_params(), space.count_params() + time.count_params()

# %% 15.5 right · weights and biases apart
def space_time_parameters(channels, filters, side, span):
    area = side * side
    weights = span * area * channels * filters
    first, second = area * channels * filters, span * filters * filters
    return weights + filters, first + second + 2 * filters

# %% 15.5 right · counted one filter at a time
def space_time_parameters(channels, filters, side, span):
    joint = separable = 0
    for _ in range(filters):
        joint += 1 + sum(side * side * channels for _ in range(span))
        separable += 1 + side * side * channels
        separable += 1 + span * filters
    return (joint, separable)

# %% 15.5 right · sizes of arrays
def space_time_parameters(channels, filters, side, span):
    shapes = {
        "joint": [(span, side, side, channels, filters), (filters,)],
        "apart": [(side, side, channels, filters), (filters,), (span, filters, filters), (filters,)],
    }
    joint, apart = (sum(np.empty(shape).size for shape in shapes[kind]) for kind in ("joint", "apart"))
    return joint, apart

# %% 15.5 wrong · no biases
def space_time_parameters(channels, filters, side, span):
    joint = span * side**2 * channels * filters
    return joint, side**2 * channels * filters + span * filters * filters

# %% 15.5 wrong · biases of one of the two layers
def space_time_parameters(channels, filters, side, span):
    joint = span * side**2 * channels * filters + filters
    return joint, side**2 * channels * filters + span * filters * filters + filters

# %% 15.5 wrong · one bias for each layer
def space_time_parameters(channels, filters, side, span):
    joint = span * side**2 * channels * filters + 1
    return joint, side**2 * channels * filters + 1 + span * filters * filters + 1

# %% 15.5 wrong · second layer reads the input
def space_time_parameters(channels, filters, side, span):
    joint = (span * side**2 * channels + 1) * filters
    return joint, (side**2 * channels + 1) * filters + (span * channels + 1) * filters

# %% 15.5 wrong · side not squared
def space_time_parameters(channels, filters, side, span):
    joint = (span * side * channels + 1) * filters
    return joint, (side * channels + 1) * filters + (span * filters + 1) * filters

# %% 15.5 wrong · span squared and side not
def space_time_parameters(channels, filters, side, span):
    joint = (side * span**2 * channels + 1) * filters
    return joint, (span**2 * channels + 1) * filters + (side * filters + 1) * filters

# %% 15.5 wrong · depthwise over time
def space_time_parameters(channels, filters, side, span):
    joint = (span * side**2 * channels + 1) * filters
    return joint, (side**2 * channels + 1) * filters + (span + 1) * filters

# %% 15.5 wrong · depthwise separable, as in chapter 04
def space_time_parameters(channels, filters, side, span):
    joint = (span * side**2 * channels + 1) * filters
    return joint, span * side**2 * channels + channels + (channels + 1) * filters

# %% 15.5 wrong · the other way round
def space_time_parameters(channels, filters, side, span):
    joint = (span * side**2 * channels + 1) * filters
    return (side**2 * channels + 1) * filters + (span * filters + 1) * filters, joint

# %% 15.5 wrong · channels forgotten
def space_time_parameters(channels, filters, side, span):
    joint = (span * side**2 + 1) * filters
    return joint, (side**2 + 1) * filters + (span + 1) * filters

# %% 15.5 wrong · product of the two layers
def space_time_parameters(channels, filters, side, span):
    joint = (span * side**2 * channels + 1) * filters
    return joint, (side**2 * channels + 1) * filters * (span * filters + 1) * filters

# %% 15.5 wrong · a cube of side
def space_time_parameters(channels, filters, side, span):
    joint = (side**3 * channels + 1) * filters
    return joint, (side**2 * channels + 1) * filters + (span * filters + 1) * filters

# %% 15.5 wrong · second layer with its filters once
def space_time_parameters(channels, filters, side, span):
    joint = (span * side**2 * channels + 1) * filters
    return joint, (side**2 * channels + 1) * filters + span * filters + 1

# %% 15.5 wrong · the difference
def space_time_parameters(channels, filters, side, span):
    joint = (span * side**2 * channels + 1) * filters
    separable = (side**2 * channels + 1) * filters + (span * filters + 1) * filters
    return joint - separable

# %% 15.5 wrong · ^ for a power
def space_time_parameters(channels, filters, side, span):
    joint = (span * side ^ 2 * channels + 1) * filters
    return joint, (side ^ 2 * channels + 1) * filters + (span * filters + 1) * filters

# %% 15.5 wrong · layers not built
def space_time_parameters(channels, filters, side, span):
    joint = layers.Conv3D(filters, (span, side, side)).count_params()
    space, time = layers.Conv2D(filters, side), layers.Conv1D(filters, span)
    return joint, space.count_params() + time.count_params()

# %% 15.5 wrong · another name for the span
def space_time_parameters(channels, filters, side, span):
    joint = (frames * side**2 * channels + 1) * filters
    return joint, (side**2 * channels + 1) * filters + (frames * filters + 1) * filters

# %% 15.5 wrong · time layer laid over maps without channels
def space_time_parameters(channels, filters, side, span):
    joint = layers.Conv3D(filters, (span, side, side))
    joint(keras.Input((span, side, side)))
    return joint.count_params(), 0

# %% 15.6 right · all distances, infinity on the diagonal
def recall_at_1(embeddings, labels):
    away = embeddings[:, None, :] - embeddings[None, :, :]
    distances = np.sqrt((away**2).sum(axis=2))
    np.fill_diagonal(distances, np.inf)
    return float(np.mean(labels[distances.argmin(axis=1)] == labels))

# %% 15.6 right · plain loops
def recall_at_1(embeddings, labels):
    right = 0
    for i in range(len(embeddings)):
        best, nearest = None, None
        for j in range(len(embeddings)):
            if j == i:
                continue
            distance = sum((a - b) ** 2 for a, b in zip(embeddings[i], embeddings[j])) ** 0.5
            if best is None or distance < best:
                best, nearest = distance, j
        if labels[nearest] == labels[i]:
            right += 1
    return right / len(embeddings)

# %% 15.6 right · one point left out at a time
def recall_at_1(embeddings, labels):
    found = []
    for n, point in enumerate(embeddings):
        others, names = np.delete(embeddings, n, axis=0), np.delete(labels, n)
        nearest = np.argmin(np.linalg.norm(others - point, axis=1))
        found.append(names[nearest] == labels[n])
    return np.mean(found)

# %% 15.6 right · min with a key, math.dist
def recall_at_1(embeddings, labels):
    import math

    points = np.asarray(embeddings).tolist()
    places = range(len(points))
    nearest = []
    for n in places:
        nearest.append(min((m for m in places if m != n), key=lambda m: math.dist(points[n], points[m])))
    return sum(labels[n] == labels[m] for n, m in enumerate(nearest)) / len(points)

# %% 15.6 right · a table filled by halves
def recall_at_1(embeddings, labels):
    n = len(embeddings)
    table = np.full((n, n), np.inf)
    for i in range(n):
        for j in range(i):
            table[i, j] = table[j, i] = np.linalg.norm(embeddings[i] - embeddings[j])
    same = [labels[row.argmin()] == label for row, label in zip(table, labels)]
    return float(np.count_nonzero(same) / n)

# %% 15.6 right · squares by a matrix product
def recall_at_1(embeddings, labels):
    e = np.array(embeddings, "float64")
    e = e - e.mean(axis=0)
    lengths = (e * e).sum(axis=1)
    squares = lengths[:, None] + lengths - 2 * e @ e.T
    squares[np.diag_indices(len(e))] = np.inf
    return (labels == labels[squares.argmin(1)]).mean()

# %% 15.6 right · itself moved to the end of the ranking
def recall_at_1(embeddings, labels):
    hits = 0
    for i, one in enumerate(embeddings):
        distances = np.sqrt(np.sum(np.square(embeddings - one), axis=1))
        ranking = [j for j in np.argsort(distances, kind="stable") if j != i]
        hits += int(labels[ranking[0]] == labels[i])
    return hits / len(labels)

# %% 15.6 right · keras.ops
def recall_at_1(embeddings, labels):
    e = keras.ops.convert_to_tensor(embeddings, "float32")
    away = keras.ops.expand_dims(e, 1) - keras.ops.expand_dims(e, 0)
    squares = keras.ops.convert_to_numpy(keras.ops.sum(away * away, axis=-1)).copy()
    np.fill_diagonal(squares, np.inf)
    return float(np.mean(labels[squares.argmin(axis=1)] == labels))

# %% 15.6 wrong · itself not left out
def recall_at_1(embeddings, labels):
    distances = np.linalg.norm(embeddings[:, None] - embeddings[None], axis=2)
    return float(np.mean(labels[distances.argmin(axis=1)] == labels))

# %% 15.6 wrong · the farthest
def recall_at_1(embeddings, labels):
    distances = np.linalg.norm(embeddings[:, None] - embeddings[None], axis=2)
    return float(np.mean(labels[distances.argmax(axis=1)] == labels))

# %% 15.6 wrong · diagonal set to 0
def recall_at_1(embeddings, labels):
    distances = np.linalg.norm(embeddings[:, None] - embeddings[None], axis=2)
    np.fill_diagonal(distances, 0)
    return float(np.mean(labels[distances.argmin(axis=1)] == labels))

# %% 15.6 wrong · the second neighbour
def recall_at_1(embeddings, labels):
    distances = np.linalg.norm(embeddings[:, None] - embeddings[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    return float(np.mean(labels[np.argsort(distances, axis=1)[:, 1]] == labels))

# %% 15.6 wrong · cosine
def recall_at_1(embeddings, labels):
    unit = embeddings / np.maximum(np.linalg.norm(embeddings, axis=1, keepdims=True), 1e-12)
    closeness = unit @ unit.T
    np.fill_diagonal(closeness, -np.inf)
    return float(np.mean(labels[closeness.argmax(axis=1)] == labels))

# %% 15.6 wrong · product of vectors that are not of length 1
def recall_at_1(embeddings, labels):
    closeness = (embeddings @ embeddings.T).astype(float)
    np.fill_diagonal(closeness, -np.inf)
    return float(np.mean(labels[closeness.argmax(axis=1)] == labels))

# %% 15.6 wrong · sum of absolute differences
def recall_at_1(embeddings, labels):
    distances = np.abs(embeddings[:, None] - embeddings[None]).sum(axis=2).astype(float)
    np.fill_diagonal(distances, np.inf)
    return float(np.mean(labels[distances.argmin(axis=1)] == labels))

# %% 15.6 wrong · differences not squared
def recall_at_1(embeddings, labels):
    distances = (embeddings[:, None] - embeddings[None]).sum(axis=2).astype(float)
    np.fill_diagonal(distances, np.inf)
    return float(np.mean(labels[distances.argmin(axis=1)] == labels))

# %% 15.6 wrong · lengths compared
def recall_at_1(embeddings, labels):
    lengths = np.linalg.norm(embeddings, axis=1)
    distances = np.abs(lengths[:, None] - lengths[None])
    np.fill_diagonal(distances, np.inf)
    return float(np.mean(labels[distances.argmin(axis=1)] == labels))

# %% 15.6 wrong · a point in the same place left out
def recall_at_1(embeddings, labels):
    distances = np.linalg.norm(embeddings[:, None] - embeddings[None], axis=2)
    distances[distances == 0] = np.inf
    return float(np.mean(labels[distances.argmin(axis=1)] == labels))

# %% 15.6 wrong · only later points
def recall_at_1(embeddings, labels):
    right = 0
    for i in range(len(embeddings) - 1):
        distances = np.linalg.norm(embeddings[i + 1 :] - embeddings[i], axis=1)
        right += labels[i + 1 + distances.argmin()] == labels[i]
    return float(right / len(embeddings))

# %% 15.6 wrong · place in the shorter list
def recall_at_1(embeddings, labels):
    right = 0
    for i in range(len(embeddings)):
        others = np.delete(embeddings, i, axis=0)
        right += labels[np.linalg.norm(others - embeddings[i], axis=1).argmin()] == labels[i]
    return float(right / len(embeddings))

# %% 15.6 wrong · a number, not a share
def recall_at_1(embeddings, labels):
    distances = np.linalg.norm(embeddings[:, None] - embeddings[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    return float(np.sum(labels[distances.argmin(axis=1)] == labels))

# %% 15.6 wrong · per cent
def recall_at_1(embeddings, labels):
    distances = np.linalg.norm(embeddings[:, None] - embeddings[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    return 100 * float(np.mean(labels[distances.argmin(axis=1)] == labels))

# %% 15.6 wrong · mean over the classes
def recall_at_1(embeddings, labels):
    distances = np.linalg.norm(embeddings[:, None] - embeddings[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    right = labels[distances.argmin(axis=1)] == labels
    return float(np.mean([right[labels == label].mean() for label in np.unique(labels)]))

# %% 15.6 wrong · share of pairs
def recall_at_1(embeddings, labels):
    same = labels[:, None] == labels[None]
    return float((same.sum() - len(labels)) / (len(labels) * (len(labels) - 1)))

# %% 15.6 wrong · place compared with the label
def recall_at_1(embeddings, labels):
    distances = np.linalg.norm(embeddings[:, None] - embeddings[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    return float(np.mean(distances.argmin(axis=1) == labels))

# %% 15.6 wrong · the first dimension only
def recall_at_1(embeddings, labels):
    distances = np.abs(embeddings[:, None, 0] - embeddings[None, :, 0]).astype(float)
    np.fill_diagonal(distances, np.inf)
    return float(np.mean(labels[distances.argmin(axis=1)] == labels))

# %% 15.6 wrong · infinity times 0
def recall_at_1(embeddings, labels):
    distances = np.linalg.norm(embeddings[:, None] - embeddings[None], axis=2)
    with np.errstate(invalid="ignore"):
        distances = distances + np.eye(len(labels)) * np.inf
    return float(np.mean(labels[distances.argmin(axis=1)] == labels))

# %% 15.6 wrong · what fill_diagonal returns
def recall_at_1(embeddings, labels):
    distances = np.linalg.norm(embeddings[:, None] - embeddings[None], axis=2)
    distances = np.fill_diagonal(distances, np.inf)
    return float(np.mean(labels[distances.argmin(axis=1)] == labels))

# %% 15.6 wrong · labels called
def recall_at_1(embeddings, labels):
    distances = np.linalg.norm(embeddings[:, None] - embeddings[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    return float(np.mean(labels(distances.argmin(axis=1)) == labels))

# %% 15.6 wrong · subtracted without a new axis
def recall_at_1(embeddings, labels):
    distances = np.linalg.norm(embeddings - embeddings.T, axis=1)
    np.fill_diagonal(distances, np.inf)
    return float(np.mean(labels[distances.argmin(axis=1)] == labels))
