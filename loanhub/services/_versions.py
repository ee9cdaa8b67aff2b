"""The life of a document that is edited as a draft and put in force by version 草稿、发布、回滚.

Assignment rules, score rules and follow-up sequences live it; each says for itself what may stand in its document.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.errors import Conflict, NotFound
from loanhub.models import User
from loanhub.services._actor import Actor
from loanhub.services._numbering import next_number

MAX_NOTE = 200


class VersionRow(Protocol):
    """A version as its table keeps it: ``number`` 0 while a draft, ``document`` never changed after publishing."""

    id: int | None
    number: int
    state: str
    document: dict[str, object]
    note: str
    based_on: int
    created_by_id: int | None
    created_at: datetime
    updated_at: datetime
    published_by_id: int | None
    published_at: datetime | None
    version: int


Row = TypeVar("Row", bound=VersionRow)


class StaleDraft(Conflict):
    """Somebody changed the draft since it was opened."""


@dataclass(frozen=True)
class Versions(Generic[Row]):
    """The versions of one document: at most one draft, at most one in force, and all that were in force before."""

    model: type[Row]
    lock: str
    """The number sequence whose row is held while versions change."""
    draft_label: str
    """What the draft is called where somebody else changed it."""
    of: Mapping[str, object] = field(default_factory=dict)
    """The columns, with their values, that tell this document's versions from those of others in the table."""
    more: Callable[[], Mapping[str, object]] = dict
    """What a new row is given besides."""

    def _mine(self) -> list[sa.ColumnElement[bool]]:
        return [col(getattr(self.model, name)) == value for name, value in self.of.items()]

    def _find(self, db: Session, state: str, *, for_update: bool = False) -> Row | None:
        table: Any = self.model
        query = sa.select(table).where(table.state == state, *self._mine()).order_by(table.id.desc()).limit(1)
        found: Row | None = db.execute(query.with_for_update() if for_update else query).scalar_one_or_none()
        return found

    def add(
        self, db: Session, actor: Actor, document: Mapping[str, object], *, based_on: int, now: datetime
    ) -> Row:
        """Add a version that is neither numbered nor in force yet."""
        make: Any = self.model
        row: Row = make(
            **self.of, **self.more(), number=0, state="draft", document=dict(document), based_on=based_on,
            created_by_id=actor.actor_id, created_at=now, updated_at=now, version=0,
        )  # fmt: skip
        db.add(row)
        return row

    def draft(self, db: Session, *, for_update: bool = False) -> Row | None:
        """Return the draft, or None."""
        return self._find(db, "draft", for_update=for_update)

    def in_force(self, db: Session) -> Row | None:
        """Return the version in force, or None."""
        return self._find(db, "published")

    def to_change(
        self, db: Session, actor: Actor, *, expected: int, empty: Mapping[str, object], now: datetime
    ) -> Row:
        """Return the draft to be changed, begun from the version in force, or from ``empty``, when there is none.

        Raises:
            StaleDraft: it is not the one the caller saw; ``expected`` is its row version, 0 for no draft yet.
        """
        next_number(db, self.lock)
        draft = self.draft(db, for_update=True)
        if (draft.version if draft is not None else 0) != expected:
            raise StaleDraft(f"{self.draft_label}刚被别人改过，请看过最新的再改")
        if draft is not None:
            return draft
        base = self.in_force(db)
        begun = self.add(
            db, actor, base.document if base else empty, based_on=base.number if base else 0, now=now
        )
        db.flush()
        return begun

    def to_end(self, db: Session, actor: Actor, *, expected: int, now: datetime) -> Row:
        """Return the draft to be published or thrown away.

        Raises:
            NotFound: there is none.
            StaleDraft: see :meth:`to_change`.
        """
        if self.draft(db) is None:
            raise NotFound("没有未发布的改动")
        return self.to_change(db, actor, expected=expected, empty={}, now=now)

    def check_differs(self, db: Session, draft: Row) -> Row | None:
        """Return the version in force, or None.

        Raises:
            Conflict: the draft says the same.
        """
        base = self.in_force(db)
        if base is not None and base.document == draft.document:
            raise Conflict("和正在使用的版本没有区别")
        return base

    def copy_of(self, db: Session, actor: Actor, number: int, *, now: datetime) -> Row:
        """Return a copy of an earlier version, to be put in force; an open draft stays as it is.

        Raises:
            NotFound: no such version.
            Conflict: it is in force already.
        """
        next_number(db, self.lock)
        table: Any = self.model
        query = sa.select(table).where(table.number == number, table.number > 0, *self._mine())
        wanted: Row | None = db.execute(query).scalar_one_or_none()
        if wanted is None:
            raise NotFound("没有这个版本")
        base = self.in_force(db)
        if base is not None and base.number == number:
            raise Conflict(f"第 {number} 版正在使用")
        return self.add(db, actor, wanted.document, based_on=number, now=now)

    def store(self, db: Session, draft: Row, document: Mapping[str, object], *, now: datetime) -> int:
        """Write the draft; return its new row version."""
        draft.document, draft.updated_at = dict(document), now
        draft.version += 1
        db.flush()
        return draft.version

    def put_in_force(self, db: Session, actor: Actor, row: Row, *, note: str, now: datetime) -> int:
        """Make a row the version in force under the next number, which is returned; the one before is superseded."""
        table: Any = self.model
        newest = db.execute(
            sa.select(sa.func.coalesce(sa.func.max(table.number), 0)).where(*self._mine())
        ).scalar_one()
        base = self.in_force(db)
        if base is not None:
            base.state = "superseded"
        row.number, row.state, row.note = int(newest) + 1, "published", note.strip()[:MAX_NOTE]
        row.published_at, row.published_by_id, row.updated_at = now, actor.actor_id, now
        row.version += 1
        db.flush()
        return row.number

    def history(self, db: Session, *, limit: int = 50) -> list[tuple[Row, str]]:
        """Return the versions that are or were in force and who published each, newest first."""
        table: Any = self.model
        query = (
            sa.select(table, col(User.name))
            .outerjoin(User, col(User.id) == table.published_by_id)
            .where(table.number > 0, *self._mine())
            .order_by(table.number.desc())
            .limit(limit)
        )
        return [(row, str(name or "系统")) for row, name in db.execute(query).all()]
