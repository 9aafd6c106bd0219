# %% 4.1 right · two loops, sum over the window's axes
def depthwise(image, kernel):
    kh, kw, channels = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1, channels))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(image[i : i + kh, j : j + kw] * kernel, axis=(0, 1))
    return out

# %% 4.1 right · three loops, one channel after another
def depthwise(image, kernel):
    H, W, C = image.shape
    kh, kw = kernel.shape[:2]
    out = np.empty((H - kh + 1, W - kw + 1, C))
    for c in range(C):
        for i in range(H - kh + 1):
            for j in range(W - kw + 1):
                out[i, j, c] = (image[i : i + kh, j : j + kw, c] * kernel[:, :, c]).sum()
    return out

# %% 4.1 right · loops over the weights, shifted images
def depthwise(image, kernel):
    kh, kw, _ = kernel.shape
    h, w = image.shape[0] - kh + 1, image.shape[1] - kw + 1
    total = 0
    for i in range(kh):
        for j in range(kw):
            total = total + image[i : i + h, j : j + w] * kernel[i, j]
    return total

# %% 4.1 right · einsum in a comprehension
def depthwise(image, kernel):
    (H, W, _), (kh, kw, _) = image.shape, kernel.shape
    return np.array([
        [np.einsum("ijc,ijc->c", image[y : y + kh, x : x + kw], kernel) for x in range(W - kw + 1)]
        for y in range(H - kh + 1)
    ])

# %% 4.1 right · sliding windows
def depthwise(image, kernel):
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape[:2], axis=(0, 1))
    return np.einsum("xycij,ijc->xyc", windows, kernel)

# %% 4.1 right · reference.conv2d for each channel, stacked
def depthwise(image, kernel):
    maps = [reference.conv2d(image[..., c], kernel[..., c]) for c in range(image.shape[-1])]
    return np.stack(maps, axis=-1)

# %% 4.1 right · Keras's layer, a tensor
def depthwise(image, kernel):
    layer = keras.layers.DepthwiseConv2D(kernel.shape[:2], use_bias=False)
    layer.build((None, *image.shape))
    layer.set_weights([np.asarray(kernel, "float32")[..., None]])
    return layer(np.asarray(image, "float32")[None])[0]

# %% 4.1 right · lists of lists, float32
def depthwise(image, kernel):
    kh, kw, C = kernel.shape
    rows = []
    for i in range(len(image) - kh + 1):
        row = []
        for j in range(len(image[0]) - kw + 1):
            part = image[i : i + kh, j : j + kw]
            row.append([float(np.vdot(part[:, :, c], kernel[:, :, c])) for c in range(C)])
        rows.append(row)
    return np.array(rows, dtype=np.float32)

# %% 4.1 wrong · sum over the channels too
def depthwise(image, kernel):
    kh, kw, channels = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1, channels))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(image[i : i + kh, j : j + kw] * kernel)
    return out

# %% 4.1 wrong · one map, ordinary convolution
def depthwise(image, kernel):
    kh, kw, _ = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(image[i : i + kh, j : j + kw] * kernel)
    return out

# %% 4.1 wrong · the + 1 forgotten
def depthwise(image, kernel):
    kh, kw, channels = kernel.shape
    out = np.zeros((image.shape[0] - kh, image.shape[1] - kw, channels))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(image[i : i + kh, j : j + kw] * kernel, axis=(0, 1))
    return out

# %% 4.1 wrong · mean instead of sum
def depthwise(image, kernel):
    kh, kw, channels = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1, channels))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.mean(image[i : i + kh, j : j + kw] * kernel, axis=(0, 1))
    return out

# %% 4.1 wrong · first channel's kernel for all
def depthwise(image, kernel):
    kh, kw, channels = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1, channels))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(image[i : i + kh, j : j + kw] * kernel[..., :1], axis=(0, 1))
    return out

# %% 4.1 wrong · kernel turned
def depthwise(image, kernel):
    kernel = kernel[::-1, ::-1]
    kh, kw, channels = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1, channels))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = (image[i : i + kh, j : j + kw] * kernel).sum(axis=(0, 1))
    return out

# %% 4.1 wrong · square kernels only
def depthwise(image, kernel):
    k = kernel.shape[0]
    out = np.zeros((image.shape[0] - k + 1, image.shape[1] - k + 1, kernel.shape[2]))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(image[i : i + k, j : j + k] * kernel, axis=(0, 1))
    return out

# %% 4.1 wrong · always three channels
def depthwise(image, kernel):
    kh, kw = kernel.shape[:2]
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1, 3))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            for c in range(3):
                out[i, j, c] = np.sum(image[i : i + kh, j : j + kw, c] * kernel[:, :, c])
    return out

