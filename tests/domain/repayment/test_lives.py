"""Random lives of loans, held after every step against the ledger and a second, naive calculator."""

import os
import random
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from loanhub.domain.errors import InvalidInput
from loanhub.domain.loans import (
    Account,
    assert_balanced,
    entries_for_change,
    entries_for_disbursement,
    entries_for_posting,
)
from loanhub.domain.repayment.allocation import (
    DEFAULT_ORDER,
    PRINCIPAL_FIRST_ORDER,
    AllocationMode,
    Component,
)
from loanhub.domain.repayment.delinquency import bucket_of
from loanhub.domain.repayment.posting import Posting, PostingKind
from loanhub.domain.repayment.prepayment import PrepaymentMode
from loanhub.domain.repayment.servicing import (
    ServicingOptions,
    allocation_changes,
    preview,
    replay,
    settlement_quote,
)
from loanhub.domain.repayment.terms import InterestBasis, MaturityMode, RateChange, Terms
from tests.domain.repayment.naive import Naive, figures_of

LIVES = int(os.environ.get("LOANHUB_LIVES", "150"))
STEPS = 14
RATES = [Decimal(rate) for rate in ("0", "0.0435", "0.144", "0.2388", "0.36")]
METHODS = [
    "equal_installment", "equal_installment", "equal_principal", "interest_only", "bullet", "balloon", "flat",
]  # fmt: skip


def some_terms(dice, *, day=None):
    method = dice.choice(METHODS)
    basis = dice.choice(list(InterestBasis))
    day = day or date(2026, 1, 1) + timedelta(days=dice.randrange(59))
    periods = dice.randint(1, 7)
    more = {"annual_rate": dice.choice(RATES)}
    if method != "bullet" and dice.random() < 0.4:
        more["repayment_day"] = dice.randint(1, 31)
        if method != "flat" and dice.random() < 0.5:
            more["maturity_mode"] = MaturityMode.CONTRACT_DATE
    if method == "balloon":
        more["amortization_periods"] = periods + dice.randint(1, 60)
    if method == "flat":
        more |= {"annual_rate": Decimal(0), "flat_monthly_rate": Decimal("0.0075")}
    elif method != "bullet" and dice.random() < 0.3:
        split = basis is not InterestBasis.MONTHLY and dice.random() < 0.5
        more["rate_changes"] = (
            RateChange(day + timedelta(days=dice.randint(20, 120)), dice.choice(RATES), split),
        )
    return Terms(
        method=method,
        principal_fen=dice.choice([1_000_000, 10_000_000, 1_234_567]),
        periods=periods,
        disburse_date=day,
        interest_basis=basis,
        period_fee_fen=dice.choice([0, 0, 500]),
        **more,
    )


def some_options(dice):
    return ServicingOptions(
        grace_days=dice.choice([0, 0, 3]),
        compound=dice.random() < 0.4,
        day_base=dice.choice([360, 365]),
        order=dice.choice([DEFAULT_ORDER, PRINCIPAL_FIRST_ORDER]),
        late_order=dice.choice([None, PRINCIPAL_FIRST_ORDER]),
        mode=dice.choice(list(AllocationMode)),
        prepayment_fee_rate=dice.choice([Decimal(0), Decimal("0.01")]),
    )


