"""Parts of a template's page: its block list, page settings, trial, differences, versions, and the preview."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, icon_button, note
from loanhub.components.chips import status_chip, tag
from loanhub.components.dialogs import MenuItem, confirm, menu
from loanhub.components.filters import search_box
from loanhub.components.forms import Field, field, form
from loanhub.components.icons import icon
from loanhub.components.reorder import reorderable
from loanhub.components.states import empty
from loanhub.domain.templates import BlockKind
from loanhub.state.template_block import BlockState
from loanhub.state.template_editor import TemplateState

S = TemplateState
NARROW = "@media (max-width: 1023px)"
PHONE = "@media (max-width: 767px)"
LIST = {"listStyle": "none", "margin": "0", "padding": "0"}
_INDENT = {"item": "44px", "clause": "24px", "paragraph": "24px", "note": "24px"}


def _named(verb: str, row: Any) -> dict[str, Any]:
    return {"aria-label": rx.Var.create(f"{verb}第 ") + row["place"].to(str) + " 段"}


def add_menu(after: Any, trigger: rx.Component) -> rx.Component:
    """The kinds of blocks one can put after another."""
    return menu(trigger, [MenuItem(kind.label, S.add(kind.value, after)) for kind in BlockKind])


def _block(row: Any) -> rx.Component:
    key = row["id"].to(str)
    tools = rx.el.span(
        icon_button("arrow-up", "上移", size="sm", on_click=S.move(key, -1), disabled=row["place"] == "1", custom_attrs=_named("上移", row)),
        icon_button("arrow-down", "下移", size="sm", on_click=S.move(key, 1), disabled=row["last"] != "", custom_attrs=_named("下移", row)),
        add_menu(key, icon_button("plus", "在后面加", size="sm", custom_attrs=_named("在后面加，", row))),
        icon_button("pencil", "修改", size="sm", on_click=BlockState.open(S.version_id, key), custom_attrs=_named("修改", row)),
        confirm(
            "删除这段内容？", "只改这份草稿；旧版本里还在。", "删除", S.remove(key),
            trigger=icon_button("trash-2", "删除", size="sm", custom_attrs=_named("删除", row)),
        ),
        class_name="row g1",
        style={PHONE: {"width": "100%", "justifyContent": "flex-end"}},
    )  # fmt: skip
    strong = (
        (row["kind"] == "title")
        | (row["kind"] == "article")
        | (row["kind"] == "heading")
        | (row["kind"] == "annex")
    )
    body = rx.el.div(
        rx.el.div(
            tag(row["label"], "line"),
            rx.cond(row["number"] != "", rx.el.span(row["number"], class_name="num t12 f3"), rx.fragment()),
            rx.cond(row["condition"] != "", tag(rx.Var.create("当 ") + row["condition"].to(str), "info", icon_name="split"), rx.fragment()),
            class_name="row g2 wrap",
        ),
        rx.el.div(
            row["text"],
            class_name=rx.cond(strong, "t14 fw6", "t13"),
            style={"whiteSpace": "pre-line", "overflow": "hidden", "display": "-webkit-box", "WebkitLineClamp": "3",
                   "WebkitBoxOrient": "vertical"},
        ),
        class_name="col g1 grow",
        style={"minWidth": "0", "paddingLeft": rx.match(row["kind"], *_INDENT.items(), "0")},
    )  # fmt: skip
    return rx.el.li(
        rx.cond(S.can_edit, rx.el.span(icon("grip-vertical", "s", "f3"), class_name="no-phone", style={"cursor": "grab"}), rx.fragment()),
        body,
        rx.cond(S.can_edit, tools, rx.fragment()),
        key=key,
        class_name="row g2",
        style={"padding": "10px 14px", "borderBottom": "1px solid var(--line)", "alignItems": "flex-start", PHONE: {"flexWrap": "wrap"}},
        custom_attrs=reorderable(key, lambda dragged: S.drop_on(dragged, key)),
    )  # fmt: skip


def blocks_part() -> rx.Component:
    """Draw the blocks in order."""
    last = S.blocks[S.blocks.length() - 1]["id"].to(str)
    more = rx.cond(
        S.can_edit,
        rx.el.div(
            add_menu(
                rx.cond(S.blocks.length() > 0, last, ""), button("在末尾加一段", icon_name="plus", size="sm")
            ),
            class_name="row",
            style={"padding": "12px 14px"},
        ),
        rx.fragment(),
    )
    return rx.el.div(
        rx.el.ol(rx.foreach(S.blocks, _block), style=LIST, custom_attrs={"aria-label": "模板内容，按顺序"}),
        more,
        class_name="card",
    )


def _text(source: rx.Var[dict[str, str]], key: str) -> Any:
    return rx.cond(source.contains(key), source[key], "").to(str)


def _flag(key: str) -> Any:
    return rx.cond(S.flags.contains(key), S.flags[key], False)


def settings_part() -> rx.Component:
    """Draw the page settings and the name."""
    locked = ~S.can_edit

    def text(key: str, label: str, help_text: str = "") -> rx.Component:
        return field(
            Field(key, label, maximum_length=60, help=help_text),
            value=_text(S.settings, key), error=_text(S.field_errors, key), disabled=locked,
        )  # fmt: skip

    body = form(
        rx.el.div(
            text("head_left", "页眉左侧", "空着就印公司名称"),
            text("head_right", "页眉右侧", "空着就印编号；可以写 {借款人姓名}"),
            text("number_label", "编号叫什么", "例如：合同编号、协议编号"),
            text("watermark", "水印", "空着就不印"),
            field(Field("seam_marks", "页边印骑缝标记", kind="switch", help="多页文书盖骑缝章用"), value=_flag("seam_marks"), disabled=locked),
            field(Field("one_page", "尽量排在一页", kind="switch", help="排得下时收紧行距，字号不变"), value=_flag("one_page"), disabled=locked),
            class_name="form two-col",
        ),
        rx.cond(S.can_edit, rx.el.div(button("保存", look="p", kind="submit", writes=True), class_name="row end"), rx.fragment()),
        on_submit=S.save_settings,
        key=S.form_key,
    )  # fmt: skip
    name = form(
        field(
            Field("name", "模板名称", required=True, maximum_length=40),
            value=S.name,
            error=_text(S.field_errors, "name"),
        ),
        rx.el.div(button("改名", kind="submit", writes=True), class_name="row end"),
        on_submit=S.rename,
        key=S.name,
    )
    return rx.el.div(
        rx.el.div(body, class_name="card", style={"padding": "16px"}),
        rx.cond(S.can_edit, rx.el.div(name, class_name="card", style={"padding": "16px"}), rx.fragment()),
        class_name="col g4",
    )


def _missing(line: Any) -> rx.Component:
    def one(part: Any) -> rx.Component:
        return rx.el.li(
            rx.cond(
                part["link"] != "",
                rx.el.a(part["label"], "，去填写", href=part["link"].to(str)),
                rx.el.span(part["label"]),
            )
        )

    listed = rx.el.ul(rx.foreach(line["missing"].to(list[dict[str, str]]), one), class_name="t13")
    return rx.fragment(
        rx.cond(line["refusal"] != "", rx.el.div(icon("triangle-alert", "xs"), " ", line["refusal"], class_name="t13 fr"), rx.fragment()),
        rx.cond(line["missing"].to(list[dict[str, str]]).length() > 0, rx.fragment(rx.el.span("缺：", class_name="t12 f3"), listed), rx.fragment()),
    )  # fmt: skip


def trial_part() -> rx.Component:
    """Draw what the trial found, record by record."""

    def line(row: Any) -> rx.Component:
        return rx.el.li(
            rx.cond(row["fine"] != "", icon("check", "s", "fg"), icon("triangle-alert", "s", "fr")),
            rx.el.div(
                rx.cond(
                    row["link"] != "",
                    rx.el.a(row["label"], href=row["link"].to(str)),
                    rx.el.span(row["label"]),
                ),
                _missing(row),
                class_name="col g1 grow",
            ),
            button("看预览", look="g", size="sm", on_click=S.choose_record(row["key"].to(str))),
            class_name="row g3",
            style={
                "padding": "10px 14px",
                "borderBottom": "1px solid var(--line)",
                "alignItems": "flex-start",
            },
            key=row["key"].to(str),
        )

    again = button("试填", look="p", icon_name="play", size="sm", on_click=S.try_out, pending=S.trying)
    head = rx.el.div(
        rx.el.span(
            rx.cond(S.trial_text != "", S.trial_text, "用最近的真实记录试着生成，看还缺什么"),
            class_name="grow t13",
            role="status",
        ),
        again,
        class_name="row g3 wrap",
        style={"padding": "12px 14px", "borderBottom": "1px solid var(--line)"},
    )
    return rx.el.div(head, rx.el.ul(rx.foreach(S.trial, line), style=LIST), class_name="card")


def change_list() -> rx.Component:
    """Draw the differences, block by block."""

    def line(row: Any) -> rx.Component:
        return rx.el.li(
            rx.el.div(tag(row["word"], row["tone"]), rx.el.b(row["block"], class_name="t13"), class_name="row g2"),
            rx.cond(
                row["before"] != "",
                rx.el.del_(row["before"], class_name="t13", style={"whiteSpace": "pre-line", "background": "var(--danger-soft)"}),
                rx.fragment(),
            ),
            rx.cond(
                row["after"] != "",
                rx.el.ins(row["after"], class_name="t13", style={"whiteSpace": "pre-line", "background": "var(--ok-soft)", "textDecoration": "none"}),
                rx.fragment(),
            ),
            class_name="col g1",
            style={"padding": "10px 14px", "borderBottom": "1px solid var(--line)"},
        )  # fmt: skip

    return rx.cond(
        S.changes.length() > 0,
        rx.el.ul(rx.foreach(S.changes, line), style=LIST, custom_attrs={"aria-label": "和使用中的版本相比"}),
        empty("没有差异", "和使用中的版本（第一版则和内置文书）逐段相同。", small=True),
    )


def changes_part() -> rx.Component:
    """Draw the differences against the version in use."""
    return rx.el.div(
        rx.el.p(
            "和使用中的版本相比；第一版和内置文书相比。",
            class_name="t12 f3",
            style={"padding": "12px 14px 0"},
        ),
        change_list(),
        class_name="card",
    )


def versions_part() -> rx.Component:
    """Draw the versions; a new draft can begin with the text of any."""

    def line(row: Any) -> rx.Component:
        here = row["here"] != ""
        return rx.el.li(
            rx.el.div(
                rx.el.div(
                    rx.cond(here, rx.el.b(row["number"]), rx.el.a(row["number"], href="/templates/" + row["id"].to(str))),
                    status_chip(row["status"], row["tone"]),
                    class_name="row g2",
                ),
                rx.el.div(row["by"], " · ", row["at"], class_name="t12 f3"),
                rx.cond(row["note"] != "", rx.el.div(row["note"], class_name="t13"), rx.fragment()),
                class_name="col g1 grow",
            ),
            rx.cond(
                S.can_restore,
                button(
                    rx.cond(row["status"] == "使用中", "改下一版", "恢复成新草稿"), size="sm", icon_name="rotate-ccw",
                    writes=True, on_click=S.bring_back(row["id"].to(str)),
                ),
                rx.fragment(),
            ),
            class_name="row g3 wrap",
            style={"padding": "10px 14px", "borderBottom": "1px solid var(--line)"},
            key=row["id"],
        )  # fmt: skip

    return rx.el.div(rx.el.ul(rx.foreach(S.versions, line), style=LIST), class_name="card")


def preview_part() -> rx.Component:
    """Draw one page of the document on the chosen record, or what is missing."""
    search = search_box(
        S.find_records.debounce(300), placeholder="按编号或客户找记录", width="100%", box_id="record-search"
    )
    chooser = rx.el.div(
        rx.el.select(
            rx.foreach(S.candidates, lambda one: rx.el.option(one["label"], value=one["key"])),
            value=S.record,
            on_change=S.choose_record,
            custom_attrs={"aria-label": "用哪条记录预览"},
        ),
        icon("chevron-down", "s"),
        class_name="inp grow",
        style={"minWidth": "0"},
    )
    turn = rx.el.div(
        icon_button("chevron-left", "上一页", size="sm", on_click=S.turn(-1), disabled=S.page <= 1),
        rx.el.span(rx.cond(S.pages > 0, f"{S.page} / {S.pages}", "—"), class_name="num t12"),
        icon_button("chevron-right", "下一页", size="sm", on_click=S.turn(1), disabled=S.page >= S.pages),
        class_name="row g1",
    )
    picture = rx.el.img(
        src=S.picture, alt=rx.Var.create("第 ") + S.page.to(str) + " 页预览",
        style={"display": "block", "width": "100%", "background": "#fff", "boxShadow": "var(--sh-raise)", "borderRadius": "2px"},
    )  # fmt: skip
    wrong = rx.el.div(
        note("这条记录还不能生成", "warn"),
        rx.foreach(
            S.faults, lambda one: rx.el.div(_missing(one), class_name="col g1", style={"padding": "8px 4px"})
        ),
        class_name="col g2",
    )
    return rx.el.section(
        rx.el.div(search, style={"padding": "0 0 8px"}),
        rx.el.div(chooser, turn, class_name="row g2", style={"padding": "0 0 12px"}),
        rx.cond(S.picture != "", picture, rx.cond(S.faults.length() > 0, wrong, rx.fragment())),
        class_name="tpl-preview",
        style={
            "position": "sticky",
            "top": "12px",
            "minWidth": "0",
            NARROW: {"position": "static", "order": "-1"},
        },
        custom_attrs={"aria-label": "预览"},
    )
