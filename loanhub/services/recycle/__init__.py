"""The recycle bin 回收站: what is deleted goes there first, comes back whole, and is cleared after some days."""

from loanhub.services.recycle.bin import (
    ItemView,
    Refused,
    delete,
    list_items,
    put,
    restore,
    taken_back,
)
from loanhub.services.recycle.kinds import KINDS
from loanhub.services.recycle.purge import purge_due

__all__ = [
    "KINDS",
    "ItemView",
    "Refused",
    "delete",
    "list_items",
    "purge_due",
    "put",
    "restore",
    "taken_back",
]
