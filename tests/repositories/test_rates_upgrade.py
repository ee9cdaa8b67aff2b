"""An upgrade brings the rate tables: the law's rows as the reference file has them, and a firm's own lines as rows."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import Session, select

from loanhub.models import LprRate, RateCap
from loanhub.repositories import schema
from tests.repositories.test_upgrade import first_schema  # noqa: F401 - a fixture

REFERENCE = json.loads((Path(__file__).parents[1] / "golden" / "reference.json").read_text())


def _upgraded(engine: Engine) -> tuple[list[RateCap], list[LprRate]]:
    schema.upgrade(engine)
    with Session(engine) as db:
        return list(db.exec(select(RateCap))), list(db.exec(select(LprRate)))


def test_ships_the_caps_and_the_lpr_of_the_reference_file(first_schema: Engine) -> None:  # noqa: F811
    caps, lpr = _upgraded(first_schema)

    def key(lender: str, limit: object, multiple: object, start: str, end: str | None, action: str) -> tuple:
        return lender, str(limit or ""), str(multiple or ""), start, end or "", action

    expected = {
        key(c["lender_type"], c.get("limit"), c.get("multiple_of_lpr_1y"), c["valid_from"], c.get("valid_to"), c["action"])
        for c in REFERENCE["rate_caps"]
    }  # fmt: skip
    found = {
        key(c.lender_type, c.limit_rate, c.lpr_multiple, str(c.valid_from), str(c.valid_to or ""), c.action)
        for c in caps
    }
    assert found == expected
    assert {cap.measure for cap in caps} == {REFERENCE["cap_measure_default"]}
    assert all(row.reviewed_at for row in (*caps, *lpr))
    days = {row.effective_from: (row.one_year_rate, row.five_year_rate) for row in lpr}
    for one in REFERENCE["lpr"]:
        wanted = tuple(Decimal(one[term]) / 100 for term in ("one_year", "five_year"))
        assert days[date.fromisoformat(one["date"])] == wanted


def test_what_a_firm_had_set_becomes_rows(first_schema: Engine) -> None:  # noqa: F811
    rows = (
        ("2026-01-01 00:00:00+00:00", {"rate": "0.2", "warn_rate": "0.1", "source": "章程"}),
        ("2026-06-30 16:00:00+00:00", {"rate": "0.18", "warn_rate": "0.1", "source": "章程二"}),
    )
    with first_schema.execution_options(writes=True).connect() as connection, connection.begin():
        for at, value in rows:
            connection.execute(
                sa.text("INSERT INTO setting (name, value, valid_from) VALUES ('cost_cap', :value, :at)"),
                {"value": json.dumps(value), "at": at if first_schema.dialect.name != "sqlite" else at[:19]},
            )

    caps, _ = _upgraded(first_schema)

    own = [
        (c.label, c.limit_rate, c.valid_from, c.valid_to, c.action)
        for c in caps
        if c.label.startswith("本公司")
    ]
    last = date(2026, 6, 30)
    assert own == [
        ("本公司上限", Decimal("0.2"), date(2026, 1, 1), last, "block"),
        ("本公司预警线", Decimal("0.1"), date(2026, 1, 1), last, "warn"),
        ("本公司上限", Decimal("0.18"), date(2026, 7, 1), None, "block"),
        ("本公司预警线", Decimal("0.1"), date(2026, 7, 1), None, "warn"),
    ]
