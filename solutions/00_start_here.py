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
# # 00 · Start here
#
# **What does a program see when you show it a photograph?**
#
# You will be able to
#
# - work through a chapter: predict, run, answer, check, ask for a hint;
# - read the shape of an image and of a batch, and cut a patch or a channel out;
# - change the brightness of an image without falling into the 8-bit trap;
# - bring an image into the form that a network wants;
# - load the course's data, and say what is in it.
#
# **Minutes:** about 55 with the exercises; the notebook itself runs in well under a minute on any computer.

# %% tags=["setup"]
import numpy as np
import matplotlib.pyplot as plt
from workbook import check, data, figures, plots

# %% [markdown]
# ## Five minutes to find your way
#
# This page is a **notebook**: text and cells of Python. Click into a cell and press **Shift + Enter**: it runs, its
# output appears below it, and the next cell is selected. Run the cells from top to bottom, the one above this text
# first. If something looks odd, choose *Restart Kernel and Run All Cells* from the menu: every notebook runs through,
# even with no exercise solved. Break things. You cannot damage anything.

# %%
print("You have run a cell.")

# %% [markdown]
# Now something that nobody could write by hand. The next cell loads a network that was trained on a million photographs
# and comes with this course. It may take ten seconds, most of them for **Keras**, the library that runs networks.
#
# **Predict first:** the photograph shows a cup of coffee. The network knows the names of 1,000 things. Which three will
# it find likeliest, and how sure will it be?

# %% tags=["slow"] alt="Left, a photograph of a cup of coffee on a wooden table. Right, bars with the three names that the network finds likeliest: espresso with a probability near 1, and two others near 0."
from workbook import pretrained  # loading Keras takes some seconds

coffee = data.photograph("coffee")
likeliest = pretrained.classify(coffee, top=3)
axes = plt.subplots(1, 2, figsize=(8, 2.7), layout="constrained")[1]
plots.show_image(coffee, axes[0], title="coffee")
plots.show_bars(dict(likeliest), axes[1], xlabel="probability", form="{:.2f}")
axes[1].set(xlim=(0, 1.15), xticks=[0, 0.5, 1]);

# %% [markdown]
# A photograph went in as numbers, nearly 400 million multiplications followed, and a name came out. By chapter 09 you
# will know why. Try another photograph: put `"rocket"` or `"chelsea"` in place of `"coffee"`. It errs, too: to `"moon"`
# it gives the name of a worm.
#
# Every chapter has the same rhythm:
#
# - **Predict first** asks you for the result of the next cell. Say it aloud or write it down, *then* run. A wrong
#   prediction is worth more than a right one: it shows you what to think about again.
# - **Notice** points at what was worth seeing.
# - **Mind the slide** corrects what lectures and slides on this subject often say, and shows what is right.
# - **Interactive pictures** have sliders, buttons and cells to click, and work by keyboard, too. Where you see a still
#   picture instead, run its cell.
# - **Training** takes seconds. While it runs, a line shows how far it is.
# - **Exercises** are yours to solve. A check tells you at once what is wrong, and why.
#
# ### The chapters
#
# | chapter | its question | minutes |
# |---|---|---|
# | [00 · Start here](00_start_here.ipynb) | What does a program see when you show it a photograph? | 55 |
# | [01 · Why convolution](01_why_convolution.ipynb) | Why not connect every pixel to every unit? | 60 |
# | [02 · Convolution](02_convolution.ipynb) | How can nine numbers find every edge in a photograph? | 85 |
# | [03 · Pooling](03_pooling.ipynb) | How can windows of nine pixels recognise something a hundred pixels wide? | 85 |
# | [04 · Separable, grouped and 1×1 convolution](04_separable_convolution.ipynb) | Must a filter look at space and at channels at the same time? | 85 |
# | [05 · A first CNN of your own](05_first_cnn.ipynb) | How few numbers does it take to read handwriting? | 120 |
# | [06 · From LeNet-5 to AlexNet and VGG](06_alexnet_to_vgg.ipynb) | The idea was there in 1998. What had to change before it could read photographs? | 85 |
# | [07 · Inception and batch normalisation](07_inception.ipynb) | How does a network grow deeper and cheaper at once, and why does normalising make it learn? | 95 |
# | [08 · ResNet and DenseNet](08_resnet_densenet.ipynb) | More layers can only help, can't they? | 90 |
# | [09 · Comparing architectures](09_comparing_architectures.ipynb) | Which network should you take, how was it trained, and what can you do with it today? | 80 |
# | [10 · Looking inside](10_looking_inside.ipynb) | Your network reads digits. What is it looking for? | 75 |
# | [11 · Dream and style](11_dream_and_style.ipynb) | A network was trained to name what it sees. Can it paint? | 90 |
# | [12 · Speech](12_speech.ipynb) | Can a network that reads images hear? | 100 |
# | [13 · Text](13_text.ipynb) | Is a sentence more than its words? | 90 |
# | [14 · Detect, segment, locate](14_detect_segment_locate.ipynb) | What is in the picture, where is it, and which pixels belong to it? | 100 |
# | [15 · Read, generate, watch, compare](15_read_generate_watch_compare.ipynb) | What else can come out of a CNN than a class? | 100 |
# | [16 · Training at scale](16_training_at_scale.ipynb) | You buy a machine that is a hundred times faster. Why is your training only a few times faster? | 100 |
# | [17 · A network of your own](17_your_own_network.ipynb) | You know every part by now. What will you build with them? | 60 |
#
# The minutes include reading and exercises. Chapters 00 to 05 are the foundation: take them in order. Chapters 06 to 09
# are the classic networks, 10 and 11 look inside networks, 12 to 15 go to sound, text and other tasks, and 16 is about
# speed. You need Python, a little NumPy, and to know what a derivative is. Chapters 04 and 07 also use the rank of a
# matrix, and chapter 04 explains it.
#
# ## An image is an array
#
# Let us look at something friendlier than a table.

