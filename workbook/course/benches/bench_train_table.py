"""The table of `workbook bench train`: trainings compared with their targets, the anchor and airbench."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from statistics import mean, stdev
from typing import Any

ANCHOR, ANCHOR_EPOCHS, ANCHOR_GOAL = "anchor", 15, 0.990
DEFAULT, OFF, ON = "as TensorFlow chooses", "off", "on"  # oneDNN


@dataclass(frozen=True)
class RecipeRun:
    """The result and the cost of one training. `accuracy` is that of the trained network on the test examples."""

    seed: int
    accuracy: float
    epochs: int
    parameters: int
    cpu_seconds: float
    process_seconds: float
    peak_bytes: int
    n: int
    is_standin: bool = False
    flops: float = 0.0  # of the training: three times those of the forward pass, two per MAC
    wall_seconds: float = 0.0  # of the process
    hardware: str = ""
    date: str = ""


@dataclass(frozen=True)
class RecipeScore:
    """All runs of one recipe with one setting of oneDNN, and their target."""

    name: str
    onednn: str
    runs: list[RecipeRun]
    target: dict[str, float | None] = field(default_factory=dict)

    @property
    def accuracy(self) -> float:
        """The mean over the runs."""
        return mean(run.accuracy for run in self.runs)

    @property
    def cpu_seconds(self) -> float:
        """The mean CPU seconds of training."""
        return mean(run.cpu_seconds for run in self.runs)

    @property
    def flops(self) -> float:
        """The mean FLOPs of training."""
        return mean(run.flops for run in self.runs)

    @property
    def peak_bytes(self) -> int:
        """The highest peak of a run."""
        return max(run.peak_bytes for run in self.runs)

    def misses(self) -> list[str]:
        """List the targets that are missed, each in a few words."""
        missed = []
        if (wanted := self.target.get("accuracy")) is not None and self.accuracy < wanted:
            missed.append(f"{100 * (wanted - self.accuracy):.2f} points short")
        if (limit := self.target.get("cpu_seconds")) is not None and self.cpu_seconds > limit:
            missed.append(f"{self.cpu_seconds - limit:.0f} CPU-s over")
        if (most := self.target.get("parameters")) is not None and self.runs[0].parameters > most:
            missed.append("too many parameters")
        if (memory := self.target.get("peak_bytes")) is not None and self.peak_bytes > memory:
            missed.append("too much memory")
        if any(run.is_standin for run in self.runs):
            missed.append("a stand-in, not the real data")
        return missed


HEAD = (
    "training", "oneDNN", "n", "test accuracy: mean ± sd (lowest), %", "target", "CPU-s: training (target)",
    "CPU-s: process", "wall s: process", "peak MB", "parameters", "FLOPs", "verdict",
)  # fmt: skip


def cells(row: RecipeScore) -> tuple[str, ...]:
    """Return a row's text for each column of `HEAD`."""
    shares = [100 * run.accuracy for run in row.runs]
    spread = f" ± {stdev(shares):.2f}" if len(shares) > 1 else ""
    wanted, limit = row.target.get("accuracy"), row.target.get("cpu_seconds")
    misses = row.misses()
    return (
        row.name,
        row.onednn,
        str(len(shares)),
        f"{mean(shares):.2f}{spread} ({min(shares):.2f})",
        "" if wanted is None else f"≥ {100 * wanted:.1f}",
        f"{row.cpu_seconds:.1f}" + ("" if limit is None else f" (≤ {limit:.0f})"),
        f"{mean(run.process_seconds for run in row.runs):.1f}",
        f"{mean(run.wall_seconds for run in row.runs):.0f}",
        f"{row.peak_bytes / 1e6:,.0f}",
        f"{row.runs[0].parameters:,}",
        f"{row.flops:.1e}",
        "; ".join(misses) if misses else "reached" if row.target else "",
    )


def ratios(rows: list[RecipeScore]) -> list[str]:
    """Return lines with the anchor's CPU seconds over those of MNIST's quick recipe; none if one was not run."""
    lines = [_compare(*pair) for pair in _pairs(rows)]
    anchors = [run for row in rows if row.name == ANCHOR for run in row.runs]
    if any(run.accuracy < ANCHOR_GOAL for run in anchors):
        lines.append(f"The anchor did not reach 99.0 % within {ANCHOR_EPOCHS} epochs with every seed.")
    return lines


# Accuracy and FLOPs as airbench's README states them, each a mean of many runs: Jordan 2024, github.com/KellerJordan/
# cifar10-airbench. The last is its ResNet-18, trained in the usual way.
PUBLISHED = (
    ("airbench94_muon", 0.9401, 2.9e14),
    ("airbench94", 0.9401, 3.6e14),
    ("airbench95", 0.9501, 1.4e15),
    ("airbench96_faster", 0.9600, 3.1e15),
    ("ResNet-18", 0.960, 3.23e16),
)


