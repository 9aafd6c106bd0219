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
# # 04 · Separable, grouped and 1×1 convolution
#
# **Must a filter look at space and at channels at the same time?**
#
# You will be able to
#
# - split a convolution into a depthwise and a pointwise half, and count what that saves;
# - read a 1×1 convolution as a dense layer that is applied at every pixel;
# - say what a separable or grouped layer can no longer compute;
# - tell a saving in multiplications from a saving in time;
# - build a small network from `SeparableConv2D`.
#
# **Minutes:** about 85 with the exercises; the notebook itself runs in 20 s on a CPU, and needs no GPU.

# %% tags=["setup"]
import time

import numpy as np
import matplotlib.pyplot as plt
from workbook import arithmetic, check, data, figures, interactive, plots, reference, stepper
import keras  # loading Keras takes some seconds
from workbook import live

# %% [markdown]
# ## What an ordinary filter does at once
#
# A filter of an ordinary layer does two jobs in one sum. It looks for a pattern in *space*: what is left, right, above,
# below. And it combines *channels*: much of this one, less of that one. For both jobs together it needs a k × k kernel
# for every channel, and every filter has its own set of them.
#
# **Predict first:** a 3 × 3 layer reads 64 channels and has 128 filters. How many weights?

# %% tags=["nbval-check-output"]
layer = keras.layers.Conv2D(filters=128, kernel_size=3, use_bias=False)
layer.build((None, 28, 28, 64))
print(layer.kernel.shape, "->", layer.count_params(), "weights")

# %% [markdown]
# 64 · 128 pairs of a channel and a filter, nine weights each. Below are such pairs for a layer small enough to draw,
# six channels and six filters: each row is an input channel, each column a filter, each small square a weight. Next to
# it are the three cheaper layers of this chapter.

# %% alt="Four grids of six input channels by six filters. Ordinary: nine weights in every cell, 324. Two groups: two blocks on the diagonal, 162. Depthwise: the diagonal alone, 54. Pointwise: one weight in every cell, 36."
every, alone = np.ones((6, 6), int), np.diag([1, 2, 3, 4, 5, 6])
halves = np.kron(np.diag([1, 2]), np.ones((3, 3), int))
axes = plt.subplots(1, 4, figsize=(12, 3.4), layout="constrained")[1]
for ax, (name, pairs, size) in zip(
    axes,
    (
        ("ordinary 3×3", every, 3),
        ("2 groups", halves, 3),
        ("depthwise", alone, 3),
        ("pointwise, 1×1", every, 1),
    ),
    strict=True,
):
    title = f"{name}: {np.count_nonzero(pairs) * size**2} weights"
    plots.show_connections(pairs, ax, kernel_size=size, title=title)

# %% [markdown]
# **Notice** that the last two are opposites. Depthwise keeps the space and gives up mixing channels; pointwise keeps
# the mixing and gives up space. One after the other they do both jobs, with 54 + 36 = 90 weights in place of 324.
#
# ## Depthwise: each channel alone
#
# A **depthwise** convolution gives every channel one kernel, and does not add anything up across channels. Its output
# has one map per channel of the input. Here each colour of a photograph gets a kernel of its own:

# %% alt="The cat and three maps in orange and purple: vertical edges of red, such as the sides of the eyes; horizontal edges of green, such as the lids; all edges of blue, with fine fur and whiskers."
colour = data.photograph("chelsea").astype(float) / 255  # (300, 451, 3)
names = {"red": "vertical edge", "green": "horizontal edge", "blue": "all edges"}
# (3, 3, channels)
kernel = np.stack([stepper.KERNELS[name] for name in names.values()], axis=-1)
maps = reference.depthwise_conv2d(colour, kernel[..., None])  # (298, 449, 3)
axes = plt.subplots(1, 4, figsize=(12, 2.4), layout="constrained")[1]
plots.show_image(colour, axes[0], title="photograph")
for index, (channel, name) in enumerate(names.items()):
    plots.show_image(
        maps[..., index], axes[index + 1], title=f"{name} of {channel}", scale=(-0.5, 0.5)
    )

# %% [markdown]
# Three channels in, three maps out: the first saw nothing but red. Keras's kernel has a fourth axis, the **depth
# multiplier**: how many kernels each channel gets. It is nearly always 1.

