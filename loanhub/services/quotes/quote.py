"""A quote 试算: the schedule, what it costs in all, and whether that is allowed. Nothing is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from loanhub.domain.calendar import shanghai_date
from loanhub.domain.caps import Cap, CapVerdict, LenderType, verdict
from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import Permission
from loanhub.domain.rates import percent, round_rate
from loanhub.domain.repayment.cost import (
    Cost,
    Disclosure,
    Fee,
    NoRate,
    disclosure,
    fee_flows,
)
from loanhub.domain.repayment.method import Installment
from loanhub.domain.repayment.schedule import build_schedule, method_label, regular_payment, totals
from loanhub.domain.repayment.terms import Terms
from loanhub.services import rates
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.quotes._read import read_request
from loanhub.services.quotes.answer import QuoteAnswer, QuoteLimit, QuoteRow, QuoteTotals

IRR_PLACES = 12
RATE_PLACES = 8


class TooExpensive(InvalidInput):
    """The fees eat the loan, or the rate is beyond what can be annualized."""

    def __init__(self, field: str) -> None:
        sentence = (
            "费用过高：借款人实际到手的钱不够计算年化成本"
            if field == "fees"
            else "利率过高，无法计算年化成本"
        )
        super().__init__(fields={field: sentence})


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """The caps in force for a loan of ours made on a day, read once for any number of quotes."""

    on: date
    caps: tuple[Cap, ...]
    lender_type: LenderType
    lpr: Decimal | None

    def verdict(self, terms: Terms, cost: Cost) -> CapVerdict:
        """Return what they say of a cost; who borrows is not known, so every row counts."""
        return verdict(
            cost,
            self.caps,
            on=self.on,
            lender_type=self.lender_type,
            months=rates.months_of(terms),
            lpr=self.lpr,
        )


def lines_in_force(*, now: datetime) -> Lines:
    """Return the caps in force today for an own loan."""
    on = shanghai_date(now)
    with reading() as db:
        return Lines(
            on=on,
            caps=rates.caps_on(db, on),
            lender_type=rates.lender_type_of(db, now=now),
            lpr=rates.lpr_on(db, on),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What a loan would be. ``row_fees_fen`` is what the fees take with each row, beside the row's own fee.

    ``received_fen`` is the principal less what is paid on the day of disbursement; ``limit`` is None when the
    caller knows no caps.
    """

    terms: Terms
    fees: tuple[Fee, ...]
    rows: tuple[Installment, ...]
    row_fees_fen: tuple[int, ...]
    upfront_fee_fen: int
    regular_payment_fen: int | None
    disclosure: Disclosure
    limit: CapVerdict | None = None

    @property
    def cost(self) -> Cost:
        """The annualized cost over interest and every fee."""
        return self.disclosure.cost

    @property
    def received_fen(self) -> int:
        """What the borrower has in hand on the day of disbursement."""
        return self.terms.principal_fen - self.upfront_fee_fen

    @property
    def fee_fen(self) -> int:
        """Every fee over the life of the loan."""
        return self.upfront_fee_fen + sum(self.row_fee_fen(place) for place in range(len(self.rows)))

    @property
    def has_fees(self) -> bool:
        """Whether anything is paid beside principal and interest, even a deposit that comes back."""
        return bool(self.upfront_fee_fen or any(self.row_fees_fen) or any(row.fee_fen for row in self.rows))

    def row_fee_fen(self, place: int) -> int:
        """Return the fees collected with one row, counted from 0."""
        return self.rows[place].fee_fen + self.row_fees_fen[place]

    def row_payment_fen(self, place: int) -> int:
        """Return everything to pay with one row, counted from 0."""
        return self.rows[place].payment_fen + self.row_fees_fen[place]


def figure(terms: Terms, fees: Sequence[Fee] = (), *, lines: Lines | None = None) -> Quote:
    """Return the quote of terms and fees; ``lines`` are the caps to hold it against.

    Raises:
        InvalidInput: the method cannot work with these terms.
        TooExpensive: no annualized cost exists.
    """
    rows = build_schedule(terms)
    try:
        shown = disclosure(terms, fees)
    except NoRate:
        priced = "flat_monthly_rate" if terms.flat_monthly_rate is not None else "annual_rate"
        raise TooExpensive("fees" if fees else priced) from None
    upfront, with_rows = _collected(terms, fees, rows)
    return Quote(
        terms=terms,
        fees=tuple(fees),
        rows=rows,
        row_fees_fen=with_rows,
        upfront_fee_fen=upfront,
        regular_payment_fen=regular_payment(terms),
        disclosure=shown,
        limit=None if lines is None else lines.verdict(terms, shown.cost),
    )


