"""Signing on the phone: the whole way, its gates, its limits, and the seal an independent reader confirms."""

from __future__ import annotations

import hashlib
import json
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import col

from loanhub.documents import sign_seal
from loanhub.documents.preview import page_count
from loanhub.domain.contracts import ContractStatus, DisclosureNotConfirmed
from loanhub.domain.errors import Conflict, InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.domain.signing import LinkDead, Locked, NotYet
from loanhub.models import Disclosure, Document, Event, SigningRound
from loanhub.repositories.signing import list_known
from loanhub.services import _storage, contracts, outbox, signing
from loanhub.services._transaction import reading, transaction
from loanhub.services.signing import Extra, certificates, phone
from tests.builders import NOON, TODAY, make_user
from tests.services.signing.builders import (
    GUARANTOR,
    INK,
    begin,
    check_in,
    code_sent_to,
    device,
    go_through,
    make_contract,
    read_through,
    sealed_bytes,
    signer_of,
    stored,
)


def known() -> list[str]:
    with reading() as db:
        return [certificates.certificate_of(row) for row in list_known(db)]


class TestTheWholeWay:
    def test_two_sign_and_the_company_seals_a_new_file(self, tmp_path: Path) -> None:
        clerk, contract_id = make_contract()
        before = stored(contract_id)
        borrower, guarantor = begin(clerk, contract_id, GUARANTOR)

        assert go_through(borrower) == 0
        assert stored(contract_id).status is ContractStatus.TO_SIGN
        round_id = go_through(guarantor)
        assert signing.finish(round_id, now=NOON + timedelta(minutes=2))

        after = stored(contract_id)
        assert after.status is ContractStatus.SIGNED and after.signed_date == TODAY
        assert after.file_id != before.file_id and after.page_count == before.page_count + 1
        pdf = sealed_bytes(contract_id)
        assert hashlib.sha256(pdf).hexdigest() == after.pdf_sha256
        with reading() as db:  # the unsigned file stays what it was
            old = db.get(Document, before.file_id)
            assert old is not None and old.sha256 == before.pdf_sha256 and _storage.read_all(old.sha256)
            types = list(
                db.execute(sa.select(col(Event.type)).where(col(Event.entity_id) == contract_id)).scalars()
            )
        assert {
            "signing.started",
            "signing.verified",
            "signing.signed",
            "signing.sealed",
            "contract.signed",
        } <= set(types)
        found = sign_seal.check(pdf, trusted=known())
        assert found.signed and found.intact and found.locked and found.ours and found.stamped_at is not None
        path = tmp_path / "signed.pdf"
        path.write_bytes(pdf)
        told = subprocess.run(["pdfsig", str(path)], capture_output=True, text=True, check=False).stdout
        assert "Signature is Valid" in told and "Total document signed" in told
        broken = bytearray(pdf)
        broken[len(pdf) // 3] ^= 1
        path.write_bytes(bytes(broken))
        assert not sign_seal.check(bytes(broken), trusted=known()).intact
        told = subprocess.run(["pdfsig", str(path)], capture_output=True, text=True, check=False).stdout
        assert "Signature is Valid" not in told

    def test_the_record_names_device_place_and_hash(self) -> None:
        import io

        from pypdf import PdfReader

        clerk, contract_id = make_contract()
        before = stored(contract_id)
        (token,) = begin(clerk, contract_id)
        signing.finish(go_through(token), now=NOON + timedelta(minutes=2))

        pdf = sealed_bytes(contract_id)
        text = PdfReader(io.BytesIO(pdf)).pages[page_count(pdf) - 1].extract_text()
        plain = "".join(text.split())
        assert (
            "电子签署记录" in plain
            and "iPhone·Safari" in plain
            and "203.0.113.7" in plain
            and "上海市" in plain
        )
        assert before.pdf_sha256 in plain and "开发证书" in plain
        signer = signer_of(token)
        assert signer.evidence_sha256 in plain
        held = json.loads(signer.evidence or "")
        assert held["shown_sha256"] == before.pdf_sha256 and held["ink"] == signer.ink

    def test_the_borrowers_confirmation_is_the_one_the_gate_asks_for(self) -> None:
        clerk, contract_id = make_contract()
        (token,) = begin(clerk, contract_id)

        go_through(token)

        with reading() as db:
            sheet = db.execute(sa.select(Disclosure)).scalar_one()
        assert sheet.channel == "h5" and sheet.read_seconds == 20
        assert sheet.terms_hash == contracts.frozen_data(stored(contract_id)).quote_version

    def test_sealing_twice_makes_one_file(self) -> None:
        clerk, contract_id = make_contract()
        (token,) = begin(clerk, contract_id)
        round_id = go_through(token)

        assert signing.finish(round_id, now=NOON)
        assert not signing.finish(round_id, now=NOON)
        assert signing.finish_waiting(now=NOON) == 0
        with reading() as db:
            made = db.execute(
                sa.select(sa.func.count()).where(
                    col(Document.kind) == "contract", col(Document.file_name).like("%-已签%")
                )
            ).scalar_one()
        assert made == 1


class TestStart:
    def test_needs_the_permission_and_the_record(self) -> None:
        _, contract_id = make_contract()

        with pytest.raises(NotPermitted):
            signing.start(make_user(RoleCode.AUDITOR), contract_id=contract_id, now=NOON)
        with pytest.raises(NotFound):
            signing.start(make_user(RoleCode.CONTRACTS), contract_id=999_999, now=NOON)

    def test_the_same_form_makes_one_round(self) -> None:
        clerk, contract_id = make_contract()

        assert len(signing.start(clerk, contract_id=contract_id, key="k", now=NOON)) == 1
        assert signing.start(clerk, contract_id=contract_id, key="k", now=NOON) == []
        with pytest.raises(Conflict, match="正在签署"):
            signing.start(clerk, contract_id=contract_id, key="other", now=NOON)
        with reading() as db:
            assert db.execute(sa.select(sa.func.count()).select_from(SigningRound)).scalar_one() == 1

    @pytest.mark.parametrize(
        "extra",
        [
            Extra("guarantor", "", "13900001111"),
            Extra("guarantor", "李娟", "123"),
            Extra("boss", "李娟", "13900001111"),
        ],
    )
    def test_refuses_a_signer_it_cannot_reach(self, extra: Extra) -> None:
        clerk, contract_id = make_contract()

        with pytest.raises(InvalidInput):
            signing.start(clerk, contract_id=contract_id, extra=[extra], now=NOON)
        with reading() as db:
            assert db.execute(sa.select(sa.func.count()).select_from(SigningRound)).scalar_one() == 0

    def test_stores_no_token_and_no_phone_in_clear(self) -> None:
        clerk, contract_id = make_contract()
        (token,) = begin(clerk, contract_id)

        with reading() as db:
            row = dict(db.execute(sa.text("select * from signer")).mappings().one())
            messages = [dict(one) for one in db.execute(sa.text("select * from outbox_message")).mappings()]
        text = repr(row) + repr(messages)
        assert token not in text and (signer_of(token).phone or "")[-11:] not in text


class TestIdentity:
    def test_shows_nothing_of_the_contract_before_it(self) -> None:
        clerk, contract_id = make_contract()
        (token,) = begin(clerk, contract_id)

        step = phone.step_of(token, device(), now=NOON)

        tail = (signer_of(token).phone or "")[-4:]
        assert step.code == "identity" and step.number == "" and step.sheet is None
        assert step.name == "张*国" or "*" in step.name
        assert tail not in step.phone

    def test_locks_after_five_wrong_answers_and_opens_again(self) -> None:
        clerk, contract_id = make_contract()
        (token,) = begin(clerk, contract_id)
        wrong = "0000" if (signer_of(token).phone or "")[-4:] != "0000" else "1111"

        for _ in range(5):
            with pytest.raises(InvalidInput):
                phone.send_code(token, device(), tail=wrong, now=NOON)

        with pytest.raises(Locked):
            phone.send_code(token, device(), tail=(signer_of(token).phone or "")[-4:], now=NOON)
        assert check_in(token, NOON + timedelta(minutes=31)).code == "sheet"

    def test_wrong_codes_count_and_old_ones_do_not_work(self) -> None:
        clerk, contract_id = make_contract()
        (token,) = begin(clerk, contract_id)
        tail = (signer_of(token).phone or "")[-4:]
        phone.send_code(token, device(), tail=tail, now=NOON)
        code = code_sent_to(token)

        with pytest.raises(InvalidInput) as refused:
            phone.verify(token, device(), code="x" + code[1:], now=NOON)
        assert "还可以试 4 次" in refused.value.fields["code"]
        with pytest.raises(InvalidInput):
            phone.send_code(token, device(), tail=tail, now=NOON + timedelta(seconds=30))
        with pytest.raises(InvalidInput):
            phone.verify(token, device(), code=code, now=NOON + timedelta(minutes=6))

    def test_a_code_is_taken_as_people_write_it(self) -> None:
        clerk, contract_id = make_contract()
        (token,) = begin(clerk, contract_id)
        phone.send_code(token, device(), tail=f" {(signer_of(token).phone or '')[-4:]} ", now=NOON)
        code = code_sent_to(token)

        assert phone.verify(token, device(), code=f"{code[:3]} {code[3:]}", now=NOON).code == "sheet"

    def test_a_code_works_once_and_on_one_browser(self) -> None:
        clerk, contract_id = make_contract()
        (token,) = begin(clerk, contract_id)
        check_in(token, NOON)

        with pytest.raises(NotYet):
            phone.turn_to(token, device("another"), page=1, now=NOON)
        with pytest.raises(NotYet):
            phone.sign(token, device("another"), agreed=True, ink=INK, now=NOON)
        with pytest.raises(NotYet):  # half an hour later it must be proven anew
            phone.turn_to(token, device(), page=1, now=NOON + timedelta(minutes=31))

    def test_after_signing_the_link_alone_shows_no_page(self) -> None:
        clerk, contract_id = make_contract()
        (token,) = begin(clerk, contract_id)
        go_through(token)

        for on in (device(), device("another")):
            assert phone.step_of(token, on, now=NOON + timedelta(minutes=2)).number == ""
            with pytest.raises(NotYet):
                phone.turn_to(token, on, page=1, now=NOON + timedelta(minutes=2))

    def test_dead_links_are_all_alike(self) -> None:
        clerk, contract_id = make_contract()
        (token,) = begin(clerk, contract_id)
        view = signing.round_of(clerk, contract_id=contract_id, now=NOON)
        signing.resend(clerk, contract_id=contract_id, signer_id=view.signers[0].id, now=NOON)

        for dead in (token, "", "x" * 32, "x" * 500):
            with pytest.raises(LinkDead):
                phone.step_of(dead, device(), now=NOON)

    def test_a_link_dies_with_its_days(self) -> None:
        clerk, contract_id = make_contract()
        (token,) = begin(clerk, contract_id)

        phone.step_of(token, device(), now=NOON + timedelta(days=4))
        with pytest.raises(LinkDead):
            phone.step_of(token, device(), now=NOON + timedelta(days=5))

    def test_the_staff_see_a_code_only_while_messages_are_previewed(self) -> None:
        clerk, contract_id = make_contract()
        (token,) = begin(clerk, contract_id)
        phone.send_code(token, device(), tail=(signer_of(token).phone or "")[-4:], now=NOON)
        signer_id = signer_of(token).id or 0

        listed = outbox.list_messages(make_user(RoleCode.ADMIN), now=NOON).messages
        assert "签署验证码 ******" in [
            one.title for one in listed
        ]  # a message without a title is known by its words
        assert not any(code_sent_to(token) in one.title + one.text for one in listed)
        assert code_sent_to(token) in signing.preview_code(
            clerk, contract_id=contract_id, signer_id=signer_id, now=NOON
        )
        with transaction() as db:
            from loanhub.models import MessageAccount

            db.add(MessageAccount(channel="sms", mode="live", updated_at=NOON))
        with pytest.raises(Conflict):
            signing.preview_code(clerk, contract_id=contract_id, signer_id=signer_id, now=NOON)


class TestSteps:
    def test_the_sheet_comes_first_and_takes_its_time(self) -> None:
        clerk, contract_id = make_contract()
        (token,) = begin(clerk, contract_id)
        step = check_in(token, NOON)

        assert (
            step.code == "sheet"
            and step.sheet is not None
            and step.sheet.items
            and step.sheet.wait_seconds == 10
        )
        with pytest.raises(NotYet, match="明示表"):
            phone.turn_to(token, device(), page=1, now=NOON)
        with pytest.raises(InvalidInput):
            phone.confirm_sheet(token, device(), agreed=True, ink=INK, now=NOON + timedelta(seconds=9))
        with pytest.raises(InvalidInput):
            phone.confirm_sheet(token, device(), agreed=False, ink=INK, now=NOON + timedelta(seconds=11))
        with pytest.raises(InvalidInput):
            phone.confirm_sheet(token, device(), agreed=True, ink="[]", now=NOON + timedelta(seconds=11))
        assert (
            phone.confirm_sheet(token, device(), agreed=True, ink=INK, now=NOON + timedelta(seconds=11)).code
            == "read"
        )

    def test_every_page_is_read_in_order(self) -> None:
        clerk, contract_id = make_contract()
        contracts.confirm(clerk, contract_id=contract_id, read_seconds=15, now=NOON)
        (token,) = begin(clerk, contract_id)
        step = check_in(token, NOON)

        assert step.code == "read"  # confirmed at the desk: not asked again
        with pytest.raises(NotYet):
            phone.turn_to(token, device(), page=2, now=NOON)
        with pytest.raises(NotYet, match="最后一页"):
            phone.sign(token, device(), agreed=True, ink=INK, now=NOON)
        step, picture = phone.turn_to(token, device(), page=1, now=NOON)
        assert picture.startswith(b"\x89PNG") and step.pages_read == 1
        assert read_through(token, NOON).code == "sign"

    def test_a_guarantor_cannot_sign_before_the_borrower_confirmed(self) -> None:
        clerk, contract_id = make_contract()
        _, guarantor = begin(clerk, contract_id, GUARANTOR)
        check_in(guarantor, NOON)
        read_through(guarantor, NOON)

        with pytest.raises(DisclosureNotConfirmed):
            phone.sign(guarantor, device(), agreed=True, ink=INK, now=NOON)
        assert signer_of(guarantor).ink is None

    @pytest.mark.parametrize(
        "ink",
        ["", "[]", "{}", "[[[1,2]]]", '[[["a",1,2]]]', "[[[1e99,1,1]]]", "[[[NaN,1,1]]]", "[[[0,0,0],[3,3,3]]]",
         "[" * 60_000, json.dumps([[[1, 1, 1]] * 7_000]), json.dumps([[[9_000, 1, 1], [0, 0, 1]]]), 5, None],
    )  # fmt: skip
    def test_refuses_what_is_no_signature(self, ink: object) -> None:
        from loanhub.domain.signing import read_ink

        with pytest.raises(InvalidInput):
            read_ink(ink)

    def test_refusal_ends_the_round(self) -> None:
        clerk, contract_id = make_contract()
        borrower, guarantor = begin(clerk, contract_id, GUARANTOR)
        check_in(guarantor, NOON)

        with pytest.raises(InvalidInput):
            phone.refuse(guarantor, device(), reason=" ", now=NOON)
        assert phone.refuse(guarantor, device(), reason="金额不对", now=NOON).code == "refused"

        with pytest.raises(LinkDead):
            phone.step_of(borrower, device(), now=NOON)
        view = signing.round_of(clerk, contract_id=contract_id, now=NOON)
        assert view.status == "refused" and view.reason == "金额不对" and view.can_start
        assert len(signing.start(clerk, contract_id=contract_id, now=NOON)) == 1
