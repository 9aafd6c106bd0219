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
# # 12 · Speech: a word becomes an image
#
# **Can a network that reads images hear?**
#
# You will be able to
#
# - turn a sound into a spectrogram by hand, read it, and say what each step keeps and drops, because you hear it;
# - say what mel bands and decibels are for, and compute both;
# - build CNNs whose kernels slide along frequency, along time or along both, and count what each costs;
# - test a claim about voices where it matters, on voices that the network has never heard.
#
# **Minutes:** about 100 with the exercises; the notebook itself runs in about half a minute on two CPU cores. Use
# headphones if you have them.

# %% tags=["setup"]
from workbook import audio, check, data, microphone, plots, standins
import numpy as np
import matplotlib.pyplot as plt
import keras  # loading Keras takes some seconds
from keras import layers
from workbook import live

keras.utils.set_random_seed(1)

# %% [markdown]
# ## A word is a wave
#
# A microphone measures the pressure of the air, here 8,000 times per second; each measurement is a **sample**, an
# `int16`, an integer between −32,768 and 32,767. The course brings sixteen voices of a speech synthesiser that say the
# ten digits. This is one of them. Press play.

# %% tags=["nbval-check-output"]
voices = standins.synthetic_speech()
wave = voices.x_test[108]
print(wave.shape, wave.dtype, "from", wave.min(), "to", wave.max())
print("it says", voices.class_names[voices.y_test[108]])

# %% tags=["nbval-ignore-output"]
audio.player(wave)

# %% [markdown]
# **Predict first:** the word has four sounds, *s*-*i*-*k*-*s*. Where in the wave is the vowel, and what does an *s*
# look like from close up?

# %% alt="Left, the wave of a second: faint noise, a loud swelling vowel, a gap, a click and faint noise, then silence. Middle, 25 milliseconds of the vowel: a pattern that repeats five times. Right, 25 milliseconds of the s: irregular jitter."
axes = plt.subplots(1, 3, figsize=(13, 2.4), layout="constrained")[1]
parts = {
    "the word": slice(0, 8000),
    "25 ms of the vowel": slice(1500, 1700),
    "25 ms of the last s": slice(3400, 3600),
}
for ax, (name, part) in zip(axes, parts.items()):
    milliseconds = np.arange(8000)[part] / 8
    ax.plot(milliseconds, wave[part], color=plots.COLOURS[0], linewidth=0.8)
    ax.set(title=name, xlabel="milliseconds")
axes[0].set_ylabel("pressure, int16");

# %% [markdown]
# **Notice** that the vowel repeats itself: about every 5 milliseconds the vocal folds close, some 200 times per second.
# That is the **pitch** of this voice, 200 **hertz** (Hz): one hertz is once per second. The *s* repeats nothing: it is
# noise.
#
# Every sound can be written as a sum of pure tones, sine waves, each with its own **frequency**, which is how often it
# swings per second. Which tones, and how much of each, is the sound's **spectrum**. Sounds of speech differ in it, and
# the wave does not show it to the eye.
#
# A dense layer on 8,000 samples would be a poor listener for another reason, too: start the word 5 milliseconds later
# and every sample has changed.
#
# ## From a wave to frames
#
# Within some 30 milliseconds a voice hardly changes. So the wave is cut into **frames**, here of 256 samples (32 ms),
# which overlap: one begins every 128 samples (the **hop**). A frame is the window of chapter 02 in one dimension, and
# the hop is its stride.

# %% [markdown] exercise="12.1"
# ### Exercise 12.1 · Cut a sound into frames (6 min, 2 points)
#
# **Input:** a `signal` (samples,), and whole numbers `frame_length` and `hop`; the signal holds at least one
# frame. **Output:** an array (frames, frame_length): frame number i begins at sample i·hop. Only whole frames count;
# what is left at the end is dropped. Write it yourself: the course's own function for this does not count.

# %% tags=["exercise"] exercise="12.1"
def cut_frames(signal, frame_length, hop):
    """Cut a signal into overlapping frames."""
    ### BEGIN SOLUTION
    starts = range(0, len(signal) - frame_length + 1, hop)
    return np.array([signal[start : start + frame_length] for start in starts])
    ### END SOLUTION


# %% tags=["check"] exercise="12.1"
check("12.1", cut_frames);

