"""What the loans page needs beside the list 贷款台: names, bucket figures, contracts waiting for their money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from loanhub.domain.formats import local, relative_day
from loanhub.domain.loans import LoanStatus
from loanhub.domain.money import format_plain, format_wan
from loanhub.domain.permissions import Permission
from loanhub.domain.repayment.delinquency import Bucket
from loanhub.repositories import loans as repository
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.loans.view import TONES
from loanhub.services.search import searched_ids

FOUND_AT_MOST = 200


@dataclass(frozen=True)
class Mark:
    """What a row of the list shows besides its own fields."""

    customer_id: int
    customer_name: str
    tone: str
    overdue: str
    due: str
    waiting: bool
    owed: str = ""
    """What is due and unpaid as the books stand, without ¥; empty when nothing is."""


@dataclass(frozen=True)
class BucketFigure:
    """How many open loans lie in a bucket, and their outstanding principal."""

    code: str
    label: str
    count: int
    amount: str


@dataclass(frozen=True)
class WaitingContract:
    """A signed contract whose disbursement nobody has asked for yet."""

    contract_id: int
    number: str
    customer_name: str
    amount: str
    signed_date: str


def marks(actor: Actor, ids: Sequence[int], *, now: datetime) -> dict[int, Mark]:
    """Return the marks of the given loans, those outside the actor's scope left out.

    Raises:
        NotPermitted: the actor lacks loans:read.
    """
    actor.require(Permission.LOANS_READ)
    today = local(now).date()
    found: dict[int, Mark] = {}
    with reading() as db:
        owed = repository.sum_due(db, ids, today)
        for loan, name in repository.list_with_customers(db, actor, ids):
            tone, overdue = TONES[loan.status], ""
            if loan.dpd and loan.status is LoanStatus.OVERDUE:
                overdue = f"逾期 {loan.dpd} 天 · {loan.bucket}"
            owing = loan.status in repository.OWING and loan.next_due_date is not None
            found[loan.id or 0] = Mark(
                customer_id=loan.customer_id,
                customer_name=name,
                tone=tone,
                overdue=overdue,
                due=_soon(loan.next_due_date, today) if owing and loan.next_due_date else "",
                waiting=loan.status is LoanStatus.PENDING and loan.requested_at is not None,
                owed=_plain(max(0, owed.get(loan.id or 0, 0) - loan.suspense_fen) if owing else 0),
            )
    return found


def _plain(fen: int) -> str:
    return format_plain(fen) if fen else ""


def _soon(day: date, today: date) -> str:
    """Return 今天, 明天 or 昨天 for a day that near, else nothing: the date itself stands beside it."""
    return relative_day(day, today) if abs((day - today).days) <= 1 else ""


def buckets(actor: Actor) -> list[BucketFigure]:
    """Return the open loans in the actor's scope by bucket, every bucket once.

    Raises:
        NotPermitted: the actor lacks loans:read.
    """
    actor.require(Permission.LOANS_READ)
    with reading() as db:
        known = repository.sum_by_bucket(db, actor)
    return [BucketFigure(one.value, one.label, *_figure(known.get(one.value, (0, 0)))) for one in Bucket]


def _figure(found: tuple[int, int]) -> tuple[int, str]:
    return found[0], format_wan(found[1])


def customer_ids(actor: Actor, text: str) -> list[int]:
    """Return the customers in the actor's scope found by a name, pinyin or phone tail, at most 200."""
    actor.require(Permission.LOANS_READ)
    with reading() as db:
        ids = searched_ids(db, "customer", text)
        return [] if ids is None else repository.list_customer_ids(db, actor, ids, limit=FOUND_AT_MOST)


def waiting_contracts(actor: Actor) -> list[WaitingContract]:
    """Return the signed contracts in the actor's scope whose money nobody has asked for, oldest signing first.

    Raises:
        NotPermitted: the actor lacks loans:disburse.
    """
    actor.require(Permission.LOANS_DISBURSE)
    with reading() as db:
        return [
            WaitingContract(
                contract_id=contract.id or 0,
                number=contract.number,
                customer_name=name,
                amount=format_plain(contract.amount_fen),
                signed_date=contract.signed_date.isoformat() if contract.signed_date else "",
            )
            for contract, name in repository.list_waiting_contracts(db, actor)
        ]
