"""A report's table 报表: every row of it, those too that the page has no room for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice

from loanhub.domain.permissions import Permission
from loanhub.services import reports
from loanhub.services._actor import Actor
from loanhub.services._spreadsheet import Shown, sheet_name
from loanhub.services.exports._kind import PIECE, ExportKind, Question, Source
from loanhub.services.reports.sheets import heads_of, numbers_of


def _open(actor: Actor, question: Question, now: datetime) -> Source:
    table = reports.whole(
        actor, question.get("source") or "", title=str(question.get("title") or ""), now=now
    )
    safe = "".join("_" if mark in '/\\:*?"<>|' else mark for mark in table.title)[:60]

    def pieces() -> Iterator[Sequence[Sequence[Shown]]]:
        rows = numbers_of(table)
        while piece := list(islice(rows, PIECE)):
            yield piece

    return Source(
        title=f"报表「{table.title}」", name=safe, sheet=sheet_name(table.title, set()), line=f"{table.title} · {table.note}",
        head=heads_of(table), total=max(1, len(table.rows)), unit="行", pieces=pieces, needs=(Permission.REPORTS_READ,),
        event="cockpit.exported", entity="cockpit", summary=f"报表「{table.title}」",
    )  # fmt: skip


KIND = ExportKind("report", "报表", _open)
