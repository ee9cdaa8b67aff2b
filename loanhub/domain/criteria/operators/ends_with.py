"""Ends with a text 结尾是."""

from loanhub.domain.catalogue import Sort
from loanhub.domain.criteria.operators._operator import Item, Operator
from loanhub.domain.criteria.predicates import Match, Predicate


def build(items: tuple[Item, ...]) -> Predicate:
    """Return a test on the text."""
    return Match("ends", str(items[0][0]))


OPERATOR = Operator("ends_with", "结尾是", frozenset({Sort.TEXT}), "one", build, order=14, exact=False)
