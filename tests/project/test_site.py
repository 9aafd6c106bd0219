"""The site as readers get it: built offline without a warning, whole, without answers, and tried in Chromium."""

import functools
import http.server
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import nbformat
import pytest

from tests import ROOT
from tests.conftest import watch
from tests.offline import without_network
from workbook.course.authoring import chapter, links

pytestmark = pytest.mark.claims
CHAPTERS = links.read_chapters(chapter.sources(ROOT))
LOADED = {"script": "src", "img": "src", "audio": "src", "video": "src", "source": "src", "iframe": "src"}
LOADED_RELATIONS = {"stylesheet", "icon", "preload", "modulepreload", "preconnect", "dns-prefetch"}


class Page(HTMLParser):
    """What a page of the site has: ids, links, addresses that it loads, and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.texts: list[str] = []
        self.pictures: list[dict[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = dict(attributes)
        self.ids.add(values.get("id") or "")
        if tag == "a" and values.get("href"):
            self.links.append(str(values["href"]))
        if values.get(LOADED.get(tag, "")):
            self.loaded.append(str(values[LOADED[tag]]))
        if tag == "link" and set((values.get("rel") or "").split()) & LOADED_RELATIONS:
            self.loaded.append(values.get("href") or "")
        if tag == "img":
            self.pictures.append(values)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built with no network."""
    out = tmp_path_factory.mktemp("site") / "site"
    command = [*without_network(), sys.executable, "-m", "workbook.course.cli.app", "site", "--out", str(out)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert result.returncode == 0, result.stderr[-3000:] + result.stdout[-500:]
    assert "WARNING" not in result.stderr
    return out


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, Page]:
    """The pages of the site, by their address within it."""
    files = sorted(site.rglob("*.html"))
    return {path.relative_to(site).as_posix(): Page(path.read_text(encoding="utf-8")) for path in files}


def test_every_chapter_and_every_document_is_a_page(pages: dict[str, Page]) -> None:
    expected = {f"notebooks/{entry.name}.html" for entry in CHAPTERS}
    expected |= {f"docs/{path.stem}.html" for path in (ROOT / "docs").glob("*.md")}
    expected |= {"index.html", "search.html", "docs/figures.html", "CONTRIBUTING.html", "data/README.html"}
    assert expected <= pages.keys()


def test_every_link_leads_to_a_page_and_every_anchor_to_a_place(site: Path, pages: dict[str, Page]) -> None:
    broken = []
    for name, page in pages.items():
        for link in page.links:
            if re.match(r"[a-z]+:", link) or "?" in link:
                continue
            path, _, fragment = link.partition("#")
            target = (site / name).parent / unquote(path) if path else site / name
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file() or (
                fragment and unquote(fragment) not in pages[target.resolve().relative_to(site).as_posix()].ids
            ):
                broken.append((name, link))
    assert broken == []


def test_nothing_is_loaded_from_elsewhere(site: Path, pages: dict[str, Page]) -> None:
    outside = [
        (name, address) for name, page in pages.items() for address in page.loaded if _is_outside(address)
    ]
    for path in site.rglob("*.css"):
        style = path.read_text(encoding="utf-8")
        found = re.findall(r"url\(\s*[\"']?([^\"')]+)|@import\s+[\"']([^\"']+)", style)
        outside += [(path.name, address) for pair in found for address in pair if _is_outside(address)]
    assert outside == []


def _is_outside(address: str) -> bool:
    return re.match(r"https?:|//", address) is not None


@pytest.mark.parametrize("entry", CHAPTERS, ids=lambda entry: entry.name)
def test_no_answer_is_on_a_page(pages: dict[str, Page], entry: links.Chapter) -> None:
    complete = nbformat.read(ROOT / "solutions" / entry.file, as_version=4)
    learner = nbformat.read(ROOT / "notebooks" / entry.file, as_version=4)
    given = "\n".join(cell.source for cell in learner.cells)
    answers = [
        line.strip()
        for cell in complete.cells
        for answer in re.findall(r"(?s)### BEGIN SOLUTION\n(.*?)### END SOLUTION", cell.source)
        for line in answer.split("\n")
    ]
    secret = [line for line in answers if len(line) > 12 and line not in given]
    assert len(secret) > 3
    text = pages[f"notebooks/{entry.name}.html"].text
    assert [line for line in secret if line in text] == []
    assert "SOLUTION" not in text
    assert ": passed" not in text


