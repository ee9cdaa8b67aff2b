"""The reports a person finds, one of them with its answer, and what a builder may choose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.analytics.measures import DIMENSIONS
from loanhub.domain import formats
from loanhub.domain.errors import NotFound
from loanhub.domain.permissions import Permission, Scope
from loanhub.domain.reports import MeasureSpec, ReportDefinition, ReportTable, read, why_not
from loanhub.models import Department, Report, Role, User
from loanhub.repositories import reports as repository
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.reports._known import GROUPS, known_to, specs
from loanhub.services.reports.answering import computed, may_read, table_of
from loanhub.services.reports.ready import READY, Ready

GONE = "没有找到这张报表，或没有共享给你"


@dataclass(frozen=True)
class ReportRow:
    """A report in the list. ``key`` names it; ``asks`` says what it shows; ready ones are nobody's and change as copies."""

    key: str
    name: str
    note: str
    asks: str
    chart: str
    owner: str
    shared_with: str
    shared_label: str
    updated: str
    version: int
    ready: bool
    mine: bool
    can_edit: bool


@dataclass(frozen=True)
class ReportView:
    """One report: how it is listed, and its definition as JSON."""

    row: ReportRow
    definition: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Choice:
    """A measure of the catalogue, or a dimension; ``why`` says why it may not be chosen now, '' when it may."""

    code: str
    label: str
    definition: str = ""
    unit: str = ""
    group: str = ""
    why: str = ""


@dataclass(frozen=True)
class _Names:
    people: Mapping[int, str]
    departments: Mapping[str, str]
    roles: Mapping[str, str]


def list_reports(actor: Actor, *, now: datetime) -> tuple[ReportRow, ...]:
    """Return the reports a person finds: the own and the shared, last changed first, then the ready ones.

    Raises:
        NotPermitted: the actor may not open reports.
    """
    may_read(actor)
    with reading() as db:
        names = _names(db)
        rows = [_row(actor, one, names, now) for one in repository.list_found(db, actor)]
    return (*rows, *(_ready_row(one) for one in READY.values()))


def look(actor: Actor, key: str, *, now: datetime) -> ReportView:
    """Return one report.

    Raises:
        NotPermitted: the actor may not open reports.
        NotFound: no such report the actor finds.
    """
    may_read(actor)
    if key in READY:
        return ReportView(_ready_row(READY[key]), READY[key].definition)
    with reading() as db:
        report = found(db, actor, key)
        return ReportView(_row(actor, report, _names(db), now), dict(report.definition))


def run(actor: Actor, key: str, *, now: datetime) -> ReportTable:
    """Return a report's answer inside the reader's scope.

    Raises:
        NotPermitted: the actor may not open reports.
        NotFound: no such report the actor finds.
        InvalidInput: it no longer fits the measures or fields there are, or asks about a field hidden from the reader.
    """
    view = look(actor, key, now=now)
    return table_of(actor, computed(actor, view.definition, now=now), title=view.row.name, now=now)


def found(db: Session, actor: Actor, key: str, *, for_update: bool = False) -> Report:
    """Return a saved report the actor finds.

    Raises:
        NotFound: there is none such.
    """
    number = int(key) if key.isascii() and key.isdigit() and len(key) < 10 else 0
    report = repository.get_found(db, actor, number, for_update=for_update) if number else None
    if report is None:
        raise NotFound(GONE)
    return report


def may_edit(actor: Actor, report: Report) -> bool:
    """Return whether the actor may change a report: one's own, or with all records in scope a shared one."""
    if not actor.can(Permission.REPORTS_EDIT):
        return False
    wide = actor.is_system or actor.scope is Scope.ALL
    return report.owner_id == actor.actor_id or (wide and report.shared_with != "me")


