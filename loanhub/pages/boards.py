"""The boards 看板: every case in flight by stage, moved by hand; the same records as a table."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.avatar import avatars
from loanhub.components.board import board
from loanhub.components.browser import focus, hotkey
from loanhub.components.buttons import button, icon_button, link_button
from loanhub.components.dialogs import closing, dialog, popover, popover_close
from loanhub.components.filter_editor import Editor, filter_editor
from loanhub.components.filters import chosen_filters, filter_bar, option_filter, saved_views, search_box
from loanhub.components.forms import Field, field, form
from loanhub.components.icons import icon
from loanhub.components.states import no_match, skeleton_cards
from loanhub.components.toasts import undo_key
from loanhub.domain.permissions import Permission
from loanhub.domain.pipelines import AgeState
from loanhub.pages._board_bulk import board_table, bulk_tools, edit_sheet
from loanhub.pages._board_display import facts_dialog, views_dialog
from loanhub.pages._board_gate import gate_sheet
from loanhub.pages._page import Page, page
from loanhub.state._board_opt import BoardOptimism
from loanhub.state._board_view import BoardCards, BoardColumns
from loanhub.state.board_bulk import BoardBulkState
from loanhub.state.board_edit import BoardEditState
from loanhub.state.boards import BoardState

AGES = [{"value": code, "label": label} for code, label in AgeState.options()]


def _may(permission: Permission) -> rx.Var[bool]:
    return BoardState.allowed.contains(permission.value)


def _people() -> rx.Component:
    """Who else looks at this board."""
    return rx.cond(
        BoardState.people_text != "",
        rx.el.span(
            avatars(BoardState.people, BoardState.people_text),
            class_name="no-phone people",
            role="status",
        ),
        rx.fragment(),
    )


def _switch() -> rx.Component:
    """Board or table."""

    def one(code: str, name: str, label: str) -> rx.Component:
        return rx.el.button(
            icon(name, "s"),
            type="button",
            title=label,
            on_click=BoardState.set_show(code),
            custom_attrs={
                "aria-label": label,
                "aria-pressed": rx.cond(BoardState.show == code, "true", "false"),
            },
        )

    return rx.el.div(
        one("", "square-kanban", "看板"),
        one("table", "table", "表格"),
        class_name="seg sm",
        role="group",
        custom_attrs={"aria-label": "显示方式"},
    )


def _chooser() -> rx.Component:
    """Which board: those of leads, applications, to-dos, cases, by what the reader may read."""

    def one(board: Any) -> rx.Component:
        entry = rx.el.button(
            board["label"],
            type="button",
            class_name="mi",
            on_click=BoardState.choose_board(board["value"]),
            custom_attrs={"aria-pressed": rx.cond(BoardState.board == board["value"], "true", "false")},
        )
        return popover_close(entry)

    opener = rx.el.button(
        icon("square-kanban", "s"),
        rx.el.b(_label_of(BoardState.board_tabs, BoardState.board)),
        icon("chevron-down", "xs"),
        type="button",
        class_name="chip",
        custom_attrs={
            "aria-label": rx.Var.create("看板：") + _label_of(BoardState.board_tabs, BoardState.board)
        },
    )
    entries = rx.el.div(
        rx.foreach(BoardState.board_tabs, one), class_name="menu", style={"boxShadow": "none", "padding": "0"}
    )
    return popover(opener, entries)


def _totals() -> rx.Component:
    def figure(label: str, value: rx.Var[str]) -> rx.Component:
        parts = value.split(" ")
        return rx.el.span(
            label,
            " ",
            rx.el.b(parts[0], class_name="num t14"),
            " ",
            rx.cond(parts.length() > 1, parts[1], ""),
        )

    return rx.el.span(
        figure("在途", BoardState.count_text + " 单"),
        rx.cond(
            BoardState.entity == "task",
            rx.fragment(),
            rx.fragment(figure("合计", BoardState.amount_text), figure("加权", BoardState.weighted_text)),
        ),
        class_name="row g4 t12 f2 nw no-phone",
        role="status",
        custom_attrs={"aria-label": "本视图合计"},
    )


def _filters() -> rx.Component:
    quick = BoardState.quick
    editor = Editor(
        fields=BoardState.filter_fields,
        field=BoardState.draft.key,
        operators=BoardState.draft.operators,
        operator=BoardState.draft.operator,
        options=BoardState.draft.options,
        entry=BoardState.draft.entry,
        two=BoardState.draft.two,
        error=BoardState.draft.error,
        on_field=BoardState.pick_field,
        on_operator=BoardState.pick_operator,
        on_add=BoardState.add_condition,
    )

    def chip(label: str, key: str, options: rx.Var[Any], mark: str) -> rx.Component:
        chosen = rx.cond(quick.contains(key), quick[key], "").to(str)
        return option_filter(
            label,
            options,
            chosen,
            lambda code: BoardState.set_quick(key, code),
            value_label=_label_of(options, chosen),
            icon_name=mark,
        )

    return filter_bar(
        rx.cond(BoardState.board_tabs.length() > 1, _chooser(), rx.fragment()),
        search_box(
            BoardState.search.debounce(250),
            placeholder=rx.match(
                BoardState.entity,
                ("application", "申请编号、客户"),
                ("task", "待办标题"),
                "姓名、编号、尾号",
            ),
            value=BoardState.text,
            width="184px",
        ),
        rx.el.span(
            option_filter(
                "视图",
                BoardState.views,
                BoardState.view,
                BoardState.choose_view,
                icon_name="layers",
                value_label=rx.cond(
                    BoardState.view == "all", "", _label_of(BoardState.views, BoardState.view)
                ),
            ),
            class_name="only-phone",
        ),
        chip("负责人", "owner_id", BoardState.owners, "users"),
        rx.cond(
            BoardState.products.length() > 0,
            chip("产品", "product_code", BoardState.products, "package"),
            rx.fragment(),
        ),
        rx.cond(
            BoardState.segments.length() > 0,
            chip("客户分群", "customer_segment_id", BoardState.segments, "group"),
            rx.fragment(),
        ),
        option_filter(
            "龄期",
            rx.Var.create(AGES).to(list[dict[str, str]]),
            BoardState.age,
            BoardState.set_age,
            icon_name="timer",
            value_label=rx.match(BoardState.age, *AgeState.options(), ""),
        ),
        rx.cond(
            BoardState.entity == "lead",
            rx.el.button(
                icon("circle-dot", "s"),
                "无下一步",
                type="button",
                class_name="chip",
                on_click=BoardState.toggle_no_next_step,
            ),
            rx.fragment(),
        ),
        filter_editor(editor),
        rx.el.span(class_name="vr no-phone"),
        option_filter(
            "排序",
            BoardState.sort_options,
            BoardState.sort,
            BoardState.set_sort,
            icon_name="arrow-up-down",
            value_label=BoardState.sort_text,
        ),
        rx.cond(
            BoardState.lane_options.length() > 0,
            option_filter(
                "泳道",
                BoardState.lane_options,
                BoardState.lane,
                BoardState.set_lane,
                icon_name="rows-3",
                value_label=_label_of(BoardState.lane_options, BoardState.lane),
            ),
            rx.fragment(),
        ),
        rx.cond(
            BoardState.sort_text != "",
            rx.el.span("拖动只改阶段，不改先后", class_name="t12 f3 nw no-phone"),
            rx.fragment(),
        ),
        chosen_filters(BoardState.chips, BoardState.drop_condition, BoardState.clear_filters),
        tools=[
            _totals(),
            rx.cond(
                BoardState.show == "",
                icon_button(
                    "layout-list",
                    "卡片字段",
                    size="sm",
                    on_click=BoardState.show_facts(True),
                    custom_attrs={"aria-haspopup": "dialog"},
                ),
                rx.fragment(),
            ),
            _switch(),
        ],
    )


def _label_of(options: rx.Var[Any], chosen: rx.Var[str]) -> rx.Var[str]:
    """Return the label of a chosen code, found in the browser: options may be hundreds of colleagues."""
    return rx.Var(
        f"({options!s}.find((o) => o.value === {chosen!s})?.label ?? '')",
        _var_data=rx.vars.VarData.merge(options._get_all_var_data(), chosen._get_all_var_data()),
    ).to(str)


def _board() -> rx.Component:
    nothing = rx.el.div(
        no_match("卡片", "换个条件，或清除筛选看全部在途。", BoardState.clear_filters), class_name="pad"
    )
    columns = board(
        columns=BoardColumns.columns,
        order=BoardColumns.order,
        shift=BoardColumns.shift,
        cards=BoardCards.cards,
        patch=BoardCards.patch,
        gates=BoardState.gates,
        lanes=BoardColumns.lanes,
        sort=BoardState.sort_text,
        others=BoardState.others,
        browser=BoardOptimism,
        on_move=BoardState.move,
        on_open=BoardState.open_card,
        on_load_more=BoardState.load_more,
        on_quick_add=BoardState.quick_add,
        on_toggle_fold=BoardState.toggle_fold,
        on_lift=BoardState.lift,
        on_age=BoardState.set_age,
        on_transfer=BoardState.transfer,
        on_undo=BoardState.undo,
        on_edit=BoardEditState.open,
    )
    return rx.cond(BoardState.has_conditions & (BoardState.total == 0), nothing, columns)


def _waiting() -> rx.Component:
    one = rx.el.div(skeleton_cards(4), style={"width": "212px", "padding": "48px 6px 0", "flex": "none"})
    return rx.el.div(*[one] * 5, class_name="row", style={"alignItems": "flex-start", "overflow": "hidden"})


def _naming() -> rx.Component:
    errors = BoardState.field_errors
    body = form(
        field(
            Field("name", "视图名称", required=True, placeholder="例如 本月可放款", maximum_length=20),
            error=rx.cond(errors.contains("name"), errors["name"], "").to(str),
        ),
        rx.cond(
            BoardState.sharing.length() > 1,
            field(
                Field("share_with", "给谁用", kind="select", options=BoardState.sharing),
                value="me",
                error=rx.cond(errors.contains("share_with"), errors["share_with"], "").to(str),
            ),
            rx.fragment(),
        ),
        rx.el.p("筛选、泳道、排序和卡片字段都会一起存下来。", class_name="t12 f3", style={"margin": "0"}),
        rx.el.div(
            closing(button("取消")), button("存为视图", look="p", kind="submit"), class_name="row g3 end"
        ),
        on_submit=BoardState.save_view,
        guard=False,
    )
    return dialog("存为视图", body, is_open=BoardState.naming, on_open_change=BoardState.ask_name)


@page(
    route="/boards",
    title="看板",
    permission=Permission.BOARDS_READ,
    on_load=[BoardState.load, BoardEditState.enter_page, BoardBulkState.enter_page],
    wide=True,
)
def boards() -> Page:
    """Wire the board."""
    content = rx.cond(
        BoardState.show == "table",
        rx.el.div(board_table(), class_name="body"),
        rx.el.div(rx.cond(BoardState.ready, _board(), _waiting()), class_name="body board-body"),
    )
    views = rx.el.div(
        saved_views(
            BoardState.views,
            BoardState.view,
            BoardState.choose_view,
            on_add=BoardState.ask_name(True),
            changed=BoardState.has_conditions,
        ),
        icon_button("list-checks", "管理视图", size="sm", on_click=BoardState.show_views(True)),
        class_name="row g1",
    )
    new = rx.cond(
        _may(Permission.LEADS_CREATE) & (BoardState.entity == "lead"),
        link_button("新建线索", "/leads?new=1", icon_name="plus", look="p"),
        rx.fragment(),
    )
    return Page(
        [
            _filters(),
            content,
            gate_sheet(),
            undo_key(BoardState.undo_last),
            _naming(),
            facts_dialog(),
            views_dialog(),
            edit_sheet(),
            bulk_tools(),
        ],
        views=views,
        tools=[_people()],
        primary=new,
        on_phone=[views],  # the bar below has the plus
        title=rx.cond(BoardState.title != "", BoardState.title, "看板"),
        keys=[hotkey("c", focus("[data-add]"))],
    )
