"""Who works on a case and where it stands: assign, claim, move, send to legal, suspend 分配、推进、移送法务、停催."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlmodel import Session

from loanhub.domain import collections as rules
from loanhub.domain.collections import CollectionStage, HoldReason
from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.formats import local
from loanhub.domain.permissions import Permission
from loanhub.models import CollectionCase, User
from loanhub.repositories import collections as repository
from loanhub.services._actor import Actor
from loanhub.services._notices import notify
from loanhub.services._transaction import transaction
from loanhub.services.collections import strategies
from loanhub.services.collections._shared import (
    SomebodysCase,
    enter,
    hold_words,
    open_case,
    record,
    tell_board,
    touch,
)
from loanhub.services.collections.contact import hold_in

LONGEST_HOLD = timedelta(days=365)


def assign(actor: Actor, *, case_id: int, owner_id: int, now: datetime) -> None:
    """Give a case to a collector.

    Raises:
        NotFound: no such case in the actor's scope.
        NotPermitted: the actor lacks collections:assign.
        CaseClosed: the case is over.
        InvalidInput: naming ``owner_id``: nobody who may contact debtors.
    """
    with transaction() as db:
        case = open_case(db, actor, case_id)
        actor.require(Permission.COLLECTIONS_ASSIGN)
        people = {
            user.id: user for user, _ in repository.list_collectors(db, Permission.COLLECTIONS_CONTACT.value)
        }
        if owner_id not in people:
            raise InvalidInput(fields={"owner_id": "请选择一位催收员"})
        if case.owner_id == owner_id:
            return
        _give(db, actor, case, people[owner_id], now=now)


def claim(actor: Actor, *, case_id: int, now: datetime) -> None:
    """Take a case that nobody has.

    Raises:
        NotFound: no such case in the actor's scope.
        NotPermitted: the actor lacks collections:contact.
        CaseClosed, SomebodysCase: see the classes.
    """
    with transaction() as db:
        case = open_case(db, actor, case_id)
        actor.require(Permission.COLLECTIONS_CONTACT)
        if case.owner_id == actor.actor_id:
            return
        user = db.get(User, actor.user_id)
        if case.owner_id is not None:
            other = db.get(User, case.owner_id)
            raise SomebodysCase(other.name if other is not None else "")
        if user is None:
            raise NotFound
        _give(db, actor, case, user, now=now)


def _give(db: Session, actor: Actor, case: CollectionCase, user: User, *, now: datetime) -> None:
    before = db.get(User, case.owner_id) if case.owner_id else None
    case.owner_id = user.id
    touch(case, now)
    record(
        db, actor, "collection.assigned", case, f"分配给 {user.name}", now=now,
        before={"催收员": before.name if before is not None else "—"}, after={"催收员": user.name},
    )  # fmt: skip
    if user.id != actor.actor_id:
        notify(
            db, user.id, title="分到一个催收案件", text=case.number, link=f"/collections?case={case.id}",
            kind="collection", entity="collection_case", entity_id=case.id, actionable=True, now=now,
        )  # fmt: skip
    tell_board(db, actor, case)


def move_stage(
    actor: Actor,
    *,
    case_id: int,
    to: str,
    reason: str = "",
    expected_version: int | None = None,
    now: datetime,
) -> None:
    """Bring a case to 联系中, 外访 or 法务; the last takes a reason of 4 characters and a permission of its own.

    Raises:
        NotFound: no such case in the actor's scope.
        NotPermitted: the actor lacks collections:contact, or collections:legal for 法务 and back from it.
        CaseClosed, StaleCase, IllegalStage: see the classes.
        InvalidInput: naming ``to`` or ``reason``.
    """
    target = CollectionStage.find(to)
    if target is None:
        raise InvalidInput(fields={"to": "没有这个阶段"})
    with transaction() as db:
        case = open_case(db, actor, case_id, expected_version=expected_version)
        source = CollectionStage(case.stage)
        actor.require(Permission.COLLECTIONS_CONTACT)
        legal = CollectionStage.LEGAL in (source, target)
        if legal:
            actor.require(Permission.COLLECTIONS_LEGAL)
        if source is target:
            return
        rules.move(source, target)
        words = reason.strip()
        if target is CollectionStage.LEGAL and len(words) < 4:
            raise InvalidInput(fields={"reason": "移送法务要写明理由，至少 4 个字"})
        if len(words) > 300:
            raise InvalidInput(fields={"reason": "理由最多 300 个字"})
        enter(case, target, now)
        if target is CollectionStage.LEGAL:
            case.legal_on = local(now).date()
        touch(case, now)
        record(
            db, actor, "collection.sent_to_legal" if target is CollectionStage.LEGAL else "collection.moved", case,
            f"{source.label} → {target.label}", now=now, before={"进展": source.label}, after={"进展": target.label},
            reason=words,
        )  # fmt: skip
        tell_board(db, actor, case, source)


def hold(
    actor: Actor, *, case_id: int, reason: str, until: date | None = None, note: str = "", now: datetime
) -> None:
    """Suspend contact with this customer 停催, until a day (inclusive) or until it is lifted.

    Raises:
        NotFound: no such case in the actor's scope.
        NotPermitted: the actor lacks collections:contact.
        CaseClosed: the case is over.
        InvalidInput: naming ``reason``, ``until`` or ``note``.
    """
    found, today, faults = HoldReason.find(reason), local(now).date(), {}
    if found is None:
        faults["reason"] = "请选择停催原因"
    if until is not None and not today <= until <= today + LONGEST_HOLD:
        faults["until"] = "停催到今天起一年内的某一天"
    if not 4 <= len(note.strip()) <= 300:
        faults["note"] = "写明情况，4 到 300 个字"
    with transaction() as db:
        case = open_case(db, actor, case_id)
        actor.require(Permission.COLLECTIONS_CONTACT)
        if faults or found is None:
            raise InvalidInput(fields=faults)
        hold_in(db, actor, case, found, until, note.strip(), now=now)


def resume(actor: Actor, *, case_id: int, note: str, now: datetime) -> None:
    """Lift a stop of contact 恢复催收; who lifts one needs the right to assign cases.

    Raises:
        NotFound: no such case in the actor's scope.
        NotPermitted: the actor lacks collections:assign.
        CaseClosed: the case is over.
        InvalidInput: naming ``note``.
    """
    with transaction() as db:
        case = open_case(db, actor, case_id)
        actor.require(Permission.COLLECTIONS_ASSIGN)
        if not 4 <= len(note.strip()) <= 300:
            raise InvalidInput(fields={"note": "写明为什么可以恢复，4 到 300 个字"})
        words = hold_words(case, local(now).date()) or "停催"
        if not case.hold_reason:
            return
        case.hold_reason, case.hold_until = "", None
        touch(case, now)
        strategies.refresh(db, case, now=now)
        record(
            db,
            actor,
            "collection.resumed",
            case,
            "恢复催收",
            now=now,
            before={"停催": words},
            reason=note.strip(),
        )
