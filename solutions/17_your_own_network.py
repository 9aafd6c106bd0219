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
# # 17 · A network of your own
#
# **You know every part by now. What will you build with them?**
#
# You will be able to
#
# - design a network for a budget: of parameters, or of seconds;
# - read a learning curve, and say where the time goes;
# - tell an entry that is better from one that was lucky;
# - enter a league in which nobody can cheat, and say why not.
#
# **Minutes:** about 60 with the exercises, and as long as you like for your own network. The notebook itself runs in
# about a minute on two CPU cores, with small networks.

# %% tags=["setup"]
import math
# before Keras: it sets Keras up
from workbook import accountant, check, league, plots
from workbook.league import course_entries, examples
import numpy as np
import matplotlib.pyplot as plt
import keras  # loading Keras takes some seconds
from keras import layers

# %% [markdown]
# ## Three leagues
#
# A league is a task with a budget. Each of the three asks for something else:
#
# - **mnist**: read 99 % of the digits of MNIST, with as few parameters as possible.
# - **speech**: recognise spoken digits. The voices are not those of the training, and the room is noisy.
# - **crops**: name the class of a small crop of a photograph, cut from a part that was not in the training.
#
# In the last two the highest accuracy wins, and the clock stops each training. A **CPU second** is a second for which
# one core works for this program, as in chapter 16.

# %% tags=["nbval-check-output"]
for rules in league.LEAGUES.values():
    height, width, channels = rules.shape
    limits = f"{height} × {width} × {channels}, at most {rules.cpu_seconds:g} CPU seconds"
    print(f"{rules.name:7} {limits}: {rules.title}")

# %% [markdown]
# All examples come with the course, so that everybody trains on the same bytes. The voices are a synthesiser's: twelve
# for training, four for the mark. A synthesiser speaks so regularly that a small network recognises nearly all of it.
# So white noise is added, with up to sixteen times the power of the voice. The network sees log-mel images, as in
# chapter 12.

# %% tags=["nbval-check-output"]
splits = {name: examples.practice(rules) for name, rules in league.LEAGUES.items()}
for name, split in splits.items():
    print(
        f"{name:7} {len(split.x_train):6,} for training, {len(split.x_test):6,} for the mark"
    )

# %% tags=["cover"] alt="Three rows of eight examples. Above, white handwritten digits on black. In the middle, log-mel images of spoken digits: grey noise everywhere, in which only the strongest traces of a voice are visible, as bright bands at the left. Below, small blurred colour crops: plain blue sky, a mast, red cloth, faint stars on black, the rim of a cup."
axes = plt.subplots(3, 8, figsize=(9, 3.8), layout="constrained")[1]
for line, (name, split) in zip(axes, splits.items()):
    # low frequencies below, as in chapter 12
    origin = "lower" if name == "speech" else "upper"
    for ax, image in zip(line, split.x_train[:8].squeeze()):
        ax.imshow(image, cmap="gray", vmin=0, vmax=255, aspect="auto", origin=origin)
        ax.set_axis_off()

# %% [markdown]
# ## An entry is two functions
#
# `build()` returns a Keras model with ten scores, without a softmax: the league's loss applies it. `recipe()` returns a
# dictionary. Here is a small entry to the first league.

# %%
def build():
    options = {"strides": 2, "padding": "same", "use_bias": False}
    inputs = keras.Input((28, 28, 1))
    x = layers.Rescaling(1 / 255)(inputs)
    x = layers.Conv2D(12, 5, **options)(x)  # (batch, 14, 14, 12)
    x = layers.ReLU()(layers.BatchNormalization(momentum=0.8)(x))
    x = layers.SeparableConv2D(24, 3, **options)(x)  # (batch, 7, 7, 24)
    x = layers.ReLU()(layers.BatchNormalization(momentum=0.8)(x))
    return keras.Model(inputs, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))

def recipe():
    return {"epochs": 1, "learning_rate": 0.02, "schedule": "triangle"}

# %% [markdown]
# A recipe is a choice from a list, and each setting that it leaves out has a usual value:

# %% tags=["nbval-check-output"]
for name, (_, usual) in league.RECIPE.items():
    print(f"{name:16} {usual!r}")

