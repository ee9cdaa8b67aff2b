"""The lists of contracts and of loans as files: who may, whose rows, the customer's name as the reader sees it."""

from __future__ import annotations

import pytest
from sqlalchemy.engine import Engine
from sqlmodel import select

from loanhub.domain.errors import InvalidInput, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import Event
from loanhub.services import exports
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.state import contracts, loans
from tests.builders import NOON, make_company, make_user
from tests.services.exports.taking import fetched, rows_of
from tests.services.loans.builders import make_desk, make_loan

LISTS = {"loans": loans.EXPORT_KEYS, "contracts": contracts.EXPORT_KEYS}


def run(actor: Actor, kind: str, *, reason: str = "月末盘点", **question: object) -> exports.ExportView:
    asked = {"keys": list(LISTS[kind]), **question}
    return exports.ask(actor, kind, asked, reason=reason, file_format="xlsx", now=NOON)


@pytest.fixture
def loan(sqlite_database: Engine) -> int:
    make_company()
    return make_loan(make_desk())


@pytest.mark.parametrize(("kind", "role"), [("loans", RoleCode.FINANCE), ("contracts", RoleCode.CONTRACTS)])
def test_holds_what_the_list_shows_with_the_customer(loan: int, kind: str, role: RoleCode) -> None:
    reader = make_user(role)

    _, head, *rows = rows_of(fetched(reader, run(reader, kind)))

    (row,) = rows
    told = dict(zip(head, row, strict=True))
    assert list(head[1:2]) == ["客户"] and told["客户"] == "刘志强"
    amount = told["贷款本金（元）" if kind == "loans" else "合同金额（元）"]
    assert isinstance(amount, (int, float)) and amount > 0
    with reading() as db:
        event = db.exec(select(Event).where(Event.type == f"{kind}.exported")).one()
    assert event.reason == "月末盘点" and event.actor_id == reader.user_id


@pytest.mark.parametrize("kind", list(LISTS))
@pytest.mark.parametrize("role", [RoleCode.SALES, RoleCode.TEAM_LEAD, RoleCode.CREDIT, RoleCode.AUDITOR])
def test_is_granted_to_few(loan: int, kind: str, role: RoleCode) -> None:
    with pytest.raises(NotPermitted):
        run(make_user(role), kind)


def test_narrows_as_the_list_does_and_refuses_the_empty_one(loan: int) -> None:
    boss = make_user(RoleCode.MANAGER)
    owing = {"field": "status", "op": "in", "value": ["active", "grace", "overdue"]}
    assert run(boss, "loans", criteria={"all": [owing]}).rows == "1"
    assert run(boss, "loans", ids=[loan, 4711]).rows == "1"
    with pytest.raises(InvalidInput):
        run(boss, "loans", ids=[4711])
    with pytest.raises(InvalidInput):
        run(boss, "loans", reason="")
