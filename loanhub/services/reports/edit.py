"""Make, change, copy, delete and bring back a report 报表."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session

from loanhub.domain.errors import Conflict, InvalidInput, NotPermitted
from loanhub.domain.permissions import Permission
from loanhub.domain.reports import MAX_NAME, ReportDefinition, faults_of_name
from loanhub.models import Report
from loanhub.repositories import reports as repository
from loanhub.services import _kept, events
from loanhub.services._actor import Actor
from loanhub.services._idempotency import once
from loanhub.services._kept import Kind
from loanhub.services._transaction import announce, transaction
from loanhub.services.reports.view import asks, checked, found, look, may_edit, sharing_options

TOPIC = "reports"
KIND = Kind("report", "报表", Permission.REPORTS_EDIT)


def create(
    actor: Actor,
    *,
    name: str,
    note: str = "",
    definition: object,
    shared_with: str = "me",
    key: str = "",
    now: datetime,
) -> int:
    """Save a new report and return its number.

    Raises:
        NotPermitted: the actor lacks reports:edit.
        InvalidInput: name, note, definition or sharing do not fit, or one has a report of this name.
    """
    actor.require(Permission.REPORTS_EDIT)
    name, note = name.strip(), note.strip()
    with transaction() as db:

        def work() -> dict[str, object]:
            wanted = _checked(db, actor, name, note, definition, shared_with, owner_id=actor.actor_id)
            report = Report(
                name=name, note=note, definition=wanted.to_json(), shared_with=shared_with, owner_id=actor.actor_id,
                created_at=now, updated_at=now, updated_by_id=actor.actor_id,
            )  # fmt: skip
            db.add(report)
            db.flush()
            _record(db, actor, report, "report.created", now, after=_said(report))
            return {"id": report.id}

        request = {"name": name, "note": note, "definition": definition, "shared_with": shared_with}
        return int(str(once(db, actor, "report.create", key, request, now=now, work=work)["id"]))


def edit(
    actor: Actor,
    *,
    key: str,
    version: int,
    name: str,
    note: str,
    definition: object,
    shared_with: str,
    now: datetime,
) -> int:
    """Change a report somebody may edit; return its new version. Nothing changed leaves all as it is.

    Raises:
        NotFound: no such report the actor finds; ready ones are none's to change.
        NotPermitted: it is not the actor's to change.
        Conflict: somebody changed it meanwhile.
        InvalidInput: as for :func:`create`.
    """
    name, note = name.strip(), note.strip()
    with transaction() as db:
        report = _editable(db, actor, key)
        if report.version != version:
            raise Conflict("这张报表刚被别人改过，请刷新看过再改，或另存为一张新的")
        wanted = _checked(
            db, actor, name, note, definition, shared_with, owner_id=report.owner_id, but=report.id, held=report.shared_with
        )  # fmt: skip
        before, fresh = _said(report), wanted.to_json()
        if (report.name, report.note, report.shared_with, report.definition) == (
            name,
            note,
            shared_with,
            fresh,
        ):
            return report.version
        report.name, report.note, report.shared_with, report.definition = name, note, shared_with, fresh
        version = _kept.saved(db, actor, report, now=now)
        _record(db, actor, report, "report.edited", now, **_kept.differing(before, _said(report)))
        return version


def copy(actor: Actor, *, key: str, now: datetime) -> int:
    """Save a copy of a report one finds as one's own; return its number.

    Raises:
        NotFound: no such report the actor finds.
        NotPermitted: the actor lacks reports:edit.
        InvalidInput: the report no longer fits, or asks about a field hidden from the actor.
    """
    view = look(actor, key, now=now)
    actor.require(Permission.REPORTS_EDIT)
    with transaction() as db:
        name = _kept.free_name(
            view.row.name,
            longest=MAX_NAME,
            is_taken=lambda one: repository.name_taken(db, actor.actor_id, one),
        )
    return create(actor, name=name, note=view.row.note, definition=dict(view.definition), now=now)


def delete(actor: Actor, *, key: str, now: datetime) -> None:
    """Delete a report; :func:`restore` takes it back.

    Raises:
        NotFound: no such report the actor finds.
        NotPermitted: it is not the actor's to change.
    """
    with transaction() as db:
        report = _editable(db, actor, key)
        _kept.put_away(db, actor, KIND, report, now=now)
        _record(db, actor, report, "report.deleted", now)


def restore(actor: Actor, *, key: str, now: datetime) -> None:
    """Take back one's own deletion.

    Raises:
        NotFound: this person deleted no such report.
        InvalidInput: the name has been taken meanwhile.
    """
    with transaction() as db:
        number = int(key) if key.isascii() and key.isdigit() and len(key) < 10 else 0
        report = _kept.taken_back(
            db, actor, KIND, repository.get_deleted(db, actor.user_id, number),
            is_taken=lambda owner, name: repository.name_taken(db, owner, name), now=now,
        )  # fmt: skip
        _record(db, actor, report, "report.restored", now)


def _editable(db: Session, actor: Actor, key: str) -> Report:
    report = found(db, actor, key, for_update=True)
    actor.require(Permission.REPORTS_EDIT)
    if not may_edit(actor, report):
        raise NotPermitted("只有建它的人能改；可以复制一份自己改")
    return report


def _checked(
    db: Session, actor: Actor, name: str, note: str, raw: object, shared_with: str, *,
    owner_id: int | None, but: int | None = None, held: str = "me",
) -> ReportDefinition:  # fmt: skip
    faults = faults_of_name(name, note)
    if shared_with not in ("me", held) and shared_with not in dict(sharing_options(actor)):
        faults["shared_with"] = "没有这个部门或角色，请重新选择"
    if "name" not in faults and repository.name_taken(db, owner_id, name, but=but):
        faults["name"] = "已经有同名的报表，换个名字"
    try:
        wanted = checked(db, actor, raw)
    except InvalidInput as refusal:
        raise InvalidInput(fields={**faults, **refusal.fields}) from None
    if faults:
        raise InvalidInput(fields=faults)
    return wanted


def _said(report: Report) -> dict[str, Any]:
    return {
        "名称": report.name, "说明": report.note, "内容": asks(report.definition), "共享": report.shared_with,
        "定义": report.definition,
    }  # fmt: skip


def _record(
    db: Session,
    actor: Actor,
    report: Report,
    event: str,
    now: datetime,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    events.record(
        db, actor, event, now=now, entity="report", entity_id=report.id, before=before, after=after, summary=report.name
    )  # fmt: skip
    announce(db, TOPIC, id=report.id, by=actor.user_id)
