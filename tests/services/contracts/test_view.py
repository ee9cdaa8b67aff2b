"""One contract as its page shows it, and what strangers may learn of it."""

from __future__ import annotations

import dataclasses
import io
from datetime import timedelta

import pytest
import sqlalchemy as sa
from PIL import Image
from sqlmodel import col

from loanhub.domain.errors import NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import Customer, Event
from loanhub.services import contracts
from loanhub.services._transaction import reading
from loanhub.services.contracts import view
from tests.builders import NOON, TODAY, bare_actor, make_user
from tests.services.contracts.test_contracts import make_approved


class TestOpenContract:
    def test_masks_every_number_of_the_borrower(self) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        contract_id = contracts.create(clerk, application_id=make_approved(), now=NOON)
        with reading() as db:
            customer = db.execute(sa.select(Customer)).scalar_one()

        shown = str(dataclasses.asdict(view.open_contract(clerk, contract_id=contract_id, now=NOON)))

        for secret in (customer.id_number, (customer.phone or "").removeprefix("+86"), customer.bank_card):
            assert secret and secret not in shown
        assert "张建国" in shown and "壹拾万元整" in shown

    def test_names_the_next_step_at_every_stage(self) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        contract_id = contracts.create(clerk, application_id=make_approved(), now=NOON)

        def step() -> str:
            return view.open_contract(clerk, contract_id=contract_id, now=NOON).next_step.code

        steps = [step()]
        contracts.confirm(clerk, contract_id=contract_id, read_seconds=15, now=NOON)
        steps.append(step())
        contracts.sign(clerk, contract_id=contract_id, signed_date=TODAY, now=NOON)
        steps.append(step())
        contracts.void(clerk, contract_id=contract_id, reason="客户不借了", now=NOON)
        steps.append(step())

        assert steps == ["sheet", "sign", "disburse", "again"]
        voided = view.open_contract(clerk, contract_id=contract_id, now=NOON)
        assert (
            not (voided.can_print or voided.can_sign or voided.can_void)
            and voided.voided_reason == "客户不借了"
        )

    def test_leads_from_a_void_contract_to_the_one_after_it(self) -> None:
        clerk, application_id = make_user(RoleCode.CONTRACTS), make_approved()
        old = contracts.create(clerk, application_id=application_id, now=NOON)
        contracts.void(clerk, contract_id=old, reason="金额写错", now=NOON)
        new = contracts.create(clerk, application_id=application_id, now=NOON)

        assert view.open_contract(clerk, contract_id=old, now=NOON).next_step.link == f"/contracts/{new}"

    def test_lists_printings_and_history_without_previews(self) -> None:
        clerk = make_user(RoleCode.CONTRACTS, name="罗敏")
        contract_id = contracts.create(clerk, application_id=make_approved(), now=NOON)
        contracts.open_pdf(clerk, contract_id=contract_id, now=NOON)
        contracts.record_print(clerk, contract_id=contract_id, copies=2, now=NOON)

        shown = view.open_contract(clerk, contract_id=contract_id, now=NOON + timedelta(minutes=5))

        assert [(p["copies"], p["who"], p["time"]) for p in shown.prints] == [("第 1–2 份", "罗敏", "5 分前")]
        assert [line["what"] for line in shown.history] == ["打印合同", "生成合同"]

    def test_offers_no_buttons_to_readers(self) -> None:
        contract_id = contracts.create(
            make_user(RoleCode.CONTRACTS), application_id=make_approved(), now=NOON
        )

        shown = view.open_contract(make_user(RoleCode.MANAGER), contract_id=contract_id, now=NOON)

        assert not any((shown.can_print, shown.can_sign, shown.can_confirm, shown.can_void))

    def test_refuses_outsiders(self) -> None:
        contract_id = contracts.create(
            make_user(RoleCode.CONTRACTS), application_id=make_approved(), now=NOON
        )

        with pytest.raises(NotFound):
            view.open_contract(make_user(RoleCode.SALES), contract_id=contract_id, now=NOON)
        with pytest.raises((NotFound, NotPermitted)):
            view.open_contract(bare_actor(RoleCode.ADMIN), contract_id=contract_id, now=NOON)


class TestPagePicture:
    def test_draws_each_page_and_records_one_preview(self) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        contract_id = contracts.create(clerk, application_id=make_approved(), now=NOON)
        last = view.open_contract(clerk, contract_id=contract_id, now=NOON).page_count

        for page in (1, last):
            picture = view.page_picture(clerk, contract_id=contract_id, page=page, now=NOON)
            assert picture.startswith(b"\x89PNG")
        strip = Image.open(io.BytesIO(view.thumbnails(clerk, contract_id=contract_id, now=NOON)))
        assert strip.height / strip.width == pytest.approx(last * 297 / 210, rel=0.01)

        with reading() as db:
            previews = sa.select(sa.func.count()).where(col(Event.type) == "contract.viewed")
            assert db.execute(previews).scalar_one() == 1
        with pytest.raises(NotFound):
            view.page_picture(clerk, contract_id=contract_id, page=last + 1, now=NOON)


class TestVerify:
    def test_tells_how_it_stands_and_nothing_about_the_person(self) -> None:
        clerk = make_user(RoleCode.CONTRACTS)
        contract_id = contracts.create(clerk, application_id=make_approved(), now=NOON)
        shown = view.open_contract(clerk, contract_id=contract_id, now=NOON)

        found = view.verify(shown.number.lower())

        assert found is not None and found.status == "待签" and found.page_count == shown.page_count
        assert shown.fingerprint == found.fingerprint and len(found.fingerprint) == 16
        told = str(dataclasses.asdict(found))
        assert "张建国" not in told and "100,000" not in told and "10.0" not in told

    def test_knows_no_other_number(self) -> None:
        assert view.verify("CJ-JK-20261120-9999") is None and view.verify("") is None
