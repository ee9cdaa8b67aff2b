"""收据: one payment received, split as it was applied. It is no invoice 发票."""

from datetime import date

from loanhub.documents.compose import Column, Composer, Signer
from loanhub.documents.data import Company, ReceiptData
from loanhub.documents.template import DocumentTemplate, Variable
from loanhub.documents.templates._samples import ISSUED_AT
from loanhub.documents.wording import money_pair, or_none, plain_or_slash, written_date
from loanhub.domain.errors import InvalidInput
from loanhub.domain.money import format_fen, format_plain, uppercase


class ReceiptDoesNotAddUp(InvalidInput):
    """The components of a receipt do not sum to its amount."""

    def __init__(self, components_fen: int, amount_fen: int) -> None:
        super().__init__(
            f"收据各科目合计 {format_fen(components_fen)}，与收款金额 {format_fen(amount_fen)} 不符，不能出具"
        )


def _build(document: Composer, data: ReceiptData, company: Company) -> None:
    amount = data.amount_fen or 0
    total = sum(fen for _, fen in data.components)
    if total != amount:
        raise ReceiptDoesNotAddUp(total, amount)
    document.title("收据")
    document.fields(
        [
            ("收据编号", data.receipt_number),
            ("入账日期", written_date(data.value_date)),
            ("付款人", data.payer),
            ("借款人", or_none(data.borrower)),
            ("合同编号", data.contract_number),
            ("借据号", or_none(data.loan_number)),
            ("收款方式", data.method),
            ("银行流水号", or_none(data.bank_reference)),
        ],
        pairs=True,
    )
    document.fields([("收款金额", money_pair(amount))])
    document.space(8)
    document.rows(
        (Column("科目", 1.2), Column("金额（元）", 1.2, "right"), Column("大写", 3.0)),
        [(label, format_plain(fen), uppercase(fen)) for label, fen in data.components],
        total=("合计", format_plain(amount), uppercase(amount)),
    )
    if data.outstanding_fen is not None:
        document.note(f"本次入账后剩余本金：人民币{plain_or_slash(data.outstanding_fen)}元。")
    document.note("本收据仅证明收到上述款项，不作为发票使用；涂改无效，作废收据编号不再使用。")
    document.signatures(
        [
            Signer(
                "收款单位",
                company.name,
                (("经办人", or_none(data.cashier)), ("复核人", or_none(data.reviewer))),
                seal=True,
                hand="经办人签字",
            )
        ]
    )


TEMPLATE = DocumentTemplate(
    code="receipt",
    label="收据",
    data_type=ReceiptData,
    variables=(
        Variable("receipt_number", "收据编号"),
        Variable("contract_number", "合同编号"),
        Variable("payer", "付款人"),
        Variable("value_date", "入账日期"),
        Variable("method", "收款方式"),
        Variable("amount_fen", "收款金额"),
        Variable("components", "入账科目"),
        Variable("company.name", "收款单位"),
    ),
    build=_build,
    number=lambda data: data.receipt_number,
    number_label="收据编号",
    one_page=True,
    sample=ReceiptData(
        receipt_number="DT-SJ-20260215-0001",
        contract_number="DT-JK-20260115-0001",
        loan_number="DT-JK-20260115-0001-01",
        issued_at=ISSUED_AT,
        payer="张三",
        borrower="张三",
        value_date=date(2026, 2, 15),
        method="银行转账",
        bank_reference="20260215000001",
        amount_fen=3_413_638,
        components=(("费用", 0), ("罚息", 0), ("复利", 0), ("利息", 120_000), ("本金", 3_293_638)),
        outstanding_fen=6_706_362,
        cashier="王明",
        reviewer="李四",
    ),
)
