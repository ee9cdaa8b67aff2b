"""The firm that makes the contracts of these tests."""

from __future__ import annotations

import pytest
from sqlalchemy.engine import Engine

from loanhub.services import parameters
from loanhub.services._transaction import transaction
from tests.builders import make_company


@pytest.fixture(autouse=True)
def company(database: Engine) -> None:
    make_company()
    with transaction() as db:
        parameters.put(db, "company", {
            "name": "示例普惠小额贷款有限公司", "credit_code": "91310199MA1K0000XJ", "legal_representative": "示例",
            "address": "上海市浦东新区示例路 1 号", "phone": "021-00000000"})  # fmt: skip
        parameters.put(db, "repayment_account", {"holder": "示例普惠小额贷款有限公司", "bank": "示例银行上海分行",
                                                 "number": "6222000000000017"})  # fmt: skip
