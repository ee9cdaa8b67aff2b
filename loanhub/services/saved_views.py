"""Saved views 视图 of lists and boards: conditions and settings under a name, one's own or shared with a department, a role or all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import criteria as language
from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.permissions import Permission, Scope
from loanhub.models import Department, Role, SavedView
from loanhub.repositories.criteria import to_condition
from loanhub.repositories.saved_views import found_by
from loanhub.services import catalogue as catalogues
from loanhub.services import events, recycle
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.lists import READ_PERMISSION, context_of, count, right_of


@dataclass(frozen=True)
class ViewTab:
    """A saved view 视图 with the number of records it holds now."""

    id: int
    name: str
    criteria: dict[str, object]
    settings: dict[str, object]
    shared: bool
    count: int
    for_whom: str = "仅自己"
    """Who finds it: 仅自己, 全员, or the name of a department or a role."""
    editable: bool = True


def views(
    actor: Actor, page_code: str, entity: str, *, only: sa.ColumnElement[bool] | None = None, now: datetime
) -> list[ViewTab]:
    """Return the actor's own views of a page and the shared ones, with counts; ``only``: see :func:`page`."""
    actor.require(READ_PERMISSION[entity])
    with reading() as db:
        query = sa.select(SavedView).where(col(SavedView.page) == page_code, found_by(db, actor))
        rows = db.execute(query.order_by(col(SavedView.sort), col(SavedView.id)).limit(30)).scalars().all()
        tabs, names = [], _sharing_names(db)
        for row in rows:
            try:
                number = count(actor, entity, raw_criteria=row.criteria, only=only, now=now)
            except InvalidInput:
                number = 0
            tabs.append(
                ViewTab(
                    row.id or 0, row.name, dict(row.criteria), dict(row.settings), row.user_id is None, number,
                    for_whom=_for_whom(row, names), editable=row.user_id is not None or actor.can(Permission.REPORTS_READ),
                )
            )  # fmt: skip
        return tabs


def _sharing_names(db: Session) -> dict[tuple[str, str], str]:
    departments = db.execute(sa.select(col(Department.id), col(Department.name))).all()
    roles = db.execute(sa.select(col(Role.code), col(Role.label))).all()
    return {("department", str(key)): name for key, name in departments} | {
        ("role", str(code)): label for code, label in roles
    }


def _for_whom(view: SavedView, names: Mapping[tuple[str, str], str]) -> str:
    if view.user_id is not None:
        return "仅自己"
    if view.department_id is not None:
        return names.get(("department", str(view.department_id)), "部门")
    return names.get(("role", view.role_code), "角色") if view.role_code else "全员"


def sharing_options(actor: Actor) -> list[tuple[str, str]]:
    """Return (code, label) of those a person may save a view for: oneself, and with reports:read departments, roles, all.

    A department is offered when it lies in the person's scope: ``department:3``; a role as ``role:sales``.
    """
    found = [("me", "仅自己")]
    if not actor.can(Permission.REPORTS_READ):
        return found
    with reading() as db:
        query = sa.select(col(Department.id), col(Department.name)).order_by(col(Department.path))
        everywhere = actor.is_system or actor.scope is Scope.ALL
        found += [
            (f"department:{key}", f"部门：{name}")
            for key, name in db.execute(query).all()
            if everywhere or key in actor.department_ids
        ]
        roles = db.execute(sa.select(col(Role.code), col(Role.label)).order_by(col(Role.id))).all()
        found += [(f"role:{code}", f"角色：{label}") for code, label in roles]
    return [*found, ("all", "全员")]


def editable_view(db: Session, actor: Actor, page_code: str, view_id: int) -> SavedView:
    """Return a view this person may change.

    Raises:
        NotFound: no such view among those the actor finds on this page.
        NotPermitted: it is shared, and the actor lacks reports:read.
    """
    query = sa.select(SavedView).where(
        col(SavedView.id) == view_id, col(SavedView.page) == page_code, found_by(db, actor)
    )
    view: SavedView | None = db.execute(query.with_for_update()).scalar_one_or_none()
    if view is None:
        raise NotFound("没有找到这个视图")
    if view.user_id is None:
        actor.require(Permission.REPORTS_READ)
    return view


