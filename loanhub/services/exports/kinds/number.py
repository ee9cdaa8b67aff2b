"""The records behind a number of the cockpit or of a role's board 数字明细."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime

from loanhub.services._actor import Actor
from loanhub.services.cockpit import Selection
from loanhub.services.cockpit.drill import taken
from loanhub.services.exports._kind import ExportKind, Question, Source
from loanhub.services.exports._numbers import source_of


def _open(actor: Actor, question: Question, now: datetime) -> Source:
    given = question.get("selection")
    known = {one.name for one in fields(Selection)}
    chosen = (
        {key: value for key, value in given.items() if key in known} if isinstance(given, Mapping) else {}
    )
    found = taken(
        actor, str(question.get("code") or ""), selection=Selection(**chosen), by=str(question.get("by") or ""),
        only=str(question.get("only") or ""), now=now,
    )  # fmt: skip
    return source_of(actor, found.entity, found.reading, title=found.title, words=found.words, now=now)


KIND = ExportKind("number", "数字明细", _open)
