# %% 11.1 right · mean over three axes
def amplify(maps):
    return (maps**2).mean(axis=(1, 2, 3)), 2 * maps / maps[0].size

# %% 11.1 right · one image after the other
def amplify(maps):
    scores, slopes = [], []
    for one in maps:
        scores.append(np.mean(one * one))
        slopes.append(one * (2 / one.size))
    return np.array(scores), np.array(slopes)

# %% 11.1 right · einsum
def amplify(maps):
    batch, height, width, filters = maps.shape
    count = height * width * filters
    return np.einsum("bhwf,bhwf->b", maps, maps) / count, maps / (count / 2)

# %% 11.1 right · flat rows
def amplify(maps):
    flat = np.reshape(maps, (len(maps), -1))
    scores = np.sum(np.square(flat), axis=1) / flat.shape[1]
    derivative = (2 * flat / flat.shape[1]).reshape(maps.shape)
    return scores, derivative

# %% 11.1 right · keras.ops in float32
def amplify(maps):
    maps = keras.ops.convert_to_tensor(maps, "float32")
    scores = keras.ops.mean(keras.ops.square(maps), axis=(1, 2, 3))
    slopes = 2.0 * maps / float(np.prod(maps.shape[1:]))
    return keras.ops.convert_to_numpy(scores), keras.ops.convert_to_numpy(slopes)

# %% 11.1 right · five loops' worth, in plain Python
def amplify(maps):
    b, h, w, f = maps.shape
    scores, gradient = np.zeros(b), np.zeros((b, h, w, f))
    for n in range(b):
        for i in range(h):
            for j in range(w):
                for k in range(f):
                    a = float(maps[n, i, j, k])
                    scores[n] += a * a / (h * w * f)
                    gradient[n, i, j, k] = 2 * a / (h * w * f)
    return scores, gradient

# %% 11.1 right · central difference, exact for a square
def amplify(maps):
    a = np.asarray(maps, dtype="float64")
    values = np.prod(a.shape[1:])
    slope = ((a + 1) ** 2 - (a - 1) ** 2) / 2 / values
    return np.mean(a**2, axis=(1, 2, 3)), slope

# %% 11.1 right · norm squared
def amplify(maps):
    per_image = maps.shape[1] * maps.shape[2] * maps.shape[3]
    norms = np.array([np.linalg.norm(one.ravel()) for one in maps])
    return norms**2 / per_image, np.multiply(maps, 2.0) / per_image

# %% 11.1 wrong · factor 2 forgotten
def amplify(maps):
    return (maps**2).mean(axis=(1, 2, 3)), maps / maps[0].size

# %% 11.1 wrong · divided by the whole batch's size
def amplify(maps):
    return (maps**2).mean(axis=(1, 2, 3)), 2 * maps / maps.size

# %% 11.1 wrong · one score for the batch
def amplify(maps):
    return np.mean(maps**2), 2 * maps / maps[0].size

# %% 11.1 wrong · a score for each filter
def amplify(maps):
    return (maps**2).mean(axis=(1, 2)), 2 * maps / maps[0].size

# %% 11.1 wrong · sums instead of means
def amplify(maps):
    return (maps**2).sum(axis=(1, 2, 3)), 2 * maps

# %% 11.1 wrong · derivative not divided
def amplify(maps):
    return (maps**2).mean(axis=(1, 2, 3)), 2 * maps

# %% 11.1 wrong · filters not counted in the derivative
def amplify(maps):
    b, h, w, f = maps.shape
    return (maps**2).mean(axis=(1, 2, 3)), 2 * maps / (h * w)

# %% 11.1 wrong · mean squared, not squares averaged
def amplify(maps):
    return maps.mean(axis=(1, 2, 3)) ** 2, 2 * maps / maps[0].size

# %% 11.1 wrong · root of the mean
def amplify(maps):
    return np.sqrt((maps**2).mean(axis=(1, 2, 3))), 2 * maps / maps[0].size

# %% 11.1 wrong · sizes of activations without a square
def amplify(maps):
    return np.abs(maps).mean(axis=(1, 2, 3)), np.sign(maps) / maps[0].size

# %% 11.1 wrong · negative activations left alone
def amplify(maps):
    positive = np.maximum(maps, 0)
    return (positive**2).mean(axis=(1, 2, 3)), 2 * positive / maps[0].size

# %% 11.1 wrong · sign of a descent
def amplify(maps):
    return (maps**2).mean(axis=(1, 2, 3)), -2 * maps / maps[0].size

# %% 11.1 wrong · derivative and score swapped
def amplify(maps):
    return 2 * maps / maps[0].size, (maps**2).mean(axis=(1, 2, 3))

# %% 11.1 wrong · derivative forgotten
def amplify(maps):
    return (maps**2).mean(axis=(1, 2, 3))

# %% 11.1 wrong · axes that are kept
def amplify(maps):
    return (maps**2).mean(axis=(1, 2, 3), keepdims=True), 2 * maps / maps[0].size

# %% 11.1 wrong · one slope for each image
def amplify(maps):
    return (maps**2).mean(axis=(1, 2, 3)), 2 * maps.mean(axis=(1, 2, 3))

# %% 11.1 wrong · axes counted from 1
def amplify(maps):
    return (maps**2).mean(axis=(2, 3, 4)), 2 * maps / maps[0].size

# %% 11.1 wrong · batch axis forgotten in the shape
def amplify(maps):
    h, w, f = maps.shape
    return (maps**2).mean(axis=(1, 2, 3)), 2 * maps / (h * w * f)

