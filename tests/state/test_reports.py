"""The handlers of the reports' pages: what a browser may choose, what answers, and what is kept."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col

from loanhub.domain.errors import NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import Lead
from loanhub.services import events, reports
from loanhub.services._actor import SYSTEM, Actor
from loanhub.services._transaction import transaction
from loanhub.state._clock import utc_now
from loanhub.state.report import ReportState
from loanhub.state.reports import ReportsState
from tests.analytics.random_book import fill
from tests.builders import NOON, make_user
from tests.state.test_daily_work import company, do, visit  # noqa: F401


@pytest.fixture(autouse=True)
def day_of_the_book(time_machine: Any) -> None:
    """The leads and loans are of the months before; read a year later there would be none to count."""
    time_machine.move_to(NOON, tick=True)


@pytest.fixture
def manager(visit: Any) -> Actor:  # noqa: F811
    found = make_user(RoleCode.MANAGER, team="上海分公司")
    fill([make_user(RoleCode.SALES)], leads=40)
    return found


@pytest.fixture
def new(visit: Any, manager: Actor) -> Any:  # noqa: F811
    state = visit(ReportState, manager, "/reports/new")
    do(ReportState.load, state)
    return state


class TestBuilder:
    def test_answers_with_every_choice(self, new: Any) -> None:
        do(ReportState.toggle_measure, new, "disbursed_count")
        do(ReportState.choose, new, "period", "year")
        do(ReportState.choose, new, "row0", "product")
        do(ReportState.choose, new, "compare", "before")

        assert [one["label"] for one in new.heads][:4] == ["产品", "放款总额", "放款总额 · 上期", "变化"]
        assert new.lines and new.totals[0]["text"] == "合计" and new.fault_line == ""
        assert "对比上期" in new.note and new.changed

    def test_days_of_ones_own_begin_with_the_month_of_shanghai(
        self, new: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        eve = datetime(2026, 11, 30, 17, tzinfo=UTC)  # 1 December, one in the morning in Shanghai
        monkeypatch.setattr("loanhub.state._report_choices.utc_now", lambda: eve)

        do(ReportState.choose, new, "period", "custom")

        assert (new.first, new.last) == ("2026-12-01", "2026-12-01")

    def test_a_choice_lets_go_of_what_it_makes_impossible(self, new: Any) -> None:
        do(ReportState.choose, new, "period", "year")
        do(ReportState.choose, new, "row0", "month")
        do(ReportState.choose, new, "chart", "line")
        do(ReportState.choose, new, "row0", "channel")
        assert (new.chart, new.fault_line) == ("bar", "")
        do(ReportState.choose, new, "column", "month")
        do(ReportState.choose, new, "chart", "heat")
        do(ReportState.choose, new, "row0", "")

        assert (new.column, new.chart, new.fault_line) == ("", "table", "")
        assert new.big[0]["label"] == "放款总额"

    def test_what_cannot_be_chosen_says_why_and_leaves_the_answer(self, new: Any) -> None:
        before = list(new.lines)
        do(ReportState.choose, new, "top", "很多")

        assert new.faults["top"].startswith("前几名填") and new.lines == before
        do(ReportState.toggle_measure, new, "new_leads")
        why = {one["code"]: one["why"] for one in new.dimensions}
        assert why["status"] == "「放款总额」的记录没有线索状态" and why["city"] == ""

    def test_a_figure_opens_its_records(self, new: Any) -> None:
        do(ReportState.choose, new, "period", "year")
        do(ReportState.open_cell, new, "0", "disbursed_amount")
        row = new.lines[0]["cells"]

        assert new.opened.title == f"放款总额 · {row[0]['text']}" and new.opened.rows
        do(ReportState.open_cell, new, "-1", "disbursed_amount")
        assert new.opened.title == "放款总额"

    def test_follows_the_figures_without_touching_what_is_chosen(self, new: Any) -> None:
        do(ReportState.toggle_measure, new, "new_leads")
        do(ReportState.choose, new, "row0", "owner")
        at = next(place for place, one in enumerate(new.heads) if one["code"] == "new_leads")
        before = int(new.totals[at]["text"])
        with transaction() as db:
            lead = db.execute(sa.select(Lead).where(col(Lead.deleted_at).is_(None)).limit(1)).scalar_one()
            row = {key: value for key, value in lead.model_dump().items() if key not in ("id", "number")}
            fresh = Lead(**row | {"number": "L99999", "created_at": utc_now(), "phone_index": None})
            db.add(fresh)
            db.flush()
            events.record(
                db, SYSTEM, "lead.created", now=utc_now(), entity="lead", entity_id=fresh.id, lead_id=fresh.id
            )
        new.pane, new.search = "settings", "线索"

        asyncio.run(new._on_live("cockpit", [{}]))

        assert int(new.totals[at]["text"]) == before + 1 and "已更新" in new.updated
        assert (new.pane, new.search, new.rows[0], new.changed) == ("settings", "线索", "owner", True)
        new.updated = ""
        asyncio.run(new._on_live("cockpit", [{}]))
        assert new.updated == ""

    def test_conditions_are_put_together_and_taken_away(self, new: Any) -> None:
        do(ReportState.choose, new, "period", "year")
        whole = new.totals[1]["text"]
        do(ReportState.open_conditions, new, "loan")
        do(ReportState.pick_field, new, "principal_fen")
        do(ReportState.pick_operator, new, "gte")
        do(ReportState.add_condition, new, {"value": "300000"})
        do(ReportState.keep_conditions, new)

        assert new.condition_lines[0]["label"] == "贷款" and "贷款：" in new.note
        assert new.totals[1]["text"] != whole
        do(ReportState.drop_conditions, new, "loan")
        assert new.totals[1]["text"] == whole

    def test_nonsense_from_a_browser_ends_in_a_sentence(self, new: Any) -> None:
        for part, value in (
            ("period", "x" * 500), ("chart", "<b>"), ("column", "owner; drop"), ("compare", "?"), ("row0", "nope"),
            ("top", "-1"), ("period", "custom"), ("first", "2026-13-45"),
        ):  # fmt: skip
            do(ReportState.choose, new, part, value)
            assert new.fault_line or (part, value) == ("period", "custom")
        do(ReportState.sort_by_column, new, "nope")
        assert new.fault_line
        do(ReportState.choose, new, "rows", "owner")  # no part one may choose
        do(ReportState.choose, new, "_raw", "owner")
        assert callable(new._raw) and new.rows[0] == "nope"
        do(ReportState.discard, new)
        assert new.fault_line == "" and not new.changed


class TestSaving:
    def test_a_new_one_is_saved_opened_changed_and_saved_again(
        self,
        visit: Any,  # noqa: F811
        manager: Actor,
        new: Any,
    ) -> None:
        do(ReportState.show_save, new, True)
        do(ReportState.save, new, {"name": "周报", "note": "", "shared_with": "all"})
        key = next(one.key for one in reports.list_reports(manager, now=utc_now()) if one.name == "周报")

        state = visit(ReportState, manager, f"/reports/{key}")
        do(ReportState.load, state)
        do(ReportState.choose, state, "row0", "owner")
        do(ReportState.show_save, state, True)
        do(ReportState.save, state, {"name": "周报", "note": "给例会", "shared_with": "all"})

        stored = reports.look(manager, key, now=utc_now())
        assert stored.definition["rows"] == ["owner"] and stored.row.note == "给例会"
        assert not state.changed and not state.saving

    def test_unsaved_choices_outlive_a_lost_connection(self, new: Any) -> None:
        do(ReportState.choose, new, "row0", "owner")
        do(ReportState.load, new)

        assert new.rows[0] == "owner" and new.changed


class TestReaders:
    def test_a_representative_reads_but_does_not_build(self, visit: Any, manager: Actor) -> None:  # noqa: F811
        sales = make_user(RoleCode.SALES)
        state = visit(ReportState, sales, "/reports/monthly_lending")
        do(ReportState.load, state)

        assert state.heads and not state.may_build
        with pytest.raises(NotPermitted):
            do(ReportState.export, state)

    def test_one_that_is_not_shared_is_not_there(self, visit: Any, manager: Actor) -> None:  # noqa: F811
        number = reports.create(manager, name="私", definition={"measures": ["new_leads"]}, now=utc_now())
        state = visit(ReportState, make_user(RoleCode.TEAM_LEAD), f"/reports/{number}")
        do(ReportState.load, state)

        assert state.missing and not state.heads

    def test_the_list_copies_and_deletes(self, visit: Any, manager: Actor) -> None:  # noqa: F811
        state = visit(ReportsState, manager, "/reports")
        do(ReportsState.load, state)
        assert len(state.ready) == len(reports.READY) and state.rows == []
        do(ReportsState.copy, state, "region")
        do(ReportsState.reload, state)
        key = state.rows[0]["key"]
        do(ReportsState.delete, state, key)
        assert state.rows == []
        do(ReportsState.restore, state, key)
        assert state.rows[0]["name"] == "客户地域"


def test_a_pivots_chart_speaks_of_the_total(new: Any) -> None:
    do(ReportState.choose, new, "period", "last_12_months")
    do(ReportState.choose, new, "row0", "month")
    do(ReportState.choose, new, "column", "product")
    do(ReportState.choose, new, "chart", "stacked")
    totals = [line["cells"][-1]["text"] for line in new.lines]

    said = new.conclusion.partition("（")[2].partition("）")[0]

    assert said in totals and len(new.figure.data) > 1
