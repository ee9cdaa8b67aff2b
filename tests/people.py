"""People for the tests: a small company with every shipped role, and a way to sign them in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache

import sqlalchemy as sa
from sqlmodel import col

from loanhub.demo.company import LEAD_PRICES
from loanhub.domain.permissions import RoleCode
from loanhub.models import Department, Role, User, UserRole
from loanhub.services import _passwords, auth, setup
from loanhub.services._actor import Actor
from loanhub.services._transaction import transaction
from tests.copies import made_once

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
PASSWORD = "灯塔 咖啡 旧自行车"


@cache
def _hash() -> str:
    return _passwords.hash_password(PASSWORD)


@dataclass
class Company:
    """Ids of a small company: company › branch › department › team, a user per role (login = role code)."""

    departments: dict[str, int]
    users: dict[str, int]

    def actor(self, login: str) -> Actor:
        """Return the actor of a user."""
        return auth.actor_for_user(self.users[login])

    def sign_in(self, login: str, now: datetime = NOON) -> str:
        """Open a session and return its token."""
        return auth.sign_in(login, PASSWORD, ip="10.0.0.9", user_agent="test", now=now).token

    def add(self, login: str, role: RoleCode, department: str, **values: object) -> int:
        """Add a user with one role; return the id."""
        with transaction() as db:
            user = User(login=login, name=values.pop("name", f"员工{login}"), title=role.label,
                        department_id=self.departments[department], password_hash=_hash(), created_at=NOON, **values)  # fmt: skip
            db.add(user)
            db.flush()
            role_id = db.execute(sa.select(col(Role.id)).where(col(Role.code) == role.value)).scalar_one()
            db.add(UserRole(user_id=user.id or 0, role_id=role_id or 0))
            self.users[login] = user.id or 0
            return user.id or 0


def make_company() -> Company:
    """Insert the company into the database in use."""
    auth.forget_cached()
    return made_once("people", _make_company)


def _make_company() -> Company:
    departments: dict[str, int] = {}
    with transaction() as db:
        setup.install(db, company_name="company", now=NOON, lead_prices=LEAD_PRICES)
        for name, kind, parent in (
            ("company", "company", None), ("branch", "branch", "company"), ("other_branch", "branch", "company"),
            ("department", "department", "branch"), ("team", "team", "department"), ("other_team", "team", "department"),
        ):  # fmt: skip
            above = db.get(Department, departments[parent]) if parent else None
            if above is None:
                departments[name] = db.execute(sa.select(col(Department.id))).scalar_one() or 0
                continue
            row = Department(name=name, kind=kind, parent_id=above.id, path="/")
            db.add(row)
            db.flush()
            row.path = f"{above.path}{row.id}/"
            departments[name] = row.id or 0
    company = Company(departments, {})
    for role in RoleCode:
        company.add(role.value, role, "department" if role is RoleCode.TEAM_LEAD else "team")
    return company
