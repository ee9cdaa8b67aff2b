"""Long exports in the background: progress, stopping, dying, rights that shrink, the end of the seven days."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col, select

from loanhub.domain.errors import Conflict, InvalidInput, LoanHubError, NotFound, NotPermitted
from loanhub.domain.permissions import Permission, RoleCode, Scope
from loanhub.models import Document, Event, ExportJob, Notification, User
from loanhub.services import _storage, exports
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from loanhub.services.exports import ExportView, _records, asking, work
from loanhub.services.exports.expire import expire
from tests.builders import NOON, make_user
from tests.killing import dies_at, killed_at
from tests.services.customers.making import make_customer
from tests.services.exports.taking import fetched, rows_of

ROWS = 5


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows are a piece, and three are long."""
    monkeypatch.setattr(_records, "PIECE", 2)
    monkeypatch.setattr(asking, "AT_ONCE", 3)


def lead_with_customers() -> Actor:
    boss = make_user(RoleCode.TEAM_LEAD)
    for name in "甲乙丙丁戊"[:ROWS]:
        make_customer(boss, name=f"客户{name}")
    return boss


def queued(actor: Actor, **more: Any) -> ExportView:
    return exports.ask(actor, "customers", {"keys": ["name"], "sort": "name", "descending": False}, reason="季度盘点", now=NOON, **more)  # fmt: skip


def job(number: int) -> ExportJob:
    with reading() as db:
        found = db.get(ExportJob, number)
        assert found is not None
        return found


def count(model: Any, *where: Any) -> int:
    with reading() as db:
        return int(db.execute(sa.select(sa.func.count()).select_from(model).where(*where)).scalar_one())


def test_is_queued_written_told_of_and_listed(database: Engine) -> None:
    boss = lead_with_customers()
    asked = queued(boss)
    assert (asked.running, asked.href, asked.done) == (True, "", "0 / 5")

    assert work.run_due(lambda: NOON + timedelta(seconds=3)) == 1

    (shown,) = exports.list_exports(boss, now=NOON + timedelta(minutes=1))
    assert (shown.status, shown.percent, shown.rows, shown.reason) == ("done", 100, "5", "季度盘点")
    assert shown.until == "保留到 " + shown.until[-11:] and not shown.again
    title, head, *rows = rows_of(fetched(boss, shown))
    assert "5 位" in str(title[0]) and head == ("姓名",) and len(rows) == ROWS
    with reading() as db:
        told = db.exec(select(Notification).where(Notification.user_id == boss.user_id)).one()
        assert (told.link, told.title[:6]) == (f"/exports?export={shown.id}", "导出好了：客")
        event = db.exec(select(Event).where(Event.type == "customers.exported")).one()
        assert (event.actor_id, event.reason, event.after) == (boss.user_id, "季度盘点", {"列": "姓名"})
    assert exports.list_exports(make_user(RoleCode.TEAM_LEAD), now=NOON) == []


def test_killed_anywhere_it_is_written_anew_once_and_whole(database: Engine) -> None:
    boss = lead_with_customers()
    number = queued(boss).id
    for turn, point in enumerate(("after_piece", "before_finish")):
        moment = NOON + timedelta(minutes=5 * turn)
        assert dies_at(database, f"export.{point}", lambda at=moment: work.run_due(lambda: at)), point
    assert job(number).status == "running" and job(number).file_id is None
    assert work.run_due(lambda: NOON + timedelta(minutes=6)) == 0  # the lease of the dead has not run out

    assert killed_at(database, "", lambda: work.run_due(lambda: NOON + timedelta(hours=1))) == (False, True)

    assert (job(number).status, job(number).done, job(number).tries) == ("done", ROWS, 3)
    shown = exports.show(boss, export_id=number, now=NOON + timedelta(hours=1))
    assert [row[0] for row in rows_of(fetched(boss, shown))[2:]] == sorted(
        f"客户{one}" for one in "甲乙丙丁戊"
    )
    assert count(Document, col(Document.kind) == "export") == 1
    assert count(Event, col(Event.type) == "customers.exported") == count(Notification) == 1


def test_what_kills_its_process_each_time_ends_with_a_sentence(sqlite_database: Engine) -> None:
    boss = lead_with_customers()
    number = queued(boss).id
    for turn in range(work.TRIES):
        moment = NOON + timedelta(minutes=5 * turn)
        assert dies_at(sqlite_database, "export.before_commit", lambda at=moment: work.run_due(lambda: at))

    work.run_due(lambda: NOON + timedelta(hours=1))

    shown = exports.show(boss, export_id=number, now=NOON + timedelta(hours=1))
    assert shown.status == "failed" and "缩小范围" in shown.problem and shown.again
    assert count(Document, col(Document.kind) == "export") == 0


