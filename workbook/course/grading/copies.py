"""Find answers that are alike: pairs for a person to look at, never a verdict.

The comparison uses the syntax tree, with the learner's names numbered in order of appearance and without docstrings,
annotations, comments and the layout of literals; and once more after `simplified_code` has taken out temporaries and
dead code. An answer that Python cannot read is compared by its words. Answers with fewer than `SHORTEST` tokens are not
compared: there are few ways to write them. Code that more than a quarter of the answers share (and more than three of
them) may be the usual answer, or one that was passed around: it comes last, and says how many wrote it.
"""

import ast
import contextlib
import hashlib
import itertools
import re
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from workbook.course.grading.records import Graded, Mark, in_order
from workbook.course.grading.simplified_code import simplified

SHORTEST = 100  # tokens of the normal form: four long lines or ten short ones
SHINGLE = 5  # tokens that are compared as one piece
ALIKE = 0.8  # share of common pieces, apart from the usual answer's, at which a pair is shown
MOSTLY_ALIKE = 0.9  # the same for all pieces
FEWEST_OWN = 12  # pieces apart from the usual answer; with fewer, two answers are not compared
LARGEST_SOURCE = (
    10_000  # characters that are parsed; a longer answer is compared by the words of its beginning
)
MOST_PIECES = 500  # pieces kept per answer, those with the smallest digests: bounds the time
USUAL_SHARE, USUAL_COUNT = 0.25, 3
MAGIC = re.compile(r"^([ \t]*)[%!].*$", re.MULTILINE)
NAMES = ("id", "arg", "name", "asname")  # the fields of syntax nodes that hold a name


EXACT, SIMPLIFIED, NEAR = (
    1.0,
    0.99,
    0.98,
)  # similarity: of equal normal forms, of equal simplified code, at most else
COURSE = "the published solution"


@dataclass(frozen=True)
class Pair:
    """Two answers that are alike. `similarity` is in (0, 1]: `EXACT`, `SIMPLIFIED`, or a share of common pieces.

    `group` counts the learners whose code is the same as `first` (1 for a near copy). `as_course` says that it is the
    course's own solution under other names. `is_usual`: many of the class wrote it, so it says little.
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
    is_usual: bool = False


@dataclass(frozen=True)
class _Form:
    """A way to compare an answer: a digest of its tokens, their number, and the pieces that they consist of."""

    digest: bytes
    length: int
    pieces: frozenset[bytes]


@dataclass(frozen=True)
class _Answer:
    """An answer with its normal form and the form of its simplified code."""

    mark: Mark
    normal: _Form
    simple: _Form

    @property
    def is_long(self) -> bool:
        """Whether there are many ways to write it."""
        return self.normal.length >= SHORTEST

    @property
    def is_plain(self) -> bool:
        """Whether simplifying changes nothing."""
        return self.simple is self.normal


def suspected(
    graded: Iterable[Graded], solutions: Mapping[str, str] | None = None, earlier: Iterable[Graded] = ()
) -> list[Pair]:
    """Return the pairs of answers that are alike: the most similar and the longest first, the usual answer last.

    `solutions` holds the course's own answers by exercise id; an answer that is like one of them is paired with it.
    `earlier` are submissions of another year, which are compared with these and not with each other. Of a group of
    equal answers each is paired with the first by name.
    """
    now, before = _by_exercise(graded), _by_exercise(earlier)
    pairs: list[tuple[int, Pair]] = []
    for exercise, answers in now.items():
        source = (solutions or {}).get(exercise, "")
        course = _read(replace(answers[0].mark, student=COURSE, answer=source)) if source else None
        of_class = _Class(answers)
        pairs += _pairs(answers, of_class, course)
        pairs += _with_earlier(answers, before.get(exercise, []), of_class, course)
    pairs.sort(key=_rank)
    return [pair for _, pair in pairs]


def _rank(item: tuple[int, Pair]) -> tuple[object, ...]:
    length, pair = item
    return pair.is_usual, pair.as_course, -pair.similarity, -length, pair.exercise, pair.first


def _by_exercise(graded: Iterable[Graded]) -> dict[str, list[_Answer]]:
    by_exercise: dict[str, list[_Answer]] = defaultdict(list)
    for submission in in_order(graded):
        for mark in submission.marks:
            if mark.answer.strip() and mark.outcome != "not started":
                by_exercise[mark.exercise].append(_read(mark))
    return by_exercise


def normal_form(source: str) -> list[str]:
    """Return the tokens of an answer's normal form; its words if Python cannot read it. Never raises."""
    tree = _parsed(source)
    if tree is not None:
        with contextlib.suppress(RecursionError, MemoryError, ValueError):
            return list(_tokens(tree))
    text = re.sub(r"#[^\n]*", "", source[:LARGEST_SOURCE]).lower()
    return re.findall(r"\w+|[^\w\s]", text)


