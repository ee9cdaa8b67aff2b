"""By columns or by replay: on random lives of loans, day by day, every stored field is the same."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col, select

from loanhub.domain.classification import ClassPolicy
from loanhub.domain.errors import LoanHubError
from loanhub.domain.repayment.delinquency import FiveClass
from loanhub.models import DayEndRun, Installment, Loan, LoanSnapshot, ParkedLoan
from loanhub.repositories import day_end as repository
from loanhub.repositories.loans import OWING
from loanhub.services import day_end, loans
from loanhub.services._actor import SYSTEM
from loanhub.services._transaction import reading, transaction
from loanhub.services.loans._shared import open_account
from tests.builders import make_company
from tests.services.loans.builders import Desk, make_desk, make_loan, noon

START = date(2026, 1, 15)

LIVES = (
    {"grace_days": 3},
    {"grace_days": 0},
    {"grace_days": 5, "method": "interest_only"},
    {"grace_days": 2, "method": "flat"},
    {"grace_days": 0, "method": "equal_principal", "interest_basis": "act/360"},
    {"grace_days": 3, "method": "bullet", "interest_basis": "act/365"},
    {"grace_days": 1, "interest_basis": "act/360", "split": True},
)
"""How the loans of the test are agreed and serviced."""


def alter(loan_id: int, pick: Random, life: dict[str, object]) -> None:
    """Give a loan other terms and options than its product, before anything happened on it."""
    with transaction() as db:
        loan = db.get(Loan, loan_id)
        assert loan is not None
        terms = {**loan.terms, "method": life.get("method", "equal_installment")}
        if terms["method"] == "flat":
            terms |= {"annual_rate": "0", "flat_monthly_rate": "0.0075"}
        if basis := life.get("interest_basis"):
            terms["interest_basis"] = basis
        if life.get("split"):
            change = {"effective_from": "2026-03-01", "annual_rate": "0.1", "split": True}
            terms["rate_changes"] = [change]
        loan.terms = terms
        loan.method = str(terms["method"])
        loan.servicing = {
            **loan.servicing, "grace_days": life["grace_days"], "compound": pick.random() < 0.5,
            "tolerance_fen": pick.choice([0, 0, 500]), "penalty_multiplier": pick.choice(["1.5", "1.3", "2"]),
            "day_base": pick.choice([360, 365]),
        }  # fmt: skip
        db.flush()
        loans.refresh(db, loan, as_of=START, now=noon(START))


def live(desk: Desk, loan_id: int, day: date, pick: Random) -> None:
    """Let something happen to a loan on a day, or nothing."""
    roll = pick.random()
    with reading() as db:
        loan = db.get(Loan, loan_id)
        assert loan is not None
        if loan.status not in OWING:
            return
        due = open_account(db, loan).at(day).amount_due_fen
    try:
        if due and roll < 0.05:
            loans.post(desk.maker, loan_id=loan_id, amount_fen=due, value_date=day, now=noon(day))
        elif due and roll < 0.09:
            loans.post(
                desk.maker,
                loan_id=loan_id,
                amount_fen=max(1, due // pick.choice([2, 3, 7])),
                value_date=day,
                now=noon(day),
            )
        elif roll < 0.10:
            loans.post(desk.maker, loan_id=loan_id, amount_fen=1_500_000, value_date=day, now=noon(day))
    except LoanHubError:
        return


def expect(day: date) -> int:
    """Hold every loan and installment against its replay; return how many loans were compared."""
    policy, compared, accrued = ClassPolicy(), 0, 0
    with reading() as db:
        for loan in db.exec(select(Loan)).all():
            if loan.status not in OWING:
                continue
            compared += 1
            state = open_account(db, loan).at(day)
            accrued += state.accrued_interest_fen
            five_class = policy.class_of(state.dpd, state.class_floor.value, loan.class_floor)
            assert {
                "dpd": loan.dpd, "bucket": loan.bucket, "class": loan.five_class, "penalty": loan.penalty_due_fen,
                "overdue": loan.overdue_principal_fen, "outstanding": loan.outstanding_principal_fen,
                "suspense": loan.suspense_fen, "provision": loan.provision_fen, "next": loan.next_due_date,
                "status": loan.status.value,
            } == {
                "dpd": state.dpd, "bucket": state.bucket.value, "class": five_class.value,
                "penalty": state.due_penalty_fen + state.due_compound_fen,
                "overdue": state.delinquency.overdue_principal_fen, "outstanding": state.outstanding_principal_fen,
                "suspense": state.suspense_fen,
                "provision": policy.provision_fen(state.outstanding_principal_fen, five_class),
                "next": state.next_open_due_date,
                "status": "overdue" if state.dpd else "grace" if state.raw_dpd else "active",
            }, f"loan {loan.id} on {day}"  # fmt: skip
            rows = db.execute(
                sa.select(Installment).where(col(Installment.loan_id) == loan.id).order_by(col(Installment.due_date), col(Installment.period))
            ).scalars().all()  # fmt: skip
            assert [row.penalty_due_fen for row in rows] == [
                found.penalty_accrued_fen + found.compound_accrued_fen for found in state.installments
            ], f"loan {loan.id} on {day}"
        run = repository.find_run(db, day)
        assert run is not None
        cells = run.totals["cells"].values()  # type: ignore[attr-defined]
        assert sum(cell[5] for cell in cells) == accrued, day
        assert sum(cell[0] for cell in cells) == compared, day
    return compared


@pytest.fixture
def desk(database: Engine) -> Desk:
    make_company()
    return make_desk()


def test_columns_and_replay_agree_every_day_for_months(desk: Desk) -> None:
    pick = Random(1)
    ids = []
    for life in LIVES:
        ids.append(make_loan(desk, disbursed=START, months=4))
        alter(ids[-1], pick, dict(life))
    compared = replays = 0
    for passed in range(1, 110):
        day = START + timedelta(days=passed)
        day_end.catch_up(SYSTEM, until=day, clock=lambda day=day: noon(day))
        compared += expect(day)
        for loan_id in ids:
            live(desk, loan_id, day, pick)
    with reading() as db:
        runs = db.exec(select(DayEndRun)).all()
        replays = sum(run.replayed for run in runs)
        assert db.exec(select(ParkedLoan)).all() == []
    assert compared > 400
    assert replays < compared / 4, "the columns hardly computed anything"


def test_again_changes_nothing(desk: Desk) -> None:
    make_loan(desk, disbursed=START)
    day = date(2026, 3, 31)
    day_end.catch_up(SYSTEM, until=day, clock=lambda: noon(day))
    tables = (Loan, Installment, DayEndRun, LoanSnapshot)
    with reading() as db:
        before = [db.execute(sa.select(*table.__table__.columns)).all() for table in tables]  # type: ignore[attr-defined]

    assert day_end.catch_up(SYSTEM, until=day, clock=lambda: noon(day)) == []

    with reading() as db:
        after = [db.execute(sa.select(*table.__table__.columns)).all() for table in tables]  # type: ignore[attr-defined]
    assert after == before and len(before[3]) == 1


def test_a_class_set_by_hand_and_other_provisions_count(desk: Desk) -> None:
    loan_id = make_loan(desk, disbursed=START)
    with transaction() as db:
        loan = db.get(Loan, loan_id)
        assert loan is not None
        loan.class_floor = FiveClass.DOUBTFUL.value
    day = START + timedelta(days=5)

    day_end.catch_up(SYSTEM, until=day, clock=lambda: noon(day))

    with reading() as db:
        loan = db.get(Loan, loan_id)
        assert loan is not None
        assert loan.five_class == "doubtful"
        assert loan.provision_fen == int(loan.outstanding_principal_fen * Decimal("0.6"))
