"""The demo has a pledge contract that waits for its signatures."""

from __future__ import annotations

from sqlmodel import select

from loanhub.demo import pledge
from loanhub.domain.permissions import RoleCode
from loanhub.models import Contract
from loanhub.services import contracts
from loanhub.services._transaction import reading
from tests.builders import NOON, make_user
from tests.services.contracts.test_contracts import company, make_approved  # noqa: F401 - the firm's data


def test_makes_one_pledge_contract_of_a_contract_that_waits() -> None:
    clerk = make_user(RoleCode.CONTRACTS)
    contracts.create(clerk, application_id=make_approved(), now=NOON)

    assert pledge.build(clerk, now=NOON) == 1

    with reading() as db:
        row = db.exec(select(Contract).where(Contract.base == "pledge_contract")).one()
    assert row.number.split("-")[1] == "ZY" and row.status.value == "to_sign"
    assert pledge.build(clerk, now=NOON) == 0
