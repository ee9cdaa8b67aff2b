"""The scorecard against the golden file."""

from decimal import Decimal

import pytest

from loanhub.domain import scorecard
from loanhub.domain.errors import InvalidInput
from loanhub.domain.scorecard import Bin
from tests.golden_cases import differences, golden


@pytest.mark.parametrize(("section", "case"), golden("scorecard"))
def test_scores_evidence_and_points_are_the_golden_ones(section, case):
    assert differences("scorecard", section, case) == []


@pytest.mark.parametrize(
    ("score", "label"), [(640, "低"), (639, "中"), (610, "中"), (609, "高"), (575, "高"), (574, "极高")]
)
def test_bands_begin_at_their_score(score, label):
    assert scorecard.band_of(score).grade.label == label


def test_reasons_are_the_attributes_that_lost_most():
    points = {"credit": 31, "income": 60, "age": 50, "job": 10, "house": 0}
    maximum = {"credit": 100, "income": 70, "age": 50, "job": 40, "house": 5}

    assert scorecard.reason_codes(points, maximum) == ("credit", "job", "income", "house")


def test_an_empty_cell_gets_half_a_one():
    assert scorecard.evidence([Bin("a", 10, 0), Bin("b", 10, 10)])[0].woe > 0


def test_the_same_population_is_stable():
    shares = [Decimal("0.2"), Decimal("0.8")]

    assert scorecard.stability_index(shares, shares) == 0
    assert scorecard.stability_index([Decimal("0.8"), Decimal("0.2")], shares) > Decimal("0.25")


@pytest.mark.parametrize("probability", ["0", "1", "-0.1"])
def test_certainty_has_no_odds(probability):
    with pytest.raises(InvalidInput):
        scorecard.odds_of(Decimal(probability))
