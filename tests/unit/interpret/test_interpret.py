"""Looking inside: every gradient against finite differences, every objective on models whose answer is known.

Finite differences are taken in float64 on TensorFlow; on JAX Keras's convolutions give float32 whatever is asked for.
"""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from workbook import interpret, live, pretrained
from workbook.interpret import surface

keras = pytest.importorskip("keras")
layers = keras.layers


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(10)


def _smooth(dtype: str = "float64", size: tuple[int | None, int | None] = (7, 6)) -> Any:
    """A small network without kinks: convolution, pooling, convolution, dense, softmax."""
    keras.utils.set_random_seed(4)
    inputs = keras.Input((*size, 2), dtype=dtype)
    x = layers.Conv2D(4, 3, activation="tanh", name="low", dtype=dtype)(inputs)
    x = layers.AveragePooling2D(2, strides=1, name="pool", dtype=dtype)(x)
    x = layers.Conv2D(3, 2, activation="tanh", padding="same", name="high", dtype=dtype)(x)
    x = layers.GlobalAveragePooling2D(dtype=dtype, name="mean")(x)
    x = layers.Dense(5, name="scores", dtype=dtype)(x)
    return keras.Model(inputs, layers.Softmax(name="probabilities", dtype=dtype)(x))


@pytest.fixture(scope="module")
def smooth() -> Any:
    return _smooth()


def _differences(values_of: Callable[[np.ndarray], np.ndarray], images: np.ndarray) -> np.ndarray:
    """Central differences of the sum of the values, pixel by pixel."""
    slopes, small = np.zeros_like(images), 1e-5
    for place in np.ndindex(images.shape):
        up, down = images.copy(), images.copy()
        up[place] += small
        down[place] -= small
        slopes[place] = (values_of(up).sum() - values_of(down).sum()) / (2 * small)
    return slopes


# ---------------------------------------------------------------- gradients


@pytest.mark.parametrize("layer", ["low", "high", "scores", "probabilities"])
@pytest.mark.parametrize("penalties", [{}, {"l2": 0.3, "total_variation": 0.2, "pixel_sum": 0.1}])
def test_the_gradient_is_that_of_finite_differences(smooth, rng, layer, penalties):
    from workbook.interpret.ascent import _objective

    gradient = interpret.input_gradient(_objective(smooth, layer, (1, 2), penalties, activation=True))
    images = rng.normal(0, 1, (2, 7, 6, 2))
    values, slopes = gradient(images)
    assert slopes.dtype == np.float64
    assert values.shape == (2, 2)
    np.testing.assert_allclose(slopes, _differences(lambda x: gradient(x)[0], images), rtol=1e-6, atol=1e-8)


def test_style_and_content_have_the_gradient_of_finite_differences(smooth, rng):
    from workbook.interpret.style import _objective, _targets

    cut = interpret.any_size(smooth, ["high", "low", "pool"])
    content, style = rng.uniform(0, 1, (7, 6, 2)), rng.uniform(0, 1, (9, 8, 2))
    targets = [*_targets(cut, content, 1)[0], *_targets(cut, style, 1)[1]]
    gradient = interpret.input_gradient(_objective(cut, targets, 1, (1.0, 2.0, 0.1)))
    images = rng.uniform(0, 1, (1, 7, 6, 2))
    numeric = _differences(lambda x: gradient(x)[0], images)
    np.testing.assert_allclose(gradient(images)[1], numeric, rtol=1e-6, atol=1e-8)


def test_the_dreams_objective_has_the_gradient_of_finite_differences(smooth, rng):
    from workbook.interpret.dreaming import _objective

    gradient = interpret.input_gradient(_objective(interpret.any_size(smooth, ["low", "high"]), [1.0, 0.5]))
    images = rng.uniform(0, 1, (1, 5, 6, 2))
    numeric = _differences(lambda x: gradient(x)[0], images)
    np.testing.assert_allclose(gradient(images)[1], numeric, rtol=1e-6, atol=1e-8)


def test_each_image_has_its_own_gradient(smooth, rng):
    cut = interpret.part(smooth, "scores")
    gradient = interpret.input_gradient(lambda x: cut(x)[:, 0])
    images = rng.normal(0, 1, (3, 7, 6, 2))
    together = gradient(images)[1]
    np.testing.assert_allclose(together[1:2], gradient(images[1:2])[1], rtol=1e-10)


