"""A call is reported 通话入库: known again by number, shown to the agent, written to the timeline, once each."""

from __future__ import annotations

import io
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.leads import MOVES, LeadEvent, LeadStatus, move
from loanhub.domain.masking import MaskKind, mask
from loanhub.domain.telephony import (
    RECORDING_TYPES,
    CallDirection,
    CallReport,
    CallResult,
    CallState,
    RecordingState,
    read_report,
    sound_type,
)
from loanhub.models import (
    AgentExtension,
    CallRecord,
    Customer,
    Document,
    Interaction,
    Lead,
    User,
    WebhookDelivery,
)
from loanhub.models.encryption import blind_index
from loanhub.repositories import leads as lead_repository
from loanhub.services import _storage, events, strict_json
from loanhub.services._actor import SYSTEM, Actor
from loanhub.services._notices import notify
from loanhub.services._rights import actor_of
from loanhub.services._transaction import announce

TOPIC = "calls"
_OUTCOMES = {CallResult.ANSWERED.value: "answered", CallResult.DEAD.value: "dead"}
NEAR = timedelta(minutes=15)
"""How far from a call's end the sheet after a call is taken to be about it."""


def take_in(db: Session, row: WebhookDelivery, body: bytes, *, now: datetime) -> CallRecord:
    """Read one delivery and do what it means; a repeat of what is known changes nothing.

    Raises:
        InvalidInput: it cannot be read; nothing was written.
    """
    report = read_report(strict_json.loads(body))
    query = sa.select(CallRecord).where(col(CallRecord.call_id) == report.call_id).with_for_update()
    call: CallRecord | None = db.execute(query).scalar_one_or_none()
    if call is None:
        call = _begin(db, report, now)
        if report.state is CallState.RINGING and call.owner_id and report.direction is CallDirection.IN:
            announce(db, f"inbox:{call.owner_id}", call=call.id)
    if report.state is CallState.ENDED and call.state != CallState.ENDED.value:
        _end(db, call, report, now)
    announce(db, TOPIC, id=call.id)
    row.lead_id = call.lead_id
    return call


def _begin(db: Session, report: CallReport, now: datetime) -> CallRecord:
    index = blind_index("phone", report.phone)
    agent = db.execute(
        sa.select(User).join(AgentExtension, col(AgentExtension.user_id) == col(User.id))
        .where(col(AgentExtension.extension) == report.extension, col(User.active))
    ).scalar_one_or_none()  # fmt: skip
    lead, customer = known_by(db, index)
    call = CallRecord(
        call_id=report.call_id, direction=report.direction.value, state=CallState.RINGING.value, phone=report.phone,
        phone_index=index, extension=report.extension, owner_id=agent.id if agent else None,
        department_id=agent.department_id if agent else None, lead_id=lead.id if lead else None,
        customer_id=customer.id if customer else None, started_at=report.started_at, created_at=now,
        settled="linked" if lead or customer else "",
    )  # fmt: skip
    db.add(call)
    db.flush()
    return call


def known_by(db: Session, index: str) -> tuple[Lead | None, Customer | None]:
    """Return the newest living lead of a number, and the customer of it."""
    lead = lead_repository.find_same_party(db, phone_index=index, id_number_index=None)
    query = (
        sa.select(Customer)
        .where(col(Customer.phone_index) == index, col(Customer.deleted_at).is_(None))
        .order_by(col(Customer.id).desc())
        .limit(1)
    )
    customer: Customer | None = db.execute(query).scalar_one_or_none()
    if customer is None and lead is not None and lead.customer_id:
        customer = db.get(Customer, lead.customer_id)
    return lead, customer


def _end(db: Session, call: CallRecord, report: CallReport, now: datetime) -> None:
    call.state, call.result = CallState.ENDED.value, report.result.value if report.result else ""
    call.answered_at, call.ended_at, call.seconds = report.answered_at, report.ended_at, report.seconds
    call.version += 1
    if report.recording:
        _keep(db, call, report.recording, now)
    elif report.recording_url:
        call.recording_url, call.recording_state = report.recording_url, RecordingState.WAITING.value
        call.recording_at = now
    if call.lead_id or call.customer_id:
        write_interaction(db, call, now)
    missed = call.direction == CallDirection.IN.value and call.result != CallResult.ANSWERED.value
    if missed:
        lead = db.get(Lead, call.lead_id) if call.lead_id else None
        whom = call.owner_id or (lead.owner_id if lead else None)
        notify(
            db, whom, title="未接来电" + (f"：{lead.name}" if lead else ""), kind="call",
            text=f"{formats.local(call.started_at):%H:%M} 来电 {mask(MaskKind.PHONE, call.phone)}，请尽快回电",
            link=f"/leads?lead={lead.id}" if lead else "/calls", entity="lead" if lead else "",
            entity_id=lead.id if lead else None, actionable=True, now=now,
        )  # fmt: skip


