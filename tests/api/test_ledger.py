"""Downloads of the books: who gets them, and what a wrong day answers."""

from __future__ import annotations

import io

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy.engine import Engine

from tests.api.test_files import Browsers
from tests.people import Company, make_company


@pytest.fixture
def browsers(sqlite_database: Engine, monkeypatch: pytest.MonkeyPatch) -> Browsers:
    from loanhub.api import _routing
    from loanhub.state._guard import Bucket

    monkeypatch.setattr(_routing, "_requests", Bucket(60_000, 10_000))
    company: Company = make_company()
    assert company.users
    return Browsers()


@pytest.mark.parametrize(
    "path", ["/api/ledger/trial.xlsx?last=2026-05-31", "/api/ledger/day.xlsx?day=2026-05-31"]
)
def test_finance_gets_a_workbook_and_sales_does_not(browsers, path):
    answer = browsers.as_("finance").get(path)

    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
    assert CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).sheet_names
    assert browsers.as_("sales").get(path).status_code == 403
    assert browsers.as_(None).get(path).status_code == 401


@pytest.mark.parametrize("query", ["", "?day=2026-02-30", "?day=2999-01-01", "?day=';--"])
def test_a_wrong_day_is_named(browsers, query):
    answer = browsers.as_("finance").get(f"/api/ledger/day.xlsx{query}")

    assert answer.status_code == 422 and "day" in answer.text
