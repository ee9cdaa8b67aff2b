"""POST /api/v1/quotes: every golden schedule to the fen, and each absurd input refused at its field."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from starlette.testclient import TestClient

from loanhub.api import _routing
from loanhub.domain.permissions import RoleCode
from loanhub.domain.rates import percent
from loanhub.domain.repayment.cost import cost_of
from loanhub.domain.repayment.terms import Terms
from loanhub.models import Event
from loanhub.services import auth
from loanhub.services._transaction import reading
from loanhub.settings import settings
from loanhub.state._guard import Bucket
from tests.api.test_contracts import browser
from tests.builders import make_company

CASES = json.loads((Path(__file__).parents[1] / "golden" / "schedules.json").read_text("utf-8"))["cases"]
PLAIN: dict[str, Any] = {
    "method": "equal_installment", "principal_fen": 10_000_000, "annual_rate": "0.144", "periods": 12,
    "disburse_date": "2026-01-15", "interest_basis": "monthly",
}  # fmt: skip
FEE: dict[str, Any] = {
    "code": "service",
    "label": "服务费",
    "timing": "upfront",
    "rate": "0.01",
    "collector": "示例公司",
}


@pytest.fixture
def client(sqlite_database: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr(_routing, "_requests", Bucket(60_000, 10_000))
    auth.forget_cached()
    make_company()
    with browser(RoleCode.SALES) as opened:
        yield opened


def ask(client: TestClient, body: Any) -> Any:
    return client.post("/api/v1/quotes", json=body, headers={"Origin": settings().origin})


def test_answers_every_golden_schedule_exactly(client: TestClient) -> None:
    for case in CASES:
        answer = ask(client, case["input"])

        assert answer.status_code == 200, (case["id"], answer.text)
        found = answer.json()
        assert found["rows"] == case["rows"], case["id"]
        assert found["totals"] == case["totals"], case["id"]
        assert found["regular_payment_fen"] == case["totals"].get("regular_payment_fen")
        cost = cost_of(Terms.parse(case["input"]))
        assert found["cost"]["apr_simple_pct"] == str(percent(cost.apr_simple_rate))


def test_counts_every_fee(client: TestClient) -> None:
    fees = [
        FEE,
        {"label": "担保费", "timing": "each_period", "rate": "0.003"},
        {"label": "手续费", "timing": "at_end", "amount_fen": 12_345},
    ]

    found = ask(client, PLAIN | {"fees": fees}).json()

    assert found["received_fen"] == 9_900_000 and found["upfront_fee_fen"] == 100_000
    assert [row["fee_fen"] for row in found["rows"]] == [30_000] * 11 + [42_345]
    for row in found["rows"]:
        assert row["payment_fen"] == row["principal_fen"] + row["interest_fen"] + row["fee_fen"]
    assert found["totals"]["total_fee_fen"] == 100_000 + 12 * 30_000 + 12_345
    assert found["cost"]["total_cost_fen"] == 797_053 + found["totals"]["total_fee_fen"]
    items = found["disclosure"]["items"]
    assert [item["label"] for item in items] == ["利息", "服务费", "担保费", "手续费"]
    assert found["disclosure"]["total_pct"] == found["cost"]["apr_simple_pct"]


@pytest.mark.parametrize(
    ("rate", "cap", "warn"),
    [("0.10", False, False), ("0.144", False, True), ("0.24", False, True), ("0.241", True, True)],
)
def test_says_whether_the_lines_in_force_are_crossed(
    client: TestClient, rate: str, cap: bool, warn: bool
) -> None:
    limit = ask(client, PLAIN | {"annual_rate": rate}).json()["limit"]

    assert (limit["exceeds_cap"], limit["exceeds_warn"]) == (cap, warn)
    block, warning = limit["lines"]
    assert (block["limit_rate"], block["action"], block["exceeds"]) == ("0.24", "block", cap)
    assert (warning["limit_rate"], warning["action"], warning["exceeds"]) == ("0.12", "warn", warn)
    assert all(line["source"] and line["sentence"] for line in limit["lines"])


@pytest.mark.parametrize(
    "fee",
    [{"label": "砍头息", "timing": "upfront", "rate": "0.05"}, {"label": "利息", "timing": "before", "amount_fen": 100},
     {"label": "手续费", "timing": "financed", "rate": "0.02"}],
)  # fmt: skip
def test_refuses_what_is_taken_out_of_the_principal(client: TestClient, fee: dict[str, Any]) -> None:
    answer = ask(client, PLAIN | {"fees": [FEE, fee]})

    assert answer.status_code == 422
    assert list(answer.json()["fields"]) == ["fees[1]"]
    assert "民法典第六百七十条" in answer.json()["fields"]["fees[1]"]


BAD: list[tuple[dict[str, Any], str]] = [
    ({"principal_fen": 10**14}, "principal_fen"),
    ({"principal_fen": 10**30}, "principal_fen"),
    ({"principal_fen": 0}, "principal_fen"),
    ({"principal_fen": -1}, "principal_fen"),
    ({"principal_fen": 100.0}, "principal_fen"),
    ({"principal_fen": "100"}, "principal_fen"),
    ({"principal_fen": True}, "principal_fen"),
    ({"principal_fen": None}, "principal_fen"),
    ({"periods": 0}, "periods"),
    ({"periods": 601}, "periods"),
    ({"periods": 12.5}, "periods"),
    ({"periods": None}, "periods"),
    ({"annual_rate": 0.144}, "annual_rate"),
    ({"annual_rate": 0}, "annual_rate"),
    ({"annual_rate": "10"}, "annual_rate"),
    ({"annual_rate": "-0.01"}, "annual_rate"),
    ({"annual_rate": "NaN"}, "annual_rate"),
    ({"annual_rate": "1e-2"}, "annual_rate"),
    ({"annual_rate": "0_1"}, "annual_rate"),
    ({"annual_rate": "0." + "1" * 40}, "annual_rate"),
    ({"annual_rate": None}, "annual_rate"),
    ({"disburse_date": "2026-02-30"}, "disburse_date"),
    ({"disburse_date": "20260115"}, "disburse_date"),
    ({"disburse_date": "1950-01-01"}, "disburse_date"),
    ({"disburse_date": 20260115}, "disburse_date"),
    ({"method": "nonsense"}, "method"),
    ({"method": None}, "method"),
    ({"interest_basis": "act/366"}, "interest_basis"),
    ({"repayment_day": 32}, "repayment_day"),
    ({"repayment_day": "20"}, "repayment_day"),
    ({"min_first_days": -1}, "min_first_days"),
    ({"flat_monthly_rate": "0.01"}, "flat_monthly_rate"),
    ({"amortization_periods": 24}, "amortization_periods"),
    ({"maturity_date": "2026-07-15"}, "maturity_date"),
    ({"surprise": 1}, "surprise"),
    ({"rate_changes": {}}, "rate_changes"),
    ({"rate_changes": [{"effective_from": "2026-06-15"}]}, "rate_changes[0].annual_rate"),
    ({"rate_changes": [{"effective_from": "2026-06-15", "annual_rate": "0.1", "why": 1}]}, "rate_changes[0].why"),
    ({"rate_changes": [{"effective_from": "2025-06-15", "annual_rate": "0.1"}]}, "rate_changes"),
    ({"fees": {}}, "fees"),
    ({"fees": [FEE | {"note": "?"}]}, "fees[0].note"),
    ({"fees": [FEE | {"rate": 0.01}]}, "fees[0].rate"),
    ({"fees": [FEE | {"rate": "-0.01"}]}, "fees[0].rate"),
    ({"fees": [FEE | {"amount_fen": 1}]}, "fees[0]"),
    ({"fees": [FEE | {"timing": "sometimes"}]}, "fees[0].timing"),
    ({"fees": [{"label": "费", "timing": "upfront", "amount_fen": -1}]}, "fees[0].amount_fen"),
    ({"fees": [FEE | {"rate": "1"}]}, "fees"),
    ({"fees": [FEE] * 21}, "fees"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "field"), BAD, ids=[f"{next(iter(c))}-{i}" for i, (c, _) in enumerate(BAD)]
)
def test_refuses_bad_input_with_a_sentence_at_its_field(
    client: TestClient, change: dict[str, Any], field: str
) -> None:
    answer = ask(client, PLAIN | change)

    assert answer.status_code == 422
    sentences = answer.json()["fields"]
    assert field in sentences, sentences
    assert any("一" <= character <= "鿿" for character in sentences[field])


def test_names_every_field_at_fault_at_once(client: TestClient) -> None:
    answer = ask(client, PLAIN | {"annual_rate": 0.1, "periods": "x", "surprise": 1})

    assert set(answer.json()["fields"]) == {"annual_rate", "periods", "surprise"}


def test_refuses_a_balloon_without_its_term_and_a_flat_loan_with_a_yearly_rate(client: TestClient) -> None:
    assert "amortization_periods" in ask(client, PLAIN | {"method": "balloon"}).json()["fields"]
    flat = PLAIN | {"method": "flat", "flat_monthly_rate": "0.01"}
    assert "annual_rate" in ask(client, flat).json()["fields"]


def test_takes_rows_agreed_one_by_one(client: TestClient) -> None:
    rows = [
        {"due_date": "2026-04-15", "principal_fen": 4_000_000},
        {"due_date": "2026-07-15", "principal_fen": 6_000_000, "interest_fen": 7},
    ]
    body = PLAIN | {"method": "custom", "periods": 2, "custom_rows": rows}

    found = ask(client, body).json()

    assert [row["interest_fen"] for row in found["rows"]] == [360_000, 7]
    wrong = body | {"custom_rows": [rows[0] | {"due_date": "2026-02-30"}, rows[1]]}
    assert "custom_rows[0].due_date" in ask(client, wrong).json()["fields"]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "7", '{"a":1,"a":2}', '{"annual_rate": NaN}', "[" * 20_000, b"\xff\xfe{}"]
)
def test_refuses_what_is_not_one_json_object(client: TestClient, text: str | bytes) -> None:
    answer = client.post("/api/v1/quotes", content=text, headers={"Origin": settings().origin})

    assert answer.status_code == 422
    assert "body" in answer.json()["fields"]


class TestWhoMayAsk:
    def test_needs_a_session(self, client: TestClient) -> None:
        assert ask(browser(), PLAIN).status_code == 401

    def test_needs_the_right_to_read_products(self, client: TestClient) -> None:
        assert ask(browser(RoleCode.SECURITY_ADMIN), PLAIN).status_code == 403

    def test_refuses_another_origin(self, client: TestClient) -> None:
        answer = client.post("/api/v1/quotes", json=PLAIN, headers={"Origin": "https://elsewhere.example"})

        assert answer.status_code == 403

    def test_writes_nothing(self, client: TestClient) -> None:
        with reading() as db:
            before = db.execute(sa.select(sa.func.count()).select_from(Event)).scalar_one()
        ask(client, PLAIN)
        with reading() as db:
            assert db.execute(sa.select(sa.func.count()).select_from(Event)).scalar_one() == before


def test_the_longest_loan_is_answered(client: TestClient) -> None:
    found = ask(client, PLAIN | {"periods": 600, "annual_rate": "0.035"}).json()

    assert len(found["rows"]) == 600
    assert found["rows"][-1]["closing_fen"] == 0
    assert date.fromisoformat(found["rows"][-1]["due_date"]) == date(2076, 1, 15)
