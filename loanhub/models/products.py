"""Products: what is lent, on which terms 产品与条款."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from loanhub.models._columns import fen, instant, json_field, rate, text_field


class Product(SQLModel, table=True):
    """A product version 产品 (rows of one ``code`` are its versions; the newest active one is offered).

    ``mode`` is ``own`` 自营放贷 or ``brokered`` 助贷. ``terms`` holds what else the engine takes (``lpr``, ``repayment_day``,
    ``min_first_days``, ``holiday_rule``, ``maturity_mode``), ``servicing`` further ``ServicingOptions``. A ``draft`` is
    the version being written: never active, never offered, at most one a product and always its newest.
    """

    __table_args__ = (sa.UniqueConstraint("code", "revision"),)

    id: int | None = Field(default=None, primary_key=True)
    code: str = text_field(32, index=True)
    revision: int = 1
    label: str = text_field(60)
    mode: str = text_field(10, default="own", index=True)
    lender: str = text_field(60)
    kind: str = text_field(20)
    method: str = text_field(32, default="equal_installment")
    interest_basis: str = text_field(16, default="monthly")
    min_amount_fen: int = fen()
    max_amount_fen: int = fen()
    min_annual_rate: Decimal = rate()
    max_annual_rate: Decimal = rate()
    terms_months: list[int] = json_field(list)
    grace_days: int = 0
    penalty_multiplier: Decimal = rate(default=Decimal("1.5"))
    allocation: list[str] = json_field(list)
    allocation_mode: str = text_field(16, default="by_period")
    fees: list[dict[str, object]] = json_field(list)
    terms: dict[str, object] = json_field()
    servicing: dict[str, object] = json_field()
    admission: dict[str, object] = json_field()
    required_documents: list[str] = json_field(list)
    regions: list[str] = json_field(list)
    prepayment_fee_rate: Decimal = rate(default=Decimal("0"))
    prepayment_free_after: int = 0
    commission: dict[str, object] = json_field()
    active: bool = True
    draft: bool = False
    valid_from: date | None = Field(default=None)
    valid_until: date | None = Field(default=None)
    created_at: datetime = instant()
    version: int = 1
