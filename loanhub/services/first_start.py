"""The first administrator 首次设置: made on an empty installation with a token printed on the console."""

from __future__ import annotations

import hmac
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col

from loanhub.domain.errors import Conflict, InvalidInput
from loanhub.domain.permissions import RoleCode
from loanhub.models import Department, Role, User, UserRole
from loanhub.models.encryption import blind_index
from loanhub.repositories import access
from loanhub.services import _passwords, events, parameters, setup
from loanhub.services._actor import SYSTEM
from loanhub.services._transaction import reading, transaction
from loanhub.services.sops import ready
from loanhub.settings import settings


class AlreadySetUp(Conflict):
    """Somebody has an account already, so the first one cannot be made any more."""

    def __init__(self) -> None:
        super().__init__("系统已完成首次设置，请直接登录")


def needed() -> bool:
    """Return whether the first administrator must still be made: no user, and not a demo."""
    if settings().demo_mode:
        return False
    with reading() as db:
        return not access.any_user(db)


def setup_token() -> str:
    """Return the token of this installation's set-up; the same in every worker, worthless once somebody exists."""
    return blind_index("first-start", settings().database)[:24]


def console_notice() -> str:
    """Return the lines to print at start, or an empty text when set-up is done."""
    if not needed():
        return ""
    return f"首次设置：打开 {settings().origin}/setup ，口令 {setup_token()}\n"


def create_first_admin(
    *, token: str, company: str, login: str, name: str, password: str, now: datetime
) -> int:
    """Install the reference rows and the company, make the first administrator; return the user's id.

    Raises:
        AlreadySetUp: there is a user already.
        InvalidInput: by field; the token is not the one on the console, or company, login, name or password cannot be accepted.
    """
    company, login, name = company.strip(), login.strip().casefold(), name.strip()
    known = hmac.compare_digest(token.strip().encode(), setup_token().encode())
    checks = (
        ("token", known, "设置口令不正确，请查看服务器启动时显示的口令"),
        ("company", 2 <= len(company) <= 60, "请填写公司全称，2 到 60 个字"),
        ("login", 2 <= len(login) <= 60, "账号为 2 到 60 个字符"),
        ("name", 1 <= len(name) <= 60, "请填写姓名"),
    )
    fields = {key: sentence for key, fine, sentence in checks if not fine}
    try:
        _passwords.check_rules(password, login=login, name=name, companies=(company,))
    except InvalidInput as weak:
        fields |= weak.fields
    if fields:
        raise InvalidInput(fields=fields)
    hashed = _passwords.hash_password(password)
    with transaction() as db:
        if settings().demo_mode or access.any_user(db):
            raise AlreadySetUp
        setup.install(db, company_name=company, now=now)
        ready.install(db, now=now)
        company_id = (
            db.execute(sa.select(col(Department.id)).where(col(Department.parent_id).is_(None)))
            .scalars()
            .first()
        )
        user = User(
            login=login,
            name=name,
            title="系统管理员",
            department_id=company_id,
            password_hash=hashed,
            created_at=now,
        )
        db.add(user)
        db.flush()
        assert user.id is not None
        parameters.put(db, "company", {"name": company}, valid_from=now, changed_by_id=user.id)
        # The first person starts the installation alone; handing one of the two roles on restores the separation.
        for code in (RoleCode.ADMIN, RoleCode.SECURITY_ADMIN):
            role = db.execute(sa.select(Role).where(col(Role.code) == code.value)).scalar_one()
            db.add(UserRole(user_id=user.id, role_id=role.id or 0))
        events.record(
            db, SYSTEM, "user.created", now=now, entity="user", entity_id=user.id, summary=f"首次设置 {name}"
        )
        return user.id
