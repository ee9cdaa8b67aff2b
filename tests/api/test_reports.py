"""/api/v1/reports: with the right key, as the owner sees it, only what is shared with everybody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col
from starlette.testclient import TestClient

from loanhub.api import _routing, create_api
from loanhub.domain.permissions import RoleCode
from loanhub.models import User
from loanhub.services import api_keys, auth, reports
from loanhub.services._actor import Actor
from loanhub.services._transaction import transaction
from loanhub.services.reports.over_api import _decimal
from loanhub.state._clock import utc_now
from loanhub.state._guard import Bucket
from tests.analytics.random_book import fill
from tests.builders import NOON, make_company, make_user

ASKED = {
    "measures": ["new_leads", "valid_lead_rate", "channel_cost"],
    "rows": ["channel"],
    "period": {"code": "custom", "first": "2026-01-01", "last": "2026-11-20"},
}


@pytest.fixture
def lead(sqlite_database: Engine, monkeypatch: pytest.MonkeyPatch) -> Actor:
    monkeypatch.setattr(_routing, "_requests", Bucket(60_000, 10_000))
    monkeypatch.setattr(_routing, "_keys", {})
    api_keys.forget_cached()
    auth.forget_cached()
    make_company()
    fill([make_user(RoleCode.SALES), make_user(RoleCode.SALES, team="华东二组")], leads=40)
    return make_user(RoleCode.TEAM_LEAD)


@pytest.fixture
def client(lead: Actor) -> Iterator[TestClient]:
    with TestClient(create_api(), base_url="http://localhost", raise_server_exceptions=False) as opened:
        yield opened


def ask(client: TestClient, number: int, scope: str = "reports:run") -> Any:
    guard = make_user(RoleCode.SECURITY_ADMIN)
    token = api_keys.create(
        guard, name=f"数仓 {scope} {utc_now():%f}", scopes=[scope], last_day=(utc_now() + timedelta(days=9)).date(), now=utc_now()
    ).token  # fmt: skip
    return client.get(f"/api/v1/reports/{number}", headers={"Authorization": f"Bearer {token}"})


def save(actor: Actor, shared_with: str = "all", name: str = "渠道周报") -> int:
    return reports.create(actor, name=name, definition=ASKED, shared_with=shared_with, now=NOON)


def test_gives_what_the_owner_sees(client: TestClient, lead: Actor) -> None:
    number = save(lead)

    answer = ask(client, number)

    assert answer.status_code == 200, answer.text
    body, table = answer.json(), reports.run(lead, str(number), now=utc_now())
    assert [one["code"] for one in body["columns"]] == [one.code for one in table.columns]
    assert [row["new_leads"] for row in body["rows"]] == [row[1] for row in table.rows]
    rate, spent = table.totals[2], table.totals[3]
    assert isinstance(rate, Fraction) and body["totals"]["valid_lead_rate"] == _decimal(rate)
    assert body["totals"]["channel_cost"] == spent and isinstance(spent, int)
    whole = reports.answer(make_user(RoleCode.MANAGER, team="上海分公司"), ASKED, now=NOON).totals[1]
    assert 0 < body["totals"]["new_leads"] < whole  # the owner's team, not the company


def test_another_key_and_what_is_not_shared_with_all_are_refused(client: TestClient, lead: Actor) -> None:
    number, own = save(lead), save(lead, "me", "自己看")

    assert ask(client, number, "leads:read").status_code == 403
    assert client.get(f"/api/v1/reports/{number}").status_code == 401
    assert ask(client, own).status_code == 404
    assert ask(client, 999_999).status_code == 404


def test_ends_with_its_owner(client: TestClient, lead: Actor) -> None:
    number = save(lead)
    with transaction() as db:
        db.execute(sa.update(User).where(col(User.id) == lead.user_id).values(active=False))

    answer = ask(client, number)

    assert answer.status_code == 404 and "已停用" in answer.text


@pytest.mark.parametrize(("value", "text"), [((2, 3), "0.666667"), ((-1, 8), "-0.125000"), ((-1, 10**9), "0.000000"), ((5, 2), "2.500000")])  # fmt: skip
def test_fractions_are_decimals_in_text(value: tuple[int, int], text: str) -> None:
    assert _decimal(Fraction(*value)) == text
