"""The conditions of a report: the records of the book that meet them, with what hangs on those."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlmodel import Session

from loanhub.analytics.book import Book, following
from loanhub.analytics.criteria import to_expression
from loanhub.domain import criteria as language
from loanhub.domain.catalogue import Catalogue
from loanhub.repositories.criteria import ENTITY_MODELS
from loanhub.services import catalogue as catalogues
from loanhub.services import lists
from loanhub.services._actor import Actor

FRAMES = {
    "lead": "leads", "customer": "customers", "application": "applications", "loan": "loans", "collection_case": "cases",
    "task": "tasks",
}  # fmt: skip
_BELONGS = {"owner_id": "owner", "department_id": "department"}
_SOLD = {**_BELONGS, "product_code": "product", "channel_code": "channel"}
IN_BOOK: dict[str, dict[str, str]] = {
    "lead": {**_SOLD, "city": "city", "status": "status", "cost_fen": "cost_fen"},
    "customer": {**_BELONGS, "manager_id": "manager", "channel_code": "channel", "city": "city"},
    "application": {**_BELONGS, "product_code": "product", "risk_grade": "grade"},
    "loan": {
        **_SOLD, "principal_fen": "principal_fen", "outstanding_principal_fen": "outstanding_fen", "dpd": "dpd",
        "bucket": "bucket", "five_class": "five_class", "disbursed_date": "disbursed", "first_due_date": "first_due",
        "overdue_principal_fen": "overdue_fen", "suspense_fen": "suspense_fen",
    },
    "collection_case": {**_BELONGS, "opened_on": "opened", "closed_on": "closed"},
    "task": {**_BELONGS},
}  # fmt: skip
"""The fields the book carries, by entity, with their columns there; of the others the database is asked."""


def in_book(node: language.Node, entity: str, catalogue: Catalogue) -> bool:
    """Return whether a condition can be judged on the frames alone."""
    match node:
        case language.All(children) | language.AnyOf(children):
            return all(in_book(child, entity, catalogue) for child in children)
        case language.Not(child):
            return in_book(child, entity, catalogue)
        case language.Condition(key):
            return key in IN_BOOK[entity] and catalogue.get(entity, key).kind != "segment"
    return False


def met(
    db: Session, actor: Actor, book: Book, criteria: Mapping[str, Mapping[str, Any]], now: datetime
) -> dict[str, Book]:
    """Return by entity the book of the records that meet its condition; what belongs to a record goes with it."""
    catalogue = catalogues.current(db)
    found = {}
    for entity, raw in criteria.items():
        node = language.parse(raw, catalogue, entity)
        name = FRAMES[entity]
        frame: pl.DataFrame = getattr(book, name)
        if in_book(node, entity, catalogue):
            context = lists.context_of(db, actor, now)
            columns = {
                key: column for key, column in IN_BOOK[entity].items() if key in language.fields_used(node)
            }
            view = frame.select("id", *(pl.col(column).alias(key) for key, column in columns.items()))
            ids = view.filter(to_expression(node, catalogue, entity, context))["id"]
        else:
            ids = _asked(db, actor, entity, raw, now)
        kept = frame.filter(pl.col("id").is_in(ids.implode()))
        found[entity] = book.having({name: kept, **following(book, name, kept)})
    return found


def _asked(db: Session, actor: Actor, entity: str, raw: Mapping[str, Any], now: datetime) -> pl.Series:
    condition, _ = lists.select_ids(db, actor, entity, raw_criteria=raw, now=now)
    model: Any = ENTITY_MODELS[entity]
    rows = db.execute(sa.select(model.id).where(condition)).scalars().all()
    return pl.Series("id", rows, dtype=pl.Int64)
