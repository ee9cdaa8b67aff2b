"""结清证明: that a loan is fully repaid and nothing is owed."""

from datetime import date

from loanhub.documents.data import SettlementData
from loanhub.documents.design import body_of, template_of
from loanhub.documents.template import Variable
from loanhub.documents.templates._blocks import (
    column,
    none,
    paragraph,
    repeat,
    signatures,
    some,
    space,
    title,
)
from loanhub.documents.templates._samples import CONTRACT, ISSUED_AT, PERSON
from loanhub.domain.templates import SignerSpec

BODY = body_of(
    (
        title("结清证明"),
        space(8),
        paragraph(
            "兹证明：借款人{borrower.name}（{borrower.id_type}号码：{borrower.id_number}）与{company.name}签订编号为{contract_number}的"
            "《借款合同》（借据号：{loan_number?}），借款金额为{principal_fen}，借款期限自{start_date}起至{end_date}止。"
        ),
        paragraph(
            "截至{settlement_date}，借款人已经偿还上述合同项下的全部本金、利息及其他应付款项，双方就该合同不再存在任何债权债务关系。"
        ),
        paragraph("累计还款情况如下：", when=some("paid")),
        repeat(
            "paid",
            column("科目", 1.5, "{item.label}", total="合计"),
            column("累计已还金额（元）", 1.5, "{item.fen|plain}", "right", "{sum}"),
            when=some("paid"),
        ),
        paragraph(
            "上述合同项下的担保责任同时解除，我公司配合办理下列担保的解除或者注销登记手续：",
            when=some("guarantees"),
        ),
        repeat(
            "guarantees",
            column("担保方式", 0.8, "{item.kind}"),
            column("担保人", 1.2, "{item.guarantor}"),
            column("担保物", 1.6, "{item.subject?}"),
            column("权属证号", 1.8, "{item.certificate?}"),
            when=some("guarantees"),
        ),
        paragraph("上述借款为信用借款，无担保需要解除。", when=none("guarantees")),
        paragraph("特此证明。本证明如需核实，请致电{company.phone}。"),
        signatures(
            [
                SignerSpec(
                    "出具单位",
                    name="{company.name}",
                    hand="经办人签字",
                    seal=True,
                    lines=(("出具日期", "{issue_date}"),),
                )
            ]
        ),
    ),
    number_label="证明编号",
    one_page=True,
)

TEMPLATE = template_of(
    BODY,
    code="settlement_certificate",
    label="结清证明",
    data_type=SettlementData,
    variables=(
        Variable("certificate_number", "证明编号"),
        Variable("contract_number", "合同编号"),
        Variable("issue_date", "出具日期"),
        Variable("company.name", "出具单位"),
        Variable("company.phone", "出具单位电话"),
        Variable("borrower.name", "借款人姓名"),
        Variable("borrower.id_number", "借款人证件号码"),
        Variable("principal_fen", "借款金额"),
        Variable("start_date", "借款起始日"),
        Variable("end_date", "借款到期日"),
        Variable("settlement_date", "结清日期"),
    ),
    number=lambda data: data.certificate_number,
    sample=SettlementData(
        certificate_number="DT-JQ-20260415-0001",
        contract_number="DT-JK-20260115-0001",
        loan_number="DT-JK-20260115-0001-01",
        issued_at=ISSUED_AT,
        issue_date=date(2026, 4, 16),
        borrower=PERSON,
        principal_fen=10_000_000,
        start_date=date(2026, 1, 15),
        end_date=date(2026, 4, 15),
        settlement_date=date(2026, 4, 15),
        paid=(("本金", 10_000_000), ("利息", 240_954)),
        guarantees=CONTRACT.guarantees,
    ),
)
