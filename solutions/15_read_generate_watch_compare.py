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
# # 15 · Read, generate, watch, compare
#
# **What else can come out of a CNN than a class?**
#
# You will be able to
#
# - read strings of any length with the CTC loss, and say what it adds up;
# - generate pictures in two ways, from a code and out of noise, and measure quality and diversity;
# - let kernels span time, and show what a mean over time cannot know;
# - learn a distance that works for classes that training never saw.
#
# **Minutes:** about 100 with the exercises; the notebook itself runs in about a minute on two CPU cores, and needs no
# GPU.

# %% tags=["setup"]
from workbook import check, data, plots  # before Keras: it sets Keras up
from workbook.vision_tasks import embedding, generation, reading, tasks, vae, video
import numpy as np
import matplotlib.pyplot as plt
import keras  # loading Keras takes some seconds
from keras import layers

SEED = 1
keras.utils.set_random_seed(SEED)

# %% [markdown]
# A class is one name for one picture. Here are four questions that want something else: a *string*, a *new picture*,
# a *motion*, a *distance*. Each has a small network, a loss made for it, and a metric of its own.
#
# ## Read: a string of any length
#
# A house number, a number plate, a price: text in a scene. Ours are strips of one to five digits of different writers,
# in different sizes, at different heights, among strokes that mean nothing.

# %% name="strips"
strips = reading.training_strips(
    3500, seed=SEED
)  # MNIST's training digits without the last 5,000
unseen = reading.unseen_strips(300)  # of test digits

# %% alt="Eight grey strips with one to five handwritten digits each, of different sizes and heights, some touching, among short strokes. The text stands above each."
axes = plt.subplots(2, 4, figsize=(10, 2.2), layout="constrained")[1]
for image, text, ax in zip(unseen.images, unseen.texts, axes.flat):
    plots.show_image(image, ax, title=text)

# %% [markdown]
# The examples do not say how many digits there are, or where. Only the text is known. A network's output has one fixed
# shape; the text has one to five digits. **Predict first:** which shape would suit all of them?
#
# ## A class for each column
#
# We let the network say something everywhere, and decide afterwards what it means. A strip is 24 × 80 pixels. Two
# convolutions with strides halve height and width twice; after a third one a pooling layer halves the height once more.
# It has no parameters and is not listed below. The 3 rows of 64 channels in each of the 20 columns are joined into one
# vector of 192. `Conv1D` slides along the columns only: each of its filters reads three neighbouring vectors. Then each
# column gets a score for each of eleven classes: class 1 + d is the digit d, and class 0 is the **blank**, "nothing to
# say here". So the output is (20, 11), whatever the text:

# %% tags=["nbval-check-output"]
reader = reading.reader()
for layer in reader.layers:
    if layer.name in ("neighbours", "scores") or isinstance(
        layer, (layers.Conv2D, layers.Reshape)
    ):
        print(
            f"{layer.__class__.__name__:8} {layer.output.shape[1:]!s:14} "
            f"{layer.count_params():7,} parameters"
        )

# %% [markdown]
# Twenty columns have twenty classes, a **path**. A digit is several columns wide, so most paths say a digit several
# times. Hence two rules, *in this order*: equal neighbours are merged, then blanks go. Class 8 is the digit 7, so 8 8 0
# 8 becomes 8 0 8, then 8 8, and reads "77": the blank between keeps the two sevens apart.

# %% [markdown] exercise="15.1"
# ### Exercise 15.1 · What a path reads (8 min, 2 points)
#
# **Input:** a `path`, a list of classes: 0 is the blank, 1 + d the digit d. **Output:** the text that it reads, a
# string of digits, empty if there are only blanks. Merge equal neighbours, then drop the blanks, then write each class
# as its digit. (`groupby(path)` walks through runs of equal neighbours, but a plain loop will do.) Write it yourself:
# the course's own function for this does not count.

# %% tags=["exercise"] exercise="15.1"
from itertools import groupby

def collapse(path):
    """Merge equal neighbours, drop the blanks, write the digits."""
    ### BEGIN SOLUTION
    return "".join(str(one - 1) for one, _ in groupby(path) if one != 0)
    ### END SOLUTION


# %% tags=["check"] exercise="15.1"
check("15.1", collapse);

# %% [markdown]
# ## All paths that read the same
#
# A softmax turns the scores of a column into eleven probabilities. But which path should we train for? The text "7"
# fits many: the 7 in column 3, or in columns 5 to 9, with blanks around. **CTC** (*connectionist temporal
# classification*, Graves and others 2006) does not choose. It trains for *all of them together*:
#
# $$p(\text{text}) = \sum_{\pi \,\text{reads text}}\; \prod_{t=1}^{T} p_t(\pi_t)$$
#
# The sum goes over all paths π that read the text, the product over the T columns; $p_t(\pi_t)$ is the probability of
# the path's class in column t. The loss is $-\ln p(\text{text})$. The network can decide for itself where the digits
# are.
#
# Here is a small case: three columns and three classes, 0 for the blank, 1 for the digit 0 and 2 for the digit 1. The
# cell lists every path that reads the text "0", and its probability. **Predict first:** why is (1, 0, 1) not among
# them?

# %% tags=["nbval-check-output"]
# a row for each column, blank first
grid = np.array([[0.5, 0.4, 0.1], [0.3, 0.6, 0.1], [0.6, 0.3, 0.1]])
total = 0
for path in reading.paths_of("0", columns=3, classes=3):
    p = np.prod(grid[np.arange(3), path])
    total += p
    print(path, f"{p:.3f}")
