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
# # 14 · Detect, segment, locate
#
# **What is in the picture, where is it, and which pixels belong to it?**
#
# You will be able to
#
# - measure a classifier by its top-1 and top-5 accuracy, and name several things in one picture;
# - find objects with a heat-map of centres, and measure a detector by its average precision;
# - name every pixel with a small U-Net, and measure it by its mean IoU;
# - separate objects of one kind from each other, and find landmarks to a pixel;
# - find and count coins in a photograph, with a network that has never seen a coin.
#
# **Minutes:** about 100 with the exercises; the notebook itself runs in about a minute on two CPU cores, and needs no
# GPU.

# %% tags=["setup"]
from workbook import check, data, plots  # before Keras: it sets Keras up
from workbook import colours
from workbook.vision_tasks import arrows, coins, metrics, networks, scenes, stored, targets
from workbook.vision_tasks import tasks
import os
import numpy as np
import matplotlib.pyplot as plt
import keras  # loading Keras takes some seconds
from keras import layers

keras.utils.set_random_seed(1)

# %% [markdown]
# ## Scenes
#
# Until now a picture showed one thing, in the middle. A photograph seldom does. So the digits leave the middle:
# each **scene** has one to four of them, of several sizes, near each other, among strokes that mean nothing. The
# program that draws a scene knows all about it: a **box** around each digit, its class, and which pixels are its own.
# An **instance** is one single digit, whatever its class.

# %%
some = tasks.training_scenes(1500, seed=1)  # of MNIST's training digits without the last 5,000
unseen = tasks.unseen_scenes(400)  # of test digits

def write(ax, y0, x0, label):
    """Write a label at the upper left corner of a box."""
    dark = {"facecolor": "black", "pad": 0.8}
    ax.text(x0, y0 - 1, str(label), color="white", fontsize=9, bbox=dark)

def frame(image, boxes, labels, ax, **options):
    """Draw boxes and their labels on a picture."""
    plots.show_image(image, ax)
    plots.mark_windows(ax, [(y0, x0, y1 - y0, x1 - x0) for y0, x0, y1, x1 in boxes], **options)
    for (y0, x0, _, _), label in zip(boxes, labels):
        write(ax, y0, x0, label)

# %%
def paint(image, values, ax, title="", boxes=()):
    """Lay a map over a picture: 0 stays as it is, 1 + d is class d, named in each box."""
    plots.show_image(image, ax, title=title)
    palette = plt.matplotlib.colors.ListedColormap(colours.CLASSES)
    painted = np.ma.masked_equal(values, 0)
    ax.imshow(painted, cmap=palette, vmin=1, vmax=10, interpolation="nearest", alpha=0.85)
    for y0, x0, y1, x1 in boxes:
        inside = values[y0:y1, x0:x1]
        counts = np.bincount(inside[inside > 0], minlength=11)[1:]  # of each class
        write(ax, y0, x0, counts.argmax() if counts.any() else "–")

# %% [markdown]
# Which of the 400 test scenes do we show? Not those that look good afterwards. Here it is the first with three digits,
# two of them equal and touching. Below, scenes are ranked, and the places in the ranking are fixed.

# %% name="scene" alt="One scene three times. Left, digits among short grey strokes, a frame and a name for each. Middle, the pixels of each digit coloured by class, with its name. Right, coloured by instance: every digit has its own colour."
crowded = scenes.with_equal_neighbours(unseen, digits=3)
number = crowded[0]
image, boxes = unseen.images[number], unseen.boxes[number]
axes = plt.subplots(1, 3, figsize=(9, 3.2), layout="constrained")[1]
frame(image, boxes, unseen.labels[number], axes[0])
paint(image, unseen.class_maps[number], axes[1], "a class for each pixel", boxes)
paint(image, unseen.instance_maps[number], axes[2], "an instance for each pixel");

# %% [markdown]
# **Notice** the two equal digits: one colour in the middle, two on the right. That makes four questions: *what* is
# it, *where* (boxes), *which pixels* (classes), *which pixels of which one* (instances).
#
# ## What: one answer
#
# We begin with what you know, and cut a window of 24 × 24 pixels around each digit. A **classifier** names what is in
# the middle of the window. Its scores come from a softmax, one for each class. The usual number is **top-1** accuracy:
# the highest score belongs to the true class. **Top-5** asks whether the true class is among the five highest. Below
# are three pictures, all of class 0, with a row of four scores for each. **Predict first:** in which of them is class 0
# among the two highest?

# %% tags=["nbval-check-output"]
table = np.array([[0.6, 0.2, 0.1, 0.1], [0.3, 0.4, 0.2, 0.1], [0.1, 0.5, 0.1, 0.3]])
for k in (1, 2, 4):
    print(f"top-{k}: {metrics.top_k_accuracy(table, np.array([0, 0, 0]), k):.2f}")

# %% [markdown]
# Our classifier comes trained, on 15,000 scenes. That is usual: a detector begins with a network that has learned to
# see on another task. With the setting `WORKBOOK_BUDGET=full` the cell trains it again, which takes about a minute
# more. **Predict first:** chapter 05's network classified 99 % of clean digits correctly. What will top-1 be among
# neighbours and strokes, and how much is left for top-5 to gain?

# %%
FULL = os.environ.get("WORKBOOK_BUDGET") == "full"
many = tasks.training_scenes(tasks.WINDOWS, seed=1) if FULL else None
reader = (
    tasks.train_classifier(many, tasks.RECIPES["image classification"])
    if FULL
    else stored.load("classifier")
)
windows, names = scenes.windows(unseen)  # (digits, 24, 24, 1)
guesses = tasks.predict(reader, windows)

# %% tags=["slow", "nbval-ignore-output"]
tops = {k: metrics.top_k_accuracy(guesses, names, k) for k in (1, 2, 5)}
print(
    ", ".join(f"top-{k} {value:.3f}" for k, value in tops.items()), f"of {len(names)} digits"
)

# %% tags=["slow", "nbval-check-output"]
print("top-1 is above .96, top-5 above .99:", tops[1] > 0.96 and tops[5] > 0.99)

