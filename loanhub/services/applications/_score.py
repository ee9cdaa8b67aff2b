"""The score card of an application as it was judged 评分卡."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from loanhub.domain import formats
from loanhub.domain.scorecard import Advice
from loanhub.models import Application

SCALE_LOW, SCALE_HIGH = 500, 760
"""The ends of the score ruler; a score beyond them stands at the end."""


@dataclass(frozen=True)
class ReasonLine:
    """One attribute of the score card; ``effect`` against an unknown value, ``bar`` its length 0 to 100.

    ``worst``: among the four that lost most, and below what an unknown value earns.
    """

    code: str
    label: str
    words: str
    effect: str
    good: bool
    bar: int
    worst: bool


@dataclass(frozen=True)
class CheckLine:
    """One hard rule; ``state`` ok, bad or unknown."""

    code: str
    label: str
    state: str
    found: str


@dataclass(frozen=True)
class Segment:
    """A band on the ruler: where it begins and how wide it is, 0 to 100; ``risk`` 1 低 to 4 极高.

    ``start`` is its lowest score as text, empty for the last band.
    """

    left: int
    width: int
    risk: int
    start: str
    label: str


@dataclass(frozen=True)
class ScoreView:
    """The score card: ``position`` of the score on the ruler, 0 to 100; ``score`` 0 when not scored."""

    score: int
    version: str
    at: str
    advice: str
    advice_tone: str
    position: int
    segments: tuple[Segment, ...]
    reasons: tuple[ReasonLine, ...]
    checks: tuple[CheckLine, ...]
    hits: tuple[str, ...]


_ADVICE_TONES = {
    Advice.PASS: "ok",
    Advice.REVIEW: "info",
    Advice.SECOND_REVIEW: "warn",
    Advice.REJECT: "danger",
}


def _on_ruler(score: int) -> int:
    within = max(SCALE_LOW, min(SCALE_HIGH, score))
    return (within - SCALE_LOW) * 100 // (SCALE_HIGH - SCALE_LOW)


def _segments(bands: list[list[Any]]) -> tuple[Segment, ...]:
    """Return the bands as they lie on the ruler, lowest scores first; ``bands`` are best first."""
    found, end = [], 100
    for place, (start, _grade, advice) in enumerate(bands, 1):
        left = _on_ruler(int(start))
        words = str(advice).removeprefix("建议")
        found.append(Segment(left, max(0, end - left), min(place, 4), str(start or ""), words))
        end = left
    return tuple(reversed(found))


def score_of(application: Application) -> ScoreView:
    """Return the score card as it was judged at the last submission; score 0 before the first."""
    parts: dict[str, list[dict[str, Any]]] = {"model": [], "reason": [], "check": []}
    for line in application.score_reasons:
        parts.setdefault(str(line.get("part", "")), []).append(line)
    if not application.score or not parts["model"]:
        return ScoreView(0, "", "", "", "", 0, (), (), (), ())
    model = parts["model"][0]
    advice = Advice.find(str(model.get("advice", "")))
    largest = max((abs(int(r["effect"])) for r in parts["reason"]), default=1) or 1
    reasons = tuple(
        ReasonLine(
            code=str(r["code"]), label=str(r["label"]), words=str(r["words"]),
            effect=f"{'+' if r['effect'] > 0 else formats.MINUS if r['effect'] < 0 else ''}{abs(int(r['effect']))}",
            good=int(r["effect"]) >= 0, bar=abs(int(r["effect"])) * 100 // largest, worst=r["code"] in model["worst"] and int(r["effect"]) < 0,
        )
        for r in sorted(parts["reason"], key=lambda r: -int(r["effect"]))
    )  # fmt: skip
    checks = tuple(
        CheckLine(str(c["code"]), str(c["label"]), str(c["state"]), str(c["found"])) for c in parts["check"]
    )
    return ScoreView(
        score=application.score,
        version=str(model.get("version", "")),
        at=formats.instant(datetime.fromisoformat(str(model["at"]))),
        advice=advice.label if advice else "",
        advice_tone=_ADVICE_TONES.get(advice, "neutral") if advice else "neutral",
        position=_on_ruler(application.score),
        segments=_segments(model.get("bands", [])),
        reasons=reasons,
        checks=checks,
        hits=tuple(str(c["sentence"]) for c in parts["check"] if c["state"] == "bad"),
    )
