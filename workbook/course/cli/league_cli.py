"""`workbook league`: rank the networks of a class."""

import datetime
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from workbook.course.cli import needs
from workbook.course.cli.grade_cli import memory_bytes

if TYPE_CHECKING:
    from workbook.course.league.collecting import HandedInEntry
    from workbook.course.league.held_out import HeldOut
    from workbook.course.league.season import EntryResult, LapResult

PAGE, TABLE = "league.html", "league.csv"
console = Console(soft_wrap=True, highlight=False, markup=False)


def register(app: typer.Typer) -> None:
    """Add the command to `workbook`."""
    app.command("league")(league)


def league(
    submissions: Annotated[
        Path, typer.Argument(help="A folder or a zip: ann.json, bob.py, or a folder per learner.")
    ],
    *,
    out: Annotated[Path, typer.Option(help="The folder for league.html and league.csv.")],
    seed: Annotated[
        int | None,
        typer.Option(min=0, max=2**32 - 1, help="Draws the held-out examples.", show_default="drawn"),
    ] = None,
    held_out: Annotated[
        list[Path] | None,
        typer.Option(help="Held-out examples of your own: an .npz file with x and y; one per league."),
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="How many entries are trained at the same time.")] = 1,
    mem: Annotated[str, typer.Option(help="The memory limit of one training (address space).")] = "8G",
    unsafe: Annotated[
        bool, typer.Option("--unsafe", help="Run without a jail: only for code that you trust.")
    ] = False,
) -> None:
    """Retrain every entry in a jail, with three seeds, and rank them on examples drawn when all entries are in."""
    needs.require("`workbook league`", ("grade",), backend=True)
    from workbook.course.grading import jail
    from workbook.course.league import collecting
    from workbook.course.league.held_out import read_files
    from workbook.course.league.season import longest_run
    from workbook.league.standings import LEAGUES

    chosen = secrets.randbits(31) if seed is None else seed
    try:
        problem = None if unsafe else jail.missing()
        if problem:
            raise ValueError(problem)
        own = read_files(held_out or ())
        memory = memory_bytes(mem)
        if not submissions.exists():
            raise ValueError(f"{submissions} does not exist.")
        out.mkdir(parents=True, exist_ok=True)
        with jail.Jail(memory=memory, seconds=longest_run(list(LEAGUES)), unsafe=unsafe) as cage:
            console.print(f"Held-out examples are drawn with --seed {chosen}")
            entries = collecting.collect(submissions, cage)
            results, chosen_examples = _raced(entries, own, chosen, cage, out, jobs)
    except (ValueError, OSError, jail.JailError) as error:
        needs.stop(str(error))
    except KeyboardInterrupt:
        needs.stop(f"Interrupted. To continue, run the same command with --seed {chosen}.", 130)
    _write(out, results, chosen_examples)
    count = sum(not result.problem for result in results)
    console.print(f"Ranked: {count} of {len(results)} entries. Open {out / PAGE}.")


def _raced(
    entries: "list[HandedInEntry]", own: "dict[str, HeldOut]", seed: int, cage: object, out: Path, jobs: int
) -> "tuple[list[EntryResult], dict[str, HeldOut]]":
    """Return the results of all entries, and the held-out examples of each league that has any."""
    from workbook.course.grading.jail import Jail
    from workbook.course.league import held_out, season
    from workbook.league.standings import LEAGUES

    assert isinstance(cage, Jail)
    names = dict.fromkeys(entry.league for entry in entries if not entry.problem)
    chosen = {name: own.get(name) or held_out.drawn(LEAGUES[name], seed) for name in names}
    for entry in entries:
        if entry.problem:
            console.print(f"{entry.origin}: {entry.problem}"[:300])

    def show(entry: "HandedInEntry", lap: "LapResult") -> None:
        words = lap.problem or f"{100 * lap.accuracy:.2f} %, {lap.parameters:,} parameters"
        console.print(f"{entry.league} {entry.learner}, seed {lap.seed}: {words}"[:300])

    results = season.race_all(entries, chosen, cage, out / season.JOURNAL, jobs=jobs, on_lap=show)
    return results, chosen


def _write(out: Path, results: "list[EntryResult]", held_out: "dict[str, HeldOut]") -> None:
    from workbook.course.league import league_pages
    from workbook.league.standings import SEEDS
    from workbook.training.devices import processor, software

    about = league_pages.Circumstances(SEEDS, processor(), software(), datetime.date.today().isoformat())
    league_pages.write_csv(out / TABLE, results)
    league_pages.write_page(out / PAGE, results, held_out, about)
