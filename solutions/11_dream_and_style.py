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
# # 11 · Dream and style: a network that paints
#
# **A network was trained to name what it sees. Can it paint?**
#
# You will be able to
#
# - make a photograph show more of what a layer sees in it, and say why the dream begins with a small picture;
# - find out what a layer still knows of a picture, by making one from noise whose feature maps come near the picture's;
# - compute a Gram matrix, and show what it forgets and what it keeps;
# - give one picture the style of another, and say what is minimised and what each weight does.
#
# **Minutes:** about 90 with the exercises; the notebook itself runs in about a minute on two CPU cores, and needs no
# network.

# %% tags=["setup"]
import os
# before Keras: it sets Keras up
from workbook import check, data, interpret, pictures, plots, pretrained
import numpy as np
import matplotlib.pyplot as plt
import keras  # loading Keras takes some seconds
from workbook import live

keras.utils.set_random_seed(1)

# %% [markdown]
# ## A trained network and its layers
#
# We take the classifier of chapter 09, EfficientNet-Lite0, trained on ImageNet's photographs. We do not ask it for
# classes, and we change none of its weights. Five of its layers will do, from near the image to far from it:
#
# - `stem_relu` comes after the first convolution.
# - Each of the others is the end of a block, where the block's input is added to its output (`add`). The higher the
#   number, the further from the image. No ReLU follows such a sum, so its values may be negative.
#
# With the setting `WORKBOOK_BUDGET=full` the network is VGG-16, a download of 528 MiB, and a picture takes several
# times as long. The claims that this chapter prints are tested for the bundled network.

# %% tags=["slow"] name="classifier"
wanted = "vgg16" if os.environ.get("WORKBOOK_BUDGET") == "full" else pretrained.BUNDLED
classifier = pretrained.load(wanted, otherwise=pretrained.BUNDLED)
model, canvas = classifier.model, interpret.Canvas(classifier.normalise)
LAYERS = {
    "efficientnet_lite0": [
        "stem_relu",
        "block2b_add",
        "block3b_add",
        "block4c_add",
        "block5c_add",
    ],
    "vgg16": ["block1_conv2", "block2_conv2", "block3_conv3", "block4_conv3", "block5_conv3"],
}[classifier.name]
DEEP = {  # two layers at once, for the large dreams
    "efficientnet_lite0": {"block6b_add": 1, "block5b_add": 1},
    "vgg16": {"block5_conv2": 1, "block4_conv3": 1},
}[classifier.name]

# %% tags=["slow", "nbval-check-output"]
for name in LAYERS:
    print(
        f"{name:12} (rows, columns, filters) of a 224 × 224 picture:",
        model.get_layer(name).output.shape[1:],
    )

# %% [markdown]
# A photograph is made of bytes; the network takes numbers around zero. The `canvas` converts the middle of a photograph
# (`prepare`) and converts back (`picture`), and knows the range in which pixels must stay (`bounds`). We begin with 224
# × 224 pixels, and use other sizes later: up to these layers there are only convolutions and the like, which take any.

# %% tags=["slow", "nbval-check-output"]
photo = canvas.prepare(pictures.photograph("chelsea"), 224)
print(photo.shape, "between", *(round(bound, 3) for bound in canvas.bounds))

# %% [markdown]
# ## What a layer sees, amplified
#
# Chapter 10 began with noise and asked what excites *one* filter. Now we begin with a photograph and choose no filter:
# whatever the layer sees in it, the dream shows more of it. The score is the mean of the squares of *all* activations
# of a layer. Why squares?

# %% [markdown] exercise="11.1"
# ### Exercise 11.1 · More of what is there (10 min, 3 points)
#
# **Input:** feature maps `maps` (batch, H, W, filters). **Output:** a tuple of two arrays: for each image the mean of
# its squared activations, (batch,); and the derivative of that mean with respect to each activation of the image, an
# array of the maps' shape.

# %% tags=["exercise"] exercise="11.1"
def amplify(maps):
    """Return each image's score, and how it changes with each activation."""
    ### BEGIN SOLUTION
    values = maps.size / len(maps)
    return (maps**2).mean(axis=(1, 2, 3)), 2 * maps / values
    ### END SOLUTION


# %% tags=["check"] exercise="11.1"
check("11.1", amplify);

# %% [markdown]
# The derivative is the layer's own output, times a constant. What answers strongly is pulled hardest, what is negative
# becomes more negative, and what is 0 is left alone. The network's opinion becomes its own target. The mean of the
# activations themselves would not do: it would pull all of them up alike, the faint ones too.
#
# From there to the pixels it is the chain rule, and then the step of exercise 10.3: the gradient divided by its root
# mean square, the pixels kept within their bounds. `interpret.dream` does 18 such steps here, each a little shorter
# than the one before, and each on the picture shifted by a few pixels at random, so that patterns stick less to the
# network's grid.
#
# **Predict first:** a cat, seen by five layers. The first has 3×3 windows; the last is near the end of a network that
# tells 1,000 classes apart, cats and dogs among them. Think of chapter 10's hierarchy: edges first, then strokes and
# bends, then parts of things. What will each put into the photograph?

# %% tags=["slow"] name="dream"
def dream(layer, inputs, octaves):
    """Dream with 18 steps in all, shared by the octaves."""
    steps = 18 // octaves
    return interpret.dream(
        model, layer, inputs, octaves=octaves, steps=steps, rate=0.03, bounds=canvas.bounds
    )

