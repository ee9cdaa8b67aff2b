"""The life of a paper: beside its contract, signed, registered, voided with it; it pays nothing out."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import col

from loanhub.domain.contracts import ContractStatus
from loanhub.domain.errors import Conflict, NotFound
from loanhub.domain.permissions import RoleCode
from loanhub.models import Application, Event, Signer
from loanhub.services import contracts, lists, loans, papers, signing
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.contracts import center, view
from tests.builders import NOON, TODAY, make_user
from tests.services.papers.builders import make_case, offered, sign_main, stored, text_of
from tests.services.signing.builders import begin, go_through


class TestLife:
    def make_guarantee(self, clerk: Actor) -> tuple[int, int, int]:
        application_id, contract_id = make_case(clerk, guarantor={})
        found = offered(papers.desk(clerk, application_id=application_id, now=NOON), "guarantee_contract")
        return application_id, contract_id, papers.issue(
            clerk, application_id=application_id, code="guarantee_contract", subject=found.subject,
            answers=found.answers, now=NOON,
        )  # fmt: skip

    def test_stands_beside_its_contract_and_never_in_its_place(self, clerk: Actor) -> None:
        application_id, contract_id, paper_id = self.make_guarantee(clerk)

        shown, main = (view.open_contract(clerk, contract_id=i, now=NOON) for i in (paper_id, contract_id))

        assert (
            shown.title == "保证合同" and not shown.is_main and shown.main_link == f"/contracts/{contract_id}"
        )
        facts = {one["label"]: one["value"] for one in shown.facts}
        assert facts["担保人"] == "李娟" and "*" in facts["居民身份证"] and "*" in facts["电话"]
        assert [one["number"] for one in main.papers] == [stored(paper_id).number] and main.can_issue
        other = {"field": "base", "op": "ne", "value": "loan_contract"}
        assert [row.id for row in lists.page(clerk, "contract", raw_criteria=other, now=NOON).rows] == [
            paper_id
        ]
        assert [row.id for row in center.newest(clerk, limit=9, now=NOON)] == [contract_id]
        with reading() as db:
            application = db.get(Application, application_id)
            assert application is not None and application.status.value == "contracted"

    def test_is_signed_on_the_phone_by_the_guarantor_without_the_sheet(self, clerk: Actor) -> None:
        _, _, paper_id = self.make_guarantee(clerk)

        (token,) = begin(clerk, paper_id)
        round_id = go_through(token)
        assert signing.finish(round_id, now=NOON + timedelta(minutes=5))

        paper = stored(paper_id)
        assert paper.status is ContractStatus.SIGNED and paper.signed_date == TODAY
        with reading() as db:
            signer = db.execute(sa.select(Signer)).scalar_one()
            assert signer.role.value == "guarantor" and signer.name == "李娟" and not signer.needs_sheet
        assert "签署记录" in text_of(clerk, paper_id)

    def test_pays_nothing_out(self, clerk: Actor) -> None:
        _, _, paper_id = self.make_guarantee(clerk)
        sign_main(paper_id)

        with pytest.raises(Conflict, match="不是借款合同"):
            loans.request(
                make_user(RoleCode.FINANCE),
                contract_id=paper_id,
                bank_reference="FK1",
                value_date=TODAY,
                now=NOON,
            )
        with pytest.raises(NotFound):
            contracts.show(clerk, contract_id=paper_id, now=NOON)

    def test_is_void_alone_or_with_its_contract(self, clerk: Actor) -> None:
        application_id, contract_id, paper_id = self.make_guarantee(clerk)

        contracts.void(clerk, contract_id=paper_id, reason="担保人换人", now=NOON)
        with reading() as db:
            application = db.get(Application, application_id)
            assert application is not None and application.status.value == "contracted"
        found = offered(papers.desk(clerk, application_id=application_id, now=NOON), "guarantee_contract")
        second = papers.issue(clerk, application_id=application_id, code="guarantee_contract", subject=found.subject,
                              answers=found.answers, now=NOON)  # fmt: skip
        contracts.void(clerk, contract_id=contract_id, reason="重出", now=NOON)

        assert stored(second).status is ContractStatus.VOIDED and "主合同" in stored(second).voided_reason
        with reading() as db:
            query = sa.select(sa.func.count()).select_from(Event).where(col(Event.type) == "contract.voided")
            assert db.execute(query).scalar_one() == 3
        assert (
            "先生成借款合同"
            in offered(
                papers.desk(clerk, application_id=application_id, now=NOON), "guarantee_contract"
            ).reason
        )

    def test_is_registered_as_signed_on_paper(self, clerk: Actor) -> None:
        _, _, paper_id = self.make_guarantee(clerk)

        contracts.sign(clerk, contract_id=paper_id, signed_date=TODAY, now=NOON)

        assert stored(paper_id).status is ContractStatus.SIGNED
        assert contracts.record_print(clerk, contract_id=paper_id, copies=2, now=NOON) == (1, 2)
