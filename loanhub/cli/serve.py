"""Serve pages, socket and HTTP routes on one port from the built bundle.

The two ``__REFLEX_…`` variables are internal to Reflex and stand here only; ``tests/journeys`` start the server
through this module, so an upgrade that drops them is seen. The supported fallback is ``reflex run --env prod``.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from loanhub.cli.build import ROOT, build, is_current, say, toolchain

_PREBUILT = {
    "REFLEX_ENV_MODE": "prod",
    "__REFLEX_SKIP_COMPILE": "true",
    "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
}


def environment(port: int) -> dict[str, str]:
    """Return the environment of a server that uses the bundle as it is."""
    from loanhub.settings import SOCKET_MESSAGE_BYTES

    return {
        **toolchain(),
        **_PREBUILT,
        "REFLEX_SOCKET_MAX_HTTP_BUFFER_SIZE": str(SOCKET_MESSAGE_BYTES),
        "LOANHUB_PORT": str(port),
        "REFLEX_FRONTEND_PORT": str(port),
        "REFLEX_BACKEND_PORT": str(port),
    }


def command(host: str, port: int, workers: int) -> list[str]:
    """Return the command line of the server; more than one worker needs Redis."""
    granian = str(Path(sys.executable).with_name("granian"))
    return [
        granian, "--interface", "asgi", "--factory", "--host", host, "--port", str(port),
        "--workers", str(workers), "--log-level", "warning", "loanhub.loanhub:app",
    ]  # fmt: skip


def prepare() -> None:
    """Create the folders, bring the database to the newest schema, refuse an unsafe installation.

    Raises:
        StartRefused: the configuration must not serve real data; names every reason.
    """
    from reflex.config import get_config

    from loanhub.repositories import schema
    from loanhub.services import _transaction, first_start
    from loanhub.settings import check_production, prepare_folders, settings

    current = settings()
    prepare_folders(current)
    before, after = schema.upgrade(_transaction.engine())
    if before != after:
        say("数据库已升级", "database schema upgraded")
    check_production(current, get_config())
    if notice := first_start.console_notice():
        print(notice, flush=True)


def serve(*, host: str = "0.0.0.0", port: int | None = None, workers: int | None = None) -> None:  # noqa: S104
    """Build when needed, then become the server (this process is replaced by it)."""
    from loanhub.settings import settings

    current = settings()
    port = port or current.port
    workers = (workers or current.workers) if current.redis_url else 1
    if not is_current():
        build()
    os.chdir(ROOT)
    os.environ.update(environment(port))
    prepare()
    say(f"贷通在 http://localhost:{port}", f"LoanHub answers at http://localhost:{port}, stop with Ctrl+C")
    os.execve(command(host, port, workers)[0], command(host, port, workers), environment(port))  # noqa: S606


if __name__ == "__main__":
    serve()