# %% [markdown]
# **Notice** how little was left to gain: top-5 of ten classes is an easy question. It was made for ImageNet, with 1,000
# classes, where a photograph shows several things and only one counts as right.
#
# ## What: several answers
#
# A scene shows several digits, and a softmax shares one unit of probability among all classes: more for one is less for
# the others. The other function that turns a score s into a number between 0 and 1 is the **sigmoid**,
# $1 / (1 + e^{-s})$. It looks at one score only. Here are four of the five scores that an image service gave to one
# photograph; the labels of the first three are "picture of a dandelion", "sky" and "dandelion". **Predict first:** do
# they come from a softmax or from sigmoids? The cell adds them up, undoes the sigmoid (s = ln(p / (1 − p))), and puts
# the resulting scores through a softmax:

# %% tags=["nbval-check-output"]
scores = np.array([0.860755, 0.669319, 0.488238, 0.294248])
raw = np.log(scores / (1 - scores))  # the inverse of the sigmoid
softmax = np.exp(raw) / np.exp(raw).sum()
print(f"they add up to {scores.sum():.2f}")
print("after a softmax:", softmax.round(2), "which add up to", softmax.sum().round(2))

# %% [markdown]
# 2.31 is more than 1, so they do not come from a softmax. Each label has a sigmoid of its own, which answers a question
# with yes or no, and several may be right. That is **multi-label** classification. In Keras the last layer is
# `Dense(labels, activation="sigmoid")`, and the loss `binary_crossentropy`: for each question −ln of the probability of
# the right answer, p where it is yes and 1 − p where it is no. Our detector will ask ten such questions, and at every
# place.
#
# ## Where: object detection
#
# A box is (y0, x0, y1, x1) in pixels, with y1 and x1 past the end, as in a slice: it is y1 − y0 high. When is a
# predicted box right? It will seldom match to the last pixel. The measure is the **intersection over union**, or IoU:
# the common area, divided by the area that the two cover together. An IoU of 1 is perfect, 0 means that the boxes do
# not touch; ½ or more counts as found.

# %% [markdown] exercise="14.1"
# ### Exercise 14.1 · How well do two boxes agree? (8 min, 2 points)
#
# **Input:** two boxes `a` and `b`, each a tuple of four numbers (y0, x0, y1, x1). **Output:** their intersection over
# union, a float from 0 to 1. The boxes may lie apart: then it is 0. Write it yourself: the course's own function for
# this does not count.

# %% tags=["exercise"] exercise="14.1"
def box_iou(a, b):
    """Return the intersection over union of two boxes."""
    ### BEGIN SOLUTION
    height = max(0, min(a[2], b[2]) - max(a[0], b[0]))
    width = max(0, min(a[3], b[3]) - max(a[1], b[1]))
    common = height * width
    areas = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return common / (areas - common)
    ### END SOLUTION


# %% tags=["check"] exercise="14.1"
check("14.1", box_iou);

# %% [markdown]
# How does a CNN output *a list* of boxes, of any length? It does not. It outputs maps, as always, here of 12 ×
# 12 **cells** for 48 × 48 pixels. One map for each class, a **heat-map**, should be 1 in the cell where a digit has
# its **centre**, and low everywhere else. Four more maps say, at a centre, where in the cell it lies (y, x) and how
# large the box is (height, width). (Zhou, Wang and Krähenbühl, *Objects as points*, 2019. Detectors before it laid
# thousands of boxes of fixed sizes, *anchors*, over the picture, and corrected those.)
#
# The next cell makes the targets from the annotations. They have five box maps, not four: the fifth is 1 in the cells
# that hold a centre, and tells the loss where the other four count.

# %% tags=["nbval-check-output"]
heat, numbers = targets.centre_targets(some.boxes, some.labels)
print("centres", heat.shape, "boxes", numbers.shape)
print(f"cells that hold a centre: {100 * np.mean(heat == 1):.2f} %")

# %% alt="Left, a scene with framed digits. Right, the highest of its ten target maps, 12 by 12 cells: one bright cell at the centre of each digit, with a dim rim."
axes = plt.subplots(1, 2, figsize=(6, 3), layout="constrained")[1]
frame(some.images[0], some.boxes[0], some.labels[0], axes[0])
plots.show_image(heat[0].max(axis=-1), axes[1], title="what the network should say");

# %% [markdown]
# **Notice** how rare centres are: fewer than two cells in a thousand, over all ten maps. The dim rim marks cells where
# a wrong answer counts less, because a spot one cell away is less wrong.
#
# A network that says "nothing, anywhere" is right almost always. So the loss (the paper's equation 1, after the *focal
# loss*) asks each cell yes or no, and multiplies its cross-entropy by how wrong it still is, squared: the many easy
# cells then hardly count. The box maps count at true centres only. Here is what an empty cell, one that should say 0,
# pays for what it says:

# %% tags=["nbval-check-output"]
for p in (0.01, 0.1, 0.5, 0.9):
    plain, focal = -np.log(1 - p), -(p**2) * np.log(1 - p)
    print(
        f"an empty cell called a centre with {p:4}: cross-entropy {plain:.4f}, focal "
        f"{focal:.6f}"
    )

# %% [markdown]
# The network reads the picture down to 6 × 6 cells, each of which sees 41 × 41 pixels (their receptive field, chapter
# 03), and comes back up to 12 × 12, where the answer is given. On the way up the maps are enlarged and the finer ones
# of `encoder_3` laid beside them, 96 + 48 channels, which `encoder_6` mixes with 1 × 1 kernels. (The list shows the
# main layers. Small ones between, such as those that enlarge and normalise, are left out; the drawing below has them.)

# %% tags=["nbval-check-output"]
detector = networks.detector()
for name in (*networks.ENCODER, "centres", "boxes"):
    layer = detector.get_layer(name)
    print(f"{name:10} {layer.output.shape[1:]!s:14} {layer.count_params():7,} parameters")

