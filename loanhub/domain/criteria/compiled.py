"""A condition made ready for many records: what does not depend on the record is worked out once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from loanhub.domain.catalogue import Catalogue
from loanhub.domain.criteria.evaluate import matches, predicate_of, value_of
from loanhub.domain.criteria.predicates import Predicate, holds
from loanhub.domain.criteria.tree import All, AnyOf, Condition, Context, Node, Not

Test = Callable[[Any, datetime], bool]


def compiled(node: Node, catalogue: Catalogue, entity: str) -> Test:
    """Return a function of (record, moment) that says what :func:`~.evaluate.matches` would say, for nobody in particular.

    Comparisons with relative dates are worked out anew for each moment, others once.
    """
    match node:
        case All(children):
            tests = [compiled(child, catalogue, entity) for child in children]
            return lambda record, now: all(test(record, now) for test in tests)
        case AnyOf(children):
            tests = [compiled(child, catalogue, entity) for child in children]
            return lambda record, now: any(test(record, now) for test in tests)
        case Not(child):
            inner = compiled(child, catalogue, entity)
            return lambda record, now: not inner(record, now)
        case Condition(key) if catalogue.get(entity, key).kind != "segment":
            spec = catalogue.get(entity, key)
            kept: dict[datetime, Predicate] = {}

            def test(record: Any, now: datetime) -> bool:
                predicate = kept.get(now)
                if predicate is None:
                    kept.clear()
                    predicate = kept[now] = predicate_of(node, spec, Context(now=now))
                return holds(predicate, value_of(record, spec))

            return test
    return lambda record, now: matches(node, record, Context(now=now), catalogue, entity)
