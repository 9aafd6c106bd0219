"""The pages of the site: what is on a chapter's page, where links lead, cards and tables."""

import importlib
import re
from pathlib import Path
from types import ModuleType

import nbformat
import pytest
from docutils import nodes
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tests import ROOT
from workbook.course.authoring import chapter, links, site
from workbook.ledger import figures

CHAPTERS = links.read_chapters(chapter.sources(ROOT))


def _cell(cell_id: str, source: str, tags: list[str], **metadata: str) -> NotebookNode:
    cell = new_code_cell(source, metadata={"tags": tags, **metadata})
    cell.id = cell_id
    return cell


def _executed(learner: NotebookNode) -> NotebookNode:
    complete = nbformat.from_dict(learner)
    for cell in complete.cells:
        if cell.cell_type == "code":
            data = {"text/plain": f"of {cell.id}", site.WIDGET: {"model_id": "1"}}
            cell.outputs = [new_output("display_data", data=data)]
    return complete


def _learner() -> NotebookNode:
    return new_notebook(
        cells=[
            new_markdown_cell("# 02 · Convolution"),
            new_markdown_cell("badges", metadata={"tags": ["badges"]}),
            _cell("colab", "install()", ["colab"]),
            new_markdown_cell(
                '<a id="exercise-2.1"></a>\n\n### Exercise 2.1 · Slide\n\n'
                "as [exercise 3.6](03_pooling.ipynb#exercise-3.6)"
            ),
            _cell("answer", "return ...", ["exercise"]),
            _cell("check", "check()", ["check"]),
            _cell("shown", "show()", [], alt="What there is to see."),
            new_markdown_cell("next", metadata={"tags": ["navigation"]}),
        ]
    )


def test_a_page_has_the_outputs_of_demonstrations_alone() -> None:
    learner = _learner()
    page = site.page(learner, _executed(_learner()))
    assert [cell.source for cell in page.cells if cell.cell_type == "code"] == [
        "return ...",
        "check()",
        "show()",
    ]
    answer, check, shown = [cell for cell in page.cells if cell.cell_type == "code"]
    assert answer.outputs == check.outputs == []
    assert shown.outputs[0].data == {"text/plain": "of shown"}
    assert shown.metadata.mystnb.image.alt == "What there is to see."


def test_a_page_has_targets_for_exercises_and_no_navigation() -> None:
    page = site.page(_learner(), _executed(_learner()))
    texts = [cell.source for cell in page.cells if cell.cell_type == "markdown"]
    assert texts == [
        "# 02 · Convolution",
        "(exercise-2.1)=\n### Exercise 2.1 · Slide\n\nas [exercise 3.6](#exercise-3.6)",
    ]


@pytest.mark.parametrize(
    ("name", "link", "expected"),
    [
        ("README.md", "solutions/02_convolution.ipynb", "/notebooks/02_convolution.ipynb"),
        ("README.md", "docs/grading.md", "/docs/grading.md"),
        ("README.md", "docs/course.png", "/docs/course.png"),
        ("docs/grading.md", "grading-internals.md#limits", "/docs/grading-internals.md#limits"),
        ("docs/grading.md", "../README.md", "/index.md"),
        ("docs/training.md", "../data/results/training.json", "ADDRESS/blob/main/data/results/training.json"),
        ("docs/training.md", "https://example.org/a", "https://example.org/a"),
        ("docs/training.md", "#moodle", "#moodle"),
    ],
)
def test_a_link_leads_to_a_page_or_to_the_repository(name: str, link: str, expected: str) -> None:
    expected = expected.replace("ADDRESS", chapter.repository(ROOT))
    assert site.relink(ROOT, name, f"see [it]({link}).") == f"see [it]({expected})."


def test_the_front_page_has_a_card_for_every_chapter_and_no_badges() -> None:
    page = site.front(ROOT, CHAPTERS, {entry.name: entry.name != "17_your_own_network" for entry in CHAPTERS})
    cards = re.findall(r'<li class="workbook-card">(.*)</li>', page)
    assert [re.findall(r'href="notebooks/(\w+)\.html"', card) for card in cards] == [
        [entry.name] for entry in CHAPTERS
    ]
    assert "<p>What does a program see when you show it a photograph?</p><p>55 minutes</p>" in cards[0]
    assert ["<img" in card for card in cards] == [entry.name != "17_your_own_network" for entry in CHAPTERS]
    assert "[![" not in page
    assert "](solutions/" not in page
    assert page.index("## Chapters") < page.index("## Start")


