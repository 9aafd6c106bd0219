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
# # 13 · Text: filters that slide along time
#
# **Is a sentence more than its words?**
#
# You will be able to
#
# - turn sentences into arrays, with a vocabulary that has not seen the test data;
# - build and train Kim's text CNN: embedding, filters along time, maximum over time;
# - trace a filter's answer back to the words that fired it;
# - say, from measurements, what the order of dimensions and the order of words are worth.
#
# **Minutes:** about 90 with the exercises; the notebook itself runs in about a minute on two CPU cores, and needs no
# GPU.

# %% tags=["setup"]
from workbook import check, data, plots, text  # before Keras: it sets Keras up
import numpy as np
import matplotlib.pyplot as plt
import keras  # loading Keras takes some seconds
from keras import layers
from workbook import live

keras.utils.set_random_seed(1)

# %% [markdown]
# ## The data
#
# One sentence from a film review, and the question whether it praises or pans. People rated each sentence from −4 to 4;
# the class is 1, positive, where the mean is above 0.

# %% tags=["nbval-check-output"]
from workbook.tables import Table

reviews = data.load("movie_reviews")
print(reviews)
Table(
    ("class", "sentence"),
    [(reviews.y_train[i], reviews.x_train[i]) for i in (5, 3, 7500, 7600)],
)

# %% [markdown]
# Again a part of the training data becomes validation data. Look at the places of the four sentences above, 5, 3, 7500
# and 7600, and at their classes. **Predict first:** what happens if we cut it off the end, as for MNIST?

# %% tags=["nbval-check-output"]
stored = reviews.y_train
print(
    f"positive among all: {stored.mean():.2f}, among the last 1,500: "
    f"{stored[-1500:].mean():.2f}"
)

# %% [markdown]
# **Notice** that the file is almost sorted by class. A validation set of negative sentences would favour a model that
# always says no. `validation_split` in Keras's `fit` cuts off the end, too. So shuffle first, with a seed.

# %%
order = np.random.default_rng(0).permutation(len(reviews.x_train))
sentences, labels = [reviews.x_train[i] for i in order], reviews.y_train[order]
x_train, y_train = sentences[:-1500], labels[:-1500]
x_val, y_val = sentences[-1500:], labels[-1500:]

# %% tags=["nbval-check-output"]
print(f"{len(x_train):,} sentences for training, {y_train.mean():.2f} positive")
print(f"{len(x_val):,} for validation, {y_val.mean():.2f} positive")

# %% [markdown]
# ## Words, and a list of them
#
# A network reads numbers. First a sentence is cut into **tokens**: here words in lower case, without punctuation.

# %% tags=["nbval-check-output"]
print(
    *text.tokens("It's so clever you want to hate it. But he somehow pulls it off."), sep=" | "
)

# %% [markdown]
# The apostrophe is deleted: *it's* becomes *its*. Keras does the same, and it has a price: *we'll* becomes *well*.
#
# Then comes the **vocabulary**: a list of the words, the most frequent first. A word that is not in it is unknown to
# the network. Which sentences may the list be made from: those for training only, or those for validation,
# too? **Predict first:** what share of the validation words is unknown in either case?

# %% tags=["nbval-check-output"]
for name, source in (
    ("training sentences", x_train),
    ("training and validation", x_train + x_val),
):
    words = text.vocabulary(source)
    unknown = text.unknown_share(text.encode(x_val, words, length=60))
    print(
        f"from {name}: {len(words):,} entries, {100 * unknown:.1f} % of the validation words "
        "unknown"
    )

# %% [markdown]
# **Notice** what leaks. The second list claims that no word of a new sentence is ever unknown. That is true for these
# 1,500 sentences, because they were looked at, and for no others. And no training sentence can teach the weights of a
# word that only they have. So: the vocabulary is *learned*, like weights, and like weights it is learned from the
# training data only.

# %% [markdown] exercise="13.1"
# ### Exercise 13.1 · A vocabulary that has not seen the test (8 min, 2 points)
#
# **Input:** lists of sentences `training` and `test` (strings in lower case, with one space between two words: split
# them there) and a whole number `size`. **Output:** a tuple (words, unknown): the list of the `size` most frequent
# words of the *training* sentences, equally frequent ones in the order of the alphabet; and how many words of
# the *test* sentences are not in that list (a word that appears there twice counts twice).

# %% tags=["exercise"] exercise="13.1"
from collections import Counter

def known_words(training, test, size):
    """List the most frequent training words, and count the test words that are not listed."""
    ### BEGIN SOLUTION
    counts = Counter(word for sentence in training for word in sentence.split())
    words = sorted(counts, key=lambda word: (-counts[word], word))[:size]
    unknown = sum(word not in words for sentence in test for word in sentence.split())
    return words, unknown
    ### END SOLUTION


# %% tags=["check"] exercise="13.1"
check("13.1", known_words);

# %% [markdown]
# ## Padding, and words that nobody knows
#
# A word's **id** is its place in the list. Two places are taken: 0 is **padding**, for what comes after the end of a
# short sentence, and 1 stands for every **unknown** word. With them all sentences fit into one array: a short one is
# filled up with zeros, a long one is cut. Keras has a layer for it; its `adapt` makes the list. We keep 8,000 entries
# and 40 words per sentence. **Predict first:** which of the five words below, one of them invented, gets which id: 0,
# 1, a small number or a large one?

