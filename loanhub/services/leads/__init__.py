"""Leads 线索: capture, edit, own, convert, list."""

from loanhub.services.leads._shared import StaleEdit
from loanhub.services.leads.convert import convert
from loanhub.services.leads.create import Created, create
from loanhub.services.leads.edit import close, edit, retag, save_form, tags_of
from loanhub.services.leads.lock import lock, unlock
from loanhub.services.leads.owners import AlreadyClaimed, ClaimRefused, assign, claim, release

__all__ = [
    "AlreadyClaimed", "ClaimRefused", "Created", "StaleEdit", "assign", "claim", "close", "convert", "create",
    "edit", "lock", "release", "retag", "save_form", "tags_of", "unlock",
]  # fmt: skip
