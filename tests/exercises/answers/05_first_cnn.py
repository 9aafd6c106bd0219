# %% 5.1 right · picks with two index arrays
def cross_entropy(probabilities, labels):
    return -np.mean(np.log(probabilities[np.arange(len(labels)), labels]))

# %% 5.1 right · loop and math.log
import math

def cross_entropy(probabilities, labels):
    total = 0.0
    for row, label in zip(probabilities, labels):
        total -= math.log(row[label])
    return total / len(labels)

# %% 5.1 right · one-hot product
def cross_entropy(probabilities, labels):
    probabilities = np.asarray(probabilities)
    hot = np.eye(probabilities.shape[1])[labels]
    return float((-np.log((hot * probabilities).sum(axis=1))).mean())

# %% 5.1 right · Keras's loss
def cross_entropy(probabilities, labels):
    return float(keras.losses.SparseCategoricalCrossentropy()(labels, probabilities))

# %% 5.1 right · take_along_axis, float32
def cross_entropy(probabilities, labels):
    p = np.take_along_axis(np.float32(probabilities), np.asarray(labels)[:, None], axis=1)
    return np.mean(-np.log(p), dtype=np.float32)

# %% 5.1 right · logarithm of the product
def cross_entropy(probabilities, labels):
    chosen = [probabilities[i][labels[i]] for i in range(len(labels))]
    return np.log(1 / np.array(chosen)).sum() / len(chosen)

# %% 5.1 right · keras.ops, turned into a float
def cross_entropy(probabilities, labels):
    p = keras.ops.convert_to_tensor(probabilities, "float32")
    hot = keras.ops.one_hot(labels, p.shape[-1])
    return float(-keras.ops.mean(keras.ops.log(keras.ops.sum(p * hot, axis=-1))))

# %% 5.1 right · statistics.fmean over a generator
import statistics

def cross_entropy(probabilities, labels):
    return statistics.fmean(float(-np.log(p[k])) for p, k in zip(probabilities, labels))

# %% 5.1 right · mask instead of indices, base changed
def cross_entropy(probabilities, labels):
    mask = np.arange(probabilities.shape[1]) == np.reshape(labels, (-1, 1))
    return -np.log2(probabilities[mask]).mean() * np.log(2)

# %% 5.1 wrong · sum instead of mean
def cross_entropy(probabilities, labels):
    return -np.sum(np.log(probabilities[np.arange(len(labels)), labels]))

# %% 5.1 wrong · sign forgotten
def cross_entropy(probabilities, labels):
    return np.mean(np.log(probabilities[np.arange(len(labels)), labels]))

# %% 5.1 wrong · logarithm to base 2
def cross_entropy(probabilities, labels):
    return -np.mean(np.log2(probabilities[np.arange(len(labels)), labels]))

# %% 5.1 wrong · logarithm to base 10
def cross_entropy(probabilities, labels):
    return -np.mean(np.log10(probabilities[np.arange(len(labels)), labels]))

# %% 5.1 wrong · every label's column of every row
def cross_entropy(probabilities, labels):
    return -np.mean(np.log(probabilities[:, labels]))

# %% 5.1 wrong · mean over the classes too
def cross_entropy(probabilities, labels):
    hot = np.eye(probabilities.shape[1])[labels]
    return -np.mean(hot * np.log(probabilities))

# %% 5.1 wrong · logarithm of the mean
def cross_entropy(probabilities, labels):
    return -np.log(np.mean(probabilities[np.arange(len(labels)), labels]))

# %% 5.1 wrong · one loss for each image
def cross_entropy(probabilities, labels):
    return -np.log(probabilities[np.arange(len(labels)), labels])

# %% 5.1 wrong · the predicted class instead of the true one
def cross_entropy(probabilities, labels):
    # equal where the network is right every time
    return -np.mean(np.log(probabilities.max(axis=1)))

# %% 5.1 wrong · returns after the first image
def cross_entropy(probabilities, labels):
    total = 0
    for row, label in zip(probabilities, labels):
        total -= np.log(row[label])
        return total / len(labels)

# %% 5.1 wrong · divided by the number of classes
def cross_entropy(probabilities, labels):
    chosen = probabilities[np.arange(len(labels)), labels]
    return -np.log(chosen).sum() / probabilities.shape[1]

# %% 5.1 wrong · labels counted from 1
def cross_entropy(probabilities, labels):
    return -np.mean(np.log(probabilities[np.arange(len(labels)), labels - 1]))

# %% 5.1 wrong · rows taken by the labels
def cross_entropy(probabilities, labels):
    # may raise, where there are fewer images than classes
    return -np.mean(np.log(probabilities[labels]))

# %% 5.1 wrong · entropy of the prediction
def cross_entropy(probabilities, labels):
    return -np.mean(np.sum(probabilities * np.log(probabilities), axis=1))

# %% 5.1 wrong · one minus the probability
def cross_entropy(probabilities, labels):
    return np.mean(1 - probabilities[np.arange(len(labels)), labels])

# %% 5.1 wrong · false classes punished as well
def cross_entropy(probabilities, labels):
    hot = np.eye(probabilities.shape[1])[labels]
    both = hot * np.log(probabilities) + (1 - hot) * np.log(1 - probabilities)
    return -np.mean(both.sum(axis=1))

# %% 5.1 wrong · softmax applied once more
def cross_entropy(probabilities, labels):
    p = np.exp(probabilities) / np.exp(probabilities).sum(axis=1, keepdims=True)
    return -np.mean(np.log(p[np.arange(len(labels)), labels]))

# %% 5.1 wrong · log1p for the logarithm
def cross_entropy(probabilities, labels):
    return -np.mean(np.log1p(probabilities[np.arange(len(labels)), labels]))

