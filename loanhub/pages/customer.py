"""Customer 360 客户全景: one page for everything known of a customer, and everything done with one."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.browser import focus, hotkey
from loanhub.components.buttons import link_button
from loanhub.components.states import empty, error, skeleton_record, skeleton_rows
from loanhub.domain.permissions import Permission
from loanhub.pages import _customer_lists as lists
from loanhub.pages import _customer_tabs as tabs
from loanhub.pages._customer_documents import documents_tab
from loanhub.pages._customer_head import facts, head, may, phone_bar, sheets
from loanhub.pages._customer_relations import relate_sheet, relations_tab
from loanhub.pages._customer_sheets import past_banner, past_body, past_head, section_sheets
from loanhub.pages._customer_side import consents_tab, scores_tab, side
from loanhub.pages._page import Page, page
from loanhub.state.customer import CustomerState
from loanhub.state.customer_documents import CustomerDocumentsState
from loanhub.state.customer_past import CustomerPastState
from loanhub.state.customer_sections import CustomerSectionsState
from loanhub.state.customer_tabs import CustomerTabsState

S, P, X = CustomerState, CustomerPastState, CustomerSectionsState
D, T = CustomerDocumentsState, CustomerTabsState
TABS: tuple[tuple[str, str, Permission], ...] = (
    ("timeline", "动态", Permission.CUSTOMERS_READ),
    ("profile", "资料", Permission.CUSTOMERS_READ),
    ("applications", "申请", Permission.APPLICATIONS_READ),
    ("contracts", "合同", Permission.CONTRACTS_READ),
    ("loans", "还款", Permission.LOANS_READ),
    ("collections", "催收", Permission.COLLECTIONS_READ),
    ("documents", "文档", Permission.DOCUMENTS_READ),
    ("relations", "关系", Permission.CUSTOMERS_READ),
    ("tasks", "待办", Permission.TASKS_EDIT),
    ("scores", "评分", Permission.CUSTOMERS_READ),
    ("consents", "授权", Permission.CUSTOMERS_READ),
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


def _region(content: rx.Component, *, ready: Any, failed: Any) -> rx.Component:
    """A section: what it holds, its shape while it is read, or that it could not be read."""
    wrong = error("这一部分没有读出来，其他内容不受影响，可以重试。", S.again, failed)
    return rx.cond(ready & (failed == ""), content, rx.cond(failed != "", wrong, skeleton_rows(6)))


def _body() -> rx.Component:
    here = S.head.id

    def listed(content: rx.Component) -> rx.Component:
        return _region(content, ready=X.reading_tab == S.tab, failed=X.failed)

    profile = _region(tabs.profile_tab(), ready=T.groups.length() > 0, failed=T.failed)
    inner = rx.match(
        S.tab,
        ("profile", profile),
        ("applications", listed(lists.applications_tab())),
        ("contracts", listed(lists.contracts_tab())),
        ("loans", listed(lists.loans_tab())),
        ("collections", listed(lists.collections_tab())),
        ("documents", _region(documents_tab(), ready=D.read == here, failed=D.failed)),
        ("relations", listed(relations_tab())),
        ("tasks", listed(lists.tasks_tab())),
        ("scores", listed(scores_tab())),
        ("consents", listed(consents_tab())),
        ("audit", listed(lists.audit_tab())),
        tabs.timeline_tab(_region(tabs.happenings(), ready=~S.reading, failed=S.failed)),
    )
    wide = (S.tab == "documents") | (S.tab == "relations")
    main = rx.el.div(inner, role="tabpanel")
    return rx.cond(
        wide,
        rx.el.div(main, class_name="c360", style={"gridTemplateColumns": "minmax(0,1fr)"}),
        rx.el.div(main, side(), class_name="c360"),
    )


@page(
    route="/customers/[customer_id]",
    title="客户",
    permission=Permission.CUSTOMERS_READ,
    on_load=CustomerState.load,
    nav="/customers",
    holds=S.holds,
    waiting=skeleton_record,
)
def customer() -> Page:
    """Draw the page."""
    gone = empty(
        "没有找到这位客户",
        "可能已被移走，或不在你的数据范围内。",
        link_button("回到客户列表", "/customers"),
        drawing="search",
    )
    today = rx.fragment(head(), facts(), _tab_bar(), _body(), phone_bar())
    full = rx.fragment(
        rx.cond(P.past.day != "", rx.fragment(past_banner(), past_head(), past_body()), today),
        sheets(),
        section_sheets(),
        relate_sheet(),
    )
    content = rx.cond(S.missing, gone, full)
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
