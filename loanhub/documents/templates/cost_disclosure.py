"""综合融资成本明示表: every cost and its yearly level, confirmed before the contract.

Source: 金规〔2026〕2号.
"""

from decimal import ROUND_HALF_UP, Decimal

from loanhub.documents.data import ContractData
from loanhub.documents.design import body_of, template_of
from loanhub.documents.template import Variable
from loanhub.documents.templates._blocks import (
    costs,
    fields,
    heading,
    note,
    notice,
    paragraph,
    signatures,
    signer,
    title,
)
from loanhub.documents.templates._samples import CONTRACT
from loanhub.documents.wording import percent
from loanhub.domain.errors import InvalidInput


class CostsDoNotAddUp(InvalidInput):
    """The yearly levels of the items differ from the total they must explain."""

    def __init__(self, items: Decimal, total: Decimal) -> None:
        super().__init__(
            f"各项息费年化水平合计 {percent(items)}，与综合融资成本 {percent(total)} 不符，请重新测算"
        )


def _shown(rate: Decimal) -> Decimal:
    return rate.quantize(Decimal("0.0001"), ROUND_HALF_UP)


def check(data: ContractData) -> None:
    """Refuse items whose yearly levels do not sum to the whole."""
    total = data.terms.simple_cost_rate or Decimal(0)
    explained = sum((item.annual_rate or Decimal(0) for item in data.costs), Decimal(0))
    if abs(_shown(explained) - _shown(total)) > Decimal("0.0001") * max(len(data.costs) - 1, 0):
        raise CostsDoNotAddUp(explained, total)


BODY = body_of(
    (
        title("综合融资成本明示表", "个人贷款业务"),
        fields(("贷款人", "{company.name}")),
        fields(
            ("借款人", "{borrower.name}"),
            ("证件号码", "{borrower.id_number}"),
            ("合同编号", "{contract_number}"),
            ("测算版本", "{quote_version?}"),
            pairs=True,
        ),
        heading("一、贷款基本信息"),
        fields(("贷款本金", "{terms.principal_fen}")),
        fields(
            ("贷款期限", "{terms.periods}期，{terms.start_date}至{terms.end_date}"),
            ("还款方式", "{terms.method}"),
        ),
        heading("二、正常履约情形下的息费"),
        costs("costs"),
        fields(
            ("综合融资成本", "正常履约年化综合融资成本 {terms.simple_cost_rate}（单利口径）"),
            ("复利口径", "{terms.compound_cost_rate}（内部收益率按年复利折算）"),
        ),
        note(
            "计算方法：以借款人实际收到的本金和各期全部支出计算内部收益率，单利口径为月内部收益率乘以十二；各项目的年化水平为计入"
            "与不计入该项目之差，合计等于综合融资成本（因四舍五入可能有0.01%的尾差）。"
        ),
        heading("三、违约或者其他或有情形下的息费"),
        costs("contingent_costs", rates=False),
        heading("四、声明与确认"),
        paragraph("除上述已明示的成本外，不再收取与本笔贷款相关的其他息费。", bold=True),
        paragraph(
            "本表载明的金额、期限、利率或者费用发生变化的，本表自动失效，贷款人应当重新出具并由借款人重新确认。对息费有疑问的，"
            "可以拨打{company.complaint_phone?}咨询或者投诉。"
        ),
        notice("借款人确认：本人已在签订借款合同之前阅读并理解本表全部内容，知悉本笔贷款的综合融资成本。"),
        signatures(
            [signer("贷款人", "company"), signer("借款人", "borrower")], ("确认日期", "{signing_date}")
        ),
    ),
    one_page=True,
)

TEMPLATE = template_of(
    BODY,
    code="cost_disclosure",
    label="综合融资成本明示表",
    data_type=ContractData,
    variables=(
        Variable("contract_number", "合同编号"),
        Variable("signing_date", "确认日期"),
        Variable("company.name", "贷款人名称"),
        Variable("company.legal_representative", "贷款人法定代表人"),
        Variable("borrower.name", "借款人姓名"),
        Variable("borrower.id_number", "借款人证件号码"),
        Variable("borrower.phone", "借款人电话"),
        Variable("terms.principal_fen", "贷款本金"),
        Variable("terms.periods", "期数"),
        Variable("terms.start_date", "起始日"),
        Variable("terms.end_date", "到期日"),
        Variable("terms.method", "还款方式"),
        Variable("terms.simple_cost_rate", "综合融资成本（单利）"),
        Variable("terms.compound_cost_rate", "综合融资成本（复利）"),
        Variable("costs", "息费项目"),
    ),
    check=check,
    number=lambda data: data.contract_number,
    sample=CONTRACT,
)
