"""展期协议: the end of a loan is moved. Source: 民法典 678, 695 (guarantors), 543."""

from datetime import date
from decimal import Decimal

from loanhub.documents.design import body_of, template_of
from loanhub.documents.paper_data import ExtensionData
from loanhub.documents.template import Variable
from loanhub.documents.templates._blocks import (
    annex,
    article,
    clause,
    fields,
    none,
    notice,
    paragraph,
    party,
    schedule,
    signatures,
    signer,
    some,
    space,
    title,
)
from loanhub.documents.templates._samples import ISSUED_AT, PERSON, SCHEDULE

BODY = body_of(
    (
        title("借款展期协议"),
        party("company", "甲方（出借人）"),
        party("borrower", "乙方（借款人）"),
        party("guarantors", "担保人"),
        space(8),
        paragraph(
            "甲乙双方签订了编号为{contract_number}的《借款合同》（以下称原合同，借据号：{loan_number?}）。乙方因{reason}申请展期，双方协商"
            "一致，订立本协议。"
        ),
        article("展期的金额与期限"),
        clause("截至本协议签订之日，原合同项下尚未偿还的借款本金为{outstanding_fen}，双方对该金额没有异议。", "amount"),
        clause("上述本金展期{months}个月，到期日由{old_end_date}变更为{new_end_date}。"),
        article("展期期间的利率与还款", "rate"),
        fields(("原年利率", "{old_rate}"), ("展期后年利率", "{new_rate}"), pairs=True),
        space(4),
        clause("**展期期间，借款年利率（单利）为{new_rate}；综合融资成本不得超过监管规定的上限，超过部分乙方有权拒绝支付。**"),
        clause("展期后的还款日期和金额以附件《还款计划表》为准，原还款计划表中尚未到期的部分停止执行。"),
        clause("甲方不因展期向乙方收取任何名目的手续费、服务费。"),
        clause("展期前已经到期未付的利息、罚息，乙方应当在本协议签订之前付清；未付清的，本协议不生效。"),
        article("担保"),
        clause(
            "**担保人同意展期，并对展期后的全部债务继续承担担保责任；保证期间自展期后的到期日起重新计算。**", when=some("guarantors")
        ),
        clause("原合同项下没有担保人。", when=none("guarantors")),
        clause("办理了抵押登记的，双方应当在本协议签订后十个工作日内办理变更登记。"),
        article("其他约定"),
        clause("本协议是原合同的组成部分；本协议未约定的，仍按原合同执行；两者不一致的，以本协议为准。"),
        clause("乙方未按{ref:rate}约定还款的，自应还日次日起按原合同约定计收罚息。"),
        clause("**因本协议引起的争议，双方应先行协商；协商不成的，任何一方均有权向{dispute_body}提起诉讼。**"),
        clause("本协议自各方签字、盖章或者完成电子签名之日起生效，一式{copies}份，具有同等法律效力。"),
        notice("乙方声明：本人已阅读并理解本协议全部条款，特别是加粗条款，知悉展期后的利率、期限和各期应还金额。"),
        signatures(
            [signer("甲方（出借人）", "company"), signer("乙方（借款人）", "borrower"), signer("担保人", "guarantors")],
            ("签署日期", "{signing_date}"), ("签署地点", "{signing_place?}"),
        ),
        annex("附件　还款计划表"),
        schedule(),
    ),
    number_label="协议编号",
    seam_marks=True,
)  # fmt: skip

TEMPLATE = template_of(
    BODY,
    code="extension_agreement",
    label="展期协议",
    data_type=ExtensionData,
    variables=(
        Variable("agreement_number", "协议编号"),
        Variable("contract_number", "合同编号"),
        Variable("signing_date", "签署日期"),
        Variable("company.name", "出借人名称"),
        Variable("borrower.name", "借款人姓名"),
        Variable("borrower.id_number", "借款人证件号码"),
        Variable("outstanding_fen", "展期本金"),
        Variable("old_end_date", "原到期日"),
        Variable("new_end_date", "新到期日"),
        Variable("months", "展期月数"),
        Variable("old_rate", "原年利率"),
        Variable("new_rate", "展期后年利率"),
        Variable("reason", "展期原因"),
        Variable("schedule", "展期后还款计划"),
        Variable("dispute_body", "争议解决机构"),
    ),
    number=lambda data: data.agreement_number,
    sample=ExtensionData(
        agreement_number="DT-ZQ-20260410-0001",
        contract_number="DT-JK-20251015-0001",
        loan_number="DT-JK-20251015-0001-01",
        issued_at=ISSUED_AT,
        signing_date=date(2026, 1, 15),
        signing_place="上海市",
        borrower=PERSON,
        outstanding_fen=10_000_000,
        old_end_date=date(2026, 1, 15),
        new_end_date=date(2026, 4, 15),
        months=3,
        old_rate=Decimal("0.144"),
        new_rate=Decimal("0.144"),
        reason="应收货款延迟到账",
        schedule=SCHEDULE,
        dispute_body="甲方住所地有管辖权的人民法院",
    ),
)
