"""The form of one record: its fields as ``components.record_form`` draws them, and what a submitted one changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from loanhub.services.catalogue import FieldView
from loanhub.state import _listing


@dataclass
class FormItem:
    """A field of the form: what ``components.record_form`` draws."""

    key: str = ""
    label: str = ""
    kind: str = "text"
    text: str = ""
    value: str = ""
    required: bool = False
    help: str = ""
    placeholder: str = ""
    options: list[dict[str, str]] = field(default_factory=list)


@dataclass
class FormGroup:
    """A titled group of fields."""

    title: str = ""
    fields: list[FormItem] = field(default_factory=list)


def item_of(one: FieldView) -> FormItem:
    """Return a field as the form draws it; a masked value stands as the placeholder, never as the value."""
    return FormItem(
        key=one.key, label=one.label, kind=one.component, text=one.text, value=one.value,
        required=one.required and not one.masked, help=one.help or (f"单位：{one.unit}" if one.unit else ""),
        placeholder=f"{one.text}，不改请留空" if one.masked and one.text != "—" else "",
        options=_listing.pairs(one.options),
    )  # fmt: skip


def groups_of(fields: tuple[FieldView, ...], *, editing: bool) -> list[FormGroup]:
    """Return the fields by group: those one may enter while editing, those with a value otherwise."""
    groups: dict[str, FormGroup] = {}
    for one in fields:
        if (editing and one.editable) or (not editing and one.text not in ("—", "")):
            groups.setdefault(one.group, FormGroup(one.group)).fields.append(item_of(one))
    return list(groups.values())


def changed(form: Mapping[str, Any], fields: tuple[FieldView, ...]) -> dict[str, object]:
    """Return what a submitted form changes; an untouched field, or an empty one in place of a mask, is left out."""
    known = {one.key: one for one in fields if one.editable}
    raw: dict[str, object] = {}
    for key, one in known.items():
        if key not in form:
            continue
        text = str(form[key]).strip()
        same = (
            text.replace(",", "") == one.value.replace(",", "")
            if one.component == "money"
            else text == one.value
        )
        if same or (one.masked and not text):
            continue
        raw[key] = text
    return raw
