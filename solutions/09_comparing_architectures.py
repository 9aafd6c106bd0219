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
# # 09 · Comparing architectures, training recipes, and using a trained network
#
# **Which network should you take, how was it trained, and what can you do with it today?**
#
# You will be able to
#
# - make a comparison table that says what it counts, and find the slips in one that doesn't;
# - read a training recipe from a paper and run it in Keras, momentum and learning-rate schedule included;
# - give a photograph to a network trained on ImageNet, prepared as that network expects;
# - reuse its features for a task of your own with four pictures per class, fine-tune it for a task far from ImageNet,
#   and average several networks.
#
# **Minutes:** about 80 with the exercises; the notebook itself runs in about a minute on two CPU cores, and needs no
# network.

# %% tags=["setup"]
import os
# before Keras
from workbook import accountant, architectures, arithmetic, audio, check, data, figures
from workbook import pictures, plots, pretrained, recipes, standins
from workbook.architectures import efficientnet_lite
import numpy as np
import matplotlib.pyplot as plt
import keras  # loading Keras takes some seconds
from keras import layers
from workbook import live

keras.utils.set_random_seed(1)

# %% [markdown]
# ## One table from one accountant
#
# Papers, slides and surveys print tables of networks, and no two agree: one counts biases, another doesn't; one draws
# AlexNet in two towers, another in one. Here one program, the course's accountant, counts them all.
# Its **conventions**, stated once:
#
# - parameters are what training changes: weights, biases, scale and shift of normalisation, not its running statistics.
#   So DenseNet-121 has 7,978,856 here; chapter 08's 8,062,504 include 83,648 running means and variances;
# - AlexNet has its two towers (grouped convolutions), GoogLeNet comes without its auxiliary heads, and all but LeNet-5
#   have 1,000 classes;
# - the input is 227 × 227 for AlexNet, 299 × 299 for Inception v3, 32 × 32 for LeNet-5, and 224 × 224 for the others;
# - a MAC is one multiplication with its addition, in convolutions and dense layers;
# - depth is the number of convolutions and dense layers on the longest path through the network.
#
# VGG-19 alone would take 575 MB of memory. A table needs shapes, not values, so the networks are built in a scope that
# creates no weights.

# %%
def counted(name, **options):
    build = efficientnet_lite.build if name == pretrained.BUNDLED else architectures.build
    with keras.StatelessScope(initialize_variables=False):  # shapes only: no memory is taken
        model = build(name, **options)
    return model, accountant.account(model, statistics=False)

def depth(account):
    steps = []
    for row in account.rows:
        steps.append(
            max([steps[i] for i in row.inputs], default=0)
            + (row.kind in ("Conv2D", "DepthwiseConv2D", "Dense"))
        )
    return max(steps)

# %%
names = (
    "lenet5", "alexnet", "zfnet", "vgg16", "vgg19", "googlenet",
    "inception_v3", "resnet18", "resnet34", "resnet50", "resnet152", "densenet121",
    pretrained.BUNDLED,
)
table, accounts = {}, {}
for name in live.track(names, "networks"):
    model, account = counted(name)
    accounts[name] = account
    sizes = {
        size
        for layer in model.layers
        if isinstance(layer, (layers.Conv2D, layers.DepthwiseConv2D))
        for size in layer.kernel_size
    }
    convolutions = [row for row in account.rows if row.kind == "Conv2D"]
    table[name] = {
        "input": model.input_shape[1],
        "depth": depth(account),
        "kernels": " ".join(map(str, sorted(sizes))),
        "parameters": account.parameters,
        "macs": account.macs,
        "field": convolutions[-1].field[0],
    }

# %% [markdown]
# In the table below, `kernels` lists the kernel sizes that occur, `MB` and `MiB` are two units for the memory that the
# parameters take (more on them soon), and `G MACs` are 10⁹ MACs for one image. The last row is the small trained
# network that comes with this course. **Predict first:** which network has the most parameters, and which does the most
# work? Is it the deepest?

# %% tags=["nbval-check-output"]
def size(parameters, unit):
    return getattr(arithmetic, unit)(arithmetic.memory_bytes(parameters))

print(f"{'network':19}input  depth  kernels    parameters       MB      MiB   G MACs")
for name, row in table.items():
    millions = size(row["parameters"], "megabytes"), size(row["parameters"], "mebibytes")
    print(
        f"{name:19}{row['input']:5}  {row['depth']:5}  "
        f"{row['kernels']:8}{row['parameters']:13,}"
        f"{millions[0]:9.1f}{millions[1]:9.1f}{row['macs'] / 1e9:9.3f}"
    )

# %% [markdown]
# **Notice** that VGG-19 is first in both. ResNet-152, the deepest, has less than half of its parameters and does less
# than two thirds of its work. The bundled network has the fewest parameters of those with 1,000 classes, and does the
# least work.
#
# Torchvision's documentation agrees with most of these MACs. Its ResNets from 50 layers on have 0.23 G more (4.089 G
# for ResNet-50, 11.514 G for ResNet-152), because their blocks put the stride into the 3 × 3 convolution; the paper has
# it in the first 1 × 1, which then computes fewer places. Its GoogLeNet has 1.498 G, because its 5 × 5 branches are in
# fact 3 × 3, and its AlexNet is a later one with a single tower. Here are the papers' networks.
#
# **Mind the slide.** It is often said that modern networks use "only small kernels", 3 × 3 at most. Read the column of
# kernels: VGG does; ResNet and DenseNet begin with a 7 × 7, and GoogLeNet has 5 × 5 and 7 × 7.

# %% alt="A chart of twelve networks, work from left to right and parameters upwards, both in powers of ten. VGG-16 and VGG-19 stand at the top right. AlexNet and ZFNet are high too, with little work. GoogLeNet, ResNet-18 and DenseNet-121 stand low, near the middle, and EfficientNet-Lite0 alone at the bottom left. ResNet-152 does less work than VGG with less than half its parameters."
ax = plt.subplots(figsize=(7.5, 4), layout="constrained")[1]
for name, row in list(table.items())[1:]:
    place = row["macs"] / 1e9, row["parameters"] / 1e6
    ax.scatter(*place, s=12 + row["depth"] * 2, color=plots.COLOURS[0], alpha=0.7)
    below = name in ("vgg16", "resnet34")
    ax.annotate(
        name, place, xytext=(7, -11 if below else 5), textcoords="offset points", fontsize=8
    )
ax.set(
    xscale="log",
    yscale="log",
    xlim=(0.3, 40),
    ylim=(3, 250),
    title="a dot's area grows with its depth",
)
ax.set(xlabel="G MACs per image", ylabel="million parameters")
ax.grid(alpha=0.3);

# %% [markdown]
# **Notice** that parameters and work are two different things. AlexNet has nearly all its weights in dense layers,
# where each is used once per image; in a convolution each is used at every place. So AlexNet is large and cheap, and
# ResNet-152 has a similar number of parameters and does more than fifteen times the work.

# %% tags=["nbval-check-output"]
for name in ("alexnet", "vgg16", "googlenet", "resnet50"):
    dense = [row for row in accounts[name].rows if row.kind == "Dense"]
    share = [
        100 * sum(getattr(row, what) for row in dense) / table[name][what]
        for what in ("parameters", "macs")
    ]
    print(
        f"{name:10} dense layers: {share[0]:4.1f} % of the parameters, {share[1]:4.1f} % of "
        "the MACs"
    )

