"""Recordings that the telephone system keeps are fetched later 取回录音: guarded, retried, once each."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col

from loanhub.channels import fetch
from loanhub.domain.messages import Refused, Temporary, Unknown, retry_at
from loanhub.domain.telephony import LARGEST_RECORDING, RecordingState, sound_type
from loanhub.models import CallRecord
from loanhub.services._transaction import announce, reading, transaction
from loanhub.services.telephony.intake import TOPIC, keep_recording

HELD = timedelta(minutes=2)
"""For how long a worker that fetches one keeps the others away from it."""


def fetch_due(*, now: datetime, most: int = 20) -> int:
    """Fetch the recordings whose time has come; return how many were stored."""
    due = (
        col(CallRecord.recording_state) == RecordingState.WAITING.value, col(CallRecord.recording_at) <= now,
    )  # fmt: skip
    with reading() as db:
        ids = list(db.execute(sa.select(col(CallRecord.id)).where(*due).limit(most)).scalars())
    stored = 0
    for call_id in ids:
        with transaction() as db:
            query = sa.select(CallRecord).where(col(CallRecord.id) == call_id, *due)
            row = db.execute(query.with_for_update(skip_locked=True)).scalar_one_or_none()
            if row is None:
                continue
            row.recording_at, row.recording_tries = now + HELD, row.recording_tries + 1
            url, tries, key = row.recording_url or "", row.recording_tries, row.call_id
        content, reason, again = b"", "", True
        try:
            content = fetch(url, most=LARGEST_RECORDING)
            if not sound_type(content):
                reason, again = "取回的不是录音", False
        except (Temporary, Unknown) as fault:
            reason = str(fault)
        except Refused as fault:
            reason, again = str(fault), False
        with transaction() as db:
            row = db.get(CallRecord, call_id, with_for_update=True)
            if row is None or row.recording_state != RecordingState.WAITING.value:
                continue
            row.version += 1
            announce(db, TOPIC, id=row.id)
            if not reason:
                keep_recording(db, row, content, now=now)
                stored += 1
                continue
            later = retry_at(tries, key, now) if again else None
            row.recording_reason = reason[:200]
            row.recording_at = later or row.recording_at
            if later is None:
                row.recording_state = RecordingState.FAILED.value
    return stored