# %% 11.1 wrong · a name that does not exist
def amplify(maps):
    scores = (maps**2).mean(axis=(1, 2, 3))
    return scores, 2 * maps / (height * width * filters)

# %% 11.2 right · comprehension that counts down
def octave_sizes(height, width, octaves, scale):
    return [(round(height / scale**k), round(width / scale**k)) for k in range(octaves - 1, -1, -1)]

# %% 11.2 right · list turned round at the end
def octave_sizes(height, width, octaves, scale):
    sizes = []
    for k in range(octaves):
        sizes.append((round(height / scale**k), round(width / scale**k)))
    return sizes[::-1]

# %% 11.2 right · insert at the front, divided again and again
def octave_sizes(height, width, octaves, scale):
    sizes, h, w = [], height, width
    for _ in range(octaves):
        sizes.insert(0, (round(h), round(w)))
        h, w = h / scale, w / scale
    return sizes

# %% 11.2 right · recursion
def octave_sizes(height, width, octaves, scale):
    own = [(round(height), round(width))]
    if octaves == 1:
        return own
    return octave_sizes(height / scale, width / scale, octaves - 1, scale) + own

# %% 11.2 right · NumPy powers and rint
def octave_sizes(height, width, octaves, scale):
    powers = np.power(float(scale), np.arange(octaves)[::-1])
    rows, columns = np.rint(height / powers).astype(int), np.rint(width / powers).astype(int)
    return list(zip(rows.tolist(), columns.tolist()))

# %% 11.2 right · sorted by height and width
def octave_sizes(height, width, octaves, scale):
    return sorted((int(round(height / scale**k)), int(round(width / scale**k))) for k in range(octaves))

# %% 11.2 right · while loop and reversed
def octave_sizes(height, width, octaves, scale):
    found, factor = [], 1.0
    while len(found) < octaves:
        found.append(tuple(round(side / factor) for side in (height, width)))
        factor *= scale
    return list(reversed(found))

# %% 11.2 right · the package's own function
def octave_sizes(height, width, octaves, scale):
    return list(interpret.octave_sizes(height, width, octaves=octaves, scale=scale))

# %% 11.2 wrong · the largest first
def octave_sizes(height, width, octaves, scale):
    return [(round(height / scale**k), round(width / scale**k)) for k in range(octaves)]

# %% 11.2 wrong · rounded at every octave
def octave_sizes(height, width, octaves, scale):
    sizes = [(height, width)]
    for _ in range(octaves - 1):
        h, w = sizes[0]
        sizes.insert(0, (round(h / scale), round(w / scale)))
    return sizes

# %% 11.2 wrong · rounded down
def octave_sizes(height, width, octaves, scale):
    return [(int(height / scale**k), int(width / scale**k)) for k in range(octaves - 1, -1, -1)]

