"""Import of leads from a spreadsheet 导入: prepare, run, see the result, undo.

``prepare.create → set_mapping / set_options → preview.preview → run.start → run.run → result.show / undo``.
"""

from loanhub.services.imports._plan import BatchStatus, Customers, Duplicates, Ownership
from loanhub.services.imports._sheet import UnreadableTable, read_rows

__all__ = ["BatchStatus", "Customers", "Duplicates", "Ownership", "UnreadableTable", "read_rows"]
