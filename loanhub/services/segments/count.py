"""The daily count of every segment 分群走势, over the whole firm."""

from __future__ import annotations

from datetime import datetime

import structlog

from loanhub.domain import criteria as language
from loanhub.domain.errors import InvalidInput
from loanhub.domain.formats import local
from loanhub.repositories import segments as repository
from loanhub.services import catalogue as catalogues
from loanhub.services._actor import SYSTEM
from loanhub.services._segments import ENTITY
from loanhub.services._transaction import reading, transaction
from loanhub.services.segments._shared import where_of

log = structlog.get_logger(__name__)


def count_day(*, now: datetime) -> int:
    """Count every segment not yet counted on the day of ``now`` in Shanghai; return how many were.

    The firm's figures, as the system sees them. Only who sees every customer is shown them: for others they would tell
    how many there are beyond their scope. One transaction a segment, so that a long count holds nothing up.
    """
    day = local(now).date()
    with reading() as db:
        segments = repository.list_all(db)
        counted = repository.counts_of(db, [one.id or 0 for one in segments], day)
    done = 0
    for segment in segments:
        if segment.id in counted:
            continue
        with reading() as db:
            try:
                node = language.parse(segment.criteria, catalogues.current(db), ENTITY)
                members = repository.count(db, where_of(db, SYSTEM, node, now))
            except InvalidInput:
                # Its field is gone from the catalogue; the page of the segment says so.
                log.warning("segment_not_counted", segment=segment.id)
                continue
        with transaction() as db:
            repository.store_count(db, segment, day, members, now=now)
        done += 1
    return done
