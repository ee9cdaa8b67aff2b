"""Not filled in 为空."""

from loanhub.domain.criteria.operators._operator import EVERY_SORT, Item, Operator
from loanhub.domain.criteria.predicates import Missing, Predicate


def build(items: tuple[Item, ...]) -> Predicate:
    """Return a test for the value being missing."""
    return Missing()


OPERATOR = Operator("is_empty", "为空", EVERY_SORT, "none", build, order=19, lookup="none")
