"""The import page: file → columns → check → run → result, each step on one screen."""

from __future__ import annotations

import reflex as rx

from loanhub.components.buttons import button, classes, note, progress
from loanhub.components.chips import tag
from loanhub.components.forms import Field, field
from loanhub.components.icons import icon
from loanhub.components.money import number
from loanhub.components.upload import send_file
from loanhub.domain.permissions import Permission
from loanhub.pages._import_check import check
from loanhub.pages._import_parts import FOOT, S, file_line, head, outcome
from loanhub.pages._import_result import result
from loanhub.pages._page import Page, page
from loanhub.services.files import IMPORT_KIND
from loanhub.settings import settings
from loanhub.state._import_views import ImportColumn
from loanhub.state.imports import (
    CHECK,
    MAP,
    RESULT,
    RUN,
    UPLOAD,
    ImportsState,
)

STEPS = ((UPLOAD, "上传文件"), (MAP, "字段映射"), (CHECK, "校验与规则"), (RUN, "导入"))


def _steps() -> rx.Component:
    order = [code for code, _ in STEPS]
    at = rx.match(S.step, *[(code, place) for place, code in enumerate(order)], (RESULT, len(order)), 0).to(
        int
    )

    def one(place: int, text: str) -> rx.Component:
        done, here = at > place, at == place
        dot = rx.el.span(
            rx.cond(done, icon("check", "xs"), rx.el.span(str(place + 1))),
            class_name=classes("tag", rx.cond(here, "solid", rx.cond(done, "ok", "neutral"))),
            style={
                "borderRadius": "50%",
                "width": "22px",
                "height": "22px",
                "justifyContent": "center",
                "padding": "0",
            },
        )
        return rx.el.li(
            dot,
            rx.el.span(text, class_name=rx.cond(here, "b", "f3")),
            class_name="row g2 nw",
            custom_attrs={"aria-current": rx.cond(here, "step", "false")},
        )

    return rx.el.ol(
        *[one(place, text) for place, (_, text) in enumerate(STEPS)],
        class_name="row g6 wrap",
        style={"padding": "12px 24px", "borderBottom": "1px solid var(--line)", "flex": "none"},
        custom_attrs={"aria-label": "导入步骤"},
    )


def _upload() -> rx.Component:
    send = send_file(
        "f-file", kind=IMPORT_KIND, limit_bytes=settings().upload_sheet_bytes, on_done=S.uploaded
    )
    drop = field(
        Field(
            key="file",
            label="名单文件",
            kind="file",
            accept=".xlsx,.xls,.csv",
            placeholder="把表格拖到这里，或点按选择（XLSX、XLS、CSV，最多 10 万行、20 MB）",
        ),
        error=S.error,
        disabled=S.uploading,
        on_change=lambda _: [S.start_upload(), send],
    )
    recent = rx.cond(
        S.recent.length() > 0,
        rx.el.section(
            rx.el.div(rx.el.h2("最近的导入"), class_name="sec-h"),
            rx.el.ul(
                rx.foreach(
                    S.recent,
                    lambda one: rx.el.li(
                        rx.el.button(
                            icon("file-spreadsheet", "s", "f3"),
                            rx.el.span(one["file"], class_name="b el"),
                            tag(one["status"], "neutral"),
                            rx.el.span(one["text"], class_name="t12 f2 grow no-phone"),
                            rx.el.span(one["when"], class_name="t12 f3 nw"),
                            type="button",
                            class_name="row g3",
                            style={"width": "100%", "minHeight": "44px", "textAlign": "left"},
                            on_click=S.open_batch(one["id"]),
                        ),
                        style={"borderTop": "1px solid var(--line)"},
                    ),
                )
            ),
        ),
        rx.fragment(),
    )
    return rx.el.div(
        drop,
        rx.cond(S.uploading, note("正在上传并识别…"), rx.fragment()),
        rx.el.p(
            "首行写列名即可，列名叫什么、顺序如何都不要紧，系统会按表头和内容自动对应。导入前可以先看结果，点「导入」之前不会写入任何数据。",
            class_name="t13 f2",
        ),
        recent,
        class_name="col g6",
        style={"maxWidth": "760px", "width": "100%", "margin": "0 auto", "padding": "24px"},
    )


