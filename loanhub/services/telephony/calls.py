"""The calls a person may see 通话记录: list, who is calling, and those nobody was found for: linked or put aside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.choice import Choice
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.masking import MaskKind, mask
from loanhub.domain.permissions import Permission
from loanhub.domain.telephony import CallDirection, CallResult, CallState, RecordingState
from loanhub.models import CallRecord, Channel, Customer, Lead, User
from loanhub.repositories.scope import visible_to
from loanhub.services import events, leads
from loanhub.services._actor import Actor
from loanhub.services._transaction import announce, reading, transaction
from loanhub.services.telephony.intake import TOPIC, attach, write_interaction

MOST = 200


class Tab(Choice):
    """The tabs of the page."""

    ALL = "all", "全部"
    UNKNOWN = "unknown", "未匹配"
    MISSED = "missed", "未接来电"


@dataclass(frozen=True)
class CallView:
    """A call as the list shows it; the number masked."""

    id: int
    version: int
    phone: str
    who: str
    link: str
    direction: str
    direction_label: str
    result: str
    result_label: str
    started: str
    length: str
    agent: str
    recording: str
    recording_label: str
    document_id: int
    waits: bool


@dataclass(frozen=True)
class Caller:
    """Who is calling, for the card that pops up."""

    call_id: int
    phone: str
    name: str
    detail: str
    link: str
    known: bool


def list_calls(actor: Actor, *, tab: str = Tab.ALL.value, now: datetime) -> tuple[list[CallView], int]:
    """Return the newest calls in the actor's scope, at most 200, and how many wait to be linked.

    Calls of extensions nobody has belong to whoever sees everything.

    Raises:
        NotPermitted: the actor lacks interactions:create.
    """
    actor.require(Permission.INTERACTIONS_CREATE)
    chosen = Tab.find(tab) or Tab.ALL
    query = (
        sa.select(CallRecord, col(User.name), Lead, col(Customer.name))
        .outerjoin(User, col(User.id) == col(CallRecord.owner_id))
        .outerjoin(Lead, col(Lead.id) == col(CallRecord.lead_id))
        .outerjoin(Customer, col(Customer.id) == col(CallRecord.customer_id))
        .where(visible_to(actor, CallRecord))
    )
    unknown = sa.and_(col(CallRecord.settled) == "", col(CallRecord.state) == CallState.ENDED.value)
    if chosen is Tab.UNKNOWN:
        query = query.where(unknown)
    if chosen is Tab.MISSED:
        query = query.where(
            col(CallRecord.direction) == CallDirection.IN.value,
            col(CallRecord.result).not_in(("", CallResult.ANSWERED.value)),
        )
    count = sa.select(sa.func.count()).select_from(CallRecord).where(visible_to(actor, CallRecord), unknown)
    with reading() as db:
        rows = db.execute(query.order_by(col(CallRecord.id).desc()).limit(MOST)).all()
        waiting = int(db.execute(count).scalar_one())
        return [
            _view(actor, call, agent, lead, customer, now) for call, agent, lead, customer in rows
        ], waiting


def _view(
    actor: Actor, call: CallRecord, agent: str | None, lead: Lead | None, customer: str | None, now: datetime
) -> CallView:
    reached = lead is not None and actor.reaches(owner_id=lead.owner_id, department_id=lead.department_id)
    result = CallResult.find(call.result)
    link = f"/customers/{call.customer_id}" if call.customer_id and customer else ""
    if not link and lead is not None and reached:
        link = f"/leads?lead={lead.id}"
    return CallView(
        id=call.id or 0, version=call.version, phone=mask(MaskKind.PHONE, (call.phone or "").removeprefix("+86")),
        who=(customer or "") if call.customer_id else (lead.name if lead and reached else "同事的客户" if lead else ""),
        link=link, direction=call.direction, direction_label=CallDirection(call.direction).label,
        result=call.result, result_label=result.label if result else CallState(call.state).label,
        started=formats.relative(call.started_at, now),
        length=f"{call.seconds // 60}:{call.seconds % 60:02d}" if call.seconds else "—", agent=agent or f"分机 {call.extension}",
        recording=call.recording_state, recording_label=call.recording_reason or RecordingState(call.recording_state).label,
        document_id=call.document_id or 0, waits=call.settled == "" and call.state == CallState.ENDED.value,
    )  # fmt: skip


def channels_for(actor: Actor) -> list[tuple[str, str]]:
    """Return the channels a lead made of a call may come from: (code, label).

    Raises:
        NotPermitted: the actor lacks leads:create.
    """
    actor.require(Permission.LEADS_CREATE)
    query = (
        sa.select(col(Channel.code), col(Channel.label))
        .where(col(Channel.active))
        .order_by(col(Channel.sort))
    )
    with reading() as db:
        return [(code, label) for code, label in db.execute(query).all()]


def caller(actor: Actor, *, call_id: int) -> Caller:
    """Return who is calling this agent.

    Raises:
        NotFound: not a call in the actor's scope.
    """
    with reading() as db:
        call = _visible(db, actor, call_id)
        phone = mask(MaskKind.PHONE, (call.phone or "").removeprefix("+86"))
        lead = db.get(Lead, call.lead_id) if call.lead_id else None
        customer = db.get(Customer, call.customer_id) if call.customer_id else None
        for record, link in (
            (customer, f"/customers/{call.customer_id}"),
            (lead, f"/leads?lead={call.lead_id}"),
        ):
            if record is not None and actor.reaches(
                owner_id=record.owner_id, department_id=record.department_id
            ):
                parts = [record.number, record.city, record.company_name]
                if lead is not None:
                    parts.insert(1, lead.status.label)
                return Caller(call.id or 0, phone, record.name, " · ".join(p for p in parts if p), link, True)
        known = "同事的客户，归属不变" if lead or customer else "通话后可以建成线索或关联到已有线索"
        return Caller(
            call.id or 0,
            phone,
            "陌生来电" if not (lead or customer) else "已有客户来电",
            known,
            "/calls",
            False,
        )


def link(actor: Actor, *, call_id: int, version: int, number: str, now: datetime) -> None:
    """Say whose call it was, by the number of a lead or customer in the actor's scope; it goes to the timeline.

    Raises:
        NotFound: no such call or record in the actor's scope.
        NotPermitted: the actor lacks interactions:create.
        Conflict: somebody was there first.
        InvalidInput: no number.
    """
    wanted = number.strip().upper()
    if not wanted:
        raise InvalidInput(fields={"number": "写线索或客户编号"})
    with transaction() as db:
        call = _open(db, actor, call_id, version)
        lead = db.execute(
            sa.select(Lead).where(col(Lead.number) == wanted, visible_to(actor, Lead))
        ).scalar_one_or_none()
        customer = db.execute(
            sa.select(Customer).where(col(Customer.number) == wanted, visible_to(actor, Customer))
        ).scalar_one_or_none()
        if lead is None and customer is None:
            raise InvalidInput(fields={"number": f"你的范围内没有编号 {wanted}"})
        _settle(db, actor, call, lead, customer, now)


def make_lead(
    actor: Actor, *, call_id: int, version: int, name: str, channel_code: str, now: datetime
) -> leads.Created:
    """Make a lead of a call nobody was found for, and write the call to its timeline.

    Raises:
        NotFound, NotPermitted, Conflict: as for :func:`link`; the actor lacks leads:create.
        InvalidInput: the name, or the number is no mobile.
    """
    with transaction() as db:
        call = _open(db, actor, call_id, version)
        raw = {"name": name, "phone": (call.phone or "").removeprefix("+86"), "channel_code": channel_code}
        made = leads.create(actor, raw, key=f"call:{call.call_id}"[:64], now=now)
        lead = db.get(Lead, made.lead_id) if made.lead_id else None
        if lead is None:
            raise Conflict(made.notice or "这个号码已有线索，不在你的范围内")
        _settle(db, actor, call, lead, None, now)
        return made


def ignore(actor: Actor, *, call_id: int, version: int, now: datetime) -> None:
    """Put a call aside that concerns nobody (wrong number, advertising).

    Raises:
        NotFound, NotPermitted, Conflict: as for :func:`link`.
    """
    with transaction() as db:
        call = _open(db, actor, call_id, version)
        call.settled, call.version = "ignored", call.version + 1
        events.record(
            db, actor, "call.ignored", now=now, entity="call", entity_id=call.id, summary="标为无关通话"
        )
        announce(db, TOPIC, id=call.id)


def _settle(
    db: Session, actor: Actor, call: CallRecord, lead: Lead | None, customer: Customer | None, now: datetime
) -> None:
    call.lead_id = lead.id if lead else None
    call.customer_id = customer.id if customer else (lead.customer_id if lead else None)
    call.settled, call.version = "linked", call.version + 1
    write_interaction(db, call, now)
    attach(db, call)
    events.record(
        db, actor, "call.linked", now=now, entity="call", entity_id=call.id, lead_id=call.lead_id,
        customer_id=call.customer_id, summary=f"关联到 {(lead or customer).number}",  # type: ignore[union-attr]
    )  # fmt: skip
    announce(db, TOPIC, id=call.id)


def _visible(db: Session, actor: Actor, call_id: int) -> CallRecord:
    query = sa.select(CallRecord).where(col(CallRecord.id) == call_id, visible_to(actor, CallRecord))
    found: CallRecord | None = db.execute(query.with_for_update()).scalar_one_or_none()
    if found is None:
        raise NotFound("没有这通电话")
    return found


def _open(db: Session, actor: Actor, call_id: int, version: int) -> CallRecord:
    call = _visible(db, actor, call_id)
    actor.require(Permission.INTERACTIONS_CREATE)
    if call.version != version or call.settled != "" or call.state != CallState.ENDED.value:
        raise Conflict("这通电话刚有变化，请刷新后再看")
    return call
