"""Read the cockpit once for a period: tiles, panels, highlights; shared by all who would get the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from loanhub.analytics import book as frames
from loanhub.analytics import history as past
from loanhub.analytics import tables
from loanhub.analytics.book import Book, Window
from loanhub.analytics.history import History
from loanhub.analytics.measures import Measure, Reading, Unit, measures
from loanhub.domain import formats
from loanhub.domain.permissions import Permission, Scope
from loanhub.services._actor import Actor
from loanhub.services.cockpit import _panels as panels
from loanhub.services.cockpit._facts import Facts, facts_of
from loanhub.services.cockpit._goal import Goal, forecast_of, goal_of
from loanhub.services.cockpit._panels import BUCKETS, Row
from loanhub.services.cockpit._present import (
    change,
    fixed,
    full_text,
    joined,
    percent,
    show_value,
    spark,
    wan,
)
from loanhub.services.cockpit._sentences import Context, names_of, sentences
from loanhub.services.cockpit.keeper import Keeper, keeper

TILES = (
    "new_leads",
    "disbursed_amount",
    "approval_rate",
    "approval_hours",
    "acquisition_cost",
    "overdue_rate",
)
SECOND = (
    "new_customers",
    "applied_amount",
    "collected_amount",
    "outstanding_principal",
    "output_per_head",
    "bad_debt_rate",
)
PERIODS = (("day", "今日"), ("week", "本周"), ("month", "本月"), ("quarter", "本季"), ("year", "本年"))
COMPARES = (("before", "环比"), ("year", "同比"))
DEFAULT_PERIOD, DEFAULT_COMPARE, DEFAULT_OVER = "month", "before", "30"
BEFORE = {
    "day": "昨日",
    "week": "上周同期",
    "month": "上月同期",
    "quarter": "上季同期",
    "year": "去年同期",
}
SPARK_POINTS = 8
P90 = 0.9


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
class Selection:
    """What of the cockpit is asked for. Unknown codes mean the default; department 0 and product '' all there is."""

    period: str = DEFAULT_PERIOD
    compare: str = DEFAULT_COMPARE
    department: int = 0
    product: str = ""
    over: str = DEFAULT_OVER

    def known(self) -> Selection:
        """Return it with unknown codes replaced."""
        return replace(
            self,
            period=self.period if self.period in BEFORE else DEFAULT_PERIOD,
            compare=self.compare if self.compare in dict(COMPARES) else DEFAULT_COMPARE,
            over=self.over if self.over in past.OVER else DEFAULT_OVER,
        )

    def windows(self, today: date) -> tuple[Window, Window]:
        """Return the window and what it is compared with."""
        window, before = frames.period(self.period, today)
        return window, frames.year_before(window) if self.compare == "year" else before

    @property
    def before_label(self) -> str:
        """Return what it is compared with in words."""
        return "去年同期" if self.compare == "year" else BEFORE[self.period]


@dataclass(frozen=True)
class CockpitView:
    """Everything on the cockpit, formatted. Each row carries ``drill``, the code of the records behind it.

    trend, ageing_trend: a row a month, oldest first, with numbers for the chart and texts for its table.
    leaders: by order. departments, products_to_choose: what the filters offer.
    """

    selection: Selection
    period_label: str
    before_label: str
    span: str
    scope_label: str
    has_data: bool
    tiles: tuple[Tile, ...]
    second: tuple[Tile, ...]
    goal: Goal
    funnel: tuple[Row, ...]
    funnel_now: tuple[Row, ...]
    channels: tuple[Row, ...]
    leaders: dict[str, tuple[Row, ...]]
    ageing: tuple[Row, ...]
    ageing_trend: tuple[dict[str, Any], ...]
    ageing_text: str
    vintage: tuple[dict[str, Any], ...]
    vintage_heads: tuple[str, ...]
    roll: tuple[dict[str, Any], ...]
    roll_heads: tuple[str, ...]
    roll_text: str
    cities: tuple[Row, ...]
    provinces: tuple[Row, ...]
    stage_times: tuple[Row, ...]
    products: tuple[Row, ...]
    grades: tuple[Row, ...]
    trend: tuple[dict[str, Any], ...]
    trend_text: str
    highlights: tuple[Row, ...]
    departments: tuple[tuple[str, str], ...]
    products_to_choose: tuple[tuple[str, str], ...]
    as_of: datetime

    @property
    def period(self) -> str:
        """Return the code of the period."""
        return self.selection.period


def scope_key(actor: Actor) -> tuple[int, ...]:
    """Return what two actors share when :func:`look` gives both the same."""
    if actor.is_system or actor.scope is Scope.ALL:
        return (int(Scope.ALL),)
    return (int(actor.scope), actor.user_id, *sorted(actor.department_ids))


def scope_label(actor: Actor) -> str:
    """Return how far the reader's numbers reach, in words."""
    return "全公司" if actor.is_system or actor.scope is Scope.ALL else actor.scope.label


