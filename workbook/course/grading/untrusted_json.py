"""Look at JSON that nobody vouches for before it is parsed: how deep it goes, and how much it holds.

Python's own limit on depth differs from version to version, and some versions have none that an attacker respects.
"""

import re
from itertools import accumulate

# Texts, closed or not, and all between brackets. Possessive, so that the time is linear in the length.
NO_BRACKETS = re.compile(r'"(?:[^"\\]++|\\.)*+"?+|[^"\[\]{}]++', re.DOTALL)
CHANGES = {"[": 1, "{": 1, "]": -1, "}": -1}


def nesting_depth(text: str) -> int:
    """Return how deeply lists and objects are nested in a JSON text, without parsing it."""
    brackets = NO_BRACKETS.sub("", text)
    return max(accumulate(map(CHANGES.__getitem__, brackets), initial=0))
