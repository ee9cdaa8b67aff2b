"""Between two operands 介于, both included."""

from loanhub.domain.criteria.operators._operator import ORDERED, Item, Operator
from loanhub.domain.criteria.predicates import Predicate, Span, Within


def build(items: tuple[Item, ...]) -> Predicate:
    """Return a test for lying from the beginning of the first operand to the end of the second."""
    first, last = items
    return Within(Span(first.low, last.high, True, last.high_closed))


OPERATOR = Operator("between", "介于", ORDERED, "two", build, order=7)
