"""Application risk 申请评分与硬规则: a scorecard with points and reasons, and rules that stop at once.

The scorecard is on the 600-at-20:1, PDO 20 scale; its attributes and points are data, these are the defaults.
A missing value takes the attribute's neutral points and is named as missing, never guessed.
Source: lending guide §6 (bands, DTI, 连三累六, 硬查询), §5.3 (formulas).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from loanhub.domain.identity import full_years
from loanhub.domain.scorecard import Advice, RiskGrade, band_of


@dataclass(frozen=True, slots=True)
class Step:
    """Values up to ``limit`` (inclusive; None: any) earn ``points``."""

    limit: int | None
    points: int
    words: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of the scorecard; ``neutral`` points when the value is missing."""

    code: str
    label: str
    steps: tuple[Step, ...]
    neutral: int

    @property
    def best(self) -> int:
        """Return the most points it can earn."""
        return max(step.points for step in self.steps)

    def judge(self, value: int | None) -> tuple[int, str]:
        """Return (points, words) for a value."""
        if value is None:
            return self.neutral, "资料未填"
        for step in self.steps:
            if step.limit is None or value <= step.limit:
                return step.points, step.words
        return self.steps[-1].points, self.steps[-1].words


DEFAULT_SCORECARD: tuple[Attribute, ...] = (
    Attribute("age", "年龄", (
        Step(21, 52, "不满 22 岁"), Step(25, 70, "22–25 岁"), Step(35, 80, "26–35 岁"), Step(50, 84, "36–50 岁"),
        Step(60, 74, "51–60 岁"), Step(None, 55, "60 岁以上"),
    ), 72),
    Attribute("debt_burden", "负债收入比", (
        Step(30, 104, "30% 以内"), Step(50, 92, "31%–50%"), Step(60, 76, "51%–60%"), Step(70, 58, "61%–70%"),
        Step(None, 34, "超过 70%"),
    ), 78),
    Attribute("amount_to_income", "申请额与月收入之比", (
        Step(6, 88, "6 倍以内"), Step(12, 82, "7–12 倍"), Step(24, 70, "13–24 倍"), Step(None, 54, "24 倍以上"),
    ), 70),
    Attribute("credit_record", "征信情况", (
        Step(0, 100, "近 2 年无逾期"), Step(2, 84, "偶有逾期"), Step(5, 62, "多次逾期"), Step(None, 31, "逾期严重"),
    ), 80),
    Attribute("inquiries_3m", "近 3 月硬查询", (
        Step(1, 88, "1 次以内"), Step(3, 80, "2–3 次"), Step(6, 64, "4–6 次"), Step(None, 40, "6 次以上"),
    ), 76),
    Attribute("property", "房产", (Step(0, 62, "名下无房"), Step(None, 92, "自有房产"))
    , 70),
    Attribute("firm_years", "经营年限", (
        Step(0, 58, "不满 1 年"), Step(2, 72, "1–2 年"), Step(5, 86, "3–5 年"), Step(None, 94, "5 年以上"),
    ), 76),
    Attribute("bank_flow", "月均流水与月供之比", (
        Step(1, 44, "不足 2 倍"), Step(3, 70, "2–3 倍"), Step(6, 84, "4–6 倍"), Step(None, 94, "6 倍以上"),
    ), 74),
)  # fmt: skip
BASE_POINTS = 0


@dataclass(frozen=True, slots=True)
class Reason:
    """One line of the score card: what earned or lost points."""

    code: str
    label: str
    points: int
    best: int
    words: str

    @property
    def lost(self) -> int:
        """Return the points lost against the best."""
        return self.best - self.points


@dataclass(frozen=True, slots=True)
class Assessment:
    """The outcome of the scorecard and the hard rules."""

    score: int
    grade: RiskGrade
    advice: Advice
    reasons: tuple[Reason, ...]
    hits: tuple[str, ...]

    @property
    def level(self) -> int:
        """Return the grade as a number, 1 低 to 4 极高."""
        return list(RiskGrade).index(self.grade) + 1