def test_the_step_is_compiled_once_for_each_shape():
    gradient = interpret.input_gradient(lambda x: keras.ops.sum(x * x, axis=(1, 2, 3)))
    for _ in range(5):
        for count in (2, 3):
            values, slopes = gradient(np.full((count, 2, 2, 1), 3.0, np.float32))
    assert gradient.traces == 2
    np.testing.assert_allclose(values, [36] * 3)
    np.testing.assert_allclose(slopes, np.full((3, 2, 2, 1), 6))


def test_a_whole_ascent_traces_once(smooth, monkeypatch):
    made = []

    def kept(objective):
        made.append(interpret.InputGradient(objective))
        return made[-1]

    monkeypatch.setattr("workbook.interpret.ascent.input_gradient", kept)
    interpret.ascend(smooth, "high", [0, 1, 2], steps=12, jitter=1, blur=0.5)
    assert [one.traces for one in made] == [1]


def test_pixels_that_do_not_count_have_gradient_zero_and_bytes_are_taken():
    gradient = interpret.input_gradient(lambda x: keras.ops.ones_like(x[:, 0, 0, 0]))
    values, slopes = gradient(np.zeros((2, 3, 3, 1), np.uint8))
    assert values.tolist() == [1, 1]
    assert slopes.dtype == np.float32
    assert not slopes.any()


def test_an_objective_without_one_value_per_image_is_refused():
    with pytest.raises(ValueError, match=r"values \(batch,\) or \(batch, terms\). Received: shape \(\)"):
        interpret.input_gradient(lambda x: keras.ops.sum(x))(np.ones((2, 3, 3, 1)))


def test_another_backend_is_refused_in_one_line(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "numpy")
    with pytest.raises(ValueError, match=r"need TensorFlow or JAX.*Received: 'numpy'"):
        interpret.input_gradient(lambda x: x)


# ---------------------------------------------------------------- feature maps


def test_feature_maps_are_what_the_layers_give(smooth, rng):
    images = rng.normal(0, 1, (5, 7, 6, 2))
    found = interpret.feature_maps(smooth, images, ["low", "scores", "probabilities"], batch_size=2)
    assert {name: one.shape for name, one in found.items()} == {
        "low": (5, 5, 4, 4), "scores": (5, 5), "probabilities": (5, 5),
    }  # fmt: skip
    np.testing.assert_allclose(found["low"], keras.ops.convert_to_numpy(smooth.get_layer("low")(images)))
    np.testing.assert_allclose(found["probabilities"], keras.ops.convert_to_numpy(smooth(images)))
    assert list(interpret.feature_maps(smooth, images, "pool")) == ["pool"]


def test_layer_names_are_in_order(smooth):
    assert interpret.layer_names(smooth) == ("low", "pool", "high", "mean", "scores", "probabilities")


def test_without_activation_a_layer_gives_its_sums(smooth, rng):
    images = rng.normal(0, 1, (2, 7, 6, 2))
    tensor = keras.ops.convert_to_tensor(images, dtype="float64")
    sums = keras.ops.convert_to_numpy(interpret.part(smooth, "low", activation=False)(tensor))
    np.testing.assert_allclose(np.tanh(sums), interpret.feature_maps(smooth, images, "low")["low"])
    assert np.abs(sums).max() > 1


def test_activation_degree_is_the_sum_of_a_map(rng):
    maps = rng.normal(0, 1, (2, 3, 4, 5))
    degrees = interpret.activation_degree(maps)
    assert degrees.shape == (2, 5)
    assert degrees[1, 3] == pytest.approx(
        sum(maps[1, row, column, 3] for row in range(3) for column in range(4))
    )
    assert interpret.activation_degree(maps[:, 0, 0]).shape == (2, 5)


def test_any_size_keeps_weights_order_and_repetitions(smooth, rng):
    copy = interpret.any_size(smooth, ["high", "low", "low"])
    images = rng.normal(0, 1, (2, 7, 6, 2))
    high, low, again = (keras.ops.convert_to_numpy(one) for one in copy(images))
    expected = interpret.feature_maps(smooth, images, ["high", "low"])
    np.testing.assert_allclose(high, expected["high"])
    np.testing.assert_allclose(low, expected["low"])
    np.testing.assert_allclose(again, low)
    assert [tuple(one.shape[1:3]) for one in copy(rng.normal(0, 1, (1, 20, 31, 2)))] == [
        (17, 28),
        (18, 29),
        (18, 29),
    ]


