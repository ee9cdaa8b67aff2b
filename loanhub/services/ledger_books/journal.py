"""The journal 分录: every balanced transaction with its lines, found by day, account, kind, loan or amount."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from loanhub.domain.formats import local
from loanhub.domain.loans import Account
from loanhub.domain.money import format_plain, parse_fen
from loanhub.domain.permissions import Permission
from loanhub.repositories import ledger as repository
from loanhub.repositories import loans as loan_repository
from loanhub.repositories.ledger import JournalQuery
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.ledger_books.trial import account_label
from loanhub.services.loans.ledger import LEDGER_KINDS

JOURNAL_ROWS = 50


@dataclass(frozen=True)
class JournalLine:
    """One side of a transaction; the amount stands under debit or credit."""

    account: str
    debit: str
    credit: str


@dataclass(frozen=True)
class JournalRow:
    """A transaction with its lines. ``late`` tells that it was written on a later day than its money moved."""

    id: int
    kind: str
    value_date: str
    posted: str
    late: bool
    loan_id: int
    loan_number: str
    note: str
    by: str
    lines: tuple[JournalLine, ...]


@dataclass(frozen=True)
class JournalPage:
    """A page of the journal."""

    rows: tuple[JournalRow, ...]
    total: int
    accounts: tuple[tuple[str, str], ...]
    kinds: tuple[tuple[str, str], ...]


def journal(
    actor: Actor,
    *,
    first: date | None = None,
    last: date | None = None,
    account: str = "",
    kind: str = "",
    text: str = "",
    amount: str = "",
    page: int = 1,
) -> JournalPage:
    """Return a page of the journal (50), newest value date first; dates are inclusive.

    ``text`` is a piece of the loan's number or of the note; ``amount`` one line's amount as typed.

    Raises:
        NotPermitted: the actor lacks ledger:read.
        InvalidInput: naming ``amount``.
    """
    actor.require(Permission.LEDGER_READ)
    asked = JournalQuery(
        first=first, last=last, account=account[:40], kind=kind[:32], text=text.strip()[:40],
        amount_fen=parse_fen(amount) if amount.strip() else 0,
    )  # fmt: skip
    with reading() as db:
        total = repository.count_journal(db, asked)
        found = repository.list_journal(
            db, asked, offset=(max(1, page) - 1) * JOURNAL_ROWS, limit=JOURNAL_ROWS
        )
        lines = repository.entries_of(db, [row.id or 0 for row, _ in found])
        names = loan_repository.names_of_users(db, {row.by_id for row, _ in found if row.by_id})
        rows = tuple(
            JournalRow(
                id=row.id or 0, kind=LEDGER_KINDS.get(row.kind, row.kind), value_date=row.value_date.isoformat(),
                posted=f"{local(row.posted_at):%Y-%m-%d %H:%M}", late=local(row.posted_at).date() > row.value_date,
                loan_id=row.loan_id or 0, loan_number=number, note=row.note, by=names.get(row.by_id or 0, "系统"),
                lines=tuple(
                    JournalLine(
                        account_label(line.account), format_plain(line.debit_fen) if line.debit_fen else "",
                        format_plain(line.credit_fen) if line.credit_fen else "",
                    )
                    for line in lines.get(row.id or 0, [])
                ),
            )
            for row, number in found
        )  # fmt: skip
    return JournalPage(rows, total, tuple(Account.options()), tuple(LEDGER_KINDS.items()))
