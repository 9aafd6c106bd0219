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
# # 07 · Inception and batch normalisation
#
# **How does a network grow deeper and cheaper at once, and why does normalising make it learn?**
#
# You will be able to
#
# - build an inception module, naive and with bottlenecks, and say what each costs;
# - count GoogLeNet's parameters and work, with and without its auxiliary heads;
# - compute batch normalisation from its formulas, in training and at inference, and measure what it buys;
# - write out a step of RMSProp and a smoothed label, and name what Inception v2, v3 and v4 changed.
#
# **Minutes:** about 95 with the exercises; the notebook itself runs in under a minute on two CPU cores.

# %% tags=["setup"]
# before Keras: it sets Keras up
from workbook import architectures, arithmetic, check, data, figures, plots
from workbook.accountant import account
from workbook.architectures import blocks, inception, inception_v3
import numpy as np
import matplotlib.pyplot as plt
import keras  # loading Keras takes some seconds
from keras import layers
from workbook import live

keras.utils.set_random_seed(1)

# %% [markdown]
# ## Which kernel size?
#
# A dog may fill the picture or a corner of it. A large kernel suits the first, a small kernel the second, and which one
# comes is not known beforehand. GoogLeNet, winner of the ImageNet challenge of 2014, does not choose: it runs 1×1, 3×3
# and 5×5 kernels and a pooling **side by side** on the same maps and joins the results along the channels. Such a piece
# is an **inception module**, and the next layer learns what to use.
#
# Here is one, with 128, 192 and 96 filters, on maps of 28×28×256. All branches keep height and width (`same`, strides
# 1); otherwise they could not be joined.

# %%
def naive_module(shape=(28, 28, 256)):
    inputs = keras.Input(shape)
    same = {"padding": "same", "activation": "relu"}
    one = layers.Conv2D(128, 1, **same, name="one")(inputs)  # (batch, 28, 28, 128)
    three = layers.Conv2D(192, 3, **same, name="three")(inputs)  # (batch, 28, 28, 192)
    five = layers.Conv2D(96, 5, **same, name="five")(inputs)  # (batch, 28, 28, 96)
    # (batch, 28, 28, 256)
    pooled = layers.MaxPooling2D(3, strides=1, padding="same", name="pool")(inputs)
    return keras.Model(
        inputs, layers.Concatenate(name="join")([one, three, five, pooled]), name="naive"
    )

# %% alt="The naive module: an input of 28×28×256 goes to four boxes side by side, convolutions 1×1 with 128 filters, 3×3 with 192 and 5×5 with 96, and a max pooling 3×3; their outputs go to a concatenation. Sizes are left out."
from workbook import diagrams

diagrams.show_model(naive_module(), sizes=False, title="naive module");

# %% [markdown]
# **Predict first:** how many channels does the result have? Which branch costs more: the 192 filters of 3×3, or the 96
# of 5×5? The accountant of chapter 06 counts parameters and MACs (multiply-adds) of any Keras model, layer by layer.

# %% tags=["nbval-check-output"]
naive = account(naive_module())
for name in ("one", "three", "five", "pool", "join"):
    print(f"{name:6} {naive[name].shape!s:15} {naive[name].macs:12,} MACs")
print(f"{'sum':22} {naive.macs:12,}")

# %% [markdown]
# **Notice** two things. The 5×5 costs more than the 3×3 with half the filters: 25·96 against 9·192 weights for each
# input channel. And the pooling passes all 256 channels on, so that 256 become 672. Stack nine such modules and each is
# wider than the last. This is the **naive** module; the paper describes it and does not use it.

# %% [markdown]
# ## The bottleneck
#
# The fix is chapter 04's 1×1 convolution. Placed before a large kernel, it mixes many channels into few, and the large
# kernel reads only those: a **bottleneck**. Take 64 channels, and 64 filters of 5×5, on maps of i × i pixels. Directly:

# %% tags=["nbval-check-output"]
parameters = arithmetic.conv_parameters(5, 64, 64)
macs = arithmetic.conv_macs((1, 1), 5, 64, 64)  # for one pixel: times i² for the map
print(f"5×5, 64 to 64: {parameters:,} parameters with biases, {macs:,}·i² MACs")

# %% [markdown] exercise="7.1"
# ### Exercise 7.1 · The price of a bottleneck (8 min, 2 points)
#
# Now with a bottleneck: a 1×1 convolution to `reduced` channels, then `filters` filters of size `kernel_size` (a whole
# number: the kernel is square), `same`, strides 1. **Input:** `shape` = (height, width, channels) of the maps that come
# in; `kernel_size`, `reduced`, `filters`. **Output:** a tuple (parameters, MACs) of whole numbers (`int`, not `float`).
# Parameters include the biases of both layers; MACs count weights only.

# %% tags=["exercise"] exercise="7.1"
def bottleneck_cost(shape, kernel_size, reduced, filters):
    """Return (parameters, MACs) of a 1×1 convolution and the larger one after it."""
    ### BEGIN SOLUTION
    height, width, channels = shape
    weights = channels * reduced + kernel_size**2 * reduced * filters
    return weights + reduced + filters, height * width * weights
    ### END SOLUTION


# %% tags=["check"] exercise="7.1"
check("7.1", bottleneck_cost);

# %% [markdown]
# Through a 1×1 of 32 channels, the same 64 to 64:

# %% tags=["nbval-check-output"]
thin_parameters = arithmetic.conv_parameters(1, 64, 32) + arithmetic.conv_parameters(5, 32, 64)
thin_macs = arithmetic.conv_macs((1, 1), 1, 64, 32) + arithmetic.conv_macs((1, 1), 5, 32, 64)
print(
    f"with a bottleneck: {thin_parameters:,} parameters, {thin_macs:,}·i² MACs, "
    f"{macs / thin_macs:.2f} × fewer"
)

# %% [markdown]
# **Mind the slide.** The direct convolution is often printed as "10240 i²" MACs. A zero is missing: it is 102,400 i².
# With the misprint the bottleneck would *cost* five times as much; in truth it saves 1.92 ×.
#
# Is something lost? The large kernel sees 32 numbers per pixel instead of 64. Leave the ReLU between aside, and the two
# layers are one 5×5 convolution whose kernel has at most **rank** 32: it can look at only 32 independent mixtures of
# the 64 channels.

# %% tags=["nbval-check-output"]
rng = np.random.default_rng(7)
down, up = rng.normal(size=(64, 32)), rng.normal(size=(5, 5, 32, 64))
merged = np.einsum("cr,ijrf->cijf", down, up)  # (64, 5, 5, 64), one kernel for both layers
print("rank of the merged kernel:", np.linalg.matrix_rank(merged.reshape(64, -1)), "of 64")