def look(
    actor: Actor, *, period: str = DEFAULT_PERIOD, now: datetime, selection: Selection | None = None
) -> CockpitView:
    """Return the cockpit inside the actor's scope; unknown codes mean the default. ``selection`` overrules ``period``.

    Raises:
        NotPermitted: the actor lacks cockpit:read.
    """
    actor.require(Permission.COCKPIT_READ)
    wanted = (selection or Selection(period=period)).known()
    today = formats.local(now).date()
    kept = keeper()
    facts = facts_of(actor, today)
    chosen = reachable(wanted, facts)
    book, key = book_of(kept, actor, chosen, facts)
    view = kept.once(
        ("look", *key, chosen, today),
        (kept.version, facts),
        lambda: _look(kept, book, key, chosen, facts, today, now),
    )
    return replace(view, as_of=now, scope_label=scope_label(actor))


def reachable(wanted: Selection, facts: Facts) -> Selection:
    """Return a selection without a department or product that is not the reader's to choose."""
    return replace(
        wanted,
        department=wanted.department if str(wanted.department) in dict(facts.departments) else 0,
        product=wanted.product if wanted.product in dict(facts.products) else "",
    )


def book_of(
    kept: Keeper, actor: Actor, selection: Selection, facts: Facts
) -> tuple[Book, tuple[object, ...]]:
    """Return the part of the book a selection is about, and what names it."""
    whole = kept.of(actor).as_of(facts.today, facts.response)
    key: tuple[object, ...] = scope_key(actor)
    if not selection.department and not selection.product:
        return whole, key
    departments = facts.below(selection.department) if selection.department else None
    key = (*key, selection.department, selection.product)
    part = kept.once(
        ("part", *key),
        kept.version,
        lambda: frames.narrowed(whole, departments=departments, product=selection.product),
    )
    return part, key


def _look(
    kept: Keeper,
    book: Book,
    key: tuple[object, ...],
    chosen: Selection,
    facts: Facts,
    today: date,
    now: datetime,
) -> CockpitView:
    window, before = chosen.windows(today)
    month_ends = kept.history(key, book)
    stretches = frames.stretches("month" if chosen.period == "year" else chosen.period, today, SPARK_POINTS)
    steps = tables.funnel(book, window, len(facts.stages))
    trend, trend_text = panels.trend(book, today)
    ageing_trend, ageing_text = panels.ageing_trend(book, month_ends, today)
    vintage, heads = panels.vintage(month_ends, chosen.over)
    roll, roll_heads, roll_text = panels.roll(book, month_ends)
    target = facts.goal if not chosen.department and not chosen.product else facts.department_goal(chosen)
    coming = forecast_of(book, today) if chosen.period == "month" else None
    name = names_of(
        {"channel": dict(facts.channels), "product": dict(facts.products), "grade": panels.GRADES}
    )
    tiles = {
        code: _tile(
            measures()[code], book, window, before, stretches if code in TILES else [], chosen.before_label
        )
        for code in (*TILES, *SECOND)
    }
    tiles = _enriched(tiles, book, window, month_ends, target if chosen.period == "month" else None)
    return CockpitView(
        selection=chosen,
        period_label=dict(PERIODS)[chosen.period],
        before_label=chosen.before_label,
        span=formats.day_range(window.first, today),
        scope_label="",
        has_data=any(
            not frame.is_empty() for frame in (book.leads, book.customers, book.applications, book.loans)
        ),
        tiles=tuple(tiles[code] for code in TILES),
        second=tuple(tiles[code] for code in SECOND),
        goal=goal_of(book, today, target, coming),
        funnel=panels.funnel([step.count for step in steps], facts.stages, "funnel"),
        funnel_now=panels.funnel(tables.funnel_now(book, len(facts.stages)), facts.stages, "now"),
        channels=panels.channels(book, window, dict(facts.channels)),
        leaders=panels.leaders(
            book, window, dict(facts.names), dict(facts.personal_goals) if chosen.period == "month" else {}
        ),
        ageing=panels.ageing(book),
        ageing_trend=ageing_trend,
        ageing_text=ageing_text,
        vintage=vintage,
        vintage_heads=heads,
        roll=roll,
        roll_heads=roll_heads,
        roll_text=roll_text,
        cities=panels.cities(book, window),
        provinces=panels.province_tiles(book, window),
        stage_times=panels.stage_times(book, window, facts.stages),
        products=panels.products(book, window, dict(facts.products)),
        grades=panels.grades(book),
        trend=trend,
        trend_text=trend_text,
        highlights=sentences(
            Context(
                book,
                window,
                before,
                chosen.before_label,
                facts.stages,
                month_ends,
                name,
                coming,
                target,
            )
        ),
        departments=facts.departments,
        products_to_choose=facts.products,
        as_of=now,
    )


