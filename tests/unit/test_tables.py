"""Tables: aligned text in a terminal, HTML whose long cells wrap in a notebook."""

import re

import numpy as np
import pytest

from workbook.tables import Table, breakable, cell

SMALL = Table(("layer", "MACs"), [("conv", 1512), ("dense <a>", 10)], ("sum", 1522))


def test_the_text_is_aligned_with_a_rule_above_the_sums() -> None:
    assert str(SMALL).splitlines() == [
        "layer       MACs",
        "─────────  ─────",
        "conv       1,512",
        "dense <a>     10",
        "─────────  ─────",
        "sum        1,522",
    ]
    assert repr(SMALL) == str(SMALL)


def test_a_notebook_shows_a_table_with_column_heads() -> None:
    page = SMALL._repr_html_()
    assert page.count('<th scope="col"') == 2
    assert page.count("<tr>") == 4
    assert "dense &lt;a&gt;" in page
    assert re.search(r'text-align:right;white-space:nowrap">1,512<', page)
    assert re.search(r'text-align:left;overflow-wrap:anywhere">conv<', page)


def test_only_columns_of_numbers_are_flush_right() -> None:
    table = Table(("a", "b", "c", "d"), [(1, "1", None, np.int64(3)), (2.5, "x", 4, "")])
    assert table.flush_right == [True, False, True, True]
    assert table.rows[0] == ("1", "1", "–", "3")


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (None, "–"),
        ((3, 1), "3 × 1"),
        (1234567, "1,234,567"),
        (np.int64(1234), "1,234"),
        (0.5, "0.5"),
        (0.0, "0"),
        (-2.25, "-2.25"),
        (0.0001, "0.0001"),
        (4.04e-6, "4e-06"),
        (np.float32(0.25), "0.25"),
        (True, "True"),
        ("text", "text"),
    ],
)
def test_a_cell_shows_a_value(entry: object, text: str) -> None:
    assert cell(entry) == text


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match=r"must have 2 cells.*Received: row=\(1,\)"):
        Table(("a", "b"), [(1,)])
    with pytest.raises(ValueError, match="must have 1 cells"):
        Table(("a",), [(1,)], ("sum", 2))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("F19.mnist_raw_bytes", "F19.<wbr>mnist_<wbr>raw_<wbr>bytes"),
        ("162.6 MiB, 3 < 4", "162.6 MiB, 3 &lt; 4"),
        ("an ordinary sentence", "an ordinary sentence"),
        ("", ""),
    ],
)
def test_long_words_may_be_broken(text: str, shown: str) -> None:
    assert breakable(text) == shown


def test_a_checksum_is_broken_into_short_pieces() -> None:
    pieces = breakable("c58f30108f718f92721af3b95e74349a").split("<wbr>")
    assert "".join(pieces) == "c58f30108f718f92721af3b95e74349a"
    assert [len(piece) for piece in pieces] == [12, 12, 8]
    assert breakable(f"md5 {'a' * 24}, b") == f"md5 <wbr>{'a' * 12}<wbr>{'a' * 12}, b"