# %% [markdown]
# ### MB and MiB
#
# A float32 takes 4 bytes. A megabyte, **MB**, is 10⁶ bytes. A mebibyte, **MiB**, is 2²⁰ = 1,048,576 bytes, 4.9 % more.
# A well-known slide lists AlexNet with 233, VGG-16 with 528 and GoogLeNet with 51 "MB". Compare with the table above,
# and judge for yourself.

# %% [markdown] exercise="9.1"
# ### Exercise 9.1 · MB or MiB? (8 min, 2 points)
#
# **Input:** the number of `parameters` of a network, and the size that a slide has `stated`, a whole
# number. **Output:** the unit in which the slide is right, if sizes are rounded to whole numbers and parameters are
# float32: `"MB"`, `"MiB"`, or `"neither"`.

# %% tags=["exercise"] exercise="9.1"
def unit_of(parameters, stated):
    """Say in which unit the stated size is right."""
    ### BEGIN SOLUTION
    size = 4 * parameters
    if round(size / 10**6) == stated:
        return "MB"
    if round(size / 2**20) == stated:
        return "MiB"
    return "neither"
    ### END SOLUTION


# %% tags=["check"] exercise="9.1"
check("9.1", unit_of);

# %% tags=["nbval-check-output"]
heads = counted("googlenet", auxiliary=True)[1].parameters
counts = {name: table[name]["parameters"] for name in ("alexnet", "vgg16", "googlenet")}
counts["... with heads"] = heads
for name, count in counts.items():
    megabytes, mebibytes = size(count, "megabytes"), size(count, "mebibytes")
    print(f"{name:15}{count:12,} parameters = {megabytes:5.0f} MB = {mebibytes:5.0f} MiB")

# %% [markdown]
# **Mind the slide.** Its "MB" are MiB. Its row for AlexNet says 224 × 224, but the counts are those of 227 × 227. And
# its 51 for GoogLeNet includes the two auxiliary heads, classifiers that help in training and are thrown away, while
# another table of the same talk has 7 M parameters, without them. Two tables, two networks, one name.
#
# ## Audit a slide
#
# Another slide counts the MACs of an inception module. It reads 28 × 28 × 256, and its padding is same:
#
# - three bottlenecks, 1 × 1 convolutions with 64 filters each, read 256 channels: one is before the 3 × 3, one before
#   the 5 × 5, one after the pooling;
# - beside them, 128 filters 1 × 1 read the 256 channels, too;
# - 192 filters 3 × 3 and 96 filters 5 × 5 each read the 64 channels of their bottleneck.
#
# It is often said that this makes **358 M** MACs. It does not: one term was counted twice.

# %% [markdown] exercise="9.2"
# ### Exercise 9.2 · Counted twice (8 min, 2 points)
#
# **Output:** the dictionary `slip`: `"term"`, which one was counted twice (`"1x1"`, `"3x3"` or `"5x5"`); `"macs"`, its
# MACs; and `"total"`, the module's right total, both whole numbers.

# %% tags=["exercise"] exercise="9.2"
### BEGIN SOLUTION
places = 28 * 28
bottlenecks = 3 * places * 256 * 64
slip = {
    "term": "3x3",
    "macs": places * 3 * 3 * 64 * 192,
    "total": bottlenecks + places * (256 * 128 + 3 * 3 * 64 * 192 + 5 * 5 * 64 * 96),
}
### END SOLUTION

# %% tags=["check"] exercise="9.2"
check("9.2", slip);

# %% tags=["nbval-check-output"]
module = {
    name: figures.figure(f"A7.module_{name}")
    for name in ("naive", "bottleneck", "3x3", "saving")
}
figures.table(module.values())

# %% tags=["nbval-check-output"]
twice = figures.figure("A7.module_counted_twice")
print(
    "bottleneck + 3x3 once more: "
    f"{module['bottleneck'].computed + module['3x3'].computed:.1f} {twice.unit}"
)

# %% [markdown]
# With the right total the saving is 3.15 ×, more than the slip suggests. A second slip is in a survey that is often
# copied. Its column for LeNet-5 lists 20 and 50 filters, and 2.6 k and 58 k weights. There are two networks of that
# name. Count both:

# %% tags=["nbval-check-output"]
both = {
    "survey": "6 and 16 filters (LeCun et al. 1998)",
    "caffe": "20 and 50 filters (a later teaching net)",
}
for name, who in both.items():
    conv, dense = figures.figure(f"A1.{name}_weights").computed
    print(f"{who:41}{conv:7,} weights in convolutions, {dense:8,} in dense layers")

# %% [markdown]
# **Mind the slide.** The column mixes two networks: the filters of one, the weights of the other. A table is a set of
# claims, and each can be recomputed.
#
# ## How far they see
#
# Chapter 03 introduced the receptive field: the window of the image that one output depends on. Here it is for the last
# convolution of each network. **Predict first:** in which of them does it reach over the whole picture?

# %% alt="Bars of receptive fields in pixels for thirteen networks. LeNet-5, AlexNet, ZFNet and VGG-16 stay below 224 pixels, VGG-19 is a little above. GoogLeNet and ResNet-18 lie at several hundred, the deepest networks above a thousand and DenseNet-121 at two thousand."
fields = {name: row["field"] for name, row in table.items()}
plots.show_bars(fields, title="receptive field of the last convolution, pixels");

# %% [markdown]
# **Notice** that deep networks see far more than the 224 pixels of the picture. The rest of the window is padding.
# Depth alone does not decide: ResNet-50 sees less than ResNet-34, for two of three convolutions in its blocks are 1
# × 1. The last maps of AlexNet see a part of the picture, and its dense layers have to put the parts together. A deep
# network's maps see everything, and an average suffices.
#
# ## What they scored
#
# ImageNet's yearly contest, ILSVRC, provided 1.2 million training pictures of 1,000 classes. An answer is five guesses;
# the **top-5 error** is the share of test pictures whose true class is not among them. Errors are measured, not
# computed, so here they are cited.

# %% tags=["nbval-check-output"]
from workbook.tables import Table

facts = {fact.id: fact for fact in figures.facts()}
contest = {
    "2012 AlexNet": facts["A2.top5.winning_entry"],
    "2013 Clarifai": facts["A15.top5.winner_2013"],
    "2014 GoogLeNet": facts["A7.top5"],
    "2015 ResNet": facts["A11.top5.ensemble"],
}
rows = [(entry, fact.value, fact.what, fact.source) for entry, fact in contest.items()]
Table(("entry", "%", "what", "source"), rows)

# %% alt="Two charts of top-5 errors. Left, the winning entries: 15.3 per cent in 2012, 11.7 in 2013, 6.67 in 2014, 3.57 in 2015. Right, single networks: VGG 8.43, GoogLeNet 7.89, and residual networks from 5.71 with 34 layers down to 4.49 with 152."
axes = plt.subplots(1, 2, figsize=(11, 2.6), layout="constrained")[1]
winners = {year: fact.value for year, fact in contest.items()}
plots.show_bars(
    winners, axes[0], title="winning entries (ensembles), top-5 error in %", form="{:.2f}"
)
alone = "vgg", "googlenet", "resnet34_b", "resnet50", "resnet152"
single = {name: facts[f"A11.top5.{name}"].value for name in alone}
plots.show_bars(single, axes[1], title="single networks, top-5 error in %", form="{:.2f}");

