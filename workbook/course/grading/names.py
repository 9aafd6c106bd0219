"""Tell who handed in what, by the names of files and folders, also those in the exports of learning platforms.

Learners choose these names: nothing here trusts one. What a learning platform puts in front (the learner's name and
number) is read from the left, because everything to the right of it is the learner's file name.
"""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workbook.course.grading.untrusted import NAME_SIGNS, RESERVED, SCRIPT_SIGNS

LONGEST = 120  # characters of an identifier
LONGEST_COMPOSED = 1000  # characters: sorting a long run of accents takes long
WIDE_SPACE = "\u3000"  # the space of Chinese and Japanese keyboards
MARK = "~"  # between a shortened name and its digest; in no unchanged name

# Moodle: mod/assign/classes/downloader.php, get_student_prefix and load_submissionplugin_filelist. The name, in which
# every underscore became a space, the participant's number (a group's; none for the default group), the plugin;
# then a folder (since 3.1) or "_" and the file's name. Older versions end the folder's name with "_".
MOODLE = re.compile(
    r"(?P<name>[^_]+)(?:_(?P<id>[0-9]{1,20}))?_assignsubmission_(?P<plugin>[a-z]+)(?:_(?P<rest>.*))?",
    re.DOTALL,
)
# Canvas: lib/content_zipper.rb, get_filename and add_upload_submission. The sortable name in small letters without
# spaces, "LATE", the user's id, the attachment's id, the file's name; anonymous: "anon_" and letters and digits.
CANVAS = re.compile(
    r"(?P<name>[\w-]+?)(?:_(?:LATE|late))?_(?P<id>[0-9]{1,20})_(?P<file>[0-9]{1,20})_(?P<rest>.+)", re.DOTALL
)
CANVAS_ANONYMOUS = re.compile(
    r"(?:LATE_)?(?P<name>anon_[0-9A-Za-z]{1,40})_(?P<file>[0-9]{1,20})_(?P<rest>.+)", re.DOTALL
)
CANVAS_TEXT = re.compile(r"(?P<name>[\w-]+?)(?:_(?:LATE|late))?_(?P<id>[0-9]{1,20})_(?:text|link)\.html")
# A file handed in again: Canvas writes "-1" (app/models/attachment.rb, make_unique_filename), browsers write " (1)",
# JupyterLab "-Copy1".
_AGAIN = r"(?:-[0-9]{1,2}|[ _]?\([0-9]{1,2}\)|[-_ ]copy ?[0-9]{0,2})"
AGAIN = re.compile(rf"{_AGAIN}+", re.IGNORECASE)
LAST_AGAIN = re.compile(rf"{_AGAIN}$", re.IGNORECASE)
SEPARATORS = f" {WIDE_SPACE}_-."
_WORD = r"(?:(?:chapter|chap|ch|lab|hw)[ _-]?)?"
NUMBER_BEHIND = re.compile(
    rf"(?P<name>.*?[^ _.-])[ _.-]+{_WORD}(?P<number>[0-9]{{2}})(?:{_AGAIN})*", re.IGNORECASE
)
NUMBER_IN_FRONT = re.compile(rf"{_WORD}(?P<number>[0-9]{{2}})[ _.-]+(?P<name>[^ _.-].*)", re.IGNORECASE)
NOTEBOOK_SUFFIX = re.compile(r"\.ipynb", re.IGNORECASE)


@dataclass(frozen=True)
class Claim:
    """What a name says: the learner as written, the chapter or "", the platform's number, and the order of age."""

    student: str
    chapter: str
    lms_id: str = ""
    order: tuple[int, int, str] = (0, 0, "")
    from_platform: bool = False


def identifiers(names: Iterable[str]) -> dict[str, str]:
    """Return for each name an identifier that is safe to show, unique, and of at most 120 characters.

    A name of letters, digits, spaces, ``._-@+'`` and `SCRIPT_SIGNS` stays as it is. If something had to go, or if two
    names differ in capital letters only, a digest of the whole name is added. Names are compared after Unicode's
    composition, so that a Mac's decomposed "é" is everybody's "é"; a wide space is a space.
    """
    composed = {name: _composed(name) for name in names}
    ids = {name: _identifier(name) for name in set(composed.values())}
    for digits in (10, 64):
        taken = Counter(_folded(identifier) for identifier in ids.values())
        ids = {
            name: identifier if taken[_folded(identifier)] == 1 else _marked(name, digits)
            for name, identifier in ids.items()
        }
    return {name: ids[written] for name, written in composed.items()}


def former_identifiers(identifier: str) -> list[str]:
    """Return the identifiers that earlier graders, which kept fewer signs, may have given to a learner."""
    written = (identifier, identifier.replace(" ", WIDE_SPACE))
    return list(dict.fromkeys(former for name in written if (former := _former(name)) != identifier))


def _former(name: str) -> str:
    before = name.translate(dict.fromkeys(map(ord, SCRIPT_SIGNS + WIDE_SPACE), "_"))
    if before == name or MARK in name:
        return before
    return f"{before[: LONGEST - 11].strip()}{MARK}{_digest(name)[:10]}"


def _composed(text: str) -> str:
    text = text.replace(WIDE_SPACE, " ")
    return unicodedata.normalize("NFC", text) if len(text) <= LONGEST_COMPOSED else text


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _identifier(name: str) -> str:
    kept = _kept(name)
    same = kept == name and len(kept) <= LONGEST and not RESERVED.fullmatch(kept.lower())
    return kept if same and kept else _marked(name, 10)


def _kept(name: str) -> str:
    kept = "".join(char if _is_kept(char) else "_" for char in name[: 4 * LONGEST])
    return kept.lstrip(f" .-@+'{SCRIPT_SIGNS}").rstrip(" .")