# %% alt="A colour photograph of a ginger tabby cat: its face close up, with green eyes, a brick-red nose and white whiskers."
photo = data.photograph("chelsea")
plots.show_image(
    photo, plt.subplots(figsize=(5, 3.4), layout="constrained")[1], title="chelsea"
);

# %% [markdown]
# **Predict first:** the photograph is 451 pixels wide and 300 high. To a program it is an array of numbers. How many
# axes does this array have, and how long is each?

# %% tags=["nbval-check-output"]
print("shape:", photo.shape, " numbers:", photo.size)
print("dtype:", photo.dtype, "  from", photo.min(), "to", photo.max())
print("the pixel at the top left:", photo[0, 0])

# %% [markdown]
# **Notice** the order: height, width, channels: **(H, W, C)**. Rows come first, counted *downwards* from the top. A
# pixel of a colour image is three numbers, how much red, green and blue it has. Each is a `uint8`, an integer between 0
# (none) and 255 (all). Putting the channels at the end is called **channels-last**; Keras does it, and so do we.
#
# Brightness is nothing but these numbers. Here is a piece of a grey photograph, 8 rows and 10 columns of it:

# %% alt="Left, a grey photograph of a man behind a camera on a tripod, a small frame at the tip of his nose. Right, a piece of it as 8 rows of 10 numbers: around 218 in the bright sky, down to 75 where it is darkest."
camera = data.photograph("camera")  # (512, 512): grey, so no channel axis
axes = plt.subplots(1, 2, figsize=(8, 3.6), layout="constrained", width_ratios=(1, 1.15))[1]
plots.mark_windows(
    plots.show_image(camera, axes[0], title="camera (512, 512)"), [(160, 243, 16, 20)]
)
patch = camera[164:172, 248:258]  # the tip of the nose, and the sky
plots.show_pixels(patch, axes[1], title="camera[164:172, 248:258], shape (8, 10)");

# %% [markdown]
# Large numbers are bright. (The frame on the left is drawn twice as large as the patch, so that you can see it.)
#
# Networks are fed many images at once. A **batch** is a stack of images of the same size, and gets one more axis, in
# front: **(N, H, W, C)**. A batch of 32 grey images of 28 × 28 pixels has the shape (32, 28, 28, 1): the channel axis
# stays, even if there is only one channel.
#
# ### How an exercise works
#
# Below is your first one. Its answer cell says `...`, Python's way of writing "nothing yet". Replace it, run the cell,
# then run the check below it. Try this order once, to see what the check says:
#
# 1. Run the check before you answer. It says *not started*.
# 2. Answer wrongly on purpose. It says what is wrong with the answer, and which mistake it looks like.
# 3. Answer correctly.
#
# Stuck? `check.hint("0.1")` in a new cell (press **B** for one) shows a first hint; run it again for the next. Most
# answers are functions. A check runs a function on fresh inputs each time, so an answer that passes is right in
# general; after one that fails, `check.case("0.2")` returns the inputs that it failed on, and `check.expected("0.2")`
# what your function should have returned.

# %% [markdown] exercise="0.1"
# ### Exercise 0.1 · Read a shape (3 min, 1 point)
#
# Sixteen colour photographs, each 480 pixels wide and 320 high, form one batch. What is its shape in Keras? Set
# `batch_shape` to a tuple of whole numbers.

