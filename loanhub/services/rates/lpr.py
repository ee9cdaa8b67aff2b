"""The LPR table 贷款市场报价利率: entered by one, reviewed by another, in force from its day."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import Session

from loanhub.domain import formats
from loanhub.domain.calendar import is_business_day
from loanhub.domain.errors import InvalidInput
from loanhub.domain.formats import local
from loanhub.domain.permissions import Permission
from loanhub.domain.rates import format_percent
from loanhub.domain.repayment.lpr_link import LprTenor
from loanhub.models import LprRate
from loanhub.repositories import rates as repository
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._transaction import kept, reading, transaction
from loanhub.services.rates import _dual

STEP = Decimal("0.0005")
"""The LPR is quoted in steps of 0.05 percentage points. Source: 中国人民银行公告〔2019〕第15号."""
HIGHEST = Decimal("0.2")
FIRST_DAY = date(2019, 8, 20)
PUBLISHED_ON = 20
FURTHEST_DAYS = 45
UNUSUAL_MOVE = Decimal("0.005")
_PERCENT = re.compile(r"\d{1,2}(\.\d{1,4})?")


@dataclass(frozen=True)
class LprRow:
    """A publication as the table shows it; ``state`` is pending, future, in_force or past."""

    id: int
    version: int
    effective_from: date
    one_year: str
    five_year: str
    one_year_rate: Decimal
    five_year_rate: Decimal
    entered_by: str
    reviewed_by: str
    entered_by_id: int | None
    state: str
    warnings: tuple[str, ...]


def lpr_on(db: Session, on: date, tenor: LprTenor = LprTenor.ONE_YEAR) -> Decimal | None:
    """Return the reviewed LPR in force on a day, as a fraction a year; None before the first publication."""
    row = kept(db, ("lpr", on), lambda: repository.find_lpr_on(db, on))
    if row is None:
        return None
    return row.one_year_rate if tenor is LprTenor.ONE_YEAR else row.five_year_rate


def published_day(year: int, month: int) -> date:
    """Return the day the LPR of a month is published: the 20th, or the next working day."""
    day = date(year, month, PUBLISHED_ON)
    while not is_business_day(day):
        day += timedelta(days=1)
    return day


def read_percent(text: str, field: str, refused: dict[str, str]) -> Decimal:
    """Return the fraction meant by a percentage with at most 4 decimals; writes a sentence when it is none."""
    plain = text.strip().replace("％", "%").removesuffix("%").strip()
    if not _PERCENT.fullmatch(plain):
        refused[field] = "填写百分数，例如 3.00"
        return Decimal(0)
    return Decimal(plain) / 100


def _check(effective_from: date | None, texts: dict[str, str], today: date) -> tuple[date, Decimal, Decimal]:
    refused: dict[str, str] = {}
    day = effective_from or FIRST_DAY
    if effective_from is None:
        refused["effective_from"] = "填写生效日"
    elif day < FIRST_DAY:
        refused["effective_from"] = f"LPR 自 {FIRST_DAY.isoformat()} 起按现行方式公布，不能更早"
    elif day > today + timedelta(days=FURTHEST_DAYS):
        refused["effective_from"] = f"生效日最多在 {FURTHEST_DAYS} 天内"
    rates: list[Decimal] = []
    for key, text in texts.items():
        rate = read_percent(text, key, refused)
        if key not in refused and not 0 < rate <= HIGHEST:
            refused[key] = f"LPR 须大于 0，且不超过 {format_percent(HIGHEST)}"
        elif key not in refused and rate % STEP:
            refused[key] = "LPR 以 0.05 个百分点为步长，例如 3.00、3.05"
        rates.append(rate)
    if not refused and rates[1] < rates[0]:
        refused["five_year"] = "五年期以上 LPR 不应低于一年期"
    if refused:
        raise InvalidInput(fields=refused)
    return day, rates[0], rates[1]


def lpr_warnings(
    db: Session, day: date, one_year: Decimal, five_year: Decimal, *, today: date
) -> tuple[str, ...]:
    """Return what looks odd about a publication without being wrong: its day, or how far it moved."""
    found = []
    if day < today:
        found.append("生效日已过：已按原 LPR 重定价的借据不会自动更改")
    usual = published_day(day.year, day.month)
    if day != usual:
        found.append(f"LPR 一般在每月 20 日（遇节假日顺延）公布，{day.month} 月应为 {usual.isoformat()}")
    before = repository.find_lpr_on(db, day - timedelta(days=1))
    if before is not None:
        for label, old, new in (
            ("一年期", before.one_year_rate, one_year),
            ("五年期以上", before.five_year_rate, five_year),
        ):
            if abs(new - old) >= UNUSUAL_MOVE:
                found.append(
                    f"{label}由 {format_percent(old)} 变为 {format_percent(new)}，变动较大，请核对公告"
                )
    return tuple(found)


def enter_lpr(
    actor: Actor,
    *,
    effective_from: date | None,
    one_year: str,
    five_year: str,
    now: datetime,
) -> tuple[int, tuple[str, ...]]:
    """Enter a publication, percentages as typed; returns its id and what looks odd. In force once reviewed.

    Raises:
        NotPermitted: the actor lacks rates:edit.
        InvalidInput: naming ``effective_from``, ``one_year`` or ``five_year``.
    """
    actor.require(Permission.RATES_EDIT)
    texts = {"one_year": one_year, "five_year": five_year}
    day, short, long = _check(effective_from, texts, local(now).date())
    with transaction() as db:
        if repository.find_lpr_of_day(db, day) is not None:
            raise InvalidInput(fields={"effective_from": "这一天的 LPR 已录入"})
        warnings = lpr_warnings(db, day, short, long, today=local(now).date())
        row = LprRate(
            effective_from=day,
            one_year_rate=short,
            five_year_rate=long,
            entered_by_id=actor.actor_id,
            entered_at=now,
        )
        db.add(row)
        try:
            db.flush()
        except sa.exc.IntegrityError:
            raise InvalidInput(fields={"effective_from": "这一天的 LPR 刚被别人录入"}) from None
        _record(db, actor, row, "rate.entered", now=now)
        return row.id or 0, warnings


def review_lpr(actor: Actor, *, lpr_id: int, expected_version: int | None = None, now: datetime) -> None:
    """Review a publication that somebody else entered; it is in force from its day.

    Raises:
        NotFound: no such row.
        NotPermitted: the actor lacks rates:review.
        OwnEntry, StaleRate: see the classes.
    """
    _dual.review(
        LprRate, actor, row_id=lpr_id, expected_version=expected_version, now=now,
        record=lambda db, row: _record(db, actor, row, "rate.reviewed", now=now),
    )  # fmt: skip


def withdraw_lpr(actor: Actor, *, lpr_id: int, expected_version: int | None = None, now: datetime) -> None:
    """Take back a publication that nobody has reviewed yet: by who entered it, or by a reviewer who declines it.

    Raises:
        NotFound: no such row.
        NotPermitted: the actor lacks both rates:edit and rates:review.
        StaleRate: it changed or is in force.
    """
    _dual.withdraw(
        LprRate, actor, row_id=lpr_id, expected_version=expected_version,
        record=lambda db, row: _record(db, actor, row, "rate.withdrawn", now=now),
    )  # fmt: skip


def list_lpr(actor: Actor, *, now: datetime) -> list[LprRow]:
    """Return every publication, newest first.

    Raises:
        NotPermitted: the actor holds neither rates:edit nor rates:review.
    """
    require_reader(actor)
    today = local(now).date()
    with reading() as db:
        in_force = repository.find_lpr_on(db, today)
        rows = []
        for row, entered_by, reviewed_by in repository.list_lpr(db):
            pending = row.reviewed_at is None
            state = (
                "pending"
                if pending
                else "future"
                if row.effective_from > today
                else "in_force"
                if in_force is not None and row.id == in_force.id
                else "past"
            )
            warnings = (
                lpr_warnings(db, row.effective_from, row.one_year_rate, row.five_year_rate, today=today)
                if pending
                else ()
            )
            rows.append(
                LprRow(
                    id=row.id or 0, version=row.version, effective_from=row.effective_from,
                    one_year=format_percent(row.one_year_rate), five_year=format_percent(row.five_year_rate),
                    one_year_rate=row.one_year_rate, five_year_rate=row.five_year_rate,
                    entered_by=entered_by or "随系统提供", reviewed_by=reviewed_by, entered_by_id=row.entered_by_id,
                    state=state, warnings=warnings,
                )
            )  # fmt: skip
        return rows


def require_reader(actor: Actor) -> None:
    """Return quietly when the actor may look at the tables; raise NotPermitted otherwise."""
    if not actor.can(Permission.RATES_EDIT):
        actor.require(Permission.RATES_REVIEW)


def _record(db: Session, actor: Actor, row: LprRate, event_type: str, *, now: datetime) -> None:
    events.record(
        db, actor, event_type, now=now, entity="lpr", entity_id=row.id,
        summary=(
            f"LPR 自 {formats.day(row.effective_from)} 起一年期 {format_percent(row.one_year_rate)}、"
            f"五年期以上 {format_percent(row.five_year_rate)}"
        ),
    )  # fmt: skip
