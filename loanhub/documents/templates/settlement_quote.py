"""提前结清试算单: what to pay on which day to settle a loan early, where to pay it, and until when that holds."""

from datetime import date

from loanhub.documents.data import BankAccount, SettlementQuoteData
from loanhub.documents.design import body_of, template_of
from loanhub.documents.template import Variable
from loanhub.documents.templates._blocks import (
    account,
    column,
    fields,
    heading,
    note,
    repeat,
    signatures,
    title,
)
from loanhub.documents.templates._samples import ISSUED_AT
from loanhub.domain.errors import InvalidInput
from loanhub.domain.money import format_fen
from loanhub.domain.templates import SignerSpec


class QuoteDoesNotAddUp(InvalidInput):
    """The lines of a quote do not sum to its total."""

    def __init__(self, lines_fen: int, total_fen: int) -> None:
        super().__init__(
            f"试算单各项合计 {format_fen(lines_fen)}，与应付总额 {format_fen(total_fen)} 不符，不能出具"
        )


def check(data: SettlementQuoteData) -> None:
    """Refuse lines that do not sum to the total; what is credited beyond it leaves nothing to pay."""
    total, lines_fen = data.total_fen or 0, sum(fen for _, _, fen in data.lines)
    if max(0, lines_fen) != total:
        raise QuoteDoesNotAddUp(lines_fen, total)


BODY = body_of(
    (
        title("提前结清试算单"),
        fields(
            ("借款人", "{borrower}"),
            ("出具日期", "{issue_date}"),
            ("合同编号", "{contract_number}"),
            ("借据号", "{loan_number?}"),
            ("结清日", "{settle_on}"),
            ("有效期至", "{valid_to}"),
            pairs=True,
        ),
        fields(("结清应付", "{total_fen}")),
        repeat(
            "lines",
            column("项目", 1.4, "{item.label}", total="合计"),
            column("说明", 1.8, "{item.note?}"),
            column("金额（元）", 1.2, "{item.fen|plain}", "right", "{total_fen|plain}"),
        ),
        heading("有效期内各日结清金额"),
        repeat(
            "days",
            column("到账日", 1.2, "{item.day|iso}", "center"),
            column("结清金额（元）", 1.2, "{item.fen|plain}", "right"),
            column("大写", 3.0, "{item.fen|upper}"),
        ),
        heading("收款账户"),
        account("repayment_account"),
        note(
            "说明：1. 以款项到达我公司账户之日为准，按上表当日金额一次付清。2. 有效期内发生其他还款、冲正、减免或者利率调整的，"
            "本试算单作废，请重新试算。3. 付清并核对无误后，我公司出具结清证明。"
        ),
        signatures(
            [
                SignerSpec(
                    "出具单位",
                    name="{company.name}",
                    hand="经办人签字",
                    seal=True,
                    lines=(("经办人", "{handler?}"), ("联系电话", "{company.phone?}")),
                )
            ]
        ),
    ),
    number_label="试算单编号",
    one_page=True,
)

TEMPLATE = template_of(
    BODY,
    code="settlement_quote",
    label="提前结清试算单",
    data_type=SettlementQuoteData,
    variables=(
        Variable("quote_number", "试算单编号"),
        Variable("contract_number", "合同编号"),
        Variable("borrower", "借款人"),
        Variable("issue_date", "出具日期"),
        Variable("settle_on", "结清日"),
        Variable("valid_to", "有效期"),
        Variable("total_fen", "结清应付"),
        Variable("lines", "结清项目"),
        Variable("days", "各日结清金额"),
        Variable("repayment_account.number", "收款账号"),
        Variable("company.name", "出具单位"),
    ),
    check=check,
    number=lambda data: data.quote_number,
    sample=SettlementQuoteData(
        quote_number="JS202603010001",
        contract_number="DT-JK-20260115-0001",
        loan_number="DT-JK-20260115-0001-01",
        issued_at=ISSUED_AT,
        issue_date=date(2026, 3, 1),
        borrower="张三",
        settle_on=date(2026, 3, 1),
        valid_to=date(2026, 3, 3),
        lines=(
            ("剩余本金", "", 6_706_362),
            ("应还未还利息", "", 0),
            ("应计利息", "14 天 · 14.40%", 37_556),
            ("罚息", "", 0),
            ("费用", "", 0),
            ("提前还款违约金", "1.00%", 67_064),
            ("溢缴款抵扣", "", 0),
        ),
        total_fen=6_810_982,
        days=(
            (date(2026, 3, 1), 6_810_982),
            (date(2026, 3, 2), 6_813_664),
            (date(2026, 3, 3), 6_816_347),
        ),
        repayment_account=BankAccount(
            holder="示范小额贷款有限公司", bank="示范银行上海分行", number="310000000000000"
        ),
        handler="王明",
    ),
)
