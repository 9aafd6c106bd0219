"""The NumPy reference: loops against vectorised form, and both against Keras."""

import itertools

import numpy as np
import pytest

from workbook.reference import (
    conv2d,
    conv2d_loops,
    dense_matrix,
    depthwise_conv2d,
    depthwise_conv2d_loops,
    flip,
    global_pool,
    pad2d,
    pool2d,
    pool2d_loops,
    separable_conv2d,
)

STRIDES = [1, 2, 3]
KERNELS = [(3, 3), (2, 5), (1, 1), (4, 3)]


@pytest.fixture(scope="module")
def ops():
    """Return keras.ops, loaded only for the tests that compare with Keras."""
    import keras

    return keras.ops


def drawn(*shape, seed=0):
    """Draw numbers that no two positions share."""
    return np.random.default_rng([seed, *shape]).normal(size=shape)


def agree(ours, theirs):
    theirs = np.asarray(theirs)
    assert ours.shape == theirs.shape
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


# Convolution


@pytest.mark.parametrize("padding", ["valid", "same", 0, 2, ((1, 0), (3, 2))])
@pytest.mark.parametrize("strides", [1, 2, (2, 3)])
@pytest.mark.parametrize("fill", ["zero", "replicate"])
def test_loops_and_vectorised_convolution_agree(padding, strides, fill):
    images, bias = drawn(2, 7, 10, 4), drawn(6)
    for (height, width), groups in itertools.product(KERNELS, [1, 2]):
        kernel = drawn(height, width, 4 // groups, 6)
        options = {"strides": strides, "padding": padding, "fill": fill, "groups": groups, "bias": bias}
        loops, fast = conv2d_loops(images, kernel, **options), conv2d(images, kernel, **options)
        np.testing.assert_allclose(loops, fast, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", STRIDES)
@pytest.mark.parametrize("kernel_size", KERNELS)
def test_convolution_agrees_with_keras(ops, kernel_size, strides, padding):
    images, kernel = drawn(2, 9, 12, 3), drawn(*kernel_size, 3, 5)
    expected = ops.conv(images, kernel, strides=strides, padding=padding, data_format="channels_last")
    agree(conv2d(images, kernel, strides=strides, padding=padding), expected)


@pytest.mark.parametrize("groups", [2, 3, 6])
@pytest.mark.parametrize("strides", [1, 2])
def test_grouped_convolution_is_keras_on_each_group(ops, groups, strides):
    images, kernel = drawn(2, 9, 8, 6), drawn(3, 2, 6 // groups, 12)
    parts = zip(np.split(images, groups, axis=3), np.split(kernel, groups, axis=3), strict=True)
    options = {"strides": strides, "padding": "same", "data_format": "channels_last"}
    expected = np.concatenate([np.asarray(ops.conv(seen, part, **options)) for seen, part in parts], axis=3)
    agree(conv2d(images, kernel, strides=strides, padding="same", groups=groups), expected)


def test_convolution_with_pixels_of_padding_is_keras_on_a_padded_image(ops):
    images, kernel = drawn(2, 6, 9, 3), drawn(3, 3, 3, 4)
    padded = np.pad(images, ((0, 0), (1, 0), (2, 3), (0, 0)), mode="edge")
    expected = ops.conv(padded, kernel, strides=2, padding="valid", data_format="channels_last")
    agree(conv2d(images, kernel, strides=2, padding=((1, 0), (2, 3)), fill="replicate"), expected)


@pytest.mark.parametrize("function", [conv2d, conv2d_loops])
def test_the_result_has_the_axes_of_the_images(function):
    image, kernel = drawn(6, 7), drawn(3, 2)
    plain = function(image, kernel)
    with_channel = function(image[:, :, None], kernel[:, :, None, None])
    batch = function(image[None, :, :, None], kernel[:, :, None, None])
    assert plain.shape == (4, 6)
    assert with_channel.shape == (4, 6, 1)
    assert batch.shape == (1, 4, 6, 1)
    assert np.array_equal(plain, with_channel[:, :, 0])
    assert np.array_equal(plain, batch[0, :, :, 0])


def test_a_two_dimensional_image_takes_one_bias():
    image, kernel = drawn(5, 6), drawn(3, 3)
    np.testing.assert_allclose(conv2d(image, kernel, bias=2.5), conv2d(image, kernel) + 2.5)


@pytest.mark.parametrize("function", [conv2d, conv2d_loops])
def test_integers_stay_integers_and_do_not_overflow(function):
    image, kernel = np.full((4, 4), 255, np.uint8), np.full((3, 3), 100, np.uint8)
    result = function(image, kernel)
    assert result.dtype == np.int64
    assert np.array_equal(result, np.full((2, 2), 9 * 255 * 100))


def test_float32_stays_float32():
    images, kernel = drawn(5, 6, 2).astype("float32"), drawn(3, 3, 2, 4).astype("float32")
    assert conv2d(images, kernel).dtype == conv2d_loops(images, kernel).dtype == np.float32
    assert pool2d(images, kind="mean").dtype == pool2d_loops(images, kind="mean").dtype == np.float32


def test_a_flipped_kernel_gives_the_true_convolution():
    image, kernel = drawn(6, 8), drawn(3, 4)
    expected = np.zeros((4, 5))
    for row, column, i, j in np.ndindex(4, 5, 3, 4):  # the definition: Σ kernel[i, j] · image[y − i, x − j]
        expected[row, column] += kernel[i, j] * image[row + 2 - i, column + 3 - j]
    np.testing.assert_allclose(conv2d(image, flip(kernel)), expected)
    assert not np.allclose(conv2d(image, kernel), expected)
    assert np.array_equal(flip(flip(drawn(3, 4, 2, 5))), drawn(3, 4, 2, 5))


# Dense matrix


@pytest.mark.parametrize("padding", ["valid", "same", 2, ((0, 2), (1, 0))])
@pytest.mark.parametrize("strides", [1, 2, (3, 2)])
def test_the_dense_matrix_gives_the_convolution(strides, padding):
    image, kernel = drawn(7, 6, 3), drawn(3, 4, 3, 2)
    matrix = dense_matrix(kernel, image.shape, strides=strides, padding=padding)
    expected = conv2d(image, kernel, strides=strides, padding=padding)
    assert matrix.shape == (expected.size, image.size)
    np.testing.assert_allclose(matrix @ image.ravel(), expected.ravel())


def test_the_dense_matrix_is_sparse_and_shares_the_kernels_weights():
    kernel = np.arange(1, 7).reshape(2, 3)
    matrix = dense_matrix(kernel, (4, 5))
    assert matrix.dtype == np.int64
    assert np.array_equal(np.count_nonzero(matrix, axis=1), np.full(9, 6))
    assert set(np.unique(matrix)) == {0, *range(1, 7)}


# Depthwise and separable


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", STRIDES)
@pytest.mark.parametrize("multiplier", [1, 3])
def test_depthwise_convolution_agrees_with_loops_groups_and_keras(ops, multiplier, strides, padding):
    images, kernel = drawn(2, 8, 11, 4), drawn(3, 3, 4, multiplier)
    ours = depthwise_conv2d(images, kernel, strides=strides, padding=padding)
    np.testing.assert_allclose(ours, depthwise_conv2d_loops(images, kernel, strides=strides, padding=padding))
    as_groups = kernel.reshape(3, 3, 1, 4 * multiplier)
    np.testing.assert_allclose(ours, conv2d(images, as_groups, strides=strides, padding=padding, groups=4))
    options = {"strides": strides, "padding": padding, "data_format": "channels_last"}
    agree(ours, ops.depthwise_conv(images, kernel, **options))


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("strides", [1, 2])
def test_separable_convolution_agrees_with_keras(ops, strides, padding):
    images, depthwise, pointwise = drawn(2, 8, 11, 4), drawn(3, 3, 4, 2), drawn(1, 1, 8, 5)
    ours = separable_conv2d(
        images, depthwise, pointwise, strides=strides, padding=padding, bias=np.arange(5.0)
    )
    options = {"strides": strides, "padding": padding, "data_format": "channels_last"}
    agree(ours, np.asarray(ops.separable_conv(images, depthwise, pointwise, **options)) + np.arange(5.0))


def test_a_single_image_stays_a_single_image():
    image, kernel = drawn(6, 7, 2), drawn(3, 3, 2, 2)
    assert depthwise_conv2d(image, kernel).shape == depthwise_conv2d_loops(image, kernel).shape == (4, 5, 4)
    assert separable_conv2d(image, kernel, drawn(1, 1, 4, 3)).shape == (4, 5, 3)


# Pooling


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize(("pool_size", "strides"), [(2, None), (3, 2), ((2, 3), 1), (2, 3), (3, (1, 2))])
@pytest.mark.parametrize("kind", ["max", "mean"])
def test_pooling_agrees_with_loops_and_keras(ops, kind, pool_size, strides, padding):
    images = drawn(2, 9, 8, 3) - 3  # mostly negative: a margin of zeros would win the maximum
    ours = pool2d(images, pool_size, strides=strides, padding=padding, kind=kind)
    np.testing.assert_allclose(
        ours, pool2d_loops(images, pool_size, strides=strides, padding=padding, kind=kind)
    )
    pool = ops.max_pool if kind == "max" else ops.average_pool
    agree(ours, pool(images, pool_size, strides=strides, padding=padding, data_format="channels_last"))


@pytest.mark.parametrize("function", [pool2d, pool2d_loops])
def test_pooling_of_integers(function):
    image = np.array([[1, 3, 2, 9], [7, 4, 1, 5], [8, 5, 2, 3], [4, 2, 1, 4]], np.uint8)
    largest, mean = function(image), function(image, kind="mean")
    assert largest.dtype == np.uint8
    assert largest.tolist() == [[7, 9], [8, 4]]
    assert mean.tolist() == [[3.75, 4.25], [4.75, 2.5]]
    assert function(-image.astype(int), 3, padding="same").max() < 0


def test_global_pooling_keeps_one_number_per_feature_map():
    images = drawn(2, 5, 4, 3)
    np.testing.assert_allclose(global_pool(images), images.mean(axis=(1, 2)))
    np.testing.assert_allclose(global_pool(images[0], "max"), images[0].max(axis=(0, 1)))


def test_pad2d_fills_with_zeros_or_the_nearest_pixel():
    image = np.array([[1, 2], [3, 4]])
    assert pad2d(image, 1).tolist() == [[0, 0, 0, 0], [0, 1, 2, 0], [0, 3, 4, 0], [0, 0, 0, 0]]
    assert pad2d(image, ((1, 0), (0, 2)), fill="replicate").tolist() == [
        [1, 2, 2, 2],
        [1, 2, 2, 2],
        [3, 4, 4, 4],
    ]
    assert pad2d(drawn(2, 5, 6, 3), ((1, 2), (0, 3))).shape == (2, 8, 9, 3)
    assert pad2d(drawn(5, 6, 3), 1).shape == (7, 8, 3)


# Bad input

FOUR = np.ones((3, 3, 2, 4))
RGB = np.ones((5, 6, 3))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: conv2d(np.ones(5), np.ones((3, 3))),
            r"images must .* 2 or 3 or 4 axes. Received: shape \(5,\)",
        ),
        (lambda: conv2d(RGB, np.ones((3, 3, 3))), "kernel must hold numbers and have 2 or 4 axes"),
        (lambda: conv2d(RGB, np.ones((3, 3))), "images with 3 axes, kernel of shape"),
        (lambda: conv2d(np.ones((5, 5)), FOUR), "images with 2 axes"),
        (lambda: conv2d(RGB, FOUR), "3 channels, kernel of shape .*groups=1"),
        (
            lambda: conv2d(np.ones((5, 5, 6)), np.ones((3, 3, 2, 4)), groups=3),
            "groups must divide the filters",
        ),
        (lambda: conv2d(RGB, np.ones((3, 3, 3, 4)), groups=0), "groups=0"),
        (lambda: conv2d(RGB, np.ones((7, 3, 3, 4))), "kernel does not fit.*size=5, kernel_size=7"),
        (lambda: conv2d_loops(RGB, np.ones((7, 3, 3, 4))), "kernel does not fit"),
        (lambda: conv2d(RGB, np.ones((3, 3, 3, 4)), strides=0), "strides must be an integer, at least 1"),
        (
            lambda: conv2d(RGB, np.ones((3, 3, 3, 4)), padding="full"),
            "padding must be .*Received: padding='full'",
        ),
        (lambda: conv2d(RGB, np.ones((3, 3, 3, 4)), padding=-1), "padding must be an integer, at least 0"),
        (lambda: conv2d(RGB, np.ones((3, 3, 3, 4)), padding=(1, 1)), r"\(\(top, bottom\), \(left, right\)\)"),
        (lambda: conv2d(RGB, np.ones((3, 3, 3, 4)), fill="mirror"), 'fill must be "zero" or "replicate"'),
        (lambda: conv2d(RGB, np.ones((3, 3, 3, 4)), bias=np.ones(3)), r"bias must be \(4,\)"),
        (lambda: conv2d(np.array([["a"]]), np.ones((1, 1))), "images must hold numbers"),
        (lambda: depthwise_conv2d(RGB, FOUR), "3 channels, kernel of shape"),
        (lambda: pool2d(RGB, 6), "kernel does not fit"),
        (lambda: pool2d(RGB, padding=1), 'padding of a pooling layer must be "valid" or "same"'),
        (lambda: pool2d(RGB, kind="median"), 'kind must be "max" or "mean". Received: kind=\'median\''),
        (lambda: pool2d_loops(RGB, kind="median"), 'kind must be "max" or "mean"'),
        (lambda: global_pool(RGB, "sum"), 'kind must be "max" or "mean"'),
        (lambda: dense_matrix(np.ones((3, 3)), (4,)), r"input_shape must be \(height, width\[, channels\]\)"),
        (lambda: dense_matrix(np.ones((5, 3)), (4, 4)), "kernel does not fit"),
    ],
)
def test_bad_input_is_named_in_one_line(call, message):
    with pytest.raises(ValueError, match=message) as raised:
        call()
    assert "\n" not in str(raised.value)
    assert "Received: " in str(raised.value)
