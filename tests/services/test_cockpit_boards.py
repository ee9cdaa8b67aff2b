"""Boards of the roles, the drawer's groups, files, the wall: inside the scope, and the same number everywhere."""

from __future__ import annotations

import io
import sys
from dataclasses import asdict
from datetime import timedelta

import pytest
import sqlalchemy as sa
from python_calamine import CalamineWorkbook
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.analytics import book as frames
from loanhub.analytics.measures import measures
from loanhub.domain import formats
from loanhub.domain.errors import InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.domain.repayment.delinquency import FiveClass
from loanhub.models import Customer, Event, Lead
from loanhub.services import cockpit, exports, files, leads, targets
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.cockpit import Selection
from loanhub.services.cockpit.wall import wall
from tests.analytics.random_book import fill
from tests.builders import NOON, TODAY, bare_actor, make_company, make_user
from tests.copies import made_once
from tests.services.exports.taking import fetched, rows_of

QUARTER = Selection(period="quarter")
ROLES = {
    RoleCode.SALES: "rep", RoleCode.TEAM_LEAD: "team", RoleCode.CREDIT: "risk", RoleCode.COLLECTIONS: "collections",
    RoleCode.FINANCE: "finance",
}  # fmt: skip


@pytest.fixture
def firm(database: Engine) -> dict[RoleCode, Actor]:
    return made_once("firm of cockpit_boards", _firm)


def _firm() -> dict[RoleCode, Actor]:
    make_company()
    people = {role: make_user(role, name=f"甲{role.value}") for role in (*ROLES, RoleCode.MANAGER)}
    fill([people[RoleCode.SALES], make_user(RoleCode.SALES, team="华东二组", name="周子昂")], leads=160)
    return people


def sheet(actor: Actor, document_id: int) -> list[list[object]]:
    """Return the rows of a workbook's first sheet below its head."""
    name, content = opened(actor, document_id)
    assert name.endswith(".xlsx")
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()[2:]


def opened(actor: Actor, document_id: int) -> tuple[str, bytes]:
    view, pieces = files.open_file(actor, document_id=document_id, now=NOON)
    return view.file_name, b"".join(pieces)


class TestBoard:
    def test_each_role_has_its_own_first(self, firm: dict[RoleCode, Actor]) -> None:
        for role, code in ROLES.items():
            view = cockpit.board(firm[role], now=NOON)
            assert view.code == code and len(view.tiles) % 5 == 0  # whole rows
        assert len(cockpit.board(firm[RoleCode.MANAGER], now=NOON).options) == len(cockpit.BOARDS)
        assert cockpit.board(firm[RoleCode.SALES], code="finance", now=NOON).code == "rep"

    @pytest.mark.parametrize("role", [RoleCode.ADMIN, RoleCode.SECURITY_ADMIN, RoleCode.CONTRACTS])
    def test_others_have_none(self, sqlite_database: Engine, role: RoleCode) -> None:
        make_company()
        with pytest.raises(NotPermitted):
            cockpit.board(bare_actor(role), now=NOON)

    def test_every_tile_is_its_measure_in_the_scope_and_its_list(self, firm: dict[RoleCode, Actor]) -> None:
        window, _ = frames.period("quarter", TODAY)
        for role in ROLES:
            actor = firm[role]
            book = cockpit.keeper().of(actor)
            for tile in cockpit.board(actor, selection=QUARTER, now=NOON).tiles:
                truth = measures()[tile.code].compute(book, window)
                found = cockpit.drill(actor, tile.code, selection=QUARTER, now=NOON)
                assert (tile.prefix, tile.figure, tile.unit) == (found.prefix, found.figure, found.unit), (
                    role,
                    tile.code,
                )
                assert found.count == truth.rows.height, (role, tile.code)

    def test_what_has_an_order_is_shown_in_it(self, firm: dict[RoleCode, Actor]) -> None:
        ordered = {
            "bucket": None,
            "grade": ["低", "中", "高", "极高", "未注明"],
            "five_class": [label for _, label in FiveClass.options()],
        }
        seen = set()
        for board in cockpit.BOARDS:
            for mix in cockpit.board(
                firm[RoleCode.MANAGER], code=board.code, selection=QUARTER, now=NOON
            ).mixes:
                dimension = mix.key.rpartition(":")[2]
                if dimension in ordered and len(mix.rows) > 1:
                    labels, order = [row["label"] for row in mix.rows], ordered[dimension]
                    assert labels == sorted(labels, key=order.index if order else None), mix.key
                    seen.add(dimension)
        assert seen == set(ordered)

    def test_a_representative_sees_no_record_of_another(self, firm: dict[RoleCode, Actor]) -> None:
        rep = firm[RoleCode.SALES]
        found = cockpit.drill(rep, "new_leads", selection=QUARTER, now=NOON)
        with reading() as db:
            owners = set(db.execute(sa.select(col(Lead.owner_id)).where(col(Lead.id).in_([int(r["id"]) for r in found.rows]))).scalars())  # fmt: skip
        assert owners == {rep.user_id}
        with pytest.raises(NotPermitted):
            cockpit.drill(rep, "collected_in_cases", now=NOON)
        with pytest.raises(NotPermitted):
            cockpit.drill(rep, "owner:1", now=NOON)

    def test_shows_the_readers_own_target(self, firm: dict[RoleCode, Actor]) -> None:
        rep = firm[RoleCode.SALES]
        targets.set_target(firm[RoleCode.MANAGER], month=f"{TODAY:%Y-%m}", measure="disbursed_amount", level="user",
                           subject_id=rep.user_id, text="500", expected_version=0, now=NOON)  # fmt: skip
        assert cockpit.board(rep, now=NOON).goal_text == "放款总额目标 500.0 万"
        assert cockpit.board(firm[RoleCode.CREDIT], now=NOON).goal_text == ""


