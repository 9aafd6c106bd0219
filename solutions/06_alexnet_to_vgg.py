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
# # 06 · From LeNet-5 to AlexNet and VGG
#
# **The idea was there in 1998. What had to change before it could read photographs?**
#
# You will be able to
#
# - explain what LeNet-5 did differently from today's networks, and why it is no longer done;
# - follow an image through AlexNet, and say where its parameters and where its work sit;
# - write local response normalisation, and say what it was for;
# - build any VGG from its table, and argue for small kernels with numbers;
# - replace a dense head by 1×1 convolutions and an average.
#
# **Minutes:** about 85 with the exercises; the notebook itself runs in under a minute.

# %% tags=["setup"]
# before Keras: it sets Keras up
from workbook import architectures, arithmetic, check, data, figures, plots
import numpy as np
import matplotlib.pyplot as plt
import keras  # loading Keras takes some seconds
from keras import layers
from workbook import live
from workbook.accountant import account
from workbook.architectures.vgg import FILTERS, TABLE
from workbook.layers import LocalResponseNormalization

# %% [markdown]
# ## Counting without memory
#
# The networks of this chapter have up to 144 million parameters, more than half a gigabyte. To count them no weight is
# needed, only shapes. `architectures.build(name)` makes a network at the size of its paper; inside a `StatelessScope`
# Keras plans the weights and makes none. `account`, the course's **accountant**, then walks through the layers. It
# takes milliseconds. Its tables have these columns, for one image:
#
# - `parameters`, and `MACs`, the multiply-adds;
# - `MB`: the memory of the layer's output in `float32`;
# - `field`: how many pixels wide the receptive field of one output is (chapter 03). From `Flatten` on it is the whole
#   image: one of its values sees no more than before, but the next dense layer reads them all;
# - `step`: how many pixels apart the fields of two neighbouring outputs are, the product of the strides so far. Where
#   every output sees the same, it is 0.

# %%
def planned(name):
    with keras.StatelessScope(initialize_variables=False):
        return architectures.build(name)

def cost(name):
    return account(planned(name))

# %% [markdown]
# ## LeNet-5 once more
#
# Chapter 05 built LeNet-5 as it is built today. Here it is at the size of the paper, on 32 × 32 pixels:

# %% tags=["nbval-check-output"]
print(cost("lenet5"))

# %% [markdown]
# The paper of 1998 says 60,000 parameters, not 61,706. Two of its ideas have been forgotten since, and both are in that
# difference.
#
# **Trainable subsampling.** S2 and S4 did not just average. The four pixels of a window were added up, multiplied by a
# factor, a bias was added, and a sigmoid (an S-shaped curve) followed: y = σ(w · sum + b), with one w and one b learned
# for each map. The paper's curve is a scaled tanh; here it is σ(a) = 1 / (1 + e⁻ᵃ), the same shape from 0
# to 1. **Predict first:** four pixels are on or off, so the sum is 0 to 4. What does a large w do?

# %% tags=["nbval-check-output"]
on = np.arange(5)  # how many of the four pixels are on
for what, w, b in (
    ("a small factor", 0.5, -1),
    ("large, b = −5", 10, -5),
    ("large, b = −35", 10, -35),
):
    print(f"{what:15}", np.round(1 / (1 + np.exp(-(w * on + b))), 2))

# %% [markdown]
# **Notice** three behaviours of one layer. With a small factor it blurs, almost like an average. With a large one it is
# a switch: the second row asks whether *any* pixel is on (OR), the third whether *all* are (AND).
#
# Why did it disappear? Max and average pooling learn nothing, and networks with them train as well: the convolution
# after them can learn the factor.
#
# **A sparse C3.** Each of the 16 filters of C3 read only some of the six maps below. Six read three neighbouring maps,
# six read four, three read four with a gap, and one read all.

# %% alt="A grid of six input channels by sixteen filters. The first six filters read three neighbouring channels each, wrapping round; the next six read four; three read two pairs; the last reads all six."
runs = [[(start + i) % 6 for i in range(length)] for length in (3, 4) for start in range(6)]
kinds = [1] * 6 + [2] * 6 + [3] * 3 + [4]
reads = np.zeros((6, 16), int)  # which map (row) each filter (column) reads
for column, maps in enumerate([*runs, [0, 1, 3, 4], [1, 2, 4, 5], [0, 2, 3, 5], range(6)]):
    reads[list(maps), column] = kinds[column]
plots.show_connections(
    reads, kernel_size=1, largest=1, title="C3 of LeNet-5, table I of the paper"
);

# %% tags=["nbval-check-output"]
# a 5×5 kernel for each connection, a bias for each filter
c3 = int((reads > 0).sum()) * 5 * 5 + 16
parts = {"C1": 156, "S2": 6 * 2, "C3": c3, "S4": 16 * 2, "C5": 48_120, "F6": 10_164}
print(parts, "together", sum(parts.values()))