# %% [markdown]
# So yes, something may be lost; but the maps of a trained network resemble each other, and 32 learned mixtures keep
# most of what 64 such maps hold. Having fewer parameters, the module also over-fits less. Whether that outweighs the
# loss has to be measured; GoogLeNet won the challenge with its bottlenecks.

# %% [markdown]
# ## A module with bottlenecks
#
# Now the whole module: a 1×1 to 64 before the 3×3, one before the 5×5, and one **after** the pooling, which stops the
# growth.
#
# | branch | layers | output |
# |---|---|---|
# | 1 | `one` filters 1×1 | H×W×`one` |
# | 2 | `reduce3` filters 1×1, then `three` filters 3×3 | H×W×`three` |
# | 3 | `reduce5` filters 1×1, then `five` filters 5×5 | H×W×`five` |
# | 4 | max pooling 3×3, strides 1, then `projection` filters 1×1 | H×W×`projection` |

# %% alt="The module with bottlenecks: four branches from an input of 28×28×256 to a concatenation of 480 channels. A 1×1 with 128 filters; a 1×1 with 64, then a 3×3 with 192; a 1×1 with 64, then a 5×5 with 96; a max pooling 3×3, then a 1×1 with 64."
def module_model(shape, module, norm=None):
    inputs = keras.Input(shape, name="input")
    return keras.Model(inputs, blocks.assemble(inputs, module, "module", norm), name="thin")

bottlenecks = module_model((28, 28, 256), inception.module_v1(128, 64, 192, 64, 96, 64))
diagrams.show_model(bottlenecks, title="module with bottlenecks");

# %% [markdown] exercise="7.2"
# ### Exercise 7.2 · An inception module (12 min, 3 points)
#
# Build the table. **Input:** `shape` = (height, width, channels) and `widths` = (`one`, `reduce3`, `three`, `reduce5`,
# `five`, `projection`). **Output:** a `keras.Model` from `keras.Input(shape)` to the joined branches, in the table's
# order. Every layer keeps height and width; every convolution has biases and ends with a ReLU.

# %% tags=["exercise"] exercise="7.2"
def inception_module(shape, widths):
    """Build the module of the table."""
    ### BEGIN SOLUTION
    one, reduce3, three, reduce5, five, projection = widths
    inputs = keras.Input(shape)

    def conv(x, filters, kernel_size):
        return layers.Conv2D(filters, kernel_size, padding="same", activation="relu")(x)

    first = conv(inputs, one, 1)
    second = conv(conv(inputs, reduce3, 1), three, 3)
    third = conv(conv(inputs, reduce5, 1), five, 5)
    fourth = conv(layers.MaxPooling2D(3, strides=1, padding="same")(inputs), projection, 1)
    return keras.Model(inputs, layers.Concatenate()([first, second, third, fourth]))
    ### END SOLUTION


# %% tags=["check"] exercise="7.2"
check("7.2", inception_module);

# %% [markdown]
# The package writes such a module as a list of branches: `inception.module_v1(…)` above, with 64 in every bottleneck.

# %%
thin = account(bottlenecks)

# %% tags=["nbval-check-output"]
print(
    f"{naive.macs:,} MACs naive, {thin.macs:,} with bottlenecks: {naive.macs / thin.macs:.2f} "
    "× fewer"
)
print("channels out:", naive.rows[-1].channels, "and", thin.rows[-1].channels)
for row in thin.rows:
    if row.macs:
        print(f"{row.name:10} {row.macs / 10**6:7.2f} M")

# %% alt="Bars of the work of each branch. In the naive module 347 million for the 3 by 3 and 482 for the 5 by 5. With bottlenecks these are 100 and 133 million, and the pooling branch costs 13 where it cost nothing."
axes = plt.subplots(1, 2, figsize=(10, 2.2), layout="constrained", sharex=True)[1]
bars = {name: naive[name].macs / 10**6 for name in ("one", "three", "five", "pool")}
plots.show_bars(bars, axes[0], title="naive", xlabel="million MACs")
steps = {"one": ("1",), "three": ("2a", "2b"), "five": ("3a", "3b"), "pool": ("4b",)}
bars = {
    name: sum(thin[f"module_{one}"].macs for one in parts) / 10**6
    for name, parts in steps.items()
}
plots.show_bars(bars, axes[1], title="with bottlenecks", xlabel="million MACs");

# %% [markdown]
# **Notice** that the three added 1×1 cost 38.5 M together, and the two before the large kernels save 621 M. The third
# saves nothing here; it spares the next module, which reads 480 channels instead of 672.
#
# **Mind the slide.** "358 M operations" is a figure that is often copied for this module. The sum of its terms is
# 271.35 M, and the saving 3.15 ×. Where the surplus of 86.70 M comes from is the question of exercise 9.2; the lines
# above hold the answer.

# %% [markdown]
# ## GoogLeNet
#
# Nine modules, a few layers before them (the **stem**), global average pooling and one dense layer behind: GoogLeNet,
# or Inception v1. It is 22 layers deep. A row of the paper's table 1 is a module; the columns are those of your
# exercise.

# %% tags=["nbval-check-output"]
print("module     1×1  red3   3×3  red5   5×5  proj   out")
for name, row in inception.GOOGLENET.items():
    if len(row) == 6:
        print(
            f"{name:7}", *[f"{width:5}" for width in (*row, row[0] + row[2] + row[4] + row[5])]
        )
    else:
        print("        max pooling 3×3, strides 2")

# %% tags=["nbval-check-output"]
def planned(name, **options):
    with keras.StatelessScope(initialize_variables=False):  # shapes only: chapter 06
        return architectures.build(name, **options)

googlenet = account(planned("googlenet"))
print(f"GoogLeNet: {googlenet.parameters:,} parameters, {googlenet.macs / 10**9:.2f} G MACs")
for name, row in (("VGG-16", "A5.vgg16"), ("AlexNet", "A2.grouped_parameters")):
    print(
        f"{name} has {figures.figure(row).computed / googlenet.parameters:.0f} × the "
        "parameters"
    )

# %% alt="GoogLeNet as blocks from left to right. A tall stem comes first; then nine groups of small parallel blocks that grow wider and flatter toward the end."
plots.show_architecture(googlenet.blocks(), labels=0, title="GoogLeNet");

