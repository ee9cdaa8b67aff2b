"""What lists say of collection cases: the marks of the queue, its figures and hours, a customer's and a loan's cases.

Money is what the loan engine says today; names are masked for the reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from loanhub.domain import formats
from loanhub.domain.collections import CollectionStage, HoldReason
from loanhub.domain.contact_rules import ContactRules
from loanhub.domain.formats import local
from loanhub.domain.money import format_fen, format_plain
from loanhub.domain.permissions import Permission
from loanhub.domain.repayment.delinquency import Bucket
from loanhub.models import CollectionCase, Loan
from loanhub.repositories import collections as repository
from loanhub.repositories import loans as loan_repository
from loanhub.services import parameters
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.collections.view import (
    APPROACH_TONES,
    STAGE_TONES,
    closed_text,
    customer_name,
    quiet_text,
)
from loanhub.services.search import searched_ids

FOUND_AT_MOST = 200


@dataclass(frozen=True)
class CaseMark:
    """What a row of the list shows besides its own fields."""

    customer_id: int
    customer_name: str
    loan_id: int
    loan_number: str
    owed: str
    risk_grade: int
    stage_tone: str
    approach_tone: str
    promise: str
    promise_tone: str
    hold: str
    last: str
    next: str
    next_over: bool


@dataclass(frozen=True)
class QueueFigure:
    """Open cases of a bucket and their overdue principal."""

    code: str
    label: str
    count: int
    amount: str


@dataclass(frozen=True)
class Today:
    """What the head of the queue says: whether contact is allowed now, and how long."""

    quiet: str
    hours: str
    cells: tuple[str, ...]
    """The 24 hours of the day: on, off, and now for the present one when contact is allowed, else shut."""
    clock: str


def today_view(*, now: datetime) -> Today:
    """Return whether collectors may contact anybody now, in words."""
    with reading() as db:
        limits = parameters.contact_rules(db, now=now)
    hour = local(now).hour
    return Today(
        quiet_text(limits, now),
        limits.hours_text,
        tuple(_hour(limits, one, now=hour, shut=limits.is_quiet(now)) for one in range(24)),
        formats.clock(now),
    )


def _hour(limits: ContactRules, hour: int, *, now: int, shut: bool) -> str:
    if hour == now:
        return "shut" if shut else "now"
    return "on" if limits.quiet_to <= time(hour) < limits.quiet_from else "off"


def marks(actor: Actor, ids: Sequence[int], *, now: datetime) -> dict[int, CaseMark]:
    """Return the marks of these cases, those outside the actor's scope left out.

    Raises:
        NotPermitted: the actor lacks collections:read.
    """
    actor.require(Permission.COLLECTIONS_READ)
    today = local(now).date()
    with reading() as db:
        facts = repository.list_facts(db, actor, ids)
        owed = loan_repository.sum_due(db, [loan.id or 0 for _, loan, _, _ in facts], today)
        return {
            case.id or 0: CaseMark(
                customer_id=case.customer_id, customer_name=customer_name(db, actor, name, now), loan_id=case.loan_id,
                loan_number=loan.number,
                owed=format_plain(max(0, owed.get(loan.id or 0, 0) - loan.suspense_fen)), risk_grade=grade or 0,
                stage_tone=STAGE_TONES[case.stage], approach_tone=APPROACH_TONES[case.approach],
                promise=_soon(case, today), promise_tone=_tone(case, today), hold=_hold(case, today),
                last=formats.relative(case.last_contact_at, now) if case.last_contact_at else "未联系",
                next=formats.remaining(case.next_step_at, now) if case.next_step_at else "",
                next_over=case.next_step_at is not None and case.next_step_at <= now,
            )
            for case, loan, name, grade in facts
        }  # fmt: skip


def _hold(case: CollectionCase, today: date) -> str:
    if not case.hold_reason or (case.hold_until is not None and case.hold_until < today):
        return ""
    return f"停催：{HoldReason(case.hold_reason).label}"


def _soon(case: CollectionCase, today: date) -> str:
    if case.promise_due_date is None:
        return ""
    return f"{formats.relative_day(case.promise_due_date, today)} {format_fen(case.promise_fen or 0)}"


def _tone(case: CollectionCase, today: date) -> str:
    if case.promise_due_date is None:
        return ""
    return "danger" if case.promise_due_date < today else "warn" if case.promise_due_date == today else "info"


def figures(actor: Actor) -> list[QueueFigure]:
    """Return the open cases in the actor's scope by bucket, every bucket with cases and M1 to M3.

    Raises:
        NotPermitted: the actor lacks collections:read.
    """
    actor.require(Permission.COLLECTIONS_READ)
    with reading() as db:
        known = repository.sum_open(db, actor)
    return [
        QueueFigure(one.value, one.label, known.get(one.value, (0, 0))[0], _wan(known.get(one.value, (0, 0))[1]))
        for one in Bucket
        if one.value in known or one in (Bucket.M1, Bucket.M2, Bucket.M3)
    ]  # fmt: skip


def _wan(fen: int) -> str:
    return format_fen(fen) if fen < 1_000_000 else f"¥{(fen + 50_000) // 100_000 / 10:,.1f} 万"


def customer_ids(actor: Actor, text: str) -> list[int]:
    """Return the customers found by a name, pinyin or phone tail, at most 200; whose cases one sees is asked elsewhere.

    Raises:
        NotPermitted: the actor lacks collections:read.
    """
    actor.require(Permission.COLLECTIONS_READ)
    with reading() as db:
        ids = searched_ids(db, "customer", text)
        return [] if ids is None else [int(i) for i in db.execute(ids.limit(FOUND_AT_MOST)).scalars()]


def collectors(actor: Actor) -> list[dict[str, str]]:
    """Return who may be given a case, fewest open cases first: ``value``, ``label``, ``load``.

    Raises:
        NotPermitted: the actor lacks collections:assign.
    """
    actor.require(Permission.COLLECTIONS_ASSIGN)
    with reading() as db:
        return [
            {"value": str(user.id), "label": user.name, "load": f"{load} 件"}
            for user, load in repository.list_collectors(db, Permission.COLLECTIONS_CONTACT.value)
        ]


def of_customer(actor: Actor, *, customer_id: int, now: datetime) -> list[dict[str, str]]:
    """Return the cases of a customer in the actor's scope, open ones first, as texts; nothing without the right to read them."""
    if not actor.can(Permission.COLLECTIONS_READ):
        return []
    today = local(now).date()
    with reading() as db:
        return [
            _line(case, loan, now, today)
            for case, loan in repository.list_by_customer(db, actor, customer_id)
        ]


