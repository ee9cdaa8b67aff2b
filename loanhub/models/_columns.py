"""Column types that keep meaning exact on SQLite and PostgreSQL alike."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Dialect
from sqlmodel import Field

from loanhub.domain.choice import Choice


class UtcDateTime(sa.types.TypeDecorator[datetime]):
    """An instant: aware in Python, always UTC; stored without zone on SQLite, ``timestamptz`` elsewhere."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive instant: nobody could say which hour it means."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the instant in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Code(sa.types.TypeDecorator[Choice]):
    """A :class:`Choice`, stored by its code (SQLModel alone would store the member's name)."""

    impl = sa.String
    cache_ok = True

    def __init__(self, choice: type[Choice], length: int = 32) -> None:
        self.choice = choice
        super().__init__(length)

    def process_bind_param(self, value: Choice | str | None, dialect: Dialect) -> str | None:
        """Return the code; raise ValueError for a word that is not one of the choices."""
        return None if value is None else self.choice(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> Choice | None:
        """Return the member."""
        return None if value is None else self.choice(value)


class ExactDecimal(sa.types.TypeDecorator[Decimal]):
    """A rate, read and written exactly; text underneath, since SQLite's NUMERIC is a float."""

    impl = sa.String(40)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        """Return the plain decimal digits."""
        return None if value is None else format(value, "f")

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        """Return the exact decimal."""
        return None if value is None else Decimal(value)


JsonType = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
RankType = sa.String(80).with_variant(sa.String(80, collation="C"), "postgresql")


def instant(*, index: bool = False, nullable: bool = False, default: Any = ...) -> Any:
    """Return a field for an instant (UTC)."""
    if nullable:
        default = None
    return Field(default=default, sa_type=UtcDateTime, index=index, nullable=nullable)


def code(choice: type[Choice], *, default: Any = ..., index: bool = False, nullable: bool = False) -> Any:
    """Return a field for a choice, stored by code."""
    if nullable and default is ...:
        default = None
    return Field(default=default, sa_type=Code(choice), index=index, nullable=nullable)  # type: ignore[call-overload]


def fen(*, default: Any = 0, nullable: bool = False) -> Any:
    """Return a field for money in integer fen (64 bits)."""
    return Field(default=default, sa_type=sa.BigInteger, nullable=nullable)


def rate(*, default: Any = ..., nullable: bool = False) -> Any:
    """Return a field for an exact rate (0.12 is 12 %)."""
    return Field(
        default=None if nullable and default is ... else default, sa_type=ExactDecimal, nullable=nullable
    )


def json_field(factory: Any = dict) -> Any:
    """Return a field for a JSON document (JSONB on PostgreSQL)."""
    return Field(default_factory=factory, sa_type=JsonType, nullable=False)


def text_field(length: int = 200, *, default: str = "", index: bool = False, unique: bool = False) -> Any:
    """Return a field for a short text."""
    return Field(default=default, max_length=length, index=index, unique=unique)
