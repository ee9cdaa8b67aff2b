"""Delinquency: days overdue 逾期天数, the bucket they fall in, and the five classes 五级分类.

Source: docs/algorithms/delinquency.md.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from loanhub.domain.choice import Choice

M3_PLUS_AFTER_DAYS = 90
TECHNICAL_SHORT_DAYS = 7


class Bucket(Choice):
    """A range of days overdue. M3+ means more than 90 days here; always print the range beside it."""

    M0 = "M0", "M0（未逾期）"
    M1 = "M1", "M1（1–30 天）"
    M2 = "M2", "M2（31–60 天）"
    M3 = "M3", "M3（61–90 天）"
    M4 = "M4", "M4（91–120 天）"
    M5 = "M5", "M5（121–150 天）"
    M6 = "M6", "M6（151–180 天）"
    M7_PLUS = "M7+", "M7+（181 天及以上）"


_LAST_DAYS = (
    (0, Bucket.M0),
    (30, Bucket.M1),
    (60, Bucket.M2),
    (90, Bucket.M3),
    (120, Bucket.M4),
    (150, Bucket.M5),
    (180, Bucket.M6),
)


class FiveClass(Choice):
    """The regulator's five classes of loan quality 五级分类; from 次级 on it is non-performing 不良."""

    NORMAL = "normal", "正常"
    SPECIAL_MENTION = "special_mention", "关注"
    SUBSTANDARD = "substandard", "次级"
    DOUBTFUL = "doubtful", "可疑"
    LOSS = "loss", "损失"

    @property
    def is_non_performing(self) -> bool:
        """Whether loans of this class count as 不良."""
        return self in (FiveClass.SUBSTANDARD, FiveClass.DOUBTFUL, FiveClass.LOSS)


def worse_class(one: FiveClass, other: FiveClass) -> FiveClass:
    """Return the worse of two classes."""
    ranked = list(FiveClass)
    return max(one, other, key=ranked.index)


ClassFloors = Sequence[tuple[FiveClass, int]]
"""From how many days overdue each class is the least possible, in rising order."""

DEFAULT_CLASS_FLOORS: ClassFloors = (
    (FiveClass.NORMAL, 0),
    (FiveClass.SPECIAL_MENTION, 1),
    (FiveClass.SUBSTANDARD, 91),
    (FiveClass.DOUBTFUL, 271),
    (FiveClass.LOSS, 361),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpaid:
    """What is still unpaid of one installment; penalty does not make a loan overdue."""

    due_date: date
    principal_fen: int
    interest_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Delinquency:
    """How late a loan is on a day. Overdue amounts are zero while grace hides the lateness."""

    raw_dpd: int
    dpd: int
    bucket: Bucket
    five_class: FiveClass
    overdue_installments: int
    overdue_principal_fen: int
    overdue_interest_fen: int
    outstanding_principal_fen: int

    @property
    def is_m3_plus(self) -> bool:
        """Whether the loan is more than 90 days overdue."""
        return is_m3_plus(self.dpd)


def raw_dpd(installments: Iterable[Unpaid], as_of: date, tolerance_fen: int = 0) -> int:
    """Return the days from the oldest due date with anything unpaid to ``as_of``; the due day itself is 0.

    An installment owing no more than ``tolerance_fen`` 容差 does not count.
    """
    dues = (row.due_date for row in installments if row.principal_fen + row.interest_fen > tolerance_fen)
    oldest = min((due for due in dues if due <= as_of), default=as_of)
    return (as_of - oldest).days


def effective_dpd(raw: int, grace_days: int = 0) -> int:
    """Return the days overdue that count: 0 while within grace, beyond it all of them from the due date."""
    return 0 if raw <= grace_days else raw


def bucket_of(dpd: int) -> Bucket:
    """Return the bucket of a number of days overdue."""
    return next((bucket for last_day, bucket in _LAST_DAYS if dpd <= last_day), Bucket.M7_PLUS)


def is_m3_plus(dpd: int) -> bool:
    """Tell whether more than 90 days overdue."""
    return dpd > M3_PLUS_AFTER_DAYS


def five_class_of(
    dpd: int, *, technical_short_overdue: bool = False, floors: ClassFloors = DEFAULT_CLASS_FLOORS
) -> FiveClass:
    """Return the best class the days overdue allow; staff may classify worse.

    A technical short delay 技术性短期逾期 of at most 7 days may stay 正常.
    Source: 商业银行金融资产风险分类办法; the table is a parameter and differs by region and guarantee.
    """
    if technical_short_overdue and dpd <= TECHNICAL_SHORT_DAYS:
        return FiveClass.NORMAL
    found = FiveClass.NORMAL
    for five_class, first_day in floors:
        if dpd >= first_day:
            found = five_class
    return found


def assess(
    installments: Iterable[Unpaid],
    as_of: date,
    *,
    grace_days: int = 0,
    tolerance_fen: int = 0,
    technical_short_overdue: bool = False,
    floors: ClassFloors = DEFAULT_CLASS_FLOORS,
) -> Delinquency:
    """Return how late a loan is at the end of ``as_of``, from what is unpaid of every installment."""
    rows = list(installments)
    raw = raw_dpd(rows, as_of, tolerance_fen)
    dpd = effective_dpd(raw, grace_days)
    late = [row for row in rows if row.due_date < as_of and row.principal_fen + row.interest_fen > 0]
    overdue = late if dpd > 0 else []
    return Delinquency(
        raw_dpd=raw,
        dpd=dpd,
        bucket=bucket_of(dpd),
        five_class=five_class_of(dpd, technical_short_overdue=technical_short_overdue, floors=floors),
        overdue_installments=len(overdue),
        overdue_principal_fen=sum(row.principal_fen for row in overdue),
        overdue_interest_fen=sum(row.interest_fen for row in overdue),
        outstanding_principal_fen=sum(row.principal_fen for row in rows),
    )
