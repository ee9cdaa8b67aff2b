"""Bank statements 银行流水: files on the side, lines by tab, one line with its loans in a drawer."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, note, progress
from loanhub.components.chips import status_chip, tag
from loanhub.components.dialogs import confirm
from loanhub.components.filters import filter_bar, option_filter, saved_views, search_box
from loanhub.components.forms import Field, field
from loanhub.components.states import empty, no_match
from loanhub.components.table import Column, data_table, pager
from loanhub.components.upload import send_file
from loanhub.domain.permissions import Permission
from loanhub.pages._page import Page, page
from loanhub.pages._statement_line import CAN_IMPORT, CAN_POST, line_drawer
from loanhub.services.files import STATEMENT_KIND
from loanhub.settings import settings
from loanhub.state.statements import WAYS, LineItem, StatementsState

S = StatementsState


def _amount(row: rx.Var[LineItem]) -> rx.Component:
    return rx.el.span(row.amount, class_name=rx.cond(row.way == "in", "num b bk-in", "num b"))


def _payer(row: rx.Var[LineItem]) -> rx.Component:
    return rx.el.span(
        row.payer,
        rx.cond(row.account != "", rx.el.span(" ", row.account, class_name="t12 f3"), rx.fragment()),
        rx.cond(row.third, rx.el.span(" ", tag("代还", "warn")), rx.fragment()),
    )


def _loan(row: rx.Var[LineItem]) -> rx.Component:
    return rx.cond(
        row.loan_number != "",
        rx.el.span(row.customer, " ", rx.el.span(row.loan_number, class_name="t12 f3 num")),
        rx.el.span("—", class_name="f3"),
    )


def _loan_and_why(row: rx.Var[LineItem]) -> rx.Component:
    return rx.el.div(
        _loan(row), rx.el.span(row.why, title=row.why, class_name="t12 f3 el"), class_name="bk-why"
    )


def _cut(text: Any, width: str) -> rx.Component:
    return rx.el.span(text, title=text, class_name="el", style={"display": "block", "maxWidth": width})


COLUMNS = (
    Column("day", "日期", lambda r: r.day, look="num", width="96px"),
    Column("amount", "金额（元）", _amount, align="r", width="120px"),
    Column("payer", "对方", _payer),
    Column("remark", "摘要与附言", lambda r: _cut(r.remark, "150px"), look="f2", secondary=True),
    Column("loan", "借据与依据", _loan_and_why),
    Column("status", "状态", lambda r: status_chip(r.status, r.tone), width="96px"),
)


def _card(row: rx.Var[LineItem]) -> rx.Component:
    return rx.el.button(
        rx.el.span(
            _amount(row),
            rx.el.span(class_name="grow"),
            status_chip(row.status, row.tone),
            class_name="row g2",
        ),
        rx.el.span(row.day, " · ", _payer(row), class_name="t13"),
        rx.el.span(row.remark, class_name="t12 f3 el"),
        rx.cond(row.loan_number != "", rx.el.span(_loan(row), class_name="t12"), rx.fragment()),
        rx.el.span(row.why, class_name="t12 f3"),
        type="button",
        on_click=S.open(row.id),
        class_name="col g1",
        style={"textAlign": "left", "width": "100%", "minWidth": "0"},
        custom_attrs={"data-open": "true"},
    )


def _filters() -> rx.Component:
    return filter_bar(
        search_box(S.search.debounce(250), placeholder="对方、附言、尾号", value=S.text),
        option_filter("收支", WAYS, S.way, S.choose_way, icon_name="arrow-down-up"),
        option_filter(
            "流水文件", S.file_options, S.file_id, S.choose_file, value_label=S.file_label, icon_name="file-spreadsheet"
        ),
        totals=S.totals,
    )  # fmt: skip


def _says() -> rx.Component:
    """What is being done, and what the last import or batch left to say."""
    work = rx.cond(
        S.working != "",
        rx.el.div(
            rx.el.span(S.working, class_name="t13", role="status"),
            progress(S.percent, label="进度"),
            class_name="col g1",
        ),
        rx.fragment(),
    )
    clear = button("知道了", look="g", size="sm", on_click=S.clear_results)
    problems = rx.cond(
        S.error != "",
        note(
            rx.el.div(
                rx.el.div(
                    rx.el.b(S.error),
                    rx.el.span(" 文件里的记录一条都没有写入。改好后重新导入即可。"),
                    class_name="t13",
                ),
                rx.el.ul(rx.foreach(S.problems, lambda text: rx.el.li(text, class_name="t12"))),
                clear,
            ),
            "bad",
        ),
        rx.fragment(),
    )
    results = rx.cond(
        S.result_text != "",
        note(
            rx.el.div(
                rx.el.b(S.result_text, class_name="t13"),
                rx.el.ul(
                    rx.foreach(
                        S.results,
                        lambda one: rx.el.li(
                            rx.el.button(
                                one["subject"], type="button", class_name="lnk", on_click=S.open(one["id"])
                            ),
                            " ",
                            one["sentence"],
                            class_name="t12",
                        ),
                    )
                ),
                clear,
            ),
            "warn",
        ),
        rx.fragment(),
    )
    return rx.el.div(
        work, problems, results, rx.foreach(S.notes, lambda text: note(text, "warn")), class_name="bk-say"
    )


def _file(one: rx.Var[dict[str, str]]) -> rx.Component:
    return rx.el.li(
        rx.el.button(
            rx.el.span(
                rx.el.b(one["number"], class_name="num"),
                rx.el.span(class_name="grow"),
                rx.cond(
                    one["waiting"] == "0",
                    tag("已处理完", "ok", icon_name="check"),
                    tag(one["waiting"] + " 笔待处理", "warn"),
                ),
                class_name="row g2",
            ),
            rx.el.span(one["file_name"], class_name="t12 f2 el"),
            rx.el.span(one["period"], " · ", one["account"], " · ", one["lines"], " 笔", class_name="t12 f3"),
            rx.el.span("期初 ", one["opening"], " → 期末 ", one["closing"], class_name="t12 f3 num"),
            progress(one["percent"], label="已处理"),
            rx.el.span(one["by"], " ", one["when"], "导入", class_name="t12 f3"),
            type="button",
            on_click=S.choose_file(one["id"]),
            custom_attrs={"aria-pressed": rx.cond(S.file_id == one["id"], "true", "false")},
        )
    )


def _side() -> rx.Component:
    send = send_file(
        "f-file", kind=STATEMENT_KIND, limit_bytes=settings().upload_sheet_bytes, on_done=S.uploaded
    )
    drop = rx.cond(
        CAN_IMPORT,
        field(
            Field(
                key="file",
                label="导入银行流水",
                kind="file",
                accept=".xlsx,.xls,.csv",
                placeholder="把网银导出的明细拖到这里，或点按选择",
                help="支持「借方、贷方两列」和「收支方向一列」两种版式，XLSX 或 CSV，最多 2 万行",
            ),
            disabled=S.uploading | (S.working != ""),
            on_change=lambda _: [S.start_upload(), send],
        ),
        rx.fragment(),
    )
    files = rx.cond(
        S.files.length() > 0,
        rx.el.section(
            rx.el.div(
                rx.el.h2("已导入"), rx.el.span(S.files.length(), " 份", class_name="n"), class_name="sec-h"
            ),
            rx.el.ul(rx.foreach(S.files, _file), class_name="bk-files"),
        ),
        rx.el.p("还没有导入过流水。", class_name="t13 f3"),
    )
    return rx.el.aside(rx.el.div(drop, files, class_name="bk-side"), custom_attrs={"aria-label": "流水文件"})


@page(
    route="/statements",
    title="银行流水",
    permission=(Permission.STATEMENTS_IMPORT, Permission.LEDGER_READ),
    on_load=StatementsState.load,
)
def statements() -> Page:
    """Draw the page."""
    has_filters = (S.text != "") | (S.way != "") | (S.file_id != "")
    nothing = rx.cond(
        has_filters,
        no_match("流水", "换个关键词，或放宽条件", S.clear_filters),
        rx.match(
            S.tab,
            ("unclaimed", empty("没有待认领的流水", "导入网银明细后，找不到借据的到账会列在这里。", drawing="done")),
            ("suggested", empty("没有建议", "能自动认出借据的流水会列在这里，可以一次全部入账。", drawing="done")),
            ("done", empty("还没有入账的流水", "认领并入账后的流水会列在这里。")),
            empty("没有无关的流水", "手续费、房租一类与贷款无关的流水会列在这里。"),
        ),
    )  # fmt: skip
    table = data_table(
        S.rows, COLUMNS, row_id=lambda r: r.id, label="银行流水", on_open=S.open, card=_card, loading=S.loading,
        empty=nothing,
    )  # fmt: skip
    turn = pager(S.range_text, S.page, S.pages, on_previous=S.go(-1), on_next=S.go(1))
    everything = rx.cond(
        CAN_POST & (S.tab == "suggested") & (S.suggested > 0),
        button(
            rx.Var.create("全部入账 ") + S.suggested.to_string() + " 笔",
            look="p",
            icon_name="check-check",
            on_click=S.ask_all(True),
            pending=S.working != "",
            writes=True,
        ),
        rx.fragment(),
    )
    again = rx.cond(
        CAN_IMPORT,
        button(
            "重新匹配", look="g", icon_name="refresh-cw", on_click=S.look_again, pending=S.working != "", writes=True
        ),
        rx.fragment(),
    )  # fmt: skip
    main = rx.el.div(
        _filters(),
        _says(),
        table,
        rx.cond(S.total > 0, turn, rx.fragment()),
        class_name="col",
        style={"minHeight": "0"},
    )
    return Page(
        [
            rx.el.div(main, _side(), class_name="lgrid"),
            line_drawer(),
            confirm(
                rx.Var.create("把 ") + S.suggested.to_string() + " 笔建议的流水入账",
                rx.Var.create("合计 ")
                + S.suggested_amount
                + "。每笔单独入账，入账前再核对一次；不能入的留下并写明原因。",
                rx.Var.create("入账 ") + S.suggested.to_string() + " 笔",
                S.accept_all,
                danger=False,
                is_open=S.confirming,
                on_open_change=S.ask_all,
            ),
        ],
        views=saved_views(S.tabs, S.tab, S.choose_tab),
        tools=(again,),
        primary=everything,
    )
