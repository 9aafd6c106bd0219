"""One line on a machine that the course does not run on, and none on others."""

import sys

import pytest

from workbook import machine

LINUX = ("linux", "x86_64")


@pytest.mark.parametrize(
    ("version", "system", "words"),
    [
        ((3, 11), LINUX, ""),
        ((3, 13), ("darwin", "arm64"), ""),
        ((3, 12), ("linux", "aarch64"), ""),
        ((3, 12), ("win32", "AMD64"), ""),
        ((3, 14), LINUX, "needs Python 3.11, 3.12 or 3.13; this is Python 3.14."),
        ((3, 10), LINUX, "this is Python 3.10."),
        ((3, 12), ("darwin", "x86_64"), "no build for an Intel Mac"),
        ((3, 12), ("win32", "ARM64"), "no build for Windows on ARM"),
    ],
)
def test_a_line_where_the_course_does_not_run(version, system, words) -> None:
    line = machine.problem(version, system)
    assert words in line
    assert bool(line) == bool(words)
    assert "\n" not in line


@pytest.mark.parametrize("installed", [(), ("jax",)])
def test_the_line_is_printed_unless_a_backend_is_there(monkeypatch, capsys, installed) -> None:
    monkeypatch.setattr(machine.platform, "machine", lambda: "ARM64")
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(
        machine.importlib.util, "find_spec", lambda name: object() if name in installed else None
    )
    machine.report()
    assert ("Windows on ARM" in capsys.readouterr().out) == (not installed)
