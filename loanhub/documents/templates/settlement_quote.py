"""提前结清试算单: what to pay on which day to settle a loan early, where to pay it, and until when that holds."""

from datetime import date

from loanhub.documents.compose import Column, Composer, Signer
from loanhub.documents.data import BankAccount, Company, SettlementQuoteData
from loanhub.documents.template import DocumentTemplate, Variable
from loanhub.documents.templates import _parts as parts
from loanhub.documents.templates._samples import ISSUED_AT
from loanhub.documents.wording import money_pair, or_none, written_date
from loanhub.domain.errors import InvalidInput
from loanhub.domain.money import format_fen, format_plain, uppercase


class QuoteDoesNotAddUp(InvalidInput):
    """The lines of a quote do not sum to its total."""

    def __init__(self, lines_fen: int, total_fen: int) -> None:
        super().__init__(
            f"试算单各项合计 {format_fen(lines_fen)}，与应付总额 {format_fen(total_fen)} 不符，不能出具"
        )


def _build(document: Composer, data: SettlementQuoteData, company: Company) -> None:
    total = data.total_fen or 0
    lines_fen = sum(fen for _, _, fen in data.lines)
    if max(0, lines_fen) != total:
        raise QuoteDoesNotAddUp(lines_fen, total)
    document.title("提前结清试算单")
    document.fields(
        [
            ("借款人", data.borrower),
            ("出具日期", written_date(data.issue_date)),
            ("合同编号", data.contract_number),
            ("借据号", or_none(data.loan_number)),
            ("结清日", written_date(data.settle_on)),
            ("有效期至", written_date(data.valid_to)),
        ],
        pairs=True,
    )
    document.fields([("结清应付", money_pair(total))])
    document.rows(
        (Column("项目", 1.4), Column("说明", 1.8), Column("金额（元）", 1.2, "right")),
        [(label, or_none(note), format_plain(fen)) for label, note, fen in data.lines],
        total=("合计", "", format_plain(total)),
    )
    document.heading("有效期内各日结清金额")
    document.rows(
        (Column("到账日", 1.2, "center"), Column("结清金额（元）", 1.2, "right"), Column("大写", 3.0)),
        [(f"{day:%Y-%m-%d}", format_plain(fen), uppercase(fen)) for day, fen in data.days],
    )
    document.heading("收款账户")
    parts.write_account(document, data.repayment_account)
    document.note(
        "说明：1. 以款项到达我公司账户之日为准，按上表当日金额一次付清。2. 有效期内发生其他还款、冲正、减免或者利率调整的，"
        "本试算单作废，请重新试算。3. 付清并核对无误后，我公司出具结清证明。"
    )
    document.signatures(
        [
            Signer(
                "出具单位",
                company.name,
                (("经办人", or_none(data.handler)), ("联系电话", or_none(company.phone))),
                seal=True,
                hand="经办人签字",
            )
        ]
    )


TEMPLATE = DocumentTemplate(
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
    build=_build,
    number=lambda data: data.quote_number,
    number_label="试算单编号",
    one_page=True,
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
