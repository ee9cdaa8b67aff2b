"""Make, change, delete and bring back a segment 客户分群."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from loanhub.domain import criteria as language
from loanhub.domain.errors import Conflict, InvalidInput, NotPermitted
from loanhub.domain.permissions import Permission
from loanhub.domain.segments import WIDTH, Shared, faults, fixed
from loanhub.models import Segment
from loanhub.repositories import segments as repository
from loanhub.services import _kept, events
from loanhub.services import catalogue as catalogues
from loanhub.services._actor import Actor
from loanhub.services._clashes import CLEARED, Clash, Saved, last_change
from loanhub.services._idempotency import once
from loanhub.services._kept import Kind
from loanhub.services._segments import ENTITY, right_of, sources_for
from loanhub.services._transaction import announce, transaction
from loanhub.services.segments._shared import may_edit, readable, where_of

TOPIC = "segments"
KIND = Kind("segment", "分群", Permission.SEGMENTS_EDIT)


def create(
    actor: Actor,
    *,
    name: str,
    note: str = "",
    raw_criteria: object,
    shared: str = "own",
    key: str = "",
    now: datetime,
) -> int:
    """Make a segment and return its id. 我 and 我的部门 in the condition become whom they mean now.

    Raises:
        NotPermitted: the actor lacks segments:edit.
        InvalidInput: name, note, sharing or condition do not fit; an empty condition; a name one has already.
    """
    actor.require(Permission.CUSTOMERS_READ)
    actor.require(Permission.SEGMENTS_EDIT)
    name, note = name.strip(), note.strip()
    with transaction() as db:

        def work() -> dict[str, object]:
            node = _checked(db, actor, name, note, raw_criteria, shared, None, now)
            segment = Segment(
                name=name, note=note, criteria=language.to_json(node), shared=shared, owner_id=actor.actor_id,
                department_id=actor.department_id, created_at=now, updated_at=now, updated_by_id=actor.actor_id,
            )  # fmt: skip
            db.add(segment)
            db.flush()
            _record(db, actor, segment, "segment.created", now, after=_said(db, actor, segment))
            return {"id": segment.id}

        request = {"name": name, "note": note, "criteria": raw_criteria, "shared": shared}
        return int(str(once(db, actor, "segment.create", key, request, now=now, work=work)["id"]))


def edit(
    actor: Actor,
    *,
    segment_id: int,
    version: int,
    name: str,
    note: str,
    raw_criteria: object,
    shared: str,
    now: datetime,
) -> int:
    """Change a segment somebody may edit; return its new version. Nothing changed leaves all as it is.

    Raises:
        NotFound: no such segment the actor sees.
        NotPermitted: it is not the actor's to change.
        Conflict: somebody changed it meanwhile.
        InvalidInput: as for :func:`create`; also when a wider shared segment uses it.
    """
    name, note = name.strip(), note.strip()
    with transaction() as db:
        segment = _editable(db, actor, segment_id)
        if segment.version != version:
            raise Conflict("这个分群刚被别人改过，请看过新的条件再改")
        node = _checked(db, actor, name, note, raw_criteria, shared, segment, now)
        before, criteria = _said(db, actor, segment), language.to_json(node)
        if (segment.name, segment.note, segment.shared, segment.criteria) == (name, note, shared, criteria):
            return segment.version
        if segment.criteria != criteria:
            segment.criteria_version += 1
        segment.name, segment.note, segment.shared, segment.criteria = name, note, shared, criteria
        version_now = _kept.saved(db, actor, segment, now=now)
        told = _kept.differing(before, _said(db, actor, segment))
        _record(db, actor, segment, "segment.edited", now, **told)
        return version_now


@dataclass(frozen=True)
class Draft:
    """What an editor of a segment holds: as it was opened, or as it is now."""

    name: str
    note: str
    shared: str
    criteria: Mapping[str, Any]


LABELS = {"name": "名称", "note": "说明", "shared": "共享", "criteria": "条件"}


def save(actor: Actor, *, segment_id: int, seen: Draft, mine: Draft, now: datetime) -> Saved:
    """Save what an editor changed, unless somebody else has changed the same part meanwhile 冲突.

    ``seen`` is what the editor started from. Parts only the other one changed are kept; a part both changed is a
    clash, and then nothing is written.

    Raises:
        NotFound, NotPermitted, InvalidInput: as for :func:`edit`.
    """
    with transaction() as db:
        segment = _editable(db, actor, segment_id)
        latest = Draft(segment.name, segment.note, segment.shared, dict(segment.criteria))
        merged: dict[str, Any] = {}
        clashes = []
        for key, label in LABELS.items():
            was, wanted, is_now = (_plain(db, actor, key, getattr(one, key)) for one in (seen, mine, latest))
            if wanted in (was, is_now):
                merged[key] = is_now
            elif is_now == was:
                merged[key] = wanted
            else:
                texts = [_part(db, actor, key, one) for one in (wanted, is_now)]
                clashes.append(Clash(key, label, *texts))
        if clashes:
            who, when = last_change(db, "segment", segment_id, but=actor.user_id, now=now)
            return Saved(segment.version, tuple(clashes), who, when)
        version = edit(
            actor, segment_id=segment_id, version=segment.version, name=merged["name"], note=merged["note"],
            raw_criteria=merged["criteria"], shared=merged["shared"], now=now,
        )  # fmt: skip
        return Saved(version)


def _plain(db: Session, actor: Actor, key: str, value: Any) -> Any:
    """Return a part so that the same meaning is the same value; a condition at fault is judged when it is saved."""
    if key != "criteria":
        return str(value).strip()
    catalogue = catalogues.current(db)
    try:
        node = language.parse(value or {}, catalogue, ENTITY, right_of=right_of(actor))
    except InvalidInput:
        return value
    return language.to_json(
        fixed(node, catalogue, ENTITY, user_id=actor.actor_id, department_id=actor.department_id)
    )


def _part(db: Session, actor: Actor, key: str, value: Any) -> str:
    if key == "criteria":
        node = language.parse(value or {}, catalogues.current(db), ENTITY, right_of=right_of(actor))
        return language.to_sentence(node, catalogues.current(db), ENTITY, sources_for(db, actor)) or CLEARED
    if key == "shared":
        found = Shared.find(value)
        return found.label if found else str(value)
    return str(value) or CLEARED


def delete(actor: Actor, *, segment_id: int, now: datetime) -> None:
    """Delete a segment; :func:`restore` takes it back.

    Raises:
        NotFound: no such segment the actor sees.
        NotPermitted: it is not the actor's to change.
        Conflict: another segment uses it.
    """
    with transaction() as db:
        segment = _editable(db, actor, segment_id)
        users = _users_of(db, segment)
        if users:
            names = (
                "、".join(f"「{one.name}」" for one in users if one.owner_id == actor.actor_id) or "别的分群"
            )
            raise Conflict(f"{names}的条件里用着它，先改那里")
        _kept.put_away(db, actor, KIND, segment, now=now)
        _record(db, actor, segment, "segment.deleted", now)


def restore(actor: Actor, *, segment_id: int, now: datetime) -> None:
    """Take back one's own deletion.

    Raises:
        NotFound: this person deleted no such segment.
        InvalidInput: the name has been taken meanwhile.
    """
    with transaction() as db:
        segment = _kept.taken_back(
            db, actor, KIND, repository.get_deleted(db, actor.user_id, segment_id),
            is_taken=lambda owner, name: repository.name_taken(db, owner, name), now=now,
        )  # fmt: skip
        _record(db, actor, segment, "segment.restored", now)


def _editable(db: Session, actor: Actor, segment_id: int) -> Segment:
    segment = readable(db, actor, segment_id, for_update=True)
    actor.require(Permission.SEGMENTS_EDIT)
    if not may_edit(actor, segment):
        raise NotPermitted("只有建它的人能改")
    return segment


def _checked(
    db: Session,
    actor: Actor,
    name: str,
    note: str,
    raw: object,
    shared: str,
    segment: Segment | None,
    now: datetime,
) -> language.Node:
    """Return the condition to store; every fault at its field."""
    wrong = faults(name, note, shared)
    owner_id = actor.actor_id if segment is None else segment.owner_id
    if "name" not in wrong and repository.name_taken(db, owner_id, name, but=segment.id if segment else None):
        wrong["name"] = "你已经有同名的分群"
    try:
        node = _condition(db, actor, raw, segment, shared, now)
    except InvalidInput as fault:
        wrong["criteria"] = fault.sentence
    if wrong:
        raise InvalidInput(fields=wrong)
    return node


def _condition(
    db: Session, actor: Actor, raw: object, segment: Segment | None, shared: str, now: datetime
) -> language.Node:
    catalogue = catalogues.current(db)
    node = language.parse(raw or {}, catalogue, ENTITY, right_of=right_of(actor))
    if node == language.EVERYTHING:
        raise InvalidInput("先加一个条件")
    node = fixed(node, catalogue, ENTITY, user_id=actor.actor_id, department_id=actor.department_id)
    where_of(db, actor, node, now)  # every segment it names is one the actor may use

    def stored(segment_id: int) -> language.Node:
        inner = repository.get(db, segment_id)
        if inner is None:
            raise InvalidInput("条件里的分群已删除")
        return language.parse(inner.criteria, catalogue, ENTITY)

    own = (segment.id or 0,) if segment is not None else (0,)
    whole = language.inline(node, catalogue, ENTITY, stored, own)
    if language.leaves(whole) > language.MAX_INLINED:
        raise InvalidInput(f"条件展开后超过 {language.MAX_INLINED} 个，拆成几个分群")
    width = WIDTH[Shared(shared)] if Shared.find(shared) else 0
    for inner_id in language.segments_used(node, catalogue, ENTITY):
        inner = repository.get(db, inner_id)
        if inner is not None and WIDTH[Shared(inner.shared)] < width:
            raise InvalidInput(f"条件里的「{inner.name}」共享范围更小，先把它共享出去")
    if segment is not None:
        for outer in _users_of(db, segment):
            if WIDTH[Shared(outer.shared)] > width:
                raise InvalidInput("共享范围更大的分群用着它，不能收窄共享")
    return node


def _users_of(db: Session, segment: Segment) -> list[Segment]:
    """Return the segments whose condition names this one."""
    catalogue, found = catalogues.current(db), []
    for other in repository.list_all(db):
        if other.id == segment.id:
            continue
        try:
            node = language.parse(other.criteria, catalogue, ENTITY)
        except InvalidInput:
            continue
        if segment.id in language.segments_used(node, catalogue, ENTITY):
            found.append(other)
    return found


def _said(db: Session, actor: Actor, segment: Segment) -> dict[str, object]:
    catalogue = catalogues.current(db)
    node = language.parse(segment.criteria, catalogue, ENTITY)
    return {
        "名称": segment.name,
        "条件": language.to_sentence(node, catalogue, ENTITY, sources_for(db, actor)),
        "说明": segment.note,
        "共享": Shared(segment.shared).label,
    }


def _record(
    db: Session, actor: Actor, segment: Segment, what: str, now: datetime,
    before: dict[str, object] | None = None, after: dict[str, object] | None = None,
) -> None:  # fmt: skip
    db.info.pop("segment_options", None)
    events.record(
        db,
        actor,
        what,
        now=now,
        entity="segment",
        entity_id=segment.id,
        summary=segment.name,
        before=before,
        after=after,
    )
    announce(db, TOPIC, event=what, id=segment.id, by=actor.user_id)