# %% tags=["slow"]
plain = {name: dream(name, photo, 1) for name in live.track(LAYERS, "dreams")}

# %% tags=["slow"] alt="The face of a cat, and five dreams of it. The first is covered with a grid of coloured dots; the second with short bent stripes in all directions; the third with parallel stripes, like a fingerprint's, that follow the face; in the fourth fine lines are combed along the face and run in rings around eyes and nose; the fifth has bristling fur, and small eyes have grown on the nose and the cheek."
shown = [canvas.picture(photo), *(canvas.picture(one.image) for one in plain.values())]
plots.show_images(shown, ["photograph", *LAYERS], columns=3, size=3);

# %% [markdown]
# **Notice** the hierarchy of chapter 10, on a photograph: dots first, then short stripes, then stripes that run along
# what is there, then rings around eyes, then fur and more eyes. Each layer adds the patterns that it has filters for.
# We asked for nothing but "more".
#
# Did the score rise? It is recorded before each step, and once at the end.

# %% tags=["slow"] alt="Mean squared activation of five layers over eighteen steps, divided by its value at the start. Four of them rise to about three times, with small setbacks. The first layer's jumps up and down between one and one and a half times."
grown = {name: one.records[0] / one.records[0][0] for name, one in plain.items()}
plots.show_curves(grown, xlabel="step", ylabel="score, in units of its start", start=0);

# %% [markdown]
# The jumps come from the random shifts. The first layer's windows move by two pixels (stride 2), and its dream sticks
# to this grid in spite of the shifts: seen one pixel further, it is worth little.
#
# Is a dream particular to its layer, or does one dream excite them all? We show all five dreams to all five layers.
# Rows and columns of the table are the layers in the order above, by the first part of their names; each number says
# how many times the column's layer has grown by the row's dream. **Predict first:** where are the largest numbers?

# %% tags=["slow"] name="growth"
layers_of = interpret.any_size(model, LAYERS)
def strength(inputs):
    """Return the mean squared activation of each of the layers."""
    return np.array(
        [
            float(keras.ops.mean(maps**2))
            for maps in layers_of(inputs[np.newaxis], training=False)
        ]
    )

def growth(dreams, inputs):
    """Return a row per dream: how many times each layer's score has grown."""
    return np.array([strength(one.image) / strength(inputs) for one in dreams])

# %% tags=["slow"] alt="A table of five dreams, a row each, against five layers. The largest number of every column stands on the diagonal; away from it the numbers fall, below 1 in the corner at the top right."
table = growth(plain.values(), photo)
ax = plots.show_numbers(
    table.round(1), scale=(0.5, 4), title="dreamed by (row), seen by (column)"
)
short = [name.split("_")[0] for name in LAYERS]
ax.set_xticks(range(5), short, rotation=45)
ax.set_yticks(range(5), short)
ax.grid(False);

# %% tags=["slow", "nbval-check-output"]
print(
    "every layer grows most in its own dream:",
    bool((table.argmax(axis=0) == np.arange(5)).all()),
)
print("the first to 1.2 times or more, the others to 1.5 times or more:",
      bool(table[0, 0] >= 1.2 and (table.diagonal()[1:] >= 1.5).all()))

# %% [markdown]
# **Notice** the diagonal: the largest number of each column is there, so each layer grows most in its own dream. Layers
# next to it grow as well, because they look for similar things. But the dreams of the first two even weaken the fifth.
#
# ## Octaves
#
# Look at the dreams once more. The patterns differ in kind, but all are *small*: stripes a few pixels wide, even in the
# layers that see large parts of the picture. We measure that by the **grain** of the change: its mean size, divided by
# how much it differs from one pixel to the next. Coarse patterns change slowly from pixel to pixel and have a large
# grain. The unit is the pixel, but the grain is not the width of a stripe, because bright and dark, colours and noise
# all count. Use it only to compare.

# %% tags=["slow"] name="grain"
def grain(change):
    """Return a change's mean size, divided by its mean difference between neighbours."""
    centred = change - change.mean(axis=(0, 1))
    steps = [np.abs(np.diff(centred, axis=axis)).mean() for axis in (0, 1)]
    return np.abs(centred).mean() / np.mean(steps)

# %% tags=["slow", "nbval-check-output"]
fine = {name: grain(one.image - photo) for name, one in plain.items()}
print("every layer's grain is below one pixel:", max(fine.values()) < 1)

# %% [markdown]
# It is often said that deeper layers dream larger things. Half of it is true: they dream *other* things. But the
# gradient reaches every pixel, and fine texture is the cheapest way to a higher score. In this network no layer's grain
# reaches one pixel, not even the deepest's.
#
# How do we get larger patterns, if the filters' windows are fixed? Make the *picture* small. What is a few pixels wide
# there becomes wide when the picture is made large again. So dream at a small size first, then at a larger one, up to
# the full size. Each size is an **octave**, `scale` times the one before.

# %% [markdown] exercise="11.2"
# ### Exercise 11.2 · The sizes of the octaves (8 min, 2 points)
#
# **Input:** the `height` and `width` of a picture, the number of `octaves` (at least 1), and the `scale` (above
# 1). **Output:** a list of sizes (height, width) in whole numbers, the smallest first, the picture's own last. Going
# down, octave after octave, height and width are divided by the scale once more; each is rounded once, at the end (none
# ends in exactly .5). Write it yourself: the course's own function for this does not count.

