"""Papers printed from a loan 贷后单据: the receipt of a payment, and the certificate that nothing is owed."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from loanhub.documents import render
from loanhub.documents.data import ReceiptData, SettlementData
from loanhub.domain.errors import Conflict
from loanhub.domain.formats import local
from loanhub.domain.loans import LoanStatus
from loanhub.domain.permissions import Permission
from loanhub.domain.repayment.allocation import Component
from loanhub.domain.repayment.postings import PostingKind
from loanhub.models import Contract, Customer, Loan, Payment
from loanhub.repositories import loans as repository
from loanhub.services import parameters
from loanhub.services._actor import Actor
from loanhub.services._templates import in_use
from loanhub.services._transaction import transaction
from loanhub.services.catalogue import PAYMENT_METHODS
from loanhub.services.contracts import frozen_data
from loanhub.services.contracts._terms import party_of
from loanhub.services.loans._shared import open_account, record
from loanhub.settings import settings


class NoReceipt(Conflict):
    """Only money received has a receipt."""

    def __init__(self) -> None:
        super().__init__("只有收到的款项才出收据")


class NotSettled(Conflict):
    """The certificate says that nothing is owed; here something is, or an overpayment is still held."""

    def __init__(self) -> None:
        super().__init__("借据结清且没有未退的溢缴款后，才能出具结清证明")


def receipt_data(db: Session, loan: Loan, payment: Payment) -> ReceiptData:
    """Return what the receipt of a payment says: where the money went, as the newest replay has it."""
    account = open_account(db, loan)
    known = [one for one in account.postings if one.sequence <= payment.seq]
    state = account.at(max(payment.value_date, local(payment.posted_at).date()), postings=known)
    given = dict.fromkeys(Component, 0)
    for part in state.allocations_of(payment.seq):
        given[part.component] += part.amount_fen
    rest = payment.amount_fen - sum(given.values())
    customer, contract = db.get(Customer, loan.customer_id), db.get(Contract, loan.contract_id)
    names = repository.names_of_users(db, {i for i in (payment.by_id, payment.approved_by_id) if i})
    return ReceiptData(
        receipt_number=payment.receipt_number, contract_number=contract.number if contract else "",
        loan_number=loan.number, issued_at=payment.posted_at,
        payer=payment.payer_name or (customer.name if customer else ""), borrower=customer.name if customer else "",
        value_date=payment.value_date, method=dict(PAYMENT_METHODS).get(payment.method, "其他"),
        bank_reference=payment.bank_transaction_id or "", amount_fen=payment.amount_fen,
        components=(
            *((part.label, fen) for part, fen in given.items() if fen),
            *((("溢缴款", rest),) if rest else ()),
        ),
        outstanding_fen=state.outstanding_principal_fen, cashier=names.get(payment.by_id or 0, ""),
        reviewer=names.get(payment.approved_by_id or 0, ""),
    )  # fmt: skip


def receipt_pdf(actor: Actor, *, payment_id: int, now: datetime) -> tuple[str, bytes]:
    """Return (file name, PDF) of a payment's receipt; that of a reversed one says 作废 across the page.

    Where the money went is as the newest replay has it.

    Raises:
        NotFound: no such posting in the actor's scope.
        NotPermitted: the actor lacks loans:read.
        NoReceipt: the posting brought no money.
    """
    with transaction() as db:
        payment = repository.get_visible_payment(db, actor, payment_id)
        actor.require(Permission.LOANS_READ)
        kind = PostingKind(payment.kind)
        if not kind.brings_money:
            raise NoReceipt
        loan = repository.get_visible(db, actor, payment.loan_id)
        data = receipt_data(db, loan, payment)
        undone = any(other.reverses_id == payment.id for other in open_account(db, loan).payments)
        watermark = "作废" if undone else "演示数据" if settings().demo_mode else ""
        pdf = render(
            in_use(db, "receipt"),
            data,
            company=parameters.company(db, now=payment.posted_at),
            watermark=watermark,
        )
        record(
            db, actor, "loan.document_printed", loan, now=now,
            summary=f"{loan.number} 收据 {payment.receipt_number}{'（作废）' if undone else ''}",
        )  # fmt: skip
        return f"{payment.receipt_number}.pdf", pdf


def settlement_data(db: Session, loan: Loan, *, now: datetime) -> SettlementData:
    """Return what the certificate of a settled loan says."""
    assert loan.settled_date is not None
    account = open_account(db, loan)
    state = account.at(loan.as_of_date or loan.settled_date)
    paid = dict.fromkeys(Component, 0)
    for part in state.allocations:
        paid[part.component] += part.amount_fen
    customer, contract = db.get(Customer, loan.customer_id), db.get(Contract, loan.contract_id)
    assert customer is not None and contract is not None
    number = f"JQ-{loan.number}"
    return SettlementData(
        certificate_number=number, contract_number=contract.number, loan_number=loan.number, issued_at=now,
        issue_date=local(now).date(), borrower=party_of(customer), principal_fen=loan.principal_fen,
        start_date=account.terms.disburse_date, end_date=state.last_due_date, settlement_date=loan.settled_date,
        paid=tuple((part.label, fen) for part, fen in paid.items() if fen),
        guarantees=frozen_data(contract).guarantees if contract.frozen else (),
    )  # fmt: skip


def certificate_pdf(actor: Actor, *, loan_id: int, now: datetime) -> tuple[str, bytes]:
    """Return (file name, PDF) of the certificate 结清证明 of a settled loan.

    Raises:
        NotFound: no such loan in the actor's scope.
        NotPermitted: the actor lacks loans:read.
        NotSettled: something is owed, or an overpayment is held.
    """
    with transaction() as db:
        loan = repository.get_visible(db, actor, loan_id)
        actor.require(Permission.LOANS_READ)
        settled = loan.status in (LoanStatus.SETTLED, LoanStatus.SETTLED_EARLY)
        if not settled or loan.suspense_fen or loan.settled_date is None:
            raise NotSettled
        data = settlement_data(db, loan, now=now)
        number = data.certificate_number
        pdf = render(
            in_use(db, "settlement_certificate"), data, company=parameters.company(db, now=now),
            watermark="演示数据" if settings().demo_mode else "",
        )  # fmt: skip
        record(db, actor, "loan.document_printed", loan, now=now, summary=f"{loan.number} 结清证明 {number}")
        return f"{number}.pdf", pdf
