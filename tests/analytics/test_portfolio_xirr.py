"""Rates over columns agree with the exact ones, and with the golden cases."""

from __future__ import annotations

import json
import math
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import polars as pl
import pytest

from loanhub.analytics.portfolio.xirr import irr_columns, xirr, xirr_columns
from loanhub.domain.repayment import cost

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "irr_apr.json").read_text())
DAY = date(2026, 1, 15)

Flows = list[tuple[date, int]]


def frame(vectors: list[Flows]) -> pl.DataFrame:
    rows = [(index, day, amount) for index, flows in enumerate(vectors) for day, amount in flows]
    return pl.DataFrame(
        rows, schema={"loan": pl.Int64, "date": pl.Date, "amount_fen": pl.Int64}, orient="row"
    )


def exact(flows: Flows) -> float:
    try:
        return float(cost.xirr(flows))
    except cost.NoRate:
        return math.nan


def same(found: float, wanted: float) -> bool:
    if math.isnan(found) or math.isnan(wanted):
        return math.isnan(found) and math.isnan(wanted)
    return abs(found - wanted) <= 1e-9 * max(1.0, abs(1 + wanted))


def loan_flows(pick: Random) -> Flows:
    """A loan repaid in 1 to 40 parts at any price from far below zero to usury; sometimes with fees on the way."""
    received, parts = pick.randint(10_000, 10**9), pick.randint(1, 40)
    dues = sorted(pick.randint(1, parts * 35) for _ in range(parts))
    paid = int(received * pick.choice((0.5, 0.98, 1.0, 1.02, 1.1, 1.5, 4.0)) / parts)
    flows = [(DAY, received)] + [(DAY + timedelta(days=gap), -paid - pick.randint(0, 99)) for gap in dues]
    if pick.random() < 0.2:
        flows.append((DAY, -pick.randint(0, received // 20)))
    return flows


def test_golden_dated_cases_to_six_decimals_of_a_percent():
    cases = GOLDEN["dated"]
    vectors = [[(date.fromisoformat(day), amount) for day, amount in case["flows"]] for case in cases]
    found = xirr(frame(vectors))["rate"]
    assert [f"{rate * 100:.6f}" for rate in found] == [case["xirr_pct_6"] for case in cases]


@pytest.mark.parametrize("case", GOLDEN["periodic"], ids=lambda case: case["id"])
def test_golden_regular_cases_to_twelve_decimals(case: dict[str, object]):
    flows = case["flows_fen"]
    assert isinstance(flows, list)
    rate = irr_columns([pl.Series([amount]) for amount in flows]).item()
    assert f"{rate:.12f}" == case["irr_per_period"]


def test_random_loans_agree_with_the_exact_rate():
    pick = Random(7)
    vectors = [loan_flows(pick) for _ in range(400)]
    found = xirr(frame(vectors).sample(fraction=1, shuffle=True, seed=1))
    assert found["loan"].to_list() == list(range(len(vectors)))
    wrong = [
        (flows, rate, exact(flows)) for flows, rate in zip(vectors, found["rate"], strict=True)
        if not same(rate, exact(flows))
    ]  # fmt: skip
    assert not wrong, wrong[0]


@pytest.mark.parametrize(
    "flows",
    [
        [(DAY, 100)],
        [(DAY, 0), (DAY + timedelta(days=30), 0)],
        [(DAY, 100), (DAY, -100)],
        [(DAY, 100), (DAY + timedelta(days=30), 50)],
        [(DAY, -100), (DAY + timedelta(days=30), 110)],
        [(DAY, 100_000), (DAY + timedelta(days=100), -1)],
        [(DAY, 100_000), (DAY + timedelta(days=1), -10_000_000)],
    ],
    ids=[
        "never repaid",
        "nothing at all",
        "the same day",
        "only receipts",
        "lent, not borrowed",
        "below",
        "above",
    ],
)
def test_flows_without_a_rate_are_not_a_number(flows: Flows):
    good = [(DAY, 1_000_000), (DAY + timedelta(days=365), -1_100_000)]
    with pytest.raises(cost.NoRate):
        cost.xirr(flows)
    found = xirr(frame([good, flows]))["rate"].to_list()
    assert math.isnan(found[1])
    assert found[0] == pytest.approx(0.1, abs=1e-12)


def test_money_received_again_on_the_way_takes_the_safe_road():
    flows = [(DAY, 500_000), (DAY + timedelta(days=20), -300_000), (DAY + timedelta(days=50), 400_000),
             (DAY + timedelta(days=200), -650_000)]  # fmt: skip
    assert same(xirr(frame([flows]))["rate"].item(), exact(flows))


def test_long_and_dear_loans_do_not_overflow():
    century = [(DAY, 10**14)] + [(DAY + timedelta(days=31 * k), -(10**12)) for k in range(1, 601)]
    usury = [(DAY, 100_000), (DAY + timedelta(days=7), -190_000)]
    found = xirr(frame([century, usury]))["rate"].to_list()
    assert all(same(rate, exact(flows)) for rate, flows in zip(found, (century, usury), strict=True))


def test_regular_flows_agree_with_the_exact_rate():
    pick = Random(8)
    vectors = [[pick.randint(10_000, 10**9)] for _ in range(300)]
    for flows in vectors:
        part = int(flows[0] * pick.choice((0.5, 0.98, 1.0, 1.02, 1.1, 2.0, 90.0)) / 12)
        flows += [-part + pick.choice((0, 0, 0, 3 * part)) for _ in range(12)]
    vectors += [[1200] + [-100] * 12, [0] * 13, [100] + [0] * 12]
    found = irr_columns([pl.Series(column) for column in zip(*vectors, strict=True)])
    for flows, rate in zip(vectors, found, strict=True):
        try:
            wanted = float(cost.irr(flows))
        except cost.NoRate:
            wanted = math.nan
        assert same(rate, wanted), (flows, rate, wanted)
    assert found[-3] == 0.0


def test_no_vectors_have_no_rates():
    assert xirr(frame([])).is_empty()
    assert xirr_columns([], []).is_empty()
    assert irr_columns([]).is_empty()


def test_vectors_of_several_blocks_come_back_in_order():
    count = 70_000
    first, last = pl.zeros(count, dtype=pl.Int64, eager=True), pl.Series([365] * count)
    paid = pl.Series([-1_000_000 - k for k in range(count)])
    rates = xirr_columns([first, last], [pl.Series([1_000_000] * count), paid])
    assert rates.to_list() == pytest.approx([k / 1_000_000 for k in range(count)], abs=1e-11)
    assert Decimal(repr(rates[0])) == 0
