"""Terms 还款条款: everything a repayment schedule follows from."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any

from loanhub.domain.calendar import HolidayRule, add_months
from loanhub.domain.choice import Choice
from loanhub.domain.errors import InvalidInput
from loanhub.domain.money import LARGEST_FEN
from loanhub.domain.repayment.lpr_link import LprLink, LprTenor, RepriceRule

LARGEST_PERIODS = 600
LARGEST_RATE = Decimal(10)
EARLIEST_DATE = date(1990, 1, 1)
LATEST_DATE = date(2199, 12, 31)


class InterestBasis(Choice):
    """How the interest of a period is counted 计息基础."""

    MONTHLY = "monthly", "按月计息（年利率/12）"
    ACT_360 = "act/360", "按日计息（实际天数/360）"
    ACT_365 = "act/365", "按日计息（实际天数/365）"

    @property
    def day_base(self) -> int:
        """Days of the year for counting single days: 365 for act/365, otherwise 360."""
        return 365 if self is InterestBasis.ACT_365 else 360


class MaturityMode(Choice):
    """When the last installment of a loan with a fixed repayment day falls due."""

    DUE_DATES = "due_dates", "最后一期还款日到期"
    CONTRACT_DATE = "contract_date", "按合同到期日到期（末期不足月）"


@dataclass(frozen=True, slots=True)
class RateChange:
    """A new annual rate and the day from which it holds 调息.

    From the next period that starts on or after its day 次期生效; with ``split``, from its very day inside a
    period 分段计息, which needs interest by days.
    """

    effective_from: date
    annual_rate: Decimal
    split: bool = False


@dataclass(frozen=True, slots=True)
class CustomRow:
    """One agreed row of a custom schedule; ``interest_fen`` None is computed from the rate."""

    due_date: date
    principal_fen: int
    interest_fen: int | None = None


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What was agreed about repaying one loan. Terms that make no sense cannot be made.

    Attributes:
        method: code of a file in ``methods/``.
        annual_rate: contract rate a year as a fraction (0.144 is 14.4 %); 0 for flat loans.
        periods: number of installments; for a bullet loan, months until its one payment; for a custom
            schedule, the number of its rows.
        disburse_date: value date of the disbursement 放款日; interest runs from it.
        repayment_day: fixed day of the month 固定还款日, 1–31, clamped to month end; None means the day of
            disbursement.
        min_first_days: a first due date nearer than this moves to the next month (only with repayment_day).
        flat_monthly_rate: fee rate a month on the original principal; flat loans only.
        amortization_periods: the longer term the payment of a balloon loan is computed from.
        maturity_date: due date of a bullet loan, instead of ``periods`` months.
        rate_changes: later rates, agreed at signing 阶梯利率 or since; see ``RateChange``.
        split_rate_change: one that holds from its very day, the older way to write it; never with the others.
        period_fee_fen: fee added to each installment 分期费用.
        elapsed_periods: periods already past when this schedule continues an earlier one after a
            prepayment; ``principal_fen`` is then the balance left, and rows are numbered on.
        kept_payment_fen: regular payment (equal principal: regular principal part) kept when a prepayment
            shortens the term 缩期.
        lpr: how the rate hangs on the LPR; ``annual_rate`` is then the LPR at signing plus the spread.
        maturity_mode: with a fixed repayment day, the last installment falls due ``periods`` months after
            the disbursement, after a shorter last period, instead of on a repayment day.
        numbered_after: installments of the earlier schedules a restructure has ended; rows are numbered on.

    Raises:
        InvalidInput: with a sentence for each field at fault.
    """

    method: str
    principal_fen: int
    disburse_date: date
    annual_rate: Decimal = Decimal(0)
    periods: int = 1
    interest_basis: InterestBasis = InterestBasis.MONTHLY
    repayment_day: int | None = None
    min_first_days: int = 15
    flat_monthly_rate: Decimal | None = None
    amortization_periods: int | None = None
    maturity_date: date | None = None
    rate_changes: tuple[RateChange, ...] = ()
    split_rate_change: RateChange | None = None
    holiday_rule: HolidayRule = HolidayRule.NONE
    period_fee_fen: int = 0
    custom_rows: tuple[CustomRow, ...] = ()
    elapsed_periods: int = 0
    kept_payment_fen: int | None = None
    lpr: LprLink | None = None
    maturity_mode: MaturityMode = MaturityMode.DUE_DATES
    numbered_after: int = 0

    def __post_init__(self) -> None:
        refused = _refusals(self)
        if refused:
            raise InvalidInput(fields=refused)

    @property
    def changes(self) -> tuple[RateChange, ...]:
        """Every change of rate in order of its day, in one form."""
        if self.split_rate_change is None:
            return self.rate_changes
        return (replace(self.split_rate_change, split=True),)

    @property
    def contract_maturity(self) -> date:
        """The maturity agreed, the last row of a custom schedule, or ``periods`` months after disbursement."""
        if self.custom_rows:
            return self.custom_rows[-1].due_date
        return self.maturity_date or add_months(self.disburse_date, self.periods)

    def next_reprice_date(self, after: date) -> date | None:
        """Return the first repricing day 重定价日 later than ``after`` and before the contract matures."""
        if self.lpr is None:
            return None
        day = self.lpr.next_reprice_date(after, disburse_date=self.disburse_date)
        return None if day is None or day >= self.contract_maturity else day

    def as_dict(self) -> dict[str, object]:
        """Return the terms for storing as JSON: rates as strings, dates in ISO form, defaults left out."""
        stored: dict[str, object] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if value != field.default:
                stored[field.name] = _stored(value)
        return stored

    @classmethod
    def parse(cls, stored: Mapping[str, Any]) -> "Terms":
        """Return terms from what ``as_dict`` wrote, or from a form or API body of the same shape.

        Raises:
            InvalidInput: naming the field that cannot be read or is not accepted.
        """
        known = {field.name for field in fields(cls)}
        unknown = [key for key in stored if key not in known]
        if unknown:
            raise InvalidInput(fields={unknown[0]: "没有这一项条款"})
        missing = {name for name in ("method", "principal_fen", "disburse_date") if stored.get(name) is None}
        if missing:
            raise InvalidInput(fields=dict.fromkeys(sorted(missing), "此项必填"))
        read: dict[str, Any] = {}
        for key, value in stored.items():
            try:
                read[key] = _READERS.get(key, _same)(value)
            except InvalidInput:
                raise
            except (ValueError, TypeError, KeyError, AttributeError, InvalidOperation) as error:
                raise InvalidInput(fields={key: "格式不对"}) from error
        return cls(**read)


