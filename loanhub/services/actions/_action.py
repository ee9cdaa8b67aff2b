"""Primitive 4: what a person, a rule, a flow or the API can have done 动作.

An action is typed (its parameters are field specs, so its form, its validation and its sentence come from the
catalogue), permission checked and idempotent, and does nothing itself: it calls a use case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from loanhub.domain.catalogue import FieldSpec
from loanhub.domain.permissions import Permission
from loanhub.services._actor import Actor

Run = Callable[[Actor, str, int, Mapping[str, Any], datetime], Mapping[str, object] | None]
"""(actor, entity, record id, parsed parameters, now): carries the action out on one record.

Returns what taking it back needs to know, as plain values; None when there is nothing to say.
"""


@dataclass(frozen=True)
class Action:
    """One thing the system can do to a record of one of ``entities``."""

    code: str
    label: str
    icon: str
    entities: frozenset[str]
    permission: Permission
    run: Run
    parameters: tuple[FieldSpec, ...] = ()
    dangerous: bool = False
