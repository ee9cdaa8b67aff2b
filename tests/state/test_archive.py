"""The handlers of the archive and of the batches: what a browser may send, and what it then sees."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from loanhub.domain.permissions import RoleCode
from loanhub.services.archive import keep
from loanhub.services.printing import work
from loanhub.state._clock import utc_now
from loanhub.state.archive import ArchiveState
from loanhub.state.archive_rules import ArchiveRulesState
from loanhub.state.contracts import ContractsState
from loanhub.state.print_batches import PrintBatchesState, PrintChoiceState
from tests.builders import make_user
from tests.people import Company, make_company
from tests.services.contracts.test_contracts import make_approved
from tests.services.files.conftest import hand_in, make_customer, picture
from tests.state.test_contracts import company as contract_firm  # noqa: F401 - a fixture by name
from tests.state.test_contracts import visit  # noqa: F401 - a fixture


@pytest.fixture
def firm(sqlite_database: Engine) -> Company:
    return make_company()


def call(handler: Any, *arguments: Any) -> Any:
    return asyncio.run(handler.fn(*arguments))


Visit = Callable[..., Any]


@pytest.mark.usefixtures("sqlite_database")
class TestArchive:
    @pytest.fixture(autouse=True)
    def contract_firm(self) -> None:
        """These need no contracts."""

    def test_shows_opens_turns_moves_and_removes(self, firm: Company, visit: Visit) -> None:  # noqa: F811
        sales, customer = firm.actor("sales"), make_customer(firm)
        make_customer(firm, number="C2")
        one = hand_in(sales, picture(80, 40), customer_id=customer, now=utc_now())
        state = visit(ArchiveState, sales, "/archive", document=str(one))

        call(ArchiveState.load, state)
        assert [row.id for row in state.rows] == [one] and state.opened and state.detail.row.version == "v1"
        call(ArchiveState.rotate, state, 1)
        call(ArchiveState.cut, state, "left", "10")
        call(ArchiveState.cut, state, "opened", "10")
        call(ArchiveState.save_adjust, state)
        assert (state.detail.row.version, state.opened) == ("v2", True) and len(state.versions) == 2

        call(ArchiveState.move, state, {"customer": "C2", "kind": "id_back", "reason": "传错了"})
        assert state.rows[0].customer_number == "C2" and not state.opened
        call(ArchiveState.open, state, str(state.rows[0].id))
        call(ArchiveState.remove, state, {"reason": "重复"})
        call(ArchiveState.choose_tab, state, "removed")
        assert [row.state for row in state.rows] == ["removed"]
        call(ArchiveState.open, state, str(state.rows[0].id))
        call(ArchiveState.restore, state)
        call(ArchiveState.choose_tab, state, "all")
        assert len(state.rows) == 2  # the version before it is the newest of its own again

    def test_chooses_only_what_is_shown(self, firm: Company, visit: Visit) -> None:  # noqa: F811
        lead, customer = firm.actor("team_lead"), make_customer(firm)
        ids = [
            str(hand_in(firm.actor("sales"), picture(), kind="other", customer_id=customer)) for _ in range(2)
        ]
        state = visit(ArchiveState, lead, "/archive")
        call(ArchiveState.load, state)

        call(ArchiveState.toggle, state, "999")
        assert state.selected == []
        call(ArchiveState.toggle_all, state)
        assert sorted(state.selected) == sorted(ids) and state.selection == "all"
        call(ArchiveState.toggle, state, ids[0])
        assert state.selected == [ids[1]] and state.selection == "mixed"

    def test_holds_and_rules_without_reading_documents(self, firm: Company, visit: Visit) -> None:  # noqa: F811
        guard = firm.actor("security_admin")
        one = hand_in(firm.actor("sales"), picture(), customer_id=make_customer(firm))
        page = visit(ArchiveState, guard, "/archive")
        call(ArchiveState.load, page)
        assert page.rows == []
        state = visit(ArchiveRulesState, guard, "/archive")

        call(ArchiveRulesState.place, state, {"customer": "C1", "reason": "诉讼保全"})
        assert len(state.holds) == 1 and "张伟" not in state.holds[0].target
        call(ArchiveRulesState.choose_hold, state, state.holds[0].id)
        call(ArchiveRulesState.release, state, {"release_reason": ""})
        assert "release_reason" in state.field_errors and state.holds[0].alive
        call(ArchiveRulesState.release, state, {"release_reason": "结案"})
        assert not state.holds[0].alive

        call(ArchiveRulesState.show_rules, state, True)
        call(ArchiveRulesState.edit, state, "id_front")
        call(ArchiveRulesState.toggle_role, state, "take", "credit")
        call(ArchiveRulesState.toggle_role, state, "take", "nobody")
        call(ArchiveRulesState.save, state, {"life_days": "x", "remind_days": "1", "retention_years": "10"})
        assert "life_days" in state.field_errors
        call(ArchiveRulesState.save, state, {"life_days": "0", "remind_days": "30", "retention_years": "10"})
        rule = next(rule for rule in state.rules if rule.kind == "id_front")
        assert (rule.take_roles, rule.remind_days) == ("credit", 30)
        assert keep.list_holds(guard) and one


class TestBatches:
    def test_from_the_choice_to_the_printing(self, visit: Visit) -> None:  # noqa: F811
        clerk = make_user(RoleCode.CONTRACTS)
        ids = sorted(str(make_approved()) for _ in range(2))
        center = visit(ContractsState, clerk, "/contracts", tab="waiting")
        call(ContractsState.load, center)
        state = visit(PrintChoiceState, clerk, "/contracts", tab="waiting")

        async def page(_class: Any) -> Any:
            return center

        object.__setattr__(state, "get_state", page)
        call(ContractsState.toggle, center, "999")
        assert center.selected == []
        call(ContractsState.toggle, center, int(ids[0]))  # a browser may send the number as a number
        assert center.selected == [ids[0]] and center.selection == "mixed"
        call(ContractsState.toggle, center, ids[0])
        assert center.selected == []
        call(ContractsState.choose_all, center)
        assert sorted(center.selected) == ids and center.selection == "all"
        call(PrintChoiceState.ask, state, True)
        assert state.asking and state.waiting
        call(PrintChoiceState.begin, state, {"copies": "0"})
        assert "copies" in state.field_errors
        call(PrintChoiceState.begin, state, {"copies": "1", "order": "customer", "sides": "duplex"})
        assert center.selected == [] and not state.asking
        assert call(PrintChoiceState.begin, state, {}) is None  # the second of two clicks

        work.run_due(utc_now)
        batch = visit(PrintBatchesState, clerk, "/contracts/batches", batch="1")
        call(PrintBatchesState.load, batch)
        assert (batch.one.status, batch.one.done, batch.one.ready) == ("done", 2, True)
        call(PrintBatchesState.give, batch, {"reason": ""})
        assert batch.printed and batch.one.printed == 1
        call(PrintBatchesState.give, batch, {"reason": ""})
        assert "reason" in batch.field_errors

    def test_days_are_asked_for_where_the_kind_needs_them(self, visit: Visit) -> None:  # noqa: F811
        clerk = make_user(RoleCode.CONTRACTS)
        state = visit(PrintBatchesState, clerk, "/contracts/batches")
        call(PrintBatchesState.load, state)
        call(PrintBatchesState.ask, state, True)
        call(PrintBatchesState.choose_kind, state, "receipt")

        call(PrintBatchesState.begin, state, {"first": "2026-01-01"})
        assert "last" in state.field_errors
        call(PrintBatchesState.begin, state, {"first": "2026-01-01", "last": "2026-01-31"})
        assert "没有可以出收据" in state.field_errors["kind"]
        assert "overdue_notice" not in {one["value"] for one in state.kinds}  # the collectors' own
