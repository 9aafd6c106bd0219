"""Say what an error message of Python, NumPy or Keras usually means."""

import re
from collections.abc import Callable

# The axes that a layer reads, by their number.
AXES = {
    2: "(batch, values)",
    3: "(batch, positions, channels)",
    4: "(batch, height, width, channels)",
    5: "(batch, frames, height, width, channels)",
}
ADD_BATCH = "`x[None]` makes a batch of one example `x`"
ADD_CHANNEL = (
    "`images[..., None]` adds it to grey images, and `keras.Input` has it, too: `keras.Input((28, 28, 1))`"
)


def _too_few_axes(match: re.Match[str]) -> str:
    """Say which axis an input lacks: "expected min_ndim=4, found ndim=3. Full shape received: (None, 28, 28)"."""
    wanted, found, shape = int(match[1]), int(match[2]), _sizes(match[3])
    reads = f"The layer reads {AXES.get(wanted, f'{wanted} axes')}. "
    if found != wanted - 1 or wanted < 3:
        return f"{reads}Print `x.shape` before it: does a `Flatten` or a global pooling come too early?"
    if wanted == 3:
        return f"{reads}Here an axis is missing: {ADD_BATCH}. `keras.Input` needs the number of positions: `(20,)`."
    if shape[:1] == ["None"]:
        return f"{reads}Here the channel axis is missing: {ADD_CHANNEL}."
    if wanted == 4 and shape[-1:] in (["1"], ["3"]):
        return f"{reads}Here the batch axis is missing: {ADD_BATCH}."
    return f"{reads}Here an axis is missing: {ADD_BATCH}; of the channel, {ADD_CHANNEL}."


def _other_shape(match: re.Match[str]) -> str:
    """Say how an input differs from a model's: "expected shape=(None, 28, 28, 1), found shape=(28, 28, 1)"."""
    wanted, found = _sizes(match[1]), _sizes(match[2])
    reads = f"The model reads {AXES.get(len(wanted), f'{len(wanted)} axes')}. "
    if found == wanted[1:]:
        return f"{reads}Here the batch axis is missing: {ADD_BATCH}."
    if found == wanted[1:-1]:  # Keras drops a last axis of size 1 itself
        return f"{reads}Here the batch axis is missing: {ADD_BATCH}; a grey image may also need `image[..., None]`."
    if found[1:] == wanted[1:-1]:
        return f"{reads}Here the channel axis is missing: `images[..., None]` adds it."
    if found[1:-1] == wanted[1:-1]:
        return f"{reads}It was built for {wanted[-1]} channels and gets {found[-1]}."
    return f"{reads}Compare `keras.Input(shape=…)` with the shape of what goes in."


def _sizes(shape: str) -> list[str]:
    return [size.strip() for size in shape.split(",") if size.strip()]


# Of Keras's errors about shapes: patterns, and what to say about a match.
SHAPE_ERRORS: dict[str, Callable[[re.Match[str]], str]] = {
    r"expected min_ndim=(\d), found ndim=(\d)\. Full shape received: \(([^)]*)\)": _too_few_axes,
    r"expected shape=\(([^)]*)\), found shape=\(([^)]*)\)": _other_shape,
    r"Expected shape \(([^)]*)\), but input has incompatible shape \(([^)]*)\)": _other_shape,
}

