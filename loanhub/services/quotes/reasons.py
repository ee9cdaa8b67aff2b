"""Why this fen 这一分钱从哪来, of a schedule: formula, days, rate and rounding behind each amount of a row.

The figures in a formula are those the engine used: anybody with a pocket calculator gets the same fen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

from loanhub.domain.calendar import whole_months_and_days
from loanhub.domain.money import format_fen
from loanhub.domain.rates import format_percent
from loanhub.domain.repayment.cost import Fee, fee_flows
from loanhub.domain.repayment.fees import FeeBase
from loanhub.domain.repayment.method import Installment
from loanhub.domain.repayment.methods._level import level_payment
from loanhub.domain.repayment.periods import Slot, is_irregular, monthly_interest, rate_from, rate_on
from loanhub.domain.repayment.terms import InterestBasis, Terms
from loanhub.services.quotes.quote import Quote

ROUNDING = "四舍五入到分"
_LEVEL = ("equal_installment", "balloon")


@dataclass(frozen=True)
class Reason:
    """One computed amount: ``formula`` with the figures in it, and where the rule stands."""

    title: str
    formula: str
    result: str
    rule: str


def interest_formula(terms: Terms, row: Installment) -> str:
    """Return the formula of a row's interest, with the balance, rate and days it was computed from."""
    opening = format_fen(row.opening_fen)
    if terms.flat_monthly_rate is not None:
        rate = percent_text(terms.flat_monthly_rate)
        return f"放款本金 {format_fen(terms.principal_fen)} × 月费率 {rate}"
    if terms.method == "custom":
        agreed = terms.custom_rows[row.period - 1] if row.period <= len(terms.custom_rows) else None
        if agreed is None or agreed.interest_fen is not None:
            return f"期初本金 {opening}，按约定的还款计划表"
    # A holiday may have moved the due date; interest runs to the nominal one.
    ends = row.start_date + timedelta(days=row.days)
    slot = Slot(row.period, row.start_date, ends)
    annual = percent_text(rate_from(terms, row.start_date))
    if terms.interest_basis is InterestBasis.MONTHLY:
        if not (terms.method in ("bullet", "custom") or is_irregular(terms, slot)):
            return f"期初本金 {opening} × 年利率 {annual} ÷ 12"
        months, days = whole_months_and_days(row.start_date, ends)
        return f"期初本金 {opening} × 年利率 {annual} × （30 × {months} 个月 + {days} 天）÷ 360"
    base = terms.interest_basis.day_base
    cuts = [
        change.effective_from
        for change in terms.changes
        if change.split and row.start_date < change.effective_from < ends
    ]
    if not cuts:
        return f"期初本金 {opening} × 年利率 {annual} × {row.days} 天 ÷ {base}"
    parts = " + ".join(
        f"{percent_text(rate_on(terms, row.start_date, since))} × {(until - since).days} 天"
        for since, until in pairwise([row.start_date, *cuts, ends])
    )
    return f"期初本金 {opening} × （{parts}）÷ {base}"


def percent_text(rate: Decimal) -> str:
    """Return a fraction in percent, with as many decimals as it has but at least two."""
    places = -int((rate * 100).normalize().as_tuple().exponent)
    return format_percent(rate, max(2, places))


def row_reasons(quote: Quote, place: int) -> tuple[Reason, ...]:
    """Return what stands behind each amount of a row, counted from 0: principal, interest, fees, and their sum."""
    row, terms = quote.rows[place], quote.terms
    day_rule = "算头不算尾：放款或上期应还日计息，应还日不计息"
    if terms.flat_monthly_rate is not None:
        day_rule = "按月收取，与天数无关"
    found = [
        Reason(
            "利息",
            interest_formula(terms, row),
            format_fen(row.interest_fen),
            f"{row.start_date.isoformat()} 起 {row.days} 天；{day_rule}；先乘后除，{ROUNDING}",
        ),
        _principal_reason(quote, place),
    ]
    level = _level_reason(quote, place)
    if level is not None:
        found.insert(0, level)
    if row.fee_fen:
        found.append(Reason("分期费用", "每期固定收取", format_fen(row.fee_fen), "约定的每期费用"))
    for fee in quote.fees:
        _, later = fee_flows(fee, terms, quote.rows)
        if later[place]:
            found.append(_fee_reason(fee, terms, row, later[place]))
    parts = [f"本金 {format_fen(row.principal_fen)}", f"利息 {format_fen(row.interest_fen)}"]
    if quote.row_fee_fen(place):
        parts.append(f"费用 {format_fen(quote.row_fee_fen(place))}")
    found.append(
        Reason(
            "本期应还",
            " + ".join(parts),
            format_fen(quote.row_payment_fen(place)),
            "各项已到分，相加不再取整",
        )
    )
    return tuple(found)


