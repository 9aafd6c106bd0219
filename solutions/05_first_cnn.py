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
# # 05 · A first CNN of your own
#
# **How few numbers does it take to read handwriting?**
#
# You will be able to
#
# - build a CNN with the Keras functional API, and read its table of shapes and parameters;
# - train it on the full MNIST, and compare networks in parameters, work, time and accuracy;
# - find out which digits it confuses, and try it on your own handwriting;
# - provoke over-fitting, and measure what four cures do about it;
# - train on a folder of your own pictures, save the best network, and load it again;
# - say why a photograph is not a scan, and take the light out of it.
#
# **Minutes:** about 120 with the exercises; the notebook itself runs in one to two minutes on two CPU cores, and needs
# no GPU.

# %% tags=["setup"]
import tempfile
import time
from pathlib import Path
# before Keras: it sets Keras up
from workbook import arithmetic, check, data, drawing, figures, interactive, plots
import numpy as np
import matplotlib.pyplot as plt
import keras  # loading Keras takes some seconds
from keras import layers
from workbook import live

keras.utils.set_random_seed(1)

# %% [markdown]
# ## The data
#
# MNIST: 70,000 digits, 28 × 28 grey pixels each, half of them written by staff of the Census Bureau, half by
# high-school students. About 250 people wrote the 60,000 for training, others the 10,000 for the test. Every kind of
# classifier has been tried on it since 1998, so an accuracy is easy to judge.

# %% tags=["nbval-check-output"]
mnist = data.load("mnist")
x_train, y_train = mnist.x_train[:-5000], mnist.y_train[:-5000]
x_val, y_val = mnist.x_train[-5000:], mnist.y_train[-5000:]
x_test, y_test = mnist.x_test, mnist.y_test
print(x_train.shape, x_val.shape, x_test.shape, x_train.dtype)

# %% [markdown]
# Three parts, three purposes. **Training** data set the weights. **Validation** data, cut off the end, are for choices:
# which network, how long, how large a rate. **Test** data are looked at once, when everything is chosen. Choose by the
# test data and they become validation data: the number you report is then too good.

# %% alt="The first twenty training digits, white on black in two rows, each with its label above it: 5, 0, 4, 1, 9 and so on. Strokes are thick or thin, upright or slanted."
plots.show_images(x_train[:20], [str(label) for label in y_train[:20]], columns=10, size=0.9);

# %% [markdown]
# The pixels stay bytes in memory, 0 to 255, which takes a quarter of the memory of `float32`. Each network begins with
# a `Rescaling` layer, so that nobody can forget to scale the test images.
#
# ## What training minimises
#
# A classifier returns ten probabilities for an image. It is good if the true class has a large one, and the loss says
# so in one number: the **cross-entropy**, −ln of the probability of the true class, averaged over the batch. For n
# images with the true classes $y_1, \ldots, y_n$:
#
# $$L = -\frac{1}{n} \sum_{i=1}^{n} \ln p_i(y_i)$$

# %% tags=["nbval-check-output"]
for probability in (0.99, 0.5, 0.1, 0.01):
    print(f"true class gets {probability:4}: loss {-np.log(probability):.2f}")

# %% [markdown]
# **Notice** how the price rises: a confident mistake is expensive. A network that knows nothing gives 0.1 to each
# digit, so training starts near 2.30.
#
# The probabilities come from chapter 04's **softmax** of the classes' scores $s_k$, here over K = 10 classes:
#
# $$p(k) = \frac{e^{s_k}}{\sum_{j=1}^{K} e^{s_j}}$$

# %% [markdown] exercise="5.1"
# ### Exercise 5.1 · The loss that is minimised (8 min, 2 points)
#
# **Input:** `probabilities` (batch, classes), each row adding up to 1, and `labels` (batch,), the numbers of the true
# classes. No probability is 0. **Output:** the cross-entropy, one number.

# %% tags=["exercise"] exercise="5.1"
def cross_entropy(probabilities, labels):
    """Return the mean of −ln(probability of the true class)."""
    ### BEGIN SOLUTION
    rows = np.arange(len(labels))
    return -np.log(probabilities[rows, labels]).mean()
    ### END SOLUTION


# %% tags=["check"] exercise="5.1"
check("5.1", cross_entropy);

# %% [markdown]
# ## A yardstick: the dense network
#
# Chapter 01 was unkind to dense layers. Now one gets its chance, written with the functional API of chapter 04: each
# layer is called on the tensor before it.

# %%
def dense_network():
    inputs = keras.Input((28, 28, 1))
    x = layers.Rescaling(1 / 255)(inputs)
    x = layers.Flatten()(x)  # (batch, 784)
    x = layers.Dense(128, activation="relu")(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x), name="dense")

# %% [markdown]
# ## LeNet-5
#
# In 1998 LeCun, Bottou, Bengio and Haffner described LeNet-5; a cheque reader built on such networks had been at work
# in banks since 1996. Two rounds of convolution and pooling, then a dense classifier. C is a convolution, S a
# subsampling (pooling), F a fully connected (dense) layer, and the number counts the layers. The activation
# is **tanh**, a smooth curve from −1 to 1, which was usual before ReLU.
#
# | layer | what | output |
# |---|---|---|
# | C1 | 6 filters 5×5, `same` | 28×28×6 |
# | S2 | average pooling 2×2 | 14×14×6 |
# | C3 | 16 filters 5×5 | 10×10×16 |
# | S4 | average pooling 2×2 | 5×5×16 |
# | C5 | 120 filters 5×5 | 1×1×120 |
# | F6 | dense, 84 units | 84 |
# | output | dense, 10 units | 10 |

# %%
def lenet5():
    inputs = keras.Input((28, 28, 1))
    x = layers.Rescaling(1 / 255)(inputs)
    # (batch, 28, 28, 6)
    x = layers.Conv2D(6, 5, padding="same", activation="tanh", name="C1")(x)
    x = layers.AveragePooling2D(2, name="S2")(x)  # (batch, 14, 14, 6)
    x = layers.Conv2D(16, 5, activation="tanh", name="C3")(x)  # (batch, 10, 10, 16)
    x = layers.AveragePooling2D(2, name="S4")(x)  # (batch, 5, 5, 16)
    x = layers.Conv2D(120, 5, activation="tanh", name="C5")(x)  # (batch, 1, 1, 120)
    x = layers.Dense(84, activation="tanh", name="F6")(layers.Flatten()(x))
    return keras.Model(
        inputs, layers.Dense(10, activation="softmax", name="output")(x), name="lenet5"
    )

# %% [markdown]
# `diagrams` draws a Keras model: a box for each layer, with what it does and the shape of its output. It works for your
# own models, too.

