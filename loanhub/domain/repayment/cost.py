"""The annualized cost of a loan 综合融资成本: IRR, simple and compound, and what each fee adds.

Source: docs/algorithms/cost.md; 中国人民银行公告〔2021〕第3号.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from itertools import pairwise

from loanhub.domain.choice import Choice
from loanhub.domain.errors import InvalidInput
from loanhub.domain.money import format_fen
from loanhub.domain.rates import format_percent, percent
from loanhub.domain.repayment.fees import (
    Fee,
    FeeBase,
    FeePayer,
    FeeTiming,
    add_financed,
    fee_flows,
    upfront_refusals,
)
from loanhub.domain.repayment.method import Installment
from loanhub.domain.repayment.options import ServicingOptions
from loanhub.domain.repayment.periods import MONTHS_PER_YEAR
from loanhub.domain.repayment.schedule import build_schedule
from loanhub.domain.repayment.terms import Terms

__all__ = [
    "CAP_TOLERANCE",
    "CapMeasure",
    "ContingentItem",
    "Cost",
    "Disclosure",
    "DisclosureItem",
    "Fee",
    "FeeBase",
    "FeePayer",
    "FeeTiming",
    "NoRate",
    "add_financed",
    "contingent_items",
    "cost_of",
    "cost_of_dated_flows",
    "cost_of_flows",
    "disclosure",
    "fee_flows",
    "irr",
    "is_regular",
    "penalty_rate",
    "upfront_refusals",
    "xirr",
]

_LOWEST, _HIGHEST = Decimal("-0.9"), Decimal(5)
_LOWEST_DAY_DISCOUNT, _HIGHEST_DAY_DISCOUNT = Decimal("0.9"), Decimal("1.006")
_HALVINGS = 70
_DIGITS = 34
DAYS_PER_YEAR = 365
CAP_TOLERANCE = Decimal("0.00001")
"""A loan at exactly a cap has an IRR a hair above or below it, since its payments are whole fen: 0.001 points pass."""


class NoRate(InvalidInput):
    """These flows have no rate: nothing was received, or nothing is paid."""

    def __init__(self) -> None:
        super().__init__("这组现金流无法计算年化成本：须先收到借款，再支付还款")


class CapMeasure(Choice):
    """Which annualized rate a cap is compared with."""

    SIMPLE = "irr_times_periods", "单利年化（IRR×12）"
    COMPOUND = "eir_compound", "复利年化（IRR）"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a loan costs; the rates are fractions, unrounded (28 digits). Show 2 decimals of a percent."""

    total_cost_fen: int
    irr_per_period: Decimal
    apr_simple_rate: Decimal
    eir_compound_rate: Decimal

    def measured(self, measure: CapMeasure) -> Decimal:
        """Return the rate that a cap in this measure is compared with."""
        return self.apr_simple_rate if measure is CapMeasure.SIMPLE else self.eir_compound_rate


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosureItem:
    """A line of the cost disclosure sheet 综合融资成本明示表: ``annual_pct`` in percent, 2 decimals."""

    label: str
    timing: str
    standard: str
    collector: str
    amount_fen: int
    annual_pct: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """The items of normal performance; their ``annual_pct`` sum to ``total_pct`` exactly."""

    items: tuple[DisclosureItem, ...]
    total_pct: Decimal
    cost: Cost


@dataclass(frozen=True, slots=True, kw_only=True)
class ContingentItem:
    """What is charged only when the borrower defaults or pays early 或有成本; not part of the total."""

    label: str
    timing: str
    standard: str
    collector: str


