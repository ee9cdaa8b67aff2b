"""Gap-free numbers under concurrency 编号: one row a name, incremented inside the use case's transaction."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.models import NumberSequence


def next_number(db: Session, name: str, *, count: int = 1) -> int:
    """Return the first of ``count`` fresh numbers under ``name``, starting at 1.

    The row stays locked until the transaction ends, so numbers have no gaps and no doubles; a rollback
    gives them back.
    """
    table = NumberSequence.__table__  # type: ignore[attr-defined]
    bump = (
        sa.update(table).where(table.c.name == name).values(last=table.c.last + count).returning(table.c.last)
    )
    last = db.execute(bump).scalar_one_or_none()
    if last is None:
        try:
            with db.begin_nested():
                db.execute(sa.insert(table).values(name=name, last=count))
            last = count
        except sa.exc.IntegrityError:
            last = db.execute(bump).scalar_one()
    return int(last) - count + 1


def current_number(db: Session, name: str) -> int:
    """Return the last number given out under ``name``; 0 when none was."""
    found = db.execute(sa.select(col(NumberSequence.last)).where(col(NumberSequence.name) == name))
    return found.scalar_one_or_none() or 0
