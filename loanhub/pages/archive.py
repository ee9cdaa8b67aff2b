"""The archive 资料档案: every document in scope, what ends, what is held, what is missing, what was removed."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, link_button
from loanhub.components.chips import tag
from loanhub.components.filters import filter_bar, option_filter, saved_views, search_box
from loanhub.components.icons import icon
from loanhub.components.over_list import OverList
from loanhub.components.states import empty, no_match, no_permission
from loanhub.components.table import Column, Selection, bulk_action, bulk_bar, data_table, pager
from loanhub.domain.permissions import Permission
from loanhub.pages._archive_parts import (
    document_drawer,
    holds_dialog,
    lacking_card,
    may,
    pack_dialog,
    rules_dialog,
)
from loanhub.pages._page import Page, page
from loanhub.state.archive import ADDRESS
from loanhub.state.archive import ArchiveState as S
from loanhub.state.archive_rules import ArchiveRulesState as G


def _mark(row: Any) -> rx.Component:
    tone = rx.match(
        row.state,
        ("expired", "overdue"),
        ("expiring", "visit"),
        ("held", "intent"),
        ("removed", "closed"),
        "",
    )
    return rx.cond(
        row.state != "",
        tag(row.state_label, tone),
        rx.el.span(rx.cond(row.until != "", rx.Var.create("有效至 ") + row.until, "长期"), class_name="f3"),
    )


def _thumb(row: Any) -> rx.Component:
    picture = rx.el.img(
        src=rx.Var.create("/api/files/") + row.id.to(str) + "?thumb=1",
        alt="",
        loading="lazy",
        class_name="arc-th",
    )
    return rx.cond(row.picture & (row.state != "removed"), picture, icon(row.icon, "m", "f3"))


def _customer(row: Any) -> rx.Component:
    link = rx.el.a(row.customer, href=f"/customers/{row.customer_id}?tab=documents", class_name="m")
    return rx.cond(row.customer_id > 0, link, rx.el.span("—", class_name="f3"))


COLUMNS = (
    Column("label", "资料", lambda r: rx.el.span(_thumb(r), rx.el.b(r.label, class_name="m"), class_name="row g3")),
    Column("kind", "类型", lambda r: r.kind, look="f2"),
    Column("customer", "客户", _customer),
    Column("state", "状态", _mark),
    Column("version", "版本", lambda r: r.version, look="f3", secondary=True),
    Column("size", "大小", lambda r: r.size, look="num f3", align="r", secondary=True),
    Column("by", "上传", lambda r: r.by, look="f2", secondary=True),
    Column("at", "时间", lambda r: rx.el.time(r.at, title=r.at_title, class_name="f3")),
)  # fmt: skip

LACKING = (
    Column("customer", "客户", lambda r: rx.el.b(r.customer, class_name="m")),
    Column("application", "申请", lambda r: rx.el.span(r.application, class_name="mono f2")),
    Column("product", "产品", lambda r: r.product, look="f2", secondary=True),
    Column("done", "已交", lambda r: r.done, look="num"),
    Column("missing", "待补", lambda r: rx.el.span(r.missing, class_name="fw")),
    Column("go", "", lambda r: link_button("去补", r.link, size="sm", look="soft"), align="r"),
)


def _card(row: Any) -> rx.Component:
    return rx.el.button(
        rx.el.div(
            _thumb(row), rx.el.b(row.label, class_name="el grow"), _mark(row), class_name="row g2",
        ),
        rx.el.span(row.customer, " · ", row.kind, " · ", row.version, class_name="t13 f2 el"),
        rx.el.span(row.by, " · ", row.at, class_name="t12 f3"),
        type="button", on_click=S.open(row.id.to(str)), class_name="col g1 arc-card", custom_attrs={"data-open": "true"},
    )  # fmt: skip


def _files() -> rx.Component:
    nothing = rx.cond(
        (S.text != "") | (S.kind != ""),
        no_match("资料", "换个文件名、客户或类型再试。", S.clear),
        empty("这里没有资料", "在客户页的「文档」里上传，上传后会出现在这里。", link_button("看客户", "/customers"), drawing="done"),
    )  # fmt: skip
    chosen = Selection(S.selected, S.toggle, S.toggle_all, S.selection)
    return data_table(
        S.rows, COLUMNS, row_id=lambda r: r.id, label="资料", on_open=S.open, card=_card, selection=chosen,
        loading=S.loading, empty=nothing,
    )  # fmt: skip


def _missing() -> rx.Component:
    return data_table(
        S.lacking, LACKING, row_id=lambda r: r.id, label="待补资料", href=lambda r: r.link, card=lacking_card,
        loading=S.loading,
        empty=empty("没有缺资料的申请", "进行中的申请按产品和阶段核对，缺什么会列在这里。", drawing="done"),
    )  # fmt: skip


@page(
    route="/archive",
    title="资料档案",
    permission=(Permission.DOCUMENTS_READ, Permission.ARCHIVES_HOLD, Permission.ARCHIVES_RULES),
    on_load=[S.load, G.load],
)
def archive() -> Page:
    """Draw the page."""
    views = saved_views(S.tabs, S.tab, S.choose_tab)
    bar = rx.cond(
        S.tab == "missing",
        rx.fragment(),
        filter_bar(
            search_box(S.search.debounce(250), placeholder="文件名、客户、客户编号", value=S.text),
            option_filter("类型", S.kinds, S.kind, S.set_kind, value_label=S.kind_label, icon_name="folder"),
            totals=rx.Var.create("") + S.total.to(str) + " 份",
        ),
    )
    pack = rx.cond(
        may(Permission.DOCUMENTS_EXPORT),
        bulk_action("打包下载", "package", S.ask_pack(True)),
        rx.el.span("打包下载需要「打包下载资料」权限", class_name="f3 t12"),
    )
    listed = rx.fragment(
        bar,
        rx.cond(S.tab == "missing", _missing(), _files()),
        rx.cond(
            (S.total > 0) & (S.tab != "missing"),
            pager(S.range_text, S.page, S.pages, on_previous=S.go(-1), on_next=S.go(1)),
            rx.fragment(),
        ),
        bulk_bar(S.selected_count, pack, on_clear=S.clear_selection),
        document_drawer(),
        OverList.create(*ADDRESS, S.open, S.close(False)),
        pack_dialog(),
    )
    closed = no_permission("资料内容不对你开放", "你可以设置法律保留和资料规则；看资料需要「查看资料」权限。")
    tools = [
        rx.cond(may(Permission.ARCHIVES_HOLD), button("法律保留", icon_name="lock", on_click=G.show_holds(True)), rx.fragment()),
        rx.cond(may(Permission.ARCHIVES_RULES), button("资料规则", icon_name="sliders-horizontal", on_click=G.show_rules(True)), rx.fragment()),
    ]  # fmt: skip
    return Page(
        [rx.cond(may(Permission.DOCUMENTS_READ), listed, closed), holds_dialog(), rules_dialog()],
        views=rx.cond(may(Permission.DOCUMENTS_READ), views, rx.fragment()),
        tools=tools,
    )
