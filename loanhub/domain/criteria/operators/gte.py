"""Greater or equal 大于等于; of times, not before the operand begins 不早于."""

from loanhub.domain.catalogue import Sort
from loanhub.domain.criteria.operators._operator import ORDERED, Item, Operator
from loanhub.domain.criteria.predicates import Predicate, Span, Within


def build(items: tuple[Item, ...]) -> Predicate:
    """Return a test for not lying before the operand."""
    return Within(Span(low=items[0].low))


OPERATOR = Operator(
    "gte", "≥", ORDERED, "one", build, order=4, phrases={Sort.DATE: "不早于", Sort.DATETIME: "不早于"}
)
