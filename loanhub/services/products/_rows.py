"""Versions of a product, newest first, and what is said of them together."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.errors import InvalidInput
from loanhub.domain.formats import local
from loanhub.models import Product
from loanhub.services.products.check import refusals

Seen = tuple[int, int]
"""Revision and version of a product's newest row as an editor was shown them; (0, 0) of a new product."""
NOTHING_SEEN: Seen = (0, 0)


def rows_of(db: Session, code: str, *, for_update: bool = False) -> list[Product]:
    """Return every version of a product, newest first."""
    query = sa.select(Product).where(col(Product.code) == code).order_by(col(Product.revision).desc())
    return list(db.execute(query.with_for_update() if for_update else query).scalars())


def seen_of(rows: list[Product]) -> Seen:
    """Return what an editor of these rows has seen."""
    return (rows[0].revision, rows[0].version) if rows else NOTHING_SEEN


def published_of(rows: list[Product]) -> Product | None:
    """Return the newest version that was ever published."""
    return next((row for row in rows if not row.draft), None)


def state_of(rows: list[Product]) -> str:
    """Return draft, active or off."""
    published = published_of(rows)
    return "draft" if published is None else "active" if published.active else "off"


def refuse_unlawful(db: Session, product: Product, *, now: datetime) -> None:
    """Return quietly when a product may be offered today.

    Raises:
        InvalidInput: a sentence for each field of the form at fault.
    """
    refused, _ = refusals(db, product, on=local(now).date(), now=now)
    if refused:
        raise InvalidInput(fields=refused)
