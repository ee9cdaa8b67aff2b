"""The engine made ready from the database: the version in force, who can take leads, whose turn it is."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import criteria as language
from loanhub.domain.assignment import (
    CandidateKind,
    Decision,
    Document,
    Engine,
    Outcome,
    Person,
    Rule,
    Strategy,
    Team,
    Turn,
)
from loanhub.domain.calendar import shanghai_date
from loanhub.domain.errors import InvalidInput
from loanhub.domain.leads import OPEN_STATUSES
from loanhub.domain.permissions import Permission
from loanhub.models import (
    Assignee,
    AssignmentTally,
    AssignmentTurn,
    AssignmentVersion,
    Department,
    Lead,
    Leave,
    Role,
    SkillGroup,
    User,
    UserRole,
)
from loanhub.services import catalogue as catalogues
from loanhub.services._actor import SYSTEM
from loanhub.services._lead_rules import lead_rules
from loanhub.services._lead_scorer import Overlay, in_force
from loanhub.services._numbering import next_number
from loanhub.services._segments import sources_for
from loanhub.services._versions import Versions

LOCK = "assignment"
"""The number whose row is the lock: who counts up decides, everybody else waits for the commit."""
ENTITY = "lead"


@dataclass(frozen=True)
class Staff:
    """Who works here, as far as assignment asks: active people, departments' paths, who takes leads, who leads teams."""

    users: Mapping[int, User]
    paths: Mapping[int, str]
    takers: frozenset[int]
    heads: frozenset[int]
    skills: Mapping[int, tuple[int, ...]]

    def below(self, department_id: int) -> tuple[int, ...]:
        """Return who takes leads in a department and those below it, by id."""
        path = self.paths.get(department_id, "-")
        return tuple(
            one for one, user in self.users.items()
            if one in self.takers and self.paths.get(user.department_id or 0, "").startswith(path)
        )  # fmt: skip

    def heads_of(self, department_ids: Iterable[int]) -> tuple[int, ...]:
        """Return who leads these departments, the nearest first."""
        found: list[tuple[int, int]] = []
        for place in set(department_ids):
            path = self.paths.get(place, "")
            for head in self.heads:
                above = self.paths.get(self.users[head].department_id or 0, "-")
                if path.startswith(above):
                    found.append((-len(above), head))
        return tuple(dict.fromkeys(head for _, head in sorted(found)))


def staff_of(db: Session) -> Staff:
    """Return the people at work."""
    users = {
        one.id or 0: one
        for one in db.execute(sa.select(User).where(col(User.active)).order_by(col(User.id))).scalars()
    }
    paths = {
        int(i or 0): path for i, path in db.execute(sa.select(col(Department.id), col(Department.path))).all()
    }
    takes: set[int] = set()
    leads: set[int] = set()
    rows = db.execute(
        sa.select(col(UserRole.user_id), col(Role.permissions)).join(
            Role, col(Role.id) == col(UserRole.role_id)
        )
    ).all()
    for user_id, permissions in rows:
        if user_id in users and Permission.LEADS_CLAIM.value in permissions:
            takes.add(user_id)
        if user_id in users and Permission.LEADS_ASSIGN.value in permissions:
            leads.add(user_id)
    skills = {one.id or 0: tuple(one.member_ids) for one in db.execute(sa.select(SkillGroup)).scalars()}
    return Staff(users, paths, frozenset(takes - leads), frozenset(leads), skills)


def members(rule: Rule, staff: Staff) -> tuple[tuple[int, int], ...]:
    """Return the people of a rule with their weights; who is named in person keeps that weight."""
    found: dict[int, int] = {}
    for kind in (CandidateKind.USER, CandidateKind.SKILL, CandidateKind.DEPARTMENT):
        for one in rule.candidates:
            if one.kind is not kind:
                continue
            people: Iterable[int] = (one.id,)
            if kind is CandidateKind.SKILL:
                people = staff.skills.get(one.id, ())
            elif kind is CandidateKind.DEPARTMENT:
                people = staff.below(one.id)
            for person in people:
                if person in staff.users:
                    found.setdefault(person, one.weight)
    return tuple(sorted(found.items()))


