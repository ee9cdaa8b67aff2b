"""The step before anything is written: what would happen, what can be corrected, by which rules."""

from __future__ import annotations

import reflex as rx

from loanhub.components.buttons import button
from loanhub.components.chips import tag
from loanhub.components.icons import icon
from loanhub.domain.permissions import Permission
from loanhub.pages._import_pairs import likely_pairs, sure_pairs
from loanhub.pages._import_parts import ASIDE, FOOT, GROUPS, TWO, S, counted, figure, file_line, head
from loanhub.services.imports import Customers, Duplicates, Ownership
from loanhub.state._base import SessionState
from loanhub.state._import_mending import FaultyLine
from loanhub.state._import_views import PreviewLine


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


def _preview_card(row: rx.Var[PreviewLine]) -> rx.Component:
    """Draw a row on a phone: what the check says, then a line a column."""
    said = rx.foreach(
        row.cells,
        lambda cell, place: rx.cond(
            cell != "",
            rx.el.div(
                rx.el.dt(S.headings[place], class_name="f3", style={"flex": "0 0 96px"}),
                rx.el.dd(cell, class_name="grow", style={"overflowWrap": "anywhere"}),
                class_name="row g2",
                style={"alignItems": "baseline"},
            ),
            rx.fragment(),
        ),
    )
    return rx.el.li(
        rx.el.div(
            tag(row.label, row.tone),
            rx.el.b(rx.Var.create("第 ") + row.number.to_string() + " 行"),
            rx.el.span(row.sentence, class_name="t12 f2"),
            class_name="row g2 wrap",
        ),
        rx.el.dl(said, class_name="col g1 t13"),
        class_name="col g2",
        style={"padding": "12px 16px", "borderTop": "1px solid var(--line)"},
    )


def _mending() -> rx.Component:
    """Draw the faulty cells, each with its field."""

    def line(one: rx.Var[FaultyLine]) -> rx.Component:
        told = rx.cond(
            one.error != "",
            rx.el.span(one.error, class_name="t12 fd", role="alert"),
            rx.cond(
                one.done != "",
                rx.el.span(icon("check", "xs"), one.done, class_name="row g1 t12 fb"),
                rx.el.span(one.sentence, class_name="t12 f2"),
            ),
        )
        return rx.el.li(
            rx.el.div(
                tag(
                    rx.cond(one.done != "", "已改", rx.cond(one.refused, "未导入", "请留意")),
                    rx.cond(one.done != "", "ok", rx.cond(one.refused, "danger", "warn")),
                ),
                rx.el.b(rx.Var.create("第 ") + one.row.to_string() + " 行 · " + one.header),
                told,
                class_name="row g2 wrap",
            ),
            rx.el.form(
                rx.el.input(type="hidden", name="row", value=one.row.to_string()),
                rx.el.input(type="hidden", name="place", value=one.place.to_string()),
                rx.el.input(
                    name="text",
                    default_value=one.value,
                    class_name="inp grow",
                    auto_complete="off",
                    max_length=2000,
                    custom_attrs={
                        "aria-label": rx.Var.create("第 ") + one.row.to_string() + " 行的" + one.header
                    },
                ),
                button("改好", size="sm", kind="submit", writes=True),
                # A form's handler is made once a page, outside the list: which cell it is goes with what was typed.
                on_submit=S.mend,
                class_name="row g2",
                style={"maxWidth": "520px"},
            ),
            class_name="col g2",
            style={"padding": "10px 0", "borderTop": "1px solid var(--line)"},
        )

    return rx.cond(
        S.faulty.length() > 0,
        rx.el.section(
            rx.el.div(
                rx.el.h3("就地改"),
                rx.el.span("改的是这次导入，上传的文件不变", class_name="n grow"),
                button("重新校验", size="sm", icon_name="refresh-cw", on_click=S.check, pending=S.checking),
                class_name="sec-h",
            ),
            rx.el.ul(rx.foreach(S.faulty, line)),
            style={"padding": "16px 24px 0"},
        ),
        rx.fragment(),
    )


def check() -> rx.Component:
    """Draw what the import would do, and how it is to be done."""
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
        head("类别", "说明", "行数"),
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
            figure(counted("wanted"), "将新建", "ok"),
            figure(counted("cleaned"), "已规范", "ok"),
            figure(counted("warning"), "请留意", "warn"),
            figure(counted("repeats"), "文件内重复", "info"),
            figure(counted("known"), "已有线索", "info"),
            figure(counted("customers"), "已是客户", "info"),
            figure(counted("likely"), "可能相同", "warn"),
            figure(counted("refused"), "不能导入", "danger"),
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
        rx.el.div(preview, class_name="no-phone", style={"overflowX": "auto"}, tab_index=0),
        rx.el.ul(
            rx.foreach(S.lines, _preview_card), class_name="only-phone", custom_attrs={"aria-label": "预览"}
        ),
        _mending(),
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
        file_line(),
        rx.el.div(left, rx.el.aside(_rules(), style=ASIDE), style=TWO),
        rx.el.footer(
            rx.el.span("点「导入」之前不会写入任何数据", class_name="t12 f3 grow"),
            button("上一步", on_click=S.back),
            button(
                rx.Var.create("导入 ") + counted("wanted") + " 条",
                look="p",
                icon_name="upload",
                on_click=S.start,
                disabled=~S.consent,
                reason=rx.cond(S.consent, "", "先确认名单来源合规"),
                writes=True,
            ),
            class_name="row g2",
            style=FOOT,
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
