"""Begins with a text 开头是; of regions, lies within."""

from loanhub.domain.catalogue import Sort
from loanhub.domain.criteria.operators._operator import Item, Operator
from loanhub.domain.criteria.predicates import Match, Predicate


def build(items: tuple[Item, ...]) -> Predicate:
    """Return a test on the text."""
    return Match("starts", str(items[0][0]))


OPERATOR = Operator("starts_with", "开头是", frozenset({Sort.TEXT}), "one", build, order=13, exact=False)
