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
# # 08 · ResNet and DenseNet: why depth needs shortcuts
#
# **More layers can only help, can't they?**
#
# You will be able to
#
# - show by an experiment that a deep plain network can be worse than a shallow one, tell that from over-fitting, and
#   say what is *not* the reason;
# - build residual blocks, with shortcuts that fit where the shape changes, and count their parameters;
# - draw the loss around a trained network along filter-normalised directions, and say what such a picture shows;
# - build dense blocks, and follow the channels through a DenseNet.
#
# **Minutes:** about 90 with the exercises; the notebook itself runs in under a minute on two CPU cores.

# %% tags=["setup"]
from workbook import accountant, arithmetic, architectures, chains, check, data, figures
from workbook import interpret, plots
import numpy as np
import matplotlib.pyplot as plt
import keras  # loading Keras takes some seconds
from keras import layers
from workbook import live

keras.utils.set_random_seed(1)

# %% [markdown]
# ## From 19 layers to 56
#
# VGG went from 11 layers to 19 and gained. Batch normalisation made still deeper networks trainable. So why not 56
# layers? Here is an experiment: stacks of 8, 20 and 56 layers, all alike: 3×3 convolutions, each with batch
# normalisation, 8, then 16, then 32 filters. They read digits of 12×12 pixels, for five passes over 3,000 of them.
#
# **Predict first:** which has the smallest error on its *training* digits?

# %%
stored = data.stored("degradation")
def results(kind, depth, what):
    """Return one number per seed."""
    return [
        run[what] for run in stored["runs"] if (run["kind"], run["depth"]) == (kind, depth)
    ]

# %% tags=["nbval-check-output"]
def show_errors(kind):
    for depth in (8, 20, 56):
        for what in ("training_error", "validation_error"):
            errors = "  ".join(f"{100 * error:5.1f}" for error in results(kind, depth, what))
            print(f"{kind:8} {depth:2} layers, {what.replace('_', ' '):16} {errors} %")

show_errors("plain")

# %% [markdown]
# The three columns are three seeds. These runs take minutes, so their results are stored: they can be made again with
# `python -m workbook.course.makers.experiments degradation`.

# %% tags=["nbval-check-output"]
from workbook.tables import Table

keys = ("data", "recipe", "hardware", "software", "seeds", "date", "cpu_seconds")
Table(("what", "value"), [(key, str(stored[key])) for key in keys])

# %% [markdown]
# **Notice** the training error with 56 layers. A network that over-fits is *good* on its training data and bad on
# others. This one is bad on both. From 8 to 20 layers nothing of the kind is seen yet: the training errors even fall a
# little. He, Zhang, Ren and Sun found the same on CIFAR-10 with 20 and 56 layers, trained for far longer, and called
# it **degradation**.
#
# **Mind the slide.** It is sometimes said that the 56-layer network is the better one on the training data, so that
# over-fitting is to blame, or that it is better on the test data. Neither: the deeper plain network was worse on
# training *and* test data.
#
# That is odd, because the deep network can do all that the shallow one can. Take the 20 layers, and let the other 36
# pass their input on unchanged: that is a 56-layer network, just as good. Such weights exist. Gradient descent does not
# find them in this time.
#
# ## Is it the gradient?
#
# The usual suspect is the **vanishing gradient**: each layer multiplies the gradient on its way down, and a product of
# many small factors is close to zero. We can look. Here is a builder for such networks. With `shortcuts=False` they are
# plain; what the shortcuts are for comes below.

# %% name="network"
def conv_norm(x, filters, kernel_size=3, strides=1):
    x = layers.Conv2D(filters, kernel_size, strides=strides, padding="same", use_bias=False,
                      kernel_initializer="he_normal")(x)
    return layers.BatchNormalization(momentum=0.8)(x)

def block(x, filters, strides, shortcuts):
    before = x
    x = layers.ReLU()(conv_norm(x, filters, strides=strides))
    x = conv_norm(x, filters)
    if shortcuts and before.shape[-1] != filters:
        before = conv_norm(before, filters, kernel_size=1, strides=strides)
    return layers.ReLU()(layers.Add()([x, before]) if shortcuts else x)

# %%
def network(depth, *, shortcuts):
    inputs = keras.Input((12, 12, 1))
    x = layers.ReLU()(conv_norm(inputs, 8))
    for filters in (8, 16, 32):
        for i in range((depth - 2) // 6):
            x = block(x, filters, 2 if i == 0 and filters > 8 else 1, shortcuts)
    return keras.Model(inputs, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))

# %% [markdown]
# Two layers per block, three groups of n blocks, a first convolution and the classifier: 6n + 2 layers, as in the
# paper's CIFAR networks. The last layer returns scores without a softmax; the loss below applies it
# (`from_logits=True`).
#
# Now take the loss's gradient with respect to each 3×3 kernel, before any training, and its norm (the root of the sum
# of squares). **Predict first:** does it shrink on its way from the last layer down to the first?

