"""docs/api.md says what the chapters import."""

from tests import ROOT
from workbook.course.authoring import api


def test_the_page_is_up_to_date() -> None:
    stored = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    assert stored == api.page(ROOT), "run `workbook api`"
    assert len(stored.split("\n")) <= 100


def test_names_are_found_in_modules_and_in_modules_of_modules() -> None:
    code = (
        "from workbook import check, plots, interpret\n"
        "from workbook.accountant import account\n"
        "import numpy as np\n"
        "check('1.1', account(np.ones(3)).total)\n"
        "from workbook import interactive\n"
        "interactive.convolution(0)\n"
        "plots.show_image(interpret.gradients.input_gradient(0)).set_title('a')\n"
    )
    assert api.used_names(code) == {
        ("workbook", "check"),
        ("workbook.accountant", "account"),
        ("workbook.plots", "show_image"),
        ("workbook.interactive", "convolution"),
        ("workbook.interpret.gradients", "input_gradient"),
    }