# ---------------------------------------------------------------- penalties and measures


def test_penalties_and_measures_agree(rng):
    images = rng.normal(0, 1, (3, 5, 4, 2))
    given = {
        name: keras.ops.convert_to_numpy(one(keras.ops.convert_to_tensor(images)))
        for name, one in interpret.PENALTIES.items()
    }
    np.testing.assert_allclose(given["pixel_sum"], interpret.ink(images), rtol=1e-6)
    np.testing.assert_allclose(given["total_variation"], interpret.total_variation(images), rtol=1e-6)
    np.testing.assert_allclose(given["l2"], [np.sum(one**2) for one in images], rtol=1e-6)


def test_total_variation_of_a_bright_square_is_its_outline():
    image = np.zeros((1, 9, 9, 1))
    image[0, 2:5, 3:7] = 2.0
    assert interpret.total_variation(image).tolist() == [2 * 2 * (3 + 4)]
    assert interpret.ink(image).tolist() == [24]


def test_blur_keeps_constants_and_ink_and_has_the_width_it_says():
    image = np.zeros((1, 31, 31, 1))
    image[0, 15, 15] = 1.0
    soft = interpret.blurred(image, 2.0)
    rows = np.arange(31) - 15
    assert soft.sum() == pytest.approx(1)
    assert np.sqrt((soft[0, :, :, 0].sum(axis=1) * rows**2).sum()) == pytest.approx(2.0, rel=0.03)
    np.testing.assert_allclose(interpret.blurred(np.full((1, 5, 5, 2), 3.0), 4.0), 3.0)
    np.testing.assert_array_equal(interpret.blurred(image, 0), image)


# ---------------------------------------------------------------- gradient ascent


def _matched(templates: np.ndarray) -> Any:
    """A dense layer whose units are templates (units, H, W): the image that excites one most is known."""
    inputs = keras.Input((*templates.shape[1:], 1))
    dense = layers.Dense(len(templates), use_bias=False, name="unit")
    model = keras.Model(inputs, dense(layers.Flatten(name="flat")(inputs)))
    dense.set_weights([templates.reshape(len(templates), -1).T])
    return model


def test_ascent_finds_the_known_optimum_of_each_unit(rng):
    templates = rng.choice([-1.0, 1.0], (3, 6, 5))
    found = interpret.ascend(_matched(templates), "unit", [2, 0], steps=60, rate=0.1, bounds=(0, 1))
    np.testing.assert_allclose(found.images[..., 0], np.maximum(templates[[2, 0]], 0), atol=1e-6)
    assert found.scores.shape == found.charges.shape == (61, 2)
    np.testing.assert_allclose(found.scores[-1], np.maximum(templates[[2, 0]], 0).sum(axis=(1, 2)), rtol=1e-5)
    assert not found.charges.any()
    assert (np.diff(found.scores, axis=0) > -1e-4).all()


def test_the_pixel_sum_blanks_what_does_not_pay(rng):
    template = rng.choice([0.2, 1.0], (1, 6, 5))
    found = interpret.ascend(_matched(template), "unit", [0], penalties={"pixel_sum": 0.5}, steps=80)
    np.testing.assert_allclose(found.images[0, ..., 0], template[0] > 0.5, atol=0.01)
    assert found.charges[-1, 0] == pytest.approx(0.5 * found.images.sum(), rel=1e-4)


def test_l2_stops_where_the_gain_equals_the_price(rng):
    template = rng.uniform(0.2, 0.8, (1, 6, 5))
    found = interpret.ascend(_matched(template), "unit", [0], penalties={"l2": 0.5}, steps=300, rate=0.05)
    np.testing.assert_allclose(found.images[0, ..., 0], template[0], atol=0.01)


@pytest.mark.parametrize("regulariser", [{"penalties": {"total_variation": 0.3}}, {"blur": 1.0}])
def test_smoothing_makes_smoother_images(rng, regulariser):
    model = _matched(rng.normal(0.3, 1, (1, 12, 12)))
    plain = interpret.ascend(model, "unit", [0], steps=60)
    smooth = interpret.ascend(model, "unit", [0], steps=60, **regulariser)
    roughness = [interpret.total_variation(one.images)[0] for one in (plain, smooth)]
    assert roughness[1] < 0.8 * roughness[0]
    assert smooth.scores[-1, 0] > smooth.scores[0, 0]


