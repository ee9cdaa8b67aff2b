"""Boards of the roles 岗位看板: the numbers of one's own desk, inside one's own scope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from loanhub.analytics import book as frames
from loanhub.analytics import tables
from loanhub.analytics.measures import DIMENSIONS, Group, How, Unit, breakdown, measures
from loanhub.domain import formats
from loanhub.domain.permissions import Permission, RoleCode
from loanhub.domain.repayment.delinquency import FiveClass
from loanhub.services import targets
from loanhub.services._actor import Actor, LacksPermission
from loanhub.services._transaction import reading
from loanhub.services.cockpit import _panels as panels
from loanhub.services.cockpit._facts import Facts, facts_of
from loanhub.services.cockpit._panels import Row
from loanhub.services.cockpit._present import Told, bar, percent, show_value, spark, wan
from loanhub.services.cockpit._sentences import names_of
from loanhub.services.cockpit.keeper import keeper
from loanhub.services.cockpit.look import (
    SPARK_POINTS,
    Selection,
    Tile,
    book_of,
    scope_key,
    scope_label,
    tile_of,
)


@dataclass(frozen=True)
class BoardSpec:
    """A role's board: its measures, whom it is for, and the measures taken apart below them, each by a dimension."""

    code: str
    label: str
    permission: Permission
    roles: frozenset[str]
    measures: tuple[str, ...]
    mixes: tuple[tuple[str, str], ...] = ()
    funnel: bool = False
    stage_times: bool = False
    ageing: bool = False


BOARDS: tuple[BoardSpec, ...] = (
    BoardSpec(
        "rep", "客户经理", Permission.LEADS_CREATE, frozenset({RoleCode.SALES.value}),
        ("disbursed_amount", "disbursed_count", "leads_assigned", "first_response_rate", "follow_up_count", "tasks_due_today",
         "tasks_overdue", "new_leads", "contact_rate", "lead_conversion", "application_count", "approval_rate", "conversion_days",
         "outstanding_principal", "overdue_rate"),
        (("new_leads", "channel"), ("disbursed_amount", "product")), funnel=True, stage_times=True,
    ),
    BoardSpec(
        "team", "团队主管", Permission.LEADS_ASSIGN, frozenset({RoleCode.TEAM_LEAD.value}),
        ("disbursed_amount", "disbursed_count", "output_per_head", "leads_assigned", "first_response_rate", "follow_up_count",
         "tasks_due_today", "tasks_overdue", "new_leads", "contact_rate", "lead_conversion", "application_count", "approval_rate",
         "acquisition_cost", "overdue_rate"),
        (("disbursed_amount", "owner"), ("leads_assigned", "owner"), ("first_response_rate", "owner"), ("follow_up_count", "by"),
         ("tasks_due_today", "owner"), ("tasks_overdue", "owner"), ("lead_conversion", "owner")), funnel=True, stage_times=True,
    ),
    BoardSpec(
        "risk", "风控", Permission.APPLICATIONS_APPROVE, frozenset({RoleCode.CREDIT.value}),
        ("application_count", "approval_rate", "approval_rate_amount", "approval_hours_median", "approved_amount",
         "first_payment_default_7", "first_payment_default_30", "overdue_rate", "bad_loan_rate", "provision_coverage"),
        (("approval_rate", "product"), ("approval_rate", "grade"), ("overdue_rate", "product"), ("overdue_rate", "channel")),
        ageing=True,
    ),
    BoardSpec(
        "collections", "催收", Permission.COLLECTIONS_CONTACT, frozenset({RoleCode.COLLECTIONS.value}),
        ("cases_open", "cases_opened", "cases_closed", "collected_in_cases", "promises_kept_rate", "collection_contacts",
         "overdue_principal", "overdue_90_rate", "recovered_amount", "written_off_amount"),
        (("cases_open", "owner"), ("cases_open", "bucket"), ("promises_kept_rate", "owner"), ("collection_contacts", "owner")),
        ageing=True,
    ),
    BoardSpec(
        "finance", "财务", Permission.LEDGER_READ, frozenset({RoleCode.FINANCE.value}),
        ("disbursed_amount", "disbursed_count", "collected_amount", "revenue_amount", "outstanding_principal",
         "suspense_amount", "provision_amount", "written_off_amount", "recovered_amount", "channel_cost"),
        (("collected_amount", "product"), ("revenue_amount", "product"), ("outstanding_principal", "five_class"),
         ("channel_cost", "channel")),
        ageing=True,
    ),
)  # fmt: skip
MIX_ROWS = 8


