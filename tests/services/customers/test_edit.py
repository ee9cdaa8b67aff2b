"""Customers enter and change; nobody writes over somebody else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from loanhub.domain.errors import Conflict, InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.services import customers, events, leads, search
from loanhub.services._transaction import reading
from tests.builders import NOON, bare_actor, make_id_number, make_phone, make_user
from tests.services.customers.making import make_customer, stored


class TestCreate:
    def test_numbers_the_customer_and_reads_the_identity_number(self) -> None:
        rep = make_user(RoleCode.SALES)

        made = customers.create(
            rep, {"name": "张建国", "phone": make_phone(), "id_number": make_id_number("19840518")}, now=NOON
        )

        customer = stored(made)
        assert customer.number == "C20261120001"
        assert (customer.owner_id, str(customer.birth_date)) == (rep.user_id, "1984-05-18")
        assert search.find(rep, "zjg")[0].link == f"/customers/{made}"

    def test_refuses_a_known_person_without_telling_another_team_who(self) -> None:
        number = make_id_number()
        make_customer(make_user(RoleCode.SALES), id_number=number)
        stranger = make_user(RoleCode.SALES, team="华东二组")

        with pytest.raises(customers.KnownCustomer) as refused:
            make_customer(stranger, "别人", id_number=number)

        assert "华东一组" in refused.value.sentence
        assert "C2026" not in refused.value.sentence

    def test_makes_one_customer_for_a_double_click(self) -> None:
        rep, raw = make_user(RoleCode.SALES), {"name": "张建国", "phone": make_phone()}

        assert customers.create(rep, raw, key="k1", now=NOON) == customers.create(
            rep, raw, key="k1", now=NOON
        )

    def test_refuses_who_may_not(self) -> None:
        with pytest.raises(NotPermitted):
            customers.create(bare_actor(RoleCode.CREDIT), {"name": "张建国"}, now=NOON)


class TestEdit:
    def test_writes_and_keeps_the_history_of_the_field(self) -> None:
        rep = make_user(RoleCode.SALES)
        made = make_customer(rep, city="苏州")

        version = customers.edit(rep, customer_id=made, raw={"city": "无锡"}, expected_version=1, now=NOON)

        changes = customers.history(rep, customer_id=made, label="所在城市", now=NOON)
        assert (version, stored(made).city) == (2, "无锡")
        assert next((c.before, c.after, c.who) for c in changes) == ("苏州", "无锡", rep.name)

    def test_refuses_a_stale_edit_and_names_who(self) -> None:
        rep, lead = make_user(RoleCode.SALES), make_user(RoleCode.TEAM_LEAD, name="周子昂", team="上海分公司")
        made = make_customer(rep)
        customers.edit(lead, customer_id=made, raw={"city": "无锡"}, expected_version=1, now=NOON)

        with pytest.raises(leads.StaleEdit, match="周子昂"):
            customers.edit(rep, customer_id=made, raw={"city": "苏州"}, expected_version=1, now=NOON)

    def test_refuses_who_may_not_and_hides_from_who_may_not_see(self) -> None:
        made = make_customer(make_user(RoleCode.SALES))

        with pytest.raises(NotPermitted):
            customers.edit(
                make_user(RoleCode.FINANCE), customer_id=made, raw={}, expected_version=1, now=NOON
            )
        with pytest.raises(NotFound):
            customers.edit(make_user(RoleCode.SALES), customer_id=made, raw={}, expected_version=1, now=NOON)


class TestSaveForm:
    def test_two_people_changing_different_fields_both_keep_their_work(self) -> None:
        rep, lead = make_user(RoleCode.SALES), make_user(RoleCode.TEAM_LEAD, team="上海分公司")
        made = make_customer(rep, city="苏州", occupation="工人")
        shown = {"city": ("苏州", "苏州"), "occupation": ("工人", "工人")}
        customers.edit(lead, customer_id=made, raw={"occupation": "老板"}, expected_version=1, now=NOON)

        saved = customers.save_form(
            rep, customer_id=made, raw={"city": "无锡", "occupation": "工人"}, shown=shown, now=NOON
        )

        assert (saved.clashes, stored(made).city, stored(made).occupation) == ((), "无锡", "老板")

    def test_the_same_field_changed_by_both_is_shown_and_not_written(self) -> None:
        rep, lead = make_user(RoleCode.SALES), make_user(RoleCode.TEAM_LEAD, name="周子昂", team="上海分公司")
        made = make_customer(rep, city="苏州")
        customers.edit(lead, customer_id=made, raw={"city": "常州"}, expected_version=1, now=NOON)

        saved = customers.save_form(
            rep, customer_id=made, raw={"city": "无锡"}, shown={"city": ("苏州", "苏州")}, now=NOON
        )

        assert [(c.mine, c.latest) for c in saved.clashes] == [("无锡", "常州")]
        assert (saved.who, stored(made).city) == ("周子昂", "常州")

    def test_a_fault_writes_nothing(self) -> None:
        rep = make_user(RoleCode.SALES)
        made = make_customer(rep, city="苏州")

        with pytest.raises(InvalidInput) as refused:
            customers.save_form(
                rep,
                customer_id=made,
                raw={"city": "无锡", "phone": "123"},
                shown={"city": ("苏州", "苏州")},
                now=NOON,
            )

        assert set(refused.value.fields) == {"phone"}
        assert stored(made).city == "苏州"


class TestNextStep:
    def test_moves_the_open_lead_as_well(self) -> None:
        rep = make_user(RoleCode.SALES)
        lead_id = leads.create(rep, {"name": "孙立", "phone": make_phone()}, now=NOON).lead_id or 0
        made = leads.convert(rep, lead_id=lead_id, now=NOON)

        customers.set_next_step(rep, customer_id=made, text="面签", at=NOON + timedelta(hours=3), now=NOON)

        head = customers.overview(rep, customer_id=made, now=NOON)
        assert (head.next_title, head.next_left, head.next_state) == ("面签", "剩 3 时", "w")

    def test_refuses_a_time_gone_by_and_who_may_not(self) -> None:
        rep = make_user(RoleCode.SALES)
        made = make_customer(rep)

        with pytest.raises(InvalidInput):
            customers.set_next_step(
                rep, customer_id=made, text="面签", at=NOON - timedelta(hours=1), now=NOON
            )
        with pytest.raises(NotPermitted):
            customers.set_next_step(
                make_user(RoleCode.AUDITOR),
                customer_id=made,
                text="面签",
                at=NOON + timedelta(hours=1),
                now=NOON,
            )


class TestFollowUp:
    def test_stops_the_lead_clock_clears_the_step_and_tells_the_mentioned(self) -> None:
        rep, friend = make_user(RoleCode.SALES), make_user(RoleCode.CREDIT, name="秦语桐")
        lead_id = leads.create(rep, {"name": "孙立", "phone": make_phone()}, now=NOON).lead_id or 0
        made = leads.convert(rep, lead_id=lead_id, now=NOON)

        for _ in range(2):
            customers.follow_up(
                rep, customer_id=made, kind="call", text="@秦语桐请看征信", outcome="answered", clear_next=True,
                key="once", now=NOON,
            )  # fmt: skip

        from loanhub.services import shell

        head = customers.overview(rep, customer_id=made, now=NOON)
        assert (head.has_next, shell.inbox_count(friend, now=NOON)) == (False, 1)
        with reading() as db:
            kinds = [e.type for e in events.list_for_timeline(db, customer_id=made)]
        assert kinds.count("interaction.recorded") == 1

    def test_refuses_who_may_not(self) -> None:
        made = make_customer(make_user(RoleCode.SALES))

        with pytest.raises(NotPermitted):
            customers.follow_up(
                make_user(RoleCode.AUDITOR), customer_id=made, kind="note", text="看", now=NOON
            )


def test_conflict_family() -> None:
    assert issubclass(customers.KnownCustomer, Conflict)