# %% tags=["nbval-check-output"]
frames = audio.frames(wave, 256, 128)
print(frames.shape, "frames: floor((8000 − 256) / 128) + 1 =", (8000 - 256) // 128 + 1)

# %% [markdown]
# Cutting makes edges, and edges sound like clicks. So every frame is multiplied by a **window** that fades it in and
# out, here Hann's: sin²(πn / 256), where n counts the samples. Below is a pure tone of 1,010 Hz, with and without the
# window: the frame on the left, its spectrum on the right. How a spectrum is computed comes next; its unit, the
# decibel, after that. For now: 0 is the strongest, each 10 less is a tenth of the power, and the picture stops at −90.
# A pure tone should show one thin spike. **Predict first:** which of the two comes nearer to it?

# %% alt="Left, a tone in a frame: cut sharply, and faded in and out by the window. Right, their spectra in decibels: both peak near 1,000 Hz; the sharply cut one falls off slowly to both sides, the faded one is down by 60 decibels 300 Hz away."
axes = plt.subplots(1, 2, figsize=(9.5, 2.4), layout="constrained")[1]
tone = np.sin(2 * np.pi * 1010 * np.arange(256) / 8000)
for colour, (name, frame) in zip(
    plots.COLOURS, {"cut": tone, "windowed": tone * audio.hann(256)}.items()
):
    axes[0].plot(frame, color=colour, label=name)
    power = np.abs(np.fft.rfft(frame)) ** 2
    decibel = audio.decibel(power, reference=power.max(), floor=-90)
    axes[1].plot(np.fft.rfftfreq(256, 1 / 8000), decibel, color=colour)
axes[0].set(xlabel="sample", title="one frame")
axes[1].set(xlabel="hertz", ylabel="decibels", title="its spectrum")
axes[0].legend(fontsize=8);

# %% [markdown]
# **Notice** that both peak at the tone, but the sharply cut frame seems to hold every other frequency too. Those are
# its edges. The windowed one falls off at once.
#
# ## The short-time Fourier transform
#
# Which frequencies does a frame hold? Multiply it by a cosine and by a sine that go round exactly k times in the frame,
# and add up. If a part of the frame swings at the same frequency, a sum is large. There are two sums, because that part
# may be shifted. They are kept as one complex number (1j is Python's i): the cosine's sum is its real part, minus the
# sine's is its imaginary part. Its size, √(real² + imaginary²), says how strong the part is; its angle, the **phase**,
# says how far it is shifted. For a frame of N samples $x_n$, **bin** number k of the discrete Fourier transform is
#
# $$X_k = \sum_{n=0}^{N-1} x_n \left( \cos\frac{2\pi k n}{N} - i \sin\frac{2\pi k n}{N} \right)$$
#
# `np.fft.rfft` computes all of them at once. Here they are by hand, for one frame:

# %% tags=["nbval-check-output"]
frame = frames[10] * audio.hann(256)
turns = 2 * np.pi * np.outer(np.arange(129), np.arange(256)) / 256  # (bins, samples)
by_hand = np.cos(turns) @ frame - 1j * (np.sin(turns) @ frame)  # (129,)
print(by_hand.shape, "equal to np.fft.rfft:", np.allclose(by_hand, np.fft.rfft(frame)))

# %% [markdown]
# Up, down, up, down is the fastest swing that samples can show: 128 turns in 256 samples. So the bins stand for 0, 1,
# 2, … 128 turns per frame. A frame lasts 256/8000 of a second, so that is 0 to 4,000 Hz in steps of 8000/256 = 31.25
# Hz. For all frames together this is the **short-time Fourier transform**. Keras has it, too:

# %% tags=["nbval-check-output"]
spectrum = np.fft.rfft(frames * audio.hann(256))  # (frames, bins), complex
real, imaginary = keras.ops.stft(wave.astype("float32"), 256, 128, 256, center=False)
error = (
    np.abs(spectrum - (np.asarray(real) + 1j * np.asarray(imaginary))).max()
    / np.abs(spectrum).max()
)
print(
    spectrum.shape,
    "largest difference below a millionth of the largest value:",
    bool(error < 1e-6),
)

# %% [markdown]
# You know this operation. Each bin is two kernels of 256 samples, a windowed cosine and a windowed sine, which slide
# along time with a stride of 128: **a convolution**, here with 2 · 129 = 258 filters. The first layer of our speech
# recogniser is not learned, but it is a convolutional layer.

# %% tags=["nbval-check-output"]
waves = np.concatenate([np.cos(turns), -np.sin(turns)]) * audio.hann(256)  # (258, 256)
kernels = waves.T[:, np.newaxis].astype("float32")  # (256 samples, 1 channel, 258 filters)
# (1, 61, 258)
maps = np.asarray(
    keras.ops.conv(wave.astype("float32").reshape(1, -1, 1), kernels, strides=128)
)
print(
    maps.shape,
    "the same numbers:",
    np.allclose(maps[0, :, :129], spectrum.real, atol=1e-3 * np.abs(spectrum).max()),
)

# %% [markdown] exercise="12.2"
# ### Exercise 12.2 · What a spectrogram's pixels mean (6 min, 2 points)
#
# How strong each bin is in each frame, drawn as an image with a column for each frame and a row for each bin: that is
# a **spectrogram**.
#
# **Input:** the number of `samples`, the sampling `rate` in hertz, `frame_length` (even, at most `samples`) and
# `hop`. **Output:** a dictionary: `"frames"` and `"bins"`, the two sizes of the spectrum, whole numbers; `"hertz"`, the
# distance between neighbouring bins; `"milliseconds"`, the time from one column to the next. Only whole frames count.

# %% tags=["exercise"] exercise="12.2"
def spectrogram_sizes(samples, rate, frame_length, hop):
    """Say what a spectrogram's rows and columns are."""
    ### BEGIN SOLUTION
    return {
        "frames": (samples - frame_length) // hop + 1,
        "bins": frame_length // 2 + 1,
        "hertz": rate / frame_length,
        "milliseconds": 1000 * hop / rate,
    }
    ### END SOLUTION


# %% tags=["check"] exercise="12.2"
check("12.2", spectrogram_sizes);

# %% [markdown]
# ## Loudness in decibels
#
# The squared size of each number is the **power** in that frame and bin. But the power of a shout is about a million
# times that of a whisper, and we hear both. Ears hear *ratios*: ten times the power is one step louder, whatever it was
# before. So we take the logarithm: 10 · log₁₀(power / loudest) **decibels** (dB). The loudest has 0 dB, a tenth of its
# power −10, a hundredth −20, a millionth −60.

# %% [markdown] exercise="12.3"
# ### Exercise 12.3 · Loudness in decibels (6 min, 2 points)
#
# **Input:** an array `power` (not negative; some values are 0, but not all) and a `floor` in decibels, such as
# −60. **Output:** an array of the same shape: decibels relative to the largest power in the whole array, and `floor`
# wherever the power is fainter than that, or 0. Write it yourself: the course's own function for this does not count.

# %% tags=["exercise"] exercise="12.3"
def decibels(power, floor):
    """Return decibels below the loudest."""
    ### BEGIN SOLUTION
    ratio = power / power.max()
    return 10 * np.log10(np.maximum(ratio, 10 ** (floor / 10)))
    ### END SOLUTION


# %% tags=["check"] exercise="12.3"
check("12.3", decibels);

# %%
def show_sound(image, ax, title, *, length=256, hop=128, unit="kHz", top=4):
    """Draw an image (rows, frames), low notes below; a column is at its frame's middle."""
    left = (length - hop) / 16  # milliseconds
    extent = (left, left + image.shape[1] * hop / 8, 0, top)
    drawn = ax.imshow(image, origin="lower", aspect="auto", cmap="magma", extent=extent)
    ax.set(title=title, xlabel="milliseconds", ylabel=unit, xlim=(0, 700), facecolor="black")
    return drawn

# %% [markdown]
# Now the spectrogram of our *six* twice, its power on the left and the same in decibels on the right. (The silence
# after 700 ms is cut off.) **Predict first:** in which one will you see the two *s*?

# %% alt="Two spectrograms of the word six. Left, power: black but for a few thin bright lines below 700 Hz. Right, decibels: noise, then a stack of evenly spaced horizontal lines, strongest below 800 Hz and between 2 and 3.5 kHz, a gap, a vertical stroke, noise again."
power = np.abs(spectrum) ** 2  # (frames, bins)
axes = plt.subplots(1, 2, figsize=(9.5, 2.8), layout="constrained")[1]
show_sound(power.T, axes[0], "power")
drawn = show_sound(audio.decibel(power, reference=power.max()).T, axes[1], "decibels")
plt.colorbar(drawn, ax=axes[1], label="dB");

# %% [markdown]
# **Notice** that the left one shows the loudest of the vowel and nothing else; both *s* are in the right one, at its
# beginning and end. The lines of the vowel, between them, lie at 200, 400, 600 Hz and so on. Each is a multiple of the
# pitch. And notice where they are strong: below 800 Hz, and again between 2 and 3.5 kHz. These strong regions,
# the **formants**, are the resonances of mouth and throat. The *lines* tell who speaks, or sings which note;
# the *formants* tell which vowel.
#
# A frame has to choose. **Predict first:** frames of 64 samples, and of 1,024. In which do you see the lines, in which
# the click of the *k* after its gap, near 370 ms? (Exercise 12.2 tells how far the bins lie apart in each.)

# %% alt="Two spectrograms of the same word. With frames of 64 samples there are no separate lines, but sharp vertical edges. With frames of 1,024 samples the lines are thin and clear, and the gap of the k is smeared."
axes = plt.subplots(1, 2, figsize=(8.5, 2.5), layout="constrained", sharey=True)[1]
for ax, length in zip(axes, (64, 1024)):
    power = np.abs(audio.stft(wave, length, 32)) ** 2
    decibel = audio.decibel(power, reference=power.max())
    show_sound(
        decibel.T, ax, f"frames of {length} samples, {length // 8} ms", length=length, hop=32
    )

# %% [markdown]
# **Notice** that no frame length shows both. (The fine upright stripes on the left are the single closings of the vocal
# folds. The right picture begins late, because a column is drawn at its frame's middle, and the first of these long
# frames has it at 64 ms.) A frame of N samples tells frequencies apart that are 8000/N Hz from each other, and moments
# that are N/8 ms from each other: what one gains the other loses.
#
# ## The mel scale
#
# Ears are coarser for high notes than for low ones. From 200 to 300 Hz is a clear step; from 3,200 to 3,300 Hz you
# hardly hear one. The **mel scale** makes equal steps sound equally far apart (this form of it: O'Shaughnessy 1987):
#
# m = 2595 · log₁₀(1 + f / 700)
#
# The bins are gathered into **bands** that are equally wide in mel. A band is a weighted sum of the bins' powers, and
# its weights make a triangle: 1 at its centre, 0 at its neighbours' centres. **Predict first:** drawn over hertz, which
# triangles will be wide?

# %% alt="Left, the curve of mel against hertz, steep at first, then flatter. Right, ten overlapping triangles over frequency, each starting where its neighbour peaks: narrow ones at low frequencies, wider and wider ones towards 4 kHz."
axes = plt.subplots(1, 2, figsize=(11, 2.6), layout="constrained")[1]
hertz = np.linspace(0, 4000, 200)
axes[0].plot(hertz, audio.hertz_to_mel(hertz), color=plots.COLOURS[0])
axes[0].set(xlabel="hertz", ylabel="mel")
axes[1].plot(np.fft.rfftfreq(1024, 1 / 8000), audio.mel_filters(1024, bands=10))
axes[1].set(xlabel="hertz", ylabel="weight", title="ten bands");

# %% [markdown] exercise="12.4"
# ### Exercise 12.4 · Bands on the mel scale (10 min, 3 points)
#
# **Input:** `low` and `high`, where the first triangle begins and the last one ends, in hertz, and the number of
# `bands`. **Output:** the centres of the bands in hertz, (bands,), an array or a list. In mel all are equally far
# apart; `low` lies one such step below the first centre, `high` one above the last. You need the mel formula, and the
# same formula solved for f.

# %% tags=["exercise"] exercise="12.4"
def band_centres(low, high, bands):
    """Return the centres of mel bands in hertz."""
    ### BEGIN SOLUTION
    lowest = 2595 * np.log10(1 + low / 700)
    highest = 2595 * np.log10(1 + high / 700)
    mel = np.linspace(lowest, highest, bands + 2)[1:-1]
    return 700 * (10 ** (mel / 2595) - 1)
    ### END SOLUTION


# %% tags=["check"] exercise="12.4"
check("12.4", band_centres);

# %% [markdown]
# Forty bands in decibels, scaled so that 0 is silence (60 dB or more below the loudest) and 1 the loudest: that is
# the **log-mel image** that the networks get.

# %% tags=["nbval-check-output"]
image = audio.log_mel(wave)  # (bands, frames)
print(
    f"{wave.size:,} samples became {image.shape[0]} bands × {image.shape[1]} frames = "
    f"{image.size:,} numbers"
)

# %% tags=["cover"] alt="The log-mel image of the word six, 40 bands by 61 frames. The lowest lines of the voice are separate, higher ones have melted into two bright patches; noise before and after."
ax = plt.subplots(figsize=(6, 3), layout="constrained")[1]
show_sound(image, ax, "log-mel", unit="band", top=40);

# %% [markdown]
# Keras has one layer for all of this, `MelSpectrogram`, which can be the first layer of a network. Its defaults are
# made for other recordings (16,000 samples per second, frames of 2,048, 128 bands, magnitudes in place of powers), so
# the cell sets them to ours. Then it scales the decibels to 0 to 1. **Predict first:** how large will the difference
# be?

# %% tags=["nbval-check-output"]
layer = layers.MelSpectrogram(
    fft_length=256,
    sequence_stride=128,
    sampling_rate=8000,
    num_mel_bins=40,
    min_freq=0,
    max_freq=4000,
    mag_exp=2,  # the power
    top_db=60,
)
decibels_of_keras = np.asarray(layer(wave[np.newaxis].astype("float32")))[0]
of_keras = 1 + (decibels_of_keras - decibels_of_keras.max()) / 60
print(of_keras.shape, "of Keras,", image.shape, "by hand")
same_frames = of_keras[:, 1:-1]
print(
    "the frames that both have differ by less than .0001:",
    bool(np.abs(same_frames - image).max() < 1e-4),
)

# %% [markdown]
# **Notice** the two columns more: Keras continues the wave by half a frame at either end, mirrored. All others are the
# same. (`STFTSpectrogram` is the layer that stops before the bands.)

# %% [markdown]
# What was dropped on the way? First the **phases**, how far each part was in its swing; then the detail within bands,
# and all that is fainter than 60 dB below the loudest. You can hear it: `audio.griffin_lim` guesses phases that fit,
# and makes a wave again. The first player has lost the phases only, the second all three. **Predict first:** in which
# will you still understand the word?

# %% tags=["nbval-ignore-output"]
audio.player(audio.griffin_lim(np.abs(spectrum)))  # without its phases

# %% tags=["nbval-ignore-output"]
audio.player(audio.sound_of(image))  # from 2,440 numbers between 0 and 1

# %% [markdown]
# The voice has become rough, but the word is complete. A test of this course does the same with all 120 clips of the
# four test voices: from image to sound, and back to an image. For at least 118 of them the nearest training clip, image
# to image, says the same word; for the images of the originals, 119. What the image drops is not needed to tell the
# words apart.
#
# ## The same word, other voices
#
# Four voices say *six*, the lowest first; above each picture is its pitch, which `audio.pitch` measures. **Predict
# first:** what will differ, and what will stay?

# %% alt="Four log-mel images of the word six in four voices. All have noise, a bright lower patch, a bright upper patch, a gap and noise. They differ in length, in how high the upper patch lies, and only the last one, the highest voice, shows separate lines."
some = [78, 18, 48, 108]
axes = plt.subplots(1, 4, figsize=(14, 2.7), layout="constrained", sharey=True)[1]
for ax, i in zip(axes, some):
    show_sound(
        audio.log_mel(voices.x_test[i]),
        ax,
        f"{audio.pitch(voices.x_test[i]):.0f} Hz",
        unit="band",
        top=40,
    )

# %% tags=["nbval-ignore-output"]
audio.player(
    np.concatenate([voices.x_test[i, :5000] / np.abs(voices.x_test[i]).max() for i in some])
)

# %% [markdown]
# **Notice** what changes: the length of the sounds, so *when* each begins; the height of the formants, a little; and
# the lines of the pitch, which only the highest voice shows: those of the others lie too close together for these
# frames. What stays is the order of patches.
#
# ## Which way shall a kernel slide?
#
# A kernel that slides along an axis finds its pattern anywhere on that axis. On a photograph both axes are space. Here
# they are different things, and so there is a choice:
#
# - **along frequency:** the kernel spans all frames, and a few bands. It asks "does this sequence of loudness occur, at
#   any frequency?"
# - **along time:** it spans all bands and a few frames. It asks "does this sound occur, at any moment?"
# - **along both:** a few bands by a few frames, as on a photograph.
#
# The orange rectangle shows what one kernel spans at one place; the kernel slides along the arrows.

# %% name="three-ways" alt="Three times the log-mel image of the word six. Left, a frame five bands high over the whole width, and an arrow up and down. Middle, a frame five frames wide over the whole height, and an arrow left and right. Right, a small square frame with arrows both ways."
axes = plt.subplots(1, 3, figsize=(9.5, 2.6), layout="constrained")[1]
sides = {
    "along frequency": (5, 61, True, False),
    "along time": (40, 5, False, True),
    "along both": (5, 5, True, True),
}
for ax, (title, (bands, frames, moves_up, moves_on)) in zip(axes, sides.items()):
    # (40 bands, 61 frames)
    ax.imshow(image, origin="lower", aspect="auto", cmap="gray", vmin=0)
    left, low = (61 - frames) / 2, (40 - bands) / 2
    ax.add_patch(
        plt.Rectangle(
            (left - 0.5, low - 0.5),
            frames,
            bands,
            fill=False,
            color=plots.COLOURS[1],
            linewidth=2,
        )
    )
    for moves, (x, y) in ((moves_up, (0, 12)), (moves_on, (16, 0))):
        for sign in (-1, 1) if moves else ():
            ax.annotate(
                "",
                (30 + sign * x, 19.5 + sign * y),
                (30, 19.5),
                arrowprops={"color": plots.COLOURS[1], "width": 1, "headwidth": 7},
            )
    ax.set(title=title, xlabel="frame", ylabel="band")

# %% [markdown]
# Lectures make a claim about this choice: *if a man and a woman say the same word, only the frequency differs. So
# kernels should slide along frequency; sliding along time helps little.* That is plausible. It is also a claim about
# the world, and we can ask the world. In `SETTINGS` each kernel is (bands, frames): compare it with the image's 40
# and 61.

# %% name="network"
SETTINGS = {  # filters; sizes of the two kernels and of the pooling, as (bands, frames)
    "frequency": ((24, 32), ((5, 61), (5, 1)), (2, 1)),
    "time": ((24, 32), ((40, 5), (1, 5)), (1, 2)),
    "both": ((8, 12), ((5, 5), (5, 5)), (2, 2)),
}

def network(axis):
    inputs = x = keras.Input((40, 61, 1))
    filters, sizes, pool_size = SETTINGS[axis]
    for count, size in zip(filters, sizes):
        x = layers.Conv2D(count, size, use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.8)(x))
        x = layers.MaxPooling2D(pool_size)(x)
    x = layers.Dropout(0.3)(layers.Flatten()(x))
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))