@dataclass(frozen=True)
class Mix:
    """A measure taken apart by a dimension: what both are called, and rows (label, figure, beside, width); ``key`` names it."""

    key: str
    title: str
    hint: str
    measure_label: str
    by_label: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class BoardView:
    """A role's board, formatted."""

    code: str
    label: str
    options: tuple[tuple[str, str], ...]
    selection: Selection
    before_label: str
    span: str
    scope_label: str
    tiles: tuple[Tile, ...]
    goal_text: str
    goal_done: str
    goal_done_text: str
    funnel: tuple[Row, ...]
    stage_times: tuple[Row, ...]
    ageing: tuple[Row, ...]
    mixes: tuple[Mix, ...]
    as_of: datetime


def available(actor: Actor) -> tuple[BoardSpec, ...]:
    """Return the boards an actor may open, that of the own role first; readers of the cockpit may open all."""
    if not actor.can(Permission.FIGURES_READ):
        return ()
    mine = [one for one in BOARDS if actor.can(one.permission) or actor.can(Permission.COCKPIT_READ)]
    return tuple(sorted(mine, key=lambda one: not (one.roles & actor.roles)))


def codes_of(actor: Actor) -> frozenset[str]:
    """Return the codes of numbers an actor may open on boards."""
    found: set[str] = set()
    for spec in available(actor):
        found |= set(spec.measures)
        if spec.funnel:
            found |= {f"{kind}:{place}" for kind in ("funnel", "now") for place in range(100)}
        if spec.stage_times:
            found |= {f"stage:{place}" for place in range(100)}
        if spec.ageing:
            found |= {f"bucket:{code}" for code, _ in panels.BUCKETS}
        found |= {code for code, _ in spec.mixes}
    return frozenset(found)


def board(actor: Actor, *, code: str = "", selection: Selection | None = None, now: datetime) -> BoardView:
    """Return a role's board inside the actor's scope; an unknown code means the actor's first.

    Raises:
        NotPermitted: no board is the actor's.
    """
    mine = available(actor)
    if not mine:
        raise LacksPermission(Permission.FIGURES_READ)
    spec = next((one for one in mine if one.code == code), mine[0])
    chosen = (selection or Selection()).known()
    today = formats.local(now).date()
    kept, facts = keeper(), facts_of(actor, today)
    book, _ = book_of(kept, actor, Selection(period=chosen.period, compare=chosen.compare), facts)
    key = ("board", spec.code, *scope_key(actor), chosen.period, chosen.compare, today)
    view = kept.once(key, (kept.version, facts), lambda: _board(spec, book, chosen, facts, now))
    goal = _goal(actor, spec, view, today, book) if chosen.period == "month" else ("", "", "")
    options = tuple((one.code, one.label) for one in mine)
    return BoardView(
        **{**vars(view), "options": options, "scope_label": scope_label(actor), "goal_text": goal[0], "goal_done": goal[1],
           "goal_done_text": goal[2], "as_of": now}
    )  # fmt: skip


def _share(part: int, groups: Sequence[Group]) -> str:
    whole = sum(one.total for one in groups)
    return percent(Fraction(part, whole)) if whole > 0 else ""