class TestGroups:
    def test_the_groups_are_the_number_and_one_of_them_its_records(self, firm: dict[RoleCode, Actor]) -> None:
        manager = firm[RoleCode.MANAGER]
        whole = cockpit.drill(manager, "new_leads", selection=QUARTER, by="channel", now=NOON)
        assert sum(int(one["amount"].replace(",", "")) for one in whole.groups) == whole.count
        for one in whole.groups:
            part = cockpit.drill(
                manager, "new_leads", selection=QUARTER, by="channel", only=one["key"], now=NOON
            )
            assert part.count == int(one["amount"]) and part.only_label == one["label"]

    def test_a_group_that_is_not_there_is_refused(self, firm: dict[RoleCode, Actor]) -> None:
        with pytest.raises(NotFound):
            cockpit.drill(firm[RoleCode.MANAGER], "new_leads", by="channel", only="=mars", now=NOON)

    def test_an_unknown_dimension_means_the_first(self, firm: dict[RoleCode, Actor]) -> None:
        assert cockpit.drill(firm[RoleCode.MANAGER], "new_leads", by="shoe_size", now=NOON).by == "channel"


class TestExport:
    def test_the_file_holds_every_record_and_their_sum(self, firm: dict[RoleCode, Actor]) -> None:
        manager = firm[RoleCode.MANAGER]
        made = exports.ask(
            manager, "number", {"code": "disbursed_amount", "selection": asdict(QUARTER)}, now=NOON
        )

        rows = rows_of(fetched(manager, made))[2:]
        window, _ = frames.period("quarter", TODAY)
        truth = measures()["disbursed_amount"].compute(cockpit.keeper().of(manager), window)
        amounts = [round(float(str(row[-1])) * 100) for row in rows]
        assert len(rows) == truth.rows.height + 1
        assert amounts[-1] == truth.value == sum(amounts[:-1])
        with reading() as db:
            assert (
                db.execute(
                    sa.select(sa.func.count()).where(col(Event.type) == "cockpit.exported")
                ).scalar_one()
                == 1
            )
        assert made.file_name.startswith("放款总额_")

    def test_takes_the_right_to_export_those_records(self, firm: dict[RoleCode, Actor]) -> None:
        with pytest.raises(NotPermitted):
            exports.ask(firm[RoleCode.SALES], "number", {"code": "new_leads"}, now=NOON)
        with pytest.raises(InvalidInput):
            exports.ask(firm[RoleCode.MANAGER], "number", {"code": "vintage:2020-01:3:30"}, now=NOON)

    def test_the_whole_cockpit_is_a_workbook(self, firm: dict[RoleCode, Actor]) -> None:
        manager = firm[RoleCode.MANAGER]
        number, _ = cockpit.export(manager, selection=QUARTER, now=NOON)
        view = cockpit.look(manager, selection=QUARTER, now=NOON)
        rows = sheet(manager, number)
        assert [row[0] for row in rows] == [tile.label for tile in (*view.tiles, *view.second)]
        with pytest.raises(NotPermitted):
            cockpit.export(firm[RoleCode.SALES], now=NOON)

    def test_a_chart_is_taken_with_its_numbers_as_numbers(self, firm: dict[RoleCode, Actor]) -> None:
        manager = firm[RoleCode.MANAGER]
        book = cockpit.keeper().of(manager)
        lent = int(book.loans["principal_fen"].sum())

        number, name = cockpit.export_chart(manager, "trend", now=NOON)

        rows = sheet(manager, number)
        assert name.startswith("放款与回款") and len(rows) == 12
        assert sum(round(float(str(row[1])) * 100) for row in rows) == lent > 0
        ageing = sheet(manager, cockpit.export_chart(manager, "ageing", now=NOON)[0])
        *_, owed = ageing[-1]
        assert round(float(str(owed)) * 100) == int(book.loans.filter("open")["outstanding_fen"].sum())
        assert all(isinstance(cell, float) for cell in ageing[-1][1:])

    def test_a_chart_takes_the_right_to_reports_and_its_name(self, firm: dict[RoleCode, Actor]) -> None:
        with pytest.raises(NotPermitted):
            cockpit.export_chart(firm[RoleCode.SALES], "trend", now=NOON)
        with pytest.raises(NotFound):
            cockpit.export_chart(firm[RoleCode.MANAGER], "margin", now=NOON)