print(f"together {total:.3f}")
print(
    f"the most probable single path is {tuple(grid.argmax(axis=1).tolist())}, with "
    f"{grid.max(axis=1).prod():.3f}"
)

# %% [markdown]
# **Notice** that (1, 0, 1) is missing: the blank keeps the two apart, so it reads "00". All paths together have far
# more probability than the best single one.

# %% [markdown] exercise="15.2"
# ### Exercise 15.2 · The probability of a string (12 min, 3 points)
#
# **Input:** an array `probabilities` (columns, classes), each row adds up to 1, class 0 is the blank and 1 + d the
# digit d; and a `text`, a string of digits. **Output:** the probability of the text, a float: the sum over *all* paths
# that read it. The grids have five columns at most, so you may try every path: `product` lists them, and
# `reading.collapse(path)` says what one reads. Write it yourself: the course's own function for this does not count.

# %% tags=["exercise"] exercise="15.2"
from itertools import product

def string_probability(probabilities, text):
    """Add up the probabilities of all paths that read the text."""
    ### BEGIN SOLUTION
    columns, classes = probabilities.shape
    total = 0.0
    for path in product(range(classes), repeat=columns):
        if reading.collapse(path) == text:
            total += np.prod(probabilities[np.arange(columns), path])
    return float(total)
    ### END SOLUTION


# %% tags=["check"] exercise="15.2"
check("15.2", string_probability);

# %% [markdown]
# Twenty columns of eleven classes have 11²⁰ paths. No program tries them all. It is enough to go from column to column
# and keep, for each place in the text, how probable it is to have read exactly that far: paths at the same place are
# added up and continue together. `reading.string_probability` does so, and Keras's loss, too.

# %% tags=["nbval-check-output"]
print(f"{reading.string_probability(grid, '0'):.3f}, as above")
scores = np.log(grid)[np.newaxis].astype("float32")  # a softmax turns them back into the grid
loss = float(keras.losses.CTC()(reading.targets(["0"]), scores))
print(f"Keras: exp(−loss) = {np.exp(-loss):.3f}")

# %% [markdown]
# Training takes some twenty seconds. **Predict first:** before the network can tell digits apart, one class is a good
# guess in any column of any strip. Which? And when it can, over how many of its columns will it say a digit?

# %% tags=["slow"] name="reader"
keras.utils.set_random_seed(SEED)
reader = reading.train_reader(strips, tasks.TaskTraining(epochs=3, peak=0.012, batch_size=25))
scores = tasks.predict(reader, unseen.images)  # (300, 20, 11)
texts = reading.read(scores)  # the best class of each column, collapsed

# %% tags=["slow"] alt="One strip, and below it the probability of the best digit in each of the 20 columns, as bars with the digit above. Few narrow peaks stand out, one for each digit; between them the blank has nearly everything."
four = [n for n, text in enumerate(unseen.texts) if len(text) == 4]
number = next((n for n in four if texts[n] == unseen.texts[n]), four[0])  # read correctly
shares = np.exp(scores[number]) / np.exp(scores[number]).sum(axis=1, keepdims=True)  # softmax
upper, lower = plt.subplots(
    2, 1, figsize=(6.4, 4.2), height_ratios=(1.9, 1.8), layout="constrained"
)[1]
plots.show_image(unseen.images[number], upper, title=f"read as {texts[number]}")
lower.bar(range(20), shares[:, 1:].max(axis=1), color=plots.COLOURS[0])
for column in np.flatnonzero(shares.argmax(axis=1)):
    lower.text(column, shares[column, 1:].max(), str(shares[column].argmax() - 1), ha="center")
lower.set(
    xlabel="column", ylabel="best digit's probability", ylim=(0, 1.15), xlim=(-0.5, 19.5)
)
lower.set_xticks(range(0, 20, 2));

# %% [markdown]
# **Notice** the peaks. The network says each digit in a column or two, and the blank everywhere else, although the loss
# does not ask for that. The blank is right nearly anywhere: it is the answer to the prediction. At the beginning of
# training CTC networks tend to say only blanks, often for a long time. The picture shows the end of training.
#
# A string is right or it is not. **Sequence accuracy** counts strings that are right from the first digit to the last;
# with three digits of which each is right in 95 of 100 cases, 86 of 100 strings are right.

# %% tags=["slow", "nbval-ignore-output"]
print(f"sequence accuracy {reading.sequence_accuracy(texts, unseen.texts):.3f}")
lengths = np.array([len(text) for text in unseen.texts])
right = np.array([one == other for one, other in zip(texts, unseen.texts)])
for length in range(1, 6):
    print(
        f"{length} digits: {right[lengths == length].mean():.2f} of "
        f"{np.sum(lengths == length)} strings"
    )

# %% tags=["slow", "nbval-check-output"]
print(
    "at least 65 of 100 strings are right:",
    reading.sequence_accuracy(texts, unseen.texts) > 0.65,
)

# %% [markdown]
# **Notice** that one digit is read far more surely than five. In most of the wrong strings one digit is misread,
# missing, or too many:

# %% tags=["slow", "nbval-ignore-output"]
wrong = [(one, other) for one, other in zip(unseen.texts, texts) if one != other][:6]
print("\n".join(f"{true:6} was read as {found}" for true, found in wrong))