# %% tags=["exercise"] exercise="11.2"
def octave_sizes(height, width, octaves, scale):
    """List the sizes of the octaves, the smallest first."""
    ### BEGIN SOLUTION
    return [
        (round(height / scale**k), round(width / scale**k)) for k in reversed(range(octaves))
    ]
    ### END SOLUTION


# %% tags=["check"] exercise="11.2"
check("11.2", octave_sizes);

# %% tags=["nbval-check-output"]
print(interpret.octave_sizes(224, 224, octaves=3, scale=1.4))

# %% [markdown]
# One question is left: what is carried from one octave to the next? A small picture has lost its detail for good.

# %% [markdown] exercise="11.3"
# ### Exercise 11.3 · No detail is lost (8 min, 2 points)
#
# **Input:** a `picture` (2H, 2W, 3); the same made `small` (H, W, 3); and what it was `dreamed` into (H, W,
# 3). **Output:** where the next octave begins, (2H, 2W, 3): the picture with all its detail, plus what the
# dream *changed*, enlarged. Enlarge by making a block of 2×2 of each value. The arrays that come in must not change.
# (The package resizes smoothly, by any scale.)

# %% tags=["exercise"] exercise="11.3"
def next_octave(picture, small, dreamed):
    """Carry a dream to a picture of twice the size."""
    ### BEGIN SOLUTION
    change = dreamed - small
    return picture + np.repeat(np.repeat(change, 2, axis=0), 2, axis=1)
    ### END SOLUTION


# %% tags=["check"] exercise="11.3"
check("11.3", next_octave);

# %% [markdown]
# We take the second and the fourth layer, with three octaves of six steps each, against eighteen steps at full
# size. **Predict first:** which of the two computes more pixels in all, and whose patterns will be wider?

# %% tags=["slow"]
chosen = [LAYERS[1], LAYERS[3]]
in_octaves = {name: dream(name, photo, 3) for name in live.track(chosen, "dreams")}

# %% tags=["slow"] alt="Two dreams of the cat, each without and with three octaves. Without octaves the stripes are fine and dense. With octaves the same kinds of patterns are wider: broad bent ribbons from the second layer, stripes that can be counted, and wider rings around the eyes, from the fourth."
shown = [canvas.picture(one[name].image) for name in chosen for one in (plain, in_octaves)]
titles = [f"{name}{how}" for name in chosen for how in ("", ", octaves")]
plots.show_images(shown, titles, columns=2, size=3.4);

# %% tags=["slow", "nbval-check-output"]
coarse = {name: grain(one.image - photo) for name, one in in_octaves.items()}
ratios = np.array([coarse[name] / fine[name] for name in coarse])
print("with octaves both have a grain at least a tenth larger:", bool((ratios >= 1.1).all()))
sizes = interpret.octave_sizes(224, 224, octaves=3, scale=1.4)
pixels = sum(6 * height * width for height, width in sizes)  # in six steps each
print("pixels in 18 steps, octaves against none:", round(pixels / (18 * 224 * 224), 2))

# %% [markdown]
# **Notice** that the patterns have grown wider: stripes have become ribbons. And octaves are cheaper, too: small
# pictures have few pixels, here 0.59 of what the steps at full size compute. For still larger patterns take more
# octaves, or a larger scale. A network trained on photographs of 224 pixels has few things to see in a picture of 30,
# so there is an end to it.
#
# ## A large dream
#
# Until here the layers came one at a time, with few steps, so that they could be compared. Now we want a picture that
# is worth hanging up, and we change three things:
#
# - The picture is 320 × 320, twice the pixels.
# - There are six octaves of 20 steps each, from 59 × 59 pixels to 320 × 320.
# - Two deep layers dream together: their scores are added. One is from block 5, which answers to eyes, petals and
#   scales, the other from block 6, closer to whole things.
#
# We dream of a cup of coffee, and of gravel, where there is nothing to be seen but stones. **Predict first:** what does
# a network that knows 1,000 kinds of things, 398 of them animals, find in them?

# %% tags=["slow"] name="large-dream"
def large_dream(inputs, octaves):
    """Dream with two deep layers, 20 steps in each octave."""
    return interpret.dream(
        model, DEEP, inputs, octaves=octaves, steps=20, rate=0.02, bounds=canvas.bounds
    )

# %% tags=["slow"]
names = ("coffee", "gravel")
before = {name: canvas.prepare(pictures.photograph(name), 320) for name in names}
dreamed = {name: large_dream(before[name], 6).image for name in live.track(names, "dreams")}

# %% tags=["slow", "cover"] alt="Left, a cup of coffee on a red saucer. Right, its dream: the coffee is the yellow middle of a flower, green and orange fruit lies along the rim, the handle and the spoon are shining red and silver berries, and petals cover the saucer."
shown = [canvas.picture(one["coffee"]) for one in (before, dreamed)]
plots.show_images(shown, ["coffee", "its dream"], columns=2, size=4.2);

# %% tags=["slow"] alt="Left, grey gravel. Right, its dream: a ring of beads and shells in many colours, and in it a large face of scales with eyes and a snout."
shown = [canvas.picture(one["gravel"]) for one in (before, dreamed)]
plots.show_images(shown, ["gravel", "its dream"], columns=2, size=4.2);

# %% [markdown]
# **Notice** that nobody drew any of this. The coffee becomes the middle of a flower, the red saucer its petals, and the
# spoon and the handle become round, shining fruit. In the gravel, where all stones look alike, eyes appear, and a whole
# face around them. Small differences between the stones decided where: what the network sees a little, the next step
# makes it see more. It can dream only of what it was trained on, and eyes are in many of its pictures.
#
# What does the classifier itself call its dreams?

