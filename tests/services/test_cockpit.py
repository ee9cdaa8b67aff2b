"""The cockpit: who may see it, how much of the book, and that each number is the sum of its records."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.analytics import book as frames
from loanhub.analytics.measures import measures
from loanhub.domain.errors import NotFound, NotPermitted
from loanhub.domain.money import format_fen, format_wan
from loanhub.domain.permissions import Permission, RoleCode, Scope
from loanhub.models import Lead, Loan
from loanhub.services import cockpit
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from tests.analytics.random_book import fill
from tests.builders import NOON, TODAY, bare_actor, make_company, make_user
from tests.copies import made_once

QUARTER = {"period": "quarter", "now": NOON}


@pytest.fixture
def firm(database: Engine) -> dict[str, Actor]:
    """Two teams with a book each, the lead of the first, and the manager of all."""
    return made_once("firm of cockpit", _firm)


def _firm() -> dict[str, Actor]:
    make_company()
    people = {
        "first": make_user(RoleCode.SALES, name="林若溪"),
        "second": make_user(RoleCode.SALES, team="华东二组", name="周子昂"),
        "lead": make_user(RoleCode.TEAM_LEAD),
        "manager": make_user(RoleCode.MANAGER, team="上海分公司"),
    }
    fill([people["first"], people["second"]])
    return people


class TestRights:
    @pytest.mark.parametrize("role", [RoleCode.MANAGER, RoleCode.TEAM_LEAD, RoleCode.AUDITOR])
    def test_those_who_lead_may_look_and_drill(self, sqlite_database: Engine, role: RoleCode) -> None:
        make_company()

        assert cockpit.look(bare_actor(role), now=NOON).period == "month"
        assert cockpit.drill(bare_actor(role), "new_leads", now=NOON).count == 0

    @pytest.mark.parametrize("role", [RoleCode.SALES, RoleCode.CREDIT, RoleCode.FINANCE, RoleCode.ADMIN])
    def test_others_may_not(self, sqlite_database: Engine, role: RoleCode) -> None:
        make_company()

        with pytest.raises(NotPermitted):
            cockpit.look(bare_actor(role), now=NOON)
        with pytest.raises(NotPermitted):
            cockpit.drill(bare_actor(role), "funded:douyin", now=NOON)

    def test_who_may_not_read_loans_sees_only_their_total(self, firm: dict[str, Actor]) -> None:
        few = Actor(
            user_id=1, name="只看数", permissions=frozenset({Permission.COCKPIT_READ}), scope=Scope.ALL
        )

        found = cockpit.drill(few, "disbursed_amount", **QUARTER)

        assert found.hidden and found.rows == () and found.count > 0 and found.figure != "—"


class TestScope:
    def test_a_team_lead_sees_the_own_team(self, firm: dict[str, Actor]) -> None:
        with reading() as db:
            mine = db.execute(
                sa.select(sa.func.count()).where(
                    col(Lead.department_id) == firm["first"].department_id, col(Lead.deleted_at).is_(None),
                    col(Lead.created_at) >= NOON.replace(month=9, day=30, hour=16),
                )
            ).scalar_one()  # fmt: skip
        seen = cockpit.look(firm["lead"], **QUARTER)
        whole = cockpit.look(firm["manager"], **QUARTER)

        assert seen.tiles[0].figure == str(mine)
        assert int(whole.tiles[0].figure) > mine
        assert [leader["name"] for leader in seen.leaders["amount"]] == ["林若溪"]
        assert {leader["name"] for leader in whole.leaders["amount"]} == {"林若溪", "周子昂"}

    def test_a_drill_holds_no_record_of_another_team(self, firm: dict[str, Actor]) -> None:
        other = cockpit.drill(firm["lead"], f"owner:{firm['second'].user_id}", **QUARTER)
        mine = cockpit.drill(firm["lead"], "outstanding_principal", **QUARTER)

        assert other.count == 0 and other.rows == ()
        with reading() as db:
            ids = [int(row["id"]) for row in mine.rows]
            owners = set(
                db.execute(sa.select(col(Loan.department_id)).where(col(Loan.id).in_(ids))).scalars()
            )
        assert owners == {firm["first"].department_id}


class TestDrill:
    def test_every_tile_is_the_sum_of_its_records(self, firm: dict[str, Actor]) -> None:
        view = cockpit.look(firm["manager"], **QUARTER)
        window, _ = frames.period("quarter", TODAY)
        book = cockpit.keeper().of(firm["manager"])
        for tile in (*view.tiles, *view.second):
            found = cockpit.drill(firm["manager"], tile.code, **QUARTER)
            truth = measures()[tile.code].compute(book, window)

            assert (found.prefix, found.figure, found.unit) == (tile.prefix, tile.figure, tile.unit)
            assert found.count == truth.rows.height == len(found.rows) > 0
            assert {int(row["id"]) for row in found.rows} == set(truth.rows["id"].to_list())

    def test_amounts_of_the_rows_add_up_to_the_fen(self, firm: dict[str, Actor]) -> None:
        found = cockpit.drill(firm["manager"], "disbursed_amount", **QUARTER)

        fen = sum(int(row["value"].replace("¥", "").replace(",", "").replace(".", "")) for row in found.rows)
        assert found.sum_text == format_fen(fen)
        assert f"{found.figure.replace(',', '')} {found.unit}" == format_wan(fen)

    def test_every_row_of_every_table_opens_its_records(self, firm: dict[str, Actor]) -> None:
        view = cockpit.look(firm["manager"], **QUARTER)

        def shown(code: str) -> str:
            found = cockpit.drill(firm["manager"], code, **QUARTER)
            return f"{found.figure} {found.unit}".strip()

        def plain(text: str) -> str:
            return text.replace("¥", "").replace(",", "")

        for row in view.funnel:
            assert shown(row["drill"]) == row["count"]
        for row in view.channels:
            assert shown(row["drill"]) == row["leads"]
            assert shown(row["drill_funded"]) == row["funded"]
            assert plain(shown(row["drill_cost"])) == plain(row["cost"])
        for row in (*view.leaders["amount"], *view.ageing, *view.cities, *view.products, *view.grades):
            assert plain(shown(row["drill"])) == plain(row["amount"])
        for month in view.trend:
            assert plain(shown(str(month["drill_disbursed"]))) == plain(str(month["disbursed_text"]))
            assert plain(shown(str(month["drill_collected"]))) == plain(str(month["collected_text"]))
        for line in view.highlights:
            assert cockpit.drill(firm["manager"], line["drill"], **QUARTER).count > 0

    @pytest.mark.parametrize(
        "code",
        ["", "nonsense", "funnel:99", "funnel:x", "owner:99999999999", "bucket:M9", "disbursed:x", "funnel"],
    )
    def test_refuses_what_is_no_number(self, sqlite_database: Engine, code: str) -> None:
        make_company()

        with pytest.raises(NotFound):
            cockpit.drill(bare_actor(RoleCode.MANAGER), code, now=NOON)

    def test_shows_the_largest_records_first_and_not_too_many(self, sqlite_database: Engine) -> None:
        make_company()
        fill([make_user(RoleCode.SALES)], leads=900)

        found = cockpit.drill(bare_actor(RoleCode.MANAGER), "funnel:0", period="quarter", now=NOON)

        assert found.count > len(found.rows) == cockpit.DRILL_ROWS


class TestLook:
    def test_an_empty_firm_has_nothing_to_show(self, sqlite_database: Engine) -> None:
        make_company()

        view = cockpit.look(bare_actor(RoleCode.MANAGER), now=NOON)

        assert not view.has_data and view.highlights == ()
        assert [tile.figure for tile in view.tiles] == ["0", "0.00", "—", "—", "—", "—"]
        assert {tile.direction for tile in view.tiles} == {""}
        assert {tile.change for tile in view.tiles if tile.figure == "—"} == {""}
        assert [row["count"] for row in view.funnel] == ["0"] * 7

    def test_the_arrow_tells_the_direction_and_the_tone_what_it_means(self, sqlite_database: Engine) -> None:
        make_company()
        fill([make_user(RoleCode.SALES)])
        with transaction() as db:
            for loan in db.execute(
                sa.select(Loan).where(col(Loan.disbursed_date) < TODAY.replace(day=1))
            ).scalars():
                loan.principal_fen = loan.principal_fen * 10

        tiles = {tile.code: tile for tile in cockpit.look(bare_actor(RoleCode.MANAGER), now=NOON).tiles}

        assert (tiles["disbursed_amount"].direction, tiles["disbursed_amount"].tone) == ("dn", "bad")
        assert tiles["disbursed_amount"].note.startswith("上月同期 ¥")
        late = tiles["overdue_rate"]  # against the last month end, not the same days of the month before
        found = re.fullmatch(r"M3\+ [\d.]+% · 10 月末 ([\d.]+)%", late.note)
        assert found is not None, late.note
        assert late.change == f"{Decimal(late.figure) - Decimal(found[1]):.1f}pp"
        assert (late.direction, late.tone) == ("up", "bad")

    def test_an_unknown_period_means_the_month(self, sqlite_database: Engine) -> None:
        make_company()

        view = cockpit.look(bare_actor(RoleCode.MANAGER), period="decade", now=NOON)

        assert (view.period, view.span) == ("month", "2026-11-01 ～ 2026-11-20")
