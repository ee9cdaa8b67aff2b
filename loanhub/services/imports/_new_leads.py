"""Rows of an import that become leads: whose they are, where they stand, and all that belongs to them, in a few statements."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlmodel import Session

from loanhub.domain.formats import local
from loanhub.domain.leads import LeadDoor, LeadOrigin, LeadStatus, lead_number
from loanhub.domain.names import number_tokens
from loanhub.domain.rank import between, spread
from loanhub.models import ImportBatch, Lead
from loanhub.repositories import bulk
from loanhub.repositories import leads as lead_repository
from loanhub.services import assignment, events, search
from loanhub.services._actor import Actor
from loanhub.services._numbering import next_number
from loanhub.services.imports._context import Context
from loanhub.services.imports._known import Match
from loanhub.services.imports._plan import Ownership
from loanhub.services.imports._ready import SEALED, TABLE, Ready, ReadyRow
from loanhub.services.leads._entry import Entry


def insert(
    db: Session,
    actor: Actor,
    batch: ImportBatch,
    rows: Sequence[tuple[ReadyRow, Match | None]],
    context: Context,
    *,
    now: datetime,
) -> list[int]:
    """Insert new leads and all that belongs to them; returns their ids in order.

    A lead of a known customer goes to the customer's owner; without one it is given out as the others are.
    """
    if not rows:
        return []
    same = _defaults(db, actor, batch, context, now)
    brings = [row.ready for row, _ in rows if row.ready is not None]
    placed = _placed(db, rows, brings, same, context, done=batch.created_count, now=now)
    day = local(now).date()
    first = next_number(db, f"lead:{day:%Y%m%d}", count=len(rows))
    numbers = [lead_number(day, first + place) for place in range(len(rows))]
    ids = bulk.next_ids(db, Lead, len(rows))
    channels = [one.columns.get("channel_code", "") for one in brings]
    columns: dict[str, list[Any]] = {"id": ids, "number": numbers}
    columns["cost_fen"] = [context.costs.get(code, 0) for code in channels]
    for name in sorted(set().union(*(one.columns for one in brings))):
        if name in SEALED:
            columns[name] = [one.sealed.get(name) for one in brings]
        else:
            usual = same[name]
            columns[name] = [one.columns.get(name, usual) for one in brings]
    for name in sorted(set().union(*placed)):
        usual = same[name]
        columns[name] = [one.get(name, usual) for one in placed]
    bulk.insert_columns(
        db, Lead, columns, written=SEALED, same={name: value for name, value in same.items() if name not in columns}
    )  # fmt: skip
    search.write_token_lists(
        db, "lead",
        ((lead_id, _with(one.tokens, number_tokens(number))) for lead_id, one, number in zip(ids, brings, numbers, strict=True)),
    )  # fmt: skip
    labels = context.channels
    entries = [
        events.Entry(
            lead_id, f"{number} {labels.get(code, '')}".rstrip(), {"文件": batch.file_name, "行": row.number, **_why(values, context)},
            customer_id=values.get("customer_id"),
        )
        for lead_id, number, code, values, (row, _) in zip(ids, numbers, channels, placed, rows, strict=True)
    ]  # fmt: skip
    events.record_many(db, actor, "lead.imported", entries, now=now, entity="lead", key=f"import:{batch.id}")
    return ids


def _with(tokens: str, more: set[str]) -> str:
    """Return the text of a JSON array with more tokens, plain letters and digits, at its end."""
    listed = ",".join(f'"{token}"' for token in sorted(more))
    return f"[{listed}]" if tokens == "[]" else f"{tokens[:-1]},{listed}]"


def _placed(
    db: Session, rows: Sequence[tuple[ReadyRow, Match | None]], brings: Sequence[Ready], same: Mapping[str, Any],
    context: Context, *, done: int, now: datetime,
) -> list[dict[str, Any]]:  # fmt: skip
    """Return by column whose each new lead becomes, why, and where on the board it stands."""
    first_step_at = assignment.first_step_at(db, now)
    placed = [_keeping(match, first_step_at, now) for _, match in rows]
    if context.options.owner is Ownership.RULES:
        with assignment.open_engine(db, now=now) as engine:
            for kept, ready in zip(placed, brings, strict=True):
                if "owner_id" not in kept:
                    record = {**same, **ready.columns, **kept} if engine.asks else same
                    kept |= assignment.columns_of(engine, engine.place(record), now=now)
    elif context.owners:
        turn = itertools.islice(itertools.cycle(context.owners), done, None)
        for kept, (owner_id, department_id) in zip(placed, turn, strict=False):
            if "owner_id" not in kept:
                kept["owner_id"], kept["department_id"] = owner_id, department_id
    entry = Entry(db, now=now)
    usual = None if entry.asks else entry.board_of(None)
    for kept, ready in zip(placed, brings, strict=True):
        board = usual or entry.board_of(SimpleNamespace(**{**same, **ready.columns, **kept}))
        kept["pipeline_id"], kept["stage_code"] = board
    _rank(db, placed)
    return placed


def _keeping(match: Match | None, first_step_at: datetime, now: datetime) -> dict[str, Any]:
    """Return what makes a new lead one of a known customer's: the link and, unless nobody is there, its owner."""
    if match is None or match.customer is None:
        return {}
    customer = match.customer
    found: dict[str, Any] = {"customer_id": customer.id}
    if customer.keeper_id is not None:
        found |= {
            "owner_id": customer.keeper_id, "department_id": customer.department_id, "status": LeadStatus.WAITING,
            "assigned_at": now, "assigned_reason": "导入时已是客户，归客户负责人", "pooled_at": None, "pool_reason": "",
            "next_step": "首次联系", "next_step_kind": "phone", "next_step_at": first_step_at,
        }  # fmt: skip
    return found


