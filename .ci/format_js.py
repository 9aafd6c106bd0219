"""Check the layout of the project's JavaScript, as `ruff format` does for Python: `python .ci/format_js.py [--fix]`."""

from __future__ import annotations

import sys
from pathlib import Path

import jsbeautifier

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("workbook/interactive/assets", "lab")


def layout(source: str) -> str:
    """Return JavaScript as the project writes it: four spaces, at most two empty lines, a line's end at the end."""
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
        print(f"{path.relative_to(ROOT)}: laid out differently. Run `python .ci/format_js.py --fix`.")
        if "--fix" in arguments:
            path.write_text(layout(path.read_text(encoding="utf-8")), encoding="utf-8")
    return 1 if different and "--fix" not in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
