"""移至…: the one dialog of a board through which any card moves without dragging (WCAG 2.5.7)."""

from typing import Any

import reflex as rx

from loanhub.components.board.adapter import expression
from loanhub.components.board.column import stage_dot


def _other_board(board: rx.Var[dict[str, Any]]) -> rx.Component:
    """Return another board with its stages, folded until it is asked for."""

    def stage(one: rx.Var[dict[str, str]]) -> rx.Component:
        return rx.el.button(
            stage_dot(one["color"]),
            rx.el.span(one["label"], class_name="lb-grow"),
            type="button",
            class_name="lb-option",
            custom_attrs={"data-act": "transfer", "data-to": one["place"]},
        )

    return rx.el.details(
        rx.el.summary("换到「", board["label"].to(str), "」"),
        rx.el.div(rx.foreach(board["stages"].to(list[dict[str, str]]), stage), class_name="lb-options"),
        class_name="lb-other",
    )


def move_dialog(
    columns: rx.Var[list[dict[str, Any]]], menu: rx.Var[str], others: rx.Var[list[dict[str, Any]]]
) -> rx.Component:
    """Return the dialog; open while ``menu`` holds a card's id. Evaluated where ``lb`` is in scope.

    others: the other boards of leads {label, stages: [{label, color, place}]}.
    """

    def option(column: rx.Var[dict[str, Any]]) -> rx.Component:
        code = column["code"].to(str)
        here = expression(f"(lhWhere(lb, {menu!s}) === {code!s})").to(bool)
        reason = expression(f"lhForbidden(lb, lhWhere(lb, {menu!s}), {code!s})").to(str)
        return rx.el.button(
            stage_dot(column["color"].to(str)),
            rx.el.span(column["label"].to(str), class_name="lb-grow"),
            rx.el.small(
                rx.cond(
                    here,
                    "当前阶段",
                    rx.cond(reason != "", reason, f"{column['count']} 张"),
                )
            ),
            type="button",
            class_name="lb-option",
            disabled=here | (reason != ""),
            custom_attrs={"data-act": "to", "data-to": code},
        )

    return rx.dialog.root(
        rx.dialog.content(
            rx.dialog.title("移至…", class_name="lb-dialog-title"),
            rx.dialog.description(
                expression(f"(lhCard(lb, {menu!s}).name ?? '')").to(str),
                class_name="lb-dialog-text",
            ),
            rx.el.div(rx.foreach(columns, option), class_name="lb-options"),
            rx.foreach(others, _other_board),
            rx.dialog.close(rx.el.button("取消", type="button", class_name="lb-cancel")),
            class_name="lb-dialog",
            custom_attrs={
                "onCloseAutoFocus": rx.Var("((e) => { e.preventDefault(); lhFocus(lb.back); })"),
            },
        ),
        open=menu != "",
        custom_attrs={"onOpenChange": rx.Var("((open) => open || lb.set({ menu: '' }))")},
    )
