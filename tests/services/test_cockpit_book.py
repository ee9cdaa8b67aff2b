"""The book kept from events is the book read anew: through lives of loans, other databases, torn files, every scope."""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from loanhub.analytics import book as frames
from loanhub.analytics.book import Book
from loanhub.demo import _player, plans
from loanhub.demo import company as companies
from loanhub.demo.history import History
from loanhub.domain.permissions import RoleCode
from loanhub.models import Customer, Lead, Loan
from loanhub.repositories.scope import visible_to
from loanhub.services import day_end, leads
from loanhub.services._actor import SYSTEM
from loanhub.services._transaction import engine, reading, transaction
from loanhub.services.cockpit import Keeper, keeper
from loanhub.services.products import install_products
from tests.analytics.random_book import fill
from tests.builders import NOON, make_company, make_user
from tests.copies import made_once


@dataclass
class Few:
    """A demo company of a handful of loans."""

    customers: int = 4
    months: int = 5
    leads: int = 0
    loans: int = 8


def play(monkeypatch: pytest.MonkeyPatch, look: Any) -> History:
    """Play five months of a small company, looking every few steps."""
    monkeypatch.setattr(plans, "OVERDUE_EACH", 1)
    monkeypatch.setattr(plans, "DUE_TODAY", 1)
    monkeypatch.setattr(_player, "STEPS_A_TRANSACTION", 9)
    since = NOON - timedelta(days=220)
    with transaction() as db:
        people = companies.build(db, now=NOON, since=since, seed=5)
        products = install_products(db, lender="示范小贷", now=since)
    shape: Any = Few()
    found = History(people, shape, now=NOON, seed=5, products=products)
    for plan, when in plans.Plans(people, shape, found.people, found.pick, NOON).loans():
        found._start(plan, when)
    found.player.run(look)
    return found


def read_anew() -> Book:
    return Keeper(engine()).rebuild()


class TestKeeper:
    def test_follows_the_life_of_loans_event_by_event(
        self, database: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        looks = 0

        def look(_now: datetime) -> None:
            nonlocal looks
            looks += 1
            assert not frames.differing(keeper().whole(), read_anew())

        played = play(monkeypatch, look)
        assert looks > 8 and played.tally.payments > 10
        before = keeper().whole()
        day_end.catch_up(SYSTEM, until=NOON.date(), clock=lambda: NOON)
        after = keeper().whole()

        assert not frames.differing(after, read_anew())
        assert frames.differing(before, after), "day-end told of nothing, so the test would prove nothing"

    def test_reads_only_what_changed(self, database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
        make_company()
        owner = make_user(RoleCode.SALES)
        fill([owner], leads=30)
        keeper().whole()
        created = leads.create(owner, {"name": "孙立", "phone": "15400001111"}, now=NOON)
        monkeypatch.setattr(Keeper, "_build", lambda *_: pytest.fail("all of it was read again"))
        found = keeper().whole()

        assert created.lead_id in found.leads["id"].to_list()
        assert found.leads.height == len(set(found.leads["id"].to_list()))

    def test_a_look_without_news_changes_nothing(self, database: Engine) -> None:
        make_company()
        fill([make_user(RoleCode.SALES)], leads=10)
        kept = keeper()
        first = kept.whole()
        version = kept.version

        assert kept.whole() is first
        assert kept.version == version

    def test_uncommitted_changes_are_not_seen(self, database: Engine) -> None:
        make_company()
        owner = make_user(RoleCode.SALES)
        fill([owner], leads=5)
        count = keeper().whole().leads.height
        with contextlib.suppress(RuntimeError), transaction():
            leads.create(owner, {"name": "孙立", "phone": "15400001111"}, now=NOON)
            assert keeper().whole().leads.height == count
            raise RuntimeError
        assert keeper().whole().leads.height == count


class TestFile:
    @pytest.fixture
    def company(self, sqlite_database: Engine) -> Any:
        return made_once("a book of forty", self._made)

    @staticmethod
    def _made() -> Any:
        make_company()
        owner = make_user(RoleCode.SALES)
        fill([owner], leads=40)
        leads.create(owner, {"name": "孙立", "phone": "15400001111"}, now=NOON)
        return owner

    def test_is_taken_up_and_followed(self, company: Any, tmp_path: Path) -> None:
        first = Keeper(engine(), tmp_path)
        first.whole()
        assert first.save()
        assert not first.save(), "nothing new, and written again"
        leads.create(company, {"name": "周舟", "phone": "15400002222"}, now=NOON)

        second = Keeper(engine(), tmp_path)
        second._build = lambda *_: pytest.fail("the file was not used")  # type: ignore[method-assign]
        assert not second.differing()

    @pytest.mark.parametrize("harm", [
        "torn frame", "turned bit", "no frames", "torn list", "another list", "older list", "another database", "older columns",
    ])  # fmt: skip
    def test_is_read_anew_where_it_cannot_be_trusted(self, company: Any, tmp_path: Path, harm: str) -> None:
        first = Keeper(engine(), tmp_path)
        first.whole()
        first.save()
        manifest = tmp_path / "book.json"
        if harm == "torn frame":
            frame = next(tmp_path.glob("book-*/leads.arrow"))
            frame.write_bytes(frame.read_bytes()[:200])
        elif harm == "turned bit":
            frame = next(tmp_path.glob("book-*/loans.arrow"))
            written = bytearray(frame.read_bytes())
            written[len(written) // 2] ^= 1
            frame.write_bytes(written)
        elif harm == "no frames":
            shutil.rmtree(next(tmp_path.glob("book-*")))
        elif harm == "another list":
            manifest.write_text("[]")
        elif harm == "older list":
            manifest.write_text(manifest.read_text().replace('"sums"', '"others"'))
        elif harm == "torn list":
            manifest.write_text(manifest.read_text()[:20])
        elif harm == "another database":
            manifest.write_text(manifest.read_text().replace('"mark": "', '"mark": "1999-'))
        else:
            manifest.write_text(manifest.read_text().replace('"format": "', '"format": "x'))

        again = Keeper(engine(), tmp_path)
        read: list[bool] = []
        real = again._build
        again._build = lambda db: read.append(True) or real(db)  # type: ignore[method-assign,func-returns-value]
        assert not again.differing() and read == [True]
        leads.create(company, {"name": "周舟", "phone": "15400002222"}, now=NOON)
        again.whole()
        assert again.save() and not Keeper(engine(), tmp_path).differing(), (
            "not whole again after the next writing"
        )


class TestScope:
    @pytest.mark.parametrize("role", [RoleCode.SALES, RoleCode.TEAM_LEAD, RoleCode.MANAGER])
    def test_keeps_what_the_lists_show(self, database: Engine, role: RoleCode) -> None:
        make_company()
        reader = make_user(role)
        fill([reader, make_user(RoleCode.SALES), make_user(RoleCode.SALES, team="华东二组")])
        with transaction() as db:
            db.execute(sa.update(Customer).where(Customer.id % 5 == 0).values(manager_id=reader.user_id))  # type: ignore[operator, arg-type]

        found = keeper().of(reader)

        with reading() as db:
            for name, model in (("leads", Lead), ("customers", Customer), ("loans", Loan)):
                seen = set(db.execute(sa.select(model.id).where(visible_to(reader, model))).scalars())  # type: ignore[call-overload]
                whole = set(getattr(keeper().whole(), name)["id"])
                assert set(getattr(found, name)["id"]) == seen & whole, name
        assert set(found.payments["loan"]) <= set(found.loans["id"])
