"""The parts of documents by the many: the dialog over the contract center, the drawer of a batch."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, file_link, link_button, note, progress
from loanhub.components.chips import status_chip
from loanhub.components.dialogs import closing, dialog, drawer
from loanhub.components.forms import Field, field, form
from loanhub.components.icons import icon
from loanhub.components.table import bulk_action, bulk_bar
from loanhub.domain.permissions import Permission
from loanhub.state.contracts import WAITING, ContractsState
from loanhub.state.print_batches import ORDERS
from loanhub.state.print_batches import PrintBatchesState as B
from loanhub.state.print_batches import PrintChoiceState as P

SIDES = (("duplex", "双面：每份从新的一张纸开始"), ("single", "单面"))


def _error(state: Any, key: str) -> Any:
    return rx.cond(state.field_errors.contains(key), state.field_errors[key], "").to(str)


def how(state: Any, uid: str) -> rx.Component:
    """Draw how a batch is bound: order, sides, copies."""
    return rx.el.div(
        field(Field("order", "顺序", kind="select", options=ORDERS, uid=f"{uid}-order"), value="customer"),
        field(Field("sides", "纸张", kind="select", options=SIDES, uid=f"{uid}-sides"), value="duplex"),
        field(
            Field("copies", "每份打印", kind="integer", suffix="份", uid=f"{uid}-copies"), value="1", error=_error(state, "copies")
        ),
        class_name="form two-col",
    )  # fmt: skip


def choice_bar() -> rx.Component:
    """What can be done with the chosen contracts or applications."""
    waiting = ContractsState.view == WAITING
    create = rx.cond(
        P.allowed.contains(Permission.CONTRACTS_CREATE.value),
        bulk_action("批量生成合同", "file-plus", P.ask(True)),
        rx.fragment(),
    )
    print_ = rx.cond(
        P.allowed.contains(Permission.CONTRACTS_PRINT.value),
        bulk_action("批量打印", "printer", P.ask(True)),
        rx.fragment(),
    )
    every = rx.cond(
        ContractsState.total > ContractsState.selected_count,
        rx.el.button(
            "选择全部 ", ContractsState.total, " 条", type="button", on_click=ContractsState.choose_all
        ),
        rx.fragment(),
    )
    return rx.fragment(
        bulk_bar(
            ContractsState.selected_count,
            rx.cond(waiting, create, print_),
            on_clear=ContractsState.clear_selection,
            select_all=every,
        ),
        _dialog(),
    )


def _dialog() -> rx.Component:
    count = ContractsState.selected_count.to(str)
    body = form(
        rx.cond(
            P.waiting,
            note("逐份核对资料后生成。缺资料的会列出来并附链接，其余照常生成；可以随时停止，重启后继续，不会重复。", "mute"),
            note("合并成一个 PDF。打印时登记份数和打印人，补打要写原因。", "mute"),
        ),
        how(P, "choice"),
        rx.el.div(
            closing(button("取消")),
            button(rx.cond(P.waiting, "开始生成", "合成一个 PDF"), look="p", kind="submit", icon_name="layers", writes=True),
            class_name="row g3 end",
        ),
        on_submit=P.begin, guard=False, key=P.form_key.to(str),
    )  # fmt: skip
    title = rx.cond(
        P.waiting, rx.Var.create("批量生成合同 ") + count + " 份", rx.Var.create("批量打印 ") + count + " 份"
    )
    return dialog(title, body, is_open=P.asking, on_open_change=P.ask)


def new_dialog() -> rx.Component:
    """A batch of everything of a kind between two days."""
    days = rx.cond(
        B.dated != "",
        rx.el.div(
            field(
                Field("first", B.dated.to(str) + "从", kind="date", required=True), error=_error(B, "first")
            ),
            field(Field("last", "到", kind="date", required=True), error=_error(B, "last")),
            class_name="form two-col",
        ),
        note("当前逾期的借据，每笔一份，按今天的应还金额出具。", "mute"),
    )
    body = form(
        field(
            Field("kind", "文书", kind="select", required=True, options=B.kinds),
            value=B.kind, error=_error(B, "kind"), on_change=B.choose_kind,
        ),
        days, how(B, "dated"),
        rx.el.div(closing(button("取消")), button("开始", look="p", kind="submit", icon_name="layers", writes=True), class_name="row g3 end"),
        on_submit=B.begin, guard=False, key=B.form_key.to(str) + "n",
    )  # fmt: skip
    return dialog("批量出具", body, is_open=B.asking, on_open_change=B.ask)


def _refused(one: Any) -> rx.Component:
    def lacking(field_: Any) -> rx.Component:
        return link_button(rx.Var.create("补 ") + field_["label"].to(str), field_["link"].to(str), size="sm", look="soft")  # fmt: skip

    return rx.el.li(
        rx.el.div(
            rx.el.span(rx.el.b(one.customer), " ", rx.el.span(one.label, class_name="mono f3 t12")),
            rx.el.span(one.problem, class_name="t13 fw"),
            rx.cond(
                one.missing.length() > 0,
                rx.el.div(rx.foreach(one.missing, lacking), class_name="row g2 wrap"),
                link_button("去看", one.link, size="sm", look="soft"),
            ),
            class_name="col g1 grow",
        )
    )


def batch_drawer() -> rx.Component:
    """A batch: how far it is, what could not be made, the files, the printing."""
    one = B.one
    base = rx.Var.create("/api/print-batches/") + one.id.to(str)
    state = rx.el.div(
        rx.el.div(
            status_chip(one.status_label, one.tone), rx.el.span(one.done, " / ", one.total, " 份", class_name="num"),
            rx.cond(one.refused > 0, rx.el.span(one.refused, " 份没有出", class_name="fw"), rx.fragment()),
            rx.el.span(class_name="grow"), rx.el.span(one.took, class_name="t12 f3"), class_name="row g3",
        ),
        progress(one.percent, label="批次进度"),
        rx.el.div(rx.el.span(one.order), rx.el.span(one.pages), rx.el.span(one.created_at), class_name="nums"),
        rx.cond(one.problem != "", note(one.problem, "bad"), rx.fragment()),
        rx.cond(
            one.running,
            rx.el.div(button("停止", on_click=B.stop, icon_name="stop-circle", writes=True), class_name="row end"),
            rx.cond(
                one.unfinished,
                rx.el.div(button("补全后继续", look="soft", icon_name="refresh-cw", on_click=B.retry, writes=True), class_name="row end"),
                rx.fragment(),
            ),
        ),
        class_name="bat",
    )  # fmt: skip
    lacking = rx.cond(
        B.refused.length() > 0,
        rx.el.section(
            rx.el.div(
                rx.el.h3("没有出的"), rx.el.span(B.refused.length(), class_name="n"), class_name="sec-h"
            ),
            rx.el.ul(rx.foreach(B.refused, _refused), class_name="plist"),
        ),
        rx.fragment(),
    )
    printing = rx.el.section(
        rx.el.div(rx.el.h3("打印"), rx.el.span("已打印 ", one.printed, " 次", class_name="t12 f3"), class_name="sec-h"),
        rx.cond(
            B.printed,
            rx.el.div(
                note("已登记。在打开的 PDF 里打印；合同的份号已写进打印记录。", "ok"),
                rx.el.a(icon("printer", "m"), rx.el.span("打开 PDF 打印"), href=base + "/merged.pdf?print=1", target="_blank",
                        rel="noopener", class_name="btn p"),
                class_name="col g3",
            ),
            form(
                field(
                    Field("reason", "打印原因", maximum_length=200, uid="give-reason", help="第一次打印可以不写；补打必须写"),
                    error=_error(B, "reason"),
                ),
                rx.el.div(button("登记并打印", look="p", kind="submit", icon_name="printer", writes=True), class_name="row end"),
                on_submit=B.give, guard=False, key=B.form_key.to(str) + "g",
            ),
        ),
    )  # fmt: skip
    files = rx.el.div(
        rx.el.a(icon("eye", "s"), rx.el.span("预览合并 PDF"), href=base + "/merged.pdf", target="_blank", rel="noopener", class_name="btn sm"),
        file_link("下载合并 PDF", base + "/merged.pdf?download=1", size="sm"),
        file_link("下载单份 ZIP", base + "/papers.zip", size="sm"),
        class_name="row g2 wrap",
    )  # fmt: skip
    return drawer(
        one.title,
        rx.el.div(state, lacking, rx.cond(one.ready, rx.fragment(files, printing), rx.fragment()), class_name="col g4"),
        is_open=B.opened, on_open_change=B.close,
    )  # fmt: skip
