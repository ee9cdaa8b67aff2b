"""Each panel of the cockpit taken away: as the table that is shown, and as a picture."""

from __future__ import annotations

import copy
import io
import json
import pickle
from fractions import Fraction
from typing import Any

import pytest
from PIL import Image
from sqlalchemy.engine import Engine
from sqlmodel import select

from loanhub.analytics.measures import Unit, measures
from loanhub.domain.errors import NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import Event
from loanhub.services import cockpit, files
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.cockpit import Selection
from loanhub.services.cockpit._parts import NoSuchNumber
from loanhub.services.cockpit._present import Told
from loanhub.services.cockpit.take import PANELS, board_tables, cockpit_table
from tests.analytics.random_book import fill
from tests.builders import NOON, TODAY, make_company, make_user
from tests.copies import made_once
from tests.services.exports.taking import rows_of

YEAR = Selection(period="year")


@pytest.fixture
def manager(sqlite_database: Engine) -> Actor:
    return made_once("firm of cockpit_take", _firm)


def _firm() -> Actor:
    make_company()
    manager = make_user(RoleCode.MANAGER)
    fill(
        [make_user(RoleCode.SALES, name="甲一"), make_user(RoleCode.SALES, team="华东二组", name="周子昂")],
        leads=120,
    )
    return manager


def fetched(actor: Actor, made: tuple[int, str]) -> bytes:
    _, pieces = files.open_file(actor, document_id=made[0], now=NOON)
    return b"".join(pieces)


def said_by(line: Any, row: Any) -> bool:
    """Return whether a cell holds the number a text of the page tells, exactly, or the text itself."""
    if not isinstance(row, Told):
        return (line or "") == row
    if row.unit is Unit.FEN:
        return round(line * 100) == row.value and abs(line * 100 - row.value) < 1e-4
    return abs(Fraction(line) - Fraction(row.value)) < Fraction(1, 10**12)


def test_every_panel_is_the_table_that_is_shown_its_numbers_exact(manager: Actor) -> None:
    view = cockpit.look(manager, selection=YEAR, now=NOON)
    for code, panel in PANELS.items():
        made = cockpit.take(manager, code, "xlsx", selection=YEAR, now=NOON)
        title, head, *lines = rows_of(fetched(manager, made))
        shown = cockpit_table(view, code)
        assert panel.label in str(title[0]) and made[1].endswith(".xlsx") and lines, code
        assert len(lines) == len(shown.rows) and [one.removesuffix("（元）") for one in head] == list(
            shown.heads
        )
        for line, row in zip(lines, shown.rows, strict=True):
            assert all(said_by(*pair) for pair in zip(line, row, strict=True)), (code, line, row)
    roll = rows_of(fetched(manager, cockpit.take(manager, "roll", "xlsx", now=NOON)))
    assert list(roll[1][3:]) == [f"→ {bucket}" for bucket in view.roll_heads]
    with reading() as db:
        events = db.exec(select(Event).where(Event.type == "chart.exported")).all()
    assert len(events) == len(PANELS) + 1


def test_amounts_of_a_panel_add_up_to_the_number_above_it(manager: Actor) -> None:
    book = cockpit.keeper().of(manager)
    window, _ = YEAR.windows(TODAY)
    lent = measures()["disbursed_amount"].compute(book, window).total
    _, head, *lines = rows_of(
        fetched(manager, cockpit.take(manager, "products", "xlsx", selection=YEAR, now=NOON))
    )
    assert head[1] == "放款（元）" and sum(round(line[1] * 100) for line in lines) == lent > 0


