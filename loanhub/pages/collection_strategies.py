"""Strategies of collections 催收策略: which cases come first and in what tone; the first whose condition holds counts."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, icon_button, note
from loanhub.components.chips import tag
from loanhub.components.condition_tree import condition_tree
from loanhub.components.dialogs import closing, dialog
from loanhub.components.forms import Field, field, form
from loanhub.components.states import skeleton_rows
from loanhub.domain.collections import Approach
from loanhub.domain.permissions import Permission
from loanhub.pages._page import Page, page
from loanhub.pages._tree import tree_of
from loanhub.services.collections.strategies import PLACEHOLDERS
from loanhub.state.collection_strategies import CollectionStrategiesState

S = CollectionStrategiesState


def _text(source: rx.Var[dict[str, str]], key: str) -> Any:
    return rx.cond(source.contains(key), source[key], "").to(str)


def _strategy(row: Any) -> rx.Component:
    key, name = row["id"].to(str), row["name"].to(str)

    def act(mark: str, label: str, on_click: Any, disabled: Any = False) -> rx.Component:
        return icon_button(
            mark, label, size="sm", on_click=on_click, disabled=disabled,
            custom_attrs={"aria-label": rx.Var.create(f"{label}「") + name + "」"},
        )  # fmt: skip

    switch = rx.el.input(
        type="checkbox", class_name="sw", checked=row["active"] != "",
        on_change=lambda on: S.switch(key, on), custom_attrs={"aria-label": rx.Var.create("启用") + name},
    )  # fmt: skip
    return rx.el.li(
        rx.el.span(row["place"], class_name="num f3", style={"width": "20px"}),
        rx.el.div(
            rx.el.span(
                rx.el.b(name), tag(row["approach"], "line"), rx.el.span("优先度 ", row["priority"], class_name="t12 f2"),
                class_name="row g2 wrap",
            ),
            rx.el.span(row["sentence"], class_name="t13 f2"),
            rx.el.span(row["script"], class_name="t12 f3 el", title=row["script"]),
            class_name="col g1 grow",
            style={"minWidth": "0", "flexBasis": "220px", "overflow": "hidden"},
        ),
        rx.el.span(row["cases"], " 件", class_name="num t13 nw"),
        switch,
        rx.el.span(
            act("arrow-up", "上移", S.move(key, -1), row["first"] != ""),
            act("arrow-down", "下移", S.move(key, 1), row["last"] != ""),
            act("pencil", "修改", S.edit(key)),
            class_name="row g1",
        ),
        class_name=rx.cond(row["active"] == "", "row g3 wrap f3", "row g3 wrap"),
        style={"padding": "10px 16px", "borderTop": rx.cond(row["first"] != "", "0", "1px solid var(--line)")},
        key=key,
    )  # fmt: skip


def _versions() -> rx.Component:
    def one(row: Any) -> rx.Component:
        back = rx.cond(
            row["current"] != "",
            tag("现在", "ok"),
            button("填入这一版", size="sm", on_click=S.take_version(row["number"])),
        )
        return rx.el.li(
            rx.el.div(
                rx.el.span("第 ", row["number"], " 版 · ", row["by"], " ", row["when"], class_name="t13"),
                rx.el.span(row["told"], class_name="t12 f3"),
                class_name="col grow",
            ),
            back,
            class_name="row g3",
            key=row["number"],
        )

    listed = rx.el.details(
        rx.el.summary(
            "改过的版本（", S.versions.length(), "）", class_name="t13", style={"cursor": "pointer"}
        ),
        rx.el.ul(
            rx.foreach(S.versions, one),
            style={"listStyle": "none", "margin": "8px 0 0", "padding": "0", "display": "grid", "gap": "8px"},
        ),
    )
    return rx.cond(S.versions.length() > 0, listed, rx.fragment())


def _sheet() -> rx.Component:
    def one(spec: Field) -> rx.Component:
        return field(spec, value=_text(S.values, spec.key), error=_text(S.field_errors, spec.key))

    words = "、".join(PLACEHOLDERS)
    about = form(
        one(Field("name", "策略名称", required=True, maximum_length=40)),
        rx.el.div(
            one(Field("approach", "催收方式", kind="select", required=True, options=Approach.options())),
            one(Field("priority", "优先度", kind="integer", required=True, help="0 到 100，越大越靠前")),
            class_name="form two-col",
        ),
        one(
            Field("script", "话术", kind="textarea", required=True, maximum_length=500,
                  help=f"{words} 会换成姓名、逾期天数、应还金额和公司名")
        ),
        field(Field("active", "启用", kind="switch"), value=S.active),
        rx.el.div(
            closing(button("取消")),
            button("保存", look="p", kind="submit", writes=True),
            class_name="row g2 end",
        ),
        on_submit=S.save,
        key=S.form_key,
    )  # fmt: skip
    wrong = _text(S.field_errors, "criteria")
    body = rx.el.div(
        rx.el.section(
            rx.el.h3("哪些案件", class_name="t14"),
            condition_tree(tree_of(S)),
            rx.el.p(
                "现在有 ",
                rx.el.b(S.cases, class_name="num"),
                " 件在催案件符合",
                class_name="t13",
                role="status",
            ),
            rx.cond(wrong != "", note(wrong, "bad"), rx.fragment()),
            class_name="col g2",
        ),
        about,
        _versions(),
        class_name="col g5",
    )
    title = rx.cond(S.editing != "", "修改策略", "新建策略")
    return dialog(title, body, is_open=S.opened, on_open_change=S.show, wide=True)


@page(
    route="/settings/collections-strategies",
    title="催收策略",
    permission=Permission.COLLECTIONS_ASSIGN,
    on_load=CollectionStrategiesState.load,
    nav="/settings/collections-strategies",
)
def collection_strategies() -> Page:
    """Draw the page."""
    create = button("新建策略", look="p", icon_name="plus", on_click=S.show(True), writes=True)
    listed = rx.el.ol(
        rx.foreach(S.rows, _strategy),
        class_name="card",
        style={"listStyle": "none", "margin": "0", "padding": "0"},
        custom_attrs={"aria-label": "催收策略，按顺序"},
    )
    content = rx.el.div(
        note(
            "从上到下逐条看，第一条符合的决定案件的优先度、催收方式和话术。右边是现在按它处理的在催案件数。",
            "mute",
        ),
        rx.cond(S.loading & (S.rows.length() == 0), skeleton_rows(), listed),
        class_name="gov-col",
        style={"width": "min(1080px,100%)", "gridTemplateColumns": "minmax(0,1fr)"},
    )
    return Page([content, _sheet()], primary=create)