# %% [markdown]
# **Notice** that the right chart mixes two data sets: VGG's 8.43 % is on the test set, the others are on the validation
# set, with several views of each image (He and others 2016, table 4).
#
# ### Accuracy against cost
#
# Which network should you take? We put accuracy and cost into one picture, for the networks of this course whose
# accuracy is published. Parameters and MACs are computed. Accuracy is cited, most of it from torchvision's
# documentation: **top-1**, the share of ImageNet's validation pictures whose likeliest class is the true one, for one
# network and one crop. It depends on the training as well, so differences of a point say little. Some of torchvision's
# networks differ from the papers', whose cost is drawn here: AlexNet has one tower and fewer filters, GoogLeNet has
# batch normalisation and no 5 × 5, and the ResNets from 50 layers on have their strides in the 3 × 3. **Predict
# first:** does a network that does ten times the work make a third of the errors?

# %%
accuracy = {
    fact.id.removeprefix("A15.top1."): fact.value
    for fact in figures.facts()
    if fact.id.startswith("A15.top1.")
}
cost = {}
for name in live.track(list(accuracy), "networks"):
    account = accounts[name] if name in accounts else counted(name)[1]
    cost[name] = account.macs / 1e9, account.parameters / 1e6

# %% alt="Two charts of top-1 accuracy, from 50 to 82 per cent, for twenty-two networks: left against work, right against parameters, both in powers of ten. Left, EfficientNet-Lite0 and MobileNet stand at the far left with over 70 per cent, and Inception v4 and Inception-ResNet v2 at the top right with 80. VGG, ZFNet and AlexNet lie below the others. Right, the same two stand at the left, and VGG at the far right in the middle."
axes = plt.subplots(1, 2, figsize=(13, 5), sharey=True, layout="constrained")[1]
LEFT = (
    "googlenet", "inception_v2", "inception_resnet_v2", "xception", "vgg16", "densenet121",
    "densenet169", "densenet201",
)
BELOW = ("vgg11", "resnet34", "resnet50", "resnet101", "densenet121", "googlenet")
for ax, which, label in zip(axes, (0, 1), ("G MACs per image", "million parameters")):
    for name, value in accuracy.items():
        own = name == pretrained.BUNDLED
        ax.scatter(cost[name][which], value, s=70 if own else 28, color=plots.COLOURS[own])
        side = "center" if own else "right" if name in LEFT else "left"
        shift = (
            {"center": 0, "right": -5, "left": 5}[side],
            -10 if name in BELOW else 4 + 4 * own,
        )
        ax.annotate(
            name, (cost[name][which], value), xytext=shift, textcoords="offset points",
            ha=side, fontsize=8,
        )
    ax.set(xscale="log", xlabel=label)
    ax.margins(x=0.12)
    ax.grid(alpha=0.3)
axes[0].set_ylabel("top-1 accuracy, %");

# %% tags=["nbval-check-output"]
bundled_cost, vgg_cost = cost[pretrained.BUNDLED], cost["vgg16"]
print(
    f"bundled: {accuracy[pretrained.BUNDLED]} % with {bundled_cost[0]:.2f} G MACs; VGG-16: "
    f"{accuracy['vgg16']} % with {vgg_cost[0] / bundled_cost[0]:.0f} times as many"
)
print(
    f"ResNet-152 against ResNet-18: {cost['resnet152'][0] / cost['resnet18'][0]:.1f} times "
    f"the work, errors {100 - accuracy['resnet18']:.1f} % and "
    f"{100 - accuracy['resnet152']:.1f} %"
)

# %% [markdown]
# **Notice** three things:
#
# - Within a family more work buys accuracy, less and less of it. From ResNet-18 to ResNet-152 errors do not even fall
#   by a third.
# - Between families the design matters more than the work. The bundled network, of 2020, is more accurate than VGG-16,
#   of 2014, with a fortieth of its work.
# - What a row costs in *time* depends on the machine, too. Depthwise convolutions do little work but keep a processor
#   waiting for memory (chapter 04).
#
# A rule of thumb:
#
# | where it runs | what is scarce | take |
# |---|---|---|
# | a phone, a browser | battery, download: under 20 MB, under 1 G MACs | EfficientNet-Lite0, MobileNet |
# | a laptop without a GPU | time per picture: under 5 G MACs | ResNet-50, DenseNet-121; for training on few pictures the bundled one |
# | a server with a GPU | errors | Inception v4, Inception-ResNet v2, ResNet-152, or newer families |

# %% [markdown]
# **Mind the slide.** The winner of 2013 was Clarifai, the company of Matthew Zeiler; ZFNet, often named, is by Zeiler
# and Fergus, and was not the winning entry. And every winner above is an **ensemble**, several networks averaged. Never
# subtract an ensemble from a single network. It is often said that Inception v3 lowered v2's top-5 error by 3 points.
# Like with like:

# %% tags=["nbval-check-output"]
v2, v3 = (
    {how: facts[f"{row}.top5.{how}"].value for how in ("one_crop", "ensemble")}
    for row in ("A8", "A9")
)
for how in v2:
    print(
        f"{how.replace('_', ' '):9} v2 {v2[how]:4} %, v3 {v3[how]:4} %: "
        f"{v2[how] - v3[how]:.1f} points better"
    )
print(
    "v2 alone against v3's ensemble, which compares nothing: "
    f"{v2['one_crop'] - v3['ensemble']:.1f} points"
)

# %% [markdown]
# All four are on the validation set (Szegedy et al. 2016, tables 3 and 5). The 3.58 % often quoted for v3, in the same
# table 5, is its ensemble on the test set. Batch normalisation, by the way, came with v2, not with v3.
#
# ## Training recipes
#
# An architecture is half of a result. The other half is the recipe, and the papers describe it in a paragraph. Here are
# the paragraphs as rows.

# %% tags=["nbval-check-output"]
rows = []
for one in map(recipes.recipe, recipes.names()):
    plateau = f"×{one.plateau} when the validation loss stalls" if one.plateau else ""
    every = f"×{one.every[1]} every {one.every[0]} epochs" if one.every else ""
    steps = ", ".join(f"{rate} from step {step:,}" for step, rate in one.steps)
    numbers = (one.momentum, one.weight_decay, one.dropout)
    rows.append(
        (
            one.name,
            one.batch_size,
            one.learning_rate,
            one.optimizer,
            *numbers,
            plateau + every + steps,
        )
    )
heads = (
    "recipe",
    "batch",
    "rate",
    "optimizer",
    "momentum",
    "weight decay",
    "dropout",
    "schedule",
)
Table(heads, rows)

# %% [markdown]
# How to read the columns:
#
# - `rate` is the learning rate at the start.
# - `momentum` holds RMSProp's ρ in the row of Inception v3. Both are explained below.
# - A 0 means that the paper does not use it, or does not say.
# - GoogLeNet's paper states neither batch nor first rate: 256 and 0.01 are the ones usually taught.
# - Inception v3's batch of 32 is that of one replica. Fifty replicas trained at the same time (Szegedy et al. 2016,
#   section 8).
#
# **Mind the slide**, four times, about ResNet:
#
# - Its weight decay was 1e-4, not 1e-5.
# - Warming up is reported for one network only, the 110-layer one on CIFAR-10: rate 0.01 until it began to learn, about
#   400 steps, then 0.1.
# - Batch normalisation *is* needed: it follows every convolution.
# - The 1,202-layer network did train. It over-fitted.
#
# GoogLeNet's dropout of 40 % is often put "everywhere but the last layer". Where is it?