def test_jitter_moves_the_gradient_and_not_the_image():
    template = np.zeros((1, 9, 9))
    template[0, 4, 4] = 1.0
    start = np.zeros((9, 9, 1))
    found = interpret.ascend(_matched(template), "unit", [0], start=start, jitter=1, steps=80, rate=0.2)
    lit = found.images[0, ..., 0] > 0.5
    assert lit.sum() == 9
    assert lit[3:6, 3:6].all()


def test_the_same_seed_gives_the_same_images_and_another_another(smooth):
    one, same, other = (
        interpret.ascend(smooth, "high", [0], steps=3, jitter=1, seed=seed) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one.images, same.images)
    assert not np.allclose(one.images, other.images)


def test_a_dead_unit_leaves_the_image_alone():
    found = interpret.ascend(
        _matched(np.zeros((1, 4, 4))), "unit", [0], start=np.full((4, 4, 1), 0.25), steps=5
    )
    np.testing.assert_array_equal(found.images, np.full((1, 4, 4, 1), 0.25))
    assert np.isfinite(found.scores).all()


def test_pixels_stay_within_the_bounds_and_the_weights_as_they_are(smooth):
    before = smooth.get_weights()
    found = interpret.ascend(smooth, "scores", [0, 4], steps=10, rate=1.0, bounds=(-0.5, 2.0))
    assert found.images.min() >= -0.5
    assert found.images.max() <= 2.0
    assert found.images.max() > 1.0
    assert all(np.array_equal(a, b) for a, b in zip(before, smooth.get_weights(), strict=True))


# ---------------------------------------------------------------- saliency and Grad-CAM


def _score(model: Any, unit: int) -> Callable[[np.ndarray], np.ndarray]:
    return lambda images: interpret.feature_maps(model, images, "scores")["scores"][:, unit]


def test_saliency_is_the_size_of_the_gradient(smooth, rng):
    images = rng.normal(0, 1, (2, 7, 6, 2))
    found = interpret.saliency(smooth, "scores", images, [3, 1])
    for i, unit in enumerate((3, 1)):
        one = images[i : i + 1]
        numeric = _differences(_score(smooth, unit), one)
        np.testing.assert_allclose(found[i], np.abs(numeric[0]).max(axis=-1), rtol=1e-5)


def test_grad_cam_is_its_formula(smooth, rng):
    images = rng.normal(0, 1, (2, 7, 6, 2))
    found = interpret.grad_cam(smooth, "scores", images, [3, 1], maps_of="high")
    maps = interpret.feature_maps(smooth, images, "high")["high"]
    weights = smooth.get_layer("scores").get_weights()[
        0
    ]  # the mean over places has the gradient weight / places
    expected = np.einsum("bhwf,fb->bhw", maps, weights[:, [3, 1]]) / (maps.shape[1] * maps.shape[2])
    np.testing.assert_allclose(found, np.maximum(expected, 0), rtol=1e-8, atol=1e-12)


# ---------------------------------------------------------------- dream


def test_octave_sizes():
    assert interpret.octave_sizes(100, 60, octaves=3, scale=2) == ((25, 15), (50, 30), (100, 60))
    assert interpret.octave_sizes(28, 28, octaves=1, scale=1.4) == ((28, 28),)


def test_resizing_keeps_constants_and_size(rng):
    grown = interpret.resized(np.full((4, 6, 3), 0.25, np.float32), (9, 5))
    assert grown.shape == (9, 5, 3)
    np.testing.assert_allclose(grown, 0.25, atol=1e-6)
    image = rng.uniform(0, 1, (6, 5, 1)).astype(np.float32)
    np.testing.assert_allclose(interpret.resized(image, (6, 5)), image, atol=1e-6)
    assert interpret.resized(image, (3, 5)).mean() == pytest.approx(image.mean(), abs=0.06)


def test_a_dream_raises_what_the_layer_sees_in_every_octave(rng):
    model = _smooth("float32", (8, 8))
    picture = rng.uniform(0.3, 0.7, (24, 20, 2)).astype(np.float32)
    found = interpret.dream(model, "high", picture, octaves=3, scale=1.3, steps=8, jitter=2)
    assert found.image.shape == picture.shape
    assert [one.shape[:2] for one in found.octaves] == [(14, 12), (18, 15), (24, 20)]
    assert all(len(record) == 9 and record[-1] > record[0] for record in found.records)
    assert found.image.min() >= 0
    assert found.image.max() <= 1
    assert not np.allclose(found.image, picture)


