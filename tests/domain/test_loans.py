"""A loan's status and its double-entry lines."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.domain.loans import (
    MOVES,
    Account,
    EntryLine,
    IllegalMove,
    LoanEvent,
    LoanStatus,
    UnbalancedEntries,
    assert_balanced,
    entries_for_change,
    entries_for_disbursement,
    entries_for_payment,
    entries_for_posting,
    entries_for_recovery,
    entries_for_reversal,
    events_between,
    move,
    status_from,
    status_of,
)
from loanhub.domain.repayment.allocation import Allocation, Component
from loanhub.domain.repayment.servicing import (
    Posting,
    PostingKind,
    allocation_changes,
    preview,
    replay,
    settlement_quote,
)
from tests.domain.repayment.strategies import plain_terms, stories

NOTHING_DUE = {
    "disbursed": True,
    "raw_dpd": 0,
    "dpd": 0,
    "settled_date": None,
    "last_due_date": date(2027, 1, 15),
}


class TestMove:
    def test_follows_the_table_and_nothing_else(self):
        for status in LoanStatus:
            for event in LoanEvent:
                if (status, event) in MOVES:
                    assert move(status, event) is MOVES[status, event]
                else:
                    with pytest.raises(IllegalMove) as refused:
                        move(status, event)
                    assert isinstance(refused.value, Conflict)
                    assert status.label in refused.value.sentence


class TestStatusOf:
    @pytest.mark.parametrize(
        ("changes", "status"),
        [
            ({"disbursed": False}, LoanStatus.PENDING),
            ({}, LoanStatus.ACTIVE),
            ({"raw_dpd": 2}, LoanStatus.GRACE),
            ({"raw_dpd": 4, "dpd": 4}, LoanStatus.OVERDUE),
            ({"settled_date": date(2027, 1, 15)}, LoanStatus.SETTLED),
            ({"settled_date": date(2027, 1, 14)}, LoanStatus.SETTLED_EARLY),
            (
                {"settled_date": date(2027, 1, 14), "written_off_date": date(2027, 1, 1)},
                LoanStatus.WRITTEN_OFF,
            ),
        ],
    )
    def test_follows_from_the_replay(self, changes, status):
        assert status_of(**(NOTHING_DUE | changes)) is status

    def test_reads_a_state(self):
        assert status_from(replay(plain_terms(), [], as_of=date(2026, 3, 1))) is LoanStatus.OVERDUE

    def test_of_a_loan_settled_by_the_quote_is_settled_early(self):
        quote = settlement_quote(plain_terms(), [], on=date(2026, 2, 1))
        posting = Posting(
            sequence=1, kind=PostingKind.SETTLEMENT, value_date=date(2026, 2, 1), amount_fen=quote.total_fen
        )

        assert (
            status_from(replay(plain_terms(), [posting], as_of=date(2026, 2, 1))) is LoanStatus.SETTLED_EARLY
        )


class TestEventsBetween:
    def test_always_leads_to_the_target_by_legal_moves(self):
        for current in (
            LoanStatus.ACTIVE,
            LoanStatus.GRACE,
            LoanStatus.OVERDUE,
            LoanStatus.SETTLED,
            LoanStatus.SETTLED_EARLY,
            LoanStatus.WRITTEN_OFF,
        ):
            for target in LoanStatus:
                if target is LoanStatus.PENDING:
                    continue
                status = current
                for event in events_between(current, target):
                    status = move(status, event)
                assert status is target

    def test_takes_a_loan_back_whose_write_off_was_reversed(self):
        assert events_between(LoanStatus.WRITTEN_OFF, LoanStatus.OVERDUE) == (
            LoanEvent.REOPEN,
            LoanEvent.FALL_OVERDUE,
        )

    def test_refuses_to_undo_a_disbursement(self):
        with pytest.raises(IllegalMove):
            events_between(LoanStatus.ACTIVE, LoanStatus.PENDING)


class TestEntries:
    def test_of_a_payment_say_what_it_paid_and_what_is_left(self):
        lines = entries_for_payment(
            1_000,
            [
                Allocation(1, Component.INTEREST, 300),
                Allocation(2, Component.INTEREST, 200),
                Allocation(1, Component.PRINCIPAL, 400),
            ],
        )

        assert lines == (
            EntryLine(Account.BANK, debit_fen=1_000),
            EntryLine(Account.INTEREST_INCOME, credit_fen=500),
            EntryLine(Account.LOAN_PRINCIPAL, credit_fen=400),
            EntryLine(Account.SUSPENSE, credit_fen=100),
        )

    def test_of_a_reversal_exchange_the_sides(self):
        assert entries_for_reversal(entries_for_disbursement(5)) == (
            EntryLine(Account.LOAN_PRINCIPAL, credit_fen=5),
            EntryLine(Account.BANK, debit_fen=5),
        )

    def test_are_refused_when_out_of_balance(self):
        for lines in (
            [],
            [EntryLine(Account.BANK, debit_fen=1)],
            [EntryLine(Account.BANK, debit_fen=1, credit_fen=1)],
            [EntryLine(Account.BANK), EntryLine(Account.SUSPENSE)],
        ):
            with pytest.raises(UnbalancedEntries):
                assert_balanced(lines)
        with pytest.raises(UnbalancedEntries):
            entries_for_payment(1, [Allocation(1, Component.FEE, 2)])

    def test_of_a_recovery_are_not_income_of_the_loan(self):
        assert {line.account for line in entries_for_recovery(7)} == {Account.BANK, Account.RECOVERY_INCOME}


def entered(*postings, as_of):
    """Return the lines of postings entered one by one, the last one's own apart."""
    known, lines, own = [], [], ()
    for posting in postings:
        target = next((p for p in known if p.sequence == posting.reverses), None)
        tried = preview(plain_terms(), known, posting, as_of=as_of)
        own = entries_for_posting(posting, tried, reversed_posting=target)
        moved = [line for change in tried.changes for line in entries_for_change(change)]
        lines += [*own, *moved]
        known.append(posting)
    return lines, own


