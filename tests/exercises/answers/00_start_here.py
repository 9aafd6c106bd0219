# %% 0.1 right · typed in
batch_shape = (16, 320, 480, 3)

# %% 0.1 right · names first
images, rows, columns, channels = 16, 320, 480, 3
batch_shape = images, rows, columns, channels

# %% 0.1 right · asks an empty batch
batch_shape = np.zeros((16, 320, 480, 3), dtype=np.uint8).shape

# %% 0.1 right · a stack of sixteen photographs
batch_shape = np.stack([np.zeros((320, 480, 3), "uint8") for _ in range(16)]).shape

# %% 0.1 right · tuples joined
size = (480, 320)
batch_shape = (16,) + size[::-1] + (3,)

# %% 0.1 right · list turned into a tuple
shape = [320, 480]
shape.insert(0, 16)
shape.append(3)
batch_shape = tuple(shape)

# %% 0.1 right · new axis and repeat
one = np.ones((320, 480, 3), np.uint8)
batch_shape = np.repeat(one[np.newaxis], 16, axis=0).shape

# %% 0.1 wrong · width before height
batch_shape = (16, 480, 320, 3)

# %% 0.1 wrong · channels first
batch_shape = (16, 3, 320, 480)

# %% 0.1 wrong · channels first and width before height
batch_shape = (16, 3, 480, 320)

# %% 0.1 wrong · batch axis at the end
batch_shape = (320, 480, 3, 16)

# %% 0.1 wrong · batch axis forgotten
batch_shape = (320, 480, 3)

# %% 0.1 wrong · channel axis forgotten
batch_shape = (16, 320, 480)

# %% 0.1 wrong · grey photographs
batch_shape = (16, 320, 480, 1)

# %% 0.1 wrong · four channels
batch_shape = (16, 320, 480, 4)

# %% 0.1 wrong · one image in the batch
batch_shape = (1, 320, 480, 3)

# %% 0.1 wrong · all numbers multiplied
batch_shape = 16 * 320 * 480 * 3

# %% 0.1 wrong · number of axes
batch_shape = np.zeros((16, 320, 480, 3), "uint8").ndim

# %% 0.1 wrong · comma at the end
batch_shape = (16, 320, 480, 3),

# %% 0.1 wrong · text instead of a tuple
batch_shape = "(16, 320, 480, 3)"

# %% 0.1 wrong · size as a pair inside
batch_shape = (16, (320, 480), 3)

# %% 0.1 wrong · pixels of an image in one axis
batch_shape = (16, 320 * 480, 3)

# %% 0.1 wrong · order turned round
batch_shape = (3, 480, 320, 16)

# %% 0.1 wrong · 340 for 320
batch_shape = (16, 340, 480, 3)

# %% 0.2 right · one slice for each axis
def crop(image, top, left, height, width):
    return image[top : top + height, left : left + width]

# %% 0.2 right · rows first, then columns
def crop(image, top, left, height, width):
    rows = image[top:][:height]
    return rows[:, left:][:, :width]

# %% 0.2 right · bottom and right named, all other axes kept
def crop(image, top, left, height, width):
    bottom = top + height
    right = left + width
    return image[top:bottom, left:right, ...].copy()

# %% 0.2 right · np.take twice
def crop(image, top, left, height, width):
    rows = np.take(image, np.arange(top, top + height), axis=0)
    return np.take(rows, np.arange(left, left + width), axis=1)

# %% 0.2 right · pixel by pixel
def crop(image, top, left, height, width):
    patch = np.empty((height, width) + image.shape[2:], dtype=image.dtype)
    for i in range(height):
        for j in range(width):
            patch[i, j] = image[top + i, left + j]
    return patch

# %% 0.2 right · np.ix_
def crop(image, top, left, height, width):
    return image[np.ix_(range(top, top + height), range(left, left + width))]

# %% 0.2 right · rolled to the corner
def crop(image, top, left, height, width):
    return np.roll(image, (-top, -left), axis=(0, 1))[:height, :width]

# %% 0.2 right · slice objects, two cases
def crop(image, top, left, height, width):
    y, x = slice(top, top + height), slice(left, left + width)
    if image.ndim == 2:
        return image[y, x]
    return image[y, x, :]

# %% 0.2 right · np.split along both axes
def crop(image, top, left, height, width):
    band = np.split(image, [top, top + height], axis=0)[1]
    return np.split(band, [left, left + width], axis=1)[1]

# %% 0.2 wrong · ends at height and width
def crop(image, top, left, height, width):
    return image[top:height, left:width]

