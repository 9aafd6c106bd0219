# %% 13.1 right · Counter, sorted by count and word
from collections import Counter

def known_words(training, test, size):
    counts = Counter(word for sentence in training for word in sentence.split())
    words = sorted(counts, key=lambda word: (-counts[word], word))[:size]
    unknown = sum(word not in words for sentence in test for word in sentence.split())
    return words, unknown

# %% 13.1 right · a dictionary counted by hand
def known_words(training, test, size):
    counts = {}
    for sentence in training:
        for word in sentence.split():
            counts[word] = counts.get(word, 0) + 1
    pairs = sorted((-count, word) for word, count in counts.items())
    words = [word for _, word in pairs[:size]]
    unknown = 0
    for sentence in test:
        for word in sentence.split():
            if word not in words:
                unknown += 1
    return words, unknown

# %% 13.1 right · two stable sorts
from collections import Counter

def known_words(training, test, size):
    counts = Counter(" ".join(training).split())
    order = sorted(counts)
    order.sort(key=counts.get, reverse=True)
    listed = set(order[:size])
    return order[:size], len([word for word in " ".join(test).split() if word not in listed])

# %% 13.1 right · most_common of sorted words
from collections import Counter

def known_words(training, test, size):
    seen = []
    for sentence in training:
        seen += sentence.split()
    words = [word for word, _ in Counter(sorted(seen)).most_common(size)]
    asked = Counter(word for sentence in test for word in sentence.split())
    return words, sum(count for word, count in asked.items() if word not in words)

# %% 13.1 right · np.unique and a stable argsort
def known_words(training, test, size):
    names, counts = np.unique(np.array(" ".join(training).split(), dtype=str), return_counts=True)
    words = [str(name) for name in names[np.argsort(-counts, kind="stable")][:size]]
    return words, int(sum(1 for sentence in test for word in sentence.split() if word not in words))

# %% 13.1 right · heapq.nsmallest
from collections import Counter
import heapq

def known_words(training, test, size):
    counts = Counter()
    for sentence in training:
        counts.update(sentence.split())
    words = heapq.nsmallest(size, counts, key=lambda w: (-counts[w], w))
    known = sum(sentence.split().count(w) for w in words for sentence in test)
    return words, sum(len(sentence.split()) for sentence in test) - known

# %% 13.1 right · takes the best word again and again
def known_words(training, test, size):
    from itertools import chain

    seen = list(chain.from_iterable(map(str.split, training)))
    left, words = sorted(set(seen)), []
    while left and len(words) < size:
        words.append(max(left, key=seen.count))
        left.remove(words[-1])
    return words, sum(1 for word in chain(*map(str.split, test)) if word not in words)

# %% 13.1 wrong · ties as they come
from collections import Counter

def known_words(training, test, size):
    counts = Counter(word for sentence in training for word in sentence.split())
    words = [word for word, _ in counts.most_common(size)]
    return words, sum(word not in words for sentence in test for word in sentence.split())

# %% 13.1 wrong · test sentences counted as well
from collections import Counter

def known_words(training, test, size):
    counts = Counter(word for sentence in training + test for word in sentence.split())
    words = sorted(counts, key=lambda word: (-counts[word], word))[:size]
    return words, sum(word not in words for sentence in test for word in sentence.split())

# %% 13.1 wrong · each unknown word once
from collections import Counter

def known_words(training, test, size):
    counts = Counter(word for sentence in training for word in sentence.split())
    words = sorted(counts, key=lambda word: (-counts[word], word))[:size]
    return words, len({word for sentence in test for word in sentence.split()} - set(words))

# %% 13.1 wrong · once in each sentence
from collections import Counter

def known_words(training, test, size):
    counts = Counter(word for sentence in training for word in sentence.split())
    words = sorted(counts, key=lambda word: (-counts[word], word))[:size]
    return words, sum(len(set(sentence.split()) - set(words)) for sentence in test)

# %% 13.1 wrong · counts the known words
from collections import Counter

def known_words(training, test, size):
    counts = Counter(word for sentence in training for word in sentence.split())
    words = sorted(counts, key=lambda word: (-counts[word], word))[:size]
    return words, sum(word in words for sentence in test for word in sentence.split())

# %% 13.1 wrong · ties from z to a
from collections import Counter

def known_words(training, test, size):
    counts = Counter(word for sentence in training for word in sentence.split())
    words = sorted(counts, key=lambda word: (counts[word], word), reverse=True)[:size]
    return words, sum(word not in words for sentence in test for word in sentence.split())

# %% 13.1 wrong · rarest first
from collections import Counter

def known_words(training, test, size):
    counts = Counter(word for sentence in training for word in sentence.split())
    words = sorted(counts, key=lambda word: (counts[word], word))[:size]
    return words, sum(word not in words for sentence in test for word in sentence.split())

# %% 13.1 wrong · the chosen words in alphabetical order
from collections import Counter

def known_words(training, test, size):
    counts = Counter(word for sentence in training for word in sentence.split())
    words = sorted(sorted(counts, key=lambda word: (-counts[word], word))[:size])
    return words, sum(word not in words for sentence in test for word in sentence.split())

# %% 13.1 wrong · two places kept for padding and unknown
from collections import Counter

def known_words(training, test, size):
    counts = Counter(word for sentence in training for word in sentence.split())
    words = ["", "[UNK]"] + sorted(counts, key=lambda word: (-counts[word], word))[: size - 2]
    return words, sum(word not in words for sentence in test for word in sentence.split())

# %% 13.1 wrong · unknown to all of the training
from collections import Counter

def known_words(training, test, size):
    counts = Counter(word for sentence in training for word in sentence.split())
    words = sorted(counts, key=lambda word: (-counts[word], word))[:size]
    return words, sum(word not in counts for sentence in test for word in sentence.split())

# %% 13.1 wrong · a share
from collections import Counter

def known_words(training, test, size):
    counts = Counter(word for sentence in training for word in sentence.split())
    words = sorted(counts, key=lambda word: (-counts[word], word))[:size]
    asked = " ".join(test).split()
    return words, sum(word not in words for word in asked) / len(asked)

# %% 13.1 wrong · the unknown words themselves
from collections import Counter

def known_words(training, test, size):
    counts = Counter(word for sentence in training for word in sentence.split())
    words = sorted(counts, key=lambda word: (-counts[word], word))[:size]
    return words, [word for sentence in test for word in sentence.split() if word not in words]

# %% 13.1 wrong · pairs of word and count
from collections import Counter

def known_words(training, test, size):
    counts = Counter(sorted(word for sentence in training for word in sentence.split()))
    words = counts.most_common(size)
    return words, sum(word not in dict(words) for sentence in test for word in sentence.split())

# %% 13.1 wrong · each word once a sentence
from collections import Counter

