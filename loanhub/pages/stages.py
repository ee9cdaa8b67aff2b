"""Board stages 看板阶段: names, how long a card should stay, how many at once, what a card must bring."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, icon_button, note
from loanhub.components.chips import tag
from loanhub.components.dialogs import closing, dialog
from loanhub.components.filter_editor import Editor, filter_editor
from loanhub.components.filters import chosen_filters, saved_views
from loanhub.components.forms import Field, Kind, field, form
from loanhub.components.icons import icon
from loanhub.components.states import skeleton_rows
from loanhub.domain.documents import DocumentKind
from loanhub.domain.permissions import Permission
from loanhub.pages._page import Page, page
from loanhub.state.stages import StageRow, StagesState

S = StagesState


def _error(key: Any) -> rx.Var[str]:
    return rx.cond(S.field_errors.contains(key), S.field_errors[key], "").to(str)


def _input(row: rx.Var[StageRow], name: str, label: str, value: Any, kind: Kind, **more: Any) -> rx.Component:
    key = f"{row.code}.{name}"
    return field(Field(key, label, kind=kind, **more), value=value, error=_error(row.code + "." + name))


def _required(row: rx.Var[StageRow]) -> rx.Component:
    """What a card must bring, as check boxes behind a line that names them."""

    def one(option: Any) -> rx.Component:
        box = rx.el.input(
            type="checkbox",
            class_name="chk",
            name=row.code + ".required." + option["value"].to(str),
            default_checked=row.required.contains(option["value"]),
        )
        return rx.el.label(box, option["label"])

    gate = rx.cond(row.gate != "", rx.el.small(icon("lock", "xs"), " ", row.gate), rx.fragment())
    return rx.el.div(
        rx.el.span("移入条件", class_name="lb"),
        rx.el.details(
            rx.el.summary(
                row.required_text,
                custom_attrs={"aria-label": rx.Var.create("移入条件：") + row.required_text},
            ),
            rx.el.div(rx.foreach(S.options, one), class_name="opts"),
        ),
        gate,
        class_name="fld rq",
    )


def _goals(row: rx.Var[StageRow]) -> rx.Component:
    """Where a card may go from here, as check boxes; none ticked means anywhere."""

    def one(option: Any) -> rx.Component:
        box = rx.el.input(
            type="checkbox",
            class_name="chk",
            name=row.code + ".next." + option["value"].to(str),
            default_checked=row.next_codes.contains(option["value"]),
        )
        return rx.cond(option["value"] == row.code, rx.fragment(), rx.el.label(box, option["label"]))

    problem = _error(row.code + ".next_codes")
    hard = rx.el.input(
        type="checkbox", class_name="chk", name=row.code + ".wip_hard", default_checked=row.wip_hard
    )
    return rx.el.div(
        rx.el.span("可移至", class_name="lb"),
        rx.el.details(
            rx.el.summary(
                row.next_text, custom_attrs={"aria-label": rx.Var.create("可移至：") + row.next_text}
            ),
            rx.el.div(rx.foreach(S.goals, one), class_name="opts"),
        ),
        rx.el.label(hard, " 超过在制上限就拦住", class_name="row g2 t12"),
        rx.cond(problem != "", rx.el.small(problem, class_name="er"), rx.fragment()),
        class_name="fld rq",
    )


def _documents(row: rx.Var[StageRow]) -> rx.Component:
    """Which documents are due by the end of the stage, and whether one goes on without them."""

    def one(code: str, label: str) -> rx.Component:
        box = rx.el.input(
            type="checkbox",
            class_name="chk",
            name=row.code + f".document.{code}",
            default_checked=row.documents.contains(code),
        )
        return rx.el.label(box, label)

    problem = _error(row.code + ".documents")
    hard = rx.el.input(
        type="checkbox",
        class_name="chk",
        name=row.code + ".documents_hard",
        default_checked=row.documents_hard,
    )
    return rx.el.div(
        rx.el.span("应交资料", class_name="lb"),
        rx.el.details(
            rx.el.summary(
                row.documents_text,
                custom_attrs={"aria-label": rx.Var.create("应交资料：") + row.documents_text},
            ),
            rx.el.div(*[one(code, label) for code, label in DocumentKind.options()], class_name="opts"),
        ),
        rx.el.label(hard, " 没交齐就不能往后移", class_name="row g2 t12"),
        rx.cond(problem != "", rx.el.small(problem, class_name="er"), rx.fragment()),
        class_name="fld rq",
    )


def _effects() -> rx.Component:
    """What saving would mean for the cards there now, before anything is saved."""
    rows = rx.el.ul(
        rx.foreach(S.effects, lambda one: rx.el.li(rx.el.b(one["stage"]), " ", one["sentence"])),
        class_name="t13",
        style={"margin": "0", "paddingLeft": "18px", "display": "grid", "gap": "6px"},
    )
    body = rx.el.div(
        rows,
        rx.el.div(
            closing(button("取消")),
            button("确认保存", look="p", on_click=S.confirm, writes=True),
            class_name="row g3 end",
        ),
        class_name="col g4",
    )
    return dialog("保存后会影响这些卡片", body, is_open=S.effects.length() > 0, on_open_change=S.show_effects)


def _stage(row: rx.Var[StageRow]) -> rx.Component:
    moves = rx.cond(
        row.fixed,
        rx.fragment(),
        rx.fragment(
            icon_button("arrow-up", "前移", size="sm", on_click=S.move(row.code, -1)),
            icon_button("arrow-down", "后移", size="sm", on_click=S.move(row.code, 1)),
            rx.cond(
                row.removable,
                icon_button("trash-2", "删除这个阶段", size="sm", on_click=S.remove_stage(row.code)),
                rx.fragment(),
            ),
        ),
    )
    return rx.el.li(
        rx.el.span(
            rx.el.i(class_name="dot", style={"background": rx.Var.create("var(--st-") + row.color + ")"}),
            row.place,
            rx.el.span(row.cards, " 张卡", class_name="only-phone t12"),
            class_name="no",
        ),
        rx.el.div(
            _input(row, "label", "名称", row.label, "text", required=True, maximum_length=12), class_name="nm"
        ),
        _input(
            row, "dwell_target_hours", "停留目标", row.dwell, "integer", suffix="小时", placeholder="不限"
        ),
        _input(row, "wip_limit", "在制上限", row.wip, "integer", suffix="张", placeholder="不限"),
        _input(row, "probability_percent", "成交概率", row.probability, "percent"),
        rx.el.div(
            rx.cond(S.options.length() > 0, _required(row), rx.fragment()),
            rx.cond(S.has_more, _documents(row), rx.fragment()),
            _goals(row),
            class_name="col g3",
        ),
        rx.el.div(moves, class_name="mv"),
        key=row.code,
        class_name="stg",
        custom_attrs={"aria-label": row.label},
    )


def _entry() -> rx.Component:
    """Which leads enter this board by themselves, and taking it out of use."""
    editor = Editor(
        fields=S.entry_fields,
        field=S.draft.key,
        operators=S.draft.operators,
        operator=S.draft.operator,
        options=S.draft.options,
        entry=S.draft.entry,
        two=S.draft.two,
        error=S.draft.error,
        on_field=S.pick_field,
        on_operator=S.pick_operator,
        on_add=S.add_entry,
    )
    conditions = rx.el.div(
        filter_editor(editor),
        chosen_filters(S.entry_chips, S.drop_entry, S.clear_entry),
        class_name="row g2 wrap",
    )
    return rx.el.section(
        rx.el.div(
            rx.el.h2("进入条件", class_name="t14"),
            rx.cond(
                S.has_entry,
                button("停用看板", look="d", size="sm", on_click=S.show_retire(True)),
                rx.fragment(),
            ),
            class_name="row sb",
        ),
        rx.el.p(S.entry_text, class_name="t13 f2", style={"margin": "0"}, role="status"),
        rx.cond(S.has_entry, conditions, rx.fragment()),
        class_name="card pad col g3",
    )


def _creating() -> rx.Component:
    body = form(
        field(
            Field(
                "new_label",
                "看板名称",
                required=True,
                placeholder="例如 车贷看板",
                maximum_length=12,
                uid="new-board",
            ),
            error=_error("label"),
        ),
        field(
            Field("copy_of", "阶段照着", kind="select", required=True, options=S.copies),
            value=S.board,
            error=_error("copy_of"),
        ),
        rx.el.p(
            "阶段、移入条件、停留目标、在制上限和可移至都照抄过来，建好再改。",
            class_name="t12 f3",
            style={"margin": "0"},
        ),
        rx.el.div(
            closing(button("取消")),
            button("新建看板", look="p", kind="submit", writes=True),
            class_name="row g3 end",
        ),
        on_submit=S.create,
        guard=False,
    )
    return dialog("新建看板", body, is_open=S.creating, on_open_change=S.show_create)


def _retiring() -> rx.Component:
    body = rx.el.div(
        rx.el.p(
            "停用后没有人再看到这个看板；上面还有卡片时不能停用。公海和已失效的线索回到第一个看板。",
            style={"margin": "0"},
        ),
        rx.el.div(
            closing(button("取消")),
            button("停用看板", look="dp", on_click=S.retire, writes=True),
            class_name="row g3 end",
        ),
        class_name="col g4",
    )
    return dialog("停用这个看板？", body, is_open=S.retiring, on_open_change=S.show_retire)


@page(
    route="/settings/stages",
    title="看板阶段",
    permission=Permission.PIPELINES_EDIT,
    on_load=StagesState.load,
    nav="/settings/stages",
)
def stages() -> Page:
    """Draw the page."""
    problem = _error("stages")
    name = field(
        Field("label", "看板名称", required=True, maximum_length=40),
        value=S.name,
        error=rx.cond(S.creating, "", _error("label")),
    )
    body = form(
        rx.el.div(name, style={"maxWidth": "280px"}),
        note(
            "停留目标到点前四分之一时间卡片变藤黄，超过变朱砂；在制超过上限时列头计数变色；勾选「超过就拦住」后不能再移入。"
            "移入条件没满足时，拖动松手会弹出补填。应交资料是这个阶段结束前要收齐的，只核对产品要求的那几样；"
            "勾选「没交齐就不能往后移」后，缺哪样在看板上当场上传。",
            "mute",
        ),
        rx.cond(problem != "", note(problem, "bad"), rx.fragment()),
        rx.cond(S.moved, tag("阶段已调整，保存后生效", "warn", large=True), rx.fragment()),
        rx.el.ol(rx.foreach(S.rows, _stage), class_name="card"),
        rx.el.div(
            rx.cond(S.has_more, button("加一个阶段", icon_name="plus", on_click=S.add_stage), rx.fragment()),
            rx.el.span(class_name="grow"),
            button("还原", on_click=S.reset_form),
            button("保存看板", look="p", kind="submit", writes=True),
            class_name="row g3 end",
        ),
        on_submit=S.save,
        key=S.form_key,
    )
    entry = rx.cond(S.has_more, _entry(), rx.fragment())
    content = rx.el.div(entry, body, class_name="gov-col", style={"width": "min(1240px,100%)"})
    boards = saved_views(S.boards, S.board, S.choose)
    create = button("新建看板", icon_name="plus", on_click=S.show_create(True))
    return Page(
        [rx.cond(S.loading, skeleton_rows(), content), _effects(), _creating(), _retiring()],
        views=boards,
        tools=[create],
    )