# %% tags=["slow"]
mnist = data.load("mnist", samples=3000, test_samples=10)
digits = (
    mnist.x_train[:, 2:-2, 2:-2].reshape(-1, 12, 2, 12, 2, 1).mean((2, 4)).astype("float32")
    / 255
    - 0.5
)
labels = mnist.y_train
loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

# %% tags=["slow"]
def gradient_norms(model):
    slopes = interpret.weight_gradients(model, loss_of, digits[:200], labels[:200])
    return np.array([np.linalg.norm(slope) for slope in slopes if slope.shape[:2] == (3, 3)])

# %% tags=["slow"]
norms = {}
for shortcuts in (False, True):
    keras.utils.set_random_seed(1)
    norms["residual" if shortcuts else "plain"] = gradient_norms(
        network(56, shortcuts=shortcuts)
    )

# %% tags=["slow"] alt="Gradient norms on a logarithmic scale over 55 convolutions. The plain network's are largest at the first layers and fall towards the last; the residual network's stay within a much narrower band."
ax = plots.show_curves(
    norms,
    title="56 layers, before training",
    xlabel="3×3 convolution, from the image up",
    ylabel="norm of the gradient",
)
ax.set_yscale("log");

# %% tags=["slow", "nbval-check-output"]
plain, residual = norms["plain"], norms["residual"]
print(
    "plain: first convolution's gradient over 100 times the last one's:",
    bool(plain[0] > 100 * plain[-1]),
)
print("residual: all within a factor of 20:", bool(residual.max() < 20 * residual.min()))

# %% [markdown]
# **Notice** that nothing vanishes. In the plain network the gradient *grows* on its way down, by a little in each
# layer, and over 55 layers by a factor of hundreds. A rate that suits the last layers is far too large for the first
# ones. With shortcuts, the second curve, the norms of all layers are within a factor of 20.
#
# **Mind the slide.** "Deep plain networks fail because the gradient vanishes" is often said. For networks without
# normalisation it can hold; for these it does not. He et al. found healthy gradients in theirs, and thought vanishing
# ones unlikely as the cause. What we measured, on other data and before the first step, is an explosion (Yang et al.
# 2019 explain where it comes from). Whether it is the whole reason this picture cannot say.
#
# ## The shortcut
#
# If layers find it hard to pass their input on, do it for them. A **residual block** adds its input to what its layers
# make:
#
# $$y = F(x) + x$$
#
# The layers learn only the **residual** F(x) = y − x, the correction. Here is a block of the builder above, without and
# with its shortcut:

# %% alt="Two blocks of two 3×3 convolutions with 8 filters and batch normalisation. Plain: one below the other, then ReLU. Residual: the same, but the input also goes by a coloured line beside the convolutions to an addition before the ReLU."
from workbook import diagrams

inputs = keras.Input((6, 4, 8), name="input")
pair = {
    "residual" if shortcuts else "plain": diagrams.operations(
        keras.Model(inputs, block(inputs, 8, 1, shortcuts))
    )
    for shortcuts in (False, True)
}
diagrams.show(diagrams.side_by_side(pair, level=False));

# %% [markdown]
# To pass x on, the layers need to make F = 0, and small weights do that. **Predict first:** what does each block return
# if its last normalisation has the scale γ = 0?

# %% tags=["nbval-check-output"]
for shortcuts in (False, True):
    one = keras.Model(inputs, block(inputs, 8, 1, shortcuts))
    last = [layer for layer in one.layers if isinstance(layer, layers.BatchNormalization)][-1]
    last.gamma.assign(np.zeros(8))
    x = np.random.default_rng(1).uniform(0, 1, (2, 6, 4, 8)).astype("float32")
    print(
        f"shortcut {shortcuts!s:5}: gives its input back: {np.allclose(one(x), x)}, gives "
        f"zeros: {not np.any(one(x))}"
    )

# %% [markdown]
# **Notice** what zeros mean in each: the plain block destroys everything, the residual one changes nothing. The input
# had no negative values, as after a ReLU: the block ends in one, which would have cut them off.
#
# ## When the shape changes
#
# x and F(x) can be added only if their shapes agree. Where a stage halves the maps and doubles the filters, the
# shortcut must be fitted. The paper tries three ways:
#
# | option | where the shape changes | elsewhere |
# |---|---|---|
# | A | keep every second pixel, fill the new channels with zeros | identity |
# | B | **projection**: a 1×1 convolution with strides 2 | identity |
# | C | projection | projection |
#
# A projection is a matrix for each pixel: from 64 channels to 96 it has this many weights.

# %% tags=["nbval-check-output"]
def planned(name, **options):
    with keras.StatelessScope(initialize_variables=False):  # shapes only: chapter 06
        return architectures.build(name, **options)