def test_every_page_is_in_the_side_bar() -> None:
    listed = re.findall(r"(?m)^(?:.* <)?((?:notebooks|docs|data)/[\w-]+|[A-Z]+)>?$", site.contents(CHAPTERS))
    pages = [f"notebooks/{entry.name}" for entry in CHAPTERS]
    pages += [name.removesuffix(".md") for name in (*site.TEACHING, site.LEDGER, *site.MAINTAINING)]
    assert sorted(listed) == sorted(pages)
    documents = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md")}
    assert documents <= {*site.TEACHING, *site.MAINTAINING}


def test_a_diagram_becomes_a_list_of_its_arrows() -> None:
    diagram = 'flowchart LR\n    a["<b>a</b>"]\n    a -- "Ask,<br/>Tell" --> b\n    b -. "forks" .-> c\n'
    assert site.arrows(diagram) == "- a → b: Ask, Tell\n- b → c: forks\n"


def test_the_ledgers_page_has_every_figure_every_fact_and_every_slip() -> None:
    page = site.ledger_page()
    rows = [line for line in page.split("\n") if line.startswith("| ")]
    slips = [figure for figure in figures.ledger() if figure.slip]
    assert len(rows) == 3 * 2 + len(slips) + len(figures.ledger()) + len(figures.facts())
    assert "| 1,000,000,000,000 weights | no biases | lecture |" in page
    assert len({line.count(" | ") for line in rows}) == 2  # no cell breaks its row


@pytest.fixture
def mathml(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The site's renderer of formulas; a warning is an error."""
    monkeypatch.syspath_prepend(ROOT / "docs" / "site")
    module = importlib.import_module("mathml")

    def warning(text: str, *values: object, location: object) -> None:
        raise ValueError(text % values)

    monkeypatch.setattr(module.logger, "warning", warning)
    return module


@pytest.mark.parametrize(
    ("formula", "has"),
    [
        (r"p_i = \frac{e^{z_i}}{\sum_{j=1}^{K} e^{z_j}}", "<mfrac>"),
        (r"\left\lfloor \frac{W - F + 2P}{S} \right\rfloor + 1", "⌊"),
        (r"\begin{align} a &= b \\ c &= d \end{align}", "<mtable"),
        (r"y_1, \dots, y_n", "…"),
        (r"\sum P \big/ \sum Q", ">/</mo>"),
    ],
)
def test_a_formula_becomes_mathml(mathml: ModuleType, formula: str, has: str) -> None:
    made = mathml.as_mathml(nodes.math("", formula), as_block=True)
    assert made.startswith("<math")
    assert has in made


def test_an_unknown_command_is_a_warning(mathml: ModuleType) -> None:
    with pytest.raises(ValueError, match=r"unheard' cannot be translated"):
        mathml.as_mathml(nodes.math("", r"x \unheard"), as_block=False)


@pytest.mark.parametrize("tagged", [True, False])
def test_a_card_shows_the_tagged_picture_or_the_first_one(tmp_path: Path, tagged: bool) -> None:
    pictures = [output.data["image/png"] for output in _pictures()][:2]
    cells = [new_code_cell(outputs=[new_output("display_data", data={"image/png": png})]) for png in pictures]
    if tagged:
        cells[1].metadata["tags"] = ["cover"]
    assert site._write_cover(new_notebook(cells=cells), tmp_path / "tagged.png")
    assert site._write_cover(new_notebook(cells=cells[tagged : tagged + 1]), tmp_path / "alone.png")
    assert (tmp_path / "tagged.png").read_bytes() == (tmp_path / "alone.png").read_bytes()
    assert not site._write_cover(new_notebook(cells=[new_markdown_cell("x")]), tmp_path / "none.png")


def _pictures() -> list[NotebookNode]:
    notebook = nbformat.read(ROOT / "solutions" / "03_pooling.ipynb", as_version=4)
    return [
        out
        for cell in notebook.cells
        for out in cell.get("outputs", [])
        if "image/png" in out.get("data", {})
    ]
