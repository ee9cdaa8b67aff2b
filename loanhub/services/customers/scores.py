"""Scores over time 评分走势: written when a scorecard runs or a grade is set, read with the reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.catalogue.choices import RISK_GRADES
from loanhub.domain.permissions import Permission
from loanhub.domain.risk import Assessment
from loanhub.models import Application, Customer, ScoreRecord, User
from loanhub.repositories import customers as repository
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading

WIDTH, HEIGHT, PAD = 300, 96, 8
REASONS_SHOWN = 6
LIMIT = 60
SOURCES = {"scorecard": "评分卡", "grade": "人工调整", "restored": "恢复系统评级"}


def keep(
    db: Session,
    actor: Actor,
    customer: Customer,
    assessment: Assessment,
    *,
    application_id: int | None,
    now: datetime,
) -> None:
    """Keep what a run of the scorecard said of a customer, inside the caller's transaction."""
    db.add(
        ScoreRecord(
            customer_id=customer.id or 0, application_id=application_id, at=now, source="scorecard",
            score=assessment.score, risk_grade=assessment.level, model_version=assessment.version[:40],
            by_id=actor.actor_id,
            reasons=[{"label": r.label, "words": r.words, "effect": r.effect} for r in assessment.reasons],
        )
    )  # fmt: skip


@dataclass(frozen=True)
class ScoreLine:
    """One score: ``change`` against the one before as ``+12``, ``tone`` ok, bad or '' for it."""

    id: int
    score: str
    change: str
    tone: str
    risk: int
    risk_label: str
    at: str
    title: str
    by: str
    source: str
    application: str
    href: str
    model: str
    reasons: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class ScoreHistory:
    """All scores, newest first, and the line through them in a box of 300 × 96.

    ``points`` are {x, y, label}; ``path`` the SVG path; empty with fewer than two scores.
    """

    lines: list[ScoreLine] = field(default_factory=list)
    points: list[dict[str, str]] = field(default_factory=list)
    path: str = ""
    sentence: str = ""


def history(actor: Actor, *, customer_id: int, until: datetime | None = None, now: datetime) -> ScoreHistory:
    """Return the scores of a customer, optionally those given before an instant.

    Raises:
        NotFound: no such customer in the actor's scope.
        NotPermitted: the actor lacks customers:read.
    """
    with reading() as db:
        repository.get_visible(db, actor, customer_id)
        actor.require(Permission.CUSTOMERS_READ)
        return history_of(db, actor, customer_id, until=until, now=now)


def history_of(
    db: Session, actor: Actor, customer_id: int, *, until: datetime | None = None, now: datetime
) -> ScoreHistory:
    """Return the same for a customer already found."""
    query = (
        sa.select(ScoreRecord, col(User.name), col(Application.number))
        .outerjoin(User, col(User.id) == col(ScoreRecord.by_id))
        .outerjoin(Application, col(Application.id) == col(ScoreRecord.application_id))
        .where(col(ScoreRecord.customer_id) == customer_id)
        .order_by(col(ScoreRecord.at).desc(), col(ScoreRecord.id).desc())
        .limit(LIMIT)
    )
    if until is not None:
        query = query.where(col(ScoreRecord.at) < until)
    rows = db.execute(query).all()
    opens = actor.can(Permission.APPLICATIONS_READ)
    scored = [row.score for row, _, _ in rows]
    lines = []
    for place, (row, by, number) in enumerate(rows):
        before = next((s for s in scored[place + 1 :] if s is not None), None)
        change, tone = _change(row.score, before)
        grade = row.risk_grade or 0
        lines.append(
            ScoreLine(
                id=row.id or 0, score=formats.text(row.score), change=change, tone=tone, risk=grade,
                risk_label=f"{dict(RISK_GRADES)[str(grade)]}风险" if grade else "", at=formats.relative(row.at, now),
                title=formats.instant(row.at), by=by or "系统", source=SOURCES.get(row.source, row.source),
                application=number or "", href=f"/applications/{row.application_id}" if row.application_id and opens else "",
                model=row.model_version, reasons=_reasons(row.reasons),
            )
        )  # fmt: skip
    points, path = _line(
        [(row.score, formats.instant(row.at)) for row, _, _ in reversed(rows) if row.score is not None]
    )
    return ScoreHistory(lines, points, path, _sentence(lines))


def _change(score: int | None, before: int | None) -> tuple[str, str]:
    if score is None or before is None or score == before:
        return "", ""
    rise = score - before
    return (f"+{rise}", "ok") if rise > 0 else (f"{formats.MINUS}{-rise}", "bad")


def _reasons(stored: Sequence[dict[str, object]]) -> list[dict[str, str]]:
    ordered = sorted(stored, key=lambda one: -abs(int(str(one.get("effect", 0)))))[:REASONS_SHOWN]
    found = []
    for one in ordered:
        effect = int(str(one.get("effect", 0)))
        found.append(
            {
                "label": str(one.get("label", "")), "words": str(one.get("words", "")),
                "effect": f"+{effect}" if effect > 0 else (f"{formats.MINUS}{-effect}" if effect else "0"),
                "tone": "ok" if effect > 0 else ("bad" if effect < 0 else ""),
            }
        )  # fmt: skip
    return found


def _line(scores: Sequence[tuple[int, str]]) -> tuple[list[dict[str, str]], str]:
    if len(scores) < 2:
        return [], ""
    low, high = min(s for s, _ in scores), max(s for s, _ in scores)
    span = max(high - low, 20)
    step = (WIDTH - 2 * PAD) / (len(scores) - 1)
    points = [
        {
            "x": f"{PAD + place * step:.1f}", "y": f"{HEIGHT - PAD - (score - low) * (HEIGHT - 2 * PAD) / span:.1f}",
            "label": f"{at} {score}",
        }
        for place, (score, at) in enumerate(scores)
    ]  # fmt: skip
    return points, "M" + " L".join(f"{p['x']} {p['y']}" for p in points)


def _sentence(lines: Sequence[ScoreLine]) -> str:
    if not lines:
        return "提交申请后评分，这里会留下每一次的分数和原因"
    scored = [one for one in lines if one.score != formats.EMPTY]
    if not scored:
        return "还没有跑过评分卡，等级由人工定"
    newest = scored[0]
    if not newest.change:
        return f"共 {len(scored)} 次评分，最近 {newest.score} 分"
    word = "升" if newest.tone == "ok" else "降"
    return f"共 {len(scored)} 次评分，最近 {newest.score} 分，比上次{word} {newest.change.lstrip('+' + formats.MINUS)} 分"
