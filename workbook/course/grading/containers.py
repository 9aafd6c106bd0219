"""Look into untrusted folders and zips, and read single files from them. Nothing is ever extracted to disk.

Below the folder that was asked for no symbolic link is followed, and only regular files are opened. Of a zip only
members that are stored or deflated are read, in pieces, up to a limit: with other methods a bomb could not be stopped.
"""

import io
import os
import re
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from workbook.course.grading import member_names
from workbook.course.grading.untrusted import one_line

MOST_BYTES = 50_000_000  # of one file, unpacked
MOST_DIRECTORY = 8_000_000  # bytes of a zip's table of contents: about 60,000 files
MOST_ENTRIES = 100_000
DEEPEST = 20
CHUNK = 65_536
READ = (".ipynb", ".zip")  # other files are listed, and read only if they turn out to be notebooks
HEAD = 65_536  # bytes that tell whether a file is a notebook
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
ENCRYPTED, UTF8 = 0x1, 0x800  # bits of a member's flags, PKWARE's APPNOTE.TXT 4.4.4
TOO_LARGE = f"It is larger than {MOST_BYTES // 1_000_000} MB."
OUTSIDE = "Its path in the zip points outside the zip."
UNOPENED = "Its folder cannot be opened."
NOTHING = "Nothing was handed in."
LINK = "It is a symbolic link, and links are not followed."
NOT_REGULAR = "It is not a regular file."
DAMAGED = "The zip is damaged."


@dataclass(frozen=True)
class OnDisk:
    """A file below a folder. `parts` is its path from there."""

    root: str
    parts: tuple[str, ...]

    def opened(self) -> BinaryIO:
        """Open the file without following a link and without waiting; ValueError with a sentence if that fails."""
        try:
            handle = _open_below(self.root, self.parts)
        except OSError as error:
            raise ValueError(f"It cannot be opened: {error.strerror or 'unknown error'}.") from None
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise ValueError(NOT_REGULAR)
        return os.fdopen(handle, "rb")

    def read(self) -> bytes:
        """Return the whole file, at most `MOST_BYTES`; ValueError with a sentence otherwise."""
        with self.opened() as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise ValueError(TOO_LARGE)
        return data

    def head(self) -> bytes:
        """Return the first bytes, at most `HEAD`; ValueError with a sentence if the file cannot be opened."""
        with self.opened() as file:
            return file.read(HEAD)

    def beside(self, name: str) -> "OnDisk":
        """Return the file of this name in the same folder."""
        return OnDisk(self.root, (*self.parts[:-1], name))

    def modified(self) -> float:
        """Return when the file was last changed, in seconds since 1970; ValueError if it cannot be opened."""
        with self.opened() as file:
            return os.fstat(file.fileno()).st_mtime


