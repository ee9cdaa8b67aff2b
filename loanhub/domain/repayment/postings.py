"""Postings 入账 on a loan, and the state of a loan that follows from them."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any

from loanhub.domain.choice import Choice
from loanhub.domain.errors import InvalidInput
from loanhub.domain.repayment.allocation import (
    DEFAULT_ORDER,
    Allocation,
    AllocationMode,
    Component,
    OpenAmounts,
    check_order,
)
from loanhub.domain.repayment.delinquency import Bucket, Delinquency, FiveClass
from loanhub.domain.repayment.method import Installment
from loanhub.domain.repayment.penalty import DEFAULT_MULTIPLIER
from loanhub.domain.repayment.prepayment import PrepaymentMode
from loanhub.domain.repayment.terms import Terms

SUSPENSE_SEQUENCE = 0


class PostingKind(Choice):
    """What a posting does to a loan."""

    PAYMENT = "payment", "还款"
    PREPAYMENT = "prepayment", "部分提前还款"
    SETTLEMENT = "settlement", "提前结清"
    REFUND = "refund", "溢缴退款"
    WAIVER = "waiver", "减免"
    REVERSAL = "reversal", "冲正"

    @property
    def brings_money(self) -> bool:
        """Whether money of the borrower arrives with it."""
        return self in (PostingKind.PAYMENT, PostingKind.PREPAYMENT, PostingKind.SETTLEMENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One immutable entry on a loan; a correction is a further one of kind ``REVERSAL``.

    Attributes:
        sequence: order of entry, from 1; orders postings of one value date.
        value_date: the day the money reached our account 起息日, not the day it was typed in.
        amount_fen: money received or refunded, or the amount waived (capped at what is open that day).
        period: waiver only: the installment; None takes the oldest first.
        component: waiver only: what is waived.
        reverses: reversal only: sequence of the posting undone.
        prepay_fen, mode: prepayment only: the principal repaid early, and what becomes of the schedule.
    """

    sequence: int
    kind: PostingKind
    value_date: date
    amount_fen: int = 0
    period: int | None = None
    component: Component = Component.PENALTY
    reverses: int | None = None
    prepay_fen: int = 0
    mode: PrepaymentMode = PrepaymentMode.REDUCE_PAYMENT


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicingOptions:
    """How a product is serviced; stored with the loan, so that a later product change leaves it alone.

    Attributes:
        penalty_annual_rate: base of the penalty instead of the contract rate.
        holiday_tolerance: grace ending on a day off runs to the next business day.
        tolerance_fen: an installment owing no more than this does not count as overdue 容差.
        prepayment_free_after: no prepayment fee once so many installments are due; None is never.
    """

    penalty_multiplier: Decimal = DEFAULT_MULTIPLIER
    penalty_annual_rate: Decimal | None = None
    compound: bool = False
    day_base: int = 360
    grace_days: int = 0
    holiday_tolerance: bool = False
    tolerance_fen: int = 0
    order: tuple[Component, ...] = DEFAULT_ORDER
    mode: AllocationMode = AllocationMode.BY_PERIOD
    prepayment_fee_rate: Decimal = Decimal(0)
    prepayment_free_after: int | None = None

    def __post_init__(self) -> None:
        check_order(self.order)
        refused = {}
        if self.day_base not in (360, 365):
            refused["day_base"] = "计息基础天数只能是 360 或 365"
        if not 0 <= self.grace_days <= 60:
            refused["grace_days"] = "宽限期须在 0 到 60 天之间"
        if self.penalty_multiplier < 0 or self.penalty_multiplier > 10:
            refused["penalty_multiplier"] = "罚息倍数须在 0 到 10 之间"
        if self.penalty_annual_rate is not None and not 0 <= self.penalty_annual_rate < 10:
            refused["penalty_annual_rate"] = "罚息基准利率须在 0 到 1000% 之间"
        if self.tolerance_fen < 0:
            refused["tolerance_fen"] = "容差不能为负数"
        if not 0 <= self.prepayment_fee_rate <= 1:
            refused["prepayment_fee_rate"] = "提前还款违约金比例须在 0 到 100% 之间"
        if refused:
            raise InvalidInput(fields=refused)

    def as_dict(self) -> dict[str, object]:
        """Return the options for storing as JSON: decimals as strings, choices as codes."""
        stored: dict[str, object] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, tuple):
                stored[field.name] = [component.value for component in value]
            elif isinstance(value, Choice):
                stored[field.name] = value.value
            else:
                stored[field.name] = str(value) if isinstance(value, Decimal) else value
        return stored

    @classmethod
    def parse(cls, stored: Mapping[str, Any]) -> "ServicingOptions":
        """Return options from JSON in the shape of ``as_dict``; missing or empty keys take the default.

        Raises:
            InvalidInput: an unknown key or a value that cannot be read.
        """
        readers: dict[str, Any] = {
            "penalty_multiplier": lambda value: Decimal(str(value)),
            "penalty_annual_rate": lambda value: Decimal(str(value)),
            "prepayment_fee_rate": lambda value: Decimal(str(value)),
            "order": lambda value: tuple(Component(item) for item in value),
            "mode": AllocationMode,
        }
        known = {field.name for field in fields(cls)}
        read: dict[str, Any] = {}
        for key, value in stored.items():
            if key not in known:
                raise InvalidInput(fields={key: "没有这一项贷后参数"})
            if value is None or value == [] or value == ():
                continue
            try:
                read[key] = readers[key](value) if key in readers else value
            except (ValueError, TypeError, ArithmeticError) as error:
                raise InvalidInput(fields={key: "格式不对"}) from error
        return cls(**read)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedAllocation:
    """An amount a posting gave to a component; ``sequence`` 0 is suspense applied on a due date."""

    sequence: int
    value_date: date
    period: int
    component: Component
    amount_fen: int

    @property
    def allocation(self) -> Allocation:
        """The same without the posting, for ledger entries."""
        return Allocation(self.period, self.component, self.amount_fen)


