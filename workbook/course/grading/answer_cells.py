"""Take the answers, and nothing else, out of a notebook that nobody trusts.

The master supplies the set-up, the checks and the demonstrations; what the submission made of those is never run. Its
answers are found by id, then by nbgrader's `grade_id`, then by the tag and the exercise, then by the name they define.
All other code cells are the learner's own and run in the submission's order. Whoever runs the cells looks at an answer
where the first check behind it stands, as the learner did; a copy of an answer further down then changes nothing.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from workbook.course.grading.definitions import defined, imports
from workbook.course.grading.masters import Master, MasterCell, is_answer, read_masters
from workbook.course.grading.notebook import Found, MalformedError, read_cells

OF_THE_COURSE = frozenset(
    {"setup", "slow", "colab", "badges"}
)  # tags that the course gave, kept by every tool
CODE_STUB, TEXT_STUB = "raise NotImplementedError()", "YOUR ANSWER HERE"  # nbgrader's
CHECK = re.compile(r"check\(\s*[\"']([0-9]{1,3}\.[0-9]{1,3})[\"']\s*,[^()\n]{0,200}\)\s*;?")
BY_ID, BY_METADATA_ID, BY_GRADE_ID, BY_TAG, BY_CONTENT = range(5)


@dataclass(frozen=True)
class Cell:
    """A cell to run: "answer" and "own" are the learner's; "check" marks a place and has the master's source.

    "changed" is a demonstration of the course that the learner changed: run only where an answer misses a name.
    """

    kind: str
    exercise: str
    source: str


@dataclass(frozen=True)
class Answers:
    """What a submission holds for one chapter.

    `texts` are the answers in words, "" where untouched. `missing` are the exercises without a cell. `problem` is one
    sentence if the file cannot be graded, or "". `notes` are clauses for the instructor.
    """

    chapter: str
    cells: tuple[Cell, ...] = ()
    texts: dict[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    problem: str = ""
    notes: tuple[str, ...] = ()


def read_answers(data: bytes, masters: Mapping[str, Master], chapter: str = "") -> Answers:
    """Read a submission's answers to `chapter`, or to the chapter that most of its cells belong to. Never raises.

    A chapter that the file's name told, and that is given, is believed if a single cell belongs to it.
    """
    try:
        found, no_cells = read_cells(data)
        master = masters.get(_chapter(found, masters, chapter))
        if master is None:
            raise MalformedError("No cell of any chapter is in the notebook.")
        return _Reading(master, found, no_cells).answers()
    except MalformedError as error:
        return Answers(chapter, problem=str(error))
    except (RecursionError, MemoryError):
        return Answers(chapter, problem="The notebook takes more memory or depth than can be given to one.")


def _chapter(found: list[Found], masters: Mapping[str, Master], named: str) -> str:
    """Give the chapter to which most cells belong, by ids and sources; then by the names that cells define; or ""."""
    for count in (_counts_by_cell, _counts_by_name):
        counts = count(found, masters)
        if counts.get(named):
            return named
        if any(counts.values()):
            return max(counts, key=lambda one: counts[one])
    return ""


def _counts_by_cell(found: list[Found], masters: Mapping[str, Master]) -> dict[str, int]:
    looked_at = [(one, {one.id, one.metadata_id, one.grade_id}, _normal(one.source)) for one in found]
    sources_of = {name: {_normal(cell.source) for cell in master.cells} for name, master in masters.items()}
    shared = Counter(source for sources in sources_of.values() for source in sources)
    counts = {}
    for name, master in masters.items():
        ids, exercises = {cell.id for cell in master.cells}, set(master.exercises)
        sources = {source for source in sources_of[name] if source and shared[source] == 1}
        counts[name] = sum(
            not ids.isdisjoint(names)
            or source in sources
            or (one.exercise in exercises and not one.tags.isdisjoint(("exercise", "check")))
            for one, names, source in looked_at
        )
    return counts


def _counts_by_name(found: list[Found], masters: Mapping[str, Master]) -> dict[str, int]:
    names = {name for master in masters.values() for name in master.answer_names.values()}
    seen = [defined(one.source, names) for one in found if one.is_code]
    return {
        chapter: sum(len(these.intersection(master.answer_names.values())) for these in seen)
        for chapter, master in masters.items()
    }


def _normal(source: str) -> str:
    return "\n".join(line.rstrip() for line in source.strip().split("\n"))


class _Reading:
    """One submission against one master. Cells are named by their position."""

    def __init__(self, master: Master, found: list[Found], no_cells: int) -> None:
        self.names = master.answer_names
        self.chapter, self.found = master.chapter, found
        self.by_id = {cell.id: cell for cell in master.cells}
        self.stubs = {cell.exercise: cell for cell in master.cells if is_answer(cell)}
        self.checks = {cell.exercise: cell for cell in master.cells if cell.kind == "check"}
        self.sources = {_normal(cell.source): cell for cell in master.cells if not is_answer(cell)}
        self.notes = [f"{no_cells} entries of the notebook are no cells"] if no_cells else []
        self.candidates: dict[str, list[tuple[int, int]]] = {one: [] for one in self.stubs}
        self.plan: dict[int, Cell] = {}

    def answers(self) -> Answers:
        """Sort the cells, choose the answers, and put all in the submission's order."""
        for position, one in enumerate(self.found):
            self._sort(position, one)
        texts = {name: text for name in self.stubs if (text := self._text(name)) is not None}
        chosen = {name: best for name in self.names if (best := self._choose(name)) is not None}
        chosen |= self._merged(chosen)
        cells = tuple(self._in_order(chosen))
        missing = tuple(one for one in self.stubs if one not in chosen and one not in texts)
        return Answers(self.chapter, cells, texts, missing, "", tuple(dict.fromkeys(self.notes)))

    def _in_order(self, chosen: Mapping[str, int]) -> list[Cell]:
        """Put the cells in the submission's order; one that answers several exercises stands once for each."""
        cells: list[Cell] = []
        for position, cell in sorted(self.plan.items()):
            answered = [name for name, place in chosen.items() if place == position]
            cells += [Cell("answer", name, self._source(position)) for name in answered] or [cell]
        return [cell for cell in cells if cell.kind != "own" or cell.source.strip()]

    def _source(self, position: int) -> str:
        return self.found[position].source

    def _defines(self, position: int, name: str) -> bool:
        return bool(defined(self._source(position), [self.names[name]]))

    def _sort(self, position: int, one: Found) -> None:
        """Say what a cell is: an answer's candidate, a check's place, the course's own, or the learner's own."""
        rank, cell = self._match(one)
        if cell is not None and is_answer(cell):
            self.candidates[cell.exercise].append((rank, position))
            if one.is_code and cell.kind == "answer":
                self.plan[position] = Cell("own", "", one.source)
        elif cell is not None and cell.kind == "check" and one.is_code:
            self.plan[position] = Cell("check", cell.exercise, cell.source)
        elif cell is not None:
            changed = one.is_code and _normal(one.source) != _normal(cell.source)
            if cell.kind == "setup" and changed:
                self._keep_imports(position, one, cell)
            elif cell.kind == "demonstration" and changed:
                self.plan[position] = Cell("changed", "", one.source)
        elif one.is_code and one.tags.isdisjoint(OF_THE_COURSE):
            self.plan[position] = Cell("own", "", one.source)
            self._add_by_content(position, one)
        elif one.is_code and one.source.strip():
            self.notes.append("a changed copy of a cell of the course was left out")

    def _keep_imports(self, position: int, one: Found, setup: MasterCell) -> None:
        """Keep what a learner imports in the set-up cell besides, as a cell of their own."""
        added = [line for line in imports(one.source) if line not in imports(setup.source)]
        if added:
            self.plan[position] = Cell("own", "", "\n".join(added))
        self.notes.append(
            "the set-up cell was changed; the course's own was run, and what theirs imports besides"
        )

    def _match(self, one: Found) -> tuple[int, MasterCell | None]:
        """Find the master's cell that a cell is, and by what it was found."""
        for rank, name in ((BY_ID, one.id), (BY_METADATA_ID, one.metadata_id), (BY_GRADE_ID, one.grade_id)):
            if name in self.by_id:
                return rank, self.by_id[name]
        if "exercise" in one.tags and one.exercise in self.stubs:
            return BY_TAG, self.stubs[one.exercise]
        if not one.is_code:
            return BY_CONTENT, None
        called = CHECK.fullmatch(one.source.strip())
        number = one.exercise if "check" in one.tags else called[1] if called else ""
        return BY_CONTENT, self.checks.get(number) or self.sources.get(_normal(one.source))

    def _add_by_content(self, position: int, one: Found) -> None:
        these = defined(one.source, self.names.values())
        for name, answer in self.names.items():
            if answer in these:
                self.candidates[name].append((BY_CONTENT, position))

    def _text(self, name: str) -> str | None:
        """Give an answer in words; "" where it is as it was handed out, None where its cell is not there."""
        if name in self.names or not self.candidates[name]:
            return None
        untouched = {_normal(self.stubs[name].source), TEXT_STUB, ""}
        texts = [self._source(position) for _, position in sorted(self.candidates[name])]
        return next((text for text in texts if _normal(text) not in untouched), "")

    def _choose(self, name: str) -> int | None:
        """Choose the cell that is the answer: one that was worked on before one that was not; then by rank and place.

        Of others with the very id, those that would define the answer again are dropped: they are copies that some
        tools make, or meant to replace it. One that has an id of its own stays, as the learner's own cell.
        """
        code = [(rank, position) for rank, position in self.candidates[name] if self.found[position].is_code]
        if not code:
            if self.candidates[name]:
                self.notes.append(f"the answer cell of {name} is no code cell any more")
            return None
        rank, best = min(code, key=lambda one: (not self._is_worked_on(name, one[1]), *one))
        exact = [position for each, position in code if each == BY_ID]
        if rank != BY_ID and exact:
            self.notes.append(f"the answer to {name} was taken from another cell: its own defines none")
        if len(exact) > 1:
            self.notes.append(f"the answer cell of {name} stands {len(exact)} times; one was taken")
        for position in exact:
            if position != best and self._defines(position, name):
                del self.plan[position]
        return best

    def _is_worked_on(self, name: str, position: int) -> bool:
        source = self._source(position)
        untouched = CODE_STUB in source or _normal(source) == _normal(self.stubs[name].source)
        return not untouched and self._defines(position, name)

    def _merged(self, chosen: Mapping[str, int]) -> dict[str, int]:
        """Find answers that have no cell, in the cells of other exercises."""
        merged = {}
        for name in self.names:
            places = {} if name in chosen else {place: other for other, place in chosen.items()}
            place = next((place for place in sorted(places) if self._defines(place, name)), None)
            if place is not None:
                self.notes.append(f"the answer to {name} stands in the cell of {places[place]}")
                merged[name] = place
        return merged


__all__ = ["Answers", "Cell", "Master", "MasterCell", "read_answers", "read_masters"]
