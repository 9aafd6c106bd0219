"""Links between the notebooks: to the neighbours of a chapter, and where prose mentions a chapter or an exercise.

Sources stay readable: "chapter 05" and "exercise 2.3" become links when a notebook is built. The links are relative,
so they are right in JupyterLab, on GitHub and Colab, and on the site.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from workbook.exercises import chapter_of, find

OVERVIEW = "00_start_here.ipynb#The-chapters"
LONG = 40  # characters of a title
NUMBER = r"\d\d(?!\d|\.\d)"
CHAPTERS = re.compile(rf"\b[Cc]hapters?\s+{NUMBER}(?:(?:\s*,\s*|\s*–\s*|\s+(?:and|or|to)\s+){NUMBER})*")
EXERCISES = re.compile(r"\b[Ee]xercises?\s+\d+\.\d+(?:(?:\s*,\s*|\s+(?:and|or|to)\s+)\d+\.\d+)*")
MENTION = re.compile(f"{CHAPTERS.pattern}|{EXERCISES.pattern}")
# Code blocks, headings and tables' rules, code, formulas, links and tags: where nothing is linked.
UNTOUCHED = re.compile(
    r"(?ms)^```.*?^```|^#+ [^\n]*|`[^`]*`|\$\$.*?\$\$|\$[^$\n]+\$|!?\[[^\]]*\]\([^)]*\)|<[^>\n]+>"
)
MADE = re.compile(rf"(?s)\[((?:{MENTION.pattern})|\d\d|\d+\.\d+)\]\((?:\d\d_\w+\.ipynb)?(?:#[^)]*)?\)")

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
        """Number and short title, without what follows a colon or, if it is long, a comma: "03 · Pooling"."""
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


def head(name: str, markdown: str) -> Chapter | None:
    """Return the chapter that a first cell presents; None if it has no title, no question or no minutes."""
    title = re.search(r"^# \d\d · (.+)$", markdown, flags=re.MULTILINE)
    question = re.search(r"^\*\*(.+?)\*\*$", markdown, flags=re.MULTILINE)
    minutes = re.search(r"^\*\*Minutes:\*\* about (\d+) ", markdown, flags=re.MULTILINE)
    if not (title and question and minutes):
        return None
    return Chapter(name, title[1], question[1], int(minutes[1]))


def read_chapters(sources: list[Path]) -> list[Chapter]:
    """Return the chapters of these sources, without those that have no head."""
    texts = [re.sub(r"(?m)^# ?", "", source.read_text(encoding="utf-8")) for source in sources]
    heads = [head(source.stem, text) for source, text in zip(sources, texts, strict=True)]
    return [chapter for chapter in heads if chapter]


def write_tables(root: Path, chapters: list[Chapter]) -> list[Path]:
    """Write the rows of the tables of chapters in README.md and in chapter 00; return the files that changed."""
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
            raise ValueError(f"{path.relative_to(root)} has no table of chapters: a row begins with `| [00`")
        after = before[: table.start()] + "\n".join(rows) + "\n" + before[table.end() :]
        if after != before:
            path.write_text(after, encoding="utf-8")
            changed.append(path)
    return changed


def neighbours(name: str, chapters: list[Chapter]) -> tuple[Chapter | None, Chapter | None]:
    """Return the chapters before and after `name`; None where there is none."""
    names = [chapter.name for chapter in chapters]
    place = names.index(name)
    before = chapters[place - 1] if place else None
    after = chapters[place + 1] if place + 1 < len(chapters) else None
    return before, after


def navigation(name: str, chapters: list[Chapter]) -> str:
    """Return the line with the links to the previous chapter, to all chapters and to the next one."""
    before, after = neighbours(name, chapters)
    links = [f"[All chapters]({OVERVIEW})"]
    if before:
        links.insert(0, f"[← {before.label}]({before.file})")
    if after:
        links.append(f"[{after.label} →]({after.file})")
    return " \u2002|\u2002 ".join(links)


def what_next(name: str, chapters: list[Chapter]) -> str:
    """Return the last cell of a chapter: the next chapter with its question, and the navigation."""
    _, after = neighbours(name, chapters)
    line = navigation(name, chapters)
    if after is None:
        return f"---\n\n{line}"
    return f"---\n\n**Next:** [{after.label}]({after.file}). {after.question}\n\n{line}"


def with_anchor(markdown: str) -> str:
    """Return the text of an exercise with an anchor above its heading, to which "exercise 2.3" leads."""
    heading = re.match(r"### Exercise (\d+\.\d+) ", markdown)
    return f'<a id="exercise-{heading[1]}"></a>\n\n{markdown}' if heading else markdown


def link_mentions(markdown: str, name: str, known: set[str]) -> str:
    """Return prose of the chapter `name` with its mentions of other chapters and of exercises as links.

    `known` has the names of the chapters that there are; what is in none of them stays text. ValueError if an exercise
    does not exist.
    """
    pieces: list[str] = []
    end = 0
    for kept in UNTOUCHED.finditer(markdown):
        pieces += [_linked(markdown[end : kept.start()], name, known), kept.group()]
        end = kept.end()
    return "".join([*pieces, _linked(markdown[end:], name, known)])


def without_links(markdown: str) -> str:
    """Return prose without what `with_anchor` and `link_mentions` add: as its source has it."""
    return MADE.sub(r"\1", ANCHOR.sub("", markdown))


def _linked(text: str, name: str, known: set[str]) -> str:
    text = CHAPTERS.sub(lambda match: _link(match.group(), NUMBER, _chapter_target(name, known)), text)
    return EXERCISES.sub(lambda match: _link(match.group(), r"\d+\.\d+", _exercise_target(name, known)), text)


def _link(mention: str, number: str, target: Callable[[str], str]) -> str:
    """Return "chapter 03" as one link, and "chapters 03 and 04" with a link for each number."""
    numbers = re.findall(number, mention)
    if len(numbers) == 1:
        address = target(numbers[0])
        return f"[{mention}]({address})" if address else mention

    def one(match: re.Match[str]) -> str:
        address = target(match.group())
        return f"[{match.group()}]({address})" if address else match.group()

    return re.sub(number, one, mention)


def _chapter_target(name: str, known: set[str]) -> Callable[[str], str]:
    """Return a function that gives the file of a chapter's notebook; "" for the chapter itself and unknown ones."""

    def target(number: str) -> str:
        files = [f"{other}.ipynb" for other in known if other.startswith(f"{number}_") and other != name]
        return files[0] if files else ""

    return target


def _exercise_target(name: str, known: set[str]) -> Callable[[str], str]:
    """Return a function that gives the address of an exercise's heading; "" if its chapter is not known."""

    def target(exercise_id: str) -> str:
        chapter, fragment = chapter_of(exercise_id), f"exercise-{find(exercise_id).id}"
        if chapter == name:
            return f"#{fragment}"
        return f"{chapter}.ipynb#{fragment}" if chapter in known else ""

    return target
