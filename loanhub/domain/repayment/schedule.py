"""The repayment schedule 还款计划: terms in, installments out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from loanhub.discovery import discover
from loanhub.domain.calendar import HolidayRule, Overrides, adjust
from loanhub.domain.errors import InvalidInput
from loanhub.domain.repayment.method import Installment, RepaymentMethod
from loanhub.domain.repayment.methods._level import level_payment
from loanhub.domain.repayment.periods import count_periods, rate_from
from loanhub.domain.repayment.terms import InterestBasis, MaturityMode, Terms

METHODS: dict[str, RepaymentMethod] = discover("loanhub.domain.repayment.methods", "METHOD")

_OPTIONAL_FIELDS = {
    "repayment_day": "固定还款日",
    "flat_monthly_rate": "月费率",
    "amortization_periods": "摊还期数",
    "maturity_date": "到期日",
    "rate_changes": "次期生效的调息",
    "split_rate_change": "分段计息",
    "custom_rows": "自定义还款计划",
    "kept_payment_fen": "保留月供",
    "lpr": "LPR 浮动利率",
    "maturity_mode": "按合同到期日到期",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleTotals:
    """Sums over a schedule, in fen."""

    principal_fen: int
    interest_fen: int
    fee_fen: int
    payment_fen: int


def method_label(code: str) -> str:
    """Return the Chinese name of a repayment method, or the code itself when no file defines it."""
    return METHODS[code].label if code in METHODS else code


def check_terms(terms: Terms) -> RepaymentMethod:
    """Return the method of the terms after checking that it can work with them.

    Raises:
        InvalidInput: an unknown method, something it needs missing, or something it would ignore given.
    """
    method = METHODS.get(terms.method)
    if method is None:
        raise InvalidInput(fields={"method": "没有这种还款方式"})
    refused = {
        field: f"{method.label}不支持{label}"
        for field, label in _OPTIONAL_FIELDS.items()
        if field not in method.accepts and getattr(terms, field) not in (None, (), MaturityMode.DUE_DATES)
    }
    if terms.split_rate_change is not None and terms.interest_basis is InterestBasis.MONTHLY:
        refused.setdefault("split_rate_change", "分段计息须采用按日计息")
    if terms.interest_basis is InterestBasis.MONTHLY and any(change.split for change in terms.rate_changes):
        refused.setdefault("rate_changes", "分段计息须采用按日计息")
    if terms.elapsed_periods and terms.method in ("bullet", "custom"):
        refused["elapsed_periods"] = f"{method.label}不支持接续还款计划"
    refused |= dict(method.check(terms))
    if refused:
        raise InvalidInput(fields=refused)
    return method


@lru_cache(maxsize=2048)
def _build(terms: Terms) -> tuple[Installment, ...]:
    rows = check_terms(terms).build(terms)
    if terms.period_fee_fen:
        rows = tuple(replace(row, fee_fen=terms.period_fee_fen) for row in rows)
    return rows


def build_schedule(terms: Terms, overrides: Overrides | None = None) -> tuple[Installment, ...]:
    """Return the installments in due order, by the method of the terms.

    A holiday rule moves due dates only; interest and the next period still run from the nominal date.
    ``overrides`` is the company's own table of working days.

    Raises:
        InvalidInput: naming the fields this method cannot work with.
    """
    rows = _build(terms)
    if terms.holiday_rule is HolidayRule.NONE:
        return rows
    moved = tuple(replace(row, due_date=adjust(row.due_date, terms.holiday_rule, overrides)) for row in rows)
    dates = [terms.disburse_date, *(row.due_date for row in moved)]
    if any(later <= earlier for earlier, later in pairwise(dates)):
        raise InvalidInput(fields={"holiday_rule": "按节假日规则调整后，应还日不再依次递增"})
    return moved


def regular_payment(terms: Terms) -> int | None:
    """Return the level payment 月供 of an equal installment or balloon loan in fen; None for the others.

    The first period may differ from it when irregular, the last by the rounding it absorbs.
    """
    if terms.method not in ("equal_installment", "balloon"):
        return None
    periods = terms.amortization_periods or count_periods(terms)
    rate = rate_from(terms, _build(terms)[0].start_date)
    return terms.kept_payment_fen or level_payment(terms.principal_fen, rate, periods - terms.elapsed_periods)


def totals(rows: Sequence[Installment]) -> ScheduleTotals:
    """Return the sums of a schedule."""
    return ScheduleTotals(
        principal_fen=sum(row.principal_fen for row in rows),
        interest_fen=sum(row.interest_fen for row in rows),
        fee_fen=sum(row.fee_fen for row in rows),
        payment_fen=sum(row.payment_fen for row in rows),
    )
