"""Count what the customers' tags follow from: five grouped queries for any number of customers 客户分层的事实."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.loans import LoanStatus
from loanhub.domain.rfm import LATE_WINDOW_DAYS
from loanhub.models import Customer, Installment, Loan, Payment, Product

CLOSED = (LoanStatus.SETTLED, LoanStatus.SETTLED_EARLY, LoanStatus.WRITTEN_OFF)
_SETTLED = (LoanStatus.SETTLED, LoanStatus.SETTLED_EARLY)
_COLUMNS = {
    "id": pl.Int64, "loans": pl.Int64, "open_loans": pl.Int64, "principal_fen": pl.Int64, "dpd": pl.Int64,
    "first_loan": pl.Date, "last_loan": pl.Date, "last_settled": pl.Date, "next_maturity": pl.Date,
    "settled_early": pl.Int64,
}  # fmt: skip


def read_facts(
    db: Session, today: date, *, ids: Sequence[int] | None = None, window: tuple[int, int] | None = None
) -> pl.DataFrame:
    """Return one row a customer with the columns of ``analytics.customers.tags.FACTS``, as the books stand.

    ids: these customers. window: those whose id lies from the first (inclusive) to the second (exclusive).
    """

    def chosen(column: Any) -> sa.ColumnElement[bool]:
        if ids is not None:
            return sa.and_(column.in_(ids))
        if window is not None:
            return sa.and_(column >= window[0], column < window[1])
        return sa.true()

    people = [
        (row_id, formats.local(seen or made).date())
        for row_id, seen, made in db.execute(
            sa.select(col(Customer.id), col(Customer.last_follow_up_at), col(Customer.created_at)).where(
                col(Customer.deleted_at).is_(None), chosen(col(Customer.id))
            )
        )
    ]
    frame = pl.DataFrame(people, schema={"id": pl.Int64, "last_contact": pl.Date}, orient="row")
    loans = _rows(db, _loans(today).where(chosen(col(Loan.customer_id))), _COLUMNS)
    paid = _rows(db, _payments().where(chosen(col(Loan.customer_id))), {"id": pl.Int64, "last_paid": pl.Date})
    periods = _periods(db, today, chosen(col(Loan.customer_id)))
    joined = frame
    for part in (loans, paid, periods):
        joined = joined.join(part, on="id", how="left")
    numbers = ["loans", "open_loans", "principal_fen", "dpd", "settled_early", "due_periods", "late_periods",
               "early_periods"]  # fmt: skip
    return joined.with_columns(
        *[pl.col(name).fill_null(0) for name in numbers],
        last_money=pl.max_horizontal("last_paid", "last_loan"),
    ).sort("id")


def _rows(db: Session, query: Any, schema: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([tuple(row) for row in db.execute(query)], schema=schema, orient="row")


def _loans(today: date) -> Any:
    owing = col(Loan.status).not_in(CLOSED)
    ahead = sa.and_(owing, col(Loan.maturity_date) >= today)

    def count(condition: Any) -> Any:
        return sa.func.sum(sa.case((condition, 1), else_=0))

    return (
        sa.select(
            col(Loan.customer_id), sa.func.count(), count(owing), sa.func.sum(col(Loan.principal_fen)),
            sa.func.max(sa.case((owing, col(Loan.dpd)), else_=0)), sa.func.min(col(Loan.disbursed_date)),
            sa.func.max(col(Loan.disbursed_date)),
            sa.func.max(sa.case((col(Loan.status).in_(_SETTLED), col(Loan.settled_date)))),
            sa.func.min(sa.case((ahead, col(Loan.maturity_date)))),
            count(col(Loan.status) == LoanStatus.SETTLED_EARLY),
        )
        .where(col(Loan.status) != LoanStatus.PENDING, col(Loan.disbursed_date).is_not(None))
        .group_by(col(Loan.customer_id))
    )  # fmt: skip


def _payments() -> Any:
    undone = sa.select(col(Payment.reverses_id)).where(col(Payment.reverses_id).is_not(None))
    return (
        sa.select(col(Loan.customer_id), sa.func.max(col(Payment.value_date)))
        .join(Payment, col(Payment.loan_id) == col(Loan.id))
        .where(
            col(Payment.kind).in_(("payment", "prepayment", "settlement", "recovery")),
            col(Payment.id).not_in(undone),
        )
        .group_by(col(Loan.customer_id))
    )


def _periods(db: Session, today: date, chosen: sa.ColumnElement[bool]) -> pl.DataFrame:
    """Count installments due, and of those due within a year the late and the early ones.

    Installments of a loan are replaced when its schedule changes, so that every row stored is in force.
    """
    query: Any = (
        sa.select(
            col(Loan.customer_id), col(Installment.due_date), col(Installment.cleared_date),
            sa.func.coalesce(col(Product.grace_days), 0),
        )
        .join(Loan, col(Loan.id) == col(Installment.loan_id))
        .outerjoin(Product, col(Product.id) == col(Loan.product_id))
        .where(
            col(Loan.status) != LoanStatus.PENDING,
            col(Loan.disbursed_date).is_not(None),
            sa.or_(col(Installment.due_date) <= today, col(Installment.cleared_date).is_not(None)),
            chosen,
        )
    )  # fmt: skip
    schema = {"id": pl.Int64, "due": pl.Date, "cleared": pl.Date, "grace": pl.Int64}
    rows = _rows(db, query, schema)
    recent = (pl.col("due") > today - timedelta(days=LATE_WINDOW_DAYS)) & (pl.col("due") <= today)
    last_good = pl.col("due") + pl.duration(days=pl.col("grace"))
    late = recent & (pl.col("cleared").fill_null(today) > last_good)
    early = recent & (pl.col("cleared") < pl.col("due")).fill_null(False)
    return rows.group_by("id").agg(
        due_periods=(pl.col("due") <= today).sum().cast(pl.Int64),
        late_periods=late.sum().cast(pl.Int64),
        early_periods=early.sum().cast(pl.Int64),
    )