# %% alt="LeNet-5 as a column of boxes. Input 28×28×1; convolution 5×5 with 6 filters and tanh, 28×28×6; mean pooling 2×2, 14×14×6; convolution 5×5 with 16 filters, 10×10×16; mean pooling, 5×5×16; convolution 5×5 with 120 filters, 1×1×120; dense layers of 84 and 10 units, the last with softmax."
from workbook import diagrams

diagrams.show_model(lenet5(), title="LeNet-5");

# %% [markdown]
# The main differences from the paper, two of which chapter 06 looks at more closely:
#
# - its pooling layers had a trainable factor and bias for each map, and an activation;
# - each of its C3 filters read only some of the six maps;
# - its images were 32 × 32 pixels, so that C1 needed no padding;
# - its output layer measured distances to patterns drawn by hand.

# %% [markdown] exercise="5.2"
# ### Exercise 5.2 · LeNet-5 by hand (8 min, 2 points)
#
# **Predict first:** where do the parameters sit? Count them, layer by layer, from the table. **Output:** the dictionary
# `parameters`, a whole number for each key. Pooling layers have none.

# %% tags=["exercise"] exercise="5.2"
### BEGIN SOLUTION
parameters = {
    "C1": (5 * 5 * 1 + 1) * 6,
    "C3": (5 * 5 * 6 + 1) * 16,
    "C5": (5 * 5 * 16 + 1) * 120,
    "F6": (120 + 1) * 84,
    "output": (84 + 1) * 10,
}
### END SOLUTION

# %% tags=["check"] exercise="5.2"
check("5.2", parameters);

# %% tags=["nbval-check-output"]
print(
    f"LeNet-5 has {lenet5().count_params():,} parameters, the dense network "
    f"{dense_network().count_params():,}"
)

# %% [markdown]
# ## Fewer parameters
#
# C5 alone holds nearly four of five parameters of LeNet-5: there the window is as large as the map, a dense layer in
# all but name. Chapters 03 and 04 have two remedies: **separable** convolutions and **global average pooling**. With
# them:

# %% name="separable-network"
def norm_relu(x):
    return layers.ReLU()(layers.BatchNormalization(momentum=0.8)(x))

def separable_network():
    inputs = keras.Input((28, 28, 1))
    x = layers.Rescaling(1 / 255)(inputs)
    # (batch, 14, 14, 24)
    x = norm_relu(layers.Conv2D(24, 5, strides=2, padding="same", use_bias=False)(x))
    # (batch, 7, 7, 64)
    x = norm_relu(layers.SeparableConv2D(64, 5, strides=2, padding="same", use_bias=False)(x))
    for _ in range(2):
        # (batch, 7, 7, 64)
        x = norm_relu(layers.SeparableConv2D(64, 3, padding="same", use_bias=False)(x))
    x = layers.GlobalAveragePooling2D()(x)  # (batch, 64)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x), name="separable")

# %% alt="The separable network as a column of boxes. Convolution 5×5 with 24 filters and strides 2, 14×14×24; separable 5×5 with 64 filters and strides 2, 7×7×64; twice separable 3×3 with 64 filters; each with batch normalisation and ReLU; then global mean pooling and a dense layer of 10 units with softmax."
diagrams.show_model(separable_network(), title="separable network");

# %% [markdown]
# `BatchNormalization` (BN in the picture) centres and scales each channel over the batch, so that a large learning rate
# does no harm; chapter 07 takes it apart. It makes the bias before it useless, hence `use_bias=False`.

# %% [markdown] exercise="5.3"
# ### Exercise 5.3 · A network from its table (10 min, 3 points)
#
# Your turn. **Input:** whole numbers `filters` and `classes`. **Output:** a `keras.Model` for images (28, 28, 1):
#
# | layer | settings | output |
# |---|---|---|
# | Conv2D | `filters` filters 3×3, strides 2, same, ReLU | 14×14×`filters` |
# | Conv2D | 2·`filters` filters 3×3, strides 2, same, ReLU | 7×7×2·`filters` |
# | GlobalAveragePooling2D | | 2·`filters` |
# | Dense | `classes` units, softmax | `classes` |

# %% tags=["exercise"] exercise="5.3"
def small_cnn(filters, classes):
    """Build the network of the table."""
    ### BEGIN SOLUTION
    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(2 * filters, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))
    ### END SOLUTION


# %% tags=["check"] exercise="5.3"
check("5.3", small_cnn);

# %% [markdown]
# ## Train the three
#
# All three learn from the same 55,000 digits. The dense network and LeNet-5 get a plain recipe: Adam, batches of 200,
# one pass over the data (an **epoch**).

# %%
def train(model, *, epochs=1):
    start = time.process_time()
    model.compile(
        keras.optimizers.Adam(0.004), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    callbacks = [live.progress(model.name)]  # a line that shows how far the training is
    model.fit(x_train, y_train, batch_size=200, epochs=epochs, verbose=0, callbacks=callbacks)
    return model, time.process_time() - start

# %% [markdown]
# The third gets what fast recipes of today share:
#
# - a learning rate that rises to a high peak in the first fifth of the steps (**warm-up**), and then falls to zero;
# - **label smoothing**: a share ε of the target is taken from the true class and spread evenly over all K classes. With
#   ε = .1 and K = 10 the network should give .91 to the true class and .01 to each other, so that it does not chase
#   certainty. Chapter 07 says more.
#
# **Mind the slide.** Slides often give ε/(K − 1) to each of the other classes. The paper that introduced the method
# (Szegedy and others, 2016: Inception v3) and Keras give 1 − ε + ε/K to the true class and ε/K to each other.

# %% name="train-fast"
def train_fast(model, *, epochs=3, batch_size=250, peak=0.03):
    start = time.process_time()
    steps = epochs * len(x_train) // batch_size
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, warmup_steps=int(0.2 * steps), warmup_target=peak, decay_steps=int(0.8 * steps)
    )
    smooth = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
    model.compile(keras.optimizers.Adam(rate), smooth, metrics=["accuracy"])
    targets = keras.utils.to_categorical(y_train)
    callbacks = [live.progress(model.name)]
    model.fit(x_train, targets, batch_size=batch_size, epochs=epochs, verbose=0,
              callbacks=callbacks)
    return model, time.process_time() - start

# %% [markdown]
# **Predict first:** the dense network has 101,770 parameters, LeNet-5 61,706, the separable network 13,594. Which
# classifies best? We compare on the *validation* digits. Training takes about a minute.

# %% tags=["slow"]
trained = {}
for build, recipe in (
    (dense_network, train),
    (lenet5, train),
    (separable_network, train_fast),
):
    keras.utils.set_random_seed(1)
    model, seconds = recipe(build())
    accuracy = np.mean(model.predict(x_val, batch_size=500, verbose=0).argmax(1) == y_val)
    trained[model.name] = {"model": model, "seconds": seconds, "accuracy": float(accuracy)}

# %% tags=["slow", "nbval-ignore-output"]
for name, row in trained.items():
    print(
        f"{name:10} {100 * row['accuracy']:.2f} % of the validation digits, "
        f"{row['seconds']:.0f} CPU seconds"
    )