def teams_of(db: Session, document: Document, staff: Staff) -> list[Team]:
    """Return the rules of a document ready to be asked."""
    catalogue, sources = catalogues.current(db), sources_for(db, SYSTEM)
    teams = []
    for rule in document.rules:
        people = members(rule, staff)
        homes = {staff.users[one].department_id or 0 for one, _ in people} | {
            one.id for one in rule.candidates if one.kind is CandidateKind.DEPARTMENT
        }
        sentence = ""
        if rule.criteria:
            try:
                node = language.parse(dict(rule.criteria), catalogue, ENTITY)
                sentence = language.to_sentence(node, catalogue, ENTITY, sources)
            except InvalidInput:
                sentence = "条件已失效"
        teams.append(Team(rule, people, staff.heads_of(homes), sentence))
    return teams


def people_of(
    db: Session, document: Document, staff: Staff, teams: Iterable[Team], *, count_open: bool
) -> dict[int, Person]:
    """Return everybody a rule may choose, with caps and leaves; open leads counted when asked for."""
    ids = sorted(
        {one for team in teams for one, _ in team.people} | {one for team in teams for one in team.leads}
    )
    own = {
        one.user_id: one
        for one in db.execute(sa.select(Assignee).where(col(Assignee.user_id).in_(ids))).scalars()
    }
    away: dict[int, list[tuple[datetime, datetime]]] = {}
    leaves = sa.select(Leave).where(col(Leave.user_id).in_(ids), col(Leave.cancelled_at).is_(None))
    for leave in db.execute(leaves).scalars():
        away.setdefault(leave.user_id, []).append((leave.starts_at, leave.ends_at))
    people = {}
    for one in ids:
        user, mine = staff.users[one], own.get(one)
        daily = document.daily_cap if mine is None or mine.daily_cap is None else mine.daily_cap
        held = document.open_cap if mine is None or mine.open_cap is None else mine.open_cap
        people[one] = Person(
            one, user.name, user.department_id, daily, held, away=tuple(away.get(one, ())),
            paused=mine is not None and mine.paused,
        )  # fmt: skip
    if count_open and ids:
        query = (
            sa.select(col(Lead.owner_id), sa.func.count())
            .where(
                col(Lead.owner_id).in_(ids),
                col(Lead.status).in_(OPEN_STATUSES),
                col(Lead.deleted_at).is_(None),
            )
            .group_by(col(Lead.owner_id))
        )
        for owner, number in db.execute(query).all():
            people[int(owner or 0)].open = int(number)
    return people


def _seed() -> dict[str, object]:
    return {"seed": secrets.token_hex(4)}


VERSIONS = Versions(AssignmentVersion, LOCK, "规则草稿", more=_seed)


def published(db: Session) -> AssignmentVersion | None:
    """Return the version in force, or None."""
    return VERSIONS.in_force(db)


@dataclass
class OpenEngine:
    """The engine of one transaction; :meth:`place` decides about one lead after the other."""

    engine: Engine
    document: Document
    department_of: Mapping[int, int | None]
    db: Session
    now: datetime
    first_step: dict[datetime, datetime] = field(default_factory=dict)
    """By when a lead given out at an instant is to be contacted, worked out once."""
    _nodes: dict[str, Any] = field(default_factory=dict)
    _scorer: Any = None
    """None: not looked for yet; False: no rule asks for a score, or none is in force."""

    @property
    def asks(self) -> bool:
        """Return whether any rule looks at the lead at all."""
        return any(rule.criteria for rule in self.document.rules)

    def place(
        self, lead: Any, *, besides: frozenset[int] = frozenset(), now: datetime | None = None
    ) -> Decision:
        """Return where a lead (a row, or a mapping of its fields) goes; nothing is written to it."""
        moment = now or self.now
        lead = self._scored(lead, moment)
        return self.engine.decide(lambda rule: self._applies(rule, lead, moment), now=moment, besides=besides)

    def _scored(self, lead: Any, moment: datetime) -> Any:
        """Return the lead as the score rules see it, where a rule asks for that and it has no score of its own yet."""
        if self._scorer is None:
            text = json.dumps([dict(rule.criteria) for rule in self.document.rules], default=str)
            asked = '"score"' in text or '"temperature"' in text
            self._scorer = (in_force(self.db) if asked else None) or False
        if not self._scorer:
            return lead
        values = lead if isinstance(lead, Mapping) else None
        if (values.get("score") if values is not None else lead.score) is not None:
            return lead
        given = self._scorer.give(lead, moment)
        shown = values.get("temperature") if values is not None else lead.temperature
        fresh = {"score": given.score, "temperature": shown or given.temperature}
        return {**values, **fresh} if values is not None else Overlay(lead, fresh)

    def _applies(self, rule: Rule, lead: Any, moment: datetime) -> bool:
        if not rule.criteria:
            return True
        if rule.key not in self._nodes:
            catalogue = catalogues.current(self.db)
            try:
                node = language.parse(dict(rule.criteria), catalogue, ENTITY)
            except InvalidInput:
                node = None
            self._nodes[rule.key] = None if node is None else language.compiled(node, catalogue, ENTITY)
        test = self._nodes[rule.key]
        return test is not None and test(lead, moment)


