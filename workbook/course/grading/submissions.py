"""Find the submissions in a folder or a zip: whose each is, which chapter, and why one cannot be read.

Understood are a folder of notebooks, a folder for each learner, nbgrader's tree
`submitted/STUDENT/ASSIGNMENT/NOTEBOOK.ipynb` (its user guide, "The philosophy and the approach"), each of them zipped
too, and the zips that Moodle and Canvas export (`names` says how they name files). A zip inside is opened, one level
deep: its names tell the chapter, never the learner.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from workbook.course.grading.containers import OUTSIDE, READ, Entry, OnDisk, Source, in_folder, in_zip, shown
from workbook.course.grading.names import Claim, chapter_of, claim, identifiers

MOST_NESTED = 50  # notebooks in a zip that one learner handed in
WRAPPERS = ("submitted", "submissions")


@dataclass(frozen=True)
class Submission:
    """One learner's file for one chapter, not yet read.

    `student` is safe to show and its own: no two learners share one. `chapter` is "" where no name tells it. `origin`
    is where the file was found, for messages. `lms_id` is Canvas's user id or Moodle's participant number, or "".
    `problem` says in one sentence why it cannot be read, or is "". `passed_over` names older files that it replaces.
    """

    student: str
    chapter: str
    origin: str
    lms_id: str = ""
    problem: str = ""
    passed_over: tuple[str, ...] = ()
    source: Source | None = field(default=None, repr=False)
    order: tuple[int, int, str] = field(default=(0, 0, ""), repr=False)

    def read(self) -> bytes:
        """Give the file's bytes, at most 50 MB; ValueError with one sentence if that cannot be done."""
        if self.problem or self.source is None:
            raise ValueError(self.problem or "There is no file.")
        return self.source.read()

    @property
    def oddity(self) -> str:
        """One line on what is odd about the file, or ""."""
        if not self.passed_over:
            return self.problem
        older = f"Newer than {', '.join(self.passed_over[:3])}{' …' if len(self.passed_over) > 3 else ''}, not graded."
        return f"{self.problem} {older}".strip()


def find(path: Path, chapters: Sequence[str], *, student: str = "") -> list[Submission]:
    """List the submissions at `path`, in order of learner and chapter.

    `chapters` are names such as "02_convolution". Of a learner's several files for one chapter the newest that can be
    read stays: by Canvas's attachment id, then by the number of the copy, then by name. ValueError in one line where
    there is nothing to grade. With `student` all is that learner's, whatever the names say: Gradescope's case.
    """
    entries, owner, in_course = _entries(path)
    entries, in_course = _without_wrapper(entries, owner, chapters, in_course)
    told = [(entry, claim(entry.parts, chapters, owner)) for entry in entries]
    claims = [
        (entry, one) for entry, one in told
        if entry.suffix in READ or entry.problem or one.from_platform or in_course
    ]  # fmt: skip
    if student:
        claims = [(entry, replace(one, student=student, lms_id="")) for entry, one in claims]
    own = identifiers(one.student for _, one in claims)
    found: list[Submission] = []
    for entry, one in claims:
        if entry.suffix in READ or entry.problem:
            found += _opened(entry, one, own[one.student], chapters)
    found += _without_notebook(claims, own, {one.student for one in found})
    if not found:
        raise ValueError(
            f"{shown(path)} holds no notebook (.ipynb): point at the folder or zip with the submissions."
        )
    return _newest_of_each(found)


def newest(submissions: Sequence[Submission]) -> Submission:
    """Choose among one learner's submissions for one chapter; the others' origins go to `passed_over`.

    For those whose chapter only their content tells: `find` could not compare them. ValueError if there are none.
    """
    if not submissions:
        raise ValueError("There is no submission to choose from. Received: an empty sequence")
    ranked = sorted(enumerate(submissions), key=lambda one: (not one[1].problem, one[1].order, one[0]))
    last = ranked[-1][1]
    older = [name for _, one in ranked[:-1] for name in (*one.passed_over, one.origin)]
    return replace(last, passed_over=(*last.passed_over, *older))


def _entries(path: Path) -> tuple[list[Entry], str, bool]:
    """List the files at a path; give the learner's name where no name below tells it; is it nbgrader's tree?"""
    try:
        place = path.resolve(strict=True)
        is_folder, is_file = place.is_dir(), place.is_file()
    except (OSError, ValueError, RuntimeError):
        raise ValueError(f"{shown(path)} does not exist: check the path.") from None
    if is_folder:
        course = place / "submitted"
        is_course = course.is_dir() and not course.is_symlink()
        in_course = is_course or place.name == course.name
        return in_folder(course if is_course else place), place.name or "learner", in_course
    source = OnDisk(str(place.parent), (place.name,))
    suffix = place.suffix.lower()
    if not is_file or suffix not in READ:
        raise ValueError(
            f"{shown(path)} is no folder, zip or notebook (.ipynb); unpack other archives first."
        )
    if suffix == ".ipynb":
        return [Entry((place.name,), source)], place.parent.name or "learner", False
    try:
        entries = in_zip(source)
    except ValueError as error:
        raise ValueError(f"{shown(path)} cannot be read: {error} Export it again.") from None
    return entries, place.stem, False