print(f"1×1×64×96: {arithmetic.conv_parameters(1, 64, 96, bias=False):,} weights")
for option in "ABC":
    model = planned("resnet34", shortcut=option)
    print(
        f"ResNet-34 {option}: {sum(int(np.prod(w.shape)) for w in model.trainable_weights):,} "
        "parameters"
    )

# %% [markdown]
# C was slightly better than B, and B than A, by a few tenths of a point. So projections are not what solves
# degradation: A has none. The paper goes on with the cheap B for ImageNet, and A for CIFAR.

# %% [markdown] exercise="8.1"
# ### Exercise 8.1 · A residual block (12 min, 3 points)
#
# **Input:** whole numbers `channels`, `filters` and `strides`. **Output:** a `keras.Model` for maps (12, 10,
# `channels`): convolution 3×3 with `strides`, normalisation, ReLU, convolution 3×3, normalisation; add the shortcut;
# ReLU. Convolutions have `filters` filters, padding same and no bias. The shortcut is the input itself; where
# `strides` > 1 or `channels` ≠ `filters` it is a 1×1 convolution with these strides and its own normalisation.
# Normalisation has Keras's default settings; how weights are initialised does not matter.

# %% tags=["exercise"] exercise="8.1"
def residual_block(channels, filters, strides):
    """Build a basic residual block, option B."""
    ### BEGIN SOLUTION
    inputs = shortcut = keras.Input((12, 10, channels))
    x = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(inputs)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    if strides > 1 or channels != filters:
        shortcut = layers.Conv2D(filters, 1, strides=strides, padding="same", use_bias=False)(
            inputs
        )
        shortcut = layers.BatchNormalization()(shortcut)
    return keras.Model(inputs, layers.ReLU()(layers.Add()([x, shortcut])))
    ### END SOLUTION


# %% tags=["check"] exercise="8.1"
check("8.1", residual_block);

# %% [markdown] exercise="8.2"
# ### Exercise 8.2 · A shortcut without parameters (8 min, 2 points)
#
# Option A in NumPy. **Input:** maps `x` (batch, H, W, C), whole numbers `filters` ≥ C and `strides`. **Output:** every
# `strides`-th row and column of `x`, beginning with the first, and after its channels zeros, `filters` channels in all.

# %% tags=["exercise"] exercise="8.2"
def padded_shortcut(x, filters, strides):
    """Fit x to a block's output without parameters."""
    ### BEGIN SOLUTION
    kept = x[:, ::strides, ::strides]
    return np.pad(kept, [(0, 0), (0, 0), (0, 0), (0, filters - x.shape[-1])])
    ### END SOLUTION


# %% tags=["check"] exercise="8.2"
check("8.2", padded_shortcut);

# %% [markdown]
# ## The experiment again
#
# The same three depths, the same recipe and seeds, now with shortcuts of option A. They add no parameter: both networks
# of a pair have the same number. **Predict first:** at which depths do shortcuts help?

# %% tags=["nbval-check-output"]
show_errors("residual")

# %% alt="Training error and validation error against the number of layers, 8, 20 and 56, a dot for each of three seeds. On a logarithmic scale the plain networks shoot up from 2 to 6 percent to over 70 percent at 56 layers; the residual networks stay below 5 percent at every depth."
axes = plt.subplots(1, 2, figsize=(9, 3), layout="constrained", sharey=True)[1]
for ax, what in zip(axes, ("training_error", "validation_error")):
    for kind, colour, shift in (
        ("plain", plots.COLOURS[1], -0.07),
        ("residual", plots.COLOURS[0], 0.07),
    ):
        # (depths, seeds)
        errors = 100 * np.array([results(kind, depth, what) for depth in (8, 20, 56)])
        ax.plot(range(3), errors.mean(axis=1), color=colour, label=kind)
        ax.plot(np.arange(3) + shift, errors, "o", color=colour, markersize=4)
    ax.set(
        title=what.replace("_", " "), xlabel="layers", xticks=range(3), xticklabels=(8, 20, 56)
    )
    ax.set(yscale="log", ylim=(0.4, 100), yticks=(1, 10, 100), yticklabels=(1, 10, 100))
axes[0].set_ylabel("error, % (logarithmic)")
axes[0].legend();

# %% tags=["nbval-check-output"]
for depth in (8, 20, 56):
    plain, residual = (results(kind, depth, "training_loss") for kind in ("plain", "residual"))
    print(
        f"{depth:2} layers, mean training loss: plain {np.mean(plain):.2f}, residual "
        f"{np.mean(residual):.2f}; "
        f"residual lower with every seed: {all(b < a for a, b in zip(plain, residual))}"
    )

# %% [markdown]
# **Notice** three things. With 56 layers the plain networks have learned next to nothing, whatever the seed, and the
# residual ones read nearly all digits. With 8 layers shortcuts do not help: here the plain networks are even a little
# ahead. And depth is not free with shortcuts either: at this budget 20 layers beat 56. What shortcuts buy is that deep
# networks can be trained at all.
#
# The limits of this experiment: 150 steps, small digits, one rate for all. Longer training helps the plain networks
# too; the paper's ran for 64,000 steps on CIFAR-10, and 56 plain layers were still worse than 20, while the residual
# networks went on improving up to 110 layers.

