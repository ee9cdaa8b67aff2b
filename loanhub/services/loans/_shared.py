"""What the loan use cases share: a loan's terms and postings, its replay, and the caches written from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypedDict, Unpack

from sqlmodel import Session

from loanhub.domain import contracts as contract_rules
from loanhub.domain import loans as rules
from loanhub.domain.contracts import ContractEvent, ContractStatus
from loanhub.domain.errors import Conflict
from loanhub.domain.formats import local
from loanhub.domain.loans import LoanEvent, LoanStatus
from loanhub.domain.money import format_fen
from loanhub.domain.repayment.delinquency import FiveClass
from loanhub.domain.repayment.postings import LoanState, Posting, PostingKind, ServicingOptions
from loanhub.domain.repayment.servicing import allocation_changes, replay
from loanhub.domain.repayment.terms import Terms
from loanhub.models import Contract, Customer, Loan, Payment
from loanhub.repositories import loans as repository
from loanhub.services import events
from loanhub.services._actor import Actor
from loanhub.services._failpoints import failpoint
from loanhub.services._notices import notify
from loanhub.services.loans import ledger
from loanhub.services.loans._caches import sync_allocations, sync_schedule
from loanhub.services.loans._day_columns import classify

CLOSED = (LoanStatus.SETTLED, LoanStatus.SETTLED_EARLY, LoanStatus.WRITTEN_OFF)


class StaleLoan(Conflict):
    """Somebody posted on this loan since it was opened."""

    def __init__(self) -> None:
        super().__init__("这笔借据刚有新的入账或冲正，请看过最新的余额和分配再提交")


class NotDisbursed(Conflict):
    """The loan's money has not gone out yet."""

    def __init__(self) -> None:
        super().__init__("这笔借据还没有放款，不能入账")


class LoanClosed(Conflict):
    """Nothing is left to pay on this loan."""

    def __init__(self, status: LoanStatus) -> None:
        super().__init__(f"这笔借据{status.label}，不能再入账")


@dataclass(frozen=True)
class Account:
    """A disbursed loan with everything its state follows from."""

    loan: Loan
    terms: Terms
    options: ServicingOptions
    payments: list[Payment]
    postings: list[Posting]

    @property
    def next_sequence(self) -> int:
        """Return the sequence of the next posting."""
        return len(self.postings) + 1

    @property
    def payment_ids(self) -> dict[int, int]:
        """Return the payment's id by sequence."""
        return {payment.seq: payment.id or 0 for payment in self.payments}

    def at(self, as_of: date, *, postings: Sequence[Posting] | None = None) -> LoanState:
        """Return the state of the loan at the end of a day, by all its postings or those given."""
        known = self.postings if postings is None else postings
        return replay(self.terms, known, as_of=as_of, options=self.options)


def open_account(db: Session, loan: Loan) -> Account:
    """Return a loan with its postings.

    Raises:
        NotDisbursed: its money has not gone out.
    """
    if loan.status is LoanStatus.PENDING:
        raise NotDisbursed
    payments = repository.list_payments(db, loan.id or 0)
    sequences = {payment.id: payment.seq for payment in payments}
    postings = [
        Posting.restore(
            sequence=payment.seq,
            kind=PostingKind(payment.kind),
            value_date=payment.value_date,
            amount_fen=payment.amount_fen if payment.kind != PostingKind.REVERSAL else 0,
            detail=payment.detail or {},
            reverses=sequences.get(payment.reverses_id),
        )
        for payment in payments
    ]
    return Account(loan, Terms.parse(loan.terms), ServicingOptions.parse(loan.servicing), payments, postings)


def check_version(loan: Loan, expected: int | None) -> None:
    """Raise StaleLoan when the caller saw another version; None means the caller did not look."""
    if expected is not None and expected != loan.version:
        raise StaleLoan


def business_day(loan: Loan, now: datetime) -> date:
    """Return the day a posting is judged on: today, or the day the loan's books already stand at if later."""
    today = local(now).date()
    return max(today, loan.as_of_date) if loan.as_of_date else today


def roll(db: Session, actor: Actor, account: Account, *, to: date, now: datetime) -> LoanState:
    """Bring a loan's ledger to the end of ``to``: overpayment is applied on the due dates that passed.

    Returns the state there; the caches are written by :func:`sync`.
    """
    loan = account.loan
    state = account.at(to)
    if loan.as_of_date is not None and loan.as_of_date < to:
        # Without overpayment a day that passes moves no money, so there is nothing to compare.
        if loan.suspense_fen:
            changes = allocation_changes(account.at(loan.as_of_date), state)
            ledger.write_changes(db, actor, loan, changes, payment_ids=account.payment_ids, now=now)
        loan.as_of_date = to
    return state


