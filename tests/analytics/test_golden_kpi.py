"""The given KPI figures, exactly."""

from __future__ import annotations

import json
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from loanhub.analytics.channel import channel_metrics
from loanhub.analytics.risk import first_payment_default, roll_rate
from loanhub.analytics.tables import funnel_steps
from loanhub.domain.money import divide_half_up

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "kpi.json").read_text(encoding="utf-8"))


def as_percent(value: Fraction | None) -> str | None:
    """Return a fraction with two decimals of a percent, as the golden file writes it."""
    if value is None:
        return None
    hundredths = divide_half_up(abs(value.numerator) * 10_000, value.denominator)
    return f"{'-' if value < 0 else ''}{hundredths // 100}.{hundredths % 100:02d}"


def test_every_kind_of_case_is_covered() -> None:
    kinds = {key for key, value in GOLDEN.items() if isinstance(value, list)}

    assert kinds == {"funnel", "channel", "roll_rate", "first_payment_default"}
    assert sum(len(GOLDEN[kind]) for kind in kinds) == GOLDEN["case_count"]


@pytest.mark.parametrize("case", GOLDEN["funnel"])
def test_funnel(case: dict[str, Any]) -> None:
    stages = case["input"]["stages"]

    steps = funnel_steps([stage["count"] for stage in stages])

    shown = [
        {"stage": stage["stage"], "count": step.count, "step_rate_pct": as_percent(step.step_rate),
         "overall_rate_pct": as_percent(step.overall_rate)}
        for stage, step in zip(stages, steps, strict=True)
    ]  # fmt: skip
    assert shown == case["expect"]


@pytest.mark.parametrize("case", GOLDEN["channel"], ids=lambda case: case["input"]["channel"])
def test_channel(case: dict[str, Any]) -> None:
    found = channel_metrics(**{key: value for key, value in case["input"].items() if key != "channel"})

    assert {
        "cost_per_lead_fen": found.cost_per_lead_fen,
        "cost_per_valid_lead_fen": found.cost_per_valid_lead_fen,
        "valid_rate_pct": as_percent(found.valid_rate),
        "lead_conversion_pct": as_percent(found.lead_conversion),
        "cac_fen": found.acquisition_cost_fen,
        "avg_ticket_fen": found.average_ticket_fen,
        "take_rate_pct": as_percent(found.take_rate),
        "roi_pct": as_percent(found.return_on_investment),
    } == case["expect"]


@pytest.mark.parametrize("case", GOLDEN["roll_rate"])
def test_roll_rate(case: dict[str, Any]) -> None:
    rows = roll_rate(pl.DataFrame(case["input"]["loans"]))

    shown = {
        bucket: {
            "loans": row.loans,
            "balance_fen": row.balance_fen,
            "to": {
                to: {"count_pct": as_percent(share.count), "balance_pct": as_percent(share.balance)}
                for to, share in row.to.items()
            },
            "forward_roll_balance_pct": as_percent(row.forward),
        }
        for bucket, row in rows.items()
    }
    assert shown == case["expect"]
    assert list(shown) == list(case["expect"])


@pytest.mark.parametrize("case", GOLDEN["first_payment_default"])
def test_first_payment_default(case: dict[str, Any]) -> None:
    given = case["input"]
    loans = pl.DataFrame(
        [
            (date.fromisoformat(loan["first_due_date"]),
             date.fromisoformat(loan["first_paid_date"]) if loan["first_paid_date"] else None, loan["amount_fen"])
            for loan in given["loans"]
        ],
        schema={"first_due": pl.Date, "first_cleared": pl.Date, "amount_fen": pl.Int64}, orient="row",
    )  # fmt: skip

    found = first_payment_default(loans, as_of=date.fromisoformat(given["as_of"]), days=given["thresholds"])

    assert {
        f"FPD{days}": {"eligible": one.eligible, "bad": one.bad, "count_pct": as_percent(one.share.count),
                       "amount_pct": as_percent(one.share.balance)}
        for days, one in found.items()
    } == case["expect"]  # fmt: skip


def test_an_empty_book_has_no_rates() -> None:
    loans = pl.DataFrame(schema={"first_due": pl.Date, "first_cleared": pl.Date, "amount_fen": pl.Int64})

    found = first_payment_default(loans, as_of=date(2026, 6, 30), days=[7])

    assert found[7].eligible == 0 and found[7].share.count is None and found[7].share.balance is None
