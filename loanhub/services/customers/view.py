"""The head of customer 360 客户全景: who it is, where the case stands, what it owes, what comes next."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats, masking
from loanhub.domain.catalogue.choices import RISK_GRADES, CustomerKind, Lifecycle
from loanhub.domain.catalogue.kinds.dates import china_date, start_of_day
from loanhub.domain.customers import COMPANY_LABELS, LICENSE_WARNING_DAYS
from loanhub.domain.leads import CLOSED_STATUSES, Temperature
from loanhub.domain.permissions import Permission
from loanhub.domain.pipelines import AgeState, age_state
from loanhub.models import (
    Application,
    Channel,
    CollectionCase,
    Contract,
    Customer,
    CustomerRelation,
    Document,
    Event,
    Lead,
    Loan,
    Stage,
    StageMove,
    User,
)
from loanhub.repositories import customers as repository
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.customers._figures import money_of
from loanhub.services.customers._shared import find_open_lead
from loanhub.services.customers.grade import word
from loanhub.services.files import IMPORT_KIND

_AGE = {AgeState.HEALTHY: "", AgeState.NEAR: " w", AgeState.OVER: " o"}
VIP_SEGMENTS = frozenset({"champion", "promising", "keep", "win_back"})
"""The segments 重要… of RFM, whose customers ought to have a dedicated manager."""
RING_HOURS = 24
"""A deadline's ring is full when this much time is left."""


@dataclass(frozen=True)
class Overview:
    """Everything above the tabs, as texts; empty lists and '' where there is nothing to say.

    ``stages`` are {code, number, name, note, state}; ``counts`` the numbers on the tabs, by tab code.
    """

    id: int = 0
    number: str = ""
    name: str = ""
    initials: str = ""
    color: int = 1
    kind_label: str = ""
    is_company: bool = False
    id_label: str = "证件号码"
    representative: str = ""
    license_warning: str = ""
    phone: str = ""
    id_number: str = ""
    city: str = ""
    company: str = ""
    channel: str = ""
    owner: str = ""
    manager: str = ""
    manager_id: int = 0
    vip: bool = False
    mine: bool = False
    risk: int = 0
    risk_label: str = ""
    risk_note: str = ""
    lifecycle: str = ""
    tags: list[str] = field(default_factory=list)
    version: int = 0
    lead_id: int = 0
    lead_version: int = 0
    lead_status: str = ""
    temperature: str = ""
    stage_number: int = 0
    stage_label: str = ""
    stages: list[dict[str, str]] = field(default_factory=list)
    exposure: str = "—"
    exposure_unit: str = ""
    exposure_full: str = ""
    exposure_hint: str = ""
    asked: str = "—"
    asked_unit: str = ""
    asked_label: str = "本次申请"
    asked_hint: str = ""
    score: str = "—"
    score_hint: str = ""
    paid_on_time: str = "—"
    paid_on_time_unit: str = ""
    paid_hint: str = ""
    has_next: bool = False
    next_title: str = ""
    next_time: str = ""
    next_left: str = ""
    next_percent: int = 0
    next_state: str = ""
    next_call: bool = False
    last_contact: str = ""
    counts: dict[str, str] = field(default_factory=dict)


def open_record(actor: Actor, *, customer_id: int, now: datetime) -> Overview:
    """Return the head of a customer, and note once a day that somebody of another team opened it.

    Raises:
        NotFound: no such customer in the actor's scope.
        NotPermitted: the actor lacks customers:read.
    """
    note_opened(actor, customer_id=customer_id, now=now)
    return overview(actor, customer_id=customer_id, now=now)


def note_opened(actor: Actor, *, customer_id: int, now: datetime) -> None:
    """Note, once a day, that somebody of another team opened a customer; see :func:`open_record`."""
    with reading() as db:
        customer = repository.get_visible(db, actor, customer_id)
        actor.require(Permission.CUSTOMERS_READ)
        foreign = (
            actor.user_id not in (customer.owner_id, customer.manager_id)
            and customer.department_id != actor.department_id
        )
        unseen = foreign and not _opened_today(db, actor, customer_id, now=now)
    if unseen:
        with transaction() as db:
            events.record(
                db, actor, "customer.opened", now=now, entity="customer", entity_id=customer_id,
                customer_id=customer_id, summary=customer.number,
            )  # fmt: skip


