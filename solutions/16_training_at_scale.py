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
# # 16 · Training at scale
#
# **You buy a machine that is a hundred times faster. Why is your training only a few times faster?**
#
# You will be able to
#
# - measure what a training waits for: the images, the arithmetic, or the memory;
# - say what sixteen bits lose, why the loss is scaled, and what a compiler such as XLA saves;
# - train with larger batches without losing accuracy, and know where that ends;
# - share a batch among several devices, so that the result is the one that a single device gives.
#
# **Minutes:** about 100 with the exercises. The notebook itself runs in about a minute on two CPU cores. It runs
# unchanged on a GPU, for instance Colab's; there, seconds of the clock are measured instead of CPU seconds. A **CPU
# second** is a second for which one core works for this program: two cores can spend two of them in a second, and
# waiting does not count. All outputs below come from a CPU. The few figures from a GPU name the GPU.

# %% tags=["setup"]
import contextlib
import time
# before Keras: it sets Keras up
from workbook import augment, check, data, figures, plots, roofline, standins
from workbook import training
from workbook.interpret import gradients
import numpy as np
import matplotlib.pyplot as plt
import ml_dtypes
import keras  # loading Keras takes some seconds
from keras import layers
from workbook import live

backend = keras.backend.backend()
# make one processor count as two devices, unless it is too late
with contextlib.suppress(RuntimeError):
    if backend == "tensorflow":
        import tensorflow as tf
        logical = [tf.config.LogicalDeviceConfiguration()] * 2
        tf.config.set_logical_device_configuration(
            tf.config.list_physical_devices("CPU")[0], logical
        )
    elif backend == "jax":
        import jax
        jax.config.update("jax_num_cpu_devices", 2)
keras.utils.set_random_seed(1)

# %% [markdown]
# ## What have you got?
#
# The course's device report looks at the machine and gives advice on each point. The **backend** is the library that
# computes for Keras, here TensorFlow or JAX; oneDNN is a library of fast convolutions for CPUs; vector instructions
# (such as avx) compute with several numbers at a time. Mixed precision and XLA have sections below.

# %% tags=["nbval-ignore-output"]
training.device_report()

# %% [markdown]
# ## The data, and a network to time
#
# The training set of MNIST is small and soon learned. The usual next step, since 2009, is **CIFAR-10**, collected by
# Krizhevsky, Nair and Hinton. It has ten classes (aeroplane, car, bird, cat, deer, dog, frog, horse, ship, lorry), in
# colour.

# %% tags=["nbval-check-output"]
cifar = [figures.figure(f"F19.cifar_{name}") for name in ("images", "bytes", "archive")]
facts = [fact for fact in figures.facts() if fact.id in ("F19.cifar.classes", "F19.cifar.md5")]
figures.table(cifar + facts)

# %% [markdown]
# **Mind the slide:** CIFAR-10's page says "163 MB" for the archive. The archive's row shows that these are MiB, as in
# chapter 00. The MD5 sum tells whether a download is whole: one flipped bit changes all of it.
#
# The pixels alone are 184 MB as bytes. As float32 they would be four times that, which is why this course keeps images
# as bytes and lets the network scale them. Reading and unpacking CIFAR-10 costs more seconds than this chapter has to
# spare. What follows is about *speed*, so crops of photographs, of the same 32 × 32 × 3 pixels and also in ten classes,
# will do.
#
# The network below outputs ten scores, without a softmax; the loss applies it (`from_logits=True`). Two of its options
# are explained further down: `synchronized`, and the `dtype` of the last layer.

# %% tags=["nbval-check-output"]
crops = standins.photograph_crops()
images, labels = crops.x_train, crops.y_train
print(images.shape, images.dtype, "in the classes", ", ".join(crops.class_names[:4]), "...")

# %% alt="Two rows of ten small square pictures, the crops of photographs with the most contrast, a column for each of the ten classes. At 32 by 32 pixels colours and textures are plain, small things are not."
axes = plt.subplots(2, 10, figsize=(10, 2.5), layout="constrained")[1]
for number, column in enumerate(axes.T):
    most_contrast = sorted(images[labels == number], key=np.std)[-2:]
    for ax, picture in zip(column, most_contrast):
        ax.imshow(picture)
        ax.axis("off")
    column[0].set_title(crops.class_names[number], fontsize=8)

# %% [markdown]
# That is how much a network for CIFAR-10 sees of an aeroplane or a frog. With the archive on your disk,
# `cifar = data.load("cifar10", archive="cifar-10-python.tar.gz")` reads the real ones, and the same lines show them.

