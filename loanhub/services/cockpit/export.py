"""The whole cockpit, or a role's board, as a workbook 导出驾驶舱: a sheet a table, the numbers as they are, not as they are rounded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime

from loanhub.analytics import history as past
from loanhub.analytics import tables
from loanhub.analytics.book import Book
from loanhub.analytics.history import History
from loanhub.domain import formats
from loanhub.domain.permissions import Permission
from loanhub.services._actor import Actor
from loanhub.services._spreadsheet import Figure, Sheet, Shown, workbook
from loanhub.services.cockpit._facts import facts_of
from loanhub.services.cockpit._handing import Given
from loanhub.services.cockpit._panels import AGEING_MONTHS
from loanhub.services.cockpit._parts import NoSuchNumber
from loanhub.services.cockpit._present import cell_of
from loanhub.services.cockpit.boards import board
from loanhub.services.cockpit.drill import store
from loanhub.services.cockpit.keeper import keeper
from loanhub.services.cockpit.look import PERIODS, Selection, Tile, book_of, look, reachable, scope_label
from loanhub.services.cockpit.take import PANELS, board_tables, cockpit_table

_SIGNS = {"up": "+", "dn": "-", "": ""}


def export(actor: Actor, *, selection: Selection | None = None, now: datetime) -> tuple[int, str]:
    """Write the cockpit as it stands into a workbook only the actor may fetch; return its document's id and name.

    Raises:
        NotPermitted: the actor lacks cockpit:read or reports:read.
    """
    actor.require(Permission.COCKPIT_READ)
    actor.require(Permission.REPORTS_READ)
    view = look(actor, selection=selection, now=now)
    span = f"{view.period_label} {view.span}"
    line = Given(actor, view.scope_label, f"{span} · 对比{view.before_label}", now).line
    sheets, names = [_numbers([*view.tiles, *view.second], line)], set[str]()
    sheets += [cockpit_table(view, panel).sheet(line, names) for panel in PANELS]
    sheets += [_chart(actor, chart, view.selection, line, now) for chart in CHARTS]
    name = f"驾驶舱_{formats.local(now):%Y%m%d-%H%M}.xlsx"
    return store(actor, workbook(sheets), name, span, label="驾驶舱导出", now=now)


def export_board(
    actor: Actor, code: str, *, selection: Selection | None = None, now: datetime
) -> tuple[int, str]:
    """Write a role's board as it stands into a workbook only the actor may fetch; return its document's id and name.

    Raises:
        NotPermitted: no board is the actor's.
    """
    view = board(actor, code=code, selection=selection, now=now)
    span = f"{dict(PERIODS)[view.selection.period]} {view.span}"
    line = Given(actor, view.scope_label, f"{span} · 对比{view.before_label}", now).line
    names = set[str]()
    sheets = [_numbers(view.tiles, line), *(one.sheet(line, names) for one in board_tables(view).values())]
    label = f"{view.label}岗位指标"
    name = f"{label}_{formats.local(now):%Y%m%d-%H%M}.xlsx"
    return store(actor, workbook(sheets), name, f"{label} · {span}", label=label, now=now)


def export_chart(
    actor: Actor, chart: str, *, selection: Selection | None = None, now: datetime
) -> tuple[int, str]:
    """Write the table of a chart into a workbook only the actor may fetch, exact; return its document's id and name.

    chart: ``trend`` or ``ageing``, the trend of the overdue share.

    Raises:
        NotPermitted: the actor lacks cockpit:read or reports:read.
        NoSuchNumber: no such chart.
    """
    actor.require(Permission.COCKPIT_READ)
    actor.require(Permission.REPORTS_READ)
    if chart not in CHARTS:
        raise NoSuchNumber
    label = CHARTS[chart][0]
    line = f"{scope_label(actor)} · {label} · {actor.name} 导出于 {formats.instant(now)}"
    sheet = _chart(actor, chart, (selection or Selection()).known(), line, now)
    name = f"{label}_{formats.local(now):%Y%m%d-%H%M}.xlsx"
    return store(actor, workbook([sheet]), name, f"图表：{label}", label=f"图表：{label}", now=now)


def _chart(actor: Actor, chart: str, wanted: Selection, line: str, now: datetime) -> Sheet:
    label, heads, rows_of = CHARTS[chart]
    today, kept = formats.local(now).date(), keeper()
    facts = facts_of(actor, today)
    book, key = book_of(kept, actor, reachable(wanted, facts), facts)
    return label, line, heads, rows_of(book, kept.history(key, book), today)


def _numbers(tiles: Sequence[Tile], line: str) -> Sheet:
    """Return the numbers above the panels as a sheet: each itself, what it moved by, what it is made of and how it is counted."""
    rows = [
        [tile.label, cell_of(tile.full), f"{tile.figure}{tile.unit}", f"{_SIGNS[tile.direction]}{tile.change}", tile.note,
         tile.full, tile.definition]
        for tile in tiles
    ]  # fmt: skip
    return "指标", line, ["指标", "数值（金额为元）", "显示为", "变化", "说明", "构成", "口径"], rows


def _trend(book: Book, kept: History, today: date) -> list[list[Shown]]:
    found = tables.trend(book, today).to_dicts()
    return [[Figure(row["month"], _MONTH), row["disbursed_fen"], row["collected_fen"]] for row in found]


def _ageing(book: Book, kept: History, today: date) -> list[list[Shown]]:
    months = past.ageing_trend(kept, AGEING_MONTHS)
    rows: list[list[Shown]] = []
    for one in (*months, past.ageing_now(book, today)):
        shares = [one.share(group) for group in range(len(past.GROUPS))]
        texts: list[Shown] = ["" if share is None else Figure(share, "0.00%") for share in shares]
        rows.append([Figure(one.day, "yyyy-mm-dd"), *texts, *one.overdue_fen, one.balance_fen])
    return rows


_MONTH = "yyyy-mm"
CHARTS: dict[str, tuple[str, list[str], Callable[[Book, History, date], list[list[Shown]]]]] = {
    "trend": ("放款与回款", ["月份", "放款（元）", "回款（元）"], _trend),
    "ageing": (
        "逾期账龄走势",
        [
            "日期",
            "M1 占余额",
            "M2 占余额",
            "M3 及以上占余额",
            "M1（元）",
            "M2（元）",
            "M3 及以上（元）",
            "余额（元）",
        ],
        _ageing,
    ),
}
