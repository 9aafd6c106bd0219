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
# # 01 · Why convolution
#
# **Why not connect every pixel to every unit?**
#
# You will be able to
#
# - count the weights of a dense layer on images, and say what they cost in memory, in MB and in MiB;
# - show with an experiment that a dense layer knows nothing about neighbours, and does not tolerate a shift;
# - name the three savings (local, shared, subsampled) and what each of them saves;
# - write a convolution as a dense layer with many zeros and few different weights.
#
# **Minutes:** about 60 with the exercises; the notebook itself runs in under half a minute on two CPU cores.

# %% tags=["setup"]
# before Keras: it sets Keras up
from workbook import arithmetic, check, data, figures, live, plots, reference
import numpy as np
import matplotlib.pyplot as plt
import keras  # loading Keras takes some seconds
from keras import layers

# %% [markdown]
# ## A weight for every pair
#
# In a **dense** layer each unit has a weight for every input. It computes z = w₁x₁ + w₂x₂ + … + b, and sends z through
# a simple curve, the **activation** (chapter 02 has one). For an image the inputs are its pixels. Say we want as many
# units as there are pixels, one layer of them.
#
# **Predict first:** a grey image of 1000 × 1000 pixels. How many weights is that? How many gigabytes, at 4 bytes each?

# %% tags=["nbval-check-output"]
for side in (28, 100, 200, 1000):
    weights = arithmetic.dense_parameters(side**2, side**2, bias=False)
    gigabytes = arithmetic.memory_bytes(weights, "float32") / 10**9
    print(f"{side:4} × {side:4} pixels: {weights:17,} weights, {gigabytes:9,.3f} GB")

# %% [markdown]
# A million inputs times a million units is 10¹², a trillion: 4 terabytes, for *one* layer. **Notice** how fast it
# grows: from 100 to 200 pixels per side the weights became 16 times as many. Inputs and units both grew by 4.
#
# A smaller image does not save us if we want more units. 200 × 200 pixels and ten units for each of them:

# %% tags=["nbval-check-output"]
weights = arithmetic.dense_parameters(200 * 200, 400_000, bias=False)
print(f"{200 * 200:,} inputs × 400,000 units = {weights:,} weights")

# %% [markdown] exercise="1.1"
# ### Exercise 1.1 · Parameters of a dense layer (5 min, 1 point)
#
# **Input:** whole numbers `height`, `width` and `channels` of an image, and the number of `units`. **Output:** the
# parameters of a dense layer on all the image's numbers: the weights, *and* one bias for each unit. Write it yourself:
# the course's own function for this does not count.

# %% tags=["exercise"] exercise="1.1"
def dense_parameters(height, width, channels, units):
    """Count the weights and biases of a dense layer on an image."""
    ### BEGIN SOLUTION
    inputs = height * width * channels
    return (inputs + 1) * units
    ### END SOLUTION


# %% tags=["check"] exercise="1.1"
check("1.1", dense_parameters);

# %% [markdown]
# ## How much memory is that?
#
# A weight in `float32` takes 32 bits, which are 4 bytes. In the next step, two units are often confused. A **megabyte**
# (MB) has 10⁶ bytes, but many programs and papers print "MB" and count in units of 2²⁰ = 1,048,576 bytes. The name of
# that unit is **mebibyte** (MiB). The gap widens with each step:

# %% tags=["nbval-check-output"]
for power, (decimal, binary) in enumerate(
    [("MB", "MiB"), ("GB", "GiB"), ("TB", "TiB")], start=2
):
    print(f"1 {binary} = {1024**power / 1000**power:.3f} {decimal}")
print(f"the trillion weights: {4e12 / 1000**4:.2f} TB = {4e12 / 1024**4:.2f} TiB")

# %% [markdown]
# And that is storage alone. Training also needs the **gradient**: one number per weight, which says how the error
# changes when that weight grows a little. **Adam**, a method that this course often trains with, keeps two more numbers
# per weight. Together that is four times the memory, 16 TB.

