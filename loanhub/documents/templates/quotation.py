"""报价单: what a loan would cost, with the whole yearly cost and a trial schedule."""

from datetime import date

from loanhub.documents.compose import Composer
from loanhub.documents.data import Company, QuotationData
from loanhub.documents.template import DocumentTemplate, Variable
from loanhub.documents.templates import _parts as parts
from loanhub.documents.templates._samples import COSTS, ISSUED_AT, SCHEDULE, TERMS
from loanhub.documents.wording import money_pair, or_none, percent, written_date
from loanhub.domain.money import format_fen


def _build(document: Composer, data: QuotationData, company: Company) -> None:
    terms = data.terms
    document.title("融资方案报价单")
    document.fields(
        [
            ("客户", data.customer),
            ("产品", data.product),
            ("资金方", or_none(data.institution)),
            ("还款方式", terms.method),
            ("年利率（单利）", percent(terms.annual_rate)),
            ("期数", f"{terms.periods}期"),
            ("报价日期", written_date(data.issue_date)),
            ("有效期至", written_date(data.valid_to)),
        ],
        pairs=True,
    )
    first = data.schedule[0]
    document.fields(
        [
            ("借款金额", money_pair(terms.principal_fen)),
            ("首期应还", f"{format_fen(first.payment_fen)}（{written_date(first.due_date)}）"),
            ("综合融资成本", f"年化 {percent(terms.simple_cost_rate)}（单利口径），"
                             f"{percent(terms.compound_cost_rate)}（复利口径）"),
        ]
    )  # fmt: skip
    document.heading("息费明细")
    parts.write_costs(document, data.costs)
    document.heading("试算还款计划")
    parts.write_schedule(document, data.schedule, "单位：人民币元")
    document.note(
        "说明：1. 本报价单为试算，不构成贷款承诺；最终金额、利率、期限和费用以资金方审批和双方签订的"
        "合同为准。2. 贷款发放前不收取任何费用。3. 请根据自身还款能力理性借款。"
    )
    document.space(6)
    document.fields(
        [
            ("顾问", or_none(data.adviser)),
            ("顾问电话", or_none(data.adviser_phone)),
            ("公司电话", or_none(company.phone)),
            ("投诉电话", or_none(company.complaint_phone)),
        ],
        pairs=True,
    )


TEMPLATE = DocumentTemplate(
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
    build=_build,
    number=lambda data: data.quotation_number,
    number_label="报价单编号",
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
