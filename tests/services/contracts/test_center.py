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


def counts(page: center.Center) -> dict[str, int]:
    return {code: number for code, _, number in page.tabs}


class TestPage:
    def test_counts_each_tab_and_starts_with_what_waits(self) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        make_approved()
        voided = contracts.create(clerk, application_id=make_approved(), now=NOON)
        contracts.void(clerk, contract_id=voided, reason="金额写错", now=NOON)
        contracts.create(clerk, application_id=make_approved(), now=NOON)

        found = center.page(clerk, now=NOON)

        assert found.tab == "waiting" and len(found.waiting) == 2 and found.amount == "20.0 万"
        assert counts(found) == {
            "waiting": 2, "to_sign": 1, "signed": 0, "effective": 0, "settled": 0, "voided": 1, "papers": 0, "all": 2,
        }  # fmt: skip

    def test_does_not_offer_what_a_lender_lends(self) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        make_approved(mode="brokered")

        assert counts(center.page(clerk, now=NOON))["waiting"] == 0

    def test_says_what_stands_before_the_signature(self) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        contract_id = contracts.create(clerk, application_id=make_approved(), now=NOON)

        def signing() -> str:
            return center.page(clerk, tab="all", now=NOON).rows[0].signing

        assert signing() == "明示表未确认"
        contracts.confirm(clerk, contract_id=contract_id, read_seconds=15, now=NOON)
        assert signing() == "明示表已确认"
        contracts.sign(clerk, contract_id=contract_id, signed_date=TODAY, now=NOON)
        assert signing() == "2026-11-20 签"

    @pytest.mark.parametrize(("text", "found"), [("张建", 1), ("jk-2026", 1), ("李", 0), ("%", 0)])
    def test_finds_by_number_and_by_customer(self, text: str, found: int) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        contracts.create(clerk, application_id=make_approved(), now=NOON)
        make_approved()

        assert center.page(clerk, tab="all", text=text, now=NOON).total == found
        assert center.page(clerk, tab="waiting", text=text, now=NOON).total == (
            found if text != "jk-2026" else 0
        )

    def test_filters_by_owner_and_period(self) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        contracts.create(clerk, application_id=make_approved(), now=NOON)
        owner_id, name = center.owners(clerk)[0]

        assert name and center.page(clerk, tab="all", owner_id=owner_id, now=NOON).total == 1
        assert center.page(clerk, tab="all", owner_id=999_999, now=NOON).total == 0
        assert center.page(clerk, tab="all", period="today", now=NOON).total == 1
        assert center.page(clerk, tab="all", period="today", now=NOON + timedelta(days=2)).total == 0
        with pytest.raises(InvalidInput):
            center.page(clerk, tab="all", period="no_such_period", now=NOON)

    def test_sorts_by_amount(self) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        for fen in (10_000_000, 30_000_000, 20_000_000):
            contracts.create(clerk, application_id=make_approved(amount_fen=fen), now=NOON)

        rows = center.page(clerk, tab="to_sign", sort="amount", descending=False, now=NOON).rows

        assert [row.amount for row in rows] == ["10.0 万", "20.0 万", "30.0 万"]

    def test_keeps_to_the_scope(self) -> None:
        contracts.create(make_user(RoleCode.CONTRACTS), application_id=make_approved(), now=NOON)
        make_approved()

        stranger = center.page(make_user(RoleCode.SALES), tab="all", now=NOON)

        assert stranger.total == 0 and set(counts(stranger).values()) == {0}

    def test_hides_what_waits_from_those_who_read_no_applications(self) -> None:
        make_approved()

        assert "waiting" not in counts(center.page(make_user(RoleCode.COLLECTIONS), tab="waiting", now=NOON))

    def test_is_for_those_who_read_contracts(self) -> None:
        with pytest.raises(NotPermitted):
            center.page(bare_actor(RoleCode.ADMIN), now=NOON)


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