# %% 5.2 right · the formula spelled out
parameters = {
    "C1": (5 * 5 * 1 + 1) * 6,
    "C3": (5 * 5 * 6 + 1) * 16,
    "C5": (5 * 5 * 16 + 1) * 120,
    "F6": (120 + 1) * 84,
    "output": (84 + 1) * 10,
}

# %% 5.2 right · plain numbers
parameters = {"C1": 156, "C3": 2_416, "C5": 48_120, "F6": 10_164, "output": 850}

# %% 5.2 right · the package's arithmetic
parameters = {
    "C1": arithmetic.conv_parameters(5, 1, 6),
    "C3": arithmetic.conv_parameters(5, 6, 16),
    "C5": arithmetic.conv_parameters(5, 16, 120),
    "F6": arithmetic.dense_parameters(120, 84),
    "output": arithmetic.dense_parameters(84, 10),
}

# %% 5.2 right · comprehension, weights plus biases
table = {"C1": (25, 6), "C3": (25 * 6, 16), "C5": (25 * 16, 120), "F6": (120, 84), "output": (84, 10)}
parameters = {name: inputs * units + units for name, (inputs, units) in table.items()}

# %% 5.2 right · NumPy whole numbers and dict(zip)
inputs = np.array([25, 25 * 6, 25 * 16, 120, 84])
units = np.array([6, 16, 120, 84, 10])
parameters = dict(zip(["C1", "C3", "C5", "F6", "output"], (inputs + 1) * units))

# %% 5.2 right · asks Keras, another order of keys
model = keras.Sequential([
    keras.Input((28, 28, 1)),
    layers.Conv2D(6, 5, padding="same", name="C1"), layers.AveragePooling2D(2),
    layers.Conv2D(16, 5, name="C3"), layers.AveragePooling2D(2),
    layers.Conv2D(120, 5, name="C5"), layers.Flatten(),
    layers.Dense(84, name="F6"), layers.Dense(10, name="output"),
])
parameters = {name: model.get_layer(name).count_params() for name in ("output", "F6", "C5", "C3", "C1")}

# %% 5.2 right · C5 as the dense layer that it is
parameters = {"C1": 5**2 * 6 + 6, "C3": 5**2 * 6 * 16 + 16}
parameters["C5"] = 5 * 5 * 16 * 120 + 120
parameters["F6"] = 120 * 84 + 84
parameters["output"] = 84 * 10 + 10

# %% 5.2 wrong · biases forgotten
parameters = {"C1": 5 * 5 * 6, "C3": 5 * 5 * 6 * 16, "C5": 5 * 5 * 16 * 120, "F6": 120 * 84, "output": 84 * 10}

# %% 5.2 wrong · channels forgotten
parameters = {
    "C1": (5 * 5 + 1) * 6,
    "C3": (5 * 5 + 1) * 16,
    "C5": (5 * 5 + 1) * 120,
    "F6": (120 + 1) * 84,
    "output": (84 + 1) * 10,
}

# %% 5.2 wrong · a bias for each channel of each filter
parameters = {
    "C1": (5 * 5 + 1) * 1 * 6,
    "C3": (5 * 5 + 1) * 6 * 16,
    "C5": (5 * 5 + 1) * 16 * 120,
    "F6": (120 + 1) * 84,
    "output": (84 + 1) * 10,
}

# %% 5.2 wrong · one bias a layer
parameters = {
    "C1": 5 * 5 * 6 + 1,
    "C3": 5 * 5 * 6 * 16 + 1,
    "C5": 5 * 5 * 16 * 120 + 1,
    "F6": 120 * 84 + 1,
    "output": 84 * 10 + 1,
}

# %% 5.2 wrong · multiplications instead of parameters
parameters = {
    "C1": 28 * 28 * 25 * 6,
    "C3": 10 * 10 * 25 * 6 * 16,
    "C5": 25 * 16 * 120,
    "F6": 120 * 84,
    "output": 84 * 10,
}

# %% 5.2 wrong · kernel not squared
parameters = {"C1": (5 + 1) * 6, "C3": (5 * 6 + 1) * 16, "C5": (5 * 16 + 1) * 120, "F6": 10164, "output": 850}

# %% 5.2 wrong · C3 sparse as in the paper
parameters = {"C1": 156, "C3": 1516, "C5": 48120, "F6": 10164, "output": 850}

# %% 5.2 wrong · output missing
parameters = {"C1": 156, "C3": 2416, "C5": 48120, "F6": 10164}

# %% 5.2 wrong · text instead of numbers
parameters = {"C1": "156", "C3": "2,416", "C5": "48,120", "F6": "10,164", "output": "850"}

# %% 5.2 wrong · F6 flattens the maps of S4
parameters = {"C1": 156, "C3": 2416, "C5": 48120, "F6": (400 + 1) * 84, "output": 850}

# %% 5.2 wrong · colour images
parameters = {"C1": (5 * 5 * 3 + 1) * 6, "C3": 2416, "C5": 48120, "F6": 10164, "output": 850}

# %% 5.2 wrong · numbers of values in the maps
parameters = {"C1": 28 * 28 * 6, "C3": 10 * 10 * 16, "C5": 120, "F6": 84, "output": 10}

# %% 5.2 wrong · weights and biases as pairs
parameters = {"C1": (150, 6), "C3": (2400, 16), "C5": (48000, 120), "F6": (10080, 84), "output": (840, 10)}

# %% 5.2 wrong · C5 and F6 swapped
parameters = {"C1": 156, "C3": 2416, "C5": 10164, "F6": 48120, "output": 850}

# %% 5.2 wrong · bias on the inputs' side
parameters = {
    "C1": 25 * (6 + 1),
    "C3": 25 * 6 * (16 + 1),
    "C5": 25 * 16 * (120 + 1),
    "F6": 120 * (84 + 1),
    "output": 84 * (10 + 1),
}