# %% tags=["nbval-check-output"]
SIZE, LENGTH = 8000, 40
# layers.TextVectorization, or the same without TensorFlow
vectorize = text.vectorization(max_tokens=SIZE, output_sequence_length=LENGTH)
vectorize.adapt(x_train)  # the training sentences, and no others
words = [str(word) for word in vectorize.get_vocabulary()]
print(words[:8], f"… {len(words):,} entries")
print(np.array(vectorize(["A gripping film, quxly told!"]))[0, :8])

# %% tags=["nbval-check-output"]
train_ids, val_ids = np.array(vectorize(x_train)), np.array(vectorize(x_val))
print("arrays:", train_ids.shape, val_ids.shape)
for name, ids in (("training", train_ids), ("validation", val_ids)):
    print(f"{name}: {100 * text.unknown_share(ids):.1f} % of the words are unknown")
print("sentences that are cut:", sum(len(text.tokens(one)) > LENGTH for one in x_train))
print(
    "the package's own way agrees:",
    bool(np.all(text.encode(x_val, words, length=LENGTH) == val_ids)),
)

# %% tags=["nbval-check-output"]
every = np.concatenate([text.tokens(sentence) for sentence in x_train])
left_out = [
    count
    for word, count in zip(*np.unique(every, return_counts=True))
    if word not in set(words)
]
print(
    f"left out of the list: {len(left_out):,} words, "
    f"{100 * np.mean(np.array(left_out) == 1):.0f} % of them seen once"
)

# %% [markdown]
# **Notice** that 8,000 entries are about half of all training words (there were 16,237 above). The rest, nearly all
# seen once, are unknown in training, too. That is intended: otherwise id 1 would never occur there, and the network
# could not learn how to treat an unknown word. Only about one sentence in a hundred is cut.

# %% [markdown] exercise="13.2"
# ### Exercise 13.2 · A sentence as numbers (6 min, 2 points)
#
# **Input:** a `sentence` (a string, with one space between two words: split it there), the list `words` with
# `words[0] == ""` and `words[1] == "[UNK]"`, and `length`. **Output:** a list (or an array) of exactly `length` ids:
# each word's place in the list, 1 if it is not there; a longer sentence is cut, a shorter one is followed by zeros.
# Write it yourself: the course's own function for this does not count.

# %% tags=["exercise"] exercise="13.2"
def encode(sentence, words, length):
    """Turn a sentence into a list of ids."""
    ### BEGIN SOLUTION
    ids = [words.index(word) if word in words else 1 for word in sentence.split()[:length]]
    return ids + [0] * (length - len(ids))
    ### END SOLUTION


# %% tags=["check"] exercise="13.2"
check("13.2", encode);

# %% [markdown]
# ## A yardstick without order
#
# Before any network: how far do the words alone go? Forget the order, and a sentence is a **bag of words**. Give each
# word one weight, the logarithm of how much more often it appears in positive sentences than in negative ones, and add
# up the weights in the bag, each word once: a sum above 0 says praise. One is added to each count, so that a word which
# one class never uses gets a finite weight; unknown words and padding weigh 0. Nothing is trained, only counted. The
# method is called **naive Bayes**.

# %% tags=["nbval-check-output"]
weights = text.word_weights(train_ids, y_train, SIZE)  # (8000,)
best, worst = (np.argsort(one, kind="stable")[:8] for one in (-weights, weights))
print("most positive:", ", ".join(words[i] for i in best))
print("most negative:", ", ".join(words[i] for i in worst))

# %% [markdown]
# **Predict first:** how many of 100 validation sentences does that put into the right class? (A coin has 50.) And how
# many, if the validation sentences had been counted too?

# %% tags=["nbval-check-output"]
def bag_accuracy(ids, y, weights):
    return np.mean((text.bag_scores(ids, weights) > 0) == y)

both_ids, both_y = np.concatenate([train_ids, val_ids]), np.concatenate([y_train, y_val])
print(
    f"counted in the training sentences:  {100 * bag_accuracy(val_ids, y_val, weights):.1f} %"
)
leaked = text.word_weights(both_ids, both_y, SIZE)
print(
    f"in the validation sentences as well: {100 * bag_accuracy(val_ids, y_val, leaked):.1f} %"
)

# %% [markdown]
# **Notice** both lines. The first is the number to beat. The second is a leak again, and this time it shows: labels
# went in where only words went in before. It describes sentences already seen, and says nothing about new ones.
#
# ## From ids to vectors
#
# The ids are names, not sizes: word 4,000 is not twice word 2,000. An **embedding** is a table with a vector for each
# word, drawn at random and then learned. Looking up row number i is the same as a product with the table: a **one-hot**
# row, which is 1 at place i and 0 elsewhere, times the table.