# %% [markdown]
# And the work for one image, counted in multiply-adds (MACs) from the formulas of chapters 02 and 04:

# %% tags=["nbval-check-output"]
conv, separable = arithmetic.conv_macs, arithmetic.separable_macs
macs = {
    "dense": 784 * 128 + 128 * 10,
    "lenet5": conv((28, 28), 5, 1, 6)
    + conv((10, 10), 5, 6, 16)
    + conv((1, 1), 5, 16, 120)
    + 120 * 84
    + 84 * 10,
    "separable": conv((14, 14), 5, 1, 24)
    + separable((7, 7), 5, 24, 64)
    + 2 * separable((7, 7), 3, 64, 64)
    + 64 * 10,
}
for name, count in macs.items():
    print(f"{name:10} {count:9,} MACs")

# %% tags=["slow", "timed"] alt="Bars for the dense network, LeNet-5 and the separable one. The separable network has by far the fewest parameters and the fewest validation errors, but the most MACs per image and the most seconds of training."
axes = plt.subplots(1, 4, figsize=(13, 2.2), layout="constrained")[1]
plots.show_bars(
    {n: r["model"].count_params() for n, r in trained.items()}, axes[0], title="parameters"
)
plots.show_bars(macs, axes[1], title="MACs per image")
plots.show_bars(
    {n: r["seconds"] for n, r in trained.items()},
    axes[2],
    title="CPU seconds (1, 1 and 3 epochs)",
)
errors = {n: 100 - 100 * r["accuracy"] for n, r in trained.items()}
plots.show_bars(errors, axes[3], title="validation errors, %", form="{:.2f}");

# %% tags=["slow", "nbval-check-output"]
accuracy = {name: row["accuracy"] for name, row in trained.items()}
others = accuracy["dense"], accuracy["lenet5"]
print(
    "all three classify at least 95 % of the validation digits correctly:",
    min(accuracy.values()) > 0.95,
)
print(
    "and the separable network classifies the most correctly:",
    accuracy["separable"] > max(others),
)

# %% [markdown]
# The choice is made: the separable network. Now, once, the test data.

# %% tags=["slow", "nbval-check-output"]
network = trained["separable"]["model"]
probabilities = network.predict(x_test, batch_size=500, verbose=0)  # (10000, 10)
predicted = probabilities.argmax(axis=1)
print(
    "it classifies at least 99.0 % of the test digits correctly:",
    bool(np.mean(predicted == y_test) >= 0.99),
)

# %% [markdown]
# **Notice** what was won and what was paid. The separable network has less than a seventh of the dense network's
# parameters and makes a fraction of its errors. It costs more work per image, because every weight is used at many
# places, and more seconds to train, because of that work and because its recipe has three epochs instead of one.
# Parameters, work, time and accuracy are four different things: say which one you mean.
#
# Two caveats:
#
# - One seed shows which network won once, not how large its lead is. The tests of this course train the separable
#   network with three seeds, and each time it classifies at least 99.0 % of the test digits correctly.
# - The separable network also had the better recipe, and two epochs more.

# %% [markdown]
# ## What has it learned?
#
# The first layer has 24 kernels of 5 × 5. They began as random numbers; the same seed makes them again. **Predict
# first:** what do they look like after three epochs?

# %% tags=["slow"] alt="Two rows of twelve kernels as training found them, random squares of orange and purple; below them the same 24 after training: many now have a light and a dark side, or a stripe, in various directions."
keras.utils.set_random_seed(1)
at_first, learned = (
    np.moveaxis(model.layers[2].get_weights()[0][:, :, 0], -1, 0)  # (24, 5, 5)
    for model in (separable_network(), network)
)
axes = plots.show_images([*at_first, *learned], columns=12, size=0.75)
axes[0, 0].set_title("before", loc="left", fontsize=10)
axes[2, 0].set_title("after training", loc="left", fontsize=10);

# %% [markdown]
# The noise has become shapes: neighbouring weights are alike now, and several kernels look like the edge kernels of
# chapter 02. Nobody wrote them. And this is what the network makes of one digit: all maps of its four convolutions, 24
# and three times 64. A model may have several outputs, so one call returns them all.

