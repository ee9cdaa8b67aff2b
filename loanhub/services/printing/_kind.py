"""A kind of document that can be made by the many: what it is made of, who may, how one is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session

from loanhub.domain.permissions import Permission
from loanhub.services._actor import Actor

MOST = 2_000
"""Documents of one batch."""


@dataclass(frozen=True)
class Paper:
    """One made document: its bytes, and the contract it is, if it is one.

    What lies in the store already is named by its ``sha256`` and the number of its pages, and need not be read again.
    """

    file_name: str
    content: bytes = b""
    contract_id: int | None = None
    sha256: str = ""
    pages: int = 0


@dataclass(frozen=True)
class Source:
    """What a document is made of, before it is: how the list names it, whose it is, where it is looked at."""

    record_id: int
    label: str
    customer: str
    link: str
    customer_id: int


Make = Callable[[Actor, int, str, datetime], Paper]
"""Makes the document of a record: actor, record, the key that keeps it from being made twice, time."""


@dataclass(frozen=True)
class PaperKind:
    """One kind: ``describe`` names chosen records in the actor's scope, ``find`` chooses those of a span of days.

    ``make`` runs inside the transaction that marks the item done, so that nothing is made twice; ``key`` is the item's own.
    What it refuses is undone on its own: others may have been made in that transaction.
    ``begin`` returns a ``make`` for one batch, whose documents share what is the same for all; without it each is made alone.
    ``dated`` says what the days mean; empty when records are chosen on a page only.
    """

    code: str
    label: str
    permission: Permission
    make: Make
    describe: Callable[[Session, Actor, Sequence[int]], list[Source]]
    find: Callable[[Session, Actor, date, date], list[int]] | None = None
    dated: str = ""
    begin: Callable[[], Make] | None = None
