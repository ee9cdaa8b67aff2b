"""What a loan may not cost 合规检查: caps, penalties, money taken before it is earned. Run at product, quote, contract, payout."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import Session

from loanhub.domain import caps as rules
from loanhub.domain.calendar import whole_months_and_days
from loanhub.domain.caps import Cap, CapAction, CapVerdict, CustomerKind, LenderType
from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.domain.repayment.cost import (
    CapMeasure,
    Cost,
    Fee,
    cost_of,
    penalty_rate,
    upfront_refusals,
)
from loanhub.domain.repayment.options import ServicingOptions
from loanhub.domain.repayment.terms import Terms
from loanhub.models import RateCap
from loanhub.repositories import rates as repository
from loanhub.services import parameters
from loanhub.services._transaction import kept
from loanhub.services.rates.lpr import lpr_on


class CostAboveCap(Conflict):
    """The loan would cost the borrower more than the law allows; it cannot be made."""

    def __init__(self, verdict: CapVerdict) -> None:
        super().__init__(f"{verdict.sentence}。请调整利率或费用")
        self.verdict = verdict


def cap_of(row: RateCap) -> Cap:
    """Return a row of the table as the domain reads it."""
    return Cap(
        label=row.label,
        lender_type=LenderType(row.lender_type),
        customer_kind=CustomerKind(row.customer_kind),
        measure=CapMeasure(row.measure),
        limit_rate=row.limit_rate,
        lpr_multiple=row.lpr_multiple,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        action=CapAction(row.action),
        source=row.source,
        exempt_months=row.exempt_months,
        covers_penalty=row.covers_penalty,
    )


def caps_on(db: Session, on: date) -> tuple[Cap, ...]:
    """Return the caps that hold on a day, for every lender: reviewed rows that no reviewed row replaces."""
    return kept(db, ("caps", on), lambda: tuple(cap_of(row) for row in repository.list_caps_on(db, on)))


def lender_type_of(db: Session, *, own: bool = True, now: datetime) -> LenderType:
    """Return whose rules a loan falls under: ours for an own loan, the partner bank's for a brokered one."""
    if not own:
        return LenderType.BANK_WITH_PLATFORM
    return LenderType(str(parameters.get(db, "lender", now=now)["type"]))


def months_of(terms: Terms) -> int:
    """Return the length of a loan in months, an odd day counting as one more; at least 1."""
    ends = terms.custom_rows[-1].due_date if terms.custom_rows else terms.contract_maturity
    months, days = whole_months_and_days(terms.disburse_date, ends)
    return max(1, months + (days > 0))


def _kind(customer_kind: str) -> CustomerKind:
    return CustomerKind.find(customer_kind) or CustomerKind.ANY


def verdict_of(
    db: Session,
    cost: Cost,
    *,
    on: date,
    months: int,
    own: bool = True,
    customer_kind: str = "",
    now: datetime,
) -> CapVerdict:
    """Return what the caps in force on the contract day say of a cost; never raises, never writes."""
    return rules.verdict(
        cost,
        caps_on(db, on),
        on=on,
        lender_type=lender_type_of(db, own=own, now=now),
        customer_kind=_kind(customer_kind),
        months=months,
        lpr=lpr_on(db, on),
    )


def penalty_verdict_of(
    db: Session,
    terms: Terms,
    options: ServicingOptions,
    *,
    on: date,
    own: bool = True,
    customer_kind: str = "",
    now: datetime,
) -> CapVerdict:
    """Return what the caps that cover penalties say of the rate charged on default."""
    return rules.penalty_verdict(
        penalty_rate(terms, options),
        caps_on(db, on),
        on=on,
        lender_type=lender_type_of(db, own=own, now=now),
        customer_kind=_kind(customer_kind),
        months=months_of(terms),
        lpr=lpr_on(db, on),
    )


def check_upfront(fees: Sequence[Fee], *, own: bool) -> None:
    """Return quietly when no fee is taken before it may be.

    Raises:
        InvalidInput: naming ``fees[0]`` and so on, with the law.
    """
    refused = upfront_refusals(fees, own=own)
    if refused:
        raise InvalidInput(fields=refused)


def check_terms_cost(
    db: Session,
    terms: Terms,
    fees: Sequence[Fee] = (),
    *,
    options: ServicingOptions | None = None,
    own: bool = True,
    customer_kind: str = "",
    on: date,
    now: datetime,
) -> CapVerdict:
    """Return the verdict on a loan that may be made; its warnings are for showing.

    Raises:
        InvalidInput: a fee is taken before it may be, by ``fees[0]``.
        CostAboveCap: the annualized cost, or the rate charged on default, lies above a cap that blocks.
    """
    check_upfront(fees, own=own)
    found = verdict_of(
        db,
        cost_of(terms, fees),
        on=on,
        months=months_of(terms),
        own=own,
        customer_kind=customer_kind,
        now=now,
    )
    if options is not None:
        found = found.joined(
            penalty_verdict_of(db, terms, options, on=on, own=own, customer_kind=customer_kind, now=now)
        )
    if found.is_blocked:
        raise CostAboveCap(found)
    return found