# %% alt="The detector as a column of boxes, from 48×48×1 down by convolutions with strides 2 to 6×6×96, then enlarged to 12×12×96. The maps of the third convolution, 12×12×48, go by a coloured line beside the column to the concatenation, 12×12×144. After a 1×1 convolution with 64 filters it forks: a 1×1 with 32 and one with 4 filters for the boxes, and a 1×1 with 10 filters and a sigmoid for the centres."
from workbook import diagrams

diagrams.show_model(detector, title="detector");

# %% [markdown]
# The layers up to `encoder_6` are those of the classifier, so the detector *begins with the classifier's weights* and
# trains on: **fine-tuning**. That takes some ten seconds. **Predict first:** remember how rare centres are. Where a
# digit is hard to read, will the map there be bright, dim, or bright in two cells?

# %% tags=["slow"]
keras.utils.set_random_seed(1)
detector = tasks.train_detector(some, tasks.RECIPES["object detection"], reader)
answers = tasks.predict(detector, unseen.images)

# %% [markdown]
# Which scenes show what a detector is like? We rank all 400 by their *dimmest* digit: how high is the map of the right
# class within one cell of that digit's centre? Then we show the ranks 40, 160, 280 and 360, from sure to unsure.

# %% tags=["slow"] alt="Four test scenes above their predicted heat-maps, from the surest to the least sure. On the left every digit has a bright spot near its centre; on the right at least one spot is dim or missing. Strokes of clutter stay dark."
dimmest = tasks.dimmest_centres(answers["centres"], unseen)  # (400,)
ranked = np.argsort(-dimmest)
shown = [ranked[place] for place in (40, 160, 280, 360)]
axes = plt.subplots(2, 4, figsize=(9, 4.6), layout="constrained")[1]
for column, n in enumerate(shown):
    plots.show_image(unseen.images[n], axes[0, column], title=f"dimmest {dimmest[n]:.2f}")
    best = answers["centres"][n].max(axis=-1)  # (12, 12)
    plots.show_image(best, axes[1, column], scale=(0, 1))
    for y, x in np.argwhere(best > 0.3):
        name = answers["centres"][n, y, x].argmax()
        on_black = {"facecolor": "black", "pad": 0.8}
        axes[1, column].text(
            x, y, name, color="white", fontsize=8, ha="center", va="center", bbox=on_black
        )

# %% [markdown]
# **Notice** how unequal the spots are. Each cell shows the highest of its ten maps, from 0 (black) to 1 (white), and
# above .3 also which of the ten that is. To the right the spots get dimmer, although you read most of these digits at a
# glance: "nothing" is right for most cells, so doubt leans that way.
#
# ## One digit, one box
#
# A digit lights up several cells, and sometimes two of the ten maps. Two steps turn them into one box:
#
# - Only **local maxima** count: a cell at least as high as its eight neighbours in the same map. Each makes a box. Its
#   centre and size are read off the four other maps there; its score is the cell's value.
# - Where two boxes have an IoU above a limit, here .4, the less sure one is removed: **non-maximum suppression**. Where
#   things may hide each other, this is done class by class. Our digits hardly overlap, so two boxes over one digit are
#   two names for it, and one must go.

# %% [markdown] exercise="14.2"
# ### Exercise 14.2 · Non-maximum suppression (10 min, 3 points)
#
# **Input:** arrays `boxes` (n, 4) and `scores` (n,), all different, and a `threshold` from 0 to 1. **Output:** a list
# of whole numbers: the places in the input, from 0, of the boxes that are kept, the surest first. Go from the highest
# score down. Keep a box unless its IoU with a *kept* one is above the threshold (equal is not above).
# `metrics.box_iou(boxes, others)` returns all IoUs of boxes (n, 4) with others (m, 4), as an array (n, m). It takes
# arrays: `boxes[[2]]` is one box as (1, 4), `boxes[[2, 5]]` are two. Write it yourself: the course's own function for
# this does not count.

# %% tags=["exercise"] exercise="14.2"
def suppress(boxes, scores, threshold):
    """List the boxes that survive, the surest first."""
    ### BEGIN SOLUTION
    kept = []
    for index in np.argsort(-scores):
        overlaps = metrics.box_iou(boxes[[index]], boxes[kept])  # (1, kept)
        if np.all(overlaps <= threshold):
            kept.append(int(index))
    return kept
    ### END SOLUTION


# %% tags=["check"] exercise="14.2"
check("14.2", suppress);

# %% [markdown]
# The same four scenes, with all boxes of a score above .3:

# %% tags=["slow"] alt="The same four test scenes with the boxes that the detector found and the digits that it read. In the sure scenes on the left each digit has one frame and its name; on the right a frame or a name may be missing or wrong."
found = tasks.find_boxes(detector, unseen.images)
axes = plt.subplots(1, 4, figsize=(11, 3), layout="constrained")[1]
for n, ax in zip(shown, axes):
    sure = found[n].scores > 0.3
    frame(unseen.images[n], found[n].shapes[sure], found[n].labels[sure], ax)

# %% tags=["slow", "nbval-ignore-output"]
given = sum(int((one.scores > 0.3).sum()) for one in found)
print(f"boxes above .3: {given}; digits: {sum(map(len, unseen.labels))}")

# %% [markdown]
# **Notice** the scenes on the right. In the run shown here a 3 is called 5, and in the last scene one digit keeps two
# boxes, a 6 and a 0, because their IoU is below .4, while the 2 at the edge has none. Suppression removes what
# overlaps, not what is wrong.
#
# ## A number for a detector
#
# There are about as many boxes as digits, and yet the pictures show that this says little: one box may have a wrong
# name or be misplaced, one digit may have no box, and the counts still agree. Four pictures of 400 say little, too. And
# we showed the boxes above .3. Is that the right limit? With a lower limit two shares change:
#
# - **recall**, the share of all digits that are found, rises;
# - **precision**, the share of all boxes that are right, usually falls.
#
# No limit is *the* right one, so we take all of them. Rank the boxes of a class, over all pictures, by their scores,
# and walk down the list. A box is a **hit** if it overlaps a digit of its class, not found before, by an IoU of ½ or
# more. Precision and recall at each rank make a curve.
#
# Say there are two digits, and the list is hit, miss, hit. Down the list the precision is 1, ½, ⅔, the recall ½, ½, 1.
# So if a recall of ½ is enough, the precision can be 1; for more recall it is ⅔. The average of this best precision
# over all recalls is the **average precision**.

