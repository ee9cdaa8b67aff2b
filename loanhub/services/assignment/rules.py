"""The life of the rules 分配规则的草稿、发布、回滚: one draft, numbered versions, one of them in force."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.assignment import MAX_RULES, CandidateKind, Document, Strategy
from loanhub.domain.assignment.document import MAX_CAP, read_rule
from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.permissions import Permission
from loanhub.models import AssignmentVersion, Department, SkillGroup
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._transaction import announce, reading, transaction
from loanhub.services.assignment._load import VERSIONS, members, staff_of, teams_of
from loanhub.services.assignment._shared import TOPIC, check_criteria, get_draft


@dataclass(frozen=True)
class RuleView:
    """A rule as the list and the editor show it; ``candidates`` are (kind, id, label, weight)."""

    key: str
    name: str
    sentence: str
    criteria: dict[str, Any]
    strategy: str
    strategy_label: str
    hours: str
    hours_label: str
    fallback: str
    fallback_label: str
    active: bool
    candidates: tuple[tuple[str, int, str, int], ...]
    people: int
    who: str
    fault: str


@dataclass(frozen=True)
class VersionView:
    """A version in the history."""

    number: int
    state: str
    note: str
    by: str
    when: str
    rules: int
    based_on: int


@dataclass(frozen=True)
class RulesView:
    """The page: the rules of the draft (or of the version in force while there is none), and the history."""

    rules: tuple[RuleView, ...]
    daily_cap: int
    open_cap: int
    own_entry: bool
    recycled: bool
    draft_version: int
    """0 while there is no draft; what a change must name."""
    in_force: int
    """The number of the version in force, 0 for none."""
    changed: bool
    faults: tuple[str, ...]
    versions: tuple[VersionView, ...]
    options: dict[str, tuple[tuple[str, str], ...]]
    """What may be a candidate, by kind: (id, label)."""


def view(actor: Actor, *, now: datetime) -> RulesView:
    """Return the rules being worked on.

    Raises:
        NotPermitted: the actor lacks assignments:edit.
    """
    actor.require(Permission.ASSIGNMENTS_EDIT)
    with reading() as db:
        draft, base = VERSIONS.draft(db), VERSIONS.in_force(db)
        source = draft or base
        document = Document.of_json(source.document) if source else Document()
        staff = staff_of(db)
        teams = {team.rule.key: team for team in teams_of(db, document, staff)}
        options = _options(db)
        labels = {(kind, one): label for kind, pairs in options.items() for one, label in pairs}
        faults = document.faults()
        rows = []
        for rule in document.rules:
            team = teams[rule.key]
            names = [staff.users[one].name for one, _ in team.people]
            shown = "、".join(names[:4]) + (f" 等 {len(names)} 人" if len(names) > 4 else "")
            rows.append(
                RuleView(
                    key=rule.key, name=rule.name, sentence=team.sentence or "全部线索", criteria=dict(rule.criteria),
                    strategy=rule.strategy.value, strategy_label=rule.strategy.label, hours=rule.hours.value,
                    hours_label=rule.hours.label, fallback=rule.fallback.value, fallback_label=rule.fallback.label,
                    active=rule.active, people=len(names), who=shown or "还没有人",
                    candidates=tuple(
                        (one.kind.value, one.id, labels.get((one.kind.value, str(one.id)), "已不在"), one.weight)
                        for one in rule.candidates
                    ),
                    fault=faults.get(rule.key) or ("现在没有在职的人能接" if rule.active and not names else ""),
                )
            )  # fmt: skip
        return RulesView(
            rules=tuple(rows), daily_cap=document.daily_cap, open_cap=document.open_cap, own_entry=document.own_entry,
            recycled=document.recycled, draft_version=draft.version if draft else 0,
            in_force=base.number if base else 0,
            changed=draft is not None and (base is None or draft.document != base.document),
            faults=tuple(faults.values()), versions=tuple(_versions(db, now)), options=options,
        )  # fmt: skip


def _options(db: Session) -> dict[str, tuple[tuple[str, str], ...]]:
    staff = staff_of(db)
    homes = {i: name for i, name in db.execute(sa.select(col(Department.id), col(Department.name))).all()}  # noqa: C416
    departments = db.execute(sa.select(Department).order_by(col(Department.path))).scalars()
    groups = db.execute(sa.select(SkillGroup).order_by(col(SkillGroup.name))).scalars()
    return {
        CandidateKind.USER.value: tuple(
            (str(one), f"{user.name} · {homes.get(user.department_id, '')}")
            for one, user in staff.users.items()
            if one in staff.takers or one in staff.heads
        ),
        CandidateKind.DEPARTMENT.value: tuple((str(one.id), one.name) for one in departments),
        CandidateKind.SKILL.value: tuple(
            (str(one.id), f"{one.name}（{len(one.member_ids)} 人）") for one in groups
        ),
    }


def _versions(db: Session, now: datetime) -> list[VersionView]:
    return [
        VersionView(
            number=row.number, state=row.state, note=row.note, by=who, when=formats.relative(row.published_at, now),
            rules=len(row.document.get("rules", ())),  # type: ignore[arg-type]
            based_on=row.based_on,
        )
        for row, who in VERSIONS.history(db)
    ]  # fmt: skip


def save_rule(
    actor: Actor, *, expected: int, key: str = "", name: str, raw_criteria: object, strategy: str, hours: str,
    fallback: str, candidates: Sequence[tuple[str, int, int]], now: datetime,
) -> int:  # fmt: skip
    """Add a rule to the draft (no ``key``; it goes last) or change one; return the draft's version.

    Raises:
        NotPermitted: the actor lacks assignments:edit.
        StaleDraft: somebody changed the draft since ``expected``.
        InvalidInput: a sentence for each part at fault.
        NotFound: no such rule.
    """
    with transaction() as db:
        actor.require(Permission.ASSIGNMENTS_EDIT)
        draft = get_draft(db, actor, expected=expected, now=now)
        document = Document.of_json(draft.document)
        place = _place(document, key) if key else len(document.rules)
        if not key and len(document.rules) >= MAX_RULES:
            raise InvalidInput(f"最多 {MAX_RULES} 条规则")
        known = _options(db)
        for kind, one, _ in candidates:
            if str(one) not in {number for number, _ in known.get(kind, ())}:
                raise InvalidInput(fields={"candidates": "选的人、部门或技能组已不在，请重新选"})
        rule = read_rule(
            key=key or secrets.token_hex(6), name=name, criteria=check_criteria(db, raw_criteria), strategy=strategy,
            hours=hours, fallback=fallback, candidates=candidates,
            active=document.rules[place].active if key else True,
            taken=[one.name for one in document.rules if one.key != key],
        )  # fmt: skip
        if rule.strategy in (Strategy.ROUND_ROBIN, Strategy.LOAD):
            rule = replace(rule, candidates=tuple(replace(one, weight=1) for one in rule.candidates))
        rules = [*document.rules]
        rules[place : place + 1] = [rule]
        return _changed(db, actor, draft, replace(document, rules=tuple(rules)), f"规则「{rule.name}」", now)


def move_rule(actor: Actor, *, expected: int, key: str, to: int, now: datetime) -> int:
    """Put a rule at another place (from 0) of the draft; return the draft's version.

    Raises:
        NotPermitted, StaleDraft, NotFound: see :func:`save_rule`.
    """
    with transaction() as db:
        actor.require(Permission.ASSIGNMENTS_EDIT)
        draft = get_draft(db, actor, expected=expected, now=now)
        document = Document.of_json(draft.document)
        rules = [*document.rules]
        rule = rules.pop(_place(document, key))
        rules.insert(max(0, min(to, len(rules))), rule)
        return _changed(
            db, actor, draft, replace(document, rules=tuple(rules)), f"调整「{rule.name}」的顺序", now
        )


def switch_rule(actor: Actor, *, expected: int, key: str, active: bool, now: datetime) -> int:
    """Switch a rule of the draft on or off; return the draft's version.

    Raises:
        NotPermitted, StaleDraft, NotFound: see :func:`save_rule`.
    """
    with transaction() as db:
        actor.require(Permission.ASSIGNMENTS_EDIT)
        draft = get_draft(db, actor, expected=expected, now=now)
        document = Document.of_json(draft.document)
        place = _place(document, key)
        rules = [*document.rules]
        rules[place] = replace(rules[place], active=active)
        word = "启用" if active else "停用"
        return _changed(
            db, actor, draft, replace(document, rules=tuple(rules)), f"{word}「{rules[place].name}」", now
        )


def delete_rule(actor: Actor, *, expected: int, key: str, now: datetime) -> int:
    """Take a rule out of the draft; versions keep it. Return the draft's version.

    Raises:
        NotPermitted, StaleDraft, NotFound: see :func:`save_rule`.
    """
    with transaction() as db:
        actor.require(Permission.ASSIGNMENTS_EDIT)
        draft = get_draft(db, actor, expected=expected, now=now)
        document = Document.of_json(draft.document)
        gone = document.rules[_place(document, key)]
        rules = tuple(rule for rule in document.rules if rule.key != key)
        return _changed(db, actor, draft, replace(document, rules=rules), f"删除「{gone.name}」", now)


def save_settings(
    actor: Actor,
    *,
    expected: int,
    daily_cap: int,
    open_cap: int,
    own_entry: bool,
    recycled: bool,
    now: datetime,
) -> int:
    """Change what holds for everybody in the draft; return its version. A cap of 0 is none.

    Raises:
        NotPermitted, StaleDraft: see :func:`save_rule`.
        InvalidInput: a cap out of range.
    """
    faults = {
        name: f"填 0（不限）到 {MAX_CAP} 的整数"
        for name, value in (("daily_cap", daily_cap), ("open_cap", open_cap))
        if not 0 <= value <= MAX_CAP
    }
    if faults:
        raise InvalidInput(fields=faults)
    with transaction() as db:
        actor.require(Permission.ASSIGNMENTS_EDIT)
        draft = get_draft(db, actor, expected=expected, now=now)
        document = replace(
            Document.of_json(draft.document), daily_cap=daily_cap, open_cap=open_cap, own_entry=own_entry,
            recycled=recycled,
        )  # fmt: skip
        return _changed(db, actor, draft, document, "通用设置", now)


def discard(actor: Actor, *, expected: int, now: datetime) -> None:
    """Throw the draft away; the version in force stays.

    Raises:
        NotPermitted, StaleDraft: see :func:`save_rule`.
        NotFound: there is no draft.
    """
    with transaction() as db:
        actor.require(Permission.ASSIGNMENTS_EDIT)
        draft = VERSIONS.to_end(db, actor, expected=expected, now=now)
        db.delete(draft)
        events.record(
            db, actor, "assignment.discarded", now=now, entity="assignment", summary="放弃未发布的改动"
        )
        announce(db, TOPIC)


def publish(actor: Actor, *, expected: int, note: str = "", now: datetime) -> int:
    """Put the draft in force from now on; return its number.

    Raises:
        NotPermitted, StaleDraft: see :func:`save_rule`.
        NotFound: there is no draft.
        InvalidInput: the draft cannot be published; the sentence names the rule.
        Conflict: nothing differs from the version in force.
    """
    with transaction() as db:
        actor.require(Permission.ASSIGNMENTS_EDIT)
        draft = VERSIONS.to_end(db, actor, expected=expected, now=now)
        document = Document.of_json(draft.document)
        faults = document.faults()
        staff = staff_of(db)
        for rule in document.rules:
            check_criteria(db, rule.criteria)
            if rule.active and not members(rule, staff):
                faults.setdefault(rule.key, f"规则「{rule.name}」现在没有在职的人能接")
        if faults:
            raise InvalidInput("；".join(faults.values()))
        base = VERSIONS.check_differs(db, draft)
        put_in_force(db, actor, draft, note=note, now=now)
        events.record(
            db, actor, "assignment.published", now=now, entity="assignment", entity_id=draft.number,
            summary=f"第 {draft.number} 版，{len(document.rules)} 条规则", reason=note,
            before={"版本": base.number if base else "—"}, after={"版本": draft.number},
        )  # fmt: skip
        return draft.number


def roll_back(actor: Actor, *, number: int, now: datetime) -> int:
    """Put the rules of an earlier version in force again, under a new number; an open draft stays as it is.

    Raises:
        NotPermitted: the actor lacks assignments:edit.
        NotFound: no such version.
        Conflict: it is in force already.
        InvalidInput: its rules no longer fit (a field is gone, nobody is left).
    """
    with transaction() as db:
        actor.require(Permission.ASSIGNMENTS_EDIT)
        base = VERSIONS.in_force(db)
        again = VERSIONS.copy_of(db, actor, number, now=now)
        staff = staff_of(db)
        for rule in Document.of_json(again.document).rules:
            check_criteria(db, rule.criteria)
            if rule.active and not members(rule, staff):
                raise InvalidInput(f"规则「{rule.name}」现在没有在职的人能接，请改好草稿再发布")
        put_in_force(db, actor, again, note=f"回到第 {number} 版", now=now)
        events.record(
            db, actor, "assignment.rolled_back", now=now, entity="assignment", entity_id=again.number,
            summary=f"回到第 {number} 版", before={"版本": base.number if base else "—"}, after={"版本": again.number},
        )  # fmt: skip
        return again.number


def put_in_force(db: Session, actor: Actor, row: AssignmentVersion, *, note: str, now: datetime) -> None:
    """Make a row the version in force under the next number; what was in force is superseded."""
    VERSIONS.put_in_force(db, actor, row, note=note, now=now)
    announce(db, TOPIC)


def _place(document: Document, key: str) -> int:
    for place, rule in enumerate(document.rules):
        if rule.key == key:
            return place
    raise NotFound("这条规则已被删除")


def _changed(
    db: Session, actor: Actor, draft: AssignmentVersion, document: Document, what: str, now: datetime
) -> int:
    version = VERSIONS.store(db, draft, document.as_json(), now=now)
    events.record(db, actor, "assignment.edited", now=now, entity="assignment", summary=f"草稿：{what}")
    announce(db, TOPIC)
    return version
