"""What the staff's and the signer's side of signing share: links, who stands in the log, gates before a signature."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime

from sqlmodel import Session

from loanhub.domain.contracts import ContractStatus, DisclosureNotConfirmed
from loanhub.domain.errors import Conflict
from loanhub.domain.masking import MaskKind, mask
from loanhub.domain.papers import LOAN_CONTRACT
from loanhub.models import Contract, Customer, Signer
from loanhub.repositories.contracts import find_confirmed_disclosure
from loanhub.repositories.signing import hash_of
from loanhub.services._actor import SYSTEM, Actor
from loanhub.services.contracts._terms import check_frozen_cap
from loanhub.services.contracts.create import frozen_data
from loanhub.settings import settings

PATH = "/h5/sign"


def new_token(signer: Signer) -> str:
    """Give a signer a new link and return its token; the old link is dead from now on."""
    token = secrets.token_urlsafe(24)
    signer.token_hash = hash_of(token)
    return token


def link_of(token: str) -> str:
    """Return the address of a signer's link."""
    return f"{settings().origin}{PATH}/{token}"


def signer_actor(signer: Signer, *, ip: str) -> Actor:
    """Return who stands in the log for a signer: 签署人 with the masked name."""
    return replace(SYSTEM, name=f"签署人 {mask(MaskKind.NAME, signer.name)}"[:60], ip=ip)


def is_personal(db: Session, contract: Contract) -> bool:
    """Return whether the borrower is an individual, who must confirm the disclosure sheet first."""
    if contract.base != LOAN_CONTRACT:
        return False
    customer = db.get(Customer, contract.customer_id)
    return customer is None or customer.kind == "person"


def check_waits(contract: Contract) -> None:
    """Return quietly when a contract waits for signatures; raise Conflict otherwise."""
    if contract.status is not ContractStatus.TO_SIGN:
        raise Conflict(f"合同现在是「{contract.status.label}」，不能签署")


def check_gates(db: Session, contract: Contract, *, now: datetime) -> None:
    """Return quietly when a signature may be put under a contract.

    Raises:
        DisclosureNotConfirmed: an individual has not confirmed the sheet of these terms.
        CostAboveCap: the cost lies above a cap in force today.
    """
    if contract.base != LOAN_CONTRACT:
        return  # the gates are about the cost of the loan, which its contract has passed
    data = frozen_data(contract)
    customer = db.get(Customer, contract.customer_id)
    check_frozen_cap(db, contract, data, customer_kind=customer.kind if customer else "person", now=now)
    if is_personal(db, contract) and not find_confirmed_disclosure(
        db, contract.application_id, data.quote_version
    ):
        raise DisclosureNotConfirmed