# %% [markdown] exercise="14.3"
# ### Exercise 14.3 · Average precision (12 min, 3 points)
#
# **Input:** `hits`, a list of True and False, one for each box, the surest first, and `truths`, how many objects there
# are (also those never found). **Output:** a float, the average precision as COCO (a large public data set) defines it:
# for each of the 101 recalls in `np.linspace(0, 1, 101)` take the best precision among the ranks whose recall is
# that *or beyond*, 0 where it is never reached; return the mean of the 101. Write it yourself: the course's own
# function for this does not count.

# %% tags=["exercise"] exercise="14.3"
def average_precision(hits, truths):
    """Average the precision over 101 recalls."""
    ### BEGIN SOLUTION
    found = np.cumsum(hits)
    precision = found / np.arange(1, len(hits) + 1)
    recall = found / truths
    best = [max(precision[recall >= r], default=0) for r in np.linspace(0, 1, 101)]
    return float(np.mean(best))
    ### END SOLUTION


# %% tags=["check"] exercise="14.3"
check("14.3", average_precision);

# %% [markdown]
# The mean over the classes is the **mAP**, here mAP@.5 for the limit on the IoU. (COCO's main figure is a mean over ten
# such limits, .5 to .95.) Now the detector's: first each digit's average precision, 0 to 9, then the mean at two
# limits. **Predict first:** which digit will be the weakest?

# %% tags=["slow", "nbval-ignore-output"]
truth = tasks.box_truth(unseen)
precisions = [metrics.class_precision(found, truth, digit, 0.5) for digit in range(10)]
print("average precision of each digit:", np.round(precisions, 2))
print(
    f"mAP@.5 {np.mean(precisions):.3f}, mAP@.75 "
    f"{metrics.mean_average_precision(found, truth, threshold=0.75):.3f}"
)

# %% tags=["slow", "nbval-check-output"]
print("mAP@.5 is above .75:", np.mean(precisions) > 0.75)
# one box, and the same a pixel lower and to the right
off = np.array([[10, 10, 26, 22], [11, 11, 27, 23]])
print(
    "a box of 16 × 12, off by one pixel along y and x: IoU",
    metrics.box_iou(off[:1], off[1:]).round(2)[0, 0],
)

# %% [markdown]
# **Notice** the two limits. At .75 a box of this size may be off by one pixel each way, and no more. A cell of the map
# is 4 × 4 pixels, so the box must be right to a quarter of a cell: at this limit the mAP is far lower. In the run shown
# here the weakest digit is the 1. A narrow box forgives least: off by one pixel each way, a box of 16 × 4 has an IoU of
# .54, hardly a hit even at .5.
#
# The same maps answer the question from before, *which digits are in the picture?* A digit's score is the highest cell
# of its map. For each digit rank the pictures by that; a hit is now a picture that shows the digit, wherever. Take the
# average precision again:

# %% tags=["slow", "nbval-ignore-output"]
present = tasks.presence_truth(unseen)  # (400, 10) bool
print(
    "multi-label, mean average precision: "
    f"{metrics.multi_label_precision(answers['centres'].max(axis=(1, 2)), present):.3f}"
)

# %% tags=["slow", "nbval-check-output"]
print(
    "to name a digit is easier than to frame it:",
    tasks.presence_score(detector, unseen) > np.mean(precisions),
)

# %% [markdown]
# ## Which pixels: semantic segmentation
#
# Now every pixel gets a class: ten digits, or background. The trouble is that *what* and *where* sit in different maps.
# To know what a digit is, a cell must see all of it, so the maps must be coarse; to know where its edge runs, they must
# be fine. A **U-Net** (Ronneberger, Fischer and Brox 2015) has both: down to coarse maps, up again by enlarging them,
# and at each size a **bridge** that lays the fine maps from the way down beside the enlarged ones. In Keras
# `UpSampling2D(2)` enlarges: it writes each number twice along the height and twice along the width, and has no
# parameters. `Concatenate` lays maps of the same size side by side along the channels.

# %% [markdown] exercise="14.4"
# ### Exercise 14.4 · A small U-Net from its table (12 min, 3 points)
#
# **Input:** whole numbers `filters` and `classes`. **Output:** a `keras.Model` for pictures (32, 32, 1), with the
# layers below in this order. A and B are names for the outputs of layers:
#
# | layer | settings | output |
# |---|---|---|
# | A: Conv2D | `filters` filters 3×3, strides 2, same, ReLU | 16×16×`filters` |
# | Conv2D | 2·`filters` filters 3×3, strides 2, same, ReLU | 8×8×2·`filters` |
# | B: UpSampling2D | 2 | 16×16×2·`filters` |
# | Concatenate | B, then A | 16×16×3·`filters` |
# | Conv2D | `filters` filters 3×3, same, ReLU | 16×16×`filters` |
# | UpSampling2D | 2 | 32×32×`filters` |
# | Conv2D | `classes` filters 1×1, same, softmax | 32×32×`classes` |

# %% tags=["exercise"] exercise="14.4"
def small_unet(filters, classes):
    """Build the U-Net of the table."""
    ### BEGIN SOLUTION
    inputs = keras.Input((32, 32, 1))
    half = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(2 * filters, 3, strides=2, padding="same", activation="relu")(half)
    x = layers.Concatenate()([layers.UpSampling2D(2)(x), half])
    x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    x = layers.UpSampling2D(2)(x)
    return keras.Model(
        inputs, layers.Conv2D(classes, 1, padding="same", activation="softmax")(x)
    )
    ### END SOLUTION


# %% tags=["check"] exercise="14.4"
check("14.4", small_unet);

# %% [markdown]
# Ours goes down as the detector does and began with the same classifier. It has three bridges, the last from the
# picture itself. Every pixel has to learn, so it takes longer: this one was trained for two epochs on 9,000 scenes,
# about a minute, and comes stored as well. `WORKBOOK_BUDGET=full` trains it here. In the pictures a colour is a class,
# and the background stays as it is.

