"""``loanhub quote``: what a loan would cost, without a database: schedule, interest, annualized cost."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from loanhub.cli._commands import Commands, refuse
from loanhub.domain.calendar import SHANGHAI, HolidayRule
from loanhub.domain.errors import InvalidInput
from loanhub.domain.money import format_fen, format_plain, parse_fen, uppercase
from loanhub.domain.rates import format_percent, parse_percent
from loanhub.domain.repayment.cost import FeeTiming
from loanhub.domain.repayment.schedule import METHODS, totals
from loanhub.domain.repayment.terms import InterestBasis
from loanhub.services import quotes, strict_json

_TIMINGS = "、".join(timing.value for timing in FeeTiming)


def quote(
    amount: Annotated[str, typer.Argument(help="本金，例如 12万 或 120000 (principal)")] = "",
    months: Annotated[int, typer.Option(help="期数，1 到 600 (periods)")] = 12,
    rate: Annotated[str, typer.Option(help="年利率 %，等本等息为月费率 (yearly rate, flat: monthly)")] = "12",
    method: Annotated[str, typer.Option(help="、".join(METHODS))] = "equal_installment",
    start: Annotated[str, typer.Option(help="放款日，默认今天 (disbursement date)")] = "",
    basis: Annotated[
        str, typer.Option(help="、".join(b.value for b in InterestBasis) + " (day count)")
    ] = "monthly",
    repayment_day: Annotated[
        int | None, typer.Option(help="固定还款日 1–31 (fixed day of the month)")
    ] = None,
    min_first_days: Annotated[
        int | None, typer.Option(help="首期最短天数，默认 15 (shortest first period)")
    ] = None,
    amortization: Annotated[
        int | None, typer.Option(help="气球贷的摊还期数 (balloon: amortization periods)")
    ] = None,
    maturity: Annotated[str, typer.Option(help="利随本清的到期日 (bullet: maturity date)")] = "",
    holiday: Annotated[str, typer.Option(help="、".join(rule.value for rule in HolidayRule))] = "",
    rate_change: Annotated[
        list[str] | None, typer.Option(help="次期生效的调息，2027-04-20=3.6，可重复 (repricing)")
    ] = None,
    split_rate_change: Annotated[
        str, typer.Option(help="当日生效、分段计息的调息，2027-01-01=4.2 (split repricing)")
    ] = "",
    row: Annotated[
        list[str] | None,
        typer.Option(help="自定义还款的一期，2026-06-15=50000 或 2026-06-15=50000+1200（本金+利息），可重复"),
    ] = None,
    fee: Annotated[
        list[str] | None,
        typer.Option(
            help=f"费用，名称:时点:金额或费率%，例如 服务费:upfront:2%；时点 {_TIMINGS}，可重复 (fees)"
        ),
    ] = None,
    given: Annotated[
        str, typer.Option("--json", help="读取与接口相同的 JSON，- 表示标准输入 (JSON file or stdin)")
    ] = "",
    output: Annotated[str, typer.Option(help="text 或 json (how to print)")] = "text",
) -> None:
    """试算还款计划和综合成本。Print the schedule and the cost of a loan; the same input as POST /api/v1/quotes."""
    try:
        if output not in ("text", "json"):
            raise InvalidInput(fields={"output": "须是 text 或 json"})
        if given and amount:
            raise InvalidInput(fields={"json": "本金与 --json 只能给一个"})
        if given:
            body = _from_file(given)
        else:
            body = _from_options(
                amount, months, rate, method, start, basis, repayment_day, min_first_days, amortization,
                maturity, holiday, rate_change or [], split_rate_change, row or [], fee or [],
            )  # fmt: skip
        request = quotes.read_request(body)
        found = quotes.figure(request.terms, request.fees)
    except InvalidInput as error:
        raise refuse(error) from None
    if output == "json":
        typer.echo(json.dumps(quotes.as_json(found), ensure_ascii=False, indent=2))
    else:
        _print(found)


def _from_file(name: str) -> object:
    try:
        text = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise InvalidInput(fields={"json": f"读不了 {name}：{error.strerror}"}) from None
    return strict_json.loads(text)


def _from_options(
    amount: str, months: int, rate: str, method: str, start: str, basis: str, repayment_day: int | None,
    min_first_days: int | None, amortization: int | None, maturity: str, holiday: str, rate_changes: list[str],
    split: str, rows: list[str], fees: list[str],
) -> dict[str, Any]:  # fmt: skip
    body: dict[str, Any] = {
        "method": method,
        "principal_fen": parse_fen(amount),
        "disburse_date": start or datetime.now(SHANGHAI).date().isoformat(),
        "periods": len(rows) if rows else months,
        "interest_basis": basis,
        "flat_monthly_rate" if method == "flat" else "annual_rate": _fraction(rate, "rate"),
        "repayment_day": repayment_day,
        "min_first_days": min_first_days,
        "amortization_periods": amortization,
        "maturity_date": maturity,
        "holiday_rule": holiday,
        "rate_changes": [_change(text, "rate_change") for text in rate_changes],
        "split_rate_change": _change(split, "split_rate_change") if split else None,
        "custom_rows": [_row(text) for text in rows],
        "fees": [_fee(text) for text in fees],
    }
    return {key: value for key, value in body.items() if value is not None and value not in ("", [])}


def _fraction(text: str, field: str) -> str:
    return f"{parse_percent(text, field=field):f}"


def _change(text: str, field: str) -> dict[str, Any]:
    day, _, percent = text.partition("=")
    return {"effective_from": day, "annual_rate": _fraction(percent, field)}


def _row(text: str) -> dict[str, Any]:
    day, _, amounts = text.partition("=")
    principal, plus, interest = amounts.partition("+")
    row: dict[str, Any] = {"due_date": day, "principal_fen": parse_fen(principal, field="row")}
    return row | {"interest_fen": parse_fen(interest, field="row")} if plus else row


def _fee(text: str) -> dict[str, Any]:
    parts = text.split(":")
    if len(parts) != 3:
        raise InvalidInput(fields={"fee": "费用的格式是 名称:时点:金额或费率%，例如 服务费:upfront:2%"})
    label, timing, amount = parts
    if amount.strip().endswith(("%", "％")):
        return {"label": label, "timing": timing, "rate": _fraction(amount, "fee")}
    return {"label": label, "timing": timing, "amount_fen": parse_fen(amount, field="fee")}


def _print(found: quotes.Quote) -> None:
    terms = found.terms
    typer.echo(
        f"{METHODS[terms.method].label} {format_fen(terms.principal_fen)}（{uppercase(terms.principal_fen)}）"
    )
    for place, row in enumerate(found.rows):
        fee = found.row_fee_fen(place)
        typer.echo(
            f"{row.period:>3}  {row.due_date.isoformat()}  本金 {format_plain(row.principal_fen):>14}  "
            f"利息 {format_plain(row.interest_fen):>12}  "
            + (f"费用 {format_plain(fee):>10}  " if found.has_fees else "")
            + f"应还 {format_plain(found.row_payment_fen(place)):>14}"
        )
    sums = totals(found.rows)
    paid = sums.payment_fen + sum(found.row_fees_fen)
    if found.upfront_fee_fen:
        typer.echo(
            f"放款时收费 {format_fen(found.upfront_fee_fen)}，实际到手 {format_fen(found.received_fen)}"
        )
    typer.echo(f"合计应还 {format_fen(paid)}，利息 {format_fen(sums.interest_fen)}")
    for item in found.disclosure.items:
        typer.echo(
            f"  {item.label}：{item.standard}，{item.timing}，{format_fen(item.amount_fen)}，年化 {item.annual_pct}%"
        )
    cost = found.cost
    typer.echo(
        f"综合融资成本 {format_percent(cost.apr_simple_rate)}（单利年化），{format_percent(cost.eir_compound_rate)}（复利年化）"
    )


COMMANDS = Commands("quote", quote)