# %% [markdown] exercise="1.2"
# ### Exercise 1.2 · MB and MiB (5 min, 1 point)
#
# **Input:** whole numbers: how many `weights`, and how many `bytes_each` of them takes. **Output:** a tuple of two
# floats: the memory in MB, and in MiB.

# %% tags=["exercise"] exercise="1.2"
def memory(weights, bytes_each):
    """Return the memory of the weights in MB and in MiB."""
    ### BEGIN SOLUTION
    size = weights * bytes_each
    return size / 10**6, size / 2**20
    ### END SOLUTION


# %% tags=["check"] exercise="1.2"
check("1.2", memory);

# %% [markdown]
# ## Shuffle the pixels
#
# Size is not the only trouble. A dense layer has no idea that its inputs form an image. That is a strong claim; let us
# test it. Take ten thousand digits to learn from, and two thousand others to measure on. (They too come from the
# training set. The test set stays where it is until the end of a project.)

# %%
mnist = data.load("mnist")
pixels, digits = mnist.x_train[..., 0], mnist.y_train  # (60000, 28, 28), (60000,)
images, labels = pixels[:10_000] / 255, digits[:10_000]
others, answers = pixels[50_000:52_000] / 255, digits[50_000:52_000]

# %% [markdown]
# The classifier is one dense layer, 784 pixels to 10 units, and the largest output wins. The wanted outputs are 1 for
# the right digit and 0 for the others: `np.eye(10)[labels]` makes such a row for each image. We want the weights W with
# the smallest sum of squared differences between `x @ W` and these rows. This is called **least squares**. Setting the
# derivative to zero gives the linear equations `x.T @ x @ W = x.T @ rows`, and NumPy solves them. You need not follow
# this step; the rest of the chapter only uses its result.
#
# The code adds `10 * np.eye(784)`, which keeps the weights small. Without it, pixels that are always black would leave
# the equations with no unique solution.

# %%
def fit(images, labels):
    """Find the weights (784, 10) of one dense layer by least squares."""
    x = images.reshape(len(images), 784)
    return np.linalg.solve(x.T @ x + 10 * np.eye(784), x.T @ np.eye(10)[labels])


def answer(weights, images):
    """Return the digit whose unit has the largest output."""
    return (images.reshape(len(images), 784) @ weights).argmax(axis=1)

# %% tags=["nbval-check-output"]
weights = fit(images, labels)
print(f"{np.mean(answer(weights, others) == answers):.1%} of the other digits are right")

# %% [markdown]
# Not bad for one layer and no training loop. Now we draw *one* random order of the 784 pixels, and put the pixels of
# all images, old and new, into this order.

# %% alt="Upper row: six handwritten digits, 5, 0, 4, 1, 9 and 2. Lower row: the same six with their pixels in the new order, white specks scattered over black, none of them readable."
order = np.random.default_rng(0).permutation(784)
shuffled = images.reshape(-1, 784)[:, order].reshape(-1, 28, 28)
shuffled_others = others.reshape(-1, 784)[:, order].reshape(-1, 28, 28)
plots.show_images(
    [*images[:6], *shuffled[:6]], [*labels[:6], *labels[:6]], columns=6, size=1.1
);

# %% [markdown]
# **Predict first:** we train a new layer on the lower row. Can it still read? Will it be a little worse, much worse, or
# as good as before?

# %% tags=["nbval-check-output"]
new_weights = fit(shuffled, labels)
print(f"{np.mean(answer(new_weights, shuffled_others) == answers):.1%} right")
same = answer(new_weights, shuffled_others) == answer(weights, others)
print("the same answer for every digit:", bool(same.all()))

# %% [markdown]
# **As good as before**, digit by digit. You could not read a single one of them. To a dense layer an image is a list of
# 784 numbers in no order: which of them are neighbours means nothing to it. It has thrown away the very thing that
# makes the list an image, and has to learn it again from examples. How much was there to throw away?

