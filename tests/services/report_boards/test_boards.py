"""Boards of reports: everybody sees their own figures, only the owner arranges, nothing is overwritten unseen."""

from __future__ import annotations

import pytest
from sqlalchemy.engine import Engine

from loanhub.domain.errors import Conflict, InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.domain.report_boards import Tile
from loanhub.services import recycle, reports
from loanhub.services._actor import Actor
from loanhub.services.report_boards import edit, view
from loanhub.services.report_boards.view import TileView
from tests.analytics.random_book import fill
from tests.builders import NOON, bare_actor, make_company, make_user


@pytest.fixture
def people(database: Engine) -> dict[str, Actor]:
    make_company()
    roles = (RoleCode.MANAGER, RoleCode.SALES, RoleCode.TEAM_LEAD)
    return {role.value: make_user(role, name=f"甲{role.value}") for role in roles}


@pytest.fixture
def book(people: dict[str, Actor]) -> dict[str, Actor]:
    fill([people["sales"], make_user(RoleCode.SALES, team="华东二组", name="周子昂")], leads=80)
    return people


def made(owner: Actor, *tiles: tuple[str, str, str], shared: str = "all") -> int:
    number = edit.create(owner, name="早会", shared_with=shared, now=NOON)
    for version, (source, key, show) in enumerate(tiles, start=1):
        edit.put(owner, board_id=number, version=version, source=source, key=key, show=show, now=NOON)
    return number


def tiles(actor: Actor, number: int) -> list[TileView]:
    return [view.tile_view(view.answered(actor, one, now=NOON)) for one in view.get(actor, number).tiles]


def layout(actor: Actor, number: int) -> list[Tile]:
    return list(view.get(actor, number).tiles)


class TestLook:
    def test_every_reader_sees_the_figures_of_the_own_scope(self, book: dict[str, Actor]) -> None:
        number = made(
            book["manager"], ("report", "channel_quality", "number"), ("report", "monthly_lending", "chart"),
            ("report", "channel_quality", "table"),
        )  # fmt: skip

        whole, own = tiles(book["manager"], number), tiles(book["sales"], number)

        assert [one.show for one in whole] == ["number", "chart", "table"]
        assert int(own[0].figure.replace(",", "")) < int(whole[0].figure.replace(",", ""))
        assert whole[1].picture.lines and not whole[1].problem
        table = reports.run(book["sales"], "channel_quality", now=NOON)
        assert list(own[2].rows[0]) == [
            reports.text_of(column, cell) for column, cell in zip(table.columns, table.rows[0], strict=True)
        ]

    def test_a_tile_that_cannot_be_answered_says_so_and_the_others_stand(
        self, people: dict[str, Actor]
    ) -> None:
        manager = people["manager"]
        key = str(
            reports.create(manager, name="私", definition={"measures": ["new_leads"]}, key="", now=NOON)
        )
        number = made(manager, ("report", key, "number"), ("report", "region", "table"))

        private, shared = tiles(people["team_lead"], number)

        assert "没有共享给你" in private.problem and shared.problem == ""
        reports.delete(manager, key=key, now=NOON)
        assert "已删除" in tiles(manager, number)[0].problem

    def test_a_measure_of_the_cockpit_is_not_for_those_without_it(self, people: dict[str, Actor]) -> None:
        number = made(people["manager"], ("measure", "overdue_rate", "number"))

        assert tiles(people["manager"], number)[0].problem == ""
        found = tiles(people["sales"], number)[0]
        assert found.problem and not found.figure

    def test_is_found_by_those_it_is_shared_with(self, people: dict[str, Actor]) -> None:
        manager, lead, sales = (people[one] for one in ("manager", "team_lead", "sales"))
        own, role = (
            made(manager, shared="me"),
            edit.create(manager, name="主管", shared_with="role:team_lead", now=NOON),
        )

        assert [one.id for one in view.list_boards(lead, now=NOON)] == [role]
        assert {one.id for one in view.list_boards(manager, now=NOON)} == {own, role}
        assert view.list_boards(sales, now=NOON) == []
        with pytest.raises(NotFound):
            view.get(sales, role)
        with pytest.raises(NotPermitted):
            view.list_boards(bare_actor(RoleCode.ADMIN), now=NOON)


