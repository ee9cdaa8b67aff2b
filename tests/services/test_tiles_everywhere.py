"""Every tile, on the cockpit and on every role's board, in every role's scope: the number, its list and its file are one."""

from __future__ import annotations

from dataclasses import asdict, replace
from fractions import Fraction

import pytest
from sqlalchemy.engine import Engine

from loanhub.analytics import book as frames
from loanhub.analytics.measures import How, Unit, measures
from loanhub.domain.permissions import Permission, RoleCode
from loanhub.services import cockpit, exports
from loanhub.services._actor import Actor
from loanhub.services.cockpit import Selection
from loanhub.services.cockpit._present import show_value
from loanhub.services.exports._numbers import MINUTES_AN_HOUR
from tests.analytics.random_book import fill
from tests.builders import NOON, TODAY, make_company, make_user
from tests.copies import made_once
from tests.services.exports.taking import fetched, rows_of

QUARTER = Selection(period="quarter")
ROLES = (RoleCode.SALES, RoleCode.TEAM_LEAD, RoleCode.CREDIT, RoleCode.COLLECTIONS, RoleCode.FINANCE, RoleCode.MANAGER)  # fmt: skip
SHOWN = {*cockpit.TILES, *cockpit.SECOND} | {code for board in cockpit.BOARDS for code in board.measures}


@pytest.fixture
def firm(sqlite_database: Engine) -> dict[RoleCode, Actor]:
    return made_once("firm of tiles everywhere", _firm)


def _firm() -> dict[RoleCode, Actor]:
    make_company()
    people = {role: make_user(role, name=f"甲{role.value}") for role in ROLES}
    fill([people[RoleCode.SALES], make_user(RoleCode.SALES, team="华东二组", name="周子昂")], leads=90)
    return people


def tiles_of(actor: Actor) -> dict[str, cockpit.Tile]:
    """Return every tile this person may see, the cockpit's and the boards'."""
    found: dict[str, cockpit.Tile] = {}
    if actor.can(Permission.COCKPIT_READ):
        view = cockpit.look(actor, selection=QUARTER, now=NOON)
        found |= {tile.code: tile for tile in (*view.tiles, *view.second)}
    for board in cockpit.available(actor):
        for tile in cockpit.board(actor, code=board.code, selection=QUARTER, now=NOON).tiles:
            same = found.setdefault(tile.code, tile)
            assert (same.figure, same.unit, same.full) == (tile.figure, tile.unit, tile.full), tile.code
    return found


def test_no_tile_is_left_out(firm: dict[RoleCode, Actor]) -> None:
    assert set(tiles_of(firm[RoleCode.MANAGER])) == SHOWN


@pytest.mark.parametrize("role", ROLES)
def test_the_tile_the_list_and_the_file_are_one_number(firm: dict[RoleCode, Actor], role: RoleCode) -> None:
    """Rights to take away are lent to everybody here: what is asked is whose records a file holds, not who may have it."""
    actor = replace(firm[role], permissions=firm[role].permissions | set(Permission))
    window, _ = frames.period("quarter", TODAY)
    book = cockpit.keeper().of(actor)
    found = tiles_of(firm[role])
    for code, tile in found.items():
        measure = measures()[code]
        truth = measure.compute(book, window)
        assert (tile.prefix, tile.figure, tile.unit) == show_value(measure, truth.value), code
        drill = cockpit.drill(actor, code, selection=QUARTER, now=NOON)
        assert (drill.prefix, drill.figure, drill.unit) == (tile.prefix, tile.figure, tile.unit), code
        assert {int(row["id"]) for row in drill.rows} == set(truth.rows["id"].to_list()), code
        if not drill.count:
            continue
        asked = {"code": code, "selection": asdict(QUARTER)}
        made = exports.ask(actor, "number", asked, now=NOON)
        title, _, *lines, last = rows_of(fetched(actor, made))
        scale = {Unit.FEN: Fraction(1, 100), Unit.HOURS: Fraction(1, MINUTES_AN_HOUR)}.get(truth.part_unit, 1)
        assert len(lines) == drill.count and drill.sum_text in str(title[0]), code
        for added in (last[2], sum(Fraction(line[2]) for line in lines)):
            assert abs(Fraction(added) - truth.total * scale) < Fraction(1, 10**6), code
        if measure.how is How.SUM:
            assert truth.total == truth.value, code
        elif truth.base and measure.how is How.SHARE:
            assert (
                Fraction(truth.total, truth.base * (MINUTES_AN_HOUR if measure.unit is Unit.HOURS else 1))
                == truth.value
            )


def test_scopes_differ(firm: dict[RoleCode, Actor]) -> None:
    seen = {role: tiles_of(firm[role]) for role in (RoleCode.SALES, RoleCode.MANAGER)}
    assert seen[RoleCode.SALES]["new_leads"].figure != seen[RoleCode.MANAGER]["new_leads"].figure
