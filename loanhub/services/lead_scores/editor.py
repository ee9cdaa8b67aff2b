"""The life of the rules of lead scores 评分规则的草稿、试算、发布、回滚."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlmodel import Session

from loanhub.domain import formats
from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.lead_scores import MAX_RULES, ScoreDocument, read_bands, read_rule
from loanhub.domain.permissions import Permission
from loanhub.models import LeadScoreVersion
from loanhub.services import events, rule_conditions
from loanhub.services._actor import Actor
from loanhub.services._lead_scorer import ENTITY, TOPIC, VERSIONS, Scorer
from loanhub.services._transaction import announce, reading, transaction
from loanhub.services.lists import FilterField
from loanhub.services.rule_conditions import Reading

_MAY = Permission.ASSIGNMENTS_EDIT
NOT_ASKED = frozenset({"score", "temperature", "id", "number", "name", "updated_at", "version"})
"""Fields a rule cannot ask about: what it gives itself, and what singles one lead out."""
REFUSAL = "评分规则只能用线索自己的字段"


@dataclass(frozen=True)
class RuleView:
    """A rule as list and sheet show it."""

    key: str
    name: str
    points: int
    sentence: str
    criteria: dict[str, Any]
    active: bool


@dataclass(frozen=True)
class VersionView:
    """A version in the history."""

    number: int
    state: str
    note: str
    by: str
    when: str
    rules: int


@dataclass(frozen=True)
class ScoresView:
    """The page: the draft's rules (those in force while there is none), bands and history."""

    rules: tuple[RuleView, ...]
    base: int
    high_from: int
    watch_from: int
    draft_version: int
    in_force: int
    changed: bool
    versions: tuple[VersionView, ...]


def view(actor: Actor, *, now: datetime) -> ScoresView:
    """Return the rules being worked on.

    Raises:
        NotPermitted: the actor lacks assignments:edit.
    """
    actor.require(_MAY)
    with reading() as db:
        draft, base = VERSIONS.draft(db), VERSIONS.in_force(db)
        source = draft or base
        document = ScoreDocument.of_json(source.document) if source else ScoreDocument()
        sentences = Scorer(db, document).sentences
        versions = tuple(
            VersionView(
                row.number, row.state, row.note, who, formats.relative(row.published_at, now),
                len(ScoreDocument.of_json(row.document).rules),
            )
            for row, who in VERSIONS.history(db)
        )  # fmt: skip
        return ScoresView(
            rules=tuple(
                RuleView(one.key, one.name, one.points, sentences[one.key], dict(one.criteria), one.active)
                for one in document.rules
            ),
            base=document.base, high_from=document.high_from, watch_from=document.watch_from,
            draft_version=draft.version if draft else 0, in_force=base.number if base else 0,
            changed=draft is not None and (base is None or draft.document != base.document), versions=versions,
        )  # fmt: skip


def fields(actor: Actor) -> list[FilterField]:
    """Return the fields of a lead a rule may ask about: its own, not protected.

    Raises:
        NotPermitted: the actor lacks assignments:edit.
    """
    return rule_conditions.fields(actor, ENTITY, may=_MAY, without=NOT_ASKED)


def leaf(
    actor: Actor, *, field: str, operator: str, texts: Sequence[str], now: datetime
) -> dict[str, object]:
    """Return one comparison put together in the editor, as criteria JSON.

    Raises:
        NotPermitted: the actor lacks assignments:edit.
        InvalidInput: it does not fit; the sentence says what is expected.
    """
    return rule_conditions.leaf(
        actor, ENTITY, field=field, operator=operator, texts=texts, may=_MAY, without=NOT_ASKED, now=now
    )


def read_back(actor: Actor, raw: Any, leaves: Sequence[object]) -> Reading:
    """Return how a condition and its comparisons read.

    Raises:
        NotPermitted: the actor lacks assignments:edit.
    """
    return rule_conditions.read_back(
        actor, ENTITY, raw, leaves, may=_MAY, empty="还没有条件", refusal=REFUSAL
    )


def _draft(db: Session, actor: Actor, expected: int, now: datetime) -> tuple[LeadScoreVersion, ScoreDocument]:
    actor.require(_MAY)
    draft = VERSIONS.to_change(db, actor, expected=expected, empty=ScoreDocument().as_json(), now=now)
    return draft, ScoreDocument.of_json(draft.document)


def _store(
    db: Session, actor: Actor, draft: LeadScoreVersion, document: ScoreDocument, what: str, now: datetime
) -> int:
    version = VERSIONS.store(db, draft, document.as_json(), now=now)
    events.record(db, actor, "lead_scores.edited", now=now, entity="lead_scores", summary=f"草稿：{what}")
    announce(db, TOPIC)
    return version


