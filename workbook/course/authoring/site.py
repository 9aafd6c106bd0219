"""Build the site: the course as web pages, from the stored notebooks.

A chapter's page is the learner's copy with the outputs of its demonstrations. Answers, and the outputs of answers and
checks, are never on it. `docs/site/` has Sphinx's settings.
"""

import base64
import html
import io
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import nbformat
from nbformat import NotebookNode
from PIL import Image

from workbook.course.authoring import chapter
from workbook.course.authoring.links import ANCHOR, Chapter, read_chapters
from workbook.ledger import figures

# The parts of the course: a name, and the first chapter of each.
PARTS = (
    ("Foundations", "00"),
    ("Classic networks", "06"),
    ("What a network sees", "10"),
    ("Sound, text and other tasks", "12"),
    ("At scale", "16"),
    ("Your own", "17"),
)
TEACHING = (
    "docs/grading.md",
    "docs/grading-internals.md",
    "docs/league.md",
    "docs/notebooks.md",
    "docs/training.md",
)
MAINTAINING = (
    "CONTRIBUTING.md",
    "docs/style.md",
    "docs/api.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "data/README.md",
)
LEDGER = "docs/figures.md"
NOTEBOOK_ONLY = {"badges", "colab", "navigation"}  # tags; the site has buttons for these
COVER_SIZE = (560, 560)  # pixels, at most
WIDGET = "application/vnd.jupyter.widget-view+json"
MERMAID = re.compile(r"(?ms)^```mermaid\n(.*?)^```\n")
# An arrow of a Mermaid diagram: `a -- "label" --> b`, or dotted.
ARROW = re.compile(r'(\w+) (?:--|-\.) "(.*?)" (?:-->|\.->) (\w+)')
# A link or picture in Markdown: the part before its address, the address, its fragment.
LINK = re.compile(r"(!?\[[^\]]*\]\()([^)#\s]+)((?:#[^)\s]*)?\))")


def build(root: Path, out: Path) -> int:
    """Build the site in the folder `out`, which is replaced; return Sphinx's exit code. Warnings count as errors."""
    from sphinx.cmd.build import build_main

    os.environ["WORKBOOK_REPOSITORY"] = chapter.repository(root)
    with tempfile.TemporaryDirectory() as work:
        pages, doctrees, html_pages = (Path(work, name) for name in ("pages", "doctrees", "html"))
        write_pages(root, pages)
        settings = ["-c", str(root / "docs" / "site"), "-d", str(doctrees)]
        code = build_main(["-q", "-W", "--keep-going", "-b", "html", *settings, str(pages), str(html_pages)])
        if code == 0:
            shutil.copytree(pages / "covers", html_pages / "covers")
            if out.exists():
                shutil.rmtree(out)
            shutil.copytree(html_pages, out, ignore=shutil.ignore_patterns(".buildinfo", "_sources"))
    return code


def write_pages(root: Path, pages: Path) -> None:
    """Write the sources of all pages into a folder, from which Sphinx builds the site."""
    chapters = read_chapters(chapter.sources(root))
    covers = {}
    for entry in chapters:
        learner, complete = (_read(root / folder / entry.file) for folder in ("notebooks", "solutions"))
        _write(pages / "notebooks" / entry.file, nbformat.writes(page(learner, complete)))
        covers[entry.name] = _write_cover(complete, pages / "covers" / f"{entry.name}.png")
    _write(pages / "index.md", front(root, chapters, covers))
    shutil.copytree(
        root / "docs", pages / "docs", ignore=shutil.ignore_patterns("*.md", "site", "__pycache__")
    )
    for name in (*TEACHING, *MAINTAINING):
        text = (root / name).read_text(encoding="utf-8")
        _write(pages / name, relink(root, name, MERMAID.sub(lambda match: arrows(match[1]), text)))
    _write(pages / LEDGER, ledger_page())


def page(learner: NotebookNode, complete: NotebookNode) -> NotebookNode:
    """Return a chapter's page: the learner's cells, with the outputs of those that are neither answer nor check.

    `learner` is changed.
    """
    executed = {cell.id: cell for cell in complete.cells}
    cells = []
    for cell in learner.cells:
        tags = set(cell.metadata.get("tags", []))
        if tags & NOTEBOOK_ONLY:
            continue
        if cell.cell_type == "code" and not tags & {"exercise", "check"}:
            cell.outputs = [_shown(output) for output in executed[cell.id].get("outputs", [])]
            cell.metadata["mystnb"] = {"image": {"alt": cell.metadata.get("alt", "")}}
        elif cell.cell_type == "markdown":
            cell.source = _with_targets(cell.source)
        cells.append(cell)
    learner.cells = cells
    return learner


def _shown(output: NotebookNode) -> NotebookNode:
    """Return an output without the parts that need a kernel."""
    output.get("data", {}).pop(WIDGET, None)
    return output


def _with_targets(markdown: str) -> str:
    """Return prose in which the anchors of exercises are MyST targets, so that Sphinx checks the links to them."""
    anchor = ANCHOR.match(markdown)
    if anchor:
        name = re.findall(r'"(.*)"', anchor.group())[0]
        markdown = f"({name})=\n{markdown[anchor.end() :]}"
    return re.sub(r"\]\((?:\d\d_\w+\.ipynb)?(#exercise-[\d.]+)\)", r"](\1)", markdown)


def _write_cover(complete: NotebookNode, path: Path) -> bool:
    """Write the picture of a chapter's card: that of the cell tagged `cover`, or else the first picture.

    Return whether the chapter has one.
    """
    pictures = [
        ("cover" in cell.metadata.get("tags", []), output["data"]["image/png"])
        for cell in complete.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    if not pictures:
        return False
    chosen = next((picture for is_cover, picture in pictures if is_cover), pictures[0][1])
    image = Image.open(io.BytesIO(base64.b64decode(chosen)))
    image.thumbnail(COVER_SIZE)
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, optimize=True)
    return True


