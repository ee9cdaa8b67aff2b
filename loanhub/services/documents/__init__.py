"""Documents of a customer or application 资料: what is there, what is missing, and what each file is."""

from loanhub.services.documents._checklist import Checklist, Slot, checklist, checklist_of
from loanhub.services.documents._views import DocumentView, list_of, look_of, view_of
from loanhub.services.documents._write import KEEP, attach, remove, review

__all__ = [
    "KEEP",
    "Checklist",
    "DocumentView",
    "Slot",
    "attach",
    "checklist",
    "checklist_of",
    "list_of",
    "look_of",
    "remove",
    "review",
    "view_of",
]
