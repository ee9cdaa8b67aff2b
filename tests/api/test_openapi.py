"""The document of the interface: complete, true to what is answered, and understood by a reader of OpenAPI."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import TypeAdapter
from sqlalchemy.engine import Engine
from starlette.testclient import TestClient

from loanhub.api._openapi import VERSIONED
from loanhub.api._routing import ROUTES
from loanhub.domain.permissions import RoleCode
from loanhub.services import auth
from loanhub.services.quotes.answer import QuoteAnswer
from loanhub.settings import settings
from tests.api.test_contracts import browser
from tests.builders import make_company
from tests.state.test_role_matrix import MATRIX


@pytest.fixture
def client(sqlite_database: Engine) -> Iterator[TestClient]:
    auth.forget_cached()
    make_company()
    with browser(RoleCode.SALES) as opened:
        yield opened


@pytest.fixture
def document(client: TestClient) -> dict[str, Any]:
    answer = client.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    return answer.json()


def every_reference(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for one in part.values():
            yield from every_reference(one)
    elif isinstance(part, list):
        for one in part:
            yield from every_reference(one)


def test_each_route_of_the_role_matrix_stands_in_it_and_no_other(document: dict[str, Any]) -> None:
    reviewed = re.findall(r"^http  (\w+) (/api/v1/\S+):", MATRIX.read_text("utf-8"), re.MULTILINE)
    declared = {(re.sub(r"\{(\w+):\w+\}", r"{\1}", path), method.lower()) for method, path in reviewed}

    assert {(path, method) for path, told in document["paths"].items() for method in told} == declared
    assert ("/api/v1/quotes", "post") in declared


def test_each_route_says_who_may_call_and_what_it_answers(document: dict[str, Any]) -> None:
    for (path, method), spec in ROUTES.items():
        if not path.startswith(VERSIONED):
            continue
        told = document["paths"][re.sub(r"\{(\w+):\w+\}", r"{\1}", path)][method.lower()]
        assert told["summary"] and told["tags"], path
        assert {one["name"] for one in told.get("parameters", []) if one["in"] == "path"} == set(
            re.findall(r"\{(\w+)", path)
        )
        if spec.mark.open_to_all:
            assert told["security"] == []
            continue
        assert told["x-permissions"] == [permission.value for permission in spec.mark.permissions]
        assert {"401", "403", "429"} <= set(told["responses"])
        for scheme in told["security"]:
            assert set(scheme) <= set(document["components"]["securitySchemes"]), path


def test_nothing_it_points_at_is_missing_and_names_are_unique(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    for reference in every_reference(document):
        assert reference.removeprefix("#/components/schemas/") in document["components"]["schemas"], reference
    names = [one["operationId"] for told in document["paths"].values() for one in told.values()]
    assert len(names) == len(set(names))


def test_the_body_of_a_quote_is_told_as_it_is_read(document: dict[str, Any]) -> None:
    body = document["components"]["schemas"]["QuoteBody"]

    assert set(body["required"]) == {"method", "principal_fen", "disburse_date"}
    assert body["additionalProperties"] is False
    assert body["properties"]["annual_rate"]["type"] == "string"
    assert body["properties"]["principal_fen"]["type"] == "integer"
    assert "31" in body["properties"]["repayment_day"]["description"]
    basis = document["components"]["schemas"]["InterestBasis"]
    assert basis["enum"] == ["monthly", "act/360", "act/365"]
    assert "按月计息" in basis["x-enum-descriptions"][0]
    fee = document["components"]["schemas"]["Fee"]
    assert set(fee["required"]) == {"label", "timing"}


def test_a_quote_answers_exactly_what_is_told(client: TestClient) -> None:
    body = {"method": "equal_installment", "principal_fen": 10_000_000, "annual_rate": "0.144", "periods": 12,
            "disburse_date": "2026-01-15"}  # fmt: skip
    fee = {"label": "服务费", "timing": "upfront", "rate": "0.01", "collector": "示例公司"}
    exact = TypeAdapter(QuoteAnswer)
    for asked in (body, body | {"fees": [fee]}):
        answer = client.post("/api/v1/quotes", json=asked, headers={"Origin": settings().origin}).json()

        read = exact.validate_json(json.dumps(answer), strict=True)
        assert exact.dump_python(read) == answer  # no field more, no field less


def test_an_address_that_is_none_is_told_in_the_form_of_machines(client: TestClient):
    for path in ("/api/v1/leads/null%2Cnull", "/api/nothing"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()) == (404, {"error": "没有这个接口"}), path
    answer = client.delete("/api/v1/leads")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"
    assert answer.json() == {"error": "这个接口不接受 DELETE"}
