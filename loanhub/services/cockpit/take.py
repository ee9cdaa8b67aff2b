"""One panel of the cockpit taken away 单张图导出: as a picture, or as a workbook, kept for its taker alone and recorded."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from loanhub.documents.chart_drawing import Chart, Series
from loanhub.documents.preview import page_picture
from loanhub.documents.report import Heading, Part, ReportPaper, build
from loanhub.domain import formats
from loanhub.domain.permissions import Permission
from loanhub.services import events, files
from loanhub.services._actor import Actor
from loanhub.services._spreadsheet import workbook
from loanhub.services._transaction import transaction
from loanhub.services.cockpit._parts import NoSuchNumber
from loanhub.services.cockpit.drill import XLSX
from loanhub.services.cockpit.look import CockpitView, Selection, look
from loanhub.settings import settings

PICTURE_DPI = 200
_AMOUNT = re.compile(r"^[¥￥]?(-?[\d,]+(?:\.\d+)?) ?([万亿%]?)$")
_TIMES = {"": 1, "万": 10_000, "亿": 100_000_000, "%": 1}
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Panel:
    """A panel as a table. ``columns``: (key of the row, what it is called); ``drawn``: the key that is drawn as bars, '' for none."""

    label: str
    rows: Callable[[CockpitView], Rows]
    columns: tuple[tuple[str, str], ...]
    drawn: str = ""


def _leaders(order: str) -> Callable[[CockpitView], Rows]:
    return lambda view: view.leaders[order]


_LEADING = (("rank", "名次"), ("name", "姓名"), ("amount", "业绩"), ("goal", "说明"))
_PLACES = (("label", "地区"), ("amount", "放款"), ("loans", "笔数"))
PANELS: dict[str, Panel] = {
    "funnel": Panel("转化漏斗（同期群）", lambda v: v.funnel,
                    (("label", "阶段"), ("count", "到达"), ("rate", "转化"), ("overall", "总转化")), "count"),
    "funnel_now": Panel("转化漏斗（当前在途）", lambda v: v.funnel_now, (("label", "阶段"), ("count", "当前")), "count"),
    "channels": Panel("渠道效果", lambda v: v.channels, (
        ("label", "渠道"), ("leads", "线索"), ("valid", "有效率"), ("funded", "放款"), ("rate", "转化率"), ("cost", "投放"),
        ("per_lead", "线索成本"), ("acquisition", "获客成本"), ("amount", "放款额"), ("revenue", "已收收入"), ("lost", "核销"),
        ("roi", "ROI")), "leads"),
    "leaders_amount": Panel("放款榜 · 金额", _leaders("amount"), _LEADING, "amount"),
    "leaders_loans": Panel("放款榜 · 单数", _leaders("loans"), _LEADING),
    "leaders_rate": Panel("放款榜 · 转化", _leaders("rate"), _LEADING, "amount"),
    "ageing_now": Panel("当前账龄", lambda v: v.ageing, (
        ("code", "账龄"), ("note", "天数"), ("amount", "余额"), ("loans", "笔数"), ("share", "占比")), "amount"),
    "cities": Panel("放款城市", lambda v: v.cities, _PLACES, "amount"),
    "provinces": Panel("放款省份", lambda v: [one for one in v.provinces if one["level"] != "0"], _PLACES, "amount"),
    "times": Panel("阶段时效", lambda v: v.stage_times, (
        ("label", "阶段"), ("time", "停留中位数"), ("moves", "离开"), ("target", "目标"))),
    "products": Panel("产品结构", lambda v: v.products, (
        ("label", "产品"), ("amount", "放款"), ("loans", "笔数"), ("share", "占比")), "amount"),
    "grades": Panel("风险等级", lambda v: v.grades, (
        ("label", "等级"), ("amount", "余额"), ("loans", "笔数"), ("share", "占比"), ("overdue", "逾期率")), "amount"),
    "vintage": Panel("账龄曲线", lambda v: _grid(v.vintage, ("month", "loans")), (("month", "放款月"), ("loans", "笔数"))),
    "roll": Panel("迁徙率", lambda v: _grid(v.roll, ("bucket", "balance", "forward")), (
        ("bucket", "上月末"), ("balance", "余额"), ("forward", "变差合计"))),
}  # fmt: skip
"""Every panel that is no chart of Plotly's, by code; the grids' further columns are read off the view."""
_HEADS: dict[str, Callable[[CockpitView], list[str]]] = {
    "vintage": lambda view: [f"第 {age} 月末 %" for age in view.vintage_heads],
    "roll": lambda view: [f"→ {bucket}" for bucket in view.roll_heads],
}


def _grid(rows: Rows, keys: Sequence[str]) -> Rows:
    return [
        {key: row[key] for key in keys} | {f"cell{at}": cell["text"] for at, cell in enumerate(row["cells"])}
        for row in rows
    ]


def take(
    actor: Actor, panel: str, form: str, *, selection: Selection | None = None, now: datetime
) -> tuple[int, str]:
    """Write a panel as it stands (``form`` png or xlsx) to a file only the actor may fetch; return its document's id and name.

    Raises:
        NotPermitted: the actor lacks cockpit:read or reports:read.
        NoSuchNumber: no such panel, or no such form.
    """
    actor.require(Permission.COCKPIT_READ)
    actor.require(Permission.REPORTS_READ)
    if panel not in PANELS or form not in ("png", "xlsx"):
        raise NoSuchNumber
    one, view = PANELS[panel], look(actor, selection=selection, now=now)
    heads, rows = table_of(one, _HEADS.get(panel), view)
    note = (
        f"{view.scope_label} · {view.period_label} {view.span} · {actor.name} 导出于 {formats.instant(now)}"
    )
    if form == "xlsx":
        content, media = workbook([(one.label, f"{one.label} · {note}", heads, rows)]), XLSX
    else:
        content, media = _picture(one, heads, rows, view, actor, now), "image/png"
    name = f"{one.label.replace(' ', '')}_{formats.local(now):%Y%m%d-%H%M}.{form}"
    with transaction() as db:
        made = files.store_generated(
            db, actor, content=content, file_name=name, media_type=media, kind=files.EXPORT_KIND,
            label=f"驾驶舱图表：{one.label}"[:60], now=now, owner_id=actor.actor_id, department_id=actor.department_id,
        )  # fmt: skip
        events.record(
            db, actor, "chart.exported", now=now, entity="chart", summary=f"{one.label} · {form.upper()}"
        )
        return made.id or 0, name


def table_of(
    panel: Panel, further: Callable[[CockpitView], list[str]] | None, view: CockpitView
) -> tuple[list[str], list[list[str]]]:
    """Return the heads and the rows of a panel, all of the same length."""
    more = further(view) if further is not None else []
    keys = [*(key for key, _ in panel.columns), *(f"cell{at}" for at in range(len(more)))]
    heads = [*(label for _, label in panel.columns), *more]
    return heads, [[str(row.get(key, "")) for key in keys] for row in panel.rows(view)]


def _picture(
    panel: Panel, heads: Sequence[str], rows: Sequence[Sequence[str]], view: CockpitView, actor: Actor, now: datetime
) -> bytes:  # fmt: skip
    facts = (
        ("时间", f"{view.period_label} {view.span}"),
        ("数据范围", view.scope_label),
        ("数据截至", formats.instant(now)),
    )
    columns = tuple(Heading(label, "left" if at == 0 else "right") for at, label in enumerate(heads))
    part = Part(
        chart=_chart(panel, heads, rows), columns=columns, rows=tuple(tuple(row) for row in rows),
        after="" if rows else "期内没有数据",
    )  # fmt: skip
    paper = ReportPaper(
        title=panel.label, facts=facts, parts=(part,), company=settings().company_name,
        reader=f"{actor.name} · {formats.instant(now)}", issued_at=now,
    )  # fmt: skip
    return page_picture(build(paper), dpi=PICTURE_DPI)


def _chart(panel: Panel, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Chart | None:
    """Return the bars of a panel, None where it is not drawn or there is nothing to draw."""
    if not panel.drawn or not rows:
        return None
    place = [key for key, _ in panel.columns].index(panel.drawn)
    name = next((at for at, (key, _) in enumerate(panel.columns) if key in ("label", "name", "code")), 0)
    values = tuple(value_of(row[place]) for row in rows)
    return Chart(
        "horizontal", tuple(row[name] for row in rows), (Series(heads[place], values),), _tick(rows[0][place])
    )


def value_of(text: str) -> Fraction | None:
    """Return the number a text of the cockpit stands for: ``1,200``, ``60.0 万``, ``¥980.00``, ``12.5%``; None for another."""
    found = _AMOUNT.match(text.strip())
    return Fraction(found[1].replace(",", "")) * _TIMES[found[2]] if found else None


def _tick(like: str) -> Callable[[Fraction], str]:
    if like.endswith("%"):
        return lambda value: f"{float(value):g}%"
    money = like.endswith(("万", "亿")) or like.startswith(("¥", "￥"))
    return lambda value: (
        f"{float(value / 10_000):g} 万" if money and abs(value) >= 10_000 else f"{float(value):,.0f}"
    )
