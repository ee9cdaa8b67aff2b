"""How the borrowers of the demo company repay: on the day, early, late, too much, not at all."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlmodel import col

from loanhub.domain.calendar import SHANGHAI
from loanhub.domain.permissions import RoleCode
from loanhub.models import Installment
from loanhub.services import loans
from loanhub.services._transaction import reading

if TYPE_CHECKING:
    from loanhub.demo.history import History
    from loanhub.demo.plans import Plan

RANGES = {"M1": (5, 30), "M2": (31, 60), "M3": (61, 90), "M3+": (91, 240)}
"""Days since the oldest unpaid due date, by the bucket a loan is to end in."""


def plan(history: History, what: Plan, loan_id: int) -> None:
    """Plan every payment of a loan up to today."""
    with reading() as db:
        query = (
            sa.select(Installment)
            .where(col(Installment.loan_id) == loan_id)
            .order_by(col(Installment.period))
        )
        rows = list(db.execute(query).scalars())
    due = [row for row in rows if row.due_date <= history.today]
    pick = history.pick
    if what.behavior in RANGES:
        low, high = RANGES[what.behavior]
        ages = [(history.today - row.due_date).days for row in due]
        stop = next((i for i, age in enumerate(ages) if low <= age <= high), len(due) - 1)
        due = due[: max(0, stop)]
    elif what.behavior == "due_today":
        due = [row for row in due if row.due_date < history.today]
    elif what.behavior == "prepaid" and len(due) >= 4:
        keep = pick.randint(3, len(due) - 1)
        due = due[:keep]
        day = due[-1].due_date + timedelta(days=pick.randint(5, 20))
        _at(history, day, lambda now: _settle(history, loan_id, now))
    odd = pick.randrange(len(due)) if due else -1
    for index, row in enumerate(due):
        total = row.principal_fen + row.interest_fen + row.fee_fen
        day = row.due_date
        if what.behavior == "early":
            day -= timedelta(days=pick.randint(1, 3))
        elif what.behavior == "late_days" and index % 3 == 1:
            day += timedelta(days=pick.randint(1, 3) if pick.random() < 0.7 else pick.randint(5, 14))
        elif what.behavior == "partial" and index == odd:
            part = total * 6 // 10
            _at(history, day, lambda now, part=part: _pay(history, what, loan_id, part, now))
            _at(
                history,
                day + timedelta(days=2),
                lambda now, rest=total - part: _pay(history, what, loan_id, rest, now),
            )
            continue
        elif what.behavior == "overpaid" and index == odd:
            total += 10_000
        elif what.behavior == "reversed" and index == odd:
            _at(history, day, lambda now, total=total: _mistake(history, what, loan_id, total, now))
            continue
        late = (day - row.due_date).days > 3
        _at(
            history,
            day,
            lambda now, total=total, late=late: _pay(history, what, loan_id, 0 if late else total, now),
        )


def _at(history: History, day: date, step: object) -> None:
    moment = datetime.combine(day, time(9 + history.pick.randrange(8), history.pick.randrange(60)), SHANGHAI)
    if moment <= history.now:
        history.player.at(moment, step)  # type: ignore[arg-type]


def _pay(history: History, what: Plan, loan_id: int, amount_fen: int, now: datetime) -> int:
    """Post a payment; 0 pays exactly what clears everything due, penalty included."""
    cashier = history.company.staff[RoleCode.FINANCE][0]
    day = now.astimezone(SHANGHAI).date()
    if amount_fen == 0:
        shown = loans.preview_payment(cashier, loan_id=loan_id, amount="", value_date=day, now=now)
        amount_fen = shown.amount_fen
    history.tally.payments += 1
    posted = loans.post(
        cashier, loan_id=loan_id, amount_fen=amount_fen, value_date=day, payer=what.person.name,
        bank_transaction_id=f"HK{day:%Y%m%d}{history.tally.payments:06d}", now=now,
    )  # fmt: skip
    return posted.payment_id


def _mistake(history: History, what: Plan, loan_id: int, total: int, now: datetime) -> None:
    """A wrong entry, taken back by a colleague, and the right one."""
    wrong = _pay(history, what, loan_id, total * 10 // 11, now)
    colleague = history.company.staff[RoleCode.FINANCE][1]
    loans.reverse(
        colleague, payment_id=wrong, reason="金额录错，已与银行回单核对", now=now + timedelta(minutes=40)
    )
    _pay(history, what, loan_id, total, now + timedelta(minutes=50))


def _settle(history: History, loan_id: int, now: datetime) -> None:
    """Pay a loan off early by the quote of the day."""
    cashier = history.company.staff[RoleCode.FINANCE][0]
    day = now.astimezone(SHANGHAI).date()
    shown = loans.preview_payment(
        cashier, loan_id=loan_id, amount="", value_date=day, kind="settlement", now=now
    )
    history.tally.payments += 1
    loans.post(
        cashier, loan_id=loan_id, amount_fen=shown.amount_fen, value_date=day, kind="settlement",
        bank_transaction_id=f"HK{day:%Y%m%d}{history.tally.payments:06d}", now=now,
    )  # fmt: skip