# %% 0.2 wrong · top and left swapped
def crop(image, top, left, height, width):
    return image[left : left + height, top : top + width]

# %% 0.2 wrong · columns first
def crop(image, top, left, height, width):
    return image[left : left + width, top : top + height]

# %% 0.2 wrong · height and width swapped
def crop(image, top, left, height, width):
    return image[top : top + width, left : left + height]

# %% 0.2 wrong · end counted in
def crop(image, top, left, height, width):
    return image[top : top + height + 1, left : left + width + 1]

# %% 0.2 wrong · end one too early
def crop(image, top, left, height, width):
    return image[top : top + height - 1, left : left + width - 1]

# %% 0.2 wrong · begins one pixel late
def crop(image, top, left, height, width):
    return image[top + 1 : top + height + 1, left + 1 : left + width + 1]

# %% 0.2 wrong · counts from 1
def crop(image, top, left, height, width):
    return image[max(top - 1, 0) : top + height, max(left - 1, 0) : left + width]

# %% 0.2 wrong · rows cut twice
def crop(image, top, left, height, width):
    return image[top : top + height][left : left + width]

# %% 0.2 wrong · whole rows
def crop(image, top, left, height, width):
    return image[top : top + height]

# %% 0.2 wrong · always from the corner
def crop(image, top, left, height, width):
    return image[:height, :width]