# %% alt="The segmenter as a column of boxes. Down: 48×48×1, 24×24×16, 12×12×48, 6×6×96. Up: enlarged to 12×12, 24×24 and 48×48. Three bridges lead by the side to three concatenations: from the 12×12 maps, from the 24×24 maps, and from a 5×5 convolution on the picture itself. Last a 1×1 convolution with 11 filters and a softmax, 48×48×11."
diagrams.show_model(networks.segmenter(), title="segmenter, a small U-Net");

# %% tags=["slow"]
more = tasks.training_scenes(tasks.MANY, seed=201) if FULL else None
segmenter = (
    tasks.train_segmenter(more, tasks.RECIPES["semantic segmentation"], reader)
    if FULL
    else stored.load("segmenter")
)
maps = tasks.name_pixels(segmenter, unseen.images)

# %% [markdown]
# Ranked by the share of their ink that gets the right class, the scenes at ranks 40, 160, 280 and 360 of 400. The names
# beside the shapes are what most of a digit's pixels are called:

# %% tags=["slow"] alt="Four test scenes, the true classes of their pixels below, and the predicted ones at the bottom, each shape with its name: the same shapes in nearly the same places, in the same colours. In the last column a part of the 4, where it touches the 8, has the 8's colour."
def right_ink(n):
    """Return the share of the pixels of ink of scene n whose class is right."""
    ink = unseen.class_maps[n] > 0
    return np.mean(maps[n][ink] == unseen.class_maps[n][ink])

ranked = sorted(range(len(unseen)), key=right_ink, reverse=True)
figure, axes = plt.subplots(3, 4, figsize=(8.6, 6.4), layout="constrained")
for column, n in enumerate(ranked[place] for place in (40, 160, 280, 360)):
    image, boxes = unseen.images[n], unseen.boxes[n]
    plots.show_image(image, axes[0, column], title=f"{100 * right_ink(n):.0f} % of the ink")
    paint(image, unseen.class_maps[n], axes[1, column], "true", boxes)
    paint(image, maps[n], axes[2, column], "predicted", boxes)

# %% [markdown]
# **Notice** where the maps differ: where things touch. On the right a piece of the 4 goes to the 8 beside it, and in
# the two middle scenes clutter that touches a digit is taken for its ink. Every digit as a whole has its right name.
#
# ## A number for a map of pixels
#
# **Predict first:** how many pixels of 100 does a map get right that says "background" everywhere? (The second number
# that is printed, the *mean IoU*, is explained below.)

# %% tags=["nbval-check-output"]
empty = np.zeros_like(unseen.class_maps)
nothing = metrics.confusion(unseen.class_maps, empty, 11)
print(
    f"right pixels: {np.trace(nothing) / nothing.sum():.2f}, mean IoU: "
    f"{metrics.mean_iou(nothing):.2f}"
)

# %% [markdown]
# So we do not count pixels, but compare areas, class by class, with the IoU: the pixels to which both maps, the true
# and the predicted one, give the class, over those to which at least one of them does. The mean over the classes is
# the **mean IoU**. For the empty map ten of the eleven classes have an IoU of 0, so it is low. All can be read off
# the **confusion matrix** of the pixels (chapter 05).

# %% [markdown] exercise="14.5"
# ### Exercise 14.5 · Mean IoU, with absent classes (8 min, 2 points)
#
# **Input:** a confusion `matrix` (classes, classes) of pixel counts, true class in rows, predicted in
# columns. **Output:** the mean of the classes' IoU, a float. A class that neither occurs nor is predicted is left out
# of the mean; one that is predicted but does not occur has an IoU of 0, and counts. Write it yourself: the course's own
# function for this does not count.

# %% tags=["exercise"] exercise="14.5"
def mean_iou(matrix):
    """Average the IoU over the classes that occur or are predicted."""
    ### BEGIN SOLUTION
    common = np.diag(matrix)
    union = matrix.sum(axis=0) + matrix.sum(axis=1) - common
    return float(np.mean(common[union > 0] / union[union > 0]))
    ### END SOLUTION


# %% tags=["check"] exercise="14.5"
check("14.5", mean_iou);

# %% tags=["slow", "nbval-ignore-output"]
matrix = metrics.confusion(unseen.class_maps, maps, 11)
print("IoU of background and digits:", metrics.class_iou(matrix).round(2))
ink = metrics.confusion(unseen.class_maps > 0, maps > 0, 2)
print(
    f"mean IoU {metrics.mean_iou(matrix):.3f}; of digit against background only "
    f"{metrics.mean_iou(ink):.3f}"
)

# %% tags=["slow", "nbval-check-output"]
print("background is the easiest class:", metrics.class_iou(matrix).argmax() == 0)
print("it knows ink better than its name:", metrics.mean_iou(ink) > metrics.mean_iou(matrix))
print("the mean IoU is above .80:", metrics.mean_iou(matrix) > 0.80)

# %% [markdown]
# **Notice** the two means: *which pixels are ink* is solved better than *which digit's*. A digit taken for another
# costs both classes: one misses its pixels, the other has too many.
#
# ## Which pixels of which one: instance segmentation
#
# In a map of classes two touching equal digits are one patch, as in the first picture of this chapter. To tell them
# apart, let every pixel of ink *point to the centre* of its digit: two more maps, an **offset** in y and x. The
# detector's centres say which digits there are, the U-Net which pixels are ink; a pixel joins the centre that its arrow
# ends nearest to. (A small form of *Panoptic-DeepLab*, Cheng et al. 2020.)
#
# Only the offsets are missing. Two 1×1 convolutions, the first with batch normalisation, read them off the U-Net's maps
# at half the size, and only these two are trained: the U-Net stays as it is, **frozen**.

# %% tags=["slow"]
keras.utils.set_random_seed(1)
head = tasks.train_offsets(segmenter, some, tasks.RECIPES["instance segmentation"])
separator = networks.instance_segmenter(detector, segmenter, head)
outputs = tasks.predict(separator, unseen.images)
masks = tasks.find_masks(separator, unseen.images)

