"""One payment posted, with everything it writes, beside plain inserts of as many rows: ``python -m bench.payment_post``.

SQLite with WAL and ``synchronous=FULL`` in a throw-away folder. Every loan of 24 installments is paid installment by
installment; each posting is a whole use case: scope, permission, key, lock, replay, voucher, ledger with its proof,
schedule, allocations, the check of every account, the event, one commit. The alternative, in the same run and on the
same database, adds as many rows of the same tables as one posting writes with SQLAlchemy, flushing after each, and
commits; it knows nothing and checks nothing.
"""

from __future__ import annotations

import cProfile
import pstats
import statistics
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import Session

from loanhub.domain.applications import ApplicationStatus
from loanhub.domain.contracts import ContractStatus
from loanhub.domain.events import EVENT_TYPES
from loanhub.domain.loans import LoanEvent, LoanStatus, entries_for_disbursement, move
from loanhub.domain.permissions import ROLES, RoleCode, Scope
from loanhub.domain.repayment.postings import ServicingOptions
from loanhub.domain.repayment.schedule import build_schedule
from loanhub.domain.repayment.terms import Terms
from loanhub.models import (
    Application,
    Contract,
    Customer,
    Event,
    IdempotencyKey,
    LedgerEntry,
    LedgerProof,
    LedgerTransaction,
    Loan,
    Payment,
    PaymentAllocation,
    User,
)
from loanhub.repositories import schema
from loanhub.services import _transaction, loans
from loanhub.services._actor import Actor
from loanhub.services._transaction import transaction
from loanhub.services.loans import ledger
from loanhub.services.loans._shared import open_account, sync

PERIODS = 24
START = date(2026, 1, 15)
PAID = 8
"""How many installments of each loan are paid, one posting each."""


spent: list[float] = []
"""Processor seconds of each posting of the last run: what a busy machine does not stretch."""


def noon(day: date) -> datetime:
    """Return noon in Shanghai."""
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC)


def seed(count: int) -> tuple[Actor, list[int]]:
    """Write a cashier and disbursed loans; return the cashier and the loans' ids."""
    terms = Terms(
        method="equal_installment", principal_fen=12_000_000, disburse_date=START, annual_rate=Decimal("0.12"),
        periods=PERIODS,
    )  # fmt: skip
    ids = []
    with transaction() as db:
        user = User(login="cashier", name="出纳", password_hash="!", created_at=noon(START))
        db.add(user)
        db.flush()
        actor = Actor(
            user_id=user.id or 0, name=user.name, roles=frozenset({"finance"}), scope=Scope.ALL,
            permissions=ROLES[RoleCode.FINANCE].permissions,
        )  # fmt: skip
        same = {"owner_id": user.id, "created_at": noon(START), "updated_at": noon(START)}
        for number in range(count):
            customer = Customer(number=f"C{number}", name="测试", **same)
            db.add(customer)
            db.flush()
            application = Application(
                number=f"A{number}", customer_id=customer.id or 0, product_code="x", status=ApplicationStatus.FUNDED, amount_fen=terms.principal_fen,
                term_months=PERIODS, annual_rate=terms.annual_rate, method=terms.method, **same,
            )  # fmt: skip
            db.add(application)
            db.flush()
            contract = Contract(
                number=f"H{number}", application_id=application.id or 0, customer_id=customer.id or 0,
                template_code="loan_contract", status=ContractStatus.EFFECTIVE, amount_fen=terms.principal_fen,
                annual_rate=terms.annual_rate, term_months=PERIODS, method=terms.method, **same,
            )  # fmt: skip
            db.add(contract)
            db.flush()
            loan = Loan(
                number=f"L{number}", contract_id=contract.id or 0, application_id=application.id,
                customer_id=customer.id or 0, status=move(LoanStatus.PENDING, LoanEvent.DISBURSE),
                principal_fen=terms.principal_fen, annual_rate=terms.annual_rate, method=terms.method,
                terms=terms.as_dict(), servicing=ServicingOptions(grace_days=3).as_dict(), disbursed_date=START,
                as_of_date=START, **same,
            )  # fmt: skip
            db.add(loan)
            db.flush()
            ledger.write(
                db, actor, loan, "disbursement", entries_for_disbursement(loan.principal_fen), value_date=START,
                now=noon(START),
            )  # fmt: skip
            sync(db, actor, loan, open_account(db, loan).at(START), [], now=noon(START))
            ids.append(loan.id or 0)
    return actor, ids