# %% tags=["nbval-check-output"]
layer = keras.layers.DepthwiseConv2D(kernel_size=3, use_bias=False)
layer.build((None, *colour.shape))
layer.set_weights([kernel[..., None].astype("float32")])
output = layer(colour[None].astype("float32"))
print("kernel", layer.kernel.shape, "output", output.shape)
print("Keras and NumPy agree:", np.allclose(output[0], maps, atol=1e-4))

# %% [markdown] exercise="4.1"
# ### Exercise 4.1 · Every channel by itself (10 min, 2 points)
#
# **Input:** an image (H, W, C) and a kernel (kh, kw, C): one kernel for each channel, without Keras's fourth
# axis. **Output:** (H − kh + 1, W − kw + 1, C), where map c is channel c under kernel c. Stride 1, no padding; two
# plain loops will do. Write it yourself: the course's own function for this does not count.

# %% tags=["exercise"] exercise="4.1"
def depthwise(image, kernel):
    """Convolve every channel of an image (H, W, C) with its own kernel (kh, kw, C)."""
    ### BEGIN SOLUTION
    kh, kw, channels = kernel.shape
    output = np.zeros((image.shape[0] - kh + 1, image.shape[1] - kw + 1, channels))
    for row in range(output.shape[0]):
        for column in range(output.shape[1]):
            window = image[row : row + kh, column : column + kw]  # (kh, kw, C)
            output[row, column] = (window * kernel).sum(axis=(0, 1))
    return output
    ### END SOLUTION


# %% tags=["check"] exercise="4.1"
check("4.1", depthwise);

# %% [markdown]
# ## Pointwise: each pixel alone
#
# The other half has a window of a single pixel. What can a convolution do that sees one pixel? In a grey image it can
# only scale the pixel. But a pixel of a feature map is a *vector* of C numbers, and each filter takes a weighted sum of
# them. The C numbers of each pixel become `filters` new ones.
#
# You know a layer that does this to a vector: the dense layer.

# %% tags=["nbval-check-output"]
rng = np.random.default_rng(0)
features = rng.normal(size=(2, 5, 7, 16)).astype("float32")  # (batch, height, width, channels)
pointwise_layer = keras.layers.Conv2D(filters=4, kernel_size=1)
dense = keras.layers.Dense(units=4)
output = pointwise_layer(features)  # (2, 5, 7, 4)
dense.build(features.shape)
kernel, bias = pointwise_layer.get_weights()  # (1, 1, 16, 4) and (4,)
dense.set_weights([kernel[0, 0], bias])
print(
    "kernel of the convolution",
    pointwise_layer.kernel.shape,
    "of the dense layer",
    dense.kernel.shape,
)
print("both give the same:", np.allclose(output, dense(features), atol=1e-5))

# %% [markdown]
# A **1×1 convolution is a dense layer at every pixel**, with the same weights everywhere. In NumPy it is a matrix
# product along the last axis.
#
# Its most common use is to make a thick stack of maps thinner before an expensive layer. A 5 × 5 layer from 64 channels
# to 64, direct and through a 1×1 layer with 32 filters:

# %% tags=["nbval-check-output"]
direct_parameters = arithmetic.conv_parameters(5, 64, 64)
parameters = arithmetic.conv_parameters(1, 64, 32) + arithmetic.conv_parameters(5, 32, 64)
print(f"parameters: direct {direct_parameters:,}, with the 1×1 layer {parameters:,}")
# the multiplications for one output pixel
direct_macs = arithmetic.conv_macs((1, 1), 5, 64, 64)
macs = arithmetic.conv_macs((1, 1), 1, 64, 32) + arithmetic.conv_macs((1, 1), 5, 32, 64)
print(f"multiplications per pixel: direct {direct_macs:,}, with the 1×1 layer {macs:,}")
print(f"{direct_macs / macs:.2f} times fewer multiplications")

# %% [markdown]
# This is called a **bottleneck**. GoogLeNet, in chapter 07, is a whole network built around it. Used the other way
# round, a 1×1 layer makes more maps; and with an activation behind it, it adds a non-linear step without looking
# further.

# %% [markdown] exercise="4.2"
# ### Exercise 4.2 · Every pixel by itself (5 min, 2 points)
#
# **Input:** an image (H, W, C), weights (C, filters) and a bias (filters,). **Output:** (H, W, filters), what a 1×1
# convolution gives. One line, no loop.

