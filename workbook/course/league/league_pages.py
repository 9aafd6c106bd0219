"""Write what a league's result is read from: `league.html` for the class, `league.csv` for a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbook.course.grading.exports import write_table
from workbook.course.grading.pages import templates
from workbook.course.grading.untrusted import one_line, write_atomically
from workbook.course.league.held_out import HeldOut
from workbook.course.league.season import EntryResult
from workbook.league.standings import LEAGUES, League, Score, ranking

WIDTH = 200  # of a bar, in the units of its picture
HEADS = (
    "league", "place", "entry", "parameters", "accuracy", "spread", "lowest", "highest", "CPU seconds",
    "stopped by the clock", "problem",
)  # fmt: skip


@dataclass(frozen=True)
class Circumstances:
    """What a reader must know of a run: the seeds, the machine and software, the date."""

    seeds: tuple[int, ...]
    hardware: str
    software: str
    date: str


def write_csv(path: Path, results: Sequence[EntryResult]) -> None:
    """Write a row for each entry, by league and place; accuracies as shares, and the spread."""
    rows: list[Sequence[object]] = [HEADS]
    for league in LEAGUES.values():
        for place, result in placed_results(league, results):
            score = result.score
            assert score is not None
            rows.append((
                league.name, place, score.name, score.parameters, round(score.mean, 4), round(score.spread, 4),
                min(score.accuracies), max(score.accuracies), round(sum(score.cpu_seconds) / len(score.cpu_seconds), 1),
                "yes" if any(lap.is_stopped for lap in result.laps) else "no", "",
            ))  # fmt: skip
    for result in results:
        if result.problem:
            empty = (None,) * 6
            rows.append((result.entry.league, None, result.entry.learner, *empty, None, result.problem))
    write_table(path, rows)


def write_page(
    path: Path, results: Sequence[EntryResult], held_out: dict[str, HeldOut], about: Circumstances
) -> None:
    """Write the page of a league's result. All text by learners is cleaned here and escaped by the template."""
    leagues = [
        _league(league, results, held_out[league.name])
        for league in LEAGUES.values()
        if league.name in held_out
    ]
    refused = [
        {
            "learner": one_line(result.entry.learner),
            "origin": one_line(result.entry.origin),
            "problem": one_line(result.problem, 400),
        }
        for result in results
        if result.problem
    ]
    page = {"leagues": leagues, "refused": refused, "about": about, "seeds": ", ".join(map(str, about.seeds))}
    write_atomically(path, templates().get_template("league.html").render(page=page))


def placed_results(league: League, results: Sequence[EntryResult]) -> list[tuple[int | None, EntryResult]]:
    """Return the results of a league that have a score, best first, each with its place."""
    by_score: dict[int, EntryResult] = {}
    scores = []
    for result in results:
        score = result.score if result.entry.league == league.name else None
        if score is not None:
            by_score[id(score)] = result
            scores.append(score)
    return [(place, by_score[id(score)]) for place, score in ranking(league, scores)]


def _league(league: League, results: Sequence[EntryResult], held_out: HeldOut) -> dict[str, Any]:
    placed = placed_results(league, results)
    scores = [score for _, result in placed if (score := result.score) is not None]
    lowest = min((min(score.accuracies) for score in scores), default=0.0)
    rows = []
    for index, (place, result) in enumerate(placed):
        score = scores[index]
        above = scores[index - 1] if index else None
        rows.append(_row(league, place, result, score, above, lowest))
    target = "" if league.target is None else f"{100 * league.target:g} %"
    return {
        "title": league.title,
        "name": league.name,
        "words": held_out.words,
        "seconds": f"{league.cpu_seconds:g}",
        "target": target,
        "rows": rows,
    }


def _row(
    league: League, place: int | None, result: EntryResult, score: Score, above: Score | None, lowest: float
) -> dict[str, Any]:
    """Return one line of the ranking; the bar is from the lowest accuracy of the league to 100 %."""
    scale = WIDTH / max(1e-9, 1 - lowest)
    ends = [round((value - lowest) * scale, 1) for value in (min(score.accuracies), max(score.accuracies))]
    seconds = sum(score.cpu_seconds) / len(score.cpu_seconds)
    seeds = ", ".join(f"{100 * accuracy:.2f}" for accuracy in score.accuracies)
    is_close = above is not None and score.overlaps(above)
    if league.counts_parameters:
        is_close = above is not None and above.parameters == score.parameters
    return {
        "place": "–" if place is None else str(place),
        "learner": one_line(score.name),
        "parameters": f"{score.parameters:,}",
        "mean": f"{100 * score.mean:.2f}",
        "spread": f"{100 * score.spread:.2f}",
        "seeds": seeds,
        "seconds": f"{seconds:.0f}",
        "note": _note(place, is_close=is_close, is_stopped=any(lap.is_stopped for lap in result.laps)),
        "bar": {"x": ends[0], "width": max(2.0, round(ends[1] - ends[0], 1))},
    }


def _note(place: int | None, *, is_close: bool, is_stopped: bool) -> str:
    notes = []
    if place is None:
        notes.append("below the target")
    if is_close:
        notes.append("not told apart from the entry above")
    if is_stopped:
        notes.append("stopped by the clock")
    return "; ".join(notes)