def _tile(
    measure: Measure, book: Book, window: Window, before: Window, history: list[Window], before_label: str
) -> Tile:
    now = measure.compute(book, window)
    then = measure.compute(book, before) if measure.flow else None
    values = [measure.compute(book, stretch).value for stretch in history] if measure.flow else []
    return tile_of(measure, now, then, before_label, spark(values))


def tile_of(measure: Measure, now: Reading, then: Reading | None, before_label: str, path: str = "") -> Tile:
    """Return a number as a tile, held against an earlier one where there is one."""
    prefix, figure, unit = show_value(measure, now.value)
    moved, tone, direction, note = "", "", "", ""
    if then is not None:
        moved, tone, direction = change(measure, now, then)
        note = f"{before_label} {joined(show_value(measure, then.value))}"
    if now.base is not None and measure.unit is Unit.RATE:
        counts = now.part_unit is Unit.COUNT
        note = f"{now.total:,} / {now.base:,}" if counts else f"{wan(now.total)}，共 {wan(now.base)}"
    elif then is None and measure.unit is not Unit.TIMES:
        note = "当前" if measure.unit is Unit.COUNT else f"{now.rows.height:,} 笔"
    return Tile(
        measure.code, measure.label, prefix, figure, unit, full_text(measure, now), measure.definition, moved, tone, direction, note, path
    )  # fmt: skip


def _enriched(
    tiles: Mapping[str, Tile], book: Book, window: Window, kept: History, goal: int | None
) -> dict[str, Tile]:
    """Return the tiles with what stands below the figure: target, P90, LTV to CAC, the last month end."""
    found = dict(tiles)
    lent = measures()["disbursed_amount"].compute(book, window).total
    if goal:
        found["disbursed_amount"] = replace(
            found["disbursed_amount"], note=f"目标 {wan(goal)} · {percent(Fraction(lent, goal), 0)}"
        )
    rate = measures()["approval_rate"].compute(book, window)
    if rate.base:
        found["approval_rate"] = replace(
            found["approval_rate"], note=f"出结果 {rate.base:,} · 通过 {rate.total:,}"
        )
    minutes = measures()["approval_hours"].compute(book, window).rows["part"]
    if len(minutes):
        high = minutes.quantile(P90, "higher")
        found["approval_hours"] = replace(
            found["approval_hours"], note=f"P90 {fixed(Fraction(int(high or 0), 60), 1)} 时"
        )
    ratio = measures()["lifetime_to_cost"].compute(book, window).value
    if ratio is not None:
        found["acquisition_cost"] = replace(found["acquisition_cost"], note=f"LTV / CAC {fixed(ratio, 1)}")
    late = measures()["overdue_90_rate"].compute(book, window).value
    earlier = [one for one in past.ageing_trend(kept, SPARK_POINTS) if one.day < window.end]
    shares = [Fraction(sum(one.overdue_fen), one.balance_fen) if one.balance_fen else None for one in earlier]
    now = measures()["overdue_rate"].compute(book, window)
    tile = found["overdue_rate"]
    if late is not None:
        tile = replace(tile, note=f"M3+ {percent(Fraction(late), 2)}")
    if shares and shares[-1] is not None and now.value is not None:
        before = Reading(shares[-1], now.rows)
        moved, tone, direction = change(measures()["overdue_rate"], now, before)
        note = f"{tile.note} · {earlier[-1].day.month} 月末 {percent(shares[-1], 2)}"
        tile = replace(
            tile, change=moved, tone=tone, direction=direction, note=note, spark=spark([*shares, now.value])
        )
    found["overdue_rate"] = tile
    return found


__all__ = [
    "BUCKETS", "CockpitView", "Goal", "Row", "Selection", "Tile", "book_of", "look", "scope_key", "scope_label", "tile_of",
]  # fmt: skip
