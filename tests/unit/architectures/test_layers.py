"""The layers that Keras lacks: against their formulas, in loops, and through saving."""

import keras
import numpy as np
import pytest

from workbook.architectures.layers import LocalResponseNormalization, PaddedShortcut


def lrn_in_loops(x, k, n, alpha, beta):
    """Krizhevsky et al. 2012, section 3.3, as it is printed."""
    y, channels = np.empty_like(x, dtype=np.float64), x.shape[-1]
    for i in range(channels):
        around = range(max(0, i - n // 2), min(channels - 1, i + n // 2) + 1)
        y[..., i] = x[..., i] / (k + alpha * sum(x[..., j].astype(np.float64) ** 2 for j in around)) ** beta
    return y


def test_the_worked_example_of_four_ones():
    output = LocalResponseNormalization(k=0, n=2, alpha=1, beta=1)(np.ones((1, 1, 1, 4), np.float32))
    np.testing.assert_allclose(np.ravel(output), [1 / 2, 1 / 3, 1 / 3, 1 / 2], rtol=1e-6)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 7])
@pytest.mark.parametrize("channels", [1, 3, 8])
def test_response_normalisation_is_the_papers_formula(n, channels):
    x = np.random.default_rng(n).normal(size=(2, 3, 4, channels)).astype(np.float32) * 3
    layer = LocalResponseNormalization(k=1.5, n=n, alpha=0.3, beta=0.75)
    np.testing.assert_allclose(layer(x), lrn_in_loops(x, 1.5, n, 0.3, 0.75), rtol=1e-5)


def test_the_defaults_are_the_papers_and_learn_nothing():
    layer = LocalResponseNormalization()
    assert (layer.k, layer.n, layer.alpha, layer.beta) == (2, 5, 1e-4, 0.75)
    x = np.random.default_rng(0).normal(size=(1, 2, 2, 6)).astype(np.float32) * 100
    np.testing.assert_allclose(layer(x), lrn_in_loops(x, 2, 5, 1e-4, 0.75), rtol=1e-5)
    assert layer.count_params() == 0


@pytest.mark.parametrize("wrong", [{"n": 0}, {"n": 2.5}, {"k": -1.0}, {"alpha": -1.0}])
def test_senseless_normalisation_is_refused(wrong):
    with pytest.raises(ValueError, match="Received: "):
        LocalResponseNormalization(**wrong)


def test_a_padded_shortcut_keeps_every_other_pixel_and_adds_zeros():
    x = np.random.default_rng(1).normal(size=(2, 5, 4, 3)).astype(np.float32)
    output = np.asarray(PaddedShortcut(8, strides=2)(x))
    assert output.shape == (2, 3, 2, 8)
    np.testing.assert_array_equal(output[..., :3], x[:, ::2, ::2])
    assert not output[..., 3:].any()


def test_a_padded_shortcut_cannot_drop_channels():
    with pytest.raises(ValueError, match=r"at least the input's channels\. Received: 3 channels, filters=2"):
        PaddedShortcut(2)(np.zeros((1, 2, 2, 3), np.float32))
    with pytest.raises(ValueError, match="Received: filters=4, strides=0"):
        PaddedShortcut(4, strides=0)


@pytest.mark.parametrize(
    "layer", [LocalResponseNormalization(k=1.0, n=3, alpha=0.1, beta=0.5), PaddedShortcut(7, strides=3)]
)
def test_a_layer_saves_loads_and_knows_its_shape(layer, tmp_path):
    inputs = keras.Input((7, 8, 4))
    outputs = layer(inputs)
    model = keras.Model(inputs, outputs)
    model.save(tmp_path / "model.keras")
    x = np.random.default_rng(2).normal(size=(2, 7, 8, 4)).astype(np.float32)
    expected = model.predict(x, verbose=0)
    assert expected.shape[1:] == outputs.shape[1:]
    np.testing.assert_array_equal(
        keras.models.load_model(tmp_path / "model.keras").predict(x, verbose=0), expected
    )


@pytest.mark.slow
@pytest.mark.parametrize("order", ["import workbook, keras", "import keras, workbook"])
def test_a_saved_network_loads_in_a_fresh_process(tmp_path, order) -> None:
    import subprocess
    import sys

    from workbook.training.whitening import Dirac

    path = tmp_path / "network.keras"
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(4, 3, kernel_initializer=Dirac())(inputs)
    x = PaddedShortcut(6)(LocalResponseNormalization()(x))
    keras.Model(inputs, x).save(path)
    code = f"{order}; print(len(keras.models.load_model({str(path)!r}).layers))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "4", done.stderr[-2000:]