# %% tags=["nbval-check-output"]
embedding = layers.Embedding(SIZE, 16)
vectors = np.array(embedding(train_ids[:2]))
print("ids", train_ids[:2].shape, "→ vectors", vectors.shape)
print(f"parameters: {SIZE:,} · 16 = {embedding.count_params():,}")

# %% [markdown] exercise="13.3"
# ### Exercise 13.3 · An embedding is a product (6 min, 2 points)
#
# **Input:** `ids` (time,), whole numbers, and the `table` (words, dimensions). **Output:** a tuple (one_hot, vectors):
# the one-hot matrix (time, words), with a 1 in column `ids[t]` of row t; and its product with the table, (time,
# dimensions).

# %% tags=["exercise"] exercise="13.3"
def embed(ids, table):
    """Look vectors up by a matrix product."""
    ### BEGIN SOLUTION
    one_hot = np.zeros((len(ids), len(table)))
    one_hot[np.arange(len(ids)), ids] = 1
    return one_hot, one_hot @ table
    ### END SOLUTION


# %% tags=["check"] exercise="13.3"
check("13.3", embed);

# %% [markdown]
# So an embedding is a dense layer on one-hot inputs, without the multiplications by zero.
#
# ## Filters that slide along time
#
# Now a sentence is an array (time, dimensions), and looks like an image of one channel. It is not one. In an image both
# axes are space; here one is time, where neighbours belong together, and the other is a list of numbers in no order. So
# a filter spans *all* dimensions, as a filter in an image spans all channels, and slides along time only. A filter
# of **width** 3 reads three words at once, an **n-gram** with n = 3. (The colours below are random: this embedding has
# learned nothing yet.)

# %% alt="A sentence of eleven words as a grid: a row for each word from top to bottom, a column for each of 16 dimensions, random colours. Two frames span all columns; one is three rows high, the other five."
shown = "it is not a good film but a very funny one"
grid = np.array(embedding(vectorize([shown])))[0, :11]  # (11, 16)
ax = plots.show_image(grid, plt.subplots(figsize=(4.6, 3.2), layout="constrained")[1])
plots.mark_windows(ax, [(2, 0, 3, 16)], colour="black")
plots.mark_windows(ax, [(6, 0, 5, 16)], colour=plots.COLOURS[2])
ax.set(xlim=(-1.2, 16.2), ylim=(11.2, -1.2))  # room around the frames
ax.set_yticks(range(11), shown.split())
ax.set(xlabel="embedding dimension", title="width 3 and width 5");

# %% [markdown] exercise="13.4"
# ### Exercise 13.4 · A convolution along time (10 min, 3 points)
#
# **Input:** `x` (time, dimensions), at least as long as a filter is wide, `kernel` (width, dimensions, filters) and
# `bias` (filters,). **Output:** what each filter answers at each place, bias added, after a ReLU: (time − width + 1,
# filters). No padding; the filter is laid on as it is, not flipped.

# %% tags=["exercise"] exercise="13.4"
def conv_time(x, kernel, bias):
    """Slide each filter along time."""
    ### BEGIN SOLUTION
    width = len(kernel)
    windows = [x[start : start + width] for start in range(len(x) - width + 1)]
    maps = np.array([np.tensordot(window, kernel, 2) for window in windows])
    return np.maximum(maps + bias, 0)
    ### END SOLUTION


# %% tags=["check"] exercise="13.4"
check("13.4", conv_time);

# %% [markdown]
# ## The maximum over time
#
# Keras calls this layer `Conv1D`. A filter answers at each place of the sentence. What counts is whether its n-gram
# occurs at all, wherever. So only the largest answer is kept: **max-over-time pooling**, Keras's `GlobalMaxPooling1D`.
# One number per filter, for sentences of any length. And `argmax` says where it came from: the words under that window
# fired the filter.

# %% [markdown] exercise="13.5"
# ### Exercise 13.5 · What fires a filter (8 min, 2 points)
#
# **Input:** `maps` (places, filters), the answers of filters of one `width`, and the list `words` of the sentence
# (places + width − 1 of them). **Output:** a list with a tuple for each filter: the words under the window of its
# highest answer, joined by spaces, and that answer (a float). If two are equally high, the first one counts.

# %% tags=["exercise"] exercise="13.5"
def what_fires(maps, words, width):
    """Trace each filter's maximum back to the words."""
    ### BEGIN SOLUTION
    found = []
    for one in range(maps.shape[1]):
        start = int(maps[:, one].argmax())
        found.append((" ".join(words[start : start + width]), float(maps[start, one])))
    return found
    ### END SOLUTION


# %% tags=["check"] exercise="13.5"
check("13.5", what_fires);

# %% [markdown]
# ## The network
#
# Kim's network (2014, section 2) puts filters of several widths side by side, takes the maximum over time of each
# filter, and classifies the list of all maxima:

# %% alt="The text CNN: ids go to an embedding of 16 dimensions, 20×16, and from there to three branches side by side, convolutions of width 3, 4 and 5 with 24 filters and ReLU, each followed by a maximum over time; the 72 maxima are concatenated, then come dropout and a dense layer of one unit with a sigmoid."
from workbook import diagrams

diagrams.show_model(
    text.text_cnn(4000, dimensions=16, filters=24, length=20), title="text CNN"
);