@contextmanager
def open_engine(db: Session, *, now: datetime) -> Iterator[OpenEngine]:
    """Open the engine in force inside a write transaction; turns and tallies are stored when the block ends.

    From here to the commit nobody else decides, so two leads at once never take the same turn or the last place.
    """
    version = published(db)
    if version is None:
        yield OpenEngine(Engine((), {}, {}, ""), Document(), {}, db, now)
        return
    next_number(db, LOCK)
    version = published(db) or version
    document = Document.of_json(version.document)
    staff = staff_of(db)
    teams = teams_of(db, document, staff)
    counted = (
        any(rule.strategy is Strategy.LOAD for rule in document.rules)
        or document.open_cap > 0
        or bool(
            db.execute(sa.select(col(Assignee.user_id)).where(col(Assignee.open_cap) > 0).limit(1)).first()
        )
    )
    people = people_of(db, document, staff, teams, count_open=counted)
    day = shanghai_date(now)
    before = _tallies(db, people, day)
    keys = [rule.key for rule in document.rules]
    stored = db.execute(
        sa.select(AssignmentTurn)
        .where(col(AssignmentTurn.rule_key).in_(keys))
        .execution_options(populate_existing=True)
    ).scalars()
    rows = {row.rule_key: row for row in stored}
    turns = {key: Turn.of_json(row.state) for key, row in rows.items()}
    drawn = {key: turn.drawn for key, turn in turns.items()}
    engine = Engine(teams, people, turns, version.seed, lead_rules(db, now=now).pool.overrides)
    departments = {one: person.department_id for one, person in people.items()}
    yield OpenEngine(engine, document, departments, db, now)
    for key, turn in turns.items():
        if turn.drawn == drawn.get(key, 0):
            continue
        if key in rows:
            rows[key].state = turn.as_json()
        else:
            db.add(AssignmentTurn(rule_key=key, state=turn.as_json()))
    for one, person in people.items():
        taken = person.taken.get(day, 0)
        if taken == before.get(one, 0):
            continue
        if one in before:
            db.execute(
                sa.update(AssignmentTally)
                .where(col(AssignmentTally.user_id) == one, col(AssignmentTally.day) == day)
                .values(taken=taken)
            )
        else:
            db.add(AssignmentTally(user_id=one, day=day, taken=taken))
    db.flush()


def _tallies(db: Session, people: Mapping[int, Person], day: date) -> dict[int, int]:
    query = sa.select(col(AssignmentTally.user_id), col(AssignmentTally.taken)).where(
        col(AssignmentTally.day) == day, col(AssignmentTally.user_id).in_(list(people))
    )
    found = {int(one): int(number) for one, number in db.execute(query).all()}
    for one, number in found.items():
        people[one].taken[day] = number
    return found


__all__ = [
    "ENTITY",
    "OpenEngine",
    "Outcome",
    "Staff",
    "members",
    "open_engine",
    "people_of",
    "published",
    "staff_of",
    "teams_of",
]
