"""The records behind a number of the cockpit 下钻: what it is, how it is counted, what it adds up to, by what."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction

import polars as pl

from loanhub.analytics.measures import DIMENSIONS, Reading, Unit, columns_of, dimensions_of, measures
from loanhub.analytics.measures._measure import Measure
from loanhub.domain import formats
from loanhub.domain.leads import InvalidReason, LeadStatus, LostReason
from loanhub.domain.permissions import Permission
from loanhub.domain.repayment.delinquency import FiveClass
from loanhub.services import events, files
from loanhub.services._actor import Actor, LacksPermission
from loanhub.services._transaction import reading, transaction
from loanhub.services.cockpit import boards
from loanhub.services.cockpit._facts import Facts, facts_of
from loanhub.services.cockpit._panels import GRADES, Row
from loanhub.services.cockpit._parts import Asked, NoSuchNumber, Part, part_of
from loanhub.services.cockpit._present import bar, part_text, parts_text, percent, show_value, split_wan, wan
from loanhub.services.cockpit._records import ENTITIES, RIGHTS, export_right, lines
from loanhub.services.cockpit._sentences import Namer, names_of
from loanhub.services.cockpit.keeper import keeper
from loanhub.services.cockpit.look import DEFAULT_PERIOD, PERIODS, Selection, book_of

DRILL_ROWS = 200
GROUPS = 6
BY = ("channel", "product", "owner", "department", "reason", "stage", "city", "grade", "bucket", "status")
"""What the records may be grouped by in the drawer, as far as they have it."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Drill:
    """The records behind a number. ``prefix figure unit`` is the number as the page shows it.

    sum_text: what all ``count`` records add up to, exactly; ``rows`` are the largest :data:`DRILL_ROWS` of them
    (title, detail, value, link), empty when ``hidden`` because the reader may not see the records. by_options: what they may
    be grouped by; ``groups`` (key, label, amount, share, width) of ``by``; ``only`` the group the rows are of.
    """

    code: str = ""
    title: str = ""
    definition: str = ""
    period: str = ""
    prefix: str = ""
    figure: str = ""
    unit: str = ""
    sum_text: str = ""
    entity_label: str = ""
    count: int = 0
    hidden: bool = False
    exportable: bool = False
    by: str = ""
    only: str = ""
    only_label: str = ""
    by_options: tuple[dict[str, str], ...] = ()
    groups: tuple[Row, ...] = ()
    rows: tuple[dict[str, str], ...] = ()


@dataclass(frozen=True)
class _Found:
    """A code looked up: its records, the chosen group of them, and the groups."""

    part: Part
    shown: tuple[str, str, str]
    chosen: Reading
    keys: tuple[Row, ...]
    by: str
    only_label: str
    options: tuple[dict[str, str], ...]


def drill(
    actor: Actor,
    code: str,
    *,
    period: str = DEFAULT_PERIOD,
    selection: Selection | None = None,
    by: str = "",
    only: str = "",
    now: datetime,
) -> Drill:
    """Return the records that make a number of the cockpit or of a role's board.

    code: a measure's, or a part of a table (``_parts``): ``funnel:3``, ``cost:douyin``, ``owner:7``, ``bucket:M1``,
    ``vintage:2026-01:3:30``, ``disbursed:2026-05``. by: a dimension to group them by; only: the key of one group.

    Raises:
        NotPermitted: the actor has neither the cockpit nor a board with this number.
        NoSuchNumber: no such number.
    """
    wanted = (selection or Selection(period=period)).known()
    found = _find(actor, code, wanted, by, only, now)
    part = found.part
    hidden = not actor.can(RIGHTS[part.entity])
    window, _ = wanted.windows(formats.local(now).date())
    span = formats.day_range(window.first, window.end - timedelta(days=1))
    prefix, figure, unit = found.shown
    return Drill(
        code=code, title=part.title, definition=part.definition,
        period="当前" if part.now else part.period or f"{dict(PERIODS)[wanted.period]} {span}",
        prefix=prefix, figure=figure, unit=unit,
        sum_text=parts_text(found.chosen if only else part.reading), entity_label=ENTITIES[part.entity],
        count=found.chosen.rows.height, hidden=hidden, exportable=not hidden and actor.can(export_right(part.entity)),
        by=found.by, only=only if found.only_label else "", only_label=found.only_label, by_options=found.options,
        groups=found.keys, rows=() if hidden else record_rows(actor, part.entity, found.chosen, now),
    )  # fmt: skip


@dataclass(frozen=True)
class Taken:
    """The records of a number as somebody takes them away: whose kind, which, what the file is called and what it says."""

    entity: str
    reading: Reading
    title: str
    words: str


def taken(
    actor: Actor,
    code: str,
    *,
    selection: Selection | None = None,
    by: str = "",
    only: str = "",
    now: datetime,
) -> Taken:
    """Return the records of a number, or of one group of them; arguments as of :func:`drill`. They add up to it.

    Raises:
        NotPermitted: the actor has neither the cockpit nor a board with this number.
        NoSuchNumber: no such number.
    """
    found = _find(actor, code, (selection or Selection()).known(), by, only, now)
    words = f" · {found.only_label}" if found.only_label else ""
    return Taken(found.part.entity, found.chosen, found.part.title, f"{words} · {found.part.definition}")


