"""``loanhub dayend``: runs what is missing, refuses days that are none or to come."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.engine import Engine
from sqlmodel import select
from typer.testing import CliRunner

from loanhub.cli.main import app
from loanhub.domain.calendar import shanghai_date
from loanhub.models import DayEndRun
from loanhub.services._transaction import reading


@pytest.fixture
def run(sqlite_database: Engine) -> CliRunner:
    return CliRunner()


def days() -> list[date]:
    with reading() as db:
        return sorted(row.business_date for row in db.exec(select(DayEndRun)).all())


def test_runs_up_to_yesterday_and_then_has_nothing_to_do(run: CliRunner) -> None:
    yesterday = shanghai_date(datetime.now(UTC)) - timedelta(days=1)

    first, again = run.invoke(app, ["dayend"]), run.invoke(app, ["dayend"])

    assert first.exit_code == 0 and "已完成 1 个业务日期" in first.output
    assert again.exit_code == 0 and "已经完成" in again.output
    assert days() == [yesterday]


@pytest.mark.parametrize(
    ("given", "said"),
    [("2026-02-30", "没有这一天"), ("tomorrow", "日期写成"), ("2199-01-01", "不能晚于今天")],
)
def test_refuses_what_is_no_day_or_to_come(run: CliRunner, given: str, said: str) -> None:
    found = run.invoke(app, ["dayend", "--date", given])

    assert found.exit_code == 1 and said in found.output
    assert days() == []
