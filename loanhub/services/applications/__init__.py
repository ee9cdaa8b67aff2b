"""Applications 申请与审批: draft, submit with a score, decide by level, queue."""

from loanhub.services.applications._shared import checklist
from loanhub.services.applications.decide import decide
from loanhub.services.applications.draft import (
    Saved,
    StaleEdit,
    autosave,
    create,
    edit,
    tick_documents,
    untick_document,
    withdraw,
)
from loanhub.services.applications.facts import facts_for_lead
from loanhub.services.applications.submit import submit

__all__ = [
    "Saved", "StaleEdit", "autosave", "checklist", "create", "decide", "edit", "facts_for_lead", "submit", "tick_documents", "untick_document", "withdraw",
]  # fmt: skip