def catalogue(measures: tuple[str, ...] = ()) -> tuple[tuple[Choice, ...], tuple[Choice, ...]]:
    """Return what a builder offers: measures in their groups, and dimensions; those the measures do not share say why."""
    known = specs()
    chosen: list[MeasureSpec] = [known[code] for code in measures if code in known]
    offered = tuple(
        Choice(code, known[code].label, known[code].definition, known[code].unit, group)
        for group, codes in GROUPS for code in codes
    )  # fmt: skip
    dimensions = tuple(
        Choice(code, label, why=why_not(chosen, code, label)) for code, label in DIMENSIONS.items()
    )
    return offered, dimensions


def sharing_options(actor: Actor) -> list[tuple[str, str]]:
    """Return (code, label) of those a person may share a report with: departments in scope, roles that open reports, all."""
    options = [("me", "仅自己")]
    if not actor.can(Permission.REPORTS_EDIT):
        return options
    with reading() as db:
        everywhere = actor.is_system or actor.scope is Scope.ALL
        departments = db.execute(
            sa.select(col(Department.id), col(Department.name)).order_by(col(Department.path))
        )
        options += [
            (f"department:{key}", f"部门：{name}") for key, name in departments if everywhere or key in actor.department_ids
        ]  # fmt: skip
        roles = db.execute(sa.select(Role).order_by(col(Role.id))).scalars().all()
        options += [
            (f"role:{role.code}", f"角色：{role.label}") for role in roles
            if {Permission.REPORTS_READ.value, Permission.FIGURES_READ.value} & set(role.permissions)
        ]  # fmt: skip
    return [*options, ("all", "全员")]


def checked(db: Session, actor: Actor, raw: object) -> ReportDefinition:
    """Return the definition this JSON stands for; see :func:`loanhub.domain.reports.read`."""
    return read(raw, known_to(db, actor))


def asks(raw: Mapping[str, Any]) -> str:
    """Return what a definition shows in a few words: 按渠道、月看放款金额、放款笔数."""
    known = specs()
    measures = "、".join(known[code].label for code in raw.get("measures", ()) if code in known)
    by = "、".join(DIMENSIONS.get(code, code) for code in (*raw.get("rows", ()), *raw.get("columns", ())))
    return f"按{by}看{measures}" if by else measures


def _names(db: Session) -> _Names:
    people = {int(key): str(name) for key, name in db.execute(sa.select(col(User.id), col(User.name))).all()}
    departments = {str(key): str(name) for key, name in db.execute(sa.select(col(Department.id), col(Department.name))).all()}  # fmt: skip
    roles = {
        str(code): str(label) for code, label in db.execute(sa.select(col(Role.code), col(Role.label))).all()
    }
    return _Names(people, departments, roles)


def _row(actor: Actor, report: Report, names: _Names, now: datetime) -> ReportRow:
    kind, _, whom = report.shared_with.partition(":")
    label = {
        "department": names.departments.get(whom, "部门"), "role": names.roles.get(whom, "角色"), "all": "全员",
    }.get(kind, "仅自己")  # fmt: skip
    return ReportRow(
        key=str(report.id), name=report.name, note=report.note, asks=asks(report.definition),
        chart=str(report.definition.get("chart", "table")), owner=names.people.get(report.owner_id or 0, "系统"),
        shared_with=report.shared_with, shared_label=label, updated=formats.relative(report.updated_at, now),
        version=report.version, ready=False, mine=report.owner_id == actor.actor_id, can_edit=may_edit(actor, report),
    )  # fmt: skip


def _ready_row(ready: Ready) -> ReportRow:
    return ReportRow(
        key=ready.code, name=ready.name, note=ready.note, asks=asks(ready.definition),
        chart=str(ready.definition.get("chart", "table")), owner="贷通", shared_with="all", shared_label="现成",
        updated="", version=0, ready=True, mine=False, can_edit=False,
    )  # fmt: skip


__all__ = [
    "Choice", "ReportRow", "ReportView", "asks", "catalogue", "checked", "found", "list_reports", "look", "may_edit",
    "run", "sharing_options",
]  # fmt: skip
