"""Build and check the notebooks: what a chapter's source may hold, and what is made of it."""

import sys

# nbformat imports jsonschema, which imports this package where it is installed. That takes two seconds, and checks a
# kind of address that no notebook has. jsonschema does without it.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
