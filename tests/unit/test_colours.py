"""Every colour of the course can be seen: 3:1 for marks, on white and, where there is no white below it, on dark."""

import ast
import itertools
import re
from pathlib import Path

import numpy as np
import pytest

from tests import ROOT
from workbook import colours

MARK = 3.0  # the least contrast of a mark, WCAG 2.2, criterion 1.4.11
# How the three kinds of colour blindness see linear RGB (Machado, Oliveira and Fernandes 2009, severity 1).
VISION = {
    "usual": np.eye(3),
    "no red": [[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.0520]],
    "no green": [[0.3673, 0.8606, -0.2280], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9689]],
    "no blue": [[1.2555, -0.0767, -0.1788], [-0.0784, 0.9308, 0.1476], [0.0047, 0.6914, 0.3039]],
}
# Functions and arguments that colour what lies behind marks, not marks; white text on black is one of them.
BEHIND = {"axvspan", "axhspan", "fill_between", "grid"}
NOT_MARKS = {"facecolor", "edgecolor"}
FILES = [*sorted((ROOT / "workbook").rglob("*.py")), *sorted((ROOT / "solutions").glob("*.py"))]


@pytest.mark.parametrize("colour", colours.PALETTE)
@pytest.mark.parametrize("background", [colours.LIGHT, colours.DARK])
def test_the_palette_is_seen_on_light_and_on_dark(colour: str, background: str) -> None:
    assert colours.contrast(colour, background) >= MARK


@pytest.mark.parametrize("vision", VISION)
def test_the_palette_is_told_apart_by_every_eye(vision: str) -> None:
    seen = {colour: _oklab(np.array(VISION[vision]) @ _linear(colour)) for colour in colours.PALETTE}
    distances = {
        pair: np.linalg.norm(seen[pair[0]] - seen[pair[1]]) for pair in itertools.combinations(seen, 2)
    }
    closest = min(distances, key=lambda pair: distances[pair])
    assert distances[closest] > 0.07, (closest, distances[closest])


@pytest.mark.parametrize("vision", VISION)
def test_classes_are_told_apart_by_every_eye_and_seen_on_black(vision: str) -> None:
    seen = [_oklab(np.array(VISION[vision]) @ _linear(colour)) for colour in colours.CLASSES]
    assert len(seen) == 10
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 0.11
    assert min(colours.contrast(colour, "#000000") for colour in colours.CLASSES) >= MARK


def test_curves_without_a_colour_of_their_own_take_the_palettes() -> None:
    from matplotlib.figure import Figure

    from workbook import plots

    ax = Figure().subplots()
    drawn = [ax.plot([0, 1])[0].get_color() for _ in plots.COLOURS]
    assert tuple(drawn) == plots.COLOURS == colours.PALETTE


def _linear(colour: str) -> np.ndarray:
    values = np.array(colours.channels(colour))
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def _oklab(linear: np.ndarray) -> np.ndarray:
    """Return a colour in Oklab (Ottosson 2020), in which 0.02 is just noticeable."""
    to_lms = [[0.4122, 0.5363, 0.0514], [0.2119, 0.6807, 0.1074], [0.0883, 0.2817, 0.6300]]
    to_lab = [[0.2105, 0.7936, -0.0041], [1.9780, -2.4286, 0.4506], [0.0259, 0.7828, -0.8087]]
    return np.array(to_lab) @ np.cbrt(np.array(to_lms) @ np.clip(linear, 0, 1))


def _drawn(path: Path) -> list[tuple[int, str]]:
    """Return the colours that a file gives to marks, with their lines: "#RRGGBB", or a grey such as "0.5"."""
    drawn = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        for argument in node.keywords:
            value = argument.value
            is_colour = "color" in (argument.arg or "") or "colour" in (argument.arg or "")
            is_text = isinstance(value, ast.Constant) and isinstance(value.value, str)
            if is_colour and is_text and name not in BEHIND and argument.arg not in NOT_MARKS:
                drawn.append((value.lineno, value.value))
    return drawn


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_marks_are_seen_on_the_white_of_a_picture(path: Path) -> None:
    faint = []
    for line, colour in _drawn(path):
        is_measured = colour.startswith("#") or colour.replace(".", "").isdigit()
        if is_measured and colours.contrast(colour, colours.LIGHT) < MARK:
            faint.append(f"line {line}: {colour} has {colours.contrast(colour, colours.LIGHT):.2f}:1")
    assert not faint


def test_the_test_finds_a_faint_mark(tmp_path: Path) -> None:
    file = tmp_path / "x.py"
    file.write_text('ax.plot(x, color="0.75")\nax.grid(color="0.9")\nax.text(0, 0, "a", color="#E69F00")')
    assert _drawn(file) == [(1, "0.75"), (3, "#E69F00")]
    assert colours.contrast("0.75", "#FFFFFF") < 2 < colours.contrast("#E69F00", "#FFFFFF") < 2.3


def test_the_ratio_is_that_of_the_standard() -> None:
    assert colours.contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert colours.contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.005)
    assert colours.contrast("0.5", "0.5") == 1


@pytest.mark.parametrize("colour", ["red", "#FFF", "#GG0000", ""])
def test_an_unknown_colour_is_refused(colour: str) -> None:
    with pytest.raises(ValueError, match="colour must be"):
        colours.channels(colour)


# ---------------------------------------------------------------- the interactive pictures

STYLES = (ROOT / "workbook" / "interactive" / "assets" / "base.css").read_text(encoding="utf-8")
TEXT = 4.5  # the least contrast of text, WCAG 2.2, criterion 1.4.3


def _theme(selector: str) -> dict[str, str]:
    """Return the colours of a theme by name; those that the dark theme does not set are the light one's."""
    block = re.search(rf"^{re.escape(selector)} {{(.*?)}}", STYLES, re.MULTILINE | re.DOTALL)
    assert block
    found = re.findall(r"--(\w+): (#\w+);", block[1])
    return {
        name: value if len(value) == 7 else "#" + "".join(2 * digit for digit in value[1:])
        for name, value in found
    }


@pytest.mark.parametrize("selector", [":root", ':root[data-theme="dark"]'])
@pytest.mark.parametrize("background", ["page", "panel"])
def test_interactive_pictures_can_be_read_in_both_themes(selector: str, background: str) -> None:
    theme = _theme(":root") | _theme(selector)
    least = {"text": TEXT, "muted": TEXT, "warn": TEXT, "accent": MARK, "line": MARK}
    ratios = {name: colours.contrast(theme[name], theme[background]) for name in least}
    assert {name: ratio for name, ratio in ratios.items() if ratio < least[name]} == {}


@pytest.mark.parametrize("background", [colours.LIGHT, colours.DARK])
def test_the_colours_of_a_check_are_seen_in_both_themes(background: str) -> None:
    source = (ROOT / "workbook" / "exercises" / "check.py").read_text(encoding="utf-8")
    used = set(re.findall(r"#[0-9a-fA-F]{6}\b", source))
    assert len(used) >= 4
    assert [colour for colour in used if colours.contrast(colour, background) < MARK] == []
