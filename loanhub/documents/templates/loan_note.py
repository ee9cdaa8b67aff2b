"""借据: the short acknowledgment of one drawdown under a contract."""

from loanhub.documents.data import ContractData
from loanhub.documents.design import body_of, template_of
from loanhub.documents.template import Variable
from loanhub.documents.templates._blocks import (
    fields,
    paragraph,
    signatures,
    signer,
    space,
    title,
)
from loanhub.documents.templates._samples import CONTRACT

BODY = body_of(
    (
        title("借据"),
        fields(("借款人", "{borrower.name}"), ("证件号码", "{borrower.id_number}"), pairs=True),
        fields(("出借人", "{company.name}"), ("借款金额", "{terms.principal_fen}")),
        fields(
            ("年利率", "{terms.annual_rate}"),
            ("还款方式", "{terms.method}"),
            ("借款日", "{terms.start_date}"),
            ("到期日", "{terms.end_date}"),
            pairs=True,
        ),
        fields(
            ("借款用途", "{terms.purpose}"),
            (
                "收款账户",
                "{disbursement_account.holder}，{disbursement_account.bank}，{disbursement_account.number}",
            ),
            ("合同编号", "{contract_number}"),
        ),
        space(8),
        paragraph(
            "今向{company.name}借到{terms.principal_fen}，年利率{terms.annual_rate}，借款人保证按编号为{contract_number}的《借款合同》"
            "及还款计划表的约定，于{terms.end_date}之前按期足额还本付息。"
        ),
        paragraph("本借据是上述《借款合同》的组成部分；本借据未约定的，以《借款合同》为准。"),
        signatures(
            [signer("借款人", "borrower"), signer("共同借款人", "co_borrowers")],
            ("签署日期", "{signing_date}"),
            ("签署地点", "{signing_place?}"),
        ),
    ),
    number_label="借据号",
    one_page=True,
)

TEMPLATE = template_of(
    BODY,
    code="loan_note",
    label="借据",
    data_type=ContractData,
    variables=(
        Variable("loan_number", "借据号"),
        Variable("contract_number", "合同编号"),
        Variable("signing_date", "签署日期"),
        Variable("company.name", "出借人名称"),
        Variable("borrower.name", "借款人姓名"),
        Variable("borrower.id_number", "借款人证件号码"),
        Variable("borrower.phone", "借款人电话"),
        Variable("terms.principal_fen", "借款金额"),
        Variable("terms.annual_rate", "年利率"),
        Variable("terms.method", "还款方式"),
        Variable("terms.start_date", "借款日"),
        Variable("terms.end_date", "到期日"),
        Variable("terms.purpose", "借款用途"),
        Variable("disbursement_account.holder", "收款账户户名"),
        Variable("disbursement_account.bank", "收款账户开户行"),
        Variable("disbursement_account.number", "收款账号"),
    ),
    number=lambda data: data.loan_number,
    sample=CONTRACT,
)
