"""Has all of several items 同时包含."""

from loanhub.domain.catalogue import Sort
from loanhub.domain.criteria.operators._operator import Item, Operator, values
from loanhub.domain.criteria.predicates import Has, Predicate


def build(items: tuple[Item, ...]) -> Predicate:
    """Return a test on the items of the list."""
    return Has("all", values(items))


OPERATOR = Operator("has_all", "同时包含", frozenset({Sort.LIST}), "many", build, order=16)