class InstallmentStatus(Choice):
    """Where one installment stands on a day."""

    UPCOMING = "upcoming", "未到期"
    DUE = "due", "待还"
    OVERDUE = "overdue", "逾期"
    CLEARED = "cleared", "已还清"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallmentState:
    """One installment as of a day: what was agreed, paid and waived, and what is open.

    ``open`` of an installment not yet due is what will be due; ``penalty_accrued_fen`` is zero within grace.
    ``cleared_date`` is the day its principal, interest and fee were all gone; penalty may remain.
    """

    installment: Installment
    status: InstallmentStatus
    paid: OpenAmounts
    waived: OpenAmounts
    open: OpenAmounts
    penalty_accrued_fen: int
    compound_accrued_fen: int
    cleared_date: date | None

    @property
    def period(self) -> int:
        """Number of the installment."""
        return self.installment.period

    @property
    def due_date(self) -> date:
        """Due date 应还日."""
        return self.installment.due_date


@dataclass(frozen=True, slots=True, kw_only=True)
class LoanState:
    """A loan at the end of ``as_of``, as its terms and postings make it.

    Attributes:
        terms: the terms in force: continued ones after a prepayment.
        allocations: every allocation in replay order, suspense applications included.
        waivers: what waivers took off, capped at what was open.
        suspense_fen: overpayment held 溢缴款.
        received_fen: money received by postings not reversed; equals allocated + suspense + refunded.
        settled_date: the value date on which nothing was left to pay.
        last_due_date: last due date as agreed (after prepayments, before an early settlement).
        unfulfilled: sequences of prepayments and settlements that the money did not suffice for, or that do
            not fit the schedule; their money was posted as an ordinary payment. Refunds above suspense too.
    """

    as_of: date
    terms: Terms
    installments: tuple[InstallmentState, ...]
    allocations: tuple[PostedAllocation, ...]
    waivers: tuple[PostedAllocation, ...]
    suspense_fen: int
    received_fen: int
    refunded_fen: int
    delinquency: Delinquency
    next_open_due_date: date | None
    settled_date: date | None
    last_due_date: date
    unfulfilled: tuple[int, ...]

    def due_fen(self, component: Component) -> int:
        """Return what is due by ``as_of`` and unpaid of one component."""
        return sum(row.open.of(component) for row in self.installments if row.due_date <= self.as_of)

    @property
    def due_principal_fen(self) -> int:
        """Principal due and unpaid."""
        return self.due_fen(Component.PRINCIPAL)

    @property
    def due_interest_fen(self) -> int:
        """Interest due and unpaid."""
        return self.due_fen(Component.INTEREST)

    @property
    def due_penalty_fen(self) -> int:
        """Penalty interest unpaid."""
        return self.due_fen(Component.PENALTY)

    @property
    def due_compound_fen(self) -> int:
        """Compound interest unpaid."""
        return self.due_fen(Component.COMPOUND)

    @property
    def due_fee_fen(self) -> int:
        """Fees due and unpaid."""
        return self.due_fen(Component.FEE)

    @property
    def amount_due_fen(self) -> int:
        """What clears everything due 结清当期金额: pay this on ``as_of`` and nothing due is left."""
        return max(0, sum(self.due_fen(component) for component in Component) - self.suspense_fen)

    @property
    def outstanding_principal_fen(self) -> int:
        """Principal not yet repaid 剩余本金, due or not."""
        return self.delinquency.outstanding_principal_fen

    @property
    def raw_dpd(self) -> int:
        """Days since the oldest unpaid due date, grace ignored."""
        return self.delinquency.raw_dpd

    @property
    def dpd(self) -> int:
        """Days overdue 逾期天数; 0 within grace."""
        return self.delinquency.dpd

    @property
    def bucket(self) -> Bucket:
        """Bucket of the days overdue."""
        return self.delinquency.bucket

    @property
    def five_class(self) -> FiveClass:
        """The best class the days overdue allow."""
        return self.delinquency.five_class

    def allocations_of(self, sequence: int) -> tuple[PostedAllocation, ...]:
        """Return where the money of one posting went; empty for an unknown or reversed one."""
        return tuple(posted for posted in self.allocations if posted.sequence == sequence)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationChange:
    """How a further posting changes where the money of one posting went (0 and its day for suspense)."""

    sequence: int
    value_date: date
    removed: tuple[PostedAllocation, ...]
    added: tuple[PostedAllocation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A posting tried before it is saved: the state without it, with it, and what it changes.

    ``allocations`` are the posting's own; ``changes`` are those of other postings, when it is backdated or
    a reversal (the posting reversed is not among them: all of its allocations go). ``to_suspense_fen`` is
    what it adds to the overpayment.
    """

    before: LoanState
    after: LoanState
    allocations: tuple[PostedAllocation, ...]
    changes: tuple[AllocationChange, ...]
    to_suspense_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SettlementQuote:
    """What settles a loan early on a day 提前结清试算: everything due, and the rest with interest to date."""

    on: date
    due_fen: int
    principal_fen: int
    accrued_days: int
    accrued_interest_fen: int
    fee_fen: int
    suspense_fen: int

    @property
    def total_fen(self) -> int:
        """The money to receive that day, the overpayment held already taken off."""
        owed = self.due_fen + self.principal_fen + self.accrued_interest_fen + self.fee_fen
        return max(0, owed - self.suspense_fen)
