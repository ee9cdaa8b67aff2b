"""Does not contain a text 不包含; false of a missing value."""

from loanhub.domain.catalogue import Sort
from loanhub.domain.criteria.operators._operator import Item, Operator
from loanhub.domain.criteria.predicates import Match, Predicate


def build(items: tuple[Item, ...]) -> Predicate:
    """Return a test on the text."""
    return Match("contains", str(items[0][0]), negated=True)


OPERATOR = Operator("not_contains", "不包含", frozenset({Sort.TEXT}), "one", build, order=12, exact=False)