# %% [markdown]
# We show the first of the scenes with three digits, two of them equal and touching, in which exactly three masks have a
# score above .3 and each digit is overlapped by one of them with an IoU of ½ or more. The cell says how many of these
# scenes are like that.

# %% tags=["slow", "nbval-ignore-output"]
def all_found(n):
    """Return whether scene n has a sure mask for each digit and no other."""
    sure = masks[n].shapes[masks[n].scores > 0.3]
    overlaps = metrics.mask_iou(unseen.masks(n), sure)  # (digits, masks)
    fits = overlaps.max(axis=1, initial=0) >= 0.5
    return len(sure) == len(fits) and bool(np.all(fits))

complete = [n for n in crowded if all_found(n)]
number = complete[0] if complete else crowded[0]
print(f"all masks found in {len(complete)} of {len(crowded)} such scenes")

# %% tags=["slow"] alt="Left, a scene of three digits. Middle, an arrow from every second pixel of ink: those far from a digit's centre, a black dot, point towards it. Right, the masks that were found, one colour each."
axes = plt.subplots(1, 3, figsize=(10, 3.5), layout="constrained")[1]
plots.show_image(unseen.images[number], axes[0])
plots.show_image(unseen.images[number], axes[1], title="where each pixel points")
rows, columns = np.nonzero(outputs["ink"][number, ::2, ::2, 0] > 0.5)
away = targets.TYPICAL * outputs["offsets"][number, rows, columns]
axes[1].quiver(
    2 * columns,
    2 * rows,
    away[:, 1],
    away[:, 0],
    angles="xy",
    scale_units="xy",
    scale=1,
    color=plots.COLOURS[1],
)
for y0, x0, y1, x1 in unseen.boxes[number]:
    axes[1].plot(
        (x0 + x1 - 1) / 2,
        (y0 + y1 - 1) / 2,
        "o",
        color="black",
        markeredgecolor="white",
        markersize=7,
    )
sure = masks[number].shapes[masks[number].scores > 0.3]
paint(
    unseen.images[number],
    (sure * np.arange(1, len(sure) + 1)[:, None, None]).max(axis=0, initial=0),
    axes[2],
    "masks",
)

# %% [markdown]
# **Notice** the arrows of the two equal digits (a black dot is the centre of a digit). Far from a centre they are long
# and point along the stroke towards it; near a centre, and where the digits touch, they are short and unsure. That is
# enough to split the two, but not for every pixel: some may join the wrong digit.
#
# The score of a mask is that of the detector's centre. So in the other scenes a digit whose centre the detector is not
# sure of has arrows, but no mask: the separation is no better than the centres.
#
# The metric is the detector's, with masks in place of boxes: a hit is a mask that overlaps a digit's true one by an IoU
# of ½ or more.

# %% tags=["slow", "nbval-ignore-output"]
print(f"mask AP@.5, mean over the digits: {tasks.mask_score(separator, unseen):.3f}")

# %% tags=["slow", "nbval-check-output"]
print("it is above .70:", tasks.mask_score(separator, unseen) > 0.70)
print(
    "trained for it:",
    sum(int(np.prod(each.shape)) for each in head.trainable_weights),
    "parameters",
)

# %% [markdown]
# ## On a photograph
#
# So far a program drew the pictures, and knew the truth. Here is a photograph: 24 Greek coins from Pompeii, in the
# Brooklyn Museum, shrunk to 152 × 192 pixels. How many are there, where, and which pixels are theirs?
#

# %% alt="The photograph: 24 bright round coins in four rows on a dark ground that is lighter in the upper left corner."
photograph = coins.photograph()  # (152, 192, 1)
plots.show_images([photograph], columns=1, size=4, scale=(0, 255));

# %% [markdown]
# First the simplest answer: coins are bright, so take all pixels above one grey. Otsu's method (1979) chooses the grey
# that splits the pixels best into dark and bright ones. **Predict first:** look at the ground in the corners. Where
# will a single limit go wrong?

# %% tags=["cover"] alt="Left, the photograph: 24 bright round coins in four rows on a dark ground that is lighter in the upper left corner. Right, the pixels above one grey, white: most coins are white discs with dark specks, but the whole upper left edge of the ground is white too and merges with the coins there."
limit = coins.best_threshold(photograph)
bright = photograph[..., 0] > limit
axes = plt.subplots(1, 2, figsize=(8.8, 3.7), layout="constrained")[1]
plots.show_image(photograph, axes[0], title="the photograph")
plots.show_image(bright.astype(float), axes[1], title=f"pixels above {limit}");

# %% [markdown]
# **Notice** the upper left corner: the ground there is as bright as a worn coin. What makes a coin is not its grey but
# its shape and its edge, which is a job for convolutions.
#
# But a network needs examples, and there is one photograph, which we want to keep for the test. So we *make up* coins:
# a lopsided disc, brighter than a dark, unevenly lit ground, with a lit rim, and a patch of another photograph (bricks,
# gravel, a cat, …) as its relief. The network will see a real coin for the first time in the test. One caveat: we
# looked at the photograph when we wrote the program that draws them.

# %% alt="Five made-up pictures: some roundish discs each, of different sizes and brightness, with patches of texture inside, on a dark ground."
made = coins.make_coins(seed=1)
plots.show_images(made.images[:5], columns=5, size=1.9, scale=(0, 255));

# %% [markdown]
# One network answers all three questions. It is the encoder of this chapter with three heads: one map of centres, four
# maps for the boxes, and the probability of *coin* for each pixel. All its layers are convolutions, so it can learn
# from squares of 96 × 96 pixels and read a picture of 152 × 192.

# %% tags=["slow"]
keras.utils.set_random_seed(1)
coin_finder = coins.train(made)
answer = coins.look(coin_finder, photograph)

# %% [markdown]
# On the left of the next picture every cell above .2 makes a box, not only the local maxima. On the right non-maximum
# suppression, exercise 14.2, has removed every box whose IoU with a surer one is above .4. **Predict first:** how many
# boxes will be left?

