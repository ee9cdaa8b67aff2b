"""A form whose fields come from the catalogue at run time, so that a field added today is there today."""

from __future__ import annotations

from typing import Any

import reflex as rx

from loanhub.components.forms import Field, Kind, field, section

_KINDS: tuple[tuple[str, Kind], ...] = (
    ("textarea", "textarea"), ("tel", "tel"), ("money", "money"), ("percent", "percent"), ("number", "integer"),
    ("date", "date"), ("datetime", "datetime"), ("select", "select"), ("email", "email"), ("id_number", "id_number"),
)  # fmt: skip
"""Input names of the catalogue's kinds → kinds of field; any other is a text."""


def record_field(item: Any, errors: rx.Var[dict[str, str]]) -> rx.Component:
    """One field; ``item`` {key, label, kind, value, required, help, options [{value, label}], placeholder, suffix}."""
    key = item["key"].to(str)
    error = rx.cond(errors.contains(key), errors[key], "")

    def drawn(kind: Kind) -> rx.Component:
        spec = Field(
            key=f"{key}",
            label=item["label"].to(str),
            kind=kind,
            required=item["required"].to(bool),
            help=item["help"].to(str),
            placeholder="" if kind == "select" else item["placeholder"].to(str),
            options=item["options"].to(list[dict[str, str]]),
            full=kind == "textarea",
        )
        return field(spec, value=item["value"].to(str), error=error)

    return rx.match(item["kind"].to(str), *[(name, drawn(kind)) for name, kind in _KINDS], drawn("text"))


def record_groups(groups: rx.Var[Any], errors: rx.Var[dict[str, str]]) -> rx.Component:
    """All groups of a record's form; each {title, fields}."""
    return rx.fragment(
        rx.foreach(
            groups,
            lambda group: section(
                group["title"].to(str),
                rx.foreach(group["fields"].to(list[dict[str, Any]]), lambda item: record_field(item, errors)),
                two_columns=True,
            ),
        )
    )


def record_facts(groups: rx.Var[Any]) -> rx.Component:
    """The same fields to read: label and text, those without a value left out by the state."""

    def fact(item: Any) -> rx.Component:
        return rx.fragment(rx.el.dt(item["label"].to(str)), rx.el.dd(item["text"].to(str), class_name="pre"))

    return rx.fragment(
        rx.foreach(
            groups,
            lambda group: rx.el.section(
                rx.el.h4(group["title"].to(str), class_name="t12 f3"),
                rx.el.dl(rx.foreach(group["fields"].to(list[dict[str, Any]]), fact), class_name="dl-g"),
                class_name="col g2",
            ),
        )
    )
