"""The handlers of the queue and its drawer: what a browser may send, and what it then sees."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from loanhub.domain.errors import NotFound
from loanhub.domain.permissions import RoleCode
from loanhub.services import segments
from loanhub.services.collections import ContactRefused
from loanhub.state import collection_drawer, collections
from loanhub.state.collection_drawer import CollectionDrawerState
from loanhub.state.collections import CollectionsState
from loanhub.state.loan_cases import LoanCasesState
from tests.builders import make_user
from tests.services.collections.builders import LATE, Office, at, end_day, events_of, make_office
from tests.state.test_daily_work import company, do, visit  # noqa: F401

DAY = LATE + timedelta(days=1)


@pytest.fixture
def office(company: Any) -> Office:  # noqa: F811
    made = make_office()
    end_day(LATE)
    return made


def set_clock(patch: pytest.MonkeyPatch, moment: datetime) -> None:
    """Let the pages' clock stand at a moment."""
    for module in (collections, collection_drawer):
        patch.setattr(module, "utc_now", lambda: moment)


@pytest.fixture(autouse=True)
def morning(monkeypatch: pytest.MonkeyPatch) -> None:
    set_clock(monkeypatch, at(DAY, 10))


class TestQueue:
    def test_opens_ones_own_queue_in_the_order_of_the_strategy(self, office: Office, visit: Any) -> None:  # noqa: F811
        state = visit(CollectionsState, office.collector, "/collections")
        do(CollectionsState.load, state)

        assert (state.view, state.sort, state.rows) == ("mine", "priority", [])
        do(CollectionsState.choose_view, state, "free")
        (row,) = state.rows
        assert (row.customer, row.bucket, row.stage, row.owner) == ("刘志强", "M1", "待联系", "")
        assert state.quiet == "" and state.cells.count("now") == 1
        assert [one.count for one in state.buckets if one.code == "M1"] == ["1"]

    def test_is_narrowed_to_a_segment_of_customers_and_kept_as_a_view(
        self,
        office: Office,
        visit: Any,  # noqa: F811
    ) -> None:
        chief = make_user(RoleCode.MANAGER)
        city = {"field": "name", "op": "eq", "value": "刘志强"}
        here = segments.create(chief, name="刘志强", raw_criteria=city, shared="all", now=at(DAY, 9))
        nobody = {"field": "name", "op": "eq", "value": "无此人"}
        none = segments.create(chief, name="别人", raw_criteria=nobody, shared="all", now=at(DAY, 9))
        state = visit(CollectionsState, chief, "/collections")
        do(CollectionsState.load, state)
        assert {one["label"] for one in state.segment_options} == {"刘志强", "别人"}

        do(CollectionsState.set_quick, state, "customer_segment_id", str(none))
        assert state.rows == [] and state.segment_name == "别人"
        do(CollectionsState.set_quick, state, "customer_segment_id", str(here))
        assert [row.customer for row in state.rows] == ["刘志强"] and state.chips == []
        do(CollectionsState.save_view, state, {"name": "刘志强的案件"})
        assert state.view.startswith("s") and state.total == 1

    def test_gives_out_what_was_chosen_on_this_page_only(self, office: Office, visit: Any) -> None:  # noqa: F811
        state = visit(CollectionsState, office.collector, "/collections", view="free")
        do(CollectionsState.load, state)
        do(CollectionsState.toggle, state, "999")
        assert state.selected_count == 0
        do(CollectionsState.toggle_all, state)
        do(CollectionsState.assign, state, str(office.colleague.user_id))

        assert office.case.owner_id == office.colleague.user_id
        assert state.selected_count == 0

    @pytest.mark.parametrize("text", ["", "刘", "CS2026", "zzz"])
    def test_searches_by_number_and_name(self, office: Office, visit: Any, text: str) -> None:  # noqa: F811
        state = visit(CollectionsState, office.collector, "/collections", view="all")
        do(CollectionsState.load, state)
        do(CollectionsState.search, state, text)

        assert len(state.rows) in ((0,) if text == "zzz" else (0, 1))