# %% [markdown]
# This was the quick form. Below is the same network with 16,000 strips, four passes and three seeds.
# `workbook bench tasks reading` computes this figure again, as `video` and `embedding` compute those below. One caveat:
# we first tried 12,000 strips, saw the result on the same unseen strips, and only then took more. So the unseen strips
# influenced a setting, and the figure may be a little too good.

# %% name="three-seeds" tags=["nbval-check-output"]
measured = data.stored("vision_tasks")["rows"]

def three_seeds(*asked):
    for row in measured:
        if row["task"] in asked:
            mean, spread = np.mean(row["scores"]), np.std(row["scores"], ddof=1)
            print(
                f"{row['task']}: {row['metric']} {mean:.3f} ± {spread:.3f}, "
                f"{row['cpu_seconds']:.0f} CPU seconds per training"
            )

three_seeds("scene text")

# %% [markdown]
# Taking the best class of each column is called *greedy*. It finds the most probable path, which need not read the most
# probable text. An example has two columns: in each the blank has .6, the digit 0 has .4. **Predict first:** which is
# more probable, no text or "0"?

# %% tags=["nbval-check-output"]
grid = np.array([[0.6, 0.4], [0.6, 0.4]])  # two columns, blank and 0
print(f"the best path reads '{reading.read(grid[None])[0]}', with {0.6 * 0.6:.2f}")
for text in ("", "0"):
    print(f"text '{text}': {reading.string_probability(grid, text):.2f}")

# %% [markdown]
# The blank path is the best single one. But three paths read "0", and together they have more. `keras.ops.ctc_decode`
# can read greedily, too; it also has a *beam search*, which keeps several texts at once and adds up their paths.
#
# ## Generate: pictures that nobody wrote
#
# A classifier goes from 784 pixels to a class. A generator goes the other way: from a class to 784 pixels. One answer
# will not do, for there are many sevens. So the network needs something random as input, which decides *which* seven it
# draws.
#
# ## A code for every picture
#
# The **variational autoencoder** (Kingma and Welling 2014) has two halves. The encoder turns a picture into a **code**,
# here six numbers; the decoder turns the code back into the picture. Both are told the digit, so the code need only say
# the rest: slant, width, thickness. They are trained together, so that the output is like the input. To draw a new
# picture, draw a code at random and decode it. But which codes are codes of pictures? Two tricks make sure that a
# random code is one:
#
# - The encoder does not output a point but a **cloud**: for each of the six numbers a mean, and a variance, which says
#   how wide the cloud is (the root of the variance is the standard deviation). The code is drawn from the cloud: mean +
#   standard deviation · noise, with noise from the normal distribution, mean 0 and variance 1. So the decoder must know
#   what to do with every code around. In this form the noise is an input, and the gradient reaches mean and variance
#   (the *reparameterisation trick*).
# - A penalty keeps the clouds near that same normal distribution, so that codes drawn from *there* are codes of
#   pictures. It is the *divergence of Kullback and Leibler*, here a sum over the six numbers: 0 for mean 0 and variance
#   1, and more for any other cloud.
#
# With means $\mu_i$, standard deviations $\sigma_i$ and noise $z_i$, code and divergence are
#
# $$c_i = \mu_i + \sigma_i z_i, \qquad D = \frac{1}{2} \sum_i \left( \mu_i^2 + \sigma_i^2 - 1 - \ln \sigma_i^2 \right)$$
#
# The loss is the cross-entropy of the two pictures, pixel by pixel, plus a multiple of this penalty. The encoder
# outputs ln variance, the *log-variance*, because it may be any number, and its exponential is positive.

# %% [markdown] exercise="15.3"
# ### Exercise 15.3 · A cloud of codes (8 min, 2 points)
#
# **Input:** NumPy arrays `mean`, `log_variance` and normal `noise`, each (n, codes), a row for each
# picture. **Output:** a tuple (codes, divergence): a code for each picture, (n, codes), drawn as mean + standard
# deviation · noise; and each picture's divergence, (n,), the sum over its numbers of mean² + variance − 1 −
# log-variance, halved. You are given ln variance: begin with the variance.

# %% tags=["exercise"] exercise="15.3"
def cloud(mean, log_variance, noise):
    """Draw codes, and measure how far each cloud is from the normal one."""
    ### BEGIN SOLUTION
    codes = mean + np.exp(log_variance / 2) * noise
    divergence = (mean**2 + np.exp(log_variance) - 1 - log_variance).sum(axis=1) / 2
    return codes, divergence
    ### END SOLUTION


# %% tags=["check"] exercise="15.3"
check("15.3", cloud);

# %% [markdown]
# ## A map of digits, live
#
# Let us train one. It is small, so that we can see all of it: its code has *two* numbers, which makes every picture a
# point on a map. And it is told nothing: each picture is called "digit 0", so what the digit is must be in the code,
# too. It learns from 600 batches of 50 training digits. **Predict first:** which digits will lie apart on the map, and
# which will lie in a heap?

# %% tags=["slow"] name="vae"
examples, others = generation.digits("generator"), generation.digits("unseen")
untold = generation.Digits(examples.images, np.zeros_like(examples.labels))
pair = vae.train(untold, vae.VaeTraining(codes=2, weight=1.0), seed=SEED)
blind = generation.Digits(others.images, np.zeros_like(others.labels))
codes = vae.encode(pair, blind)  # (5000, 2): the middle of each cloud

