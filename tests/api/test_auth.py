from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy.engine import Engine
from starlette.testclient import TestClient

from loanhub.api import auth as routes
from loanhub.api import create_api
from loanhub.services import auth, tickets
from loanhub.settings import settings
from loanhub.state._clock import utc_now
from loanhub.state._guard import Bucket
from tests.people import PASSWORD, Company, make_company


@pytest.fixture
def company(sqlite_database: Engine) -> Company:
    return make_company()


@pytest.fixture
def browser(company: Company, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setattr(routes, "_addresses", Bucket(6000, 1000))
    with TestClient(create_api(), base_url=settings().origin, follow_redirects=False) as client:
        client.headers["origin"] = settings().origin
        yield client


def post(browser: TestClient, login: str = "sales", password: str = PASSWORD, **more: str):  # type: ignore[no-untyped-def]
    return browser.post("/api/auth/login", data={"login": login, "password": password, **more})


class TestLogin:
    def test_sets_an_http_only_cookie_and_goes_where_one_wanted(self, browser: TestClient) -> None:
        response = post(browser, next="/leads?view=mine")

        assert response.status_code == 303 and response.headers["location"] == "/leads?view=mine"
        cookie = response.headers["set-cookie"]
        assert cookie.startswith("lh_sid=") and "HttpOnly" in cookie and "SameSite=lax" in cookie
        assert "Secure" not in cookie
        token = browser.cookies["lh_sid"]
        assert auth.actor_for_session(token, utc_now()).name == "员工sales"  # type: ignore[union-attr]

    @pytest.mark.parametrize(
        ("page", "target"),
        [("/login?next=%2Fhandbook%3Fpage%3D2", "/handbook?page=2"), ("/login?next=//evil.example", "/"), ("/login", "/"), ("/leads?next=%2Fhandbook", "/")],
    )  # fmt: skip
    def test_who_is_quicker_than_the_page_still_goes_where_one_wanted(
        self, browser: TestClient, page: str, target: str
    ) -> None:
        browser.headers["referer"] = settings().origin + page

        assert post(browser, next="").headers["location"] == target

    def test_uses_the_host_prefix_over_https(
        self, browser: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("LOANHUB_PUBLIC_ORIGIN", "https://loan.example.lan")
        settings.cache_clear()
        try:
            browser.headers["origin"] = "https://loan.example.lan"
            cookie = post(browser).headers["set-cookie"]
        finally:
            monkeypatch.undo()
            settings.cache_clear()
        assert cookie.startswith("__Host-lh_sid=") and "Secure" in cookie and "Path=/" in cookie

    @pytest.mark.parametrize(("login", "password"), [("sales", "wrong"), ("nobody", PASSWORD), ("", "")])
    def test_goes_back_without_saying_which_part_was_wrong(
        self, browser: TestClient, login: str, password: str
    ) -> None:
        response = post(browser, login, password)

        assert response.status_code == 303 and "set-cookie" not in response.headers
        assert response.headers["location"] == f"/login?error=wrong&login={login}"

    def test_says_how_long_to_wait_after_five_failures(self, browser: TestClient) -> None:
        for _ in range(5):
            post(browser, password="wrong")

        assert post(browser).headers["location"].startswith("/login?error=locked&login=sales&wait=")

    @pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:9", None])
    def test_refuses_other_origins(self, browser: TestClient, origin: str | None) -> None:
        del browser.headers["origin"]
        headers = {"origin": origin} if origin else {}

        response = browser.post(
            "/api/auth/login", data={"login": "sales", "password": PASSWORD}, headers=headers
        )

        assert response.status_code == 403 and "set-cookie" not in response.headers

    def test_slows_one_address_down_whatever_the_accounts(
        self, browser: TestClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(routes, "_addresses", Bucket(30, 10, clock=lambda: 0))

        answers = [post(browser, f"user{n}", "x").headers["location"] for n in range(15)]

        assert sum("error=busy" in one for one in answers) == 5

    @pytest.mark.parametrize(
        "path",
        [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "javascript:alert(1)",
            "/api/files/1",
            "/a\nb",
        ],
    )
    def test_opens_only_our_own_pages_afterwards(self, path: str) -> None:
        assert routes.safe_target(path) == "/"

    def test_replaces_the_token_at_each_login(self, browser: TestClient) -> None:
        post(browser)
        first = browser.cookies["lh_sid"]
        post(browser)

        assert browser.cookies["lh_sid"] != first


class TestExchange:
    def test_opens_a_session_once(self, browser: TestClient, company: Company) -> None:
        ticket = tickets.issue(company.users["sales"], routes.LOGIN_TICKET, now=utc_now())

        first = browser.get("/api/auth/exchange", params={"t": ticket})
        second = browser.get("/api/auth/exchange", params={"t": ticket})

        assert first.headers["location"] == "/" and "lh_sid=" in first.headers["set-cookie"]
        assert second.headers["location"] == "/login?error=ticket&login="

    def test_refuses_a_link_from_elsewhere(self, browser: TestClient, company: Company) -> None:
        ticket = tickets.issue(company.users["sales"], routes.LOGIN_TICKET, now=utc_now())

        response = browser.get(
            "/api/auth/exchange", params={"t": ticket}, headers={"sec-fetch-site": "cross-site"}
        )

        assert "set-cookie" not in response.headers


class TestLogout:
    def test_ends_the_session_for_good(self, browser: TestClient) -> None:
        post(browser)
        token = browser.cookies["lh_sid"]

        response = browser.post("/api/auth/logout")

        assert response.status_code == 200 and 'lh_sid=""' in response.headers["set-cookie"]
        assert auth.actor_for_session(token, utc_now()) is None

    def test_is_no_error_without_a_session(self, browser: TestClient) -> None:
        assert browser.post("/api/auth/logout").status_code == 200
