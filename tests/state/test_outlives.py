"""What is open and typed on the pages of settings outlives a lost connection, and nothing else does."""

from __future__ import annotations

from typing import Any

import pytest

from loanhub.domain.permissions import RoleCode
from loanhub.state.api_keys import ApiKeysState
from loanhub.state.assignment import AssignmentState
from loanhub.state.channels import ChannelsState
from loanhub.state.company_settings import CompanyState
from loanhub.state.fields import FieldsState
from loanhub.state.leave import LeaveState
from loanhub.state.products import ProductsState
from loanhub.state.rates import RatesState
from loanhub.state.segments import SegmentsState
from loanhub.state.stages import StagesState
from loanhub.state.users import UsersState
from tests.builders import make_user
from tests.state.test_daily_work import company, do, visit  # noqa: F401

ADMIN, LEAD, SECURITY = RoleCode.ADMIN, RoleCode.TEAM_LEAD, RoleCode.SECURITY_ADMIN
CASES: tuple[tuple[Any, RoleCode, str, tuple[Any, ...]], ...] = (
    (UsersState, ADMIN, "open_new", ()),
    (ChannelsState, ADMIN, "open_new", ()),
    (FieldsState, ADMIN, "open_new", ()),
    (RatesState, ADMIN, "open_lpr", ()),
    (ApiKeysState, SECURITY, "open_new", ()),
    (AssignmentState, ADMIN, "show", (True,)),
    (SegmentsState, LEAD, "show", (True,)),
    (ProductsState, ADMIN, "open_new", ()),
    (StagesState, ADMIN, "add_stage", ()),
    (CompanyState, ADMIN, "", ()),
    (LeaveState, ADMIN, "", ()),
)
OPEN = ("sheet", "opened", "is_open", "lpr_open", "editing", "moved", "keys")


def shown(state: Any) -> dict[str, Any]:
    names = (*OPEN, "form_key", "values", "tree", "rows" if isinstance(state, StagesState) else "form_key")
    return {name: str(getattr(state, name)) for name in names if name in type(state).get_fields()}


@pytest.mark.parametrize(
    ("state_class", "role", "opener", "arguments"), CASES, ids=lambda one: getattr(one, "__name__", None)
)
def test_stays_open_after_a_lost_connection_and_closes_on_a_visit(
    visit: Any, state_class: Any, role: RoleCode, opener: str, arguments: tuple[Any, ...]  # noqa: F811
) -> None:  # fmt: skip
    state = visit(state_class, make_user(role), "/settings")
    do(state_class.load, state)
    if opener:
        do(getattr(state_class, opener), state, *arguments)
    before = shown(state)

    state._returning = True
    do(state_class.load, state)
    assert shown(state) == before
    state._returning = False
    do(state_class.load, state)
    if opener:
        assert shown(state) != before


def test_the_rest_of_the_page_is_read_anew(visit: Any) -> None:  # noqa: F811
    state = visit(UsersState, make_user(ADMIN), "/settings/users")
    do(UsersState.load, state)
    do(UsersState.open_new, state)
    make_user(LEAD, name="新来的")

    state._returning = True
    do(UsersState.load, state)

    assert state.sheet == "new" and "新来的" in [row.name for row in state.rows]