# %% [markdown]
# There are 60,000. The output layer is not among them: it compared F6 with patterns that were drawn by hand, and had
# nothing to learn.
#
# The paper gives two reasons for the gaps: fewer connections, and filters that see different maps must learn different
# things. Today all filters read all maps. They start from different random weights, so they learn different things
# anyway, and the machine computes the layer as one large product.
#
# **Mind the slide.** A survey table that is often copied gives LeNet-5 20 and 50 filters, and 2.6 thousand weights in
# its convolutions and 58 thousand in its dense layers. Those belong to two networks. The filter counts are those of a
# LeNet that came with a library, much larger:

# %% tags=["nbval-check-output"]
figures.table(
    [row for row in figures.ledger() if row.id in ("A1.survey_weights", "A1.caffe_weights")]
)

# %% [markdown]
# ## AlexNet
#
# From 2010 to 2017 the ILSVRC competition (the "ImageNet challenge") asked for the content of photographs: about 1.28
# million to learn from, 1,000 classes. The **top-5 error** counts an image as wrong if the true class is not among the
# five likeliest. In 2012 the best program without a deep network was wrong on 26.2 %. A. Krizhevsky, I. Sutskever and
# G. Hinton came with a CNN, and were wrong on 15.3 % (table 2 of their paper).

# %% tags=["nbval-check-output"]
alexnet = cost("alexnet")
print(alexnet)

# %% [markdown]
# Read it from the top. A first kernel of 11 × 11 moves four pixels at a time: 55 × 55 × 96. Its 34,848 weights (34,944
# parameters with the biases) do 105 million MACs, because each is used at 3,025 places. Two more things are new beside
# those that get a heading below:
#
# - **Overlapping pooling.** Windows of 3 × 3 at strides 2, so neighbours share a row. In the paper (section 3.4) it
#   lowered the top-5 error by 0.3 points against 2 × 2.
# - **Dropout**, which you know from chapter 05, at rate 0.5 before the second and the third dense layer. **Predict
#   first:** why there?

# %% alt="Two bar charts of AlexNet by layer. Parameters: fc1 has 37.8 million and fc2 16.8 million, the convolutions hardly any. MACs: the five convolutions have 75 to 224 million each, fc1 has 38."
axes = plt.subplots(1, 2, figsize=(10, 3.2), layout="constrained")[1]
busy = [row for row in alexnet.rows if row.macs]
millions = {row.name: row.parameters / 1e6 for row in busy}
plots.show_bars(millions, axes[0], title="parameters, million", form="{:.1f}")
plots.show_bars({row.name: row.macs / 1e6 for row in busy}, axes[1], title="MACs, million");

# %% [markdown]
# **Notice** the two shapes. The convolutions do the work, the dense layers hold the parameters: 58.6 of 61 million.
# Over-fitting lives where the parameters are, so that is where dropout is applied.

# %% [markdown] exercise="6.1"
# ### Exercise 6.1 · Where 227 comes from (6 min, 2 points)
#
# The paper says 224 × 224 and draws 55 × 55. **Input:** the `size` of a square image. **Output:** a tuple of four whole
# numbers (`int`, not `float`), the size after conv1 (11×11, strides 4, valid) and after each of the three poolings
# (3×3, strides 2, valid). conv2 to conv5 keep the size.

# %% tags=["exercise"] exercise="6.1"
def alexnet_sizes(size):
    """Follow the size of the maps through AlexNet."""
    ### BEGIN SOLUTION
    sizes = []
    for window, strides in ((11, 4), (3, 2), (3, 2), (3, 2)):
        size = (size - window) // strides + 1
        sizes.append(size)
    return tuple(sizes)
    ### END SOLUTION


# %% tags=["check"] exercise="6.1"
check("6.1", alexnet_sizes);

# %% tags=["nbval-check-output"]
for size in (224, 227):
    maps = arithmetic.output_size(size, 11, 4, "valid")
    print(
        f"{size} pixels make {maps} × {maps}; left over at the edge: "
        f"{size - 11 - 4 * (maps - 1)}"
    )

# %% [markdown]
# **Mind the slide.** Three things that are often said about AlexNet:
#
# - *Input.* It is said to be 224 pixels wide. An input of 224 and maps of 55 × 55 do not go together; 227 gives 55
#   exactly.
# - *Error.* It is said that AlexNet had 16.4 %: that is the average of five networks. The entry that won, 15.3 %,
#   averaged seven, two of them trained on more data first. One network alone had 18.2 % (on the validation data). All
#   three are in the paper's table 2.
# - *ReLU.* AlexNet is said to be the first network with it. The paper itself points to Nair and Hinton, 2010.
#
# ## ReLU against tanh
#
# LeNet-5 used tanh, and older networks the sigmoid σ. To change a weight in the first layer, training needs to know how
# the loss depends on it. By the chain rule that is a product, with the slope of every activation on the way as a
# factor. **Predict first:** what becomes of a product of ten slopes of each kind?

