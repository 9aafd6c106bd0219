# %% 12.1 right · counted, then filled
def cut_frames(signal, frame_length, hop):
    count = max(0, (len(signal) - frame_length) // hop + 1)
    out = np.zeros((count, frame_length))
    for i in range(count):
        out[i] = signal[i * hop : i * hop + frame_length]
    return out

# %% 12.1 right · while loop with a list
def cut_frames(signal, frame_length, hop):
    frames, start = [], 0
    while start + frame_length <= len(signal):
        frames.append(signal[start : start + frame_length])
        start += hop
    return np.array(frames).reshape(-1, frame_length)

# %% 12.1 right · table of places
def cut_frames(signal, frame_length, hop):
    starts = np.arange(0, len(signal) - frame_length + 1, hop)
    return np.asarray(signal)[starts[:, None] + np.arange(frame_length)]

# %% 12.1 right · every hop-th sliding window
def cut_frames(signal, frame_length, hop):
    from numpy.lib.stride_tricks import sliding_window_view

    if len(signal) < frame_length:
        return np.zeros((0, frame_length))
    return sliding_window_view(signal, frame_length)[::hop]

# %% 12.1 right · comprehension over range, reshaped
def cut_frames(signal, frame_length, hop):
    last = signal.size - frame_length
    return np.reshape([signal[s : s + frame_length] for s in range(0, last + 1, hop)], (-1, frame_length))

# %% 12.1 right · columns, one for each place in a frame
def cut_frames(signal, frame_length, hop):
    n = max((signal.shape[0] - frame_length) // hop + 1, 0)
    frames = np.empty((n, frame_length), dtype=signal.dtype)
    for j in range(frame_length):
        frames[:, j] = signal[j : j + n * hop : hop][:n]
    return frames

# %% 12.1 right · drops frames that came out short
def cut_frames(signal, frame_length, hop):
    pieces = [signal[i : i + frame_length] for i in range(0, len(signal), hop)]
    whole = [piece for piece in pieces if len(piece) == frame_length]
    return np.stack(whole) if whole else np.empty((0, frame_length))

# %% 12.1 right · the package's, short signals apart
def cut_frames(signal, frame_length, hop):
    if len(signal) < frame_length:
        return np.empty((0, frame_length))
    return audio.frames(signal, frame_length, hop).copy()

# %% 12.1 wrong · the last frame lost
def cut_frames(signal, frame_length, hop):
    count = (len(signal) - frame_length) // hop
    return np.array([signal[i * hop : i * hop + frame_length] for i in range(count)])

# %% 12.1 wrong · range ends one start too early
def cut_frames(signal, frame_length, hop):
    return np.array([signal[s : s + frame_length] for s in range(0, len(signal) - frame_length, hop)])

# %% 12.1 wrong · no overlap
def cut_frames(signal, frame_length, hop):
    count = len(signal) // frame_length
    return signal[: count * frame_length].reshape(count, frame_length)

# %% 12.1 wrong · hop forgotten in the slice
def cut_frames(signal, frame_length, hop):
    count = (len(signal) - frame_length) // hop + 1
    return np.array([signal[i : i + frame_length] for i in range(count)])

# %% 12.1 wrong · length and hop swapped
def cut_frames(signal, frame_length, hop):
    count = (len(signal) - hop) // frame_length + 1
    return np.array([signal[i * frame_length : i * frame_length + hop] for i in range(count)])

# %% 12.1 wrong · frames as columns
def cut_frames(signal, frame_length, hop):
    count = (len(signal) - frame_length) // hop + 1
    return np.array([signal[i * hop : i * hop + frame_length] for i in range(count)]).T

# %% 12.1 wrong · the rest padded with zeros
def cut_frames(signal, frame_length, hop):
    count = -(-(len(signal) - frame_length) // hop) + 1
    padded = np.concatenate([signal, np.zeros(frame_length + hop)])
    return np.array([padded[i * hop : i * hop + frame_length] for i in range(count)])

# %% 12.1 wrong · drops the rest at the beginning
def cut_frames(signal, frame_length, hop):
    rest = (len(signal) - frame_length) % hop
    signal = signal[rest:]
    return np.array([signal[s : s + frame_length] for s in range(0, len(signal) - frame_length + 1, hop)])

# %% 12.1 wrong · hop of 1
def cut_frames(signal, frame_length, hop):
    return np.array([signal[s : s + frame_length] for s in range(len(signal) - frame_length + 1)])

# %% 12.1 wrong · hop always half a frame
def cut_frames(signal, frame_length, hop):
    hop = max(1, frame_length // 2)
    return np.array([signal[s : s + frame_length] for s in range(0, len(signal) - frame_length + 1, hop)])

# %% 12.1 wrong · hop added to the length
def cut_frames(signal, frame_length, hop):
    step = frame_length + hop
    return np.array([signal[s : s + frame_length] for s in range(0, len(signal) - frame_length + 1, step)])

# %% 12.1 wrong · windowed by Hann
def cut_frames(signal, frame_length, hop):
    starts = range(0, len(signal) - frame_length + 1, hop)
    return np.array([signal[s : s + frame_length] * audio.hann(frame_length) for s in starts])

# %% 12.1 wrong · one sample too few in a frame
def cut_frames(signal, frame_length, hop):
    return np.array([signal[s : s + frame_length - 1] for s in range(0, len(signal) - frame_length + 1, hop)])

# %% 12.1 wrong · returns the first frame
def cut_frames(signal, frame_length, hop):
    frames = []
    for s in range(0, len(signal) - frame_length + 1, hop):
        frames.append(signal[s : s + frame_length])
        return np.array(frames)

# %% 12.1 wrong · no return
def cut_frames(signal, frame_length, hop):
    np.array([signal[s : s + frame_length] for s in range(0, len(signal) - frame_length + 1, hop)])

# %% 12.1 wrong · as many frames as hops, the last do not fit
def cut_frames(signal, frame_length, hop):
    count = len(signal) // hop
    out = np.zeros((count, frame_length))
    for i in range(count):
        out[i] = signal[i * hop : i * hop + frame_length]
    return out

# %% 12.1 wrong · division that is not whole
def cut_frames(signal, frame_length, hop):
    count = (len(signal) - frame_length) / hop + 1
    return np.array([signal[i * hop : i * hop + frame_length] for i in range(count)])

# %% 12.1 wrong · reshape that does not fit
def cut_frames(signal, frame_length, hop):
    count = (len(signal) - frame_length) // hop + 1
    return signal.reshape(count, frame_length)

# %% 12.2 right · the formulae
def spectrogram_sizes(samples, rate, frame_length, hop):
    return {
        "frames": max(0, (samples - frame_length) // hop + 1),
        "bins": frame_length // 2 + 1,
        "hertz": rate / frame_length,
        "milliseconds": 1000 * hop / rate,
    }

# %% 12.2 right · asks NumPy for the frequencies
def spectrogram_sizes(samples, rate, frame_length, hop):
    frequencies = np.fft.rfftfreq(frame_length, 1 / rate)
    starts = np.arange(0, samples - frame_length + 1, hop)
    step = frequencies[1] - frequencies[0]
    return dict(frames=len(starts), bins=len(frequencies), hertz=step, milliseconds=hop / rate * 1e3)

# %% 12.2 right · length of a range
def spectrogram_sizes(samples, rate, frame_length, hop):
    sizes = {}
    sizes["milliseconds"] = hop * 1000 / rate
    sizes["hertz"] = 1 / (frame_length / rate)
    sizes["bins"] = len(range(0, frame_length + 1, 2))
    sizes["frames"] = len(range(0, samples - frame_length + 1, hop))
    return sizes

# %% 12.2 right · counts the frames in a loop
def spectrogram_sizes(samples, rate, frame_length, hop):
    frames, end = 0, frame_length
    while end <= samples:
        frames += 1
        end += hop
    bins = int(frame_length / 2) + 1
    hertz = (rate / 2) / (bins - 1)
    return {"frames": frames, "bins": bins, "hertz": hertz, "milliseconds": hop / (rate / 1000)}

# %% 12.2 right · the spectrum of silence
def spectrogram_sizes(samples, rate, frame_length, hop):
    bins = np.fft.rfft(np.zeros(frame_length)).size
    frames = sum(start + frame_length <= samples for start in range(0, samples, hop))
    keys = ("frames", "bins", "hertz", "milliseconds")
    return dict(zip(keys, (frames, bins, rate / frame_length, 1000.0 * hop / rate)))

# %% 12.2 right · math.floor, times in seconds first
def spectrogram_sizes(samples, rate, frame_length, hop):
    import math

    seconds = hop / rate
    number = math.floor((samples - frame_length) / hop) + 1 if samples >= frame_length else 0
    highest = rate / 2
    return {
        "frames": number,
        "bins": 1 + frame_length // 2,
        "hertz": highest / (frame_length // 2),
        "milliseconds": seconds * 1000,
    }

# %% 12.2 right · divmod
def spectrogram_sizes(samples, rate, frame_length, hop):
    result = {"frames": 0, "bins": divmod(frame_length, 2)[0] + 1}
    if samples >= frame_length:
        result["frames"] = divmod(samples - frame_length, hop)[0] + 1
    result.update(hertz=rate / frame_length, milliseconds=hop / rate * 1000)
    return result

# %% 12.2 wrong · one frame too few
def spectrogram_sizes(samples, rate, frame_length, hop):
    frames = (samples - frame_length) // hop
    return {
        "frames": frames, "bins": frame_length // 2 + 1,
        "hertz": rate / frame_length, "milliseconds": 1000 * hop / rate,
    }

# %% 12.2 wrong · frame length forgotten in the count
def spectrogram_sizes(samples, rate, frame_length, hop):
    return {
        "frames": samples // hop, "bins": frame_length // 2 + 1,
        "hertz": rate / frame_length, "milliseconds": 1000 * hop / rate,
    }

# %% 12.2 wrong · frames rounded up
def spectrogram_sizes(samples, rate, frame_length, hop):
    return {
        "frames": -(-(samples - frame_length) // hop) + 1, "bins": frame_length // 2 + 1,
        "hertz": rate / frame_length, "milliseconds": 1000 * hop / rate,
    }

# %% 12.2 wrong · frames not whole
def spectrogram_sizes(samples, rate, frame_length, hop):
    return {
        "frames": (samples - frame_length) / hop + 1, "bins": frame_length // 2 + 1,
        "hertz": rate / frame_length, "milliseconds": 1000 * hop / rate,
    }

# %% 12.2 wrong · half the length, without bin 0
def spectrogram_sizes(samples, rate, frame_length, hop):
    return {
        "frames": (samples - frame_length) // hop + 1, "bins": frame_length // 2,
        "hertz": rate / frame_length, "milliseconds": 1000 * hop / rate,
    }

# %% 12.2 wrong · as many bins as samples
def spectrogram_sizes(samples, rate, frame_length, hop):
    return {
        "frames": (samples - frame_length) // hop + 1, "bins": frame_length,
        "hertz": rate / frame_length, "milliseconds": 1000 * hop / rate,
    }

# %% 12.2 wrong · rate divided by the bins
def spectrogram_sizes(samples, rate, frame_length, hop):
    bins = frame_length // 2 + 1
    return {
        "frames": (samples - frame_length) // hop + 1, "bins": bins,
        "hertz": rate / bins, "milliseconds": 1000 * hop / rate,
    }

# %% 12.2 wrong · half the rate shared by all bins
def spectrogram_sizes(samples, rate, frame_length, hop):
    bins = frame_length // 2 + 1
    return {
        "frames": (samples - frame_length) // hop + 1, "bins": bins,
        "hertz": rate / 2 / bins, "milliseconds": 1000 * hop / rate,
    }

# %% 12.2 wrong · half the rate over the whole length
def spectrogram_sizes(samples, rate, frame_length, hop):
    return {
        "frames": (samples - frame_length) // hop + 1, "bins": frame_length // 2 + 1,
        "hertz": rate / 2 / frame_length, "milliseconds": 1000 * hop / rate,
    }

# %% 12.2 wrong · hertz upside down
def spectrogram_sizes(samples, rate, frame_length, hop):
    return {
        "frames": (samples - frame_length) // hop + 1, "bins": frame_length // 2 + 1,
        "hertz": frame_length / rate, "milliseconds": 1000 * hop / rate,
    }

# %% 12.2 wrong · hertz cut to a whole number
def spectrogram_sizes(samples, rate, frame_length, hop):
    return {
        "frames": (samples - frame_length) // hop + 1, "bins": frame_length // 2 + 1,
        "hertz": rate // frame_length, "milliseconds": 1000 * hop / rate,
    }

# %% 12.2 wrong · seconds
def spectrogram_sizes(samples, rate, frame_length, hop):
    return {
        "frames": (samples - frame_length) // hop + 1, "bins": frame_length // 2 + 1,
        "hertz": rate / frame_length, "milliseconds": hop / rate,
    }

# %% 12.2 wrong · milliseconds of a frame
def spectrogram_sizes(samples, rate, frame_length, hop):
    return {
        "frames": (samples - frame_length) // hop + 1, "bins": frame_length // 2 + 1,
        "hertz": rate / frame_length, "milliseconds": 1000 * frame_length / rate,
    }

# %% 12.2 wrong · always 8 samples a millisecond
def spectrogram_sizes(samples, rate, frame_length, hop):
    return {
        "frames": (samples - frame_length) // hop + 1, "bins": frame_length // 2 + 1,
        "hertz": 8000 / frame_length, "milliseconds": hop / 8,
    }

# %% 12.2 wrong · milliseconds of the overlap
def spectrogram_sizes(samples, rate, frame_length, hop):
    return {
        "frames": (samples - frame_length) // hop + 1, "bins": frame_length // 2 + 1,
        "hertz": rate / frame_length, "milliseconds": 1000 * (frame_length - hop) / rate,
    }

# %% 12.2 wrong · frames and bins swapped
def spectrogram_sizes(samples, rate, frame_length, hop):
    return {
        "bins": (samples - frame_length) // hop + 1, "frames": frame_length // 2 + 1,
        "hertz": rate / frame_length, "milliseconds": 1000 * hop / rate,
    }

# %% 12.2 wrong · a tuple
def spectrogram_sizes(samples, rate, frame_length, hop):
    return (samples - frame_length) // hop + 1, frame_length // 2 + 1, rate / frame_length, 1000 * hop / rate

# %% 12.2 wrong · short keys
def spectrogram_sizes(samples, rate, frame_length, hop):
    return {
        "frames": (samples - frame_length) // hop + 1, "bins": frame_length // 2 + 1,
        "Hz": rate / frame_length, "ms": 1000 * hop / rate,
    }

# %% 12.2 wrong · keys without quotation marks
def spectrogram_sizes(samples, rate, frame_length, hop):
    return {
        frames: (samples - frame_length) // hop + 1, bins: frame_length // 2 + 1,
        hertz: rate / frame_length, milliseconds: 1000 * hop / rate,
    }

# %% 12.2 wrong · takes the samples for an array
def spectrogram_sizes(samples, rate, frame_length, hop):
    return {
        "frames": (len(samples) - frame_length) // hop + 1, "bins": frame_length // 2 + 1,
        "hertz": rate / frame_length, "milliseconds": 1000 * hop / rate,
    }

# %% 12.3 right · raised to the floor before the logarithm
def decibels(power, floor):
    loudest = power.max()
    return 10 * np.log10(np.maximum(power / loudest, 10 ** (floor / 10)))

# %% 12.3 right · logarithm of zero and maximum
def decibels(power, floor):
    return np.maximum(10 * np.log10(power / np.max(power)), floor)

# %% 12.3 right · the same, the warning silenced
def decibels(power, floor):
    with np.errstate(divide="ignore"):
        answer = 10 * (np.log10(power) - np.log10(power.max()))
    answer[answer < floor] = floor
    return answer

# %% 12.3 right · value by value with math
def decibels(power, floor):
    import math

    flat = np.ravel(power).tolist()
    top, out = max(flat), []
    for p in flat:
        ratio = p / top
        out.append(max(floor, 10 * math.log10(ratio)) if ratio > 0 else floor)
    return np.array(out, dtype=float).reshape(np.shape(power))

# %% 12.3 right · mask of the sounds
def decibels(power, floor):
    result = np.full(power.shape, floor, dtype="float64")
    heard = power > 0
    result[heard] = 10 * np.log10(power[heard] / power.max())
    return np.clip(result, floor, None)

# %% 12.3 right · log10 with where and out
def decibels(power, floor):
    ratio = np.asarray(power, float) / np.amax(power)
    bels = np.log10(ratio, where=ratio > 0, out=np.full(ratio.shape, -np.inf))
    return np.where(10 * bels > floor, 10 * bels, floor)

# %% 12.3 right · natural logarithms
def decibels(power, floor):
    faintest = np.exp(floor * np.log(10) / 10)
    shares = np.fmax(power / power.max(), faintest)
    return np.log(shares) * 10 / np.log(10)

# %% 12.3 right · keras.ops in float32
def decibels(power, floor):
    share = keras.ops.convert_to_tensor(power / np.max(power), "float32")
    share = keras.ops.maximum(share, 10 ** (floor / 10))
    return keras.ops.convert_to_numpy(10 * keras.ops.log10(share))

# %% 12.3 right · the package's function
def decibels(power, floor):
    return audio.decibel(power, reference=power.max(), floor=floor)

# %% 12.3 wrong · 20 as for amplitudes
def decibels(power, floor):
    return np.maximum(20 * np.log10(np.maximum(power / power.max(), 1e-30)), floor)

# %% 12.3 wrong · bels
def decibels(power, floor):
    return np.maximum(np.log10(np.maximum(power / power.max(), 1e-30)), floor)

# %% 12.3 wrong · natural logarithm
def decibels(power, floor):
    return np.maximum(10 * np.log(np.maximum(power / power.max(), 1e-30)), floor)

# %% 12.3 wrong · logarithm to base 2
def decibels(power, floor):
    return np.maximum(10 * np.log2(np.maximum(power / power.max(), 1e-30)), floor)

# %% 12.3 wrong · not divided by the loudest
def decibels(power, floor):
    return np.maximum(10 * np.log10(np.maximum(power, 1e-30)), floor)

# %% 12.3 wrong · relative to the mean
def decibels(power, floor):
    return np.maximum(10 * np.log10(np.maximum(power / power.mean(), 1e-30)), floor)

# %% 12.3 wrong · loudest of each row
def decibels(power, floor):
    loudest = np.maximum(power.max(axis=-1, keepdims=True), 1e-30)
    return np.maximum(10 * np.log10(np.maximum(power / loudest, 1e-30)), floor)

# %% 12.3 wrong · loudest of each column
def decibels(power, floor):
    loudest = np.maximum(power.max(axis=0), 1e-30)
    return np.maximum(10 * np.log10(np.maximum(power / loudest, 1e-30)), floor)

# %% 12.3 wrong · floor for zeros only
def decibels(power, floor):
    with np.errstate(divide="ignore"):
        return np.where(power == 0, floor, 10 * np.log10(power / power.max()))

# %% 12.3 wrong · floor forgotten
def decibels(power, floor):
    with np.errstate(divide="ignore"):
        return 10 * np.log10(power / power.max())

# %% 12.3 wrong · minimum instead of maximum
def decibels(power, floor):
    with np.errstate(divide="ignore"):
        return np.minimum(10 * np.log10(power / power.max()), floor)

# %% 12.3 wrong · sign turned round
def decibels(power, floor):
    with np.errstate(divide="ignore"):
        return np.minimum(-10 * np.log10(power / power.max()), -floor)

# %% 12.3 wrong · one added before the logarithm
def decibels(power, floor):
    return np.maximum(10 * np.log10(1 + power / power.max()), floor)

# %% 12.3 wrong · too faint becomes 0
def decibels(power, floor):
    answer = 10 * np.log10(np.maximum(power / power.max(), 1e-30))
    return np.where(answer < floor, 0, answer)

# %% 12.3 wrong · floor compared with the power
def decibels(power, floor):
    with np.errstate(divide="ignore"):
        return np.where(power < floor, floor, 10 * np.log10(power / power.max()))

# %% 12.3 wrong · counted up from the floor
def decibels(power, floor):
    return np.maximum(10 * np.log10(np.maximum(power / power.max(), 1e-30)), floor) - floor

# %% 12.3 wrong · relative to the faintest sound
def decibels(power, floor):
    faintest = power[power > 0].min()
    return np.maximum(10 * np.log10(np.maximum(power / faintest, 1e-30)), floor)

# %% 12.3 wrong · faint values thrown out
def decibels(power, floor):
    answer = 10 * np.log10(np.maximum(power / power.max(), 1e-30))
    return answer[answer >= floor]

# %% 12.3 wrong · floor always −60
def decibels(power, floor=-60):
    return np.maximum(10 * np.log10(np.maximum(power / power.max(), 1e-30)), -60)

# %% 12.3 wrong · floor as a factor of the loudest without the tenth
def decibels(power, floor):
    return 10 * np.log10(np.maximum(power / power.max(), 10.0**floor))

# %% 12.3 wrong · math.log10 of an array
def decibels(power, floor):
    import math

    return np.maximum(10 * math.log10(power / power.max()), floor)

# %% 12.3 wrong · logarithm of zero in a loop
def decibels(power, floor):
    import math

    loudest = power.max()
    out = [max(floor, 10 * math.log10(p / loudest)) for p in power.ravel().tolist()]
    return np.reshape(out, power.shape)

# %% 12.3 wrong · if about a whole array
def decibels(power, floor):
    answer = 10 * np.log10(np.maximum(power / power.max(), 1e-30))
    if answer < floor:
        answer = floor
    return answer

# %% 12.4 right · linspace in mel, ends cut off
def band_centres(low, high, bands):
    mel_low, mel_high = 2595 * np.log10(1 + low / 700), 2595 * np.log10(1 + high / 700)
    mels = np.linspace(mel_low, mel_high, bands + 2)[1:-1]
    return 700 * (10 ** (mels / 2595) - 1)

# %% 12.4 right · two helpers and a step
def band_centres(low, high, bands):
    def to_mel(f):
        return 2595 * np.log10(1 + f / 700)

    def to_hertz(m):
        return 700 * (10 ** (m / 2595) - 1)

    step = (to_mel(high) - to_mel(low)) / (bands + 1)
    return to_hertz(to_mel(low) + step * np.arange(1, bands + 1))

# %% 12.4 right · loop with math
def band_centres(low, high, bands):
    import math

    first, last = (2595 * math.log10(1 + hertz / 700) for hertz in (low, high))
    centres = []
    for k in range(1, bands + 1):
        mel = first + k * (last - first) / (bands + 1)
        centres.append(700 * (math.pow(10, mel / 2595) - 1))
    return np.array(centres)

# %% 12.4 right · geometric steps of f + 700
def band_centres(low, high, bands):
    return np.geomspace(low + 700, high + 700, bands + 2)[1:-1] - 700

# %% 12.4 right · natural logarithms, log1p and expm1
def band_centres(low, high, bands):
    factor = 2595 / np.log(10)
    a, b = factor * np.log1p(low / 700), factor * np.log1p(high / 700)
    weights = np.arange(1, bands + 1) / (bands + 1)
    return 700 * np.expm1(((1 - weights) * a + weights * b) / factor)

# %% 12.4 right · the package's helpers
def band_centres(low, high, bands):
    edges = np.linspace(audio.hertz_to_mel(low), audio.hertz_to_mel(high), bands + 2)
    return audio.mel_to_hertz(edges)[1:-1]

# %% 12.4 right · ratio multiplied on and on
def band_centres(low, high, bands):
    ratio = ((700 + high) / (700 + low)) ** (1 / (bands + 1))
    here, found = 700 + low, np.zeros(bands)
    for k in range(bands):
        here = here * ratio
        found[k] = here - 700
    return found

# %% 12.4 right · np.interp over places
def band_centres(low, high, bands):
    mel = lambda f: 2595 * np.log10(1 + np.asarray(f) / 700)
    points = np.interp(range(1, bands + 1), [0, bands + 1], mel([low, high]))
    return (np.power(10.0, points / 2595) - 1) * 700

# %% 12.4 right · comprehension, no logarithm
def band_centres(low, high, bands):
    a, b, n = 1 + low / 700, 1 + high / 700, bands + 1
    return np.array([700 * (a ** ((n - k) / n) * b ** (k / n) - 1) for k in range(1, n)])

# %% 12.4 wrong · equal steps in hertz
def band_centres(low, high, bands):
    return np.linspace(low, high, bands + 2)[1:-1]

# %% 12.4 wrong · ends kept
def band_centres(low, high, bands):
    mels = np.linspace(2595 * np.log10(1 + low / 700), 2595 * np.log10(1 + high / 700), bands + 2)
    return 700 * (10 ** (mels / 2595) - 1)

# %% 12.4 wrong · first centre at low, last at high
def band_centres(low, high, bands):
    mels = np.linspace(2595 * np.log10(1 + low / 700), 2595 * np.log10(1 + high / 700), bands)
    return 700 * (10 ** (mels / 2595) - 1)

# %% 12.4 wrong · last centre at high
def band_centres(low, high, bands):
    mels = np.linspace(2595 * np.log10(1 + low / 700), 2595 * np.log10(1 + high / 700), bands + 1)[1:]
    return 700 * (10 ** (mels / 2595) - 1)

# %% 12.4 wrong · first centre at low
def band_centres(low, high, bands):
    mels = np.linspace(2595 * np.log10(1 + low / 700), 2595 * np.log10(1 + high / 700), bands + 1)[:-1]
    return 700 * (10 ** (mels / 2595) - 1)

# %% 12.4 wrong · middles of equal parts
def band_centres(low, high, bands):
    mels = np.linspace(2595 * np.log10(1 + low / 700), 2595 * np.log10(1 + high / 700), bands + 1)
    return 700 * (10 ** ((mels[:-1] + mels[1:]) / 2 / 2595) - 1)

# %% 12.4 wrong · middles taken in hertz
def band_centres(low, high, bands):
    mels = np.linspace(2595 * np.log10(1 + low / 700), 2595 * np.log10(1 + high / 700), bands + 2)
    hertz = 700 * (10 ** (mels / 2595) - 1)
    return (hertz[:-2] + hertz[2:]) / 2

# %% 12.4 wrong · left in mel
def band_centres(low, high, bands):
    return np.linspace(2595 * np.log10(1 + low / 700), 2595 * np.log10(1 + high / 700), bands + 2)[1:-1]

# %% 12.4 wrong · natural logarithm there, power of ten back
def band_centres(low, high, bands):
    mels = np.linspace(2595 * np.log(1 + low / 700), 2595 * np.log(1 + high / 700), bands + 2)[1:-1]
    return 700 * (10 ** (mels / 2595) - 1)

# %% 12.4 wrong · exp on the way back
def band_centres(low, high, bands):
    mels = np.linspace(2595 * np.log10(1 + low / 700), 2595 * np.log10(1 + high / 700), bands + 2)[1:-1]
    return 700 * (np.exp(mels / 2595) - 1)

# %% 12.4 wrong · minus 1 forgotten
def band_centres(low, high, bands):
    mels = np.linspace(2595 * np.log10(1 + low / 700), 2595 * np.log10(1 + high / 700), bands + 2)[1:-1]
    return 700 * 10 ** (mels / 2595)

# %% 12.4 wrong · minus 1 outside the bracket
def band_centres(low, high, bands):
    mels = np.linspace(2595 * np.log10(1 + low / 700), 2595 * np.log10(1 + high / 700), bands + 2)[1:-1]
    return 700 * 10 ** (mels / 2595) - 1

# %% 12.4 wrong · one added to low and high, not to the quotient
def band_centres(low, high, bands):
    mels = np.linspace(2595 * np.log10((1 + low) / 700), 2595 * np.log10((1 + high) / 700), bands + 2)[1:-1]
    return 700 * (10 ** (mels / 2595) - 1)

# %% 12.4 wrong · low taken for 0
def band_centres(low, high, bands):
    mels = np.linspace(0, 2595 * np.log10(1 + high / 700), bands + 2)[1:-1]
    return 700 * (10 ** (mels / 2595) - 1)

# %% 12.4 wrong · highest band first
def band_centres(low, high, bands):
    mels = np.linspace(2595 * np.log10(1 + high / 700), 2595 * np.log10(1 + low / 700), bands + 2)[1:-1]
    return 700 * (10 ** (mels / 2595) - 1)

# %% 12.4 wrong · whole hertz
def band_centres(low, high, bands):
    mels = np.linspace(2595 * np.log10(1 + low / 700), 2595 * np.log10(1 + high / 700), bands + 2)[1:-1]
    return (700 * (10 ** (mels / 2595) - 1)).astype(int)

# %% 12.4 wrong · step that counts one gap too many
def band_centres(low, high, bands):
    first, last = 2595 * np.log10(1 + low / 700), 2595 * np.log10(1 + high / 700)
    mels = first + (last - first) / (bands + 2) * np.arange(1, bands + 1)
    return 700 * (10 ** (mels / 2595) - 1)

# %% 12.4 wrong · wrong bracket in the power
def band_centres(low, high, bands):
    mels = np.linspace(2595 * np.log10(1 + low / 700), 2595 * np.log10(1 + high / 700), bands + 2)[1:-1]
    return 700 * (10 ** (mels / 2595 - 1))

# %% 12.4 wrong · range with a step that is no integer
def band_centres(low, high, bands):
    first, last = 2595 * np.log10(1 + low / 700), 2595 * np.log10(1 + high / 700)
    mels = np.array(range(first, last, (last - first) / (bands + 1)))[1:]
    return 700 * (10 ** (mels / 2595) - 1)

# %% 12.4 wrong · a list divided by a number
def band_centres(low, high, bands):
    first, last = 2595 * np.log10(1 + low / 700), 2595 * np.log10(1 + high / 700)
    mels = [first + k * (last - first) / (bands + 1) for k in range(1, bands + 1)]
    return 700 * (10 ** (mels / 2595) - 1)

# %% 12.4 wrong · np.log10 misspelt
def band_centres(low, high, bands):
    mels = np.linspace(2595 * np.log_10(1 + low / 700), 2595 * np.log_10(1 + high / 700), bands + 2)[1:-1]
    return 700 * (10 ** (mels / 2595) - 1)

# %% 12.5 right · functional, line by line
def frequency_cnn(bands, frames, filters):
    inputs = keras.Input((bands, frames, 1))
    x = layers.Conv2D(filters, (5, frames), activation="relu")(inputs)
    x = layers.MaxPooling2D((2, 1))(x)
    x = layers.Conv2D(2 * filters, (5, 1), activation="relu")(x)
    x = layers.Flatten()(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))

# %% 12.5 right · Sequential
def frequency_cnn(bands, frames, filters):
    return keras.Sequential([
        keras.Input(shape=(bands, frames, 1)),
        layers.Conv2D(filters, kernel_size=(5, frames), padding="valid", activation="relu"),
        layers.MaxPool2D(pool_size=(2, 1), strides=(2, 1)),
        layers.Conv2D(filters * 2, kernel_size=(5, 1), padding="valid", activation="relu"),
        layers.Flatten(),
        layers.Dense(10, "softmax"),
    ])

# %% 12.5 right · add, with layers for the activations
def frequency_cnn(bands, frames, filters):
    model = keras.models.Sequential(name="along_frequency")
    model.add(layers.InputLayer(shape=(bands, frames, 1)))
    model.add(layers.Conv2D(filters, (5, frames)))
    model.add(layers.ReLU())
    model.add(layers.MaxPooling2D((2, 1)))
    model.add(layers.Conv2D(2 * filters, (5, 1)))
    model.add(layers.Activation("relu"))
    model.add(layers.Flatten())
    model.add(layers.Dense(10))
    model.add(layers.Softmax())
    return model

# %% 12.5 right · loop over the kernels
def frequency_cnn(bands, frames, filters):
    x = inputs = layers.Input((bands, frames, 1))
    for number, width in enumerate((frames, 1)):
        x = layers.Conv2D(filters * (number + 1), (5, width), activation=keras.activations.relu)(x)
        if number == 0:
            x = layers.MaxPooling2D((2, 1))(x)
    outputs = layers.Dense(units=10, activation=keras.activations.softmax)(layers.Flatten()(x))
    return keras.Model(inputs=inputs, outputs=outputs)

# %% 12.5 right · built afterwards
def frequency_cnn(bands, frames, filters):
    stack = [
        layers.Conv2D(filters, (5, frames), activation="relu", kernel_initializer="he_normal"),
        layers.MaxPooling2D((2, 1)),
        layers.Conv2D(2 * filters, (5, 1), activation="relu", kernel_initializer="he_normal"),
        layers.Flatten(),
        layers.Dense(10, activation="softmax"),
    ]
    model = keras.Sequential(stack)
    model.build((None, bands, frames, 1))
    return model

# %% 12.5 right · keras.activations on tensors
def frequency_cnn(bands, frames, filters):
    sound = keras.Input((bands, frames, 1), name="sound")
    first = keras.activations.relu(layers.Conv2D(filters, (5, frames))(sound))
    pooled = layers.MaxPooling2D((2, 1))(first)
    second = keras.activations.relu(layers.Conv2D(filters + filters, (5, 1))(pooled))
    scores = layers.Dense(10)(layers.Flatten()(second))
    return keras.Model(sound, keras.activations.softmax(scores))

# %% 12.5 right · input_shape in the first layer
def frequency_cnn(bands, frames, filters):
    model = keras.Sequential()
    model.add(layers.Conv2D(filters, (5, frames), activation="relu", input_shape=(bands, frames, 1)))
    model.add(layers.MaxPooling2D(pool_size=(2, 1)))
    model.add(layers.Conv2D(2 * filters, (5, 1), activation="relu"))
    model.add(layers.Flatten())
    model.add(layers.Dense(10, activation="softmax"))
    return model

# %% 12.5 wrong · kernels along time
def frequency_cnn(bands, frames, filters):
    inputs = keras.Input((bands, frames, 1))
    x = layers.Conv2D(filters, (bands, 5), activation="relu")(inputs)
    x = layers.MaxPooling2D((1, 2))(x)
    x = layers.Conv2D(2 * filters, (1, 5), activation="relu")(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(layers.Flatten()(x)))

# %% 12.5 wrong · padding same
def frequency_cnn(bands, frames, filters):
    inputs = keras.Input((bands, frames, 1))
    x = layers.Conv2D(filters, (5, frames), padding="same", activation="relu")(inputs)
    x = layers.MaxPooling2D((2, 1))(x)
    x = layers.Conv2D(2 * filters, (5, 1), padding="same", activation="relu")(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(layers.Flatten()(x)))

# %% 12.5 wrong · 5×5 kernels first
def frequency_cnn(bands, frames, filters):
    inputs = keras.Input((bands, frames, 1))
    x = layers.Conv2D(filters, 5, activation="relu")(inputs)
    x = layers.MaxPooling2D((2, 1))(x)
    x = layers.Conv2D(2 * filters, (5, 1), activation="relu")(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(layers.Flatten()(x)))

# %% 12.5 wrong · second layer not doubled
def frequency_cnn(bands, frames, filters):
    inputs = keras.Input((bands, frames, 1))
    x = layers.Conv2D(filters, (5, frames), activation="relu")(inputs)
    x = layers.MaxPooling2D((2, 1))(x)
    x = layers.Conv2D(filters, (5, 1), activation="relu")(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(layers.Flatten()(x)))

# %% 12.5 wrong · no biases, as in the chapter
def frequency_cnn(bands, frames, filters):
    inputs = keras.Input((bands, frames, 1))
    x = layers.Conv2D(filters, (5, frames), use_bias=False, activation="relu")(inputs)
    x = layers.MaxPooling2D((2, 1))(x)
    x = layers.Conv2D(2 * filters, (5, 1), use_bias=False, activation="relu")(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(layers.Flatten()(x)))

# %% 12.5 wrong · batch normalisation, as in the chapter
def frequency_cnn(bands, frames, filters):
    x = inputs = keras.Input((bands, frames, 1))
    for count, size in ((filters, (5, frames)), (2 * filters, (5, 1))):
        x = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(count, size)(x)))
        if count == filters:
            x = layers.MaxPooling2D((2, 1))(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(layers.Flatten()(x)))

# %% 12.5 wrong · second pooling, as in the chapter
def frequency_cnn(bands, frames, filters):
    x = inputs = keras.Input((bands, frames, 1))
    for count, size in ((filters, (5, frames)), (2 * filters, (5, 1))):
        x = layers.Conv2D(count, size, activation="relu")(x)
        x = layers.MaxPooling2D((2, 1))(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(layers.Flatten()(x)))

# %% 12.5 wrong · no ReLU
def frequency_cnn(bands, frames, filters):
    inputs = keras.Input((bands, frames, 1))
    x = layers.Conv2D(filters, (5, frames))(inputs)
    x = layers.MaxPooling2D((2, 1))(x)
    x = layers.Conv2D(2 * filters, (5, 1))(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(layers.Flatten()(x)))

# %% 12.5 wrong · no softmax
def frequency_cnn(bands, frames, filters):
    inputs = keras.Input((bands, frames, 1))
    x = layers.Conv2D(filters, (5, frames), activation="relu")(inputs)
    x = layers.MaxPooling2D((2, 1))(x)
    x = layers.Conv2D(2 * filters, (5, 1), activation="relu")(x)
    return keras.Model(inputs, layers.Dense(10)(layers.Flatten()(x)))

# %% 12.5 wrong · sigmoids at the end
def frequency_cnn(bands, frames, filters):
    inputs = keras.Input((bands, frames, 1))
    x = layers.Conv2D(filters, (5, frames), activation="relu")(inputs)
    x = layers.MaxPooling2D((2, 1))(x)
    x = layers.Conv2D(2 * filters, (5, 1), activation="relu")(x)
    return keras.Model(inputs, layers.Dense(10, activation="sigmoid")(layers.Flatten()(x)))

# %% 12.5 wrong · average instead of maximum
def frequency_cnn(bands, frames, filters):
    inputs = keras.Input((bands, frames, 1))
    x = layers.Conv2D(filters, (5, frames), activation="relu")(inputs)
    x = layers.AveragePooling2D((2, 1))(x)
    x = layers.Conv2D(2 * filters, (5, 1), activation="relu")(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(layers.Flatten()(x)))

# %% 12.5 wrong · pooling with stride 1
def frequency_cnn(bands, frames, filters):
    inputs = keras.Input((bands, frames, 1))
    x = layers.Conv2D(filters, (5, frames), activation="relu")(inputs)
    x = layers.MaxPooling2D((2, 1), strides=1)(x)
    x = layers.Conv2D(2 * filters, (5, 1), activation="relu")(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(layers.Flatten()(x)))

# %% 12.5 wrong · global average instead of Flatten
def frequency_cnn(bands, frames, filters):
    inputs = keras.Input((bands, frames, 1))
    x = layers.Conv2D(filters, (5, frames), activation="relu")(inputs)
    x = layers.MaxPooling2D((2, 1))(x)
    x = layers.Conv2D(2 * filters, (5, 1), activation="relu")(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(layers.GlobalAveragePooling2D()(x)))

# %% 12.5 wrong · Flatten forgotten
def frequency_cnn(bands, frames, filters):
    inputs = keras.Input((bands, frames, 1))
    x = layers.Conv2D(filters, (5, frames), activation="relu")(inputs)
    x = layers.MaxPooling2D((2, 1))(x)
    x = layers.Conv2D(2 * filters, (5, 1), activation="relu")(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))

# %% 12.5 wrong · fixed to 40 bands and 61 frames
def frequency_cnn(bands, frames, filters):
    inputs = keras.Input((40, 61, 1))
    x = layers.Conv2D(filters, (5, 61), activation="relu")(inputs)
    x = layers.MaxPooling2D((2, 1))(x)
    x = layers.Conv2D(2 * filters, (5, 1), activation="relu")(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(layers.Flatten()(x)))

# %% 12.5 wrong · frames first in the input and the kernels
def frequency_cnn(bands, frames, filters):
    inputs = keras.Input((frames, bands, 1))
    x = layers.Conv2D(filters, (frames, 5), activation="relu")(inputs)
    x = layers.MaxPooling2D((1, 2))(x)
    x = layers.Conv2D(2 * filters, (1, 5), activation="relu")(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(layers.Flatten()(x)))

# %% 12.5 wrong · dropout before the classifier
def frequency_cnn(bands, frames, filters):
    inputs = keras.Input((bands, frames, 1))
    x = layers.Conv2D(filters, (5, frames), activation="relu")(inputs)
    x = layers.MaxPooling2D((2, 1))(x)
    x = layers.Conv2D(2 * filters, (5, 1), activation="relu")(x)
    x = layers.Dropout(0.3)(layers.Flatten()(x))
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))

# %% 12.5 wrong · pools over frames that are gone
def frequency_cnn(bands, frames, filters):
    inputs = keras.Input((bands, frames, 1))
    x = layers.Conv2D(filters, (5, frames), activation="relu")(inputs)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(2 * filters, (5, 1), activation="relu")(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(layers.Flatten()(x)))

# %% 12.5 wrong · second kernel turned
def frequency_cnn(bands, frames, filters):
    inputs = keras.Input((bands, frames, 1))
    x = layers.Conv2D(filters, (5, frames), activation="relu")(inputs)
    x = layers.MaxPooling2D((2, 1))(x)
    x = layers.Conv2D(2 * filters, (1, 5), activation="relu")(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(layers.Flatten()(x)))

# %% 12.5 wrong · the channel missing in the input
def frequency_cnn(bands, frames, filters):
    inputs = keras.Input((bands, frames))
    x = layers.Conv2D(filters, (5, frames), activation="relu")(inputs)
    x = layers.MaxPooling2D((2, 1))(x)
    x = layers.Conv2D(2 * filters, (5, 1), activation="relu")(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(layers.Flatten()(x)))

# %% 12.5 wrong · returns the output, no model
def frequency_cnn(bands, frames, filters):
    inputs = keras.Input((bands, frames, 1))
    x = layers.Conv2D(filters, (5, frames), activation="relu")(inputs)
    x = layers.MaxPooling2D((2, 1))(x)
    x = layers.Conv2D(2 * filters, (5, 1), activation="relu")(x)
    return layers.Dense(10, activation="softmax")(layers.Flatten()(x))

# %% 12.6 right · loop that keeps the best
def best_shift(image, other, largest, axis):
    best, smallest = 0, float("inf")
    for step in range(-largest, largest + 1):
        moved = audio.shifted(other, bands=step) if axis == 0 else audio.shifted(other, frames=step)
        error = np.sum((image - moved) ** 2)
        if error < smallest:
            best, smallest = step, error
    return best

# %% 12.6 right · min with a key
def best_shift(image, other, largest, axis):
    name = ("bands", "frames")[axis]
    return min(
        range(-largest, largest + 1),
        key=lambda step: ((image - audio.shifted(other, **{name: step})) ** 2).sum(),
    )

# %% 12.6 right · argmin of a list
def best_shift(image, other, largest, axis):
    steps = np.arange(-largest, largest + 1)
    if axis == 0:
        errors = [np.square(audio.shifted(other, bands=int(s)) - image).sum() for s in steps]
    else:
        errors = [np.square(audio.shifted(other, frames=int(s)) - image).sum() for s in steps]
    return int(steps[np.argmin(errors)])

# %% 12.6 right · place minus largest, a NumPy integer
def best_shift(image, other, largest, axis):
    key = {0: "bands", 1: "frames"}[axis]
    moved = np.stack([audio.shifted(other, **{key: s}) for s in range(-largest, largest + 1)])
    return np.argmin(((moved - image) ** 2).sum(axis=(1, 2))) - largest

# %% 12.6 right · a frame of silence cut by hand
def best_shift(image, other, largest, axis):
    width = [(0, 0), (0, 0)]
    width[axis] = (largest, largest)
    padded = np.pad(other, width)
    length = other.shape[axis]
    errors = {}
    for step in range(-largest, largest + 1):
        places = np.arange(largest - step, largest - step + length)
        errors[step] = float(((image - np.take(padded, places, axis=axis)) ** 2).sum())
    return min(errors, key=errors.get)

# %% 12.6 right · transposed for frames, own shifting
def best_shift(image, other, largest, axis):
    if axis == 1:
        image, other = image.T, other.T
    rows, scores = len(other), []
    for step in range(-largest, largest + 1):
        moved = np.zeros(other.shape)
        for row in range(rows):
            if 0 <= row + step < rows:
                moved[row + step] = other[row]
        scores.append((np.linalg.norm(image - moved), step))
    return min(scores)[1]

# %% 12.6 right · sorted pairs, np.vdot
def best_shift(image, other, largest, axis):
    pairs = []
    for step in range(-largest, largest + 1):
        difference = image - audio.shifted(other, bands=step * (axis == 0), frames=step * (axis == 1))
        pairs.append((np.vdot(difference, difference), step))
    pairs.sort()
    return pairs[0][1]

# %% 12.6 right · recursion from the ends
def best_shift(image, other, largest, axis):
    def error(step):
        moves = {"bands": step} if axis == 0 else {"frames": step}
        return np.sum(np.square(np.subtract(image, audio.shifted(other, **moves))))

    if largest == 0:
        return 0
    inner = best_shift(image, other, largest - 1, axis)
    return min((inner, -largest, largest), key=error)

# %% 12.6 right · keras.ops
def best_shift(image, other, largest, axis):
    wanted = keras.ops.convert_to_tensor(image, "float32")
    results = []
    for s in range(-largest, largest + 1):
        moved = audio.shifted(other, bands=s) if not axis else audio.shifted(other, frames=s)
        results.append(float(keras.ops.sum((wanted - keras.ops.convert_to_tensor(moved, "float32")) ** 2)))
    return results.index(min(results)) - largest

# %% 12.6 wrong · moves the image, not the other
def best_shift(image, other, largest, axis):
    name = ("bands", "frames")[axis]
    steps = range(-largest, largest + 1)
    return min(steps, key=lambda s: ((audio.shifted(image, **{name: s}) - other) ** 2).sum())

# %% 12.6 wrong · sign turned round at the end
def best_shift(image, other, largest, axis):
    name = ("bands", "frames")[axis]
    steps = range(-largest, largest + 1)
    return -min(steps, key=lambda s: ((image - audio.shifted(other, **{name: s})) ** 2).sum())

# %% 12.6 wrong · axes swapped
def best_shift(image, other, largest, axis):
    name = ("frames", "bands")[axis]
    steps = range(-largest, largest + 1)
    return min(steps, key=lambda s: ((image - audio.shifted(other, **{name: s})) ** 2).sum())

# %% 12.6 wrong · the largest shift not tried
def best_shift(image, other, largest, axis):
    name = ("bands", "frames")[axis]
    steps = range(-largest, largest)
    return min(steps, key=lambda s: ((image - audio.shifted(other, **{name: s})) ** 2).sum(), default=0)

# %% 12.6 wrong · up and later only
def best_shift(image, other, largest, axis):
    name = ("bands", "frames")[axis]
    steps = range(largest + 1)
    return min(steps, key=lambda s: ((image - audio.shifted(other, **{name: s})) ** 2).sum())

# %% 12.6 wrong · rolls round
def best_shift(image, other, largest, axis):
    steps = range(-largest, largest + 1)
    return min(steps, key=lambda s: ((image - np.roll(other, s, axis)) ** 2).sum())

# %% 12.6 wrong · largest difference
def best_shift(image, other, largest, axis):
    name = ("bands", "frames")[axis]
    steps = range(-largest, largest + 1)
    return max(steps, key=lambda s: ((image - audio.shifted(other, **{name: s})) ** 2).sum())

# %% 12.6 wrong · squares forgotten
def best_shift(image, other, largest, axis):
    name = ("bands", "frames")[axis]
    steps = range(-largest, largest + 1)
    return min(steps, key=lambda s: (image - audio.shifted(other, **{name: s})).sum())

# %% 12.6 wrong · sum squared
def best_shift(image, other, largest, axis):
    name = ("bands", "frames")[axis]
    steps = range(-largest, largest + 1)
    return min(steps, key=lambda s: (image - audio.shifted(other, **{name: s})).sum() ** 2)

# %% 12.6 wrong · absolute differences
def best_shift(image, other, largest, axis):
    name = ("bands", "frames")[axis]
    steps = range(-largest, largest + 1)
    return min(steps, key=lambda s: np.abs(image - audio.shifted(other, **{name: s})).sum())

# %% 12.6 wrong · mean over the overlap only
def best_shift(image, other, largest, axis):
    if axis == 1:
        image, other = image.T, other.T
    errors = {}
    for s in range(-largest, largest + 1):
        n = len(image) - abs(s)
        difference = image[max(s, 0) :][:n] - other[max(-s, 0) :][:n]
        errors[s] = (difference**2).mean()
    return min(errors, key=errors.get)

# %% 12.6 wrong · sum over the overlap only
def best_shift(image, other, largest, axis):
    if axis == 1:
        image, other = image.T, other.T
    errors = {}
    for s in range(-largest, largest + 1):
        n = len(image) - abs(s)
        errors[s] = ((image[max(s, 0) :][:n] - other[max(-s, 0) :][:n]) ** 2).sum()
    return min(errors, key=errors.get)

# %% 12.6 wrong · place in the list
def best_shift(image, other, largest, axis):
    name = ("bands", "frames")[axis]
    steps = range(-largest, largest + 1)
    return int(np.argmin([((image - audio.shifted(other, **{name: s})) ** 2).sum() for s in steps]))

# %% 12.6 wrong · the smallest sum itself
def best_shift(image, other, largest, axis):
    name = ("bands", "frames")[axis]
    return min(((image - audio.shifted(other, **{name: s})) ** 2).sum() for s in range(-largest, largest + 1))

# %% 12.6 wrong · axis ignored
def best_shift(image, other, largest, axis):
    steps = range(-largest, largest + 1)
    return min(steps, key=lambda s: ((image - audio.shifted(other, bands=s)) ** 2).sum())

# %% 12.6 wrong · moved along both
def best_shift(image, other, largest, axis):
    steps = range(-largest, largest + 1)
    return min(steps, key=lambda s: ((image - audio.shifted(other, bands=s, frames=s)) ** 2).sum())

# %% 12.6 wrong · best error starts at 0
def best_shift(image, other, largest, axis):
    best = smallest = 0
    for s in range(-largest, largest + 1):
        moved = audio.shifted(other, bands=s) if axis == 0 else audio.shifted(other, frames=s)
        error = ((image - moved) ** 2).sum()
        if error < smallest:
            best, smallest = s, error
    return best

# %% 12.6 wrong · the last improvement over the neighbour
def best_shift(image, other, largest, axis):
    best, before = -largest, float("inf")
    for s in range(-largest, largest + 1):
        moved = audio.shifted(other, bands=s) if axis == 0 else audio.shifted(other, frames=s)
        error = ((image - moved) ** 2).sum()
        if error < before:
            best = s
        before = error
    return best

# %% 12.6 wrong · shifts added up
def best_shift(image, other, largest, axis):
    best, smallest, moved = 0, float("inf"), other
    for s in range(-largest, largest + 1):
        moved = audio.shifted(moved, bands=s) if axis == 0 else audio.shifted(moved, frames=s)
        error = ((image - moved) ** 2).sum()
        if error < smallest:
            best, smallest = s, error
    return best

# %% 12.6 wrong · passes the axis on
def best_shift(image, other, largest, axis):
    steps = range(-largest, largest + 1)
    return min(steps, key=lambda s: ((image - audio.shifted(other, s, axis=axis)) ** 2).sum())

# %% 12.6 wrong · name of the axis not looked up
def best_shift(image, other, largest, axis):
    steps = range(-largest, largest + 1)
    return min(steps, key=lambda s: ((image - audio.shifted(other, **{axis: s})) ** 2).sum())

# %% 12.6 wrong · cut images of two sizes
def best_shift(image, other, largest, axis):
    errors = []
    for s in range(-largest, largest + 1):
        moved = other[s:] if axis == 0 else other[:, s:]
        errors.append(((image - moved) ** 2).sum())
    return int(np.argmin(errors)) - largest
