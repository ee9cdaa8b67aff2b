"""The handlers of signing: what a browser may send from the phone, and what the desk asks for."""

from __future__ import annotations

import re
from typing import Any

import pytest

from loanhub.domain.permissions import RoleCode
from loanhub.models import Contract
from loanhub.services import contracts, parameters, signing
from loanhub.services._transaction import reading, transaction
from loanhub.services.contracts.view import ContractView
from loanhub.state import h5_sign
from loanhub.state._clock import utc_now
from loanhub.state._guard import Bucket
from loanhub.state.contract import ContractState
from loanhub.state.h5_sign import SignState
from loanhub.state.sign_certificates import CertificatesState
from tests.builders import make_user
from tests.services.contracts.test_contracts import make_approved
from tests.services.signing.builders import INK, code_sent_to, device, signer_of
from tests.state.test_daily_work import company, do, visit  # noqa: F401


@pytest.fixture
def desk(company: Any, visit: Any, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: F811
    """The clerk's page of a contract whose sheet was confirmed at the desk."""
    monkeypatch.setattr(h5_sign, "_looks", Bucket(60_000, 10_000))
    monkeypatch.setattr(h5_sign, "_answers", Bucket(60_000, 10_000))
    monkeypatch.setattr(SignState, "_device", lambda *_: device())  # a made state has no tab with a secret
    with transaction() as db:
        parameters.put(db, "company", {
            "name": "示例普惠小额贷款有限公司", "credit_code": "91310199MA1K0000XJ", "legal_representative": "示例",
            "address": "上海市浦东新区示例路 1 号", "phone": "021-00000000"})  # fmt: skip
        parameters.put(db, "repayment_account", {"holder": "示例普惠小额贷款有限公司", "bank": "示例银行上海分行",
                                                 "number": "6222000000000017"})  # fmt: skip
    clerk = make_user(RoleCode.CONTRACTS)
    now = utc_now()
    contract_id = contracts.create(clerk, application_id=make_approved(), now=now)
    contracts.confirm(clerk, contract_id=contract_id, read_seconds=15, now=now)
    state = visit(ContractState, clerk, f"/contracts/{contract_id}")
    do(ContractState.load, state)
    return state


def begin(desk: Any) -> str:
    do(ContractState.open_esign, desk)
    do(ContractState.start_signing, desk, {})
    return str(desk.links[0]["address"]).rpartition("/")[2]


class TestDesk:
    def test_shows_the_links_once_and_the_round_after(self, desk: Any) -> None:
        assert desk.round.can_start and desk.round.id == 0

        token = begin(desk)

        assert (
            desk.dialog == "links"
            and token in desk.links[0]["message"]
            and desk.links[0]["qr"].startswith("data:image/svg")
        )
        assert desk.round.status == "open" and desk.signers[0].status == "waiting"
        assert desk.view.next_step.code == "wait" and not desk.view.can_sign
        do(ContractState.close_dialog, desk, False)
        assert desk.links == []

    def test_a_second_press_neither_hides_the_links_nor_says_none_were_sent(self, desk: Any) -> None:
        token = begin(desk)

        assert do(ContractState.start_signing, desk, {}) in (None, [])

        assert desk.dialog == "links" and token in desk.links[0]["address"]

    def test_says_at_the_field_what_is_wrong_with_a_signer(self, desk: Any) -> None:
        do(ContractState.open_esign, desk)
        do(ContractState.add_signer, desk)
        do(ContractState.start_signing, desk, {"role0": "guarantor", "name0": "李娟", "phone0": "12"})

        assert "phone" in desk.field_errors and desk.round.id == 0

    def test_takes_back_and_begins_again(self, desk: Any) -> None:
        begin(desk)
        do(ContractState.revoke_signing, desk, {"reason": ""})
        assert "reason" in desk.field_errors and desk.round.status == "open"
        do(ContractState.revoke_signing, desk, {"reason": "改签纸质"})
        assert desk.round.status == "revoked" and desk.round.can_start and desk.view.can_sign

    @pytest.mark.parametrize("junk", [0, -1, "x", None, {"a": 1}, 10**12])
    def test_takes_no_harm_from_junk(self, desk: Any, junk: Any) -> None:
        do(ContractState.copy_link, desk, junk)
        assert desk.links == [] and isinstance(desk.view, ContractView)


class TestPhone:
    def test_goes_from_the_tail_to_the_signature(self, desk: Any, visit: Any) -> None:  # noqa: F811
        token = begin(desk)
        state = visit(SignState, make_user(RoleCode.SALES), f"/h5/sign/{token}")
        do(SignState.load, state)
        assert state.step == "identity" and state.number == "" and state.picture == ""
        do(SignState.send_code, state, {"tail": "x"})
        assert "还可以试" in state.field_errors["tail"]
        do(SignState.send_code, state, {"tail": (signer_of(token).phone or "")[-4:]})
        assert state.code_sent
        do(SignState.verify, state, {"code": code_sent_to(token)})
        assert state.step == "read" and re.fullmatch(r"[A-Z]+-JK-\d+-\d+", state.number)

        for number in range(1, state.pages + 1):
            do(SignState.open_page, state, number)
        assert state.step == "sign" and state.picture.startswith("data:image/png")
        do(SignState.sign, state, {"ink": INK})
        assert "agreed" in state.field_errors
        do(SignState.sign, state, {"agreed": "on", "ink": "[]"})
        assert "ink" in state.field_errors
        do(SignState.sign, state, {"agreed": "on", "ink": INK, "place": "上海"})

        assert state.step == "done" and state.picture == ""
        signing.finish_waiting(now=utc_now())
        do(SignState.look_again, state)
        assert "电子签章" in state.done_text
        with reading() as db:
            contract = db.get(Contract, desk.view.id)
            assert contract is not None and contract.status.value == "signed"

    @pytest.mark.parametrize("path", ["/h5/sign/", "/h5/sign/" + "x" * 40, "/h5/sign/" + "我" * 40])
    def test_a_dead_link_says_so(self, desk: Any, visit: Any, path: str) -> None:  # noqa: F811
        state = visit(SignState, make_user(RoleCode.SALES), path)
        do(SignState.load, state)
        assert state.step == "over" and state.title == ""


class TestCertificates:
    def test_shows_what_the_route_refused(self, company: Any, visit: Any) -> None:  # noqa: F811
        state = visit(CertificatesState, make_user(RoleCode.ADMIN), "/settings/certificates")
        do(CertificatesState.load, state)
        do(CertificatesState.open_dialog, state, "file")
        for junk in (None, [], {"error": "x"}, {"fields": 5}):
            do(CertificatesState.added, state, junk)
        do(CertificatesState.added, state, {"error": "x", "fields": {"password": "打不开"}})

        assert state.field_errors == {"password": "打不开"} and state.dialog == "file" and state.rows == []
        do(CertificatesState.add_device, state, {"module": "lib.so"})
        assert "token" in state.field_errors