# %% [markdown]
# Here is a small part of it, live: 20 layers, without and with shortcuts (option B this time), two passes over 2,000
# digits.

# %% tags=["slow"]
losses = {}
for shortcuts in (False, True):
    keras.utils.set_random_seed(1)
    model = network(20, shortcuts=shortcuts)
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9), loss_of)
    name = "residual" if shortcuts else "plain"
    callbacks = [live.progress(name)]
    history = model.fit(digits[:2000], labels[:2000], batch_size=100, epochs=2, verbose=0,
                        callbacks=callbacks)
    losses[name] = history.history["loss"]

# %% tags=["slow", "nbval-check-output"]
print(
    "after two passes the residual network has the lower loss:",
    losses["residual"][-1] < losses["plain"][-1],
)

# %% [markdown]
# ### Four numbers tell
#
# A deeper network did worse. Was it degradation or over-fitting? The test error alone cannot say. Compare the deep
# network with the shallow one, on training and on test data:
#
# | training error | test error | what it is |
# |---|---|---|
# | worse | worse | **degradation**: it cannot even fit what it was shown |
# | not worse | worse | **over-fitting**: it fits as well, or better, and generalises less |
# | better | better | the shallow network was **too small**: it under-fitted |
# | anything else | | none of these |
#
# A difference counts only if chance does not make as much. Our validation digits are 2,000; take two networks that err
# on 4 % of all digits, and test each on 2,000 of them:

# %% tags=["nbval-check-output"]
# of the difference of two such errors, in points
spread = 100 * np.sqrt(2 * 0.04 * 0.96 / 2000)
print(f"in 95 of 100 trials they differ by less than {1.96 * spread:.1f} points")

# %% [markdown]
# So let "worse" and "better" mean by more than 1.5 points, and all else be alike. The stored runs, seed by seed:

# %% tags=["nbval-check-output"]
def show_changes(kind, shallow, deep):
    for what in ("training_error", "validation_error"):
        pairs = zip(results(kind, shallow, what), results(kind, deep, what))
        changes = [100 * (after - before) for before, after in pairs]
        words = [
            "worse" if one > 1.5 else "better" if one < -1.5 else "alike" for one in changes
        ]
        text = "  ".join(f"{one:+6.2f} {word:6}" for one, word in zip(changes, words))
        print(f"{kind:8} {shallow:2} to {deep} layers, {what.split('_')[0]:10} {text}")

for kind in ("plain", "residual"):
    show_changes(kind, 8, 20)
    show_changes(kind, 20, 56)

# %% [markdown]
# **Read it column by column**, one seed per column:
#
# - *Plain, 20 to 56 layers*: worse on both, with every seed. That is degradation.
# - *Plain, 8 to 20*: the second seed fits as before and is worse on new digits, a touch of over-fitting. The others are
#   alike.
# - *Residual, 8 to 20*: all fit better. With the third seed the validation error, too, falls by more than the margin:
#   there 8 layers were too small.
# - *Residual, 20 to 56*: one fits a little worse, but none is worse on new digits. No degradation.

# %% [markdown] exercise="8.3"
# ### Exercise 8.3 · Degradation or over-fitting? (8 min, 2 points)
#
# **Input:** tuples `shallow` and `deep`, each (training error, test error) in per cent, and a `margin` in points, all
# multiples of 0.5, so that their differences are exact. **Output:** by the table above `"degradation"`,
# `"over-fitting"`, `"too small"` or `"none"`. Worse and better mean a difference *larger* than the margin.

# %% tags=["exercise"] exercise="8.3"
def diagnose(shallow, deep, margin):
    """Judge a deeper network by the errors of both."""
    ### BEGIN SOLUTION
    training = deep[0] - shallow[0]  # above 0: the deep network is worse
    test = deep[1] - shallow[1]
    if test > margin:
        return "degradation" if training > margin else "over-fitting"
    if training < -margin and test < -margin:
        return "too small"
    return "none"
    ### END SOLUTION


# %% tags=["check"] exercise="8.3"
check("8.3", diagnose);

# %% [markdown]
# ## The bottleneck
#
# For 50 layers and more the paper changes the block: a 1×1 convolution makes the input narrow, the 3×3 works there,
# another 1×1 makes it four times as wide again. It looks like this, beside the **basic** block, and the basic block
# that begins a stage, with option B's projection:

# %% alt="Three blocks. Basic: input 56×56×64, two 3×3 convolutions with 64 filters, an addition to which the input comes on a line beside the convolutions, ReLU. Bottleneck: input 56×56×256, a 1×1 and a 3×3 with 64 filters, a 1×1 with 256, addition and ReLU. With a projection: a 3×3 with 128 filters and strides 2, a second 3×3, and beside them a 1×1 with 128 filters and strides 2; both come to the addition at 28×28×128."
from workbook.architectures import resnet