# %% 11.2 wrong · floor division
def octave_sizes(height, width, octaves, scale):
    return [(int(height // scale**k), int(width // scale**k)) for k in reversed(range(octaves))]

# %% 11.2 wrong · rounded up
def octave_sizes(height, width, octaves, scale):
    import math
    return [(math.ceil(height / scale**k), math.ceil(width / scale**k)) for k in range(octaves - 1, -1, -1)]

# %% 11.2 wrong · one octave too many
def octave_sizes(height, width, octaves, scale):
    return [(round(height / scale**k), round(width / scale**k)) for k in range(octaves, -1, -1)]

# %% 11.2 wrong · the picture's own size missing
def octave_sizes(height, width, octaves, scale):
    return [(round(height / scale**k), round(width / scale**k)) for k in range(octaves, 0, -1)]

# %% 11.2 wrong · k times the scale instead of its power
def octave_sizes(height, width, octaves, scale):
    sizes = [(height, width)]
    for k in range(1, octaves):
        sizes.insert(0, (round(height / (scale * k)), round(width / (scale * k))))
    return sizes

# %% 11.2 wrong · grows from the picture's size
def octave_sizes(height, width, octaves, scale):
    return [(round(height * scale**k), round(width * scale**k)) for k in range(octaves)]

# %% 11.2 wrong · width before height
def octave_sizes(height, width, octaves, scale):
    return [(round(width / scale**k), round(height / scale**k)) for k in range(octaves - 1, -1, -1)]

# %% 11.2 wrong · square pictures only
def octave_sizes(height, width, octaves, scale):
    return [(round(height / scale**k), round(height / scale**k)) for k in range(octaves - 1, -1, -1)]

# %% 11.2 wrong · divides the area
def octave_sizes(height, width, octaves, scale):
    roots = [scale ** (k / 2) for k in range(octaves - 1, -1, -1)]
    return [(round(height / root), round(width / root)) for root in roots]

# %% 11.2 wrong · scale always 1.4
def octave_sizes(height, width, octaves, scale=1.4):
    return [(round(height / 1.4**k), round(width / 1.4**k)) for k in range(octaves - 1, -1, -1)]

# %% 11.2 wrong · not rounded
def octave_sizes(height, width, octaves, scale):
    return [(height / scale**k, width / scale**k) for k in range(octaves - 1, -1, -1)]

# %% 11.2 wrong · linear steps down
def octave_sizes(height, width, octaves, scale):
    rows = np.linspace(height / scale ** (octaves - 1), height, octaves)
    columns = np.linspace(width / scale ** (octaves - 1), width, octaves)
    return [(round(h), round(w)) for h, w in zip(rows, columns)]

# %% 11.2 wrong · a flat list
def octave_sizes(height, width, octaves, scale):
    sizes = []
    for k in range(octaves - 1, -1, -1):
        sizes += (round(height / scale**k), round(width / scale**k))
    return sizes

# %% 11.2 wrong · the answer of reverse
def octave_sizes(height, width, octaves, scale):
    sizes = [(round(height / scale**k), round(width / scale**k)) for k in range(octaves)]
    return sizes.reverse()

# %% 11.2 wrong · returns in the loop
def octave_sizes(height, width, octaves, scale):
    sizes = []
    for k in range(octaves - 1, -1, -1):
        sizes.append((round(height / scale**k), round(width / scale**k)))
        return sizes

# %% 11.2 wrong · a range of something that is no integer
def octave_sizes(height, width, octaves, scale):
    return [(round(height / s), round(width / s)) for s in range(scale**octaves, 1, -scale)]

# %% 11.2 wrong · rounds a tuple
def octave_sizes(height, width, octaves, scale):
    return [round((height / scale**k, width / scale**k)) for k in range(octaves - 1, -1, -1)]

# %% 11.3 right · repeat twice
def next_octave(picture, small, dreamed):
    return picture + np.repeat(np.repeat(dreamed - small, 2, axis=0), 2, axis=1)

# %% 11.3 right · Kronecker product
def next_octave(picture, small, dreamed):
    return picture + np.kron(dreamed - small, np.ones((2, 2, 1)))

# %% 11.3 right · loops over the small pixels
def next_octave(picture, small, dreamed):
    begin = np.array(picture, dtype=float)
    for i in range(small.shape[0]):
        for j in range(small.shape[1]):
            begin[2 * i : 2 * i + 2, 2 * j : 2 * j + 2] += dreamed[i, j] - small[i, j]
    return begin

# %% 11.3 right · four strided slices
def next_octave(picture, small, dreamed):
    change = dreamed - small
    out = picture.copy()
    for a in (0, 1):
        for b in (0, 1):
            out[a::2, b::2] += change
    return out

# %% 11.3 right · index arrays
def next_octave(picture, small, dreamed):
    rows, columns = np.arange(len(picture)) // 2, np.arange(picture.shape[1]) // 2
    change = np.subtract(dreamed, small)
    return np.add(picture, change[rows][:, columns])

# %% 11.3 right · Keras's upsampling
def next_octave(picture, small, dreamed):
    change = (dreamed - small)[None].astype("float32")
    large = keras.layers.UpSampling2D(2, interpolation="nearest")(change)
    return picture + keras.ops.convert_to_numpy(large)[0]

# %% 11.3 right · broadcast over blocks
def next_octave(picture, small, dreamed):
    h, w, c = small.shape
    blocks = picture.reshape(h, 2, w, 2, c)
    return (blocks + (dreamed - small)[:, None, :, None]).reshape(2 * h, 2 * w, c)

# %% 11.3 right · both enlarged, then subtracted
def next_octave(picture, small, dreamed):
    def enlarge(image):
        return image.repeat(2, 0).repeat(2, 1)

    return picture - enlarge(small) + enlarge(dreamed)

# %% 11.3 right · keras.ops.repeat
def next_octave(picture, small, dreamed):
    change = keras.ops.convert_to_tensor(dreamed - small)
    change = keras.ops.repeat(keras.ops.repeat(change, 2, axis=0), 2, axis=1)
    return picture + keras.ops.convert_to_numpy(change)

# %% 11.3 wrong · the dream enlarged, detail lost
def next_octave(picture, small, dreamed):
    return np.repeat(np.repeat(dreamed, 2, axis=0), 2, axis=1)

# %% 11.3 wrong · adds the dream, not the change
def next_octave(picture, small, dreamed):
    return picture + np.repeat(np.repeat(dreamed, 2, axis=0), 2, axis=1)

# %% 11.3 wrong · change the wrong way round
def next_octave(picture, small, dreamed):
    return picture + np.repeat(np.repeat(small - dreamed, 2, axis=0), 2, axis=1)

# %% 11.3 wrong · tiled instead of repeated
def next_octave(picture, small, dreamed):
    return picture + np.tile(dreamed - small, (2, 2, 1))

# %% 11.3 wrong · the change alone
def next_octave(picture, small, dreamed):
    return np.repeat(np.repeat(dreamed - small, 2, axis=0), 2, axis=1)

# %% 11.3 wrong · change shared by the four pixels
def next_octave(picture, small, dreamed):
    return picture + np.repeat(np.repeat(dreamed - small, 2, axis=0), 2, axis=1) / 4

# %% 11.3 wrong · smooth enlarging
def next_octave(picture, small, dreamed):
    change = (dreamed - small)[None].astype("float32")
    large = keras.layers.UpSampling2D(2, interpolation="bilinear")(change)
    return picture + keras.ops.convert_to_numpy(large)[0]

# %% 11.3 wrong · only every second pixel changed
def next_octave(picture, small, dreamed):
    out = picture.copy()
    out[::2, ::2] += dreamed - small
    return out

# %% 11.3 wrong · picture and dream mixed half and half
def next_octave(picture, small, dreamed):
    return (picture + np.repeat(np.repeat(dreamed, 2, axis=0), 2, axis=1)) / 2

# %% 11.3 wrong · size of the change
def next_octave(picture, small, dreamed):
    return picture + np.abs(dreamed - small).repeat(2, 0).repeat(2, 1)

# %% 11.3 wrong · change replaces the picture in the blocks
def next_octave(picture, small, dreamed):
    out = picture.copy()
    for i in range(len(small)):
        for j in range(small.shape[1]):
            out[2 * i : 2 * i + 2, 2 * j : 2 * j + 2] = dreamed[i, j] - small[i, j]
    return out

# %% 11.3 wrong · np.resize
def next_octave(picture, small, dreamed):
    return picture + np.resize(dreamed - small, picture.shape)

# %% 11.3 wrong · rows and columns of the change swapped
def next_octave(picture, small, dreamed):
    change = (dreamed - small).transpose(1, 0, 2).repeat(2, 0).repeat(2, 1)
    return picture + np.resize(change, picture.shape)

# %% 11.3 wrong · batch axis left
def next_octave(picture, small, dreamed):
    change = (dreamed - small)[None]
    return picture + np.repeat(np.repeat(change, 2, axis=1), 2, axis=2)

# %% 11.3 wrong · no return
def next_octave(picture, small, dreamed):
    picture = picture + np.repeat(np.repeat(dreamed - small, 2, axis=0), 2, axis=1)

# %% 11.3 wrong · one axis enlarged only
def next_octave(picture, small, dreamed):
    return picture + np.repeat(dreamed - small, 2, axis=0)

# %% 11.3 wrong · axes 1 and 2 repeated
def next_octave(picture, small, dreamed):
    return picture + np.repeat(np.repeat(dreamed - small, 2, axis=1), 2, axis=2)

# %% 11.3 wrong · not enlarged
def next_octave(picture, small, dreamed):
    return picture + dreamed - small

# %% 11.3 wrong · Kronecker product without the channels
def next_octave(picture, small, dreamed):
    return picture + np.kron(dreamed - small, np.ones((2, 2)))

# %% 11.4 right · flat places and a product
def gram_matrix(maps):
    flat = maps.reshape(-1, maps.shape[-1])
    return flat.T @ flat / len(flat)

# %% 11.4 right · einsum
def gram_matrix(maps):
    height, width, _ = maps.shape
    return np.einsum("hwi,hwj->ij", maps, maps) / (height * width)

# %% 11.4 right · tensordot
def gram_matrix(maps):
    return np.tensordot(maps, maps, axes=([0, 1], [0, 1])) / (maps.shape[0] * maps.shape[1])

# %% 11.4 right · two loops over filters
def gram_matrix(maps):
    count = maps.shape[2]
    gram = np.zeros((count, count))
    for i in range(count):
        for j in range(count):
            gram[i, j] = np.mean(maps[:, :, i] * maps[:, :, j])
    return gram

# %% 11.4 right · one half computed, the other mirrored
def gram_matrix(maps):
    n = maps.shape[-1]
    table = np.empty((n, n))
    for i in range(n):
        for j in range(i + 1):
            table[i][j] = table[j][i] = (maps[..., i] * maps[..., j]).sum() / maps[..., 0].size
    return table

# %% 11.4 right · outer products, place by place
def gram_matrix(maps):
    total = 0
    for row in maps:
        for activations in row:
            total = total + np.outer(activations, activations)
    return total / (maps.shape[0] * maps.shape[1])

# %% 11.4 right · broadcast and mean
def gram_matrix(maps):
    return (maps[..., :, None] * maps[..., None, :]).mean(axis=(0, 1))

# %% 11.4 right · filters first, by transposing
def gram_matrix(maps):
    rows = np.transpose(maps, (2, 0, 1)).reshape(maps.shape[2], -1)
    return np.dot(rows, rows.T) / rows.shape[1]

# %% 11.4 right · keras.ops in float32
def gram_matrix(maps):
    maps = keras.ops.convert_to_tensor(maps, dtype="float32")
    flat = keras.ops.reshape(maps, (-1, maps.shape[-1]))
    gram = keras.ops.matmul(keras.ops.transpose(flat), flat) / flat.shape[0]
    return keras.ops.convert_to_numpy(gram)

# %% 11.4 right · list of lists turned into an array
def gram_matrix(maps):
    layers = [maps[:, :, f].ravel() for f in range(maps.shape[2])]
    return np.array([[a @ b / a.size for b in layers] for a in layers])

# %% 11.4 right · the package's, with a batch of one
def gram_matrix(maps):
    return interpret.gram_matrix(maps[np.newaxis])[0]

# %% 11.4 wrong · sum instead of mean
def gram_matrix(maps):
    flat = maps.reshape(-1, maps.shape[-1])
    return flat.T @ flat

# %% 11.4 wrong · divided by the filters, too
def gram_matrix(maps):
    flat = maps.reshape(-1, maps.shape[-1])
    return flat.T @ flat / maps.size

# %% 11.4 wrong · divided by the number of filters
def gram_matrix(maps):
    flat = maps.reshape(-1, maps.shape[-1])
    return flat.T @ flat / maps.shape[-1]

# %% 11.4 wrong · divided by the height only
def gram_matrix(maps):
    return np.einsum("hwi,hwj->ij", maps, maps) / len(maps)

# %% 11.4 wrong · places by places
def gram_matrix(maps):
    flat = maps.reshape(-1, maps.shape[-1])
    return flat @ flat.T / len(flat)

# %% 11.4 wrong · reshaped with the filters in front
def gram_matrix(maps):
    flat = maps.reshape(maps.shape[-1], -1)
    return flat @ flat.T / flat.shape[1]

# %% 11.4 wrong · means taken off, a covariance
def gram_matrix(maps):
    flat = maps.reshape(-1, maps.shape[-1])
    flat = flat - flat.mean(axis=0)
    return flat.T @ flat / len(flat)

# %% 11.4 wrong · correlations
def gram_matrix(maps):
    return np.corrcoef(maps.reshape(-1, maps.shape[-1]).T)

# %% 11.4 wrong · product of the means
def gram_matrix(maps):
    means = maps.mean(axis=(0, 1))
    return np.outer(means, means)

# %% 11.4 wrong · lower triangle left empty
def gram_matrix(maps):
    n = maps.shape[2]
    gram = np.zeros((n, n))
    for i in range(n):
        for j in range(i, n):
            gram[i, j] = np.mean(maps[:, :, i] * maps[:, :, j])
    return gram

# %% 11.4 wrong · the diagonal left out
def gram_matrix(maps):
    n = maps.shape[2]
    gram = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            if i != j:
                gram[i, j] = np.mean(maps[:, :, i] * maps[:, :, j])
    return gram

# %% 11.4 wrong · the diagonal only
def gram_matrix(maps):
    return np.diag((maps**2).mean(axis=(0, 1)))

# %% 11.4 wrong · absolute products
def gram_matrix(maps):
    flat = np.abs(maps.reshape(-1, maps.shape[-1]))
    return flat.T @ flat / len(flat)

# %% 11.4 wrong · vectors of length 1, cosines
def gram_matrix(maps):
    flat = maps.reshape(-1, maps.shape[-1])
    flat = flat / np.linalg.norm(flat, axis=0)
    return flat.T @ flat

# %% 11.4 wrong · one place less in the mean
def gram_matrix(maps):
    flat = maps.reshape(-1, maps.shape[-1])
    return flat.T @ flat / (len(flat) - 1)

# %% 11.4 wrong · one number
def gram_matrix(maps):
    flat = maps.reshape(-1)
    return flat.T @ flat / (maps.shape[0] * maps.shape[1])

# %% 11.4 wrong · a batch axis expected
def gram_matrix(maps):
    batch, height, width, filters = maps.shape
    return np.einsum("bhwi,bhwj->bij", maps, maps) / (height * width)

# %% 11.4 wrong · loops over the wrong axis
def gram_matrix(maps):
    gram = np.zeros((maps.shape[2], maps.shape[2]))
    for i, first in enumerate(maps):
        for j, second in enumerate(maps):
            gram[i, j] = np.mean(first * second)
    return gram

# %% 11.4 wrong · no transpose in the product
def gram_matrix(maps):
    flat = maps.reshape(-1, maps.shape[-1])
    return flat @ flat / len(flat)

# %% 11.4 wrong · the package's without a batch
def gram_matrix(maps):
    return interpret.gram_matrix(maps)

# %% 11.5 right · loop and running sum
def style_loss(made, wanted):
    total = 0.0
    for g, a in zip(made, wanted):
        total += np.sum((g - a) ** 2) / np.sum(a**2)
    return total / len(made)

# %% 11.5 right · np.mean of a comprehension
def style_loss(made, wanted):
    return np.mean([((m - w) ** 2).sum() / (w**2).sum() for m, w in zip(made, wanted)])

# %% 11.5 right · norms
def style_loss(made, wanted):
    norm = np.linalg.norm
    return float(np.mean([(norm(g - a) / norm(a)) ** 2 for g, a in zip(made, wanted)]))

# %% 11.5 right · places counted by an index
def style_loss(made, wanted):
    losses = []
    for layer in range(len(wanted)):
        difference = made[layer] - wanted[layer]
        losses.append(np.vdot(difference, difference) / np.vdot(wanted[layer], wanted[layer]))
    return sum(losses) / len(losses)

# %% 11.5 right · plain Python, entry by entry
def style_loss(made, wanted):
    shares = []
    for one, goal in zip(made, wanted):
        above = below = 0.0
        for x, y in zip(one.flat, goal.flat):
            above += (float(x) - float(y)) ** 2
            below += float(y) ** 2
        shares.append(above / below)
    return sum(shares) / len(shares)

# %% 11.5 right · keras.ops, float at the end
def style_loss(made, wanted):
    ops = keras.ops
    terms = [ops.sum(ops.square(g - a)) / ops.sum(ops.square(a)) for g, a in zip(made, wanted)]
    return float(sum(float(term) for term in terms)) / len(terms)

# %% 11.5 right · recursion over the layers
def style_loss(made, wanted):
    def total(first, second):
        if not first:
            return 0.0
        g, a = first[0], second[0]
        return np.square(g - a).sum() / np.square(a).sum() + total(first[1:], second[1:])

    return total(list(made), list(wanted)) / len(made)

# %% 11.5 right · map with a helper, statistics.fmean
def style_loss(made, wanted):
    from statistics import fmean

    def distance(g, a):
        return float(np.einsum("ij,ij", g - a, g - a) / np.einsum("ij,ij", a, a))

    return fmean(map(distance, made, wanted))

# %% 11.5 wrong · sum over the layers
def style_loss(made, wanted):
    return sum(np.sum((g - a) ** 2) / np.sum(a**2) for g, a in zip(made, wanted))

# %% 11.5 wrong · ratio of the totals
def style_loss(made, wanted):
    above = sum(np.sum((g - a) ** 2) for g, a in zip(made, wanted))
    return above / sum(np.sum(a**2) for a in wanted)

# %% 11.5 wrong · not divided by the target
def style_loss(made, wanted):
    return np.mean([np.sum((g - a) ** 2) for g, a in zip(made, wanted)])

# %% 11.5 wrong · mean squared error of each layer
def style_loss(made, wanted):
    return np.mean([np.mean((g - a) ** 2) for g, a in zip(made, wanted)])

# %% 11.5 wrong · divided by the picture being made
def style_loss(made, wanted):
    return np.mean([np.sum((g - a) ** 2) / np.sum(g**2) for g, a in zip(made, wanted)])

# %% 11.5 wrong · square root taken
def style_loss(made, wanted):
    return np.mean([np.linalg.norm(g - a) / np.linalg.norm(a) for g, a in zip(made, wanted)])

# %% 11.5 wrong · absolute differences
def style_loss(made, wanted):
    return np.mean([np.abs(g - a).sum() / np.abs(a).sum() for g, a in zip(made, wanted)])

# %% 11.5 wrong · squares taken before the difference
def style_loss(made, wanted):
    return np.mean([np.sum(g**2 - a**2) / np.sum(a**2) for g, a in zip(made, wanted)])

# %% 11.5 wrong · sum squared, not squares summed
def style_loss(made, wanted):
    return np.mean([np.sum(g - a) ** 2 / np.sum(a) ** 2 for g, a in zip(made, wanted)])

# %% 11.5 wrong · divided entry by entry
def style_loss(made, wanted):
    return np.mean([np.sum((g - a) ** 2 / a**2) for g, a in zip(made, wanted)])

# %% 11.5 wrong · only the diagonals
def style_loss(made, wanted):
    pairs = [(np.diag(g), np.diag(a)) for g, a in zip(made, wanted)]
    return np.mean([np.sum((g - a) ** 2) / np.sum(a**2) for g, a in pairs])

# %% 11.5 wrong · returns in the loop
def style_loss(made, wanted):
    total = 0
    for g, a in zip(made, wanted):
        total += np.sum((g - a) ** 2) / np.sum(a**2)
        return total / len(made)

# %% 11.5 wrong · only the last layer
def style_loss(made, wanted):
    for g, a in zip(made, wanted):
        loss = np.sum((g - a) ** 2) / np.sum(a**2)
    return loss

# %% 11.5 wrong · one loss for each layer
def style_loss(made, wanted):
    return [np.sum((g - a) ** 2) / np.sum(a**2) for g, a in zip(made, wanted)]

# %% 11.5 wrong · sum over one axis only
def style_loss(made, wanted):
    return np.mean([np.mean(((g - a) ** 2).sum(axis=0) / (a**2).sum(axis=0)) for g, a in zip(made, wanted)])

# %% 11.5 wrong · layers weighted by their entries
def style_loss(made, wanted):
    losses = [np.sum((g - a) ** 2) / np.sum(a**2) for g, a in zip(made, wanted)]
    return np.average(losses, weights=[a.size for a in wanted])

# %% 11.5 wrong · largest loss of a layer
def style_loss(made, wanted):
    return max(np.sum((g - a) ** 2) / np.sum(a**2) for g, a in zip(made, wanted))

# %% 11.5 wrong · lists subtracted
def style_loss(made, wanted):
    return np.sum((made - wanted) ** 2) / np.sum(wanted**2) / len(made)

# %% 11.5 wrong · one array of all layers
def style_loss(made, wanted):
    made, wanted = np.array(made), np.array(wanted)
    return np.mean(((made - wanted) ** 2).sum(axis=(1, 2)) / (wanted**2).sum(axis=(1, 2)))

# %% 11.5 wrong · mean of a generator
def style_loss(made, wanted):
    return np.mean(np.sum((g - a) ** 2) / np.sum(a**2) for g, a in zip(made, wanted))

# %% 11.6 right · np.diff and max with a key
def whole_loss(content, style, image, weights):
    variation = np.abs(np.diff(image, axis=0)).sum() + np.abs(np.diff(image, axis=1)).sum()
    losses = {"content": content, "style": style, "smoothness": variation / image.size}
    terms = {name: weights[name] * loss for name, loss in losses.items()}
    return sum(terms.values()), max(terms, key=terms.get)

# %% 11.6 right · slices and argmax
def whole_loss(content, style, image, weights):
    down = np.abs(image[1:] - image[:-1])
    right = np.abs(image[:, 1:] - image[:, :-1])
    roughness = (down.sum() + right.sum()) / np.prod(image.shape)
    names = ["content", "style", "smoothness"]
    terms = np.array([weights[name] for name in names]) * [content, style, roughness]
    return float(terms.sum()), names[int(terms.argmax())]

# %% 11.6 right · loops over the pixels
def whole_loss(content, style, image, weights):
    rows, columns, channels = image.shape
    rough = 0.0
    for y in range(rows):
        for x in range(columns):
            if y + 1 < rows:
                rough += float(np.abs(image[y + 1, x] - image[y, x]).sum())
            if x + 1 < columns:
                rough += float(np.abs(image[y, x + 1] - image[y, x]).sum())
    rough /= rows * columns * channels
    c, s, t = weights["content"] * content, weights["style"] * style, weights["smoothness"] * rough
    largest = max(c, s, t)
    if largest == c:
        return c + s + t, "content"
    if largest == s:
        return c + s + t, "style"
    return c + s + t, "smoothness"

# %% 11.6 right · pairs sorted by their size
def whole_loss(content, style, image, weights):
    total_variation = sum(np.abs(np.diff(image, axis=axis)).sum() for axis in (0, 1))
    terms = [
        (content * weights["content"], "content"),
        (style * weights["style"], "style"),
        (total_variation / image.size * weights["smoothness"], "smoothness"),
    ]
    terms.sort(reverse=True)
    return sum(value for value, _ in terms), terms[0][1]

# %% 11.6 right · keras.ops for the image
def whole_loss(content, style, image, weights):
    pixels = keras.ops.convert_to_tensor(image, "float32")
    vertical = keras.ops.sum(keras.ops.abs(pixels[1:] - pixels[:-1]))
    horizontal = keras.ops.sum(keras.ops.abs(pixels[:, 1:] - pixels[:, :-1]))
    roughness = float(vertical + horizontal) / image.size
    parts = dict(content=content, style=style, smoothness=roughness)
    total = 0.0
    for key in weights:
        parts[key] = weights[key] * parts[key]
        total += parts[key]
    return total, sorted(parts, key=lambda key: parts[key])[-1]

# %% 11.6 right · norms of order 1, zip
def whole_loss(content, style, image, weights):
    changes = sum(np.linalg.norm(np.diff(image, axis=axis).ravel(), 1) for axis in (0, 1))
    keys = ("content", "style", "smoothness")
    values = [weights[k] * v for k, v in zip(keys, (content, style, changes / image.size))]
    return np.sum(values), keys[values.index(max(values))]

# %% 11.6 right · rows of lists, best so far
def whole_loss(content, style, image, weights):
    flat = np.concatenate([np.diff(image, axis=0).ravel(), np.diff(image, axis=1).ravel()])
    total, best, name = 0.0, -np.inf, None
    rough = np.abs(flat).sum() / image.size
    for key, loss in [("content", content), ("style", style), ("smoothness", rough)]:
        term = weights[key] * loss
        total += term
        if term > best:
            best, name = term, key
    return total, name

# %% 11.6 wrong · variation not divided
def whole_loss(content, style, image, weights):
    variation = np.abs(np.diff(image, axis=0)).sum() + np.abs(np.diff(image, axis=1)).sum()
    terms = {
        "content": weights["content"] * content,
        "style": weights["style"] * style,
        "smoothness": weights["smoothness"] * variation,
    }
    return sum(terms.values()), max(terms, key=terms.get)

# %% 11.6 wrong · means of each direction added
def whole_loss(content, style, image, weights):
    rough = np.abs(np.diff(image, axis=0)).mean() + np.abs(np.diff(image, axis=1)).mean()
    losses = {"content": content, "style": style, "smoothness": rough}
    terms = {name: weights[name] * loss for name, loss in losses.items()}
    return sum(terms.values()), max(terms, key=terms.get)

# %% 11.6 wrong · divided by the pixels, channels forgotten
def whole_loss(content, style, image, weights):
    variation = np.abs(np.diff(image, axis=0)).sum() + np.abs(np.diff(image, axis=1)).sum()
    losses = {"content": content, "style": style, "smoothness": variation / image[..., 0].size}
    terms = {name: weights[name] * loss for name, loss in losses.items()}
    return sum(terms.values()), max(terms, key=terms.get)

# %% 11.6 wrong · axes of a batch
def whole_loss(content, style, image, weights):
    variation = np.abs(np.diff(image, axis=1)).sum() + np.abs(np.diff(image, axis=2)).sum()
    losses = {"content": content, "style": style, "smoothness": variation / image.size}
    terms = {name: weights[name] * loss for name, loss in losses.items()}
    return sum(terms.values()), max(terms, key=terms.get)

# %% 11.6 wrong · only down
def whole_loss(content, style, image, weights):
    variation = np.abs(np.diff(image, axis=0)).sum()
    losses = {"content": content, "style": style, "smoothness": variation / image.size}
    terms = {name: weights[name] * loss for name, loss in losses.items()}
    return sum(terms.values()), max(terms, key=terms.get)

# %% 11.6 wrong · wraps round at the edge
def whole_loss(content, style, image, weights):
    variation = sum(np.abs(image - np.roll(image, 1, axis)).sum() for axis in (0, 1))
    losses = {"content": content, "style": style, "smoothness": variation / image.size}
    terms = {name: weights[name] * loss for name, loss in losses.items()}
    return sum(terms.values()), max(terms, key=terms.get)

# %% 11.6 wrong · squared differences
def whole_loss(content, style, image, weights):
    variation = (np.diff(image, axis=0) ** 2).sum() + (np.diff(image, axis=1) ** 2).sum()
    losses = {"content": content, "style": style, "smoothness": variation / image.size}
    terms = {name: weights[name] * loss for name, loss in losses.items()}
    return sum(terms.values()), max(terms, key=terms.get)

# %% 11.6 wrong · absolute value forgotten
def whole_loss(content, style, image, weights):
    variation = np.diff(image, axis=0).sum() + np.diff(image, axis=1).sum()
    losses = {"content": content, "style": style, "smoothness": variation / image.size}
    terms = {name: weights[name] * loss for name, loss in losses.items()}
    return sum(terms.values()), max(terms, key=terms.get)

# %% 11.6 wrong · names the largest loss without weights
def whole_loss(content, style, image, weights):
    variation = np.abs(np.diff(image, axis=0)).sum() + np.abs(np.diff(image, axis=1)).sum()
    losses = {"content": content, "style": style, "smoothness": variation / image.size}
    return sum(weights[name] * loss for name, loss in losses.items()), max(losses, key=losses.get)

# %% 11.6 wrong · names the largest weight
def whole_loss(content, style, image, weights):
    variation = np.abs(np.diff(image, axis=0)).sum() + np.abs(np.diff(image, axis=1)).sum()
    losses = {"content": content, "style": style, "smoothness": variation / image.size}
    return sum(weights[name] * loss for name, loss in losses.items()), max(weights, key=weights.get)

# %% 11.6 wrong · the largest key of the alphabet
def whole_loss(content, style, image, weights):
    variation = np.abs(np.diff(image, axis=0)).sum() + np.abs(np.diff(image, axis=1)).sum()
    losses = {"content": content, "style": style, "smoothness": variation / image.size}
    terms = {name: weights[name] * loss for name, loss in losses.items()}
    return sum(terms.values()), max(terms)

# %% 11.6 wrong · the largest term instead of its key
def whole_loss(content, style, image, weights):
    variation = np.abs(np.diff(image, axis=0)).sum() + np.abs(np.diff(image, axis=1)).sum()
    losses = {"content": content, "style": style, "smoothness": variation / image.size}
    terms = {name: weights[name] * loss for name, loss in losses.items()}
    return sum(terms.values()), max(terms.values())

# %% 11.6 wrong · sum of the losses without weights
def whole_loss(content, style, image, weights):
    variation = np.abs(np.diff(image, axis=0)).sum() + np.abs(np.diff(image, axis=1)).sum()
    losses = {"content": content, "style": style, "smoothness": variation / image.size}
    terms = {name: weights[name] * loss for name, loss in losses.items()}
    return sum(losses.values()), max(terms, key=terms.get)

# %% 11.6 wrong · divided by the sum of the weights
def whole_loss(content, style, image, weights):
    variation = np.abs(np.diff(image, axis=0)).sum() + np.abs(np.diff(image, axis=1)).sum()
    losses = {"content": content, "style": style, "smoothness": variation / image.size}
    terms = {name: weights[name] * loss for name, loss in losses.items()}
    return sum(terms.values()) / sum(weights.values()), max(terms, key=terms.get)

# %% 11.6 wrong · the smallest term
def whole_loss(content, style, image, weights):
    variation = np.abs(np.diff(image, axis=0)).sum() + np.abs(np.diff(image, axis=1)).sum()
    losses = {"content": content, "style": style, "smoothness": variation / image.size}
    terms = {name: weights[name] * loss for name, loss in losses.items()}
    return sum(terms.values()), min(terms, key=terms.get)

# %% 11.6 wrong · key and sum swapped
def whole_loss(content, style, image, weights):
    variation = np.abs(np.diff(image, axis=0)).sum() + np.abs(np.diff(image, axis=1)).sum()
    losses = {"content": content, "style": style, "smoothness": variation / image.size}
    terms = {name: weights[name] * loss for name, loss in losses.items()}
    return max(terms, key=terms.get), sum(terms.values())

# %% 11.6 wrong · the sum only
def whole_loss(content, style, image, weights):
    variation = np.abs(np.diff(image, axis=0)).sum() + np.abs(np.diff(image, axis=1)).sum()
    rough = variation / image.size
    return weights["content"] * content + weights["style"] * style + weights["smoothness"] * rough

# %% 11.6 wrong · named roughness
def whole_loss(content, style, image, weights):
    variation = np.abs(np.diff(image, axis=0)).sum() + np.abs(np.diff(image, axis=1)).sum()
    terms = {
        "content": weights["content"] * content,
        "style": weights["style"] * style,
        "roughness": weights["smoothness"] * variation / image.size,
    }
    return sum(terms.values()), max(terms, key=terms.get)

# %% 11.6 wrong · a key that the weights lack
def whole_loss(content, style, image, weights):
    variation = np.abs(np.diff(image, axis=0)).sum() + np.abs(np.diff(image, axis=1)).sum()
    losses = {"content": content, "style": style, "roughness": variation / image.size}
    terms = {name: weights[name] * loss for name, loss in losses.items()}
    return sum(terms.values()), max(terms, key=terms.get)

# %% 11.6 wrong · differences of two shapes added
def whole_loss(content, style, image, weights):
    variation = np.abs(image[1:] - image[:-1]) + np.abs(image[:, 1:] - image[:, :-1])
    losses = {"content": content, "style": style, "smoothness": variation.sum() / image.size}
    terms = {name: weights[name] * loss for name, loss in losses.items()}
    return sum(terms.values()), max(terms, key=terms.get)

# %% 11.6 wrong · a batch of pixels expected
def whole_loss(content, style, image, weights):
    down, right = np.diff(image, axis=1), np.diff(image, axis=2)
    rough = np.abs(down).sum(axis=(1, 2, 3)) + np.abs(right).sum(axis=(1, 2, 3))
    losses = {"content": content, "style": style, "smoothness": rough / image.size}
    terms = {name: weights[name] * loss for name, loss in losses.items()}
    return sum(terms.values()), max(terms, key=terms.get)

# %% 11.6 wrong · weights as a list
def whole_loss(content, style, image, weights):
    c, s, t = weights[0], weights[1], weights[2]
    variation = np.abs(np.diff(image, axis=0)).sum() + np.abs(np.diff(image, axis=1)).sum()
    terms = {"content": c * content, "style": s * style, "smoothness": t * variation / image.size}
    return sum(terms.values()), max(terms, key=terms.get)