def draw(codes):
    """Decode codes (n, 2): pictures (n, 28, 28, 1)."""
    return vae.decode(pair, np.asarray(codes, "float32"), np.zeros(len(codes), int))

# %% [markdown]
# The left picture below shows some of 2,000 unseen digits, each drawn where its code is. Where they crowd, a digit is
# left out if one drawn before it is nearer than .2. The right picture decodes a grid of 15 × 15 codes.

# %% tags=["slow"] name="map" alt="Left, a map of small handwritten digits that the network did not train on, each at its code. The ones are at one side, the zeros at another; digits such as 4 and 9 lie mixed. Right, a grid of 15 by 15 drawn digits, one for each code on a grid: neighbours look alike, and one digit melts into the next."
axes = plt.subplots(1, 2, figsize=(13, 6.5), layout="constrained")[1]
kept = []
for code, image in zip(codes[:2000], others.images[..., 0]):
    if not kept or np.linalg.norm(np.array(kept) - code, axis=1).min() > 0.2:
        kept.append(code)
        (x, y), ink = code, np.ma.masked_less(image, 60)
        axes[0].imshow(ink, "gray", vmin=0, extent=(x - 0.15, x + 0.15, y - 0.15, y + 0.15))
axes[0].set(xlim=(-3, 3), ylim=(-3, 3), facecolor="black")
axes[0].set(xlabel="first number of the code", ylabel="second number")
steps = np.linspace(-2, 2, 15)
grid = draw([(x, y) for y in steps[::-1] for x in steps])  # from the upper left
sheet = grid.reshape(15, 15, 28, 28).transpose(0, 2, 1, 3).reshape(420, 420)
plots.show_image(sheet, axes[1], title="codes from −2 to 2, both ways", scale=(0, 255));

# %% [markdown]
# **Notice** two things. On the left the network has sorted digits that nobody named. In the run shown here the 0s and
# the 1s lie apart, 4, 7 and 9 share a side, and 2, 3, 5, 6 and 8 crowd the middle: those that look alike lie near each
# other, and two numbers are not enough to keep all ten apart. On the right there is no empty place: every code is a
# code of some picture, and neighbours are similar. That is what the clouds and their penalty are for.
#
# So there is a way from any digit to any other: take the codes of two, walk from one to the other in a straight line,
# and decode on the way. Below, the ends of each row are decoded codes of unseen digits. The lowest row is the same walk
# among *pixels*, for the digits of the first row. **Predict first:** what is the difference halfway?

# %% tags=["slow"] alt="Four rows of nine pictures. In the upper three a drawn digit turns into another one by way of other shapes, one stroke at a time. In the lowest row the two digits are laid over each other, one fading out and one fading in."
firsts = [int(np.flatnonzero(others.labels == digit)[0]) for digit in range(10)]
shares = np.linspace(0, 1, 9)[:, None]

def walk(start, end):
    """Return nine codes on the line between two digits' codes: (9, 2)."""
    return (1 - shares) * codes[firsts[start]] + shares * codes[firsts[end]]

rows = [draw(walk(*ends)) for ends in ((0, 1), (1, 9), (9, 0))]
ends = draw(walk(0, 1))[[0, -1]].reshape(2, -1)
faded = ((1 - shares) * ends[0] + shares * ends[1]).reshape(9, 28, 28, 1)
plots.show_images(np.concatenate([*rows, faded]), columns=9, size=1.0, scale=(0, 255));

# %% [markdown]
# **Notice** the middle of each row. Among pixels two digits fade into each other. Among codes the walk leads through
# shapes that are drawn as one digit, though often a blurred one: with two numbers for everything, the network must say
# the mean of many.

# %% [markdown]
# ## From noise, step by step
#
# The second way takes many small steps. Between a picture (time 0) and pure noise (time 1) lies a line: noisy = (1 −
# time) · picture + time · noise. A U-Net (chapter 14: a network whose output maps are as large as the picture) learns
# to guess the picture from a noisy one, its time, and the digit. The right answer is known, for we made the noise
# ourselves, and there is no end of examples.
#
# To draw a new picture, begin with noise, at time 1. Guess. The guess is a blur, the mean of all pictures that are
# possible, because the loss is the mean squared error, and a mean has the smallest. So take only one small step towards
# the guess, and guess again from there. If n equal steps are left to time 0, a step is one n-th of the way from where
# we are to the guess. With each step fewer pictures are possible, and the guess gets sharper. This is *diffusion* in
# the form of *rectified flow* (Liu, Gong and Liu 2023). Other forms follow a curve instead of a line.

# %% [markdown] exercise="15.4"
# ### Exercise 15.4 · Into the noise, and a step back (10 min, 3 points)
#
# **Input:** arrays `pictures`, `noise` and `guess`, each (n, H, W); `time` (n,), from 0 to 1, one for each picture; and
# `left`, a whole number, how many steps are left. **Output:** a tuple (noisy, next), both (n, H, W): the noisy pictures
# (1 − time) · picture + time · noise, each with its own time; and where one step from `noisy` towards `guess` ends, if
# `left` such steps would lead all the way.

# %% tags=["exercise"] exercise="15.4"
def noise_and_step(pictures, noise, time, guess, left):
    """Mix pictures with noise; then walk one step towards the guess."""
    ### BEGIN SOLUTION
    share = time[:, None, None]
    noisy = (1 - share) * pictures + share * noise
    return noisy, noisy + (guess - noisy) / left
    ### END SOLUTION


