"""Read the frames of the measures, inside a reader's scope: narrow columns, one query a frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import polars as pl
import sqlalchemy as sa
import sqlalchemy.orm
from sqlmodel import Session, col

from loanhub.domain.applications import ApplicationStatus
from loanhub.domain.formats import local
from loanhub.domain.leads import LeadStatus
from loanhub.domain.loans import LoanStatus
from loanhub.domain.repayment.postings import PostingKind
from loanhub.models import Application, Customer, Lead, Loan, Payment, Pipeline, Stage, StageMove
from loanhub.repositories.scope import Reader, visible_to

CLOSED_LOANS = (LoanStatus.SETTLED, LoanStatus.SETTLED_EARLY, LoanStatus.WRITTEN_OFF)
APPROVED = (ApplicationStatus.APPROVED, ApplicationStatus.CONTRACTED, ApplicationStatus.FUNDED)


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else local(moment).date()


def _frame(rows: Sequence[tuple[Any, ...]], schema: Mapping[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict(schema), orient="row")


def stages(db: Session) -> list[Stage]:
    """Return the stages of the first active board of leads, in order: the steps of the funnel."""
    first = sa.select(sa.func.min(col(Pipeline.id))).where(
        col(Pipeline.entity) == "lead", col(Pipeline.active)
    )
    query = sa.select(Stage).where(col(Stage.pipeline_id) == first.scalar_subquery())
    return list(db.execute(query.order_by(col(Stage.sort), col(Stage.id))).scalars())


def leads_frame(db: Session, reader: Reader, schema: Mapping[str, Any]) -> pl.DataFrame:
    """Return a row a lead with the number of its stage and of the furthest stage ever reached."""
    order = {stage.code: number for number, stage in enumerate(stages(db))}
    number_of = sa.case(order, value=col(StageMove.to_stage), else_=0) if order else sa.literal(0)
    furthest = (
        sa.select(col(StageMove.lead_id), sa.func.max(number_of).label("reached"))
        .group_by(col(StageMove.lead_id))
        .subquery()
    )
    query = (
        sa.select(
            col(Lead.id), col(Lead.created_at), col(Lead.stage_code), furthest.c.reached, col(Lead.channel_code),
            col(Lead.owner_id), col(Lead.cost_fen), col(Lead.status), col(Lead.first_contact_at), col(Lead.city),
        )
        .join(furthest, furthest.c.lead_id == col(Lead.id), isouter=True)
        .where(visible_to(reader, Lead))
    )  # fmt: skip
    rows = []
    for row_id, created, stage, reached, channel, owner, cost, status, contacted, city in db.execute(
        query
    ).all():
        now = order.get(stage, 0)
        rows.append(
            (row_id, _day(created), now, max(now, reached or 0), channel, owner, cost,
             status is not LeadStatus.INVALID, contacted is not None, city)
        )  # fmt: skip
    return _frame(rows, schema)


def customers_frame(db: Session, reader: Reader, schema: Mapping[str, Any]) -> pl.DataFrame:
    """Return a row a customer."""
    query = sa.select(col(Customer.id), col(Customer.created_at)).where(visible_to(reader, Customer))
    return _frame([(row_id, _day(at)) for row_id, at in db.execute(query).all()], schema)


def applications_frame(db: Session, reader: Reader, schema: Mapping[str, Any]) -> pl.DataFrame:
    """Return a row a submitted application."""
    query = sa.select(
        col(Application.id), col(Application.lead_id), col(Application.submitted_at), col(Application.decided_at),
        col(Application.status), col(Application.amount_fen), col(Application.owner_id), col(Application.product_code),
    ).where(visible_to(reader, Application), col(Application.submitted_at).is_not(None))  # fmt: skip
    rows = []
    for row_id, lead, submitted, decided, status, amount, owner, product in db.execute(query).all():
        final = decided is not None and (status in APPROVED or status is ApplicationStatus.REJECTED)
        rows.append(
            (row_id, lead, _day(submitted), _day(decided) if final else None, status in APPROVED,
             status is ApplicationStatus.REJECTED, amount or 0,
             (decided - submitted).total_seconds() / 3600 if final else None, owner, product)
        )  # fmt: skip
    return _frame(rows, schema)


def loans_frame(db: Session, reader: Reader, schema: Mapping[str, Any]) -> pl.DataFrame:
    """Return a row a disbursed own loan."""
    query = (
        sa.select(
            col(Loan.id), col(Application.lead_id), col(Loan.disbursed_date), col(Loan.principal_fen),
            col(Loan.outstanding_principal_fen), col(Loan.dpd), col(Loan.bucket), col(Loan.owner_id),
            col(Loan.product_code), col(Loan.channel_code), col(Loan.status), col(Customer.city),
        )
        .join(Customer, col(Customer.id) == col(Loan.customer_id))
        .join(Application, col(Application.id) == col(Loan.application_id), isouter=True)
        .where(visible_to(reader, Loan), col(Loan.mode) == "own", col(Loan.disbursed_date).is_not(None))
        .where(col(Loan.status) != LoanStatus.PENDING)
    )  # fmt: skip
    rows = [(*values, status not in CLOSED_LOANS, city) for *values, status, city in db.execute(query).all()]
    return _frame(rows, schema)


def payments_frame(db: Session, reader: Reader, schema: Mapping[str, Any]) -> pl.DataFrame:
    """Return a row a repayment of an own loan that stands: reversed ones and their reversals are left out."""
    reversal = sa.orm.aliased(Payment)
    kinds = [kind.value for kind in PostingKind if kind.brings_money]
    taken_back = sa.select(sa.literal(1)).where(col(reversal.reverses_id) == col(Payment.id)).exists()
    query = (
        sa.select(col(Payment.id), col(Payment.loan_id), col(Payment.value_date), col(Payment.amount_fen))
        .join(Loan, col(Loan.id) == col(Payment.loan_id))
        .where(visible_to(reader, Loan), col(Loan.mode) == "own", col(Payment.kind).in_(kinds), ~taken_back)
    )
    return _frame([tuple(row) for row in db.execute(query).all()], schema)
