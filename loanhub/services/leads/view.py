"""One lead as its drawer shows it, the marks of list rows, and the blind duplicate check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.first_response import DEFAULT_RESPONSE, ResponseRules, minutes_left, response
from loanhub.domain.identity import check_mobile
from loanhub.domain.leads import CLOSED_STATUSES, LeadStatus
from loanhub.domain.permissions import Permission, RoleCode
from loanhub.models import Department, Lead, LeadTouch, Role, Stage, User, UserRole
from loanhub.models.encryption import blind_index
from loanhub.repositories import leads as repository
from loanhub.repositories.scope import visible_to
from loanhub.services import catalogue, events, tasks
from loanhub.services._actor import Actor
from loanhub.services._lead_rules import lead_rules
from loanhub.services._transaction import reading, transaction
from loanhub.services.catalogue import FieldView
from loanhub.services.duplicates import tell
from loanhub.services.events import EventView
from loanhub.services.leads._shared import team_name
from loanhub.services.tasks import TaskView

NEAR = 25
"""Percent of the time left below which a deadline is near."""


@dataclass(frozen=True)
class Mark:
    """What a list row shows besides its fields: the path, the deadline, the owner's initial, whether it is fresh.

    ``sla_status``: '' in time, 'w' at most a quarter left, 'o' over, 'z' no deadline.
    """

    stage: int
    stage_label: str
    sla_text: str
    sla_percent: int
    sla_status: str
    fresh: bool
    touches: int
    closed: bool
    created: str


def deadline(lead: Lead, now: datetime, first: ResponseRules = DEFAULT_RESPONSE) -> tuple[str, int, str]:
    """Return the text, the share left in percent and the status of the lead's next deadline.

    Before anybody tried to reach the person the first-response clock runs, in the time that counts (at night it
    stands still); later the next step counts; a lead without one says so.
    """
    if lead.status in CLOSED_STATUSES:
        return "—", 0, "z"
    if lead.owner_id is not None and lead.first_contact_at is None and lead.last_follow_up_at is None:
        due_at = response(lead.assigned_at or lead.created_at, first).due_at
        minutes = minutes_left(now, due_at, first)
        text = formats.remaining(now + timedelta(minutes=minutes), now)
        if minutes < 0:
            return text, 100, "o"
        percent = formats.percent_of(minutes, first.minutes)
        return text, percent, "w" if percent <= NEAR else ""
    if lead.next_step_at is None:
        return "定一个下一步", 0, "w"
    left = lead.next_step_at - now
    whole = max(lead.next_step_at - (lead.last_follow_up_at or lead.created_at), timedelta(hours=1))
    second = timedelta(seconds=1)
    percent = formats.percent_of(left // second, whole // second)
    if left < timedelta(0):
        return formats.remaining(lead.next_step_at, now), 100, "o"
    text = (
        formats.remaining(lead.next_step_at, now)
        if left < timedelta(hours=24)
        else formats.relative(lead.next_step_at, now)
    )
    return text, percent, "w" if percent <= NEAR else ""


def marks(actor: Actor, lead_ids: Sequence[int], *, now: datetime) -> dict[int, Mark]:
    """Return the marks of leads inside the actor's scope, by id."""
    with reading() as db:
        rows = (
            db.execute(sa.select(Lead).where(col(Lead.id).in_(lead_ids), visible_to(actor, Lead)))
            .scalars()
            .all()
        )
        stages, first = _stages(db), lead_rules(db, now=now).first
        counted = (
            sa.select(col(LeadTouch.lead_id), sa.func.count())
            .where(col(LeadTouch.lead_id).in_(lead_ids))
            .group_by(col(LeadTouch.lead_id))
        )
        touches = {int(lead_id): int(number) for lead_id, number in db.execute(counted).all()}
        found = {}
        for lead in rows:
            number, label = stages.get((lead.pipeline_id, lead.stage_code), (1, ""))
            text, percent, status = deadline(lead, now, first)
            fresh = lead.first_contact_at is None and now - lead.created_at < timedelta(hours=24)
            found[lead.id or 0] = Mark(
                number,
                label,
                text,
                percent,
                status,
                fresh,
                touches.get(lead.id or 0, 0),
                lead.status in CLOSED_STATUSES,
                formats.relative(lead.created_at, now),
            )
        return found


