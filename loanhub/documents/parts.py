"""What every document shows the same way: the facts of a party, and its place in the signature block."""

from loanhub.documents.compose import Composer, Signer
from loanhub.documents.data import Company, Party
from loanhub.documents.wording import or_none


def write_company(document: Composer, company: Company) -> None:
    """Write our own company's fields."""
    document.fields([("名称", company.name)])
    document.fields(
        [
            ("信用代码", company.credit_code),
            ("法定代表人", company.legal_representative),
            ("联系电话", company.phone),
            ("投诉电话", or_none(company.complaint_phone)),
        ],
        pairs=True,
    )
    document.fields([("住所及送达地址", company.address)])


def write_party(document: Composer, party: Party) -> None:
    """Write the fields of a person or company on the other side."""
    person = party.kind == "person"
    document.fields(
        [
            ("姓名" if person else "名称", party.name),
            ("联系电话", party.phone),
            ("证件类型" if person else "证照类型", party.id_type),
            ("证件号码" if person else "信用代码", party.id_number),
        ],
        pairs=True,
    )
    if not person:
        document.fields([("法定代表人", or_none(party.legal_representative))])
    document.fields(
        [
            ("住址" if person else "住所", party.address),
            ("送达地址", party.delivery_address or "同上"),
            ("电子邮箱", or_none(party.email)),
        ]
    )


def company_signer(company: Company, label: str) -> Signer:
    """Return our own place in the signature block."""
    return Signer(
        label, company.name, (("法定代表人", company.legal_representative),), seal=True, hand="授权代表签字"
    )


def party_signer(party: Party, label: str) -> Signer:
    """Return the place of a person (thumb print) or a company (seal) in the signature block."""
    person = party.kind == "person"
    facts = (("证件号码", party.id_number), ("联系电话", party.phone))
    hand = "签字并按指印" if person else "法定代表人签字"
    return Signer(label, party.name, facts, seal=not person, thumb=person, hand=hand)