def simplified_form(source: str) -> list[str] | None:
    """Return the tokens of an answer without temporaries and dead code; None if that cannot be done. Never raises."""
    tree = _parsed(source)
    if tree is not None:
        with contextlib.suppress(RecursionError, MemoryError, ValueError):
            return list(_tokens(simplified(tree)))
    return None


def _parsed(source: str) -> ast.Module | None:
    """Return the syntax tree of an answer, if need be without IPython's magics; None if Python cannot read it."""
    if len(source) > LARGEST_SOURCE:
        return None
    for text in (source, MAGIC.sub(r"\1pass", source)):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(text)
        except SyntaxError:
            continue
        except (ValueError, RecursionError, MemoryError, OverflowError):
            return None
    return None


def _read(mark: Mark) -> _Answer:
    normal, simple = _forms(mark.answer)
    return _Answer(mark, normal, simple)


def _forms(source: str) -> tuple[_Form, _Form]:
    tokens = normal_form(source)
    normal = _form(tokens)
    simple = simplified_form(source)
    return normal, normal if simple is None or simple == tokens else _form(simple)


def _form(tokens: list[str]) -> _Form:
    return _Form(_digest(tokens), len(tokens), _pieces(tokens))


def _pieces(tokens: list[str]) -> frozenset[bytes]:
    runs = {_digest(tokens[start : start + SHINGLE]) for start in range(max(1, len(tokens) - SHINGLE + 1))}
    return frozenset(sorted(runs)[:MOST_PIECES])


def _digest(tokens: list[str]) -> bytes:
    text = "\0".join(tokens).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=8).digest()


def _alike(first: _Answer, second: _Answer) -> float:
    """Return how similar two answers are if they are the same, under other names or without dead code; else 0."""
    if first.normal.digest == second.normal.digest:
        return EXACT
    is_long = min(first.simple.length, second.simple.length) >= SHORTEST
    return SIMPLIFIED if is_long and first.simple.digest == second.simple.digest else 0.0


def _groups(answers: list[_Answer]) -> list[list[_Answer]]:
    """Return the long answers in groups of the same code, each in the order of `answers`."""
    groups: list[list[_Answer]] = []
    by_digest: dict[tuple[str, bytes], list[_Answer]] = {}
    for answer in answers:
        if not answer.is_long:
            continue
        keys = [("normal", answer.normal.digest)]
        if answer.simple.length >= SHORTEST:
            keys.append(("simple", answer.simple.digest))
        group = next((by_digest[key] for key in keys if key in by_digest), None)
        if group is None:
            group = []
            groups.append(group)
        group.append(answer)
        by_digest |= {key: group for key in keys if key not in by_digest}
    return groups


class _Class:
    """What the answers of a class to one exercise have in common, and how alike two of them are apart from that."""

    def __init__(self, answers: list[_Answer]) -> None:
        self.usual = max(USUAL_COUNT, USUAL_SHARE * len(answers))
        self._common = (
            self._common_pieces(answer.normal for answer in answers),
            self._common_pieces(answer.simple for answer in answers),
        )
        self._own: dict[tuple[int, int], frozenset[bytes]] = {}

    def _common_pieces(self, forms: Iterable[_Form]) -> frozenset[bytes]:
        counts = Counter(piece for form in forms for piece in form.pieces)
        return frozenset(piece for piece, count in counts.items() if count > self.usual)

    def likeness(self, first: _Answer, second: _Answer) -> float:
        """Return how similar two answers are, from 0 to 1; what is below `ALIKE` is 0."""
        same = _alike(first, second)
        if same:
            return same
        near = self._near(first.normal, second.normal, 0)
        if not (first.is_plain and second.is_plain):
            near = max(near, self._near(first.simple, second.simple, 1))
        return min(near, NEAR)

    def _near(self, first: _Form, second: _Form, kind: int) -> float:
        """Return the share of pieces that two answers share, of all or of those apart from the usual answer."""
        whole = _share(first.pieces, second.pieces, MOSTLY_ALIKE)
        own, other = self._own_pieces(first, kind), self._own_pieces(second, kind)
        if whole or min(len(own), len(other)) < FEWEST_OWN:
            return whole
        return _share(own, other, ALIKE)

    def _own_pieces(self, form: _Form, kind: int) -> frozenset[bytes]:
        key = id(form), kind
        if key not in self._own:
            self._own[key] = form.pieces - self._common[kind]
        return self._own[key]


