"""Extract the answers from an untrusted notebook: what the learner wrote, wherever it is, and nothing of the course's.

The notebook is read as JupyterLab runs it, from the top. The master supplies the set-up, the demonstrations and the
checks. All other cells are the learner's, and so is what was added to a cell of the course. The answer to an exercise
is the last definition before its check. A definition below the check is judged as a second attempt.

Cells are matched by id, then by nbgrader's `grade_id`, then by tag and exercise, then by their content.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from workbook.course.grading import definitions
from workbook.course.grading.definitions import defined
from workbook.course.grading.masters import Master, MasterCell, is_answer
from workbook.course.grading.referee_messages import Answers, Cell, later_key
from workbook.course.grading.submitted_notebook import MalformedError, SubmittedCell, read_cells
from workbook.course.grading.untrusted import shorten

LEFT_OUT = frozenset({"colab", "badges"})  # tags of cells that only the course writes
TEXT_STUB = "YOUR ANSWER HERE"  # as nbgrader writes it
CHECK = re.compile(r"(?:check\(\s*[\"']([0-9]{1,3}\.[0-9]{1,3})[\"']\s*,[^()\n]{0,200}\)\s*;?\s*)+")
CHECK_CALL = re.compile(
    r"^[ \t]*(?:\w+[ \t]*=[ \t]*)?check\([ \t]*[\"']([0-9]{1,3}\.[0-9]{1,3})[\"']", re.MULTILINE
)
MOST_SHOWN = 30  # cells that are shown with an answer
LONGEST_SHOWN = 100_000  # characters of them
MOST_COMMANDS, LONGEST_COMMAND = 3, 80  # commands to the system that a note quotes, and their characters
# Ranks: how a cell was matched, the most reliable way first.
BY_ID, BY_METADATA_ID, BY_GRADE_ID, BY_TAG, BY_CONTENT = range(5)


def read_answers(data: bytes, masters: Mapping[str, Master], chapter: str = "") -> Answers:
    """Return a submission's answers. Never raises: for a bad notebook, `problem` says what is wrong.

    `chapter`, which comes from the file's name, is used if at least one cell belongs to it. Otherwise the answers are
    to the chapter that most cells belong to.
    """
    try:
        cells, other_entries = read_cells(data)
        master = masters.get(_chapter(cells, masters, chapter))
        if master is None:
            raise MalformedError("The notebook holds no cell of any chapter.")
        return _Reading(master, cells, other_entries).answers()
    except MalformedError as error:
        return Answers(chapter, problem=str(error))
    except (RecursionError, MemoryError):
        return Answers(chapter, problem="The notebook takes too much memory or is nested too deeply.")


def _chapter(cells: list[SubmittedCell], masters: Mapping[str, Master], named: str) -> str:
    """Return the chapter to which most cells belong, or `named` if any cell does; "" if no cell belongs to a chapter.

    Cells belong to a chapter by their ids and sources or, if that finds no chapter, by the names that they define.
    """
    for count in (_counts_by_cell, _counts_by_name):
        counts = count(cells, masters)
        if counts.get(named):
            return named
        if any(counts.values()):
            return max(counts, key=lambda chapter: counts[chapter])
    return ""


def _counts_by_cell(cells: list[SubmittedCell], masters: Mapping[str, Master]) -> dict[str, int]:
    """Return, for each chapter, how many cells have an id, a source of that chapter alone, or an exercise of it."""
    submitted = [(cell, {cell.id, cell.metadata_id, cell.grade_id}, _normal(cell.source)) for cell in cells]
    sources_of = {name: {_normal(cell.source) for cell in master.cells} for name, master in masters.items()}
    chapters_with = Counter(source for sources in sources_of.values() for source in sources)
    counts = {}
    for name, master in masters.items():
        ids, exercises = {cell.id for cell in master.cells}, set(master.exercises)
        sources = {source for source in sources_of[name] if source and chapters_with[source] == 1}
        counts[name] = sum(
            not ids.isdisjoint(cell_ids)
            or source in sources
            or (cell.exercise in exercises and not cell.tags.isdisjoint(("exercise", "check")))
            for cell, cell_ids, source in submitted
        )
    return counts


def _counts_by_name(cells: list[SubmittedCell], masters: Mapping[str, Master]) -> dict[str, int]:
    """Return, for each chapter, how many definitions of its answers the cells hold."""
    names = {name for master in masters.values() for name in master.answer_names.values()}
    names_by_cell = [defined(cell.source, names) for cell in cells if cell.is_code]
    return {
        chapter: sum(
            len(defined_names.intersection(master.answer_names.values())) for defined_names in names_by_cell
        )
        for chapter, master in masters.items()
    }


def _normal(source: str) -> str:
    """Return a source without the white space around it and at the ends of its lines."""
    return "\n".join(line.rstrip() for line in source.strip().split("\n"))


def _checked_exercise(cell: SubmittedCell) -> str:
    """Return the exercise that a cell checks, by its tag or because it does nothing else; "" for other cells."""
    if "check" in cell.tags and cell.exercise:
        return cell.exercise
    call = CHECK.fullmatch(cell.source.strip()) if len(cell.source) < 1000 else None
    return call[1] if call else ""


@dataclass
class _Place:
    """One of the learner's cells as it is graded: the source that runs, then the exercise that is checked, or "".

    `changed` is the whole source of a demonstration that was changed, or "".
    """

    source: str = ""
    check: str = ""
    changed: str = ""


@dataclass(frozen=True)
class _Choice:
    """Where an exercise is answered: the positions of the answer, of its check and of a second attempt, if any."""

    answer: int
    check: int | None = None
    later: int | None = None


class _Reading:
    """The reading of one submission, with its chapter's master. A cell is identified by its position."""

    def __init__(self, master: Master, cells: list[SubmittedCell], other_entries: int) -> None:
        self.names = master.answer_names
        self.chapter, self.cells = master.chapter, cells
        self.by_id = {cell.id: cell for cell in master.cells}
        self.stubs = {cell.exercise: cell for cell in master.cells if is_answer(cell)}
        self.checks = {cell.exercise: cell for cell in master.cells if cell.kind == "check"}
        self.setup = next((cell for cell in master.cells if cell.kind == "setup"), None)
        self.sources = {_normal(cell.source): cell for cell in master.cells if not is_answer(cell)}
        self.notes = [f"{other_entries} entries of the notebook are not cells"] if other_entries else []
        # For each exercise, the cells made for its answer, as (rank, position).
        self.candidates: dict[str, list[tuple[int, int]]] = {name: [] for name in self.stubs}
        # For each exercise, the cells that check it: those of the course, copies of them, and calls in other cells.
        self.checked: dict[str, tuple[list[int], list[int], list[int]]] = defaultdict(lambda: ([], [], []))
        self.plan: dict[int, _Place] = {}
        self.definers: dict[str, list[int]] = {name: [] for name in self.names}
        self.unstarted: list[str] = []

    def answers(self) -> Answers:
        """Classify the cells, choose the answers, and return all in the submission's order."""
        for position, cell in enumerate(self.cells):
            self._classify(position, cell)
        self._find_definers()
        texts = {name: text for name in self.stubs if (text := self._text(name)) is not None}
        choices = {name: choice for name in self.names if (choice := self._choose(name)) is not None}
        for name, choice in choices.items():
            self._drop_stubs(name, choice)
        self._note_what_is_unusual()
        return Answers(
            chapter=self.chapter,
            cells=tuple(self._in_order(choices)),
            texts=texts,
            missing=tuple(name for name in self.stubs if name not in choices and name not in texts),
            notes=tuple(dict.fromkeys(self.notes)),
            unstarted=tuple(self.unstarted),
            misnamed=dict(self._misnamed(choices)),
            shown=_Shown(self, choices).texts(),
        )

    def _in_order(self, choices: Mapping[str, _Choice]) -> list[Cell]:
        """Return the cells in the submission's order; one that answers several exercises appears once for each."""
        cells: list[Cell] = []
        for position, place in sorted(self.plan.items()):
            answered = [name for name, choice in choices.items() if choice.answer == position]
            again = [name for name, choice in choices.items() if choice.later == position]
            run = [Cell("answer", name, place.source) for name in answered]
            run += [Cell("later", name, place.source) for name in again]
            if not run and place.source.strip():
                run = [Cell("own", "", place.source)]
            cells += run
            if place.changed:
                cells.append(Cell("changed", "", place.changed))
            checked = [name for name, choice in choices.items() if choice.check == position]
            if place.check:
                checked.append(place.check)
            cells += [Cell("check", name, self.checks[name].source) for name in dict.fromkeys(checked)]
        return cells

    def _classify(self, position: int, cell: SubmittedCell) -> None:
        """Record what a cell is: made for an answer, a check, a cell of the course, or the learner's own."""
        rank, original = self._match(cell)
        if original is not None and is_answer(original):
            self.candidates[original.exercise].append((rank, position))
            if cell.is_code and original.kind == "answer":
                self.plan[position] = _Place(cell.source)
        elif not cell.is_code:
            return
        elif original is not None and original.kind == "check":
            self._add_check(position, cell, rank, original.exercise)
        elif original is not None and _normal(cell.source) != _normal(original.source):
            self._add_changed(position, cell, original)
        elif original is None and "slow" in cell.tags:
            self._keep(position, definitions.added(cell.source, "", definitions_only=True))
            self.notes.append("a changed copy of a cell of the course was left out")
        elif original is None and cell.tags.isdisjoint(LEFT_OUT):
            self.plan[position] = _Place(cell.source)
        elif original is None and cell.source.strip():
            self.notes.append("a changed copy of a cell of the course was left out")
        if position in self.plan:
            for exercise in CHECK_CALL.findall(cell.source):
                self.checked[exercise][2].append(position)

    def _add_check(self, position: int, cell: SubmittedCell, rank: int, exercise: str) -> None:
        """Note the place of a check; what else its cell holds is the learner's own and runs before it."""
        self.checked[exercise][rank == BY_CONTENT].append(position)
        is_check_alone = _normal(cell.source) == _normal(self.checks[exercise].source) or (
            len(cell.source) < 1000 and CHECK.fullmatch(cell.source.strip())
        )
        self.plan[position] = _Place("" if is_check_alone else cell.source, check=exercise)

    def _add_changed(self, position: int, cell: SubmittedCell, original: MasterCell) -> None:
        """Keep what the learner added to the course's set-up, to one of its demonstrations, or to a cell of text."""
        if original.kind == "setup":
            self._keep(position, definitions.added(cell.source, original.source))
            self.notes.append(
                "the set-up cell was changed: the course's own was run, then what was added to it"
            )
        elif original.kind == "text":
            self._keep(position, definitions.added(cell.source, original.source))
        else:
            added = definitions.added(cell.source, original.source, definitions_only=True)
            self._keep(position, added, changed=cell.source if original.kind == "demonstration" else "")

    def _keep(self, position: int, source: str, changed: str = "") -> None:
        if source.strip() or changed:
            self.plan[position] = _Place(source, changed=changed)

    def _match(self, cell: SubmittedCell) -> tuple[int, MasterCell | None]:
        """Return the rank of the match and the master's version of a cell, or None if it has none."""
        for rank, name in (
            (BY_ID, cell.id),
            (BY_METADATA_ID, cell.metadata_id),
            (BY_GRADE_ID, cell.grade_id),
        ):
            if name in self.by_id:
                return rank, self.by_id[name]
        if "exercise" in cell.tags and cell.exercise in self.stubs:
            return BY_TAG, self.stubs[cell.exercise]
        if not cell.is_code:
            return BY_CONTENT, None
        if "setup" in cell.tags:
            return BY_TAG, self.setup
        if "check" in cell.tags and cell.exercise in self.checks:
            return BY_TAG, self.checks[cell.exercise]
        check = self.checks.get(_checked_exercise(cell))
        return BY_CONTENT, check or self.sources.get(_normal(cell.source))

    def _find_definers(self) -> None:
        """Find the cells that define each answer, other than as an empty stub."""
        for position, place in sorted(self.plan.items()):
            found = definitions.written(place.source, self.names.values())
            for name, answer_name in self.names.items():
                if answer_name in found and not self._is_unfilled(name, position):
                    self.definers[name].append(position)

    def _is_unfilled(self, name: str, position: int) -> bool:
        return definitions.is_unfilled(self.plan[position].source, self.stubs[name].source)

    def _text(self, name: str) -> str | None:
        """Return an answer in words; "" if its cell is unchanged, None if it has no cell or is an answer in code."""
        if name in self.names or not self.candidates[name]:
            return None
        untouched = {_normal(self.stubs[name].source), TEXT_STUB, ""}
        texts = [self.cells[position].source for _, position in sorted(self.candidates[name])]
        return next((text for text in texts if _normal(text) not in untouched), "")

    def _choose(self, name: str) -> _Choice | None:
        """Return where an exercise is answered; None if it has neither a cell nor a definition."""
        made_for = [position for _, position in self.candidates[name] if self.cells[position].is_code]
        if self.candidates[name] and not made_for:
            self.notes.append(f"the answer cell of {name} is no longer a code cell")
        definers = self.definers[name]
        if not definers:
            return self._without_definition(name, made_for)
        check = self._check_after(name, definers[0])
        answer = max(position for position in definers if check is None or position <= check)
        self._note_choice(name, answer, made_for)
        later = definers[-1] if definers[-1] > answer else None
        return _Choice(answer, check, later)

    def _without_definition(self, name: str, made_for: list[int]) -> _Choice | None:
        """Choose what was handed to the check under another name, or among the cells made for the answer."""
        for position in sorted(position for positions in self.checked[name] for position in positions):
            value = definitions.checked_value(self.cells[position].source, name)
            if value and value != self.names[name]:
                place = self.plan[position]
                place.source = f"{place.source}\n{self.names[name]} = {value}".strip()
                return _Choice(position, position)
        worked_on = [position for position in made_for if not self._is_unfilled(name, position)]
        if made_for and not worked_on:
            self.unstarted.append(name)
        chosen = (worked_on or made_for)[-1:]
        return _Choice(chosen[0], self._check_after(name, chosen[0])) if chosen else None

    def _check_after(self, name: str, first: int) -> int | None:
        """Return the check that decides: the course's own before a copy of it, before a call in another cell."""
        for positions in self.checked[name]:
            after = [position for position in positions if position >= first]
            if after:
                return after[0]
        return None

    def _note_choice(self, name: str, answer: int, made_for: list[int]) -> None:
        with_id = [position for rank, position in self.candidates[name] if rank == BY_ID]
        if answer not in made_for and made_for:
            replaced = any(position in self.definers[name] for position in made_for)
            why = "a later one replaced its own" if replaced else "its own defines none"
            self.notes.append(f"the answer to {name} was taken from another cell: {why}")
        elif not made_for:
            owner = next((other for other in self.names if self._is_made_for(other, answer)), None)
            if owner is not None:
                self.notes.append(f"the answer to {name} is in the cell of {owner}")
        if len(with_id) > 1:
            self.notes.append(f"the answer cell of {name} appears {len(with_id)} times; one was taken")

    def _is_made_for(self, name: str, position: int) -> bool:
        return any(made_for == position for _, made_for in self.candidates[name])

    def _drop_stubs(self, name: str, choice: _Choice) -> None:
        """Leave out copies of the stub: they would undo the answer."""
        for position, place in self.plan.items():
            is_copy = position not in (choice.answer, choice.later) and self.names[name] in place.source
            if is_copy and defined(place.source, [self.names[name]]) and self._is_unfilled(name, position):
                place.source = ""

    def _misnamed(self, choices: Mapping[str, _Choice]) -> Iterable[tuple[str, str]]:
        """Yield each exercise whose cell defines only functions of other names, with the last of these names."""
        for name, choice in choices.items():
            if name not in self.unstarted and not self.definers[name]:
                functions = definitions.functions(self.plan[choice.answer].source)
                if functions and self.names[name] not in functions:
                    yield name, functions[-1]

    def _note_what_is_unusual(self) -> None:
        lines = [line for place in self.plan.values() for line in definitions.shell_lines(place.source)]
        if lines:
            words = [line[:LONGEST_COMMAND] for line in dict.fromkeys(lines)][:MOST_COMMANDS]
            self.notes.append(f"commands to the system are not run: {', '.join(words)}")
        deep = [word for place in self.plan.values() for word in definitions.deep_words(place.source)]
        if deep:
            words = list(dict.fromkeys(deep))[:MOST_COMMANDS]
            self.notes.append(f"a cell looks into the code around it ({', '.join(words)}): look at it")


