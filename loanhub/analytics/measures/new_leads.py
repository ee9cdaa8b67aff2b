"""新增线索."""

from __future__ import annotations

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import Measure, Reading, Unit, counted


def compute(book: Book, window: Window) -> Reading:
    """Return the leads created in the window 新增线索."""
    rows = book.leads.lazy().filter(window.holds("created"))
    return counted(rows)


MEASURE = Measure(
    code="new_leads",
    label="新增线索",
    unit=Unit.COUNT,
    definition="期内新建的线索数，含导入，重复进线不另计",
    higher_is_better=True,
    entity="lead",
    flow=True,
    compute=compute,
    day="created",
)