def known_words(training, test, size):
    counts = Counter(word for sentence in training for word in set(sentence.split()))
    words = sorted(counts, key=lambda word: (-counts[word], word))[:size]
    return words, sum(word not in words for sentence in test for word in sentence.split())

# %% 13.1 wrong · letters counted
from collections import Counter

def known_words(training, test, size):
    counts = Counter(letter for sentence in training for letter in sentence)
    words = sorted(counts, key=lambda word: (-counts[word], word))[:size]
    return words, sum(word not in words for sentence in test for word in sentence.split())

# %% 13.1 wrong · parts of words count as known
from collections import Counter

def known_words(training, test, size):
    counts = Counter(word for sentence in training for word in sentence.split())
    words = sorted(counts, key=lambda word: (-counts[word], word))[:size]
    listed = " ".join(words)
    return words, sum(word not in listed for sentence in test for word in sentence.split())

# %% 13.1 wrong · sentences with an unknown word
from collections import Counter

def known_words(training, test, size):
    counts = Counter(word for sentence in training for word in sentence.split())
    words = sorted(counts, key=lambda word: (-counts[word], word))[:size]
    return words, sum(any(word not in words for word in sentence.split()) for sentence in test)

# %% 13.1 wrong · number before the list
from collections import Counter

def known_words(training, test, size):
    counts = Counter(word for sentence in training for word in sentence.split())
    words = sorted(counts, key=lambda word: (-counts[word], word))[:size]
    return sum(word not in words for sentence in test for word in sentence.split()), words

# %% 13.1 wrong · splits the list
from collections import Counter

def known_words(training, test, size):
    counts = Counter(training.split())
    words = sorted(counts, key=lambda word: (-counts[word], word))[:size]
    return words, sum(word not in words for word in test.split())

# %% 13.1 wrong · counts lists of words
from collections import Counter

def known_words(training, test, size):
    counts = Counter([sentence.split() for sentence in training])
    words = sorted(counts, key=lambda word: (-counts[word], word))[:size]
    return words, sum(word not in words for sentence in test for word in sentence.split())

# %% 13.1 wrong · minus sign before a word
from collections import Counter

def known_words(training, test, size):
    counts = Counter(word for sentence in training for word in sentence.split())
    words = sorted(counts, key=lambda word: (counts[word], -word), reverse=True)[:size]
    return words, sum(word not in words for sentence in test for word in sentence.split())

# %% 13.2 right · loop, cut and fill
def encode(sentence, words, length):
    ids = []
    for word in sentence.split():
        if word in words:
            ids.append(words.index(word))
        else:
            ids.append(1)
    ids = ids[:length]
    while len(ids) < length:
        ids.append(0)
    return ids

# %% 13.2 right · dictionary of places
def encode(sentence, words, length):
    place = {word: i for i, word in enumerate(words)}
    ids = [place.get(word, 1) for word in sentence.split()[:length]]
    return ids + [0] * (length - len(ids))

# %% 13.2 right · zeros overwritten
def encode(sentence, words, length):
    ids = [0] * length
    for t, word in enumerate(sentence.split()):
        if t == length:
            break
        ids[t] = words.index(word) if word in words else 1
    return ids

# %% 13.2 right · index with try and except
def encode(sentence, words, length):
    def place(word):
        try:
            return words.index(word)
        except ValueError:
            return 1

    found = list(map(place, sentence.split()))
    return (found + length * [0])[:length]

# %% 13.2 right · zip_longest and islice
def encode(sentence, words, length):
    from itertools import chain, islice, repeat

    table = dict(zip(words, range(len(words))))
    return list(islice(chain((table.get(w, 1) for w in sentence.split()), repeat(0)), length))

# %% 13.2 right · NumPy array as a list
def encode(sentence, words, length):
    out = np.zeros(length, dtype=int)
    for i, token in enumerate(sentence.split()[:length]):
        hits = [k for k, word in enumerate(words) if word == token]
        out[i] = hits[0] if hits else 1
    return out.tolist()

# %% 13.2 right · recursion over the words
def encode(sentence, words, length):
    if length == 0:
        return []
    first, *rest = sentence.split() or [""]
    own = words.index(first) if first in words else 1
    return [own] + encode(" ".join(rest), words, length - 1)

# %% 13.2 right · early return for long sentences
def encode(sentence, words, length):
    ids = [words.index(w) if w in words else words.index("[UNK]") for w in sentence.split()]
    if len(ids) >= length:
        return ids[:length]
    return ids + [words.index("") for _ in range(length - len(ids))]

# %% 13.2 wrong · unknown is 0
def encode(sentence, words, length):
    ids = [words.index(word) if word in words else 0 for word in sentence.split()[:length]]
    return ids + [0] * (length - len(ids))

# %% 13.2 wrong · filled with 1
def encode(sentence, words, length):
    ids = [words.index(word) if word in words else 1 for word in sentence.split()[:length]]
    return ids + [1] * (length - len(ids))

# %% 13.2 wrong · zeros in front
def encode(sentence, words, length):
    ids = [words.index(word) if word in words else 1 for word in sentence.split()[:length]]
    return [0] * (length - len(ids)) + ids

# %% 13.2 wrong · long sentences not cut
def encode(sentence, words, length):
    ids = [words.index(word) if word in words else 1 for word in sentence.split()]
    return ids + [0] * (length - len(ids))

# %% 13.2 wrong · short sentences not filled
def encode(sentence, words, length):
    return [words.index(word) if word in words else 1 for word in sentence.split()][:length]

# %% 13.2 wrong · the last words kept
def encode(sentence, words, length):
    ids = [words.index(word) if word in words else 1 for word in sentence.split()[-length:]]
    return ids + [0] * (length - len(ids))

# %% 13.2 wrong · two added to the place
def encode(sentence, words, length):
    ids = [words.index(word) + 2 if word in words else 1 for word in sentence.split()[:length]]
    return ids + [0] * (length - len(ids))

# %% 13.2 wrong · places counted from 1
def encode(sentence, words, length):
    place = {word: i for i, word in enumerate(words, 1)}
    ids = [place.get(word, 1) for word in sentence.split()[:length]]
    return ids + [0] * (length - len(ids))

# %% 13.2 wrong · places counted behind the two special ones
def encode(sentence, words, length):
    place = {word: i for i, word in enumerate(words[2:])}
    ids = [place.get(word, 1) for word in sentence.split()[:length]]
    return ids + [0] * (length - len(ids))

# %% 13.2 wrong · unknown words left out
def encode(sentence, words, length):
    ids = [words.index(word) for word in sentence.split() if word in words][:length]
    return ids + [0] * (length - len(ids))

# %% 13.2 wrong · cut by letters
def encode(sentence, words, length):
    ids = [words.index(word) if word in words else 1 for word in sentence[:length].split()]
    return ids + [0] * (length - len(ids))

