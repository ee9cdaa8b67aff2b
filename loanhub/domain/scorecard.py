"""Scorecard 评分卡: points and score by PDO, WOE and IV of a feature, bands, reason codes, stability.

Everything is decimal, 28 digits; only points and scores are rounded, to integers, halves up.
Source: lending-domain.md §6; tests/golden/scorecard.json.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from loanhub.domain.choice import Choice
from loanhub.domain.errors import InvalidInput

_ONE = Decimal(1)
_HALF = Decimal("0.5")


class RiskGrade(Choice):
    """风险等级."""

    LOW = "low", "低"
    MEDIUM = "medium", "中"
    HIGH = "high", "高"
    EXTREME = "extreme", "极高"


class Advice(Choice):
    """What a band suggests; a person decides."""

    PASS = "pass", "建议通过"
    REVIEW = "review", "人工审核"
    SECOND_REVIEW = "second_review", "主管复核"
    REJECT = "reject", "建议拒绝"


@dataclass(frozen=True, slots=True)
class Band:
    """Scores from ``from_score`` on, up to the next band."""

    from_score: int
    grade: RiskGrade
    advice: Advice


DEFAULT_BANDS: tuple[Band, ...] = (
    Band(640, RiskGrade.LOW, Advice.PASS),
    Band(610, RiskGrade.MEDIUM, Advice.REVIEW),
    Band(575, RiskGrade.HIGH, Advice.SECOND_REVIEW),
    Band(0, RiskGrade.EXTREME, Advice.REJECT),
)
"""For the 600 at 20:1, PDO 20 scale, best first."""


def _rounded(value: Decimal) -> int:
    return int(value.quantize(_ONE, rounding=ROUND_HALF_UP))


@dataclass(frozen=True, slots=True)
class Scale:
    """A score scale: ``base_score`` at ``base_odds`` (good to bad), ``pdo`` points double the odds."""

    base_score: Decimal = Decimal(600)
    base_odds: Decimal = Decimal(20)
    pdo: Decimal = Decimal(20)

    @property
    def factor(self) -> Decimal:
        """Return PDO / ln 2."""
        return self.pdo / Decimal(2).ln()

    @property
    def offset(self) -> Decimal:
        """Return base score − factor · ln(base odds)."""
        return self.base_score - self.factor * self.base_odds.ln()

    def raw_score(self, odds: Decimal) -> Decimal:
        """Return offset + factor · ln(odds), unrounded.

        Raises:
            InvalidInput: odds are not above 0.
        """
        if odds <= 0:
            raise InvalidInput("好坏比要大于 0")
        return self.offset + self.factor * odds.ln()

    def score(self, odds: Decimal) -> int:
        """Return the score for good-to-bad ``odds``, halves up."""
        return _rounded(self.raw_score(odds))

    def score_of_default_probability(self, probability: Decimal) -> int:
        """Return the score for a probability of default in (0, 1)."""
        return self.score(odds_of(probability))

    def points(self, *, beta: Decimal, woe: Decimal, alpha: Decimal, feature_count: int) -> int:
        """Return an attribute's points (β·WOE + α/n)·factor + offset/n, halves up."""
        share = beta * woe + alpha / feature_count
        return _rounded(share * self.factor + self.offset / feature_count)


def odds_of(probability: Decimal) -> Decimal:
    """Return good-to-bad odds (1 − p)/p.

    Raises:
        InvalidInput: the probability is not inside (0, 1).
    """
    if not 0 < probability < 1:
        raise InvalidInput("违约概率要在 0 和 1 之间")
    return (_ONE - probability) / probability


@dataclass(frozen=True, slots=True)
class Bin:
    """One value range of a feature, counted."""

    label: str
    good: int
    bad: int


@dataclass(frozen=True, slots=True)
class BinEvidence:
    """A bin's weight of evidence, information value and share of bad ones (0 to 1)."""

    label: str
    woe: Decimal
    iv: Decimal
    bad_rate: Decimal | None


def evidence(bins: Sequence[Bin]) -> tuple[BinEvidence, ...]:
    """Return WOE = ln((good_i/G)/(bad_i/B)) and IV = (good_i/G − bad_i/B)·WOE of each bin, in order.

    A bin without good or without bad ones has half a one added to both.

    Raises:
        InvalidInput: there is no good or no bad one at all.
    """
    goods, bads = Decimal(sum(b.good for b in bins)), Decimal(sum(b.bad for b in bins))
    if not goods or not bads:
        raise InvalidInput("样本里好客户和坏客户都要有")
    found = []
    for each in bins:
        nudge = _HALF if not each.good or not each.bad else Decimal(0)
        good_share, bad_share = (each.good + nudge) / goods, (each.bad + nudge) / bads
        woe = (good_share / bad_share).ln()
        count = each.good + each.bad
        bad_rate = Decimal(each.bad) / count if count else None
        found.append(BinEvidence(each.label, woe, (good_share - bad_share) * woe, bad_rate))
    return tuple(found)


def information_value(bins: Sequence[Bin]) -> Decimal:
    """Return Σ IV: below 0.02 useless, 0.1–0.3 medium, above 0.5 suspicious of leakage."""
    return sum((e.iv for e in evidence(bins)), Decimal(0))


def band_of(score: int, bands: Sequence[Band] = DEFAULT_BANDS) -> Band:
    """Return the band a score falls into; below all of them the last. ``bands`` are best first."""
    return next((band for band in bands if score >= band.from_score), bands[-1])


def reason_codes(points: Mapping[str, int], maximum: Mapping[str, int], *, count: int = 4) -> tuple[str, ...]:
    """Return the attributes that lost most points against their maximum, worst first; none that lost none.

    Ties keep the order of ``points``.
    """
    lost = {key: maximum[key] - value for key, value in points.items()}
    ordered = sorted((key for key in lost if lost[key] > 0), key=lambda key: -lost[key])
    return tuple(ordered[:count])


def stability_index(actual: Sequence[Decimal], expected: Sequence[Decimal]) -> Decimal:
    """Return PSI = Σ (a − e)·ln(a/e) over shares of the same bins: below 0.1 stable, above 0.25 act.

    Raises:
        InvalidInput: the bins differ in number, or a share is not above 0 (merge bins first).
    """
    if len(actual) != len(expected) or any(share <= 0 for share in (*actual, *expected)):
        raise InvalidInput("两期的分箱要一致，且每箱都要有样本")
    pairs = zip(actual, expected, strict=True)
    return sum(((a - e) * (a / e).ln() for a, e in pairs), Decimal(0))
