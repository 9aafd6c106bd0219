"""Configure pytest: run notebooks as JupyterLab does, start the longest groups of tests first, free memory."""

import ctypes
import gc
import itertools
import os
import re
import secrets
import sys
import zlib
from typing import Any

import numpy as np
import pytest
from nbval.kernel import RunningKernel
from xdist.scheduler import LoadScopeScheduling

# The groups that take longest, longest first, as measured on two cores. All others follow in their usual order.
LONGEST = (
    "tests/unit/architectures/test_architectures.py",
    "tests/grading/test_run.py",
    "solutions/13_text.ipynb",
    "solutions/05_first_cnn.ipynb",
    "solutions/08_resnet_densenet.ipynb",
    "solutions/15_read_generate_watch_compare.ipynb",
    "solutions/14_detect_segment_locate.ipynb",
    "solutions/09_comparing_architectures.ipynb",
    "solutions/06_alexnet_to_vgg.ipynb",
    "solutions/07_inception.ipynb",
    "solutions/16_training_at_scale.ipynb",
    "solutions/17_your_own_network.ipynb",
    "solutions/12_speech.ipynb",
    "solutions/11_dream_and_style.ipynb",
    "solutions/10_looking_inside.ipynb",
    "tests/grading/test_hostile.py",
    "tests/grading/test_league.py",
    "tests/grading/test_regrade.py",
    "tests/grading/test_gradebook.py",
    "tests/unit/training/test_placement.py",
    "tests/unit/training/test_run.py",
    "tests/grading/test_grader.py",
    "tests/unit/vision_tasks/test_generation.py",
    "tests/unit/data/test_loading.py",
    "tests/unit/training/test_settings.py",
    "solutions/01_why_convolution.ipynb",
    "solutions/02_convolution.ipynb",
    "solutions/03_pooling.ipynb",
    "solutions/04_separable_convolution.ipynb",
    "solutions/00_start_here.ipynb",
)
if "PYTEST_XDIST_WORKER" in os.environ:  # workers keep all cores busy: more threads for each would only wait
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ["WORKBOOK_PROGRESS"] = "off"  # a test's exercises are not the developer's own
MEGABYTES, GROWN = 1400, 100  # from which, and after which growth, a process returns memory
kept = 0.0  # megabytes left after the last time


def _execute_with_history(self: RunningKernel, cell_input: str, allow_stdin: bool | None = None) -> str:
    """Execute a cell with history, which nbval does not do itself.

    Without history, IPython ignores the `;` that hides a cell's value, and a cell such as `check("2.1", slide);` would
    show one more output than it does for a learner.
    """
    return self.kc.execute(cell_input, store_history=True, allow_stdin=allow_stdin, stop_on_error=False)


RunningKernel.execute_cell_input = _execute_with_history


@pytest.fixture(autouse=True)
def _chosen_by_the_test(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the fresh cases of a check depend on the test's name: new ones at each call, the same in each run.

    A test that fails for some cases alone should fail every time. Many cases are tried on purpose by `--seeds` and by
    the claims, with seeds of their own.
    """
    numbers = itertools.count(zlib.crc32(request.node.nodeid.encode()))
    make = np.random.default_rng
    monkeypatch.setattr(
        np.random, "default_rng", lambda seed=None: make(next(numbers) if seed is None else seed)
    )
    monkeypatch.setattr(secrets, "randbits", lambda count: next(numbers) % 2**count)


def group_of(nodeid: str) -> str:
    """Return the name of a test's group: tests that one worker should run, as they share something expensive to make.

    They share the kernel of a notebook, the answers to an exercise, or the fixtures of a file.
    """
    path, _, test = nodeid.partition("::")
    exercise = re.search(r"\[(?:\d+-)?(\d+\.\d+)[-\]]", test)
    if path.startswith("tests/exercises/") and exercise:
        return f"exercise {exercise[1]}"
    return path


class GroupScheduling(LoadScopeScheduling):
    """A scheduler that hands whole groups to the workers."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> GroupScheduling | None:
    """Return our scheduler in place of xdist's own for `--dist loadscope`."""
    return GroupScheduling(config, log) if config.getvalue("dist") == "loadscope" else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the tests by group, the longest groups first."""
    rank = {group: number for number, group in enumerate(LONGEST)}
    for item in items:
        rank.setdefault(group_of(item.nodeid), len(rank))
    items.sort(key=lambda item: rank[group_of(item.nodeid)])


def pytest_collection_finish() -> None:
    """Take what is loaded by now, millions of objects, out of the garbage collector's rounds."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Return freed memory to the system where a process has grown: Keras keeps traces, and the C library the rest."""
    global kept
    if _megabytes() < max(MEGABYTES, kept + GROWN):
        return
    ends_group = nextitem is None or group_of(item.nodeid) != group_of(nextitem.nodeid)
    if ends_group and "keras" in sys.modules:
        sys.modules["keras"].backend.clear_session()
    gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)
    kept = _megabytes()


def _megabytes() -> float:
    """Return the resident memory of this process in megabytes, 0 where the system does not report it."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * 4096 / 1e6
    except OSError:
        return 0.0
