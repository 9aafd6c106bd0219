"""What a browser sees of the pages: our elements, the learners' words as text, nothing that acts."""

import base64
import hashlib
import re
import unicodedata
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.grading.made_up import (
    CHAPTER,
    EXERCISES,
    HOSTILE,
    HOSTILE_NAMES,
    RIGHT,
    classroom,
    graded,
    hostile,
    mark,
)
from workbook.course.grading.copies import Pair
from workbook.course.grading.pages import (
    TEMPLATES,
    _feedback,
    feedback_paths,
    write_feedback,
    write_index,
    write_report,
)
from workbook.course.grading.records import Graded
from workbook.course.grading.untrusted import clean, one_line, readable_names, safe_name, visible

TAGS = {
    "html", "head", "meta", "title", "style", "body", "main", "h1", "h2", "h3", "p", "bdi", "strong", "div", "table",
    "thead", "tbody", "tr", "th", "td", "a", "article", "span", "pre", "code", "ul", "li", "svg", "rect", "details",
    "summary",
}  # fmt: skip
ATTRIBUTES = {
    "lang", "charset", "http-equiv", "content", "name", "class", "role", "aria-label", "aria-hidden", "tabindex",
    "scope", "href", "id", "dir", "viewbox", "preserveaspectratio", "x", "y", "width", "height",
}  # fmt: skip
VOID = {"meta", "input"}


class Page(HTMLParser):
    """Read a page as a browser does: elements, attributes, text; and check that elements nest."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.source = path.read_bytes().decode("utf-8")
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(self.source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def find(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def shape(self) -> list[str]:
        return [name for name, _ in self.elements]


def _assert_inert(page: Page, *, leads_to_pages: bool = False) -> None:
    """No script, no handler, no address but those within the page; a policy; nothing invisible."""
    assert set(page.shape) <= TAGS
    assert {name for _, attributes in page.elements for name in attributes} <= ATTRIBUTES
    anchor = r"#(exercise|marks)-\d+"
    allowed = anchor if not leads_to_pages else rf"{anchor}|(?!/)[\w%./@-]+\.html"
    assert all(re.fullmatch(allowed, link["href"] or "", re.ASCII) for link in page.find("a"))
    policy = next(meta["content"] for meta in page.find("meta") if "http-equiv" in meta)
    style = re.findall(r"<style>(.*?)</style>", page.source, re.DOTALL)[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; script-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    assert visible(page.source) == page.source
    assert page.source.index("Content-Security-Policy") < page.source.index("<style>")


def _assert_accessible(page: Page) -> None:
    assert page.find("html") == [{"lang": "en"}]
    assert len(page.find("h1")) == 1
    assert all(header.get("scope") in ("row", "col") for header in page.find("th"))
    for picture in page.find("svg"):
        assert picture.get("aria-hidden") == "true" or (picture["role"] == "img" and picture["aria-label"])
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(set(ids)) == len(ids)
    assert {link["href"] for link in page.find("a")} <= {f"#{name}" for name in ids}


@pytest.mark.parametrize("index", range(len(HOSTILE)))
def test_no_element_of_a_feedback_page_is_the_learners(tmp_path: Path, index: int) -> None:
    one = hostile(index)
    marks = [mark("anna", each.exercise, each.outcome, feedback="a", answer="b") for each in one.marks]
    harmless = graded("anna", *marks)
    path, plain = (write_feedback(tmp_path, [found])[0] for found in (one, harmless))
    page = Page(path)
    _assert_inert(page)
    _assert_accessible(page)
    assert page.shape == Page(plain).shape
    shown = visible(HOSTILE[index][:20_000]).strip("\n")
    assert (
        page.text.count(shown)
        + sum(text.startswith(shown + "…") or text == "\n" + shown for text in page.text)
        >= 3
    )
    assert len(page.source) < 150_000


def test_no_element_of_the_report_is_the_learners(tmp_path: Path) -> None:
    found = [hostile(index) for index in range(len(HOSTILE_NAMES))]
    pairs = [Pair(CHAPTER, "2.4", text, text, text, text, text, 0.9) for text in HOSTILE]
    write_report(tmp_path / "report.html", found, pairs)
    page = Page(tmp_path / "report.html")
    _assert_inert(page)
    _assert_accessible(page)
    joined = "".join(page.text)
    assert "<script>alert(1)</script>" in joined
    assert "a\\u202edesrever\\u2066" in joined
    assert "{{ 7 * 7 }}" in joined


def test_feedback_shows_what_the_learner_may_see_and_no_more(tmp_path: Path) -> None:
    hidden = {"detail": "HIDDEN-CASE", "mistake": "HIDDEN-NAME", "notes": ("HIDDEN-NOTE",)}
    wrong = mark("anna", "2.4", "wrong", feedback="Floor, not round.", **hidden)
    waiting = mark("anna", "2.7", "needs review", answer="in words")
    one = graded("anna", wrong, mark("anna", "2.5"), waiting, oddity="HIDDEN-ODDITY")
    path = write_feedback(tmp_path / "feedback", [one])[0]
    assert path == tmp_path / "feedback" / "anna" / f"{CHAPTER}.html"
    page = Page(path)
    text = "".join(page.text)
    assert "HIDDEN" not in page.source
    assert "HIDDEN" not in repr(_feedback(one))
    assert "3 of 9 points so far; 1 answer waits for review" in text
    assert "Floor, not round." in text
    assert text.count(RIGHT) == 2
    assert "in words" in text
    assert "– of 4" in text


def test_the_report_counts_outcomes_and_mistakes(tmp_path: Path) -> None:
    found = classroom(30)
    pair = Pair(CHAPTER, "2.4", "Sizes", "a", "b", "x = 1", "y = 1", similarity=1.0, group=4, as_course=True)
    write_report(tmp_path / "report.html", found, [pair])
    page = Page(tmp_path / "report.html")
    _assert_inert(page)
    _assert_accessible(page)
    text = "".join(page.text)
    for exercise in EXERCISES[CHAPTER]:
        outcomes = [one.outcome for each in found for one in each.marks if one.exercise == exercise.id]
        assert f"{exercise.id} {exercise.title}" in text
        assert all(f"{outcomes.count(name)} {name}" in text for name in set(outcomes))
    widths = [float(rect["width"] or 0) for rect in page.find("rect") if "x" in rect]
    assert sum(widths) == pytest.approx(100 * len(EXERCISES[CHAPTER]), abs=0.2)
    assert "the same except for names and layout, a group of 4; the same as the course's own solution" in text
    assert "hidden case" in text
    assert "student29" in text


def test_a_group_of_equal_answers_is_one_entry_with_every_name(tmp_path: Path) -> None:
    names = ["b", "c", "<b>d</b>"]
    likeness = {"similarity": 1.0, "group": 4, "is_usual": True}
    pairs = [Pair(CHAPTER, "2.4", "Sizes", "a", name, "x = 1", f"{name} = 1", **likeness) for name in names]
    apart = [Pair(CHAPTER, "2.4", "Sizes", "a", name, "x", "y", similarity=0.9) for name in ("e", "f")]
    write_report(tmp_path / "report.html", [], [*pairs, *apart])
    page = Page(tmp_path / "report.html")
    _assert_inert(page)
    assert len(page.find("details")) == 3
    text = " ".join("".join(page.text).split())
    how = "the same except for names and layout, a group of 4; more than a quarter of the class wrote it so"
    assert f"a and b and 2 more, {how}" in text
    assert "Also c, <b>d</b>." in text
    assert "a and f, 90% similar" in text


def test_an_empty_class_has_a_report(tmp_path: Path) -> None:
    write_report(tmp_path / "report.html", [])
    _assert_inert(Page(tmp_path / "report.html"))


def test_three_hundred_learners_have_a_report_of_bounded_size(tmp_path: Path) -> None:
    found = classroom(300)
    write_report(tmp_path / "report.html", found)
    assert (tmp_path / "report.html").stat().st_size < 2_000_000


def _brightness(colour: str) -> float:
    """Return the relative luminance of "#rrggbb", as WCAG 2.2 defines it."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_every_colour_can_be_read_in_light_and_dark() -> None:
    """Text has a contrast of at least 4.5 to the page (WCAG 2.2, 1.4.3)."""
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    light, dark = (
        dict(re.findall(r"--(\w+): (#\w{6})", part)) for part in style.split("prefers-color-scheme: dark")
    )
    assert set(light) == set(dark)
    for scheme in (light, dark):
        for name in set(scheme) - {"page", "box", "line"}:
            one, two = sorted(_brightness(scheme[each]) for each in (name, "page"))
            assert (two + 0.05) / (one + 0.05) >= 4.5, name