# %% tags=["exercise"] exercise="4.2"
def pointwise(image, weights, bias):
    """Apply a dense layer to the channels of every pixel."""
    ### BEGIN SOLUTION
    return image @ weights + bias
    ### END SOLUTION


# %% tags=["check"] exercise="4.2"
check("4.2", pointwise);

# %% [markdown]
# ## Both in a row: the separable layer
#
# `SeparableConv2D` is a depthwise convolution and then a pointwise one: first the patterns within each channel, then
# the mixing of channels. There is no activation between the halves, and one bias at the very end.

# %% tags=["nbval-check-output"]
separable_layer = keras.layers.SeparableConv2D(filters=8, kernel_size=3, padding="same")
output = separable_layer(features)  # (2, 5, 7, 8)
for weights in separable_layer.weights:
    print(f"{weights.name:17} {tuple(weights.shape)}")
*kernels, bias = separable_layer.get_weights()
by_hand = reference.separable_conv2d(features, *kernels, padding="same", bias=bias)
print("Keras and NumPy agree:", np.allclose(output, by_hand, atol=1e-4))

# %% [markdown]
# The weights: k·k for each input channel, and one for each pair of channel and filter.
#
# $$C_{in}\,k^2 + C_{in}\,C_{out} \quad\text{in place of}\quad k^2\,C_{in}\,C_{out}$$
#
# **Predict first:** which term is the larger one, in a layer of 64 channels and 128 filters?

# %% tags=["nbval-check-output"]
print("kernel   channels  filters   ordinary  separable  share   1/C_out + 1/k²")
sizes = ((3, 3, 32), (3, 64, 128), (3, 512, 512), (5, 64, 128), (7, 64, 128), (3, 64, 1))
for size, channels, filters in sizes:
    ordinary = arithmetic.conv_parameters(size, channels, filters, bias=False)
    separable = arithmetic.separable_parameters(size, channels, filters, bias=False)
    share, rule = separable / ordinary, 1 / filters + 1 / size**2
    print(
        f"{size}×{size} {channels:12} {filters:8} {ordinary:10,} {separable:10,} {share:6.3f} "
        f"{rule:12.3f}"
    )

# %% [markdown]
# **Notice** four things. In the layer of the question the pointwise half is by far the larger one: 64 · 128 = 8,192 of
# the 8,768 weights; the depthwise half has 64 · 9 = 576. The share is 1/C_out + 1/k², exactly: divide the one formula
# by the other. With many filters 1/C_out fades, and a 3 × 3 layer costs about a ninth; the number of input channels
# does not matter. And in the last row the separable layer has *more* weights than the ordinary one: with a single
# filter, each depthwise kernel is used only once, and the pointwise weights come on top.
#
# Each weight is used once for every output pixel, so the multiplications shrink by the same share. A multiplication
# together with the addition that follows it is counted as one **MAC**, a multiply-accumulate. On 28 × 28 pixels:

# %% tags=["nbval-check-output"]
ordinary = arithmetic.conv_macs((28, 28), 3, 64, 128)
separable = arithmetic.separable_macs((28, 28), 3, 64, 128)
print(
    f"ordinary {ordinary:,} MACs, separable {separable:,} MACs: {ordinary / separable:.2f} "
    "times fewer"
)

# %% [markdown] exercise="4.3"
# ### Exercise 4.3 · Parameters of a separable layer (5 min, 1 point)
#
# **Input:** whole numbers `kernel_size` (the kernel is square), `in_channels` and `filters`. **Output:** the number of
# parameters of `SeparableConv2D`, weights *and* biases, with depth multiplier 1. Write it yourself: the course's own
# function for this does not count.

# %% tags=["exercise"] exercise="4.3"
def separable_parameters(kernel_size, in_channels, filters):
    """Count the weights and biases of a depthwise-separable layer."""
    ### BEGIN SOLUTION
    return kernel_size * kernel_size * in_channels + (in_channels + 1) * filters
    ### END SOLUTION


# %% tags=["check"] exercise="4.3"
check("4.3", separable_parameters);

# %% [markdown]
# ### Fewer multiplications, less time?
#
# **Mind the slide.** It is said: far fewer parameters, *so* faster. The first half is arithmetic. The second has to be
# measured, because time is also spent on moving numbers, and a processor does one big matrix product more efficiently
# than many small ones. **Predict first:** about 8.4 times fewer multiplications; how many times less time?

