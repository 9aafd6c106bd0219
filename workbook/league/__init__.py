"""Three leagues for networks of your own: `league.try_it("mnist", build, recipe)` trains one and says where it stands.

An entry is plain values: the configuration of a network, and a recipe. `entry` and `network` read them strictly, and
rebuild the network out of Keras's own layers; `race` trains it; `practice` shows the result beside the course's own
entries. `workbook league` does the same for a whole class, on examples that no learner has.
"""

from workbook.league.course_entries import two_layers
from workbook.league.entry import RECIPE, LeagueEntry, NotTakenError, read_entry
from workbook.league.practice import entry_of, hand_in, own_entries, try_it
from workbook.league.standings import LEAGUES, League, Score, ranking

__all__ = [
    "LEAGUES",
    "RECIPE",
    "League",
    "LeagueEntry",
    "NotTakenError",
    "Score",
    "entry_of",
    "hand_in",
    "own_entries",
    "ranking",
    "read_entry",
    "try_it",
    "two_layers",
]
