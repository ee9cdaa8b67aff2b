"""The second board of the demo company: its leads come by condition, its views are shared."""

from __future__ import annotations

from typing import Any

from sqlalchemy.engine import Engine

from loanhub.demo import boards as demo
from loanhub.domain.permissions import RoleCode
from loanhub.services import boards, leads
from tests.builders import NOON, make_company, make_phone, make_product, make_user


def test_car_leads_stand_on_their_board_and_only_there(sqlite_database: Engine) -> None:
    make_company()
    make_product("car", label="车抵贷")
    chief, rep = make_user(RoleCode.TEAM_LEAD), make_user(RoleCode.SALES)
    company: Any = type(
        "Company",
        (),
        {"staff": {RoleCode.ADMIN: [make_user(RoleCode.ADMIN)]}, "team_leads": [chief], "sales": [rep]},
    )
    for code in ("car", "car", ""):
        leads.create(
            rep, {"name": "孙立", "phone": make_phone(), "product_code": code, "amount_fen": "30万"}, now=NOON
        )

    assert demo.build(company, now=NOON) == 2
    board = next(one.code for one in boards.choices(rep) if one.label == demo.NAME)
    leads.create(rep, {"name": "新来的", "phone": make_phone(), "product_code": "car"}, now=NOON)

    def table(code: str) -> int:
        return boards.table(rep, boards.Question(pipeline=code), keys=("name",), now=NOON).total

    assert (table(board), table("default")) == (3, 1)
    whole, views = boards.tabs(rep, board=board, now=NOON)
    assert (whole, [(one.name, one.count) for one in views]) == (3, [("本组大额车贷", 2), ("今天要跟进", 3)])
