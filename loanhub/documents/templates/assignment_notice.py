"""债权转让通知书: without it an assignment does not bind the debtor. Source: 民法典 545–548; 个人信息保护法 22, 23."""

from datetime import date

from loanhub.documents.data import BankAccount, Party
from loanhub.documents.design import body_of, template_of
from loanhub.documents.paper_data import AssignmentData
from loanhub.documents.template import Variable
from loanhub.documents.templates._blocks import (
    account,
    fields,
    heading,
    note,
    paragraph,
    signatures,
    space,
    title,
)
from loanhub.documents.templates._samples import ISSUED_AT, PERSON
from loanhub.domain.templates import SignerSpec

BODY = body_of(
    (
        title("债权转让通知书"),
        fields(("致债务人", "{borrower.name}"), ("证件号码后四位", "{borrower.id_number|tail}"), pairs=True),
        space(6),
        paragraph(
            "根据《中华人民共和国民法典》第五百四十五条、第五百四十六条的规定，现将债权转让事宜通知如下："
        ),
        heading("一、转让的债权"),
        paragraph(
            "{company.name}（转让人）与{assignee.name}（受让人）于{agreement_date}签订债权转让协议，将转让人对您享有的编号为"
            "{contract_number}的《借款合同》（借据号：{loan_number?}）项下的债权及从权利，依法转让给受让人。"
        ),
        fields(
            ("本金余额", "{principal_fen}"),
            ("利息及罚息", "{interest_fen}"),
            ("债权合计", "{total_fen}"),
            ("计算截止日", "{base_date}"),
        ),
        heading("二、请您办理"),
        paragraph("**自收到本通知之日起，请您向受让人履行上述债务，将应还款项划入下列账户：**"),
        account("account"),
        space(4),
        paragraph("债权转让不增加您的债务，原合同约定的利率、期限、还款方式和您享有的抗辩、抵销权不变。"),
        heading("三、受让人"),
        fields(
            ("名称", "{assignee.name}"),
            ("信用代码", "{assignee.id_number}"),
            ("联系电话", "{assignee.phone}"),
            ("住所", "{assignee.address}"),
            pairs=True,
        ),
        heading("四、核实与投诉"),
        paragraph(
            "您的个人信息仅为履行上述债权所必需提供给受让人。为防止诈骗，付款前请拨打{company.phone}向转让人核实；有异议或者投诉，可以"
            "拨打{company.contact_phone?}。"
        ),
        note("本通知自送达之日起对您发生效力；未经受让人同意，转让人不得撤销转让通知。"),
        signatures(
            [
                SignerSpec(
                    "转让人",
                    name="{company.name}",
                    hand="授权代表签字",
                    seal=True,
                    lines=(("日期", "{issue_date}"),),
                ),
                SignerSpec(
                    "受让人",
                    name="{assignee.name}",
                    hand="授权代表签字",
                    seal=True,
                    lines=(("日期", "{issue_date}"),),
                ),
            ]
        ),
    ),
    number_label="通知书编号",
    one_page=True,
)

TEMPLATE = template_of(
    BODY,
    code="assignment_notice",
    label="债权转让通知书",
    data_type=AssignmentData,
    variables=(
        Variable("notice_number", "通知书编号"),
        Variable("contract_number", "合同编号"),
        Variable("issue_date", "出具日期"),
        Variable("company.name", "转让人名称"),
        Variable("company.phone", "转让人电话"),
        Variable("borrower.name", "债务人姓名"),
        Variable("borrower.id_number", "债务人证件号码"),
        Variable("assignee.name", "受让人名称"),
        Variable("assignee.id_number", "受让人信用代码"),
        Variable("assignee.phone", "受让人电话"),
        Variable("assignee.address", "受让人住所"),
        Variable("agreement_date", "转让协议签署日"),
        Variable("base_date", "债权计算截止日"),
        Variable("principal_fen", "本金余额"),
        Variable("interest_fen", "利息及罚息"),
        Variable("total_fen", "债权合计"),
        Variable("account.holder", "收款账户户名"),
        Variable("account.bank", "收款账户开户行"),
        Variable("account.number", "收款账号"),
    ),
    number=lambda data: data.notice_number,
    sample=AssignmentData(
        notice_number="DT-ZR-20260601-0001",
        contract_number="DT-JK-20260115-0001",
        loan_number="DT-JK-20260115-0001-01",
        issued_at=ISSUED_AT,
        issue_date=date(2026, 6, 1),
        borrower=PERSON,
        assignee=Party(
            name="示例资产管理有限公司", kind="company", id_type="营业执照", id_number="91310199MA00000000",
            phone="021-60000000", address="上海市浦东新区示范路3号",
        ),
        agreement_date=date(2026, 5, 28),
        base_date=date(2026, 5, 31),
        principal_fen=6_706_362,
        interest_fen=321_450,
        total_fen=7_027_812,
        account=BankAccount(holder="示例资产管理有限公司", bank="示范银行上海分行", number="310000000000002"),
    ),
)  # fmt: skip
