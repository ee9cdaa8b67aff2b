"""Try rules on leads that came in 试算: how many would change, and how each band really did. Nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col

from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.lead_scores import ScoreDocument
from loanhub.domain.leads import Temperature
from loanhub.domain.permissions import Permission
from loanhub.models import Lead
from loanhub.services._actor import Actor
from loanhub.services._lead_scorer import VERSIONS, Scorer
from loanhub.services._transaction import reading

MOST = 2_000
SHOWN = 50


@dataclass(frozen=True)
class BandLine:
    """A temperature: how many leads show it now, how many would, and which part of those became customers."""

    label: str
    now: int
    would: int
    converted: str


@dataclass(frozen=True)
class RuleLine:
    """How many leads a rule meets."""

    name: str
    points: str
    met: int
    percent: str


@dataclass(frozen=True)
class LeadLine:
    """A lead that would change, by number alone."""

    number: str
    before: str
    after: str
    score: str
    reason: str


@dataclass(frozen=True)
class Trial:
    """The outcome."""

    which: str = ""
    leads: int = 0
    changed: int = 0
    bands: tuple[BandLine, ...] = ()
    rules: tuple[RuleLine, ...] = ()
    samples: tuple[LeadLine, ...] = ()


def simulate(actor: Actor, *, count: int = 500, now: datetime) -> Trial:
    """Score the newest ``count`` leads by the draft, or by the version in force while there is none.

    Raises:
        NotPermitted: the actor lacks assignments:edit.
        InvalidInput: a count out of range.
        NotFound: there are no rules, or no leads.
    """
    actor.require(Permission.ASSIGNMENTS_EDIT)
    if not 1 <= count <= MOST:
        raise InvalidInput(fields={"count": f"一次试 1 到 {MOST} 条"})
    with reading() as db:
        draft = VERSIONS.draft(db)
        source = draft or VERSIONS.in_force(db)
        if source is None:
            raise NotFound("还没有规则可试，先加一条规则")
        document = ScoreDocument.of_json(source.document)
        scorer = Scorer(db, document)
        query = (
            sa.select(Lead).where(col(Lead.deleted_at).is_(None)).order_by(col(Lead.id).desc()).limit(count)
        )
        leads = list(db.execute(query).scalars())
        given = [scorer.give(lead, now) for lead in leads]
    if not leads:
        raise NotFound("还没有线索可试")
    pairs = list(zip(leads, given, strict=True))
    changed = [(lead, one) for lead, one in pairs if lead.temperature is not one.temperature]
    bands = []
    for band in Temperature:
        would = [lead for lead, one in pairs if one.temperature is band]
        won = sum(1 for lead in would if lead.customer_id)
        bands.append(
            BandLine(
                band.label, sum(1 for lead in leads if lead.temperature is band), len(would),
                f"{won * 100 // len(would)}%" if would else "—",
            )
        )  # fmt: skip
    rules = []
    for rule in document.rules:
        if rule.active:
            met = sum(1 for one in given if rule in one.met)
            points = f"{rule.points:+d}".replace("-", "−")
            rules.append(RuleLine(rule.name, points, met, f"{met * 100 // len(leads)}%"))
    samples = tuple(
        LeadLine(
            lead.number, lead.temperature.label if lead.temperature else "—", one.temperature.label, str(one.score),
            "、".join(f"{rule.name} {rule.points:+d}" for rule in one.met) or "没有规则适用",
        )
        for lead, one in changed[:SHOWN]
    )  # fmt: skip
    which = "草稿" if draft else f"第 {source.number} 版（正在使用）"
    return Trial(which, len(leads), len(changed), tuple(bands), tuple(rules), samples)