def test_stops_between_two_pieces_and_keeps_nothing(
    sqlite_database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    boss = lead_with_customers()
    number = queued(boss).id
    real, seen = work._held, itertools.count(1)

    def held(*given: Any) -> ExportJob:
        found = real(*given)
        if next(seen) == 2:
            found.cancel_requested = True
        return found

    monkeypatch.setattr(work, "_held", held)
    work.run_due(lambda: NOON)
    assert (job(number).status, job(number).done) == ("cancelled", 2)
    assert count(Document) == count(Notification) == 0
    with pytest.raises(Conflict):
        exports.cancel(boss, export_id=number, now=NOON)

    made = exports.again(boss, export_id=number, now=NOON)
    exports.cancel(boss, export_id=made.id, now=NOON)
    assert job(made.id).status == "cancelled" and work.run_due(lambda: NOON) == 0


def test_who_lost_the_right_meanwhile_gets_a_sentence_not_a_file(sqlite_database: Engine) -> None:
    boss = lead_with_customers()
    number = queued(boss).id
    with transaction() as db:
        user = db.get(User, boss.user_id)
        assert user is not None
        user.active = False
    work.run_due(lambda: NOON)
    assert (job(number).status, job(number).problem) == ("failed", "没有这个员工，或已停用")
    other = lead_with_customers()
    with pytest.raises(NotFound):
        exports.cancel(other, export_id=number, now=NOON)
    with pytest.raises(NotFound):
        exports.again(other, export_id=number, now=NOON)


def test_a_mistake_of_ours_ends_that_export_alone(
    sqlite_database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    boss = lead_with_customers()
    first, second = queued(boss).id, queued(boss).id
    real = work.kind_of

    def broken(*_: Any) -> Iterator[Any]:
        raise ZeroDivisionError
        yield

    def kind(code: str) -> Any:
        found = real(code)
        return replace(found, open=lambda *given: replace(found.open(*given), pieces=broken))

    monkeypatch.setattr(
        work, "kind_of", lambda code: kind(code) if job(first).status == "running" else real(code)
    )
    assert work.run_due(lambda: NOON) == 2
    assert (job(first).status, job(first).problem, job(second).status) == ("failed", work.BROKEN, "done")


@pytest.mark.parametrize("change", [
    {"permissions": frozenset({Permission.CUSTOMERS_READ})}, {"scope": Scope.OWN, "department_ids": frozenset()},
    {"department_ids": frozenset({987_654})},
])  # fmt: skip
def test_whoever_may_less_than_then_does_not_fetch_it(
    sqlite_database: Engine, change: dict[str, Any]
) -> None:
    boss = lead_with_customers()
    queued(boss)
    work.run_due(lambda: NOON)
    (shown,) = exports.list_exports(boss, now=NOON)
    with pytest.raises(NotPermitted):
        fetched(replace(boss, **change), shown)
    assert fetched(replace(boss, scope=Scope.ALL, department_ids=frozenset()), shown)


def test_after_seven_days_the_bytes_are_gone_and_the_line_stays(sqlite_database: Engine) -> None:
    boss = lead_with_customers()
    queued(boss)
    work.run_due(lambda: NOON)
    with reading() as db:
        digest = db.execute(sa.select(col(Document.sha256))).scalar_one()
    assert expire(now=NOON + timedelta(days=6)) == 0 and _storage.exists(digest)

    later = NOON + timedelta(days=7, minutes=1)
    assert expire(now=later) == 1 and expire(now=later) == 0

    assert not _storage.exists(digest)
    (shown,) = exports.list_exports(boss, now=later)
    assert (shown.status_label, shown.href, shown.again) == ("已过期", "", True)
    assert count(Event, col(Event.type) == "document.purged") == 1


def test_three_at_a_time_and_the_same_click_once(sqlite_database: Engine) -> None:
    boss = lead_with_customers()
    assert queued(boss, key="k").id == queued(boss, key="k").id
    queued(boss)
    queued(boss)
    with pytest.raises(Conflict, match="3 个导出"):
        queued(boss)


@pytest.mark.parametrize(
    ("kind", "question"),
    [("nothing", {}), ("board", {}), ("board", {"pipeline": "nowhere"}), ("number", {}), ("number", {"code": "x"}),
     ("number", {"code": "x", "selection": {"shoe": 1}}), ("report", {}), ("report_number", {"source": "x", "column": "y"}),
     ("customers", {"criteria": {"field": "shoe"}}), ("customers", {"text": "没有"})],
)  # fmt: skip
def test_nonsense_is_refused_with_a_sentence(
    sqlite_database: Engine, kind: str, question: dict[str, Any]
) -> None:
    boss = make_user(RoleCode.MANAGER, team="上海分公司")
    with pytest.raises(LoanHubError):
        exports.ask(boss, kind, question, reason="季度盘点", now=NOON)
    assert count(ExportJob) == 0


def test_more_than_a_file_holds_is_refused(sqlite_database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    boss = lead_with_customers()
    monkeypatch.setattr(_records, "MOST", 4)
    with pytest.raises(InvalidInput, match="超过 4 条"):
        queued(boss)
