"""Chapter 05's claim, held over seeds: the small network reads at least 99.0 % of MNIST's test digits."""

import numpy as np
import pytest

from tests.exercises import harness

CHAPTER = "05_first_cnn"


def _names() -> dict:
    """Run the chapter's own cells: the set-up, the network, its training recipe and the data."""
    names: dict = {}
    for cell in harness.cells(CHAPTER):
        wanted = cell.metadata.get("name") in ("separable-network", "train-fast")
        if wanted or "setup" in cell.metadata.get("tags", []) or cell.source.startswith("mnist = "):
            harness.run(cell.source, names)
    return names


@pytest.fixture(scope="module")
def names() -> dict:
    return _names()


def test_the_network_has_the_parameters_that_the_text_says(names: dict) -> None:
    text = "\n".join(cell.source for cell in harness.cells(CHAPTER) if cell.cell_type == "markdown")
    assert f"{names['separable_network']().count_params():,} parameters read" in text


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_separable_network_reads_99_percent(names: dict, seed: int) -> None:
    names["keras"].utils.set_random_seed(seed)
    model, _ = names["train_fast"](names["separable_network"]())
    predicted = model.predict(names["x_test"], batch_size=500, verbose=0).argmax(axis=1)
    accuracy = float(np.mean(predicted == names["y_test"]))
    print(f"seed {seed}: {100 * accuracy:.2f} %")
    assert accuracy >= 0.99
