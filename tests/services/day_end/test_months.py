"""Month ends of before the first day-end: what the postings say, once, and never over what a day-end wrote."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import select

from loanhub.domain.errors import NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import LoanSnapshot
from loanhub.services import day_end
from loanhub.services._actor import SYSTEM
from loanhub.services._transaction import reading
from tests.builders import make_company, make_user
from tests.services.loans.builders import make_desk, make_loan, noon

FIRST_DAY = date(2026, 4, 10)
NOW = noon(FIRST_DAY)


def kept() -> dict[tuple[date, int], tuple[str, int, str]]:
    with reading() as db:
        return {
            (one.snapshot_date, one.loan_id): (one.status, one.dpd, one.bucket)
            for one in db.exec(select(LoanSnapshot)).all()
        }


def test_a_loans_past_is_told_month_by_month(database: Engine) -> None:
    make_company()
    loan = make_loan(make_desk(), disbursed=date(2026, 1, 15))
    assert day_end.write_past_months(SYSTEM, now=NOW) == 0, "no day-end yet, so no history leads up to one"
    day_end.catch_up(SYSTEM, until=FIRST_DAY, clock=lambda: NOW)

    assert day_end.write_past_months(SYSTEM, now=NOW) == 3

    assert kept() == {
        (date(2026, 1, 31), loan): ("active", 0, "M0"),
        (date(2026, 2, 28), loan): ("overdue", 13, "M1"),
        (date(2026, 3, 31), loan): ("overdue", 44, "M2"),
    }
    assert day_end.write_past_months(SYSTEM, now=NOW) == 0


def test_it_writes_what_day_ends_on_those_days_would_have(database: Engine) -> None:
    make_company()
    loan = make_loan(make_desk(), disbursed=date(2026, 1, 15))
    day_end.catch_up(SYSTEM, until=date(2026, 2, 27), clock=lambda: noon(date(2026, 2, 27)))
    day_end.catch_up(SYSTEM, until=FIRST_DAY, clock=lambda: NOW)
    seen = kept()
    with reading() as db:
        whole = db.execute(sa.select(*LoanSnapshot.__table__.columns)).all()  # type: ignore[attr-defined]

    day_end.write_past_months(SYSTEM, now=NOW)

    assert set(kept()) - set(seen) == {(date(2026, 1, 31), loan)}
    with reading() as db:
        assert set(whole) <= set(db.execute(sa.select(*LoanSnapshot.__table__.columns)).all())  # type: ignore[attr-defined]


def test_only_who_runs_day_ends_may(sqlite_database: Engine) -> None:
    make_company()
    with pytest.raises(NotPermitted):
        day_end.write_past_months(make_user(RoleCode.MANAGER), now=NOW)
