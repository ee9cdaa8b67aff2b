"""Who sees and edits a field, and the text a reader gets of it; masks are made here, on the server.

Field rule: none < masked < read < write. Rights of several roles add up: the widest wins.
Source: security guide §3; masks: loanhub.domain.masking.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from loanhub.domain import masking
from loanhub.domain.catalogue.kinds import EMPTY, is_missing
from loanhub.domain.catalogue.spec import Access, FieldSpec, OptionSources, Sensitivity

HIDDEN = "***"
"""What stands where a reader may not see a value at all."""


@dataclass(frozen=True)
class RoleRights:
    """One role of the reader: its permission codes and its own field rules (``customer.phone`` → access)."""

    role: str
    permissions: frozenset[str] = frozenset()
    fields: Mapping[str, Access] = field(default_factory=dict)


def access(spec: FieldSpec, rights: Iterable[RoleRights], *, cap: Access | None = None) -> Access:
    """Return what a reader with these roles may do with the field; none without any role.

    A role without a rule of its own for the field reads public, internal and personal fields, writes them
    when it is among ``editors``, and sees sensitive fields masked. ``cap`` limits personal and sensitive
    fields further, as in the public pool before a claim 公海. A field without editors is never written.
    """
    widest = Access.NONE
    for role in rights:
        granted = role.fields.get(f"{spec.entity}.{spec.key}")
        if granted is None:
            granted = _default(spec, role)
        widest = max(widest, granted)
    if spec.read_only:
        widest = min(widest, Access.READ)
    if cap is not None and spec.sensitivity in (Sensitivity.PERSONAL, Sensitivity.SENSITIVE):
        widest = min(widest, cap)
    return widest


def may_enter(spec: FieldSpec, rights: Iterable[RoleRights]) -> bool:
    """Return whether a reader with these roles may set the field anew, even where the old value is masked.

    A sales rep who sees ``154****0001`` may still replace it with another number. A role's own rule below
    ``masked`` forbids it, and so does a rule of ``read``.
    """
    for role in rights:
        granted = role.fields.get(f"{spec.entity}.{spec.key}")
        if granted in (Access.NONE, Access.READ):
            continue
        if granted is Access.WRITE and not spec.read_only:
            return True
        if _edits(spec, role):
            return True
    return False


def present(
    spec: FieldSpec,
    value: Any,
    right: Access,
    now: datetime,
    sources: OptionSources | None = None,
) -> str:
    """Return the text a reader with this right gets: the value, its mask, or ``***``; ``—`` when missing."""
    if right is Access.NONE:
        return HIDDEN
    if is_missing(value):
        return EMPTY
    text = spec.kind_object.format(value, now=now, options=spec.options(sources))
    if right is Access.MASKED:
        return masking.mask(spec.mask, text) if spec.mask else HIDDEN
    return f"{text} {spec.unit}" if spec.unit else text


def _edits(spec: FieldSpec, role: RoleRights) -> bool:
    return role.role in spec.editors or not role.permissions.isdisjoint(spec.editors)


def _default(spec: FieldSpec, role: RoleRights) -> Access:
    if spec.sensitivity is Sensitivity.SENSITIVE:
        return Access.MASKED
    return Access.WRITE if _edits(spec, role) else Access.READ
