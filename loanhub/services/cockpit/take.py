"""One panel of the cockpit or of a role's board taken away 单张图导出: as a picture, or as a workbook."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from loanhub.domain.permissions import Permission
from loanhub.services._actor import Actor
from loanhub.services.cockpit._handing import (
    AGEING,
    FUNNEL,
    STAGE_TIMES,
    Columns,
    Given,
    Rows,
    Table,
    hand_out,
    table_of,
)
from loanhub.services.cockpit._parts import NoSuchNumber
from loanhub.services.cockpit.boards import BoardView, Mix, board
from loanhub.services.cockpit.look import PERIODS, CockpitView, Selection, look


@dataclass(frozen=True)
class Panel:
    """A panel as a table. ``columns``: (key of the row, what it is called); ``drawn``: the key drawn as bars, '' for none."""

    label: str
    rows: Callable[[Any], Rows]
    columns: Columns
    drawn: str = ""


def _leaders(order: str) -> Callable[[CockpitView], Rows]:
    return lambda view: view.leaders[order]


_LEADING = (("rank", "名次"), ("name", "姓名"), ("amount", "业绩"), ("goal", "说明"))
_PLACES = (("label", "地区"), ("amount", "放款"), ("loans", "笔数"))
PANELS: dict[str, Panel] = {
    "funnel": Panel("转化漏斗（同期群）", lambda v: v.funnel, FUNNEL, "count"),
    "funnel_now": Panel("转化漏斗（当前在途）", lambda v: v.funnel_now, (("label", "阶段"), ("count", "当前")), "count"),
    "channels": Panel("渠道效果", lambda v: v.channels, (
        ("label", "渠道"), ("leads", "线索"), ("valid", "有效率"), ("funded", "放款"), ("rate", "转化率"), ("cost", "投放"),
        ("per_lead", "线索成本"), ("acquisition", "获客成本"), ("amount", "放款额"), ("revenue", "已收收入"), ("lost", "核销"),
        ("roi", "ROI")), "leads"),
    "leaders_amount": Panel("放款榜 · 金额", _leaders("amount"), _LEADING, "amount"),
    "leaders_loans": Panel("放款榜 · 单数", _leaders("loans"), _LEADING, "amount"),
    "leaders_rate": Panel("放款榜 · 转化", _leaders("rate"), _LEADING, "amount"),
    "ageing_now": Panel("当前账龄", lambda v: v.ageing, AGEING, "amount"),
    "cities": Panel("放款城市", lambda v: v.cities, _PLACES, "amount"),
    "provinces": Panel("放款省份", lambda v: [one for one in v.provinces if one["level"] != "0"], _PLACES, "amount"),
    "times": Panel("阶段时效", lambda v: v.stage_times, STAGE_TIMES, "time"),
    "products": Panel("产品结构", lambda v: v.products, (
        ("label", "产品"), ("amount", "放款"), ("loans", "笔数"), ("share", "占比")), "amount"),
    "grades": Panel("风险等级", lambda v: v.grades, (
        ("label", "等级"), ("amount", "余额"), ("loans", "笔数"), ("share", "占比"), ("overdue", "逾期率")), "amount"),
    "vintage": Panel("账龄曲线", lambda v: _grid(v.vintage, ("month", "loans")), (("month", "放款月"), ("loans", "笔数"))),
    "roll": Panel("迁徙率", lambda v: _grid(v.roll, ("bucket", "balance", "forward")), (
        ("bucket", "上月末"), ("balance", "余额"), ("forward", "变差合计"))),
}  # fmt: skip
"""Every panel of the cockpit that is no chart of Plotly's, by code; the grids' further columns are read off the view."""
_HEADS: dict[str, Callable[[CockpitView], list[str]]] = {
    "vintage": lambda view: [f"第 {age} 月末" for age in view.vintage_heads],
    "roll": lambda view: [f"→ {bucket}" for bucket in view.roll_heads],
}
BOARD_PANELS: dict[str, Panel] = {
    "funnel": PANELS["funnel"],
    "stage_times": Panel("阶段时效", lambda v: v.stage_times, STAGE_TIMES, "time"),
    "ageing": Panel("当前账龄", lambda v: v.ageing, AGEING, "amount"),
}
"""The panels of a role's board beside its mixes, which are named by themselves (:attr:`Mix.key`)."""


def _grid(rows: Rows, keys: tuple[str, ...]) -> Rows:
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
    if panel not in PANELS:
        raise NoSuchNumber
    view = look(actor, selection=selection, now=now)
    span = f"{view.period_label} {view.span}"
    return hand_out(cockpit_table(view, panel), form, Given(actor, view.scope_label, span, now))


def cockpit_table(view: CockpitView, panel: str) -> Table:
    """Return a panel of the cockpit as a table, a grid with a column a head of its own."""
    one = PANELS[panel]
    heads = _HEADS[panel](view) if panel in _HEADS else []
    columns = (*one.columns, *((f"cell{at}", head) for at, head in enumerate(heads)))
    return table_of(one.label, one.rows(view), columns, drawn=one.drawn)


def take_board(
    actor: Actor, code: str, panel: str, form: str, *, selection: Selection | None = None, now: datetime
) -> tuple[int, str]:
    """Write a panel of a role's board to a file only the actor may fetch, as :func:`take` does with one of the cockpit.

    panel: a key of :data:`BOARD_PANELS` or of one of the board's mixes. Whoever may read the board may take it: it holds
    totals of the own scope alone.

    Raises:
        NotPermitted: no board is the actor's.
        NoSuchNumber: not on this board, or no such form.
    """
    view = board(actor, code=code, selection=selection, now=now)
    table = board_tables(view).get(panel)
    if table is None:
        raise NoSuchNumber
    span = f"{dict(PERIODS)[view.selection.period]} {view.span}"
    return hand_out(table, form, Given(actor, view.scope_label, span, now))


def board_tables(view: BoardView) -> dict[str, Table]:
    """Return the panels a board shows, as tables, by key."""
    found = {
        key: table_of(one.label, one.rows(view), one.columns, drawn=one.drawn)
        for key, one in BOARD_PANELS.items()
        if one.rows(view)
    }
    return found | {one.key: _mix(one) for one in view.mixes}


def _mix(one: Mix) -> Table:
    columns = (("label", one.by_label), ("figure", one.measure_label), ("beside", "其中"))
    return table_of(one.title, one.rows, columns, drawn="figure")
