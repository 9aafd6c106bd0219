"""Check the layout of the project's JavaScript, as `ruff format` does for Python: `python .ci/format_js.py [--fix]`."""

from __future__ import annotations

import sys
from pathlib import Path

import jsbeautifier

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("workbook/interactive/assets", "lab")


def layout(source: str) -> str:
    """Return JavaScript in the project's layout: four spaces, at most one empty line, a newline at the end."""
    options = jsbeautifier.default_options()
    options.indent_size = 4
    options.max_preserve_newlines = 2
    options.end_with_newline = True
    options.brace_style = "collapse,preserve-inline"
    options.space_after_named_function = False
    return jsbeautifier.beautify(source, options)


def main(arguments: list[str]) -> int:
    """Name the files that are laid out differently, or with `--fix` rewrite them; return the exit code."""
    paths = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.js"))]
    different = [
        path for path in paths if layout(path.read_text(encoding="utf-8")) != path.read_text(encoding="utf-8")
    ]
    for path in different:
        name = path.relative_to(ROOT)
        if "--fix" in arguments:
            path.write_text(layout(path.read_text(encoding="utf-8")), encoding="utf-8")
            print(f"{name}: laid out again")
        else:
            print(f"{name}: laid out differently. Run `python .ci/format_js.py --fix`.")
    return 1 if different and "--fix" not in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
