"""`workbook chapters`: which chapters have changed since the learner's copies, and their new versions."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from workbook.course import learner_folder

console = Console(soft_wrap=True, highlight=False, markup=False)
Root = Annotated[Path, typer.Option(help="The project's folder.", show_default="this folder")]
chapters = typer.Typer(help=f"The copies of the chapters in {learner_folder.FOLDER}/, where you work.")


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.add_typer(chapters, name="chapters")


def check_words(words: Sequence[str], names: Sequence[str]) -> None:
    """Check that each of the words begins the name of a chapter; end with one line if not."""
    for word in words:
        if not any(name.startswith(word) for name in names):
            console.print(f"no chapter starts with {word!r}; the chapters are {', '.join(names)}")
            raise typer.Exit(2)


def _checked(root: Path) -> Path:
    """Return the project's folder; end with one line if it has no chapters."""
    if not learner_folder.chapters(root):
        console.print(
            f"{root} has no notebooks/ with chapters. Go to the project's folder, or add --root FOLDER."
        )
        raise typer.Exit(2)
    return root.resolve()


@chapters.callback(invoke_without_command=True)
def show(context: typer.Context, *, root: Root = Path()) -> None:
    """Copy chapters that you do not have yet, and name those that have changed since your copy."""
    if context.invoked_subcommand is None:
        folder = _checked(root)
        code = learner_folder.main(folder)
        if not code and not learner_folder.changed(folder):
            console.print(f"{learner_folder.FOLDER}/ has the current version of every chapter.")
        raise typer.Exit(code)


@chapters.command()
def update(
    numbers: Annotated[
        list[str] | None,
        typer.Argument(help="Chapters, as 05.", show_default="all changed", metavar="[CHAPTER]..."),
    ] = None,
    *,
    root: Root = Path(),
) -> None:
    """Put the new version of chapters beside your copies, which stay as they are."""
    folder = _checked(root)
    names = [path.stem for path in learner_folder.chapters(folder)]
    check_words(numbers or [], names)
    code = learner_folder.main(folder) if not (folder / learner_folder.FOLDER).is_dir() else 0
    if code:
        raise typer.Exit(code)
    chosen = (
        [name for name in names if name.startswith(tuple(numbers))]
        if numbers
        else learner_folder.changed(folder)
    )
    for name in chosen:
        target = learner_folder.fetch(folder, name)
        console.print(f"{target.relative_to(folder)} is the new version; {name}.ipynb is as you left it.")
    if not chosen:
        console.print("no chapter has changed since your copy")
