"""Notebooks as honest learners hand them in: everything that JupyterLab lets them do, with right answers."""

import copy
from collections.abc import Callable, Iterable

from tests.grading.attacks import RIGHT, WRONG
from tests.grading.conftest import Notebook, notebook, own_cell

Change = Callable[[Notebook], None]
HELPER = "def thinned(full, strides):\n    return full[::strides, ::strides]\n"
USES_HELPER = "def subsample(full, strides):\n    return thinned(full, strides)\n"
COMMENTS = "\n    # YOUR CODE HERE\n    # raise NotImplementedError()\n"
STUB = next(cell["source"] for cell in notebook()["cells"] if cell["id"] == "exercise-2-2")


def solved(chapter: str = "02_convolution") -> Notebook:
    """Return a chapter with every answer right, as a learner hands it in."""
    return notebook(chapter, "solutions")


def place(found: Notebook, name: str) -> int:
    """Return the position of the cell with an id."""
    return next(number for number, cell in enumerate(found["cells"]) if cell["id"] == name)


def cell_of(found: Notebook, name: str) -> Notebook:
    """Return the cell with an id."""
    return found["cells"][place(found, name)]


def _source(found: Notebook, name: str) -> str:
    return "".join(cell_of(found, name)["source"])


def answer(source: str, name: str = "exercise-2-2") -> Change:
    """Return a change: this is in a cell."""
    return lambda found: cell_of(found, name).update(source=source)


def head(line: str, *names: str) -> Change:
    """Return a change: this line is at the head of cells, of all answers if none is named."""

    def change(found: Notebook) -> None:
        for cell in found["cells"]:
            if cell["id"] in names or (not names and cell["id"].startswith("exercise-")):
                cell["source"] = line + "\n" + "".join(cell["source"])

    return change


def own(source: str, before: str = "exercise-2-1", name: str = "own") -> Change:
    """Return a change: a cell of the learner's own comes before a cell."""
    return lambda found: found["cells"].insert(place(found, before), own_cell(source, name))


def below(source: str, after: str = "check-2-2", name: str = "below") -> Change:
    """Return a change: a cell of the learner's own comes after a cell."""
    return lambda found: found["cells"].insert(place(found, after) + 1, own_cell(source, name))


def added_to(tag: str, source: str) -> Change:
    """Return a change: this is added to the first cell of the course with a tag."""

    def change(found: Notebook) -> None:
        cell = next(cell for cell in found["cells"] if tag in cell["metadata"].get("tags", []))
        cell["source"] = "".join(cell["source"]) + "\n" + source

    return change


def all_of(*changes: Change) -> Change:
    """Return several changes as one."""

    def change(found: Notebook) -> None:
        for one in changes:
            one(found)

    return change


def _merged_with_check(found: Notebook) -> None:
    check = cell_of(found, "check-2-1")
    check["source"] = _source(found, "exercise-2-1") + "\n\n" + "".join(check["source"])
    found["cells"].remove(cell_of(found, "exercise-2-1"))


def _check_merged_into_answer(found: Notebook) -> None:
    cell_of(found, "exercise-2-1")["source"] = (
        _source(found, "exercise-2-1") + "\n\n" + _source(found, "check-2-1")
    )
    found["cells"].remove(cell_of(found, "check-2-1"))


def _written_into_the_check_cell(found: Notebook) -> None:
    cell_of(found, "exercise-2-2")["source"] = STUB
    cell_of(found, "check-2-2")["source"] = RIGHT + 'check("2.2", subsample);'


def _text_made_code(found: Notebook) -> None:
    cell = next(cell for cell in found["cells"] if cell["cell_type"] == "markdown" and cell["id"] != "own")
    cell.update(own_cell(HELPER, cell["id"]))
    cell_of(found, "exercise-2-2")["source"] = USES_HELPER


def _all_in_one_cell(found: Notebook) -> None:
    sources = [cell["source"] for cell in found["cells"] if cell["id"].startswith("exercise-")]
    blank = {cell["id"]: cell["source"] for cell in notebook()["cells"]}
    for cell in found["cells"]:
        if cell["id"].startswith("exercise-"):
            cell["source"] = blank[cell["id"]]
    found["cells"].insert(2, own_cell("\n\n".join("".join(source) for source in sources), "all"))