def store(
    actor: Actor, content: bytes, name: str, summary: str, *, label: str, now: datetime
) -> tuple[int, str]:
    """Keep a workbook for seven days and record who took what."""
    with transaction() as db:
        document = files.store_generated(
            db, actor, content=content, file_name=name, media_type=XLSX, kind=files.EXPORT_KIND, label=label, now=now,
            owner_id=actor.actor_id, department_id=actor.department_id,
        )  # fmt: skip
        events.record(db, actor, "cockpit.exported", now=now, entity="cockpit", summary=summary[:500])
        return document.id or 0, name


def _find(actor: Actor, code: str, selection: Selection, by: str, only: str, now: datetime) -> _Found:
    if not actor.can(Permission.COCKPIT_READ) and code not in boards.codes_of(actor):
        raise LacksPermission(Permission.COCKPIT_READ)
    today = formats.local(now).date()
    facts = facts_of(actor, today)
    chosen = replace(
        selection,
        department=selection.department if str(selection.department) in dict(facts.departments) else 0,
    )
    book, _ = book_of(keeper(), actor, chosen, facts)
    window, _ = chosen.windows(today)
    measure: Measure | None = measures().get(code)
    if measure is not None:
        result = measure.compute(book, window)
        part = Part(measure.entity, measure.label, measure.definition, result, now=not measure.flow)
        shown = show_value(measure, result.value)
    else:
        part = part_of(Asked(book, window, facts), code)
        total = part.reading
        shown = (
            split_wan(total.total)
            if total.part_unit is Unit.FEN
            else ("", formats.count(total.rows.height), "")
        )
    has = set(dimensions_of(measure)) if measure and not measure.whole else set(_dimensions(part.entity))
    options = tuple({"key": one, "label": f"按{DIMENSIONS[one]}"} for one in BY if one in has)
    by = by if by in {one["key"] for one in options} else options[0]["key"] if options and not only else ""
    if not by:
        return _Found(part, shown, part.reading, (), "", "", options)
    keys = columns_of(book, part.entity, [by], part.reading.rows["id"])
    rows = part.reading.rows.with_columns(*keys)
    name = namer(facts)
    groups = _groups(rows, by, part.reading.part_unit, name)
    if not only:
        return _Found(part, shown, part.reading, groups, by, "", options)
    picked = rows.filter(pl.col(by).cast(pl.String).fill_null("").eq(only.removeprefix("=")))
    result = Reading(picked.height, picked.select("id", "part"), None, part.reading.part_unit)
    label = next((group["label"] for group in groups if group["key"] == only), "")
    if not label and not picked.is_empty():
        label = name(by, picked[by][0])
    if not label:
        raise NoSuchNumber
    return _Found(part, shown, result, groups, by, label, options)


def _dimensions(entity: str) -> tuple[str, ...]:
    """Return what the records of an entity have: those of any measure of it that may be taken apart."""
    return next(
        (dimensions_of(one) for one in measures().values() if one.entity == entity and not one.whole), ()
    )


def _groups(rows: pl.DataFrame, by: str, unit: Unit, name: Namer) -> tuple[Row, ...]:
    grouped = rows.group_by(by).agg(pl.col("part").sum(), records=pl.len()).to_dicts()
    weigh = "part" if unit is Unit.FEN else "records"
    grouped.sort(key=lambda row: (-row[weigh], str(row[by])))
    total = sum(row[weigh] for row in grouped)
    most = grouped[0][weigh] if grouped else 0
    return tuple(
        {
            "key": f"={'' if row[by] is None else row[by]}", "label": name(by, row[by]),
            "amount": wan(row["part"]) if unit is Unit.FEN else formats.count(row["records"]),
            "share": percent(Fraction(row[weigh], total)) if total > 0 else "", "width": bar(max(row[weigh], 0), most),
        }
        for row in grouped[:GROUPS]
    )  # fmt: skip


def namer(facts: Facts) -> Namer:
    """Return what the keys of every dimension are called."""
    reasons = dict([*LostReason.options(), *InvalidReason.options()])
    stages = {place: one.label for place, one in enumerate(facts.stages)}
    return names_of(
        {
            "channel": dict(facts.channels), "product": dict(facts.products), "owner": dict(facts.names), "by": dict(facts.names),
            "department": dict(facts.department_names), "grade": GRADES, "reason": reasons,
            "stage": stages, "reached": stages,
            "status": dict(LeadStatus.options()), "five_class": dict(FiveClass.options()),
        }
    )  # fmt: skip


def record_rows(actor: Actor, entity: str, result: Reading, now: datetime) -> tuple[dict[str, str], ...]:
    """Return the largest :data:`DRILL_ROWS` records of a reading as lines of the drawer."""
    ordered = result.rows.sort(["part", "id"], descending=True).head(DRILL_ROWS)
    ids, parts = ordered["id"].to_list(), ordered["part"].to_list()
    with reading() as db:
        found = lines(db, actor, entity, ids, now)
    return tuple(
        {
            "id": str(row_id), "title": found[row_id][1], "detail": found[row_id][2], "link": found[row_id][3],
            "value": part_text(part, result.part_unit),
        }
        for row_id, part in zip(ids, parts, strict=True)
        if row_id in found
    )  # fmt: skip


__all__ = [
    "DRILL_ROWS", "Drill", "NoSuchNumber", "Taken", "drill", "namer", "record_rows", "store", "taken",
]  # fmt: skip