# %% [markdown]
# The widths are his, 3, 4 and 5. The sizes are ours: 16 dimensions instead of 300, 24 filters per width instead of 100,
# one sigmoid output instead of two with a softmax, and Adam instead of Adadelta with a limit on the norm of the weights
# (his section 3.1). A **sigmoid** turns a score s into a probability, here the probability of praise:
#
# $$\sigma(s) = \frac{1}{1 + e^{-s}}$$

# %% [markdown] exercise="13.6"
# ### Exercise 13.6 · The text CNN from its table (12 min, 3 points)
#
# **Input:** whole numbers `size`, `dimensions` and `filters`, and a tuple of `widths`. **Output:** a `keras.Model` for
# ids (20,):
#
# | layer | settings | output |
# |---|---|---|
# | Embedding | `size` words, `dimensions` | 20×`dimensions` |
# | for each width F, on the embedding: Conv1D | `filters` filters of width F, valid, ReLU | (21 − F)×`filters` |
# | and GlobalMaxPooling1D | | `filters` |
# | Concatenate | in the order of `widths` | widths·`filters` |
# | Dropout | 0.5 | |
# | Dense | 1 unit, sigmoid | 1 |

# %% tags=["exercise"] exercise="13.6"
def text_cnn(size, dimensions, filters, widths):
    """Build Kim's network from its table."""
    ### BEGIN SOLUTION
    inputs = keras.Input((20,))
    x = layers.Embedding(size, dimensions)(inputs)
    strongest = []
    for width in widths:
        maps = layers.Conv1D(filters, width, activation="relu")(x)
        strongest.append(layers.GlobalMaxPooling1D()(maps))
    x = layers.Dropout(0.5)(layers.Concatenate()(strongest))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))
    ### END SOLUTION


# %% tags=["check"] exercise="13.6"
check("13.6", text_cnn);

# %% [markdown]
# **Predict first:** 8,000 words, 16 dimensions, 24 filters of each width: how many parameters are in the embedding, and
# how many in all the rest?

# %% tags=["nbval-check-output"] name="build"
def build(widths=(3, 4, 5), filters=24):
    return text.text_cnn(SIZE, dimensions=16, widths=widths, filters=filters, length=LENGTH)

for layer in build().layers:
    if layer.count_params():
        print(f"{layer.name:10} {layer.count_params():8,}")

# %% [markdown]
# **Notice** that nearly everything sits in the table of words. A filter of width F has F · 16 weights and a bias; the
# classifier has one weight for each of the 72 maxima, and a bias.
#
# ## Train it
#
# The sigmoid outputs the probability p of praise; 1 − p is left for the other class. The loss is the cross-entropy of
# chapter 05 for two classes: −ln of the probability of the true class.
#
# Two passes over the training sentences, with three seeds, because one says little. Beside it a network with filters
# of **width 1** (72 of them, and so 72 maxima): it has the same embedding and the same maximum, but reads one word at a
# time. **Predict first:** which of the two wins, and does either beat the bag of words?
#
# The **standard error** below says how far such a number moves by chance alone, because 1,500 other sentences might
# have been drawn: it is √(p(1 − p)/n) for a share p of n. A difference of one standard error means nothing.

# %% name="train"
SEEDS = 1, 2, 3

def train(model, ids, y, seed, epochs=2):
    keras.utils.set_random_seed(seed)  # the same batches and the same dropout for every model
    model.compile(keras.optimizers.Adam(0.01), "binary_crossentropy")
    callbacks = [live.progress(f"{model.name}, seed {seed}")]
    model.fit(ids, y, batch_size=200, epochs=epochs, verbose=0, callbacks=callbacks)
    return model

def says_yes(model, ids):
    return np.array(model(ids))[:, 0] > 0.5

# %% tags=["slow"] name="widths"
models, singles = [], []
for seed in SEEDS:
    keras.utils.set_random_seed(seed)
    models.append(train(build(), train_ids, y_train, seed))
    singles.append(train(build((1,), 72), train_ids, y_train, seed))

# %% tags=["slow"] name="answers"
answers = [says_yes(model, val_ids) for model in models]  # three times (1500,)
results = {
    "bag of words": [bag_accuracy(val_ids, y_val, weights)],
    "width 1": [np.mean(says_yes(model, val_ids) == y_val) for model in singles],
    "widths 3, 4, 5": [np.mean(answer == y_val) for answer in answers],
}

# %% tags=["slow", "nbval-ignore-output"]
def show(results):
    for name, values in results.items():
        print(f"{name:36}", "  ".join(f"{100 * value:.1f}" for value in values), "%")

show(results)
p = np.mean(results["widths 3, 4, 5"])
print(f"standard error of one accuracy: {100 * np.sqrt(p * (1 - p) / len(y_val)):.1f} points")

# %% tags=["slow", "nbval-check-output"]
mean = {name: np.mean(values) for name, values in results.items()}
print(
    "every network is right in 72 to 79 of 100:",
    all(0.72 < v < 0.79 for v in results["widths 3, 4, 5"]),
)
either = mean["width 1"], mean["widths 3, 4, 5"]
print("the bag of words is ahead of the mean of either:", mean["bag of words"] > max(either))

