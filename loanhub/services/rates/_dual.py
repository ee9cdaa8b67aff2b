"""A dated row that counts only once a second person has reviewed it 双人复核: one rule for the LPR and the caps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from sqlmodel import Session

from loanhub.domain.errors import Conflict, NotFound, NotPermitted
from loanhub.domain.permissions import Permission
from loanhub.models import LprRate, RateCap
from loanhub.services._actor import Actor
from loanhub.services._transaction import transaction

Row = TypeVar("Row", LprRate, RateCap)
_NAMES: dict[type[LprRate] | type[RateCap], str] = {LprRate: " LPR", RateCap: "上限"}


class StaleRate(Conflict):
    """Somebody changed, withdrew or reviewed this row since it was opened."""

    def __init__(self) -> None:
        super().__init__("这一行刚被别人改过或复核过，请刷新后再看")


class OwnEntry(NotPermitted):
    """Maker ≠ checker: who entered a row may not review it."""

    def __init__(self) -> None:
        super().__init__("这一行是你录入的，须由另一位同事复核")


def review(
    model: type[Row],
    actor: Actor,
    *,
    row_id: int,
    expected_version: int | None,
    now: datetime,
    record: Callable[[Session, Row], None],
) -> None:
    """Put in force a row that somebody else entered; ``record`` checks what else must hold and tells of it.

    Raises:
        NotFound: no such row.
        NotPermitted: the actor lacks rates:review.
        OwnEntry, StaleRate: see the classes.
    """
    with transaction() as db:
        row = _pending(db, model, row_id, expected_version, actor, Permission.RATES_REVIEW)
        if row.entered_by_id == actor.actor_id:
            raise OwnEntry
        row.reviewed_by_id, row.reviewed_at, row.version = actor.actor_id, now, row.version + 1
        record(db, row)


def withdraw(
    model: type[Row],
    actor: Actor,
    *,
    row_id: int,
    expected_version: int | None,
    record: Callable[[Session, Row], None],
) -> None:
    """Take back a row that nobody has reviewed yet: by who may enter one, or by a reviewer who declines it.

    Raises:
        NotFound: no such row.
        NotPermitted: the actor lacks both rates:edit and rates:review.
        StaleRate: it changed or is in force.
    """
    wanted = Permission.RATES_EDIT if actor.can(Permission.RATES_EDIT) else Permission.RATES_REVIEW
    with transaction() as db:
        row = _pending(db, model, row_id, expected_version, actor, wanted)
        record(db, row)
        db.delete(row)


def _pending(
    db: Session,
    model: type[Row],
    row_id: int,
    expected_version: int | None,
    actor: Actor,
    permission: Permission,
) -> Row:
    row = db.get(model, row_id, with_for_update=True)
    if row is None:
        raise NotFound(f"没有这一行{_NAMES[model]}，可能已被撤回")
    actor.require(permission)
    if row.reviewed_at is not None or (expected_version is not None and row.version != expected_version):
        raise StaleRate
    return row