def save_rule(
    actor: Actor, *, expected: int, key: str = "", name: str, points: str, raw_criteria: object, now: datetime
) -> int:
    """Add a rule to the draft (no ``key``) or change one; return the draft's version.

    Raises:
        NotPermitted: the actor lacks assignments:edit.
        StaleDraft: somebody changed the draft since ``expected``.
        InvalidInput: by field.
        NotFound: no such rule.
    """
    with transaction() as db:
        draft, document = _draft(db, actor, expected, now)
        before = next((one for one in document.rules if one.key == key), None)
        if key and before is None:
            raise NotFound("这条规则已被删除")
        if not key and len(document.rules) >= MAX_RULES:
            raise InvalidInput(f"最多 {MAX_RULES} 条规则")
        rule = read_rule(
            key=key or secrets.token_hex(6), name=name, points=points,
            criteria=rule_conditions.checked(db, raw_criteria, entity=ENTITY, refusal=REFUSAL), active=before.active if before else True,
            taken=[one.name for one in document.rules if one.key != key],
        )  # fmt: skip
        rules = tuple(rule if one.key == key else one for one in document.rules)
        return _store(
            db,
            actor,
            draft,
            replace(document, rules=rules if before else (*rules, rule)),
            f"规则「{rule.name}」",
            now,
        )


def switch_rule(actor: Actor, *, expected: int, key: str, active: bool, now: datetime) -> int:
    """Switch a rule of the draft on or off; return the draft's version.

    Raises:
        NotPermitted, StaleDraft, NotFound: as for :func:`save_rule`.
    """
    with transaction() as db:
        draft, document = _draft(db, actor, expected, now)
        if key not in {one.key for one in document.rules}:
            raise NotFound("这条规则已被删除")
        rules = tuple(replace(one, active=active) if one.key == key else one for one in document.rules)
        return _store(
            db, actor, draft, replace(document, rules=rules), "启用规则" if active else "停用规则", now
        )


def delete_rule(actor: Actor, *, expected: int, key: str, now: datetime) -> int:
    """Take a rule out of the draft; versions keep it. Return the draft's version.

    Raises:
        NotPermitted, StaleDraft, NotFound: as for :func:`save_rule`.
    """
    with transaction() as db:
        draft, document = _draft(db, actor, expected, now)
        rules = tuple(one for one in document.rules if one.key != key)
        if len(rules) == len(document.rules):
            raise NotFound("这条规则已被删除")
        return _store(db, actor, draft, replace(document, rules=rules), "删除规则", now)


def save_bands(
    actor: Actor, *, expected: int, base: str, high_from: str, watch_from: str, now: datetime
) -> int:
    """Set what a lead begins with and the bands; return the draft's version.

    Raises:
        NotPermitted, StaleDraft: as for :func:`save_rule`.
        InvalidInput: by field.
    """
    with transaction() as db:
        draft, document = _draft(db, actor, expected, now)
        start, high, watch = read_bands(base, high_from, watch_from)
        return _store(
            db, actor, draft, replace(document, base=start, high_from=high, watch_from=watch), "分数段", now
        )


def discard(actor: Actor, *, expected: int, now: datetime) -> None:
    """Throw the draft away.

    Raises:
        NotPermitted, StaleDraft: as for :func:`save_rule`.
        NotFound: there is no draft.
    """
    with transaction() as db:
        actor.require(_MAY)
        draft = VERSIONS.to_end(db, actor, expected=expected, now=now)
        db.delete(draft)
        events.record(
            db, actor, "lead_scores.edited", now=now, entity="lead_scores", summary="放弃未发布的改动"
        )
        announce(db, TOPIC)


def publish(actor: Actor, *, expected: int, note: str = "", now: datetime) -> int:
    """Put the draft in force from now on; every open lead is scored anew in the background. Return its number.

    Raises:
        NotPermitted, StaleDraft: as for :func:`save_rule`.
        NotFound: there is no draft.
        InvalidInput: no rule is switched on, or one no longer fits.
        Conflict: nothing differs from the version in force.
    """
    with transaction() as db:
        actor.require(_MAY)
        draft = VERSIONS.to_end(db, actor, expected=expected, now=now)
        document = ScoreDocument.of_json(draft.document)
        VERSIONS.check_differs(db, draft)
        _put_in_force(db, actor, draft, document, note, now)
        events.record(
            db, actor, "lead_scores.published", now=now, entity="lead_scores", entity_id=draft.number, reason=draft.note,
            summary=f"第 {draft.number} 版，{len(document.rules)} 条规则",
        )  # fmt: skip
        return draft.number


def roll_back(actor: Actor, *, number: int, now: datetime) -> int:
    """Put an earlier version's rules in force again, under a new number; an open draft stays.

    Raises:
        NotPermitted: the actor lacks assignments:edit.
        NotFound: no such version.
        Conflict: it is in force already.
        InvalidInput: its rules no longer fit.
    """
    with transaction() as db:
        actor.require(_MAY)
        again = VERSIONS.copy_of(db, actor, number, now=now)
        _put_in_force(db, actor, again, ScoreDocument.of_json(again.document), f"回到第 {number} 版", now)
        events.record(
            db, actor, "lead_scores.published", now=now, entity="lead_scores", entity_id=again.number,
            summary=f"回到第 {number} 版",
        )  # fmt: skip
        return again.number


def _put_in_force(
    db: Session, actor: Actor, row: LeadScoreVersion, document: ScoreDocument, note: str, now: datetime
) -> None:
    if not any(one.active for one in document.rules):
        raise InvalidInput("至少要有一条启用的规则")
    for rule in document.rules:
        rule_conditions.checked(
            db, rule.criteria, entity=ENTITY, refusal=f"规则「{rule.name}」的条件已失效，请改好再发布"
        )
    VERSIONS.put_in_force(db, actor, row, note=note, now=now)
    announce(db, TOPIC)
