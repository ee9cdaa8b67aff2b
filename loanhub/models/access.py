"""The company's structure, its people, their roles and sessions 组织、员工、角色、会话."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from loanhub.models._columns import instant, json_field, text_field
from loanhub.models.encryption import EncryptedText


class Department(SQLModel, table=True):
    """A node of the organization tree 部门: company, branch, department or team.

    ``path`` is the ids from the root, ``/1/4/9/``, so that "and below" is one prefix test.
    """

    id: int | None = Field(default=None, primary_key=True)
    name: str = text_field(60)
    kind: str = text_field(16, default="team")
    parent_id: int | None = Field(default=None, foreign_key="department.id", index=True)
    path: str = text_field(200, index=True)
    city: str = text_field(40)
    sort: int = 0


class User(SQLModel, table=True):
    """A person who signs in 员工. ``access_version`` rises whenever roles, department or state change."""

    __tablename__ = "app_user"

    id: int | None = Field(default=None, primary_key=True)
    login: str = text_field(60, unique=True, index=True)
    name: str = text_field(60, index=True)
    title: str = text_field(40)
    department_id: int | None = Field(default=None, foreign_key="department.id", index=True)
    phone: str | None = Field(default=None, sa_type=EncryptedText("app_user.phone"))  # type: ignore[call-overload]
    password_hash: str = text_field(200)
    must_change_password: bool = False
    active: bool = True
    demo: bool = False
    access_version: int = 1
    preferences: dict[str, object] = json_field()
    joined_at: datetime | None = instant(nullable=True)
    created_at: datetime = instant()
    version: int = 1


class Role(SQLModel, table=True):
    """A role 角色: the shipped ten, and those a firm adds. ``permissions`` is a list of permission codes."""

    id: int | None = Field(default=None, primary_key=True)
    code: str = text_field(32, unique=True, index=True)
    label: str = text_field(40)
    scope: int = 0
    permissions: list[str] = json_field(list)
    shipped: bool = True
    version: int = 1


class UserRole(SQLModel, table=True):
    """Which roles a user has."""

    __tablename__ = "user_role"

    user_id: int = Field(foreign_key="app_user.id", primary_key=True)
    role_id: int = Field(foreign_key="role.id", primary_key=True)


class UserSession(SQLModel, table=True):
    """A signed-in browser 会话; only the hash of its token is kept."""

    __tablename__ = "user_session"

    id: int | None = Field(default=None, primary_key=True)
    token_hash: str = text_field(64, unique=True, index=True)
    user_id: int = Field(foreign_key="app_user.id", index=True)
    created_at: datetime = instant()
    last_seen_at: datetime = instant()
    expires_at: datetime = instant()
    revoked_at: datetime | None = instant(nullable=True)
    ip: str = text_field(64)
    user_agent: str = text_field(300)
    step_up_at: datetime | None = instant(nullable=True)


class LoginAttempt(SQLModel, table=True):
    """One attempt to sign in, for the lockout and the audit."""

    __tablename__ = "login_attempt"
    __table_args__ = (sa.Index("ix_login_attempt_login_ip_at", "login", "ip", "at"),)

    id: int | None = Field(default=None, primary_key=True)
    login: str = text_field(60)
    ip: str = text_field(64)
    at: datetime = instant(index=True)
    succeeded: bool = False
