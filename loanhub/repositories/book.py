"""Read the frames of the measures, inside a reader's scope: narrow columns, one query a frame.

Nothing is turned into Python objects on the way that the frame does not keep: instants come as seconds, codes
as text. ``since`` leaves out what no window of the cockpit reaches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

import polars as pl
import sqlalchemy as sa
import sqlalchemy.orm
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import Session, col

from loanhub.domain import formats
from loanhub.domain.applications import ApplicationStatus
from loanhub.domain.leads import LeadStatus
from loanhub.domain.loans import LoanStatus
from loanhub.domain.repayment.postings import PostingKind
from loanhub.models import Application, Customer, Lead, Loan, Payment, Pipeline, Stage, StageMove
from loanhub.repositories.scope import Reader, visible_to

CLOSED_LOANS = (LoanStatus.SETTLED, LoanStatus.SETTLED_EARLY, LoanStatus.WRITTEN_OFF)
APPROVED = (ApplicationStatus.APPROVED, ApplicationStatus.CONTRACTED, ApplicationStatus.FUNDED)
SHANGHAI_SECONDS = 8 * 3600
"""Asia/Shanghai is eight hours ahead all year since 1992."""


class _Epoch(FunctionElement[int]):
    """Whole seconds since 1970 of an instant, on both databases."""

    inherit_cache = True
    type = sa.BigInteger()


@compiles(_Epoch, "sqlite")
def _epoch_on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"CAST(strftime('%s', {compiler.process(element.clauses, **options)}) AS INTEGER)"


@compiles(_Epoch, "postgresql")
def _epoch_on_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return f"CAST(floor(extract(epoch FROM {compiler.process(element.clauses, **options)})) AS BIGINT)"


def _seconds(column: Any) -> Any:
    return _Epoch(column)


def _text(column: Any) -> Any:
    return sa.type_coerce(column, sa.String)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=formats.SHANGHAI).astimezone(UTC)


def _codes(*codes: Any) -> list[str]:
    return [code.value for code in codes]


def _day(column: str) -> pl.Expr:
    """Return the day in Shanghai of a column of seconds."""
    return ((pl.col(column) + SHANGHAI_SECONDS) // 86_400).cast(pl.Int32).cast(pl.Date)


def _frame(db: Session, query: Any, columns: Mapping[str, Any]) -> pl.DataFrame:
    """Return the rows of a query as a frame; one type a selected column."""
    rows = db.execute(query).all()
    values: Sequence[Any] = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    return pl.DataFrame(
        {
            name: pl.Series(name, column, dtype=kind)
            for (name, kind), column in zip(columns.items(), values, strict=True)
        }
    )


def stages(db: Session) -> list[Stage]:
    """Return the stages of the first active board of leads, in order: the steps of the funnel."""
    first = sa.select(sa.func.min(col(Pipeline.id))).where(
        col(Pipeline.entity) == "lead", col(Pipeline.active)
    )
    query = sa.select(Stage).where(col(Stage.pipeline_id) == first.scalar_subquery())
    return list(db.execute(query.order_by(col(Stage.sort), col(Stage.id))).scalars())


def leads_frame(db: Session, reader: Reader, schema: Mapping[str, Any], *, since: date) -> pl.DataFrame:
    """Return a row a lead created since a day, with the number of its stage and of the furthest one ever reached."""
    order = {stage.code: number for number, stage in enumerate(stages(db))}

    def number_of(column: Any) -> Any:
        return sa.case(order, value=column, else_=0) if order else sa.literal(0)

    mine = sa.and_(visible_to(reader, Lead), col(Lead.created_at) >= _midnight(since))
    furthest = (
        sa.select(col(StageMove.lead_id), sa.func.max(number_of(col(StageMove.to_stage))).label("reached"))
        .where(col(StageMove.lead_id).in_(sa.select(col(Lead.id)).where(mine)))
        .group_by(col(StageMove.lead_id))
        .subquery()
    )
    query = (
        sa.select(
            col(Lead.id), _seconds(col(Lead.created_at)), number_of(col(Lead.stage_code)), furthest.c.reached,
            col(Lead.channel_code), col(Lead.owner_id), col(Lead.cost_fen), _text(col(Lead.status)),
            _seconds(col(Lead.first_contact_at)), col(Lead.city),
        )
        .join(furthest, furthest.c.lead_id == col(Lead.id), isouter=True)
        .where(mine)
    )  # fmt: skip
    whole = pl.Int64
    raw = _frame(db, query, {"id": whole, "created": whole, "stage": whole, "moved": whole, "channel": pl.String,
                             "owner": whole, "cost_fen": whole, "status": pl.String, "contacted": whole,
                             "city": pl.String})  # fmt: skip
    return raw.with_columns(
        created=_day("created"),
        reached=pl.max_horizontal("stage", pl.col("moved").fill_null(0)),
        valid=pl.col("status") != LeadStatus.INVALID.value,
        contacted=pl.col("contacted").is_not_null(),
    ).select(schema.keys())


def customers_frame(db: Session, reader: Reader, schema: Mapping[str, Any], *, since: date) -> pl.DataFrame:
    """Return a row a customer created since a day."""
    query = sa.select(col(Customer.id), _seconds(col(Customer.created_at))).where(
        visible_to(reader, Customer), col(Customer.created_at) >= _midnight(since)
    )
    return (
        _frame(db, query, {"id": pl.Int64, "created": pl.Int64})
        .with_columns(created=_day("created"))
        .select(schema.keys())
    )


def applications_frame(
    db: Session, reader: Reader, schema: Mapping[str, Any], *, since: date
) -> pl.DataFrame:
    """Return a row an application submitted or decided since a day."""
    start = _midnight(since)
    query = sa.select(
        col(Application.id), col(Application.lead_id), _seconds(col(Application.submitted_at)),
        _seconds(col(Application.decided_at)), _text(col(Application.status)), col(Application.amount_fen),
        col(Application.owner_id), col(Application.product_code),
    ).where(
        visible_to(reader, Application),
        col(Application.submitted_at).is_not(None),
        sa.or_(col(Application.submitted_at) >= start, col(Application.decided_at) >= start),
    )  # fmt: skip
    raw = _frame(db, query, {"id": pl.Int64, "lead": pl.Int64, "from": pl.Int64, "to": pl.Int64, "status": pl.String,
                             "amount_fen": pl.Int64, "owner": pl.Int64, "product": pl.String})  # fmt: skip
    approved = pl.col("status").is_in(_codes(*APPROVED))
    rejected = pl.col("status") == ApplicationStatus.REJECTED.value
    final = pl.when((approved | rejected) & pl.col("to").is_not_null())
    return raw.with_columns(
        submitted=_day("from"),
        decided=final.then(_day("to")),
        approved=approved,
        rejected=rejected,
        amount_fen=pl.col("amount_fen").fill_null(0),
        hours=final.then((pl.col("to") - pl.col("from")) / 3600),
    ).select(schema.keys())


def loans_frame(db: Session, reader: Reader, schema: Mapping[str, Any], *, since: date) -> pl.DataFrame:
    """Return a row a disbursed own loan that is open, or was disbursed since a day."""
    closed = _text(col(Loan.status)).in_(_codes(*CLOSED_LOANS))
    query = (
        sa.select(
            col(Loan.id), col(Application.lead_id), col(Loan.disbursed_date), col(Loan.principal_fen),
            col(Loan.outstanding_principal_fen), col(Loan.dpd), col(Loan.bucket), col(Loan.owner_id),
            col(Loan.product_code), col(Loan.channel_code), sa.case((closed, 0), else_=1), col(Customer.city),
        )
        .join(Customer, col(Customer.id) == col(Loan.customer_id))
        .join(Application, col(Application.id) == col(Loan.application_id), isouter=True)
        .where(visible_to(reader, Loan), col(Loan.mode) == "own", col(Loan.disbursed_date).is_not(None))
        .where(col(Loan.status) != LoanStatus.PENDING)
        .where(sa.or_(~closed, col(Loan.disbursed_date) >= since))
    )  # fmt: skip
    raw = _frame(db, query, {**schema, "open": pl.Int64})
    return raw.with_columns(pl.col("open").cast(pl.Boolean))


def payments_frame(db: Session, reader: Reader, schema: Mapping[str, Any], *, since: date) -> pl.DataFrame:
    """Return a row a repayment of an own loan since a day that stands: neither reversed ones nor reversals."""
    reversal = sa.orm.aliased(Payment)
    kinds = [kind.value for kind in PostingKind if kind.brings_money]
    taken_back = sa.select(sa.literal(1)).where(col(reversal.reverses_id) == col(Payment.id)).exists()
    query = (
        sa.select(col(Payment.id), col(Payment.loan_id), col(Payment.value_date), col(Payment.amount_fen))
        .join(Loan, col(Loan.id) == col(Payment.loan_id))
        .where(visible_to(reader, Loan), col(Loan.mode) == "own", col(Payment.kind).in_(kinds), ~taken_back)
        .where(col(Payment.value_date) >= since)
    )
    return _frame(db, query, schema)
