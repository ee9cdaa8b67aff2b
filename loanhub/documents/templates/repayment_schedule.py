"""还款计划表: the installments of one loan, on its own sheet."""

from loanhub.documents.data import ContractData
from loanhub.documents.design import body_of, template_of
from loanhub.documents.template import Variable
from loanhub.documents.templates._blocks import (
    equals,
    fields,
    note,
    paragraph,
    schedule,
    space,
    title,
)
from loanhub.documents.templates._samples import CONTRACT

BODY = body_of(
    (
        title("还款计划表"),
        fields(
            ("借款人", "{borrower.name}"),
            ("借据号", "{loan_number?}"),
            ("年利率", "{terms.annual_rate}"),
            ("还款方式", "{terms.method}"),
            ("起始日", "{terms.start_date}"),
            ("到期日", "{terms.end_date}"),
            pairs=True,
        ),
        fields(("借款金额", "{terms.principal_fen}")),
        space(6),
        schedule(),
        paragraph(
            "本表为居间服务中的参考测算，仅用于还款提醒；实际应还金额和日期以资金方出具的还款计划为准。",
            bold=True,
            when=equals("reference_only", True),
        ),
        note(
            "说明：1. 请于应还日或之前足额还款。2. 利率调整、提前还款、展期的，以重新出具的还款计划表为准。"
            "3. 末期金额含四舍五入的尾差。4. 有逾期的，实际应还金额另计罚息，以还款当日系统计算为准。"
        ),
    ),
)

TEMPLATE = template_of(
    BODY,
    code="repayment_schedule",
    label="还款计划表",
    data_type=ContractData,
    variables=(
        Variable("contract_number", "合同编号"),
        Variable("company.name", "出具单位"),
        Variable("borrower.name", "借款人姓名"),
        Variable("terms.principal_fen", "借款金额"),
        Variable("terms.annual_rate", "年利率"),
        Variable("terms.method", "还款方式"),
        Variable("terms.start_date", "起始日"),
        Variable("terms.end_date", "到期日"),
        Variable("schedule", "还款计划"),
    ),
    number=lambda data: data.contract_number,
    sample=CONTRACT,
)
