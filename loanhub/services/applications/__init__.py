"""Applications 申请与审批: draft, submit with a score, decide by level, queue."""

from loanhub.services.applications._preview import Preview, preview
from loanhub.services.applications._queue import Queue, QueueRow, QueueScope, default_scope, queue
from loanhub.services.applications._shared import checklist
from loanhub.services.applications.decide import decide
from loanhub.services.applications.draft import (
    Saved,
    StaleEdit,
    autosave,
    create,
    edit,
    save_form,
    tick_documents,
    untick_document,
    withdraw,
)
from loanhub.services.applications.facts import facts_for_lead
from loanhub.services.applications.submit import submit
from loanhub.services.applications.view import ApplicationView, open_application

__all__ = [
    "ApplicationView", "Preview", "Queue", "QueueRow", "QueueScope", "Saved", "StaleEdit", "autosave", "checklist",
    "create", "decide", "default_scope", "edit", "facts_for_lead", "open_application", "preview", "queue", "save_form",
    "submit",
    "tick_documents", "untick_document", "withdraw",
]  # fmt: skip
