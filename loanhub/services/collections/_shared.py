"""What the use cases of collection cases share: lookup, rules in force, the parties one may contact, one event form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import contact_rules as conduct
from loanhub.domain.collections import CollectionStage, HoldReason
from loanhub.domain.contact_rules import Channel, ContactRules, Direction, Outcome, Party, Past
from loanhub.domain.customers import RelationKind
from loanhub.domain.errors import Conflict, NotFound
from loanhub.domain.formats import local
from loanhub.domain.loans import LoanStatus
from loanhub.domain.repayment.postings import LoanState
from loanhub.models import CollectionCase, CollectionContact, Customer, Loan, Pipeline
from loanhub.models.encryption import blind_index
from loanhub.repositories import collections as repository
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._transaction import announce
from loanhub.services.loans._shared import business_day, open_account

HISTORY = timedelta(days=45)
"""How far back contacts matter to the rules: above the longest run of days that makes a debtor unreachable."""


class CaseClosed(Conflict):
    """Nothing more is done on a closed case."""

    def __init__(self) -> None:
        super().__init__("案件已结案；再逾期时系统会重新立案")


class StaleCase(Conflict):
    """Somebody worked on the case since it was looked at."""

    def __init__(self) -> None:
        super().__init__("这个案件刚被别人改过，请看过最新情况再提交")


class SomebodysCase(Conflict):
    """Another collector works on the case."""

    def __init__(self, name: str) -> None:
        super().__init__(f"这个案件由{name or '其他同事'}跟进，请先分配给自己")


@dataclass(frozen=True)
class Contactable:
    """Somebody one might contact about a case: ``person`` as the rules name it; ``phone`` in clear, never shown."""

    person: str
    party: Party
    relation_id: int | None
    label: str
    name: str
    phone: str
    number_index: str


def open_case(
    db: Session, actor: Actor, case_id: int, *, expected_version: int | None = None
) -> CollectionCase:
    """Return a case inside the actor's scope, locked and open.

    Raises:
        NotFound: no such case in the actor's scope.
        CaseClosed, StaleCase: see the classes.
    """
    case = repository.get_visible(db, actor, case_id, for_update=True)
    if expected_version is not None and expected_version != case.version:
        raise StaleCase
    if case.closed_on is not None:
        raise CaseClosed
    return case


def touch(case: CollectionCase, now: datetime) -> None:
    """Count a change of a case."""
    case.version += 1
    case.updated_at = now


def enter(case: CollectionCase, stage: CollectionStage, now: datetime) -> None:
    """Bring a case into a stage; the same one keeps its moment of entry."""
    if case.stage != stage.value:
        case.stage, case.stage_entered_at = stage.value, now


def take_over(case: CollectionCase, actor: Actor, names: Any) -> None:
    """Make the actor the collector of a case nobody has; raise SomebodysCase when it is another's."""
    if case.owner_id is None:
        case.owner_id = actor.actor_id
    elif actor.actor_id not in (case.owner_id, None):
        raise SomebodysCase(names(case.owner_id))


def parties_of(db: Session, customer: Customer) -> list[Contactable]:
    """Return whom one might contact about a customer's debt: the customer first, then related parties with a phone."""
    found = [
        Contactable(
            "debtor", Party.DEBTOR, None, Party.DEBTOR.label, customer.name, customer.phone or "",
            customer.phone_index or "",
        )
    ]  # fmt: skip
    for row in repository.list_relations(db, customer.id or 0):
        phone, index = row.phone or "", row.phone_index or ""
        if not phone and row.related_id:
            other = db.get(Customer, row.related_id)
            phone, index = (other.phone or "", other.phone_index or "") if other is not None else ("", "")
        if phone:
            found.append(
                Contactable(
                    f"r{row.id}", conduct.party_of(row.kind), row.id, RelationKind(row.kind).label, row.name, phone,
                    index or blind_index("phone", phone),
                )
            )  # fmt: skip
    return found