# %% tags=["nbval-check-output"]
model, account = counted("googlenet")
print([layer.name for layer in model.layers][-3:])
print("dense layers:", sum(row.kind == "Dense" for row in account.rows))

# %% [markdown]
# It comes before the only dense layer of the network.
#
# ### Momentum
#
# Plain gradient descent moves the weights w against the gradient g. **Momentum** gives them a velocity v: each step
# keeps μ of it (0.9 in all the recipes above with "sgd") and adds the new pull, scaled by the learning rate α. **Weight
# decay** λ pulls every weight to zero, a little each step. As AlexNet's authors write it:
#
# $$v \leftarrow \mu\,v - \alpha\,(g + \lambda\,w), \qquad w \leftarrow w + v$$

# %% [markdown] exercise="9.3"
# ### Exercise 9.3 · One step with momentum (8 min, 2 points)
#
# **Input:** arrays `weights`, `velocity` and `gradient` of one shape, and the numbers `rate` (α), `momentum` (μ) and
# `decay` (λ). **Output:** the tuple (new weights, new velocity).

# %% tags=["exercise"] exercise="9.3"
def momentum_step(weights, velocity, gradient, rate, momentum, decay):
    """Take one step of gradient descent with momentum and weight decay."""
    ### BEGIN SOLUTION
    velocity = momentum * velocity - rate * (gradient + decay * weights)
    return weights + velocity, velocity
    ### END SOLUTION


# %% tags=["check"] exercise="9.3"
check("9.3", momentum_step);

# %% [markdown]
# Is that what Keras does? Ten steps, with made-up gradients, the formulas beside the optimizers. RMSProp, Inception
# v3's optimizer (chapter 07), divides each gradient by the root of a running mean a of its squares:
#
# $$a \leftarrow \rho\,a + (1 - \rho)\,g^2, \qquad w \leftarrow w - \alpha\,\frac{g}{\sqrt{a + \varepsilon}}$$

# %%
rng = np.random.default_rng(9)
gradients, start = rng.normal(size=(10, 4)).astype(np.float32), np.ones(4, np.float32)

def by_keras(optimizer):
    weights = keras.Variable(start)
    for gradient in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [weights])
    return np.asarray(weights)

# %%
def by_momentum(rate, momentum):
    weights, velocity = start, 0
    for gradient in gradients:
        velocity = momentum * velocity - rate * gradient
        weights = weights + velocity
    return weights

def by_rmsprop(rate, rho, epsilon):
    weights, mean_square = start, 0
    for gradient in gradients:
        mean_square = rho * mean_square + (1 - rho) * gradient**2
        weights = weights - rate * gradient / np.sqrt(mean_square + epsilon)
    return weights

# %% tags=["nbval-check-output"]
sgd = by_keras(keras.optimizers.SGD(0.01, momentum=0.9))
rmsprop = by_keras(keras.optimizers.RMSprop(0.045, rho=0.9, epsilon=1.0))
print("momentum: the same as Keras:", np.allclose(sgd, by_momentum(0.01, 0.9), atol=1e-6))
print(
    "RMSProp: the same as Keras:", np.allclose(rmsprop, by_rmsprop(0.045, 0.9, 1.0), atol=1e-6)
)

# %% [markdown]
# And weight decay? Keras's option `weight_decay=`, which chapter 05 used, is a different rule: it subtracts α·λ·w from
# the weights directly and bypasses the velocity. The papers' rule is the gradient of a penalty ½λ·w² in the loss, in
# Keras `keras.regularizers.L2(λ / 2)`, since Keras writes the penalty without the ½. The recipes use that. Watch one
# weight that nothing but the decay pulls at:

# %% tags=["nbval-check-output"]
def pulled(optimizer, penalty, steps=20, decay=0.5):
    weight = keras.Variable([1.0])
    for _ in range(steps):
        optimizer.apply([decay * weight if penalty else keras.ops.zeros(1)], [weight])
    return float(weight[0])

print(
    "in the gradient, as the papers: "
    f"{pulled(keras.optimizers.SGD(0.01, momentum=0.9), True):.3f}"
)
past = keras.optimizers.SGD(0.01, momentum=0.9, weight_decay=0.5)
print(f"Keras's weight_decay=0.5:       {pulled(past, False):.3f}")

# %% [markdown]
# **Notice** that in the gradient, the same number decays much faster: momentum carries it on, up to 1 / (1 − μ) = ten
# times. "Weight decay 5e-4" means nothing without the rule.
#
# ### The learning rate over time
#
# A high rate learns fast and then rattles about; a low one settles. So the rate falls: by a clock, or when the
# validation loss stalls. Some networks fall apart at the full rate before they have learned anything, and warm up
# first.

# %% [markdown] exercise="9.4"
# ### Exercise 9.4 · Warm up, then drop (10 min, 2 points)
#
# **Input:** the `step` (from 0), the `peak` rate, the number of `warmup` steps (≥ 1), and a tuple of steps, `drops`,
# rising and all after the warm-up. **Output:** the rate at that step. It rises in equal parts: it starts at peak /
# warmup at step 0, not at 0, and reaches the peak at step warmup − 1. From each step in `drops` on it is divided by
# ten.

# %% tags=["exercise"] exercise="9.4"
def learning_rate(step, peak, warmup, drops):
    """Return the learning rate at a step."""
    ### BEGIN SOLUTION
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * 0.1 ** sum(step >= drop for drop in drops)
    ### END SOLUTION


# %% tags=["check"] exercise="9.4"
check("9.4", learning_rate);

# %% alt="Learning rates over 64,000 steps on a logarithmic scale. GoogLeNet's falls in many small stairs from 0.01. ResNet on CIFAR-10 starts at 0.1 and falls tenfold at 32,000 and at 48,000 steps; the 110-layer one is the same after a short start at 0.01. Inception v3's falls in stairs from 0.045 to about 0.0003."
times = np.arange(0, 64_000, 400)
ax = plt.subplots(figsize=(7, 3.2), layout="constrained")[1]
for index, name in enumerate(("googlenet", "inception_v3", "resnet_cifar", "resnet110_cifar")):
    rate = recipes.learning_rate(recipes.recipe(name), steps_per_epoch=391)
    values = [float(rate(int(step))) for step in times]
    ax.plot(
        times,
        values,
        color=plots.COLOURS[index],
        label=name,
        linestyle="--" if "110" in name else "-",
    )
ax.set(yscale="log", xlabel="step (391 per epoch)", ylabel="learning rate")
ax.grid(alpha=0.3)
ax.legend(fontsize=8);

# %% [markdown]
# AlexNet's and VGG's authors watched the validation error and turned the rate down by hand when it stalled. Keras's
# callback `ReduceLROnPlateau` does the watching: after `patience` epochs without an improvement it lowers the rate.
# Below, it gets made-up validation losses. **Predict first:** with a patience of 2, after which epochs does the rate
# fall?

