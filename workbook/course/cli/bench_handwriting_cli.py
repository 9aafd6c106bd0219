"""`workbook bench handwriting`: classify photographs of digits with a trained network."""

from pathlib import Path
from typing import Annotated

import typer


def register(bench: typer.Typer) -> None:
    """Add the command to `workbook bench`."""
    bench.command("handwriting")(bench_handwriting)


def bench_handwriting(
    model: Annotated[Path, typer.Argument(help="A network for MNIST, such as runs/mnist/model.keras.")],
    *,
    count: Annotated[int, typer.Option(min=1, max=3000, help="Photographs for each row.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="The seed of the photographs.")] = 1,
) -> None:
    """Count how many photographed digits a network classifies correctly, for effects of light, paper, pen and camera.

    `workbook train mnist --out runs/mnist` makes such a network.
    """
    if not model.is_file():
        typer.echo(f"{model} is not a file. Make one: workbook train mnist --out runs/mnist")
        raise typer.Exit(2)
    import keras

    from workbook.course.benches.bench_handwriting import measure_handwriting

    network = keras.models.load_model(model, compile=False)
    if tuple(network.input_shape[1:]) != (28, 28, 1):
        typer.echo(f"{model} reads inputs of shape {network.input_shape[1:]}, not (28, 28, 1).")
        raise typer.Exit(2)
    typer.echo(f"{'photographs':28} {'right':>7} {'refused':>8} {'of':>5}")
    for result in measure_handwriting(
        lambda digits: network.predict(digits, verbose=0), count=count, seed=seed
    ):
        typer.echo(f"{result.row:28} {result.right:7} {result.refused:8} {result.count:5}")