# %% [markdown]
# Each block is a convolution: its width is the number of channels, its area the number of MACs. **Notice** the shape:
# much of the work is on the left, where the maps are large, and most channels are on the right. The stem alone, with
# its 3×3 of 192 filters on 56×56 maps, does almost a third of all MACs.
#
# ### Auxiliary heads
#
# In 2014 a network of 22 layers was hard to train: little of the gradient seemed to reach the first layers. So
# GoogLeNet has two further classifiers, on modules 4a and 4d, each with a dense layer of 1,024 units. Their losses are
# added with weight 0.3, in Keras by `loss_weights=[1, 0.3, 0.3]`; after training they are thrown away.

# %% tags=["nbval-check-output"]
with_heads = planned("googlenet", auxiliary=True)
print([tuple(output.shape) for output in with_heads.outputs])
print(
    f"{with_heads.count_params():,} parameters with the heads, {googlenet.parameters:,} "
    "without"
)

# %% alt="GoogLeNet as a column: stem, inception 3a and 3b, pooling, 4a to 4e, pooling, 5a and 5b, global mean pooling, a dense layer of 1,000 classes. Beside it hang two heads, on 4a and on 4d: a mean pooling 5×5 with strides 3, a 1×1 convolution with 128 filters, a dense layer of 1,024 units with dropout 0.7, and 1,000 classes."
boxes = {
    f"inception_{name}": f"inception {name}"
    for name in inception.GOOGLENET
    if not name.startswith("pool")
}
boxes |= dict.fromkeys(("conv1", "pool1", "conv2", "pool2"), "stem")
diagrams.show(
    diagrams.collapse(diagrams.operations(with_heads), boxes),
    title="GoogLeNet with its heads",
);

# %% [markdown]
# **Notice** that the heads nearly double the parameters: whoever quotes a size for GoogLeNet must say which one. Later
# the authors found that the heads do not speed training up at the start, as they had thought, but help a little near
# its end. They take them for a **regulariser**: something that works against over-fitting, as dropout does.
#
# GoogLeNet was trained by SGD with momentum .9 (chapter 06; chapter 09 writes it out), with a learning rate that falls
# by 4 % every 8 epochs.
#
# What can such a head do? Here is the idea at a size that trains in seconds, on digits: sixteen convolutions, a
# classifier at the end, and two more after the 6th and the 11th convolution, if `heads` is True. The weights begin as
# Keras begins them (Glorot: chapter 06), which is a little too small for a ReLU network.

# %%
def network_with_heads(heads):
    inputs = keras.Input((28, 28, 1))
    x, outputs = layers.Rescaling(1 / 255)(inputs), []
    for number in range(1, 17):
        strides = 2 if number in (1, 3) else 1  # 28 → 14 → 7
        x = layers.Conv2D(16, 3, strides, "same", activation="relu")(x)
        if heads and number in (6, 11):
            pooled = layers.Flatten()(layers.AveragePooling2D(2)(x))  # (batch, 144)
            head = layers.Dense(10, activation="softmax", name=f"head_{number}")
            outputs.append(head(pooled))
    x = layers.GlobalAveragePooling2D()(x)
    main = layers.Dense(10, activation="softmax", name="main")(x)
    return keras.Model(inputs, [main, *outputs])

# %%
mnist = data.load("mnist")
x_train, y_train = mnist.x_train[:3000], mnist.y_train[:3000]
x_val, y_val = mnist.x_train[-2000:], mnist.y_train[-2000:]

# %% [markdown]
# A model with three outputs gets a list of three losses, three weights and three times the same labels. After training,
# a new `keras.Model` from the input to the main output leaves the heads out; it shares the trained weights.
#
# **Predict first:** four epochs with Adam, 3,000 digits. Both main classifiers sit on the same sixteen layers. Which
# one reads more of the new digits, and how large is the difference?

# %% tags=["slow"]
main_losses, main_accuracy = {}, {}
for name, heads in (("without heads", False), ("with two heads", True)):
    keras.utils.set_random_seed(1)
    model = network_with_heads(heads)
    count = len(model.outputs)
    model.compile(
        keras.optimizers.Adam(0.003), ["sparse_categorical_crossentropy"] * count,
        loss_weights=[1, 0.3, 0.3][:count],
    )
    history = model.fit(x_train, [y_train] * count, batch_size=50, epochs=4, verbose=0,
                        callbacks=[live.progress(name)]).history
    main_losses[name] = history["main_loss" if heads else "loss"]
    without_heads = keras.Model(model.input, model.outputs[0])
    predicted = without_heads.predict(x_val, batch_size=500, verbose=0).argmax(axis=1)
    main_accuracy[name] = float(np.mean(predicted == y_val))

# %% tags=["slow"] alt="Left, the loss of the main classifier over four epochs: without heads it hardly falls, with two heads it falls from above 2 to far below 1. Right, bars of the new digits read rightly: few without heads, about nine in ten with two heads."
axes = plt.subplots(1, 2, figsize=(10, 2.6), layout="constrained", width_ratios=(1.2, 1))[1]
plots.show_curves(main_losses, axes[0], ylabel="loss of the main classifier")
bars = {name: 100 * value for name, value in main_accuracy.items()}
plots.show_bars(bars, axes[1], title="main classifier, new digits read, %")
axes[1].set_xlim(0, 115);

# %% tags=["slow", "nbval-check-output"]
print("without heads, fewer than half are read:", main_accuracy["without heads"] < 0.5)
print("with two heads, more than 80 %:", main_accuracy["with two heads"] > 0.8)

# %% [markdown]
# **Notice** that the two networks predict with the same layers; only training differed. The heads' gradient enters at
# the outputs of the 6th and the 11th convolution and does not have to come down from the top. The tests of this course
# train with three seeds, and both lines hold with each.
#
# This network was chosen to need them: it is deep, has no normalisation, and begins with weights that are too small.
# Which of the three counts most was not measured. Batch normalisation, below, is the more general cure.
#
# **Mind the slide.** GoogLeNet's 40 % dropout is sometimes said to spare the last dense layer. In fact the dropout
# comes directly before that layer, which is the only dense layer of the main path:

# %% tags=["nbval-check-output"]
print(*[f"{row.name}: {row.kind} {row.shape}" for row in googlenet.rows[-3:]], sep="\n")

# %% [markdown]
# ## Batch normalisation
#
# A deep network is a product of many layers. If each makes its maps a little too large, the last ones explode; a little
# too small, and they vanish. And every training step shifts the inputs that the layers above have adapted to. Ioffe and
# Szegedy's cure of 2015: after each convolution, *before* the activation, centre and scale every channel by its own
# mean and variance over the batch.
#
# For the m values x of one channel in the batch:
#
# | step | formula |
# |---|---|
# | mean | $\mu = \dfrac{1}{m} \sum_i x_i$ |
# | variance | $\sigma^2 = \dfrac{1}{m} \sum_i (x_i - \mu)^2$ |
# | normalise | $\hat{x}_i = \dfrac{x_i - \mu}{\sqrt{\sigma^2 + \varepsilon}}$ |
# | scale and shift | $y_i = \gamma\,\hat{x}_i + \beta$ |
#
# γ and β are learned, one pair for each channel: if a feature is better off with another spread or centre, training can
# set it. ε is a small constant against division by zero. Four values, with ε = 0, γ = 1 and β = 0:

