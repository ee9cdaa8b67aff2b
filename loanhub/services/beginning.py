"""What a company does first 开始使用: the steps an administrator still has before the first loan, read from the data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from loanhub.domain.calendar import shanghai_date
from loanhub.domain.permissions import Permission, RoleCode
from loanhub.domain.signing import CertificateKind
from loanhub.models import Department, Role, User, UserRole
from loanhub.repositories import signing as certificates
from loanhub.services import parameters, products
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading

BACK_OFFICE = (RoleCode.CREDIT, RoleCode.CONTRACTS, RoleCode.FINANCE)
"""Whose work a loan cannot do without, besides the one who brings the customer."""
QUALIFIED = (CertificateKind.PKCS11, CertificateKind.PKCS12)
FINANCE_PEOPLE = 2
"""Whoever asks for a payout cannot confirm it."""


@dataclass(frozen=True)
class Step:
    """A step in words, where it is done, and whether it is."""

    label: str
    detail: str
    href: str
    done: bool


def steps(actor: Actor, *, now: datetime) -> list[Step]:
    """Return the steps in their order for whoever sets the company up; empty once all are done, and for others."""
    if not actor.can(Permission.PARAMETERS_EDIT):
        return []
    with reading() as db:
        company, account = parameters.company(db, now=now), parameters.repayment_account(db, now=now)
        found = [
            Step("填公司资料和还款账户", "印在合同上，没有就不能生成合同", "/settings/company",
                 bool(company.credit_code and account.number)),
            Step("建部门", "数据范围按部门划分", "/settings/users?tab=departments", _departments(db) > 1),
            Step("添加员工并给角色", "至少客户经理、风控、合同各一人，财务两人：放款由另一人复核", "/settings/users",
                 _is_staffed(db)),
            Step("发布第一个产品", "发布后才能发起申请", "/settings/products",
                 bool(products.list_active(db, today=shanghai_date(now)))),
            Step("换上签章证书", "没有就用开发证书签章，只供试用", "/settings/certificates",
                 any(certificates.find_certificate(db, kind, now) for kind in QUALIFIED)),
        ]  # fmt: skip
    return [] if all(one.done for one in found) else found


def _departments(db: Session) -> int:
    return int(db.execute(sa.select(sa.func.count()).select_from(Department)).scalar_one())


def _is_staffed(db: Session) -> bool:
    """Return whether the roles a first loan passes through are held by people who may sign in."""
    query = (
        sa.select(col(Role.code), sa.func.count())
        .join(UserRole, col(UserRole.role_id) == col(Role.id))
        .join(User, col(User.id) == col(UserRole.user_id))
        .where(col(User.active))
        .group_by(col(Role.code))
    )
    held = {str(code): int(people) for code, people in db.execute(query)}
    sells = held.get(RoleCode.SALES.value, 0) + held.get(RoleCode.TEAM_LEAD.value, 0)
    return (
        sells > 0
        and all(held.get(code.value, 0) for code in BACK_OFFICE)
        and held.get(RoleCode.FINANCE.value, 0) >= FINANCE_PEOPLE
    )