def test_no_two_names_share_a_path_and_none_leaves_the_folder(tmp_path: Path) -> None:
    found = [hostile(index) for index in range(len(HOSTILE_NAMES))]
    paths = write_feedback(tmp_path / "feedback", found)
    folded = {str(path.resolve()).casefold() for path in paths}
    assert len(folded) == len(set(HOSTILE_NAMES))
    assert all(path.resolve().is_relative_to((tmp_path / "feedback").resolve()) for path in paths)
    assert [path.name for path in tmp_path.iterdir()] == ["feedback"]


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_safe_name_is_one_on_every_system(name: str) -> None:
    safe = safe_name(name)
    assert re.fullmatch(r"[a-z0-9][a-z0-9._-]*[a-z0-9]|[a-z0-9]", safe)
    assert not re.match(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", safe)
    assert len(safe) <= 70
    assert safe_name(safe) == safe or safe != name


def test_a_plain_name_stays_and_a_safe_name_cannot_be_taken() -> None:
    assert [safe_name(name) for name in ("anna", "s.mueller-07", "0123")] == ["anna", "s.mueller-07", "0123"]
    taken = safe_name("Anna")
    assert re.fullmatch(r"anna-[a-z2-7]{26}", taken)
    assert safe_name(taken) != taken


@pytest.mark.parametrize(
    "name",
    [
        "王伟",
        "Müller",
        "O'Brien",
        "Zoë Ünal_31",
        "JSmith",
        "li_na_",
        "jane@uni.edu",
        "О'Нил",
        "김민준",
        "שרה",
        "阿依古丽·买买提",
        "ジョン・スミス",
        "O\N{RIGHT SINGLE QUOTATION MARK}Brien",
        "李强（2）",
    ],
)
def test_a_name_of_any_script_stays_readable(name: str) -> None:
    assert readable_names([name, "bob"]) == {name: name, "bob": "bob"}


def test_names_that_are_one_to_some_file_system_get_a_digest_each() -> None:
    given = readable_names([*HOSTILE_NAMES, "王伟", "王伟/x", "=王伟"])
    folded = {unicodedata.normalize("NFKC", one).casefold() for one in given.values()}
    assert len(folded) == len(given)
    for one in given.values():
        assert not set(one) & set('/\\:*?"<>|\0,;\n')
        assert one[0].isalnum() or one[0] == "_"
        assert one == unicodedata.normalize("NFC", one)
        assert len(one.encode()) <= 255
        assert not re.match(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", one.lower())
    assert given["王伟"] == "王伟"
    assert given["王伟/x"].startswith("王伟-x-")
    assert readable_names(["Anna"], taken=["anna"])["Anna"].startswith("Anna-")
    assert readable_names(["Anna"], taken=["Anna"]) == {"Anna": "Anna"}


def test_the_report_links_to_every_page_and_the_index_too(tmp_path: Path) -> None:
    found = [*classroom(2), graded("王伟", mark("王伟")), graded("O'Brien #1", mark("O'Brien #1"))]
    found = [*found, Graded("absent", CHAPTER, "", "", (mark("absent", "2.4", "not started"),))]
    pages = feedback_paths(tmp_path / "feedback", found)
    write_feedback(tmp_path / "feedback", found)
    write_index(tmp_path / "feedback" / "index.html", found, pages)
    write_report(tmp_path / "report.html", found, feedback=pages)
    index, report = Page(tmp_path / "feedback" / "index.html"), Page(tmp_path / "report.html")
    for page, folder in ((index, tmp_path / "feedback"), (report, tmp_path)):
        _assert_inert(page, leads_to_pages=True)
        links = [unquote(link["href"]) for link in page.find("a") if not link["href"].startswith("#")]
        targets = {(folder / link).resolve() for link in links}
        assert all(target.is_file() for target in targets)
        assert targets >= {path.resolve() for path in pages.values()}
    assert (tmp_path / "feedback" / "王伟" / f"{CHAPTER}.html").is_file()
    assert "not handed in" in "".join(index.text)


def test_means_and_bars_leave_the_absent_out(tmp_path: Path) -> None:
    here = [graded("a", mark("a")), graded("b", mark("b", "2.4", "wrong"))]
    absent = Graded("c", CHAPTER, "", "", (mark("c", "2.4", "not started"),))
    write_report(tmp_path / "report.html", [*here, absent])
    text = " ".join("".join(Page(tmp_path / "report.html").text).split())
    assert "2 submissions; 3 learners" in text
    assert "2 of 3" in text
    assert "1 passed, 1 wrong" in text
    assert "1 of 2" in text  # the mean of 2 and 0
    assert text.count("not started") == 2  # in the key, and in the learner's own row


def test_what_all_exercises_share_is_on_the_page_once(tmp_path: Path) -> None:
    problem = "What was handed in is no notebook of this chapter."
    for origin, headline in (("", "Not handed in"), ("a.pdf", "0 of 16 points")):
        marks = [
            mark("a", one.id, "not started", feedback=problem, answer="", max_points=one.points)
            for one in EXERCISES[CHAPTER]
        ]
        (path,) = write_feedback(tmp_path, [Graded("a", CHAPTER, origin, "", tuple(marks))])
        text = path.read_text(encoding="utf-8")
        assert text.count(problem) == 1
        assert f"<strong>{headline}</strong>" in text
        assert ("0 of 2" in text) == bool(origin)


def test_a_malformed_file_is_one_oddity(tmp_path: Path) -> None:
    problem = "The file is empty."
    marks = [mark("a", one.id, "malformed", detail=problem) for one in EXERCISES[CHAPTER]]
    write_report(tmp_path / "report.html", [graded("a", *marks, oddity=problem)])
    page = Page(tmp_path / "report.html")
    assert sum(problem in text for text in page.text) == 1


def test_what_there_is_none_of_is_said_in_words(tmp_path: Path) -> None:
    write_report(tmp_path / "report.html", [graded("a", mark("a"))])
    assert [text for text in Page(tmp_path / "report.html").text if text.startswith("N")] == [
        "No named mistakes.", "None.", "None.", "None.",
    ]  # fmt: skip


def test_cleaning_takes_bounded_time_and_leaves_text_alone() -> None:
    for text in ("\x1b[" * 50_000, "\x1b]" * 50_000, "\x1b[0;" * 50_000, "\r" * 100_000):
        clean(text)
        visible(text)
        one_line(text)
    honest = "Zoë Müller-Łuczak, \u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \N{FAMILY}\ttab\n∑ x²"
    assert clean(honest) == visible(honest) == honest