# %% tags=["nbval-check-output"]
for axis in SETTINGS:
    model = network(axis)
    shapes = [
        tuple(one.output.shape[1:]) for one in model.layers if isinstance(one, layers.Conv2D)
    ]
    print(
        f"{axis:9} maps {shapes[0]!s:12} then {shapes[1]!s:12} {model.count_params():,} "
        "parameters"
    )

# %% [markdown]
# **Notice** the maps: one column, one row, or an image. The numbers of filters were chosen so that all three have about
# 13,000 parameters: none wins by its size.

# %% [markdown] exercise="12.5"
# ### Exercise 12.5 · Kernels that slide along frequency (10 min, 3 points)
#
# **Input:** whole numbers `bands`, `frames` and `filters`. **Output:** a `keras.Model` for images (bands, frames, 1),
# without padding, without batch normalisation and dropout, and with biases, as Keras has them by default:
#
# | layer | settings | output |
# |---|---|---|
# | Conv2D | `filters` filters, 5 bands × all frames, ReLU | (bands − 4) × 1 × `filters` |
# | MaxPooling2D | 2 bands × 1 frame | ((bands − 4)//2) × 1 × `filters` |
# | Conv2D | 2·`filters` filters, 5 bands × 1 frame, ReLU | ((bands − 4)//2 − 4) × 1 × 2·`filters` |
# | Flatten | | |
# | Dense | 10 units, softmax | 10 |