# %% 5.2 wrong · the total for each key
parameters = dict.fromkeys(["C1", "C3", "C5", "F6", "output"], 61706)

# %% 5.2 wrong · a list without names
parameters = [156, 2416, 48120, 10164, 850]

# %% 5.3 right · functional, as in the chapter
def small_cnn(filters, classes):
    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(2 * filters, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))

# %% 5.3 right · Sequential with tuples
def small_cnn(filters, classes):
    return keras.Sequential([
        keras.Input(shape=(28, 28, 1)),
        layers.Conv2D(filters, (3, 3), strides=(2, 2), padding="same", activation="relu"),
        layers.Conv2D(filters * 2, (3, 3), strides=(2, 2), padding="same", activation="relu"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(classes, activation="softmax"),
    ])

# %% 5.3 right · separate ReLU and Softmax layers
def small_cnn(filters, classes):
    model = keras.models.Sequential()
    model.add(layers.Input((28, 28, 1)))
    for width in (filters, 2 * filters):
        model.add(layers.Conv2D(width, 3, 2, "same"))
        model.add(layers.ReLU())
    model.add(layers.GlobalAvgPool2D())
    model.add(layers.Dense(classes))
    model.add(layers.Softmax())
    return model

# %% 5.3 right · Activation layers and names
def small_cnn(filters, classes):
    images = keras.Input((28, 28, 1), name="images")
    x = layers.Conv2D(filters, 3, strides=2, padding="same", name="conv1")(images)
    x = layers.Activation("relu", name="relu1")(x)
    x = layers.Conv2D(filters + filters, 3, strides=2, padding="same", name="conv2")(x)
    x = layers.Activation("relu", name="relu2")(x)
    x = layers.GlobalAveragePooling2D(name="average")(x)
    x = layers.Dense(classes, name="scores")(x)
    return keras.Model(inputs=images, outputs=layers.Activation("softmax", name="probabilities")(x), name="small")

# %% 5.3 right · keras.activations on tensors
def small_cnn(filters, classes):
    inputs = keras.Input((28, 28, 1))
    x = keras.activations.relu(layers.Conv2D(filters, 3, strides=2, padding="same")(inputs))
    x = keras.activations.relu(layers.Conv2D(2 * filters, 3, strides=2, padding="same")(x))
    scores = layers.Dense(classes)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(inputs, keras.activations.softmax(scores))

# %% 5.3 right · nested: features and head
def small_cnn(filters, classes):
    conv = dict(kernel_size=3, strides=2, padding="same", activation=keras.activations.relu)
    features = keras.Sequential([layers.Conv2D(filters, **conv), layers.Conv2D(2 * filters, **conv)], name="features")
    head = keras.Sequential([layers.GlobalAveragePooling2D(), layers.Dense(classes, "softmax")], name="head")
    inputs = keras.Input((28, 28, 1))
    return keras.Model(inputs, head(features(inputs)))

# %% 5.3 right · keras.ops, He start
def small_cnn(filters, classes):
    inputs = keras.Input((28, 28, 1))
    x = inputs
    for n in range(2):
        x = layers.Conv2D(filters * 2**n, 3, strides=2, padding="same", kernel_initializer="he_normal")(x)
        x = keras.ops.relu(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, keras.ops.softmax(layers.Dense(classes)(x), axis=-1))

# %% 5.3 wrong · strides forgotten
def small_cnn(filters, classes):
    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(filters, 3, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(2 * filters, 3, padding="same", activation="relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))

# %% 5.3 wrong · pooling instead of strides
def small_cnn(filters, classes):
    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(filters, 3, padding="same", activation="relu")(inputs)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(2 * filters, 3, padding="same", activation="relu")(x)
    x = layers.MaxPooling2D(2)(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))

# %% 5.3 wrong · padding forgotten
def small_cnn(filters, classes):
    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(filters, 3, strides=2, activation="relu")(inputs)
    x = layers.Conv2D(2 * filters, 3, strides=2, activation="relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))

# %% 5.3 wrong · no ReLU
def small_cnn(filters, classes):
    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(filters, 3, strides=2, padding="same")(inputs)
    x = layers.Conv2D(2 * filters, 3, strides=2, padding="same")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))

# %% 5.3 wrong · tanh as in LeNet-5
def small_cnn(filters, classes):
    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(filters, 3, strides=2, padding="same", activation="tanh")(inputs)
    x = layers.Conv2D(2 * filters, 3, strides=2, padding="same", activation="tanh")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))

# %% 5.3 wrong · second layer as narrow as the first
def small_cnn(filters, classes):
    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))

# %% 5.3 wrong · Flatten head
def small_cnn(filters, classes):
    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(2 * filters, 3, strides=2, padding="same", activation="relu")(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(layers.Flatten()(x)))

# %% 5.3 wrong · global maximum
def small_cnn(filters, classes):
    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(2 * filters, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.GlobalMaxPooling2D()(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))

# %% 5.3 wrong · no softmax
def small_cnn(filters, classes):
    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(2 * filters, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(classes)(x))

# %% 5.3 wrong · sigmoid
def small_cnn(filters, classes):
    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(2 * filters, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(classes, activation="sigmoid")(x))

# %% 5.3 wrong · always ten classes
def small_cnn(filters, classes):
    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(2 * filters, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))

