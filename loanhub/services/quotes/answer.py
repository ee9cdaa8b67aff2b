"""A quote as other systems ask for it and are answered: the names and types of every field, in one place.

Fen are integers, rates and percentages decimal strings, days ISO dates. The document of the interface
(``/api/v1/openapi.json``) is drawn from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NotRequired

from typing_extensions import TypedDict

from loanhub.domain.repayment.fees import Fee
from loanhub.domain.repayment.terms import Terms


@dataclass(frozen=True, kw_only=True)
class QuoteBody(Terms):
    """What is asked for: the terms of the loan, and what is charged beside its interest.

    Attributes:
        fees: up to 20.
    """

    fees: tuple[Fee, ...] = ()


class QuoteRow(TypedDict):
    """One installment 期; ``fee_fen`` stands here only when the loan has fees."""

    period: int
    start_date: str
    due_date: str
    days: int
    opening_fen: int
    principal_fen: int
    interest_fen: int
    payment_fen: int
    closing_fen: int
    fee_fen: NotRequired[int]


class QuoteTotals(TypedDict):
    """The sums over all rows 合计; ``regular_payment_fen`` only when the method has one."""

    total_principal_fen: int
    total_interest_fen: int
    total_payment_fen: int
    total_fee_fen: NotRequired[int]
    regular_payment_fen: NotRequired[int]


class QuoteCost(TypedDict):
    """The annualized cost 年化综合成本 over interest and every fee, as fractions and in percent."""

    total_cost_fen: int
    irr_per_period: str
    apr_simple_rate: str
    apr_simple_pct: str
    eir_compound_rate: str
    eir_compound_pct: str


class QuoteItem(TypedDict):
    """One line of the disclosure sheet 综合融资成本明示表."""

    label: str
    timing: str
    standard: str
    collector: str
    amount_fen: int
    annual_pct: str


class QuoteDisclosure(TypedDict):
    """What the borrower is shown: items that sum to ``total_pct``."""

    items: list[QuoteItem]
    total_pct: str


class QuoteLine(TypedDict):
    """One cap in force 上限 and how the quote stands against it."""

    label: str
    source: str
    action: str
    measure: str
    limit_rate: str | None
    cost_rate: str
    exceeds: bool
    sentence: str


class QuoteLimit(TypedDict):
    """Whether the caps in force today for an own loan are crossed."""

    exceeds_cap: bool
    exceeds_warn: bool
    lines: list[QuoteLine]


class QuoteAnswer(TypedDict):
    """A quote 试算; ``input`` repeats the terms with their defaults left out. Nothing is stored."""

    input: dict[str, Any]
    method_label: str
    rows: list[QuoteRow]
    totals: QuoteTotals
    regular_payment_fen: int | None
    upfront_fee_fen: int
    received_fen: int
    cost: QuoteCost
    disclosure: QuoteDisclosure
    limit: QuoteLimit | None
