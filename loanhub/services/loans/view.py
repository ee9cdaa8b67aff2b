"""A loan as its page shows it 借据详情: figures, schedule, postings, ledger; all texts, masked for the reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from loanhub.domain import formats
from loanhub.domain.catalogue import access, present
from loanhub.domain.errors import NotFound
from loanhub.domain.formats import local
from loanhub.domain.loans import Account as LedgerAccount
from loanhub.domain.loans import LoanStatus
from loanhub.domain.money import format_fen, format_plain, uppercase
from loanhub.domain.papers import LOAN_CONTRACT
from loanhub.domain.permissions import Permission
from loanhub.domain.rates import format_percent
from loanhub.domain.repayment.delinquency import Bucket, FiveClass
from loanhub.domain.repayment.postings import InstallmentState, InstallmentStatus, LoanState, PostingKind
from loanhub.domain.repayment.prepayment import prepayment_modes
from loanhub.domain.repayment.schedule import build_schedule, method_label
from loanhub.domain.repayment.terms import Terms
from loanhub.models import Contract, Customer, Loan, Payment, Product
from loanhub.repositories import contracts as contract_repository
from loanhub.repositories import loan_requests
from loanhub.repositories import loans as repository
from loanhub.services import catalogue as catalogues
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.catalogue import PAYMENT_METHODS
from loanhub.services.loans._shared import CLOSED, Account, business_day, open_account
from loanhub.services.loans._view_actions import ActionState, ChangeRow, actions_of, changes_of_loan
from loanhub.services.loans.change_look import RequestRow, list_requests
from loanhub.services.loans.explain import Reason, interest_reason, penalty_reasons
from loanhub.services.loans.ledger import LEDGER_KINDS
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
class ScheduleRow:
    """One installment as the table shows it; amounts without ¥, '—' for none."""

    number: str
    due_date: str
    principal: str
    interest: str
    fee: str
    penalty: str
    total: str
    paid: str
    balance: str
    status_label: str
    status_tone: str
    look: str
    reasons: tuple[Reason, ...]
    waived: str = ""


@dataclass(frozen=True)
class PaymentRow:
    """One posting; ``reversible`` says whether this reader may undo it."""

    id: int
    seq: str
    kind: str
    kind_label: str
    value_date: str
    posted_at: str
    amount: str
    amount_full: str
    parts: str
    payer: str
    method: str
    receipt_number: str
    note: str
    by: str
    reversed: bool
    reversible: bool
    tone: str
    why_not: str = ""
    approved_by: str = ""


@dataclass(frozen=True)
class LedgerRow:
    """One entry of the ledger; of debit and credit one is empty."""

    transaction: str
    value_date: str
    kind: str
    account: str
    debit: str
    credit: str
    note: str


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
    rows = _planned_rows(terms) if state is None or account is None else _rows(account, state)
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
        account_tail=_account_tail(customer), bank_reference=loan.bank_reference,
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
        rows=rows, sums=_sums(state) if state else _planned_sums(terms),
        payments=_payments(db, actor, loan, account, state, names, now=now) if account and state else (),
        ledger=_ledger(db, loan),
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


def _account_tail(customer: Customer | None) -> str:
    if customer is None or not customer.bank_card:
        return ""
    return f"{customer.bank_name} 尾号 {customer.bank_card[-4:]}".strip()


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


def _amount(fen: int) -> str:
    return format_plain(fen) if fen else "—"


def _rows(account: Account, state: LoanState) -> tuple[ScheduleRow, ...]:
    current = next((r.period for r in state.installments if r.status is not InstallmentStatus.CLEARED), 0)
    found = []
    for row in state.installments:
        agreed = row.installment
        penalty = row.penalty_accrued_fen + row.compound_accrued_fen
        label, tone = _row_status(row, state)
        overdue = row.status is InstallmentStatus.OVERDUE
        found.append(
            ScheduleRow(
                number=f"{row.period:02d}", due_date=row.due_date.isoformat(),
                principal=format_plain(agreed.principal_fen), interest=format_plain(agreed.interest_fen),
                fee=_amount(agreed.fee_fen), penalty=_amount(penalty),
                total=format_plain(agreed.payment_fen + penalty), paid=_amount(row.paid.total_fen),
                balance=format_plain(agreed.closing_fen), status_label=label, status_tone=tone,
                look="od" if overdue else "cur" if row.period == current else "",
                reasons=(interest_reason(account, state, agreed), *penalty_reasons(account, state, row)),
                waived=format_plain(row.waived.total_fen) if row.waived.total_fen else "",
            )
        )  # fmt: skip
    return tuple(found)


def _row_status(row: InstallmentState, state: LoanState) -> tuple[str, str]:
    paid = row.paid.total_fen > 0
    if row.status is InstallmentStatus.CLEARED:
        late = (row.cleared_date - row.due_date).days if row.cleared_date else 0
        if row.open.penalty_fen + row.open.compound_fen:
            return f"欠罚息 {format_plain(row.open.penalty_fen + row.open.compound_fen)}", "warn"
        return (f"已还 · 晚 {late} 天", "disbursed") if late > 0 else ("已还", "disbursed")
    if row.status is InstallmentStatus.UPCOMING:
        return "待还", "closed"
    days = (state.as_of - row.due_date).days
    part = "部分还 · " if paid else ""
    if row.status is InstallmentStatus.OVERDUE:
        return f"{part}逾期 {days} 天", "overdue"
    return (f"{part}宽限期 {days} 天", "warn") if days else (f"{part}今日应还", "warn")


def _sums(state: LoanState) -> dict[str, str]:
    agreed = [row.installment for row in state.installments]
    penalty = sum(row.penalty_accrued_fen + row.compound_accrued_fen for row in state.installments)
    return {
        "principal": format_plain(sum(row.principal_fen for row in agreed)),
        "interest": format_plain(sum(row.interest_fen for row in agreed)),
        "fee": _amount(sum(row.fee_fen for row in agreed)),
        "penalty": _amount(penalty),
        "total": format_plain(sum(row.payment_fen for row in agreed) + penalty),
        "paid": _amount(sum(row.paid.total_fen for row in state.installments)),
    }


def _planned_rows(terms: Terms) -> tuple[ScheduleRow, ...]:
    return tuple(
        ScheduleRow(
            number=f"{row.period:02d}", due_date=row.due_date.isoformat(), principal=format_plain(row.principal_fen),
            interest=format_plain(row.interest_fen), fee=_amount(row.fee_fen), penalty="—",
            total=format_plain(row.payment_fen), paid="—", balance=format_plain(row.closing_fen),
            status_label="待放款", status_tone="closed", look="", reasons=(),
        )
        for row in build_schedule(terms)
    )  # fmt: skip


def _planned_sums(terms: Terms) -> dict[str, str]:
    rows = build_schedule(terms)
    return {
        "principal": format_plain(sum(row.principal_fen for row in rows)),
        "interest": format_plain(sum(row.interest_fen for row in rows)),
        "fee": _amount(sum(row.fee_fen for row in rows)),
        "penalty": "—",
        "total": format_plain(sum(row.payment_fen for row in rows)),
        "paid": "—",
    }


def _payments(
    db: Session,
    actor: Actor,
    loan: Loan,
    account: Account,
    state: LoanState,
    names: Mapping[int, str],
    *,
    now: datetime,
) -> tuple[PaymentRow, ...]:
    """Return the postings, newest first; a reversed one stays visible 红字."""
    undone = {payment.reverses_id for payment in account.payments if payment.reverses_id}
    spec = catalogues.current(db).get("payment", "payer_name")
    right = access(spec, catalogues.rights_of(actor))
    methods = dict(PAYMENT_METHODS)
    kinds = {payment.id or 0: PostingKind(payment.kind) for payment in account.payments}

    def row(payment: Payment) -> PaymentRow:
        kind = PostingKind(payment.kind)
        reversal = kind is PostingKind.REVERSAL
        gone = payment.id in undone
        payer = present(spec, payment.payer_name, right, now, {}) if payment.payer_name else ""
        back = kinds.get(payment.reverses_id or 0)
        sign = "−" if kind.sends_money or (back is not None and back.brings_money) else "+"
        sign = sign if payment.amount_fen else ""
        why_not = _irreversible(actor, loan, payment, gone=gone)
        return PaymentRow(
            id=payment.id or 0, seq=str(payment.seq), kind=kind.value, kind_label=kind.label,
            value_date=payment.value_date.isoformat(), posted_at=formats.instant(payment.posted_at),
            amount=f"{sign}{format_plain(payment.amount_fen)}" if payment.amount_fen else "—", amount_full=format_fen(payment.amount_fen),
            parts="已冲正" if gone else _parts(payment, state), payer=payer,
            method=methods.get(payment.method, ""), receipt_number=payment.receipt_number, note=payment.note,
            by=names.get(payment.by_id or 0, "系统"), reversed=gone,
            reversible=not why_not,
            tone="due" if reversal or kind.sends_money else "" if gone or not kind.brings_money else "in",
            why_not=why_not, approved_by=names.get(payment.approved_by_id or 0, ""),
        )  # fmt: skip

    return tuple(row(payment) for payment in reversed(account.payments))


def _irreversible(actor: Actor, loan: Loan, payment: Payment, *, gone: bool) -> str:
    """Return why this reader may not reverse a posting; empty when he may try."""
    kind = PostingKind(payment.kind)
    if kind is PostingKind.REVERSAL:
        return "冲正不能再冲正"
    if gone:
        return "已冲正"
    if not actor.can(Permission.PAYMENTS_REVERSE):
        return f"须有「{Permission.PAYMENTS_REVERSE.label}」权限"
    if actor.actor_id in (payment.by_id, payment.approved_by_id):
        return "由你登记或审批，须由另一位同事冲正"
    off_book = kind in (PostingKind.WRITE_OFF, PostingKind.RECOVERY)
    return "借据已核销，请先冲正核销" if loan.status is LoanStatus.WRITTEN_OFF and not off_book else ""


def _parts(payment: Payment, state: LoanState) -> str:
    """Return where a payment went in a phrase: 第 06–07 期 利息、本金."""
    given = state.allocations_of(payment.seq)
    kind = PostingKind(payment.kind)
    if kind is PostingKind.REVERSAL:
        return "红字冲回"
    if kind is PostingKind.WAIVER:
        given = tuple(part for part in state.waivers if part.sequence == payment.seq)
    elif not kind.brings_money:
        return kind.label
    if not given:
        return "溢缴款"
    periods = sorted({part.period for part in given})
    span = f"第 {periods[0]:02d} 期" if len(periods) == 1 else f"第 {periods[0]:02d}–{periods[-1]:02d} 期"
    labels = "、".join(dict.fromkeys(part.component.label for part in given))
    rest = payment.amount_fen - sum(part.amount_fen for part in given)
    return f"{span} {labels}" + ("、溢缴款" if rest > 0 else "")


def _ledger(db: Session, loan: Loan) -> tuple[LedgerRow, ...]:
    return tuple(
        LedgerRow(
            transaction=f"{transaction.id}", value_date=transaction.value_date.isoformat(),
            kind=LEDGER_KINDS.get(transaction.kind, transaction.kind), account=LedgerAccount(entry.account).label,
            debit=format_plain(entry.debit_fen) if entry.debit_fen else "",
            credit=format_plain(entry.credit_fen) if entry.credit_fen else "", note=transaction.note,
        )
        for transaction, entry in repository.list_ledger(db, loan.id or 0)
    )  # fmt: skip


@dataclass(frozen=True)
class DisbursementView:
    """What the maker's dialog shows before money goes out."""

    contract_id: int
    contract_number: str
    customer_name: str
    account_tail: str
    amount: str
    uppercase: str
    annual_rate: str
    signed_date: str
    today: str
    loan_id: int
    waiting: bool


def disbursement_view(actor: Actor, *, contract_id: int, now: datetime) -> DisbursementView:
    """Return what a disbursement of a contract would pay, to whom; the dialog on the contract page uses it.

    Raises:
        NotFound: no such contract in the actor's scope.
        NotPermitted: the actor lacks loans:disburse.
    """
    with reading() as db:
        contract = contract_repository.get_visible(db, actor, contract_id)
        actor.require(Permission.LOANS_DISBURSE)
        if contract.base != LOAN_CONTRACT:
            raise NotFound("这不是借款合同，没有放款")
        loan = repository.find_by_contract(db, contract_id)
        customer = db.get(Customer, contract.customer_id)
        return DisbursementView(
            contract_id=contract_id, contract_number=contract.number,
            customer_name=customer.name if customer else "", account_tail=_account_tail(customer),
            amount=format_plain(contract.amount_fen), uppercase=uppercase(contract.amount_fen),
            annual_rate=format_percent(contract.annual_rate),
            signed_date=formats.day(contract.signed_date) if contract.signed_date else "",
            today=local(now).date().isoformat(), loan_id=(loan.id or 0) if loan else 0,
            waiting=loan is not None and (loan.requested_at is not None),
        )  # fmt: skip