# %% 5.3 wrong · 5×5 kernels
def small_cnn(filters, classes):
    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(filters, 5, strides=2, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(2 * filters, 5, strides=2, padding="same", activation="relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))

# %% 5.3 wrong · separable convolutions
def small_cnn(filters, classes):
    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = layers.SeparableConv2D(2 * filters, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))

# %% 5.3 wrong · filters and classes swapped
def small_cnn(filters, classes):
    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(classes, 3, strides=2, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(2 * classes, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(filters, activation="softmax")(x))

# %% 5.3 wrong · second layer reads the image
def small_cnn(filters, classes):
    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(2 * filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))

# %% 5.3 wrong · a hidden dense layer added
def small_cnn(filters, classes):
    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(2 * filters, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Dense(64, activation="relu")(layers.GlobalAveragePooling2D()(x))
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))

# %% 5.3 wrong · ReLU and softmax both at the end
def small_cnn(filters, classes):
    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(2 * filters, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(classes, activation="relu")(x)
    return keras.Model(inputs, layers.Softmax()(x))

# %% 5.3 wrong · the tensor instead of the model
def small_cnn(filters, classes):
    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(2 * filters, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return layers.Dense(classes, activation="softmax")(x)

# %% 5.3 wrong · 32×32 colour images
def small_cnn(filters, classes):
    inputs = keras.Input((32, 32, 3))
    x = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(2 * filters, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))

# %% 5.3 wrong · no biases, batch normalisation instead
def small_cnn(filters, classes):
    inputs = keras.Input((28, 28, 1))
    x = layers.Conv2D(filters, 3, strides=2, padding="same", use_bias=False)(inputs)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.Conv2D(2 * filters, 3, strides=2, padding="same", use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))

# %% 5.4 right · loop over the pairs
def confusion_matrix(true, predicted, classes):
    matrix = np.zeros((classes, classes), int)
    for t, p in zip(true, predicted):
        matrix[t, p] += 1
    return matrix

# %% 5.4 right · np.add.at
def confusion_matrix(true, predicted, classes):
    matrix = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(matrix, (true, predicted), 1)
    return matrix

# %% 5.4 right · bincount of one number for each pair
def confusion_matrix(true, predicted, classes):
    pairs = classes * np.asarray(true, int) + np.asarray(predicted, int)
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)

# %% 5.4 right · product of one-hot matrices, float counts
def confusion_matrix(true, predicted, classes):
    eye = np.eye(classes)
    return eye[true].T @ eye[predicted]

# %% 5.4 right · counts each cell by comparison
def confusion_matrix(true, predicted, classes):
    true, predicted = np.asarray(true), np.asarray(predicted)
    return np.array([[np.sum((true == t) & (predicted == p)) for p in range(classes)] for t in range(classes)])

# %% 5.4 right · two-dimensional histogram
def confusion_matrix(true, predicted, classes):
    edges = np.arange(classes + 1) - 0.5
    return np.histogram2d(true, predicted, bins=(edges, edges))[0].astype(int)

# %% 5.4 right · collections.Counter
from collections import Counter

def confusion_matrix(true, predicted, classes):
    counts = Counter(zip((int(t) for t in true), (int(p) for p in predicted)))
    return np.array([[counts[t, p] for p in range(classes)] for t in range(classes)])

# %% 5.4 right · TensorFlow's confusion_matrix
import tensorflow as tf

def confusion_matrix(true, predicted, classes):
    return tf.math.confusion_matrix(true, predicted, num_classes=classes).numpy()

# %% 5.4 right · SciPy sparse matrix adds duplicates up
from scipy import sparse

def confusion_matrix(true, predicted, classes):
    return sparse.coo_matrix((np.ones(len(true), int), (true, predicted)), shape=(classes, classes)).toarray()

# %% 5.4 right · pandas crosstab filled up
import pandas as pd

def confusion_matrix(true, predicted, classes):
    table = pd.crosstab(np.asarray(true), np.asarray(predicted))
    return table.reindex(index=range(classes), columns=range(classes), fill_value=0).to_numpy()

# %% 5.4 right · default zeros, einsum
def confusion_matrix(true, predicted, classes):
    rows = (np.asarray(true)[:, None] == np.arange(classes)).astype(int)
    columns = (np.asarray(predicted)[:, None] == np.arange(classes)).astype(int)
    return np.einsum("nt,np->tp", rows, columns)

# %% 5.4 wrong · rows and columns swapped
def confusion_matrix(true, predicted, classes):
    matrix = np.zeros((classes, classes), int)
    for t, p in zip(true, predicted):
        matrix[p, t] += 1
    return matrix

# %% 5.4 wrong · repeated pairs counted once
def confusion_matrix(true, predicted, classes):
    matrix = np.zeros((classes, classes), int)
    matrix[true, predicted] += 1
    return matrix

# %% 5.4 wrong · overwrites instead of counting
def confusion_matrix(true, predicted, classes):
    matrix = np.zeros((classes, classes), int)
    for t, p in zip(true, predicted):
        matrix[t, p] = 1
    return matrix

# %% 5.4 wrong · shares of each row
def confusion_matrix(true, predicted, classes):
    matrix = np.zeros((classes, classes))
    np.add.at(matrix, (true, predicted), 1)
    return matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)

# %% 5.4 wrong · size from the largest class seen
def confusion_matrix(true, predicted, classes):
    # the last class occurs nowhere
    size = max(true.max(), predicted.max()) + 1
    matrix = np.zeros((size, size), int)
    np.add.at(matrix, (true, predicted), 1)
    return matrix

# %% 5.4 wrong · only the classes that occur
def confusion_matrix(true, predicted, classes):
    # a class in the middle is missing
    seen = np.unique(np.concatenate([true, predicted]))
    return np.array([[np.sum((true == t) & (predicted == p)) for p in seen] for t in seen])

# %% 5.4 wrong · returns in the loop
def confusion_matrix(true, predicted, classes):
    matrix = np.zeros((classes, classes), int)
    for t, p in zip(true, predicted):
        matrix[t, p] += 1
        return matrix