# %% tags=["nbval-check-output"]
losses = [1.0, 0.8, 0.7, 0.7, 0.71, 0.6, 0.61, 0.6, 0.62, 0.61]
watched = keras.Sequential([keras.Input((1,)), layers.Dense(1)])
watched.compile(recipes.optimizer(recipes.recipe("vgg")), "mse")
(callback,) = recipes.callbacks(recipes.recipe("vgg"), patience=2)
callback.set_model(watched)
callback.on_train_begin()
for epoch, loss in enumerate(losses):
    callback.on_epoch_end(epoch, {"val_loss": loss})
    rate = float(watched.optimizer.learning_rate)
    print(f"epoch {epoch}: validation loss {loss:.2f}, rate from now on {rate:g}")

# %% [markdown]
# **Notice** epoch 5: an improvement sets the count of bad epochs back to zero. And 0.60 after 0.60 is not an
# improvement.
#
# ### A recipe, run
#
# A row becomes an optimizer, penalties on the kernels, callbacks, and layers that augment. Here is ResNet's, on 3,000
# digits for four epochs: enough to see that it runs, not what it can do. AlexNet's authors also shifted and mirrored
# their images. Shifting suits digits. Mirroring does not, because most mirrored digits are no digits: a recipe makes
# assumptions about the data.

# %% tags=["slow"]
mnist = data.load("mnist")
x, labels = (
    mnist.x_train[:3000].astype("float32"),
    keras.utils.to_categorical(mnist.y_train[:3000]),
)
x_val, labels_val = (
    mnist.x_train[-2000:].astype("float32"),
    keras.utils.to_categorical(mnist.y_train[-2000:]),
)

def small(seed):
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((28, 28, 1))
    h = layers.Rescaling(1 / 255)(inputs)
    for filters in (16, 32):
        h = layers.Conv2D(filters, 3, strides=2, padding="same", use_bias=False)(h)
        h = layers.ReLU()(layers.BatchNormalization(momentum=0.8)(h))
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(layers.Flatten()(h)))

# %% tags=["slow", "nbval-check-output"]
row = recipes.recipe("resnet")
network = recipes.compile_with(small(1), row, classes=10, steps_per_epoch=12)
history = network.fit(
    x, labels, batch_size=row.batch_size, epochs=4, verbose=0,
    validation_data=(x_val, labels_val),
    callbacks=[*recipes.callbacks(row, patience=3), live.progress("ResNet's recipe")],
).history
print("the kernels' penalty is part of the loss:", len(network.losses) == 3)
print("reads more than 80 % of the validation digits:", history["val_accuracy"][-1] > 0.8)

# %% [markdown]
# ## Using a trained network
#
# Training on ImageNet took the papers' authors days or weeks: AlexNet five to six days on two GPUs, VGG two to three
# weeks on four (section 3.3 of its paper). Using the result takes a second. This course bundles a small trained
# network, **EfficientNet-Lite0**. It reads pictures of 224 × 224 pixels and knows ImageNet's 1,000 classes.
#
# VGG-16 works by the same call. Its weights are a download of 528 MiB, so the cell asks for them only with the setting
# `WORKBOOK_BUDGET=full`. If the download fails, it uses the bundled network.

# %%
wanted = "vgg16" if os.environ.get("WORKBOOK_BUDGET") == "full" else pretrained.BUNDLED
classifier = pretrained.load(wanted, otherwise=pretrained.BUNDLED)
bundled = pretrained.load()

# %% tags=["nbval-check-output"]
print(
    f"{bundled.name}: {bundled.model.count_params():,} numbers, {len(bundled.labels):,} "
    "classes"
)

# %% [markdown]
# ### Resize, crop, normalise
#
# Photographs come in all sizes, the network takes one. The usual way: the shorter side is resized to 256 pixels, the
# middle 224 × 224 is cut out, and the pixels are **normalised**, shifted and scaled as they were in training.

# %% tags=["slow", "cover"] alt="Left, a cat's head in a wide photograph, with a square frame around its middle. Right, what the network gets: the square alone, resized to 224 pixels."
cat = pictures.photograph("chelsea")  # (300, 451, 3)
side = min(cat.shape[:2]) * 224 / 256
axes = plt.subplots(1, 2, figsize=(7, 2.8), layout="constrained")[1]
plots.show_image(cat, axes[0], title=f"{cat.shape[0]} × {cat.shape[1]} pixels")
plots.mark_windows(
    axes[0], [((cat.shape[0] - side) / 2, (cat.shape[1] - side) / 2, side, side)]
)
plots.show_image(pretrained.centre_crop(cat), axes[1], title="224 × 224 pixels");

# %% [markdown] exercise="9.5"
# ### Exercise 9.5 · From photograph to input (8 min, 2 points)
#
# **Input:** an `image` (H, W, 3) of bytes, already resized, in RGB; a whole number `size`; and `mean` and `deviation`,
# three numbers each, of pixels from 0 to 1. **Output:** the middle `size` × `size` pixels (offsets rounded down),
# brought to 0-1, minus the mean, divided by the deviation: (size, size, 3). This is how Torch's models are fed.

# %% tags=["exercise"] exercise="9.5"
def prepare(image, size, mean, deviation):
    """Cut the centre out and normalise it."""
    ### BEGIN SOLUTION
    top = (image.shape[0] - size) // 2
    left = (image.shape[1] - size) // 2
    crop = image[top : top + size, left : left + size]
    return (crop / 255 - mean) / deviation
    ### END SOLUTION


# %% tags=["check"] exercise="9.5"
check("9.5", prepare);

# %% [markdown]
# Now four photographs. **Predict first:** one of them shows something that is not among the 1,000 classes. What will
# the network say?

# %% tags=["slow"] alt="Four photographs with bars of the five likeliest classes below each. The cat is a tiger cat, an Egyptian cat or a tabby; the cup is espresso with certainty; the cameraman's picture is called tripod; for the astronaut in her suit no class gets even a fifth, football helmet first."
shown = {
    name: pictures.photograph(name) for name in ("chelsea", "coffee", "camera", "astronaut")
}
answers = {name: classifier.classify(image) for name, image in shown.items()}
axes = plt.subplots(2, 4, figsize=(15, 4.6), layout="constrained", height_ratios=(2, 1.4))[1]
for column, (name, image) in enumerate(shown.items()):
    plots.show_image(pretrained.centre_crop(image), axes[0, column], title=name)
    plots.show_bars(dict(answers[name]), axes[1, column], form="{:.2f}")
    axes[1, column].set(xlim=(0, 1.25), xticks=[0, 0.5, 1]);

# %% tags=["slow", "nbval-check-output"]
mine = (
    answers
    if classifier.name == bundled.name
    else {name: bundled.classify(shown[name]) for name in shown}
)
top = {name: [label for label, _ in mine[name]] for name in shown}
print("espresso comes first for the cup:", top["coffee"][0] == "espresso")
cats = {"tiger cat", "Egyptian cat", "tabby"}
print("the first three guesses for the cat are cats:", set(top["chelsea"][:3]) == cats)
print("no guess for the astronaut reaches 30 %:", mine["astronaut"][0][1] < 0.3)

# %% [markdown]
# **Notice** three things. "Tiger cat", "Egyptian cat" and "tabby" share the probability. People can hardly tell these
# classes apart on such a picture either, and that is why five guesses are allowed. The cameraman's picture is called
# "tripod", which is true: one label per picture is not the whole truth. And there is no class "person" or "none of
# these": the softmax must hand out 100 %, so a network always answers.
#
# Now a photograph of your own. Replace `None` by its path, such as `"garden.jpg"`. Formats, rotation and size are taken
# care of. Until then it is the motorcycle: there is no class "motorcycle". **Predict first:** what will it be called?

