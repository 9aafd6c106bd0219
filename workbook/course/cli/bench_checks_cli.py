"""`workbook bench checks`: judge strangers' answers."""

from functools import reduce
from operator import add
from pathlib import Path
from typing import Annotated

import typer


def register(bench: typer.Typer) -> None:
    """Add the command to `workbook bench`."""
    bench.command("checks")(bench_checks)


def bench_checks(
    exercises: Annotated[
        list[str] | None, typer.Argument(help="Exercises or chapters, as 2.1 or 02.", show_default="all")
    ] = None,
    *,
    seeds: Annotated[int, typer.Option(min=1, max=200, help="Number of seeds: 1, 2, ...")] = 2,
    root: Annotated[Path, typer.Option(help="The project's folder.", show_default="this folder")] = Path(),
) -> None:
    """Judge answers by people who saw an exercise's text alone; count right ones refused and wrong ones accepted."""
    from workbook.course.benches import bench_checks as measuring

    if not (root / measuring.FOLDER).is_dir():
        typer.echo(
            f"{root / measuring.FOLDER} is missing: run this in the project's folder, or add --root FOLDER."
        )
        raise typer.Exit(2)
    known = measuring.read_answers(root.resolve())
    chosen = [name for name in known if not exercises or any(_is_meant(word, name) for word in exercises)]
    if not chosen:
        typer.echo(f"no answers to {', '.join(exercises or [])}; there are some to {', '.join(known)}")
        raise typer.Exit(2)
    typer.echo(measuring.HEADS)
    rows = []
    for exercise_id in chosen:
        rows.append(measuring.measure_checks(root.resolve(), exercise_id, range(seeds)))
        typer.echo(rows[-1].line())
        for problem in rows[-1].problems:
            typer.echo(f"         {problem}")
    total = reduce(add, rows)
    typer.echo(total.line())
    raise typer.Exit(bool(total.problems))


def _is_meant(word: str, exercise_id: str) -> bool:
    chapter = exercise_id.split(".")[0]
    return word == exercise_id or (word.isdecimal() and int(word) == int(chapter))
