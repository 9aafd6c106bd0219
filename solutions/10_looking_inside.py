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
# # 10 · Looking inside: what a network has learned to see
#
# **Your network reads digits. What is it looking for?**
#
# You will be able to
#
# - take feature maps out of a trained network, and say how strongly an image excites a filter;
# - make the image that excites a filter, a neuron or an output most, by gradient ascent on the pixels;
# - make pictures that a network takes for digits with 99 % certainty, and measure whether another network believes
#   them;
# - say what a penalty on ink changes in them, and what it does not;
# - see what the filters of a network for photographs look for, and which part of a photograph decides.
#
# **Minutes:** about 75 with the exercises; the notebook itself runs in about a minute on two CPU cores, and needs no
# GPU.

# %% tags=["setup"]
# before Keras: it sets Keras up
from workbook import check, data, interpret, pictures, plots, pretrained, receptive
import numpy as np
import matplotlib.pyplot as plt
import keras  # loading Keras takes some seconds
from keras import layers
from workbook import live

keras.utils.set_random_seed(1)

# %% [markdown]
# ## A network to look into
#
# A plain CNN for digits: 25 filters, then 50, then 100 dense neurons, then ten scores. Pixels are between 0 (blank) and
# 1 (ink). Each layer has a name, so that we can ask for it, and the softmax is a layer of its own, so that we can ask
# for the scores before it.

# %% name="network"
def network():
    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(25, 3, activation="relu", name="conv1")(inputs)  # (batch, 26, 26, 25)
    x = layers.MaxPooling2D(2, name="pool1")(x)  # (batch, 13, 13, 25)
    x = layers.Conv2D(50, 3, activation="relu", name="conv2")(x)  # (batch, 11, 11, 50)
    x = layers.MaxPooling2D(2, name="pool2")(x)  # (batch, 5, 5, 50)
    x = layers.Dense(100, activation="relu", name="dense")(layers.Flatten(name="flatten")(x))
    scores = layers.Dense(10, name="scores")(x)
    return keras.Model(inputs, layers.Softmax(name="probabilities")(scores))

# %% name="train"
mnist = data.load("mnist")
x_train, y_train = mnist.x_train[:20000].copy(), mnist.y_train[:20000]
x_val, y_val = mnist.x_train[-2000:].astype("float32") / 255, mnist.y_train[-2000:]
del mnist  # the memory is needed for photographs