def write_off(day=date(2026, 4, 25)):
    return Posting(sequence=1, kind=PostingKind.WRITE_OFF, value_date=day)


class TestEntriesOfChanges:
    def test_of_a_write_off_take_the_principal_from_the_allowance(self):
        _, own = entered(write_off(), as_of=date(2026, 4, 25))

        assert own == (
            EntryLine(Account.LOSS_ALLOWANCE, debit_fen=10_000_000),
            EntryLine(Account.LOAN_PRINCIPAL, credit_fen=10_000_000),
        )

    def test_of_a_recovery_are_income_whatever_it_pays(self):
        recovery = Posting(
            sequence=2, kind=PostingKind.RECOVERY, value_date=date(2026, 4, 26), amount_fen=20_000_000
        )

        _, own = entered(write_off(), recovery, as_of=date(2026, 4, 26))

        found = balances(own)
        assert found[Account.BANK] == 20_000_000
        assert found[Account.RECOVERY_INCOME] + found[Account.SUSPENSE] == -20_000_000
        assert not any(found[account] for account in (Account.LOAN_PRINCIPAL, Account.INTEREST_INCOME))

    def test_of_overpayment_applied_after_a_write_off_are_income_too(self):
        recovery = Posting(
            sequence=2, kind=PostingKind.RECOVERY, value_date=date(2026, 4, 26), amount_fen=5_000_000
        )
        days = [replay(plain_terms(), [write_off(), recovery], as_of=date(2026, 5, day)) for day in (14, 15)]

        lines = [line for change in allocation_changes(*days) for line in entries_for_change(change)]

        found = balances(lines)
        assert (
            found[Account.SUSPENSE]
            == -found[Account.RECOVERY_INCOME]
            == days[1].recovered_fen - days[0].recovered_fen
        )
        assert found[Account.SUSPENSE] > 0

    def test_of_a_reversed_write_off_bring_the_principal_back(self):
        undo = Posting(sequence=2, kind=PostingKind.REVERSAL, value_date=date(2026, 4, 25), reverses=1)

        lines, _ = entered(write_off(), undo, as_of=date(2026, 4, 25))

        assert not any(balances(lines).values())

    def test_of_changed_terms_are_none(self):
        for kind, more in (
            (PostingKind.EXTENSION, {"months": 2}),
            (PostingKind.RATE_CHANGE, {"annual_rate": Decimal("0.12")}),
            (PostingKind.ACCELERATION, {}),
            (PostingKind.RESTRUCTURE, {"new_terms": plain_terms(periods=3), "carry": False}),
        ):
            posting = Posting(sequence=1, kind=kind, value_date=date(2026, 2, 1), **more)
            assert entered(posting, as_of=date(2026, 2, 1)) == ([], ())

    def test_follow_a_waiver_whose_cap_has_moved(self):
        waived = Posting(
            sequence=1, kind=PostingKind.WAIVER, value_date=date(2026, 2, 20), amount_fen=779_754,
            component=Component.PRINCIPAL,
        )  # fmt: skip
        paid = Posting(sequence=2, kind=PostingKind.PAYMENT, value_date=date(2026, 2, 15), amount_fen=899_754)

        lines, _ = entered(waived, paid, as_of=date(2026, 2, 20))

        found = balances(lines)
        assert (found[Account.LOSS_ALLOWANCE], found[Account.LOAN_PRINCIPAL]) == (0, -779_754)


