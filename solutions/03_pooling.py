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
# # 03 · Pooling, stacking, and how far a neuron sees
#
# **How can windows of nine pixels recognise something a hundred pixels wide?**
#
# You will be able to
#
# - pool feature maps by maximum or mean, and predict the output's shape;
# - say what happens to an output when the input moves, and measure it;
# - choose between Flatten and global pooling, and count what the choice costs;
# - compute how far a neuron sees, and check the formula on a Keras model by its gradient.
#
# **Minutes:** about 85 with the exercises; the notebook itself runs in 10 s on a CPU, and needs no GPU.

# %% tags=["setup"]
import numpy as np
import matplotlib.pyplot as plt
from workbook import arithmetic, check, data, figures, interactive, plots, receptive, reference

# %% [markdown]
# ## Keep the strongest
#
# A feature map says where a kernel found its pattern, to the pixel. That is often more than we want to know: a face is
# a face if the eye sits one pixel further left. **Pooling** makes the map coarser. It lays a window on the map and
# keeps one number: the largest (**max pooling**) or the mean (**mean** or **average pooling**).

# %% tags=["nbval-check-output"]
window = np.array([[0.3, 0.2], [0.5, 0.6]])
print("max ", reference.pool2d(window, 2)[0, 0])
print("mean", reference.pool2d(window, 2, kind="mean")[0, 0].round(3))

# %% [markdown]
# The window then jumps by its own width, so that windows lie side by side: strides equal to the pool size. Both numbers
# can be chosen.
#
# **Predict first:** cut this map into four windows of 2 × 2. What are the maxima? Are the four means closer together
# than the maxima, or further apart?

# %% alt="A map with the rows 1 3 2 9, 7 4 1 5, 8 5 2 3 and 4 2 1 4, cut into four windows. Their maxima are 7 and 9 above, 8 and 4 below; their means 3.75 and 4.25 above, 4.75 and 2.5 below."
feature_map = np.array([[1, 3, 2, 9], [7, 4, 1, 5], [8, 5, 2, 3], [4, 2, 1, 4]])
axes = plt.subplots(1, 3, figsize=(7.5, 3), layout="constrained")[1]
plots.show_numbers(feature_map, axes[0], title="feature map (4, 4)", scale=(1, 9))
plots.mark_windows(axes[0], [(0, 0, 2, 2), (0, 2, 2, 2), (2, 0, 2, 2), (2, 2, 2, 2)])
plots.show_numbers(reference.pool2d(feature_map, 2), axes[1], title="max", scale=(1, 9))
plots.show_numbers(
    reference.pool2d(feature_map, 2, kind="mean"), axes[2], title="mean", scale=(1, 9)
);

# %% [markdown]
# **Notice** that the maxima keep what stands out, from 4 to 9, and that the means level it, from 2.5 to 4.75.
#
# A layer has many maps, and pooling treats each by itself: height and width shrink, the depth stays. There is nothing
# to learn in a maximum, so a pooling layer has no parameters. Keras says so too. (The first import of Keras takes a few
# seconds.)

# %% tags=["nbval-check-output"]
import keras  # loading Keras takes some seconds
for layer in (keras.layers.MaxPooling2D(2), keras.layers.AveragePooling2D(2)):
    output = layer(np.zeros((1, 28, 28, 64)))
    print(
        f"{layer.name}: (1, 28, 28, 64) -> {tuple(output.shape)}, {layer.count_params()} "
        "parameters"
    )

# %% [markdown]
# **Notice** what that saves: a quarter of the values are left. The next convolution has a quarter of the work.
#
# On a photograph: first the edges, one map of 510 × 510. Then three ways to bring it down to 63 × 63. The plainest is
# to keep every eighth pixel.

# %% tags=["cover"] alt="The edges of the man with the camera, bright on black, and three small versions. With every 8th pixel the outlines are torn to dots, with mean pooling whole but faint, with max pooling whole, thick and bright."
photo = data.photograph("camera").astype(int)  # (512, 512), from 0 to 255
kernel = np.array([[1, 0, -1]] * 3)
edges = np.abs(reference.conv2d(photo, kernel))
small = {
    "every 8th pixel": edges[:504:8, :504:8],
    "mean pooling 8": reference.pool2d(edges, 8, kind="mean"),
    "max pooling 8": reference.pool2d(edges, 8),
}
plots.show_images([edges, *small.values()], ["edges", *small], scale=(0, 500), size=2.6);

