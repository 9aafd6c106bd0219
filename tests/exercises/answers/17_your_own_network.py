# %% 17.1 right · loop
def design_parameters(channels, rows, classes):
    count = 0
    for kind, filters, size in rows:
        if kind == "separable":
            count += size * size * channels
            count += channels * filters
        else:
            count += size * size * channels * filters
        count += 4 * filters
        channels = filters
    count += channels * classes + classes
    return count

# %% 17.1 right · list of inputs first
def design_parameters(channels, rows, classes):
    inputs = [channels] + [row[1] for row in rows]
    weights = [
        k**2 * c * f if kind == "conv" else c * (k**2 + f)
        for c, (kind, f, k) in zip(inputs, rows)
    ]
    norms = 4 * sum(inputs[1:])
    return sum(weights) + norms + (inputs[-1] + 1) * classes

# %% 17.1 right · recursion
def design_parameters(channels, rows, classes):
    if not rows:
        return channels * classes + classes
    kind, filters, size = rows[0]
    per_filter = size**2 * channels if kind == "conv" else channels
    depthwise = 0 if kind == "conv" else size**2 * channels
    return depthwise + filters * (per_filter + 4) + design_parameters(filters, rows[1:], classes)

# %% 17.1 right · lets Keras count
def design_parameters(channels, rows, classes):
    x = inputs = keras.Input((32, 32, channels))
    for kind, filters, size in rows:
        layer = layers.Conv2D if kind == "conv" else layers.SeparableConv2D
        x = layers.BatchNormalization()(layer(filters, size, padding="same", use_bias=False)(x))
    scores = layers.Dense(classes)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(inputs, scores).count_params()

# %% 17.1 wrong · batch normalisation forgotten
def design_parameters(channels, rows, classes):
    count = 0
    for kind, filters, size in rows:
        count += size**2 * channels * (filters if kind == "conv" else 1)
        if kind == "separable":
            count += channels * filters
        channels = filters
    return count + (channels + 1) * classes

# %% 17.1 wrong · two numbers per normalised filter
def design_parameters(channels, rows, classes):
    count = 0
    for kind, filters, size in rows:
        if kind == "conv":
            count += size**2 * channels * filters + 2 * filters
        else:
            count += channels * (size**2 + filters) + 2 * filters
        channels = filters
    return count + (channels + 1) * classes

# %% 17.1 wrong · biases in the convolutions
def design_parameters(channels, rows, classes):
    count = 0
    for kind, filters, size in rows:
        if kind == "conv":
            count += (size**2 * channels + 1) * filters
        else:
            count += size**2 * channels + (channels + 1) * filters
        count += 4 * filters
        channels = filters
    return count + (channels + 1) * classes

# %% 17.1 wrong · kinds ignored
def design_parameters(channels, rows, classes):
    count = 0
    for _, filters, size in rows:
        count += size**2 * channels * filters + 4 * filters
        channels = filters
    return count + (channels + 1) * classes

# %% 17.1 wrong · channels not updated
def design_parameters(channels, rows, classes):
    count = 0
    for kind, filters, size in rows:
        if kind == "conv":
            count += size**2 * channels * filters
        else:
            count += size**2 * channels + channels * filters
        count += 4 * filters
    return count + (filters + 1) * classes

# %% 17.1 wrong · size not squared
def design_parameters(channels, rows, classes):
    count = 0
    for kind, filters, size in rows:
        count += size * channels * filters if kind == "conv" else size * channels + channels * filters
        count += 4 * filters
        channels = filters
    return count + (channels + 1) * classes

# %% 17.1 wrong · the last layer without biases
def design_parameters(channels, rows, classes):
    count = 0
    for kind, filters, size in rows:
        if kind == "conv":
            count += size**2 * channels * filters
        else:
            count += size**2 * channels + channels * filters
        count += 4 * filters
        channels = filters
    return count + channels * classes

# %% 17.2 right · counts up
def widest(budget):
    filters = 1
    while True:
        if league.two_layers(filters + 1).count_params() > budget:
            return league.two_layers(filters)
        filters += 1

# %% 17.2 right · by the formula
def widest(budget):
    f = 1
    while 2 * (f + 1) ** 2 + 66 * (f + 1) + 10 <= budget:
        f += 1
    return league.two_layers(f)

# %% 17.2 right · keeps the last model that fits
def widest(budget):
    best, filters = None, 1
    model = league.two_layers(filters)
    while model.count_params() <= budget:
        best = model
        filters += 1
        model = league.two_layers(filters)
    return best

# %% 17.2 right · solves the square
def widest(budget):
    return league.two_layers(int((-66 + (66**2 + 8 * (budget - 10)) ** 0.5) / 4 + 1e-9))

# %% 17.2 wrong · one too wide
def widest(budget):
    filters = 1
    while league.two_layers(filters).count_params() <= budget:
        filters += 1
    return league.two_layers(filters)

# %% 17.2 wrong · strictly below
def widest(budget):
    filters = 1
    while league.two_layers(filters + 1).count_params() < budget:
        filters += 1
    return league.two_layers(filters)

# %% 17.2 wrong · powers of two
def widest(budget):
    filters = 1
    while league.two_layers(filters * 2).count_params() <= budget:
        filters *= 2
    return league.two_layers(filters)