# %% tags=["exercise"] exercise="0.1"
### BEGIN SOLUTION
batch_shape = (16, 320, 480, 3)
### END SOLUTION

# %% tags=["check"] exercise="0.1"
check("0.1", batch_shape);

# %% [markdown]
# Part of an array is cut out with slices: `image[first_row:end_row, first_column:end_column]`. The end is left out, as
# always in Python. The channels come along by themselves.

# %% alt="The cat's eye four times: as cut out, upside down, mirrored left to right, and with only every tenth pixel kept, which leaves a mosaic of 9 rows and 10 columns."
eye = photo[75:165, 115:215]
print(eye.shape)
names = ["eye", "[::-1]", "[:, ::-1]", "[::10, ::10]"]
plots.show_images([eye, eye[::-1], eye[:, ::-1], eye[::10, ::10]], names);

# %% [markdown]
# **Notice** that slices do more than cut: a step of −1 turns an axis round (first upside down, then left to right), a
# step of 10 keeps every tenth pixel. You will meet all three again, as augmentation and as stride.

# %% [markdown] exercise="0.2"
# ### Exercise 0.2 · Cut a patch out (5 min, 1 point)
#
# **Input:** an image (H, W) or (H, W, C), the row `top` and the column `left` where the patch begins, its `height` and
# `width`, whole numbers. **Output:** the patch, (height, width) or (height, width, C).

# %% tags=["exercise"] exercise="0.2"
def crop(image, top, left, height, width):
    """Cut the patch out whose top left pixel is image[top, left]."""
    ### BEGIN SOLUTION
    return image[top : top + height, left : left + width]
    ### END SOLUTION


# %% tags=["check"] exercise="0.2"
check("0.2", crop);

# %% [markdown]
# ## Channels
#
# The last axis can be taken apart. `photo[..., 0]` means "everything, of channel 0"; the three dots stand for all axes
# that are not named.
#
# **Predict first:** the cat is ginger. Which of the three channels is the brightest, and which the darkest?

# %% alt="The three channels of the cat as grey images: red is the brightest, green is darker, blue the darkest, most of all in the fur."
red, green, blue = photo[..., 0], photo[..., 1], photo[..., 2]  # each (300, 451)
plots.show_images([red, green, blue], ["red", "green", "blue"], size=2.6);

# %% [markdown]
# Orange is much red, some green, little blue. So the red channel is bright and the blue one dark, most of all where the
# fur is ginger. Each channel by itself is a grey image.

# %% tags=["nbval-check-output"]
print("mean of red, green, blue:", photo.mean(axis=(0, 1)).round(1))

# %% [markdown]
# To make *one* grey image of the three, one could take their mean. But the eye does not see all colours as equally
# bright: green looks brighter than red, and blue is the darkest. Television engineers settled on these weights,
# called **luma**: 0.299 red + 0.587 green + 0.114 blue. They add up to 1, so white stays white.

# %% [markdown] exercise="0.3"
# ### Exercise 0.3 · From colour to grey (5 min, 1 point)
#
# **Input:** a colour image (H, W, 3), channels red, green, blue. **Output:** its luma, an array (H, W) of floats: don't
# round.

# %% tags=["exercise"] exercise="0.3"
def grey(image):
    """Return the luma of a colour image."""
    ### BEGIN SOLUTION
    return 0.299 * image[..., 0] + 0.587 * image[..., 1] + 0.114 * image[..., 2]
    ### END SOLUTION


# %% tags=["check"] exercise="0.3"
check("0.3", grey);

# %% [markdown]
# You have just taken, at each pixel, a weighted sum over the channels. Keep it in mind: with weights that
# are *learned*, this is a 1 × 1 convolution.
#
# ## Two hundred plus one hundred
#
# Make the photograph brighter: add 100 to every pixel.
#
# **Predict first:** what is 200 + 100 if both are `uint8`?

# %% tags=["nbval-check-output"]
pixels = np.array([0, 100, 155, 156, 200, 255], dtype=np.uint8)
print(pixels)
print(pixels + np.uint8(100))

# %% [markdown]
# No error, no warning: 200 + 100 = 44. A byte has 256 values, so after 255 it starts again at 0, as a clock does after
# 23:59. What lies beyond is lost: 300 − 256 = 44. This is what it does to a picture:

