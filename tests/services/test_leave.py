"""Leave: one's own, the team's by its lead, anybody's by who edits staff; never two at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from loanhub.domain.errors import Conflict, InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.services import leave
from loanhub.services._actor import Actor
from tests.builders import NOON, make_company, make_user

DAY = timedelta(days=1)


@pytest.fixture
def sales(database) -> Actor:
    make_company()
    return make_user(RoleCode.SALES, name="林若溪")


class TestBook:
    def test_shows_as_running_and_can_be_cancelled(self, sales):
        number = leave.book(sales, starts_at=NOON - DAY, ends_at=NOON + DAY, reason="年假", now=NOON)

        (shown,) = leave.list_of(sales, now=NOON)
        assert (shown.who, shown.state, shown.can_cancel) == ("林若溪", "进行中", True)
        leave.cancel(sales, leave_id=number, now=NOON)
        assert leave.list_of(sales, now=NOON)[0].state == "已取消"
        with pytest.raises(Conflict):
            leave.cancel(sales, leave_id=number, now=NOON)

    def test_refuses_a_second_one_across_it(self, sales):
        leave.book(sales, starts_at=NOON, ends_at=NOON + 2 * DAY, now=NOON)

        with pytest.raises(Conflict, match="重叠"):
            leave.book(sales, starts_at=NOON + DAY, ends_at=NOON + 3 * DAY, now=NOON)
        leave.book(sales, starts_at=NOON + 2 * DAY, ends_at=NOON + 3 * DAY, now=NOON)

    @pytest.mark.parametrize(("start", "end"), [(1, 1), (2, 1), (-3, -1), (0, 400)])
    def test_says_what_is_wrong_with_the_dates(self, sales, start, end):
        with pytest.raises(InvalidInput) as refused:
            leave.book(sales, starts_at=NOON + start * DAY, ends_at=NOON + end * DAY, now=NOON)

        assert "ends_at" in refused.value.fields

    def test_is_ones_own_ones_teams_or_anybodys(self, sales):
        colleague = make_user(RoleCode.SALES)
        head = make_user(RoleCode.TEAM_LEAD)
        other_head = make_user(RoleCode.TEAM_LEAD, team="华东二组")
        admin = make_user(RoleCode.ADMIN)
        span = {"user_id": sales.user_id, "now": NOON}

        for refused in (colleague, other_head):
            with pytest.raises(NotPermitted):
                leave.book(refused, starts_at=NOON, ends_at=NOON + DAY, **span)
        first = leave.book(head, starts_at=NOON, ends_at=NOON + DAY, **span)
        leave.book(admin, starts_at=NOON + DAY, ends_at=NOON + 2 * DAY, **span)

        with pytest.raises(NotPermitted):
            leave.cancel(colleague, leave_id=first, now=NOON)
        assert {sales.user_id, colleague.user_id} <= {one for one, _ in leave.bookable(head)}
        assert sales.user_id not in {one for one, _ in leave.bookable(other_head)}
        assert leave.bookable(colleague) == []
        assert len(leave.list_current(head, now=NOON)) == 2
        assert leave.list_current(other_head, now=NOON) == []
        with pytest.raises(NotPermitted):
            leave.list_current(colleague, now=NOON)
        with pytest.raises(NotFound):
            leave.book(admin, user_id=99_999, starts_at=NOON, ends_at=NOON + DAY, now=NOON)
