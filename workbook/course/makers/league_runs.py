"""Make `data/results/league.json`: train the course's own entries to the three leagues with three seeds.

`python -m workbook.course.makers.league_runs [LEAGUE]...` renews those leagues and keeps the others.
"""

import json
import sys
import time
from typing import Any

import numpy as np

from workbook.course import record
from workbook.data.bundled import bundle_folder
from workbook.league import examples, race
from workbook.league.course_entries import COURSE_ENTRIES
from workbook.league.practice import entry_of
from workbook.league.standings import LEAGUES, SEEDS

FILE = bundle_folder() / "results" / "league.json"


def measure(league: str, name: str, seeds: tuple[int, ...] = SEEDS) -> dict[str, Any]:
    """Return the stored row of one of the course's entries."""
    build, recipe = COURSE_ENTRIES[league][name]
    entry = entry_of(league, build, lambda: recipe)
    split = examples.practice(LEAGUES[league])
    laps = []
    for seed in seeds:
        laps.append(race.run_lap(entry, split.x_train, split.y_train, split.x_test, seed=seed))
        accuracy = np.mean(laps[-1].predicted == split.y_test)
        print(
            f"{league} {name}, seed {seed}: {100 * accuracy:.2f} %, {laps[-1].cpu_seconds:.1f} CPU-s",
            flush=True,
        )
    return {
        "league": league,
        "name": name,
        "recipe": recipe,
        "seeds": list(seeds),
        "n": len(split.y_test),
        "parameters": laps[0].parameters,
        "accuracies": [round(float(np.mean(lap.predicted == split.y_test)), 4) for lap in laps],
        "cpu_seconds": [round(lap.cpu_seconds, 1) for lap in laps],
        "curve": [[round(point.seconds, 2), round(point.accuracy, 4)] for point in laps[0].curve],
    }


def main(names: list[str]) -> None:
    """Renew the results of some leagues, or of all."""
    record.one_thread()
    start = time.process_time()
    chosen = names or list(LEAGUES)
    stored = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {"entries": []}
    rows = [row for row in stored["entries"] if row["league"] not in chosen]
    for league in chosen:
        rows += [measure(league, name) for name in COURSE_ENTRIES[league]]
    order = list(LEAGUES)
    rows.sort(key=lambda row: order.index(row["league"]))
    about = record.circumstances(time.process_time() - start, SEEDS)
    FILE.write_text(json.dumps({"about": about, "entries": rows}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
