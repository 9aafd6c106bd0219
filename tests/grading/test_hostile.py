"""Hostile submissions: what they score, and the state of the machine afterwards."""

import hashlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from tests import ROOT
from tests.grading.attacks import (
    FOOLING,
    HONEST,
    HURTING,
    RIGHT,
    RIGHT_SIZE,
    TELLING,
    TO_WHOM_FINDINGS_GO,
    UNFOLDING,
    WRONG,
)
from tests.grading.cheats import CHEATS
from tests.grading.conftest import filled, outcomes, own_cell
from workbook.course.grading.findings import MOST_FINDINGS, RunResult, read_findings
from workbook.course.grading.grader import Grader
from workbook.course.grading.records import Graded
from workbook.course.jailed import transport
from workbook.course.jailed.jail_messages import RunCompleted, RunRequest, RunStep, StepBegan

Grade = Callable[..., Graded]


class Machine:
    """What an attack could reach: files, a server, a socket, the processes; and whether any of it changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = Path.home()
        self.secret, self.gradebook, self.other = (
            folder / name for name in ("secret", "gradebook.db", "other.ipynb")
        )
        for path in (self.secret, self.gradebook, self.other):
            path.write_text("untouched")
        self.server = socket.create_server(("127.0.0.1", 0))
        self.abstract = f"workbook-test-{os.getpid()}"
        self.unix = socket.socket(socket.AF_UNIX)
        self.unix.bind(f"\0{self.abstract}")
        self.unix.listen()
        self.visits = 0
        for listening in (self.server, self.unix):
            threading.Thread(target=self._count, args=(listening,), daemon=True).start()
        self.before = self.state()

    def _count(self, listening: socket.socket) -> None:
        while True:
            try:
                listening.accept()
            except OSError:
                return
            self.visits += 1

    def fill(self, source: str) -> str:
        """Put the real paths into an attack."""
        return source.format(
            secret=self.secret,
            gradebook=self.gradebook,
            other=self.other,
            home=self.home,
            repository=ROOT,
            port=self.server.getsockname()[1],
            abstract=self.abstract,
        )

    def state(self) -> dict[str, object]:
        """Return everything that must not change."""
        watched = (
            "workbook/course/jailed/*.py",
            "workbook/exercises/c02*.py",
            "*/02_convolution.*",
            "data/*.npz",
        )
        files = sorted(path for one in watched for path in ROOT.glob(one))
        sums = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
        return {
            "names": sorted(path.name for path in self.folder.iterdir()),
            "contents": [path.read_text() for path in (self.secret, self.gradebook, self.other)],
            "course": sums,
            "startup": sorted(map(str, self.home.glob(".ipython/profile_default/startup/*"))),
            "shared memory": sorted(os.listdir("/dev/shm")),
            "visits": self.visits,
            "mounts": len(Path("/proc/self/mounts").read_text().splitlines()),
        }


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    os.environ["WORKBOOK_TEST_SECRET"] = "1"
    found = Machine(tmp_path_factory.mktemp("machine"))
    yield found
    found.server.close()
    found.unix.close()
    del os.environ["WORKBOOK_TEST_SECRET"]


def _inside(grader: Grader) -> list[psutil.Process]:
    """List the processes of submissions that are still there: those below the ones that fork."""
    found = []
    for zygote in grader.jail._zygotes.values():
        forking = psutil.Process(zygote._process.pid)
        while forking.name() == "bwrap":
            (forking,) = forking.children()
        found += forking.children(recursive=True)
    return found


@pytest.mark.parametrize("name", FOOLING)
def test_a_wrong_answer_never_scores(name: str, graded: Grade, machine: Machine, grader: Grader) -> None:
    answer, before = FOOLING[name]
    answers = {"2.2": machine.fill(answer) if answer != WRONG else WRONG}
    result = graded(filled(answers, before=machine.fill(before)))
    assert outcomes(result)["2.2"] != "passed"
    assert result.points == 0
    assert machine.state() == machine.before
    assert _inside(grader) == []


@pytest.mark.parametrize("name", HURTING)
def test_nothing_outside_the_jail_changes(name: str, graded: Grade, machine: Machine, grader: Grader) -> None:
    attack, spared = HURTING[name]
    answers = {"2.2": RIGHT, "2.4": RIGHT_SIZE}
    result = graded(filled(answers, before=machine.fill(attack)))
    assert [mark.exercise for mark in result.marks] == ["2.1", "2.2", "2.3", "2.4", "2.5", "2.6"]
    if spared:
        assert (outcomes(result)["2.2"], outcomes(result)["2.4"]) == ("passed", "passed"), result.oddity
    assert machine.state() == machine.before
    assert _inside(grader) == []


@pytest.mark.parametrize("name", [name for name, (source, _) in HURTING.items() if "assert" in source])
def test_what_an_attack_asserts_holds_in_the_jail(name: str, graded: Grade, machine: Machine) -> None:
    """The attacks that look around end in an assertion: here it is the answer, and must not be an error."""
    attack, _ = HURTING[name]
    answer = "def subsample(full, strides):\n" + "".join(
        f"    {line}\n" for line in machine.fill(attack).split("\n")
    )
    result = graded(filled({"2.2": answer + "    return full[::strides, ::strides]\n"}))
    mark = next(mark for mark in result.marks if mark.exercise == "2.2")
    assert mark.outcome == "passed", mark.detail


def test_after_all_of_it_an_honest_learner_passes(graded: Grade) -> None:
    result = graded(filled({"2.2": RIGHT, "2.4": RIGHT_SIZE}))
    assert outcomes(result)["2.2"] == outcomes(result)["2.4"] == "passed"
    assert result.oddity == ""


HOSTILE_STATE = """
import numpy as np, builtins, sys, os, matplotlib.pyplot as plt, random
np.allclose = np.zeros = np.sum = lambda *a, **k: 1 / 0
builtins.len = lambda x: 0
sys.path.insert(0, '/scratch'); os.environ['X'] = '1'; os.chdir('/'); open('/scratch/left', 'w').write('x')
import workbook.reference as reference
reference.conv2d = None
plt.plot = None
np.random.seed(0); random.seed(0); np.seterr(all='raise')
import fcntl
for fd in (0, 1, 2): fcntl.fcntl(fd, fcntl.F_SETFL, os.O_APPEND | os.O_NONBLOCK)
get_ipython().user_ns['leaked'] = 1
"""
LOOK_AROUND = """
def subsample(full, strides):
    import builtins, os, sys, numpy as np, matplotlib.pyplot as plt
    from workbook import reference
    assert np.zeros(3).sum() == 0 and np.sum([1, 2]) == 3 and builtins.len([1]) == 1
    assert '/scratch' not in sys.path and 'X' not in os.environ and os.getcwd() == '/scratch'
    assert os.listdir('/scratch') == [] or not os.path.exists('/scratch/left')
    assert callable(reference.conv2d) and callable(plt.plot) and 'leaked' not in globals()
    assert np.geterr()['over'] == 'warn'
    import fcntl
    assert not any(fcntl.fcntl(fd, fcntl.F_GETFL) & (os.O_APPEND | os.O_NONBLOCK) for fd in (0, 1, 2))
    return full[::strides, ::strides]
