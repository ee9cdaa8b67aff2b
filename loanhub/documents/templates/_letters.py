"""What the four authorization letters 授权书 share: heading fields, signer, sample, required values."""

from datetime import date

from loanhub.documents.data import AuthorizationData, BankAccount
from loanhub.documents.template import Variable
from loanhub.documents.templates._blocks import fields, heading, notice, signatures, signer, space, title
from loanhub.documents.templates._samples import ISSUED_AT, PERSON
from loanhub.domain.templates import Block

SAMPLE = AuthorizationData(
    contract_number="DT-SQ-20260115-0001",
    issued_at=ISSUED_AT,
    signing_date=date(2026, 1, 15),
    person=PERSON,
    purpose="审核本人的贷款申请",
    valid_from=date(2026, 1, 15),
    valid_to=date(2026, 7, 14),
    recipients=("示范银行上海分行",),
    categories=("身份信息", "联系方式", "工作单位及收入", "资产及负债", "银行账户及交易流水", "信用报告"),
    account=BankAccount(holder="张三", bank="示范银行上海分行", number="6222000000000000000"),
)

VARIABLES = (
    Variable("contract_number", "授权书编号"),
    Variable("signing_date", "签署日期"),
    Variable("person.name", "授权人姓名"),
    Variable("person.id_number", "授权人证件号码"),
    Variable("person.phone", "授权人电话"),
    Variable("company.name", "被授权人名称"),
    Variable("company.credit_code", "被授权人统一社会信用代码"),
    Variable("company.address", "被授权人住所"),
    Variable("company.phone", "被授权人电话"),
    Variable("purpose", "授权目的"),
    Variable("valid_from", "授权期限起"),
    Variable("valid_to", "授权期限止"),
)


def begin(title_text: str) -> tuple[Block, ...]:
    """Return the title and both sides."""
    return (
        title(title_text),
        heading("授权人"),
        fields(
            ("姓名", "{person.name}"),
            ("联系电话", "{person.phone}"),
            ("证件类型", "{person.id_type}"),
            ("证件号码", "{person.id_number}"),
            pairs=True,
        ),
        heading("被授权人"),
        fields(("名称", "{company.name}")),
        fields(("信用代码", "{company.credit_code}"), ("联系电话", "{company.phone}"), pairs=True),
        fields(("住所", "{company.address}")),
        space(8),
    )


def finish(confirmation: str) -> tuple[Block, ...]:
    """Return the confirmation and the place to sign."""
    return (
        notice(confirmation),
        signatures([signer("授权人", "person")], ("签署日期", "{signing_date}")),
    )
