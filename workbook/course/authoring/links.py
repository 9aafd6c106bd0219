"""Links between the notebooks: to the previous and the next chapter, and where prose mentions a chapter or an exercise.

In the sources these are plain text: "chapter 05" and "exercise 2.3" become links when a notebook is built. The links
are relative, so they work in JupyterLab, on GitHub and Colab, and on the site.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from workbook.exercises import chapter_of, find

OVERVIEW = "00_start_here.ipynb#The-chapters"
LONG = 40  # characters; a longer title is cut at its first comma
NUMBER = r"\d\d(?!\d|\.\d)"
CHAPTERS = re.compile(rf"\b[Cc]hapters?\s+{NUMBER}(?:(?:\s*,\s*|\s*–\s*|\s+(?:and|or|to)\s+){NUMBER})*")
EXERCISES = re.compile(r"\b[Ee]xercises?\s+\d+\.\d+(?:(?:\s*,\s*|\s+(?:and|or|to)\s+)\d+\.\d+)*")
MENTION = re.compile(f"{CHAPTERS.pattern}|{EXERCISES.pattern}")
# Where nothing is linked: code blocks, headings, code, formulas, links and tags.
UNTOUCHED = re.compile(
    r"(?ms)^```.*?^```|^#+ [^\n]*|`[^`]*`|\$\$.*?\$\$|\$[^$\n]+\$|!?\[[^\]]*\]\([^)]*\)|<[^>\n]+>"
)
# A link that `link_mentions` makes.
MENTION_LINK = re.compile(
    rf"(?s)\[((?:{MENTION.pattern})|\d\d|\d+\.\d+)\]\((?:\d\d_\w+\.ipynb)?(?:#[^)]*)?\)"
)

ANCHOR = re.compile(r'^<a id="exercise-[\d.]+"></a>\n\n')


@dataclass(frozen=True)
class Chapter:
    """A chapter as its source presents it: name ("02_convolution"), title ("Convolution"), question and minutes."""

    name: str
    title: str
    question: str
    minutes: int

    @property
    def file(self) -> str:
        """The file of the chapter's notebook."""
        return f"{self.name}.ipynb"

    @property
    def label(self) -> str:
        """Number and short title: "03 · Pooling". The title ends at a colon or, if it is long, at a comma."""
        title = self.title.split(":")[0]
        return f"{self.name[:2]} · {title.split(',')[0] if len(title) > LONG else title}"

    @property
    def row(self) -> str:
        """The chapter's row in the table of chapter 00."""
        return f"| [{self.label}]({self.file}) | {self.question} | {self.minutes} |"

    @property
    def readme_row(self) -> str:
        """The chapter's row in the table of README.md, which leads to the complete notebook."""
        label = self.label.replace(" ·", "")
        return f"| [{label}](solutions/{self.file}) | {self.question} | {self.minutes} |"


def read_head(name: str, markdown: str) -> Chapter | None:
    """Return the chapter that a first cell presents; None if the cell lacks title, question or minutes."""
    title = re.search(r"^# \d\d · (.+)$", markdown, flags=re.MULTILINE)
    question = re.search(r"^\*\*(.+?)\*\*$", markdown, flags=re.MULTILINE)
    minutes = re.search(r"^\*\*Minutes:\*\* about (\d+) ", markdown, flags=re.MULTILINE)
    if not (title and question and minutes):
        return None
    return Chapter(name, title[1], question[1], int(minutes[1]))


def read_chapters(sources: list[Path]) -> list[Chapter]:
    """Return the chapters of these sources; a source without title, question and minutes is left out."""
    texts = [re.sub(r"(?m)^# ?", "", source.read_text(encoding="utf-8")) for source in sources]
    chapters = [read_head(source.stem, text) for source, text in zip(sources, texts, strict=True)]
    return [chapter for chapter in chapters if chapter]


def write_tables(root: Path, chapters: list[Chapter]) -> list[Path]:
    """Write the tables of chapters in README.md and in chapter 00; return the files that changed.

    ValueError for a file without such a table.
    """
    tables = {
        root / "README.md": (r"(?m)(?:^\| \[\d\d .*\n)+", [chapter.readme_row for chapter in chapters]),
        root / "solutions" / "00_start_here.py": (
            r"(?m)(?:^# \| \[\d\d · .*\n)+",
            [f"# {chapter.row}" for chapter in chapters],
        ),
    }
    changed = []
    for path, (pattern, rows) in tables.items():
        before = path.read_text(encoding="utf-8")
        table = re.search(pattern, before)
        if table is None:
            raise ValueError(
                f"{path.relative_to(root)} has no table of chapters, whose rows begin with `| [00`."
            )
        after = before[: table.start()] + "\n".join(rows) + "\n" + before[table.end() :]
        if after != before:
            path.write_text(after, encoding="utf-8")
            changed.append(path)
    return changed


