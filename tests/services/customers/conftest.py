"""A company for the customer tests, on both databases."""

import pytest
from sqlalchemy.engine import Engine

from tests.builders import make_company


@pytest.fixture(autouse=True)
def company(database: Engine) -> None:
    make_company()
