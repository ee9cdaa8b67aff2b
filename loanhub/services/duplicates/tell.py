"""What of a known record may be told 盲查重: its state and its team, never who or what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.calendar import SHANGHAI
from loanhub.domain.duplicates import Rules
from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.domain.identity import check_mobile, check_resident_id, check_uscc
from loanhub.domain.leads import blind_notice
from loanhub.domain.permissions import Permission
from loanhub.models import Event, OwnershipRuling, User
from loanhub.models.encryption import blind_index
from loanhub.repositories import duplicates as repository
from loanhub.repositories.duplicates import Record, Standing
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.duplicates.rules import rules_of

SHOWN = 3
CHECKED = "party.checked"


class ChecksSpent(Conflict):
    """This person has asked as often as a day allows."""

    def __init__(self, number: int) -> None:
        super().__init__(f"今天的 {number} 次查询已用完，明天再查；急用请找主管")


@dataclass(frozen=True)
class Answer:
    """What a blind check tells: ``sentences`` (none: nobody knows the person), and how many checks are left today."""

    known: bool
    sentences: tuple[str, ...]
    left: int
    limit: int


def sees(actor: Actor, known: Standing) -> bool:
    """Return whether a known record lies inside the actor's scope."""
    mine = known.manager_id is not None and known.manager_id == actor.user_id
    return mine or actor.reaches(owner_id=known.owner_id, department_id=known.department_id)


def blind(known: Standing, *, protected: str = "") -> str:
    """Return the blind sentence on a record: state and team."""
    if known.status is None:
        told = blind_customer(known.team)
    else:
        told = blind_notice(known.status, in_pool=known.owner_id is None, team=known.team)
    return f"{told}，{protected}" if protected else told


def blind_customer(team: str) -> str:
    """Return the blind sentence on a customer: the team, never who."""
    return "已是客户" + (f"（{team}）" if team else "")


def sentence(db: Session, actor: Actor, known: Standing, *, now: datetime) -> str:
    """Return what this person may read of a record: its number when it is their own, else the blind sentence."""
    protected = protection(db, (known.entity, known.id), now=now)
    told = blind(known, protected=protected)
    if known.owner_id == actor.user_id and actor.user_id:
        return f"{told}，是你的{'线索' if known.entity == 'lead' else '客户'} {known.number}"
    return told


def protection(db: Session, record: Record, *, now: datetime) -> str:
    """Return until when a ruling keeps a record with its owner, as words; '' without one."""
    query = sa.select(sa.func.max(OwnershipRuling.protected_until)).where(
        col(OwnershipRuling.entity) == record[0], col(OwnershipRuling.entity_id) == record[1],
        col(OwnershipRuling.status) == "decided", col(OwnershipRuling.protected_until) > now,
    )  # fmt: skip
    until = db.execute(query).scalar_one_or_none()
    return f"裁定保护至 {formats.local(until):%Y-%m-%d}" if until else ""


def left_today(actor: Actor, *, now: datetime) -> tuple[int, int]:
    """Return how many blind checks this person has left today, and how many a day allows.

    Raises:
        NotPermitted: the actor lacks leads:create.
    """
    actor.require(Permission.LEADS_CREATE)
    with reading() as db:
        rules = rules_of(db, now=now)
        return max(0, rules.blind_per_day - _asked(db, actor, now)), rules.blind_per_day


def _asked(db: Session, actor: Actor, now: datetime) -> int:
    midnight = datetime.combine(now.astimezone(SHANGHAI).date(), time(), SHANGHAI)
    query = sa.select(sa.func.count()).where(
        col(Event.actor_id) == actor.user_id, col(Event.at) >= midnight, col(Event.type) == CHECKED
    )
    return int(db.execute(query).scalar_one())


def check(actor: Actor, *, text: str, now: datetime) -> Answer:
    """Tell whether the person or firm behind a phone, identity number or company code is known, in what state, where.

    Every question counts against the day and is recorded, a hit or not; the number itself is not.

    Raises:
        NotPermitted: the actor lacks leads:create.
        InvalidInput: it is none of the three.
        ChecksSpent: the day's number is used up.
    """
    actor.require(Permission.LEADS_CREATE)
    column, kind, value = _read(text, now)
    index = _index(column, value)
    with transaction() as db:
        rules: Rules = rules_of(db, now=now)
        # Two questions of one person at once must not both take the last one.
        db.execute(sa.select(col(User.id)).where(col(User.id) == actor.user_id).with_for_update())
        asked = _asked(db, actor, now)
        if asked >= rules.blind_per_day:
            raise ChecksSpent(rules.blind_per_day)
        found = known_by(db, column, index)
        told = tuple(dict.fromkeys(sentence(db, actor, one, now=now) for one in found[:SHOWN]))
        events.record(
            db, actor, CHECKED, now=now, entity=found[0].entity if found else "", entity_id=found[0].id if found else None,
            summary=f"按{kind}盲查重：{'命中' if found else '没有记录'}",
        )  # fmt: skip
        return Answer(bool(found), told, rules.blind_per_day - asked - 1, rules.blind_per_day)


def known_by(db: Session, column: str, index: str) -> list[Standing]:
    """Return the living records behind a number, customers first; a lead that became one of them says nothing more."""
    records = [record for _value, record in repository.sharing_numbers(db, column, [index])]
    rows = repository.load(db, records)
    found = [repository.standing(record[0], rows[record]) for record in records if record in rows]
    customers = {one.id for one in found if one.entity == "customer"}
    found = [one for one in found if one.entity == "customer" or one.customer_id not in customers]
    return sorted(found, key=lambda one: (one.status is not None, -one.id))


def index_of(text: str, *, now: datetime) -> tuple[str, str]:
    """Return the column and the blind index of a typed phone, identity number or company code.

    Raises:
        InvalidInput: it is none of the three.
    """
    column, _kind, value = _read(text, now)
    return column, _index(column, value)


def _index(column: str, value: str) -> str:
    return blind_index("phone" if column == "phone_index" else "id_number", value)


def _read(text: str, now: datetime) -> tuple[str, str, str]:
    """Return which column a typed number is looked up in, what it is called, and its stored form."""
    plain = "".join(str(text).split())[:40]
    mobile = check_mobile(plain)
    if mobile.valid and mobile.normalized:
        return "phone_index", "手机号", mobile.normalized
    person = check_resident_id(plain, today=formats.local(now).date())
    if person.valid and person.as_id18:
        return "id_number_index", "证件号码", person.as_id18
    firm = check_uscc(plain)
    if firm.valid and firm.normalized:
        return "id_number_index", "统一社会信用代码", firm.normalized
    digits = sum(one.isdigit() for one in plain)
    fault = person.sentence if len(plain) >= 15 else mobile.sentence if digits else ""
    raise InvalidInput(fields={"number": fault or "填手机号、身份证号或统一社会信用代码"})
