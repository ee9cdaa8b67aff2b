"""In a period 在…内: 今天, 本周, 上月, 近 30 天."""

from loanhub.domain.criteria.operators._operator import TIMES, Item, Operator
from loanhub.domain.criteria.predicates import Predicate, Within


def build(items: tuple[Item, ...]) -> Predicate:
    """Return a test for lying within the period."""
    return Within(items[0])


OPERATOR = Operator("in_period", "在", TIMES, "one", build, order=8)