# %% 4.1 wrong · sum over the channel axis only
def depthwise(image, kernel):
    kh, kw, channels = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1, channels))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(image[i : i + kh, j : j + kw] * kernel, axis=-1)
    return out

# %% 4.1 wrong · result as large as the image
def depthwise(image, kernel):
    kh, kw, _ = kernel.shape
    out = np.zeros(image.shape)
    for i in range(image.shape[0] - kh + 1):
        for j in range(image.shape[1] - kw + 1):
            out[i, j] = np.sum(image[i : i + kh, j : j + kw] * kernel, axis=(0, 1))
    return out

# %% 4.1 wrong · fractions cut off
def depthwise(image, kernel):
    kh, kw, channels = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1, channels), dtype=int)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(image[i : i + kh, j : j + kw] * kernel, axis=(0, 1))
    return out

# %% 4.1 wrong · channels first in the result
def depthwise(image, kernel):
    maps = [reference.conv2d(image[..., c], kernel[..., c]) for c in range(image.shape[-1])]
    return np.array(maps)

# %% 4.1 wrong · result without a channel axis
def depthwise(image, kernel):
    kh, kw, _ = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(image[i : i + kh, j : j + kw] * kernel, axis=(0, 1))
    return out

# %% 4.1 wrong · kernel without the fourth axis to the reference
def depthwise(image, kernel):
    return reference.depthwise_conv2d(image, kernel)

# %% 4.1 wrong · forgotten return
def depthwise(image, kernel):
    kh, kw, channels = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1, channels))
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            out[i, j] = np.sum(image[i : i + kh, j : j + kw] * kernel, axis=(0, 1))

# %% 4.2 right · matrix product
def pointwise(image, weights, bias):
    return image @ weights + bias

# %% 4.2 right · np.dot
def pointwise(image, weights, bias):
    return np.dot(image, weights) + bias

# %% 4.2 right · einsum
def pointwise(image, weights, bias):
    return np.einsum("hwc,cf->hwf", image, weights) + np.reshape(bias, (1, 1, -1))

# %% 4.2 right · tensordot over one axis
def pointwise(image, weights, bias):
    return np.tensordot(image, weights, axes=([2], [0])) + bias

# %% 4.2 right · products with a new axis, summed
def pointwise(image, weights, bias):
    return (image[:, :, :, np.newaxis] * weights).sum(axis=2) + bias

# %% 4.2 right · loops over the pixels
def pointwise(image, weights, bias):
    height, width, _ = image.shape
    out = np.zeros((height, width, len(bias)))
    for y in range(height):
        for x in range(width):
            for f in range(len(bias)):
                out[y, x, f] = bias[f] + sum(image[y, x, c] * weights[c, f] for c in range(len(weights)))
    return out

# %% 4.2 right · flattened to a table of pixels, float32
def pointwise(image, weights, bias):
    table = image.reshape(-1, image.shape[-1]).astype("float32")
    return (table @ weights.astype("float32") + bias).reshape(*image.shape[:2], -1)

# %% 4.2 right · keras.ops, a tensor
def pointwise(image, weights, bias):
    x, w, b = (keras.ops.convert_to_tensor(one, "float32") for one in (image, weights, bias))
    return keras.ops.add(keras.ops.matmul(x, w), b)

# %% 4.2 right · Keras's 1×1 layer
def pointwise(image, weights, bias):
    layer = keras.layers.Conv2D(filters=weights.shape[1], kernel_size=1)
    layer.build((None, *image.shape))
    layer.set_weights([np.asarray(weights)[None, None], np.asarray(bias)])
    return keras.ops.convert_to_numpy(layer(np.asarray(image, "float32")[None]))[0]

# %% 4.2 wrong · bias forgotten
def pointwise(image, weights, bias):
    return image @ weights

# %% 4.2 wrong · bias subtracted
def pointwise(image, weights, bias):
    return image @ weights - bias

# %% 4.2 wrong · mean over the channels
def pointwise(image, weights, bias):
    return image @ weights / image.shape[-1] + bias

# %% 4.2 wrong · ReLU at the end
def pointwise(image, weights, bias):
    return np.maximum(image @ weights + bias, 0)

# %% 4.2 wrong · weights transposed
def pointwise(image, weights, bias):
    return image @ weights.T + bias

# %% 4.2 wrong · image and weights swapped
def pointwise(image, weights, bias):
    return weights @ image + bias

# %% 4.2 wrong · products pixel by pixel
def pointwise(image, weights, bias):
    return image * weights + bias

# %% 4.2 wrong · still a table of pixels
def pointwise(image, weights, bias):
    return image.reshape(-1, image.shape[-1]) @ weights + bias

