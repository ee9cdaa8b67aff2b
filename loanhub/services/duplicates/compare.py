"""Two records side by side before a merge, and the merges that can be taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.catalogue import Access
from loanhub.domain.errors import Conflict, NotPermitted
from loanhub.models import MergeMove, RecordMerge, User
from loanhub.repositories import duplicates as repository
from loanhub.services import catalogue
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.duplicates import _columns, _places, merge
from loanhub.services.duplicates.pairs import Side, side_of
from loanhub.services.duplicates.rules import rules_of


@dataclass(frozen=True)
class FieldChoice:
    """One field of the comparison: both texts, whether they differ, whose is taken unless somebody chooses."""

    key: str
    label: str
    left: str
    right: str
    differs: bool
    chosen: str


@dataclass(frozen=True)
class Comparison:
    """Two records side by side before a merge; ``survivor`` is the side that stays unless one swaps them.

    ``chosen`` of a field is left or right. ``against`` says why the two may not be merged.
    """

    entity: str
    left: Side
    right: Side
    left_version: int
    right_version: int
    survivor: str
    fields: tuple[FieldChoice, ...]
    carried: tuple[tuple[str, str, str], ...]
    against: str = ""


def compare(actor: Actor, *, entity: str, one_id: int, other_id: int, now: datetime) -> Comparison:
    """Return two records side by side, masked for the reader, with what each has hanging on it.

    Raises:
        NotFound: one of them is not there, or lies outside the actor's scope.
        NotPermitted: the actor lacks leads:merge or customers:merge.
    """
    with reading() as db:
        left, right = merge.get_both(db, actor, entity, one_id, other_id, for_update=False)
        actor.require(merge.NEEDED[entity])
        rows = repository.load(db, [(entity, one_id), (entity, other_id)])
        sides = [
            side_of(db, actor, (entity, one), rows.get((entity, one)), now) for one in (one_id, other_id)
        ]
        survivor = "left" if _stays(left, right) else "right"
        keeps, goes = (left, right) if survivor == "left" else (right, left)
        shown = [catalogue.present_record(db, actor, entity, row, now=now) for row in (left, right)]
        fields = []
        for spec in merge.choosable(db, entity):
            mine, theirs = (catalogue.read_value(row, spec) for row in (left, right))
            if mine in (None, "", []) and theirs in (None, "", []):
                continue
            if shown[0][spec.key].access < int(Access.MASKED):
                continue
            better = merge.better_side(keeps, goes, spec)
            chosen = survivor if better == "survivor" else ("right" if survivor == "left" else "left")
            fields.append(
                FieldChoice(
                    spec.key,
                    spec.label,
                    shown[0][spec.key].text,
                    shown[1][spec.key].text,
                    mine != theirs,
                    chosen,
                )
            )
        if entity == "customer" and left.owner_id != right.owner_id:
            fields.insert(
                0, FieldChoice(merge.OWNER, "负责人", sides[0].owner, sides[1].owner, True, survivor)
            )
        against = ""
        try:
            merge.refuse(entity, keeps, goes)
        except Conflict as refusal:
            against = refusal.sentence
        return Comparison(
            entity, sides[0], sides[1], left.version, right.version, survivor, tuple(fields),
            tuple(_carried(db, entity, one_id, other_id)), against,
        )  # fmt: skip


def _stays(left: Any, right: Any) -> bool:
    """Return whether the left record stays unless somebody says otherwise: owned, further along, then the older."""

    def weight(row: Any) -> tuple[int, int, int, int]:
        linked = int(getattr(row, "customer_id", None) is not None)
        return (
            int(row.owner_id is not None),
            linked,
            int(getattr(row, "first_contact_at", None) is not None),
            -int(row.id),
        )

    return weight(left) >= weight(right)


def _carried(db: Session, entity: str, left: int, right: int) -> list[tuple[str, str, str]]:
    totals: dict[str, list[int]] = {}
    for place in _places.places(entity):
        if place.column == _places.LINK:
            continue
        query = sa.select(place.own, sa.func.count()).where(place.own.in_((left, right))).group_by(place.own)
        for row_id, number in db.execute(query):
            totals.setdefault(place.label, [0, 0])[0 if int(row_id) == left else 1] += int(number)
    return [(label, str(mine), str(theirs)) for label, (mine, theirs) in totals.items()]


@dataclass(frozen=True)
class MergeView:
    """A merge in the list of those that can be taken back, with what stands against it."""

    id: int
    entity: str
    label: str
    survivor: str
    merged: str
    href: str
    who: str
    when: str
    until: str
    carried: str
    undone: str
    against: str
    can_undo: bool


def merges(
    actor: Actor, *, entity: str = "", record_id: int = 0, now: datetime, limit: int = 30
) -> list[MergeView]:
    """Return the newest merges whose survivor the actor may see, of one record or of all.

    Raises:
        NotPermitted: the actor may merge neither leads nor customers, and asks for all.
    """
    if not record_id and not actor.can_any(*merge.NEEDED.values()):
        raise NotPermitted("你没有合并的权限")
    with reading() as db:
        query = sa.select(RecordMerge).order_by(col(RecordMerge.id).desc())
        if record_id:
            query = query.where(col(RecordMerge.entity) == entity, col(RecordMerge.survivor_id) == record_id)
        rows = db.execute(query.limit(limit * 3)).scalars().all()
        days = rules_of(db, now=now).undo_days
        found = []
        for row in rows:
            model = repository.MODELS[row.entity]
            survivor, merged = db.get(model, row.survivor_id), db.get(model, row.merged_id)
            if (
                survivor is None
                or merged is None
                or not actor.reaches(owner_id=survivor.owner_id, department_id=survivor.department_id)
            ):
                continue
            found.append(_merge_view(db, actor, row, survivor, merged, days, now))
            if len(found) == limit:
                break
        return found


def _merge_view(
    db: Session, actor: Actor, row: RecordMerge, survivor: Any, merged: Any, days: int, now: datetime
) -> MergeView:
    query = sa.select(col(MergeMove.place), col(MergeMove.row_id)).where(col(MergeMove.merge_id) == row.id)
    moves = [(place, int(one)) for place, one in db.execute(query)]
    changes = _columns.load(row.changes, repository.MODELS[row.entity])
    against = (
        ""
        if row.undone_at
        else "；".join(merge.obstacles(db, row, survivor, merged, changes, moves, now=now))
    )
    who = db.execute(sa.select(col(User.name)).where(col(User.id) == row.by_id)).scalar() or "系统"
    undone = f"已于{formats.relative(row.undone_at, now)}撤销" if row.undone_at else ""
    return MergeView(
        id=row.id or 0, entity=row.entity, label=merge.NOUNS[row.entity], survivor=f"{survivor.number} {survivor.name}",
        merged=f"{merged.number} {merged.name}",
        href=f"/leads?lead={survivor.id}" if row.entity == "lead" else f"/customers/{survivor.id}", who=who,
        when=formats.relative(row.merged_at, now), until=f"{formats.local(row.merged_at + timedelta(days=days)):%m-%d} 前可撤销",
        carried="、".join(f"{label} {number}" for label, number in merge.counted(moves)) or "没有要转移的",
        undone=undone, against=against,
        can_undo=not row.undone_at and not against and actor.can(merge.NEEDED[row.entity]),
    )  # fmt: skip