def _fee_reason(fee: Fee, terms: Terms, row: Installment, amount_fen: int) -> Reason:
    if amount_fen < 0:
        return Reason(fee.label, "放款时收取的金额到期原数退还", format_fen(amount_fen), fee.timing.label)
    if fee.rate is None:
        return Reason(fee.label, "约定的固定金额", format_fen(amount_fen), fee.timing.label)
    balance = fee.base is FeeBase.BALANCE
    base = row.opening_fen if balance else terms.principal_fen
    named = "期初本金" if balance else "放款本金"
    formula = f"{named} {format_fen(base)} × 费率 {percent_text(fee.rate)}"
    return Reason(fee.label, formula, format_fen(amount_fen), f"{fee.timing.label}；{ROUNDING}")


def _principal_reason(quote: Quote, place: int) -> Reason:
    terms, row = quote.terms, quote.rows[place]
    result = format_fen(row.principal_fen)
    if terms.method == "custom":
        return Reason("本金", "按约定的还款计划表", result, "各期本金之和等于贷款本金")
    if place == len(quote.rows) - 1:
        formula = f"最后一期还清期初本金 {format_fen(row.opening_fen)}"
        return Reason("本金", formula, result, "尾差由最后一期吸收，各期本金之和恰为贷款本金")
    if terms.method == "interest_only":
        return Reason("本金", "到期一次还本，本期不还本金", result, "先息后本")
    if terms.method in _LEVEL:
        regular = _regular_interest(terms, row)
        named = "利息" if regular == row.interest_fen else "按整月计的利息"
        formula = f"月供 {format_fen(row.principal_fen + regular)} − {named} {format_fen(regular)}"
        return Reason("本金", formula, result, "月供先还当期利息，余下还本金")
    formula = f"本金 {format_fen(terms.principal_fen)} ÷ {len(quote.rows)} 期"
    return Reason("本金", formula, result, ROUNDING)


def _regular_interest(terms: Terms, row: Installment) -> int:
    """Return the interest the level payment was reckoned with: a whole month's on the monthly basis."""
    if terms.interest_basis is InterestBasis.MONTHLY:
        return monthly_interest(row.opening_fen, rate_from(terms, row.start_date))
    return row.interest_fen


def _level_reason(quote: Quote, place: int) -> Reason | None:
    """Return how the level payment came about; None where the row has none, or keeps an earlier one."""
    terms, row = quote.terms, quote.rows[place]
    if terms.method not in _LEVEL or place == len(quote.rows) - 1:
        return None
    rate = rate_from(terms, row.start_date)
    first = place
    while first and rate_from(terms, quote.rows[first - 1].start_date) == rate:
        first -= 1
    opening = quote.rows[first].opening_fen
    left = (
        (terms.amortization_periods or terms.elapsed_periods + len(quote.rows))
        - terms.elapsed_periods
        - first
    )
    payment = level_payment(opening, rate, left)
    if payment != row.principal_fen + _regular_interest(terms, row):
        return None
    if rate == 0:
        return Reason("月供", f"{format_fen(opening)} ÷ {left} 期", format_fen(payment), ROUNDING)
    formula = f"P × i × (1 + i)^n ÷ [(1 + i)^n − 1]，P = {format_fen(opening)}，i = {percent_text(rate)} ÷ 12，n = {left}"
    return Reason("月供", formula, format_fen(payment), f"利率不变时只算一次，{ROUNDING}")
