"""RFM, lifecycle 生命周期 and behaviour tags 行为标签 of a customer, from counted facts; one day, one customer.

The book-wide computation (``analytics/customers``) must give the same; tests hold the two against each other.
Definitions: docs/algorithms/customer_tags.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from loanhub.domain.catalogue.choices import Lifecycle, ValueSegment

WAN = 1_000_000
"""One 万 in fen."""
RECENCY_DAYS = (30, 60, 90, 180)
"""R is 5 within the first, 4 within the second …, 1 beyond the last."""
FREQUENCY_LOANS = (5, 4, 3, 2)
"""F is 5 from so many loans, 4 from the next …, else 1."""
MONETARY_FEN = (100 * WAN, 50 * WAN, 20 * WAN, 10 * WAN)
"""M is 5 from so much principal ever lent, 4 from the next …, else 1."""
HIGH = 4
"""A score from here on counts as high in the value segment."""

NEW_DAYS, GROWING_DAYS = 90, 365
AT_RISK_DAYS, DORMANT_DAYS = 90, 180
AT_RISK_DPD = 30
LATE_WINDOW_DAYS = 365
LARGE_FEN = 100 * WAN
RENEWAL_DAYS = 60
SILENT_DAYS = 30
EARLY_TIMES = 3
PUNCTUAL_PERIODS = 6
OFTEN_LATE = 3

PUNCTUAL, SOMETIMES_LATE, OFTEN_LATE_TAG, OVERDUE_NOW = "按时还款", "偶有逾期", "经常逾期", "当前逾期"
EARLY_PAYER, PREPAYER, REPEAT, LARGE = "习惯提前还款", "有提前结清", "复贷客户", "大额客户"
RENEWAL, SILENT = "即将到期", "久未联系"
BEHAVIOUR_TAGS = (
    PUNCTUAL, SOMETIMES_LATE, OFTEN_LATE_TAG, OVERDUE_NOW, EARLY_PAYER, PREPAYER, REPEAT, LARGE, RENEWAL, SILENT,
)  # fmt: skip
"""Every computed tag, in the order shown."""


@dataclass(frozen=True)
class Facts:
    """What is counted of one customer; amounts in fen, days in Shanghai.

    Attributes:
        loans: loans ever disbursed. open_loans: of these, neither settled nor written off.
        principal_fen: principal ever disbursed. dpd: the longest days past due of an open loan.
        last_money: the last day a repayment was valued or a loan disbursed. last_contact: the last follow-up, else
            the day the customer was entered. first_loan, last_loan: days of disbursement. last_settled: the last day
            a loan was settled. next_maturity: the first maturity of an open loan not past.
        due_periods: installments due so far. late_periods: of those due within 365 days, cleared (or still open)
            after due date and grace. early_periods: of those due within 365 days, cleared before their due date.
        settled_early: loans settled ahead of schedule.
    """

    loans: int = 0
    open_loans: int = 0
    principal_fen: int = 0
    dpd: int = 0
    last_money: date | None = None
    last_paid: date | None = None
    last_contact: date | None = None
    first_loan: date | None = None
    last_loan: date | None = None
    last_settled: date | None = None
    next_maturity: date | None = None
    due_periods: int = 0
    late_periods: int = 0
    early_periods: int = 0
    settled_early: int = 0


@dataclass(frozen=True)
class Rfm:
    """The three scores, 1 to 5, and the segment they make."""

    recency: int
    frequency: int
    monetary: int
    segment: ValueSegment


@dataclass(frozen=True)
class Tags:
    """What is computed of a customer; ``rfm`` is None before the first loan."""

    rfm: Rfm | None
    lifecycle: Lifecycle
    behaviour: tuple[str, ...]


SEGMENTS = {
    (True, True, True): ValueSegment.CHAMPION, (True, False, True): ValueSegment.PROMISING,
    (False, True, True): ValueSegment.KEEP, (False, False, True): ValueSegment.WIN_BACK,
    (True, True, False): ValueSegment.LOYAL, (True, False, False): ValueSegment.RECENT,
    (False, True, False): ValueSegment.FADING, (False, False, False): ValueSegment.LOST,
}  # fmt: skip
"""Segment by (recency, frequency, monetary) being high."""


def _days(day: date | None, today: date) -> int | None:
    return None if day is None else (today - day).days


def rfm(facts: Facts, today: date) -> Rfm | None:
    """Return the RFM scores on ``today``, or None for a customer never lent to."""
    since = _days(facts.last_money, today)
    if not facts.loans or since is None:
        return None
    recency = 5 - sum(1 for limit in RECENCY_DAYS if since > limit)
    frequency = 1 + sum(1 for limit in FREQUENCY_LOANS if facts.loans >= limit)
    monetary = 1 + sum(1 for limit in MONETARY_FEN if facts.principal_fen >= limit)
    return Rfm(recency, frequency, monetary, SEGMENTS[recency >= HIGH, frequency >= HIGH, monetary >= HIGH])


def lifecycle(facts: Facts, today: date) -> Lifecycle:
    """Return where the customer stands on ``today``."""
    if facts.open_loans:
        if facts.dpd > AT_RISK_DPD:
            return Lifecycle.AT_RISK
        first, last = _days(facts.first_loan, today) or 0, _days(facts.last_loan, today) or 0
        if first <= NEW_DAYS:
            return Lifecycle.NEW
        return Lifecycle.GROWING if last <= GROWING_DAYS else Lifecycle.STABLE
    if facts.loans:
        quiet = _days(facts.last_settled or facts.last_money, today) or 0
        if quiet <= AT_RISK_DAYS:
            return Lifecycle.STABLE
    else:
        quiet = _days(facts.last_contact, today) or 0
        if quiet <= NEW_DAYS:
            return Lifecycle.NEW
    return Lifecycle.AT_RISK if quiet <= DORMANT_DAYS else Lifecycle.DORMANT


def behaviour(facts: Facts, today: date) -> tuple[str, ...]:
    """Return the behaviour tags that hold on ``today``, in their order."""
    maturity, contact = _days(facts.next_maturity, today), _days(facts.last_contact, today)
    holds = {
        PUNCTUAL: facts.due_periods >= PUNCTUAL_PERIODS and facts.late_periods == 0 and facts.dpd == 0,
        SOMETIMES_LATE: 1 <= facts.late_periods < OFTEN_LATE,
        OFTEN_LATE_TAG: facts.late_periods >= OFTEN_LATE,
        OVERDUE_NOW: facts.dpd > 0,
        EARLY_PAYER: facts.early_periods >= EARLY_TIMES,
        PREPAYER: facts.settled_early >= 1,
        REPEAT: facts.loans >= 2,
        LARGE: facts.principal_fen >= LARGE_FEN,
        RENEWAL: facts.open_loans > 0
        and facts.dpd == 0
        and maturity is not None
        and -maturity <= RENEWAL_DAYS,
        SILENT: facts.open_loans > 0 and contact is not None and contact > SILENT_DAYS,
    }
    return tuple(tag for tag in BEHAVIOUR_TAGS if holds[tag])


def tags(facts: Facts, today: date) -> Tags:
    """Return everything computed of a customer on ``today``."""
    return Tags(rfm(facts, today), lifecycle(facts, today), behaviour(facts, today))


@dataclass(frozen=True)
class Reading:
    """One line of the calculation as the page shows it: 最近 5 · 12 天前还款."""

    code: str
    label: str
    score: int
    words: str
    rule: str


def _past(since: int) -> str:
    return "今天" if since <= 0 else f"{since} 天前"


def explain(facts: Facts, found: Rfm | None, today: date) -> tuple[Reading, ...]:
    """Return how the three scores came about; empty before the first loan. Amounts are rounded down to 万."""
    since = _days(facts.last_money, today)
    if found is None or since is None:
        return ()
    paid = facts.last_paid is not None and facts.last_paid == facts.last_money
    days = "、".join(str(limit) for limit in RECENCY_DAYS)
    amounts = "、".join(str(limit // WAN) for limit in reversed(MONETARY_FEN))
    loans = "、".join(str(limit) for limit in reversed(FREQUENCY_LOANS))
    return (
        Reading("R", "最近", found.recency, f"{_past(since)}{'还款' if paid else '放款'}",
                f"距最近一次还款或放款 {days} 天以内依次为 5 至 2 分，更久 1 分"),
        Reading("F", "频率", found.frequency, f"{facts.loans} 次借款", f"借款满 {loans} 次依次为 2 至 5 分，其余 1 分"),
        Reading("M", "金额", found.monetary, f"累计 ¥{facts.principal_fen // WAN} 万",
                f"累计放款满 {amounts} 万依次为 2 至 5 分，其余 1 分"),
    )  # fmt: skip


def why_lifecycle(facts: Facts, today: date) -> str:
    """Return the facts the lifecycle follows from, as one sentence."""
    if facts.open_loans:
        if facts.dpd > AT_RISK_DPD:
            return f"在贷 {facts.open_loans} 笔，最长逾期 {facts.dpd} 天，超过 {AT_RISK_DPD} 天"
        first, last = _days(facts.first_loan, today) or 0, _days(facts.last_loan, today) or 0
        return f"在贷 {facts.open_loans} 笔，首次放款 {_past(first)}，最近放款 {_past(last)}"
    if facts.loans:
        return f"没有在贷，最近结清 {_past(_days(facts.last_settled or facts.last_money, today) or 0)}"
    return f"还没有借款，最近联系 {_past(_days(facts.last_contact, today) or 0)}"


def why_tag(tag: str, facts: Facts, today: date) -> str:
    """Return what a behaviour tag was computed from."""
    maturity, contact = _days(facts.next_maturity, today), _days(facts.last_contact, today)
    return {
        PUNCTUAL: f"已到期 {facts.due_periods} 期，近一年没有一期迟还",
        SOMETIMES_LATE: f"近一年迟还 {facts.late_periods} 期",
        OFTEN_LATE_TAG: f"近一年迟还 {facts.late_periods} 期，满 {OFTEN_LATE} 期",
        OVERDUE_NOW: f"现在逾期 {facts.dpd} 天",
        EARLY_PAYER: f"近一年有 {facts.early_periods} 期在应还日前还清",
        PREPAYER: f"{facts.settled_early} 笔提前结清",
        REPEAT: f"共借款 {facts.loans} 次",
        LARGE: f"累计放款 ¥{facts.principal_fen // WAN} 万",
        RENEWAL: f"{-(maturity or 0)} 天后到期，没有逾期",
        SILENT: f"在贷，已 {contact or 0} 天没有联系",
    }[tag]
