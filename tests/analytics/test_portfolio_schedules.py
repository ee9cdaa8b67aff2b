"""Schedules over columns are those of ``build_schedule``, to the fen."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import polars as pl
import pytest

from loanhub.analytics.portfolio._level import level_payments
from loanhub.analytics.portfolio.columns import SCHEDULE_COLUMNS, loan_columns
from loanhub.analytics.portfolio.schedules import BULK_METHODS, build_schedules, build_schedules_of
from loanhub.domain.calendar import HolidayRule
from loanhub.domain.errors import InvalidInput
from loanhub.domain.money import LARGEST_FEN
from loanhub.domain.repayment.methods._level import level_payment
from loanhub.domain.repayment.schedule import build_schedule
from loanhub.domain.repayment.terms import CustomRow, InterestBasis, RateChange, Terms

BASES = list(InterestBasis)


def random_terms(pick: Random, method: str, *, longest: int = 60) -> Terms:
    """Terms of a method: mostly ordinary ones, now and then the largest amount, a rate of many digits or 31 January."""
    principal = pick.choice(
        (pick.randint(100_000, 100_000_000), pick.randint(1, 5_000), pick.randint(1, LARGEST_FEN))
    )
    rate = pick.choice((
        Decimal(pick.randint(1, 3600)) / 10_000, Decimal(pick.randint(0, 10**9)) / 10**9, Decimal(0),
        Decimal(pick.randint(0, 9 * 10**14)) / 10**14, Decimal(pick.randint(1, 500)) / 10**9,
    ))  # fmt: skip
    periods = pick.choice((1, 2, 12, 24, 36, pick.randint(1, longest)))
    more: dict[str, Any] = {}
    if method != "bullet" and pick.random() < 0.5:
        more |= {"repayment_day": pick.randint(1, 31), "min_first_days": pick.choice((0, 15, 31))}
    if method == "balloon":
        more["amortization_periods"] = pick.randint(periods, 600)
    if method == "flat":
        more["flat_monthly_rate"], rate = rate / 12 if pick.random() < 0.5 else rate, Decimal(0)
        more["flat_monthly_rate"] = round(more["flat_monthly_rate"], 12)
    start = date(1990, 1, 1) + timedelta(days=pick.randrange(70_000))
    if method == "bullet" and pick.random() < 0.5:
        more["maturity_date"] = start + timedelta(days=pick.randint(1, 5_000))
    return Terms(
        method=method, principal_fen=principal, disburse_date=start, annual_rate=rate, periods=periods,
        interest_basis=pick.choice(BASES), period_fee_fen=pick.choice((0, 0, 990)), **more,
    )  # fmt: skip


def reference(terms: list[Terms]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            (index, row.period, row.start_date, row.due_date, row.opening_fen, row.principal_fen, row.interest_fen,
             row.fee_fen)
            for index, one in enumerate(terms)
            for row in build_schedule(one)
        ],
        schema=SCHEDULE_COLUMNS, orient="row",
    )  # fmt: skip


@pytest.mark.parametrize("method", BULK_METHODS)
def test_every_row_of_random_loans_equals_the_reference(method: str):
    pick = Random(f"portfolio {method}")
    terms = [random_terms(pick, method) for _ in range(3_400)]
    found = build_schedules(loan_columns(terms), by_loan=True)
    expected = reference(terms)
    assert found.schema == expected.schema
    assert found.equals(expected), (
        found.hstack(expected.rename(lambda n: f"want_{n}"))
        .filter(pl.any_horizontal(pl.col(n) != pl.col(f"want_{n}") for n in SCHEDULE_COLUMNS))
        .head(3)
    )


def test_ordinary_loans_of_the_longest_term_equal_the_reference():
    pick = Random(600)
    terms = [random_terms(pick, method, longest=600) for method in BULK_METHODS for _ in range(25)]
    terms += [
        Terms(method="equal_installment", principal_fen=10**8, disburse_date=date(2024, 1, 31),
              annual_rate=Decimal("0.0435"), periods=600, interest_basis=basis)
        for basis in BASES
    ]  # fmt: skip
    assert build_schedules_of(terms).equals(reference(terms))


def test_level_payments_near_and_on_a_half_fen_round_as_the_exact_one_does():
    """One period at a rate of 100 %·12/n lands on halves; the others are as random as rates come."""
    pick = Random(5)
    cases = [(2 * fen + 1, 6, 1, 1) for fen in range(500)]
    cases += [
        (pick.randint(1, LARGEST_FEN), pick.randint(0, 4 * denominator), denominator, pick.randint(1, 600))
        for denominator in (10, 125, 10_000, 10**6, 10**9, 10**14, 10**17)
        for _ in range(400)
    ]
    columns = [pl.Series(column, dtype=pl.Int64) for column in zip(*cases, strict=True)]
    exact = [level_payment(fen, Fraction(over, under), periods) for fen, over, under, periods in cases]
    assert level_payments(columns[0], columns[1], columns[2], columns[3].cast(pl.Int32)).to_list() == exact


def test_what_columns_cannot_say_comes_from_the_reference():
    start = date(2026, 1, 31)
    plain = {"principal_fen": 1_000_000, "disburse_date": start, "annual_rate": Decimal("0.12"), "periods": 6}
    terms = [
        Terms(method="equal_installment", **plain),
        Terms(method="equal_installment", rate_changes=(RateChange(date(2026, 3, 1), Decimal("0.1")),), **plain),
        Terms(method="interest_only", holiday_rule=HolidayRule.FOLLOWING, **plain),
        Terms(method="equal_principal", elapsed_periods=2, kept_payment_fen=300_000, **plain),
        Terms(method="equal_principal", interest_basis=InterestBasis.ACT_365,
              split_rate_change=RateChange(date(2026, 3, 10), Decimal("0.1")), **plain),
        Terms(method="equal_installment", **plain | {"annual_rate": Decimal("0.1234567890123456789012345")}),
        Terms(method="custom", custom_rows=(CustomRow(date(2026, 5, 1), 1_000_000),), **plain | {"periods": 1}),
    ]  # fmt: skip
    assert build_schedules_of(terms).equals(reference(terms))


def test_terms_a_method_refuses_are_refused_here_as_well():
    terms = Terms(method="balloon", principal_fen=100, disburse_date=date(2026, 1, 1), periods=2)
    with pytest.raises(InvalidInput) as refused:
        build_schedules_of([terms])
    assert "amortization_periods" in refused.value.fields


def test_no_loans_have_no_installments():
    assert build_schedules_of([]).equals(pl.DataFrame(schema=SCHEDULE_COLUMNS))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"method": "custom"}, "custom"), ({"principal_fen": 0}, "principal_fen"), ({"periods": 601}, "periods"),
        ({"rate_numerator": -1}, "rate_numerator"), ({"rate_denominator": 0}, "rate_denominator"),
        ({"repayment_day": 32}, "repayment_day"), ({"disburse_date": date(1980, 1, 1)}, "disburse_date"),
        ({"interest_basis": "act/366"}, "interest_basis"), ({"principal_fen": None}, "principal_fen"),
        ({"method": "balloon"}, "amortization_periods"),
    ],
)  # fmt: skip
def test_columns_that_no_terms_could_hold_are_refused(change: dict[str, Any], named: str):
    good = Terms(method="equal_installment", principal_fen=100, disburse_date=date(2026, 1, 1), periods=2)
    frame = loan_columns([good]).with_columns(**{name: pl.lit(value) for name, value in change.items()})
    with pytest.raises(ValueError, match=named):
        build_schedules(frame)


def test_a_missing_column_is_named():
    with pytest.raises(ValueError, match="principal_fen"):
        build_schedules(pl.DataFrame({"loan": [1]}))


@pytest.mark.parametrize("largest", [7, 2**60])
def test_rows_are_sorted_by_loan_whatever_its_index(largest: int):
    terms = [
        Terms(method=method, principal_fen=1_000_000, disburse_date=date(2026, 1, 1), periods=periods)
        for method, periods in (("interest_only", 2), ("equal_principal", 3), ("bullet", 9))
    ]
    found = build_schedules(loan_columns(terms, [largest, -3, 0]), by_loan=True)
    order = [(-3, 1), (-3, 2), (-3, 3), (0, 1), (largest, 1), (largest, 2)]
    assert list(found.select("loan", "period").iter_rows()) == order
