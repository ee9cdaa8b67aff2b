"""Equal 等于. A day compared with an instant means the whole of that day."""

from loanhub.domain.catalogue import Sort
from loanhub.domain.criteria.operators._operator import EVERY_SORT, Item, Operator, values
from loanhub.domain.criteria.predicates import OneOf, Predicate, Span, Within


def build(items: tuple[Item, ...]) -> Predicate:
    """Return a test for lying within the operand, or being one of its values."""
    return Within(items[0]) if isinstance(items[0], Span) else OneOf(values(items))


OPERATOR = Operator(
    "eq",
    "是",
    EVERY_SORT - {Sort.LIST},
    "one",
    build,
    order=1,
    phrases={Sort.NUMBER: "=", Sort.BOOLEAN: "为"},
    lookup="full",
)
