"""``loanhub dayend``: the day-end of a date, and of every day missed before it."""

from __future__ import annotations

import re
import time
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import typer

from loanhub.cli._commands import Commands, refuse


def dayend(
    day: Annotated[
        str, typer.Option("--date", metavar="YYYY-MM-DD", help="业务日期，缺省为昨天 (default: yesterday)")
    ] = "",
    months: Annotated[
        bool,
        typer.Option("--months", help="补写首个日终之前的月末快照 (month ends before the first day-end)"),
    ] = False,
) -> None:
    """执行日终：补齐所有漏跑的日期，直到指定业务日期。Run the day-end up to a date, missed days first."""
    from loanhub.domain.calendar import shanghai_date
    from loanhub.domain.errors import LoanHubError
    from loanhub.services import collections, day_end
    from loanhub.services._actor import SYSTEM

    def clock() -> datetime:
        return datetime.now(UTC)

    if months:
        typer.echo(f"已写 {day_end.write_past_months(SYSTEM, now=clock()):,} 行月末快照")
        return
    until = shanghai_date(clock()) - timedelta(days=1)
    if day:
        try:
            until = date.fromisoformat(day)
        except ValueError:
            written = re.fullmatch(r"\d{4}-\d{2}-\d{2}", day)
            sentence = "没有这一天" if written else "日期写成 2026-05-21 这样的形式"
            typer.secho(f"--date：{sentence}", fg=typer.colors.RED, err=True)
            raise typer.Exit(1) from None
    started = time.monotonic()

    def tell(at: day_end.Progress) -> None:
        if not at.finished:
            typer.echo(
                f"· {at.day} {at.loans:,} / {at.total:,} 笔，变动 {at.changed:,}，重算 {at.replayed:,}，挂起 {at.parked:,}"
            )

    try:
        done = day_end.catch_up(SYSTEM, until=until, clock=clock, progress=tell)
    except LoanHubError as error:
        raise refuse(error) from None
    cases = collections.run_due(now=clock())
    if cases.opened or cases.closed or cases.reopened:
        typer.echo(f"催收：新立案 {cases.opened + cases.reopened} 件，结案 {cases.closed} 件")
    if not done:
        typer.echo(f"{until} 的日终已经完成，没有要补的日期")
        return
    typer.echo(
        f"已完成 {len(done)} 个业务日期（{done[0]} 至 {done[-1]}），用时 {time.monotonic() - started:.1f} 秒"
    )


COMMANDS = Commands("dayend", dayend)
