"""Find the submissions in a folder or a zip: their learners, their chapters, and why one cannot be read.

Supported are a folder of notebooks, a folder for each learner, nbgrader's tree
`submitted/STUDENT/ASSIGNMENT/NOTEBOOK.ipynb` (its user guide, "The philosophy and the approach"), a zip of any of
these, and what Moodle, Canvas and Gradescope export (`names` says how they name files). A zip inside is opened, one
level deep: its names tell the chapter, never the learner. A notebook whose name says something else, such as
"02_convolution.ipynb.txt" by a browser, is read. A learner who handed in something else, or an empty folder, is listed
with the reason.
"""

import contextlib
import itertools
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from workbook.course.grading import gradescope_export
from workbook.course.grading.containers import (
    NOTHING,
    OUTSIDE,
    READ,
    Entry,
    OnDisk,
    Source,
    in_folder,
    in_zip,
    shown,
)
from workbook.course.grading.names import (
    LAST_AGAIN,
    NOTEBOOK_SUFFIX,
    Claim,
    chapter_of,
    claim,
    identifiers,
    notebook_name,
    without_chapters,
)

MOST_NESTED = 50  # notebooks in a zip that one learner handed in
WRAPPERS = ("submitted", "submissions")
MOST_WRAPPERS = 3  # folders within each other around a class
# What learners call their own folders and versions: such names tell no class.
_OWN_WORD = (
    "assignment|attempt|backup|bak|copy|done|draft|exercise|final|folder|home|homework|hw|lab|new|old|part|ps|"
    "scratch|solution|task|temp|test|tmp|trial|try|untitled|v|version|week|work|"
    "作业|作業|实验|實驗|练习|練習|测试|答案|草稿|初稿|终稿|定稿|最终|最新|修改|备份|備份|副本|旧|新|新建|文件夹|版|第|次|周|章"
)
OWN_FOLDER = re.compile(rf"[\W\d_]*(?:(?:{_OWN_WORD})[\W\d_]*)+", re.IGNORECASE)
DISGUISES = ("", ".json", ".txt")  # suffixes under which browsers and mail programs store notebooks
# Files that learners hand in instead of a notebook. Other files beside notebooks are the instructor's: lists, notes.
HANDED_IN = (
    ".7z", ".bz2", ".doc", ".docx", ".gz", ".htm", ".html", ".ipynb", ".jpeg", ".jpg", ".odt", ".pages", ".pdf",
    ".png", ".py", ".rar", ".rtf", ".tar", ".tgz", ".xz",
)  # fmt: skip
OF_NBGRADER = (
    "timestamp.txt",
    "submission_secret.txt",
    "user_info.json",
)  # beside each notebook that it collects


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
    claims = _claims(path, chapters, student)
    names = identifiers(claimed.student for _, claimed in claims)
    found: list[Submission] = []
    for entry, claimed in sorted(
        claims, key=lambda pair: not pair[0].is_notebook
    ):  # of equals the last counts
        if _is_read(entry):
            found += _opened(entry, claimed, names[claimed.student], chapters)
    found += _without_notebook(claims, names, {submission.student for submission in found})
    if not found:
        raise ValueError(
            f"{shown(path)} holds no notebook (.ipynb): give the folder or zip with the submissions."
        )
    return newest_of_each(found)


def _claims(path: Path, chapters: Sequence[str], student: str) -> list[tuple[Entry, Claim]]:
    """Return the files that are read, and those that tell of a learner without a notebook, with what names claim."""
    entries, owner, in_course = _entries(path)
    entries = [_recognised(entry) if _looks_like_notebook(entry, chapters) else entry for entry in entries]
    entries, in_course = _without_wrapper(entries, owner, chapters, in_course)
    claims = [(entry, claim(_named(entry), chapters, owner if _is_read(entry) else "")) for entry in entries]
    claims = _named_by_gradescope(entries, claims)
    claims = _with_hidden_notebooks(claims, chapters)
    depths = {_depth(entry, chapters) for entry in entries if _is_read(entry)}
    if student:
        return [(entry, replace(claimed, student=student, lms_id="")) for entry, claimed in claims]
    return [
        (entry, claimed)
        for entry, claimed in claims
        if _is_read(entry) or claimed.from_platform or in_course or _is_work(entry, claimed, chapters, depths)
    ]


def _named_by_gradescope(
    entries: list[Entry], claims: list[tuple[Entry, Claim]]
) -> list[tuple[Entry, Claim]]:
    """Give the numbered folders of Gradescope's export to the learners whom its table names."""
    names: dict[str, str] = {}
    for entry in entries:
        if entry.parts == (gradescope_export.TABLE,):
            with contextlib.suppress(ValueError):
                names = gradescope_export.submitters(entry.source.read().decode("utf-8-sig", "replace"))
    return [
        (entry, replace(claimed, student=names.get(claimed.student, claimed.student)))
        for entry, claimed in claims
    ]