# %%
def network(widths=(32, 64, 128), *, synchronized=False):
    inputs = keras.Input((32, 32, 3))
    x = layers.Rescaling(1 / 255)(inputs)
    for filters in widths:  # (batch, 16, 16, 32), (batch, 8, 8, 64), (batch, 4, 4, 128)
        x = layers.Conv2D(filters, 3, strides=2, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization(momentum=0.8, synchronized=synchronized)(x)
        x = layers.ReLU()(x)
    scores = layers.Dense(10, dtype="float32")(layers.GlobalAveragePooling2D()(x))
    return keras.Model(inputs, scores)

# %%
def compiled(model, rate=0.1, *, jit_compile="auto"):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(
        keras.optimizers.SGD(rate), loss, metrics=["accuracy"], jit_compile=jit_compile
    )
    return model

def seconds_a_step(model, batch_size=200, steps=8):
    """Return the seconds of the first step, which compiles, and of each later one."""
    now, times = roofline.clock(), []
    for _ in range(1 + steps):
        start = now()
        model.train_on_batch(images[:batch_size], labels[:batch_size])
        times.append(now() - start)
    return times[0], float(np.median(times[1:]))

# %% [markdown]
# ## What the accelerator waits for
#
# An **accelerator** is a processor made for a network's arithmetic, usually a GPU. A training step on it needs a batch.
# The **input pipeline** fetches the images, shifts and flips them, and hands them over. Here are three pipelines that
# do much the same. The first, *one map per image*, is how it is usually written: a function for one image, mapped over
# the data set.

# %%
def crop_and_flip(image, label):
    image = tf.pad(image, [[2, 2], [2, 2], [0, 0]], "REFLECT")
    image = tf.image.random_crop(image, (32, 32, 3))
    return tf.image.random_flip_left_right(image), label

# %% [markdown]
# The second, *one map per batch*, batches first, and then changes the whole batch with one set of instructions: a
# random row and column for each image, and `gather`.

# %%
def crop_and_flip_all(images, labels):
    count = tf.shape(images)[0]
    padded = tf.pad(images, [[0, 0], [2, 2], [2, 2], [0, 0]], "REFLECT")  # (batch, 36, 36, 3)
    rows, columns = (
        tf.random.uniform([count, 1], 0, 5, tf.int32) + tf.range(32) for _ in range(2)
    )
    mirrored = tf.random.uniform([count, 1]) < 0.5
    columns = tf.where(mirrored, columns[:, ::-1], columns)  # right to left
    return tf.gather(
        tf.gather(padded, rows, axis=1, batch_dims=1), columns, axis=2, batch_dims=1
    ), labels

# %% [markdown]
# The third is the course's own, `data.batches`: plain NumPy on whole batches, which `fit` takes on every
# backend. **Predict first:** how many times faster than the first are the other two? And does each prepare images
# faster than our network trains on them?

# %% name="pipelines"
def pipelines():
    found = {}
    if backend == "tensorflow":
        shuffled = tf.data.Dataset.from_tensor_slices((images, labels)).shuffle(len(images))
        found["one map per image"] = shuffled.map(crop_and_flip).batch(200)
        found["one map per batch"] = shuffled.batch(200).map(crop_and_flip_all)
    else:
        print(
            "The two other pipelines are tf.data's: they are measured on the TensorFlow "
            "backend."
        )
    changes = [augment.shift(2), augment.alternating_flip()]
    return found | {
        "data.batches": data.batches(images, labels, batch_size=200, seed=1, augment=changes)
    }

# %% name="images-a-second"
def images_a_second(batches):
    now, best = roofline.clock(), 0.0
    for _ in range(2):
        start, count = now(), 0
        for some, _ in batches:
            count += len(some)
        best = max(best, count / (now() - start))
    return best

# %% tags=["slow"]
rates = {}
for name, batches in live.track(pipelines().items(), "pipelines"):
    rates[name] = images_a_second(batches)
first, step = seconds_a_step(compiled(network()))
rates["the training step"] = 200 / step

# %% tags=["slow", "timed"] alt="Bars of images per CPU second. The bar of data.batches fills the picture. Those of one map per batch, one map per image and the training step are slivers beside it, the training step's the shortest."
unit = "second" if roofline.on_gpu() else "CPU second"
plots.show_bars(rates, title=f"images per {unit}");

# %% [markdown]
# **Notice** two things:
#
# - For much the same work, the slowest and the fastest pipeline differ tenfold and more. In *one map per image* each
#   image pays for a call of some ten small operations; in the others a whole batch pays once. Those two also differ in
#   the cost of the operations themselves.
# - On a CPU it matters less than it seems, because the step is slower than all of them.
#
# Now imagine an accelerator that takes the step a hundred times faster. Nothing has changed about the images, and
# suddenly the training waits for *them*.
#
# There are two more remedies. **Prefetching**: another thread prepares the next batch while the accelerator works on
# this one, so that the two times don't add up. **Caching**: what is the same in every epoch, such as decoding a PNG
# file, is done in the first and kept. In tf.data they are `.prefetch(tf.data.AUTOTUNE)` and `.cache()`. Below they are
# a few lines of Python. The images are PNG files, in memory; the accelerator is a pause of 30 ms per batch. A pause
# uses no processor, as a step on an accelerator uses none.

# %%
import io
import queue
import threading
from PIL import Image

def as_png(image):
    file = io.BytesIO()
    Image.fromarray(image).save(file, format="png")
    return file.getvalue()

files = [as_png(image) for image in images[:800]]

# %%
def decoded_batches(events):
    for start in range(0, len(files), 100):
        begin = time.perf_counter()
        batch = np.stack([np.asarray(Image.open(io.BytesIO(file)))
                          for file in files[start : start + 100]])
        events.append(("load", begin, time.perf_counter()))
        yield batch

# %%
def prefetched(batches):
    """Prepare the next batch in another thread while the caller uses this one."""
    ready = queue.Queue(maxsize=1)
    def work():
        for batch in batches:
            ready.put(batch)
        ready.put(None)
    threading.Thread(target=work, daemon=True).start()
    while (batch := ready.get()) is not None:
        yield batch

# %%
def epoch_of(batches, events):
    """Take a step of 30 ms per batch; return the seconds of the epoch and what was when."""
    start = time.perf_counter()
    for _ in batches:
        begin = time.perf_counter()
        time.sleep(0.03)
        events.append(("step", begin, time.perf_counter()))
    shown = [(what, begin - start, end - start) for what, begin, end in events]
    return time.perf_counter() - start, shown

# %% tags=["slow"]
timelines, events = {}, []
timelines["in turn"] = epoch_of(decoded_batches(events), events)
events = []
timelines["prefetched"] = epoch_of(prefetched(decoded_batches(events)), events)
kept = list(decoded_batches([]))  # what an epoch before this one would have kept
timelines["cached"] = epoch_of(kept, [])

# %% tags=["slow", "timed"] alt="Three pairs of timelines of eight batches. In turn: load, step, load, step, with gaps in the row of the steps. Prefetched: while a step runs, the next batch is loaded, and the epoch is shorter. Cached: steps follow each other without a gap, and nothing is loaded."
ax = plt.subplots(figsize=(9, 2.9), layout="constrained")[1]
for row, (name, (seconds, shown)) in enumerate(timelines.items()):
    for what, begin, end in shown:
        height = -2.5 * row - (0.9 if what == "step" else 0)
        colour = plots.COLOURS[0 if what == "step" else 4]
        ax.barh(
            height, 1000 * (end - begin), left=1000 * begin, color=colour, edgecolor="white"
        )
places = [place for row in range(3) for place in (-2.5 * row, -2.5 * row - 0.9)]
ax.set_yticks(places, [f"{what}, {name}" for name in timelines for what in ("load", "step")])
ax.set(xlabel="milliseconds");

# %% tags=["slow", "nbval-ignore-output"]
for name, (seconds, shown) in timelines.items():
    print(f"{name:10} {1000 * seconds:4.0f} ms for {len(files)} images")

# %% [markdown]
# Prefetching hides the shorter of the two times behind the longer. Caching removes one of them, but only for what does
# not change: augmentation must be drawn again in every epoch, so it comes after the cache.

# %% [markdown] exercise="16.1"
# ### Exercise 16.1 · Who waits for whom? (8 min, 2 points)
#
# **Input:** the `batch_size`, the seconds `load` in which one worker prepares a batch, the seconds `step` of the
# training step, and the number of `workers` that prepare batches while the accelerator works. With 0 workers the
# training prepares each batch itself, in turn with the step. Several workers prepare several batches at a time, each of
# them one batch in `load` seconds. **Output:** a tuple (images per second in the long run, the share of the time in
# which the accelerator idles).

# %% tags=["exercise"] exercise="16.1"
def throughput(batch_size, load, step, workers):
    """Return images per second, and the share of the time in which the accelerator idles."""
    ### BEGIN SOLUTION
    if workers == 0:
        period = load + step
    else:
        period = max(load / workers, step)
    return batch_size / period, 1 - step / period
    ### END SOLUTION


# %% tags=["check"] exercise="16.1"
check("16.1", throughput);

# %% [markdown]
# Here are the numbers measured above, with one worker that prefetches, and with a made-up accelerator that takes the
# step 100 times faster:

# %% tags=["slow", "nbval-ignore-output"]
for name in rates:
    if name != "the training step":
        period = max(200 / rates[name], step / 100)
        print(
            f"{name:17} {200 / period:9,.0f} images per second, idle "
            f"{100 - step / period:3.0f} % of the time"
        )

# %% [markdown]
# That is the answer to the question at the top. The step takes a hundredth of the time, but images come no faster than
# the pipeline prepares them. Compare *one map per image* with the training step in the bars above: with this pipeline
# the training becomes only a few times faster, and the accelerator idles nearly all the time. A faster machine speeds
# up what it computes; the rest stays as it was (Gene Amdahl, 1967).
#
# It is the same on a real accelerator. On one NVIDIA H200 (Keras 3.15.1 on JAX, a few runs), an epoch of the course's
# longest recipe for CIFAR-10 took 0.8 to 0.9 s in float32 with `data.batches`. Its arithmetic takes less than 0.5 s on
# such a card. The rest was spent on the images, which NumPy prepares, and on one Python call per step.
#
# So the course has a fourth way, `training.fit(model, batches)`. It copies the images to the accelerator once, as
# bytes. Per step, only a few integers per image cross: its number, and what was drawn for its shift and flip. The
# images are gathered and changed inside the compiled step, and on JAX many steps are one call. They are the images of
# `data.batches`, to the bit:

# %% tags=["nbval-check-output"]
changes = [augment.shift(2), augment.alternating_flip()]
batches = data.batches(images, labels, batch_size=200, seed=1, augment=changes)
rows = training.Rows(batches, 1)
made, _ = rows.examples(
    keras.ops.convert_to_tensor(images), keras.ops.convert_to_tensor(labels), rows[0][0][:, 0]
)
print("the same images:", np.array_equal(keras.ops.convert_to_numpy(made), batches[0][0]))
print(
    f"bytes per image that cross: {rows[0][0].nbytes // 200} instead of {images[0].nbytes:,}"
)

# %% [markdown]
# What that is worth was measured on the same kind of card, with the network of a published record (airbench94, K.
# Jordan 2024) in 16 bits. **Predict first:** the stored rows begin with plain arrays, which nobody shifts or flips. How
# close to them does each way come?

# %% tags=["nbval-check-output"]
gpu = data.stored("gpu")
print(gpu["about"]["software"], "on an", gpu["about"]["hardware"])
for row in gpu["rows"]:
    if row["part"] == "input paths":
        print(f"{row['path']:33} {row['images_per_second']:9,} images per second")

# %% [markdown]
# With the images on the device, augmentation costs next to nothing there, and the accelerator no longer waits.

# %% [markdown]
# ## Two limits: the roofline
#
# How fast *could* the step be? A processor has two limits: its **peak**, the floating-point operations (FLOP: a
# multiplication or an addition) that it can do in a second, and the **bandwidth** of its memory, the bytes that it can
# move in a second. Peak over bandwidth is the **ridge**: the device must do at least this many FLOP per byte, or the
# memory cannot keep up. We measure both: a large matrix product is nothing but arithmetic, and copying an array nothing
# but moving.

# %% tags=["slow"]
machine = roofline.measure()

# %% tags=["slow", "nbval-ignore-output"]
print(f"peak      {machine.peak / 1e9:6.1f} GFLOP per second")
print(f"bandwidth {machine.bandwidth / 1e9:6.1f} GB per second, by {machine.clock}")
print(f"ridge     {machine.ridge:6.1f} FLOP per byte")

# %% [markdown]
# On a CPU these are the figures of *one core*, since we count CPU seconds. A computation that does few operations for
# each byte waits for the memory, whatever the peak. Its **arithmetic intensity** is operations over bytes moved. A
# layer reads its input and its weights, and writes its output, each value 4 bytes; a MAC is two operations. What it can
# reach is the lower of peak and intensity × bandwidth. Drawn on logarithmic axes, that is a roof: it rises with the
# intensity up to the ridge, and is flat beyond.

# %% [markdown] exercise="16.2"
# ### Exercise 16.2 · Under the roof (8 min, 2 points)
#
# **Input:** the `macs` of a layer, the number of float32 `values` that it reads and writes, the machine's `peak` in
# FLOP per second and its `bandwidth` in bytes per second. **Output:** a tuple (the most FLOP per second that the layer
# can reach, what binds it: `"compute"` or `"memory"`). No layer is exactly on the ridge.

# %% tags=["exercise"] exercise="16.2"
def attainable(macs, values, peak, bandwidth):
    """Return the highest speed of a layer, and what limits it."""
    ### BEGIN SOLUTION
    intensity = 2 * macs / (4 * values)  # FLOP per byte
    bound = "memory" if intensity * bandwidth < peak else "compute"
    return min(peak, intensity * bandwidth), bound
    ### END SOLUTION


# %% tags=["check"] exercise="16.2"
check("16.2", attainable);

# %% [markdown]
# The accountant of chapter 09 knows the MACs and the values of every layer. **Predict first:** which layers of our
# network, with a batch of 200 images, do fewer FLOP per byte than the ridge, and so lie to the left of it?

# %% tags=["nbval-check-output"]
works = roofline.works(network(), batch_size=200)
for work in works:
    counts = f"{work.operations / 1e6:8.1f} MFLOP {work.moved / 1e6:6.1f} MB"
    print(f"{work.kind:23} {counts}: {work.intensity:6.2f} FLOP per byte")

# %% tags=["slow", "timed", "cover"] alt="A roofline on logarithmic axes: attainable speed rises with intensity and is flat beyond the ridge. Pooling, rescaling, batch normalisation and ReLU stand far left on the slope; the dense layer stands near the ridge, the convolutions right of it under the flat roof. A cross below the roof marks the measured training step."
ax = plt.subplots(figsize=(8, 3.6), layout="constrained")[1]
intensity = np.logspace(-2, 2.5, 100)
ax.plot(intensity, [machine.attainable(one) / 1e9 for one in intensity], color="0.4")
# some stand on others: ever smaller dots
for index, kind in enumerate(sorted({work.kind for work in works})):
    x = [work.intensity for work in works if work.kind == kind]
    y = [machine.attainable(one) / 1e9 for one in x]
    ax.scatter(x, y, s=120 - 18 * index, color=plots.COLOURS[index], label=kind, zorder=3)
done, moved = (
    3 * sum(getattr(work, what) for work in works) for what in ("operations", "moved")
)
ax.scatter(
    done / moved,
    done / step / 1e9,
    marker="x",
    color="black",
    label="the whole step, measured",
)
ax.set(xscale="log", yscale="log", xlabel="FLOP per byte", ylabel="GFLOP per second")
ax.legend(fontsize=8)
ax.grid(alpha=0.3);

# %% [markdown]
# In the code, the factor 3 is there because the backward pass of a layer costs about twice the forward pass: once for
# the gradient of its input and once for that of its weights.
#
# The dots are computed: each shows what its layer could reach at most. Only the cross is measured, and it is below the
# roof, because a step is made of layers from both sides of the ridge, and none is perfect.
#
# **Notice** who lies left of the ridge: rescaling, batch normalisation, ReLU and pooling. The convolutions lie to its
# right. ReLU and batch normalisation compute nearly nothing and still take time: they move every value for an operation
# or two. Buying a faster processor does not help them; moving less does. There are two ways: make each value smaller,
# or don't put it back into memory in between. They are the next two sections.

# %% [markdown]
# ## Half the bits
#
# A float32 has a bit for the sign, 8 for the exponent and 23 for the digits. The digits are binary, and a leading 1 is
# implied, which makes 24. Ten binary digits are about three decimal ones. Two formats have 16 bits in all:
#
# - **float16** has more digits, 11, and a small exponent of 5 bits. With all its digits it reaches from 2⁻¹⁴, about
#   0.00006, to 65,504. Below that it has fewer and fewer digits, down to 2⁻²⁴, about 0.00000006.
# - **bfloat16** has float32's whole exponent, 2⁻¹²⁶ to 2¹²⁷, and 8 digits.
#
# **Predict first:** which of the numbers 1.001, 70,000, 10⁻⁴, 10⁻⁷ and 10⁻⁸ survive in each, and which only roughly?

# %% tags=["nbval-check-output"]
print("float32      float16      bfloat16")
with np.errstate(over="ignore"):
    for number in (1.001, 70_000, 1e-4, 1e-7, 1e-8):
        halves = [
            float(np.float32(number).astype(kind)) for kind in (np.float16, ml_dtypes.bfloat16)
        ]
        print(f"{number:<12g} {halves[0]:<12.6g} {halves[1]:<12.6g}")

# %% tags=["nbval-check-output"]
for kind in (np.float16, ml_dtypes.bfloat16, np.float32):
    info = ml_dtypes.finfo(kind)
    largest, smallest, gap = float(info.max), float(info.smallest_subnormal), float(info.eps)
    print(
        f"{np.dtype(kind).name:9} from {smallest:.1g} to {largest:.3g}; the next after 1 is 1 "
        f"+ {gap:.1g}"
    )

# %% [markdown]
# **Notice** that float16 is the more exact one, within a small range: above 65,504 it has infinity, below 6 · 10⁻⁸ it
# rounds to 0 or to that number. bfloat16 has the range of float32 and about two and a half decimal digits.
#
# **Mixed precision** (Micikevicius and others, 2018) uses both kinds: the layers compute in 16 bits. That halves the
# bytes and lets **tensor cores** work, units of a GPU that multiply small matrices of numbers with few digits, such as
# 16-bit ones. The weights stay float32, because a step adds a small number to a large one. So do our network's scores
# (`dtype="float32"`), for the softmax's sake. Keras calls such a choice a **policy**:

# %% tags=["nbval-check-output"]
for kind in (np.float16, np.float32):
    print(f"1 + 0.0002 in {np.dtype(kind).name}: {kind(1) + kind(0.0002):.6f}")
policy = keras.dtype_policies.DTypePolicy("mixed_float16")
print("computes in", policy.compute_dtype, "and keeps its weights in", policy.variable_dtype)

# %% [markdown]
# ### Why the loss is scaled
#
# In float16 a weight of 1 loses a change of 0.0002. Gradients are worse off: they are small all over. Here are those of
# our network, of the mean loss of 200 images with respect to their pixels (0–1); the backward pass has to carry numbers
# of this size through all layers.

# %% name="gradients" tags=["slow"]
model = network()
truth = keras.ops.convert_to_tensor(labels[:200])

def losses(pixels):
    scores = model(255 * pixels)
    return keras.losses.sparse_categorical_crossentropy(truth, scores, from_logits=True) / 200

_, slopes = gradients.input_gradient(losses)(images[:200].astype("float32") / 255)
sizes = np.abs(slopes[slopes != 0])

# %% tags=["slow"] alt="Two histograms of gradient sizes on a logarithmic axis, with float16's range shaded. As they are, most gradients lie about a millionth, and a tail reaches below the range's lower edge. Times 32,768 all lie well inside."
ax = plt.subplots(figsize=(8, 2.8), layout="constrained")[1]
bins = np.logspace(-12, 5, 100)
ax.axvspan(2.0**-24, 65_504, color="0.9", label="what float16 can hold")
ax.axvspan(2.0**-14, 65_504, color="0.8", label="... with all its digits")
ax.hist(sizes, bins, color=plots.COLOURS[1], alpha=0.8, label="gradients")
ax.hist(sizes * 2**15, bins, color=plots.COLOURS[0], alpha=0.8, label="times 32,768")
ax.set(xscale="log", xlabel="size", ylabel="how many")
ax.legend(fontsize=8);

# %% tags=["slow", "nbval-check-output"]
print("float16 loses digits of more than half of them:", bool(np.mean(sizes < 2.0**-14) > 0.5))
print(
    "scaled, of fewer than one in a hundred:", bool(np.mean(sizes * 2**15 < 2.0**-14) < 0.01)
)

# %% [markdown]
# The remedy is simple. Multiply the *loss* by a large number, and by the chain rule every gradient is multiplied too;
# divide by the number again in float32, before the step. What number? One too small rescues little, one too large makes
# infinities. Keras's `LossScaleOptimizer`, which `mixed_float16` puts around yours without asking, finds it while
# training: it starts at 32,768, skips any step with an infinity and halves the number, and doubles it after 2,000 good
# steps. bfloat16 has float32's range, and needs none of this.

# %% [markdown] exercise="16.3"
# ### Exercise 16.3 · Through sixteen bits (10 min, 3 points)
#
# **Input:** float32 `gradients` (n,) as they would be without scaling, and a whole number `scale`. Send them through
# float16: scaled, converted to float16, converted back to float32, and divided by the scale. **Output:** a tuple (the
# gradients that arrive, an array (n,); whether the step is skipped, `True` or `False`). If any scaled gradient is not
# finite in float16, the step is skipped, and n zeros arrive.

# %% tags=["exercise"] exercise="16.3"
def through_float16(gradients, scale):
    """Return the gradients that arrive through float16, and whether the step is skipped."""
    ### BEGIN SOLUTION
    with np.errstate(over="ignore"):  # an overflow is no surprise here
        scaled = (gradients * scale).astype(np.float16)
    if not np.isfinite(scaled).all():
        return np.zeros(len(gradients)), True
    return scaled.astype(np.float32) / scale, False
    ### END SOLUTION


# %% tags=["check"] exercise="16.3"
check("16.3", through_float16);

# %% [markdown]
# Does it pay? **Predict first:** what will each policy cost on your processor, compared with float32? (See the device
# report.) Three steps of our network with each:

# %% name="policies"
def with_policy(name):
    keras.config.set_dtype_policy(name)
    try:
        return compiled(network())
    finally:
        keras.config.set_dtype_policy("float32")

# %% tags=["slow"]
policies = {}
for name in live.track(("float32", "mixed_float16", "mixed_bfloat16"), "policies"):
    policies[name] = seconds_a_step(with_policy(name), 64, 3)[1]

# %% tags=["slow", "nbval-ignore-output"]
for name, seconds in policies.items():
    print(
        f"{name:15} {1000 * seconds:6.1f} ms per step, {seconds / policies['float32']:.1f} "
        "times float32's"
    )

# %% [markdown]
# **Notice** that it depends on the processor *and* on the library:
#
# - A CPU whose features in the device report end in `_bf16` has instructions for bfloat16: there bfloat16 takes about
#   as long as float32, or less. TensorFlow uses no such instructions for float16, which takes several times as long.
# - A CPU without them converts every number there and back, and both formats are slower than float32.
# - On the JAX backend neither was slower than float32, on either kind of CPU.
# - A GPU with tensor cores is built for few digits. On one NVIDIA H200 an epoch of airbench94's network (below), in
#   batches of 2,000, took 0.30 s in float32 and 0.18 s in bfloat16 (Keras 3.15.1 on JAX). There float32 uses the tensor
#   cores, too: they round the factors to 11 binary digits (*TF32*) and add up in float32.
#
# Never believe a speed-up that you haven't measured.

# %% [markdown]
# ## Fewer trips to memory: XLA
#
# Once mean and variance are known, batch normalisation and ReLU together compute `relu(x · a + b)`. (In training, x is
# read once more, first, to find them.) One operation at a time, all values are read and written three times. A compiler
# such as **XLA** sees all three operations and turns them into one loop: read x, do all three, write the result.
# It **fuses** them.

# %% tags=["nbval-check-output"]
for name, trips in (("one by one", 3), ("fused", 1)):
    print(
        f"{name:10} {3 / (trips * 2 * 4):.3f} FLOP per byte, {trips * 2 * 4} bytes moved per "
        "value"
    )

# %% [markdown]
# Three times the intensity, so up to three times the speed, if the memory is what binds. Matrix products and
# convolutions gain little, since they have libraries of their own. And compiling takes time, again for every new shape
# of the input. In Keras one option turns it on: `compile(jit_compile=True)` (jit: just in time, when the code is first
# needed). **Predict first:** our network has three convolutions, three batch normalisations and three ReLUs. Does it
# pay here?

# %% name="xla" tags=["slow"]
if backend == "tensorflow":
    compilers = {}
    for on in live.track((False, True), "compilers"):
        compilers[on] = seconds_a_step(compiled(network(), jit_compile=on), 64, 3)
else:
    print(
        f"On the {backend} backend everything is compiled by XLA: there is nothing to compare."
    )
    compilers = {True: seconds_a_step(compiled(network()), 64, 3)}

# %% tags=["slow", "nbval-ignore-output"]
for on, (first_step, later_step) in compilers.items():
    print(
        f"XLA {'on ' if on else 'off'}: first step {first_step:5.2f} s, later steps "
        f"{1000 * later_step:5.1f} ms"
    )

# %% [markdown]
# **Notice** the first step with XLA on: that is the compiler. With XLA off the first step is slower than later ones,
# too: TensorFlow first makes a graph of all the operations. Compare the later steps. For this small network XLA may be
# ahead on a CPU or behind: it gains by fusing, and loses because it does not use oneDNN's convolutions. If they are
# shorter with XLA, count how many it takes until the compiler's seconds are earned back; if they are longer, they never
# are. For other networks XLA loses much: the device report speaks of some that took 3 to 9 times longer. So on the CPU
# Keras's `"auto"` leaves XLA off, and on a GPU it turns it on. JAX has no other way: all its code goes through XLA.

# %% [markdown]
# ## Batch size and learning rate
#
# A large batch keeps a fast machine busy: its layers have a higher intensity, and the fixed cost of a step is paid less
# often. But in the same number of epochs it takes fewer steps. If one step of the large batch replaces k small ones, it
# should go k times as far. It does not by itself: the gradient is a mean over the batch, and no longer for many images
# than for few. Hence the **linear scaling rule** (Goyal and others, 2017): k times the batch, k times the rate. At the
# start that is too much for weights that know nothing yet, so the rate **warms up**. Warm-ups differ in where they
# start. That of exercise 9.4 starts one part above 0; the one below starts at 0, so its very first step changes
# nothing.

# %% [markdown] exercise="16.4"
# ### Exercise 16.4 · k times the batch (10 min, 3 points)
#
# A recipe works well with batches of `batch_size` and the `rate`. You make the batch `k` times as large. **Input:** the
# `step` (from 0, less than the number of steps), the number of `images`, `batch_size`, `rate` and `k`. **Output:** a
# tuple (steps of one epoch, the last, smaller batch counted; the rate at `step`). By linear scaling the peak is k ·
# rate. The rate rises on a straight line from 0 at step 0 to the peak after a fifth of the steps (steps / 5, not
# rounded), and then falls on a straight line to 0 at step number `steps`.

# %% tags=["exercise"] exercise="16.4"
def larger_batch(step, images, batch_size, rate, k):
    """Return an epoch's steps with k times the batch, and the one-cycle rate at a step."""
    ### BEGIN SOLUTION
    steps = int(np.ceil(images / (k * batch_size)))
    peak, top = k * rate, steps / 5
    if step < top:
        return steps, peak * step / top
    return steps, peak * (steps - step) / (steps - top)
    ### END SOLUTION


# %% tags=["check"] exercise="16.4"
check("16.4", larger_batch);

# %% [markdown]
# Such a rate, up and down again, is called **one-cycle** (Smith and Topin, 2018); here it is `training.Triangular`. Now
# measure: a small network, 12,000 digits of half the size, two epochs of plain gradient descent. The base is a batch of
# 40 with rate 0.1. The others are a batch of 320 (k = 8) with the old rate, with 8 times the rate, and with that as the
# peak of one cycle; and a batch of 2,000 (k = 50), with 50 times the rate as the peak of one cycle. **Predict first:**
# which of them keep its accuracy? (In the code `-(-a // b)` is a / b, rounded up.)

# %% name="batch-sizes"
mnist = data.load("mnist")
# (…, 14, 14, 1)
small, small_val = mnist.x_train[:12_000, ::2, ::2], mnist.x_train[-5000:, ::2, ::2]

def accuracy_with(batch_size, rate):
    inputs = keras.Input((14, 14, 1))
    x = layers.Rescaling(1 / 255)(inputs)
    for filters in (16, 32):
        x = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(x)
    model = compiled(keras.Model(inputs, layers.Dense(10)(layers.Flatten()(x))), rate)
    callbacks = [live.progress(f"batches of {batch_size}")]
    model.fit(small, mnist.y_train[:12_000], batch_size=batch_size, epochs=2, verbose=0,
              callbacks=callbacks)
    return float(
        np.mean(
            model.predict(small_val, batch_size=500, verbose=0).argmax(1)
            == mnist.y_train[-5000:]
        )
    )

# %% name="batch-runs"
def triangle(k):
    return training.Triangular(0.1 * k, 2 * -(-12_000 // (40 * k)), warm_up=0.2)

runs = {
    "batch 40, rate 0.1": (40, 0.1),
    "batch 320, rate 0.1": (320, 0.1),
    "batch 320, rate 0.8": (320, 0.8),
    "batch 320, 0.8 with warm-up, one cycle": (320, triangle(8)),
    "batch 2,000, 5.0 with warm-up, one cycle": (2000, triangle(50)),
}

# %% tags=["slow"]
reached = {}
for name, (batch_size, rate) in runs.items():
    keras.utils.set_random_seed(1)
    reached[name] = accuracy_with(batch_size, rate)

# %% tags=["slow"] alt="Bars of validation accuracy in per cent. Batch 40 with rate 0.1 is at about 92. Batch 320 with the same rate is far behind, with 0.8 nearly there, and with warm-up and one cycle level again. Batch 2,000 with rate 5 has learned nothing, 10 per cent."
plots.show_bars(
    {name: 100 * share for name, share in reached.items()},
    title="digits read, %",
    form="{:.1f}",
);

# %% tags=["slow", "nbval-check-output"]
base, same, linear, warm, huge = reached.values()
print("eight times the batch at the old rate loses at least 10 points:", base - same >= 0.10)
print("at eight times the rate it loses at most 5:", base - linear <= 0.05)
print("and with warm-up and decay at most 2:", base - warm <= 0.02)
print("fifty times the batch, scaled the same way, learns next to nothing:", huge < 0.5)

# %% [markdown]
# **Notice** the last one. The rule holds while k small steps point roughly the same way; at a rate of 5 a step jumps
# out of the valley. And two epochs are only 12 steps of 2,000 images. On ImageNet it held up to batches of 8,192
# images, with ResNet-50 (Goyal and others). Every problem has such a limit, and past it more devices need other
# methods.
#
# The runs with one cycle differ from the base in two things, the batch and the schedule. A test of the course repeats
# all of them with three seeds.

# %% [markdown]
# ## MNIST in a hurry
#
# The pieces together: bytes in memory, whole batches, a network that does little work at full size, smoothed labels
# (chapter 07), and a one-cycle rate with a high peak. One pass over the first 15,000 digits:

# %% name="digits-network"
def digits_network():
    inputs = keras.Input((28, 28, 1))
    x = layers.Rescaling(1 / 255)(inputs)
    # 14×14×16, 7×7×32, 7×7×64
    for filters, size, strides in ((16, 5, 2), (32, 3, 2), (64, 3, 1)):
        x = layers.Conv2D(filters, size, strides=strides, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.8)(x))
    return keras.Model(inputs, layers.Dense(10)(layers.Flatten()(x)))

# %% name="digits-run"
def train_digits(count, *, seed=1):
    keras.utils.set_random_seed(seed)
    model, smooth = (
        digits_network(),
        keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
    )
    rate = training.Triangular(0.02, count // 100)
    model.compile(keras.optimizers.Adam(rate), smooth, metrics=["accuracy"])
    targets = keras.utils.to_categorical(mnist.y_train[:count])
    batches = data.batches(mnist.x_train[:count], targets, batch_size=100, seed=seed)
    model.fit(batches, verbose=0, callbacks=[live.progress("digits")])
    return model

# %% tags=["slow"]
start = time.process_time()
digits = train_digits(training.by_budget(quick=15_000, full=60_000))
seconds = time.process_time() - start

# %% tags=["slow", "nbval-check-output"]
share = np.mean(
    digits.predict(mnist.x_test, batch_size=500, verbose=0).argmax(1) == mnist.y_test
)
print(
    "it reads at least 96.5 % of the test digits after a quarter of an epoch:",
    bool(share >= 0.965),
)

# %% tags=["slow", "nbval-ignore-output"]
print(f"{100 * share:.2f} % in {seconds:.1f} CPU seconds")

# %% [markdown]
# With `WORKBOOK_BUDGET=full` in the environment it trains on all 60,000 once. The command `workbook train mnist` does
# that, too, and longer recipes. It saves the network, its history and the conditions of the run, and continues a run
# that was interrupted.

# %% [markdown]
# ## Then CIFAR-10
#
# Digits are easy. Photographs of 32 × 32 pixels need a larger network and more epochs. First a rehearsal, in two epochs
# on the crops: 50 steps. Does it learn at all, and what will the real run cost? Ask these two questions before you
# start a long run.

# %% name="rehearsal"
def rehearse(*, seed=1):
    keras.utils.set_random_seed(seed)
    changes = [augment.shift(2), augment.alternating_flip()]
    batches = data.batches(images, labels, batch_size=200, seed=seed, augment=changes)
    model = compiled(network(), training.Triangular(0.4, 2 * len(batches)))
    now = roofline.clock()
    start = now()
    history = model.fit(batches, epochs=2, verbose=0, callbacks=[live.progress("rehearsal")])
    return history.history["loss"], now() - start

# %% tags=["slow"]
rehearsal, spent = rehearse()

# %% tags=["slow", "nbval-check-output"]
print("the loss falls from the first epoch to the second:", rehearsal[1] < rehearsal[0])
print("and lies below ln 10, that of guessing:", bool(rehearsal[1] < np.log(10)))

# %% tags=["slow", "nbval-ignore-output"]
print(f"loss {rehearsal[0]:.2f}, then {rehearsal[1]:.2f}; {spent:.1f} {unit}s with compiling")
print(
    "at this rate an epoch of CIFAR-10 takes at most "
    f"{50_000 / (2 * len(images)) * spent:.0f} "
    f"{unit}s for this small network: compiling is paid only once"
)

# %% [markdown]
# The course's recipe for CIFAR-10 follows K. Jordan's (2024). It has
#
# - a first layer that **whitens**: its kernels are computed from the images' own statistics, so that its outputs are
#   uncorrelated and of equal variance, and they are not trained;
# - orthogonalised steps, **Muon**: a kernel's step is turned into one that goes equally far in all directions;
# - the pieces above.
#
# You need not follow it in detail. It takes from minutes to an hour, so it runs only if you ask for it: start the
# notebook with `WORKBOOK_BUDGET=full`, or type `workbook train cifar10`.

# %% tags=["slow", "nbval-ignore-output"]
if training.budget() == "full":
    from pathlib import Path
    from workbook.training import recipes, run
    result = run.train(recipes.recipe("cifar10"), seed=1, out=Path("cifar10-run"))
    print(
        f"{100 * result.accuracy:.2f} % of {result.n:,} test images in "
        f"{result.cpu_seconds:.0f} CPU seconds"
    )
    print(result.source)
else:
    print("The long run is left out; WORKBOOK_BUDGET=full asks for it.")

# %% [markdown]
# What do the recipes reach? `workbook bench train` runs all of them, each in a process of its own, and prints a table.
# Here is what such runs stored, on two cores. A training has a seed of its own; for the movie reviews it has a fold, a
# tenth of the data that is left out for the test. *small* is MNIST with fewer than 5,000 parameters. **Predict first:**
# the longest recipe does nearly seventy times the arithmetic of the shortest for CIFAR-10. How many points more?

# %% name="stored-runs" tags=["nbval-check-output"]
from workbook.tables import Table

runs, rows = data.stored("training"), []
for row in runs["rows"]:
    if row["onednn"] == "on" and row["name"] != "anchor":
        shares, seconds = (
            np.array([run[key] for run in row["runs"]]) for key in ("accuracy", "cpu_seconds")
        )
        percent = f"{100 * shares.mean():.2f}", f"{100 * shares.min():.2f}"
        rows.append((row["name"], *percent, len(shares), f"{seconds.mean():,.0f}"))
print(*f"{runs['about']['hardware']}; {runs['about']['date']}".split("; "), sep="\n")
Table(("recipe", "% of the test examples", "lowest", "trainings", "CPU seconds each"), rows)

# %% name="curve" alt="Accuracy on CIFAR-10 against the floating-point operations of the training, on a logarithmic axis. The course's recipes rise from 80 percent at five trillion operations to above 91 at 340 trillion; the published ones lie higher, from 94 percent at about 300 trillion to 96 at 32,000 trillion."
ax = plt.subplots(figsize=(7, 3.4), layout="constrained")[1]
for name, flops, accuracy in runs["curve"]:
    is_published = "published" in name
    rise = 6 if "muon" in name or accuracy >= 0.96 else -12  # so that no name covers another
    ax.semilogx(
        flops,
        100 * accuracy,
        "s" if is_published else "o",
        color=plots.COLOURS[0 if is_published else 1],
    )
    where = {"xytext": (0, rise), "textcoords": "offset points", "ha": "center", "fontsize": 8}
    ax.annotate(name.removesuffix(" (published)"), (flops, 100 * accuracy), **where)
ax.plot([], [], "o", color=plots.COLOURS[1], label="this course, measured on CPUs")
ax.plot([], [], "s", color=plots.COLOURS[0], label="K. Jordan, published, on a GPU")
ax.set(
    xlabel="FLOP of the whole training", ylabel="right, % of the test images", ylim=(78, 98)
)
ax.margins(x=0.12)
ax.legend(loc="lower right");

# %% [markdown]
# **Notice** the slope. Between the shortest recipe and the longest lie nearly seventy times the arithmetic and eleven
# points: about two for each doubling at first, from *half* to *full* hardly more than one.
#
# The published recipes lie higher: 94 % for no more arithmetic than our longest run. The difference is in the images.
# The copies that we measured on were stored as JPEG, which keeps colour at half the resolution and drops faint detail.
# So K. Jordan's own program was run on these copies, too, and our recipes beside it on the same card. The seconds are
# of one training and its test, without compiling:

# %% tags=["nbval-check-output"]
for row in gpu["rows"]:
    if row["part"] in ("reference", "airbench94 settings", "cifar10 full"):
        right = 100 * np.array([run["accuracy"] for run in row["runs"]])
        seconds = np.mean([run["seconds"] for run in row["runs"]])
        print(
            f"{row['training']:37} {row.get('precision', ''):8} n = {row['n']:2}: "
            f"{right.mean():.2f} ± {right.std(ddof=1):.2f} %, {seconds:.2f} s"
        )

# %% [markdown]
# On the same images and with the same settings, a Keras model is as accurate as the record program. In bfloat16 it is
# as fast as that program without its `torch.compile` (*eager*), which was left out because compiling took over three
# minutes; with it, the program may be faster. Our longest recipe is half a point ahead of both, and slower.

# %% [markdown]
# ## Data parallelism by hand
#
# When one device is as busy as it can be, take several. The usual way is **data parallelism**: every device holds the
# same weights and reads its share of the batch; the gradients are averaged, and all take the same step. Is that the
# step that one device would have taken? The loss is a mean over images, and the gradient of a mean is the mean of the
# gradients. We check it with the smallest classifier, one dense layer and a softmax. For softmax with cross-entropy,
# the derivative of the loss with respect to the scores is the probabilities minus the truth, 1 for the true class and 0
# for the others; the chain rule carries it to the weights.

# %%
def gradient(weights, pixels, truth):
    """Return the gradient (196, 10) of the mean cross-entropy."""
    scores = pixels @ weights
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    probabilities = powers / powers.sum(axis=1, keepdims=True)
    return pixels.T @ (probabilities - np.eye(10)[truth]) / len(pixels)

# %% tags=["nbval-check-output"]
rng = np.random.default_rng(16)
weights = rng.normal(0, 0.1, (196, 10))
pixels, truth = small[:100].reshape(100, 196) / 255, mnist.y_train[:100]
one_device = gradient(weights, pixels, truth)
first_half, second_half = (
    gradient(weights, pixels[:50], truth[:50]),
    gradient(weights, pixels[50:], truth[50:]),
)
print(
    "the mean of two devices is the gradient of one:",
    np.allclose((first_half + second_half) / 2, one_device),
)

# %% [markdown]
# Now the end of an epoch: 70 images are left over, and the first device takes 64 of them. **Predict first:** is the
# plain mean still right?

# %% tags=["nbval-check-output"]
whole = gradient(weights, pixels[:70], truth[:70])
shares = np.array(
    [
        gradient(weights, pixels[:64], truth[:64]),
        gradient(weights, pixels[64:70], truth[64:70]),
    ]
)
off = np.linalg.norm(shares.mean(axis=0) - whole) / np.linalg.norm(whole)
print(f"the plain mean is off by {100 * off:.0f} % of the gradient's length")

# %% [markdown]
# The six images of the second device count as much as the 64 of the first: one of them for more than ten of the others.

# %% [markdown] exercise="16.5"
# ### Exercise 16.5 · One gradient from many (6 min, 2 points)
#
# **Input:** `gradients` (devices, weights), each row the *mean* gradient over that device's images, and `counts`
# (devices,), how many images each had. **Output:** the mean gradient over all images (weights,).

# %% tags=["exercise"] exercise="16.5"
def whole_gradient(gradients, counts):
    """Return the mean gradient over all images of all devices."""
    ### BEGIN SOLUTION
    return counts @ gradients / counts.sum()
    ### END SOLUTION


# %% tags=["check"] exercise="16.5"
check("16.5", whole_gradient);

# %% tags=["nbval-check-output"]
weighted = (64 * shares[0] + 6 * shares[1]) / 70
print("weighted, it is the gradient of one device again:", np.allclose(weighted, whole))

# %% [markdown]
# Frameworks differ here. Keras adds up each device's losses divided by the images of the *whole* batch, which is the
# same. The simplest way is to drop the last, uneven batch while training.

# %% [markdown]
# ## Batch normalisation across devices
#
# One layer does not treat each image by itself: batch normalisation takes mean and variance over the batch (chapter
# 07). If every device takes them over its own share, the network computes something else than on one device, and the
# smaller the shares, the noisier. Here is one channel of 32 images, one value each, shared by two and by eight devices.
# The dashed lines are the whole batch's mean, and the mean plus and minus its standard deviation:

# %% alt="Two charts of the mean and the spread that each device finds for its share of 32 values, against dashed lines, those of the whole batch. Two devices with 16 each lie near the lines. Eight devices with 4 each scatter widely around them, and most find too small a spread."
channel = rng.normal(1, 2, 32)
axes = plt.subplots(1, 2, figsize=(9, 2.6), layout="constrained", sharey=True)[1]
for ax, devices in zip(axes, (2, 8)):
    parts = channel.reshape(devices, -1)
    ax.errorbar(
        np.arange(1, devices + 1),
        parts.mean(axis=1),
        parts.std(axis=1),
        fmt="o",
        color=plots.COLOURS[0],
    )
    for line in (
        channel.mean() - channel.std(),
        channel.mean(),
        channel.mean() + channel.std(),
    ):
        ax.axhline(line, color="0.5", linestyle="--")
    ax.set(title=f"{devices} devices, {32 // devices} images each", xlabel="device")
    ax.set(xticks=range(1, devices + 1), xlim=(0.5, devices + 0.5))
axes[0].set_ylabel("mean ± standard deviation");

# %% [markdown]
# The remedy: let the devices exchange their statistics. Two numbers per channel are enough, but the variance of the
# whole batch is not the mean of the variances: the devices' means differ, too.

# %% [markdown] exercise="16.6"
# ### Exercise 16.6 · One batch norm from many (8 min, 2 points)
#
# **Input:** `means` and `variances` (devices, channels), each device's statistics over its share; the shares are equal,
# and a variance is the mean squared distance from the mean. **Output:** a tuple (means, variances) of the whole batch,
# each (channels,).

# %% tags=["exercise"] exercise="16.6"
def global_statistics(means, variances):
    """Return the statistics of the whole batch."""
    ### BEGIN SOLUTION
    mean = means.mean(axis=0)
    variance = (variances + means**2).mean(axis=0) - mean**2  # E[x²] − E[x]²
    return mean, variance
    ### END SOLUTION


# %% tags=["check"] exercise="16.6"
check("16.6", global_statistics);

# %% [markdown]
# ## Several devices in Keras
#
# Now let Keras do it. In the first cell we told the backend that this processor is two devices; no time is won, but the
# arithmetic is that of two GPUs. The same five steps, from the same first weights, on one device and on two. Two
# devices run twice, once with each device's own statistics in batch normalisation, once with statistics exchanged. Each
# number is Keras's mean of the losses so far. **Predict first:** which of the three rows of losses will agree?

# %% name="devices"
class Losses(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.seen = []
    def on_train_batch_end(self, batch, logs=None):
        self.seen.append(logs["loss"])

def five_losses(scope, *, synchronized=False):
    keras.utils.set_random_seed(1)
    with scope:
        jit_compile = False if backend == "tensorflow" else "auto"
        model, watch = (
            compiled(network(synchronized=synchronized), jit_compile=jit_compile),
            Losses(),
        )
        model.fit(
            images[:500], labels[:500], batch_size=100, shuffle=False, verbose=0,
            callbacks=[watch, live.progress("five steps")],
        )
    return np.array(watch.seen)  # each the mean of the losses up to that step

# %% name="two-devices" tags=["slow"]
found = {"one device": five_losses(contextlib.nullcontext())}
if len(keras.distribution.list_devices("cpu")) < 2:
    print(
        "Two devices need a kernel in which nothing has been computed yet: restart it and run "
        "the first cell."
    )
elif backend == "tensorflow":
    tf.get_logger().setLevel("ERROR")
    mirrored = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    found["two, statistics of each"] = five_losses(mirrored.scope())
    found["two, exchanged"] = five_losses(mirrored.scope(), synchronized=True)
else:
    print(
        "MirroredStrategy is TensorFlow's. JAX spreads one array over the devices: its "
        "statistics are the whole's."
    )
    spread = keras.distribution.DataParallel(devices=keras.distribution.list_devices("cpu"))
    found["two, exchanged"] = five_losses(spread.scope())

# %% tags=["slow", "nbval-ignore-output"]
for name, seen in found.items():
    print(f"{name:25}", "  ".join(f"{loss:.4f}" for loss in seen))

# %% tags=["slow", "nbval-check-output"]
for name, tolerance in (("two, exchanged", 1e-3), ("two, statistics of each", 0.1)):
    if name in found:
        apart = np.abs(found[name] - found["one device"]).max()
        print(
            f"{name}: at most {tolerance} from those of one device:", bool(apart < tolerance)
        )

# %% [markdown]
# **Notice** that the middle row differs from the first step on, in the second or third decimal: each device normalised
# its own 50 images. With `BatchNormalization(synchronized=True)` on TensorFlow, and always on JAX, the two agree up to
# rounding: sums in another order end in other last bits.
#
# | where | TensorFlow backend | JAX backend |
# |---|---|---|
# | one CPU or GPU | nothing to do | nothing to do |
# | several GPUs, one machine | build, compile and fit inside `tf.distribute.MirroredStrategy().scope()` | `keras.distribution.set_distribution(keras.distribution.DataParallel())` |
# | several machines | a training loop by hand around `strategy.run` | `keras.distribution.initialize(addresses, count, number)` in each, then the same |
#
# Some traps, tried with Keras 3.15:
#
# - On the TensorFlow backend `keras.distribution` is ignored without a message. `fit` does not work with
#   `MultiWorkerMirroredStrategy`.
# - `MirroredStrategy` fails with `jit_compile=True`, with `steps_per_execution` above 1 (several steps in one call) and
#   with a model built outside its scope.
# - On the JAX backend a batch that the devices do not divide evenly is an error, in `predict`, too.
# - `batch_size` is that of the *whole* batch: with eight devices make it larger, and the rate with it, as above.
#
# All of this was run with several CPU devices, not with several GPUs.

# %% [markdown]
# ## Summary
#
# - Measure first: the slower of pipeline and step sets the pace. Work on whole batches, keep bytes, prefetch.
# - A layer is bound by arithmetic or by memory; its operations per byte tell which. Fewer bits and fused operations
#   move less.
# - float16 loses small numbers, so the loss is scaled; bfloat16 has the range but few digits. Weights stay float32. On
#   a CPU 16 bits may cost more than they save.
# - k times the batch wants k times the rate, with a warm-up, up to a limit.
# - Averaged over images, the gradients of several devices are those of one. Batch normalisation needs the statistics
#   exchanged.
#
# ## Formulae
#
# | what | formula |
# |---|---|
# | images per second | $\dfrac{\text{batch}}{\text{load} + \text{step}}$ in turn, $\dfrac{\text{batch}}{\max(\text{load} / \text{workers},\; \text{step})}$ overlapped |
# | intensity, attainable speed | $I = \text{operations} / \text{bytes}$; $\min(\text{peak},\; I \cdot \text{bandwidth})$ |
# | loss scaling | $\text{float32}(\text{float16}(s\,g)) / s$; the step is skipped if anything overflows |
# | linear scaling | k times the batch: $\text{steps} / k$ and $\text{rate} \cdot k$ |
# | gradient of all devices | $\sum_d n_d\,g_d \big/ \sum_d n_d$, for device d with $n_d$ examples |
# | variance of all devices, equal shares | $\mathrm{mean}_d\bigl(\sigma_d^2 + \mu_d^2\bigr) - \bigl(\mathrm{mean}_d \mu_d\bigr)^2$ |
#
# ## Where to read on
#
# - **Best next:** P. Goyal and others, [*Accurate, large minibatch SGD: training ImageNet in 1
#   hour*](https://arxiv.org/abs/1706.02677), 2017: linear scaling, warm-up, and batch normalisation on many devices.
# - S. Williams, A. Waterman and D. Patterson, [*Roofline: an insightful visual performance model for multicore
#   architectures*](https://doi.org/10.1145/1498765.1498785), 2009.
# - P. Micikevicius and others, [*Mixed precision training*](https://arxiv.org/abs/1710.03740), 2018: section 3.2 on
#   loss scaling.
# - L. N. Smith and N. Topin, [*Super-convergence*](https://arxiv.org/abs/1708.07120), 2018: the one-cycle rate.
# - A. Krizhevsky, [*Learning multiple layers of features from tiny
#   images*](https://www.cs.toronto.edu/~kriz/learning-features-2009-TR.pdf), 2009: CIFAR-10.
# - K. Jordan, [*94% on CIFAR-10 in 3.29 seconds on a single GPU*](https://arxiv.org/abs/2404.00498), 2024.