# %% alt="The cat three times: the photograph; plus 100 in uint8, where bright fur has turned turquoise and the brightest parts of the background black; plus 100 and clipped, simply brighter, with some parts white."
wrapped = photo + np.uint8(100)
safe = np.clip(photo.astype(int) + 100, 0, 255).astype(np.uint8)
plots.show_images(
    [photo, wrapped, safe], ["photograph", "+ 100 in uint8", "+ 100, clipped"], size=2.6
);

# %% [markdown]
# **Notice** that only the bright parts went wrong: what was above 155 wrapped around to dark, each channel by itself,
# and that made the strange colours. Differences fall into the same trap. By how much did each pixel of an image change?

# %% tags=["nbval-check-output"]
before, after = np.uint8([10, 20, 30]), np.uint8([12, 19, 30])
print("in uint8:   ", after - before)
print("in integers:", after.astype(int) - before)

# %% [markdown]
# The rule: **change to a wider type before you calculate**, and go back to bytes only for storing or showing.

# %% [markdown] exercise="0.4"
# ### Exercise 0.4 · Brighter, without wrapping around (5 min, 2 points)
#
# **Input:** a `uint8` image of any shape and a whole number `amount` from 0 to 255. **Output:** a `uint8` image of the
# same shape, every pixel brighter by `amount`, but at most 255. The input must not change.

# %% tags=["exercise"] exercise="0.4"
def brighten(image, amount):
    """Add an amount to every pixel and stop at white."""
    ### BEGIN SOLUTION
    return np.minimum(image.astype(int) + amount, 255).astype(np.uint8)
    ### END SOLUTION


# %% tags=["check"] exercise="0.4"
check("0.4", brighten);

# %% [markdown]
# ## What a network wants
#
# Files hold bytes, because they are small. Networks calculate with fractions, and learn best when their inputs are of a
# moderate size, say from 0 to 1. So before it enters a network an image is divided by 255, as `float32`: 32 bits per
# number. NumPy prefers `float64`; a network has no use for such precision, and it costs twice the memory.

# %% tags=["nbval-check-output"]
for kind in ("uint8", "float32", "float64"):
    print(f"{kind:8} {photo.astype(kind).nbytes:9,} bytes")

# %% [markdown]
# The axes must be right too. A network expects a batch, (N, H, W, C), even for a single grey image. `np.newaxis`
# inserts an axis of length 1:

# %% tags=["nbval-check-output"]
print(camera.shape, camera[np.newaxis].shape, camera[:, :, np.newaxis].shape)

# %% [markdown] exercise="0.5"
# ### Exercise 0.5 · Ready for a network (5 min, 2 points)
#
# **Input:** a grey `uint8` image (H, W). **Output:** a batch that holds this one image: shape (1, H, W, 1), dtype
# `float32`, 0 for black and 1 for white (255).

# %% tags=["exercise"] exercise="0.5"
def to_batch(image):
    """Scale a grey image to 0-1 and give it a batch and a channel axis."""
    ### BEGIN SOLUTION
    scaled = image.astype(np.float32) / 255
    return scaled[np.newaxis, :, :, np.newaxis]
    ### END SOLUTION


# %% tags=["check"] exercise="0.5"
check("0.5", to_batch);

# %% [markdown] exercise="0.6"
# ### Exercise 0.6 · Two slips, one picture (4 min, 1 point)
#
# A colleague writes: *I loaded my photograph of an orange evening sky. In my notebook it lies on its side, and the sky
# is blue. The file is fine, I looked.* Which two slips with the **axes** of the array explain what he sees, and what
# would you print or write to check each? Answer in two or three sentences. No program judges this one: a person reads
# it.

# %% [markdown] tags=["exercise"] exercise="0.6"
# ### BEGIN SOLUTION
# It lies on its side because rows and columns are exchanged: the array is (width, height, channels) instead of (height,
# width, channels), which `image.shape` shows. The sky is blue because the channels are in the order blue, green, red,
# as some libraries deliver them: print one pixel of the sky, `image[0, 0]`; in orange the *first* number should be the
# largest, and `image[..., ::-1]` puts them right.
# ### END SOLUTION

# %% [markdown]
# ## The data
#
# **MNIST** is where most people begin, and so do we: handwritten digits, cut out and centred. It comes with the course,
# so you need no network.

# %% tags=["nbval-check-output"]
mnist = data.load("mnist")
print("training:", mnist.x_train.shape, mnist.x_train.dtype, " labels:", mnist.y_train.shape)
print("test:    ", mnist.x_test.shape, mnist.x_test.dtype, " labels:", mnist.y_test.shape)

