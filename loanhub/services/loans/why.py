"""Why this fen 这一分钱从哪来, of a loan's life: any amount of its page with formula, inputs, source and the event behind it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.errors import InvalidInput
from loanhub.domain.events import EVENT_TYPES
from loanhub.domain.money import format_fen, format_plain
from loanhub.domain.permissions import Permission
from loanhub.domain.repayment.allocation import Component
from loanhub.models import Event
from loanhub.repositories import loans as repository
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.loans._shared import Account, business_day, open_account
from loanhub.services.loans._why import OF_ROW, TELLERS, Case, WhyStep

EVENTS_SHOWN = 12
STEPS_SHOWN = 200


@dataclass(frozen=True)
class WhyEvent:
    """The recorded event that made an amount; ``payment_id`` is the posting it wrote, 0 for none."""

    id: int
    label: str
    at: str
    by: str
    summary: str
    changes: tuple[str, ...]
    reason: str
    payment_id: int


@dataclass(frozen=True)
class Why:
    """What stands behind one amount of a loan's page; all texts."""

    part: str
    period: int
    title: str
    amount: str
    formula: str
    inputs: tuple[tuple[str, str], ...]
    rounding: str
    source: str
    steps: tuple[WhyStep, ...]
    events: tuple[WhyEvent, ...]


def why(
    actor: Actor, *, loan_id: int, part: str, period: int = 0, on: date | None = None, now: datetime
) -> Why:
    """Return what stands behind an amount.

    part: of an installment (``period`` counts from 1) principal, interest, fee, penalty, total, paid, open or balance;
    of the loan disbursed, outstanding, due, received, suspense or accrued_interest; of a settlement on the day ``on``
    settle_principal, settle_due, settle_interest, settle_fee or settle_total.

    Raises:
        NotFound: no such loan in the actor's scope.
        NotPermitted: the actor lacks loans:read.
        NotDisbursed: nothing has happened on it yet.
        InvalidInput: no such amount on this loan.
    """
    with reading() as db:
        loan = repository.get_visible(db, actor, loan_id)
        actor.require(Permission.LOANS_READ)
        account = open_account(db, loan)
        today = business_day(loan, now)
        day = on if on is not None and on >= today else today
        state = account.at(day if part.startswith("settle_") else today)
        row = next((one for one in state.installments if one.period == period), None)
        tell = TELLERS.get(part)
        if tell is None or (part in OF_ROW and row is None):
            raise InvalidInput("这个金额没有可以说明的来历")
        told = tell(Case(account, state, day, row))
        return Why(
            part=part, period=period, title=told.title, amount=format_fen(told.amount_fen), formula=told.formula,
            inputs=tuple(told.inputs), rounding=told.rounding, source=told.source,
            steps=tuple(told.steps[:STEPS_SHOWN]), events=_events(db, account, told.sequences),
        )  # fmt: skip


# ---- the events behind ----


def open_components(actor: Actor, *, loan_id: int, now: datetime) -> list[tuple[str, str, str]]:
    """Return what is due and unpaid by component: (code, label, amount without ¥), empty ones left out.

    Raises:
        NotFound: no such loan in the actor's scope.
        NotPermitted: the actor lacks loans:read.
        NotDisbursed: nothing is due yet.
    """
    with reading() as db:
        loan = repository.get_visible(db, actor, loan_id)
        actor.require(Permission.LOANS_READ)
        state = open_account(db, loan).at(business_day(loan, now))
        due = [(part, state.due_fen(part)) for part in Component]
        return [(part.value, part.label, format_plain(fen)) for part, fen in due if fen]


def _events(db: Session, account: Account, sequences: Iterable[int]) -> tuple[WhyEvent, ...]:
    """Return the recorded events of the postings, newest first; sequence 0 is the disbursement."""
    wanted = set(sequences)
    payments = {one.posted_at: one for one in account.payments if one.seq in wanted}
    chosen: list[sa.ColumnElement[bool]] = []
    if payments:
        chosen.append(col(Event.at).in_(list(payments)))
    if 0 in wanted:
        chosen.append(col(Event.type) == "loan.disbursed")
    if not chosen:
        return ()
    query = (
        sa.select(Event)
        .where(col(Event.entity) == "loan", col(Event.entity_id) == account.loan.id, sa.or_(*chosen))
        .order_by(col(Event.id).desc())
        .limit(EVENTS_SHOWN * 3)
    )
    found = []
    for event in db.execute(query).scalars():
        spec = EVENT_TYPES.get(event.type)
        if event.type in ("loan.overdue", "loan.settled") or spec is None:
            continue
        payment = payments.get(event.at)
        lines = tuple(f"{key} {event.before.get(key, '—')} → {value}" for key, value in event.after.items())
        found.append(
            WhyEvent(
                id=event.id or 0, label=spec.label, at=formats.instant(event.at), by=event.actor_name or "系统",
                summary=event.summary, changes=lines, reason=event.reason,
                payment_id=(payment.id or 0) if payment else 0,
            )
        )  # fmt: skip
    return tuple(found[:EVENTS_SHOWN])


__all__ = ["Why", "WhyEvent", "WhyStep", "open_components", "why"]