# %% 4.2 wrong · all filters added up
def pointwise(image, weights, bias):
    return (image @ weights + bias).sum(axis=-1)

# %% 4.2 wrong · filters first
def pointwise(image, weights, bias):
    return np.einsum("hwc,cf->fhw", image, weights) + bias[:, None, None]

# %% 4.2 wrong · rows and columns swapped
def pointwise(image, weights, bias):
    return np.einsum("hwc,cf->whf", image, weights) + bias

# %% 4.2 wrong · only the first bias
def pointwise(image, weights, bias):
    return image @ weights + bias[0]

# %% 4.2 wrong · tensordot over two axes
def pointwise(image, weights, bias):
    return np.tensordot(image, weights) + bias

# %% 4.2 wrong · bias added once for each channel
def pointwise(image, weights, bias):
    return (image[..., None] * weights + bias).sum(axis=-2)

# %% 4.2 wrong · forgotten return
def pointwise(image, weights, bias):
    image @ weights + bias

# %% 4.3 right · the formula
def separable_parameters(kernel_size, in_channels, filters):
    return in_channels * kernel_size**2 + in_channels * filters + filters

# %% 4.3 right · in three steps
def separable_parameters(kernel_size, in_channels, filters):
    depthwise = kernel_size * kernel_size * in_channels
    pointwise = in_channels * filters
    biases = filters
    return depthwise + pointwise + biases

# %% 4.3 right · the package's count
def separable_parameters(kernel_size, in_channels, filters):
    return arithmetic.separable_parameters(kernel_size, in_channels, filters)

# %% 4.3 right · count_params of the layer
def separable_parameters(kernel_size, in_channels, filters):
    layer = keras.layers.SeparableConv2D(filters, kernel_size)
    layer.build((None, kernel_size, kernel_size, in_channels))
    return layer.count_params()

# %% 4.3 right · factored out
def separable_parameters(kernel_size, in_channels, filters):
    return in_channels * (kernel_size**2 + filters) + filters

# %% 4.3 right · product of shapes
def separable_parameters(kernel_size, in_channels, filters):
    shapes = [(kernel_size, kernel_size, in_channels, 1), (1, 1, in_channels, filters), (filters,)]
    return sum(int(np.prod(shape)) for shape in shapes)

# %% 4.3 right · counted in loops
def separable_parameters(kernel_size, in_channels, filters):
    count = 0
    for _ in range(in_channels):
        count += kernel_size**2
        for _ in range(filters):
            count += 1
    for _ in range(filters):
        count += 1
    return count

# %% 4.3 right · sizes of two small models' weights
def separable_parameters(kernel_size, in_channels, filters):
    dense = keras.layers.Dense(filters)
    dense.build((None, in_channels))
    return pow(kernel_size, 2) * in_channels + sum(int(np.size(w)) for w in dense.get_weights())

# %% 4.3 wrong · biases forgotten
def separable_parameters(kernel_size, in_channels, filters):
    return kernel_size**2 * in_channels + in_channels * filters

# %% 4.3 wrong · biases in both halves
def separable_parameters(kernel_size, in_channels, filters):
    return (kernel_size**2 + 1) * in_channels + (in_channels + 1) * filters

# %% 4.3 wrong · biases of the depthwise half only
def separable_parameters(kernel_size, in_channels, filters):
    return (kernel_size**2 + 1) * in_channels + in_channels * filters

# %% 4.3 wrong · kernel size not squared
def separable_parameters(kernel_size, in_channels, filters):
    return kernel_size * in_channels + in_channels * filters + filters

# %% 4.3 wrong · ordinary layer
def separable_parameters(kernel_size, in_channels, filters):
    return kernel_size**2 * in_channels * filters + filters

# %% 4.3 wrong · halves multiplied
def separable_parameters(kernel_size, in_channels, filters):
    return kernel_size**2 * in_channels * in_channels * filters + filters

# %% 4.3 wrong · depthwise half with the filters
def separable_parameters(kernel_size, in_channels, filters):
    return kernel_size**2 * filters + in_channels * filters + filters

# %% 4.3 wrong · hat instead of a power
def separable_parameters(kernel_size, in_channels, filters):
    return (kernel_size ^ 2) * in_channels + in_channels * filters + filters

# %% 4.3 wrong · always 3×3
def separable_parameters(kernel_size, in_channels, filters):
    return 9 * in_channels + in_channels * filters + filters

# %% 4.3 wrong · a single bias
def separable_parameters(kernel_size, in_channels, filters):
    return kernel_size**2 * in_channels + in_channels * filters + 1

# %% 4.3 wrong · pointwise half forgotten
def separable_parameters(kernel_size, in_channels, filters):
    return kernel_size**2 * in_channels + filters

