"""Answers that leave the work to the course's own functions, or to nobody: none may score.

Each is (answers, cell before them, what is added to the set-up cell).
"""

BLANK = {f"2.{number}": "" for number in range(1, 7)}
CALL = "def slide(image, kernel):\n    return {}(image, kernel)\n"

CHEATS: dict[str, tuple[dict[str, str], str, str]] = {
    "the course's function handed to the check": ({"2.1": "reference"}, "check('2.1', reference.conv2d)", ""),
    "an alias of the module": ({"2.1": "r = reference\nslide = r.conv2d"}, "", ""),
    "getattr": ({"2.1": CALL.format("getattr(reference, 'conv' + '2d')")}, "", ""),
    "vars of the module": ({"2.1": CALL.format("vars(reference)['conv2d']")}, "", ""),
    "an import in a cell of one's own": (
        {"2.3": "def same_padding(*sizes):\n    return helper(*sizes)"},
        "from workbook.arithmetic import same_padding as helper",
        "",
    ),
    "an import in the set-up cell, and an answer that looks like work": (
        {"2.4": "def output_size(size, kernel_size, strides, padding):\n    return window_count(size, kernel_size, strides, padding)"},
        "",
        "from workbook.arithmetic import output_size as window_count",
    ),
    "an import in the set-up cell, and blank answers": (
        BLANK,
        "",
        "from workbook.reference import conv2d as slide\n"
        "from workbook.arithmetic import same_padding, output_size, conv_parameters",
    ),
    "a cell of one's own, and blank answers": (
        BLANK,
        "from workbook.arithmetic import *\nglobals()['slide'] = reference.conv2d\n"
        "get_ipython().push({'conv_layer': lambda i, k, b: reference.conv2d(i, k, bias=b)})",
        "",
    ),
    "the answer's name imported in the answer": ({"2.6": "from workbook.arithmetic import conv_parameters"}, "", ""),
    "everything imported": ({"2.4": "from workbook.arithmetic import *"}, "", ""),
    "a partial function": ({"2.1": "import functools\nslide = functools.partial(reference.conv2d, padding=0)"}, "", ""),
    "a default argument": ({"2.6": "def conv_parameters(*sizes, do=arithmetic.conv_parameters):\n    return do(*sizes)"}, "", ""),
    "a class": ({"2.1": "class Slide:\n    do = staticmethod(reference.conv2d)\n    def __call__(self, *inputs):\n"
                        "        return self.do(*inputs)\nslide = Slide()"}, "", ""),
    "its code in a new function": (
        {"2.1": "import types\nf = reference.conv2d\nslide = types.FunctionType(f.__code__, vars(reference))\n"
                "slide.__kwdefaults__ = f.__kwdefaults__"}, "", "",
    ),
    "a fresh copy of the module": (
        {"2.1": "import importlib.util as u\nspec = u.spec_from_file_location('other', reference.__file__)\n"
                "other = u.module_from_spec(spec)\nspec.loader.exec_module(other)\nslide = other.conv2d"}, "", "",
    ),
    "the module loaded again": (
        {"2.4": "import importlib\noutput_size = importlib.reload(arithmetic).output_size"}, "", "",
    ),
    "a search through all objects": (
        {"2.1": "import gc\nslide = next(one for one in gc.get_objects() if getattr(one, '__qualname__', '') == 'conv2d'\n"
                "             and one.__module__ == 'workbook.reference')"}, "", "",
    ),
    "another thread": (
        {"2.1": "from concurrent.futures import ThreadPoolExecutor\ndef slide(image, kernel):\n"
                "    with ThreadPoolExecutor(1) as pool:\n"
                "        return pool.submit(reference.conv2d, image, kernel).result()"}, "", "",
    ),
    "a result that works when it is looked at": (
        {"2.1": "class Later:\n    def __init__(self, *inputs):\n        self.inputs = inputs\n"
                "    def __array__(self, *more, **options):\n        return reference.conv2d(*self.inputs)\nslide = Later"},
        "", "",
    ),
    "another function of the course around it": (
        {"2.1": "def slide(image, kernel):\n    last = (image.shape[0] - len(kernel) + 1) * (image.shape[1] - kernel.shape[1] + 1) - 1\n"
                "    return stepper.convolution_step(image, kernel, position=last).output"}, "", "",
    ),
    "a matrix of the course's": (
        {"2.1": "def slide(image, kernel):\n    rows = image.shape[0] - kernel.shape[0] + 1\n"
                "    return (reference.dense_matrix(kernel, image.shape) @ image.ravel()).reshape(rows, -1)"}, "", "",
    ),
    "the size of the course's result": (
        {"2.4": "def output_size(size, kernel_size, strides, padding):\n"
                "    image = np.zeros((size, kernel_size))\n"
                "    return len(reference.conv2d(image, np.ones((kernel_size, 1)), strides=strides, padding=((padding,) * 2, (0, 0))))"},
        "", "",
    ),
    "an answer that a cell of one's own replaces": (
        {"2.1": "def slide(image, kernel):\n    return [[0]]\n",
         "2.2": "from workbook import reference as r\nslide = r.conv2d\ndef subsample(full, strides):\n    return full"}, "", "",
    ),
    "notes of calls switched off": (
        {"2.1": "slide = reference.conv2d"},
        "import workbook.calls as calls\nfor module in (calls, reference, arithmetic):\n    module.note_call = lambda name: None",
        "",
    ),
    "collected calls forgotten": (
        {"2.4": "def output_size(*sizes):\n    import workbook.calls as calls\n    kept, calls._collected = calls._collected, None\n"
                "    try:\n        return arithmetic.output_size(*sizes)\n    finally:\n        calls._collected = kept"}, "", "",
    ),
    "a refusal that is swallowed": (
        {"2.1": "def slide(image, kernel):\n    try:\n        return reference.conv2d(image, kernel)\n"
                "    except BaseException as error:\n        return error"}, "", "",
    ),
    "notes switched off, a refusal swallowed, and what was seen remembered": (
        {"2.1": "seen = {}\ndef slide(image, kernel):\n    key = image.tobytes() + kernel.tobytes()\n"
                "    try:\n        seen[key] = reference.conv2d(image, kernel)\n    except BaseException:\n        pass\n"
                "    return seen.get(key, image)"},
        "import workbook.calls as calls\nfor module in (calls, reference, arithmetic):\n    module.note_call = lambda name: None",
        "",
    ),
    "another exception": (
        {"2.1": "slide = reference.conv2d"},
        "import workbook.calls as calls\nclass Quiet(BaseException):\n    def __str__(self):\n        return ''\n"
        "calls.CourseFunction = Quiet\nfor module in (calls, reference, arithmetic):\n    module.note_call = lambda name: None",
        "",
    ),
    "reports without calls": (
        {"2.1": "slide = reference.conv2d"},
        "import dataclasses, jailed.running as r\nas_plain = r.as_plain\n"
        "r.as_plain = lambda *told: dataclasses.replace(as_plain(*told), calls=())",
        "",
    ),
}  # fmt: skip
