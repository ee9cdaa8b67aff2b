"""Parts the built-in templates share: parties, schedule and cost tables, signers, values of the terms."""

from loanhub.documents.compose import Column, Composer, Signer
from loanhub.documents.data import (
    BankAccount,
    Company,
    ContractData,
    CostItem,
    LoanTerms,
    Party,
    ScheduleRow,
)
from loanhub.documents.wording import (
    NONE,
    SLASH,
    money_pair,
    or_none,
    percent,
    plain_or_slash,
    short_percent,
    written_date,
)
from loanhub.domain.money import format_plain

SCHEDULE_COLUMNS = (
    Column("期次", 0.55, "center"),
    Column("应还日", 1.15, "center"),
    Column("应还本金（元）", 1.25, "right"),
    Column("应还利息（元）", 1.25, "right"),
    Column("费用（元）", 0.95, "right"),
    Column("应还合计（元）", 1.3, "right"),
    Column("剩余本金（元）", 1.35, "right"),
)


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


def write_account(document: Composer, account: BankAccount) -> None:
    """Write a bank account."""
    document.fields([("户名", account.holder), ("开户行", account.bank), ("账号", account.number)])


def write_schedule(document: Composer, rows: tuple[ScheduleRow, ...], caption: str = "") -> None:
    """Write the installments with a row of totals."""
    document.rows(
        SCHEDULE_COLUMNS,
        [
            (
                str(row.number),
                f"{row.due_date:%Y-%m-%d}",
                format_plain(row.principal_fen),
                format_plain(row.interest_fen),
                format_plain(row.fee_fen) if row.fee_fen else SLASH,
                format_plain(row.payment_fen),
                format_plain(row.closing_fen),
            )
            for row in rows
        ],
        total=(
            "合计",
            "",
            format_plain(sum(row.principal_fen for row in rows)),
            format_plain(sum(row.interest_fen for row in rows)),
            plain_or_slash(sum(row.fee_fen for row in rows) or None),
            format_plain(sum(row.payment_fen for row in rows)),
            SLASH,
        ),
        caption=caption,
    )


def write_costs(document: Composer, items: tuple[CostItem, ...], *, contingent: bool = False) -> None:
    """Write cost items: name, way, standard, payee, and the yearly level (or when it arises)."""
    columns = [
        Column("息费项目", 1.0),
        Column("收取方式", 1.3),
        Column("收取标准", 1.7),
        Column("收取主体", 1.5),
    ]
    if not contingent:
        columns.append(Column("年化水平", 0.8, "right"))
    rows = [(item.label, or_none(item.method), or_none(item.standard), or_none(item.payee)) for item in items]
    rows = rows or [(NONE, SLASH, SLASH, SLASH)]
    if contingent:
        document.rows(columns, rows)
        return
    rates = [percent(item.annual_rate) for item in items] or [SLASH]
    document.rows(columns, [(*row, rate) for row, rate in zip(rows, rates, strict=True)])


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


def signing_facts(data: ContractData) -> tuple[tuple[str, str], ...]:
    """Return date and place of signing."""
    return (("签署日期", written_date(data.signing_date)), ("签署地点", or_none(data.signing_place)))


def term_values(terms: LoanTerms) -> dict[str, str]:
    """Return the agreed terms as patterns name them."""
    return {
        "principal": money_pair(terms.principal_fen),
        "annual_rate": percent(terms.annual_rate),
        "rate_kind": terms.rate_kind,
        "rate_basis": or_none(terms.rate_basis),
        "day_count": or_none(terms.day_count),
        "periods": SLASH if terms.periods is None else str(terms.periods),
        "start": written_date(terms.start_date),
        "end": written_date(terms.end_date),
        "method": terms.method,
        "repayment_day": SLASH if terms.repayment_day is None else str(terms.repayment_day),
        "purpose": terms.purpose,
        "loan_type": terms.loan_type,
        "simple_cost": percent(terms.simple_cost_rate),
        "compound_cost": percent(terms.compound_cost_rate),
        "allocation": " → ".join(terms.allocation),
        "penalty_markup": short_percent(terms.penalty_markup_rate),
        "penalty_rate": _marked_up(terms, 1),
        "misuse_markup": short_percent(terms.misuse_markup_rate),
        "misuse_rate": _marked_up(terms, 2),
        "grace_days": str(terms.grace_days),
        "notice_days": str(terms.prepayment_notice_days),
        "prepayment_fee": short_percent(terms.prepayment_fee_rate),
        "free_after": str(terms.prepayment_free_after),
    }


def _marked_up(terms: LoanTerms, which: int) -> str:
    markup = terms.penalty_markup_rate if which == 1 else terms.misuse_markup_rate
    return SLASH if terms.annual_rate is None else percent(terms.annual_rate * (1 + markup))


def dispute_pattern(dispute: str) -> str:
    """Return the clause on disputes: a named arbitration commission, or a people's court."""
    if dispute == "arbitration":
        return (
            "因本合同引起的或与本合同有关的任何争议，双方应先行协商；协商不成的，任何一方均有权提交{dispute_body}，"
            "按照申请仲裁时该会现行有效的仲裁规则进行仲裁。仲裁裁决是终局的，对双方均有约束力。"
        )
    return (
        "因本合同引起的或与本合同有关的任何争议，双方应先行协商；协商不成的，"
        "任何一方均有权向{dispute_body}提起诉讼。"
    )  # fmt: skip
