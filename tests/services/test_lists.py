from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from loanhub.domain.errors import InvalidInput, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import Lead
from loanhub.services import _totals, leads, lists, saved_views
from loanhub.services import catalogue as catalogues
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from tests.builders import NOON, bare_actor, make_company, make_phone, make_user


@pytest.fixture(autouse=True)
def company(database: Engine) -> None:
    make_company()


class TestCounting:
    """A long list is not counted to its end for every page (docs/decisions/0015)."""

    @pytest.fixture(autouse=True)
    def short(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(_totals, "NEAR", 3)

    @staticmethod
    def make(rep: Actor, number: int) -> None:
        for _ in range(number):
            leads.create(rep, {"name": "孙立", "phone": make_phone(), "amount_fen": "1万"}, now=NOON)

    def test_says_more_than_and_the_exact_figures_afterwards(self) -> None:
        rep = make_user(RoleCode.SALES)
        self.make(rep, 5)

        page = lists.page(rep, "lead", keys=["amount_fen"], limit=2, near=True, now=NOON)

        assert (page.total, page.exact, page.sums, len(page.rows)) == (3, False, {}, 2)
        assert lists.totals(rep, "lead", keys=["amount_fen"], now=NOON) == (5, {"amount_fen": "¥50,000.00"})
        again = lists.page(rep, "lead", keys=["amount_fen"], limit=2, near=True, now=NOON)
        assert (again.total, again.exact, again.sums) == (5, True, {"amount_fen": "¥50,000.00"})

    def test_a_kept_figure_ends_with_the_next_event(self) -> None:
        rep = make_user(RoleCode.SALES)
        self.make(rep, 5)
        lists.totals(rep, "lead", now=NOON)
        self.make(rep, 1)

        assert not lists.page(rep, "lead", limit=2, near=True, now=NOON).exact
        assert lists.totals(rep, "lead", now=NOON)[0] == lists.count(rep, "lead", now=NOON) == 6

    def test_a_kept_figure_is_of_its_reader_and_its_question(self) -> None:
        rep, other = make_user(RoleCode.SALES), make_user(RoleCode.SALES)
        self.make(rep, 5)
        self.make(other, 4)

        def cheap(amount: int) -> dict[str, object]:
            return {"field": "amount_fen", "op": "gte", "value": amount}

        found = [
            lists.totals(one, "lead", raw_criteria=asked, now=NOON)[0]
            for _ in range(2)
            for one, asked in ((rep, None), (other, None), (rep, cheap(1)), (rep, cheap(9_000_000)))
        ]
        assert found == [5, 4, 5, 0] * 2

    @pytest.mark.parametrize(("limit", "offset"), [(10, 0), (2, 0), (2, 2), (2, 8)])
    def test_a_short_list_is_exact_at_once(self, limit: int, offset: int) -> None:
        rep = make_user(RoleCode.SALES)
        self.make(rep, 3)

        page = lists.page(rep, "lead", keys=["amount_fen"], limit=limit, offset=offset, near=True, now=NOON)

        assert (page.total, page.exact, page.sums) == (3, True, {"amount_fen": "¥30,000.00"})

    def test_the_last_page_tells_the_number_of_a_long_list(self) -> None:
        rep = make_user(RoleCode.SALES)
        self.make(rep, 5)

        page = lists.page(rep, "lead", keys=["name"], limit=2, offset=4, near=True, now=NOON)

        assert (page.total, page.exact, len(page.rows)) == (5, True, 1)

    def test_asking_for_the_figures_takes_the_same_right(self) -> None:
        with pytest.raises(NotPermitted):
            lists.totals(bare_actor(RoleCode.ADMIN), "lead", now=NOON)


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

    @pytest.mark.parametrize("descending", [True, False])
    @pytest.mark.parametrize("limit", [1, 2, 3, 4, 7])
    def test_pages_go_on_where_the_last_ended_and_blanks_come_last(
        self, limit: int, descending: bool
    ) -> None:
        rep = make_user(RoleCode.SALES)
        for amount in ("40万", "", "8万", "8万", "", ""):
            leads.create(rep, {"name": "孙立", "phone": make_phone(), "amount_fen": amount}, now=NOON)

        def page(offset: int) -> list[int]:
            found = lists.page(
                rep, "lead", sort="amount_fen", descending=descending, offset=offset, limit=limit, now=NOON
            )
            return [row.id for row in found.rows]

        ids = [one for offset in range(0, 8, limit) for one in page(offset)]
        by_amount = [1, 4, 3] if descending else [4, 3, 1]
        first = min(ids)
        assert [one - first + 1 for one in ids] == [*by_amount, 6, 5, 2]

    @pytest.mark.parametrize("descending", [True, False])
    @pytest.mark.parametrize("sort", ["company_name", "city"])
    def test_blank_texts_come_last_whichever_way_a_list_is_sorted(self, sort: str, descending: bool) -> None:
        rep = make_user(RoleCode.SALES)
        for text in ("上海", "", "北京", ""):
            leads.create(rep, {"name": "孙立", "phone": make_phone(), sort: text}, now=NOON)

        def page(offset: int) -> list[int]:
            found = lists.page(
                rep, "lead", sort=sort, descending=descending, offset=offset, limit=3, now=NOON
            )
            return [row.id for row in found.rows]

        ids = page(0) + page(3)
        assert {ids[0], ids[1]} == {min(ids), min(ids) + 2}
        assert [one - min(ids) for one in ids[2:]] == [3, 1]
        with reading() as db:
            whole = lists.order_of(catalogues.current(db), rep, "lead", Lead, sort, descending)
            assert list(db.execute(sa.select(Lead.id).order_by(*whole)).scalars()) == ids

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
        saved_views.save_view(rep, "leads", "lead", name="我的", now=NOON, settings={},
                        raw_criteria={"field": "owner_id", "op": "eq", "value": "me"})  # fmt: skip

        assert [(v.name, v.count) for v in saved_views.views(rep, "leads", "lead", now=NOON)] == [("我的", 1)]
        assert saved_views.views(make_user(RoleCode.SALES), "leads", "lead", now=NOON) == []
