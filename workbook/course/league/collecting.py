"""Find the entries of a class and read them: files of plain values, and Python files that run in the jail.

Whatever was handed in ends as plain values, which `workbook.league.entry` then reads strictly, or as one sentence that
says why the league does not take it.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbook.course.grading import containers
from workbook.course.grading.findings import RunResult
from workbook.course.grading.jail import Jail
from workbook.course.grading.untrusted import one_line
from workbook.course.grading.untrusted_json import nesting_depth
from workbook.course.jailed import transport
from workbook.course.jailed.jail_messages import AnswerReport, ExerciseTask, RunRequest, RunStep
from workbook.exercises.compare import Opaque
from workbook.league.entry import NotTakenError, read_entry
from workbook.league.standings import LEAGUES

MOST_BYTES = 1_000_000  # of one file
DEEPEST = 40  # lists in lists of a configuration
SECONDS = 60.0  # for running a Python file, after Keras is loaded
SUFFIXES = (".json", ".py")
FIELDS = {"league", "model", "recipe"}
OTHER_KIND = "It is neither an entry (.json, as league.hand_in writes it) nor a Python file (.py)."
NOT_AN_ENTRY = "It is not an entry as league.hand_in writes it: league, model and recipe."
TOO_LARGE = f"It is larger than {MOST_BYTES // 1_000_000} MB."
SECOND = "There is another entry of this learner in the league {league}: {origin}."

# What a Python file must define: the name, whether it is a function, and what looks at it in the jail.
ASKED = {
    "LEAGUE": (False, "workbook.exercises.observe:value"),
    "build": (True, "workbook.exercises.models:observe_model"),
    "recipe": (True, "workbook.exercises.observe:call"),
}


@dataclass(frozen=True)
class HandedInEntry:
    """What a learner handed in: plain values, or the `problem` with them in one sentence.

    `digest` tells two different entries apart.
    """

    learner: str
    origin: str
    league: str = ""
    model: Any = None
    recipe: Any = None
    problem: str = ""

    @property
    def digest(self) -> str:
        """A digest of the values."""
        text = json.dumps([self.league, self.model, self.recipe], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def collect(submissions: Path, jail: Jail) -> list[HandedInEntry]:
    """Return the entries in a folder or a zip, by learner; ValueError, in one line, if it cannot be opened.

    A learner is a file, such as `ann.json`, or a folder with one file for each league.
    """
    taken: dict[tuple[str, str], str] = {}
    entries = []
    for found in _files(submissions):
        entry = _read(found, jail)
        key = (entry.learner, entry.league)
        if not entry.problem and key in taken:
            entry = replace(entry, problem=SECOND.format(league=entry.league, origin=taken[key]))
        elif not entry.problem:
            taken[key] = entry.origin
        entries.append(entry)
    return entries


def _files(submissions: Path) -> Iterator[containers.Entry]:
    if submissions.is_dir():
        yield from containers.in_folder(submissions)
    elif submissions.suffix.lower() == ".zip":
        yield from containers.in_zip(containers.OnDisk(str(submissions.parent), (submissions.name,)))
    else:
        raise ValueError(f"{submissions} is neither a folder nor a zip file.")


def _learner(found: containers.Entry) -> str:
    """Return whose file it is: the folder's name, or the file's without its suffix."""
    name = found.parts[0] if len(found.parts) > 1 else Path(found.parts[0]).stem
    return one_line(name, 80) or "(no name)"


def _read(found: containers.Entry, jail: Jail) -> HandedInEntry:
    """Read one file. Whatever it is, this returns an entry, or one with a problem."""
    entry = HandedInEntry(_learner(found), found.origin, problem=found.problem)
    if entry.problem:
        return entry
    if found.suffix not in SUFFIXES:
        return replace(entry, problem=OTHER_KIND)
    try:
        data = found.source.read()
        if len(data) > MOST_BYTES:
            raise ValueError(TOO_LARGE)
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return replace(entry, problem="It is not a text in UTF-8.")
    except ValueError as error:
        return replace(entry, problem=str(error))
    try:
        league, model, recipe = (
            _values_of_json(text) if found.suffix == ".json" else _values_of_code(text, jail)
        )
        read_entry(_known(league), model, recipe)
    except NotTakenError as error:
        return replace(entry, problem=one_line(str(error), 400))
    return replace(entry, league=league, model=model, recipe=recipe)


def _known(league: Any) -> str:
    if not isinstance(league, str) or league not in LEAGUES:
        raise NotTakenError(f"The league must be one of {', '.join(LEAGUES)}.")
    return league


def _values_of_json(text: str) -> tuple[Any, Any, Any]:
    """Return league, model and recipe of a file that `league.hand_in` wrote."""
    if nesting_depth(text) > DEEPEST:
        raise NotTakenError(NOT_AN_ENTRY)
    try:
        values = json.loads(text)
    except (ValueError, RecursionError, MemoryError):
        raise NotTakenError(NOT_AN_ENTRY) from None
    if not isinstance(values, dict) or values.keys() != FIELDS:
        raise NotTakenError(NOT_AN_ENTRY)
    return values["league"], values["model"], values["recipe"]


def _values_of_code(source: str, jail: Jail) -> tuple[Any, Any, Any]:
    """Run a Python file in the jail, and return its LEAGUE, and what its build() and recipe() return."""
    tasks = {
        name: ExerciseTask(name, is_function, observe, SECONDS, (transport.encode(()),))
        for name, (is_function, observe) in ASKED.items()
    }
    steps = (RunStep("answer", "build", source), *(RunStep("observe", name, "") for name in ASKED))
    result = jail.run(RunRequest(steps, tasks, SECONDS), ("keras",), 3 * SECONDS)
    values = {name: _value(name, result) for name in ("build", "LEAGUE", "recipe")}
    built = values["build"]
    if not isinstance(built, dict) or set(built) != {"model"}:
        words = built.get("other") if isinstance(built, dict) else None
        received = f" Received: {one_line(words, 100)}." if isinstance(words, str) else ""
        raise NotTakenError(f"build() must return keras.Model(inputs, outputs).{received}")
    if _holds_words(values["recipe"]):
        raise NotTakenError("recipe() must return a dictionary of numbers and texts: no code, and no arrays.")
    return values["LEAGUE"], built["model"], values["recipe"]


def _value(name: str, result: RunResult) -> Any:
    """Return the plain value that the jail reports for a name; NotTakenError, in a sentence, if there is none."""
    reports = [
        finding
        for finding in result.findings
        if isinstance(finding, AnswerReport) and finding.exercise == name
    ]
    if not reports:
        ends = {
            "timeout": "does not end in time",
            "hung": "does not end in time",
            "output": "writes too much",
        }
        raise NotTakenError(f"The file {ends.get(result.end, 'ends its process')} before {name} is known.")
    report = reports[0]
    if report.state == "not started" or not report.observations:
        raise NotTakenError(f"The file must define {name}: {one_line(report.detail, 200) or 'it does not'}.")
    seen = report.observations[0]
    if seen.failure is not None:
        raise NotTakenError(f"{name}() {one_line(seen.detail, 200) or 'returns nothing yet'}.")
    try:
        return transport.decode(seen.result)
    except transport.TransportError as error:
        raise NotTakenError(f"What {name} returns {error}.") from None


def _holds_words(value: Any) -> bool:
    """Return whether a value, or one in it, is none that can leave the jail."""
    if isinstance(value, dict):
        return any(_holds_words(item) for item in value.values())
    return isinstance(value, Opaque) or not isinstance(value, (str, int, float, bool, type(None)))