@pytest.mark.parametrize("entry", CHAPTERS, ids=lambda entry: entry.name)
def test_a_page_can_be_launched_and_its_pictures_are_described(
    pages: dict[str, Page], entry: links.Chapter
) -> None:
    page = pages[f"notebooks/{entry.name}.html"]
    path = chapter.repository(ROOT).removeprefix("https://github.com/")
    assert f"https://colab.research.google.com/github/{path}/blob/main/notebooks/{entry.file}" in page.links
    assert f"https://mybinder.org/v2/gh/{path}/main?urlpath=lab/tree/notebooks/{entry.file}" in page.links
    assert [picture.get("src") for picture in page.pictures if not picture.get("alt")] == []


# --- In Chromium --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """Serve the site, and yield its address."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def visit(browser: Any, address: str) -> Iterator[Callable[..., Any]]:
    """Yield a function that opens a page. The test fails if a script had an error or anything outside was asked for."""
    problems: list[str] = []
    opened = []

    def visit(name: str, *, width: int = 1200, theme: str = "light") -> Any:
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=theme)
        opened.append(page)
        watch(page, problems, is_own=lambda url: _is_ours(url, address))
        page.goto(address + name)
        page.wait_for_load_state("load")
        return page

    yield visit
    for page in opened:
        page.close()
    assert problems == []


def _is_ours(url: str, address: str) -> bool:
    return url.startswith((address, "data:", "blob:", "about:"))


@pytest.mark.parametrize(
    "name",
    [
        "index.html",
        "notebooks/02_convolution.html",
        "notebooks/04_separable_convolution.html",
        "docs/figures.html",
        "docs/grading.html",
        "CONTRIBUTING.html",
    ],
)
def test_a_page_fits_a_telephone_in_the_dark(visit: Callable[..., Any], name: str) -> None:
    page = visit(name, width=390, theme="dark")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(map(int, re.findall(r"\d+", background)[:3])) < 60


def test_a_reader_comes_from_a_card_to_the_next_chapter_and_back(visit: Callable[..., Any]) -> None:
    page = visit("index.html")
    page.click("text=01 · Why convolution >> nth=1")
    page.wait_for_url("**/01_why_convolution.html")
    page.click("a.right-next")
    page.wait_for_url("**/02_convolution.html")
    page.click("article >> a:has-text('exercise 2.3')")
    page.wait_for_url("**#exercise-2-3")
    top = page.evaluate("document.querySelector('#exercise-2-3').getBoundingClientRect().top")
    assert 0 <= top < 300


def test_the_search_finds_the_receptive_field(visit: Callable[..., Any]) -> None:
    page = visit("search.html?q=receptive+field")
    page.wait_for_selector("#search-results li a")
    results = page.eval_on_selector_all(
        "#search-results li > a", "all => all.map((a) => a.getAttribute('href'))"
    )
    assert any("03_pooling" in result for result in results[:3])


def test_a_sound_can_be_played(visit: Callable[..., Any]) -> None:
    page = visit("notebooks/12_speech.html")
    page.wait_for_function("[...document.querySelectorAll('audio')].every((sound) => sound.duration > 0.1)")
    assert page.locator("audio").count() >= 1


def test_an_interactive_picture_moves(visit: Callable[..., Any]) -> None:
    page = visit("notebooks/02_convolution.html")
    frames = [frame for frame in page.frames[1:] if frame.locator("input[type=range]").count()]
    if not frames:
        pytest.skip("the chapter has no interactive picture with a slider")
    before = frames[0].inner_text("main")
    frames[0].locator("input[type=range]").first.press("ArrowRight")
    assert frames[0].inner_text("main") != before


@pytest.mark.parametrize("name", ["index.html", "notebooks/02_convolution.html"])
def test_axe_has_no_serious_finding(browser: Any, address: str, name: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = browser.new_page(viewport={"width": 1200, "height": 900})
    page.goto(address + name)
    findings = Axe().run(page).response["violations"]
    page.close()
    serious = [row for row in findings if row["impact"] in ("serious", "critical")]
    assert [(row["id"], row["nodes"][0]["html"][:200]) for row in serious] == []
