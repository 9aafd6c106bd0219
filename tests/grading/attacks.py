"""Submissions that try to fool or to hurt whoever grades them, one small cell each.

`FOOLING` attacks come with a wrong answer to 2.2 that must not pass. `HURTING` attacks come with right answers to 2.2
and 2.4 beside them, and must change nothing outside the jail. The test fills in the paths of real
things: {secret}, {gradebook}, {home}, {other}, {repository}, {port}, {abstract}.
"""

WRONG = "def subsample(full, strides):\n    return full[1::strides, ::strides]\n"
RIGHT = "def subsample(full, strides):\n    return full[::strides, ::strides]\n"
RIGHT_SIZE = (
    "def output_size(size, kernel_size, strides, padding):\n"
    "    return (size - kernel_size + 2 * padding) // strides + 1\n"
)

# Writes to whatever hears the findings.
TO_WHOM_FINDINGS_GO = (
    "import fcntl, os\ndef write(data):\n    for fd in range(3, 200):\n        try:\n"
    "            if fcntl.fcntl(fd, fcntl.F_GETFL) & 3 == os.O_WRONLY:\n                while data:\n"
    "                    data = data[os.write(fd, data):]\n        except OSError:\n            pass\n"
)

# Each is (answer cell of 2.2, cell before it); the answer is WRONG unless it is the attack itself.
FOOLING: dict[str, tuple[str, str]] = {
    "numpy's comparisons say yes": (
        WRONG,
        "import numpy as np\nfor name in ('allclose', 'isclose', 'array_equal', 'all', 'testing'):\n"
        "    setattr(np, name, lambda *a, **k: True)",
    ),
    "an AST transformer drops assertions": (
        WRONG,
        "import ast\nclass Drop(ast.NodeTransformer):\n    def visit_Assert(self, node):\n        return None\n"
        "get_ipython().ast_transformers.append(Drop())",
    ),
    "reads the caller's frames for what is expected": (
        "import sys\ndef subsample(full, strides):\n    frame = sys._getframe()\n    while frame:\n"
        "        for name, value in list(frame.f_locals.items()) + list(frame.f_globals.items()):\n"
        "            if name in ('expected', 'reference', 'exercise', 'ruler'):\n"
        "                reference = getattr(value, 'reference', value)\n"
        "                return reference(full, strides) if callable(reference) else reference\n"
        "        frame = frame.f_back\n    return full[1::strides, ::strides]\n",
        "",
    ),
    "searches all objects for a reference": (
        "import gc\ndef subsample(full, strides):\n    for one in gc.get_objects():\n        try:\n"
        "            if type(one).__name__ == 'Exercise' and one.id == '2.2':\n"
        "                return one.reference(full, strides)\n        except Exception:\n            pass\n"
        "    return full[1::strides, ::strides]\n",
        "",
    ),
    "imports the exercise": (
        "def subsample(full, strides):\n    try:\n        from workbook.exercises import find\n"
        "        return find('2.2').reference(full, strides)\n    except ImportError:\n"
        "        from workbook.exercises.chapters.c02_convolution import STRIDE\n"
        "        return STRIDE.reference(full, strides)\n",
        "",
    ),
    "looks for the exercises on disk": (
        "import os\ndef subsample(full, strides):\n    for top, folders, files in os.walk('/'):\n"
        "        for name in files:\n            if name.startswith(('c02_conv', '02_convolution')):\n"
        "                space = {{}}\n                exec(open(os.path.join(top, name)).read(), space)\n"
        "                return space['STRIDE'].reference(full, strides)\n"
        "    return full[1::strides, ::strides]\n",
        "",
    ),
    "reads the solutions by their real path": (
        "import json\ncells = []\ntry:\n    cells = json.load(open('{repository}/solutions/02_convolution.ipynb'))['cells']\n"
        "except OSError:\n    pass\n"
        "def subsample(full, strides):\n    return full[1::strides, ::strides]\n"
        "for cell in cells:\n    if cell['id'] == 'exercise-2-2':\n        exec(''.join(cell['source']))\n",
        "",
    ),
    "an object that NumPy's functions obey": (
        "class Yes:\n    shape = (3, 4)\n    ndim = 2\n    size = 12\n    def __array_function__(self, *a, **k):\n        return True\n"
        "    def __array_ufunc__(self, *a, **k):\n        return True\n    def __eq__(self, other):\n        return True\n"
        "def subsample(full, strides):\n    return Yes()\n",
        "",
    ),
    "an array class that is equal to everything": (
        "import numpy as np\nclass Yes(np.ndarray):\n    def __eq__(self, other):\n        return np.ones(self.shape, bool)\n"
        "    def __sub__(self, other):\n        return np.zeros(self.shape)\n    __rsub__ = __sub__\n"
        "def subsample(full, strides):\n    return full[1::strides, ::strides].view(Yes)\n",
        "",
    ),
    "an object that claims to be an array": (
        "import numpy as np\nclass Liar:\n    __class__ = np.ndarray\n    def __eq__(self, other):\n        return True\n"
        "    def __getattr__(self, name):\n        return lambda *a, **k: True\n"
        "def subsample(full, strides):\n    return Liar()\n",
        "",
    ),
    "results that pickle to a program": (
        "import os\nclass Bomb:\n    def __reduce__(self):\n        return os.system, ('touch {secret}.bomb',)\n"
        "def subsample(full, strides):\n    return Bomb()\n",
        "",
    ),
    "an object array that hides a program": (
        "import os, numpy as np\nclass Bomb:\n    def __reduce__(self):\n        return os.system, ('touch {secret}.bomb',)\n"
        "def subsample(full, strides):\n    return np.array([Bomb()], dtype=object)\n",
        "",
    ),
    "replaces what runs the answers": (
        WRONG,
        "import workbook.exercises.observe as o\nimport jailed.running as r\n"
        "r.observe = o.observe = lambda *a, **k: o.Report('passed', 'fine')\n"
        "r.as_plain = lambda report: {{'state': 'passed', 'detail': '', 'observations': [], 'calls': []}}",
    ),
    "replaces what writes the reports": (
        WRONG,
        "import jailed.running as r\nimport jailed.jail_messages as m\n"
        "r.as_plain = lambda exercise, report: m.AnswerReport(exercise, 'passed', '', ())",
    ),
    "reports no observations": (
        WRONG,
        "import workbook.exercises.observe as o\nimport jailed.running as r\n"
        "r.observe = lambda *a, **k: o.Report('observed', '', ())",
    ),
    "reports that it did not fail": (
        WRONG,
        "import workbook.exercises.observe as o\nimport jailed.running as r\n"
        "r.observe = lambda *a, **k: o.Report('observed', '', tuple(o.Observation(None, 'passed') for _ in range(9)))",
    ),
    "writes findings of its own to every descriptor": (
        WRONG,
        "import os, json\nline = json.dumps({{'report': '2.2', 'state': 'passed', 'detail': '', 'observations': [], 'calls': []}}) + '\\n'\n"
        "for fd in range(3, 200):\n    try:\n        os.write(fd, line.encode() * 3)\n    except OSError:\n        pass",
    ),
    "forges findings and the end, then leaves": (
        WRONG,
        "import os, json\nlines = [{{'report': '2.2', 'state': 'observed', 'detail': '', 'observations': [['passed', '', None]], 'calls': []}}, {{'end': True}}]\n"
        "for fd in range(3, 200):\n    for line in lines:\n        try:\n            os.write(fd, json.dumps(line).encode() + b'\\n')\n        except OSError:\n            pass\nos._exit(0)",
    ),
    "replaces builtins": (
        WRONG,
        "import builtins\nbuiltins.isinstance = lambda *a: True\nbuiltins.len = lambda x: 5\nbuiltins.all = builtins.any = lambda x: True\n"
        "builtins.zip = lambda *a, **k: []",
    ),
    "an import hook that swaps modules": (
        WRONG,
        "import sys, types\nfake = types.ModuleType('numpy')\nsys.modules['numpy'] = fake\n"
        "sys.modules['workbook.exercises.compare'] = fake\n"
        "class Hook:\n    def find_spec(self, name, path=None, target=None):\n        return None\nsys.meta_path.insert(0, Hook())",
    ),
    "a file that shadows numpy and the package": (
        WRONG,
        "import sys, os\nfor name in ('numpy', 'workbook', 'json', 'sitecustomize', 'usercustomize'):\n"
        "    open(name + '.py', 'w').write('def __getattr__(n): return lambda *a, **k: True')\nsys.path.insert(0, os.getcwd())\n"
        "for name in [n for n in sys.modules if n.startswith(('numpy', 'workbook'))]:\n    del sys.modules[name]",
    ),
    "remembers the cases and answers with the input": (
        "calls = []\ndef subsample(full, strides):\n    calls.append(full)\n    full[...] = full[1::strides, ::strides].ravel()[0]\n"
        "    return full[::strides, ::strides]\n",
        "",
    ),
    "an answer that is every answer by attribute": (
        "class Answer:\n    reference = property(lambda self: self)\n    def __call__(self, *a):\n        return self\n"
        "    def __getattr__(self, name):\n        return self\n    def __len__(self):\n        return 3\n"
        "    def __iter__(self):\n        return iter([self] * 3)\nsubsample = Answer()\n",
        "",
    ),
    "tells the front end that it passed": (
        WRONG,
        "from IPython.display import display, HTML\ndisplay(HTML('<b>2.2 passed</b><script>alert(1)</script>'))\nprint('2.2 Stride as subsampling: passed.')",
    ),
    "swaps the check for one that agrees": (
        WRONG,
        "import workbook, workbook.exercises\nclass Check:\n    def __call__(self, *a):\n        return True\n"
        "workbook.exercises.check = workbook.check = check = Check()",
    ),
    "a memory view onto the grader": (
        WRONG,
        "import ctypes, gc\nfor one in gc.get_objects():\n    if isinstance(one, dict) and 'tasks' in one and 'steps' in one:\n"
        "        one['tasks']['2.2']['cases'] = []",
    ),
}