# %% tags=["nbval-check-output"]
values = np.array([2.0, 4.0, 4.0, 6.0])
mean, variance = values.mean(), ((values - values.mean()) ** 2).mean()
print(
    "mean",
    mean,
    "variance",
    variance,
    "normalised",
    ((values - mean) / np.sqrt(variance)).round(2),
)

# %% [markdown]
# In a batch of maps (batch, H, W, C) a channel is one feature, looked for at every place of every image. So its m =
# batch · H · W values share one mean and one variance.

# %% [markdown] exercise="7.3"
# ### Exercise 7.3 · Batch normalisation in NumPy (12 min, 3 points)
#
# **Input:** `x` (batch, H, W, C), `gamma` and `beta` (C,), and a number `epsilon`. **Output:** y (batch, H, W, C), as
# in training.

# %% tags=["exercise"] exercise="7.3"
def batch_norm(x, gamma, beta, epsilon):
    """Normalise each channel by the batch, then scale and shift it."""
    ### BEGIN SOLUTION
    mean = x.mean(axis=(0, 1, 2))  # (C,)
    variance = x.var(axis=(0, 1, 2))  # (C,), divided by m
    return gamma * (x - mean) / np.sqrt(variance + epsilon) + beta
    ### END SOLUTION


# %% tags=["check"] exercise="7.3"
check("7.3", batch_norm);

# %% [markdown]
# Keras's layer does the same. Three channels of very different centre and spread:

# %% tags=["nbval-check-output"]
maps = rng.normal(loc=[0, 50, -3], scale=[1, 20, 0.1], size=(16, 8, 8, 3)).astype("float32")
layer = layers.BatchNormalization()
normalised = np.asarray(layer(maps, training=True))
print(
    "before: mean", maps.mean((0, 1, 2)).round(1) + 0, "spread", maps.std((0, 1, 2)).round(1)
)
print(
    "after:  mean",
    np.abs(normalised.mean((0, 1, 2))).round(1),
    "spread",
    normalised.std((0, 1, 2)).round(2),
)
formula = (maps - maps.mean((0, 1, 2))) / np.sqrt(maps.var((0, 1, 2)) + layer.epsilon)
print("Keras and the formulas agree:", np.allclose(normalised, formula, atol=1e-3))

# %% [markdown]
# **Notice** the third channel: its spread is .95 afterwards, not 1. Its variance is about .01, and Keras's ε of .001 is
# no longer small beside it.
#
# **Mind the slide.** Which ε? It is sometimes said: 1e-5 for small data sets, 1e-3 for large ones. The two numbers are
# the defaults of two frameworks, PyTorch and Keras; the size of the data set has nothing to do with them. It matters
# when you move weights from one to the other: then ε must move too.

# %% [markdown]
# ## Training and inference
#
# In training the answer for an image depends on its neighbours in the batch. A user's single photograph has no
# neighbours. So the layer keeps a **moving mean** and a **moving variance** of every channel while it trains, and at
# inference uses those:
#
# $$\text{moving} \leftarrow m \cdot \text{moving} + (1 - m) \cdot \text{batch}$$
#
# with the **momentum** m. (It is not the momentum of SGD in chapter 06; only the name is the same.) The two start at 0
# and 1. They are parameters that no gradient touches: `count_params()` has four numbers per channel, and the summary
# calls two of them non-trainable.

# %% [markdown] exercise="7.4"
# ### Exercise 7.4 · Moving statistics (8 min, 2 points)
#
# **Input:** a list of `batches`, each (n, H, W, C), in the order in which they were seen, and the
# `momentum`. **Output:** a tuple (moving mean, moving variance), each (C,), after the last batch.

# %% tags=["exercise"] exercise="7.4"
def moving_statistics(batches, momentum):
    """Follow the moving mean and variance through the batches."""
    ### BEGIN SOLUTION
    channels = batches[0].shape[-1]
    mean, variance = np.zeros(channels), np.ones(channels)
    for batch in batches:
        mean = momentum * mean + (1 - momentum) * batch.mean(axis=(0, 1, 2))
        variance = momentum * variance + (1 - momentum) * batch.var(axis=(0, 1, 2))
    return mean, variance
    ### END SOLUTION


# %% tags=["check"] exercise="7.4"
check("7.4", moving_statistics);

# %% [markdown]
# How long must a layer train before its statistics can be trusted? The second channel's mean is about 50; with momentum
# .9:

# %% tags=["nbval-check-output"]
layer = layers.BatchNormalization(momentum=0.9)
for step in range(1, 61):
    layer(maps, training=True)
    if step in (1, 10, 30, 60):
        share = np.asarray(layer.moving_mean)[1] / maps.mean((0, 1, 2))[1]
        print(
            f"after {step:2} batches the moving mean is at {100 * share:3.0f} % of its target"
        )

# %% [markdown]
# **Notice** the rule: after n batches the share is 1 − momentumⁿ. Keras's default of .99 needs some 450 batches to come
# within one per cent; in a short training the network then validates badly though it has learned well. So this course
# lowers the momentum. And now the difference between the modes:

# %% tags=["nbval-check-output"]
for training in (True, False):
    alone, among = layer(maps[:2], training=training)[0], layer(maps, training=training)[0]
    print(
        f"training={training}: the first image's answer depends on its batch:",
        not np.allclose(alone, among),
    )

# %% [markdown]
# `fit` calls layers with `training=True`, `predict` and `evaluate` with `False`. At inference all numbers are fixed:
# y = a · x + b for every channel. That can be multiplied into the convolution before it, and then batch normalisation
# costs nothing.
#
# ## What does it buy?
#
# First, at the start of training. Ten convolutions of 16 filters; the weights begin with a spread of √(2 / inputs of a
# filter), "He normal", chosen so that a ReLU network keeps the size of its maps. What if that guess is off by a factor
# of 2?

# %%
def deep_network(normalise, *, depth=8):
    inputs = keras.Input((28, 28, 1))
    x = layers.Rescaling(1 / 255)(inputs)
    for number in range(depth):
        strides = 2 if number in (0, 2) else 1  # 28 → 14 → 7
        x = layers.Conv2D(
            16, 3, strides, "same", kernel_initializer="he_normal", use_bias=not normalise
        )(x)
        x = layers.BatchNormalization(momentum=0.8)(x) if normalise else x
        x = layers.ReLU()(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))