def of_loan(actor: Actor, *, loan_id: int, now: datetime) -> list[dict[str, str]]:
    """Return the cases of a loan in the actor's scope, newest first, as texts; nothing without the right to read them."""
    if not actor.can(Permission.COLLECTIONS_READ):
        return []
    today = local(now).date()
    with reading() as db:
        loan = db.get(Loan, loan_id)
        if loan is None:
            return []
        return [_line(case, loan, now, today) for case in repository.list_by_loan(db, actor, loan_id)]


def _line(case: CollectionCase, loan: Loan, now: datetime, today: date) -> dict[str, str]:
    done = case.closed_on is not None
    return {
        "id": str(case.id), "number": case.number, "href": f"/collections?case={case.id}", "loan": loan.number,
        "stage": CollectionStage(case.stage).label, "tone": STAGE_TONES[case.stage], "opened": case.opened_on.isoformat(),
        "late": "" if done else formats.overdue(loan.dpd), "contacts": f"{case.contact_count} 次",
        "last": formats.relative(case.last_contact_at, now) if case.last_contact_at else "—",
        "promise": _soon(case, today), "closed": closed_text(case), "hold": "" if done else _hold(case, today),
        "overdue": "" if done else format_plain(loan.overdue_principal_fen),
    }  # fmt: skip