# %% 13.2 wrong · letters instead of words
def encode(sentence, words, length):
    ids = [words.index(word) if word in words else 1 for word in sentence][:length]
    return ids + [0] * (length - len(ids))

# %% 13.2 wrong · one zero too many
def encode(sentence, words, length):
    ids = [words.index(word) if word in words else 1 for word in sentence.split()[:length]]
    return ids + [0] * (length - len(ids) + 1)

# %% 13.2 wrong · one word too few
def encode(sentence, words, length):
    ids = [words.index(word) if word in words else 1 for word in sentence.split()[: length - 1]]
    return ids + [0] * (length - len(ids))

# %% 13.2 wrong · a bag of ids in order of size
def encode(sentence, words, length):
    ids = sorted(words.index(word) if word in words else 1 for word in sentence.split())[:length]
    return ids + [0] * (length - len(ids))

# %% 13.2 wrong · repeated words once
def encode(sentence, words, length):
    tokens = list(dict.fromkeys(sentence.split()))[:length]
    ids = [words.index(word) if word in words else 1 for word in tokens]
    return ids + [0] * (length - len(ids))

# %% 13.2 wrong · counts of the words
def encode(sentence, words, length):
    counts = [sentence.split().count(word) for word in words][:length]
    return counts + [0] * (length - len(counts))

# %% 13.2 wrong · index without a look
def encode(sentence, words, length):
    ids = [words.index(word) for word in sentence.split()[:length]]
    return ids + [0] * (length - len(ids))

# %% 13.2 wrong · a list has no get
def encode(sentence, words, length):
    ids = [words.get(word, 1) for word in sentence.split()[:length]]
    return ids + [0] * (length - len(ids))

# %% 13.2 wrong · a number added to a list
def encode(sentence, words, length):
    ids = [words.index(word) if word in words else 1 for word in sentence.split()[:length]]
    return ids + 0 * (length - len(ids))

# %% 13.2 wrong · writes behind the end
def encode(sentence, words, length):
    ids = [0] * length
    for t, word in enumerate(sentence.split()):
        ids[t] = words.index(word) if word in words else 1
    return ids

# %% 13.3 right · rows of the identity
def embed(ids, table):
    one_hot = np.eye(len(table))[ids]
    return one_hot, one_hot @ table

# %% 13.3 right · zeros and index arrays
def embed(ids, table):
    one_hot = np.zeros((len(ids), table.shape[0]))
    one_hot[np.arange(len(ids)), ids] = 1
    return one_hot, np.dot(one_hot, table)

# %% 13.3 right · loop over time
def embed(ids, table):
    words, dimensions = table.shape
    one_hot = np.zeros((len(ids), words), dtype=int)
    for t, word in enumerate(ids):
        one_hot[t][word] = 1
    return one_hot, np.matmul(one_hot, table)

# %% 13.3 right · comparison by broadcasting
def embed(ids, table):
    columns = np.arange(table.shape[0])
    one_hot = (np.asarray(ids)[:, np.newaxis] == columns).astype("float32")
    return one_hot, np.einsum("tw,wd->td", one_hot, table)

# %% 13.3 right · keras.utils.to_categorical
def embed(ids, table):
    one_hot = keras.utils.to_categorical(ids, num_classes=len(table))
    return one_hot, one_hot.dot(table)

# %% 13.3 right · keras.ops.one_hot
def embed(ids, table):
    one_hot = keras.ops.convert_to_numpy(keras.ops.one_hot(np.asarray(ids, "int32"), table.shape[0]))
    return one_hot, np.tensordot(one_hot, table, axes=1)

# %% 13.3 right · nested comprehension, sums by hand
def embed(ids, table):
    words, dimensions = table.shape
    one_hot = np.array([[1.0 if w == i else 0.0 for w in range(words)] for i in ids])
    vectors = np.zeros((len(ids), dimensions))
    for t in range(len(ids)):
        for d in range(dimensions):
            vectors[t, d] = sum(one_hot[t, w] * table[w, d] for w in range(words))
    return one_hot, vectors

# %% 13.3 right · np.put_along_axis
def embed(ids, table):
    ids = np.asarray(ids)
    matrix = np.zeros((ids.size, table.shape[0]))
    np.put_along_axis(matrix, ids[:, None], 1.0, axis=1)
    return matrix, (table.T @ matrix.T).T

# %% 13.3 wrong · one-hot transposed
def embed(ids, table):
    one_hot = np.eye(len(table))[ids]
    return one_hot.T, one_hot @ table

# %% 13.3 wrong · vectors only
def embed(ids, table):
    one_hot = np.eye(len(table))[ids]
    return one_hot @ table

# %% 13.3 wrong · vectors first
def embed(ids, table):
    one_hot = np.eye(len(table))[ids]
    return one_hot @ table, one_hot

# %% 13.3 wrong · the id instead of a 1
def embed(ids, table):
    one_hot = np.zeros((len(ids), len(table)))
    for t, i in enumerate(ids):
        one_hot[t, i] = i
    return one_hot, one_hot @ table

# %% 13.3 wrong · ids counted from 1
def embed(ids, table):
    one_hot = np.eye(len(table))[np.asarray(ids) - 1]
    return one_hot, one_hot @ table

# %% 13.3 wrong · every row holds all words of the sentence
def embed(ids, table):
    one_hot = np.zeros((len(ids), len(table)))
    one_hot[:, ids] = 1
    return one_hot, one_hot @ table

# %% 13.3 wrong · one bag for the sentence
def embed(ids, table):
    one_hot = np.zeros(len(table))
    one_hot[ids] = 1
    return one_hot, one_hot @ table

# %% 13.3 wrong · the first id everywhere
def embed(ids, table):
    one_hot = np.zeros((len(ids), len(table)))
    one_hot[:, ids[0]] = 1
    return one_hot, one_hot @ table

# %% 13.3 wrong · padding's row left empty
def embed(ids, table):
    one_hot = np.eye(len(table))
    one_hot[0] = 0
    one_hot = one_hot[ids]
    return one_hot, one_hot @ table

# %% 13.3 wrong · word for word, ordered by the table
def embed(ids, table):
    one_hot = np.eye(len(table))[np.sort(ids)]
    return one_hot, one_hot @ table

# %% 13.3 wrong · vectors added up
def embed(ids, table):
    one_hot = np.eye(len(table))[ids]
    return one_hot, (one_hot @ table).sum(axis=0)

# %% 13.3 wrong · vectors as columns
def embed(ids, table):
    one_hot = np.eye(len(table))[ids]
    return one_hot, (one_hot @ table).T

# %% 13.3 wrong · vectors rounded to whole numbers
def embed(ids, table):
    one_hot = np.eye(len(table), dtype=int)[ids]
    return one_hot, one_hot @ table.astype(int)