def curve(rows: list[RecipeScore]) -> list[tuple[str, float, float]]:
    """List CIFAR-10's and airbench's trainings by FLOPs: (name, FLOPs, accuracy). Empty without a run on CIFAR-10."""
    ours = [(row.name, row.flops, row.accuracy) for row in rows if row.name.startswith("cifar10")]
    published = [(f"{name} (published)", flops, accuracy) for name, accuracy, flops in PUBLISHED]
    return sorted([*ours, *published], key=lambda point: point[1]) if ours else []


def _curve_lines(rows: list[RecipeScore]) -> list[str]:
    """Return the curve as one line of text, or no line."""
    points = [f"{name} {100 * accuracy:.2f} % at {flops:.1e}" for name, flops, accuracy in curve(rows)]
    return [f"CIFAR-10, accuracy at FLOPs of training: {'; '.join(points)}"] if points else []


def remarks(rows: list[RecipeScore]) -> list[str]:
    """Return the lines below the table: the ratios to the anchor, and CIFAR-10's curve."""
    return [*ratios(rows), *_curve_lines(rows)]


def circumstances(rows: list[RecipeScore]) -> dict[str, str]:
    """Return the hardware and the dates of the runs as text: those of most rows, then the rows that differ."""
    return {
        key: _by_row({row.name: _seen(row, key) for row in rows if _seen(row, key)})
        for key in ("hardware", "date")
        if any(_seen(row, key) for row in rows)
    }


def _seen(row: RecipeScore, key: str) -> str:
    """Return the different values of a row's runs, in order."""
    return " and ".join(dict.fromkeys(value for run in row.runs if (value := getattr(run, key))))


def _by_row(values: dict[str, str]) -> str:
    """Return "A; row: B" for rows that all have A but one."""
    texts = list(values.values())
    usual = max(dict.fromkeys(texts), key=texts.count)
    return "; ".join([usual, *(f"{name}: {text}" for name, text in values.items() if text != usual)])


def is_missed(rows: list[RecipeScore]) -> bool:
    """Return whether any target is missed, including the one for the ratio to the anchor."""
    return any(row.misses() for row in rows) or any("missed" in line for line in ratios(rows))


def _pairs(rows: list[RecipeScore]) -> Iterator[tuple[str, RecipeScore, RecipeScore]]:
    by_setting = {(row.name, row.onednn): row for row in rows}
    settings = (
        ("as users run both", DEFAULT, ON),
        ("oneDNN on for both", ON, ON),
        ("the recipe with oneDNN off too", DEFAULT, OFF),
    )
    for words, first, second in settings:
        if (ANCHOR, first) in by_setting and ("mnist quick", second) in by_setting:
            yield words, by_setting[ANCHOR, first], by_setting["mnist quick", second]


def _compare(words: str, anchor: RecipeScore, row: RecipeScore) -> str:
    ratio = anchor.cpu_seconds / row.cpu_seconds
    verdict = ""
    share = row.target.get("anchor_share")
    if share is not None and anchor.onednn == row.onednn:
        verdict = f", target {1 / share:.0f} times: {'reached' if ratio * share >= 1 else 'missed'}"
    return (
        f"CPU seconds to {100 * ANCHOR_GOAL:.1f} %, {words}: the anchor's are {ratio:.1f} times those of "
        f"{row.name}{verdict}"
    )


def table_lines(rows: list[RecipeScore]) -> list[str]:
    """Return the table's lines in Markdown."""
    head = ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    return head + ["| " + " | ".join(cells(row)) + " |" for row in rows]


def as_markdown(rows: list[RecipeScore], described: dict[str, Any]) -> str:
    """Return the table, the ratios and the circumstances in Markdown."""
    lines = [*table_lines(rows), "", *(f"- {line}" for line in remarks(rows))]
    lines += [f"- {name}: {value}" for name, value in (described | circumstances(rows)).items()]
    return "\n".join(lines) + "\n"


def as_json(rows: list[RecipeScore], described: dict[str, Any]) -> str:
    """Return every run, the ratios and the circumstances as JSON."""
    content = {
        "about": described | circumstances(rows),
        "ratios": ratios(rows),
        "curve": curve(rows),
        "rows": [asdict(row) for row in rows],
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def from_json(text: str) -> list[RecipeScore]:
    """Return the rows from the text of `as_json`."""
    rows = json.loads(text)["rows"]
    return [RecipeScore(**row | {"runs": [RecipeRun(**run) for run in row["runs"]]}) for row in rows]
