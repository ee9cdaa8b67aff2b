"""The life of a sequence: named, its draft put together, published, brought back, switched off."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.permissions import Permission
from loanhub.domain.sops import MAX_SOPS, MAX_STEPS, OFFERED, Document, Trigger, read_step
from loanhub.models import Sop, SopVersion
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._numbering import next_number
from loanhub.services._transaction import announce, transaction
from loanhub.services.sops._shared import LOCK, MODELS, TOPIC, checked, get_draft, get_sop, versions_of


def create(actor: Actor, *, name: str, entity: str, document: Document | None = None, now: datetime) -> int:
    """Name a new sequence of leads or customers and begin its draft; returns its id.

    Raises:
        NotPermitted: the actor lacks sops:edit.
        InvalidInput: no name, one that is taken, or another entity.
    """
    actor.require(Permission.SOPS_EDIT)
    if entity not in MODELS:
        raise InvalidInput(fields={"entity": "请选择线索或客户"})
    with transaction() as db:
        next_number(db, LOCK)
        words = _name(db, name, but=0)
        if db.execute(sa.select(sa.func.count()).select_from(Sop)).scalar_one() >= MAX_SOPS:
            raise InvalidInput(f"最多 {MAX_SOPS} 个跟进节奏")
        sop = Sop(name=words, entity=entity, created_by_id=actor.actor_id, created_at=now)
        db.add(sop)
        db.flush()
        start = document or Document(trigger=OFFERED[entity][0])
        db.add(
            SopVersion(
                sop_id=sop.id or 0, document=start.as_json(), created_by_id=actor.actor_id, created_at=now, updated_at=now
            )
        )  # fmt: skip
        db.flush()
        _record(db, actor, "sop.edited", sop, "新建", now)
        return sop.id or 0


def _name(db: Session, name: str, *, but: int) -> str:
    words = name.strip()
    if not words or len(words) > 40:
        raise InvalidInput(fields={"name": "起一个名字" if not words else "最多 40 个字"})
    taken = sa.select(sa.literal(1)).where(col(Sop.name) == words, col(Sop.id) != but)
    if db.execute(taken).first() is not None:
        raise InvalidInput(fields={"name": "已经有同名的跟进节奏"})
    return words


def _record(
    db: Session, actor: Actor, kind: str, sop: Sop, what: str, now: datetime, reason: str = ""
) -> None:
    events.record(
        db, actor, kind, now=now, entity="sop", entity_id=sop.id, summary=f"{sop.name}：{what}", reason=reason
    )  # fmt: skip
    announce(db, TOPIC)


def rename(actor: Actor, *, sop_id: int, name: str, now: datetime) -> None:
    """Give a sequence another name.

    Raises:
        NotFound: no such sequence.
        NotPermitted, InvalidInput: see :func:`create`.
    """
    with transaction() as db:
        sop = get_sop(db, sop_id, for_update=True)
        actor.require(Permission.SOPS_EDIT)
        before, sop.name = sop.name, _name(db, name, but=sop_id)
        sop.version += 1
        _record(db, actor, "sop.edited", sop, f"改名，原名「{before}」", now)


def switch(actor: Actor, *, sop_id: int, active: bool, now: datetime) -> None:
    """Let records in or not any more; those on the way go on.

    Raises:
        NotFound, NotPermitted: see :func:`rename`.
        Conflict: it was never published.
    """
    with transaction() as db:
        sop = get_sop(db, sop_id, for_update=True)
        actor.require(Permission.SOPS_EDIT)
        if active and versions_of(sop_id).in_force(db) is None:
            raise Conflict("还没有发布过，先发布再启用")
        sop.active = active
        sop.version += 1
        _record(db, actor, "sop.edited", sop, "启用" if active else "停用", now)


def save_entry(
    actor: Actor,
    *,
    sop_id: int,
    expected: int,
    trigger: str,
    criteria: object,
    leave: object,
    on_reply: bool,
    on_stage: bool,
    rest_days: int,
    per_day: int,
    now: datetime,
) -> int:
    """Change in the draft who enters and who leaves; returns the draft's version.

    Raises:
        NotFound, NotPermitted: see :func:`rename`.
        StaleDraft: somebody changed the draft since ``expected``.
        InvalidInput: a sentence for each part at fault.
    """
    with transaction() as db:
        sop = get_sop(db, sop_id)
        actor.require(Permission.SOPS_EDIT)
        faults: dict[str, str] = {}
        found = Trigger.find(trigger)
        if found is None or found not in OFFERED[sop.entity]:
            faults["trigger"] = "请选择进入时机"
        if not 0 <= rest_days <= 3_650:
            faults["rest_days"] = "填 0 到 3650 的整数"
        if not 0 <= per_day <= 999:
            faults["per_day"] = "填 0 到 999 的整数"
        if faults or found is None:
            raise InvalidInput(fields=faults)
        enters, leaves = (
            checked(db, sop.entity, criteria, "criteria"),
            checked(db, sop.entity, leave, "leave"),
        )
        draft = get_draft(db, actor, sop_id, expected=expected, now=now)
        document = replace(
            Document.of_json(draft.document), trigger=found, criteria=enters, leave=leaves, on_reply=on_reply,
            on_stage=on_stage and sop.entity == "lead", rest_days=rest_days, per_day=per_day,
        )  # fmt: skip
        return _store(db, actor, sop, draft, document, "进入与退出", now)


def save_step(
    actor: Actor, *, sop_id: int, expected: int, key: str = "", texts: Mapping[str, str], now: datetime
) -> int:
    """Add a step to the draft (no ``key``; it goes last) or change one; returns the draft's version.

    Raises:
        NotFound, NotPermitted, StaleDraft: see :func:`save_entry`.
        InvalidInput: a sentence for each field at fault.
    """
    with transaction() as db:
        sop = get_sop(db, sop_id)
        actor.require(Permission.SOPS_EDIT)
        draft = get_draft(db, actor, sop_id, expected=expected, now=now)
        document = Document.of_json(draft.document)
        steps = [*document.steps]
        place = _place(document, key) if key else len(steps)
        if not key and len(steps) >= MAX_STEPS:
            raise InvalidInput(f"最多 {MAX_STEPS} 步")
        step, faults = read_step(texts, key=key or secrets.token_hex(4))
        if step is None:
            raise InvalidInput(fields=faults)
        steps[place : place + 1] = [step]
        return _store(
            db, actor, sop, draft, replace(document, steps=tuple(steps)), f"第 {place + 1} 步「{step.title}」", now
        )  # fmt: skip


def move_step(actor: Actor, *, sop_id: int, expected: int, key: str, to: int, now: datetime) -> int:
    """Put a step of the draft at another place (from 0); returns the draft's version.

    Raises:
        NotFound, NotPermitted, StaleDraft: see :func:`save_entry`.
    """
    with transaction() as db:
        sop = get_sop(db, sop_id)
        actor.require(Permission.SOPS_EDIT)
        draft = get_draft(db, actor, sop_id, expected=expected, now=now)
        document = Document.of_json(draft.document)
        steps = [*document.steps]
        step = steps.pop(_place(document, key))
        steps.insert(max(0, min(to, len(steps))), step)
        return _store(
            db, actor, sop, draft, replace(document, steps=tuple(steps)), f"调整「{step.title}」的顺序", now
        )


def delete_step(actor: Actor, *, sop_id: int, expected: int, key: str, now: datetime) -> int:
    """Take a step out of the draft; returns the draft's version.

    Raises:
        NotFound, NotPermitted, StaleDraft: see :func:`save_entry`.
    """
    with transaction() as db:
        sop = get_sop(db, sop_id)
        actor.require(Permission.SOPS_EDIT)
        draft = get_draft(db, actor, sop_id, expected=expected, now=now)
        document = Document.of_json(draft.document)
        gone = document.steps[_place(document, key)]
        steps = tuple(one for one in document.steps if one.key != key)
        return _store(db, actor, sop, draft, replace(document, steps=steps), f"删除「{gone.title}」", now)


def _place(document: Document, key: str) -> int:
    for place, step in enumerate(document.steps):
        if step.key == key:
            return place
    raise NotFound("这一步已被删除")


def _store(
    db: Session, actor: Actor, sop: Sop, draft: SopVersion, document: Document, what: str, now: datetime
) -> int:
    version = versions_of(draft.sop_id).store(db, draft, document.as_json(), now=now)
    _record(db, actor, "sop.edited", sop, what, now)
    return version


def discard(actor: Actor, *, sop_id: int, expected: int, now: datetime) -> None:
    """Throw the draft away; a sequence never published goes with it.

    Raises:
        NotFound: no such sequence, or nothing to throw away.
        NotPermitted, StaleDraft: see :func:`save_entry`.
    """
    with transaction() as db:
        sop = get_sop(db, sop_id, for_update=True)
        actor.require(Permission.SOPS_EDIT)
        versions = versions_of(sop_id)
        draft = versions.to_end(db, actor, expected=expected, now=now)
        _record(db, actor, "sop.edited", sop, "放弃未发布的改动", now)
        db.delete(draft)
        db.flush()
        if versions.in_force(db) is None:
            db.delete(sop)


def publish(actor: Actor, *, sop_id: int, expected: int, note: str = "", now: datetime) -> int:
    """Put the draft in force for those who enter from now on; returns its number. Who is on the way goes on as begun.

    Raises:
        NotFound: no such sequence, or no draft.
        NotPermitted, StaleDraft: see :func:`save_entry`.
        InvalidInput: it cannot be published; the sentence says why.
        Conflict: nothing differs from the version in force.
    """
    with transaction() as db:
        sop = get_sop(db, sop_id, for_update=True)
        actor.require(Permission.SOPS_EDIT)
        versions = versions_of(sop_id)
        draft = versions.to_end(db, actor, expected=expected, now=now)
        versions.check_differs(db, draft)
        _check(db, sop, Document.of_json(draft.document))
        return _put_in_force(db, actor, sop, draft, note=note, now=now)


def roll_back(actor: Actor, *, sop_id: int, number: int, now: datetime) -> int:
    """Put an earlier version in force again, under a new number; an open draft stays as it is.

    Raises:
        NotFound: no such sequence or version.
        NotPermitted: the actor lacks sops:edit.
        Conflict: it is in force already.
        InvalidInput: it no longer fits (a field is gone).
    """
    with transaction() as db:
        sop = get_sop(db, sop_id, for_update=True)
        actor.require(Permission.SOPS_EDIT)
        again = versions_of(sop_id).copy_of(db, actor, number, now=now)
        _check(db, sop, Document.of_json(again.document))
        return _put_in_force(db, actor, sop, again, note=f"回到第 {number} 版", now=now)


def _check(db: Session, sop: Sop, document: Document) -> None:
    faults = document.faults(sop.entity)
    checked(db, sop.entity, document.criteria, "criteria")
    checked(db, sop.entity, document.leave, "leave")
    if faults:
        raise InvalidInput("；".join(faults))


def _put_in_force(db: Session, actor: Actor, sop: Sop, row: SopVersion, *, note: str, now: datetime) -> int:
    number = versions_of(row.sop_id).put_in_force(db, actor, row, note=note, now=now)
    _record(db, actor, "sop.published", sop, f"第 {number} 版", now, reason=row.note)
    return number
