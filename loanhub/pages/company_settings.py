"""Company parameters 公司参数: who we are on paper, where borrowers pay, what a loan may cost, who approves."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.buttons import button
from loanhub.components.chips import tag
from loanhub.components.forms import Field, field, form
from loanhub.components.states import skeleton_detail
from loanhub.domain.permissions import Permission
from loanhub.pages._page import Page, page
from loanhub.services.company_groups import GROUPS, Entry, Group
from loanhub.state.company_settings import CompanyState, PastValue

S = CompanyState


def _error(group: Group, key: str) -> rx.Var[str]:
    mine = (S.failed_group == group.name) & S.field_errors.contains(key)
    return rx.cond(mine, S.field_errors[key], "").to(str)


def _entry(group: Group, entry: Entry) -> rx.Component:
    key = f"{group.name}.{entry.key}"
    spec = Field(
        key, entry.label, kind=entry.kind, required=entry.required, help=entry.help, options=entry.options,
        maximum_length=None if entry.kind in ("money", "percent", "radio") else entry.longest,
    )  # type: ignore[arg-type]  # fmt: skip
    value = rx.cond(S.values.contains(key), S.values[key], "").to(str)
    return field(spec, value=value, error=_error(group, entry.key))


def _past(one: rx.Var[PastValue]) -> rx.Component:
    return rx.el.li(
        rx.el.div(
            tag(one.state, one.tone),
            rx.el.span(one.since),
            rx.el.span(one.who, class_name="f3"),
            class_name="row g3 t12 wrap",
        ),
        rx.el.div(one.text, class_name="t12 f2"),
        style={"padding": "6px 0"},
    )


def _card(group: Group) -> rx.Component:
    def submit(data: Any) -> Any:
        return S.save(group.name, data)

    entries = [_entry(group, entry) for entry in group.entries]
    if group.dated:
        day = Field(f"{group.name}.from_date", "生效日", kind="date", help="留空立刻生效；不能早于今天")
        entries.append(field(day, error=_error(group, "from_date")))
    past = rx.cond(
        S.history.contains(group.name),
        rx.el.details(
            rx.el.summary("历史", class_name="t12 f2", style={"cursor": "pointer"}),
            rx.el.ol(rx.foreach(S.history[group.name].to(list[PastValue]), _past)),
        ),
        rx.fragment(),
    )
    return rx.el.section(
        rx.el.header(rx.el.h2(group.label, class_name="t14"), rx.el.span(group.help, class_name="t12 f3")),
        rx.el.div(
            form(
                rx.el.div(*entries, class_name="form two-col"),
                rx.el.div(button(f"保存{group.label}", kind="submit", writes=True), class_name="row end"),
                on_submit=submit,
                key=S.keys[group.name],
            ),
            past,
            class_name="in",
        ),
        class_name="card gov-card",
        custom_attrs={"aria-label": group.label},
    )


@page(
    route="/settings/company",
    title="公司参数",
    permission=Permission.PARAMETERS_EDIT,
    on_load=CompanyState.load,
    nav="/settings/company",
)
def company_settings() -> Page:
    """Draw the page."""
    cards = rx.el.div(*[_card(group) for group in GROUPS], class_name="gov-col")
    return Page([rx.cond(S.loading, skeleton_detail(), cards)])
