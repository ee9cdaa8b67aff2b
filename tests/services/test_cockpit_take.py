"""Each panel of the cockpit taken away: as the table that is shown, and as a picture."""

from __future__ import annotations

import io
from fractions import Fraction
from typing import Any

import pytest
from PIL import Image
from sqlalchemy.engine import Engine
from sqlmodel import select

from loanhub.domain.errors import NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import Event
from loanhub.services import cockpit, files
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.cockpit import Selection
from loanhub.services.cockpit._parts import NoSuchNumber
from loanhub.services.cockpit.take import PANELS, value_of
from tests.analytics.random_book import fill
from tests.builders import NOON, make_company, make_user
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


def test_every_panel_is_the_table_that_is_shown(manager: Actor) -> None:
    view = cockpit.look(manager, selection=YEAR, now=NOON)
    full = 0
    for code, panel in PANELS.items():
        made = cockpit.take(manager, code, "xlsx", selection=YEAR, now=NOON)
        title, head, *lines = rows_of(fetched(manager, made))
        shown = panel.rows(view)
        assert panel.label in str(title[0]) and made[1].endswith(".xlsx")
        assert len(lines) == len(shown) and len(head) >= len(panel.columns), code
        for line, row in zip(lines, shown, strict=True):
            assert [one or "" for one in line[: len(panel.columns)]] == [
                str(row[key]) for key, _ in panel.columns
            ]
        full += bool(lines)
    assert full == len(PANELS)
    roll = rows_of(fetched(manager, cockpit.take(manager, "roll", "xlsx", now=NOON)))
    assert list(roll[1][3:]) == [f"→ {bucket}" for bucket in view.roll_heads]
    with reading() as db:
        events = db.exec(select(Event).where(Event.type == "chart.exported")).all()
    assert len(events) == len(PANELS) + 1


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


@pytest.mark.parametrize(
    ("text", "value"),
    [("1,200", 1200), ("60.0 万", 600_000), ("1.36 亿", 136_000_000), ("¥980.00", 980), ("12.5%", Fraction(25, 2)), ("—", None),
     ("-3", -3), ("8 单", None)],
)  # fmt: skip
def test_reads_what_the_cockpit_writes(text: str, value: Any) -> None:
    assert value_of(text) == value
