"""The replay itself: the rows, suspense and allocations of one loan while its postings pass in order."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from loanhub.domain.calendar import HolidayRule, Overrides, adjust
from loanhub.domain.errors import InvalidInput
from loanhub.domain.repayment.allocation import Component, OpenAmounts, allocate
from loanhub.domain.repayment.delinquency import Delinquency, Unpaid, assess
from loanhub.domain.repayment.method import Installment
from loanhub.domain.repayment.penalty import PenaltyTerms, segment
from loanhub.domain.repayment.periods import rate_from
from loanhub.domain.repayment.postings import (
    SUSPENSE_SEQUENCE,
    InstallmentState,
    InstallmentStatus,
    LoanState,
    PostedAllocation,
    Posting,
    PostingKind,
    ServicingOptions,
)
from loanhub.domain.repayment.prepayment import payoff_quote, prepay_partial
from loanhub.domain.repayment.schedule import build_schedule
from loanhub.domain.repayment.terms import Terms

_CHARGED = (Component.PENALTY, Component.COMPOUND)
_AGREED = (Component.FEE, Component.INTEREST, Component.PRINCIPAL)


@dataclass(slots=True)
class _Row:
    """One installment while its postings are replayed."""

    installment: Installment
    charging: PenaltyTerms
    last_free_day: date
    since: date
    charged: dict[Component, int] = field(default_factory=lambda: dict.fromkeys(_CHARGED, 0))
    paid: dict[Component, int] = field(default_factory=lambda: dict.fromkeys(Component, 0))
    waived: dict[Component, int] = field(default_factory=lambda: dict.fromkeys(Component, 0))
    cleared_date: date | None = None
    done: bool = False  # nothing is open and nothing more can be charged: later postings pass it by

    def agreed(self, component: Component) -> int:
        if component is Component.PRINCIPAL:
            return self.installment.principal_fen
        return self.installment.interest_fen if component is Component.INTEREST else self.installment.fee_fen

    def open(self, component: Component, on: date) -> int:
        gone = self.paid[component] + self.waived[component]
        if component in _CHARGED:
            return self.charged[component] - gone if on > self.last_free_day else 0
        return self.agreed(component) - gone

    def open_amounts(self, on: date) -> OpenAmounts:
        return self.amounts({component: self.open(component, on) for component in Component})

    def amounts(self, values: dict[Component, int]) -> OpenAmounts:
        return OpenAmounts(
            period=self.installment.period,
            due_date=self.installment.due_date,
            fee_fen=values[Component.FEE],
            penalty_fen=values[Component.PENALTY],
            compound_fen=values[Component.COMPOUND],
            interest_fen=values[Component.INTEREST],
            principal_fen=values[Component.PRINCIPAL],
        )

    def charge_to(self, day: date) -> None:
        """Charge penalty from the last cut to ``day``, rounded, whether or not grace still hides it."""
        if day <= self.since:
            return
        principal, interest = self.open(Component.PRINCIPAL, day), self.open(Component.INTEREST, day)
        if principal or interest:
            cut = segment(
                self.charging,
                from_date=self.since,
                to_date=day,
                principal_fen=principal,
                interest_fen=interest,
            )
            self.charged[Component.PENALTY] += cut.penalty_fen
            self.charged[Component.COMPOUND] += cut.compound_fen
        self.since = day

    def note_cleared(self, day: date) -> None:
        """Remember the day nothing agreed was left; within grace that forgives the penalty for good."""
        if self.cleared_date is None and not any(self.open(component, day) for component in _AGREED):
            self.cleared_date = day
            if day <= self.last_free_day:
                self.charged = dict.fromkeys(_CHARGED, 0)
        if self.cleared_date is not None:
            self.done = not any(self.charged[c] - self.paid[c] - self.waived[c] for c in _CHARGED)


class LoanLedger:
    """The rows, suspense and allocations of one loan while its postings are replayed in order."""

    def __init__(self, terms: Terms, options: ServicingOptions, overrides: Overrides | None) -> None:
        self.terms, self.options, self.overrides = terms, options, overrides
        self.rows = [self._row(installment) for installment in build_schedule(terms, overrides)]
        self.last_due_date = self.rows[-1].installment.due_date
        self.day = terms.disburse_date
        self.suspense = self.received = self.refunded = 0
        self.allocations: list[PostedAllocation] = []
        self.waivers: list[PostedAllocation] = []
        self.unfulfilled: list[int] = []
        self.settled_date: date | None = None

    def _row(self, installment: Installment) -> _Row:
        """Return a row; flat loans are charged at twelve times their monthly rate."""
        options, due = self.options, installment.due_date
        contract_rate = rate_from(self.terms, installment.start_date)
        if self.terms.flat_monthly_rate is not None:
            contract_rate = self.terms.flat_monthly_rate * 12
        change = self.terms.split_rate_change
        if change is not None and change.effective_from <= due:
            contract_rate = change.annual_rate
        rate = contract_rate if options.penalty_annual_rate is None else options.penalty_annual_rate
        last_free_day = due + timedelta(days=options.grace_days)
        if options.holiday_tolerance:
            last_free_day = adjust(last_free_day, HolidayRule.FOLLOWING, self.overrides)
        charging = PenaltyTerms(
            annual_rate=rate,
            multiplier=options.penalty_multiplier,
            day_base=options.day_base,
            grace_days=options.grace_days,
            compound=options.compound,
        )
        return _Row(installment=installment, charging=charging, last_free_day=last_free_day, since=due)

    def due_rows(self, day: date) -> list[_Row]:
        return [row for row in self.rows if row.installment.due_date <= day]

    def owing_rows(self, day: date) -> list[_Row]:
        return [row for row in self.rows if not row.done and row.installment.due_date <= day]

    def pass_due_dates(self, *, before: date) -> None:
        """Apply suspense on each due date after the last day looked at and before ``before``."""
        while self.suspense:
            dues = (row.installment.due_date for row in self.rows)
            next_due = min((due for due in dues if self.day < due < before), default=None)
            if next_due is None:
                return
            self.day = next_due
            self._apply_suspense(next_due)

    def _apply_suspense(self, day: date) -> None:
        self.suspense = self._allocate(SUSPENSE_SEQUENCE, self.suspense, day)

    def _charge_all(self, day: date) -> None:
        for row in self.owing_rows(day):
            row.charge_to(day)

    def _allocate(self, sequence: int, amount_fen: int, day: date) -> int:
        """Give money to what is due and return what nobody takes."""
        self._charge_all(day)
        due = self.owing_rows(day)
        result = allocate(
            amount_fen,
            [row.open_amounts(day) for row in due],
            as_of=day,
            order=self.options.order,
            mode=self.options.mode,
        )
        by_period = {row.installment.period: row for row in due}
        for given in result.allocations:
            by_period[given.period].paid[given.component] += given.amount_fen
            self.allocations.append(
                PostedAllocation(
                    sequence=sequence,
                    value_date=day,
                    period=given.period,
                    component=given.component,
                    amount_fen=given.amount_fen,
                )
            )
        self._note_cleared(day)
        return result.overpaid_fen

    def _note_cleared(self, day: date) -> None:
        for row in self.owing_rows(day):
            row.note_cleared(day)
        if self.settled_date is None and not any(
            row.open_amounts(day).total_fen for row in reversed(self.rows)
        ):
            self.settled_date = day

    def post(self, posting: Posting) -> None:
        day = self.day = posting.value_date
        if self.suspense and any(row.installment.due_date == day for row in self.rows):
            self._apply_suspense(day)
        self._charge_all(day)
        if posting.kind is PostingKind.WAIVER:
            self._waive(posting)
        elif posting.kind is PostingKind.REFUND:
            self._refund(posting)
        else:
            self._receive(posting)

    def _receive(self, posting: Posting) -> None:
        self.received += posting.amount_fen
        if posting.kind is PostingKind.PREPAYMENT:
            fulfilled = self._reschedule(posting)
        elif posting.kind is PostingKind.SETTLEMENT:
            fulfilled = self._close_schedule(posting)
        else:
            fulfilled = True
        if not fulfilled:
            self.unfulfilled.append(posting.sequence)
        elif posting.kind is not PostingKind.PAYMENT and self.suspense:
            self._apply_suspense(posting.value_date)
        self.suspense += self._allocate(posting.sequence, posting.amount_fen, posting.value_date)

    def _refund(self, posting: Posting) -> None:
        """Pay suspense back, never more than there is."""
        if posting.amount_fen > self.suspense:
            self.unfulfilled.append(posting.sequence)
        amount = min(posting.amount_fen, self.suspense)
        self.suspense -= amount
        self.refunded += amount

    def _waive(self, posting: Posting) -> None:
        """Take off what is open of a component that day, in one installment or the oldest first."""
        day, left = posting.value_date, posting.amount_fen
        for row in self.owing_rows(day):
            if posting.period not in (None, row.installment.period):
                continue
            amount = min(left, row.open(posting.component, day))
            if amount <= 0:
                continue
            row.waived[posting.component] += amount
            left -= amount
            self.waivers.append(
                PostedAllocation(
                    sequence=posting.sequence,
                    value_date=day,
                    period=row.installment.period,
                    component=posting.component,
                    amount_fen=amount,
                )
            )
        self._note_cleared(day)

    def _due_total(self, day: date) -> int:
        return sum(row.open_amounts(day).total_fen for row in self.owing_rows(day))

    def _reschedule(self, posting: Posting) -> bool:
        """Repay principal early: it and its fee join the installment due that day, the rest is built anew."""
        day, options = posting.value_date, self.options
        today = next((row for row in self.rows if row.installment.due_date == day), None)
        if today is None or today is self.rows[-1]:
            return False
        try:
            plan = prepay_partial(
                self.terms,
                after_period=today.installment.period,
                prepay_fen=posting.prepay_fen,
                mode=posting.mode,
                fee_rate=options.prepayment_fee_rate,
                fee_free_after_period=options.prepayment_free_after,
                overrides=self.overrides,
            )
        except InvalidInput:
            return False
        if posting.amount_fen + self.suspense < self._due_total(day) + posting.prepay_fen + plan.fee_fen:
            return False
        agreed = today.installment
        today.installment = replace(
            agreed,
            principal_fen=agreed.principal_fen + posting.prepay_fen,
            fee_fen=agreed.fee_fen + plan.fee_fen,
        )
        today.cleared_date, today.done = None, False
        self.terms = plan.terms
        self.rows = self.due_rows(day) + [self._row(installment) for installment in plan.rows]
        self.last_due_date = self.rows[-1].installment.due_date
        return True

    def _close_schedule(self, posting: Posting) -> bool:
        """Settle early: one last installment due that day takes the place of all that were still to come."""
        day, options = posting.value_date, self.options
        rest = payoff_quote(
            self.terms,
            payoff_date=day,
            fee_rate=options.prepayment_fee_rate,
            fee_free_after_period=options.prepayment_free_after,
            overrides=self.overrides,
        )
        if posting.amount_fen + self.suspense < self._due_total(day) + rest.payoff_fen:
            return False
        due, coming = self.due_rows(day), self.rows[len(self.due_rows(day)) :]
        if coming and self.settled_date is None:
            agreed = coming[0].installment
            last = replace(
                agreed,
                start_date=min(agreed.start_date, day),
                due_date=day,
                days=rest.accrued_days,
                principal_fen=rest.principal_fen,
                interest_fen=rest.accrued_interest_fen,
                fee_fen=rest.fee_fen,
            )
            self.rows = [*due, self._row(last)]
        return True

    def state(self, as_of: date) -> LoanState:
        outstanding = sum(row.open(Component.PRINCIPAL, as_of) for row in self.rows)
        self._charge_all(as_of)
        open_rows = [row for row in self.rows if any(row.open(part, as_of) for part in _AGREED)]
        return LoanState(
            as_of=as_of,
            terms=self.terms,
            installments=tuple(self._installment_state(row, as_of) for row in self.rows),
            allocations=tuple(self.allocations),
            waivers=tuple(self.waivers),
            suspense_fen=self.suspense,
            received_fen=self.received,
            refunded_fen=self.refunded,
            delinquency=self._delinquency(as_of),
            next_open_due_date=open_rows[0].installment.due_date if open_rows else None,
            settled_date=self.settled_date,
            last_due_date=self.last_due_date,
            unfulfilled=tuple(self.unfulfilled),
            book_principal_fen=outstanding,
        )

    def _installment_state(self, row: _Row, as_of: date) -> InstallmentState:
        due, hidden = row.installment.due_date, as_of <= row.last_free_day
        if due > as_of:
            status = InstallmentStatus.UPCOMING
        elif not any(row.open(part, as_of) for part in _AGREED):
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
            penalty_from_date=row.since,
            penalty_fixed_fen=row.charged[Component.PENALTY],
            compound_fixed_fen=row.charged[Component.COMPOUND],
            penalty_terms=row.charging,
            last_free_day=row.last_free_day,
        )

    def _delinquency(self, as_of: date) -> Delinquency:
        """Return how late the loan is; the grace that counts is that of the oldest unpaid installment."""
        unpaid = [
            Unpaid(
                due_date=row.installment.due_date,
                principal_fen=row.open(Component.PRINCIPAL, as_of),
                interest_fen=row.open(Component.INTEREST, as_of),
            )
            for row in self.rows
        ]
        tolerance = self.options.tolerance_fen
        pairs = zip(self.rows, unpaid, strict=True)
        late = (row for row, left in pairs if left.principal_fen + left.interest_fen > tolerance)
        oldest = next(late, self.rows[0])
        grace_days = (oldest.last_free_day - oldest.installment.due_date).days
        return assess(unpaid, as_of, grace_days=grace_days, tolerance_fen=tolerance)