def _stored(value: object) -> object:
    if isinstance(value, tuple):
        return [_stored(item) for item in value]
    if isinstance(value, RateChange):
        change: dict[str, object] = {
            "effective_from": value.effective_from.isoformat(),
            "annual_rate": str(value.annual_rate),
        }
        return change | {"split": True} if value.split else change
    if isinstance(value, LprLink):
        return value.as_dict()
    if isinstance(value, CustomRow):
        row: dict[str, object] = {
            "due_date": value.due_date.isoformat(),
            "principal_fen": value.principal_fen,
        }
        return row if value.interest_fen is None else row | {"interest_fen": value.interest_fen}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Choice):
        return value.value
    if isinstance(value, Decimal):
        return str(value)
    return value


def _same(value: Any) -> Any:
    return value


def _date(value: Any) -> date | None:
    return value if value is None or isinstance(value, date) else date.fromisoformat(value)


def _rate(value: Any) -> Decimal | None:
    if isinstance(value, float):
        raise TypeError("a rate is a decimal string, never a float")
    return None if value is None else Decimal(value)


def _change(value: Any) -> RateChange | None:
    if value is None or isinstance(value, RateChange):
        return value
    _only(value, {"effective_from", "annual_rate", "split"})
    effective_from, rate = _date(value["effective_from"]), _rate(value["annual_rate"])
    split = value.get("split", False)
    if effective_from is None or rate is None or not isinstance(split, bool):
        raise ValueError("a rate change needs a day and a rate")
    return RateChange(effective_from, rate, split)


def _link(value: Any) -> LprLink | None:
    if value is None or isinstance(value, LprLink):
        return value
    _only(value, {"tenor", "spread_bp", "base_rate", "reprice"})
    base_rate = _rate(value["base_rate"])
    if base_rate is None:
        raise ValueError("a link needs the LPR at signing")
    return LprLink(
        tenor=LprTenor(value["tenor"]),
        spread_bp=value["spread_bp"],
        base_rate=base_rate,
        reprice=RepriceRule(value.get("reprice", RepriceRule.NONE)),
    )


def _only(value: Mapping[str, Any], known: set[str]) -> None:
    if not set(value) <= known:
        raise KeyError("a key that is not known")


def _row(value: Any) -> CustomRow:
    if isinstance(value, CustomRow):
        return value
    _only(value, {"due_date", "principal_fen", "interest_fen"})
    due_date = _date(value["due_date"])
    if due_date is None:
        raise ValueError("a custom row needs a due date")
    return CustomRow(due_date, value["principal_fen"], value.get("interest_fen"))


