"""Chapter 11's claims over photographs and seeds: dreams, octaves, what layers and Gram matrices keep, styles."""

import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests import harness
from workbook import interpret, pretrained
from workbook.data import pictures
from workbook.exercises.chapters.c11_dream_and_style import AMPLIFY, GRAM, NEXT, SIZES, STYLE_LOSS, WHOLE_LOSS

keras = pytest.importorskip("keras")

CHAPTER = "11_dream_and_style"
PHOTOGRAPHS = ("chelsea", "coffee", "motorcycle")
NAMED = (
    "classifier", "dream", "growth", "grain", "large-dream", "rebuild", "grams", "changes", "crops", "nearest",
    "texture", "stylise", "paint",
)  # fmt: skip


def _cell(name: str) -> str:
    return next(cell.source for cell in harness.cells(CHAPTER) if cell.metadata.get("name") == name)


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    """Run the chapter's own cells: the set-up, the trained network, and every function that it defines."""
    return harness.run_chapter(CHAPTER, harness.named(*NAMED))


def _photo(names: dict[str, Any], name: str, side: int) -> Any:
    return names["canvas"].prepare(pictures.photograph(name), side)


@pytest.fixture(scope="module", params=PHOTOGRAPHS)
def dreams(request: Any, names: dict[str, Any]) -> SimpleNamespace:
    """Return the chapter's dreams of one photograph: without octaves and with three."""
    photo = _photo(names, request.param, 224)
    plain = {name: names["dream"](name, photo, 1) for name in names["LAYERS"]}
    octaves = {name: names["dream"](name, photo, 3) for name in (names["LAYERS"][1], names["LAYERS"][3])}
    return SimpleNamespace(photo=photo, plain=plain, octaves=octaves)


@pytest.mark.claims
def test_every_layer_grows_most_in_its_own_dream(names: dict[str, Any], dreams: SimpleNamespace) -> None:
    table = names["growth"](dreams.plain.values(), dreams.photo)
    print(table.round(2))
    assert table.argmax(axis=0).tolist() == [0, 1, 2, 3, 4]
    assert table[0, 0] >= 1.2
    assert table.diagonal()[1:].min() >= 1.5


@pytest.mark.claims
def test_octaves_make_the_grain_coarser_and_depth_does_not(
    names: dict[str, Any], dreams: SimpleNamespace
) -> None:
    fine = {name: names["grain"](dream.image - dreams.photo) for name, dream in dreams.plain.items()}
    coarse = {name: names["grain"](dream.image - dreams.photo) for name, dream in dreams.octaves.items()}
    print(fine, coarse)
    assert max(fine.values()) < 1
    deep = names["LAYERS"]
    assert fine[deep[4]] < fine[deep[1]] * 1.1
    assert min(coarse[name] / fine[name] for name in coarse) >= 1.1


@pytest.mark.claims
@pytest.mark.parametrize("photograph", ["coffee", "gravel"])
def test_a_large_dream_excites_both_of_its_layers(names: dict[str, Any], photograph: str) -> None:
    photo = _photo(names, photograph, 160)
    dreamed = names["large_dream"](photo, 4).image
    deep = interpret.any_size(names["model"], list(names["DEEP"]))

    def strengths(inputs: Any) -> list[float]:
        return [float(keras.ops.mean(maps**2)) for maps in deep(inputs[np.newaxis], training=False)]

    grown = np.array(strengths(dreamed)) / np.array(strengths(photo))
    print(grown)
    assert grown.min() >= 1.5
    assert np.corrcoef(dreamed.ravel(), photo.ravel())[0, 1] < 0.98


@pytest.mark.claims
@pytest.mark.parametrize(("photograph", "seed"), [("chelsea", 2), ("astronaut", 3)])
def test_layers_forget_step_by_step(names: dict[str, Any], photograph: str, seed: int) -> None:
    content = _photo(names, photograph, 96)
    rebuilt = [names["rebuild"](name, content, seed) for name in names["LAYERS"]]
    left = [run.content[-1] / run.content[0] for run in rebuilt]
    alike = [np.corrcoef(run.image.ravel(), content.ravel())[0, 1] for run in rebuilt]
    print(np.round(left, 3), np.round(alike, 3))
    assert max(left) < 1 / 6
    assert alike[0] > 0.9
    assert alike[:4] == sorted(alike[:4], reverse=True)
    assert alike[4] < 0.2


@pytest.mark.parametrize(("photograph", "seed"), [("brick", 1), ("coffee", 2), ("chelsea", 3)])
def test_shuffled_places_keep_the_gram_matrix_and_shuffled_pixels_do_not(
    names: dict[str, Any], photograph: str, seed: int
) -> None:
    inputs = _photo(names, photograph, 96)
    for maps in names["maps_of"](inputs):
        filters = maps.shape[-1]
        shuffled = np.random.default_rng(seed).permutation(maps.reshape(-1, filters)).reshape(maps.shape)
        before, after = interpret.gram_matrix(maps), interpret.gram_matrix(shuffled)
        assert np.abs(shuffled - maps).mean() > 0.1 * np.abs(maps).mean()
        np.testing.assert_allclose(after, before, rtol=1e-3, atol=1e-4 * np.abs(before).max())
    variants = names["changed"](inputs, inputs, seed)
    wanted = names["grams"](inputs)
    apart = {
        name: interpret.style_loss(names["grams"](picture), wanted) for name, picture in variants.items()
    }
    print(photograph, apart)
    assert max(apart["moved"], apart["mirrored"]) < 0.1
    assert apart["pixels shuffled"] > 0.3
    assert apart["another picture"] == 0


