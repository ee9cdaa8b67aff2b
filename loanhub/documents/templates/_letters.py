"""What the four authorization letters 授权书 share: heading fields, signer, sample, required values."""

from datetime import date

from loanhub.documents.compose import Composer
from loanhub.documents.data import AuthorizationData, BankAccount, Company
from loanhub.documents.template import Variable
from loanhub.documents.templates import _parts as parts
from loanhub.documents.templates._samples import ISSUED_AT, PERSON
from loanhub.documents.wording import listed, or_none, written_date

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


def begin(document: Composer, data: AuthorizationData, company: Company, title: str) -> None:
    """Write the title and both sides, and set the values all letters name."""
    document.use(
        {
            "person": data.person.name,
            "company": company.name,
            "purpose": data.purpose,
            "valid_from": written_date(data.valid_from),
            "valid_to": written_date(data.valid_to),
            "recipients": listed(data.recipients),
            "categories": listed(data.categories),
            "phone": or_none(company.complaint_phone or company.phone),
            "address": company.address,
        }
    )
    document.title(title)
    document.heading("授权人")
    document.fields(
        [
            ("姓名", data.person.name),
            ("联系电话", data.person.phone),
            ("证件类型", data.person.id_type),
            ("证件号码", data.person.id_number),
        ],
        pairs=True,
    )
    document.heading("被授权人")
    document.fields([("名称", company.name)])
    document.fields([("信用代码", company.credit_code), ("联系电话", company.phone)], pairs=True)
    document.fields([("住所", company.address)])
    document.space(8)


def finish(document: Composer, data: AuthorizationData, confirmation: str) -> None:
    """Write the confirmation and the place to sign."""
    document.confirmation(confirmation)
    document.signatures(
        [parts.party_signer(data.person, "授权人")], (("签署日期", written_date(data.signing_date)),)
    )
