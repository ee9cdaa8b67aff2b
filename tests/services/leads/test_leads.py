"""Leads: create, edit, own, convert; each permission once allowed and once refused."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlmodel import col

from loanhub.domain.errors import InvalidInput, NotFound, NotPermitted
from loanhub.domain.leads import LeadStatus
from loanhub.domain.permissions import RoleCode
from loanhub.models import Customer, Event, Lead
from loanhub.services import interactions, leads, pipeline_boards, pipelines, search
from loanhub.services._transaction import reading
from loanhub.services.leads import view
from tests.builders import NOON, bare_actor, make_company, make_phone, make_user


@pytest.fixture(autouse=True)
def company(database: Engine) -> None:
    make_company()


def stored(lead_id: int) -> Lead:
    with reading() as db:
        lead = db.get(Lead, lead_id)
        assert lead is not None
        return lead


class TestCreate:
    def test_numbers_the_lead_and_puts_it_on_the_board(self) -> None:
        rep = make_user(RoleCode.SALES)

        made = leads.create(rep, {"name": "孙立", "phone": make_phone(), "amount_fen": "40万"}, now=NOON)

        lead = stored(made.lead_id or 0)
        assert lead.number == "L20261120001"
        assert (lead.stage_code, lead.status, lead.owner_id) == ("lead", LeadStatus.WAITING, rep.user_id)
        assert lead.amount_fen == 40_000_000

    def test_stands_at_its_place_on_its_own_board_however_many_boards_there_are(self) -> None:
        rep, admin = make_user(RoleCode.SALES), make_user(RoleCode.ADMIN)
        made = leads.create(rep, {"name": "孙立", "phone": make_phone()}, now=NOON)
        (board_id, *_), *_ = pipelines.list_boards(admin)
        pipeline_boards.create_board(admin, label="车贷看板", copy_of=board_id, now=NOON)

        mark = view.marks(rep, [made.lead_id or 0], now=NOON)[made.lead_id or 0]

        assert (mark.stage, mark.stage_label) == (1, "线索接入")

    def test_never_stores_a_phone_in_clear(self) -> None:
        phone = make_phone()
        leads.create(make_user(RoleCode.SALES), {"name": "孙立", "phone": phone}, now=NOON)

        with reading() as db:
            raw = db.execute(sa.text("select phone, phone_index from lead")).one()

        assert phone not in str(raw)

    def test_records_one_event_with_masked_values(self) -> None:
        phone = make_phone()
        made = leads.create(make_user(RoleCode.SALES), {"name": "孙立", "phone": phone}, now=NOON)

        with reading() as db:
            found = db.execute(sa.select(Event).where(col(Event.lead_id) == made.lead_id)).scalars().all()

        assert [event.type for event in found] == ["lead.created"]
        assert phone not in str(found[0].after)

    def test_counts_a_known_person_as_a_repeated_enquiry(self) -> None:
        phone = make_phone()
        first, second = make_user(RoleCode.SALES), make_user(RoleCode.SALES, team="华东二组")
        leads.create(first, {"name": "孙立", "phone": phone}, now=NOON)

        again = leads.create(second, {"name": "孙立", "phone": phone}, now=NOON)

        assert (again.new, again.lead_id) == (False, None)
        assert again.notice == "已存在，跟进中（华东一组）"

    def test_does_a_double_submit_once(self) -> None:
        rep, phone = make_user(RoleCode.SALES), make_phone()

        one = leads.create(rep, {"name": "孙立", "phone": phone}, key="k1", now=NOON)
        two = leads.create(rep, {"name": "孙立", "phone": phone}, key="k1", now=NOON)

        assert one == two and one.new

    def test_names_each_field_at_fault_and_writes_nothing(self) -> None:
        with pytest.raises(InvalidInput) as refusal:
            leads.create(make_user(RoleCode.SALES), {"name": "", "phone": "154000"}, now=NOON)

        assert set(refusal.value.fields) == {"name", "phone"}
        with reading() as db:
            assert db.execute(sa.select(sa.func.count()).select_from(Lead)).scalar_one() == 0

    def test_refuses_who_may_not(self) -> None:
        with pytest.raises(NotPermitted):
            leads.create(bare_actor(RoleCode.FINANCE), {"name": "孙立", "phone": make_phone()}, now=NOON)


class TestEdit:
    def test_is_refused_on_a_stale_version(self) -> None:
        rep = make_user(RoleCode.SALES)
        made = leads.create(rep, {"name": "孙立", "phone": make_phone()}, now=NOON)
        version = leads.edit(
            rep, lead_id=made.lead_id or 0, raw={"city": "苏州"}, expected_version=1, now=NOON
        )

        with pytest.raises(leads.StaleEdit):
            leads.edit(rep, lead_id=made.lead_id or 0, raw={"city": "上海"}, expected_version=1, now=NOON)

        assert version == 2 and stored(made.lead_id or 0).city == "苏州"

    def test_does_not_find_a_colleagues_lead(self) -> None:
        made = leads.create(make_user(RoleCode.SALES), {"name": "孙立", "phone": make_phone()}, now=NOON)

        with pytest.raises(NotFound):
            leads.edit(make_user(RoleCode.SALES), lead_id=made.lead_id or 0, raw={"city": "上海"},
                       expected_version=None, now=NOON)  # fmt: skip


class TestClaim:
    def test_gives_a_pooled_lead_to_exactly_one_of_ten(self) -> None:
        rep = make_user(RoleCode.SALES)
        made = leads.create(rep, {"name": "孙立", "phone": make_phone()}, now=NOON)
        leads.release(rep, lead_ids=[made.lead_id or 0], reason="联系不上", now=NOON)
        others = [make_user(RoleCode.SALES) for _ in range(10)]
        won: list[int] = []

        def attempt(user_id: int) -> None:
            actor = next(o for o in others if o.user_id == user_id)
            try:
                leads.claim(actor, lead_id=made.lead_id or 0, now=NOON)
                won.append(user_id)
            except leads.AlreadyClaimed:
                pass

        threads = [threading.Thread(target=attempt, args=(o.user_id,)) for o in others]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert won == [stored(made.lead_id or 0).owner_id]

    def test_makes_the_former_owner_wait(self) -> None:
        rep = make_user(RoleCode.SALES)
        made = leads.create(rep, {"name": "孙立", "phone": make_phone()}, now=NOON)
        leads.release(rep, lead_ids=[made.lead_id or 0], reason="联系不上", now=NOON)

        with pytest.raises(leads.ClaimRefused, match="刚从你这里收回"):
            leads.claim(rep, lead_id=made.lead_id or 0, now=NOON)


class TestAssign:
    def test_is_for_the_team_lead(self) -> None:
        rep, other = make_user(RoleCode.SALES), make_user(RoleCode.SALES)
        lead = make_user(RoleCode.TEAM_LEAD)
        made = leads.create(rep, {"name": "孙立", "phone": make_phone()}, now=NOON)

        with pytest.raises(NotPermitted):
            leads.assign(rep, lead_ids=[made.lead_id or 0], owner_id=other.user_id, now=NOON)
        assert leads.assign(lead, lead_ids=[made.lead_id or 0], owner_id=other.user_id, now=NOON) == 1
        assert stored(made.lead_id or 0).owner_id == other.user_id


class TestFollowUp:
    def test_an_answered_call_stops_the_first_contact_clock(self) -> None:
        rep = make_user(RoleCode.SALES)
        made = leads.create(rep, {"name": "孙立", "phone": make_phone()}, now=NOON)

        interactions.record(
            rep, kind="call", outcome="answered", text="想借 40 万周转", lead_id=made.lead_id, now=NOON
        )

        lead = stored(made.lead_id or 0)
        assert (lead.status, lead.first_contact_at) == (LeadStatus.CONTACTED, NOON)

    @pytest.mark.parametrize(
        ("kind", "text", "counts"),
        [("follow_up", "约好周五上午面谈，带流水", True), ("follow_up", "已聊", False), ("note", "约好周五上午面谈，带流水", False)],
    )  # fmt: skip
    def test_what_is_written_down_counts_from_ten_characters_on_and_a_note_never(
        self, kind: str, text: str, counts: bool
    ) -> None:
        rep = make_user(RoleCode.SALES)
        made = leads.create(rep, {"name": "孙立", "phone": make_phone()}, now=NOON)

        interactions.record(rep, kind=kind, text=text, lead_id=made.lead_id, now=NOON)

        lead = stored(made.lead_id or 0)
        assert (lead.last_follow_up_at is not None, lead.first_contact_at is not None) == (counts, counts)


class TestConvert:
    def test_joins_two_leads_of_one_person_in_one_customer(self) -> None:
        rep = make_user(RoleCode.SALES)
        made = leads.create(rep, {"name": "孙立", "phone": make_phone()}, now=NOON)

        customer_id = leads.convert(rep, lead_id=made.lead_id or 0, now=NOON)

        assert leads.convert(rep, lead_id=made.lead_id or 0, now=NOON) == customer_id
        with reading() as db:
            assert db.execute(sa.select(sa.func.count()).select_from(Customer)).scalar_one() == 1


class TestSearch:
    @pytest.mark.parametrize("query", ["单", "单雄", "shan", "sx", "shanxiong", "9007"])
    def test_finds_a_customer_by_name_pinyin_and_tail(self, query: str) -> None:
        rep = make_user(RoleCode.SALES)
        made = leads.create(rep, {"name": "单雄信", "phone": "15400009007"}, now=NOON)
        leads.convert(rep, lead_id=made.lead_id or 0, now=NOON)

        hits = search.find(rep, query)

        assert [(h.group, h.title) for h in hits] == [("客户", "单雄信"), ("线索", "单雄信")]
        assert "15400009007" not in str(hits)

    def test_stays_inside_the_readers_scope(self) -> None:
        leads.create(make_user(RoleCode.SALES), {"name": "单雄信", "phone": make_phone()}, now=NOON)

        assert search.find(make_user(RoleCode.SALES), "单雄信") == []
