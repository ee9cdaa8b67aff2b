"""An owner of leads and the head of the team."""

from __future__ import annotations

import pytest

from loanhub.domain.permissions import RoleCode
from loanhub.services._actor import Actor
from tests.builders import make_company, make_user


@pytest.fixture
def owner(database) -> Actor:
    make_company()
    return make_user(RoleCode.SALES, name="林若溪")


@pytest.fixture
def head(owner: Actor) -> Actor:
    return make_user(RoleCode.TEAM_LEAD, name="顾明轩")
