"""The golden stories of two loans: every checkpoint, every allocation, to the fen."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from loanhub.domain.repayment.servicing import Posting, PostingKind, ServicingOptions, replay
from loanhub.domain.repayment.terms import Terms

GOLDEN = Path(__file__).parents[2] / "golden"
STORIES = json.loads((GOLDEN / "ledger_scenarios.json").read_text())["cases"]
CHECKPOINTS = [
    pytest.param(story, checkpoint, id=f"{story['id']}-{checkpoint['after_seq']}-{checkpoint['as_of']}")
    for story in STORIES
    for checkpoint in story["checkpoints"]
]
KINDS = {
    "payment": PostingKind.PAYMENT,
    "reversal": PostingKind.REVERSAL,
    "waive_penalty": PostingKind.WAIVER,
}


def posting(event):
    return Posting(
        sequence=event["seq"],
        kind=KINDS[event["kind"]],
        value_date=date.fromisoformat(event.get("value_date", "2026-05-20")),
        amount_fen=event.get("amount_fen", 0),
        period=event.get("period"),
        reverses=event.get("reverses"),
    )


@pytest.mark.parametrize(("story", "checkpoint"), CHECKPOINTS)
def test_gives_the_state_of_each_checkpoint(story, checkpoint):
    expect = checkpoint["expect"]
    options = ServicingOptions(
        penalty_multiplier=Decimal(story["penalty_multiplier"]), grace_days=story["grace_days"]
    )
    known = [posting(event) for event in story["events"] if event["seq"] <= checkpoint["after_seq"]]

    state = replay(
        Terms.parse(story["loan"]), known, as_of=date.fromisoformat(checkpoint["as_of"]), options=options
    )

    assert state.raw_dpd == expect["raw_dpd"]
    assert state.dpd == expect["dpd"]
    assert state.bucket.value == expect["bucket"]
    assert state.due_penalty_fen == expect["due_penalty_fen"]
    assert state.due_interest_fen == expect["due_interest_fen"]
    assert state.due_principal_fen == expect["due_principal_fen"]
    assert state.outstanding_principal_fen == expect["outstanding_principal_fen"]
    assert state.suspense_fen == expect["overpaid_fen"]
    assert state.received_fen == expect["received_fen"]
    assert str(state.next_open_due_date) == expect["next_open_due_date"]
    assert [
        {"seq": a.sequence, "period": a.period, "component": a.component.value, "amount_fen": a.amount_fen}
        for a in state.allocations
    ] == expect["allocations"]