# %% tags=["check"] exercise="15.4"
check("15.4", noise_and_step);

# %% [markdown]
# For the comparison both generators are told the digit. Training the two takes more than a minute, and three seeds a
# few minutes, so the results are stored. `python -m workbook.course.makers.generation_runs` made them, with three
# seeds. First comes the walk of twenty steps, for three digits, with two rows each. Six of the steps are shown: the
# lower row has the guess, the upper row the place where the step towards it ended, with its time. **Predict first:**
# after how many of the twenty steps do the guesses hardly change any more?

# %% name="stored"
stored = data.stored("generation")
drawn = data.stored("generation.npz")

# %% tags=["cover"] alt="For each of three digits two rows of six pictures. Upper rows: pure noise at first, from which a digit slowly comes out. Lower rows, the guesses: a soft grey digit first, then sharper and sharper ones, the last a clean handwritten digit."
# six times (6, 28, 28)
rows = [drawn[name][digit] for digit in (2, 5, 7) for name in ("places", "guesses")]
titles = [f"time {time:.2f}" for time in drawn["times"]] + [""] * 30
plots.show_images(np.concatenate(rows), titles, columns=6, size=1.1, scale=(0, 255));

# %% [markdown]
# **Notice** the first guess: soft and grey, about the mean of all digits of the class, a little exaggerated by
# the *guidance*, which is explained below. After half of the steps the network has made up its mind: from time 0.55 on
# the guesses hardly change. The last step goes all the way, so the last place is the last guess.
#
# Next are ten samples of each digit, in a row for each: on the left those of the variational autoencoder (VAE), on the
# right those of the diffusion. **Judge first:** which are better pictures, and which differ more?

# %% alt="Two grids of a hundred drawn digits, a row for each digit from 0 to 9. Left, the autoencoder's: clean, rounded and a little blurred. Right, the diffusion model's: sharper, of more different shapes, some of them odd."
axes = plt.subplots(1, 2, figsize=(9, 4.6), layout="constrained")[1]
for ax, name in zip(axes, ("vae", "diffusion")):
    sheet = drawn[name].transpose(0, 2, 1, 3).reshape(280, 280)  # ten rows of ten pictures
    plots.show_image(sheet, ax, title=name, scale=(0, 255))

# %% [markdown]
# ## A number for pictures
#
# How good are they? There is no right answer to compare with, and eyes differ. So we ask two questions, and only both
# answers together say something:
#
# - **Are they what was wanted?** A *judge*, a classifier that learned from other digits, reads them. The score is the
#   share that it reads as the wanted digit.
# - **Are they different?** *Diversity* is the mean distance between two samples of one digit, divided by that between
#   two real ones, so real digits have 1. A generator that always draws the same good picture would have a perfect
#   score, and a diversity of 0.
#
# And *novelty* looks for copies: the mean distance of a sample to the nearest training picture, divided by the same for
# real unseen digits, so these have 1 too, and a copy has 0.

# %% tags=["nbval-check-output"]
def line(name, rows):
    cells = []
    for key in ("score", "diversity", "novelty"):
        figures = [row[key] for row in rows]
        spread = f" ({min(figures):.2f} to {max(figures):.2f})" if len(rows) > 1 else ""
        cells.append(f"{key} {np.mean(figures):.2f}{spread}")
    print(f"{name}:", *cells, sep="\n    ")

for task in dict.fromkeys(row["task"] for row in stored["runs"]):
    # the mean of three seeds, the lowest and the highest
    line(task, [row for row in stored["runs"] if row["task"] == task])
for row in stored["compared"]:
    line(row["generator"], [row])
print(f"The judge reads {100 * stored['judge_test_accuracy']:.1f} % of the test digits.")

# %% [markdown]
# **Notice** the last two groups first: unseen real digits set the scale, and copies of training digits have a good
# score and diversity, but show themselves by their novelty of 0. Neither generator copies. Both are less diverse than
# real digits. In diversity the ranges of the two generators lie apart, with the diffusion ahead. In score and in
# novelty they overlap, so three seeds name no winner there. And the comparison is not an even one: the diffusion has
# twice the parameters and twice the training time, and the table has a *width* of 1 and a *guidance* of 2, two dials
# that come next.
#
# Both have a dial that trades quality for diversity. The VAE's is the *width*: it multiplies the normal noise that
# codes are drawn from, so a small one stays near the middle. The diffusion's is the *guidance* (Ho and Salimans 2022).
# The network can guess with the digit and without; the difference is what the digit adds, and the guidance says how
# many times it is counted (1 is the plain guess). The picture shows the networks of one seed, the table above the means
# of three. **Predict first:** at which end of a line are the samples of a large width, or of a weak guidance?

# %% name="dials" alt="Score against diversity. Two lines of dots, one for each generator, both falling: the more diverse the samples, the fewer are read as wanted."
ax = plt.subplots(figsize=(6.5, 3.4), layout="constrained")[1]
for name, dial, colour in (
    ("VAE", "width", plots.COLOURS[0]),
    ("diffusion", "guidance", plots.COLOURS[1]),
):
    some = [row for row in stored["dials"] if row["generator"] == name]
    ax.plot(
        [row["diversity"] for row in some],
        [row["score"] for row in some],
        "o-",
        color=colour,
        label=f"{name}, {dial}",
    )
    for row in some:
        ax.annotate(
            f"{row[dial]:g}",
            (row["diversity"], row["score"]),
            (4, 4),
            textcoords="offset points",
            fontsize=8,
        )
