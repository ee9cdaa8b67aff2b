"""Import of leads from a spreadsheet 导入: prepare, run, see the result, undo.

``prepare.create → set_mapping / set_options → preview → run.start → run.run → result.show / undo``.
"""

from loanhub.services.imports._plan import BatchStatus, Duplicates, Ownership
from loanhub.services.imports._sheet import UnreadableTable, read_rows

__all__ = ["BatchStatus", "Duplicates", "Ownership", "UnreadableTable", "read_rows"]
