"""The bank statements of the demo company: the last days as the bank tells them, and a few lines left to decide."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.calendar import SHANGHAI
from loanhub.domain.loans import LoanStatus
from loanhub.domain.repayment.postings import PostingKind
from loanhub.models import Customer, Installment, Loan, Payment
from loanhub.repositories.statement_matches import INCOMING, standing
from loanhub.services import ledger_books, statements
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading

DAYS = 10
"""How many days the statement reaches back."""
WAITING = 9
"""Repayments that came in and nobody has entered yet."""
OPENING_FEN = 268_000_000
HEAD = (
    "交易日期",
    "交易时间",
    "借方发生额",
    "贷方发生额",
    "余额",
    "对方户名",
    "对方账号",
    "摘要",
    "附言",
    "流水号",
)
OTHERS = (
    (-3_550, "示例银行", "", "手续费", "账户管理费"),
    (-1_280_000, "澄江物业服务有限公司", "1102020000000007788", "转账", "办公室房租"),
    (21_634, "示例银行", "", "结息", "存款利息"),
    (350_000, "钱进来", "6217000000000004321", "转账", "往来款"),
)
"""What passes through the account beside loans: (signed fen, name, account, summary, remark)."""


@dataclass(frozen=True)
class _Move:
    day: date
    minute: int
    fen: int
    name: str
    account: str
    summary: str
    remark: str
    serial: str


def build(maker: Actor, checker: Actor, *, now: datetime, seed: int) -> None:
    """Read in the statement of the last ten days, and let a colleague sign the first of them.

    Two of the lines name their loan, some only their payer; a few belong to no loan at all.
    """
    pick = random.Random(seed)
    today = now.astimezone(SHANGHAI).date()
    with reading() as db:
        moves = [*_booked(db, today, pick), *_waiting(db, today, pick), *_others(today, pick)]
    if not moves:
        return
    moves.sort(key=lambda move: (move.day, move.minute, move.serial))
    statements.read_content(
        maker,
        content=_csv(moves),
        file_name=f"对公账户明细_{moves[0].day:%Y%m%d}-{moves[-1].day:%Y%m%d}.csv",
        now=now,
    )
    _set_aside(maker, now=now)
    first = moves[0].day
    ledger_books.close_day(checker, day=first, note="与网银逐笔核对，往来款待查", now=now)


def _booked(db: Session, today: date, pick: random.Random) -> list[_Move]:
    """Return what the books show already, as the bank saw it."""
    since = today - timedelta(days=DAYS)
    query = (
        sa.select(Payment, Loan, Customer)
        .join(Loan, col(Loan.id) == col(Payment.loan_id))
        .join(Customer, col(Customer.id) == col(Loan.customer_id))
        .where(
            col(Payment.value_date) >= since, col(Payment.value_date) <= today, standing(),
            col(Payment.kind).in_((*INCOMING, PostingKind.REFUND.value)), col(Payment.bank_transaction_id).is_not(None),
        )
    )  # fmt: skip
    found = [
        _Move(
            payment.value_date, pick.randrange(540, 1020), payment.amount_fen if payment.kind in INCOMING else -payment.amount_fen,
            payment.payer_name or customer.name, customer.bank_card or "", "转账", f"{loan.number} 还款",
            payment.bank_transaction_id,
        )
        for payment, loan, customer in db.execute(query).all()
    ]  # fmt: skip
    loans = (
        sa.select(Loan, Customer)
        .join(Customer, col(Customer.id) == col(Loan.customer_id))
        .where(
            col(Loan.disbursed_date) >= since, col(Loan.disbursed_date) <= today, col(Loan.bank_reference) != "",
            col(Loan.status) != LoanStatus.PENDING,
        )
    )  # fmt: skip
    return found + [
        _Move(
            loan.disbursed_date, pick.randrange(540, 1020), -loan.principal_fen, customer.name, customer.bank_card or "",
            "转账", f"{loan.number} 放款", loan.bank_reference,
        )
        for loan, customer in db.execute(loans).all()
    ]  # fmt: skip


def _waiting(db: Session, today: date, pick: random.Random) -> list[_Move]:
    """Return repayments of the last two days that are not in the books yet."""
    query = (
        sa.select(Installment, Loan, Customer)
        .join(Loan, col(Loan.id) == col(Installment.loan_id))
        .join(Customer, col(Customer.id) == col(Loan.customer_id))
        .where(
            col(Installment.cleared_date).is_(None), col(Installment.due_date) >= today - timedelta(days=6),
            col(Installment.due_date) <= today + timedelta(days=9), col(Loan.status).in_((LoanStatus.ACTIVE, LoanStatus.GRACE)),
        )
        .order_by(col(Installment.due_date), col(Installment.id))
    )  # fmt: skip
    found: list[_Move] = []
    used: set[int] = set()
    for row, loan, customer in db.execute(query).all():
        if loan.id in used or len(found) == WAITING:
            continue
        used.add(loan.id)
        place = len(found)
        amount = (
            row.principal_fen
            + row.interest_fen
            + row.fee_fen
            - row.paid_principal_fen
            - row.paid_interest_fen
        )
        name, account, remark = customer.name, customer.bank_card or "", "还款"
        if place == 2:
            name, account, remark = "周美玲", "6228480000000009910", f"代还 {loan.number}"
        elif place == 4:
            account, remark = f"{account[:4]}****{account[-4:]}" if account else "", f"{loan.number} 还款"
        elif place == 6:
            name, account, remark, amount = "李某", "", "贷款", 500_000
        elif place == 7:
            remark, amount = "还贷款，多的先存着", amount + 88_800
        day = today - timedelta(days=place % 2)
        found.append(
            _Move(day, pick.randrange(540, 1020), amount, name, account, "转账", remark, f"LS{day:%Y%m%d}{880_000 + place}")
        )  # fmt: skip
    return found


def _others(today: date, pick: random.Random) -> list[_Move]:
    found = []
    for place, (fen, name, account, summary, remark) in enumerate(OTHERS):
        day = today - timedelta(days=1 + place * 2)
        serial = f"QT{day:%Y%m%d}{pick.randrange(10**6):06d}"
        found.append(_Move(day, pick.randrange(540, 1020), fen, name, account, summary, remark, serial))
    return found


def _csv(moves: Sequence[_Move]) -> bytes:
    lines = ["对公账户明细", "账号：,1102020012345678901", ",".join(HEAD)]
    balance = OPENING_FEN + sum(-move.fen for move in moves if move.fen < 0)
    for move in moves:
        balance += move.fen
        out, into = (_yuan(-move.fen), "") if move.fen < 0 else ("", _yuan(move.fen))
        clock = f"{move.minute // 60:02d}:{move.minute % 60:02d}:00"
        cells = (
            move.day.isoformat(), clock, out, into, _yuan(balance), move.name, move.account, move.summary, move.remark,
            move.serial,
        )  # fmt: skip
        lines.append(",".join(cells))
    return "\r\n".join(lines).encode("gbk", errors="replace")


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def _set_aside(maker: Actor, *, now: datetime) -> None:
    """Decide on what is plainly no repayment."""
    shown = statements.list_lines(maker, tab="unclaimed")
    reasons = {"手续费": "银行手续费", "结息": "存款利息"}
    for row in shown.rows:
        reason = next((text for word, text in reasons.items() if word in row.remark), "")
        if reason:
            statements.ignore(maker, line_id=row.id, reason=reason, now=now)
