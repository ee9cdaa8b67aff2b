"""Every golden schedule, row by row, to the fen."""

import json
from pathlib import Path

import pytest

from loanhub.domain.repayment.schedule import build_schedule, regular_payment, totals
from loanhub.domain.repayment.terms import Terms

GOLDEN = Path(__file__).parents[2] / "golden"
CASES = json.loads((GOLDEN / "schedules.json").read_text())["cases"]


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
class TestGoldenSchedules:
    def test_gives_every_row(self, case):
        rows = build_schedule(Terms.parse(case["input"]))

        assert [
            {
                "period": row.period,
                "start_date": row.start_date.isoformat(),
                "due_date": row.due_date.isoformat(),
                "days": row.days,
                "opening_fen": row.opening_fen,
                "principal_fen": row.principal_fen,
                "interest_fen": row.interest_fen,
                "payment_fen": row.payment_fen,
                "closing_fen": row.closing_fen,
            }
            for row in rows
        ] == case["rows"]

    def test_gives_the_totals_and_the_regular_payment(self, case):
        terms = Terms.parse(case["input"])

        summed = totals(build_schedule(terms))

        assert summed.principal_fen == case["totals"]["total_principal_fen"]
        assert summed.interest_fen == case["totals"]["total_interest_fen"]
        assert summed.payment_fen == case["totals"]["total_payment_fen"]
        assert regular_payment(terms) == case["totals"].get("regular_payment_fen")

    def test_survives_being_stored(self, case):
        terms = Terms.parse(case["input"])

        assert Terms.parse(json.loads(json.dumps(terms.as_dict()))) == terms