def test_a_dream_without_steps_to_speak_of_is_the_picture(rng):
    model = _smooth("float32", (8, 8))
    picture = rng.uniform(0.3, 0.7, (24, 20, 2)).astype(np.float32)
    found = interpret.dream(model, {"low": 1.0, "high": 0.5}, picture, octaves=3, steps=1, rate=1e-9)
    np.testing.assert_allclose(found.image, picture, atol=1e-6)


# ---------------------------------------------------------------- style


def test_the_gram_matrix_is_the_mean_product_of_two_maps(rng):
    maps = rng.normal(0, 1, (2, 3, 4, 5))
    gram = interpret.gram_matrix(maps)
    assert gram.shape == (2, 5, 5)
    assert gram[1, 2, 4] == pytest.approx(np.mean(maps[1, ..., 2] * maps[1, ..., 4]))
    np.testing.assert_allclose(gram, gram.transpose(0, 2, 1))
    moved = np.roll(maps, (1, 2), (1, 2))
    np.testing.assert_allclose(interpret.gram_matrix(moved), gram)


def test_style_brings_the_gram_matrices_together_and_content_keeps_the_maps(rng):
    model = _smooth("float32", (8, 8))
    content = rng.uniform(0.4, 0.6, (14, 12, 2)).astype(np.float32)
    style = rng.choice([0.0, 1.0], (9, 16, 2)).astype(np.float32)
    options: dict[str, Any] = {
        "content_layers": ["high"],
        "style_layers": ["low", "high"],
        "steps": 40,
        "rate": 0.05,
    }
    found = interpret.stylise(model, content, style, style_weight=3.0, **options)
    assert found.image.shape == content.shape
    assert found.content.shape == found.style.shape == (41,)
    assert found.content[0] == pytest.approx(0, abs=1e-6)
    assert found.style[-1] < 0.5 * found.style[0]
    kept = interpret.stylise(model, content, style, content_weight=1.0, style_weight=0.0, **options)
    assert np.abs(kept.image - content).max() < 1e-3
    back = interpret.stylise(
        model, content, style, style_weight=0.0, start=rng.uniform(0, 1, content.shape), **options
    )
    assert back.content[-1] < 0.2 * back.content[0]


def test_smoothness_makes_a_smoother_picture(rng):
    model = _smooth("float32", (8, 8))
    content, style = (rng.uniform(0, 1, (12, 12, 2)).astype(np.float32) for _ in range(2))
    options: dict[str, Any] = {"content_layers": ["high"], "style_layers": ["low"], "steps": 20}
    rough, soft = (interpret.stylise(model, content, style, smoothness=s, **options) for s in (0, 5.0))
    measured = [interpret.total_variation(one.image[np.newaxis])[0] for one in (rough, soft)]
    assert measured[1] < 0.8 * measured[0]


def test_a_single_layer_alone_will_do_for_content_or_style(rng):
    model = _smooth("float32", (8, 8))
    picture = rng.uniform(0, 1, (12, 12, 2)).astype(np.float32)
    start = rng.uniform(0, 1, picture.shape).astype(np.float32)
    one = {"steps": 30, "rate": 0.05, "start": start}
    kept = interpret.stylise(
        model, picture, picture, content_layers=["low"], style_layers=[], style_weight=0, **one
    )
    assert kept.content[-1] < 0.2 * kept.content[0]
    assert not kept.style.any()
    worn = interpret.stylise(
        model, picture, picture, content_layers=[], style_layers=["low"], content_weight=0, **one
    )
    assert worn.style[-1] < 0.2 * worn.style[0]
    assert not worn.content.any()


def test_the_style_loss_is_the_mean_relative_distance_of_the_layers():
    wanted = [np.array([[3.0, 0], [0, 4]]), np.array([[2.0]])]
    made = [np.array([[3.0, 5], [0, 4]]), np.array([[1.0]])]
    assert interpret.style_loss(made, wanted) == pytest.approx((25 / 25 + 1 / 4) / 2)
    assert interpret.style_loss(wanted, wanted) == 0
    for one, other in (([], []), (made, wanted[:1]), (made, wanted[::-1])):
        with pytest.raises(ValueError, match="the same shapes, one per layer"):
            interpret.style_loss(one, other)