# %% 4.3 wrong · times sign forgotten before the bracket
def separable_parameters(kernel_size, in_channels, filters):
    channels = in_channels
    return channels(kernel_size**2 + filters) + filters

# %% 4.3 wrong · kernel size taken for a pair
def separable_parameters(kernel_size, in_channels, filters):
    return kernel_size[0] * kernel_size[1] * in_channels + in_channels * filters + filters

# %% 4.3 wrong · both weights returned, not added
def separable_parameters(kernel_size, in_channels, filters):
    return kernel_size**2 * in_channels, in_channels * filters + filters

# %% 4.4 right · einsum
def full_kernel(depthwise, pointwise):
    return np.einsum("ijc,cf->ijcf", depthwise, pointwise)

# %% 4.4 right · new axis and broadcasting
def full_kernel(depthwise, pointwise):
    return depthwise[..., np.newaxis] * pointwise

# %% 4.4 right · four loops
def full_kernel(depthwise, pointwise):
    kh, kw, channels = depthwise.shape
    filters = pointwise.shape[1]
    K = np.zeros((kh, kw, channels, filters))
    for i in range(kh):
        for j in range(kw):
            for c in range(channels):
                for f in range(filters):
                    K[i, j, c, f] = depthwise[i, j, c] * pointwise[c, f]
    return K

# %% 4.4 right · one filter after another, stacked
def full_kernel(depthwise, pointwise):
    return np.stack([depthwise * pointwise[:, f] for f in range(pointwise.shape[1])], axis=-1)

# %% 4.4 right · outer products for each channel
def full_kernel(depthwise, pointwise):
    outer = [np.multiply.outer(depthwise[:, :, c], pointwise[c]) for c in range(len(pointwise))]
    return np.moveaxis(np.array(outer), 0, 2)

# %% 4.4 right · a diagonal matrix at each place
def full_kernel(depthwise, pointwise):
    kh, kw, _ = depthwise.shape
    return np.array([[np.diag(depthwise[i, j]) @ pointwise for j in range(kw)] for i in range(kh)])

# %% 4.4 right · keras.ops, float32
def full_kernel(depthwise, pointwise):
    d = keras.ops.expand_dims(keras.ops.convert_to_tensor(depthwise, "float32"), -1)
    p = keras.ops.reshape(keras.ops.convert_to_tensor(pointwise, "float32"), (1, 1, *pointwise.shape))
    return keras.ops.multiply(d, p)

# %% 4.4 right · repeated and tiled to full size
def full_kernel(depthwise, pointwise):
    kh, kw, _ = depthwise.shape
    patterns = np.repeat(depthwise[:, :, :, None], pointwise.shape[1], axis=3)
    mixes = np.tile(pointwise, (kh, kw, 1, 1))
    return np.multiply(patterns, mixes)

# %% 4.4 wrong · matrix product over the channels
def full_kernel(depthwise, pointwise):
    return depthwise @ pointwise

# %% 4.4 wrong · channel summed in einsum, put back by hand
def full_kernel(depthwise, pointwise):
    summed = np.einsum("ijc,cf->ijf", depthwise, pointwise)
    return np.repeat(summed[:, :, None, :], len(pointwise), axis=2)

# %% 4.4 wrong · filters before channels
def full_kernel(depthwise, pointwise):
    return np.einsum("ijc,cf->ijfc", depthwise, pointwise)

# %% 4.4 wrong · sum instead of product
def full_kernel(depthwise, pointwise):
    return depthwise[..., None] + pointwise

# %% 4.4 wrong · no new axis
def full_kernel(depthwise, pointwise):
    return depthwise * pointwise

# %% 4.4 wrong · pointwise weights transposed
def full_kernel(depthwise, pointwise):
    return depthwise[..., None] * pointwise.T

# %% 4.4 wrong · transposed and reshaped back
def full_kernel(depthwise, pointwise):
    return depthwise[..., None] * pointwise.T.reshape(pointwise.shape)

# %% 4.4 wrong · kernel turned
def full_kernel(depthwise, pointwise):
    return depthwise[::-1, ::-1, :, None] * pointwise

# %% 4.4 wrong · first channel's pattern for all
def full_kernel(depthwise, pointwise):
    return depthwise[:, :, :1, None] * pointwise

# %% 4.4 wrong · first filter's weights for all
def full_kernel(depthwise, pointwise):
    one = depthwise * pointwise[:, 0]
    return np.stack([one] * pointwise.shape[1], axis=-1)

# %% 4.4 wrong · rows and columns swapped
def full_kernel(depthwise, pointwise):
    return np.einsum("ijc,cf->jicf", depthwise, pointwise)

# %% 4.4 wrong · averaged over the channels
def full_kernel(depthwise, pointwise):
    return depthwise[..., None] * pointwise / len(pointwise)