# %% 13.3 wrong · ones added up over time
def embed(ids, table):
    one_hot = np.cumsum(np.eye(len(table))[ids], axis=0)
    return one_hot, one_hot @ table

# %% 13.3 wrong · as wide as the largest id
def embed(ids, table):
    one_hot = np.eye(max(ids) + 1)[ids]
    return one_hot, one_hot @ table[: max(ids) + 1]

# %% 13.3 wrong · as many columns as different words
def embed(ids, table):
    one_hot = (np.asarray(ids)[:, None] == np.unique(ids)).astype(float)
    return one_hot, one_hot @ table

# %% 13.3 wrong · columns of the identity
def embed(ids, table):
    one_hot = np.eye(len(table))[:, ids]
    return one_hot, one_hot @ table

# %% 13.3 wrong · as wide as the dimensions
def embed(ids, table):
    one_hot = np.eye(table.shape[1])[ids]
    return one_hot, one_hot @ table

# %% 13.3 wrong · table times one-hot
def embed(ids, table):
    one_hot = np.eye(len(table))[ids]
    return one_hot, table @ one_hot

# %% 13.3 wrong · product entry by entry
def embed(ids, table):
    one_hot = np.eye(len(table))[ids]
    return one_hot, one_hot * table

# %% 13.3 wrong · number of classes left to Keras
def embed(ids, table):
    one_hot = keras.utils.to_categorical(ids)
    return one_hot, one_hot @ table

# %% 13.4 right · loop over places, tensordot
def conv_time(x, kernel, bias):
    width = len(kernel)
    rows = [np.tensordot(x[t : t + width], kernel, axes=2) + bias for t in range(len(x) - width + 1)]
    return np.maximum(rows, 0)

# %% 13.4 right · loops over places and filters
def conv_time(x, kernel, bias):
    width, _, filters = kernel.shape
    places = x.shape[0] - width + 1
    out = np.zeros((places, filters))
    for t in range(places):
        for f in range(filters):
            score = np.sum(x[t : t + width] * kernel[:, :, f]) + bias[f]
            out[t, f] = max(0, score)
    return out

# %% 13.4 right · loop over the width, whole sentences shifted
def conv_time(x, kernel, bias):
    places = len(x) - kernel.shape[0] + 1
    total = np.zeros((places, kernel.shape[2])) + bias
    for offset in range(kernel.shape[0]):
        total += x[offset : offset + places] @ kernel[offset]
    total[total < 0] = 0
    return total

# %% 13.4 right · sliding windows and einsum
def conv_time(x, kernel, bias):
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[0], axis=0)
    return np.clip(np.einsum("tdw,wdf->tf", windows, kernel) + bias, 0, None)

# %% 13.4 right · flat windows, one matrix product
def conv_time(x, kernel, bias):
    width, dimensions, filters = kernel.shape
    flat = np.array([x[t : t + width].ravel() for t in range(x.shape[0] - width + 1)])
    answers = flat @ kernel.reshape(width * dimensions, filters) + bias
    return answers * (answers > 0)

# %% 13.4 right · keras.ops.conv
def conv_time(x, kernel, bias):
    sentence = np.asarray(x, "float32")[np.newaxis]
    maps = keras.ops.conv(sentence, np.asarray(kernel, "float32"), strides=1, padding="valid")
    return keras.ops.convert_to_numpy(keras.ops.relu(maps + np.asarray(bias, "float32")))[0]

# %% 13.4 right · a Conv1D layer with the weights set
def conv_time(x, kernel, bias):
    width, dimensions, filters = kernel.shape
    layer = layers.Conv1D(filters, width, activation="relu")
    layer.build((None, len(x), dimensions))
    layer.set_weights([kernel, bias])
    return np.array(keras.ops.convert_to_numpy(layer(np.asarray(x, "float32")[None])))[0]

# %% 13.4 right · correlations, dimension by dimension
def conv_time(x, kernel, bias):
    width, dimensions, filters = kernel.shape
    columns = []
    for f in range(filters):
        answer = sum(np.correlate(x[:, d], kernel[:, d, f], "valid") for d in range(dimensions)) + bias[f]
        columns.append(np.where(answer > 0, answer, 0))
    return np.stack(columns, axis=1)

# %% 13.4 right · plain numbers in five loops
def conv_time(x, kernel, bias):
    width, dimensions, filters = kernel.shape
    out = []
    for t in range(len(x) - width + 1):
        row = []
        for f in range(filters):
            score = float(bias[f])
            for i in range(width):
                for d in range(dimensions):
                    score += float(x[t + i, d]) * float(kernel[i, d, f])
            row.append(score if score > 0 else 0.0)
        out.append(row)
    return np.array(out)

# %% 13.4 wrong · ReLU forgotten
def conv_time(x, kernel, bias):
    width = len(kernel)
    return np.array([np.tensordot(x[t : t + width], kernel, 2) + bias for t in range(len(x) - width + 1)])

# %% 13.4 wrong · bias forgotten
def conv_time(x, kernel, bias):
    width = len(kernel)
    places = range(len(x) - width + 1)
    return np.maximum([np.tensordot(x[t : t + width], kernel, 2) for t in places], 0)

# %% 13.4 wrong · bias after the ReLU
def conv_time(x, kernel, bias):
    width = len(kernel)
    places = range(len(x) - width + 1)
    return np.maximum([np.tensordot(x[t : t + width], kernel, 2) for t in places], 0) + bias

# %% 13.4 wrong · bias taken off
def conv_time(x, kernel, bias):
    width = len(kernel)
    places = range(len(x) - width + 1)
    return np.maximum([np.tensordot(x[t : t + width], kernel, 2) - bias for t in places], 0)

# %% 13.4 wrong · filter flipped in time
def conv_time(x, kernel, bias):
    width, kernel = len(kernel), kernel[::-1]
    places = range(len(x) - width + 1)
    return np.maximum([np.tensordot(x[t : t + width], kernel, 2) + bias for t in places], 0)

# %% 13.4 wrong · np.convolve flips
def conv_time(x, kernel, bias):
    width, dimensions, filters = kernel.shape
    columns = []
    for f in range(filters):
        answer = sum(np.convolve(x[:, d], kernel[:, d, f], "valid") for d in range(dimensions)) + bias[f]
        columns.append(np.maximum(answer, 0))
    return np.stack(columns, axis=1)

# %% 13.4 wrong · dimensions flipped
def conv_time(x, kernel, bias):
    width, kernel = len(kernel), kernel[:, ::-1]
    places = range(len(x) - width + 1)
    return np.maximum([np.tensordot(x[t : t + width], kernel, 2) + bias for t in places], 0)

# %% 13.4 wrong · last place missing
def conv_time(x, kernel, bias):
    width = len(kernel)
    return np.maximum([np.tensordot(x[t : t + width], kernel, 2) + bias for t in range(len(x) - width)], 0)

