"""Two records of one party become one 合并: field by field, nothing lost, and back again 撤销合并.

What points at the merged record is carried to the survivor (:mod:`_places`); events and other append-only rows stay,
and whoever reads a timeline follows the link. The merged row stays as a tombstone that leads to the survivor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.catalogue import FieldSpec
from loanhub.domain.duplicates import PairStatus
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.permissions import Permission
from loanhub.models import DuplicatePair, Lead, LeadTouch, MergeMove, RecordMerge
from loanhub.repositories import customers, leads
from loanhub.repositories import duplicates as repository
from loanhub.services import catalogue, events, search
from loanhub.services._actor import Actor
from loanhub.services._transaction import transaction
from loanhub.services.duplicates import _columns, _places
from loanhub.services.duplicates.rules import rules_of
from loanhub.services.duplicates.watch import compare_records

NEEDED = {"lead": Permission.LEADS_MERGE, "customer": Permission.CUSTOMERS_MERGE}
NOUNS = {"lead": "线索", "customer": "客户"}
OWNER = "owner"
"""The key under which whose customer the survivor becomes is chosen; a lead keeps its owner, stage and clock."""
FORBID = frozenset({"application", "contract", "loan"})
"""What has been made for the survivor on a carried record forbids an undo: it names the party."""
ADDED = "+lead_touch.id"


class CannotMerge(Conflict):
    """These two records may not become one; the sentence says why."""


class CannotUndo(Conflict):
    """A merge cannot be taken back any more; the sentence says what stands against it."""


class MergeStale(Conflict):
    """One of the two was changed since it was shown."""

    def __init__(self) -> None:
        super().__init__("其中一条刚被别人改过，请看过最新内容再合并")


@dataclass(frozen=True)
class Merged:
    """What a merge did: the survivor, and how many rows it carried by label."""

    merge_id: int
    survivor_id: int
    carried: tuple[tuple[str, int], ...]


def get_both(
    db: Session, actor: Actor, entity: str, one: int, other: int, *, for_update: bool
) -> tuple[Any, Any]:
    """Return two records inside the actor's scope, locked in the order of their ids.

    Raises:
        NotFound: one of them is not there, or lies outside the actor's scope.
    """
    if entity not in NEEDED:
        raise NotFound("没有找到这条记录")
    get: Any = leads.get_visible if entity == "lead" else customers.get_visible
    rows = {row_id: get(db, actor, row_id, for_update=for_update) for row_id in sorted({one, other})}
    return rows[one], rows[other]


def merge(
    actor: Actor,
    *,
    entity: str,
    survivor_id: int,
    merged_id: int,
    choices: Mapping[str, str],
    survivor_version: int,
    merged_version: int,
    reason: str = "",
    now: datetime,
) -> Merged:
    """Merge one record into another of the same kind; ``choices`` are field keys → ``survivor`` or ``merged``.

    A field nobody chose is taken where :func:`better_side` says.

    Raises:
        NotFound: one of them is not there, or lies outside the actor's scope.
        NotPermitted: the actor lacks leads:merge or customers:merge.
        CannotMerge: different identity numbers, a person and a firm, leads of two customers.
        MergeStale: one was changed since it was shown; of two who merge at once the second is told so.
        InvalidInput: a choice that is none.
    """
    with transaction() as db:
        survivor, merged = get_both(db, actor, entity, survivor_id, merged_id, for_update=True)
        actor.require(NEEDED[entity])
        if (survivor.version, merged.version) != (survivor_version, merged_version):
            raise MergeStale
        refuse(entity, survivor, merged)
        specs = choosable(db, entity)
        keys = {spec.key for spec in specs} | {OWNER}
        if any(key not in keys or side not in ("survivor", "merged") for key, side in choices.items()):
            raise InvalidInput(fields={"choices": "没有这个选项，请刷新后再试"})
        known = catalogue.snapshot(db, entity, survivor)
        before, gone = _columns.values(survivor), _columns.values(merged)
        for spec in specs:
            _take(survivor, merged, spec, choices.get(spec.key) or better_side(survivor, merged, spec))
        _follow(survivor, merged, choices)
        moves = _places.carry(db, entity, source=merged_id, target=survivor_id)
        if isinstance(merged, Lead) and merged.channel_code:
            # Both doors are credited: the merged one as a further enquiry.
            touch = LeadTouch(
                lead_id=survivor_id,
                channel_code=merged.channel_code,
                at=merged.created_at,
                note=f"由 {merged.number} 合并",
            )
            db.add(touch)
            db.flush()
            moves.append((ADDED, touch.id or 0))
        merged.deleted_at, merged.merged_into_id = now, survivor_id
        for row in (survivor, merged):
            row.version += 1
            row.updated_at = now
        db.flush()
        changes = catalogue.changes_since(db, entity, survivor, known, now=now)
        row = RecordMerge(
            entity=entity, survivor_id=survivor_id, merged_id=merged_id, by_id=actor.actor_id, merged_at=now,
            reason=reason.strip()[:300], labels=list(changes.after), pair_id=_close_pairs(db, actor, entity, survivor_id, merged_id, now),
            changes=_columns.dump({
                "survivor": _columns.changed(before, _columns.values(survivor)),
                "merged": _columns.changed(gone, _columns.values(merged)),
            }),
        )  # fmt: skip
        db.add(row)
        db.flush()
        merge_id = row.id or 0
        if moves:
            insert = sa.insert(MergeMove.__table__)  # type: ignore[attr-defined]
            db.execute(insert, [{"merge_id": merge_id, "place": name, "row_id": one} for name, one in moves])
        search.index(db, entity, survivor)
        carried = counted(moves)
        events.record(
            db, actor, f"{entity}.merged", now=now, entity=entity, entity_id=survivor_id,
            customer_id=survivor_id if entity == "customer" else survivor.customer_id,
            lead_id=survivor_id if entity == "lead" else None, before=changes.before, after=changes.after,
            summary=f"{merged.number} 并入 {survivor.number}" + _words(carried), reason=reason.strip(),
        )  # fmt: skip
        return Merged(merge_id, survivor_id, carried)


def counted(moves: list[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    """Return how many rows were carried, by label, the most first."""
    totals: dict[str, int] = {}
    for name, _row in moves:
        if name != ADDED and not name.endswith(_places.LINK):
            label = _places.LABELS.get(name.partition(".")[0], "其他记录")
            totals[label] = totals.get(label, 0) + 1
    return tuple(sorted(totals.items(), key=lambda pair: (-pair[1], pair[0])))


def _words(carried: tuple[tuple[str, int], ...]) -> str:
    return "，转移" + "、".join(f"{label} {number}" for label, number in carried) if carried else ""


def refuse(entity: str, survivor: Any, merged: Any) -> None:
    """Raise CannotMerge when these two may not become one."""
    if survivor.id == merged.id:
        raise CannotMerge("不能和自己合并")
    mine, theirs = survivor.id_number_index, merged.id_number_index
    if mine and theirs and mine != theirs:
        raise CannotMerge("两条的证件号码不同，不是同一个人，不能合并")
    if entity == "customer" and survivor.kind != merged.kind:
        raise CannotMerge("一条是个人、一条是企业，不能合并")
    if entity == "lead":
        if survivor.customer_id and merged.customer_id and survivor.customer_id != merged.customer_id:
            raise CannotMerge("两条线索属于两位客户，请先合并客户")
        if survivor.owner_id is None and merged.owner_id is not None:
            raise CannotMerge("另一条有人在跟进，请把有负责人的那条作为保留的一条")


def choosable(db: Session, entity: str) -> list[FieldSpec]:
    """Return the fields between whose two values a merge chooses, in form order."""
    return [
        spec for spec in catalogue.current(db).for_form(entity)
        if spec.kind != "segment" and spec.column.partition(".")[0] not in ("owner_id", "department_id", "status", "kind")
    ]  # fmt: skip


def better_side(survivor: Any, merged: Any, spec: FieldSpec) -> str:
    """Return whose value of a field to take when nobody says: the one there is, else the newer record's."""
    mine, theirs = catalogue.read_value(survivor, spec), catalogue.read_value(merged, spec)
    if theirs in (None, "", []):
        return "survivor"
    if mine in (None, "", []):
        return "merged"
    return "merged" if merged.updated_at > survivor.updated_at and mine != theirs else "survivor"