# %% [markdown]
# All four have the same scale. **Notice** that every eighth pixel tears thin lines to pieces; that the mean keeps them
# but fades them, because a few bright pixels are averaged with many dark ones; and that the maximum keeps them bright.
# Max pooling answers the question "was the pattern found *anywhere* in this window?".
#
# ### Windows that overlap, windows that do not fit
#
# With strides smaller than the pool size windows share pixels. AlexNet, a network of chapter 06, pools 3 × 3 with
# strides 2. Its paper (Krizhevsky et al. 2012, section 3.4) reports a top-1 error lower by 0.4 percentage points than
# with 2 × 2 side by side, and slightly less over-fitting. The **top-1 error** is the share of images whose likeliest
# class is wrong.
#
# **Predict first:** AlexNet's first maps are 55 × 55. Pooling uses the formula of chapter 02. What is the size after
# pooling?

# %% tags=["nbval-check-output"]
for size, strides in ((2, 2), (3, 2), (3, 3)):
    print(
        f"55 wide, pool size {size}, strides {strides}: "
        f"{arithmetic.output_size(55, size, strides)}"
    )
print("5 × 5 map, pool size 2, valid:", reference.pool2d(np.zeros((5, 5)), 2).shape)
print(
    "5 × 5 map, pool size 2, same: ",
    reference.pool2d(np.zeros((5, 5)), 2, padding="same").shape,
)

# %% [markdown]
# **Notice** that the strides decide the size; the wider, overlapping window does not make the maps smaller here. And a
# window that would hang over the edge is left out: of a 5 × 5 map the last row and column are never looked at, unless
# you ask for `padding="same"`.

# %% [markdown] exercise="3.1"
# ### Exercise 3.1 · Max pooling (12 min, 3 points)
#
# **Input:** feature maps (H, W, C) and two whole numbers, `pool_size` and `strides`; at least one window
# fits. **Output:** the pooled maps, without padding: incomplete windows are left out. Values may be negative. Write it
# yourself: the course's own function for this does not count.

# %% tags=["exercise"] exercise="3.1"
def max_pool(image, pool_size, strides):
    """Keep the largest value of each window, channel by channel."""
    ### BEGIN SOLUTION
    rows = (image.shape[0] - pool_size) // strides + 1
    columns = (image.shape[1] - pool_size) // strides + 1
    output = np.zeros((rows, columns, image.shape[2]))
    for row in range(rows):
        for column in range(columns):
            top, left = row * strides, column * strides
            # (pool_size, pool_size, C)
            window = image[top : top + pool_size, left : left + pool_size]
            output[row, column] = window.max(axis=(0, 1))
    return output
    ### END SOLUTION


# %% tags=["check"] exercise="3.1"
check("3.1", max_pool);

# %% [markdown]
# ### Is pooling a convolution?
#
# **Mind the slide.** Pooling is often called a 2 × 2 kernel with strides 2 that people fixed instead of learning it.
# For mean pooling that is right: the four weights are ¼.

# %% tags=["nbval-check-output"]
quarters = np.full((2, 2), 0.25)
print(reference.pool2d(feature_map, 2, kind="mean"))
print(reference.conv2d(feature_map, quarters, strides=2))

# %% [markdown]
# For max pooling no such kernel exists. Whatever its weights, a convolution is *linear*: the answer to a sum is the sum
# of the answers. The maximum breaks this rule at once:

# %% tags=["nbval-check-output"]
a, b = np.array([[1, 0], [0, 0]]), np.array([[0, 0], [0, 1]])
for kind in ("mean", "max"):
    together = reference.pool2d(a + b, 2, kind=kind)[0, 0]
    apart = reference.pool2d(a, 2, kind=kind)[0, 0] + reference.pool2d(b, 2, kind=kind)[0, 0]
    print(f"{kind:4} of a + b is {together}, {kind} of a plus {kind} of b is {apart}")

# %% [markdown]
# ## Pool everything
#
# Make the window as large as the map, and one number is left of each map: **global pooling**. Global *average* pooling
# tells how much of a pattern there is, global *max* pooling whether it is there at all.

# %% tags=["nbval-check-output"]
maps = np.random.default_rng(0).normal(size=(7, 7, 512))
print("global average:", reference.global_pool(maps).shape)
print("flattened:     ", maps.reshape(-1).shape)
for kind in ("mean", "max"):
    print(
        f"global {kind} of the 4 × 4 map: "
        f"{reference.global_pool(feature_map[..., None], kind)[0]}"
    )

# %% [markdown] exercise="3.2"
# ### Exercise 3.2 · Global average pooling (3 min, 1 point)
#
# **Input:** the feature maps of a batch of images, (N, H, W, C). **Output:** the mean of each map, (N, C). Write it
# yourself: the course's own function for this does not count.

# %% tags=["exercise"] exercise="3.2"
def global_average(maps):
    """Average every feature map of every image."""
    ### BEGIN SOLUTION
    return maps.mean(axis=(1, 2))
    ### END SOLUTION


# %% tags=["check"] exercise="3.2"
check("3.2", global_average);

