"""The day-end 日终: days overdue, penalties, classes, provisions and status of the whole book, day by day."""

from loanhub.services.day_end._lease import DayEndBusy
from loanhub.services.day_end.months import write_past_months
from loanhub.services.day_end.parked import StillBroken, retry
from loanhub.services.day_end.run import CHUNK, Progress, catch_up, missing_days
from loanhub.services.day_end.view import Line, Overview, ParkedView, RunView, overview

__all__ = [
    "CHUNK", "DayEndBusy", "Line", "Overview", "ParkedView", "Progress", "RunView", "StillBroken", "catch_up",
    "missing_days", "overview", "retry", "write_past_months",
]  # fmt: skip
