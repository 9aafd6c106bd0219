"""The line that shows how far a computation is: seen by a person, absent where a program runs the notebook."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from workbook import live

X = [[0.0, 0.0]] * 8
Y = [[1.0]] * 8


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make this process look like a terminal, with a new text at every step."""
    monkeypatch.setattr(live, "is_watched", lambda: True)
    monkeypatch.setattr(live, "kernel", lambda: None)
    monkeypatch.setattr(live, "PAUSE", 0.0)


class _Notebook:
    """A front end that keeps what it was asked to display, and how often it made a new output."""

    def __init__(self) -> None:
        self.shown: list[dict[str, str]] = []
        self.outputs = 0

    def display(self, content: dict[str, str], *, raw: bool, display_id: bool) -> "_Notebook":
        assert raw
        assert display_id
        self.outputs += 1
        self.shown.append(content)
        return self

    def update(self, content: dict[str, str], *, raw: bool) -> None:
        assert raw
        self.shown.append(content)

    def texts(self) -> list[str]:
        return [content["text/plain"] for content in self.shown]


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> _Notebook:
    """Make this process look like the kernel of a notebook that a person watches."""
    front_end = _Notebook()
    monkeypatch.setattr(live, "is_watched", lambda: True)
    monkeypatch.setattr(live, "kernel", lambda: object())
    monkeypatch.setattr(live, "PAUSE", 0.0)
    monkeypatch.setattr("IPython.display.display", front_end.display)
    return front_end


@pytest.fixture(scope="module")
def network() -> Any:
    """Return a network of one layer, compiled without tracing."""
    import keras

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    model.compile("sgd", "mse", metrics=["binary_accuracy"], run_eagerly=True)
    return model


def _fit(network: Any, name: str = "", **options: Any) -> None:
    import numpy as np

    x, y = np.array(X, "float32"), np.array(Y, "float32")
    network.fit(x, y, batch_size=4, epochs=2, verbose=0, callbacks=[live.progress(name)], **options)


# ---------------------------------------------------------------- who watches


class _Kernel:
    def __init__(self, allow_stdin: bool) -> None:
        self._allow_stdin = allow_stdin


@pytest.mark.parametrize("asks", [True, False])
def test_a_notebook_is_watched_if_its_front_end_can_be_asked(
    monkeypatch: pytest.MonkeyPatch, asks: bool
) -> None:
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    monkeypatch.setattr(live, "kernel", lambda: _Kernel(asks))
    assert live.is_watched() is asks
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    assert not live.is_watched()


def test_colab_is_watched_though_its_kernel_does_not_ask_in_the_usual_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    monkeypatch.setattr(live, "kernel", lambda: _Kernel(allow_stdin=False))
    monkeypatch.setitem(__import__("sys").modules, "google.colab", object())
    assert live.is_watched()


