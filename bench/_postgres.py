"""A throw-away PostgreSQL server for the benchmarks, with the durability it is shipped with: ``fsync`` stays on."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

BUFFERS = "512MB"


def _tool(name: str) -> str:
    folders = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True), Path("/usr/local/bin")]
    found = next((folder / name for folder in folders if (folder / name).exists()), None)
    if found is None:
        raise SystemExit("PostgreSQL is not installed: initdb and pg_ctl are needed")
    return str(found)


def _as_owner(*command: str) -> list[str]:
    """PostgreSQL refuses to run as root; then its own account runs it."""
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else list(command)


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """Start a server on a free port of this machine; yield the URL of an empty database in it."""
    base = Path(tempfile.mkdtemp(prefix="loanhub-bench-pg-"))
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        os.chown(base, account.pw_uid, account.pw_gid)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    data, quiet = str(base / "data"), subprocess.DEVNULL
    subprocess.run(
        _as_owner(_tool("initdb"), "-D", data, "-U", "lh", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"),
        stdout=quiet, check=True,
    )  # fmt: skip
    options = f"-p {port} -k {base} -c shared_buffers={BUFFERS} -c max_connections=200"
    subprocess.run(
        _as_owner(_tool("pg_ctl"), "-D", data, "-o", options, "-w", "-l", str(base / "log"), "start"),
        stdout=quiet, check=True,
    )  # fmt: skip
    try:
        yield f"postgresql+psycopg://lh@127.0.0.1:{port}/postgres"
    finally:
        stop = _as_owner(_tool("pg_ctl"), "-D", data, "-m", "immediate", "stop")
        subprocess.run(stop, stdout=quiet, check=False)
        shutil.rmtree(base, ignore_errors=True)


@contextlib.contextmanager
def database(kind: str) -> Iterator[str]:
    """Yield the URL of a database of this kind: empty for SQLite in the data folder, or a PostgreSQL of one's own."""
    if kind == "sqlite":
        yield ""
        return
    with postgres() as url:
        yield url
