"""The `workbook` command, for those who maintain or teach the course."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from workbook.course.benches import bench_gpu, bench_pipelines
from workbook.course.cli import (
    bench_checks_cli,
    bench_handwriting_cli,
    bench_tasks_cli,
    chapters_cli,
    grade_cli,
    league_cli,
    needs,
    train_cli,
)

app = typer.Typer(
    cls=needs.Commands,
    no_args_is_help=True,
    add_completion=False,
    help="Build, measure and grade the CNN Workbook.",
)
bench = typer.Typer(no_args_is_help=True, help="Measure the course on this machine.")
app.add_typer(bench, name="bench")
grade_cli.register(app)
league_cli.register(app)
train_cli.register(app, bench)
chapters_cli.register(app)
bench_checks_cli.register(bench)
bench_handwriting_cli.register(bench)
bench_tasks_cli.register(bench)
bench_gpu.register(bench)
bench_pipelines.register(bench)
console = Console(soft_wrap=True, highlight=False, markup=False)

Root = Annotated[Path, typer.Option(help="The project's folder.", show_default="this folder")]


def _root(folder: Path) -> Path:
    """Check that a folder holds the project; end with one line if not."""
    if not (folder / "solutions").is_dir() or not (folder / "pyproject.toml").is_file():
        console.print(
            f"{folder} is not the project's folder: it has no solutions/. Go there, or add --root FOLDER."
        )
        raise typer.Exit(2)
    return folder.resolve()


def _check_chapters(folder: Path, chapters: list[str] | None) -> None:
    """Check that a chapter's name starts with each of the words; end with one line if not."""
    from workbook.course.authoring import build as builder

    chapters_cli.check_words(chapters or [], builder.names(folder))


Chapters = Annotated[
    list[str] | None, typer.Argument(help="Chapters, as 02.", show_default="all", metavar="[CHAPTER]...")
]


@app.command()
def build(
    chapters: Chapters = None,
    *,
    check: Annotated[bool, typer.Option("--check", help="Compare only; write nothing.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Execute chapters with unchanged code, too.")
    ] = False,
    root: Root = Path(),
) -> None:
    """Make notebooks/ and solutions/ from the chapters' sources.

    A chapter is executed only if its code changed; a change of prose keeps the stored outputs.
    """
    from workbook.course.authoring import build as builder

    folder = _root(root)
    _check_chapters(folder, chapters)
    if check:
        problems = builder.check(folder, only=chapters)
        for problem in problems:
            console.print(problem)
        console.print(f"{len(problems)} problem(s)" if problems else "notebooks and sources agree")
        raise typer.Exit(bool(problems))
    from nbclient.exceptions import CellExecutionError, CellTimeoutError

    try:
        for line in builder.build(folder, only=chapters, force=force):
            console.print(line)
    except CellExecutionError as error:
        console.print(f"stopped: a cell raised {error.ename}: {error.evalue}\n{error.traceback}")
        raise typer.Exit(1) from None
    except (ValueError, SyntaxError, CellTimeoutError) as error:
        console.print(f"stopped: {error}")
        raise typer.Exit(1) from None


@app.command()
def wrap(chapters: Chapters = None, *, root: Root = Path()) -> None:
    """Wrap the chapters' sources: prose at 120 characters, code at 95."""
    from workbook.course.authoring import build as builder
    from workbook.course.authoring.wrap import wrap_source

    folder = _root(root)
    _check_chapters(folder, chapters)
    for source in builder.chosen(folder, chapters):
        if wrap_source(source):
            console.print(f"{source.relative_to(folder)}: wrapped")


@app.command()
def api(root: Root = Path()) -> None:
    """Write docs/api.md: what the chapters use of the package."""
    from workbook.course.authoring.api import write

    console.print(f"written to {write(_root(root))}")


@app.command()
def contents(root: Root = Path()) -> None:
    """Renew the tables of chapters in README.md and in chapter 00: titles, questions, minutes."""
    from workbook.course.authoring import chapter, links

    folder = _root(root)
    for path in links.write_tables(folder, links.read_chapters(chapter.sources(folder))):
        console.print(f"{path.relative_to(folder)}: written")


@app.command()
def site(
    out: Annotated[Path, typer.Option(help="The folder of the site.")] = Path("site"), *, root: Root = Path()
) -> None:
    """Build the course's site from the stored notebooks; open site/index.html in a browser."""
    from workbook.course.authoring import site as builder

    code = builder.build(_root(root), out.resolve())
    console.print(f"written to {out / 'index.html'}" if code == 0 else "stopped: see the warnings above")
    raise typer.Exit(code)


@bench.command("notebooks")
def bench_notebooks(
    chapters: Chapters = None,
    *,
    backend: Annotated[
        str, typer.Option(help="tensorflow or jax: Keras's backend, with the other one hidden.")
    ] = "tensorflow",
    out: Annotated[Path | None, typer.Option(help="Also write the table to this file.")] = None,
    root: Root = Path(),
) -> None:
    """Run each notebook alone; compare its seconds and its peak memory with the budget."""
    from workbook.course.benches.bench_notebooks import HIDDEN, as_markdown, measure_notebooks

    if backend not in HIDDEN:
        console.print(f"--backend must be {' or '.join(HIDDEN)}. Received: {backend}")
        raise typer.Exit(2)
    _check_chapters(_root(root), chapters)
    rows = []
    for row in measure_notebooks(_root(root), chapters or [], backend=backend):
        console.print(row.line())
        rows.append(row)
    if out is not None:
        out.write_text(as_markdown(rows), encoding="utf-8")
        console.print(f"written to {out}")
    raise typer.Exit(any(not row.within_budget for row in rows))


@bench.command("waits")
def bench_waits(chapters: Chapters = None, *, root: Root = Path()) -> None:
    """Measure how long cells work and show nothing; store those over 3 s in tests/fixtures/waits.json."""
    from workbook.course.benches.bench_waits import STORED, measure_chapters, store

    folder = _root(root)
    _check_chapters(folder, chapters)
    for chapter, waits in measure_chapters(folder, chapters or []):
        console.print(chapter)
        for wait in waits:
            console.print(f"  {wait.line()}", markup=False, soft_wrap=True)
        store(folder / STORED, chapter, waits)


@bench.command("grade")
def bench_grade(
    chapter: Annotated[str, typer.Argument(help="A chapter, as 05.")] = "05",
    *,
    learners: Annotated[int, typer.Option(help="Number of submissions.")] = 32,
    jobs: Annotated[int, typer.Option(help="Submissions that our grader runs at the same time.")] = 1,
    root: Root = Path(),
) -> None:
    """Grade the same submissions with this grader and with nbgrader's autograde; compare the costs."""
    from workbook.course.authoring import build as builder
    from workbook.course.benches import bench_grade as comparison

    folder = _root(root)
    _check_chapters(folder, [chapter])
    missing = comparison.tools_missing()
    if missing:
        console.print(f"the comparison needs {missing}, which is not installed")
        raise typer.Exit(2)
    name = next(name for name in builder.names(folder) if name.startswith(chapter))
    console.print(comparison.HEAD)
    costs = []
    for cost in comparison.compare(folder, name, learners, jobs=jobs):
        console.print(cost.line())
        costs.append(cost)
    ratio = costs[1].cpu_seconds / costs[0].cpu_seconds
    console.print(f"{name}, {learners} submissions: {ratio:.1f} times less processor time than nbgrader")


if __name__ == "__main__":
    app()
