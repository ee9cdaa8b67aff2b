"""Monthly targets 业绩目标: of the company, of departments and teams, of people; set cell by cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.analytics.measures import Measure, Unit, measures
from loanhub.domain import formats
from loanhub.domain.choice import Choice
from loanhub.domain.errors import Conflict, InvalidInput, NotFound
from loanhub.domain.money import format_plain, format_wan, parse_fen
from loanhub.domain.permissions import Permission, RoleCode, Scope
from loanhub.models import Department, Role, Target, User, UserRole
from loanhub.services import events
from loanhub.services._actor import Actor, OutOfReach
from loanhub.services._transaction import announce, reading, transaction

MEASURES = (
    "disbursed_amount",
    "disbursed_count",
    "new_leads",
    "new_customers",
    "application_count",
    "collected_amount",
)
"""What a target may be set for: what is added up over a month."""
MOST = 10**15
MONTHS_AHEAD = 24


class Level(Choice):
    """Whose target it is."""

    COMPANY = "company", "公司"
    DEPARTMENT = "department", "部门"
    USER = "user", "员工"


Key = tuple[str, str, int]
"""Measure, level, subject."""


class TargetChanged(Conflict):
    """Somebody set it meanwhile."""

    def __init__(self) -> None:
        super().__init__("这个目标刚刚被别人改过，刷新后核对再填")


@dataclass(frozen=True)
class TargetRow:
    """A row of the sheet: whose target, what it is now, and the sum of those below it."""

    level: str
    subject_id: int
    label: str
    depth: int
    text: str
    shown: str
    below: str
    differs: bool
    version: int


@dataclass(frozen=True)
class TargetSheet:
    """The targets of one measure in one month that the actor may set."""

    month: str
    month_label: str
    measure: str
    unit: str
    rows: tuple[TargetRow, ...]


def month_of(text: str) -> date:
    """Return the first day of a month written 2026-11.

    Raises:
        InvalidInput: naming ``month``.
    """
    try:
        return date.fromisoformat(f"{text}-01")
    except (ValueError, TypeError):
        raise InvalidInput(fields={"month": "月份写成 2026-11 这样的形式"}) from None


def of_month(db: Session, month: date) -> dict[Key, int]:
    """Return every target of a month; the caller looks up those it may show."""
    rows = db.execute(sa.select(Target).where(col(Target.month) == month)).scalars()
    return {(row.measure, row.level, row.subject_id): row.value for row in rows}


def goal_of(found: Mapping[Key, int], actor: Actor, measure: str) -> int | None:
    """Return the target a reader's numbers are held against: the company's, else that of the own department or person.

    Who sees several departments and has no target for the topmost is held against the sum of theirs.
    """
    if actor.is_system or actor.scope is Scope.ALL:
        return found.get((measure, Level.COMPANY.value, 0))
    if actor.scope is Scope.OWN or not actor.department_ids:
        return found.get((measure, Level.USER.value, actor.user_id))
    own = found.get((measure, Level.DEPARTMENT.value, actor.department_id or 0))
    if own is not None:
        return own
    below = [
        found[measure, Level.DEPARTMENT.value, one]
        for one in actor.department_ids
        if (measure, Level.DEPARTMENT.value, one) in found
    ]
    return sum(below) if below else None


def sheet(actor: Actor, *, month: str, measure: str) -> TargetSheet:
    """Return the sheet of a month: the company, departments with their people below them.

    Raises:
        NotPermitted: the actor lacks targets:edit.
        InvalidInput: no such month.
    """
    actor.require(Permission.TARGETS_EDIT)
    first, wanted = month_of(month), _measure(measure)
    with reading() as db:
        found = {
            (row.level, row.subject_id): row
            for row in db.execute(
                sa.select(Target).where(col(Target.month) == first, col(Target.measure) == wanted.code)
            ).scalars()
        }
        departments = list(
            db.execute(sa.select(Department).order_by(col(Department.sort), col(Department.id))).scalars()
        )
        people = _people(db)
    rows: list[TargetRow] = []

    def value(level: Level, subject_id: int) -> int | None:
        row = found.get((level.value, subject_id))
        return None if row is None else row.value

    def add(level: Level, subject_id: int, label: str, depth: int, below: list[int | None]) -> None:
        row, given = found.get((level.value, subject_id)), [one for one in below if one is not None]
        mine, total = value(level, subject_id), sum(given)
        rows.append(
            TargetRow(
                level=level.value, subject_id=subject_id, label=label, depth=depth, text=_plain(wanted, mine),
                shown="" if mine is None else _shown(wanted, mine), below=_shown(wanted, total) if given else "",
                differs=bool(given) and mine is not None and total != mine, version=0 if row is None else row.version,
            )
        )  # fmt: skip

    children: dict[int | None, list[Department]] = {}
    for one in departments:
        children.setdefault(one.parent_id, []).append(one)

    def walk(parent: Department, depth: int) -> None:
        mine = [(user_id, name) for user_id, name, home in people if home == parent.id]
        inside = _reaches(actor, parent.id or 0)
        nested = children.get(parent.id, [])
        if inside and (mine or nested):
            below = [value(Level.DEPARTMENT, one.id or 0) for one in nested] + [
                value(Level.USER, u) for u, _ in mine
            ]
            add(Level.DEPARTMENT, parent.id or 0, parent.name, depth, below)
        for user_id, name in mine if inside else ():
            add(Level.USER, user_id, name, depth + 1, [])
        for one in nested:
            walk(one, depth + 1)

    roots = children.get(None, [])
    for root in roots:
        nested = children.get(root.id, [])
        if actor.is_system or actor.scope is Scope.ALL:
            add(Level.COMPANY, 0, root.name, 0, [value(Level.DEPARTMENT, one.id or 0) for one in nested])
        for one in nested:
            walk(one, 1)
    return TargetSheet(
        month=f"{first:%Y-%m}", month_label=f"{first:%Y} 年 {first.month} 月", measure=wanted.code,
        unit="万元" if wanted.unit is Unit.FEN else "个", rows=tuple(rows),
    )  # fmt: skip


def set_target(
    actor: Actor, *, month: str, measure: str, level: str, subject_id: int, text: str, expected_version: int, now: datetime
) -> None:  # fmt: skip
    """Set one target, or take it away when ``text`` is empty. Amounts are written in 万元.

    Raises:
        NotFound: no such department or person.
        NotPermitted: the actor lacks targets:edit, or the subject is outside the actor's scope.
        TargetChanged: somebody set it since it was shown.
        InvalidInput: naming ``value`` or ``month``.
    """
    first, wanted = month_of(month), _measure(measure)
    whose = Level.find(level)
    if whose is None:
        raise NotFound("没有这个目标对象")
    with transaction() as db:
        label, department = _subject(db, whose, subject_id)
        actor.require(Permission.TARGETS_EDIT)
        if not (
            _reaches(actor, department)
            if whose is not Level.COMPANY
            else actor.reaches(owner_id=None, department_id=None)
        ):
            raise OutOfReach
        today = formats.local(now).date()
        if first > today.replace(day=1) + timedelta(days=31 * MONTHS_AHEAD):
            raise InvalidInput(fields={"month": "最多提前两年设定目标"})
        value = _value(wanted, text)
        row = db.execute(
            sa.select(Target).where(
                col(Target.month) == first, col(Target.measure) == wanted.code, col(Target.level) == whose.value,
                col(Target.subject_id) == subject_id,
            ).with_for_update()
        ).scalar_one_or_none()  # fmt: skip
        if (0 if row is None else row.version) != expected_version:
            raise TargetChanged
        before = None if row is None else row.value
        if before == value:
            return
        if value is None:
            db.delete(row)
        elif row is None:
            db.add(Target(month=first, measure=wanted.code, level=whose.value, subject_id=subject_id, value=value,
                          set_by_id=actor.actor_id, set_at=now))  # fmt: skip
        else:
            row.value, row.set_by_id, row.set_at, row.version = value, actor.actor_id, now, row.version + 1
        _record(db, actor, wanted, f"{label} {first:%Y-%m}", before, value, now=now)


def copy_month(actor: Actor, *, source: str, month: str, measure: str, now: datetime) -> int:
    """Copy the targets of another month where this month has none yet; return how many.

    Raises:
        NotPermitted: the actor lacks targets:edit.
        InvalidInput: no such month, or nothing to copy.
    """
    actor.require(Permission.TARGETS_EDIT)
    from_sheet, to_sheet = (
        sheet(actor, month=source, measure=measure),
        sheet(actor, month=month, measure=measure),
    )
    empty = {(row.level, row.subject_id) for row in to_sheet.rows if not row.text}
    chosen = [row for row in from_sheet.rows if row.text and (row.level, row.subject_id) in empty]
    if not chosen:
        raise InvalidInput(f"{from_sheet.month_label}没有可以沿用的目标")
    with transaction():
        for row in chosen:
            set_target(actor, month=month, measure=measure, level=row.level, subject_id=row.subject_id, text=row.text,
                       expected_version=0, now=now)  # fmt: skip
    return len(chosen)


def _measure(code: str) -> Measure:
    if code not in MEASURES:
        raise InvalidInput(fields={"measure": "这个指标不设目标"})
    return measures()[code]


def _value(measure: Measure, text: str) -> int | None:
    words = str(text).strip().replace(",", "").replace("，", "")
    if not words:
        return None
    try:
        if measure.unit is Unit.FEN:
            value = parse_fen(words, field="value") * 10_000
        elif words.isdecimal():
            value = int(words)
        else:
            raise InvalidInput(fields={"value": "填整数"})
    except InvalidInput as fault:
        raise InvalidInput(fields={"value": fault.fields.get("value", "填数字")}) from None
    if value <= 0 or value > MOST:
        raise InvalidInput(fields={"value": "目标要大于 0" if value <= 0 else "目标太大了，请核对单位"})
    return value


def _plain(measure: Measure, value: int | None) -> str:
    if value is None:
        return ""
    if measure.unit is not Unit.FEN:
        return str(value)
    return format_plain(value // 10_000).replace(",", "").removesuffix(".00")


def _shown(measure: Measure, value: int) -> str:
    return format_wan(value) if measure.unit is Unit.FEN else formats.count(value)


def _reaches(actor: Actor, department_id: int) -> bool:
    return actor.is_system or actor.scope is Scope.ALL or department_id in actor.department_ids


def _subject(db: Session, level: Level, subject_id: int) -> tuple[str, int]:
    """Return the label of whom a target is for, and the department that decides who may set it."""
    if level is Level.COMPANY:
        if subject_id:
            raise NotFound("没有这个目标对象")
        return "公司", 0
    if level is Level.DEPARTMENT:
        department = db.get(Department, subject_id)
        if department is None:
            raise NotFound("没有找到这个部门")
        return department.name, subject_id
    user = db.get(User, subject_id)
    if user is None:
        raise NotFound("没有找到这位员工")
    return user.name, user.department_id or 0


def _people(db: Session) -> list[tuple[int, str, int]]:
    """Return the representatives at work: (id, name, department)."""
    selling = (
        sa.select(col(UserRole.user_id)).join(Role, col(Role.id) == col(UserRole.role_id))
        .where(col(Role.code) == RoleCode.SALES.value)
    )  # fmt: skip
    rows = db.execute(
        sa.select(col(User.id), col(User.name), col(User.department_id))
        .where(col(User.active), col(User.id).in_(selling)).order_by(col(User.id))
    ).all()  # fmt: skip
    return [(int(user_id), str(name), int(home or 0)) for user_id, name, home in rows]


def _record(
    db: Session, actor: Actor, measure: Measure, summary: str, before: int | None, after: int | None, *, now: datetime
) -> None:  # fmt: skip
    def shown(value: int | None) -> dict[str, object]:
        return {measure.label: formats.EMPTY if value is None else _shown(measure, value)}

    events.record(
        db,
        actor,
        "target.set",
        now=now,
        entity="target",
        summary=summary,
        before=shown(before),
        after=shown(after),
    )
    announce(db, "cockpit", event="target.set")