def _share(first: frozenset[bytes], second: frozenset[bytes], least: float) -> float:
    """Return the share of common pieces, or 0 if it is below `least`."""
    sizes = len(first), len(second)
    if min(sizes) < least * max(sizes):
        return 0.0
    shared = len(first & second)
    share = shared / max(1, sum(sizes) - shared)
    return share if share >= least else 0.0


def _pairs(answers: list[_Answer], of_class: _Class, course: _Answer | None) -> Iterator[tuple[int, Pair]]:
    """Yield an exercise's pairs, each with the length of its first answer.

    Of answers that are the same, each is paired with the first; of answers that are near each other, each with one that
    it is most like.
    """
    groups = _groups(answers)
    for group in groups:
        for answer in group[1:]:
            pair = _pair(group[0], answer, _alike(group[0], answer) or SIMPLIFIED, course)
            is_usual = len(group) > of_class.usual
            yield group[0].normal.length, replace(pair, group=len(group), is_usual=is_usual)
    sizes = {id(group[0]): len(group) for group in groups}
    for cluster in _clusters([group[0] for group in groups], of_class):
        is_usual = sum(sizes[id(answer)] for answer in cluster.answers) > of_class.usual
        for first, second, similarity in cluster.edges:
            yield first.normal.length, replace(_pair(first, second, similarity, course), is_usual=is_usual)
    if course is None:
        return
    for group in groups:
        similarity = of_class.likeness(group[0], course)
        if len(group) == 1 and similarity >= MOSTLY_ALIKE:
            yield group[0].normal.length, _pair(group[0], course, similarity, course)


@dataclass(frozen=True)
class _Cluster:
    """Answers that are near each other, directly or through others, with the nearest pairs that connect them."""

    answers: list[_Answer]
    edges: list[tuple[_Answer, _Answer, float]]


def _clusters(answers: list[_Answer], of_class: _Class) -> list[_Cluster]:
    """Return the clusters of answers: a maximum spanning tree each, by Kruskal's algorithm."""
    edges = [
        (similarity, first, second)
        for first, second in itertools.combinations(range(len(answers)), 2)
        if (similarity := of_class.likeness(answers[first], answers[second]))
    ]
    edges.sort(key=lambda edge: (-edge[0], edge[1], edge[2]))
    clusters = [_Cluster([answer], []) for answer in answers]
    for similarity, first, second in edges:
        target, source = clusters[first], clusters[second]
        if target is source:
            continue
        target.edges.extend([(answers[first], answers[second], similarity), *source.edges])
        target.answers.extend(source.answers)
        clusters = [target if cluster is source else cluster for cluster in clusters]
    return [cluster for cluster in {id(cluster): cluster for cluster in clusters}.values() if cluster.edges]


def _with_earlier(
    answers: list[_Answer], earlier: list[_Answer], of_class: _Class, course: _Answer | None
) -> Iterator[tuple[int, Pair]]:
    """Yield for each learner the most similar answer of another year."""
    sizes = {id(answer): len(group) for group in _groups(answers) for answer in group}
    old = [answer for answer in earlier if answer.is_long]
    for answer in answers:
        likeness = [
            (of_class.likeness(answer, other), number) for number, other in enumerate(old) if answer.is_long
        ]
        similarity, number = max(likeness, key=lambda item: (item[0], -item[1]), default=(0.0, 0))
        if similarity:
            pair = _pair(answer, old[number], similarity, course)
            is_usual = sizes.get(id(answer), 1) > of_class.usual
            yield answer.normal.length, replace(pair, second=f"{pair.second} (earlier)", is_usual=is_usual)


def _pair(first: _Answer, second: _Answer, similarity: float, course: _Answer | None) -> Pair:
    as_course = course is not None and any(_alike(answer, course) > 0 for answer in (first, second))
    return Pair(
        chapter=first.mark.chapter,
        exercise=first.mark.exercise,
        title=first.mark.title,
        first=first.mark.student,
        second=second.mark.student,
        first_source=first.mark.answer,
        second_source=second.mark.answer,
        similarity=similarity,
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