# %% [markdown]
# **Notice** who leads: counting, by about two points. With 8,000 sentences and vectors that start at random, the
# network does not beat one weight per word. Between width 1 and widths 3, 4 and 5 the difference is no larger than the
# spread of the seeds.
#
# Our data are no exception. Kim's table 2 shows the same for *MR*, a set of film reviews that is nearly ours:
#
# - his network with random vectors (CNN-rand): 76.1 %;
# - a naive Bayes of words and pairs of words (MNB): 79.0 %;
# - his network with vectors *learned before*, from 100 billion words of news (CNN-non-static): 81.5 %. This gain is the
#   paper's main lesson.
#
# His figures are means over ten parts of the data; ours are of one part, with other labels. Compare the ranks, not the
# decimals.
#
# ## What fires them
#
# Here are the n-grams of the validation sentences that fire some filters most. For each width we take the filter that
# speaks loudest for "positive" and the one that speaks loudest for "negative". Its *vote* is its maximum's weight in
# the last layer: above 0 it raises the score of praise. **Predict first:** what will fire a filter with a positive
# vote: single strong words, or constructions such as "not bad at all"?

# %% tags=["slow", "nbval-ignore-output"] name="ngrams"
network = models[0]
votes = network.get_layer("positive").get_weights()[0].reshape(3, 24)  # (widths, filters)
rows = []
for row, width in enumerate((3, 4, 5)):
    found = text.strongest_ngrams(network, val_ids, words, width=width, count=4)
    for one in (votes[row].argmax(), votes[row].argmin()):
        ngrams = " | ".join(ngram for ngram, _ in found[one])
        rows.append((width, f"{votes[row][one]:+.2f}", ngrams))
Table(("width", "vote", "strongest n-grams"), rows)

# %% [markdown]
# **Notice** two things. The n-grams of a filter share their tone, and often a single strong word, at any place in the
# window; seldom a construction. And each width sees n-grams of its own length only: no filter of width 3 knows of two
# words that are four places apart. (A dot is padding, [UNK] an unknown word.)
#
# One filter, followed through one sentence: the positive one of width 3, in the validation sentence that fires it most.
# Each bar is at the first of its three words.

# %% tags=["slow"] alt="Bars over the places of one sentence: the answer of one filter of width 3 at each place. Most bars are low or zero; one stands out, and the three words under its window are written in the title."
i = int(np.argmax(text.peaks(network, val_ids, 3)[0][:, votes[0].argmax()]))
layer = network.get_layer("width3")
# (38,)
maps = np.array(keras.Model(network.input, layer.output)(val_ids[i : i + 1]))[
    0, :, votes[0].argmax()
]
sentence = text.decode(val_ids[i][val_ids[i] > 0], words)
ax = plt.subplots(figsize=(9, 2.6), layout="constrained")[1]
ax.bar(range(len(sentence)), maps[: len(sentence)], color=plots.COLOURS[0])
ax.set_xticks(range(len(sentence)), sentence, rotation=60, ha="right", fontsize=8)
start = int(maps.argmax())
fired = " ".join(sentence[start : start + 3])
ax.set(ylabel="answer", xlabel="the window begins at", title=f"fired by: {fired}");

# %% [markdown]
# ## What the words became
#
# The table began at random. After training two words may have similar vectors, that is, vectors that point nearly the
# same way: their **cosine**, the sum of products divided by both lengths, is near 1. Here are the nearest neighbours of
# five words among the 2,000 most frequent ones. **Predict first:** what will *boring* be near to: words of the same
# meaning, of the same tone, or of the same place in a sentence?

# %% tags=["slow", "nbval-ignore-output"] name="neighbours"
vectors = np.asarray(network.get_layer("embedding").embeddings)  # (8000, 16)
rows = []
for word in ("boring", "funny", "moving", "film", "the"):
    near = text.neighbours(vectors, words, word)
    rows.append((word, ", ".join(f"{other} {cosine:.2f}" for other, cosine in near)))
Table(("word", "its neighbours, with their cosines"), rows)

# %% [markdown]
# All 16 dimensions at once cannot be drawn. `text.plane` finds the plane in which the vectors differ most (the
# principal components). Below are the ten words with the highest weight in the *bag*, the ten with the lowest, and ten
# that weigh next to nothing there, all from the 1,000 most frequent.

# %% tags=["slow"] name="word-map" alt="A map of 30 words. Along the first axis words of praise, marked by upward triangles, gather on one side and words of blame, marked by downward triangles, on the other; neutral words, grey dots, lie between."
ranked = 2 + np.argsort(weights[2:1000], kind="stable")
neutral = 2 + np.argsort(np.abs(weights[2:1000]), kind="stable")[:10]
groups = {"praise": ranked[-10:], "blame": ranked[:10], "neither": neutral}
places = np.concatenate(list(groups.values()))
points = dict(zip(places.tolist(), text.plane(vectors[places])))
ax = plt.subplots(figsize=(10, 7.5), layout="constrained")[1]
looks = zip(groups.items(), (plots.COLOURS[0], plots.COLOURS[1], plots.COLOURS[6]), "^vo")
for (name, rows), colour, shape in looks:
    x, y = np.array([points[int(row)] for row in rows]).T
    ax.plot(x, y, shape, color=colour, markersize=5, label=name)
    for order, place in enumerate(np.argsort(y)):  # names on the right and on the left in turn
        side = 1 if order % 2 else -1
        ax.annotate(
            words[rows[place]],
            (x[place], y[place]),
            (5 * side, -3),
            textcoords="offset points",
            fontsize=9,
            ha="left" if side == 1 else "right",
        )
