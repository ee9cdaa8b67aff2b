"""scorecard.json: scores by PDO, and the evidence and points of a feature's bins (README §12)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from loanhub.domain import scorecard
from loanhub.domain.scorecard import Bin, Scale
from loanhub.services.figures._figures import Figures, Section, fixed
from loanhub.services.figures._given import Given, Unreadable

PLACES = 6


def _scale(given: Given) -> Scale:
    scale = Scale(given.decimal("base_score"), given.decimal("base_odds"), given.decimal("pdo"))
    if scale.base_odds <= 0:
        raise Unreadable(given.path("base_odds"), "须大于 0")
    return scale


def _pdo(value: Any, _file: Mapping[str, Any]) -> Any:
    given = Given(value)
    scale, probability, odds = _scale(given), given.decimal("pd", None), given.decimal("odds", None)
    given.done()
    if (probability is None) == (odds is None):
        raise Unreadable(given.path("pd"), "pd 与 odds 须有且只有一个")
    good_to_bad: Decimal = scorecard.odds_of(probability) if odds is None else odds
    return {
        "factor": fixed(scale.factor, PLACES),
        "offset": fixed(scale.offset, PLACES),
        "score_raw": fixed(scale.raw_score(good_to_bad), PLACES),
        "score": scale.score(good_to_bad),
    }


def _bin(given: Given) -> Bin:
    found = Bin(given.text("bin"), given.integer("good"), given.integer("bad"))
    given.done()
    return found


def _woe(value: Any, _file: Mapping[str, Any]) -> Any:
    given = Given(value)
    scale, count = _scale(given), given.integer("n_features", least=1)
    beta, alpha = given.decimal("beta"), given.decimal("alpha")
    given.text("feature", "")
    bins = [_bin(one) for one in given.objects("bins")]
    given.done()
    return {
        "bins": [
            {
                "bin": found.label,
                "woe": fixed(found.woe, PLACES),
                "iv": fixed(found.iv, PLACES),
                "bad_rate_pct": None if found.bad_rate is None else fixed(found.bad_rate * 100, 2),
                "points": scale.points(beta=beta, woe=found.woe, alpha=alpha, feature_count=count),
            }
            for found in scorecard.evidence(bins)
        ],
        "iv_total": fixed(scorecard.information_value(bins), PLACES),
    }


FIGURES = Figures(code="scorecard", sections={"pdo": Section(answer=_pdo), "woe": Section(answer=_woe)})
