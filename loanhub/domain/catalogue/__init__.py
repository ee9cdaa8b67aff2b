"""Primitive 1, the field catalogue 字段目录: each field described once, read by everything."""

from __future__ import annotations

from loanhub.domain.catalogue.access import HIDDEN, RoleRights, access, may_enter, present
from loanhub.domain.catalogue.catalogue import Catalogue, UnknownField
from loanhub.domain.catalogue.custom import CUSTOM_KINDS, spec_from_custom
from loanhub.domain.catalogue.fields import ENTITIES
from loanhub.domain.catalogue.kinds import EMPTY, KINDS, Kind, Options, Sort, is_missing
from loanhub.domain.catalogue.spec import (
    Access,
    Check,
    EntitySpec,
    FieldSpec,
    OptionSources,
    Related,
    Sensitivity,
)

BUILTIN = Catalogue(ENTITIES)
"""The catalogue before a firm adds its own fields."""

__all__ = [
    "BUILTIN", "CUSTOM_KINDS", "EMPTY", "HIDDEN", "KINDS", "Access", "Catalogue", "Check", "EntitySpec",
    "FieldSpec", "Kind", "OptionSources", "Options", "Related", "RoleRights", "Sensitivity", "Sort",
    "UnknownField", "access", "is_missing", "may_enter", "present", "spec_from_custom",
]  # fmt: skip