ax.set(xlabel="first component", ylabel="second component")
ax.margins(x=0.09)
ax.legend(title="weight in the bag");

# %% [markdown]
# **Notice** what the network made of the words: *tone*. It was asked for praise or blame and for nothing else, so words
# of one tone may be neighbours whatever they mean, and words without a tone have the neighbours that chance gave them.
# Vectors learned from billions of words, such as those that Kim used, are made from a word's company, and keep *film*
# near *movie*. The course bundles none: they are hundreds of megabytes.

# %% [markdown]
# ## Permute the dimensions
#
# It is often said that filters do not slide along the embedding because its dimensions are independent. They need not
# be. What they lack is an *order*: nobody decided which number is beside which. So shuffle them. In a trained network
# the table's columns get a new order, and the weights of every filter the same new order along the dimensions. And, for
# contrast, the table alone, while the filters stay. **Predict first:** how many of the 1,500 answers change?

# %% tags=["slow"] name="dimensions"
shuffled = np.random.default_rng(3).permutation(16)
changes = {True: [], False: []}
for model, answer in zip(models, answers):
    for kernels in changes:
        other = says_yes(text.permuted(model, shuffled, kernels=kernels), val_ids)
        changes[kernels].append(np.mean(other != answer))

# %% tags=["slow", "nbval-ignore-output"]
show({"changed, table and filters": changes[True], "changed, table alone": changes[False]})

# %% tags=["slow", "nbval-check-output"]
print("table and filters in the same new order, changed answers:", float(max(changes[True])))
print("table alone, more than 15 % of them change:", min(changes[False]) > 0.15)

# %% [markdown]
# **Notice** that the place of a dimension is a *name*. Rename it everywhere, and nothing happens; rename it in the
# table only, and a quarter to a half of the answers change, where half is what a coin would do. A filter adds up
# products over all dimensions, and a sum does not ask for an order. So training does not either: if it begins with the
# same random numbers in another order, the result is the same network.

# %% tags=["slow"] name="before-training"
renamed = []
for seed in SEEDS:
    keras.utils.set_random_seed(seed)
    start = build()
    keras.utils.set_random_seed(seed)
    renamed.append(
        says_yes(train(text.permuted(start, shuffled), train_ids, y_train, seed), val_ids)
    )

# %% tags=["slow", "nbval-ignore-output"]
results["dimensions permuted, then trained"] = [np.mean(answer == y_val) for answer in renamed]
show(results)
show(
    {
        "answers that differ from before": [
            np.mean(one != other) for one, other in zip(renamed, answers)
        ]
    }
)
show({"that differ between two seeds": [np.mean(answers[0] != one) for one in answers[1:]]})

# %% [markdown]
# The only difference is rounding: the same sum in another order may end in another last digit. Mostly this has no
# effect. On some computers training amplifies it to a few answers in a hundred, far fewer than another seed changes.
#
# If you had *slid* a filter along the dimensions instead, it would have compared each with its neighbours, and every
# new order would be another problem.
#
# ## Permute time
#
# Now the other axis. Shuffle the words of each validation sentence; the padding stays at the end. **Predict first:**
# what happens to the bag of words? To width 1? To widths 3, 4 and 5?

# %% tags=["slow"] name="time"
rng = np.random.default_rng(4)
mixed = [text.shuffle_time(val_ids, rng) for _ in range(5)]
print(" ".join(text.decode(mixed[0][0], words)).strip())

def bag_says_yes(ids):
    return text.bag_scores(ids, weights) > 0

# three networks, five orders
after = [[says_yes(model, one) for one in mixed] for model in models]
changed = {
    "bag of words": [np.mean(bag_says_yes(one) != bag_says_yes(val_ids)) for one in mixed],
    "width 1": [
        np.mean(says_yes(singles[0], one) != says_yes(singles[0], val_ids)) for one in mixed
    ],
    "widths 3, 4, 5": [
        np.mean([one != answer for one in rows]) for rows, answer in zip(after, answers)
    ],
}

# %% tags=["slow", "nbval-ignore-output"]
show({f"changed, {name}": values for name, values in changed.items()})

# %% tags=["slow", "nbval-check-output"]
print(
    "the bag and width 1 do not change an answer:",
    max(changed["bag of words"] + changed["width 1"]) == 0,
)
wide = changed["widths 3, 4, 5"]
print("widths 3, 4, 5 change between 5 and 20 %:", all(0.05 < value < 0.2 for value in wide))

