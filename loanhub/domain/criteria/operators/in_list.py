"""One of several 属于."""

from loanhub.domain.catalogue import Sort
from loanhub.domain.criteria.operators._operator import Item, Operator, values
from loanhub.domain.criteria.predicates import OneOf, Predicate


def build(items: tuple[Item, ...]) -> Predicate:
    """Return a test for being one of the operands."""
    return OneOf(values(items))


OPERATOR = Operator(
    "in", "属于", frozenset({Sort.TEXT, Sort.CODE, Sort.NUMBER}), "many", build, order=9, lookup="full"
)
