"""The demo company served on free ports, for as long as a block lasts: made once, a copy for each server."""

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
from dataclasses import dataclass
from pathlib import Path

from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
VARIABLE = "LOANHUB_TEST_SERVER"
"""Names the servers that run already, parted by blanks: one for each worker, or one for all."""
_MAKE = """
import os
from loanhub.cli import serve
os.environ.update(serve.environment(int(os.environ["LOANHUB_PORT"])))
serve.prepare()
"""
"""What the first start does before it serves."""
WORKER = "PYTEST_XDIST_WORKER"
"""Names the worker a test runs in, ``gw0`` the first; pytest-xdist sets it."""


class DidNotStart(Exception):
    """The server ended, or never answered; the message is the end of its log."""


@contextlib.contextmanager
def served(count: int = 1) -> Iterator[list[str]]:
    """Serve ``count`` fresh demo companies and yield their addresses; those that run already are left as they are.

    Raises:
        DidNotStart: with what the server said.
    """
    running = os.environ.get(VARIABLE, "").split()
    if running:
        yield [one.rstrip("/") for one in running]
        return
    place = Path(tempfile.mkdtemp(prefix="loanhub-journey-"))
    with contextlib.ExitStack() as after:
        after.callback(shutil.rmtree, place, ignore_errors=True)
        _make(place / "0", place / "log")
        for number in range(1, count):
            shutil.copytree(place / "0", place / str(number))
        started = [after.enter_context(_serving(place / str(number))) for number in range(count)]
        for server in started:
            server.wait()
        yield [server.address for server in started]


def address_of_worker(addresses: list[str]) -> str:
    """Return the server of this worker: what one changes, no other sees."""
    return addresses[int(os.environ.get(WORKER, "gw0").removeprefix("gw")) % len(addresses)]


def _environment(home: Path, port: int) -> dict[str, str]:
    return {
        **os.environ, "LOANHUB_DATA_DIR": str(home), "LOANHUB_DEMO_MODE": "true", "LOANHUB_PORT": str(port),
        "LOANHUB_DEMO_CUSTOMERS": "60", "LOANHUB_DEMO_MONTHS": "8", "LOANHUB_EVENTS_PER_MINUTE": "6000",
        "LOANHUB_EVENTS_BURST": "2000", "LOANHUB_LOGIN_POSTS_PER_MINUTE": "600",
    }  # fmt: skip


def _make(home: Path, log: Path) -> None:
    with log.open("w") as said:
        done = subprocess.run(
            [sys.executable, "-c", _MAKE],
            cwd=ROOT,
            env=_environment(home, free_port()),
            stdout=said,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        raise DidNotStart(log.read_text()[-4000:])


@contextlib.contextmanager
def _serving(home: Path) -> Iterator[_Server]:
    port = free_port()
    with (home / "server.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "loanhub.cli.serve"],
            cwd=ROOT,
            env=_environment(home, port),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        yield _Server(f"http://127.0.0.1:{port}", process, home / "server.log")
    finally:
        process.terminate()
        process.wait(20)


@dataclass
class _Server:
    """A server that was started and may not answer yet."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path

    def wait(self) -> None:
        for _ in range(600):
            if self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.address}/healthz", timeout=2):
                    return
            except OSError:
                time.sleep(0.5)
        raise DidNotStart(self.log.read_text()[-4000:])