# %% 4.4 wrong · flat outer product, reshaped
def full_kernel(depthwise, pointwise):
    flat = np.outer(depthwise, pointwise)
    return flat.reshape(*depthwise.shape, pointwise.shape[1])

# %% 4.4 wrong · as many filters as channels
def full_kernel(depthwise, pointwise):
    kh, kw, channels = depthwise.shape
    K = np.zeros((kh, kw, channels, channels))
    for c in range(channels):
        for f in range(channels):
            K[:, :, c, f] = depthwise[:, :, c] * pointwise[c, f]
    return K

# %% 4.4 wrong · a name of the formula
def full_kernel(depthwise, pointwise):
    return D[..., None] * pointwise

# %% 4.5 right · split both, concatenate
def grouped_conv(image, kernel, groups):
    images = np.split(image, groups, axis=-1)
    kernels = np.split(kernel, groups, axis=-1)
    return np.concatenate([reference.conv2d(i, k) for i, k in zip(images, kernels)], axis=-1)

# %% 4.5 right · slices in a loop
def grouped_conv(image, kernel, groups):
    depth, each = image.shape[-1] // groups, kernel.shape[-1] // groups
    maps = []
    for g in range(groups):
        part = image[..., g * depth : (g + 1) * depth]
        weights = kernel[..., g * each : (g + 1) * each]
        maps.append(reference.conv2d(part, weights))
    return np.concatenate(maps, axis=2)

# %% 4.5 right · written into a buffer
def grouped_conv(image, kernel, groups):
    kh, kw, depth, filters = kernel.shape
    out = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1, filters))
    n = filters // groups
    for g in range(groups):
        out[:, :, n * g : n * (g + 1)] = reference.conv2d(
            image[:, :, depth * g : depth * (g + 1)], kernel[:, :, :, n * g : n * (g + 1)]
        )
    return out

# %% 4.5 right · one filter after another
def grouped_conv(image, kernel, groups):
    depth, filters = kernel.shape[2:]
    maps = []
    for f in range(filters):
        g = f * groups // filters
        maps.append(reference.conv2d(image[..., g * depth : (g + 1) * depth], kernel[..., f : f + 1])[..., 0])
    return np.stack(maps, axis=-1)

# %% 4.5 right · recursion
def grouped_conv(image, kernel, groups):
    if groups == 1:
        return reference.conv2d(image, kernel)
    depth, first = kernel.shape[2], kernel.shape[3] // groups
    head = reference.conv2d(image[..., :depth], kernel[..., :first])
    return np.concatenate([head, grouped_conv(image[..., depth:], kernel[..., first:], groups - 1)], axis=-1)

# %% 4.5 right · ordinary kernel full of zeros
def grouped_conv(image, kernel, groups):
    kh, kw, depth, filters = kernel.shape
    full = np.zeros((kh, kw, depth * groups, filters))
    each = filters // groups
    for g in range(groups):
        mine = slice(g * each, (g + 1) * each)
        full[:, :, g * depth : (g + 1) * depth, mine] = kernel[..., mine]
    return reference.conv2d(image, full)