# %% tags=["slow", "nbval-ignore-output"]
for name in names:
    for kind, one in (("photograph", before[name]), ("dream", dreamed[name])):
        label, share = classifier.classify(canvas.picture(one), top=1)[0]
        print(f"{name:7} {kind:11} {label} ({100 * share:.0f} %)")

# %% [markdown]
# The first guess changes, and the certainty is low. The dream raised the score of two layers, not that of a class, so
# it is full of parts, and no single thing.
#
# ## What a layer still knows
#
# A dream exaggerates. Now turn the question round: how much of a photograph is left in a layer? Chapter 09's classifier
# keeps 320 maps of 7 × 7 near its end, and throws the rest away. To see what a layer *knows*, we change a second
# picture, which begins as noise, until its maps equal the photograph's. What the layer has kept comes back. What it has
# forgotten can be anything. The quantity that we minimise is the **content loss**, with the maps F of the picture being
# made and the maps P of the photograph:
#
# $$L_\text{content} = \frac{\sum (F - P)^2}{\sum P^2}$$
#
# (The division makes losses of different layers comparable: maps that are 0 everywhere have a loss of 1.) We begin with
# noise around a middle grey. The correlation of chapter 10 measures how similar the picture has become to the
# photograph, pixel by pixel: 1 for equal up to brightness and contrast, 0 for unrelated.
#
# **Predict first:** from which of the five layers will the cat come back? What will be lost first: colours, edges, or
# places?

# %% tags=["slow"] name="rebuild"
def rebuild(layer, inputs, seed):
    """Make a picture from noise that a layer can hardly tell from the inputs."""
    low, high = canvas.bounds  # (for the smoothness, see further down)
    noise = low + (high - low) * np.random.default_rng(seed).uniform(0.4, 0.6, inputs.shape)
    return interpret.stylise(
        model,
        inputs,
        inputs,
        content_layers=[layer],
        style_layers=[],
        style_weight=0,
        smoothness=0.1,
        start=noise,
        steps=40,
        rate=0.05,
        bounds=canvas.bounds,
    )

# %% tags=["slow"]
content = canvas.prepare(pictures.photograph("chelsea"), 96)
rebuilt = {name: rebuild(name, content, 1) for name in live.track(LAYERS, "photographs")}

# %% tags=["slow"] alt="The cat, and five pictures made from noise. From the first layer it comes back nearly as it was. From the second its eyes, nose and outlines are clear under speckles of wrong colours; from the third the outlines are thinner and the fur is gone; from the fourth rings remain where the eyes were; from the fifth a tangle of colours with a hint of them."
shown = [canvas.picture(content), *(canvas.picture(one.image) for one in rebuilt.values())]
plots.show_images(shown, ["photograph", *LAYERS], columns=6, size=1.5);

# %% tags=["slow", "nbval-check-output"]
left = {name: one.content[-1] / one.content[0] for name, one in rebuilt.items()}
print("in every layer less than a sixth of the loss is left:", max(left.values()) < 1 / 6)
alike = [np.corrcoef(one.image.ravel(), content.ravel())[0, 1] for one in rebuilt.values()]
print("the first is like the photograph (correlation above 0.9):", alike[0] > 0.9)
print(
    "the second, third and fourth each less than the one before:",
    alike[:4] == sorted(alike[:4], reverse=True),
)
print("and the fifth hardly at all (below 0.2):", alike[4] < 0.2)

# %% [markdown]
# **Notice** what is lost in which order. From the first layer the picture comes back. Further up, colours go first,
# then the smooth parts; edges and the *places* of things (two eyes, a nose) stay longest. To its layer each of these
# pictures has come close to the photograph, with less than a sixth of the noise's loss left. To you most have not: what
# a layer was not trained to keep, it does not miss. Forty steps are no proof that no more could come back, since the
# loss is small, not zero.
#
# So **content** means: what is where. We take it from a layer in the middle, which keeps the places and drops the
# colours. And style?
#
# ## The Gram matrix
#
# Take a painting, and ask not where things are but which go together: do yellow and slanting strokes come at the same
# places? For two filters i and j, multiply their maps place by place, and take the mean. All pairs make a table,
# the **Gram matrix**:
#
# $$G_{i,j} = \frac{1}{H W} \sum_{r,c} A^i_{r,c}\, A^j_{r,c}$$
#
# where $A^i$ is the map of filter i, and r and c run over its rows and columns.
#
# The matrix has one row and one column for each filter, whatever the size of the picture. The diagonal, a filter with
# itself, says how strongly each answers. Off the diagonal a positive number says that two answer with the same sign at
# the same places, a negative one that they answer with opposite signs.

# %% [markdown] exercise="11.4"
# ### Exercise 11.4 · The Gram matrix (10 min, 3 points)
#
# **Input:** feature maps `maps` (H, W, filters) of one picture. **Output:** the Gram matrix (filters, filters): for
# every two filters the mean over all H·W places of the product of their activations. Write it yourself: the course's
# own function for this does not count.

# %% tags=["exercise"] exercise="11.4"
def gram_matrix(maps):
    """Say which filters fire together."""
    ### BEGIN SOLUTION
    height, width, filters = maps.shape
    columns = maps.reshape(height * width, filters)
    return columns.T @ columns / (height * width)
    ### END SOLUTION