def _with_hidden_notebooks(
    claims: list[tuple[Entry, Claim]], chapters: Sequence[str]
) -> list[tuple[Entry, Claim]]:
    """Look into the texts of learners without a notebook: one of them may be a notebook by any name."""
    with_notebook = {claimed.student for entry, claimed in claims if _is_read(entry)}

    def looked_into(entry: Entry, claimed: Claim) -> tuple[Entry, Claim]:
        is_learners = claimed.from_platform or _depth(entry, chapters) > 1
        if is_learners and claimed.student not in with_notebook and entry.suffix in DISGUISES:
            entry = _recognised(entry)
        return entry, claimed

    return [looked_into(entry, claimed) for entry, claimed in claims]


def _depth(entry: Entry, chapters: Sequence[str]) -> int:
    """Return 1 for a file that its own name gives to a learner, more for one in a learner's folder."""
    return len(without_chapters(entry.parts, chapters))


def _is_read(entry: Entry) -> bool:
    """Return whether a file is a notebook, a zip, or one in their place that cannot be read."""
    return entry.problem != NOTHING and (entry.suffix in READ or bool(entry.problem))


def _is_work(entry: Entry, claimed: Claim, chapters: Sequence[str], depths: set[int]) -> bool:
    """Return whether a file that is not read, or an empty folder, still tells that there is a learner.

    `depths` are those of the class's notebooks: 1 for a folder of notebooks, more for a folder for each learner.
    """
    if not claimed.student:
        return False
    if _depth(entry, chapters) > 1:
        is_empty_folder = entry.problem == NOTHING and _depth(entry, chapters) == 2
        return is_empty_folder or any(depth > 1 for depth in depths)
    return 1 in depths and (entry.suffix in HANDED_IN or bool(chapter_of(entry.parts[-1:], chapters)))


def _looks_like_notebook(entry: Entry, chapters: Sequence[str]) -> bool:
    """Return whether a name suggests that the file is a notebook although it does not end as one."""
    name = entry.parts[-1]
    if NOTEBOOK_SUFFIX.search(name) or entry.suffix == ".json":
        return True
    return entry.suffix in DISGUISES and bool(chapter_of((name,), chapters))


def _recognised(entry: Entry) -> Entry:
    """Mark a file that is a notebook by its content, whatever its name."""
    if entry.suffix in READ or entry.problem or not entry.parts[-1] or entry.parts[-1] in OF_NBGRADER:
        return entry
    try:
        head = entry.source.head()
    except ValueError:
        return entry
    text = head.decode(json.detect_encoding(head), "replace").lstrip()
    is_notebook = text.startswith("{") and ('"cells"' in text or '"nbformat"' in text)
    return replace(entry, is_notebook=is_notebook)


def _named(entry: Entry) -> tuple[str, ...]:
    """Return the path that tells learner and chapter."""
    return (*entry.parts[:-1], notebook_name(entry.parts[-1])) if entry.is_notebook else entry.parts


def course_folder(path: Path) -> Path | None:
    """Return nbgrader's course folder if the submissions at `path` are in its `submitted`, else None."""
    place = path.resolve()
    if (place / "submitted").is_dir():
        return place
    return place.parent if place.is_dir() and place.name == "submitted" else None


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
        entries = in_folder(course if is_course else place)
        return entries, _owner(place.name or "learner", entries), in_course
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
    return entries, _owner(place.stem, entries), False


def _owner(name: str, entries: Iterable[Entry]) -> str:
    """Return the name of a path, without the number of a copy if all in it is in a folder without that number."""
    first = LAST_AGAIN.sub("", name)
    tops = {entry.parts[0] for entry in entries if entry.problem != OUTSIDE}
    return first if tops == {first} else name


def _without_wrapper(
    entries: list[Entry], owner: str, chapters: Sequence[str], in_course: bool
) -> tuple[list[Entry], bool]:
    """Remove the folders around all submissions; also return whether what is left is nbgrader's tree.

    A folder that holds everything is a wrapper if it has the name of the path, or is `submitted`; or if what is in it
    is a class. Otherwise it is the one learner's.
    """
    while not in_course:
        course = [entry for entry in entries if len(entry.parts) > 2 and entry.parts[0] == "submitted"]
        if course:
            return [_below(entry) for entry in course], True
        work = [entry for entry in entries if entry.suffix in READ and entry.problem != OUTSIDE]
        tops = {entry.parts[0] if len(entry.parts) > 1 else "" for entry in work}
        top = tops.pop() if len(tops) == 1 else ""
        if not top or not (top in (owner, *WRAPPERS) or _is_around_class(entries, work, chapters)):
            break
        entries = [_below(entry) if entry.parts[0] == top else entry for entry in entries]
    return entries, in_course


def _below(entry: Entry) -> Entry:
    if len(entry.parts) < 2:
        return entry
    return replace(entry, parts=entry.parts[1:], above=(*entry.above, entry.parts[0]))


def _is_around_class(entries: list[Entry], work: list[Entry], chapters: Sequence[str]) -> bool:
    """Return whether the only folder holds a class, if need be in a few more folders within each other."""
    first = claim(_named(work[0]), chapters, "")
    if first.from_platform or first.student != work[0].parts[0]:
        return False
    levels = zip(*(entry.parts[:-1] for entry in work), strict=False)
    around = list(
        itertools.takewhile(lambda names: len(set(names)) == 1, itertools.islice(levels, MOST_WRAPPERS))
    )
    return any(
        _is_from_gradescope(entries, work, depth) or _is_class(work, depth, chapters)
        for depth in range(1, len(around) + 1)
    )


