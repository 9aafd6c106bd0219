"""Try an entry in a notebook: train it as the league does, and show where it stands among the course's own.

The accuracies here come from examples that everybody has, and are for practice. If you choose between networks by them
often, they become too optimistic. `workbook league` decides on other examples.
"""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from workbook import colours, data, live
from workbook.league import examples, race
from workbook.league.entry import LeagueEntry, NotTakenError, read_entry
from workbook.league.race import Point
from workbook.league.standings import League, Score, is_qualified, league_named, ranking
from workbook.tables import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STORED = "league"  # the file of `data/results/` with the course's own results
YOURS = "yours"
TICKS = (0.5, 1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 300)  # CPU seconds
LEAST_ERRORS = 0.1  # %; a logarithmic axis cannot show 0
Curve = tuple[Point, ...]


@dataclass(frozen=True)
class Placed:
    """A score with the learning curve of its first seed."""

    score: Score
    curve: Curve


@dataclass(frozen=True)
class Trial:
    """The result of `try_it`: your score with its curve, or None and a `note` that says why there is none."""

    league: League
    yours: Placed | None
    course: tuple[Placed, ...]
    note: str

    def table(self) -> Table:
        """Return the ranking: yours among the course's own entries."""
        scores = [placed.score for placed in (self.yours, *self.course) if placed is not None]
        return ranking_table(self.league, ranking(self.league, scores))

    def draw(self, ax: "Axes | None" = None) -> "Axes":
        """Draw the learning curves over CPU seconds, and the final accuracies as dashed lines; see `draw_curves`."""
        return draw_curves(self.league, self.yours, self.course, ax)

    def __repr__(self) -> str:
        return f"{self.note}\n\n{self.table()}"

    def _repr_html_(self) -> str:
        return f"<p>{self.note}</p>{self.table()._repr_html_()}"


def try_it(
    league: str,
    build: Callable[[], Any],
    recipe: Callable[[], dict[str, Any]],
    *,
    seeds: Sequence[int] = (1,),
) -> Trial:
    """Train `build()` as `recipe()` says, once for each seed, and return the result beside the course's own entries.

    An entry that the league does not accept is not trained; the result's note says why. ValueError for an unknown
    league, or if `seeds` is empty.
    """
    rules = league_named(league)
    if not seeds:
        raise ValueError(f"seeds must be at least one integer. Received: seeds={seeds!r}")
    course = own_entries(league)
    try:
        entry = entry_of(league, build, recipe)
        laps = [_lap(entry, seed) for seed in seeds]
    except NotTakenError as error:
        return Trial(rules, None, course, str(error))
    y_test = examples.practice(rules).y_test
    score = Score(
        YOURS,
        laps[0].parameters,
        tuple(float(np.mean(lap.predicted == y_test)) for lap in laps),
        tuple(lap.cpu_seconds for lap in laps),
    )
    note = _in_words(rules, score, is_stopped=any(lap.is_stopped for lap in laps))
    return Trial(rules, Placed(score, laps[0].curve), course, note)


def entry_of(league: str, build: Callable[[], Any], recipe: Callable[[], Any]) -> LeagueEntry:
    """Return the entry that two functions describe; NotTakenError, which says why, if the league does not accept it."""
    return read_entry(league, described(build()), recipe())


def described(model: Any) -> Any:
    """Return a Keras model as plain values: {"class_name": ..., "config": ...}. NotTakenError for anything else."""
    if model is None or model is ...:
        raise NotTakenError("build() returns nothing yet.")
    keras = sys.modules.get("keras")
    if keras is None or not isinstance(model, keras.Model):
        raise NotTakenError(
            f"build() must return a Keras model, keras.Model(inputs, outputs). Received: {type(model).__name__}."
        )
    try:
        whole = json.loads(model.to_json())
    except Exception as error:  # a layer of the learner's own may raise anything here
        raise NotTakenError(
            f"This model has no configuration of plain values: {type(error).__name__}."
        ) from None
    return {"class_name": whole.get("class_name"), "config": whole.get("config")}


def hand_in(league: str, build: Callable[[], Any], recipe: Callable[[], Any], path: str | Path) -> Path:
    """Write an entry as a file of plain values, for `workbook league`, and return its path.

    NotTakenError, which says why, if the league does not accept it.
    """
    model, settings = described(build()), recipe()
    read_entry(league, model, settings)
    text = json.dumps({"league": league, "model": model, "recipe": settings}, indent=1)
    file = Path(path)
    file.write_text(text + "\n", encoding="utf-8")
    return file


