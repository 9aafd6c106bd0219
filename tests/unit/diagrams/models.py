"""The networks and blocks whose diagrams the tests look at."""

from functools import cache
from typing import Any

from workbook import diagrams
from workbook.diagrams import Operation

MODULES = [f"inception_{name}" for name in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")]


@cache
def planned(name: str, **options: Any) -> Any:
    import keras

    from workbook import architectures

    with keras.StatelessScope(initialize_variables=False):
        return architectures.build(name, **options)


def assembled(shape: tuple[int, int, int], table: Any) -> Any:
    import keras

    from workbook.architectures import blocks

    with keras.StatelessScope(initialize_variables=False):
        inputs = keras.Input(shape, name="image")
        return keras.Model(inputs, blocks.assemble(inputs, table, "module", blocks.Norm()))


def residual(channels: int, filters: int, strides: int = 1, *, bottleneck: bool = False) -> Any:
    import keras

    from workbook.architectures import resnet

    with keras.StatelessScope(initialize_variables=False):
        inputs = keras.Input((28, 28, channels), name="image")
        row = resnet.ResNet((1,), bottleneck)
        return keras.Model(inputs, resnet.block(inputs, filters, strides, row, False, name="block"))


def dense_block(count: int) -> Any:
    import keras

    from workbook.architectures import densenet

    with keras.StatelessScope(initialize_variables=False):
        x = inputs = keras.Input((28, 28, 64), name="image")
        for i in range(1, count + 1):
            x = densenet.dense_layer(x, densenet.DenseNet((count,), 32, bottleneck=False), name=f"layer{i}")
        return keras.Model(inputs, x)


@cache
def every_diagram() -> dict[str, list[Operation]]:
    """Return the diagrams of the course, and some that are harder to lay out."""
    from workbook.architectures import inception, inception_v3, inception_v4
    from workbook.vision_tasks import networks

    operations = diagrams.operations
    vgg = {letter: operations(planned(name)) for letter, name in (("A", "vgg11"), ("E", "vgg19"))}
    blocks = {
        "basic": operations(residual(64, 64)),
        "bottleneck": operations(residual(256, 64, bottleneck=True)),
        "projection": operations(residual(64, 128, 2)),
    }
    return {
        "lenet5": operations(planned("lenet5")),
        "alexnet": diagrams.towers(operations(planned("alexnet"))),
        "vgg": diagrams.side_by_side(vgg),
        "blocks": diagrams.side_by_side(blocks, level=False),
        "inception v1": operations(assembled((28, 28, 192), inception.module_v1(64, 96, 128, 16, 32, 32))),
        "inception v3": operations(assembled((8, 8, 1280), inception_v3.MODULE_8)),
        "crosses": diagrams.spread(operations(assembled((8, 8, 1280), inception_v3.MODULE_8))),
        "stem of v4": operations(assembled((299, 299, 3), inception_v4.STEM_V4)),
        "inception resnet": operations(assembled((35, 35, 384), inception_v4.RESNET_V2["a"][0])),
        "googlenet": diagrams.collapse(
            operations(planned("googlenet", auxiliary=True)), {name: name for name in MODULES}
        ),
        "dense block": diagrams.spread(operations(dense_block(4))),
        "u-net": operations(networks.segmenter()),
        "resnet34": operations(planned("resnet34")),
    }