# %% 0.2 wrong · patch around the pixel
def crop(image, top, left, height, width):
    y, x = max(top - height // 2, 0), max(left - width // 2, 0)
    return image[y : y + height, x : x + width]

# %% 0.2 wrong · rows counted from below
def crop(image, top, left, height, width):
    return image[::-1][top : top + height, left : left + width]

# %% 0.2 wrong · transposed
def crop(image, top, left, height, width):
    return image[top : top + height, left : left + width].swapaxes(0, 1)

# %% 0.2 wrong · red channel only
def crop(image, top, left, height, width):
    patch = image[top : top + height, left : left + width]
    return patch[..., 0] if image.ndim == 3 else patch

# %% 0.2 wrong · colour images only
def crop(image, top, left, height, width):
    return image[top : top + height, left : left + width, :]

# %% 0.2 wrong · buffer for grey images only
def crop(image, top, left, height, width):
    patch = np.zeros((height, width), image.dtype)
    for i in range(height):
        for j in range(width):
            patch[i, j] = image[top + i, left + j]
    return patch

# %% 0.2 wrong · return forgotten
def crop(image, top, left, height, width):
    patch = image[top : top + height, left : left + width]

# %% 0.2 wrong · round brackets
def crop(image, top, left, height, width):
    return image(slice(top, top + height), slice(left, left + width))

# %% 0.2 wrong · bottom never defined
def crop(image, top, left, height, width):
    return image[top:bottom, left:right]

# %% 0.3 right · three channels added up
def grey(image):
    return 0.299 * image[..., 0] + 0.587 * image[..., 1] + 0.114 * image[..., 2]

# %% 0.3 right · matrix product
def grey(image):
    return image @ np.array([0.299, 0.587, 0.114])

# %% 0.3 right · weights times image, summed over the last axis
def grey(image):
    return (image * [0.299, 0.587, 0.114]).sum(axis=-1)

# %% 0.3 right · np.average
def grey(image):
    return np.average(image, axis=2, weights=[0.299, 0.587, 0.114])

# %% 0.3 right · pixel by pixel
def grey(image):
    height, width, _ = image.shape
    luma = np.zeros((height, width))
    for y in range(height):
        for x in range(width):
            r, g, b = (float(value) for value in image[y, x])
            luma[y, x] = 0.299 * r + 0.587 * g + 0.114 * b
    return luma

# %% 0.3 right · float32
def grey(image):
    r, g, b = np.moveaxis(image.astype(np.float32), -1, 0)
    return np.float32(0.299) * r + np.float32(0.587) * g + np.float32(0.114) * b

# %% 0.3 right · einsum
def grey(image):
    return np.einsum("hwc,c->hw", image.astype(float), np.array([0.299, 0.587, 0.114]))

# %% 0.3 right · loop over the channels
def grey(image):
    total = np.zeros(image.shape[:2])
    for channel, weight in enumerate((0.299, 0.587, 0.114)):
        total += weight * image[:, :, channel]
    return total

# %% 0.3 right · thousandths, divided at the end
def grey(image):
    wide = image.astype("float64")
    return (299 * wide[:, :, 0] + 587 * wide[:, :, 1] + 114 * wide[:, :, 2]) / 1000

# %% 0.3 right · keras.ops, back to NumPy
def grey(image):
    from keras import ops

    x = ops.convert_to_tensor(image.astype("float32"))
    return ops.convert_to_numpy(ops.sum(x * ops.array([0.299, 0.587, 0.114], dtype="float32"), axis=-1))

# %% 0.3 wrong · mean of the channels
def grey(image):
    return image.mean(axis=-1)

# %% 0.3 wrong · blue first
def grey(image):
    return 0.114 * image[..., 0] + 0.587 * image[..., 1] + 0.299 * image[..., 2]

# %% 0.3 wrong · red and green swapped
def grey(image):
    return image @ np.array([0.587, 0.299, 0.114])

# %% 0.3 wrong · digits of the green weight swapped
def grey(image):
    return image @ np.array([0.299, 0.578, 0.114])

# %% 0.3 wrong · rounded
def grey(image):
    return np.round(image @ np.array([0.299, 0.587, 0.114]))

# %% 0.3 wrong · back to bytes
def grey(image):
    return (image @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)

# %% 0.3 wrong · buffer of whole numbers
def grey(image):
    luma = np.zeros(image.shape[:2], dtype=int)
    for y in range(image.shape[0]):
        for x in range(image.shape[1]):
            luma[y, x] = image[y, x] @ np.array([0.299, 0.587, 0.114])
    return luma

# %% 0.3 wrong · sum forgotten
def grey(image):
    return image * np.array([0.299, 0.587, 0.114])

# %% 0.3 wrong · weighted mean divided by 3 again
def grey(image):
    return (image * np.array([0.299, 0.587, 0.114])).mean(axis=2)

# %% 0.3 wrong · plain sum
def grey(image):
    return image.astype(float).sum(axis=2)

# %% 0.3 wrong · sum over the rows
def grey(image):
    return (image * np.array([0.299, 0.587, 0.114])).sum(axis=0)

# %% 0.3 wrong · channel axis kept
def grey(image):
    return (image * np.array([0.299, 0.587, 0.114])).sum(axis=-1, keepdims=True)

# %% 0.3 wrong · scaled to 0-1 as well
def grey(image):
    return image @ np.array([0.299, 0.587, 0.114]) / 255

# %% 0.3 wrong · brightest channel
def grey(image):
    return image.max(axis=-1).astype(float)

# %% 0.3 wrong · green alone
def grey(image):
    return image[..., 1].astype(float)

# %% 0.3 wrong · channels counted from 1
def grey(image):
    return 0.299 * image[..., 1] + 0.587 * image[..., 2] + 0.114 * image[..., 3]

# %% 0.3 wrong · channels taken from the front
def grey(image):
    return 0.299 * image[0] + 0.587 * image[1] + 0.114 * image[2]

# %% 0.3 wrong · names of the cell above taken for the image's
def grey(image):
    return 0.299 * image.red + 0.587 * image.green + 0.114 * image.blue

# %% 0.3 wrong · product with the image on the right
def grey(image):
    return np.array([[0.299, 0.587, 0.114]]) @ image

# %% 0.3 wrong · grey in three channels
def grey(image):
    luma = image @ np.array([0.299, 0.587, 0.114])
    return np.stack([luma, luma, luma], axis=-1)

# %% 0.3 wrong · return forgotten
def grey(image):
    luma = image @ np.array([0.299, 0.587, 0.114])

# %% 0.4 right · wider type, clip, back
def brighten(image, amount):
    return np.clip(image.astype(int) + amount, 0, 255).astype(np.uint8)

# %% 0.4 right · cut before adding
def brighten(image, amount):
    return np.minimum(image, np.uint8(255 - amount)) + np.uint8(amount)

# %% 0.4 right · table of 256 values
def brighten(image, amount):
    table = np.minimum(np.arange(256) + amount, 255).astype("uint8")
    return table[image]

# %% 0.4 right · np.where in uint16
def brighten(image, amount):
    total = image.astype(np.uint16) + amount
    return np.where(total > 255, 255, total).astype(np.uint8)

# %% 0.4 right · value by value in Python
def brighten(image, amount):
    values = [min(value + amount, 255) for value in image.ravel().tolist()]
    return np.array(values, dtype=np.uint8).reshape(image.shape)

# %% 0.4 right · float32 and minimum
def brighten(image, amount):
    bright = np.float32(image) + amount
    return np.minimum(bright, 255).astype(image.dtype)

# %% 0.4 right · mask on a wide copy
def brighten(image, amount):
    wide = image.astype(np.int16)
    wide += amount
    wide[wide > 255] = 255
    return wide.astype(np.uint8)

# %% 0.4 right · np.vectorize
def brighten(image, amount):
    return np.vectorize(lambda value: min(int(value) + amount, 255), otypes=[np.uint8])(image)

# %% 0.4 right · finds what has wrapped around
def brighten(image, amount):
    total = image + np.uint8(amount)
    return np.where(total < image, np.uint8(255), total)

# %% 0.4 right · loop over a flat copy
def brighten(image, amount):
    out = image.copy()
    flat = out.reshape(-1)
    for i in range(flat.size):
        flat[i] = min(int(flat[i]) + amount, 255)
    return out

# %% 0.4 wrong · plain sum
def brighten(image, amount):
    return image + np.uint8(amount)

# %% 0.4 wrong · clipped after wrapping
def brighten(image, amount):
    return np.clip(image + np.uint8(amount), 0, 255)

# %% 0.4 wrong · minimum after wrapping
def brighten(image, amount):
    return np.minimum(np.add(image, np.uint8(amount)), 255)

# %% 0.4 wrong · widened after the sum
def brighten(image, amount):
    return np.clip((image + np.uint8(amount)).astype(int), 0, 255).astype(np.uint8)

# %% 0.4 wrong · bytes before the clip
def brighten(image, amount):
    return np.clip((image.astype(int) + amount).astype(np.uint8), 0, 255)

# %% 0.4 wrong · not turned back into bytes
def brighten(image, amount):
    return np.clip(image.astype(int) + amount, 0, 255)

# %% 0.4 wrong · floats
def brighten(image, amount):
    return np.minimum(image.astype("float32") + amount, 255)

# %% 0.4 wrong · input changed, sum wrapped
def brighten(image, amount):
    image += np.uint8(amount)
    return image

# %% 0.4 wrong · right values, but written into the input
def brighten(image, amount):
    image[...] = np.clip(image.astype(int) + amount, 0, 255)
    return image

# %% 0.4 wrong · second name is no copy
def brighten(image, amount):
    out = image
    out[out > 255 - amount] = 255 - amount
    out += np.uint8(amount)
    return out

# %% 0.4 wrong · clipped at 256
def brighten(image, amount):
    return np.clip(image.astype(int) + amount, 0, 256).astype(np.uint8)

# %% 0.4 wrong · clipped at 254
def brighten(image, amount):
    return np.clip(image.astype(int) + amount, 0, 254).astype(np.uint8)

# %% 0.4 wrong · clipped to 0-1
def brighten(image, amount):
    return np.clip(image.astype(float) + amount, 0, 1).astype(np.uint8)

# %% 0.4 wrong · amount lowered until nothing clips
def brighten(image, amount):
    amount = min(amount, 255 - int(image.max()))
    return (image.astype(int) + amount).astype(np.uint8)

# %% 0.4 wrong · per cent brighter
def brighten(image, amount):
    return np.clip(image * (1 + amount / 100), 0, 255).astype(np.uint8)

# %% 0.4 wrong · darker
def brighten(image, amount):
    return np.clip(image.astype(int) - amount, 0, 255).astype(np.uint8)

# %% 0.4 wrong · too bright pixels left as they were
def brighten(image, amount):
    total = image.astype(int) + amount
    return np.where(total > 255, image, total).astype(np.uint8)

# %% 0.4 wrong · shape lost
def brighten(image, amount):
    return np.array([min(int(value) + amount, 255) for value in image.ravel()], np.uint8)

# %% 0.4 wrong · min of an array and a number
def brighten(image, amount):
    return min(image.astype(int) + amount, 255).astype(np.uint8)

# %% 0.4 wrong · if with a whole array
def brighten(image, amount):
    total = image.astype(int) + amount
    if total > 255:
        total = 255
    return total.astype(np.uint8)

# %% 0.4 wrong · int without np
def brighten(image, amount):
    return np.clip(int(image) + amount, 0, 255).astype(np.uint8)

# %% 0.4 wrong · return forgotten
def brighten(image, amount):
    bright = np.clip(image.astype(int) + amount, 0, 255).astype(np.uint8)

# %% 0.5 right · two new axes in one index
def to_batch(image):
    return image[np.newaxis, :, :, np.newaxis].astype(np.float32) / 255

# %% 0.5 right · np.expand_dims
def to_batch(image):
    return np.expand_dims(np.float32(image) / 255, axis=(0, -1))

# %% 0.5 right · reshape
def to_batch(image):
    height, width = image.shape
    return (image / 255).astype("float32").reshape(1, height, width, 1)

# %% 0.5 right · filled pixel by pixel
def to_batch(image):
    batch = np.zeros((1, *image.shape, 1), dtype="float32")
    for y in range(image.shape[0]):
        for x in range(image.shape[1]):
            batch[0, y, x, 0] = image[y, x] / 255
    return batch

# %% 0.5 right · axes one after the other
def to_batch(image):
    x = image[..., None]
    x = x[None]
    return np.array(x / 255.0, dtype=np.float32)

# %% 0.5 right · np.stack twice
def to_batch(image):
    scaled = np.divide(image, 255, dtype=np.float32)
    return np.stack([np.stack([scaled], axis=-1)])

# %% 0.5 right · Keras's img_to_array
def to_batch(image):
    import keras

    return keras.utils.img_to_array(image)[None] / np.float32(255)

# %% 0.5 right · list of one image
def to_batch(image):
    return np.asarray([image], "float32")[:, :, :, None] / 255

# %% 0.5 right · assigned into an empty batch
def to_batch(image):
    out = np.empty((1,) + image.shape + (1,), np.float32)
    out[0, :, :, 0] = image
    out /= 255
    return out

# %% 0.5 wrong · float64
def to_batch(image):
    return image[np.newaxis, :, :, np.newaxis] / 255

# %% 0.5 wrong · batch axis forgotten
def to_batch(image):
    return image[:, :, np.newaxis].astype("float32") / 255

# %% 0.5 wrong · channel axis forgotten
def to_batch(image):
    return image[np.newaxis].astype("float32") / 255

# %% 0.5 wrong · both axes forgotten
def to_batch(image):
    return image.astype("float32") / 255

# %% 0.5 wrong · channels first
def to_batch(image):
    return image[None, None].astype("float32") / 255

# %% 0.5 wrong · both axes at the end
def to_batch(image):
    return image[..., None, None].astype("float32") / 255

# %% 0.5 wrong · not scaled
def to_batch(image):
    return image[None, :, :, None].astype("float32")

# %% 0.5 wrong · divided by 256
def to_batch(image):
    return image[None, :, :, None].astype("float32") / 256

# %% 0.5 wrong · whole-number division
def to_batch(image):
    return (image // 255).astype("float32")[None, :, :, None]

# %% 0.5 wrong · divided by the brightest pixel
def to_batch(image):
    return np.float32(image[None, :, :, None] / image.max())

# %% 0.5 wrong · stretched from darkest to brightest
def to_batch(image):
    x = image.astype("float32")
    x = (x - x.min()) / (x.max() - x.min())
    return x[None, :, :, None]

# %% 0.5 wrong · from -1 to 1
def to_batch(image):
    return image[None, :, :, None].astype("float32") / 127.5 - 1

# %% 0.5 wrong · black is 1
def to_batch(image):
    return 1 - image[None, :, :, None].astype("float32") / 255

# %% 0.5 wrong · turned back into bytes
def to_batch(image):
    return (image / 255).astype("uint8").astype("float32")[None, :, :, None]

# %% 0.5 wrong · float16
def to_batch(image):
    return image[None, :, :, None].astype("float16") / np.float16(255)

# %% 0.5 wrong · width before height in reshape
def to_batch(image):
    return (image / 255).astype("float32").reshape(1, image.shape[1], image.shape[0], 1)

# %% 0.5 wrong · transposed
def to_batch(image):
    return (image.T / 255).astype("float32")[None, :, :, None]

# %% 0.5 wrong · three channels
def to_batch(image):
    return np.stack([image] * 3, axis=-1)[None].astype("float32") / 255

# %% 0.5 wrong · divided in place as bytes
def to_batch(image):
    image = image[None, :, :, None].copy()
    image /= 255
    return image.astype("float32")

# %% 0.5 wrong · size of MNIST built in
def to_batch(image):
    return image.reshape(1, 28, 28, 1).astype("float32") / 255

# %% 0.5 wrong · axis 3 before there are three
def to_batch(image):
    x = np.expand_dims(image, axis=3)
    return np.expand_dims(x, axis=0).astype("float32") / 255

# %% 0.5 wrong · newaxis called
def to_batch(image):
    return np.newaxis(image.astype("float32") / 255)

# %% 0.5 wrong · return forgotten
def to_batch(image):
    batch = image[None, :, :, None].astype("float32") / 255
