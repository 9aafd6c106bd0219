"""The page for reviewing as a person uses it, in Chromium: by mouse, by keyboard alone, on a phone, in the dark."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import watch
from tests.grading.made_up import HOSTILE, graded, hostile, mark
from workbook.course.grading.exports import merge_review, read_marks, write_review
from workbook.course.grading.records import Graded
from workbook.course.grading.review_page import write_review_page

pytestmark = pytest.mark.claims
CLASS = [
    graded(
        name,
        mark(
            name, "2.7", "needs review", answer="Rows and columns are swapped.\nI would print `image.shape`."
        ),
        mark(name, "2.3", "wrong", mistake="pads both sides alike", feedback="Both sides get the same."),
        mark(name, "2.4", "passed"),
    )
    for name in ("王伟", "Zoë Müller", "O'Brien")
]
Open = Callable[..., Any]


@pytest.fixture
def review(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Yield a function that opens the page for some submissions; at the end no script may have failed."""
    problems: list[str] = []
    contexts = []

    def open_page(submissions: list[Graded], *, width: int = 1200, dark: bool = False) -> Any:
        path = tmp_path / "review.html"
        write_review_page(path, submissions, {}, run="0123")
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
        )
        contexts.append(context)
        page = context.new_page()
        watch(page, problems, is_own=lambda url: url.startswith(("file:", "blob:", "data:")))
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not problems


def _saved(page: Any, path: Path, save: Callable[[], None]) -> dict[tuple[str, str], tuple[float, str]]:
    """Save the table and return the marks that `workbook grade --review` takes over from it."""
    with page.expect_download() as download:
        save()
    assert download.value.suggested_filename == "review.csv"
    download.value.save_as(path / "saved.csv")
    write_review(path / "review.csv", CLASS)
    merge_review(path / "review.csv", path / "saved.csv", CLASS)
    return dict(read_marks(path / "review.csv", CLASS))


def test_points_comments_and_comments_from_before_by_mouse(review: Open, tmp_path: Path) -> None:
    page = review(CLASS)
    assert page.text_content("#title").startswith("2.7")
    first = page.text_content("#student")
    page.fill("#points", "2.5")
    page.fill("#comment", 'Good; say "axis 0", too.\nSecond line')
    page.click("#form button[type=submit]")
    assert page.text_content("#title").startswith("2.7")
    second = page.text_content("#student")
    assert second != first
    page.click("#reusable button >> nth=0")
    page.click("#full")
    assert "2 with points by you · 2 not saved" in page.text_content("#progress")
    marks = _saved(page, tmp_path, lambda: page.click("#save"))
    comment = 'Good; say "axis 0", too.\nSecond line'
    assert marks == {(first, "2.7"): (2.5, comment), (second, "2.7"): (4.0, comment)}
    assert "not saved" not in page.text_content("#progress")


def test_everything_by_keyboard_alone(review: Open, tmp_path: Path) -> None:
    page = review(CLASS)
    order = [page.text_content("#student")]
    page.keyboard.press("3")
    page.keyboard.press("c")
    page.keyboard.type("Which axis?")
    page.keyboard.press("Control+Enter")  # next unmarked: the box for points has the focus
    order.append(page.text_content("#student"))
    page.keyboard.type("1.5")
    page.keyboard.press("Alt+Digit1")
    page.keyboard.press("Escape")
    page.keyboard.press("u")
    order.append(page.text_content("#student"))
    page.keyboard.press("Escape")
    page.keyboard.press("f")
    page.keyboard.press("k")
    assert page.text_content("#student") == order[1]
    page.keyboard.press("/")
    page.keyboard.type("Brien")
    page.keyboard.press("Escape")
    assert page.locator("#list button").count() >= 1
    assert {text.strip() for text in page.locator("#list bdi").all_text_contents()} == {"O'Brien"}
    marks = _saved(page, tmp_path, lambda: page.keyboard.press("Control+s"))
    assert marks == {
        (order[0], "2.7"): (3.0, "Which axis?"),
        (order[1], "2.7"): (1.5, "Which axis?"),
        (order[2], "2.7"): (4.0, ""),
    }


def test_a_draft_outlives_the_page_and_bad_points_are_not_saved(review: Open) -> None:
    page = review(CLASS)
    page.fill("#points", "9")
    assert page.text_content("#problem") == "This exercise has at most 4."
    assert page.get_attribute("#points", "aria-invalid") == "true"
    page.select_option("#which", "all")
    page.click("#list button >> nth=3")
    page.click("#save")  # goes back to the bad points instead
    assert page.input_value("#points") == "9"
    page.fill("#points", "1,5")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.select_option("#which", "mine")
    assert page.input_value("#points") == "1,5"
    assert "1 not saved" in page.text_content("#progress")
    page.click("#clear")
    assert "not saved" not in page.text_content("#progress")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [1200, 390])
def test_it_fits_is_labelled_and_has_contrast(review: Open, width: int, dark: bool) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = review([*CLASS, hostile(0), hostile(len(HOSTILE) - 1)], width=width, dark=dark)
    page.fill("#find", "王伟")
    page.click("#list button:has-text('2.3')")
    page.fill("#find", "")
    page.fill("#points", "9")  # the message is there, too
    page.click("#keys summary")
    page.wait_for_selector("#keys kbd", state="visible")
    page.click("#reads summary")
    page.wait_for_selector("#feedback", state="visible")
    excess = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(excess) <= 0
    findings = Axe().run(page).response["violations"]
    assert [(row["id"], [node["html"][:90] for node in row["nodes"]]) for row in findings] == []