# %% tags=["slow"] alt="A handwritten 7, and all maps that the network makes of it. In the 24 maps of the first layer, 14 pixels wide, one sees the 7, its bar or its stem, with one side of the stroke bright. The three times 64 maps of the later layers, 7 pixels wide, are a few bright patches each, and some are empty."
def mosaic(maps, columns):
    """Put a layer's maps (H, W, filters) beside each other, each as bright as it can be."""
    height, width, filters = maps.shape
    bright = maps / (maps.max(axis=(0, 1)) + 1e-6)
    framed = np.pad(bright, ((0, 1), (0, 1), (0, 0)), constant_values=0.4)
    tiles = framed.reshape(height + 1, width + 1, filters // columns, columns)
    return tiles.transpose(2, 0, 3, 1).reshape(-1, columns * (width + 1))

relus = [layer for layer in network.layers if isinstance(layer, layers.ReLU)]
every_map = keras.Model(network.input, [relu.output for relu in relus])
maps = [np.asarray(output)[0] for output in every_map(x_test[:1])]
pictures = [x_test[0, ..., 0] / 255, mosaic(maps[0], 4), *(mosaic(m, 8) for m in maps[1:])]
axes = plt.subplots(1, 5, figsize=(13, 3.6), layout="constrained",
                    width_ratios=(1, 2.1, 3, 3, 3))[1]
for number, (ax, picture) in enumerate(zip(axes, pictures)):
    plots.show_image(picture, ax, title=f"layer {number}" if number else "input")

# %% [markdown]
# **Notice** how the maps change from left to right. In the first layer you still see the 7, its upper or its lower
# edge, its left or its right one. In the later layers a map no longer looks like the digit: its 7 × 7 values say where
# a combination of strokes is. Many maps are dark but for a few pixels: most places of a 7 hold nothing that they look
# for. (Each map is scaled by its own maximum, so do not compare the brightness of two maps.) Chapter 10 goes deeper.

# %% [markdown]
# ## Which digits does it confuse?
#
# One number hides the interesting part. A **confusion matrix** counts, for each true class (row), what was predicted
# (column).

# %% [markdown] exercise="5.4"
# ### Exercise 5.4 · A confusion matrix (6 min, 2 points)
#
# **Input:** arrays `true` and `predicted` (n,) of class numbers, and the number of `classes`. **Output:** a matrix
# (classes, classes) of counts: row = true class, column = prediction. Write it yourself: the course's own function for
# this does not count.

# %% tags=["exercise"] exercise="5.4"
def confusion_matrix(true, predicted, classes):
    """Count each pair of true and predicted class."""
    ### BEGIN SOLUTION
    matrix = np.zeros((classes, classes), dtype=int)
    for row, column in zip(true, predicted):
        matrix[row, column] += 1
    return matrix
    ### END SOLUTION


# %% tags=["check"] exercise="5.4"
check("5.4", confusion_matrix);

# %% tags=["slow"] alt="The confusion matrix, true class by predicted class. The ten counts on the diagonal are around a thousand each; beside it stand a few small ones, the mistakes, the darker the more often they were made."
matrix = np.zeros((10, 10), int)
np.add.at(matrix, (y_test, predicted), 1)
plots.show_confusion(matrix, mnist.class_names);

# %% [markdown]
# And the worst mistakes: the wrong answers of which it was surest. **Predict first:** would you have read them?

# %% tags=["slow", "cover"] alt="Sixteen misread digits in two rows, each with its true class and what the network read. Many are oddly written: open loops, missing strokes, shapes between two digits."
wrong = np.flatnonzero(predicted != y_test)
worst = wrong[np.argsort(-probabilities[wrong, predicted[wrong]])][:16]
titles = [f"{y_test[i]}, read as {predicted[i]}" for i in worst]
plots.show_images(x_test[worst], titles, columns=8, size=1.3);

# %% [markdown]
# ## Your own digit
#
# Draw a digit on the pad, large and in the middle; the bars appear when you lift the pen. Or upload a photograph of a
# digit on paper. Both need a running notebook.

# %% tags=["slow", "widget", "nbval-ignore-output"]
def predict(batch):
    return network.predict(batch, verbose=0)

drawing.pad(predict)

# %% tags=["slow", "widget", "nbval-ignore-output"]
drawing.upload(predict)

# %% [markdown]
# What the network sees is not what you drew. MNIST's digits were scaled into a box of 20 × 20 and centred by their
# mass; the same must happen to yours. Here is a picture of a printed digit, from paper to tensor:

# %% tags=["slow"] alt="Left, a dark printed 5 on white paper, small and below the middle. Right, what the network sees: a light 5 on black, 28 pixels wide, large and centred, with the network's answer above it."
figure = plt.figure(figsize=(2, 2), dpi=60)
figure.text(0.3, 0.2, "5", fontsize=70, family="DejaVu Sans", color="#333333")
figure.canvas.draw()
paper = np.asarray(figure.canvas.buffer_rgba())[..., :3]  # (120, 120, 3), dark on light
plt.close(figure)
digit = data.to_digit(paper)  # (28, 28, 1), light on dark
plots.show_images(
    [paper, digit], ["on paper", f"read as {predict(digit[np.newaxis]).argmax()}"]
);

# %% [markdown]
# ### Four axes, always
#
# Before a picture of yours reaches the network, it needs four axes: (batch, height, width, channels). A grey picture
# read from a file has two, a list of them three, and Keras's commonest error says so. **Predict first:** both inputs
# below have three axes. Which one is missing in each?

# %% tags=["nbval-check-output"]
convolution = layers.Conv2D(6, 5)
three_grey, one_digit = x_test[:3, ..., 0] / 255, x_test[0] / 255
for images in (three_grey, one_digit):
    try:
        convolution(images)
    except ValueError as error:
        print(str(error).split("layer: ")[-1])

# %% [markdown]
# The message is the same, and the shape behind it tells the two apart. The first input has 3 pictures without channels:
# add an axis at the end. The second is one picture with its channel: add a batch of one in front.

# %% tags=["nbval-check-output"]
print(three_grey[..., np.newaxis].shape, "→", convolution(three_grey[..., np.newaxis]).shape)
print(one_digit[np.newaxis].shape, "→", convolution(one_digit[np.newaxis]).shape)

# %% [markdown]
# Three more messages of this kind:
#
# - "expected axis -1 … to have value 1": the axes are right, the number of channels is not.
# - "Kernel shape must have the same length as input": `keras.Input` was given the batch axis, too. Keras adds it
#   itself; write `keras.Input((28, 28, 1))`.
# - "Computed output size would be negative" from a network that works otherwise: it was called on one digit, (28, 28,
#   1), and takes it for 28 pictures of 28 × 1 pixels. The batch of one is missing.

# %% [markdown]
# ## Your own network, opened
#
# A trained network is a list of numbers and a rule for what to do with them. Yours is small enough to fit into this
# page: `explain` writes its weights and a few digits there, and your browser computes every map of every layer while
# you draw. From then on it needs no Python.
#
# **Predict first:** draw a 1. Which of the 24 maps of the first layer light up, and which stay dark?

# %% tags=["slow", "nbval-ignore-output"]
one_of_each = [int(np.argmax(y_test == digit)) for digit in range(10)]
interactive.explain(network, x_test[one_of_each])

# %% [markdown]
# Click a map. Beside it you see its kernel, the window of its input and their products, and then every step from their
# sum to the value of the map. Drag over a large map to move the window. **Notice** three things:
#
# - **Kernels.** Tick "Kernels instead of maps", and compare a kernel with its map: an edge kernel lights up one side of
#   each stroke.
# - **Maps that fire on strokes.** Choose the 1, then the 0. A map of the first layer that follows the 1 also follows
#   those parts of the 0 that run in the same direction, and leaves out the others.
# - **What pooling keeps.** `GlobalAveragePooling2D` keeps one number per map, its mean: how much, not where. Click the
#   unit of the predicted digit in the last layer. It adds up 64 products, one per map: orange ones speak for this
#   digit, purple ones against it.
#
# Now choose the 3, click the unit of the 8 in the last layer, and turn the 3 into an 8 with two strokes: which of the
# 64 products change? You can open the other networks, too. In the dense network, `trained["dense"]["model"]`, a kernel
# is as large as the image.

# %% [markdown]
# ## Two heads
#
# `Flatten` hands every pixel of every map to the classifier; global pooling hands it one number per map (chapter 03).
# The price in parameters is plain. The price in accuracy has to be measured: the same layers below, two heads, 3,000
# digits, two epochs. **Predict first:** does the head with more parameters make fewer errors?

# %%
def network_with(head):
    inputs = keras.Input((28, 28, 1))
    x = layers.Rescaling(1 / 255)(inputs)
    for filters, kernel_size, strides in ((16, 5, 2), (32, 3, 2), (32, 3, 1)):
        x = norm_relu(
            layers.Conv2D(
                filters, kernel_size, strides=strides, padding="same", use_bias=False
            )(x)
        )
    # x is (batch, 7, 7, 32)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(head(x)))

# %% tags=["slow"]
heads = {
    "flatten": layers.Flatten,
    "global average": layers.GlobalAveragePooling2D,
}
results = {}
for name, head in heads.items():
    keras.utils.set_random_seed(1)
    model = network_with(head())
    model.compile(
        keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    callbacks = [live.progress(name)]
    model.fit(x_train[:3000], y_train[:3000], batch_size=100, epochs=2, verbose=0,
              callbacks=callbacks)
    results[name] = (
        model.evaluate(x_val[:2000], y_val[:2000], batch_size=500, verbose=0)[1],
        model.count_params(),
    )

# %% tags=["slow"] alt="Bars for two heads. Flatten has 30,234 parameters, global average 14,874; here Flatten makes fewer validation errors."
axes = plt.subplots(1, 2, figsize=(9, 1.6), layout="constrained")[1]
plots.show_bars(
    {name: count for name, (_, count) in results.items()}, axes[0], title="parameters"
)
errors = {name: 100 - 100 * accuracy for name, (accuracy, _) in results.items()}
plots.show_bars(errors, axes[1], title="validation errors, %", form="{:.1f}");

# %% [markdown]
# **Notice** that at this small budget the averaging head is behind: it learns more slowly, because it may not
# ask *where* something is, and digits are centred, so place helps. With a better recipe and the full data a network
# with this head classifies 99 % correctly, as you saw; and it takes images of any size. "Which head is better?" has no
# answer without a budget.
#
# ## Under-fitting and over-fitting
#
# Why look at validation data at all? Here are twelve noisy points of a parabola, and polynomials of degree 1, 2, 4 and
# 11 through them. **Predict first:** which one has the smallest error on these points? Which on forty new ones?

# %%
rng = np.random.default_rng(16)
def sample(count):
    x = np.linspace(-2, 2, count)
    return x, 1 - x + x**2 + rng.normal(0, 0.6, count)

(x, y), (x_new, y_new) = sample(12), sample(40)
fits = {degree: np.polynomial.Polynomial.fit(x, y, degree) for degree in (1, 2, 4, 11)}

# %% alt="Twelve points of a parabola among forty grey new ones, with four fits. Degree 1 is a straight line past them, 2 and 4 follow the bend, 11 runs through all twelve and swings far out near the ends."
axes = plt.subplots(1, 4, figsize=(12, 2.6), layout="constrained", sharey=True)[1]
line = np.linspace(x.min(), x.max(), 300)
for ax, (degree, fit) in zip(axes, fits.items(), strict=True):
    ax.plot(x_new, y_new, ".", color="0.55", label="40 new points")
    ax.plot(x, y, "o", color=plots.COLOURS[0], label="the 12 points")
    ax.plot(line, fit(line), color=plots.COLOURS[1], label="the fit")
    ax.set(title=f"degree {degree}", ylim=(-2, 9), xlabel="x")
axes[0].legend(fontsize=8)

# %% tags=["nbval-check-output"]
for degree, fit in fits.items():
    seen, unseen = np.mean((fit(x) - y) ** 2), np.mean((fit(x_new) - y_new) ** 2)
    print(
        f"degree {degree:2}: error {seen:.2f} on the 12 points, {unseen:5.2f} on 40 new ones"
    )

# %% [markdown]
# Degree 1 is too stiff, and wrong on both sets of points: **under-fitting**. Degree 11 goes through all twelve points
# and is useless between them: **over-fitting**. Compare down the columns: the training error falls with every degree;
# the error on new points falls and then rises. What a model can express is its **capacity**; the right one is found on
# data that it has not seen.

# %% [markdown] exercise="5.5"
# ### Exercise 5.5 · Choose the capacity (8 min, 2 points)
#
# **Input:** training points `x`, `y`, validation points `x_val`, `y_val` (1-D arrays) and a tuple of `degrees`, in any
# order. **Output:** the degree whose polynomial, fitted to the training points, has the smallest mean squared error on
# the validation points. No two degrees are equally good.

# %% tags=["exercise"] exercise="5.5"
def best_degree(x, y, x_val, y_val, degrees):
    """Choose a polynomial's degree by its validation error."""
    ### BEGIN SOLUTION
    errors = []
    for degree in degrees:
        fit = np.polynomial.Polynomial.fit(x, y, degree)
        errors.append(np.mean((fit(x_val) - y_val) ** 2))
    return degrees[int(np.argmin(errors))]
    ### END SOLUTION


# %% tags=["check"] exercise="5.5"
check("5.5", best_degree);

# %% [markdown]
# ## Four cures, measured
#
# Now the same with a CNN: 106,122 parameters, and only 500 digits to learn from. Four things may help, and Keras has
# each of them:
#
# - **dropout**, `Dropout(0.5)`, silences half of the units at random in each training step, so that none may rely on
#   another; all work when it predicts;
# - **weight decay** takes a small share off every weight in each step. In `AdamW(0.004, weight_decay=1.0)`, Adam with
#   decay, that share is the learning rate times the decay, 0.004 · 1.0: 0.4 % per step;
# - **augmentation**, here `RandomTranslation(0.1, 0.1)`, shifts each image at random by up to a tenth of its size: free
#   new data;
# - **early stopping**, `EarlyStopping(patience=3)`, ends training when the validation loss has not improved for some
#   epochs (the *patience*).

# %%
def large_network(*, dropout=0.0, shift=0.0):
    inputs = keras.Input((28, 28, 1))
    x = layers.Rescaling(1 / 255)(inputs)
    x = layers.RandomTranslation(shift, shift, fill_mode="constant")(x) if shift else x
    # (batch, 14, 14, 16)
    x = layers.Conv2D(16, 5, strides=2, padding="same", activation="relu")(x)
    # (batch, 7, 7, 32)
    x = layers.Conv2D(32, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Dropout(dropout)(layers.Flatten()(x))
    x = layers.Dropout(dropout)(layers.Dense(64, activation="relu")(x))
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))

# %% [markdown]
# The first three cures in code. Without a cure (*untouched*), `AdamW` takes nothing off, and is Adam.

# %%
def with_cure(cure):
    model = large_network(
        dropout=0.5 if cure == "dropout" else 0.0,
        shift=0.1 if cure == "augmentation" else 0.0,
    )
    decay = 1.0 if cure == "weight decay" else 0.0
    optimizer = keras.optimizers.AdamW(0.004, weight_decay=decay)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model

# %% [markdown]
# What augmentation does to one digit. The layer is at work in `fit` only; `predict` passes images on as they are.

# %% alt="One handwritten digit as it is stored, and nine copies that the layer made of it: the same digit, shifted by up to three pixels to the left or right and up or down."
shift = layers.RandomTranslation(0.1, 0.1, fill_mode="constant", seed=5)
copies = shift(np.repeat(x_train[2:3], 9, axis=0).astype("float32"), training=True)
plots.show_images([x_train[2], *np.uint8(copies)], ["as stored"], columns=10, size=1);

# %% [markdown]
# Now one cure at work. The network is trained twice on the 500 digits, for 15 epochs: untouched, and with
# augmentation. **Predict first:** the untouched network soon knows all 500 by heart. What does its loss on *new* digits
# do from then on? Will augmentation change it?

# %% tags=["slow"]
live_losses = {}
for cure in ("untouched", "augmentation"):
    keras.utils.set_random_seed(1)
    history = with_cure(cure).fit(
        x_train[:500], y_train[:500], batch_size=50, epochs=15, verbose=0,
        validation_data=(x_val[-1000:], y_val[-1000:]), validation_batch_size=500,
        callbacks=[live.progress(cure)],
    ).history
    live_losses[f"{cure}, training"] = history["loss"]
    live_losses[f"{cure}, new digits"] = history["val_loss"]

# %% tags=["slow"] alt="Four loss curves over 15 epochs. Untouched: the training loss goes to zero, the loss on new digits turns after a few epochs and climbs. With augmentation the training loss falls more slowly, and the loss on new digits ends well below the untouched one."
plots.show_curves(live_losses, title="500 digits, one seed", ylabel="loss");

# %% tags=["slow", "nbval-check-output"]
ends = {name: losses[-1] for name, losses in live_losses.items()}
print(
    "augmentation ends with the lower loss on new digits:",
    ends["augmentation, new digits"] < ends["untouched, new digits"],
)
print(
    "and with the higher loss on the digits it was trained on:",
    ends["augmentation, training"] > ends["untouched, training"],
)

# %% [markdown]
# **Notice** that augmentation makes training *harder*: no digit comes twice in the same place, so there is less to
# learn by heart. Put `"dropout"` or `"weight decay"` into the loop, and see what each does.
#
# One seed shows little. So the network was trained untouched and with each of the three cures, with three seeds: twelve
# runs. Their results are stored, and can be made again with `python -m workbook.course.makers.experiments cures`.

# %%
stored = data.stored("cures")
def curves(cure, what):
    """Return one list per seed, with one number per epoch."""
    return [run[what] for run in stored["runs"] if run["cure"] == cure]

# %% tags=["nbval-check-output"]
print(f"the network has {large_network().count_params():,} parameters")
for key in ("data", "recipe", "hardware", "software", "seeds", "date", "cpu_seconds"):
    print(f"{key}: {stored[key]}")

# %% [markdown]
# Early stopping needs no run of its own: it is the untouched run, cut off three epochs after its best, and taken back
# to that best epoch. In practice a callback does it while training: the section after the next exercise has
# it. **Predict first:** which cure gives the lowest loss on new digits, which the best accuracy? Will they be the same?

# %% alt="Left, untouched, first seed: the training loss falls to zero, the validation loss turns at a dotted line and climbs. Right, validation losses, each a line in a band of three seeds: dropout, weight decay and augmentation all end below the untouched one, augmentation lowest."
def first_best(losses, patience=3):
    return next(
        e
        for e in range(len(losses))
        if losses[e] < min(losses[e + 1 : e + 1 + patience], default=np.inf)
    )

axes = plt.subplots(1, 2, figsize=(12, 3.4), layout="constrained")[1]
one = {
    "training": curves("untouched", "loss")[0],
    "validation": curves("untouched", "val_loss")[0],
}
plots.show_curves(one, axes[0], title="untouched, seed 1", ylabel="loss")
axes[0].axvline(first_best(one["validation"]) + 1, color="0.5", linestyle=":")
cures = ("untouched", "dropout", "weight decay", "augmentation")
losses = {cure: np.array(curves(cure, "val_loss")) for cure in cures}  # (seeds, epochs)
means = {cure: values.mean(axis=0) for cure, values in losses.items()}
plots.show_curves(
    means, axes[1], title="three seeds: mean and spread", ylabel="validation loss"
)
for colour, values in zip(plots.COLOURS, losses.values()):
    axes[1].fill_between(
        np.arange(1, 16), values.min(axis=0), values.max(axis=0), color=colour, alpha=0.2
    );

# %% tags=["nbval-check-output"]
def show_ends(name, what, ends, form="{:5.3f}"):
    print(f"{name:15} {what}", "  ".join(form.format(end) for end in ends))

kept = [first_best(run) for run in curves("untouched", "val_loss")]  # one epoch for each seed
for key, what in (("val_loss", "validation loss"), ("val_accuracy", "validation accuracy")):
    for cure in cures:
        show_ends(cure, what, [run[-1] for run in curves(cure, key)])
    show_ends(
        "early stopping",
        what,
        [run[epoch] for run, epoch in zip(curves("untouched", key), kept)],
    )

# %% [markdown]
# **Notice** the left picture: the training loss goes to zero while the validation loss turns and climbs, by half and
# more. That is over-fitting, seen. On the right every cure holds the curve down, with every seed.
#
# The accuracies tell another story. The three columns are the three seeds:
#
# - **Augmentation** gains most, about two to four points, because it brings something new: digits shift. It also varies
#   most.
# - **Dropout** gains less than a point, and **weight decay** loses about one at most. They mostly make the network
#   less *sure* of its mistakes.
# - **Early stopping** saves time and keeps a lower loss, yet costs a point of accuracy or more: the accuracy still
#   rises after the dotted line. The loss punishes being sure and wrong; the accuracy does not ask how sure.
#
# Half a point of 2,000 digits is ten digits, so do not make much of dropout and decay. A cure is measured, not
# believed.

# %% [markdown] exercise="5.6"
# ### Exercise 5.6 · Early stopping (10 min, 2 points)
#
# **Input:** the list of validation `losses`, one per epoch, and the `patience` (≥ 1). **Output:** a tuple (stopped,
# best): the epoch after which training ends, because the loss has not gone below its best for `patience` epochs in a
# row, and the best epoch until then. Epochs count from 0. If training is never stopped, `stopped` is the last epoch.

# %% tags=["exercise"] exercise="5.6"
def early_stopping(losses, patience):
    """Find where training stops and which epoch's weights are restored."""
    ### BEGIN SOLUTION
    best, waited = 0, 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[best]:
            best, waited = epoch, 0
        else:
            waited += 1
        if waited == patience:
            return epoch, best
    return len(losses) - 1, best
    ### END SOLUTION


# %% tags=["check"] exercise="5.6"
check("5.6", early_stopping);

# %% [markdown]
# ## Everyday Keras
#
# So far the digits came ready-made, and the networks were forgotten with the notebook. With pictures of your own you
# need a few things more. All of them are in Keras.
#
# **A folder of pictures.** Make a folder with one sub-folder per class, named as the class, with the pictures of the
# class in it. Here a few bundled photographs, cut up, take the place of yours:

# %% tags=["slow"]
folder = Path(tempfile.mkdtemp())  # yours: folder = Path("my_pictures")
rng = np.random.default_rng(5)
for name in ("coffee", "chelsea", "rocket"):
    photo = data.photograph(name)
    (folder / "pictures" / name).mkdir(parents=True)
    for number in range(40):
        top, left = rng.integers(0, np.array(photo.shape[:2]) - 128)
        crop = photo[top : top + 128, left : left + 128]  # (128, 128, 3)
        keras.utils.save_img(
            folder / "pictures" / name / f"{number:02}.png", crop, scale=False
        )

# %% [markdown]
# `image_dataset_from_directory` reads such a folder, resizes every picture, and sets a share aside for validation. What
# it returns goes into `fit` in place of arrays, batch by batch, so the pictures need not fit into memory. **Predict
# first:** which number does each class get?

# %% tags=["slow", "nbval-check-output"]
training, validation = keras.utils.image_dataset_from_directory(
    folder / "pictures", image_size=(64, 64), batch_size=16, seed=1,
    validation_split=0.25, subset="both",
)
print(dict(enumerate(training.class_names)))

# %% [markdown]
# **Notice** the alphabetical order. It is an order of text: of the folders `2` and `10`, `10` comes first. So take the
# names from `class_names`, and never count on your own order.
#
# **A network with augmentation inside.** `RandomFlip` mirrors, `RandomTranslation` shifts, each picture differently in
# each epoch. A mirrored cat is a cat; a mirrored 2 is not a 2, so a flip is wrong for digits and for text. `summary`
# prints the table of layers, with the shapes and parameters that you counted in exercise 5.2:

# %% tags=["slow", "nbval-ignore-output"]
def picture_network(classes):
    inputs = keras.Input((64, 64, 3))
    x = layers.RandomTranslation(0.1, 0.1)(layers.RandomFlip("horizontal")(inputs))
    x = layers.Rescaling(1 / 255)(x)
    for filters in (16, 32, 64):
        x = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x), name="pictures")