# Each is a cell that runs before right answers; True where the answers behind it must still pass.
HURTING: dict[str, tuple[str, bool]] = {
    "forks without end": ("import os\nwhile True:\n    os.fork()", True),
    "starts programs": (
        "import subprocess, os\nos.system('touch {secret}.ran')\nsubprocess.run(['/usr/bin/touch', '{secret}.ran'])",
        True,
    ),
    "starts processes by the library": (
        "import multiprocessing as m\np = m.get_context('fork').Process(target=print)\np.start()",
        True,
    ),
    "starts threads without end": (
        "import threading, time\nwhile True:\n    threading.Thread(target=time.sleep, args=(100,), daemon=True).start()",
        False,
    ),
    "takes all memory at once": ("import numpy as np\nx = np.ones(10**12)", True),
    "takes memory bit by bit": ("x = []\nwhile True:\n    x.append(bytearray(10**7))", True),
    "fills the scratch folder": (
        "with open('/scratch/big', 'wb') as f:\n    while True:\n        f.write(b'x' * 10**7)",
        True,
    ),
    "makes files without end": ("for i in range(10**6):\n    open('/scratch/%d' % i, 'w').close()", True),
    "opens files without end": ("keep = []\nwhile True:\n    keep.append(open('/dev/null'))", True),
    "prints without end": ("while True:\n    print('x' * 10**6)", True),
    "floods the findings": (
        "import os\nfor fd in range(3, 200):\n    try:\n        while True:\n            os.write(fd, b'x' * 10**6)\n    except OSError:\n        pass",
        False,
    ),
    "writes everywhere": (
        "import os\nfor path in ('/x', '/usr/x', '/jail/x', '/jail/jailed/inside.py', '/dev/shm/x', '/dev/x', '/etc/x', '/proc/x',\n"
        "             '{secret}', '{gradebook}', '{home}/.ipython/profile_default/startup/x.py', '{repository}/x', '{other}'):\n"
        "    try:\n        os.makedirs(os.path.dirname(path), exist_ok=True)\n        open(path, 'w').write('hurt')\n        wrote = path\n    except OSError:\n        pass\n"
        "assert 'wrote' not in globals(), wrote",
        True,
    ),
    "reads secrets": (
        "import os\nfor path in ('{secret}', '{gradebook}', '{other}', '{repository}/solutions/02_convolution.py', '/etc/shadow', '/root/.bashrc', '/home'):\n"
        "    assert not os.path.exists(path), path",
        True,
    ),
    "makes start-up files": (
        "import os\nos.makedirs(os.path.expanduser('~/.ipython/profile_default/startup'), exist_ok=True)\n"
        "open(os.path.expanduser('~/.ipython/profile_default/startup/00.py'), 'w').write('raise SystemExit')\n"
        "open(os.path.expanduser('~/.pythonrc'), 'w').write('x')",
        True,
    ),
    "kills everything that it can name": (
        "import os, signal\nfor pid in (-1, 0, 2, 3, 4, 5, 6, os.getppid(), {port}):\n    for number in (15, 2, 1, 9):\n        try:\n            os.kill(pid, number)\n        except (OSError, KeyboardInterrupt):\n            pass",
        False,
    ),
    "leaves at once": ("import os\nos._exit(0)", True),
    "exits politely": ("raise SystemExit(3)", True),
    "interrupts": ("raise KeyboardInterrupt", True),
    "crashes": ("import ctypes\nctypes.string_at(0)", True),
    "recurses into a crash": (
        "import sys\nsys.setrecursionlimit(10**8)\ndef f(x):\n    return f(sorted([x], key=f))\nf(1)",
        True,
    ),
    "never ends": ("while True:\n    pass", True),
    "never ends and hears no alarm": (
        "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\nsignal.setitimer(signal.ITIMER_REAL, 0)\nwhile True:\n    pass",
        True,
    ),
    "swallows every exception": (
        "while True:\n    try:\n        while True:\n            pass\n    except BaseException:\n        pass",
        True,
    ),
    "leaves threads behind": (
        "import threading, time\ndef go():\n    while True:\n        time.sleep(0.01)\n"
        "for _ in range(20):\n    threading.Thread(target=go).start()",
        True,
    ),
    "leaves work for the end": (
        "import atexit, os\natexit.register(lambda: os.system('touch {secret}.end'))",
        True,
    ),
    "connects": (
        "import socket\nreached = []\nfor family, address in ((socket.AF_INET, ('127.0.0.1', {port})), (socket.AF_UNIX, '\\0{abstract}')):\n"
        "    try:\n        s = socket.socket(family)\n        s.settimeout(1)\n        s.connect(address)\n        reached.append(address)\n    except OSError:\n        pass\n"
        "assert not reached",
        True,
    ),
    "looks into other processes": (
        "import os\nassert not os.path.exists('/proc/1/environ')\nassert not os.path.exists('/proc/self/mem')\nassert os.getpid() == 1",
        True,
    ),
    "mounts, leaves its namespaces, becomes root": (
        "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "assert libc.mount(b'tmpfs', b'/scratch', b'tmpfs', 0, None) == -1\nassert libc.unshare(0x10000000) == -1\n"
        "assert libc.umount2(b'/scratch', 2) == -1\nassert libc.ptrace(16, os.getppid(), 0, 0) == -1\nassert libc.chroot(b'/scratch') == -1\n"
        "try:\n    os.setuid(0)\n    root = True\nexcept OSError:\n    root = False\nassert not root",
        True,
    ),
    "closes what it is heard through": ("import os\nos.closerange(3, 300)", False),
    "keeps a descriptor of somebody else": (
        "import os\nopen_ones = []\nfor fd in range(3, 200):\n    try:\n        os.fstat(fd)\n        open_ones.append(fd)\n    except OSError:\n        pass\nassert len(open_ones) <= 2, open_ones",
        True,
    ),
    "reads the environment": (
        "import os\nassert 'WORKBOOK_TEST_SECRET' not in os.environ\nassert set(os.environ) & {{'HOME'}}",
        True,
    ),
    "breaks the shell": (
        "get_ipython().run_cell = lambda *a, **k: None\nget_ipython().user_ns.clear()",
        False,
    ),
    "asks for input": ("name = input('password? ')", True),
    "runs shell magics": ("!touch {secret}.magic\n%cd /\n%env HOME=/root", True),
    "runs another language": ("%%bash\ntouch {secret}.bash", True),
    "changes the modes of the host's devices": (
        "import os\nchanged = []\nfor name in ('null', 'zero', 'full', 'random', 'urandom', 'tty'):\n"
        "    for change in (lambda path: os.chmod(path, 0o666), os.utime):\n"
        "        try:\n            change('/dev/' + name)\n            changed.append(name)\n        except OSError:\n            pass\n"
        "for fd in (0, 1, 2):\n    try:\n        os.fchmod(fd, 0o666)\n        changed.append(fd)\n    except OSError:\n        pass\n"
        "assert not changed, changed",
        True,
    ),
    "takes what the whole machine has few of": (
        "import ctypes, os, platform\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "assert libc.inotify_init1(0) == -1 and libc.fanotify_init(0, 0) == -1\n"
        "assert libc.syscall(206 if platform.machine() == 'x86_64' else 0, 1, ctypes.byref(ctypes.c_ulong())) == -1\n"
        "assert libc.flock(0, 6) == -1\n"
        "import fcntl, sys\nhost = open(sys.executable, 'rb')\n"
        "import struct\nwhole = struct.pack('hhqqi', fcntl.F_RDLCK, 0, 0, 0, 0)\nlocked = []\n"
        "for command in (fcntl.F_SETLK, fcntl.F_SETLKW, 37, 38):\n"
        "    try:\n        fcntl.fcntl(host, command, whole)\n        locked.append(command)\n    except OSError:\n        pass\n"
        "for command, value in ((fcntl.F_SETLEASE, fcntl.F_RDLCK), (fcntl.F_NOTIFY, fcntl.DN_ACCESS)):\n"
        "    try:\n        fcntl.fcntl(os.open('/usr', os.O_RDONLY), command, value)\n        locked.append(command)\n    except OSError:\n        pass\n"
        "assert not locked, locked\nassert fcntl.fcntl(host, fcntl.F_GETFL) & 3 == os.O_RDONLY\n"
        "try:\n    os.openpty()\n    terminal = True\nexcept OSError:\n    terminal = False\nassert not terminal",
        True,
    ),
    "opens sockets of every family": (
        "import socket\nopened = []\nfor family in range(2, 64):\n    for kind in (1, 2, 3, 5):\n"
        "        try:\n            socket.socket(family, kind).close()\n            opened.append(family)\n        except OSError:\n            pass\n"
        "        try:\n            socket.socketpair(family, kind)\n            opened.append((family, 'pair'))\n        except OSError:\n            pass\n"
        "assert not opened, opened",
        True,
    ),
    "starts processes by other doors": (
        "import ctypes, os, platform\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "if platform.machine() == 'x86_64':\n"
        "    for number, first in ((57, 0), (58, 0), (56, 17), (56, 0x10000011), (435, 0), (2**30 + 57, 0), (319, 0), (322, 0), (425, 8), (467, 0)):\n"
        "        assert libc.syscall(number, first, 0, 0, 0, 0) == -1, number\n"
        "try:\n    os.posix_spawn('/usr/bin/true', ['true'], {{}})\n    ran = True\nexcept OSError:\n    ran = False\nassert not ran",
        True,
    ),
    "asks for a dump of its memory": (
        "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nlibc.prctl(4, 1, 0, 0, 0)\nassert libc.prctl(3, 0, 0, 0, 0) == 0",
        True,
    ),
    "a million small findings": (TO_WHOM_FINDINGS_GO + "write(b'{{}}\\n' * 10**6)", True),
    "findings as deep as can be read": (
        TO_WHOM_FINDINGS_GO + "for depth in range(900, 1000):\n"
        '    head = \'{{"report": "2.%d", "state": "observed", "detail": "", "observations": [\' % (depth % 6 + 1)\n'
        "    write(head.encode() + b'[' * depth + b']' * depth + b'], \"calls\": []}}\\n')",
        True,
    ),
    "a time that no float can hold": (
        TO_WHOM_FINDINGS_GO + "write(b'{{\"begin\": 1, \"at\": 1' + b'0' * 400 + b'}}\\n')\nos._exit(0)",
        True,
    ),
    "findings byte by byte": (TO_WHOM_FINDINGS_GO + "while True:\n    write(b' ')", True),
}