def block_model(channels, filters, strides, *, bottleneck):
    inputs = keras.Input((56, 56, channels), name="input")
    kind = resnet.ResNet((1,), bottleneck)
    return keras.Model(
        inputs, resnet.block(inputs, filters, strides, kind, False, name="block")
    )

drawn = {
    "basic": diagrams.operations(block_model(64, 64, 1, bottleneck=False)),
    "bottleneck": diagrams.operations(block_model(256, 64, 1, bottleneck=True)),
    "with a projection": diagrams.operations(block_model(64, 128, 2, bottleneck=False)),
}
diagrams.show(diagrams.side_by_side(drawn, level=False));

# %% [markdown]
# The bottleneck carries 256 channels instead of 64. What does it cost?

# %% tags=["nbval-check-output"]
def weights(*kernels):
    return sum(arithmetic.conv_parameters(*kernel, bias=False) for kernel in kernels)

narrow, first_narrow = (
    ((1, 256, 64), (3, 64, 64), (1, 64, 256)),
    ((1, 64, 64), (3, 64, 64), (1, 64, 256)),
)
print(f"basic, 64 channels:       {weights((3, 64, 64), (3, 64, 64)):9,} weights")
print(f"bottleneck, 256 channels: {weights(*narrow):9,}")
print(f"basic, 256 channels:      {weights((3, 256, 256), (3, 256, 256)):9,}")
print(f"bottleneck with a projection from 256 channels:  {weights(*narrow, (1, 256, 256)):7,}")
print(
    "the first one, 64 channels in, with a projection: "
    f"{weights(*first_narrow, (1, 64, 256)):6,}"
)

# %% [markdown]
# **Notice:** four times the channels, and fewer weights than the basic block. This is chapter 07's saving again. With a
# narrow part of w channels it is 4w² + 9w² + 4w² = 17w² weights.
#
# Here it matters that the shortcut is the identity: a projection between the two wide ends almost doubles the block
# (the fourth line). Where the block's input does not have 4w channels, a projection cannot be avoided: the very first
# block reads 64 channels and returns 256.

# %% [markdown]
# ## The family
#
# All begin with a 7×7 convolution with strides 2 and a max pooling. Then come four stages of blocks with 64, 128, 256
# and 512 filters, then global average pooling and the classifier. So a network is a list of four numbers: the blocks
# per stage.
#
# **Mind the slide.** "ResNet and DenseNet use small kernels only" overlooks their first layer, 7×7.

# %% tags=["nbval-check-output"]
stages = {
    18: (2, 2, 2, 2),
    34: (3, 4, 6, 3),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
}
for name, blocks in stages.items():
    bottleneck = name >= 50
    depth = 2 + (3 if bottleneck else 2) * sum(blocks)
    print(
        f"ResNet-{name}: {blocks!s:14} {depth} layers, "
        f"{chains.resnet_parameters(blocks, bottleneck=bottleneck):,}"
    )

# %% [markdown]
# These parameters follow from the table of the paper. Counting the layers of a model that was built gives the same:

# %% tags=["nbval-check-output"]
model = planned("resnet50")
trainable = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
print(
    f"ResNet-50 as built: {trainable:,}; running means and variances besides: "
    f"{model.count_params() - trainable:,}"
)

# %% [markdown]
# `keras.applications.ResNet50` says 25,636,712: it counts these statistics, and its convolutions have 26,560 biases,
# which the normalisation behind them makes useless.
#
# For CIFAR's 32×32 images there is a family of its own: a 3×3 first layer, three stages with 16, 32 and 64 filters, n
# blocks in each. With n = 3, 5, 7, 9 and 18 that makes 20, 32, 44, 56 and 110 layers. `architectures.build("resnet20")`
# has it.
#
# How good were they? Top-5 error on ImageNet: how often the true class is not among the five most probable ones.

# %% alt="Bars of top-5 errors in percent: VGG 8.43, GoogLeNet 7.89, ResNet-34 B 5.71, ResNet-34 C 5.60, ResNet-50 5.25, ResNet-101 4.60, ResNet-152 4.49, and the ensemble of ResNets 3.57."
top5 = {
    fact.id.split(".")[-1]: fact.value
    for fact in figures.facts()
    if fact.id.startswith("A11.top5.")
}
names = (
    "VGG",
    "GoogLeNet",
    "ResNet-34 B",
    "ResNet-34 C",
    "ResNet-50",
    "ResNet-101",
    "ResNet-152",
    "ensemble",
)
plots.show_bars(
    dict(zip(names, top5.values(), strict=True)), xlabel="top-5 error, %", form="{:.2f}"
);

