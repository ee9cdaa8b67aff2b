"""Related parties of customer 360: the graph, its twin as a list, the sheet that writes one."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, icon_button, note
from loanhub.components.chips import tag
from loanhub.components.dialogs import closing, dialog
from loanhub.components.forms import Field, field, form
from loanhub.components.relation_graph import relation_graph
from loanhub.components.states import empty
from loanhub.domain.customers import RelationKind
from loanhub.domain.permissions import Permission
from loanhub.pages._customer_head import may, when
from loanhub.state.customer_sections import CustomerSectionsState
from loanhub.state.customer_tabs import CustomerTabsState

T, X = CustomerTabsState, CustomerSectionsState


def relations_tab() -> rx.Component:
    """Related parties as a graph and as a list, with what all of them owe."""
    totals = rx.el.div(
        rx.el.div(rx.el.span("本人在贷", class_name="t12 f3"), rx.el.b(X.graph.own, class_name="num t18"), class_name="col"),
        rx.el.div(rx.el.span("关联合计敞口", class_name="t12 f3"), rx.el.b(X.graph.total, class_name="num t18"), class_name="col"),
        class_name="row g7",
    )  # fmt: skip
    add = when(
        Permission.CUSTOMERS_EDIT,
        button("关联关系人", icon_name="plus", size="sm", on_click=T.show_relate(True), writes=True),
    )
    twin = rx.el.details(
        rx.el.summary("全部关系（文字）", class_name="t12 f3"),
        rx.el.ul(
            rx.foreach(X.graph.edges, lambda edge: rx.el.li(edge.spoken, class_name="t13")),
            class_name="col g1",
        ),
    )
    side = rx.el.div(
        rx.el.div(rx.el.h3("关系人"), rx.el.span(class_name="grow"), add, class_name="sec-h"),
        totals,
        rx.cond(T.relation_warning != "", note(T.relation_warning, tone="bad"), rx.fragment()),
        rx.cond(
            X.graph.hidden > 0,
            rx.el.p(f"另有 {X.graph.hidden} 位不在你的数据范围内，未计入合计", class_name="t12 f3"),
            rx.fragment(),
        ),
        rx.cond(
            T.parties.length() > 0,
            rx.el.ul(rx.foreach(T.parties, lambda one: party(one, can_remove=True)), class_name="plist"),
            empty(
                "还没有关系人",
                "登记配偶、担保人、法人等；同手机号、同地址、同证件的会自动找出来。",
                small=True,
            ),
        ),
        rx.cond(X.graph.edges.length() > 0, twin, rx.fragment()),
        class_name="col g4",
    )
    drawn = relation_graph(X.graph, picked=X.picked, on_pick=X.pick)
    both = rx.el.div(drawn, side, class_name="rel")
    return rx.cond(X.graph.nodes.length() > 1, both, rx.el.div(side, style={"maxWidth": "560px"}))


def party(one: Any, *, can_remove: bool = False) -> rx.Component:
    name = rx.cond(one.href != "", rx.el.a(one.name, href=one.href, class_name="lnk"), rx.el.b(one.name))
    remove = rx.cond(
        (one.relation_id > 0) & may(Permission.CUSTOMERS_EDIT),
        icon_button("unlink", "解除关联", size="sm", on_click=T.unrelate(one.relation_id)),
        rx.fragment(),
    )
    return rx.el.li(
        tag(one.kind_label, rx.cond(one.tone != "", one.tone, "neutral")),
        rx.el.div(
            rx.el.div(name, rx.el.span(one.phone, class_name="t12 f3"), class_name="row g3 wrap"),
            rx.el.span(one.detail, rx.cond(one.note != "", " · " + one.note, ""), class_name="t12 f3"),
            class_name="grow",
        ),
        remove if can_remove else rx.fragment(),
    )


def relate_sheet() -> rx.Component:
    """The sheet for a related party."""

    def error(key: str) -> Any:
        return rx.cond(T.field_errors.contains(key), T.field_errors[key], "")

    body = form(
        field(Field(key="kind", label="关系", kind="select", required=True, options=RelationKind.options()), error=error("kind")),
        rx.el.div(
            field(Field(key="name", label="姓名", maximum_length=60), error=error("name")),
            field(Field(key="phone", label="手机号", kind="tel", help="与某位客户相同时自动关联"), error=error("phone")),
            field(Field(key="id_number", label="证件号码", help="身份证号或统一社会信用代码，选填"), error=error("id_number")),
            field(Field(key="share", label="持股比例", placeholder="例如 25", help="受益所有人填写，单位 %"), error=error("share")),
            class_name="form two-col",
        ),
        field(Field(key="address", label="地址", maximum_length=120, help="担保人填写，保证合同要用"), error=error("address")),
        field(Field(key="related_number", label="对方客户编号", placeholder="选填，例如 C20260520001"), error=error("related_number")),
        field(Field(key="note", label="说明", maximum_length=200), error=error("note")),
        rx.el.div(closing(button("取消")), button("关联", look="p", kind="submit", writes=True), class_name="row g2 end"),
        on_submit=T.relate,
        key=T.form_key,
    )  # fmt: skip
    return dialog("关联关系人", body, is_open=T.relating, on_open_change=T.show_relate)
