"""The handlers of channels, keys, deliveries, endpoints and the public application: what a browser may send."""

from __future__ import annotations

import json
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col

from loanhub.domain.permissions import RoleCode
from loanhub.models import Channel, Lead
from loanhub.services import webhooks
from loanhub.services._transaction import reading
from loanhub.services.leads import apply
from loanhub.state import calculator, h5_apply
from loanhub.state._clock import utc_now
from loanhub.state._guard import Bucket
from loanhub.state.api_keys import ApiKeysState
from loanhub.state.channels import ChannelsState
from loanhub.state.deliveries import DeliveriesState
from loanhub.state.h5_apply import ApplyState
from loanhub.state.webhook_setup import WebhookSetupState
from tests.builders import make_user
from tests.state.test_daily_work import company, do, visit  # noqa: F401

ANSWERS = {"name": "冯启明", "phone": "13800138000", "city": "杭州", "purpose": "经营周转"}


def leads() -> list[Lead]:
    with reading() as db:
        return list(db.execute(sa.select(Lead)).scalars())


class TestApply:
    @pytest.fixture
    def state(self, visit: Any, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: F811
        monkeypatch.setattr(h5_apply, "_submits", Bucket(6000, 1000))
        monkeypatch.setattr(calculator, "_addresses", Bucket(6000, 1000))
        monkeypatch.setattr(apply, "_sends", apply._Sends())
        state = visit(ApplyState, make_user(RoleCode.SALES), "/h5/apply", c="douyin", utm_campaign="双十一")
        do(ApplyState.load, state)
        return state

    def test_takes_the_amount_of_the_calculator_and_shows_a_receipt(self, state: Any) -> None:
        do(ApplyState.put_amount, state, "15万")
        do(ApplyState.choose_months, state, "24")
        do(ApplyState.submit, state, ANSWERS | {"consent.personal": "on"})

        (lead,) = leads()
        assert (lead.amount_fen, lead.term_months, lead.campaign) == (15_000_000, 24, "双十一")
        assert state.receipt.startswith("SQ") and state.field_errors == {}

    def test_no_consent_is_ticked_to_begin_with_and_none_is_assumed(self, state: Any) -> None:
        assert [one["purpose"] for one in state.consents] == ["personal", "lender", "marketing"]
        do(ApplyState.submit, state, ANSWERS)

        assert list(state.field_errors) == ["consent.personal"] and state.receipt == "" and leads() == []

    @pytest.mark.parametrize(
        "data", [{}, {"name": {"a": 1}}, {"phone": "1" * 9999}, {"consent.personal": "on", "owner_id": "1"}]
    )
    def test_takes_no_harm_from_whatever_is_sent(self, state: Any, data: dict[str, Any]) -> None:
        do(ApplyState.submit, state, data)
        assert leads() == [] and state.receipt == ""

    def test_an_address_that_sends_too_much_is_told_to_wait(
        self, state: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(h5_apply, "_submits", Bucket(1, 1))
        do(ApplyState.submit, state, {})
        with pytest.raises(calculator.TooManyQuestions):
            do(ApplyState.submit, state, {})


class TestChannels:
    def test_a_channel_is_made_listed_and_shown_with_its_link(self, visit: Any) -> None:  # noqa: F811
        state = visit(ChannelsState, make_user(RoleCode.ADMIN), "/settings/channels")
        do(ChannelsState.load, state)
        do(ChannelsState.open_new, state)
        form = state.values | {"code": "wuye", "label": "物业合作", "price": "30"}
        do(ChannelsState.save, state, form)

        row = next(row for row in state.rows if row["code"] == "wuye")
        assert (row["price"], row["owner"], state.sheet) == ("每条 ¥30.00", "按分配规则", "")
        do(ChannelsState.open_link, state, row["id"])
        assert state.chosen_link.endswith("/h5/apply?c=wuye")

    def test_the_administrator_sees_no_costs_and_finance_no_form(self, visit: Any) -> None:  # noqa: F811
        state = visit(ChannelsState, make_user(RoleCode.ADMIN), "/settings/channels", tab="costs")
        do(ChannelsState.load, state)
        assert [tab["id"] for tab in state.tabs] == ["channels", "texts"] and state.tab == "channels"

        state = visit(ChannelsState, make_user(RoleCode.FINANCE), "/settings/channels", tab="costs")
        do(ChannelsState.load, state)
        assert [tab["id"] for tab in state.tabs] == ["channels", "costs", "refunds"] and state.tab == "costs"

    def test_a_bill_is_entered_once_and_voided(self, visit: Any) -> None:  # noqa: F811
        state = visit(ChannelsState, make_user(RoleCode.FINANCE), "/settings/channels", tab="costs")
        do(ChannelsState.load, state)
        do(ChannelsState.open_cost, state)
        do(ChannelsState.save_cost, state, state.values | {"channel_code": "website", "amount": "100"})
        assert [entry["amount"] for entry in state.entries] == ["¥100.00"]
        do(ChannelsState.ask_void, state, state.entries[0]["id"])
        do(ChannelsState.void, state, {"reason": "填错了"})

        assert state.entries[0]["state"] == "已作废：填错了" and state.sheet == ""


class TestKeys:
    def test_the_secret_is_on_screen_until_it_is_closed(self, visit: Any) -> None:  # noqa: F811
        state = visit(ApiKeysState, make_user(RoleCode.SECURITY_ADMIN), "/settings/api-keys")
        do(ApiKeysState.load, state)
        do(ApiKeysState.open_new, state)
        do(ApiKeysState.save, state, state.values | {"name": "官网", "scope.leads:create": "on"})
        assert state.token.startswith("lhk_") and state.sheet == "shown"
        do(ApiKeysState.close, state, False)

        assert state.token == "" and [row["state"] for row in state.rows] == ["在用"]
        do(ApiKeysState.ask_revoke, state, state.rows[0]["id"])
        do(ApiKeysState.revoke, state)
        assert [row["state"] for row in state.rows] == ["已吊销"]


class TestWebhooks:
    def test_from_a_sample_to_a_mended_delivery(self, visit: Any) -> None:  # noqa: F811
        state = visit(WebhookSetupState, make_user(RoleCode.ADMIN), "/settings/channels")
        do(WebhookSetupState.open, state, "loan_market")
        do(WebhookSetupState.rotate, state)
        assert state.token.startswith("whsec_")
        sample = json.dumps({"d": {"user": "周洁", "mobile": "13800138000", "wan": 3}})
        do(WebhookSetupState.read_sample, state, {"sample": sample})
        assert [(row["path"], row["field"]) for row in state.rules] == [
            ("d.user", ""),
            ("d.mobile", "phone"),
            ("d.wan", ""),
        ]
        do(WebhookSetupState.put, state, 0, "field", "name")
        do(WebhookSetupState.put, state, 2, "field", "amount_fen")
        do(WebhookSetupState.put, state, 2, "unit", "wan")
        do(WebhookSetupState.put, state, 99, "field", "name")
        do(WebhookSetupState.save, state, {"active": "on", "per_minute": "60"})
        assert not state.opened

        incoming = [
            webhooks.Incoming("loan_market", "m1", sample.encode()),
            webhooks.Incoming("loan_market", "m2", b"{"),
        ]
        webhooks.store(incoming, now=utc_now())
        webhooks.process(now=utc_now())
        state = visit(DeliveriesState, make_user(RoleCode.TEAM_LEAD), "/leads/deliveries")
        do(DeliveriesState.load, state)
        assert [row["message_id"] for row in state.rows] == ["m2"] and state.views[0]["count"] == "1"
        do(DeliveriesState.open, state, state.rows[0]["id"])
        assert state.one["body"] == "{"
        do(DeliveriesState.mend, state, {"body": sample.replace("8000", "8001")})

        assert state.rows == [] and not state.opened
        assert sorted(lead.amount_fen or 0 for lead in leads()) == [3_000_000, 3_000_000]
        with reading() as db:
            assert db.execute(sa.select(col(Channel.id)).where(col(Channel.code) == "loan_market")).first()
