"""Read the cockpit once for a period: tiles, funnel, channels, leaders, ageing, cities, trend, highlights."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

import sqlalchemy as sa
from sqlmodel import col

from loanhub.analytics import book as frames
from loanhub.analytics import tables
from loanhub.analytics.book import Book, Window
from loanhub.analytics.channel import channel_metrics
from loanhub.analytics.measures import Measure, Unit, measures
from loanhub.domain import formats
from loanhub.domain.money import divide_half_up, format_fen
from loanhub.domain.permissions import Permission, Scope
from loanhub.models import Stage, User
from loanhub.repositories import book as repository
from loanhub.services import catalogue
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.cockpit._present import (
    bar,
    change,
    fixed,
    joined,
    part_text,
    parts_text,
    percent,
    show_value,
    spark,
    wan,
)
from loanhub.services.cockpit.keeper import keeper

TILES = (
    "new_leads",
    "disbursed_amount",
    "approval_rate",
    "approval_hours",
    "acquisition_cost",
    "overdue_rate",
)
SECOND = ("new_customers", "applied_amount", "collected_amount", "outstanding_principal", "overdue_90_rate")
PERIODS = (("day", "今日"), ("week", "本周"), ("month", "本月"), ("quarter", "本季"))
DEFAULT_PERIOD = "month"
BEFORE = {"day": "昨日", "week": "上周同期", "month": "上月同期", "quarter": "上季同期"}
BUCKETS = (("M1", "1–30 天"), ("M2", "31–60 天"), ("M3", "61–90 天"), ("M3+", "90 天以上"))
SPARK_POINTS = 8
LEADERS, CITIES = 8, 12
Row = dict[str, str]


@dataclass(frozen=True)
class Tile:
    """One number as the page shows it; ``tone`` good | bad | '' and ``direction`` up | dn | '' of its change.

    full: the exact value where ``figure`` is rounded. spark: an SVG path, '' without a history.
    """

    code: str = ""
    label: str = ""
    prefix: str = ""
    figure: str = ""
    unit: str = ""
    full: str = ""
    definition: str = ""
    change: str = ""
    tone: str = ""
    direction: str = ""
    note: str = ""
    spark: str = ""


@dataclass(frozen=True)
class CockpitView:
    """Everything on the cockpit, formatted. Each row carries ``drill``, the code of the records behind it.

    trend: a row a month, oldest first: ``month``, ``disbursed`` and ``collected`` in 万 for the chart, and the
    same as texts for its table.
    """

    period: str
    period_label: str
    before_label: str
    span: str
    scope_label: str
    has_data: bool
    tiles: tuple[Tile, ...]
    second: tuple[Tile, ...]
    funnel: tuple[Row, ...]
    channels: tuple[Row, ...]
    leaders: tuple[Row, ...]
    ageing: tuple[Row, ...]
    cities: tuple[Row, ...]
    trend: tuple[dict[str, str | float], ...]
    trend_text: str
    highlights: tuple[Row, ...]
    as_of: datetime


def scope_key(actor: Actor) -> tuple[int, ...]:
    """Return what two actors share when :func:`look` gives both the same."""
    if actor.is_system or actor.scope is Scope.ALL:
        return (int(Scope.ALL),)
    return (int(actor.scope), actor.user_id, *sorted(actor.department_ids))


def look(actor: Actor, *, period: str = DEFAULT_PERIOD, now: datetime) -> CockpitView:
    """Return the cockpit for a period (day, week, month, quarter) inside the actor's scope; unknown: the month.

    Raises:
        NotPermitted: the actor lacks cockpit:read.
    """
    actor.require(Permission.COCKPIT_READ)
    today = formats.local(now).date()
    period = period if period in BEFORE else DEFAULT_PERIOD
    window, before = frames.period(period, today)
    book = keeper().of(actor)
    with reading() as db:
        stages = repository.stages(db)
        people = db.execute(sa.select(col(User.id), col(User.name))).all()
        names = {row[0]: row[1] for row in people}
        labels = dict(catalogue.sources(db)["channel"])
    steps = _funnel(book, window, stages)
    channels = _channels(book, window, labels)
    trend, trend_text = _trend(book, today)
    history = frames.stretches(period, today, SPARK_POINTS)

    def tile(code: str) -> Tile:
        return _tile(measures()[code], book, window, before, history, BEFORE[period])

    return CockpitView(
        period=period,
        period_label=dict(PERIODS)[period],
        before_label=BEFORE[period],
        span=formats.day_range(window.first, today),
        scope_label="全公司" if actor.is_system or actor.scope is Scope.ALL else actor.scope.label,
        has_data=any(
            not frame.is_empty() for frame in (book.leads, book.customers, book.applications, book.loans)
        ),
        tiles=tuple(tile(code) for code in TILES),
        second=tuple(tile(code) for code in SECOND),
        funnel=steps,
        channels=channels,
        leaders=_leaders(book, window, names),
        ageing=_ageing(book),
        cities=_cities(book, window),
        trend=trend,
        trend_text=trend_text,
        highlights=_highlights(steps, book, window, before, labels, BEFORE[period]),
        as_of=now,
    )


def _tile(
    measure: Measure, book: Book, window: Window, before: Window, history: list[Window], before_label: str
) -> Tile:
    now = measure.compute(book, window)
    prefix, figure, unit = show_value(measure, now.value)
    moved, tone, direction, note, path = "", "", "", "", ""
    if measure.flow:
        then = measure.compute(book, before)
        moved, tone, direction = change(measure, now, then)
        path = spark([measure.compute(book, stretch).value for stretch in history])
        note = f"{before_label} {joined(show_value(measure, then.value))}"
    if now.base is not None and measure.unit is Unit.RATE:
        counts = now.part_unit is Unit.COUNT
        note = (
            f"通过 {now.total:,} · 出结果 {now.base:,}" if counts else f"{wan(now.total)}，共 {wan(now.base)}"
        )
    elif not measure.flow:
        note = f"{now.rows.height:,} 笔"
    full = (
        part_text(int(now.value), Unit.FEN)
        if measure.unit is Unit.FEN and now.value is not None
        else parts_text(now)
    )
    return Tile(
        measure.code,
        measure.label,
        prefix,
        figure,
        unit,
        full,
        measure.definition,
        moved,
        tone,
        direction,
        note,
        path,
    )


def _funnel(book: Book, window: Window, stages: list[Stage]) -> tuple[Row, ...]:
    steps = tables.funnel(book, window, len(stages))
    worst = tables.worst_step(steps)
    top = steps[0].count if steps else 0
    return tuple(
        {
            "code": stage.code,
            "label": stage.label,
            "count": formats.count(step.count),
            "rate": "" if step.step_rate is None else percent(step.step_rate),
            "overall": percent(step.overall_rate),
            "width": bar(step.count, top),
            "next": bar(steps[step.stage + 1].count, top) if step.stage + 1 < len(steps) else "",
            "worst": "worst" if worst == step.stage else "",
            "worst_next": "worst" if worst == step.stage + 1 else "",
            "drill": f"funnel:{step.stage}",
        }
        for stage, step in zip(stages, steps, strict=True)
    )


def _channels(book: Book, window: Window, labels: dict[str, str]) -> tuple[Row, ...]:
    rows = tables.channels(book, window).to_dicts()
    metrics = [
        channel_metrics(
            cost_fen=row["cost_fen"], leads=row["leads"], valid_leads=row["valid"], funded=row["funded"],
            funded_amount_fen=row["funded_fen"], revenue_fen=0,
        )
        for row in rows
    ]  # fmt: skip
    best = max((m.lead_conversion or Fraction(0) for m in metrics), default=Fraction(0))
    views = []
    for row, one in zip(rows, metrics, strict=True):
        code = row["channel"] or "none"
        views.append(
            {
                "code": code,
                "label": labels.get(row["channel"], "未注明"),
                "leads": formats.count(row["leads"]),
                "funded": formats.count(row["funded"]),
                "rate": percent(one.lead_conversion),
                "width": bar(one.lead_conversion or 0, best),
                "cost": wan(row["cost_fen"]),
                "per_lead": _amount(one.cost_per_lead_fen),
                "acquisition": _amount(one.acquisition_cost_fen),
                "amount": wan(row["funded_fen"]),
                "drill": f"channel:{code}",
                "drill_funded": f"funded:{code}",
                "drill_cost": f"cost:{code}",
            }
        )
    return tuple(views)


def _amount(fen: int | None) -> str:
    return formats.EMPTY if fen is None else format_fen(fen)


def _leaders(book: Book, window: Window, names: dict[int, str]) -> tuple[Row, ...]:
    rows = tables.leaders(book, window).head(LEADERS).to_dicts()
    best = rows[0]["amount_fen"] if rows else 0
    return tuple(
        {
            "rank": str(place),
            "name": names.get(row["owner"], formats.EMPTY),
            "initial": names.get(row["owner"], formats.EMPTY)[-1:],
            "tone": str(row["owner"] % 6 + 1),
            "amount": wan(row["amount_fen"]),
            "loans": f"{row['loans']} 单",
            "width": bar(row["amount_fen"], best),
            "drill": f"owner:{row['owner']}",
        }
        for place, row in enumerate(rows, start=1)
    )


def _ageing(book: Book) -> tuple[Row, ...]:
    found = {row["group"]: row for row in tables.ageing(book).to_dicts()}
    total = sum(row["balance_fen"] for row in found.values())
    empty = {"balance_fen": 0, "loans": 0}
    most = max((found.get(code, empty)["balance_fen"] for code, _ in BUCKETS), default=0)
    return tuple(
        {
            "code": code,
            "note": note,
            "amount": wan(found.get(code, empty)["balance_fen"]),
            "loans": f"{found.get(code, empty)['loans']} 笔",
            "share": percent(Fraction(found.get(code, empty)["balance_fen"], total), 2)
            if total
            else formats.EMPTY,
            "width": bar(found.get(code, empty)["balance_fen"], most),
            "drill": f"bucket:{code}",
        }
        for code, note in BUCKETS
    )


def _cities(book: Book, window: Window) -> tuple[Row, ...]:
    rows = tables.cities(book, window).head(CITIES).to_dicts()
    best = rows[0]["amount_fen"] if rows else 0
    return tuple(
        {
            "label": row["city"],
            "amount": wan(row["amount_fen"]),
            "loans": f"{row['loans']} 笔",
            "level": str(min(7, 1 + row["amount_fen"] * 6 // best) if best else 1),
            "drill": f"city:{row['city']}",
        }
        for row in rows
    )


def _trend(book: Book, today: date) -> tuple[tuple[dict[str, str | float], ...], str]:
    rows = tables.trend(book, today).to_dicts()
    lent, back = (sum(row[key] for row in rows) for key in ("disbursed_fen", "collected_fen"))
    views: tuple[dict[str, str | float], ...] = tuple(
        {
            "month": f"{row['month']:%y-%m}",
            "disbursed": divide_half_up(row["disbursed_fen"], 100_000) / 10,
            "collected": divide_half_up(row["collected_fen"], 100_000) / 10,
            "disbursed_text": wan(row["disbursed_fen"]),
            "collected_text": wan(row["collected_fen"]),
            "drill_disbursed": f"disbursed:{row['month']:%Y-%m}",
            "drill_collected": f"collected:{row['month']:%Y-%m}",
        }
        for row in rows
    )
    return views, f"近 12 个月放款 {wan(lent)}，回款 {wan(back)}；本月未结束"


def _highlights(
    steps: tuple[Row, ...],
    book: Book,
    window: Window,
    before: Window,
    labels: dict[str, str],
    before_label: str,
) -> tuple[Row, ...]:
    found: list[Row] = []
    worst = next((step for step in steps if step["worst"]), None)
    if worst is not None:
        found.append({"icon": "triangle-alert", "tone": "bad", "drill": worst["drill"], "lead": worst["label"],
                      "text": f"转化 {worst['rate']}，是漏斗里最窄的一节"})  # fmt: skip
    idle = max(
        (row for row in tables.channels(book, window).to_dicts() if row["cost_fen"] and not row["funded"]),
        key=lambda row: row["cost_fen"],
        default=None,
    )
    if idle is not None:
        found.append({"icon": "trending-down", "tone": "warn", "drill": f"cost:{idle['channel'] or 'none'}",
                      "lead": labels.get(idle["channel"], "未注明"),
                      "text": f"已投 {wan(idle['cost_fen'])}，这批线索还没有放款"})  # fmt: skip
    lent = measures()["disbursed_amount"]
    now, then = lent.compute(book, window).value, lent.compute(book, before).value
    if isinstance(now, int) and isinstance(then, int) and then:
        moved = Fraction(now - then, then) * 100
        up = moved >= 0
        found.append({"icon": "trending-up" if up else "trending-down", "tone": "ok" if up else "bad",
                      "drill": "disbursed_amount", "lead": "放款",
                      "text": f"{wan(now)}，比{before_label}{'多' if up else '少'} {fixed(abs(moved), 1)}%"})  # fmt: skip
    return tuple(found)
