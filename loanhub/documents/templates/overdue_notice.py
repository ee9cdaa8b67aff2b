"""逾期还款通知书（催收函）: what is overdue, by when to pay, where to ask; no threats.

Source: 民法典 577, 676; 催收工作指引（试行） 2026; 征信业管理条例 15.
"""

from datetime import date

from loanhub.documents.data import BankAccount
from loanhub.documents.design import body_of, template_of
from loanhub.documents.paper_data import OverdueData
from loanhub.documents.template import Variable
from loanhub.documents.templates._blocks import (
    account,
    column,
    equals,
    fields,
    heading,
    item,
    note,
    paragraph,
    repeat,
    signatures,
    space,
    title,
)
from loanhub.documents.templates._samples import ISSUED_AT, PERSON
from loanhub.domain.errors import InvalidInput
from loanhub.domain.money import format_fen
from loanhub.domain.templates import SignerSpec


class NoticeDoesNotAddUp(InvalidInput):
    """The overdue items do not sum to the total."""

    def __init__(self, items_fen: int, total_fen: int) -> None:
        super().__init__(
            f"逾期各项合计 {format_fen(items_fen)}，与应还合计 {format_fen(total_fen)} 不符，不能出具"
        )


def check(data: OverdueData) -> None:
    """Refuse items that do not sum to the total."""
    total, items = data.total_fen or 0, sum(fen for _, fen in data.components)
    if total != items:
        raise NoticeDoesNotAddUp(items, total)


BODY = body_of(
    (
        title("逾期还款通知书"),
        fields(
            ("致", "{borrower.name}"),
            ("证件号码后四位", "{borrower.id_number|tail}"),
            ("合同编号", "{contract_number}"),
            ("借据号", "{loan_number?}"),
            ("逾期起始日", "{overdue_since}"),
            ("逾期天数", "{days_overdue}天"),
            pairs=True,
        ),
        space(6),
        paragraph(
            "您与{company.name}签订的编号为{contract_number}的《借款合同》，借款金额{principal_fen}。截至{as_of}，下列款项已经到期"
            "而未偿还："
        ),
        repeat(
            "components",
            column("项目", 1.5, "{item.label}", total="合计"),
            column("金额（元）", 1.5, "{item.fen|plain}", "right", "{total_fen|plain}"),
        ),
        paragraph("以上合计{total_fen}。上述金额计算至{as_of}；此后至实际清偿之日的利息、罚息，按合同约定继续计算。"),
        paragraph(
            "**根据合同约定，我公司已书面通知您本笔借款提前到期，上列款项含全部剩余本金。**",
            when=equals("accelerated", True),
        ),
        heading("请您办理"),
        item("请于{pay_by}之前，将上述款项足额存入或划入下列账户，并注明合同编号："),
        account("repayment_account"),
        space(4),
        item("如有困难，请主动与我公司联系，协商还款安排；已经还款的，请与我公司核对，并对本通知不予理会。"),
        heading("法律后果"),
        paragraph(
            "未在上述期限内还款的，我公司将依照法律和合同的约定，继续计收罚息，依法采取诉讼、仲裁等方式主张债权；经事先告知后，可能"
            "依法向金融信用信息基础数据库报送相关信息。"
        ),
        heading("联系方式与投诉"),
        fields(
            ("经办人", "{handler?}"),
            ("工号", "{handler_number?}"),
            ("联系电话", "{company.phone}"),
            ("投诉电话", "{company.complaint_phone?}"),
            pairs=True,
        ),
        note(
            "我公司依法合规催收：不在每日22:00至次日8:00联系，不向与债务无关的人员催收，不使用威胁、侮辱性语言，不冒用公检法名义。"
            "如遇违规行为，请拨打投诉电话。"
        ),
        signatures(
            [
                SignerSpec(
                    "出具单位", name="{company.name}", hand="经办人签字", seal=True,
                    lines=(("出具日期", "{issue_date}"),),
                )
            ]
        ),
    ),
    number_label="通知书编号",
    one_page=True,
)  # fmt: skip

TEMPLATE = template_of(
    BODY,
    code="overdue_notice",
    label="逾期还款通知书（催收函）",
    data_type=OverdueData,
    variables=(
        Variable("notice_number", "通知书编号"),
        Variable("contract_number", "合同编号"),
        Variable("issue_date", "出具日期"),
        Variable("as_of", "计算截止日"),
        Variable("pay_by", "最迟还款日"),
        Variable("borrower.name", "借款人姓名"),
        Variable("borrower.id_number", "借款人证件号码"),
        Variable("principal_fen", "借款金额"),
        Variable("components", "逾期款项"),
        Variable("total_fen", "应还合计"),
        Variable("repayment_account.number", "还款账号"),
        Variable("company.name", "出具单位"),
        Variable("company.phone", "联系电话"),
    ),
    number=lambda data: data.notice_number,
    check=check,
    sample=OverdueData(
        notice_number="DT-CS-20260320-0001",
        contract_number="DT-JK-20260115-0001",
        loan_number="DT-JK-20260115-0001-01",
        issued_at=ISSUED_AT,
        issue_date=date(2026, 3, 20),
        as_of=date(2026, 3, 20),
        pay_by=date(2026, 3, 27),
        borrower=PERSON,
        principal_fen=10_000_000,
        overdue_since=date(2026, 3, 16),
        days_overdue=5,
        components=(("本金", 3_333_162), ("利息", 80_476), ("罚息", 9_999)),
        total_fen=3_423_637,
        repayment_account=BankAccount(
            holder="示范小额贷款有限公司", bank="示范银行上海分行", number="310000000000000"
        ),
        handler="王明",
        handler_number="1008",
    ),
)