# %% [markdown]
# (He et al. 2016, tables 4 and 5.) **Notice** that depth pays now, from 34 to 152. The ensemble's 3.57 % is on
# the *test* set and won ILSVRC 2015, and VGG's 8.43 % is on the test set too; the other single networks were measured
# on the validation set, averaged over many crops (GoogLeNet) or over five sizes of each image (the ResNets). So compare
# the first and the last bar with care.
#
# **Mind the slide.** Some of what is said about training ResNets is not in the paper:
#
# | often said | the paper |
# |---|---|
# | weight decay 10⁻⁵ | 10⁻⁴ |
# | warm-up: begin with rate 0.01, then 0.1 | reported only for CIFAR's 110 layers; ImageNet's networks begin with 0.1 |
# | batch normalisation is not needed | it follows every convolution |
# | more than 1,000 layers cannot be optimised | 1,202 layers reached a training error below 0.1 %; the test error was 7.93 %, against 6.43 % with 110 layers (the best of five runs; table 6): it over-fitted, the authors argue |
#
# ## Directions of the right length
#
# Why is the plain network so hard to train? Li et al. drew the loss around trained networks. The weights θ are a point
# in a space of 200,000 dimensions. Two random directions δ and η span a plane through it, and the picture shows the
# loss at θ + aδ + bη.
#
# But how far is a step of 1? Multiply a filter by 10 in front of batch normalisation, and the network computes the
# same. Yet beside that filter a step of 1 is ten times smaller, and the picture seems ten times flatter. So every
# filter of δ is scaled to the norm of the same filter of θ: **filter normalisation**. Biases and normalisation layers
# are not moved at all.

# %% [markdown] exercise="8.4"
# ### Exercise 8.4 · A direction of the right length (10 min, 3 points)
#
# **Input:** arrays `direction` and `weights` of equal shape. The last axis counts the filters: (kh, kw, C, filters) of
# a convolution, (inputs, units) of a dense layer. **Output:** `direction` with each filter scaled to the norm (the root
# of the sum of squares) of that filter of `weights`; zeros for a vector (one axis). Write it yourself: the course's own
# function for this does not count.

# %% tags=["exercise"] exercise="8.4"
def filter_normalise(direction, weights):
    """Scale each filter of a direction to the size of the weights' filter."""
    ### BEGIN SOLUTION
    if weights.ndim == 1:
        return np.zeros_like(weights)
    axes = tuple(range(weights.ndim - 1))
    lengths = np.sqrt((direction**2).sum(axis=axes))  # (filters,)
    return direction * np.sqrt((weights**2).sum(axis=axes)) / lengths
    ### END SOLUTION


# %% tags=["check"] exercise="8.4"
check("8.4", filter_normalise);

# %% [markdown]
# ## The loss around a network
#
# Here are the two 56-layer networks of the experiment (first seed), trained, and the loss of 200 training digits on a
# grid of 17×17 points around each. **Predict first:** which one lies in a wide valley?

# %%
saved = data.stored("surface.npz")
steps = saved["steps"]
surfaces = {"plain": saved["plain"], "residual": saved["residual"]}

# %% alt="Contours of the loss, from its decimal logarithm -1 to 10, around two trained networks. Plain: a small flat floor of loss 2 around the middle, and steep walls to the corners. Residual: a round bowl, deeper in the middle and much lower at the edges."
axes = plt.subplots(1, 2, figsize=(9.5, 4), layout="constrained", sharey=True)[1]
levels = np.arange(-1, 11, 0.5)
for ax, (name, grid) in zip(axes, surfaces.items()):
    drawn = ax.contourf(steps, steps, np.log10(grid), levels, cmap="viridis")
    ax.contour(steps, steps, np.log10(grid), levels, colors="white", linewidths=0.5)
    ax.plot(0, 0, "o", color=plots.COLOURS[1])
    ax.set(
        title=f"{name}, loss in the middle {grid[8, 8]:.2f}",
        xlabel="a, first direction",
        aspect="equal",
    )
axes[0].set_ylabel("b, second direction")
axes[0].figure.colorbar(drawn, ax=axes, label="log₁₀ of the loss", ticks=range(-1, 11, 2));

# %% tags=["cover"] alt="The same two losses as surfaces in three dimensions on one logarithmic scale. The plain network's rises to tens of billions at the corners around a flat floor, the residual network's is a bowl that ends far lower."
figure = plt.figure(figsize=(10, 4), layout="constrained")
for place, (name, grid) in enumerate(surfaces.items(), 1):
    ax = figure.add_subplot(1, 2, place, projection="3d")
    ax.plot_surface(
        *np.meshgrid(steps, steps), np.log10(grid), cmap="viridis", vmin=-1, vmax=10.5
    )
    ax.set(title=name, xlabel="a", ylabel="b", zlabel="log₁₀ of the loss", zlim=(-1, 10.5))

# %% tags=["nbval-check-output"]
for name, grid in surfaces.items():
    inside = grid[6:11, 6:11]  # within a quarter of a filter's length
    print(
        f"{name}: {grid[8, 8]:.2f} in the middle; within a quarter of a length "
        f"{inside.min():.2f} to {inside.max():.2f};"
    )
    print(
        f"    at most {grid.max():.0e}; below 10 on {100 * np.mean(grid < 10):.0f} % of the "
        "points"
    )