# %% tags=["check"] exercise="11.4"
check("11.4", gram_matrix);

# %% tags=["slow"] name="grams"
looking = interpret.any_size(model, LAYERS[:3])
def maps_of(inputs):
    """Return the feature maps of the first three layers, (batch, H, W, filters) each."""
    batch = inputs if inputs.ndim == 4 else inputs[np.newaxis]
    return [keras.ops.convert_to_numpy(maps) for maps in looking(batch, training=False)]

def grams(inputs):
    """Return the Gram matrices of the first three layers, (batch, filters, filters) each."""
    return [interpret.gram_matrix(maps) for maps in maps_of(inputs)]

# %% tags=["slow"] alt="Three pictures, a brick wall, gravel and a cup of coffee, and below each its Gram matrix of 24 rows and columns in orange and purple. The wall's has strong entries off the diagonal as well, orange and purple, in a few rows; in those of the gravel and of the coffee most of the strength lies on the diagonal, at different places."
wall, gravel, coffee = (
    canvas.prepare(pictures.photograph(name), 96) for name in ("brick", "gravel", "coffee")
)
shown = [
    *map(canvas.picture, (wall, gravel, coffee)),
    *(grams(one)[1][0] for one in (wall, gravel, coffee)),
]
limit = max(np.abs(one).max() for one in shown[3:])
scales = [(0, 255)] * 3 + [(-limit, limit)] * 3
names = ["brick", "gravel", "coffee"]
plots.show_images(
    shown,
    [*names, *(f"Gram matrix, {name}" for name in names)],
    columns=3,
    size=2.3,
    scale=scales,
);

# %% [markdown]
# **Notice** how different the three are. (Second layer, 24 filters; orange is positive, purple negative, all on one
# scale.) The wall has much strength off the diagonal: a few of its filters answer together. In the gravel and the
# coffee most of it lies on the diagonal, for each in other filters.
#
# What does a Gram matrix forget?
#
# **Predict first:** we shuffle the *places* of the wall's feature maps, all filters together. What happens to the Gram
# matrix? And if we shuffle the *pixels* of the wall instead, and let the network look again?

# %% tags=["slow", "nbval-check-output"]
maps = maps_of(wall)[1][0]  # of the second layer
places = np.random.default_rng(2).permutation(maps.shape[0] * maps.shape[1])
shuffled = maps.reshape(len(places), -1)[places].reshape(maps.shape)
print("the maps are others:", bool(np.abs(shuffled - maps).mean() > 0.1 * np.abs(maps).mean()))
before, after = (interpret.gram_matrix(one[np.newaxis])[0] for one in (maps, shuffled))
print(
    "the Gram matrix is the same:",
    np.allclose(before, after, rtol=1e-3, atol=1e-4 * np.abs(before).max()),
)

# %% [markdown]
# A mean over places does not know their order: the same products are added up in another one, and only rounding
# differs. Now the pixels. To answer we need a number that says how far two styles are apart.
#
# ## The style loss

# %% [markdown] exercise="11.5"
# ### Exercise 11.5 · The style loss (8 min, 2 points)
#
# **Input:** two lists of Gram matrices, one for each layer: those `made` so far, and those `wanted`. Layers may have
# different numbers of filters. **Output:** one number, the mean over the layers of Σ(made − wanted)² / Σ wanted². Each
# sum goes over all entries of a layer's matrix. Write it yourself: the course's own function for this does not count.

# %% tags=["exercise"] exercise="11.5"
def style_loss(made, wanted):
    """Say how far the Gram matrices are from those wanted."""
    ### BEGIN SOLUTION
    distances = [
        np.sum((one - other) ** 2) / np.sum(other**2) for one, other in zip(made, wanted)
    ]
    return np.mean(distances)
    ### END SOLUTION


# %% tags=["check"] exercise="11.5"
check("11.5", style_loss);

# %% tags=["slow"] name="changes"
def changed(inputs, other, seed):
    """Return a picture moved, mirrored, turned, with its pixels shuffled, and another one."""
    pixels = inputs.reshape(-1, 3)
    return {
        "moved": np.roll(inputs, (31, 17), (0, 1)),
        "mirrored": inputs[:, ::-1],
        "turned by 90°": np.rot90(inputs),
        "pixels shuffled": np.random.default_rng(seed)
        .permutation(pixels)
        .reshape(inputs.shape),
        "another picture": other,
    }

# %% tags=["slow"] alt="Bars of the style distance of a brick wall from five variants of itself. Moved and mirrored are close to zero; turned by 90 degrees is about a half; with its pixels shuffled, and for gravel, it is about 0.7."
apart = {
    name: interpret.style_loss(grams(one), grams(wall))
    for name, one in changed(wall, gravel, 1).items()
}
plots.show_bars(apart, title="style distance from the brick wall", form="{:.2f}");

# %% tags=["slow", "nbval-check-output"]
print(
    "moved or mirrored, the wall keeps its style (below 0.1):",
    max(apart["moved"], apart["mirrored"]) < 0.1,
)
print("turned, or with its pixels shuffled, it loses it (above 0.3):",
      min(apart["turned by 90°"], apart["pixels shuffled"]) > 0.3)