# %% tags=["exercise"] exercise="12.5"
def frequency_cnn(bands, frames, filters):
    """Build the network of the table."""
    ### BEGIN SOLUTION
    inputs = keras.Input((bands, frames, 1))
    x = layers.Conv2D(filters, (5, frames), activation="relu")(inputs)
    x = layers.MaxPooling2D((2, 1))(x)
    x = layers.Conv2D(2 * filters, (5, 1), activation="relu")(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(layers.Flatten()(x)))
    ### END SOLUTION


# %% tags=["check"] exercise="12.5"
check("12.5", frequency_cnn);

# %% [markdown]
# ## A small run, live
#
# The spoken digits come from the **Free Spoken Digit Dataset**, recordings of six men, if it is available: prepared by
# TensorFlow Datasets, or downloaded. Otherwise the bundled voices take its place. The cell says which you have, and
# whether the test voices were heard in training.

# %% tags=["slow", "nbval-ignore-output"]
digits = data.load("spoken_digit", samples=800, test_samples=300)
heard = set(digits.speakers_test) <= set(digits.speakers_train)
print(digits.source)
print(f"{len(digits.x_train)} clips for training, {len(digits.x_test)} for the test;", end=" ")
print("the test voices are", "the same as in training" if heard else "others than in training")

# %% [markdown]
# To hear one of them: `audio.player(digits.x_train[0])`, in a cell of your own.

