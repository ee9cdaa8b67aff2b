"""The records behind a figure of a report 报表数字明细."""

from __future__ import annotations

from datetime import datetime

from loanhub.services import reports
from loanhub.services._actor import Actor
from loanhub.services.exports._kind import ExportKind, Question, Source
from loanhub.services.exports._numbers import source_of


def _open(actor: Actor, question: Question, now: datetime) -> Source:
    row = tuple(str(one) for one in question.get("row") or ())
    found = reports.taken(
        actor, question.get("source") or "", row=row, column=str(question.get("column") or ""), now=now
    )
    return source_of(actor, found.entity, found.reading, title=found.title, words=found.words, now=now)


KIND = ExportKind("report_number", "报表数字明细", _open)
