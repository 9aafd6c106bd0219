"""Links: mentions of chapters and exercises, the ways from chapter to chapter, tables of chapters, reading lists."""

import dataclasses
import re
import shutil
from functools import cache
from pathlib import Path

import jupytext
import pytest
from nbformat import NotebookNode

from tests import ROOT
from workbook.course.authoring import chapter, links
from workbook.exercises import all_exercises

SOURCES = chapter.sources(ROOT)
NAMES = [source.stem for source in SOURCES]
KNOWN = set(NAMES)
CHAPTERS = links.read_chapters(SOURCES)
by_chapter = pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


@cache
def _notebook(name: str) -> NotebookNode:
    return chapter.complete(ROOT / "solutions" / f"{name}.py", "https://github.com/someone/course")


def _prose(name: str) -> str:
    return "\n\n".join(cell.source for cell in _notebook(name).cells if cell.cell_type == "markdown")


@pytest.mark.parametrize(
    ("text", "linked"),
    [
        ("as chapter 03 says", "as [chapter 03](03_pooling.ipynb) says"),
        ("Chapter 03's formula", "[Chapter 03](03_pooling.ipynb)'s formula"),
        ("(chapter\n03)", "([chapter\n03](03_pooling.ipynb))"),
        ("chapters 03 and 05", "chapters [03](03_pooling.ipynb) and [05](05_first_cnn.ipynb)"),
        (
            "chapters 00, 03 to 05",
            "chapters [00](00_start_here.ipynb), [03](03_pooling.ipynb) to [05](05_first_cnn.ipynb)",
        ),
        ("exercise 3.6.", "[exercise 3.6](03_pooling.ipynb#exercise-3.6)."),
        ("exercise 2.3 here", "[exercise 2.3](#exercise-2.3) here"),
        (
            "exercises 2.3 and 3.6",
            "exercises [2.3](#exercise-2.3) and [3.6](03_pooling.ipynb#exercise-3.6)",
        ),
    ],
)
def test_a_mention_becomes_a_link(text: str, linked: str) -> None:
    assert links.link_mentions(text, "02_convolution", KNOWN) == linked
    assert links.without_links(linked) == text


@pytest.mark.parametrize(
    "text",
    [
        "this is chapter 02 itself",
        "chapter 99",
        "section 03, chapter 3, chapter 035, chapter 03.1",
        "### Exercise 3.6 · Receptive field (10 min, 3 points)",
        "`chapter 03` and $chapter 03$",
        "```\nchapter 03\n```",
        "[chapter 03](https://example.org)",
        '<img alt="chapter 03">',
    ],
)
def test_what_is_no_mention_stays(text: str) -> None:
    assert links.link_mentions(text, "02_convolution", KNOWN) == text


def test_a_chapter_that_is_not_there_is_not_linked() -> None:
    text = "chapters 03 and 04, and exercise 3.6"
    assert links.link_mentions(text, "02_convolution", {"02_convolution"}) == text


def test_an_exercise_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"no exercise 3\.99"):
        links.link_mentions("see exercise 3.99", "02_convolution", KNOWN)


@by_chapter
def test_without_the_links_the_prose_is_its_sources(source) -> None:
    cells = [cell.source.strip("\n") for cell in jupytext.read(source).cells if cell.cell_type == "markdown"]
    made = [cell for cell in _notebook(source.stem).cells if cell.cell_type == "markdown"]
    made = [cell for cell in made if not {"badges", "navigation"} & set(cell.metadata.get("tags", []))]
    without = [links.without_links(cell.source) for cell in made]
    assert without == [links.without_links(text) for text in cells]


@by_chapter
def test_every_chapter_leads_to_its_neighbours_and_to_all_chapters(source) -> None:
    place = NAMES.index(source.stem)
    expected = {f"{name}.ipynb" for name in NAMES[max(place - 1, 0) : place + 2]} - {f"{source.stem}.ipynb"}
    cells = _notebook(source.stem).cells
    (top,) = [cell.source for cell in cells[:3] if "badges" in cell.metadata.get("tags", [])]
    for text in (top, cells[-1].source):
        found = {link for link in LINK.findall(text) if not link.startswith("https:")}
        assert found == expected | {links.OVERVIEW}


@by_chapter
def test_every_link_between_notebooks_leads_to_a_heading_or_an_exercise(source) -> None:
    for link in LINK.findall(_prose(source.stem)):
        if link.startswith("https:"):
            continue
        file, _, fragment = link.partition("#")
        name = file.removesuffix(".ipynb") or source.stem
        assert name in KNOWN, link
        headings = re.findall(r"(?m)^#+ (.+)$", _prose(name))
        anchors = re.findall(r'<a id="([^"]+)"></a>', _prose(name))
        assert fragment in ["", *anchors, *(heading.replace(" ", "-") for heading in headings)], link