def post_all(actor: Actor, ids: list[int]) -> list[float]:
    """Pay every loan's first installments, day by day; return the seconds of each posting."""
    rows = build_schedule(
        Terms(
            method="equal_installment", principal_fen=12_000_000, disburse_date=START, annual_rate=Decimal("0.12"),
            periods=PERIODS,
        )
    )  # fmt: skip
    times = []
    spent.clear()
    for row in rows[:PAID]:
        for loan_id in ids:
            began, used = time.perf_counter(), time.thread_time()
            loans.post(
                actor, loan_id=loan_id, amount_fen=row.payment_fen, value_date=row.due_date, payer="测试",
                bank_transaction_id=f"{row.period}-{loan_id}", key=f"{row.period}-{loan_id}", now=noon(row.due_date),
            )  # fmt: skip
            times.append(time.perf_counter() - began)
            spent.append(time.thread_time() - used)
    return times


def count_written(actor: Actor, loan_id: int) -> tuple[int, int]:
    """Return how many rows one posting inserts, and how many statements it sends."""
    engine, statements = _transaction.engine(), []

    def listen(
        _connection: object, _cursor: object, statement: str, parameters: object, *_rest: object
    ) -> None:
        statements.append((statement, parameters))

    sa.event.listen(engine, "before_cursor_execute", listen)
    day = START + timedelta(days=PAID * 31)
    loans.post(actor, loan_id=loan_id, amount_fen=1_00, value_date=day, key="count", now=noon(day))
    sa.event.remove(engine, "before_cursor_execute", listen)
    inserts = [p for s, p in statements if s.startswith("INSERT")]
    if "--statements" in sys.argv:
        for statement, _ in statements:
            print("   ", " ".join(statement.split())[:150])
    return sum(len(p) if isinstance(p, list) else 1 for p in inserts), len(statements)


def insert_plain(actor: Actor, loan_id: int, number: int, rows: int) -> float:
    """Add as many rows of the same kinds as a posting writes, one flush each, and commit; return the seconds."""
    now = noon(START)
    began = time.perf_counter()
    with transaction() as db:
        _flushed(db, IdempotencyKey(
            actor_id=actor.user_id, action="bench", key=str(number), request_hash="0" * 64, result={}, created_at=now,
        ))  # fmt: skip
        payment = Payment(
            loan_id=loan_id, seq=1_000 + number, amount_fen=2, value_date=START, posted_at=now,
            receipt_number=f"B{number}", by_id=actor.user_id,
        )  # fmt: skip
        _flushed(db, payment)
        posting = LedgerTransaction(kind="payment", loan_id=loan_id, value_date=START, posted_at=now)
        _flushed(db, posting)
        for side in ({"debit_fen": 2}, {"credit_fen": 1}, {"credit_fen": 1}):
            _flushed(db, LedgerEntry(transaction_id=posting.id or 0, account="bank", **side))
        _flushed(db, LedgerProof(transaction_id=posting.id or 0, total_fen=2))
        _flushed(db, Event(
            type=next(iter(EVENT_TYPES)), actor_id=actor.user_id, actor_name="b", at=now, before={}, after={},
        ))  # fmt: skip
        for _ in range(max(0, rows - 8)):
            _flushed(db, PaymentAllocation(
                loan_id=loan_id, payment_id=payment.id, component="interest", amount_fen=1, value_date=START,
            ))  # fmt: skip
    return time.perf_counter() - began


def _flushed(db: Session, row: object) -> None:
    db.add(row)
    db.flush()


def told(label: str, times: list[float]) -> float:
    """Print a line and return the 95th percentile in ms."""
    cuts = statistics.quantiles((1000 * one for one in times), n=100)
    print(
        f"{label:52s} n {len(times):5d}   p50 {cuts[49]:6.2f} ms   p95 {cuts[94]:6.2f} ms   p99 {cuts[98]:6.2f} ms"
    )
    return cuts[94]


def main() -> None:
    """Measure and print; ``--profile`` shows where the time goes, ``--statements`` what one posting sends."""
    count = next((int(one) for one in sys.argv[1:] if one.isdigit()), 60)
    with tempfile.TemporaryDirectory() as folder:
        engine = _transaction.make_engine(f"sqlite:///{Path(folder) / 'bench.db'}")
        schema.upgrade(engine)
        _transaction.configure(engine)
        actor, ids = seed(count)
        post_all(actor, ids[:2])
        written, statements = count_written(actor, ids[0])
        if "--profile" in sys.argv:
            with cProfile.Profile() as profile:
                post_all(actor, ids[2:])
            pstats.Stats(profile).sort_stats("cumulative").print_stats(70)
            return
        times = post_all(actor, ids[2:])
        own = list(spent)
        plain = [insert_plain(actor, ids[0], number, written) for number in range(len(times))]
        print(f"one posting: {written} rows inserted, {statements} statements")
        p95 = told("a payment posted, everything it writes", times)
        other = told("alternative: as many plain rows, one flush each", plain)
        told("  processor time of a payment alone", own)
        print(f"ratio of p95: {p95 / other:.2f}")
        engine.dispose()


if __name__ == "__main__":
    main()