def own_entries(league: str) -> tuple[Placed, ...]:
    """Return the stored results of the course's own entries to a league."""
    rows = data.stored(STORED)["entries"]
    return tuple(placed_from(row) for row in rows if row["league"] == league_named(league).name)


def placed_from(row: dict[str, Any]) -> Placed:
    """Return a stored result."""
    score = Score(row["name"], row["parameters"], tuple(row["accuracies"]), tuple(row["cpu_seconds"]))
    return Placed(score, tuple(Point(*point) for point in row["curve"]))


def _lap(entry: LeagueEntry, seed: int) -> race.Lap:
    split = examples.practice(entry.league)
    line = live.progress(f"{entry.league.name}, seed {seed}")
    return race.run_lap(entry, split.x_train, split.y_train, split.x_test, seed=seed, callbacks=[line])


def _in_words(league: League, score: Score, *, is_stopped: bool) -> str:
    """Return the result in a sentence or two."""
    runs = "one seed" if len(score.accuracies) == 1 else f"{len(score.accuracies)} seeds"
    words = f"{100 * score.mean:.2f} % ({runs}) with {score.parameters:,} parameters"
    words += f" and {np.mean(score.cpu_seconds):.0f} CPU seconds of training."
    if not is_qualified(league, score):
        words += f" That is {100 * (league.target or 0) - 100 * score.mean:.2f} points short of the league's target."
    if is_stopped:
        words += f" The clock stopped it after {league.cpu_seconds:g} CPU seconds."
    return words


def ranking_table(league: League, placed: Sequence[tuple[int | None, Score]]) -> Table:
    """Return a ranking as a table; accuracies in per cent, the spread in points."""
    rows = [
        (
            place,
            score.name,
            score.parameters,
            round(100 * score.mean, 2),
            len(score.accuracies),
            None if len(score.accuracies) < 2 else round(100 * score.spread, 2),
            round(np.mean(score.cpu_seconds)),
        )
        for place, score in placed
    ]
    heads = ("place", "entry", "parameters", "accuracy, %", "seeds", "spread", "CPU seconds")
    return Table(heads, rows)


def draw_curves(
    league: League, yours: Placed | None, course: Sequence[Placed], ax: "Axes | None" = None
) -> "Axes":
    """Draw the learning curves over CPU seconds, and the final accuracies as dashed lines; return the axes.

    The vertical axis is the accuracy (%). In a league with a target, where the last errors decide, it is the errors
    (%), logarithmic.
    """
    import matplotlib.pyplot as plt
    from matplotlib.ticker import FixedLocator, NullLocator

    if ax is None:
        ax = plt.subplots(figsize=(8, 3.6), layout="constrained")[1]

    def height(accuracy: float) -> float:
        return 100 * accuracy if league.target is None else max(LEAST_ERRORS, 100 - 100 * accuracy)

    drawn = [*([(yours, YOURS)] if yours else []), *((placed, placed.score.name) for placed in course)]
    for (placed, name), colour in zip(drawn, colours.PALETTE, strict=False):
        seconds = [point.seconds for point in placed.curve]
        ax.plot(
            seconds,
            [height(point.accuracy) for point in placed.curve],
            color=colour,
            label=f"{name}, training",
        )
        mark = placed.score.mean
        label = f"{name}, mark {100 * mark:.1f} %"
        ax.axhline(height(mark), color=colour, linestyle="--", linewidth=1, label=label)
    ax.set(xscale="log", xlabel="CPU seconds of training, logarithmic", title=league.title)
    if league.target is None:
        ax.set(ylabel="accuracy, %")
    else:
        ax.axhline(
            height(league.target),
            color=colours.GREY,
            linestyle=":",
            label=f"target {100 * league.target:.0f} %",
        )
        ax.set(yscale="log", ylabel="errors, %, logarithmic")
        ax.yaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_major_locator(FixedLocator(TICKS))
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_locator(NullLocator())
    ax.grid(alpha=0.3)
    ax.legend(fontsize=8, loc="lower right" if league.target is None else "upper right")
    return ax
