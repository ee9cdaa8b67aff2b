"""The center: what waits, contracts by status, the draft of the create dialog."""

from __future__ import annotations

from datetime import timedelta

import pytest

from loanhub.domain.errors import InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import Application, Customer
from loanhub.services import contracts
from loanhub.services._transaction import reading, transaction
from loanhub.services.contracts import center
from tests.builders import NOON, TODAY, bare_actor, make_user
from tests.services.contracts.test_contracts import make_approved


class TestWaiting:
    def test_lists_what_waits_and_adds_up_what_was_approved(self) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        make_approved()
        voided = contracts.create(clerk, application_id=make_approved(), now=NOON)
        contracts.void(clerk, contract_id=voided, reason="金额写错", now=NOON)
        contracts.create(clerk, application_id=make_approved(), now=NOON)

        found = center.waiting(clerk, now=NOON)

        assert (
            len(found.rows) == found.total == center.count_waiting(clerk) == 2 and found.amount == "20.0 万"
        )

    def test_does_not_offer_what_a_lender_lends(self) -> None:
        make_approved(mode="brokered")

        assert center.count_waiting(make_user(RoleCode.CONTRACTS)) == 0

    @pytest.mark.parametrize(("text", "found"), [("张建", 1), ("李", 0), ("%", 0)])
    def test_finds_by_customer_and_owner(self, text: str, found: int) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        make_approved()
        owner_id, name = center.owners(clerk)[0]

        assert name and center.waiting(clerk, text=text, owner_id=owner_id, now=NOON).total == found
        assert center.waiting(clerk, text=text, owner_id=999_999, now=NOON).total == 0

    def test_is_hidden_from_those_who_read_no_applications(self) -> None:
        make_approved()
        reader = make_user(RoleCode.COLLECTIONS)

        assert center.count_waiting(reader) is None
        with pytest.raises(NotPermitted):
            center.waiting(reader, now=NOON)

    def test_keeps_to_the_scope(self) -> None:
        make_approved()

        assert center.waiting(make_user(RoleCode.SALES), now=NOON).total == 0


class TestRows:
    def test_say_what_stands_before_the_signature(self) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        contract_id = contracts.create(clerk, application_id=make_approved(), now=NOON)

        def signing() -> str:
            return center.rows(clerk, [contract_id], now=NOON)[0].signing

        assert signing() == "明示表未确认"
        contracts.confirm(clerk, contract_id=contract_id, read_seconds=15, now=NOON)
        assert signing() == "明示表已确认"
        contracts.sign(clerk, contract_id=contract_id, signed_date=TODAY, now=NOON)
        assert signing() == "2026-11-20 签"

    def test_stand_in_the_order_asked_for_and_leave_out_what_is_not_seen(self) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        one, two = (contracts.create(clerk, application_id=make_approved(), now=NOON) for _ in range(2))

        assert [row.id for row in center.rows(clerk, [two, 999_999, one], now=NOON)] == [two, one]
        assert center.rows(make_user(RoleCode.SALES), [one, two], now=NOON) == []

    def test_newest_are_of_one_status_or_any(self) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        one, two = (contracts.create(clerk, application_id=make_approved(), now=NOON) for _ in range(2))
        contracts.void(clerk, contract_id=two, reason="金额写错", now=NOON)

        assert [row.id for row in center.newest(clerk, limit=9, now=NOON)] == [two, one]
        assert [row.id for row in center.newest(clerk, status="to_sign", limit=9, now=NOON)] == [one]

    @pytest.mark.parametrize(("text", "found"), [("张建", 1), ("李", 0), ("%", 0)])
    def test_a_name_leads_to_the_customers_of_contracts_in_scope(self, text: str, found: int) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        contracts.create(clerk, application_id=make_approved(), now=NOON)

        assert len(center.customer_ids(clerk, text)) == found
        assert center.customer_ids(make_user(RoleCode.SALES), text) == []

    def test_are_for_those_who_read_contracts(self) -> None:
        nobody = bare_actor(RoleCode.ADMIN)
        for ask in (center.waiting, center.newest):
            with pytest.raises(NotPermitted):
                ask(nobody, limit=1, now=NOON)
        for look in (lambda: center.rows(nobody, [1], now=NOON), lambda: center.customer_ids(nobody, "张")):
            with pytest.raises(NotPermitted):
                look()


class TestDraft:
    def test_shows_the_money_and_the_cost(self) -> None:
        shown = center.draft(make_user(RoleCode.CONTRACTS), application_id=make_approved(), now=NOON)

        assert shown.ready and shown.amount == "¥100,000.00" and shown.uppercase == "壹拾万元整"
        assert shown.cost == "12.00%" and shown.first_payment == "¥8,884.88" and shown.start == "2026-11-20"

    def test_lists_what_is_missing_with_the_page_to_fill_it_in(self) -> None:
        application_id = make_approved()
        with transaction() as db:
            application = db.get(Application, application_id)
            assert application is not None
            customer = db.get(Customer, application.customer_id)
            assert customer is not None
            customer.address = None

        shown = center.draft(make_user(RoleCode.CONTRACTS), application_id=application_id, now=NOON)

        assert not shown.ready and shown.missing[0]["link"].startswith("/customers/")

    def test_says_why_there_can_be_no_contract(self) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        made = make_approved()
        contracts.create(clerk, application_id=made, now=NOON)

        assert "24" in center.draft(clerk, application_id=make_approved("0.2401"), now=NOON).blocked
        assert "已生成合同" in center.draft(clerk, application_id=made, now=NOON).blocked

    def test_refuses_a_start_in_the_past_at_its_field(self) -> None:
        with pytest.raises(InvalidInput) as refused:
            center.draft(
                make_user(RoleCode.CONTRACTS),
                application_id=make_approved(),
                start=TODAY - timedelta(days=1),
                now=NOON,
            )
        assert set(refused.value.fields) == {"start_date"}

    def test_is_for_contract_staff_and_inside_the_scope(self) -> None:
        application_id = make_approved()

        with pytest.raises(NotPermitted):
            center.draft(make_user(RoleCode.FINANCE), application_id=application_id, now=NOON)
        with pytest.raises(NotFound):
            center.draft(make_user(RoleCode.SALES), application_id=application_id, now=NOON)
        with reading() as db:
            assert db.get(Application, application_id) is not None
