"""A loan as its page shows it 借据详情: figures, schedule, postings, ledger; all texts, masked for the reader."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from loanhub.domain import formats
from loanhub.domain.formats import local
from loanhub.domain.loans import LoanStatus
from loanhub.domain.money import format_fen, format_plain, uppercase
from loanhub.domain.permissions import Permission
from loanhub.domain.rates import format_percent
from loanhub.domain.repayment.delinquency import Bucket, FiveClass
from loanhub.domain.repayment.postings import InstallmentState, InstallmentStatus, LoanState
from loanhub.domain.repayment.prepayment import prepayment_modes
from loanhub.domain.repayment.schedule import method_label
from loanhub.domain.repayment.terms import Terms
from loanhub.models import Contract, Customer, Loan, Product
from loanhub.repositories import loan_requests
from loanhub.repositories import loans as repository
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.loans._shared import CLOSED, Account, account_tail, business_day, open_account
from loanhub.services.loans._view_actions import ActionState, ChangeRow, actions_of, changes_of_loan
from loanhub.services.loans._view_rows import (
    LedgerRow,
    PaymentRow,
    ScheduleRow,
    ledger_rows,
    payment_rows,
    planned_rows,
    planned_sums,
    schedule_rows,
    schedule_sums,
)
from loanhub.services.loans.change_look import RequestRow, list_requests
from loanhub.services.loans.offer import OfferRow, offers_of

TONES: dict[LoanStatus, str] = {
    LoanStatus.PENDING: "info",
    LoanStatus.ACTIVE: "disbursed",
    LoanStatus.GRACE: "warn",
    LoanStatus.OVERDUE: "overdue",
    LoanStatus.SETTLED: "closed",
    LoanStatus.SETTLED_EARLY: "closed",
    LoanStatus.WRITTEN_OFF: "danger",
}
"""The chip tone of each status."""


@dataclass(frozen=True)
class LoanView:
    """Everything on the loan page. ``can_*`` show buttons; the services decide."""

    id: int
    number: str
    version: int
    status: str
    status_label: str
    status_tone: str
    customer_id: int
    customer_name: str
    risk_grade: int
    product: str
    contract_id: int
    contract_number: str
    account_tail: str
    bank_reference: str
    facts: str
    principal: str
    principal_uppercase: str
    annual_rate: str
    method: str
    disbursed_date: str
    maturity_date: str
    outstanding: str
    due: str
    due_fen: int
    received: str
    suspense: str
    suspense_fen: int
    dpd: int
    bucket: str
    five_class: str
    settled_date: str
    progress_percent: str
    progress_text: str
    segments: tuple[str, ...]
    owner: str
    requested_by: str
    requested_at: str
    confirmed_by: str
    confirmed_at: str
    as_of: str
    rows: tuple[ScheduleRow, ...]
    sums: dict[str, str]
    payments: tuple[PaymentRow, ...]
    ledger: tuple[LedgerRow, ...]
    can_confirm: bool
    can_refuse: bool
    can_post: bool
    can_quote: bool
    waiting: bool
    accrued_interest: str = ""
    written_off: str = ""
    written_off_date: str = ""
    recovered: str = ""
    flags: tuple[str, ...] = ()
    prepay_modes: tuple[tuple[str, str], ...] = ()
    actions: tuple[ActionState, ...] = ()
    changes: tuple[ChangeRow, ...] = ()
    requests: tuple[RequestRow, ...] = ()
    offers: tuple[OfferRow, ...] = ()


def loan_view(actor: Actor, *, loan_id: int, now: datetime) -> LoanView:
    """Return a loan for its page, its balances as of today.

    Raises:
        NotFound: no such loan in the actor's scope.
        NotPermitted: the actor lacks loans:read.
    """
    with reading() as db:
        loan = repository.get_visible(db, actor, loan_id)
        actor.require(Permission.LOANS_READ)
        if loan.status is LoanStatus.PENDING:
            return _view(db, actor, loan, None, None, now=now)
        account = open_account(db, loan)
        return _view(db, actor, loan, account, account.at(business_day(loan, now)), now=now)


def _view(
    db: Session, actor: Actor, loan: Loan, account: Account | None, state: LoanState | None, *, now: datetime
) -> LoanView:
    customer = db.get(Customer, loan.customer_id)
    contract = db.get(Contract, loan.contract_id)
    product = db.get(Product, loan.product_id) if loan.product_id else None
    payments = account.payments if account else []
    ids = {i for i in (loan.requested_by_id, loan.confirmed_by_id, loan.owner_id) if i}
    ids |= {i for payment in payments for i in (payment.by_id, payment.approved_by_id) if i}
    names = repository.names_of_users(db, ids)
    terms = account.terms if account else Terms.parse(loan.terms)
    rows = planned_rows(terms) if state is None or account is None else schedule_rows(account, state)
    waiting = loan.status is LoanStatus.PENDING and loan.requested_at is not None
    paid_principal = loan.principal_fen - (state.outstanding_principal_fen if state else loan.principal_fen)
    share = paid_principal * 1000 // loan.principal_fen if loan.principal_fen else 0
    cleared = sum(1 for r in state.installments if r.status is InstallmentStatus.CLEARED) if state else 0
    due = state.amount_due_fen if state else 0
    day = terms.repayment_day or terms.disburse_date.day
    dpd = state.dpd if state else 0
    label, tone = _status(loan, state)
    bucket = Bucket(state.bucket.value).label if state and dpd else ""
    can_post = loan.status not in (*CLOSED, LoanStatus.PENDING) and actor.can(Permission.PAYMENTS_CREATE)
    return LoanView(
        id=loan.id or 0, number=loan.number, version=loan.version, status=loan.status.value, status_label=label,
        status_tone=tone, customer_id=loan.customer_id, customer_name=customer.name if customer else "",
        risk_grade=(customer.risk_grade or 0) if customer else 0, product=product.label if product else "",
        contract_id=loan.contract_id, contract_number=contract.number if contract else "",
        account_tail=account_tail(customer), bank_reference=loan.bank_reference,
        facts=(
            f"{terms.disburse_date.isoformat()} {'放款' if state else '计划放款'} · {len(rows)} 期"
            f"{method_label(terms.method)} · 年化 {format_percent(loan.annual_rate)}（单利） · 每月 {day} 日"
        ),
        principal=format_plain(loan.principal_fen), principal_uppercase=uppercase(loan.principal_fen),
        annual_rate=format_percent(loan.annual_rate), method=method_label(terms.method),
        disbursed_date=formats.day(loan.disbursed_date) if state else terms.disburse_date.isoformat(),
        maturity_date=rows[-1].due_date,
        outstanding=format_plain(state.outstanding_principal_fen if state else loan.principal_fen),
        due=format_plain(due), due_fen=due, received=format_plain(state.received_fen if state else 0),
        suspense=format_plain(state.suspense_fen if state else 0), suspense_fen=state.suspense_fen if state else 0,
        dpd=dpd, bucket=bucket, five_class=FiveClass(state.five_class.value).label if state else "",
        settled_date=formats.day(loan.settled_date) if loan.settled_date else "",
        progress_percent=f"{share // 10}.{share % 10}%", progress_text=f"{cleared} / {len(rows)} 期",
        segments=tuple(_segment(row) for row in state.installments) if state else tuple("" for _ in rows),
        owner=names.get(loan.owner_id or 0, ""), requested_by=names.get(loan.requested_by_id or 0, ""),
        requested_at=formats.instant(loan.requested_at) if loan.requested_at else "",
        confirmed_by=names.get(loan.confirmed_by_id or 0, ""),
        confirmed_at=formats.instant(loan.confirmed_at) if loan.confirmed_at else "",
        as_of=state.as_of.isoformat() if state else local(now).date().isoformat(),
        rows=rows, sums=schedule_sums(state) if state else planned_sums(terms),
        payments=payment_rows(db, actor, loan, account, state, names, now=now) if account and state else (),
        ledger=ledger_rows(db, loan),
        can_confirm=waiting and actor.can(Permission.LOANS_CONFIRM) and loan.requested_by_id != actor.actor_id,
        can_refuse=waiting and actor.can(Permission.LOANS_CONFIRM), can_post=can_post,
        can_quote=state is not None and loan.status not in CLOSED, waiting=waiting,
        accrued_interest=format_fen(state.accrued_interest_fen) if state else "—",
        written_off=format_plain(loan.written_off_fen) if loan.written_off_fen else "",
        written_off_date=formats.day(loan.written_off_date) if loan.written_off_date else "",
        recovered=format_plain(loan.recovered_fen) if loan.written_off_fen else "",
        flags=tuple(
            label
            for label, on in (("已展期", loan.extended), ("已重组", loan.restructured),
                              ("已提前到期", state is not None and state.accelerated))
            if on
        ),
        prepay_modes=tuple((one.value, one.label) for one in prepayment_modes(terms.method)),
        actions=actions_of(
            actor, loan, state, loan_requests.list_visible(db, actor, status="pending", loan_id=loan.id)
        ),
        changes=changes_of_loan(account, state, names) if account and state else (),
        requests=tuple(list_requests(actor, status="", loan_id=loan.id, limit=50, now=now)) if state else (),
        offers=offers_of(db, loan, today=local(now).date()) if state else (),
    )  # fmt: skip


def _status(loan: Loan, state: LoanState | None) -> tuple[str, str]:
    if state is None:
        return ("待复核放款" if loan.requested_at else "待放款"), TONES[LoanStatus.PENDING]
    if loan.status not in CLOSED and state.dpd:
        return f"逾期 {state.dpd} 天 · {state.bucket.value}", "overdue"
    if loan.status not in CLOSED and state.raw_dpd:
        return f"宽限期 · 已过 {state.raw_dpd} 天", "warn"
    status = loan.status if loan.status in CLOSED else LoanStatus.ACTIVE
    return status.label, TONES[status]


def _segment(row: InstallmentState) -> str:
    """Return how an installment colors its piece of the progress rail."""
    if row.status is InstallmentStatus.CLEARED:
        return "done"
    if row.status is InstallmentStatus.OVERDUE:
        return "over"
    return "warn" if row.status is InstallmentStatus.DUE else ""
