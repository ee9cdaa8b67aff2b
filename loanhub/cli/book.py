"""``loanhub book``: a big loan book for the benchmarks."""

from __future__ import annotations

import resource
import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from loanhub.cli._commands import Commands


def book(
    loans: Annotated[int, typer.Option(min=1, max=5_000_000, help="借据数 (loans)")] = 100_000,
    periods: Annotated[int, typer.Option(min=1, max=60, help="每笔期数 (installments each)")] = 12,
    seed: Annotated[int, typer.Option(help="随机种子 (seed)")] = 1,
) -> None:
    """为性能测量生成大账本，只写借据与还款计划。Write a big book to measure on: loans and schedules only."""
    from loanhub.demo.bulk import build_book
    from loanhub.domain.calendar import shanghai_date
    from loanhub.repositories.schema import upgrade
    from loanhub.services._transaction import engine
    from loanhub.settings import prepare_folders, settings

    if not settings().demo_mode:
        typer.secho("大账本只在演示模式下生成，先设 LOANHUB_DEMO_MODE=true", fg=typer.colors.RED, err=True)
        raise typer.Exit(1)
    prepare_folders(settings())
    upgrade(engine())
    started = time.monotonic()
    made = build_book(
        loans, periods=periods, today=shanghai_date(datetime.now(UTC)), seed=seed,
        progress=lambda line: typer.echo(f"· {time.monotonic() - started:5.0f} 秒  {line}"),
    )  # fmt: skip
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    typer.echo(
        f"已写入 {made.customers:,} 位客户、{made.loans:,} 笔借据（逾期 {made.overdue:,}、已结清 {made.settled:,}）、"
        f"{made.installments:,} 期，用时 {time.monotonic() - started:.0f} 秒，内存峰值 {peak_mb:,} MB"
    )


COMMANDS = Commands("book", book)
