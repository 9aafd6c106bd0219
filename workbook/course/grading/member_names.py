"""Read the names in a zip that does not say how they are encoded.

A zip either says that its names are UTF-8, or they are in the code page of the system that wrote it (PKWARE's
APPNOTE.TXT, appendix D): GBK on a Chinese Windows, Shift-JIS on a Japanese one. A Mac writes UTF-8 and does not say so.
Libraries that guess encodings need more text than a few names: here the one counts in which the names consist of
common characters.
"""

import unicodedata
from collections.abc import Callable, Sequence

from workbook.course.grading.untrusted import decoded_or_none

ENCODINGS = ("cp437", "cp850", "cp1252", "cp866", "gbk", "big5", "cp932", "cp949")
LATIN, CYRILLIC = ("cp437", "cp850", "cp1252"), ("cp866",)
# The rows of common characters in each standard, by the first byte: frequent ones are sorted first.
COMMON = {"gbk": (0xB0, 0xD7), "big5": (0xA4, 0xC6), "cp932": (0x88, 0x97), "cp949": (0xB0, 0xC8)}
RARER_IN_GBK = (0xD8, 0xF7)  # in GB 2312 as well, its second level
KANA = {0x82, 0x83}  # the first bytes of Japan's two syllabaries
FIRST_BYTE_OF_STANDARD = (
    0xA1  # the second byte of what GB 2312 and KS X 1001 have; GBK and UHC add rare ones below
)
KOREAN_SURNAMES = "김이박최정강조윤장임한오서신권황안송전홍유고문양손배백허남심노류"
MOST_NAMES = 200  # that are looked at


def decoder(raw: Sequence[bytes]) -> Callable[[str], str]:
    """Return a function that decodes names which `zipfile` took for code page 437; `raw` are all of them as bytes."""
    unknown = [name for name in raw if decoded_or_none(name, "utf-8") is None][:MOST_NAMES]
    likeliest = max(ENCODINGS, key=lambda encoding: _plausibility(unknown, encoding))

    def decode(name: str) -> str:
        data = name.encode("cp437")
        texts = (decoded_or_none(data, encoding) for encoding in ("utf-8", likeliest))
        return next((text for text in texts if text is not None), name)

    return decode


def _plausibility(names: Sequence[bytes], encoding: str) -> float:
    """Return how common the characters of the names would be in this encoding, from 0 to a little above 1."""
    values: list[float] = []
    for name in names:
        text = decoded_or_none(name[:1000], encoding)
        if text is None:
            values += [0.0] * sum(byte > 0x7F for byte in name)
        else:
            values += [_commonness(char, encoding) for char in text if not char.isascii()]
    bonus = 0.01 if encoding == "cp949" and _are_korean(names) else 0.0
    return sum(values) / max(1, len(values)) + bonus


def _commonness(char: str, encoding: str) -> float:
    """Return about how common a character is in texts of this encoding, from 0 to 1."""
    if encoding in LATIN + CYRILLIC:
        script = "CYRILLIC" if encoding in CYRILLIC else "LATIN"
        return 0.6 if unicodedata.name(char, "").startswith(script) else 0.0
    data = char.encode(encoding)
    first, last = data[0], data[-1]
    if len(data) == 1 or (encoding in ("gbk", "cp949") and last < FIRST_BYTE_OF_STANDARD):
        return 0.1
    if COMMON[encoding][0] <= first <= COMMON[encoding][1] or (encoding == "cp932" and first in KANA):
        return 1.0
    return 0.7 if encoding == "gbk" and RARER_IN_GBK[0] <= first <= RARER_IN_GBK[1] else 0.2


def _are_korean(names: Sequence[bytes]) -> bool:
    """Return whether most paths have a part that begins with a Korean surname.

    Every Korean text is also a text of common Chinese characters, so that these alone do not tell.
    """
    paths = [(decoded_or_none(name, "cp949") or "").split("/") for name in names]
    korean = [path for path in paths if any(part and part[0] in KOREAN_SURNAMES for part in path)]
    return len(korean) > len(paths) / 2
