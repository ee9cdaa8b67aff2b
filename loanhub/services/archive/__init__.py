"""The archive 资料档案: what is there and what ends, versions, moves, holds, retention, packing.

Others that delete files ask ``may_delete(db, row)`` first: a sentence when a rule forbids it, None when it may be.
"""

from loanhub.services.archive._shared import PRINT_KIND, may_delete, may_purge
from loanhub.services.archive.keep import Kept, references

__all__ = ["PRINT_KIND", "Kept", "may_delete", "may_purge", "references"]
