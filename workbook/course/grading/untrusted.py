"""Make text and names that learners wrote safe to show, to store and to use as names of files."""

import base64
import hashlib
import os
import re
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

LONGEST = 20_000  # characters of one text that a page or a table shows
TALLEST = 6  # accents on one letter
JOINERS = "\u200c\u200d"  # Persian and Indian scripts and emoji need these two
ESCAPE_SEQUENCES = re.compile(r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-Z\\^_]?")
PLAIN_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}[a-z0-9]|[a-z0-9]")
DIGEST_TAIL = re.compile(r"-[a-z2-7]{26}")
SCRIPT_SIGNS = "·•・’（）()"  # in names such as 阿依古丽·买买提, O’Brien, 李强（2）
NAME_SIGNS = f" ._-@'{SCRIPT_SIGNS}"  # beside letters, digits and accents; none separates cells of a table
MOST_NAME_BYTES = 180  # file systems take 255 for a name and its suffix
RESERVED = re.compile(
    r"(?:con|prn|aux|nul|conin|conout|clock|com\d|lpt\d)(?:\..*)?"
)  # names of devices on Windows


def clean(text: str) -> str:
    """Return a text without terminal sequences, control and format characters and lone surrogates.

    Line ends become "\\n"; tabs stay. What is left can be written as UTF-8 and holds no NUL.
    """
    text = ESCAPE_SEQUENCES.sub("", _lines(text))
    return _unstacked(
        "".join(char if _is_text(char) else "\ufffd" if _is_lone_surrogate(char) else "" for char in text)
    )


def visible(text: str) -> str:
    """Return a text with escapes such as \\x1b or \\u202e for what is not text, so that a reader sees it."""
    return "".join(char if _is_text(char) else _escaped(char) for char in _unstacked(_lines(text)))


def one_line(text: str, longest: int = 200) -> str:
    """Return a cleaned text on one line of at most `longest` characters."""
    return shorten(" ".join(clean(text[: 4 * longest]).split()), longest)


def shorten(text: str, longest: int = LONGEST) -> str:
    """Return a text cut after `longest` characters, with a note of how many are left out."""
    if len(text) <= longest:
        return text
    note = f"… ({len(text) - longest} more characters)"
    return text[:longest] + note if longest > 2 * len(note) else text[: longest - 1] + "…"


def safe_name(student: str) -> str:
    """Return a name for a learner's file or folder, different for every learner.

    A plain lower-case name stays as it is. Anything else becomes what is readable of it and a digest of 130 bits,
    because "Anna", "anna" and "anna." are one name to some file systems. Windows' device names are not plain.
    """
    if PLAIN_NAME.fullmatch(student) and not RESERVED.fullmatch(student) and not DIGEST_TAIL.search(student):
        return student
    ascii_only = unicodedata.normalize("NFKD", student[:200]).encode("ascii", "ignore").decode("ascii")
    readable = re.sub(r"[^a-z0-9]+", "-", ascii_only.lower()).strip("-")[:40].strip("-")
    return f"{readable or 'learner'}-{_digest(student)}"


def readable_names(students: Iterable[str], taken: Iterable[str] = ()) -> dict[str, str]:
    """Return for each learner a name for a folder or a database, written as the learner writes it.

    Letters of every script stay: "王伟", "Müller", "O'Brien", "李强（2）". A digest is added where something had to go,
    where another learner's name or one of `taken` is the same name to some file system, and to Windows' device names.
    """
    wanted = set(students)
    same = Counter(_folded(name) for name in wanted | set(taken))
    return {
        name: name if _is_readable(name) and same[_folded(name)] == 1 else marked_name(name)
        for name in wanted
    }


def _is_readable(name: str) -> bool:
    """Return whether a name can be a folder's on every system, and begins like a name and not like a formula."""
    return (
        0 < len(name.encode("utf-8", "surrogatepass")) <= MOST_NAME_BYTES
        and all(
            char.isalnum() or char in NAME_SIGNS or unicodedata.category(char) in ("Mn", "Mc")
            for char in name
        )
        and (name[0].isalnum() or name[0] == "_")
        and name[-1] not in " ."
        and name == unicodedata.normalize("NFC", name) == one_line(name)
        and not RESERVED.fullmatch(name.lower())
        and not DIGEST_TAIL.search(name)
    )


def _folded(name: str) -> str:
    """Return what two names share that some file system takes for one: accents composed, capitals made small."""
    return unicodedata.normalize("NFKC", name[:1000]).casefold()


def marked_name(name: str) -> str:
    """Return what is readable of a name, and a digest of all of it, which no other name shares."""
    kept = "".join(
        char if char.isalnum() else "-" for char in unicodedata.normalize("NFC", one_line(name, 80))
    )
    readable = re.sub(r"-+", "-", kept).strip("-")[:40].strip("-")
    return f"{readable or 'learner'}-{_digest(name)}"


def _digest(name: str) -> str:
    """Return 130 bits that tell a name from all others, as 26 letters and digits."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()[:17]
    return base64.b32encode(digest).decode("ascii").lower()[:26]


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file completely or not at all; text as UTF-8, with its own line ends. Make the folder if needed."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _lines(text: str) -> str:
    for end in ("\r\n", "\r", "\u2028", "\u2029", "\x85"):
        text = text.replace(end, "\n")
    return text


def _unstacked(text: str) -> str:
    """Return a text with at most `TALLEST` accents per letter: a tower of them covers the lines above."""
    kept, height = [], 0
    for char in text:
        height = height + 1 if unicodedata.combining(char) else 0
        if height <= TALLEST:
            kept.append(char)
    return "".join(kept)


def _is_text(char: str) -> bool:
    """Return whether a character can be read; surrogates, controls and invisible format characters cannot."""
    if char in "\n\t" or char in JOINERS or " " <= char <= "~":
        return True
    return unicodedata.category(char) not in ("Cc", "Cf", "Cs") and ord(char) & 0xFFFE != 0xFFFE


def _is_lone_surrogate(char: str) -> bool:
    return unicodedata.category(char) == "Cs"


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def decoded_or_none(data: bytes, encoding: str) -> str | None:
    """Return bytes as text in an encoding, or None if they are none."""
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None
