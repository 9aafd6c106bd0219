"""The measuring of vision tasks: rows, their verdicts and the command, without training."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from workbook.course.benches import bench_tasks, task_families
from workbook.course.benches.bench_tasks import TaskRun
from workbook.course.cli import bench_tasks_cli


def two_scores(seed: int) -> Iterator[TaskRun]:
    yield TaskRun("reading", "top-1", 0.80, 0.80 + seed / 100, 10.0 * seed, 1200, seed)
    yield TaskRun("reading", "top-5", None, 0.99, 10.0 * seed, 1200, seed)


def missed(seed: int) -> Iterator[TaskRun]:
    yield TaskRun("guessing", "top-1", 0.90, 0.5, 1.0, 1200, seed)


def test_every_family_gives_a_row_for_each_score() -> None:
    told: list[TaskRun] = []
    families = {"a": two_scores, "b": missed}
    rows = list(bench_tasks.measure_tasks((1, 2, 3), families=families, report=told.append))
    assert [(row.task, row.metric) for row in rows] == [
        ("reading", "top-1"), ("reading", "top-5"), ("guessing", "top-1"),
    ]  # fmt: skip
    assert rows[0].scores == [0.81, 0.82, 0.83]
    assert rows[0].cpu_seconds == 20
    assert rows[0].parameters == 1200
    assert len(told) == 9
    assert "seed 2: reading top-1 0.820 in 20 CPU seconds" in [run.line() for run in told]


def test_rows_say_what_was_reached() -> None:
    reached, free, short = bench_tasks.measure_tasks((1, 2), families={"a": two_scores, "b": missed})
    assert reached.is_reached
    assert "0.815 ± 0.007 (0.810 0.820), target 0.80 reached; 1,200 parameters" in reached.line()
    assert free.is_reached
    assert "target" not in free.line()
    assert not short.is_reached
    assert "target 0.90 missed by 0.400" in short.line()


@pytest.fixture
def command(monkeypatch: Any) -> typer.Typer:
    monkeypatch.setattr(task_families, "FAMILIES", {"reading": two_scores, "guessing": missed})
    app = typer.Typer()
    app.callback()(lambda: None)
    bench_tasks_cli.register(app)
    return app


def test_the_command_prints_writes_and_judges(command: typer.Typer, tmp_path: Path) -> None:
    out = tmp_path / "rows.json"
    result = CliRunner().invoke(command, ["tasks", "reading", "--seeds", "2", "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert "0.815 ± 0.007" in result.output
    stored = json.loads(out.read_text(encoding="utf-8"))
    assert stored["seeds"] == [1, 2]
    assert [row["metric"] for row in stored["rows"]] == ["top-1", "top-5"]
    assert CliRunner().invoke(command, ["tasks", "--seeds", "1"]).exit_code == 1


def test_families_share_a_file(command: typer.Typer, tmp_path: Path) -> None:
    out = tmp_path / "rows.json"
    for family in ("reading", "guessing", "reading"):
        CliRunner().invoke(command, ["tasks", family, "--seeds", "2", "--out", str(out)])
    stored = json.loads(out.read_text(encoding="utf-8"))
    assert [(row["task"], row["metric"]) for row in stored["rows"]] == [
        ("guessing", "top-1"), ("reading", "top-1"), ("reading", "top-5"),
    ]  # fmt: skip
    before = out.read_bytes()
    other_seeds = CliRunner().invoke(command, ["tasks", "reading", "--seeds", "1", "--out", str(out)])
    assert other_seeds.exit_code == 2
    assert "has seeds [1, 2], this is [1]: choose another file" in other_seeds.output
    assert "seed 1" not in other_seeds.output  # nothing was trained for nothing
    assert out.read_bytes() == before
    out.write_text("[]", encoding="utf-8")
    assert "holds no rows" in CliRunner().invoke(command, ["tasks", "reading", "--out", str(out)]).output


def test_an_unknown_family_is_named(command: typer.Typer) -> None:
    result = CliRunner().invoke(command, ["tasks", "video"])
    assert result.exit_code == 2
    assert "no family of tasks is called 'video'; choose from reading, guessing" in result.output
