"""The few sentences worth reading first 要点: what changed, by how much, and which group moved it most."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import polars as pl

from loanhub.analytics import tables
from loanhub.analytics.book import Book, Window
from loanhub.analytics.drivers import drivers, is_general, main_drivers
from loanhub.analytics.forecast import Forecast
from loanhub.analytics.history import History
from loanhub.analytics.measures import DIMENSIONS, Group, How, breakdown, measures
from loanhub.services.cockpit._facts import Step
from loanhub.services.cockpit._present import fixed, percent, wan

Row = dict[str, str]
Namer = Callable[[str, object], str]
"""Returns what a key of a dimension is called."""
LEAST_POINTS = Fraction(1, 100)
"""Rates that moved by less are no news."""
LEAST_BASE = 10
"""Of fewer records no rate is made a sentence of."""
LEAST_PART = Fraction(1, 3)
"""A group, or two, is named when it made at least so much of the change."""
MOST_NAMED = 2
GENERAL = Fraction(3, 4)
"""When no one made it but at least so many of the groups went that way, that is said instead."""
MOST = 3


@dataclass(frozen=True)
class Context:
    """What the sentences are about."""

    book: Book
    window: Window
    before: Window
    before_label: str
    stages: Sequence[Step]
    kept: History
    name: Namer
    forecast: Forecast | None
    goal: int | None


def sentences(about: Context) -> tuple[Row, ...]:
    """Return the highlights, worst first; each says what it opens."""
    found = [
        *_funnel(about), *_approval(about), *_overdue(about), *_idle(about), *_pace(about), *_disbursed(about),
    ]  # fmt: skip
    rank = {"bad": 0, "warn": 1, "ok": 2}
    return tuple(sorted(found, key=lambda row: rank[row["tone"]])[:MOST])


def _line(tone: str, drill: str, lead: str, text: str) -> Row:
    icon = {"bad": "triangle-alert", "warn": "trending-down", "ok": "trending-up"}[tone]
    return {"icon": icon, "tone": tone, "drill": drill, "lead": lead, "text": text}


_AFTER = {"channel": "线索", "grade": "风险的申请"}
"""What follows the name of a driver, so that a sentence says what the name is of."""

_MAIN = "，主因"


def points(change: Fraction) -> str:
    """Return 降 4.2 个百分点."""
    return f"{'升' if change > 0 else '降'} {fixed(abs(change) * 100, 1)} 个百分点"


def _named(
    about: Context, now: Sequence[Group], then: Sequence[Group], how: How, change: Fraction, dimension: str
) -> str:
    """Return 「，主因…」 when a group or two made enough of the change, 「，各渠道普遍下降」 when all did; '' otherwise."""
    if len({g.keys for g in (*now, *then)}) < 2:
        return ""
    found = drivers(now, then, how)
    first = main_drivers(found, change, least=LEAST_PART, most=MOST_NAMED)
    if first:
        names = "和".join(about.name(dimension, one.key[0]) for one in first)
        return f"{_MAIN}{names}{_AFTER.get(dimension, '')}"
    if is_general(found, change, least=GENERAL):
        return f"，各{DIMENSIONS[dimension]}普遍{'上升' if change > 0 else '下降'}"
    return ""


def _steps(cohort: pl.DataFrame, stage: int) -> list[Group]:
    """Return by channel how many got to a stage of those who got to the one before."""
    rows = cohort.filter(pl.col("reached") >= stage - 1)
    grouped = rows.group_by("channel").agg(part=(pl.col("reached") >= stage).sum(), base=pl.len())
    return [
        Group((row["channel"],), Fraction(row["part"], row["base"]), row["part"], row["base"], row["part"])
        for row in grouped.to_dicts()
    ]


def _funnel(about: Context) -> list[Row]:
    """Return the step that fell most, both cohorts taken at the end of their own window."""
    cohorts = [tables.reached_by(about.book, window) for window in (about.window, about.before)]
    now, then = (
        tables.funnel_steps([int((cohort["reached"] >= place).sum()) for place in range(len(about.stages))])
        for cohort in cohorts
    )
    drops = []
    for new, old in zip(now, then, strict=True):
        if new.step_rate is None or old.step_rate is None or not new.stage:
            continue
        enough = min(now[new.stage - 1].count, then[new.stage - 1].count) >= LEAST_BASE
        if enough and old.step_rate - new.step_rate >= LEAST_POINTS:
            drops.append((new.step_rate - old.step_rate, new))
    if drops:
        change, step = min(drops, key=lambda one: one[0])
        because = _named(
            about,
            _steps(cohorts[0], step.stage),
            _steps(cohorts[1], step.stage),
            How.SHARE,
            change,
            "channel",
        )
        text = f"通过率{points(change)}{because}"
        return [_line("bad", f"funnel:{step.stage}", about.stages[step.stage].label, text)]
    worst = tables.worst_step(now)
    if worst is None:
        return []
    text = f"转化 {percent(now[worst].step_rate)}，是漏斗里最窄的一节"
    return [_line("warn", f"funnel:{worst}", about.stages[worst].label, text)]


def _approval(about: Context) -> list[Row]:
    measure = measures()["approval_rate"]
    now, then = measure.compute(about.book, about.window), measure.compute(about.book, about.before)
    if now.value is None or then.value is None or min(now.base or 0, then.base or 0) < LEAST_BASE:
        return []
    change = Fraction(now.value) - Fraction(then.value)
    if abs(change) < 2 * LEAST_POINTS:
        return []
    because = ""
    for dimension in ("product", "channel", "grade"):
        groups = [
            breakdown(measure, about.book, window, [dimension]) for window in (about.window, about.before)
        ]
        because = _named(about, groups[0], groups[1], How.SHARE, change, dimension)
        if _MAIN in because:
            break
    text = f"{percent(Fraction(now.value))}，比{about.before_label}{points(change)}{because}"
    return [_line("ok" if change > 0 else "bad", "approval_rate", "审批通过率", text)]


def _overdue(about: Context) -> list[Row]:
    earlier = [day for day in about.kept.dates if day < about.window.end]
    if not earlier:
        return []
    day = earlier[-1]
    alive = about.book.loans.lazy().filter(pl.col("open"))
    late = pl.when(pl.col("dpd") > 0).then(pl.col("outstanding_fen")).otherwise(0)
    now = alive.group_by("product").agg(part=late.sum(), base=pl.col("outstanding_fen").sum()).collect()
    owed = about.kept.cells.filter(pl.col("date") == day)
    was_late = pl.when(pl.col("bucket") > 0).then(pl.col("balance_fen")).otherwise(0)
    then = owed.group_by("product").agg(part=was_late.sum(), base=pl.col("balance_fen").sum())
    groups = [
        [Group((r["product"],), None, int(r["part"]), int(r["base"]), 0) for r in frame.to_dicts()] for frame in (now, then)
    ]  # fmt: skip
    bases = [sum(one.base or 0 for one in part) for part in groups]
    if not all(bases):
        return []
    shares = [
        Fraction(sum(one.total for one in part), base) for part, base in zip(groups, bases, strict=True)
    ]
    change = shares[0] - shares[1]
    if abs(change) < LEAST_POINTS / 5:
        return []
    because = _named(about, groups[0], groups[1], How.SHARE, change, "product")
    text = f"{percent(shares[0], 2)}，比 {day.month} 月末{points(change)}{because}"
    return [_line("bad" if change > 0 else "ok", "overdue_rate", "逾期率", text)]


def _idle(about: Context) -> list[Row]:
    rows = tables.channels(about.book, about.window).to_dicts()
    idle = [row for row in rows if row["cost_fen"] > 0 and not row["funded"] and row["leads"] >= LEAST_BASE]
    if not idle:
        return []
    worst = max(idle, key=lambda row: row["cost_fen"])
    text = f"已投 {wan(worst['cost_fen'])}，{worst['leads']:,} 条线索还没有放款"
    return [
        _line("warn", f"cost:{worst['channel'] or 'none'}", about.name("channel", worst["channel"]), text)
    ]


def _pace(about: Context) -> list[Row]:
    if about.forecast is None:
        return []
    found = about.forecast
    text = f"按近 {found.months} 个月的节奏，本月预计 {wan(found.middle)}（{wan(found.low)} ～ {wan(found.high)}）"
    tone = "ok"
    if about.goal:
        reach = Fraction(found.middle, about.goal)
        text += f"，可完成目标 {percent(reach, 0)}"
        tone = "ok" if reach >= 1 else "warn"
    return [_line(tone, "disbursed_amount", "放款", text)]


def _disbursed(about: Context) -> list[Row]:
    if about.forecast is not None:
        return []
    measure = measures()["disbursed_amount"]
    now, then = measure.compute(about.book, about.window), measure.compute(about.book, about.before)
    if not isinstance(now.value, int) or not isinstance(then.value, int) or not then.value:
        return []
    change = Fraction(now.value - then.value)
    groups = [breakdown(measure, about.book, window, ["product"]) for window in (about.window, about.before)]
    because = _named(about, groups[0], groups[1], How.SUM, change, "product")
    up = change >= 0
    text = f"{wan(now.value)}，比{about.before_label}{'多' if up else '少'} {fixed(abs(change) / then.value * 100, 1)}%{because}"
    return [_line("ok" if up else "bad", "disbursed_amount", "放款", text)]


def names_of(sources: Mapping[str, Mapping[Any, str]]) -> Namer:
    """Return a namer that looks keys up by dimension; no key reads 未注明, nobody's record 未分配."""

    def name(dimension: str, key: object) -> str:
        if key is None or key == "":
            return "未分配" if dimension == "owner" else "未注明"
        return sources.get(dimension, {}).get(key, str(key))

    return name
