"""Ask for a disbursement 发起放款: the maker's half. The money moves in the books only when another confirms."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from sqlmodel import Session

from loanhub.domain.contracts import ContractStatus, loan_number
from loanhub.domain.errors import Conflict, InvalidInput, NotPermitted
from loanhub.domain.formats import local
from loanhub.domain.loans import LoanStatus
from loanhub.domain.money import format_fen
from loanhub.domain.papers import LOAN_CONTRACT
from loanhub.domain.permissions import Permission
from loanhub.domain.repayment.postings import ServicingOptions
from loanhub.domain.repayment.schedule import check_terms
from loanhub.domain.repayment.terms import Terms
from loanhub.models import Application, Contract, Customer, Lead, Loan, Product
from loanhub.repositories import contracts as contract_repository
from loanhub.repositories import loans as repository
from loanhub.services import product_terms, rates, search
from loanhub.services._actor import Actor
from loanhub.services._failpoints import failpoint
from loanhub.services._idempotency import once
from loanhub.services._notices import notify
from loanhub.services._transaction import transaction
from loanhub.services.contracts import servicing_of, terms_of
from loanhub.services.loans._shared import record
from loanhub.services.rates import CostAboveCap

RateAboveCap = CostAboveCap


class NotALoanContract(Conflict):
    """Money goes out under a loan contract only, not under another document of its case."""

    def __init__(self) -> None:
        super().__init__("这不是借款合同，不能据此放款")


class NotSigned(Conflict):
    """Only a signed contract may be disbursed."""

    def __init__(self, status: ContractStatus) -> None:
        super().__init__(f"合同现在是「{status.label}」，签署登记后才能放款")


class AmountDiffers(Conflict):
    """The loan would pay out another amount than the contract says."""

    def __init__(self, loan_fen: int, contract_fen: int) -> None:
        super().__init__(
            f"放款本金 {format_fen(loan_fen)} 与合同金额 {format_fen(contract_fen)} 不一致；须按合同金额全额放款，不得预扣"
        )


class AlreadyRequested(Conflict):
    """The contract's disbursement is under way or done."""

    def __init__(self, status: LoanStatus) -> None:
        waiting = status is LoanStatus.PENDING
        super().__init__("这份合同已发起放款，正在等待复核" if waiting else "这份合同已经放款")


def open_loan(
    db: Session,
    actor: Actor,
    contract: Contract,
    application: Application,
    product: Product,
    *,
    now: datetime,
) -> Loan:
    """Write a loan 待放款 for a contract, its terms and servicing frozen; runs inside the caller's transaction.

    Raises:
        Conflict: the application carries no approved figures, or the product is lent by somebody else.
        AmountDiffers: the approved amount is not the contract's.
    """
    if product.mode != "own":
        raise Conflict("助贷产品由资方放款，不在这里登记放款")
    terms = terms_of(
        db, application, product, start=contract.start_date or local(now).date(),
        contract_day=local(contract.created_at).date(),
    )  # fmt: skip
    check_terms(terms)
    if terms.principal_fen != contract.amount_fen:
        raise AmountDiffers(terms.principal_fen, contract.amount_fen)
    servicing: ServicingOptions = servicing_of(product)
    lead = db.get(Lead, application.lead_id) if application.lead_id else None
    loan = Loan(
        number=loan_number(contract.number), contract_id=contract.id or 0, application_id=application.id,
        customer_id=contract.customer_id, product_id=product.id, product_code=product.code,
        channel_code=lead.channel_code if lead else "", mode=product.mode, status=LoanStatus.PENDING,
        principal_fen=terms.principal_fen, annual_rate=contract.annual_rate, method=terms.method,
        terms=terms.as_dict(), servicing=servicing.as_dict(), owner_id=contract.owner_id,
        department_id=contract.department_id, created_at=now, updated_at=now,
    )  # fmt: skip
    db.add(loan)
    db.flush()
    search.index(db, "loan", loan)
    return loan


