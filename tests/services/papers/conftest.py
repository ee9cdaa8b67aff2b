"""The firm whose documents these are, its clerk, and certificates made once, as for signing."""

import pytest

from loanhub.domain.permissions import RoleCode
from loanhub.services._actor import Actor
from tests.builders import make_user
from tests.services.signing.conftest import certificates_made_once, company

__all__ = ["certificates_made_once", "company"]


@pytest.fixture
def clerk() -> Actor:
    return make_user(RoleCode.CONTRACTS)