ax.set(xlabel="diversity (real digits: 1)", ylabel="read as wanted")
ax.margins(x=0.08, y=0.1)
ax.legend();

# %% [markdown]
# **Notice** that neither dial has a right setting: each line goes down to the right, from safe and alike to varied and
# at times unreadable.
#
# ## Watch: what moves, and where to
#
# A clip is a stack of pictures, with a new axis: (time, height, width, channels). The course bundles no film, so we
# make clips. Ours have six **frames**, as the pictures of a clip are called, of a digit that moves right, down, left or
# up, with fresh noise in every frame. Two questions: which digit, and which motion?

# %% name="clips"
clips = video.training_clips(2000, seed=SEED)
unseen_clips = video.unseen_clips(400)

# %% alt="The six frames of two clips, a row each. A grey, noisy digit shifts by a pixel or two from frame to frame; the motion stands above the first."
titles = [
    video.MOTIONS[motion] if frame == 0 else ""
    for motion in unseen_clips.motions[:2]
    for frame in range(6)
]
plots.show_images(np.concatenate(unseen_clips.frames[:2]), titles, columns=6, size=1.3);

# %% [markdown]
# The simplest network for clips would take the *mean frame*, each pixel averaged over the six frames, and be a network
# for pictures. Noise averages out, and a motion leaves a smear. **Predict first:** will it be able to tell right from
# left? The cell averages each clip, and the same clip played backwards:

# %% tags=["nbval-check-output"]
mean = video.mean_frames(unseen_clips.frames)
mean_backwards = video.mean_frames(unseen_clips.backwards().frames)
print("clips", unseen_clips.frames.shape, "→ mean frames", mean.shape)
print(
    "largest difference between a clip's mean and that of the same clip backwards:",
    float(np.abs(mean - mean_backwards).max()),
)

# %% [markdown]
# It cannot. Play a clip backwards: right becomes left, and the mean is the same to the last bit. Whatever network
# follows must give both the same answer, so it is wrong on one of the two. No training helps against that. It is like
# the bag of words of chapter 13, which knows the words of a sentence and not their order.
#
# ## Kernels that span time
#
# So we let the kernels span time, too: a filter of 3 × 5 × 5 sees three frames at once, and may respond to "bright
# here, then bright there". Keras has `Conv3D` for it. The filter can also be split, in the spirit of chapter 04, but
# here space from time, not the channels from each other: first over space, 1 × 5 × 5 in every frame, then over time, 3
# × 1 × 1 at every place.
#
# After the exercise come the parameters of three whole networks, and then the training of two of them. **Predict
# first:** how many of 100 motions will the one on mean frames get right, of clips and their reverses together?

# %% [markdown] exercise="15.5"
# ### Exercise 15.5 · Space and time, together or apart (6 min, 2 points)
#
# **Input:** whole numbers `channels` (of the input), `filters`, `side` and `span`. **Output:** a tuple (joint,
# separable) of two whole numbers of parameters, *with biases*: of one convolution with `filters` filters whose kernels
# are span × side × side; and of two layers together, side × side over space with `filters` filters, then span over time
# with `filters` filters, which reads the output of the first. All are ordinary convolutions: each filter reads all
# channels.

# %% tags=["exercise"] exercise="15.5"
def space_time_parameters(channels, filters, side, span):
    """Count the parameters of a joint and of a separable space-time convolution."""
    ### BEGIN SOLUTION
    joint = (span * side * side * channels + 1) * filters
    space = (side * side * channels + 1) * filters
    time = (span * filters + 1) * filters
    return joint, space + time
    ### END SOLUTION


# %% tags=["check"] exercise="15.5"
check("15.5", space_time_parameters);

# %% tags=["nbval-check-output"]
for kind in ("separable", "joint", "mean frame"):
    print(f"{kind:10} {video.network(kind).count_params():7,} parameters")

# %% tags=["slow"] name="video"
networks = {
    kind: video.train(kind, clips, video.ClipTraining(epochs=2), seed=SEED)
    for kind in ("separable", "mean frame")
}
found = {kind: video.read(model, unseen_clips.frames) for kind, model in networks.items()}
backwards = {
    kind: video.read(model, unseen_clips.backwards().frames)
    for kind, model in networks.items()
}

# %% tags=["slow", "nbval-ignore-output"]
turned = unseen_clips.backwards().motions
for kind, (digits, motions) in found.items():
    both = np.mean(np.r_[motions == unseen_clips.motions, backwards[kind][1] == turned])
    print(
        f"{kind:10}: digit {np.mean(digits == unseen_clips.digits):.2f}, motion, clips and "
        f"their reverses {both:.2f}"
    )

# %% tags=["slow", "nbval-check-output"]
same = np.array_equal(found["mean frame"][1], backwards["mean frame"][1])
print("mean frame: the same answer for each clip and its reverse:", same)
both = np.mean(
    np.r_[found["separable"][1] == unseen_clips.motions, backwards["separable"][1] == turned]
)
print("separable: more than 90 of 100 motions right:", both > 0.9)