# %% [markdown]
# **Notice** the difference (the other picture is the gravel). Moved, with what leaves on one side coming in on the
# other, the wall keeps its style. Mirrored, too, since its lines run upright and across; slanted lines would lean the
# other way. Shuffled *places* leave the Gram matrix as it is: a mean has no order, and each value was computed from its
# neighbourhood before the shuffle. Shuffled *pixels* destroy the neighbourhoods, and the style with them. And turned by
# 90° the wall has another style: its long lines run the other way, and other filters see them.
#
# Is forgetting a loss or a gain? Take small grey crops of six surfaces (brick, grass, gravel, a printed page,
# handwriting, and `ihc`, a stained tissue), six of each, all with the same brightness and contrast, from the left
# halves of photographs. For each crop from the right halves look for the nearest of them: by the second layer's maps
# themselves, or by their Gram matrix. Chance would be right once in six.
#
# **Predict first:** which of the two finds more?

# %% tags=["slow"] name="crops"
KINDS = ("brick", "grass", "gravel", "page", "text", "ihc")
def crops(name, *, half, rng, count=6, side=64):
    """Cut grey crops of equal brightness and contrast out of one half of a photograph."""
    picture = pictures.photograph(name).astype(float)
    picture = picture if picture.ndim == 2 else picture.mean(axis=-1)
    picture, found = np.array_split(picture, 2, axis=1)[half], []
    while len(found) < count:
        top, left = (rng.integers(0, length - side + 1) for length in picture.shape)
        crop = picture[top : top + side, left : left + side]
        if crop.std() > 4:  # not an empty margin
            found.append(np.clip(128 + 50 * (crop - crop.mean()) / crop.std(), 0, 255))
    return np.array(found)