# %% tags=["slow"] alt="A red motorcycle in a workshop, and bars of its five likeliest classes: moped comes first, with about one half; motor scooter and disk brake follow."
path = None
own = pictures.photograph("motorcycle") if path is None else data.read_picture(path)
axes = plt.subplots(1, 2, figsize=(9, 2.8), layout="constrained")[1]
plots.show_image(pretrained.centre_crop(own), axes[0], title="what the network gets")
plots.show_bars(dict(classifier.classify(own)), axes[1], form="{:.2f}").set_xlim(0, 1.2);

# %% [markdown]
# If your photograph gets a strange name: is the thing in the middle, large, and among the 1,000 classes
# (`bundled.labels`)?
#
# Preprocessing belongs to the weights, not to the picture. What if we forget it?

# %% tags=["slow"] alt="Bars of the probability that the cup is espresso for four ways to feed it: as trained, with the pixels left at 0 to 255, with the pixels at 0 to 1, and with the colours as blue, green, red. As trained it is near 1; at 0 to 255 it is zero; the two others are about a tenth lower than as trained."
crop = pretrained.centre_crop(shown["coffee"]).astype("float32")
ways = {
    "as trained": bundled.normalise(crop), "0 to 255": crop, "0 to 1": crop / 255,
    "blue, green, red": bundled.normalise(crop[..., ::-1]),
}
outputs = bundled.model.predict_on_batch(np.stack(list(ways.values())))  # (4, 1000)
espresso = dict(zip(ways, outputs[:, bundled.labels.index("espresso")]))
plots.show_bars(espresso, title="probability of espresso", form="{:.2f}").set_xlim(0, 1.2);

# %% tags=["slow", "nbval-check-output"]
print("fed as it was trained, it is surest:", max(espresso, key=espresso.get))
print(
    "with pixels from 0 to 255 espresso gets less than 1 %:", bool(espresso["0 to 255"] < 0.01)
)
print("with pixels from 0 to 1, or as blue, green, red, more than 70 %:",
      bool(min(espresso["0 to 1"], espresso["blue, green, red"]) > 0.7))

# %% [markdown]
# No error is raised and the shape is right. One slip ruins the answer; the two others cost a tenth, which nobody
# notices on one picture and everybody pays for over thousands. **Mind the slide.** An example that is often shown, a
# white dog, "Samoyed" with .667, is VGG-11 with Torch's normalisation. Keras has VGG-16 and VGG-19, whose weights
# expect the channels as BGR with the mean of ImageNet subtracted and no division: `preprocess_input` of that model does
# it. Another network, other weights, another preparation: .667 will not come back.
#
# VGG's authors tested on more than one crop. **Mind the slide** there, too: their multi-crop evaluation is a regular
# grid, 5 × 5 places, each mirrored as well, at three scales, not random crops. Random crops are for training.

# %% [markdown]
# ### How good is it? Top-1 and top-5
#
# The usual measure of a classifier is its **top-1** accuracy: the share of pictures whose likeliest class is the true
# one. **Top-5** asks only that the true class is among the five likeliest. ImageNet's pictures are not bundled with the
# course. After the exercise we ask something else: does the network keep to its answer if a photograph changes?

# %% [markdown] exercise="9.6"
# ### Exercise 9.6 · Top-5 (8 min, 2 points)
#
# **Input:** `probabilities` (batch, classes), `labels` (batch,) of class numbers, and `k`. **Output:** the top-k
# accuracy: the share of rows whose true class is among the k likeliest. No two probabilities of a row are equal. Write
# it yourself: the course's own function for this does not count.

# %% tags=["exercise"] exercise="9.6"
def top_k_accuracy(probabilities, labels, k):
    """Return the share of rows whose true class is among the k likeliest."""
    ### BEGIN SOLUTION
    likeliest = np.argsort(-probabilities, axis=1)[:, :k]
    return (likeliest == labels[:, None]).any(axis=1).mean()
    ### END SOLUTION


# %% tags=["check"] exercise="9.6"
check("9.6", top_k_accuracy);

# %% [markdown]
# For six of the bundled photographs at least one of the 1,000 labels fits, or comes close: for the motorcycle we accept
# "moped" and "motor scooter". We wrote down which labels we accept before we asked the network: often more than one is
# right. Each photograph is tested as it is and in five changed forms that leave its meaning alone. **Predict first:**
# which change does most harm?