# %% [markdown]
# ### Two heads
#
# A classifier ends with a dense layer, its **head**, which reads a flat list of numbers. There are two ways to get
# there from maps. **Flatten** lays out every value of every map. Global pooling hands over one number per map.
#
# **Predict first:** 512 maps of 7 × 7, 1,000 classes, one dense layer. Which head needs how many parameters?

# %% alt="Two bars, the parameters of the head in millions: 25.089 for Flatten, and a stub of 0.513 for global pooling."
heads = {
    "Flatten": arithmetic.dense_parameters(7 * 7 * 512, 1000),
    "global pooling": arithmetic.dense_parameters(512, 1000),
}
millions = {name: parameters / 10**6 for name, parameters in heads.items()}
plots.show_bars(millions, xlabel="parameters of the head (millions)", form="{:.3f}");

# %% [markdown]
# **Notice** the factor, almost the 49 places of a map. The Flatten head has a weight of its own for every place: it can
# tell top from bottom, but must learn every place separately. The pooled head cannot tell where something was. Here is
# a pattern found at the top left, and the same pattern found at the bottom right:

# %% tags=["nbval-check-output"]
first = np.zeros((1, 6, 6, 1))
first[0, 1, 1, 0] = 1
second = first[:, ::-1, ::-1]
flatten, average = keras.layers.Flatten(), keras.layers.GlobalAveragePooling2D()
print("the same for a Flatten head:", np.array_equal(flatten(first), flatten(second)))
print("the same for a pooled head: ", np.array_equal(average(first), average(second)))

# %% [markdown]
# There is a second difference. The number of inputs of a pooled head is the number of maps; that of a Flatten head
# depends on the size of the image. So a network with global pooling takes images of any size. In the code, each layer
# is called on the output of the layer before it; this is Keras's functional API, and chapter 04 says more about it.
# `None` is a size that is left open:

# %% tags=["nbval-check-output"]
inputs = keras.Input((None, None, 3))
x = keras.layers.Conv2D(16, 3, activation="relu")(inputs)  # (batch, ?, ?, 16)
x = keras.layers.GlobalAveragePooling2D()(x)  # (batch, 16)
model = keras.Model(inputs, keras.layers.Dense(10)(x))
for shape in ((1, 32, 32, 3), (1, 48, 20, 3)):
    print(shape, "->", tuple(model(np.zeros(shape)).shape))

# %% [markdown]
# Which head is more *accurate* depends on the task and on the amount of data; chapter 05 trains both and compares.

# %% [markdown] exercise="3.3"
# ### Exercise 3.3 · Two heads (5 min, 2 points)
#
# **Input:** whole numbers `height`, `width`, `channels` of the last feature maps, and `classes`. **Output:** a tuple
# with the parameters, biases included, of Flatten and a dense layer, then of global pooling and a dense layer.

# %% tags=["exercise"] exercise="3.3"
def head_parameters(height, width, channels, classes):
    """Count the parameters of a Flatten head and of a pooled head."""
    ### BEGIN SOLUTION
    flattened = (height * width * channels + 1) * classes
    pooled = (channels + 1) * classes
    return flattened, pooled
    ### END SOLUTION


# %% tags=["check"] exercise="3.3"
check("3.3", head_parameters);

# %% [markdown]
# ## When the input moves
#
# The object moves by two pixels. What should the output do? There are two good answers:
#
# - **Equivariant:** the output moves along. Good for "where is it?".
# - **Invariant:** the output stays as it is. Good for "what is it?".
#
# **Mind the slide.** Lectures often say that convolution is translation *invariant*. It is *equivariant*. Let us
# measure it. We look at the photograph through a frame, and shift the frame so that the picture moves to the right.

# %%
def view(shift):
    """Cut 256 × 256 pixels out of the photograph, its content moved right by `shift`."""
    return photo[100:356, 100 - shift : 356 - shift]


def edge_map(image):
    return np.maximum(reference.conv2d(image, kernel), 0)


before, after = edge_map(view(0)), edge_map(view(2))
print("the maps are equal in place:       ", np.array_equal(before, after))
print("moved by 2, they are equal exactly:", np.array_equal(before[:, :-2], after[:, 2:]))

# %% [markdown]
# Not approximately: every number is the same, because the same kernel is applied everywhere. Only at the left border,
# where new content came into view, two columns have nothing to be compared with.
#
# Strides break this. A convolution with strides 2 looks at every second place only; after a move by one pixel it looks
# at the places that it skipped before.

# %% tags=["nbval-check-output"]
for shift in (1, 2, 3, 4):
    coarse, moved = edge_map(view(0))[::2, ::2], edge_map(view(shift))[::2, ::2]
    same = [
        k for k in range(4) if np.array_equal(moved[:, k:], coarse[:, : coarse.shape[1] - k])
    ]
    answer = f"the output moved by {same[0]}" if same else "no move explains the output"
    print(f"input moved by {shift}: {answer}")