def irr(flows_fen: Sequence[int]) -> Decimal:
    """Return the rate per period at which the flows' present value is zero, by bisection on [−0.9, 5].

    ``flows_fen[0]`` is what the borrower receives; later negative amounts are payments.

    Raises:
        NoRate: no such rate in that range.
    """
    if not any(flows_fen):
        raise NoRate
    if sum(flows_fen) == 0 and flows_fen[0] > 0:
        return Decimal(0)
    with localcontext(prec=_DIGITS):
        flows = [Decimal(flow) for flow in reversed(flows_fen)]

        def present_value(rate: Decimal) -> Decimal:
            discount, value = 1 / (1 + rate), Decimal(0)
            for flow in flows:
                value = value * discount + flow
            return value

        low, high = _LOWEST, _HIGHEST
        if not present_value(low) < 0 < present_value(high):
            raise NoRate
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if present_value(middle) < 0 else (low, middle)
        return (low + high) / 2


def xirr(flows: Sequence[tuple[date, int]]) -> Decimal:
    """Return the compound annual rate of dated flows, days/365 from the first; bisection on the daily discount.

    Raises:
        NoRate: the flows have no such rate.
    """
    ordered = sorted(flows)
    if not ordered or not any(amount for _, amount in ordered):
        raise NoRate
    with localcontext(prec=_DIGITS):
        gaps = [(later[0] - earlier[0]).days for earlier, later in pairwise(ordered)]
        amounts = [Decimal(amount) for _, amount in ordered]

        def present_value(discount: Decimal) -> Decimal:
            value = amounts[-1]
            for amount, gap in zip(reversed(amounts[:-1]), reversed(gaps), strict=True):
                value = value * discount**gap + amount
            return value

        low, high = _LOWEST_DAY_DISCOUNT, _HIGHEST_DAY_DISCOUNT
        if not present_value(low) > 0 > present_value(high):
            raise NoRate
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if present_value(middle) > 0 else (low, middle)
        return ((low + high) / 2) ** -DAYS_PER_YEAR - 1


def cost_of_flows(flows_fen: Sequence[int], periods_per_year: int = MONTHS_PER_YEAR) -> Cost:
    """Return the cost of regular flows: simple = irr × periods a year, compound = (1 + irr)^periods − 1."""
    rate = irr(flows_fen)
    return Cost(
        total_cost_fen=-sum(flows_fen),
        irr_per_period=rate,
        apr_simple_rate=rate * periods_per_year,
        eir_compound_rate=(1 + rate) ** periods_per_year - 1,
    )


def cost_of_dated_flows(flows: Sequence[tuple[date, int]]) -> Cost:
    """Return the cost of flows on uneven dates: compound = XIRR, per month (1 + XIRR)^(1/12) − 1, simple × 12."""
    yearly = xirr(flows)
    monthly = (1 + yearly) ** (Decimal(1) / MONTHS_PER_YEAR) - 1
    return Cost(
        total_cost_fen=-sum(amount for _, amount in flows),
        irr_per_period=monthly,
        apr_simple_rate=monthly * MONTHS_PER_YEAR,
        eir_compound_rate=yearly,
    )


def is_regular(terms: Terms) -> bool:
    """Tell whether every period is one month long, so that the plain monthly IRR applies."""
    return terms.repayment_day is None and terms.maturity_date is None and terms.method != "custom"


def _cost(terms: Terms, rows: Sequence[Installment], upfront: int, payments: Sequence[int]) -> Cost:
    received = terms.principal_fen - upfront
    if not is_regular(terms):
        dated = [(terms.disburse_date, received)]
        dated += [(row.due_date, -payment) for row, payment in zip(rows, payments, strict=True)]
        return cost_of_dated_flows(dated)
    months = terms.periods if terms.method == "bullet" else 1
    flows = [received]
    for payment in payments:
        flows += [0] * (months - 1) + [-payment]
    return cost_of_flows(flows)


def cost_of(terms: Terms, fees: Sequence[Fee] = ()) -> Cost:
    """Return the annualized cost of a loan repaid as agreed, with every fee counted.

    Upfront fees lower what the borrower really receives (for the computation only: own loans are disbursed
    in full). Periods of one month use the monthly IRR; other dates XIRR.
    """
    rows = build_schedule(terms)
    upfront, payments = 0, [row.payment_fen for row in rows]
    for fee in fees:
        if not fee.included_in_cost:
            continue
        first, later = fee_flows(fee, terms, rows)
        upfront += first
        payments = [payment + extra for payment, extra in zip(payments, later, strict=True)]
    return _cost(terms, rows, upfront, payments)


