"""The last four of a phone, identity or card number 后四位是; on encrypted fields by a tail index."""

from loanhub.domain.catalogue import Sort
from loanhub.domain.criteria.operators._operator import Item, Operator
from loanhub.domain.criteria.predicates import LastFour, Predicate


def build(items: tuple[Item, ...]) -> Predicate:
    """Return a test on the last four characters."""
    return LastFour(str(items[0][0]))


OPERATOR = Operator(
    "last_four",
    "后四位是",
    frozenset({Sort.TEXT}),
    "one",
    build,
    order=18,
    lookup="tail",
    kinds=frozenset({"phone", "id_number", "bank_card"}),
    exact=False,
)