# %%
def best_milliseconds(layer, images, repeats=9):
    """Return the shortest of several runs: the others were disturbed by something else."""
    inputs = keras.Input(images.shape[1:])
    model = keras.Model(inputs, layer(inputs))
    model.predict_on_batch(images)  # the first run also compiles
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        model.predict_on_batch(images)
        seconds.append(time.perf_counter() - start)
    return 1000 * min(seconds)


# %% tags=["slow", "nbval-ignore-output"]
images = rng.normal(size=(8, 56, 56, 64)).astype("float32")
options = {"filters": 128, "kernel_size": 3, "padding": "same", "use_bias": False}
layers = {
    "ordinary": keras.layers.Conv2D(**options),
    "separable": keras.layers.SeparableConv2D(**options),
    "grouped": keras.layers.Conv2D(groups=4, **options),
}
times = {name: best_milliseconds(layer, images) for name, layer in layers.items()}
# without biases, the weights are the MACs per output pixel
weights = {name: layer.count_params() for name, layer in layers.items()}
for name in layers:
    less_work, less_time = weights["ordinary"] / weights[name], times["ordinary"] / times[name]
    print(
        f"{name:9} {times[name]:5.1f} ms; against ordinary: MACs ÷ {less_work:.1f}, time ÷ "
        f"{less_time:.1f}"
    )

# %% [markdown]
# What the cell printed was measured on the computer that ran it; run it on yours. **Compare** the two numbers of each
# line. How much of the saving in multiplications becomes a saving in time differs from computer to computer.
#
# The last line is a layer in four groups, which you meet below. It has a quarter of the multiplications, but its time
# shrinks by much less; on some computers it is even *slower* than the ordinary layer. (For it, Keras on TensorFlow goes
# through a compiler, XLA, which is slow on a CPU.) This is the reason to measure: **parameters and MACs are facts about
# a layer; time is a fact about a layer, a library and a machine.**
#
# ## Kernels that are products
#
# What does the separable layer give up for its savings? Look at a simpler case first, a single kernel. Some kernels are
# a column times a row:

# %% alt="A column 1, 2, 1; a row 1, 0, −1; and their product, the Sobel kernel, with the rows 1 0 −1, 2 0 −2 and 1 0 −1."
column, row = np.array([[1], [2], [1]]), np.array([[1, 0, -1]])
axes = plt.subplots(1, 3, figsize=(6.5, 2.4), layout="constrained", width_ratios=(1, 3, 3))[1]
plots.show_numbers(column, axes[0], title="column", scale=(-2, 2))
plots.show_numbers(row, axes[1], title="row", scale=(-2, 2))
plots.show_numbers(column * row, axes[2], title="column · row: Sobel", scale=(-2, 2));

# %% [markdown]
# The Sobel kernel smooths downwards and takes differences across. Such a kernel is called **spatially separable**.
# Sliding the column over the image and then the row over the result produces the same map, with 3 + 3 multiplications
# per pixel rather than 9:

# %% tags=["nbval-check-output"]
photo = data.photograph("camera")  # (512, 512), whole numbers
at_once = reference.conv2d(photo.astype(int), column * row)
in_turn = reference.conv2d(reference.conv2d(photo.astype(int), column), row)
print("the same map, exactly:", np.array_equal(at_once, in_turn))

# %% [markdown]
# Which kernels can be split in this way? Those whose rows are all multiples of *one* row. Every other matrix is a *sum*
# of such products, a column times a row each. How many products it needs at least is its **rank**, so the kernels that
# can be split are those of rank 1.
#
# The **singular value decomposition** finds such a sum. It gives each product a weight, its singular value; the rank is
# the number of singular values that are not zero.

# %% alt="Four kernels of 3 by 3 weights. Vertical edge: three rows 1 0 −1. All edges: 8 in the middle and −1 around it. Emboss: the rows −1 −1 0, −1 0 1 and 0 1 1. Sobel: the rows 1 0 −1, 2 0 −2 and 1 0 −1."
candidates = {name: stepper.KERNELS[name] for name in ("vertical edge", "all edges", "emboss")}
candidates["Sobel"] = column * row
axes = plt.subplots(1, 4, figsize=(10, 2.7), layout="constrained")[1]
for ax, (name, weights) in zip(axes, candidates.items(), strict=True):
    plots.show_numbers(weights, ax, title=name)