# %% [markdown]
# Width 1 with a maximum over time *is* a bag: which words occur is all that it can know. Wider filters read n-grams,
# and shuffling makes others. But a changed answer is not yet a wrong one. Is the order worth anything? Three more
# networks learn from sentences whose words were shuffled before training, so that order can tell them nothing.

# %% tags=["slow"] name="trained-shuffled"
train_mixed = text.shuffle_time(train_ids, rng)
results["read in shuffled order"] = [np.mean([one == y_val for one in rows]) for rows in after]
never_saw_order = []
for seed in SEEDS:
    keras.utils.set_random_seed(seed)
    model = train(build(), train_mixed, y_train, seed)
    never_saw_order.append(np.mean([says_yes(model, one) == y_val for one in mixed]))
results["trained and read in shuffled order"] = never_saw_order

# %% tags=["slow"] alt="Accuracy on the validation sentences, a dot for each seed and a dash for their mean. The bag of words is ahead by some points; all networks, of width 1, of widths 3 to 5, with permuted dimensions and with shuffled words, lie close together between about 73 and 78 percent."
ax = plt.subplots(figsize=(7, 2.6), layout="constrained")[1]
for row, values in enumerate(results.values()):
    ax.plot(
        100 * np.array(values), [row] * len(values), "o", color=plots.COLOURS[0], alpha=0.6
    )
    ax.plot(100 * np.mean(values), row, "|", color=plots.COLOURS[1], markersize=16)
ax.set_yticks(range(len(results)), results)
ax.set(
    xlabel="right, % of 1,500 validation sentences",
    ylim=(len(results) - 0.5, -0.5),
    xlim=(70, 82),
)
ax.grid(axis="x", alpha=0.3);

# %% tags=["slow", "nbval-ignore-output"]
show(results)
lost = np.mean(results["widths 3, 4, 5"]) - np.mean(results["read in shuffled order"])
print(f"lost by shuffling, mean over seeds and orders: {100 * lost:.1f} points")

# %% tags=["slow", "nbval-check-output"]
print("shuffling costs less than 4 points:", lost < 0.04)

# %% [markdown]
# **Notice** how small the difference is: a point or two, like the spread between seeds. About every tenth answer
# changes, but not many more from right to wrong than from wrong to right; and networks that never saw an order are
# hardly worse. For *this* question the words say almost everything, and order adds little that 8,000 sentences can
# teach. So the rule holds, with a limit: permuting dimensions changes nothing, ever; permuting time changes what the
# network sees, and how much that matters depends on the question.
#
# ## A question of nothing but order
#
# So we ask another question: *is this sentence in the order in which it was written?* Every sentence now appears twice,
# once as it was written and once shuffled. Both hold the same words. One pass, one seed. **Predict first:** how many of
# 100 does width 1 get right, and how many the network with widths 3, 4 and 5?

# %% tags=["slow"] name="order"
def in_order(ids):
    return np.concatenate([ids, text.shuffle_time(ids, rng)]), np.repeat([1, 0], len(ids))

order_ids, order_y = in_order(train_ids)
asked_ids, asked_y = in_order(val_ids)
told = {}
for widths, filters in (((1,), 72), ((3, 4, 5), 24)):
    keras.utils.set_random_seed(1)
    model = train(build(widths, filters), order_ids, order_y, 1, epochs=1)
    told[widths] = np.mean(says_yes(model, asked_ids) == asked_y)

# %% tags=["slow", "nbval-ignore-output"]
show({f"widths {widths}": [value] for widths, value in told.items()})

# %% tags=["slow", "nbval-check-output"]
print(f"width 1: {100 * told[1,]:.1f} %, exactly a coin's share")
print("widths 3, 4, 5: over 80 %:", told[3, 4, 5] > 0.8)

# %% [markdown]
# **Notice** that width 1 gets exactly half: its answers for a sentence and its shuffled copy are the same, so just one
# of the two is right. The filters of width 3, 4 and 5 know which words follow which. They *can* read order. The first
# question just did not ask for much of it.
#
# ## Your own sentence
#
# Put your own sentences here. The networks' answers are probabilities of praise, one for each seed; the bag's is a sum
# of weights, positive for praise. A word in [brackets] is not in the vocabulary: the network reads id 1 in its
# place. **Predict first:** here are two pairs with the same words in another order. Who can tell the two of a pair
# apart? And what should be the answer to the last three?

# %% tags=["slow", "nbval-ignore-output"]
def rate(*sentences):
    rows = []
    for sentence in sentences:
        own = text.own_sentence(sentence, words, length=LENGTH)
        praise, bag = "–", "–"
        if own.can_be_rated:
            ids = np.array(vectorize([own.plain]))
            praise = " ".join(f"{float(model(ids)[0, 0]):.2f}" for model in models)
            bag = f"{text.bag_scores(ids, weights)[0]:+.1f}"
        rows.append((praise, bag, own.marked, own.note))
    return Table(("networks", "bag", "as it is read", "note"), rows)

rate(
    "A funny film, and not a dull one.",
    "A dull film, and not a funny one.",
    "It is not bad, it is good.",
    "It is not good, it is bad.",
    "It’s “clever” – and it doesn’t bore.",  # typed with curly quotes and a dash
    "A quuxly frobnicated masterpiece.",
    "Frobnicating quuxes.",
    "这部电影很好看。",
)