@dataclass(frozen=True)
class InZip:
    """Member number `index` of a zip, which may itself be a member of another."""

    container: "OnDisk | InZip"
    index: int

    def opened(self) -> BinaryIO:
        """Return the member's bytes as a file."""
        return io.BytesIO(self.read())

    def read(self) -> bytes:
        """Return the unpacked member, at most `MOST_BYTES`; ValueError with a sentence otherwise."""
        data = self._unpacked(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise ValueError(TOO_LARGE)
        return data

    def head(self) -> bytes:
        """Return the member's first bytes, at most `HEAD`; ValueError with a sentence if it cannot be unpacked."""
        return self._unpacked(HEAD)

    def _unpacked(self, most: int) -> bytes:
        with self.container.opened() as file:
            try:
                with zipfile.ZipFile(_Careful(file)) as archive:
                    return _unpacked(archive, archive.infolist()[self.index], most)
            except ValueError:
                raise
            except Exception:  # a hostile archive makes zipfile raise nearly anything
                raise ValueError(DAMAGED) from None

    def modified(self) -> tuple[int, int, int, int, int, int]:
        """Return the member's time, from year to second, without a time zone; ValueError if the zip is damaged."""
        with self.container.opened() as file:
            try:
                with zipfile.ZipFile(_Careful(file)) as archive:
                    return archive.infolist()[self.index].date_time
            except Exception:  # a hostile archive makes zipfile raise nearly anything
                raise ValueError(DAMAGED) from None


Source = OnDisk | InZip


@dataclass(frozen=True)
class Entry:
    """A file that was found: its path, how to read it, and why it cannot be read, or "".

    `above` are folders around all submissions, which say nothing about them. An empty folder is an entry whose last
    part is "" and whose problem is `NOTHING`. `is_notebook` marks a notebook whose name says something else.
    """

    parts: tuple[str, ...]
    source: Source
    problem: str = ""
    above: tuple[str, ...] = ()
    is_notebook: bool = False

    @property
    def origin(self) -> str:
        """The whole path, in a form that is safe to show."""
        return shown("/".join((*self.above, *self.parts)))

    @property
    def suffix(self) -> str:
        """The suffix of the file's name, in lower case, with the point; ".ipynb" for every notebook."""
        return ".ipynb" if self.is_notebook else os.path.splitext(self.parts[-1])[1].lower()


class _Careful(io.BufferedReader):
    """A file that returns at most `MOST_DIRECTORY` bytes at once: zipfile reads a table of contents in one read."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)  # type: ignore[arg-type]  # any file that can be read will do

    def read(self, size: int | None = -1, /) -> bytes:
        """Read as other files do, or raise ValueError with a sentence."""
        if size is not None and size > MOST_DIRECTORY:
            raise ValueError("The zip's table of contents is too long.")
        return super().read(MOST_DIRECTORY if size is None or size < 0 else size)


def _open_below(root: str, parts: tuple[str, ...]) -> int:
    """Open a path part by part, so that none of them can be a link, even one that appeared just now."""
    base = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    flags = base | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    if os.open not in os.supports_dir_fd:
        return os.open(os.path.join(root, *parts), flags)
    folder = os.open(root, base | os.O_DIRECTORY)
    try:
        for part in parts[:-1]:
            inner = os.open(part, flags | os.O_DIRECTORY, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(parts[-1], flags, dir_fd=folder)
    finally:
        os.close(folder)


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    """Return a member's first bytes, at most `most`."""
    problem = _member_problem(info, info.filename)
    if problem:
        raise ValueError(problem)
    pieces, size = [], 0
    with archive.open(info) as member:
        while size < most and (piece := member.read(min(CHUNK, most - size))):
            size += len(piece)
            pieces.append(piece)
    return b"".join(pieces)


def is_skipped(parts: tuple[str, ...]) -> bool:
    """Return whether a path is not a learner's work: a hidden file, a checkpoint, a Mac's extra file."""
    return any(part.startswith(".") or part == "__MACOSX" for part in parts)


def in_folder(root: Path) -> list[Entry]:
    """Return the files below a folder by name; ValueError if it cannot be opened or holds too many."""
    entries: list[Entry] = []
    for entry in _walk(str(root), ()):
        entries.append(entry)
        if len(entries) > MOST_ENTRIES:
            raise ValueError(
                f"{shown(root)} holds more than {MOST_ENTRIES:,} files; point at the submissions alone."
            )
    if any(entry.parts == ("",) and entry.problem == UNOPENED for entry in entries):
        raise ValueError(f"{shown(root)} cannot be opened: you may not read this folder.")
    return sorted(entries, key=lambda entry: entry.parts)


def _walk(root: str, parts: tuple[str, ...]) -> Iterator[Entry]:
    try:
        children = sorted(os.scandir(os.path.join(root, *parts)), key=lambda child: child.name)
    except OSError:
        yield Entry((*parts, ""), OnDisk(root, parts), UNOPENED)
        return
    visible = [child for child in children if not is_skipped((child.name,))]
    if parts and not visible:
        yield Entry((*parts, ""), OnDisk(root, parts), NOTHING)
    for child in visible:
        path = (*parts, child.name)
        if child.is_dir(follow_symlinks=False):
            if len(path) < DEEPEST:
                yield from _walk(root, path)
        else:
            entry = Entry(path, OnDisk(root, path))
            yield replace(entry, problem=_disk_problem(child, entry.suffix, at_top=not parts))


def _disk_problem(file: os.DirEntry, suffix: str, *, at_top: bool) -> str:
    """Return why a file cannot be read, or "". A link in the place of a learner's folder counts too."""
    if file.is_symlink():
        return LINK if suffix in READ or at_top else ""
    if suffix not in READ:
        return ""
    try:
        status = file.stat(follow_symlinks=False)
    except OSError:
        return "It cannot be opened."
    if not stat.S_ISREG(status.st_mode):
        return NOT_REGULAR
    return TOO_LARGE if status.st_size > MOST_BYTES and suffix == ".ipynb" else ""


def in_zip(source: Source) -> list[Entry]:
    """Return a zip's files in its order, without hidden ones, and its empty folders.

    ValueError with a sentence if it cannot be read.
    """
    with source.opened() as file:
        try:
            with zipfile.ZipFile(_Careful(file)) as archive:
                infos = archive.infolist()
        except ValueError as error:
            is_ours = not isinstance(error, UnicodeError) and "table of contents" in str(error)
            raise ValueError(str(error) if is_ours else DAMAGED) from None
        except Exception:  # a hostile archive makes zipfile raise nearly anything
            raise ValueError(DAMAGED) from None
    if len(infos) > MOST_ENTRIES:
        raise ValueError(f"The zip holds more than {MOST_ENTRIES:,} files.")
    decode = member_names.decoder(_raw_names(infos))
    names = [decode(info.filename) if _is_undeclared(info) else info.filename for info in infos]
    members = [
        _member(source, index, info, name)
        for index, (info, name) in enumerate(zip(infos, names, strict=True))
        if not info.is_dir()
    ]
    kept = [member for member in members if member.problem == OUTSIDE or not is_skipped(member.parts)]
    return kept + _empty_folders(source, infos, names, kept)


def _empty_folders(
    source: Source, infos: list[zipfile.ZipInfo], names: list[str], kept: list[Entry]
) -> list[Entry]:
    """Return an entry for each folder that holds nothing, or hidden files alone."""
    folders: dict[tuple[str, ...], int] = {}
    for index, (info, name) in enumerate(zip(infos, names, strict=True)):
        parts = () if _leaves(name) else _plain(name)
        visible = next((parts[:end] for end, part in enumerate(parts) if is_skipped((part,))), parts)
        if (info.is_dir() or visible != parts) and 0 < len(visible) < DEEPEST:
            folders[visible] = index
    paths = [*folders, *(entry.parts for entry in kept)]
    full = {path[:length] for path in paths for length in range(min(len(path), DEEPEST))}
    return [
        Entry((*folder, ""), InZip(source, index), NOTHING)
        for folder, index in folders.items()
        if folder not in full
    ]


def _is_undeclared(info: zipfile.ZipInfo) -> bool:
    """Return whether a member's name is written in an encoding that the zip does not tell."""
    return not info.flag_bits & UTF8 and not info.filename.isascii()


def _raw_names(infos: list[zipfile.ZipInfo]) -> list[bytes]:
    """Return the names of undeclared encoding as they are in the zip: zipfile takes them for code page 437."""
    return [info.filename.encode("cp437", "replace") for info in infos if _is_undeclared(info)]


def _plain(name: str) -> tuple[str, ...]:
    return tuple(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))


