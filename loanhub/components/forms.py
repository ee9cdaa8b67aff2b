"""Form fields drawn from a specification: label, control, help, error sentence.

Inputs carry only a ``name``, so a submitted form holds each field once. Money and phone fields are grouped while
typing, so the server gets '1,234.00' and '138 0013 8000' and strips the marks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import reflex as rx

from loanhub.components.browser import focus
from loanhub.components.buttons import classes
from loanhub.components.icons import icon

Kind = Literal[
    "text", "tel", "money", "percent", "integer", "date", "datetime", "month", "textarea", "select", "checkbox",
    "radio", "switch", "file", "password", "code", "id_number", "email", "search",
]  # fmt: skip


@dataclass(frozen=True)
class Field:
    """One field of a form, as a form spec gives it; texts may be vars."""

    key: str
    label: str | rx.Var[str]
    kind: Kind = "text"
    required: bool | rx.Var[bool] = False
    help: str | rx.Var[str] = ""
    placeholder: str = ""
    suffix: str = ""
    options: Sequence[tuple[str, str]] | rx.Var[Any] = ()
    """(code, label) pairs, or a var holding a list of {value, label}."""
    accept: str = ""
    full: bool = False
    """Spans both columns of a two-column form."""
    autocomplete: str = "off"
    maximum_length: int | None = None
    uid: str = ""
    """Instead of ``key`` in the element's id: for a form that opens over another with the same keys."""


def field(
    spec: Field,
    *,
    value: Any = "",
    error: str | rx.Var[str] = "",
    disabled: bool | rx.Var[bool] = False,
    read_only: bool | rx.Var[bool] = False,
    on_blur: Any = None,
    on_change: Any = None,
    large: bool = False,
) -> rx.Component:
    """Draw a field; uncontrolled (``value`` is where it starts), so typing costs no round trip.

    error: a sentence saying what is wrong and how much is missing; it is read out with the field.
    """
    uid = f"f-{spec.uid or spec.key}"
    failed = (error != "") if isinstance(error, rx.Var) else rx.Var.create(bool(error))
    described = rx.cond(failed, f"{uid}-error", f"{uid}-help")
    props: dict[str, Any] = {
        "name": spec.key,
        "disabled": disabled,
        "custom_attrs": {
            "id": uid,
            "aria-invalid": rx.cond(failed, "true", "false"),
            "aria-describedby": described,
            "aria-required": rx.cond(spec.required, "true", "false"),
        },
    }
    if on_blur is not None:
        props["on_blur"] = on_blur
    if on_change is not None:
        props["on_change"] = on_change
    problem = rx.cond(
        failed,
        rx.el.small(
            icon("circle-alert", "xs"),
            error,
            class_name="e",
            role="alert",
            custom_attrs={"id": f"{uid}-error"},
        ),
        rx.el.small(spec.help, custom_attrs={"id": f"{uid}-help"})
        if isinstance(spec.help, rx.Var) or spec.help
        else rx.fragment(),
    )
    star = rx.cond(spec.required, rx.el.em("*", custom_attrs={"aria-hidden": "true"}), rx.fragment())
    if spec.kind in ("checkbox", "switch"):
        box = rx.el.input(
            type="checkbox",
            class_name="chk" if spec.kind == "checkbox" else "sw",
            default_checked=rx.Var.create(value).bool(),
            **props,
        )
        line = rx.el.label(spec.label, star, custom_attrs={"htmlFor": uid})
        return rx.el.div(
            box, rx.el.div(line, problem), class_name=classes("fld inline", "full" if spec.full else "")
        )
    label = rx.el.label(spec.label, star, custom_attrs={"htmlFor": uid})
    echo = (
        [rx.el.small(class_name="cap", custom_attrs={"data-money-echo": "true", "aria-live": "polite"})]
        if spec.kind == "money"
        else []
    )
    return rx.el.div(
        label,
        _control(spec, value, props, read_only, large),
        *echo,
        problem,
        class_name=classes("fld", "full" if spec.full else ""),
    )


