"""Month ends added up: vintage, roll rates and ageing against the rows of the table, on both databases."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.analytics import history
from loanhub.analytics.book import Book, empty
from loanhub.domain.permissions import RoleCode
from loanhub.models import Loan, LoanSnapshot
from loanhub.services._actor import SYSTEM
from loanhub.services._transaction import reading
from loanhub.services.cockpit import keeper
from tests.analytics.random_book import fill, month_end
from tests.builders import TODAY, make_company, make_user
from tests.copies import made_once

ORDER = [f"M{n}" for n in range(7)] + ["M7+"]


@pytest.fixture
def book(database: Engine) -> Book:
    made_once("a book of 260", _fill)
    return keeper().of(SYSTEM)


def _fill() -> None:
    make_company()
    fill([make_user(RoleCode.SALES)], leads=260)


def stored() -> tuple[list[LoanSnapshot], dict[int, Loan]]:
    with reading() as db:
        loans = db.execute(sa.select(Loan).where(col(Loan.mode) == "own", col(Loan.disbursed_date).is_not(None),
                                                 col(Loan.status) != "pending")).scalars().all()  # fmt: skip
        kept = db.execute(sa.select(LoanSnapshot)).scalars().all()
    known = {loan.id or 0: loan for loan in loans}
    return [row for row in kept if row.loan_id in known], known


def age_of(loan: Loan, day: date) -> int:
    out = loan.disbursed_date or TODAY
    return (day.year - out.year) * 12 + day.month - out.month


@pytest.mark.parametrize(("over", "least"), [("1", 1), ("30", 2), ("90", 4)])
def test_the_vintage_is_the_balance_of_late_loans_over_what_was_lent(
    book: Book, over: str, least: int
) -> None:
    rows, loans = stored()
    last = max(row.snapshot_date for row in rows)
    found = history.vintage(history.history(book), over=over)

    assert found
    for cohort in found:
        mine = {
            i for i, loan in loans.items() if (loan.disbursed_date or TODAY).replace(day=1) == cohort.month
        }
        assert cohort.loans == len(mine)
        assert cohort.lent_fen == sum(loans[i].principal_fen for i in mine)
        for age, bad in enumerate(cohort.bad_fen, start=1):
            end = next(
                d
                for d in (month_end(date(2026, m, 1)) for m in range(1, 13))
                if age_of_month(cohort.month, d) == age
            )
            late = sum(r.outstanding_principal_fen for r in rows if r.loan_id in mine and r.snapshot_date == end
                       and ORDER.index(r.bucket) >= least)  # fmt: skip
            gone = sum(loans[i].written_off_fen for i in mine
                       if (d := loans[i].written_off_date) and month_end(d) <= end)  # fmt: skip
            assert bad == late + gone, (cohort.month, age)
            drilled = history.vintage_loans(book, cohort.month, age, over)
            assert int(drilled["part"].sum()) == bad
        assert age_of_month(cohort.month, last) >= len(cohort.bad_fen), "a month end no loan had reached"


def age_of_month(first: date, day: date) -> int:
    return (day.year - first.year) * 12 + day.month - first.month


def test_the_roll_matrix_is_where_each_loan_went(book: Book) -> None:
    rows, loans = stored()
    start, end = history.history(book).dates[-2:]
    later = {row.loan_id: row.bucket for row in rows if row.snapshot_date == end}
    wanted: dict[tuple[str, str], int] = {}
    for row in rows:
        if row.snapshot_date == start:
            gone = loans[row.loan_id].written_off_date
            to = later.get(row.loan_id) or ("核销" if gone and gone <= end else "结清")
            wanted[row.bucket, to] = wanted.get((row.bucket, to), 0) + row.outstanding_principal_fen

    found = history.roll(book, start, end)

    for (bucket, to), fen in wanted.items():
        assert found[bucket].to[to].balance == Fraction(fen, found[bucket].balance_fen)
        assert int(history.roll_loans(book, start, end, bucket, to)["part"].sum()) == fen
    assert sum(row.balance_fen for row in found.values()) == sum(wanted.values())


def test_the_ageing_of_each_month_end_is_the_sum_of_its_rows(book: Book) -> None:
    rows, _ = stored()
    for month in history.ageing_trend(history.history(book)):
        mine = [row for row in rows if row.snapshot_date == month.day]
        assert month.balance_fen == sum(row.outstanding_principal_fen for row in mine)
        assert month.overdue_fen[1] == sum(r.outstanding_principal_fen for r in mine if r.bucket == "M2")
        assert sum(month.overdue_fen) == sum(r.outstanding_principal_fen for r in mine if r.bucket != "M0")


def test_without_month_ends_there_is_nothing_to_show() -> None:
    past = history.history(empty())

    assert history.vintage(past) == [] and history.ageing_trend(past) == [] and past.dates == []
    assert history.ageing_now(empty(), TODAY).share(0) is None