def _is_from_gradescope(entries: list[Entry], work: list[Entry], depth: int) -> bool:
    """Return whether the first `depth` folders of all notebooks hold Gradescope's table beside its folders."""
    table = (*work[0].parts[:depth], gradescope_export.TABLE)
    folders = {entry.parts[depth] for entry in work}
    return all(map(gradescope_export.is_folder, folders)) and any(entry.parts == table for entry in entries)


def _is_class(work: list[Entry], depth: int, chapters: Sequence[str]) -> bool:
    """Return whether the paths of notebooks, without their first `depth` folders, name several learners.

    They do if each notebook has a learner's name, or if folders of two learners hold the same chapter. One learner's
    own folders, for each chapter or for drafts, are no class.
    """
    claims = [claim(_named(entry)[depth:], chapters, "") for entry in work]
    if any(claimed.from_platform for claimed in claims):
        return True
    learners = {claimed.student for claimed in claims}
    if all(len(entry.parts) == depth + 1 for entry in work):
        return "" not in learners and len(learners) > 1
    by_chapter: defaultdict[str, set[str]] = defaultdict(set)
    for entry, claimed in zip(work, claims, strict=True):
        is_in_folder = len(without_chapters(entry.parts[depth:], chapters)) > 1
        chapter = claimed.chapter or (entry.parts[-1] if is_in_folder else "")
        if chapter and claimed.student and not OWN_FOLDER.fullmatch(claimed.student):
            by_chapter[chapter].add(claimed.student)
    return any(len(students) > 1 for students in by_chapter.values())


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
    notebooks = _notebooks(inner)
    if not notebooks or len(notebooks) > MOST_NESTED:
        number = "no notebook" if not notebooks else f"more than {MOST_NESTED} notebooks"
        return [replace(whole, problem=f"The zip that was handed in holds {number}.")]
    return [_nested(whole, member, chapters) for member in notebooks]


def _notebooks(inner: list[Entry]) -> list[Entry]:
    """Return the notebooks in a zip; files of other names are looked at only if there is none."""
    notebooks = [member for member in inner if member.suffix == ".ipynb" and member.problem != NOTHING]
    if notebooks:
        return notebooks
    return [member for member in map(_recognised, inner[:MOST_NESTED]) if member.is_notebook]


def _nested(whole: Submission, inner: Entry, chapters: Sequence[str]) -> Submission:
    parts = _named(inner)
    claimed = claim(parts, chapters, "")
    return replace(
        whole,
        chapter=chapter_of(parts, chapters) or whole.chapter,
        origin=shown(f"{whole.origin}/{'/'.join(inner.parts)}"),
        problem=inner.problem,
        source=inner.source,
        order=(whole.order[0], max(whole.order[1], claimed.order[1]), f"{whole.order[2]}/{claimed.order[2]}"),
    )


def _without_notebook(
    claims: Iterable[tuple[Entry, Claim]], names: dict[str, str], seen: set[str]
) -> list[Submission]:
    """Return a submission for each learner without a notebook: what was handed in instead, if anything."""
    files: defaultdict[str, list[tuple[Entry, Claim]]] = defaultdict(list)
    for entry, claimed in claims:
        if names[claimed.student] not in seen:
            files[names[claimed.student]].append((entry, claimed))
    return [_instead(name, pairs) for name, pairs in files.items()]


def _instead(student: str, pairs: list[tuple[Entry, Claim]]) -> Submission:
    """Return the submission of a learner who handed in other files, or nothing."""
    work = [(entry, claimed) for entry, claimed in pairs if entry.problem != NOTHING]
    entry, claimed = (work or pairs)[0]
    if not work:  # no chapter: nothing of any was handed in
        return Submission(student, "", entry.origin, claimed.lms_id, NOTHING)
    others = [shown(entry.parts[-1]) for entry, _ in work if entry.parts[-1] not in OF_NBGRADER]
    problem = "No notebook (.ipynb) was handed in."
    if others:
        listed = ", ".join(others[:3]) + (" …" if len(others) > 3 else "")
        problem = f"No notebook (.ipynb) was handed in, only {listed}."
    chapter = next((claimed.chapter for _, claimed in work if claimed.chapter), "")
    return Submission(student, chapter, entry.origin, claimed.lms_id, problem)


def newest_of_each(found: list[Submission]) -> list[Submission]:
    """Return one submission for each learner and named chapter, and all whose chapter only their content tells."""
    grouped: defaultdict[tuple[str, str], list[Submission]] = defaultdict(list)
    for submission in found:
        grouped[submission.student, submission.chapter].append(submission)
    kept: list[Submission] = []
    for (_, chapter), group in grouped.items():
        kept += [newest(group)] if chapter else group
    return sorted(kept, key=lambda submission: (submission.student, submission.chapter, submission.origin))