# %%
def spreads(normalise, factor):
    keras.utils.set_random_seed(1)
    model = deep_network(normalise, depth=10)
    for one in model.layers:
        if isinstance(one, layers.Conv2D):
            one.kernel.assign(factor * one.kernel)
    outputs = [one.output for one in model.layers if isinstance(one, layers.ReLU)]
    return [
        float(np.std(maps))
        for maps in keras.Model(model.input, outputs)(x_train[:100], training=True)
    ]

# %% alt="The spread of the maps in layers 1 to 10 on a logarithmic axis, for weights as they are, halved and doubled. Without normalisation the three lines fan out over six powers of ten; with it they lie on top of each other and stay flat."
axes = plt.subplots(1, 2, figsize=(10, 3.2), layout="constrained", sharey=True)[1]
for ax, normalise in zip(axes, (False, True)):
    curves = {f"weights × {factor}": spreads(normalise, factor) for factor in (2, 1, 0.5)}
    title = "with batch normalisation" if normalise else "without"
    plots.show_curves(
        curves, ax, title=title, xlabel="layer", ylabel="spread of the maps"
    ).set_yscale("log")

# %% [markdown]
# **Notice** that on the right the three lines are one: batch normalisation divides any factor out again. The size of
# the weights no longer matters to the output, and so a step of training that makes them too large does no harm either.
# That suggests a prediction.
#
# **Predict first:** eight layers, 3,000 digits, four epochs of plain gradient descent (SGD: weights minus rate times
# gradient, batches of 50). With a learning rate of .1 or .3, which networks learn?

# %% tags=["slow"]
accuracy = {}
for rate in (0.1, 0.3):
    for normalise in (False, True):
        keras.utils.set_random_seed(1)
        model = deep_network(normalise)
        model.compile(
            keras.optimizers.SGD(rate), "sparse_categorical_crossentropy", metrics=["accuracy"]
        )
        kind = "with" if normalise else "without"
        callbacks = [live.progress(f"rate {rate}, {kind} normalisation")]
        model.fit(x_train, y_train, batch_size=50, epochs=4, verbose=0, callbacks=callbacks)
        accuracy[rate, normalise] = model.evaluate(x_val, y_val, batch_size=500, verbose=0)[1]

# %% tags=["slow"] alt="Bars of the validation accuracy for two learning rates, without and with batch normalisation. Without it both bars are short, below 60 per cent; with it both are above 80 per cent."
axes = plt.subplots(1, 2, figsize=(10, 2), layout="constrained", sharex=True)[1]
for ax, normalise in zip(axes, (False, True)):
    bars = {
        f"rate {rate}": 100 * value
        for (rate, norm), value in accuracy.items()
        if norm == normalise
    }
    title = "with batch normalisation" if normalise else "without"
    plots.show_bars(bars, ax, title=title, xlabel="validation accuracy, %", form="{:.0f}")

# %% tags=["slow", "nbval-check-output"]
print(
    "plain, fewer than 60 % right at either rate:",
    max(accuracy[rate, False] for rate in (0.1, 0.3)) < 0.6,
)
print("normalised, rate 0.3, over 80 %:", accuracy[0.3, True] > 0.8)

# %% [markdown]
# **Notice** that the normalised network can take steps at which the plain one learns little or nothing, and so it gets
# much further in the same four epochs. The figures move with the seed and the processor; the verdict does not. The
# tests of this course train with three seeds: the plain network stays below 60 % at both rates, the normalised one is
# above 80 % at a rate of .3. The price is time: each epoch takes longer.
#
# It would be unfair to leave it there. With Adam at a rate of .003 the plain network learns too: more than 85 % with
# each of the three seeds, against more than 92 % with batch normalisation. Normalising helps most where the recipe is
# least careful.
#
# *Why* it helps is still argued about. The paper's reason, that the layers' inputs stop shifting, was tested by others
# in 2018, who found that the shift may remain and the training still be good; they hold that the loss becomes smoother.
# That it helps has been measured many times.
#
# ### Inception v2
#
# GoogLeNet was changed in three main points to make **Inception v2**, also called BN-Inception:
#
# - batch normalisation before every activation;
# - no local response normalisation (chapter 06);
# - two 3×3 in place of a 5×5, which see the same window with 18 instead of 25 weights.
#
# How much faster did it learn? One of the paper's runs reached the best accuracy of the same network without batch
# normalisation in 2.1 million steps instead of 31 (figure 3; "14 times fewer", says the paper). That run also had five
# times the learning rate, no dropout and a faster decay of the rate.
#
# A warning about the name: the paper on v3 calls a step on its own way to v3 "v2".
#
# Here are two of its modules. 3c halves the maps: it has no 1×1 branch, the last layer of each branch has strides 2,
# and the pooling passes all channels on.

# %% alt="Two modules of Inception v2, one below the other. 3a on 28×28×192: a 1×1; a 1×1 and a 3×3; a 1×1 and two 3×3; a mean pooling and a 1×1; all with batch normalisation and ReLU, concatenated to 28×28×256. 3c on 28×28×320: a 1×1 and a 3×3 with strides 2; a 1×1 and two 3×3, the last with strides 2; a max pooling with strides 2; concatenated to 14×14×576."
for name, channels in (("3a", 192), ("3c", 320)):
    *widths, kind, projection = inception.INCEPTION_V2[name]
    module = inception.module_v2(widths, kind, projection)
    model = module_model((28, 28, channels), module, blocks.Norm())
    diagrams.show_model(model, title=f"Inception v2, module {name}")

# %% [markdown]
# ## Inception v3
#
# Szegedy and others looked for more that could be saved. One 3×3 after another sees 5×5, and a 1×7 after a 7×1
# sees **7×7**: the 7×1 looks up and down, the 1×7 left and right. **Predict first:** what does the pair save, with C
# channels in and out?

# %% tags=["nbval-check-output"]
print("kernel   full C=192      factorised   ratio")
for size in (3, 5, 7):
    full = arithmetic.conv_parameters(size, 192, 192, bias=False)
    thin = 2 * arithmetic.conv_parameters((1, size), 192, 192, bias=False)
    print(f"{size}×{size}   {full:12,}   {thin:12,}   {full / thin:.1f} ×")

# %% [markdown]
# **Notice** the rule: n²C² weights against 2nC², a factor of n/2. As always, less is also less: for a single channel, a
# column times a row can only make kernels of **rank** 1. Chapter 02's vertical-edge kernel is one. Its "all edges"
# kernel is not:

