"""Edit any record field by field 就地编辑: the fields one may enter, and saving them without overwriting anybody.

One door for the table's cells, the board's sheet and the drawers; each entity's own command does the writing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from loanhub.domain.applications import EDITABLE
from loanhub.domain.errors import Conflict, NotFound
from loanhub.domain.permissions import Permission
from loanhub.repositories.criteria import ENTITY_MODELS
from loanhub.repositories.scope import visible_to
from loanhub.services import applications, catalogue, customers, leads, tasks
from loanhub.services._actor import Actor
from loanhub.services._clashes import Saved, Shown
from loanhub.services._transaction import reading
from loanhub.services.catalogue import FieldView
from loanhub.services.lists import READ_PERMISSION


@dataclass(frozen=True)
class Editor:
    """How records of an entity are edited: the permission, and the command that saves a form."""

    permission: Permission
    save: Callable[[Actor, int, Mapping[str, object], Shown, datetime], Saved]
    closed: Callable[[Any], str] = lambda row: ""
    """Why this record is not edited any more, or an empty text."""


EDITORS: dict[str, Editor] = {
    "lead": Editor(
        Permission.LEADS_EDIT,
        lambda actor, one, raw, shown, now: leads.save_form(
            actor, lead_id=one, raw=raw, shown=shown, now=now
        ),
    ),
    "customer": Editor(
        Permission.CUSTOMERS_EDIT,
        lambda actor, one, raw, shown, now: customers.save_form(
            actor, customer_id=one, raw=raw, shown=shown, now=now
        ),
    ),
    "application": Editor(
        Permission.APPLICATIONS_EDIT,
        lambda actor, one, raw, shown, now: applications.save_form(
            actor, application_id=one, raw=raw, shown=shown, now=now
        ),
        lambda row: "" if row.status in EDITABLE else f"申请现在是「{row.status.label}」，不能修改",
    ),
    "task": Editor(
        Permission.TASKS_EDIT,
        lambda actor, one, raw, shown, now: tasks.save_form(
            actor, task_id=one, raw=raw, shown=shown, now=now
        ),
    ),
}


@dataclass(frozen=True)
class RecordForm:
    """A record ready to be edited by one reader: the fields this person may enter."""

    entity: str
    id: int
    version: int
    title: str
    fields: tuple[FieldView, ...]

    @property
    def shown(self) -> dict[str, tuple[str, str]]:
        """Return what the form starts from, for :func:`save`."""
        return {one.key: (one.value, one.text) for one in self.fields}


def form_of(
    actor: Actor, entity: str, record_id: int, *, keys: Sequence[str] = (), now: datetime
) -> RecordForm:
    """Return the editable fields of a record in form order, or of them those named by ``keys``.

    Raises:
        NotFound: no such record in the actor's scope, or nothing of this kind is edited here.
        NotPermitted: the actor may read but not edit it.
        Conflict: it is closed to edits, as an application under review.
    """
    editor = EDITORS.get(entity)
    if editor is None:
        raise NotFound("没有这个列表")
    model: Any = ENTITY_MODELS[entity]
    with reading() as db:
        row = db.execute(
            sa.select(model).where(model.id == record_id, visible_to(actor, model))
        ).scalar_one_or_none()
        if row is None:
            raise NotFound
        actor.require(READ_PERMISSION[entity])
        actor.require(editor.permission)
        if reason := editor.closed(row):
            raise Conflict(reason)
        views = catalogue.present_record(db, actor, entity, row, now=now)
        in_form = {spec.key for spec in catalogue.current(db).fields(entity) if spec.in_form}
        fields = tuple(one for key, one in views.items() if one.editable and key in (keys or in_form))
        titles = [views[key].text for key in ("name", "title", "number") if key in views]
        return RecordForm(entity, record_id, row.version, titles[0] if titles else "", fields)


def save(
    actor: Actor, entity: str, record_id: int, *, raw: Mapping[str, object], shown: Shown, now: datetime
) -> Saved:
    """Save what a form changed; clashes with somebody else's change of the same field are returned, not overwritten.

    Raises:
        NotFound, NotPermitted, InvalidInput: see the entity's own command.
    """
    editor = EDITORS.get(entity)
    if editor is None:
        raise NotFound("没有这个列表")
    return editor.save(actor, record_id, raw, shown, now)
