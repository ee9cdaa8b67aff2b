"""A company for the tests of exports, on the database a test asks for: both, unless it says SQLite is enough."""

import pytest

from tests.builders import make_company


@pytest.fixture(autouse=True)
def company(request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("sqlite_database" if "sqlite_database" in request.fixturenames else "database")
    make_company()
