"""Files people upload and download 资料: what may come in, who may take it out, and the trace it leaves.

``upload`` checks, cleans, scans and stores; ``open_file`` judges, marks and records. Bytes live in ``services/_storage.py``.
"""

from loanhub.services.files.give import SAME_LOOK_MINUTES, Look, looks_at, open_file, thumbnail
from loanhub.services.files.scan import ScannerAway, ScanState
from loanhub.services.files.types import (
    EXPORT_DAYS,
    EXPORT_KIND,
    IMPORT_KIND,
    STATEMENT_KIND,
    TYPES,
    FileType,
    FileView,
    QuotaReached,
    WrongFile,
    clean_name,
    limit_bytes,
)
from loanhub.services.files.upload import store_generated, store_kept, upload

__all__ = [
    "EXPORT_DAYS", "EXPORT_KIND", "IMPORT_KIND", "SAME_LOOK_MINUTES", "STATEMENT_KIND", "TYPES", "FileType", "FileView",
    "Look", "QuotaReached", "ScanState", "ScannerAway", "WrongFile", "clean_name", "limit_bytes", "looks_at", "open_file",
    "store_generated", "store_kept", "thumbnail", "upload",
]  # fmt: skip
