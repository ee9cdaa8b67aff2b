"""Rates: what a rate said on the telephone means a year, a month and a day."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from loanhub.domain.choice import Choice
from loanhub.domain.errors import InvalidInput
from loanhub.domain.money import Exact, half_width, round_half_up

RATE_PLACES = 10
MONTHS_PER_YEAR = 12


class RateKind(Choice):
    """The unit in which a rate is quoted. 厘 is a trap: 0.1 % a month, but 1 % a year."""

    ANNUAL_PCT = "annual_pct", "年利率（%）"
    MONTHLY_PCT = "monthly_pct", "月利率（%）"
    MONTHLY_LI = "monthly_li", "月息（厘，1 厘 = 0.1%/月）"
    MONTHLY_FEN = "monthly_fen", "月息（分，1 分 = 1%/月）"
    ANNUAL_LI = "annual_li", "年息（厘，1 厘 = 1%/年）"
    DAILY_WAN = "daily_wan", "日息（万分之）"
    DAILY_PCT = "daily_pct", "日利率（%）"
    LPR_BPS = "lpr_bps", "LPR 加减点（BP）"


@dataclass(frozen=True, kw_only=True)
class QuotedRate:
    """A rate in its three usual units, each a fraction (0.12 is 12 %).

    ``annual_rate`` is exact; the other two are for showing, 10 decimals, halves up. Interest is never
    computed from them: it is principal × annual × time, rounded once.
    """

    annual_rate: Decimal
    monthly_rate: Decimal
    daily_rate: Decimal


def round_rate(rate: Exact, places: int = RATE_PLACES) -> Decimal:
    """Return the rate with ``places`` decimals, halves away from zero."""
    return Decimal(round_half_up(Fraction(rate) * 10**places)).scaleb(-places)


def format_percent(rate: Exact, places: int = 2) -> str:
    """Return a fraction as a percentage: 0.144 → ``14.40%``; halves up."""
    percent = round_rate(Fraction(rate) * 100, places)
    return f"{percent:.{places}f}%".replace("-", "\u2212")


def parse_percent(text: str, *, field: str = "annual_rate") -> Decimal:
    """Return the fraction meant by a percentage typed by a person: ``14.4`` or ``14.4%`` → 0.144.

    Raises:
        InvalidInput: naming ``field``: not a number, negative, 1000 % or more, or finer than 6 decimals.
    """
    plain = half_width(text).removesuffix("%")
    digits, _, decimals = plain.partition(".")
    if (
        not digits.isascii()
        or not digits.isdigit()
        or (decimals and not (decimals.isascii() and decimals.isdigit()))
    ):
        raise InvalidInput(fields={field: "利率格式不对，例如 14.4"})
    if len(decimals) > 6:
        raise InvalidInput(fields={field: "利率最多 6 位小数"})
    rate = Decimal(plain.rstrip(".")) / 100
    if rate >= 10:
        raise InvalidInput(fields={field: "利率过高，须低于 1000%"})
    return rate


def convert(
    kind: RateKind,
    value: Decimal,
    *,
    day_base: int = 360,
    lpr_pct: Decimal | None = None,
) -> QuotedRate:
    """Return what a quoted rate means a year, a month and a day.

    Args:
        value: in the unit of ``kind`` (8 for 月息 8 厘, 45 for LPR + 45 BP).
        day_base: days of the year for daily rates, 360 or 365.
        lpr_pct: the LPR in percent; needed by, and only used for, ``LPR_BPS``.

    monthly = annual / 12, daily = annual / day_base. Source: lending rules, quoting units.

    Raises:
        InvalidInput: a day base other than 360 or 365, a missing LPR, or a rate below zero.
    """
    if day_base not in (360, 365):
        raise InvalidInput(fields={"day_base": "计息基础天数只能是 360 或 365"})
    quoted = Fraction(value)
    if kind is RateKind.LPR_BPS:
        if lpr_pct is None:
            raise InvalidInput(fields={"lpr_pct": "请填写 LPR"})
        annual = Fraction(lpr_pct) / 100 + quoted / 10_000
    else:
        annual = (
            quoted
            * {
                RateKind.ANNUAL_PCT: Fraction(1, 100),
                RateKind.MONTHLY_PCT: Fraction(12, 100),
                RateKind.MONTHLY_LI: Fraction(12, 1000),
                RateKind.MONTHLY_FEN: Fraction(12, 100),
                RateKind.ANNUAL_LI: Fraction(1, 100),
                RateKind.DAILY_WAN: Fraction(day_base, 10_000),
                RateKind.DAILY_PCT: Fraction(day_base, 100),
            }[kind]
        )
    if annual < 0:
        raise InvalidInput(fields={"value": "利率不能为负数"})
    return QuotedRate(
        annual_rate=Decimal(annual.numerator) / Decimal(annual.denominator),
        monthly_rate=round_rate(annual / MONTHS_PER_YEAR),
        daily_rate=round_rate(annual / day_base),
    )


def percent(rate: Decimal, places: int = 2) -> Decimal:
    """Return a fraction in percent as a number with ``places`` decimals, halves up (0.163184 → 16.32)."""
    return (rate * 100).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP) + 0  # never −0.00