def _pasted_twice(found: Notebook) -> None:
    again = copy.deepcopy(found["cells"])
    for number, cell in enumerate(again):
        cell["id"] = f"copy-{number}"
    found["cells"] += again


def _by_windows(found: Notebook) -> None:
    for cell in found["cells"]:
        cell["source"] = "".join(cell["source"]).replace("\n", "\r\n")


def _numbered(sources: Iterable[str]) -> Change:
    return all_of(*[own(source, name=f"own-{number}") for number, source in enumerate(sources)])


# Each must have all points.
ODD: dict[str, Change] = {
    "pip by the shell at the head of every answer": head("!pip install -q einops"),
    "pip by a magic at the head of every answer": head("%pip install scikit-learn==1.4"),
    "conda, apt and git at the head of an answer": head(
        "!apt-get install -y graphviz\n%conda install x\n!git clone https://example.org/x", "exercise-2-2"
    ),
    "Colab's drive at the head of an answer": head(
        "from google.colab import drive\ndrive.mount('/content/drive')", "exercise-2-2", "exercise-2-5"
    ),
    "Colab's files in a cell of one's own": all_of(
        own(f"import google.colab.files as up\nup.upload()\n{HELPER}"), answer(USES_HELPER)
    ),
    "asking whether this is Colab": head(
        "try:\n    from google.colab import drive\n    drive.mount('/content/drive')\n    %cd /content/drive/MyDrive\n"
        "    import os; os.chdir('/content/drive/MyDrive')\nexcept ImportError:\n    pass"
    ),
    "an answer with another name that was handed to its check": all_of(
        answer(RIGHT.replace("subsample", "sub_sample")), answer('check("2.2", sub_sample)', "check-2-2")
    ),
    "an answer that is written where it is handed to the check": all_of(
        answer(STUB), answer('check("2.2", lambda full, step: full[::step, ::step])', "check-2-2")
    ),
    "an answer with another name and a check of one's own": all_of(
        answer(STUB), below("def thin(full, step):\n    return full[::step, ::step]\nok = check('2.2', thin)")
    ),
    "extensions that are not here": head(
        "%load_ext tensorboard\n%tensorboard --logdir logs\n%load_ext autoreload\n%autoreload 2\n%nonsense 3",
        "exercise-2-2",
    ),
    "a question to whoever runs it": all_of(own(f"name = input('Your name? ')\n{HELPER}"), answer(USES_HELPER)),
    "questions to Jupyter": own("np.convolve??\n?np.pad\nslide?"),
    "pip as a process": head(
        "import subprocess, sys\nsubprocess.run([sys.executable, '-m', 'pip', 'install', 'einops'], check=True)"
    ),
    "a folder that is elsewhere, and a file from the network": head(
        "import os\nos.chdir('/content/drive/MyDrive')\n"
        "import urllib.request as u\nu.urlretrieve('https://example.org/x', 'x')"
    ),
    "an unknown cell magic above an answer": head("%%wandb", "exercise-2-2"),
    "the output of a cell kept": head("%%capture out", "exercise-2-2"),
    "a script in a cell of one's own": own("%%bash\npip install x\nexit 1"),
    "what the shell prints, kept": all_of(own(f"files = !ls\nprint(len(files))\n{HELPER}"), answer(USES_HELPER)),
    "another folder": all_of(own(f"%cd /content/drive/MyDrive\n%pwd\n{HELPER}"), answer(USES_HELPER)),
    "everything reset in a cell above the set-up": lambda found: found["cells"].insert(0, own_cell("%reset -f", "r")),
    "an import of a package that is not here and is not used": head("import einops, torchinfo as t", "exercise-2-2"),
    "names from a package that is not here": head("from einops import rearrange", "exercise-2-2"),
    "a helper in the set-up cell": all_of(added_to("setup", f"!pip install x\n{HELPER}"), answer(USES_HELPER)),
    "a helper in a check cell": all_of(
        answer(f'{HELPER}\ncheck("2.1", slide);', "check-2-1"), answer(USES_HELPER)
    ),
    "a helper in a slow cell below": all_of(added_to("slow", HELPER), answer(USES_HELPER)),
    "a helper in a text cell that was made code": _text_made_code,
    "a helper in the cell for Colab": all_of(added_to("colab", HELPER), answer(USES_HELPER)),
    "a helper in a file": all_of(
        own(f"%%writefile my_helper.py\n{HELPER}"), answer(f"from my_helper import thinned\n{USES_HELPER}")
    ),
    "an answer in a file": all_of(
        own(f"%%writefile my_answer.py\n{RIGHT}"), answer("from my_answer import subsample")
    ),
    "a file that is run": all_of(own(f"%%writefile my_part.py\n{RIGHT}"), answer("%run my_part.py")),
    "an answer that was merged with its check": _merged_with_check,
    "a check that was merged into its answer": _check_merged_into_answer,
    "an answer written into the check cell": _written_into_the_check_cell,
    "a second attempt below the check": all_of(answer(WRONG), below(RIGHT)),
    "a second attempt below the check of a stub": all_of(answer(STUB), below(RIGHT)),
    "a second attempt with a check of its own": all_of(answer(WRONG), below(RIGHT + "check('2.2', subsample)")),
    "an earlier trial, and a stub's comment that was left": all_of(
        own(WRONG, name="trial"), answer(RIGHT.replace("\n", COMMENTS, 1))
    ),
    "an earlier trial with a check": all_of(own(WRONG + "check('2.2', subsample)", name="trial")),
    "an answer above what nbgrader left": answer(RIGHT + "    raise NotImplementedError()\n"),
    "something tried below the check": below("def subsample(full, strides):\n    return None\nsubsample(photo, 2)"),
    "the stub again below the answer": below(STUB, "exercise-2-2"),
    "an answer in a block": answer("try:\n    import cupy as xp\nexcept ImportError:\n    xp = np\nif True:\n    "
                                   + RIGHT.replace("\n", "\n    ")),
    "all answers in one cell at the top": _all_in_one_cell,
    "the whole notebook pasted below itself": _pasted_twice,
    "line ends of Windows": _by_windows,
    "annotations of the future": head("from __future__ import annotations", "exercise-2-2"),
    "await at the top level": _numbered(["import asyncio\nawait asyncio.sleep(0)"]),
    "many small cells that fail": _numbered(["1 / 0", "slide(", "undefined", "raise KeyError", "assert False"]),
    "leaving in a cell of one's own": _numbered(["exit()", "quit()", "import sys; sys.exit()"]),
    "a set-up cell copied to the bottom": lambda found: found["cells"].append(
        {**copy.deepcopy(next(cell for cell in found["cells"] if "setup" in cell["metadata"].get("tags", []))),
         "id": "again"}
    ),
    "annotations of every kind": answer(
        "from typing import *\nfrom numpy.typing import NDArray\n"
        "def subsample(full: NDArray[np.float64], strides: 'int') -> 'NDArray | None':\n"
        "    out: np.ndarray = full[::strides, ::strides]\n    return out"
    ),
    "an object that can be called": answer(
        "class Thinner:\n    def __call__(self, full, strides):\n        return full[::strides, ::strides]\n"
        "subsample = Thinner()"
    ),
    "a dataclass": answer(
        "from dataclasses import dataclass\n@dataclass\nclass Step:\n    size: int\n    def thin(self, full):\n"
        "        return full[:: self.size, :: self.size]\n"
        "def subsample(full, strides):\n    return Step(strides).thin(full)"
    ),
    "a named tuple as the result": answer(
        "from collections import namedtuple\nPadding = namedtuple('Padding', 'before after')\n"
        "def same_padding(size, kernel_size, strides):\n"
        "    total = max((-(-size // strides) - 1) * strides + kernel_size - size, 0)\n"
        "    return Padding(total // 2, total - total // 2)",
        "exercise-2-3",
    ),
    "a subclass of an array as the result": answer(
        "class Picture(np.ndarray):\n    pass\n"
        "def subsample(full, strides):\n    return full[::strides, ::strides].view(Picture)"
    ),
    "a masked array as the result": answer(
        "def subsample(full, strides):\n    return np.ma.masked_array(full)[::strides, ::strides]"
    ),
    "a decorator that measures": answer(
        "import functools, time\ndef timed(function):\n    @functools.wraps(function)\n"
        "    def inner(*inputs):\n        begin = time.perf_counter()\n        result = function(*inputs)\n"
        "        print('took', time.perf_counter() - begin)\n        return result\n    return inner\n@timed\n" + RIGHT
    ),
    "np.vectorize": answer(
        "@np.vectorize\ndef output_size(size, kernel_size, strides, padding):\n"
        "    return (size - kernel_size + 2 * padding) // strides + 1",
        "exercise-2-4",
    ),
    "recursion with a higher limit": answer(
        "import sys\nsys.setrecursionlimit(10**6)\ndef subsample(full, strides):\n    def take(rows):\n"
        "        return [] if len(rows) == 0 else [rows[0][::strides]] + take(rows[strides:])\n"
        "    return np.array(take(full))"
    ),
    "threads in an answer": answer(
        "from concurrent.futures import ThreadPoolExecutor\ndef subsample(full, strides):\n"
        "    with ThreadPoolExecutor(2) as pool:\n"
        "        return np.array(list(pool.map(lambda row: row[::strides], full[::strides])))"
    ),
    "processes below an answer": answer(
        "import multiprocessing as mp\n" + RIGHT + "if __name__ == '__main__':\n    with mp.Pool(2) as pool:\n"
        "        pool.map(abs, [1])\n"
    ),
    "names in Chinese": answer("def subsample(图像, 步幅):\n    结果 = 图像[::步幅, ::步幅]\n    return 结果"),
    "match, walrus and a doctest": answer(
        'def subsample(full, strides):\n    """Thin out.\n\n    >>> subsample(np.eye(2), 2)\n'
        '    array([[1.]])\n    """\n'
        "    match strides:\n        case 1:\n            return full\n        case step if (size := step) > 1:\n"
        "            return full[::size, ::size]\n\n"
        "if __name__ == '__main__':\n    import doctest\n    doctest.testmod()"
    ),
    "figures and displays in an answer": answer(
        "import matplotlib.pyplot as plt\nfrom IPython.display import HTML, clear_output, display\n"
        + RIGHT.replace("\n", "\n    clear_output(wait=True)\n    figure = plt.figure()\n    plt.imshow(full)\n"
                        "    display(figure, HTML('<b>full</b>'))\n    plt.show(block=False)\n", 1)
    ),
    "a logger and a warning in an answer": answer(
        "import logging, warnings\nlogging.basicConfig(level=logging.DEBUG)\n"
        + RIGHT.replace("\n", "\n    logging.debug('shape %s', full.shape)\n    warnings.warn('slow')\n", 1)
    ),
    "warnings and floating-point errors raised": own(
        "import warnings\nnp.seterr(all='raise')\nwarnings.filterwarnings('error')"
    ),
    "time measured by magics": all_of(answer("%%time\n" + RIGHT), own("%%timeit -n1 -r1\nnp.zeros(3)")),
    "coroutines": all_of(
        own("import asyncio\nasync def go():\n    await asyncio.sleep(0)\nawait go()\ntry:\n    asyncio.run(go())\n"
            "except RuntimeError:\n    pass\n" + HELPER),
        answer(USES_HELPER),
    ),
    "tests of one's own": all_of(
        own("import unittest\nclass Test(unittest.TestCase):\n    def test_one(self):\n"
            "        self.assertEqual(1, 1)\nunittest.main(argv=['x'], exit=False)\n" + HELPER),
        answer(USES_HELPER),
    ),
    "magics of Matplotlib and the environment": all_of(
        own("%matplotlib widget\n%config InlineBackend.figure_format = 'retina'\n%env KERAS_BACKEND=jax\n"
            + HELPER),
        answer(USES_HELPER),
    ),
    "magics called as functions": answer(
        "get_ipython().system('pip install x')\nget_ipython().run_line_magic('matplotlib', 'inline')\n"
        "get_ipython().run_cell_magic('bash', '', 'ls')\n" + RIGHT
    ),
    "what an exercise before has left": all_of(
        below("seen = slide(np.eye(4), np.ones((2, 2))).shape", "exercise-2-1"),
        answer(RIGHT.replace("\n", "\n    assert seen == (3, 3)\n", 1)),
    ),
}  # fmt: skip
