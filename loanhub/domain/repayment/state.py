"""The state of a loan on a day, as its terms and postings make it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from loanhub.domain.choice import Choice
from loanhub.domain.repayment.allocation import Allocation, Component, OpenAmounts
from loanhub.domain.repayment.delinquency import Bucket, Delinquency, FiveClass, worse_class
from loanhub.domain.repayment.method import Installment
from loanhub.domain.repayment.penalty import PenaltyTerms
from loanhub.domain.repayment.posting import PostingKind
from loanhub.domain.repayment.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedAllocation:
    """An amount a posting gave to a component; ``sequence`` 0 is suspense applied on a due date.

    ``off_book``: given after a write-off, so it is income 核销后收回 whatever the component.
    """

    sequence: int
    value_date: date
    period: int
    component: Component
    amount_fen: int
    off_book: bool = False

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

    Penalty of a later day ``t``, while nothing more is posted and no overpayment is applied, needs no replay:
    it is 0 while ``t`` ≤ ``last_free_day`` (or once charged nothing and cleared), beyond it
    ``penalty_fixed_fen + round(open.principal_fen × rate × multiplier × (t − penalty_from_date) / day_base)``,
    halves up, the days not below 0; compound interest likewise from ``compound_fixed_fen`` and
    ``open.interest_fen`` when ``penalty_terms.compound``. Both are before what was
    paid and waived of them. ``penalty_terms`` holds rate, multiplier and day base.

    Attributes:
        penalty_from_date: the last cut: the due date, or the value date of the last posting since.
        penalty_fixed_fen, compound_fixed_fen: charged and rounded up to that cut.
        carried: whether it holds what a restructure carried over: due again, never bearing penalty.
    """

    installment: Installment
    status: InstallmentStatus
    paid: OpenAmounts
    waived: OpenAmounts
    open: OpenAmounts
    penalty_accrued_fen: int
    compound_accrued_fen: int
    cleared_date: date | None
    penalty_from_date: date
    penalty_fixed_fen: int
    compound_fixed_fen: int
    penalty_terms: PenaltyTerms
    last_free_day: date
    carried: bool = False

    @property
    def period(self) -> int:
        """Number of the installment."""
        return self.installment.period

    @property
    def due_date(self) -> date:
        """Due date 应还日."""
        return self.installment.due_date


@dataclass(frozen=True, slots=True, kw_only=True)
class TermChange:
    """What one posting changed about a loan's terms; each pair is before and after.

    ``payment_fen`` is the next installment's, fees left out; ``periods`` counts the installments of the whole
    schedule. Equal values mean that this did not change.
    """

    sequence: int
    kind: PostingKind
    value_date: date
    old_annual_rate: Decimal
    new_annual_rate: Decimal
    old_last_due_date: date
    new_last_due_date: date
    old_payment_fen: int
    new_payment_fen: int
    old_periods: int
    new_periods: int


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
            not fit the schedule; their money was posted as an ordinary payment. Refunds above suspense too,
            changes of terms that are no longer possible, and recoveries without a write-off.
        book_principal_fen: what the account of loan principal must show: nothing after a write-off.
        written_off_fen: principal taken off the books; the claim goes on.
        recovered_fen: what was received on the claim since; all of it is recovery income.
        accrued_interest_fen: interest since the last due date up to ``as_of``, not yet due.
        class_floor: the best class that what happened to the loan allows, whatever the days overdue.
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
    book_principal_fen: int
    written_off_date: date | None = None
    written_off_fen: int = 0
    recovered_fen: int = 0
    accrued_interest_fen: int = 0
    extended: bool = False
    restructured: bool = False
    accelerated: bool = False
    class_floor: FiveClass = FiveClass.NORMAL
    changes: tuple[TermChange, ...] = ()

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
        """The best class the days overdue, and what happened to the loan, allow."""
        return worse_class(self.delinquency.five_class, self.class_floor)

    def allocations_of(self, sequence: int) -> tuple[PostedAllocation, ...]:
        """Return where the money of one posting went; empty for an unknown or reversed one."""
        return tuple(posted for posted in self.allocations if posted.sequence == sequence)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationChange:
    """How a further posting changes where the money of one posting went (0 and its day for suspense).

    ``unwaived`` and ``waived`` are the same for a waiver, whose cap has moved.
    """

    sequence: int
    value_date: date
    removed: tuple[PostedAllocation, ...]
    added: tuple[PostedAllocation, ...]
    unwaived: tuple[PostedAllocation, ...] = ()
    waived: tuple[PostedAllocation, ...] = ()


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
