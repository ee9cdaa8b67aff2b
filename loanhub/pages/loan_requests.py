"""Requests under dual control 贷后审批: the queue, and one opened with its effect as of now, to approve or refuse."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.allocation_bar import allocation_bar
from loanhub.components.avatar import person
from loanhub.components.before_after import changed_table, terms_table, warning_lines
from loanhub.components.buttons import button, link_button, note
from loanhub.components.chips import status_chip, tag
from loanhub.components.dialogs import drawer
from loanhub.components.filters import filter_bar, option_filter, saved_views
from loanhub.components.forms import Field, field
from loanhub.components.states import empty, error
from loanhub.components.table import Column, data_table
from loanhub.domain.permissions import Permission
from loanhub.pages._disburse import facts_list, money_box
from loanhub.pages._page import Page, page
from loanhub.services.loans import CHANGE_KINDS
from loanhub.state.loan_requests import LoanRequestsState

S = LoanRequestsState
R = LoanRequestsState.request


def _short(text: Any, width: int) -> rx.Component:
    """Draw a text that may be long on one line; the whole of it is in its title."""
    return rx.el.span(
        text,
        title=text,
        class_name="el f2",
        style={"display": "inline-block", "maxWidth": f"{width}px", "verticalAlign": "bottom"},
    )


COLUMNS = (
    Column("number", "编号", lambda r: r["number"], look="num", secondary=True),
    Column("kind", "申请", lambda r: rx.el.span(tag(r["kind_label"], "line"), _short(r["summary"], 260), class_name="row g2")),
    Column("customer", "客户", lambda r: r["customer_name"]),
    Column("loan", "借据", lambda r: r["loan_number"], look="num f2", secondary=True),
    Column("reason", "理由", lambda r: _short(r["reason"], 180)),
    Column("by", "发起", lambda r: person(r["by"], r["initial"], r["color"])),
    Column("at", "时间", lambda r: r["at"], look="num f3"),
    Column("status", "状态", lambda r: status_chip(r["status_label"], r["tone"])),
)  # fmt: skip


def _card(row: Any) -> rx.Component:
    return rx.el.button(
        rx.el.span(
            rx.el.b(row["customer_name"]), tag(row["kind_label"], "line"), rx.el.span(class_name="grow"),
            status_chip(row["status_label"], row["tone"]), class_name="row g2",
        ),
        rx.el.span(row["summary"], class_name="t14"),
        rx.el.span(row["reason"], class_name="t12 f2"),
        rx.el.span(row["number"], " · ", row["by"], " · ", row["at"], class_name="t12 f3"),
        type="button",
        on_click=S.open(row["id"]),
        class_name="col g1",
        style={"width": "100%", "textAlign": "left"},
        custom_attrs={"data-open": "true"},
    )  # fmt: skip


def _effect() -> rx.Component:
    amount = rx.cond(
        S.tried["amount"] != "", money_box(S.tried["figure"], S.tried["uppercase"], "金额"), rx.fragment()
    )
    waived = rx.cond(
        S.waived.length() > 0, allocation_bar(S.waived, S.tried["amount"], label="减免"), rx.fragment()
    )
    return rx.cond(
        S.tried.contains("summary"),
        rx.el.section(
            rx.el.h3("现在批准，会这样"),
            amount,
            facts_list(
                ("生效日", S.tried["value_date"]), ("剩余本金", S.tried["outstanding"]), ("当前应还", S.tried["due"]),
                ("状态", S.tried["status"]),
            ),
            terms_table(S.terms),
            waived,
            warning_lines(S.warnings),
            changed_table(S.changed, S.changed_count),
            class_name="lwblock",
        ),
        rx.fragment(),
    )  # fmt: skip


def _decision() -> rx.Component:
    wrong = rx.cond(
        S.field_errors.contains("reason"),
        S.field_errors["reason"],
        rx.cond(S.field_errors.contains("note"), S.field_errors["note"], ""),
    )
    deciding = rx.el.div(
        field(
            Field(key="opinion", label="审批意见", kind="textarea", maximum_length=300, help="不通过时必填，发起人会看到"),
            value=S.opinion,
            on_blur=S.set_opinion,
            on_change=S.set_opinion.debounce(200),
            error=wrong,
        ),
        rx.el.div(
            button("不通过", look="d", on_click=S.refuse, writes=True),
            button(
                rx.Var.create("通过 ") + S.tried["amount"].to(str), look="p", icon_name="stamp", on_click=S.approve,
                writes=True, disabled=R["problem"] != "", reason=R["problem"],
            ),
            class_name="row g2 end ldo",
        ),
        class_name="form",
        key=S.form_key,
    )  # fmt: skip
    return rx.cond(S.can_decide, deciding, rx.fragment())


def _detail() -> rx.Component:
    papers = rx.cond(
        S.papers.length() > 0,
        rx.el.dl(
            rx.foreach(S.papers, lambda one: rx.fragment(rx.el.dt(one["label"]), rx.el.dd(one["value"]))),
            class_name="qt",
        ),
        rx.fragment(),
    )
    moved = rx.cond(
        S.moved.length() > 0,
        rx.el.section(
            note("发起之后借据有变动，下面是发起人当时看到的和现在的", "warn"),
            terms_table(S.moved, "发起时与现在"),
            class_name="lwblock",
        ),
        rx.fragment(),
    )
    decided = rx.cond(
        R["decided_by"] != "",
        rx.el.section(
            rx.el.h3("审批"),
            rx.el.p(R["decided_by"], " · ", R["decided_at"], class_name="t12 f3"),
            rx.cond(R["decision_note"] != "", rx.el.p(R["decision_note"], class_name="t14"), rx.fragment()),
            class_name="lwblock",
        ),
        rx.fragment(),
    )
    back = rx.cond(
        S.can_withdraw,
        rx.el.div(button("撤回申请", look="d", on_click=S.withdraw, writes=True), class_name="row end ldo"),
        rx.fragment(),
    )
    blocked = rx.cond(
        (R["status"] == "pending") & ~S.can_decide & (R["why_not"] != ""), note(R["why_not"]), rx.fragment()
    )
    return rx.fragment(
        rx.el.div(
            rx.el.b(R["summary"], class_name="t16"),
            rx.el.div(
                rx.el.span(R["number"], class_name="num"), " · ", R["by"], " · ", R["at"],
                class_name="t12 f3",
            ),
            class_name="col g1",
        ),
        rx.el.div(
            status_chip(R["status_label"], R["tone"]),
            link_button(R["loan_number"], rx.Var.create("/loans/") + R["loan_id"].to(str), size="sm", look="g"),
            rx.el.span(R["customer_name"], class_name="t13"),
            class_name="row g2 wrap",
            style={"margin": "8px 0"},
        ),
        rx.el.section(
            rx.el.h3("发起人的理由"), rx.el.p(R["reason"], class_name="t14"), papers, class_name="lwblock"
        ),
        rx.cond(R["problem"] != "", note(R["problem"], "bad"), rx.fragment()),
        moved,
        _effect(),
        decided,
        blocked,
        _decision(),
        back,
    )  # fmt: skip


@page(
    route="/loans/requests",
    title="贷后审批",
    permission=(Permission.LOANS_ADJUST, Permission.LOANS_APPROVE, Permission.LOANS_WRITE_OFF),
    on_load=LoanRequestsState.load,
    nav="/loans/requests",
)
def loan_requests() -> Page:
    """Draw the page."""
    nothing = rx.match(
        S.view,
        ("waiting", empty("没有等你审批的申请", "别人发起的减免、展期、重组、利率调整、核销会出现在这里。", drawing="done")),
        ("mine", empty("你还没有发起过申请", "在借据页点「展期 / 重组」或「减免」发起。")),
        ("decided", empty("还没有处理过的申请", "")),
        empty("没有待审批的申请", ""),
    )  # fmt: skip
    table = data_table(
        S.rows,
        COLUMNS,
        row_id=lambda r: r["id"],
        label="贷后申请",
        on_open=S.open,
        card=_card,
        loading=S.loading,
        failed=error("申请没有读出来，数据没有改变。", S.reload),
        has_failed=S.broken & ~S.loading,
        empty=nothing,
    )
    tabs = saved_views(S.views, S.view, S.choose_view)
    bar = filter_bar(
        option_filter("类型", list(CHANGE_KINDS.items()), S.kind, S.choose_kind, icon_name="list-filter"),
    )
    detail = drawer(R["kind_label"].to(str) + "申请", _detail(), is_open=S.opened, on_open_change=S.show)
    return Page([bar, table, detail], views=tabs)