# %% alt="Left, sigmoid, tanh and ReLU between minus 4 and 4. Right, their slopes: the sigmoid's reaches a quarter at most, tanh's reaches 1 at zero only, both go to zero on either side; ReLU's is 0 on the left and 1 on the right."
a = np.linspace(-4, 4, 401)
sigmoid = 1 / (1 + np.exp(-a))
values = {"sigmoid": sigmoid, "tanh": np.tanh(a), "ReLU": np.maximum(a, 0)}
slopes = {
    "sigmoid": sigmoid * (1 - sigmoid),
    "tanh": 1 - np.tanh(a) ** 2,
    "ReLU": np.where(a > 0, 1.0, 0.0),
}
axes = plt.subplots(1, 2, figsize=(10, 2.8), layout="constrained")[1]
for ax, title, curves in zip(axes, ("activation", "slope"), (values, slopes), strict=True):
    for colour, (name, curve) in zip(plots.COLOURS, curves.items()):
        ax.plot(a, curve, color=colour, label=name)
    ax.set(title=title, xlabel="a", ylim=(-1.1, 2) if title == "activation" else (-0.05, 1.1))
    ax.grid(alpha=0.3)
axes[0].legend();

# %% tags=["nbval-check-output"]
print(
    f"ten sigmoids pass on at most {0.25**10:.0e} of the slope, ten ReLUs that are on all of "
    "it"
)
print(f"ten tanh pass on all of it at a = 0, at a = 2 only {(1 - np.tanh(2) ** 2) ** 10:.0e}")

# %% [markdown]
# A unit in the flat part of its curve is **saturated**: it hardly learns. ReLU does not saturate on the right, and
# costs one comparison. Let us measure what that is worth: one small network with five hidden layers, 2,500 digits, five
# epochs, three activations.
#
# - The optimiser is AlexNet's, gradient descent on small batches (**SGD**, stochastic gradient descent)
#   with **momentum** 0.9: each step is what the gradient asks for, plus nine tenths of the last step.
# - Each activation starts from the random weights that suit it: "Glorot" with variance 2 / (inputs + outputs) for the
#   first two, "He" with 2 / inputs for ReLU, which silences half of its units.
#
# **Predict first:** which of the three learn, and which ends lowest?

# %%
mnist = data.load("mnist")
x_train, y_train = mnist.x_train[:2500], mnist.y_train[:2500]
x_val, y_val = mnist.x_train[-2000:], mnist.y_train[-2000:]

def small_network(activation, start):
    settings = {"activation": activation, "kernel_initializer": start}
    inputs = keras.Input((28, 28, 1))
    x = layers.Rescaling(1 / 255)(inputs)
    for filters, strides in ((16, 2), (32, 2), (32, 1), (32, 1)):
        x = layers.Conv2D(filters, 3, strides=strides, padding="same", **settings)(x)
    x = layers.Dense(64, **settings)(layers.Flatten()(x))
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))

# %% tags=["slow"]
losses, accuracies = {}, {}
for name, start in (
    ("sigmoid", "glorot_uniform"),
    ("tanh", "glorot_uniform"),
    ("relu", "he_uniform"),
):
    keras.utils.set_random_seed(1)
    model = small_network(name, start)
    optimizer = keras.optimizers.SGD(0.01, momentum=0.9)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    callbacks = [live.progress(name)]
    history = model.fit(x_train, y_train, batch_size=50, epochs=5, verbose=0,
                        callbacks=callbacks)
    losses[name] = history.history["loss"]
    accuracies[name] = model.evaluate(x_val, y_val, batch_size=500, verbose=0)[1]

# %% tags=["slow"] alt="Training loss over five epochs. The sigmoid network stays at 2.3. The tanh and the ReLU network both fall steeply; ReLU starts no better and ends lowest."
plots.show_curves(losses, title="2,500 digits, rate 0.01", ylabel="training loss");

# %% tags=["slow", "nbval-check-output"]
print(
    "the sigmoid network has learned nothing, its loss is above 2.2:",
    losses["sigmoid"][-1] > 2.2,
)
print(
    "tanh and ReLU read more than 90 % of new digits:",
    min(accuracies["tanh"], accuracies["relu"]) > 0.9,
)
print(
    "ReLU ends with less than four fifths of tanh's training loss:",
    losses["relu"][-1] < 0.8 * losses["tanh"][-1],
)

# %% [markdown]
# **Notice** three things:
#
# - The sigmoid, with its slope of a quarter at best, stays at 2.30, the loss of guessing.
# - tanh does *not*: around zero its slope is 1, and well-scaled weights keep it there.
# - ReLU ends with about half of tanh's loss.
#
# How far does this carry? ReLU ended lower with each of three seeds, and at twice the rate as well, though once by a
# fifth only. On 4,000 digits at a rate of 0.1 it did not: tanh caught up, and one ReLU network of three fell behind.
# The paper reports (figure 1) that a four-layer network on CIFAR-10 came to 25 % training error six times as fast with
# ReLU as with tanh, each at its best rate. So tanh does not make training impossible; ReLU makes it quicker, mostly.
#
# ## Two towers
#
# The authors' GPU had 3 GB of memory, too little for the network. So AlexNet was split over two, half of the maps on
# each: two **towers**. In conv2, conv4 and conv5 a filter reads only the maps of its own tower; conv3 and the dense
# layers read both. The package builds AlexNet with grouped convolutions (chapter 04); here they are drawn apart, as in
# figure 2 of the paper.