# %% 5.4 wrong · mistakes only
def confusion_matrix(true, predicted, classes):
    matrix = np.zeros((classes, classes), int)
    for t, p in zip(true, predicted):
        if t != p:
            matrix[t, p] += 1
    return matrix

# %% 5.4 wrong · right answers only
def confusion_matrix(true, predicted, classes):
    matrix = np.zeros((classes, classes), int)
    for t, p in zip(true, predicted):
        if t == p:
            matrix[t, p] += 1
    return matrix

# %% 5.4 wrong · bincount without minlength
def confusion_matrix(true, predicted, classes):
    # raises unless the last cell is occupied
    return np.bincount(classes * true + predicted).reshape(classes, classes)

# %% 5.4 wrong · bincount turned round
def confusion_matrix(true, predicted, classes):
    return np.bincount(true + classes * predicted, minlength=classes**2).reshape(classes, classes)

# %% 5.4 wrong · per cent of all
def confusion_matrix(true, predicted, classes):
    matrix = np.zeros((classes, classes))
    np.add.at(matrix, (true, predicted), 1)
    return 100 * matrix / len(true)

# %% 5.4 wrong · histogram over the range of the data
def confusion_matrix(true, predicted, classes):
    # where the first or last class is missing the bins slip
    return np.histogram2d(true, predicted, bins=classes)[0].astype(int)

# %% 5.4 wrong · classes counted from 1
def confusion_matrix(true, predicted, classes):
    matrix = np.zeros((classes, classes), int)
    for t, p in zip(true, predicted):
        matrix[t - 1, p - 1] += 1
    return matrix

# %% 5.4 wrong · always ten classes
def confusion_matrix(true, predicted, classes):
    matrix = np.zeros((10, 10), int)
    np.add.at(matrix, (true, predicted), 1)
    return matrix

# %% 5.4 wrong · every true class with every prediction
def confusion_matrix(true, predicted, classes):
    matrix = np.zeros((classes, classes), int)
    for t in true:
        for p in predicted:
            matrix[t, p] += 1
    return matrix

# %% 5.4 wrong · one count for each class
def confusion_matrix(true, predicted, classes):
    return np.bincount(true[true == predicted], minlength=classes)

# %% 5.5 right · Polynomial.fit and min
def best_degree(x, y, x_val, y_val, degrees):
    def error(degree):
        fit = np.polynomial.Polynomial.fit(x, y, degree)
        return np.mean((fit(x_val) - y_val) ** 2)
    return min(degrees, key=error)

# %% 5.5 right · polyfit and argmin
def best_degree(x, y, x_val, y_val, degrees):
    errors = []
    for degree in degrees:
        coefficients = np.polyfit(x, y, degree)
        errors.append(np.mean((np.polyval(coefficients, x_val) - y_val) ** 2))
    return degrees[np.argmin(errors)]

# %% 5.5 right · keeps the best in a loop
def best_degree(x, y, x_val, y_val, degrees):
    best, smallest = None, float("inf")
    for degree in degrees:
        curve = np.poly1d(np.polyfit(x, y, deg=degree))
        error = sum((curve(a) - b) ** 2 for a, b in zip(x_val, y_val)) / len(x_val)
        if error < smallest:
            best, smallest = degree, error
    return best

# %% 5.5 right · Vandermonde matrix and lstsq
def best_degree(x, y, x_val, y_val, degrees):
    errors = {}
    for degree in degrees:
        weights, *_ = np.linalg.lstsq(np.vander(x, degree + 1), y, rcond=None)
        residuals = np.vander(x_val, degree + 1) @ weights - y_val
        errors[degree] = residuals @ residuals / residuals.size
    return min(errors, key=errors.get)

# %% 5.5 right · sorted pairs, Chebyshev polynomials
def best_degree(x, y, x_val, y_val, degrees):
    from numpy.polynomial import Chebyshev
    ranking = sorted((float(np.square(Chebyshev.fit(x, y, d)(x_val) - y_val).mean()), d) for d in degrees)
    return ranking[0][1]

# %% 5.5 right · SciPy's lstsq on scaled points, NumPy whole number
from scipy import linalg

def best_degree(x, y, x_val, y_val, degrees):
    scale = np.abs(x).max()
    errors = []
    for d in degrees:
        powers = np.arange(d + 1)
        solution = linalg.lstsq((x[:, None] / scale) ** powers, y)[0]
        errors.append(np.sqrt(np.mean(((x_val[:, None] / scale) ** powers @ solution - y_val) ** 2)))
    return np.array(degrees)[np.argsort(errors)[0]]

# %% 5.5 right · QR and Legendre
def best_degree(x, y, x_val, y_val, degrees):
    from numpy.polynomial import legendre
    def validation_error(degree):
        q, r = np.linalg.qr(legendre.legvander(x, degree))
        guess = legendre.legval(x_val, np.linalg.solve(r, q.T @ y))
        return np.linalg.norm(guess - y_val)
    return min(degrees, key=validation_error)

# %% 5.5 wrong · training error
def best_degree(x, y, x_val, y_val, degrees):
    def error(degree):
        fit = np.polynomial.Polynomial.fit(x, y, degree)
        return np.mean((fit(x) - y) ** 2)
    return min(degrees, key=error)

# %% 5.5 wrong · place instead of degree
def best_degree(x, y, x_val, y_val, degrees):
    errors = [np.mean((np.polyval(np.polyfit(x, y, d), x_val) - y_val) ** 2) for d in degrees]
    return np.argmin(errors)

# %% 5.5 wrong · the error instead of the degree
def best_degree(x, y, x_val, y_val, degrees):
    return min(np.mean((np.polyval(np.polyfit(x, y, d), x_val) - y_val) ** 2) for d in degrees)

