"""Every measure and table against an independent query of the same rows, on both databases."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import polars as pl
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.analytics import book as frames
from loanhub.analytics import tables
from loanhub.analytics.book import Book
from loanhub.analytics.measures import FRAMES, How, breakdown, dimensions_of, measures
from loanhub.domain.permissions import RoleCode
from loanhub.domain.pipelines import DEFAULT_STAGES
from loanhub.models import Customer, Lead, Loan, User
from loanhub.services._actor import SYSTEM
from loanhub.services._transaction import reading, transaction
from loanhub.services.cockpit import keeper
from tests.analytics.asked import OWN, between, dated, total
from tests.analytics.random_book import fill
from tests.analytics.truth import TRUTH
from tests.builders import NOON, TODAY, make_company, make_user
from tests.copies import made_once


@pytest.fixture
def book(database: Engine) -> Book:
    made_once("a book to measure", _fill)
    return keeper().of(SYSTEM)


def _fill() -> None:
    make_company()
    fill([make_user(RoleCode.SALES), make_user(RoleCode.SALES, team="华东二组")])
    with transaction() as db:
        db.execute(sa.update(User).values(created_at=NOON - timedelta(days=45)))


WINDOWS = {code: frames.period(code, TODAY) for (code,) in (("day",), ("week",), ("month",), ("quarter",))}


class TestMeasures:
    def test_each_has_a_query_to_be_checked_against(self) -> None:
        assert set(TRUTH) == set(measures())

    def test_each_gives_what_the_query_gives(self, book: Book) -> None:
        for code, measure in measures().items():
            for period, windows in WINDOWS.items():
                for window in windows:
                    assert measure.compute(book, window).value == TRUTH[code](window), (code, period)

    @pytest.mark.parametrize("seed", [11, 2026, 90210])
    def test_on_other_books_too(self, sqlite_database: Engine, seed: int) -> None:
        make_company()
        fill([make_user(RoleCode.SALES), make_user(RoleCode.SALES, team="华东二组")], seed=seed, leads=30)
        book = keeper().of(SYSTEM)
        for code, measure in measures().items():
            for window in (*WINDOWS["month"], WINDOWS["quarter"][0]):
                assert measure.compute(book, window).value == TRUTH[code](window), (seed, code)

    def test_each_is_the_sum_of_its_records(self, book: Book) -> None:
        for code, measure in measures().items():
            result = measure.compute(book, WINDOWS["quarter"][0])

            assert result.value, code
            assert result.rows["id"].is_unique().all(), code
            scale = 60 if measure.unit.value == "hours" else 1
            if measure.how in (How.SHARE, How.MEAN):
                assert Fraction(result.total, (result.base or 0) * scale) == result.value, code
            elif measure.how is How.SUM:
                assert result.total == result.value and result.base is None, code
            if result.base_rows is not None:
                assert result.base == result.base_rows["part"].sum(), code
                assert set(result.base_rows["id"]) <= set(getattr(book, FRAMES[measure.entity])["id"]), code


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


class TestBreakdown:
    def test_the_groups_of_every_dimension_add_up_to_the_number(self, book: Book) -> None:
        window = WINDOWS["quarter"][0]
        for code, measure in measures().items():
            result = measure.compute(book, window)
            for dimension in dimensions_of(measure):
                groups = breakdown(measure, book, window, [dimension])

                assert sum(group.total for group in groups) == result.total, (code, dimension)
                assert sum(group.records for group in groups) == result.rows.height, (code, dimension)
                if measure.how in (How.SHARE, How.PER):
                    assert sum(group.base or 0 for group in groups) == result.base, (code, dimension)

    def test_a_group_is_the_measure_of_its_own_records(self, book: Book) -> None:
        measure, window = measures()["approval_rate"], WINDOWS["quarter"][0]

        for group in breakdown(measure, book, window, ["product", "grade"]):
            product, grade = group.keys
            mine = book.applications.filter(
                (pl.col("product") == product) & pl.col("grade").eq_missing(pl.lit(grade, pl.Int64))
            )
            assert measure.compute(replace(book, applications=mine), window).value == group.value

    def test_refuses_a_dimension_the_records_do_not_have(self, book: Book) -> None:
        for code, by in (("approval_rate", ["bucket"]), ("output_per_head", ["owner"]), ("new_leads", [])):
            with pytest.raises(ValueError, match="taken apart"):
                breakdown(measures()[code], book, WINDOWS["month"][0], by)
