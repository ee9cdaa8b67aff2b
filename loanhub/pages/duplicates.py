"""查重与裁定: likely doubles with their reasons, side by side and merged; merges taken back; contested records."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, note
from loanhub.components.chips import tag
from loanhub.components.dialogs import closing, confirm, dialog
from loanhub.components.filters import saved_views
from loanhub.components.forms import Field, field, form
from loanhub.components.states import empty, skeleton_rows
from loanhub.components.table import pager
from loanhub.domain.permissions import Permission
from loanhub.pages._duplicate_parts import pair_card, ruling_lines
from loanhub.pages._page import Page, page
from loanhub.services.rulings import Credit, Outcome
from loanhub.state._base import SessionState
from loanhub.state.duplicates import DuplicatesState, PairRow
from loanhub.state.rulings import RulingsState

S = DuplicatesState
R = RulingsState


def _may(permission: Permission) -> rx.Var[bool]:
    return SessionState.allowed.contains(permission.value)


def _error(key: str) -> Any:
    return rx.cond(R.field_errors.contains(key), R.field_errors[key], "").to(str)


def _pair(row: rx.Var[PairRow]) -> rx.Component:
    return pair_card(
        row,
        rx.cond(row.mergeable, button("对比合并", look="p", size="sm", icon_name="merge", on_click=S.compare(row.id)), rx.fragment()),
        rx.cond(
            row.can_dismiss & (S.view == "open"),
            button("不是重复", size="sm", icon_name="split", on_click=S.dismiss(row.id), writes=True),
            rx.fragment(),
        ),
        rx.cond(
            row.can_dismiss & (S.view == "dismissed"),
            button("重新列出", size="sm", icon_name="undo-2", on_click=S.reopen(row.id), writes=True),
            rx.fragment(),
        ),
    )  # fmt: skip


def _pairs() -> rx.Component:
    nothing = rx.cond(
        S.view == "open",
        empty(
            "没有可能重复的记录",
            "新进线、新客户和改过的资料会自动比对，有疑似重复就列在这里。",
            drawing="done",
        ),
        empty("没有标为「不是重复」的记录", "核对后不是同一个人的，标一次以后就不再提示。"),
    )
    listed = rx.el.ul(
        rx.foreach(S.rows, _pair), class_name="dup-list", custom_attrs={"aria-label": "可能重复"}
    )
    turn = pager(S.range_text, S.page, S.pages, on_previous=S.go(-1), on_next=S.go(1))
    full = rx.fragment(listed, rx.cond(S.pages > 1, turn, rx.fragment()))
    return rx.cond(S.loading, skeleton_rows(6), rx.cond(S.rows.length() > 0, full, nothing))


def _merges() -> rx.Component:
    def one(row: Any) -> rx.Component:
        ask = confirm(
            "撤销这次合并？", "两条记录和转移过的内容都恢复原样；合并后新增的待办、资料跟着原来的记录走。", "撤销合并", S.undo(row["id"]),
            danger=False, trigger=button("撤销合并", size="sm", icon_name="undo-2"),
        )  # fmt: skip
        state = rx.cond(
            row["undone"] != "",
            tag(row["undone"], "closed"),
            rx.cond(
                row["can_undo"] != "",
                rx.el.span(ask, rx.el.span(row["until"], class_name="t12 f3"), class_name="row g2 wrap"),
                rx.el.span("不能撤销：", row["against"], class_name="t12 f2"),
            ),
        )
        return rx.el.li(
            rx.el.div(
                tag(row["label"], "neutral"), rx.el.span(row["merged"], class_name="f2"), rx.el.span("并入", class_name="f3"),
                rx.el.a(row["survivor"], href=row["href"].to(str), class_name="b"), class_name="row g2 wrap",
            ),
            rx.el.p("转移：", row["carried"], class_name="t13 f2"),
            rx.el.p(row["who"], " ", row["when"], class_name="t12 f3"),
            state,
            class_name="card dup-card col g2",
        )  # fmt: skip

    return rx.cond(
        S.merges.length() > 0,
        rx.el.ul(rx.foreach(S.merges, one), class_name="dup-list", custom_attrs={"aria-label": "已合并"}),
        empty("还没有合并过", "合并后 30 天内可以撤销，两条记录恢复原样。"),
    )


def _rulings() -> rx.Component:
    def one(row: Any) -> rx.Component:
        subject = rx.cond(
            row["href"] != "",
            rx.el.a(row["subject"], href=row["href"].to(str), class_name="b"),
            rx.el.b(row["subject"]),
        )
        acts = rx.el.div(
            rx.cond(
                row["can_decide"] != "",
                button("裁定", look="p", size="sm", icon_name="gavel", on_click=R.open_decide(row["id"])),
                rx.fragment(),
            ),
            rx.cond(
                row["can_withdraw"] != "",
                button("撤回申请", size="sm", on_click=R.withdraw(row["id"]), writes=True),
                rx.fragment(),
            ),
            class_name="row g2",
        )
        return rx.el.li(
            rx.el.div(tag(row["label"], "neutral"), subject, class_name="row g2 wrap"),
            ruling_lines(row),
            acts,
            class_name="card dup-card col g2",
        )

    return rx.cond(
        R.rows.length() > 0,
        rx.el.ul(rx.foreach(R.rows, one), class_name="dup-list", custom_attrs={"aria-label": "撞单裁定"}),
        empty("没有撞单裁定", "两个人跟同一位客户时，后来的人可以申请裁定，由主管或管理层决定归谁。"),
    )


def _radio(name: str, side: str, key: Any, chosen: Any, text: Any, on_change: Any) -> rx.Component:
    return rx.el.label(
        rx.el.input(
            type="radio", name=name, value=side, checked=chosen == side, on_change=on_change, class_name="rad"
        ),
        rx.el.span(text, class_name=rx.cond(chosen == side, "m b", "f2")),
        class_name="row g2",
        key=key,
    )


def _compare() -> rx.Component:
    def head(code: str, one: Any) -> rx.Component:
        mark = rx.el.input(
            type="radio", name="survivor", value=code, checked=S.survivor == code, on_change=S.keep(code), class_name="rad"
        )  # fmt: skip
        return rx.el.th(
            rx.el.label(
                mark,
                rx.el.span(rx.cond(S.survivor == code, "保留 ", "并入 "), one["number"]),
                class_name="row g2",
            ),
            rx.el.span(one["name"], " · ", one["owner"], " · ", one["state"], class_name="t12 f3"),
            scope="col",
        )

    def line(one: Any) -> rx.Component:
        name = rx.Var.create("f-") + one["key"].to(str)
        cells = [
            rx.el.td(
                rx.cond(
                    one["differs"] != "",
                    _radio(name, code, one["key"], one["chosen"], one[code], S.take(one["key"], code)),  # type: ignore[arg-type]
                    rx.el.span(one[code], class_name="f2"),
                )
            )
            for code in ("left", "right")
        ]
        shown = rx.el.tr(rx.el.th(one["label"], scope="row"), *cells)
        return rx.cond((one["differs"] != "") | S.all_fields, shown, rx.fragment())

    def hanging(one: Any) -> rx.Component:
        return rx.el.tr(
            rx.el.th(one["label"], scope="row"), rx.el.td(one["left"], class_name="num"), rx.el.td(one["right"], class_name="num")
        )  # fmt: skip

    table = rx.el.div(
        rx.el.table(
            rx.el.caption("两条记录对比", class_name="vh"),
            rx.el.thead(
                rx.el.tr(rx.el.th("字段", scope="col"), head("left", S.left), head("right", S.right))
            ),
            rx.el.tbody(rx.foreach(S.fields, line), rx.foreach(S.carried, hanging)),
            class_name="lchg cmp dup-cmp",
        ),
        class_name="lchgw",
        custom_attrs={"tabIndex": 0, "role": "region", "aria-label": "两条记录对比"},
    )
    words = Field(key="reason", label="为什么合并", maximum_length=300, placeholder="例如 同一个人换了号码")
    go = form(
        field(words),
        rx.el.div(
            closing(button("取消")),
            button(
                "合并",
                look="p",
                kind="submit",
                icon_name="merge",
                writes=True,
                disabled=S.against != "",
                reason=S.against,
            ),
            class_name="row g2 end",
        ),
        on_submit=S.merge,
        guard=False,
        key=S.form_key,
    )
    body = rx.el.div(
        rx.cond(S.against != "", note(S.against, "bad"), note("待办、跟进、资料、申请、合同、贷款、授权全部转到保留的一条；并入的一条留下去向，30 天内可撤销。")),
        rx.el.div(
            rx.el.span("选中的值会保留", class_name="t12 f3 grow"),
            button(rx.cond(S.all_fields, "只看不同的", "看全部字段"), look="g", size="sm", on_click=S.show_all),
            class_name="row g2",
        ),
        table,
        go,
        class_name="col g4",
    )  # fmt: skip
    return dialog("对比合并", body, is_open=S.comparing, on_open_change=S.show_compare, wide=True)


def blind_check() -> rx.Component:
    """Draw the dialog in which a number is checked blindly."""
    told = rx.cond(
        R.answered == "known",
        rx.el.div(
            rx.el.ul(rx.foreach(R.answer, lambda text: rx.el.li(tag(text, "warn", icon_name="search", large=True))), class_name="col g2"),
            button("申请撞单裁定", size="sm", icon_name="scale", on_click=R.show_claim(True)),
            class_name="col g3",
        ),
        rx.cond(R.answered == "free", tag("没有记录，可以直接录入", "ok", icon_name="circle-check", large=True), rx.fragment()),
    )  # fmt: skip
    number = Field(key="number", label="手机号、身份证号或统一社会信用代码", required=True, maximum_length=40)
    body = rx.el.div(
        rx.el.p("只告诉你有没有人在跟、在哪个团队，不显示是谁。每次查询都有记录。", class_name="t13 f2"),
        form(
            field(number, error=_error("number")),
            rx.el.div(
                rx.el.span(R.left, class_name="t12 f3 grow", role="status"),
                button("查一下", look="p", kind="submit", icon_name="search", writes=True),
                class_name="row g2",
            ),
            on_submit=R.check,
            guard=False,
            key=R.form_key,
        ),
        rx.el.div(told, role="status"),
        class_name="col g4",
    )
    return dialog("盲查重", body, is_open=R.checking, on_open_change=R.show_check)


def _claim() -> rx.Component:
    body = form(
        field(
            Field(key="number", label="客户的手机号或证件号", required=True, maximum_length=40, uid="claim-number"),
            value=R.asked, error=_error("number"),
        ),
        field(
            Field(key="claim", label="你和客户的接触", kind="textarea", required=True, maximum_length=500, help="什么时候、怎么联系的，有什么凭据"),
            error=_error("claim"),
        ),
        field(
            Field(key="channel_code", label="客户从哪个渠道来", kind="select", options=R.channels), error=_error("channel_code")
        ),
        rx.el.div(closing(button("取消")), button("提交裁定", look="p", kind="submit", writes=True), class_name="row g2 end"),
        on_submit=R.claim,
        key=R.form_key + "c",
    )  # fmt: skip
    return dialog("申请撞单裁定", body, is_open=R.claiming, on_open_change=R.show_claim)


def _decide() -> rx.Component:
    def of(key: str) -> Any:
        return rx.cond(R.one.contains(key), R.one[key], "").to(str)

    body = rx.el.div(
        rx.el.p(rx.el.b(of("subject")), class_name="t14"),
        rx.el.p(of("claimant"), " 申请，现在归 ", of("owner"), class_name="t13"),
        rx.el.p("理由：", of("claim"), class_name="t13 f2"),
        form(
            field(Field(key="outcome", label="归谁", kind="radio", required=True, options=Outcome.options()), error=_error("outcome")),
            field(
                Field(key="credit", label="渠道归属", kind="radio", options=Credit.options(), help="写进裁定，两个渠道都看得到"),
                value=Credit.FIRST.value, error=_error("credit"),
            ),
            field(
                Field(key="protect_days", label="保护天数", kind="integer", required=True, help="保护期内不收回公海，别人不能再争"),
                value=R.protect_days, error=_error("protect_days"),
            ),
            field(Field(key="decision", label="裁定理由", kind="textarea", required=True, maximum_length=500), error=_error("decision")),
            rx.el.div(closing(button("取消")), button("裁定", look="p", kind="submit", writes=True), class_name="row g2 end"),
            on_submit=R.decide,
            key=R.form_key + "d",
        ),
        class_name="col g3",
    )  # fmt: skip
    return dialog("撞单裁定", body, is_open=R.deciding, on_open_change=R.show_decide)


@page(
    route="/duplicates",
    title="查重与裁定",
    permission=[Permission.LEADS_READ, Permission.CUSTOMERS_READ],
    on_load=DuplicatesState.load,
)
def duplicates() -> Page:
    """Draw the page."""
    check = rx.cond(
        _may(Permission.LEADS_CREATE),
        button("盲查重", look="p", icon_name="scan-search", on_click=R.show_check(True)),
        rx.fragment(),
    )
    claim = rx.cond(
        _may(Permission.LEADS_CREATE),
        button("申请裁定", icon_name="scale", on_click=R.show_claim(True)),
        rx.fragment(),
    )
    shown = rx.match(S.view, ("merges", _merges()), ("rulings", _rulings()), _pairs())
    return Page(
        [shown, _compare(), blind_check(), _claim(), _decide()],
        views=saved_views(S.views, S.view, S.choose_view),
        tools=[claim],
        primary=check,
    )