# %% alt="AlexNet as two columns of boxes, one per tower. Each: convolution 11×11 with 48 filters and strides 4, pooling, convolution 5×5 with 128, pooling; then both read both: convolutions 3×3 with 192, 192 and 128 filters, of which only the first reads both towers; pooling; two dense layers of 2,048 units that read both; last one layer of 1,000 classes."
from workbook import diagrams

diagrams.show(
    diagrams.towers(diagrams.operations(planned("alexnet"))), title="AlexNet in two towers"
);

# %% [markdown]
# **Notice** where lines cross: only there does a tower read what the other has seen. A layer in which each half of the
# filters reads its own half of the channels is a convolution with two groups:

# %% alt="Two grids of eight input channels by eight filters. Left, one group: every filter reads every channel. Right, two groups in two colours: the first four filters read the first four channels, the others the other four."
axes = plt.subplots(1, 2, figsize=(8, 3.6), layout="constrained")[1]
plots.show_connections(
    np.ones((8, 8), int), axes[0], kernel_size=1, largest=1, title="one tower"
)
# 1 and 2 on the diagonal, 0 beside it
groups = np.kron([[1, 0], [0, 2]], np.ones((4, 4), int))
plots.show_connections(groups, axes[1], kernel_size=1, largest=1, title="two towers");

# %% [markdown] exercise="6.2"
# ### Exercise 6.2 · Two towers (8 min, 2 points)
#
# The convolutions of AlexNet, with their filters over both towers: conv1 11×11, 96, from 3 channels; conv2 5×5, 256,
# two groups; conv3 3×3, 384; conv4 3×3, 384, two groups; conv5 3×3, 256, two groups. **Output:** the dictionary
# `parameters`: weights and biases of each layer, counted by hand.

# %% tags=["exercise"] exercise="6.2"
### BEGIN SOLUTION
parameters = {
    "conv1": (11 * 11 * 3 + 1) * 96,
    "conv2": (5 * 5 * 48 + 1) * 256,
    "conv3": (3 * 3 * 256 + 1) * 384,
    "conv4": (3 * 3 * 192 + 1) * 384,
    "conv5": (3 * 3 * 192 + 1) * 256,
}
### END SOLUTION

# %% tags=["check"] exercise="6.2"
check("6.2", parameters);

# %% tags=["nbval-check-output"]
for name in ("alexnet", "alexnet_ungrouped"):
    total = cost(name)
    print(f"{name:18} {total.parameters:,} parameters, {total.macs / 1e6:,.1f} million MACs")

# %% [markdown]
# **Notice** that grouping saves more than a third of the work and 2 % of the parameters: it touches the convolutions
# only. It was made for lack of memory and turned out to be useful: chapter 04's depthwise convolution is its extreme.
#
# ## Local response normalisation
#
# A ReLU has no upper end, so one channel can drown its neighbours. After the first two convolutions AlexNet divides
# each activation by what the channels around it do at the same place. With aᵢ the activation of channel i, and N
# channels:
#
# $$b_i = \frac{a_i}{\Bigl(k + \alpha \sum_j a_j^2\Bigr)^{\beta}}, \qquad j = \max(0,\, i - \lfloor n/2 \rfloor),\; \ldots,\; \min(N - 1,\, i + \lfloor n/2 \rfloor)$$
#
# The paper chose k = 2, n = 5, α = 0.0001 and β = 0.75 on validation data. Nothing in it is learned. Keras has no such
# layer; the package does:

# %% alt="Two bar charts of nine channels before and after normalisation. Left, with the paper's constants: all shrink by about the same factor, channels 2 to 6 a little more. Right, with alpha 0.005: channels 2 to 6, which have channel 4 in their window, shrink to less than a sixth, all by the same factor; the others to a little over a third."
activations = np.array([10, 10, 10, 10, 40, 10, 10, 10, 10], "float32").reshape(1, 1, 1, 9)
axes = plt.subplots(1, 2, figsize=(10, 2.8), layout="constrained")[1]
for ax, alpha in zip(axes, (1e-4, 0.005), strict=True):
    after = np.asarray(LocalResponseNormalization(alpha=alpha)(activations)).ravel()
    ax.bar(np.arange(9) - 0.2, activations.ravel(), 0.4, color="0.55", label="before")
    ax.bar(np.arange(9) + 0.2, after, 0.4, color=plots.COLOURS[0], label="after")
    ax.set(
        title=f"k = 2, n = 5, α = {alpha:g}, β = 0.75", xlabel="channel", ylabel="activation"
    )
axes[0].legend();

