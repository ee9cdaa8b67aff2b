"""Less or equal 小于等于; of times, not after the operand ends 不晚于."""

from loanhub.domain.catalogue import Sort
from loanhub.domain.criteria.operators._operator import ORDERED, Item, Operator
from loanhub.domain.criteria.predicates import Predicate, Span, Within


def build(items: tuple[Item, ...]) -> Predicate:
    """Return a test for not lying after the operand."""
    return Within(Span(high=items[0].high, high_closed=items[0].high_closed))


OPERATOR = Operator(
    "lte", "≤", ORDERED, "one", build, order=6, phrases={Sort.DATE: "不晚于", Sort.DATETIME: "不晚于"}
)
