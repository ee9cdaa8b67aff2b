"""``loanhub demo``: fill an empty database with the demo company."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from loanhub.cli._commands import Commands


def demo(
    customers: Annotated[int, typer.Option(min=60, max=20_000, help="客户数 (customers)")] = 300,
    months: Annotated[int, typer.Option(min=3, max=60, help="往前几个月 (months of history)")] = 24,
    seed: Annotated[int, typer.Option(help="随机种子，相同则结果相同 (same seed, same company)")] = 20260521,
) -> None:
    """生成演示公司，只能建在空库里。Build the demo company in an empty database."""
    from loanhub.demo.build import AlreadyInUse, build
    from loanhub.repositories.schema import upgrade
    from loanhub.services._transaction import engine
    from loanhub.settings import prepare_folders, settings

    if not settings().demo_mode:
        typer.secho("演示公司只在演示模式下生成，先设 LOANHUB_DEMO_MODE=true", fg=typer.colors.RED, err=True)
        raise typer.Exit(1)
    prepare_folders(settings())
    upgrade(engine())
    started = time.monotonic()
    try:
        tally = build(
            customers=customers, months=months, seed=seed, now=datetime.now(UTC),
            progress=lambda line: typer.echo(f"· {line}"),
        )  # fmt: skip
    except AlreadyInUse as used:
        typer.secho(str(used), fg=typer.colors.RED, err=True)
        raise typer.Exit(1) from None
    spent = time.monotonic() - started
    typer.echo(
        f"演示公司已建好：{tally.leads} 条线索、{tally.customers} 位客户、{tally.contracts} 份合同、"
        f"{tally.loans} 笔贷款、{tally.payments} 笔还款，用时 {spent:.1f} 秒"
    )


COMMANDS = Commands("demo", demo)
