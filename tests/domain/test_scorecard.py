"""The scorecard against the golden file."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from loanhub.domain import scorecard
from loanhub.domain.errors import InvalidInput
from loanhub.domain.scorecard import Bin, Scale

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "scorecard.json").read_text("utf-8"))
SIX = Decimal("0.000001")


def scale_of(given):
    return Scale(Decimal(given["base_score"]), Decimal(given["base_odds"]), Decimal(given["pdo"]))


@pytest.mark.parametrize(
    "case", GOLDEN["pdo"], ids=lambda c: c["input"].get("pd") or f"odds {c['input']['odds']}"
)
def test_scores_are_the_golden_ones(case):
    scale = scale_of(case["input"])
    pd = case["input"].get("pd")
    odds = scorecard.odds_of(Decimal(pd)) if pd else Decimal(case["input"]["odds"])

    expected = case["expect"]
    assert str(scale.factor.quantize(SIX)) == expected["factor"]
    assert str(scale.offset.quantize(SIX)) == expected["offset"]
    assert str(scale.raw_score(odds).quantize(SIX)) == expected["score_raw"]
    assert scale.score(odds) == expected["score"]


@pytest.mark.parametrize("case", GOLDEN["woe"], ids=lambda c: c["input"]["feature"])
def test_evidence_and_points_are_the_golden_ones(case):
    given = case["input"]
    scale, bins = scale_of(given), [Bin(b["bin"], b["good"], b["bad"]) for b in given["bins"]]

    for found, expected in zip(scorecard.evidence(bins), case["expect"]["bins"], strict=True):
        points = scale.points(
            beta=Decimal(given["beta"]),
            woe=found.woe,
            alpha=Decimal(given["alpha"]),
            feature_count=given["n_features"],
        )
        assert found.label == expected["bin"]
        assert str(found.woe.quantize(SIX)) == expected["woe"]
        assert str(found.iv.quantize(SIX)) == expected["iv"]
        assert str((found.bad_rate * 100).quantize(Decimal("0.01"))) == expected["bad_rate_pct"]
        assert points == expected["points"]
    assert str(scorecard.information_value(bins).quantize(SIX)) == case["expect"]["iv_total"]


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
