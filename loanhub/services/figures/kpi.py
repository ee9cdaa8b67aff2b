"""kpi.json: funnel, channels, roll rates, first-payment default (README §13)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from loanhub.analytics.channel import channel_metrics
from loanhub.analytics.risk import SETTLED, WRITTEN_OFF, first_payment_default, roll_rate
from loanhub.analytics.tables import funnel_steps
from loanhub.domain.repayment.delinquency import Bucket
from loanhub.services.figures._figures import Figures, Section, as_percent
from loanhub.services.figures._given import Given, Unreadable

_BUCKETS = [bucket.value for bucket in Bucket]
_ENDS = [*_BUCKETS, SETTLED, WRITTEN_OFF]
_CHANNEL = ("cost_fen", "leads", "valid_leads", "funded", "funded_amount_fen", "revenue_fen")


def _funnel(value: Any, _file: Mapping[str, Any]) -> Any:
    given = Given(value)
    stages = []
    for stage in given.objects("stages"):
        stages.append((stage.text("stage"), stage.integer("count")))
        stage.done()
    given.done()
    steps = funnel_steps([count for _, count in stages])
    return [
        {
            "stage": stage,
            "count": step.count,
            "step_rate_pct": as_percent(step.step_rate),
            "overall_rate_pct": as_percent(step.overall_rate),
        }
        for (stage, _), step in zip(stages, steps, strict=True)
    ]


def _channel(value: Any, _file: Mapping[str, Any]) -> Any:
    given = Given(value)
    given.text("channel", "")
    sums = {name: given.integer(name) for name in _CHANNEL}
    given.done()
    found = channel_metrics(**sums)
    return {
        "cost_per_lead_fen": found.cost_per_lead_fen,
        "cost_per_valid_lead_fen": found.cost_per_valid_lead_fen,
        "valid_rate_pct": as_percent(found.valid_rate),
        "lead_conversion_pct": as_percent(found.lead_conversion),
        "cac_fen": found.acquisition_cost_fen,
        "avg_ticket_fen": found.average_ticket_fen,
        "take_rate_pct": as_percent(found.take_rate),
        "roi_pct": as_percent(found.return_on_investment),
    }


def _roll_rate(value: Any, _file: Mapping[str, Any]) -> Any:
    given = Given(value)
    moves = []
    for loan in given.objects("loans"):
        moves.append(
            {
                "from": loan.one_of("from", _BUCKETS),
                "to": loan.one_of("to", _ENDS),
                "balance_fen": loan.integer("balance_fen"),
            }
        )
        loan.done()
    given.done()
    if not moves:
        raise Unreadable(given.path("loans"), "须至少有一笔")
    schema = {"from": pl.String, "to": pl.String, "balance_fen": pl.Int64}
    return {
        bucket: {
            "loans": row.loans,
            "balance_fen": row.balance_fen,
            "to": {
                to: {"count_pct": as_percent(share.count), "balance_pct": as_percent(share.balance)}
                for to, share in row.to.items()
            },
            "forward_roll_balance_pct": as_percent(row.forward),
        }
        for bucket, row in roll_rate(pl.DataFrame(moves, schema=schema)).items()
    }


def _first_payment_default(value: Any, _file: Mapping[str, Any]) -> Any:
    given = Given(value)
    as_of, thresholds = given.day("as_of"), given.integers("thresholds", least=0)
    loans = []
    for loan in given.objects("loans"):
        loans.append(
            (loan.day("first_due_date"), loan.day("first_paid_date", None), loan.integer("amount_fen"))
        )
        loan.done()
    given.done()
    schema = {"first_due": pl.Date, "first_cleared": pl.Date, "amount_fen": pl.Int64}
    found = first_payment_default(
        pl.DataFrame(loans, schema=schema, orient="row"), as_of=as_of, days=thresholds
    )
    return {
        f"FPD{days}": {
            "eligible": one.eligible,
            "bad": one.bad,
            "count_pct": as_percent(one.share.count),
            "amount_pct": as_percent(one.share.balance),
        }
        for days, one in found.items()
    }


FIGURES = Figures(
    code="kpi",
    sections={
        "funnel": Section(answer=_funnel),
        "channel": Section(answer=_channel),
        "roll_rate": Section(answer=_roll_rate),
        "first_payment_default": Section(answer=_first_payment_default),
    },
)
