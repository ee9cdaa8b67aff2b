"""Contains a text 包含, case and all."""

from loanhub.domain.catalogue import Sort
from loanhub.domain.criteria.operators._operator import Item, Operator
from loanhub.domain.criteria.predicates import Match, Predicate


def build(items: tuple[Item, ...]) -> Predicate:
    """Return a test on the text."""
    return Match("contains", str(items[0][0]))


OPERATOR = Operator("contains", "包含", frozenset({Sort.TEXT}), "one", build, order=11, exact=False)