def _target(row: rx.Var[ImportColumn]) -> rx.Component:
    return rx.el.div(
        rx.el.select(
            rx.el.option("不导入", value=""),
            rx.foreach(S.targets, lambda o: rx.el.option(o["label"], value=o["value"])),
            value=row.target,
            on_change=lambda value: S.send_column(row.place, value),
            custom_attrs={"aria-label": rx.Var.create("系统字段：") + row.header},
        ),
        icon("chevron-down", "s"),
        class_name="inp",
        style={"minWidth": "132px"},
    )


def _recognized(row: rx.Var[ImportColumn]) -> rx.Component:
    return rx.match(
        row.tone,
        ("ok", rx.el.span(icon("check", "xs"), row.reason, class_name="row g1 fb t12")),
        ("warn", rx.el.span(icon("circle-alert", "xs"), row.reason, class_name="row g1 fw t12")),
        rx.el.span(row.reason, class_name="t12 f3"),
    )


def _column(row: rx.Var[ImportColumn]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(rx.el.span(row.letter, class_name="kbd"), " ", rx.el.b(row.header)),
        rx.el.td(row.samples, class_name="f3"),
        rx.el.td(_target(row)),
        rx.el.td(_recognized(row)),
    )


def _column_card(row: rx.Var[ImportColumn]) -> rx.Component:
    """Draw a column of the file on a phone: what it says, and the field it goes to."""
    return rx.el.li(
        rx.el.div(
            rx.el.span(row.letter, class_name="kbd"),
            rx.el.b(row.header, class_name="grow"),
            _recognized(row),
            class_name="row g2",
        ),
        rx.el.span(row.samples, class_name="t13 f3", style={"overflowWrap": "anywhere"}),
        _target(row),
        class_name="col g2",
        style={"padding": "12px 16px", "borderTop": "1px solid var(--line)"},
    )


def _mapping() -> rx.Component:
    table = rx.el.table(
        rx.el.caption("文件的列与系统字段", class_name="vh"),
        head("文件列", "样例", "系统字段", "识别"),
        rx.el.tbody(rx.foreach(S.columns, _column)),
        class_name="tbl",
    )
    problem = rx.cond(
        S.missing.contains("手机号"),
        note("还没有一列对应「手机号」。没有手机号的行不能导入，请在上面选一列。", tone="bad"),
        rx.fragment(),
    )
    return rx.fragment(
        file_line(),
        rx.el.div(
            rx.foreach(S.warnings, lambda text: note(text, tone="warn")),
            problem,
            class_name="col g2",
            style={"padding": "0 24px"},
        ),
        rx.el.div(table, class_name="tblw no-phone", tab_index=0),
        rx.el.ul(
            rx.foreach(S.columns, _column_card),
            class_name="only-phone",
            custom_attrs={"aria-label": "文件的列与系统字段"},
        ),
        rx.el.footer(
            rx.el.span(icon("check", "xs", "fb"), S.mapped_text, class_name="row g1 t12 f3 grow"),
            button("上一步", on_click=S.back),
            button(
                "下一步：校验",
                look="p",
                icon_name="arrow-right",
                on_click=S.check,
                pending=S.checking,
                disabled=S.missing.contains("手机号"),
                reason=rx.cond(S.missing.contains("手机号"), "先选出手机号那一列", ""),
            ),
            class_name="row g2",
            style=FOOT,
        ),
    )


def _running() -> rx.Component:
    return rx.el.div(
        rx.el.div(
            rx.el.h2("正在导入", class_name="t18 b"),
            rx.el.span(S.file_name, class_name="f3 grow el"),
            number(S.percent, "%", size="t28"),
            rx.el.span(S.progress_text, class_name="t12 f3"),
            class_name="row g3 wrap",
        ),
        progress(S.percent, label="导入进度"),
        outcome(),
        rx.el.div(
            rx.el.span("可以离开这一页，导入会继续", class_name="t12 f3 grow"),
            button("停止", icon_name="x", look="d", on_click=S.stop, writes=True),
            class_name="row g2",
        ),
        class_name="col g5",
        style={"padding": "24px"},
        custom_attrs={"aria-live": "polite"},
    )


@page(route="/leads/import", title="导入", permission=Permission.LEADS_IMPORT, on_load=ImportsState.load)
def imports() -> Page:
    """Draw the page."""
    step = rx.match(
        S.step, (MAP, _mapping()), (CHECK, check()), (RUN, _running()), (RESULT, result()), _upload()
    )
    return Page([_steps(), step], back=("线索", "/leads"))
