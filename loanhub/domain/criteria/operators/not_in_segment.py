"""Belongs to none of several segments 不属于分群; written out by :mod:`loanhub.domain.criteria.membership`."""

from loanhub.domain.catalogue import Sort
from loanhub.domain.criteria.operators._operator import Item, Operator, values
from loanhub.domain.criteria.predicates import OneOf, Predicate


def build(items: tuple[Item, ...]) -> Predicate:
    """Return the test on the segments a record is known to be in; the evaluators write the membership out instead."""
    return OneOf(values(items), negated=True)


OPERATOR = Operator(
    "not_in_segment",
    "不属于分群",
    frozenset({Sort.CODE}),
    "many",
    build,
    order=22,
    kinds=frozenset({"segment"}),
)
