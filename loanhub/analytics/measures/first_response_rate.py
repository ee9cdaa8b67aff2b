"""首联及时率."""

from __future__ import annotations

import polars as pl

from loanhub.analytics.book import Book, Window, today_of
from loanhub.analytics.measures._measure import How, Measure, Reading, Unit, counted, share
from loanhub.analytics.response_times import response_times


def compute(book: Book, window: Window) -> Reading:
    """Return those contacted before their time was up over those contacted or past it 首联及时率."""
    rows = book.leads.lazy().filter(window.holds("assigned_on") & pl.col("owner").is_not_null())
    judged = response_times(rows.select("id", "assigned_at", "contacted_at").collect(), book.response)
    past = pl.col("contacted_at").is_not_null() | (pl.col("due_on") < today_of(book, window))
    known = judged.filter(past)
    return share(counted(known.filter("in_time")), counted(known))


MEASURE = Measure(
    code="first_response_rate",
    label="首联及时率",
    unit=Unit.RATE,
    definition="期内分到负责人名下的线索中，在首次联系时限内联系上的占比；时限和计时方式见参数，未联系而时限今天才到或还没到的不计",
    higher_is_better=True,
    entity="lead",
    flow=True,
    compute=compute,
    how=How.SHARE,
    day="assigned_on",
)