# %% [markdown]
# **Predict first:** which of these four kernels have rank 1?

# %% tags=["nbval-check-output"]
for name, weights in candidates.items():
    values = np.linalg.svd(weights, compute_uv=False)
    rank = np.linalg.matrix_rank(weights)
    print(
        f"{name:13} singular values {' '.join(f'{abs(value):5.2f}' for value in values)}   "
        f"rank {rank}"
    )

# %% [markdown]
# **Notice** that the two edge detectors are single products, and that "all edges" and emboss need two each. A layer
# that was limited to products could never learn emboss.
#
# ## The ordinary layer behind it
#
# The same thought, one level up. Up to its activation a separable layer is linear, so there is an *ordinary*
# convolution that computes the same. Follow one pixel of channel c on its way into filter f. It is multiplied by the
# depthwise weight at its place, then by the pointwise weight of the pair (c, f). The ordinary kernel holds the product:
#
# $$K[i, j, c, f] = D[i, j, c]\; P[c, f]$$

# %% [markdown] exercise="4.4"
# ### Exercise 4.4 · The ordinary kernel behind a separable layer (10 min, 3 points)
#
# **Input:** the depthwise kernel (kh, kw, C) and the pointwise weights (C, filters). **Output:** the kernel (kh, kw, C,
# filters) of the ordinary convolution that computes the same.

# %% tags=["exercise"] exercise="4.4"
def full_kernel(depthwise, pointwise):
    """Merge the two kernels of a separable layer into one ordinary kernel."""
    ### BEGIN SOLUTION
    return depthwise[..., None] * pointwise
    ### END SOLUTION


# %% tags=["check"] exercise="4.4"
check("4.4", full_kernel);

# %% [markdown]
# Put to the test with the Keras layer from above:

# %% tags=["nbval-check-output"]
depthwise_kernel, pointwise_kernel, bias = separable_layer.get_weights()
# (3, 3, 16, 8)
full = np.einsum("ijc,cf->ijcf", depthwise_kernel[..., 0], pointwise_kernel[0, 0])
ordinary = keras.layers.Conv2D(filters=8, kernel_size=3, padding="same")
ordinary.build(features.shape)
ordinary.set_weights([full, bias])
same = np.allclose(ordinary(features), separable_layer(features), atol=1e-4)
print("ordinary and separable agree:", same)

# %% [markdown]
# So whatever a separable layer computes, an ordinary one can compute. The converse fails. Write the weights that read
# one channel as a matrix, nine rows (places in the window) by eight columns (filters): in the separable layer every
# column is a multiple of the same depthwise kernel. Rank 1 again.

# %% tags=["nbval-check-output"]
free = keras.layers.Conv2D(filters=8, kernel_size=3)
free.build(features.shape)
for name, weights in (("separable", full), ("ordinary", free.get_weights()[0])):
    ranks = [np.linalg.matrix_rank(weights[:, :, c].reshape(9, 8)) for c in range(16)]
    print(f"{name:9} rank of each channel's 9 × 8 matrix: from {min(ranks)} to {max(ranks)}")

# %% [markdown]
# That is the price: **all filters see one channel through the same spatial pattern**, and can only weigh it
# differently. A depth multiplier of m allows rank m. Xception pays the price and buys more layers and more filters with
# what it saved. MobileNet puts an activation between the two halves, so they are no longer one linear map; but it, too,
# has one spatial pattern for each channel.
#
# ## Groups: something between
#
# Depthwise lets no channel meet another, an ordinary layer lets all of them meet. Between the two lies **grouped**
# convolution: cut the channels into G groups of neighbours, cut the filters into G groups too, and let each group of
# filters read its own group of channels. Every filter then has a G-th of the weights. The second convolution of
# AlexNet, 5 × 5 from 96 to 256:

# %% tags=["nbval-check-output"]
for groups in (1, 2, 4, 32):
    weights = arithmetic.conv_parameters(5, 96, 256, groups=groups, bias=False)
    print(
        f"groups={groups:2}: each filter reads {96 // groups:2} channels, {weights:7,} weights"
    )

