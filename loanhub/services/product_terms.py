"""From a product to the terms, the servicing and the fees of one loan 产品条款; and whether the law allows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from loanhub.domain.calendar import HolidayRule
from loanhub.domain.caps import CapVerdict
from loanhub.domain.catalogue.choices import Mode
from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.domain.rates import format_percent
from loanhub.domain.repayment.cost import Fee, FeeBase, FeeTiming
from loanhub.domain.repayment.lpr_link import BASIS_POINTS, LprLink, LprTenor, RepriceRule
from loanhub.domain.repayment.options import ServicingOptions
from loanhub.domain.repayment.terms import InterestBasis, MaturityMode, Terms
from loanhub.models import Product
from loanhub.services import rates

LONGEST_SHORT_TENOR = 60
"""Loans of no more months hang on the one-year LPR, longer ones on that of five years and more."""
OURSELVES = ("", "本公司", "出借人")


class LprMissing(Conflict):
    """The LPR of a day is not known, or nobody has reviewed it."""

    def __init__(self, on: date) -> None:
        super().__init__(f"没有 {on.isoformat()} 有效的 LPR，请先在「利率与上限」录入并复核")


def fees_of(product: Product) -> tuple[Fee, ...]:
    """Return the fees of a product."""
    return tuple(Fee.parse(fee) for fee in product.fees)


def in_schedule(fee: Fee, product: Product) -> bool:
    """Return whether an own loan's schedule collects the fee, so that it is owed and posted like interest."""
    return (
        product.mode == Mode.OWN.value
        and fee.is_charged
        and fee.timing is FeeTiming.EACH_PERIOD
        and fee.base is not FeeBase.BALANCE
        and fee.collector in (*OURSELVES, product.lender)
    )


def servicing_of(product: Product) -> ServicingOptions:
    """Return how loans of a product are serviced, frozen into each loan."""
    return ServicingOptions.parse(
        {
            "penalty_multiplier": str(product.penalty_multiplier),
            "grace_days": product.grace_days,
            "order": product.allocation,
            "mode": product.allocation_mode,
            "prepayment_fee_rate": str(product.prepayment_fee_rate),
            "prepayment_free_after": product.prepayment_free_after or None,
            **product.servicing,
        }
    )


def lpr_link(db: Session, product: Product, *, annual_rate: Decimal, months: int, on: date) -> LprLink | None:
    """Return how a loan's rate hangs on the LPR of the contract day; None for a fixed rate.

    The spread is what the agreed rate adds to the LPR, fixed for the life of the loan.

    Raises:
        LprMissing: there is none for that day.
        InvalidInput: naming ``annual_rate``: the spread is no whole number of basis points.
    """
    linked = product.terms.get("lpr")
    if not isinstance(linked, Mapping):
        return None
    named = linked.get("tenor")
    tenor = (
        LprTenor(named)
        if named
        else LprTenor.ONE_YEAR
        if months <= LONGEST_SHORT_TENOR
        else LprTenor.FIVE_YEARS
    )
    base_rate = rates.lpr_on(db, on, tenor)
    if base_rate is None:
        raise LprMissing(on)
    spread = (annual_rate - base_rate) * BASIS_POINTS
    if spread != spread.to_integral_value():
        raise InvalidInput(fields={"annual_rate": "与 LPR 挂钩的利率须精确到 0.01%（一个基点）"})
    return LprLink(
        tenor=tenor,
        spread_bp=int(spread),
        base_rate=base_rate,
        reprice=RepriceRule(linked.get("reprice", "none")),
    )


def terms_for(
    db: Session,
    product: Product,
    *,
    principal_fen: int,
    months: int,
    annual_rate: Decimal,
    start: date,
    contract_day: date,
    method: str = "",
    repayment_day: int | None = None,
) -> Terms:
    """Return the terms of one loan of a product; ``annual_rate`` is the rate agreed.

    Raises:
        LprMissing, InvalidInput: see :func:`lpr_link`; the terms make no sense together.
    """
    more: dict[str, Any] = {}
    extra = product.terms
    if "min_first_days" in extra:
        more["min_first_days"] = extra["min_first_days"]
    if "holiday_rule" in extra:
        more["holiday_rule"] = HolidayRule(str(extra["holiday_rule"]))
    if "maturity_mode" in extra:
        more["maturity_mode"] = MaturityMode(str(extra["maturity_mode"]))
    day = repayment_day if repayment_day is not None else extra.get("repayment_day")
    return Terms(
        method=method or product.method,
        principal_fen=principal_fen,
        disburse_date=start,
        annual_rate=annual_rate,
        periods=months,
        interest_basis=InterestBasis(product.interest_basis),
        repayment_day=day if isinstance(day, int) else None,
        period_fee_fen=sum(
            fee.each_fen(principal_fen) for fee in fees_of(product) if in_schedule(fee, product)
        ),
        lpr=lpr_link(db, product, annual_rate=annual_rate, months=months, on=contract_day),
        **more,
    )


def describe_link(link: LprLink) -> str:
    """Return a link in words: 一年期 LPR 3.00% 加 45 个基点，每年 1 月 1 日按当日 LPR 重新定价."""
    sign = "加" if link.spread_bp >= 0 else "减"
    text = f"{link.tenor.label} {format_percent(link.base_rate)} {sign} {abs(link.spread_bp)} 个基点"
    if link.reprice is RepriceRule.NONE:
        return f"{text}，贷款期内不调整"
    return f"{text}，{link.reprice.label}按当日有效的 LPR 重新定价，加减点不变"


def check_cost(
    db: Session,
    product: Product,
    *,
    amount_fen: int,
    months: int,
    annual_rate: Decimal,
    customer_kind: str = "",
    now: datetime,
    on: date,
) -> CapVerdict:
    """Return what the caps say of one loan of a product made on a day.

    Raises:
        InvalidInput: a fee is taken before it may be.
        CostAboveCap: it may not be made.
        LprMissing: its rate hangs on an LPR nobody knows.
    """
    terms = terms_for(
        db,
        product,
        principal_fen=amount_fen,
        months=months,
        annual_rate=annual_rate,
        start=on,
        contract_day=on,
    )
    beside = [fee for fee in fees_of(product) if not in_schedule(fee, product)]
    own = product.mode == Mode.OWN.value
    options = servicing_of(product) if own else None
    return rates.check_terms_cost(
        db, terms, beside, options=options, own=own, customer_kind=customer_kind, on=on, now=now
    )