# %% tags=["nbval-check-output"]
vertical = np.array([[1, 0, -1]] * 3)
outline = np.array([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]])
print(np.array_equal(np.array([[1], [1], [1]]) @ np.array([[1, 0, -1]]), vertical))
print("ranks:", np.linalg.matrix_rank(vertical), "and", np.linalg.matrix_rank(outline))

# %% tags=["cover"] alt="A bell-shaped column, a row that rises and falls, and their product: a 7 by 7 kernel with a light and a dark blob side by side. Last a diagonal stroke, which no column and row can give."
column, row = (
    np.exp(-(np.linspace(-2, 2, 7) ** 2))[:, None],
    np.array([[1, 2, 3, 0, -3, -2, -1]]) / 3,
)
titles = ["7×1", "1×7", "their product", "rank 7"]
plots.show_images([column, row, column @ row, np.eye(7)], titles, columns=4, scale=(-1, 1));

# %% [markdown]
# Many channels make up for it: each filter of the second layer adds up one rank-1 kernel per channel of the first. The
# paper found factorising useful in the middle of the network, on maps of 12 to 20 pixels, and not in the first layers.
# Here is its module for 17×17 maps.

# %%
wide = module_model((17, 17, 768), inception_v3.module_17(128), blocks.Norm())

# %% alt="Four branches of Inception v3 on 17×17×768: a 1×1; a 1×1, then 1×7 and 7×1; a 1×1, then 7×1, 1×7, 7×1 and 1×7; and a mean pooling with a 1×1; concatenated to 17×17×768."
diagrams.show_model(wide, title="Inception v3, maps of 17×17");

# %% tags=["nbval-check-output"]
factorised = account(wide).macs
full = 17 * 17 * (768 * (192 + 128 + 128 + 192) + 49 * (128 * 192 + 128 * 128 + 128 * 192))
print(f"{factorised / 10**6:.0f} M MACs; with a 7×7 for each pair {full / 10**6:,.0f} M")

# %% [markdown]
# On the 8×8 maps at the end a 1×3 and a 3×1 stand **side by side**, to make more channels for the classifier. Between
# the groups of modules the maps are halved and the channels grow. To pool first would lose information; to convolve
# first, on the large maps, would cost four times the work. So both run in parallel, with strides 2 (the paper's figures
# 7 and 10):

# %% alt="Above, the module for 8×8 maps: a 1×1; a 1×1 that forks into a 1×3 and a 3×1; a 1×1 and a 3×3 that forks in the same way; a mean pooling with a 1×1; all six outputs concatenated to 8×8×2048. Below, the reduction from 35×35×288 to 17×17×768: a 3×3 with strides 2; a 1×1, a 3×3 and a 3×3 with strides 2; a max pooling with strides 2; concatenated."
last = diagrams.operations(module_model((8, 8, 1280), inception_v3.MODULE_8, blocks.Norm()))
halving = diagrams.operations(
    module_model((35, 35, 288), inception_v3.REDUCTION_35, blocks.Norm())
)
diagrams.show(diagrams.spread(last), title="Inception v3, maps of 8×8")
diagrams.show(halving, title="from 35×35 to 17×17");

# %% [markdown]
# ### RMSProp
#
# v3 was trained with **RMSProp** instead of momentum. Each weight w keeps a moving average of its squared gradients g
# and divides its step by the root of it (RMS: the root of the mean of squares):
#
# $$\begin{aligned} a &\leftarrow \rho\,a + (1 - \rho)\,g^2 \\ w &\leftarrow w - \alpha\,\frac{g}{\sqrt{a + \varepsilon}} \end{aligned}$$
#
# with the average a, the learning rate α and a small constant ε.
#
# So a weight on a steep slope and one on a flat slope take steps of about the same length.

# %% [markdown] exercise="7.5"
# ### Exercise 7.5 · One step of RMSProp (8 min, 2 points)
#
# **Input:** arrays `weights`, `gradient` and `average` of one shape, and the numbers `learning_rate`, `rho`,
# `epsilon`. **Output:** a tuple (new weights, new average).

# %% tags=["exercise"] exercise="7.5"
def rmsprop_step(weights, gradient, average, learning_rate, rho, epsilon):
    """Take one step of RMSProp."""
    ### BEGIN SOLUTION
    average = rho * average + (1 - rho) * gradient**2
    return weights - learning_rate * gradient / np.sqrt(average + epsilon), average
    ### END SOLUTION


# %% tags=["check"] exercise="7.5"
check("7.5", rmsprop_step);

# %% [markdown]
# Against Keras, in a valley that is a thousand times steeper along one weight than along the other: loss = 500 u² + ½
# v².

# %% name="rmsprop-against-keras"
steepness = np.array([1000.0, 1.0])
def descend(optimizer, steps=4):
    weights, path = keras.Variable([1.0, 1.0]), []
    for _ in range(steps):
        optimizer.apply(
            [keras.ops.convert_to_tensor(steepness * np.asarray(weights))], [weights]
        )
        path.append(keras.ops.convert_to_numpy(weights).copy())
    return np.array(path)

def by_hand(rate, rho, epsilon, steps=4):
    weights, average, path = np.ones(2), np.zeros(2), []
    for _ in range(steps):
        gradient = steepness * weights
        average = rho * average + (1 - rho) * gradient**2
        weights = weights - rate * gradient / np.sqrt(average + epsilon)
        path.append(weights)
    return np.array(path)

# %% tags=["nbval-check-output"]
theirs = descend(keras.optimizers.RMSprop(0.01, rho=0.9, epsilon=1e-3))
slow = descend(keras.optimizers.SGD(0.001))
print(
    "the formulas give what Keras gives:",
    np.allclose(theirs, by_hand(0.01, 0.9, 1e-3), atol=1e-5),
)
for step, ((u, v), (u_slow, v_slow)) in enumerate(zip(theirs, slow), start=1):
    print(f"step {step}   RMSProp: u {u:.3f}, v {v:.3f}   SGD: u {u_slow:.3f}, v {v_slow:.3f}")

# %% [markdown]
# And 120 steps of each, on a map of the valley. **Predict first:** what does each path look like?