def _take(survivor: Any, merged: Any, spec: FieldSpec, side: str) -> None:
    mine, theirs = catalogue.read_value(survivor, spec), catalogue.read_value(merged, spec)
    if isinstance(mine, list) and isinstance(theirs, list):
        catalogue.write_value(survivor, spec, [*mine, *(one for one in theirs if one not in mine)])
    elif side == "merged" and mine != theirs:
        catalogue.write_value(survivor, spec, theirs)
        if spec.column == "id_number" and hasattr(survivor, "id_type"):
            survivor.id_type = merged.id_type


def _follow(survivor: Any, merged: Any, choices: Mapping[str, str]) -> None:
    """Carry what no form shows: the earliest contact, the last follow-up, the cost, the next step when there is none."""
    if isinstance(survivor, Lead):
        contacts = [one for one in (survivor.first_contact_at, merged.first_contact_at) if one]
        survivor.first_contact_at = min(contacts) if contacts else None
        survivor.cost_fen += merged.cost_fen
        survivor.customer_id = survivor.customer_id or merged.customer_id
    else:
        survivor.tags = [*survivor.tags, *(one for one in merged.tags if one not in survivor.tags)]
        survivor.manager_id = survivor.manager_id or merged.manager_id
        if choices.get(OWNER) == "merged":
            survivor.owner_id, survivor.department_id = merged.owner_id, merged.department_id
    touched = [one for one in (survivor.last_follow_up_at, merged.last_follow_up_at) if one]
    survivor.last_follow_up_at = max(touched) if touched else None
    if (
        survivor.next_step_at is None
        and merged.next_step_at is not None
        and not getattr(survivor, "closed_at", None)
    ):
        survivor.next_step, survivor.next_step_kind = merged.next_step, merged.next_step_kind
        survivor.next_step_at = merged.next_step_at


