"""Find answers that are alike: pairs for a person to look at, never a verdict.

The comparison uses the syntax tree, with the learner's names numbered in order of appearance and without docstrings,
annotations, comments and the layout of literals. An answer that Python cannot read is compared by its words. Answers
with fewer than `SHORTEST` tokens are not compared: there are few ways to write them. Code that more than a quarter of
the answers share (and more than three of them) is the usual answer, and is not suspicious.
"""

import ast
import hashlib
import re
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from workbook.course.grading.records import Graded, Mark, in_order

SHORTEST = 100  # tokens of the normal form; about five lines
SHINGLE = 5  # tokens that are compared as one piece
ALIKE = 0.8  # share of common pieces at which a pair is shown
FEWEST_OWN = 12  # pieces apart from the usual answer; with fewer, two answers are not compared
LARGEST_SOURCE = (
    10_000  # characters that are parsed; a longer answer is compared by the words of its beginning
)
MOST_PIECES = 500  # pieces kept per answer, those with the smallest digests: bounds the time
USUAL_SHARE, USUAL_COUNT = 0.25, 3
NAMES = ("id", "arg", "name", "asname")  # the fields of syntax nodes that hold a name


@dataclass(frozen=True)
class Pair:
    """Two answers that are alike. `similarity` is in (0, 1]; 1 is the same normal form.

    `group` counts the learners with the same normal form as `first` (1 for a near copy). `as_course` says that the
    first answer is the course's own solution under other names.
    """

    chapter: str
    exercise: str
    title: str
    first: str
    second: str
    first_source: str
    second_source: str
    similarity: float
    group: int = 1
    as_course: bool = False


@dataclass(frozen=True)
class _Answer:
    mark: Mark
    digest: bytes
    length: int
    pieces: frozenset[bytes]


def suspected(graded: Iterable[Graded], solutions: Mapping[str, str] | None = None) -> list[Pair]:
    """Return the pairs of answers that are alike, the most similar and the longest first.

    `solutions` holds the course's own answers by exercise id. Of a group of equal answers each is paired with the first
    by name.
    """
    by_exercise: dict[str, list[_Answer]] = defaultdict(list)
    for submission in in_order(graded):
        for mark in submission.marks:
            if mark.answer.strip() and mark.outcome != "not started":
                by_exercise[mark.exercise].append(_read(mark))
    pairs: list[tuple[int, Pair]] = []
    for exercise, answers in by_exercise.items():
        course = (solutions or {}).get(exercise)
        pairs += _pairs(answers, _digest(normal_form(course)) if course else b"")
    pairs.sort(
        key=lambda item: (item[1].as_course, -item[1].similarity, -item[0], item[1].exercise, item[1].first)
    )
    return [pair for _, pair in pairs]


def normal_form(source: str) -> list[str]:
    """Return the tokens of an answer's normal form; its words if Python cannot read it. Never raises."""
    if len(source) <= LARGEST_SOURCE:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return list(_tokens(ast.parse(source)))
        except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
            pass
    text = re.sub(r"#[^\n]*", "", source[:LARGEST_SOURCE]).lower()
    return re.findall(r"\w+|[^\w\s]", text)


def _read(mark: Mark) -> _Answer:
    tokens = normal_form(mark.answer)
    return _Answer(mark, _digest(tokens), len(tokens), _pieces(tokens))


def _pieces(tokens: list[str]) -> frozenset[bytes]:
    runs = {_digest(tokens[start : start + SHINGLE]) for start in range(max(1, len(tokens) - SHINGLE + 1))}
    return frozenset(sorted(runs)[:MOST_PIECES])


def _digest(tokens: list[str]) -> bytes:
    text = "\0".join(tokens).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=8).digest()


def _pairs(answers: list[_Answer], course: bytes) -> Iterator[tuple[int, Pair]]:
    """Yield an exercise's pairs, each with the length of its first answer."""
    usual = max(USUAL_COUNT, USUAL_SHARE * len(answers))
    groups: dict[bytes, list[_Answer]] = defaultdict(list)
    for answer in answers:
        if answer.length >= SHORTEST:
            groups[answer.digest].append(answer)
    for digest, group in groups.items():
        if len(group) <= usual:
            for answer in group[1:]:
                yield group[0].length, _pair(group[0], answer, 1.0, len(group), digest == course)
    counts = Counter(piece for answer in answers for piece in answer.pieces)
    common = {piece for piece, count in counts.items() if count > usual}
    single = [(group[0], group[0].pieces - common) for group in groups.values() if len(group) <= usual]
    yield from _near([(answer, own) for answer, own in single if len(own) >= FEWEST_OWN], course)


def _near(answers: list[tuple[_Answer, frozenset[bytes]]], course: bytes) -> Iterator[tuple[int, Pair]]:
    """Compare one answer per group with those of the other groups, by the pieces apart from the usual answer."""
    for index, (first, pieces) in enumerate(answers):
        for second, second_pieces in answers[index + 1 :]:
            sizes = len(pieces), len(second_pieces)
            if min(sizes) < ALIKE * max(sizes):
                continue
            shared = len(pieces & second_pieces)
            similarity = shared / (sum(sizes) - shared)
            if similarity >= ALIKE:
                shown = min(similarity, 0.99)  # 1 says "the same normal form"
                yield first.length, _pair(first, second, shown, 1, course in (first.digest, second.digest))


def _pair(first: _Answer, second: _Answer, similarity: float, group: int, as_course: bool) -> Pair:
    return Pair(
        chapter=first.mark.chapter,
        exercise=first.mark.exercise,
        title=first.mark.title,
        first=first.mark.student,
        second=second.mark.student,
        first_source=first.mark.answer,
        second_source=second.mark.answer,
        similarity=similarity,
        group=group,
        as_course=as_course,
    )


def _tokens(tree: ast.Module) -> Iterator[str]:
    """Yield the tokens of a tree in the order of the source, without recursion."""
    numbers: dict[str, str] = {}
    bound = _bound_names(tree)
    stack: list[object] = [tree]
    while stack:
        item = stack.pop()
        if isinstance(item, ast.AST):
            yield type(item).__name__
            stack.append(")")
            stack.extend(reversed(list(_parts(item, bound, numbers))))
        elif isinstance(item, list):
            stack.extend(reversed(item))
        else:
            yield str(item)


def _parts(node: ast.AST, bound: set[str], numbers: dict[str, str]) -> Iterator[object]:
    """Yield the parts of a node: nodes, lists of nodes, and words. Names that the answer binds are numbered."""
    for field, value in ast.iter_fields(node):
        if field in ("ctx", "annotation", "returns", "type_comment", "type_ignores", "kind", "simple"):
            continue
        if field == "body" and isinstance(value, list):
            yield [part for part in value if not _is_text_alone(part)]
        elif isinstance(node, ast.Constant):
            yield repr(value)
        elif (
            isinstance(value, str) and field in NAMES and value in bound and not isinstance(node, ast.keyword)
        ):
            yield numbers.setdefault(value, f"v{len(numbers)}")
        elif value is not None:
            yield value


def _bound_names(tree: ast.Module) -> set[str]:
    """Return the names that the answer itself binds."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler)):
            names.add(node.name or "")
        elif isinstance(node, ast.alias):
            names.add(node.asname or "")
    return names


def _is_text_alone(node: ast.AST) -> bool:
    """Return whether a statement is only a string: a docstring, or a comment in another form."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