def sync(
    db: Session, actor: Actor, loan: Loan, state: LoanState, payments: Sequence[Payment], *, now: datetime
) -> None:
    """Write what a replay found into the caches of a loan, its schedule and its allocations.

    Moves the status, settles or reopens the contract, and records ``loan.settled`` and ``loan.overdue``.

    Raises:
        LedgerBroken: the ledger disagrees with the replay; the transaction is lost.
    """
    sync_schedule(db, loan, state)
    sync_allocations(db, loan, state, {payment.seq: payment.id for payment in payments})
    loan.outstanding_principal_fen = state.outstanding_principal_fen
    loan.suspense_fen = state.suspense_fen
    loan.overdue_principal_fen = state.delinquency.overdue_principal_fen
    loan.next_due_date = state.next_open_due_date
    loan.settled_date = state.settled_date
    loan.dpd, loan.bucket = state.dpd, state.bucket.value
    classify(db, loan, state, now=now)
    loan.events_floor = "" if state.class_floor is FiveClass.NORMAL else state.class_floor.value
    loan.maturity_date = state.installments[-1].due_date
    loan.accrued_interest_fen = state.accrued_interest_fen
    loan.penalty_due_fen = state.due_penalty_fen + state.due_compound_fen
    loan.extended, loan.restructured = state.extended, state.restructured
    waiting = loan.next_reprice_date
    if (
        waiting is None or waiting > state.as_of or state.terms.lpr is None
    ):  # one that has come waits to be posted
        loan.next_reprice_date = state.terms.next_reprice_date(state.as_of)
    loan.written_off_date, loan.written_off_fen = state.written_off_date, state.written_off_fen
    loan.recovered_fen = state.recovered_fen
    loan.as_of_date = state.as_of
    failpoint("posting.before_caches")
    _move(db, actor, loan, state, now=now)
    db.flush()
    ledger.check(db, loan, state)


def _move(db: Session, actor: Actor, loan: Loan, state: LoanState, *, now: datetime) -> None:
    before, target = loan.status, rules.status_from(state)
    for event in rules.events_between(before, target):
        loan.status = rules.move(loan.status, event)
        if event is LoanEvent.REOPEN and before is not LoanStatus.WRITTEN_OFF:
            _move_contract(db, loan, ContractEvent.REOPEN, now=now)
    if loan.status is before:
        return
    if loan.status is LoanStatus.WRITTEN_OFF:
        return  # 账销案存: the claim and its contract live on, and the write-off records itself
    if loan.status in CLOSED:
        _move_contract(db, loan, ContractEvent.SETTLE, now=now)
        record(
            db, actor, "loan.settled", loan, now=now, before={"状态": before.label},
            after={"状态": loan.status.label}, summary=f"{loan.number} {loan.status.label}",
        )  # fmt: skip
        tell_owner(db, actor, loan, title=f"借据{loan.status.label}", now=now)
    elif loan.status is LoanStatus.OVERDUE:
        record(
            db, actor, "loan.overdue", loan, now=now, before={"状态": before.label},
            after={"状态": f"逾期 {loan.dpd} 天"},
            summary=f"{loan.number} 逾期 {loan.dpd} 天，逾期本金 {format_fen(loan.overdue_principal_fen)}",
        )  # fmt: skip
        tell_owner(db, actor, loan, title=f"贷款逾期 {loan.dpd} 天", kind="overdue", now=now, actionable=True)


def _move_contract(db: Session, loan: Loan, event: ContractEvent, *, now: datetime) -> None:
    contract = db.get(Contract, loan.contract_id)
    goal = ContractStatus.SETTLED if event is ContractEvent.SETTLE else ContractStatus.EFFECTIVE
    if contract is None or contract.status is goal:
        return
    contract.status = contract_rules.move(contract.status, event)
    contract.updated_at = now
    contract.version += 1


class Told(TypedDict, total=False):
    """What an event says; see :func:`loanhub.services.events.record`."""

    before: dict[str, object]
    after: dict[str, object]
    summary: str
    reason: str


class _Whose(TypedDict):
    entity: str
    entity_id: int | None
    customer_id: int
    lead_id: int | None


def record(
    db: Session, actor: Actor, event_type: str, loan: Loan, *, now: datetime, **told: Unpack[Told]
) -> int | None:
    """Append an event on a loan to its timelines, the loan's, the customer's, the lead's; return its id."""
    return events.record(db, actor, event_type, now=now, **_whose(db, loan), **told).id


def note(
    db: Session, actor: Actor, event_type: str, loan: Loan, *, now: datetime, **told: Unpack[Told]
) -> None:
    """Do as :func:`record` by one plain statement, when nobody asks for the id and nothing else is to be written first."""
    events.record(db, actor, event_type, now=now, flush=False, **_whose(db, loan), **told)


def _whose(db: Session, loan: Loan) -> _Whose:
    lead_id = repository.find_lead_id(db, loan.application_id)
    return {"entity": "loan", "entity_id": loan.id, "customer_id": loan.customer_id, "lead_id": lead_id}


def tell_owner(
    db: Session,
    actor: Actor,
    loan: Loan,
    *,
    title: str,
    text: str = "",
    kind: str = "loan",
    actionable: bool = False,
    now: datetime,
) -> None:
    """Put a message about a loan into its owner's inbox, unless the owner did it; without words of its own it says whose."""
    if loan.owner_id == actor.actor_id:
        return
    if not text:
        customer = db.get(Customer, loan.customer_id)
        text = f"{customer.name if customer else ''} {loan.number}".strip()
    notify(
        db, loan.owner_id, title=title, text=text, link=f"/loans/{loan.id}", kind=kind,
        entity="loan", entity_id=loan.id, actionable=actionable, now=now,
    )  # fmt: skip


def account_tail(customer: Customer | None) -> str:
    """Return the bank and the last four digits of the account money goes to, or nothing."""
    if customer is None or not customer.bank_card:
        return ""
    return f"{customer.bank_name} 尾号 {customer.bank_card[-4:]}".strip()