# %% alt="A map of the loss with both weights from 0 to 1; the contours are long vertical stripes. Both paths start at the top right. RMSProp's goes down the diagonal, in steps of about the same length, to the bottom at 0, 0. SGD's jumps straight to the middle of the valley, u = 0, and then creeps down along it, a little more than a tenth of the way."
u, v = np.meshgrid(np.linspace(-0.15, 1.1, 200), np.linspace(-0.1, 1.1, 200))
ax = plt.subplots(figsize=(6, 3.6), layout="constrained")[1]
ax.contour(
    u, v, 500 * u**2 + v**2 / 2, np.geomspace(0.05, 500, 9), colors="0.55", linewidths=0.8
)
for label, optimizer, colour, marker in (
    (
        "RMSProp, rate 0.01",
        keras.optimizers.RMSprop(0.01, rho=0.9, epsilon=1e-3),
        plots.COLOURS[0],
        "o",
    ),
    ("SGD, rate 0.001", keras.optimizers.SGD(0.001), plots.COLOURS[1], "s"),
):
    path = np.vstack([[1, 1], descend(optimizer, steps=120)])
    ax.plot(*path.T, color=colour, marker=marker, markersize=3, label=label)
ax.set(xlabel="u, the steep weight", ylabel="v, the flat weight")
ax.legend(loc="lower right");

# %% [markdown]
# **Notice** that RMSProp moves along both weights at the same pace, while SGD reaches u = 0 at once and has hardly
# moved along v. A larger rate is no help: above .002 SGD's steps along u would grow without end.
#
# The paper used ρ = .9 and a rate of .045 that falls by 6 % every two epochs, and ε = 1.0: far larger than Keras's
# 1e-7, so that small gradients count as small.
#
# ### Label smoothing
#
# Cross-entropy has no end: it can always be made smaller by raising the score of the true class. **Label smoothing**
# sets a target that can be reached. Take the share ε of the true label away and spread it evenly over *all* K classes,
# the true one too: 1 − ε + ε/K for the true class, ε/K for each other.

# %% [markdown] exercise="7.6"
# ### Exercise 7.6 · Smooth labels (6 min, 1 point)
#
# **Input:** whole numbers `labels` (n,), the number of `classes` K, and `epsilon`. **Output:** an array (n, K), one row
# per label.

# %% tags=["exercise"] exercise="7.6"
def smooth_labels(labels, classes, epsilon):
    """Return the smoothed target per label."""
    ### BEGIN SOLUTION
    return (1 - epsilon) * np.eye(classes)[labels] + epsilon / classes
    ### END SOLUTION


# %% tags=["check"] exercise="7.6"
check("7.6", smooth_labels);

# %% [markdown]
# Keras's loss has it built in. With K = 10, ε = .1 and some prediction p, it should be the cross-entropy with .91 and
# .01:

# %% tags=["nbval-check-output"]
p = rng.dirichlet(np.ones(10), 1)
label = np.eye(10)[[3]]
keras_loss = float(keras.losses.CategoricalCrossentropy(label_smoothing=0.1)(label, p))
for true, other in ((0.91, 0.01), (0.9, 0.1 / 9)):
    target = np.where(label == 1, true, other)
    print(
        f"{true} and {other:.4f}: as Keras:",
        np.isclose(-(target * np.log(p)).sum(), keras_loss, atol=1e-5),
    )

# %% [markdown]
# What does it change? Let the network give p to the true class, and share the rest equally among the nine
# others. **Predict first:** at which p is the smoothed loss smallest?

# %% alt="The loss against the probability of the true class, from 0.5 to 1. Without smoothing it falls all the way, to 0 at 1. With smoothing it falls to a smallest value at 0.91, marked by a dot, and then shoots up towards 1."
p = 1 - np.geomspace(0.5, 1e-5, 400)
plain = -np.log(p)
smoothed = -(0.91 * np.log(p) + 9 * 0.01 * np.log((1 - p) / 9))
lowest = smoothed.argmin()
ax = plt.subplots(figsize=(6, 3), layout="constrained")[1]
ax.plot(p, plain, color=plots.COLOURS[0], label="labels 1 and 0")
ax.plot(p, smoothed, "--", color=plots.COLOURS[1], label="labels .91 and .01")
ax.plot(p[lowest], smoothed[lowest], "o", color=plots.COLOURS[1])
ax.set(xlabel="probability of the true class", ylabel="cross-entropy", ylim=(0, 1.6))
ax.legend(loc="upper center");

# %% tags=["nbval-check-output"]
print(f"the smoothed loss is smallest at p = {p[lowest]:.2f}")

# %% [markdown]
# **Notice** the right end of the picture: more certainty than .91 is punished. So the scores need not grow without end.
#
# **Mind the slide.** 1 − ε and ε/(K − 1), here .9 and .0111, is often printed. It adds up to 1 as well, and is neither
# the paper's form nor Keras's.
#
# **Mind the slide.** "v3 has a top-5 error 3 % lower than v2, and adds batch normalisation." Batch normalisation came
# with v2; v3 added it to the auxiliary head. And errors can only be compared when taken alike. Here they are, all on
# the validation data (the paper on v3, tables 3 and 5; 3.46 is in the note to table 5):

# %% tags=["nbval-check-output"]
cited = {fact.id: fact.value for fact in figures.facts()}
for how in ("one_crop", "ensemble"):
    v2, v3 = cited[f"A8.top5.{how}"], cited[f"A9.top5.{how}"]
    print(f"{how.replace('_', ' '):9} v2 {v2} %, v3 {v3} %: {v2 - v3:.1f} points")

# %% [markdown]
# *One crop*: one network sees one piece of each image. *Ensemble*: several networks see many pieces, and their answers
# are averaged. Whoever compares across the two can find anything, from 4.3 points better (7.8 to 3.46) to 0.7 worse
# (4.9 to 5.6).

# %% [markdown]
# ## Inception v4 and Inception-ResNet
#
# In 2016 the same group asked whether inception modules need the **shortcuts** of ResNet, which add a block's input to
# its output (chapter 08). **Inception v4** has none: a more regular v3, with more modules. **Inception-ResNet** puts
# the shortcut around each module; a 1×1 behind the branches restores the number of channels, so that the two can be
# added. Here is its block for 35×35×384, written out (figure 16 of the paper). `conv` is a convolution with batch
# normalisation and ReLU:

# %%
def conv(x, filters, kernel_size):
    x = layers.Conv2D(filters, kernel_size, padding="same", use_bias=False)(x)
    return layers.ReLU()(layers.BatchNormalization()(x))

def inception_resnet_block(shape=(35, 35, 384), scale=0.17):
    inputs = keras.Input(shape)
    first = conv(inputs, 32, 1)
    second = conv(conv(inputs, 32, 1), 32, 3)
    third = conv(conv(conv(inputs, 32, 1), 48, 3), 64, 3)
    joined = layers.Concatenate()([first, second, third])  # (batch, 35, 35, 128)
    restored = layers.Conv2D(shape[-1], 1)(joined)  # (batch, 35, 35, 384), no activation
    outputs = layers.ReLU()(layers.Add()([inputs, layers.Rescaling(scale)(restored)]))
    return keras.Model(inputs, outputs)