# %% [markdown]
# - `optimizer` is `"adam"`, `"adamw"`, `"rmsprop"` or `"sgd"`. `momentum` is that of `"sgd"`, `weight_decay` that of
#   `"adamw"`.
# - `schedule` is `"constant"`, `"triangle"` or `"cosine"` (chapters 09 and 16); `warm_up` is the share of all steps in
#   which the rate rises.
# - `shift` (in pixels) and `flip` change the training images at random (chapter 05), and so does `cutout`: a square of
#   that many pixels, somewhere in each image, becomes black.
# - `views` averages the scores of several views of an example at the end: `"plain"`, `"flip"`, `"shift"`,
#   `"flip and shift"`.
#
# `league.try_it` trains the entry with the course's own loop, and says where it stands. **Predict first:** how many of
# the digits does this network read after one epoch?

# %% tags=["slow", "nbval-ignore-output"]
trial = league.try_it("mnist", build, recipe)
trial

# %% [markdown]
# The other rows are the course's own entries, each trained with three seeds. *small* is the one to beat: fewer
# parameters, and still 99 %. An entry below the target has no place, however small it is.
#
# The **learning curve** shows the accuracy on the training digits while the network learns, against the CPU seconds
# that it has cost so far. The dashed lines are the marks at the end.

# %% tags=["slow", "timed"] alt="Training errors in per cent against CPU seconds, both axes logarithmic. All curves fall from 90 per cent. The curve of the two-layer network ends after a few seconds; its dashed mark, about nine per cent of errors, is above the dotted target of one per cent, the marks of the course's entries just below it."
trial.draw();

# %% [markdown]
# **Notice** three things:
#
# - Most digits are won in the first seconds. The axis of the errors is logarithmic: each halving of them costs more
#   than the one before, and the last point costs most of the time.
# - When the rate falls to 0, every curve becomes flat at its end, often after a last rise. So look at the part before.
#   Flat there, and far from its goal: the network is too small, or the rate is wrong. Still rising: try twice the
#   epochs, with the schedule stretched over them, and compare the marks.
# - A mark can be above the end of its training curve. Where a recipe shifts the training digits, they are harder than
#   those of the mark.
#
# ## Where the parameters are
#
# To make a network smaller, look where its parameters are. Here are the layers of *small* that have any:

# %% tags=["nbval-check-output"]
small, small_recipe = course_entries.COURSE_ENTRIES["mnist"]["small"]
counted = [row for row in accountant.account(small()).rows if row.parameters]
for row in counted:
    print(f"{row.kind:20} {row.parameters:5,}")
print(f"{'sum':20} {small().count_params():5,}")

# %% [markdown]
# **Notice** that the last separable convolution has nearly half of all parameters, and most of them are in its 1×1
# half: 32 · 64 = 2,048. The first layer sees the whole image and costs 500. A design can be counted before it is built.

# %% [markdown] exercise="17.1"
# ### Exercise 17.1 · Count before you build (8 min, 2 points)
#
# **Input:** the `channels` of the input, `rows`, a list of tuples (kind, filters, kernel size) with the kind `"conv"`
# or `"separable"`, and the number of `classes`. A kernel of size 3 is 3×3. No convolution has biases; a separable one
# is depthwise, one kernel per channel, and then 1×1. Each row is followed by batch normalisation, which has four
# numbers per filter. At the end are global average pooling and a dense layer with biases. **Output:** the number of all
# parameters, as `count_params()` counts them.

# %% tags=["exercise"] exercise="17.1"
def design_parameters(channels, rows, classes):
    """Return the number of parameters of a design."""
    ### BEGIN SOLUTION
    total = 0
    for kind, filters, size in rows:
        if kind == "conv":
            total += size**2 * channels * filters
        else:
            total += size**2 * channels + channels * filters
        total += 4 * filters  # batch normalisation
        channels = filters
    return total + (channels + 1) * classes
    ### END SOLUTION


# %% tags=["check"] exercise="17.1"
check("17.1", design_parameters);

# %% [markdown]
# Once a design is fixed, its width is what you turn until the budget is used up. `league.two_layers(filters)` is the
# network of the first entry with any number of filters in its first convolution, and twice as many in the second. Twice
# the filters are nearly four times the weights of a convolution in the middle, because it reads twice the channels,
# too.