def neighbours(name: str, chapters: list[Chapter]) -> tuple[Chapter | None, Chapter | None]:
    """Return the chapters before and after `name`; None where there is none."""
    index = [chapter.name for chapter in chapters].index(name)
    previous = chapters[index - 1] if index else None
    following = chapters[index + 1] if index + 1 < len(chapters) else None
    return previous, following


def navigation(name: str, chapters: list[Chapter]) -> str:
    """Return the line with the links to the previous chapter, to all chapters and to the next one."""
    previous, following = neighbours(name, chapters)
    links = [f"[All chapters]({OVERVIEW})"]
    if previous:
        links.insert(0, f"[← {previous.label}]({previous.file})")
    if following:
        links.append(f"[{following.label} →]({following.file})")
    return " \u2002|\u2002 ".join(links)


def what_next(name: str, chapters: list[Chapter]) -> str:
    """Return the last cell of a chapter: the next chapter with its question, and the navigation."""
    _, following = neighbours(name, chapters)
    line = navigation(name, chapters)
    if following is None:
        return f"---\n\n{line}"
    return f"---\n\n**Next:** [{following.label}]({following.file}). {following.question}\n\n{line}"


def with_anchor(markdown: str) -> str:
    """Return the text of an exercise with an anchor above its heading, to which "exercise 2.3" leads."""
    heading = re.match(r"### Exercise (\d+\.\d+) ", markdown)
    return f'<a id="exercise-{heading[1]}"></a>\n\n{markdown}' if heading else markdown


def link_mentions(markdown: str, name: str, chapter_names: set[str]) -> str:
    """Return prose of the chapter `name` with its mentions of other chapters and of exercises as links.

    Chapters that are not in `chapter_names`, and their exercises, stay text. ValueError if an exercise does not exist.
    """
    pieces: list[str] = []
    end = 0
    for kept in UNTOUCHED.finditer(markdown):
        pieces += [_linked(markdown[end : kept.start()], name, chapter_names), kept.group()]
        end = kept.end()
    return "".join([*pieces, _linked(markdown[end:], name, chapter_names)])


def without_links(markdown: str) -> str:
    """Return prose without the anchor and the links that `with_anchor` and `link_mentions` add."""
    return MENTION_LINK.sub(r"\1", ANCHOR.sub("", markdown))


def _linked(text: str, name: str, chapter_names: set[str]) -> str:
    chapter, exercise = _chapter_target(name, chapter_names), _exercise_target(name, chapter_names)
    text = CHAPTERS.sub(lambda match: _link(match.group(), NUMBER, chapter), text)
    return EXERCISES.sub(lambda match: _link(match.group(), r"\d+\.\d+", exercise), text)


def _link(mention: str, number: str, target: Callable[[str], str]) -> str:
    """Return "chapter 03" as one link, and "chapters 03 and 04" with a link for each number.

    `number` is the pattern of a number; `target` returns the address for a number, "" for none.
    """

    def linked(text: str, number: str) -> str:
        address = target(number)
        return f"[{text}]({address})" if address else text

    numbers = re.findall(number, mention)
    if len(numbers) == 1:
        return linked(mention, numbers[0])
    return re.sub(number, lambda match: linked(match.group(), match.group()), mention)


def _chapter_target(name: str, chapter_names: set[str]) -> Callable[[str], str]:
    """Return a function from a number to the chapter's notebook; "" for the chapter `name` and unknown ones."""

    def target(number: str) -> str:
        others = chapter_names - {name}
        return next((f"{other}.ipynb" for other in others if other.startswith(f"{number}_")), "")

    return target


def _exercise_target(name: str, chapter_names: set[str]) -> Callable[[str], str]:
    """Return a function from an exercise's id to the address of its heading; "" if its chapter is unknown."""

    def target(exercise_id: str) -> str:
        chapter, fragment = chapter_of(exercise_id), f"exercise-{find(exercise_id).id}"
        if chapter == name:
            return f"#{fragment}"
        return f"{chapter}.ipynb#{fragment}" if chapter in chapter_names else ""

    return target
