"""Belongs to one of several segments 属于分群; written out by :mod:`loanhub.domain.criteria.membership`."""

from loanhub.domain.catalogue import Sort
from loanhub.domain.criteria.operators._operator import Item, Operator, values
from loanhub.domain.criteria.predicates import OneOf, Predicate


def build(items: tuple[Item, ...]) -> Predicate:
    """Return the test on the segments a record is known to be in; the evaluators write the membership out instead."""
    return OneOf(values(items))


OPERATOR = Operator(
    "in_segment", "属于分群", frozenset({Sort.CODE}), "many", build, order=21, kinds=frozenset({"segment"})
)
