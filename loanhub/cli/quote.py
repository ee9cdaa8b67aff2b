"""``loanhub quote``: what a loan would cost, without a database: schedule, interest, annualized cost."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import typer

from loanhub.cli._commands import Commands, refuse
from loanhub.domain.calendar import SHANGHAI
from loanhub.domain.errors import InvalidInput
from loanhub.domain.money import format_fen, format_plain, parse_fen, uppercase
from loanhub.domain.rates import format_percent, parse_percent
from loanhub.domain.repayment.cost import cost_of
from loanhub.domain.repayment.schedule import METHODS, build_schedule, totals
from loanhub.domain.repayment.terms import Terms


def quote(
    amount: Annotated[str, typer.Argument(help="本金，例如 12万 或 120000 (principal)")],
    months: Annotated[int, typer.Option(min=1, max=600, help="期数 (periods)")] = 12,
    rate: Annotated[str, typer.Option(help="年利率 %，等本等息为月费率 (yearly rate, flat: monthly)")] = "12",
    method: Annotated[str, typer.Option(help="、".join(METHODS))] = "equal_installment",
    start: Annotated[str, typer.Option(help="放款日，默认今天 (disbursement date)")] = "",
) -> None:
    """试算还款计划和综合成本。Print the schedule and the cost of a loan."""
    try:
        percent = parse_percent(rate, field="rate")
        flat = method == "flat"
        terms = Terms(
            method=method, principal_fen=parse_fen(amount), disburse_date=_day(start), periods=months,
            annual_rate=percent * 0 if flat else percent, flat_monthly_rate=percent if flat else None,
        )  # fmt: skip
        rows, cost = build_schedule(terms), cost_of(terms)
    except InvalidInput as error:
        raise refuse(error) from None
    sums = totals(rows)
    typer.echo(
        f"{METHODS[method].label} {format_fen(terms.principal_fen)}（{uppercase(terms.principal_fen)}）"
    )
    for row in rows:
        typer.echo(
            f"{row.period:>3}  {row.due_date.isoformat()}  本金 {format_plain(row.principal_fen):>14}  "
            f"利息 {format_plain(row.interest_fen):>12}  应还 {format_plain(row.payment_fen):>14}"
        )
    typer.echo(f"合计应还 {format_fen(sums.payment_fen)}，利息 {format_fen(sums.interest_fen)}")
    typer.echo(
        f"综合融资成本 {format_percent(cost.apr_simple_rate)}（单利年化），{format_percent(cost.eir_compound_rate)}（复利年化）"
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text) if text else datetime.now(SHANGHAI).date()
    except ValueError:
        raise InvalidInput(fields={"start": "日期格式是 2026-01-15"}) from None


COMMANDS = Commands("quote", quote)
