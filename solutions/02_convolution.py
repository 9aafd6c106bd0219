# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 02 · Convolution
#
# **How can nine numbers find every edge in a photograph?**
#
# You will be able to
#
# - compute a convolution by hand, and say why a kernel answers to an edge;
# - choose stride and padding, and predict the output size before you run a line;
# - write a convolution layer with channels, filters and biases, and count its parameters;
# - recover an unknown kernel from examples by gradient descent.
#
# **Minutes:** about 50 with the exercises; the notebook itself runs in 15 s on a CPU, and needs no GPU.

# %% tags=["setup"]
from workbook import arithmetic, check, data, figures, plots, reference, stepper
import numpy as np
import matplotlib.pyplot as plt

# %% [markdown]
# ## Slide, multiply, add
#
# Here is the smallest image with something to see: bright on the left, dark on the right. Where is the edge? You
# see it at once. A program sees only numbers, so it needs a rule.

# %%
image = np.array([[10, 10, 10, 0, 0, 0]] * 6)
kernel = np.array([[1, 0, -1]] * 3)
axes = plt.subplots(1, 2, figsize=(6, 3), layout="constrained")[1]
plots.show_numbers(image, axes[0], title="image (6, 6)")
plots.show_numbers(kernel, axes[1], title="kernel (3, 3)");

# %% [markdown]
# The rule: put the small matrix, the **kernel**, on the top left corner of the image. Multiply each pixel by the
# weight that lies on it and add up the nine products. Write the sum down, move one pixel to the right, repeat; at
# the end of the row start one row lower. The sums form a new image, the **feature map**.
#
# **Predict first:** the kernel subtracts its right column from its left column. What comes out over a flat area?
# What where bright meets dark? How large is the map?

# %%
feature_map = reference.conv2d(image, kernel)
print(feature_map.shape)
print(feature_map)

# %% [markdown]
# **Notice** the zeros over flat areas (bright or dark makes no difference) and the 30 where the window lies across
# the edge. The map has 4 × 4 values, because a 3-wide window fits into 6 pixels at 4 places. It is brightest
# in *two* columns: two window positions touch the edge.
#
# The filmstrip shows three of the sixteen steps.

# %%
stepper.filmstrip(image, kernel, positions=(0, 1, 10));

# %% [markdown]
# Below, move the window yourself. Change the kernel, the stride and the padding; a choice that cannot work tells
# you why. (The sliders need a running notebook; on a static page you see the filmstrip above only.)

# %% tags=["widget", "nbval-ignore-output"]
stepper.interactive(image)

# %% [markdown] exercise="2.1"
# ### Exercise 2.1 · Slide a kernel (10 min, 3 points)
#
# Write the rule down. **Input:** a grey image (H, W) and a kernel (kh, kw), both NumPy arrays; neither needs to be
# square. **Output:** the feature map, an array (H − kh + 1, W − kw + 1). Use two plain loops; speed comes later.

# %% tags=["exercise"] exercise="2.1"
def slide(image, kernel):
    """Cross-correlate a grey image (H, W) with a kernel (kh, kw)."""
    ### BEGIN SOLUTION
    kh, kw = kernel.shape
    output = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1))
    for row in range(output.shape[0]):
        for column in range(output.shape[1]):
            window = image[row : row + kh, column : column + kw]
            output[row, column] = np.sum(window * kernel)
    return output
    ### END SOLUTION


# %% tags=["check"] exercise="2.1"
check("2.1", slide);

# %% [markdown]
# ### Is this a convolution?
#
# In mathematics a convolution turns the kernel by 180° before it slides. What we did is called
# **cross-correlation**. For the edge kernel the turn changes the sign:

# %% tags=["nbval-check-output"]
print(reference.flip(kernel))
print(reference.conv2d(image, reference.flip(kernel))[0])

# %% [markdown]
# **Mind the slide.** Lectures say "convolution" and draw cross-correlation; Keras, PyTorch and all other frameworks
# do the same. It makes no difference to learning: a network that needs the turned kernel learns the turned kernel. It
# makes a difference when you compare with `scipy.signal.convolve2d`, which does turn it. From here on we say
# convolution and mean what frameworks compute.
#
# ## Kernels made by hand
#
# Before networks learned their kernels, people designed them. Four of them on a photograph:

# %%
photo = data.photograph("camera").astype(float) / 255  # (512, 512), from 0 to 1
kernels = {name: stepper.KERNELS[name] for name in ("vertical edge", "emboss", "all edges")}
kernels["edges, and keep"] = np.array([[1, 1, 1], [1, -7, 1], [1, 1, 1]])
maps = {name: reference.conv2d(photo, weights) for name, weights in kernels.items()}
scales = [(0, 1)] + [(-1, 1)] * 4
plots.show_images([photo, *maps.values()], ["photograph", *maps], scale=scales, size=2.6);

# %% [markdown]
# All four maps have the scale −1 to 1: purple is negative, white is zero, orange is positive. **Notice** that the emboss kernel lights the picture from
# one corner, that "all edges" keeps outlines of every direction, and that the first kernel is blind to the horizon.
#
# One number tells you what a kernel does to a *flat* area: the **sum of its weights**.

# %% tags=["nbval-check-output"]
for name, weights in kernels.items():
    flat = reference.conv2d(np.full((5, 5), 0.5), weights)
    print(f"{name:16} weights sum to {weights.sum():2}, a flat grey of 0.5 becomes {flat[2, 2]:.1f}")

# %% [markdown]
# Sum 0: flat areas vanish, only change remains; brightness is lost. Sum 1: flat areas keep their brightness, edges
# are added on top. Emboss has sum 0 too: on a screen one adds a middle grey so that its negative half can be seen.
#
# ## Stride
#
# The window need not move pixel by pixel. The step is called the **stride**.
#
# **Predict first:** on the 5 × 5 image below, what does stride 2 give?

# %% tags=["nbval-check-output"]
image = np.array([[10, 10, 10, 0, 0]] * 5)
for strides in (1, 2):
    print(f"stride {strides}:")
    print(reference.conv2d(image, kernel, strides=strides))

# %% [markdown]
# A convolution with stride 2 gives the values of stride 1 at every second row and column: convolve, then throw
# three quarters away. Only that nobody computes what is thrown away. How much work is saved?

# %% tags=["nbval-check-output"]
for strides in (1, 2):
    shape = reference.conv2d(np.zeros((7, 7)), kernel, strides=strides).shape
    print(f"7×7 image, stride {strides}: output {shape}, {shape[0] * shape[1] * 9} multiplications")

# %% [markdown]
# From 225 to 81 here; the larger the image, the closer to a quarter. **Mind the slide:** one of the lectures says that
# strided convolutions are rare in practice. They are common: the first layer of AlexNet has stride 4, every ResNet
# halves its maps with stride 2.

# %% [markdown] exercise="2.2"
# ### Exercise 2.2 · Stride as subsampling (3 min, 1 point)
#
# Given the stride-1 map, produce the map for a larger stride without convolving again. **Input:** an array
# `full` (H, W) and a whole number `strides`. **Output:** the array with every `strides`-th row and column.

# %% tags=["exercise"] exercise="2.2"
def subsample(full, strides):
    """Keep what a convolution with this stride would have computed."""
    ### BEGIN SOLUTION
    return full[::strides, ::strides]
    ### END SOLUTION


# %% tags=["check"] exercise="2.2"
check("2.2", subsample);

# %% [markdown]
# ## Padding
#
# Without padding (`padding="valid"`) every convolution takes F − 1 pixels from the height and the width. Ten layers
# of 3 × 3 cost 20 pixels; and the corner pixel is read once where a pixel in the middle is read nine times.
# The remedy is a frame of extra pixels. With F = 3 one pixel on each side keeps the size: `padding="same"`.
#
# **Predict first:** the frame is made of zeros. What will the kernel report at the left border, where 0 meets 10?

# %% tags=["nbval-check-output"]
print("zeros around:")
print(reference.conv2d(image, kernel, padding="same"))
print("border repeated:")
print(reference.conv2d(image, kernel, padding="same", fill="replicate"))

# %% [markdown]
# **Notice** the −20 and −30: the zeros are black, so the frame itself makes an edge, dark to bright. Repeating the
# border pixel ("replicate") makes none. Keras pads with zeros; a network learns to live with the false edge, and
# even uses it to know where the border is.
#
# With stride 2, `same` in Keras means "as many outputs as ceil(W / S)". Then the number of pixels to add can be odd,
# and they cannot be shared evenly:

