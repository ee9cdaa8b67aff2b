"""跟进次数."""

from __future__ import annotations

from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures._measure import Measure, Reading, Unit, counted


def compute(book: Book, window: Window) -> Reading:
    """Return the follow-ups made in the window 跟进次数."""
    return counted(book.follow_ups.lazy().filter(window.holds("at")))


MEASURE = Measure(
    code="follow_up_count",
    label="跟进次数",
    unit=Unit.COUNT,
    definition="期内对线索和客户的跟进：电话、微信、短信、拜访、邮件，备注不算；记录现在归谁就算在谁的范围里，按经手人看是谁做的",
    higher_is_better=True,
    entity="follow_up",
    flow=True,
    compute=compute,
    day="at",
)