# %% alt="Two tables of four by four motions, true against answered. Separable: nearly all on the diagonal. Mean frame: right and left share their answers, and so do down and up." tags=["slow"]
axes = plt.subplots(1, 2, figsize=(8, 3.6), layout="constrained")[1]
for ax, (kind, (_, motions)) in zip(axes, found.items()):
    counts = np.zeros((4, 4), int)
    np.add.at(counts, (unseen_clips.motions, motions), 1)
    plots.show_confusion(counts, video.MOTIONS, ax, title=kind)

# %% [markdown]
# **Notice** what the mean frame knows: sideways or up and down, from the smear. It must guess the direction, so of a
# clip and its reverse it gets at most one right: 50 of 100, and no training could raise that. A network that convolves
# each frame by itself and averages *maps* over time must guess too (`video.train("each frame", …)`); to feel the order,
# some weights must compare frames with one another, as kernels that span time do.
#
# With 8,000 clips and four passes, three seeds:

# %% tags=["nbval-check-output"]
three_seeds("video, digit", "video, motion")

# %% [markdown]
# ## Compare: a distance that means something
#
# Last question: do two pictures show the same thing? A classifier can say so only for classes that it was trained for.
# Faces, products, plants: there are always new ones. We need a *distance*. The simplest is that of the pixels: subtract
# two pictures, square, add up, take the root. On the left of each row below is a digit at a random place, a **view**;
# next to it are its five nearest neighbours among 1,000 views. The label below each says whether it is the same
# digit. **Predict first:** what will the neighbours have in common?

# %% name="views"
views = embedding.unseen_views(1000)  # the digits 5 to 9, of MNIST's test digits
pixels = views.images / 255

def show_neighbours(vectors, numbers, count=5):
    rows = embedding.neighbours(vectors, count)[numbers]
    order = np.c_[numbers, rows]  # each picture, then its neighbours, the nearest first
    titles = ["query" if column == 0 else "" for _ in order for column in range(count + 1)]
    grid = plots.show_images(views.images[order.ravel()], titles, columns=count + 1, size=1.1)
    for place, ax in np.ndenumerate(grid):
        right = views.labels[order[place]] == views.labels[order[place[0], 0]]
        ax.set_xlabel("" if place[1] == 0 else "same" if right else "other", fontsize=8)

# %% alt="Five rows: a digit, and its five nearest neighbours by pixels. The neighbours lie at the same place of the picture, and many show other digits."
asked = np.array([np.flatnonzero(views.labels == digit)[2] for digit in embedding.NEW])
show_neighbours(pixels, asked)

# %% [markdown]
# **Notice** what pixels compare: the *place*. Two sevens that are shifted have hardly a pixel in common.
#
# ## A number for neighbours
#
# **Recall at 1** is the share of pictures whose nearest other picture is of their own class. With five digits, 5 to 9,
# guessing would give about one in five.

# %% [markdown] exercise="15.6"
# ### Exercise 15.6 · Recall at 1 (8 min, 2 points)
#
# **Input:** arrays `embeddings` (n, dimensions), a row of numbers for each of n points, and `labels` (n,). **Output:**
# the share (a float from 0 to 1) of points whose nearest *other* point has the same label. Near is by the Euclidean
# distance, the root of the sum of squared differences. Two points may be in the same place; points of different labels
# are never equally near. Write it yourself: the course's own function for this does not count.