# %% alt="A curve of the parameters of the two-layer network against its filters, from 2 to 40. It bends upwards: at 12 filters the network has about a thousand parameters, at 40 about six thousand. A dotted line at 4,770, the parameters of the course's small network, meets the curve at 35 filters."
widths = np.arange(2, 41)
costs = 2 * widths**2 + 66 * widths + 10  # league.two_layers(filters).count_params()
ax = plt.subplots(figsize=(7, 3), layout="constrained")[1]
ax.plot(widths, costs, color=plots.COLOURS[0])
ax.axhline(4770, color=plots.COLOURS[1], linestyle=":", label="small, 4,770")
ax.set(xlabel="filters", ylabel="parameters")
ax.grid(alpha=0.3)
ax.legend();

# %% [markdown]
# With 35 filters, two layers cost exactly as much as *small* with its three. Depth is cheap where the convolutions are
# separable; width is not.

# %% [markdown] exercise="17.2"
# ### Exercise 17.2 · The widest that fits (8 min, 2 points)
#
# **Input:** a `budget` of parameters, at least 100. **Output:** the model `league.two_layers(filters)` with the most
# filters that has at most `budget` parameters, counted as `count_params()` counts them.

# %% tags=["exercise"] exercise="17.2"
def widest(budget):
    """Return the widest league.two_layers(filters) with at most `budget` parameters."""
    ### BEGIN SOLUTION
    filters = 1
    while league.two_layers(filters + 1).count_params() <= budget:
        filters += 1
    return league.two_layers(filters)
    ### END SOLUTION


# %% tags=["check"] exercise="17.2"
check("17.2", widest);

# %% [markdown]
# ## Where the budget goes
#
# In the other two leagues the budget is time. Here is an entry to *speech*: three convolutions with strides, and global
# average pooling, as in the first entry. The images are 40 bands by 61 frames. The course's own entry has the same
# recipe and the same convolutions, and then `Flatten` and dropout. **Predict first:** which head suits spoken words?

# %%
def build_speech():
    inputs = keras.Input((40, 61, 1))
    x = layers.Rescaling(1 / 255)(inputs)
    for filters, size in ((16, 5), (32, 3), (32, 3)):  # (20, 31, 16), (10, 16, 32), (5, 8, 32)
        x = layers.Conv2D(filters, size, strides=2, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.8)(x))
    return keras.Model(inputs, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))

def recipe_speech():
    return {
        "epochs": 20, "batch_size": 50, "learning_rate": 0.01, "schedule": "triangle",
        "shift": 2, "label_smoothing": 0.1,
    }

# %% tags=["slow", "nbval-ignore-output"]
speech = league.try_it("speech", build_speech, recipe_speech)
speech

# %% tags=["slow", "timed"] alt="Training accuracy against CPU seconds, on a logarithmic axis, for the entry above and the course's. Nothing happens in the first one to two seconds, while Keras prepares the first step; then both curves rise from 10 per cent. Both trainings end after a few of the 30 seconds that the league allows."
speech.draw();

# %% [markdown]
# **Notice** how much the head matters. Global average pooling forgets *when* a sound was heard and how high it was;
# `Flatten` keeps both, for about twice the parameters. What suits the digits need not suit the words. This holds for 20
# epochs: the pooled network's curve still rises, so try more of the 30 seconds before you give it up.
#
# Notice the start, too: before the first point of the curve, Keras has compiled the training step. With so few examples
# that is a large part of the whole training. It is paid once, whatever the number of epochs. And both trainings end
# long before the clock would stop them: there is time for more.
#
# How much more? A recipe names epochs, not seconds. If the clock stops a training in the middle of its schedule, the
# rate has not fallen yet, and the mark suffers. So plan: measure the start and a step, and choose the number of epochs.

# %% [markdown] exercise="17.3"
# ### Exercise 17.3 · How many epochs fit? (7 min, 2 points)
#
# **Input:** a `budget` in seconds, the seconds `start` that Keras needs once before the first step, the seconds `step`
# of each step, the number of `examples`, and the `batch_size`. The last batch of an epoch may be smaller; it takes as
# long as the others. **Output:** how many whole epochs end within the budget, an integer. If the start alone takes
# longer, it is 0.

