"""The rail 七节通路: where a case stands among the seven stages, the same glyph everywhere."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import classes

STAGES = ("线索接入", "初步沟通", "资质审核", "方案匹配", "银行面签", "审批放款", "贷后管理")


def rail(
    stage: int | rx.Var[int],
    *,
    status: str | rx.Var[str] = "",
    label: str | rx.Var[str] = "",
    wide: bool = False,
) -> rx.Component:
    """Seven segments; ``stage`` 1 to 7 is the current one, 8 means the path is done.

    status: '' on time, 'w' near its limit, 'o' over it.
    label: name of the stage, read out with its number.
    """
    at = rx.Var.create(stage).to(str)
    name: Any = (
        STAGES[min(stage, 7) - 1]
        if isinstance(stage, int) and not isinstance(label, rx.Var) and not label
        else label
    )
    spoken = rx.Var.create("第 ") + at + rx.Var.create(" 节，共 7 节，") + rx.Var.create(name).to(str)
    return rx.el.span(
        *[rx.el.i() for _ in STAGES],
        class_name=classes(
            "rail", "l" if wide else "fx", rx.Var.create("st") + at, rx.Var.create("at") + at, status
        ),
        role="img",
        title=name,
        custom_attrs={"aria-label": spoken},
    )


def stage_rail(stages: rx.Var[list[dict[str, str]]]) -> rx.Component:
    """The rail of a record's head, with names and times.

    stages: in order, each {number '1'…'7', name, note (time spent or due), state 'd' done | 'c' current | ''}.
    """

    def item(stage: Any) -> rx.Component:
        return rx.el.li(
            rx.el.i(),
            rx.el.span(rx.el.b(stage["name"]), rx.el.em(stage["note"])),
            class_name=classes(rx.Var.create("st") + stage["number"].to(str), stage["state"].to(str)),
            custom_attrs={"aria-current": rx.cond(stage["state"].to(str).startswith("c"), "step", "false")},
        )

    return rx.el.ol(rx.foreach(stages, item), class_name="brail", custom_attrs={"aria-label": "阶段"})


def stage_dot(stage: int | rx.Var[int]) -> rx.Component:
    """The colored dot of a stage."""
    return rx.el.i(class_name=classes("dt", rx.Var.create("st") + rx.Var.create(stage).to(str)))