class Life:
    """One loan with its postings, and its ledger as the services would write it."""

    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.terms, self.options = some_terms(self.dice), some_options(self.dice)
        self.today = self.terms.disburse_date
        self.postings, self.accounts = [], Counter()
        self.write(entries_for_disbursement(self.terms.principal_fen))
        self.state = self.at(self.today)
        self.done, self.refused = Counter(), Counter()

    def at(self, day, postings=None):
        given = self.postings if postings is None else postings
        return replay(self.terms, given, as_of=day, options=self.options)

    def write(self, lines):
        if lines:
            assert_balanced(lines)
        for line in lines:
            self.accounts[line.account] += line.debit_fen - line.credit_fen

    def roll(self, days):
        """Let days pass; overpayment applied on the way is written."""
        later = self.today + timedelta(days=days)
        state, expected = self.at(later), self.state
        for change in allocation_changes(expected, state):
            self.write(entries_for_change(change))
        if self.state.raw_dpd + days < state.raw_dpd:
            raise AssertionError("days overdue grew faster than the days")
        self.today, self.state = later, state

    def enter(self, posting):
        """Enter a posting if it is allowed; a refused one leaves no trace."""
        try:
            tried = preview(self.terms, self.postings, posting, as_of=self.today, options=self.options)
        except InvalidInput as error:
            speaks = all(sentence and not sentence.isascii() for sentence in error.fields.values())
            if not (error.fields and speaks):
                raise AssertionError(error.fields) from error
            self.refused[posting.kind] += 1
            return False
        target = next((p for p in self.postings if p.sequence == posting.reverses), None)
        self.write(entries_for_posting(posting, tried, reversed_posting=target))
        for change in tried.changes:
            self.write(entries_for_change(change))
        before = self.state
        self.postings.append(posting)
        self.state = tried.after
        self.done[posting.kind] += 1
        self.check_undo(before)
        return True

    def check_undo(self, before):
        """Reversing the last posting restores the state before it."""
        last = self.postings[-1]
        if last.kind is PostingKind.REVERSAL:
            return
        undo = Posting(
            sequence=len(self.postings) + 1,
            kind=PostingKind.REVERSAL,
            value_date=last.value_date,
            reverses=last.sequence,
        )
        assert self.at(self.today, [*self.postings, undo]) == before

    def some_posting(self):
        dice, state = self.dice, self.state
        kind = dice.choices(
            list(PostingKind),
            weights=[9, 4, 1, 1, 3, 3, 2, 2, 1, 2 if state.dpd > 30 else 0, 6, 3],
        )[0]
        given = {}
        if kind is PostingKind.PAYMENT:
            due = state.amount_due_fen
            given["amount_fen"] = dice.choice([due, due // 2 + 1, due + 30_000, 899_754, 12_345]) or 50_000
        elif kind is PostingKind.PREPAYMENT:
            given["prepay_fen"] = dice.choice([50_000, 333_333, state.outstanding_principal_fen // 3 + 1])
            fee = int(given["prepay_fen"] * self.options.prepayment_fee_rate + Decimal("0.5"))
            given["amount_fen"] = (
                state.amount_due_fen + given["prepay_fen"] + fee + dice.choice([0, 0, 5_000])
            )
            given["mode"] = dice.choice(list(PrepaymentMode))
        elif kind is PostingKind.SETTLEMENT:
            quote = settlement_quote(self.terms, self.postings, on=self.today, options=self.options)
            given["amount_fen"] = quote.total_fen + dice.choice([0, 0, -1, 100])
        elif kind is PostingKind.REFUND:
            given["amount_fen"] = dice.choice([state.suspense_fen, 1_000]) or 1
        elif kind is PostingKind.WAIVER:
            given["component"] = dice.choice(list(Component))
            given["amount_fen"] = dice.choice([state.due_fen(given["component"]), 100]) or 1
        elif kind is PostingKind.RATE_CHANGE:
            given = {"annual_rate": dice.choice(RATES), "split": dice.random() < 0.5}
        elif kind is PostingKind.EXTENSION:
            given["months"] = dice.randint(1, 4)
        elif kind is PostingKind.RESTRUCTURE:
            given = {"new_terms": some_terms(dice, day=self.today), "carry": dice.random() < 0.7}
        elif kind is PostingKind.RECOVERY:
            given["amount_fen"] = dice.choice([state.amount_due_fen, 77_777, 2_000_000]) or 1
        elif kind is PostingKind.REVERSAL and self.postings:
            given["reverses"] = dice.choice(self.postings).sequence
        back = dice.choice([0, 0, 0, 3, 20]) if kind is not PostingKind.SETTLEMENT else 0
        return Posting(
            sequence=len(self.postings) + 1, kind=kind, value_date=self.today - timedelta(days=back), **given
        )

    def check(self):
        state, total = self.state, self.terms.principal_fen
        assert state == self.at(self.today)
        assert figures_of(state) == Naive(self.terms, self.options).live(self.postings, self.today).figures()
        accounts = self.accounts
        assert sum(accounts.values()) == 0
        assert accounts[Account.LOAN_PRINCIPAL] == state.book_principal_fen
        assert accounts[Account.SUSPENSE] == -state.suspense_fen
        assert accounts[Account.BANK] == state.received_fen - state.refunded_fen - total
        assert accounts[Account.RECOVERY_INCOME] == -state.recovered_fen
        waived = sum(w.amount_fen for w in state.waivers if w.component is Component.PRINCIPAL)
        assert accounts[Account.LOSS_ALLOWANCE] == waived + state.written_off_fen
        for component, account in (
            (Component.INTEREST, Account.INTEREST_INCOME),
            (Component.PENALTY, Account.PENALTY_INCOME),
            (Component.COMPOUND, Account.COMPOUND_INCOME),
            (Component.FEE, Account.FEE_INCOME),
        ):
            booked = (p for p in state.allocations if p.component is component and not p.off_book)
            assert accounts[account] == -sum(part.amount_fen for part in booked)
        self.check_schedule()

    def check_schedule(self):
        state = self.state
        rows = [row.installment for row in state.installments]
        assert sum(row.principal_fen for row in rows) == self.terms.principal_fen
        assert all(min(row.principal_fen, row.interest_fen, row.fee_fen) >= 0 for row in rows)
        opening = self.terms.principal_fen
        for row in rows:
            assert row.opening_fen == opening
            opening = row.closing_fen
        assert opening == 0
        plain = [row.due_date for row in state.installments if not row.carried]
        assert plain == sorted(plain)
        assert len({row.period for row in rows}) == len(rows)
        allocated = sum(part.amount_fen for part in state.allocations)
        assert allocated + state.suspense_fen + state.refunded_fen == state.received_fen
        assert all(part.amount_fen > 0 for part in state.allocations)
        assert all(row.open.of(part) >= 0 for row in state.installments for part in Component)
        assert state.bucket is bucket_of(state.dpd)
        if state.settled_date is not None:
            assert state.dpd == 0
            assert state.outstanding_principal_fen == 0
        self.check_penalty_later()

    def check_penalty_later(self):
        """The exposed figures give any later day's penalty without a replay."""
        if self.state.suspense_fen:
            return
        days = self.dice.randint(1, 60)
        later = self.at(self.today + timedelta(days=days))
        for row, then in zip(self.state.installments, later.installments, strict=True):
            assert penalty_on(row, later.as_of) == (then.penalty_accrued_fen, then.compound_accrued_fen)


def penalty_on(row, day):
    """Return penalty and compound interest of a later day as the docstring of InstallmentState says."""
    if day <= row.last_free_day:
        return 0, 0
    terms, days = row.penalty_terms, max(0, (day - row.penalty_from_date).days)

    def charged(base):
        exact = base * terms.annual_rate * terms.multiplier * days / terms.day_base
        return int(exact + Decimal("0.5"))

    compound = charged(row.open.interest_fen) if terms.compound else 0
    return (
        row.penalty_fixed_fen + charged(row.open.principal_fen),
        row.compound_fixed_fen + compound,
    )


@pytest.mark.parametrize("seed", range(LIVES))
def test_every_step_of_a_life_agrees_with_the_ledger_and_the_naive_calculator(seed):
    life = Life(seed)
    for _ in range(STEPS):
        if life.dice.random() < 0.65:
            life.roll(life.dice.choice([1, 3, 10, 15, 31, 45]))
        entered = life.enter(life.some_posting())
        if entered or life.dice.random() < 0.3:
            life.check()


def test_lives_do_everything_that_can_be_done():
    done = Counter()
    for seed in range(LIVES):
        life = Life(seed)
        for _ in range(STEPS):
            if life.dice.random() < 0.65:
                life.roll(life.dice.choice([1, 3, 10, 15, 31, 45]))
            life.enter(life.some_posting())
        done += life.done

    assert set(done) == set(PostingKind)


@pytest.mark.parametrize("seed", range(0, LIVES, 3))
def test_posting_late_on_the_true_date_gives_the_state_of_posting_in_time(seed):
    life = Life(seed)
    for _ in range(STEPS):
        life.roll(life.dice.choice([3, 10, 31]))
        posting = life.some_posting()
        if posting.value_date == life.today:
            life.enter(posting)
    gone = {p.reverses for p in life.postings if p.kind is PostingKind.REVERSAL}
    kept = [p for p in life.postings if p.kind is not PostingKind.REVERSAL and p.sequence not in gone]
    shuffled = life.dice.sample(kept, len(kept))
    by_day = sorted(shuffled, key=lambda p: (p.value_date, kept.index(p)))
    assert [p.sequence for p in by_day] == [p.sequence for p in sorted(kept, key=lambda p: p.sequence)]
    late = life.at(life.today, [replace(p) for p in shuffled])
    assert figures_of(late) == figures_of(life.at(life.today, kept))
