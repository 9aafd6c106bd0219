"""Chapter 01's claim: the pixels' order means nothing to a dense network, and much to a CNN; over three seeds."""

import numpy as np
import pytest

from tests import harness

CHAPTER = "01_why_convolution"


@pytest.fixture(scope="module")
def names() -> dict:
    """Run the chapter's own cells: the digits, their shuffled pixels and both networks."""
    starts = ("mnist = ", "order = ", "def dense_network")
    return harness.run_chapter(CHAPTER, harness.named(starts=starts))


def test_the_cnn_has_a_quarter_of_the_parameters(names: dict) -> None:
    counts = []
    for build in (names["dense_network"], names["small_cnn"]):
        network = build()
        network.build((None, 28, 28, 1))
        counts.append(network.count_params())
    assert 3.5 < counts[0] / counts[1] < 4.5


def _errors(names: dict, network: str, kind: str, seed: int) -> float:
    """Train a network on whole or shuffled digits as the chapter does, and return its errors on others in per cent."""
    keras = names["keras"]
    training, others = {
        "whole": (names["images"], names["others"]),
        "shuffled": (names["shuffled"], names["shuffled_others"]),
    }[kind]
    keras.utils.set_random_seed(seed)
    model = names[network]()
    model.compile(keras.optimizers.Adam(0.002), "sparse_categorical_crossentropy", metrics=["accuracy"])
    x, x_new = (np.rint(255 * images).astype(np.uint8)[..., np.newaxis] for images in (training, others))
    model.fit(x, names["labels"], batch_size=50, epochs=3, verbose=0)
    return 100 - 100 * model.evaluate(x_new, names["answers"], verbose=0)[1]


@pytest.mark.claims
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_shuffle_costs_the_cnn_its_lead_and_the_dense_network_nothing(names: dict, seed: int) -> None:
    errors = {
        (network, kind): _errors(names, network, kind, seed)
        for network in ("dense_network", "small_cnn")
        for kind in ("whole", "shuffled")
    }
    print(seed, errors)
    assert abs(errors["dense_network", "whole"] - errors["dense_network", "shuffled"]) < 1.5
    assert errors["small_cnn", "shuffled"] > 1.5 * errors["small_cnn", "whole"]
    assert errors["small_cnn", "whole"] < errors["dense_network", "whole"]
    assert errors["small_cnn", "shuffled"] > errors["dense_network", "shuffled"]
