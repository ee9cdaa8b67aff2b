"""Has none of several items 不包含; false of a missing or empty list."""

from loanhub.domain.catalogue import Sort
from loanhub.domain.criteria.operators._operator import Item, Operator, values
from loanhub.domain.criteria.predicates import Has, Predicate


def build(items: tuple[Item, ...]) -> Predicate:
    """Return a test on the items of the list."""
    return Has("any", values(items), negated=True)


OPERATOR = Operator("has_none", "不包含", frozenset({Sort.LIST}), "many", build, order=17)