# %% alt="Thirty handwritten digits, white on black, in three rows from 0 to 9. Every hand is different: the last seven has a bar, the others do not; some twos have a loop."
# where the first three of each digit are
places = [np.flatnonzero(mnist.y_train == digit)[:3] for digit in range(10)]
plots.show_images(mnist.x_train[np.transpose(places).ravel()], columns=10, size=0.8);

# %% [markdown]
# **Notice** how different the hands are: sevens with and without a bar, twos with and without a loop. Nobody can write
# down the rule for a seven. We let a network find it, from the **training** images; the **test** images are put away
# until the very end, to measure how well it does on digits that it has never seen.
#
# **Mind the slide.** "MNIST: digits of 250 people" is half the story. About 250 people wrote the *training* digits; the
# test digits are by others. A network that has only learned those 250 hands would be found out.
#
# **CIFAR-10** has 60,000 colour photographs of 32 × 32 pixels in ten classes, from airplane to truck. It may not be
# passed on with the course. Where it is missing and cannot be downloaded, `data.load` makes a **stand-in** and says so:
# crops of photographs that come with the course. Each of its ten classes is one subject, such as the cat or a coffee
# cup, and the classes have their own names. Every chapter then runs, but its figures are not CIFAR's. This cell
# downloads nothing; which data do you have?

# %% tags=["nbval-ignore-output"] alt="Ten small colour images in a row, one of each class, with the name of the class above it: CIFAR-10's own or, where these are missing, crops of the stand-in's photographs."
cifar = data.load("cifar10", allow_download=False)
chosen = [np.flatnonzero(cifar.y_train == label)[0] for label in range(10)]
plots.show_images(cifar.x_train[chosen], cifar.class_names, columns=10, size=1.1);

# %% [markdown]
# **ImageNet** is the large one: more than fourteen million images for 21,841 *synsets*, sets of words with one meaning.
# The networks of the later chapters were built for its yearly competition, 2010 to 2017, which used a part of it: 1,000
# classes and about 1.28 million training images. It stays on its server; we use networks that were trained on it.
#
# Here are the facts about the three data sets. Every chapter ends with such a table of its figures. *Stated* is what
# the source says, *recomputed* is what our code finds; "the same" means that they agree. A fact that nobody can
# recompute is only stated.

# %% tags=["nbval-check-output"]
figures.table(
    [row for row in [*figures.ledger(), *figures.facts()] if row.id.startswith("F19")]
)

# %% [markdown]
# **Mind the slide.** CIFAR-10's page says "163 MB". The file has 170,498,071 bytes: 170.5 MB, if a MB is a million
# bytes. The page counts in units of 2²⁰ = 1,048,576 bytes, whose name is **MiB**. We say which one we mean.
#
# Which versions does this computer have? (When you report a problem, this is the first thing we ask for.)

# %% tags=["nbval-ignore-output"]
import platform
from importlib.metadata import version
print("Python", platform.python_version(), "on", platform.system(), platform.machine())
print({name: version(name) for name in ("cnn-workbook", "keras", "numpy", "matplotlib")})

# %% [markdown]
# ## Summary
#
# - An image is an array (H, W, C), a batch (N, H, W, C): rows first, channels last.
# - Slices crop, flip and thin out; the last axis holds red, green and blue.
# - `uint8` wraps around after 255, silently. Widen before you calculate, clip before you go back.
# - A network wants a batch of `float32` from 0 to 1.
# - Training data are for learning, test data for one measurement at the end.
#
# ## Formulae
#
# | what | formula |
# |---|---|
# | numbers in a batch | $N \cdot H \cdot W \cdot C$ |
# | patch | `image[top : top + height, left : left + width]` |
# | luma | $0.299\,\text{red} + 0.587\,\text{green} + 0.114\,\text{blue}$ |
# | sum of two bytes | $(a + b) \bmod 256$ |
# | scaling to 0–1 | $x / 255$ |
#
# How far did you get? `check.progress()` shows the whole course, `check.progress(0)` one chapter. What has passed is
# remembered on this computer, in one small file that is read by nobody but you.

# %%
check.progress(0)

# %% [markdown]
# ## Where to read on
#
# - **Best next:** The NumPy project, [*NumPy: the absolute basics for
#   beginners*](https://numpy.org/doc/stable/user/absolute_beginners.html), numpy.org: arrays, axes, slices.
# - Y. LeCun, L. Bottou, Y. Bengio and P. Haffner, [*Gradient-based learning applied to document
#   recognition*](https://doi.org/10.1109/5.726791), 1998, section III: how MNIST was made.
# - A. Krizhevsky, [*Learning multiple layers of features from tiny
#   images*](https://www.cs.toronto.edu/~kriz/learning-features-2009-TR.pdf), 2009: CIFAR-10.