# %% [markdown]
# **Notice** on the right how a strong channel pushes its neighbours down, two on each side, and itself by the same
# factor: **lateral inhibition**, as among nerve cells. On the left, with the paper's small α, it takes activations in
# the hundreds to do that; smaller ones the layer divides by little more than 2^0.75 = 1.68.
#
# **Predict first:** four channels, all 1, and k = 0, α = 1, β = 1, n = 2. What is b at the first channel, and what
# inside?

# %% tags=["nbval-check-output"]
ones = np.ones((1, 1, 1, 4), "float32")
print(np.asarray(LocalResponseNormalization(k=0, n=2, alpha=1, beta=1)(ones)).ravel().round(4))

# %% [markdown]
# **Mind the slide.** Two things that are often said about this layer:
#
# - *n = 2 spans two channels, so everything is ½.* By the formula the sum runs from i − 1 to i + 1: three channels
#   inside, so ⅓. Only the two at the ends have a single neighbour and give ½.
# - *It was there to speed up training.* The paper says it helps *generalisation* (new images): 1.2 points of top-5
#   error (section 3.3).
#
# VGG tried it two years later (A and A-LRN below): 29.6 % top-1 error (only the likeliest class counts) without, 29.7 %
# with (its table 3, validation data). It has hardly been used since; chapter 07 has what came instead.

# %% [markdown] exercise="6.3"
# ### Exercise 6.3 · Local response normalisation (12 min, 3 points)
#
# **Input:** `maps` (height, width, channels), and `k`, `n`, `alpha`, `beta` as in the formula. **Output:** an array of
# the same shape. NumPy is enough; one loop over the channels is fine.

