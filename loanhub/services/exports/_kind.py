"""What can be written to a file 可导出的内容: how its rows are found, and who may have them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from loanhub.domain.permissions import Permission
from loanhub.services._actor import Actor
from loanhub.services._spreadsheet import Shown

PIECE = 500
"""Rows read in one transaction: a long export holds nobody up, and can be stopped between two."""
Question = Mapping[str, Any]
"""What was asked for, in JSON: a kind finds the same rows by it in another process."""


@dataclass(frozen=True)
class Source:
    """The rows of one export inside the actor's reach, after every check; nothing long has been read yet.

    title: what the job is called; name: of the file, without its ending; sheet, line: name of the sheet and what stands
    above the head. pieces: the rows, at most :data:`PIECE` at a time, read anew inside the reach of that moment.
    needs: what its reader must still hold when it is fetched. event, entity, summary: what the audit log says.
    """

    title: str
    name: str
    sheet: str
    line: str
    head: Sequence[str]
    total: int
    unit: str
    pieces: Callable[[], Iterator[Sequence[Sequence[Shown]]]]
    needs: tuple[Permission, ...]
    event: str
    entity: str
    summary: str


@dataclass(frozen=True)
class ExportKind:
    """One sort of export; ``open`` raises NotPermitted, NotFound and InvalidInput as its neighbors on the page do.

    wants_reason: whoever takes it away says what for.
    """

    code: str
    label: str
    open: Callable[[Actor, Question, datetime], Source]
    wants_reason: bool = False