# %% [markdown]
# **Notice** the shape of the two. The residual network is at the bottom of a bowl, round and wide. The plain one is on
# a small, irregular floor, where the loss is about that of guessing (2.30); beyond it, on one side less than a quarter
# of a filter's length away, walls rise by many powers of ten. A flat floor does not say in which direction to go, and a
# wall throws every large step off.
#
# What the picture does not show:
#
# - These are two directions of 200,000, one seed and one plane.
# - The plain network has not come to a minimum, so the two pictures are taken at different stages of training.
# - Li et al. drew jagged ranges for 56 layers without shortcuts, trained to the end on CIFAR-10. They are not here:
#   "shortcuts make a chaotic surface smooth" is their finding; ours is the milder "flat floor and steep walls, against
#   a bowl".
#
# `python -m workbook.course.makers.experiments surface` computes these grids again.

# %% [markdown]
# ## DenseNet: concatenate instead of add
#
# A sum mixes: once x and F(x) are added, they cannot be told apart. Huang, Liu, van der Maaten and Weinberger keep them
# apart. In a **dense block** each layer reads the maps of *all* layers before it in the block, side by side, and
# appends a few new ones: the **growth rate** k, often 12 or 32. In Keras each layer is followed by a `Concatenate` of
# all that is there so far. `diagrams.spread` leaves those out, and draws what they mean: which layer reads which.

# %% alt="A dense block of four layers in a column, growth rate 32, below an input of 28×28×64. Each is batch normalisation, ReLU and a 3×3 convolution with 32 filters. The input's line runs beside them, in a colour of its own, and reaches all four layers and the concatenation at the end; the first layer's line reaches all layers below it, and so on: ten lines besides the five that come to the end. The result has 28×28×192."
from workbook.architectures import densenet

inputs = keras.Input((28, 28, 64), name="input")
x = inputs
for i in range(1, 5):
    x = densenet.dense_layer(
        x, densenet.DenseNet((4,), 32, bottleneck=False), name=f"layer{i}"
    )
model = keras.Model(inputs, x)
diagrams.show(diagrams.spread(diagrams.operations(model)), title="dense block");

# %% tags=["nbval-check-output"]
account = accountant.account(model)
for row in account.rows:
    if row.kind in ("Conv2D", "Concatenate"):
        print(
            f"{row.kind:12} {row.name:9} {row.channels:4} channels {row.parameters:7,} weights"
        )

# %% [markdown]
# **Notice** how narrow the layers may be: 32 filters, where a ResNet has hundreds. What was found once is kept and read
# again, by every later layer (**feature reuse**). With k₀ channels before the block, the input of layer ℓ has k₀ + (ℓ −
# 1)·k channels. So the convolutions become more expensive along the block. Two things help:
#
# - a **bottleneck** before each 3×3: a 1×1 convolution to 4k channels (the B in DenseNet-BC);
# - a **transition** between two blocks: a 1×1 convolution keeps a part of the channels, usually half (**compression**,
#   the C), and average pooling halves the maps.
#
# | | ResNet | DenseNet |
# |---|---|---|
# | joins by | adding | concatenating |
# | channels within a stage | constant | grow by k per layer |
# | order | convolution, normalisation, ReLU | normalisation, ReLU, convolution |
# | shapes must agree in | height, width, channels | height, width |

# %% [markdown] exercise="8.5"
# ### Exercise 8.5 · How wide it grows (8 min, 2 points)
#
# **Input:** the `channels` that enter the first block, the number of layers in each of the `blocks`, `growth_rate` and
# `compression`. **Output:** a list: the channels at the end of each block, before the transition. Between two blocks
# there is a transition, which lets int(channels · compression) through.

# %% tags=["exercise"] exercise="8.5"
def dense_channels(channels, blocks, growth_rate, compression):
    """List the channels at the end of each dense block."""
    ### BEGIN SOLUTION
    counts = []
    for count in blocks:
        channels += count * growth_rate
        counts.append(channels)
        channels = int(channels * compression)
    return counts
    ### END SOLUTION


# %% tags=["check"] exercise="8.5"
check("8.5", dense_channels);

# %% [markdown] exercise="8.6"
# ### Exercise 8.6 · A dense block (10 min, 3 points)
#
# **Input:** whole numbers `channels`, `count` and `growth_rate`. **Output:** a `keras.Model` for maps (8, 6,
# `channels`) with `count` layers. Each reads everything so far: normalisation, ReLU, convolution 3×3 with `growth_rate`
# filters, padding same, no bias; and its maps are appended *after* everything so far. Normalisation has Keras's default
# settings; how weights are initialised does not matter.