# %% name="train" tags=["slow"]
def train(model, images, labels, *, name="", epochs=12):
    rate = keras.optimizers.schedules.CosineDecay(0.004, epochs * len(images) // 20)
    model.compile(
        keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    x, callbacks = images[..., np.newaxis], [live.progress(name)]
    model.fit(x, labels, batch_size=20, epochs=epochs, verbose=0, callbacks=callbacks)
    return model

# %% tags=["slow"]
# (clips, 40, 61)
x_train, x_test = audio.log_mel(digits.x_train), audio.log_mel(digits.x_test)
accuracy = {}
for axis in SETTINGS:
    keras.utils.set_random_seed(1)
    model = train(network(axis), x_train, digits.y_train, name=f"along {axis}")
    accuracy[axis] = model.evaluate(x_test[..., np.newaxis], digits.y_test, verbose=0)[1]

# %% tags=["slow", "nbval-ignore-output"]
for axis, share in accuracy.items():
    print(f"along {axis:9} {100 * share:.1f} % of the test clips")

# %% tags=["slow", "nbval-check-output"]
print("all three read at least 90 %:", min(accuracy.values()) >= 0.9)

# %% [markdown]
# All three hear digits. Which is best? With one seed and 120 clips (300 of the real data), a difference of a point or
# two means nothing. A comparison needs more runs.
#
# ### Your own voice
#
# Press *record*, say one digit, and press again: the player, the image and the network's answer appear below. The
# button needs a running notebook, and a browser that lets this page use the microphone. The sound goes to the
# notebook's kernel and nowhere else.

# %% tags=["slow", "widget", "nbval-ignore-output"]
def hear(clip):
    """Return the probability of each digit for a clip (8000,)."""
    image = audio.log_mel(clip)  # (40, 61)
    return model.predict(image[np.newaxis, ..., np.newaxis], verbose=0)[0]

microphone.recorder(hear)

# %% [markdown]
# Or record a file with your phone or any program: WAV, FLAC, OGG and MP3 will do. Put it beside this notebook, write
# its name in the place of `None`, as `"seven.wav"`, and run the cell again. Until then it hears the synthesiser's voice
# from the beginning of this chapter. Both ways use `data.read_recording`: it averages the channels, resamples to 8,000
# samples per second and cuts off the silence at both ends. **Predict first:** what would a recording with 44,100
# samples per second sound like, taken for one with 8,000?

# %% tags=["slow", "nbval-ignore-output"] alt="The log-mel image of the recording on the left; on the right ten bars, one for each digit, with the probabilities that the network gives."
path = None
clip = wave if path is None else data.read_recording(path).clip()  # (8000,)
own_image = audio.log_mel(clip)  # (40, 61)
shares = hear(clip)
axes = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")[1]
plots.show_image(own_image[::-1], axes[0], title="low notes at the bottom")
bars = dict(zip(digits.class_names, shares))
plots.show_bars(bars, axes[1], xlabel="probability", form="{:.2f}")
audio.player(clip)

# %% [markdown]
# A recording with 44,100 samples per second, taken for one with 8,000, sounds five and a half times slower and lower, a
# groan: a waveform means nothing without its rate.
#
# **Notice** what the network says of the synthesiser's *six*. It may name another digit and be sure of it: this voice
# is unlike all that it has heard, and it answers all the same. If it does not understand you either, look at the image
# first. Is the word in it, from its beginning to its end? Then remember whose voices it was trained on. The next
# sections are about that.

# %% [markdown]
# ## Voices that it has heard
#
# Here it is with all 2,700 training clips of the six men, three seeds, and a fourth network as a yardstick. Its kernels
# slide along *neither* axis: it is a dense network of five hidden units, all that the same number of parameters allows.
# These runs take minutes, so their results are stored: `python -m workbook.course.makers.speech_experiments kernels`
# makes them again.

# %%
def stored(name):
    return data.stored(f"speech_{name}")

def values(results, what, **wanted):
    """Return one number per run that is as wanted."""
    return [
        run[what]
        for run in results["runs"]
        if all(run.get(key) == value for key, value in wanted.items())
    ]

# %% tags=["nbval-check-output"]
from workbook.tables import Table

kernels_run = stored("kernels")
keys = ("data", "recipe", "hardware", "software", "seeds", "date", "cpu_seconds")
Table(("what", "value"), [(key, str(kernels_run[key])) for key in keys])

# %% tags=["nbval-check-output"]
KINDS = ("frequency", "time", "both", "neither")
for kind in KINDS:
    shares = values(kernels_run, "test", kind=kind)
    each = "  ".join(f"{100 * share:.1f}" for share in shares)
    print(f"along {kind:9} {each}   mean {100 * np.mean(shares):.1f} % of the test clips")

# %% [markdown]
# **Notice** that sliding along *something* is worth more than ten points, and along *what* makes no difference that 300
# clips could show: one clip is a third of a point, and the means of the three that slide lie within a point of each
# other, closer than the seeds of one network can be (97.0 and 98.7 along frequency). A test on voices that were heard
# in training does not show which axis matters.
#
# ## What each network puts up with
#
# Do kernels that slide really make a network indifferent to shifts? Below, the test images were moved, up and down by
# bands, earlier and later by frames, and the same trained networks read them. **Predict first:** which network suffers
# least from which shift? A line is the mean of three seeds; its band reaches from the lowest to the highest.

# %% alt="Two charts of accuracy against the shift of the test images. Moved along frequency every network falls steeply: frequency and both least, time faster, neither fastest. Moved in time all fall more slowly: the one that slides along time keeps most when the word comes later, frequency and both less, neither least."
axes = plt.subplots(1, 2, figsize=(12, 3), layout="constrained", sharey=True)[1]
for ax, name, unit in zip(axes, ("bands", "frames"), ("bands up", "frames later")):
    for number, kind in enumerate(KINDS):
        # (seeds, shifts)
        shares = 100 * np.array(values(kernels_run, f"moved_{name}", kind=kind))
        shifts = kernels_run["band_shifts" if name == "bands" else "frame_shifts"]
        ax.plot(
            shifts,
            shares.mean(axis=0),
            "o-",
            color=plots.COLOURS[number],
            markersize=3,
            label=kind,
        )
        ax.fill_between(
            shifts,
            shares.min(axis=0),
            shares.max(axis=0),
            color=plots.COLOURS[number],
            alpha=0.2,
        )
    ax.set(xlabel=f"test images moved: {unit}", ylim=(0, 100))
    ax.grid(alpha=0.3)
axes[0].set_ylabel("accuracy, %")
axes[0].legend(fontsize=8);

# %% tags=["nbval-check-output"]
for name, place in (("bands", 6), ("frames", 7)):
    shifts = kernels_run["band_shifts" if name == "bands" else "frame_shifts"]
    row = {
        kind: 100 * np.mean(values(kernels_run, f"moved_{name}", kind=kind), axis=0)[place]
        for kind in KINDS
    }
    print(
        f"moved by {shifts[place]} {name}: "
        + ", ".join(f"{kind} {share:.0f} %" for kind, share in row.items())
    )

# %% [markdown]
# **Notice** who suffers least: from two bands up the network whose kernels slide along frequency, from a word that
# comes six frames later the one along time. Two bands up costs the network along time twice as much as the one along
# frequency, and for the later word it is the other way round. But none is indifferent. A convolution is *equivariant*:
# its map moves along. Only pooling forgives (chapter 03), here over two places twice, and the dense layer behind
# `Flatten` knows where everything stood. When the word is moved earlier, to the left in the second picture, it loses
# its beginning, and no sliding brings that back: there the three that slide lie close together.
#
# ## Voices that it has never heard
#
# Now the test that the claim is about. Train on five of the men, test on all 500 clips of the sixth, each in turn:
# six **folds**, three seeds, four networks, 72 trainings. These too are stored
# (`python -m workbook.course.makers.speech_experiments unseen`). **Predict first:** how much does a new voice cost, and
# which network loses least?

# %% tags=["nbval-check-output"]
unseen = stored("unseen")
pitch = unseen["pitch"]  # the speakers, lowest voice first
print(f"{unseen['hardware']}; {unseen['date']}; {unseen['cpu_seconds']} CPU seconds")
print("mean of three seeds, % of the clips of the speaker left out")
print(f"{'':10}" + "".join(f"{speaker:>10}" for speaker in pitch) + f"{'mean':>10}")
print(f"{'pitch, Hz':10}" + "".join(f"{hertz:10.0f}" for hertz in pitch.values()))
means = {}
for kind in KINDS:
    means[kind] = [
        100 * np.mean(values(unseen, "test", kind=kind, speaker=speaker)) for speaker in pitch
    ]
    print(
        f"{kind:10}"
        + "".join(f"{mean:10.1f}" for mean in means[kind])
        + f"{np.mean(means[kind]):10.1f}"
    )

# %% alt="Accuracy on the speaker left out, for six speakers in order of pitch, a dot for each seed and network. Along frequency lies highest for jackson, nicolas, theo and george, from 65 to 91 percent; level with along time for yweweler; below it for lucas, near 50 against 65. Neither is far below nearly everywhere."
ax = plt.subplots(figsize=(9, 3.4), layout="constrained")[1]
for number, kind in enumerate(KINDS):
    for place, speaker in enumerate(pitch):
        shares = 100 * np.array(values(unseen, "test", kind=kind, speaker=speaker))
        label = kind if place == 0 else None
        ax.plot(
            np.full(len(shares), place + 0.16 * (number - 1.5)),
            shares,
            "o",
            color=plots.COLOURS[number],
            label=label,
        )
ax.set_xticks(
    range(len(pitch)), [f"{speaker}\n{hertz:.0f} Hz" for speaker, hertz in pitch.items()]
)
ax.set(ylabel="accuracy, %", xlabel="the speaker left out")
ax.grid(alpha=0.3)
ax.legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5));