@pytest.mark.parametrize("half", [0, 1])
def test_a_rotated_wall_has_another_style(names: dict[str, Any], half: int) -> None:
    wall = names["canvas"].prepare(np.array_split(pictures.photograph("brick"), 2, axis=1)[half], 96)
    apart = interpret.style_loss(names["grams"](np.rot90(wall)), names["grams"](wall))
    print(apart)
    assert apart > 0.3


@pytest.mark.claims
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_gram_matrices_find_crops_of_the_same_kind(names: dict[str, Any], seed: int) -> None:
    by_maps, by_grams = (names["found_by"](names[how], seed) for how in ("maps_of", "grams"))
    print(by_maps, by_grams)
    assert by_grams >= 0.75
    assert by_grams >= by_maps + 0.2


@pytest.mark.claims
@pytest.mark.parametrize(("photograph", "seed"), [("brick", 2), ("coffee", 3), ("ihc", 1)])
def test_a_texture_comes_back_from_noise(names: dict[str, Any], photograph: str, seed: int) -> None:
    run = names["texture"](_photo(names, photograph, 96), seed)
    print(run.style[[0, -1]])
    assert run.style[-1] < run.style[0] / 6


@pytest.mark.claims
@pytest.mark.parametrize(
    ("content", "style"), [("chelsea", "coffee"), ("motorcycle", "ihc"), ("coffee", "chelsea")]
)
def test_the_weight_trades_content_for_style(names: dict[str, Any], content: str, style: str) -> None:
    pair = _photo(names, content, 224), _photo(names, style, 224)
    painted = [names["stylise"](*pair, weight) for weight in (1, 10, 100)]
    ends = np.array([(run.content[-1], run.style[-1]) for run in painted])
    print(ends.round(3), painted[0].style[0])
    assert (np.diff(ends[:, 0]) > 0).all()
    assert (np.diff(ends[:, 1]) < 0).all()
    assert ends[1, 1] < painted[1].style[0] / 3
    assert painted[1].content[0] == pytest.approx(0, abs=1e-6)


@pytest.mark.claims
def test_your_own_photograph_takes_less_than_twenty_seconds_per_picture(names: dict[str, Any]) -> None:
    cell_names = {**names, "dream_style": _photo(names, "coffee", 224)}
    harness.run(_cell("paint"), cell_names)
    start = time.process_time()
    triptych = cell_names["paint"](pictures.photograph("clock"))
    used = time.process_time() - start
    print(f"{used:.1f} CPU-s for two pictures")
    assert (triptych.shape, triptych.dtype) == ((224, 672, 3), np.uint8)
    assert used < 40


@pytest.mark.claims
def test_vgg_16_works_by_the_same_calls(names: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Use random weights: the trained ones are a download."""
    from keras.applications import vgg16

    keras.utils.set_random_seed(1)
    model = vgg16.VGG16(weights=None, include_top=False, input_shape=(224, 224, 3))
    network = pretrained.Pretrained("vgg16", model, (), 224, vgg16.preprocess_input, "random")
    requests = []

    def load(name: str, *, otherwise: str) -> pretrained.Pretrained:
        requests.append((name, otherwise))
        return network

    monkeypatch.setattr(pretrained, "load", load)
    monkeypatch.setenv("WORKBOOK_BUDGET", "full")
    cell_names = dict(names)
    for name in ("classifier", "dream", "growth", "grams", "stylise"):
        harness.run(_cell(name), cell_names)
    assert requests == [("vgg16", "efficientnet_lite0")]
    photo = cell_names["canvas"].prepare(pictures.photograph("chelsea"), 48)
    assert (cell_names["strength"](photo) > 0).all()
    assert cell_names["dream"](cell_names["LAYERS"][1], photo, 9).records[-1][-1] > 0
    painted = cell_names["stylise"](photo, photo[::-1], 10, steps=2)
    assert painted.image.shape == photo.shape
    np.testing.assert_array_equal(
        cell_names["canvas"].picture(photo), pretrained.centre_crop(pictures.photograph("chelsea"), size=48)
    )


def test_exercises_and_package_do_the_same(names: dict[str, Any]) -> None:
    rng = np.random.default_rng(11)
    maps = rng.normal(0.5, 1, (5, 6, 4))
    np.testing.assert_allclose(GRAM.reference(maps), interpret.gram_matrix(maps[np.newaxis])[0])
    wanted = [GRAM.reference(rng.normal(0, 1, (4, 4, filters))) for filters in (3, 5)]
    made = [gram + 0.1 for gram in wanted]
    assert STYLE_LOSS.reference(made, wanted) == pytest.approx(interpret.style_loss(made, wanted))
    sizes = interpret.octave_sizes(120, 90, octaves=4, scale=1.4)
    assert SIZES.reference(120, 90, 4, 1.4) == list(sizes)
    picture = rng.uniform(0, 1, (4, 6, 3))
    np.testing.assert_array_equal(NEXT.reference(picture, picture[:2, :3], picture[:2, :3]), picture)
    total, largest = WHOLE_LOSS.reference(
        0.0, 0.0, picture, {"content": 1.0, "style": 1.0, "smoothness": 2.0}
    )
    assert total == pytest.approx(2 * interpret.total_variation(picture[np.newaxis])[0] / picture.size)
    assert largest == "smoothness"


def test_the_pull_of_a_dream_is_the_derivative_of_its_score() -> None:
    maps = np.random.default_rng(1).normal(0, 1, (2, 3, 4, 2))
    _, pull = AMPLIFY.reference(maps)
    for place in np.ndindex(maps.shape):
        up, down = maps.copy(), maps.copy()
        up[place] += 1e-5
        down[place] -= 1e-5
        slope = (AMPLIFY.reference(up)[0] - AMPLIFY.reference(down)[0])[place[0]] / 2e-5
        assert slope == pytest.approx(pull[place], abs=1e-8)
