"""Bank statements 银行流水: read in, matched with loans, decided line by line; money posted at most once each."""

from loanhub.services.statements.claim import (
    Claimed,
    LineDecided,
    Outcome,
    SuggestionChanged,
    accept,
    accept_suggested,
    ignore,
    link,
    undo,
)
from loanhub.services.statements.read_in import (
    TOPIC,
    AlreadyRead,
    NothingNew,
    ReadIn,
    account_index,
    look_for_loans,
    read_content,
    read_file,
)
from loanhub.services.statements.view import (
    PAGE_LINES,
    CandidateRow,
    LineDetail,
    LinePage,
    LineRow,
    StatementRow,
    Tab,
    find_loans,
    line_detail,
    list_lines,
    list_statements,
    preview,
    suggested_ids,
)

__all__ = [
    "PAGE_LINES", "TOPIC", "AlreadyRead", "CandidateRow", "Claimed", "LineDecided", "LineDetail", "LinePage", "LineRow",
    "NothingNew", "Outcome", "ReadIn", "StatementRow", "SuggestionChanged", "Tab", "accept", "accept_suggested",
    "account_index", "find_loans", "ignore", "line_detail", "link", "list_lines", "list_statements", "look_for_loans",
    "preview", "read_content", "read_file", "suggested_ids", "undo",
]  # fmt: skip
