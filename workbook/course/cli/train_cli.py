"""`workbook train` and `workbook bench train`: run a recipe and save the results; measure all recipes."""

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from workbook import data as datasets
from workbook.course.cli import needs

if TYPE_CHECKING:
    from workbook.course.benches.bench_train_table import RecipeScore
    from workbook.training import run
    from workbook.training.placement import Team

console = Console(soft_wrap=True, highlight=False, markup=False)


def train(
    data: Annotated[str, typer.Argument(help=f"A data set: {', '.join(datasets.NAMES)}.")],
    *,
    recipe: Annotated[
        str | None, typer.Option(help="A recipe of the data set.", show_default="by budget")
    ] = None,
    budget: Annotated[
        str | None, typer.Option(help="quick or full.", show_default="WORKBOOK_BUDGET, or quick")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed leads to the same weights on this machine.")] = 1,
    epochs: Annotated[int | None, typer.Option(help="Number of epochs.", show_default="recipe")] = None,
    out: Annotated[
        Path | None, typer.Option(help="The run's folder.", show_default="runs/DATA-RECIPE-SEED")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue after the last completed epoch in OUT.")
    ] = False,
    precision: Annotated[
        str, typer.Option(help="float32, bfloat16, or auto: bfloat16 where every GPU has it.")
    ] = "auto",
    devices: Annotated[int, typer.Option(min=1, help="Devices per process, such as GPUs.")] = 1,
    processes: Annotated[
        int | None, typer.Option(min=1, help="Total number of processes; JAX only.", show_default="1")
    ] = None,
    coordinator: Annotated[
        str | None,
        typer.Option(help="HOST:PORT of process 0, for several hosts.", show_default="this machine"),
    ] = None,
    process: Annotated[
        int | None, typer.Option(help="This process's number, from 0.", show_default=False)
    ] = None,
) -> None:
    """Train a network with a recipe; save the model, its history, a plot and a record of the run.

    For several devices, processes or hosts see docs/training.md.
    """
    if data not in datasets.NAMES:
        _stop(f"there is no data set {data!r}; choose one of {', '.join(datasets.NAMES)}")
    needs.require("`workbook train`", (), backend=True)
    from workbook.training import launch, recipes, run, seeds
    from workbook.training.placement import place

    folder = out
    try:
        chosen = recipes.recipe(data, recipe, budget=budget or seeds.budget())
        chosen.limit_threads()
        folder = out or Path("runs") / f"{data}-{chosen.name}-{seed}"
        members = _team(processes, coordinator, process)
        if members and launch.WORKER not in os.environ:
            _supervise(members, folder)
        placement = place(devices, members[0] if members else None)
        console.print(f"{chosen.title}: {chosen.summary}. Seed {seed}, {placement}, into {folder}")
        with _Line() as line:
            result = run.train(
                chosen,
                seed=seed,
                out=folder,
                resume=resume,
                epochs=epochs,
                progress=line.show,
                placement=placement,
                precision=precision,
            )
    except (ValueError, OSError, datasets.DataError) as error:
        _stop(" ".join(str(error).split()))
    except KeyboardInterrupt:
        console.print(f"stopped; to continue after the last completed epoch, add --resume --out {folder}")
        raise typer.Exit(130) from None
    for text in lines(result):
        console.print(text)
    console.print(f"saved: {', '.join((run.MODEL, run.HISTORY, run.CURVE, run.RECORD))} in {folder}")


def _team(processes: int | None, coordinator: str | None, process: int | None) -> "list[Team]":
    """Return the members of the team that run here: none for a single process, all if no coordinator is named."""
    from workbook.training import launch
    from workbook.training.placement import ADDRESS, team_from

    is_named = coordinator or process is not None or any(os.environ.get(name) for name in ADDRESS)
    if not is_named and processes is not None and processes > 1:
        return launch.local_teams(processes)
    if not is_named:
        return []
    team = team_from(os.environ, address=coordinator, processes=processes, process=process)
    return [team] if team else []


def _supervise(members: "list[Team]", folder: Path) -> NoReturn:
    """Train in separate processes and exit with their code, after a line on what went wrong, if anything did."""
    import keras

    from workbook.training import launch

    if keras.backend.backend() != "jax":
        _stop(
            f"several processes need the JAX backend: set KERAS_BACKEND=jax (it is {keras.backend.backend()})"
        )
    arguments = ["-m", "workbook.course.cli.app", *sys.argv[1:]]
    ending = launch.supervise(members, arguments, os.environ, folder / "logs")
    if ending.line:
        console.print(f"{ending.line} (--resume continues from the last checkpoint)")
    raise typer.Exit(ending.code)


def lines(result: "run.TrainingResult") -> list[str]:
    """Return the result in two or three lines of text."""
    share = f"{100 * result.accuracy:.2f} % of {result.n:,} test examples classified correctly"
    cost = (
        f"{result.cpu_seconds:.0f} CPU seconds of training, peak memory {result.peak_bytes / 2**20:,.0f} MiB"
    )
    standin = ["TRAINED ON A STAND-IN, NOT ON THE REAL DATA."] if result.is_standin else []
    return [
        f"{share} (seed {result.seed}, n = 1); {result.parameters:,} parameters; {cost}",
        *standin,
        result.hardware,
    ]


def bench_train(
    *,
    only: Annotated[
        str, typer.Option(help="These data sets only, as mnist,spoken_digit.", show_default="all")
    ] = "",
    seeds: Annotated[
        int, typer.Option(min=1, help="Number of seeds; movie reviews always take ten folds.")
    ] = 5,
    cifar: Annotated[bool, typer.Option("--cifar", help="Include the long runs of CIFAR-10.")] = False,
    markdown: Annotated[Path | None, typer.Option(help="Also write the table to this file.")] = None,
    as_json: Annotated[Path | None, typer.Option("--json", help="Also write every run to this file.")] = None,
    runs: Annotated[
        Path | None,
        typer.Option(help="Store each training's result in this folder, and continue after an interruption."),
    ] = None,
) -> None:
    """Compare every recipe with its target and with keras.io's MNIST convnet, each training in its own process."""
    needs.require("`workbook bench train`", (), backend=True)
    from workbook.course.benches import bench_train as comparison
    from workbook.course.benches import bench_train_table as table

    chosen = [name.strip() for name in only.split(",") if name.strip()]
    if unknown := [name for name in chosen if name not in datasets.NAMES]:
        _stop(f"there is no data set {unknown[0]!r}; choose from {', '.join(datasets.NAMES)}")
    try:
        plan = comparison.plan(chosen, cifar=cifar)
        rows = list(comparison.measure(plan, seeds, report=console.print, kept=runs))
    except (ValueError, RuntimeError, OSError) as error:
        _stop(str(error))
    described = comparison.about(seeds)
    _print_table(rows)
    for text in [*table.remarks(rows), *(f"{name}: {value}" for name, value in described.items())]:
        console.print(text)
    for path, write in ((markdown, table.as_markdown), (as_json, table.as_json)):
        if path is not None:
            path.write_text(write(rows, described), encoding="utf-8")
            console.print(f"written to {path}")
    raise typer.Exit(table.is_missed(rows))


def _print_table(rows: "list[RecipeScore]") -> None:
    """Print a table that fits a terminal, or lines of Markdown elsewhere."""
    from rich.table import Table

    from workbook.course.benches import bench_train_table

    if not console.is_terminal:
        console.print("\n".join(bench_train_table.table_lines(rows)))
        return
    table = Table(*bench_train_table.HEAD)
    for row in rows:
        table.add_row(*bench_train_table.cells(row))
    console.print(table)


def register(app: typer.Typer, bench: typer.Typer) -> None:
    """Add the commands to the `workbook` command, and to `workbook bench`."""
    app.command("train")(train)
    bench.command("train")(bench_train)


def _stop(reason: str) -> NoReturn:
    """End with one line and code 2."""
    console.print(reason)
    raise typer.Exit(2)


class _Line:
    """A progress bar on a terminal, one line per epoch elsewhere."""

    def __init__(self) -> None:
        columns = (TextColumn("epoch {task.fields[epoch]}"), BarColumn(), TextColumn("{task.fields[text]}"))
        self._bar = Progress(*columns, TimeRemainingColumn(), console=console, transient=True)
        self._task: TaskID | None = None
        self._printed_epoch = 0
        self._start = time.process_time()

    def __enter__(self) -> "_Line":
        if console.is_terminal:
            self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        if console.is_terminal:
            self._bar.stop()

    def show(self, now: "run.Progress") -> None:
        """Show the progress after a step."""
        if console.is_terminal:
            self._move(now)
        elif now.row is not None and now.epoch != self._printed_epoch:
            self._printed_epoch = now.epoch
            console.print(f"epoch {now.epoch}/{now.epochs}: {self._text(now)}")

    def _move(self, now: "run.Progress") -> None:
        epoch = f"{min(now.epoch + 1, now.epochs)}/{now.epochs}"
        if self._task is None:
            self._task = self._bar.add_task("", total=now.steps, epoch=epoch, text="")
        text = self._text(now) if now.row is not None else ""
        self._bar.update(self._task, completed=now.step, epoch=epoch, text=text)

    def _text(self, now: "run.Progress") -> str:
        row = now.row or {}
        cost = f"{time.process_time() - self._start:.0f} CPU seconds"
        return f"loss {row['loss']:.3f}, training accuracy {100 * row['accuracy']:.2f} %, {cost}"
