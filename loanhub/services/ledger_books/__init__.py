"""The books as a whole 总账: trial balance, journal, and holding a day against the bank before it is signed."""

from loanhub.services.ledger_books.day import (
    CloserPreparedIt,
    DayAlreadyClosed,
    DayBooks,
    DayRow,
    Difference,
    Figure,
    close_day,
    day_books,
    list_days,
)
from loanhub.services.ledger_books.journal import (
    JOURNAL_ROWS,
    JournalLine,
    JournalPage,
    JournalRow,
    journal,
)
from loanhub.services.ledger_books.trial import AccountRow, TrialBalance, trial_balance
from loanhub.services.ledger_books.workbooks import day_workbook, trial_workbook

__all__ = [
    "JOURNAL_ROWS", "AccountRow", "CloserPreparedIt", "DayAlreadyClosed", "DayBooks", "DayRow", "Difference", "Figure",
    "JournalLine", "JournalPage", "JournalRow", "TrialBalance", "close_day", "day_books", "day_workbook", "journal",
    "list_days", "trial_balance", "trial_workbook",
]  # fmt: skip