def balances(lines):
    totals = dict.fromkeys(Account, 0)
    for line in lines:
        totals[line.account] += line.debit_fen - line.credit_fen
    return totals


def with_kinds(draw, loan, payments):
    """Turn some payments into waivers and refunds, and add a reversal of one of them."""
    kinds = st.sampled_from(
        [PostingKind.PAYMENT, PostingKind.PAYMENT, PostingKind.WAIVER, PostingKind.REFUND]
    )
    made = [
        Posting(
            sequence=p.sequence,
            kind=draw(kinds),
            value_date=p.value_date,
            amount_fen=p.amount_fen // draw(st.sampled_from([1, 50])) + 1,
        )
        for p in payments
    ]
    if made:
        target = draw(st.sampled_from(made))
        made.append(
            Posting(
                sequence=77, kind=PostingKind.REVERSAL, value_date=target.value_date, reverses=target.sequence
            )
        )
    return made


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_ledger_always_agrees_with_the_replay(data):
    """Entered one by one as the services do, refusals skipped: every account equals what the state says."""
    loan, options, payments = data.draw(stories())
    today = loan.disburse_date + timedelta(days=400)
    known, lines = [], [*entries_for_disbursement(loan.principal_fen)]
    for posting in with_kinds(data.draw, loan, payments):
        target = next((p for p in known if p.sequence == posting.reverses), None)
        try:
            tried = preview(loan, known, posting, as_of=today, options=options)
        except InvalidInput:
            continue
        lines += entries_for_posting(posting, tried, reversed_posting=target)
        for change in tried.changes:
            lines += entries_for_change(change)
        known.append(posting)

    state = replay(loan, known, as_of=today, options=options)

    found = balances(lines)
    assert found[Account.LOAN_PRINCIPAL] == state.outstanding_principal_fen
    assert found[Account.SUSPENSE] == -state.suspense_fen
    assert found[Account.BANK] == state.received_fen - state.refunded_fen - loan.principal_fen
    interest = sum(a.amount_fen for a in state.allocations if a.component is Component.INTEREST)
    assert found[Account.INTEREST_INCOME] == -interest
    assert sum(found.values()) == 0


def test_suspense_applied_at_day_end_moves_out_of_suspense():
    loan = plain_terms(method="interest_only", annual_rate=Decimal("0.12"), periods=2)
    early = [Posting(sequence=1, kind=PostingKind.PAYMENT, value_date=date(2026, 2, 1), amount_fen=150_000)]

    changes = allocation_changes(
        replay(loan, early, as_of=date(2026, 2, 14)), replay(loan, early, as_of=date(2026, 2, 15))
    )

    assert [entries_for_change(change) for change in changes] == [
        (
            EntryLine(Account.INTEREST_INCOME, credit_fen=100_000),
            EntryLine(Account.SUSPENSE, debit_fen=100_000),
        )
    ]
