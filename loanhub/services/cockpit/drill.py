"""The records behind a number of the cockpit 下钻: what it is, how it is counted, what it adds up to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl
import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.analytics import book as frames
from loanhub.analytics import tables
from loanhub.analytics.book import Book, Window
from loanhub.analytics.measures import Reading, Unit, measures
from loanhub.analytics.measures._measure import counted, summed
from loanhub.domain import formats
from loanhub.domain.catalogue import Access, access, present
from loanhub.domain.errors import NotFound
from loanhub.domain.permissions import Permission
from loanhub.models import Application, Customer, Lead, Loan, Payment, User
from loanhub.repositories import book as repository
from loanhub.services import catalogue
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.cockpit._present import part_text, parts_text, show_value, split_wan
from loanhub.services.cockpit.keeper import keeper
from loanhub.services.cockpit.look import BUCKETS, DEFAULT_PERIOD, PERIODS

DRILL_ROWS = 200
RIGHTS = {
    "lead": Permission.LEADS_READ, "customer": Permission.CUSTOMERS_READ,
    "application": Permission.APPLICATIONS_READ, "loan": Permission.LOANS_READ, "payment": Permission.LOANS_READ,
}  # fmt: skip
"""Who may read the records themselves; without it a reader of the cockpit sees the total alone."""
ENTITIES = {"lead": "线索", "customer": "客户", "application": "申请", "loan": "贷款", "payment": "还款"}


class NoSuchNumber(NotFound):
    """The cockpit has no number of this code."""

    def __init__(self) -> None:
        super().__init__("没有这个数字")


@dataclass(frozen=True)
class Drill:
    """The records behind a number. ``prefix figure unit`` is the number as the page shows it.

    sum_text: what all ``count`` records add up to, exactly; ``rows`` are the largest :data:`DRILL_ROWS` of them
    (title, detail, value, link), empty when ``hidden`` because the reader may not see the records.
    """

    code: str = ""
    title: str = ""
    definition: str = ""
    period: str = ""
    prefix: str = ""
    figure: str = ""
    unit: str = ""
    sum_text: str = ""
    entity_label: str = ""
    count: int = 0
    hidden: bool = False
    rows: tuple[dict[str, str], ...] = ()


@dataclass(frozen=True)
class _Part:
    """What a code other than a measure's stands for."""

    entity: str
    title: str
    definition: str
    reading: Reading
    now: bool = False


def drill(actor: Actor, code: str, *, period: str = DEFAULT_PERIOD, now: datetime) -> Drill:
    """Return the records that make a number of the cockpit.

    code: a measure's, or a part of a table: ``funnel:3``, ``channel:douyin``, ``funded:douyin``, ``cost:douyin``, ``owner:7``, ``bucket:M1``, ``city:上海``,
    ``disbursed:2026-05``, ``collected:2026-05``.

    Raises:
        NotPermitted: the actor lacks cockpit:read.
        NoSuchNumber: no such number.
    """
    actor.require(Permission.COCKPIT_READ)
    today = formats.local(now).date()
    window, _ = frames.period(period, today)
    span = formats.day_range(window.first, window.end - timedelta(days=1))
    label = dict(PERIODS).get(period, "本月")
    book = keeper().of(actor)
    with reading() as db:
        if code in measures():
            measure = measures()[code]
            result = measure.compute(book, window)
            prefix, figure, unit = show_value(measure, result.value)
            part = _Part(measure.entity, measure.label, measure.definition, result, now=not measure.flow)
        else:
            part = _part(db, book, window, code)
            prefix, figure, unit = _total(part.reading)
        hidden = not actor.can(RIGHTS[part.entity])
        rows = () if hidden else _rows(db, actor, part.entity, part.reading, now)
    dated = ":" in code and code.split(":")[0] in ("disbursed", "collected")
    return Drill(
        code=code,
        title=part.title,
        definition=part.definition,
        period="当前" if part.now else "" if dated else f"{label} {span}",
        prefix=prefix,
        figure=figure,
        unit=unit,
        sum_text=parts_text(part.reading),
        entity_label=ENTITIES[part.entity],
        count=part.reading.rows.height,
        hidden=hidden,
        rows=rows,
    )