def test_every_exercise_has_an_anchor_above_its_heading() -> None:
    for exercise in all_exercises():
        name = next(name for name in NAMES if int(name[:2]) == int(exercise.id.split(".")[0]))
        assert f'<a id="exercise-{exercise.id}"></a>\n\n{exercise.heading}' in _prose(name)


# --- Tables of chapters -------------------------------------------------------------------------------------


def test_the_tables_of_chapters_are_as_workbook_contents_writes_them(tmp_path: Path) -> None:
    (tmp_path / "solutions").mkdir()
    for name in ("README.md", "solutions/00_start_here.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    assert links.write_tables(tmp_path, CHAPTERS) == [], "run `workbook contents`"
    assert [entry.name for entry in CHAPTERS] == NAMES
    longer = [dataclasses.replace(entry, minutes=entry.minutes + 1) for entry in CHAPTERS]
    assert links.write_tables(tmp_path, longer) == [
        tmp_path / "README.md",
        tmp_path / "solutions" / "00_start_here.py",
    ]
    for name in ("README.md", "solutions/00_start_here.py"):
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert text.count("| 56 |") == (ROOT / name).read_text(encoding="utf-8").count("| 55 |") == 1
        assert text.count("start_here.ipynb) | What does a program see") == 1


def test_chapter_00_has_a_row_for_every_chapter() -> None:
    rows = re.findall(r"(?m)^\| \[\d\d · .*\|$", _prose("00_start_here"))
    assert rows == [entry.row for entry in CHAPTERS]


def test_a_first_cell_without_question_is_no_head() -> None:
    text = "# 02 · Convolution\n\n**How?**\n\n**Minutes:** about 50 with the exercises"
    assert links.read_head("02_convolution", text) == links.Chapter(
        "02_convolution", "Convolution", "How?", 50
    )
    assert links.read_head("02_convolution", text.replace("**How?**", "How?")) is None


@pytest.mark.parametrize(
    ("title", "label"),
    [
        ("ResNet and DenseNet: why depth needs shortcuts", "02 · ResNet and DenseNet"),
        ("Pooling, stacking, and how far a neuron sees", "02 · Pooling"),
        ("Detect, segment, locate", "02 · Detect, segment, locate"),
    ],
)
def test_a_label_is_short(title: str, label: str) -> None:
    assert links.Chapter("02_convolution", title, "How?", 50).label == label


# --- Reading lists ------------------------------------------------------------------------------------------

ARXIV = re.compile(r"https://arxiv\.org/abs/\d{4}\.\d{4,5}$")
DOI = re.compile(r"https://doi\.org/10\.\d{4,5}/\S+$")
PUBLISHERS = re.compile(
    r"https://(aclanthology\.org|github\.com|numpy\.org|proceedings\.mlr\.press|research\.google"
    r"|www\.cs\.toronto\.edu|www\.deeplearningbook\.org|www\.di\.ens\.fr)/\S+$"
)


def _reading_list(name: str) -> list[str]:
    """Return the entries of a chapter's "Where to read on", each on one line."""
    section = _prose(name).partition("## Where to read on\n")[2].partition("\n---")[0]
    return [" ".join(entry.split()) for entry in re.split(r"(?m)^- ", section)[1:]]


@by_chapter
def test_a_reading_list_links_every_work_and_names_the_best_first(source) -> None:
    entries = _reading_list(source.stem)
    assert len(entries) >= 2
    assert [entry.startswith("**Best next:** ") for entry in entries] == [True] + [False] * (len(entries) - 1)
    for entry in entries:
        addresses = LINK.findall(entry)
        assert addresses, entry
        for address in addresses:
            assert ARXIV.match(address) or DOI.match(address) or PUBLISHERS.match(address), address
        assert re.search(r"\[\*[^*]+\*\]\(https://", entry), f"the title is the link: {entry}"


def test_a_work_has_the_same_address_in_every_chapter() -> None:
    addresses: dict[str, set[str]] = {}
    for name in NAMES:
        for title, address in re.findall(
            r"\[\*([^*]+)\*\]\((https://[^)]+)\)", " ".join(_reading_list(name))
        ):
            addresses.setdefault(title.lower(), set()).add(address)
    assert {title: found for title, found in addresses.items() if len(found) > 1} == {}
