"""None of several 不属于; false of a missing value."""

from loanhub.domain.catalogue import Sort
from loanhub.domain.criteria.operators._operator import Item, Operator, values
from loanhub.domain.criteria.predicates import OneOf, Predicate


def build(items: tuple[Item, ...]) -> Predicate:
    """Return a test for being none of the operands."""
    return OneOf(values(items), negated=True)


OPERATOR = Operator(
    "not_in", "不属于", frozenset({Sort.TEXT, Sort.CODE, Sort.NUMBER}), "many", build, order=10, lookup="full"
)
