from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from loanhub.domain.permissions import RoleCode
from loanhub.domain.signing import CertificateKind
from loanhub.models import Department, User
from loanhub.services import beginning, parameters
from loanhub.services._actor import Actor
from loanhub.services._transaction import transaction
from loanhub.services.setup import install
from loanhub.services.signing import certificates
from tests.builders import NOON, make_product, make_user

COMPANY = "海州市恒信小额贷款有限公司"


def _person(code: RoleCode) -> Actor:
    return make_user(code, team=COMPANY)


@pytest.fixture
def admin(database: Engine) -> Actor:
    with transaction() as db:
        install(db, company_name=COMPANY, now=NOON)
    return _person(RoleCode.ADMIN)


def _done(actor: Actor) -> list[bool]:
    return [one.done for one in beginning.steps(actor, now=NOON)]


class TestSteps:
    def test_are_ticked_by_what_is_there_and_gone_when_all_is(
        self, admin: Actor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert _done(admin) == [False] * 5

        with transaction() as db:
            parameters.put(db, "company", {"name": "恒信", "credit_code": "91110000600037341L"})
            db.add(Department(name="业务部", kind="department"))
        assert _done(admin) == [False, True, False, False, False]
        with transaction() as db:
            parameters.put(
                db, "repayment_account", {"holder": "恒信", "bank": "银行", "number": "1107010009"}
            )
        for code in (RoleCode.SALES, RoleCode.CREDIT, RoleCode.CONTRACTS, RoleCode.FINANCE):
            _person(code)
        assert _done(admin) == [True, True, False, False, False]
        second = _person(RoleCode.FINANCE)
        make_product()
        assert _done(admin) == [True, True, True, True, False]

        monkeypatch.setattr(
            beginning.certificates, "find_certificate", lambda _db, kind, _now: kind is CertificateKind.PKCS12
        )
        assert beginning.steps(admin, now=NOON) == []
        with transaction() as db:
            db.execute(sa.update(User).where(User.id == second.user_id).values(active=False))  # type: ignore[arg-type]
        assert _done(admin) == [True, True, False, True, True]

    def test_a_development_certificate_is_not_one(self, admin: Actor) -> None:
        with transaction() as db:
            certificates.in_use(db, now=NOON)

        assert _done(admin)[-1] is False

    def test_are_nobody_elses(self, admin: Actor) -> None:
        assert beginning.steps(_person(RoleCode.MANAGER), now=NOON) == []
