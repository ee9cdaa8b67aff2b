"""The one editor of nested conditions: groups of 全部, 任一, 都不 within each other, read back as a sentence.

Every step is a native control, so the keyboard reaches all of it; what changes is read out with the sentence.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import reflex as rx

from loanhub.components.buttons import button, icon_button
from loanhub.components.filter_editor import Editor, condition_form
from loanhub.components.icons import icon

JOINS = (("all", "全部满足"), ("any", "任一满足"), ("none", "都不满足"))


@dataclass(frozen=True)
class Tree:
    """What the editor shows and calls.

    rows: the tree flattened, {path, indent, kind ``group`` | ``leaf``, join, text, depth, count, root}; ``path`` names a
    row to the handlers ``on_join(path, join)``, ``on_group(path)``, ``on_drop(path)``, ``on_target(path)``. target: the
    group the next condition goes to.
    """

    rows: rx.Var[list[dict[str, str]]]
    target: rx.Var[str]
    sentence: rx.Var[str]
    editor: Editor
    on_join: Any
    on_group: Any
    on_drop: Any
    on_target: Any


def _group(tree: Tree, row: Any) -> rx.Component:
    choose = rx.el.div(
        rx.el.select(
            *[rx.el.option(text, value=code) for code, text in JOINS],
            value=row["join"],
            on_change=lambda code: tree.on_join(row["path"], code),
            custom_attrs={"aria-label": rx.Var.create("第 ") + row["number"].to(str) + " 组怎样算满足"},
        ),
        icon("chevron-down", "s"),
        class_name="inp",
        style={"width": "128px"},
    )
    chosen = tree.target == row["path"]
    return rx.fragment(
        rx.el.span(row["number"], class_name="num f3 t12", style={"minWidth": "16px"}),
        choose,
        rx.el.span(row["count"], " 个条件", class_name="t12 f3 nw"),
        rx.el.span(class_name="grow"),
        button(
            rx.cond(chosen, "条件加在这里", "加条件到这组"),
            look="g",
            size="sm",
            on_click=tree.on_target(row["path"]),
            custom_attrs={"aria-pressed": rx.cond(chosen, "true", "false")},
        ),
        rx.cond(
            row["can_nest"] != "",
            icon_button("folder-plus", "在里面加一组", size="sm", on_click=tree.on_group(row["path"])),
            rx.fragment(),
        ),
        rx.cond(
            row["root"] == "",
            icon_button("trash-2", "删掉这组", size="sm", on_click=tree.on_drop(row["path"])),
            rx.fragment(),
        ),
    )


def _leaf(tree: Tree, row: Any) -> rx.Component:
    return rx.fragment(
        icon("dot", "s"),
        rx.el.span(row["text"], class_name="grow t14"),
        icon_button("x", "删掉这个条件", size="sm", on_click=tree.on_drop(row["path"])),
    )


def condition_tree(tree: Tree) -> rx.Component:
    """Draw the tree, the form that adds a condition to the chosen group, and how the whole reads."""

    def line(row: Any) -> rx.Component:
        return rx.el.li(
            rx.cond(row["kind"] == "group", _group(tree, row), _leaf(tree, row)),
            class_name="row g2 wrap",
            style={
                "paddingLeft": row["indent"],
                "minHeight": "var(--row-h)",
                "background": rx.cond(
                    (row["kind"] == "group") & (tree.target == row["path"]),
                    "var(--bg-selected)",
                    "transparent",
                ),
                "borderRadius": "6px",
            },
            key=row["path"],
        )

    return rx.el.div(
        rx.el.ul(
            rx.foreach(tree.rows, line),
            style={"listStyle": "none", "margin": "0", "padding": "0"},
            custom_attrs={"aria-label": "条件"},
        ),
        condition_form(tree.editor, in_row=True),
        rx.el.p(
            rx.el.span("读作：", class_name="f3"),
            rx.cond(tree.sentence != "", tree.sentence, "还没有条件"),
            class_name="t14",
            role="status",
        ),
        class_name="col g4",
    )