def test_where_nobody_watches_there_is_no_output_and_no_work(
    network: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    import keras

    _fit(network, "small")
    assert list(live.track(iter("abc"), "letters")) == ["a", "b", "c"]
    line = live.LiveLine("reading")
    line.show(["some seconds"], 0.0)
    line.close(["done"])
    assert capsys.readouterr().out == ""
    assert type(live.progress()) is keras.callbacks.Callback  # no method that Keras would call after a batch


# ---------------------------------------------------------------- fit


def test_a_training_is_one_output_that_ends_with_its_results(network: Any, notebook: _Notebook) -> None:
    _fit(network, "small", validation_data=None)
    assert notebook.outputs == 1
    first, *running, last = notebook.texts()
    assert first == "small: Keras is preparing the first step"
    assert [text.split(" · ")[0] for text in running] == ["small: epoch 1 of 2"] * 2 + [
        "small: epoch 2 of 2"
    ] * 2
    assert all(re.search(r" · loss \d\.\d{3} · accuracy \d+\.\d %", text) for text in running)
    assert "left" not in running[0]
    assert all(re.search(r" · \d+ s left$", text) for text in running[1:])
    assert re.fullmatch(r"small: 2 epochs in \d+ s · loss \d\.\d{3} · accuracy \d+\.\d %", last)


def test_the_last_state_has_the_validation_data(network: Any, notebook: _Notebook) -> None:
    import numpy as np

    _fit(network, validation_data=(np.array(X, "float32"), np.array(Y, "float32")))
    assert re.match(r"2 epochs in .*validation loss \d\.\d{3} · validation accuracy", notebook.texts()[-1])


def test_the_curve_holds_the_loss_that_keras_reports(
    network: Any, notebook: _Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    curves: list[live.Curve] = []
    drawn = live.as_html
    monkeypatch.setattr(
        live, "as_html", lambda texts, done, curve: curves.append(list(curve)) or drawn(texts, done, curve)
    )
    _fit(network)
    assert [done for done, _ in curves[-1]] == [0.25, 0.5, 0.75, 1.0]
    assert curves[-1][-1][1] == pytest.approx(network.history.history["loss"][-1])


def test_steps_that_a_generator_does_not_announce_show_the_epoch(network: Any, notebook: _Notebook) -> None:
    def batches() -> Iterator[tuple[Any, Any]]:
        import numpy as np

        for _ in range(3):
            yield np.array(X, "float32"), np.array(Y, "float32")

    with pytest.warns(UserWarning, match="ran out of data"):
        network.fit(batches(), epochs=1, shuffle=False, verbose=0, callbacks=[live.progress()])
    assert notebook.texts()[1].startswith("epoch 1 of 1 · loss")
    assert notebook.texts()[-1].startswith("1 epoch in")


def test_a_terminal_gets_one_line_of_text(
    network: Any, terminal: None, capsys: pytest.CaptureFixture[str]
) -> None:
    _fit(network, "small")
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert out.endswith("\n")
    assert out.rstrip().split("\r")[-1].startswith("small: 2 epochs in")


# ---------------------------------------------------------------- loops


def test_a_loop_shows_its_items_and_what_is_left(notebook: _Notebook) -> None:
    assert list(live.track("abc", "sizes")) == ["a", "b", "c"]
    assert notebook.outputs == 1
    assert notebook.texts()[0] == "sizes: 1 of 3"
    assert notebook.texts()[1:3] == ["sizes: 2 of 3 · 0 s left", "sizes: 3 of 3 · 0 s left"]
    assert notebook.texts()[-1] == "sizes: 3 in 0 s"


def test_a_line_that_is_not_kept_is_cleared(terminal: None, capsys: pytest.CaptureFixture[str]) -> None:
    list(live.track(range(3), "ascent", keep=False))
    out = capsys.readouterr().out
    assert "\rascent: 3 of 3" in out
    assert re.search(r"\r +\r$", out)


def test_short_work_shows_no_line_that_is_not_kept(
    notebook: _Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "PAUSE", 60.0)
    list(live.track(range(3), "ascent", keep=False))
    assert notebook.shown == []


def test_a_line_inside_a_loop_writes_into_the_loops_line(notebook: _Notebook) -> None:
    for _ in live.track(range(2), "pictures"):
        list(live.track(range(2), "steps", keep=False))
    assert notebook.outputs == 1
    assert notebook.texts()[0] == "pictures: 1 of 2"
    assert notebook.texts()[1].startswith("pictures: 1 of 2 · steps: 1 of 2")
    assert re.fullmatch(r"pictures: 2 of 2 · steps: 2 of 2 · 0 s left", notebook.texts()[-2])
    assert 'aria-label="75 % done"' in notebook.shown[-2]["text/html"]  # half, and half of the second half
    assert notebook.texts()[-1] == "pictures: 2 in 0 s"


def test_a_line_that_an_error_left_open_is_closed_with_the_one_around_it(notebook: _Notebook) -> None:
    outer = live.LiveLine("reading")
    outer.show(["some seconds"], 0.0)
    live.LiveLine("train split").show(["100 of 50,000 images"], 0.0)
    outer.close([])
    list(live.track("ab", "sizes"))
    assert notebook.outputs == 2
    assert notebook.texts()[-1] == "sizes: 2 in 0 s"


def test_a_loop_that_is_left_says_so(notebook: _Notebook) -> None:
    for item in live.track(range(5), "seeds"):
        if item == 2:
            break
    assert notebook.texts()[-1] == "seeds: stopped at 3 of 5"


def test_a_line_of_an_interrupted_cell_takes_no_text(
    notebook: _Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Shell:
        execution_count = 7

    monkeypatch.setattr(live, "_shell", Shell)
    interrupted = live.track(range(5), "old")
    next(interrupted)
    Shell.execution_count = 8
    list(live.track(range(2), "new"))
    assert notebook.outputs == 2
    assert notebook.texts()[1:] == ["new: 1 of 2", "new: 2 of 2 · 0 s left", "new: 2 in 0 s"]
    interrupted.close()
    assert notebook.texts()[-1] == "new: 2 in 0 s"


# ---------------------------------------------------------------- how it looks


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0 s"), (59.6, "1 min 0 s"), (125, "2 min 5 s")])
def test_a_duration_is_read_in_minutes_and_seconds(seconds: float, text: str) -> None:
    assert live.duration(seconds) == text


def test_the_html_is_safe_and_fits_a_dark_page() -> None:
    shown = live.as_html(["<b>", "loss 1"], 0.5, [(0.25, 2.0), (0.5, 1.0)])
    assert "&lt;b&gt;" in shown
    assert "flex-wrap:wrap" in shown
    assert "currentColor" in shown
    assert "black" not in shown
    assert "white;" not in shown


def test_the_curve_stays_in_its_picture_and_falls_with_the_loss() -> None:
    drawn = live.as_html([], 1.0, [(0.0, 2.3), (0.5, -0.1), (1.0, 0.4)])
    (points,) = re.findall(r'points="([^"]*)"', drawn)
    places = [tuple(map(float, point.split(","))) for point in points.split()]
    assert [x for x, _ in places] == [0, live.WIDTH / 2, live.WIDTH]
    assert all(0 < y < live.HEIGHT - 3 for _, y in places)
    assert places[0][1] < places[2][1] < places[1][1]  # below is further down, where y is larger
    assert "polyline" not in live.as_html([], 1.0, [(0.0, 2.3)])