# %% 4.5 right · sliding windows and einsum
def grouped_conv(image, kernel, groups):
    kh, kw, depth, filters = kernel.shape
    windows = np.lib.stride_tricks.sliding_window_view(image, (kh, kw), axis=(0, 1))
    h, w = windows.shape[:2]
    windows = windows.reshape(h, w, groups, depth, kh, kw)
    weights = kernel.reshape(kh, kw, depth, groups, filters // groups)
    return np.einsum("xygcij,ijcgf->xygf", windows, weights).reshape(h, w, filters)

# %% 4.5 right · keras.ops, float32 tensor
def grouped_conv(image, kernel, groups):
    x = keras.ops.convert_to_tensor(image, "float32")[None]
    k = keras.ops.convert_to_tensor(kernel, "float32")
    pairs = zip(keras.ops.split(x, groups, axis=-1), keras.ops.split(k, groups, axis=-1))
    maps = [keras.ops.conv(part, weights, strides=1, padding="valid") for part, weights in pairs]
    return keras.ops.concatenate(maps, axis=-1)[0]

# %% 4.5 right · dstack of a generator's maps
def grouped_conv(image, kernel, groups):
    channels = np.arange(image.shape[2]).reshape(groups, -1)
    filters = np.arange(kernel.shape[3]).reshape(groups, -1)
    return np.dstack([reference.conv2d(image[..., c], kernel[..., f]) for c, f in zip(channels, filters)])

# %% 4.5 wrong · all groups read the first channels
def grouped_conv(image, kernel, groups):
    depth = kernel.shape[2]
    kernels = np.split(kernel, groups, axis=-1)
    return np.concatenate([reference.conv2d(image[..., :depth], k) for k in kernels], axis=-1)

# %% 4.5 wrong · every G-th channel
def grouped_conv(image, kernel, groups):
    kernels = np.split(kernel, groups, axis=-1)
    maps = [reference.conv2d(image[..., g::groups], k) for g, k in enumerate(kernels)]
    return np.concatenate(maps, axis=-1)

# %% 4.5 wrong · every G-th filter
def grouped_conv(image, kernel, groups):
    images = np.split(image, groups, axis=-1)
    maps = [reference.conv2d(i, kernel[..., g::groups]) for g, i in enumerate(images)]
    return np.concatenate(maps, axis=-1)

# %% 4.5 wrong · all filters for each group
def grouped_conv(image, kernel, groups):
    images = np.split(image, groups, axis=-1)
    return np.concatenate([reference.conv2d(i, kernel) for i in images], axis=-1)

# %% 4.5 wrong · maps added, not concatenated
def grouped_conv(image, kernel, groups):
    images, kernels = np.split(image, groups, axis=-1), np.split(kernel, groups, axis=-1)
    return sum(reference.conv2d(i, k) for i, k in zip(images, kernels))

# %% 4.5 wrong · concatenated along the rows
def grouped_conv(image, kernel, groups):
    images, kernels = np.split(image, groups, axis=-1), np.split(kernel, groups, axis=-1)
    return np.concatenate([reference.conv2d(i, k) for i, k in zip(images, kernels)])

# %% 4.5 wrong · stacked, an axis too many
def grouped_conv(image, kernel, groups):
    images, kernels = np.split(image, groups, axis=-1), np.split(kernel, groups, axis=-1)
    return np.stack([reference.conv2d(i, k) for i, k in zip(images, kernels)], axis=-1)

# %% 4.5 wrong · stacked and reshaped, maps out of order
def grouped_conv(image, kernel, groups):
    images, kernels = np.split(image, groups, axis=-1), np.split(kernel, groups, axis=-1)
    maps = np.stack([reference.conv2d(i, k) for i, k in zip(images, kernels)], axis=-1)
    return maps.reshape(*maps.shape[:2], -1)

# %% 4.5 wrong · last group forgotten
def grouped_conv(image, kernel, groups):
    depth, each = kernel.shape[2], kernel.shape[3] // groups
    height, width = image.shape[0] - kernel.shape[0] + 1, image.shape[1] - kernel.shape[1] + 1
    out = np.zeros((height, width, kernel.shape[3]))
    for g in range(groups - 1):
        filters = slice(g * each, (g + 1) * each)
        out[..., filters] = reference.conv2d(image[..., g * depth : (g + 1) * depth], kernel[..., filters])
    return out

# %% 4.5 wrong · only the last group comes back
def grouped_conv(image, kernel, groups):
    for i, k in zip(np.split(image, groups, axis=-1), np.split(kernel, groups, axis=-1)):
        maps = reference.conv2d(i, k)
    return maps

# %% 4.5 wrong · groups in reverse
def grouped_conv(image, kernel, groups):
    images, kernels = np.split(image, groups, axis=-1), np.split(kernel, groups, axis=-1)
    maps = [reference.conv2d(i, k) for i, k in zip(images, kernels)]
    return np.concatenate(maps[::-1], axis=-1)

# %% 4.5 wrong · filters cut by the number of channels
def grouped_conv(image, kernel, groups):
    n = image.shape[-1] // groups
    maps = []
    for g in range(groups):
        maps.append(reference.conv2d(image[..., n * g : n * (g + 1)], kernel[..., n * g : n * (g + 1)]))
    return np.concatenate(maps, axis=-1)

# %% 4.5 wrong · image not split
def grouped_conv(image, kernel, groups):
    kernels = np.split(kernel, groups, axis=-1)
    return np.concatenate([reference.conv2d(image, k) for k in kernels], axis=-1)

# %% 4.5 wrong · split along the default axis
def grouped_conv(image, kernel, groups):
    images, kernels = np.split(image, groups), np.split(kernel, groups)
    return np.concatenate([reference.conv2d(i, k) for i, k in zip(images, kernels)], axis=-1)

# %% 4.5 wrong · a division that gives floats
def grouped_conv(image, kernel, groups):
    depth, each = image.shape[-1] / groups, kernel.shape[-1] / groups
    maps = []
    for g in range(groups):
        part = image[..., g * depth : (g + 1) * depth]
        maps.append(reference.conv2d(part, kernel[..., g * each : (g + 1) * each]))
    return np.concatenate(maps, axis=-1)

# %% 4.6 right · functional API
def build(input_shape, filters, classes):
    inputs = keras.Input(input_shape)
    x = keras.layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = keras.layers.SeparableConv2D(2 * filters, 3, padding="same", activation="relu")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    outputs = keras.layers.Dense(classes, activation="softmax")(x)
    return keras.Model(inputs, outputs)

# %% 4.6 right · activations as layers of their own
def build(input_shape, filters, classes):
    from keras import layers

    inputs = keras.Input(shape=input_shape)
    h = layers.Conv2D(filters, (3, 3), strides=(2, 2), padding="same")(inputs)
    h = layers.ReLU()(h)
    h = layers.SeparableConv2D(filters * 2, (3, 3), padding="same")(h)
    h = layers.Activation("relu")(h)
    h = layers.GlobalAveragePooling2D()(h)
    h = layers.Dense(classes)(h)
    return keras.Model(inputs=inputs, outputs=layers.Softmax()(h))

# %% 4.6 right · list of layers and a loop
def build(input_shape, filters, classes):
    L = keras.layers
    stack = [
        L.Conv2D(filters, kernel_size=3, strides=2, padding="same", activation="relu"),
        L.SeparableConv2D(2 * filters, kernel_size=3, padding="same", activation="relu"),
        L.GlobalAveragePooling2D(),
        L.Dense(units=classes, activation="softmax"),
    ]
    x = inputs = keras.Input(input_shape)
    for layer in stack:
        x = layer(x)
    return keras.Model(inputs, x)

# %% 4.6 right · reduce, shared options
def build(input_shape, filters, classes):
    from functools import reduce

    options = {"kernel_size": 3, "padding": "same", "activation": keras.activations.relu}
    inputs = keras.Input(input_shape)
    steps = (
        keras.layers.Conv2D(filters, strides=2, **options),
        keras.layers.SeparableConv2D(filters + filters, **options),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(classes, keras.activations.softmax),
    )
    return keras.Model(inputs, reduce(lambda tensor, layer: layer(tensor), steps, inputs))

# %% 4.6 right · keras.ops for the activations
def build(input_shape, filters, classes):
    inputs = keras.Input(input_shape, name="images")
    x = keras.ops.relu(keras.layers.Conv2D(filters, 3, 2, "same")(inputs))
    x = keras.ops.relu(keras.layers.SeparableConv2D(filters * 2, 3, 1, "same")(x))
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, keras.ops.softmax(keras.layers.Dense(classes)(x), axis=-1), name="small")

