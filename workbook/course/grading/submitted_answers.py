"""Take the answers, and nothing else, out of an untrusted notebook.

The master supplies the set-up, the checks and the demonstrations; what the submission made of those is never run. Its
answers are found by id, then by nbgrader's `grade_id`, then by the tag and the exercise, then by the name they define.
All other code cells are the learner's own and run in the submission's order. An answer is observed at the first check
that follows it, as it was for the learner; a copy of the answer further down changes nothing.
"""

import re
from collections import Counter
from collections.abc import Mapping

from workbook.course.grading.definitions import defined, imports
from workbook.course.grading.masters import Master, MasterCell, is_answer
from workbook.course.grading.referee_messages import Answers, Cell
from workbook.course.grading.submitted_notebook import MalformedError, SubmittedCell, read_cells

COURSE_TAGS = frozenset({"setup", "slow", "colab", "badges"})  # given by the course, and kept by every tool
CODE_STUB, TEXT_STUB = "raise NotImplementedError()", "YOUR ANSWER HERE"  # nbgrader's
CHECK = re.compile(r"check\(\s*[\"']([0-9]{1,3}\.[0-9]{1,3})[\"']\s*,[^()\n]{0,200}\)\s*;?")
BY_ID, BY_METADATA_ID, BY_GRADE_ID, BY_TAG, BY_CONTENT = range(
    5
)  # ranks: how a cell was found, the surest first


