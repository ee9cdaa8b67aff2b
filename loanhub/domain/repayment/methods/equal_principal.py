"""Equal principal 等额本金: the same principal each period; the payment falls with the interest."""

from loanhub.domain.money import divide_half_up
from loanhub.domain.repayment.method import Installment, RepaymentMethod, row
from loanhub.domain.repayment.periods import period_interest, slots
from loanhub.domain.repayment.terms import Terms


def build(terms: Terms) -> tuple[Installment, ...]:
    """Return one installment per period, in due order.

    principal = round(P/n), never more than the balance; the last period clears it. Interest on the balance.
    Source: docs/algorithms/equal_principal.md.
    """
    plan, rows, balance = slots(terms), [], terms.principal_fen
    part = terms.kept_payment_fen or divide_half_up(balance, len(plan))
    for slot in plan:
        principal = balance if slot is plan[-1] else min(balance, part)
        interest = period_interest(terms, slot, balance)
        rows.append(row(slot, opening_fen=balance, principal_fen=principal, interest_fen=interest))
        balance -= principal
    return tuple(rows)


METHOD = RepaymentMethod(
    code="equal_principal",
    label="等额本金",
    build=build,
    accepts=frozenset(
        {"repayment_day", "rate_changes", "split_rate_change", "kept_payment_fen", "lpr", "maturity_mode"}
    ),
)
