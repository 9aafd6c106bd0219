"""Chapters 14 and 15 reach their end, pictures too, with networks that learned nothing: no traceback."""

from typing import Any

import pytest
from matplotlib import pyplot

from tests import harness
from workbook.vision_tasks import tasks, vae


def shown(cell: Any) -> bool:
    """Return whether a cell is a demonstration: neither an exercise nor its check."""
    return not set(cell.metadata.get("tags", [])) & {"exercise", "check"}


@pytest.mark.claims
@pytest.mark.parametrize("chapter", ["14_detect_segment_locate", "15_read_generate_watch_compare"])
def test_a_network_that_learned_nothing_ends_in_no_traceback(
    chapter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def untrained(model: Any, *_: Any) -> Any:
        return model

    monkeypatch.setattr(tasks, "train", untrained)
    monkeypatch.setattr(vae, "train", lambda *_, **__: vae.Vae(vae.encoder(2), vae.decoder(2)))
    try:
        names = harness.run_chapter(chapter, shown)
    finally:
        pyplot.close("all")
    if chapter.startswith("14"):
        assert len(names["detected"].shapes) == 0
    else:
        assert not any(text == true for text, true in zip(names["texts"], names["unseen"].texts, strict=True))