# %% 4.6 right · nested calls, a helper
def build(input_shape, filters, classes):
    def conv(kind, n, **more):
        return kind(n, 3, padding="same", activation="relu", **more)

    inputs = keras.layers.Input(input_shape)
    maps = conv(keras.layers.Conv2D, filters, strides=2)(inputs)
    maps = conv(keras.layers.SeparableConv2D, 2 * filters)(maps)
    pooled = keras.layers.GlobalAvgPool2D()(maps)
    return keras.models.Model(inputs, keras.layers.Dense(classes, activation="softmax")(pooled))

# %% 4.6 wrong · stride forgotten
def build(input_shape, filters, classes):
    inputs = keras.Input(input_shape)
    x = keras.layers.Conv2D(filters, 3, padding="same", activation="relu")(inputs)
    x = keras.layers.SeparableConv2D(2 * filters, 3, padding="same", activation="relu")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, keras.layers.Dense(classes, activation="softmax")(x))

# %% 4.6 wrong · stride 2 in the second layer
def build(input_shape, filters, classes):
    inputs = keras.Input(input_shape)
    x = keras.layers.Conv2D(filters, 3, padding="same", activation="relu")(inputs)
    x = keras.layers.SeparableConv2D(2 * filters, 3, strides=2, padding="same", activation="relu")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, keras.layers.Dense(classes, activation="softmax")(x))

# %% 4.6 wrong · padding forgotten in both
def build(input_shape, filters, classes):
    inputs = keras.Input(input_shape)
    x = keras.layers.Conv2D(filters, 3, strides=2, activation="relu")(inputs)
    x = keras.layers.SeparableConv2D(2 * filters, 3, activation="relu")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, keras.layers.Dense(classes, activation="softmax")(x))

# %% 4.6 wrong · padding forgotten in the separable layer
def build(input_shape, filters, classes):
    inputs = keras.Input(input_shape)
    x = keras.layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = keras.layers.SeparableConv2D(2 * filters, 3, activation="relu")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, keras.layers.Dense(classes, activation="softmax")(x))

# %% 4.6 wrong · filters not doubled
def build(input_shape, filters, classes):
    inputs = keras.Input(input_shape)
    x = keras.layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = keras.layers.SeparableConv2D(filters, 3, padding="same", activation="relu")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, keras.layers.Dense(classes, activation="softmax")(x))

