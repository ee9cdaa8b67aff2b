"""kill -9 at every failpoint of every money command: acknowledged is there once, the rest can be sent again."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from loanhub.domain.permissions import RoleCode
from loanhub.models import IdempotencyKey
from loanhub.services import _failpoints, _transaction, loans, parameters
from loanhub.services._transaction import reading, transaction
from tests.builders import make_company, make_user
from tests.killing import killed_at
from tests.services.loans.builders import (
    Desk,
    count_rows,
    make_contract,
    make_desk,
    make_loan,
    noon,
    payments_of,
    stored,
)
from tests.services.loans.test_changes import CASES, LATE, MUCH_LATER, ask, late_loan, loan_for
from tests.services.loans.test_offers import COMPANY
from tests.services.loans.test_repay import FIRST_DUE, PAYMENT, check_books, pay

KEY = "form-1"


@dataclass
class Command:
    """A money command ready to run, and the loan whose books it touches; 0 while there is none yet."""

    run: Callable[[], object]
    loan_id: int


def _prepare(name: str, desk: Desk) -> Command:
    """Bring the company to where the command is possible; the command itself has not run."""
    manager = make_user(RoleCode.MANAGER, name="沈放")
    if name == "disburse":
        contract_id = make_contract(desk)
        return Command(
            lambda: loans.request(
                desk.maker, contract_id=contract_id, bank_reference="FK2026", value_date=date(2026, 1, 15), key=KEY,
                now=noon(date(2026, 1, 15)),
            ), 0,
        )  # fmt: skip
    if name == "confirm":
        day = date(2026, 1, 15)
        loan_id = loans.request(
            desk.maker,
            contract_id=make_contract(desk),
            bank_reference="FK2026",
            value_date=day,
            now=noon(day),
        )
        return Command(lambda: loans.confirm(desk.checker, loan_id=loan_id, key=KEY, now=noon(day)), loan_id)
    if name == "payment":
        loan_id = make_loan(desk)
        return Command(
            lambda: pay(desk, loan_id, PAYMENT, FIRST_DUE, key=KEY, bank_transaction_id="B1"), loan_id
        )
    if name == "backdated":
        loan_id = late_loan(desk)
        return Command(lambda: pay(desk, loan_id, PAYMENT, FIRST_DUE, on=LATE, key=KEY), loan_id)
    if name == "settlement":
        loan_id = make_loan(desk)
        total = loans.quote(desk.sales, loan_id=loan_id, on=FIRST_DUE, now=noon(FIRST_DUE)).total_fen
        return Command(lambda: pay(desk, loan_id, total, FIRST_DUE, kind="settlement", key=KEY), loan_id)
    if name == "prepayment":
        loan_id = make_loan(desk)
        return Command(
            lambda: pay(desk, loan_id, PAYMENT + 2_000_000, FIRST_DUE, kind="prepayment", prepay_fen=2_000_000, key=KEY),
            loan_id,
        )  # fmt: skip
    if name == "recovery":
        loan_id = late_loan(desk, MUCH_LATER)
        request_id = ask(desk.maker, loan_id, "write_off", MUCH_LATER, evidence="决议 HX-01")
        loans.approve_change(manager, request_id=request_id, now=noon(MUCH_LATER))
        return Command(lambda: pay(desk, loan_id, 5_000, MUCH_LATER, kind="recovery", key=KEY), loan_id)
    if name == "reversal":
        loan_id = make_loan(desk)
        payment_id = pay(desk, loan_id, PAYMENT, FIRST_DUE).payment_id
        return Command(
            lambda: loans.reverse(desk.checker, payment_id=payment_id, reason="退票", key=KEY, now=noon(FIRST_DUE)),
            loan_id,
        )  # fmt: skip
    if name == "offer":
        loan_id = make_loan(desk)
        return Command(
            lambda: loans.create_offer(
                desk.maker, loan_id=loan_id, settle_on=FIRST_DUE, valid_to=FIRST_DUE, key=KEY, now=noon(FIRST_DUE)
            ), loan_id,
        )  # fmt: skip
    if name == "request":
        loan_id = loan_for(desk, "refund")
        change = loans.Change(kind="refund", value_date=FIRST_DUE, reason="客户申请")
        return Command(
            lambda: loans.request_change(desk.maker, loan_id=loan_id, change=change, key=KEY, now=noon(FIRST_DUE)),
            loan_id,
        )  # fmt: skip
    loan_id, (day, values) = loan_for(desk, name), CASES[name]
    request_id = ask(desk.maker, loan_id, name, day, **values)
    return Command(
        lambda: loans.approve_change(manager, request_id=request_id, key=KEY, now=noon(day)), loan_id
    )


COMMANDS = (
    "disburse", "confirm", "payment", "backdated", "settlement", "prepayment", "recovery", "reversal", "offer",
    "request", *CASES,
)  # fmt: skip


def _sound(engine: Engine) -> None:
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
        unbalanced = (
            "SELECT 1 FROM ledger_entry GROUP BY transaction_id HAVING SUM(debit_fen) <> SUM(credit_fen)"
        )
        assert connection.exec_driver_sql(unbalanced).all() == []
        orphans = "SELECT 1 FROM ledger_transaction t LEFT JOIN ledger_proof p ON p.transaction_id = t.id WHERE p.transaction_id IS NULL"
        assert connection.exec_driver_sql(orphans).all() == []


def _points(engine: Engine, run: Callable[[], object]) -> list[str]:
    """Return the failpoints a command passes, in order, found by running it in a process that is thrown away."""
    answered, answer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            engine.dispose(close=False)
            _failpoints.reached = []

            def stop(name: str = "transaction.before_commit") -> None:
                os.write(answer, "\n".join([*(_failpoints.reached or ()), name]).encode())
                os._exit(0)

            _transaction.failpoint = lambda name: stop(name)  # type: ignore[attr-defined]
            run()
        finally:
            os._exit(1)
    os.close(answer)
    os.waitpid(child, 0)
    text = os.read(answered, 65_536).decode()
    os.close(answered)
    passed = list(dict.fromkeys(text.split("\n")))
    assert passed[-1] == "transaction.before_commit", passed
    return [*passed, "transaction.after_commit"]


@pytest.mark.parametrize("name", COMMANDS)
def test_killed_anywhere_it_happens_exactly_once(database: Engine, name: str) -> None:
    make_company()
    with transaction() as db:
        parameters.put(db, "company", COMPANY)
        parameters.put(
            db, "repayment_account", {"holder": "澄江普惠", "bank": "示范银行", "number": "310000000000000"}
        )
    command = _prepare(name, make_desk())
    before = count_rows()
    for point in _points(database, command.run):
        killed, acknowledged = killed_at(database, point, command.run)

        assert killed and not acknowledged, point
        _sound(database)
        if point != "transaction.after_commit":
            assert count_rows() == before, f"half a command stayed, killed at {point}"

    once = count_rows()  # killed after its commit: it happened, though nobody was told
    assert once != before
    first = command.run()
    assert command.run() == first and count_rows() == once
    _sound(database)
    if command.loan_id and stored(command.loan_id).as_of_date is not None:
        check_books(command.loan_id)
        sequences = [row.seq for row in payments_of(command.loan_id)]
        assert sequences == list(range(1, len(sequences) + 1))
    with reading() as db:
        keys = db.execute(
            sa.select(sa.func.count()).select_from(IdempotencyKey).where(IdempotencyKey.key == KEY)  # type: ignore[arg-type]
        )
        assert keys.scalar_one() == 1


def test_does_nothing_unless_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(_failpoints.VARIABLE, "another.place")
    for name in _failpoints.FAILPOINTS:
        _failpoints.failpoint(name)


def test_every_name_in_the_code_is_declared_and_the_other_way_round() -> None:
    import re
    from pathlib import Path

    import loanhub

    sources = Path(loanhub.__file__).parent.rglob("*.py")
    used = {
        name for path in sources if path.name != "_failpoints.py"
        for name in re.findall(r'failpoint\("([a-z_.]+)"\)', path.read_text())
    }  # fmt: skip
    assert used == set(_failpoints.FAILPOINTS)
