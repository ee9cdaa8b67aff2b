from __future__ import annotations

import pytest
from sqlalchemy.engine import Engine

from loanhub.domain.errors import InvalidInput, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.services import leads, lists
from tests.builders import NOON, bare_actor, make_company, make_phone, make_user


@pytest.fixture(autouse=True)
def company(database: Engine) -> None:
    make_company()


class TestPage:
    def test_filters_sorts_sums_and_masks(self) -> None:
        rep = make_user(RoleCode.SALES)
        for name, amount in (("孙立", "40万"), ("何秀英", "8万"), ("田宏伟", "60万")):
            leads.create(rep, {"name": name, "phone": make_phone(), "amount_fen": amount}, now=NOON)

        page = lists.page(
            rep, "lead", keys=["name", "phone", "amount_fen"], sort="amount_fen",
            raw_criteria={"field": "amount_fen", "op": "gte", "value": 10_000_000}, now=NOON,
        )  # fmt: skip

        assert [r.cells["name"] for r in page.rows] == ["田宏伟", "孙立"]
        assert page.total == 2 and page.sums["amount_fen"] == "¥1,000,000.00"
        assert all("****" in r.cells["phone"] for r in page.rows)
        assert "金额" in page.sentence

    def test_keeps_to_the_readers_scope(self) -> None:
        leads.create(make_user(RoleCode.SALES), {"name": "孙立", "phone": make_phone()}, now=NOON)

        assert lists.page(make_user(RoleCode.SALES), "lead", now=NOON).total == 0
        assert lists.page(make_user(RoleCode.TEAM_LEAD), "lead", now=NOON).total == 1
        assert lists.page(make_user(RoleCode.TEAM_LEAD, team="华东二组"), "lead", now=NOON).total == 0
        with pytest.raises(NotPermitted):
            lists.page(bare_actor(RoleCode.ADMIN), "lead", now=NOON)

    def test_masks_names_in_the_pool(self) -> None:
        rep = make_user(RoleCode.SALES)
        made = leads.create(rep, {"name": "何秀英", "phone": make_phone()}, now=NOON)
        leads.release(rep, lead_ids=[made.lead_id or 0], reason="无意向", now=NOON)

        page = lists.page(make_user(RoleCode.SALES), "lead", keys=["name", "phone"], pool=True, now=NOON)

        assert page.rows[0].cells["name"] == "何*英"

    def test_refuses_to_sort_by_a_protected_field(self) -> None:
        with pytest.raises(InvalidInput):
            lists.page(make_user(RoleCode.SALES), "lead", sort="phone", now=NOON)

    def test_finds_by_phone_without_reading_it(self) -> None:
        rep, phone = make_user(RoleCode.SALES), make_phone()
        leads.create(rep, {"name": "孙立", "phone": phone}, now=NOON)

        assert lists.page(rep, "lead", text=phone, now=NOON).total == 1
        assert lists.page(rep, "lead", text=phone[-4:], now=NOON).total == 1


class TestViews:
    def test_are_saved_counted_and_own(self) -> None:
        rep = make_user(RoleCode.SALES)
        leads.create(rep, {"name": "孙立", "phone": make_phone()}, now=NOON)
        lists.save_view(rep, "leads", "lead", name="我的", now=NOON, settings={},
                        raw_criteria={"field": "owner_id", "op": "eq", "value": "me"})  # fmt: skip

        assert [(v.name, v.count) for v in lists.views(rep, "leads", "lead", now=NOON)] == [("我的", 1)]
        assert lists.views(make_user(RoleCode.SALES), "leads", "lead", now=NOON) == []