# %% 4.6 wrong · ReLU forgotten in the first layer
def build(input_shape, filters, classes):
    inputs = keras.Input(input_shape)
    x = keras.layers.Conv2D(filters, 3, strides=2, padding="same")(inputs)
    x = keras.layers.SeparableConv2D(2 * filters, 3, padding="same", activation="relu")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, keras.layers.Dense(classes, activation="softmax")(x))

# %% 4.6 wrong · ReLU forgotten in the separable layer
def build(input_shape, filters, classes):
    inputs = keras.Input(input_shape)
    x = keras.layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = keras.layers.SeparableConv2D(2 * filters, 3, padding="same")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, keras.layers.Dense(classes, activation="softmax")(x))

# %% 4.6 wrong · softmax forgotten
def build(input_shape, filters, classes):
    inputs = keras.Input(input_shape)
    x = keras.layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = keras.layers.SeparableConv2D(2 * filters, 3, padding="same", activation="relu")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, keras.layers.Dense(classes)(x))

# %% 4.6 wrong · sigmoid for softmax
def build(input_shape, filters, classes):
    inputs = keras.Input(input_shape)
    x = keras.layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = keras.layers.SeparableConv2D(2 * filters, 3, padding="same", activation="relu")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, keras.layers.Dense(classes, activation="sigmoid")(x))

# %% 4.6 wrong · Flatten for the average
def build(input_shape, filters, classes):
    inputs = keras.Input(input_shape)
    x = keras.layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = keras.layers.SeparableConv2D(2 * filters, 3, padding="same", activation="relu")(x)
    x = keras.layers.Flatten()(x)
    return keras.Model(inputs, keras.layers.Dense(classes, activation="softmax")(x))

# %% 4.6 wrong · maximum for the average
def build(input_shape, filters, classes):
    inputs = keras.Input(input_shape)
    x = keras.layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = keras.layers.SeparableConv2D(2 * filters, 3, padding="same", activation="relu")(x)
    x = keras.layers.GlobalMaxPooling2D()(x)
    return keras.Model(inputs, keras.layers.Dense(classes, activation="softmax")(x))

# %% 4.6 wrong · ordinary second layer
def build(input_shape, filters, classes):
    inputs = keras.Input(input_shape)
    x = keras.layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = keras.layers.Conv2D(2 * filters, 3, padding="same", activation="relu")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, keras.layers.Dense(classes, activation="softmax")(x))

# %% 4.6 wrong · depthwise half only
def build(input_shape, filters, classes):
    inputs = keras.Input(input_shape)
    x = keras.layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = keras.layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same", activation="relu")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, keras.layers.Dense(classes, activation="softmax")(x))

# %% 4.6 wrong · always ten classes
def build(input_shape, filters, classes):
    inputs = keras.Input(input_shape)
    x = keras.layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = keras.layers.SeparableConv2D(2 * filters, 3, padding="same", activation="relu")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, keras.layers.Dense(10, activation="softmax")(x))

# %% 4.6 wrong · always grey 28×28
def build(input_shape, filters, classes):
    inputs = keras.Input((28, 28, 1))
    x = keras.layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = keras.layers.SeparableConv2D(2 * filters, 3, padding="same", activation="relu")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, keras.layers.Dense(classes, activation="softmax")(x))

# %% 4.6 wrong · separable layer reads the image
def build(input_shape, filters, classes):
    inputs = keras.Input(input_shape)
    x = keras.layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = keras.layers.SeparableConv2D(2 * filters, 3, padding="same", activation="relu")(inputs)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, keras.layers.Dense(classes, activation="softmax")(x))

# %% 4.6 wrong · the tensor comes back, not the model
def build(input_shape, filters, classes):
    inputs = keras.Input(input_shape)
    x = keras.layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = keras.layers.SeparableConv2D(2 * filters, 3, padding="same", activation="relu")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.layers.Dense(classes, activation="softmax")(x)

# %% 4.6 wrong · layer classes without keras.layers
def build(input_shape, filters, classes):
    inputs = keras.Input(input_shape)
    x = Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = SeparableConv2D(2 * filters, 3, padding="same", activation="relu")(x)
    x = GlobalAveragePooling2D()(x)
    return keras.Model(inputs, Dense(classes, activation="softmax")(x))

# %% 4.6 wrong · input shape unpacked
def build(input_shape, filters, classes):
    inputs = keras.Input(*input_shape)
    x = keras.layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = keras.layers.SeparableConv2D(2 * filters, 3, padding="same", activation="relu")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, keras.layers.Dense(classes, activation="softmax")(x))
