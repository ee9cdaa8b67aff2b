"""How many records a list has, and what their money adds up to: at once where they are few, afterwards where many.

Counting a million rows takes longer than finding fifty of them. A page therefore counts to :data:`NEAR` and says
「10,000+」 beyond, and asks for the exact figures when its rows are on screen. Exact figures beyond that number are kept
in the process until the next event, :data:`KEPT` at most; smaller ones are counted each time.
Source: docs/decisions/0015-counting-long-lists.md.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import Session, col

from loanhub.models import Event

NEAR = 10_000
KEPT = 60.0
"""Seconds: what no event tells of, such as a score that fell overnight, is counted anew after these."""
MOST_KEPT = 400


@dataclass(frozen=True)
class Totals:
    """``number`` records and the sums by column; not ``exact``: there are more, and nothing was added up."""

    number: int
    sums: Mapping[str, int] = field(default_factory=dict)
    exact: bool = True


_kept: WeakKeyDictionary[Engine, dict[object, tuple[int, float, Totals]]] = WeakKeyDictionary()
_lock = Lock()


def near(
    db: Session, model: Any, condition: sa.ColumnElement[bool], columns: Sequence[str], *, page: Sequence[int], offset: int,
    limit: int,
) -> Totals:  # fmt: skip
    """Return the totals of a list whose ids from ``offset`` on are ``page``: exact when that costs little."""
    if len(page) < limit and (page or not offset):
        # The page ends the list: there is nothing more to count.
        if not columns:
            return Totals(offset + len(page))
        if not offset:
            return _add_up(db, model, model.id.in_(page), columns)
    kept = _find(db, key := _key(db, model, condition, columns))
    if kept is not None:
        return kept
    some = sa.select(*(getattr(model, name) for name in columns or ("id",))).where(condition).limit(NEAR + 1)
    found = _read(db, some.subquery(), columns)
    if found.number <= NEAR:
        return found
    _forget(db, key)
    return Totals(NEAR, exact=False)


def exact(db: Session, model: Any, condition: sa.ColumnElement[bool], columns: Sequence[str] = ()) -> Totals:
    """Return the exact totals of a list; those of a long one may be as old as the last event."""
    # Where nothing is kept, no list has been long: then the question need not be put into words to look for it.
    if _kept.get(_engine(db)) and (kept := _find(db, _key(db, model, condition, columns))) is not None:
        return kept
    mark, found = _mark(db), _add_up(db, model, condition, columns)
    if found.number > NEAR:
        key = _key(db, model, condition, columns)
        with _lock:
            shelf = _kept.setdefault(_engine(db), {})
            if len(shelf) >= MOST_KEPT:
                shelf.clear()
            shelf[key] = (mark, time.monotonic() + KEPT, found)
    return found


def _add_up(db: Session, model: Any, condition: sa.ColumnElement[bool], columns: Sequence[str]) -> Totals:
    sums = [sa.func.coalesce(sa.func.sum(getattr(model, name)), 0) for name in columns]
    number, *found = db.execute(sa.select(sa.func.count(), *sums).select_from(model).where(condition)).one()
    return Totals(int(number), {name: int(value) for name, value in zip(columns, found, strict=True)})


def _read(db: Session, some: Any, columns: Sequence[str]) -> Totals:
    sums = [sa.func.coalesce(sa.func.sum(some.c[name]), 0) for name in columns]
    number, *found = db.execute(sa.select(sa.func.count(), *sums).select_from(some)).one()
    return Totals(int(number), {name: int(value) for name, value in zip(columns, found, strict=True)})


def _key(db: Session, model: Any, condition: sa.ColumnElement[bool], columns: Sequence[str]) -> object:
    """Return what tells one question from another: its SQL and its values."""
    asked = (
        sa.select(model.id).where(condition).compile(_engine(db), compile_kwargs={"render_postcompile": True})
    )
    return str(asked), repr(sorted(asked.params.items())), tuple(columns)


def _find(db: Session, key: object) -> Totals | None:
    with _lock:
        found = _kept.get(_engine(db), {}).get(key)
    if found is None or found[1] < time.monotonic() or found[0] != _mark(db):
        return None
    return found[2]


def _forget(db: Session, key: object) -> None:
    with _lock:
        _kept.get(_engine(db), {}).pop(key, None)


def _mark(db: Session) -> int:
    return int(db.execute(sa.select(sa.func.coalesce(sa.func.max(col(Event.id)), 0))).scalar_one())


def _engine(db: Session) -> Engine:
    bind = db.get_bind()
    return bind if isinstance(bind, Engine) else bind.engine
