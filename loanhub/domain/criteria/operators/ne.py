"""Not equal 不等于; false of a missing value."""

from loanhub.domain.catalogue import Sort
from loanhub.domain.criteria.operators._operator import EVERY_SORT, Item, Operator, values
from loanhub.domain.criteria.predicates import OneOf, Predicate, Span, Within


def build(items: tuple[Item, ...]) -> Predicate:
    """Return a test for lying outside the operand, or being none of its values."""
    if isinstance(items[0], Span):
        return Within(items[0], negated=True)
    return OneOf(values(items), negated=True)


OPERATOR = Operator(
    "ne",
    "不是",
    EVERY_SORT - {Sort.LIST, Sort.BOOLEAN},
    "one",
    build,
    order=2,
    phrases={Sort.NUMBER: "≠"},
    lookup="full",
)