# %% 13.4 wrong · padded to the same length
def conv_time(x, kernel, bias):
    width, n = len(kernel), len(x)
    x = np.pad(x, (((width - 1) // 2, width // 2), (0, 0)))
    return np.maximum([np.tensordot(x[t : t + width], kernel, 2) + bias for t in range(n)], 0)

# %% 13.4 wrong · stride of a whole width
def conv_time(x, kernel, bias):
    width = len(kernel)
    starts = range(0, len(x) - width + 1, width)
    return np.maximum([np.tensordot(x[t : t + width], kernel, 2) + bias for t in starts], 0)

# %% 13.4 wrong · places and filters swapped
def conv_time(x, kernel, bias):
    width = len(kernel)
    rows = [np.tensordot(x[t : t + width], kernel, 2) + bias for t in range(len(x) - width + 1)]
    return np.maximum(rows, 0).T

# %% 13.4 wrong · mean instead of sum
def conv_time(x, kernel, bias):
    width, _, filters = kernel.shape
    rows = [(x[t : t + width, :, None] * kernel).mean(axis=(0, 1)) + bias for t in range(len(x) - width + 1)]
    return np.maximum(rows, 0)

# %% 13.4 wrong · bias added for each word of the window
def conv_time(x, kernel, bias):
    places = len(x) - len(kernel) + 1
    return np.maximum(sum(x[i : i + places] @ kernel[i] + bias for i in range(len(kernel))), 0)

# %% 13.4 wrong · ReLU for each word of the window
def conv_time(x, kernel, bias):
    places = len(x) - len(kernel) + 1
    return sum(np.maximum(x[i : i + places] @ kernel[i], 0) for i in range(len(kernel))) + bias

# %% 13.4 wrong · size instead of ReLU
def conv_time(x, kernel, bias):
    width = len(kernel)
    return np.abs([np.tensordot(x[t : t + width], kernel, 2) + bias for t in range(len(x) - width + 1)])

# %% 13.4 wrong · maximum over time at once
def conv_time(x, kernel, bias):
    width = len(kernel)
    rows = [np.tensordot(x[t : t + width], kernel, 2) + bias for t in range(len(x) - width + 1)]
    return np.maximum(np.max(rows, axis=0), 0)

# %% 13.4 wrong · the first bias for all filters
def conv_time(x, kernel, bias):
    width = len(kernel)
    rows = [np.tensordot(x[t : t + width], kernel, 2) + bias[0] for t in range(len(x) - width + 1)]
    return np.maximum(rows, 0)

# %% 13.4 wrong · dimensions not added up
def conv_time(x, kernel, bias):
    width = len(kernel)
    rows = [(x[t : t + width, :, None] * kernel).sum(axis=0) + bias for t in range(len(x) - width + 1)]
    return np.maximum(rows, 0)

# %% 13.4 wrong · whole numbers
def conv_time(x, kernel, bias):
    width = len(kernel)
    rows = [np.tensordot(x[t : t + width], kernel, 2) + bias for t in range(len(x) - width + 1)]
    return np.maximum(rows, 0).astype(int)

# %% 13.4 wrong · no axis for the filters
def conv_time(x, kernel, bias):
    width = len(kernel)
    rows = [np.sum(x[t : t + width] * kernel) + bias for t in range(len(x) - width + 1)]
    return np.maximum(rows, 0)

# %% 13.4 wrong · filters unpacked first
def conv_time(x, kernel, bias):
    filters, width, dimensions = kernel.shape
    rows = []
    for t in range(len(x) - width + 1):
        rows.append([np.sum(x[t : t + width] * kernel[f]) + bias[f] for f in range(filters)])
    return np.maximum(rows, 0)

# %% 13.4 wrong · maximum of one argument
def conv_time(x, kernel, bias):
    width = len(kernel)
    return np.maximum([np.tensordot(x[t : t + width], kernel, 2) + bias for t in range(len(x) - width + 1)])

# %% 13.4 wrong · runs over the end
def conv_time(x, kernel, bias):
    width = len(kernel)
    return np.maximum([np.tensordot(x[t : t + width], kernel, 2) + bias for t in range(len(x))], 0)

# %% 13.5 right · loop with argmax
def what_fires(maps, words, width):
    answer = []
    for f in range(maps.shape[1]):
        place = int(np.argmax(maps[:, f]))
        answer.append((" ".join(words[place : place + width]), float(maps[place, f])))
    return answer

# %% 13.5 right · comprehension over columns
def what_fires(maps, words, width):
    places = maps.argmax(axis=0)
    return [(" ".join(words[p : p + width]), float(m[p])) for p, m in zip(places, maps.T)]

# %% 13.5 right · index of the maximum of a list
def what_fires(maps, words, width):
    found = []
    for column in np.transpose(maps).tolist():
        highest = max(column)
        start = column.index(highest)
        found.append((" ".join(words[start : start + width]), highest))
    return found

# %% 13.5 right · n-grams first, max with a key
def what_fires(maps, words, width):
    ngrams = [" ".join(words[i : i + width]) for i in range(len(words) - width + 1)]
    result = []
    for column in maps.T:
        best = max(range(len(ngrams)), key=lambda i: column[i])
        result.append((ngrams[best], float(column[best])))
    return result

# %% 13.5 right · compares place by place
def what_fires(maps, words, width):
    places, filters = maps.shape
    fired = []
    for f in range(filters):
        best = 0
        for p in range(1, places):
            if maps[p, f] > maps[best, f]:
                best = p
        text = words[best]
        for k in range(1, width):
            text += " " + words[best + k]
        fired.append((text, float(maps[best, f])))
    return fired

# %% 13.5 right · zip of words and maxima
def what_fires(maps, words, width):
    starts, highest = np.argmax(maps, 0), np.max(maps, 0)
    texts = (" ".join(words[s + i] for i in range(width)) for s in starts)
    return list(zip(texts, highest.tolist()))

# %% 13.5 right · stable sort, highest first
def what_fires(maps, words, width):
    order = np.argsort(-np.asarray(maps, dtype=float), axis=0, kind="stable")[0]
    out = []
    for f, first in enumerate(order):
        window = words[first:][:width]
        out.append((" ".join(window), maps[first, f].item()))
    return out

# %% 13.5 right · where the maximum is, the first of them
def what_fires(maps, words, width):
    out = []
    for f in range(len(maps[0])):
        peak = maps[:, f].max()
        where = np.flatnonzero(maps[:, f] == peak)[0]
        out += [(" ".join(words[where : where + width]), float(peak))]
    return out

# %% 13.5 wrong · the last of equal answers
def what_fires(maps, words, width):
    places = len(maps) - 1 - maps[::-1].argmax(axis=0)
    return [(" ".join(words[p : p + width]), float(m[p])) for p, m in zip(places, maps.T)]

# %% 13.5 wrong · at least as high replaces
def what_fires(maps, words, width):
    fired = []
    for column in maps.T:
        best = 0
        for p in range(len(column)):
            if column[p] >= column[best]:
                best = p
        fired.append((" ".join(words[best : best + width]), float(column[best])))
    return fired

# %% 13.5 wrong · one word
def what_fires(maps, words, width):
    return [(words[p], float(m[p])) for p, m in zip(maps.argmax(axis=0), maps.T)]

# %% 13.5 wrong · one word too many
def what_fires(maps, words, width):
    return [(" ".join(words[p : p + width + 1]), float(m[p])) for p, m in zip(maps.argmax(axis=0), maps.T)]

# %% 13.5 wrong · one word too few
def what_fires(maps, words, width):
    return [(" ".join(words[p : p + width - 1]), float(m[p])) for p, m in zip(maps.argmax(axis=0), maps.T)]

# %% 13.5 wrong · starts one word later
def what_fires(maps, words, width):
    places = maps.argmax(axis=0) + 1
    return [(" ".join(words[p : p + width]), float(h)) for p, h in zip(places, maps.max(axis=0))]

# %% 13.5 wrong · window around the place
def what_fires(maps, words, width):
    found = []
    for p, column in zip(maps.argmax(axis=0), maps.T):
        start = max(0, p - width // 2)
        found.append((" ".join(words[start : start + width]), float(column[p])))
    return found

# %% 13.5 wrong · window ends at the place
def what_fires(maps, words, width):
    found = []
    for p, column in zip(maps.argmax(axis=0), maps.T):
        found.append((" ".join(words[max(0, p - width + 1) : p + 1]), float(column[p])))
    return found

# %% 13.5 wrong · widths of three only
def what_fires(maps, words, width=3):
    return [(" ".join(words[p : p + 3]), float(m[p])) for p, m in zip(maps.argmax(axis=0), maps.T)]

# %% 13.5 wrong · stride of a width
def what_fires(maps, words, width):
    places = maps.argmax(axis=0)
    return [(" ".join(words[p * width : (p + 1) * width]), float(m[p])) for p, m in zip(places, maps.T)]

# %% 13.5 wrong · a tuple for each place
def what_fires(maps, words, width):
    found = []
    for p, row in enumerate(maps):
        found.append((" ".join(words[p : p + width]), float(row.max())))
    return found

# %% 13.5 wrong · the lowest answer
def what_fires(maps, words, width):
    return [(" ".join(words[p : p + width]), float(m[p])) for p, m in zip(maps.argmin(axis=0), maps.T)]

# %% 13.5 wrong · words not joined
def what_fires(maps, words, width):
    return [(words[p : p + width], float(m[p])) for p, m in zip(maps.argmax(axis=0), maps.T)]

# %% 13.5 wrong · joined without blanks
def what_fires(maps, words, width):
    return [("".join(words[p : p + width]), float(m[p])) for p, m in zip(maps.argmax(axis=0), maps.T)]

# %% 13.5 wrong · answer before the words
def what_fires(maps, words, width):
    return [(float(m[p]), " ".join(words[p : p + width])) for p, m in zip(maps.argmax(axis=0), maps.T)]

# %% 13.5 wrong · place instead of the answer
def what_fires(maps, words, width):
    return [(" ".join(words[p : p + width]), int(p)) for p in maps.argmax(axis=0)]

# %% 13.5 wrong · words only
def what_fires(maps, words, width):
    return [" ".join(words[p : p + width]) for p in maps.argmax(axis=0)]

# %% 13.5 wrong · strongest filter first
def what_fires(maps, words, width):
    found = [(" ".join(words[p : p + width]), float(m[p])) for p, m in zip(maps.argmax(axis=0), maps.T)]
    return sorted(found, key=lambda one: -one[1])

# %% 13.5 wrong · mean answer
def what_fires(maps, words, width):
    return [(" ".join(words[p : p + width]), float(m.mean())) for p, m in zip(maps.argmax(axis=0), maps.T)]

# %% 13.5 wrong · the highest of all filters
def what_fires(maps, words, width):
    p = int(maps.max(axis=1).argmax())
    return [(" ".join(words[p : p + width]), float(maps.max())) for _ in range(maps.shape[1])]

# %% 13.5 wrong · returns in the loop
def what_fires(maps, words, width):
    found = []
    for p, column in zip(maps.argmax(axis=0), maps.T):
        found.append((" ".join(words[p : p + width]), float(column[p])))
        return found

# %% 13.5 wrong · dictionary that merges equal words
def what_fires(maps, words, width):
    found = {}
    for p, column in zip(maps.argmax(axis=0), maps.T):
        found[" ".join(words[p : p + width])] = float(column[p])
    return list(found.items())

# %% 13.5 wrong · argmax over everything
def what_fires(maps, words, width):
    return [(" ".join(words[p : p + width]), float(m[p])) for p, m in zip(maps.argmax(), maps.T)]

# %% 13.5 wrong · words indexed by an array
def what_fires(maps, words, width):
    places = maps.argmax(axis=0)
    return list(zip(words[places], maps.max(axis=0)))

# %% 13.5 wrong · join of several arguments
def what_fires(maps, words, width):
    return [(" ".join(words[p], words[p + 1]), float(m[p])) for p, m in zip(maps.argmax(axis=0), maps.T)]

# %% 13.6 right · loop over the widths
def text_cnn(size, dimensions, filters, widths):
    inputs = keras.Input((20,))
    x = layers.Embedding(size, dimensions)(inputs)
    maxima = []
    for width in widths:
        maps = layers.Conv1D(filters, width, activation="relu")(x)
        maxima.append(layers.GlobalMaxPooling1D()(maps))
    x = layers.Concatenate()(maxima)
    x = layers.Dropout(0.5)(x)
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))

# %% 13.6 right · comprehension and layers.concatenate
def text_cnn(size, dimensions, filters, widths):
    ids = keras.Input(shape=(20,), dtype="int32", name="ids")
    vectors = layers.Embedding(input_dim=size, output_dim=dimensions)(ids)
    maps = [layers.Conv1D(filters, F, activation="relu")(vectors) for F in widths]
    pooled = [layers.GlobalMaxPool1D()(one) for one in maps]
    both = layers.Dropout(rate=0.5)(layers.concatenate(pooled))
    praise = layers.Dense(units=1, activation="sigmoid")(both)
    return keras.Model(inputs=ids, outputs=praise)

# %% 13.6 right · separate activations
def text_cnn(size, dimensions, filters, widths):
    inputs = layers.Input((20,), dtype="int64")
    embedded = layers.Embedding(size, dimensions)(inputs)
    branches = []
    for width in widths:
        branch = layers.Conv1D(filters, kernel_size=width, strides=1, padding="valid")(embedded)
        branch = layers.ReLU()(branch)
        branches.append(layers.GlobalMaxPooling1D()(branch))
    score = layers.Dense(1)(layers.Dropout(0.5)(layers.Concatenate(axis=-1)(branches)))
    return keras.Model(inputs, layers.Activation("sigmoid")(score))

# %% 13.6 right · helper that makes a branch, names
def text_cnn(size, dimensions, filters, widths):
    def branch(x, number, width):
        x = layers.Conv1D(filters, width, activation=keras.activations.relu, name=f"conv{number}")(x)
        return layers.GlobalMaxPooling1D(name=f"max{number}")(x)

    inputs = keras.Input((20,), name="words")
    table = layers.Embedding(size, dimensions, embeddings_initializer="normal", name="table")(inputs)
    joined = layers.Concatenate(axis=1)([branch(table, n, w) for n, w in enumerate(widths)])
    joined = layers.Dropout(0.5, seed=1)(joined)
    outputs = layers.Dense(1, activation=keras.activations.sigmoid, name="positive")(joined)
    return keras.Model(inputs, outputs, name="kim")

# %% 13.6 right · small Sequential models as branches
def text_cnn(size, dimensions, filters, widths):
    inputs = keras.Input((20,))
    x = layers.Embedding(size, dimensions)(inputs)
    heads = []
    for width in widths:
        convolution = layers.Conv1D(filters, width, activation="relu")
        heads.append(keras.Sequential([convolution, layers.GlobalMaxPooling1D()])(x))
    end = keras.Sequential([layers.Dropout(0.5), layers.Dense(1, "sigmoid")])
    return keras.Model(inputs, end(layers.Concatenate()(heads)))

# %% 13.6 right · keras.ops and keras.activations
def text_cnn(size, dimensions, filters, widths):
    inputs = keras.Input((20,), dtype="int32")
    x = layers.Embedding(size, dimensions)(inputs)
    maps = [keras.ops.relu(layers.Conv1D(filters, width)(x)) for width in widths]
    maxima = keras.ops.concatenate([keras.ops.max(one, axis=1) for one in maps], axis=-1)
    score = layers.Dense(1)(layers.Dropout(0.5)(maxima))
    return keras.Model(inputs, keras.activations.sigmoid(score))

# %% 13.6 right · pools over all places, then flattens
def text_cnn(size, dimensions, filters, widths):
    inputs = keras.Input((20,))
    x = layers.Embedding(size, dimensions)(inputs)
    strongest = []
    for F in widths:
        y = layers.Conv1D(filters, F, activation="relu")(x)
        y = layers.MaxPooling1D(pool_size=21 - F)(y)
        strongest.append(layers.Flatten()(y))
    y = layers.Dropout(0.5)(layers.Concatenate()(strongest))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(y))

# %% 13.6 right · the package's network
def text_cnn(size, dimensions, filters, widths):
    return text.text_cnn(size, dimensions=dimensions, widths=widths, filters=filters, length=20, dropout=0.5)

# %% 13.6 wrong · average over time
def text_cnn(size, dimensions, filters, widths):
    inputs = keras.Input((20,))
    x = layers.Embedding(size, dimensions)(inputs)
    maps = [layers.Conv1D(filters, w, activation="relu")(x) for w in widths]
    pooled = [layers.GlobalAveragePooling1D()(one) for one in maps]
    x = layers.Dropout(0.5)(layers.Concatenate()(pooled))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))

