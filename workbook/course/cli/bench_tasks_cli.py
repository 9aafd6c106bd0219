"""`workbook bench tasks`: train and measure the vision tasks' networks."""

import time
from pathlib import Path
from typing import Annotated

import typer

from workbook.course import record


def register(bench: typer.Typer) -> None:
    """Add the command to `workbook bench`."""
    bench.command("tasks")(bench_tasks)


def bench_tasks(
    tasks: Annotated[
        list[str] | None, typer.Argument(help="Families of tasks, as scenes; all when left out.")
    ] = None,
    *,
    seeds: Annotated[int, typer.Option(min=1, max=9, help="How many seeds, from 1 up.")] = 3,
    out: Annotated[
        Path | None, typer.Option(help="Also write the rows to this file, beside those it holds.")
    ] = None,
    weights: Annotated[
        Path | None,
        typer.Option(help="Train only the networks that chapter 14 begins with; write them there."),
    ] = None,
) -> None:
    """Train every vision task's network with several seeds; print each score, its spread and its target."""
    from workbook.course.benches import bench_tasks as measuring
    from workbook.course.benches import task_families

    families = task_families.FAMILIES
    unknown = set(tasks or ()) - set(families)
    if unknown:
        typer.echo(f"no family of tasks is called {min(unknown)!r}; there are {', '.join(families)}")
        raise typer.Exit(2)
    record.one_thread()
    if weights is not None:
        from workbook.vision_tasks import stored

        stored.save(task_families.stored_networks(measuring.SEEDS[0]), weights)
        typer.echo(f"written to {weights}; nothing was measured")
        return
    chosen = {name: one for name, one in families.items() if not tasks or name in tasks}
    start, rows, numbers = time.process_time(), [], range(1, seeds + 1)
    if out is not None:  # before an hour of training, not after it
        try:
            measuring.write(out, [], 0.0, seeds=numbers)
        except (ValueError, OSError) as error:
            typer.echo(str(error))
            raise typer.Exit(2) from None
    for row in measuring.measure_tasks(numbers, families=chosen, report=lambda run: typer.echo(run.line())):
        typer.echo(row.line())
        rows.append(row)
    if out is not None:
        measuring.write(out, rows, time.process_time() - start, seeds=numbers)
        typer.echo(f"written to {out}")
    raise typer.Exit(any(not row.is_reached for row in rows))