# Each is an answer to 2.2 that is small, and that unfolds to gigabytes where it is compared.
UNFOLDING: dict[str, str] = {
    "a list of texts, one of them long": "def subsample(full, strides):\n    return ['x' * 2**20] + ['a'] * 1600\n",
    "the same in rows": "def subsample(full, strides):\n    return [['x' * 2**20] * 2] + [['a'] * 2] * 800\n",
    "an array of texts": (
        "import numpy as np\nimport jailed.transport as t\nt.encode = lambda value, depth=0: [{'texts': [[4000], ['x' * 4000] + [''] * 3999]}] * 80\n"
        "def subsample(full, strides):\n    return 0\n"
    ),
    "a whole number that no float can hold": "def subsample(full, strides):\n    return [[10**4000] * 4] * 3\n",
}

# Each is (answer to 2.2, cell before it): what it learns of the hidden cases it writes where the learner may read.
TELLING: dict[str, tuple[str, str]] = {
    "in the reason why it cannot be read": (
        TO_WHOM_FINDINGS_GO.replace("{{", "{").replace("}}", "}")
        + "import json\ndef subsample(full, strides):\n"
        "    write(json.dumps({'report': '2.2', 'state': 'malformed', 'detail': 'SEEN %s' % full.tolist(), 'observations': [], 'calls': []}).encode() + b'\\n')\n"
        "    return full\n",
        "",
    ),
    "in an error": ("def subsample(full, strides):\n    raise ValueError('SEEN %s' % full.tolist())\n", ""),
}

# Each is (answers, cell before them, what is added to the set-up cell): honest, and must pass.
HONEST: dict[str, tuple[dict[str, str], str, str]] = {
    "an import added to the set-up cell": (
        {
            "2.2": RIGHT,
            "2.4": RIGHT_SIZE.replace("(size - ", "floor((size - ").replace("// strides", "/ strides)"),
        },
        "",
        "\nfrom math import floor\n",
    ),
    "cells of one's own that take long": (
        {"2.2": RIGHT, "2.4": RIGHT_SIZE},
        "import time\nfor _ in range(200):\n    time.sleep(0.01)",
        "",
    ),
}
