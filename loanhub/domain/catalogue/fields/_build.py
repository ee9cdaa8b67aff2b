"""Shorthand for describing built-in fields: one line a field, defaults by entity."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from loanhub.domain.catalogue.spec import Check, FieldSpec, Sensitivity

PERSONAL = Sensitivity.PERSONAL
SENSITIVE = Sensitivity.SENSITIVE
FULL_AND_TAIL = frozenset({"full", "tail"})
FULL = frozenset({"full"})

YUAN = 100
WAN = 10_000 * YUAN


def between(minimum: Any, maximum: Any) -> Check:
    """Return limits on a number or day, ends inclusive."""
    return Check(minimum=minimum, maximum=maximum)


def at_most(length: int) -> Check:
    """Return a limit on the length of a text."""
    return Check(max_length=length)


def describer(entity: str, editor: str) -> tuple[Callable[..., FieldSpec], Callable[..., FieldSpec]]:
    """Return two functions that describe a field: one that ``editor`` writes, one the system writes."""
    order = iter(range(1_000_000))

    def field(key: str, label: str, kind: str, group: str, **more: Any) -> FieldSpec:
        more.setdefault("editors", frozenset({editor}))
        return FieldSpec(entity, key, label, kind, group=group, order=next(order), **more)

    def system(key: str, label: str, kind: str, group: str = "系统信息", **more: Any) -> FieldSpec:
        more.setdefault("in_form", False)
        more.setdefault("in_import", False)
        return field(key, label, kind, group, **{"editors": frozenset(), **more})

    return field, system