keras.utils.set_random_seed(1)
own = picture_network(len(training.class_names))
own.summary(line_length=80)

# %% [markdown]
# **Callbacks** are called by `fit` after every epoch:
#
# - `EarlyStopping` ends training after `patience` epochs without a smaller validation loss, and goes back to the best
#   weights. It is your exercise 5.6.
# - `ModelCheckpoint` saves the network; with `save_best_only=True` only when the validation loss is smaller than ever.
#   If the machine stops in the night, the best network is on the disk.
# - `CSVLogger` writes a table of losses, a row per epoch, which a spreadsheet reads.
#
# `shuffle=False`, because the data set shuffles itself. **Predict first:** 90 small pictures, three classes, at most 12
# epochs: how many of the 30 others will it get right?

# %% tags=["slow"]
own.compile(
    keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"]
)
history = own.fit(
    training, validation_data=validation, epochs=12, verbose=0, shuffle=False,
    callbacks=[
        live.progress("own pictures"),
        keras.callbacks.EarlyStopping(patience=4, restore_best_weights=True),
        keras.callbacks.ModelCheckpoint(folder / "best.keras", save_best_only=True),
        keras.callbacks.CSVLogger(folder / "log.csv"),
    ],
).history

# %% tags=["slow"] alt="Left, the training and the validation loss of the network for three classes: both fall from about 1; above them stands how many of the 30 validation pictures the best network gets right. Right, six of the pictures, crops of a cup of coffee, a cat and a rocket, each with the class that the network gives it."
images, _ = next(iter(validation))  # a batch: (16, 64, 64, 3)
classes = own.predict(images, verbose=0).argmax(axis=1)
figure, axes = plt.subplots(1, 7, figsize=(13, 2.4), layout="constrained",
                            width_ratios=(2.6, 1, 1, 1, 1, 1, 1))
