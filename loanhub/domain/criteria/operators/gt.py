"""Greater 大于; of times, after the end of the operand 晚于."""

from loanhub.domain.catalogue import Sort
from loanhub.domain.criteria.operators._operator import ORDERED, Item, Operator
from loanhub.domain.criteria.predicates import Predicate, Span, Within


def build(items: tuple[Item, ...]) -> Predicate:
    """Return a test for lying after the operand."""
    return Within(Span(low=items[0].high, low_closed=not items[0].high_closed))


OPERATOR = Operator(
    "gt", ">", ORDERED, "one", build, order=3, phrases={Sort.DATE: "晚于", Sort.DATETIME: "晚于"}
)
