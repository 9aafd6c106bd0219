"""Say what an error message of Python, NumPy or Keras usually means."""

import re

# The first pattern that fits a description is taken; capital and small letters do not matter.
EXPLANATIONS = {
    r"expected min_ndim=4, found ndim=3": (
        "A convolution wants a batch of images with a channel axis: (batch, height, width, channels). Here an axis is"
        " missing: for one image `image[None]` adds the batch, `image[..., None]` the channel."
    ),
    r"expected (min_)?ndim=\d, found ndim=\d": (
        "The layer gets a tensor with another number of axes than it needs. Print `x.shape` before it: is a "
        "`Flatten`, a global pooling or a batch axis missing, or one too many?"
    ),
    r"expected axis -?\d of input shape to have value": (
        "The model was built for another number of channels or values than it gets here. Compare "
        "`keras.Input(shape=…)` with the shape of what goes in."
    ),
    r"negative dimension|computed output size would be negative|zero or negative output": (
        'The window is larger than the map that it slides over. `padding="same"` or fewer strides keep the map large '
        "enough."
    ),
    r"`?Concatenate`? layer requires inputs with matching shapes": (
        "Tensors that are joined must agree in all axes but the joined one: the same height and width, and `axis=-1` "
        "for the channels."
    ),
    r"KerasTensor.*cannot be used|KerasTensor is symbolic|not a KerasTensor": (
        "A KerasTensor has no values yet. Build with layers and `keras.ops`, not with NumPy functions."
    ),
    r"inputs have incompatible shapes|incompatible shapes for broadcasting|cannot merge": (
        "Tensors that are added must have the same shape: the same height, width and number of channels."
    ),
    r"\w+ not callable: '?Tensor|'(KerasTensor|Functional|Sequential)' object is not (subscriptable|iterable)": (
        "Call a layer on its input, as in `x = layers.Dense(10)(x)`, and go on with what it returns."
    ),
    r"operands could not be broadcast|could not broadcast input": (
        "Two arrays whose shapes do not fit meet in this line. Print both shapes just before it; at an edge a slice "
        "may be shorter than you think."
    ),
    r"matmul|shapes .* not aligned": (
        "In a matrix product the inner sizes must agree: (n, k) @ (k, m). Print both shapes; for products value by "
        "value use `*`."
    ),
    r"NameError": (
        "This name does not exist here: it is misspelt, or made in a cell or a branch that did not run."
    ),
    r"UnboundLocalError": (
        "The variable is used before it has a value in this function: set it before the loop or `if`."
    ),
    r"IndexError: too many indices|too many indices for array": (
        "There are more indices than axes: print `x.shape`."
    ),
    r"IndexError": (
        "An index goes beyond the end: a loop runs one step too far, or rows and columns are swapped."
    ),
    r"'NoneType' object": (
        "Something that should hold a value is None: a function without `return`, or one that changes its argument in"
        " place and returns nothing."
    ),
    r"'(list|tuple)' object has no attribute": (
        "A list has no such attribute: turn it into an array first, `np.array(…)`."
    ),
    r"has no attribute": (
        "This object has no such attribute: check the spelling, and what `type(…)` says of it."
    ),
    r"'numpy\.ndarray' object is not callable|object is not callable": (
        "Round brackets call a function. To index use square brackets; and a variable may have taken a function's "
        "name."
    ),
    (
        r"cannot be interpreted as an integer|integer scalar arrays|"
        r"slice indices must be integers|indices must be integers"
    ): ("A whole number is needed, and this is a float: use `//` instead of `/`, or `int(…)`."),
    r"ZeroDivisionError": (
        "A number is divided by 0: which input makes the denominator 0, and what should the answer be then?"
    ),
    r"takes (\d+|from \d+ to \d+) positional arguments?|missing \d+ required": (
        "A function is called with too many or too few arguments. Keep the first line of the function in the answer "
        "cell as it was."
    ),
    r"unexpected keyword argument": (
        "The function has no parameter of this name: check the spelling in its documentation."
    ),
    r"truth value of an array": (
        "An array has many truth values. For `and` between arrays use `&`; for one answer `.all()` or `.any()`; to "
        "choose value by value `np.where`."
    ),
    r"cannot reshape": ("The new shape must hold as many values as the old one: multiply both out."),
    r"inhomogeneous shape|array element with a sequence": (
        "The rows have unequal lengths, so they form no array."
    ),
    r"must match exactly|must have same number of dimensions|same number of dimensions": (
        "Arrays that are joined must agree in all axes but the joined one."
    ),
    r"not enough values to unpack|too many values to unpack": (
        "There are more or fewer values than names on the left of the `=`: print the shape or the length first."
    ),
    r"unsupported operand|can only concatenate|must be str": (
        "The two sides of this operation have types that do not go together: print `type(…)` of both."
    ),
    r"KeyError": ("The dictionary has no such key: `.get(key, 0)`, or ask with `in` first."),
    r"ufunc .* (output|casting)|cannot cast": (
        "An array of whole numbers cannot take fractions in place: make it with `dtype=float`, or write `x = x + y`."
    ),
    r"empty sequence|zero-size array|iterable argument is empty|argument is an empty": (
        "The input may be empty or have nothing that fits: what should the answer be then?"
    ),
    r"RecursionError": ("The function calls itself without end: is there a case in which it stops?"),
    r"math domain error": ("A root or a logarithm of a negative number, or a logarithm of 0."),
    r"could not convert string|invalid literal": ("A text is taken for a number."),
}


def explain(description: str) -> str:
    """Return what an error with this description usually means, or ""."""
    for pattern, advice in EXPLANATIONS.items():
        if re.search(pattern, description, re.IGNORECASE):
            return advice
    return ""
