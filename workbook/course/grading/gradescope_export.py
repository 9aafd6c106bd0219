"""Find the learners of the folders in Gradescope's export, which are numbered: a table beside them has the names.

*Download Submissions* gives folders `submission_123456789` and the table `submission_metadata.yml`, which Ruby writes.
It has for each folder its `:submitters:`, each with `:name:`, `:sid:` and `:email:`.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable

TABLE = "submission_metadata.yml"
FOLDER = re.compile(r"(?P<folder>submission_[0-9]{1,20}):\s*")
SECTION = re.compile(r"  :(?P<name>\w+):.*")
FIELD = re.compile(r" +(?P<begins>- )?:(?P<name>name|sid|email): (?P<value>.*)")


def is_folder(name: str) -> bool:
    """Return whether a name is that of a submission's folder in the export."""
    return bool(FOLDER.fullmatch(f"{name}:"))


def submitters(text: str) -> dict[str, str]:
    """Return the learner of each folder: the name, with student number or address if two folders have the same name."""
    people = _people(text.splitlines())
    names = {folder: _joined(rows, ("name",)) for folder, rows in people.items()}
    counts = Counter(names.values())
    return {
        folder: name if counts[name] == 1 else _joined(people[folder], ("name", "sid", "email"))
        for folder, name in names.items()
        if name
    }


def _people(lines: Iterable[str]) -> dict[str, list[dict[str, str]]]:
    """Return the fields of each submitter of each folder."""
    people: dict[str, list[dict[str, str]]] = {}
    folder = section = ""
    for line in lines:
        if match := FOLDER.fullmatch(line):
            folder, section = match["folder"], ""
            people[folder] = []
        elif match := SECTION.fullmatch(line):
            section = match["name"]
        elif folder and section == "submitters" and (match := FIELD.fullmatch(line)):
            if match["begins"] or not people[folder]:
                people[folder].append({})
            people[folder][-1][match["name"]] = _scalar(match["value"].strip())
    return people


def _scalar(text: str) -> str:
    """Return a value of the table without YAML's quotes."""
    if text.startswith('"'):
        try:
            return str(json.loads(text))
        except ValueError:
            return text.strip('"')
    return text[1:-1].replace("''", "'") if text.startswith("'") else text


def _joined(rows: Iterable[dict[str, str]], fields: tuple[str, ...]) -> str:
    """Return the names of a group, joined: for each learner the first field, then the first other field that is set."""
    first, *others = fields
    words = []
    for row in rows:
        number = next((row[field] for field in others if row.get(field)), "")
        words.append(f"{row.get(first, '')} {number}".strip())
    return " and ".join(filter(None, words))