# %% tags=["slow"] alt="The photograph of the coins twice. Left, several overlapping boxes around most of the coins. Right, after suppression, one box around each of the 24 coins; some are a little too large or too low."
all_boxes = coins.every_box(answer, least=0.2)
kept = targets.suppress(all_boxes.shapes, all_boxes.scores, 0.4)
axes = plt.subplots(1, 2, figsize=(8.8, 3.7), layout="constrained")[1]
for ax, boxes in zip(axes, (all_boxes.shapes, all_boxes.shapes[kept])):
    frame(photograph, boxes, [], ax)
    ax.set_title(f"{len(boxes)} boxes", fontsize=10)

# %% [markdown]
# To measure them we need the truth, and nobody but us could make it: `data/coins_outlines.json` has the outline of each
# coin, drawn for this course. Of each coin we take the best IoU that a box has with it; then the average precision of
# the boxes of all local maxima.

# %% tags=["slow", "nbval-ignore-output"]
truth, detected = coins.truth(), coins.find(answer)
# (24,)
overlaps = metrics.box_iou(truth.shapes, all_boxes.shapes[kept]).max(axis=1, initial=0)
print(f"coins: {len(truth.labels)}, boxes: {len(kept)}")
print(f"IoU of the coins with their boxes: {overlaps.min():.2f} to {overlaps.max():.2f}")
for least in (0.5, 0.75, 0.9):
    print(f"AP@{least}: {metrics.class_precision([detected], [truth], 0, least):.2f}")

# %% tags=["slow", "nbval-check-output"]
print("every coin has a box with an IoU above ½:", bool(overlaps.min() > 0.5))
print(
    "AP@.9 is less than half of AP@.5:",
    metrics.class_precision([detected], [truth], 0, 0.9)
    < metrics.class_precision([detected], [truth], 0, 0.5) / 2,
)

# %% [markdown]
# **Notice** the three limits. All coins are *found*, but hardly a box is *tight*: a single cell, 4 × 4 pixels in the
# middle of the coin, has to say where edges far away from it run. The pixels of the edges know better. Each pixel that
# the third head calls a coin is given to the nearest box:

# %% tags=["slow"] alt="Left, the photograph with each found coin painted in a colour of its own, 24 discs without holes. Right, the pixels on which the masks and the truth differ: thin arcs along the edges."
masks = coins.find_masks(answer, all_boxes.shapes[kept])
true_masks = coins.true_masks()  # (24, 152, 192)
numbered = (masks * (1 + np.arange(len(masks)) % 10)[:, None, None]).max(axis=0, initial=0)
axes = plt.subplots(1, 2, figsize=(8.8, 3.7), layout="constrained")[1]
paint(photograph, numbered, axes[0], "masks, the ten colours in turn")
wrong = masks.any(axis=0) != true_masks.any(axis=0)
plots.show_image(wrong.astype(float), axes[1], title="where mask and truth differ");

# %% tags=["slow", "nbval-ignore-output"]
ink = true_masks.any(axis=0)
for name, found_ink in (("one grey", bright), ("network", masks.any(axis=0))):
    share = metrics.class_iou(metrics.confusion(ink, found_ink, 2))
    print(f"{name:8}: IoU of the coins' pixels {share[1]:.2f}")
of_masks = metrics.mask_iou(true_masks, masks).max(axis=1, initial=0)
print(f"each coin with its mask: IoU {of_masks.min():.2f} to {of_masks.max():.2f}")

# %% tags=["slow", "nbval-check-output"]
network_iou, grey_iou = (
    metrics.class_iou(metrics.confusion(ink, found_ink, 2))[1]
    for found_ink in (masks.any(axis=0), bright)
)
print("the network's pixels are better than one grey's:", network_iou > grey_iou)

# %% [markdown]
# **Notice** what the made-up coins were good for: the network learned *a roundish thing with an edge* and not *a bright
# pixel*, so the light in the corner does not fool it. It is one photograph, with coins that do not touch, on a plain
# ground. That 24 of 24 are found here says nothing about your purse. With three seeds:

# %% tags=["nbval-check-output"]
def three_seeds(*asked):
    for row in data.stored("vision_tasks")["rows"]:
        if row["task"] in asked:
            mean, spread = np.mean(row["scores"]), np.std(row["scores"], ddof=1)
            print(f"{row['task']:27} {row['metric']:11} {mean:.3f} ± {spread:.3f}")

three_seeds("coins, boxes", "coins, tight boxes", "coins, masks")

# %% [markdown]
# ## Where exactly: keypoints
#
# The last task asks for points: the joints of a body, the corners of an eye; here the tip, the tail and the two barbs
# of an arrow that points anywhere. Each landmark has a heat-map of its own, with a cell for every 2 × 2 pixels. It is
# one softmax *over all places*: the landmark is somewhere, once. The point is the centre of mass around the peak (the
# mean place of the cells there, each weighted by its probability), so it is not bound to the grid. Left and right are
# those of somebody who walks from the tail to the tip.

# %%
drawn, new = (
    arrows.make_arrows(tasks.ARROWS, seed=1),
    arrows.make_arrows(400, seed=tasks.TEST_SEED),
)

# %% tags=["slow"]
keras.utils.set_random_seed(1)
finder = tasks.train_landmark_finder(drawn, tasks.RECIPES["keypoints"])
points = tasks.find_landmarks(finder, new.images)  # (400, 4, 2)

# %% tags=["slow"] alt="Five arrows in different directions and sizes among clutter; a coloured mark of its own shape on tip, tail, left and right barb each, with a small white ring at the true place around it."
figure, axes = plt.subplots(1, 5, figsize=(12, 2.4), layout="constrained")
names = ("tip", "tail", "left barb", "right barb")
for n, ax in enumerate(axes):
    plots.show_image(new.images[n], ax)
    for (y, x), (true_y, true_x), name, colour, shape in zip(
        points[n], new.points[n], names, plots.COLOURS[1:], "^o<>"
    ):
        ax.plot(
            true_x - 0.5,
            true_y - 0.5,
            "o",
            markersize=9,
            markerfacecolor="none",
            color="white",
        )
        ax.plot(x - 0.5, y - 0.5, shape, markersize=6, color=colour, label=name)
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside right center", fontsize=9)