# %% [markdown] exercise="3.4"
# ### Exercise 3.4 · Measure equivariance (8 min, 2 points)
#
# **Input:** a map `before` (H, W); the map `after` (H, W), computed from the input moved right by `shift` pixels; the
# whole number `shift`, 0 or more and less than W. **Output:** the largest absolute difference (a number) between
# `after` and `before` moved right by `shift`, over the columns that both have.

# %% tags=["exercise"] exercise="3.4"
def shift_error(before, after, shift):
    """Measure how far a map is from having moved along with its input."""
    ### BEGIN SOLUTION
    width = before.shape[1]
    kept = before[:, : width - shift]
    return np.abs(after[:, shift:] - kept).max()
    ### END SOLUTION


# %% tags=["check"] exercise="3.4"
check("3.4", shift_error);

# %% [markdown]
# ### How much does pooling forgive?
#
# First with your own hands. Below are a digit, a piece of the photograph and a pattern of stripes, each made smaller in
# three ways: by max pooling, by mean pooling, and by keeping the first pixel of every window. When the input has moved,
# the outputs that changed are framed and counted. The *mean change* is the mean difference as a share of the mean
# output.
#
# **Predict first:** the windows are 2 × 2, side by side, and the digit moves right by one pixel. Which of the three
# outputs changes most, and which least? And what happens after a move by two pixels?

# %%
digit = data.load("mnist", samples=1, test_samples=1).x_train[0, ..., 0]  # (28, 28)
camera = reference.pool2d(photo, 5, kind="mean")[8:44, 30:66].astype(int)
interactive.pooling({
    "digit": np.pad(digit, 4),  # 4 pixels on each side that can move in
    "photograph": camera,
    "stripes": np.tile([0, 0, 255, 255], (36, 9)),
})

# %% [markdown]
# Click the input and press the arrow keys, or use the sliders. The blue window belongs to one output: click another
# output to read its window. **Notice**
#
# - that after one step to the right all three have changed: the first pixels by 42.3 %, mean pooling by 37.3 %, max
#   pooling by 27.1 %;
# - that after two steps each output has moved along, exactly, by one column;
# - that, back at one step, max pooling with a window of 8 changes by 5.1 % only, and with a window of 28, as wide as
#   the input, not at all;
# - that with a window of 4 and strides 1 the outputs move along at every step. It is the strides that break the
#   equivariance, not the maximum.
#
# Now measured on a larger picture: both questions for several outputs and shifts from 0 to 8 pixels. *Does it stay?*
# compares the output with the old one in place. *Does it move along?* compares with the old output moved by the whole
# number of columns that fits best. Both give the mean difference as a share of the map's mean.
#
# **Predict first:** which of the five outputs changes least in place? Which moves along with every shift?

# %%
def difference(before, after, columns):
    """Compare with the old output, moved right by `columns`."""
    kept = before[:, : before.shape[1] - columns]
    return np.abs(after[:, columns:] - kept).mean() / before.mean()


outputs = {
    "edge map": edge_map,
    "strides 2": lambda image: edge_map(image)[::2, ::2],
    "max pooling 2": lambda image: reference.pool2d(edge_map(image), 2),
    "max pooling 4": lambda image: reference.pool2d(edge_map(image), 4),
    "max pooling 8": lambda image: reference.pool2d(edge_map(image), 8),
}

# %% alt="Two plots against shifts of 0 to 8 pixels. Does it stay? All curves rise, those of wider pooling more slowly. Does it move along? The edge map stays at zero, the others go up and come back to zero like teeth."
stays, moves_along = {}, {}
for name, operation in outputs.items():
    results = [operation(view(shift)) for shift in range(9)]
    stays[name] = [difference(results[0], result, 0) for result in results]
    moves_along[name] = [
        min(difference(results[0], result, k) for k in range(9)) for result in results
    ]
axes = plt.subplots(1, 2, figsize=(10, 3.4), layout="constrained", sharey=True)[1]
labels = {"xlabel": "input moved by (pixels)", "start": 0}
plots.show_curves(
    stays, axes[0], title="Does it stay?", ylabel="relative difference", **labels
)
plots.show_curves(moves_along, axes[1], title="Does it move along?", **labels);

# %% [markdown]
# Left: after three pixels the edge map is about as different as it gets, and with strides 2 it is no better: skipping
# pixels buys no invariance. Pooling does, and the wider its window, the more. But all curves rise from the first pixel:
# the invariance is approximate, and it fades as the move reaches the width of the window.
#
# Right: **notice** the teeth. The edge map moves along with every shift. With strides 2 that holds for every second
# shift, with pooling 4 for every fourth: when the move is a whole number of steps.
#
# At the end of the scale is global pooling. Its window is the whole map, and moves inside it hardly matter:

# %% tags=["nbval-check-output"]
averages = np.array([edge_map(view(shift)).mean() for shift in range(9)])
changes = np.abs(averages / averages[0] - 1)
print(f"the global average changes by at most {100 * changes.max():.1f} % over 8 pixels")

# %% [markdown]
# The rest comes from the borders, where columns leave and enter.
#
# ### Aliasing
#
# Between the teeth, the values themselves change. The smallest example (after Zhang 2019): a stripe pattern, pooled by
# 2, and the same pattern moved by one pixel.

# %% tags=["nbval-check-output"]
stripes = np.array([[0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1]])
for signal in (stripes, np.roll(stripes, 1)):
    print(signal[0], "->", reference.pool2d(signal, (1, 2))[0])

# %% [markdown]
# One pixel of difference, and the stripes are gone. Choose *stripes* in the picture above and move them right by one:
# half of the maxima change. This is **aliasing**: strides sample the map too sparsely for detail that fine. The fix is
# known from digital sound: blur before you skip. Take the maximum with strides 1, blur it, and only then keep every
# second value:

# %% tags=["nbval-check-output"]
blur = np.array([[0.25, 0.5, 0.25]])
for signal in (stripes, np.roll(stripes, 1)):
    largest = reference.pool2d(signal, (1, 2), strides=1)
    print(signal[0], "->", reference.conv2d(largest, blur, strides=(1, 2))[0])

# %% [markdown]
# The two outputs now differ by 0.25 where they differed by 1. Ordinary networks do without the blur; that a photo moved
# by one pixel can change their answer is one of their known weaknesses.

# %% [markdown] exercise="3.5"
# ### Exercise 3.5 · How far does the output move? (6 min, 2 points)
#
# A small object, larger than any of the windows and of many different values, lies on a black ground, far from the
# borders, and moves right by **4 pixels**. Fill in, for each operation, by how many columns the output moves: a whole
# number (0 if the output stays as it is), or `None` if the values change so that no move explains the new output.

# %% tags=["exercise"] exercise="3.5"
### BEGIN SOLUTION
moves = {
    "convolution, strides 1": 4,
    "convolution, strides 2": 2,
    "max pooling, size 3, strides 1": 4,
    "max pooling, size 2, strides 2": 2,
    "max pooling, size 3, strides 3": None,
    "two poolings, size 2, strides 2": 1,
    "global average pooling": 0,
}
### END SOLUTION

# %% tags=["check"] exercise="3.5"
check("3.5", moves);

# %% [markdown]
# ## Stacking: local becomes global
#
# A 3 × 3 kernel sees nine pixels. No square fits in there. But the *second* layer does not look at pixels: it looks at
# maps of edges, and where a left edge and a top edge meet there is a corner. A third layer can look at corners. Let us
# build that by hand. Layer 1 has four filters, one for each side of a bright area:

# %%
left = np.array([[-1, 0, 1]] * 3)
sides = np.stack([left, -left, left.T, -left.T], axis=-1)  # left, right, top, bottom
sides = sides[:, :, None, :]  # (3, 3, 1, 4)

# %% [markdown]
# Layer 2 has four filters too, one for each kind of corner. A top left corner has its left edge *below* and its top
# edge *to the right*, and neither goes on beyond the corner. That gives four weights, +1 and −1; all other weights
# are 0.

# %%
corners = np.zeros((3, 3, 4, 4), int)  # (kh, kw, sides, corners)
# which sides; where they go on
kinds = ((0, 2, 1, 1), (1, 2, 1, -1), (0, 3, -1, 1), (1, 3, -1, -1))
for k, (upright, level, down, right) in enumerate(kinds):
    corners[1 + down, 1, upright, k] = corners[1, 1 + right, level, k] = 1
    corners[1 - down, 1, upright, k] = corners[1, 1 - right, level, k] = -1

# %% [markdown]
# At a corner of its kind the four weights give a sum of 4: the maps of sides are weaker near the end of a side, so each
# of the two sides adds 2. Everywhere else the sum is 2 or less. So a bias of −3 and ReLU leave a 1 at such corners and
# 0 elsewhere.
#
# Then max pooling: each corner map becomes 2 × 2, a "found it" for each quarter of the image. Layer 3 is a single
# filter that wants the top left corner in the top left quarter, the top right one in the top right quarter, and so on.
# Its bias is −3, too: it fires only if it finds all four.

