"""The import page: file → columns → check → run → result, each step on one screen."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, classes, file_link, link_button, note, progress
from loanhub.components.chips import tag
from loanhub.components.dialogs import confirm
from loanhub.components.forms import Field, field
from loanhub.components.icons import icon
from loanhub.components.money import number
from loanhub.components.states import empty
from loanhub.components.upload import send_file
from loanhub.domain.permissions import Permission
from loanhub.pages._import_pairs import likely_pairs, sure_pairs
from loanhub.pages._page import Page, page
from loanhub.services.files import IMPORT_KIND
from loanhub.services.imports import Customers, Duplicates, Ownership
from loanhub.settings import settings
from loanhub.state._base import SessionState
from loanhub.state._import_views import ImportColumn, Issue, PreviewLine
from loanhub.state.imports import (
    CHECK,
    MAP,
    RESULT,
    RUN,
    UPLOAD,
    ImportsState,
)

S = ImportsState
STEPS = ((UPLOAD, "上传文件"), (MAP, "字段映射"), (CHECK, "校验与规则"), (RUN, "导入"))
GROUPS = (
    ("refused", "未导入"),
    ("customer", "已是客户"),
    ("duplicate", "重复"),
    ("warning", "请留意"),
    ("cleaned", "已规范"),
)
PHONE = "@media (max-width: 1023px)"
_TWO: dict[str, Any] = {
    "display": "grid", "gridTemplateColumns": "minmax(0,1fr) 360px", "flex": "1", "minHeight": "0",
    PHONE: {"gridTemplateColumns": "minmax(0,1fr)", "flex": "none"},
}  # fmt: skip
_ASIDE: dict[str, Any] = {
    "background": "var(--bg-subtle)", "borderLeft": "1px solid var(--line)", "padding": "16px 20px", "overflow": "auto",
    PHONE: {"borderLeft": "0", "borderTop": "1px solid var(--line)"},
}  # fmt: skip
_FOOT = {"padding": "12px 24px", "borderTop": "1px solid var(--line)", "flex": "none"}


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


def _file_line() -> rx.Component:
    return rx.el.div(
        icon("file-spreadsheet", "l", "fb"),
        rx.el.div(
            rx.el.b(S.file_name, class_name="t14"), rx.el.div(S.facts, class_name="t12 f3"), class_name="grow"
        ),
        rx.cond(S.remembered, tag("已套用上次的对应", "info", icon_name="bookmark"), rx.fragment()),
        button("换文件", icon_name="upload", size="sm", on_click=S.another),
        class_name="row g4 wrap",
        style={"padding": "14px 24px"},
    )


def _column(row: rx.Var[ImportColumn]) -> rx.Component:
    choose = rx.el.div(
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
    mark = rx.match(
        row.tone,
        ("ok", rx.el.span(icon("check", "xs"), row.reason, class_name="row g1 fb t12")),
        ("warn", rx.el.span(icon("circle-alert", "xs"), row.reason, class_name="row g1 fw t12")),
        rx.el.span(row.reason, class_name="t12 f3"),
    )
    return rx.el.tr(
        rx.el.td(rx.el.span(row.letter, class_name="kbd"), " ", rx.el.b(row.header)),
        rx.el.td(row.samples, class_name="f3"),
        rx.el.td(choose),
        rx.el.td(mark),
    )


def _head(*titles: str) -> rx.Component:
    return rx.el.thead(rx.el.tr(*[rx.el.th(title, scope="col") for title in titles]))


def _mapping() -> rx.Component:
    table = rx.el.table(
        rx.el.caption("文件的列与系统字段", class_name="vh"),
        _head("文件列", "样例", "系统字段", "识别"),
        rx.el.tbody(rx.foreach(S.columns, _column)),
        class_name="tbl",
    )
    problem = rx.cond(
        S.missing.contains("手机号"),
        note("还没有一列对应「手机号」。没有手机号的行不能导入，请在上面选一列。", tone="bad"),
        rx.fragment(),
    )
    return rx.fragment(
        _file_line(),
        rx.el.div(
            rx.foreach(S.warnings, lambda text: note(text, tone="warn")),
            problem,
            class_name="col g2",
            style={"padding": "0 24px"},
        ),
        rx.el.div(table, class_name="tblw", tab_index=0),
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
            style=_FOOT,
        ),
    )


def _figure(value: Any, text: str, tone: str) -> rx.Component:
    return rx.el.div(number(value, size="t22"), rx.el.span(tag(text, tone, dot=True)), class_name="kpi")


def _count(key: str) -> Any:
    return rx.cond(S.counts.contains(key), S.counts[key].to_string(), "0")


def _preview_line(row: rx.Var[PreviewLine]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(row.number, class_name="f3 num"),
        rx.el.td(
            rx.el.span(
                tag(row.label, row.tone), rx.el.span(row.sentence, class_name="t12 f2"), class_name="row g2"
            )
        ),
        rx.foreach(row.cells, lambda cell: rx.el.td(cell, class_name="el", style={"maxWidth": "140px"})),
    )


def _check() -> rx.Component:
    preview = rx.el.table(
        rx.el.caption("预览", class_name="vh"),
        rx.el.thead(
            rx.el.tr(
                rx.el.th("行", scope="col"),
                rx.el.th("检查", scope="col"),
                rx.foreach(S.headings, lambda text: rx.el.th(text, scope="col")),
            )
        ),
        rx.el.tbody(rx.foreach(S.lines, _preview_line)),
        class_name="tbl c34",
    )
    problems = rx.el.table(
        rx.el.caption("发现的问题", class_name="vh"),
        _head("类别", "说明", "行数"),
        rx.el.tbody(
            rx.foreach(
                S.problems,
                lambda one: rx.el.tr(
                    rx.el.td(tag(rx.match(one["kind"], *GROUPS, ""), one["tone"])),
                    rx.el.td(one["sentence"]),
                    rx.el.td(one["count"], class_name="r num"),
                ),
            )
        ),
        class_name="tbl c34",
    )
    left = rx.el.div(
        rx.el.div(
            _figure(_count("wanted"), "将新建", "ok"),
            _figure(_count("cleaned"), "已规范", "ok"),
            _figure(_count("warning"), "请留意", "warn"),
            _figure(_count("repeats"), "文件内重复", "info"),
            _figure(_count("known"), "已有线索", "info"),
            _figure(_count("customers"), "已是客户", "info"),
            _figure(_count("likely"), "可能相同", "warn"),
            _figure(_count("refused"), "不能导入", "danger"),
            class_name="hero",
            role="group",
            tab_index=0,
            custom_attrs={"aria-label": "校验结果"},
        ),
        rx.el.div(
            rx.el.h3("按映射转换后"),
            rx.el.span("每类取几行", class_name="n"),
            class_name="sec-h",
            style={"padding": "8px 24px"},
        ),
        rx.el.div(preview, style={"overflowX": "auto"}, tab_index=0),
        rx.cond(
            S.problems.length() > 0,
            rx.fragment(
                rx.el.div(
                    rx.el.h3("改了什么、为什么"), class_name="sec-h", style={"padding": "16px 24px 8px"}
                ),
                problems,
            ),
            rx.fragment(),
        ),
        rx.el.div(sure_pairs(), likely_pairs(), class_name="col g6", style={"padding": "16px 24px"}),
        style={"overflow": "auto", "minHeight": "0"},
    )
    return rx.fragment(
        _file_line(),
        rx.el.div(left, rx.el.aside(_rules(), style=_ASIDE), style=_TWO),
        rx.el.footer(
            rx.el.span("点「导入」之前不会写入任何数据", class_name="t12 f3 grow"),
            button("上一步", on_click=S.back),
            button(
                rx.Var.create("导入 ") + _count("wanted") + " 条",
                look="p",
                icon_name="upload",
                on_click=S.start,
                disabled=~S.consent,
                reason=rx.cond(S.consent, "", "先确认名单来源合规"),
                writes=True,
            ),
            class_name="row g2",
            style=_FOOT,
        ),
    )


def _choice(key: str, label: str, options: list[tuple[str, str]]) -> rx.Component:
    def one(code: str, text: str) -> rx.Component:
        mark = rx.el.input(
            type="radio",
            class_name="rad",
            name=key,
            value=code,
            checked=S.options[key] == code,
            on_change=lambda _: S.choose(key, code),
        )
        line = rx.el.label(mark, text, class_name="row g2", style={"minHeight": "32px"})
        shares = key == "owner" and code == Ownership.TEAM.value
        allowed = SessionState.allowed.contains(Permission.LEADS_ASSIGN.value)
        return rx.cond(allowed, line, rx.fragment()) if shares else line

    return rx.el.fieldset(
        rx.el.legend(label, class_name="b t13"),
        *[one(code, text) for code, text in options],
        class_name="fset",
    )


def _rules() -> rx.Component:
    channel = rx.el.label(
        rx.el.span("没写来源的行记为", class_name="b t13"),
        rx.el.div(
            rx.el.select(
                rx.el.option("不填", value=""),
                rx.foreach(S.channels, lambda o: rx.el.option(o["label"], value=o["value"])),
                value=S.options["channel_code"],
                on_change=lambda value: S.choose("channel_code", value),
            ),
            icon("chevron-down", "s"),
            class_name="inp",
        ),
        class_name="col g1",
    )
    consent = rx.el.label(
        rx.el.input(type="checkbox", class_name="chk", checked=S.consent, on_change=S.confirm_origin),
        rx.el.span(
            "已确认名单取得客户授权，来源可追溯。导入人、文件指纹会写入审计日志。", class_name="t12 f2"
        ),
        class_name="row g3 top-al",
    )
    return rx.el.div(
        _choice("owner", "归属", list(Ownership.options())),
        _choice("duplicates", "已有线索的人", list(Duplicates.options())),
        _choice("customers", "已是客户的人", list(Customers.options())),
        rx.el.p(
            "挂到客户的新线索归客户的负责人；负责人已离职或没有的，按上面的「归属」分。", class_name="t12 f3"
        ),
        channel,
        rx.el.section(rx.el.div(rx.el.h3("合规"), class_name="sec-h"), consent),
        class_name="col g6",
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
        rx.el.div(
            _figure(S.created, "新建", "ok"),
            _figure(S.duplicates, "重复", "info"),
            _figure(S.refused, "未导入", "danger"),
            class_name="hero",
        ),
        rx.el.div(
            rx.el.span("可以离开这一页，导入会继续", class_name="t12 f3 grow"),
            button("停止", icon_name="x", look="d", on_click=S.stop, writes=True),
            class_name="row g2",
        ),
        class_name="col g5",
        style={"padding": "24px"},
        custom_attrs={"aria-live": "polite"},
    )


def _issue(row: rx.Var[Issue]) -> rx.Component:
    subject = rx.cond(
        row.href != "",
        rx.el.a(row.subject, href=row.href, class_name="fb"),
        rx.el.span("—", class_name="f3"),
    )
    after = rx.cond(row.after != "", rx.el.span(" → ", row.after, class_name="b"), rx.fragment())
    return rx.el.tr(
        rx.el.td(row.number, class_name="num f3"),
        rx.el.td(rx.cond(row.field != "", row.field, "整行")),
        rx.el.td(
            rx.el.span(row.before, class_name="f2"), after, class_name="el", style={"maxWidth": "240px"}
        ),
        rx.el.td(rx.el.span(tag(row.label, row.tone), rx.el.span(row.sentence), class_name="row g2 wrap")),
        rx.el.td(subject),
    )


def _result() -> rx.Component:
    def tab(code: str, text: str) -> rx.Component:
        amount = rx.cond(S.groups.contains(code), S.groups[code], 0)
        return rx.el.button(
            text,
            rx.el.span(amount),
            type="button",
            on_click=S.show_group(code),
            class_name=classes("vw", rx.cond(S.group == code, "on", "")),
            custom_attrs={"aria-pressed": rx.cond(S.group == code, "true", "false")},
        )

    table = rx.el.table(
        rx.el.caption("每一行怎么处理", class_name="vh"),
        _head("行", "列", "原值", "处理与原因", "线索或客户"),
        rx.el.tbody(rx.foreach(S.issues, _issue)),
        class_name="tbl c34",
    )
    undo = rx.cond(
        S.can_undo,
        confirm(
            "撤销后这批线索会从列表里消失",
            rx.cond(
                S.worked_on > 0,
                rx.Var.create("其中 ")
                + S.worked_on.to(str)
                + " 条已有人跟进，会保留。其余的移除，重复进线的记录一并撤回。",
                "还没有人跟进过这批线索，会全部移除，重复进线的记录一并撤回。",
            ),
            "撤销整批导入",
            S.undo,
            trigger=button("撤销整批", icon_name="undo-2", look="d", writes=True),
        ),
        rx.fragment(),
    )
    kept = rx.cond(
        S.kept.length() > 0,
        note(
            rx.fragment(
                "这些线索已有人跟进，保留：",
                rx.foreach(
                    S.kept,
                    lambda one: rx.el.a(
                        one["name"], " ", one["number"], "　", href="/leads?lead=" + one["id"]
                    ),
                ),
            ),
            tone="warn",
        ),
        rx.fragment(),
    )
    owners = rx.el.ul(
        rx.foreach(
            S.owners,
            lambda one: rx.el.li(
                rx.el.span(one["name"], class_name="grow"),
                rx.el.b(one["count"], class_name="num"),
                class_name="row g2",
            ),
        ),
        class_name="col g1",
    )
    download = rx.cond(
        S.refused > 0,
        file_link("下载未导入的行", f"/api/imports/{S.batch_id}/refused.xlsx"),
        rx.fragment(),
    )
    aside = rx.el.aside(
        rx.el.div(rx.el.h3("归属"), class_name="sec-h"),
        owners,
        rx.el.p(
            "未导入的行可以下载，保留原来的列，末尾多一列原因；改好直接重传，只会处理这些行。",
            class_name="t12 f3",
            style={"marginTop": "16px"},
        ),
        rx.cond(S.can_undo, rx.el.p(S.undo_until, " 前可以整批撤销", class_name="t12 f3"), rx.fragment()),
        style=_ASIDE,
    )
    head = rx.el.div(
        rx.el.h2(S.file_name, class_name="t16 b"),
        tag(S.status_label, rx.match(S.status, ("done", "ok"), ("undone", "closed"), "warn")),
        rx.el.span(S.facts, class_name="t12 f3 grow"),
        download,
        undo,
        button("再导一份", icon_name="upload", on_click=S.another),
        link_button("去看线索", "/leads", look="p", icon_name="arrow-right"),
        class_name="row g3 wrap",
        style={"padding": "14px 24px"},
    )
    rows = rx.cond(
        S.issues.length() > 0,
        rx.fragment(
            rx.el.div(table, style={"overflowX": "auto"}, tab_index=0),
            rx.cond(
                S.has_more,
                rx.el.div(
                    button("更多", look="g", icon_name="chevron-down", on_click=S.more), class_name="pad"
                ),
                rx.fragment(),
            ),
        ),
        empty("这一类没有行", small=True),
    )
    return rx.fragment(
        head,
        rx.el.div(kept, style={"padding": "0 24px"}),
        rx.el.div(
            _figure(S.created, "新建", "ok"),
            _figure(S.duplicates, "重复", "info"),
            _figure(S.refused, "未导入", "danger"),
            class_name="hero",
        ),
        rx.el.div(
            rx.el.div(
                rx.el.div(
                    *[tab(code, text) for code, text in GROUPS],
                    class_name="views",
                    style={"margin": "8px 16px"},
                ),
                rows,
                style={"overflow": "auto", "minHeight": "0"},
            ),
            aside,
            style=_TWO,
        ),
    )


@page(route="/leads/import", title="导入", permission=Permission.LEADS_IMPORT, on_load=ImportsState.load)
def imports() -> Page:
    """Draw the page."""
    step = rx.match(
        S.step, (MAP, _mapping()), (CHECK, _check()), (RUN, _running()), (RESULT, _result()), _upload()
    )
    return Page([_steps(), step], back=("线索", "/leads"))