def _collected(terms: Terms, fees: Sequence[Fee], rows: Sequence[Installment]) -> tuple[int, tuple[int, ...]]:
    upfront, with_rows = 0, [0] * len(rows)
    for fee in fees:
        first, later = fee_flows(fee, terms, rows)
        upfront += first
        with_rows = [sum(pair) for pair in zip(with_rows, later, strict=True)]
    return upfront, tuple(with_rows)


def quote(actor: Actor, body: object, *, now: datetime) -> Quote:
    """Return the quote of a request body (see ``read_request``), against the lines in force.

    Raises:
        NotPermitted: the actor lacks products:read.
        InvalidInput: naming each field at fault, also a fee that may not be taken from the principal 砍头息.
    """
    actor.require(Permission.PRODUCTS_READ)
    return public_quote(body, now=now)


def public_quote(body: object, *, now: datetime) -> Quote:
    """Return the quote of a request body for anybody: it says nothing of any customer. Reads, never writes.

    Raises:
        InvalidInput: naming each field at fault; see :func:`quote`.
    """
    request = read_request(body)
    rates.check_upfront(request.fees, own=True)
    return figure(request.terms, request.fees, lines=lines_in_force(now=now))


def as_json(found: Quote) -> QuoteAnswer:
    """Return a quote as the API answers it: fen are integers, rates and percentages decimal strings.

    Rows and totals have the fields of the golden schedules; ``fee_fen`` and ``total_fee_fen`` join them only
    when the loan has fees.
    """
    charged = found.has_fees
    sums = totals(found.rows)
    in_all: QuoteTotals = {
        "total_principal_fen": sums.principal_fen,
        "total_interest_fen": sums.interest_fen,
        "total_payment_fen": sums.payment_fen + sum(found.row_fees_fen),
    }
    if charged:
        in_all["total_fee_fen"] = found.fee_fen
    if found.regular_payment_fen is not None:
        in_all["regular_payment_fen"] = found.regular_payment_fen
    cost, limit = found.cost, found.limit
    return {
        "input": found.terms.as_dict(),
        "method_label": method_label(found.terms.method),
        "rows": [_row(found, place, charged=charged) for place in range(len(found.rows))],
        "totals": in_all,
        "regular_payment_fen": found.regular_payment_fen,
        "upfront_fee_fen": found.upfront_fee_fen,
        "received_fen": found.received_fen,
        "cost": {
            "total_cost_fen": cost.total_cost_fen,
            "irr_per_period": str(round_rate(cost.irr_per_period, IRR_PLACES)),
            "apr_simple_rate": str(round_rate(cost.apr_simple_rate, RATE_PLACES)),
            "apr_simple_pct": str(percent(cost.apr_simple_rate)),
            "eir_compound_rate": str(round_rate(cost.eir_compound_rate, RATE_PLACES)),
            "eir_compound_pct": str(percent(cost.eir_compound_rate)),
        },
        "disclosure": {
            "items": [
                {
                    "label": item.label,
                    "timing": item.timing,
                    "standard": item.standard,
                    "collector": item.collector,
                    "amount_fen": item.amount_fen,
                    "annual_pct": str(item.annual_pct),
                }
                for item in found.disclosure.items
            ],
            "total_pct": str(found.disclosure.total_pct),
        },
        "limit": None if limit is None else _limit(limit),
    }


def _limit(found: CapVerdict) -> QuoteLimit:
    return {
        "exceeds_cap": found.is_blocked,
        "exceeds_warn": found.is_blocked or bool(found.warned_by),
        "lines": [
            {
                "label": line.cap.label,
                "source": line.cap.source,
                "action": line.cap.action.value,
                "measure": line.cap.measure.value,
                "limit_rate": None if line.limit_rate is None else str(line.limit_rate.normalize()),
                "cost_rate": str(round_rate(line.cost_rate, RATE_PLACES)),
                "exceeds": line.exceeds,
                "sentence": line.sentence,
            }
            for line in found.lines
        ],
    }


def _row(found: Quote, place: int, *, charged: bool) -> QuoteRow:
    row = found.rows[place]
    shown: QuoteRow = {
        "period": row.period,
        "start_date": row.start_date.isoformat(),
        "due_date": row.due_date.isoformat(),
        "days": row.days,
        "opening_fen": row.opening_fen,
        "principal_fen": row.principal_fen,
        "interest_fen": row.interest_fen,
        "payment_fen": found.row_payment_fen(place),
        "closing_fen": row.closing_fen,
    }
    if charged:
        shown["fee_fen"] = found.row_fee_fen(place)
    return shown
