"""Read the frames of the measures: narrow columns, one query a frame, and which records later events touched.

Nothing is turned into Python objects on the way that the frame does not keep: instants come as seconds, codes
as text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
import sqlalchemy as sa
import sqlalchemy.orm
from sqlmodel import Session, col

from loanhub.domain.applications import ApplicationStatus
from loanhub.domain.leads import LeadStatus
from loanhub.domain.loans import LoanStatus
from loanhub.domain.repayment.allocation import Component
from loanhub.domain.repayment.postings import PostingKind
from loanhub.models import (
    Application,
    Customer,
    Event,
    Installment,
    Lead,
    Loan,
    Payment,
    PaymentAllocation,
    Pipeline,
    Stage,
    StageMove,
)
from loanhub.repositories import _book_around as around
from loanhub.repositories._frames import Schema, day_of, frame, seconds, text, these

CLOSED_LOANS = (LoanStatus.SETTLED, LoanStatus.SETTLED_EARLY, LoanStatus.WRITTEN_OFF)
APPROVED = (ApplicationStatus.APPROVED, ApplicationStatus.CONTRACTED, ApplicationStatus.FUNDED)
REVENUE = (Component.FEE, Component.PENALTY, Component.COMPOUND, Component.INTEREST)
"""What a borrower pays beyond the money lent."""
IDS_A_QUERY = 500


def _codes(*codes: Any) -> list[str]:
    return [code.value for code in codes]


def stages(db: Session) -> list[Stage]:
    """Return the stages of the first active board of leads, in order: the steps of the funnel."""
    first = sa.select(sa.func.min(col(Pipeline.id))).where(
        col(Pipeline.entity) == "lead", col(Pipeline.active)
    )
    query = sa.select(Stage).where(col(Stage.pipeline_id) == first.scalar_subquery())
    return list(db.execute(query.order_by(col(Stage.sort), col(Stage.id))).scalars())


def read(
    db: Session, name: str, schema: Schema, *, key: str = "id", ids: Sequence[int] | None = None
) -> pl.DataFrame:
    """Return a frame of the book, of the whole company: all rows, or those whose ``key`` is one of ``ids``.

    name: one of the frames of ``analytics.book``. key: ``id``, for loans also ``customer``, or the column that names
    the row it belongs to. schema: the columns wanted, in order, with their types.
    """
    if ids is None:
        return _READERS[name](db, schema, key, None)
    parts = [
        _READERS[name](db, schema, key, ids[at : at + IDS_A_QUERY]) for at in range(0, len(ids), IDS_A_QUERY)
    ]
    return pl.concat(parts) if parts else pl.DataFrame(schema=schema)


def _leads(db: Session, schema: Schema, key: str, ids: Sequence[int] | None) -> pl.DataFrame:
    """Return a row a lead, with the number of its stage and of the furthest one ever reached."""
    order = {stage.code: number for number, stage in enumerate(stages(db))}

    def number_of(column: Any) -> Any:
        return sa.case(order, value=column, else_=0) if order else sa.literal(0)

    furthest = (
        sa.select(col(StageMove.lead_id), sa.func.max(number_of(col(StageMove.to_stage))).label("reached"))
        .where(these(col(StageMove.lead_id), ids))
        .group_by(col(StageMove.lead_id))
        .subquery()
    )
    query = (
        sa.select(
            col(Lead.id), seconds(col(Lead.created_at)), number_of(col(Lead.stage_code)), furthest.c.reached,
            col(Lead.channel_code), col(Lead.owner_id), col(Lead.cost_fen), text(col(Lead.status)),
            seconds(col(Lead.first_contact_at)), col(Lead.city), col(Lead.department_id), col(Lead.product_code),
            sa.func.coalesce(text(col(Lead.lost_reason)), text(col(Lead.invalid_reason)), ""),
            seconds(col(Lead.assigned_at)),
        )
        .join(furthest, furthest.c.lead_id == col(Lead.id), isouter=True)
        .where(these(col(Lead.id), ids), col(Lead.deleted_at).is_(None))
    )  # fmt: skip
    whole = pl.Int64
    raw = frame(db, query, {"id": whole, "created": whole, "stage": whole, "moved": whole, "channel": pl.String,
                             "owner": whole, "cost_fen": whole, "status": pl.String, "contacted": whole,
                             "city": pl.String, "department": whole, "product": pl.String, "reason": pl.String,
                             "assigned": whole})  # fmt: skip
    return raw.with_columns(
        created=day_of("created"),
        assigned=pl.col("assigned").is_not_null(),
        reached=pl.max_horizontal("stage", pl.col("moved").fill_null(0)),
        valid=pl.col("status") != LeadStatus.INVALID.value,
        contacted=pl.col("contacted").is_not_null(),
        assigned_on=day_of("assigned"),
        assigned_at=pl.col("assigned"),
        contacted_at=pl.col("contacted"),
    ).select(schema.keys())


def _customers(db: Session, schema: Schema, key: str, ids: Sequence[int] | None) -> pl.DataFrame:
    """Return a row a customer."""
    query = sa.select(
        col(Customer.id), seconds(col(Customer.created_at)), col(Customer.owner_id), col(Customer.department_id),
        col(Customer.manager_id), col(Customer.channel_code), col(Customer.city),
    ).where(these(col(Customer.id), ids), col(Customer.deleted_at).is_(None))  # fmt: skip
    raw = frame(db, query, {**schema, "created": pl.Int64})
    return raw.with_columns(created=day_of("created"))


def _applications(db: Session, schema: Schema, key: str, ids: Sequence[int] | None) -> pl.DataFrame:
    """Return a row an application that was ever submitted."""
    query = sa.select(
        col(Application.id),
        col(Application.lead_id),
        seconds(col(Application.submitted_at)),
        seconds(col(Application.decided_at)),
        text(col(Application.status)),
        col(Application.amount_fen),
        col(Application.owner_id),
        col(Application.product_code),
        col(Application.department_id),
        sa.func.coalesce(col(Application.approved_amount_fen), col(Application.amount_fen)),
        col(Application.risk_grade),
        sa.func.coalesce(col(Lead.channel_code), ""),
    ).join(Lead, col(Lead.id) == col(Application.lead_id), isouter=True)
    query = query.where(these(col(Application.id), ids), col(Application.submitted_at).is_not(None))  # fmt: skip
    raw = frame(db, query, {"id": pl.Int64, "lead": pl.Int64, "from": pl.Int64, "to": pl.Int64, "status": pl.String,
                             "amount_fen": pl.Int64, "owner": pl.Int64, "product": pl.String,
                             "department": pl.Int64, "approved_fen": pl.Int64, "grade": pl.Int64,
                             "channel": pl.String})  # fmt: skip
    approved = pl.col("status").is_in(_codes(*APPROVED))
    rejected = pl.col("status") == ApplicationStatus.REJECTED.value
    final = pl.when((approved | rejected) & pl.col("to").is_not_null())
    return raw.with_columns(
        submitted=day_of("from"),
        decided=final.then(day_of("to")),
        approved=approved,
        rejected=rejected,
        amount_fen=pl.col("amount_fen").fill_null(0),
        approved_fen=pl.when(approved).then(pl.col("approved_fen").fill_null(0)).otherwise(0),
        minutes=final.then((pl.col("to") - pl.col("from")) // 60),
    ).select(schema.keys())


def _loans(db: Session, schema: Schema, key: str, ids: Sequence[int] | None) -> pl.DataFrame:
    """Return a row a disbursed own loan."""
    closed = text(col(Loan.status)).in_(_codes(*CLOSED_LOANS))
    query = (
        sa.select(
            col(Loan.id), col(Application.lead_id), col(Loan.disbursed_date), col(Loan.principal_fen),
            col(Loan.outstanding_principal_fen), col(Loan.dpd), col(Loan.bucket), col(Loan.owner_id),
            col(Loan.product_code), col(Loan.channel_code), sa.case((closed, 0), else_=1), col(Customer.city),
            col(Loan.department_id), col(Loan.customer_id), col(Loan.overdue_principal_fen), col(Loan.five_class),
            col(Loan.provision_fen), col(Loan.suspense_fen), col(Loan.written_off_date), col(Loan.written_off_fen),
            col(Application.risk_grade), col(Loan.first_due_date), col(Installment.cleared_date),
        )
        .join(Customer, col(Customer.id) == col(Loan.customer_id))
        .join(Application, col(Application.id) == col(Loan.application_id), isouter=True)
        .join(
            Installment,
            sa.and_(col(Installment.loan_id) == col(Loan.id), col(Installment.period) == 1),
            isouter=True,
        )
        .where(these(col(Loan.customer_id) if key == "customer" else col(Loan.id), ids), *_LENT)
    )  # fmt: skip
    raw = frame(db, query, {**schema, "open": pl.Int64})
    return raw.with_columns(pl.col("open").cast(pl.Boolean))


_LENT = (
    col(Loan.mode) == "own",
    col(Loan.disbursed_date).is_not(None),
    col(Loan.status) != LoanStatus.PENDING,
)
"""Which loans count: our own, once their money went out."""


def _payments(db: Session, schema: Schema, key: str, ids: Sequence[int] | None) -> pl.DataFrame:
    """Return a row a repayment of an own loan that stands: neither reversed ones nor reversals."""
    reversal = sa.orm.aliased(Payment)
    kinds = [kind.value for kind in PostingKind if kind.brings_money]
    taken_back = sa.select(sa.literal(1)).where(col(reversal.reverses_id) == col(Payment.id)).exists()
    earned = (
        sa.select(
            col(PaymentAllocation.payment_id), sa.func.sum(col(PaymentAllocation.amount_fen)).label("fen")
        )
        .where(col(PaymentAllocation.component).in_(_codes(*REVENUE)))
        .where(these(col(PaymentAllocation.loan_id), ids) if key == "loan" else sa.true())
        .group_by(col(PaymentAllocation.payment_id))
        .subquery()
    )
    query = (
        sa.select(
            col(Payment.id), col(Payment.loan_id), col(Payment.value_date), col(Payment.amount_fen),
            sa.cast(sa.func.coalesce(earned.c.fen, 0), sa.BigInteger), sa.case((col(Payment.kind) == PostingKind.RECOVERY.value, 1), else_=0),
        )
        .join(Loan, col(Loan.id) == col(Payment.loan_id))
        .join(earned, earned.c.payment_id == col(Payment.id), isouter=True)
        .where(these(col(Payment.loan_id) if key == "loan" else col(Payment.id), ids))
        .where(*_LENT, col(Payment.kind).in_(kinds), ~taken_back)
    )  # fmt: skip
    return frame(db, query, {**schema, "recovery": pl.Int64}).with_columns(
        pl.col("recovery").cast(pl.Boolean)
    )


def _moves(db: Session, schema: Schema, key: str, ids: Sequence[int] | None) -> pl.DataFrame:
    """Return a row a stage left, by the number of the stage."""
    order = {stage.code: number for number, stage in enumerate(stages(db))}

    def number_of(column: Any) -> Any:
        return sa.case(order, value=column, else_=0) if order else sa.literal(0)

    query = (
        sa.select(
            col(StageMove.id), col(StageMove.lead_id), number_of(col(StageMove.from_stage)),
            number_of(col(StageMove.to_stage)), seconds(col(StageMove.at)), col(StageMove.stayed_seconds),
        )
        .join(Lead, col(Lead.id) == col(StageMove.lead_id))
        .where(these(col(StageMove.lead_id), ids), col(Lead.deleted_at).is_(None), col(StageMove.from_stage) != "")
    )  # fmt: skip
    return frame(db, query, {**schema, "moved": pl.Int64}).with_columns(moved=day_of("moved"))


_READERS: dict[str, Callable[[Session, Schema, str, Sequence[int] | None], pl.DataFrame]] = {
    "leads": _leads, "customers": _customers, "applications": _applications, "loans": _loans, "payments": _payments,
    "moves": _moves, "cases": around.cases, "promises": around.promises, "contacts": around.contacts,
    "follow_ups": around.follow_ups, "tasks": around.tasks,
    "staff": around.staff, "snapshots": around.snapshots,
}  # fmt: skip


def month_ends(db: Session, schema: Schema, *, since: date) -> pl.DataFrame:
    """Return the month ends from a day on."""
    return around.snapshots(db, schema, "id", None, since=since)


@dataclass(frozen=True)
class Changed:
    """An event as far as the frames care: which records it touched."""

    id: int
    type: str
    entity: str
    entity_id: int | None
    customer_id: int | None
    lead_id: int | None


def newest_event(db: Session) -> int:
    """Return the highest event id; 0 without any."""
    return int(db.execute(sa.select(sa.func.max(col(Event.id)))).scalar() or 0)


def event_mark(db: Session, event_id: int) -> str:
    """Return what tells an event of this database from one of the same number in another; '' when it is not there."""
    row = db.execute(sa.select(col(Event.at), col(Event.type)).where(col(Event.id) == event_id)).first()
    return f"{row[0].isoformat()} {row[1]}" if row else ""


def events_after(db: Session, event_id: int, limit: int) -> list[Changed]:
    """Return the events after this id, oldest first, at most ``limit``."""
    query = (
        sa.select(
            col(Event.id), col(Event.type), col(Event.entity), col(Event.entity_id), col(Event.customer_id),
            col(Event.lead_id),
        )
        .where(col(Event.id) > event_id)
        .order_by(col(Event.id))
        .limit(limit)
    )  # fmt: skip
    return [Changed(*row) for row in db.execute(query)]
