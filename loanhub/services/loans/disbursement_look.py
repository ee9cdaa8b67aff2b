"""What a disbursement would pay, before it is asked for 放款前."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from loanhub.domain import formats
from loanhub.domain.errors import NotFound
from loanhub.domain.formats import local
from loanhub.domain.money import format_plain, uppercase
from loanhub.domain.papers import LOAN_CONTRACT
from loanhub.domain.permissions import Permission
from loanhub.domain.rates import format_percent
from loanhub.models import Customer
from loanhub.repositories import contracts as contract_repository
from loanhub.repositories import loans as repository
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading
from loanhub.services.loans._shared import account_tail


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
            customer_name=customer.name if customer else "", account_tail=account_tail(customer),
            amount=format_plain(contract.amount_fen), uppercase=uppercase(contract.amount_fen),
            annual_rate=format_percent(contract.annual_rate),
            signed_date=formats.day(contract.signed_date) if contract.signed_date else "",
            today=local(now).date().isoformat(), loan_id=(loan.id or 0) if loan else 0,
            waiting=loan is not None and (loan.requested_at is not None),
        )  # fmt: skip