def _opened_today(db: Session, actor: Actor, customer_id: int, *, now: datetime) -> bool:
    query = sa.select(sa.literal(1)).where(
        col(Event.customer_id) == customer_id,
        col(Event.type) == "customer.opened",
        col(Event.actor_id) == actor.actor_id,
        col(Event.at) >= start_of_day(china_date(now)),
    )
    return db.execute(query.limit(1)).first() is not None


def overview(actor: Actor, *, customer_id: int, now: datetime) -> Overview:
    """Return the head of a customer without leaving a trace, for live refreshes; see :func:`open_record`."""
    with reading() as db:
        customer = repository.get_visible(db, actor, customer_id)
        actor.require(Permission.CUSTOMERS_READ)
        lead = find_open_lead(db, customer_id) or _last_lead(db, customer_id)
        parts: dict[str, object] = {
            **_identity(db, actor, customer),
            **_firm(customer, today=china_date(now)),
            **_path(db, lead, now=now),
            **money_of(db, actor, customer, today=china_date(now)),
            **_next(customer, now=now),
            "counts": _counts(db, actor, customer_id),
        }
        return Overview(**parts)  # type: ignore[arg-type]


def _identity(db: Session, actor: Actor, customer: Customer) -> dict[str, object]:
    names = sa.select(
        sa.select(col(User.name)).where(col(User.id) == customer.owner_id).scalar_subquery(),
        sa.select(col(Channel.label)).where(col(Channel.code) == customer.channel_code).scalar_subquery(),
        sa.select(col(User.name)).where(col(User.id) == customer.manager_id).scalar_subquery(),
    )
    owner, channel, manager = db.execute(names).one()
    lifecycle, kind = Lifecycle.find(customer.lifecycle), CustomerKind.find(customer.kind)
    grade = customer.risk_grade or 0
    return {
        "id": customer.id or 0,
        "number": customer.number,
        "name": customer.name,
        "initials": customer.name[-2:],
        "color": (customer.id or 0) % 6 + 1,
        "kind_label": kind.label if kind else "",
        "phone": masking.mask("phone", (customer.phone or "").removeprefix("+86")),
        "id_number": masking.mask("id", customer.id_number),
        "city": customer.city,
        "company": customer.company_name,
        "channel": channel or "",
        "owner": owner or "",
        "manager": manager or "",
        "manager_id": customer.manager_id or 0,
        "vip": customer.value_segment in VIP_SEGMENTS,
        "mine": actor.user_id in (customer.owner_id, customer.manager_id),
        "risk": grade,
        "risk_label": f"{dict(RISK_GRADES)[str(grade)]}风险" if grade else "未评级",
        "risk_note": f"人工定级，系统算得{word(customer.computed_risk_grade)}"
        if customer.grade_is_manual
        else "",
        "lifecycle": lifecycle.label if lifecycle else "",
        "tags": list(customer.tags),
        "version": customer.version,
        "score": str(customer.score) if customer.score is not None else "—",
        "score_hint": "提交申请后评分" if customer.score is None else "最近一次申请时评分",
    }


def _firm(customer: Customer, *, today: date) -> dict[str, object]:
    """Return what a firm's head says besides: its representative, and a licence that ends."""
    if customer.kind != CustomerKind.COMPANY.value:
        return {}
    until = customer.profile.get("license_valid_until")
    left = (date.fromisoformat(str(until)) - today).days if until else None
    warning = ""
    if left is not None and left < 0:
        warning = f"营业执照已过期 {-left} 天"
    elif left is not None and left <= LICENSE_WARNING_DAYS:
        warning = f"营业执照 {left} 天后到期"
    return {
        "is_company": True, "id_label": COMPANY_LABELS["id_number"], "company": "", "license_warning": warning,
        "representative": masking.mask("name", str(customer.profile.get("legal_representative") or "")),
    }  # fmt: skip


def _last_lead(db: Session, customer_id: int) -> Lead | None:
    query = sa.select(Lead).where(col(Lead.customer_id) == customer_id, col(Lead.deleted_at).is_(None))
    return db.execute(query.order_by(col(Lead.id).desc()).limit(1)).scalar_one_or_none()


