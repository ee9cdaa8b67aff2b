"""The operators: a file each, found by ``discovery``."""

from __future__ import annotations

from loanhub.discovery import discover
from loanhub.domain.catalogue import FieldSpec
from loanhub.domain.criteria.operators._operator import Arity, Operator

OPERATORS: dict[str, Operator] = discover("loanhub.domain.criteria.operators", "OPERATOR")
"""Every operator by its code."""


def operators_for(spec: FieldSpec) -> tuple[Operator, ...]:
    """Return the operators a field may be compared with, in the order the editor offers them."""
    found = (operator for operator in OPERATORS.values() if operator.applies(spec))
    return tuple(sorted(found, key=lambda operator: operator.order))


__all__ = ["OPERATORS", "Arity", "Operator", "operators_for"]
