"""What a document is made of: plain values, frozen, that go to JSON and come back equal.

Money is integer fen, rates are Decimal fractions a year unless named otherwise, dates are days in
Asia/Shanghai, ``issued_at`` is an instant in UTC. Empty text means: not known. A template says which values
it cannot do without (``missing``); the others print as 「无」 or 「/」.
"""

import json
import types
import typing
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar

Record = TypeVar("Record")


@dataclass(frozen=True, kw_only=True)
class Company:
    """Our own company as documents name it: lender 出借人 or service provider 服务方."""

    name: str = ""
    credit_code: str = ""
    legal_representative: str = ""
    address: str = ""
    phone: str = ""
    complaint_phone: str = ""
    license_number: str = ""

    @property
    def contact_phone(self) -> str:
        """Return the number for questions and complaints."""
        return self.complaint_phone or self.phone


@dataclass(frozen=True, kw_only=True)
class Party:
    """A person or company on the other side; ``delivery_address`` empty means the address itself."""

    name: str = ""
    kind: str = "person"
    id_type: str = "居民身份证"
    id_number: str = ""
    phone: str = ""
    address: str = ""
    delivery_address: str = ""
    email: str = ""
    legal_representative: str = ""


@dataclass(frozen=True, kw_only=True)
class BankAccount:
    """An account: holder 户名, bank 开户行, number 账号."""

    holder: str = ""
    bank: str = ""
    number: str = ""


@dataclass(frozen=True, kw_only=True)
class ScheduleRow:
    """One installment 期: amounts due and the principal left after it."""

    number: int
    due_date: date
    principal_fen: int
    interest_fen: int
    fee_fen: int = 0
    closing_fen: int = 0

    @property
    def payment_fen(self) -> int:
        """Everything due on the day."""
        return self.principal_fen + self.interest_fen + self.fee_fen


@dataclass(frozen=True, kw_only=True)
class CostItem:
    """One cost 息费 as it must be disclosed; ``annual_rate`` its yearly level, None for contingent items."""

    label: str
    method: str = ""
    standard: str = ""
    payee: str = ""
    refund: str = ""
    annual_rate: Decimal | None = None
    amount_fen: int | None = None


@dataclass(frozen=True, kw_only=True)
class Guarantee:
    """A guarantee 担保: by a person (保证), or a thing mortgaged 抵押 or pledged 质押."""

    kind: str
    guarantor: str
    subject: str = ""
    certificate: str = ""
    value_fen: int | None = None


@dataclass(frozen=True, kw_only=True)
class LoanTerms:
    """What the parties agreed about money and time; shared by contract, note, disclosure and schedule.

    ``penalty_markup_rate``: what overdue interest adds to the contract rate (0.5 is 上浮 50 %).
    ``allocation``: labels in the order a payment is applied, as the product is configured.
    """

    principal_fen: int | None = None
    annual_rate: Decimal | None = None
    rate_kind: str = "固定利率"
    rate_basis: str = ""
    day_count: str = ""
    periods: int | None = None
    start_date: date | None = None
    end_date: date | None = None
    method: str = ""
    repayment_day: int | None = None
    purpose: str = ""
    loan_type: str = "个人经营性贷款"
    simple_cost_rate: Decimal | None = None
    compound_cost_rate: Decimal | None = None
    allocation: tuple[str, ...] = ()
    allocation_by_installment: bool = True
    grace_days: int = 0
    penalty_markup_rate: Decimal = Decimal("0.5")
    misuse_markup_rate: Decimal = Decimal("1")
    compound_interest: bool = False
    prepayment_notice_days: int = 10
    prepayment_fee_rate: Decimal = Decimal(0)
    prepayment_free_after: int = 0

    @property
    def penalty_rate(self) -> Decimal | None:
        """Return the rate a year charged on overdue principal."""
        return None if self.annual_rate is None else self.annual_rate * (1 + self.penalty_markup_rate)

    @property
    def misuse_rate(self) -> Decimal | None:
        """Return the rate a year charged on principal put to another use."""
        return None if self.annual_rate is None else self.annual_rate * (1 + self.misuse_markup_rate)


@dataclass(frozen=True, kw_only=True)
class ContractData:
    """借款合同, and what else is printed from it: 借据, 还款计划表, 综合融资成本明示表."""

    contract_number: str = ""
    loan_number: str = ""
    issued_at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    signing_date: date | None = None
    signing_place: str = ""
    borrower: Party = Party()
    co_borrowers: tuple[Party, ...] = ()
    terms: LoanTerms = LoanTerms()
    schedule: tuple[ScheduleRow, ...] = ()
    costs: tuple[CostItem, ...] = ()
    contingent_costs: tuple[CostItem, ...] = ()
    guarantees: tuple[Guarantee, ...] = ()
    disbursement_account: BankAccount = BankAccount()
    repayment_account: BankAccount = BankAccount()
    conditions: tuple[str, ...] = ()
    dispute: str = "court"
    dispute_body: str = ""
    copies: int = 2
    electronic: bool = True
    quote_version: str = ""
    reference_only: bool = False
    extra: tuple[tuple[str, str], ...] = ()
    """Fields of the catalogue a firm's own template names, (key, JSON of the value), frozen with the rest."""

    @property
    def first_payment_fen(self) -> int | None:
        """Return what the first installment comes to."""
        return self.schedule[0].payment_fen if self.schedule else None

    @property
    def first_due_date(self) -> date | None:
        """Return when the first installment is due."""
        return self.schedule[0].due_date if self.schedule else None

    @property
    def all_costs(self) -> tuple[CostItem, ...]:
        """Return the costs of normal performance and the contingent ones."""
        return (*self.costs, *self.contingent_costs)

    @property
    def interest_total_fen(self) -> int:
        """Return the interest of all installments."""
        return sum(row.interest_fen for row in self.schedule)

    @property
    def fee_total_fen(self) -> int:
        """Return the fees of all installments."""
        return sum(row.fee_fen for row in self.schedule)

    @property
    def payment_total_fen(self) -> int:
        """Return everything the installments come to."""
        return sum(row.payment_fen for row in self.schedule)