losses = {"training": history["loss"], "validation": history["val_loss"]}
_, right = own.evaluate(validation, verbose=0)
plots.show_curves(losses, axes[0], title=f"{30 * right:.0f} of 30 right", ylabel="loss")
for ax, image, label in zip(axes[1:], np.asarray(images), classes):
    plots.show_image(np.uint8(image), ax, title=training.class_names[label]);

# %% [markdown]
# **Save and load.** A `.keras` file holds the layers, the weights and the state of the optimiser, so that training can
# go on. `load_model` needs nothing else: not the code that built the network, and not the data.

# %% tags=["slow", "nbval-check-output"]
network.save(folder / "digits.keras")
again = keras.models.load_model(folder / "digits.keras")
print("the same answers:", np.allclose(again.predict(x_test[:500], verbose=0),
                                       probabilities[:500], atol=1e-4))
best = keras.models.load_model(folder / "best.keras")
loss, _ = best.evaluate(validation, verbose=0)
print(
    "best.keras has the smallest loss:", np.isclose(loss, min(history["val_loss"]), rtol=0.01)
)
print("files:", sorted(path.name for path in folder.iterdir()))

# %% [markdown]
# **Notice** what the validation pictures are: crops of the same three photographs as the training pictures. Whatever is
# measured here says nothing about another cup or another cat. Take pictures of other things, at another place, for
# validation; chapter 09 shows how much that matters, and how a network that was trained on a million photographs needs
# only a few of yours.
#
# Two more tools, which are not installed with this course:
#
# - **TensorBoard** draws the curves of many runs in the browser while they train. After `pip install tensorboard`, add
#   `keras.callbacks.TensorBoard("logs/first")` to the callbacks, and run `tensorboard --logdir logs` in a terminal.
# - **KerasHub** has trained networks of many kinds, among them classifiers, detectors and segmenters of pictures, with
#   their preprocessing. After `pip install keras-hub`,
#   `keras_hub.models.ImageClassifier.from_preset("resnet_50_imagenet")` downloads one.

