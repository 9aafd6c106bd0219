"""Extract the answers, and nothing else, from an untrusted notebook.

The master notebook supplies the set-up and the checks; a submission's own versions of these are never run. A changed
demonstration is run only where an answer misses a name. Answers are found by id, then by nbgrader's `grade_id`, then
by tag and exercise, then by the name that they define. All other code cells are the learner's own and run in the
submission's order. An answer is observed at the first check that follows it, as it was for the learner; a copy of the
answer further down changes nothing.
"""

import re
from collections import Counter
from collections.abc import Mapping

from workbook.course.grading.definitions import defined, imports
from workbook.course.grading.masters import Master, MasterCell, is_answer
from workbook.course.grading.referee_messages import Answers, Cell
from workbook.course.grading.submitted_notebook import MalformedError, SubmittedCell, read_cells

COURSE_TAGS = frozenset({"setup", "slow", "colab", "badges"})  # given by the course, and kept by every tool
CODE_STUB, TEXT_STUB = "raise NotImplementedError()", "YOUR ANSWER HERE"  # as nbgrader writes them
CHECK = re.compile(r"check\(\s*[\"']([0-9]{1,3}\.[0-9]{1,3})[\"']\s*,[^()\n]{0,200}\)\s*;?")
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
    """Return the exercise that a cell checks, by its tag or its call of `check`; "" for other cells."""
    if "check" in cell.tags:
        return cell.exercise
    call = CHECK.fullmatch(cell.source.strip())
    return call[1] if call else ""


class _Reading:
    """The reading of one submission, with its chapter's master. A cell is identified by its position."""

    def __init__(self, master: Master, cells: list[SubmittedCell], other_entries: int) -> None:
        self.names = master.answer_names
        self.chapter, self.cells = master.chapter, cells
        self.by_id = {cell.id: cell for cell in master.cells}
        self.stubs = {cell.exercise: cell for cell in master.cells if is_answer(cell)}
        self.checks = {cell.exercise: cell for cell in master.cells if cell.kind == "check"}
        self.sources = {_normal(cell.source): cell for cell in master.cells if not is_answer(cell)}
        self.notes = [f"{other_entries} entries of the notebook are not cells"] if other_entries else []
        # For each exercise, the cells that may hold its answer, as (rank, position).
        self.candidates: dict[str, list[tuple[int, int]]] = {name: [] for name in self.stubs}
        self.plan: dict[int, Cell] = {}

    def answers(self) -> Answers:
        """Classify the cells, choose the answers, and return all in the submission's order."""
        for position, cell in enumerate(self.cells):
            self._classify(position, cell)
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
            answered = [name for name, chosen_position in chosen.items() if chosen_position == position]
            cells += [Cell("answer", name, self._source(position)) for name in answered] or [cell]
        return [cell for cell in cells if cell.kind != "own" or cell.source.strip()]

    def _source(self, position: int) -> str:
        return self.cells[position].source

    def _defines(self, position: int, name: str) -> bool:
        return bool(defined(self._source(position), [self.names[name]]))

    def _classify(self, position: int, cell: SubmittedCell) -> None:
        """Record what a cell is: a candidate for an answer, a check, a cell of the course, or the learner's own."""
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
        """Keep the imports that the submission adds to the set-up cell, as one of the learner's own cells."""
        added = [line for line in imports(cell.source) if line not in imports(setup.source)]
        if added:
            self.plan[position] = Cell("own", "", "\n".join(added))
        self.notes.append(
            "the set-up cell was changed: the course's own was run, then the imports that were added"
        )

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
        check = self.checks.get(_checked_exercise(cell))
        return BY_CONTENT, check or self.sources.get(_normal(cell.source))

    def _add_by_content(self, position: int, cell: SubmittedCell) -> None:
        """Add a cell to the candidates of every answer that it defines."""
        defined_names = defined(cell.source, self.names.values())
        for name, answer_name in self.names.items():
            if answer_name in defined_names:
                self.candidates[name].append((BY_CONTENT, position))

    def _text(self, name: str) -> str | None:
        """Return an answer in words; "" if its cell is unchanged, None if it has no cell or is an answer in code."""
        if name in self.names or not self.candidates[name]:
            return None
        untouched = {_normal(self.stubs[name].source), TEXT_STUB, ""}
        texts = [self._source(position) for _, position in sorted(self.candidates[name])]
        return next((text for text in texts if _normal(text) not in untouched), "")

    def _choose(self, name: str) -> int | None:
        """Return the position of the cell that holds the answer, or None.

        Cells that were worked on come before untouched ones, then lower ranks, then earlier positions. Other cells with
        the same id that would define the answer again are dropped: they are copies that tools make, or are meant to
        replace the answer. A cell with a different id stays, as the learner's own cell.
        """
        code = [(rank, position) for rank, position in self.candidates[name] if self.cells[position].is_code]
        if not code:
            if self.candidates[name]:
                self.notes.append(f"the answer cell of {name} is no longer a code cell")
            return None
        rank, best = min(code, key=lambda candidate: (not self._is_worked_on(name, candidate[1]), *candidate))
        with_id = [position for candidate_rank, position in code if candidate_rank == BY_ID]
        if rank != BY_ID and with_id:
            self.notes.append(f"the answer to {name} was taken from another cell: its own defines none")
        if len(with_id) > 1:
            self.notes.append(f"the answer cell of {name} appears {len(with_id)} times; one was taken")
        for position in with_id:
            if position != best and self._defines(position, name):
                del self.plan[position]
        return best

    def _is_worked_on(self, name: str, position: int) -> bool:
        """Return whether a cell defines the answer and is no longer a stub."""
        source = self._source(position)
        is_untouched = CODE_STUB in source or _normal(source) == _normal(self.stubs[name].source)
        return not is_untouched and self._defines(position, name)

    def _merged(self, chosen: Mapping[str, int]) -> dict[str, int]:
        """Return the positions of answers without a cell that the cells of other exercises define."""
        owners = {position: owner for owner, position in chosen.items()}
        merged = {}
        for name in self.names:
            if name in chosen:
                continue
            position = next((position for position in sorted(owners) if self._defines(position, name)), None)
            if position is not None:
                self.notes.append(f"the answer to {name} is in the cell of {owners[position]}")
                merged[name] = position
        return merged