# %% tags=["exercise"] exercise="15.6"
def recall_at_1(embeddings, labels):
    """Return the share of points whose nearest other point has the same label."""
    ### BEGIN SOLUTION
    distances = np.linalg.norm(embeddings[:, None] - embeddings[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    nearest = distances.argmin(axis=1)
    return float(np.mean(labels[nearest] == labels))
    ### END SOLUTION


# %% tags=["check"] exercise="15.6"
check("15.6", recall_at_1);

# %% tags=["nbval-check-output"]
print(f"recall at 1 by pixels: {embedding.recall_at(pixels, views.labels):.2f}")

# %% [markdown]
# ## Learn from pairs
#
# An **embedding** network turns each picture into a vector of length 1. It is never told a class. It gets *pairs*: two
# views of the same written digit, at other places, in other sizes, stretched and slanted a little. Partners should lie
# close, all others of the batch far away. Two details:
#
# - Before the views are made, the digit is turned by 0, 90, 180 or 270 degrees and perhaps mirrored, the same for both.
#   So five digits become forty shapes, and few pictures of a batch show the same one.
# - In training there is one more small layer between the vectors and the loss. Afterwards it is thrown away.
#
# The closeness of two vectors of length 1 is their **cosine**, the sum of the products of their numbers: 1 if they
# point the same way, 0 at a right angle, −1 if opposite. Written as a loss (*NT-Xent*, Chen and others 2020): for each
# vector a softmax over all others of the batch, by their cosine divided by a *temperature* τ of 0.1, which makes small
# differences count. The loss is −ln of the partner's share. For vector i with its partner j:
#
# $$\ell_{i,j} = -\ln \frac{e^{\cos(z_i, z_j) / \tau}}{\sum_{k \ne i} e^{\cos(z_i, z_k) / \tau}}$$
#
# **Predict first:** eight pairs are sixteen vectors. If all are alike, what is the partner's share, and what is the
# loss?

# %% tags=["nbval-check-output"]
# two views of each of 3,000 digits from 0 to 4
pairs = embedding.training_pairs(3000, seed=SEED)
print(pairs.shape)
guessing = np.tile(np.array([1.0, 0.0], "float32"), (8, 2, 1))  # all 16 vectors alike
print(
    f"all alike: {float(embedding.contrast_loss(None, guessing)):.3f} = ln 15 = "
    f"{np.log(15):.3f}"
)

# %% alt="Six pairs of views, one below the other. In each pair the same written digit, perhaps turned or mirrored, at another place, in another size, brightness and slant."
plots.show_images(np.concatenate([pairs[:6, 0], pairs[:6, 1]]), columns=6, size=1.2);

# %% [markdown]
# Training sees only the digits 0 to 4. We ask about 5 to 9, with views that are neither turned nor mirrored. **Predict
# first:** better or worse than pixels?

# %% tags=["slow"] name="embedder"
keras.utils.set_random_seed(SEED)
embedder = embedding.train_embedder(
    pairs, tasks.TaskTraining(epochs=3, peak=0.01, batch_size=25)
)
vectors = embedding.embed(embedder, views.images)

# %% tags=["slow", "nbval-ignore-output"]
print(
    f"recall at 1: {embedding.recall_at(vectors, views.labels):.3f}, by pixels "
    f"{embedding.recall_at(pixels, views.labels):.3f}"
)

# %% tags=["slow", "nbval-check-output"]
print(
    "more than .75 on digits that it never saw:",
    embedding.recall_at(vectors, views.labels) > 0.75,
)

# %% tags=["slow"] alt="The same five digits with their five nearest neighbours by the learned vectors: other places and sizes, and mostly the same digit."
show_neighbours(vectors, asked)

# %% [markdown]
# **Notice** that the neighbours are no longer bound to the same place of the picture. The network has learned what
# does *not* matter, place, size and slant, and that holds for digits that it never saw. Labels would have told it what
# sets 0 to 4 apart, which need not be what sets 5 apart from 9. With 12,000 pairs instead of 3,000, and three seeds:

# %% tags=["nbval-check-output"]
three_seeds("metric learning")

# %% [markdown]
# Another common loss is the **triplet** loss, with three pictures: an *anchor*, its partner and another one. It is
# max(0, d(anchor, partner) − d(anchor, other) + margin), with distances d: 0 once the partner is nearer by the margin.
#
# ## Summary
#
# - A network outputs maps; the loss, and the way they are read, decide what they mean.
# - CTC adds up all paths that read the text, so nobody need say where a digit is. Merge first, then drop blanks.
# - A generator needs something random: a code drawn from the normal distribution, or noise from which it walks in small
#   steps.
# - Near codes make similar pictures; a line between two codes leads through pictures between them.
# - One number for pictures is not enough: quality and diversity trade against each other.
# - A mean over time cannot know the order of frames; kernels that span time can, together or apart.
# - A distance learned from pairs holds for classes that were never seen.
#
# ## Formulae
#
# | what | formula |
# |---|---|
# | CTC | $-\ln \sum_{\pi} \prod_{t} p_t(\pi_t)$, over the paths π that read the text |
# | code | $\mu + e^{v / 2} z$, with the log-variance $v = \ln \sigma^2$ and noise z |
# | divergence | $\frac{1}{2} \sum_i \bigl(\mu_i^2 + \sigma_i^2 - 1 - \ln \sigma_i^2\bigr)$ |
# | rectified flow | $(1 - t)\,\text{picture} + t\,\text{noise}$; step: $x + (\text{guess} - x) / \text{steps left}$ |
# | joint, separable | $(t\,k^2 C + 1)\,F$ and $(k^2 C + 1)\,F + (t F + 1)\,F$ |
# | NT-Xent | $-\ln \Bigl( e^{\cos(z_i, z_j) / \tau} \big/ \sum_{k \ne i} e^{\cos(z_i, z_k) / \tau} \Bigr)$ |
# | recall at 1 | share of points whose nearest other point is of their class |
#
# ## Where to read on
#
# - **Best next:** A. Hannun, [*Sequence modeling with CTC*](https://doi.org/10.23915/distill.00008), Distill, 2017: the
#   sum over all paths, in pictures.
# - A. Graves et al., [*Connectionist temporal classification*](https://doi.org/10.1145/1143844.1143891), ICML 2006; B.
#   Shi, X. Bai and C. Yao, [*An end-to-end trainable neural network for image-based sequence
#   recognition*](https://arxiv.org/abs/1507.05717), 2017.
# - D. Kingma and M. Welling, [*Auto-encoding variational Bayes*](https://arxiv.org/abs/1312.6114), ICLR 2014.
# - J. Ho, A. Jain and P. Abbeel, [*Denoising diffusion probabilistic models*](https://arxiv.org/abs/2006.11239),
#   NeurIPS 2020; J. Ho and T. Salimans, [*Classifier-free diffusion guidance*](https://arxiv.org/abs/2207.12598), 2022;
#   X. Liu, C. Gong and Q. Liu, [*Flow straight and fast*](https://arxiv.org/abs/2209.03003), ICLR 2023.
# - D. Tran et al., [*A closer look at spatiotemporal convolutions for action
#   recognition*](https://arxiv.org/abs/1711.11248), CVPR 2018: space and time apart.
# - T. Chen et al., [*A simple framework for contrastive learning of visual
#   representations*](https://arxiv.org/abs/2002.05709), ICML 2020; F. Schroff, D. Kalenichenko and J. Philbin,
#   [*FaceNet*](https://arxiv.org/abs/1503.03832), CVPR 2015: triplets.
