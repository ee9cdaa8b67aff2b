"""Where a person stands in what runs by itself 自动分配里的位置: rules, skill groups, channels; told and given on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.assignment import Candidate, CandidateKind, Document
from loanhub.models import Channel, SkillGroup
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._numbering import next_number
from loanhub.services.assignment._load import LOCK, VERSIONS
from loanhub.services.assignment.rules import put_in_force

NOTE = "离职交接"


def told(db: Session, user_id: int) -> list[str]:
    """Return where somebody stands, as one reads it: 分配规则「大额」、技能组「车贷」、渠道「官网」."""
    return [*_rules(db, user_id), *_groups(db, user_id), *_channels(db, user_id)]


def hand_on(db: Session, actor: Actor, *, leaver_id: int, takers: Sequence[int], now: datetime) -> list[str]:
    """Put the receivers in the leaver's place everywhere, with the same weight; return what was changed.

    A channel whose leads all go to one person names the first of them. Without receivers the leaver is taken out of
    groups and channels, and rules stay: they pass over whoever is not at work.
    """
    found = told(db, leaver_id)
    if not found:
        return []
    if takers:
        _hand_on_rules(db, actor, leaver_id, takers, now=now)
    for group in db.execute(sa.select(SkillGroup)).scalars():
        if leaver_id in group.member_ids:
            rest = [one for one in group.member_ids if one != leaver_id]
            group.member_ids = [*rest, *(one for one in takers if one not in rest)]
            group.version += 1
    for channel in _led_by(db, leaver_id):
        channel.owner_rule = {"kind": "person", "user_id": takers[0]} if takers else {"kind": "engine"}
    return found


def _hand_on_rules(
    db: Session, actor: Actor, leaver_id: int, takers: Sequence[int], *, now: datetime
) -> None:
    next_number(db, LOCK)
    base, draft = VERSIONS.in_force(db), VERSIONS.draft(db, for_update=True)
    if draft is not None:
        document = Document.of_json(draft.document)
        changed = _replaced(document, leaver_id, takers)
        if changed != document:
            VERSIONS.store(db, draft, changed.as_json(), now=now)
    if base is None:
        return
    document = Document.of_json(base.document)
    changed = _replaced(document, leaver_id, takers)
    if changed == document:
        return
    again = VERSIONS.add(db, actor, changed.as_json(), based_on=base.number, now=now)
    put_in_force(db, actor, again, note=NOTE, now=now)
    events.record(
        db, actor, "assignment.published", now=now, entity="assignment", entity_id=again.number,
        summary=f"第 {again.number} 版，{NOTE}", before={"版本": base.number}, after={"版本": again.number},
    )  # fmt: skip


def _replaced(document: Document, leaver_id: int, takers: Sequence[int]) -> Document:
    rules = []
    for rule in document.rules:
        gone = next(
            (one for one in rule.candidates if one.kind is CandidateKind.USER and one.id == leaver_id), None
        )
        if gone is not None:
            rest = [one for one in rule.candidates if one is not gone]
            there = {one.id for one in rest if one.kind is CandidateKind.USER}
            fresh = [Candidate(CandidateKind.USER, one, gone.weight) for one in takers if one not in there]
            rule = replace(rule, candidates=(*rest, *fresh))
        rules.append(rule)
    return replace(document, rules=tuple(rules))


def _rules(db: Session, user_id: int) -> list[str]:
    names: dict[str, None] = {}
    for row in (VERSIONS.in_force(db), VERSIONS.draft(db)):
        for rule in Document.of_json(row.document).rules if row is not None else ():
            if any(one.kind is CandidateKind.USER and one.id == user_id for one in rule.candidates):
                names[f"分配规则「{rule.name}」"] = None
    return list(names)


def _groups(db: Session, user_id: int) -> list[str]:
    rows = db.execute(sa.select(SkillGroup).order_by(col(SkillGroup.id))).scalars()
    return [f"技能组「{row.name}」" for row in rows if user_id in row.member_ids]


def _channels(db: Session, user_id: int) -> list[str]:
    return [f"渠道「{row.label}」" for row in _led_by(db, user_id)]


def _led_by(db: Session, user_id: int) -> list[Channel]:
    rows = db.execute(sa.select(Channel).order_by(col(Channel.id))).scalars()
    return [row for row in rows if row.owner_rule.get("user_id") == user_id]
