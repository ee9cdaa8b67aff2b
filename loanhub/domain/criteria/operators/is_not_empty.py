"""Filled in 不为空."""

from loanhub.domain.criteria.operators._operator import EVERY_SORT, Item, Operator
from loanhub.domain.criteria.predicates import Missing, Predicate


def build(items: tuple[Item, ...]) -> Predicate:
    """Return a test for the value being there."""
    return Missing(negated=True)


OPERATOR = Operator("is_not_empty", "不为空", EVERY_SORT, "none", build, order=20, lookup="none")