def disclosure(terms: Terms, fees: Sequence[Fee] = (), *, lender: str = "") -> Disclosure:
    """Return the cost disclosure: interest first, then each fee in the order given.

    The rate of an item is what it adds to irr × 12 when it joins those before it. The running totals are
    rounded and then subtracted, so the items shown sum to the total shown. Source: 金规〔2026〕2号.
    """
    rows = build_schedule(terms)
    charged: list[tuple[str, str, str, str, int, list[int], bool]] = []
    standard = (
        f"月费率 {format_percent(terms.flat_monthly_rate)}（按原始本金）"
        if terms.flat_monthly_rate is not None
        else f"年利率 {format_percent(terms.annual_rate)}"
    )
    charged.append(("利息", "按还款计划收取", standard, lender, 0, [row.interest_fen for row in rows], True))
    if terms.period_fee_fen:
        per_row = [row.fee_fen for row in rows]
        each = f"每期 {format_fen(terms.period_fee_fen)}"
        charged.append(("分期费用", FeeTiming.EACH_PERIOD.label, each, lender, 0, per_row, True))
    for fee in fees:
        if not fee.is_charged:
            continue
        first, later = fee_flows(fee, terms, rows)
        standard = fee.standard if fee.included_in_cost else f"{fee.standard}（不计入综合融资成本）"
        counted = fee.included_in_cost
        charged.append(
            (fee.label, fee.timing.label, standard, fee.collector or lender, first, later, counted)
        )
    upfront, payments = 0, [row.principal_fen for row in rows]
    items: list[DisclosureItem] = []
    shown = Decimal(0)
    cost = _cost(terms, rows, upfront, payments)
    for label, timing, standard, collector, first, later, counted in charged:
        if counted:
            upfront += first
            payments = [payment + extra for payment, extra in zip(payments, later, strict=True)]
            cost = _cost(terms, rows, upfront, payments)
        total = percent(cost.apr_simple_rate)
        items.append(
            DisclosureItem(
                label=label,
                timing=timing,
                standard=standard,
                collector=collector,
                amount_fen=first + sum(later),
                annual_pct=total - shown,
            )
        )
        shown = total
    return Disclosure(items=tuple(items), total_pct=shown, cost=cost)


def contingent_items(
    terms: Terms, options: ServicingOptions, *, lender: str = ""
) -> tuple[ContingentItem, ...]:
    """Return what may be charged beside normal performance, as the disclosure sheet lists it separately.

    Source: 金规〔2026〕2号.
    """
    rate = penalty_rate(terms, options)
    days = f"÷ {options.day_base} × 逾期天数"
    items: list[tuple[str, str, str]] = []
    if rate:
        standard = f"逾期本金 × 年利率 {format_percent(rate)} {days}"
        items.append(("罚息", "逾期时按日收取", standard))
        if options.compound:
            items.append(("复利", "逾期时按日收取", f"逾期利息 × 年利率 {format_percent(rate)} {days}"))
    if options.prepayment_fee_rate:
        standard = f"提前归还本金的 {format_percent(options.prepayment_fee_rate)}"
        if options.prepayment_free_after:
            standard += f"，第 {options.prepayment_free_after} 期后免收"
        items.append(("提前还款违约金", "提前还款时收取", standard))
    return tuple(
        ContingentItem(label=label, timing=timing, standard=standard, collector=lender)
        for label, timing, standard in items
    )


def penalty_rate(terms: Terms, options: ServicingOptions) -> Decimal:
    """Return the annual rate charged on overdue principal 罚息利率: the contract rate times the multiplier."""
    base = options.penalty_annual_rate
    return (terms.annual_rate if base is None else base) * options.penalty_multiplier
