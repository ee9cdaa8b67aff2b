"""放款通知书: that a loan has been paid out, what it costs, and when the first installment is due."""

from loanhub.documents.data import ContractData
from loanhub.documents.design import body_of, template_of
from loanhub.documents.template import Variable
from loanhub.documents.templates._blocks import (
    account,
    fields,
    filled,
    heading,
    note,
    paragraph,
    signatures,
    space,
    title,
)
from loanhub.documents.templates._samples import CONTRACT
from loanhub.domain.templates import SignerSpec

BODY = body_of(
    (
        title("放款通知书"),
        paragraph("{borrower.name}："),
        paragraph(
            "您与{company.name}签订的编号为{contract_number}的《借款合同》项下的借款，已于{terms.start_date}足额划入您指定的账户，自该日起计息。"
        ),
        fields(("放款金额", "{terms.principal_fen}"), ("借款期限", "{terms.start_date}至{terms.end_date}")),
        fields(
            ("借据号", "{loan_number}"), ("年利率（单利）", "{terms.annual_rate}"),
            ("还款方式", "{terms.method}"), ("期数", "{terms.periods}期"), ("首个应还日", "{first_due_date}"), pairs=True,
        ),
        fields(
            ("首期应还", "{first_payment_fen}"),
            ("综合融资成本", "年化{terms.simple_cost_rate}（单利口径）"),
            ("利息合计", "{interest_total_fen}"),
        ),
        heading("收款账户"),
        account("disbursement_account"),
        heading("还款账户"),
        account("repayment_account"),
        space(6),
        paragraph("请核对到账金额。到账金额与放款金额不一致的，请立即拨打{company.contact_phone?}联系我公司；我公司不预先扣除任何利息、费用。"),
        paragraph("请按还款计划表按期足额还款，按{terms.purpose}的约定用途使用资金，并保留用途凭证。", when=filled("terms.purpose")),
        note("本通知书不替代借款合同和还款计划表；内容不一致的，以借款合同和还款计划表为准。"),
        signatures(
            [
                SignerSpec(
                    "出具单位", name="{company.name}", hand="经办人签字", seal=True, lines=(("出具日期", "{signing_date}"),)
                )
            ]
        ),
    ),
    number_label="借据号",
    one_page=True,
)  # fmt: skip

TEMPLATE = template_of(
    BODY,
    code="disbursement_notice",
    label="放款通知书",
    data_type=ContractData,
    variables=(
        Variable("contract_number", "合同编号"),
        Variable("loan_number", "借据号"),
        Variable("signing_date", "出具日期"),
        Variable("company.name", "出借人名称"),
        Variable("borrower.name", "借款人姓名"),
        Variable("terms.principal_fen", "借款金额"),
        Variable("terms.annual_rate", "年利率"),
        Variable("terms.start_date", "放款日"),
        Variable("terms.end_date", "到期日"),
        Variable("terms.method", "还款方式"),
        Variable("schedule", "还款计划"),
        Variable("disbursement_account.number", "收款账号"),
        Variable("repayment_account.number", "还款账号"),
    ),
    number=lambda data: data.loan_number,
    sample=CONTRACT,
)