def read_answers(data: bytes, masters: Mapping[str, Master], chapter: str = "") -> Answers:
    """Read a submission's answers to `chapter`, or to the chapter that most of its cells belong to. Never raises.

    A `chapter` that the file's name told counts if a single cell belongs to it.
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
    """Return the chapter to which most cells belong, by ids and sources; then by the names that they define; or ""."""
    for count in (_counts_by_cell, _counts_by_name):
        counts = count(cells, masters)
        if counts.get(named):
            return named
        if any(counts.values()):
            return max(counts, key=lambda chapter: counts[chapter])
    return ""


def _counts_by_cell(cells: list[SubmittedCell], masters: Mapping[str, Master]) -> dict[str, int]:
    submitted = [(cell, {cell.id, cell.metadata_id, cell.grade_id}, _normal(cell.source)) for cell in cells]
    sources_of = {name: {_normal(cell.source) for cell in master.cells} for name, master in masters.items()}
    shared = Counter(source for sources in sources_of.values() for source in sources)
    counts = {}
    for name, master in masters.items():
        ids, exercises = {cell.id for cell in master.cells}, set(master.exercises)
        sources = {source for source in sources_of[name] if source and shared[source] == 1}
        counts[name] = sum(
            not ids.isdisjoint(cell_ids)
            or source in sources
            or (cell.exercise in exercises and not cell.tags.isdisjoint(("exercise", "check")))
            for cell, cell_ids, source in submitted
        )
    return counts


def _counts_by_name(cells: list[SubmittedCell], masters: Mapping[str, Master]) -> dict[str, int]:
    names = {name for master in masters.values() for name in master.answer_names.values()}
    definitions = [defined(cell.source, names) for cell in cells if cell.is_code]
    return {
        chapter: sum(len(made.intersection(master.answer_names.values())) for made in definitions)
        for chapter, master in masters.items()
    }


def _normal(source: str) -> str:
    return "\n".join(line.rstrip() for line in source.strip().split("\n"))


class _Reading:
    """One submission against one master. Cells are known by their position."""

    def __init__(self, master: Master, cells: list[SubmittedCell], other_entries: int) -> None:
        self.names = master.answer_names
        self.chapter, self.cells = master.chapter, cells
        self.by_id = {cell.id: cell for cell in master.cells}
        self.stubs = {cell.exercise: cell for cell in master.cells if is_answer(cell)}
        self.checks = {cell.exercise: cell for cell in master.cells if cell.kind == "check"}
        self.sources = {_normal(cell.source): cell for cell in master.cells if not is_answer(cell)}
        self.notes = [f"{other_entries} entries of the notebook are not cells"] if other_entries else []
        self.candidates: dict[str, list[tuple[int, int]]] = {
            name: [] for name in self.stubs
        }  # rank, position
        self.plan: dict[int, Cell] = {}

    def answers(self) -> Answers:
        """Sort the cells, choose the answers, and return all in the submission's order."""
        for position, cell in enumerate(self.cells):
            self._sort(position, cell)
        texts = {name: text for name in self.stubs if (text := self._text(name)) is not None}
        chosen = {name: best for name in self.names if (best := self._choose(name)) is not None}
        chosen |= self._merged(chosen)
        cells = tuple(self._in_order(chosen))
        missing = tuple(name for name in self.stubs if name not in chosen and name not in texts)
        return Answers(self.chapter, cells, texts, missing, "", tuple(dict.fromkeys(self.notes)))

    def _in_order(self, chosen: Mapping[str, int]) -> list[Cell]:
        """Return the cells in the submission's order; one that answers several exercises appears once for each."""
        cells: list[Cell] = []
        for position, cell in sorted(self.plan.items()):
            answered = [name for name, place in chosen.items() if place == position]
            cells += [Cell("answer", name, self._source(position)) for name in answered] or [cell]
        return [cell for cell in cells if cell.kind != "own" or cell.source.strip()]

    def _source(self, position: int) -> str:
        return self.cells[position].source

    def _defines(self, position: int, name: str) -> bool:
        return bool(defined(self._source(position), [self.names[name]]))

    def _sort(self, position: int, cell: SubmittedCell) -> None:
        """Note what a cell is: an answer's candidate, a check's place, the course's own, or the learner's own."""
        rank, original = self._match(cell)
        if original is not None and is_answer(original):
            self.candidates[original.exercise].append((rank, position))
            if cell.is_code and original.kind == "answer":
                self.plan[position] = Cell("own", "", cell.source)
        elif original is not None and original.kind == "check" and cell.is_code:
            self.plan[position] = Cell("check", original.exercise, original.source)
        elif original is not None:
            is_changed = cell.is_code and _normal(cell.source) != _normal(original.source)
            if original.kind == "setup" and is_changed:
                self._keep_imports(position, cell, original)
            elif original.kind == "demonstration" and is_changed:
                self.plan[position] = Cell("changed", "", cell.source)
        elif cell.is_code and cell.tags.isdisjoint(COURSE_TAGS):
            self.plan[position] = Cell("own", "", cell.source)
            self._add_by_content(position, cell)
        elif cell.is_code and cell.source.strip():
            self.notes.append("a changed copy of a cell of the course was left out")

    def _keep_imports(self, position: int, cell: SubmittedCell, setup: MasterCell) -> None:
        """Keep what a learner adds to the imports of the set-up cell, as a cell of their own."""
        added = [line for line in imports(cell.source) if line not in imports(setup.source)]
        if added:
            self.plan[position] = Cell("own", "", "\n".join(added))
        self.notes.append(
            "the set-up cell was changed: the course's own was run, then the imports that were added"
        )

    def _match(self, cell: SubmittedCell) -> tuple[int, MasterCell | None]:
        """Return how the master's version of a cell was found, and that version."""
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
        called = CHECK.fullmatch(cell.source.strip())
        number = cell.exercise if "check" in cell.tags else called[1] if called else ""
        return BY_CONTENT, self.checks.get(number) or self.sources.get(_normal(cell.source))

    def _add_by_content(self, position: int, cell: SubmittedCell) -> None:
        made = defined(cell.source, self.names.values())
        for name, answer in self.names.items():
            if answer in made:
                self.candidates[name].append((BY_CONTENT, position))

    def _text(self, name: str) -> str | None:
        """Return an answer in words; "" if it is as it was handed out, None if its cell is missing."""
        if name in self.names or not self.candidates[name]:
            return None
        untouched = {_normal(self.stubs[name].source), TEXT_STUB, ""}
        texts = [self._source(position) for _, position in sorted(self.candidates[name])]
        return next((text for text in texts if _normal(text) not in untouched), "")

    def _choose(self, name: str) -> int | None:
        """Return the cell that is the answer: one that was worked on before one that was not; then by rank and place.

        Other cells with the same id that would define the answer again are dropped: they are copies that tools make,
        or are meant to replace it. A cell with an id of its own stays, as the learner's own cell.
        """
        code = [(rank, position) for rank, position in self.candidates[name] if self.cells[position].is_code]
        if not code:
            if self.candidates[name]:
                self.notes.append(f"the answer cell of {name} is no longer a code cell")
            return None
        rank, best = min(code, key=lambda candidate: (not self._is_worked_on(name, candidate[1]), *candidate))
        with_id = [position for rank_, position in code if rank_ == BY_ID]
        if rank != BY_ID and with_id:
            self.notes.append(f"the answer to {name} was taken from another cell: its own defines none")
        if len(with_id) > 1:
            self.notes.append(f"the answer cell of {name} appears {len(with_id)} times; one was taken")
        for position in with_id:
            if position != best and self._defines(position, name):
                del self.plan[position]
        return best

    def _is_worked_on(self, name: str, position: int) -> bool:
        source = self._source(position)
        is_untouched = CODE_STUB in source or _normal(source) == _normal(self.stubs[name].source)
        return not is_untouched and self._defines(position, name)

    def _merged(self, chosen: Mapping[str, int]) -> dict[str, int]:
        """Find answers that have no cell, in the cells of other exercises."""
        merged = {}
        for name in self.names:
            places = {} if name in chosen else {place: owner for owner, place in chosen.items()}
            place = next((place for place in sorted(places) if self._defines(place, name)), None)
            if place is not None:
                self.notes.append(f"the answer to {name} is in the cell of {places[place]}")
                merged[name] = place
        return merged
