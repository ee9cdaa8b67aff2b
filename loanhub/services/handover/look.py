"""What a leaver leaves behind and who would get it 交接预览: counted, divided, shown before anything changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.handover import Item, Receiver, Split, divide
from loanhub.domain.money import format_wan
from loanhub.domain.permissions import Permission
from loanhub.models import Department, Role, User, UserRole
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.handover import seats
from loanhub.services.handover.kinds import KINDS, Kind
from loanhub.services.users import require_over

ONE = "one:"
"""How a way begins that gives all records of a kind to one person: ``one:17``."""
SAMPLES = 3
MOST_RECEIVERS = 20
DECISIONS = (
    Permission.APPLICATIONS_APPROVE, Permission.LOANS_CONFIRM, Permission.LOANS_APPROVE, Permission.RATES_REVIEW,
    Permission.TEMPLATES_PUBLISH, Permission.COLLECTIONS_ASSIGN,
)  # fmt: skip
"""Decisions that wait for whoever may take them, not for a person: what matters is that somebody is left."""


@dataclass(frozen=True)
class Share:
    """What one receiver gets of a kind."""

    receiver_id: int
    name: str
    count: int
    amount_text: str


@dataclass(frozen=True)
class Line:
    """One kind of work: how much there is, how it is divided, and what it is by example."""

    code: str
    label: str
    unit: str
    count: int
    amount_text: str
    way: str
    choices: tuple[tuple[str, str], ...]
    shares: tuple[Share, ...]
    samples: tuple[str, ...]
    fault: str = ""


@dataclass(frozen=True)
class Preview:
    """Everything before it happens; ``seen`` is what a run must still find."""

    leaver_id: int
    leaver: str
    department: str
    active: bool
    lines: tuple[Line, ...]
    seats: tuple[str, ...]
    warnings: tuple[str, ...]
    seen: str

    @property
    def total(self) -> int:
        """Return how many records there are."""
        return sum(line.count for line in self.lines)


@dataclass(frozen=True)
class Plan:
    """Who gets what, by kind: {kind: {record id: receiver id}}, with the records themselves."""

    items: Mapping[str, Sequence[Item]]
    given: Mapping[str, Mapping[int, int]]
    ways: Mapping[str, str]


def open_work(actor: Actor, *, user_id: int) -> tuple[tuple[str, int], ...]:
    """Return what somebody still works on, (label with unit, count), for the question before an account is disabled.

    Raises:
        NotFound: no such person.
        NotPermitted: see :func:`preview`.
    """
    with reading() as db:
        leaver_of(db, actor, user_id)
        found = []
        for kind in KINDS:
            query = sa.select(sa.func.count()).select_from(kind.model).where(*_open(kind, user_id))
            count = int(db.execute(query).scalar_one())
            if count and kind.told:
                found.append((f"{count:,} {kind.unit}{kind.label}", count))
        return tuple(found)


def receivers(actor: Actor, *, user_id: int) -> list[tuple[int, str, str, bool]]:
    """Return who may take over: (id, name, department, whether of the same department), those of it first.

    Raises:
        NotFound, NotPermitted: see :func:`preview`.
    """
    with reading() as db:
        leaver = leaver_of(db, actor, user_id)
        query = (
            sa.select(col(User.id), col(User.name), col(Department.name), col(User.department_id))
            .outerjoin(Department, col(Department.id) == col(User.department_id))
            .where(col(User.active), col(User.id) != user_id)
            .order_by(col(User.name))
        )
        rows = db.execute(query).all()
        found = [
            (int(key), name, place or "—", home == leaver.department_id) for key, name, place, home in rows
        ]
        return sorted(found, key=lambda one: (not one[3], one[2]))


def preview(actor: Actor, *, user_id: int, chosen: Sequence[int], ways: Mapping[str, str]) -> Preview:
    """Return what would go to whom; nothing is written.

    Raises:
        NotFound: no such person, or a receiver who is not at work.
        NotPermitted: the actor lacks users:edit (roles:edit for an account of a watching role).
        InvalidInput: too many receivers, or a way that is none.
    """
    with reading() as db:
        leaver = leaver_of(db, actor, user_id)
        people = people_of(db, leaver, chosen)
        plan = plan_of(db, user_id, people, ways)
        names = {one.id or 0: one.name for one in people}
        rights = rights_of(db, [one.id or 0 for one in people])
        place = db.get(Department, leaver.department_id) if leaver.department_id else None
        lines = tuple(_line(db, kind, plan, names, rights) for kind in KINDS if plan.items[kind.code])
        return Preview(
            user_id, leaver.name, place.name if place else "—", leaver.active, lines,
            tuple(seats.told(db, user_id)), tuple(_last_ones(db, user_id)), digest(plan),
        )  # fmt: skip


def leaver_of(db: Session, actor: Actor, user_id: int, *, for_update: bool = False) -> User:
    """Return whose work it is, for those who may deal with this person."""
    leaver = db.get(User, user_id, with_for_update=for_update)
    if leaver is None:
        raise NotFound("没有这个员工")
    held = sa.select(col(Role.code)).join(UserRole, col(UserRole.role_id) == col(Role.id))
    require_over(actor, db.execute(held.where(col(UserRole.user_id) == user_id)).scalars().all())
    return leaver


def people_of(db: Session, leaver: User, chosen: Sequence[int]) -> list[User]:
    """Return the receivers in the order chosen."""
    ids = list(dict.fromkeys(chosen))
    if len(ids) > MOST_RECEIVERS:
        raise InvalidInput(fields={"receivers": f"一次最多选 {MOST_RECEIVERS} 位接手人"})
    found = []
    for one in ids:
        user = db.get(User, one)
        if user is None or not user.active or user.id == leaver.id:
            raise NotFound("接手人不在职，请重新选择")
        found.append(user)
    return found


def plan_of(db: Session, user_id: int, people: Sequence[User], ways: Mapping[str, str]) -> Plan:
    """Return who gets what."""
    everybody = [Receiver(one.id or 0, one.department_id) for one in people]
    items: dict[str, Sequence[Item]] = {}
    given: dict[str, Mapping[int, int]] = {}
    followed: dict[str, int] = {}
    asked: dict[str, str] = {}
    for kind in KINDS:
        items[kind.code] = _items(db, kind, user_id)
        asked[kind.code] = way = ways.get(kind.code) or kind.splits[0].value
        some, split = everybody, Split.find(way)
        if way.startswith(ONE):
            some, split = [one for one in everybody if way == f"{ONE}{one.id}"], Split.COUNT
            if not some and everybody:
                raise InvalidInput(fields={kind.code: f"{kind.label}的接手人没有选上"})
        if split is None or (
            split is not Split.KEEP and split not in kind.splits and not way.startswith(ONE)
        ):
            raise InvalidInput(fields={kind.code: f"请选择{kind.label}的分法"})
        given[kind.code] = divide(items[kind.code], some, split, followed=followed)
        if kind.code in ("customer", "lead"):
            followed |= {f"{kind.code}:{record}": receiver for record, receiver in given[kind.code].items()}
    return Plan(items, given, asked)


def digest(plan: Plan) -> str:
    """Return a mark of the records and whom each would go to; another mark means that they changed since."""
    shown = {
        code: [(one.id, plan.given[code].get(one.id)) for one in found] for code, found in plan.items.items()
    }
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()[:32]


def rights_of(db: Session, ids: Sequence[int]) -> dict[int, set[str]]:
    """Return the permissions of people by id."""
    query = (
        sa.select(col(UserRole.user_id), col(Role.permissions))
        .join(Role, col(Role.id) == col(UserRole.role_id))
        .where(col(UserRole.user_id).in_(ids))
    )
    found: dict[int, set[str]] = {one: set() for one in ids}
    for user_id, permissions in db.execute(query).all():
        found[int(user_id)] |= set(permissions)
    return found


def unfit(kind: Kind, ids: Sequence[int], rights: Mapping[int, set[str]]) -> list[int]:
    """Return those who may not see records of this kind and so cannot take them over."""
    return [one for one in ids if kind.asks is not None and kind.asks.value not in rights.get(one, set())]


def _open(kind: Kind, user_id: int) -> list[Any]:
    return [getattr(kind.model, kind.column) == user_id, *kind.open()]


def _items(db: Session, kind: Kind, user_id: int) -> list[Item]:
    model = kind.model

    def column(name: str) -> Any:
        return getattr(model, name) if name and name in model.__table__.columns else sa.null()

    query = sa.select(
        model.id, column(kind.amount), column("city"), column("department_id"), column("customer_id"),
        column("lead_id"),
    ).where(*_open(kind, user_id)).order_by(model.id)  # fmt: skip
    own = f"{kind.code}:" if kind.code in ("customer", "lead") else ""
    return [
        Item(
            int(key), int(amount or 0), city or "", home,
            f"customer:{customer}" if customer else f"lead:{lead}" if lead else f"{own}{key}" if own else "",
        )
        for key, amount, city, home, customer, lead in db.execute(query).all()
    ]  # fmt: skip


def _line(
    db: Session, kind: Kind, plan: Plan, names: Mapping[int, str], rights: Mapping[int, set[str]]
) -> Line:
    found, given = plan.items[kind.code], plan.given[kind.code]
    shares = []
    for receiver, name in names.items():
        mine = [one for one in found if given.get(one.id) == receiver]
        if mine:
            shares.append(Share(receiver, name, len(mine), _amount(mine)))
    lacking = "、".join(names[one] for one in unfit(kind, [share.receiver_id for share in shares], rights))
    choices = [
        *((split.value, split.label) for split in kind.splits),
        *((f"{ONE}{receiver}", f"全部给{name}") for receiver, name in names.items()),
        (Split.KEEP.value, Split.KEEP.label),
    ]
    return Line(
        kind.code, kind.label, kind.unit, len(found), _amount(found), plan.ways[kind.code], tuple(choices),
        tuple(shares), tuple(_samples(db, kind, found)),
        fault=f"{lacking}没有{kind.asks.label}的权限" if lacking and kind.asks is not None else "",
    )  # fmt: skip


def _amount(items: Sequence[Item]) -> str:
    total = sum(one.amount_fen for one in items)
    return format_wan(total) if total else ""


def _samples(db: Session, kind: Kind, items: Sequence[Item]) -> list[str]:
    if not kind.number:
        return []
    model = kind.model
    query = sa.select(getattr(model, kind.number)).where(model.id.in_([one.id for one in items[:SAMPLES]]))
    return [str(text) for text in db.execute(query.order_by(model.id)).scalars()]


def _last_ones(db: Session, user_id: int) -> list[str]:
    """Return the decisions nobody else at work could take."""
    mine = rights_of(db, [user_id])[user_id]
    others = db.execute(
        sa.select(col(Role.permissions))
        .join(UserRole, col(UserRole.role_id) == col(Role.id))
        .join(User, col(User.id) == col(UserRole.user_id))
        .where(col(User.active), col(User.id) != user_id)
        .distinct()
    ).scalars()
    left = {one for permissions in others for one in permissions}
    return [
        f"离开后没有人能做「{one.label}」，先给另一位同事这个角色"
        for one in DECISIONS
        if one.value in mine and one.value not in left
    ]