# %% [markdown]
# AlexNet used two groups in 2012, and not to be clever: the network did not fit into the 3 GB of one graphics card. The
# authors put half of the filters on each of two cards, two towers side by side, which met in some layers only.
#
# **Predict first:** which number of groups makes a layer with 96 channels and 96 filters depthwise?

# %% tags=["nbval-check-output"]
kernel = rng.normal(size=(3, 3, 1, 16)).astype("float32")  # each filter reads 1 of 16 channels
as_groups = reference.conv2d(features, kernel, groups=16)
as_depthwise = reference.depthwise_conv2d(features, np.swapaxes(kernel, 2, 3))
print(
    "as many groups as channels is depthwise:", np.allclose(as_groups, as_depthwise, atol=1e-5)
)

# %% [markdown]
# In Keras, `groups` is an argument of `Conv2D`, and the kernel is (kh, kw, C / G, filters):

# %% tags=["nbval-check-output"]
grouped = keras.layers.Conv2D(filters=8, kernel_size=3, groups=4, use_bias=False)
output = grouped(features)  # (2, 3, 5, 8)
print("kernel", tuple(grouped.kernel.shape))
by_hand = reference.conv2d(features, grouped.get_weights()[0], groups=4)
print("Keras and NumPy agree:", np.allclose(output, by_hand, atol=1e-4))

# %% [markdown]
# Splitting the channels, convolving each part with a plain layer and concatenating the maps computes the same, without
# the compiler. **Predict first:** is it faster than the layer with four groups? Run it more than once: a small
# difference may be chance.

# %% tags=["slow", "nbval-ignore-output"]
def split_and_convolve(x):
    """Do what the layer with four groups does, with four plain layers."""
    parts = keras.ops.split(x, 4, axis=-1)  # four times (batch, 56, 56, 16)
    maps = [keras.layers.Conv2D(32, 3, padding="same", use_bias=False)(part) for part in parts]
    return keras.ops.concatenate(maps, axis=-1)  # (batch, 56, 56, 128)

print(f"one layer with four groups {times['grouped']:5.1f} ms")
print(f"four plain layers          {best_milliseconds(split_and_convolve, images):5.1f} ms")

# %% [markdown] exercise="4.5"
# ### Exercise 4.5 · Split, convolve, concatenate (10 min, 3 points)
#
# **Input:** an image (H, W, C), a kernel (kh, kw, C / groups, filters) and the number of groups, which divides C and
# filters. **Output:** (H − kh + 1, W − kw + 1, filters): the first filters read the first channels, and so on; the maps
# in the filters' order. Use `reference.conv2d(image, kernel)` for each group, without its own `groups` argument.

# %% tags=["exercise"] exercise="4.5"
def grouped_conv(image, kernel, groups):
    """Convolve an image group by group."""
    ### BEGIN SOLUTION
    channels = np.split(image, groups, axis=2)
    filters = np.split(kernel, groups, axis=3)
    maps = [reference.conv2d(channels[g], filters[g]) for g in range(groups)]
    return np.concatenate(maps, axis=2)
    ### END SOLUTION


# %% tags=["check"] exercise="4.5"
check("4.5", grouped_conv);

# %% [markdown]
# ### Four layers side by side
#
# You have met four kinds of layer: ordinary, grouped, separable and 1×1. Below they have the same channels, filters and
# output size; the sliders change all four. It begins with AlexNet's second layer.
#
# **Predict first:** how many groups does the grouped layer need to have fewer weights than the separable one? When the
# output becomes twice as high and wide, what happens to the weights, and what to the MACs? And is there a layer for
# which separable is the *more expensive* choice?

# %%
interactive.cost(kernel_size=5, in_channels=96, filters=256, size=27, groups=2)

# %% [markdown]
# **Notice**
#
# - that the grouped layer is the cheaper one with 32 groups. With 5 groups there is none: 96 is no multiple of 5, and
#   Keras refuses it for the same reason;
# - that the size of the output changes the MACs, by the square, and no weight;
# - that with a larger kernel the ordinary and the grouped layer grow by k², the separable one hardly, and the 1×1 layer
#   not at all;
# - that separable costs more than ordinary with a single filter, or with k = 1: then 1/C_out + 1/k² is above 1.

# %% [markdown]
# ### What groups lose
#
# Stack two grouped layers. **Predict first:** can the first filter of the second layer find out anything about the last
# channel of the input? Follow the connections: a matrix product of "who reads whom" with itself says who reaches whom.

