"""What a repayment method is, and the rows it builds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from loanhub.domain.repayment.periods import Slot
from loanhub.domain.repayment.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Installment:
    """One row of a repayment schedule 期. ``days`` and interest run to the nominal due date."""

    period: int
    start_date: date
    due_date: date
    days: int
    opening_fen: int
    principal_fen: int
    interest_fen: int
    fee_fen: int = 0

    @property
    def payment_fen(self) -> int:
        """What is to be paid for this period: principal, interest and fee."""
        return self.principal_fen + self.interest_fen + self.fee_fen

    @property
    def closing_fen(self) -> int:
        """Principal outstanding after this period."""
        return self.opening_fen - self.principal_fen


def row(slot: Slot, *, opening_fen: int, principal_fen: int, interest_fen: int) -> Installment:
    """Return the installment of a period."""
    return Installment(
        period=slot.period,
        start_date=slot.start_date,
        due_date=slot.due_date,
        days=slot.days,
        opening_fen=opening_fen,
        principal_fen=principal_fen,
        interest_fen=interest_fen,
    )


def _accepts_everything(_terms: Terms) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class RepaymentMethod:
    """A way of repaying 还款方式: one file in ``methods/`` defines one.

    ``build`` returns the installments in due order. ``check`` returns a Chinese sentence for each field of
    the terms this method cannot work with. ``accepts`` names the optional fields of the terms it uses; the
    others must be left empty, so that nothing agreed is silently ignored.
    """

    code: str
    label: str
    build: Callable[[Terms], tuple[Installment, ...]]
    check: Callable[[Terms], Mapping[str, str]] = _accepts_everything
    accepts: frozenset[str] = frozenset()