# %% 13.6 wrong · padding same
def text_cnn(size, dimensions, filters, widths):
    inputs = keras.Input((20,))
    x = layers.Embedding(size, dimensions)(inputs)
    maps = [layers.Conv1D(filters, w, padding="same", activation="relu")(x) for w in widths]
    x = layers.Dropout(0.5)(layers.Concatenate()([layers.GlobalMaxPooling1D()(one) for one in maps]))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))

# %% 13.6 wrong · ReLU forgotten
def text_cnn(size, dimensions, filters, widths):
    inputs = keras.Input((20,))
    x = layers.Embedding(size, dimensions)(inputs)
    pooled = [layers.GlobalMaxPooling1D()(layers.Conv1D(filters, w)(x)) for w in widths]
    x = layers.Dropout(0.5)(layers.Concatenate()(pooled))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))

# %% 13.6 wrong · each convolution on the one before
def text_cnn(size, dimensions, filters, widths):
    inputs = keras.Input((20,))
    x = layers.Embedding(size, dimensions)(inputs)
    pooled = []
    for w in widths:
        x = layers.Conv1D(filters, w, activation="relu")(x)
        pooled.append(layers.GlobalMaxPooling1D()(x))
    x = layers.Dropout(0.5)(layers.Concatenate()(pooled))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))