# %% tags=["exercise"] exercise="6.3"
def local_response(maps, k, n, alpha, beta):
    """Divide each activation by what its neighbours in depth do at the same place."""
    ### BEGIN SOLUTION
    normalised = np.empty_like(maps)
    for i in range(maps.shape[-1]):
        window = maps[..., max(0, i - n // 2) : i + n // 2 + 1]
        normalised[..., i] = maps[..., i] / (k + alpha * (window**2).sum(axis=-1)) ** beta
    return normalised
    ### END SOLUTION


# %% tags=["check"] exercise="6.3"
check("6.3", local_response);

# %% [markdown]
# ## ZFNet: looking inside
#
# In 2013 M. Zeiler and R. Fergus made pictures of what each layer of AlexNet answers to (chapter 10 does it too). In
# the first layer they found dead filters, and filters for very fine or very coarse patterns with little between. In the
# second they found artefacts: strides of four pixels are too coarse for fine patterns. So they changed the first two
# layers. The groups went for another reason: their network was not split over two GPUs.
#
# | | AlexNet | ZFNet |
# |---|---|---|
# | conv1 | 11×11, strides 4 | 7×7, strides 2 |
# | conv2 | 5×5, two groups | 5×5, strides 2, one group |
# | conv3 to conv5 | two groups in conv4 and conv5 | one group |

# %% tags=["nbval-check-output"]
zfnet = cost("zfnet")
for layer in ("conv1", "conv2", "conv3"):
    old, new = alexnet[layer], zfnet[layer]
    print(
        f"{layer}: {old.shape}, now {new.shape}; {old.macs / 1e6:.0f} million MACs, now "
        f"{new.macs / 1e6:.0f}"
    )
print(f"in all {zfnet.parameters:,} parameters, {zfnet.macs / 1e9:.2f} billion MACs")

# %% [markdown]
# And the two in a drawing, up to the last pooling. Each row has the layer of the same name.

# %% alt="AlexNet and ZFNet beside each other, five convolutions and three poolings each. ZFNet's first convolution is 7×7 with strides 2 and makes maps of 110×110, where AlexNet's is 11×11 with strides 4 and makes 55×55; ZFNet's second has strides 2. Below they have the same sizes."
convolutions = {
    title: diagrams.between(diagrams.operations(planned(name)), "conv1", "pool5")
    for title, name in (("AlexNet", "alexnet"), ("ZFNet", "zfnet"))
}
diagrams.show(diagrams.side_by_side(convolutions));

# %% [markdown]
# **Notice** that conv1 has *fewer* parameters, (7 · 7 · 3 + 1) · 96 = 14,208 instead of 34,944, and more work: it looks
# at four times as many places.
#
# Six of their networks, averaged, came to 14.8 % top-5 error on the test data of 2012 (table 2). The entry that won in
# 2013, with 11.7 % (the contest's results page), was that of Zeiler's company Clarifai, not ZFNet itself. The lasting
# lesson is the method: look, then change.
#
# ## VGG
#
# K. Simonyan and A. Zisserman asked one question in 2014: what does depth do, all else equal? They used one kernel, 3 ×
# 3 (the smallest that knows left, right, up, down and middle), one pooling, 2 × 2, and doubled the filters after each
# pooling, up to 512. Why 3 × 3? Because several of them see as much as a large one:

# %% tags=["nbval-check-output"]
for count, large in ((2, 5), (3, 7)):
    field = arithmetic.receptive_field([(3, 1)] * count)
    print(
        f"{count} layers 3×3 see {field}×{field}: {9 * count} C² weights; one "
        f"{large}×{large}: {large**2} C²"
    )

# %% [markdown]
# With C channels in and out, three 3 × 3 layers see as much as one 7 × 7, with 27 C² weights in place of 49 C² and with
# three ReLUs in place of one. The MACs shrink by the same factor, since all these layers keep the size of the map.
#
# **Mind the slide.** It is often said that since VGG only small kernels are used. ResNet and DenseNet begin with a 7 ×
# 7 kernel, and some networks of the 2020s (ConvNeXt, for one) use 7 × 7 depthwise ones throughout. In the first layer C
# is 3, and a large kernel is cheap.

# %% [markdown] exercise="6.4"
# ### Exercise 6.4 · Small kernels, stacked (6 min, 1 point)
#
# **Input:** an odd `kernel_size` K of at least 3, and the number of `channels` C, the same in and out of every
# layer. **Output:** a tuple of two whole numbers (`int`, not `float`): the weights (no biases) of the stack of 3×3
# layers that sees K×K pixels, and those of one K×K layer.

# %% tags=["exercise"] exercise="6.4"
def stacked(kernel_size, channels):
    """Count the weights of stacked 3×3 layers and of one large kernel."""
    ### BEGIN SOLUTION
    depth = kernel_size // 2  # the first layer sees 3 pixels, each further one adds 2
    return 3 * 3 * channels**2 * depth, kernel_size**2 * channels**2
    ### END SOLUTION


# %% tags=["check"] exercise="6.4"
check("6.4", stacked);

# %% [markdown]
# The result was six networks, A to E and one with local response normalisation. They differ in how many convolutions
# there are between two poolings, and C in the size of a few. Here is the table that `architectures.build` reads: one
# entry per layer, 3 or 1 for the kernel size, 0 for local response normalisation:

# %% tags=["nbval-check-output"]
print(f"{'':10} {'filters':>10}", *(f"{count:>12}" for count in FILTERS))
for letter, name in zip(("A", "A-LRN", "B", "C", "D", "E"), TABLE):
    stages = (" ".join(map(str, stage)) for stage in TABLE[name])
    print(f"{letter:10} {name:>10}", *(f"{text:>12}" for text in stages))

# %% [markdown]
# The same as a drawing. Layers with the same name are at the same height, so a gap is a layer that a network lacks.

# %% alt="VGG A, B, C, D and E as five columns of convolutions in five stages with 64, 128, 256, 512 and 512 filters, a 2×2 max pooling after each stage. A has one or two convolutions per stage, B two; C, D and E have three or four from the third stage on, and the third one of C is 1×1."
letters = {"A": "vgg11", "B": "vgg13", "C": "vgg16_1x1", "D": "vgg16", "E": "vgg19"}
columns = {
    letter: diagrams.between(diagrams.operations(planned(name)), "block1_conv1", "block5_pool")
    for letter, name in letters.items()
}
diagrams.show(diagrams.side_by_side(columns), details=False, sizes=False);

# %% [markdown]
# All end alike: two dense layers of 4,096 units with dropout, and 1,000 classes. C has 1 × 1 convolutions, which only
# mix channels; D, with 3 × 3 in their place, was better: looking further helps, not only one more ReLU. **Predict
# first:** E has eight more convolutions than A. Has it many more parameters? Many more MACs?

# %% alt="Bars for VGG A, B, C, D and E. Parameters are nearly the same, 133 to 144 million. MACs grow from 7.6 to 19.6 billion."
costs = {letter: cost(name) for letter, name in zip(("A", "A-LRN", "B", "C", "D", "E"), TABLE)}
axes = plt.subplots(1, 2, figsize=(10, 2.8), layout="constrained")[1]
shown = [letter for letter in costs if letter != "A-LRN"]  # as A in both numbers
plots.show_bars(
    {n: costs[n].parameters / 1e6 for n in shown},
    axes[0],
    title="parameters, million",
    form="{:.1f}",
)
plots.show_bars(
    {n: costs[n].macs / 1e9 for n in shown}, axes[1], title="MACs, billion", form="{:.1f}"
);

# %% tags=["nbval-check-output"]
for letter in ("D", "E"):
    dense = sum(row.parameters for row in costs[letter].rows if row.kind == "Dense")
    total = costs[letter].parameters
    print(f"{letter}: {total:,} parameters, {100 * dense / total:.0f} % of them dense")
print(f"the first dense layer alone: {costs['D']['fc1'].parameters:,}")

# %% [markdown]
# **Notice** that depth is almost free in parameters and expensive in work. D and E are known as VGG-16 and VGG-19: 16
# and 19 layers with weights. Almost nine tenths of their parameters are dense; in AlexNet it was 96 %. VGG came second
# in 2014, and its plain, regular features are in use to this day.

# %% [markdown] exercise="6.5"
# ### Exercise 6.5 · VGG from its table (12 min, 3 points)
#
# **Input:** tuples `repeats` and `filters` of the same length, one entry per stage, and the number of
# `classes`. **Output:** a `keras.Model` for images (32, 32, 3):
#
# | part | layers |
# |---|---|
# | each stage | `repeats` times Conv2D 3×3, `filters` filters, same, ReLU; then MaxPooling2D 2 |
# | head | Flatten; Dense 64, ReLU; Dropout 0.5; Dense `classes`, softmax |

# %% tags=["exercise"] exercise="6.5"
def small_vgg(repeats, filters, classes):
    """Build a small VGG from its table."""
    ### BEGIN SOLUTION
    x = inputs = keras.Input((32, 32, 3))
    for count, width in zip(repeats, filters):
        for _ in range(count):
            x = layers.Conv2D(width, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Dense(64, activation="relu")(layers.Flatten()(x))
    x = layers.Dropout(0.5)(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))
    ### END SOLUTION


# %% tags=["check"] exercise="6.5"
check("6.5", small_vgg);

# %% [markdown]
# ### How deep can you go?
#
# The same builder makes small networks: an eighth of the filters, 32 × 32 pixels, ten classes. VGG-11 and VGG-19 on the
# first 2,000 digits, with Adam. **Predict first:** which ends better?

# %% tags=["slow"]
# (2000, 32, 32, 1)
framed = np.pad(x_train[:2000], ((0, 0), (2, 2), (2, 2), (0, 0))).astype("float32") / 255
depths = {}
for name in ("vgg11", "vgg19"):
    keras.utils.set_random_seed(1)
    model = architectures.build(name, input_shape=(32, 32, 1), num_classes=10, width=1 / 8)
    model.compile(keras.optimizers.Adam(0.001), "sparse_categorical_crossentropy")
    callbacks = [live.progress(name)]
    history = model.fit(framed, y_train[:2000], batch_size=50, epochs=4, verbose=0,
                        callbacks=callbacks)
    depths[name] = history.history["loss"]

# %% tags=["slow"] alt="Training loss over four epochs. VGG-11 falls from 2.3 to well below 1. VGG-19 is a flat line at 2.3."
plots.show_curves(
    depths, title="an eighth of the filters, 2,000 digits", ylabel="training loss"
);

# %% tags=["slow", "nbval-check-output"]
print("VGG-11 learns, its loss falls below 1:", depths["vgg11"][-1] < 1)
print("VGG-19 does not, its loss stays above 2.2:", depths["vgg19"][-1] > 2.2)

# %% [markdown]
# **Notice** which one learned: VGG-11. The deeper network, VGG-19, does not over-fit; it does not even fit. The tests
# of this course train both with three seeds. VGG-11 ends below 1 with each, VGG-19 above 1.5: with one of the seeds it
# had begun to learn after four epochs, with the others it had not. With twice the digits at half the rate it began to
# learn, too, but hardly.
#
# The authors met this too: they trained A first, and started the deeper ones from its weights. Later they found that
# Glorot's random weights are enough. Here those, Keras's default, are not, in four epochs: for ReLU they are a little
# too small, so signals fade on the way up, and slopes on the way down. Chapters 07 and 08 have what makes nineteen
# layers easy, and then a hundred.
#
# ## Network in Network
#
# M. Lin, Q. Chen and S. Yan had two ideas, also in 2013, that outlived their network. The first: a convolution is a
# linear look at a window; let a small *network* look. After the large kernel come two 1 × 1 convolutions with ReLU:
# an **mlpconv** layer, for multi-layer perceptron, the old name of a network of dense layers. A 1 × 1 convolution is a
# dense layer over the channels, the same at every place:

# %% tags=["nbval-check-output"]
maps = np.random.default_rng(6).normal(size=(2, 4, 5, 8)).astype("float32")
pointwise, dense = layers.Conv2D(6, 1), layers.Dense(6)
by_convolution = np.asarray(pointwise(maps))  # (2, 4, 5, 6)
dense.build(maps.shape)
kernel, bias = pointwise.get_weights()  # (1, 1, 8, 6) and (6,)
dense.set_weights([kernel[0, 0], bias])
print("the same:", np.allclose(by_convolution, dense(maps), atol=1e-5))

# %% [markdown]
# The second: no dense head. The last layer makes one map for each class, and **global average pooling** (chapter 03)
# turns each map into that class's score. Nothing is left to over-fit there, any image size will do, and each map
# shows *where* its class was seen. The drawing after the table has the three mlpconv layers beside each other.

# %% tags=["nbval-check-output"]
nin = cost("nin")
print(nin)

# %% alt="Network in Network as three columns, one per mlpconv layer, to be read one after another. Each begins with a convolution, 5×5, 5×5 and 3×3, and goes on with two 1×1 convolutions. The first ends in max pooling, the second in mean pooling, the third in a global mean of its 10 maps and a softmax."
nin_layers = diagrams.operations(planned("nin"))
parts = (("mlpconv1_1", "pool1"), ("mlpconv2_1", "pool2"), ("mlpconv3_1", "avg_pool"))
columns = {
    f"mlpconv {i}": diagrams.between(nin_layers, *part) for i, part in enumerate(parts, 1)
}
diagrams.show(diagrams.side_by_side(columns, level=False));

# %% [markdown]
# **Notice** that all of it has fewer than a million parameters, and that `avg_pool` and `predictions` have none. The
# authors reported 8.8 % error on CIFAR-10 with augmentation (table 1), then the best result. Inception and ResNet
# (chapters 07 and 08) took over both ideas.

# %% [markdown] exercise="6.6"
# ### Exercise 6.6 · A network of small networks (10 min, 3 points)
#
# **Input:** `blocks`, a tuple of pairs (kernel_size, filters), and the number of `classes`. **Output:** a `keras.Model`
# for images (32, 32, 3):
#
# | part | layers |
# |---|---|
# | each block | Conv2D `kernel_size`, then twice Conv2D 1×1, each with `filters` filters, same, ReLU; then MaxPooling2D 2 |
# | head | Conv2D 1×1, `classes` filters, ReLU; GlobalAveragePooling2D; Softmax |

# %% tags=["exercise"] exercise="6.6"
def small_nin(blocks, classes):
    """Build a small Network in Network from its table."""
    ### BEGIN SOLUTION
    x = inputs = keras.Input((32, 32, 3))
    for kernel_size, filters in blocks:
        for size in (kernel_size, 1, 1):
            x = layers.Conv2D(filters, size, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(classes, 1, activation="relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Softmax()(x))
    ### END SOLUTION


# %% tags=["check"] exercise="6.6"
check("6.6", small_nin);

# %% [markdown]
# ## Summary
#
# - LeNet-5's trainable subsampling and sparse connections are gone; convolution, pooling and a classifier stayed.
# - AlexNet: large first kernel, ReLU, dropout, overlapping pooling, two towers. Its convolutions do the work, its dense
#   layers hold the parameters.
# - Local response normalisation lets neighbouring channels compete. It was meant to generalise better, and was dropped.
# - ZFNet changed strides and kernels after looking inside. VGG stacked 3×3 kernels: the same field, fewer weights, more
#   ReLUs.
# - Depth is cheap in parameters, expensive in work, and at 19 layers hard to train without further means.
# - Network in Network: 1×1 convolutions as small networks, and an average in place of dense layers.
#
# ## Formulae
#
# | what | formula |
# |---|---|
# | output size | $\left\lfloor \dfrac{W - F}{S} \right\rfloor + 1$ without padding |
# | grouped convolution | $(F^2 C / G + 1) \cdot \text{filters}$ parameters, with $G$ groups |
# | local response normalisation | $b_i = a_i / \bigl(k + \alpha \sum_j a_j^2\bigr)^{\beta}$, j from $i - \lfloor n/2 \rfloor$ to $i + \lfloor n/2 \rfloor$, cut off at the ends |
# | stack of d layers 3×3 | sees $2d + 1$ pixels; $9\,d\,C^2$ weights, against $(2d + 1)^2\,C^2$ |
#
# The figures of this chapter, recomputed:

# %% tags=["nbval-check-output"]
figures.table(
    [row for row in figures.ledger() if row.id.startswith(("A1.", "A2.", "A3.", "A5."))]
)

# %% [markdown]
# ## Where to read on
#
# - **Best next:** A. Krizhevsky, I. Sutskever and G. Hinton, [*ImageNet classification with deep convolutional neural
#   networks*](https://doi.org/10.1145/3065386), NIPS 2012 (the link leads to the reprint of 2017): its section on the
#   architecture is this chapter.
# - Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, [*Gradient-based learning applied to document
#   recognition*](https://doi.org/10.1109/5.726791), Proceedings of the IEEE, 1998: section II.
# - V. Nair and G. Hinton, [*Rectified linear units improve restricted Boltzmann
#   machines*](https://www.cs.toronto.edu/~fritz/absps/reluICML.pdf), ICML 2010.
# - M. Zeiler and R. Fergus, [*Visualizing and understanding convolutional networks*](https://arxiv.org/abs/1311.2901),
#   ECCV 2014.
# - K. Simonyan and A. Zisserman, [*Very deep convolutional networks for large-scale image
#   recognition*](https://arxiv.org/abs/1409.1556), ICLR 2015: tables 1 and 3.
# - M. Lin, Q. Chen and S. Yan, [*Network in network*](https://arxiv.org/abs/1312.4400), ICLR 2014.
# - X. Glorot and Y. Bengio, [*Understanding the difficulty of training deep feedforward neural
#   networks*](https://proceedings.mlr.press/v9/glorot10a.html), AISTATS 2010; K. He and others, [*Delving deep into
#   rectifiers*](https://arxiv.org/abs/1502.01852), ICCV 2015: how to scale random weights.
