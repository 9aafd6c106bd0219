"""Chapter 10's claims over three seeds: what fools one network, and whether it fools another one as well."""

from typing import Any

import numpy as np
import pytest

from tests import harness
from workbook import interpret
from workbook.exercises.chapters.c10_looking_inside import field_and_unseen

CHAPTER = "10_looking_inside"
SEEDS = (1, 2, 3)


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    """Run the chapter's own cells: the set-up, the network, its training recipe and data."""
    return harness.run_chapter(CHAPTER, harness.named("network", "train"))


@pytest.fixture(scope="module")
def networks(names: dict[str, Any]) -> list[Any]:
    return [names["train"](seed) for seed in SEEDS]


@pytest.fixture(scope="module", params=range(len(SEEDS)))
def made(request: Any, names: dict[str, Any], networks: list[Any]) -> dict[str, Any]:
    """Make the three kinds of images with the chapter's own cells for one network; the next network is the witness."""
    cell_names = {
        **names,
        "first": networks[request.param],
        "second": networks[(request.param + 1) % len(SEEDS)],
    }
    for cell in harness.cells(CHAPTER):
        is_ascent = cell.source.startswith(("far =", "dear =", "whole ="))
        if cell.metadata.get("name") in ("made", "just-enough", "likeness") or is_ascent:
            harness.run(cell.source, cell_names)
    return cell_names


def test_the_network_leaves_the_number_of_rows_unseen_that_the_exercise_says(names: dict[str, Any]) -> None:
    chain = ((3, 1), (2, 2), (3, 1), (2, 2))
    field, unseen = field_and_unseen(28, chain)
    model = names["network"]()
    images = np.random.default_rng(1).uniform(0, 1, (8, 28, 28, 1))
    slopes = interpret.saliency(model, "dense", images, list(range(8)), activation=False)
    assert np.flatnonzero(slopes.max(axis=(0, 2))).tolist() == list(range(28 - unseen))
    assert (field, unseen) == (10, 2)


@pytest.mark.claims
def test_every_network_classifies_digits(names: dict[str, Any], networks: list[Any]) -> None:
    for model in networks:
        right = np.mean(model.predict(names["x_val"], verbose=0).argmax(axis=1) == names["y_val"])
        print(f"{100 * right:.2f} %")
        assert right >= 0.96


@pytest.mark.claims
def test_filters_prefer_their_own_image_to_every_digit(made: dict[str, Any]) -> None:
    model = made["first"]
    degrees = interpret.activation_degree(interpret.feature_maps(model, made["x_val"], "conv2")["conv2"])
    ascent = interpret.ascend(model, "conv2", range(50), steps=40)
    alive = ascent.scores[-1] > 0
    beaten = (ascent.scores[-1] > degrees.max(axis=0))[alive].mean()
    print(f"{alive.sum()} alive, {100 * beaten:.0f} % beat every digit")
    assert alive.sum() >= 40
    assert beaten >= 0.9


@pytest.mark.claims
def test_which_images_fool_the_other_network(made: dict[str, Any]) -> None:
    targets, probability = made["targets"], made["probability"]
    images = {"near": made["near"], "far": made["far"].images, "dear": made["dear"].images}
    agree, sure = {}, {}
    for name, batch in images.items():
        answers = made["second"].predict(batch, verbose=0)
        agree[name] = np.mean(answers.argmax(axis=1) == targets)
        sure[name] = np.mean(probability(made["second"], batch) >= 0.99)
        assert np.mean(probability(made["first"], batch) >= 0.99) == 1.0 or name != "near"
    print(agree, sure)
    assert min(agree.values()) >= 0.8
    assert sure["near"] < 0.5
    assert min(sure["far"], sure["dear"]) >= 0.7
    assert abs(sure["far"] - sure["dear"]) < 0.15


@pytest.mark.claims
def test_the_price_for_ink_lowers_ink_and_roughness_and_raises_the_likeness(made: dict[str, Any]) -> None:
    near, far, dear = made["near"], made["far"].images, made["dear"].images
    ink = [interpret.ink(images).mean() for images in (far, dear, made["x_val"])]
    rough = [interpret.total_variation(images).mean() for images in (far, dear, made["x_val"])]
    like = [made["likeness"](images, made["targets"]).mean() for images in (near, far, dear)]
    like.append(made["likeness"](made["x_val"], made["y_val"]).mean())
    print(ink, rough, like)
    assert ink[1] < 0.5 * ink[0]
    assert ink[1] < ink[2]
    assert rough[2] < rough[1] < 0.5 * rough[0]
    assert like == sorted(like)


@pytest.mark.claims
def test_jitter_and_blur_make_images_more_like_digits_and_the_network_stays_sure(
    made: dict[str, Any],
) -> None:
    targets, whole = made["targets"], made["whole"].images
    sure = made["probability"](made["first"], whole)
    like = [made["likeness"](images, targets).mean() for images in (made["dear"].images, whole)]
    print(sure.min(), like)
    assert sure.min() >= 0.99
    assert like[1] > like[0]