# %% tags=["exercise"] exercise="17.3"
def epochs_within(budget, start, step, examples, batch_size):
    """Return how many whole epochs end within the budget."""
    ### BEGIN SOLUTION
    epoch = math.ceil(examples / batch_size) * step  # seconds
    return max(0, int((budget - start) // epoch))
    ### END SOLUTION


# %% tags=["check"] exercise="17.3"
check("17.3", epochs_within);

# %% [markdown]
# ## The third league
#
# The crops are in colour, and a mirrored crop is as good as the original. So this recipe flips and shifts. **Predict
# first:** two epochs of a small network against six of a larger one. How many points are between them?

# %%
def build_crops():
    inputs = keras.Input((32, 32, 3))
    x = layers.Rescaling(1 / 127.5, -1)(inputs)
    for filters in (24, 48, 96):  # (16, 16, 24), (8, 8, 48), (4, 4, 96)
        x = layers.Conv2D(filters, 3, strides=2, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.8)(x))
    return keras.Model(inputs, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))

def recipe_crops():
    return {
        "epochs": 2, "learning_rate": 0.01, "schedule": "triangle", "flip": True, "shift": 2,
    }

# %% tags=["slow", "nbval-ignore-output"]
crops = league.try_it("crops", build_crops, recipe_crops)
crops

# %% [markdown]
# ## Better, or lucky?
#
# Two entries differ by half a point. Is one of them better? There are two kinds of luck. One is in the **seed**: first
# weights, order of the images, shifts. The column *spread* shows it: the highest accuracy of the seeds minus the
# lowest. The other is in the **examples**: with other test images, the mark would be another.
#
# The second kind is easy to simulate. Take twenty entries that are all equally good: each reads an example correctly
# with probability .98. Mark them on n examples, and report the best. **Predict first:** how far above 98 % is it?

# %% tags=["nbval-check-output"]
rng = np.random.default_rng(1)
for n in (600, 1_000, 10_000):
    marks = 100 * rng.binomial(n, 0.98, size=(1000, 20)) / n  # a thousand leagues of twenty
    print(f"{n:6,} examples: an entry has 98 % ± {marks.std():.2f}, the best of twenty "
          f"{marks.max(axis=1).mean():.2f} %")

# %% [markdown]
# **Notice** that nobody is better, and the winner is still ahead: by a point with 600 examples. The same happens
# to *you* if you try twenty recipes and keep the best. You have chosen by the test examples, and so they flatter you.
# The standard deviation of a mark is $\sqrt{p(1 - p)/n}$: a hundred times the examples make it ten times smaller.
#
# For the seeds there is a simple rule that needs no probability: run several, and call an entry better only if its
# lowest accuracy is above the other's highest. It is strict. With three seeds each, two equal entries still pass it in
# one case of ten.

# %% [markdown] exercise="17.4"
# ### Exercise 17.4 · Better, or lucky? (7 min, 2 points)
#
# **Input:** `first` and `second`, lists of accuracies between 0 and 1, one for each seed; the lists may have different
# lengths. **Output:** a tuple (the mean of the first minus that of the second, in points, which entry is better). "In
# points" means per cent: .91 is one point more than .90. An entry is better if *all* of its accuracies are above *all*
# of the other's: `"first"`, `"second"`, or else `"neither"`.

# %% tags=["exercise"] exercise="17.4"
def better(first, second):
    """Return the difference in points, and which entry is better."""
    ### BEGIN SOLUTION
    difference = 100 * (np.mean(first) - np.mean(second))
    if min(first) > max(second):
        return difference, "first"
    if min(second) > max(first):
        return difference, "second"
    return difference, "neither"
    ### END SOLUTION


# %% tags=["check"] exercise="17.4"
check("17.4", better);

# %% [markdown]
# ## A league that cannot be faked
#
# `try_it` marks your entry on examples that you have. That is practice. The league itself is decided elsewhere: your
# instructor runs `workbook league`, which trains every entry again, with three seeds, and marks it on examples that are
# drawn after all entries are in.
#
# You hand in neither functions nor weights, but the configuration of your model, as Keras writes it, and your recipe:
# plain values. The network is rebuilt from a list of Keras's own layers, with new random weights. **Predict first:**
# which of these three entries does the league take?

