"""The graph of related parties: drawn with SVG lines and buttons, no chart library; a list beside it says the same."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.icons import icon


def relation_graph(graph: Any, *, picked: Any, on_pick: Any) -> rx.Component:
    """Draw a graph {nodes, edges, sentence, cut}; ``on_pick(node id)`` lights a party's edges.

    A node: {id, x, y (percent), ring, initials, name, detail, shape, tone, href, spoken}; an edge: {id, a, b, x1, y1,
    x2, y2, mx, my, label, found, tone}. Nodes are buttons in reading order: Tab reaches each, Enter picks it.
    """

    def lit(edge: Any) -> Any:
        return (edge.a == picked) | (edge.b == picked)

    def line(edge: Any) -> rx.Component:
        look = rx.cond(edge.found, "fd ", "") + edge.tone.to(str) + rx.cond(lit(edge), " on", "")
        return rx.el.svg.line(
            x1=edge.x1.to(str), y1=edge.y1.to(str), x2=edge.x2.to(str), y2=edge.y2.to(str), class_name=look,
            custom_attrs={"vectorEffect": "non-scaling-stroke"},
        )  # fmt: skip

    def label(edge: Any) -> rx.Component:
        return rx.el.span(
            edge.label,
            class_name=rx.cond(lit(edge), "el on ", "el ") + edge.tone.to(str),
            style={"left": edge.mx.to(str) + "%", "top": edge.my.to(str) + "%"},
        )

    def node(one: Any) -> rx.Component:
        inner = rx.cond(one.shape == "hidden", icon("eye-off", "s"), one.initials)
        look = (
            "n " + one.shape.to(str) + " " + one.tone.to(str) + rx.cond(one.ring == 0, " me", "")
            + rx.cond(one.ring == 2, " far", "") + rx.cond(picked == one.id, " on", "")
        )  # fmt: skip
        return rx.el.button(
            rx.el.span(inner, class_name="o"),
            rx.el.span(one.name, class_name="nn"),
            rx.cond(one.tone != "", rx.el.span(one.detail, class_name="nd"), rx.fragment()),
            type="button",
            class_name=look,
            style={"left": one.x.to(str) + "%", "top": one.y.to(str) + "%"},
            on_click=on_pick(one.id),
            custom_attrs={
                "aria-label": one.spoken,
                "aria-pressed": rx.cond(picked == one.id, "true", "false"),
            },
        )

    def chosen(one: Any) -> rx.Component:
        opened = rx.cond(
            one.href != "",
            rx.el.a("打开", icon("arrow-right", "s"), href=one.href, class_name="lnk row g1"),
            rx.fragment(),
        )
        said = rx.el.div(
            rx.el.b(one.name), rx.el.span(one.detail, class_name="f2"), rx.el.span(class_name="grow"), opened,
            class_name="row g3",
        )  # fmt: skip
        return rx.cond(picked == one.id, said, rx.fragment())

    lines = rx.el.svg(
        rx.foreach(graph.edges, line),
        view_box="0 0 100 100",
        custom_attrs={"aria-hidden": "true", "preserveAspectRatio": "none"},
    )
    return rx.el.div(
        rx.el.p(
            graph.sentence,
            rx.cond(graph.cut, "；只画出最近的一部分", ""),
            class_name="t12 f3",
        ),
        rx.el.div(
            lines,
            rx.foreach(graph.edges, label),
            rx.foreach(graph.nodes, node),
            class_name="gph big",
            role="group",
            custom_attrs={"aria-label": "关系图，旁边的列表是同样的内容"},
        ),
        rx.el.div(rx.foreach(graph.nodes, chosen), class_name="gpick", role="status"),
        class_name="col g2",
    )
