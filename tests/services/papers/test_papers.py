"""Documents beside the loan contract: offered when they fit, complete, numbered, signed, voided with their contract."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlmodel import col

from loanhub.documents.template import MissingData
from loanhub.domain.contracts import ContractEvent, ContractStatus, move
from loanhub.domain.errors import Conflict, InvalidInput, NotFound, NotPermitted
from loanhub.domain.permissions import RoleCode
from loanhub.models import Contract, Loan, LoanRequest
from loanhub.services import contracts, loans, papers
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from tests.builders import NOON, TODAY, make_user
from tests.services.papers.builders import disburse, make_case, offered, stored, text_of

ACCOUNT = {
    "account_holder": "示例材料有限公司",
    "account_bank": "示例银行",
    "account_number": "310000000000001",
}
ASSIGNEE = {
    "assignee_name": "示例资产管理有限公司", "assignee_code": "91310199MA1K0000XJ", "assignee_phone": "021-11111111",
    "assignee_address": "上海市示例路 9 号", "agreement_date": TODAY.isoformat(), **ACCOUNT,
}  # fmt: skip


class TestDesk:
    def test_offers_what_fits_and_says_why_the_rest_does_not(self, clerk: Actor) -> None:
        application_id, _ = make_case(clerk)

        desk = papers.desk(clerk, application_id=application_id, now=NOON)

        fitting = {one.code for one in desk.fitting}
        assert {
            "personal_information_authorization",
            "credit_report_authorization",
            "debit_authorization",
        } <= fitting
        assert offered(desk, "guarantee_contract").reason.startswith("没有登记担保人")
        assert offered(desk, "guarantee_contract").link.endswith("?tab=relations")
        assert offered(desk, "mortgage_contract").link == f"/applications/{application_id}"
        assert "放款" in offered(desk, "disbursement_notice").reason
        assert offered(desk, "brokerage_agreement").reason == "自营贷款不收服务费，不签居间协议"

    def test_names_what_is_missing_and_where_it_is_filled_in(self, clerk: Actor) -> None:
        application_id, _ = make_case(clerk, guarantor={"address": None, "id_number": None})

        found = offered(papers.desk(clerk, application_id=application_id, now=NOON), "guarantee_contract")

        assert [one["label"] for one in found.missing] == ["担保人证件号码", "担保人住址"] and not found.ready
        assert all(one["link"].endswith("?tab=relations") for one in found.missing)
        with pytest.raises(MissingData, match="担保人证件号码、担保人住址"):
            papers.issue(clerk, application_id=application_id, code="guarantee_contract", subject=found.subject,
                         answers=found.answers, now=NOON)  # fmt: skip
        with reading() as db:
            count = (
                sa.select(sa.func.count()).select_from(Contract).where(col(Contract.base) != "loan_contract")
            )
            assert db.execute(count).scalar_one() == 0

    def test_is_reached_from_the_contract_and_from_the_loan(self, clerk: Actor) -> None:
        application_id, contract_id = make_case(clerk)
        loan_id = disburse(contract_id)

        by_contract = papers.desk(clerk, contract_id=contract_id, now=NOON)
        assert by_contract.application_id == application_id and by_contract.loan_id == loan_id
        assert papers.desk(clerk, loan_id=loan_id, now=NOON).application_id == application_id
        with pytest.raises(NotPermitted):
            papers.desk(make_user(RoleCode.FINANCE), application_id=application_id, now=NOON)
        with pytest.raises(NotFound):
            papers.desk(make_user(RoleCode.SALES), application_id=application_id, now=NOON)


class TestIssue:
    def test_makes_a_guarantee_from_the_relation_and_the_contract(self, clerk: Actor) -> None:
        application_id, contract_id = make_case(clerk, guarantor={})
        found = offered(papers.desk(clerk, application_id=application_id, now=NOON), "guarantee_contract")

        paper_id = papers.issue(
            clerk, application_id=application_id, code="guarantee_contract", subject=found.subject,
            answers={**found.answers, "guarantee_kind": "general", "guarantee_years": "2"}, key="k", now=NOON,
        )  # fmt: skip

        paper, text = stored(paper_id), text_of(clerk, paper_id)
        assert paper.number == "CJ-BZ-20261120-0001" and paper.main_id == contract_id
        assert paper.status is ContractStatus.TO_SIGN and paper.template_revision >= 1
        assert "李娟" in text and "张建国" in text and stored(contract_id).number in text
        assert "乙方承担一般保证" in text and "届满之日起2年" in text and "壹拾万元整" in text
        assert "李娟" not in str(paper.data)
        again = papers.issue(
            clerk, application_id=application_id, code="guarantee_contract", subject=found.subject,
            answers={**found.answers, "guarantee_kind": "general", "guarantee_years": "2"}, key="k", now=NOON,
        )  # fmt: skip
        assert again == paper_id
        with pytest.raises(Conflict, match="已出具《保证合同》CJ-BZ-20261120-0001"):
            papers.issue(clerk, application_id=application_id, code="guarantee_contract", subject=found.subject,
                         answers=found.answers, now=NOON)  # fmt: skip
        assert (
            offered(papers.desk(clerk, application_id=application_id, now=NOON), "guarantee_contract").made_id
            == paper_id
        )

    def test_makes_a_mortgage_of_the_application_s_collateral(self, clerk: Actor) -> None:
        application_id, _ = make_case(
            clerk, guarantor={}, collateral="住宅（上海市示例路 5 号）", collateral_value_fen=300_000_000
        )
        found = offered(papers.desk(clerk, application_id=application_id, now=NOON), "mortgage_contract")
        assert (
            found.answers["things"] == "住宅（上海市示例路 5 号）"
            and found.answers["value"] == "3,000,000.00"
        )
        third = found.choices["owner"][1]["value"]

        with pytest.raises(InvalidInput) as refused:
            papers.issue(clerk, application_id=application_id, code="mortgage_contract", subject="collateral",
                         answers={**found.answers, "owner": "relation:99999"}, now=NOON)  # fmt: skip
        assert set(refused.value.fields) == {"owner", "certificate"}
        paper_id = papers.issue(
            clerk, application_id=application_id, code="mortgage_contract", subject="collateral",
            answers={**found.answers, "owner": third, "certificate": "沪（2020）不动产权第 000001 号"}, now=NOON,
        )  # fmt: skip

        text = text_of(clerk, paper_id)
        assert "李娟" in text and "沪（2020）不动产权第000001号" in text and "3,000,000.00" in text

    @pytest.mark.parametrize(
        ("pledge_kind", "words", "others"),
        [
            (
                "movable",
                ("第四百二十五条", "质权自乙方交付质押财产时设立", "示范仓储有限公司"),
                ("出质登记", "第四百四十条"),
            ),
            (
                "receivables",
                ("第四百四十条", "动产融资统一登记公示系统", "质权自办理出质登记时设立"),
                ("交付质押财产时设立",),
            ),
            ("shares", ("市场监督管理部门", "表决权由乙方行使"), ("转付甲方",)),
        ],
    )
    def test_makes_a_pledge_of_what_the_application_names(
        self, clerk: Actor, pledge_kind: str, words: tuple[str, ...], others: tuple[str, ...]
    ) -> None:
        application_id, _ = make_case(
            clerk,
            guarantor={},
            pledge="冷轧钢卷 120 吨",
            pledge_kind=pledge_kind,
            pledge_value_fen=60_000_000,
        )
        found = offered(papers.desk(clerk, application_id=application_id, now=NOON), "pledge_contract")
        assert found.answers["pledge_kind"] == pledge_kind and found.answers["value"] == "600,000.00"

        with pytest.raises(InvalidInput) as refused:
            papers.issue(clerk, application_id=application_id, code="pledge_contract", subject="pledge",
                         answers={**found.answers, "pledge_kind": "house"}, now=NOON)  # fmt: skip
        assert set(refused.value.fields) == {"pledge_kind", "pledge_proof"}
        paper_id = papers.issue(
            clerk, application_id=application_id, code="pledge_contract", subject="pledge",
            answers={**found.answers, "pledge_proof": "示仓字第 000001 号", "delivery_place": "示范仓库",
                     "keeper": "示范仓储有限公司", "pledgor": found.choices["pledgor"][1]["value"]}, now=NOON,
        )  # fmt: skip

        text = text_of(clerk, paper_id)
        assert "李娟" in text and "冷轧钢卷120吨" in text and "600,000.00" in text
        assert all(one in text for one in words)
        assert not [one for one in others if one in text]

    @pytest.mark.parametrize(
        ("code", "answers", "words"),
        [
            ("personal_information_authorization", {}, "个人信息"),
            ("credit_report_authorization", {}, "信用报告"),
            (
                "third_party_authorization",
                {"recipients": "示范银行上海分行\n示范银行上海分行"},
                "示范银行上海分行",
            ),
            ("debit_authorization", {}, "6222000000000017"),
            ("payment_instruction", ACCOUNT, "示例材料有限公司"),
        ],
    )
    def test_makes_each_letter(self, clerk: Actor, code: str, answers: dict[str, str], words: str) -> None:
        application_id, _ = make_case(clerk)
        found = offered(papers.desk(clerk, application_id=application_id, now=NOON), code)

        paper_id = papers.issue(
            clerk, application_id=application_id, code=code, answers={**found.answers, **answers}, now=NOON
        )

        assert words in text_of(clerk, paper_id) and "张建国" in text_of(clerk, paper_id)
        assert stored(paper_id).number.startswith(("CJ-SQ-", "CJ-HK-"))

    def test_refuses_bad_answers_at_their_fields(self, clerk: Actor) -> None:
        application_id, _ = make_case(clerk)

        for code, answers, fault in (
            ("payment_instruction", {**ACCOUNT, "account_number": "abc"}, "account_number"),
            (
                "payment_instruction",
                {**ACCOUNT, "account_holder": "示例普惠小额贷款有限公司"},
                "account_holder",
            ),
            ("debit_authorization", {"valid_to": "2020-01-01"}, "valid_to"),
            ("debit_authorization", {"valid_to": "soon"}, "valid_to"),
            ("credit_report_authorization", {"purpose": ""}, "purpose"),
        ):
            found = offered(papers.desk(clerk, application_id=application_id, now=NOON), code)
            with pytest.raises(InvalidInput) as refused:
                papers.issue(
                    clerk,
                    application_id=application_id,
                    code=code,
                    answers={**found.answers, **answers},
                    now=NOON,
                )
            assert set(refused.value.fields) == {fault}

    def test_makes_note_notice_and_assignment_of_a_loan_paid_out(self, clerk: Actor) -> None:
        application_id, contract_id = make_case(clerk)
        with pytest.raises(Conflict, match="签署之后"):
            papers.issue(clerk, application_id=application_id, code="loan_note", now=NOON)
        loan_id = disburse(contract_id)
        with reading() as db:
            number = db.get(Loan, loan_id).number  # type: ignore[union-attr]

        note = papers.issue(clerk, application_id=application_id, code="loan_note", answers={}, now=NOON)
        notice = papers.issue(clerk, application_id=application_id, code="disbursement_notice", now=NOON)
        claim = papers.issue(
            clerk, application_id=application_id, code="assignment_notice", answers=ASSIGNEE, now=NOON
        )

        assert stored(note).number == f"JD-{number}" and number in text_of(clerk, note)
        assert stored(notice).status is ContractStatus.ISSUED and "2026年11月20日足额划入" in text_of(
            clerk, notice
        )
        assert "示例资产管理有限公司" in text_of(clerk, claim) and "100,000.00" in text_of(clerk, claim)
        contracts.void(clerk, contract_id=notice, reason="日期有误", now=NOON)
        again = papers.issue(clerk, application_id=application_id, code="disbursement_notice", now=NOON)
        assert stored(again).number == f"FK-{number}-R2"

    def test_makes_the_agreement_of_an_approved_extension(self, clerk: Actor) -> None:
        application_id, contract_id = make_case(clerk)
        loan_id = disburse(contract_id)
        assert (
            "没有审批通过的展期"
            in offered(
                papers.desk(clerk, application_id=application_id, now=NOON), "extension_agreement"
            ).reason
        )
        collector, manager = make_user(RoleCode.COLLECTIONS), make_user(RoleCode.MANAGER)
        later = NOON + timedelta(days=2)
        change = loans.Change(kind="extension", value_date=TODAY + timedelta(days=2), months=3, reason="货款延迟",
                              guarantor_consent=True, evidence="展期协议 ZQ-01")  # fmt: skip
        request_id = loans.request_change(collector, loan_id=loan_id, change=change, now=later).request_id
        loans.approve_change(manager, request_id=request_id, now=later)

        found = offered(papers.desk(clerk, application_id=application_id, now=later), "extension_agreement")
        paper_id = papers.issue(clerk, application_id=application_id, code="extension_agreement", subject=found.subject,
                                answers=found.answers, now=later)  # fmt: skip

        text, data = text_of(clerk, paper_id), papers.data_of(stored(paper_id))
        assert data.months == 3 and data.new_end_date > data.old_end_date
        assert sum(row.principal_fen for row in data.schedule) == data.outstanding_fen == 10_000_000
        assert "展期3个月" in text and "货款延迟" in text
        with reading() as db:
            request = db.get(LoanRequest, request_id)
            assert request is not None and request.number in found.made_for

    def test_needs_the_permission_and_the_scope(self, clerk: Actor) -> None:
        application_id, _ = make_case(clerk)

        with pytest.raises(NotFound):
            papers.issue(
                make_user(RoleCode.SALES), application_id=application_id, code="debit_authorization", now=NOON
            )
        with pytest.raises(NotPermitted):
            papers.issue(
                make_user(RoleCode.FINANCE),
                application_id=application_id,
                code="debit_authorization",
                now=NOON,
            )
        with pytest.raises(NotFound, match="没有这种文书"):
            papers.issue(clerk, application_id=application_id, code="loan_contract", now=NOON)


def test_every_kind_is_one_of_the_built_in_documents() -> None:
    from loanhub.documents.template import templates

    assert set(papers.paper_kinds()) <= set(templates())
    for kind in papers.paper_kinds().values():
        signed = kind.signers is not None
        assert signed == (kind.code not in ("assignment_notice", "disbursement_notice"))
    assert move(ContractStatus.ISSUED, ContractEvent.VOID) is ContractStatus.VOIDED
