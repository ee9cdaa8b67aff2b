"""The replay itself: the rows, suspense and allocations of one loan while its postings pass in order."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

from loanhub.domain.calendar import HolidayRule, Overrides, adjust
from loanhub.domain.errors import InvalidInput
from loanhub.domain.repayment import _changes
from loanhub.domain.repayment._rows import AGREED, Row
from loanhub.domain.repayment.allocation import (
    RECOVERY_ORDER,
    AllocationMode,
    Component,
    OpenAmounts,
    allocate,
)
from loanhub.domain.repayment.delinquency import Delinquency, FiveClass, Unpaid, assess, is_m3_plus
from loanhub.domain.repayment.method import Installment
from loanhub.domain.repayment.penalty import PenaltyTerms
from loanhub.domain.repayment.periods import rate_on
from loanhub.domain.repayment.postings import (
    SUSPENSE_SEQUENCE,
    InstallmentState,
    InstallmentStatus,
    LoanState,
    PostedAllocation,
    Posting,
    PostingKind,
    ServicingOptions,
    TermChange,
)
from loanhub.domain.repayment.prepayment import PayoffQuote, payoff_quote
from loanhub.domain.repayment.schedule import build_schedule
from loanhub.domain.repayment.terms import Terms


class LoanLedger:
    """The rows, suspense and allocations of one loan while its postings are replayed in order.

    ``terms`` are those in force; ``refused`` holds, by sequence, why a posting could not be done as asked.
    """

    def __init__(self, terms: Terms, options: ServicingOptions, overrides: Overrides | None) -> None:
        self.terms, self.options, self.overrides = terms, options, overrides
        self.rows = [self.row(installment) for installment in build_schedule(terms, overrides)]
        self.last_due_date = self.rows[-1].due
        self.day = terms.disburse_date
        self.suspense = self.received = self.refunded = self.recovered = 0
        self.allocations: list[PostedAllocation] = []
        self.waivers: list[PostedAllocation] = []
        self.refused: dict[int, Mapping[str, str]] = {}
        self.settled_date: date | None = None
        self.written_off_date: date | None = None
        self.written_off = 0
        self.extended = self.restructured = self.accelerated = False
        self.class_floor: FiveClass = FiveClass.NORMAL
        self.changes: list[TermChange] = []
        self._early: tuple[Row, int, int] | None = None  # row, fee and principal payable before its due date
        self._late: tuple[date, bool] | None = None

    def row(self, installment: Installment) -> Row:
        """Return a fresh row of the schedule in force."""
        due = installment.due_date
        return Row(
            installment=installment,
            charging=self.charging(installment.start_date, due),
            last_free_day=self.last_free_day(due),
            since=due,
        )

    def last_free_day(self, due: date) -> date:
        """Return the last day on which an installment can be paid without being late."""
        day = due + timedelta(days=self.options.grace_days)
        if self.options.holiday_tolerance:
            return adjust(day, HolidayRule.FOLLOWING, self.overrides)
        return day

    def charging(self, start: date, due: date) -> PenaltyTerms:
        """Return how lateness is charged; flat loans at twelve times their monthly rate."""
        options = self.options
        rate = options.penalty_annual_rate
        if rate is None:
            monthly = self.terms.flat_monthly_rate
            rate = rate_on(self.terms, start, due) if monthly is None else monthly * 12
        return PenaltyTerms(
            annual_rate=rate,
            multiplier=options.penalty_multiplier,
            day_base=options.day_base,
            grace_days=options.grace_days,
            compound=options.compound,
        )

    def due_rows(self, day: date) -> list[Row]:
        """Return the rows due by a day."""
        return [row for row in self.rows if row.due <= day]

    def coming_rows(self, day: date) -> list[Row]:
        """Return the rows of the schedule in force that are not due yet; the first is the current one."""
        return [row for row in self.rows if row.due > day and not row.carried]

    def carried_rows(self, day: date) -> list[Row]:
        """Return the rows not due yet that hold what a restructure carried over."""
        return [row for row in self.rows if row.due > day and row.carried]

    def owing_rows(self, day: date) -> list[Row]:
        """Return the rows due by a day on which something is or may become open."""
        return [row for row in self.rows if not row.done and row.due <= day]

    def set_rows(self, rows: list[Row]) -> None:
        """Take rows as the schedule, in due order."""
        self.rows = sorted(rows, key=lambda row: (row.due, row.period))
        self.last_due_date = self.rows[-1].due

    def current_rate(self, day: date) -> Decimal:
        """Return the contract rate a year in force on a day."""
        monthly = self.terms.flat_monthly_rate
        return rate_on(self.terms, day, day) if monthly is None else monthly * 12

    def rest(self, day: date, *, fee: bool = True) -> PayoffQuote:
        """Return what is not due yet, with interest to the day; nothing once everything is due."""
        coming = self.coming_rows(day)
        if not coming or self.settled_date is not None:
            return PayoffQuote(
                payoff_date=day, paid_periods=len(self.rows), principal_fen=0, accrued_days=0,
                accrued_interest_fen=0, fee_fen=0,
            )  # fmt: skip
        return payoff_quote(
            self.terms,
            payoff_date=day,
            fee_rate=self.options.prepayment_fee_rate if fee else Decimal(0),
            fee_free_after_period=self.options.prepayment_free_after,
            early_interest=coming[0].early_interest,
            overrides=self.overrides,
        )

    def due_total(self, day: date, *, carried: bool = False) -> int:
        """Return what is due and open; with ``carried``, also what a restructure carried to a later day."""
        due = sum(row.open_amounts(day).total_fen for row in self.owing_rows(day))
        later = self.carried_rows(day) if carried else []
        return due + sum(row.open_amounts(row.due).total_fen for row in later)

    def pass_due_dates(self, *, before: date) -> None:
        """Apply suspense on each due date after the last day looked at and before ``before``."""
        while self.suspense:
            dues = (row.due for row in self.rows)
            next_due = min((due for due in dues if self.day < due < before), default=None)
            if next_due is None:
                return
            self.day = next_due
            self.apply_suspense(next_due)

    def apply_suspense(self, day: date) -> None:
        """Give overpayment held to what is due."""
        self.suspense = self._allocate(SUSPENSE_SEQUENCE, self.suspense, day)

    def _charge_all(self, day: date) -> None:
        for row in self.owing_rows(day):
            row.charge_to(day)

    def _order(self, day: date) -> tuple[Component, ...]:
        """Return the order for money of a day, by how late the loan is as that day begins."""
        late_order = self.options.late_order
        if late_order is None:
            return self.options.order
        if self._late is None or self._late[0] != day:
            self._late = (day, is_m3_plus(self.delinquency(day).dpd))
        return late_order if self._late[1] else self.options.order

    def _allocate(self, sequence: int, amount_fen: int, day: date, *, recovery: bool = False) -> int:
        """Give money to what is due, and to what is repaid early that day; return what nobody takes."""
        self._charge_all(day)
        due = self.owing_rows(day)
        opens = [row.open_amounts(day) for row in due]
        if self._early is not None:
            early, fee, principal = self._early
            opens.append(OpenAmounts(period=early.period, due_date=day, fee_fen=fee, principal_fen=principal))
            due.append(early)
        result = allocate(
            amount_fen,
            opens,
            as_of=day,
            order=RECOVERY_ORDER if recovery else self._order(day),
            mode=AllocationMode.BY_COMPONENT if recovery else self.options.mode,
        )
        by_period = {row.period: row for row in due}
        off_book = self.written_off_date is not None
        for given in result.allocations:
            row = by_period[given.period]
            row.paid[given.component] += given.amount_fen
            if self._early is not None and row is self._early[0]:
                is_fee = given.component is Component.FEE
                self._early = (
                    row,
                    self._early[1] - given.amount_fen * is_fee,
                    self._early[2] - given.amount_fen * (not is_fee),
                )
            self.recovered += given.amount_fen * off_book
            self.allocations.append(
                PostedAllocation(
                    sequence=sequence,
                    value_date=day,
                    period=given.period,
                    component=given.component,
                    amount_fen=given.amount_fen,
                    off_book=off_book,
                )
            )
        self.note_cleared(day)
        return result.overpaid_fen

    def note_cleared(self, day: date) -> None:
        """Remember what is cleared, and the day on which nothing of the loan is left."""
        for row in self.owing_rows(day):
            row.note_cleared(day)
        if self.settled_date is None and not any(
            row.open_amounts(max(day, row.due)).total_fen for row in reversed(self.rows)
        ):
            self.settled_date = day

    def post(self, posting: Posting) -> None:
        """Let one posting take effect; what it cannot do as asked is remembered as refused."""
        day = self.day = posting.value_date
        if self.options.late_order is not None:
            self._order(day)
        if self.suspense and any(row.due == day for row in self.rows):
            self.apply_suspense(day)
        self._charge_all(day)
        if posting.kind is PostingKind.WAIVER:
            self._waive(posting)
        elif posting.kind is PostingKind.REFUND:
            self._refund(posting)
        elif posting.kind.brings_money:
            self._receive(posting)
        elif self._change(posting) and self.suspense:
            self.apply_suspense(day)

    def _change(self, posting: Posting) -> bool:
        """Change the terms, or write the loan off; False when it cannot be done."""
        try:
            _changes.change(self, posting)
        except InvalidInput as error:
            self.refused[posting.sequence] = error.fields
            return False
        return True

    def _receive(self, posting: Posting) -> None:
        day = posting.value_date
        self.received += posting.amount_fen
        recovery = posting.kind is PostingKind.RECOVERY
        if recovery and self.written_off_date is None:
            self.refused[posting.sequence] = {"value_date": "借据没有核销，请按还款入账"}
        elif posting.kind is not PostingKind.PAYMENT and not recovery:
            done = self._change(posting)
            if done and self.suspense:
                self.apply_suspense(day)
        left = self._allocate(posting.sequence, posting.amount_fen, day, recovery=recovery)
        self.suspense += left
        self._early = None

    def pay_early(self, row: Row, *, fee_fen: int, principal_fen: int) -> None:
        """Let the money of this posting also pay parts of a row that is not due yet."""
        self._early = (row, fee_fen, principal_fen)

    def _refund(self, posting: Posting) -> None:
        """Pay suspense back, never more than there is."""
        if posting.amount_fen > self.suspense:
            self.refused[posting.sequence] = {"amount_fen": "退款金额超过溢缴款余额"}
        amount = min(posting.amount_fen, self.suspense)
        self.suspense -= amount
        self.refunded += amount

    def _waive(self, posting: Posting) -> None:
        """Take off what is open of a component that day, in one installment or the oldest first."""
        day, left = posting.value_date, posting.amount_fen
        for row in self.owing_rows(day):
            if posting.period in (None, row.period):
                left -= self.waive(posting, row, posting.component, left)
        self.note_cleared(day)

    def waive(self, posting: Posting, row: Row, component: Component, amount_fen: int) -> int:
        """Take off at most ``amount_fen`` of a component of a row and return what was taken."""
        amount = min(amount_fen, row.open(component, posting.value_date))
        if amount <= 0:
            return 0
        row.waived[component] += amount
        self.waivers.append(
            PostedAllocation(
                sequence=posting.sequence,
                value_date=posting.value_date,
                period=row.period,
                component=component,
                amount_fen=amount,
                off_book=self.written_off_date is not None,
            )
        )
        return amount

    def outstanding(self, day: date) -> int:
        """Return the principal not repaid, due or not."""
        return sum(row.open(Component.PRINCIPAL, day) for row in self.rows)

    def state(self, as_of: date) -> LoanState:
        """Return the loan at the end of a day."""
        fixed = {id(row): (row.since, dict(row.charged)) for row in self.rows}
        self._charge_all(as_of)
        open_rows = [row for row in self.rows if any(row.open(part, as_of) for part in AGREED)]
        installments = []
        for row in self.rows:
            since, charged = fixed[id(row)]
            installments.append(self._installment_state(row, as_of, since, charged))
        return LoanState(
            as_of=as_of,
            terms=self.terms,
            installments=tuple(installments),
            allocations=tuple(self.allocations),
            waivers=tuple(self.waivers),
            suspense_fen=self.suspense,
            received_fen=self.received,
            refunded_fen=self.refunded,
            delinquency=self.delinquency(as_of),
            next_open_due_date=open_rows[0].due if open_rows else None,
            settled_date=self.settled_date,
            last_due_date=self.last_due_date,
            unfulfilled=tuple(self.refused),
            book_principal_fen=0 if self.written_off_date else self.outstanding(as_of),
            written_off_date=self.written_off_date,
            written_off_fen=self.written_off,
            recovered_fen=self.recovered,
            accrued_interest_fen=self.rest(as_of, fee=False).accrued_interest_fen,
            extended=self.extended,
            restructured=self.restructured,
            accelerated=self.accelerated,
            class_floor=self.class_floor,
            changes=tuple(self.changes),
        )

    def _installment_state(
        self, row: Row, as_of: date, since: date, charged: dict[Component, int]
    ) -> InstallmentState:
        hidden = as_of <= row.last_free_day
        if row.due > as_of:
            status = InstallmentStatus.UPCOMING
        elif not any(row.open(part, as_of) for part in AGREED):
            status = InstallmentStatus.CLEARED
        else:
            status = InstallmentStatus.DUE if hidden else InstallmentStatus.OVERDUE
        return InstallmentState(
            installment=row.installment,
            status=status,
            paid=row.amounts(row.paid),
            waived=row.amounts(row.waived),
            open=row.open_amounts(as_of),
            penalty_accrued_fen=0 if hidden else row.charged[Component.PENALTY],
            compound_accrued_fen=0 if hidden else row.charged[Component.COMPOUND],
            cleared_date=row.cleared_date,
            penalty_from_date=since,
            penalty_fixed_fen=charged[Component.PENALTY],
            compound_fixed_fen=charged[Component.COMPOUND],
            penalty_terms=row.charging,
            last_free_day=row.last_free_day,
            carried=row.carried,
        )

    def delinquency(self, as_of: date) -> Delinquency:
        """Return how late the loan is; the grace that counts is that of the oldest unpaid installment."""
        unpaid = [
            Unpaid(
                due_date=row.due,
                principal_fen=row.open(Component.PRINCIPAL, as_of),
                interest_fen=row.open(Component.INTEREST, as_of),
            )
            for row in self.rows
        ]
        tolerance = self.options.tolerance_fen
        pairs = zip(self.rows, unpaid, strict=True)
        late = (row for row, left in pairs if left.principal_fen + left.interest_fen > tolerance)
        oldest = next(late, self.rows[0])
        grace_days = (oldest.last_free_day - oldest.due).days
        return assess(unpaid, as_of, grace_days=grace_days, tolerance_fen=tolerance)
