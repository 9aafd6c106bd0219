"""The arithmetic, against closed forms, brute force and Keras's own rule for padding."""

import math

import pytest

from workbook.arithmetic import (
    conv_macs,
    conv_parameters,
    dense_parameters,
    mebibytes,
    megabytes,
    memory_bytes,
    output_size,
    receptive_field,
    receptive_fields,
    same_padding,
    separable_macs,
    separable_parameters,
)


def positions(size, kernel_size, strides, padding, dilation):
    """Place the kernel wherever it fits, one by one."""
    covered = dilation * (kernel_size - 1) + 1
    return len(
        [start for start in range(0, size + 2 * padding, strides) if start + covered <= size + 2 * padding]
    )


@pytest.mark.parametrize("size", range(5, 14))
@pytest.mark.parametrize("kernel_size", [1, 2, 3, 5])
@pytest.mark.parametrize("strides", [1, 2, 3, 4])
def test_output_size_counts_the_places_where_a_kernel_fits(size, kernel_size, strides):
    for padding in (0, 1, 2):
        assert output_size(size, kernel_size, strides, padding) == positions(
            size, kernel_size, strides, padding, 1
        )
    assert output_size(size, kernel_size, strides, "valid") == output_size(size, kernel_size, strides)


def test_output_size_of_a_dilated_kernel():
    assert output_size(9, 3, 1, 0, dilation=3) == positions(9, 3, 1, 0, 3) == 3
    with pytest.raises(ValueError, match=r"does not fit.*dilation=4$"):
        output_size(8, 3, dilation=4)


@pytest.mark.parametrize("size", range(1, 20))
@pytest.mark.parametrize("kernel_size", [1, 2, 3, 5, 7])
@pytest.mark.parametrize("strides", [1, 2, 3])
def test_same_padding_gives_the_size_that_same_promises(size, kernel_size, strides):
    before, after = same_padding(size, kernel_size, strides)
    assert after - before in (0, 1)
    outputs = output_size(size + before + after, kernel_size, strides)
    assert outputs == output_size(size, kernel_size, strides, "same") == math.ceil(size / strides)


def test_same_padding_is_asymmetric_where_the_total_is_odd():
    assert same_padding(224, 3, 2) == (0, 1)
    assert same_padding(5, 3, 2) == (1, 1)
    assert same_padding(224, 7, 2) == (2, 3)
    assert same_padding(6, 1, 2) == (0, 0)


def test_parameters_count_every_weight_and_bias():
    assert dense_parameters(5, 3) == 5 * 3 + 3
    assert dense_parameters(5, 3, bias=False) == 15
    assert conv_parameters(5, 3, 10) == 760
    assert conv_parameters((1, 7), 4, 6, bias=False) == 7 * 4 * 6
    assert conv_parameters(3, 8, 6, groups=2) == 9 * 4 * 6 + 6
    assert conv_parameters(3, 8, 8, groups=8, bias=False) == 9 * 8
    assert separable_parameters(3, 4, 6) == 9 * 4 + 4 * 6 + 6
    assert separable_parameters((3, 5), 4, 6, depth_multiplier=2, bias=False) == 15 * 8 + 8 * 6


def test_macs_are_weights_times_positions():
    assert conv_macs((55, 55), 11, 3, 96) == 105_415_200
    assert conv_macs((4, 6), (3, 1), 8, 6, groups=2) == 24 * 3 * 4 * 6
    assert separable_macs((4, 6), 3, 8, 16) == 24 * (9 * 8 + 8 * 16)
    assert separable_macs((4, 6), 3, 8, 16, depth_multiplier=3) == 24 * (9 * 24 + 24 * 16)


def brute_receptive_field(layers):
    """Walk back from one output to the inputs that it sees."""
    first, last = 0, 0
    for kernel_size, strides in reversed(layers):
        first, last = first * strides, last * strides + kernel_size - 1
    return last - first + 1


@pytest.mark.parametrize(
    "layers",
    [[(3, 1)] * 3, [(11, 4), (3, 2), (5, 1), (3, 2)], [(7, 2), (3, 2), (1, 1), (3, 1)], [(2, 2)] * 4],
)
def test_receptive_fields_agree_with_walking_back_from_an_output(layers):
    walked = [brute_receptive_field(layers[: depth + 1]) for depth in range(len(layers))]
    assert receptive_fields(layers) == walked
    assert receptive_field(iter(layers)) == walked[-1]


def test_no_layers_see_one_pixel():
    assert receptive_field([]) == 1
    assert receptive_fields([]) == []


def test_memory_in_bytes_megabytes_and_mebibytes():
    assert memory_bytes(1000) == 4000
    assert memory_bytes(1000, "float16") == 2000
    assert memory_bytes(7, "uint8") == 7
    assert megabytes(4_000_000) == 4.0
    assert mebibytes(2**22) == 4.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: output_size(3, 5), "kernel does not fit.*Received: size=3, kernel_size=5, padding=0"),
        (lambda: output_size(5, 3, 0), "strides must be an integer, at least 1. Received: strides=0"),
        (lambda: output_size(5, 0), "kernel_size must be an integer, at least 1"),
        (lambda: output_size(0, 1), "size must be an integer, at least 1"),
        (lambda: output_size(5, 3, 1, -1), "padding must be an integer, at least 0. Received: padding=-1"),
        (lambda: output_size(5, 3, 1, "full"), "padding must be .*Received: padding='full'"),
        (lambda: output_size(5, 3, 1.5), "strides must be an integer, at least 1. Received: strides=1.5"),
        (lambda: output_size(5, 3, True), "strides must be an integer, at least 1. Received: strides=True"),
        (lambda: same_padding(5, 3, 0), "strides must be an integer, at least 1"),
        (lambda: same_padding(5, 0), "kernel_size must be an integer, at least 1"),
        (lambda: dense_parameters(0, 3), "inputs must be an integer, at least 1"),
        (lambda: conv_parameters((3, 3, 3), 1, 1), r"kernel_size must be an integer or \(height, width\)"),
        (
            lambda: conv_parameters(3, 6, 8, groups=4),
            "groups must divide both.*in_channels=6, filters=8, groups=4",
        ),
        (lambda: conv_parameters(3, 8, 6, groups=4), "groups must divide both"),
        (lambda: conv_parameters(3, 8, 8, groups=0), "groups must be an integer, at least 1"),
        (lambda: receptive_field([(3, 0)]), "strides must be an integer, at least 1"),
        (lambda: memory_bytes(1, "float8"), "dtype must be one of .*Received: dtype='float8'"),
        (lambda: memory_bytes(-1), "values must be an integer, at least 0"),
    ],
)
def test_impossible_arguments_are_named_in_one_line(call, message):
    with pytest.raises(ValueError, match=message) as raised:
        call()
    assert "\n" not in str(raised.value)