def monthly_burden(facts: Mapping[str, Any]) -> int | None:
    """Return what existing debts cost a month in fen: dues plus 10 % of used card limits; None if unknown."""
    dues, cards = facts.get("monthly_debt_fen"), facts.get("card_used_fen")
    if dues is None and cards is None:
        return None
    return int(dues or 0) + int(cards or 0) // 10


def _values(facts: Mapping[str, Any], *, amount_fen: int, installment_fen: int, today: date) -> dict[str, int | None]:
    income, flow = facts.get("monthly_income_fen"), facts.get("bank_flow_fen")
    burden = monthly_burden(facts)
    born, founded = facts.get("birth_date"), facts.get("firm_founded_date")
    overdue = facts.get("overdue_total")
    has_property = facts.get("has_property")
    debt = None
    if income and burden is not None:
        debt = int(Fraction((burden + installment_fen) * 100, income))
    return {
        "age": full_years(born, today) if born else None,
        "debt_burden": debt,
        "amount_to_income": int(Fraction(amount_fen, income)) if income else None,
        "credit_record": int(overdue) if overdue is not None else None,
        "inquiries_3m": facts.get("inquiries_3m"),
        "property": None if has_property is None else int(bool(has_property)),
        "firm_years": full_years(founded, today) if founded else None,
        "bank_flow": int(Fraction(flow, installment_fen)) if flow and installment_fen else None,
    }


def hard_rules(
    facts: Mapping[str, Any], *, amount_fen: int, installment_fen: int, term_months: int, today: date
) -> tuple[str, ...]:
    """Return the sentences of the hard rules that are hit 硬规则, fraud and law first; empty when none is."""
    hits = []
    born, expires = facts.get("birth_date"), facts.get("id_valid_until")
    if facts.get("is_dishonest"):
        hits.append("失信被执行人")
    if facts.get("has_lawsuit"):
        hits.append("有未结诉讼")
    if expires and expires < today:
        hits.append("身份证已过期")
    if born:
        age = full_years(born, today)
        if age < 18:
            hits.append("未满 18 周岁")
        elif age < 22 or age > 60:
            hits.append(f"年龄 {age} 岁，超出 22–60 岁")
        if age + Fraction(term_months, 12) > 65:
            hits.append("到期时超过 65 岁")
    if facts.get("current_overdue"):
        hits.append("当前有逾期")
    if (facts.get("overdue_consecutive") or 0) >= 3 or (facts.get("overdue_total") or 0) >= 6:
        hits.append("近 2 年连三累六")
    if facts.get("has_bad_debt"):
        hits.append("有呆账或代偿")
    if (facts.get("inquiries_3m") or 0) > 6:
        hits.append("近 3 月硬查询超过 6 次")
    if (facts.get("online_loans") or 0) > 3:
        hits.append("未结清网贷超过 3 笔")
    income, burden = facts.get("monthly_income_fen"), monthly_burden(facts)
    if income and burden is not None and (burden + installment_fen) * 100 > income * 70:
        hits.append("负债收入比超过 70%")
    return tuple(hits)


def assess(
    facts: Mapping[str, Any],
    *,
    amount_fen: int,
    installment_fen: int,
    term_months: int,
    today: date,
    scorecard: tuple[Attribute, ...] = DEFAULT_SCORECARD,
) -> Assessment:
    """Return score, grade, advice, reasons (most points lost first) and the hard rules hit.

    ``facts`` are catalogue values of the customer by key; ``installment_fen`` is the payment asked for. A hit
    of a hard rule makes the advice 建议拒绝 whatever the score; a person decides all the same.
    """
    values = _values(facts, amount_fen=amount_fen, installment_fen=installment_fen, today=today)
    reasons = []
    for attribute in scorecard:
        points, words = attribute.judge(values[attribute.code])
        reasons.append(Reason(attribute.code, attribute.label, points, attribute.best, words))
    score = BASE_POINTS + sum(reason.points for reason in reasons)
    band = band_of(score)
    hits = hard_rules(
        facts, amount_fen=amount_fen, installment_fen=installment_fen, term_months=term_months, today=today
    )
    ordered = tuple(sorted(reasons, key=lambda reason: -reason.lost))
    return Assessment(score, band.grade, Advice.REJECT if hits else band.advice, ordered, hits)