# %% 5.5 wrong · the worst degree
def best_degree(x, y, x_val, y_val, degrees):
    errors = [np.mean((np.polyval(np.polyfit(x, y, d), x_val) - y_val) ** 2) for d in degrees]
    return degrees[np.argmax(errors)]

# %% 5.5 wrong · fitted to the validation points
def best_degree(x, y, x_val, y_val, degrees):
    errors = [np.mean((np.polyval(np.polyfit(x_val, y_val, d), x_val) - y_val) ** 2) for d in degrees]
    return degrees[np.argmin(errors)]

# %% 5.5 wrong · training and validation points swapped
def best_degree(x, y, x_val, y_val, degrees):
    errors = [np.mean((np.polyval(np.polyfit(x_val, y_val, d), x) - y) ** 2) for d in degrees]
    return degrees[np.argmin(errors)]

# %% 5.5 wrong · fitted to all points
def best_degree(x, y, x_val, y_val, degrees):
    all_x, all_y = np.concatenate([x, x_val]), np.concatenate([y, y_val])
    errors = [np.mean((np.polyval(np.polyfit(all_x, all_y, d), x_val) - y_val) ** 2) for d in degrees]
    return degrees[np.argmin(errors)]

# %% 5.5 wrong · errors cancel because they are not squared
def best_degree(x, y, x_val, y_val, degrees):
    errors = [abs(np.mean(np.polyval(np.polyfit(x, y, d), x_val) - y_val)) for d in degrees]
    return degrees[np.argmin(errors)]

# %% 5.5 wrong · coefficients in the wrong order
def best_degree(x, y, x_val, y_val, degrees):
    errors = [np.mean((np.polyval(np.polyfit(x, y, d)[::-1], x_val) - y_val) ** 2) for d in degrees]
    return degrees[np.argmin(errors)]

# %% 5.5 wrong · always the largest degree
def best_degree(x, y, x_val, y_val, degrees):
    return max(degrees)

# %% 5.5 wrong · stops at the first degree that is no better
def best_degree(x, y, x_val, y_val, degrees):
    # the error rises and falls again, or the degrees are in another order
    best, smallest = degrees[0], np.inf
    for d in degrees:
        error = np.mean((np.polyval(np.polyfit(x, y, d), x_val) - y_val) ** 2)
        if error >= smallest:
            return best
        best, smallest = d, error
    return best

# %% 5.5 wrong · tries all degrees up to the largest
def best_degree(x, y, x_val, y_val, degrees):
    # the best of all is not among those given
    errors = [np.mean((np.polyval(np.polyfit(x, y, d), x_val) - y_val) ** 2) for d in range(max(degrees) + 1)]
    return int(np.argmin(errors))

# %% 5.5 wrong · one coefficient too few
def best_degree(x, y, x_val, y_val, degrees):
    errors = []
    for d in degrees:
        weights = np.linalg.lstsq(np.vander(x, d), y, rcond=None)[0]
        errors.append(np.mean((np.vander(x_val, d) @ weights - y_val) ** 2))
    return degrees[np.argmin(errors)]

# %% 5.5 wrong · smallest sum of training and validation error
def best_degree(x, y, x_val, y_val, degrees):
    errors = []
    for d in degrees:
        fit = np.polynomial.Polynomial.fit(x, y, d)
        errors.append(np.mean((fit(x) - y) ** 2) + np.mean((fit(x_val) - y_val) ** 2))
    return degrees[np.argmin(errors)]

# %% 5.5 wrong · smallest gap between the two errors
def best_degree(x, y, x_val, y_val, degrees):
    def gap(d):
        fit = np.polynomial.Polynomial.fit(x, y, d)
        return abs(np.mean((fit(x_val) - y_val) ** 2) - np.mean((fit(x) - y) ** 2))
    return min(degrees, key=gap)

# %% 5.5 wrong · returns in the loop
def best_degree(x, y, x_val, y_val, degrees):
    best, smallest = None, np.inf
    for d in degrees:
        error = np.mean((np.polyval(np.polyfit(x, y, d), x_val) - y_val) ** 2)
        if error < smallest:
            best, smallest = d, error
        return best

# %% 5.5 wrong · degree and error as a pair
def best_degree(x, y, x_val, y_val, degrees):
    errors = [np.mean((np.polyval(np.polyfit(x, y, d), x_val) - y_val) ** 2) for d in degrees]
    return degrees[np.argmin(errors)], min(errors)

# %% 5.5 wrong · a parabola, as in the chapter
def best_degree(x, y, x_val, y_val, degrees):
    return 2

# %% 5.5 wrong · largest single error
def best_degree(x, y, x_val, y_val, degrees):
    errors = [np.max(np.abs(np.polyval(np.polyfit(x, y, d), x_val) - y_val)) for d in degrees]
    return degrees[np.argmin(errors)]

# %% 5.5 wrong · polynomial fitted to the wrong axis
def best_degree(x, y, x_val, y_val, degrees):
    errors = [np.mean((np.polyval(np.polyfit(y, x, d), y_val) - x_val) ** 2) for d in degrees]
    return degrees[np.argmin(errors)]

# %% 5.6 right · loop with a counter
def early_stopping(losses, patience):
    best, waited = 0, 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[best]:
            best, waited = epoch, 0
        else:
            waited += 1
            if waited == patience:
                return epoch, best
    return len(losses) - 1, best

# %% 5.6 right · distance to the best epoch
def early_stopping(losses, patience):
    smallest, best, stopped = float("inf"), -1, -1
    for stopped, loss in enumerate(losses):
        if loss < smallest:
            smallest, best = loss, stopped
        if stopped - best >= patience:
            break
    return stopped, best

