"""The list of customers as a file: who may, what stands in it, what is kept of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.engine import Engine
from sqlmodel import select

from loanhub.domain.errors import InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import Event
from loanhub.services import exports
from loanhub.services._actor import Actor
from loanhub.services._spreadsheet import harmless
from loanhub.services._transaction import reading
from loanhub.services.exports import ExportView
from tests.builders import NOON, make_user
from tests.services.customers.making import make_customer
from tests.services.exports.taking import fetched, rows_of

KEYS = ("name", "phone", "city", "monthly_income_fen", "number")


def run(
    actor: Actor, *, reason: str = "季度客户盘点", file_format: str = "xlsx", **question: object
) -> ExportView:
    asked = {"keys": list(KEYS), **question}
    return exports.ask(actor, "customers", asked, reason=reason, file_format=file_format, now=NOON)


def test_holds_what_the_list_shows_masked_as_on_the_screen(sqlite_database: Engine) -> None:
    rep, boss = make_user(RoleCode.SALES), make_user(RoleCode.TEAM_LEAD)
    make_customer(rep, name="张建国", city="苏州", monthly_income_fen="12,000.50")
    make_customer(rep, name="李小娟", city="无锡")
    make_customer(make_user(RoleCode.SALES, team="华东二组"), name="王外人", city="苏州")

    done = run(boss, criteria={"all": [{"field": "city", "op": "eq", "value": "苏州"}]})

    _, head, row = rows_of(fetched(boss, done))
    assert head == ("姓名", "手机号", "所在城市", "月收入（元）", "客户编号")
    assert (row[0], row[2], row[3]) == ("张建国", "苏州", 12000.5)
    assert str(row[1]).startswith("154****")
    with reading() as db:
        event = db.exec(select(Event).where(Event.type == "customers.exported")).one()
    assert event.summary.startswith("1 位 · XLSX：所在城市") and event.reason == "季度客户盘点"


def test_a_cell_is_never_a_formula(sqlite_database: Engine) -> None:
    boss = make_user(RoleCode.TEAM_LEAD)
    made = make_customer(boss, bank_name='=HYPERLINK("http://evil","x")')
    written = fetched(boss, run(boss, keys=["bank_name"], file_format="csv", ids=[made])).decode("utf-8-sig")
    assert written.splitlines()[1].startswith("\"'=HYPERLINK")
    assert rows_of(fetched(boss, run(boss, keys=["bank_name"])))[2] == ('=HYPERLINK("http://evil","x")',)
    assert [harmless(one) for one in ("+1", "-1", "@x", "\tx", "＝1", "154", "")] == [
        "'+1", "'-1", "'@x", "'\tx", "'＝1", "154", "",
    ]  # fmt: skip


def test_a_choice_counts_only_within_the_scope(sqlite_database: Engine) -> None:
    rep, boss = make_user(RoleCode.SALES), make_user(RoleCode.TEAM_LEAD)
    mine = make_customer(rep)
    foreign = make_customer(make_user(RoleCode.SALES, team="华东二组"), name="王外人")
    assert run(boss, ids=[mine, foreign]).rows == "1"
    with pytest.raises(InvalidInput):
        run(boss, ids=[foreign])


@pytest.mark.parametrize("role", [RoleCode.SALES, RoleCode.CREDIT, RoleCode.AUDITOR, RoleCode.ADMIN])
def test_is_granted_to_few(sqlite_database: Engine, role: RoleCode) -> None:
    with pytest.raises(NotPermitted):
        run(make_user(role))


@pytest.mark.parametrize(
    ("wrong", "key"), [({"reason": "看看"}, "reason"), ({"file_format": "exe"}, "format")]
)
def test_wants_a_reason_and_a_known_format(
    sqlite_database: Engine, wrong: dict[str, object], key: str
) -> None:
    boss = make_user(RoleCode.TEAM_LEAD)
    make_customer(boss)
    with pytest.raises(InvalidInput) as refusal:
        run(boss, **wrong)
    assert list(refusal.value.fields) == [key]


def test_is_its_makers_own_and_ends_after_a_week(sqlite_database: Engine) -> None:
    boss, other = make_user(RoleCode.TEAM_LEAD), make_user(RoleCode.TEAM_LEAD)
    make_customer(boss)
    done = run(boss)
    with pytest.raises(NotFound):
        fetched(other, done)
    with pytest.raises(NotFound):
        fetched(boss, done, NOON + timedelta(days=8))