def find_party(db: Session, customer: Customer, relation_id: int | None) -> Contactable:
    """Return the customer, or the related party of this relation.

    Raises:
        NotFound: the customer has no such related party with a phone now.
    """
    for one in parties_of(db, customer):
        if one.relation_id == relation_id:
            return one
    raise NotFound("没有找到这位联系人，或没有登记电话")


def history_of(db: Session, customer_id: int, numbers: list[str], *, now: datetime) -> list[Past]:
    """Return the contacts the rules look at."""
    rows = repository.list_history(db, customer_id, numbers, since=now - HISTORY)
    return [_past(row, customer_id) for row in rows]


def _past(row: CollectionContact, customer_id: int) -> Past:
    person = f"r{row.relation_id}" if row.relation_id else "debtor"
    if row.customer_id != customer_id:  # the same number, reached about somebody else's debt
        person = f"c{row.customer_id}:{person}"
    return Past(
        row.at, Channel(row.channel), Direction(row.direction), Party(row.party), person, row.number_index or "",
        Outcome(row.outcome) if row.outcome else None,
    )  # fmt: skip


def hold_words(case: CollectionCase, today: date) -> str:
    """Return why contact is suspended on a day 停催, or an empty text."""
    if not case.hold_reason or (case.hold_until is not None and case.hold_until < today):
        return ""
    until = f"，至 {case.hold_until.isoformat()}" if case.hold_until else ""
    return f"{HoldReason(case.hold_reason).label}{until}"


def held(db: Session, case: CollectionCase, today: date) -> str:
    """Return why nobody may be contacted about any debt of this customer: a stop on one case stops them all."""
    own = hold_words(case, today)
    if own:
        return own
    query = sa.select(CollectionCase).where(
        col(CollectionCase.customer_id) == case.customer_id, col(CollectionCase.hold_reason) != "",
        col(CollectionCase.closed_on).is_(None),
    )  # fmt: skip
    return next((words for other in db.execute(query).scalars() if (words := hold_words(other, today))), "")


def wish_for(party: Contactable, channel: Channel, direction: Direction = Direction.OUT) -> conduct.Wish:
    """Return a contact as the rules look at it; only a call counts against a number."""
    number = party.number_index if channel is Channel.CALL else ""
    return conduct.Wish(channel, party.party, party.person, number, direction)


def why_refused(
    db: Session,
    case: CollectionCase,
    party: Contactable,
    wish: conduct.Wish,
    rules: ContactRules,
    *,
    now: datetime,
) -> str:
    """Return in Chinese why this contact may not be made now, or an empty text."""
    history = history_of(db, case.customer_id, [party.number_index], now=now)
    hold = held(db, case, local(now).date())
    return conduct.refusal(rules, wish, history, now=now, hold=hold)


def state_of(db: Session, loan: Loan, now: datetime) -> LoanState | None:
    """Return the loan behind a case as the loan engine has it today; None before its money went out."""
    if loan.status is LoanStatus.PENDING:
        return None
    return open_account(db, loan).at(business_day(loan, now))


def record(
    db: Session,
    actor: Actor,
    event_type: str,
    case: CollectionCase,
    summary: str,
    *,
    now: datetime,
    before: dict[str, object] | None = None,
    after: dict[str, object] | None = None,
    reason: str = "",
) -> int:
    """Append an event on a case to its timeline and the customer's, and tell those who watch the board; return its id."""
    event = events.record(
        db, actor, event_type, now=now, entity="collection_case", entity_id=case.id, customer_id=case.customer_id,
        before=before, after=after, summary=f"{case.number} {summary}".strip(), reason=reason,
    )  # fmt: skip
    return event.id or 0


def tell_board(db: Session, actor: Actor, case: CollectionCase, *columns: str) -> None:
    """Tell those who look at the board of cases which columns changed."""
    query = sa.select(sa.func.min(Pipeline.id)).where(
        col(Pipeline.entity) == "collection_case", col(Pipeline.active)
    )
    board = db.execute(query).scalar()
    if board is not None:
        announce(
            db, f"board:{board}", id=case.id, version=case.version, columns=sorted({*columns, case.stage}),
            by=actor.user_id, who=actor.name, owner_id=case.owner_id, department_id=case.department_id,
        )  # fmt: skip