# %% 5.6 right · while loop
def early_stopping(losses, patience):
    epoch = best = 0
    while epoch + 1 < len(losses) and epoch - best < patience:
        epoch += 1
        if losses[epoch] < losses[best]:
            best = epoch
    return (epoch, best)

# %% 5.6 right · first epoch that nothing in its window beats
def early_stopping(losses, patience):
    n = len(losses)
    records = [e for e in range(n) if all(losses[e] < earlier for earlier in losses[:e])]
    for best in records:
        window = losses[best + 1 : best + 1 + patience]
        if len(window) == patience and min(window) >= losses[best]:
            return best + patience, best
    return n - 1, records[-1]

# %% 5.6 right · NumPy, running minimum
def early_stopping(losses, patience):
    losses = np.asarray(losses, float)
    before = np.concatenate([[np.inf], np.minimum.accumulate(losses)[:-1]])
    epochs = np.arange(len(losses))
    last_record = np.maximum.accumulate(np.where(losses < before, epochs, 0))
    late = np.flatnonzero(epochs - last_record >= patience)
    stopped = late[0] if late.size else epochs[-1]
    return stopped, last_record[stopped]

# %% 5.6 right · recursion
def early_stopping(losses, patience, epoch=0, best=0):
    if losses[epoch] < losses[best]:
        best = epoch
    if epoch - best == patience or epoch == len(losses) - 1:
        return epoch, best
    return early_stopping(losses, patience, epoch + 1, best)

# %% 5.6 right · the callback of Keras, epoch by epoch
def early_stopping(losses, patience):
    callback = keras.callbacks.EarlyStopping("val_loss", patience=patience, mode="min")
    model = keras.Sequential()
    model.stop_training = False
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, loss in enumerate(losses):
        callback.on_epoch_end(epoch, {"val_loss": float(loss)})
        if model.stop_training:
            break
    return epoch, callback.best_epoch

# %% 5.6 right · index of the minimum so far
def early_stopping(losses, patience):
    losses = list(losses)
    for epoch in range(len(losses)):
        so_far = losses[: epoch + 1]
        best = so_far.index(min(so_far))  # the first of equal ones
        if epoch - best == patience:
            break
    return epoch, best

# %% 5.6 wrong · an equal loss counts as better
def early_stopping(losses, patience):
    # 1.0, 0.5, 0.5, 0.6 with patience 2
    best, waited = 0, 0
    for epoch in range(1, len(losses)):
        if losses[epoch] <= losses[best]:
            best, waited = epoch, 0
        else:
            waited += 1
            if waited == patience:
                return epoch, best
    return len(losses) - 1, best

# %% 5.6 wrong · one epoch too patient
def early_stopping(losses, patience):
    best, waited = 0, 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[best]:
            best, waited = epoch, 0
        else:
            waited += 1
            if waited > patience:
                return epoch, best
    return len(losses) - 1, best

# %% 5.6 wrong · one epoch too early
def early_stopping(losses, patience):
    best, waited = 0, 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[best]:
            best, waited = epoch, 0
        else:
            waited += 1
            if waited == patience:
                return epoch - 1, best
    return len(losses) - 1, best

# %% 5.6 wrong · compares with the epoch before
def early_stopping(losses, patience):
    # 0.5, 0.9, 0.8, 0.7: falling, but never below the best
    waited = 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[epoch - 1]:
            waited = 0
        else:
            waited += 1
            if waited == patience:
                return epoch, int(np.argmin(losses[: epoch + 1]))
    return len(losses) - 1, int(np.argmin(losses))

# %% 5.6 wrong · counter never reset
def early_stopping(losses, patience):
    best, waited = 0, 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[best]:
            best = epoch
        else:
            waited += 1
            if waited == patience:
                return epoch, best
    return len(losses) - 1, best

# %% 5.6 wrong · best of all losses, after the stop too
def early_stopping(losses, patience):
    # a lower loss comes after training has ended
    best, waited = 0, 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[best]:
            best, waited = epoch, 0
        else:
            waited += 1
            if waited == patience:
                return epoch, int(np.argmin(losses))
    return len(losses) - 1, best

# %% 5.6 wrong · epochs counted from 1
def early_stopping(losses, patience):
    best, waited = 0, 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[best]:
            best, waited = epoch, 0
        else:
            waited += 1
            if waited == patience:
                return epoch + 1, best + 1
    return len(losses), best + 1

# %% 5.6 wrong · pair the other way round
def early_stopping(losses, patience):
    best, waited = 0, 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[best]:
            best, waited = epoch, 0
        else:
            waited += 1
            if waited == patience:
                return best, epoch
    return best, len(losses) - 1

# %% 5.6 wrong · nothing returned if never stopped
def early_stopping(losses, patience):
    best, waited = 0, 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[best]:
            best, waited = epoch, 0
        else:
            waited += 1
            if waited == patience:
                return epoch, best

# %% 5.6 wrong · number of epochs if never stopped
def early_stopping(losses, patience):
    best, waited = 0, 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[best]:
            best, waited = epoch, 0
        else:
            waited += 1
            if waited == patience:
                return epoch, best
    return len(losses), best

# %% 5.6 wrong · the losses instead of the epochs
def early_stopping(losses, patience):
    best, waited = 0, 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[best]:
            best, waited = epoch, 0
        else:
            waited += 1
            if waited == patience:
                return losses[epoch], losses[best]
    return losses[-1], losses[best]

# %% 5.6 wrong · patience ignored
def early_stopping(losses, patience):
    # right for patience 1
    for epoch in range(1, len(losses)):
        if losses[epoch] >= losses[epoch - 1]:
            return epoch, epoch - 1
    return len(losses) - 1, len(losses) - 1

# %% 5.6 wrong · no last epoch because the stop is sought behind the list
def early_stopping(losses, patience):
    # the best epoch is nearer than patience to the end
    best, waited = 0, 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[best]:
            best, waited = epoch, 0
        else:
            waited += 1
            if waited == patience:
                break
    return best + patience, best