def write_interaction(db: Session, call: CallRecord, now: datetime) -> None:
    """Write the call to the timeline of whom it was with, or join it to what the agent wrote after it; once."""
    if call.interaction_id is not None:
        return
    ended = min(call.ended_at or now, now)
    outcome = _OUTCOMES.get(call.result, "missed")
    lead = db.get(Lead, call.lead_id, with_for_update=True) if call.lead_id else None
    customer = db.get(Customer, call.customer_id) if call.customer_id else None
    written = _written_after(db, call, ended)
    if written is not None:
        written.duration_seconds = call.seconds
        call.interaction_id = written.id
    else:
        actor = _agent(db, call)
        words = f"{CallDirection(call.direction).label} {CallResult(call.result).label}"
        if call.seconds:
            words += f" {call.seconds // 60} 分 {call.seconds % 60} 秒"
        row = Interaction(
            kind="call", outcome=outcome, text=words, duration_seconds=call.seconds, lead_id=lead.id if lead else None,
            customer_id=customer.id if customer else None, at=ended, by_id=call.owner_id, created_at=now,
        )  # fmt: skip
        db.add(row)
        db.flush()
        call.interaction_id = row.id
        label = {"answered": "已接", "dead": "空号"}.get(outcome, "未接")
        events.record(
            db, actor, "interaction.recorded", now=ended, entity="lead" if lead else "customer",
            entity_id=lead.id if lead else (customer.id if customer else None), lead_id=lead.id if lead else None,
            customer_id=customer.id if customer else None, summary=f"电话 · {label}：{words}",
        )  # fmt: skip
        if customer is not None:
            customer.last_follow_up_at = ended
    if lead is not None:
        _touch(lead, outcome, ended, now)
    attach(db, call)


def _agent(db: Session, call: CallRecord) -> Actor:
    user = db.get(User, call.owner_id) if call.owner_id else None
    return actor_of(db, user) if user is not None else SYSTEM


def _written_after(db: Session, call: CallRecord, ended: datetime) -> Interaction | None:
    """Return what the agent wrote about this call already, when it was quicker than the telephone system."""
    if call.owner_id is None:
        return None
    taken = sa.select(col(CallRecord.interaction_id)).where(col(CallRecord.interaction_id).is_not(None))
    same = (
        col(Interaction.lead_id) == call.lead_id
        if call.lead_id
        else col(Interaction.customer_id) == call.customer_id
    )
    query = (
        sa.select(Interaction)
        .where(
            same, col(Interaction.kind) == "call", col(Interaction.by_id) == call.owner_id,
            col(Interaction.at) >= call.started_at, col(Interaction.at) <= ended + NEAR,
            col(Interaction.id).not_in(taken),
        )
        .order_by(col(Interaction.id))
        .limit(1)
    )  # fmt: skip
    found: Interaction | None = db.execute(query).scalar_one_or_none()
    return found


def _touch(lead: Lead, outcome: str, at: datetime, now: datetime) -> None:
    """Stop the first-contact clock as a follow-up by hand does."""
    lead.last_follow_up_at = max(at, lead.last_follow_up_at or at)
    if outcome == "answered" and lead.first_contact_at is None:
        lead.first_contact_at = at
    event = LeadEvent.REACH if outcome == "answered" else LeadEvent.MISS
    if (lead.status, event) in MOVES and lead.status is not LeadStatus.CONTACTED:
        lead.status = move(lead.status, event)
    lead.updated_at = now
    lead.version += 1


def _keep(db: Session, call: CallRecord, content: bytes, now: datetime) -> None:
    """Store a recording, encrypted, with the records it belongs to."""
    extension = sound_type(content)
    stored = _storage.put(io.BytesIO(content))
    lead = db.get(Lead, call.lead_id) if call.lead_id else None
    row = Document(
        kind="recording", label=f"{formats.local(call.started_at):%m-%d %H:%M} 通话录音",
        file_name=f"{call.call_id.replace(':', '_')[:60]}{extension}", media_type=RECORDING_TYPES[extension],
        sha256=stored.sha256, size_bytes=stored.size_bytes, owner_id=lead.owner_id if lead else call.owner_id,
        department_id=lead.department_id if lead else call.department_id, customer_id=call.customer_id,
        lead_id=call.lead_id, uploaded_by_id=call.owner_id, created_at=now,
    )  # fmt: skip
    db.add(row)
    db.flush()
    call.document_id, call.recording_state, call.recording_url = row.id, RecordingState.STORED.value, None
    call.recording_reason = ""


def keep_recording(db: Session, call: CallRecord, content: bytes, *, now: datetime) -> None:
    """Store a recording that was fetched, and hang it on the timeline."""
    _keep(db, call, content, now)
    attach(db, call)


def attach(db: Session, call: CallRecord) -> None:
    """Hang the recording on the interaction, and on whom the call was with."""
    if call.document_id is None:
        return
    document = db.get(Document, call.document_id)
    if document is not None:
        document.customer_id, document.lead_id = call.customer_id, call.lead_id
    row = db.get(Interaction, call.interaction_id) if call.interaction_id else None
    if row is not None and call.document_id not in row.attachments:
        row.attachments = [*row.attachments, call.document_id]