# %% tags=["nbval-check-output"]
for size, strides in ((28, 1), (28, 2), (29, 2)):
    print(f"width {size}, 3×3, stride {strides}: (before, after) = {arithmetic.same_padding(size, 3, strides)}")

# %% [markdown]
# **Notice** the (0, 1). PyTorch's `padding=1` adds (1, 1) instead, so the windows sit one pixel further left. The
# shapes agree and the numbers do not: a classic trap when weights move from one framework to the other.

# %% [markdown] exercise="2.3"
# ### Exercise 2.3 · How Keras pads (10 min, 2 points)
#
# **Input:** whole numbers `size` (W), `kernel_size` (F) and `strides` (S). **Output:** a tuple
# `(before, after)`: the pixels that `padding="same"` adds in front and behind, so that exactly ceil(W / S) windows fit.
# If the number is odd, the extra pixel goes behind.

# %% tags=["exercise"] exercise="2.3"
def same_padding(size, kernel_size, strides):
    """Count the pixels that Keras adds before and after."""
    ### BEGIN SOLUTION
    output = -(-size // strides)
    total = max((output - 1) * strides + kernel_size - size, 0)
    return total // 2, total - total // 2
    ### END SOLUTION


# %% tags=["check"] exercise="2.3"
check("2.3", same_padding);

# %% [markdown]
# ## The output size
#
# All of this is one formula. A window F wide on W pixels, with P pixels of padding on each side, can move
# W − F + 2P pixels; in steps of S that is ⌊(W − F + 2P) / S⌋ moves; and the start counts too.

# %% [markdown] exercise="2.4"
# ### Exercise 2.4 · Output size (5 min, 2 points)
#
# **Input:** whole numbers W, F, S, P. **Output:** the output size, a whole number.

# %% tags=["exercise"] exercise="2.4"
def output_size(size, kernel_size, strides, padding):
    """Give the number of window positions along one axis."""
    ### BEGIN SOLUTION
    return (size - kernel_size + 2 * padding) // strides + 1
    ### END SOLUTION


# %% tags=["check"] exercise="2.4"
check("2.4", output_size);

# %% [markdown]
# ## Channels and filters
#
# A colour photograph has three channels, so its kernel has three layers: a **filter** spans the whole depth of
# its input. Window and filter are both (kh, kw, C); their products are added up to *one* number. Ten filters give ten
# maps, stacked as the ten channels of the output. That is why the number of filters of a layer is the depth of
# the next layer's input.

# %%
colour = data.photograph("chelsea").astype(float) / 255  # (300, 451, 3)
rng = np.random.default_rng(0)
filters = rng.normal(size=(5, 5, 3, 10)) / 75  # (kh, kw, channels, filters)
output = reference.conv2d(colour, filters, padding=2)
print(colour.shape, "->", output.shape)

# %% [markdown]
# What can a filter see that a grey one cannot? Colour. This one has weight +1 on red and −1 on blue, spread over 5 × 5:

# %%
red_not_blue = np.zeros((5, 5, 3, 1))
red_not_blue[..., 0, 0], red_not_blue[..., 2, 0] = 1 / 25, -1 / 25
warm = reference.conv2d(colour, red_not_blue, padding=2)  # (300, 451, 1)
plots.show_images([colour, warm], ["photograph", "red minus blue"], size=3);

# %% [markdown] exercise="2.5"
# ### Exercise 2.5 · Channels and filters (15 min, 3 points)
#
# Now the whole layer. **Input:** an image (H, W, C), a kernel (kh, kw, C, filters) and a bias (filters,).
# **Output:** (H − kh + 1, W − kw + 1, filters): for each filter the sum over the window's height, width *and* channels,
# plus the filter's bias.

# %% tags=["exercise"] exercise="2.5"
def conv_layer(image, kernel, bias):
    """Apply a convolution layer with stride 1 and no padding."""
    ### BEGIN SOLUTION
    kh, kw, _, filters = kernel.shape
    output = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1, filters))
    for row in range(output.shape[0]):
        for column in range(output.shape[1]):
            window = image[row : row + kh, column : column + kw]  # (kh, kw, C)
            for k in range(filters):
                output[row, column, k] = np.sum(window * kernel[..., k]) + bias[k]
    return output
    ### END SOLUTION


