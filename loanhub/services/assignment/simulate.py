"""Try rules on leads that came in: 「这 500 条线索会这样分」, beside what really happened. Nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.assignment import Document, Engine, Outcome, Share, fairness
from loanhub.domain.assignment.fairness import Fairness
from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.leads import Temperature
from loanhub.domain.money import format_fen
from loanhub.domain.permissions import Permission
from loanhub.models import AssignmentVersion, Channel, Event, Lead, User
from loanhub.services._actor import Actor
from loanhub.services._lead_rules import lead_rules
from loanhub.services._transaction import reading
from loanhub.services.assignment._load import VERSIONS, OpenEngine, people_of, staff_of, teams_of

MOST = 2_000
SHOWN = 100


@dataclass(frozen=True)
class PersonLine:
    """One person: what the rules would have given, what really came, what the weights promise."""

    name: str
    would: int
    did: int
    expected: str
    off: str
    percent: str
    amount: str
    high: str


@dataclass(frozen=True)
class LeadLine:
    """One lead of the trial; its number alone, so that nobody sees a customer who may not."""

    number: str
    when: str
    would: str
    did: str
    same: bool
    reason: str


@dataclass(frozen=True)
class RuleLine:
    """How many leads a rule decided."""

    name: str
    leads: int
    percent: str


@dataclass(frozen=True)
class Trial:
    """The outcome of a trial."""

    leads: int
    given: int
    to_leads: int
    pooled: int
    same: int
    span: str
    which: str
    words: str
    words_did: str
    gini: str
    gini_did: str
    people: tuple[PersonLine, ...]
    rules: tuple[RuleLine, ...]
    samples: tuple[LeadLine, ...]


def channels(actor: Actor) -> list[tuple[str, str]]:
    """Return the channels a trial may be held to: (code, label).

    Raises:
        NotPermitted: the actor lacks assignments:edit.
    """
    actor.require(Permission.ASSIGNMENTS_EDIT)
    with reading() as db:
        return [
            (code, label)
            for code, label in db.execute(
                sa.select(col(Channel.code), col(Channel.label)).order_by(col(Channel.sort))
            ).all()
        ]


def simulate(
    actor: Actor, *, count: int = 500, days: int = 90, channel_code: str = "", number: int = 0, now: datetime
) -> Trial:
    """Run the newest ``count`` leads of the last ``days`` through the draft (or version ``number``), oldest first.

    Each at the moment it came in, with the leaves of then; everybody begins with an empty desk and a fresh turn.
    The real owner is the first one the lead was assigned to.

    Raises:
        NotPermitted: the actor lacks assignments:edit.
        InvalidInput: a count or span out of range.
        NotFound: no such version; nothing to try.
    """
    actor.require(Permission.ASSIGNMENTS_EDIT)
    faults = {}
    if not 1 <= count <= MOST:
        faults["count"] = f"一次试 1 到 {MOST} 条"
    if not 1 <= days <= 3_650:
        faults["days"] = "填 1 到 3650 天"
    if faults:
        raise InvalidInput(fields=faults)
    with reading() as db:
        version, which = _version(db, number)
        document = Document.of_json(version.document)
        leads = _leads(db, count, now - timedelta(days=days), channel_code)
        if not leads:
            raise NotFound("这段时间没有线索可试")
        staff = staff_of(db)
        teams = teams_of(db, document, staff)
        people = people_of(db, document, staff, teams, count_open=False)
        engine = OpenEngine(
            Engine(teams, people, {}, version.seed, lead_rules(db, now=now).pool.overrides), document,
            {one: person.department_id for one, person in people.items()}, db, now,
        )  # fmt: skip
        decisions = [engine.place(lead, now=lead.created_at) for lead in leads]
        did = _first_owners(db, leads)
        names = {int(i or 0): name for i, name in db.execute(sa.select(col(User.id), col(User.name))).all()}
    got = [one.owner_id or 0 for one in decisions]
    promised = _promised(engine, decisions)
    would = _shares(leads, got, names, promised)
    really = _shares(leads, did, names, promised)
    report = fairness(would)
    before = fairness([one for one in really if one.weight or one.leads])
    by_rule: dict[str, int] = {}
    for one in decisions:
        by_rule[one.rule_name or "没有规则适用"] = by_rule.get(one.rule_name or "没有规则适用", 0) + 1
    given = sum(1 for one in got if one)
    same = sum(1 for one, other in zip(got, did, strict=True) if one and one == other)
    samples = tuple(
        LeadLine(
            lead.number, f"{formats.local(lead.created_at):%m-%d %H:%M}", names.get(decision.owner_id or 0, "公海"),
            names.get(real, "公海"), decision.owner_id == real, decision.reason,
        )
        for lead, decision, real in list(zip(leads, decisions, did, strict=True))[-SHOWN:][::-1]
    )  # fmt: skip
    first, last = formats.local(leads[0].created_at), formats.local(leads[-1].created_at)
    return Trial(
        leads=len(leads), given=given, to_leads=sum(one.outcome is Outcome.TEAM_LEAD for one in decisions),
        pooled=len(leads) - given, same=same, span=f"{first:%Y-%m-%d} 至 {last:%Y-%m-%d}", which=which,
        words=report.words, words_did=before.words, gini=str(report.gini), gini_did=str(before.gini),
        people=_lines(report, before), samples=samples,
        rules=tuple(
            RuleLine(name, number, f"{number * 100 / len(leads):.0f}%")
            for name, number in sorted(by_rule.items(), key=lambda pair: -pair[1])
        ),
    )  # fmt: skip


def _version(db: Session, number: int) -> tuple[AssignmentVersion, str]:
    if number:
        found = db.execute(
            sa.select(AssignmentVersion).where(col(AssignmentVersion.number) == number)
        ).scalar_one_or_none()
        if found is None:
            raise NotFound("没有这个版本")
        return found, f"第 {number} 版"
    draft = VERSIONS.draft(db)
    if draft is not None:
        return draft, "草稿"
    base = VERSIONS.in_force(db)
    if base is None:
        raise NotFound("还没有规则可试，先加一条规则")
    return base, f"第 {base.number} 版（正在使用）"


def _leads(db: Session, count: int, since: datetime, channel_code: str) -> list[Lead]:
    query = sa.select(Lead).where(col(Lead.created_at) >= since, col(Lead.deleted_at).is_(None))
    if channel_code:
        query = query.where(col(Lead.channel_code) == channel_code)
    rows = (
        db.execute(query.order_by(col(Lead.created_at).desc(), col(Lead.id).desc()).limit(count))
        .scalars()
        .all()
    )
    return list(reversed(rows))


def _first_owners(db: Session, leads: Sequence[Lead]) -> list[int]:
    """Return whose each lead was first: the former owner when it has been through the pool, else the owner."""
    ids = [lead.id or 0 for lead in leads]
    names: dict[int, str] = {}
    for start in range(0, len(ids), 500):
        query = (
            sa.select(col(Event.lead_id), col(Event.after))
            .where(
                col(Event.lead_id).in_(ids[start : start + 500]),
                col(Event.type).in_(("lead.assigned", "lead.claimed")),
            )
            .order_by(col(Event.id))
        )
        for lead_id, after in db.execute(query).all():
            names.setdefault(int(lead_id or 0), str(after.get("负责人", "")))
    people = {name: int(i or 0) for i, name in db.execute(sa.select(col(User.id), col(User.name))).all()}
    return [
        people.get(names.get(lead.id or 0, ""), 0)
        or lead.previous_owner_id
        or lead.created_by_id
        or lead.owner_id
        or 0
        if lead.owner_id or lead.previous_owner_id
        else 0
        for lead in leads
    ]


def _promised(engine: OpenEngine, decisions: Sequence[object]) -> dict[int, Fraction]:
    """Return each person's share of the leads the rules decided: the weight in each rule, by how many it decided."""
    found: dict[int, Fraction] = {}
    for team in engine.engine.teams:
        number = sum(1 for one in decisions if getattr(one, "rule_key", "") == team.rule.key)
        total = sum(weight for _, weight in team.people)
        for person, weight in team.people:
            if number:
                found[person] = found.get(person, Fraction(0)) + Fraction(weight * number, total)
    return found