# %% 13.6 wrong · Flatten instead of the maximum
def text_cnn(size, dimensions, filters, widths):
    inputs = keras.Input((20,))
    x = layers.Embedding(size, dimensions)(inputs)
    flat = [layers.Flatten()(layers.Conv1D(filters, w, activation="relu")(x)) for w in widths]
    x = layers.Dropout(0.5)(layers.Concatenate()(flat))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))

# %% 13.6 wrong · branches added up
def text_cnn(size, dimensions, filters, widths):
    inputs = keras.Input((20,))
    x = layers.Embedding(size, dimensions)(inputs)
    pooled = [layers.GlobalMaxPooling1D()(layers.Conv1D(filters, w, activation="relu")(x)) for w in widths]
    x = layers.Dropout(0.5)(layers.Add()(pooled))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))

# %% 13.6 wrong · dropout forgotten
def text_cnn(size, dimensions, filters, widths):
    inputs = keras.Input((20,))
    x = layers.Embedding(size, dimensions)(inputs)
    pooled = [layers.GlobalMaxPooling1D()(layers.Conv1D(filters, w, activation="relu")(x)) for w in widths]
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(layers.Concatenate()(pooled)))

# %% 13.6 wrong · dropout of 0.2
def text_cnn(size, dimensions, filters, widths):
    inputs = keras.Input((20,))
    x = layers.Embedding(size, dimensions)(inputs)
    pooled = [layers.GlobalMaxPooling1D()(layers.Conv1D(filters, w, activation="relu")(x)) for w in widths]
    x = layers.Dropout(0.2)(layers.Concatenate()(pooled))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))

# %% 13.6 wrong · dropout before the convolutions
def text_cnn(size, dimensions, filters, widths):
    inputs = keras.Input((20,))
    x = layers.Dropout(0.5)(layers.Embedding(size, dimensions)(inputs))
    pooled = [layers.GlobalMaxPooling1D()(layers.Conv1D(filters, w, activation="relu")(x)) for w in widths]
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(layers.Concatenate()(pooled)))

