"""The stored schedule and allocations of a loan, brought to what its replay says; rows that agree are not touched.

Written as plain rows, not as objects: a posting changes one or two rows of a schedule that may have hundreds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import sqlalchemy as sa
from sqlmodel import Session

from loanhub.domain.repayment.postings import InstallmentState, LoanState
from loanhub.models import Installment, Loan, PaymentAllocation
from loanhub.services.loans._day_columns import fill_rates

_ROWS: sa.Table = Installment.__table__  # type: ignore[attr-defined]
_PARTS: sa.Table = PaymentAllocation.__table__  # type: ignore[attr-defined]
_AGREED = ("period", "due_date", "principal_fen", "interest_fen", "fee_fen")
_RATES = ("penalty_rate", "accrual_rate", "accrual_base")
_CACHED = (
    "paid_principal_fen", "paid_interest_fen", "paid_fee_fen", "paid_penalty_fen", "waived_principal_fen",
    "waived_interest_fen", "waived_fee_fen", "waived_penalty_fen", "penalty_due_fen", "penalty_from_date",
    "last_free_day", "penalty_fixed_fen", "compound_fixed_fen", "cleared_date", *_RATES,
)  # fmt: skip

_SELECT_ROWS = (
    sa.select(_ROWS).where(_ROWS.c.loan_id == sa.bindparam("loan")).order_by(_ROWS.c.due_date, _ROWS.c.period)
)
_UPDATE_ROW = (
    sa.update(_ROWS)
    .where(_ROWS.c.id == sa.bindparam("row_id"))
    .values({name: sa.bindparam(name) for name in _CACHED})
)
_SELECT_PARTS = sa.select(_PARTS).where(_PARTS.c.loan_id == sa.bindparam("loan")).order_by(_PARTS.c.id)
_DELETE_PART = sa.delete(_PARTS).where(_PARTS.c.id == sa.bindparam("row_id"))


def sync_schedule(db: Session, loan: Loan, state: LoanState) -> None:
    """Write the schedule anew when its agreed amounts differ; otherwise only the rows whose caches do."""
    stored = [dict(row) for row in db.execute(_SELECT_ROWS, {"loan": loan.id}).mappings()]
    wanted = [row.installment for row in state.installments]
    if [tuple(row[name] for name in _AGREED) for row in stored] == [
        tuple(getattr(row, name) for name in _AGREED) for row in wanted
    ]:
        changed = []
        for row, found in zip(stored, state.installments, strict=True):
            cached = _cached(found, state, row)
            if any(row[name] != cached[name] for name in _CACHED):
                changed.append({"row_id": row["id"], **cached})
        if changed:
            db.execute(_UPDATE_ROW, changed)
        return
    version = stored[-1]["schedule_version"] + 1 if stored else 1
    if stored:
        db.execute(sa.delete(_ROWS).where(_ROWS.c.loan_id == loan.id))
    db.execute(
        sa.insert(_ROWS),
        [
            {
                "loan_id": loan.id, "schedule_version": version, "start_date": found.installment.start_date,
                "opening_fen": found.installment.opening_fen,
                **{name: getattr(found.installment, name) for name in _AGREED}, **_cached(found, state, {}),
            }
            for found in state.installments
        ],
    )  # fmt: skip


def _cached(found: InstallmentState, state: LoanState, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the cache columns of an installment; the rates it runs on stay when nothing new is known of them."""
    rates = SimpleNamespace(**{name: row.get(name) for name in _RATES})
    fill_rates(cast(Installment, rates), found, state)
    return {
        "paid_principal_fen": found.paid.principal_fen,
        "paid_interest_fen": found.paid.interest_fen,
        "paid_fee_fen": found.paid.fee_fen,
        "paid_penalty_fen": found.paid.penalty_fen + found.paid.compound_fen,
        "waived_principal_fen": found.waived.principal_fen,
        "waived_interest_fen": found.waived.interest_fen,
        "waived_fee_fen": found.waived.fee_fen,
        "waived_penalty_fen": found.waived.penalty_fen + found.waived.compound_fen,
        "penalty_due_fen": found.penalty_accrued_fen + found.compound_accrued_fen,
        "penalty_from_date": found.penalty_from_date,
        "last_free_day": found.last_free_day,
        "penalty_fixed_fen": found.penalty_fixed_fen,
        "compound_fixed_fen": found.compound_fixed_fen,
        "cleared_date": found.cleared_date,
        **vars(rates),
    }


def sync_allocations(
    db: Session, loan: Loan, state: LoanState, payment_ids: Mapping[int, int | None]
) -> None:
    """Delete the allocations that the replay no longer makes and insert those that are new."""
    wanted = Counter(
        (payment_ids.get(part.sequence), part.period, part.component.value, part.amount_fen, part.value_date)
        for part in state.allocations
    )
    gone = []
    for row in db.execute(_SELECT_PARTS, {"loan": loan.id}).mappings():
        key = (row["payment_id"], row["period"], row["component"], row["amount_fen"], row["value_date"])
        if wanted[key] > 0:
            wanted[key] -= 1
        else:
            gone.append({"row_id": row["id"]})
    if gone:
        db.execute(_DELETE_PART, gone)
    fresh = [
        {
            "loan_id": loan.id, "payment_id": payment_id, "period": period, "component": component,
            "amount_fen": amount_fen, "value_date": value_date,
        }
        for (payment_id, period, component, amount_fen, value_date), times in wanted.items()
        for _ in range(times)
    ]  # fmt: skip
    if fresh:
        db.execute(sa.insert(_PARTS), fresh)