# %% tags=["nbval-check-output"]
for name, some in (("digits", others), ("shuffled", shuffled_others)):
    correlation = np.corrcoef(some[:, :, :-1].ravel(), some[:, :, 1:].ravel())[0, 1]
    print(f"{name:8}: correlation of a pixel with its right neighbour {correlation:.2f}")

# %% [markdown]
# A pixel tells a lot about its neighbour. After shuffling it tells nothing. Convolution is *built* on neighbours, and
# after the shuffle its windows hold pixels that have nothing to do with one another. What does that cost it?
#
# ### A network that looks at neighbours
#
# Let us train one and see. This is a first look at **Keras**, the library of this course; chapters 02 to 05 explain
# what is only named here. A network is a list of layers, each of which reads the output of the one before:
# `keras.Sequential`. The first network is dense: a layer of 64 units, and one of ten with **softmax**, which turns ten
# numbers into ten probabilities. The second is a small CNN. Its two layers `Conv2D` look through small windows, 5 and 3
# pixels wide; then one dense layer answers. Both networks get the pixels as bytes, which saves memory, and `Rescaling`
# divides them by 255.

# %%
def dense_network():
    return keras.Sequential([
        layers.Rescaling(1 / 255),
        layers.Flatten(),  # the 784 pixels in one line
        layers.Dense(64, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ])

def small_cnn():
    return keras.Sequential([
        layers.Rescaling(1 / 255),
        layers.Conv2D(16, 5, strides=2, activation="relu"),
        layers.Conv2D(32, 3, strides=2, activation="relu"),
        layers.Flatten(),
        layers.Dense(10, activation="softmax"),
    ])

# %% [markdown]
# `compile` says how to train: with Adam, and with a **loss**, the number that training makes small. `fit` trains: it
# shows the network 50 digits at a time, and all ten thousand three times.
#
# **Predict first:** two networks, whole and shuffled digits, four trainings. Which of the four makes the fewest errors
# on the two thousand others, and which makes the most?

# %% tags=["slow"]
def as_batch(images):
    return np.rint(255 * images).astype(np.uint8)[..., np.newaxis]  # (N, 28, 28, 1)

networks = {"dense network": dense_network, "small CNN": small_cnn}
kinds = {"whole": (images, others), "shuffled": (shuffled, shuffled_others)}
errors, counts = {}, {}
for title, build in networks.items():
    for kind in kinds:
        training, new = map(as_batch, kinds[kind])
        keras.utils.set_random_seed(1)
        network = build()
        network.compile(
            keras.optimizers.Adam(0.002),
            "sparse_categorical_crossentropy",
            metrics=["accuracy"],
        )
        name = f"{title}, {kind} digits"
        network.fit(training, labels, batch_size=50, epochs=3, verbose=0,
                    callbacks=[live.progress(name)])
        accuracy = network.evaluate(new, answers, verbose=0)[1]
        errors[name] = 100 - 100 * accuracy
        counts[title] = network.count_params()

# %% tags=["slow"] alt="Bars of the errors in per cent. The dense network makes about as many on whole digits as on shuffled ones. The small CNN makes the fewest of all on whole digits, and the most of all on shuffled ones."
plots.show_bars(errors, title="errors on 2,000 other digits, %", form="{:.1f}");

# %% tags=["slow", "nbval-check-output"]
dense_whole, dense_shuffled, cnn_whole, cnn_shuffled = errors.values()
print(
    "dense: the two differ by less than 1.5 points:", abs(dense_whole - dense_shuffled) < 1.5
)
print(
    "CNN: 1.5 times as many errors or more on shuffled digits:", cnn_shuffled > 1.5 * cnn_whole
)
print("whole digits: the CNN makes fewer errors:", cnn_whole < dense_whole)
print("shuffled digits: the CNN makes more errors:", cnn_shuffled > dense_shuffled)
for title, count in counts.items():
    print(f"{title}: {count:,} parameters")

# %% [markdown]
# **Notice** that the order is reversed. On whole digits the CNN is ahead, with a quarter of the parameters; on shuffled
# ones it falls behind the dense network, to which the shuffle means nothing. The lead of the CNN is no magic: it is the
# knowledge that neighbours belong together, built into the layers, and it helps where it is true.
#
# The same seed starts all four, and one seed shows little; the tests of this course train with three, and the four
# lines hold with each. Why does the dense network not answer *exactly* alike here, as the least squares did? It starts
# from random weights, and the same ones meet other pixels now.

# %% [markdown] exercise="1.3"
# ### Exercise 1.3 · Weights for shuffled pixels (5 min, 2 points)
#
# The new layer need not even be trained. **Input:** the `weights` (inputs, units) of a dense layer and an `order`, an
# array of whole numbers (inputs,). **Output:** weights of the same shape that give for `image[order]` the same outputs
# as `weights` give for `image`: `image[order] @ shuffled_weights(weights, order)` equals `image @ weights`.

# %% tags=["exercise"] exercise="1.3"
def shuffled_weights(weights, order):
    """Move each weight along with its pixel."""
    ### BEGIN SOLUTION
    return np.take(weights, order, axis=0)  # or weights[order]
    ### END SOLUTION


# %% tags=["check"] exercise="1.3"
check("1.3", shuffled_weights);

# %% [markdown]
# ## Shift the digit
#
# For us a seven is a seven, wherever it is on the page. Let us move the digits to the right. Their makers left a frame
# of about 4 empty pixels, so a shift of up to 4 cuts hardly anything off.
#
# **Predict first:** the layer classifies 83 % of the digits correctly. How many after a shift of 2 pixels? Of 4?

# %% tags=["nbval-check-output"]
def shift(images, distance):
    """Move images to the right; black comes in from the left."""
    return np.pad(images, ((0, 0), (0, 0), (distance, 0)))[:, :, :28]

right = [np.mean(answer(weights, shift(others, distance)) == answers) for distance in range(7)]
print("right, in %:", [round(100 * float(share)) for share in right])

# %% alt="An eight as it was, and four pixels further right. Beside them the share of digits read rightly against the shift: it falls from above 0.8 without a shift to the line of guessing, 0.1, at six pixels."
axes = plt.subplots(1, 3, figsize=(9, 2.6), layout="constrained", width_ratios=(1, 1, 2.2))[1]
plots.show_image(others[1], axes[0], title="as it was")
plots.show_image(shift(others, 4)[1], axes[1], title="shifted by 4 pixels")
curves = {"dense layer": right, "guessing": [0.1] * 7}
plots.show_curves(curves, axes[2], xlabel="shift in pixels", ylabel="share right", start=0);

# %% [markdown]
# Two pixels cost 27 points. After six, the layer does no better than guessing. **Notice** why: the weights that answer
# to a stroke belong to fixed pixels. When the stroke moves one pixel it meets other weights, which have learned
# something else. The layer would have to see every digit at every place to learn it there.
#
# ## Three observations, three savings
#
# So what do we know about images that a dense layer does not?

# %% alt="Coins in four rows, three times: with one small window on a coin's rim; with four such windows on the rims of different coins; and with a sixteenth of the pixels, coarse, but still plainly coins."
coins = data.photograph("coins")  # (303, 384)
windows = [(94, 34, 20, 20), (96, 92, 20, 20), (166, 34, 20, 20), (224, 166, 20, 20)]
axes = plt.subplots(1, 3, figsize=(10, 2.9), layout="constrained")[1]
plots.mark_windows(
    plots.show_image(coins, axes[0], title="1. patterns are local"), windows[:1]
)
plots.mark_windows(plots.show_image(coins, axes[1], title="2. and may be anywhere"), windows)
plots.show_image(coins[::4, ::4], axes[2], title="3. a sixteenth of the pixels will do");

# %% [markdown]
# 1. **Patterns are local.** To see a piece of a coin's rim, a small window is enough. So connect each unit to its
#    window only, not to the whole image. This is a *locally connected* layer.
# 2. **The same pattern may be anywhere.** A rim is a rim, left or right. So let all units use the *same* weights: this
#    is *weight sharing*. The layer is now a convolution, and the shared weights are its **kernel**.
# 3. **Coins are coins at a quarter of the width.** So a layer's output may be thinned out, which leaves fewer inputs to
#    the next layer: *subsampling*.
#
# **Predict first:** a grey image of 200 × 200 pixels, a unit for each pixel, windows of 10 × 10, and behind them a
# dense layer with 10 outputs. Which of the three savings removes the most weights? Which divides the weights of its own
# layer by the largest factor? (The windows at the border look at zeros beyond it. No biases.)

# %% tags=["nbval-check-output"]
# thinned: every fourth row and column is kept
units, window, thinned = 200 * 200, 10 * 10, 50 * 50
totals = {
    "dense": units * units + units * 10,
    "1. local": units * window + units * 10,
    "2. shared": window + units * 10,
    "3. subsampled": window + thinned * 10,
}
print(totals)

# %% alt="Bars of the number of weights on a logarithmic scale: dense 1,600,400,000, local 4,400,000, shared 400,100, subsampled 25,100. Every step saves a factor of ten or more."
ax = plots.show_bars(
    totals, title="200 × 200 pixels to ten outputs", xlabel="weights, logarithmic", log=True
)
ax.set_xlim(1e3, 1e12);

# %% [markdown]
# From 1.6 billion to 25 thousand. **Notice** where each saving falls. Local windows cut the first layer from
# 1,600,000,000 weights to 4,000,000, sharing cuts these to **100**, and now nearly all that is left is in the *next*
# layer: there subsampling saves its factor of 16, 400,000 weights to 25,000. So local windows remove the most weights.
# Sharing divides its own layer by the largest factor: 40,000, against 400 for local windows and 16 for subsampling.
#
# To be fair: 100 weights find *one* pattern. A real layer has many kernels, say 32, each with its own map. That is
# 3,200 weights, and the layer behind reads 32 small maps instead of one, 800,000 weights: still a two-thousandth of the
# dense network's.
#
# ### A kernel is a neuron
#
# There is nothing new inside. Take one neuron with nine weights, let it look at one window, write down z = w·x. Then
# give the *same* neuron the next window. Its outputs, arranged as the windows are, form the **feature map**.

# %% tags=["nbval-check-output"]
kernel = np.array([[1, 0, -1]] * 3)  # answers where left is brighter than right
feature_map = reference.conv2d(coins, kernel)  # (301, 382)
for row, column in ((124, 23), (195, 24), (124, 65)):  # two left rims, one right rim
    x, w = coins[row : row + 3, column : column + 3].ravel(), kernel.ravel()  # (9,), (9,)
    print(f"neuron {w @ x:4}, feature map {feature_map[row, column]:4}")

# %% tags=["cover"] alt="Left, the photograph of the coins. Right, its feature map: nearly white, but each coin has a purple rim on its left and an orange rim on its right."
plots.show_images(
    [coins, feature_map], ["coins (303, 384)", "feature map (301, 382)"], size=3
);

# %% [markdown]
# Orange where it is positive, purple where it is negative: nine weights have found the left and the right rim
# of *every* coin. A dense layer would have needed to learn each of them.

# %% [markdown] exercise="1.4"
# ### Exercise 1.4 · Dense, local, shared (5 min, 1 point)
#
# Predict, then check. The image has 28 × 28 grey pixels. There is one unit for each place where a window of 5 × 5
# fits *inside* the image. How many weights (no biases) if the layer is dense, locally connected, or shared? Set
# `weight_counts` to a dictionary with the keys `"dense"`, `"local"` and `"shared"`.

# %% tags=["exercise"] exercise="1.4"
### BEGIN SOLUTION
weight_counts = {
    "dense": 28 * 28 * 24 * 24,
    "local": 24 * 24 * 5 * 5,
    "shared": 5 * 5,
}
### END SOLUTION

# %% tags=["check"] exercise="1.4"
check("1.4", weight_counts);

# %% [markdown]
# ## The same output from a matrix
#
# A dense layer is a matrix: outputs = M x, one row for each unit. A convolution is a dense layer too, so it must have
# such a matrix. What does it look like? Begin with one row of seven pixels and a kernel of three weights, 1, 2 and 3:

# %% alt="A matrix of 5 rows and 7 columns. The first row is 1, 2, 3 and four zeros; in each row below, the 1, 2, 3 stands one column further right, until it ends in the last column."
row_kernel = np.array([[1, 2, 3]])
matrix = reference.dense_matrix(row_kernel, (1, 7))  # (outputs, inputs)
plots.show_numbers(matrix, title="M (5, 7): a row for each window, a column for each pixel");

# %% [markdown]
# Each row is one window: the kernel at its place, zeros everywhere else. One row down, the kernel has moved one pixel
# to the right. Such a matrix, the same along every diagonal, is called a **Toeplitz** matrix.

# %% [markdown] exercise="1.5"
# ### Exercise 1.5 · Write a convolution as a matrix (10 min, 3 points)
#
# Build such a matrix. **Input:** a kernel (F,), of whole numbers or with fractions, and the number of pixels `size`, at
# least F. **Output:** the matrix M (size − F + 1, size), so that `M @ x` is the convolution of a row `x` of pixels: no
# padding, stride 1, the kernel not turned round. Write it yourself: the course's own function for this does not count.

# %% tags=["exercise"] exercise="1.5"
def as_matrix(kernel, size):
    """Write a convolution of one row as the weights of a dense layer."""
    ### BEGIN SOLUTION
    matrix = np.zeros((size - len(kernel) + 1, size))
    for row in range(len(matrix)):
        matrix[row, row : row + len(kernel)] = kernel
    return matrix
    ### END SOLUTION


# %% tags=["check"] exercise="1.5"
check("1.5", as_matrix);

# %% [markdown]
# With an image it is the same, only the pixels have to be put into one line first, row after row. A 6 × 6 image makes
# 36 inputs; a 3 × 3 kernel fits at 4 × 4 places, so there are 16 outputs.

# %% alt="A matrix of 16 rows and 36 columns, mostly black. Three bands run down to the right, weights 1 to 3, 4 to 6 and 7 to 9, with gaps of three between them; after every fourth row they jump further."
nine = np.arange(1, 10).reshape(3, 3)
ax = plt.subplots(figsize=(9, 4), layout="constrained")[1]
matrix = reference.dense_matrix(nine, (6, 6))
plots.show_image(
    matrix, ax, title="M (16, 36) of a 3 × 3 kernel with the weights 1 to 9", bar=True
)
ax.set(xlabel="input pixel, row after row", ylabel="output");

# %% [markdown]
# Read one row: three weights, a gap of three pixels, three weights, a gap, three weights. These are the three lines of
# the window, and between them the rest of each image row. Every fourth row makes a larger jump: the window goes back to
# the left and one line down. Does it give the same output? The image is bright on the left, dark on the right:

# %% tags=["nbval-check-output"]
image = np.array([[10, 10, 10, 0, 0, 0]] * 6)
matrix = reference.dense_matrix(kernel, (6, 6))
print((matrix @ image.ravel()).reshape(4, 4))
print(
    "as the convolution:",
    np.array_equal(matrix @ image.ravel(), reference.conv2d(image, kernel).ravel()),
)

# %% [markdown]
# ## Pruned and shared
#
# **Predict first:** the matrix has 16 × 36 = 576 entries. How many are zero? How many *different* weights are there?

# %% tags=["nbval-check-output"]
matrix = reference.dense_matrix(nine, (6, 6))
places, different = np.count_nonzero(matrix), len(np.unique(matrix[matrix != 0]))
print(
    f"{matrix.size} entries, {matrix.size - places} zeros, {places} weights, {different} of "
    "them different"
)

# %% [markdown]
# Two steps, then. **Pruning** removes 432 connections of 576, which leaves 144: the locally connected
# layer. **Sharing** makes 9 of the 144.
#
# **Mind the slide.** "A CNN is a dense network, pruned" is half of it. Pruning alone leaves 144 weights to be learned,
# and more with every pixel that the image gains; it is the sharing that makes their number independent of the image.
# And the word misleads: *to prune* usually means to train a network first and cut its small weights afterwards. Here
# the zeros are fixed before training begins.
#
# In practice nobody builds this matrix: most of it would be zeros. How much is "most"?

# %% [markdown] exercise="1.6"
# ### Exercise 1.6 · How empty is the matrix? (5 min, 2 points)
#
# **Input:** whole numbers `height` and `width` of a grey image, `kernel_height` and `kernel_width` of a kernel that
# fits into it (no padding, stride 1). **Output:** the share of zeros in the matrix, a float from 0 to 1. No weight of
# the kernel is zero itself.

# %% tags=["exercise"] exercise="1.6"
def share_of_zeros(height, width, kernel_height, kernel_width):
    """Return the share of entries of the dense matrix that are zero."""
    ### BEGIN SOLUTION
    return 1 - kernel_height * kernel_width / (height * width)
    ### END SOLUTION


# %% tags=["check"] exercise="1.6"
check("1.6", share_of_zeros);

# %% [markdown]
# What do we get in return for all these zeros? Fewer weights, so less memory and less to learn from the same examples;
# and one thing more. Since all windows use the same weights, a pattern that is learned at one place is known at all of
# them. When the input moves, the feature map moves with it. That is what the dense layer lacked when we shifted its
# digits; [chapter 03](03_pooling.ipynb) measures how far it carries.
#
# The price is an assumption: neighbours belong together, and patterns may be anywhere. For images it holds. For the
# shuffled digits it does not, and there convolution has nothing to build on.
#
# ## Summary
#
# - A dense layer on an image has as many weights as inputs × units: 10¹² for a megapixel.
# - It does not know which pixels are neighbours: shuffle them all alike, and it learns as well as before. A CNN does
#   know, and loses by the shuffle.
# - It does not tolerate a shift: what it learned at one place it has to learn again at the next.
# - Local windows, shared weights and subsampling save the weights, each in its own place.
# - A convolution is a dense layer whose matrix is mostly zeros, and whose other entries repeat the kernel.
#
# ## Formulae
#
# | what | formula |
# |---|---|
# | parameters of a dense layer | $(H W C + 1) \cdot \text{units}$ |
# | memory | $\text{weights} \cdot \text{bytes each}$; 1 MB = $10^6$ bytes, 1 MiB = $2^{20}$ bytes |
# | units of a layer with F × F windows, no padding | $(H - F + 1)(W - F + 1)$ |
# | weights, locally connected | $\text{units} \cdot F^2$ |
# | weights, shared | $F^2$ |
# | share of zeros in the matrix | $1 - F^2 / (H W)$ |
#
# The figures of this chapter, recomputed:

# %% tags=["nbval-check-output"]
figures.table([row for row in figures.ledger() if row.id.split(".")[0] in ("F1", "F3")])

# %% [markdown]
# ## Where to read on
#
# - **Best next:** I. Goodfellow, Y. Bengio and A. Courville, [*Deep
#   Learning*](https://www.deeplearningbook.org/contents/convnets.html), 2016, section 9.2: sparse interactions,
#   parameter sharing, equivariance.
# - Y. LeCun et al., [*Backpropagation applied to handwritten zip code
#   recognition*](https://doi.org/10.1162/neco.1989.1.4.541), Neural Computation, 1989: local windows and shared
#   weights, and why.
# - S. d'Ascoli et al., [*Finding the needle in the haystack with convolutions*](https://arxiv.org/abs/1906.06766),
#   NeurIPS 2019: a convolutional network is turned into its dense twin, with such matrices, and trained on.
