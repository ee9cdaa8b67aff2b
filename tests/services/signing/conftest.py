"""The firm whose contracts are signed, and certificates made once for all tests."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from loanhub.documents import sign_seal
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


_authority, _leaf = cache(sign_seal.make_authority), cache(sign_seal.make_leaf)


@pytest.fixture(autouse=True)
def certificates_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key of 2048 bits takes a tenth of a second: the tests share theirs."""

    def authority(name: str, *, now: Any) -> Any:
        return _authority(name, now=now)

    def leaf(above: Any, name: str, organization: str, *, stamps: bool = False, now: Any) -> Any:
        return _leaf(above, name, organization, stamps=stamps, now=now)

    monkeypatch.setattr(sign_seal, "make_authority", authority)
    monkeypatch.setattr(sign_seal, "make_leaf", leaf)
