"""Less 小于; of times, before the operand begins 早于."""

from loanhub.domain.catalogue import Sort
from loanhub.domain.criteria.operators._operator import ORDERED, Item, Operator
from loanhub.domain.criteria.predicates import Predicate, Span, Within


def build(items: tuple[Item, ...]) -> Predicate:
    """Return a test for lying before the operand."""
    return Within(Span(high=items[0].low))


OPERATOR = Operator(
    "lt", "<", ORDERED, "one", build, order=5, phrases={Sort.DATE: "早于", Sort.DATETIME: "早于"}
)