class TestDrawer:
    def opened(self, office: Office, visit: Any) -> Any:  # noqa: F811
        state = visit(CollectionDrawerState, office.collector, "/collections", case=str(office.case_id))
        do(CollectionDrawerState.enter_page, state)
        assert state.is_open
        return state

    def test_calls_and_asks_what_came_of_it(self, office: Office, visit: Any) -> None:  # noqa: F811
        state = self.opened(office, visit)
        do(CollectionDrawerState.dial, state, "0")
        assert state.calling and state.call_number.startswith("154")
        do(CollectionDrawerState.finish, state, "missed")

        assert not state.calling
        assert (office.case.contact_count, office.case.stage) == (1, "contacting")
        assert office.case.next_step_at == at(DAY, 12)

    def test_a_promise_from_the_sheet(self, office: Office, visit: Any) -> None:  # noqa: F811
        state = self.opened(office, visit)
        do(CollectionDrawerState.dial, state, "0")
        do(CollectionDrawerState.finish_promise, state, {"due_date": "昨天", "amount": "100"})
        assert state.field_errors == {"due_date": "日期格式不对"} and state.calling
        do(CollectionDrawerState.finish_promise, state, {"due_date": DAY.isoformat(), "amount": "1,000.00"})

        assert (office.case.stage, office.case.promise_fen) == ("promised", 100_000)

    def test_says_before_typing_that_it_is_night(
        self,
        office: Office,
        visit: Any,  # noqa: F811
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        set_clock(monkeypatch, at(DAY, 22, 30))
        state = self.opened(office, visit)

        assert "22:00 到次日 8:00 不能联系" in state.refused
        with pytest.raises(ContactRefused):
            do(CollectionDrawerState.dial, state, "0")
        do(CollectionDrawerState.log, state, {"note": "", "next": ""})
        assert office.case.contact_count == 0
        assert events_of(office.case_id)[-2:] == ["collection.refused", "collection.refused"]

        do(CollectionDrawerState.set_direction, state, "in")
        assert state.refused == ""
        do(CollectionDrawerState.log, state, {"note": "来电问怎么还", "next": "tomorrow"})
        assert office.case.contact_count == 1

    @pytest.mark.parametrize(
        ("handler", "argument"),
        [("set_channel", "pigeon"), ("set_direction", "up"), ("set_whom", "999"), ("set_outcome", "eaten"), ("ask", "x"), ("ask_result", "7")],
    )  # fmt: skip
    def test_takes_no_harm_from_words_of_nowhere(
        self,
        office: Office,
        visit: Any,  # noqa: F811
        handler: str,
        argument: str,
    ) -> None:
        state = self.opened(office, visit)
        do(getattr(CollectionDrawerState, handler), state, argument)

        assert (state.channel, state.direction, state.whom, state.asking) == ("call", "out", "0", "")

    @pytest.mark.parametrize("text", ["", "x", "-1", "9999999999999"])
    def test_opens_nothing_for_no_number(self, office: Office, visit: Any, text: str) -> None:  # noqa: F811
        state = visit(CollectionDrawerState, office.collector, "/collections")
        do(CollectionDrawerState.open, state, text)

        assert not state.is_open

    def test_somebody_elses_case_is_not_found(self, office: Office, visit: Any) -> None:  # noqa: F811
        other = make_user(RoleCode.TEAM_LEAD, team="华东二组")
        state = visit(CollectionDrawerState, other, "/collections")
        with pytest.raises(NotFound):
            do(CollectionDrawerState.open, state, str(office.case_id))

    def test_suspends_and_resumes_with_words(self, office: Office, visit: Any) -> None:  # noqa: F811
        state = self.opened(office, visit)
        do(CollectionDrawerState.hold, state, {"reason": "illness", "until": "", "note": "住"})
        assert "note" in state.field_errors
        do(CollectionDrawerState.hold, state, {"reason": "illness", "until": "", "note": "住院治疗中"})
        assert state.case.hold == "重病" and "停催中" in state.refused
        do(CollectionDrawerState.resume, state, {"note": "已出院可联系"})

        assert state.case.hold == "" and state.refused == ""

    def test_moves_and_asks_the_lawyers(self, office: Office, visit: Any) -> None:  # noqa: F811
        state = self.opened(office, visit)
        do(CollectionDrawerState.claim, state)
        do(CollectionDrawerState.move, state, "legal")
        assert state.asking == "legal"
        do(CollectionDrawerState.send_to_legal, state, {"reason": "短"})
        assert "reason" in state.field_errors
        do(CollectionDrawerState.send_to_legal, state, {"reason": "多次承诺未履约"})

        assert (office.case.stage, office.case.owner_id) == ("legal", office.collector.user_id)


def test_a_loans_cases_only_for_who_may_read_them(office: Office, visit: Any) -> None:  # noqa: F811
    for actor, number in ((office.collector, 1), (make_user(RoleCode.CONTRACTS), 0)):
        state = visit(LoanCasesState, actor, f"/loans/{office.loan_id}")
        do(LoanCasesState.load, state)

        assert len(state.cases) == number
