"""What stands beside the board: the bar of the chosen with its dialogs, the sheet of a card, the table of the same records."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.avatar import avatar
from loanhub.components.board.grid import grid
from loanhub.components.board.selection import bulk
from loanhub.components.buttons import button, icon_button
from loanhub.components.chips import stage_chip, tag
from loanhub.components.dialogs import (
    MenuItem,
    closing,
    conflict_dialog,
    dialog,
    drawer,
    menu,
    popover,
    popover_close,
)
from loanhub.components.forms import form
from loanhub.components.icons import icon
from loanhub.components.record_form import record_groups
from loanhub.components.states import no_match
from loanhub.components.table import Column, pager
from loanhub.domain.permissions import Permission
from loanhub.state._board_opt import BoardOptimism
from loanhub.state._board_view import BoardColumns
from loanhub.state.board_bulk import BoardBulkState
from loanhub.state.board_edit import BoardEditState
from loanhub.state.boards import BoardState

B, E = BoardBulkState, BoardEditState
CHOSEN = BoardOptimism.chosen


def _may(permission: Permission) -> rx.Var[bool]:
    return BoardState.allowed.contains(permission.value)


# ── the bar ────────────────────────────────────────────────────────────────────────────────────────────────


def _move() -> rx.Component:
    opener = rx.el.button(
        icon("arrow-right-left", "s"), "移至阶段", type="button", id="board-move", custom_attrs={"data-writes": "true"}
    )  # fmt: skip
    stages = rx.foreach(
        BoardColumns.columns,
        lambda one: rx.menu.item(one["label"].to(str), on_select=B.move(one["code"].to(str), CHOSEN)),
    )
    return menu(opener, [rx.fragment(stages)])


def _assign() -> rx.Component:
    def person(one: Any) -> rx.Component:
        load = rx.el.span(
            rx.el.i(style={"width": one.percent.to(str) + "%"}), class_name="prog", style={"width": "48px"}
        )
        return popover_close(
            rx.el.button(
                avatar(one.initial, name=one.name, color=one.color, size="s28"),
                rx.el.span(one.name, class_name="b"),
                rx.el.span(one.load, class_name="t12 f3 grow"),
                rx.cond(one.load != "", load, rx.fragment()),
                type="button",
                class_name="mi row g3",
                style={"width": "100%", "height": "40px"},
                on_click=B.assign(one.id.to(str), CHOSEN),
            )
        )

    panel = rx.el.div(
        rx.cond(
            B.people.length() > 0,
            rx.foreach(B.people, person),
            rx.el.p("没有可以分配的同事", class_name="f3 pad"),
        ),
        class_name="menu",
        style={
            "boxShadow": "none",
            "padding": "0",
            "maxHeight": "320px",
            "minHeight": "132px",
            "overflow": "auto",
        },
    )
    opener = rx.el.button(
        icon("user-check", "s"), "分配给", type="button", id="board-assign", custom_attrs={"data-writes": "true"}
    )  # fmt: skip
    return popover(opener, panel, width="320px")


def _tag() -> rx.Component:
    known = rx.foreach(
        B.tags,
        lambda one: popover_close(
            rx.el.button(one, type="button", class_name="chip", on_click=B.tag(one, CHOSEN))
        ),
    )
    own = rx.el.form(
        rx.el.input(
            name="word",
            placeholder="写一个标签，回车打上",
            max_length=20,
            auto_complete="off",
            class_name="inp",
            style={"width": "100%"},
            custom_attrs={"aria-label": "标签"},
        ),
        on_submit=lambda data: B.tag(data.to(dict[str, str])["word"], CHOSEN),
        reset_on_submit=True,
    )
    opener = rx.el.button(icon("tag", "s"), "打标签", type="button", custom_attrs={"data-writes": "true"})
    body = rx.el.div(own, rx.el.div(known, class_name="row g2 wrap"), class_name="col g3")
    return popover(opener, body, width="280px")


def _export() -> rx.Component:
    opener = rx.el.button(icon("download", "s"), "导出", type="button")
    items = [
        MenuItem("导出选中的", on_click=B.export(CHOSEN)),
        MenuItem("导出当前筛选的全部", on_click=B.export(rx.Var.create([]).to(list[str]))),
    ]
    return menu(opener, items)


def bulk_tools() -> rx.Component:
    """Return the bar of the chosen and the list of what was left."""
    working = rx.fragment(
        rx.el.span(
            rx.el.i(style={"width": B.percent.to(str) + "%"}),
            class_name="prog",
            role="progressbar",
            custom_attrs={"aria-valuenow": B.percent, "aria-label": "进度"},
        ),
        rx.el.button("停止", type="button", on_click=B.cancel),
    )
    acts = rx.fragment(
        rx.cond(B.can_move, _move(), rx.fragment()),
        rx.cond(B.can_assign, _assign(), rx.fragment()),
        rx.cond(B.can_tag, _tag(), rx.fragment()),
        rx.cond(B.can_export, _export(), rx.fragment()),
    )
    bar = bulk(
        rx.cond(B.running, working, acts),
        chosen=CHOSEN,
        browser=BoardOptimism,
        busy=B.running,
        summary=B.progress,
    )
    lines = rx.el.ul(
        rx.foreach(
            B.refusals,
            lambda one: rx.el.li(
                rx.el.b(one.name), rx.el.span(one.reason, class_name="f2"), class_name="col"
            ),
        ),
        class_name="col g3",
        style={"listStyle": "none", "padding": "0", "margin": "0", "maxHeight": "50vh", "overflow": "auto"},
    )
    left = dialog(
        B.asking_title,
        rx.el.p("没有处理的仍然选中，原因如下。", class_name="f2", style={"margin": "0 0 12px"}),
        lines,
        footer=[closing(button("知道了", look="p"))],
        is_open=B.asking,
        on_open_change=B.show_refusals,
    )
    return rx.fragment(bar, left)


# ── editing ────────────────────────────────────────────────────────────────────────────────────────────────


def edit_sheet() -> rx.Component:
    """Return the sheet of a card and the dialog of a conflict, which the cells share."""
    body = form(
        record_groups(E.form, E.field_errors),
        rx.el.div(
            closing(button("取消")),
            button("保存", look="p", kind="submit", writes=True),
            class_name="row g3 end",
        ),
        on_submit=E.save,
        key=E.form_key,
    )
    return rx.fragment(
        drawer(E.title, body, is_open=E.opened, on_open_change=E.show),
        conflict_dialog(
            E.clash_sentence,
            E.clashes,
            is_open=E.clashes.length() > 0,
            on_resolve=E.resolve,
            on_open_change=E.close_clash,
        ),
    )


# ── the table ──────────────────────────────────────────────────────────────────────────────────────────────


def _text(key: str) -> Any:
    return lambda row: row[key]


_OWNER = Column(
    "owner_id",
    "负责人",
    lambda row: rx.el.span(
        avatar(row["owner_initial"], color=row["owner_color"], size="s20"),
        row["owner_id"],
        class_name="row g2",
    ),
)
COLUMNS: dict[str, list[Column]] = {
    "lead": [
        Column("name", "姓名", lambda row: rx.el.b(row["name"])),
        Column("amount_fen", "意向金额", _text("amount_fen"), align="r", look="num"),
        Column("product_code", "产品", _text("product_code")),
        Column("stage_code", "阶段", lambda row: stage_chip(row["stage_code"], row["stage_tone"])),
        Column("temperature", "意向", _text("temperature"), secondary=True),
        Column(
            "tags",
            "标签",
            lambda row: rx.cond(
                row["tags"] == "—", rx.el.span("—", class_name="f3"), tag(row["tags"], "neutral")
            ),
            secondary=True,
        ),
        Column("stage_entered_at", "进入阶段", _text("stage_entered_at"), secondary=True),
        Column("next_step", "下一步", _text("next_step")),
        Column("next_step_at", "下次跟进", _text("next_step_at"), secondary=True),
        _OWNER,
    ],
    "application": [
        Column("number", "申请编号", lambda row: rx.el.b(row["number"])),
        Column("amount_fen", "申请金额", _text("amount_fen"), align="r", look="num"),
        Column("product_code", "产品", _text("product_code")),
        Column("status", "状态", lambda row: stage_chip(row["status"], row["stage_tone"])),
        Column("submitted_at", "提交时间", _text("submitted_at"), secondary=True),
        Column("due_at", "审批时限", _text("due_at")),
        _OWNER,
    ],
    "task": [
        Column("title", "标题", lambda row: rx.el.b(row["title"])),
        Column("kind", "类型", _text("kind")),
        Column("priority", "优先级", _text("priority")),
        Column("due_at", "截止时间", _text("due_at")),
        Column("done_at", "完成时间", _text("done_at"), secondary=True),
        _OWNER,
    ],
    "collection_case": [
        Column("number", "案件编号", lambda row: rx.el.b(row["number"])),
        Column("stage", "进展", lambda row: stage_chip(row["stage"], row["stage_tone"])),
        Column("dpd", "逾期天数", _text("dpd"), align="r", look="num"),
        Column("overdue_principal_fen", "逾期本金", _text("overdue_principal_fen"), align="r", look="num"),
        Column("bucket", "逾期阶段", _text("bucket"), secondary=True),
        Column("approach", "催收方式", _text("approach"), secondary=True),
        Column("last_contact_at", "上次联系", _text("last_contact_at"), secondary=True),
        Column("promise_due_date", "承诺还款日", _text("promise_due_date")),
        _OWNER,
    ],
}
"""The table of the same records, by entity."""
EDITABLE = {
    "lead": ("amount_fen", "product_code", "temperature", "tags", "next_step", "next_step_at"),
    "application": ("amount_fen", "product_code"),
    "task": ("kind", "priority", "due_at", "owner_id"),
    "collection_case": (),
}
"""Columns one may enter in place; owners of leads change hands by 分配, stages by moving."""
EDITORS = {
    "lead": Permission.LEADS_EDIT,
    "application": Permission.APPLICATIONS_EDIT,
    "task": Permission.TASKS_EDIT,
    "collection_case": Permission.COLLECTIONS_CONTACT,
}
CARD_KEYS = {
    "lead": ("name", "amount_fen", "next_step"),
    "application": ("number", "amount_fen", "due_at"),
    "task": ("title", "kind", "due_at"),
    "collection_case": ("number", "overdue_principal_fen", "dpd"),
}
LABELS = {"lead": "在途线索", "application": "在途申请", "task": "待办", "collection_case": "催收案件"}


def _phone_card(row: Any, head: str, left: str, right: str, *, may_edit: Any) -> rx.Component:
    """A row on the phone: a tap edits it, the arrow opens the record; who may not edit opens it by the tap."""
    tap = rx.cond(may_edit, E.open(row["id"]), BoardState.open_card(row["id"]))
    words = rx.el.button(
        rx.el.span(rx.el.b(row[head], class_name="t16"), class_name="row sb"),
        rx.el.span(rx.el.span(row[left]), rx.el.span(row[right]), class_name="row sb t13 f2"),
        type="button",
        on_click=tap,
        class_name="col g2 grow",
        style={"textAlign": "left", "alignItems": "stretch"},
        custom_attrs={
            "data-open": "true",
            "aria-label": rx.cond(may_edit, "编辑 ", "打开 ") + row[head].to(str),
        },
    )
    go = icon_button("chevron-right", "打开", on_click=BoardState.open_card(row["id"]))
    return rx.el.div(words, rx.cond(may_edit, go, rx.fragment()), class_name="row g2")


def board_table() -> rx.Component:
    """Return the table of the board's records, edited in place."""

    def of(entity: str) -> rx.Component:
        head, left, right = CARD_KEYS[entity]
        return grid(
            BoardState.rows,
            COLUMNS[entity],
            editable=EDITABLE[entity],
            cell=E.cell,
            errors=E.field_errors,
            may_edit=_may(EDITORS[entity]),
            chosen=CHOSEN,
            anchor=BoardOptimism.anchor,
            store=BoardOptimism.get_full_name(),
            label=LABELS[entity],
            on_open=BoardState.open_card,
            on_edit=E.open,
            on_open_cell=E.open_cell,
            on_save_cell=E.save_cell,
            on_close_cell=E.close_cell,
            card=lambda row: _phone_card(
                row, head, left, right, may_edit=_may(EDITORS[entity]) if EDITABLE[entity] else False
            ),
            empty=no_match("记录", "换个条件，或清除筛选看全部在途。", BoardState.clear_filters),
        )

    return rx.fragment(
        rx.match(
            BoardState.entity,
            *((entity, of(entity)) for entity in COLUMNS if entity != "lead"),
            of("lead"),
        ),
        pager(
            BoardState.range_text,
            BoardState.page,
            BoardState.pages,
            on_previous=BoardState.go(-1),
            on_next=BoardState.go(1),
        ),
    )
