"""Read a bank statement in 导入流水: all of it or nothing, once; then look for the loans its lines belong to."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session

from loanhub.domain.errors import Conflict, NotFound
from loanhub.domain.formats import local
from loanhub.domain.money import format_fen
from loanhub.domain.permissions import Permission
from loanhub.domain.statements import Line, LineStatus, Statement, StatementRefused, read_statement
from loanhub.domain.statements.statement import Problem
from loanhub.models import BankLine, BankStatement, Document
from loanhub.models.encryption import blind_index
from loanhub.repositories import statement_matches as matches
from loanhub.repositories import statements as repository
from loanhub.services import _storage, events
from loanhub.services._actor import Actor
from loanhub.services._numbering import next_number
from loanhub.services._transaction import announce, reading, transaction
from loanhub.services.files import STATEMENT_KIND, clean_name
from loanhub.services.imports import read_rows
from loanhub.services.statements._candidates import Matched, match

CHUNK = 1_000
MATCH_CHUNK = 200
TOPIC = "statements"
Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, and of how many."""


class AlreadyRead(Conflict):
    """This very file was read in before."""

    def __init__(self, number: str, when: str) -> None:
        super().__init__(f"这个文件已经导入过（{number}，{when}），不能重复导入")


class NothingNew(Conflict):
    """Every line of the file is known from earlier statements."""

    def __init__(self, lines: int) -> None:
        super().__init__(f"这份流水的 {lines:,} 笔都已经导入过，没有新的记录")


@dataclass(frozen=True)
class ReadIn:
    """What reading a statement brought: new lines, lines known already, and what was found for them."""

    statement_id: int
    number: str
    layout: str
    lines: int
    known: int
    suggested: int
    booked: int
    warnings: tuple[str, ...]


def read_file(
    actor: Actor, *, file_id: int, now: datetime, progress: Progress = lambda _what, _done, _of: None
) -> ReadIn:
    """Read a statement file the actor uploaded.

    Raises:
        NotFound: no such statement file of the actor's.
        NotPermitted, UnreadableTable, StatementRefused, AlreadyRead, NothingNew: see :func:`read_content`.
    """
    with reading() as db:
        document = db.get(Document, file_id)
        mine = document is not None and document.uploaded_by_id == actor.actor_id
        if document is None or not mine or document.deleted_at is not None or document.kind != STATEMENT_KIND:
            raise NotFound("没有找到这个文件，请重新上传")
        name, digest = document.file_name, document.sha256
    actor.require(Permission.STATEMENTS_IMPORT)
    return read_content(actor, content=_storage.read_all(digest), file_name=name, now=now, progress=progress)


def read_content(
    actor: Actor,
    *,
    content: bytes,
    file_name: str,
    now: datetime,
    progress: Progress = lambda _what, _done, _of: None,
) -> ReadIn:
    """Read a statement from its bytes; every line is stored in one transaction, then matched.

    Raises:
        NotPermitted: the actor lacks statements:import.
        UnreadableTable: not a table that can be opened.
        StatementRefused: a cell, a balance or a transaction id is wrong; all of them are named.
        AlreadyRead: the same file came before. NothingNew: each of its lines did.
    """
    actor.require(Permission.STATEMENTS_IMPORT)
    progress("正在读取文件", 0, 0)
    digest = hashlib.sha256(content).hexdigest()
    with reading() as db:
        _refuse_known(db, digest)
    found = read_statement(read_rows(content, file_name), today=local(now).date())
    progress("正在核对", 0, len(found.lines))
    with transaction() as db:
        stored, known, warnings = _store(db, actor, found, digest, clean_name(file_name), now, progress)
    suggested, booked = look_for_loans(actor, statement_id=stored.id or 0, now=now, progress=progress)
    return ReadIn(
        statement_id=stored.id or 0, number=stored.number, layout=found.layout.label, lines=stored.lines,
        known=known, suggested=suggested, booked=booked, warnings=warnings,
    )  # fmt: skip


def _refuse_known(db: Session, digest: str) -> None:
    earlier = repository.find_by_digest(db, digest)
    if earlier is not None:
        raise AlreadyRead(earlier.number, f"{local(earlier.imported_at):%Y-%m-%d %H:%M}")


def _store(
    db: Session,
    actor: Actor,
    found: Statement,
    digest: str,
    file_name: str,
    now: datetime,
    progress: Progress,
) -> tuple[BankStatement, int, tuple[str, ...]]:
    _refuse_known(db, digest)
    known = repository.known_lines(db, (line.transaction_id for line in found.lines))
    differing = [
        Problem(
            line.row, "流水号", f"流水号 {line.transaction_id} 已导入过，但那一笔的日期或金额不同，请核对"
        )
        for line in found.lines
        if line.transaction_id in known and known[line.transaction_id] != (line.amount_fen, line.day)
    ]
    if differing:
        raise StatementRefused(differing)
    fresh = [line for line in found.lines if line.transaction_id not in known]
    if not fresh:
        raise NothingNew(len(found.lines))
    today = local(now).date()
    statement = BankStatement(
        number=f"LS{today:%Y%m%d}{next_number(db, f'statement:{today:%Y%m%d}'):03d}", layout=found.layout.code,
        file_name=file_name, sha256=digest, account_tail=found.account[-4:], first_date=found.first_day,
        last_date=found.last_day, opening_fen=found.opening_fen, closing_fen=found.closing_fen, lines=len(fresh),
        imported_by_id=actor.actor_id, imported_at=now,
    )  # fmt: skip
    warnings = _continuity(db, statement)
    db.add(statement)
    try:
        db.flush()
        _insert(db, statement.id or 0, fresh, progress)
    except sa.exc.IntegrityError:
        raise Conflict("这份流水刚刚由别人导入，请刷新后查看") from None
    events.record(
        db, actor, "statement.imported", now=now, entity="statement", entity_id=statement.id,
        summary=f"{statement.number} {file_name}：{len(fresh)} 笔，收 {format_fen(found.in_fen)}，支 {format_fen(found.out_fen)}",
        after={"流水": str(len(fresh)), "重复": str(len(known)), "期间": f"{found.first_day} 至 {found.last_day}"},
    )  # fmt: skip
    announce(db, TOPIC, event="statement.imported", id=statement.id)
    return statement, len(known), warnings


