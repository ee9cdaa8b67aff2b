"""The dialogs of the contract page: disclosure sheet, printing, signature, voiding."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.browser import After
from loanhub.components.buttons import button, file_link, note
from loanhub.components.dialogs import closing, dialog
from loanhub.components.forms import Field, field, form
from loanhub.state.contract import ContractState as State


def _error(key: str) -> rx.Var[str]:
    return rx.cond(State.field_errors.contains(key), State.field_errors[key], "").to(str)


def _is(code: str) -> rx.Var[bool]:
    return State.dialog == code


def sheet_dialog() -> rx.Component:
    """The disclosure sheet; it can be confirmed after the reading time."""

    def cost(item: Any) -> rx.Component:
        return rx.el.tr(
            rx.el.td(item["label"], class_name="m"), rx.el.td(item["rate"], class_name="r num"),
            rx.el.td(item["timing"]), rx.el.td(item["standard"], style={"whiteSpace": "normal"}),
            rx.el.td(item["payee"]),
        )  # fmt: skip

    def possible(item: Any) -> rx.Component:
        return rx.el.li(
            rx.el.b(item["label"], class_name="m"), "：", item["standard"], "（", item["payee"], " 收取）"
        )

    head = rx.el.thead(
        rx.el.tr(
            rx.el.th("项目", scope="col"), rx.el.th("年化", scope="col", class_name="r"),
            *[rx.el.th(text, scope="col") for text in ("收取方式", "标准", "收取方")],
        )
    )  # fmt: skip
    total = rx.el.div(
        rx.el.span("综合融资成本（年化，单利）", class_name="t12 f3"),
        rx.el.span(State.sheet_total, class_name="num t28"),
        rx.el.span("复利口径 ", State.sheet_compound, class_name="t12 f2"),
        class_name="moneybox",
    )
    left = State.seconds_left
    counting = rx.fragment(
        rx.fragment(After.create(1, State.tick), key=left.to(str)),
        button("请再读 " + left.to(str) + " 秒", look="p", disabled=True, reason="让借款人读完再确认"),
    )
    confirm = rx.cond(
        left > 0,
        counting,
        button("借款人已阅读并确认", look="p", icon_name="check", writes=True, on_click=State.confirm_sheet),
    )
    done = rx.cond(
        State.sheet_confirmed != "",
        note("已于 " + State.sheet_confirmed + " 确认", "ok"),
        rx.cond(State.view.can_confirm, note("请把这张表交给借款人本人阅读，读完再确认。"), rx.fragment()),
    )
    return dialog(
        "综合融资成本明示表",
        rx.el.div(
            total,
            rx.el.div(
                rx.el.table(
                    rx.el.caption("各项息费", class_name="vh"), head, rx.el.tbody(rx.foreach(State.items, cost)),
                    class_name="tbl in",
                ),
                style={"overflowX": "auto"},
                tab_index=0,
                role="region",
                custom_attrs={"aria-label": "各项息费"},
            ),
            rx.cond(
                State.contingent.length() > 0,
                rx.el.div(
                    rx.el.h3("可能发生的费用（不计入上面的成本）", class_name="t13"),
                    rx.el.ul(rx.foreach(State.contingent, possible), class_name="t13 f2", style={"paddingLeft": "18px"}),
                ),
                rx.fragment(),
            ),
            rx.el.p("除上列各项外，不向借款人收取其他任何费用。", class_name="t13 b"),
            done,
            class_name="col g5",
        ),
        footer=[
            file_link("打印明示表", "/api/contracts/" + State.view.id.to(str) + "/disclosure.pdf", icon_name="printer"),
            closing(button("关闭")),
            rx.cond(State.view.can_confirm, confirm, rx.fragment()),
        ],
        is_open=_is("sheet"),
        on_open_change=State.close_dialog,
        wide=True,
    )  # fmt: skip


def print_dialog() -> rx.Component:
    """How many copies are printed."""
    first = (State.view.copy_count + 1).to(str)
    body = form(
        rx.el.p("共 ", State.view.page_count, " 页，从第 ", first, " 份起登记。", class_name="f2"),
        field(
            Field("copies", "份数", kind="integer", required=True, suffix="份", help="借款人和我方各一份；一次最多 20 份"),
            value="2", error=_error("copies"),
        ),
        note("打印会记入日志。文件里已按份数排好，每页页脚印着第几份和打印人；打印窗口的份数保持 1。"),
        rx.el.div(
            closing(button("取消")),
            button("登记并打印", look="p", kind="submit", icon_name="printer", writes=True),
            class_name="row g3 end", style={"padding": "2px 0 14px"},
        ),
        on_submit=State.print_copies, guard=False,
    )  # fmt: skip
    return dialog(
        rx.cond(State.view.is_main, "打印合同", "打印文书"),
        body,
        is_open=_is("print"),
        on_open_change=State.close_dialog,
    )


def sign_dialog() -> rx.Component:
    """When both sides signed."""
    body = form(
        rx.el.p(State.view.number, " · ", State.view.customer, " · ", State.view.amount, class_name="f2"),
        field(
            Field("signed_date", "签署日期", kind="date", required=True, help="双方都签字盖章的那一天"),
            value=State.today, error=_error("signed_date"),
        ),
        field(Field("note", "说明", kind="textarea", maximum_length=300, placeholder="例如：本人当面签署，已核对身份证原件")),
        rx.el.div(
            closing(button("取消")),
            button("登记签署", look="p", kind="submit", icon_name="signature", writes=True),
            class_name="row g3 end", style={"padding": "2px 0 14px"},
        ),
        on_submit=State.sign, guard=False,
    )  # fmt: skip
    return dialog("登记签署", body, is_open=_is("sign"), on_open_change=State.close_dialog)


def void_dialog() -> rx.Component:
    """Void the contract; the title says what follows."""
    body = form(
        rx.el.p("编号 ", rx.el.span(State.view.number, class_name="mono"), " 保留为作废，不会再用；扫码核验会显示「已作废」。",
                "已经打印的 ", State.view.copy_count, " 份请收回。"),
        field(
            Field("reason", "作废原因", kind="textarea", required=True, maximum_length=300, placeholder="例如：金额写错，按新批复重出"),
            error=_error("reason"),
        ),
        rx.el.div(
            closing(button("取消", auto_focus=True)),
            button(rx.cond(State.view.is_main, "作废 1 份合同", "作废 1 份文书"), look="dp", kind="submit", icon_name="file-x", writes=True),
            class_name="row g3 end", style={"padding": "2px 0 14px"},
        ),
        on_submit=State.void, guard=False,
    )  # fmt: skip
    return dialog(
        rx.cond(
            State.view.is_main, "作废后这份合同不再有效，申请回到「待出合同」；写着它编号的其他文书一并作废", "作废后这份文书不再有效，可以重新出具"
        ),
        body, is_open=_is("void"), on_open_change=State.close_dialog,
        role="alertdialog",
    )  # fmt: skip
