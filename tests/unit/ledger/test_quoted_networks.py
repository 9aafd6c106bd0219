"""Whole networks, counted: a chain by hand, and what grouping and branches must change."""

from workbook.ledger.quoted_networks import (
    Dense,
    QuotedConv,
    QuotedPool,
    alexnet,
    count,
    densenet_parameters,
    resnet_parameters,
)


def test_counting_a_small_chain_by_hand():
    counted = count(6, 2, [QuotedConv(3, 4, padding="valid"), QuotedPool(2, 2), Dense(5)])
    assert counted.conv_weights == 9 * 2 * 4
    assert counted.dense_weights == 2 * 2 * 4 * 5
    assert counted.parameters == 72 + 4 + 80 + 5
    assert counted.conv_macs == 4 * 4 * 72
    assert counted.dense_macs == 80


def test_two_groups_halve_exactly_the_grouped_layers():
    single, towers = count(227, 3, alexnet(1)), count(227, 3, alexnet(2))
    grouped = 25 * 96 * 256 + 9 * 384 * 384 + 9 * 384 * 256
    assert single.conv_weights - towers.conv_weights == grouped // 2
    assert single.dense_weights == towers.dense_weights


def test_each_further_block_adds_its_own_weights():
    basic = resnet_parameters((3, 2, 2, 2)) - resnet_parameters((2, 2, 2, 2))
    assert basic == 2 * (9 * 64 * 64 + 2 * 64)
    bottleneck = resnet_parameters((3, 4, 6, 4), bottleneck=True) - resnet_parameters(
        (3, 4, 6, 3), bottleneck=True
    )
    assert bottleneck == 2048 * 512 + 9 * 512 * 512 + 512 * 2048 + 2 * (512 + 512 + 2048)


def test_a_densenets_last_layer_sees_all_channels_before_it():
    added = densenet_parameters((1, 2), growth_rate=4) - densenet_parameters((1, 1), growth_rate=4)
    channels = (8 + 4) // 2 + 4  # stem and block, halved, and the second block's first layer
    dense_layer = 4 * channels + channels * 16 + 4 * 16 + 9 * 16 * 4
    assert added == dense_layer + 4 * 4 + 4 * 1000  # the last normalisation and the classifier grow too
