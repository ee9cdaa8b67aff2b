"""Custom 自定义还款: rows agreed one by one (quarterly, stepped, at will)."""

from collections.abc import Mapping
from itertools import pairwise

from loanhub.domain.money import LARGEST_FEN
from loanhub.domain.repayment.method import Installment, RepaymentMethod, row
from loanhub.domain.repayment.periods import Slot, period_interest, rate_from, span_interest
from loanhub.domain.repayment.terms import EARLIEST_DATE, LATEST_DATE, InterestBasis, Terms


def build(terms: Terms) -> tuple[Installment, ...]:
    """Return the agreed rows; interest not agreed is computed on the balance from the row before.

    Monthly basis: whole months and odd days, (30·m + d)/360; otherwise actual days.
    Source: docs/algorithms/custom.md.
    """
    rows, balance, start = [], terms.principal_fen, terms.disburse_date
    for period, agreed in enumerate(terms.custom_rows, start=terms.numbered_after + 1):
        slot = Slot(period, start, agreed.due_date)
        interest = agreed.interest_fen
        if interest is None and terms.interest_basis is InterestBasis.MONTHLY:
            interest = span_interest(balance, rate_from(terms, start), start, agreed.due_date)
        elif interest is None:
            interest = period_interest(terms, slot, balance)
        rows.append(row(slot, opening_fen=balance, principal_fen=agreed.principal_fen, interest_fen=interest))
        balance -= agreed.principal_fen
        start = agreed.due_date
    return tuple(rows)


def check(terms: Terms) -> Mapping[str, str]:
    """Return what is wrong with the rows: count, dates in order, no negative amount, principal in full."""
    rows = terms.custom_rows
    if not rows:
        return {"custom_rows": "请填写还款计划的每一期"}
    if len(rows) != terms.periods:
        return {"periods": f"期数须与还款计划的行数（{len(rows)}）一致"}
    dates = [terms.disburse_date, *(agreed.due_date for agreed in rows)]
    if not all(EARLIEST_DATE <= day <= LATEST_DATE for day in dates):
        return {"custom_rows": "应还日不在允许的范围内"}
    if any(later <= earlier for earlier, later in pairwise(dates)):
        return {"custom_rows": "应还日须晚于放款日且依次递增"}
    amounts = [amount for agreed in rows for amount in (agreed.principal_fen, agreed.interest_fen or 0)]
    if any(not 0 <= amount <= LARGEST_FEN for amount in amounts):
        return {"custom_rows": "每期本金和利息不能为负数"}
    if sum(agreed.principal_fen for agreed in rows) != terms.principal_fen:
        return {"custom_rows": "各期本金之和须等于贷款本金"}
    return {}


METHOD = RepaymentMethod(
    code="custom",
    label="自定义还款",
    build=build,
    check=check,
    accepts=frozenset({"custom_rows", "rate_changes", "split_rate_change", "lpr"}),
)