def _goal(
    actor: Actor, spec: BoardSpec, view: BoardView, today: Any, book: frames.Book
) -> tuple[str, str, str]:
    """Return the reader's own target of the first measure of the board that has one."""
    with reading() as db:
        found = targets.of_month(db, today.replace(day=1))
    for code in spec.measures:
        goal = targets.goal_of(found, actor, code) if code in targets.MEASURES else None
        if goal:
            window, _ = view.selection.windows(today)
            total = measures()[code].compute(book, window).total
            shown = wan(goal) if measures()[code].unit is Unit.FEN else formats.count(goal)
            done = Fraction(total, goal)
            return f"{measures()[code].label}目标 {shown}", bar(min(done, Fraction(1)), 1), percent(done)
    return "", "", ""


def _in_order(groups: Sequence[Group], dimension: str, how: How) -> list[Group]:
    """Return what has an order of its own in it (buckets, grades, classes), anything else the largest first."""
    if dimension in ("bucket", "grade"):
        return sorted(groups, key=lambda one: (one.keys[0] is None, one.keys[0] or 0))
    if dimension == "five_class":
        classes = [code for code, _ in FiveClass.options()]
        return sorted(
            groups, key=lambda one: classes.index(one.keys[0]) if one.keys[0] in classes else len(classes)
        )
    return sorted(groups, key=lambda one: -(one.base or 0) if how is How.SHARE else -one.total)


def _board(spec: BoardSpec, book: frames.Book, chosen: Selection, facts: Facts, now: datetime) -> BoardView:
    today = formats.local(now).date()
    window, before = chosen.windows(today)
    stretches = frames.stretches("month" if chosen.period == "year" else chosen.period, today, SPARK_POINTS)
    tiles = []
    for code in spec.measures:
        measure = measures()[code]
        current = measure.compute(book, window)
        then = measure.compute(book, before) if measure.flow else None
        path = spark([measure.compute(book, one).value for one in stretches]) if measure.flow else ""
        tiles.append(tile_of(measure, current, then, chosen.before_label, path))
    steps = [step.count for step in tables.funnel(book, window, len(facts.stages))] if spec.funnel else []
    name = names_of(
        {
            "channel": dict(facts.channels), "product": dict(facts.products), "owner": dict(facts.names), "by": dict(facts.names),
            "grade": panels.GRADES, "five_class": dict(FiveClass.options()),
        }
    )  # fmt: skip
    mixes = []
    for code, dimension in spec.mixes:
        measure = measures()[code]
        groups = breakdown(measure, book, window, [dimension])
        rows = []
        ordered = _in_order(groups, dimension, measure.how)[:MIX_ROWS]
        most = max((one.value or 0 for one in ordered), default=0)
        for one in ordered:
            figure = "".join(show_value(measure, one.value))
            beside = (
                f"{one.records:,} / {one.base:,}"
                if one.base is not None and measure.unit is Unit.RATE
                else _share(one.total, groups)
            )
            if measure.unit is Unit.RATE and one.base is not None and measure.entity == "loan":
                beside = f"共 {wan(one.base)}"
            rows.append(
                {
                    "label": name(dimension, one.keys[0]), "beside": beside,
                    "figure": figure if one.value is None else Told(figure, one.value, measure.unit),
                    "width": bar(max(one.value or 0, 0), most) if most > 0 else "0%",
                    "key": f"={'' if one.keys[0] is None else one.keys[0]}", "by": dimension, "code": code,
                }
            )  # fmt: skip
        by_label = DIMENSIONS[dimension]
        hint = "" if measure.flow else "当前"
        mixes.append(
            Mix(
                f"{code}:{dimension}",
                f"{measure.label} · 按{by_label}",
                hint,
                measure.label,
                by_label,
                tuple(rows),
            )
        )
    return BoardView(
        code=spec.code, label=spec.label, options=(), selection=chosen, before_label=chosen.before_label,
        span=formats.day_range(window.first, today), scope_label="", tiles=tuple(tiles), goal_text="", goal_done="",
        goal_done_text="", funnel=panels.funnel(steps, facts.stages, "funnel") if spec.funnel else (),
        stage_times=panels.stage_times(book, window, facts.stages) if spec.stage_times else (),
        ageing=panels.ageing(book) if spec.ageing else (), mixes=tuple(mixes), as_of=now,
    )  # fmt: skip
