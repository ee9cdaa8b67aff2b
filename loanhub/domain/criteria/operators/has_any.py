"""Has any of several items 包含任一."""

from loanhub.domain.catalogue import Sort
from loanhub.domain.criteria.operators._operator import Item, Operator, values
from loanhub.domain.criteria.predicates import Has, Predicate


def build(items: tuple[Item, ...]) -> Predicate:
    """Return a test on the items of the list."""
    return Has("any", values(items))


OPERATOR = Operator("has_any", "包含任一", frozenset({Sort.LIST}), "many", build, order=15)