def _why(values: Mapping[str, Any], context: Context) -> dict[str, object]:
    """Return why a row went where it went, for its event."""
    if context.options.owner is not Ownership.RULES and "customer_id" not in values:
        return {}
    return {"依据": values.get("assigned_reason") or values.get("pool_reason") or "已是客户"}


def _defaults(
    db: Session, actor: Actor, batch: ImportBatch, context: Context, now: datetime
) -> dict[str, Any]:
    pooled = not context.owners
    first_step_at = assignment.first_step_at(db, now)
    lead = Lead(
        number="", name="", status=LeadStatus.NEW if pooled else LeadStatus.WAITING, origin=LeadOrigin.NEW_DATA,
        door=LeadDoor.IMPORT.value,
        created_at=now, updated_at=now, created_by_id=actor.actor_id, import_batch_id=batch.id,
        stage_entered_at=now,
        assigned_at=None if pooled else now,
        assigned_reason="" if pooled else f"导入时{context.options.owner.label}"[:200],
        pooled_at=now if pooled else None, pool_reason="导入" if pooled else "",
        next_step="" if pooled else "首次联系", next_step_kind="" if pooled else "phone",
        next_step_at=None if pooled else first_step_at,
    )  # fmt: skip
    if pooled:
        lead.department_id = actor.department_id
    return {c.name: getattr(lead, c.name) for c in TABLE.columns if c.name != "id"}


def _rank(db: Session, leads: list[dict[str, Any]]) -> None:
    """Put the new leads at the top of their columns, in the order of the file."""
    columns: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for values in leads:
        columns.setdefault((values["pipeline_id"], values["stage_code"]), []).append(values)
    for (pipeline_id, stage_code), found in columns.items():
        ranks = _ranks(lead_repository.first_rank(db, pipeline_id, stage_code), len(found))
        for values, rank in zip(found, ranks, strict=True):
            values["rank"] = rank


def _ranks(first: str | None, count: int) -> list[str]:
    """Return ``count`` ranks in order above ``first``, however many are already there."""
    if first is None:
        return spread(count)
    low = between(None, first)
    if not first.startswith(low):
        # Whatever continues ``low`` stands above it and below ``first``.
        return [low + one for one in spread(count)]
    ranks: list[str] = []

    def fill(below: str, above: str, number: int) -> None:
        if number <= 0:
            return
        middle = between(below, above)
        left = (number - 1) // 2
        fill(below, middle, left)
        ranks.append(middle)
        fill(middle, above, number - 1 - left)

    fill(low, first, count)
    return ranks