def _path(db: Session, lead: Lead | None, *, now: datetime) -> dict[str, object]:
    if lead is None or lead.pipeline_id is None:
        return {}
    stages = (
        db.execute(
            sa.select(Stage).where(col(Stage.pipeline_id) == lead.pipeline_id).order_by(col(Stage.sort))
        )
        .scalars()
        .all()
    )
    stayed: dict[str, int] = {}
    moves = sa.select(col(StageMove.from_stage), col(StageMove.stayed_seconds)).where(
        col(StageMove.lead_id) == lead.id
    )
    for code, seconds in db.execute(moves).all():
        stayed[code] = stayed.get(code, 0) + int(seconds)
    here = next((n for n, s in enumerate(stages) if s.code == lead.stage_code), 0)
    closed = lead.status in CLOSED_STATUSES
    rows = []
    for position, stage in enumerate(stages):
        note, state = "", ""
        if position < here:
            state = "d"
            note = formats.duration(timedelta(seconds=stayed[stage.code])) if stage.code in stayed else ""
        elif position == here:
            age = age_state(lead.stage_entered_at, now, stage.dwell_target_hours)
            state = "d" if closed else "c" + _AGE[age]
            note = lead.status.label if closed else f"已 {formats.duration(now - lead.stage_entered_at)}"
        rows.append(
            {
                "code": stage.code,
                "number": str(min(position + 1, 7)),
                "name": stage.label,
                "note": note,
                "state": state,
            }
        )
    return {
        "lead_id": lead.id or 0,
        "lead_version": lead.version,
        "lead_status": lead.status.label,
        "temperature": Temperature(lead.temperature).label if lead.temperature else "",
        "stage_number": min(here + 1, 7),
        "stage_label": stages[here].label if stages else "",
        "stages": rows,
    }


def _next(customer: Customer, *, now: datetime) -> dict[str, object]:
    found: dict[str, object] = {
        "last_contact": f"最近跟进 {formats.relative(customer.last_follow_up_at, now)}"
        if customer.last_follow_up_at
        else "还没有跟进过"
    }
    at = customer.next_step_at
    if at is None:
        return found
    left = (at - now).total_seconds() / 3600
    return found | {
        "has_next": True,
        "next_title": customer.next_step or "跟进",
        "next_time": formats.relative(at, now) if left < 0 else _ahead(at, now),
        "next_left": formats.remaining(at, now),
        "next_percent": max(0, min(100, int(left * 100 / RING_HOURS))),
        "next_state": "o" if left < 0 else ("w" if left <= RING_HOURS / 4 else ""),
        "next_call": customer.next_step_kind in ("", "phone"),
    }


def _ahead(at: datetime, now: datetime) -> str:
    days = (china_date(at) - china_date(now)).days
    word = {0: "今天", 1: "明天", 2: "后天"}.get(days) or china_date(at).strftime("%m-%d")
    return f"{word} {formats.clock(at)}"


def _events(customer_id: int) -> sa.ScalarSelect[int]:
    return (
        sa.select(sa.func.count()).select_from(repository.event_ids(customer_id).subquery()).scalar_subquery()
    )


def _counts(db: Session, actor: Actor, customer_id: int) -> dict[str, str]:
    def number(model: type, *more: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
        return (
            sa.select(sa.func.count())
            .select_from(model)
            .where(model.customer_id == customer_id, *more)  # type: ignore[attr-defined]
            .scalar_subquery()
        )

    relations = (
        sa.select(sa.func.count())
        .select_from(CustomerRelation)
        .where(
            sa.or_(
                col(CustomerRelation.customer_id) == customer_id,
                col(CustomerRelation.related_id) == customer_id,
            ),
            col(CustomerRelation.ended_at).is_(None),
        )
        .scalar_subquery()
    )
    asked = (
        ("timeline", Permission.CUSTOMERS_READ, _events(customer_id)),
        ("applications", Permission.APPLICATIONS_READ, number(Application)),
        ("contracts", Permission.CONTRACTS_READ, number(Contract)),
        ("loans", Permission.LOANS_READ, number(Loan)),
        ("collections", Permission.COLLECTIONS_READ, number(CollectionCase)),
        (
            "documents",
            Permission.DOCUMENTS_READ,
            number(Document, col(Document.deleted_at).is_(None), col(Document.kind) != IMPORT_KIND),
        ),
        ("relations", Permission.CUSTOMERS_READ, relations),
    )
    row = db.execute(sa.select(*[query for _, _, query in asked])).one()
    return {
        code: formats.count(int(value)) if value else ""
        for (code, needed, _), value in zip(asked, row, strict=True)
        if actor.can(needed)
    } | {"profile": "", "audit": ""}
