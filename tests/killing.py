"""kill -9 in a process of its own: what the tests of every failpoint share.

The process is forked, so it need not import the program again; the connections it inherits are the parent's and are
left alone.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from sqlalchemy.engine import Engine

from loanhub.services import _failpoints

PATIENCE_SECONDS = 60


def killed_at(engine: Engine, point: str, run: Callable[[], object]) -> tuple[bool, bool]:
    """Run something in a process that dies at ``point``; return (was killed, came to its end)."""
    answered, answer = os.pipe()
    child = os.fork()
    if child == 0:
        status = 3
        try:
            os.environ[_failpoints.VARIABLE] = point
            engine.dispose(close=False)
            run()
            os.write(answer, b"1")
            status = 0
        finally:
            os._exit(status)
    os.close(answer)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            break
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            os.close(answered)
            pytest.fail(f"hung at {point}")
        time.sleep(0.005)
    finished = os.read(answered, 1) == b"1"
    os.close(answered)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, finished


def dies_at(engine: Engine, point: str, run: Callable[[], object]) -> bool:
    """Return whether running it died at ``point``."""
    killed, finished = killed_at(engine, point, run)
    return killed and not finished


def killed_when(engine: Engine, ready: Callable[[], bool], run: Callable[[], object]) -> None:
    """Run something in a process that is killed as soon as ``ready`` says so, wherever it is then; or let it end before."""
    child = os.fork()
    if child == 0:
        try:
            engine.dispose(close=False)
            run()
        finally:
            os._exit(0)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not ready():
        if os.waitpid(child, os.WNOHANG)[0]:
            return
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            pytest.fail("the moment never came")
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


class Nursery:
    """A process that has imported the program and used nothing of it yet, and forks a child for each run.

    For what computes in threads (Polars) or is tested beside threads: a fork of the tests' own process would hang
    there. Starting the program takes seconds; so it is done once for all the places to die at.
    """

    def __init__(self, code: str) -> None:
        """``code`` defines ``run(*arguments)``, called in each child with texts."""
        self._heard = ""
        self._process = subprocess.Popen(
            [sys.executable, "-c", _NURSERY, code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def dies_at(self, point: str, *arguments: str) -> bool:
        """Return whether a child that dies at ``point`` was killed there."""
        self.start(point, *arguments)
        return self.said() == str(-signal.SIGKILL)

    def start(self, point: str, *arguments: str) -> None:
        """Fork a child; what it prints and then its exit code, negative for a signal, are said a line each."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([point, *arguments]) + "\n")
        self._process.stdin.flush()

    def said(self) -> str:
        """Wait for the next line."""
        assert self._process.stdout is not None
        while "\n" not in self._heard:
            ready, _, _ = select.select([self._process.stdout], [], [], PATIENCE_SECONDS)
            if not ready:
                pytest.fail("the child hangs")
            more = os.read(self._process.stdout.fileno(), 4096).decode()
            if not more:
                pytest.fail("the process that forks has ended")
            self._heard += more
        line, _, self._heard = self._heard.partition("\n")
        return line

    def close(self) -> None:
        """End it, and a child that hangs with it."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()


_NURSERY = f"""
import json, os, sys, traceback
exec(sys.argv[1])
for line in sys.stdin:
    point, *arguments = json.loads(line)
    child = os.fork()
    if child == 0:
        os.environ["{_failpoints.VARIABLE}"] = point
        try:
            run(*arguments)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
