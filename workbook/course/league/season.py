"""Retrain entries in the jail with three seeds each, and mark what they predict outside it.

No learner's code runs there: the jail gets plain values, and the course's own loop rebuilds the network from them. The
classes of the held-out examples stay outside; what comes out are predictions.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from workbook.course.grading.findings import RunResult
from workbook.course.grading.jail import Jail
from workbook.course.grading.untrusted import one_line
from workbook.course.jailed import transport
from workbook.course.jailed.jail_messages import AnswerReport, ExerciseTask, RunRequest, RunStep
from workbook.course.league.collecting import HandedInEntry
from workbook.course.league.held_out import HeldOut
from workbook.league.standings import LEAGUES, SEEDS, Score

JOURNAL = "laps.jsonl"
SLACK, EXTRA = (
    6.0,
    120.0,
)  # the clock may run so much longer than the CPU seconds, where other work runs beside
TASK = "league"
PROGRAM = "from workbook.league.race import run_official"
NO_RESULT = "Its training ended without a result: {reason}."
REASONS = {
    "timeout": "it took too long",
    "hung": "it took too long",
    "output": "it wrote too much",
    "died": "it needed more memory than there is, or crashed",
}


@dataclass(frozen=True)
class LapResult:
    """One training: the share of the held-out examples that it classifies correctly, or the problem with it."""

    seed: int
    accuracy: float = 0.0
    parameters: int = 0
    cpu_seconds: float = 0.0
    curve: tuple[tuple[float, float], ...] = ()
    is_stopped: bool = False
    problem: str = ""


@dataclass(frozen=True)
class EntryResult:
    """The result of an entry: one training per seed, or the problem with it in one sentence."""

    entry: HandedInEntry
    laps: tuple[LapResult, ...]
    problem: str = ""

    @property
    def score(self) -> Score | None:
        """The score, or None for an entry with a problem."""
        if self.problem:
            return None
        return Score(
            self.entry.learner,
            self.laps[0].parameters,
            tuple(lap.accuracy for lap in self.laps),
            tuple(lap.cpu_seconds for lap in self.laps),
        )


def longest_run(leagues: Sequence[str]) -> float:
    """Return the seconds on the clock that one training in these leagues may take."""
    return max(SLACK * LEAGUES[name].cpu_seconds + EXTRA for name in leagues)


def race_all(
    entries: Sequence[HandedInEntry],
    held_out: dict[str, HeldOut],
    jail: Jail,
    journal: Path,
    *,
    jobs: int = 1,
    seeds: Sequence[int] = SEEDS,
    on_lap: Callable[[HandedInEntry, LapResult], None] = lambda entry, lap: None,
) -> list[EntryResult]:
    """Return the results of all entries, in their order.

    Trainings that `journal` holds are not run again: a run that was interrupted continues.
    """
    known = _known(journal)

    def raced(entry: HandedInEntry) -> EntryResult:
        if entry.problem:
            return EntryResult(entry, (), entry.problem)
        laps = []
        for seed in seeds:
            key = _key(entry, held_out[entry.league], seed)
            lap = known.get(key)
            if lap is None:
                lap = run_lap(entry, held_out[entry.league], seed, jail)
                _append(journal, key, lap)
            on_lap(entry, lap)
            laps.append(lap)
            if lap.problem:
                return EntryResult(entry, tuple(laps), lap.problem)
        return EntryResult(entry, tuple(laps))

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(raced, entries))


def run_lap(entry: HandedInEntry, held_out: HeldOut, seed: int, jail: Jail) -> LapResult:
    """Train an entry once in the jail, and mark its predictions. Whatever happens there, this returns a result."""
    limit = longest_run([entry.league])
    inputs = (entry.league, entry.model, entry.recipe, seed, held_out.x, held_out.draw)
    call = "workbook.exercises.observe:call"
    task = ExerciseTask("run_official", True, call, limit, (transport.encode(inputs),))
    steps = (RunStep("setup", TASK, PROGRAM), RunStep("observe", TASK, ""))
    result = jail.run(RunRequest(steps, {TASK: task}, limit), ("keras", "workbook.league.race"), limit)
    return _marked(result, held_out, seed)


def _marked(result: RunResult, held_out: HeldOut, seed: int) -> LapResult:
    """Compare what the jail predicted with the classes of the held-out examples."""
    reports = [finding for finding in result.findings if isinstance(finding, AnswerReport)]
    seen = reports[0].observations[0] if reports and reports[0].observations else None
    if seen is None or seen.failure is not None:
        reason = REASONS.get(result.end, one_line(seen.detail, 200) if seen else "it gives no reason")
        return LapResult(seed, problem=NO_RESULT.format(reason=reason))
    try:
        told = transport.decode(seen.result)
        if "refused" in told:
            return LapResult(seed, problem=one_line(str(told["refused"]), 400))
        predicted = np.asarray(told["predicted"])
        if predicted.shape != held_out.y.shape:
            raise ValueError
        return LapResult(
            seed,
            float(np.mean(predicted == held_out.y)),
            int(told["parameters"]),
            round(float(told["cpu_seconds"]), 1),
            tuple((round(float(s), 2), round(float(a), 4)) for s, a in told["curve"]),
            bool(told["is_stopped"]),
        )
    except (transport.TransportError, ValueError, TypeError, KeyError):
        return LapResult(seed, problem=NO_RESULT.format(reason="what it returned cannot be read"))


def _key(entry: HandedInEntry, held_out: HeldOut, seed: int) -> str:
    """Return what a training depends on, as a digest."""
    parts = [entry.digest, str(held_out.draw), str(seed)]
    examples = hashlib.sha256(held_out.x.tobytes() + held_out.y.tobytes()).hexdigest()
    return hashlib.sha256("\n".join([*parts, examples]).encode()).hexdigest()


def _known(journal: Path) -> dict[str, LapResult]:
    """Return the trainings that a journal holds; a line that was cut off is skipped."""
    laps: dict[str, LapResult] = {}
    lines = journal.read_text(encoding="utf-8").splitlines() if journal.exists() else []
    for line in lines:
        try:
            row: dict[str, Any] = json.loads(line)
            curve = tuple((point[0], point[1]) for point in row["lap"]["curve"])
            laps[row["key"]] = LapResult(**{**row["lap"], "curve": curve})
        except (ValueError, KeyError, TypeError):
            continue
    return laps


def _append(journal: Path, key: str, lap: LapResult) -> None:
    with journal.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"key": key, "lap": asdict(lap)}) + "\n")
