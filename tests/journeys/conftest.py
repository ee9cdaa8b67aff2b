"""The product as a stranger meets it: the built bundle, served on a free port over a demo company, in Chromium."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.journeys.served import address_of_worker, served

CHROMIUM = next(
    (
        p
        for p in ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
        if Path(p).exists()
    ),
    None,
)
PASSWORD = "澄江晚风-27-拾月"
ACCOUNTS = {
    "sales": "linruoxi", "team_lead": "gumingxuan", "credit": "qinyutong", "credit_2": "gaoyuan",
    "finance": "shenmo", "finance_2": "xuqingru", "collections": "hepingchuan", "contracts": "dingsiqi",
    "manager": "zhongyi", "admin": "shilei", "security_admin": "jiangshouyi", "auditor": "wenzheng",
}  # fmt: skip
PATIENCE = float(os.environ.get("LOANHUB_TEST_PATIENCE", "1"))
"""How many times slower than an idle machine of two cores this one may be."""
expect.set_options(timeout=10_000 * PATIENCE)
LIVE_MS = 10_000 * PATIENCE
"""How long a colleague's screen may take to follow: whether it does is asked here, how fast in ``bench/live.py``."""
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


LOOKED_AT = "test_pages.py"
LONGEST_FIRST = (
    "test_main_job.py", "test_signing.py", "test_servicing.py", "test_board_drag.py", "test_board_together.py", "test_bad_input.py",
)  # fmt: skip


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Bring what only looks before what changes the company, and the longest first, so that two workers end together.

    The tests of one file go to one worker in their order; those that only look go wherever there is time.
    """
    here = Path(__file__).parent
    mine = [item for item in items if item.path.parent == here]
    for item in mine:
        if item.path.name != LOOKED_AT:
            item.add_marker(pytest.mark.xdist_group(item.path.name))
    order = {name: place for place, name in enumerate((LOOKED_AT, *LONGEST_FIRST))}
    mine.sort(key=lambda item: order.get(item.path.name, len(order)))
    items[:] = [item for item in items if item.path.parent != here] + mine


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A served demo company; LOANHUB_TEST_SERVER names what runs already."""
    with served() as addresses:
        yield address_of_worker(addresses)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all journeys: Debian's where there is one, else Playwright's own."""
    with sync_playwright() as playwright:
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
                   "--disable-component-update", "--disable-sync", "--no-first-run"]  # fmt: skip
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield found
        found.close()


SignIn = Callable[..., Page]


def _signed_in(browser: Browser, server: str, role: str, *, phone: bool, dark: bool) -> BrowserContext:
    context = browser.new_context(
        base_url=server, viewport=PHONE if phone else DESKTOP, has_touch=phone, is_mobile=phone, locale="zh-CN",
        timezone_id="Asia/Shanghai", color_scheme="dark" if dark else "light", accept_downloads=True,
    )  # fmt: skip
    answer = context.request.post(
        f"{server}/api/auth/login", form={"login": ACCOUNTS[role], "password": PASSWORD},
        headers={"Origin": server}, max_redirects=0,
    )  # fmt: skip
    assert answer.status == 303, answer.text()
    assert "error" not in answer.headers["location"], answer.headers["location"]
    return context


def _page(context: BrowserContext) -> Page:
    page = context.new_page()
    page.set_default_timeout(15_000 * PATIENCE)
    return page


@pytest.fixture
def sign_in(browser: Browser, server: str) -> Iterator[SignIn]:
    """Open a signed-in page: ``sign_in("sales")``, ``sign_in("credit", phone=True, dark=True)``."""
    contexts: list[BrowserContext] = []

    def open_page(role: str, *, phone: bool = False, dark: bool = False) -> Page:
        contexts.append(_signed_in(browser, server, role, phone=phone, dark=dark))
        return _page(contexts[-1])

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def signed_in(browser: Browser, server: str) -> Iterator[dict[str, BrowserContext]]:
    """The browsers of a module by role, each signed in once: what a first visit loads is there for the next."""
    kept: dict[str, BrowserContext] = {}
    yield kept
    for context in kept.values():
        context.close()


@pytest.fixture
def look_in(browser: Browser, server: str, signed_in: dict[str, BrowserContext]) -> Iterator[SignIn]:
    """Open a page of somebody who signed in before, to look and change nothing: ``look_in("sales")``."""
    pages: list[Page] = []

    def open_page(role: str) -> Page:
        if role not in signed_in:
            signed_in[role] = _signed_in(browser, server, role, phone=False, dark=False)
        pages.append(_page(signed_in[role]))
        return pages[-1]

    yield open_page
    for page in pages:
        page.close()


@pytest.fixture
def page(sign_in: SignIn) -> Page:
    """A team lead's page on the workbench: one who sees a whole team's board and may move its cards."""
    found = sign_in("team_lead")
    found.goto("/")
    return found
