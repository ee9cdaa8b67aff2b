"""Move a card 移动卡片: to another stage or another place, through the gate, never over somebody else's move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from sqlmodel import Session

from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.domain.pipelines import MoveRefused, refusal
from loanhub.domain.rank import between
from loanhub.models import Lead, Pipeline
from loanhub.repositories import boards as repository
from loanhub.services._actor import Actor
from loanhub.services._idempotency import once_locked
from loanhub.services._transaction import announce, transaction
from loanhub.services.boards._rules import BoardRules, rules_of_board
from loanhub.services.boards.entities import CardEntity, Destination, entity_of


class MovedBySomebody(Conflict):
    """The card is no longer where this move believed it to be."""

    def __init__(self, who: str, stage: str) -> None:
        super().__init__(f"已被{who or '其他人'}移动（现在在「{stage}」）")
        self.who, self.stage = who or "其他人", stage


@dataclass(frozen=True)
class Moved:
    """A move as it was made."""

    card_id: int
    name: str
    version: int
    from_stage: str
    to_stage: str
    to_label: str
    stage_changed: bool
    above_id: int = 0
    """The card that stood above it in the old column, 0 for none; told where the caller asked for it."""
    final: bool = False
    """Whether the rules allow no way back, so that no undo is offered."""


def move(
    actor: Actor,
    *,
    lead_id: int,
    to: str,
    after_id: int | None = None,
    before_id: int | None = None,
    expected_version: int,
    supply: Mapping[str, object] | None = None,
    reason: str = "",
    key: str = "",
    now: datetime,
) -> Moved:
    """Move a lead; see :func:`move_card`."""
    return move_card(
        actor, entity="lead", card_id=lead_id, to=to, after_id=after_id, before_id=before_id,
        expected_version=expected_version, supply=supply, reason=reason, key=key, now=now,
    )  # fmt: skip


def move_card(
    actor: Actor,
    *,
    entity: str,
    card_id: int,
    to: str,
    after_id: int | None = None,
    before_id: int | None = None,
    expected_version: int | None,
    supply: Mapping[str, object] | None = None,
    reason: str = "",
    stays: bool = True,
    key: str = "",
    now: datetime,
) -> Moved:
    """Move a card between two neighbors of a column; ``supply`` completes what the gate asks for.

    Neighbors that left the column or lie outside the actor's scope count as unknown; without any the card
    goes to the top. Where cards stand by urgency, neighbors mean nothing. Only the moved card is written.

    ``expected_version`` None: the caller did not look at the card, as when many are moved at once. ``stays``: whether
    a card that stands in the stage already is given the new place; without it that card is left as it is.

    Raises:
        NotFound: no such card in the actor's scope.
        NotPermitted: the actor lacks boards:move, or what the record's own command asks.
        MovedBySomebody: the card was moved or edited since it was lifted.
        MoveRefused: the board's rules forbid it or the gate is closed; ``missing`` are the keys a side sheet can supply.
        InvalidInput: no such stage, or a supplied field is at fault.
    """
    kind = entity_of(entity)
    request = [card_id, to, after_id, before_id, expected_version, dict(supply or {})]
    action = "boards.move" if entity == "lead" else f"boards.move.{entity}"
    with transaction() as db:
        row, rules = kind.lock(db, actor, card_id)
        actor.require(kind.read)
        actor.require(Permission.BOARDS_MOVE)

        def work() -> dict[str, object]:
            target = rules.find(to)
            if target is None:
                raise InvalidInput("没有这个阶段")
            source = kind.stage_of(row)
            if expected_version is not None and row.version != expected_version:
                raise MovedBySomebody(kind.last_mover(db, row), rules.label(source))
            if to != source:
                check_rules(db, kind, rules, source, to, now=now)
            elif not stays:
                return asdict(
                    Moved(card_id, kind.name_of(db, actor, row), row.version, source, to, target.label, False)
                )
            above = repository.card_above(db, row) if kind.by_hand and expected_version is None else 0
            goal = Destination(to, after_id, before_id, dict(supply or {}), reason)
            kind.place(db, actor, row, rules, goal, now=now)
            told = _tell(db, actor, kind, row, rules, source)
            final = _is_final(db, actor, kind, row, rules, source, now=now)
            return asdict(replace(told, above_id=above, final=final))

        return Moved(**once_locked(db, actor, action, key, request, now=now, work=work))  # type: ignore[arg-type]


def advance(db: Session, actor: Actor, lead: Lead, to: str, *, reason: str, now: datetime) -> bool:
    """Bring a lead's card forward because of what happened elsewhere (approval, disbursement); never backward.

    Runs inside the caller's transaction; no rule of the board stops it. Returns whether the card moved.
    """
    from loanhub.services.boards.entities.lead import put

    pipeline = db.get(Pipeline, lead.pipeline_id) if lead.pipeline_id else None
    if pipeline is None:
        return False
    rules, source = rules_of_board(db, pipeline), lead.stage_code
    if (
        rules.find(to) is None
        or rules.find(source) is None
        or source == to
        or not rules.is_forward(source, to)
    ):
        return False
    rank = between(None, repository.first_rank(db, rules.pipeline_id, to, skip=lead.id or 0))
    put(db, actor, lead, rules, to, rank, reason=reason, now=now)
    _tell(db, actor, entity_of("lead"), lead, rules, source)
    return True


def check_rules(
    db: Session, kind: CardEntity, rules: BoardRules, source: str, to: str, *, now: datetime
) -> None:
    """Refuse what the board itself forbids: a way not allowed, a full stage; an unknown source may go anywhere."""
    target, count = rules.stages[to], 0
    if target.wip_hard and target.wip_limit:
        repository.lock_stage(db, rules.pipeline_id, to)
        everybody = kind.on_board(rules.pipeline_id, now=now)
        count = repository.count_in(db, kind.model, kind.stage_code(), everybody, to)
    reason = refusal(rules.find(source), target, count=count)
    if reason:
        raise MoveRefused(reason)


def _is_final(
    db: Session, actor: Actor, kind: CardEntity, row: object, rules: BoardRules, source: str, *, now: datetime
) -> bool:
    here, back = rules.find(kind.stage_of(row)), rules.find(source)
    if here is None or back is None or here is back:
        return False
    # A lead's gate asks for nothing on the way back; the statuses of the others have rules of their own.
    return bool(refusal(here, back)) or (
        not kind.by_hand and bool(kind.gate(db, actor, row, back, rules, now=now).blocked)
    )


def _tell(db: Session, actor: Actor, kind: CardEntity, row: object, rules: BoardRules, source: str) -> Moved:
    to = kind.stage_of(row)
    card_id, version = row.id or 0, row.version  # type: ignore[attr-defined]
    announce(
        db, f"board:{rules.pipeline_id}", id=card_id, version=version, columns=sorted({source, to}),
        by=actor.user_id, who=actor.name, owner_id=row.owner_id, department_id=row.department_id,  # type: ignore[attr-defined]
    )  # fmt: skip
    return Moved(card_id, kind.name_of(db, actor, row), version, source, to, rules.label(to), to != source)
