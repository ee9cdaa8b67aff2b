"""The clock of the first response, for a frame of leads: as the domain says it, lead by lead."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from loanhub.analytics.response_times import response_times
from loanhub.domain.calendar import shanghai_date
from loanhub.domain.first_response import ResponseRules, response
from loanhub.domain.public_pool import Clock

NATIONAL_DAY = datetime(2026, 9, 29, 6, tzinfo=UTC)
"""Two days before the longest holiday."""


@pytest.mark.parametrize("clock", list(Clock))
@pytest.mark.parametrize("minutes", [1, 120, 540, 3_000])
def test_gives_what_the_domain_gives(clock: Clock, minutes: int) -> None:
    dice = random.Random(minutes)
    off = NATIONAL_DAY.date() + timedelta(days=12)
    rules = ResponseRules(minutes=minutes, clock=clock, overrides={off: False, off + timedelta(days=1): True})
    assigned = [NATIONAL_DAY + timedelta(seconds=dice.randrange(20 * 86_400)) for _ in range(300)]
    due = [response(at, rules).due_at for at in assigned]
    contacted = [
        dice.choice([None, until, until + timedelta(seconds=1), until - timedelta(hours=9)]) for until in due
    ]
    leads = pl.DataFrame(
        {
            "assigned_at": [int(at.timestamp()) for at in assigned],
            "contacted_at": [None if at is None else int(at.timestamp()) for at in contacted],
        },
        schema={"assigned_at": pl.Int64, "contacted_at": pl.Int64},
    )

    found = response_times(leads, rules)

    assert found["due_on"].to_list() == [shanghai_date(until) for until in due]
    in_time = [at is not None and at <= until for at, until in zip(contacted, due, strict=True)]
    assert found["in_time"].to_list() == in_time


def test_no_leads_are_no_fault() -> None:
    none = pl.DataFrame(schema={"assigned_at": pl.Int64, "contacted_at": pl.Int64})

    assert response_times(none, ResponseRules()).height == 0
