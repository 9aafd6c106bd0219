"""How to grade a class: the options of `workbook grade`."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class GradingOptions:
    """How to grade. `memory` is in bytes and `seconds` on the clock, both for one run of a submission."""

    root: Path
    chapters: tuple[str, ...]
    jobs: int = 1
    seconds: float = 120.0
    memory: int = 8 * 2**30
    unsafe: bool = False
    scheduler: str | None = None
    database: str | None = None
    review: Path | None = None  # a table of marks by a person, which is taken over
    against: Path | None = None  # another year's run or submissions, with which answers are compared
    student: str = ""  # the learner who handed in all files; "" if the names tell