# %% tags=["slow"] name="accepted"
ACCEPTED = {
    "chelsea": {"tabby", "tiger cat", "Egyptian cat"},
    "coffee": {"espresso", "cup", "coffee mug"},
    "camera": {"tripod", "reflex camera", "Polaroid camera"},
    "motorcycle": {"moped", "motor scooter"},
    "rocket": {"missile", "projectile"},
    "clock": {"wall clock", "analog clock"},
}
def changes(photograph):
    """Return a photograph as it is, and changed in five ways."""
    height, width = photograph.shape[:2]
    noise = np.random.default_rng(0).normal(0, 30, photograph.shape)
    return {
        "as it is": photograph,
        "mirrored": photograph[:, ::-1],
        "darker": photograph // 3,
        "noise": np.clip(photograph + noise, 0, 255).astype(np.uint8),
        "closer": photograph[height // 5 : -height // 5, width // 5 : -width // 5],
        "upside down": photograph[::-1, ::-1],
    }

# %% tags=["slow"] name="hits"
def is_hit(photograph, accepted, k):
    """Return whether an accepted label is among the k likeliest."""
    return any(label in accepted for label, _ in bundled.classify(photograph, top=k))

hits = {}
for name in live.track(list(ACCEPTED), "photographs"):
    for change, picture in changes(pictures.photograph(name)).items():
        hits[name, change] = [is_hit(picture, ACCEPTED[name], k) for k in (1, 5)]

# %% tags=["slow", "nbval-ignore-output"]
ways = list(changes(cat))
rows = [
    (way, *(f"{sum(hits[name, way][i] for name in ACCEPTED)} of 6" for i in (0, 1)))
    for way in ways
]
Table(("photographs", "top-1", "top-5"), rows)

# %% tags=["slow", "nbval-check-output"]
print("labels that do not exist:", set.union(*ACCEPTED.values()) - set(bundled.labels))
first, five = (np.array([hit[i] for hit in hits.values()]) for i in (0, 1))
print("whatever is a hit for top-1 is one for top-5:", bool((five >= first).all()))
print("each of the six is a hit in some form:",
      all(any(hits[name, way][1] for way in ways) for name in ACCEPTED))

# %% [markdown]
# **Notice** that mirroring changes nothing: photographs in training were mirrored, too. Upside down costs most, for
# nobody trained on that. The clock, which is blurred by motion, is never first. Six photographs are an illustration,
# not a measurement. The published top-1 accuracy, 75.1 %, rests on 50,000.

# %% [markdown]
# ## A task of your own
#
# You have six kinds of surface (`page` is print, `text` handwriting, `ihc` a stained tissue under the microscope),
# and **four** small pictures of each. Too few to train a CNN? We cut crops of 64 × 64 pixels from the left halves of
# photographs, and test on crops from the right halves. All are made grey and given the same mean and contrast, so that
# brightness tells nothing.

# %% tags=["slow"]
kinds = ("brick", "grass", "gravel", "page", "text", "ihc")
rng = np.random.default_rng(0)

def crops(name, *, half, count, side=64):
    picture = pictures.photograph(name).astype(float)
    picture = picture if picture.ndim == 2 else picture.mean(axis=-1)
    picture = np.array_split(picture, 2, axis=1)[half]
    found = []
    while len(found) < count:
        top, left = (rng.integers(0, length - side + 1) for length in picture.shape)
        crop = picture[top : top + side, left : left + side]
        if crop.std() > 4:  # not an empty margin
            found.append(np.clip(128 + 50 * (crop - crop.mean()) / crop.std(), 0, 255))
    return np.array(found, np.uint8)

# %% tags=["slow"] alt="Twelve small grey crops in two rows, two of each kind: brick, grass, gravel, a printed page, handwriting on paper, and stained tissue."
few = np.concatenate([crops(kind, half=0, count=4) for kind in kinds])  # (24, 64, 64)
test = np.concatenate([crops(kind, half=1, count=15) for kind in kinds])  # (90, 64, 64)
y_few, y_test = np.repeat(np.arange(6), 4), np.repeat(np.arange(6), 15)
order = [*range(0, 24, 4), *range(1, 24, 4)]
plots.show_images(few[order], [kinds[y_few[i]] for i in order], columns=6, size=1.2);

# %% [markdown]
# First, from nothing: a small CNN, trained on the 24 crops alone.

# %% tags=["slow"]
def from_nothing(shape, classes):
    inputs = keras.Input(shape)
    h = layers.Rescaling(1 / 128, -1)(inputs)
    for filters in (16, 32, 64):
        h = layers.Conv2D(filters, 3, strides=2, padding="same", use_bias=False)(h)
        h = layers.ReLU()(layers.BatchNormalization(momentum=0.8)(h))
    scores = layers.Dense(classes, activation="softmax")
    return keras.Model(inputs, scores(layers.GlobalAveragePooling2D()(h)))

def learn(model, x, y, *, rate, epochs, batch_size=12):
    model.compile(
        keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    callbacks = [live.progress()]
    model.fit(x, y, batch_size=batch_size, epochs=epochs, verbose=0, callbacks=callbacks)
    return model

def errors_of(model, x, y):
    return 100 - 100 * model.evaluate(x, y, verbose=0)[1]

# %% tags=["slow"]
keras.utils.set_random_seed(1)
scratch = from_nothing((64, 64, 1), 6)
learn(scratch, few[..., np.newaxis], y_few, rate=0.003, epochs=40)
wrong = {"from nothing": errors_of(scratch, test[..., np.newaxis], y_test)}

# %% [markdown]
# ### Feature extraction
#
# The trained network has learned to see textures and shapes in over a million pictures. We cut off its last layers and
# keep what comes before: for each crop, 320 maps of 7 × 7. These need computing once. The network's own weights stay as
# they are, **frozen**.

# %% tags=["slow", "nbval-check-output"]
trunk = keras.Model(
    bundled.model.input, bundled.model.get_layer("block7a_project_norm").output
)

def features(images):
    return np.concatenate([  # four at a time, to save memory
        trunk.predict_on_batch(bundled.preprocess(list(images[i : i + 4])))
        for i in live.track(range(0, len(images), 4), "batches of four")
    ])

maps, maps_test = features(few), features(test)
print(maps.shape, maps_test.shape)

# %% [markdown]
# On top go the rest of the network, also frozen, and a new dense layer for our six kinds, the only part that learns.

# %% tags=["slow", "nbval-check-output"]
top_part = keras.Model(trunk.output, bundled.model.get_layer("avg_pool").output)
top_part.trainable = False
inputs = keras.Input(maps.shape[1:])
new_head = layers.Dense(6, activation="softmax")
reader = keras.Model(inputs, new_head(top_part(inputs, training=False)))
learning = sum(np.prod(w.shape) for w in reader.trainable_weights)
print(f"{learning:,} of {reader.count_params():,} parameters learn")

# %% tags=["slow"]
keras.utils.set_random_seed(1)
learn(reader, maps, y_few, rate=0.003, epochs=25)
wrong["features, new head"] = errors_of(reader, maps_test, y_test)

# %% [markdown]
# ### Fine-tuning
#
# Now the head knows roughly what it wants. **Fine-tuning** unfreezes layers below it and goes on at a small rate, so
# that good weights are adjusted, not destroyed. First head, then more: with a random head on top, the first gradients
# would be noise, and would spoil what is below. Batch normalisation keeps its running statistics (`training=False`): 24
# crops are too few for new ones.

# %% tags=["slow"]
top_part.trainable = True
keras.utils.set_random_seed(1)
learn(reader, maps, y_few, rate=1e-4, epochs=10)
wrong["fine-tuned"] = errors_of(reader, maps_test, y_test)

# %% tags=["slow"] alt="Bars of the errors on 90 test crops. The CNN from nothing makes the most errors; the pretrained features with a new head, and the fine-tuned network, make only a few."
plots.show_bars(wrong, title="errors on 90 test crops, %", form="{:.1f}");

# %% tags=["slow", "nbval-check-output"]
print(
    "the trained features read at least 90 % of the crops:", wrong["features, new head"] <= 10
)
print(
    "and more than the CNN from nothing:", wrong["features, new head"] < wrong["from nothing"]
)
print(
    "fine-tuning does no harm to speak of:",
    wrong["fine-tuned"] < wrong["features, new head"] + 5,
)

# %% [markdown]
# Were four pictures too few? The CNN from nothing classifies most crops correctly, because the two halves of one
# photograph look much alike. The test is easy, and it says nothing about other walls or other pages. Yet with the
# trained features there are fewer errors.
#
# **Notice** that nobody trained this network on brick or handwriting at 64 grey pixels. What it learned about edges and
# textures carries over. With so few pictures the new head does nearly all the work, and fine-tuning has little left to
# win.
#
# ### When fine-tuning pays
#
# A wall is still a photograph. What if there are more examples, of something further from ImageNet? A **spectrogram**
# is a picture of a sound: time runs from left to right, pitch from bottom to top, and bright is loud (chapter 12 makes
# them). Here are digits said by the voices of a speech synthesiser. Twelve voices are for training, and four others for
# the test: the network has to read words from speakers that it has never heard.

# %% tags=["nbval-check-output"]
voices = standins.synthetic_speech()
sounds, sounds_test = (
    audio.log_mel(waves)[:, ::-1]  # the lowest pitch in the last row
    for waves in (voices.x_train, voices.x_test)
)
print(sounds.shape, sounds_test.shape)
print("voices in both:", len(set(voices.speakers_train) & set(voices.speakers_test)))

# %% alt="Six spectrograms in two rows, dark with bright streaks: the words one, six and nine, each said by two voices. The same word has a similar shape in both rows."
chosen = [
    np.flatnonzero((voices.y_train == digit) & (voices.speakers_train == speaker))[0]
    for speaker in sorted(set(voices.speakers_train))[:2]
    for digit in (1, 6, 9)
]
titles = [voices.class_names[voices.y_train[i]] for i in chosen]
shown = sounds[chosen, :, :40]  # what follows is silence
plots.show_images(shown, titles, columns=3, size=2);

# %% [markdown]
# The same three ways compete: `from_nothing`, on the spectrograms as they are; a new head on the means of the frozen
# network's last maps, for spectrograms of 96 × 96 pixels; and that network fine-tuned from block 6 on, four fifths of
# its weights, at a rate of 0.001. Each learns from two to twelve voices, with three seeds; a seed also draws the
# voices. Each way takes the same number of steps, however many words there are. The 45 runs take six minutes, so their
# results are stored; `workbook/course/makers/fine_tuning.py` repeats them.
#
# **Predict:** which way makes the fewest errors with two voices, and which with twelve?

# %% alt="Errors on four new voices against two to twelve voices in the training set, with the range of three seeds. All three curves fall. From nothing starts highest, near 21 percent, and ends lowest, near 2. The new head starts near 16 and ends near 7; fine-tuned starts beside it, with a wide range, and ends near 4."
stored = data.stored("fine_tuning")
counts = sorted({run["voices"] for run in stored["runs"]})
ax = plt.subplots(figsize=(7, 3.4), layout="constrained")[1]
for colour, way in zip(plots.COLOURS, stored["runs"][0]["errors"]):
    rows = np.array([
        [run["errors"][way] for run in stored["runs"] if run["voices"] == count]
        for count in counts
    ])  # (numbers of voices, seeds)
    ax.plot(counts, rows.mean(axis=1), "o-", color=colour, label=way)
    ax.fill_between(counts, rows.min(axis=1), rows.max(axis=1), color=colour, alpha=0.2)
ax.set(
    xlabel="voices in the training set, with 30 words each",
    ylabel="errors on four new voices, %",
    xticks=counts,
    ylim=(0, None),
)
ax.legend();

# %% [markdown]
# **Notice** three things. With two voices, 60 words, the trained features are worth most: on average the CNN from
# nothing makes the most errors, although a spectrogram is no photograph. From four voices on, fine-tuning makes fewer
# errors on average than the frozen features. And the CNN from nothing, with less than a hundredth of the weights,
# overtakes both: what ImageNet teaches is a long way from spoken words. Near ImageNet and with few examples, a new head
# is enough; with more examples, fine-tune; far from ImageNet, also try a small network of your own. Which holds for
# your task? Measure all three.
#
# ## Ensembles
#
# Every contest winner above was an **ensemble**: several networks, their probabilities averaged. Three small networks,
# each from its own random start, on the same 3,000 digits:

# %% tags=["slow"]
members = []
for seed in range(3):
    model = small(seed)
    model.compile(keras.optimizers.Adam(0.003), "categorical_crossentropy")
    callbacks = [live.progress(f"member {seed + 1} of 3")]
    model.fit(x, labels, batch_size=100, epochs=3, verbose=0, callbacks=callbacks)
    members.append(model.predict(x_val, batch_size=100, verbose=0))
members = np.array(members)  # (3, 2000, 10)

# %%
def errors(probabilities):
    return 100 * np.mean(probabilities.argmax(-1) != labels_val.argmax(-1))

def loss(probabilities):
    return -np.mean(np.log((probabilities * labels_val).sum(-1) + 1e-7))

# %% tags=["slow"] alt="Two bar charts for three single networks and their average: the average has fewer validation errors than the single networks have on average, and a lower loss."
axes = plt.subplots(1, 2, figsize=(10, 2.6), layout="constrained")[1]
rows = {
    **{f"network {i + 1}": one for i, one in enumerate(members)},
    "their average": members.mean(axis=0),
}
for ax, measure, title in zip(
    axes, (errors, loss), ("validation errors, %", "validation loss")
):
    plots.show_bars(
        {name: measure(one) for name, one in rows.items()}, ax, title=title, form="{:.3f}"
    )

# %% tags=["slow", "nbval-check-output"]
average = members.mean(axis=0)
fewer = errors(average) < np.mean([errors(one) for one in members])
print("it errs less often than its members do on average:", bool(fewer))
print(
    "its loss is below the members' mean loss:",
    bool(loss(average) < np.mean([*map(loss, members)])),
)

# %% [markdown]
# The second line is a theorem: −ln is a convex function, so the loss of an average is never above the average of the
# losses (Jensen's inequality). The first is not; it holds because networks from different starts make different
# mistakes. The price: three times the work, for training and for every picture.
#
# ## Summary
#
# - Accuracy against cost decides which network to take: on a phone a small one such as the bundled one, on a laptop up
#   to the size of ResNet-50, on a server what errs least. Take AlexNet and VGG to understand papers, not for new work.
# - A table of networks needs its conventions: biases, statistics, towers, auxiliary heads, input size, MB or MiB.
#   Recompute before you copy.
# - Parameters, work, depth and field are four different orders of the same networks; errors compare only like with
#   like.
# - A recipe is part of a result: batch, rate and schedule, momentum, weight decay *and its rule*, augmentation.
# - A trained network must be fed as it was trained: resize, crop, normalise. Wrong preparation raises no error.
# - With few pictures take trained features and a new head; with more, fine-tune, gently. Far from ImageNet a small
#   network of your own may beat both: measure all three.
# - Averaging the probabilities of several networks never has a higher loss than they have on average, and costs their
#   work together.
#
# ## Formulae
#
# | what | formula |
# |---|---|
# | sizes | 4 bytes per float32; MB = $10^6$ bytes, MiB = $2^{20}$ bytes |
# | momentum with weight decay | $v \leftarrow \mu\,v - \alpha\,(g + \lambda\,w)$, $w \leftarrow w + v$ |
# | RMSProp | $a \leftarrow \rho\,a + (1 - \rho)\,g^2$, $w \leftarrow w - \alpha\,g / \sqrt{a + \varepsilon}$ |
# | weight decay as a penalty | $\frac{1}{2} \lambda\,w^2$, in Keras `L2(λ / 2)` |
# | top-k accuracy | share of pictures whose class is among the k likeliest |
# | ensemble | $p = \frac{1}{n} \sum_i p_i$ |
#
# The figures of this chapter, recomputed:

# %% tags=["nbval-check-output"]
figures.table([row for row in figures.ledger() if row.id.startswith("A15.")])

# %% [markdown]
# ## Where to read on
#
# - **Best next:** V. Sze, Y.-H. Chen, T.-J. Yang and J. Emer, [*Efficient processing of deep neural networks: a
#   tutorial and survey*](https://arxiv.org/abs/1703.09039), Proceedings of the IEEE, 2017: table II is the survey's
#   table.
# - K. Simonyan and A. Zisserman, [*Very deep convolutional networks for large-scale image
#   recognition*](https://arxiv.org/abs/1409.1556), 2015: section 3 is a recipe, section 4 the testing.
# - K. He, X. Zhang, S. Ren and J. Sun, [*Deep residual learning for image
#   recognition*](https://arxiv.org/abs/1512.03385), 2016: section 3.4 and 4.2.
# - I. Loshchilov and F. Hutter, [*Decoupled weight decay regularization*](https://arxiv.org/abs/1711.05101), 2019: why
#   the two rules differ.
# - M. Tan and Q. Le, [*EfficientNet: rethinking model scaling for convolutional neural
#   networks*](https://arxiv.org/abs/1905.11946), 2019: the family of the bundled network.