# %% tags=["cover"] alt="Three grids, nine input channels by nine filters. One layer in 3 groups: three blocks on the diagonal. Two such layers: the same three blocks. Two layers, shuffled between: every cell is filled."
groups = np.kron(np.diag([1, 2, 3]), np.ones((3, 3), int))  # 9 channels in 3 groups
reads = (groups > 0).astype(int)
# 0 3 6 1 4 7 2 5 8: one channel of each group, then the next
shuffle = np.arange(9).reshape(3, 3).T.ravel()
straight, shuffled = reads @ reads > 0, reads[:, shuffle] @ reads > 0
axes = plt.subplots(1, 3, figsize=(9.5, 3.4), layout="constrained")[1]
plots.show_connections(groups, axes[0], kernel_size=1, largest=1, title="one layer, 3 groups")
plots.show_connections(
    groups * straight, axes[1], kernel_size=1, largest=1, title="two layers"
)
plots.show_connections(
    shuffled * 1, axes[2], kernel_size=1, largest=1, title="two layers, shuffled between"
);

# %% [markdown]
# **Notice** that a second grouped layer fixes nothing: the groups are separate networks for as long as only grouped
# layers follow. There are two cures. A 1×1 convolution mixes all channels; this is why depthwise is followed by
# pointwise. Or the channels are **shuffled** between two grouped layers, so that every group gets one from each: the
# idea of ShuffleNet, and it costs no weight at all.

# %% tags=["nbval-check-output"]
print(f"pairs that meet: {straight.sum()} of 81 straight, {shuffled.sum()} of 81 shuffled")

# %% [markdown]
# ## A network that separates
#
# Now put the layers to work. An ordinary convolution first: with one to three input channels there is little to save
# (the first row of the table above). After that, the separable block.
#
# Keras's **functional API** writes a network as you would draw it. Each layer is called on the tensor that comes out of
# the one before; the model is what lies between the first tensor and the last. The last layer often ends in
# a **softmax**, which turns the scores $s_i$ of the classes into positive numbers that add up to 1:
#
# $$p_i = \frac{e^{s_i}}{\sum_j e^{s_j}}$$

# %% tags=["nbval-check-output"]
inputs = keras.Input((28, 28, 1))
x = keras.layers.Conv2D(8, 3, activation="relu")(inputs)  # (batch, 26, 26, 8)
x = keras.layers.GlobalAveragePooling2D()(x)  # (batch, 8)
outputs = keras.layers.Dense(10, activation="softmax")(x)  # (batch, 10)
model = keras.Model(inputs, outputs)
print(model.output_shape, f"{np.array(model(np.ones((1, 28, 28, 1)))).sum():.3f}")

# %% [markdown] exercise="4.6"
# ### Exercise 4.6 · A small separable network (15 min, 3 points)
#
# Build a Keras model with the functional API: `inputs = keras.Input(input_shape)`, then layer after layer, at the end
# `return keras.Model(inputs, outputs)`. The layers in order:
#
# 1. `Conv2D` with `filters` filters, 3 × 3, stride 2, padding `"same"`, ReLU;
# 2. `SeparableConv2D` with twice as many filters, 3 × 3, padding `"same"`, ReLU;
# 3. `GlobalAveragePooling2D`;
# 4. `Dense` with `classes` units and softmax.

# %% tags=["exercise"] exercise="4.6"
def build(input_shape, filters, classes):
    """Build a classifier for images of `input_shape` (height, width, channels)."""
    ### BEGIN SOLUTION
    inputs = keras.Input(input_shape)
    x = keras.layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = keras.layers.SeparableConv2D(2 * filters, 3, padding="same", activation="relu")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    outputs = keras.layers.Dense(classes, activation="softmax")(x)
    return keras.Model(inputs, outputs)
    ### END SOLUTION


# %% tags=["check"] exercise="4.6"
check("4.6", build);

# %% [markdown]
# Does the network miss what it gave up? Here is the same network twice, once with an ordinary second layer, trained for
# a few seconds on 8,000 handwritten digits. **Predict first:** how many parameters has each? Which learns faster?

