"""Interest only 先息后本: interest each period, the whole principal with the last."""

from loanhub.domain.repayment.method import Installment, RepaymentMethod, row
from loanhub.domain.repayment.periods import period_interest, slots
from loanhub.domain.repayment.terms import Terms


def build(terms: Terms) -> tuple[Installment, ...]:
    """Return one installment per period, in due order: interest on P, principal 0 until the last.

    Source: docs/algorithms/interest_only.md.
    """
    plan = slots(terms)
    return tuple(
        row(
            slot,
            opening_fen=terms.principal_fen,
            principal_fen=terms.principal_fen if slot is plan[-1] else 0,
            interest_fen=period_interest(terms, slot, terms.principal_fen),
        )
        for slot in plan
    )


METHOD = RepaymentMethod(
    code="interest_only",
    label="先息后本",
    build=build,
    accepts=frozenset({"repayment_day", "rate_changes", "split_rate_change", "lpr", "maturity_mode"}),
)
