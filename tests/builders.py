"""Rows for the tests: builders fill everything the test does not say."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import Session, select

from loanhub.demo.company import LEAD_PRICES
from loanhub.domain.permissions import ROLES, RoleCode, Scope
from loanhub.models import Department, Product, Role, SavedView, User, UserRole
from loanhub.services._actor import Actor
from loanhub.services._rights import actor_of
from loanhub.services._transaction import transaction
from loanhub.services.setup import install
from tests.copies import made_once

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
"""A Friday noon in Shanghai."""
TODAY = date(2026, 11, 20)

_numbers = itertools.count(1)


def make_phone() -> str:
    """Return a fresh mobile number in a range no carrier uses."""
    return f"154{next(_numbers):08d}"


def make_id_number(birth: str = "19900307", sequence: int | None = None) -> str:
    """Return a valid resident identity number of an area never issued."""
    from loanhub.domain.identity import id_check_character

    body = f"310000{birth}{(next(_numbers) if sequence is None else sequence) % 1000:03d}"
    return body + id_check_character(body)


def make_company(now: datetime = NOON) -> None:
    """Install the reference data with one branch and two teams."""
    made_once("company", _make_company)
    with transaction() as db:
        db.execute(sa.update(SavedView).values(created_at=now))


def _make_company() -> None:
    with transaction() as db:
        install(db, company_name="澄江普惠", now=NOON, lead_prices=LEAD_PRICES)
        root = db.exec(select(Department)).first()
        assert root is not None
        branch = Department(name="上海分公司", kind="branch", parent_id=root.id, city="上海")
        db.add(branch)
        db.flush()
        branch.path = f"{root.path}{branch.id}/"
        for name in ("华东一组", "华东二组"):
            team = Department(name=name, kind="team", parent_id=branch.id, city="上海")
            db.add(team)
            db.flush()
            team.path = f"{branch.path}{team.id}/"


def department(db: Session, name: str) -> Department:
    """Return a department by name."""
    found = db.exec(select(Department).where(Department.name == name)).first()
    assert found is not None
    return found


def make_user(
    *roles: RoleCode, name: str = "", team: str = "华东一组", login: str = "", scope: Scope | None = None
) -> Actor:
    """Store a user with these roles and return the actor it is."""
    number = next(_numbers)
    with transaction() as db:
        user = User(
            login=login or f"user{number}", name=name or f"员工{number}", password_hash="!",
            department_id=department(db, team).id, created_at=NOON,
        )  # fmt: skip
        db.add(user)
        db.flush()
        for code in roles:
            role = db.exec(select(Role).where(Role.code == code.value)).first()
            assert role is not None and role.id is not None and user.id is not None
            db.add(UserRole(user_id=user.id, role_id=role.id))
        db.flush()
        return actor_of(db, user)


def bare_actor(role: RoleCode, *, user_id: int = 900_001) -> Actor:
    """Return an actor of a shipped role that is in no database, for permission checks alone."""
    spec = ROLES[role]
    return Actor(user_id=user_id, name=role.label, roles=frozenset({role.value}),
                 permissions=spec.permissions, scope=spec.scope)  # fmt: skip


def make_product(code: str = "personal_business", **values: object) -> int:
    """Store a product and return its id."""
    defaults: dict[str, object] = {
        "code": code, "label": "个人经营贷", "mode": "own", "lender": "澄江普惠", "kind": "credit",
        "method": "equal_installment", "interest_basis": "monthly", "min_amount_fen": 3_000_000,
        "max_amount_fen": 50_000_000, "min_annual_rate": Decimal("0.108"), "max_annual_rate": Decimal("0.12"),
        "terms_months": [12, 24, 36], "grace_days": 3, "allocation": ["fee", "penalty", "compound", "interest", "principal"],
        "created_at": NOON,
    }  # fmt: skip
    with transaction() as db:
        product = Product(**{**defaults, **values})
        db.add(product)
        db.flush()
        assert product.id is not None
        return product.id
