"""The calculator's sheet 试算单: texts as typed in, everything shown out, as plain texts. Nothing is stored.

The same for the page inside, the public page and the spreadsheet; the form is that of ``form.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from loanhub.domain.errors import InvalidInput
from loanhub.domain.money import format_plain, uppercase
from loanhub.domain.rates import format_percent, parse_percent
from loanhub.domain.repayment.fees import Fee, FeeTiming, add_financed
from loanhub.domain.repayment.schedule import METHODS, method_label, totals
from loanhub.domain.repayment.terms import InterestBasis
from loanhub.services.quotes._read import read_request
from loanhub.services.quotes.form import renamed, request_body
from loanhub.services.quotes.quote import Lines, Quote, figure, lines_in_force
from loanhub.services.quotes.reasons import percent_text, row_reasons

PAGE_ROWS = 36
MOST_COMPARED = 3
MOST_BARS = 36


@dataclass(frozen=True)
class Sheet:
    """What a calculation shows; every value is a text ready to stand on a page.

    figures: the headline amounts and rates by name. level: '' | 'warn' | 'cap' with ``limit`` as the sentence.
    rows: one page of the schedule. bars: shares of principal and interest, in percent of the largest payment.
    """

    figures: dict[str, str]
    level: str
    limit: str
    plain: str
    items: list[dict[str, str]]
    rows: list[dict[str, str]]
    sums: dict[str, str]
    pages: int
    count: int
    bars: list[dict[str, str]] = field(default_factory=list)
    compared: list[dict[str, str]] = field(default_factory=list)


def calculate(form: Mapping[str, str], *, today: date, now: datetime) -> Quote:
    """Return the quote of a form; financed fees raise the principal, so that the amount is what is wanted in hand.

    Raises:
        InvalidInput: naming the fields of the form.
    """
    lines = lines_in_force(now=now)
    return _calculate(form, today, lines)


def _calculate(form: Mapping[str, str], today: date, lines: Lines) -> Quote:
    try:
        body = request_body(form, today=today)
        fees: Sequence[Fee] = read_request(body).fees
        if any(fee.timing is FeeTiming.FINANCED for fee in fees):
            body["principal_fen"], fees = add_financed(body["principal_fen"], fees)
        return figure(read_request(body).terms, fees, lines=lines)
    except InvalidInput as error:
        raise InvalidInput(fields=renamed(error, form)) from None


def show(form: Mapping[str, str], *, page: int = 1, whole: bool = False, today: date, now: datetime) -> Sheet:
    """Return everything the calculator shows of a form: one page of the schedule, or all of it.

    Raises:
        InvalidInput: naming the fields of the form.
    """
    lines = lines_in_force(now=now)
    found = _calculate(form, today, lines)
    count = len(found.rows)
    pages = 1 if whole else max(1, -(-count // PAGE_ROWS))
    page = min(max(1, page), pages)
    first = 0 if whole else (page - 1) * PAGE_ROWS
    last = count if whole else min(count, first + PAGE_ROWS)
    level, limit = _limit(found)
    codes = [code for code in form["compare"].split(",") if code in METHODS][:MOST_COMPARED]
    return Sheet(
        figures=headline(found),
        level=level,
        limit=limit,
        plain=_plain(found),
        items=[
            {
                "label": item.label, "standard": item.standard, "timing": item.timing,
                "amount": format_plain(item.amount_fen), "percent": f"{item.annual_pct}%",
            }
            for item in found.disclosure.items
        ],
        rows=[_row(found, place) for place in range(first, last)],
        sums=_sums(found),
        pages=pages,
        count=count,
        bars=_bars(found),
        compared=[_compared(form, code, found, today, lines) for code in codes],
    )  # fmt: skip


def headline(found: Quote) -> dict[str, str]:
    """Return the amounts and rates at the head of a calculation, as texts."""
    terms, sums = found.terms, totals(found.rows)
    paid = sums.payment_fen + sum(found.row_fees_fen)
    first, last = found.row_payment_fen(0), found.row_payment_fen(len(found.rows) - 1)
    even = found.regular_payment_fen is not None and not any(found.row_fees_fen) and not found.rows[0].fee_fen
    if len(found.rows) == 1:
        label, monthly = "到期应还", first
    elif (
        even
        and not terms.changes
        and terms.repayment_day is None
        and terms.interest_basis is InterestBasis.MONTHLY
    ):
        label, monthly = "每月还", found.regular_payment_fen or first
    elif terms.method == "flat" and terms.repayment_day is None:
        label, monthly = "每月还", first
    else:
        label, monthly = "首期应还", first
    return {
        "method": method_label(terms.method),
        "principal": format_plain(terms.principal_fen),
        "uppercase": uppercase(terms.principal_fen),
        "monthly_label": label,
        "monthly": format_plain(monthly),
        "last": format_plain(last),
        "interest": format_plain(sums.interest_fen),
        "fees": format_plain(found.fee_fen),
        "has_fees": "1" if found.has_fees else "",
        "total": format_plain(paid),
        "cost": format_plain(found.cost.total_cost_fen),
        "received": format_plain(found.received_fen),
        "upfront": format_plain(found.upfront_fee_fen),
        "has_upfront": "1" if found.upfront_fee_fen else "",
        "simple": format_percent(found.cost.apr_simple_rate),
        "compound": format_percent(found.cost.eir_compound_rate),
        "nominal": _nominal(found),
        "count": str(len(found.rows)),
        "first_due": found.rows[0].due_date.isoformat(),
        "last_due": found.rows[-1].due_date.isoformat(),
    }


def _nominal(found: Quote) -> str:
    flat = found.terms.flat_monthly_rate
    return (
        f"月费率 {percent_text(flat)}"
        if flat is not None
        else f"年利率 {percent_text(found.terms.annual_rate)}"
    )


def _limit(found: Quote) -> tuple[str, str]:
    judged = found.limit
    if judged is None:
        return "", ""
    if judged.is_blocked:
        return "cap", f"{judged.sentence}。不能签约，也不能放款"
    if judged.warned_by:
        return "warn", "；".join(judged.warnings)
    return "", judged.passed[0].sentence if judged.passed else "没有适用的成本上限"


def _plain(found: Quote) -> str:
    """Return, in plain words, why the rate quoted is not what the loan costs."""
    terms, cost = found.terms, found.cost
    simple = format_percent(cost.apr_simple_rate)
    if terms.flat_monthly_rate is not None:
        named = terms.flat_monthly_rate * 12
        text = (
            f"月费率 {percent_text(terms.flat_monthly_rate)} 乘 12 是 {percent_text(named)}，但这不是年利率："
            f"本金每月都在归还，手里平均只剩一半左右，费用却始终按最初的本金收。真实的年化成本是 {simple}"
        )
        ratio = f"，约为 {(cost.apr_simple_rate / named).quantize(Decimal('0.1'))} 倍。" if named else "。"
        return text + ratio
    if found.has_fees:
        return (
            f"合同年利率是 {percent_text(terms.annual_rate)}；费用也是借款的代价，"
            f"连同费用按实际到手和实际归还的钱计算，年化成本是 {simple}。"
        )
    return f"没有利息以外的费用时，单利年化与合同年利率相当；复利年化 {format_percent(cost.eir_compound_rate)} 把每月付出的利息再计息。"


def _row(found: Quote, place: int) -> dict[str, str]:
    row = found.rows[place]
    return {
        "number": str(row.period),
        "due_date": row.due_date.isoformat(),
        "days": str(row.days),
        "principal": format_plain(row.principal_fen),
        "interest": format_plain(row.interest_fen),
        "fee": format_plain(found.row_fee_fen(place)),
        "total": format_plain(found.row_payment_fen(place)),
        "balance": format_plain(row.closing_fen),
    }


def _sums(found: Quote) -> dict[str, str]:
    sums = totals(found.rows)
    with_rows = sum(found.row_fees_fen)
    return {
        "principal": format_plain(sums.principal_fen),
        "interest": format_plain(sums.interest_fen),
        "fee": format_plain(sums.fee_fen + with_rows),
        "total": format_plain(sums.payment_fen + with_rows),
    }


def _bars(found: Quote) -> list[dict[str, str]]:
    """Return at most ``MOST_BARS`` bars: neighboring periods are added up when there are more."""
    width = -(-len(found.rows) // MOST_BARS)
    groups = [found.rows[start : start + width] for start in range(0, len(found.rows), width)]
    pairs = [
        (sum(row.principal_fen for row in group), sum(row.interest_fen for row in group)) for group in groups
    ]
    largest = max((principal + interest for principal, interest in pairs), default=1) or 1
    return [
        {"principal": _share(principal, largest), "interest": _share(interest, largest)}
        for principal, interest in pairs
    ]


def _share(part: int, whole: int) -> str:
    tenths = (part * 1000 + whole // 2) // whole
    return f"{tenths // 10}.{tenths % 10}%"


def _compared(form: Mapping[str, str], code: str, found: Quote, today: date, lines: Lines) -> dict[str, str]:
    """Return one column of the comparison: the same amount, rate, term and fees repaid another way."""
    other = dict(form) | {"method": code, "maturity": ""}
    hint = ""
    flat, was_flat = code == "flat", form["method"] == "flat"
    if flat != was_flat:
        typed = parse_percent(form["rate"])
        converted = typed / 12 if flat else typed * 12
        other["rate"] = f"{(converted * 100).quantize(Decimal('0.000001')).normalize():f}"
        hint = f"按{'月费率' if flat else '年利率'} {other['rate']}%"
    if code == "balloon" and not form["amort"].strip():
        other["amort"] = str(min(600, found.terms.periods * 2))
        hint = f"按 {other['amort']} 期摊还"
    try:
        quote = found if code == form["method"] else _calculate(other, today, lines)
    except InvalidInput as error:
        return {"label": method_label(code), "hint": hint, "error": error.sentence} | dict.fromkeys(
            ("first", "last", "interest", "cost", "simple", "compound"), "—"
        )
    figures = headline(quote)
    return {
        "label": method_label(code), "hint": hint, "error": "",
        "first": format_plain(quote.row_payment_fen(0)), "last": figures["last"], "interest": figures["interest"],
        "cost": figures["cost"], "simple": figures["simple"], "compound": figures["compound"],
    }  # fmt: skip


def explain(form: Mapping[str, str], period: str, *, today: date, now: datetime) -> list[dict[str, str]]:
    """Return what stands behind the amounts of one row, by its number; empty when there is no such row.

    Raises:
        InvalidInput: naming the fields of the form.
    """
    found = calculate(form, today=today, now=now)
    for place, row in enumerate(found.rows):
        if str(row.period) == period:
            return [
                {"title": one.title, "formula": one.formula, "result": one.result, "rule": one.rule}
                for one in row_reasons(found, place)
            ]
    return []