_READERS: dict[str, Any] = {
    "disburse_date": _date,
    "maturity_date": _date,
    "annual_rate": lambda value: _rate(value) or Decimal(0),
    "flat_monthly_rate": _rate,
    "interest_basis": InterestBasis,
    "holiday_rule": HolidayRule,
    "rate_changes": lambda value: tuple(_change(item) for item in value or ()),
    "split_rate_change": _change,
    "custom_rows": lambda value: tuple(_row(item) for item in value or ()),
    "lpr": _link,
    "maturity_mode": MaturityMode,
}


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_day(value: object) -> bool:
    return type(value) is date and EARLIEST_DATE <= value <= LATEST_DATE


def _is_rate(value: object) -> bool:
    return isinstance(value, Decimal) and value.is_finite() and 0 <= value < LARGEST_RATE


def _refusals(terms: Terms) -> dict[str, str]:
    """Return a sentence for each field that makes no sense whatever the method."""
    refused: dict[str, str] = {}

    def check(good: bool, field: str, sentence: str) -> None:
        if not good:
            refused.setdefault(field, sentence)

    def check_periods(value: int | None, field: str) -> None:
        if value is not None:
            check(
                _is_int(value) and 1 <= value <= LARGEST_PERIODS,
                field,
                f"期数须在 1 到 {LARGEST_PERIODS} 之间",
            )

    def check_change(change: RateChange, field: str) -> None:
        check(_is_rate(change.annual_rate), field, "调整后的利率不能为负，且须低于 1000%")
        check(_is_day(change.effective_from), field, "利率生效日不在允许的范围内")
        if day_ok and _is_day(change.effective_from):
            check(change.effective_from > terms.disburse_date, field, "利率生效日须晚于放款日")

    day_ok = _is_day(terms.disburse_date)
    check(day_ok, "disburse_date", "放款日不在允许的范围内（1990 年至 2199 年）")
    check(_is_int(terms.principal_fen) and terms.principal_fen > 0, "principal_fen", "本金须大于 0")
    check(not _is_int(terms.principal_fen) or terms.principal_fen <= LARGEST_FEN, "principal_fen", "本金过大")
    check(_is_rate(terms.annual_rate), "annual_rate", "年利率不能为负，且须低于 1000%")
    check_periods(terms.periods, "periods")
    check_periods(terms.amortization_periods, "amortization_periods")
    if terms.flat_monthly_rate is not None:
        check(_is_rate(terms.flat_monthly_rate), "flat_monthly_rate", "月费率不能为负，且须低于 1000%")
    if terms.repayment_day is not None:
        day = terms.repayment_day
        check(_is_int(day) and 1 <= day <= 31, "repayment_day", "还款日须在 1 到 31 之间")
    check(
        _is_int(terms.min_first_days) and 0 <= terms.min_first_days <= 31,
        "min_first_days",
        "首期最短天数须在 0 到 31 之间",
    )
    if terms.maturity_date is not None:
        check(_is_day(terms.maturity_date), "maturity_date", "到期日不在允许的范围内")
        if day_ok and _is_day(terms.maturity_date):
            check(terms.maturity_date > terms.disburse_date, "maturity_date", "到期日须晚于放款日")
    for change in terms.rate_changes:
        check_change(change, "rate_changes")
    starts = [change.effective_from for change in terms.rate_changes]
    check(all(a < b for a, b in pairwise(starts)), "rate_changes", "利率生效日须依次递增")
    if terms.split_rate_change is not None:
        check_change(terms.split_rate_change, "split_rate_change")
        check(not terms.rate_changes, "split_rate_change", "次期生效与分段计息不能同时使用")
    check(
        _is_int(terms.period_fee_fen) and 0 <= terms.period_fee_fen <= LARGEST_FEN,
        "period_fee_fen",
        "每期费用不能为负数",
    )
    stub = terms.maturity_mode is MaturityMode.CONTRACT_DATE  # its short last period comes on top
    if "periods" not in refused:
        check(
            _is_int(terms.elapsed_periods) and 0 <= terms.elapsed_periods < terms.periods + stub,
            "elapsed_periods",
            "已过期数须小于总期数",
        )
    check(
        _is_int(terms.numbered_after) and 0 <= terms.numbered_after <= LARGEST_PERIODS * 10,
        "numbered_after",
        "之前的期数无效",
    )
    if terms.lpr is not None and _is_rate(terms.annual_rate):
        linked = terms.lpr.rate_for(terms.lpr.base_rate)
        check(terms.annual_rate == linked, "annual_rate", "执行年利率须等于签约时的 LPR 加减点")
    if terms.kept_payment_fen is not None:
        kept = terms.kept_payment_fen
        check(_is_int(kept) and 0 < kept <= LARGEST_FEN, "kept_payment_fen", "保留的月供须大于 0")
    return refused
