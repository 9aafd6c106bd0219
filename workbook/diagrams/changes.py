"""Derive diagrams from diagrams: one block, modules as boxes, towers, several side by side."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

from workbook.diagrams.graph import JOINS, Operation


def between(diagram: Sequence[Operation], start: str, end: str) -> list[Operation]:
    """Return the operations on all paths from `start` to `end`, both included: a block of a network.

    ValueError if one of the names is unknown, or `end` does not depend on `start`.
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
    """Return the diagram with one box for all operations whose names begin with the same prefix.

    `boxes` has the prefixes, and what the box says: {"inception_3a": "inception 3a"}. Prefixes with the same text share
    a box. A box has the size of its last operation.
    """
    texts = {
        operation.name: next((boxes[prefix] for prefix in boxes if operation.name.startswith(prefix)), "")
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
    """Return the diagram without concatenations, except the last: their readers read the parts instead.

    In a dense block this shows that each layer reads the maps of all layers before it.
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

    A grouped convolution, and what works on each channel separately, reads its own tower; other layers read all of
    them. The input and the last operation are not divided. ValueError if `count` does not divide the channels.
    """
    drawn: list[Operation] = []
    divided: set[str] = set()
    for number, operation in enumerate(diagram, 1):
        if operation.kind == "data":
            drawn.append(operation)
        elif number == len(diagram):
            inputs = [_tower(source, part) for source in operation.inputs for part in range(count)]
            drawn.append(replace(operation, inputs=tuple(inputs)))
        else:
            divided.add(operation.name)
            drawn += [_part_of(operation, part, count, divided) for part in range(count)]
    return drawn


def _part_of(operation: Operation, tower: int, count: int, divided: Set[str]) -> Operation:
    """Return one tower's part of an operation; `divided` has the names of the operations that are in towers."""
    if operation.size[-1] % count:
        raise ValueError(
            f"Each operation must have a multiple of {count} channels. "
            f"Received: {operation.name} with {operation.size[-1]}"
        )
    is_own = operation.groups == count or operation.kind not in ("conv", "dense")
    read = [tower] if is_own else range(count)
    inputs = [
        name
        for source in operation.inputs
        for name in ([_tower(source, part) for part in read] if source in divided else [source])
    ]
    return replace(
        operation,
        name=_tower(operation.name, tower),
        inputs=tuple(inputs),
        size=(*operation.size[:-1], operation.size[-1] // count),
        then=tuple(step for step in operation.then if step != f"{count} groups"),
        filters=operation.filters // count,
        row=operation.row or operation.name,
    )


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
