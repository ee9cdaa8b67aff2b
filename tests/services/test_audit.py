from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from typer.testing import CliRunner

from loanhub.cli.main import app
from loanhub.domain.errors import NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import Event, EventSeal
from loanhub.services import audit, events
from loanhub.services._actor import SYSTEM, Actor
from loanhub.services._transaction import reading, transaction
from tests.builders import NOON, bare_actor, make_company, make_user

AUDITOR = bare_actor(RoleCode.AUDITOR)


@pytest.fixture(autouse=True)
def _anchors_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_anchor_file", lambda: tmp_path / "anchors.jsonl")


def _happen(count: int, actor: Actor = SYSTEM, **values: object) -> None:
    with transaction() as db:
        for number in range(count):
            events.record(
                db, actor, "lead.edited", now=NOON + timedelta(seconds=number), entity="lead", entity_id=number + 1,
                before={"意向金额": "80.00 万"}, after={"意向金额": "85.00 万"}, summary=f"第 {number} 条", **values,  # type: ignore[arg-type]
            )  # fmt: skip


def _tamper(engine: Engine, statement: str) -> None:
    """Do what only somebody with the database's own password can: switch the triggers off."""
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            for table in ("event", "event_seal"):
                for verb in ("update", "delete"):
                    connection.exec_driver_sql(f"DROP TRIGGER {table}_no_{verb}")
        else:
            for table in ("event", "event_seal"):
                connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        connection.exec_driver_sql(statement)