class _Shown:
    """The texts that people see: each answer with the other cells that made it what it was when it was checked."""

    def __init__(self, reading: _Reading, choices: Mapping[str, _Choice]) -> None:
        self.reading, self.choices = reading, choices
        self.places = {
            position: place.source for position, place in sorted(reading.plan.items()) if place.source.strip()
        }
        self.answer_positions = {choice.answer for choice in choices.values()}
        self._defined: dict[int, set[str]] = {}
        self._far: set[int] = set()
        if len(self.places) > len(self.answer_positions):  # there are cells that answer nothing
            for position, source in self.places.items():
                self._defined[position] = definitions.all_defined(source) | definitions.changed_parts(source)
                if definitions.reaches_far(source):
                    self._far.add(position)

    def texts(self) -> dict[str, str]:
        """Return the text for each exercise, and for a second attempt under its key."""
        texts = {}
        for name, choice in self.choices.items():
            texts[name] = self._text(name, choice.answer, choice.check)
            if choice.later is not None:
                texts[later_key(name)] = self._text(name, choice.later, None)
        return texts

    def _text(self, name: str, answer: int, check: int | None) -> str:
        source = shorten(self.reading.plan[answer].source, LONGEST_SHOWN)
        others = sorted(self._others(name, answer, check))[:MOST_SHOWN]
        if not others:
            return source
        parts = []
        for position in sorted([*others, answer]):
            text = self.places.get(position, "").strip("\n")
            parts.append(f"{self._heading(name, position, answer)}\n{text}")
        return shorten("\n\n".join(parts), LONGEST_SHOWN)

    def _heading(self, name: str, position: int, answer: int) -> str:
        if position == answer:
            return "# The answer that was graded:"
        if position in self.reading.definers[name]:
            return "# Replaced by a later cell:" if position < answer else "# Below the answer:"
        return "# Another cell that ran:"

    def _others(self, name: str, answer: int, check: int | None) -> set[int]:
        """Return the other cells that matter: those that make what the answer reads, and those that reach far."""
        end = len(self.reading.cells) if check is None else check
        others = {position for position in self._far if position <= end}
        wanted, waiting = {self.reading.names[name]}, [answer]
        wanted_first = self.reading.names[name]
        while waiting and len(others) < MOST_SHOWN:
            wanted |= definitions.read_names(self.places.get(waiting.pop(), ""))
            for position, names in self._defined.items():
                is_new = position not in others and position != answer
                makes = names & wanted if position not in self.answer_positions else names & {wanted_first}
                if is_new and makes and (position <= end or wanted_first not in makes):
                    others.add(position)
                    waiting.append(position)
        return others - {answer}
