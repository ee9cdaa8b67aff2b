"""A rate linked to the LPR 贷款市场报价利率: a spread agreed at signing, and when it is fixed again.

Source: docs/algorithms/lpr.md; 中国人民银行公告〔2019〕第15号, 第30号.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from loanhub.domain.calendar import add_months
from loanhub.domain.choice import Choice
from loanhub.domain.errors import InvalidInput

BASIS_POINTS = Decimal(10_000)
LARGEST_SPREAD_BP = 10_000
MONTHS_PER_YEAR = 12


class LprTenor(Choice):
    """Which of the two published rates is meant."""

    ONE_YEAR = "1y", "一年期 LPR"
    FIVE_YEARS = "5y", "五年期以上 LPR"


class RepriceRule(Choice):
    """On which days the rate is fixed again 重定价日."""

    NONE = "none", "不调整（固定利率）"
    JANUARY = "january", "每年 1 月 1 日"
    ANNIVERSARY = "anniversary", "放款日的每年对应日"


@dataclass(frozen=True, kw_only=True)
class LprLink:
    """How the contract rate hangs on the LPR.

    Attributes:
        spread_bp: 加减点 in basis points, fixed for the life of the loan; negative below the LPR.
        base_rate: the LPR at signing as a fraction a year (0.03 is 3 %).

    Raises:
        InvalidInput: naming ``lpr``: a spread or a rate that makes no sense.
    """

    tenor: LprTenor
    spread_bp: int
    base_rate: Decimal
    reprice: RepriceRule = RepriceRule.NONE

    def __post_init__(self) -> None:
        whole = isinstance(self.spread_bp, int) and not isinstance(self.spread_bp, bool)
        if not whole or abs(self.spread_bp) > LARGEST_SPREAD_BP:
            raise InvalidInput(fields={"lpr": "LPR 加减点须为整数基点，且不超过 10000"})
        if not (
            isinstance(self.base_rate, Decimal) and self.base_rate.is_finite() and 0 <= self.base_rate < 1
        ):
            raise InvalidInput(fields={"lpr": "签约时的 LPR 须在 0 到 100% 之间"})
        if self.rate_for(self.base_rate) < 0:
            raise InvalidInput(fields={"lpr": "LPR 加减点后的利率不能为负数"})

    def rate_for(self, lpr: Decimal) -> Decimal:
        """Return the contract rate a year for a published LPR, both fractions; never below zero."""
        return max(Decimal(0), lpr + self.spread_bp / BASIS_POINTS)

    def next_reprice_date(self, after: date, *, disburse_date: date) -> date | None:
        """Return the first repricing day later than ``after``, and later than the disbursement."""
        after = max(after, disburse_date)
        if self.reprice is RepriceRule.NONE:
            return None
        if self.reprice is RepriceRule.JANUARY:
            return date(after.year + 1, 1, 1)
        years = after.year - disburse_date.year
        this_year = add_months(disburse_date, MONTHS_PER_YEAR * years)
        if this_year > after:
            return this_year
        return add_months(disburse_date, MONTHS_PER_YEAR * (years + 1))

    def as_dict(self) -> dict[str, object]:
        """Return the link for storing as JSON."""
        return {
            "tenor": self.tenor.value,
            "spread_bp": self.spread_bp,
            "base_rate": str(self.base_rate),
            "reprice": self.reprice.value,
        }
