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
        list[str] | None, typer.Argument(help="Families of tasks, as scenes.", show_default="all")
    ] = None,
    *,
    seeds: Annotated[int, typer.Option(min=1, max=9, help="Number of seeds: 1, 2, ...")] = 3,
    out: Annotated[Path | None, typer.Option(help="Also add the rows to this file.")] = None,
    weights: Annotated[
        Path | None,
        typer.Option(help="Train only the networks that chapter 14 begins with; write them to this file."),
    ] = None,
) -> None:
    """Train the network of every vision task with several seeds; compare the scores with the targets."""
    from workbook.course.benches import bench_tasks as measuring
    from workbook.course.benches import task_families

    families = task_families.FAMILIES
    unknown = set(tasks or ()) - set(families)
    if unknown:
        typer.echo(f"no family of tasks is called {min(unknown)!r}; choose from {', '.join(families)}")
        raise typer.Exit(2)
    record.one_thread()
    if weights is not None:
        from workbook.vision_tasks import stored

        stored.save(task_families.stored_networks(measuring.SEEDS[0]), weights)
        typer.echo(f"written to {weights}; nothing was measured")
        return
    chosen = {name: family for name, family in families.items() if not tasks or name in tasks}
    start = time.process_time()
    rows = []
    numbers = range(1, seeds + 1)
    if out is not None:  # a wrong file must be found before an hour of training
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
