"""Leaver handover 离职交接: what somebody leaves behind, who gets it, and carrying it out."""

from loanhub.services.handover.kinds import BY_CODE, HISTORY, KINDS, SEATS, Kind
from loanhub.services.handover.look import (
    ONE,
    Line,
    Preview,
    Share,
    open_work,
    preview,
    receivers,
)
from loanhub.services.handover.run import (
    Record,
    WorkMoved,
    hand_over,
    list_handovers,
    summary_of,
    undo,
)

__all__ = [
    "BY_CODE", "HISTORY", "KINDS", "ONE", "SEATS", "Kind", "Line", "Preview", "Record", "Share", "WorkMoved",
    "hand_over", "list_handovers", "open_work", "preview", "receivers", "summary_of", "undo",
]  # fmt: skip