class TestSeal:
    def test_chains_every_event_once_in_order(
        self, database: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(audit, "BATCH", 3)
        _happen(7)

        assert audit.seal(now=NOON) == 7
        assert audit.seal(now=NOON) == 0

        with reading() as db:
            seals = db.execute(sa.select(EventSeal).order_by(EventSeal.sequence)).scalars().all()  # type: ignore[arg-type]
        assert [s.sequence for s in seals] == list(range(1, 8))
        assert [s.previous_hash for s in seals] == [audit.GENESIS, *[s.hash for s in seals][:-1]]

    def test_takes_in_an_event_committed_late_with_a_lower_id(self, database: Engine) -> None:
        _happen(1)
        with transaction() as db:
            db.add(Event(id=50, type="lead.edited", at=NOON))
        audit.seal(now=NOON)
        with transaction() as db:
            db.add(Event(id=40, type="lead.edited", at=NOON))

        assert audit.seal(now=NOON) == 1
        assert audit.verify(SYSTEM, now=NOON).whole


class TestVerify:
    def test_finds_an_untouched_chain_whole(self, database: Engine) -> None:
        _happen(5)

        verdict = audit.verify(AUDITOR, now=NOON)

        assert verdict.whole and verdict.checked == 5 and verdict.unsealed == 0
        assert audit.chain(AUDITOR, now=NOON).last_check == "5 条，完整"

    @pytest.mark.parametrize(
        ("statement", "words"),
        [
            ("UPDATE event SET summary = '没有这回事' WHERE id = 3", "#3 的内容与封印不符"),
            ("UPDATE event SET actor_name = '别人' WHERE id = 1", "#1 的内容与封印不符"),
            ('UPDATE event SET after = \'{"意向金额": "95.00 万"}\' WHERE id = 2', "#2 的内容与封印不符"),
            ("DELETE FROM event WHERE id = 4", "#4 的记录被删除"),
            ("DELETE FROM event_seal WHERE event_id = 2", "第 2 节到第 2 节的封印缺失"),
            ("UPDATE event_seal SET hash = previous_hash WHERE event_id = 5", "#5 的内容与封印不符"),
            ("UPDATE event_seal SET previous_hash = hash WHERE event_id = 3", "#3 的封印接不上前一条"),
        ],
    )
    def test_finds_any_change(self, database: Engine, statement: str, words: str) -> None:
        _happen(5)
        audit.seal(now=NOON)
        _tamper(database, statement)

        verdict = audit.verify(AUDITOR, now=NOON)

        assert not verdict.whole and words in verdict.breaks[0].sentence
        assert not audit.chain(AUDITOR, now=NOON).last_check_whole

    def test_finds_a_cut_off_tail_by_the_anchor_outside(self, database: Engine) -> None:
        _happen(5)
        audit.seal(now=NOON)
        _tamper(database, "DELETE FROM event_seal WHERE event_id > 3")
        with database.begin() as connection:
            connection.exec_driver_sql("DELETE FROM event WHERE id > 3")

        verdict = audit.verify(AUDITOR, now=NOON)

        assert "截短" in verdict.breaks[0].sentence

    def test_finds_a_chain_made_anew(self, sqlite_database: Engine) -> None:
        _happen(5)
        audit.seal(now=NOON)
        _tamper(sqlite_database, "UPDATE event SET summary = '没有这回事' WHERE id = 3")
        with sqlite_database.begin() as connection:
            connection.exec_driver_sql("DELETE FROM event_seal")
        audit.seal(now=NOON)

        verdict = audit.verify(AUDITOR, now=NOON)

        assert "库外留存的链头不符" in verdict.breaks[0].sentence

    def test_is_for_the_auditor(self, sqlite_database: Engine) -> None:
        for role in set(RoleCode) - {RoleCode.AUDITOR}:
            with pytest.raises(NotPermitted):
                audit.verify(bare_actor(role), now=NOON)

    def test_works_on_the_command_line(self, sqlite_database: Engine) -> None:
        _happen(3)
        assert CliRunner().invoke(app, ["audit", "verify"]).exit_code == 0

        _tamper(sqlite_database, "UPDATE event SET ip = '1.1.1.1' WHERE id = 2")
        result = CliRunner().invoke(app, ["audit", "verify"])

        assert result.exit_code == 1 and "#2" in result.output


class TestAnchor:
    def test_is_written_once_an_hour(self, sqlite_database: Engine, tmp_path: Path) -> None:
        for hours in (0, 0.5, 1, 3):
            _happen(1)
            audit.seal(now=NOON + timedelta(hours=hours))

        lines = (tmp_path / "anchors.jsonl").read_text().splitlines()
        assert [json.loads(line)["sequence"] for line in lines] == [1, 3, 4]


class TestListEntries:
    def test_filters_by_text_tab_type_person_and_day(self, database: Engine) -> None:
        make_company()
        lin = make_user(RoleCode.SALES, name="林溪")
        _happen(3, lin, reason="面签核对")
        with transaction() as db:
            events.record(
                db, SYSTEM, "session.refused", now=NOON + timedelta(days=1), entity="user", entity_id=1
            )
        audit.seal(now=NOON)

        def found(**wanted: object) -> int:
            return audit.list_entries(AUDITOR, **wanted).total  # type: ignore[arg-type]

        assert found() == 4
        assert (
            found(text="林溪")
            == found(text="面签")
            == found(text="修改线索")
            == found(actor_id=lin.user_id)
            == 3
        )
        assert found(text="%") == 0
        assert (
            found(tab="login")
            == found(tab="sensitive")
            == found(actor_id=0)
            == found(event_type="session.refused")
            == 1
        )
        assert found(tab="change", until=NOON + timedelta(seconds=2)) == 2
        assert found(since=NOON + timedelta(hours=1)) == 1
        entry = audit.list_entries(AUDITOR, text="第 1 条").entries[0]
        assert entry.changes == (("意向金额", "80.00 万", "85.00 万"),)
        assert (entry.subject, entry.role, len(entry.hash)) == ("线索 #2", "客户经理", 64)

    def test_shows_the_neighbours_in_the_chain(self, sqlite_database: Engine) -> None:
        _happen(4)
        audit.seal(now=NOON)

        links = audit.links_of(AUDITOR, event_id=3)

        assert [one.event_id for one in links] == [2, 3, 4] and all(one.fits for one in links)
        assert [one.event_id for one in audit.links_of(AUDITOR, event_id=1)] == [1, 2]
        _tamper(sqlite_database, "UPDATE event SET ip = '1.1.1.1' WHERE id = 3")
        assert [one.fits for one in audit.links_of(AUDITOR, event_id=3)] == [True, False, True]

    def test_is_for_the_auditor(self, sqlite_database: Engine) -> None:
        for ask in (audit.list_entries, audit.list_people):
            with pytest.raises(NotPermitted):
                ask(bare_actor(RoleCode.ADMIN))
        with pytest.raises(NotPermitted):
            audit.links_of(bare_actor(RoleCode.MANAGER), event_id=1)
        with pytest.raises(NotPermitted):
            audit.chain(bare_actor(RoleCode.SECURITY_ADMIN), now=NOON)
