"""The sheet of monthly targets 业绩目标: company, departments, people; a cell saves itself when it is left."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button, classes, icon_button, segments
from loanhub.components.states import empty, skeleton_rows
from loanhub.domain.permissions import Permission
from loanhub.pages._page import Page, page
from loanhub.services.targets import TargetRow
from loanhub.state.targets import MEASURES
from loanhub.state.targets import TargetsState as State


def _row(row: rx.Var[TargetRow]) -> rx.Component:
    key = row.level + ":" + row.subject_id.to(str)  # type: ignore[operator]
    wrong = (State.failed == key) & State.field_errors.contains("value")

    def save(text: Any) -> Any:
        return State.save(row.level, row.subject_id, row.version, text)

    box = rx.el.input(
        default_value=row.text,
        on_blur=save,
        key=key + State.stamp.to(str),
        max_length=20,
        class_name="inp num tg-in",
        custom_attrs={
            "aria-label": row.label + " 目标",
            "aria-invalid": rx.cond(wrong, "true", "false"),
            "inputMode": "decimal",
            "data-writes": "true",
        },
    )
    fault = rx.cond(
        wrong, rx.el.span(State.field_errors["value"], class_name="c-bad t12", role="alert"), rx.fragment()
    )
    below = rx.cond(
        row.below != "",
        rx.el.span("下级合计 ", row.below, class_name=classes("t12", rx.cond(row.differs, "c-warn", "f3"))),
        rx.fragment(),
    )
    return rx.el.tr(
        rx.el.th(
            row.label,
            scope="row",
            class_name=classes("tg-" + row.level),
            style={"--depth": row.depth.to(str)},
        ),
        rx.el.td(box, fault),
        rx.el.td(row.shown, class_name="num r f2"),
        rx.el.td(below),
    )


@page(route="/targets", title="业绩目标", permission=Permission.TARGETS_EDIT, on_load=State.load)
def targets() -> Page:
    """Draw the sheet."""
    head = rx.el.tr(
        rx.el.th("对象", scope="col"),
        rx.el.th("目标（", State.unit, "）", scope="col"),
        rx.el.th("读作", scope="col", class_name="r"),
        rx.el.th("核对", scope="col"),
    )
    table = rx.el.table(rx.el.thead(head), rx.el.tbody(rx.foreach(State.rows, _row)), class_name="tg")
    sheet = rx.cond(
        State.rows.length() > 0,
        table,
        empty("没有可以设定目标的部门", "目标按你的数据范围设定。", small=True),
    )
    months = rx.el.div(
        icon_button("chevron-left", "上个月", on_click=State.turn(-1)),
        rx.el.b(State.month_label),
        icon_button("chevron-right", "下个月", on_click=State.turn(1)),
        class_name="row g3",
    )
    bar = rx.el.div(
        segments(MEASURES, State.measure, State.choose_measure, label="指标", small=True),
        class_name="ck-filters",
    )
    copy = button("沿用上月", icon_name="copy", look="g", writes=True, on_click=State.copy_last)
    return Page(
        [rx.el.div(bar, rx.cond(State.loaded, sheet, skeleton_rows()), class_name="ck tg-page")],
        views=months,
        tools=[copy],
    )
