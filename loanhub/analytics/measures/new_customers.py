"""新增客户."""

from __future__ import annotations

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import Measure, Reading, Unit, counted


def compute(book: Book, window: Window) -> Reading:
    """Return the customers created in the window 新增客户."""
    return counted(book.customers.lazy().filter(window.holds("created")))


MEASURE = Measure(
    code="new_customers",
    label="新增客户",
    unit=Unit.COUNT,
    definition="期内转为客户或直接新建的客户数",
    higher_is_better=True,
    entity="customer",
    flow=True,
    compute=compute,
    day="created",
)
