"""The list of customers as a file: who may, what stands in it, what is kept of it."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta

import openpyxl
import pytest
from sqlmodel import select

from loanhub.domain.errors import InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import Event, Notification
from loanhub.services import files
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.customers import export as exports
from loanhub.services.customers.export import Export, ExportStopped, export, harmless
from tests.builders import NOON, make_user
from tests.services.customers.making import make_customer

KEYS = ("name", "phone", "city", "monthly_income_fen", "number")


def run(actor: Actor, **more: object) -> Export:
    given: dict[str, object] = {"keys": KEYS, "reason": "季度客户盘点", "now": NOON, **more}
    return export(actor, **given)  # type: ignore[arg-type]


def content(actor: Actor, done: Export) -> bytes:
    _, pieces = files.open_file(actor, document_id=done.document_id, now=NOON)
    return b"".join(pieces)


def test_holds_what_the_list_shows_masked_as_on_the_screen() -> None:
    rep, boss = make_user(RoleCode.SALES), make_user(RoleCode.TEAM_LEAD)
    make_customer(rep, name="张建国", city="苏州", monthly_income_fen="12,000.50")
    make_customer(rep, name="李小娟", city="无锡")
    make_customer(make_user(RoleCode.SALES, team="华东二组"), name="王外人", city="苏州")

    done = run(boss, raw_criteria={"all": [{"field": "city", "op": "eq", "value": "苏州"}]})

    sheet = openpyxl.load_workbook(io.BytesIO(content(boss, done))).active
    assert sheet is not None
    head, row = [c.value for c in sheet[2]], [c.value for c in sheet[3]]
    assert head == ["姓名", "手机号", "所在城市", "月收入（元）", "客户编号"]
    assert (row[0], row[2], row[3]) == ("张建国", "苏州", 12000.5)
    assert str(row[1]).startswith("154****") and sheet.max_row == 3
    with reading() as db:
        event = db.exec(select(Event).where(Event.type == "customers.exported")).one()
    assert event.summary.startswith("1 位客户 · XLSX：所在城市") and event.reason == "季度客户盘点"


def test_a_cell_is_never_a_formula() -> None:
    boss = make_user(RoleCode.TEAM_LEAD)
    made = make_customer(boss, bank_name='=HYPERLINK("http://evil","x")')
    written = content(boss, run(boss, keys=("bank_name",), file_format="csv", ids=[made])).decode("utf-8-sig")
    assert written.splitlines()[1].startswith("\"'=HYPERLINK")
    sheet = openpyxl.load_workbook(io.BytesIO(content(boss, run(boss, keys=("bank_name",))))).active
    assert sheet is not None and sheet["A3"].data_type == "s"
    assert [harmless(one) for one in ("+1", "-1", "@x", "\tx", "＝1", "154", "")] == [
        "'+1", "'-1", "'@x", "'\tx", "'＝1", "154", "",
    ]  # fmt: skip


def test_a_choice_counts_only_within_the_scope() -> None:
    rep, boss = make_user(RoleCode.SALES), make_user(RoleCode.TEAM_LEAD)
    mine = make_customer(rep)
    foreign = make_customer(make_user(RoleCode.SALES, team="华东二组"), name="王外人")
    assert run(boss, ids=[mine, foreign]).rows == 1
    with pytest.raises(InvalidInput):
        run(boss, ids=[foreign])


@pytest.mark.parametrize("role", [RoleCode.SALES, RoleCode.CREDIT, RoleCode.AUDITOR, RoleCode.ADMIN])
def test_is_granted_to_few(role: RoleCode) -> None:
    with pytest.raises(NotPermitted):
        run(make_user(role))


@pytest.mark.parametrize(
    ("wrong", "key"), [({"reason": "看看"}, "reason"), ({"file_format": "exe"}, "format")]
)
def test_wants_a_reason_and_a_known_format(wrong: dict[str, object], key: str) -> None:
    boss = make_user(RoleCode.TEAM_LEAD)
    make_customer(boss)
    with pytest.raises(InvalidInput) as refusal:
        run(boss, **wrong)
    assert list(refusal.value.fields) == [key]


def test_is_its_makers_own_and_ends_after_a_week() -> None:
    boss, other = make_user(RoleCode.TEAM_LEAD), make_user(RoleCode.TEAM_LEAD)
    make_customer(boss)
    done = run(boss)
    with pytest.raises(NotFound):
        files.open_file(other, document_id=done.document_id, now=NOON)
    with pytest.raises(NotFound):
        files.open_file(boss, document_id=done.document_id, now=NOON + timedelta(days=8))


def test_tells_how_far_it_is_and_stops_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "PIECE", 2)
    monkeypatch.setattr(exports.lists, "PAGE_ROWS", 3)
    boss, seen = make_user(RoleCode.TEAM_LEAD), []
    for number in range(5):
        make_customer(boss, name=f"客户{'甲乙丙丁戊'[number]}")

    def told(go_on: bool) -> Callable[[int, int], bool]:
        return lambda done, total: bool(seen.append((done, total)) or go_on)  # type: ignore[func-returns-value]

    run(boss, progress=told(True))
    assert seen == [(2, 5), (4, 5), (5, 5)]
    with reading() as db:
        assert "5 位" in db.exec(select(Notification).where(Notification.user_id == boss.user_id)).one().title
    with pytest.raises(ExportStopped):
        run(boss, progress=told(False))
    with reading() as db:
        assert len(db.exec(select(Event).where(Event.type == "customers.exported")).all()) == 1
