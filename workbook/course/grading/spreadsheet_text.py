"""Read the text of a table that a spreadsheet saved: UTF-8, or the encoding of the computer on which it was saved.

Excel writes "CSV" in the encoding of its country, GBK in China, without saying which. Learners' names tell: only in the
right encoding are they names of the class.
"""

import codecs
import re
from collections.abc import Callable

from workbook.course.grading.untrusted import decoded_or_none

ENCODINGS = (
    "gb18030",
    "cp1252",
    "big5",
    "cp932",
    "cp949",
    "cp1250",
    "cp1251",
)  # the first covers GBK and GB 2312
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def decoded(data: bytes, names_in: Callable[[str], set[str]], known: set[str]) -> str | None:
    """Return the text of a table, or None if its encoding cannot be told.

    `names_in` returns the names in a text that are not ASCII; `known` are the names of the class. One that is known
    is enough: in a wrong encoding none is.
    """
    candidates = ("utf-16",) if data.startswith(UTF16) else ("utf-8-sig",)
    for encoding in candidates:
        text = decoded_or_none(data, encoding)
        if text is not None:
            return text
    for encoding in ENCODINGS:
        text = decoded_or_none(data, encoding)
        if text is not None and names_in(text) & known:
            return text
    chinese = decoded_or_none(data, "gb18030")
    is_common = decoded_or_none(data, "gb2312") is not None
    if chinese is not None and is_common and _is_chinese(chinese) and (not known or not names_in(chinese)):
        return chinese  # no name decides, but it reads as Chinese
    return None


def _is_chinese(text: str) -> bool:
    """Return whether most signs beyond ASCII are in words of several: a single one is an accented letter misread."""
    runs = re.findall(r"[^\x00-\x7f]+", text)
    return sum(len(run) > 1 for run in runs) > len(runs) / 2