# %% 5.6 wrong · global minimum plus patience
def early_stopping(losses, patience):
    best = int(np.argmin(losses))
    return min(best + patience, len(losses) - 1), best

# %% 5.6 wrong · best epoch is patience before the stop, always
def early_stopping(losses, patience):
    # wrong where training is never stopped
    best, waited, epoch = 0, 0, 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[best]:
            best, waited = epoch, 0
        else:
            waited += 1
            if waited == patience:
                break
    return epoch, epoch - patience

# %% 5.6 wrong · highest loss is the best
def early_stopping(losses, patience):
    best, waited = 0, 0
    for epoch in range(1, len(losses)):
        if losses[epoch] > losses[best]:
            best, waited = epoch, 0
        else:
            waited += 1
            if waited == patience:
                return epoch, best
    return len(losses) - 1, best

# %% 5.6 wrong · the stop only
def early_stopping(losses, patience):
    best, waited = 0, 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[best]:
            best, waited = epoch, 0
        else:
            waited += 1
            if waited == patience:
                return epoch
    return len(losses) - 1

# %% 5.6 wrong · best is the last epoch at the stop
def early_stopping(losses, patience):
    best, waited = 0, 0
    for epoch in range(1, len(losses)):
        if losses[epoch] < losses[best]:
            best, waited = epoch, 0
        else:
            waited += 1
            if waited == patience:
                return epoch, epoch
    return len(losses) - 1, len(losses) - 1

# The answers to 5.7 were written together with the exercise, not yet by people who saw its text alone.

# %% 5.7 right · padding with zeros and a sliding window
def find_ink(photograph, window):
    reach = window // 2
    padded = np.pad(photograph, reach)
    paper = np.lib.stride_tricks.sliding_window_view(padded, (window, window)).max((-1, -2))
    return 1 - photograph / paper

# %% 5.7 right · two loops, cut at the edge
def find_ink(photograph, window):
    r = window // 2
    ink = np.empty(photograph.shape)
    for i in range(photograph.shape[0]):
        for j in range(photograph.shape[1]):
            around = photograph[max(0, i - r):i + r + 1, max(0, j - r):j + r + 1]
            ink[i, j] = 1 - photograph[i, j] / around.max()
    return ink

# %% 5.7 right · Keras's max pooling
def find_ink(photograph, window):
    maps = np.asarray(photograph, "float32")[np.newaxis, :, :, np.newaxis]
    paper = np.asarray(layers.MaxPooling2D(window, strides=1, padding="same")(maps))[0, :, :, 0]
    return (paper - photograph) / paper

# %% 5.7 right · rows first, then columns
def find_ink(photograph, window):
    half = (window - 1) // 2
    paper = np.array(photograph, float)
    for axis in (0, 1):
        lines = np.moveaxis(paper, axis, 0)
        lines = np.array([lines[max(0, k - half):k + half + 1].max(0) for k in range(len(lines))])
        paper = np.moveaxis(lines, 0, axis)
    return 1.0 - np.divide(photograph, paper)

# %% 5.7 right · shifted copies, edge repeated
def find_ink(photograph, window):
    r = window // 2
    rows, columns = photograph.shape
    padded = np.pad(photograph, r, mode="edge")
    paper = photograph.copy()
    for i in range(window):
        for j in range(window):
            paper = np.maximum(paper, padded[i:i + rows, j:j + columns])
    return 1 - photograph / paper

# %% 5.7 wrong · the difference
def find_ink(photograph, window):
    r = window // 2
    padded = np.pad(photograph, r)
    paper = np.lib.stride_tricks.sliding_window_view(padded, (window, window)).max(axis=(2, 3))
    return paper - photograph

# %% 5.7 wrong · one paper for the whole page
def find_ink(photograph, window):
    return 1 - photograph / np.max(photograph)

# %% 5.7 wrong · the ratio, not the ink
def find_ink(photograph, window):
    r = window // 2
    padded = np.pad(photograph, r)
    paper = np.lib.stride_tricks.sliding_window_view(padded, (window, window)).max(axis=(2, 3))
    return photograph / paper

# %% 5.7 wrong · window from the pixel on
def find_ink(photograph, window):
    ink = np.zeros(photograph.shape)
    for i in range(photograph.shape[0]):
        for j in range(photograph.shape[1]):
            ink[i, j] = 1 - photograph[i, j] / photograph[i:i + window, j:j + window].max()
    return ink

# %% 5.7 wrong · only places where the window fits
def find_ink(photograph, window):
    r = window // 2
    paper = np.lib.stride_tricks.sliding_window_view(photograph, (window, window)).max(axis=(2, 3))
    return 1 - photograph[r:-r, r:-r] / paper

# %% 5.7 wrong · a negative start counts from the end
def find_ink(photograph, window):
    r = window // 2
    ink = np.zeros(photograph.shape)
    for i in range(photograph.shape[0]):
        for j in range(photograph.shape[1]):
            around = photograph[i - r:i + r + 1, j - r:j + r + 1]
            ink[i, j] = 1 - photograph[i, j] / around.max() if around.size else 0
    return ink

# %% 5.7 wrong · last pixel of the window forgotten
def find_ink(photograph, window):
    r = window // 2
    ink = np.zeros(photograph.shape)
    for i in range(photograph.shape[0]):
        for j in range(photograph.shape[1]):
            around = photograph[max(0, i - r):i + r, max(0, j - r):j + r]
            ink[i, j] = 1 - photograph[i, j] / around.max() if around.size else 0
    return ink

# %% 5.7 wrong · divided by 255
def find_ink(photograph, window):
    return 1 - photograph / 255