# ---------------------------------------------------------------- pictures, and a learner's own


def _bundled(pixels: np.ndarray) -> np.ndarray:
    return (pixels - 127) / 128


def _vgg(pixels: np.ndarray) -> np.ndarray:
    return pixels[..., ::-1] - np.array([103.939, 116.779, 123.68], np.float32)


@pytest.mark.parametrize(
    ("normalise", "bounds"), [(_bundled, (-127 / 128, 1.0)), (_vgg, (-123.68, 255 - 103.939))]
)
def test_a_canvas_leads_to_the_model_and_back(rng, normalise, bounds):
    canvas = interpret.Canvas(normalise)
    assert canvas.bounds == pytest.approx(bounds)
    image = rng.integers(0, 256, (40, 50, 3), dtype=np.uint8)
    inputs = canvas.prepare(image, 24)
    assert (inputs.shape, inputs.dtype) == ((24, 24, 3), np.float32)
    np.testing.assert_array_equal(canvas.picture(inputs), pretrained.centre_crop(image, size=24))
    np.testing.assert_allclose(inputs, normalise(pretrained.centre_crop(image, size=24).astype(np.float32)))
    assert canvas.picture(np.full((2, 3, 3), 1e3)).min() == 255
    assert canvas.prepare(image[..., 0], 8).shape == (8, 8, 3)


def test_a_canvas_that_loses_a_colour_is_refused():
    with pytest.raises(ValueError, match="keep the three channels distinct"):
        interpret.Canvas(lambda pixels: pixels[..., :1] + 0 * pixels)


def _file(image: np.ndarray, kind: str, **options: Any) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(image).save(file, kind, **options)
    return file.getvalue()


def test_a_picture_is_read_by_path_and_from_bytes_and_turned_upright(rng, tmp_path):
    from PIL import Image

    image = rng.integers(0, 256, (6, 9, 3), dtype=np.uint8)
    path = tmp_path / "mine.png"
    path.write_bytes(_file(image, "png"))
    for source in (path, str(path), path.read_bytes()):
        np.testing.assert_array_equal(interpret.open_picture(source), image)
    turned = Image.Exif()
    turned[274] = 6  # the camera was held upright
    assert interpret.open_picture(_file(image, "jpeg", exif=turned)).shape == (9, 6, 3)
    assert interpret.open_picture(_file(image[..., 0], "png")).shape == (6, 9, 3)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("nowhere.png", "There is no file nowhere.png"),
        (b"text", "not a picture that can be read"),
    ],
)
def test_what_is_no_picture_is_said_in_one_line(source, words):
    with pytest.raises(ValueError, match=words) as caught:
        interpret.open_picture(source)
    assert "\n" not in str(caught.value)


def test_the_button_shows_what_was_painted_or_what_went_wrong(rng):
    image = rng.integers(0, 256, (6, 9, 3), dtype=np.uint8)
    box = interpret.upload(lambda picture: picture[:, ::-1])
    button, note, result = box.children

    def give(content: bytes) -> None:
        button._handle_custom_msg({"name": "mine"}, [memoryview(content)])

    give(_file(image, "png"))
    np.testing.assert_array_equal(interpret.open_picture(bytes(result.value)), image[:, ::-1])
    assert (note.value, result.layout.display) == ("", "block")
    give(b"no <picture>")
    assert "not a picture that can be read" in note.value
    assert (bytes(result.value), result.layout.display) == (b"", "none")


# ---------------------------------------------------------------- errors in one line