def _without_wrapper(
    entries: list[Entry], owner: str, chapters: Sequence[str], in_course: bool
) -> tuple[list[Entry], bool]:
    """Take off folders that stand around all submissions; say whether what is left is nbgrader's tree.

    A folder that holds everything is a wrapper if it is named as what was pointed at, or `submitted`; or if it holds
    several notebooks with learners' names. Otherwise it is the one learner's.
    """
    while not in_course:
        course = [entry for entry in entries if len(entry.parts) > 2 and entry.parts[0] == "submitted"]
        if course:
            return [_below(entry) for entry in course], True
        work = [entry for entry in entries if entry.suffix in READ and entry.problem != OUTSIDE]
        tops = {entry.parts[0] if len(entry.parts) > 1 else "" for entry in work}
        top = tops.pop() if len(tops) == 1 else ""
        if not top or not (top in (owner, *WRAPPERS) or _is_class(work, chapters)):
            break
        entries = [_below(entry) if entry.parts[0] == top else entry for entry in entries]
    return entries, in_course


def _below(entry: Entry) -> Entry:
    if len(entry.parts) < 2:
        return entry
    return replace(entry, parts=entry.parts[1:], above=(*entry.above, entry.parts[0]))


def _is_class(work: list[Entry], chapters: Sequence[str]) -> bool:
    """Whether the one folder that there is holds several learners' notebooks and no folders."""
    told = claim(work[0].parts, chapters, "")
    if any(len(entry.parts) != 2 for entry in work) or told.from_platform or told.student != work[0].parts[0]:
        return False
    learners = {claim(entry.parts[1:], chapters, "").student for entry in work}
    return "" not in learners and len(learners) > 1


def _opened(entry: Entry, one: Claim, student: str, chapters: Sequence[str]) -> list[Submission]:
    """Make the submissions of one file: itself, or the notebooks of a zip that the learner handed in."""
    whole = Submission(
        student, one.chapter, entry.origin, one.lms_id, entry.problem, (), entry.source, one.order
    )
    if entry.suffix != ".zip" or entry.problem:
        return [whole]
    try:
        inner = in_zip(entry.source)
    except ValueError as error:
        return [replace(whole, problem=str(error))]
    notebooks = [each for each in inner if each.suffix == ".ipynb"]
    if not notebooks or len(notebooks) > MOST_NESTED:
        number = "no notebook" if not notebooks else f"more than {MOST_NESTED} notebooks"
        return [replace(whole, problem=f"The zip that was handed in holds {number}.")]
    return [_nested(whole, each, chapters) for each in notebooks]


def _nested(whole: Submission, inner: Entry, chapters: Sequence[str]) -> Submission:
    told = claim(inner.parts, chapters, "")
    return replace(
        whole,
        chapter=chapter_of(inner.parts, chapters) or whole.chapter,
        origin=shown(f"{whole.origin}/{'/'.join(inner.parts)}"),
        problem=inner.problem,
        source=inner.source,
        order=(whole.order[0], max(whole.order[1], told.order[1]), f"{whole.order[2]}/{told.order[2]}"),
    )


def _without_notebook(
    claims: Iterable[tuple[Entry, Claim]], student: dict[str, str], seen: set[str]
) -> list[Submission]:
    """Name the learners of a platform's export or of nbgrader's tree who handed in files, but no notebook."""
    others: dict[str, Submission] = {}
    for entry, one in claims:
        name = student[one.student]
        if name in seen or name in others:
            continue
        problem = "No notebook (.ipynb) was handed in."
        others[name] = Submission(name, one.chapter, entry.origin, one.lms_id, problem)
    return list(others.values())


def _newest_of_each(found: list[Submission]) -> list[Submission]:
    """Keep one submission for each learner and chapter that a name tells, and all whose chapter their content tells."""
    grouped: defaultdict[tuple[str, str], list[Submission]] = defaultdict(list)
    for one in found:
        grouped[one.student, one.chapter].append(one)
    kept: list[Submission] = []
    for (_, chapter), group in grouped.items():
        kept += [newest(group)] if chapter else group
    return sorted(kept, key=lambda one: (one.student, one.chapter, one.origin))