def front(root: Path, chapters: list[Chapter], covers: dict[str, bool]) -> str:
    """Return the front page: the README with cards instead of the table of chapters, and the hidden contents."""
    readme = (root / "README.md").read_text(encoding="utf-8")
    text = "\n".join(line for line in readme.split("\n") if not line.startswith("[!["))
    cards = "\n".join(_part(name, part, covers) for name, part in parts(chapters))
    advice = "Read a chapter here, with its pictures and with stubs in place of answers. To work in it, press the\n"
    advice += "rocket at the top of its page, or follow [Start](#start).\n"
    before, _, rest = text.partition("## Chapters\n")
    after = rest[rest.index("\n## ") :]
    start = before.index("## Start\n")
    text = f"{before[:start]}## Chapters\n\n{advice}\n{cards}\n{before[start:]}{after}"
    return f"{relink(root, 'README.md', text)}\n{contents(chapters)}"


def parts(chapters: list[Chapter]) -> list[tuple[str, list[Chapter]]]:
    """Return the parts of the course: the name and the chapters of each."""
    ends = [first for _, first in PARTS[1:]] + ["99"]
    return [
        (name, [entry for entry in chapters if first <= entry.name[:2] < end])
        for (name, first), end in zip(PARTS, ends, strict=True)
    ]


def _part(name: str, chapters: list[Chapter], covers: dict[str, bool]) -> str:
    cards = "\n".join(_card(entry, covers[entry.name]) for entry in chapters)
    return f'### {name}\n\n<ul class="workbook-cards">\n{cards}\n</ul>\n'


def _card(entry: Chapter, has_cover: bool) -> str:
    """Return a chapter's card. Its picture is decoration: the text beside it says what the chapter is about."""
    picture = f'<img src="covers/{entry.name}.png" alt="" loading="lazy">' if has_cover else ""
    link = f'<a href="notebooks/{entry.name}.html">{html.escape(entry.label)}</a>'
    texts = (link, html.escape(entry.question), f"{entry.minutes} minutes")
    return f'<li class="workbook-card">{picture}{"".join(f"<p>{text}</p>" for text in texts)}</li>'


def contents(chapters: list[Chapter]) -> str:
    """Return the hidden tables of contents from which Sphinx makes the side bar."""
    trees = [
        (name, [f"{entry.label} <notebooks/{entry.name}>" for entry in part])
        for name, part in parts(chapters)
    ]
    trees += [
        ("For instructors", [_document(name) for name in TEACHING]),
        ("The figures", [_document(LEDGER)]),
        ("For maintainers", [_document(name) for name in MAINTAINING]),
    ]
    return "\n".join(
        "\n".join(["```{toctree}", ":hidden:", f":caption: {caption}", "", *entries, "```", ""])
        for caption, entries in trees
    )


def _document(name: str) -> str:
    return name.removesuffix(".md")


def relink(root: Path, name: str, markdown: str) -> str:
    """Return a page of the repository, from the file `name`, with its relative links as they are on the site.

    Links to notebooks lead to the chapters' pages. Links to files that are not on the site lead to the repository.
    """
    pages = {"README.md", *TEACHING, *MAINTAINING}
    address = chapter.repository(root)

    def target(match: re.Match[str]) -> str:
        before, link, after = match.groups()
        if re.match(r"[a-z]+:", link):
            return match.group()
        path = PurePosixPath(os.path.normpath(PurePosixPath(name).parent / link))
        if path.parts[0] in ("solutions", "notebooks") and path.suffix == ".ipynb":
            return f"{before}/notebooks/{path.name}{after}"
        if path.suffix == ".png" or str(path) in pages:
            return f"{before}/{'index.md' if str(path) == 'README.md' else path}{after}"
        return f"{before}{address}/blob/main/{path}{after}"

    return LINK.sub(target, markdown)


def arrows(diagram: str) -> str:
    """Return a Mermaid diagram, which needs a script to be drawn, as a list of its arrows."""
    lines = [
        f"- {start} → {end}: {label.replace('<br/>', ' ')}" for start, label, end in ARROW.findall(diagram)
    ]
    return "\n".join(lines) + "\n"


def ledger_page() -> str:
    """Return the page of the figures that the lectures state: recomputed, with conventions, sources and errors."""
    head = (
        "# The figures of the lectures\n\n"
        "Lectures on convolutional networks quote figures. The course recomputes each of them with its own code\n"
        "(`workbook/ledger/figures.py`), under the convention that is named here.\n\n"
    )
    slips = [figure for figure in figures.ledger() if figure.slip]
    rows = [
        (figure.what, figures.in_words(figure.computed, figure.unit), figure.convention, figure.source)
        for figure in figures.ledger()
    ]
    facts = [(fact.what, figures.in_words(fact.value), fact.source) for fact in figures.facts()]
    return head + "\n".join(
        [
            "## Where a lecture has a slip\n",
            _table(
                ("figure", "right", "the slip"),
                [(slip.what, figures.in_words(slip.expected, slip.unit), slip.slip or "") for slip in slips],
            ),
            "## Recomputed\n",
            _table(("figure", "value", "convention", "source"), rows),
            "## Cited\n\nThese cannot be computed. Their values are in their sources.\n",
            _table(("figure", "value", "source"), facts),
        ]
    )


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "".join("| {} |\n".format(" | ".join(_cell(text) for text in line)) for line in lines)


def _cell(text: str) -> str:
    """Return text for a cell of a Markdown table, with the characters of markup escaped."""
    return re.sub(r"([|*_<>$\\])", r"\\\1", " ".join(text.split()))


def _read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
