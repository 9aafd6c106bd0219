"""Make another diagram of a diagram: a block of it, modules as boxes, towers, several side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from workbook.diagrams.graph import JOINS, Operation


def between(diagram: Sequence[Operation], start: str, end: str) -> list[Operation]:
    """Return the operations on the ways from `start` to `end`, both included: a block of a network.

    Raises ValueError if there is none of these names, or no way between them.
    """
    for name in (start, end):
        if name not in {operation.name for operation in diagram}:
            raise ValueError(f"start and end must be names of operations. Received: {name!r}")
    after, before = {start}, {end}
    for operation in diagram:
        if after & set(operation.inputs):
            after.add(operation.name)
    for operation in reversed(diagram):
        if operation.name in before:
            before |= set(operation.inputs)
    kept = after & before
    if not kept >= {start, end}:
        raise ValueError(f"end must depend on start. Received: start={start!r}, end={end!r}")
    return [
        replace(
            operation,
            inputs=tuple(name for name in operation.inputs if name in kept and operation.name != start),
        )
        for operation in diagram
        if operation.name in kept
    ]


def collapse(diagram: Sequence[Operation], boxes: Mapping[str, str]) -> list[Operation]:
    """Return the diagram with one box for all operations whose names begin alike.

    `boxes` has beginnings of names, and what the box says: {"inception_3a": "inception 3a"}. Beginnings that have the
    same text share a box. Its size is that of its last operation.
    """
    texts = {
        operation.name: next((boxes[start] for start in boxes if operation.name.startswith(start)), "")
        for operation in diagram
    }
    collapsed: dict[str, Operation] = {}
    for operation in diagram:
        text = texts[operation.name]
        name = text or operation.name
        sources = [texts[source] or source for source in operation.inputs]
        inputs = tuple(source for source in dict.fromkeys(sources) if source != name)
        if text:
            earlier = collapsed.pop(text).inputs if text in collapsed else ()
            inputs = tuple(dict.fromkeys((*earlier, *inputs)))
            collapsed[name] = Operation(name, "module", text, inputs, operation.size)
        else:
            collapsed[name] = replace(operation, inputs=inputs)
    return list(collapsed.values())


def spread(diagram: Sequence[Operation]) -> list[Operation]:
    """Return the diagram in which whoever reads a concatenation reads its parts instead; the last one stays.

    So a dense block shows what it is: each layer reads the maps of all layers before it.
    """
    parts: dict[str, tuple[str, ...]] = {}
    spread_out: list[Operation] = []
    for number, operation in enumerate(diagram, 1):
        inputs = tuple(dict.fromkeys(part for source in operation.inputs for part in parts[source]))
        is_kept = operation.text != JOINS["Concatenate"] or number == len(diagram)
        parts[operation.name] = (operation.name,) if is_kept else inputs
        if is_kept:
            spread_out.append(replace(operation, inputs=inputs))
    return spread_out


def towers(diagram: Sequence[Operation], count: int = 2) -> list[Operation]:
    """Return a chain of operations as `count` towers, each with its share of the filters, as grouped layers see it.

    A grouped convolution, and what works on each channel alone, reads its own tower; other layers read all of them.
    The input and the last operation stay whole.
    """
    halves: list[Operation] = []
    split: set[str] = set()
    for number, operation in enumerate(diagram, 1):
        if operation.kind == "data":
            halves.append(operation)
            continue
        if number == len(diagram):
            inputs = [_tower(source, part) for source in operation.inputs for part in range(count)]
            halves.append(replace(operation, inputs=tuple(inputs)))
            continue
        if operation.size[-1] % count:
            raise ValueError(
                f"Each operation must have a multiple of {count} channels. "
                f"Received: {operation.name} with {operation.size[-1]}"
            )
        split.add(operation.name)
        size = (*operation.size[:-1], operation.size[-1] // count)
        is_own = operation.groups == count or operation.kind not in ("conv", "dense")
        then = tuple(step for step in operation.then if step != f"{count} groups")
        for tower in range(count):
            seen = [tower] if is_own else range(count)
            inputs = [
                name
                for source in operation.inputs
                for name in ([_tower(source, part) for part in seen] if source in split else [source])
            ]
            halves.append(
                replace(
                    operation, name=_tower(operation.name, tower), inputs=tuple(inputs), size=size, then=then,
                    filters=operation.filters // count, row=operation.row or operation.name,
                )
            )  # fmt: skip
    return halves


def _tower(name: str, number: int) -> str:
    return f"{name}, tower {number + 1}"


def side_by_side(diagrams: Mapping[str, Sequence[Operation]], *, level: bool = True) -> list[Operation]:
    """Return several diagrams as one, each under its caption.

    With `level`, operations that have the same name in several diagrams are drawn in one row.
    """
    beside: list[Operation] = []
    for caption, diagram in diagrams.items():
        beside.append(Operation(f"{caption}/", "caption", caption, row="caption" if level else ""))
        for operation in diagram:
            inputs = tuple(f"{caption}/{name}" for name in operation.inputs) or (f"{caption}/",)
            row = (operation.row or operation.name) if level else ""
            beside.append(replace(operation, name=f"{caption}/{operation.name}", inputs=inputs, row=row))
    return beside
