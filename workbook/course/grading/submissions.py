"""Find the submissions in a folder or a zip: their learners, their chapters, and why one cannot be read.

Supported are a folder of notebooks, a folder for each learner, nbgrader's tree
`submitted/STUDENT/ASSIGNMENT/NOTEBOOK.ipynb` (its user guide, "The philosophy and the approach"), a zip of any of
these, and the zips that Moodle and Canvas export (`names` says how they name files). A zip inside is opened, one level
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

    `student` is safe to show, and no two learners share one. `chapter` is "" where no name tells it. `origin`
    is where the file was found, for messages. `lms_id` is Canvas's user id or Moodle's participant number, or "".
    `problem` says in one sentence why it cannot be read, or is "". `older_files` are those that it replaces.
    """

    student: str
    chapter: str
    origin: str
    lms_id: str = ""
    problem: str = ""
    older_files: tuple[str, ...] = ()
    source: Source | None = field(default=None, repr=False)
    order: tuple[int, int, str] = field(default=(0, 0, ""), repr=False)

    def read(self) -> bytes:
        """Return the file's bytes, at most 50 MB; ValueError with one sentence if that cannot be done."""
        if self.problem or self.source is None:
            raise ValueError(self.problem or "There is no file.")
        return self.source.read()

    @property
    def oddity(self) -> str:
        """What is odd about the file, in one line, or ""."""
        if not self.older_files:
            return self.problem
        names = ", ".join(self.older_files[:3]) + (" …" if len(self.older_files) > 3 else "")
        return f"{self.problem} Older files were not graded: {names}.".strip()


def find(path: Path, chapters: Sequence[str], *, student: str = "") -> list[Submission]:
    """Return the submissions at `path`, in order of learner and chapter.

    `chapters` are names such as "02_convolution". Of a learner's several files for one chapter the newest that can be
    read stays: by Canvas's attachment id, then by the number of the copy, then by name. With `student`, all files are
    that learner's, whatever the names say, as on Gradescope. ValueError in one line if there is nothing to grade.
    """
    entries, owner, in_course = _entries(path)
    entries, in_course = _without_wrapper(entries, owner, chapters, in_course)
    claims = [(entry, claim(entry.parts, chapters, owner)) for entry in entries]
    claims = [
        (entry, claimed)
        for entry, claimed in claims
        if entry.suffix in READ or entry.problem or claimed.from_platform or in_course
    ]
    if student:
        claims = [(entry, replace(claimed, student=student, lms_id="")) for entry, claimed in claims]
    names = identifiers(claimed.student for _, claimed in claims)
    found: list[Submission] = []
    for entry, claimed in claims:
        if entry.suffix in READ or entry.problem:
            found += _opened(entry, claimed, names[claimed.student], chapters)
    found += _without_notebook(claims, names, {submission.student for submission in found})
    if not found:
        raise ValueError(
            f"{shown(path)} holds no notebook (.ipynb): give the folder or zip with the submissions."
        )
    return newest_of_each(found)


def newest(submissions: Sequence[Submission]) -> Submission:
    """Return the newest of one learner's submissions for one chapter; the others' origins go to `older_files`.

    Of equals the last wins. ValueError if there are none.
    """
    if not submissions:
        raise ValueError("There must be a submission to choose from. Received: an empty sequence")
    ranked = sorted(submissions, key=lambda submission: (not submission.problem, submission.order))
    last = ranked[-1]
    older = [name for submission in ranked[:-1] for name in (*submission.older_files, submission.origin)]
    return replace(last, older_files=(*last.older_files, *older))


def _entries(path: Path) -> tuple[list[Entry], str, bool]:
    """Return the files at a path, the learner if no name below tells one, and whether it is nbgrader's tree."""
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
            f"{shown(path)} is not a folder, a zip or a notebook (.ipynb): unpack other archives first."
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
    """Remove the folders around all submissions; also return whether what is left is nbgrader's tree.

    A folder that holds everything is a wrapper if it has the name of the path, or is `submitted`; or if it holds
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
    """Return whether the only folder holds several learners' notebooks and no folders."""
    first = claim(work[0].parts, chapters, "")
    if (
        any(len(entry.parts) != 2 for entry in work)
        or first.from_platform
        or first.student != work[0].parts[0]
    ):
        return False
    learners = {claim(entry.parts[1:], chapters, "").student for entry in work}
    return "" not in learners and len(learners) > 1


def _opened(entry: Entry, claimed: Claim, student: str, chapters: Sequence[str]) -> list[Submission]:
    """Return the submissions in one file: itself, or the notebooks of a zip that the learner handed in."""
    whole = Submission(
        student, claimed.chapter, entry.origin, claimed.lms_id, entry.problem, (), entry.source, claimed.order
    )
    if entry.suffix != ".zip" or entry.problem:
        return [whole]
    try:
        inner = in_zip(entry.source)
    except ValueError as error:
        return [replace(whole, problem=str(error))]
    notebooks = [member for member in inner if member.suffix == ".ipynb"]
    if not notebooks or len(notebooks) > MOST_NESTED:
        number = "no notebook" if not notebooks else f"more than {MOST_NESTED} notebooks"
        return [replace(whole, problem=f"The zip that was handed in holds {number}.")]
    return [_nested(whole, member, chapters) for member in notebooks]


def _nested(whole: Submission, inner: Entry, chapters: Sequence[str]) -> Submission:
    claimed = claim(inner.parts, chapters, "")
    return replace(
        whole,
        chapter=chapter_of(inner.parts, chapters) or whole.chapter,
        origin=shown(f"{whole.origin}/{'/'.join(inner.parts)}"),
        problem=inner.problem,
        source=inner.source,
        order=(whole.order[0], max(whole.order[1], claimed.order[1]), f"{whole.order[2]}/{claimed.order[2]}"),
    )


def _without_notebook(
    claims: Iterable[tuple[Entry, Claim]], names: dict[str, str], seen: set[str]
) -> list[Submission]:
    """Return a submission for each learner of a platform's export or of nbgrader's tree without a notebook."""
    empty: dict[str, Submission] = {}
    for entry, claimed in claims:
        name = names[claimed.student]
        if name not in seen and name not in empty:
            problem = "No notebook (.ipynb) was handed in."
            empty[name] = Submission(name, claimed.chapter, entry.origin, claimed.lms_id, problem)
    return list(empty.values())


def newest_of_each(found: list[Submission]) -> list[Submission]:
    """Return one submission for each learner and named chapter, and all whose chapter only their content tells."""
    grouped: defaultdict[tuple[str, str], list[Submission]] = defaultdict(list)
    for submission in found:
        grouped[submission.student, submission.chapter].append(submission)
    kept: list[Submission] = []
    for (_, chapter), group in grouped.items():
        kept += [newest(group)] if chapter else group
    return sorted(kept, key=lambda submission: (submission.student, submission.chapter, submission.origin))
