"""Answers that try other ways around the grader than those in `attacks` and `cheats`: none may score.

Each is (answers, cell before them).
"""

Sly = tuple[dict[str, str], str]
SILENT = "import workbook.calls as calls\ncalls.note_call = lambda name: None\n"
UNNOTED = "for module in (reference, arithmetic):\n    module.note_call = lambda name: None\n"
WRONG = "def subsample(full, strides):\n    return full[1::strides, ::strides]\n"
CALLS_IT = {"2.4": "output_size = arithmetic.output_size"}

# The course's own functions, after what notes and closes them was undone.
UNSEEN_CALLS: dict[str, Sly] = {
    "a fresh copy of a module, without notes": (
        {"2.1": "import importlib.util as u\nspec = u.spec_from_file_location('other', reference.__file__)\n"
                "other = u.module_from_spec(spec)\nspec.loader.exec_module(other)\nslide = other.conv2d"}, SILENT,
    ),
    "a module loaded again, without notes": (
        {"2.4": "load = getattr(__import__('import' + 'lib'), 're' + 'load')\noutput_size = load(arithmetic).output_size"},
        SILENT,
    ),
    "a module deleted and imported again": (
        {"2.4": "import sys\ndel sys.modules['workbook.arithmetic']\nfrom importlib import import_module\n"
                "output_size = import_module('workbook.arithmetic').output_size"}, SILENT,
    ),
    "a module run as a program": (
        {"2.4": "import runpy\noutput_size = runpy.run_module('workbook.arithmetic')['output_size']"}, SILENT,
    ),
    "the source, executed": (
        {"2.4": "space = {'__name__': 'x'}\nexec(open(vars(arithmetic)['__fi' + 'le__']).read(), space)\n"
                "output_size = space['output_size']"}, SILENT,
    ),
    "the source, executed without its notes": (
        {"2.4": "text = open(getattr(arithmetic, '__fi' + 'le__')).read().replace('note_' + 'call(', 'str(')\n"
                "space = {'__name__': 'x'}\nexec(text, space)\noutput_size = space['output_size']"}, "",
    ),
    "code that was kept from before": (
        {"2.4": "import types\nspace = {**vars(arithmetic), 'note_call': str}\n"
                "output_size = types.FunctionType(kept, space)\noutput_size.__kwdefaults__ = {'dilation': 1}"},
        "from operator import attrgetter\nkept = attrgetter('__co' + 'de__')(arithmetic.output_size)",
    ),
    "what closes functions replaced": (
        CALLS_IT, SILENT + UNNOTED + "import contextlib\ncalls.closed = lambda known: contextlib.nullcontext()",
    ),
    "what the runner knows of functions replaced": (
        CALLS_IT,
        UNNOTED + "import jailed.running as r, contextlib, types\n"
        "r.calls = types.SimpleNamespace(closed=lambda known: contextlib.nullcontext(), functions=lambda names: {})",
    ),
    "the runner's own table emptied": (
        CALLS_IT,
        UNNOTED + "import gc\nfor one in gc.get_objects():\n    if type(one).__name__ == '_Runner':\n"
        "        one.solved_by = dict.fromkeys(one.solved_by, {})",
    ),
    "the runner found through frames": (
        CALLS_IT,
        UNNOTED + "import sys\nframe = sys._getframe()\nwhile frame:\n    mine = frame.f_locals.get('self')\n"
        "    if type(mine).__name__ == '_Runner':\n        mine.solved_by = dict.fromkeys(mine.solved_by, {})\n"
        "    frame = frame.f_back",
    ),
    "codes put back through frames": (
        {"2.4": "def output_size(*sizes):\n    import sys\n    frame = sys._getframe()\n    while frame:\n"
                "        for function, code in (frame.f_locals.get('codes') or {}).items():\n"
                "            function.__code__ = code\n        frame = frame.f_back\n"
                "    return arithmetic.output_size(*sizes)"}, SILENT,
    ),
}  # fmt: skip