def _total(result: Reading) -> tuple[str, str, str]:
    if result.part_unit is Unit.FEN:
        return split_wan(result.total)
    return "", formats.count(result.total), ""


def _part(db: Session, book: Book, window: Window, code: str) -> _Part:
    kind, colon, argument = code.partition(":")
    builders: dict[str, Callable[[Session, Book, Window, str], _Part]] = {
        "funnel": _funnel, "channel": _channel, "funded": _funded, "cost": _cost, "owner": _owner,
        "bucket": _bucket, "city": _city, "disbursed": _disbursed, "collected": _collected,
    }  # fmt: skip
    if kind not in builders or not colon:
        raise NoSuchNumber
    return builders[kind](db, book, window, argument)


def _funnel(db: Session, book: Book, window: Window, argument: str) -> _Part:
    stages = repository.stages(db)
    if not argument.isdecimal() or int(argument) >= len(stages):
        raise NoSuchNumber
    rows = tables.funnel_rows(book, window, int(argument))
    title = f"转化漏斗 · {stages[int(argument)].label}"
    return _Part(
        "lead",
        title,
        "期内进线、曾到达这一阶段或更后阶段的线索（按接入时间的同期群）",
        Reading(rows.height, rows),
    )


def _cohort(db: Session, book: Book, window: Window, argument: str) -> tuple[str, pl.DataFrame]:
    code = "" if argument == "none" else argument
    rows = book.leads.filter(window.holds("created") & (pl.col("channel") == code))
    return dict(catalogue.sources(db)["channel"]).get(code, "未注明"), rows


def _channel(db: Session, book: Book, window: Window, argument: str) -> _Part:
    label, rows = _cohort(db, book, window, argument)
    return _Part("lead", f"渠道 · {label} · 线索", "期内从这个渠道进线的线索", counted(rows))


def _funded(db: Session, book: Book, window: Window, argument: str) -> _Part:
    label, rows = _cohort(db, book, window, argument)
    won = rows.filter(pl.col("id").is_in(tables.funded_leads(book).implode()))
    return _Part(
        "lead",
        f"渠道 · {label} · 已放款",
        "期内从这个渠道进线、至今已放款的线索；转化率 = 已放款 ÷ 线索",
        counted(won),
    )


def _cost(db: Session, book: Book, window: Window, argument: str) -> _Part:
    label, rows = _cohort(db, book, window, argument)
    definition = "期内从这个渠道进线的线索成本；获客成本 = 线索成本 ÷ 已放款线索"
    return _Part("lead", f"渠道 · {label} · 线索成本", definition, summed(rows, "cost_fen"))


def _owner(db: Session, book: Book, window: Window, argument: str) -> _Part:
    owner = db.get(User, int(argument)) if argument.isdecimal() and len(argument) < 10 else None
    if owner is None:
        raise NoSuchNumber
    rows = book.loans.filter(window.holds("disbursed") & (pl.col("owner") == owner.id))
    return _Part(
        "loan", f"放款榜 · {owner.name}", "期内放款的本金合计，按贷款负责人", summed(rows, "principal_fen")
    )


def _bucket(db: Session, book: Book, window: Window, argument: str) -> _Part:
    notes = dict(BUCKETS)
    if argument not in notes:
        raise NoSuchNumber
    rows = book.loans.filter(pl.col("open") & (argument == tables.AGEING_GROUP))
    title = f"逾期账龄 · {argument}（{notes[argument]}）"
    return _Part(
        "loan", title, "当前处于这一逾期天数段的贷款剩余本金", summed(rows, "outstanding_fen"), now=True
    )


def _city(db: Session, book: Book, window: Window, argument: str) -> _Part:
    rows = book.loans.filter(window.holds("disbursed") & (pl.col("city") == argument))
    return _Part(
        "loan", f"区域放款 · {argument}", "期内放款的本金合计，按客户所在城市", summed(rows, "principal_fen")
    )


