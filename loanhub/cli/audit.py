"""``loanhub audit``: prove that nobody changed the log."""

from __future__ import annotations

from datetime import UTC, datetime

import typer

from loanhub.cli._commands import Commands

app = typer.Typer(no_args_is_help=True, help="操作日志。The audit log.")


@app.callback()
def _group() -> None:
    """操作日志。The audit log."""


@app.command()
def verify() -> None:
    """逐条校验日志链，断链时退出码为 1。Check every link; exits with 1 when the chain is broken."""
    from loanhub.services import audit
    from loanhub.services._actor import SYSTEM

    verdict = audit.verify(SYSTEM, now=datetime.now(UTC))
    for one in verdict.breaks:
        typer.secho(one.sentence, fg=typer.colors.RED, err=True)
    if not verdict.whole:
        typer.secho(f"日志链断开：{verdict.checked:,} 条已校验", fg=typer.colors.RED, err=True)
        raise typer.Exit(1)
    typer.echo(f"日志链完整：{verdict.checked:,} 条逐条校验，链头 {verdict.head[:16] or '—'}")


COMMANDS = Commands("audit", app)
