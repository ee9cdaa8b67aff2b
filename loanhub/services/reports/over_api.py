"""A saved report run for another system 接口取数: as the one who made it sees it, and only when shared with everybody.

A key belongs to no department. So it gets what the report's owner has chosen to show to all: figures of the owner's scope as it is
now, nothing once the owner has left or may no longer read reports. Ready reports are nobody's and are not run.
"""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction

from typing_extensions import TypedDict

from loanhub.domain.errors import NotFound, NotPermitted
from loanhub.domain.permissions import Permission
from loanhub.domain.reports import Cell, ReportColumn, ReportTable
from loanhub.repositories import reports as repository
from loanhub.services import auth
from loanhub.services._transaction import reading
from loanhub.services.reports.answering import computed, table_of
from loanhub.services.reports.view import GONE

DIGITS = 6
Value = int | str | None


class ReportHead(TypedDict):
    """A column. kind: dimension or measure; unit: fen, count, rate, hours, days, times, change, points, text, or a span of time.

    group: of a pivot, the column value it is of. part: value, before or change.
    """

    code: str
    name: str
    kind: str
    unit: str
    group: str
    part: str


class ReportRows(TypedDict):
    """A report's answer. Each row names its cells by the column's code; ``totals`` are over all records, also those not listed.

    Money is whole fen, a count a whole number, everything else a decimal in text (a rate 0.614000), a span of time its
    first day, null what has no value. not_listed: how many rows are left out for want of room.
    """

    key: str
    title: str
    note: str
    columns: list[ReportHead]
    rows: list[dict[str, int | str | None]]
    totals: dict[str, int | str | None]
    not_listed: int


def run(number: int, *, now: datetime) -> ReportRows:
    """Return a saved report's answer; the key's scope has been asked for.

    Raises:
        NotFound: no such report, not shared with everybody, or its owner left.
        NotPermitted: its owner may no longer read reports.
        InvalidInput: it no longer fits the measures or fields there are.
    """
    with reading() as db:
        report = repository.get_shared_with_all(db, number)
    if report is None or report.owner_id is None:
        raise NotFound(GONE)
    try:
        owner = auth.actor_for_user(report.owner_id)
    except NotFound:
        raise NotFound("建这张报表的人已停用，请由在岗的人另存一份") from None
    if not owner.can(Permission.REPORTS_READ):
        raise NotPermitted("建这张报表的人已不能看报表")
    table = table_of(owner, computed(owner, dict(report.definition), now=now), title=report.name, now=now)
    return as_json(str(report.id), table)


def as_json(key: str, table: ReportTable) -> ReportRows:
    """Return a table with plain values."""

    def named(cells: tuple[Cell, ...]) -> dict[str, Value]:
        return {one.code: _value(cell) for one, cell in zip(table.columns, cells, strict=True)}

    return {
        "key": key, "title": table.title, "note": table.note, "columns": [_head(one) for one in table.columns],
        "rows": [named(row) for row in table.rows], "totals": named(table.totals), "not_listed": table.cut,
    }  # fmt: skip


def _head(one: ReportColumn) -> ReportHead:
    return {
        "code": one.code,
        "name": one.name,
        "kind": one.kind,
        "unit": one.unit,
        "group": one.group,
        "part": one.part,
    }


def _value(cell: Cell) -> Value:
    if isinstance(cell, date):
        return cell.isoformat()
    return _decimal(cell) if isinstance(cell, Fraction) else cell


def _decimal(value: Fraction) -> str:
    """Return a fraction with six digits, halves away from zero."""
    scaled = abs(value) * 10**DIGITS
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    sign = "-" if value < 0 and whole else ""
    return f"{sign}{whole // 10**DIGITS}.{whole % 10**DIGITS:0{DIGITS}d}"