# The first pattern that fits a description is taken; capital and small letters do not matter.
EXPLANATIONS = {
    r"expected axis -?\d of input shape to have value": (
        "The model was built for another number of channels or values than it gets here. Compare "
        "`keras.Input(shape=…)` with the shape of what goes in."
    ),
    r"kernel shape must have the same length as input": (
        "The input has an axis too many. `keras.Input` adds the batch axis itself: give it the shape of one example, "
        "such as (height, width, channels)."
    ),
    r"ConcatOp : Dimension": (
        "Tensors that are joined must agree in all axes but one. If their shapes begin with the height, the batch axis "
        "is missing: `image[None]` makes a batch of one image."
    ),
    r"negative dimension|would be (zero or )?negative": (
        'The window is larger than the map that it slides over. `padding="same"` or smaller strides keep the map '
        "large enough. If the input is one image, its batch axis is missing: `image[None]`."
    ),
    r"`?Concatenate`? layer requires inputs with matching shapes": (
        "Tensors must agree in all axes except the one along which they are joined: the same height and width, "
        "and `axis=-1` for the channels."
    ),
    r"must be KerasTensors": ("Pass the tensors that the layers return, not the layers."),
    r"KerasTensor.*cannot be used|KerasTensor is symbolic|not a KerasTensor": (
        "A KerasTensor has no values yet. Build with layers and `keras.ops`, not with NumPy functions."
    ),
    r"inputs have incompatible shapes|incompatible shapes for broadcasting|cannot merge": (
        "Tensors that are added must have the same shape: the same height, width and number of channels."
    ),
    r"'(KerasTensor|Functional|Sequential)' object is not (subscriptable|iterable)": (
        "Call a layer on its input, as in `x = layers.Dense(10)(x)`, and go on with what it returns."
    ),
    r"operands could not be broadcast|could not broadcast input": (
        "The shapes of two arrays in this line do not fit together. Print both just before it; a slice at the "
        "edge may be shorter than you expect."
    ),
    r"matmul|shapes .* not aligned": (
        "In a matrix product the inner sizes must agree: (n, k) @ (k, m). Print both shapes; for products value "
        "by value use `*`."
    ),
    r"NameError": (
        "Nothing has this name here: it is misspelt, not imported, or defined in a cell or branch that did not "
        "run."
    ),
    r"UnboundLocalError": (
        "The variable is used before it has a value in this function: set it before the loop or `if`."
    ),
    r"AxisError": (
        "The array has no such axis: axes count from 0, and indexing or a sum may have removed one. Print "
        "`x.shape`."
    ),
    r"too many indices": ("There are more indices than axes: print `x.shape`."),
    r"IndexError": (
        "An index is too large. Counting starts at 0; perhaps a loop runs one step too far, rows and columns are "
        "swapped, or the list is empty."
    ),
    r"'NoneType' object": (
        "Something that should hold a value is None: a function without `return`, or one that changes its "
        "argument in place and returns nothing. `np.newaxis` is None as well and belongs in square brackets."
    ),
    r"'(list|tuple)' object has no attribute": (
        "This is a list or a tuple, which has no such attribute. Take its entries in a loop, by position or by "
        "unpacking; for array methods such as `.sum()` use `np.array(…)` first."
    ),
    r"has no attribute": (
        "This object has no such attribute: check the spelling, and print `type(…)`: is it what you think it is?"
    ),
    r"object is not callable": (
        "Round brackets after a value try to call it. Multiply with `*`, index with square brackets, and do not "
        "name a variable like a function."
    ),
    r"'float' object cannot be interpreted as an integer|slice indices must be integers": (
        "A whole number is needed, and this is a float: use `//` instead of `/`, or `int(…)`."
    ),
    r"'(list|tuple)' object cannot be interpreted as an integer": (
        "A single whole number or a tuple is needed here, not a list: `axis=(1, 2)`."
    ),
    r"integer scalar arrays": (
        "An array cannot be used here: index a list with one number at a time, and `range` needs a single number,"
        " such as `len(x)`."
    ),
    r"indices must be integers": (
        "A list is indexed with one whole number: turn it into an array for `x[i, j]`, and use `//` or `int(…)` "
        "if the index is a float."
    ),
    r"Cannot interpret .* as a data type": (
        "Several sizes or axes go into one pair of brackets: `np.zeros((3, 4))`, `axis=(1, 2)`."
    ),
    r"only (0-dimensional|length-1|size-1) arrays": (
        "`int`, `float` and `math` take one number: for an array use `.astype(…)` or NumPy's function."
    ),
    r"ZeroDivisionError": (
        "A number is divided by 0: which input makes the denominator 0, and what should the answer be then?"
    ),
    r"takes (\d+|from \d+ to \d+) positional arguments?|missing \d+ required": (
        "The call in this line has too many or too few arguments: compare it with the function's first line or "
        "its documentation."
    ),
    r"takes (at most|exactly) ": ("This function takes one list: put the values into brackets."),
    r"keywords must be strings": (
        "A dictionary after `**` needs texts as keys, the names of the parameters."
    ),
    r"unexpected keyword argument": (
        "The function has no parameter of this name: check the spelling in its documentation."
    ),
    r"truth value of an empty array": ("An empty array has no truth value: use `len(x)` or `.any()`."),
    r"truth value of an array": (
        "An array has many truth values. For `and` between arrays use `&`; for one answer `.all()` or `.any()`; "
        "to choose value by value `np.where`."
    ),
    r"cannot reshape": (
        "The new shape must hold as many values as the old one: compare the products of the two shapes."
    ),
    r"inhomogeneous shape": ("The rows have unequal lengths, so they form no array."),
    r"array element with a sequence": (
        "Several values are being put into one place of an array. Give the array another axis, or sum over all "
        "axes that should disappear."
    ),
    r"must match exactly|same number of dimensions": (
        "Arrays must agree in all axes except the one along which they are joined."
    ),
    r"not enough values to unpack|too many values to unpack": (
        "There are more or fewer values than names on the left of the `=`: print the shape or the length first."
    ),
    r"has no len\(\)|object is not iterable|cannot unpack|object is not subscriptable": (
        "This is a single number, not a list or an array: use it as it is."
    ),
    r"expected str instance": ("`join` needs texts: use `str(…)` on each value."),
    r"unsupported operand|not supported between|can only concatenate|must be str\b": (
        "These two types cannot be combined with this operator: print `type(…)` of both."
    ),
    r"KeyError": (
        "The dictionary has no such key: check the spelling. If a key may be missing, test with `in` or use "
        "`.get(key, default)`."
    ),
    r"is not in list|substring not found": ("The value is not there: ask with `in` first."),
    r"ufunc .* (output|casting)|cannot cast": (
        "An array of whole numbers cannot take fractions in place: make it with `dtype=float`, or write `x = x + "
        "y`."
    ),
    r"empty sequence|zero-size array|iterable argument is empty|argument is an empty": (
        "An input is empty, or nothing in it fits: what should the answer be then?"
    ),
    r"RecursionError": ("The function calls itself without end: is there a case in which it stops?"),
    r"math domain error|expected a (nonnegative|positive) input": (
        "This takes the root or logarithm of a negative number, or the logarithm of 0."
    ),
    r"could not convert string|invalid literal": ("This text cannot be turned into a number."),
}


def explain(description: str) -> str:
    """Return what an error with this description usually means, or ""."""
    for pattern, words in SHAPE_ERRORS.items():
        if match := re.search(pattern, description):
            return words(match)
    for pattern, advice in EXPLANATIONS.items():
        if re.search(pattern, description, re.IGNORECASE):
            return advice
    return ""
