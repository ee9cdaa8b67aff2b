"""A company in a throw-away folder and the product serving it, for the benchmarks: built bundle, real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import socketio

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Served:
    """The served product: where it answers, its data folder, and what the seed printed."""

    url: str
    data: Path
    seeded: dict[str, Any]
    pid: int

    def cpu_seconds(self) -> float:
        """Return the processor time the server and its workers have used."""
        return cpu_seconds(self.pid)

    def settle(self, *, seconds: float = 180, share: float = 0.15) -> None:
        """Wait until the jobs that begin with the server are done: it uses little of a processor for five seconds."""
        until, last = time.monotonic() + seconds, self.cpu_seconds()
        while time.monotonic() < until:
            time.sleep(5)
            now = self.cpu_seconds()
            if now - last < 5 * share:
                return
            last = now
        print(f"· the server was still at work after {seconds:.0f} s")

    def memory_bytes(self) -> int:
        """Return the memory the server and its workers hold (resident, Linux)."""
        return sum(
            int(line.split()[1]) * 1024
            for process in family(self.pid)
            for line in (process / "status").read_text().splitlines()
            if line.startswith("VmRSS")
        )


def family(pid: int) -> list[Path]:
    """Return the /proc folders of a process and its children (Linux)."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            if entry.name.isdigit():
                parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
                if pid in (int(entry.name), int(parent)):
                    found.append(entry)
    return found


def cpu_seconds(pid: int) -> float:
    """Return user and system time of a process and its children, living and waited for (Linux)."""
    total, ticks = 0.0, os.sysconf("SC_CLK_TCK")
    for process in family(pid):
        with contextlib.suppress(OSError):
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            total += (int(fields[11]) + int(fields[12])) / ticks
    return total


def environment(data: Path, port: int, database_url: str = "") -> dict[str, str]:
    """Return the environment of a server that no rate limit slows down."""
    return {
        **os.environ, "LOANHUB_DATA_DIR": str(data), "LOANHUB_DEMO_MODE": "true", "LOANHUB_PORT": str(port),
        "LOANHUB_DATABASE_URL": database_url,
        "LOANHUB_EVENTS_PER_MINUTE": "1000000", "LOANHUB_EVENTS_BURST": "100000", "PYTHONPATH": str(ROOT),
        "LOANHUB_LOG_LEVEL": "WARNING",
    }  # fmt: skip


def free_port() -> int:
    """Return a TCP port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def served(seed: list[str], *, database_url: str = "", folder: Path | None = None) -> Iterator[Served]:
    """Run ``seed`` (a python command line printing JSON last), then serve what it wrote.

    On a fresh folder that is thrown away afterwards, or on ``folder``, which stays.
    """
    data, port = folder or Path(tempfile.mkdtemp(prefix="loanhub-bench-")), free_port()
    env = environment(data, port, database_url)
    done = subprocess.run(
        [sys.executable, *seed], cwd=ROOT, env=env, check=True, capture_output=True, text=True
    )
    log = (data / "server.log").open("w")
    server = subprocess.Popen(
        [sys.executable, "-m", "loanhub.cli.serve"], cwd=ROOT, env=env, stdout=log, stderr=log
    )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{url}/healthz", server, data / "server.log")
        yield Served(url, data, json.loads(done.stdout.strip().splitlines()[-1]), server.pid)
    finally:
        server.terminate()
        try:
            server.wait(60)
        except subprocess.TimeoutExpired:  # a thread is deep in a long statement of a big book
            server.kill()
            server.wait()
        log.close()
        if folder is None:
            shutil.rmtree(data, ignore_errors=True)


def wait_for(url: str, server: subprocess.Popen[bytes], log: Path | None = None) -> None:
    """Return once the address answers."""
    until = time.monotonic() + 180
    while time.monotonic() < until and server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=2)
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"the server did not start\n{log.read_text()[-3000:] if log else ''}")


@dataclass
class Tab:
    """A browser tab without a browser: sends events over the socket and keeps the vars it is sent."""

    served: Served
    token: str
    path: str = "/boards"
    vars: dict[str, dict[str, Any]] = field(default_factory=dict)
    bytes_received: int = 0

    async def open(self, *handlers: str) -> None:
        """Connect, let Reflex hydrate, then run the page's own load handlers."""
        self.socket = socketio.AsyncClient(reconnection=False)
        self.changed = asyncio.Condition()

        async def receive(update: Any) -> None:
            update = json.loads(update) if isinstance(update, str) else update
            self.bytes_received += len(json.dumps(update, ensure_ascii=False).encode())
            async with self.changed:
                for state, values in (update.get("delta") or {}).items():
                    self.vars.setdefault(state, {}).update(values)
                self.changed.notify_all()

        self.socket.on("event", receive, namespace="/_event")
        await self.socket.connect(
            f"{self.served.url}?token={uuid.uuid4()}", transports=["websocket"], socketio_path="/_event",
            namespaces=["/_event"], headers={"Cookie": f"lh_sid={self.token}", "Sec-WebSocket-Protocol": version("reflex"),
                                             "Origin": self.served.url},
            wait_timeout=20,
        )  # fmt: skip
        await self.send("reflex___state____state.hydrate")
        for handler in handlers:
            await self.send(handler)

    async def send(self, name: str, **payload: Any) -> None:
        """Send one event."""
        router = {"pathname": self.path, "query": {}, "asPath": self.path}
        await self.socket.emit(
            "event", {"name": name, "payload": payload, "router_data": router}, namespace="/_event"
        )

    def value(self, state: str, name: str, default: Any = None) -> Any:
        """Return a var as last sent."""
        return self.vars.get(state, {}).get(f"{name}_rx_state_", default)

    async def until(self, holds: Any, *, seconds: float = 20) -> None:
        """Wait until ``holds()`` is true after some delta."""
        async with self.changed:
            await asyncio.wait_for(self.changed.wait_for(holds), seconds)

    async def close(self) -> None:
        """Hang up."""
        await self.socket.disconnect()


def quantile(values: list[float], share: float) -> float:
    """Return a quantile of measured values, nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def figures(name: str, milliseconds: list[float], cpu: float | None = None) -> str:
    """Return one line: count, p50, p95, worst, and the server's processor time a move."""
    p50, p95, worst = (quantile(milliseconds, s) for s in (0.5, 0.95, 1.0))
    spent = "" if cpu is None else f"   server CPU {cpu / len(milliseconds) * 1000:6.2f} ms a move"
    return f"{name:<58}{len(milliseconds):>6} moves   p50 {p50:7.2f} ms   p95 {p95:7.2f} ms   max {worst:7.1f} ms{spent}"
