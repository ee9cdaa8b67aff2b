"""Computed tags 客户分层: the whole book each night, single customers minutes after money moved; made by hand stay apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.analytics.customers.tags import compute
from loanhub.domain import formats, rfm
from loanhub.domain.formats import local
from loanhub.domain.permissions import Permission
from loanhub.models import Customer, Event
from loanhub.models.encryption import blind_index
from loanhub.repositories import customers as repository
from loanhub.repositories.customer_facts import read_facts
from loanhub.services import events
from loanhub.services._actor import SYSTEM, Actor
from loanhub.services._transaction import announce, reading, transaction
from loanhub.services.customers.tag_history import entry_of, values_of

CHUNK = 1_000
"""Customers of one transaction: with five thousand everybody who wanted to write waited for seconds on a busy night."""
TRIGGERS = (
    "loan.disbursed", "loan.settled", "loan.overdue", "payment.posted", "payment.prepaid", "payment.reversed",
    "payment.recovered", "loan.written_off", "loan.extended", "loan.restructured", "interaction.recorded",
)  # fmt: skip
"""After one of these the customer is computed again."""
_DATES = (
    "last_money",
    "last_paid",
    "last_contact",
    "first_loan",
    "last_loan",
    "last_settled",
    "next_maturity",
)


def refresh_all(*, now: datetime) -> int:
    """Compute every customer anew, in chunks of their own transaction; return how many rows changed."""
    with reading() as db:
        last = db.execute(sa.select(sa.func.coalesce(sa.func.max(col(Customer.id)), 0))).scalar_one()
    return sum(_refresh(window=(start, start + CHUNK), now=now) for start in range(1, int(last) + 1, CHUNK))


def refresh(ids: Sequence[int], *, now: datetime) -> int:
    """Compute these customers anew; return how many rows changed."""
    return sum(_refresh(ids=ids[n : n + CHUNK], now=now) for n in range(0, len(ids), CHUNK))


def refresh_after(last_event: int, *, now: datetime, limit: int = 5_000) -> tuple[int, int]:
    """Compute the customers something happened to after an event; return (newest event seen, rows changed)."""
    with reading() as db:
        query = (
            sa.select(col(Event.id), col(Event.customer_id), col(Event.type))
            .where(col(Event.id) > last_event)
            .order_by(col(Event.id))
            .limit(limit)
        )
        rows = db.execute(query).all()
    touched = sorted({int(who) for _, who, code in rows if who and code in TRIGGERS})
    changed = refresh(touched, now=now) if touched else 0
    return (int(rows[-1][0] or last_event) if rows else last_event), changed


def _refresh(
    *, ids: Sequence[int] | None = None, window: tuple[int, int] | None = None, now: datetime
) -> int:
    today = local(now).date()
    with transaction() as db:
        facts = read_facts(db, today, ids=ids, window=window)
        if facts.is_empty():
            return 0
        found = facts.join(compute(facts, today), on="id")
        _index_addresses(db, ids=ids, window=window)
        return _write(db, found, today, now=now)


def _write(db: Session, found: pl.DataFrame, today: date, *, now: datetime) -> int:
    query = sa.select(
        col(Customer.id), col(Customer.lifecycle), col(Customer.value_segment), col(Customer.auto_tags),
        col(Customer.rfm_recency), col(Customer.rfm_frequency), col(Customer.rfm_monetary),
        col(Customer.tag_facts), col(Customer.tagged_on),
    )  # fmt: skip
    wanted = found["id"].to_list()
    stored = {
        row[0]: row for row in db.execute(query.where(col(Customer.id).between(wanted[0], wanted[-1]))).all()
    }
    updates, moved = [], []
    for row in found.iter_rows(named=True):
        old = stored.get(row["id"])
        if old is None:
            continue
        kept = pack(row)
        fresh = (
            row["lifecycle"],
            row["segment"],
            row["behaviour"],
            row["recency"],
            row["frequency"],
            row["monetary"],
        )
        if fresh == tuple(old[1:7]) and kept == old[7]:
            continue
        updates.append(
            {
                "row_id": row["id"], "lifecycle": fresh[0], "value_segment": fresh[1], "auto_tags": fresh[2],
                "rfm_recency": fresh[3], "rfm_frequency": fresh[4], "rfm_monetary": fresh[5], "tag_facts": kept,
                "tagged_on": today,
            }
        )  # fmt: skip
        # The first computation tells nobody anything new; nor do facts that move no tag and no score.
        before = values_of(old[1], old[2], old[3], old[4:7])
        after = values_of(fresh[0], fresh[1], fresh[2], fresh[3:])
        if old[8] is not None and before != after:
            moved.append(entry_of(row["id"], before, after, unpack(kept), today))
    if updates:
        table = Customer.__table__  # type: ignore[attr-defined]
        names = [name for name in updates[0] if name != "row_id"]
        db.connection().execute(
            sa.update(table)
            .where(table.c.id == sa.bindparam("row_id"))
            .values({n: sa.bindparam(n) for n in names}),
            updates,
        )
        db.expire_all()
    events.record_many(db, SYSTEM, "customer.retagged", moved, now=now, entity="customer")
    if len(updates) <= 50:
        for row in updates:
            announce(
                db,
                f"customer:{row['row_id']}",
                event="customer.retagged",
                entity="customer",
                id=row["row_id"],
                by=0,
            )
    return len(updates)


def _index_addresses(db: Session, *, ids: Sequence[int] | None, window: tuple[int, int] | None) -> None:
    """Fill the blind index of addresses written before there was one."""
    query = sa.select(Customer).where(
        col(Customer.address).is_not(None), col(Customer.address_index).is_(None)
    )
    if ids is not None:
        query = query.where(col(Customer.id).in_(ids))
    elif window is not None:
        query = query.where(col(Customer.id) >= window[0], col(Customer.id) < window[1])
    for row in db.execute(query).scalars():
        row.address_index = blind_index("address", row.address) if row.address else None
    db.flush()


def pack(row: Mapping[str, Any]) -> dict[str, object]:
    """Return the facts of a row as the customer keeps them: days as ISO texts."""
    return {
        spec.name: (row[spec.name].isoformat() if row[spec.name] else None)
        if spec.name in _DATES
        else row[spec.name]
        for spec in fields(rfm.Facts)
    }


def unpack(stored: Mapping[str, object]) -> rfm.Facts:
    """Return the facts a customer keeps."""
    known = {spec.name for spec in fields(rfm.Facts)}
    given: dict[str, Any] = {k: v for k, v in stored.items() if k in known}
    for name in _DATES:
        if given.get(name):
            given[name] = date.fromisoformat(str(given[name]))
    return rfm.Facts(**given)


@dataclass(frozen=True)
class Layers:
    """What is computed of a customer, with the calculation in words.

    ``scores`` are {code, label, score, words, rule}; ``behaviour`` {tag, why}. ``on`` is the day it was computed.
    """

    segment: str = ""
    lifecycle: str = ""
    lifecycle_why: str = ""
    on: str = ""
    scores: list[dict[str, str]] = field(default_factory=list)
    behaviour: list[dict[str, str]] = field(default_factory=list)


def layers(actor: Actor, *, customer_id: int, now: datetime) -> Layers:
    """Return what is computed of a customer, as of the last computation.

    Raises:
        NotFound: no such customer in the actor's scope.
        NotPermitted: the actor lacks customers:read.
    """
    with reading() as db:
        customer = repository.get_visible(db, actor, customer_id)
        actor.require(Permission.CUSTOMERS_READ)
        return layers_of(db, customer, now=now)


def layers_of(db: Session, customer: Customer, *, now: datetime) -> Layers:
    """Return the same for a customer already found; one never computed is computed here, without being written."""
    day = customer.tagged_on
    if day is None:
        day = local(now).date()
        rows = read_facts(db, day, ids=[customer.id or 0]).to_dicts()
        facts = unpack(pack(rows[0])) if rows else rfm.Facts()
    else:
        facts = unpack(customer.tag_facts)
    found = rfm.tags(facts, day)
    return Layers(
        segment=found.rfm.segment.label if found.rfm else "", lifecycle=found.lifecycle.label,
        lifecycle_why=rfm.why_lifecycle(facts, day), on=formats.day(day),
        scores=[
            {"code": r.code, "label": r.label, "score": str(r.score), "words": r.words, "rule": r.rule}
            for r in rfm.explain(facts, found.rfm, day)
        ],
        behaviour=[{"tag": tag, "why": rfm.why_tag(tag, facts, day)} for tag in found.behaviour],
    )  # fmt: skip
