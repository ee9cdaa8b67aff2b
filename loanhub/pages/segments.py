"""Segments of customers 客户分群: the list, the sheet in which one is put together, and the page of one."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.avatar import person
from loanhub.components.buttons import button, icon_button, link_button, note
from loanhub.components.charts import chart
from loanhub.components.chips import tag
from loanhub.components.condition_tree import condition_tree
from loanhub.components.dialogs import closing, conflict_dialog, dialog
from loanhub.components.forms import Field, field, form
from loanhub.components.kpi import share, tile, tiles
from loanhub.components.money import number, wan
from loanhub.components.states import empty, error, skeleton_detail
from loanhub.components.table import Column, data_table
from loanhub.domain.permissions import Permission
from loanhub.domain.segments import MAX_NAME, MAX_NOTE, Shared
from loanhub.pages._page import Page, page
from loanhub.pages._tree import tree_of
from loanhub.state._base import SessionState
from loanhub.state.segments import SPARK_HEIGHT, SPARK_WIDTH, SegmentsState, SegmentState

S = SegmentsState
R = SegmentState.row
MAY_EDIT = SessionState.allowed.contains(Permission.SEGMENTS_EDIT.value)


def _spark(row: Any) -> rx.Component:
    drawn = rx.el.svg(
        rx.el.svg.polyline(points=row["spark"], fill="none", stroke="var(--brand)", stroke_width="1.5"),
        view_box=f"0 0 {SPARK_WIDTH} {SPARK_HEIGHT}",
        width=str(SPARK_WIDTH),
        height=str(SPARK_HEIGHT),
        custom_attrs={"aria-hidden": "true"},
    )
    shown = rx.el.span(
        drawn, rx.el.span(row["spark_text"], class_name="vh"), title=row["spark_text"], class_name="row"
    )
    return rx.cond(row["spark"] != "", shown, rx.el.span("—", class_name="f3"))


COLUMNS = (
    Column("name", "分群", lambda r: rx.el.span(rx.el.b(r["name"]), tag(r["shared_label"], "line"), class_name="row g2")),
    Column("sentence", "条件", lambda r: rx.el.span(r["sentence"], class_name="el f2", title=r["sentence"]), width="36%"),
    Column("count", "现在", lambda r: r["count"], align="r", look="num"),
    Column("trend", "近 30 天", _spark, width="120px"),
    Column("owner", "建立人", lambda r: person(r["owner"], r["initial"], r["color"]), secondary=True),
    Column("updated", "最近改动", lambda r: r["updated"], align="r", look="f3", secondary=True),
)  # fmt: skip


def _card(row: Any) -> rx.Component:
    return rx.el.a(
        rx.el.span(
            rx.el.b(row["name"], class_name="t16"), tag(row["shared_label"], "line"), rx.el.span(class_name="grow"),
            rx.el.span(row["count"], class_name="num t16"), class_name="row g2",
        ),
        rx.el.span(row["sentence"], class_name="t13 f2"),
        rx.el.span(row["owner"], " · ", row["updated"], class_name="t12 f3"),
        href=rx.Var.create("/segments/") + row["id"].to(str),
        class_name="col g1",
        custom_attrs={"data-open": "true"},
    )  # fmt: skip


def _sample_table(rows: Any, label: str) -> rx.Component:
    return data_table(
        rows,
        (
            Column("name", "客户", lambda r: r["name"]),
            Column("phone", "手机号", lambda r: r["phone"], look="num"),
            Column("city", "城市", lambda r: r["city"]),
            Column("risk_grade", "风险", lambda r: r["risk_grade"]),
            Column("lifecycle", "生命周期", lambda r: r["lifecycle"]),
            Column("owner_id", "负责人", lambda r: r["owner_id"], secondary=True),
        ),
        row_id=lambda r: r["id"],
        label=label,
        href=lambda r: rx.Var.create("/customers/") + r["id"].to(str),
        inset=True,
    )


def _text_of(source: rx.Var[dict[str, str]], key: str) -> Any:
    return rx.cond(source.contains(key), source[key], "")


def _sheet() -> rx.Component:
    wrong = _text_of(S.field_errors, "criteria")
    held = rx.cond(
        S.count != "",
        rx.el.section(
            rx.el.p(
                "现在有 ",
                rx.el.b(S.count, class_name="num"),
                " 位客户，以下是其中最多 10 位",
                class_name="t13",
                role="status",
            ),
            rx.cond(S.samples.length() > 0, _sample_table(S.samples, "样本客户"), rx.fragment()),
            class_name="col g2",
        ),
        rx.fragment(),
    )
    about = form(
        field(
            Field(key="name", label="分群名称", required=True, maximum_length=MAX_NAME),
            value=_text_of(S.values, "name"),
            error=_text_of(S.field_errors, "name"),
        ),
        field(
            Field(key="note", label="说明", maximum_length=MAX_NOTE, help="给谁用、做什么用"),
            value=_text_of(S.values, "note"),
            error=_text_of(S.field_errors, "note"),
        ),
        field(
            Field(key="shared", label="共享给", kind="radio", options=Shared.options()),
            value=_text_of(S.values, "shared"),
            error=_text_of(S.field_errors, "shared"),
        ),
        rx.el.div(
            closing(button("取消")),
            button("保存", look="p", kind="submit", writes=True),
            class_name="row g2 end",
        ),
        on_submit=S.save,
        key=S.form_key,
    )
    body = rx.el.div(
        condition_tree(tree_of(S)),
        rx.cond(wrong != "", note(wrong, "bad"), rx.fragment()),
        held,
        about,
        class_name="col g5",
    )
    title = rx.cond(S.editing != "", "修改分群", "新建分群")
    clash = conflict_dialog(
        S.clash_sentence,
        S.clashes,
        is_open=S.clashes.length() > 0,
        on_resolve=S.resolve,
        on_open_change=S.close_clash,
    )
    return rx.fragment(dialog(title, body, is_open=S.opened, on_open_change=S.show, wide=True), clash)


def _acts(row: Any) -> rx.Component:
    return rx.cond(
        row["can_edit"] != "",
        rx.el.span(
            icon_button("pencil", "修改分群", size="sm", on_click=S.edit(row["id"])),
            icon_button("trash-2", "删除分群", size="sm", on_click=S.delete(row["id"])),
            class_name="row g1",
        ),
        rx.fragment(),
    )


@page(route="/segments", title="客户分群", permission=Permission.CUSTOMERS_READ, on_load=SegmentsState.load)
def segment_list() -> Page:
    """Draw the list."""
    create = rx.cond(
        MAY_EDIT,
        button("新建分群", look="p", icon_name="plus", on_click=S.show(True), writes=True),
        rx.fragment(),
    )
    table = data_table(
        S.rows,
        COLUMNS,
        row_id=lambda r: r["id"],
        label="客户分群",
        href=lambda r: rx.Var.create("/segments/") + r["id"].to(str),
        card=_card,
        actions=_acts,
        loading=S.loading,
        failed=error("分群没有读出来，数据没有改变。", S.reload),
        has_failed=S.broken & ~S.loading,
        empty=empty(
            "还没有客户分群", "把常用的筛选存成分群，人数自己更新，列表、看板、自动化都能用它筛选。", create
        ),
    )
    return Page([table, _sheet()], primary=create)


def _composition() -> rx.Component:
    def one(group: Any) -> rx.Component:
        parts = group["parts"].to(list[dict[str, str]])
        return rx.el.section(
            rx.el.h3(group["label"], class_name="t14"),
            rx.foreach(parts, lambda p: share(p["label"], p["percent"], p["count"])),
            class_name="col g2",
            style={"minWidth": "240px", "flex": "1 1 240px"},
        )

    return rx.el.div(rx.foreach(SegmentState.composition, one), class_name="row g6 wrap top-al pad")


def _trend() -> rx.Component:
    def line(row: Any) -> rx.Component:
        return rx.el.tr(rx.el.td(row["day"]), rx.el.td(row["members"].to(str), class_name="num r"))

    head = rx.el.tr(rx.el.th("日期", scope="col"), rx.el.th("人数", scope="col"))
    table = rx.el.table(rx.el.thead(head), rx.el.tbody(rx.foreach(SegmentState.trend, line)))
    drawn = chart(
        SegmentState.trend_figure,
        title="人数走势",
        conclusion=SegmentState.trend_text,
        table=table,
        height="200px",
        name="segment",
        on_sheet=SegmentState.export_trend,
    )
    waiting = note("每天记一次人数，第一次在十分钟内。")
    inside = rx.cond(SegmentState.trend.length() > 0, drawn, waiting)
    hidden = note("走势是全公司的人数，只给能看全部客户的人看；上面的人数是你看得到的客户。")
    return rx.el.section(rx.cond(SegmentState.sees_all, inside, hidden), class_name="pad")


def _one() -> rx.Component:
    figures = tiles(
        tile(
            "现在", rx.el.span(R["count"], class_name="num t20"), hint="位客户，点开看名单", href=R["members"]
        ),
        rx.foreach(
            SegmentState.yields,
            lambda one: tile(
                one["label"],
                rx.cond(
                    one["text"].to(str).contains("%") | (one["text"] == "—"),
                    number(one["text"]),
                    wan(one["text"].to(str)),
                ),
                hint="近 12 个月",
                explain=one["how"],
            ),
        ),
    )
    return rx.fragment(
        rx.el.section(
            rx.el.p(rx.el.span("条件：", class_name="f3"), R["sentence"], class_name="t14"),
            rx.cond(R["note"] != "", rx.el.p(R["note"], class_name="t13 f2"), rx.fragment()),
            rx.el.p(R["owner"], " · ", R["shared_label"], " · ", R["updated"], "改动", class_name="t12 f3"),
            class_name="col g1 pad seg-head",
        ),
        figures,
        _trend(),
        _composition(),
        rx.el.section(
            rx.el.div(
                rx.el.h3("其中最多 10 位", class_name="t14"),
                rx.el.span(class_name="grow"),
                link_button("看全部成员", R["members"], icon_name="users-round", size="sm"),
                class_name="row g2",
            ),
            rx.cond(
                SegmentState.samples.length() > 0,
                _sample_table(SegmentState.samples, "样本客户"),
                rx.el.p("现在没有客户符合这个条件", class_name="f3 t13"),
            ),
            class_name="col g2 pad",
        ),
    )


@page(
    route="/segments/[segment_id]",
    title="客户分群",
    permission=Permission.CUSTOMERS_READ,
    on_load=SegmentState.load,
    nav="/segments",
)
def segment() -> Page:
    """Draw one segment."""
    gone = empty("没有找到这个分群", "它可能已删除，或没有共享给你。", link_button("看全部分群", "/segments"))
    body = rx.cond(SegmentState.missing, gone, rx.cond(R.contains("id"), _one(), skeleton_detail()))
    change = rx.cond(
        _text_of(R, "can_edit") != "",
        link_button("修改", rx.Var.create("/segments?edit=") + R["id"].to(str), icon_name="pencil"),
        rx.fragment(),
    )
    title = rx.cond(R.contains("name"), R["name"], "客户分群")
    return Page([body], title=title, back=("客户分群", "/segments"), tools=[change])
