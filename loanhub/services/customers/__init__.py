"""Customers 客户: enter, see whole, edit, reveal, relate, follow up."""

from loanhub.services._clashes import Clash, Saved
from loanhub.services.customers.create import KnownCustomer, create
from loanhub.services.customers.edit import edit, history, save_form, set_next_step
from loanhub.services.customers.follow_up import follow_up
from loanhub.services.customers.relations import list_relations, relate, unrelate
from loanhub.services.customers.reveal import Number, Revealed, RevealLimit, dial, reveal, used_today
from loanhub.services.customers.view import Overview, note_opened, open_record, overview
from loanhub.services.interactions import step_text

__all__ = [
    "Clash", "KnownCustomer", "Number", "Overview", "RevealLimit", "Revealed", "Saved", "create", "dial", "edit", "follow_up", "history",
    "list_relations", "note_opened", "open_record", "overview", "relate", "reveal", "save_form", "set_next_step", "step_text", "unrelate",
    "used_today",
]  # fmt: skip
