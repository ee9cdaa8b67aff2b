"""The whole cockpit as a workbook 导出驾驶舱: a sheet a table, the numbers as they are, not as they are rounded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from loanhub.analytics import history as past
from loanhub.analytics import tables
from loanhub.analytics.book import Book
from loanhub.analytics.history import History
from loanhub.domain import formats
from loanhub.domain.permissions import Permission
from loanhub.services._actor import Actor
from loanhub.services._spreadsheet import Figure, Shown, workbook
from loanhub.services.cockpit._facts import facts_of
from loanhub.services.cockpit._panels import AGEING_MONTHS
from loanhub.services.cockpit._parts import NoSuchNumber
from loanhub.services.cockpit.drill import store
from loanhub.services.cockpit.keeper import keeper
from loanhub.services.cockpit.look import CockpitView, Selection, book_of, look, reachable, scope_label

_SIGNS = {"up": "+", "dn": "-", "": ""}
_TABLES: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    ("漏斗", "funnel", (("label", "阶段"), ("count", "到达"), ("rate", "转化"), ("overall", "总转化"))),
    ("在途", "funnel_now", (("label", "阶段"), ("count", "当前"))),
    ("渠道", "channels", (("label", "渠道"), ("leads", "线索"), ("valid", "有效率"), ("funded", "放款"), ("rate", "转化率"),
                        ("cost", "投放"), ("per_lead", "线索成本"), ("acquisition", "获客成本"), ("amount", "放款额"),
                        ("revenue", "已收收入"), ("lost", "核销"), ("roi", "ROI"))),
    ("产品", "products", (("label", "产品"), ("amount", "放款"), ("loans", "笔数"), ("share", "占比"))),
    ("风险等级", "grades", (("label", "等级"), ("amount", "余额"), ("loans", "笔数"), ("share", "占比"), ("overdue", "逾期率"))),
    ("账龄", "ageing", (("code", "账龄"), ("note", "天数"), ("amount", "余额"), ("loans", "笔数"), ("share", "占比"))),
    ("账龄走势", "ageing_trend", (("month", "月末"), ("m1_text", "M1"), ("m2_text", "M2"), ("m3_text", "M3 及以上"),
                              ("total_text", "合计"), ("balance", "余额"))),
    ("城市", "cities", (("label", "城市"), ("amount", "放款"), ("loans", "笔数"))),
    ("阶段时效", "stage_times", (("label", "阶段"), ("time", "停留中位数"), ("moves", "离开"), ("target", "目标"))),
    ("放款与回款", "trend", (("month", "月份"), ("disbursed_text", "放款"), ("collected_text", "回款"))),
)  # fmt: skip


def export(actor: Actor, *, selection: Selection | None = None, now: datetime) -> tuple[int, str]:
    """Write the cockpit as it stands into a workbook only the actor may fetch; return its document's id and name.

    Raises:
        NotPermitted: the actor lacks cockpit:read or reports:read.
    """
    actor.require(Permission.COCKPIT_READ)
    actor.require(Permission.REPORTS_READ)
    view = look(actor, selection=selection, now=now)
    name = f"驾驶舱_{formats.local(now):%Y%m%d-%H%M}.xlsx"
    return store(
        actor, workbook(sheets_of(view, actor.name, now)), name, f"{view.period_label} {view.span}", now=now
    )


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
    if chart not in _CHARTS:
        raise NoSuchNumber
    label, heads, rows_of = _CHARTS[chart]
    today, kept = formats.local(now).date(), keeper()
    facts = facts_of(actor, today)
    book, key = book_of(kept, actor, reachable((selection or Selection()).known(), facts), facts)
    rows = rows_of(book, kept.history(key, book), today)
    title = f"{scope_label(actor)} · {label} · {actor.name} 导出于 {formats.instant(now)}"
    name = f"{label}_{formats.local(now):%Y%m%d-%H%M}.xlsx"
    return store(actor, workbook([(label, title, heads, rows)]), name, f"图表：{label}", now=now)


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
_CHARTS: dict[str, tuple[str, list[str], Callable[[Book, History, date], list[list[Shown]]]]] = {
    "trend": ("放款与回款", ["月份", "放款（元）", "回款（元）"], _trend),
    "ageing": (
        "逾期账龄",
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


def sheets_of(
    view: CockpitView, by: str, now: datetime
) -> list[tuple[str, str, Sequence[str], Sequence[Sequence[Shown]]]]:
    """Return the sheets of a view."""
    title = f"{view.scope_label} · {view.period_label} {view.span} · 对比{view.before_label} · {by} 导出于 {formats.instant(now)}"
    numbers = [
        [tile.label, tile.full or f"{tile.figure}{tile.unit}", f"{_SIGNS[tile.direction]}{tile.change}",
         tile.note, tile.definition]
        for tile in (*view.tiles, *view.second)
    ]  # fmt: skip
    sheets: list[Any] = [("指标", title, ["指标", "数值", "变化", "说明", "口径"], numbers)]
    for name, field, columns in _TABLES:
        rows: Sequence[Mapping[str, Any]] = getattr(view, field)
        sheets.append(
            (
                name,
                title,
                [label for _, label in columns],
                [[str(row[key]) for key, _ in columns] for row in rows],
            )
        )
    people = [[row["rank"], row["name"], row["amount"], row["goal"]] for row in view.leaders["amount"]]
    sheets.append(("放款榜", title, ["名次", "姓名", "放款", "目标"], people))
    vintage = [[row["month"], row["loans"], *(cell["text"] for cell in row["cells"])] for row in view.vintage]
    sheets.append(
        ("账龄曲线", title, ["放款月", "笔数", *(f"第 {age} 月末 %" for age in view.vintage_heads)], vintage)
    )
    return sheets