# %% [markdown]
# The package writes the same as a table, in which `Residual` puts a shortcut around branches. **Predict first:** what
# does the block return if the 1×1 that restores the channels has only zeros as weights?

# %% tags=["nbval-check-output"]
from workbook.architectures import inception_v4

restored = (inception_v4.A_V2, blocks.Conv(384, 1, linear=True))
residual = module_model((35, 35, 384), blocks.Residual(restored, scale=0.17), blocks.Norm())
written = inception_resnet_block()
print(
    f"{written.count_params():,} parameters written out, {residual.count_params():,} as a "
    "table"
)
maps = rng.uniform(0, 1, (1, 35, 35, 384)).astype("float32")  # positive, as after a ReLU
last = [layer for layer in written.layers if isinstance(layer, layers.Conv2D)][-1]
last.set_weights([np.zeros_like(weight) for weight in last.get_weights()])
print("with zeros in the last 1×1 it returns its input:", np.allclose(written(maps), maps))

# %% [markdown]
# **Notice** that the block then changes nothing: a network of such blocks can be as deep as one likes, and begins as if
# it were shallow. Chapter 08 takes this further. Here is a module of Inception v4, without a shortcut, and below it
# this block:

# %% alt="Above, a module of Inception v4: a mean pooling and a 1×1; a 1×1; a 1×1 and a 3×3; a 1×1 and two 3×3, all of 96 filters at the end, concatenated to 384 channels. Below, a block of Inception-ResNet: three narrower branches, concatenated to 128 channels, a 1×1 to 384 that is multiplied by 0.17, and an addition to which the input comes on a line of its own beside the branches; then ReLU."
diagrams.show_model(
    module_model((35, 35, 384), inception_v4.A_V4, blocks.Norm()), title="Inception v4"
)
diagrams.show_model(residual, title="Inception-ResNet v2");

# %% [markdown]
# | top-5 error on ImageNet, one network, one crop, validation data | % | source |
# |---|---|---|
# | GoogLeNet (v1) | 10.07 | Szegedy et al. 2015, table 3 |
# | BN-Inception (v2) | 7.8 | Ioffe & Szegedy 2015, figure 4 |
# | Inception v3 | 5.6 | Szegedy et al. 2016, table 3 |
# | Inception v4 | 5.0 | Szegedy et al. 2017, table 1 (table 2 of the preprint) |
# | Inception-ResNet v2 | 4.9 | Szegedy et al. 2017, table 1 (table 2 of the preprint) |
#
# **Notice** how little the last two differ, with and without shortcuts. What the shortcuts did was to make
# training *faster*; accuracy came with size. Very wide networks became unstable, until the branch was multiplied by .1
# to .3 before adding. **Predict first:** sort the five networks by their work per image:

# %% tags=["slow", "nbval-check-output"]
names = ("googlenet", "inception_v2", "inception_v3", "inception_v4", "inception_resnet_v2")
work = {}
for name in names:
    model = planned(name)
    cost = account(model)
    size = f"{model.input_shape[1]}×{model.input_shape[2]}"
    print(f"{name:20} {size}  {cost.parameters:11,}  {cost.macs / 10**9:5.2f} G MACs")
    work[name] = cost.macs / 10**9

# %% tags=["slow"] alt="Horizontal bars of the multiply-adds of five inception networks: GoogLeNet and v2 are the shortest, v3 comes next, v4 and Inception-ResNet v2 are the longest."
plots.show_bars(work, xlabel="billion MACs per image", form="{:.2f}");

# %% [markdown]
# These are the networks of the papers' figures, and the parameters include the statistics of batch normalisation.
# Released models differ in places: Keras's InceptionResNetV2 is larger.
#
# ## Summary
#
# - An inception module runs several kernel sizes side by side and joins them along the channels; 1×1 bottlenecks make
#   it affordable.
# - GoogLeNet has 7 million parameters; with its auxiliary heads, which only training uses, 13 million.
# - Batch normalisation centres and scales every channel by its batch, lets γ and β set the rest, and allows large
#   learning rates.
# - Training uses the batch's statistics, inference the moving ones.
# - v2 is v1 with batch normalisation; v3 factorises kernels, uses RMSProp and smooths labels; v4 is larger.
# - Inception-ResNet adds shortcuts: faster training, about the same accuracy.
#
# ## Formulae
#
# | what | formula |
# |---|---|
# | bottleneck | $C R + F^2 R K$ weights instead of $F^2 C K$; MACs: times $H W$ |
# | batch normalisation | $y = \gamma\,\dfrac{x - \mu}{\sqrt{\sigma^2 + \varepsilon}} + \beta$ |
# | moving statistics | $m \cdot \text{moving} + (1 - m) \cdot \text{batch}$ |
# | F×F as 1×F and F×1 | $2 F C^2$ weights instead of $F^2 C^2$ |
# | RMSProp | $a \leftarrow \rho\,a + (1 - \rho)\,g^2$; $w \leftarrow w - \alpha\,g / \sqrt{a + \varepsilon}$ |
# | label smoothing | $1 - \varepsilon + \varepsilon / K$ for the true class, $\varepsilon / K$ for each other |
#
# The figures of this chapter, recomputed:

# %% tags=["nbval-check-output"]
rows = [row for row in figures.ledger() if row.id.startswith(("A7.", "A9."))]
figures.table(
    [row for row in rows if row.id not in ("A7.module_3x3", "A7.module_counted_twice")]
)

# %% [markdown]
# ## Where to read on
#
# - **Best next:** C. Szegedy and others, [*Going deeper with convolutions*](https://arxiv.org/abs/1409.4842), 2015:
#   GoogLeNet; table 1 and figure 2.
# - S. Ioffe and C. Szegedy, [*Batch normalization: accelerating deep network training by reducing internal covariate
#   shift*](https://arxiv.org/abs/1502.03167), 2015.
# - S. Santurkar, D. Tsipras, A. Ilyas and A. Mądry, [*How does batch normalization help
#   optimization?*](https://arxiv.org/abs/1805.11604), 2018.
# - C. Szegedy and others, [*Rethinking the Inception architecture for computer
#   vision*](https://arxiv.org/abs/1512.00567), 2016: v3; section 7 for label smoothing.
# - C. Szegedy, S. Ioffe, V. Vanhoucke and A. Alemi, [*Inception-v4, Inception-ResNet and the impact of residual
#   connections on learning*](https://arxiv.org/abs/1602.07261), 2017.
