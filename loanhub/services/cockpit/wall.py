"""The wall screen 经营大屏: the month at a glance for a room, live, without anything personal about customers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.analytics import book as frames
from loanhub.analytics.measures import measures
from loanhub.domain import formats
from loanhub.domain.permissions import Permission
from loanhub.models import Application, Event, Lead, Loan
from loanhub.repositories.scope import visible_to
from loanhub.services import parameters
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.cockpit._facts import Facts, facts_of
from loanhub.services.cockpit._panels import Row
from loanhub.services.cockpit._present import bar, wan
from loanhub.services.cockpit.keeper import keeper
from loanhub.services.cockpit.look import CockpitView, Selection, Tile, look, tile_of

HOURS = range(8, 21)
NEWS = 6
_LOANS = {"loan.disbursed": ("放款", "banknote"), "loan.settled": ("结清", "badge-check")}
_APPLICATIONS = {"application.approved": ("审批通过", "stamp"), "application.submitted": ("提交审批", "send")}


@dataclass(frozen=True)
class WallView:
    """What the wall shows besides the month's cockpit; ``hours`` (hour, count, height), ``news`` (time, icon, text, amount)."""

    company: str
    day: str
    month: CockpitView
    big: Tile
    tiles: tuple[Tile, ...]
    hours: tuple[Row, ...]
    news: tuple[Row, ...]


def wall(actor: Actor, *, now: datetime) -> WallView:
    """Return the wall screen inside the actor's scope.

    Raises:
        NotPermitted: the actor lacks cockpit:read.
    """
    actor.require(Permission.COCKPIT_READ)
    month = look(actor, selection=Selection(), now=now)
    today = formats.local(now).date()
    book, facts = keeper().of(actor), facts_of(actor, today)
    shown = {tile.code: tile for tile in month.tiles}
    window, before = frames.period("day", today)
    leads = measures()["new_leads"]
    of_today = replace(
        tile_of(leads, leads.compute(book, window), leads.compute(book, before), "昨日"), label="今日新增线索"
    )
    waiting = book.applications.filter(
        pl.col("decided").is_null() & ~pl.col("approved") & ~pl.col("rejected")
    )
    amount = int(waiting["amount_fen"].sum() or 0)
    figure, _, unit = wan(amount).partition(" ")
    on_the_way = Tile(
        code="", label="在途进件", figure=figure, unit=unit, note=f"{waiting.height:,} 单待结果"
    )
    with reading() as db:
        hours = _hours(db, actor, now)
        news = _news(db, actor, facts, now)
        company = parameters.brand(db, now=now)
    return WallView(
        company=company, day=f"{formats.day(today)} {formats.weekday(today)}", month=month,
        big=shown["disbursed_amount"], tiles=(of_today, on_the_way, shown["approval_hours"], shown["overdue_rate"]),
        hours=hours, news=news,
    )  # fmt: skip


def _midnight(now: datetime) -> datetime:
    return formats.local(now).replace(hour=0, minute=0, second=0, microsecond=0)


def _hours(db: Session, actor: Actor, now: datetime) -> tuple[Row, ...]:
    """Return the leads of today by the hour they came in, those of the night with the first; the hours to come are blank."""
    query = sa.select(col(Lead.created_at)).where(
        visible_to(actor, Lead), col(Lead.created_at) >= _midnight(now)
    )
    counts: dict[int, int] = {}
    for at in db.execute(query).scalars():
        hour = min(max(formats.local(at).hour, HOURS[0]), HOURS[-1])
        counts[hour] = counts.get(hour, 0) + 1
    most = max(counts.values(), default=0)
    current = min(max(formats.local(now).hour, HOURS[0]), HOURS[-1])
    ends = {HOURS[0]: f"0–{HOURS[0]}", HOURS[-1]: f"{HOURS[-1]}–23"}
    return tuple(
        {
            "hour": ends.get(hour, str(hour)), "count": str(counts.get(hour, 0)) if hour <= current else "",
            "height": bar(counts.get(hour, 0), most), "tone": "now" if hour == current else "",
        }
        for hour in HOURS
    )  # fmt: skip


def _news(db: Session, actor: Actor, facts: Facts, now: datetime) -> tuple[Row, ...]:
    """Return what happened last, by kind, product and colleague: no customer is named."""
    names, products = dict(facts.names), dict(facts.products)
    since = now - timedelta(days=2)
    found: list[tuple[datetime, Row]] = []
    for model, kinds, column in (
        (Loan, _LOANS, col(Loan.principal_fen)), (Application, _APPLICATIONS, col(Application.amount_fen)),
    ):  # fmt: skip
        table: Any = model
        query = (
            sa.select(col(Event.at), col(Event.type), column, table.product_code, table.owner_id)
            .join(table, table.id == col(Event.entity_id))
            .where(col(Event.entity) == ("loan" if model is Loan else "application"), col(Event.type).in_(list(kinds)),
                   col(Event.at) >= since, visible_to(actor, model))
            .order_by(col(Event.id).desc()).limit(NEWS)
        )  # fmt: skip
        for at, kind, fen, product, owner in db.execute(query).all():
            label, icon = kinds[kind]
            words = " · ".join(one for one in (names.get(owner, ""), label, products.get(product, "")) if one)
            row = {"time": f"{formats.local(at):%H:%M}", "icon": icon, "text": words, "amount": wan(fen or 0)}
            found.append((at, row))
    return tuple(row for _, row in sorted(found, key=lambda one: one[0], reverse=True)[:NEWS])


__all__ = ["WallView", "wall"]
