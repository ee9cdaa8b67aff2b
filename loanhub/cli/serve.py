"""Serve pages, socket and HTTP routes on one port from the built bundle.

The two ``__REFLEX_…`` variables are internal to Reflex and stand here only; ``tests/journeys`` start the server
through this module, so an upgrade that drops them is seen. The supported fallback is ``reflex run --env prod``.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from loanhub.cli._commands import Commands
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
        # Forty threads with a pool each keep a twentieth more memory than all need.
        "MALLOC_ARENA_MAX": os.environ.get("MALLOC_ARENA_MAX", "2"),
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
    _check_keys()
    check_production(current, get_config())
    if current.demo_mode:
        _demo()
    if notice := first_start.console_notice():
        print(notice, flush=True)


def _check_keys() -> None:
    from loanhub.models import SQLModel
    from loanhub.models.encryption import check_stored_data
    from loanhub.services._transaction import reading

    with reading() as db:
        unreadable = check_stored_data(db, SQLModel.metadata.sorted_tables)
    if unreadable:
        places = "、".join(unreadable)
        raise SystemExit(
            f"现有密钥读不出 {places}，请先恢复密钥文件夹 (the present keys cannot read stored data)"
        )


def _demo() -> None:
    """Build the demo company when nobody has an account, and print who may sign in."""
    from datetime import UTC, datetime

    from loanhub.demo import build as demo
    from loanhub.services import auth
    from loanhub.settings import settings

    if not demo.exists():
        say("正在生成演示公司，约半分钟", "building the demo company, about half a minute")
        tally = demo.build(
            customers=settings().demo_customers,
            months=settings().demo_months,
            now=datetime.now(UTC),
            progress=lambda line: say(line, ""),
        )
        say(
            f"演示公司：{tally.leads} 条线索、{tally.customers} 位客户、{tally.loans} 笔贷款",
            f"{tally.leads} leads, {tally.customers} customers, {tally.loans} loans",
        )
    say("演示账号", f"demo accounts, password {auth.DEMO_PASSWORD}")
    for account in auth.list_demo_accounts():
        print(f"    {account.login:<16}{account.name}（{account.title}）", flush=True)


def serve(
    *,
    host: Annotated[str, typer.Option(help="监听地址 (address)")] = "0.0.0.0",  # noqa: S104
    port: Annotated[int | None, typer.Option(help="端口 (port)")] = None,
    workers: Annotated[
        int | None, typer.Option(help="进程数，多于一个需要 Redis (workers; more need Redis)")
    ] = None,
) -> None:
    """启动贷通；需要时先编译页面、升级数据库。Serve; builds the pages and migrates first when needed."""
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


COMMANDS = Commands("serve", serve)

if __name__ == "__main__":
    serve()
