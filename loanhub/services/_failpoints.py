"""Places where a test may kill the process 故障点: nothing happens unless the environment names one.

``LOANHUB_FAILPOINT=ledger.after_entries`` kills the process there as ``kill -9`` does: no cleanup, no rollback of
ours. The tests hold against it that what was acknowledged is there once and what was not can be sent again.
"""

from __future__ import annotations

import os
import signal

VARIABLE = "LOANHUB_FAILPOINT"

FAILPOINTS = (
    "key.after_insert",
    "posting.before_payment",
    "posting.after_payment",
    "ledger.after_transaction",
    "ledger.after_entries",
    "ledger.after_proof",
    "posting.after_changes",
    "posting.before_caches",
    "posting.after_caches",
    "posting.after_event",
    "disbursement.after_request",
    "disbursement.after_status",
    "request.after_row",
    "request.after_event",
    "request.after_decision",
    "offer.after_row",
    "delivery.after_insert",
    "delivery.before_commit",
    "day_end.after_lease",
    "day_end.mid_chunk",
    "day_end.before_commit",
    "day_end.after_chunk",
    "day_end.before_finish",
    "collections.before_commit",
    "collections.after_chunk",
    "outbox.after_lease",
    "outbox.after_send",
    "outbox.mid_digest",
    "signing.after_signature",
    "signing.after_certificate",
    "signing.after_bytes",
    "signing.after_document",
    "signing.after_seal",
    "signing.after_fetch",
    "upload_link.after_file",
    "print_batch.after_document",
    "print_batch.after_commit",
    "print_batch.before_finish",
    "export.after_piece",
    "export.before_finish",
    "export.before_commit",
    "report.after_files",
    "report.after_delivery",
    "lead_scores.before_commit",
    "transaction.before_commit",
    "transaction.after_commit",
)
"""Every name in use, in the order a command may pass them."""

reached: list[str] | None = None
"""A list here collects the names passed; only tests set it."""


def failpoint(name: str) -> None:
    """Die here when the environment says so; otherwise return at once."""
    if reached is not None:
        reached.append(name)
    if os.environ.get(VARIABLE) == name:
        os.kill(os.getpid(), signal.SIGKILL)
