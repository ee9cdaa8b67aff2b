"""借据: the short acknowledgment of one drawdown under a contract."""

from loanhub.documents.compose import Composer
from loanhub.documents.data import Company, ContractData
from loanhub.documents.template import DocumentTemplate, Variable
from loanhub.documents.templates import _parts as parts
from loanhub.documents.templates._samples import CONTRACT
from loanhub.documents.wording import money_pair, percent, written_date


def _build(document: Composer, data: ContractData, company: Company) -> None:
    terms = data.terms
    document.use(
        {
            **parts.term_values(terms),
            "borrower": data.borrower.name,
            "lender": company.name,
            "contract": data.contract_number,
        }
    )
    document.title("借据")
    document.fields([("借款人", data.borrower.name), ("证件号码", data.borrower.id_number)], pairs=True)
    document.fields([("出借人", company.name), ("借款金额", money_pair(terms.principal_fen))])
    document.fields(
        [
            ("年利率", percent(terms.annual_rate)),
            ("还款方式", terms.method),
            ("借款日", written_date(terms.start_date)),
            ("到期日", written_date(terms.end_date)),
        ],
        pairs=True,
    )
    document.fields(
        [
            ("借款用途", terms.purpose),
            ("收款账户", f"{data.disbursement_account.holder}，{data.disbursement_account.bank}，"
                         f"{data.disbursement_account.number}"),
            ("合同编号", data.contract_number),
        ]
    )  # fmt: skip
    document.space(8)
    document.paragraph(
        "今向{lender}借到{principal}，年利率{annual_rate}，借款人保证按编号为{contract}的《借款合同》及还款计划表的约定，"
        "于{end}之前按期足额还本付息。"
    )
    document.paragraph("本借据是上述《借款合同》的组成部分；本借据未约定的，以《借款合同》为准。")
    document.signatures(
        [parts.party_signer(data.borrower, "借款人")]
        + [parts.party_signer(party, "共同借款人") for party in data.co_borrowers],
        parts.signing_facts(data),
    )


TEMPLATE = DocumentTemplate(
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
    build=_build,
    number=lambda data: data.loan_number,
    sample=CONTRACT,
    one_page=True,
    number_label="借据号",
)
