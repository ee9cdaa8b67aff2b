"""Two people at one record 冲突: what each typed, field by field; nobody's work is overwritten unseen.

A form sends what it started from together with what it changed. Fields only one of the two touched are saved;
a field both touched is a clash, and then nothing is written until somebody has chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.models import Event
from loanhub.services import catalogue
from loanhub.services._actor import Actor
from loanhub.services.catalogue import FieldView

CLEARED = "（清空）"
Shown = Mapping[str, tuple[str, str]]
"""What a form started from, by field key: (edit value, text)."""


@dataclass(frozen=True)
class Clash:
    """One field two people changed at once: what I typed and what stands there now, both fit to show."""

    key: str
    label: str
    mine: str
    latest: str


@dataclass(frozen=True)
class Saved:
    """What became of a form: saved as ``version``, or nothing written because of ``clashes`` with ``who``, ``when``."""

    version: int
    clashes: tuple[Clash, ...] = ()
    who: str = ""
    when: str = ""

    @property
    def sentence(self) -> str:
        """Return the title of the conflict dialog: 李四 2 分前改过这里."""
        return f"{self.who or '别人'} {self.when or '刚刚'}改过这里"


def last_change(
    db: Session, entity: str, entity_id: int, *, but: int = 0, now: datetime, types: tuple[str, ...] = ()
) -> tuple[str, str]:
    """Return who changed a record last and when, as a sentence says it; ("", "") when nobody did.

    but: leave out what this user did, so that one's own move a second ago does not hide the other's name.
    """
    query = sa.select(col(Event.actor_name), col(Event.at)).where(
        col(Event.entity) == entity, col(Event.entity_id) == entity_id
    )
    if types:
        query = query.where(col(Event.type).in_(types))
    if but:
        query = query.where(sa.or_(col(Event.actor_id).is_(None), col(Event.actor_id) != but))
    found = db.execute(query.order_by(col(Event.id).desc()).limit(1)).first()
    if found is None:
        # Nobody else: the same person, in another window.
        return last_change(db, entity, entity_id, now=now, types=types) if but else ("", "")
    return found[0], formats.relative(found[1], now)


def save_with_clashes(
    db: Session,
    actor: Actor,
    entity: str,
    row: Any,
    *,
    raw: Mapping[str, object],
    shown: Shown,
    write: Callable[[Mapping[str, object]], None],
    now: datetime,
) -> Saved:
    """Write what a form changed on a locked row, unless somebody else has changed the same field meanwhile.

    ``write`` gets the changed keys alone. A value somebody else set to just what was typed is no clash.
    """
    mine = {key: value for key, value in raw.items() if str(value) != shown.get(key, ("", ""))[0]}
    latest = catalogue.present_record(db, actor, entity, row, now=now)
    clashes = tuple(
        Clash(key, latest[key].label, _typed(latest[key], str(value)), latest[key].text)
        for key, value in mine.items()
        if key in latest and key in shown and latest[key].text != shown[key][1]
        and latest[key].value != str(value)
    )  # fmt: skip
    if clashes:
        who, when = last_change(db, entity, row.id, but=actor.user_id, now=now)
        return Saved(row.version, clashes, who, when)
    if mine:
        write(mine)
    return Saved(row.version)


def _typed(field: FieldView, value: str) -> str:
    """Return what somebody typed as a reader knows it: the option's label instead of its code."""
    labels = dict(field.options)
    return (
        labels.get(value) or "、".join(labels.get(one, one) for one in value.split(",") if one)
        if labels
        else value
    ) or CLEARED
