"""The kinds of field: one place where each knows how to read, show, store and describe its values."""

from __future__ import annotations

from loanhub.domain.catalogue.kinds.base import EMPTY, Kind, Options, Sort, is_missing
from loanhub.domain.catalogue.kinds.choices import (
    Boolean,
    DepartmentReference,
    MultiChoice,
    OneChoice,
    Reference,
    SegmentReference,
    Tags,
    UserReference,
)
from loanhub.domain.catalogue.kinds.dates import Date, DateTime
from loanhub.domain.catalogue.kinds.numbers import DecimalNumber, Integer, Level, Money, Percent
from loanhub.domain.catalogue.kinds.texts import (
    BankCard,
    Certificate,
    CompanyCode,
    CompanyName,
    Email,
    IdNumber,
    LongText,
    Name,
    Phone,
    Region,
    Text,
)

_ALL: tuple[Kind, ...] = (
    Text(), LongText(), Name(), CompanyName(), Phone(),
    IdNumber(), CompanyCode(), Certificate(), BankCard(), Email(), Region(),
    Money(), Percent(), Integer(), DecimalNumber(), Level(),
    Date(), DateTime(),
    OneChoice(), MultiChoice(), Tags(), Boolean(),
    UserReference(), DepartmentReference(), Reference(), SegmentReference(),
)  # fmt: skip

KINDS: dict[str, Kind] = {kind.code: kind for kind in _ALL}
"""Every kind by its code, in the order in which the field editor offers them."""

__all__ = ["EMPTY", "KINDS", "Kind", "Options", "Sort", "is_missing"]