# %%
def ends_with(last):
    inputs = keras.Input((28, 28, 1))
    x = layers.Flatten()(layers.Rescaling(1 / 255)(inputs))
    return lambda: keras.Model(inputs, last(x))

tricks = {
    "code in a layer": ends_with(lambda x: layers.Dense(10)(layers.Lambda(abs)(x))),
    "weights in an initialiser": ends_with(
        layers.Dense(10, kernel_initializer=keras.initializers.Constant(np.eye(784, 10)))
    ),
    "weights in an addition": ends_with(lambda x: layers.Dense(10)(x) + np.arange(10.0)),
}

# %% tags=["nbval-check-output"]
for name, trick in tricks.items():
    note = league.try_it("mnist", trick, recipe).note
    print(f"{name}: {note.split('. ')[0]}")

# %% [markdown]
# None of them. It needs no detective: what is not on the list is not rebuilt. A model that has learned the test digits
# by heart loses them, because no weights travel. A lucky first weight is lost, because the league has its own seeds.
# And a recipe with code is not a recipe.
#
# ## Your entry
#
# Choose a league, and change this cell. Some ideas to begin with:
#
# - **mnist**: fewer filters and more epochs; average pooling early; a second separable convolution in place of a wide
#   one; `shift`.
# - **speech**: more of the 30 seconds; wider or taller kernels; `layers.GaussianNoise`; `cutout`.
# - **crops**: depth and shortcuts (chapter 08); `views`; dropout before the last layer.
#
# The budget of *mnist* is 300 CPU seconds: try a design with one or two epochs first, and train long only what
# survives.

# %%
LEAGUE = "mnist"

def my_build():
    return league.two_layers(16)

def my_recipe():
    return {"epochs": 1, "learning_rate": 0.02, "schedule": "triangle", "shift": 1}

# %% tags=["slow", "nbval-ignore-output"]
mine = league.try_it(LEAGUE, my_build, my_recipe)
mine

# %% [markdown]
# To hand it in, write it to a file, and give that file to your instructor. Open it: there is nothing in it that you
# could not read.

# %% tags=["nbval-check-output"]
file = league.hand_in(LEAGUE, my_build, my_recipe, "my_entry.json")
print(file, "is an entry to", LEAGUE)

# %% [markdown]
# ## Summary
#
# - Count first: parameters from a list of layers, epochs from the seconds of a step.
# - A learning curve says what to try: flat before the rate falls, a larger network or another rate; rising, more
#   epochs.
# - The marks of equal entries scatter with the seed and with the examples. The best of many flatters.
# - A result counts if somebody else gets it, from your description, on examples that you have not seen.
#
# ## Formulae
#
# | what | formula |
# |---|---|
# | weights of a convolution, ordinary and separable | $k^2\,C\,F$ and $k^2\,C + C\,F$ |
# | batch normalisation, of F filters | $4F$, of which $2F$ are learned |
# | epochs within a budget | $\bigl\lfloor (\text{budget} - \text{start}) / (\lceil N / \text{batch} \rceil \cdot \text{step}) \bigr\rfloor$ |
# | standard deviation of an accuracy p on n examples | $\sqrt{p\,(1 - p) / n}$ |
#
# ## Where to read on
#
# - **Best next:** A. Blum and M. Hardt, [*The ladder: a reliable leaderboard for machine learning
#   competitions*](https://arxiv.org/abs/1502.04585), 2015: what happens to a test set that is looked at too often.
# - X. Bouthillier and others, [*Accounting for variance in machine learning
#   benchmarks*](https://arxiv.org/abs/2103.03098), 2021.
# - B. Recht, R. Roelofs, L. Schmidt and V. Shankar, [*Do ImageNet classifiers generalize to
#   ImageNet?*](https://arxiv.org/abs/1902.10811), 2019: old networks on a new test set.
# - C. Coleman and others, [*Analysis of DAWNBench, a time-to-accuracy machine learning performance
#   benchmark*](https://arxiv.org/abs/1806.01427), 2018: a league of seconds.