# %% tags=["slow"] name="nearest"
def found_by(describe, seed):
    """Return the share of 36 crops whose nearest one of the other half has the same kind."""
    rng = np.random.default_rng(seed)
    known, asked = (
        np.concatenate([crops(kind, half=half, rng=rng) for kind in KINDS]) for half in (0, 1)
    )
    inputs = [
        classifier.normalise(np.stack([one] * 3, axis=-1).astype("float32"))
        for one in (known, asked)
    ]
    # by the second layer
    first, second = (describe(one)[1].reshape(len(one), -1) for one in inputs)
    nearest = np.argmin([((one - first) ** 2).sum(axis=1) for one in second], axis=1)
    return np.mean(nearest // 6 == np.arange(len(second)) // 6)

# %% tags=["slow"] alt="Two bars: by their feature maps between 40 and 50 percent of the crops are found, by their Gram matrices about 90 percent."
shares = {
    "feature maps": 100 * found_by(maps_of, 0),
    "Gram matrices": 100 * found_by(grams, 0),
}
plots.show_bars(shares, title="nearest is of the same kind, % of crops").set_xlim(0, 110);

# %% tags=["slow", "nbval-check-output"]
print("Gram matrices find at least 3 of 4:", shares["Gram matrices"] >= 75)
print(
    "and at least 20 points more than the maps:",
    shares["Gram matrices"] >= shares["feature maps"] + 20,
)

# %% [markdown]
# A brick is a brick wherever the crop was cut. To the maps, two crops of one wall are two different things; to the Gram
# matrix they are nearly one.
#
# What does a Gram matrix *know*? We ask as before: from noise, with the style loss alone, in the first three layers.
#
# **Predict first:** the wall and the cup of coffee. What will come back, and what will not?

# %% tags=["slow"] name="texture"
def texture(inputs, seed):
    """Make a picture from noise that has the style of the inputs, in three layers."""
    low, high = canvas.bounds
    noise = low + (high - low) * np.random.default_rng(seed).uniform(0.4, 0.6, inputs.shape)
    return interpret.stylise(
        model,
        noise,
        inputs,
        content_layers=[],
        style_layers=LAYERS[:3],
        content_weight=0,
        smoothness=0.1,
        start=noise,
        steps=50,
        rate=0.05,
        bounds=canvas.bounds,
    )

# %% tags=["slow"] alt="Left, a brick wall and what was made from noise: a tangle of light upright lines with crosspieces, grey with coloured specks. Right, a cup of coffee and a tangle of soft strokes in its red, brown and white, with no cup to be seen."
textures = {"brick": wall, "coffee": coffee}
made = {name: texture(textures[name], 1) for name in live.track(textures, "textures")}
shown = [
    canvas.picture(one) for one in (wall, made["brick"].image, coffee, made["coffee"].image)
]
plots.show_images(
    shown, ["brick", "made from noise", "coffee", "made from noise"], columns=4, size=2.0
);

# %% tags=["slow", "nbval-check-output"]
print(
    "the style loss falls to less than a sixth:",
    all(one.style[-1] < one.style[0] / 6 for one in made.values()),
)

# %% [markdown]
# **Notice** that the wall's light lines and their directions are back, and the wall is not: no row of bricks goes
# through. (Its grey is back only roughly, coloured specks are left.) The cup is gone altogether, and its colours and
# soft edges are everywhere. That is what we call **style** here. It is not all that a painter means by the word.
#
# ## Content and style together
#
# Now we want both: the content of one picture and the style of another. Start from the content, and descend the
# gradient of
#
# loss = c · content + s · style + t · roughness
#
# with three weights c, s and t that we choose. The roughness is the total variation of exercise 10.5, here per value.
# It holds fine noise down.
#
# **Mind the slide.** It is often said that style transfer looks for a picture whose filter outputs *correlate* with
# both pictures, and *maximises* the two by gradient ascent. Three things are wrong with that:
#
# - Style transfer looks for the minimum of a **loss**. A distance has a lowest value, 0, where both match. An agreement
#   of outputs can be raised as far as the pixels allow, and that is a dream.
# - The style enters by its **Gram matrices**, not by its filter outputs: matching those would copy the painting, cup
#   and all.
# - Content and style pull against each other, so the **weights** decide.

# %% [markdown] exercise="11.6"
# ### Exercise 11.6 · The whole loss (8 min, 2 points)
#
# **Input:** the losses `content` and `style`, two numbers; the `image` (H, W, C); and `weights`, a dictionary with the
# keys `"content"`, `"style"` and `"smoothness"`. The roughness is the image's total variation (the absolute differences
# of neighbours, down and to the right, added up) divided by its number of values. (It was a sum for each image in
# exercise 10.5; here there is one image, without a batch axis.) **Output:** a tuple: the weighted sum of the three, and
# the key of the one whose weight times loss is largest; no two are equal.

# %% tags=["exercise"] exercise="11.6"
def whole_loss(content, style, image, weights):
    """Return the total loss, and name its largest term."""
    ### BEGIN SOLUTION
    down = np.abs(np.diff(image, axis=0)).sum()
    right = np.abs(np.diff(image, axis=1)).sum()
    terms = {"content": content, "style": style, "smoothness": (down + right) / image.size}
    weighted = {name: weights[name] * term for name, term in terms.items()}
    return sum(weighted.values()), max(weighted, key=weighted.get)
    ### END SOLUTION


# %% tags=["check"] exercise="11.6"
check("11.6", whole_loss);

# %% [markdown]
# The cat gets the style of the coffee, three times, with the style weights 1, 10 and 100. The content has the weight 1
# and is taken from the third layer; the style is taken from the first three. The roughness has the weight 3. The steps
# are those of exercise 10.3, but downhill, and ever shorter. The pictures are 224 × 224 pixels, each made in 80 steps.
#
# **Predict first:** which of the two losses falls as the weight grows, and which rises?

# %% tags=["slow"] name="stylise"
def stylise(inputs, style, weight, steps=80):
    """Return the inputs in the style of another picture."""
    return interpret.stylise(
        model,
        inputs,
        style,
        content_layers=[LAYERS[2]],
        style_layers=LAYERS[:3],
        style_weight=weight,
        smoothness=3,
        steps=steps,
        rate=0.03,
        bounds=canvas.bounds,
    )

# %% tags=["slow"]
cat, cup = (canvas.prepare(pictures.photograph(name), 224) for name in ("chelsea", "coffee"))
WEIGHTS = (1, 10, 100)
painted = {}
for weight in live.track(WEIGHTS, "paintings"):
    painted[weight] = stylise(cat, cup, weight)

# %% tags=["slow"] alt="The cat, the cup of coffee, and the cat painted with three weights. With weight 1 it is only softer and a little redder. With 10 it is red and brown, with smooth brush strokes in place of fur. With 100 the colours are stronger, and dark and light specks cover the face; its eyes are still there."
shown = [
    canvas.picture(one)
    for one in (cat, cup, *(painted[weight].image for weight in WEIGHTS))
]
titles = ["content", "style", *(f"style weight {weight}" for weight in WEIGHTS)]
plots.show_images(shown, titles, columns=3, size=3);

# %% tags=["slow"] alt="Two charts over eighty steps, a curve for each of the weights 1, 10 and 100. Left, the content loss begins at 0 and jumps up; with weight 1 it then falls nearly to 0 again, with 10 it ends at less than half the height of 100. Right, the style loss begins high for all three and falls, least with weight 1 and most with 100."
axes = plt.subplots(1, 2, figsize=(9, 2.8), layout="constrained")[1]
for ax, which in zip(axes, ("content", "style")):
    curves = {f"style weight {weight}": getattr(one, which) for weight, one in painted.items()}
    plots.show_curves(curves, ax, xlabel="step", ylabel=f"{which} loss", start=0)
axes[0].get_legend().remove()  # the same as on the right

# %% tags=["slow", "nbval-check-output"]
ends = np.array([(one.content[-1], one.style[-1]) for one in painted.values()])  # (3, 2)
print(
    "the larger the weight, the smaller the style loss:", bool((np.diff(ends[:, 1]) < 0).all())
)
print("and the larger the content loss:", bool((np.diff(ends[:, 0]) > 0).all()))
print(
    "weight 10 takes away more than two thirds of the style loss:",
    bool(ends[1, 1] < painted[10].style[0] / 3),
)

# %% [markdown]
# **Notice** how the curves begin. The first picture *is* the content, so its content loss is 0 and jumps up at once;
# what is gained in style is paid for with content. With the weights 1 and 10 some of it is bought back as the steps
# grow shorter. With the weight 100 it stays near 1, as for maps that are 0 everywhere, and yet you see the cat: the
# loss counts all the texture that was added, and your eyes look for what is where. No weight is right: it is a matter
# of taste. And a weight has a meaning only together with its losses: ours are divided by the size of their targets.
# Those of the paper (Gatys and others, 2016, below) are not, and its ratios of content to style, about 10⁻³, say
# nothing about ours.
#
# Now the other way round, the cup in the style of the cat; and the cat in the style of a picture that no painter and no
# camera has made: our own dream of the cup. **Predict first:** what will the cat take from a dream, its fruit or its
# colours?

# %% tags=["slow"]
dream_style = canvas.prepare(canvas.picture(dreamed["coffee"]), 224)
pairs = {"furry cup": (cup, cat), "dreamed cat": (cat, dream_style)}
mixed = {name: stylise(*pairs[name], 10) for name in live.track(pairs, "paintings")}

# %% tags=["slow"] alt="Two rows. First the cup of coffee, the face of a cat, and the cup painted in the style of the cat: cup, saucer and spoon stand where they were, in brown and grey, and covered with short hairs. Then the cat, the dream of the cup, and the cat painted in the style of the dream: its eyes glow green, and red, orange and green strokes cover its fur."
shown = [
    canvas.picture(one) for name in pairs for one in (*pairs[name], mixed[name].image)
]
plots.show_images(shown, ["content", "style", "painting"] * 2, columns=3, size=3);

# %% tags=["slow", "nbval-check-output"]
print(
    "in both more than two thirds of the style loss are gone:",
    all(one.style[-1] < one.style[0] / 3 for one in mixed.values()),
)

# %% [markdown]
# **Notice** that the shapes of a dream do not travel, because a Gram matrix forgets places: no fruit has moved into the
# cat's face. What travels is the dream's red and green, and its beads and scales, now on fur.

# %% [markdown]
# ## Your own photograph
#
# Replace `None` by the path of a photograph of yours, such as `"garden.jpg"`, and run the cells from here on. Its
# middle is cut out and resized to 224 × 224 pixels, dreamed of in four octaves, and painted in the style of the dream
# above. Twice as many pixels per side take four times as long. Things and animals dream best. A dream distorts a face:
# ask people before you dream of them.

# %% tags=["slow"]
path = None
mine = pictures.photograph("motorcycle") if path is None else data.read_picture(path)

# %% tags=["slow"] name="paint"
def paint(picture):
    """Return a picture (H, W, 3) of bytes beside its dream and its painting."""
    inputs = canvas.prepare(picture, 224)
    styled = stylise(inputs, dream_style, 10)
    return np.hstack([
        canvas.picture(one) for one in (inputs, large_dream(inputs, 4).image, styled.image)
    ])

# %% tags=["slow"] alt="A red motorcycle; its dream, in which eyes, scales and beads grow out of the engine and the tank; and the same motorcycle painted in the red, orange and green of the dream of the cup."
triptych = paint(mine)
plots.show_images(
    np.split(triptych, 3, axis=1), ["photograph", "dream", "painting"], size=3
);

# %% [markdown]
# Or upload one, and wait some seconds. The button needs a running notebook; a static page shows only the pictures
# above.

# %% tags=["slow", "widget", "nbval-ignore-output"]
interpret.upload(paint)

# %% [markdown]
# ## Summary
#
# - A dream climbs the mean of a layer's squared activations: what is there gets stronger. Each layer adds what it has
#   filters for.
# - Octaves dream at a small size first and carry the *change* to the next size: coarser patterns, less work, no detail
#   lost.
# - From the first layer a picture can be rebuilt; further up colours go, places stay. That is what the content loss
#   asks for.
# - A Gram matrix averages products of filters over all places. Where things are is forgotten, which patterns go
#   together is kept.
# - Style transfer minimises a weighted sum of content, Gram-matrix and roughness losses. The weights set the balance.
#
# ## Formulae
#
# | what | formula |
# |---|---|
# | what a dream climbs | $\mathrm{mean}(a^2)$ over rows, columns and filters of a layer |
# | its derivative | $2a / (H W \cdot \text{filters})$ |
# | octave k below the full size | $\mathrm{round}(H / \text{scale}^k) \times \mathrm{round}(W / \text{scale}^k)$ |
# | carried to the next octave | picture + enlarged(dreamed − small) |
# | content loss | $L_\text{content} = \sum (F - P)^2 \big/ \sum P^2$ |
# | Gram matrix | $G_{i,j} = \frac{1}{H W} \sum_{r,c} A^i_{r,c}\, A^j_{r,c}$ |
# | style loss | $L_\text{style} = \frac{1}{n} \sum_l \Bigl( \sum (G_l - T_l)^2 \big/ \sum T_l^2 \Bigr)$, over n layers with the wanted matrices $T_l$ |
# | whole loss | $c\,L_\text{content} + s\,L_\text{style} + t \cdot \text{total variation} / \text{number of values}$ |
#
# ## Where to read on
#
# - **Best next:** L. Gatys, A. Ecker and M. Bethge, [*Image style transfer using convolutional neural
#   networks*](https://doi.org/10.1109/CVPR.2016.265), CVPR 2016. Two deviations here: each distance is divided by the
#   size of its target, and the steps are normalised gradient steps instead of L-BFGS.
# - A. Mordvintsev, C. Olah and M. Tyka, [*Inceptionism: going deeper into neural
#   networks*](https://research.google/blog/inceptionism-going-deeper-into-neural-networks/), 2015: the first dreams,
#   and octaves.
# - A. Mahendran and A. Vedaldi, [*Understanding deep image representations by inverting
#   them*](https://arxiv.org/abs/1412.0035), CVPR 2015: what each layer still knows.
# - L. Gatys, A. Ecker and M. Bethge, [*Texture synthesis using convolutional neural
#   networks*](https://arxiv.org/abs/1505.07376), NIPS 2015: Gram matrices alone.
# - J. Johnson, A. Alahi and L. Fei-Fei, [*Perceptual losses for real-time style transfer and
#   super-resolution*](https://arxiv.org/abs/1603.08155), ECCV 2016: a network that learns to paint in one step.