# %% tags=["check"] exercise="2.5"
check("2.5", conv_layer);

# %% [markdown]
# ## How many parameters?
#
# Ten 5 × 5 filters on a 32 × 32 colour image, stride 1, padding 2. **Predict first:** how many numbers does
# training have to find? Does the size of the image matter?

# %% [markdown] exercise="2.6"
# ### Exercise 2.6 · Parameters of a convolution layer (5 min, 1 point)
#
# **Input:** whole numbers `kernel_size` (the kernel is square), `in_channels` and `filters`. **Output:** the number
# of parameters, weights and biases together.

# %% tags=["exercise"] exercise="2.6"
def conv_parameters(kernel_size, in_channels, filters):
    """Count the weights and biases of a convolution layer."""
    ### BEGIN SOLUTION
    return (kernel_size * kernel_size * in_channels + 1) * filters
    ### END SOLUTION


# %% tags=["check"] exercise="2.6"
check("2.6", conv_parameters);

# %% [markdown]
# Keras agrees with the formulas. (The first import of Keras takes a few seconds.)

# %% tags=["nbval-check-output"]
import keras
layer = keras.layers.Conv2D(filters=10, kernel_size=5, strides=1, padding="same")
print(layer(np.zeros((1, 32, 32, 3))).shape, layer.count_params(), "parameters")

# %% [markdown]
# ## A kernel that nobody designed
#
# Kernels made by hand need somebody who knows what to look for. A network finds them: it is shown inputs and the
# outputs that we want, and turns the weights until they fit. Here the wanted outputs come from the edge kernel; the
# layer starts from random weights and never sees that kernel.

# %% tags=["slow"]
keras.utils.set_random_seed(0)
patches = rng.uniform(size=(256, 12, 12, 1)).astype("float32")
wanted = reference.conv2d(patches, kernel.reshape(3, 3, 1, 1).astype("float32"))
learned = keras.layers.Conv2D(1, 3, use_bias=False)
model = keras.Sequential([keras.Input((12, 12, 1)), learned])
model.compile(keras.optimizers.Adam(0.05), loss="mse")
history = model.fit(patches, wanted, epochs=30, batch_size=32, verbose=0)
found = learned.get_weights()[0][:, :, 0, 0]

# %% tags=["slow"]
axes = plt.subplots(1, 3, figsize=(11, 3), layout="constrained")[1]
plots.show_curves({"training loss": history.history["loss"]}, axes[0], ylabel="mean squared error")
axes[0].set_yscale("log")
plots.show_numbers(kernel, axes[1], title="the kernel that made the data")
plots.show_numbers(found.round(2) + 0.0, axes[2], title="the kernel that was learned")
print("largest error of a weight is below 0.01:", bool(np.abs(found - kernel).max() < 0.01))

# %% [markdown]
# Gradient descent found the edge detector from examples alone. The rest of the course is this idea, with more kernels.
#
# ## Summary
#
# - A kernel slides over the image; at each place window and kernel are multiplied and added up.
# - The kernel's sum decides what happens to brightness; its pattern decides what it answers to.
# - Stride skips positions, padding adds a frame; the output size follows from one formula.
# - A filter spans all channels; the number of filters is the depth of the output.
# - Frameworks cross-correlate, and nobody minds, because kernels are learned.
#
# ## Formulae
#
# | what | formula |
# |---|---|
# | output size | ⌊(W − F + 2P) / S⌋ + 1 |
# | `padding="same"` | ⌈W / S⌉ outputs; max((⌈W / S⌉ − 1)·S + F − W, 0) pixels added, the odd one behind |
# | parameters | (F·F·C + 1)·filters |
# | multiplications | output height × output width × F·F·C × filters |
#
# The figures of this chapter, recomputed:

# %% tags=["nbval-check-output"]
print(figures.as_text([row for row in figures.ledger() if row.id.split(".")[0] in ("F4", "F6", "F7", "F8")]))

# %% [markdown]
# ## Where to read on
#
# - V. Dumoulin and F. Visin, *A guide to convolution arithmetic for deep learning*, 2016: every case of stride and
#   padding, drawn.
# - I. Goodfellow, Y. Bengio and A. Courville, *Deep Learning*, 2016, section 9.1: convolution and cross-correlation.
# - Chapter 03 asks what to do with all these maps: make them smaller, and see further.
