"""The big book: rows as the models make them, and caches as the replay finds them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import Session, col, select

from loanhub.demo import bulk
from loanhub.domain.loans import LoanStatus, status_from
from loanhub.domain.repayment.postings import Posting, PostingKind, ServicingOptions
from loanhub.domain.repayment.servicing import replay
from loanhub.domain.repayment.terms import Terms
from loanhub.models import Contract, Customer, Installment, LedgerEntry, Loan, Payment
from loanhub.services.loans import ledger

TODAY = date(2026, 11, 20)


def made(engine: Engine, loans: int = 400, **more: int) -> bulk.Book:
    return bulk.build_book(loans, today=TODAY, **more)


def postings_of(rows: list[Installment], extra_fen: int) -> list[Posting]:
    """The payments that the paid columns tell of: each on its due date, the last one with what was too much."""
    amounts = [(row.due_date, row.paid_principal_fen + row.paid_interest_fen) for row in rows]
    paid = [(day, amount) for day, amount in amounts if amount]
    return [
        Posting(sequence=n, kind=PostingKind.PAYMENT, value_date=day,
                amount_fen=amount + (extra_fen if n == len(paid) else 0))
        for n, (day, amount) in enumerate(paid, start=1)
    ]  # fmt: skip


def test_every_cache_is_what_the_replay_of_such_payments_finds(database: Engine):
    book = made(database)
    with Session(database) as db:
        loans = db.exec(select(Loan).order_by(col(Loan.id))).all()
        assert book == bulk.Book(80, 400, 4_800, *(
            sum(loan.status is status for loan in loans) for status in (LoanStatus.OVERDUE, LoanStatus.SETTLED)
        ))  # fmt: skip
        for loan in loans:
            query = (
                select(Installment).where(Installment.loan_id == loan.id).order_by(col(Installment.period))
            )
            rows = list(db.exec(query))
            terms, options = Terms.parse(loan.terms), ServicingOptions.parse(loan.servicing)
            assert (terms.as_dict(), loan.annual_rate) == (loan.terms, terms.annual_rate)
            state = replay(terms, postings_of(rows, loan.suspense_fen), as_of=TODAY, options=options)
            assert loan.status is status_from(state)
            assert (
                loan.outstanding_principal_fen, loan.suspense_fen, loan.overdue_principal_fen, loan.dpd, loan.bucket,
                loan.five_class, loan.next_due_date, loan.settled_date, loan.as_of_date,
            ) == (
                state.outstanding_principal_fen, state.suspense_fen, state.delinquency.overdue_principal_fen, state.dpd,
                state.bucket.value, state.five_class.value, state.next_open_due_date, state.settled_date, TODAY,
            )  # fmt: skip
            assert loan.accrued_interest_fen == state.accrued_interest_fen
            for row, found in zip(rows, state.installments, strict=True):
                agreed = found.installment
                assert (row.period, row.start_date, row.due_date, row.opening_fen, row.principal_fen,
                        row.interest_fen) == (agreed.period, agreed.start_date, agreed.due_date, agreed.opening_fen,
                                              agreed.principal_fen, agreed.interest_fen)  # fmt: skip
                assert row.paid_principal_fen == found.paid.principal_fen
                assert row.paid_interest_fen == found.paid.interest_fen
                assert row.penalty_due_fen == found.penalty_accrued_fen + found.compound_accrued_fen
                assert row.cleared_date == found.cleared_date
            assert loan.penalty_due_fen == sum(row.penalty_due_fen for row in rows)


def test_an_overpaid_loan_has_the_payments_and_the_ledger_its_replay_needs(database: Engine):
    made(database, 1_500)
    with Session(database) as db:
        over = db.exec(select(Loan).where(Loan.suspense_fen > 0)).all()
        assert over
        assert set(db.exec(select(Payment.loan_id))) == {loan.id for loan in over}
        for loan in over:
            rows = list(db.exec(select(Installment).where(Installment.loan_id == loan.id)))
            payments = db.exec(
                select(Payment).where(Payment.loan_id == loan.id).order_by(col(Payment.seq))
            ).all()
            wanted = postings_of(sorted(rows, key=lambda row: row.period), loan.suspense_fen)
            assert [(p.seq, p.value_date, p.amount_fen) for p in payments] == [
                (p.sequence, p.value_date, p.amount_fen) for p in wanted
            ]
            state = replay(Terms.parse(loan.terms), wanted, as_of=TODAY, options=ServicingOptions())
            ledger.check(db, loan, state)
        assert db.exec(select(sa.func.sum(LedgerEntry.debit_fen - LedgerEntry.credit_fen))).one() == 0


def test_shares_of_overdue_partly_paid_and_settled_loans(sqlite_database: Engine):
    book = made(sqlite_database, 6_000)
    assert 0.06 < book.overdue / book.loans < 0.10
    assert 0.08 < book.settled / book.loans < 0.25
    with Session(sqlite_database) as db:
        partly = sa.func.count().filter(
            col(Installment.cleared_date).is_(None), col(Installment.paid_interest_fen) > 0
        )
        assert db.exec(select(partly)).one() > 50
        buckets = set(db.exec(select(Loan.bucket).distinct()))
        assert {"M0", "M1", "M2", "M3", "M4", "M5", "M6", "M7+"} == buckets


def test_the_same_seed_gives_the_same_book_and_another_one_another(sqlite_database: Engine):
    def balances() -> list[tuple[int, int]]:
        with Session(sqlite_database) as db:
            return list(
                db.exec(select(Loan.principal_fen, Loan.outstanding_principal_fen).order_by(col(Loan.id)))
            )

    for seed in (1, 1, 2):
        made(sqlite_database, 50, seed=seed)
    first, again, other = (balances()[start : start + 50] for start in (0, 50, 100))
    assert first == again
    assert first != other


def test_rows_made_through_the_models_go_on_after_the_book(database: Engine):
    made(database, 60, periods=3)
    with Session(database) as db:
        contract = db.exec(select(Contract).order_by(col(Contract.id).desc())).first()
        assert contract is not None
        copy = Contract(**contract.model_dump(exclude={"id", "number"}), number="after")
        db.add(copy)
        db.commit()
        assert copy.id == (contract.id or 0) + 1
        assert db.exec(select(Customer.phone).limit(1)).one().startswith("+86154")


def test_indexes_are_the_same_as_before_also_after_a_failure(
    database: Engine, monkeypatch: pytest.MonkeyPatch
):
    def names() -> set[str]:
        inspector = sa.inspect(database)
        return {
            str(index["name"]) for table in ("loan", "installment", "customer") for index in inspector.get_indexes(table)
        }  # fmt: skip

    before = names()
    made(database, 30)
    assert names() == before

    def fail(*_arguments: object) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr(bulk, "_write_installments", fail)
    with pytest.raises(RuntimeError, match="disk full"):
        made(database, 100)
    assert names() == before
    with Session(database) as db:
        assert db.exec(select(sa.func.count()).select_from(Loan)).one() == 30


def test_a_book_of_another_day_stands_at_that_day(sqlite_database: Engine):
    later = TODAY + timedelta(days=40)
    bulk.build_book(20, today=later)
    with Session(sqlite_database) as db:
        assert set(db.exec(select(Loan.as_of_date))) == {later}