# %% [markdown]
# A white ring is the true place, a coloured mark the answer. **Notice** left and right: the barbs look alike, and only
# the direction of the whole arrow tells which is which. Mirroring pictures left to right to have more of them, as
# AlexNet's authors did with photographs (chapter 09), would be a mistake here, unless the two names are exchanged as
# well.
#
# How near is near enough? Two pixels are a lot on a small arrow and little on a large one. So the allowance is a share
# of the object's own size: **PCK@.1** is the share of points within a tenth of it.

# %% [markdown] exercise="14.6"
# ### Exercise 14.6 · The share of correct keypoints (8 min, 2 points)
#
# **Input:** `predicted` and `true`, arrays (n, points, 2) of the (y, x) of each point of n objects, and a `share` such
# as 0.1. **Output:** a float: of all points, how large a part has a distance to the true one of at most `share` times
# the size of its object (distance ≤ share · size). An object's size is the longer side of the box around its true
# points. Write it yourself: the course's own function for this does not count.

# %% tags=["exercise"] exercise="14.6"
def pck(predicted, true, share):
    """Return the share of points that are near enough."""
    ### BEGIN SOLUTION
    distance = np.linalg.norm(predicted - true, axis=2)  # (n, points)
    sides = true.max(axis=1) - true.min(axis=1)  # (n, 2)
    size = sides.max(axis=1)  # (n,)
    return float(np.mean(distance <= share * size[:, np.newaxis]))
    ### END SOLUTION


# %% tags=["check"] exercise="14.6"
check("14.6", pck);

# %% tags=["slow", "nbval-ignore-output"]
off = np.linalg.norm(points - new.points, axis=2)
for name, column in zip(arrows.LANDMARKS, off.T):
    print(
        f"{name:10} median distance {np.median(column):.2f} pixels, largest {column.max():.1f}"
    )
print(
    f"PCK@.1 {metrics.pck(points, new.points):.3f}, PCK@.05 "
    f"{metrics.pck(points, new.points, share=0.05):.3f}"
)

# %% tags=["slow", "nbval-check-output"]
print("PCK@.1 is above .90:", metrics.pck(points, new.points) > 0.90)
print("every median is below one cell:", np.median(off, axis=0).max() < targets.FINE)

# %% [markdown]
# **Notice** the medians, below the two pixels of a cell: the centre of mass is finer than the grid. And compare them
# with the largest distances: where the peak is at the wrong place, such as on a stroke of clutter, the point is far
# off. The median does not feel that, the PCK counts it as one point missed.
#
# ## Three seeds each
#
# One run says little. Here is every network of this chapter trained with three seeds by `workbook bench tasks`, by the
# recipes used above. They are measured on scenes and arrows that did not influence any setting. The score is the mean
# of the three, with their standard deviation:

# %% tags=["nbval-check-output"]
runs = data.stored("vision_tasks")
for row in runs["rows"][:7]:
    mean, spread = np.mean(row["scores"]), np.std(row["scores"], ddof=1)
    print(
        f"{row['task']:27} {row['metric']:11} {mean:.3f} ± {spread:.3f}, "
        f"{row['cpu_seconds']:3.0f} CPU seconds per training"
    )
print(runs["hardware"], f"seeds {runs['seeds']}", runs["date"], sep=", ")

# %% [markdown]
# **Notice** the spread: a difference smaller than it means nothing. The scores are not comparable with each other: each
# metric has a scale of its own.
#
# ## Summary
#
# - One answer: softmax, top-1 and top-5. Several: one sigmoid for each label; such scores may add up to more than 1.
# - A detector outputs maps: centres, and a size at each centre. Local maxima and suppression turn them into a list of
#   boxes.
# - Average precision ranks all boxes by their scores; a digit counts once, at an IoU of ½ or more.
# - A U-Net knows what from coarse maps and where from fine ones, and lays them side by side.
# - Mean IoU weighs classes, not pixels; instances need one thing more, a centre for each pixel.
# - Made-up pictures can teach what a photograph shows, as far as they have its variety.
# - A keypoint is the peak of a heat-map; near enough is a share of the object's size.
#
# ## Formulae
#
# | what | formula |
# |---|---|
# | sigmoid | $1 / (1 + e^{-s})$ |
# | IoU | $\dfrac{\lvert A \cap B \rvert}{\lvert A \rvert + \lvert B \rvert - \lvert A \cap B \rvert}$, the common area of A and B over that of both together |
# | precision, recall at rank k | $\text{hits}_k / k$ and $\text{hits}_k / \text{objects}$, with the hits among the first k |
# | average precision | $\frac{1}{101} \sum_r \max_{r' \ge r} \text{precision}(r')$, over the recalls r = 0, 0.01, …, 1 |
# | mean IoU | $\frac{1}{K} \sum_k \dfrac{n_{k,k}}{\text{row}_k + \text{column}_k - n_{k,k}}$, from the confusion matrix n of K classes |
# | PCK@a | share of points with $\text{distance} \le a \cdot \text{longer side of the object's box}$ |
#
# ## Where to read on
#
# - **Best next:** X. Zhou, D. Wang and P. Krähenbühl, [*Objects as points*](https://arxiv.org/abs/1904.07850), 2019:
#   the detector.
# - T.-Y. Lin et al., [*Focal loss for dense object detection*](https://arxiv.org/abs/1708.02002), ICCV 2017, and
#   [*Microsoft COCO*](https://arxiv.org/abs/1405.0312), ECCV 2014: the loss and the metric.
# - O. Ronneberger, P. Fischer and T. Brox, [*U-Net*](https://arxiv.org/abs/1505.04597), MICCAI 2015.
# - B. Cheng et al., [*Panoptic-DeepLab*](https://arxiv.org/abs/1911.10194), CVPR 2020: centres and offsets. K. He et
#   al., [*Mask R-CNN*](https://arxiv.org/abs/1703.06870), ICCV 2017, does it by boxes.
# - Y. Yang and D. Ramanan, [*Articulated human detection with flexible mixtures of
#   parts*](https://doi.org/10.1109/TPAMI.2012.261), 2013: PCK.
