"""What the papers beside a loan contract are made of 其他文书: plain values, as those of ``data.py``."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from loanhub.documents.data import BankAccount, Guarantee, LoanTerms, Party, ScheduleRow


@dataclass(frozen=True, kw_only=True)
class SecurityData:
    """保证合同 or 抵押合同: who stands in for which debt, with what.

    ``kind`` is joint (连带责任保证) or general (一般保证) for a guarantor; a mortgage names its things in ``things``.
    """

    contract_number: str = ""
    issued_at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    signing_date: date | None = None
    signing_place: str = ""
    guarantor: Party = Party()
    debtor: Party = Party()
    main_number: str = ""
    main_date: date | None = None
    terms: LoanTerms = LoanTerms()
    guarantee_kind: str = "joint"
    guarantee_years: int = 3
    things: tuple[Guarantee, ...] = ()
    dispute: str = "court"
    dispute_body: str = ""
    copies: int = 2
    electronic: bool = True


@dataclass(frozen=True, kw_only=True)
class PledgeData(SecurityData):
    """质押合同: what is pledged, and how the pledge comes into being: by delivery or by registration.

    ``pledge_kind`` is movable (动产), voucher (票据、存单、仓单等), shares (股权、基金份额), receivables (应收账款) or ip
    (知识产权). ``delivery_date`` is the last day of delivery or registration; ``keeper`` who holds the thing for the creditor.
    """

    pledge_kind: str = "movable"
    delivery_date: date | None = None
    delivery_place: str = ""
    keeper: str = ""
    registry: str = ""


@dataclass(frozen=True, kw_only=True)
class OverdueData:
    """逾期还款通知书（催收函）: what is owed as of a day, by when and where it is to be paid."""

    notice_number: str = ""
    contract_number: str = ""
    loan_number: str = ""
    issued_at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    issue_date: date | None = None
    as_of: date | None = None
    pay_by: date | None = None
    borrower: Party = Party()
    principal_fen: int | None = None
    overdue_since: date | None = None
    days_overdue: int | None = None
    components: tuple[tuple[str, int], ...] = ()
    total_fen: int | None = None
    accelerated: bool = False
    repayment_account: BankAccount = BankAccount()
    handler: str = ""
    handler_number: str = ""


@dataclass(frozen=True, kw_only=True)
class ExtensionData:
    """展期协议: a loan's end moved, with the schedule that follows."""

    agreement_number: str = ""
    contract_number: str = ""
    loan_number: str = ""
    issued_at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    signing_date: date | None = None
    signing_place: str = ""
    borrower: Party = Party()
    guarantors: tuple[Party, ...] = ()
    outstanding_fen: int | None = None
    old_end_date: date | None = None
    new_end_date: date | None = None
    months: int | None = None
    old_rate: Decimal | None = None
    new_rate: Decimal | None = None
    reason: str = ""
    schedule: tuple[ScheduleRow, ...] = ()
    dispute_body: str = ""
    copies: int = 2


@dataclass(frozen=True, kw_only=True)
class AssignmentData:
    """债权转让通知书: a claim handed to somebody else, as the debtor must be told."""

    notice_number: str = ""
    contract_number: str = ""
    loan_number: str = ""
    issued_at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    issue_date: date | None = None
    borrower: Party = Party()
    assignee: Party = Party(kind="company")
    agreement_date: date | None = None
    base_date: date | None = None
    principal_fen: int | None = None
    interest_fen: int | None = None
    total_fen: int | None = None
    account: BankAccount = BankAccount()
