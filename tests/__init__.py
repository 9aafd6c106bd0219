"""The tests: `unit/` mirrors the package, `chapters/` holds what chapters claim, `project/` the repository's files."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
