"""Segments as pages show them: the list with live counts, one with its members, what they brought; those of a customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import criteria as language
from loanhub.domain import formats
from loanhub.domain.catalogue.choices import RISK_GRADES, Lifecycle
from loanhub.domain.formats import local
from loanhub.domain.money import format_fen, format_wan
from loanhub.domain.permissions import Permission
from loanhub.domain.segments import Shared
from loanhub.models import Customer, Segment, SegmentCount, User
from loanhub.repositories import customers as customer_repository
from loanhub.repositories import segments as repository
from loanhub.repositories.scope import visible_to
from loanhub.services import catalogue as catalogues
from loanhub.services._actor import Actor
from loanhub.services._segments import ENTITY, meaning_of, right_of, sources_for, usable
from loanhub.services._transaction import reading
from loanhub.services.segments._shared import may_edit, readable, sees_all, where_of
from loanhub.services.segments.preview import SAMPLE, preview

LIST_DAYS, TREND_DAYS = 30, 180


@dataclass(frozen=True)
class SegmentRow:
    """A segment in the list; ``trend`` are the firm's daily counts, empty for who does not see every customer."""

    id: int
    name: str
    sentence: str
    note: str
    count: int
    trend: tuple[int, ...]
    owner: str
    shared: str
    shared_label: str
    updated: str
    version: int
    can_edit: bool


@dataclass(frozen=True)
class Share:
    """One part of a segment: its value, how many members, which share of them (0 to 100)."""

    label: str
    count: int
    percent: int


@dataclass(frozen=True)
class Segmented:
    """How the members divide by one field."""

    label: str
    parts: tuple[Share, ...]


@dataclass(frozen=True)
class SegmentView:
    """One segment: its row, condition, daily counts (day, members), samples, composition and what it brought.

    ``yields`` are (label, text, how it is counted); empty for who may not read loans. ``sees_all`` tells a reader without
    every customer in scope from a segment not counted yet.
    """

    row: SegmentRow
    criteria: dict[str, object]
    trend: tuple[tuple[str, int], ...]
    trend_text: str
    samples: tuple[dict[str, str], ...]
    composition: tuple[Segmented, ...]
    yields: tuple[tuple[str, str, str], ...]
    sees_all: bool


@dataclass(frozen=True)
class Membership:
    """A segment a customer is in, and why: its condition in Chinese."""

    id: int
    name: str
    sentence: str
    href: str


def list_segments(actor: Actor, *, counted: bool = True, now: datetime) -> list[SegmentRow]:
    """Return the segments the actor may use, by name, each counted now inside the actor's scope.

    All are counted in one pass over the customers; ``counted=False`` leaves the counts at 0, for a page that shows the
    names at once.

    Raises:
        NotPermitted: the actor may not read customers.
    """
    actor.require(Permission.CUSTOMERS_READ)
    with reading() as db:
        segments = usable(db, actor)
        names = _names(db, segments)
        since = local(now).date() - timedelta(days=LIST_DAYS)
        counts = repository.counts_of(db, [s.id or 0 for s in segments], since) if sees_all(actor) else {}
        live = [0] * len(segments)
        if counted:
            meaning = meaning_of(db, actor)
            wheres = [where_of(db, actor, meaning(one.id or 0), now) for one in segments]
            live = repository.count_each(db, visible_to(actor, Customer), wheres)
        return [
            _row(db, actor, one, names, counts.get(one.id or 0, []), count, now)
            for one, count in zip(segments, live, strict=True)
        ]


def look(actor: Actor, segment_id: int, *, now: datetime) -> SegmentView:
    """Return one segment with all its page shows.

    Raises:
        NotPermitted: the actor may not read customers.
        NotFound: no such segment the actor may use.
    """
    actor.require(Permission.CUSTOMERS_READ)
    today = local(now).date()
    with reading() as db:
        segment = readable(db, actor, segment_id)
        counts: Sequence[SegmentCount] = ()
        if sees_all(actor):
            found = repository.counts_of(db, [segment_id], today - timedelta(days=TREND_DAYS))
            counts = found.get(segment_id, [])
        node = language.parse(segment.criteria, catalogues.current(db), ENTITY)
        where = where_of(db, actor, node, now)
        row = _row(db, actor, segment, _names(db, [segment]), counts, repository.count(db, where), now)
        samples = preview(actor, segment.criteria, now=now).rows[:SAMPLE]
        return SegmentView(
            row=row,
            criteria=dict(segment.criteria),
            trend=tuple((f"{one.day:%Y-%m-%d}", one.members) for one in counts),
            trend_text=_trend_text(counts),
            samples=samples,
            composition=_composition(db, actor, where, row.count),
            yields=_yields(db, actor, where, today),
            sees_all=sees_all(actor),
        )


