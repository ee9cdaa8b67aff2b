"""Payments: allocated, posted once, backdated, reversed; books that balance on both engines."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.contracts import ContractStatus
from loanhub.domain.errors import InvalidInput, LoanHubError, NotFound, NotPermitted
from loanhub.domain.loans import Account as LedgerAccount
from loanhub.domain.loans import EntryLine, LoanStatus
from loanhub.domain.permissions import RoleCode
from loanhub.models import Contract, Event, Installment, Payment, PaymentAllocation
from loanhub.repositories import loans as repository
from loanhub.services import day_end, loans
from loanhub.services._actor import SYSTEM
from loanhub.services._transaction import reading, transaction
from loanhub.services.loans import ledger
from loanhub.services.loans._shared import open_account
from tests.builders import make_company, make_user
from tests.services.loans.builders import Desk, make_desk, make_loan, noon, payments_of, stored

FIRST_DUE = date(2026, 2, 15)
PAYMENT = 1_066_185
"""12 equal installments of 120 000.00 at 12 %."""


@pytest.fixture
def desk(database: Engine) -> Desk:
    make_company()
    return make_desk()


def pay(
    desk: Desk, loan_id: int, amount_fen: int, day: date, *, on: date | None = None, **values: object
) -> loans.Posted:
    return loans.post(
        desk.maker, loan_id=loan_id, amount_fen=amount_fen, value_date=day, now=noon(on or day), **values  # type: ignore[arg-type]
    )  # fmt: skip


def run_to(day: date) -> list[date]:
    """Run the day-end up to a day."""
    return day_end.catch_up(SYSTEM, until=day, clock=lambda: noon(day))


def check_books(loan_id: int) -> None:
    """Debits equal credits; balances of entries = replay = caches; Σ allocations = received − suspense."""
    with reading() as db:
        loan = stored(loan_id)
        state = open_account(db, loan).at(loan.as_of_date or FIRST_DUE)
        sums = repository.sum_by_account(db, loan_id)
        assert sum(sums.values()) == 0
        assert sums["loan_principal"] == state.book_principal_fen
        assert state.outstanding_principal_fen == loan.outstanding_principal_fen
        assert -sums.get("suspense", 0) == state.suspense_fen == loan.suspense_fen
        rows = db.execute(sa.select(Installment).where(col(Installment.loan_id) == loan_id)).scalars().all()
        parts = db.execute(
            sa.select(PaymentAllocation).where(col(PaymentAllocation.loan_id) == loan_id)
        ).scalars().all()  # fmt: skip
        held = state.suspense_fen + state.refunded_fen
        assert sum(part.amount_fen for part in parts) == state.received_fen - held
        assert sum(r.paid_principal_fen for r in rows) == sum(
            part.amount_fen for part in parts if part.component == "principal"
        )
        for row in rows:
            assert row.paid_principal_fen <= row.principal_fen and row.paid_interest_fen <= row.interest_fen
        assert (loan.dpd, loan.bucket) == (state.dpd, state.bucket.value)


class TestPreview:
    def test_shows_where_each_fen_goes_and_what_clears_all_due(self, desk: Desk) -> None:
        loan_id = make_loan(desk)

        seen = loans.preview_payment(
            desk.maker, loan_id=loan_id, amount="12,000", value_date=FIRST_DUE, now=noon(FIRST_DUE)
        )

        assert (seen.amount, seen.uppercase) == ("¥12,000.00", "壹万贰仟元整")
        assert [(p.label, p.amount) for p in seen.parts] == [
            ("01 期 利息", "1,200.00"), ("01 期 本金", "9,461.85"), ("溢缴款", "1,338.15"),
        ]  # fmt: skip
        assert (seen.clears, seen.after.outstanding) == ("¥10,661.85", "¥110,538.15")
        assert stored(loan_id).version == seen.version and payments_of(loan_id) == []

    def test_empty_amount_means_what_clears_all_due(self, desk: Desk) -> None:
        loan_id = make_loan(desk)

        seen = loans.preview_payment(
            desk.maker, loan_id=loan_id, amount="", value_date=FIRST_DUE, now=noon(FIRST_DUE)
        )

        assert seen.amount_fen == PAYMENT and seen.after.due_fen == 0

    def test_refuses_who_may_not(self, desk: Desk) -> None:
        loan_id = make_loan(desk)

        with pytest.raises(NotPermitted):
            loans.preview_payment(
                desk.sales, loan_id=loan_id, amount=1, value_date=FIRST_DUE, now=noon(FIRST_DUE)
            )


class TestPost:
    def test_clears_the_installment_and_keeps_the_books(self, desk: Desk) -> None:
        loan_id = make_loan(desk)

        posted = pay(desk, loan_id, PAYMENT, FIRST_DUE, payer="刘志强", bank_transaction_id="B1")

        loan = stored(loan_id)
        assert posted.receipt_number == "SJ202602150001"
        assert (loan.next_due_date, loan.status) == (date(2026, 3, 15), LoanStatus.ACTIVE)
        assert loan.outstanding_principal_fen == 12_000_000 - 946_185
        check_books(loan_id)
        with reading() as db:
            assert db.execute(sa.select(col(Event.type)).where(col(Event.type) == "payment.posted")).all()

    def test_refuses_who_may_not_and_out_of_reach(self, desk: Desk) -> None:
        loan_id = make_loan(desk)

        with pytest.raises(NotPermitted):
            loans.post(desk.sales, loan_id=loan_id, amount_fen=1, value_date=FIRST_DUE, now=noon(FIRST_DUE))
        with pytest.raises(NotFound):
            loans.post(
                make_user(RoleCode.SALES, team="华东二组"), loan_id=loan_id, amount_fen=1, value_date=FIRST_DUE,
                now=noon(FIRST_DUE),
            )  # fmt: skip

    @pytest.mark.parametrize(
        ("amount_fen", "day", "values", "field"),
        [
            (0, FIRST_DUE, {}, "amount"),
            (-100, FIRST_DUE, {}, "amount"),
            (90_000_000_000, FIRST_DUE, {}, "amount"),
            (100, FIRST_DUE + timedelta(days=1), {}, "value_date"),
            (100, date(2026, 1, 14), {}, "value_date"),
            (100, FIRST_DUE, {"method": "barter"}, "method"),
            (100, FIRST_DUE, {"method": "third_party"}, "payer"),
            (100, FIRST_DUE, {"kind": "waiver"}, "kind"),
            (100, FIRST_DUE, {"kind": "settlement"}, "amount"),
        ],
    )
    def test_names_the_field_and_writes_nothing(
        self, desk: Desk, amount_fen: int, day: date, values: dict[str, object], field: str
    ) -> None:
        loan_id = make_loan(desk)
        before = stored(loan_id)

        with pytest.raises(InvalidInput) as refused:
            pay(desk, loan_id, amount_fen, day, on=FIRST_DUE, **values)

        assert field in refused.value.fields
        assert payments_of(loan_id) == [] and stored(loan_id).version == before.version
        check_books(loan_id)

    def test_refuses_a_bank_transaction_twice(self, desk: Desk) -> None:
        loan_id = make_loan(desk)
        pay(desk, loan_id, 100, FIRST_DUE, bank_transaction_id="B 1")

        with pytest.raises(InvalidInput, match="已入过账"):
            pay(desk, loan_id, 200, FIRST_DUE, bank_transaction_id="B1")

    def test_refuses_a_stale_version(self, desk: Desk) -> None:
        loan_id = make_loan(desk)
        version = stored(loan_id).version
        pay(desk, loan_id, 100, FIRST_DUE, expected_version=version)

        with pytest.raises(loans.StaleLoan):
            pay(desk, loan_id, 200, FIRST_DUE, expected_version=version)

    def test_the_same_form_sent_twice_posts_once(self, desk: Desk) -> None:
        loan_id = make_loan(desk)
        version = stored(loan_id).version

        first = pay(desk, loan_id, 100, FIRST_DUE, key="form-1", expected_version=version)
        again = pay(desk, loan_id, 100, FIRST_DUE, key="form-1", expected_version=version)

        assert first == again and len(payments_of(loan_id)) == 1

    def test_overpayment_waits_and_is_applied_on_the_next_due_date(self, desk: Desk) -> None:
        loan_id = make_loan(desk)
        pay(desk, loan_id, PAYMENT + 50_000, FIRST_DUE)
        assert stored(loan_id).suspense_fen == 50_000

        run_to(date(2026, 3, 15))

        loan = stored(loan_id)
        assert loan.suspense_fen == 0
        check_books(loan_id)
        seen = loans.preview_payment(
            desk.maker, loan_id=loan_id, amount="", value_date=date(2026, 3, 15), now=noon(date(2026, 3, 15))
        )
        assert seen.amount_fen == PAYMENT - 50_000

    def test_backdated_payment_takes_the_penalty_away(self, desk: Desk) -> None:
        loan_id = make_loan(desk)
        late = date(2026, 3, 1)
        pay(desk, loan_id, 100_000, late)
        assert stored(loan_id).status is LoanStatus.OVERDUE

        seen = loans.preview_payment(
            desk.maker, loan_id=loan_id, amount=PAYMENT, value_date=FIRST_DUE, now=noon(late)
        )
        pay(desk, loan_id, PAYMENT, FIRST_DUE, on=late)

        loan = stored(loan_id)
        assert seen.backdated and seen.changed and "补记" in " ".join(seen.warnings)
        assert (loan.status, loan.dpd, loan.suspense_fen) == (LoanStatus.ACTIVE, 0, 100_000)
        check_books(loan_id)

    def test_settles_the_loan_and_the_contract(self, desk: Desk) -> None:
        loan_id = make_loan(desk)
        day = date(2026, 2, 25)
        pay(desk, loan_id, PAYMENT, FIRST_DUE)
        total = loans.quote(desk.sales, loan_id=loan_id, on=day, now=noon(day))

        pay(desk, loan_id, total.total_fen, day, kind="settlement")

        loan = stored(loan_id)
        assert (loan.status, loan.outstanding_principal_fen) == (LoanStatus.SETTLED_EARLY, 0)
        with reading() as db:
            contract = db.get(Contract, loan.contract_id)
            assert contract is not None and contract.status is ContractStatus.SETTLED
            assert db.execute(sa.select(Event).where(col(Event.type) == "loan.settled")).first() is not None
        check_books(loan_id)
        with pytest.raises(loans.LoanClosed):
            pay(desk, loan_id, 100, day)

        loans.reverse(desk.checker, payment_id=payments_of(loan_id)[-1].id or 0, reason="退票", now=noon(day))

        loan = stored(loan_id)
        assert loan.status is LoanStatus.ACTIVE and loan.settled_date is None
        check_books(loan_id)

    def test_paid_to_the_end_every_fen_is_accounted_for(self, desk: Desk) -> None:
        loan_id = make_loan(desk)
        while stored(loan_id).status is not LoanStatus.SETTLED:
            due = stored(loan_id).next_due_date
            assert due is not None
            clears = loans.preview_payment(
                desk.maker, loan_id=loan_id, amount="", value_date=due, now=noon(due)
            )
            pay(desk, loan_id, clears.amount_fen, due)

        with reading() as db:
            sums = repository.sum_by_account(db, loan_id)
        assert len(payments_of(loan_id)) == 12
        assert sums["loan_principal"] == 0 and sums["bank"] == -sums["interest_income"]
        check_books(loan_id)


class TestReverse:
    def test_restores_what_was_before_and_keeps_the_row(self, desk: Desk) -> None:
        loan_id = make_loan(desk)
        posted = pay(desk, loan_id, PAYMENT, FIRST_DUE, bank_transaction_id="B1")

        seen = loans.preview_reversal(desk.checker, payment_id=posted.payment_id, now=noon(FIRST_DUE))
        done = loans.reverse(
            desk.checker, payment_id=posted.payment_id, reason="金额录错", key="r1", now=noon(FIRST_DUE)
        )
        again = loans.reverse(
            desk.checker, payment_id=posted.payment_id, reason="金额录错", key="r1", now=noon(FIRST_DUE)
        )

        assert (seen.before.outstanding, seen.after.outstanding) == ("¥110,538.15", "¥120,000.00")
        assert done == again and done.number == "CZ202602150001"
        assert [row.kind for row in payments_of(loan_id)] == ["payment", "reversal"]
        assert stored(loan_id).outstanding_principal_fen == 12_000_000
        check_books(loan_id)
        pay(desk, loan_id, 1_000_000, FIRST_DUE, bank_transaction_id="B1")
        check_books(loan_id)

    def test_replays_what_came_after(self, desk: Desk) -> None:
        loan_id = make_loan(desk)
        first = pay(desk, loan_id, PAYMENT, FIRST_DUE)
        pay(desk, loan_id, PAYMENT, date(2026, 3, 15))

        loans.reverse(desk.checker, payment_id=first.payment_id, reason="退票", now=noon(date(2026, 3, 20)))

        # The March money now clears February, penalty first; what it lacks keeps the oldest day 尾欠.
        loan = stored(loan_id)
        assert loan.dpd == 33 and loan.status is LoanStatus.OVERDUE
        check_books(loan_id)

    def test_refuses(self, desk: Desk) -> None:
        loan_id = make_loan(desk)
        posted = pay(desk, loan_id, PAYMENT, FIRST_DUE)
        moment = noon(FIRST_DUE)

        with pytest.raises(NotPermitted):
            loans.reverse(desk.sales, payment_id=posted.payment_id, reason="金额录错", now=moment)
        with pytest.raises(loans.OwnPosting):
            loans.reverse(desk.maker, payment_id=posted.payment_id, reason="金额录错", now=moment)
        with pytest.raises(InvalidInput):
            loans.reverse(desk.checker, payment_id=posted.payment_id, reason=" ", now=moment)
        done = loans.reverse(desk.checker, payment_id=posted.payment_id, reason="金额录错", now=moment)
        with pytest.raises(loans.AlreadyReversed):
            loans.reverse(desk.checker, payment_id=posted.payment_id, reason="再来一次", now=moment)
        with pytest.raises(loans.ReversingReversal):
            loans.reverse(desk.maker, payment_id=done.payment_id, reason="再来一次", now=moment)
        check_books(loan_id)


class TestRefresh:
    def test_counts_the_days_and_records_overdue_once(self, desk: Desk) -> None:
        loan_id = make_loan(desk)

        for day in (date(2026, 2, 17), date(2026, 2, 19), date(2026, 3, 20)):
            run_to(day)
        again = run_to(date(2026, 3, 20))

        loan = stored(loan_id)
        assert (loan.status, loan.dpd, loan.bucket) == (LoanStatus.OVERDUE, 33, "M2")
        assert again == []
        with reading() as db:
            rows = db.execute(sa.select(Event).where(col(Event.type) == "loan.overdue")).all()
        assert len(rows) == 1
        check_books(loan_id)

    def test_grace_is_not_overdue(self, desk: Desk) -> None:
        loan_id = make_loan(desk)

        run_to(date(2026, 2, 18))

        assert (stored(loan_id).status, stored(loan_id).dpd) == (LoanStatus.GRACE, 0)


class TestTogether:
    """Many at once: nothing is lost, nothing is doubled."""

    def run(self, times: int, work: object) -> list[object]:
        results: list[object] = []
        gate = threading.Barrier(times)

        def one(number: int) -> None:
            gate.wait()
            try:
                results.append(work(number))  # type: ignore[operator]
            except LoanHubError as error:
                results.append(error)

        threads = [threading.Thread(target=one, args=(number,)) for number in range(times)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results

    def test_twenty_payments_never_over_allocate(self, desk: Desk) -> None:
        loan_id = make_loan(desk)

        results = self.run(20, lambda n: pay(desk, loan_id, 100_000, FIRST_DUE, key=f"k{n}"))

        assert all(isinstance(result, loans.Posted) for result in results)
        assert stored(loan_id).suspense_fen == 20 * 100_000 - PAYMENT
        assert len({row.receipt_number for row in payments_of(loan_id)}) == 20
        assert [row.seq for row in payments_of(loan_id)] == list(range(1, 21))
        check_books(loan_id)

    def test_ten_times_the_same_key_posts_once(self, desk: Desk) -> None:
        loan_id = make_loan(desk)

        results = self.run(10, lambda _: pay(desk, loan_id, 100_000, FIRST_DUE, key="same"))

        assert len(payments_of(loan_id)) == 1
        assert all(isinstance(result, loans.Posted) for result in results)
        assert all(result == results[0] for result in results)
        check_books(loan_id)


class TestAppendOnly:
    @pytest.mark.parametrize("table", ["payment", "ledger_transaction", "ledger_entry"])
    @pytest.mark.parametrize("verb", ["update", "delete"])
    def test_the_database_refuses_to_change_money_rows(self, desk: Desk, table: str, verb: str) -> None:
        pay(desk, make_loan(desk), PAYMENT, FIRST_DUE)
        statement = f"update {table} set id = id" if verb == "update" else f"delete from {table}"

        with pytest.raises(sa.exc.DBAPIError, match="append-only"), transaction() as db:
            db.execute(sa.text(statement))


class TestBrokenBooks:
    def test_a_ledger_that_disagrees_stops_the_posting(self, desk: Desk) -> None:
        loan_id = make_loan(desk)
        with transaction() as db:
            ledger.write(
                db, desk.maker, stored(loan_id), "payment",
                (EntryLine(LedgerAccount.SUSPENSE, debit_fen=1), EntryLine(LedgerAccount.BANK, credit_fen=1)),
                value_date=FIRST_DUE, now=noon(FIRST_DUE),
            )  # fmt: skip

        with pytest.raises(loans.LedgerBroken):
            pay(desk, loan_id, 100, FIRST_DUE)

        with reading() as db:
            assert db.execute(sa.select(sa.func.count()).select_from(Payment)).scalar_one() == 0
        with pytest.raises(loans.LedgerBroken), transaction() as db:
            loans.refresh(db, stored(loan_id), as_of=FIRST_DUE, now=noon(FIRST_DUE))
