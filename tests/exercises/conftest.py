"""`pytest -k 2.1` selects exercise 2.1, and `-k 2.` chapter 2; pytest itself would also select 12.1 and 2.10."""

import re

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item], config: pytest.Config) -> None:
    wanted = config.option.keyword
    if not re.fullmatch(r"\d+\.\d*", wanted):
        return
    config.option.keyword = ""  # pytest's own selection has nothing left to do
    chosen = [item for item in items if _is_of(item, wanted)]
    if not chosen:
        raise pytest.UsageError(
            f"There is no test of {wanted}. Write 2.1 for an exercise and 2. for a chapter."
        )
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


def _is_of(item: pytest.Item, wanted: str) -> bool:
    """Return whether a test is about the exercise "2.1", or one of the chapter "2."."""
    if not isinstance(item, pytest.Function) or not hasattr(item, "callspec"):
        return False
    given = item.callspec.params
    exercise_id = getattr(given.get("exercise"), "id", None) or str(given.get("exercise_id"))
    return exercise_id == wanted or (wanted.endswith(".") and exercise_id.startswith(wanted))
