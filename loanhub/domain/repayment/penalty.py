"""Penalty interest 罚息 on overdue principal, and compound interest 复利 on overdue interest.

Accrual is a pure function of what was due, what was paid and the day; a nightly job only caches it.
Source: docs/algorithms/penalty.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from loanhub.domain.money import divide_half_up

DEFAULT_MULTIPLIER = Decimal("1.5")


@dataclass(frozen=True, slots=True, kw_only=True)
class PenaltyTerms:
    """How lateness is charged: contract rate × multiplier, by days.

    ``grace_days``: paid by due date + grace, nothing is charged; later, it is charged from the due date.
    """

    annual_rate: Decimal
    multiplier: Decimal = DEFAULT_MULTIPLIER
    day_base: int = 360
    grace_days: int = 0
    compound: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PartPayment:
    """What a payment took off the principal and interest of one installment."""

    on: date
    principal_fen: int = 0
    interest_fen: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PenaltySegment:
    """A stretch of days with the same amounts overdue; ``from_date`` counts, ``to_date`` does not."""

    from_date: date
    to_date: date
    days: int
    principal_fen: int
    interest_fen: int
    penalty_fen: int
    compound_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PenaltyAccrual:
    """The penalty of one installment up to a day, and what is still overdue of it."""

    segments: tuple[PenaltySegment, ...]
    overdue_principal_fen: int
    overdue_interest_fen: int

    @property
    def penalty_fen(self) -> int:
        """Penalty interest: the sum of the rounded segments."""
        return sum(segment.penalty_fen for segment in self.segments)

    @property
    def compound_fen(self) -> int:
        """Compound interest: the sum of the rounded segments."""
        return sum(segment.compound_fen for segment in self.segments)


def charge(base_fen: int, annual_rate: Decimal, multiplier: Decimal, days: int, day_base: int) -> int:
    """Return base × annual × multiplier × days / day_base in fen, rounded once, halves up."""
    rate_numerator, rate_denominator = annual_rate.as_integer_ratio()
    times_numerator, times_denominator = multiplier.as_integer_ratio()
    return divide_half_up(
        base_fen * rate_numerator * times_numerator * days, rate_denominator * times_denominator * day_base
    )


def segment(
    terms: PenaltyTerms, *, from_date: date, to_date: date, principal_fen: int, interest_fen: int
) -> PenaltySegment:
    """Return the charge for one stretch of days; grace is not looked at."""
    days = (to_date - from_date).days
    compound = interest_fen if terms.compound else 0
    return PenaltySegment(
        from_date=from_date,
        to_date=to_date,
        days=days,
        principal_fen=principal_fen,
        interest_fen=interest_fen,
        penalty_fen=charge(principal_fen, terms.annual_rate, terms.multiplier, days, terms.day_base),
        compound_fen=charge(compound, terms.annual_rate, terms.multiplier, days, terms.day_base),
    )


def accrue(
    terms: PenaltyTerms,
    *,
    due_date: date,
    as_of: date,
    principal_fen: int,
    interest_fen: int,
    payments: Iterable[PartPayment] = (),
) -> PenaltyAccrual:
    """Return the penalty of one installment from its due date to ``as_of``, cut at every payment.

    Each segment is rounded, then summed. Payments before the due date only lower the base; payments after
    ``as_of`` are not known yet. Nothing is charged while ``as_of`` ≤ due + grace, nor when all was paid by then.
    """
    last_free_day = due_date + timedelta(days=terms.grace_days)
    segments: list[PenaltySegment] = []
    since = due_date
    for payment in sorted((p for p in payments if p.on <= as_of), key=lambda p: p.on):
        if payment.on > since and (principal_fen or interest_fen):
            segments.append(
                segment(
                    terms,
                    from_date=since,
                    to_date=payment.on,
                    principal_fen=principal_fen,
                    interest_fen=interest_fen,
                )
            )
        since = max(since, payment.on)
        principal_fen -= payment.principal_fen
        interest_fen -= payment.interest_fen
        if principal_fen <= 0 and interest_fen <= 0 and payment.on <= last_free_day:
            segments.clear()
    if as_of > since and (principal_fen or interest_fen):
        segments.append(
            segment(
                terms, from_date=since, to_date=as_of, principal_fen=principal_fen, interest_fen=interest_fen
            )
        )
    return PenaltyAccrual(
        segments=tuple(segments) if as_of > last_free_day else (),
        overdue_principal_fen=principal_fen,
        overdue_interest_fen=interest_fen,
    )
