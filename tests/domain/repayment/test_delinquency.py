"""Days overdue, buckets and classes."""

from datetime import date

import pytest

from loanhub.domain.repayment.delinquency import (
    Bucket,
    FiveClass,
    Unpaid,
    bucket_of,
    effective_dpd,
    five_class_of,
    raw_dpd,
)
from tests.golden_cases import differences, golden


@pytest.mark.parametrize(("section", "case"), golden("dpd_buckets"))
def test_assesses_every_golden_loan(section, case):
    assert differences("dpd_buckets", section, case) == []


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
