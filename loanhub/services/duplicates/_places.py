"""Where records point at a lead or a customer: what a merge carries over, found from the tables themselves.

A table that comes later is carried as well, without a word here; what must stay is named with its reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Table
from sqlmodel import Session, SQLModel

STAYS = {
    "stage_move.lead_id": "append-only; the timeline follows the merge link",
    "lead_notice.lead_id": "what the clock has told of that lead",
    "import_row.lead_id": "what the row of the file became; the link redirects",
    "import_row.duplicate_of_id": "what the row of the file was held for",
    "webhook_delivery.lead_id": "what the delivery became; the link redirects",
}
"""Columns a merge leaves with the merged record."""

LINK = "merged_into_id"
LABELS = {
    "task": "待办", "interaction": "跟进", "document": "资料", "application": "申请", "contract": "合同", "loan": "贷款",
    "consent": "授权", "lead_consent": "授权", "customer_relation": "关系人", "lead_touch": "重复进线", "lead": "线索",
    "collection_case": "催收案件", "collection_contact": "催收联系", "score_record": "评分", "lead_cost": "成本",
    "refund_claim": "退量", "sop_run": "跟进节奏", "call_record": "通话记录", "legal_hold": "法律保留",
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """One column that points at the entity."""

    table: Table
    column: str

    @property
    def name(self) -> str:
        """Return ``table.column``."""
        return f"{self.table.name}.{self.column}"

    @property
    def label(self) -> str:
        """Return what its rows are called."""
        return LABELS.get(self.table.name, "其他记录")

    @property
    def own(self) -> Any:
        """Return the column."""
        return self.table.c[self.column]

    @property
    def unique(self) -> bool:
        """Return whether two records could be in each other's way here."""
        rules: list[sa.UniqueConstraint | sa.Index] = [
            one for one in self.table.constraints if isinstance(one, sa.UniqueConstraint)
        ]
        rules += [one for one in self.table.indexes if one.unique]
        return any(self.column in [c.name for c in one.columns] for one in rules)


@cache
def places(entity: str) -> tuple[Place, ...]:
    """Return every column that points at a lead or customer and is carried over."""
    found = []
    for table in SQLModel.metadata.sorted_tables:
        for column in table.columns:
            if any(key.target_fullname == f"{entity}.id" for key in column.foreign_keys):
                place = Place(table, column.name)
                # A table keyed by the record says something of that record alone (its score): it is computed anew.
                if place.name not in STAYS and not column.primary_key:
                    found.append(place)
    # What was merged into the merged one before leads straight to the survivor: a link is never longer than one step.
    return (*found, Place(SQLModel.metadata.tables[entity], LINK))


def carry(db: Session, entity: str, *, source: int, target: int) -> list[tuple[str, int]]:
    """Point every row of ``source`` at ``target``; return (place, row id) of each.

    A row that may not stand beside one of the target's (a unique rule) stays, and so does a relation between the two.
    """
    moved: list[tuple[str, int]] = []
    for place in places(entity):
        key = place.table.c.id
        query = sa.select(key).where(place.own == source)
        if place.table.name == "customer_relation":
            other = place.table.c["related_id" if place.column == "customer_id" else "customer_id"]
            query = query.where(sa.or_(other.is_(None), other != target))
        ids = [int(one) for one in db.execute(query.order_by(key)).scalars()]
        if not place.unique:
            _point(db, place, ids, target)
            moved += [(place.name, one) for one in ids]
            continue
        for one in ids:
            try:
                with db.begin_nested():
                    _point(db, place, [one], target)
            except sa.exc.IntegrityError:
                continue
            moved.append((place.name, one))
    return moved


def _point(db: Session, place: Place, ids: list[int], target: int) -> None:
    for start in range(0, len(ids), 500):
        part = ids[start : start + 500]
        db.execute(sa.update(place.table).where(place.table.c.id.in_(part)).values({place.column: target}))


def give_back(db: Session, entity: str, moves: list[tuple[str, int]], *, target: int) -> None:
    """Point the carried rows back."""
    by_name = {place.name: place for place in places(entity)}
    grouped: dict[str, list[int]] = {}
    for name, row_id in moves:
        grouped.setdefault(name, []).append(row_id)
    for name, ids in grouped.items():
        _point(db, by_name[name], ids, target)


def strayed(db: Session, entity: str, moves: list[tuple[str, int]], *, survivor: int) -> dict[str, int]:
    """Return how many carried rows point elsewhere by now (or are gone), by label."""
    by_name = {place.name: place for place in places(entity)}
    found: dict[str, int] = {}
    grouped: dict[str, list[int]] = {}
    for name, row_id in moves:
        grouped.setdefault(name, []).append(row_id)
    for name, ids in grouped.items():
        place = by_name[name]
        for start in range(0, len(ids), 500):
            part = ids[start : start + 500]
            query = sa.select(sa.func.count()).where(place.table.c.id.in_(part), place.own == survivor)
            missing = len(part) - int(db.execute(query).scalar_one())
            if missing:
                found[place.label] = found.get(place.label, 0) + missing
    return found


def grown(
    db: Session, entity: str, moves: list[tuple[str, int]], *, survivor: int
) -> list[tuple[Place, list[int]]]:
    """Return rows of the survivor that hang on carried ones and are no carried ones themselves, by place."""
    carried: dict[str, set[int]] = {}
    for name, row_id in moves:
        carried.setdefault(name.partition(".")[0], set()).add(row_id)
    found = []
    for place in places(entity):
        ids: set[int] = set()
        for column in place.table.columns:
            for key in column.foreign_keys:
                parents = sorted(carried.get(key.column.table.name, ()))
                if column.name == place.column or not parents:
                    continue
                for start in range(0, len(parents), 500):
                    query = sa.select(place.table.c.id).where(
                        column.in_(parents[start : start + 500]), place.own == survivor
                    )
                    ids |= {int(one) for one in db.execute(query).scalars()}
        ids -= carried.get(place.table.name, set())
        if ids:
            found.append((place, sorted(ids)))
    return found
