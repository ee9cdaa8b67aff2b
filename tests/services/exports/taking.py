"""A list taken away in a test: asked for, fetched as its maker, read as a spreadsheet."""

from __future__ import annotations

import io
from typing import Any

import openpyxl

from loanhub.services import exports, files
from loanhub.services._actor import Actor
from loanhub.services.exports import ExportView
from tests.builders import NOON


def fetched(actor: Actor, made: ExportView, now: Any = NOON) -> bytes:
    """Return the bytes of a finished export."""
    _, pieces = files.open_file(actor, document_id=int(made.href.rpartition("/")[2]), now=now)
    return b"".join(pieces)


def rows_of(content: bytes) -> list[tuple[Any, ...]]:
    """Return the lines of the first sheet: the line above, the head, the rows."""
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    return [tuple(row) for row in sheet.iter_rows(values_only=True)]


def taken(actor: Actor, kind: str, question: dict[str, Any], *, now: Any = NOON, **more: Any) -> list[tuple[Any, ...]]:  # fmt: skip
    """Return the lines of the file an export makes at once."""
    return rows_of(fetched(actor, exports.ask(actor, kind, question, now=now, **more), now))


def board(question: dict[str, Any] | None = None, *, keys: tuple[str, ...], ids: list[int] | None = None) -> dict[str, Any]:  # fmt: skip
    """Return what is asked for of the board of leads."""
    return {"pipeline": "default", "keys": list(keys), "ids": ids or [], **(question or {})}