def finds(db: Session, actor: Actor, page_code: str, view_id: int) -> str:
    """Return the name of a view this person finds on a page.

    Raises:
        NotFound: there is none such.
    """
    query = sa.select(col(SavedView.name)).where(
        col(SavedView.id) == view_id, col(SavedView.page) == page_code, found_by(db, actor)
    )
    name = db.execute(query).scalar_one_or_none()
    if name is None:
        raise NotFound("没有找到这个视图")
    return str(name)


def save_view(
    actor: Actor,
    page_code: str,
    entity: str,
    *,
    name: str,
    raw_criteria: object,
    settings: Mapping[str, object],
    shared: bool = False,
    share_with: str = "",
    now: datetime,
) -> int:
    """Save a view under a name of 1 to 20 characters; the same name for the same people is written over.

    ``share_with`` is one of :func:`sharing_options`; ``shared`` is short for everybody.

    Raises:
        NotPermitted: the actor may not read the entity, or shares without reports:read.
        InvalidInput: no name, nobody such to share with, or the condition does not fit the catalogue.
    """
    actor.require(READ_PERMISSION[entity])
    name = name.strip()
    if not 1 <= len(name) <= 20:
        raise InvalidInput(fields={"name": "视图名称要 1 到 20 个字"})
    share_with = "" if share_with == "me" else share_with or ("all" if shared else "")
    if share_with:
        actor.require(Permission.REPORTS_READ)
        if share_with not in dict(sharing_options(actor)):
            raise InvalidInput(fields={"share_with": "没有这个部门或角色，请重新选择"})
    kind, _, whom = share_with.partition(":")
    department_id = int(whom) if kind == "department" else None
    role_code = whom if kind == "role" else ""
    with transaction() as db:
        node = language.parse(raw_criteria or {}, catalogues.current(db), entity, right_of=right_of(actor))
        to_condition(node, catalogues.current(db), entity, context_of(db, actor, now))  # segments one may use
        owner = None if share_with else actor.actor_id
        found = db.execute(
            sa.select(SavedView).where(
                col(SavedView.page) == page_code,
                col(SavedView.name) == name,
                col(SavedView.user_id).is_(None) if share_with else col(SavedView.user_id) == owner,
                col(SavedView.department_id).is_not_distinct_from(department_id),
                col(SavedView.role_code) == role_code,
                col(SavedView.deleted_at).is_(None),
            )
        ).scalar_one_or_none()
        view = found or SavedView(
            page=page_code, name=name, user_id=owner, department_id=department_id, role_code=role_code,
            created_at=now,
        )  # fmt: skip
        view.criteria = language.to_json(node)
        view.settings = dict(settings)
        view.version += 1 if found else 0
        db.add(view)
        db.flush()
        events.record(db, actor, "view.saved", now=now, entity="view", entity_id=view.id, summary=name)
        assert view.id is not None
        return view.id


def delete_view(actor: Actor, view_id: int, *, now: datetime) -> None:
    """Move one's own view, or a shared one with reports:read, into the recycle bin.

    Raises:
        NotFound: no such view of the actor's.
    """
    with transaction() as db:
        query = sa.select(SavedView).where(col(SavedView.id) == view_id, found_by(db, actor))
        view: SavedView | None = db.execute(query).scalar_one_or_none()
        if view is None:
            raise NotFound("没有找到这个视图")
        if view.user_id is None:
            actor.require(Permission.REPORTS_READ)
        recycle.put(db, actor, "view", view, now=now)
        events.record(db, actor, "view.deleted", now=now, entity="view", entity_id=view.id, summary=view.name)
