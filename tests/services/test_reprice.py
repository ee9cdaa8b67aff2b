"""Repricing: on its day, by the system, at the LPR in force, once a loan and date, whatever interrupts it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa

from loanhub.domain.errors import NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import Loan, LprRate
from loanhub.repositories import rates as repository
from loanhub.services import day_end, loans, rates
from loanhub.services._actor import SYSTEM
from loanhub.services._transaction import reading, transaction
from loanhub.services.product_terms import LprMissing
from loanhub.services.rates import reprice
from tests.builders import make_company, make_user
from tests.services.loans.builders import make_desk, make_loan, noon, payments_of, stored

DAY = date(2026, 1, 15)
NEW_YEAR = date(2027, 1, 1)


@pytest.fixture
def desk(database):
    make_company()
    return make_desk()


def make_linked(desk):
    return make_loan(desk, months=24, product={"terms": {"lpr": {"reprice": "january"}}})


def publish(day=date(2026, 12, 21), one_year="2.80"):
    finance, credit = make_user(RoleCode.FINANCE), make_user(RoleCode.CREDIT)
    lpr_id, _ = rates.enter_lpr(
        finance, effective_from=day, one_year=one_year, five_year="3.30", now=noon(day)
    )
    rates.review_lpr(credit, lpr_id=lpr_id, now=noon(day))


@dataclass(frozen=True)
class Run:
    """Loans whose rate changed, loans whose rate stayed, and why others could not be done, by number."""

    changed: int
    kept: int
    problems: dict[str, str]


def reprice_all(day):
    """Reprice every loan whose day has come, one transaction a loan, as the day-end does chunk by chunk."""
    with reading() as db:
        waiting = [loan.id for loan, _ in repository.list_loans_to_reprice(db, SYSTEM, until=day)]
    changed, kept, problems = 0, 0, {}
    for loan_id in waiting:
        try:
            with transaction() as db:
                loan = repository.lock_loan(db, loan_id)
                done = reprice.reprice_loan(db, loan, day, noon(day))
        except LprMissing as fault:
            problems[stored(loan_id).number] = fault.sentence
            continue
        changed, kept = changed + done, kept + (not done)
    return Run(changed, kept, problems)


def changes(loan_id):
    return [payment for payment in payments_of(loan_id) if payment.kind == "rate_change"]


def test_the_spread_is_what_the_contract_rate_adds_to_the_lpr_of_the_day(desk):
    loan = stored(make_linked(desk))

    assert loan.terms["lpr"] == {
        "tenor": "1y",
        "spread_bp": int((loan.annual_rate - Decimal("0.03")) * 10_000),
        "base_rate": "0.03",
        "reprice": "january",
    }
    assert loan.next_reprice_date == NEW_YEAR


def test_takes_the_lpr_in_force_plus_its_spread_once(desk):
    loan_id = make_linked(desk)
    publish()
    before = stored(loan_id)
    assert reprice_all(date(2026, 12, 31)) == Run(0, 0, {})

    done = reprice_all(NEW_YEAR)
    again = reprice_all(NEW_YEAR)

    assert (done.changed, again.changed, again.kept) == (1, 0, 0)
    (change,) = changes(loan_id)
    assert change.value_date == NEW_YEAR
    assert change.by_id is None
    assert Decimal(change.detail["annual_rate"]) == before.annual_rate - Decimal("0.002")
    assert stored(loan_id).next_reprice_date == date(2028, 1, 1)


def test_a_late_run_posts_on_the_day_it_should_have(desk):
    loan_id = make_linked(desk)
    publish()

    reprice_all(date(2027, 1, 9))

    assert [change.value_date for change in changes(loan_id)] == [NEW_YEAR]


def test_an_unchanged_lpr_posts_nothing_and_moves_on(desk):
    loan_id = make_linked(desk)

    done = reprice_all(NEW_YEAR)

    assert (done.changed, done.kept, changes(loan_id)) == (0, 1, [])
    assert stored(loan_id).next_reprice_date == date(2028, 1, 1)


def test_without_a_reviewed_lpr_the_loan_waits(desk):
    loan_id = make_linked(desk)
    with transaction() as db:
        db.execute(sa.update(LprRate).values(reviewed_at=None))

    done = reprice_all(NEW_YEAR)

    number = stored(loan_id).number
    assert list(done.problems) == [number]
    assert "2027-01-01" in done.problems[number]
    assert stored(loan_id).next_reprice_date == NEW_YEAR
    with pytest.raises(LprMissing), transaction() as db:
        reprice.reprice_loan(db, stored(loan_id), NEW_YEAR, noon(NEW_YEAR))


def test_a_failure_after_the_posting_leaves_nothing_and_the_next_run_does_it(desk):
    loan_id = make_linked(desk)
    publish()

    def cut_short():
        with transaction() as db:
            assert reprice.reprice_loan(db, db.get(Loan, loan_id), NEW_YEAR, noon(NEW_YEAR))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        cut_short()
    assert changes(loan_id) == []

    reprice_all(NEW_YEAR)

    assert len(changes(loan_id)) == 1


def test_the_preview_says_what_the_run_then_does(desk):
    loan_id = make_linked(desk)
    publish()
    now = noon(date(2026, 12, 22))
    manager = make_user(RoleCode.MANAGER)

    found = reprice.preview_repricing(manager, until=NEW_YEAR, now=now)

    assert found.count == 1
    (row,) = found.rows
    assert (row.loan_id, row.day, row.tone) == (loan_id, "2027-01-01", "in")
    assert row.old_rate != row.new_rate
    assert row.old_payment != row.new_payment
    assert changes(loan_id) == []
    admin = reprice.preview_repricing(make_user(RoleCode.ADMIN), until=NEW_YEAR, now=now)
    assert (admin.count, admin.rows) == (1, ())
    with pytest.raises(NotPermitted):
        reprice.preview_repricing(make_user(RoleCode.SALES), until=NEW_YEAR, now=now)


def test_a_payment_after_the_day_does_not_skip_the_repricing(desk):
    loan_id = make_linked(desk)
    publish()
    day = date(2027, 1, 3)
    loans.post(desk.maker, loan_id=loan_id, amount_fen=100, value_date=day, now=noon(day))
    assert stored(loan_id).next_reprice_date == NEW_YEAR

    reprice_all(day)

    assert [change.value_date for change in changes(loan_id)] == [NEW_YEAR]


def test_the_day_end_reprices_as_well(desk):
    loan_id = make_linked(desk)
    publish()

    day_end.catch_up(desk.maker, until=NEW_YEAR, clock=lambda: noon(NEW_YEAR))

    assert [change.value_date for change in changes(loan_id)] == [NEW_YEAR]
    assert stored(loan_id).next_reprice_date == date(2028, 1, 1)
