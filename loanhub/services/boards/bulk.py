"""Many cards at once 批量: each is a decision of its own; all that went through is taken back with one undo."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from loanhub.domain.errors import LoanHubError
from loanhub.domain.permissions import Permission
from loanhub.models import Lead
from loanhub.repositories.scope import visible_to
from loanhub.services import actions
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.actions import Outcome
from loanhub.services.boards.entities import entity_of
from loanhub.services.boards.move import MovedBySomebody, move_card

Results = Sequence[tuple[int, Mapping[str, Any]]]
UNDOABLE = frozenset(
    {("lead", "move"), ("task", "move"), ("lead", "assign"), ("task", "hand_over"), ("lead", "tag")}
)
"""(entity, action) with a real reverse command; an approval or a submission has none."""


@dataclass(frozen=True)
class Refused:
    """A record that was left as it was: which, and why."""

    id: int
    name: str
    reason: str


def undo(actor: Actor, entity: str, code: str, results: Results, *, now: datetime) -> Outcome:
    """Take a run of an action back, record by record, the last one first; what somebody touched since is left.

    ``results`` are those of the run (:func:`loanhub.services.actions.run`).
    """
    done: list[tuple[int, Mapping[str, object]]] = []
    failures: list[tuple[int, str]] = []
    for record_id, result in reversed(results):
        try:
            _undo_one(actor, entity, code, record_id, result, now)
            done.append((record_id, {}))
        except MovedBySomebody as late:
            failures.append((record_id, f"无法撤销，{late.sentence}"))
        except LoanHubError as refusal:
            failures.append((record_id, refusal.sentence))
    return Outcome(len(done), tuple(failures), tuple(done))


def _undo_one(
    actor: Actor, entity: str, code: str, record_id: int, result: Mapping[str, Any], now: datetime
) -> None:
    if code == "move":
        move_card(
            actor, entity=entity, card_id=record_id, to=str(result["from_stage"]),
            after_id=int(result["above_id"]) or None, expected_version=int(result["version"]), reason="撤销", now=now,
        )  # fmt: skip
        return
    raw: dict[str, object]
    if code == "tag":
        raw = {"add": list(result["removed"]), "remove": list(result["added"])}
        if not raw["add"] and not raw["remove"]:
            return
    elif int(result["owner_id"]):
        raw = {"owner_id": str(result["owner_id"])}
    else:
        code, raw = "release", {"reason": "撤销分配"}
    outcome = actions.run(actor, code, entity=entity, record_ids=[record_id], raw=raw, now=now)
    if outcome.failures:
        raise LoanHubError(outcome.failures[0][1])


def explain(actor: Actor, entity: str, failures: Sequence[tuple[int, str]]) -> list[Refused]:
    """Return the records that were left as they were, by the name the actor knows them by."""
    actor.require(Permission.BOARDS_READ)
    kind = entity_of(entity)
    with reading() as db:
        rows = db.execute(
            sa.select(kind.model).where(
                col(kind.model.id).in_([record_id for record_id, _ in failures]),
                visible_to(actor, kind.model),
            )
        ).scalars()
        names = {int(row.id or 0): kind.name_of(db, actor, row) for row in rows}
    return [
        Refused(record_id, names.get(record_id, "看不到的记录"), reason) for record_id, reason in failures
    ]


def known_tags(actor: Actor, *, limit: int) -> tuple[str, ...]:
    """Return the tags of the newest leads this actor sees, the most used first: what a bar of tags offers."""
    actor.require(Permission.LEADS_READ)
    with reading() as db:
        query = (
            sa.select(col(Lead.custom))
            .where(visible_to(actor, Lead), col(Lead.owner_id).is_not(None))
            .order_by(col(Lead.id).desc())
            .limit(2_000)
        )
        counted = Counter(
            str(tag) for (custom,) in db.execute(query).all() for tag in (custom or {}).get("tags") or []
        )
    return tuple(tag for tag, _ in counted.most_common(limit))
