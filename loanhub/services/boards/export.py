"""Who may carry the records of a board away as a file 导出; the file itself is written by ``services.exports``."""

from __future__ import annotations

from loanhub.domain.permissions import Permission
from loanhub.services._actor import Actor

NEEDED = {
    "lead": Permission.LEADS_EXPORT,
    "application": Permission.REPORTS_READ,
    "task": Permission.TASKS_EDIT,
    "collection_case": Permission.COLLECTIONS_ASSIGN,
}
"""What it takes to carry a list away, besides reading the board."""
EVENT = {
    "lead": "leads.exported", "application": "applications.exported", "task": "tasks.exported",
    "collection_case": "cases.exported",
}  # fmt: skip


def may_export(actor: Actor, entity: str) -> bool:
    """Return whether this actor may carry the list of a board's records away."""
    return entity in NEEDED and actor.can(NEEDED[entity])
