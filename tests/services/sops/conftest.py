"""A company with an administrator and a rep, for the sequences."""

from __future__ import annotations

import pytest
from sqlalchemy.engine import Engine

from loanhub.domain.permissions import RoleCode
from loanhub.services._actor import Actor
from tests.builders import make_company, make_user


@pytest.fixture(autouse=True)
def company(database: Engine) -> None:
    make_company()


@pytest.fixture
def admin() -> Actor:
    return make_user(RoleCode.ADMIN)


@pytest.fixture
def rep() -> Actor:
    return make_user(RoleCode.SALES)
