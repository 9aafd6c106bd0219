"""Open a learner's own file: a path, the bytes of a file, or an open file."""

import contextlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO


@contextlib.contextmanager
def opened(source: Any, *, what: str) -> Iterator[tuple[str, BinaryIO]]:
    """Open a file; yield a name for messages, and the file. A file that was open already stays open.

    `source` is a path (`~` is the home folder), the bytes of a file, or an open file; `what` names it in messages: "A
    picture". Raises `ValueError`, in one line, for a file that cannot be opened, and for anything else.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        yield "The file", io.BytesIO(source)
    elif hasattr(source, "read"):
        yield Path(str(getattr(source, "name", "The file"))).name, source
    elif isinstance(source, (str, os.PathLike)):
        with _open(Path(source).expanduser()) as file:
            yield Path(file.name).name, file
    else:
        kind = type(source).__name__
        raise ValueError(f"{what} must be a path, the bytes of a file, or an open file. Received: {kind}")


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise ValueError(f"There is no file {path}. Check the name, and the folder: {Path.cwd()}") from None
    except OSError as error:
        raise ValueError(f"{path} cannot be opened ({error.strerror}).") from None