def _continuity(db: Session, statement: BankStatement) -> tuple[str, ...]:
    """Return a warning when this statement does not begin where the account's last one ended."""
    if not statement.account_tail or statement.opening_fen is None:
        return ()
    before = repository.find_before(db, statement.account_tail, statement.first_date)
    if before is None or before.closing_fen in (None, statement.opening_fen):
        return ()
    return (
        f"期初余额 {format_fen(statement.opening_fen)} 与上一份 {before.number}（止于 {before.last_date}）的期末 "
        f"{format_fen(before.closing_fen or 0)} 接不上，中间可能还有没导入的流水",
    )


def _insert(db: Session, statement_id: int, lines: Sequence[Line], progress: Progress) -> None:
    for start in range(0, len(lines), CHUNK):
        rows = [
            {
                "statement_id": statement_id, "row": line.row, "transaction_id": line.transaction_id,
                "booked_date": line.day, "amount_fen": line.amount_fen, "balance_fen": line.balance_fen,
                "payer_name": line.party, "payer_account": line.account or None,
                "payer_account_index": account_index(line.account), "payer_account_tail": line.account[-4:],
                "remark": line.remark, "status": LineStatus.UNMATCHED.value, "note": "", "version": 1,
            }
            for line in lines[start : start + CHUNK]
        ]  # fmt: skip
        db.execute(sa.insert(BankLine.__table__), rows)  # type: ignore[attr-defined]
        progress("正在写入", min(len(lines), start + CHUNK), len(lines))


def account_index(account: str) -> str:
    """Return the blind index of a whole account number, of the kind borrowers' cards are indexed by; '' otherwise."""
    return blind_index("bank_card", account) if account and "*" not in account and len(account) >= 8 else ""


def look_for_loans(
    actor: Actor,
    *,
    statement_id: int = 0,
    now: datetime,
    progress: Progress = lambda _what, _done, _of: None,
) -> tuple[int, int]:
    """Look again for the loans of the unmatched lines, of one statement or of all (0): (suggested, booked).

    A line whose money stands in the books already is linked to it, never posted again. A chunk a transaction: cut
    short, the rest is merely not looked at yet.

    Raises:
        NotPermitted: the actor lacks statements:import.
    """
    actor.require(Permission.STATEMENTS_IMPORT)
    suggested = booked = done = 0
    after_id = 0
    while True:
        with transaction() as db:
            ids = repository.list_unmatched_ids(db, statement_id, after_id=after_id, limit=MATCH_CHUNK)
            lines = repository.list_by_ids(db, ids, for_update=True)
            booked += _book_known(db, lines, now=now)
            waiting = [line for line in lines if line.status == LineStatus.UNMATCHED.value]
            taken: set[int] = set()
            for line, found in _in_order(waiting, match(db, actor, waiting)):
                if found.entered is not None and found.entered.id not in taken:
                    taken.add(found.entered.id or 0)
                    _book(line, found.entered.loan_id, found.entered.id, "手工入账在先，同一笔款", now=now)
                    booked += 1
                    continue
                wanted = found.best.loan_id if found.best else None
                suggested += wanted is not None
                if line.loan_id != wanted:
                    line.loan_id = wanted
            if ids:
                announce(db, TOPIC, event="statement.matched", id=statement_id)
        if not ids:
            return suggested, booked
        after_id, done = ids[-1], done + len(ids)
        progress("正在匹配借据", done, 0)


def _in_order(lines: Sequence[BankLine], found: dict[int, Matched]) -> list[tuple[BankLine, Matched]]:
    return [(line, found[line.id or 0]) for line in lines]


def _book_known(db: Session, lines: Sequence[BankLine], *, now: datetime) -> int:
    """Link the lines whose bank id was typed in with a posting or a disbursement; return how many."""
    payments = matches.payments_by_bank_id(db, (line.transaction_id for line in lines))
    loans = matches.loans_by_bank_reference(
        db, (line.transaction_id for line in lines if line.amount_fen < 0)
    )
    count = 0
    for line in lines:
        payment, loan = payments.get(line.transaction_id), loans.get(line.transaction_id)
        if payment is not None and payment.amount_fen == abs(line.amount_fen):
            if matches.find_line_of(db, payment.id or 0) is None:
                _book(line, payment.loan_id, payment.id, _late(payment.value_date, line.booked_date), now=now)
                count += 1
        elif loan is not None and line.amount_fen == -loan.principal_fen:
            _book(line, loan.id, None, "放款流水号相同", now=now)
            count += 1
    return count


def _late(value_date: date, booked_date: date) -> str:
    if value_date == booked_date:
        return "已按这个流水号入账"
    return f"已按这个流水号入账，入账的到账日是 {value_date}，与流水不同，请核对"


def _book(line: BankLine, loan_id: int | None, payment_id: int | None, note: str, *, now: datetime) -> None:
    line.status = LineStatus.BOOKED.value
    line.loan_id, line.payment_id, line.note = loan_id, payment_id, note
    line.decided_at = now
    line.version += 1
