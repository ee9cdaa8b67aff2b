"""报价单: what a loan would cost, with the whole yearly cost and a trial schedule."""

from datetime import date

from loanhub.documents.data import QuotationData
from loanhub.documents.design import body_of, template_of
from loanhub.documents.template import Variable
from loanhub.documents.templates._blocks import (
    costs,
    fields,
    heading,
    note,
    schedule,
    space,
    title,
)
from loanhub.documents.templates._samples import COSTS, ISSUED_AT, SCHEDULE, TERMS

BODY = body_of(
    (
        title("融资方案报价单"),
        fields(
            ("客户", "{customer}"),
            ("产品", "{product}"),
            ("资金方", "{institution?}"),
            ("还款方式", "{terms.method}"),
            ("年利率（单利）", "{terms.annual_rate}"),
            ("期数", "{terms.periods}期"),
            ("报价日期", "{issue_date}"),
            ("有效期至", "{valid_to}"),
            pairs=True,
        ),
        fields(
            ("借款金额", "{terms.principal_fen}"),
            ("首期应还", "{first_payment_fen|symbol}（{first_due_date}）"),
            (
                "综合融资成本",
                "年化 {terms.simple_cost_rate}（单利口径），{terms.compound_cost_rate}（复利口径）",
            ),
        ),
        heading("息费明细"),
        costs("costs"),
        heading("试算还款计划"),
        schedule(),
        note(
            "说明：1. 本报价单为试算，不构成贷款承诺；最终金额、利率、期限和费用以资金方审批和双方签订的"
            "合同为准。2. 贷款发放前不收取任何费用。3. 请根据自身还款能力理性借款。"
        ),
        space(6),
        fields(
            ("顾问", "{adviser?}"),
            ("顾问电话", "{adviser_phone?}"),
            ("公司电话", "{company.phone?}"),
            ("投诉电话", "{company.complaint_phone?}"),
            pairs=True,
        ),
    ),
    number_label="报价单编号",
)

TEMPLATE = template_of(
    BODY,
    code="quotation",
    label="报价单",
    data_type=QuotationData,
    variables=(
        Variable("quotation_number", "报价单编号"),
        Variable("issue_date", "报价日期"),
        Variable("valid_to", "有效期"),
        Variable("customer", "客户"),
        Variable("product", "产品"),
        Variable("terms.principal_fen", "借款金额"),
        Variable("terms.annual_rate", "年利率"),
        Variable("terms.periods", "期数"),
        Variable("terms.method", "还款方式"),
        Variable("terms.simple_cost_rate", "综合融资成本（单利）"),
        Variable("terms.compound_cost_rate", "综合融资成本（复利）"),
        Variable("schedule", "还款计划"),
        Variable("costs", "息费项目"),
        Variable("company.name", "公司名称"),
    ),
    number=lambda data: data.quotation_number,
    sample=QuotationData(
        quotation_number="DT-BJ-20260110-0001",
        issued_at=ISSUED_AT,
        issue_date=date(2026, 1, 10),
        valid_to=date(2026, 1, 24),
        customer="张三",
        adviser="李四",
        adviser_phone="13800000000",
        product="经营周转贷",
        terms=TERMS,
        schedule=SCHEDULE,
        costs=COSTS,
    ),
)
