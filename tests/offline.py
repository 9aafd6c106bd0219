"""Run Python as somebody without a network, a data folder or a home would: `python tests/offline.py -m pytest ...`.

Where the system allows it the network is taken away (loopback stays: notebooks talk to their kernels by it); a guard
in every Python process refuses connections elsewhere, too.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

GUARD = (
    "import socket as s\n_connect = s.socket.connect\n"
    """
def connect(self, address):
    host = address[0] if isinstance(address, tuple) else ""
    if self.family == s.AF_UNIX or host in ("127.0.0.1", "localhost", "::1"):
        return _connect(self, address)
    raise OSError("no network here")
def getaddrinfo(host, *rest, **options):
    if host in (None, "", "127.0.0.1", "localhost", "::1"):
        return _getaddrinfo(host, *rest, **options)
    raise s.gaierror("no network here")
_getaddrinfo, s.getaddrinfo, s.socket.connect = s.getaddrinfo, getaddrinfo, connect
"""
)
DATA_FOLDERS = ("WORKBOOK_DATA_DIR", "TFDS_DATA_DIR")


def without_network() -> list[str]:
    """Return a command prefix that removes the network where the system allows it; the guard does the rest."""
    prefix = ["unshare", "--user", "--map-root-user", "--net"]
    prefix += ["sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    if not shutil.which("unshare") or not shutil.which("ip"):
        return []
    works = subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
    return prefix if works else []


def environment(folder: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment with no data folder, an empty home in `folder`, and the guard in every Python process."""
    guard, home = folder / "guard", folder / "home"
    guard.mkdir()
    home.mkdir()
    (guard / "sitecustomize.py").write_text(GUARD)
    kept = {key: value for key, value in environ.items() if key not in DATA_FOLDERS}
    path = os.pathsep.join(filter(None, (str(guard), environ.get("PYTHONPATH", ""))))
    return {**kept, "HOME": str(home), "MPLCONFIGDIR": str(home), "PYTHONPATH": path}


def main(arguments: Sequence[str]) -> int:
    """Run this Python with the arguments; return its exit code."""
    with tempfile.TemporaryDirectory() as folder:
        offline = environment(Path(folder), os.environ)
        command = [*without_network(), sys.executable, *arguments]
        return subprocess.run(command, env=offline, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
