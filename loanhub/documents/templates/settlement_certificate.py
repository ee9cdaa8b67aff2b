"""结清证明: that a loan is fully repaid and nothing is owed."""

from datetime import date

from loanhub.documents.compose import Column, Composer, Signer
from loanhub.documents.data import Company, SettlementData
from loanhub.documents.template import DocumentTemplate, Variable
from loanhub.documents.templates._samples import CONTRACT, ISSUED_AT, PERSON
from loanhub.documents.wording import money_pair, or_none, written_date
from loanhub.domain.money import format_plain


def _build(document: Composer, data: SettlementData, company: Company) -> None:
    document.use(
        {
            "borrower": data.borrower.name,
            "id_type": data.borrower.id_type,
            "id_number": data.borrower.id_number,
            "contract": data.contract_number,
            "loan": or_none(data.loan_number),
            "lender": company.name,
            "principal": money_pair(data.principal_fen),
            "start": written_date(data.start_date),
            "end": written_date(data.end_date),
            "settled": written_date(data.settlement_date),
            "phone": company.phone,
        }
    )
    document.title("结清证明")
    document.space(8)
    document.paragraph(
        "兹证明：借款人{borrower}（{id_type}号码：{id_number}）与{lender}签订编号为{contract}的《借款合同》"
        "（借据号：{loan}），借款金额为{principal}，借款期限自{start}起至{end}止。"
    )
    document.paragraph(
        "截至{settled}，借款人已经偿还上述合同项下的全部本金、利息及其他应付款项，双方就该合同不再存在任何债权债务关系。"
    )
    if data.paid:
        document.paragraph("累计还款情况如下：")
        document.rows(
            (Column("科目", 1.5), Column("累计已还金额（元）", 1.5, "right")),
            [(label, format_plain(fen)) for label, fen in data.paid],
            total=("合计", format_plain(sum(fen for _, fen in data.paid))),
        )
    if data.guarantees:
        document.paragraph("上述合同项下的担保责任同时解除，我公司配合办理下列担保的解除或者注销登记手续：")
        document.rows(
            (Column("担保方式", 0.8), Column("担保人", 1.2), Column("担保物", 1.6), Column("权属证号", 1.8)),
            [(g.kind, g.guarantor, or_none(g.subject), or_none(g.certificate)) for g in data.guarantees],
        )
    else:
        document.paragraph("上述借款为信用借款，无担保需要解除。")
    document.paragraph("特此证明。本证明如需核实，请致电{phone}。")
    document.signatures(
        [
            Signer(
                "出具单位",
                company.name,
                (("出具日期", written_date(data.issue_date)),),
                seal=True,
                hand="经办人签字",
            )
        ]
    )


TEMPLATE = DocumentTemplate(
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
    build=_build,
    number=lambda data: data.certificate_number,
    number_label="证明编号",
    one_page=True,
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
