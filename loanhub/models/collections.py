"""Collection cases, contacts, promises and the strategies that order the queue 催收案件、联系、承诺、策略."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import column_property
from sqlmodel import Field, SQLModel

from loanhub.models._columns import fen, instant, json_field, text_field
from loanhub.models.customers import Customer
from loanhub.models.loans import Loan


class CollectionCase(SQLModel, table=True):
    """A collection case 催收案件 on one loan; at most one is open a loan.

    ``owner_id`` is the collector 催收员, ``department_id`` the loan's department. Days, bucket, overdue and outstanding
    principal are read from the loan with each query (below), the risk grade from the customer: never stored twice.
    ``approach``, ``priority`` and ``strategy_id`` are what the strategy gave at the last refresh; ``promise_…`` repeat the
    open promise. ``hold_…`` is a stop of contact 停催, until a day (inclusive) or until it is lifted.
    """

    __tablename__ = "collection_case"
    __table_args__ = (
        sa.Index(
            "uq_collection_case_open_loan", "loan_id", unique=True,
            sqlite_where=sa.text("closed_on IS NULL"), postgresql_where=sa.text("closed_on IS NULL"),
        ),
        sa.Index("ix_collection_case_queue", "closed_on", "priority"),
    )  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    number: str = text_field(24, unique=True, index=True)
    loan_id: int = Field(foreign_key="loan.id", index=True)
    customer_id: int = Field(foreign_key="customer.id", index=True)
    product_code: str = text_field(32, index=True)
    opened_on: date
    stage: str = text_field(16, default="todo", index=True)
    stage_entered_at: datetime = instant()
    strategy_id: int | None = Field(default=None, foreign_key="collection_strategy.id")
    approach: str = text_field(10, default="standard")
    priority: int = 50
    owner_id: int | None = Field(default=None, foreign_key="app_user.id", index=True)
    department_id: int | None = Field(default=None, foreign_key="department.id", index=True)
    contact_count: int = 0
    last_contact_at: datetime | None = instant(nullable=True)
    next_step_at: datetime | None = instant(nullable=True)
    promise_due_date: date | None = Field(default=None)
    promise_fen: int | None = fen(default=None, nullable=True)
    broken_promises: int = 0
    hold_reason: str = text_field(16)
    hold_until: date | None = Field(default=None)
    legal_on: date | None = Field(default=None)
    closed_on: date | None = Field(default=None)
    close_reason: str = text_field(16)
    created_at: datetime = instant(index=True)
    updated_at: datetime = instant()
    version: int = 1

    dpd: ClassVar[Any]
    bucket: ClassVar[Any]
    overdue_principal_fen: ClassVar[Any]
    outstanding_principal_fen: ClassVar[Any]
    penalty_due_fen: ClassVar[Any]
    risk_grade: ClassVar[Any]
    value_segment: ClassVar[Any]


class CollectionContact(SQLModel, table=True):
    """One contact about a debt 催收联系, outgoing or incoming.

    A dialed call has no ``outcome`` until somebody enters what came of it, once; nothing else of a row ever changes.
    ``number_index`` is the blind index of the number called.
    """

    __tablename__ = "collection_contact"
    __table_args__ = (sa.Index("ix_collection_contact_customer_at", "customer_id", "at"),)

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="collection_case.id", index=True)
    customer_id: int = Field(foreign_key="customer.id")
    channel: str = text_field(10)
    direction: str = text_field(4, default="out")
    party: str = text_field(10, default="debtor")
    relation_id: int | None = Field(default=None, foreign_key="customer_relation.id")
    number_index: str | None = Field(default=None, max_length=64, index=True)
    outcome: str = text_field(16)
    note: str = text_field(1000)
    at: datetime = instant()
    by_id: int | None = Field(default=None, foreign_key="app_user.id")
    created_at: datetime = instant()


class CollectionPromise(SQLModel, table=True):
    """A promise to pay 承诺还款: a day and an amount. Only what became of it is written later, from the payments."""

    __tablename__ = "collection_promise"

    id: int | None = Field(default=None, primary_key=True)
    case_id: int = Field(foreign_key="collection_case.id", index=True)
    loan_id: int = Field(foreign_key="loan.id", index=True)
    due_date: date = Field(index=True)
    amount_fen: int = fen()
    note: str = text_field(200)
    made_at: datetime = instant()
    by_id: int | None = Field(default=None, foreign_key="app_user.id")
    status: str = text_field(10, default="open", index=True)
    paid_fen: int = fen()
    judged_on: date | None = Field(default=None)


class CollectionStrategy(SQLModel, table=True):
    """Which cases come first and in what tone 催收策略: the first active row, by ``sort``, whose condition a case meets.

    ``criteria`` is a condition on collection cases; an empty one meets every case. A higher ``priority`` stands earlier
    in the queue. ``script`` is what may be said to the debtor: {name}, {days}, {amount}, {company} are filled in.
    """

    __tablename__ = "collection_strategy"

    id: int | None = Field(default=None, primary_key=True)
    name: str = text_field(40)
    criteria: dict[str, object] = json_field()
    approach: str = text_field(10, default="standard")
    priority: int = 50
    script: str = text_field(500)
    sort: int = 0
    active: bool = True
    updated_at: datetime = instant()
    updated_by_id: int | None = Field(default=None, foreign_key="app_user.id")
    version: int = 1


class CollectionStrategyVersion(SQLModel, table=True):
    """A strategy as it was saved once; never changed. ``number`` is the strategy's version at that moment."""

    __tablename__ = "collection_strategy_version"
    __table_args__ = (sa.UniqueConstraint("strategy_id", "number"),)

    id: int | None = Field(default=None, primary_key=True)
    strategy_id: int = Field(foreign_key="collection_strategy.id", index=True)
    number: int = 1
    document: dict[str, object] = json_field()
    by_id: int | None = Field(default=None, foreign_key="app_user.id")
    at: datetime = instant()


def _of(model: type[SQLModel], column: str, link: str) -> sa.ScalarSelect[object]:
    """Return the query of one column of the loan or customer behind a case."""
    table, case = model.__table__, CollectionCase.__table__  # type: ignore[attr-defined]
    query = sa.select(table.c[column]).where(table.c.id == case.c[link])
    # A statement that joins the loan itself must not lend its own row to this one.
    return query.correlate_except(table).scalar_subquery()


for _column in ("dpd", "bucket", "overdue_principal_fen", "outstanding_principal_fen", "penalty_due_fen"):
    setattr(CollectionCase, _column, column_property(_of(Loan, _column, "loan_id")))
for _column in ("risk_grade", "value_segment"):
    setattr(CollectionCase, _column, column_property(_of(Customer, _column, "customer_id")))
