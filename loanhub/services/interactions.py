"""Follow-up 跟进: one contact with a person, its outcome, and the next step it leads to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain import leads as lead_rules
from loanhub.domain.catalogue.choices import InteractionKind
from loanhub.domain.choice import Choice
from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.leads import LeadEvent, LeadStatus, Temperature
from loanhub.domain.permissions import Permission
from loanhub.domain.public_pool import is_real_follow_up
from loanhub.models import Customer, Document, Interaction, Lead
from loanhub.repositories import leads as lead_repository
from loanhub.repositories.customers import get_visible as get_visible_customer
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._idempotency import once
from loanhub.services._transaction import reading, transaction


class CallOutcome(Choice):
    """What came of a call 通话结果."""

    ANSWERED = "answered", "已接"
    MISSED = "missed", "未接"
    DEAD = "dead", "空号"
    CALL_BACK = "call_back", "约定回访"


MOST_FILES = 10
LINKS = ("customer_id", "lead_id", "application_id", "loan_id")


@dataclass(frozen=True)
class Recorded:
    """The stored follow-up."""

    interaction_id: int
    event_id: int


def record(
    actor: Actor,
    *,
    kind: str,
    text: str,
    lead_id: int | None = None,
    customer_id: int | None = None,
    outcome: str = "",
    duration_seconds: int = 0,
    next_step: str = "",
    next_step_at: datetime | None = None,
    temperature: str = "",
    attachments: tuple[int, ...] = (),
    key: str = "",
    now: datetime,
) -> Recorded:
    """Write a follow-up on a lead or a customer and set the next step.

    A first contact stops the first-response clock; a missed call sets the lead to 未接通, any answer to 已联系. What is only
    written down counts from ten characters on, a note never (lending guide §5.5).

    Raises:
        NotFound: neither lead nor customer inside the actor's scope.
        NotPermitted: the actor lacks interactions:create.
        InvalidInput: unknown kind, no words, or a next step without a time, in the past or over a year ahead.
    """
    errors: dict[str, str] = {}
    chosen = InteractionKind.find(kind)
    if chosen is None:
        errors["kind"] = "请选择跟进方式"
    result = CallOutcome.find(outcome) if outcome else None
    if outcome and result is None:
        errors["outcome"] = "没有这种通话结果"
    words = text.strip()
    if not words and result is None:
        errors["text"] = "写一句跟进内容"
    if len(words) > 2000:
        errors["text"] = f"跟进内容最多 2000 个字，现在 {len(words)} 个"
    if next_step_at is not None and next_step_at < now - timedelta(minutes=1):
        errors["next_step_at"] = "下次跟进时间已经过去了"
    if next_step_at is not None and next_step_at > now + timedelta(days=366):
        errors["next_step_at"] = "下次跟进时间太远，最多一年"
    if temperature and Temperature.find(temperature) is None:
        errors["temperature"] = "没有这个意向等级"
    if errors or chosen is None:
        raise InvalidInput(fields=errors)
    if len(attachments) > MOST_FILES:
        raise InvalidInput(fields={"attachments": f"最多 {MOST_FILES} 个附件"})
    request = [kind, words, lead_id, customer_id, outcome, next_step, next_step_at, temperature]
    with transaction() as db:

        def work() -> dict[str, object]:
            lead = lead_repository.get_visible(db, actor, lead_id, for_update=True) if lead_id else None
            customer = get_visible_customer(db, actor, customer_id) if customer_id else None
            if lead is None and customer is None:
                raise NotFound
            actor.require(Permission.INTERACTIONS_CREATE)
            if lead is not None and customer is None and lead.customer_id:
                customer = db.get(Customer, lead.customer_id)
            row = Interaction(
                kind=chosen.value, outcome=result.value if result else "", text=words,
                duration_seconds=max(0, duration_seconds), lead_id=lead.id if lead else None,
                customer_id=customer.id if customer else None, next_step=next_step[:200],
                next_step_at=next_step_at, attachments=list(attachments), at=now, by_id=actor.actor_id,
                created_at=now,
            )  # fmt: skip
            db.add(row)
            _keep_files(db, actor, attachments, lead, customer)
            if lead is not None:
                _touch_lead(lead, chosen, words, result, temperature, next_step, next_step_at, now)
            before: dict[str, object] = {}
            after: dict[str, object] = {}
            if customer is not None:
                planned = step_text(customer.next_step, customer.next_step_at)
                if chosen is not InteractionKind.NOTE:
                    customer.last_follow_up_at = now
                _set_next(customer, chosen, next_step, next_step_at)
                became = step_text(customer.next_step, customer.next_step_at)
                if became != planned:
                    before, after = {"下一步": planned}, {"下一步": became}
            db.flush()
            summary = chosen.label + (f" · {result.label}" if result else "")
            event = events.record(
                db, actor, "interaction.recorded", now=now, entity="lead" if lead else "customer",
                entity_id=lead.id if lead else (customer.id if customer else None),
                lead_id=lead.id if lead else None, customer_id=customer.id if customer else None,
                before=before, after=after, summary=f"{summary}：{words}" if words else summary,
            )  # fmt: skip
            return {"interaction_id": row.id or 0, "event_id": event.id or 0}

        stored = once(db, actor, "interactions.record", key, request, now=now, work=work)
        return Recorded(**stored)  # type: ignore[arg-type]


def _keep_files(
    db: Session, actor: Actor, ids: tuple[int, ...], lead: Lead | None, customer: Customer | None
) -> None:
    """Join files the actor uploaded to the person the follow-up is about.

    Raises:
        InvalidInput: a file is gone, is somebody else's, or belongs to another record.
    """
    if not ids:
        return
    query = (
        sa.select(Document)
        .where(col(Document.id).in_(ids), col(Document.deleted_at).is_(None))
        .with_for_update()
    )
    rows = list(db.execute(query).scalars())
    here = {"lead_id": lead.id if lead else None, "customer_id": customer.id if customer else None}
    for row in rows:
        known = {name for name in LINKS if getattr(row, name) is not None}
        if any(here.get(name) == getattr(row, name) for name in known):
            continue
        if known or row.uploaded_by_id != actor.user_id:
            raise InvalidInput(fields={"attachments": "有附件属于别的记录，请去掉后重新上传"})
        row.lead_id, row.customer_id = here["lead_id"], here["customer_id"]
        record = lead or customer
        if record is not None:
            row.owner_id, row.department_id = record.owner_id, record.department_id
    if len(rows) != len(set(ids)):
        raise InvalidInput(fields={"attachments": "有附件已经不在，请去掉后重新上传"})


def _touch_lead(
    lead: Lead,
    kind: InteractionKind,
    words: str,
    outcome: CallOutcome | None,
    temperature: str,
    next_step: str,
    next_step_at: datetime | None,
    now: datetime,
) -> None:
    only_written = kind is InteractionKind.FOLLOW_UP and not is_real_follow_up(text=words)
    if kind is not InteractionKind.NOTE and not only_written:
        lead.last_follow_up_at = now
        missed = outcome in (CallOutcome.MISSED, CallOutcome.DEAD)
        if not missed and lead.first_contact_at is None:
            lead.first_contact_at = now
        event = LeadEvent.MISS if missed else LeadEvent.REACH
        if (lead.status, event) in lead_rules.MOVES and lead.status is not LeadStatus.CONTACTED:
            lead.status = lead_rules.move(lead.status, event)
    if temperature:
        lead.temperature = Temperature(temperature)
    _set_next(lead, kind, next_step, next_step_at)
    lead.updated_at = now
    lead.version += 1


_STEP_ICONS = {"call": "phone", "wechat": "message-circle", "sms": "message-square", "visit": "map-pin"}


def step_text(text: str, at: datetime | None) -> str:
    """Return a next step as the log shows it."""
    return f"{text} {formats.instant(at)}" if text and at is not None else formats.EMPTY


def _set_next(row: Lead | Customer, kind: InteractionKind, step: str, at: datetime | None) -> None:
    if at is None and not step:
        return
    row.next_step = step[:200] or "跟进"
    row.next_step_kind = _STEP_ICONS.get(kind.value, "phone")
    row.next_step_at = at


def list_of(
    db: Session, *, lead_id: int | None = None, customer_id: int | None = None, limit: int = 100
) -> list[Interaction]:
    """Return the newest follow-ups of a lead or customer; the caller has judged who may see them."""
    query = sa.select(Interaction).order_by(col(Interaction.at).desc()).limit(limit)
    if lead_id is not None:
        query = query.where(col(Interaction.lead_id) == lead_id)
    if customer_id is not None:
        query = query.where(col(Interaction.customer_id) == customer_id)
    return list(db.execute(query).scalars())


@dataclass(frozen=True)
class Paper:
    """A file joined to a lead; ``icon`` says what it is, ``sound`` is not empty for what is listened to."""

    id: str
    name: str
    icon: str
    sound: str
    when: str


def papers_of(actor: Actor, *, lead_id: int, now: datetime) -> list[Paper]:
    """Return photos, voice notes and papers joined to a lead, the newest first; nothing for who may read no documents.

    Raises:
        NotFound: no such lead in the actor's scope.
    """
    with reading() as db:
        lead_repository.get_visible(db, actor, lead_id)
        if not actor.can(Permission.DOCUMENTS_READ):
            return []
        query = (
            sa.select(Document)
            .where(col(Document.lead_id) == lead_id, col(Document.deleted_at).is_(None))
            .order_by(col(Document.id).desc())
            .limit(30)
        )
        icons = {"image": "image", "audio": "mic", "video": "play"}
        return [
            Paper(
                str(row.id), row.file_name, icons.get(row.media_type.partition("/")[0], "paperclip"),
                "1" if row.media_type.startswith("audio/") else "", formats.relative(row.created_at, now),
            )
            for row in db.execute(query).scalars()
        ]  # fmt: skip