# %% tags=["nbval-check-output"]
for other in ("time", "both"):
    gaps = np.array(means["frequency"]) - np.array(means[other])
    print(
        f"frequency ahead of {other}: by {np.mean(gaps):.1f} points on average, from "
        f"{gaps.min():+.1f} to {gaps.max():+.1f}; "
        f"for {np.sum(gaps > 0)} of 6 speakers"
    )

# %% [markdown]
# **Notice** three things. First, the price. The networks that read 98 % of the words of men they knew read half to
# nearly nine tenths of a stranger's. Five voices are too few to learn what a voice may be.
#
# Second, the claim does well: for five of six men the network along frequency has the highest mean, 7 points above the
# one along time on average. (For yweweler the lead is a point, within the spread of the seeds.) And kernels along both,
# as on photographs, are not the best of both.
#
# Third, Lucas, the lowest voice. With him it is the other way round, by a dozen points. A shift in time? Let us see
# when the men's clips become loud, the median of each:

# %% tags=["nbval-check-output"]
print(", ".join(f"{speaker} {unseen['onset'][speaker]} ms" for speaker in pitch))

# %% [markdown]
# Lucas begins a ninth of a second late: his recordings were cut less tightly, it seems. So his clips *are* shifted
# along time, by about 7 frames. If that is what hurts, moving them back must help, and the network along time least,
# because it had lost least by it. The same training once more, and each network reads his clips as they are and moved
# to the start (`python -m workbook.course.makers.speech_experiments late`). **Predict first:** is it enough to close
# the gap?

# %% tags=["nbval-check-output"]
late = stored("late")
for kind in KINDS:
    before, after = (
        100 * np.array(values(late, what, kind=kind)) for what in ("test", "moved")
    )
    print(f"along {kind:9} {before.mean():.1f} → {after.mean():.1f} %   each seed: "
          + ", ".join(f"{one:.1f} → {other:.1f}" for one, other in zip(before, after)))

# %% [markdown]
# **Notice** that it helps all of them: along frequency by 16 points, along time by 10, along both by 18. (Along neither
# by 9.5, but that one reads few of his clips either way.) The lead of the network along time shrinks from 12 points
# to 7. So a good part of Lucas's gap was the late start, a fault of the recording that kernels along frequency cannot
# forgive. (That the network along both does not forgive it either fits the picture of the moved images: there it bore a
# late word no better than the one along frequency.) Along time still leads with Lucas afterwards. He may differ in more
# than his start.
#
# ## Is the shift in frequency?
#
# A network has many reasons for what it gets right. So we ask the images directly. This section and the next are the
# longest of the chapter; if you are short of time, do exercise 12.6 and continue at "So which axis?". Take the same
# word from two voices, and move one image over the other until they fit best. If voices differ by a shift along
# frequency, then moving along frequency must make them alike.

# %% [markdown] exercise="12.6"
# ### Exercise 12.6 · The shift between two voices (10 min, 3 points)
#
# **Input:** two images `image` and `other` (bands, frames), a whole number `largest` and an `axis`: 0 for bands, 1 for
# frames. **Output:** the shift of `other`, an integer between −`largest` and `largest`, that brings it nearest to
# `image`: the smallest sum of squared differences, over the whole image. No two shifts are equally near.
# `audio.shifted(other, bands=2)` moves up by two bands, `audio.shifted(other, frames=2)` later by two frames; silence
# comes in behind.

