"""The handlers of the segments' pages: what a browser may send, and what it then sees."""

from __future__ import annotations

from typing import Any

import pytest

from loanhub.domain.errors import NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.services import segments
from loanhub.state._clock import utc_now
from loanhub.state.customers import CustomersState
from loanhub.state.segments import SegmentsState, SegmentState, spark
from tests.builders import make_user
from tests.state.test_daily_work import company, do, make_customer, visit  # noqa: F401

SHANGHAI = {"field": "city", "op": "eq", "value": "上海"}


def build(state: Any, city: str = "上海") -> None:
    do(SegmentsState.show, state, True)
    do(SegmentsState.pick_field, state, "city")
    do(SegmentsState.pick_operator, state, "eq")
    do(SegmentsState.add_condition, state, {"value": city})


class TestEditor:
    def test_puts_a_nested_condition_together_and_reads_it_back(self, visit: Any) -> None:  # noqa: F811
        lead = make_user(RoleCode.TEAM_LEAD)
        make_customer(lead, city="上海")
        state = visit(SegmentsState, lead, "/segments")
        do(SegmentsState.load, state)
        build(state)
        do(SegmentsState.add_group, state, "")
        do(SegmentsState.set_join, state, "1", "none")
        do(SegmentsState.pick_field, state, "loans.count")
        do(SegmentsState.pick_operator, state, "gte")
        do(SegmentsState.add_condition, state, {"value": "1"})

        assert state.sentence == "所在城市是「上海」 且 并非（借据笔数 ≥ 1 笔）"
        assert (state.count, len(state.samples)) == ("1", 1)
        do(SegmentsState.save, state, {"name": "上海没借过", "note": "", "shared": "all"})
        assert [(row["name"], row["count"]) for row in state.rows] == [("上海没借过", "1")]
        assert not state.opened

    def test_says_beside_the_condition_what_is_wrong_and_keeps_the_rest(self, visit: Any) -> None:  # noqa: F811
        state = visit(SegmentsState, make_user(RoleCode.TEAM_LEAD), "/segments")
        build(state)
        do(SegmentsState.pick_field, state, "score")
        do(SegmentsState.add_condition, state, {"value": "很高"})

        assert state.draft.error and len(state.tree) == 2

    @pytest.mark.parametrize("path", ["9", "x", "0.0.0", "-1", "0"])
    def test_takes_no_harm_from_paths_of_nowhere(self, visit: Any, path: str) -> None:  # noqa: F811
        state = visit(SegmentsState, make_user(RoleCode.TEAM_LEAD), "/segments")
        build(state)
        do(SegmentsState.set_join, state, path, "any")
        do(SegmentsState.add_group, state, path)
        do(SegmentsState.aim, state, path)

        assert (state.sentence, state.target, len(state.tree)) == ("所在城市是「上海」", "", 2)

    def test_tells_who_comes_second_and_takes_a_deletion_back(self, visit: Any) -> None:  # noqa: F811
        lead = make_user(RoleCode.TEAM_LEAD)
        made = segments.create(lead, name="上海", raw_criteria=SHANGHAI, now=utc_now())
        state = visit(SegmentsState, lead, "/segments")
        do(SegmentsState.edit, state, str(made))
        segments.edit(lead, segment_id=made, version=1, name="改过", note="", raw_criteria=SHANGHAI, shared="own",
                      now=utc_now())  # fmt: skip

        do(SegmentsState.save, state, {"name": "我的", "note": "给新人", "shared": "own"})
        assert [(one["label"], one["mine"], one["latest"]) for one in state.clashes] == [
            ("名称", "我的", "改过")
        ]
        assert state.opened and "刚刚改过这里" in state.clash_sentence

        do(SegmentsState.resolve, state, {"name": "latest"})
        assert (state.opened, state.clashes, [row["name"] for row in state.rows]) == (False, [], ["改过"])
        assert state.rows[0]["note"] == "给新人", "what nobody else had touched was lost"
        do(SegmentsState.delete, state, str(made))
        assert state.rows == []
        do(SegmentsState.restore, state, str(made))
        assert [row["name"] for row in state.rows] == ["改过"]


class TestPages:
    def test_shows_one_and_says_when_there_is_none(self, visit: Any) -> None:  # noqa: F811
        manager = make_user(RoleCode.MANAGER)
        make_customer(make_user(RoleCode.SALES), city="上海")
        made = segments.create(manager, name="上海", raw_criteria=SHANGHAI, now=utc_now())
        segments.count_day(now=utc_now())
        state = visit(SegmentState, manager, f"/segments/{made}/")
        do(SegmentState.load, state)

        assert (state.row["count"], state.missing, [one["members"] for one in state.trend]) == (
            "1",
            False,
            [1],
        )
        for path in ("/segments/999/", "/segments/x/"):
            state = visit(SegmentState, manager, path)
            do(SegmentState.load, state)
            assert state.missing

    def test_keeps_the_filters_of_the_customers(self, visit: Any) -> None:  # noqa: F811
        lead = make_user(RoleCode.TEAM_LEAD)
        state = visit(CustomersState, lead, "/customers", view="risky")
        do(CustomersState.load, state)
        do(CustomersState.save_segment, state, {"name": "高风险"})

        assert [row.sentence for row in segments.list_segments(lead, now=utc_now())] == ["风险等级 ≥ 高"]
        state = visit(CustomersState, lead, "/customers", view="all")
        do(CustomersState.load, state)
        assert (state.view, state._criteria()) == ("all", {})
        do(CustomersState.save_segment, state, {"name": "所有人"})
        assert state.field_errors == {"criteria": "先加一个条件"}
        assert len(segments.list_segments(lead, now=utc_now())) == 1

    def test_a_line_needs_two_points(self) -> None:
        assert spark((3,)) == ""
        assert spark((1, 3)).split() == ["0.0,18.0", "96.0,2.0"]


def test_nobody_changes_the_private_segment_of_another() -> None:
    """Shared ones are changed by who may manage segments; see the service for the rest."""
    manager = make_user(RoleCode.MANAGER)
    made = segments.create(
        make_user(RoleCode.TEAM_LEAD), name="大家的", raw_criteria=SHANGHAI, shared="all", now=utc_now()
    )
    segments.delete(manager, segment_id=made, now=utc_now())
    with pytest.raises(NotPermitted):
        segments.delete(
            make_user(RoleCode.SALES),
            segment_id=segments.create(
                manager, name="上海", raw_criteria=SHANGHAI, shared="all", now=utc_now()
            ),
            now=utc_now(),
        )
