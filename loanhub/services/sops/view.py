"""Sequences as their administrator sees them: the list, one with its draft, how its conditions read, its versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import criteria as language
from loanhub.domain import formats
from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.domain.sops import OFFERED, Document
from loanhub.models import Sop, SopRun
from loanhub.services import catalogue as catalogues
from loanhub.services import rule_conditions
from loanhub.services._actor import Actor
from loanhub.services._segments import sources_for
from loanhub.services._transaction import reading
from loanhub.services.lists import FilterField
from loanhub.services.rule_conditions import Reading
from loanhub.services.sops._shared import ENTITY_LABELS, get_sop, refusal_of, versions_of
from loanhub.services.sops.act import STATES

NEVER = frozenset({"number", "name", "created_by_id", "customer_id", "department_id"})
"""Fields that single one record out, or mean nothing to a sequence."""


@dataclass(frozen=True)
class SopRow:
    """A sequence in the list; numbers as texts."""

    id: int
    name: str
    entity: str
    trigger: str
    steps: int
    active: bool
    version: int
    draft: bool
    on_the_way: int
    finished: int


@dataclass(frozen=True)
class StepView:
    """A step as the editor shows it; ``texts`` start its form."""

    key: str
    title: str
    kind: str
    wait: str
    due: str
    script: str
    texts: dict[str, str]


@dataclass(frozen=True)
class VersionRow:
    """A version in the history."""

    number: int
    state: str
    note: str
    by: str
    when: str
    steps: int
    on_the_way: int


@dataclass(frozen=True)
class SopView:
    """A sequence being worked on: its draft, or the version in force while there is none."""

    id: int
    name: str
    entity: str
    entity_label: str
    active: bool
    draft_version: int
    in_force: int
    changed: bool
    trigger: str
    triggers: tuple[tuple[str, str], ...]
    criteria: dict[str, Any]
    leave: dict[str, Any]
    enters: str
    leaves: str
    on_reply: bool
    on_stage: bool
    rest_days: int
    per_day: int
    steps: tuple[StepView, ...]
    faults: tuple[str, ...]
    versions: tuple[VersionRow, ...]
    states: tuple[tuple[str, int], ...]
    """How many records stand where: (state in words, number)."""


def list_sops(actor: Actor) -> list[SopRow]:
    """Return every sequence, in the order they were made.

    Raises:
        NotPermitted: the actor lacks sops:edit.
    """
    actor.require(Permission.SOPS_EDIT)
    with reading() as db:
        counts: dict[tuple[int, str], int] = {
            (int(sop), str(state)): int(number)
            for sop, state, number in db.execute(
                sa.select(col(SopRun.sop_id), col(SopRun.state), sa.func.count()).group_by(
                    col(SopRun.sop_id), col(SopRun.state)
                )
            ).all()
        }
        rows = []
        for sop in db.execute(sa.select(Sop).order_by(col(Sop.id))).scalars():
            one = sop.id or 0
            draft, base = versions_of(one).draft(db), versions_of(one).in_force(db)
            source = base or draft
            document = Document.of_json(source.document) if source else Document()
            rows.append(
                SopRow(
                    one, sop.name, ENTITY_LABELS[sop.entity], document.trigger.label, len(document.steps),
                    sop.active and base is not None, base.number if base else 0, draft is not None,
                    counts.get((one, "active"), 0) + counts.get((one, "paused"), 0), counts.get((one, "finished"), 0),
                )
            )  # fmt: skip
        return rows


def open_sop(actor: Actor, *, sop_id: int, now: datetime) -> SopView:
    """Return one sequence.

    Raises:
        NotFound: no such sequence.
        NotPermitted: the actor lacks sops:edit.
    """
    with reading() as db:
        sop = get_sop(db, sop_id)
        actor.require(Permission.SOPS_EDIT)
        draft, base = versions_of(sop_id).draft(db), versions_of(sop_id).in_force(db)
        source = draft or base
        document = Document.of_json(source.document) if source else Document()
        faults = document.faults(sop.entity)
        states = db.execute(
            sa.select(col(SopRun.state), sa.func.count()).where(col(SopRun.sop_id) == sop_id).group_by(col(SopRun.state))
        ).all()  # fmt: skip
        return SopView(
            id=sop_id, name=sop.name, entity=sop.entity, entity_label=ENTITY_LABELS[sop.entity], active=sop.active,
            draft_version=draft.version if draft else 0, in_force=base.number if base else 0,
            changed=draft is not None and (base is None or draft.document != base.document),
            trigger=document.trigger.value, triggers=tuple((one.value, one.label) for one in OFFERED[sop.entity]),
            criteria=dict(document.criteria), leave=dict(document.leave),
            enters=_sentence(db, actor, sop.entity, document.criteria, f"全部{ENTITY_LABELS[sop.entity]}"),
            leaves=_sentence(db, actor, sop.entity, document.leave, "没有退出条件"), on_reply=document.on_reply,
            on_stage=document.on_stage, rest_days=document.rest_days, per_day=document.per_day,
            steps=tuple(
                StepView(
                    step.key, step.title, step.kind.label, step.wait_words,
                    f"{step.due_hours} 个工作小时内" if step.due_hours else "不限", step.script,
                    {key: str(value) for key, value in step.as_json().items()},
                )
                for step in document.steps
            ),
            faults=tuple(faults), versions=tuple(_versions(db, sop_id, now)),
            states=tuple((STATES.get(state, state), int(number)) for state, number in states),
        )  # fmt: skip


def _sentence(db: Session, actor: Actor, entity: str, raw: object, empty: str) -> str:
    if not raw:
        return empty
    catalogue = catalogues.current(db)
    try:
        node = language.parse(raw, catalogue, entity)
    except InvalidInput as fault:
        return fault.sentence
    return language.to_sentence(node, catalogue, entity, sources_for(db, actor))


def _versions(db: Session, sop_id: int, now: datetime) -> list[VersionRow]:
    on_the_way = {
        int(version): int(number)
        for version, number in db.execute(
            sa.select(col(SopRun.version_id), sa.func.count())
            .where(col(SopRun.sop_id) == sop_id, col(SopRun.ended_at).is_(None))
            .group_by(col(SopRun.version_id))
        ).all()
    }
    return [
        VersionRow(
            row.number, row.state, row.note, who, formats.relative(row.published_at, now),
            len(Document.of_json(row.document).steps), on_the_way.get(row.id or 0, 0),
        )
        for row, who in versions_of(sop_id).history(db, limit=30)
    ]  # fmt: skip


# the editor of conditions -----------------------------------------------------------------------------


def fields(actor: Actor, entity: str) -> list[FilterField]:
    """Return the fields of a record a condition may ask about: its own, not protected.

    Raises:
        NotPermitted: the actor lacks sops:edit.
    """
    return rule_conditions.fields(actor, entity, may=Permission.SOPS_EDIT, without=NEVER)


def leaf(
    actor: Actor, *, entity: str, field: str, operator: str, texts: Sequence[str], now: datetime
) -> dict[str, object]:
    """Return one comparison put together in the editor, as criteria JSON.

    Raises:
        NotPermitted: the actor lacks sops:edit.
        InvalidInput: it does not fit; the sentence says what is expected.
    """
    return rule_conditions.leaf(
        actor, entity, field=field, operator=operator, texts=texts, may=Permission.SOPS_EDIT, without=NEVER, now=now
    )  # fmt: skip


def read_back(actor: Actor, entity: str, raw: Any, leaves: Sequence[object], *, empty: str) -> Reading:
    """Return how a condition and its comparisons read.

    Raises:
        NotPermitted: the actor lacks sops:edit.
    """
    return rule_conditions.read_back(
        actor, entity, raw, leaves, may=Permission.SOPS_EDIT, empty=empty, refusal=refusal_of(entity)
    )