def of_customer(actor: Actor, customer_id: int, *, now: datetime) -> tuple[Membership, ...]:
    """Return the segments a customer is in, of those the actor may use, by name; none without customers:read.

    Raises:
        NotFound: no such customer in the actor's scope.
    """
    if not actor.can(Permission.CUSTOMERS_READ):
        return ()
    with reading() as db:
        customer_repository.get_visible(db, actor, customer_id)
        segments, meaning = usable(db, actor), meaning_of(db, actor)
        if not segments:
            return ()
        here = col(Customer.id) == customer_id
        # One row, a column a segment: one round trip however many there are.
        flags = [
            sa.case((where_of(db, actor, meaning(one.id or 0), now), 1), else_=0).label(f"s{one.id}")
            for one in segments
        ]
        held = db.execute(sa.select(*flags).select_from(Customer).where(here)).one()
        options, catalogue = sources_for(db, actor), catalogues.current(db)
        return tuple(
            Membership(
                id=one.id or 0,
                name=one.name,
                sentence=language.to_sentence(
                    language.parse(one.criteria, catalogue, ENTITY), catalogue, ENTITY, options
                ),
                href=f"/segments/{one.id}",
            )
            for one, inside in zip(segments, held, strict=True)
            if inside
        )


def _names(db: Session, segments: Sequence[Segment]) -> dict[int, str]:
    ids = {one.owner_id for one in segments} - {None}
    rows = db.execute(sa.select(col(User.id), col(User.name)).where(col(User.id).in_(ids))).all()
    return {int(user_id): name for user_id, name in rows}


def _row(
    db: Session,
    actor: Actor,
    segment: Segment,
    names: dict[int, str],
    counts: Sequence[SegmentCount],
    count: int,
    now: datetime,
) -> SegmentRow:
    catalogue = catalogues.current(db)
    node = language.parse(segment.criteria, catalogue, ENTITY, right_of=right_of(actor))
    return SegmentRow(
        id=segment.id or 0,
        name=segment.name,
        sentence=language.to_sentence(node, catalogue, ENTITY, sources_for(db, actor)),
        note=segment.note,
        count=count,
        trend=tuple(one.members for one in counts),
        owner=names.get(segment.owner_id or 0, "系统"),
        shared=segment.shared,
        shared_label=Shared(segment.shared).label,
        updated=formats.relative(segment.updated_at, now),
        version=segment.version,
        can_edit=may_edit(actor, segment),
    )


def _trend_text(counts: Sequence[SegmentCount]) -> str:
    if not counts:
        return ""
    first, last = counts[0], counts[-1]
    if len(counts) == 1:
        return f"{first.day:%Y-%m-%d} 起每天记一次，这天 {first.members:,} 位"
    change = last.members - first.members
    word = "持平" if not change else f"{'多' if change > 0 else '少'}了 {abs(change):,} 位"
    text = f"{first.day:%m-%d} 到 {last.day:%m-%d}：{first.members:,} → {last.members:,} 位，{word}"
    edited = next(
        (new.day for old, new in pairwise(counts) if new.criteria_version != old.criteria_version), None
    )
    return text + (f"；{edited:%m-%d} 起按改过的条件" if edited else "")


def _composition(
    db: Session, actor: Actor, where: sa.ColumnElement[bool], total: int
) -> tuple[Segmented, ...]:
    grades = {int(code): label for code, label in RISK_GRADES}
    cycles = dict(Lifecycle.options())
    found = [
        ("风险等级", [(grades.get(v, "未评"), n)
                  for v, n in repository.composition(db, where, col(Customer.risk_grade))]),
        ("生命周期", [(cycles.get(getattr(v, "value", v), "未定"), n)
                  for v, n in repository.composition(db, where, col(Customer.lifecycle))]),
        ("城市", [(v or "未填", n) for v, n in repository.composition(db, where, col(Customer.city), 8)]),
    ]  # fmt: skip
    if actor.can(Permission.LOANS_READ):
        labels = dict(catalogues.sources(db)["product"])
        found.append(
            ("用过的产品", [(labels.get(code, code), n) for code, n in repository.products(db, actor, where)])
        )
    return tuple(
        Segmented(label, tuple(Share(name, n, round(n * 100 / total) if total else 0) for name, n in parts))
        for label, parts in found
    )


def _yields(
    db: Session, actor: Actor, where: sa.ColumnElement[bool], today: date
) -> tuple[tuple[str, str, str], ...]:
    if not actor.can(Permission.LOANS_READ):
        return ()
    first = today.replace(year=today.year - 1, day=min(today.day, 28)) + timedelta(days=1)
    got = repository.yield_of(db, actor, where, first, today)
    late = f"{got.late_members * 100 / got.due_members:.1f}%" if got.due_members else "—"
    return (
        (
            "放款", format_wan(got.disbursed_fen),
            f"现在的成员近 12 个月放款 {got.loans:,} 笔的本金合计 {format_fen(got.disbursed_fen)}",
        ),
        (
            "收到利息", format_wan(got.interest_fen),
            f"近 12 个月到账、分配到利息的钱 {format_fen(got.interest_fen)}，已扣除冲正；不含罚息复利",
        ),
        (
            "逾期成员占比", late,
            f"近 12 个月有应还期次的 {got.due_members:,} 位成员里，有一期过了应还日才还清或还没还清的 {got.late_members:,} 位",
        ),
    )  # fmt: skip