# %% [markdown]
# ## A photograph is not a scan
#
# A network knows its training data, and MNIST was scanned: white paper, black ink, even light. Your desk lamp stands on
# one side, your pencil is grey, your paper has squares. Below, a test digit lies on paper, and the light falls by half
# from left to right. **Predict first:** the picture is turned into white on black and made smaller, nothing else. What
# will the network read?

# %% tags=["slow"] alt="A test digit 7 in dark ink on paper that grows darker to the right, and what becomes of it. Merely shrunk, the right half is bright grey. With the light evened out, the paper is white everywhere; the ink alone is left, and last stands a clear white 7 on black. Above the second and the last picture is what the network reads."
page = np.full((280, 280), 235.0)
page[84:196, 84:196] -= 0.8 * np.kron(x_test[0, ..., 0], np.ones((4, 4)))  # dark ink
page *= np.linspace(1, 0.5, 280)  # the lamp is on the left
shrunk = (255 - page[5::10, 5::10]).astype(np.uint8)[..., np.newaxis]  # (28, 28, 1)
found = data.read_digits(page)
read = [predict(digit[np.newaxis]).argmax() for digit in (shrunk, found.digit)]
names = ["grey", f"shrunk: {read[0]}", "light evened out", "ink", f"read as {read[1]}"]
even, ink = found.steps["light evened out"], found.steps["ink"]
plots.show_images([page, shrunk, even, 1 - ink, found.digit], names);