# %% [markdown]
# **Notice** the pairs. Each holds the same words, so the bag *must* give both the same sum. The networks give two
# different numbers, but that is not understanding. In the run shown here all three put the first pair in the right
# order, although they call both sentences blame, and all three put the second pair in the wrong one. Look at yours, and
# how far the seeds agree.
#
# And notice the last lines. From id 1 and padding alone a network would output *some* probability, too, but it would be
# no opinion about the sentence. A number says nothing about whether the question made sense: whoever uses a network has
# to check its input. (`text.own_sentence` also turns curly quotes and no-break spaces into plain ones.
# `TextVectorization` deletes ASCII's punctuation only, so *it’s* with a curly quote would be a word that it has never
# seen.)
#
# Last, and once, the test sentences, for the bag and for the text CNN of widths 3, 4 and 5:

# %% tags=["slow", "nbval-check-output"]
test_ids = np.array(vectorize(reviews.x_test))
print(
    f"bag of words: {100 * bag_accuracy(test_ids, reviews.y_test, weights):.1f} % of the test "
    "sentences"
)
tested = [np.mean(says_yes(model, test_ids) == reviews.y_test) for model in models]
print("each text CNN between 71 and 80 %:", all(0.71 < value < 0.8 for value in tested))

# %% [markdown]
# ## One sigmoid, or several
#
# Our network ends in *one* sigmoid, Kim's in a softmax over two scores. That is the same: a softmax over two scores is
# the sigmoid of their difference.

# %% tags=["nbval-check-output"]
def sigmoid(score):
    return 1 / (1 + np.exp(-score))

def softmax(scores):
    return np.exp(scores) / np.exp(scores).sum()

print(softmax(np.array([0.4, 1.9])).round(4), sigmoid(1.9 - 0.4).round(4))

# %% [markdown]
# The two numbers of the softmax are the two classes; its second is the sigmoid's one. With more than two answers they
# part. A softmax asks *which one*: its probabilities add up to 1, and more for one is less for the others. Several
# sigmoids ask *which of these*: a yes or no for each, and their numbers may add up to anything. That is **multi-label**
# classification, where a picture may show a flower *and* the sky. Chapter 14 has an example, and trains such a network.
#
# ## Summary
#
# - Sentence → tokens → ids → vectors: the vocabulary is learned, from the training data only; 0 is padding, 1 the
#   unknown word.
# - A text filter spans all embedding dimensions and slides along time; the maximum over time says whether its n-gram
#   occurs, and `argmax` which words it was.
# - Permuting the dimensions consistently changes nothing: a place there is only a name. Permuting time changes what
#   wide filters see; width 1 is a bag of words.
# - On this question order is worth a point or two, and counting words beats a network with vectors from nothing. A
#   yardstick shows that; without it 76 % would have looked like a success of order.
# - The same network tells written from shuffled sentences in over 80 % of the cases, where a bag gets exactly 50.
# - One answer of many: softmax. Many yes or no: sigmoids.
#
# ## Formulae
#
# | what | formula |
# |---|---|
# | embedding | one-hot (time, words) · table (words, dimensions); $V D$ parameters for $V$ words and $D$ dimensions |
# | filter of width F, D dimensions | $F D$ weights and a bias, $T - F + 1$ places on T words |
# | maximum over time | $\max_t\, \mathrm{ReLU}\bigl(w \cdot x_{t : t+F} + b\bigr)$ |
# | text CNN | $V D + \sum_F (F D + 1) \cdot \text{filters} + (\text{widths} \cdot \text{filters} + 1)$ parameters, the sum over the widths F |
# | naive Bayes weight of a word | $\ln(q_1 / q_0)$, with $q_k$ its share among the words of class k |
# | softmax of two scores | $p_1 = \sigma(s_1 - s_0)$, with the sigmoid $\sigma(s) = 1 / (1 + e^{-s})$ |
#
# ## Where to read on
#
# - **Best next:** Y. Kim, [*Convolutional neural networks for sentence
#   classification*](https://arxiv.org/abs/1408.5882), EMNLP 2014: section 2 for the network, section 3.1 for its
#   settings, table 2 for what was compared.
# - Y. Zhang and B. Wallace, [*A sensitivity analysis of (and practitioners' guide to) convolutional neural networks for
#   sentence classification*](https://arxiv.org/abs/1510.03820), 2015: which of its settings matter.
# - S. Wang and C. Manning, [*Baselines and bigrams: simple, good sentiment and topic
#   classification*](https://aclanthology.org/P12-2018/), ACL 2012: why the yardstick is so good.
# - R. Collobert and others, [*Natural language processing (almost) from scratch*](https://arxiv.org/abs/1103.0398),
#   JMLR 2011: the maximum over time.
# - B. Pang and L. Lee, [*Seeing stars*](https://aclanthology.org/P05-1015/), ACL 2005: where the sentences come from;
#   C. Hutto and E. Gilbert, [*VADER*](https://doi.org/10.1609/icwsm.v8i1.14550), ICWSM 2014: their ratings.