class TestSelection:
    def test_a_department_is_those_below_it(self, firm: dict[RoleCode, Actor]) -> None:
        manager, team = firm[RoleCode.MANAGER], firm[RoleCode.SALES].department_id or 0
        part = cockpit.look(manager, selection=Selection(period="quarter", department=team), now=NOON)
        mine = cockpit.look(firm[RoleCode.TEAM_LEAD], selection=QUARTER, now=NOON)
        assert [tile.figure for tile in part.tiles] == [tile.figure for tile in mine.tiles]
        found = cockpit.drill(manager, "new_leads", selection=part.selection, now=NOON)
        assert str(found.count) == part.tiles[0].figure

    def test_a_department_out_of_reach_means_all_one_may_see(self, firm: dict[RoleCode, Actor]) -> None:
        lead = firm[RoleCode.TEAM_LEAD]
        with reading() as db:
            other = db.execute(sa.text("SELECT id FROM department WHERE name = '华东二组'")).scalar_one()
        view = cockpit.look(lead, selection=Selection(period="quarter", department=other), now=NOON)
        assert view.selection.department == 0
        assert [t.figure for t in view.tiles] == [
            t.figure for t in cockpit.look(lead, selection=QUARTER, now=NOON).tiles
        ]

    def test_the_same_days_a_year_before(self, firm: dict[RoleCode, Actor]) -> None:
        window, before = Selection(period="month", compare="year").windows(TODAY)
        assert (before.first.year, before.days) == (window.first.year - 1, window.days)

    def test_results_are_shared_until_something_changes(
        self, firm: dict[RoleCode, Actor], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        module = sys.modules["loanhub.services.cockpit.look"]
        calls: list[int] = []
        real = module._look
        monkeypatch.setattr(module, "_look", lambda *given: calls.append(1) or real(*given))
        for _ in range(5):
            cockpit.look(firm[RoleCode.MANAGER], now=NOON)
        assert len(calls) == 1
        targets.set_target(firm[RoleCode.MANAGER], month=f"{TODAY:%Y-%m}", measure="disbursed_amount", level="company",
                           subject_id=0, text="900", expected_version=0, now=NOON)  # fmt: skip
        assert cockpit.look(firm[RoleCode.MANAGER], now=NOON).goal.text == "900.0 万"
        assert len(calls) == 2


class TestWall:
    def test_names_no_customer(self, firm: dict[RoleCode, Actor]) -> None:
        shown = repr(wall(firm[RoleCode.MANAGER], now=NOON))
        with reading() as db:
            names = set(db.execute(sa.select(col(Customer.name))).scalars()) | set(
                db.execute(sa.select(col(Lead.name))).scalars()
            )
        assert names and not any(f"'{name}'" in shown or f" {name}" in shown for name in names)

    def test_is_for_readers_of_the_cockpit(self, firm: dict[RoleCode, Actor]) -> None:
        with pytest.raises(NotPermitted):
            wall(firm[RoleCode.SALES], now=NOON)

    def test_counts_todays_leads_by_the_hour(self, firm: dict[RoleCode, Actor]) -> None:
        view = wall(firm[RoleCode.MANAGER], now=NOON)
        assert str(sum(int(row["count"] or 0) for row in view.hours)) == view.tiles[0].figure

    @pytest.mark.parametrize("hour", [3, 23])
    def test_counts_the_leads_of_the_night_as_soon_as_they_come(
        self, firm: dict[RoleCode, Actor], hour: int
    ) -> None:
        now = formats.local(NOON).replace(hour=hour) + timedelta(days=1)
        leads.create(firm[RoleCode.SALES], {"name": "夜里来的", "phone": "15400003333"}, now=now)
        view = wall(firm[RoleCode.MANAGER], now=now)
        assert [row["count"] for row in view.hours if row["tone"] == "now"] == ["1"]
        assert view.tiles[0].figure == "1" and len({row["hour"] for row in view.hours}) == len(view.hours)