# Values and machinery.
OTHER_WAYS: dict[str, Sly] = {
    "an int that is equal to everything": (
        {"2.4": "class Every(int):\n    def __eq__(self, other):\n        return True\n    __hash__ = int.__hash__\n"
                "    def __index__(self):\n        return 10**9\n    __int__ = __index__\n"
                "def output_size(*sizes):\n    return Every(0)"}, "",
    ),
    "a tuple that is equal to everything": (
        {"2.3": "class Every(tuple):\n    def __eq__(self, other):\n        return True\n    __hash__ = tuple.__hash__\n"
                "    def __iter__(self):\n        return iter((0, 0))\ndef same_padding(*sizes):\n    return Every((1, 2))"}, "",
    ),
    "an array class whose shape lies": (
        {"2.2": "class Lies(np.ndarray):\n    shape = property(lambda self: (0,))\n    size = 0\n"
                "def subsample(full, strides):\n    return full[1::strides, ::strides].view(Lies)"}, "",
    ),
    "an array that is masked everywhere": (
        {"2.2": "def subsample(full, strides):\n    return np.ma.masked_all(full[::strides, ::strides].shape)"}, "",
    ),
    "NaN everywhere": ({"2.2": "def subsample(full, strides):\n    return full[::strides, ::strides] * float('nan')"}, ""),
    "NaN in the imaginary part": (
        {"2.2": "def subsample(full, strides):\n    return full[::strides, ::strides] * complex(0, float('nan'))"}, "",
    ),
    "more than a float can hold": (
        {"2.2": "def subsample(full, strides):\n    return np.full(full[::strides, ::strides].shape, np.longdouble('1e4000'))"},
        "",
    ),
    "an integer of forty thousand digits": ({"2.4": "def output_size(*sizes):\n    return 10**40_000"}, ""),
    "NaN for a size": ({"2.4": "def output_size(*sizes):\n    return float('nan')"}, ""),
    "an array that claims to be immense": (
        {"2.2": "def subsample(full, strides):\n    return np.lib.stride_tricks.as_strided(full, (10**9, 10**9), (0, 0))"}, "",
    ),
    "an array over memory that is not there": (
        {"2.2": "class Null:\n    __array_interface__ = dict(shape=(3, 4), typestr='<f8', version=3, data=(8, False))\n"
                "def subsample(full, strides):\n    return np.asarray(Null())"}, "",
    ),
    "a generator without end": ({"2.2": "import itertools\ndef subsample(full, strides):\n    return itertools.count()"}, ""),
    "the wire's own words as a value": (
        {"2.3": "def same_padding(*sizes):\n    return {'tuple': [0, 0]}"}, "",
    ),
    "a trace function that changes locals": (
        {"2.2": WRONG},
        "import sys\ndef trace(frame, event, argument):\n    if 'expected' in frame.f_locals:\n"
        "        frame.f_locals['observed'] = frame.f_locals['expected']\n    return trace\nsys.settrace(trace)",
    ),
    "an audit hook that refuses imports": (
        {"2.2": WRONG},
        "import sys\ndef hook(event, arguments):\n    if event == 'import':\n        raise RuntimeError\nsys.addaudithook(hook)",
    ),
    "a thread that reports without end": (
        {"2.2": WRONG},
        "import threading, time, os, json\nrow = ['passed', '', None]\n"
        "line = json.dumps({'report': '2.2', 'state': 'observed', 'detail': '', 'observations': [row] * 6, 'calls': []})\n"
        "def go():\n    while True:\n        for fd in range(3, 30):\n            try:\n"
        "                os.write(fd, line.encode() + b'\\n')\n            except OSError:\n                pass\n"
        "        time.sleep(0.01)\nthreading.Thread(target=go, daemon=True).start()\ntime.sleep(0.1)",
    ),
    "an alarm of one's own": (
        {"2.2": "import signal\ndef leave(*arguments):\n    raise SystemExit(0)\nsignal.signal(signal.SIGUSR1, leave)\n"
                "def subsample(full, strides):\n    signal.raise_signal(signal.SIGUSR1)"}, "",
    ),
    "an end that comes when it is deleted": (
        {"2.2": WRONG + "import atexit, os\natexit.register(os._exit, 0)\nclass Ends:\n    def __del__(self):\n"
                "        os._exit(0)\nends = Ends()\ndel ends"}, "",
    ),
}  # fmt: skip
