"""Board stages 看板阶段: names, how long a card should stay, how many at once, what a card must bring."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, icon_button, note
from loanhub.components.chips import tag
from loanhub.components.filters import saved_views
from loanhub.components.forms import Field, Kind, field, form
from loanhub.components.icons import icon
from loanhub.components.states import skeleton_rows
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


def _stage(row: rx.Var[StageRow]) -> rx.Component:
    moves = rx.cond(
        row.fixed,
        rx.fragment(),
        rx.fragment(
            icon_button("arrow-up", "前移", size="sm", on_click=S.move(row.code, -1)),
            icon_button("arrow-down", "后移", size="sm", on_click=S.move(row.code, 1)),
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
        _required(row),
        rx.el.div(moves, class_name="mv"),
        key=row.code,
        class_name="stg",
        custom_attrs={"aria-label": row.label},
    )


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
        Field("label", "看板名称", required=True, maximum_length=40), value=S.name, error=_error("label")
    )
    body = form(
        rx.el.div(name, style={"maxWidth": "280px"}),
        note(
            "停留目标到点前四分之一时间卡片变藤黄，超过变朱砂；在制超过上限时列头计数变色，不拦人。"
            "移入条件没满足时，拖动松手会弹出补填。",
            "mute",
        ),
        rx.cond(problem != "", note(problem, "bad"), rx.fragment()),
        rx.cond(S.moved, tag("顺序已调整，保存后生效", "warn", large=True), rx.fragment()),
        rx.el.ol(rx.foreach(S.rows, _stage), class_name="card"),
        rx.el.div(
            button("还原", on_click=S.reset_form),
            button("保存看板", look="p", kind="submit", writes=True),
            class_name="row g3 end",
        ),
        on_submit=S.save,
        key=S.form_key,
    )
    content = rx.el.div(body, class_name="gov-col", style={"width": "min(1240px,100%)"})
    return Page(
        [rx.cond(S.loading, skeleton_rows(), content)], views=saved_views(S.boards, S.board, S.choose)
    )
