"""A row's columns before and after, as text that can be read back exactly."""

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from loanhub.domain.choice import Choice
from loanhub.models._columns import Code, ExactDecimal, UtcDateTime

Change = dict[str, tuple[Any, Any]]
"""Column name → (before, after)."""


def values(row: Any) -> dict[str, Any]:
    """Return every column's value of a row."""
    return {column.name: _copy(getattr(row, column.name)) for column in type(row).__table__.columns}


def _copy(value: Any) -> Any:
    return json.loads(json.dumps(value)) if isinstance(value, (dict, list)) else value


def changed(
    before: dict[str, Any], after: dict[str, Any], *, but: tuple[str, ...] = ("version", "updated_at")
) -> Change:
    """Return what differs."""
    return {
        name: (old, after[name]) for name, old in before.items() if old != after[name] and name not in but
    }


def dump(changes: dict[str, Change]) -> str:
    """Return the changes of several rows as JSON."""
    return json.dumps(changes, ensure_ascii=False, default=_plain, sort_keys=True)


def _plain(value: Any) -> Any:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(type(value))


def load(text: str | None, model: Any) -> dict[str, Change]:
    """Return the changes again, each value as the column holds it."""
    raw = json.loads(text or "{}")
    table = model.__table__
    return {
        side: {
            name: (_value(table.c[name], old), _value(table.c[name], new)) for name, (old, new) in one.items()
        }
        for side, one in raw.items()
    }


def _value(column: sa.Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, UtcDateTime):
        return datetime.fromisoformat(value)
    if isinstance(column.type, sa.Date):
        return date.fromisoformat(value)
    if isinstance(column.type, ExactDecimal):
        return Decimal(value)
    if isinstance(column.type, Code):
        choice: type[Choice] = column.type.choice
        return choice(value)
    return value