def _control(spec: Field, value: Any, props: dict[str, Any], read_only: Any, large: bool) -> rx.Component:
    look = classes("inp", "lg" if large else "")
    if spec.kind == "file":
        chosen = rx.el.span(custom_attrs={"data-file-name": "true"})
        return rx.el.div(
            icon("cloud-upload", "l"),
            rx.el.span(spec.placeholder or "拖到这里，或点按选择文件"),
            chosen,
            rx.el.input(type="file", accept=spec.accept, **props),
            class_name="drop",
        )
    if spec.kind == "radio":
        return _radios(spec, value, props)
    if spec.kind == "select":
        items = (
            [rx.foreach(spec.options, lambda o: rx.el.option(o["label"], value=o["value"].to(str)))]
            if isinstance(spec.options, rx.Var)
            else [rx.el.option(text, value=code) for code, text in spec.options]
        )
        control = rx.el.select(
            rx.el.option(spec.placeholder or "请选择", value=""), *items, default_value=value, **props
        )
        return rx.el.div(control, icon("chevron-down", "s"), class_name=look)
    props["placeholder"] = spec.placeholder
    props["read_only"] = read_only
    if spec.maximum_length is not None:
        props["max_length"] = spec.maximum_length
    if spec.kind == "textarea":
        return rx.el.div(rx.el.textarea(default_value=value, **props), class_name=classes(look, "area"))
    props["auto_complete"] = spec.autocomplete
    attrs = props["custom_attrs"]
    types = {
        "tel": "tel",
        "date": "date",
        "datetime": "datetime-local",
        "month": "month",
        "password": "password",
        "email": "email",
        "search": "search",
    }
    modes = {"money": "decimal", "percent": "decimal", "integer": "numeric", "tel": "tel", "code": "numeric"}
    if spec.kind in modes:
        attrs["inputMode"] = modes[spec.kind]
    if spec.kind in ("money", "tel"):
        attrs["data-format"] = spec.kind
    if spec.kind == "code":
        props["auto_complete"] = "one-time-code"
    prefix = [rx.el.span("¥", class_name="f3")] if spec.kind == "money" else []
    suffix = spec.suffix or ("%" if spec.kind == "percent" else "")
    tail = [rx.el.span(suffix, class_name="suf")] if suffix else []
    return rx.el.div(
        *prefix,
        rx.el.input(type=types.get(spec.kind, "text"), default_value=value, **props),
        *tail,
        class_name=look,
    )


def _radios(spec: Field, value: Any, props: dict[str, Any]) -> rx.Component:
    def one(code: Any, text: Any) -> rx.Component:
        mark = rx.el.input(
            type="radio",
            class_name="rad",
            name=props["name"],
            value=code,
            default_checked=value == code,
            disabled=props["disabled"],
            **({"on_change": props["on_change"]} if "on_change" in props else {}),
        )
        return rx.el.label(mark, text, class_name="row g2")

    items = (
        [rx.foreach(spec.options, lambda o: one(o["value"], o["label"]))]
        if isinstance(spec.options, rx.Var)
        else [one(c, t) for c, t in spec.options]
    )
    return rx.el.div(
        *items,
        class_name="row g6 wrap",
        role="radiogroup",
        custom_attrs=props["custom_attrs"],
        style={"minHeight": "var(--ctl-h)"},
    )


def fields(
    specs: Sequence[Field],
    *,
    values: rx.Var[dict[str, str]],
    errors: rx.Var[dict[str, str]],
    on_blur: Any = None,
) -> list[rx.Component]:
    """Draw several fields from two dicts by key (missing keys are fine); ``on_blur(key, text)`` checks one."""

    def text_of(source: rx.Var[dict[str, str]], key: str) -> Any:
        return rx.cond(source.contains(key), source[key], "")

    drawn = []
    for spec in specs:
        check = (lambda text, key=spec.key: on_blur(key, text)) if on_blur is not None else None
        drawn.append(
            field(spec, value=text_of(values, spec.key), error=text_of(errors, spec.key), on_blur=check)
        )
    return drawn


def section(
    title: str | rx.Var[str], *children: rx.Component, hint: str | rx.Var[str] = "", two_columns: bool = False
) -> rx.Component:
    """A group of fields with its heading."""
    head = rx.el.legend(title, rx.el.span(hint))
    return rx.el.fieldset(
        head,
        rx.el.div(*children, class_name=classes("form", "two-col" if two_columns else "")),
        class_name="fset",
    )


def form(
    *children: rx.Component, on_submit: Any, guard: bool = True, key: Any = None, class_name: str = "form"
) -> rx.Component:
    """A form; ``on_submit(data)``. Ctrl+Enter and Ctrl+S submit it; ``guard`` warns before leaving it unsaved.

    key: change it (record id and version) to start again from other values.
    """
    extra: dict[str, Any] = {} if key is None else {"key": key}
    return rx.el.form(
        *children,
        on_submit=on_submit,
        class_name=class_name,
        custom_attrs={"noValidate": True, **({"data-guard": "true"} if guard else {})},
        **extra,
    )


def error_summary(errors: rx.Var[list[dict[str, str]]]) -> rx.Component:
    """What is wrong, above the form; each {key, label, sentence}; a click goes to the field."""

    def item(one: Any) -> rx.Component:
        go = rx.call_script("document.getElementById('f-" + one["key"].to(str) + "')?.focus()")
        return rx.el.li(rx.el.button(one["label"], "：", one["sentence"], type="button", on_click=go))

    box = rx.el.div(
        rx.el.b("还有 ", errors.length(), " 处要改"),
        rx.el.ul(rx.foreach(errors, item)),
        class_name="errsum",
        role="alert",
    )
    return rx.cond(errors.length() > 0, box, rx.fragment())


def draft_note(text: str | rx.Var[str]) -> rx.Component:
    """「已自动保存 10:31」 beside the title of a long form."""
    return rx.el.span(text, class_name="t12 f3", role="status")


def focus_field(key: str) -> Any:
    """Return the event that moves the focus to a field."""
    return focus(f"#f-{key}")