def _close_pairs(
    db: Session, actor: Actor, entity: str, survivor_id: int, merged_id: int, now: datetime
) -> int | None:
    """Mark the pair merged; the merged record's other open pairs have nobody behind them any more."""
    mine, found = repository.ordered((entity, survivor_id), (entity, merged_id)), None
    for pair in repository.pairs_of(db, [(entity, merged_id)]):
        if ((pair.left_entity, pair.left_id), (pair.right_entity, pair.right_id)) == mine:
            pair.status, pair.decided_by_id, pair.decided_at = PairStatus.MERGED.value, actor.actor_id, now
            found = pair.id
        elif pair.status == PairStatus.OPEN.value:
            pair.status = PairStatus.STALE.value
        else:
            continue
        pair.version += 1
    return found


def undo(actor: Actor, *, merge_id: int, reason: str = "", now: datetime) -> int:
    """Take a merge back exactly, as long as nothing stands against it; return the id of the record that is back.

    Rows that came to the survivor on carried ones since (tasks, files, follow-ups) go back with them.

    Raises:
        NotFound: no such merge, or its survivor lies outside the actor's scope.
        NotPermitted: the actor lacks leads:merge or customers:merge.
        CannotUndo: too long ago, done already, or a later fact forbids it; the sentence says which.
    """
    with transaction() as db:
        query = sa.select(RecordMerge).where(col(RecordMerge.id) == merge_id).with_for_update()
        row: RecordMerge | None = db.execute(
            query.execution_options(populate_existing=True)
        ).scalar_one_or_none()
        if row is None:
            raise NotFound("没有找到这次合并")
        model = repository.MODELS[row.entity]
        changes = _columns.load(row.changes, model)
        moves = _moves(db, merge_id)
        survivor, merged = _locked(db, model, row.survivor_id), _locked(db, model, row.merged_id)
        if row.undone_at is None and survivor is not None and survivor.deleted_at is None:
            get: Any = leads.get_visible if row.entity == "lead" else customers.get_visible
            get(db, actor, row.survivor_id)
        elif not actor.reaches(
            owner_id=getattr(survivor, "owner_id", None),
            department_id=getattr(survivor, "department_id", None),
        ):
            raise NotFound("没有找到这次合并")
        actor.require(NEEDED[row.entity])
        against = obstacles(db, row, survivor, merged, changes, moves, now=now)
        if against:
            raise CannotUndo("不能撤销：" + "；".join(against))
        assert survivor is not None and merged is not None
        known = catalogue.snapshot(db, row.entity, survivor)
        carried = [one for one in moves if one[0] != ADDED]
        for place, ids in _places.grown(db, row.entity, carried, survivor=row.survivor_id):
            carried += [(place.name, one) for one in ids]
        _places.give_back(db, row.entity, carried, target=row.merged_id)
        added = [one for name, one in moves if name == ADDED]
        if added:
            db.execute(sa.delete(LeadTouch).where(col(LeadTouch.id).in_(added)))
        for name, (old, new) in changes["survivor"].items():
            if getattr(survivor, name) == new:
                setattr(survivor, name, old)
        for name, (old, _new) in changes["merged"].items():
            setattr(merged, name, old)
        for one in (survivor, merged):
            one.version += 1
            one.updated_at = now
        row.undone_at, row.undone_by_id, row.undo_reason = now, actor.actor_id, reason.strip()[:300]
        row.version += 1
        pair = db.get(DuplicatePair, row.pair_id) if row.pair_id else None
        if pair is not None:
            pair.status, pair.version = PairStatus.OPEN.value, pair.version + 1
            pair.decided_by_id = pair.decided_at = None
        db.flush()
        for one in (survivor, merged):
            search.index(db, row.entity, one)
        back = catalogue.changes_since(db, row.entity, survivor, known, now=now)
        events.record(
            db, actor, f"{row.entity}.merge_undone", now=now, entity=row.entity, entity_id=row.survivor_id,
            customer_id=row.survivor_id if row.entity == "customer" else survivor.customer_id,
            lead_id=row.survivor_id if row.entity == "lead" else None, before=back.before, after=back.after,
            summary=f"{merged.number} 从 {survivor.number} 分开", reason=reason.strip(),
        )  # fmt: skip
        compare_records(db, [(row.entity, row.merged_id)], now=now)
        return row.merged_id


