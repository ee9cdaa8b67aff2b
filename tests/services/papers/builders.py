"""A contract with a guarantor, its papers, and what becomes of them."""

from __future__ import annotations

import io
import re
from typing import Any

from pypdf import PdfReader

from loanhub.domain.contracts import ContractStatus
from loanhub.domain.permissions import RoleCode
from loanhub.models import Application, Contract, CustomerRelation
from loanhub.services import contracts, loans, papers
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from tests.builders import NOON, TODAY, make_id_number, make_user
from tests.services.contracts.test_contracts import make_approved


def make_case(clerk: Actor, *, guarantor: dict[str, Any] | None = None, **profile: object) -> tuple[int, int]:
    """Return (application id, id of its loan contract); ``guarantor`` are the columns of a relation."""
    application_id = make_approved()
    with transaction() as db:
        application = db.get(Application, application_id)
        assert application is not None
        application.profile = {**application.profile, **profile}
        if guarantor is not None:
            db.add(
                CustomerRelation(
                    customer_id=application.customer_id, kind="guarantor", created_at=NOON,
                    **{"name": "李娟", "phone": "+8613900001111", "id_number": make_id_number(),
                       "address": "上海市静安区示例路 3 号", **guarantor},
                )
            )  # fmt: skip
    return application_id, contracts.create(clerk, application_id=application_id, now=NOON)


def text_of(clerk: Actor, paper_id: int) -> str:
    _, pdf = contracts.open_pdf(clerk, contract_id=paper_id, now=NOON)
    return re.sub(r"\s", "", "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages))


def stored(paper_id: int) -> Contract:
    with reading() as db:
        row = db.get(Contract, paper_id)
        assert row is not None
        return row


def offered(desk: papers.Desk, code: str) -> papers.Offered:
    return next(one for one in (*desk.fitting, *desk.others) if one.code == code)


def sign_main(contract_id: int) -> None:
    with transaction() as db:
        row = db.get(Contract, contract_id)
        assert row is not None
        row.status, row.signed_date = ContractStatus.SIGNED, TODAY


def disburse(contract_id: int) -> int:
    sign_main(contract_id)
    maker, checker = make_user(RoleCode.FINANCE), make_user(RoleCode.FINANCE)
    loan_id = loans.request(
        maker, contract_id=contract_id, bank_reference=f"FK{contract_id:08d}", value_date=TODAY, now=NOON
    )
    loans.confirm(checker, loan_id=loan_id, now=NOON)
    return loan_id
