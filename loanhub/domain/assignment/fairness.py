"""How evenly leads were shared out 公平性: counts against weights, amount and quality, and the whole in words.

The Gini coefficient is taken of leads per unit of weight: 0 when everybody got what the weight promises, towards 1
when one person got everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Share:
    """What one person got: leads, their amounts in fen, how many of high intent; ``weight`` 0 when none was promised."""

    person_id: int
    name: str
    leads: int
    weight: Fraction
    amount_fen: int = 0
    high: int = 0


@dataclass(frozen=True)
class Line:
    """One person in the report; ``expected`` is the share of the leads the weight promises, ``off`` leads beyond it."""

    person_id: int
    name: str
    leads: int
    expected: Decimal
    off: Decimal
    percent: Decimal
    amount_fen: int
    high: int


@dataclass(frozen=True)
class Fairness:
    """The report: a line a person, the Gini coefficient (two places) and what it means."""

    lines: tuple[Line, ...]
    gini: Decimal
    words: str


def fairness(shares: Sequence[Share]) -> Fairness:
    """Return the report over ``shares``; people without weight are listed and left out of the coefficient."""
    total = sum(one.leads for one in shares)
    promised = sum((one.weight for one in shares), Fraction(0))
    lines = []
    for one in shares:
        expected = one.weight * total / promised if promised else Fraction(0)
        lines.append(
            Line(
                one.person_id, one.name, one.leads, _tenths(expected), _tenths(one.leads - expected),
                _tenths(Fraction(one.leads * 100, total) if total else Fraction(0)), one.amount_fen, one.high,
            )
        )  # fmt: skip
    gini = _gini([Fraction(one.leads) / one.weight for one in shares if one.weight])
    return Fairness(tuple(lines), gini, _words(lines, gini, total))


def _gini(values: Sequence[Fraction]) -> Decimal:
    if len(values) < 2 or not sum(values):
        return Decimal("0.00")
    ordered = sorted(values)
    n, whole = len(ordered), sum(ordered, Fraction(0))
    weighted = sum(((2 * place - n - 1) * value for place, value in enumerate(ordered, start=1)), Fraction(0))
    return _rounded(weighted / (n * whole), "0.01")


def _words(lines: Sequence[Line], gini: Decimal, total: int) -> str:
    if not total:
        return "没有线索分到人"
    judged = [line for line in lines if line.expected]
    if len(judged) < 2:
        return "只有一个人在接，没有可比的"
    even = "很均匀" if gini < Decimal("0.05") else "基本均匀" if gini < Decimal("0.15") else "不太均匀"
    if gini >= Decimal("0.35"):
        even = "很不均匀"
    most = max(judged, key=lambda line: line.off)
    least = min(judged, key=lambda line: line.off)
    if most.off <= 1 and least.off >= -1:
        return f"{even}：每个人与应得数都差不到 1 条（基尼系数 {gini}）"
    return (
        f"{even}（基尼系数 {gini}，0 为完全按权重）：{most.name}比应得多 {max(most.off, Decimal(0))} 条，"
        f"{least.name}少 {max(-least.off, Decimal(0))} 条"
    )


def _tenths(value: Fraction) -> Decimal:
    return _rounded(value, "0.1")


def _rounded(value: Fraction, step: str) -> Decimal:
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return exact.quantize(Decimal(step), rounding=ROUND_HALF_UP) + 0