def _is_kept(char: str) -> bool:
    """Return whether a character is a letter, digit or accent of any script, or one of a few signs."""
    return char.isalnum() or char in f"{NAME_SIGNS}+" or unicodedata.category(char) in ("Mn", "Mc")


def _marked(name: str, digits: int) -> str:
    return f"{_kept(name)[: LONGEST - digits - 1].strip() or 'learner'}{MARK}{_digest(name)[:digits]}"


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


def claim(parts: Sequence[str], chapters: Sequence[str], owner: str) -> Claim:
    """Return what a path claims. `parts` are its folders and the file's name.

    `owner` is the learner if no name tells one, as for `02_convolution.ipynb` in the folder that is graded.
    """
    head, below = parts[0], tuple(parts[1:])
    if match := MOODLE.fullmatch(head):
        number = match["id"] or ""
        rest = below or (match["rest"] or "",)
        student = f"{match['name']}_{number}" if number else match["name"]
        return Claim(student, chapter_of(rest, chapters), number, (0, *_version(rest[-1])), True)
    match = CANVAS_ANONYMOUS.fullmatch(head) or CANVAS.fullmatch(head)
    if match and not _is_chapters_number(match, chapters):
        number = match.groupdict().get("id") or ""
        rest = (match["rest"], *below)
        student = f"{match['name']}_{number}" if number else match["name"]
        order = (int(match["file"]), *_version(rest[-1]))
        return Claim(student, chapter_of(rest, chapters), number, order, True)
    if match := CANVAS_TEXT.fullmatch(head):
        return Claim(f"{match['name']}_{match['id']}", "", match["id"], from_platform=True)
    return _by_hand(head, below, chapters, owner)


def _is_chapters_number(match: re.Match, chapters: Sequence[str]) -> bool:
    """Return whether the second number begins a chapter's name, as in "s_1234567_02_convolution"."""
    return bool(split_chapter(_stem(match[0]), chapters)[0]) and not chapter_of((match["rest"],), chapters)


def _by_hand(head: str, below: tuple[str, ...], chapters: Sequence[str], owner: str) -> Claim:
    if not below:
        chapter, student = split_chapter(_stem(head), chapters)
        return Claim(student or owner, chapter, order=(0, *_version(head)))
    chapter, rest = split_chapter(head, chapters)
    if chapter and not rest:  # a folder for each chapter, with a file or a folder for each learner
        inner = claim(below, chapters, owner)
        return Claim(inner.student, inner.chapter or chapter, inner.lms_id, inner.order, inner.from_platform)
    return Claim(head, chapter_of(below, chapters), order=(0, *_version(below[-1])))


def without_chapters(parts: Sequence[str], chapters: Sequence[str]) -> Sequence[str]:
    """Return a path without the folders in front that only name a chapter."""
    while (
        len(parts) > 1 and split_chapter(parts[0], chapters)[0] and not split_chapter(parts[0], chapters)[1]
    ):
        parts = parts[1:]
    return parts


def chapter_of(parts: Sequence[str], chapters: Sequence[str]) -> str:
    """Return the chapter that a path names, the file before its folders; "" if none."""
    for part in reversed(parts):
        chapter, _ = split_chapter(_stem(part), chapters)
        if chapter:
            return chapter
    return ""


def split_chapter(stem: str, chapters: Sequence[str]) -> tuple[str, str]:
    """Return a chapter's name and the rest of a file's: "alice_02_convolution-1" → ("02_convolution", "alice").

    The number of a copy is dropped after the chapter; after a learner's name it may be part of that. ("", stem) if no
    chapter is named; the longest chapter if several are.
    """
    for chapter in sorted(chapters, key=len, reverse=True):
        words = "[-_ ]".join(re.escape(word) for word in chapter.split("_"))
        match = re.search(rf"(?<![^\W_]){words}(?![^\W_])", stem, re.IGNORECASE)
        if match:
            left, right = stem[: match.start()].strip(SEPARATORS), stem[match.end() :]
            right = "" if AGAIN.fullmatch(right) else right.strip(SEPARATORS)
            return chapter, f"{left}_{right}" if left and right else left or right
    return "", stem


def split_number(student: str, chapters: Sequence[str]) -> tuple[str, str]:
    """Return the chapter whose number a name begins or ends with, and the rest: "ann_02" is chapter 02 and "ann".

    ("", student) if there is none. The number may also be part of the name: only the notebook's cells can tell.
    """
    numbers = {chapter.partition("_")[0]: chapter for chapter in chapters}
    for pattern in (NUMBER_BEHIND, NUMBER_IN_FRONT):
        match = pattern.fullmatch(student)
        if match and match["number"] in numbers:
            return numbers[match["number"]], match["name"]
    return "", student


def _version(name: str) -> tuple[int, str]:
    """Return the order of age among one learner's files: the number of the copy, then the name, 9 before 10."""
    stem = _stem(name)
    match = LAST_AGAIN.search(stem)
    number = re.sub(r"[^0-9]", "", match[0]) or "1" if match else "0"
    natural = re.sub(r"[0-9]+", lambda digits: digits[0].zfill(20), stem.casefold())
    return int(number), natural


def notebook_name(name: str) -> str:
    """Return the name of a notebook without what was added behind ".ipynb": "a.ipynb.txt" → "a.ipynb"."""
    stem = _stem(name)
    return f"{NOTEBOOK_SUFFIX.sub('', stem)}.ipynb"


def _stem(name: str) -> str:
    return name[: name.rindex(".")] if "." in name.strip(".") and name.rindex(".") > 0 else name
