"""Holding a day's books against the bank 日终对账, and signing it 日终确认.

Cash per books is compared with the bank's lines of the day; principal and overpayment per ledger with what the loans
say, loan by loan; postings without a bank line and lines without a posting are listed, and gaps in receipt numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session

from loanhub.domain.errors import Conflict, InvalidInput, NotPermitted
from loanhub.domain.formats import instant, local
from loanhub.domain.loans import Account
from loanhub.domain.money import format_fen, format_plain
from loanhub.domain.permissions import Permission
from loanhub.domain.repayment.postings import PostingKind
from loanhub.models import DayClose
from loanhub.repositories import ledger as repository
from loanhub.repositories import loans as loan_repository
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._numbering import current_number
from loanhub.services._transaction import announce, reading, transaction
from loanhub.services.catalogue import PAYMENT_METHODS
from loanhub.services.loans.ledger import LEDGER_KINDS

SHOWN = 200
"""How many differences of a kind are listed and frozen."""
_RECEIPT = re.compile(r"([A-Z]+[0-9]{8})([0-9]{4,})")


class DayAlreadyClosed(Conflict):
    """The day was signed before; a signature is not given twice."""

    def __init__(self, day: date, by: str) -> None:
        super().__init__(f"{day} 已由{by}确认，不能重复确认；之后的补记会列在当天的对账里")


class CloserPreparedIt(NotPermitted):
    """Maker ≠ checker: who read the bank statement in may not sign the day it covers."""

    def __init__(self) -> None:
        super().__init__("这天的银行流水是你导入的，须由另一位同事确认对账")


@dataclass(frozen=True)
class Figure:
    """Two figures held against each other; ``fits`` when they are equal. Amounts without ¥."""

    code: str
    label: str
    books_label: str
    books: str
    other_label: str
    other: str
    difference: str
    fits: bool
    note: str = ""


@dataclass(frozen=True)
class Difference:
    """One thing that does not fit, down to the loan or the bank line; ``href`` leads there."""

    group: str
    label: str
    subject: str
    text: str
    amount: str
    href: str = ""


@dataclass(frozen=True)
class DayBooks:
    """A day held against the bank. ``closed`` days show the figures as they were signed."""

    day: str
    figures: tuple[Figure, ...]
    differences: tuple[Difference, ...]
    statements: tuple[str, ...]
    closed: bool
    closed_by: str
    closed_at: str
    note: str
    late: tuple[Difference, ...]
    can_close: bool
    cannot: str
    difference_fen: int

    @property
    def fits(self) -> bool:
        """Return whether nothing differs."""
        return not self.differences and all(figure.fits for figure in self.figures)


def day_books(actor: Actor, *, day: date, now: datetime) -> DayBooks:
    """Return the reconciliation of a day.

    Raises:
        NotPermitted: the actor lacks ledger:read.
        InvalidInput: naming ``day``: it has not come yet.
    """
    actor.require(Permission.LEDGER_READ)
    _check_day(day, now)
    with reading() as db:
        return _day(db, actor, day, now=now)


def _check_day(day: date, now: datetime) -> None:
    if day > local(now).date():
        raise InvalidInput(fields={"day": "这一天还没有到"})


def _day(db: Session, actor: Actor, day: date, *, now: datetime) -> DayBooks:
    close = repository.find_close(db, day)
    statements = repository.covered(db, day)
    if close is not None:
        figures = tuple(Figure(**one) for one in _stored(close, "figures"))
        differences = tuple(Difference(**one) for one in _stored(close, "differences"))
        gap = close.difference_fen
    else:
        figures, gap = _figures(db, day, has_statement=bool(statements), now=now)
        differences = _differences(db, day)
    names = loan_repository.names_of_users(
        db, {close.closed_by_id} if close and close.closed_by_id else set()
    )
    cannot = _cannot(actor, close, {row.imported_by_id for row in statements})
    return DayBooks(
        day=day.isoformat(), figures=figures, differences=differences,
        statements=tuple(f"{row.number} {row.file_name}" for row in statements), closed=close is not None,
        closed_by=names.get(close.closed_by_id or 0, "系统") if close else "",
        closed_at=instant(close.closed_at) if close else "", note=close.note if close else "",
        late=_late(db, day, close) if close else (), can_close=not cannot, cannot=cannot, difference_fen=gap,
    )  # fmt: skip


def _stored(close: DayClose, key: str) -> list[dict[str, Any]]:
    found = close.figures.get(key)
    return [dict(one) for one in found] if isinstance(found, list) else []


def _cannot(actor: Actor, close: DayClose | None, importers: set[int | None]) -> str:
    """Return why this reader cannot sign the day; empty when he can."""
    if close is not None:
        return "这天已确认"
    if not actor.can(Permission.LEDGER_CLOSE):
        return "你没有确认日终对账的权限"
    if actor.actor_id in importers:
        return CloserPreparedIt().sentence
    return ""


# ---- figures ----
def _figures(db: Session, day: date, *, has_statement: bool, now: datetime) -> tuple[tuple[Figure, ...], int]:
    books_in, books_out = repository.cash_of_day(db, day)
    bank = repository.bank_of_day(db, day)
    missing = "" if has_statement else "这天还没有导入银行流水"
    relevant_in, relevant_out = bank.in_fen - bank.ignored_in_fen, bank.out_fen - bank.ignored_out_fen
    rows = [
        _figure("cash_in", "当日收款", "账上", books_in, "银行流水", relevant_in, missing or _ignored(bank.ignored_in_fen)),
        _figure("cash_out", "当日付款", "账上", books_out, "银行流水", relevant_out, missing or _ignored(bank.ignored_out_fen)),
    ]  # fmt: skip
    today = local(now).date()
    present = "" if day == today else "按今天的余额比较"
    for code, label, account in (
        ("principal", "贷款本金", Account.LOAN_PRINCIPAL), ("suspense", "溢缴款", Account.SUSPENSE),
    ):  # fmt: skip
        ledger, loans, _ = repository.balance_differences(db, account, limit=1)
        rows.append(_figure(code, label, "总账", ledger, "借据合计", loans, present))
    gap = (books_in - relevant_in) - (books_out - relevant_out)
    return tuple(rows), gap


def _ignored(fen: int) -> str:
    return f"另有无关流水 {format_plain(fen)}" if fen else ""


def _figure(
    code: str, label: str, books_label: str, books: int, other_label: str, other: int, note: str
) -> Figure:
    return Figure(
        code, label, books_label, format_plain(books), other_label, format_plain(other), format_plain(books - other),
        books == other, note,
    )  # fmt: skip


# ---- differences ----
def _differences(db: Session, day: date) -> tuple[Difference, ...]:
    return (
        *_payments(db, day), *_disbursements(db, day), *_open_lines(db, day), *_broken(db, day),
        *_balances(db, Account.LOAN_PRINCIPAL, "principal", "本金不符"),
        *_balances(db, Account.SUSPENSE, "suspense", "溢缴款不符"), *_gaps(db, day),
    )  # fmt: skip


def _payments(db: Session, day: date) -> list[Difference]:
    methods = dict(PAYMENT_METHODS)
    found = []
    for payment, number, name in repository.payments_without_line(db, day, limit=SHOWN):
        out = payment.kind == PostingKind.REFUND.value
        words = f"{number} · {'退款' if out else methods.get(payment.method, payment.method)}"
        if payment.bank_transaction_id:
            words += f" · 流水号 {payment.bank_transaction_id}"
        found.append(
            Difference(
                "payments", "账上有、银行没有", f"{name} {payment.receipt_number}", words,
                format_plain(-payment.amount_fen if out else payment.amount_fen), f"/loans/{payment.loan_id}",
            )
        )  # fmt: skip
    return found


def _disbursements(db: Session, day: date) -> list[Difference]:
    return [
        Difference(
            "payments", "账上有、银行没有", f"{name} 放款", f"{loan.number} · 流水号 {loan.bank_reference or '未填'}",
            format_plain(-loan.principal_fen), f"/loans/{loan.id}",
        )
        for loan, name in repository.disbursements_without_line(db, day, limit=SHOWN)
    ]  # fmt: skip


def _open_lines(db: Session, day: date) -> list[Difference]:
    return [
        Difference(
            "lines", "银行有、账上没有", line.payer_name or "（没有户名）", line.remark or line.transaction_id,
            format_plain(line.amount_fen), f"/statements?line={line.id}",
        )
        for line in repository.open_lines(db, day, limit=SHOWN)
    ]  # fmt: skip


def _broken(db: Session, day: date) -> list[Difference]:
    found = []
    for line, payment, undone, number in repository.broken_links(db, day, limit=SHOWN):
        if undone:
            text = f"{number} · {payment.receipt_number} 已冲正，流水还挂在它上面"
        elif payment.value_date != day:
            text = f"{number} · {payment.receipt_number} 的到账日是 {payment.value_date}"
        else:
            text = f"{number} · {payment.receipt_number} 的金额是 {format_plain(payment.amount_fen)}"
        found.append(
            Difference(
                "links", "对上了但不一致", line.payer_name or line.transaction_id, text, format_plain(line.amount_fen),
                f"/loans/{payment.loan_id}",
            )
        )  # fmt: skip
    return found


def _balances(db: Session, account: Account, group: str, label: str) -> list[Difference]:
    _, _, loans = repository.balance_differences(db, account, limit=SHOWN)
    found = []
    for loan, ledger in loans:
        own = loan.suspense_fen if group == "suspense" else loan.outstanding_principal_fen
        if group == "principal" and loan.written_off_date is not None:
            own = 0
        found.append(
            Difference(
                group, label, loan.number, f"总账 {format_plain(ledger)}，借据 {format_plain(own)}",
                format_plain(ledger - own), f"/loans/{loan.id}",
            )
        )  # fmt: skip
    return found


def _gaps(db: Session, day: date) -> list[Difference]:
    """Return the receipt numbers given out on a day that no posting bears: a row was lost or removed."""
    found = []
    for prefix, name, words in (("SJ", "receipt", "收据"), ("CZ", "reversal", "冲正")):
        stem = f"{prefix}{day:%Y%m%d}"
        used = {
            int(matched[2])
            for number in repository.receipt_numbers(db, stem)
            if (matched := _RECEIPT.fullmatch(number)) and matched[1] == stem
        }
        last = max(current_number(db, f"{name}:{day:%Y%m%d}"), max(used, default=0))
        missing = [number for number in range(1, last + 1) if number not in used]
        found += [
            Difference(
                "numbers", f"{words}编号缺号", f"{stem}{number:04d}", "编号已发出，但没有对应的入账", ""
            )
            for number in missing[:SHOWN]
        ]
    return found


def _late(db: Session, day: date, close: DayClose) -> tuple[Difference, ...]:
    rows = repository.late_entries(db, day, close.closed_at, limit=SHOWN)
    amounts = repository.amounts_of(db, [row.id or 0 for row, _ in rows])
    return tuple(
        Difference(
            "late", LEDGER_KINDS.get(row.kind, row.kind), number or "—", f"{instant(row.posted_at)} 补记 · {row.note}".strip(" ·"),
            format_plain(amounts.get(row.id or 0, 0)), f"/loans/{row.loan_id}" if row.loan_id else "",
        )
        for row, number in rows
    )  # fmt: skip


# ---- sign-off ----
def close_day(actor: Actor, *, day: date, note: str = "", now: datetime) -> DayBooks:
    """Sign a day 日终确认: its figures and differences are frozen as they stand.

    Who read in a statement that covers the day may not sign it. A day that does not fit needs a note that says why.
    Entries into the day that come later change nothing here; they are listed beside.

    Raises:
        NotPermitted: the actor lacks ledger:close, or read the statement in (CloserPreparedIt).
        DayAlreadyClosed: somebody signed it.
        InvalidInput: naming ``day`` or ``note``.
    """
    text = " ".join(note.split())
    with transaction() as db:
        actor.require(Permission.LEDGER_CLOSE)
        actor.require(Permission.LEDGER_READ)
        _check_day(day, now)
        earlier = repository.find_close(db, day)
        if earlier is not None:
            names = loan_repository.names_of_users(
                db, {earlier.closed_by_id} if earlier.closed_by_id else set()
            )
            raise DayAlreadyClosed(day, names.get(earlier.closed_by_id or 0, "系统"))
        books = _day(db, actor, day, now=now)
        if books.cannot:
            raise CloserPreparedIt
        if not books.fits and len(text) < 2:
            raise InvalidInput(fields={"note": "还有差异，写明原因后才能确认（2 到 300 个字）"})
        if len(text) > 300:
            raise InvalidInput(fields={"note": "说明最多 300 个字"})
        close = DayClose(
            business_date=day, difference_fen=books.difference_fen, note=text, closed_by_id=actor.actor_id, closed_at=now,
            figures={
                "figures": [asdict(one) for one in books.figures],
                "differences": [asdict(one) for one in books.differences],
            },
        )  # fmt: skip
        db.add(close)
        try:
            db.flush()
        except sa.exc.IntegrityError:
            raise DayAlreadyClosed(day, "别人") from None
        events.record(
            db, actor, "day.closed", now=now, entity="day_close", entity_id=close.id, reason=text,
            summary=f"{day} {_summary(books.figures)}，{len(books.differences)} 项差异",
        )  # fmt: skip
        announce(db, "ledger", event="day.closed", day=day.isoformat())
        return _day(db, actor, day, now=now)


def _summary(figures: Sequence[Figure]) -> str:
    return "，".join(
        f"{one.label}差 {one.difference}" if not one.fits else f"{one.label}相符" for one in figures
    )


@dataclass(frozen=True)
class DayRow:
    """A signed day in the list."""

    day: str
    difference: str
    fits: bool
    by: str
    at: str
    note: str


def list_days(actor: Actor, *, limit: int = 30) -> list[DayRow]:
    """Return the newest signed days.

    Raises:
        NotPermitted: the actor lacks ledger:read.
    """
    actor.require(Permission.LEDGER_READ)
    with reading() as db:
        rows = repository.list_closes(db, limit=limit)
        names = loan_repository.names_of_users(db, {row.closed_by_id for row in rows if row.closed_by_id})
        return [
            DayRow(
                day=row.business_date.isoformat(), difference=format_fen(row.difference_fen), fits=row.difference_fen == 0,
                by=names.get(row.closed_by_id or 0, "系统"), at=instant(row.closed_at), note=row.note,
            )
            for row in rows
        ]  # fmt: skip
