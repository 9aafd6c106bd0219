"""Run an asset's pure functions in Node.js."""

import json
import shutil
import subprocess
from typing import Any

import pytest

from tests import ROOT

ASSETS = ROOT / "workbook" / "interactive" / "assets"
PROGRAM = """
const asset = (name) => require(ASSETS + "/" + name);
const input = JSON.parse(require("fs").readFileSync(0, "utf8"));
const result = (() => { SCRIPT })();
process.stdout.write(JSON.stringify(result));
"""


def run_node(script: str, value: Any = None) -> Any:
    """Return what a script returns: it may call `asset("name.js")` and read `input`, the value."""
    if not shutil.which("node"):
        pytest.skip("needs Node.js")
    program = PROGRAM.replace("ASSETS", json.dumps(str(ASSETS))).replace("SCRIPT", script)
    result = subprocess.run(
        ["node", "-e", program], input=json.dumps(value), capture_output=True, text=True, check=False, timeout=60
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)