# %% 17.2 wrong · number instead of a model
def widest(budget):
    filters = 1
    while league.two_layers(filters + 1).count_params() <= budget:
        filters += 1
    return filters

# %% 17.2 wrong · always one filter
def widest(budget):
    return league.two_layers(1)

# %% 17.2 wrong · trainable weights only
def widest(budget):
    def cost(filters):
        return sum(int(np.prod(w.shape)) for w in league.two_layers(filters).trainable_weights)
    filters = 1
    while cost(filters + 1) <= budget:
        filters += 1
    return league.two_layers(filters)

# %% 17.3 right · floor division
def epochs_within(budget, start, step, examples, batch_size):
    steps = -(-examples // batch_size)
    left = budget - start
    if left < 0:
        return 0
    return int(left // (steps * step))

# %% 17.3 right · loop
def epochs_within(budget, start, step, examples, batch_size):
    epoch = math.ceil(examples / batch_size) * step
    count = 0
    while start + (count + 1) * epoch <= budget:
        count += 1
    return count

# %% 17.3 right · math.floor
def epochs_within(budget, start, step, examples, batch_size):
    steps = examples // batch_size + (examples % batch_size > 0)
    return max(math.floor((budget - start) / (steps * step)), 0)

# %% 17.3 right · NumPy
def epochs_within(budget, start, step, examples, batch_size):
    epoch = np.ceil(examples / batch_size) * step
    return int(np.maximum(0, np.floor((budget - start) / epoch)))

# %% 17.3 wrong · last batch dropped
def epochs_within(budget, start, step, examples, batch_size):
    return max(0, int((budget - start) // (examples // batch_size * step)))

# %% 17.3 wrong · start forgotten
def epochs_within(budget, start, step, examples, batch_size):
    return int(budget // (math.ceil(examples / batch_size) * step))

# %% 17.3 wrong · rounded
def epochs_within(budget, start, step, examples, batch_size):
    return max(0, round((budget - start) / (math.ceil(examples / batch_size) * step)))

# %% 17.3 wrong · start in each epoch
def epochs_within(budget, start, step, examples, batch_size):
    return int(budget / (start + math.ceil(examples / batch_size) * step))

# %% 17.3 wrong · steps instead of epochs
def epochs_within(budget, start, step, examples, batch_size):
    return max(0, int((budget - start) / step))

# %% 17.3 wrong · below zero
def epochs_within(budget, start, step, examples, batch_size):
    steps = math.ceil(examples / batch_size)
    return int((budget - start) // (steps * step))

# %% 17.3 wrong · a float
def epochs_within(budget, start, step, examples, batch_size):
    return max(0, (budget - start) / (math.ceil(examples / batch_size) * step))

# %% 17.4 right · min and max
def better(first, second):
    points = 100 * np.mean(first) - 100 * np.mean(second)
    if min(first) > max(second):
        name = "first"
    elif max(first) < min(second):
        name = "second"
    else:
        name = "neither"
    return points, name

# %% 17.4 right · all pairs
def better(first, second):
    difference = (sum(first) / len(first) - sum(second) / len(second)) * 100
    if all(a > b for a in first for b in second):
        return difference, "first"
    if all(b > a for a in first for b in second):
        return difference, "second"
    return difference, "neither"

# %% 17.4 right · sorted
def better(first, second):
    first, second = sorted(first), sorted(second)
    difference = float(np.mean(first) - np.mean(second)) * 100
    if first[0] > second[-1]:
        return difference, "first"
    return difference, "second" if second[0] > first[-1] else "neither"

# %% 17.4 right · arrays
def better(first, second):
    a, b = np.array(first), np.array(second)
    pairs = a[:, None] > b[None, :]
    name = "first" if pairs.all() else "second" if (a[:, None] < b[None, :]).all() else "neither"
    return (a.mean() - b.mean()) * 100, name

# %% 17.4 wrong · by the means
def better(first, second):
    difference = 100 * (np.mean(first) - np.mean(second))
    return difference, "first" if difference > 0 else "second"

# %% 17.4 wrong · by the best
def better(first, second):
    difference = 100 * (np.mean(first) - np.mean(second))
    return difference, "first" if max(first) > max(second) else "second"

# %% 17.4 wrong · by the worst
def better(first, second):
    difference = 100 * (np.mean(first) - np.mean(second))
    return difference, "first" if min(first) > min(second) else "second"

# %% 17.4 wrong · a share
def better(first, second):
    difference = np.mean(first) - np.mean(second)
    if min(first) > max(second):
        return difference, "first"
    if min(second) > max(first):
        return difference, "second"
    return difference, "neither"

# %% 17.4 wrong · absolute difference
def better(first, second):
    difference = abs(100 * (np.mean(first) - np.mean(second)))
    if min(first) > max(second):
        return difference, "first"
    if min(second) > max(first):
        return difference, "second"
    return difference, "neither"

# %% 17.4 wrong · the wrong way round
def better(first, second):
    difference = 100 * (np.mean(second) - np.mean(first))
    if min(first) > max(second):
        return difference, "first"
    if min(second) > max(first):
        return difference, "second"
    return difference, "neither"

# %% 17.4 wrong · names swapped
def better(first, second):
    difference = 100 * (np.mean(first) - np.mean(second))
    if min(first) > max(second):
        return difference, "second"
    if min(second) > max(first):
        return difference, "first"
    return difference, "neither"
