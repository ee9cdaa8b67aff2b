"""Segments: made, changed, shared, deleted; the same customers in every evaluator; counts never beyond scope."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from loanhub.domain.catalogue import Access, FieldSpec, access
from loanhub.domain.criteria import matches, parse
from loanhub.domain.errors import Conflict, InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.jobs import customer_tags, segment_counts
from loanhub.models import Customer, Lead, SegmentCount
from loanhub.services import _segments, applications, customers, leads, lists, saved_views, segments, tasks
from loanhub.services import catalogue as catalogues
from loanhub.services._transaction import reading, transaction
from tests.builders import NOON, make_company, make_phone, make_user
from tests.services.collections.builders import LATE, end_day, make_office

SHANGHAI = {"field": "city", "op": "eq", "value": "上海"}
IT = {"field": "industry", "op": "eq", "value": "软件"}


@pytest.fixture(autouse=True)
def company(database: Engine) -> None:
    make_company()


def add(actor: Any, name: str, **values: str) -> int:
    raw = {"kind": "person", "name": name, "phone": make_phone(), **values}
    return customers.create(actor, raw, key="", now=NOON)


def member(ids: list[int], op: str = "in_segment", field: str = "segment_id") -> dict[str, object]:
    return {"field": field, "op": op, "value": ids}


def names(actor: Any, raw: dict[str, object], entity: str = "customer") -> set[str]:
    return {
        row.cells["name"] for row in lists.page(actor, entity, keys=["name"], raw_criteria=raw, now=NOON).rows
    }


class TestMaking:
    def test_fixes_me_to_a_person_and_is_made_once(self) -> None:
        lead = make_user(RoleCode.TEAM_LEAD, name="许静")
        raw = {"field": "owner_id", "op": "eq", "value": "me"}
        first = segments.create(lead, name="我的客户", raw_criteria=raw, key="k", now=NOON)

        assert segments.create(lead, name="我的客户", raw_criteria=raw, key="k", now=NOON) == first
        assert segments.look(lead, first, now=NOON).criteria["value"] == lead.user_id
        assert segments.look(lead, first, now=NOON).row.sentence == "负责人是许静"

    @pytest.mark.parametrize(
        ("change", "at"),
        [
            ({"name": " "}, "name"),
            ({"shared": "world"}, "shared"),
            ({"raw_criteria": {}}, "criteria"),
            ({"raw_criteria": {"field": "owner_id", "op": "eq", "value": "my_team"}}, "criteria"),
            ({"raw_criteria": {"field": "nothing", "op": "eq", "value": 1}}, "criteria"),
            ({"raw_criteria": member([4711])}, "criteria"),
        ],
    )
    def test_says_at_the_field_what_is_wrong(self, change: dict[str, Any], at: str) -> None:
        with pytest.raises(InvalidInput) as refused:
            segments.create(
                make_user(RoleCode.TEAM_LEAD),
                **{"name": "上海", "raw_criteria": SHANGHAI, **change},
                now=NOON,
            )
        assert set(refused.value.fields) == {at}

    def test_is_for_those_who_may(self) -> None:
        with pytest.raises(NotPermitted):
            segments.create(make_user(RoleCode.SALES), name="上海", raw_criteria=SHANGHAI, now=NOON)
        with pytest.raises(NotPermitted):
            segments.list_segments(make_user(RoleCode.ADMIN), now=NOON)

    def test_two_who_change_one_do_not_overwrite_each_other(self) -> None:
        lead = make_user(RoleCode.TEAM_LEAD)
        made = segments.create(lead, name="上海", raw_criteria=SHANGHAI, now=NOON)
        change = {"segment_id": made, "version": 1, "note": "", "raw_criteria": IT, "shared": "own"}

        assert segments.edit(lead, **change, name="软件", now=NOON) == 2
        with pytest.raises(Conflict):
            segments.edit(lead, **change, name="别的", now=NOON)
        assert segments.look(lead, made, now=NOON).row.name == "软件"

    def test_deleting_is_taken_back_by_who_did_it(self) -> None:
        lead, manager = make_user(RoleCode.TEAM_LEAD), make_user(RoleCode.MANAGER)
        made = segments.create(lead, name="上海", raw_criteria=SHANGHAI, shared="all", now=NOON)
        segments.delete(lead, segment_id=made, now=NOON)

        assert segments.list_segments(lead, now=NOON) == []
        with pytest.raises(NotFound):
            segments.restore(manager, segment_id=made, now=NOON)
        segments.restore(lead, segment_id=made, now=NOON)
        assert [row.name for row in segments.list_segments(manager, now=NOON)] == ["上海"]


class TestNesting:
    def test_refuses_a_circle_a_tower_and_a_narrower_part(self) -> None:
        lead = make_user(RoleCode.TEAM_LEAD)
        ids = [segments.create(lead, name="一", raw_criteria=SHANGHAI, now=NOON)]
        for name in ("二", "三"):
            ids.append(segments.create(lead, name=name, raw_criteria=member(ids[-1:]), now=NOON))

        with pytest.raises(InvalidInput, match="最多 3 层"):
            segments.create(lead, name="四", raw_criteria=member(ids[-1:]), now=NOON)
        for target in ids:
            with pytest.raises(InvalidInput, match="绕回"):
                segments.edit(lead, segment_id=ids[0], version=1, name="一", note="", raw_criteria=member([target]),
                              shared="own", now=NOON)  # fmt: skip
        with pytest.raises(InvalidInput, match="共享范围更小"):
            segments.create(lead, name="大家的", raw_criteria=member(ids[:1]), shared="all", now=NOON)
        with pytest.raises(Conflict):
            segments.delete(lead, segment_id=ids[0], now=NOON)


class TestUse:
    def test_filters_customers_and_leads_and_a_record_alike(self) -> None:
        lead = make_user(RoleCode.TEAM_LEAD)
        add(lead, "孙立", city="上海", industry="软件")
        add(lead, "何秀英", city="杭州", industry="软件")
        add(lead, "田宏伟", city="上海")
        here = segments.create(lead, name="上海", raw_criteria=SHANGHAI, now=NOON)
        both = {"all": [member([here]), IT]}
        nested = segments.create(lead, name="上海软件", raw_criteria=both, now=NOON)

        assert names(lead, member([here])) == {"孙立", "田宏伟"}
        assert names(lead, member([here], "not_in_segment")) == {"何秀英"}
        assert names(lead, member([nested])) == {"孙立"}
        with reading() as db:
            context, catalogue = lists.context_of(db, lead, NOON), catalogues.current(db)
            node = parse(member([nested]), catalogue, "customer")
            rows = db.execute(sa.select(Customer)).scalars().all()
            assert {r.name for r in rows if matches(node, r, context, catalogue, "customer")} == {"孙立"}

    def test_reaches_a_lead_through_its_customer_and_misses_who_has_none(self) -> None:
        lead = make_user(RoleCode.TEAM_LEAD)
        customer = add(lead, "孙立", city="上海")
        for name in ("有客户", "没客户"):
            leads.create(lead, {"name": name, "phone": make_phone()}, now=NOON)
        with transaction() as db:
            db.execute(sa.update(Lead).where(Lead.name == "有客户").values(customer_id=customer))
        here = segments.create(lead, name="上海", raw_criteria=SHANGHAI, now=NOON)

        through = "customer_segment_id"
        assert names(lead, member([here], field=through), "lead") == {"有客户"}
        assert names(lead, member([here], "not_in_segment", through), "lead") == set()

    def test_reaches_a_to_do_by_every_way_to_its_customer_and_misses_one_about_nobody(self) -> None:
        chief = make_user(RoleCode.TEAM_LEAD)
        here, there = add(chief, "孙立", city="上海"), add(chief, "何秀英", city="杭州")
        lead = leads.create(chief, {"name": "孙立", "phone": make_phone()}, now=NOON).lead_id or 0
        with transaction() as db:
            db.execute(sa.update(Lead).where(Lead.id == lead).values(customer_id=here))
        draft = applications.create(chief, customer_id=here, raw={}, key="d", now=NOON)
        for title, about in (
            ("孙立本人", {"customer_id": here}), ("线索", {"lead_id": lead}), ("申请", {"application_id": draft}),
            ("何秀英本人", {"customer_id": there}), ("谁也不是", {}),
        ):  # fmt: skip
            tasks.create(chief, title=title, due_at=NOON + timedelta(hours=1), now=NOON, **about)
        city = segments.create(chief, name="上海", raw_criteria=SHANGHAI, shared="all", now=NOON)

        def titles(op: str) -> set[str]:
            asked = member([city], op, "customer_segment_id")
            found = lists.page(chief, "task", keys=["title"], raw_criteria=asked, now=NOON)
            return {row.cells["title"] for row in found.rows}

        assert titles("in_segment") == {"孙立本人", "线索", "申请"}
        assert titles("not_in_segment") == {"何秀英本人"}

    def test_reaches_a_case_and_a_to_do_of_its_loan(self) -> None:
        office = make_office()
        end_day(LATE)
        chief = make_user(RoleCode.MANAGER)
        tasks.create(
            chief, title="约还款", due_at=NOON + timedelta(hours=1), loan_id=office.loan_id, now=NOON
        )
        raw = {"field": "name", "op": "eq", "value": "刘志强"}
        mine = segments.create(chief, name="刘志强", raw_criteria=raw, shared="all", now=NOON)
        asked = {op: member([mine], op, "customer_segment_id") for op in ("in_segment", "not_in_segment")}

        for entity in ("collection_case", "task"):
            assert lists.count(chief, entity, raw_criteria=asked["in_segment"], now=NOON) == 1
            assert lists.count(chief, entity, raw_criteria=asked["not_in_segment"], now=NOON) == 0

    def test_offers_and_names_only_what_the_reader_may_use(self) -> None:
        lead, other = make_user(RoleCode.TEAM_LEAD), make_user(RoleCode.TEAM_LEAD, team="华东二组")
        own = segments.create(lead, name="秘密", raw_criteria=SHANGHAI, now=NOON)

        options = {one.key: one.options for one in lists.filter_fields(other, "customer")}["segment_id"]
        assert options == ()
        with pytest.raises(InvalidInput):
            lists.count(other, "customer", raw_criteria=member([own]), now=NOON)
        with pytest.raises(InvalidInput):
            saved_views.save_view(
                other, "customers", "customer", name="偷看", raw_criteria=member([own]), settings={}, now=NOON
            )
        with pytest.raises(NotFound):
            segments.look(other, own, now=NOON)

    def test_a_field_one_may_not_read_hides_the_segment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        manager, auditor = make_user(RoleCode.MANAGER), make_user(RoleCode.AUDITOR)
        made = segments.create(manager, name="高收入", shared="all", now=NOON,
                               raw_criteria={"field": "monthly_income_fen", "op": "gte", "value": 3_000_000})  # fmt: skip
        assert [row.name for row in segments.list_segments(auditor, now=NOON)] == ["高收入"]

        def masked(spec: FieldSpec, rights: Any) -> Access:
            hides = spec.key == "monthly_income_fen" and rights[0].role == "auditor"
            return Access.MASKED if hides else access(spec, rights)

        monkeypatch.setattr(_segments, "access", masked)
        assert [row.name for row in segments.list_segments(manager, now=NOON)] == ["高收入"]
        assert segments.list_segments(auditor, now=NOON) == []
        with pytest.raises(InvalidInput):
            lists.count(auditor, "customer", raw_criteria=member([made]), now=NOON)

    def test_tells_the_segments_of_a_customer(self) -> None:
        lead, other = make_user(RoleCode.TEAM_LEAD), make_user(RoleCode.SALES, team="华东二组")
        here, there = add(lead, "孙立", city="上海"), add(lead, "何秀英", city="杭州")
        made = segments.create(lead, name="上海", raw_criteria=SHANGHAI, shared="all", now=NOON)

        (found,) = segments.of_customer(lead, here, now=NOON)
        assert (found.id, found.name, found.href) == (made, "上海", f"/segments/{made}")
        assert segments.of_customer(lead, there, now=NOON) == ()
        with pytest.raises(NotFound):
            segments.of_customer(other, here, now=NOON)


class TestCounts:
    def test_keep_to_the_scope_and_the_trend_to_who_sees_all(self) -> None:
        lead, other = make_user(RoleCode.TEAM_LEAD), make_user(RoleCode.TEAM_LEAD, team="华东二组")
        manager = make_user(RoleCode.MANAGER)
        add(lead, "孙立", city="上海")
        add(other, "何秀英", city="上海")
        segments.create(lead, name="上海", raw_criteria=SHANGHAI, shared="all", now=NOON)
        assert segments.count_day(now=NOON) == 1
        assert segments.count_day(now=NOON) == 0
        assert segments.count_day(now=NOON + timedelta(days=1)) == 1

        for actor, count, trend in ((lead, 1, ()), (other, 1, ()), (manager, 2, (2, 2))):
            (row,) = segments.list_segments(actor, now=NOON)
            assert (row.count, row.trend) == (count, trend)
        with reading() as db:
            assert db.execute(sa.select(sa.func.sum(SegmentCount.members))).scalar_one() == 4

    def test_a_day_is_counted_after_its_tags(self) -> None:
        add(make_user(RoleCode.TEAM_LEAD), "孙立")
        admin = make_user(RoleCode.MANAGER)
        segments.create(admin, name="所有", raw_criteria=SHANGHAI, shared="all", now=NOON)
        past_midnight = datetime(
            2026, 11, 20, 16, 10, tzinfo=UTC
        )  # 00:10 in Shanghai: the night's tags come at one
        assert segment_counts.run(past_midnight) == 0
        assert segment_counts.run(past_midnight + timedelta(hours=5, minutes=55)) == 1, "tags never came"

        customer_tags.run(past_midnight + timedelta(days=1, hours=1))
        assert segment_counts.run(past_midnight + timedelta(days=1, hours=1)) == 1

    def test_preview_shows_masked_customers_in_scope(self) -> None:
        lead, other = make_user(RoleCode.TEAM_LEAD), make_user(RoleCode.TEAM_LEAD, team="华东二组")
        add(lead, "孙立", city="上海")

        found = segments.preview(lead, SHANGHAI, now=NOON)
        assert (found.count, found.sentence) == (1, "所在城市是「上海」")
        assert "****" in found.rows[0]["phone"]
        assert segments.preview(other, SHANGHAI, now=NOON).count == 0

    def test_composition_and_figures_over_loans(self) -> None:
        manager = make_user(RoleCode.MANAGER)
        add(make_user(RoleCode.SALES), "孙立", city="上海")
        raw = segments.leaf(manager, field="loans.count", operator="eq", texts=["0"], now=NOON)
        assert raw == {"aggregate": "count", "of": "loans", "op": "eq", "value": 0}
        made = segments.create(manager, name="没借过", raw_criteria=raw, now=NOON)

        view = segments.look(manager, made, now=NOON)
        assert view.row.count == 1 and view.row.sentence == "借据笔数 = 0 笔"
        cities = next(one for one in view.composition if one.label == "城市")
        assert [(p.label, p.count, p.percent) for p in cities.parts] == [("上海", 1, 100)]
        assert [label for label, _, _ in view.yields] == ["放款", "收到利息", "逾期成员占比"]
        with pytest.raises(InvalidInput):
            segments.leaf(manager, field="tasks.count", operator="eq", texts=["0"], now=NOON)
