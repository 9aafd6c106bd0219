"""`workbook grade` and `workbook gradescope`: the commands that grade a class."""

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from workbook.course.cli import needs

if TYPE_CHECKING:
    from workbook.course.grading.class_run import ClassResult
    from workbook.course.grading.journal import Run
    from workbook.course.grading.options import GradingOptions
    from workbook.course.grading.records import Graded

UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
LEAST_MEMORY = 2 * 2**30  # TensorFlow alone takes about this much address space
MOST_CHANGES, MOST_REASONS = 30, 5  # that the command prints
T = TypeVar("T")
Show = Callable[["Graded", int, int], None]
console = Console(soft_wrap=True, highlight=False, markup=False)


def memory_bytes(text: str) -> int:
    """Return the bytes of "8G" or "4096M"; ValueError in one line for anything else and for too little."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", text.strip(), flags=re.IGNORECASE)
    if not match:
        raise ValueError(f'--mem must be a size such as 8G or 4096M. Received: "{text}"')
    size = int(float(match[1]) * UNITS[match[2].upper()])
    if size < LEAST_MEMORY:
        raise ValueError(f'--mem must be at least 2G, or Keras does not load. Received: "{text}"')
    return size


def grade(
    submissions: Annotated[
        Path, typer.Argument(help="A folder of notebooks, or the zip from a learning platform.")
    ],
    *,
    out: Annotated[Path, typer.Option(help="The folder for marks, feedback and report.")],
    chapters: Annotated[
        str, typer.Option(help="Grade only these, for example 01,02.", show_default="all")
    ] = "",
    jobs: Annotated[
        int, typer.Option(help="How many submissions run at the same time.", show_default="cores")
    ] = 0,
    timeout: Annotated[float, typer.Option(help="The time limit for one submission, in seconds.")] = 120.0,
    mem: Annotated[str, typer.Option(help="The memory limit for one submission (address space).")] = "8G",
    seed: Annotated[int | None, typer.Option(help="The same seed draws the same cases.")] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="The address of a Dask scheduler, for example tcp://host:8786.")
    ] = None,
    db: Annotated[
        str | None,
        typer.Option(help="The address of the gradebook's database.", show_default="OUT/gradebook.db"),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue the run in OUT.")] = False,
    review: Annotated[
        Path | None,
        typer.Option(help="Take over points and comments from this table, saved by OUT/review.html."),
    ] = None,
    deadlines: Annotated[
        Path | None,
        typer.Option(help="A TOML file with deadlines and a late policy; it counts for the run from now on."),
    ] = None,
    partial_credit: Annotated[
        str,
        typer.Option(
            help="Points for the kinds of cases that are right: all, none, or exercises such as 2.3; it counts for the "
            "run from now on.",
            show_default="none",
        ),
    ] = "",
    against: Annotated[
        Path | None,
        typer.Option(help="Another year's run or submissions: the report compares answers with them, too."),
    ] = None,
    regrade: Annotated[
        str,
        typer.Option(
            help="List what grading again would change: all, exercises, chapters or learners, for example 2.3,ann."
        ),
    ] = "",
    apply: Annotated[bool, typer.Option("--apply", help="With --regrade: take the changes over.")] = False,
    unsafe: Annotated[
        bool, typer.Option("--unsafe", help="Run without a jail: only for code that you trust.")
    ] = False,
    gradescope: Annotated[
        Path | None, typer.Option(help="Also write Gradescope's results to this file.")
    ] = None,
    root: Annotated[Path, typer.Option(help="The project's folder.", show_default="this folder")] = Path(),
) -> None:
    """Grade untrusted submissions: they run in a jail on fresh cases, and the verdict is made outside."""
    extras = ("grade", *(("cluster",) if scheduler else ()), *needs.drivers(db))
    needs.require("`workbook grade`", extras, backend=True)
    from workbook.course.grading import class_run, jail, journal
    from workbook.course.grading.deadlines import read_policy
    from workbook.course.grading.options import GradingOptions
    from workbook.course.grading.partial_credit import chosen_exercises

    try:
        if not (root / "notebooks").is_dir():
            raise ValueError(
                f"{root} is not the project's folder: it has no notebooks/. Go to that folder, or give it with --root."
            )
        options = GradingOptions(
            root=root.resolve(),
            chapters=class_run.chapters_of(
                root, [word.strip() for word in chapters.split(",") if word.strip()]
            ),
            jobs=_jobs(jobs),
            seconds=_positive(timeout, "--timeout"),
            memory=memory_bytes(mem),
            unsafe=unsafe,
            scheduler=scheduler,
            database=db,
            review=review,
            against=against,
            student="learner" if gradescope is not None else "",
        )
        if apply and not regrade:
            raise ValueError(
                "--apply goes with --regrade: say what to grade again, for example --regrade all."
            )
        problem = None if unsafe or scheduler else jail.missing()
        if problem:
            raise ValueError(problem)
        if regrade and not (out / journal.RUN).exists():
            raise ValueError(f"{out} holds no run to grade again: choose the --out of an earlier run.")
        if deadlines is not None:
            read_policy(deadlines, class_run.chapters_of(root))
        chosen_exercises(partial_credit, class_run.chapters_of(root))
        if jail.is_root():
            console.print(jail.AS_ROOT)
        run = journal.begin(
            out,
            seed=seed,
            resume=resume or bool(regrade),
            deadlines=deadlines,
            partial_credit=partial_credit,
        )
        console.print(f"Cases are drawn with --seed {run.seed}")
        if regrade:
            result = _grade_again(submissions, run, options, regrade, apply)
        else:
            result = _with_progress(lambda show: class_run.grade(submissions, run, options, show))
    except (ValueError, jail.JailError) as error:
        _stop(str(error))
    except KeyboardInterrupt:
        _stop("Interrupted. The marks so far are kept: run the same command with --resume.", 130)
    if result is None:
        return
    summarise(result, out)
    if gradescope is not None:
        _write_gradescope(gradescope, result)


def _stop(line: str, code: int = 2) -> None:
    print(line, file=sys.stderr)
    raise typer.Exit(code)


def _jobs(jobs: int) -> int:
    if jobs < 0:
        raise ValueError(f"--jobs must be a positive integer. Received: {jobs}")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return jobs or cores


def _positive(number: float, name: str) -> float:
    if not number > 0:
        raise ValueError(f"{name} must be a positive number. Received: {number}")
    return number


def _with_progress(work: Callable[[Show], T]) -> T:
    """Grade with a bar on a terminal, and a line for each submission that was odd."""
    from workbook.course.grading.untrusted import one_line

    columns = (TextColumn("grading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task("grading", total=None)

        def show(graded: "Graded", done: int, total: int) -> None:
            progress.update(bar, completed=done, total=total)
            if graded.oddity:
                where = graded.chapter or graded.origin
                console.print(one_line(f"{graded.student} {where}: {graded.oddity}")[:300])

        return work(show)


def _grade_again(
    submissions: Path, run: "Run", options: "GradingOptions", words: str, apply: bool
) -> "ClassResult | None":
    """Grade again and print what would change; return the class if that was taken over."""
    from workbook.course.grading import class_regrade, regrade

    again = _with_progress(
        lambda show: class_regrade.grade_again(
            submissions, run, options, words, apply=apply, on_progress=show
        )
    )
    for change in again.changes[:MOST_CHANGES]:
        console.print(regrade.in_words(change))
    more = len(again.changes) - MOST_CHANGES
    if more > 0:
        console.print(f"… and {more} more.")
    verb = "changed" if apply else "would change"
    place = run.folder / regrade.CHANGES
    console.print(f"{len(again.changes)} of {again.marks} marks {verb}: see {place}.")
    if not apply:
        how = " To take this over, run the same command with --apply." if again.changes else ""
        console.print(f"Nothing was overwritten.{how}")
    return again.result


def summarise(result: "ClassResult", out: Path) -> None:
    """Print the outcomes of each exercise, the most common mistakes, and where the results are."""
    from workbook.course.grading import class_run

    if result.notice:
        console.print(result.notice)
    if result.outdated:
        _print_outdated(result)
    for notice in result.unclear_times:
        console.print(notice)
    late = sum(lateness.days > 0 for lateness in result.lateness.values())
    if result.lateness:
        console.print(f"Late: {late} of {len(result.lateness)}. See {out / 'late' / 'late.csv'}.")
    for exercise, counts in class_run.distribution(result.graded).items():
        words = ", ".join(f"{count} {outcome}" for outcome, count in counts.most_common())
        console.print(f"{exercise:6} {words}")
    mistakes = class_run.commonest_mistakes(result.graded)
    if mistakes:
        console.print("Most common mistakes:")
    for exercise, mistake, count in mistakes:
        console.print(f"  {exercise:6} {mistake} ({count})")
    if result.waiting:
        console.print(
            f"Waiting for review: {result.waiting}. Open {out / 'review.html'}, save the table, then run again with "
            "--resume --review FILE."
        )
    handed_in = [submission for submission in result.graded if not submission.is_absent]
    learners = len({submission.student for submission in handed_in})
    console.print(
        f"Graded: {_count(len(handed_in), 'submission')} by {_count(learners, 'learner')}, of which {result.new} in "
        f"this run. Start with {out / 'report.html'}."
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _print_outdated(result: "ClassResult") -> None:
    """Say that stored marks were made by another version of the course, and what has changed since."""
    common = result.outdated.most_common(MOST_REASONS)
    words = ", ".join(reason for reason, _ in common) + (", …" if len(result.outdated) > len(common) else "")
    count = max(result.outdated.values())
    console.print(
        f"{count} stored {'submission was' if count == 1 else 'submissions were'} judged by another version of the "
        f"course ({words}). These marks stay. To list what would change: --regrade all."
    )


def _write_gradescope(path: Path, result: "ClassResult") -> None:
    import json

    from workbook.course.grading.gradescope import results_json
    from workbook.course.grading.untrusted import write_atomically

    write_atomically(path, json.dumps(results_json(*result.graded, *result.unread)))


def gradescope_zip(
    chapter: Annotated[str, typer.Argument(help="The chapter that learners hand in, for example 02.")],
    *,
    out: Annotated[Path, typer.Option(help="The zip file to write.")] = Path("autograder.zip"),
    root: Annotated[Path, typer.Option(help="The project's folder.", show_default="this folder")] = Path(),
) -> None:
    """Write the autograder zip for Gradescope."""
    from workbook.course.grading import class_run, gradescope

    try:
        gradescope.write_zip(root.resolve(), class_run.chapters_of(root, [chapter]), out)
    except (ValueError, OSError) as error:
        _stop(str(error))
    console.print(f"Written to {out}.")


def register(app: typer.Typer) -> None:
    """Add the commands to the `workbook` command."""
    app.command("grade")(grade)
    app.command("gradescope")(gradescope_zip)