# %% tags=["exercise"] exercise="8.6"
def dense_block(channels, count, growth_rate):
    """Build a dense block."""
    ### BEGIN SOLUTION
    inputs = x = keras.Input((8, 6, channels))
    for _ in range(count):
        new = layers.ReLU()(layers.BatchNormalization()(x))
        new = layers.Conv2D(growth_rate, 3, padding="same", use_bias=False)(new)
        x = layers.Concatenate()([x, new])
    return keras.Model(inputs, x)
    ### END SOLUTION


# %% tags=["check"] exercise="8.6"
check("8.6", dense_block);

# %% [markdown]
# ## DenseNet-121 to 264
#
# Again a network is a list of four numbers. A layer with its bottleneck counts as two; the stem, three transitions and
# the classifier are added.

# %% tags=["nbval-check-output"]
dense = {
    121: (6, 12, 24, 16),
    169: (6, 12, 32, 32),
    201: (6, 12, 48, 32),
    264: (6, 12, 64, 48),
}
for name, blocks in dense.items():
    depth = 1 + 2 * sum(blocks) + 3 + 1
    print(
        f"DenseNet-{name}: {blocks!s:15} {depth} layers, "
        f"{chains.densenet_parameters(blocks):,} with statistics"
    )

# %% [markdown]
# The one called 264 has 265 layers by its own table. DenseNet-121 as built, beside a ResNet:

# %% tags=["nbval-check-output"]
model = planned("densenet121")
print(f"{model.count_params():,} parameters, with the running means and variances")
for name in ("resnet50", "densenet121"):
    account = accountant.account(planned(name))
    print(
        f"{name:11} {account.macs / 1e9:.1f} G MACs, {account.memory / 1e6:,.0f} MB for all "
        "maps of one image"
    )

# %% [markdown]
# **Notice** the trade: a third of ResNet-50's parameters, but a third more memory for the maps, because each
# concatenation writes all maps so far again, and each normalisation once more. The figure counts every layer's output;
# some implementations share that memory.
#
# In the paper's comparison a DenseNet-201 of 20 million parameters errs about as often on ImageNet as a ResNet-101 of
# more than 40 million.
#
# ## Summary
#
# - Past some depth a plain network gets worse on its *training* data: degradation, not over-fitting, and with
#   normalisation not a vanishing gradient (ours exploded).
# - A residual block adds its input: y = F(x) + x. Passing on is free, and only the correction is learned.
# - Where shapes change the shortcut is padded (A) or projected (B); projecting everywhere (C) gains little.
# - Bottlenecks make wide blocks cheap: 50, 101 and 152 layers.
# - A picture of the loss needs directions scaled filter by filter, and shows two of 200,000 directions.
# - DenseNet concatenates: narrow layers, every map kept, few parameters, more memory.
#
# ## Formulae
#
# | what | formula |
# |---|---|
# | residual block | $y = \mathrm{ReLU}(F(x) + x)$, or $\mathrm{ReLU}(F(x) + W x)$ with a projection $W$ |
# | basic block, C channels | $18\,C^2$ weights |
# | bottleneck, 4w channels | $4w^2 + 9w^2 + 4w^2 = 17\,w^2$ weights, $4w \cdot \text{channels}$ more with a projection |
# | depth of CIFAR's ResNets | $6n + 2$ |
# | filter normalisation | $\delta_f \leftarrow \delta_f\,\dfrac{\lVert \theta_f \rVert}{\lVert \delta_f \rVert}$ for each filter f |
# | channels after ℓ dense layers | $k_0 + \ell\,k$ |
#
# The figures of this chapter, recomputed:

# %% tags=["nbval-check-output"]
figures.table([row for row in figures.ledger() if row.id.startswith(("A11.", "A14."))])

# %% [markdown]
# ## Where to read on
#
# - **Best next:** K. He, X. Zhang, S. Ren and J. Sun, [*Deep residual learning for image
#   recognition*](https://arxiv.org/abs/1512.03385), CVPR 2016: figure 1 for degradation, section 3.3 for the shortcuts,
#   table 1 for the family, section 4.2 for CIFAR-10 and 1,202 layers.
# - K. He, X. Zhang, S. Ren and J. Sun, [*Identity mappings in deep residual
#   networks*](https://arxiv.org/abs/1603.05027), ECCV 2016: why nothing should stand in the shortcut's way.
# - H. Li, Z. Xu, G. Taylor, C. Studer and T. Goldstein, [*Visualizing the loss landscape of neural
#   nets*](https://arxiv.org/abs/1712.09913), NeurIPS 2018.
# - G. Huang, Z. Liu, L. van der Maaten and K. Weinberger, [*Densely connected convolutional
#   networks*](https://arxiv.org/abs/1608.06993), CVPR 2017.
# - G. Yang and others, [*A mean field theory of batch normalization*](https://arxiv.org/abs/1902.08129), ICLR 2019: why
#   gradients grow in deep normalised plain networks.
# - G. Pleiss and others, [*Memory-efficient implementation of DenseNets*](https://arxiv.org/abs/1707.06990), 2017.