# %% 13.6 wrong · two outputs with a softmax
def text_cnn(size, dimensions, filters, widths):
    inputs = keras.Input((20,))
    x = layers.Embedding(size, dimensions)(inputs)
    pooled = [layers.GlobalMaxPooling1D()(layers.Conv1D(filters, w, activation="relu")(x)) for w in widths]
    x = layers.Dropout(0.5)(layers.Concatenate()(pooled))
    return keras.Model(inputs, layers.Dense(2, activation="softmax")(x))

# %% 13.6 wrong · softmax over one unit
def text_cnn(size, dimensions, filters, widths):
    inputs = keras.Input((20,))
    x = layers.Embedding(size, dimensions)(inputs)
    pooled = [layers.GlobalMaxPooling1D()(layers.Conv1D(filters, w, activation="relu")(x)) for w in widths]
    x = layers.Dropout(0.5)(layers.Concatenate()(pooled))
    return keras.Model(inputs, layers.Dense(1, activation="softmax")(x))

# %% 13.6 wrong · sigmoid forgotten
def text_cnn(size, dimensions, filters, widths):
    inputs = keras.Input((20,))
    x = layers.Embedding(size, dimensions)(inputs)
    pooled = [layers.GlobalMaxPooling1D()(layers.Conv1D(filters, w, activation="relu")(x)) for w in widths]
    x = layers.Dropout(0.5)(layers.Concatenate()(pooled))
    return keras.Model(inputs, layers.Dense(1)(x))

# %% 13.6 wrong · always 3, 4 and 5
def text_cnn(size, dimensions, filters, widths):
    inputs = keras.Input((20,))
    x = layers.Embedding(size, dimensions)(inputs)
    pooled = [layers.GlobalMaxPooling1D()(layers.Conv1D(filters, w, activation="relu")(x)) for w in (3, 4, 5)]
    x = layers.Dropout(0.5)(layers.Concatenate()(pooled))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))

# %% 13.6 wrong · widths from the largest
def text_cnn(size, dimensions, filters, widths):
    inputs = keras.Input((20,))
    x = layers.Embedding(size, dimensions)(inputs)
    pooled = []
    for w in reversed(widths):
        pooled.append(layers.GlobalMaxPooling1D()(layers.Conv1D(filters, w, activation="relu")(x)))
    x = layers.Dropout(0.5)(layers.Concatenate()(pooled))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))

# %% 13.6 wrong · only the last width arrives
def text_cnn(size, dimensions, filters, widths):
    inputs = keras.Input((20,))
    x = layers.Embedding(size, dimensions)(inputs)
    for w in widths:
        maps = layers.Conv1D(filters, w, activation="relu")(x)
    x = layers.Dropout(0.5)(layers.GlobalMaxPooling1D()(maps))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))

# %% 13.6 wrong · filters and widths swapped
def text_cnn(size, dimensions, filters, widths):
    inputs = keras.Input((20,))
    x = layers.Embedding(size, dimensions)(inputs)
    pooled = [layers.GlobalMaxPooling1D()(layers.Conv1D(w, filters, activation="relu")(x)) for w in widths]
    x = layers.Dropout(0.5)(layers.Concatenate()(pooled))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))

# %% 13.6 wrong · two more words in the table
def text_cnn(size, dimensions, filters, widths):
    inputs = keras.Input((20,))
    x = layers.Embedding(size + 2, dimensions)(inputs)
    pooled = [layers.GlobalMaxPooling1D()(layers.Conv1D(filters, w, activation="relu")(x)) for w in widths]
    x = layers.Dropout(0.5)(layers.Concatenate()(pooled))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))

# %% 13.6 wrong · a table for each width
def text_cnn(size, dimensions, filters, widths):
    inputs = keras.Input((20,))
    pooled = []
    for w in widths:
        x = layers.Embedding(size, dimensions)(inputs)
        pooled.append(layers.GlobalMaxPooling1D()(layers.Conv1D(filters, w, activation="relu")(x)))
    x = layers.Dropout(0.5)(layers.Concatenate()(pooled))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))

# %% 13.6 wrong · size and dimensions swapped
def text_cnn(size, dimensions, filters, widths):
    inputs = keras.Input((20,))
    x = layers.Embedding(dimensions, size)(inputs)
    pooled = [layers.GlobalMaxPooling1D()(layers.Conv1D(filters, w, activation="relu")(x)) for w in widths]
    x = layers.Dropout(0.5)(layers.Concatenate()(pooled))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))

# %% 13.6 wrong · sentences of 40 words
def text_cnn(size, dimensions, filters, widths):
    inputs = keras.Input((40,))
    x = layers.Embedding(size, dimensions)(inputs)
    pooled = [layers.GlobalMaxPooling1D()(layers.Conv1D(filters, w, activation="relu")(x)) for w in widths]
    x = layers.Dropout(0.5)(layers.Concatenate()(pooled))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))

# %% 13.6 wrong · joined along time before the maximum
def text_cnn(size, dimensions, filters, widths):
    inputs = keras.Input((20,))
    x = layers.Embedding(size, dimensions)(inputs)
    maps = layers.Concatenate(axis=1)([layers.Conv1D(filters, w, activation="relu")(x) for w in widths])
    x = layers.Dropout(0.5)(layers.GlobalMaxPooling1D()(maps))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))

# %% 13.6 wrong · maps of several lengths joined by filters
def text_cnn(size, dimensions, filters, widths):
    inputs = keras.Input((20,))
    x = layers.Embedding(size, dimensions)(inputs)
    maps = layers.Concatenate()([layers.Conv1D(filters, w, activation="relu")(x) for w in widths])
    x = layers.Dropout(0.5)(layers.GlobalMaxPooling1D()(maps))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))

# %% 13.6 wrong · all widths in one convolution
def text_cnn(size, dimensions, filters, widths):
    inputs = keras.Input((20,))
    x = layers.Embedding(size, dimensions)(inputs)
    x = layers.GlobalMaxPooling1D()(layers.Conv1D(filters, widths, activation="relu")(x))
    x = layers.Dropout(0.5)(x)
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))

# %% 13.6 wrong · 2D pooling
def text_cnn(size, dimensions, filters, widths):
    inputs = keras.Input((20,))
    x = layers.Embedding(size, dimensions)(inputs)
    pooled = [layers.GlobalMaxPooling2D()(layers.Conv1D(filters, w, activation="relu")(x)) for w in widths]
    x = layers.Dropout(0.5)(layers.Concatenate()(pooled))
    return keras.Model(inputs, layers.Dense(1, activation="sigmoid")(x))

# %% 13.6 wrong · returns the output, no model
def text_cnn(size, dimensions, filters, widths):
    inputs = keras.Input((20,))
    x = layers.Embedding(size, dimensions)(inputs)
    pooled = [layers.GlobalMaxPooling1D()(layers.Conv1D(filters, w, activation="relu")(x)) for w in widths]
    return layers.Dense(1, activation="sigmoid")(layers.Dropout(0.5)(layers.Concatenate()(pooled)))
