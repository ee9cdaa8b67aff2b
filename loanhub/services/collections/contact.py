"""Contact somebody about a debt 催收联系: asked first, refused when the rules forbid it, logged either way."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlmodel import Session

from loanhub.domain import collections as rules
from loanhub.domain import contact_rules as conduct
from loanhub.domain.collections import CollectionStage, HoldReason
from loanhub.domain.contact_rules import Channel, ContactRefused, Direction, Outcome, Party
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.formats import local
from loanhub.domain.money import parse_fen
from loanhub.domain.permissions import Permission
from loanhub.models import CollectionCase, CollectionContact, Customer, User
from loanhub.repositories import collections as repository
from loanhub.services import parameters
from loanhub.services._actor import Actor
from loanhub.services._idempotency import once
from loanhub.services._transaction import reading, transaction
from loanhub.services.collections import strategies
from loanhub.services.collections._shared import (
    Contactable,
    enter,
    find_party,
    held,
    open_case,
    record,
    take_over,
    tell_board,
    touch,
    why_refused,
    wish_for,
)
from loanhub.services.collections.promise import promise_in

NOTE_AT_MOST = 1000
NEXT_AT_MOST = timedelta(days=60)


@dataclass(frozen=True)
class Pledge:
    """A promise told in a contact, as typed."""

    due_date: date | None = None
    amount: str = ""

    def __bool__(self) -> bool:
        return self.due_date is not None or bool(self.amount.strip())


@dataclass(frozen=True)
class Report:
    """What came of a contact, as the sheet after it asks for it."""

    outcome: str = ""
    note: str = ""
    next_step_at: datetime | None = None
    pledge: Pledge = field(default_factory=Pledge)


@dataclass(frozen=True)
class Dialed:
    """A call that may be made: digits for the phone, grouped text for the eye, and the row its result belongs to."""

    contact_id: int
    digits: str
    text: str
    label: str


def check(actor: Actor, *, case_id: int, channel: str, relation_id: int | None = None, now: datetime) -> str:
    """Return in Chinese why this contact may not be made now; empty when it may.

    Raises:
        NotFound: no such case in the actor's scope, or no such related party.
        NotPermitted: the actor lacks collections:contact.
        InvalidInput: no such channel.
    """
    with reading() as db:
        case = repository.get_visible(db, actor, case_id)
        actor.require(Permission.COLLECTIONS_CONTACT)
        way = _channel(channel)
        party = find_party(db, _customer(db, case), relation_id)
        if case.closed_on is not None:
            return "案件已结案，不再催收"
        return why_refused(
            db, case, party, wish_for(party, way), parameters.contact_rules(db, now=now), now=now
        )


def dial(
    actor: Actor, *, case_id: int, relation_id: int | None = None, key: str = "", now: datetime
) -> Dialed:
    """Return a number to call now and log the call; its result is entered by :func:`finish`.

    Until then it counts as a call that reached nobody, so that a page left open does not hide it. A call the rules
    forbid is not made: the refusal is logged.

    Raises:
        NotFound: no such case in the actor's scope, or no such related party.
        NotPermitted: the actor lacks collections:contact.
        CaseClosed, SomebodysCase: see the classes.
        ContactRefused: with the rule that forbids it.
    """
    refused, dialed = "", None
    with transaction() as db:
        case = open_case(db, actor, case_id)
        actor.require(Permission.COLLECTIONS_CONTACT)
        party = find_party(db, _customer(db, case), relation_id)
        if not party.phone:
            raise InvalidInput("还没有登记手机号")
        take_over(case, actor, lambda owner: _name(db, owner))
        refused = _refuse(db, actor, case, party, Channel.CALL, now=now)
        if not refused:

            def work() -> dict[str, object]:
                row = _row(db, actor, case, party, Channel.CALL, Direction.OUT, now=now)
                record(db, actor, "phone.dialed", case, f"拨打{party.label}电话", now=now, reason="催收联系")
                return {"contact_id": row.id or 0}

            stored = once(db, actor, "collections.dial", key, [case_id, relation_id], now=now, work=work)
            digits = party.phone.removeprefix("+86")
            shown = f"{digits[:3]} {digits[3:7]} {digits[7:]}" if len(digits) == 11 else digits
            dialed = Dialed(int(str(stored["contact_id"])), party.phone, shown, party.label)
    if dialed is None:
        raise ContactRefused(refused)
    return dialed


def finish(actor: Actor, *, contact_id: int, report: Report, now: datetime) -> None:
    """Enter what came of a call, once.

    Raises:
        NotFound: no such call on a case in the actor's scope.
        NotPermitted: the actor lacks collections:contact.
        Conflict: its result is entered already.
        InvalidInput: by field: ``outcome``, ``note``, ``next_step_at``, ``due_date``, ``amount``.
    """
    with transaction() as db:
        row = repository.find_contact(db, contact_id, for_update=True)
        if row is None:
            raise NotFound("没有找到这次联系，或你无权查看")
        case = repository.get_visible(db, actor, row.case_id, for_update=True)
        actor.require(Permission.COLLECTIONS_CONTACT)
        if row.outcome:
            raise Conflict("这次联系的结果已经登记过了")
        party = find_party_of(db, case, row)
        _write_report(db, actor, case, row, party, report, now=now)


def log(
    actor: Actor,
    *,
    case_id: int,
    channel: str,
    direction: str = Direction.OUT.value,
    relation_id: int | None = None,
    report: Report,
    key: str = "",
    now: datetime,
) -> int:
    """Log a contact made otherwise than by :func:`dial`: a message, a letter, a visit, or what the other side began.

    What we begin is judged as of this moment, and refused (and the refusal logged) when the rules forbid it: a message
    is logged as it is sent. What the other side begins is always logged. Returns the contact's id.

    Raises:
        NotFound, NotPermitted, CaseClosed, SomebodysCase, ContactRefused, InvalidInput: as above; ``channel`` too.
    """
    way, who_began = _channel(channel), Direction.find(direction)
    if who_began is None:
        raise InvalidInput(fields={"direction": "请选择谁联系谁"})
    refused, contact_id = "", 0
    with transaction() as db:
        case = open_case(db, actor, case_id)
        actor.require(Permission.COLLECTIONS_CONTACT)
        party = find_party(db, _customer(db, case), relation_id)
        if who_began is Direction.OUT:
            take_over(case, actor, lambda owner: _name(db, owner))
            refused = _refuse(db, actor, case, party, way, now=now)
        if not refused:
            content = [
                case_id,
                channel,
                direction,
                relation_id,
                vars(report) | {"pledge": vars(report.pledge)},
            ]

            def work() -> dict[str, object]:
                row = _row(db, actor, case, party, way, who_began or Direction.OUT, now=now)
                _write_report(db, actor, case, row, party, report, now=now)
                return {"contact_id": row.id or 0}

            stored = once(db, actor, "collections.log", key, content, now=now, work=work)
            contact_id = int(str(stored["contact_id"]))
    if refused:
        raise ContactRefused(refused)
    return contact_id


def find_party_of(db: Session, case: CollectionCase, row: CollectionContact) -> Contactable:
    """Return whom a contact was with; a related party that ended since is known by its kind alone."""
    try:
        return find_party(db, _customer(db, case), row.relation_id)
    except NotFound:
        person, party = f"r{row.relation_id}", Party(row.party)
        return Contactable(person, party, row.relation_id, party.label, "", "", row.number_index or "")


def _refuse(
    db: Session, actor: Actor, case: CollectionCase, party: Contactable, channel: Channel, *, now: datetime
) -> str:
    """Return why the contact may not be made, and log that it was tried."""
    limits = parameters.contact_rules(db, now=now)
    refused = why_refused(db, case, party, wish_for(party, channel), limits, now=now)
    if refused:
        words = f"{channel.label} · {party.label}"
        record(db, actor, "collection.refused", case, words, now=now, reason=refused)
    return refused


def _row(
    db: Session,
    actor: Actor,
    case: CollectionCase,
    party: Contactable,
    channel: Channel,
    direction: Direction,
    *,
    now: datetime,
) -> CollectionContact:
    row = CollectionContact(
        case_id=case.id or 0, customer_id=case.customer_id, channel=channel.value, direction=direction.value,
        party=party.party.value, relation_id=party.relation_id,
        number_index=party.number_index if channel in (Channel.CALL, Channel.SMS) else None, at=now,
        by_id=actor.actor_id, created_at=now,
    )  # fmt: skip
    db.add(row)
    before = case.stage
    case.contact_count += 1
    case.last_contact_at = now
    enter(case, rules.after_contact(CollectionStage(case.stage)), now)
    touch(case, now)
    db.flush()
    tell_board(db, actor, case, before)
    return row


def _write_report(
    db: Session,
    actor: Actor,
    case: CollectionCase,
    row: CollectionContact,
    party: Contactable,
    report: Report,
    *,
    now: datetime,
) -> None:
    outcome = _check(row, party, report, now=now)
    note = report.note.strip()
    row.outcome, row.note = outcome.value, note
    case.next_step_at = report.next_step_at
    touch(case, now)
    channel = Channel(row.channel)
    began = "" if row.direction == Direction.OUT.value else "对方"
    words = f"{began}{channel.label} · {party.label} · {outcome.label}"
    record(db, actor, "collection.contacted", case, f"{words}：{note}" if note else words, now=now)
    if report.pledge and case.closed_on is None:
        promise_in(
            db, actor, case, due_date=report.pledge.due_date,
            amount_fen=parse_fen(report.pledge.amount, field="amount"), note=note, now=now,
        )  # fmt: skip
    if outcome is Outcome.COMPLAINT and case.closed_on is None and not held(db, case, local(now).date()):
        days = parameters.contact_rules(db, now=now).complaint_hold_days
        until = local(now).date() + timedelta(days=days)
        hold_in(db, actor, case, HoldReason.COMPLAINT, until, "联系中提出投诉", now=now)


def _check(row: CollectionContact, party: Contactable, report: Report, *, now: datetime) -> Outcome:
    faults: dict[str, str] = {}
    outcome = Outcome.find(report.outcome) if report.outcome else None
    allowed = conduct.outcomes_for(party.party, Channel(row.channel))
    if outcome is None or outcome not in allowed:
        faults["outcome"] = "请选择联系结果"
    if len(report.note) > NOTE_AT_MOST:
        faults["note"] = f"备注最多 {NOTE_AT_MOST} 个字"
    word = conduct.forbidden_in(report.note)
    if word:
        faults["note"] = f"不能出现「{word}」这样的字眼，请如实、平和地写"
    if (
        report.next_step_at is not None
        and not now - timedelta(minutes=5) <= report.next_step_at <= now + NEXT_AT_MOST
    ):
        faults["next_step_at"] = "下次联系要在今后 60 天内"
    if outcome is Outcome.PROMISED:
        if report.pledge.due_date is None:
            faults["due_date"] = "请选择承诺还款的日期"
        if not report.pledge.amount.strip():
            faults["amount"] = "请填写承诺还款的金额"
    elif report.pledge:
        faults["outcome"] = "登记承诺时，联系结果请选「承诺还款」"
    if faults or outcome is None:
        raise InvalidInput(fields=faults)
    return outcome


def hold_in(
    db: Session,
    actor: Actor,
    case: CollectionCase,
    reason: HoldReason,
    until: date | None,
    note: str,
    *,
    now: datetime,
) -> None:
    """Suspend contact on a case, in the caller's transaction."""
    case.hold_reason, case.hold_until = reason.value, until
    touch(case, now)
    words = f"{reason.label}{f'，至 {until.isoformat()}' if until else ''}"
    strategies.refresh(db, case, now=now)
    record(db, actor, "collection.held", case, words, now=now, after={"停催": words}, reason=note)


def _channel(code: str) -> Channel:
    found = Channel.find(code)
    if found is None:
        raise InvalidInput(fields={"channel": "请选择联系方式"})
    return found


def _customer(db: Session, case: CollectionCase) -> Customer:
    customer = db.get(Customer, case.customer_id)
    if customer is None:
        raise NotFound
    return customer


def _name(db: Session, user_id: int | None) -> str:
    user = db.get(User, user_id) if user_id else None
    return user.name if user is not None else ""
