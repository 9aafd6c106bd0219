"""The three leagues: what is asked, how much an entry may spend, and who is ahead of whom."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean

CLASSES = 10
SEEDS = (1, 2, 3)  # of an official result


@dataclass(frozen=True)
class League:
    """The rules of one league.

    `shape` is that of one uint8 input: (height, width, channels). If `target` is set, an entry must reach this accuracy
    (0 to 1), and entries are ranked by their number of parameters. If it is None, they are ranked by accuracy. Training
    stops after `cpu_seconds`.
    """

    name: str
    title: str
    shape: tuple[int, int, int]
    cpu_seconds: float
    target: float | None = None
    most_parameters: int = 1_000_000
    most_macs: int = 200_000_000  # multiplications for one example

    @property
    def counts_parameters(self) -> bool:
        """Whether entries are ranked by their number of parameters."""
        return self.target is not None


LEAGUES = {
    league.name: league
    for league in (
        League(
            "mnist",
            "fewest parameters for 99 % of the digits",
            (28, 28, 1),
            cpu_seconds=300.0,
            target=0.99,
        ),
        League("speech", "spoken digits of unseen voices in a noisy room", (40, 61, 1), cpu_seconds=30.0),
        League("crops", "ten classes of crops of photographs", (32, 32, 3), cpu_seconds=60.0),
    )
}


def league_named(name: object) -> League:
    """Return a league by name; ValueError if there is none."""
    if not isinstance(name, str) or name not in LEAGUES:
        raise ValueError(f"league must be one of {', '.join(LEAGUES)}. Received: league={name!r}")
    return LEAGUES[name]


@dataclass(frozen=True)
class Score:
    """The result of an entry: one accuracy, 0 to 1, and one number of CPU seconds for each seed."""

    name: str
    parameters: int
    accuracies: tuple[float, ...]
    cpu_seconds: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The mean accuracy."""
        return fmean(self.accuracies)

    @property
    def spread(self) -> float:
        """The highest accuracy minus the lowest."""
        return max(self.accuracies) - min(self.accuracies)

    def overlaps(self, other: "Score") -> bool:
        """Return whether the ranges of the two entries' accuracies overlap."""
        return max(min(self.accuracies), min(other.accuracies)) <= min(
            max(self.accuracies), max(other.accuracies)
        )


def is_qualified(league: League, score: Score) -> bool:
    """Return whether an entry reaches the accuracy that the league demands."""
    return league.target is None or score.mean >= league.target


def ranking(league: League, scores: Iterable[Score]) -> list[tuple[int | None, Score]]:
    """Return the scores, best first, each with its place; None for those that miss the league's target.

    Parameters decide, or the mean accuracy in tenths of a point; where they are equal, the smaller spread. Entries that
    agree in both share a place.
    """
    ordered = sorted(scores, key=lambda score: (_key(league, score), score.name))
    placed: list[tuple[int | None, Score]] = []
    for number, score in enumerate(ordered, start=1):
        place: int | None = number
        if placed and _key(league, placed[-1][1]) == _key(league, score):
            place = placed[-1][0]
        placed.append((place if is_qualified(league, score) else None, score))
    return placed


def _key(league: League, score: Score) -> tuple[float, ...]:
    spread = round(score.spread, 4)
    if not is_qualified(league, score):
        return (1, -score.mean, spread)
    return (0, score.parameters if league.counts_parameters else -round(1000 * score.mean), spread)
