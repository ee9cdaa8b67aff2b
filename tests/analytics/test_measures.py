"""Every measure and table against an independent query of the same rows, on both databases."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.analytics import book as frames
from loanhub.analytics import tables
from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures import measures
from loanhub.domain.permissions import RoleCode
from loanhub.domain.pipelines import DEFAULT_STAGES
from loanhub.models import Application, Customer, Lead, Loan, Payment
from loanhub.services._actor import SYSTEM
from loanhub.services._transaction import reading
from loanhub.services.cockpit import keeper
from tests.analytics.random_book import fill
from tests.builders import TODAY, make_company, make_user

OPEN = ("active", "grace", "overdue")
PASSED = ("approved", "contracted", "funded")


def instants(window: Window) -> tuple[datetime, datetime]:
    """Return the window as instants; Shanghai is eight hours ahead all year."""

    def start(day: Any) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=8)

    return start(window.first), start(window.end)


def between(column: Any, window: Window) -> Any:
    first, end = instants(window)
    return sa.and_(column >= first, column < end)


def dated(column: Any, window: Window) -> Any:
    return sa.and_(column >= window.first, column < window.end)


def scalar(query: Any) -> Any:
    with reading() as db:
        return db.execute(query).scalar_one()


def total(column: Any, *conditions: Any) -> int:
    return int(scalar(sa.select(sa.func.coalesce(sa.func.sum(column), 0)).where(*conditions)))


def number(*conditions: Any) -> int:
    return int(scalar(sa.select(sa.func.count()).where(*conditions)))


OWN = sa.and_(col(Loan.mode) == "own", col(Loan.status) != "pending", col(Loan.disbursed_date).is_not(None))
ALIVE = sa.and_(OWN, sa.cast(col(Loan.status), sa.String).in_(OPEN))


def decided(window: Window, statuses: tuple[str, ...]) -> int:
    return number(
        between(col(Application.decided_at), window),
        sa.cast(col(Application.status), sa.String).in_(statuses),
    )


def sql_share(numerator: int, denominator: int) -> Fraction | None:
    return Fraction(numerator, denominator) if denominator else None


def balance(*conditions: Any) -> int:
    return total(col(Loan.outstanding_principal_fen), ALIVE, *conditions)


def sql_hours(window: Window) -> Fraction | None:
    with reading() as db:
        rows = db.execute(
            sa.select(col(Application.submitted_at), col(Application.decided_at)).where(
                between(col(Application.decided_at), window),
                sa.cast(col(Application.status), sa.String).in_((*PASSED, "rejected")),
            )
        ).all()
    minutes = [int((end - start).total_seconds() // 60) for start, end in rows]
    return sql_share(sum(minutes), len(minutes) * 60)


def sql_acquisition(window: Window) -> int | None:
    cohort = sa.and_(between(col(Lead.created_at), window), col(Lead.deleted_at).is_(None))
    lent = (
        sa.select(col(Application.lead_id))
        .join(Loan, col(Loan.application_id) == col(Application.id))
        .where(OWN)
    )
    funded = number(cohort, col(Lead.id).in_(lent))
    return round(total(col(Lead.cost_fen), cohort) / funded) if funded else None


def sql_collected(window: Window) -> int:
    undo = sa.orm.aliased(Payment)
    with reading() as db:
        rows = db.execute(
            sa.select(col(Payment.id), col(Payment.amount_fen))
            .join(Loan, col(Loan.id) == col(Payment.loan_id))
            .where(
                OWN,
                dated(col(Payment.value_date), window),
                col(Payment.kind).in_(["payment", "prepayment", "settlement"]),
            )
        ).all()
        undone = set(db.execute(sa.select(undo.reverses_id)).scalars())
    return sum(amount for row_id, amount in rows if row_id not in undone)


TRUTH: dict[str, Callable[[Window], Any]] = {
    "new_leads": lambda w: number(between(col(Lead.created_at), w), col(Lead.deleted_at).is_(None)),
    "new_customers": lambda w: number(between(col(Customer.created_at), w)),
    "applied_amount": lambda w: total(col(Application.amount_fen), between(col(Application.submitted_at), w)),
    "approval_rate": lambda w: sql_share(decided(w, PASSED), decided(w, (*PASSED, "rejected"))),
    "approval_hours": sql_hours,
    "acquisition_cost": sql_acquisition,
    "disbursed_amount": lambda w: total(col(Loan.principal_fen), OWN, dated(col(Loan.disbursed_date), w)),
    "collected_amount": sql_collected,
    "outstanding_principal": lambda w: balance(),
    "overdue_rate": lambda w: sql_share(balance(col(Loan.dpd) > 0), balance()),
    "overdue_90_rate": lambda w: sql_share(balance(col(Loan.dpd) > 90), balance()),
}


@pytest.fixture
def book(database: Engine) -> Book:
    make_company()
    fill([make_user(RoleCode.SALES), make_user(RoleCode.SALES, team="华东二组")])
    return keeper().of(SYSTEM)


WINDOWS = {code: frames.period(code, TODAY) for (code,) in (("day",), ("week",), ("month",), ("quarter",))}


class TestMeasures:
    def test_each_has_a_query_to_be_checked_against(self) -> None:
        assert set(TRUTH) == set(measures())

    def test_each_gives_what_the_query_gives(self, book: Book) -> None:
        for code, measure in measures().items():
            for period, windows in WINDOWS.items():
                for window in windows:
                    assert measure.compute(book, window).value == TRUTH[code](window), (code, period)

    def test_each_is_the_sum_of_its_records(self, book: Book) -> None:
        for code, measure in measures().items():
            result = measure.compute(book, WINDOWS["quarter"][0])

            assert result.value, code
            assert result.rows["id"].is_unique().all(), code
            if isinstance(result.value, Fraction):
                base = (result.base or 0) * (60 if measure.unit.value == "hours" else 1)
                assert Fraction(result.total, base) == result.value, code
            elif result.base is None:
                assert result.total == result.value, code


class TestTables:
    def test_the_funnel_counts_who_ever_got_that_far(self, book: Book) -> None:
        window = WINDOWS["quarter"][0]
        with reading() as db:
            leads = db.execute(
                sa.select(col(Lead.id), col(Lead.stage_code)).where(
                    between(col(Lead.created_at), window), col(Lead.deleted_at).is_(None)
                )
            ).all()
            moves = db.execute(sa.text("SELECT lead_id, to_stage FROM stage_move")).all()
        places = {stage.code: place for place, stage in enumerate(DEFAULT_STAGES)}
        furthest = {row_id: places[stage] for row_id, stage in leads}
        for row_id, stage in moves:
            if row_id in furthest:
                furthest[row_id] = max(furthest[row_id], places[stage])

        steps = tables.funnel(book, window, len(DEFAULT_STAGES))

        assert [s.count for s in steps] == [
            sum(p >= n for p in furthest.values()) for n in range(len(DEFAULT_STAGES))
        ]
        assert [s.count for s in steps] == [
            tables.funnel_rows(book, window, n).height for n in range(len(steps))
        ]
        assert all(a.count >= b.count for a, b in itertools.pairwise(steps))

    def test_the_narrowest_step_is_the_one_that_lost_most(self) -> None:
        assert tables.worst_step(tables.funnel_steps([100, 80, 20, 15, 0])) == 2
        assert tables.worst_step(tables.funnel_steps([5, 5, 5])) is None
        assert tables.worst_step(tables.funnel_steps([])) is None

    def test_tables_add_up_to_the_tiles(self, book: Book) -> None:
        window = WINDOWS["quarter"][0]
        read = {code: measure.compute(book, window) for code, measure in measures().items()}
        channels, ageing = tables.channels(book, window), tables.ageing(book)

        assert channels["leads"].sum() == read["new_leads"].value
        assert channels["cost_fen"].sum() == read["acquisition_cost"].total
        assert tables.leaders(book, window)["amount_fen"].sum() == read["disbursed_amount"].value
        assert ageing["balance_fen"].sum() == read["outstanding_principal"].value
        overdue = ageing.filter(ageing["group"] != "M0")
        assert overdue["balance_fen"].sum() == read["overdue_rate"].total
        assert ageing.filter(ageing["group"] == "M3+")["balance_fen"].sum() == read["overdue_90_rate"].total
        in_cities = total(col(Loan.principal_fen), OWN, dated(col(Loan.disbursed_date), window),
                          col(Loan.customer_id).in_(sa.select(col(Customer.id)).where(col(Customer.city) != "")))  # fmt: skip
        assert tables.cities(book, window)["amount_fen"].sum() == in_cities

    def test_the_last_month_of_the_trend_is_this_month(self, book: Book) -> None:
        rows = tables.trend(book, TODAY).to_dicts()
        month = WINDOWS["month"][0]

        assert len(rows) == 12 and rows[-1]["month"] == month.first
        assert rows[-1]["disbursed_fen"] == TRUTH["disbursed_amount"](month)
        assert rows[-1]["collected_fen"] == TRUTH["collected_amount"](month)
        assert rows[0]["disbursed_fen"] == 0