# %% [markdown]
# **Notice** that the shrunk picture has a bright right half, which no training digit had; the network answers all the
# same. `data.read_digits` divides by the brightness of the paper, which it finds by looking for the lightest pixel
# within a window wider than any stroke. What is left is ink, and then the box of 20 × 20 and the centre as before. The
# upload button above does this, too, and shows each step: try it with a lamp on one side, on squared paper, with a
# pencil.
#
# Why divide, and not subtract? A photograph is light *times* what the paper sends back. Ink that swallows 60 % of the
# light swallows 60 % in the shadow, too; the difference in brightness is smaller there, the ratio is not.

# %% [markdown] exercise="5.7"
# ### Exercise 5.7 · Take the light out (10 min, 3 points)
#
# **Input:** a `photograph` (H, W) of dark ink on light paper, floats, all above 0; and an odd whole number `window`,
# wider than any stroke. The **paper** at a pixel is the largest brightness within the `window` × `window` pixels around
# it, of those that are inside the photograph. **Output:** the ink (H, W): 1 − brightness / paper.

# %% tags=["exercise"] exercise="5.7"
def find_ink(photograph, window):
    """Return the share of the light that the ink takes away at each pixel."""
    ### BEGIN SOLUTION
    padded = np.pad(photograph, window // 2)  # 0 beyond the edge: never the largest
    windows = np.lib.stride_tricks.sliding_window_view(padded, (window, window))
    paper = windows.max(axis=(2, 3))  # (H, W)
    return 1 - photograph / paper
    ### END SOLUTION


# %% tags=["check"] exercise="5.7"
check("5.7", find_ink);

# %% [markdown]
# The largest within a window is a max pooling with strides 1 (chapter 03), so Keras can take the light out of hundreds
# of digits at once. Here are five hundred validation digits, "photographed" in light that falls from left to right by 0
# to 60 %, and prepared in three ways:
#
# - turned into white on black, nothing else;
# - with the light taken out, as in your exercise;
# - the same, and ink below 0.3 left out, since a pen is darker than that.
#
# **Predict first:** how many of the digits does the network read in each, if the light falls by 30 %? And in even
# light?

# %%
def photographed(digits, fall):
    """Return digits as dark ink on paper, 0 to 255, in light that falls by this share."""
    light = np.linspace(1, 1 - fall, 28)[:, np.newaxis]  # (28, 1): from left to right
    return ((235 - 0.8 * digits) * light).astype("float32")

paper_of = layers.MaxPooling2D(11, strides=1, padding="same")

def three_ways(pages):
    """Return pages as white on black, as ink, and as ink without what is weak."""
    ink = 1 - pages / np.asarray(paper_of(pages))
    return 255 - pages, 255 * ink, 255 * np.where(ink < 0.3, 0, ink)

# %% tags=["slow"]
falls = (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
shares = {"white on black": [], "light taken out": [], "weak ink left out, too": []}
for fall in live.track(falls, "light"):
    for name, digits in zip(shares, three_ways(photographed(x_val[:500], fall))):
        answers = network.predict(digits, batch_size=500, verbose=0).argmax(axis=1)
        shares[name].append(float(np.mean(answers == y_val[:500])))

# %% tags=["slow"] alt="The share of five hundred digits read rightly against the fall of the light, 0 to 60 per cent. Merely turned into white on black it is low even in even light, and soon at the line of guessing. With the light taken out it begins near 1 and falls from 20 per cent on. With weak ink left out as well it is a level line near 1."
ax = plt.subplots(figsize=(6, 2.8), layout="constrained")[1]
for name, values in shares.items():
    ax.plot([100 * fall for fall in falls], values, "o-", label=name)
ax.set(xlabel="fall of the light from left to right, %", ylabel="share read", ylim=(0, 1.05))
ax.legend();

# %% tags=["slow", "nbval-check-output"]
plain, _, clean = shares.values()
print("white on black: fewer than half, in any light:", max(plain) < 0.5)
print("weak ink left out, too: at least 95 %, in any light:", min(clean) >= 0.95)

# %% [markdown]
# **Notice** that the network is the same in all three lines. Its 99 % of MNIST's test digits say nothing about digits
# whose ground is not black. Even light is no help: this paper is 235, not 255, so a ground of 20 is left. And where the
# light falls, the paper is taken from up to five pixels nearer to the lamp, a little too bright: a few per cent of
# "ink" everywhere, up to a fifth in the steepest light, which is enough to confuse the network, and which the third way
# removes.
#
# When training data and real data differ, there are two ways out. Make the pictures alike before the network sees them,
# as here. Or train on pictures with such differences: that is augmentation, with `RandomBrightness` or a gradient of
# your own. What does not help is a better score on the old test data.

# %% [markdown]
# ## Summary
#
# - A CNN is convolution and pooling for features, and a small classifier on top; the functional API writes it as it is
#   drawn.
# - A network of 13,594 parameters classifies at least 99.0 % of MNIST's test digits correctly: separable convolutions
#   and global average pooling save the rest.
# - Parameters, MACs, seconds and accuracy measure four different things.
# - Training data set weights, validation data make choices, test data are used once.
# - Over-fitting shows as a validation loss that turns and climbs. Its cures have to be measured; here augmentation
#   helped most.
# - Keras saves a whole network in one file, reads folders of pictures, and keeps the best epoch while it trains.
# - A network answers whatever it is shown. Pictures unlike its training data must be made alike, or be trained on.
#
# ## Formulae
#
# | what | formula |
# |---|---|
# | softmax | $p(k) = e^{s_k} / \sum_j e^{s_j}$ |
# | cross-entropy | $-\frac{1}{n} \sum_i \ln p_i(y_i)$, with $y_i$ the true class of image i |
# | label smoothing | $1 - \varepsilon + \varepsilon / K$ for the true class, $\varepsilon / K$ for each other |
# | convolution layer | $(F^2 C + 1) \cdot \text{filters}$ parameters, $H' W' F^2 C \cdot \text{filters}$ MACs |
# | ink on unevenly lit paper | $1 - \text{brightness} / \text{brightness of the paper}$ |
# | dense layer | $(\text{inputs} + 1) \cdot \text{units}$ parameters, $\text{inputs} \cdot \text{units}$ MACs |
#
# The figures of this chapter, recomputed:

# %% tags=["nbval-check-output"]
figures.table(
    [row for row in figures.ledger() if row.id.startswith(("F18.", "A1.parameters"))]
)

# %% [markdown]
# ## Where to read on
#
# - **Best next:** Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, [*Gradient-based learning applied to document
#   recognition*](https://doi.org/10.1109/5.726791), Proceedings of the IEEE, 1998: section II for LeNet-5, section III
#   for MNIST.
# - M. Lin, Q. Chen and S. Yan, [*Network in network*](https://arxiv.org/abs/1312.4400), 2014: global average pooling as
#   a head.
# - L. Prechelt, [*Early stopping, but when?*](https://doi.org/10.1007/3-540-49430-8_3), 1998.
