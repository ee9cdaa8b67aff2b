"""A posting 入账: one immutable entry on a loan."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from loanhub.domain.choice import Choice
from loanhub.domain.errors import InvalidInput
from loanhub.domain.repayment.allocation import Component
from loanhub.domain.repayment.prepayment import PrepaymentMode
from loanhub.domain.repayment.terms import Terms

SUSPENSE_SEQUENCE = 0


class PostingKind(Choice):
    """What a posting does to a loan."""

    PAYMENT = "payment", "还款"
    PREPAYMENT = "prepayment", "部分提前还款"
    SETTLEMENT = "settlement", "提前结清"
    REFUND = "refund", "溢缴退款"
    WAIVER = "waiver", "减免"
    RATE_CHANGE = "rate_change", "利率调整"
    EXTENSION = "extension", "展期"
    RESTRUCTURE = "restructure", "重组"
    ACCELERATION = "acceleration", "提前到期"
    WRITE_OFF = "write_off", "核销"
    RECOVERY = "recovery", "核销后收回"
    REVERSAL = "reversal", "冲正"

    @property
    def brings_money(self) -> bool:
        """Whether money of the borrower arrives with it."""
        return self in (
            PostingKind.PAYMENT,
            PostingKind.PREPAYMENT,
            PostingKind.SETTLEMENT,
            PostingKind.RECOVERY,
        )

    @property
    def sends_money(self) -> bool:
        """Whether money of ours leaves with it."""
        return self is PostingKind.REFUND

    @property
    def forgives(self) -> bool:
        """Whether something owed is given up with it, in fact or in the books."""
        return self in (PostingKind.WAIVER, PostingKind.WRITE_OFF)

    @property
    def changes_terms(self) -> bool:
        """Whether what is still to come of the schedule is built anew."""
        return self in (
            PostingKind.RATE_CHANGE,
            PostingKind.EXTENSION,
            PostingKind.RESTRUCTURE,
            PostingKind.ACCELERATION,
            PostingKind.PREPAYMENT,
        )

    @property
    def needs_amount(self) -> bool:
        """Whether it makes no sense without an amount above zero."""
        return self.brings_money or self.sends_money or self is PostingKind.WAIVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One immutable entry on a loan; a correction is a further one of kind ``REVERSAL``.

    Attributes:
        sequence: order of entry, from 1; orders postings of one value date.
        value_date: the day the money reached our account 起息日, not the day it was typed in; for a change
            of terms, the day it takes effect.
        amount_fen: money received or refunded, or the amount waived (capped at what is open that day); zero
            for a change of terms; for a write-off, zero or the principal written off.
        period: waiver only: the installment; None takes the oldest first.
        component: waiver only: what is waived.
        reverses: reversal only: sequence of the posting undone.
        prepay_fen, mode: prepayment only: the principal repaid early, and what becomes of the schedule.
        months: extension only: by how many months the rest is stretched.
        annual_rate: rate change only: the new contract rate a year.
        split: rate change only: from the very day 分段计息, not from the next period 次期生效.
        new_terms: restructure only: method, rate, periods and dates agreed anew; principal and starting day
            are those of the day, whatever these terms say.
        carry: restructure only: unpaid interest, penalty and fees are owed on; False waives them.
    """

    sequence: int
    kind: PostingKind
    value_date: date
    amount_fen: int = 0
    period: int | None = None
    component: Component = Component.PENALTY
    reverses: int | None = None
    prepay_fen: int = 0
    mode: PrepaymentMode = PrepaymentMode.REDUCE_PAYMENT
    months: int = 0
    annual_rate: Decimal | None = None
    split: bool = False
    new_terms: Terms | None = None
    carry: bool = True

    def detail(self) -> dict[str, object]:
        """Return what only some kinds carry, for storing as JSON; defaults are left out."""
        found: dict[str, object] = {}
        for name, default in _DEFAULTS.items():
            value = getattr(self, name)
            if value == default:
                continue
            if isinstance(value, Terms):
                value = value.as_dict()
            elif isinstance(value, Choice):
                value = value.value
            elif isinstance(value, Decimal):
                value = str(value)
            found[name] = value
        return found

    @classmethod
    def restore(
        cls,
        *,
        sequence: int,
        kind: PostingKind,
        value_date: date,
        amount_fen: int,
        detail: Mapping[str, Any],
        reverses: int | None = None,
    ) -> "Posting":
        """Return a posting from its stored columns and what ``detail`` wrote.

        Raises:
            InvalidInput: naming a key that is not known, or whose value cannot be read.
        """
        read: dict[str, Any] = {}
        for key, value in detail.items():
            if key not in _READERS:
                raise InvalidInput(fields={key: "没有这一项入账内容"})
            try:
                read[key] = _READERS[key](value)
            except InvalidInput:
                raise
            except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError) as error:
                raise InvalidInput(fields={key: "格式不对"}) from error
        return cls(
            sequence=sequence,
            kind=kind,
            value_date=value_date,
            amount_fen=amount_fen,
            reverses=reverses,
            **read,
        )


_DEFAULTS: dict[str, object] = {
    "period": None,
    "component": Component.PENALTY,
    "prepay_fen": 0,
    "mode": PrepaymentMode.REDUCE_PAYMENT,
    "months": 0,
    "annual_rate": None,
    "split": False,
    "new_terms": None,
    "carry": True,
}


def _int(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError("a whole number is needed")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("true or false is needed")
    return value


def _rate(value: Any) -> Decimal:
    if isinstance(value, float):
        raise TypeError("a rate is a decimal string, never a float")
    return Decimal(value)


_READERS: dict[str, Any] = {
    "period": lambda value: None if value is None else _int(value),
    "component": Component,
    "prepay_fen": _int,
    "mode": PrepaymentMode,
    "months": _int,
    "annual_rate": lambda value: None if value is None else _rate(value),
    "split": _flag,
    "new_terms": lambda value: value if value is None or isinstance(value, Terms) else Terms.parse(value),
    "carry": _flag,
}
