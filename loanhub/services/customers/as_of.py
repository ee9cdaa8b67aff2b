"""The page as it was known on a day 历史时点: fields undone from the events, loans replayed, the rest by their dates."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.catalogue import Access
from loanhub.domain.catalogue.kinds.dates import start_of_day
from loanhub.domain.customers import fits, label_for
from loanhub.domain.errors import InvalidInput
from loanhub.domain.formats import local
from loanhub.domain.permissions import Permission
from loanhub.models import Customer, Event, Interaction, Lead, Stage, StageMove
from loanhub.repositories import customers as repository
from loanhub.services import catalogue
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.customers import scores
from loanhub.services.customers._as_of_sections import PastRow, PastSection, sections_at
from loanhub.services.customers.edit import FIELD_EVENTS
from loanhub.services.customers.grade import grade_at, word
from loanhub.services.customers.manager import LABEL as MANAGER
from loanhub.services.interactions import step_text

UNKNOWN = "没有留下记录"
KEPT_NOTHING = (
    "RFM 分值、行为标签不推回到那一天，它们的变化在「客户价值」的变化记录里",
    "生命周期、客户价值按变化记录推回，第一次计算以前的不知道",
    "旧版本里由证件号码带出的出生日期和性别、跟进时顺带定的下一步没有记录，那时的改动推不回来",
)
"""What the page of an earlier day cannot say, in plain words."""
FOLLOWED = ("负责人", "所属部门", MANAGER, "生命周期", "客户价值")
"""Fields outside the form whose changes the events tell."""


@dataclass
class PastField:
    """A field as it was; ``changed`` since."""

    label: str = ""
    text: str = ""
    now: str = ""
    changed: bool = False


@dataclass
class PastGroup:
    """A group of fields as they were."""

    title: str = ""
    fields: list[PastField] = field(default_factory=list)


@dataclass
class Past:
    """A customer as known at the end of a day; everything to read, nothing to change.

    ``unknown`` says plainly what is not known for that day.
    """

    day: str = ""
    sentence: str = ""
    exposure: str = ""
    score: str = ""
    stage: str = ""
    next_step: str = ""
    changed: int = 0
    groups: list[PastGroup] = field(default_factory=list)
    sections: list[PastSection] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def as_of(actor: Actor, *, customer_id: int, day: date, now: datetime) -> Past:
    """Return a customer as it was known at the end of ``day`` (Asia/Shanghai).

    Fields are the present ones with every later change undone; a loan is replayed with the postings of that
    moment; relations, documents, to-dos, consents, grades and scores count by their dates.

    Raises:
        NotFound: no such customer in the actor's scope.
        NotPermitted: the actor lacks customers:read.
        InvalidInput: the day lies ahead, or before the customer was entered.
    """
    with reading() as db:
        customer = repository.get_visible(db, actor, customer_id)
        actor.require(Permission.CUSTOMERS_READ)
        if day > local(now).date():
            raise InvalidInput(fields={"day": "这一天还没有到"})
        if day < local(customer.created_at).date():
            raise InvalidInput(
                fields={"day": f"这位客户 {formats.day(local(customer.created_at).date())} 才建档"}
            )
        until = start_of_day(day + timedelta(days=1))
        undone = _undone(db, customer_id, until)
        groups, changed = _fields(db, actor, customer, undone, now=now)
        standing, unknown = _standing(db, actor, customer, undone, until, now=now)
        groups.insert(0, standing)
        sections, exposure = sections_at(db, actor, customer, day, until)
        lines = scores.history_of(db, actor, customer_id, until=until, now=now).lines
        sections.insert(0, PastSection("评分", "当时还没有评分", [
            PastRow(
                f"{one.score} 分" if one.score != formats.EMPTY else one.risk_label,
                f"{one.source}{' · ' + one.risk_label if one.risk_label and one.score != formats.EMPTY else ''}", one.title,
            )
            for one in lines
        ]))  # fmt: skip
        step = undone.get("下一步", step_text(customer.next_step, customer.next_step_at))
        return Past(
            day=formats.day(day), exposure=exposure,
            score=next((one.score for one in lines if one.score != formats.EMPTY), "—"),
            stage=_stage(db, customer_id, until), next_step=step or "—", changed=changed, groups=groups, sections=sections,
            sentence=f"{changed} 项资料在那之后改过" if changed else "资料在那之后没有改过", unknown=[*unknown, *KEPT_NOTHING],
        )  # fmt: skip


def _undone(db: Session, customer_id: int, until: datetime) -> dict[str, str]:
    """Return, by label, what each field changed after ``until`` had been: the ``before`` of its first later change."""
    query = (
        sa.select(col(Event.before), col(Event.after))
        .where(
            col(Event.customer_id) == customer_id, col(Event.type).in_(FIELD_EVENTS), col(Event.at) >= until
        )
        .order_by(col(Event.id).desc())
    )
    found: dict[str, str] = {}
    for before, after in db.execute(query).all():
        for label in after:
            found[label] = str(before.get(label, formats.EMPTY))
    return found


def _fields(
    db: Session, actor: Actor, customer: Customer, undone: dict[str, str], *, now: datetime
) -> tuple[list[PastGroup], int]:
    known = catalogue.current(db)
    groups: dict[str, list[PastField]] = {}
    changed = 0
    for key, view in catalogue.present_record(db, actor, "customer", customer, now=now).items():
        spec = known.get("customer", key)
        if not spec.in_form or view.access == int(Access.NONE) or not fits(customer.kind, key):
            continue
        was = undone.get(spec.label)
        text = view.text
        if was is not None:
            changed += 1
            # The event holds personal values as they were: who sees the present one masked sees that one masked too.
            text = (
                was
                if spec.encrypted or view.access >= int(Access.READ) or was == formats.EMPTY
                else formats.HIDDEN
            )
        shown = label_for(customer.kind, key, view.label)
        groups.setdefault(view.group or "其他", []).append(PastField(shown, text, view.text, was is not None))
    return [PastGroup(title, fields) for title, fields in groups.items()], changed


def _standing(
    db: Session, actor: Actor, customer: Customer, undone: dict[str, str], until: datetime, *, now: datetime
) -> tuple[PastGroup, list[str]]:
    """Return what is not typed in a form: the grade, whose customer, the last contact; and what is not known of it."""
    found, unknown = [], []
    grade, present = grade_at(db, customer.id or 0, until), word(customer.risk_grade)
    present += "（人工）" if customer.grade_is_manual else ""
    label = grade.label if grade.known else UNKNOWN
    found.append(PastField("风险等级", label, present, label != present))
    if not grade.known:
        unknown.append("那次评分的等级没有留下，只有分数")
    views = catalogue.present_record(db, actor, "customer", customer, now=now)
    for view in views.values():
        if view.label in FOLLOWED and view.access > int(Access.NONE):
            was = undone.get(view.label)
            found.append(
                PastField(view.label, was if was is not None else view.text, view.text, was is not None)
            )
    query = sa.select(sa.func.max(col(Interaction.at))).where(col(Interaction.customer_id) == customer.id)
    then, latest = db.execute(query.where(col(Interaction.at) < until)).scalar(), db.execute(query).scalar()
    shown, today = (formats.instant(at) if at else formats.EMPTY for at in (then, latest))
    found.append(PastField("最近跟进", shown, today, shown != today))
    return PastGroup("评级与归属", found), unknown


def _stage(db: Session, customer_id: int, until: datetime) -> str:
    """Return the stage the customer's newest lead of that time stood in."""
    lead = (
        sa.select(col(Lead.id))
        .where(col(Lead.customer_id) == customer_id, col(Lead.created_at) < until)
        .order_by(col(Lead.id).desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        sa.select(col(Stage.label))
        .join(
            StageMove,
            sa.and_(
                col(StageMove.to_stage) == col(Stage.code),
                col(StageMove.pipeline_id) == col(Stage.pipeline_id),
            ),
        )
        .where(col(StageMove.lead_id) == lead, col(StageMove.at) < until)
        .order_by(col(StageMove.id).desc())
        .limit(1)
    )
    return db.execute(query).scalar() or "—"