# %%
square = np.zeros((2, 2, 4, 1), int)  # (kh, kw, corners, 1)
for k in range(4):
    square[k // 2, k % 2, k] = 1


def layers(image):
    """Return the maps of sides, of corners, of pooled corners, and the last neuron's value."""
    # (32, 32, 4)
    side_maps = np.maximum(reference.conv2d(image[..., None], sides, padding="same"), 0)
    # (32, 32, 4)
    corner_maps = np.maximum(reference.conv2d(side_maps, corners, padding="same") - 3, 0)
    pooled = reference.pool2d(corner_maps, 16)  # (2, 2, 4)
    found = np.maximum(reference.conv2d(pooled, square) - 3, 0)  # (1, 1, 1)
    return side_maps, corner_maps, pooled, found.item()


# %% [markdown]
# Four images of 32 × 32: a square, a smaller one elsewhere, an L and a cross. **Predict first:** for which will the
# last neuron fire?

# %% alt="Four rows, each with an image, its left sides, its corners, and four quarters between grey lines, white where the wanted corner was found. Square, smaller square and cross have four white quarters, neuron 1; the L lacks the top right one, neuron 0."
images = {name: np.zeros((32, 32), int) for name in ("square", "elsewhere", "L", "cross")}
images["square"][8:24, 8:24] = 1
images["elsewhere"][6:20, 11:25] = 1
images["L"][8:24, 8:14] = images["L"][18:24, 8:24] = 1
images["cross"][13:19, 6:26] = images["cross"][6:26, 13:19] = 1
rows, titles = [], []
for name, image in images.items():
    side_maps, corner_maps, pooled, found = layers(image)
    # (2, 2): which quarters hold the corner asked for
    wanted = (pooled * square[..., 0]).sum(axis=2)
    rows += [image, side_maps[..., 0] / 3, corner_maps.max(axis=2), wanted]
    titles += [name, "left sides", "all corners", f"wanted corners: neuron {found}"]
axes = plots.show_images(rows, titles, columns=4, scale=(0, 1), size=1.9)
for ax in axes[:, 3]:  # the borders of the quarters
    ax.axhline(0.5, color="0.5")
    ax.axvline(0.5, color="0.5")

# %% [markdown]
# **Notice** how each layer gathers what the layer before it found: pixels to sides, sides to corners, corners to a
# square. The last column shows the four quarters: white where the wanted corner was found.
#
# - Both squares are found, though no corner of the second lies where the first has one: pooling forgave the move.
# - The L is refused: it has two top right corners, but none in the top right quarter.
# - The cross *is* taken for a square. It too has each kind of corner in the quarter where it is wanted, and pooling
#   threw away where exactly. Another filter, for inner corners, would fix that.
#
# In a network nobody writes these filters; training finds them.
#
# ## How far a neuron sees
#
# The pixels that can influence a neuron are its **receptive field**. **Predict first:** a neuron of the first 3 × 3
# layer sees a window 3 pixels wide and 3 high. How wide is the window of a neuron of the second layer, and of the
# third? What changes if there is a pooling layer in between?

# %% alt="Two cones from one neuron down to the pixels. Three convolutions: 1, 3, 5 and 7 places wide. With pooling in between: 1, 3, 6 and 8, and the three neurons below the top lie two pixels apart."
axes = plt.subplots(1, 2, figsize=(11, 3.4), layout="constrained")[1]
names = ["pixels", "conv 3", "conv 3", "conv 3"]
plots.show_cone([(3, 1)] * 3, 15, axes[0], names=names, title="three convolutions")
names = ["pixels", "conv 3", "pool 2", "conv 3"]
plots.show_cone(
    [(3, 1), (2, 2), (3, 1)], 16, axes[1], names=names, title="with pooling in between"
);

# %% [markdown]
# Read from the top: the neuron sees three neurons, these see five, these see seven pixels. Each 3 × 3 layer adds one
# pixel on both sides. On the right the last kernel's three neurons lie *two* pixels apart, because pooling moved in
# steps of two. So a layer adds (f − 1) times the product of all strides before it:
#
# $$l_k = l_{k-1} + (f_k - 1) \prod_{i<k} s_i$$
#
# It starts from $l_0 = 1$: a pixel sees itself.

# %% tags=["nbval-check-output"]
print("two 3×3:  ", arithmetic.receptive_fields([(3, 1), (3, 1)]))
print("three 3×3:", arithmetic.receptive_fields([(3, 1), (3, 1), (3, 1)]))
print("conv, pool, conv:", arithmetic.receptive_fields([(3, 1), (2, 2), (3, 1)]))

# %% [markdown]
# Two 3 × 3 layers see as much as one 5 × 5, three as much as one 7 × 7. VGG, a network of chapter 06, is built on that
# observation.
#
# Without strides the field grows by 2 pixels per layer: for an image of 224 pixels one would need 112 layers. Strides
# multiply. VGG-16 pools after every two or three convolutions:

# %% alt="The receptive field over 18 layers. With 3×3 convolutions alone it climbs along a straight line to 37 pixels; with the five poolings of VGG-16 the curve bends upwards, to 212."
vgg = []
for convolutions in (2, 2, 3, 3, 3):
    vgg += [(3, 1)] * convolutions + [(2, 2)]
fields = {
    "3×3 convolutions alone": arithmetic.receptive_fields([(3, 1)] * len(vgg)),
    "VGG-16, with its 5 poolings": arithmetic.receptive_fields(vgg),
}
plots.show_curves(fields, xlabel="layer", ylabel="receptive field (pixels)").set_xticks(
    range(0, 19, 3)
)
for name, sizes in fields.items():
    print(f"{name}: {sizes[-1]} pixels after {len(sizes)} layers")

# %% [markdown]
# ### Build a stack
#
# Now choose the layers yourself. The picture draws the field of one neuron on a photograph, and enlarges what the
# neuron sees; the table below it has the formula's numbers, layer by layer. With **dilation** d there are d − 1 pixels
# between neighbouring weights of a kernel. It covers d · (f − 1) + 1 pixels, and this width takes f's place in the
# formula.
#
# **Predict first:** the head is about 150 pixels wide. How many 3 × 3 convolutions have to be stacked until a neuron
# sees all of it? And how many layers if every second one is a pooling of 2 × 2?

# %%
portrait = data.photograph("astronaut")[:256, 94:350]  # (256, 256, 3)
interactive.receptive_field(portrait.mean(axis=2).astype("uint8"))

# %% [markdown]
# Add layers, remove them, change their numbers; with the arrow keys on the photograph you go from one neuron to the
# next. **Notice**
#
# - that a 3 × 3 convolution adds 2 pixels before the first pooling, 4 after it, 8 after the second. Without pooling the
#   head takes 75 layers; with convolution and pooling in turn it takes 11;
# - that a neuron at the end of LeNet-5's poolings sees 16 pixels, less than the mouth, and one at the end of AlexNet's
#   195, the whole head;
# - that neighbours' fields lie one *step* apart, the product of all strides: 32 pixels in VGG-16. At the border its
#   field reaches beyond the photograph, and there the neuron sees padding;
# - that dilations of 1, 2, 4 and 8 reach 31 pixels with four layers and no stride at all. Dilation alone leaves holes:
#   begin with *one conv 7* and set its dilation to 2.

# %% [markdown] exercise="3.6"
# ### Exercise 3.6 · Receptive field (10 min, 3 points)
#
# **Input:** a list of layers from the image upwards, each a pair `(kernel_size, strides)`; pooling layers count like
# convolutions. **Output:** the receptive field of a neuron of the last layer along one axis, a whole number. For an
# empty list it is 1. Write it yourself: the course's own function for this does not count.

# %% tags=["exercise"] exercise="3.6"
def receptive_field(layers):
    """Add up how far a neuron of the last layer sees."""
    ### BEGIN SOLUTION
    field, step = 1, 1
    for kernel_size, strides in layers:
        field += (kernel_size - 1) * step
        step *= strides
    return field
    ### END SOLUTION


# %% tags=["check"] exercise="3.6"
check("3.6", receptive_field);

# %% [markdown]
# ## Measure it
#
# A formula about a network can be checked on the network. Take one neuron in the middle of the last layer and ask by
# how much it would change if a pixel changed a little: the **gradient** of this output with respect to the input. Where
# it is zero, the neuron is blind.

# %%
def random_network(*layers, size):
    """Make an untrained Keras model from convolutions (3, 1) and poolings (2, 2)."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((size, size, 1))])
    for width, strides in layers:
        if strides == 1:
            model.add(
                keras.layers.Conv2D(
                    8, width, activation="relu", kernel_initializer="he_normal"
                )
            )
        else:
            model.add(keras.layers.MaxPooling2D(width, strides))
    return model


noise = np.random.default_rng(0).normal(size=(16, 41, 41, 1))

# %% [markdown]
# A ReLU that is off and a pixel that loses in max pooling block the gradient for one image, not for all. So we take the
# mean over 16 random images. Each picture shows the whole input, 41 × 41 pixels, and how strong the gradient is there
# (black is zero). The frame is the box around everything that is not zero.

# %% alt="Four gradients on black, each inside a frame: one, two and three convolutions give frames of 3, 5 and 7 pixels, three convolutions with two poolings one of 18. The larger patches fade towards the frame."
stacks = {"conv": 1, "two convs": 2, "three convs": 3}
chosen = {name: [(3, 1)] * count for name, count in stacks.items()}
chosen["conv, pool, conv, pool, conv"] = [(3, 1), (2, 2), (3, 1), (2, 2), (3, 1)]
axes = plt.subplots(1, 4, figsize=(11, 3), layout="constrained")[1]
for ax, (name, stack) in zip(axes, chosen.items(), strict=True):
    gradient = receptive.gradient_map(random_network(*stack, size=41), noise)
    box = receptive.field_box(gradient)
    plots.mark_windows(plots.show_image(gradient / gradient.max(), ax, title=name), [box])
    print(f"{name}: measured {box[2]} × {box[3]}, formula {arithmetic.receptive_field(stack)}")

# %% [markdown]
# The measurement agrees with the formula, layer for layer.
#
# ### Not every pixel counts the same
#
# Look at the pictures again: inside the frame the brightness is not even. Some of that is chance, for the weights are
# random. But the border of the frame is dark in every one of the larger fields. The reason is plain counting. Along one
# axis: on how many paths can a pixel reach the neuron?

# %% tags=["nbval-check-output"]
paths = np.array([[1]])
for layer in (1, 2, 3, 4):
    paths = reference.conv2d(paths, np.ones((1, 3), int), padding=((0, 0), (2, 2)))
    print(f"{layer} layers:", paths[0])

# %% [markdown]
# The pixel in the middle lies under many windows, the outermost under a single one. In two dimensions the numbers
# multiply: with four layers 19 · 19 = 361 paths from the centre, 1 from the corner. In the picture above, *darken by
# number of paths* shows these numbers on the photograph.
#
# The counts approach a bell curve, and a bell's width grows with the *square root* of the number of layers, while the
# field grows with the number itself. So the deeper the stack, the smaller the part that matters. The window that holds
# 95 % of the gradient is called the **effective receptive field** here:

# %% alt="The gradients of 10, 20 and 40 layers, each picture as wide as the theoretical field: a bright spot in the middle, dark all round. The frame around it takes a smaller part of the picture each time."
axes = plt.subplots(1, 3, figsize=(9, 3.2), layout="constrained")[1]
for ax, depth in zip(axes, (10, 20, 40), strict=True):
    size = 2 * depth + 1  # the whole image is the field of one neuron
    images = np.random.default_rng(1).normal(size=(16, size, size, 1))
    gradient = receptive.gradient_map(random_network(*[(3, 1)] * depth, size=size), images)
    side = receptive.effective_field(gradient)[0]
    plots.show_image(
        gradient / gradient.max(), ax, title=f"{depth} layers: {side} of {size} pixels"
    )
    plots.mark_windows(ax, [((size - side) // 2, (size - side) // 2, side, side)])

# %% [markdown]
# Each picture is as wide as the theoretical field; the frame holds 95 % of the gradient. **Notice** that the frame
# takes a smaller part of the picture each time. These networks are untrained; Luo et al. (2016) found that training
# widens the effective field, and that strides widen it too. As a rule of thumb: give a network a theoretical field
# clearly larger than the object it should recognise.
#
# ## Summary
#
# - Pooling keeps the maximum or the mean of each window; it has no parameters and leaves the depth as it is.
# - Mean pooling is a convolution with fixed weights; max pooling is not linear, so no kernel does it.
# - Convolution is equivariant: the map moves along, exactly. Strides break that; pooling buys approximate invariance to
#   moves smaller than its window.
# - Global pooling replaces Flatten: fewer parameters, any image size, no position.
# - Stacked layers see further: kernels add, strides multiply. The centre of the field counts most.
#
# ## Formulae
#
# | what | formula |
# |---|---|
# | pooled size | $\left\lfloor \dfrac{W - F}{S} \right\rfloor + 1$, depth unchanged, 0 parameters |
# | Flatten head | $(H W C + 1) \cdot \text{classes}$ parameters |
# | pooled head | $(C + 1) \cdot \text{classes}$ parameters |
# | receptive field | $l_k = l_{k-1} + (f_k - 1) \prod_{i<k} s_i$, with $l_0 = 1$ |
# | strides of a stack | the product of the layers' strides |
#
# The figures of this chapter, recomputed:

# %% tags=["nbval-check-output"]
rows = [row for row in figures.ledger() if row.id.split(".")[0] in ("F11", "F12", "F13")]
figures.table(rows)

# %% [markdown]
# ## Where to read on
#
# - **Best next:** A. Araujo, W. Norris and J. Sim, [*Computing Receptive Fields of Convolutional Neural
#   Networks*](https://doi.org/10.23915/distill.00021), Distill, 2019.
# - M. Lin, Q. Chen and S. Yan, [*Network In Network*](https://arxiv.org/abs/1312.4400), 2014, section 3.2: global
#   average pooling as a head.
# - R. Zhang, [*Making Convolutional Networks Shift-Invariant Again*](https://arxiv.org/abs/1904.11486), 2019: aliasing,
#   and blur before strides.
# - W. Luo et al., [*Understanding the Effective Receptive Field in Deep Convolutional Neural
#   Networks*](https://arxiv.org/abs/1701.04128), 2016: which pixels of its field a neuron really uses.
