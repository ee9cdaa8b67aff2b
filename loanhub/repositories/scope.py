"""Which rows a person may see 数据范围: one SQL condition, used by every list, count, search and export."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Protocol

import sqlalchemy as sa
from sqlmodel import SQLModel

from loanhub.domain.permissions import Scope


class Reader(Protocol):
    """What scope needs to know of an actor; :class:`loanhub.services._actor.Actor` is one."""

    @property
    def user_id(self) -> int:
        """The user's id; 0 for the system."""

    @property
    def is_system(self) -> bool:
        """Whether this is the system itself."""

    @property
    def scope(self) -> Scope:
        """The widest record scope."""

    @property
    def department_ids(self) -> frozenset[int]:
        """The departments the scope reaches."""


def visible_to(reader: Reader, model: type[SQLModel]) -> sa.ColumnElement[bool]:
    """Return the condition that keeps the rows of ``model`` inside the reader's scope.

    ``model`` has ``owner_id`` and ``department_id``; a ``manager_id`` sees the row too. Deleted rows are left out when it has ``deleted_at``.
    """
    scope = Scope.ALL if reader.is_system else reader.scope
    return _condition(model, reader.user_id, scope, reader.department_ids)


@lru_cache(maxsize=2048)
def _condition(
    model: type[SQLModel], user_id: int, scope: Scope, department_ids: frozenset[int]
) -> sa.ColumnElement[bool]:
    """Build the condition; kept, because building costs more than asking, and it stands in nearly every query."""
    table: Any = model
    if scope is Scope.ALL:
        condition: sa.ColumnElement[bool] = sa.true()
    elif scope is Scope.NONE:
        condition = sa.false()
    else:
        condition = table.owner_id == user_id
        if department_ids:
            condition = sa.or_(condition, table.department_id.in_(department_ids))
        if hasattr(table, "manager_id"):
            # A dedicated manager works on a customer whoever owns it.
            condition = sa.or_(condition, table.manager_id == user_id)
    if hasattr(table, "deleted_at"):
        condition = sa.and_(condition, table.deleted_at.is_(None))
    return condition