"""


def test_no_state_goes_from_one_submission_to_the_next(graded: Grade) -> None:
    for _ in range(3):
        graded(filled({"2.2": RIGHT}, before=HOSTILE_STATE))
        mark = graded(filled({"2.2": LOOK_AROUND})).marks[1]
        assert mark.outcome == "passed", mark.detail


def test_the_look_around_sees_what_there_is_to_see(graded: Grade) -> None:
    """The same look, after the same changes in one submission, fails: so it would notice a leak."""
    mark = graded(filled({"2.2": LOOK_AROUND}, before=HOSTILE_STATE)).marks[1]
    assert mark.outcome in ("error", "died")


LISTENS = """
import socket, time
met = ''
try:
    waiting = socket.socket(socket.AF_UNIX)
    waiting.bind('\\0workbook-meeting')
    waiting.listen()
    waiting.settimeout(2)
    met = waiting.accept()
except OSError:
    pass
assert not met
"""
CALLS = """
import socket, time
met, until = '', time.monotonic() + 2
while not met and time.monotonic() < until:
    try:
        socket.socket(socket.AF_UNIX).connect('\\0workbook-meeting')
        met = 'somebody'
    except OSError:
        time.sleep(0.05)
assert not met
"""


def test_two_submissions_at_a_time_cannot_meet(grader: Grader) -> None:
    def ask(source: str) -> RunResult:
        return grader.jail.run(RunRequest((RunStep("own", "", source),), tasks={}, cell_seconds=5), ["numpy"])

    ask("pass")  # so that both come from one process
    with ThreadPoolExecutor(2) as pool:
        for result in pool.map(ask, (LISTENS, CALLS)):
            assert [type(finding) for finding in result.findings] == [StepBegan, RunCompleted]


@pytest.mark.parametrize("name", UNFOLDING)
def test_a_small_answer_that_unfolds_is_wrong_and_hurts_nobody(name: str, graded: Grade) -> None:
    result = graded(filled({"2.2": UNFOLDING[name], "2.4": RIGHT_SIZE}))
    assert outcomes(result)["2.2"] in ("wrong", "malformed", "error")
    assert outcomes(graded(filled({"2.2": RIGHT})))["2.2"] == "passed"


def test_findings_that_cost_much_are_not_read() -> None:
    assert len(read_findings(b"{}\n" * 10**6)) == MOST_FINDINGS
    assert read_findings(b'{"a":' + b"[" * 900 + b"]" * 900 + b"}") == ()
    assert read_findings(b'{"a":[' + b"[]," * 5_000_000 + b"[]]}") == ()
    assert read_findings(b'{"end":true}\n[]\n{}\n') == (RunCompleted(),)


@pytest.mark.parametrize("name", TELLING)
def test_hidden_cases_do_not_reach_the_learner(name: str, graded: Grade, grader: Grader) -> None:
    answer, before = TELLING[name]
    mark = graded(filled({"2.2": answer}, before=before)).marks[1]
    hidden = grader.referees.tasks("02_convolution", "marks").exercises["2.2"].cases
    first = str(transport.decode(hidden[0])[0].tolist())[:60]
    assert mark.outcome in ("malformed", "error")
    assert first not in mark.feedback


def test_what_a_submission_says_of_itself_is_short_and_of_its_exercises(graded: Grade) -> None:
    lies = TO_WHOM_FINDINGS_GO.format() + (
        "write(b'{\"begin\": 2}\\n{\"again\": \"\\\\u001b[2J<script>' + b'A' * 10**6 + b'\"}\\n')\nos._exit(0)"
    )
    result = graded(filled({"2.2": RIGHT}, before=lies))
    assert "script" not in result.oddity
    lies = TO_WHOM_FINDINGS_GO.format() + (
        'write(b\'{"report": "2.2", "state": "error", "observations": [], "calls": [], \')\n'
        "write(b'\"detail\": \"' + b'A' * 10**6 + b'\"}\\n')"
    )
    assert len(graded(filled({"2.2": RIGHT}, before=lies)).marks[1].detail) < 5000


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_answer_always_passes(name: str, graded: Grade) -> None:
    answers, before, added = HONEST[name]
    found = filled(answers)
    for cell in found["cells"]:
        if "setup" in cell["metadata"].get("tags", []):
            cell["source"] = "".join(cell["source"]) + added
    found["cells"][1:1] = [own_cell(before, f"own-{number}") for number in range(4)] if before else []
    result = graded(found)
    assert (outcomes(result)["2.2"], outcomes(result)["2.4"]) == ("passed", "passed"), result.oddity


# Calls with `groups`, as they are, and by a copy of the code that notes nothing and is never closed.
WITH_GROUPS = {
    "plainly": ("", "reference.{0}({1}, {2}, groups={3})"),
    "unnoted": ("reference.note_call = lambda name: None", "reference.{0}({1}, {2}, groups={3})"),
    "by a copy": (
        "import types\nreference.note_call = lambda name: None\n"
        "copied = types.FunctionType(reference._conv2d_with_groups.__code__, vars(reference))",
        "copied(reference.{0}, {1}, {2}, {3}, None)",
    ),
}


@pytest.mark.parametrize("how", WITH_GROUPS)
@pytest.mark.parametrize("convolve", ["conv2d", "conv2d_loops"])
def test_calls_that_are_ruled_out_with_some_arguments_score_nothing(
    how: str, convolve: str, graded: Grade
) -> None:
    before, call = WITH_GROUPS[how]
    each = call.format(convolve, "image", "kernel.reshape(*kernel.shape[:2], 1, -1)", "image.shape[2]")
    grouped = call.format(convolve, "image", "kernel", "groups")
    answers = {
        "4.1": f"def depthwise(image, kernel):\n    return {each}\n",
        "4.5": f"def grouped_conv(image, kernel, groups):\n    return {grouped}\n",
    }
    chapter = "04_separable_convolution"
    cheating = graded(filled(answers, before=before, chapter=chapter), chapter)
    assert cheating.points == 0, [mark for mark in cheating.marks if mark.points]
    one_by_one = (
        "def grouped_conv(image, kernel, groups):\n"
        "    parts = zip(np.split(image, groups, axis=2), np.split(kernel, groups, axis=3))\n"
        f"    return np.concatenate([reference.{convolve}(*part) for part in parts], axis=2)\n"
    )
    honest = graded(filled({"4.5": one_by_one}, before=before, chapter=chapter), chapter)
    assert outcomes(honest)["4.5"] == "passed", honest


@pytest.mark.parametrize("name", CHEATS)
def test_the_courses_own_functions_score_nothing(name: str, graded: Grade) -> None:
    answers, before, added = CHEATS[name]
    found = filled(answers, before=before)
    for cell in found["cells"]:
        if "setup" in cell["metadata"].get("tags", []):
            cell["source"] = "".join(cell["source"]) + "\n" + added
    result = graded(found)
    assert result.points == 0, [mark for mark in result.marks if mark.points]
    for mark in result.marks:
        if not answers.get(mark.exercise):
            assert mark.outcome == "not started", mark