def train(seed):
    keras.utils.set_random_seed(seed)
    model = network()
    rate = keras.optimizers.schedules.CosineDecay(0.003, 200)
    model.compile(
        keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    callbacks = [live.progress(f"seed {seed}")]
    images = x_train.astype("float32") / 255
    model.fit(images, y_train, batch_size=200, epochs=2, verbose=0, callbacks=callbacks)
    return model

# %% [markdown]
# We train it twice, from two seeds. The first network is the one that we look into. The second, same in everything but
# its first weights and the order of its data, is a witness for later.

# %% tags=["slow"]
first, second = train(1), train(2)

# %% tags=["slow", "nbval-check-output"]
right = [
    float(np.mean(model.predict(x_val, verbose=0).argmax(1) == y_val))
    for model in (first, second)
]
print("both read at least 96 % of the validation digits:", min(right) >= 0.96)
print(interpret.layer_names(first))

# %% [markdown]
# ## Feature maps
#
# A layer's output for an image costs nothing extra: the network computes it anyway. A model may have more than one
# output: `keras.Model(inputs, [a, b])`, where `a` and `b` are tensors inside the network, returns a list of two arrays.

# %% [markdown] exercise="10.1"
# ### Exercise 10.1 · A network with windows (10 min, 3 points)
#
# **Input:** whole numbers `filters` and `classes`. **Output:** a `keras.Model` for images (28, 28, 1) with *three*
# outputs, in this order: the maps of the first convolution (after its ReLU, before pooling), the maps of the second,
# the probabilities. Where the table says nothing, Keras's default settings hold: no padding, and convolutions in steps
# of 1.
#
# | layer | settings |
# |---|---|
# | Conv2D | `filters` filters 3×3, ReLU: the first output |
# | MaxPooling2D | 2 |
# | Conv2D | 2·`filters` filters 3×3, ReLU: the second output |
# | MaxPooling2D | 2 |
# | Flatten, Dense | `classes` units, softmax: the third output |

# %% tags=["exercise"] exercise="10.1"
def network_with_maps(filters, classes):
    """Build a CNN that shows its feature maps."""
    ### BEGIN SOLUTION
    inputs = keras.Input((28, 28, 1))
    low = layers.Conv2D(filters, 3, activation="relu")(inputs)
    high = layers.Conv2D(2 * filters, 3, activation="relu")(layers.MaxPooling2D(2)(low))
    x = layers.Flatten()(layers.MaxPooling2D(2)(high))
    return keras.Model(inputs, [low, high, layers.Dense(classes, activation="softmax")(x)])
    ### END SOLUTION


# %% tags=["check"] exercise="10.1"
check("10.1", network_with_maps);

# %% [markdown]
# `interpret.feature_maps` does this for a trained model, by the layers' names.

# %% tags=["slow", "nbval-check-output"]
digit = x_val[y_val == 3][:1]  # (1, 28, 28, 1)
maps = interpret.feature_maps(first, digit, ["conv1", "conv2", "dense"])
for name, one in maps.items():
    print(name, one.shape)

# %% [markdown]
# **Predict first:** the first layer has 3×3 windows. What can one of its maps show? And the second, whose maps are less
# than half as wide? (All maps of a picture are drawn on one scale: black is 0, white the largest value in any map of
# the layer, shown or not.)

# %% tags=["slow"] alt="A handwritten 3, and ten of the 25 maps of the first convolution. In nearly all the 3 is still readable: some show the whole stroke, some only its right-hand or upper edges, one is nearly black."
shown = [digit[0], *np.moveaxis(maps["conv1"][0], -1, 0)[:10]]
top = float(maps["conv1"].max())
plots.show_images(
    shown, ["image", *range(10)], columns=11, size=1.1, scale=[(0, 1), *[(0, top)] * 10]
);

# %% tags=["slow"] alt="Twenty of the 50 maps of the second convolution, eleven pixels wide. The 3 can hardly be read any more: each map shows a few bright spots or streaks, where its pattern was found, and much black."
shown, top = np.moveaxis(maps["conv2"][0], -1, 0)[:20], float(maps["conv2"].max())
plots.show_images(shown, range(20), columns=10, size=1.1, scale=(0, top));

# %% [markdown]
# **Notice** the change. The first layer's maps still look like the digit: one filter responds to the whole stroke,
# another to the edges on one side. In the second layer's maps the digit is taken apart. A bright patch says "my pattern
# is here": in one map a horizontal bar, in another a slope or a right-hand side. Most of the rest is dark. How much of
# the image does one of these values see? **Predict first**, with the formula of chapter 03: `conv1` is a 3×3 window;
# `conv2` is a 3×3 window, pooling by 2, and a 3×3 window. Then we measure it by a gradient, as in that chapter.

# %% tags=["slow", "nbval-check-output"]
for name in ("conv1", "conv2"):
    seen = receptive.gradient_map(interpret.part(first, name), x_val[:100])
    _, _, height, width = receptive.field_box(seen)
    print(f"one value of {name} sees {height} × {width} pixels of 28 × 28")

# %% [markdown]
# 3×3 pixels can hold an edge; 8×8 can hold the end of a stroke, a bend, a crossing. This is the **hierarchy**: each
# layer looks for arrangements of what the layer below has found, over a larger part of the image.
#
# ## What excites a filter?
#
# A map is a picture. To compare images we need one number per filter: its **activation degree**, the sum of its feature
# map.

# %% [markdown] exercise="10.2"
# ### Exercise 10.2 · The activation degree (6 min, 2 points)
#
# **Input:** feature maps `maps` (batch, H, W, filters) and the number `k` of a filter. **Output:** for each image the
# sum of that filter's map, (batch,).

# %% tags=["exercise"] exercise="10.2"
def activation_degree(maps, k):
    """Say how strongly each image excites filter k."""
    ### BEGIN SOLUTION
    return maps[..., k].sum(axis=(1, 2))
    ### END SOLUTION


# %% tags=["check"] exercise="10.2"
check("10.2", activation_degree);

# %% [markdown]
# Now we can ask which of 2,000 digits excite a filter most. Here are the best eight for each of three filters of
# `conv2`, those whose degree differs most from digit to digit.

# %% tags=["slow"] alt="Three rows of eight digits. The first row has 2s, 3s and 5s with slanting bars; the second and third have very thick digits of many classes."
# (2000, 50)
degrees = interpret.activation_degree(interpret.feature_maps(first, x_val, "conv2")["conv2"])
liveliest = np.argsort(-degrees.std(axis=0))[:3]
best = np.concatenate([np.argsort(-degrees[:, k])[:8] for k in liveliest])
titles = [f"filter {k}" if i == 0 else "" for k in liveliest for i in range(8)]
plots.show_images(x_val[best], titles, columns=8, size=1.0);

# %% [markdown]
# It is a start, but a digit has many things at once: which of them does the filter answer to? And some rows are full of
# thick digits of all classes: a sum rewards ink. We are free to ask differently: not which of these images, but which
# image *of all that there could be*.
#
# ## Gradient ascent on the pixels
#
# Training holds the images fixed and moves the weights *down* the gradient of a loss. Turn it round: hold the weights,
# and move the pixels *up* the gradient of the activation degree a:
#
# $$x \leftarrow x + \alpha\,\frac{g}{\sqrt{\mathrm{mean}(g^2)}}, \qquad g = \frac{\partial a}{\partial x}$$
#
# The division makes all steps equally long, however faint the gradient: with a rate α of 0.1 a pixel moves by about
# 0.1. Pixels that have gone below 0 are then set to 0, those above 1 to 1.

# %% [markdown] exercise="10.3"
# ### Exercise 10.3 · One step uphill (8 min, 2 points)
#
# **Input:** `images` (batch, H, W, C) with pixels in 0 to 1, their `gradients` of the same shape, and the
# `rate`. **Output:** the images after one step. Each image's gradient is divided by its own root mean square (the root
# of the mean of the squares, over H, W and C; it is never near 0 here, so a tiny number such as 1e-8 in the denominator
# is not needed and does no harm), multiplied by the rate and added; then pixels below 0 become 0 and those above 1
# become 1.

# %% tags=["exercise"] exercise="10.3"
def step_uphill(images, gradients, rate):
    """Make one step of gradient ascent on the pixels."""
    ### BEGIN SOLUTION
    size = np.sqrt((gradients**2).mean(axis=(1, 2, 3), keepdims=True))
    return np.clip(images + rate * gradients / size, 0, 1)
    ### END SOLUTION


# %% tags=["check"] exercise="10.3"
check("10.3", step_uphill);

# %% [markdown]
# `interpret.ascend` goes on like this, with a rate that falls to zero. It makes one image for each filter, all 50 in
# one batch, from noise. It also records in `.scores` what it climbed, here the activation degrees, before each step and
# at the end. The pictures are in reading order, filter 0 at the top left, filter 49 at the bottom right.
#
# **Predict first:** a filter sees 8×8 pixels, and its degree adds up the whole map. What will its favourite image look
# like?

# %% tags=["slow"]
filters = interpret.ascend(first, "conv2", range(50), steps=40)

# %% tags=["slow"] alt="Fifty images in five rows. Most are filled from edge to edge with one repeated pattern: stripes of one slant and width, or fine grids of dots. Some are almost white, and a few are still the noise that they began with."
plots.show_images(
    filters.images, range(len(filters.images)), columns=10, size=0.8, scale=(0, 1)
);

# %% tags=["slow"] alt="Activation degrees of three filters over forty steps. Each rises steeply in the first ten steps and then levels off."
records = {f"filter {k}": filters.scores[:, k] for k in liveliest}
plots.show_curves(records, xlabel="step", ylabel="activation degree", start=0);

# %% tags=["slow", "nbval-check-output"]
alive = filters.scores[-1] > 0
print("at least 40 of 50 filters are excited at the end:", int(alive.sum()) >= 40)
beaten = filters.scores[-1] > degrees.max(axis=0)
print(
    "at least 9 of 10 of these more than by any of 2,000 digits:",
    bool(beaten[alive].mean() >= 0.9),
)

# %% [markdown]
# **Notice** three things:
#
# - Most images are a *texture*: one small pattern, such as stripes of one slant and width, wherever there is room. The
#   filter looks for it everywhere, and the degree adds up. For some filters the pattern is plain ink, and the image is
#   nearly white.
# - None is a digit, nor a part of one that you would have drawn.
# - Some images are still the noise that they began with. If the filter's ReLU outputs 0 everywhere at the start, the
#   gradient is 0 as well, and there is no way up.
#
# ## Each neuron looks at the whole image
#
# After `flatten` come 100 dense neurons. Each reads all 5×5×50 values, so it may ask *where* something is. The same
# ascent, one image for each neuron. We climb the weighted sum before the ReLU (`activation=False`), so that a neuron
# that is silent at first has a way up too. **Predict first:** will these be textures again?

# %% tags=["slow"] alt="Twenty images for twenty dense neurons. Most are a tangle of black and white strokes that differ from place to place, some with loops like those of digits; six or so are nearly black with faint stripes. Around the edges noise remains."
neurons = interpret.ascend(first, "dense", range(20), steps=40, activation=False)
plots.show_images(neurons.images, columns=10, size=0.9, scale=(0, 1));

# %% [markdown]
# **Notice** that nothing repeats: what is on the left differs from what is on the right. The strokes of these images
# are larger than a filter's, and some of them bend as digits do. In the dark images the climb took ink away nearly
# everywhere: ink silences these neurons. So a neuron looks at the whole image. The *whole*? We measure which pixels
# have a gradient at all, for five neurons and 20 digits. `interpret.saliency` returns the size of the gradient at each
# pixel; it comes back at the end of the chapter.

# %% tags=["slow", "nbval-check-output"]
slopes = interpret.saliency(
    first, "dense", np.repeat(x_val[:20], 5, axis=0), list(range(5)) * 20, activation=False
)
rows = np.flatnonzero(slopes.max(axis=(0, 2)))
print(f"rows that count: {rows[0]} to {rows[-1]} of 0 to 27")

# %% [markdown]
# The last two rows count for nothing, and so do the last two columns, for the layers are the same along both axes. Look
# at the images again: at their lower and right-hand edges nothing has changed, the noise of the start is still there.
# Why?

# %% [markdown] exercise="10.4"
# ### Exercise 10.4 · What the top never sees (10 min, 3 points)
#
# **Input:** the `size` of an image (its width), and `layers`, a tuple of (kernel size, strides) for each convolution
# and pooling layer from the image up, all with padding valid and with strides no larger than the kernel, so that the
# windows leave no gaps. **Output:** a tuple of two numbers: how many pixels one value of the last map sees (its
# receptive field, exercise 3.6), and how many pixels at the end of the image no value of the last map sees. Both count
# along one axis.
#
# For the network above, `field_and_unseen(28, ((3, 1), (2, 2), (3, 1), (2, 2)))`, the second number should be the one
# just measured, 2.

# %% tags=["exercise"] exercise="10.4"
def field_and_unseen(size, layers):
    """Return the receptive field of the top, and the pixels at the end that it never sees."""
    ### BEGIN SOLUTION
    field, step = 1, 1
    values = size
    for kernel, strides in layers:
        field += (kernel - 1) * step
        step *= strides
        values = (values - kernel) // strides + 1
    return field, size - ((values - 1) * step + field)
    ### END SOLUTION


# %% tags=["check"] exercise="10.4"
check("10.4", field_and_unseen);

# %% [markdown]
# **Mind the slide.** "A dense neuron sees the whole image" holds for what reaches it. Here `conv2` outputs 11 rows, and
# pooling by 2 leaves the last one out. Neighbouring rows of `conv2` lie two pixels apart, so two rows of pixels go with
# it. With MNIST it does no harm: the border is blank.
#
# ## What does the network take for a digit?
#
# Now the outputs. For each digit we climb its score, the number before the softmax, from noise, in very small steps.
# Each image stops as soon as the network is 99 % sure of it. This needs a loop of our own. `interpret.input_gradient`
# takes a function of the images. It returns another function, which computes two arrays, the values and their
# gradients; `[1]` picks the gradients. Here the function is each image's own score: `own` has a 1 at the target and
# zeros elsewhere. The step is that of exercise 10.3.
#
# **Predict first:** the network will be sure in the end. Will you see the digit?

# %% tags=["slow"] name="made"
targets = np.repeat(np.arange(10), 5)  # five images for each digit
def probability(model, images):
    """Return the probability of each image's target class."""
    return keras.ops.convert_to_numpy(model(images))[np.arange(len(images)), targets]

# own is (50, 10)
scores, own = interpret.part(first, "scores"), keras.ops.one_hot(targets, 10)
gradient = interpret.input_gradient(
    lambda images: keras.ops.sum(scores(images) * own, axis=-1)
)

# %% tags=["slow"] name="just-enough"
near = np.random.default_rng(1).random((50, 28, 28, 1)).astype("float32")
for _ in live.track(range(100), "steps"):
    slopes = gradient(near)[1]
    step = 0.01 * slopes / np.sqrt((slopes**2).mean(axis=(1, 2, 3), keepdims=True))
    unsure = probability(first, near) < 0.99
    near[unsure] = np.clip(near + step, 0, 1)[unsure]

# %% tags=["slow"] alt="Ten squares of grey noise, made for the digits 0 to 9. At a second look a few show a ghost of a stroke or a dark hole."
sure = probability(first, near)
plots.show_images(
    near[::5],
    [f"{k}: {sure[5 * k]:.3f}" for k in range(10)],
    columns=10,
    size=1.1,
    scale=(0, 1),
);

# %% tags=["slow", "nbval-check-output"]
print(
    "all 50 are taken with 99 % or more for the digit that they were made for:",
    bool((sure >= 0.99).all()),
)

# %% [markdown]
# **Notice** the numbers above the pictures. Some show a ghost of a stroke, most are noise to us. The network was never
# shown such images, and it has no way to say "none of these": the softmax hands out 100 % in any case. It
# is **fooled**. (Nguyen, Yosinski and Clune showed the same with ImageNet networks in 2015.)
#
# Now climb on. We begin at the same noise again and make sixty larger steps, without stopping at 99 %.

# %% tags=["slow"]
far = interpret.ascend(first, "scores", targets, steps=60, rate=0.1, seed=1)

# %% tags=["slow"] alt="Ten black and white tangles for the digits 0 to 9, with noise around the edges. In several the digit can now be traced: a ring for 0, the arcs of 3, the loop of 6 and of 9, among many other strokes."
plots.show_images(
    far.images[::5], [str(k) for k in range(10)], columns=10, size=1.1, scale=(0, 1)
);

# %% tags=["slow"] alt="A curve over sixty steps, the mean of the fifty scores: it begins near 0, passes 20 within ten steps and levels off near 24."
plots.show_curves(
    {"mean of the 50 scores": far.scores.mean(axis=1)}, xlabel="step", ylabel="score", start=0
);

# %% [markdown]
# **Mind the slide.** It is often told like this: without a constraint the images cannot be read, and only a constraint
# makes digits appear. For this network it depends on how far you climb. The curve shows the mean score on the way: most
# of it is won in the first ten steps. The images that *just* fool the network are mostly noise. Further up, strokes
# appear without any constraint, and you can find the 0, the 3 or the 6 among many other strokes.
#
# ## A price for ink
#
# Real digits are mostly blank. So we put a price on each pixel: the ascent climbs the score minus a **penalty**, 0.1
# times the sum of the pixels. A pixel is taken away unless it raises the score by more than it costs. The noise, the
# number of steps and the rate stay as they were. **Predict first:** what will be left of the tangles, and will the
# score still rise?

# %% tags=["slow"]
dear = interpret.ascend(
    first, "scores", targets, steps=60, rate=0.1, seed=1, penalties={"pixel_sum": 0.1}
)

# %% tags=["slow"] alt="Ten images of thin, broken white strokes on black, for the digits 0 to 9. Several are now recognisable, the ring of 0, the stroke of 1, the bows of 3, the spiral of 6 and 9; others, as 4 or 8, are a loose handful of strokes."
plots.show_images(
    dear.images[::5], [str(k) for k in range(10)], columns=10, size=1.1, scale=(0, 1)
);

# %% tags=["slow"] alt="Mean score and mean penalty over sixty steps. The penalty falls steeply in the first twenty steps as ink is taken away, while the score rises, and both level off."
means = {"score": dear.scores.mean(axis=1), "penalty": dear.charges.mean(axis=1)}
plots.show_curves(means, xlabel="step", ylabel="mean of 50 images", start=0);

# %% [markdown]
# What is climbed is the difference of the two curves. The penalty falls, because the noise had much ink that was not
# worth its price; the score rises all the same.
#
# Better? Do not trust your eyes alone: you know what to look for. Two measures of a picture: its **ink**, the sum of
# its pixels, and its **total variation**, how rough it is.

# %% [markdown] exercise="10.5"
# ### Exercise 10.5 · How rough is a picture? (8 min, 2 points)
#
# **Input:** `images` (batch, H, W, C) of floats. **Output:** for each image the total variation, (batch,): the sum of
# the absolute differences between each pixel and the one below it, plus the same for each pixel and the one to its
# right, over all channels. The last row has nothing below it and the last column nothing to its right: there nothing is
# compared. Write it yourself: the course's own function for this does not count.

# %% tags=["exercise"] exercise="10.5"
def total_variation(images):
    """Measure how rough each image is."""
    ### BEGIN SOLUTION
    down = np.abs(images[:, 1:] - images[:, :-1]).sum(axis=(1, 2, 3))
    right = np.abs(images[:, :, 1:] - images[:, :, :-1]).sum(axis=(1, 2, 3))
    return down + right
    ### END SOLUTION


# %% tags=["check"] exercise="10.5"
check("10.5", total_variation);

# %% [markdown]
# A third measure replaces your eyes, badly but without prejudice: how similar is the image to the *mean* image of its
# digit? We take the correlation over all pixels, 1 for equal up to brightness and contrast, 0 for unrelated. **Predict
# first:** how will the three kinds of images rank, and will any of them reach the real digits?

# %% tags=["slow"] name="likeness"
mean_digits = np.stack([x_val[y_val == k].mean(axis=0) for k in range(10)])  # (10, 28, 28, 1)
def likeness(images, classes):
    """Correlate each image with the mean digit of its class."""
    pairs = zip(images.reshape(len(images), -1), mean_digits[classes].reshape(len(images), -1))
    return np.array([np.corrcoef(one, mean)[0, 1] for one, mean in pairs])

# %% tags=["slow"]
made = {"just enough": near, "climbed on": far.images, "with a price": dear.images}

def measures(images, classes):
    """Return the means of ink, total variation and likeness."""
    return (
        interpret.ink(images).mean(),
        interpret.total_variation(images).mean(),
        likeness(images, classes).mean(),
    )

table = {name: measures(images, targets) for name, images in made.items()}
table["real digits"] = measures(x_val, y_val)

# %% tags=["slow", "nbval-ignore-output"]
print("              ink   total variation   likeness")
for name, (ink, rough, like) in table.items():
    print(f"{name:12} {ink:4.0f} {rough:12.0f} {like:15.2f}")

# %% tags=["slow", "nbval-check-output"]
near_, far_, dear_, real = table.values()
print("the price takes more than half of the ink:", bool(dear_[0] < 0.5 * far_[0]))
print("and more than half of the roughness:", bool(dear_[1] < 0.5 * far_[1]))
print("the ink is then below that of a real digit:", bool(dear_[0] < real[0]))
print("the roughness is still above it:", bool(dear_[1] > real[1]))
print("likeness rises from one kind to the next:", bool(near_[2] < far_[2] < dear_[2]))
print("and stays below that of a real digit:", bool(dear_[2] < real[2]))

# %% [markdown]
# **Notice** that all three measures go the way of real digits. The ink even ends below that of a real digit; roughness
# and likeness do not get that far. Look at the pictures: the strokes are thin and broken. Nothing in score or price
# asks for whole ones.
#
# ### Wider strokes
#
# We can ask. **Jitter** shifts the images by up to two pixels at random before each step, so that a pattern pays only
# if it pays in several places. **Blur** smooths them before each step, by 1.2 pixels at first and less and less; what
# is one pixel wide does not survive it. Half the price for ink is then enough. **Predict first:** will the network
# still be sure?

# %% tags=["slow"] name="whole"
whole = interpret.ascend(
    first, "scores", targets, steps=60, rate=0.1, seed=1, jitter=2, blur=1.2,
    penalties={"pixel_sum": 0.05},
)

# %% tags=["slow"] alt="Ten images in soft white strokes on black, for the digits 0 to 9. Most can be read as the digit, though about half are in pieces; above each its probability, 1.00."
sure = probability(first, whole.images)
titles = [f"{k}: {sure[5 * k]:.2f}" for k in range(10)]
plots.show_images(whole.images[::5], titles, columns=10, size=1.1, scale=(0, 1));

# %% tags=["slow", "nbval-check-output"]
similar = likeness(whole.images, targets).mean()
print("all 50 are taken with 99 % or more for their digit:", bool((sure >= 0.99).all()))
print(
    "they are more like the mean digits than those with a price alone:",
    bool(similar > dear_[2]),
)

# %% [markdown]
# **Notice** that the strokes are wider and softer, and that you can read most of the digits. Whole they are not: about
# half of them are still in pieces. The score knows nothing about smooth pictures: that knowledge came from us, with
# jitter and blur. So such a picture shows what the network looks for *among the pictures that we allow*.
#
# ## Is another network fooled too?
#
# Perhaps these images exploit the accidents of *one* set of weights. The second network has other weights. It was not
# used to make them.

# %% [markdown] exercise="10.6"
# ### Exercise 10.6 · Is it fooled? (6 min, 2 points)
#
# **Input:** `probabilities` (batch, classes) that a network outputs for images, the class `targets` (batch,) that each
# image was made for, and a `threshold`. **Output:** one number, the share of images, 0 to 1, for which the target class
# has a probability of at least the threshold.

# %% tags=["exercise"] exercise="10.6"
def share_fooled(probabilities, targets, threshold):
    """Return the share of images that are taken for their target class."""
    ### BEGIN SOLUTION
    chosen = probabilities[np.arange(len(targets)), targets]
    return (chosen >= threshold).mean()
    ### END SOLUTION


# %% tags=["check"] exercise="10.6"
check("10.6", share_fooled);

# %% [markdown]
# **Predict first:** which images will the second network believe, the noise, the tangles, the ones with little ink? We
# ask two things: does it output the same digit, and is it 99 % sure of it?

# %% tags=["slow"]
believed = {}
for name, images in made.items():
    answers = second.predict(images, verbose=0)  # (50, 10)
    agree = np.mean(answers.argmax(1) == targets)
    own, other = (np.mean(probability(model, images) >= 0.99) for model in (first, second))
    believed[name] = float(agree), float(own), float(other)

# %% tags=["slow"] alt="Two sets of bars for the three kinds of images. Left, the share that the second network takes for the same digit: near 100 percent for all three. Right, the share with 99 percent certainty: about 90 percent for the two that were climbed on, about 12 for the images that just fool the first network."
axes = plt.subplots(1, 2, figsize=(9, 1.9), layout="constrained")[1]
for ax, place, title in zip(axes, (0, 2), ("same digit", "99 % sure")):
    shares = {name: 100 * row[place] for name, row in believed.items()}
    plots.show_bars(shares, ax, title=f"second network: {title}, %")

# %% tags=["slow", "nbval-ignore-output"]
print("                first: 99 % sure   second: same digit   second: 99 % sure")
for name, (agree, own, other) in believed.items():
    print(f"{name:12} {100 * own:16.0f} % {100 * agree:18.0f} % {100 * other:17.0f} %")

# %% tags=["slow", "nbval-check-output"]
agreeing = min(agree for agree, _, _ in believed.values())
print("of each kind, the second takes at least 8 of 10 for the same digit:", agreeing >= 0.8)
print("it is 99 % sure of less than half of the noise:", believed["just enough"][2] < 0.5)
print(
    "and of at least 7 of 10 of the others:",
    min(believed["climbed on"][2], believed["with a price"][2]) >= 0.7,
)
gap = believed["with a price"][2] - believed["climbed on"][2]
print("with or without a price makes less than 15 points of difference:", abs(gap) < 0.15)

# %% [markdown]
# **Notice** what the witness says: the same answers, even for the noise. So these images are no accident of one set of
# weights: both networks have learned much the same evidence from the same data, and neither has learned what is *not* a
# digit. What is particular to the first network is the last bit of certainty: images that only just convince it seldom
# convince the second; those that were climbed on mostly do. And the price for ink, which helped your eyes, hardly
# changed what the networks believe: "looks like a digit to me" and "convinces a network" are two different things.
#
# The limits: two networks of one architecture, trained on the same 20,000 digits, and 50 images of each kind. The tests
# of this course repeat it with three seeds.
#
# ## Where does it look?
#
# The same gradient answers one more question, about a real image: which pixels decide? **Saliency** is the size of the
# gradient of the score with respect to each pixel. **Grad-CAM** takes the maps of a convolution. The mean of the
# gradient over a map says whether the score would rise or fall if the map grew brighter; that is the map's weight. The
# weighted maps are added up, and what is positive is kept: a coarse picture of the places that speak *for* the
# class. **Predict first:** can a blank pixel count? Each picture has its own scale: white is its largest value.

# %% tags=["slow"] alt="Three digits, each with its saliency and its Grad-CAM. Saliency is a scatter of bright dots on and around the strokes. Grad-CAM shows larger spots, mostly on parts of the strokes, eleven pixels wide."
some = np.array([np.flatnonzero(y_val == k)[0] for k in (3, 4, 7)])
dots = interpret.saliency(first, "scores", x_val[some], y_val[some])  # (3, 28, 28)
# (3, 11, 11)
spots = interpret.grad_cam(first, "scores", x_val[some], y_val[some], maps_of="conv2")
shown = [
    one
    for i in range(3)
    for one in (x_val[some][i], dots[i] / dots[i].max(), spots[i] / (spots[i].max() or 1))
]
plots.show_images(
    shown, ["image", "saliency", "Grad-CAM"] * 3, columns=9, size=1.25, scale=(0, 1)
);

# %% [markdown]
# **Notice** how different the two are. Saliency is sharp and scattered, and blank pixels beside the strokes count too:
# ink *there* would change the score. Grad-CAM has the size of `conv2`'s maps, 11×11, drawn as large as the image. Where
# dense layers follow, as here, each place has weights of its own, and the mean over places can hide them: it may happen
# that nothing positive is left, and the map is black (try other digits). Both are hints about a network, not proofs. A
# map that looks sensible does not make its answer right.
#
# ## A network for photographs
#
# Digits are small and grey. We ask the same questions of a network that was trained on over a million photographs,
# EfficientNet-Lite0, which chapter 09 introduces. It knows 1,000 classes.
#
# ### Which part of the photograph?
#
# Grad-CAM works better here than for our digits: after the last convolution (`head_relu`, 7 × 7 places) there is only a
# mean over all places and one dense layer, so no place has weights of its own. **Predict first:** the classifier calls
# the cameraman's picture "tripod". Where did it look?
#
# With a photograph of your own, replace `None` by its path, such as `"garden.jpg"`: it takes the place of the rocket.

# %% tags=["slow"]
path = None
classifier = pretrained.load()
names = ["chelsea", "coffee", "camera", "motorcycle", "rocket"]
photographs = [pictures.photograph(name) for name in names]
if path is not None:
    photographs[-1] = data.read_picture(path)

# %% tags=["slow"] name="where"
best, places = [], []
for photograph in live.track(photographs, "photographs"):  # one at a time, to save memory
    label, share = classifier.classify(photograph, top=1)[0]
    best.append((label, share))
    places.append(
        interpret.grad_cam(
            classifier.model, "predictions", classifier.preprocess(photograph),
            [classifier.labels.index(label)], maps_of="head_relu", activation=False,
        )[0]
    )

# %% tags=["slow"] alt="Five photographs with the likeliest class above each, and the same with Grad-CAM over them, bright where it is large. Tiger cat: the cheek below the eye and the nose. Espresso: the coffee in the cup. Tripod: the legs of the tripod, not the man. Moped: the middle of the motorcycle. Missile: two spots, left and right of the rocket."
axes = plt.subplots(2, 5, figsize=(13, 5.6), layout="constrained")[1]
for column, (label, share) in enumerate(best):
    picture = pretrained.centre_crop(photographs[column])
    plots.show_image(picture, axes[0, column], title=f"{label}: {share:.2f}")
    plots.show_image(picture, axes[1, column], title="Grad-CAM")
    axes[1, column].imshow(
        places[column], cmap="inferno", alpha=0.6, extent=(-0.5, 223.5, 223.5, -0.5),
        interpolation="bicubic",
    )

# %% tags=["slow", "nbval-check-output"]
print("the cameraman's picture is called:", best[2][0])
row, _ = np.unravel_index(places[2].argmax(), places[2].shape)
print("its Grad-CAM is largest in the lower half:", bool(row >= 4))

# %% [markdown]
# **Notice** the tripod's legs: the map is brightest there, and dark over the man. For the cup it is the coffee, for the
# motorcycle its middle. For the rocket the bright region lies on both sides of it, on the sky, although the label is
# about the rocket. A map of 7 × 7 places is coarse, and says where, not why.
#
# ### What do its filters look for?
#
# Eight filters from each of six layers, from the first convolution to a block near the end: gradient ascent from noise,
# as above, with jitter and blur. One more thing is needed. A filter far up answers to large patterns, and steps at full
# size find only fine ones. So from the third layer on we begin with a small picture and enlarge it on the way, once or
# twice. (These are the octaves of chapter 11.) All pictures are brought to the same mean and contrast for drawing.
#
# **Predict first:** what will the rows show, from the first to the last?

# %% tags=["slow"] name="favourites"
canvas = interpret.Canvas(classifier.normalise)
LAYERS = [
    "stem_relu", "block2b_add", "block3b_add", "block4c_add", "block5c_add", "block6b_add"
]
def favourites(layer, units, sizes, steps=14, jitter=6, blur=1.0):
    """Return a picture for each filter that excites it, the size of the last of `sizes`."""
    cut = interpret.any_size(classifier.model, [layer])
    own = keras.ops.one_hot(list(units), cut.outputs[0].shape[-1])  # (units, filters)
    gradient = interpret.input_gradient(
        lambda images: keras.ops.sum(
            keras.ops.mean(keras.tree.flatten(cut(images))[0], (1, 2)) * own, axis=-1
        )
    )
    low, high = canvas.bounds
    noise = np.random.default_rng(0).uniform(0.45, 0.55, (len(units), sizes[0], sizes[0], 3))
    images = (low + (high - low) * noise).astype("float32")
    for size in sizes:
        images = np.stack([interpret.resized(one, (size, size)) for one in images])
        images, _ = interpret.climb(
            gradient, images, steps=steps, rate=0.06, bounds=canvas.bounds, jitter=jitter,
            blur=blur,
        )
    return images

# %% tags=["slow"] name="contrast"
def contrasted(images):
    """Return model inputs as pictures, all with the same mean and contrast."""
    centred = images - images.mean(axis=(1, 2, 3), keepdims=True)
    spread = centred.std(axis=(1, 2, 3), keepdims=True) + 1e-6
    return np.clip(0.5 + 0.22 * centred / spread, 0, 1)

# %% tags=["slow"]
SIZES = [(48,), (64,), (56, 84), (52, 78, 112), (52, 78, 112), (52, 78, 112)]
rows = {}
for layer, sizes in live.track(list(zip(LAYERS, SIZES)), "layers"):
    # four at a time need less memory
    rows[layer] = [*favourites(layer, range(4), sizes), *favourites(layer, range(4, 8), sizes)]

# %% tags=["slow", "cover"] alt="Six rows of eight small pictures, a row per layer. First row: plain violet, green, blue and red, and fine stripes. Second: stripes of several slants and colours. Third: broader stripes, grids and weaves. Fourth: nets with a dot in each mesh, bubbles with dark middles like eyes. Fifth: nested squares, scales, shells and fur. Sixth: feathers, petals, and eyes among fur."
shown = [one for images in rows.values() for one in contrasted(np.array(images))]
titles = [layer if i == 0 else "" for layer in LAYERS for i in range(8)]
plots.show_images(shown, titles, columns=8, size=1.45);

# %% [markdown]
# **Notice** the way up. The first layer answers to plain colours and fine stripes, the second and third to stripes,
# grids and weaves. In the fourth row there are nets, and bubbles with dark middles. The fifth has scales, shells and
# fur, and the last has feathers and single eyes. Nobody asked for any of them: they helped to tell 1,000 classes apart.
#
# ### What jitter and blur do
#
# One filter of the fourth row, made four times, for the same number of steps. **Predict first:** what will be in the
# picture made with neither that is not in the one made with both?

# %% tags=["slow"] alt="Four pictures of the same filter, bubbles with dark middles. With neither and with jitter alone they are covered with a fine grid of coloured dots. With blur the grid is gone and the bubbles are smooth, and with both they are roundest."
ways = {
    "neither": {"jitter": 0, "blur": 0}, "jitter": {"jitter": 6, "blur": 0},
    "blur": {"jitter": 0, "blur": 1.0}, "both": {"jitter": 6, "blur": 1.0},
}
made_by = [
    favourites("block4c_add", [4], (112,), steps=40, **way)[0]
    for way in live.track(list(ways.values()), "pictures")
]
plots.show_images(contrasted(np.array(made_by)), list(ways), columns=4, size=2.6);

# %% [markdown]
# **Notice** the fine grid without blur. A score can be raised by patterns that no photograph has, at single pixels and
# on the grid of the strides. Blur takes away what is finer than a pixel or two, jitter what depends on the exact place.
# What the filter looks for, bubbles with dark middles, is there in all four.
#
# ## Summary
#
# - Feature maps are outputs of a model like any other: first edges, then arrangements of edges, over 3×3 and 8×8 pixels
#   here.
# - The activation degree is the sum of a map. Gradient ascent on the pixels makes the image that raises it most.
# - A filter's favourite image is mostly a texture; a dense neuron's covers the whole image, but for two rows and
#   columns that pooling drops.
# - Images that are mostly noise to us are taken for digits with 99 % certainty; a second network gives the same
#   answers, but is seldom as sure.
# - Climbing on, strokes appear even without a penalty; a price for ink removes what does not pay, and digits are easier
#   to see. Jitter and blur make the strokes wider and softer: what we allow decides what we see.
# - In a network for photographs the filters go from colours and stripes to scales, feathers and eyes. Grad-CAM shows
#   which region speaks for a class.
#
# ## Formulae
#
# | what | formula |
# |---|---|
# | activation degree of filter k | $a_k = \sum_{i,j} A^k_{i,j}$, over rows and columns of its map $A^k$ |
# | gradient ascent | $x \leftarrow x + \alpha\,g / \sqrt{\mathrm{mean}(g^2)}$, with $g = \partial a / \partial x$ |
# | with a price for ink | climb $a - \lambda \sum_{i,j} x_{i,j}$ |
# | total variation | $\sum_{i,j} \lvert x_{i+1,j} - x_{i,j} \rvert + \lvert x_{i,j+1} - x_{i,j} \rvert$ |
# | Grad-CAM | $\max\Bigl(0,\; \sum_k \mathrm{mean}\bigl(\partial s / \partial A^k\bigr)\, A^k\Bigr)$, for the score s of a class |
#
# ## Where to read on
#
# - **Best next:** C. Olah, A. Mordvintsev and L. Schubert, [*Feature
#   visualization*](https://doi.org/10.23915/distill.00007), Distill, 2017: what penalties and jitter do, in pictures.
# - K. Simonyan, A. Vedaldi and A. Zisserman, [*Deep inside convolutional networks*](https://arxiv.org/abs/1312.6034),
#   2014: class images and saliency. Gradient ascent on the input is older: D. Erhan, Y. Bengio, A. Courville and P.
#   Vincent, *Visualizing higher-layer features of a deep network*, technical report, Université de Montréal, 2009.
# - A. Nguyen, J. Yosinski and J. Clune, [*Deep neural networks are easily fooled*](https://arxiv.org/abs/1412.1897),
#   CVPR 2015.
# - R. Selvaraju and others, [*Grad-CAM*](https://arxiv.org/abs/1610.02391), ICCV 2017.
