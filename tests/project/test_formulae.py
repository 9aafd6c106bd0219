"""The chapters' formulas: in commands that MathJax has in JupyterLab, on GitHub and on the site alike."""

import re
from pathlib import Path

import pytest

from tests import ROOT

CHAPTERS = sorted((ROOT / "solutions").glob("[0-9][0-9]_*.py"))
COMMANDS = {
    "frac", "dfrac", "sqrt", "sum", "prod", "ln", "log", "max", "min", "cos", "sin", "bmod", "partial", "infty",
    "left", "right", "bigl", "bigr", "Bigl", "Bigr", "big", "lfloor", "rfloor", "lceil", "rceil", "lvert",
    "rvert", "lVert", "rVert", "langle", "rangle", "cap", "cdot", "times", "pm", "approx", "le", "ge", "ne",
    "in", "leftarrow", "rightarrow", "ldots", "quad", "qquad", "text", "mathrm", "hat", "bar", "begin", "end",
    "alpha", "beta", "gamma", "delta", "varepsilon", "eta", "theta", "lambda", "mu", "pi", "rho", "sigma",
    "tau", "ell",
}  # fmt: skip


def _formulas(text: str) -> list[str]:
    """Return the formulas of a Markdown text, without code."""
    text = re.sub(r"`[^`]*`", "", text)
    display = re.findall(r"\$\$(.+?)\$\$", text, flags=re.DOTALL)
    return display + re.findall(r"\$([^$]+)\$", re.sub(r"\$\$.+?\$\$", "", text, flags=re.DOTALL))


def _prose(source: str) -> str:
    cells = re.split(r"(?m)^# %%", source)
    marked = [cell.split("\n", 1)[1] for cell in cells if cell.startswith(" [markdown]")]
    return "\n".join(re.sub(r"(?m)^# ?", "", cell) for cell in marked)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_formulas_can_be_rendered_everywhere(path: Path) -> None:
    prose = _prose(path.read_text(encoding="utf-8"))
    assert re.sub(r"`[^`]*`", "", prose).count("$") % 2 == 0, "a formula without an end"
    for formula in _formulas(prose):
        commands = set(re.findall(r"\\([A-Za-z]+)", formula))
        assert commands <= COMMANDS, f"{formula}: {commands - COMMANDS}"
        bare = re.sub(r"\\[{}]", "", formula)
        depth = 0
        for character in bare:
            depth += {"{": 1, "}": -1}.get(character, 0)
            assert depth >= 0, formula
        assert depth == 0, formula
        for first, second in (("left", "right"), ("begin", "end")):
            counts = [len(re.findall(rf"\\{name}(?![a-z])", formula)) for name in (first, second)]
            assert counts[0] == counts[1], formula
        outside = re.sub(r"\\text\{[^}]*\}", "", formula)
        assert not re.search(r"[Σ√Π∑−⌊⌋₀-₉⁰-⁹·×≤≥]", outside), f"write the command: {formula}"
        assert formula == formula.strip(), f"GitHub wants no blank inside the dollars: {formula}"


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_formulas_in_tables_have_no_bar_and_no_line_of_their_own(path: Path) -> None:
    for line in _prose(path.read_text(encoding="utf-8")).split("\n"):
        if line.startswith("|"):
            assert "$$" not in line, line
            assert all("|" not in formula for formula in _formulas(line)), line


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_sums_are_not_written_in_plain_characters(path: Path) -> None:
    """A sum over an index, or a tall fraction, is a formula; a single root in a sentence may stay."""
    prose = re.sub(r"`[^`]*`", "", _prose(path.read_text(encoding="utf-8")))
    tables = [line for line in prose.split("\n") if line.startswith("|")]
    for line in tables:
        assert not re.search(r"[Σ∏√⌊⌈]", line), line


def test_a_broken_formula_is_found() -> None:
    assert _formulas("a $x$ and `$y$`\n$$z\n+ 1$$") == ["z\n+ 1", "x"]
