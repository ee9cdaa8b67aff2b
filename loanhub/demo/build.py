"""Build the demo company: deterministic by seed, relative to the day it is installed."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import col

from loanhub.demo import (
    archive,
    assignment,
    boards,
    capture,
    changes,
    collections,
    duplicates,
    exports,
    firms,
    follow_up,
    groups,
    lead_scores,
    messages,
    pledge,
    report_boards,
    reports,
    signing,
    statements,
    targets,
    telephony,
    templates,
)
from loanhub.demo import company as companies
from loanhub.demo.history import History, Tally
from loanhub.demo.plans import Shape
from loanhub.domain.calendar import SHANGHAI
from loanhub.domain.permissions import RoleCode
from loanhub.models import Notification, User
from loanhub.services import auth, day_end, events, tasks
from loanhub.services._actor import SYSTEM
from loanhub.services._transaction import engine, reading, transaction
from loanhub.services.products import install_products
from loanhub.settings import settings

SEED = 20260521


class AlreadyInUse(RuntimeError):
    """The database has people in it already; a demo is never mixed into real work."""


def exists() -> bool:
    """Return whether anybody has an account already."""
    with reading() as db:
        return bool(db.execute(sa.select(sa.func.count()).select_from(User)).scalar_one())


def build(
    *,
    customers: int,
    months: int,
    now: datetime,
    seed: int = SEED,
    progress: Callable[[str], None] = lambda _line: None,
) -> Tally:
    """Fill an empty database with ``months`` of history and about ``customers`` customers.

    Raises:
        AlreadyInUse: somebody has an account.
    """
    if exists():
        raise AlreadyInUse("数据库里已有员工账号，演示公司只能建在空库里")
    since = now - timedelta(days=int(months * 30.5) + 30)
    with _fast():
        with transaction() as db:
            people = companies.build(db, now=now, since=since, seed=seed)
            products = install_products(db, lender=settings().company_name, now=since)
        history = History(people, Shape(customers, months), now=now, seed=seed, products=products)
        started = time.monotonic()

        def tell(when: datetime) -> None:
            nonlocal started
            if time.monotonic() - started > 2:
                started = time.monotonic()
                progress(f"已到 {when.astimezone(SHANGHAI):%Y 年 %m 月}")

        tally = history.play(tell)
        progress("正在滚动贷款到今天")
        for days_ago in (1, 0):  # two days, so that the page has something to compare
            day = now.astimezone(SHANGHAI).date() - timedelta(days=days_ago)
            day_end.catch_up(SYSTEM, until=day, clock=lambda: now)
        progress("正在补写月末快照")
        day_end.write_past_months(SYSTEM, now=now)
        _settle_inbox(now)
        messages.build(people.staff[RoleCode.ADMIN][0], people.sales[0], people.team_leads[0], now=now)
        _today(people, now)
        first, second = people.staff[RoleCode.FINANCE][:2]
        statements.build(second, first, now=now, seed=seed)
        collector, manager = (people.staff[role][0] for role in (RoleCode.COLLECTIONS, RoleCode.MANAGER))
        changes.build(collector, first, manager, second, now=now)
        firms.build(people.sales, now=now)
        groups.build(manager, now=now)
        reports.build(manager, now=now)
        report_boards.build(manager, now=now)
        groups.care(people.staff[RoleCode.CREDIT][0], people.team_leads, now=now)
        collections.build(people.staff[RoleCode.COLLECTIONS], now=now, seed=seed)
        assignment.build(people, now=now, seed=seed)
        admin, security_admin = (people.staff[role][0] for role in (RoleCode.ADMIN, RoleCode.SECURITY_ADMIN))
        boards.build(people, now=now)
        follow_up.build(people, now=now)
        capture.build(admin, security_admin, first, people.team_leads[0], now=now)
        telephony.build(admin, people.sales, now=now)
        lead_scores.build(manager, people.sales[0], now=now)
        duplicates.build(people, now=now)
        signing.build(people.staff[RoleCode.CONTRACTS][0], now=now, seed=seed)
        signing.build_papers(people.staff[RoleCode.CONTRACTS][0], now=now)
        pledge.build(people.staff[RoleCode.CONTRACTS][0], now=now)
        archive.build(people.sales, people.staff[RoleCode.CONTRACTS][0], security_admin, now=now)
        targets.build(manager, now=now)
        exports.build(manager, now=now)
        templates.build(people.staff[RoleCode.CONTRACTS][0], manager, now=now)
        with transaction() as db:
            events.record(
                db, SYSTEM, "demo.built", now=now, summary=f"{tally.leads} 条线索，{tally.loans} 笔贷款"
            )
    auth.forget_cached()
    return tally


def _settle_inbox(now: datetime) -> None:
    """Mark what was told more than two days ago as done: nobody leaves two years of messages lying."""
    with transaction() as db:
        db.execute(
            sa.update(Notification)
            .where(
                col(Notification.created_at) < now - timedelta(days=2), col(Notification.done_at).is_(None)
            )
            .values(done_at=now, read_at=now)
            .execution_options(synchronize_session=False)
        )


def _today(people: companies.Company, now: datetime) -> None:
    """Give the people on the login page a few to-dos of their own for today."""
    first = people.sales[0]
    for title, hours, kind in (
        ("给意向客户回电，确认面签时间", 1.5, "follow_up"), ("收齐近 6 个月流水", 4, "collect_documents"),
        ("陪同银行面签，带原件", 5.5, "visit"), ("整理本周客户资料", 26, "other"),
    ):  # fmt: skip
        tasks.create(first, title=title, due_at=now + timedelta(hours=hours), kind=kind, now=now)


class _fast:  # noqa: N801 - reads as a statement
    """While the demo is built a crash costs nothing, so the disk need not be waited for at each commit."""

    def __enter__(self) -> None:
        if engine().dialect.name == "sqlite":
            sa.event.listen(engine(), "connect", self._lax)
            engine().dispose()

    def __exit__(self, *_failure: object) -> None:
        if engine().dialect.name == "sqlite":
            sa.event.remove(engine(), "connect", self._lax)
            engine().dispose()

    @staticmethod
    def _lax(connection: object, _record: object) -> None:
        connection.execute("PRAGMA synchronous=OFF")  # type: ignore[attr-defined]
