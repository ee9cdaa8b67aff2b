"""The given funnel and roll matrix, exactly: through reports, on the cockpit, in the list behind each figure, and in its file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.leads import LeadStatus
from loanhub.domain.permissions import Permission, RoleCode
from loanhub.domain.rank import between
from loanhub.models import Lead, Loan, LoanSnapshot, Pipeline, Stage
from loanhub.services import cockpit, exports, reports
from loanhub.services._actor import Actor
from loanhub.services._transaction import transaction
from loanhub.services.cockpit import Selection
from tests.builders import NOON, TODAY, make_company, make_user
from tests.golden_cases import golden
from tests.services.exports.taking import fetched, rows_of
from tests.services.reports.test_golden import lent, percent, put

FUNNELS = [case for section, case in (param.values for param in golden("kpi")) if section == "funnel"]
ROLLS = [case for section, case in (param.values for param in golden("kpi")) if section == "roll_rate"]
END = TODAY.replace(day=1) - timedelta(days=1)
START = END.replace(day=1) - timedelta(days=1)


@pytest.fixture
def manager(sqlite_database: Engine) -> Actor:
    make_company()
    """A manager who may take leads away as well, which the firm leaves to team leads."""
    made = make_user(RoleCode.MANAGER, team="上海分公司")
    return replace(made, permissions=made.permissions | {Permission.LEADS_EXPORT})


def taken(actor: Actor, code: str) -> tuple[str, int, list[tuple[Any, ...]], cockpit.Drill]:
    """Return (figure, records, the lines of its file, the drawer) of a number of the cockpit."""
    drill = cockpit.drill(actor, code, selection=Selection(), now=NOON)
    made = exports.ask(actor, "number", {"code": code}, now=NOON)
    return drill.figure, drill.count, rows_of(fetched(actor, made))[2:], drill


def pipeline_stages() -> Iterator[str]:
    with transaction() as db:
        board = db.execute(sa.select(sa.func.min(col(Pipeline.id)))).scalar_one()
        query = sa.select(col(Stage.code)).where(col(Stage.pipeline_id) == board).order_by(col(Stage.sort))
        yield from db.execute(query).scalars().all()


@pytest.mark.parametrize("case", FUNNELS)
def test_the_funnel_of_the_given_file(manager: Actor, case: dict[str, Any]) -> None:
    expect, stages = case["expect"], list(pipeline_stages())
    owner, counts = make_user(RoleCode.SALES), [one["count"] for one in expect]
    with transaction() as db:
        pipeline = int(db.execute(sa.select(sa.func.min(col(Pipeline.id)))).scalar_one())
        for place, (reached, further) in enumerate(zip(counts, [*counts[1:], 0], strict=True)):
            put(db, Lead, [
                {"number": f"L{place}-{n}", "name": "金标", "channel_code": "golden", "pipeline_id": pipeline,
                 "stage_code": stages[place], "status": LeadStatus.CONTACTED, "rank": between(None, None), "created_at": NOON,
                 "updated_at": NOON, "stage_entered_at": NOON, "owner_id": owner.user_id, "department_id": owner.department_id}
                for n in range(reached - further)
            ])  # fmt: skip

    # The report: leads by the furthest stage, of which those further on are added to each.
    asked = {"measures": ["new_leads"], "rows": ["reached"], "period": {"code": "month"}, "sort": {"by": "reached", "descending": False}}  # fmt: skip
    table = reports.answer(manager, asked, now=NOON)
    alone = {int(key[0].removeprefix("=")): row[1] for key, row in zip(table.keys, table.rows, strict=True)}
    through = [sum(count for stage, count in alone.items() if stage >= place) for place in range(len(expect))]
    assert through == counts and (table.totals[1] or 0) == counts[0]
    for key, row in zip(table.keys, table.rows, strict=True):
        assert reports.drill(manager, asked, row=key, column="new_leads", now=NOON).count == row[1]
        made = exports.ask(
            manager, "report_number", {"source": asked, "row": list(key), "column": "new_leads"}, now=NOON
        )
        lines = rows_of(fetched(manager, made))[2:]
        assert len(lines) - 1 == row[1] and lines[-1][1] == f"{row[1]:,} 条"

    # The cockpit: each step with both its rates, the list behind it, its file.
    rows = cockpit.look(manager, now=NOON).funnel
    if not counts[0]:
        assert all(row["count"] == "0" for row in rows)
        return
    for place, (row, want) in enumerate(zip(rows, expect, strict=True)):
        assert row["count"] == f"{want['count']:,}"
        for shown, given in (
            (row["rate"], want["step_rate_pct"]),
            (row["overall"], want["overall_rate_pct"]),
        ):
            assert place == 0 or near(shown, given)
        figure, count, lines, _ = taken(manager, f"funnel:{place}")
        assert (figure, count, len(lines) - 1) == (f"{want['count']:,}", want["count"], want["count"])
        assert lines[-1][1] == f"{want['count']:,} 条"


@pytest.mark.parametrize("case", ROLLS)
def test_the_roll_rates_of_the_given_file(manager: Actor, case: dict[str, Any]) -> None:
    given, expect = case["input"]["loans"], case["expect"]
    with transaction() as db:
        amounts = [one["balance_fen"] for one in given]
        loans = lent(db, make_user(RoleCode.SALES), [None] * len(given), amounts, "R", disbursed_date=[date(2026, 1, 5)] * len(given))  # fmt: skip
        for loan, one in zip(loans, given, strict=True):
            put_snapshot(db, START, loan, one["from"], one["balance_fen"])
            if one["to"] not in ("结清", "核销"):
                put_snapshot(db, END, loan, one["to"], one["balance_fen"])
            elif one["to"] == "核销":
                row = db.get(Loan, loan)
                row.status, row.written_off_date, row.written_off_fen = "written_off", END, one["balance_fen"]
            else:
                db.get(Loan, loan).status = "settled"

    # The report: what rolled forward, by where it stood.
    asked = {"measures": ["forward_roll_rate"], "rows": ["opening_bucket"]}
    table = reports.answer(manager, asked, now=NOON)
    found = {row[0]: row[1] for row in table.rows}
    assert {bucket: percent(rate) for bucket, rate in found.items()} == {
        bucket: want["forward_roll_balance_pct"] for bucket, want in expect.items()
    }
    for key, row in zip(table.keys, table.rows, strict=True):
        of = {"source": asked, "row": list(key), "column": "forward_roll_rate"}
        lines = rows_of(fetched(manager, exports.ask(manager, "report_number", of, now=NOON)))[2:]
        drill = reports.drill(manager, asked, row=key, column="forward_roll_rate", now=NOON)
        want = expect[str(row[0])]
        rolled = sum(round(line[2] * 100) for line in lines[:-1])
        assert drill.count == len(lines) - 1 and round(lines[-1][2] * 100) == rolled
        assert Fraction(rolled, want["balance_fen"]) == row[1]

    # The cockpit: each cell of the matrix, the list behind it, its file.
    shown = {row["bucket"]: row for row in cockpit.look(manager, now=NOON).roll}
    heads = cockpit.look(manager, now=NOON).roll_heads
    assert set(shown) == set(expect)
    for bucket, want in expect.items():
        assert near(shown[bucket]["forward"], want["forward_roll_balance_pct"])
        for to, cell in zip(heads, shown[bucket]["cells"], strict=True):
            if to not in want["to"]:
                assert cell["text"] == cell["drill"] == ""
                continue
            assert near(cell["text"], want["to"][to]["balance_pct"])
            _, count, lines, _ = taken(manager, cell["drill"])
            went = [one["balance_fen"] for one in given if (one["from"], one["to"]) == (bucket, to)]
            assert count == len(went) == len(lines) - 1
            assert round(lines[-1][2] * 100) == sum(went) == sum(round(line[2] * 100) for line in lines[:-1])
            assert percent(Fraction(sum(went), want["balance_fen"])) == want["to"][to]["balance_pct"]


def put_snapshot(db: Any, day: date, loan: int, bucket: str, fen: int) -> None:
    db.add(LoanSnapshot(snapshot_date=day, loan_id=loan, status="active", bucket=bucket, five_class="normal", outstanding_principal_fen=fen))  # fmt: skip
    db.flush()


def near(shown: str, given: str) -> bool:
    """Return whether a percentage with fewer decimals is the given one, rounded."""
    places = len(shown.rstrip("%").partition(".")[2])
    return abs(Fraction(shown.rstrip("%")) - Fraction(given)) <= Fraction(1, 2 * 10**places)