# %% tags=["exercise"] exercise="12.6"
def best_shift(image, other, largest, axis):
    """Find how far `other` must move to fit `image` best."""
    ### BEGIN SOLUTION
    steps = range(-largest, largest + 1)
    errors = []
    for step in steps:
        moved = (
            audio.shifted(other, bands=step)
            if axis == 0
            else audio.shifted(other, frames=step)
        )
        errors.append(np.sum((image - moved) ** 2))
    return steps[int(np.argmin(errors))]
    ### END SOLUTION


# %% tags=["check"] exercise="12.6"
check("12.6", best_shift);

# %% [markdown]
# We start with the bundled voices, all of them: each of the 120 test clips against every training clip of the same
# word, 36 of them in 12 other voices. How much of the squared difference is left after the best shift? (`distances` has
# all pairs at once, by $\sum (a - b)^2 = \sum a^2 + \sum b^2 - 2 \sum a b$.) **Predict first:** along which axis is
# less left? And against training clips of *other* words?

# %%
# (360, 40, 61), (120, 40, 61)
known, heard = audio.log_mel(voices.x_train), audio.log_mel(voices.x_test)
same = voices.y_test[:, np.newaxis] == voices.y_train  # (120, 360): the same word?

def distances(step, axis):
    """Return each test clip's squared difference to each training clip, moved by `step`."""
    moved = audio.shifted(known, **{axis: step}).reshape(len(known), -1)
    flat = heard.reshape(len(heard), -1)
    return (flat**2).sum(axis=1)[:, np.newaxis] + (moved**2).sum(axis=1) - 2 * flat @ moved.T

def left_over(axis, largest=6):
    best = np.min([distances(step, axis) for step in range(-largest, largest + 1)], axis=0)
    return best / distances(0, axis)

# %% tags=["nbval-check-output"]
rows = []
for axis in ("bands", "frames"):
    share = left_over(axis)
    left = [f"{100 * share[pairs].mean():.0f} %" for pairs in (same, ~same)]
    rows.append((f"up to 6 {axis}", *left))
Table(("best of 13 shifts", "difference left for the same word", "for different words"), rows)

# %% [markdown]
# **Notice** the second number of each line. Thirteen tries make *any* two images more alike, so the test is whether the
# same word gains more than another word does. Along frequency it hardly does. Along time it does, by five points: clips
# in three speeds, by voices that hold their sounds for different lengths.
#
# What would a word sound like if its image really moved? `audio.sound_of` tells. **Predict first:** our *six* as it is,
# two bands up and four bands up: is the last one a child who says *six*? Listen, and then let a judge decide: the
# nearest training clip.

# %% tags=["nbval-ignore-output"]
audio.player(
    np.concatenate(
        [audio.sound_of(audio.shifted(image, bands=step))[:5000] for step in (0, 2, 4)]
    )
)

# %% tags=["nbval-check-output"]
for step in (0, 2, 4):
    sound = audio.sound_of(audio.shifted(image, bands=step))
    nearest = ((known - audio.shifted(image, bands=step)) ** 2).sum(axis=(1, 2)).argmin()
    print(
        f"{step} bands up: {audio.pitch(sound):.0f} Hz, and the nearest training clip says "
        f"{voices.class_names[voices.y_train[nearest]]}"
    )

# %% [markdown]
# **Notice** that a shift of two bands is another voice, and a shift of four may be another word. The place of the
# formants tells vowels apart, so a listener that ignored it would be a bad one: hence the `Flatten` in our networks,
# and little pooling.

# %% [markdown]
# And on the men's recordings, again for the speaker left out: each of his clips finds the nearest of the other five
# men's, when those may be moved. That **matcher** learns nothing, so no seed and no recipe can be to blame.

# %% tags=["nbval-check-output"]
def matched(results, what, axis, **wanted):
    """Return a number per largest shift, 0 to 6: the mean over the runs."""
    tables = values(results, "rows", kind="matching", axis=axis, **wanted)
    return np.mean([[row[what] for row in table] for table in tables], axis=0)

for axis in ("frequency", "time"):
    same, different, right = (
        100 * matched(unseen, what, axis) for what in ("same", "different", "accuracy")
    )
    print(
        f"moved along {axis:9} by at most 6: {same[6]:.0f} % left for the same word, "
        f"{different[6]:.0f} % for others"
    )
    print(
        f"    accuracy without a shift {right[0]:.1f} %; with shifts up to 1 … 6: "
        + "  ".join(f"{one:.1f}" for one in right[1:])
    )
print("mean best shift along frequency, in bands, lowest voice first:")
print(
    "    "
    + ", ".join(
        f"{who} {matched(unseen, 'shift', 'frequency', speaker=who)[6]:+.1f}" for who in pitch
    )
)

# %% alt="Accuracy of the matcher on speakers left out, against the largest shift allowed, 0 to 6. Along frequency the line stays flat at 61 percent. Along time it climbs from 61 to about 70 percent."
ax = plt.subplots(figsize=(6, 3), layout="constrained")[1]
for number, axis in enumerate(("frequency", "time")):
    ax.plot(
        100 * matched(unseen, "accuracy", axis),
        "o-",
        color=plots.COLOURS[number],
        label=f"along {axis}",
    )
ax.set(
    xlabel="largest shift allowed, bands or frames",
    ylabel="accuracy, %",
    title="nearest clip, unseen speakers",
)
ax.grid(alpha=0.3)
ax.legend(fontsize=8);

# %% [markdown]
# **Notice** the last line of the numbers: for the lowest voice the others' images must move down, for the highest one
# up, for the four between down by less than two bands, in no order. So there is some truth in the claim. But the shift
# does not help to find the word: the same word gains no more by it than other words do, and the matcher gains nothing.
# A shift in time does help, by nine points on average. It does not help with everyone:
# `100 * matched(unseen, "accuracy", "time", speaker="nicolas")`, in a cell of your own, falls.
#
# So for these six men the claim's *advice* is good and its *reason* is not what we see. Why does the network along
# frequency lead, then? We have not measured that. One guess: a kernel over all bands, which is what slides along time,
# learns the colour of five voices and five microphones by heart; a kernel over five bands cannot.
#
# ## Low and high voices
#
# The six men's pitch reaches from 102 to 157 Hz: no woman, no child, and the claim is about a man and a woman. The
# synthesiser has higher voices. Of its sixteen, twelve lie at 78 to 101 Hz, four at 163 to 215 Hz
# (`stored("voices")["pitch"]` lists them, the median of each voice's clips). Train on eight low voices, and test on the
# four low ones left and on the four high ones. Each low voice is left out once: three groups of four, with three seeds
# each (`python -m workbook.course.makers.speech_experiments voices`). **Predict first:** which network loses most on
# the high voices, and which least?