def _stages(db: Session) -> dict[tuple[int | None, str], tuple[int, str]]:
    """Return (place on its own board, 1 to 7; label) by board and code; boards share codes but not places."""
    query = sa.select(Stage).order_by(col(Stage.pipeline_id), col(Stage.sort), col(Stage.id))
    found: dict[tuple[int | None, str], tuple[int, str]] = {}
    for pipeline_id, stages in groupby(db.execute(query).scalars(), key=lambda stage: stage.pipeline_id):
        for place, stage in enumerate(stages, start=1):
            found[pipeline_id, stage.code] = (min(7, place), stage.label)
    return found


@dataclass(frozen=True)
class TouchView:
    """A further enquiry of the same person."""

    channel: str
    when: str
    note: str


@dataclass(frozen=True)
class LeadView:
    """A lead as its drawer shows it, masked for the reader."""

    id: int
    number: str
    version: int
    name: str
    phone: str
    status: str
    status_label: str
    temperature: str
    temperature_label: str
    stage: int
    stage_label: str
    owner: str
    department: str
    next_step: str
    sla: tuple[str, int, str]
    amount: str
    customer_id: int
    closed: bool
    pooled: bool
    can_edit: bool
    can_call: bool
    can_convert: bool
    can_follow: bool
    fields: tuple[FieldView, ...]
    timeline: tuple[EventView, ...]
    tasks: tuple[TaskView, ...]
    touches: tuple[TouchView, ...]


def open_lead(actor: Actor, *, lead_id: int, now: datetime) -> LeadView:
    """Return one lead with its fields in form order, timeline, open tasks and repeated enquiries.

    Raises:
        NotFound: no such lead in the actor's scope.
        NotPermitted: the actor lacks leads:read.
    """
    with reading() as db:
        lead = repository.get_visible(db, actor, lead_id)
        actor.require(Permission.LEADS_READ)
        fields = catalogue.present_record(db, actor, "lead", lead, now=now)
        form = {spec.key for spec in catalogue.current(db).for_form("lead")}
        options = dict(catalogue.sources(db)["channel"])
        touches = db.execute(
            sa.select(LeadTouch)
            .where(col(LeadTouch.lead_id) == lead_id)
            .order_by(col(LeadTouch.at).desc())
            .limit(10)
        ).scalars()
        number, label = _stages(db).get((lead.pipeline_id, lead.stage_code), (1, ""))
        closed = lead.status in CLOSED_STATUSES
        can_edit = actor.can(Permission.LEADS_EDIT)
        return LeadView(
            id=lead_id, number=lead.number, version=lead.version, name=fields["name"].text, phone=fields["phone"].text,
            status=lead.status.value, status_label=lead.status.label,
            temperature=lead.temperature.value if lead.temperature else "",
            temperature_label=lead.temperature.label if lead.temperature else "", stage=number, stage_label=label,
            owner=fields["owner_id"].text, department=team_name(db, lead.department_id), next_step=lead.next_step,
            sla=deadline(lead, now, lead_rules(db, now=now).first), amount=fields["amount_fen"].text, customer_id=lead.customer_id or 0, closed=closed,
            pooled=lead.owner_id is None, can_edit=can_edit,
            can_call=bool(lead.phone) and actor.can(Permission.CUSTOMERS_REVEAL),
            can_convert=actor.can(Permission.LEADS_CONVERT) and not closed and not lead.customer_id,
            can_follow=actor.can(Permission.INTERACTIONS_CREATE),
            fields=tuple(view for key, view in fields.items() if key in form),
            timeline=tuple(events.list_for_timeline(db, lead_ids=[lead_id], limit=40)),
            tasks=tuple(tasks.list_open(actor, mine=False, lead_id=lead_id, now=now) if actor.can(Permission.TASKS_EDIT) else ()),
            touches=tuple(
                TouchView(options.get(t.channel_code, "其他渠道"), formats.relative(t.at, now), t.note) for t in touches
            ),
        )  # fmt: skip


