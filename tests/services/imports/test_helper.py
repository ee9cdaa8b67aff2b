"""A long list is made ready by a second process: the same rows, and none lost with the process."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.catalogue import BUILTIN
from loanhub.domain.permissions import RoleCode
from loanhub.models import Event, Lead, SearchToken
from loanhub.models.encryption import decrypt
from loanhub.services import leads
from loanhub.services._transaction import reading
from loanhub.services.imports import _helper, result, run
from loanhub.services.imports._plan import Options, Recipe, recipe_of
from loanhub.services.imports._ready import ReadyRow, make_ready, places_of
from loanhub.services.imports._sheet import Sheet
from tests.builders import make_company, make_id_number, make_phone, make_user
from tests.services.imports.test_imports import imported, prepared, stored_leads, workbook

NOW = datetime(2026, 5, 21, 2, 0, tzinfo=UTC)
MAPPING = ("name", "phone", "city", "amount_fen", "id_number", "@note")


def sheet(number: int) -> Sheet:
    rows = [
        (place + 2, (("欧阳明", "单晓", "测试", "李 先生")[place % 4], make_phone(), "上海市", 10 + place, make_id_number(), "展会"))
        for place in range(number)
    ]  # fmt: skip
    return Sheet("名单", ("姓名", "手机", "城市", "金额(万)", "身份证", "来自"), tuple(rows))


@pytest.fixture
def asked(sqlite_database: Engine) -> tuple[Recipe, Sheet]:
    """A list of four pieces and how it is cleaned."""
    table = sheet(4 * _helper.PIECE - 7)
    return recipe_of(table, MAPPING, Options(), BUILTIN, {}, today=date(2026, 5, 21)), table


def alone(recipe: Recipe, table: Sheet) -> list[ReadyRow]:
    """Return the rows as one process alone makes them ready."""
    said = make_ready(recipe, places_of(BUILTIN), table.rows)
    return [ReadyRow(number, cells, one) for (number, cells), one in zip(table.rows, said, strict=True)]


def helped_by(recipe: Recipe, table: Sheet, *, own: int) -> list[ReadyRow]:
    """Return the rows as they are made ready with a helper, but for the first ``own`` pieces."""
    with _helper.launched(len(table.rows), fewest=1) as helper:
        return list(_helper.rows_ready(recipe, places_of(BUILTIN), table.rows, helper, own=own))


def told(rows: Sequence[ReadyRow]) -> list[object]:
    """Return everything rows say, their encrypted values in clear."""
    return [
        (
            row.number, row.cells, row.outcome, row.issues, row.values,
            row.ready and row.ready._replace(
                sealed={name: decrypt(value, place=f"lead.{name}") for name, value in row.ready.sealed.items()}
            ),
        )
        for row in rows
    ]  # fmt: skip


class TestRowsReady:
    def test_the_helper_says_what_this_process_would(self, asked, monkeypatch) -> None:
        recipe, table = asked
        by_itself = alone(recipe, table)
        monkeypatch.setattr(_helper, "make_ready", lambda *_: pytest.fail("the helper was not asked"))
        monkeypatch.setattr(_helper.Helper, "has_answered", lambda _: True)
        monkeypatch.setattr(_helper.os, "sched_getaffinity", lambda _: {0, 1})

        helped = helped_by(recipe, table, own=0)

        assert told(helped) == told(by_itself)
        assert {row.refused for row in helped} == {True, False}

    def test_no_row_is_lost_with_a_killed_helper(self, asked, monkeypatch) -> None:
        recipe, table = asked
        monkeypatch.setattr(_helper.os, "sched_getaffinity", lambda _: {0, 1})
        answer, asked_for = _helper.Helper.answer, iter(range(100))

        def killed_after_the_first(helper: _helper.Helper) -> object:
            if next(asked_for) == 1:
                helper.stop()
            return answer(helper)

        monkeypatch.setattr(_helper.Helper, "has_answered", lambda _: True)
        monkeypatch.setattr(_helper.Helper, "answer", killed_after_the_first)

        helped = helped_by(recipe, table, own=1)

        assert told(helped) == told(alone(recipe, table))

    def test_rows_made_ready_while_the_helper_is_waited_for_come_in_their_place(
        self, asked, monkeypatch
    ) -> None:
        recipe, table = asked
        monkeypatch.setattr(_helper.os, "sched_getaffinity", lambda _: {0, 1})
        monkeypatch.setattr(_helper, "AHEAD", 1)
        told_of = iter([False, False, True] + [True] * 10)
        monkeypatch.setattr(_helper.Helper, "has_answered", lambda _: next(told_of))

        helped = helped_by(recipe, table, own=1)

        assert told(helped) == told(alone(recipe, table))

    def test_a_helper_that_cannot_start_is_done_without(self, asked, monkeypatch) -> None:
        recipe, table = asked
        monkeypatch.setattr(_helper.os, "sched_getaffinity", lambda _: {0, 1})
        monkeypatch.setattr(_helper.sys, "executable", "/nonexistent")

        helped = helped_by(recipe, table, own=1)

        assert [row.number for row in helped] == [number for number, _ in table.rows]


@pytest.fixture
def company(database: Engine) -> None:
    make_company(NOW)


NOT_COMPARED = {
    "id", "number", "phone", "id_number", "wechat", "door", "origin", "rank", "import_batch_id", "assigned_reason", "deleted_at",
    "version",
}  # fmt: skip
"""What differs by the way in, or is a new ciphertext each time."""


def test_a_row_is_the_lead_that_would_have_been_entered_by_hand(company) -> None:
    rep, phone, id_number = make_user(RoleCode.SALES), make_phone(), make_id_number()
    batch = imported(
        rep,
        workbook(
            ("姓名", "手机号", "身份证号", "城市", "意向金额(万)"), ("单雄", phone, id_number, "上海", 40)
        ),
    )
    (from_file,) = stored_leads()
    result.undo(rep, batch_id=batch, now=NOW)
    leads.create(
        rep,
        {"name": "单雄", "phone": phone, "id_number": id_number, "city": "上海", "amount_fen": "400000"},
        now=NOW,
    )

    (by_hand,) = stored_leads()
    for name in Lead.model_fields.keys() - NOT_COMPARED:
        assert getattr(from_file, name) == getattr(by_hand, name), name
    assert (by_hand.phone, by_hand.id_number) == (from_file.phone, from_file.id_number)
    with reading() as db:
        tokens = {
            lead.id: {
                token.replace(lead.number.lower(), "").replace(lead.number[1:], "")
                for token in db.execute(
                    sa.select(col(SearchToken.token)).where(col(SearchToken.entity_id) == lead.id)
                ).scalars()
            }
            for lead in (from_file, by_hand)
        }
    assert tokens[from_file.id] == tokens[by_hand.id]


def test_chunks_of_one_and_of_many_make_the_same_leads(company) -> None:
    rep = make_user(RoleCode.SALES)
    rows = [(f"李{place}明", make_phone(), ("上海", "")[place % 2], place or "") for place in range(12)]
    rows.append(rows[3])
    content = workbook(("姓名", "手机号", "城市", "意向金额(万)"), *rows)
    made = []
    for size in (1, 5, 1_000):
        batch = prepared(rep, content)
        run.start(rep, batch_id=batch, now=NOW)
        progress = run.run(rep, batch_id=batch, clock=lambda: NOW, chunk_rows=size)
        made.append([(one.name, one.phone, one.city, one.amount_fen, one.owner_id) for one in stored_leads()])
        with reading() as db:
            told = sa.select(sa.func.count()).where(
                col(Event.key) == f"import:{batch}", col(Event.type) == "lead.imported"
            )
            assert db.execute(told).scalar_one() == len(made[-1]) == progress.created == 12
        result.undo(rep, batch_id=batch, now=NOW)

    assert made[0] == made[1] == made[2]
