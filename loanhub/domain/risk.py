"""Application risk 申请评分与硬规则: a scorecard with points and reasons, and rules that stop at once.

The scorecard is on the 600-at-20:1, PDO 20 scale. Attributes, points and limits are data: the defaults stand
here, :meth:`Scorecard.parse` and :meth:`RiskPolicy.parse` read a firm's own. A missing value earns the
attribute's neutral points and is named as missing, never guessed.
Source: lending guide §6 (bands, DTI, 连三累六, 硬查询, 冷静期), §5.3 (formulas); golden/scorecard.json.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from fractions import Fraction
from typing import Any

from loanhub.domain.choice import Choice
from loanhub.domain.errors import InvalidInput
from loanhub.domain.identity import full_years
from loanhub.domain.scorecard import DEFAULT_BANDS, Advice, Band, RiskGrade, band_of, reason_codes

MONTHS_PER_YEAR = 12
CARD_SERVICE_PERCENT = 10
"""Share of the used card limit counted as a month's debt service."""


@dataclass(frozen=True, slots=True)
class Step:
    """Values up to ``limit`` (inclusive; None: any) earn ``points``; ``words`` say which range it is."""

    limit: int | None
    points: int
    words: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of the scorecard: ``code`` on screen, ``key`` of the fact it reads, ``neutral`` when unknown."""

    code: str
    key: str
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


@dataclass(frozen=True, slots=True)
class Scorecard:
    """A version of the scorecard: its attributes, and bands best first."""

    version: str
    attributes: tuple[Attribute, ...]
    bands: tuple[Band, ...] = DEFAULT_BANDS

    @classmethod
    def parse(cls, stored: Mapping[str, Any]) -> Scorecard:
        """Return the scorecard a firm stored as JSON; nothing stored is the default.

        Attributes are {code, key, label, neutral, steps: [[limit or null, points, words], …]}, bands
        {from_score, grade, advice}.

        Raises:
            InvalidInput: an unknown fact, no steps, limits out of order, or a part that cannot be read.
        """
        if not stored:
            return DEFAULT_SCORECARD
        try:
            attributes = tuple(
                Attribute(
                    str(a["code"]), str(a["key"]), str(a["label"]),
                    tuple(Step(None if s[0] is None else int(s[0]), int(s[1]), str(s[2])) for s in a["steps"]),
                    int(a["neutral"]),
                )
                for a in stored["attributes"]
            )  # fmt: skip
            bands = tuple(
                Band(int(b["from_score"]), RiskGrade(b["grade"]), Advice(b["advice"]))
                for b in stored.get("bands", ())
            )
        except (KeyError, TypeError, ValueError, IndexError):
            raise InvalidInput("评分卡的格式不对") from None
        for attribute in attributes:
            limits = [step.limit for step in attribute.steps]
            known = [limit for limit in limits if limit is not None]
            if attribute.key not in FACTS or not limits or limits[-1] is not None or None in limits[:-1]:
                raise InvalidInput(f"评分卡「{attribute.label}」的分段不完整")
            if known != sorted(set(known)):
                raise InvalidInput(f"评分卡「{attribute.label}」的分段要从小到大")
        ordered = tuple(sorted(bands, key=lambda band: -band.from_score)) or DEFAULT_BANDS
        return cls(str(stored.get("version", "")) or "自定义", attributes, ordered)


FACTS = (
    "age", "debt_burden", "amount_to_income", "overdue_total", "inquiries_3m", "has_property", "firm_years", "flow_cover",
)  # fmt: skip
"""The figures an attribute may read, each a whole number; see :func:`figures`."""

DEFAULT_SCORECARD = Scorecard("A1", (
    Attribute("A01", "age", "年龄", (
        Step(21, 52, "不满 22 岁"), Step(25, 70, "22–25 岁"), Step(35, 80, "26–35 岁"), Step(50, 84, "36–50 岁"),
        Step(60, 74, "51–60 岁"), Step(None, 55, "60 岁以上"),
    ), 72),
    Attribute("D01", "debt_burden", "负债收入比", (
        Step(30, 104, "30% 以内"), Step(50, 92, "31%–50%"), Step(60, 76, "51%–60%"), Step(70, 58, "61%–70%"),
        Step(None, 34, "超过 70%"),
    ), 78),
    Attribute("D02", "amount_to_income", "申请额与月收入之比", (
        Step(6, 88, "6 倍以内"), Step(12, 82, "7–12 倍"), Step(24, 70, "13–24 倍"), Step(None, 54, "24 倍以上"),
    ), 70),
    Attribute("C01", "overdue_total", "近 2 年逾期", (
        Step(0, 100, "无逾期"), Step(2, 84, "偶有逾期"), Step(5, 62, "多次逾期"), Step(None, 31, "逾期严重"),
    ), 80),
    Attribute("C02", "inquiries_3m", "近 3 月硬查询", (
        Step(1, 88, "1 次以内"), Step(3, 80, "2–3 次"), Step(6, 64, "4–6 次"), Step(None, 40, "6 次以上"),
    ), 76),
    Attribute("H01", "has_property", "房产", (Step(0, 62, "名下无房"), Step(None, 92, "自有房产")), 70),
    Attribute("T01", "firm_years", "经营年限", (
        Step(0, 58, "不满 1 年"), Step(2, 72, "1–2 年"), Step(5, 86, "3–5 年"), Step(None, 94, "5 年以上"),
    ), 76),
    Attribute("T02", "flow_cover", "月均流水与月供之比", (
        Step(1, 44, "不足 2 倍"), Step(3, 70, "2–3 倍"), Step(6, 84, "4–6 倍"), Step(None, 94, "6 倍以上"),
    ), 74),
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class RiskPolicy:
    """The limits of the hard rules; ages in full years, ends inclusive."""

    min_age: int = 22
    max_age: int = 60
    max_age_at_maturity: int = 65
    max_debt_burden_percent: int = 70
    max_consecutive_overdue: int = 2
    max_total_overdue: int = 5
    max_inquiries_3m: int = 6
    max_online_loans: int = 3
    cooling_days: int = 30
    max_sharing_card: int = 2

    @classmethod
    def parse(cls, stored: Mapping[str, Any]) -> RiskPolicy:
        """Return the limits a firm stored, defaults for the rest; unknown names are left out.

        Raises:
            InvalidInput: a limit is no whole number from 0 on.
        """
        known = {f.name for f in fields(cls)}
        given = {name: value for name, value in stored.items() if name in known}
        if any(
            isinstance(value, bool) or not isinstance(value, int) or value < 0 for value in given.values()
        ):
            raise InvalidInput("硬规则的限值要是不小于 0 的整数")
        return cls(**given)


class CheckState(Choice):
    """What a hard rule found."""

    OK = "ok", "通过"
    HIT = "bad", "命中"
    UNKNOWN = "unknown", "资料未填"


@dataclass(frozen=True, slots=True)
class Check:
    """One hard rule as it was judged: what was found, and the sentence of a hit."""

    code: str
    label: str
    state: CheckState
    found: str
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """One line of the score card: what earned or lost points."""

    code: str
    label: str
    points: int
    best: int
    words: str
    neutral: int

    @property
    def lost(self) -> int:
        """Return the points lost against the best."""
        return self.best - self.points

    @property
    def effect(self) -> int:
        """Return the points above (or below) what an unknown value would have earned."""
        return self.points - self.neutral


@dataclass(frozen=True, slots=True)
class Assessment:
    """The outcome of the scorecard and the hard rules.

    ``reasons`` have most points lost first; ``worst`` are the codes of the four that lost most (原因码).
    """

    version: str
    score: int
    grade: RiskGrade
    advice: Advice
    reasons: tuple[Reason, ...]
    checks: tuple[Check, ...]
    worst: tuple[str, ...]
    bands: tuple[Band, ...]

    @property
    def hits(self) -> tuple[str, ...]:
        """Return the sentences of the hard rules that were hit."""
        return tuple(check.sentence for check in self.checks if check.state is CheckState.HIT)

    @property
    def level(self) -> int:
        """Return the grade as a number, 1 低 to 4 极高."""
        return list(RiskGrade).index(self.grade) + 1


def monthly_burden(facts: Mapping[str, Any]) -> int | None:
    """Return what existing debts cost a month in fen: dues plus 10 % of used card limits; None if unknown."""
    dues, cards = facts.get("monthly_debt_fen"), facts.get("card_used_fen")
    if dues is None and cards is None:
        return None
    return int(dues or 0) + int(cards or 0) * CARD_SERVICE_PERCENT // 100


def figures(
    facts: Mapping[str, Any], *, amount_fen: int, installment_fen: int, today: date
) -> dict[str, int | None]:
    """Return what the scorecard reads, by the names in ``FACTS``; None is unknown.

    Percentages and multiples are rounded down. The debt burden counts the new payment (含本笔).
    """
    income, flow = facts.get("monthly_income_fen"), facts.get("bank_flow_fen")
    burden, born, founded = monthly_burden(facts), facts.get("birth_date"), facts.get("firm_founded_date")
    overdue, has_property = facts.get("overdue_total"), facts.get("has_property")
    if overdue is None and facts.get("credit_record") == "clean":
        overdue = 0
    debt = int(Fraction((burden + installment_fen) * 100, income)) if income and burden is not None else None
    return {
        "age": full_years(born, today) if born else None,
        "debt_burden": debt,
        "amount_to_income": int(Fraction(amount_fen, income)) if income else None,
        "overdue_total": int(overdue) if overdue is not None else None,
        "inquiries_3m": facts.get("inquiries_3m"),
        "has_property": None if has_property is None else int(bool(has_property)),
        "firm_years": full_years(founded, today) if founded else None,
        "flow_cover": int(Fraction(flow, installment_fen)) if flow is not None and installment_fen else None,
    }


def _flag(code: str, label: str, value: Any, sentence: str) -> Check:
    if value is None:
        return Check(code, label, CheckState.UNKNOWN, "未填")
    return (
        Check(code, label, CheckState.HIT, "有", sentence)
        if value
        else Check(code, label, CheckState.OK, "无")
    )


def _limit(code: str, label: str, value: int | None, limit: int, unit: str, sentence: str) -> Check:
    if value is None:
        return Check(code, label, CheckState.UNKNOWN, "未填")
    found = f"{value}{unit}"
    return (
        Check(code, label, CheckState.HIT, found, sentence)
        if value > limit
        else Check(code, label, CheckState.OK, found)
    )


def _overdue(facts: Mapping[str, Any], policy: RiskPolicy) -> Check:
    runs, total = facts.get("overdue_consecutive"), facts.get("overdue_total")
    if runs is None and total is None:
        return Check("C11", "连三累六", CheckState.UNKNOWN, "未填")
    found = f"连续 {runs or 0} · 累计 {total or 0}"
    hit = (runs or 0) > policy.max_consecutive_overdue or (total or 0) > policy.max_total_overdue
    if hit:
        return Check("C11", "连三累六", CheckState.HIT, found, f"近 2 年逾期{found}，触发连三累六")
    return Check("C11", "连三累六", CheckState.OK, found)


def _ages(
    facts: Mapping[str, Any], policy: RiskPolicy, *, term_months: int, today: date
) -> tuple[Check, ...]:
    born = facts.get("birth_date")
    if facts.get("kind") == "company":
        return ()
    if born is None:
        return (Check("P01", "年龄", CheckState.UNKNOWN, "未填"),)
    age, last = full_years(born, today), full_years(born, today) + Fraction(term_months, MONTHS_PER_YEAR)
    at_maturity = f"到期 {int(last)} 岁"
    span = f"{policy.min_age}–{policy.max_age} 岁"
    now = (
        Check("P01", "年龄", CheckState.OK, f"{age} 岁")
        if policy.min_age <= age <= policy.max_age
        else Check("P01", "年龄", CheckState.HIT, f"{age} 岁", f"年龄 {age} 岁，超出 {span}")
    )
    later = (
        Check("P02", "到期年龄", CheckState.OK, at_maturity)
        if last <= policy.max_age_at_maturity
        else Check(
            "P02", "到期年龄", CheckState.HIT, at_maturity, f"到期时超过 {policy.max_age_at_maturity} 岁"
        )
    )
    return now, later


def _expiry(facts: Mapping[str, Any], today: date) -> Check:
    until = facts.get("id_valid_until")
    if until is None:
        return Check("F02", "证件有效期", CheckState.OK, "长期或未填")
    state = CheckState.HIT if until < today else CheckState.OK
    return Check(
        "F02", "证件有效期", state, until.isoformat(), "证件已过期" if state is CheckState.HIT else ""
    )


def _burden(facts: Mapping[str, Any], policy: RiskPolicy, *, installment_fen: int) -> Check:
    code, label = "D10", "负债收入比（含本笔）"
    income, burden = facts.get("monthly_income_fen"), monthly_burden(facts)
    if not income or burden is None:
        return Check(code, label, CheckState.UNKNOWN, "未填")
    found = f"{(burden + installment_fen) * 100 // income}%"
    if (burden + installment_fen) * 100 > income * policy.max_debt_burden_percent:
        return Check(code, label, CheckState.HIT, found, f"负债收入比超过 {policy.max_debt_burden_percent}%")
    return Check(code, label, CheckState.OK, found)


def hard_rules(
    facts: Mapping[str, Any],
    *,
    installment_fen: int,
    term_months: int,
    today: date,
    policy: RiskPolicy | None = None,
) -> tuple[Check, ...]:
    """Return every hard rule 硬规则 as it was judged, in the order fraud, law, policy.

    ``facts`` may also carry ``sharing_card`` (other customers with the same bank card) and
    ``days_since_rejection`` (None: never rejected).
    """
    policy = policy or RiskPolicy()
    days = facts.get("days_since_rejection")
    cooling = (
        Check(
            "P06",
            "冷静期",
            CheckState.HIT,
            f"{days} 天前被拒",
            f"{days} 天前被拒，{policy.cooling_days} 天内不再受理",
        )
        if days is not None and days < policy.cooling_days
        else Check("P06", "冷静期", CheckState.OK, "无近期拒绝")
    )
    return (
        _limit("F01", "同卡客户", int(facts.get("sharing_card") or 0), policy.max_sharing_card, " 人",
               "同一银行卡有多位客户使用"),
        _expiry(facts, today),
        _flag("L01", "失信被执行人", facts.get("is_dishonest"), "失信被执行人"),
        _flag("L02", "未结诉讼", facts.get("has_lawsuit"), "有未结诉讼"),
        *_ages(facts, policy, term_months=term_months, today=today),
        _flag("C10", "当前逾期", facts.get("current_overdue"), "当前有逾期"),
        _overdue(facts, policy),
        _flag("C12", "呆账代偿", facts.get("has_bad_debt"), "有呆账或代偿"),
        _limit("C13", "近 3 月硬查询", facts.get("inquiries_3m"), policy.max_inquiries_3m, " 次",
               f"近 3 月硬查询超过 {policy.max_inquiries_3m} 次"),
        _limit("C14", "未结清网贷", facts.get("online_loans"), policy.max_online_loans, " 笔",
               f"未结清网贷超过 {policy.max_online_loans} 笔"),
        _burden(facts, policy, installment_fen=installment_fen),
        cooling,
    )  # fmt: skip


def assess(
    facts: Mapping[str, Any],
    *,
    amount_fen: int,
    installment_fen: int,
    term_months: int,
    today: date,
    scorecard: Scorecard | None = None,
    policy: RiskPolicy | None = None,
) -> Assessment:
    """Return score, grade, advice, reasons (most points lost first) and every hard rule as judged.

    ``facts`` are catalogue values of the customer by key; ``installment_fen`` is the payment asked for. A hit
    of a hard rule makes the advice 建议拒绝 whatever the score; a person decides all the same.
    """
    card = scorecard or DEFAULT_SCORECARD
    read = figures(facts, amount_fen=amount_fen, installment_fen=installment_fen, today=today)
    reasons = []
    for attribute in card.attributes:
        points, words = attribute.judge(read[attribute.key])
        reasons.append(
            Reason(attribute.code, attribute.label, points, attribute.best, words, attribute.neutral)
        )
    score = sum(reason.points for reason in reasons)
    band = band_of(score, card.bands)
    checks = hard_rules(
        facts, installment_fen=installment_fen, term_months=term_months, today=today, policy=policy
    )
    advice = Advice.REJECT if any(c.state is CheckState.HIT for c in checks) else band.advice
    worst = reason_codes({r.code: r.points for r in reasons}, {r.code: r.best for r in reasons})
    ordered = tuple(sorted(reasons, key=lambda reason: -reason.lost))
    return Assessment(card.version, score, band.grade, advice, ordered, checks, worst, card.bands)