@dataclass(frozen=True, kw_only=True)
class ReceiptData:
    """收据: one payment, split as it was applied."""

    receipt_number: str = ""
    contract_number: str = ""
    loan_number: str = ""
    issued_at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    payer: str = ""
    borrower: str = ""
    value_date: date | None = None
    method: str = ""
    bank_reference: str = ""
    amount_fen: int | None = None
    components: tuple[tuple[str, int], ...] = ()
    outstanding_fen: int | None = None
    cashier: str = ""
    reviewer: str = ""


@dataclass(frozen=True, kw_only=True)
class SettlementData:
    """结清证明: only for a loan with nothing owed and nothing in suspense."""

    certificate_number: str = ""
    contract_number: str = ""
    loan_number: str = ""
    issued_at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    issue_date: date | None = None
    borrower: Party = Party()
    principal_fen: int | None = None
    start_date: date | None = None
    end_date: date | None = None
    settlement_date: date | None = None
    paid: tuple[tuple[str, int], ...] = ()
    guarantees: tuple[Guarantee, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SettlementQuoteData:
    """提前结清试算单: what settles a loan early; ``lines`` are of ``settle_on``, ``days`` the price of each day it holds."""

    quote_number: str = ""
    contract_number: str = ""
    loan_number: str = ""
    issued_at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    issue_date: date | None = None
    borrower: str = ""
    settle_on: date | None = None
    valid_to: date | None = None
    lines: tuple[tuple[str, str, int], ...] = ()
    total_fen: int | None = None
    days: tuple[tuple[date, int], ...] = ()
    repayment_account: BankAccount = BankAccount()
    handler: str = ""


@dataclass(frozen=True, kw_only=True)
class BrokerageData:
    """居间服务协议: what we do for the client, and when a fee is due."""

    contract_number: str = ""
    issued_at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    signing_date: date | None = None
    signing_place: str = ""
    client: Party = Party()
    amount_fen: int | None = None
    purpose: str = ""
    fee_rate: Decimal | None = None
    fee_base: str = "资金方实际发放的贷款本金"
    fee_days: int = 3
    valid_from: date | None = None
    valid_to: date | None = None
    non_circumvention_months: int = 6
    institutions: tuple[str, ...] = ()
    account: BankAccount = BankAccount()
    dispute: str = "court"
    dispute_body: str = ""
    copies: int = 2
    electronic: bool = True


@dataclass(frozen=True, kw_only=True)
class AuthorizationData:
    """授权书: personal information, credit report, or handing data to named institutions."""

    contract_number: str = ""
    issued_at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    signing_date: date | None = None
    person: Party = Party()
    purpose: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    recipients: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    account: BankAccount = BankAccount()


@dataclass(frozen=True, kw_only=True)
class QuotationData:
    """报价单: what a loan would cost, before anything is signed."""

    quotation_number: str = ""
    issued_at: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    issue_date: date | None = None
    valid_to: date | None = None
    customer: str = ""
    adviser: str = ""
    adviser_phone: str = ""
    product: str = ""
    institution: str = ""
    terms: LoanTerms = LoanTerms()
    schedule: tuple[ScheduleRow, ...] = ()
    costs: tuple[CostItem, ...] = ()

    @property
    def first_payment_fen(self) -> int | None:
        """Return what the first installment comes to."""
        return self.schedule[0].payment_fen if self.schedule else None

    @property
    def first_due_date(self) -> date | None:
        """Return when the first installment is due."""
        return self.schedule[0].due_date if self.schedule else None


# JSON ------------------------------------------------------------------------------------------------


def to_json(record: object) -> str:
    """Return canonical JSON of a data record: same record, same text (so that its hash is stable)."""
    return json.dumps(_plain(record), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def from_json(kind: type[Record], text: str) -> Record:
    """Return the record that ``to_json`` wrote; keys a later version dropped are passed over.

    Raises:
        ValueError, TypeError: the text is no such record.
    """
    return typing.cast(Record, _read(kind, json.loads(text)))


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _read(kind: Any, value: Any) -> Any:
    if isinstance(kind, types.UnionType):
        kinds = [member for member in typing.get_args(kind) if member is not type(None)]
        return None if value is None else _read(kinds[0], value)
    if typing.get_origin(kind) is tuple:
        members = typing.get_args(kind)
        if len(members) == 2 and members[1] is Ellipsis:
            return tuple(_read(members[0], item) for item in value)
        return tuple(_read(member, item) for member, item in zip(members, value, strict=True))
    if is_dataclass(kind):
        known = typing.get_type_hints(kind)
        return typing.cast(Any, kind)(
            **{name: _read(known[name], item) for name, item in value.items() if name in known}
        )
    if kind in (date, datetime):
        return kind.fromisoformat(value)
    if kind is Decimal:
        return Decimal(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError(f"expected {kind.__name__}, found {type(value).__name__}")
    return value
