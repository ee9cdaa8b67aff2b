"""The organization tree 部门: branches, departments and teams, which record scopes are measured by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.permissions import Permission
from loanhub.models import Department
from loanhub.repositories import access
from loanhub.services import auth, events
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction

KINDS = (("branch", "分公司"), ("department", "部门"), ("team", "小组"))
"""What may be added below the company."""
KIND_LABELS = {"company": "公司", **dict(KINDS)}
MAXIMUM_DEPTH = 8


@dataclass(frozen=True)
class DepartmentView:
    """A node of the tree in reading order; ``depth`` 0 is the company, ``people`` those at work right here."""

    id: int
    name: str
    kind: str
    kind_label: str
    city: str
    depth: int
    people: int


def list_departments(actor: Actor) -> list[DepartmentView]:
    """Return the whole tree, parents before their children.

    Raises:
        NotPermitted: the actor lacks users:read.
    """
    actor.require(Permission.USERS_READ)
    with reading() as db:
        rows = access.list_departments(db)
        people = access.count_people_by_department(db)
    below: dict[int | None, list[Department]] = {}
    for row in rows:
        below.setdefault(row.parent_id, []).append(row)
    ordered: list[DepartmentView] = []

    def walk(parent_id: int | None, depth: int) -> None:
        for row in below.get(parent_id, []):
            ordered.append(
                DepartmentView(
                    id=row.id or 0, name=row.name, kind=row.kind, kind_label=KIND_LABELS.get(row.kind, row.kind),
                    city=row.city, depth=depth, people=people.get(row.id or 0, 0),
                )
            )  # fmt: skip
            walk(row.id, depth + 1)

    walk(None, 0)
    return ordered


def create(actor: Actor, *, name: str, kind: str, parent_id: int, city: str = "", now: datetime) -> int:
    """Add a node below another one; return its id.

    Raises:
        NotFound: no such parent.
        NotPermitted: the actor lacks users:edit.
        InvalidInput: name taken or empty, kind unknown, tree too deep.
    """
    name, city = name.strip(), city.strip()
    with transaction() as db:
        parent = db.get(Department, parent_id, with_for_update=True)
        if parent is None:
            raise NotFound("没有这个上级部门")
        actor.require(Permission.USERS_EDIT)
        faults = _faults(name, city)
        if kind not in dict(KINDS):
            faults["kind"] = "请选择类型"
        if parent.path.count("/") > MAXIMUM_DEPTH:
            faults["parent_id"] = f"最多 {MAXIMUM_DEPTH} 级"
        if name and access.find_department(db, name=name, department_id=None) is not None:
            faults["name"] = "已经有这个名称的部门"
        if faults:
            raise InvalidInput(fields=faults)
        row = Department(name=name, kind=kind, parent_id=parent.id, city=city or parent.city)
        db.add(row)
        db.flush()
        row.path = f"{parent.path}{row.id}/"
        events.record(
            db, actor, "department.created", now=now, entity="department", entity_id=row.id, summary=name,
            after={"名称": name, "类型": KIND_LABELS[kind], "上级": parent.name},
        )  # fmt: skip
        created = row.id or 0
    # A new node widens what those above it see.
    auth.forget_cached()
    return created


def rename(actor: Actor, *, department_id: int, name: str, city: str, now: datetime) -> None:
    """Give a node another name or city.

    Raises:
        NotFound: no such node.
        NotPermitted: the actor lacks users:edit.
        InvalidInput: name taken or empty.
    """
    name, city = name.strip(), city.strip()
    with transaction() as db:
        row = db.get(Department, department_id, with_for_update=True)
        if row is None:
            raise NotFound("没有这个部门")
        actor.require(Permission.USERS_EDIT)
        faults = _faults(name, city)
        other = access.find_department(db, name=name, department_id=None) if name else None
        if other is not None and other.id != department_id:
            faults["name"] = "已经有这个名称的部门"
        if faults:
            raise InvalidInput(fields=faults)
        shown = [
            (label, old, new)
            for label, old, new in (("名称", row.name, name), ("城市", row.city, city))
            if old != new
        ]
        if not shown:
            return
        row.name, row.city = name, city
        events.record(
            db, actor, "department.edited", now=now, entity="department", entity_id=department_id, summary=name,
            before={label: old or "—" for label, old, _ in shown}, after={label: new or "—" for label, _, new in shown},
        )  # fmt: skip


def _faults(name: str, city: str) -> dict[str, str]:
    faults = {}
    if not 1 <= len(name) <= 60:
        faults["name"] = "请填写名称，最多 60 个字"
    if len(city) > 40:
        faults["city"] = "城市最多 40 个字"
    return faults
