"""Confirm or refuse a disbursement 复核放款: the checker's half, by which the loan comes to life."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from loanhub.domain import applications as application_rules
from loanhub.domain import contracts as contract_rules
from loanhub.domain import leads as lead_rules
from loanhub.domain import loans as rules
from loanhub.domain.applications import ApplicationEvent
from loanhub.domain.contracts import ContractEvent, ContractStatus
from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.domain.leads import LeadEvent
from loanhub.domain.loans import LoanEvent, LoanStatus, entries_for_disbursement
from loanhub.domain.money import format_fen
from loanhub.domain.permissions import Permission
from loanhub.domain.repayment.schedule import build_schedule
from loanhub.domain.repayment.terms import Terms
from loanhub.models import Application, Contract, Customer, Lead, Loan
from loanhub.repositories import contracts as contract_repository
from loanhub.repositories import loans as repository
from loanhub.services import boards, catalogue, events
from loanhub.services._actor import Actor
from loanhub.services._failpoints import failpoint
from loanhub.services._idempotency import once
from loanhub.services._notices import notify
from loanhub.services._transaction import transaction
from loanhub.services.interactions import step_text
from loanhub.services.loans import ledger
from loanhub.services.loans._shared import business_day, open_account, record, sync, tell_owner
from loanhub.services.loans.request import AmountDiffers, NotSigned, OwnRequest


class NothingToConfirm(Conflict):
    """No disbursement of this loan waits for a checker."""

    def __init__(self) -> None:
        super().__init__("这笔借据没有待复核的放款")


def confirm(actor: Actor, *, loan_id: int, key: str = "", now: datetime) -> int:
    """Confirm a requested disbursement and return the loan's id.

    The schedule starts on the value date; the ledger shows the whole principal; the contract is in force,
    the application and the lead are funded, and the card goes to the last column of the board.

    Raises:
        NotFound: no such loan in the actor's scope.
        NotPermitted: the actor lacks loans:confirm.
        OwnRequest: the actor asked for this disbursement.
        NothingToConfirm: it was not asked for, or is confirmed already.
    """
    with transaction() as db:
        loan = repository.get_visible(db, actor, loan_id, for_update=True)
        actor.require(Permission.LOANS_CONFIRM)

        def work() -> dict[str, object]:
            return {"id": _confirm(db, actor, loan, now=now)}

        return int(str(once(db, actor, "loans.confirm", key, [loan_id], now=now, work=work)["id"]))


def _check_waiting(actor: Actor, loan: Loan) -> None:
    if loan.status is not LoanStatus.PENDING or loan.requested_at is None:
        raise NothingToConfirm
    if loan.requested_by_id == actor.actor_id:
        raise OwnRequest


def _confirm(db: Session, actor: Actor, loan: Loan, *, now: datetime) -> int:
    _check_waiting(actor, loan)
    contract = contract_repository.get_visible(db, actor, loan.contract_id, for_update=True)
    if contract.status is not ContractStatus.SIGNED:
        raise NotSigned(contract.status)
    if contract.amount_fen != loan.principal_fen:
        raise AmountDiffers(loan.principal_fen, contract.amount_fen)
    terms = Terms.parse(loan.terms)
    first_rows = build_schedule(terms)
    loan.status = rules.move(loan.status, LoanEvent.DISBURSE)
    loan.disbursed_date = loan.as_of_date = terms.disburse_date
    loan.first_due_date = first_rows[0].due_date
    loan.next_reprice_date = terms.next_reprice_date(terms.disburse_date)
    loan.confirmed_by_id, loan.confirmed_at = actor.actor_id, now
    loan.updated_at = now
    loan.version += 1
    db.flush()
    failpoint("disbursement.after_status")
    ledger.write(
        db, actor, loan, "disbursement", entries_for_disbursement(loan.principal_fen),
        value_date=terms.disburse_date, note=loan.bank_reference, now=now,
    )  # fmt: skip
    _fund(db, actor, loan, contract, now=now)
    event_id = record(
        db, actor, "loan.disbursed", loan, now=now, before={"状态": LoanStatus.PENDING.label},
        after={"状态": LoanStatus.ACTIVE.label, "放款日": terms.disburse_date.isoformat()},
        summary=f"{loan.number} 放款 {format_fen(loan.principal_fen)}，共 {len(first_rows)} 期",
    )  # fmt: skip
    notify(
        db, loan.requested_by_id, title="放款已复核", text=loan.number, link=f"/loans/{loan.id}", kind="loan",
        entity="loan", entity_id=loan.id, event_id=event_id, now=now,
    )  # fmt: skip
    if loan.owner_id != loan.requested_by_id:
        tell_owner(db, actor, loan, title=f"已放款 {format_fen(loan.principal_fen)}", now=now)
    account = open_account(db, loan)
    sync(db, actor, loan, account.at(business_day(loan, now)), [], now=now)
    assert loan.id is not None
    return loan.id


def _settle_customer(db: Session, actor: Actor, customer: Customer, loan: Loan, *, now: datetime) -> None:
    """A new customer grows, and what was planned until the money went out is done; the log says so."""
    known = catalogue.snapshot(db, "customer", customer)
    planned = step_text(customer.next_step, customer.next_step_at)
    customer.lifecycle = "growing" if customer.lifecycle == "new" else customer.lifecycle
    customer.next_step, customer.next_step_kind, customer.next_step_at = "", "", None
    changes = catalogue.changes_since(db, "customer", customer, known, now=now)
    labels = {"生命周期"} & set(changes.after)
    before = {label: changes.before[label] for label in labels}
    after = {label: changes.after[label] for label in labels}
    if planned != "—":
        before["下一步"], after["下一步"] = planned, "—"
    if after:
        events.record(
            db, actor, "customer.edited", now=now, entity="customer", entity_id=customer.id,
            customer_id=customer.id, before=before, after=after, summary="、".join(after),
            reason=f"借据 {loan.number} 已放款",
        )  # fmt: skip


def _fund(db: Session, actor: Actor, loan: Loan, contract: Contract, *, now: datetime) -> None:
    """Tell the contract, the application, the lead and the customer that the money has gone out."""
    contract.status = contract_rules.move(contract.status, ContractEvent.DISBURSE)
    contract.start_date = loan.disbursed_date
    contract.updated_at = now
    contract.version += 1
    customer = db.get(Customer, loan.customer_id)
    if customer is not None:
        _settle_customer(db, actor, customer, loan, now=now)
    application = db.get(Application, loan.application_id) if loan.application_id else None
    if application is None:
        return
    application.status = application_rules.move(application.status, ApplicationEvent.FUND)
    application.updated_at = now
    application.version += 1
    lead = db.get(Lead, application.lead_id) if application.lead_id else None
    if lead is None:
        return
    boards.advance(db, actor, lead, "disbursed", reason=f"已放款 {loan.number}", now=now)
    if (lead.status, LeadEvent.FUND) in lead_rules.MOVES:
        lead.status = lead_rules.move(lead.status, LeadEvent.FUND)
        lead.version += 1
    lead.closed_at = lead.updated_at = now
    lead.next_step, lead.next_step_at = "", None
    db.flush()


def refuse(actor: Actor, *, loan_id: int, reason: str, now: datetime) -> None:
    """Return a requested disbursement to its maker 退回; the contract stays signed and may be asked for again.

    Raises:
        NotFound: no such loan in the actor's scope.
        NotPermitted: the actor lacks loans:confirm.
        NothingToConfirm: no disbursement waits here.
        InvalidInput: no reason was given.
    """
    with transaction() as db:
        loan = repository.get_visible(db, actor, loan_id, for_update=True)
        actor.require(Permission.LOANS_CONFIRM)
        if loan.status is not LoanStatus.PENDING or loan.requested_at is None:
            raise NothingToConfirm
        if len(reason.strip()) < 2:
            raise InvalidInput(fields={"reason": "写一下退回的原因"})
        maker = loan.requested_by_id
        loan.requested_by_id = loan.requested_at = None
        loan.bank_reference = ""
        loan.updated_at = now
        loan.version += 1
        event_id = record(
            db, actor, "loan.disbursement_refused", loan, now=now, summary=loan.number, reason=reason.strip()
        )
        notify(
            db, maker, title="放款被退回", text=f"{loan.number}：{reason.strip()[:80]}",
            link=f"/contracts/{loan.contract_id}", kind="loan", entity="loan", entity_id=loan.id, actionable=True,
            event_id=event_id, now=now,
        )  # fmt: skip