CALLS: list[tuple[Callable[[Any], Any], str]] = [
    (lambda m: interpret.part(m, "lwo"), "low, pool, high, mean, scores, probabilities. Received: layer='lwo'"),
    (lambda m: interpret.feature_maps(m, np.zeros((1, 7, 6, 2)), []), "at least one layer"),
    (lambda m: interpret.feature_maps(m, np.zeros((7, 6, 2)), "low"), r"shape \(None, 7, 6, 2\). Received: shape \(7,"),
    (lambda m: interpret.part(m, "pool", activation=False), "'pool' has no activation to leave out"),
    (lambda m: interpret.ascend(m, "low", [0, 4]), "filters 0 to 3 of layer 'low'. Received: 4"),
    (lambda m: interpret.ascend(m, "scores", [-1]), "neurons 0 to 4 of layer 'scores'. Received: -1"),
    (lambda m: interpret.ascend(m, "low", []), "Received: none"),
    (lambda m: interpret.ascend(m, "low", [0], penalties={"tv": 1}), "pixel_sum, l2, total_variation. Received: 'tv'"),
    (lambda m: interpret.ascend(m, "low", [0], penalties={"l2": -1}), "at least 0. Received: l2=-1"),
    (lambda m: interpret.ascend(m, "low", [0], steps=0), "Received: steps=0"),
    (lambda m: interpret.ascend(m, "low", [0], rate=0), "rate=0"),
    (lambda m: interpret.ascend(m, "low", [0], blur=-1), "blur=-1"),
    (lambda m: interpret.ascend(m, "low", [0], bounds=(1, 0)), r"Received: bounds=\(1, 0\)"),
    (lambda m: interpret.ascend(m, "low", [0, 1, 2], start=np.zeros((2, 7, 6, 2))), "Received: 2 for 3 units"),
    (lambda m: interpret.activation_degree(np.zeros(3)), "Received: shape"),
    (lambda m: interpret.blurred(np.zeros((1, 3, 3, 1)), -1), "Received: sigma=-1"),
    (lambda m: interpret.gram_matrix(np.zeros((3, 3, 1))), "Received: shape"),
    (lambda m: interpret.saliency(m, "scores", np.zeros((2, 7, 6, 2)), [1]), "Received: 1 units, 2 images"),
    (lambda m: interpret.grad_cam(m, "scores", np.zeros((1, 7, 6, 2)), [1], maps_of="mean"), "with feature maps"),
    (lambda m: interpret.grad_cam(m, "low", np.zeros((1, 7, 6, 2)), [1], maps_of="high"), "must pass maps_of"),
    (lambda m: interpret.octave_sizes(3, 3, octaves=9, scale=2), "Received: 3 × 3 pixels, 9 octaves"),
    (lambda m: interpret.octave_sizes(9, 9, octaves=2, scale=1), "scale=1"),
    (lambda m: interpret.dream(m, {}, np.zeros((9, 9, 2))), "at least one layer"),
    (lambda m: interpret.dream(m, "low", np.zeros((9, 9, 3))), r"Received: shape \(1, 9, 9, 3\)"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "words"), CALLS)
def test_errors_say_what_was_received_in_one_line(smooth, call, words):
    with pytest.raises(ValueError, match=words) as caught:
        call(smooth)
    assert "\n" not in str(caught.value)


def test_a_layer_after_flatten_cannot_dream():
    with pytest.raises(ValueError, match="Not every layer up to unit accepts images of any size"):
        interpret.dream(_matched(np.zeros((2, 5, 5))), "unit", np.zeros((9, 9, 1)))


def test_a_style_of_negative_weight_or_another_shape_is_refused(smooth):
    picture = np.zeros((9, 9, 2))
    layers_of: dict[str, Any] = {"content_layers": ["high"], "style_layers": ["low"]}
    with pytest.raises(ValueError, match=r"content_weight=1\.0, style_weight=-1"):
        interpret.stylise(smooth, picture, picture, style_weight=-1, **layers_of)
    with pytest.raises(ValueError, match="start must have the shape of content"):
        interpret.stylise(smooth, picture, picture, start=np.zeros((9, 8, 2)), **layers_of)


# ---------------------------------------------------------------- the loss surface, and who sees progress


def test_the_loss_surface_is_the_one_of_the_surface_module():
    assert interpret.loss_grid is surface.loss_grid
    assert interpret.filter_normalised is surface.filter_normalised


def test_nothing_is_shown_where_nobody_watches(smooth, capsys):
    """Of ours, that is: TensorFlow writes to the file descriptor what it likes, depending on what ran before."""
    assert not live.is_watched()
    interpret.ascend(smooth, "low", [0], steps=3)
    assert capsys.readouterr() == ("", "")


def test_importing_it_loads_no_keras():
    names = "[name for name in ('keras', 'tensorflow') if name in sys.modules]"
    code = f"import sys, json; import workbook.interpret; print(json.dumps({names}))"
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=dict(os.environ), check=True
    )
    assert json.loads(ran.stdout) == []
