"""The learner's copies: made once, never overwritten; a chapter that has changed is named, and fetched on request."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests import ROOT
from workbook.course import learner_folder
from workbook.course.cli.app import app

FIRST, SECOND = "00_start_here", "05_first_cnn"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "notebooks").mkdir()
    for name in (FIRST, SECOND):
        (tmp_path / "notebooks" / f"{name}.ipynb").write_text(f"{name}, version 1", encoding="utf-8")
    return tmp_path


def _mine(root: Path, name: str = SECOND) -> Path:
    return root / "my_notebooks" / f"{name}.ipynb"


def _renew(root: Path, version: int, name: str = SECOND) -> None:
    (root / "notebooks" / f"{name}.ipynb").write_text(f"{name}, version {version}", encoding="utf-8")


def _run(root: Path, *words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["chapters", *words, "--root", str(root)])
    return result.exit_code, result.output


def test_every_chapter_is_copied_once(root: Path, capsys: pytest.CaptureFixture) -> None:
    assert learner_folder.main(root) == 0
    assert "2 chapters are copied to my_notebooks/" in capsys.readouterr().out
    assert _mine(root).read_text(encoding="utf-8") == f"{SECOND}, version 1"
    assert learner_folder.main(root) == 0
    assert capsys.readouterr().out == ""


def test_work_is_never_overwritten_and_a_changed_chapter_is_named(
    root: Path, capsys: pytest.CaptureFixture
) -> None:
    learner_folder.fill(root)
    _mine(root).write_text("my answers", encoding="utf-8")
    _renew(root, 2)
    assert learner_folder.main(root) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("Chapter 05 has changed since your copy. `")
    assert "chapters update 05` puts the new version beside yours." in line
    assert _mine(root).read_text(encoding="utf-8") == "my answers"


def test_a_new_chapter_is_copied_later(root: Path) -> None:
    learner_folder.fill(root)
    _renew(root, 1, "06_next")
    assert learner_folder.fill(root) == ["06_next"]
    assert learner_folder.changed(root) == []


def test_new_versions_lie_beside_the_copy_under_names_of_their_own(root: Path) -> None:
    learner_folder.fill(root)
    for version in (2, 3):
        _renew(root, version)
        code, said = _run(root, "update")
        assert code == 0
        assert f"{SECOND}.ipynb is as you left it" in said
        assert learner_folder.changed(root) == []
    folder = root / "my_notebooks"
    assert sorted(path.name for path in folder.glob("05*")) == [
        f"{SECOND}.ipynb",
        f"{SECOND}.new-version-2.ipynb",
        f"{SECOND}.new-version.ipynb",
    ]
    assert _mine(root).read_text(encoding="utf-8") == f"{SECOND}, version 1"
    newest = folder / f"{SECOND}.new-version-2.ipynb"
    assert newest.read_text(encoding="utf-8") == f"{SECOND}, version 3"


def test_the_command_says_what_is_there(root: Path) -> None:
    assert "2 chapters are copied" in _run(root)[1]
    assert "current version of every chapter" in _run(root)[1]
    _renew(root, 2)
    _renew(root, 2, FIRST)
    assert "Chapters 00, 05 have changed" in _run(root)[1]
    assert "no chapter starts with '99'" in _run(root, "update", "99")[1]
    assert _run(root, "update", "05")[0] == 0
    assert learner_folder.changed(root) == [FIRST]


def test_without_chapters_the_command_says_so(tmp_path: Path) -> None:
    code, said = _run(tmp_path)
    assert code == 2
    assert "no notebooks/ with chapters" in said


@pytest.mark.parametrize("content", [None, "{", "[]"])
def test_a_lost_record_loses_no_work(root: Path, content: str | None) -> None:
    learner_folder.fill(root)
    _mine(root).write_text("my answers", encoding="utf-8")
    record = root / "my_notebooks" / learner_folder.RECORD
    record.unlink() if content is None else record.write_text(content, encoding="utf-8")
    assert learner_folder.fill(root) == []
    assert _mine(root).read_text(encoding="utf-8") == "my answers"
    assert learner_folder.changed(root) == []


def test_a_folder_that_cannot_be_made_is_one_line(root: Path, capsys: pytest.CaptureFixture) -> None:
    (root / "my_notebooks").write_text("a file", encoding="utf-8")
    assert learner_folder.main(root) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "cannot be filled" in line


def test_half_a_copy_is_removed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "my_notebooks").mkdir()

    def fail(path: Path) -> bytes:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(Path, "read_bytes", fail)
        with pytest.raises(OSError, match="No space"):
            learner_folder.fill(root)
    assert not _mine(root, FIRST).exists()
    assert learner_folder.fill(root) == [FIRST, SECOND]


def test_git_ignores_the_copies_and_their_links_lead_to_chapters() -> None:
    assert "my_notebooks/" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {path.name for path in learner_folder.chapters(ROOT)} == {
        path.with_suffix(".ipynb").name for path in (ROOT / "solutions").glob("[0-9]*.py")
    }