def _shares(
    leads: Sequence[Lead], owners: Sequence[int], names: dict[int, str], promised: dict[int, Fraction]
) -> list[Share]:
    counts: dict[int, list[int]] = {one: [0, 0, 0] for one in promised}
    for lead, owner in zip(leads, owners, strict=True):
        if owner:
            row = counts.setdefault(owner, [0, 0, 0])
            row[0] += 1
            row[1] += lead.amount_fen or 0
            row[2] += lead.temperature is Temperature.HIGH
    return [
        Share(one, names.get(one, "—"), row[0], promised.get(one, Fraction(0)), row[1], row[2])
        for one, row in sorted(counts.items())
    ]


def _lines(report: Fairness, before: Fairness) -> tuple[PersonLine, ...]:
    did = {line.person_id: line.leads for line in before.lines}
    lines = [
        PersonLine(
            line.name, line.leads, did.get(line.person_id, 0), str(line.expected), f"{line.off:+}", f"{line.percent}%",
            format_fen(line.amount_fen), f"{line.high * 100 // line.leads}%" if line.leads else "—",
        )
        for line in sorted(report.lines, key=lambda line: (-line.leads, line.person_id))
    ]  # fmt: skip
    listed = {line.person_id for line in report.lines}
    lines += [
        PersonLine(line.name, 0, line.leads, "—", "—", "0%", "—", "—")
        for line in before.lines
        if line.person_id not in listed
    ]
    return tuple(lines)