def _moves(db: Session, merge_id: int) -> list[tuple[str, int]]:
    query = sa.select(col(MergeMove.place), col(MergeMove.row_id)).where(col(MergeMove.merge_id) == merge_id)
    return [(place, int(row_id)) for place, row_id in db.execute(query.order_by(col(MergeMove.id)))]


def _locked(db: Session, model: Any, row_id: int) -> Any:
    query = sa.select(model).where(model.id == row_id).with_for_update()
    return db.execute(query.execution_options(populate_existing=True)).scalar_one_or_none()


def obstacles(
    db: Session,
    row: RecordMerge,
    survivor: Any,
    merged: Any,
    changes: Mapping[str, _columns.Change],
    moves: list[tuple[str, int]],
    *,
    now: datetime,
) -> list[str]:
    """Return what stands against taking a merge back, each as a sentence; nothing when it can be."""
    days = rules_of(db, now=now).undo_days
    if row.undone_at is not None:
        return ["已经撤销过了"]
    if now - row.merged_at > timedelta(days=days):
        return [f"合并已超过 {days} 天"]
    if survivor is None or merged is None or survivor.deleted_at is not None:
        return ["保留的那条后来又被合并或删除，请先撤销那一次"]
    if merged.merged_into_id != row.survivor_id:
        return ["被合并的那条已不在原处"]
    against = []
    fields = {spec.column: spec.label for spec in catalogue.current(db).fields(row.entity)}
    touched = [
        fields[name] for name, (_old, new) in changes.get("survivor", {}).items()
        if name in fields and getattr(survivor, name) != new
    ]  # fmt: skip
    if touched:
        against.append(f"合并后改过{'、'.join(touched)}")
    carried = [one for one in moves if one[0] != ADDED]
    gone = _places.strayed(db, row.entity, carried, survivor=row.survivor_id)
    if gone:
        told = "、".join(f"{label} {number} 条" for label, number in gone.items())
        against.append(f"转移过来的{told}后来去了别处")
    for place, ids in _places.grown(db, row.entity, carried, survivor=row.survivor_id):
        if place.table.name in FORBID:
            numbers = sa.select(place.table.c.number).where(place.table.c.id.in_(ids)).limit(3)
            named = "、".join(str(one) for one in db.execute(numbers).scalars())
            against.append(f"合并后以保留的{NOUNS[row.entity]}新建了{place.label} {named}")
    return against


def survivor_of(actor: Actor, entity: str, row_id: int) -> int:
    """Return the living record a merged one went into, as far as the actor may see it; 0 when there is none."""
    from loanhub.services._transaction import reading

    model = repository.MODELS.get(entity)
    if model is None:
        return 0
    with reading() as db:
        wanted, seen = row_id, set()
        while wanted and wanted not in seen:
            seen.add(wanted)
            found = db.execute(sa.select(model.merged_into_id).where(model.id == wanted)).scalar_one_or_none()
            if not found:
                break
            wanted = int(found)
        if wanted == row_id:
            return 0
        get: Any = leads.get_visible if entity == "lead" else customers.get_visible
        try:
            get(db, actor, wanted)
        except NotFound:
            return 0
        return wanted
