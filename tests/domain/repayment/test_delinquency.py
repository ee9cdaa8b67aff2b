"""Days overdue, buckets and classes."""

import json
from datetime import date
from pathlib import Path

import pytest

from loanhub.domain.repayment.delinquency import (
    Bucket,
    FiveClass,
    Unpaid,
    assess,
    bucket_of,
    effective_dpd,
    five_class_of,
    raw_dpd,
)

GOLDEN = json.loads((Path(__file__).parents[2] / "golden" / "dpd_buckets.json").read_text())["cases"]


def unpaid(row, as_of):
    paid = [p for p in row["payments"] if date.fromisoformat(p["date"]) <= as_of]
    return Unpaid(
        due_date=date.fromisoformat(row["due_date"]),
        principal_fen=row["principal_fen"] - sum(p["principal_fen"] for p in paid),
        interest_fen=row["interest_fen"] - sum(p["interest_fen"] for p in paid),
    )


@pytest.mark.parametrize("case", GOLDEN, ids=[case["input"]["id"] for case in GOLDEN])
def test_assesses_every_golden_loan(case):
    given, expect = case["input"], case["expect"]
    as_of = date.fromisoformat(given["as_of"])

    found = assess(
        [unpaid(row, as_of) for row in given["installments"]],
        as_of,
        grace_days=given["grace_days"],
        technical_short_overdue=given.get("technical_short_overdue", False),
    )

    assert found.raw_dpd == expect["raw_dpd"]
    assert found.dpd == expect["dpd"]
    assert found.bucket.value == expect["bucket"]
    assert found.is_m3_plus == expect["is_m3_plus"]
    assert found.five_class.label == expect["five_class"]
    assert found.overdue_installments == expect["overdue_installments"]
    assert found.overdue_principal_fen == expect["overdue_principal_fen"]
    assert found.overdue_interest_fen == expect["overdue_interest_fen"]
    assert found.outstanding_principal_fen == expect["outstanding_principal_fen"]


def test_a_small_balance_within_tolerance_is_not_overdue():
    row = Unpaid(due_date=date(2026, 3, 15), principal_fen=100, interest_fen=0)

    assert raw_dpd([row], date(2026, 3, 20), tolerance_fen=100) == 0
    assert raw_dpd([row], date(2026, 3, 20), tolerance_fen=99) == 5


def test_buckets_and_classes_depend_on_the_days_alone():
    assert [bucket_of(days) for days in (0, 1, 30, 31, 90, 91, 180, 181)] == [
        Bucket.M0, Bucket.M1, Bucket.M1, Bucket.M2, Bucket.M3, Bucket.M4, Bucket.M6, Bucket.M7_PLUS,
    ]  # fmt: skip
    assert [effective_dpd(raw, 3) for raw in (0, 3, 4)] == [0, 0, 4]
    shandong = ((FiveClass.NORMAL, 0), (FiveClass.SPECIAL_MENTION, 11), (FiveClass.SUBSTANDARD, 91))
    assert five_class_of(10, floors=shandong) is FiveClass.NORMAL
    assert five_class_of(400, floors=shandong).is_non_performing