def _member(source: Source, index: int, info: zipfile.ZipInfo, name: str) -> Entry:
    """Describe a member. A path that points outside stays in one piece: it names no learner's folder."""
    plain = _plain(name)
    entry = Entry((name,) if _leaves(name) or not plain else plain, InZip(source, index))
    return replace(entry, problem=_member_problem(info, name)) if entry.suffix in READ else entry


def _leaves(name: str) -> bool:
    """Return whether a name points out of the folder in which the zip might be unpacked."""
    return bool(re.match(r"[/\\]|[A-Za-z]:", name)) or ".." in re.split(r"[/\\]", name)


def _member_problem(info: zipfile.ZipInfo, name: str) -> str:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if "\0" in info.orig_filename:
        return "Its name in the zip hides a NUL character."
    if _leaves(name):
        return OUTSIDE
    if stat.S_ISLNK(kind):
        return LINK
    if kind not in (0, stat.S_IFREG):
        return NOT_REGULAR
    if info.flag_bits & ENCRYPTED:
        return "It is encrypted with a password: hand it in without one."
    if info.compress_type not in METHODS:
        return "It is packed by a method that is not supported: use an ordinary zip."
    return TOO_LARGE if info.file_size > MOST_BYTES else ""


def shown(path: Path | str) -> str:
    """Return a path as a terminal and a page can show it."""
    return one_line(str(path)) or "(no name)"
