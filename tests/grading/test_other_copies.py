"""A second copy of the course on the machine: no submission sees it."""

import shutil
from pathlib import Path

import pytest

from tests import ROOT
from workbook.course.grading import jail, other_copies
from workbook.course.grading.jail import Jail
from workbook.course.jailed.jail_messages import CellFailed, RunRequest, RunStep

LOOK = """
import os
seen = [os.path.join(path, name) for path, folders, files in os.walk({root!r}) for name in files + folders]
answers = [path for path in seen if "c02_convolution" in path or "02_convolution" in path or "chapters" in path]
assert not answers, answers
assert {honest!r} in seen
for path in seen:
    if os.path.isfile(path):
        assert b"reference=" not in open(path, "rb").read(), path
from workbook.exercises import check
assert type(check).__name__ == "_Silent"
"""


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A machine with the course installed for all users, as a checkout, as an egg and as an archive."""
    keeps = shutil.ignore_patterns("_data", "__pycache__", "architectures", "training", "benches")
    for place in (
        "usr/lib/python3.11/site-packages",
        "usr/lib/python3/dist-packages",
        "usr/src/cnn-workbook",
        "opt/lib/python3.12/site-packages/cnn_workbook-0.1.0-py3.12.egg",
        "opt/cnn-workbook/build/lib",
    ):
        shutil.copytree(ROOT / "workbook", tmp_path / place / "workbook", ignore=keeps)
    for place in ("usr/src/cnn-workbook", "usr/share/lectures", "opt/cnn-workbook"):
        (tmp_path / place / "solutions").mkdir(parents=True)
        shutil.copy(ROOT / "solutions" / "02_convolution.py", tmp_path / place / "solutions")
    (tmp_path / "usr/src/cnn_workbook-0.1.0-py3-none-any.whl").write_bytes(b"reference=")
    other = tmp_path / "usr/lib/python3.11/site-packages/numpy/workbook"
    other.mkdir(parents=True)
    (other / "honest.py").write_text("x = 1")
    return tmp_path


def test_every_copy_is_found_and_nothing_else(machine: Path) -> None:
    folders, archives = other_copies.find((str(machine),))
    found = {str(Path(folder).relative_to(machine)) for folder in folders}
    assert {path for path in found if "/build/" not in path} == {
        "usr/lib/python3.11/site-packages/workbook",
        "usr/lib/python3/dist-packages/workbook",
        "usr/src/cnn-workbook/workbook",
        "usr/src/cnn-workbook/solutions",
        "usr/share/lectures/solutions",
        "opt/lib/python3.12/site-packages/cnn_workbook-0.1.0-py3.12.egg/workbook",
        "opt/cnn-workbook/solutions",
    }
    assert "opt/cnn-workbook/build/lib/workbook" in found
    assert [Path(path).name for path in archives] == ["cnn_workbook-0.1.0-py3-none-any.whl"]


def test_a_submission_sees_no_second_copy(
    jailed: None, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = jail._python_folders()
    monkeypatch.setattr(jail, "_python_folders", lambda: [*own, str(machine)])
    honest = str(machine / "usr/lib/python3.11/site-packages/numpy/workbook/honest.py")
    look = RunStep("own", "", LOOK.format(root=str(machine), honest=honest))
    with Jail(memory=6 * 2**30, seconds=60.0) as second:
        result = second.run(RunRequest((look,), {}, 20.0), ["numpy"])
    assert result.end == "ended"
    assert [finding for finding in result.findings if isinstance(finding, CellFailed)] == []