def check_known(actor: Actor, *, phone: str, now: datetime) -> str:
    """Return the blind sentence on who else knows this number: state and team, never who; '' for a new one.

    A hit is recorded, so that guessing numbers leaves a trace; callers hold the rate.

    Raises:
        NotPermitted: the actor lacks leads:create.
        InvalidInput: it is no mobile number yet; the sentence says what is missing.
    """
    actor.require(Permission.LEADS_CREATE)
    index = blind_index("phone", check_mobile(phone).require("phone"))
    with transaction() as db:
        found = tell.known_by(db, "phone_index", index)
        if not found:
            return ""
        events.record(
            db,
            actor,
            "lead.checked",
            now=now,
            entity=found[0].entity,
            entity_id=found[0].id,
            summary="录入时查重命中",
        )
        return tell.sentence(db, actor, found[0], now=now)


@dataclass(frozen=True)
class Assignable:
    """A person leads may be given to, with what is on the desk already."""

    id: int
    name: str
    team: str
    open: int
    today: int


def assignable(actor: Actor, *, now: datetime) -> list[Assignable]:
    """Return the sales people in the actor's reach, those with the fewest open leads first.

    Raises:
        NotPermitted: the actor lacks leads:assign.
    """
    actor.require(Permission.LEADS_ASSIGN)
    midnight = formats.local(now).replace(hour=0, minute=0, second=0, microsecond=0)
    is_open = sa.case((col(Lead.status).not_in(CLOSED_STATUSES), 1), else_=0)
    is_new = sa.case((col(Lead.assigned_at) >= midnight, 1), else_=0)
    with reading() as db:
        query = (
            sa.select(
                col(User.id), col(User.name), col(Department.name), sa.func.coalesce(sa.func.sum(is_open), 0),
                sa.func.coalesce(sa.func.sum(is_new), 0),
            )
            .join(UserRole, col(UserRole.user_id) == col(User.id))
            .join(Role, sa.and_(col(Role.id) == col(UserRole.role_id), col(Role.code) == RoleCode.SALES.value))
            .outerjoin(Department, col(Department.id) == col(User.department_id))
            .outerjoin(Lead, sa.and_(col(Lead.owner_id) == col(User.id), col(Lead.deleted_at).is_(None)))
            .where(col(User.active))
            .group_by(col(User.id), col(User.name), col(Department.name))
            .limit(200)
        )  # fmt: skip
        if actor.department_ids:
            query = query.where(col(User.department_id).in_(actor.department_ids))
        found = [
            Assignable(int(user_id or 0), name, team or "", int(number), int(today))
            for user_id, name, team, number, today in db.execute(query).all()
        ]
        return sorted(found, key=lambda one: (one.open, one.id))


def status_tone(status: str) -> str:
    """Return the chip tone of a lead status."""
    tones = {
        LeadStatus.NEW.value: "info", LeadStatus.WAITING.value: "info", LeadStatus.NOT_REACHED.value: "warn",
        LeadStatus.LOST.value: "closed", LeadStatus.INVALID.value: "closed", LeadStatus.FUNDED.value: "ok",
    }  # fmt: skip
    return tones.get(status, "neutral")


def owners_of(actor: Actor, lead_ids: Sequence[int]) -> dict[int, list[int]]:
    """Return which of these leads each person owns now, inside the actor's scope: what an undo gives back."""
    with reading() as db:
        query = sa.select(col(Lead.owner_id), col(Lead.id)).where(
            col(Lead.id).in_(lead_ids), col(Lead.owner_id).is_not(None), visible_to(actor, Lead)
        )
        found: dict[int, list[int]] = {}
        for owner_id, lead_id in db.execute(query).all():
            found.setdefault(int(owner_id or 0), []).append(int(lead_id or 0))
        return found