# %% tags=["nbval-check-output"]
low_high = stored("voices")
print(f"{low_high['hardware']}; {low_high['date']}")
print(*low_high["recipe"].split("; "), sep="\n")
print(
    "% of the clips of unheard voices, mean of 3 groups × 3 seeds (lowest and highest of the "
    "nine)"
)
for kind in KINDS:
    for tested in ("low", "high"):
        shares = 100 * np.array(values(low_high, tested, kind=kind))
        print(
            f"along {kind:9} {tested:4} voices {shares.mean():5.1f}  ({shares.min():.1f} to "
            f"{shares.max():.1f})"
        )

# %% alt="Accuracy on low and on high voices for four networks, nine dots each. Along frequency both groups lie near 97 percent. Along time the high voices lie lower, from 73 to 94 percent, along both a little lower than the low ones; neither is lowest, from 60 to 96."
ax = plt.subplots(figsize=(8, 3), layout="constrained")[1]
for place, kind in enumerate(KINDS):
    for tested, shift, colour in (
        ("low", -0.12, plots.COLOURS[0]),
        ("high", 0.12, plots.COLOURS[1]),
    ):
        shares = 100 * np.array(values(low_high, tested, kind=kind))
        label = f"{tested} voices" if place == 0 else None
        ax.plot(
            np.full(len(shares), place + shift),
            shares,
            "o",
            color=colour,
            alpha=0.6,
            label=label,
        )
        ax.plot(place + shift, shares.mean(), "_", color="black", markersize=18)
ax.set_xticks(range(len(KINDS)), [f"along {kind}" for kind in KINDS])
ax.set(ylabel="accuracy, %", title="trained on low voices")
ax.grid(alpha=0.3)
ax.legend(fontsize=8);

# %% [markdown]
# **Notice** the lines of the high voices. Kernels along time are good on low voices and lose eight points on high ones,
# those along both lose three, those along frequency next to nothing: on high voices their nine runs and the nine of the
# network along time do not even touch. That is what the claim predicts. And the images, do they move? The matcher
# again, with shifts up to 6:

# %% tags=["nbval-check-output"]
rows = []
for tested in ("low", "high"):
    for axis in ("frequency", "time"):
        measured = [
            matched(low_high, what, axis, tested=tested)
            for what in ("same", "different", "accuracy")
        ]
        alike, different, right = 100 * np.array(measured)
        shift = matched(low_high, "shift", axis, tested=tested)[6]
        left = (f"{alike[6]:.0f} %", f"{different[6]:.0f} %")
        rows.append(
            (tested, axis, f"{shift:+.1f}", *left, f"{right[0]:.1f} → {right[6]:.1f} %")
        )
heads = ("voices", "along", "by, on average", "left for same word", "other words", "matcher")
Table(heads, rows)

# %% [markdown]
# **Notice** the mean best shift. Low voices beside low ones: none, and moving along frequency removes next to nothing,
# less than for different words. High voices beside low ones: the low ones' images must move *up* by nearly two bands of
# forty, and the matcher gains three points by it. So the shift is there, it is along frequency, and it is small. Moving
# along time removes more of the difference in either case, but nearly as much of the difference between
# different *words*.
#
# These are twelve and four voices of one synthesiser, each with the same three speeds of speaking. A real woman differs
# from a real man in more than eSpeak's settings.
#
# ## So which axis?
#
# **Mind the slide.** "Same words, different voices: the shift is in frequency, so kernels slide along frequency;
# sliding along time does not help." What our data say:
#
# | the claim | what was measured here |
# |---|---|
# | kernels should slide along frequency | on voices heard before: no difference; on five of six new men, and on high voices after low ones: yes |
# | because different voices are shifted along frequency | between low and high synthetic voices: yes, by two bands of forty; between six men: hardly |
# | sliding along time does not help | it does: it beats not sliding at all everywhere, and it is what a late recording needs |
#
# Where does the claim come from? From recognisers in which something *behind* the CNN takes care of time: a hidden
# Markov model in Abdel-Hamid and others 2014, later a recurrent network. (Both go through the frames one after the
# other and may stay at a sound as long as the speaker does.) There, one more helper along time is of little use. In
# ours nothing follows. A claim about an architecture holds for a system, a task and data; a sentence on a slide has
# lost all three.
#
# ## Summary
#
# - A wave is cut into frames; each frame's spectrum is a column. That short-time Fourier transform is a convolution
#   with fixed kernels.
# - Long frames tell frequencies apart, short ones moments. Decibels and mel bands follow the ear: ratios, and coarse
#   high notes.
# - 2,440 numbers, without phases, are enough to hear the word.
# - The axes of a spectrogram mean different things. A kernel that spans one axis slides along the other, and bears
#   shifts along it best.
# - Test on voices that training has not heard: 98 % becomes 50 to 90 %, and only then do the axes differ.
# - Look at each speaker, not only at the mean: one man's recordings began late.
#
# ## Formulae
#
# | what | formula |
# |---|---|
# | frames | $\left\lfloor \dfrac{\text{samples} - \text{frame length}}{\text{hop}} \right\rfloor + 1$ |
# | bins | $N / 2 + 1$ for a frame of N samples, each $\text{rate} / N$ hertz from the next |
# | Hann's window | $\sin^2(\pi n / N)$ |
# | decibels | $10 \log_{10}(\text{power} / \text{reference})$ |
# | mel | $2595 \log_{10}(1 + f / 700)$ |
# | weight of a bin in a band | $\max(0,\; 1 - d / D)$, with d its distance in mel from the centre and D that between centres |
#
# ## Where to read on
#
# - **Best next:** O. Abdel-Hamid and others, [*Convolutional neural networks for speech
#   recognition*](https://doi.org/10.1109/TASLP.2014.2339736), 2014: kernels along frequency, and why.
# - A. Waibel and others, [*Phoneme recognition using time-delay neural networks*](https://doi.org/10.1109/29.21701),
#   1989: kernels along time.
# - S. Davis and P. Mermelstein, [*Comparison of parametric representations for monosyllabic word
#   recognition*](https://doi.org/10.1109/TASSP.1980.1163420), IEEE Transactions on Acoustics, Speech, and Signal
#   Processing, 1980: mel bands for recognition. The mel formula is from a book: D. O'Shaughnessy, *Speech
#   communication: human and machine*, 1987.
# - D. Griffin and J. Lim, [*Signal estimation from modified short-time Fourier
#   transform*](https://doi.org/10.1109/TASSP.1984.1164317), the same journal, 1984: sound from magnitudes.
# - Z. Jackson and others, [*Free Spoken Digit Dataset*](https://github.com/Jakobovski/free-spoken-digit-dataset), the
#   recordings.