class TestEdit:
    def test_arranging_moves_the_others_away(self, people: dict[str, Actor]) -> None:
        manager = people["manager"]
        number = made(manager, ("report", "region", "chart"), ("report", "approval", "table"))
        first, second = layout(manager, number)
        assert (first.x, second.x) == (0, 6)

        version = edit.arrange(
            manager, board_id=number, version=3, tile_id=second.id, x=0, y=0, w=12, h=4, now=NOON
        )

        assert version == 4
        assert [(one.id, one.x, one.y, one.w) for one in layout(manager, number)] == [
            (second.id, 0, 0, 12), (first.id, 0, 4, 6),
        ]  # fmt: skip
        again = edit.arrange(
            manager, board_id=number, version=4, tile_id=second.id, x=0, y=0, w=12, h=4, now=NOON
        )
        assert again == 4, "nothing changed, nothing written"

    def test_an_old_page_overwrites_nothing(self, people: dict[str, Actor]) -> None:
        manager = people["manager"]
        number = made(manager, ("report", "region", "chart"))
        tile = layout(manager, number)[0]
        edit.show_as(manager, board_id=number, version=2, tile_id=tile.id, show="table", now=NOON)

        with pytest.raises(Conflict):
            edit.take_off(manager, board_id=number, version=2, tile_id=tile.id, now=NOON)
        assert layout(manager, number)[0].show.value == "table"

    def test_only_its_owner_changes_it(self, people: dict[str, Actor]) -> None:
        number = made(people["manager"], ("report", "region", "chart"))

        with pytest.raises(NotPermitted):
            edit.arrange(
                people["team_lead"], board_id=number, version=2, tile_id="x", x=0, y=0, w=4, h=4, now=NOON
            )
        with pytest.raises(NotPermitted):
            edit.create(people["sales"], name="我的", now=NOON)
        assert not view.get(people["team_lead"], number).can_edit

    def test_refuses_by_field(self, people: dict[str, Actor]) -> None:
        manager = people["manager"]
        number = made(manager)
        for name, shared, field in (
            ("", "me", "name"),
            ("早会", "me", "name"),
            ("晚会", "role:king", "shared_with"),
        ):
            with pytest.raises(InvalidInput) as refusal:
                edit.create(manager, name=name, shared_with=shared, now=NOON)
            assert set(refusal.value.fields) == {field}
        for source, key, show, field in (
            ("measure", "nothing", "number", "key"), ("else", "1", "chart", "key"), ("report", "region", "pie", "show"),
        ):  # fmt: skip
            with pytest.raises(InvalidInput) as refusal:
                edit.put(manager, board_id=number, version=1, source=source, key=key, show=show, now=NOON)
            assert set(refusal.value.fields) == {field}
        with pytest.raises(NotFound):
            edit.put(manager, board_id=number, version=1, source="report", key="99", show="chart", now=NOON)

    def test_one_press_makes_one_board(self, people: dict[str, Actor]) -> None:
        numbers = [edit.create(people["manager"], name="早会", key="k", now=NOON) for _ in range(1)]
        with pytest.raises(InvalidInput):
            edit.create(people["manager"], name="早会", key="other", now=NOON)
        assert [one.id for one in view.list_boards(people["manager"], now=NOON)] == numbers

    def test_comes_back_from_the_bin(self, people: dict[str, Actor]) -> None:
        manager = people["manager"]
        number = made(manager, ("report", "region", "chart"))
        edit.delete(manager, board_id=number, version=2, now=NOON)
        with pytest.raises(NotFound):
            view.get(manager, number)

        item = recycle.list_items(manager, now=NOON).rows[0]
        recycle.restore(manager, item_id=item.id, now=NOON)

        assert len(layout(manager, number)) == 1
