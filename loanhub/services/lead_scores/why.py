"""Why a lead has its score, and the temperature a person gave it instead 评分说明、人工意向."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from loanhub.domain import formats
from loanhub.domain.errors import InvalidInput, NotFound
from loanhub.domain.lead_scores import ScoreDocument
from loanhub.domain.leads import Temperature
from loanhub.domain.permissions import Permission
from loanhub.models import Lead, LeadScore, User
from loanhub.repositories import leads as lead_repository
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._lead_scorer import Scorer, published
from loanhub.services._transaction import reading, transaction


@dataclass(frozen=True)
class Part:
    """One rule: how it reads, its points, and whether the lead meets it."""

    name: str
    sentence: str
    points: str
    met: bool


@dataclass(frozen=True)
class Why:
    """A lead's score with its parts; ``fixed`` says who set the temperature and why."""

    score: str = ""
    base: str = ""
    rules_say: str = ""
    shown: str = ""
    fixed: str = ""
    by_person: bool = False
    bands: str = ""
    number: int = 0
    can_edit: bool = False
    parts: tuple[Part, ...] = ()


def why(actor: Actor, *, lead_id: int, now: datetime) -> Why:
    """Return what the rules in force say of a lead at this moment, rule by rule; empty while there are none.

    Raises:
        NotFound: no such lead in the actor's scope.
        NotPermitted: the actor lacks leads:read.
    """
    with reading() as db:
        lead = lead_repository.get_visible(db, actor, lead_id)
        actor.require(Permission.LEADS_READ)
        version = published(db)
        if version is None:
            return Why()
        document = ScoreDocument.of_json(version.document)
        scorer = Scorer(db, document)
        given, kept = scorer.give(lead, now), db.get(LeadScore, lead_id)
        met = {rule.key for rule in given.met}
        return Why(
            score=str(given.score), base=str(document.base), rules_say=given.temperature.label,
            shown=lead.temperature.label if lead.temperature else "—", fixed=_fixed(db, kept),
            by_person=_by_person(lead, kept), number=version.number,
            bands=f"{document.high_from} 分起高意向，{document.watch_from} 分起待观察，再低无效",
            can_edit=actor.can(Permission.LEADS_EDIT) and lead.closed_at is None,
            parts=tuple(
                Part(rule.name, scorer.sentences[rule.key], f"{rule.points:+d}".replace("-", "−"), rule.key in met)
                for rule in document.rules if rule.active
            ),
        )  # fmt: skip


def _by_person(lead: Lead, kept: LeadScore | None) -> bool:
    shown = lead.temperature.value if lead.temperature else ""
    return bool(kept and (kept.fixed or (shown and shown != kept.temperature)))


def _fixed(db: Session, kept: LeadScore | None) -> str:
    if kept is None or not kept.fixed:
        return ""
    who = db.get(User, kept.by_id) if kept.by_id else None
    when = formats.instant(kept.fixed_at) if kept.fixed_at else ""
    return f"{who.name if who else '系统'} {when} 设定：{kept.reason}"


def fix(actor: Actor, *, lead_id: int, temperature: str, reason: str, now: datetime) -> None:
    """Set a lead's temperature by hand, with a reason; the rules leave it alone until it is given back.

    Raises:
        NotFound: no such lead in the actor's scope.
        NotPermitted: the actor lacks leads:edit.
        InvalidInput: no such temperature, no reason.
    """
    chosen, words = Temperature.find(temperature), " ".join(reason.split())
    faults = {} if chosen else {"temperature": "请选择意向等级"}
    if not 2 <= len(words) <= 200:
        faults["reason"] = "写一下原因，最多 200 个字"
    with transaction() as db:
        lead = lead_repository.get_visible(db, actor, lead_id, for_update=True)
        actor.require(Permission.LEADS_EDIT)
        if faults or chosen is None:
            raise InvalidInput(fields=faults)
        kept = db.get(LeadScore, lead_id) or LeadScore(lead_id=lead_id, at=now)
        kept.fixed, kept.reason, kept.by_id, kept.fixed_at = True, words, actor.actor_id, now
        db.add(kept)
        _set(db, actor, lead, chosen, words, now)


def give_back(actor: Actor, *, lead_id: int, now: datetime) -> None:
    """Let the rules decide a lead's temperature again, from now on.

    Raises:
        NotFound: no such lead in the actor's scope, or nobody had set it.
        NotPermitted: the actor lacks leads:edit.
    """
    with transaction() as db:
        lead = lead_repository.get_visible(db, actor, lead_id, for_update=True)
        actor.require(Permission.LEADS_EDIT)
        kept, version = db.get(LeadScore, lead_id), published(db)
        if kept is None or version is None or not _by_person(lead, kept):
            raise NotFound("这条线索的意向本来就由规则决定")
        given = Scorer(db, ScoreDocument.of_json(version.document)).give(lead, now)
        kept.fixed, kept.reason, kept.by_id, kept.fixed_at = False, "", None, None
        kept.temperature = given.temperature.value
        _set(db, actor, lead, given.temperature, "恢复由规则决定", now)


def _set(db: Session, actor: Actor, lead: Lead, chosen: Temperature, reason: str, now: datetime) -> None:
    before = lead.temperature.label if lead.temperature else "—"
    lead.temperature, lead.updated_at = chosen, now
    lead.version += 1
    events.record(
        db, actor, "lead.edited", now=now, entity="lead", entity_id=lead.id, lead_id=lead.id, customer_id=lead.customer_id,
        before={"意向等级": before}, after={"意向等级": chosen.label}, summary=f"意向等级：{before} → {chosen.label}",
        reason=reason,
    )  # fmt: skip
