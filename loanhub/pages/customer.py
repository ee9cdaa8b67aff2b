"""Customer 360 客户全景: one page for everything known of a customer, and everything done with one."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.browser import focus, hotkey
from loanhub.components.buttons import button, icon_button, link_button
from loanhub.components.chips import risk
from loanhub.components.icons import icon
from loanhub.components.money import number
from loanhub.components.states import empty, skeleton_detail
from loanhub.domain.catalogue.choices import Lifecycle
from loanhub.domain.permissions import Permission
from loanhub.pages import _customer_tabs as tabs
from loanhub.pages._customer_head import facts, head, may, phone_bar, sheets, when
from loanhub.pages._page import Page, page
from loanhub.state.customer import CustomerState
from loanhub.state.customer_tabs import CustomerTabsState

S, T = CustomerState, CustomerTabsState
TABS: tuple[tuple[str, str, Permission], ...] = (
    ("timeline", "动态", Permission.CUSTOMERS_READ),
    ("profile", "资料", Permission.CUSTOMERS_READ),
    ("applications", "申请", Permission.APPLICATIONS_READ),
    ("contracts", "合同", Permission.CONTRACTS_READ),
    ("loans", "还款", Permission.LOANS_READ),
    ("documents", "文档", Permission.DOCUMENTS_READ),
    ("relations", "关系", Permission.CUSTOMERS_READ),
    ("audit", "审计", Permission.CUSTOMERS_READ),
)


def _tab_bar() -> rx.Component:
    def one(code: str, text: str, permission: Permission) -> rx.Component:
        count = rx.cond(
            S.head.counts.contains(code), rx.el.span(S.head.counts[code], class_name="n"), rx.fragment()
        )
        here = S.tab == code
        made = rx.el.button(
            text,
            count,
            type="button",
            role="tab",
            on_click=S.open_tab(code),
            class_name=rx.cond(here, "on", ""),
            custom_attrs={"aria-selected": rx.cond(here, "true", "false")},
        )
        return rx.cond(may(permission), made, rx.fragment())

    return rx.el.div(
        *[one(*tab) for tab in TABS],
        class_name="tabs c360t",
        role="tablist",
        custom_attrs={"aria-label": "客户资料"},
    )


def _section(
    title: Any, *children: rx.Component, note: Any = "", tool: rx.Component | None = None
) -> rx.Component:
    head = rx.el.div(
        rx.el.h3(title),
        rx.el.span(note, class_name="n"),
        rx.el.span(class_name="grow"),
        tool or rx.fragment(),
        class_name="sec-h",
    )
    return rx.el.section(head, *children)


def _side() -> rx.Component:
    stages = rx.el.div(
        *[
            rx.el.span(
                one.label[:2], title=one.label, class_name=rx.cond(S.head.lifecycle == one.label, "c", "")
            )
            for one in Lifecycle
        ],
        class_name="life",
    )
    score = _section(
        "信用评分",
        rx.el.div(
            number(S.head.score, size="t28"),
            risk(S.head.risk, S.head.risk_label, boxed=True),
            class_name="row g4",
        ),
        rx.el.p(S.head.score_hint, class_name="t12 f3"),
    )
    tags = _section(
        "标签",
        rx.el.div(
            rx.foreach(
                S.head.tags,
                lambda one: rx.el.span(
                    one,
                    when(
                        Permission.CUSTOMERS_EDIT,
                        rx.el.button(
                            icon("x", "xs"),
                            type="button",
                            on_click=S.drop_tag(one),
                            custom_attrs={"aria-label": rx.Var.create("去掉标签 ") + one},
                        ),
                    ),
                    class_name="tag neutral tagx",
                ),
            ),
            class_name="row g2 wrap",
        ),
        when(
            Permission.CUSTOMERS_EDIT,
            rx.el.form(
                rx.el.div(
                    rx.el.input(
                        name="tag", placeholder="加一个标签", max_length=20, auto_complete="off",
                        custom_attrs={"aria-label": "新标签"},
                    ),
                    icon_button("plus", "添加标签", size="sm", type="submit"),
                    class_name="inp",
                    style={"paddingRight": "2px", "marginTop": "8px"},
                ),
                on_submit=S.add_tag,
                reset_on_submit=True,
            ),
        ),
    )  # fmt: skip
    todo = _section(
        "待补资料",
        rx.cond(
            T.missing.length() > 0,
            rx.el.ul(
                rx.foreach(
                    T.missing,
                    lambda one: rx.el.li(
                        icon("circle-dashed", "s", "fw"),
                        one["label"],
                        button("去上传", look="g", size="sm", on_click=S.open_tab("documents")),
                    ),
                ),
                class_name="todo",
            ),
            rx.el.p("必备资料都齐了", class_name="t12 f3"),
        ),
        note=T.documents_done,
    )
    around = _section(
        "关系人",
        rx.cond(T.relation_warning != "", rx.el.p(T.relation_warning, class_name="t12 fr"), rx.fragment()),
        rx.cond(
            T.parties.length() > 0,
            rx.el.ul(rx.foreach(T.parties[:4], tabs._party), class_name="plist"),
            rx.el.p("还没有登记关系人", class_name="t12 f3"),
        ),
        rx.el.div(
            rx.el.span("含关系人敞口", class_name="t12 f3"),
            rx.el.b(T.group_text, class_name="num"),
            class_name="row sb",
        ),
        tool=button("全部", look="g", size="sm", on_click=S.open_tab("relations")),
    )
    life = _section("生命周期", stages)
    return rx.el.aside(
        score,
        life,
        tags,
        when(Permission.DOCUMENTS_READ, todo),
        around,
        class_name="c360s",
        custom_attrs={"aria-label": "概要"},
    )


def _body() -> rx.Component:
    inner = rx.match(
        S.tab,
        ("profile", tabs.profile_tab()),
        ("applications", tabs.applications_tab()),
        ("contracts", tabs.contracts_tab()),
        ("loans", tabs.loans_tab()),
        ("documents", tabs.documents_tab()),
        ("relations", tabs.relations_tab()),
        ("audit", tabs.audit_tab()),
        tabs.timeline_tab(),
    )
    wide = (S.tab == "documents") | (S.tab == "relations")
    main = rx.el.div(inner, role="tabpanel")
    return rx.cond(
        wide,
        rx.el.div(main, class_name="c360", style={"gridTemplateColumns": "minmax(0,1fr)"}),
        rx.el.div(main, _side(), class_name="c360"),
    )


@page(
    route="/customers/[customer_id]",
    title="客户",
    permission=Permission.CUSTOMERS_READ,
    on_load=CustomerState.load,
    nav="/customers",
)
def customer() -> Page:
    """Draw the page."""
    gone = empty(
        "没有找到这位客户",
        "可能已被移走，或不在你的数据范围内。",
        link_button("回到客户列表", "/customers"),
        drawing="search",
    )
    full = rx.fragment(head(), facts(), _tab_bar(), _body(), phone_bar(), sheets(), tabs.relate_sheet())
    content = rx.cond(S.loaded, rx.cond(S.missing, gone, full), skeleton_detail())
    keys = [
        hotkey("p", S.dial),
        hotkey("e", S.open_tab("profile")),
        hotkey("t", [S.open_tab("timeline"), focus("[data-composer]")]),
    ]
    return Page(
        [content],
        title=rx.cond(S.head.name != "", S.head.name, "客户"),
        back=("客户", "/customers"),
        keys=keys,
    )
