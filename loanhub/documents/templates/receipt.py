"""收据: one payment received, split as it was applied. It is no invoice 发票."""

from datetime import date

from loanhub.documents.data import ReceiptData
from loanhub.documents.design import body_of, template_of
from loanhub.documents.template import Variable
from loanhub.documents.templates._blocks import (
    column,
    fields,
    filled,
    note,
    repeat,
    signatures,
    space,
    title,
)
from loanhub.documents.templates._samples import ISSUED_AT
from loanhub.domain.errors import InvalidInput
from loanhub.domain.money import format_fen
from loanhub.domain.templates import SignerSpec


class ReceiptDoesNotAddUp(InvalidInput):
    """The components of a receipt do not sum to its amount."""

    def __init__(self, components_fen: int, amount_fen: int) -> None:
        super().__init__(
            f"收据各科目合计 {format_fen(components_fen)}，与收款金额 {format_fen(amount_fen)} 不符，不能出具"
        )


def check(data: ReceiptData) -> None:
    """Refuse components that do not sum to the amount."""
    total, amount = sum(fen for _, fen in data.components), data.amount_fen or 0
    if total != amount:
        raise ReceiptDoesNotAddUp(total, amount)


BODY = body_of(
    (
        title("收据"),
        fields(
            ("收据编号", "{receipt_number}"),
            ("入账日期", "{value_date}"),
            ("付款人", "{payer}"),
            ("借款人", "{borrower?}"),
            ("合同编号", "{contract_number}"),
            ("借据号", "{loan_number?}"),
            ("收款方式", "{method}"),
            ("银行流水号", "{bank_reference?}"),
            pairs=True,
        ),
        fields(("收款金额", "{amount_fen}")),
        space(8),
        repeat(
            "components",
            column("科目", 1.2, "{item.label}", total="合计"),
            column("金额（元）", 1.2, "{item.fen|plain}", "right", "{sum}"),
            column("大写", 3.0, "{item.fen|upper}", total="{amount_fen|upper}"),
        ),
        note("本次入账后剩余本金：人民币{=outstanding_fen|plain}元。", when=filled("outstanding_fen")),
        note("本收据仅证明收到上述款项，不作为发票使用；涂改无效，作废收据编号不再使用。"),
        signatures(
            [
                SignerSpec(
                    "收款单位",
                    name="{company.name}",
                    hand="经办人签字",
                    seal=True,
                    lines=(("经办人", "{cashier?}"), ("复核人", "{reviewer?}")),
                )
            ]
        ),
    ),
    number_label="收据编号",
    one_page=True,
)

TEMPLATE = template_of(
    BODY,
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
    check=check,
    number=lambda data: data.receipt_number,
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