def request(
    actor: Actor,
    *,
    contract_id: int,
    bank_reference: str,
    value_date: date,
    key: str = "",
    now: datetime,
) -> int:
    """Ask for the disbursement of a signed contract and return the loan's id.

    ``value_date`` is the day the money left our account; ``bank_reference`` the bank's number for it.

    Raises:
        NotFound: no such contract in the actor's scope.
        NotPermitted: the actor lacks loans:disburse.
        NotALoanContract, NotSigned, AlreadyRequested, AmountDiffers, CostAboveCap: see the classes.
        InvalidInput: the product deducts a fee 砍头息; a reference missing or used, a date before the signing or after today.
    """
    reference = " ".join(bank_reference.split())
    with transaction() as db:
        contract = contract_repository.get_visible(db, actor, contract_id)
        actor.require(Permission.LOANS_DISBURSE)
        if contract.base != LOAN_CONTRACT:
            raise NotALoanContract
        # Lock the loan before the contract, in the order every money transaction takes them.
        repository.find_by_contract(db, contract_id, for_update=True)
        contract = contract_repository.get_visible(db, actor, contract_id, for_update=True)
        db.refresh(contract)

        def work() -> dict[str, object]:
            return {"id": _request(db, actor, contract, reference, value_date, now=now)}

        content = [contract_id, reference, value_date]
        return int(str(once(db, actor, "loans.request", key, content, now=now, work=work)["id"]))


def _request(
    db: Session, actor: Actor, contract: Contract, reference: str, value_date: date, *, now: datetime
) -> int:
    loan = repository.find_by_contract(db, contract.id or 0)
    if loan is not None and (loan.status is not LoanStatus.PENDING or loan.requested_at is not None):
        raise AlreadyRequested(loan.status)
    if contract.status is not ContractStatus.SIGNED:
        raise NotSigned(contract.status)
    application = db.get(Application, contract.application_id)
    product = db.get(Product, application.product_id) if application and application.product_id else None
    if application is None or product is None:
        raise Conflict("这份合同没有关联产品，不能放款")
    if loan is None:
        loan = open_loan(db, actor, contract, application, product, now=now)
    if loan.principal_fen != contract.amount_fen:
        raise AmountDiffers(loan.principal_fen, contract.amount_fen)
    refused = _refusals(db, contract, loan, reference, value_date, now=now)
    if refused:
        raise InvalidInput(fields=refused)
    terms = replace(Terms.parse(loan.terms), disburse_date=value_date)
    # The rules of the day the contract was made hold, whenever it is paid out. Source: 民间借贷规定 25.
    rates.check_terms_cost(
        db, replace(terms, period_fee_fen=0), product_terms.fees_of(product),
        options=ServicingOptions.parse(loan.servicing), customer_kind=_kind_of(db, loan),
        on=contract.signed_date or value_date, now=now,
    )  # fmt: skip
    loan.terms = terms.as_dict()
    loan.bank_reference = reference
    loan.requested_by_id, loan.requested_at = actor.actor_id, now
    loan.updated_at = now
    loan.version += 1
    db.flush()
    failpoint("disbursement.after_request")
    customer = db.get(Customer, loan.customer_id)
    event_id = record(
        db, actor, "loan.requested", loan, now=now,
        summary=f"{loan.number} · {format_fen(loan.principal_fen)} · {value_date.isoformat()}",
    )  # fmt: skip
    for user_id in repository.list_user_ids_who_may(db, Permission.LOANS_CONFIRM.value):
        if user_id != actor.actor_id:
            notify(
                db, user_id, title=f"待复核放款 {format_fen(loan.principal_fen)}",
                text=f"{customer.name if customer else ''} {loan.number}".strip(), link=f"/loans/{loan.id}",
                kind="approval", entity="loan", entity_id=loan.id, actionable=True, event_id=event_id, now=now,
            )  # fmt: skip
    assert loan.id is not None
    return loan.id


def _kind_of(db: Session, loan: Loan) -> str:
    customer = db.get(Customer, loan.customer_id)
    return customer.kind if customer else ""


def _refusals(
    db: Session, contract: Contract, loan: Loan, reference: str, value_date: date, *, now: datetime
) -> dict[str, str]:
    refused: dict[str, str] = {}
    if not 4 <= len(reference) <= 60:
        refused["bank_reference"] = "填写银行放款流水号（4 到 60 个字符）"
    elif repository.find_by_bank_reference(db, reference, skip_id=loan.id) is not None:
        refused["bank_reference"] = "这个放款流水号已登记在另一笔借据上"
    if value_date > local(now).date():
        refused["value_date"] = "放款日不能晚于今天"
    elif contract.signed_date is not None and value_date < contract.signed_date:
        refused["value_date"] = f"放款日不能早于签约日 {contract.signed_date.isoformat()}"
    return refused


class OwnRequest(NotPermitted):
    """Maker ≠ checker: who asked for the disbursement may not confirm it."""

    def __init__(self) -> None:
        super().__init__("这笔放款是你发起的，须由另一位同事复核")
