"""The demo company served on a free port, for as long as a block lasts."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
VARIABLE = "LOANHUB_TEST_SERVER"
"""Names a server that runs already."""


class DidNotStart(Exception):
    """The server ended, or never answered; the message is the end of its log."""


@contextlib.contextmanager
def served() -> Iterator[str]:
    """Serve a fresh demo company and yield its address; the one that runs already is left as it is.

    Raises:
        DidNotStart: with what the server said.
    """
    running = os.environ.get(VARIABLE)
    if running:
        yield running.rstrip("/")
        return
    home, port = Path(tempfile.mkdtemp(prefix="loanhub-journey-")), free_port()
    environment = {
        **os.environ, "LOANHUB_DATA_DIR": str(home), "LOANHUB_DEMO_MODE": "true", "LOANHUB_PORT": str(port),
        "LOANHUB_DEMO_CUSTOMERS": "60", "LOANHUB_DEMO_MONTHS": "8", "LOANHUB_EVENTS_PER_MINUTE": "6000",
        "LOANHUB_EVENTS_BURST": "2000", "LOANHUB_LOGIN_POSTS_PER_MINUTE": "600",
    }  # fmt: skip
    with (home / "server.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "loanhub.cli.serve"],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    base = f"http://127.0.0.1:{port}"
    try:
        _wait(base, process, home)
        yield base
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(home, ignore_errors=True)


def _wait(base: str, process: subprocess.Popen[bytes], home: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{base}/healthz", timeout=2):
                return
        except OSError:
            time.sleep(0.5)
    raise DidNotStart((home / "server.log").read_text()[-4000:])