def test_every_panel_of_every_board_is_taken_by_its_role(sqlite_database: Engine) -> None:
    people = made_once("firm of board_take", _roles)
    for role, actor in people.items():
        view = cockpit.board(actor, selection=YEAR, now=NOON)
        tables = board_tables(view)
        assert len(tables) == len(view.mixes) + bool(view.funnel) + bool(view.stage_times) + bool(view.ageing)
        for key, table in tables.items():
            made = cockpit.take_board(actor, view.code, key, "xlsx", selection=YEAR, now=NOON)
            title, _, *lines = rows_of(fetched(actor, made))
            assert str(title[0]).startswith(f"{table.label} · {view.scope_label} · 本年"), (role, key)
            assert len(lines) == len(table.rows)
            for line, row in zip(lines, table.rows, strict=True):
                assert all(said_by(*pair) for pair in zip(line, row, strict=True)), (role, key, line)
        number, name = cockpit.export_board(actor, view.code, selection=YEAR, now=NOON)
        first = rows_of(fetched(actor, (number, name)))[2:]
        assert [line[0] for line in first] == [tile.label for tile in view.tiles]
        for line, tile in zip(first, view.tiles, strict=True):
            assert said_by(line[1], tile.full), (role, tile.code)
    rep, other = people[RoleCode.SALES], people[RoleCode.FINANCE]
    made = cockpit.take_board(rep, "rep", "funnel", "png", selection=YEAR, now=NOON)
    with Image.open(io.BytesIO(fetched(rep, made))) as picture:
        assert picture.mode == "RGB" and picture.width > 2_000
    for panel, form in (("shoe", "png"), ("funnel", "pdf"), ("collected_amount:product", "png")):
        with pytest.raises(NoSuchNumber):
            cockpit.take_board(rep, "rep", panel, form, now=NOON)
    with pytest.raises(NoSuchNumber):  # a board of others is one's own, and that has no such panel
        cockpit.take_board(rep, "finance", "collected_amount:product", "xlsx", now=NOON)
    with pytest.raises(NotFound):
        fetched(other, made)
    with pytest.raises(NotPermitted):
        cockpit.take_board(make_user(RoleCode.ADMIN), "rep", "funnel", "png", now=NOON)


def _roles() -> dict[RoleCode, Actor]:
    make_company()
    roles = (RoleCode.SALES, RoleCode.TEAM_LEAD, RoleCode.CREDIT, RoleCode.COLLECTIONS, RoleCode.FINANCE)
    people = {role: make_user(role, name=f"甲{role.value}") for role in roles}
    fill([people[RoleCode.SALES], make_user(RoleCode.SALES, team="华东二组", name="周子昂")], leads=120)
    return people


@pytest.mark.parametrize(
    "panel", ["funnel", "channels", "leaders_amount", "vintage", "roll", "provinces", "ageing_now"]
)
def test_a_picture_is_drawn_in_color(manager: Actor, panel: str) -> None:
    made = cockpit.take(manager, panel, "png", selection=YEAR, now=NOON)
    with Image.open(io.BytesIO(fetched(manager, made))) as picture:
        assert picture.mode == "RGB" and picture.width > 2_000
    assert made[1].endswith(".png")


def test_an_empty_firm_gives_empty_tables(sqlite_database: Engine) -> None:
    make_company()
    manager = make_user(RoleCode.MANAGER)
    for panel in ("channels", "vintage", "roll", "cities"):
        for form in ("xlsx", "png"):
            assert fetched(manager, cockpit.take(manager, panel, form, now=NOON))


def test_is_refused_to_others_and_to_nonsense(manager: Actor) -> None:
    for panel, form in (("shoe", "png"), ("funnel", "pdf")):
        with pytest.raises(NoSuchNumber):
            cockpit.take(manager, panel, form, now=NOON)
    with pytest.raises(NotPermitted):
        cockpit.take(make_user(RoleCode.SALES), "funnel", "png", now=NOON)


def test_a_told_number_survives_a_copy_and_a_journey() -> None:
    told = Told("60.0 万", 60_004_500, Unit.FEN)
    for again in (pickle.loads(pickle.dumps(told)), copy.deepcopy(told)):
        assert (again, again.value, again.unit) == ("60.0 万", 60_004_500, Unit.FEN)
    assert json.dumps({"amount": told}, ensure_ascii=False) == '{"amount": "60.0 万"}'