def _month(argument: str) -> Window:
    try:
        first = date.fromisoformat(f"{argument}-01")
    except ValueError as error:
        raise NoSuchNumber from error
    return Window(first, (first + timedelta(days=31)).replace(day=1))


def _disbursed(db: Session, book: Book, window: Window, argument: str) -> _Part:
    rows = book.loans.filter(_month(argument).holds("disbursed"))
    return _Part(
        "loan", f"{argument} 放款", "当月放款的本金合计，按放款日，自营", summed(rows, "principal_fen")
    )


def _collected(db: Session, book: Book, window: Window, argument: str) -> _Part:
    rows = book.payments.filter(_month(argument).holds("value_date"))
    return _Part(
        "payment", f"{argument} 回款", "当月收到的还款，按到账日，已扣除冲正", summed(rows, "amount_fen")
    )


def _rows(
    db: Session, actor: Actor, entity: str, result: Reading, now: datetime
) -> tuple[dict[str, str], ...]:
    ordered = result.rows.sort(["part", "id"], descending=True).head(DRILL_ROWS)
    ids, parts = ordered["id"].to_list(), ordered["part"].to_list()
    found = {row_id: (name, detail, link) for row_id, name, detail, link in _records(db, entity, ids)}
    shown = _name_shower(db, actor, "lead" if entity == "lead" else "customer", now)
    return tuple(
        {
            "id": str(row_id),
            "title": shown(found[row_id][0]),
            "detail": found[row_id][1],
            "link": found[row_id][2],
            "value": part_text(part, result.part_unit),
        }
        for row_id, part in zip(ids, parts, strict=True)
        if row_id in found
    )


def _name_shower(db: Session, actor: Actor, entity: str, now: datetime) -> Callable[[str], str]:
    spec = catalogue.current(db).get(entity, "name")
    right = Access.READ if actor.is_system else access(spec, catalogue.rights_of(actor))
    return lambda name: present(spec, name, right, now)


def _records(db: Session, entity: str, ids: list[int]) -> list[tuple[Any, str, str, str]]:
    """Return (id, name, detail, link) of the records, in any order."""
    if not ids:
        return []
    if entity == "lead":
        leads = db.execute(sa.select(Lead).where(col(Lead.id).in_(ids))).scalars()
        return [(x.id, x.name, f"{x.number} · {x.status.label}", f"/leads?lead={x.id}") for x in leads]
    if entity == "customer":
        customers = db.execute(sa.select(Customer).where(col(Customer.id).in_(ids))).scalars()
        return [(x.id, x.name, x.number, f"/customers/{x.id}") for x in customers]
    if entity == "application":
        applications = (
            sa.select(Application, col(Customer.name))
            .join(Customer, col(Customer.id) == col(Application.customer_id))
            .where(col(Application.id).in_(ids))
        )
        return [(x.id, name, f"{x.number} · {x.status.label}", f"/applications/{x.id}")
                for x, name in db.execute(applications).all()]  # fmt: skip
    if entity == "loan":
        loans = (
            sa.select(Loan, col(Customer.name))
            .join(Customer, col(Customer.id) == col(Loan.customer_id))
            .where(col(Loan.id).in_(ids))
        )
        return [
            (x.id, name, f"{x.number} · {x.status.label}", f"/loans/{x.id}")
            for x, name in db.execute(loans).all()
        ]
    payments = (
        sa.select(Payment, col(Loan.number), col(Customer.name))
        .join(Loan, col(Loan.id) == col(Payment.loan_id))
        .join(Customer, col(Customer.id) == col(Loan.customer_id))
        .where(col(Payment.id).in_(ids))
    )
    return [(x.id, name, f"{number} · {formats.day(x.value_date)}", f"/loans/{x.loan_id}")
            for x, number, name in db.execute(payments).all()]  # fmt: skip