# %% tags=["nbval-check-output"]
def small_network(second):
    """Build the network of the exercise with `second` as its second layer's class."""
    return keras.Sequential([
        keras.Input((28, 28, 1)), keras.layers.Rescaling(1 / 255),
        keras.layers.Conv2D(24, 3, strides=2, padding="same", activation="relu"),
        second(48, 3, padding="same", activation="relu"),
        keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(10, activation="softmax"),
    ])

for second in (keras.layers.Conv2D, keras.layers.SeparableConv2D):
    print(f"{second.__name__:16} {small_network(second).count_params():6,} parameters")

# %% tags=["slow"] alt="Training accuracy over four epochs, one curve for Conv2D and one for SeparableConv2D. Both climb at about the same pace, far above the 10 % of guessing."
digits = data.load("mnist", samples=8000, test_samples=1000)
curves = {}
for second in (keras.layers.Conv2D, keras.layers.SeparableConv2D):
    keras.utils.set_random_seed(0)
    model = small_network(second)
    model.compile(
        keras.optimizers.Adam(0.02),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    callbacks = [live.progress(second.__name__)]
    history = model.fit(digits.x_train, digits.y_train, batch_size=64, epochs=4, verbose=0,
                        callbacks=callbacks)
    curves[second.__name__] = history.history["accuracy"]
plots.show_curves(
    curves, ylabel="training accuracy", title="the same network, two kinds of second layer"
)
print(
    "both far better than guessing (10 %):", all(curve[-1] > 0.4 for curve in curves.values())
)

# %% [markdown]
# With a fifth of the parameters the separable network learns at about the same pace. Do not read more into the two
# curves: start again with other seeds and either of them may be ahead. And do not be disappointed that the dense layer
# of chapter 01 classified a larger share of digits correctly than these two. They are small, have made 500 steps, and
# cannot use *where* a stroke is. Chapter 05 takes the same kind of network to 99 %.
#
# ## Summary
#
# - An ordinary filter looks at space and channels at once; the two jobs can be done one after the other.
# - Depthwise: a kernel for each channel, no mixing. Pointwise: a dense layer at every pixel, no space.
# - Together they cost 1/C_out + 1/k² of the ordinary layer, in weights and in multiplications. Time is another matter:
#   measure.
# - The price is rank: all filters see a channel through the same pattern (or through m of them).
# - Groups divide the weights by G, and separate the channels until something mixes them again.
#
# ## Formulae
#
# | layer | weights | biases |
# |---|---|---|
# | ordinary | $k^2\,C_{in}\,C_{out}$ | $C_{out}$ |
# | depthwise, multiplier m | $k^2\,C_{in}\,m$ | $C_{in}\,m$ |
# | pointwise | $C_{in}\,C_{out}$ | $C_{out}$ |
# | separable (both, m = 1) | $k^2\,C_{in} + C_{in}\,C_{out}$ | $C_{out}$ |
# | grouped | $k^2\,C_{in}\,C_{out} / G$ | $C_{out}$ |
#
# MACs are the weights times the output's height × width. The figures of this chapter, recomputed:

# %% tags=["nbval-check-output"]
figures.table([row for row in figures.ledger() if row.id.split(".")[0] in ("F15", "F16")])

# %% [markdown]
# ## Where to read on
#
# - **Best next:** A. Howard et al., [*MobileNets: Efficient Convolutional Neural Networks for Mobile Vision
#   Applications*](https://arxiv.org/abs/1704.04861), 2017, section 3.1: the ratio 1/C_out + 1/k².
# - F. Chollet, [*Xception: Deep Learning with Depthwise Separable Convolutions*](https://arxiv.org/abs/1610.02357),
#   CVPR 2017, by the author of Keras.
# - L. Sifre, [*Rigid-Motion Scattering for Image
#   Classification*](https://www.di.ens.fr/data/publications/papers/phd_sifre.pdf), PhD thesis, École Polytechnique,
#   2014: where depthwise-separable convolution comes from.
# - X. Zhang et al., [*ShuffleNet: An Extremely Efficient Convolutional Neural Network for Mobile
#   Devices*](https://arxiv.org/abs/1707.01083), CVPR 2018.
# - A. Krizhevsky, I. Sutskever and G. Hinton, [*ImageNet Classification with Deep Convolutional Neural
#   Networks*](https://doi.org/10.1145/3065386), 2012, section 3.2: two graphics cards, two towers.
